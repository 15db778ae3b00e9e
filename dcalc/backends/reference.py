"""The truth: ball arithmetic, with precision raised until the enclosure decides the answer.

Smooth points take the fast path: a power series in balls, or for a gradient one sweep of adjoints in balls.
Where that cannot decide, the verdict machinery finds out what is true from either side; it is imported only then.
The working precision is one for all threads, so that one at a time may ask: each holds `FLINT`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from functools import cached_property, lru_cache, partial
from itertools import count, product
from math import factorial, prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flint import arb, ctx

from dcalc import functions as table
from dcalc import reasons
from dcalc.coordinates import at_doubles, decimal_point, may_matter, substitute_point
from dcalc.derive import along_one, derivative
from dcalc.derive import gradient as derivatives
from dcalc.errors import Immense, LimitError, Undecided, Undefined, Unsupported
from dcalc.expr import Expr, exact, make, number, substitute, symbol, variables
from dcalc.numbers import FLINT
from dcalc.numbers.enclosure import Encloser, Enclosure, Fault, analytic, constants
from dcalc.numbers.rounding import (
    as_decimal,
    as_double,
    explain_underflow,
    is_beside,
    log10_if_immense,
    rational_as_decimal,
    rough,
    shorten,
)
from dcalc.problem import REFERENCE, VALUED, Capabilities, Point, Problem, Result, Status
from dcalc.simplify import simplify

if TYPE_CHECKING:
    from dcalc.numbers.enclosure import GradientEncloser, Partials
    from dcalc.verdict import Verdict

CAPABILITIES = Capabilities(tolerance=0.0, certified=True, guarded=True)
MAX_BITS = 8_192
"""Precision is raised to this, or to ten times the asked digits."""
IDENTITY_BITS = 512
"""From here on a ball that goes on holding zero, or a tie, may be a number by identity."""
IMMENSE_BITS = (4_096, 65_536)
"""Where an exponential has left the range of balls: exp(exp(exp(10))) has 10**9565 digits before the point.
Most need no more than the first of the two."""
_FEW_NAMES = 8
"""Variables of a gradient that are asked one after the other whether f continues over a hole."""
_FEW_ORDERS = 4
"""Derivatives up to this order are short enough as expressions to be looked at before the precision is raised."""
_MOST_NODES = 2_000
"""The most nodes of the derivatives of higher orders, one after the other, that are written out for a proof."""
_ROUNDS = 3
"""Most derivatives of higher orders that are not zero show it within this many precisions."""
_TOWER_BITS = 128
"""Beyond those of an answer, for the exponents of exponents."""
_TOWER_STEPS = (4_096, 400_000)
"""Where exponents of many digits cancel: exp(exp(exp(2.5))) has 84,835 digits before the point."""
_SMALL = 1e-9
"""A derivative that is smaller may be 0 at the decimal that a double stands for."""
_FAR = 1e-9
"""A difference from the value at a decimal that no rounding of the point explains."""
_TIED = 4
"""Digits that are left out, one after the other, where the last of a decimal may be a tie."""
_INFINITE = (float("inf"), float("-inf"))
_MOST_DIRECTIONS = 5
"""Mixed partials without a closed form take twice as long for each."""
_ZERO = arb(0)
_SMALLEST = arb(2) ** -(1 << 64)
_LEAST = arb(2) ** -1075
"""What is smaller rounds to 0."""


def differentiate(problem: Problem) -> Result:
    """The derivative rounded to a double and to the asked digits, both certified.

    Certified means that both ends of an enclosure round to the same number. Otherwise a
    status: `undefined` or `not_differentiable` with the sub-expression at fault, `removable`
    with the value of the extension, `overflow` with the decimal, or `unresolved`.
    """
    return solve(problem)[0]


def solve(problem: Problem, *, notes: bool = True) -> list[Result]:
    """The same for each derivative that is asked for, at the cost of one where the point is smooth.

    What cannot be decided together is decided by itself. Without ``notes`` on decimals beside the point, which often
    are a second question, it serves samples.
    """
    with FLINT:
        if problem.gradient:
            together = _solve_together(problem)
            results = [together.get(part.wrt[0]) or solve(part, notes=False)[0] for part in problem.parts()]
        elif len(set(problem.wrt)) > 1:
            results = [_solve_mixed(problem)]
        else:
            name, order = "".join(problem.wrt[:1]), len(problem.wrt)
            results = [Derivative(problem, order, _make_encloser(problem.root, name, order)).solve()]
        if notes and problem.at and any(map(is_beside, problem.at.values())):
            return _add_notes_on_decimals(problem, problem.at, results)
        return results


gradient = solve


def _solve_mixed(problem: Problem) -> Result:
    """A mixed partial: along one name, of a derivative by the others, or else along lines in all directions."""
    try:
        root, name, order = _along_one(problem.root, problem.wrt)
        return Mixed(problem, order, _make_encloser(root, name, order)).solve()
    except Unsupported:
        if len(problem.wrt) > _MOST_DIRECTIONS or problem.at is None:
            raise
        return Polarised(problem, len(problem.wrt), None).solve()


def _refine(problem: Problem, digits: int) -> Result:
    """The same question to another number of digits, by itself."""
    return differentiate(problem.replace(digits=digits))


def _refine_part(problem: Problem, name: str, digits: int) -> Result:
    """One component of a gradient to another number of digits."""
    return _refine(problem.replace(wrt=(name,), gradient=False), digits)


def _solve_together(problem: Problem) -> dict[str, Result]:
    """The components of a gradient that sweeps decide: by all variables at whose axes the point is smooth.

    Empty where a partial has no closed form. Cost: linear in nodes for each precision.
    """
    try:
        encloser = _gradient_encloser(problem.root, problem.wrt)
    except Unsupported:
        return {}
    return Components(problem, 1, encloser).solve()


def _add_notes_on_decimals(problem: Problem, point: Point, results: list[Result]) -> list[Result]:
    """The results at a point beside decimals, with notes where they do not hold at these."""
    if not (any(map(_is_suspicious, results)) or may_matter(problem.root, point)):
        return results
    at = decimal_point(point)
    answers = zip(problem.parts(), results, solve(problem.replace(at=at), notes=False), strict=True)
    return [
        result.replace(notes=(*result.notes, *_compare_with_decimals(part, result, other, at)))
        for part, result, other in answers
    ]


def _is_suspicious(result: Result) -> bool:
    """Whether a result itself tells that the decimal beside the point may have another."""
    value = result.value
    if value is None or result.status != "ok":
        return True
    return -_SMALL < value < _SMALL and value != 0


def _compare_with_decimals(part: Problem, result: Result, other: Result, at: Point) -> tuple[str, ...]:
    """What a double beside a decimal hides; empty where nothing changes."""
    place = ", ".join(f"{name} = {reasons.short(value)}" for name, value in at.items() if isinstance(value, Expr))
    start = f"the point is a double; at exactly {place}"
    if (other.status, other.kind) != (result.status, result.kind) and other.status != "ok":
        return (f"{start}: {other.note or other.status}",)
    if other.value is None or other.status != "ok":
        return ()
    what = "the derivative" if part.wrt else "f"
    if len(at) > 1 and part.wrt:
        what += f" by {', '.join(part.wrt)}"
    elif part.order > 1:
        what += f" of order {part.order}"
    if result.value is None:
        return (f"{start} {what} is {other.value!r}",)
    is_zero = other.value == 0 != result.value
    is_far = abs(result.value - other.value) > _FAR * abs(other.value)
    return (f"{start} {what} is {0 if is_zero else repr(other.value)}",) if is_zero or is_far else ()


def note_decimals(problem: Problem) -> tuple[str, ...]:
    """What is different at the decimals beside the doubles of a point: a sentence for each derivative, where there is.

    It serves what shows derivatives in another way than as results, which have these notes themselves.
    """
    if not problem.at or not any(map(is_beside, problem.at.values())):
        return ()
    with FLINT:
        results = solve(problem, notes=False)
        noted = _add_notes_on_decimals(problem, problem.at, results)
    pairs = zip(results, noted, strict=True)
    return tuple(dict.fromkeys(note for before, after in pairs for note in after.notes[len(before.notes) :]))


def is_analytic(root: Expr, names: Collection[str], at: Point) -> bool:
    """Whether f is proved to be analytic around a point in these variables together."""
    with FLINT, ctx.workprec(192):
        return analytic(root, names, constants(at))


_make_encloser = lru_cache(maxsize=256)(Encloser)
_along_one = lru_cache(maxsize=256)(along_one)
"""What is the same at every point of a problem."""


@lru_cache(maxsize=4)
def _gradient_encloser(root: Expr, names: tuple[str, ...]) -> GradientEncloser:
    """What is the same at every point of a gradient."""
    from dcalc.numbers.enclosure import GradientEncloser

    return GradientEncloser(root, frozenset(names))


@lru_cache(maxsize=4)
def _derivatives(root: Expr, names: tuple[str, ...]) -> dict[str, Expr]:
    """The derivatives as expressions, where they are of sensible size."""
    try:
        return dict(zip(names, derivatives(root, names), strict=True))
    except (Unsupported, LimitError):
        return {}


def _is_zero(constant: Expr) -> bool:
    """Whether a constant is proved to be 0, at the working precision."""
    if (value := exact(constant)) is not None:
        return value == 0
    from dcalc.verdict import NeedMoreBits, constant_of

    try:
        return constant_of(constant).is_zero()
    except NeedMoreBits:
        return False


_Encloser = TypeVar("_Encloser")


class Certifier(Generic[_Encloser]):
    """Turns balls into certified results of one problem, or of several at one point, as precision rises."""

    def __init__(self, problem: Problem, order: int, encloser: _Encloser) -> None:
        self.problem, self.order, self.encloser = problem, order, encloser
        self.digits = problem.digits
        self.point = constants(problem.at or {})
        # Enough for the asked digits where little cancels; high orders lose a bit each.
        self.first_bits = 64 + max(128, int(3.33 * self.digits) + 32) + order
        self.cap = max(MAX_BITS, int(10 * 3.33 * self.digits))
        self.evaluations = 0
        self._proofs: dict[int, bool] = {}

    def make_result(self, value: float | None, status: Status, sentence: str = "", **fields: Any) -> Result:
        """A result of the reference: the sentence says why there is no value, or stands beside it.

        Of the balls of f and of both sides it has the doubles, where there are such and they are finite.
        """
        for name in ("f", "left", "right"):
            if isinstance(ball := fields.get(name), arb):
                fields[name] = None if (nearest := as_double(ball)) in _INFINITE else nearest
        if status in VALUED:
            lost = explain_underflow(value, fields.get("decimal")) if value == 0 else ""
            fields["notes"] = tuple(filter(None, (sentence, lost)))
        else:
            fields["reason"] = sentence
        return Result(
            REFERENCE, value, status, evaluations=self.evaluations, refine=partial(_refine, self.problem),
            **{"precision": self.digits, **fields},
        )  # fmt: skip

    def round_ball(self, ball: arb, f: arb | None, status: Status = "ok", sentence: str = "") -> Result | None:
        """The number that all of a ball rounds to; None where that is not decided."""
        value = as_double(ball)
        if value is None:
            return None
        text = as_decimal(ball, self.digits)
        if text is None:
            size = log10_if_immense(ball)
            return None if size is None else self._report_immense(value, f, status, size)
        overflow = value in _INFINITE
        if overflow:
            value, status, sentence = None, "overflow", f"{shorten(text, 7)} is beyond a double"
        is_double = ball.is_exact() and not overflow and ball == value
        return self.make_result(value, status, sentence, f=f, decimal=text, certified=True, exact=is_double)

    def _report_immense(self, value: float, f: arb | None, status: Status, size: str) -> Result:
        """The answer where not even the exponent of its decimal is fit to print."""
        if value in _INFINITE:
            return self.make_result(None, "overflow", f"about 10**({size}) is beyond a double", f=f)
        return self.make_result(value, status, f"about 10**({size}), 0 as a double", f=f, certified=True)

    def recognize_number(self, derivative: Expr, f: arb | None) -> Result | None:
        """The number that a derivative is by identity; None where none is proved."""
        value = exact(derivative)
        if value is None:
            from dcalc.proof import prove_number  # most answers do without proofs

            value = prove_number(derivative)
        if value is None and self._is_zero_at_point(derivative):
            value = 0
        return None if value is None else self.round_rational(Fraction(value), f)

    def round_rational(self, value: Fraction, f: arb | None, status: Status = "ok", sentence: str = "") -> Result:
        """The result of a number that is known exactly, ties included."""
        text = rational_as_decimal(value, self.digits)
        try:
            nearest = float(value)
        except OverflowError:
            sentence = f"{shorten(text, 7)} is beyond a double"
            return self.make_result(None, "overflow", sentence, f=f, decimal=text, certified=True)
        return self.make_result(nearest, status, sentence, f=f, decimal=text, certified=True, exact=nearest == value)

    def _is_zero_at_point(self, derivative: Expr) -> bool:
        """Whether the expression of a derivative is proved to be 0 at the point; proved once for each derivative."""
        if derivative.id not in self._proofs:
            from dcalc.proof.nearby import is_zero_around

            is_zero = _is_zero(substitute_point(derivative, self.problem.at or {}))
            self._proofs[derivative.id] = is_zero or is_zero_around(derivative, self.point)
        return self._proofs[derivative.id]

    def report_undefined(self, fault: Fault) -> Result:
        """No value of f."""
        return self.make_result(None, "undefined", self.explain_fault(fault))

    def explain_fault(self, fault: Fault) -> str:
        """Why there is no value, or why it is not known whether there is one."""
        if isinstance(fault.error, Undecided):
            return reasons.unproved(fault.node, fault.error.message)
        return reasons.missing(fault.node, fault.error.message, at_doubles(self.problem.at))


class Derivative(Certifier[Encloser]):
    """One derivative being decided: by one name, any number of times."""

    _may_be_rational = True

    def solve(self) -> Result:
        """Raise the precision until the answer is decided, or the cap is reached."""
        bits = self.first_bits
        while True:
            self.evaluations += 1
            with ctx.workprec(bits):
                enclosure = self.encloser.at(self.point)
                result = self._read_enclosure(enclosure) or (
                    self._find_constant(enclosure) if bits >= IDENTITY_BITS else None
                )
            if result is not None:
                return result
            wider = next((more for more in IMMENSE_BITS if more > bits), None)
            if wider is not None and self.evaluations > 1 and _is_immense(enclosure):
                bits = wider
            elif bits >= self.cap or (self._has_fault(enclosure) and self.evaluations > 1):
                return self._judge(enclosure)
            else:
                bits = min(2 * bits, self.cap)

    def _read_enclosure(self, enclosure: Enclosure) -> Result | None:
        """What an enclosure at the working precision proves."""
        f, ball = enclosure
        if isinstance(f, Fault):
            if not isinstance(f.error, Undefined) or (self.problem.at and not self.order):
                return None
            hole = self._fill_hole(f, {self.encloser.name: self.order}) if self.order else None
            return hole or self.report_undefined(f)
        return None if isinstance(ball, Fault) else self.round_ball(ball, f)

    @staticmethod
    def _has_fault(enclosure: Enclosure) -> bool:
        """Whether a part has no enclosure at all, which more precision rarely mends."""
        return isinstance(enclosure.f, Fault) or isinstance(enclosure.derivative, Fault)

    def _find_constant(self, enclosure: Enclosure) -> Result | None:
        """A ball that goes on holding zero, or a tie, may be a number by identity.

        The coefficients of the series say so, where they are rational, or vanish from one on. What they leave open,
        the simplified derivative may tell: for high orders that is long, so that more precision is tried before.
        """
        f, ball = enclosure
        if isinstance(f, Fault) or isinstance(ball, Fault):
            return None
        if self.order:
            if 0 in ball and self._is_polynomial():
                return self.round_rational(Fraction(0), f)
            is_settling = self.order <= _FEW_ORDERS or self.evaluations > _ROUNDS or 0 not in ball
            if is_settling and (value := self._rational) is not None:
                return self.round_rational(value, f)
        if self.order > _FEW_ORDERS and ctx.prec < self.cap:
            return None
        symbolic = self._symbolic
        result = None if symbolic is None else self.recognize_number(symbolic, f)
        return result if result is not None or 0 in ball else self._find_rational(f)

    @cached_property
    def _symbolic(self) -> Expr | None:
        """The simplified derivative, where it is of sensible size."""
        try:
            if self.order > _FEW_ORDERS:
                return derivative(self.problem.root, self.problem.wrt, most=_MOST_NODES)
            return derivative(self.problem.root, self.problem.wrt)
        except (Unsupported, LimitError):
            return None

    def _find_rational(self, f: arb) -> Result | None:
        """A ball that holds a tie for ever: exp(2*log(x)) is a rational at a double. Asked once."""
        if not self._may_be_rational or self.order > _FEW_ORDERS:
            return None
        self._may_be_rational = False
        from dcalc.proof.nearby import rational_around
        from dcalc.proof.zero import rational_value
        from dcalc.verdict import NeedMoreBits, constants_of, judge

        try:
            name = self.encloser.name or self._name_variable()
            constant = judge(self.encloser.root, name, self.order, constants_of(self.problem.at or {})).value
            value = None if constant is None else rational_value(constant)
            if value is None:
                value = rational_around(derivative(self.problem.root, self.problem.wrt), self.point)
        except (NeedMoreBits, Unsupported, LimitError):
            return None
        return None if value is None else self.round_rational(value, f)

    @cached_property
    def _rational(self) -> Fraction | None:
        """The derivative as the exact rational that its series gives, where that is one and f is analytic."""
        from dcalc.numbers.rational_jet import coefficients

        at = {name: _read_rational(value) for name, value in (self.problem.at or {}).items()}
        value = coefficients(simplify(self.encloser.root), self.encloser.name, self.order, at, self.point)[self.order]
        return None if value is None else value * factorial(self.order)

    def _is_polynomial(self) -> bool:
        """Whether f is proved to be a polynomial around the point, of a degree below the order and small."""
        coefficients = self.encloser.coefficients(self.point)
        degree = next((k for k in range(self.order, -1, -1) if not _holds_zero(coefficients[k])), -1)
        first = degree + 1
        if first > min(_FEW_ORDERS, self.order - 1):
            return False
        return _vanishes(self.encloser.root, (self.encloser.name,) * first)

    # --- where the fast path cannot decide ----------------------------------------------

    def _judge(self, enclosure: Enclosure) -> Result:
        """The verdict from one-sided series."""
        from dcalc.verdict import constants_of, judge

        f = enclosure.f
        if not self.order and isinstance(f, Fault) and (hole := self._fill_hole(f, {})) is not None:
            return hole
        if (settled := self._solve_settled() or self._solve_tower()) is not None:
            return settled
        name = self.encloser.name or self._name_variable()
        at = self.problem.at or {}
        result = self._raise_precision(lambda: judge(self.encloser.root, name, self.order, constants_of(at)))
        # A hole along one variable may be none along another.
        is_partial = not self.encloser.name and len(variables(self.encloser.root)) > 1
        if result is None or (is_partial and result.status != "ok") or (not name and result.status == "unresolved"):
            return self._report_unresolved(enclosure)
        return result

    def _fill_hole(self, fault: Fault, orders: Mapping[str, int]) -> Result | None:
        """The derivative of the continuation of an f that has no value all along a line; None where it has none."""
        if not _may_be_filled(self.problem.root, fault):
            return None
        from dcalc.verdict import Verdict, constants_of, fill_hole

        undefined = Verdict("undefined", sentence=fault.error.message, node=fault.node)
        at = self.problem.at or {}
        filled = self._raise_precision(lambda: fill_hole(undefined, self.problem.root, orders, constants_of(at)))
        return filled if filled is not None and filled.status == "removable" else None

    def _solve_tower(self) -> Result | None:
        """The answer where f goes through numbers beyond all balls; None where it does not, or that leaves it open."""
        from dcalc.numbers import tower

        if self.order > _FEW_ORDERS:
            return None
        for bits in (_TOWER_BITS + self.first_bits, *_TOWER_STEPS):
            with ctx.workprec(bits):
                try:
                    if not tower.holds_tower(self.problem.root, self.point):
                        return None
                    f = tower.evaluate(self.problem.root, self.point)
                    symbolic = self._symbolic if self.order else self.problem.root
                    if symbolic is None:
                        return None
                    value = tower.evaluate(symbolic, self.point)
                except Undecided:
                    continue
                here = f if isinstance(f, arb) else None
                if isinstance(value, arb):
                    if (result := self.round_ball(value, here)) is not None:
                        return result
                    continue
                nearest = 0.0 if value.is_tiny else float("inf")
                return self._report_immense(value.sign * nearest, here, "ok", tower.describe_log10(value))
        return None

    def _solve_settled(self) -> Result | None:
        """The answer where parts that decide on kinks and edges are proved to be numbers; None where none are."""
        from dcalc.proof.nearby import settle_numbers

        with ctx.workprec(IDENTITY_BITS):
            root = settle_numbers(self.problem.root, self.point)
        return None if root is self.problem.root else solve(self.problem.replace(root=root), notes=False)[0]

    def _raise_precision(self, judge: Callable[[], Verdict]) -> Result | None:
        """A verdict at rising precision; None where the cap is reached."""
        from dcalc.verdict import NeedMoreBits

        bits = 128 + int(3.33 * self.digits)
        while bits <= self.cap:
            more = 0
            with ctx.workprec(bits):
                try:
                    result = self._read_verdict(judge())
                except NeedMoreBits as error:
                    result, more = None, error.bits
            if result is not None or bits == self.cap:
                return result
            bits = max(more, 2 * bits) if more else min(4 * bits, self.cap)
        return None

    def _name_variable(self) -> str:
        """A variable along which a value is judged: any tells what f is at the point. A constant has none."""
        return next(iter(variables(self.encloser.root)), "")

    def _read_verdict(self, verdict: Verdict) -> Result | None:
        """A verdict as a result; None where its value is not narrow enough yet."""
        sentence = self._explain(verdict)
        f = None if verdict.f is None else verdict.f.snap_to_zero().ball
        if verdict.value is not None:
            value = verdict.value.snap_to_zero().ball
            note = sentence if verdict.status == "removable" else ""
            return self.round_ball(value, f, verdict.status, note) or self._round_tie(verdict, f, note)
        left, right = (None if side is None else side.snap_to_zero().ball for side in (verdict.left, verdict.right))
        return self.make_result(
            None, verdict.status, sentence, kind=verdict.kind, left=left, right=right, f=f,
            node=verdict.node if verdict.kind is not None else None,
        )  # fmt: skip

    def _round_tie(self, verdict: Verdict, f: arb | None, note: str) -> Result | None:
        """A verdict whose value may be a tie, where that is proved to be a rational."""
        from dcalc.proof.zero import rational_value

        value = None if verdict.value is None or ctx.prec < IDENTITY_BITS else rational_value(verdict.value)
        return None if value is None else self.round_rational(value, f, verdict.status, note)

    def _explain(self, verdict: Verdict) -> str:
        if verdict.status == "unresolved":
            return reasons.question(verdict.node, verdict.sentence)
        at = at_doubles(self.problem.at)
        lack = reasons.missing(verdict.node, verdict.sentence, at) if verdict.sentence else ""
        if verdict.status == "removable":
            return f"f has a hole there, {lack}; the value is that of its continuous extension"
        if verdict.kind is None or verdict.node is None:
            return lack
        event = reasons.event(verdict.kind, verdict.node)
        return f"{event}: {reasons.needs(verdict.node, verdict.sentence, None)}" if lack else event

    def _report_unresolved(self, enclosure: Enclosure) -> Result:
        """Fact openly, with the bound that was reached."""
        f, ball = enclosure
        faults = [self.explain_fault(part) for part in (f, ball) if isinstance(part, Fault)]
        if isinstance(f, Fault) and isinstance(f.error, Undefined):
            return self.report_undefined(f)
        if not isinstance(f, Fault) and not isinstance(ball, Fault) and abs(ball) < _LEAST:
            return self.make_result(0.0, "ok", "0 as a double: too small to be told from 0", f=f)
        if not isinstance(f, Fault) and not isinstance(ball, Fault) and (shorter := self._round_shorter(ball, f)):
            return shorter
        return self.make_result(
            None, "unresolved", faults[0] if faults else "the enclosure could not be narrowed enough",
            f=None if isinstance(f, Fault) else f,
            decimal=None if isinstance(ball, Fault) else rough(ball),
        )  # fmt: skip

    def _round_shorter(self, ball: arb, f: arb) -> Result | None:
        """The double, and the digits before one that may be a tie; None where the double is not decided either."""
        with ctx.workprec(self.cap):
            value = as_double(ball)
        if value is None or value in _INFINITE:
            return None
        for digits in range(self.digits - 1, max(self.digits - _TIED, 0), -1):
            if (text := as_decimal(ball, digits)) is not None:
                note = f"digit {digits + 1} may be a tie: the decimal has {digits}"
                return self.make_result(value, "ok", note, f=f, decimal=text, precision=digits, certified=True)
        return None


class Mixed(Derivative):
    """A mixed partial being decided: along one name, of a derivative by the others."""

    def solve(self) -> Result:
        """The same, once f is known to have a value, and to be analytic: else the order matters."""
        bits = self.first_bits
        return self._check_function(bits) or self._solve_in_order(bits) or super().solve()

    def _check_function(self, bits: int) -> Result | None:
        """Mixed partials are taken of a simplified derivative: f itself must have a value."""
        with ctx.workprec(bits):
            f = Encloser(self.problem.root, "", 0).at(self.point).f
        if not (isinstance(f, Fault) and isinstance(f.error, Undefined)):
            return None
        return self._fill_hole(f, Counter(self.problem.wrt)) or self.report_undefined(f)

    def _solve_in_order(self, bits: int) -> Result | None:
        """A mixed partial of an f that is not proved analytic, in the order asked; else None."""
        wrt = self.problem.wrt
        with ctx.workprec(bits):
            if analytic(self.problem.root, set(wrt), self.point):
                return None
        from dcalc import verdict

        at = self.problem.at or {}
        if (settled := self._solve_settled() or self._solve_tower()) is not None:
            return settled
        result = self._raise_precision(lambda: verdict.judge_mixed(self.problem.root, wrt, verdict.constants_of(at)))
        return result or self.make_result(None, "unresolved", reasons.ROUGH)


@lru_cache(maxsize=64)
def _vanishes(root: Expr, names: tuple[str, ...]) -> bool:
    """Whether a derivative is proved to be 0 wherever f is defined."""
    from dcalc.proof import prove_number

    try:
        return prove_number(derivative(root, names)) == 0
    except (Unsupported, LimitError):
        return False


def _may_be_filled(root: Expr, fault: Fault) -> bool:
    """Whether the lack of a value may be a hole that others of the variables fill: a division by 0."""
    is_division = fault.node is None or fault.node.op in (table.DIV, table.POW)
    return is_division and len(variables(root)) > 1


def _read_rational(value: float | Expr) -> Fraction | None:
    """A coordinate that is rational; None for others."""
    rational = exact(simplify(value)) if isinstance(value, Expr) else value
    return None if rational is None else Fraction(rational)


def _holds_zero(coefficient: arb | Fault) -> bool:
    return not isinstance(coefficient, Fault) and 0 in coefficient


def _is_immense(enclosure: Enclosure) -> bool:
    """Whether a part is too large, or too small, for a ball at this precision."""
    if any(isinstance(part, Fault) and isinstance(part.error, Immense) for part in enclosure):
        return True
    f, ball = enclosure
    if isinstance(f, Fault) or isinstance(ball, Fault):
        return False
    return not ball.is_finite() or (0 in ball and not ball.is_zero() and bool(ball.abs_upper() < _SMALLEST))


class Components(Certifier["GradientEncloser"]):
    """One gradient being decided."""

    def solve(self) -> dict[str, Result]:
        """Raise the precision until every component is decided, or until more of it does not help."""
        self.decided: dict[str, Result] = {}
        bits = self.first_bits
        left: list[str] = list(self.problem.wrt)
        while left:
            self.evaluations += 1
            with ctx.workprec(bits):
                left = self._decide(left, self.encloser.at(self.point), bits)
            if bits >= self.cap:
                break
            bits = min(2 * bits, self.cap)
        return {
            name: result.replace(refine=partial(_refine_part, self.problem, name))
            for name, result in self.decided.items()
        }

    def _decide(self, names: list[str], partials: Partials, bits: int) -> list[str]:
        """Decide what a precision decides; the names to try again at a higher one."""
        f = partials.f
        if isinstance(f, Fault):
            return names if self.evaluations == 1 and not self._decide_uninvolved(names, partials) else []
        left = []
        for name in names:
            ball = partials.by.get(name, _ZERO)
            if isinstance(ball, Fault):
                if self.evaluations == 1:  # more precision rarely mends it
                    left.append(name)
                continue
            result = self.round_ball(ball, f) or (self._find_constant(name, f) if bits >= IDENTITY_BITS else None)
            if result is None:
                left.append(name)
            else:
                self.decided[name] = result
        return left

    def _decide_uninvolved(self, names: list[str], partials: Partials) -> bool:
        """Whether f surely has no value, for a reason in which some of the variables have no part."""
        fault = partials.f
        if not (isinstance(fault, Fault) and isinstance(fault.error, Undefined) and fault is partials.only):
            return False
        if len(names) <= _FEW_NAMES and _may_be_filled(self.problem.root, fault):
            return False  # each of them is asked about the hole
        reason = self.report_undefined(fault)
        self.decided.update((name, reason) for name in names if name not in partials.involved)
        return True

    def _find_constant(self, name: str, f: arb) -> Result | None:
        derivative = _derivatives(self.problem.root, self.problem.wrt).get(name)
        return None if derivative is None else self.recognize_number(derivative, f)


class Polarised(Certifier[None]):
    """A mixed partial by several variables, by none of which the derivative has a closed form, of an analytic f.

    It is a sum of derivatives along lines: of f(a + t, b + t) - f(a + t, b - t), four times over, for two variables
    (polarisation; Federer 1969, Geometric Measure Theory, 1.9.3).
    """

    def solve(self) -> Result:
        """Raise the precision until the answer is decided; Unsupported where f is not proved to be analytic."""
        root, wrt = self.problem.root, self.problem.wrt
        with ctx.workprec(self.first_bits):
            if not analytic(root, set(wrt), self.point):
                raise Unsupported(f"no derivative by {', '.join(wrt)} together is known where f may not be analytic")
        name = next(name for name in map("t{}".format, count()) if name not in variables(root))
        encloser, here = Encloser(_polarise(root, wrt, name), name, len(wrt)), Encloser(root, "", 0)
        point = {**self.point, name: lambda: _ZERO}
        scale = factorial(len(wrt)) << len(wrt) - 1
        bits = self.first_bits
        while True:
            self.evaluations += 1
            with ctx.workprec(bits):
                ball, f = encloser.at(point).derivative, here.at(self.point).f
                if not isinstance(ball, Fault) and not isinstance(f, Fault):
                    result = self.round_ball(ball / scale, f)
                    if result is not None:
                        return result
            if bits >= self.cap:
                return self.make_result(None, "unresolved", reasons.ROUGH)
            bits = min(2 * bits, self.cap)


def _polarise(root: Expr, wrt: tuple[str, ...], name: str) -> Expr:
    """The sum over all signs but the first, each the product of the signs times f at a point on the line in ``name`` on
    which every variable moves by the sum of its own signs."""
    terms = []
    for rest in product((1, -1), repeat=len(wrt) - 1):
        signs = (1, *rest)
        shifts = {other: sum(sign for own, sign in zip(wrt, signs, strict=True) if own == other) for other in wrt}
        moved = {
            other: make(table.ADD, symbol(other), make(table.MUL, number(shift), symbol(name)))
            for other, shift in shifts.items()
        }
        terms.append(make(table.MUL, number(prod(signs)), substitute(root, moved)))
    return make(table.ADD, *terms)
