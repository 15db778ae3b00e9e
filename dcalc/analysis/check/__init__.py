"""Is this the derivative? Proved where algebra can, else tested at certified points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dcalc.analysis.check import claims, samples, slips
from dcalc.analysis.check.samples import Sample
from dcalc.analysis.toolkit import Over, read_box
from dcalc.derive import derivative
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, number, variables
from dcalc.finding import Cell, Column, Finding, Key, Said, Sheet, Subject
from dcalc.notation import write
from dcalc.problem import Point, Result
from dcalc.proof.equality import Equality, equality

IN_JSON = ("claim",)
_RANGE = (-3.0, 3.0)
_NUMBER_TOLERANCE = 1e-6
_FILLED = "the claim has a hole at {}, which continuity fills"
_HOLE = _FILLED + "; elsewhere it is the derivative"
_WIDER = (30.0, 1_000.0)
"""Ranges to look at where f has no derivative in the first one."""


def find(subject: Subject, claim: object = None, grad: str | None = None, over: Over | None = None) -> Finding:
    """The verdict on a claim: proved, agrees or no, with a counterexample and the likely slip.

    Raises UsageError where no claim is given, or it does not fit, and what the parser raises
    for its text. Cost: a proof takes milliseconds, a test a certified value or two a point.
    """
    given = claims.read_claims(claim, grad, subject)
    if subject.at is not None and over is not None:
        raise UsageError("--at and --over both say where to look", help="leave one out")
    judged = []
    for name, claimed in given.items():
        wrt = (name,) if name in subject.names and len(subject.wrt) > 1 else claims.derivative_names(subject)
        judged.append(_Case(subject, wrt, claimed, over).judged(name))
    missing = [name for name in subject.wrt if name not in given] if grad or len(given) > 1 else []
    notes = [f"nothing is claimed of {', '.join(missing)}"] if missing else []
    return make_finding(subject, judged, (*notes, *dict.fromkeys(one.note for one in judged if one.note)))


class _Case:
    """One claim being judged."""

    def __init__(self, subject: Subject, wrt: tuple[str, ...], claim: Expr, over: Over | None) -> None:
        self.root = subject.root
        self.wrt = wrt
        self.claim = claim
        self.at = subject.at
        self.tol = subject.tol
        if self.tol is None and self.at is not None and not variables(claim) and variables(subject.root):
            self.tol = _NUMBER_TOLERANCE
        names = variables(subject.root, claim)
        self.names = names
        self.box = read_box(over, names, dict.fromkeys(names, _RANGE))
        self.over = over is not None
        self.note = ""
        try:
            self.right: Expr | None = derivative(subject.root, wrt)
        except DcalcError:
            self.right = None  # no closed form, or one too long: points decide

    def judged(self, name: str) -> Verdict:
        """The verdict."""
        if self.at is None and self.right is not None:
            equal = equality((self.root,), self.right, self.claim)
            if equal is not None and (proved := self._proved(equal, name)) is not None:
                return proved
        return self._tested(name)

    def _proved(self, equal: Equality, name: str) -> Verdict | None:
        """The verdict on a claim that equals the derivative wherever both have a value."""
        holes = []
        for value in equal.points:
            seen = self._look({equal.name: number(value)})
            if not seen.usable:
                continue
            if not seen.agrees(None) and seen.known:
                seen = seen._replace(at={equal.name: float(value)} if Fraction(float(value)) == value else seen.at)
                note = "wherever the claim has a value it is the derivative"
                return Verdict(name, self.claim, self.right, "no", 1, seen, note=note)
            if not seen.known or seen.hole:
                holes.append(f"{equal.name}={value}")
        if holes:
            self.note = _HOLE.format(", ".join(holes))
            return None
        if equal.everywhere or equal.all_points:
            return self._looked_at(name)
        self.note = "it equals the derivative wherever both have a value"
        return None

    def _looked_at(self, name: str) -> Verdict | None:
        """A proof that stood a look at plain points; None where it did not.

        Algebra speaks of where the derivative's text has a value; f may have a derivative elsewhere
        (0**x at 1), or nowhere.
        """
        assert self.right is not None
        looked, used, gap = 0, 0, ""
        for seen in self._seen():
            looked += 1
            if looked > samples.PLAIN and used:
                break
            if not seen.usable or not seen.known:
                continue
            used += 1
            if seen.agrees(None) and not (seen.hole and seen.truth.status == "ok"):
                continue
            if seen.claim.status != "undefined" or self._has_value(self.right, seen.at):
                return None
            gap = (
                gap
                or f"at {format_point(seen.at)} the claim has no value, and the derivative is {both_values(seen)[0]}"
            )
        note = gap if used else f"f has no derivative at any of {looked} points looked at"
        return Verdict(name, self.claim, self.right, "proved", note=note, gaps=bool(gap))

    def _has_value(self, root: Expr, at: Point) -> bool:
        return samples.take_sample(root, (), root, at).truth.status != "undefined"

    def _look(self, at: Point) -> Sample:
        return samples.take_sample(self.root, self.wrt, self.claim, at)

    def _seen(self) -> Iterator[Sample]:
        if self.at is not None:
            yield self._look(self.at)
            return
        boxes = [self.box]
        if not self.over:
            boxes += [dict.fromkeys(self.names, (-end, end)) for end in _WIDER]
        for ranges in boxes:
            used = False
            for at in samples.spread_points(ranges, self.names):
                seen = self._look(at)
                used = used or seen.usable
                yield seen
            if used:
                return

    def _tested(self, name: str) -> Verdict:
        used = 0
        beyond: Sample | None = None
        without: Result | None = None
        for seen in self._seen():
            if not seen.usable:
                if seen.truth.status in ("undefined", "not_differentiable") and seen.claim.value is not None:
                    beyond = beyond or seen
                without = seen.truth
                continue
            if not seen.known:
                without = seen.claim
                continue
            used += 1
            if seen.hole and not self.note:
                self.note = _FILLED.format(format_point(seen.at))
            if not seen.agrees(self.tol):
                return Verdict(name, self.claim, self.right, "no", used, seen, self._slip(), self.note)
        if not used:
            without = without if self.at is not None else None
            return Verdict(name, self.claim, self.right, "unresolved", note=self.note, without=without)
        note = self.note
        if beyond is not None and not note and self.at is None:
            note = f"the claim has values where f has no derivative, as at {format_point(beyond.at)}"
        return Verdict(name, self.claim, self.right, "agrees", used, note=note)

    def _slip(self) -> str | None:
        root = self.root
        try:
            root = derivative(root, self.wrt[:-1]) if len(self.wrt) > 1 else root
        except DcalcError:
            return None
        if not self.wrt:
            return None
        if self.at is not None and not variables(self.claim):
            places: list[dict[str, float]] = []
        else:
            places = [dict(at) for at, _ in zip(samples.spread_points(self.box, self.names), range(16), strict=False)]
        return slips.find_slip(root, self.wrt[-1], self.claim, places)


# --- A claim that was judged, as a finding: for people, for pipes and as a record.

_ORDER = ("no", "unresolved", "agrees", "proved")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one claim; ``against`` is the point that speaks against it."""

    name: str
    claim: Expr
    right: Expr | None
    verdict: str
    points: int = 0
    against: Sample | None = None
    slip: str | None = None
    note: str = ""
    gaps: bool = False
    """Whether it is proved but for points at which the claim has no value."""
    without: Result | None = None
    """Of a single point asked for, what is there instead of a derivative that can be judged."""

    def counterexample(self) -> dict[str, Any] | None:
        """The point with both values; a value is null where there is none."""
        if self.against is None:
            return None
        expected, claimed = both_values(self.against)
        return {"at": dict(self.against.at), "expected": expected, "claimed": claimed}


