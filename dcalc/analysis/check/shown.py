"""A claim that was judged, as a finding: for people, for pipes and as a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dcalc.analysis.check.points import Seen
from dcalc.expr import Expr
from dcalc.finding import Cell, Column, Finding, Key, Said, Sheet, Subject
from dcalc.notation import write
from dcalc.problem import Estimate, Point

_ORDER = ("no", "unresolved", "agrees", "proved")


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of one claim; ``against`` is the point that speaks against it."""

    name: str
    claim: Expr
    right: Expr | None
    verdict: str
    points: int = 0
    against: Seen | None = None
    slip: str | None = None
    note: str = ""
    gaps: bool = False
    """Whether it is proved but for points at which the claim has no value."""
    without: Estimate | None = None
    """Of a single point asked for, what is there instead of a derivative that can be judged."""

    def counterexample(self) -> dict[str, Any] | None:
        """The point with both values; a value is null where there is none."""
        if self.against is None:
            return None
        expected, claimed = values(self.against)
        return {"at": dict(self.against.at), "expected": expected, "claimed": claimed}


def values(seen: Seen) -> tuple[float | str | None, float | str | None]:
    """Both values as doubles; as decimals where the doubles are the same, or beyond their range."""
    same = seen.truth.value == seen.claim.value
    expected, claimed = (side.text if same or side.value is None else side.value for side in (seen.truth, seen.claim))
    return expected, claimed


def place(at: Point) -> str:
    """`x=1.0, y=2.0`."""
    shown = ((name, write(value) if isinstance(value, Expr) else repr(value)) for name, value in at.items())
    return ", ".join(f"{name}={value}" for name, value in shown)


def finding(subject: Subject, judged: Sequence[Judged], notes: tuple[str, ...]) -> Finding:
    """What was found of one claim, or of those of a gradient."""
    worst = min(judged, key=lambda one: _ORDER.index(one.verdict))
    single = len(judged) == 1
    record: dict[str, Any] = {
        "order": subject.order,
        "claim": judged[0].claim if single else {one.name: one.claim for one in judged},
        **_verdict(worst, sum(one.points for one in judged)),
    }
    if not single:
        record["components"] = {one.name: {"claim": one.claim, **_verdict(one, one.points)} for one in judged}
    undecided = worst.verdict == "unresolved"
    status = worst.without.status if worst.without is not None else "unresolved"
    return Finding(
        "check", subject.root, tuple(dict.fromkeys(subject.wrt)), subject.at,
        status=status if undecided else "ok",
        record=record,
        said=tuple(_said(judged[0]) if single else ()),
        sheets=() if single else (_sheet(judged),),
        data=_sheet(judged),
        plain=_plain(judged),
        sentence=_sentence(judged, worst, at=subject.at),
        code=3 if undecided else 1 if worst.verdict == "no" else 0,
        notes=notes,
    )  # fmt: skip


def _verdict(one: Judged, count: int) -> dict[str, Any]:
    return {
        "verdict": None if one.verdict == "unresolved" else one.verdict,
        "points": count,
        "counterexample": one.counterexample(),
        "slip": one.slip,
    }


def _said(one: Judged) -> Iterator[Said]:
    yield Said("claim", one.claim)
    if one.right is not None and one.verdict != "proved":
        yield Said("derivative", one.right)
    if one.against is not None:
        expected, claimed = values(one.against)
        yield Said("counterexample", place(one.against.at), "strong")
        yield Said("expected", expected, "good")
        yield Said("claimed", claimed if claimed is not None else one.against.claim.status, "bad")
    if one.slip:
        yield Said("likely slip", one.slip, "warn")


def _sheet(judged: Sequence[Judged]) -> Sheet:
    columns = (
        Column("variable", "variable", "code"),
        Column("verdict", "verdict"),
        Column("expected", "expected", "number", 1, "expected"),
        Column("claimed", "claimed", "number", 1, "claimed"),
        Column("at", "at", "code", 2, "at"),
        Column("slip", "likely slip", "words", 3),
    )
    rows: list[dict[Key, Cell]] = []
    for one in judged:
        expected, claimed = values(one.against) if one.against is not None else (None, None)
        where = place(one.against.at) if one.against is not None else None
        mood = {"no": "bad", "unresolved": "warn"}.get(one.verdict, "")
        row: dict[Key, Cell] = {"variable": one.name, "verdict": one.verdict, "expected": expected, "claimed": claimed}
        rows.append({**row, "at": where, "slip": one.slip, "mood": mood})
    return Sheet(columns, rows)


def _plain(judged: Sequence[Judged]) -> list[tuple[Any, ...]]:
    """`name<TAB>value` a line; of a gradient a line a variable."""
    if len(judged) > 1:
        return [(one.name, one.verdict, *(values(one.against) if one.against is not None else ())) for one in judged]
    one = judged[0]
    lines: list[tuple[Any, ...]] = [("verdict", one.verdict), ("points", str(one.points))]
    if one.against is not None:
        expected, claimed = values(one.against)
        lines += [("at", place(one.against.at))] if one.against.at else []
        lines += [("expected", expected), ("claimed", one.against.claim.status if claimed is None else claimed)]
    return [*lines, ("slip", one.slip)] if one.slip else lines


def _sentence(judged: Sequence[Judged], one: Judged, *, at: Point | None) -> str:
    by = "" if len(judged) == 1 else f"by {one.name}: "
    if one.verdict == "proved":
        what = "the derivative" if not by else "the gradient"
        where = "both have a value" if any(part.gaps for part in judged) else "f has one"
        return f"proved: this is {what} wherever {where}"
    if one.verdict == "unresolved":
        if one.without is not None:
            return f"{by}{one.without.note or one.without.status}"
        return f"{by}f has no derivative that could be decided at any point looked at"
    if one.verdict == "agrees":
        parts = [part for part in judged if part.verdict == "agrees"]
        many = f"{one.points} points" if one.points != 1 else "1 point"
        whose = f"{', '.join(part.name for part in parts)}: " if by else ""
        return f"{whose}agrees at {many}" + ("; not proved" if at is None else "")
    seen = one.against
    assert seen is not None  # no one says no without a point
    expected, claimed = values(seen)
    said = f"the claim is {claimed}" if claimed is not None else f"the claim is {seen.claim.status}"
    where = f"at {place(seen.at)} " if seen.at else ""
    return f"{by}no: {where}the derivative is {expected}, {said}"
