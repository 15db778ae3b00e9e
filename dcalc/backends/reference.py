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

from dcalc import verdict
from dcalc.algebra.enclose import Encloser, Enclosure, Fault, analytic
from dcalc.algebra.rounding import as_decimal, as_double, rational_as_decimal, rough
from dcalc.backends._doubles import at_doubles
from dcalc.backends._points import constants, decimal_point, places
from dcalc.derive import along_one, derivative
from dcalc.errors import Immense, LimitError, Undefined, Unsupported
from dcalc.expr import Expr, exact, variables
from dcalc.problem import Estimate, Problem
from dcalc.verdict import MorePrecision, Verdict, words

ORDERS = "any"

MAX_BITS = 8_192
"""Precision is raised to this, or to ten times the asked digits."""
IMMENSE_BITS = 65_536
"""Where an exponential has left the range of balls: exp(exp(exp(10))) has 10**9565 digits before the point."""
_WRITTEN = 10**1000
"""Decimals with more digits than this before or after the point are not written out."""
_SMALLEST = arb(2) ** -(1 << 64)
_LEAST = arb(2) ** -1075
"""What is smaller rounds to 0."""
_INFINITE = (float("inf"), float("-inf"))


def differentiate(problem: Problem) -> Estimate:
    """The derivative rounded to a double and to the asked digits, both certified.

    Certified means that both ends of an enclosure round to the same number. Otherwise a
    status: `undefined` or `not_differentiable` with the sub-expression at fault, `removable`
    with the value of the extension, `overflow` with the decimal, or `unresolved`.
    """
    estimate = Reference(problem).answer()
    if estimate.status == "ok" and not estimate.note and (exact_point := decimal_point(problem)) is not None:
        return replace(estimate, note=_difference(replace(problem, at=exact_point)))
    return estimate


def _difference(problem: Problem) -> str:
    """What a double beside a decimal hides; empty where nothing changes."""
    estimate = Reference(problem).answer()
    if estimate.status == "ok":
        return ""
    shown = ", ".join(
        f"{name} = {words.short(value)}" for name, value in (problem.at or {}).items() if isinstance(value, Expr)
    )
    return f"the point is a double; at exactly {shown}: {estimate.note or estimate.status}"


@lru_cache(maxsize=16)
def _prepared(root: Expr, wrt: tuple[str, ...]) -> tuple[Expr, str, int, Encloser]:
    """What is the same at every point of a problem."""
    along, name, order = along_one(root, wrt)
    return along, name, order, Encloser(along, name, order)


