"""One claim being judged: by a proof and the points that it leaves, else by samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import islice, product
from math import isnan
from typing import Literal

from dcalc.analysis.check import breakpoints, samples, slips
from dcalc.analysis.check.proofs import is_continuous, is_meromorphic, prove_claim, prove_meromorphic
from dcalc.analysis.check.samples import Sample
from dcalc.analysis.toolkit import Over, Range, read_box
from dcalc.coordinates import substitute_point
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr, exact, make, number, substitute, variables, walk
from dcalc.finding import Subject
from dcalc.functions import ADD, POW, SUB
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.numbers.rounding import wide_context
from dcalc.problem import Point, Result
from dcalc.simplify import simplify
from dcalc.text import count_noun

_RANGE = (-3.0, 3.0)
"""Where samples lie unless --over says so."""
_NUMBER_TOLERANCE = 1e-6
"""A number claimed at a point was computed or typed, so that its last digits may be rounded."""
_FILLED = "the claim has a hole at {}, which continuity fills"
_HOLE = _FILLED + "; elsewhere it is the derivative"
_EQUAL = "it equals the derivative wherever both have a value"
_WITHOUT = ("undefined", "not_differentiable")
"""Statuses of points where f is proved to have no derivative."""
_STEP = 2.0**-40
"""How far beside a point values are taken to tell whether they tend to something there."""
_MOST_TOLD_APART = 3
"""Points at which the difference of claim and derivative is enclosed: in many bits, whatever that costs."""
_MOST_OUTSIDE = 8
"""Points at which f has no value that are tried, where it has several variables."""
_MOST_UNDECIDED = 6
"""Points far out at which a value is not told, after which no more are tried."""
_MOST_SIGNS = 5
"""Variables whose signs are tried in all combinations."""
_BESIDE_ZERO = 0.75
"""What a coordinate 0 is taken for, where f has no value there."""
_NEAR = Decimal("1e-5")
_LARGE = 1_000
"""Exponents beyond which values are not said to tend to anything."""
_CLOSE = 20
"""Digits in which a sample of 30 digits that agrees is sure to agree."""
_SHOWN_DIGITS = 3
_MOST_DIGITS = 2_000
_WIDER = (30.0, 1_000.0)
"""Further ranges to sample, where f has no derivative in the first."""

Word = Literal["no", "unresolved", "agrees", "proved"]
"""What is said of a claim."""


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
    notes: tuple[str, ...] = ()
    gaps: bool = False
    """Whether the claim, though it may be right, has no value at some point where f has a derivative."""
    lack: str = ""
    """Such a point."""
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


@dataclass(slots=True)
class _Tally:
    """What samples have said so far."""

    used: int = 0
    beyond: Sample | None = None
    """One at which the claim has a value and f no derivative."""
    without: Result | None = None
    """What there was instead of a value to compare."""
    close: list[Sample] = field(default_factory=list)
    """Those that agree in all digits they have."""
    gaps: list[Sample] = field(default_factory=list)


class Case:
    """One claim being judged."""

    def __init__(
        self, subject: Subject, wrt: tuple[str, ...], claim: Expr, over: Over | None, *, in_gradient: bool
    ) -> None:
        self.in_gradient = in_gradient
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
        self.notes: list[str] = []
        try:
            self.right: Expr | None = derivative(subject.root, wrt)
        except DcalcError:
            self.right = None  # no closed form, or one too long: points decide
        self.own = self.right is not None and simplify(claim) is simplify(self.right)

    def judge(self, name: str) -> Verdict:
        """The verdict."""
        if self.at is None and self.right is not None and (verdict := self._judge_by_proof(name)) is not None:
            return verdict
        return self._judge_by_samples(name)

    def _judge_by_proof(self, name: str) -> Verdict | None:
        """The verdict where algebra has one that holds at single points, too."""
        assert self.right is not None
        if not self.names:
            return self._judge_number(name)
        if (verdict := self._judge_by_pieces(name)) is not None or not is_meromorphic(self.root, self.claim):
            return verdict
        if not self.own and not prove_meromorphic(self.root, self.right, self.claim):
            return None
        return self._confirm_proof(name, gaps=True, continues=True)

    def _judge_number(self, name: str) -> Verdict | None:
        """The verdict on a claim about a number, where the difference is proved to be 0."""
        assert self.right is not None
        difference = make(SUB, self.claim, self.right)
        size = samples.take_sample(difference, (), difference, {}).truth
        if size.status != "ok" or not size.certified or size.decimal is None or not samples.is_zero(size.decimal):
            return None
        return Verdict(name, self.claim, self.right, "proved")

    def _judge_by_pieces(self, name: str) -> Verdict | None:
        """The verdict by a proof on open pieces, and by what is true at the points between them."""
        assert self.right is not None
        proof = prove_claim(self.root, self.right, self.claim, self.wrt, own=self.own)
        if proof is None:
            return None
        continuous = is_continuous(self.claim)
        holes, decided = [], proof.everywhere
        for at, beside in proof.points:
            sample = self._sample_at(at)
            if not sample.usable:
                decided = decided and sample.truth.status in _WITHOUT
            elif sample.hole or self._fills_gap(sample):
                holes.append(sample)
            elif not sample.decided:
                decided = False
            elif not sample.agrees(None):
                if continuous and sample.claim.decimal is None:
                    self.notes.append("wherever the claim has a value it is the derivative")
                return self._deny(name, 1, sample)
            elif (limit := self._other_limit(sample, beside, self.claim)) is not None:
                gap = samples.Distance(limit, self.claim).at(sample.at, samples.MOST_BITS)
                if gap is not None and len(beside) == 1:
                    return self._deny(name, 1, self._show_distance(sample, gap))
                decided = False
        if holes:
            where = [format_point({name: _exact(value) for name, value in sample.at.items()}) for sample in holes]
            note = _HOLE if decided or continuous else _FILLED
            self.notes.append(note.format(", ".join(dict.fromkeys(where))))
            return None
        if decided:
            return self._confirm_proof(name, gaps=proof.gaps)
        self.notes.append(_EQUAL if continuous else f"{_EQUAL}, except perhaps where the claim may jump")
        return None

    @staticmethod
    def _other_limit(sample: Sample, beside: Sequence[Expr], claim: Expr) -> Expr | None:
        """What the claim is on a piece beside, unless its value is proved to be exactly the limit from there.

        Values that agree to 30 digits may differ still, and where f has a derivative it is that limit.
        """
        if sample.truth.exact and sample.claim.exact and sample.truth.value == sample.claim.value:
            return None
        for limit in beside:
            difference = substitute_point(make(SUB, limit, claim), sample.at)
            size = samples.take_sample(difference, (), difference, {}).truth
            is_zero = size.certified and size.decimal is not None and samples.is_zero(size.decimal)
            if exact(difference) != 0 and not is_zero:
                return limit
        return None

    def _deny(self, name: str, count: int, sample: Sample, slip: str | None = None) -> Verdict:
        return Verdict(name, self.claim, self.right, "no", count, sample, slip, tuple(self.notes))

    def _confirm_proof(self, name: str, *, gaps: bool, continues: bool = False) -> Verdict | None:
        """A proof confirmed by samples at plain points and where something may change; None where they contradict it.

        With ``continues`` it is one of analytic functions, which may have holes where the other goes on.

        Algebra speaks of the places where the text of the derivative has a value. f may have a derivative
        at others, as 0**x has at 1, or have none anywhere.
        """
        count, used = 0, 0
        missing: list[Sample] = []
        for sample in self._samples(far=False):
            count += 1
            if not sample.usable or not sample.decided:
                continue
            used += 1
            if sample.agrees(None) and not (sample.hole and sample.truth.status == "ok"):
                continue
            if continues and sample.hole:
                missing.append(sample)
                continue
            if not self._is_gap(sample):
                return None
            if len(self.names) > 1 and not self._has_empty_power(sample.at):
                return None  # a single point of a surface on which the claim has values
            missing.append(sample)
        told = continues and any(note.startswith(_HOLE.partition("{")[0]) for note in self.notes)
        plainest = None if told else self._choose_plainest(missing)
        note = _describe_gap(plainest) if used else f"f has no derivative at any of {count_noun(count, 'point')} tried"
        notes = (*self.notes, note) if note else tuple(self.notes)
        lack = "" if plainest is None else format_point(plainest.at)
        return Verdict(name, self.claim, self.right, "proved", notes=notes, gaps=gaps or bool(lack), lack=lack)

    @staticmethod
    def _choose_plainest(gaps: Sequence[Sample]) -> Sample | None:
        """The plainest of some points where the claim has no value; None where there is none."""
        if not gaps or len(gaps[0].at) == 1:
            return gaps[0] if gaps else None
        # of what may be a line
        return min(gaps, key=lambda one: sum(abs(evaluate(_exact(value))) for value in one.at.values()))

    def _is_gap(self, sample: Sample) -> bool:
        """Whether a claim may lack a value at a point where f has a derivative, and still be right elsewhere.

        It may where it is dcalc's own text, which lacks one as well. A part of a gradient may at the edge
        of where f is defined, as a gradient is a matter of all directions.
        """
        if sample.claim.status != "undefined":
            return False
        if self.own:
            return self.right is not None and not self._has_value(self.right, sample.at)
        return self.in_gradient and self._is_at_edge(sample.at)

    def _has_empty_power(self, at: Point) -> bool:
        """Whether f has a value only because 0**0 is taken for 1, which the power rule knows nothing of."""
        fixed = {name: _exact(value) for name, value in at.items()}
        powers = [node for node in walk(self.root) if node.op is POW and variables(node.args[1])]
        return any(exact(simplify(substitute(part, fixed))) == 0 for node in powers for part in node.args[1:])

    def _is_at_edge(self, at: Point) -> bool:
        """Whether f has no value at some point beside."""
        values = {name: evaluate(value) if isinstance(value, Expr) else value for name, value in at.items()}
        for signs in islice(product((1, -1), repeat=len(values)), 16):
            moves = zip(values.items(), signs, strict=True)
            beside = {name: value + sign * _STEP * (abs(value) or 1) for (name, value), sign in moves}
            if not self._has_value(self.root, beside):
                return True
        return False

    def _fills_gap(self, sample: Sample) -> bool:
        """Whether a claim of one variable has no value at a point, and tends to the derivative from both sides."""
        if sample.claim.status != "undefined" or len(sample.at) != 1:
            return False
        ((name, value),) = sample.at.items()
        center = _exact(value)
        for step in (_STEP, -_STEP):
            beside = self._sample_at({name: simplify(make(ADD, center, number(Fraction(step))))})
            if beside.claim.decimal is None or sample.truth.decimal is None:
                return False
            if not (beside.claim.certified and sample.truth.certified):
                return False
            if max(map(samples.magnitude, (beside.claim.decimal, sample.truth.decimal))) > _LARGE:
                return False
            context = wide_context(_SHOWN_DIGITS + _CLOSE)
            claimed, right = map(context.create_decimal, (beside.claim.decimal, sample.truth.decimal))
            if abs(context.subtract(claimed, right)) > _NEAR * (1 + abs(right)):
                return False
        return True

    def _has_value(self, root: Expr, at: Point) -> bool:
        return samples.take_sample(root, (), root, at).truth.status != "undefined"

    def _sample_at(self, at: Point) -> Sample:
        return samples.take_sample(self.root, self.wrt, self.claim, at)

    def _samples(self, *, far: bool = True) -> Iterator[Sample]:
        """Samples at the point asked, else in a box, where something may change, and ``far`` out.

        Without those far out they only confirm a proof, and are fewer.
        """
        if self.at is not None:
            yield self._sample_at(self.at)
            return
        boxes = [self.box]
        if not self.over:
            boxes += [dict.fromkeys(self.names, (-end, end)) for end in _WIDER]
        for ranges in boxes:
            used = False
            for place in self._points_of_domain(ranges):
                sample = self._sample_at(place)
                used = used or sample.usable
                yield sample
            if used:
                break
        for at in self._critical_points(few=not far):
            yield from self._sample_around(at)
        if far and not self.over:
            yield from self._far_samples()

    def _sample_around(self, at: Point) -> Iterator[Sample]:
        """The sample at a point, and one beside a kink or a jump: f may have one at each integer."""
        sample = self._sample_at(at)
        yield sample
        if sample.truth.status == "not_differentiable":
            moved = breakpoints.move_off_steps(at)
            if not self.over or self._is_inside(moved):
                yield self._sample_at(moved)

    def _far_samples(self) -> Iterator[Sample]:
        """Samples far out, until several of them have values that cost much and tell nothing."""
        (base,) = islice(self._points_of_domain(self.box), 1)
        left = _MOST_UNDECIDED
        for at in breakpoints.far_places(self.names, base):
            for sample in self._sample_around(at):
                yield sample
                exists = sample.truth.status not in _WITHOUT
                left -= 1 if exists and not (sample.usable and sample.decided) else 0
            if left <= 0:
                break

    def _points_of_domain(self, box: Mapping[str, Range]) -> Iterator[dict[str, float]]:
        """Points of a box; of several variables where f has a value, if it has one there with other signs.

        Parameters of finance and statistics are mostly positive: of all points few would be left. A few without
        a value stay, which tell where the claim has one and f has none.
        """
        left, seen = _MOST_OUTSIDE, set()
        for at in samples.spread_points(box, self.names):
            inside = self._with_signs_of_domain(at, box) if len(self.names) > 1 else at
            if inside is None:
                left -= 1
            point = at if inside is None else inside
            if (inside is not None or left >= 0) and tuple(point.values()) not in seen:
                seen.add(tuple(point.values()))
                yield point

    def _with_signs_of_domain(self, at: dict[str, float], box: Mapping[str, Range]) -> dict[str, float] | None:
        """The point with signs for which f has a number in doubles, its own or else positive ones first."""
        if not isnan(evaluate(self.root, at)):
            return at
        for signs in islice(product((1, -1), repeat=len(at)), 1 << _MOST_SIGNS):
            moved = {
                name: sign * (abs(value) or _BESIDE_ZERO) for sign, (name, value) in zip(signs, at.items(), strict=True)
            }
            inside = all(box[name][0] <= value <= box[name][1] for name, value in moved.items())
            if inside and not isnan(evaluate(self.root, moved)):
                return moved
        return None

    def _critical_points(self, *, few: bool) -> Iterator[Point]:
        """Points where f or the claim may change, beside and between them; inside of --over."""
        bases = [dict(at) for at in islice(self._points_of_domain(self.box), samples.PLAIN)]
        roots = [self.root, self.claim]
        guards = breakpoints.find_guards(*roots)
        for at in breakpoints.critical_places(guards, self.names, bases, few=few):
            if not self.over or self._is_inside(at):
                yield at

    def _is_inside(self, at: Point) -> bool:
        values = {name: evaluate(value) if isinstance(value, Expr) else value for name, value in at.items()}
        return all(self.box[name][0] <= value <= self.box[name][1] for name, value in values.items())

    def _judge_by_samples(self, name: str) -> Verdict:
        tally = _Tally()
        for sample in self._samples():
            if (wrong := self._count(sample, tally)) is not None:
                return self._deny(name, tally.used, wrong, self._slip())
        if not tally.used:
            without = tally.without if self.at is not None else None
            gaps = bool(tally.gaps)
            notes = tuple(self.notes)
            return Verdict(name, self.claim, self.right, "unresolved", notes=notes, without=without, gaps=gaps)
        if self.tol is None and self.right is not None and (closer := self._tell_apart(tally.close)):
            return self._deny(name, tally.used, closer)
        remarks = [*self.notes, *filter(None, (_describe_gap(self._choose_plainest(tally.gaps)),))]
        if tally.beyond is not None and not remarks and self.at is None:
            remarks.append(f"the claim has values where f has no derivative, as at {format_point(tally.beyond.at)}")
        return Verdict(name, self.claim, self.right, "agrees", tally.used, notes=tuple(remarks))

    def _count(self, sample: Sample, tally: _Tally) -> Sample | None:
        """Count a sample; the sample where it speaks against the claim."""
        if not sample.usable:
            if sample.truth.status in _WITHOUT and sample.claim.value is not None:
                tally.beyond = tally.beyond or sample
            tally.without = sample.truth
            return None
        if not sample.decided:
            tally.without = sample.claim
            text = samples.enclose_claim(sample, self.claim) if self.at is None and self.tol is None else None
            return sample._replace(claim=sample.claim.replace(value=None, decimal=text)) if text else None
        if self.at is None and self._is_gap(sample):
            tally.gaps.append(sample)
            return None
        tally.used += 1
        if self.at is None and not sample.agrees(self.tol) and self._fills_gap(sample):
            sample = sample._replace(claim=sample.truth.replace(status="removable"))
        if sample.hole and not any("hole" in note for note in self.notes):
            self.notes.append(_FILLED.format(format_point(sample.at)))
        if not sample.agrees(self.tol):
            return sample
        tally.close.append(sample)
        return None

    def _tell_apart(self, close: Sequence[Sample]) -> Sample | None:
        """A sample at which claim and derivative differ by less than samples show, in more digits.

        The difference is enclosed as one expression, in which what both have in common cancels.
        """
        assert self.right is not None
        distance = samples.Distance(self.right, self.claim)
        for count, sample in enumerate(close):
            exactly = distance.is_cheap or count < _MOST_TOLD_APART
            gap = distance.at(sample.at, samples.MOST_BITS if exactly else samples.FEW_BITS)
            if gap is None or sample.truth.decimal is None:
                continue
            if samples.magnitude(sample.truth.decimal) - gap.adjusted() >= _CLOSE:
                return self._show_distance(sample, gap)
            # Else the text and the derivative part company here, where the text cannot judge.
        return None

    def _show_distance(self, sample: Sample, gap: Decimal) -> Sample:
        """The sample in as many digits as show the distance of the claim; as a sum where these are too many."""
        digits = samples.magnitude(sample.truth.decimal or "0") - gap.adjusted() + _SHOWN_DIGITS
        if digits <= _MOST_DIGITS:
            return samples.take_sample(self.root, self.wrt, self.claim, sample.at, max(digits, samples.DIGITS))
        text = f"{sample.truth.decimal} {'-' if gap < 0 else '+'} {abs(gap)}"
        return sample._replace(claim=sample.claim.replace(value=None, decimal=text))

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


def _describe_gap(sample: Sample | None) -> str:
    """A point where the claim has no value, in words; "" where there is none."""
    if sample is None:
        return ""
    expected = sample.truth.decimal if sample.truth.value is None else sample.truth.value
    return f"at {format_point(sample.at)} the claim has no value, and the derivative is {expected}"


def _exact(value: float | Expr) -> Expr:
    return value if isinstance(value, Expr) else number(Fraction(value))