def both_values(seen: Sample) -> tuple[float | str | None, float | str | None]:
    """Both values as doubles; as decimals where the doubles are the same, or beyond their range."""
    same = seen.truth.value == seen.claim.value
    expected, claimed = (
        side.decimal if same or side.value is None else side.value for side in (seen.truth, seen.claim)
    )
    return expected, claimed


def format_point(at: Point) -> str:
    """`x=1.0, y=2.0`."""
    shown = ((name, write(value) if isinstance(value, Expr) else repr(value)) for name, value in at.items())
    return ", ".join(f"{name}={value}" for name, value in shown)


def make_finding(subject: Subject, judged: Sequence[Verdict], notes: tuple[str, ...]) -> Finding:
    """What was found of one claim, or of those of a gradient."""
    worst = min(judged, key=lambda one: _ORDER.index(one.verdict))
    single = len(judged) == 1
    record: dict[str, Any] = {
        "order": subject.order,
        "claim": judged[0].claim if single else {one.name: one.claim for one in judged},
        **_verdict_record(worst, sum(one.points for one in judged)),
    }
    if not single:
        record["components"] = {one.name: {"claim": one.claim, **_verdict_record(one, one.points)} for one in judged}
    undecided = worst.verdict == "unresolved"
    status = worst.without.status if worst.without is not None else "unresolved"
    return Finding(
        "check", subject.root, tuple(dict.fromkeys(subject.wrt)), subject.at,
        status=status if undecided else "ok",
        record=record,
        said=tuple(_facts(judged[0]) if single else ()),
        sheets=() if single else (_sheet(judged),),
        data=_sheet(judged),
        plain=_plain_lines(judged),
        sentence=_describe(judged, worst, at=subject.at),
        code=3 if undecided else 1 if worst.verdict == "no" else 0,
        notes=notes,
    )  # fmt: skip


