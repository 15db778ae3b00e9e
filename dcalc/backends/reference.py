"""The truth: ball arithmetic, with precision raised until the enclosure decides the answer.

Smooth points take the fast path, a power series in balls. Where that cannot decide, the
verdict machinery finds out what is true from either side.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from itertools import groupby

from flint import arb, ctx

from dcalc import functions as table
from dcalc import verdict
from dcalc.backends._certified import IDENTITY_BITS, Certifier, constants, finite
from dcalc.backends._doubles import at_doubles
from dcalc.backends._gradient import together
from dcalc.derive import along_one, derivative
from dcalc.errors import Immense, LimitError, Undefined, Unsupported
from dcalc.expr import Expr, number, variables, walk
from dcalc.numbers.enclosure import Encloser, Enclosure, Fault, analytic
from dcalc.numbers.rounding import rough
from dcalc.problem import AnyProblem, Estimate, Gradient, Point, Problem
from dcalc.verdict import MorePrecision, Verdict, words

ORDERS = "any"
IMMENSE_BITS = 65_536
"""Where an exponential has left the range of balls: exp(exp(exp(10))) has 10**9565 digits before the point."""
_SMALLEST = arb(2) ** -(1 << 64)
_LEAST = arb(2) ** -1075
"""What is smaller rounds to 0."""


def differentiate(problem: Problem) -> Estimate:
    """The derivative rounded to a double and to the asked digits, both certified.

    Certified means that both ends of an enclosure round to the same number. Otherwise a
    status: `undefined` or `not_differentiable` with the sub-expression at fault, `removable`
    with the value of the extension, `overflow` with the decimal, or `unresolved`.
    """
    return _beside_decimals(problem, [Reference(problem).answer()])[0]


def gradient(question: Gradient) -> list[Estimate]:
    """The same for each of several variables, at the cost of one where the point is smooth."""
    return _beside_decimals(question, _answers(question))


def _answers(question: AnyProblem) -> list[Estimate]:
    """What is true at the point itself; what cannot be decided together is decided by itself."""
    found = {} if isinstance(question, Problem) else together(question)
    problems = ((problem, found.get(problem.wrt[0]) if found else None) for problem in question.problems())
    return [Reference(problem).answer() if known is None else known for problem, known in problems]


def _beside_decimals(question: AnyProblem, estimates: list[Estimate]) -> list[Estimate]:
    """The estimates, with notes where the point is beside a decimal at which they are no good."""
    clear = [estimate.status == "ok" and not estimate.note for estimate in estimates]
    if not any(clear) or (at := decimal_point(question)) is None:
        return estimates
    exactly = _answers(replace(question, at=at))
    return [
        replace(estimate, note=_difference(other, at)) if plain else estimate
        for estimate, other, plain in zip(estimates, exactly, clear, strict=True)
    ]


def decimal_point(problem: AnyProblem) -> Point | None:
    """The point as the decimals that its doubles print as, where the expression holds one of them.

    Literals are exact and points are doubles: `abs(x-0.1)` at 0.1 is beside its kink.
    """
    literals = _decimals(problem.root)
    at = problem.at or {}
    if not literals or not any(repr(abs(v)) in literals for v in at.values() if isinstance(v, float)):
        return None
    return {name: number(Fraction(repr(v))) if isinstance(v, float) else v for name, v in at.items()}


@lru_cache(maxsize=64)
def _decimals(root: Expr) -> frozenset[str]:
    """How doubles print that are near a literal of the expression, and differ from it."""
    values = {node.args[0] for node in walk(root) if node.op is table.NUMBER and not isinstance(node.args[0], int)}
    return frozenset(repr(float(value)) for value in values if Fraction(float(value)) != value)


def _difference(estimate: Estimate, at: Point) -> str:
    """What a double beside a decimal hides; empty where nothing changes."""
    if estimate.status == "ok":
        return ""
    shown = ", ".join(f"{name} = {words.short(value)}" for name, value in at.items() if isinstance(value, Expr))
    return f"the point is a double; at exactly {shown}: {estimate.note or estimate.status}"


@lru_cache(maxsize=256)
def _prepared(root: Expr, wrt: tuple[str, ...]) -> tuple[Expr, str, int, Encloser]:
    """What is the same at every point of a problem."""
    along, name, order = along_one(root, wrt)
    return along, name, order, Encloser(along, name, order)


class Reference(Certifier):
    """One problem being decided."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.root, self.name, self.order, self.encloser = _prepared(problem.root, problem.wrt)
        super().__init__(problem, self.order)

    def answer(self) -> Estimate:
        """Raise the precision until the answer is decided, or the cap is reached."""
        bits = self.first_bits
        if (missing := self._original_undefined(bits)) is not None:
            return missing
        if (mixed := self._mixed(bits)) is not None:
            return mixed
        while True:
            self.evaluations += 1
            with ctx.workprec(bits):
                enclosure = self.encloser.at(self.point)
                decided = self._proved(enclosure) or (self._constant(enclosure) if bits >= IDENTITY_BITS else None)
            if decided is not None:
                return decided
            if bits < IMMENSE_BITS and self.evaluations > 1 and _is_immense(enclosure):
                bits = IMMENSE_BITS
            elif bits >= self.cap or (self._at_an_edge(enclosure) and self.evaluations > 1):
                return self._judged(enclosure)
            else:
                bits = min(2 * bits, self.cap)

    def _original_undefined(self, bits: int) -> Estimate | None:
        """Mixed partials are taken of a simplified derivative: f itself must have a value."""
        if self.root is self.problem.root:
            return None
        with ctx.workprec(bits):
            f = Encloser(self.problem.root, "", 0).at(self.point).f
        return self.missing(f) if isinstance(f, Fault) and isinstance(f.error, Undefined) else None

    def _mixed(self, bits: int) -> Estimate | None:
        """A mixed partial of an f that is not proved analytic; None where f is, or none is mixed.

        Its derivative by the variables in which it is analytic, judged along the remaining one. A
        number found so is that of the order asked where these variables come first; else it takes
        a look along one axis, then along the other.
        """
        wrt = self.problem.wrt
        names = sorted(set(wrt))
        if len(names) < 2 or self._analytic(names, bits):
            return None
        for name in names:
            others = tuple(other for other in wrt if other != name)
            if self._analytic(others, bits):
                root = derivative(self.problem.root, others)
                last = Reference(replace(self.problem, root=root, wrt=(name,) * wrt.count(name))).answer()
                if last.value is None or wrt[: len(others)] == others:
                    return last
        runs = [(name, len(list(group))) for name, group in groupby(wrt)]
        found = None
        if len(runs) == 2:
            (first, second), at = runs, self.problem.at or {}
            found = self._decided(lambda: verdict.mixed(self.problem.root, first, second, _places(at)))
        return found or self.estimate(None, "unresolved", note=words.ROUGH)

    def _analytic(self, names: Collection[str], bits: int) -> bool:
        with ctx.workprec(bits):
            return analytic(self.problem.root, names, self.point)

    def _proved(self, enclosure: Enclosure) -> Estimate | None:
        """What an enclosure at the working precision proves."""
        f, ball = enclosure
        if isinstance(f, Fault):
            surely = isinstance(f.error, Undefined) and (self.order or not self.problem.at)
            return self.missing(f) if surely else None
        return None if isinstance(ball, Fault) else self.rounded(ball, f)

    @staticmethod
    def _at_an_edge(enclosure: Enclosure) -> bool:
        """Whether a part has no enclosure at all, which more precision rarely mends."""
        return isinstance(enclosure.f, Fault) or isinstance(enclosure.derivative, Fault)

    def _constant(self, enclosure: Enclosure) -> Estimate | None:
        """A ball that goes on holding zero, or a tie, may be a number by identity: the simplified
        derivative says."""
        f, ball = enclosure
        if isinstance(f, Fault) or isinstance(ball, Fault):
            return None
        try:
            return self.identical(derivative(self.problem.root, self.problem.wrt), f)
        except (Unsupported, LimitError):
            return None

    # --- where the fast path cannot decide ----------------------------------------------

    def _judged(self, enclosure: Enclosure) -> Estimate:
        """The verdict from one-sided series."""
        name = self.name or self._only_variable()
        at = self.problem.at or {}
        found = self._decided(lambda: verdict.judge(self.root, name, self.order, _places(at))) if name else None
        return self._unresolved(enclosure) if found is None else found

    def _decided(self, judge: Callable[[], Verdict]) -> Estimate | None:
        """A verdict at rising precision; None where the cap is reached."""
        bits = 128 + int(3.33 * self.digits)
        while bits <= self.cap:
            more = 0
            with ctx.workprec(bits):
                try:
                    found = self._told(judge())
                except MorePrecision as error:
                    found, more = None, error.bits
            if found is not None or bits == self.cap:
                return found
            bits = max(more, 2 * bits) if more else min(4 * bits, self.cap)
        return None

    def _only_variable(self) -> str:
        names = variables(self.root)
        return names[0] if len(names) == 1 else ""

    def _told(self, found: Verdict) -> Estimate | None:
        """A verdict as an estimate; None where its value is not narrow enough yet."""
        note = self._sentence(found)
        f = None if found.f is None else found.f.settled().ball
        if found.value is not None:
            value = found.value.settled().ball
            return self.rounded(value, f, found.status, note if found.status == "removable" else "")
        left, right = (None if side is None else finite(side.settled().ball) for side in (found.left, found.right))
        return self.estimate(
            None, found.status, kind=found.kind, left=left, right=right, f=finite(f), note=note,
            node=found.node if found.kind is not None else None,
        )  # fmt: skip

    def _sentence(self, found: Verdict) -> str:
        if found.status == "unresolved":
            return words.question(found.node, found.sentence)
        lack = words.missing(found.node, found.sentence, at_doubles(self.problem)) if found.sentence else ""
        if found.status == "removable":
            return f"f has a hole there, {lack}; the value is that of its continuous extension"
        if found.kind is None or found.node is None:
            return lack
        happens = words.event(found.kind, found.node)
        return f"{happens}: {words.needs(found.node, found.sentence, None)}" if lack else happens

    def _unresolved(self, enclosure: Enclosure) -> Estimate:
        """Said openly, with the bound that was reached."""
        f, ball = enclosure
        faults = [self.sentence(part) for part in (f, ball) if isinstance(part, Fault)]
        if isinstance(f, Fault) and isinstance(f.error, Undefined):
            return self.missing(f)
        if not isinstance(f, Fault) and not isinstance(ball, Fault) and abs(ball) < _LEAST:
            return self.estimate(0.0, "ok", f=finite(f), note="0 as a double: too small to be told from 0")
        return self.estimate(
            None, "unresolved", f=None if isinstance(f, Fault) else finite(f),
            note=faults[0] if faults else "the enclosure could not be narrowed enough",
            text=None if isinstance(ball, Fault) else rough(ball),
        )  # fmt: skip


def _is_immense(enclosure: Enclosure) -> bool:
    """Whether a part is too large, or too small, for a ball at this precision."""
    if any(isinstance(part, Fault) and isinstance(part.error, Immense) for part in enclosure):
        return True
    f, ball = enclosure
    if isinstance(f, Fault) or isinstance(ball, Fault):
        return False
    return not ball.is_finite() or (0 in ball and not ball.is_zero() and bool(ball.abs_upper() < _SMALLEST))


def is_analytic(root: Expr, names: Collection[str], at: Point) -> bool:
    """Whether f is proved to be analytic around a point in these variables together."""
    with ctx.workprec(192):
        return analytic(root, names, constants(at))


def _places(point: Point) -> dict[str, verdict.Constant]:
    """The point as constants that know whether they are zero."""
    return {
        name: verdict.point(arb(value)) if isinstance(value, float) else verdict.constant_of(value)
        for name, value in point.items()
    }
