"""Samples: the certified derivative beside the certified value of the claim, at points that tell slips apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import NamedTuple

from dcalc.analysis.toolkit import Range
from dcalc.backends.reference import solve
from dcalc.coordinates import substitute_point
from dcalc.expr import Expr, make
from dcalc.functions import SUB
from dcalc.numbers.enclosure import constants
from dcalc.numbers.rounding import rational_as_decimal, rough
from dcalc.numerals import fraction
from dcalc.problem import Point, Problem, Result
from dcalc.simplify import simplify
from dcalc.tape import in_order

COUNT = 40
"""Points beside the plain ones."""
DIGITS = 30
"""Of a sample, correctly rounded."""
MOST_BITS = 2_000
"""Enough to tell 1e-300 beside 1, and 1 beside 1e300."""
_OF_ZERO = -20
"""Beside 0 a claim of less is a trifle."""
_COSTLY = ("gamma functions", "integrals and inverses", "Bessel and Airy functions")
"""Sections of the table whose functions take long in many bits."""
_MOST_EXPONENT = 100_000
"""Of 2: a rational beyond it would fill memory."""
_MOST_REWRITTEN = 1_000
"""Nodes up to which a difference is simplified at a point where its ball holds 0."""
_SHOWN_DIGITS = 10
FEW_BITS = 256
"""Enough where what is large cancels in the expression."""
_FIRST = (1.0, 2.0, 0.5, -1.0, 0.0, -2.0, -0.5)  # plain ones, at which a counterexample reads best
PLAIN = len(_FIRST)
_GOLDEN = 0.6180339887498949
"""1/phi: multiples of it modulo 1 are spread as evenly as can be (Knuth, TAOCP 3, 6.4)."""
_GIVEN = ("ok", "removable", "overflow")


class Sample(NamedTuple):
    """A point, the derivative there, and the claim there."""

    at: Point
    truth: Result
    claim: Result

    @property
    def usable(self) -> bool:
        """Whether the derivative of f there exists and is certified."""
        return self.truth.status in _GIVEN and self.truth.decimal is not None and self.truth.certified

    @property
    def decided(self) -> bool:
        """Whether the value of the claim, or that it has none, is certified."""
        return self.claim.status == "undefined" or (self.claim.decimal is not None and self.claim.certified)

    @property
    def hole(self) -> bool:
        """Whether the claim has a hole there that continuity fills."""
        return self.claim.status == "removable"

    def agrees(self, tol: float | None) -> bool:
        """Whether both have the same value; with ``tol`` up to that relative error.

        Both texts are correctly rounded, so equal numbers have equal texts.
        """
        if self.claim.decimal is None or self.truth.decimal is None:
            return False
        if tol is None:
            return self.claim.decimal == self.truth.decimal
        claimed, right = fraction(self.claim.decimal), fraction(self.truth.decimal)
        return abs(claimed - right) <= Fraction(tol) * (abs(right) if right else 1)


def take_sample(root: Expr, wrt: tuple[str, ...], claim: Expr, at: Point, digits: int = DIGITS) -> Sample:
    """Both sides at one point. Cost: two certified values."""
    sides = Problem(root, wrt, at, digits), Problem(claim, (), at, digits)
    return Sample(at, *(solve(side, notes=False)[0] for side in sides))


def magnitude(decimal: str) -> int:
    """The exponent of the first digit of a decimal, of any size; a small one for 0."""
    mantissa, _, exponent = decimal.partition("e")
    number = Decimal(mantissa)
    return number.adjusted() + int(exponent or 0) if number else _OF_ZERO


def is_zero(decimal: str) -> bool:
    """Whether a decimal with an exponent of any size is 0."""
    return not Decimal(decimal.partition("e")[0])


def enclose_claim(sample: Sample, claim: Expr) -> str | None:
    """The enclosure of a claim at a point, where it proves that the claim is not the derivative; else None.

    For claims whose digits cannot be told, such as 1 - sigmoid(x) at 1e5.
    """
    from flint import arb, ctx

    from dcalc.numbers.enclosure import Encloser

    if sample.truth.decimal is None or abs(magnitude(sample.truth.decimal)) > _MOST_EXPONENT:
        return None
    with ctx.workprec(FEW_BITS):
        value = Encloser(substitute_point(claim, sample.at), "", 0).at({}).f
        if not isinstance(value, arb) or not value.is_finite():
            return None
        truth = arb(sample.truth.decimal)
        distance = abs(value - truth).lower()
        return rough(value) if distance > abs(truth) * arb(10) ** -(DIGITS - 2) else None


class Distance:
    """How far a claim is from the text of a derivative, at any number of points."""

    def __init__(self, right: Expr, claim: Expr) -> None:
        from dcalc.numbers.enclosure import Encloser

        self.root = simplify(make(SUB, claim, right))
        nodes = in_order(self.root)[0]
        self.is_cheap = not any(node.op.section in _COSTLY for node in nodes)
        self.is_small = len(nodes) <= _MOST_REWRITTEN
        self.encloser = Encloser(self.root, "", 0)

    def at(self, point: Point, bits: int) -> Decimal | None:
        """Claim minus derivative, rounded; None where it may be 0, or is too large or too small to be of interest.

        Cost: one evaluation in balls of so many bits; where they leave a small expression open, its exact form at
        the point and another one.
        """
        from flint import arb, ctx

        from dcalc.numbers.enclosure import Encloser

        with ctx.workprec(bits):
            value = self.encloser.at(constants(point)).f
            if not _excludes_zero(value) and self.is_small:
                value = Encloser(simplify(substitute_point(self.root, point)), "", 0).at({}).f
            if not _excludes_zero(value):
                return None
            assert isinstance(value, arb)
            whole, exponent = value.mid().man_exp()
        if abs(exponent) > _MOST_EXPONENT:
            return None
        rational = Fraction(int(whole)) * Fraction(2) ** int(exponent)
        size = Decimal(rational_as_decimal(abs(rational), _SHOWN_DIGITS))
        return size if rational > 0 else -size


def _excludes_zero(value: object) -> bool:
    from flint import arb

    return isinstance(value, arb) and value.is_finite() and 0 not in value


def spread_points(box: Mapping[str, Range], names: Sequence[str]) -> Iterator[dict[str, float]]:
    """Points of a box, plain ones first, then evenly spread ones; the same in every run."""
    seen = set()
    plainly = PLAIN * (2 if len(names) > 1 else 1)
    for step in range(plainly + COUNT):
        point = {}
        for place, name in enumerate(names):
            low, high = box[name]
            # The second round combines other values: -2 with 2, say, as a base with its exponent.
            plain = _FIRST[(step + place * (1 if step < PLAIN else 3)) % PLAIN]
            if step < plainly and low <= plain <= high:
                point[name] = plain
            else:
                # A different irrational rotation for each variable, so that they never move in step.
                turn = (step + 1) * _GOLDEN ** (place + 1) % 1.0
                width = high - low
                value = low + width * turn if isfinite(width) else low * (1 - turn) + high * turn
                point[name] = _round_plainly(value, width)
        key = tuple(point.values())
        if key not in seen:
            seen.add(key)
            yield point
            if not names:
                return


def _round_plainly(value: float, width: float) -> float:
    """The value in three digits, so that it can be read and typed; not where that would move it too far."""
    return float(f"{value:.3g}") if width < 1e4 and abs(value) > width * 1e-3 else value
