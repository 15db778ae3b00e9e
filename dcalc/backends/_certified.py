"""Balls to certified estimates: what the reference says of one derivative and of many alike."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from dcalc.backends._doubles import at_doubles
from dcalc.expr import Expr, exact
from dcalc.numbers.enclosure import Constant, Encloser, Fault
from dcalc.numbers.rounding import as_decimal, as_double, rational_as_decimal, shortened
from dcalc.problem import AnyProblem, Estimate, Point
from dcalc.simplify import simplify
from dcalc.verdict import words

MAX_BITS = 8_192
"""Precision is raised to this, or to ten times the asked digits."""
IDENTITY_BITS = 512
"""From here on a ball that goes on holding zero, or a tie, may be a number by identity."""
_WRITTEN = 10**1000
"""Decimals with more digits than this before or after the point are not written out."""
_INFINITE = (float("inf"), float("-inf"))


class Certifier:
    """Estimates of one problem, or of several at one point, as precision rises."""

    def __init__(self, problem: AnyProblem, order: int) -> None:
        self.digits = problem.digits
        self.point = constants(problem.at or {})
        # Enough for the asked digits where little cancels; high orders lose a bit each.
        self.first_bits = 64 + max(128, int(3.33 * self.digits) + 32) + order
        self.cap = max(MAX_BITS, int(10 * 3.33 * self.digits))
        self.evaluations = 0
        self._problem = problem

    def estimate(self, value: float | None, status: str, **rest: object) -> Estimate:
        """An estimate of the reference; the other fields by name."""
        return Estimate("reference", value, status, evaluations=self.evaluations, digits=self.digits, **rest)  # type: ignore[arg-type]  # fields by name

    def rounded(self, ball: arb, f: arb | None, status: str = "ok", note: str = "") -> Estimate | None:
        """The number that all of a ball rounds to; None where that is not decided."""
        value = as_double(ball)
        if value is None:
            return None
        if (size := _unwritten(ball)) is not None:
            return self._beyond_words(value, f, status, size)
        text = as_decimal(ball, self.digits)
        if text is None:
            return None
        overflow = value in _INFINITE
        return self.estimate(
            None if overflow else value, "overflow" if overflow else status,
            f=finite(f), note=f"{_brief(text)} is beyond a double" if overflow else note, text=text, certified=True,
        )  # fmt: skip

    def _beyond_words(self, value: float, f: arb | None, status: str, size: str) -> Estimate:
        """The answer where not even the exponent of its decimal is fit to print."""
        if value in _INFINITE:
            return self.estimate(None, "overflow", f=finite(f), note=f"about 10**({size}) is beyond a double")
        return self.estimate(value, status, f=finite(f), certified=True, note=f"about 10**({size}), 0 as a double")

    def identical(self, derivative: Expr, f: arb | None) -> Estimate | None:
        """The number that a simplified derivative is by identity; None where it is none."""
        value = exact(derivative)
        if value is None:
            return None
        text = rational_as_decimal(Fraction(value), self.digits)
        return self.estimate(float(value), "ok", f=finite(f), text=text, certified=True)

    def missing(self, fault: Fault) -> Estimate:
        """No value of f."""
        return self.estimate(None, "undefined", note=self.sentence(fault))

    def sentence(self, fault: Fault) -> str:
        """Why there is no value."""
        return words.missing(fault.node, fault.error.message, at_doubles(self._problem))


def _unwritten(ball: arb) -> str | None:
    """log10 of the size of a ball, as text, where that has too many digits itself."""
    if 0 in ball or 1e-300 < abs(ball) < 1e300:
        return None
    size = abs(ball).log() / arb(10).log()
    return str(size.str(6, radius=False)) if abs(size) > _WRITTEN else None


def _brief(text: str) -> str:
    """A decimal to seven digits, rounded, for a sentence."""
    return shortened(text, 7) if "e" in text else text


def finite(f: arb | None) -> float | None:
    """The double that a ball rounds to, where there is one and it is no infinity."""
    value = None if f is None else as_double(f)
    return None if value in _INFINITE else value


def constants(point: Point) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    return {
        name: _exactly(arb(value)) if isinstance(value, float) else _constant(value) for name, value in point.items()
    }


def _exactly(value: arb) -> Constant:
    return lambda: value


def _constant(node: Expr) -> Callable[[], arb]:
    encloser = Encloser(simplify(node), "", 0)

    def make() -> arb:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make
