"""Is this the derivative? Proved by algebra where that can, else tested at certified points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, assert_never

from dcalc.analysis.check import claims, samples, slips
from dcalc.analysis.check.samples import Sample
from dcalc.analysis.toolkit import Over, note_point, read_box
from dcalc.derive import derivative
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, number, variables
from dcalc.finding import Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.notation import write
from dcalc.problem import Point, Result
from dcalc.proof.equality import Equality, prove_equal

IN_JSON = ("claim",)
"""Keys of a JSON problem that `find` takes."""
_RANGE = (-3.0, 3.0)
"""Where samples lie unless --over says so."""
_NUMBER_TOLERANCE = 1e-6
"""A number claimed at a point was computed or typed, so that its last digits may be rounded."""
_FILLED = "the claim has a hole at {}, which continuity fills"
_HOLE = _FILLED + "; elsewhere it is the derivative"
_WIDER = (30.0, 1_000.0)
"""Further ranges to sample, where f has no derivative in the first."""

_COUNTEREXAMPLE = {
    "at": Field("{number | string}", "the point"),
    "expected": Field("number | string | null", "the derivative; a decimal where doubles cannot show the difference"),
    "claimed": Field("number | string | null", "the claim; null where it has no value"),
}
_VERDICT = {
    "verdict": Field("string | null", "null where it is unresolved", values=("proved", "agrees", "no")),
    "points": Field("integer", "the number of points that decided"),
    "counterexample": Field("object | null", "a point at which the claim is wrong", _COUNTEREXAMPLE),
    "slip": Field("string | null", "the likely mistake"),
}
RECORD = {
    "order": Field("integer", "the order of the derivative"),
    "claim": Field("string | {string}", "the claim, or the claims by variable"),
    **_VERDICT,
    "components": Field(
        "{object}",
        "the verdict by variable, of a gradient",
        {"claim": Field("string", "the claim"), **_VERDICT},
        optional=True,
    ),
}


def find(subject: Subject, claim: object = None, grad: str | None = None, over: Over | None = None) -> Finding:
    """The verdict on a claim: proved, agrees or no, with a counterexample and the likely slip.

    ``claim`` is text or a number, ``grad`` the text of a gradient by variable. Raises UsageError where there
    is no claim or it does not fit, and what the parser raises for its text. Cost: milliseconds for a proof,
    two certified values per point for a test.
    """
    claimed_by_name = claims.read_claims(claim, grad, subject)
    if subject.at is not None and over is not None:
        raise UsageError("--at and --over both say where to look", help="leave one out")
    lacking = [name for name in subject.wrt if name not in claimed_by_name] if grad or len(claimed_by_name) > 1 else []
    notes = [f"nothing is claimed of {', '.join(lacking)}"] if lacking else []
    return judge_claims(subject, claimed_by_name, over, notes)


def judge_claims(
    subject: Subject, claimed_by_name: Mapping[str, Expr], over: Over | None = None, notes: Sequence[str] = ()
) -> Finding:
    """The verdict on claims that have been read, by the names that they are about."""
    verdicts = []
    for name, claimed in claimed_by_name.items():
        wrt = (name,) if name in subject.names and len(subject.wrt) > 1 else claims.derivative_names(subject)
        verdicts.append(_Case(subject, wrt, claimed, over).judge(name))
    targets = [(name,) for name in claimed_by_name] if len(verdicts) > 1 else [claims.derivative_names(subject)]
    remarks = (*notes, *dict.fromkeys(one.note for one in verdicts if one.note))
    return make_finding(subject, verdicts, (*remarks, *note_point(subject, *targets)))


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

    def judge(self, name: str) -> Verdict:
        """The verdict."""
        if self.at is None and self.right is not None:
            equal = prove_equal((self.root,), self.right, self.claim)
            if equal is not None and (verdict := self._judge_by_proof(equal, name)) is not None:
                return verdict
        return self._judge_by_samples(name)

    def _judge_by_proof(self, equal: Equality, name: str) -> Verdict | None:
        """The verdict on a claim that algebra says equals the derivative wherever both have a value."""
        holes = []
        for value in equal.points:
            sample = self._sample_at({equal.name: number(value)})
            if not sample.usable:
                continue
            if not sample.agrees(None) and sample.decided:
                sample = sample._replace(
                    at={equal.name: float(value)} if Fraction(float(value)) == value else sample.at
                )
                note = "wherever the claim has a value it is the derivative"
                return Verdict(name, self.claim, self.right, "no", 1, sample, note=note)
            if not sample.decided or sample.hole:
                holes.append(f"{equal.name}={value}")
        if holes:
            self.note = _HOLE.format(", ".join(holes))
            return None
        if equal.everywhere or equal.all_points:
            return self._confirm_proof(name)
        self.note = "it equals the derivative wherever both have a value"
        return None

    def _confirm_proof(self, name: str) -> Verdict | None:
        """A proof confirmed by samples at plain points; None where they contradict it.

        Algebra speaks of the places where the text of the derivative has a value. f may have a derivative
        at others, as 0**x has at 1, or have none anywhere.
        """
        assert self.right is not None
        count, used, gap = 0, 0, ""
        for sample in self._samples():
            count += 1
            if count > samples.PLAIN and used:
                break
            if not sample.usable or not sample.decided:
                continue
            used += 1
            if sample.agrees(None) and not (sample.hole and sample.truth.status == "ok"):
                continue
            if sample.claim.status != "undefined" or self._has_value(self.right, sample.at):
                return None
            if not gap:
                expected = both_values(sample)[0]
                gap = f"at {format_point(sample.at)} the claim has no value, and the derivative is {expected}"
        note = gap if used else f"f has no derivative at any of {count} points tried"
        return Verdict(name, self.claim, self.right, "proved", note=note, gaps=bool(gap))

    def _has_value(self, root: Expr, at: Point) -> bool:
        return samples.take_sample(root, (), root, at).truth.status != "undefined"

    def _sample_at(self, at: Point) -> Sample:
        return samples.take_sample(self.root, self.wrt, self.claim, at)

    def _samples(self) -> Iterator[Sample]:
        if self.at is not None:
            yield self._sample_at(self.at)
            return
        boxes = [self.box]
        if not self.over:
            boxes += [dict.fromkeys(self.names, (-end, end)) for end in _WIDER]
        for ranges in boxes:
            used = False
            for at in samples.spread_points(ranges, self.names):
                sample = self._sample_at(at)
                used = used or sample.usable
                yield sample
            if used:
                return

    def _judge_by_samples(self, name: str) -> Verdict:
        used = 0
        beyond: Sample | None = None
        without: Result | None = None
        for sample in self._samples():
            if not sample.usable:
                if sample.truth.status in ("undefined", "not_differentiable") and sample.claim.value is not None:
                    beyond = beyond or sample
                without = sample.truth
                continue
            if not sample.decided:
                without = sample.claim
                continue
            used += 1
            if sample.hole and not self.note:
                self.note = _FILLED.format(format_point(sample.at))
            if not sample.agrees(self.tol):
                return Verdict(name, self.claim, self.right, "no", used, sample, self._slip(), self.note)
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


# --- the finding --------------------------------------------------------------------------

Word = Literal["no", "unresolved", "agrees", "proved"]
_ORDER: tuple[Word, ...] = ("no", "unresolved", "agrees", "proved")
"""From the worst: that of a gradient is the worst of its parts."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one claim; ``against`` is a counterexample."""

    name: str
    claim: Expr
    right: Expr | None
    word: Word
    points: int = 0
    against: Sample | None = None
    slip: str | None = None
    note: str = ""
    gaps: bool = False
    """Whether the claim, though proved, has no value at some point where f has a derivative."""
    without: Result | None = None
    """At a single point, what there is instead of a derivative to compare with."""

    def counterexample(self) -> dict[str, object] | None:
        """The counterexample with both values, None where there is none."""
        if self.against is None:
            return None
        expected, claimed = both_values(self.against)
        return {"at": dict(self.against.at), "expected": expected, "claimed": claimed}


