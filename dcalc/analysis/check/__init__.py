"""Is this the derivative? Proved where algebra can, else tested at certified points."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from dcalc.analysis import Over, box
from dcalc.analysis.check import claims, points, slips
from dcalc.analysis.check.points import Seen
from dcalc.analysis.check.shown import Judged, finding, place, values
from dcalc.derive import derivative
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, number, variables
from dcalc.finding import Finding, Subject
from dcalc.problem import Estimate, Point
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
    given = claims.read(claim, grad, subject)
    if subject.at is not None and over is not None:
        raise UsageError("--at and --over both say where to look", help="leave one out")
    judged = []
    for name, claimed in given.items():
        wrt = (name,) if name in subject.names and len(subject.wrt) > 1 else claims.along(subject)
        judged.append(_Case(subject, wrt, claimed, over).judged(name))
    missing = [name for name in subject.wrt if name not in given] if grad or len(given) > 1 else []
    notes = [f"nothing is claimed of {', '.join(missing)}"] if missing else []
    return finding(subject, judged, (*notes, *dict.fromkeys(one.note for one in judged if one.note)))


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
        self.box = box(over, names, dict.fromkeys(names, _RANGE))
        self.over = over is not None
        self.note = ""
        try:
            self.right: Expr | None = derivative(subject.root, wrt)
        except DcalcError:
            self.right = None  # no closed form, or one too long: points decide

    def judged(self, name: str) -> Judged:
        """The verdict."""
        if self.at is None and self.right is not None:
            equal = equality((self.root,), self.right, self.claim)
            if equal is not None and (proved := self._proved(equal, name)) is not None:
                return proved
        return self._tested(name)

    def _proved(self, equal: Equality, name: str) -> Judged | None:
        """The verdict on a claim that equals the derivative wherever both have a value."""
        holes = []
        for value in equal.points:
            seen = self._look({equal.name: number(value)})
            if not seen.usable:
                continue
            if not seen.agrees(None) and seen.known:
                seen = seen._replace(at={equal.name: float(value)} if Fraction(float(value)) == value else seen.at)
                note = "wherever the claim has a value it is the derivative"
                return Judged(name, self.claim, self.right, "no", 1, seen, note=note)
            if not seen.known or seen.hole:
                holes.append(f"{equal.name}={value}")
        if holes:
            self.note = _HOLE.format(", ".join(holes))
            return None
        if equal.everywhere or equal.all_points:
            return self._looked_at(name)
        self.note = "it equals the derivative wherever both have a value"
        return None

    def _looked_at(self, name: str) -> Judged | None:
        """A proof that stood a look at plain points; None where it did not.

        Algebra speaks of where the derivative's text has a value; f may have a derivative elsewhere
        (0**x at 1), or nowhere.
        """
        assert self.right is not None
        looked, used, gap = 0, 0, ""
        for seen in self._seen():
            looked += 1
            if looked > points.PLAIN and used:
                break
            if not seen.usable or not seen.known:
                continue
            used += 1
            if seen.agrees(None) and not (seen.hole and seen.truth.status == "ok"):
                continue
            if seen.claim.status != "undefined" or self._has_value(self.right, seen.at):
                return None
            gap = gap or f"at {place(seen.at)} the claim has no value, and the derivative is {values(seen)[0]}"
        note = gap if used else f"f has no derivative at any of {looked} points looked at"
        return Judged(name, self.claim, self.right, "proved", note=note, gaps=bool(gap))

    def _has_value(self, root: Expr, at: Point) -> bool:
        return points.look(root, (), root, at).truth.status != "undefined"

    def _look(self, at: Point) -> Seen:
        return points.look(self.root, self.wrt, self.claim, at)

    def _seen(self) -> Iterator[Seen]:
        if self.at is not None:
            yield self._look(self.at)
            return
        boxes = [self.box]
        if not self.over:
            boxes += [dict.fromkeys(self.names, (-end, end)) for end in _WIDER]
        for ranges in boxes:
            used = False
            for at in points.spread(ranges, self.names):
                seen = self._look(at)
                used = used or seen.usable
                yield seen
            if used:
                return

    def _tested(self, name: str) -> Judged:
        used = 0
        beyond: Seen | None = None
        without: Estimate | None = None
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
                self.note = _FILLED.format(place(seen.at))
            if not seen.agrees(self.tol):
                return Judged(name, self.claim, self.right, "no", used, seen, self._slip(), self.note)
        if not used:
            without = without if self.at is not None else None
            return Judged(name, self.claim, self.right, "unresolved", note=self.note, without=without)
        note = self.note
        if beyond is not None and not note and self.at is None:
            note = f"the claim has values where f has no derivative, as at {place(beyond.at)}"
        return Judged(name, self.claim, self.right, "agrees", used, note=note)

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
            places = [dict(at) for at, _ in zip(points.spread(self.box, self.names), range(16), strict=False)]
        return slips.likely(root, self.wrt[-1], self.claim, places)