def _verdict_record(one: Verdict, count: int) -> dict[str, Any]:
    return {
        "verdict": None if one.verdict == "unresolved" else one.verdict,
        "points": count,
        "counterexample": one.counterexample(),
        "slip": one.slip,
    }


def _facts(one: Verdict) -> Iterator[Said]:
    yield Said("claim", one.claim)
    if one.right is not None and one.verdict != "proved":
        yield Said("derivative", one.right)
    if one.against is not None:
        expected, claimed = both_values(one.against)
        yield Said("counterexample", format_point(one.against.at), "strong")
        yield Said("expected", expected, "good")
        yield Said("claimed", claimed if claimed is not None else one.against.claim.status, "bad")
    if one.slip:
        yield Said("likely slip", one.slip, "warn")


def _sheet(judged: Sequence[Verdict]) -> Sheet:
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
        expected, claimed = both_values(one.against) if one.against is not None else (None, None)
        where = format_point(one.against.at) if one.against is not None else None
        mood = {"no": "bad", "unresolved": "warn"}.get(one.verdict, "")
        row: dict[Key, Cell] = {"variable": one.name, "verdict": one.verdict, "expected": expected, "claimed": claimed}
        rows.append({**row, "at": where, "slip": one.slip, "mood": mood})
    return Sheet(columns, rows)


def _plain_lines(judged: Sequence[Verdict]) -> list[tuple[Any, ...]]:
    """`name<TAB>value` a line; of a gradient a line a variable."""
    if len(judged) > 1:
        return [
            (one.name, one.verdict, *(both_values(one.against) if one.against is not None else ())) for one in judged
        ]
    one = judged[0]
    lines: list[tuple[Any, ...]] = [("verdict", one.verdict), ("points", str(one.points))]
    if one.against is not None:
        expected, claimed = both_values(one.against)
        lines += [("at", format_point(one.against.at))] if one.against.at else []
        lines += [("expected", expected), ("claimed", one.against.claim.status if claimed is None else claimed)]
    return [*lines, ("slip", one.slip)] if one.slip else lines


def _describe(judged: Sequence[Verdict], one: Verdict, *, at: Point | None) -> str:
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
    expected, claimed = both_values(seen)
    said = f"the claim is {claimed}" if claimed is not None else f"the claim is {seen.claim.status}"
    where = f"at {format_point(seen.at)} " if seen.at else ""
    return f"{by}no: {where}the derivative is {expected}, {said}"