def both_values(sample: Sample) -> tuple[float | str | None, float | str | None]:
    """(expected, claimed) as doubles; as decimals where the doubles are equal, or beyond their range."""
    same = sample.truth.value == sample.claim.value
    expected, claimed = (
        side.decimal if same or side.value is None else side.value for side in (sample.truth, sample.claim)
    )
    return expected, claimed


def format_point(at: Point) -> str:
    """`x=1.0, y=2.0`."""
    pairs = ((name, write(value) if isinstance(value, Expr) else repr(value)) for name, value in at.items())
    return ", ".join(f"{name}={value}" for name, value in pairs)


def make_finding(subject: Subject, verdicts: Sequence[Verdict], notes: tuple[str, ...]) -> Finding:
    """The finding on one claim, or on those of a gradient."""
    worst = min(verdicts, key=lambda one: _ORDER.index(one.word))
    single = len(verdicts) == 1
    record: dict[str, Any] = {
        "order": subject.order,
        "claim": verdicts[0].claim if single else {one.name: one.claim for one in verdicts},
        **_verdict_record(worst, sum(one.points for one in verdicts)),
    }
    if not single:
        record["components"] = {one.name: {"claim": one.claim, **_verdict_record(one, one.points)} for one in verdicts}
    undecided = worst.word == "unresolved"
    status = worst.without.status if worst.without is not None else "unresolved"
    return Finding(
        "check", subject.root, tuple(dict.fromkeys(subject.wrt)), subject.at,
        status=status if undecided else "ok",
        record=record,
        facts=tuple(_facts(verdicts[0]) if single else ()),
        sheets=() if single else (_sheet(verdicts),),
        data=_sheet(verdicts),
        plain=_plain_lines(verdicts),
        sentence=_describe(verdicts, worst, at=subject.at),
        code=3 if undecided else 1 if worst.word == "no" else 0,
        notes=notes,
    )  # fmt: skip