class Reference:
    """One problem being decided."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.digits = problem.digits
        self.root, self.name, self.order, self.encloser = _prepared(problem.root, problem.wrt)
        self.point = constants(problem.at or {})
        self.cap = max(MAX_BITS, int(10 * 3.33 * self.digits))
        self.evaluations = 0

    def answer(self) -> Estimate:
        """Raise the precision until the answer is decided, or the cap is reached."""
        bits = self._first_bits()
        if (missing := self._original_undefined(bits)) is not None:
            return missing
        if (mixed := self._mixed(bits)) is not None:
            return mixed
        while True:
            self.evaluations += 1
            with ctx.workprec(bits):
                enclosure = self.encloser.at(self.point)
                decided = self._proved(enclosure) or (self._constant(enclosure) if bits >= 512 else None)
            if decided is not None:
                return decided
            if bits < IMMENSE_BITS and self.evaluations > 1 and _is_immense(enclosure):
                bits = IMMENSE_BITS
            elif bits >= self.cap or (self._at_an_edge(enclosure) and self.evaluations > 1):
                return self._judged(enclosure)
            else:
                bits = min(2 * bits, self.cap)

    def _first_bits(self) -> int:
        """Enough for the asked digits where little cancels; high orders lose a bit each."""
        return 64 + max(128, int(3.33 * self.digits) + 32) + self.order

    def _original_undefined(self, bits: int) -> Estimate | None:
        """Mixed partials are taken of a simplified derivative: f itself must have a value."""
        if self.root is self.problem.root:
            return None
        with ctx.workprec(bits):
            f = Encloser(self.problem.root, "", 0).at(self.point).f
        return self._missing(f) if isinstance(f, Fault) and isinstance(f.error, Undefined) else None

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
            found = self._decided(lambda: verdict.mixed(self.problem.root, first, second, places(at)))
        return found or self._estimate(None, "unresolved", note=words.ROUGH)

    def _analytic(self, names: Collection[str], bits: int) -> bool:
        with ctx.workprec(bits):
            return analytic(self.problem.root, names, self.point)

    def _proved(self, enclosure: Enclosure) -> Estimate | None:
        """What an enclosure at the working precision proves."""
        f, ball = enclosure
        if isinstance(f, Fault):
            surely = isinstance(f.error, Undefined) and (self.order or not self.problem.at)
            return self._missing(f) if surely else None
        return None if isinstance(ball, Fault) else self._rounded(ball, f)

    def _rounded(self, ball: arb, f: arb | None, status: str = "ok", note: str = "") -> Estimate | None:
        value = as_double(ball)
        if value is None:
            return None
        if (size := _unwritten(ball)) is not None:
            return self._beyond_words(value, f, status, size)
        text = as_decimal(ball, self.digits)
        if text is None:
            return None
        overflow = value in _INFINITE
        return self._estimate(
            None if overflow else value, "overflow" if overflow else status,
            f=_finite(f), note=f"{_brief(text)} is beyond a double" if overflow else note, text=text, certified=True,
        )  # fmt: skip

    def _beyond_words(self, value: float, f: arb | None, status: str, size: str) -> Estimate:
        """The answer where not even the exponent of its decimal is fit to print."""
        if value in _INFINITE:
            return self._estimate(None, "overflow", f=_finite(f), note=f"about 10**({size}) is beyond a double")
        return self._estimate(value, status, f=_finite(f), certified=True, note=f"about 10**({size}), 0 as a double")

    def _estimate(self, value: float | None, status: str, **rest: object) -> Estimate:
        return Estimate("reference", value, status, evaluations=self.evaluations, digits=self.digits, **rest)  # type: ignore[arg-type]  # fields by name

    def _missing(self, fault: Fault) -> Estimate:
        return self._estimate(None, "undefined", note=self._fault(fault))

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
            value = exact(derivative(self.problem.root, self.problem.wrt))
        except (Unsupported, LimitError):
            return None
        if value is None:
            return None
        text = rational_as_decimal(Fraction(value), self.digits)
        return self._estimate(float(value), "ok", f=_finite(f), text=text, certified=True)

    # --- where the fast path cannot decide ----------------------------------------------

    def _judged(self, enclosure: Enclosure) -> Estimate:
        """The verdict from one-sided series."""
        name = self.name or self._only_variable()
        at = self.problem.at or {}
        found = self._decided(lambda: verdict.judge(self.root, name, self.order, places(at))) if name else None
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
            return self._rounded(value, f, found.status, note if found.status == "removable" else "")
        left, right = (None if side is None else _finite(side.settled().ball) for side in (found.left, found.right))
        return self._estimate(None, found.status, kind=found.kind, left=left, right=right, f=_finite(f), note=note)

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

    def _fault(self, fault: Fault) -> str:
        return words.missing(fault.node, fault.error.message, at_doubles(self.problem))

    def _unresolved(self, enclosure: Enclosure) -> Estimate:
        """Said openly, with the bound that was reached."""
        f, ball = enclosure
        faults = [self._fault(part) for part in (f, ball) if isinstance(part, Fault)]
        if isinstance(f, Fault) and isinstance(f.error, Undefined):
            return self._missing(f)
        if not isinstance(f, Fault) and not isinstance(ball, Fault) and abs(ball) < _LEAST:
            return self._estimate(0.0, "ok", f=_finite(f), note="0 as a double: too small to be told from 0")
        return self._estimate(
            None, "unresolved", f=None if isinstance(f, Fault) else _finite(f),
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


def _unwritten(ball: arb) -> str | None:
    """log10 of the size of a ball, as text, where that has too many digits itself."""
    if 0 in ball or 1e-300 < abs(ball) < 1e300:
        return None
    size = abs(ball).log() / arb(10).log()
    return str(size.str(6, radius=False)) if abs(size) > _WRITTEN else None


def _brief(text: str) -> str:
    """A decimal to six digits, for a sentence."""
    mantissa, _, power = text.partition("e")
    return f"{mantissa[:8].rstrip('.')}e{power}" if power else mantissa


def _finite(f: arb | None) -> float | None:
    value = None if f is None else as_double(f)
    return None if value in _INFINITE else value