def _verdict_record(verdict: Verdict, count: int) -> dict[str, Any]:
    return {
        "verdict": None if verdict.word == "unresolved" else verdict.word,
        "points": count,
        "counterexample": verdict.counterexample(),
        "slip": verdict.slip,
    }


def _facts(verdict: Verdict) -> Iterator[Fact]:
    yield Fact("claim", verdict.claim)
    if verdict.right is not None and verdict.word != "proved":
        yield Fact("derivative", verdict.right)
    if verdict.against is not None:
        expected, claimed = both_values(verdict.against)
        yield Fact("counterexample", format_point(verdict.against.at), "strong")
        yield Fact("expected", expected, "good")
        yield Fact("claimed", claimed if claimed is not None else verdict.against.claim.status, "bad")
    if verdict.slip:
        yield Fact("likely slip", verdict.slip, "warn")


def _sheet(verdicts: Sequence[Verdict]) -> Sheet:
    columns = (
        Column("variable", "variable", "code"),
        Column("verdict", "verdict"),
        Column("expected", "expected", "number", 1, "expected"),
        Column("claimed", "claimed", "number", 1, "claimed"),
        Column("at", "at", "code", 2, "at"),
        Column("slip", "likely slip", "words", 3),
    )
    rows: list[dict[Key, Cell]] = []
    for verdict in verdicts:
        expected, claimed = both_values(verdict.against) if verdict.against is not None else (None, None)
        where = format_point(verdict.against.at) if verdict.against is not None else None
        mood = {"no": "bad", "unresolved": "warn"}.get(verdict.word, "")
        row: dict[Key, Cell] = {
            "variable": verdict.name,
            "verdict": verdict.word,
            "expected": expected,
            "claimed": claimed,
        }
        rows.append({**row, "at": where, "slip": verdict.slip, "mood": mood})
    return Sheet(columns, rows)


def _plain_lines(verdicts: Sequence[Verdict]) -> list[tuple[Any, ...]]:
    """One `name<TAB>value` per line; of a gradient one line per variable."""
    if len(verdicts) > 1:
        return [
            (verdict.name, verdict.word, *(both_values(verdict.against) if verdict.against is not None else ()))
            for verdict in verdicts
        ]
    verdict = verdicts[0]
    lines: list[tuple[Any, ...]] = [("verdict", verdict.word), ("points", str(verdict.points))]
    if verdict.against is not None:
        expected, claimed = both_values(verdict.against)
        lines += [("at", format_point(verdict.against.at))] if verdict.against.at else []
        lines += [("expected", expected), ("claimed", verdict.against.claim.status if claimed is None else claimed)]
    return [*lines, ("slip", verdict.slip)] if verdict.slip else lines


def _describe(verdicts: Sequence[Verdict], verdict: Verdict, *, at: Point | None) -> str:
    by = "" if len(verdicts) == 1 else f"by {verdict.name}: "
    match verdict.word:
        case "proved":
            what = "the derivative" if not by else "the gradient"
            where = "both have a value" if any(part.gaps for part in verdicts) else "f has one"
            return f"proved: this is {what} wherever {where}"
        case "agrees":
            names = ", ".join(part.name for part in verdicts if part.word == "agrees")
            points = f"{verdict.points} points" if verdict.points != 1 else "1 point"
            return f"{f'{names}: ' if by else ''}agrees at {points}" + ("; not proved" if at is None else "")
        case "unresolved":
            if verdict.without is not None:
                return f"{by}{verdict.without.note or verdict.without.status}"
            return f"{by}f has no derivative that could be decided at any point tried"
        case "no":
            sample = verdict.against
            assert sample is not None  # a "no" has its counterexample
            expected, claimed = both_values(sample)
            where = f"at {format_point(sample.at)} " if sample.at else ""
            claim = sample.claim.status if claimed is None else claimed
            return f"{by}no: {where}the derivative is {expected}, the claim is {claim}"
        case _:
            assert_never(verdict.word)
