"""Numbers beside a number: rational functions of infinitesimals, each smaller than every power of the next.

p + t with an infinitesimal t > 0 stands for all points close enough to p on its right, so that
what holds of a formula there is what holds of its germ: no step is chosen and nothing is rounded.
With a second infinitesimal that is smaller than all powers of the first, a limit is taken within another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

DEPTH = 3
"""How many limits are taken within each other at most."""
_RING = fmpq_mpoly_ctx.get(tuple(f"t{k}" for k in range(DEPTH)), Ordering.lex)
_STEPS = _RING.gens()
_ONE = _RING.constant(1)
_ZERO = _RING.constant(0)
_asked: list[fmpq_mpoly] | None = None


class NoValue(Exception):  # an answer, not an error
    """The formula has no value there."""


class Near:
    """A quotient of polynomials in the infinitesimals t0 << t1 << t2 << 1."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: fmpq_mpoly, bottom: fmpq_mpoly = _ONE) -> None:
        if bottom.is_constant() and not bottom.is_one():
            top, bottom = top * (1 / bottom.leading_coefficient()), _ONE
        elif not top:
            bottom = _ONE
        self.top = top
        self.bottom = bottom

    def __add__(self, other: Near) -> Near:
        if self.bottom == other.bottom:
            return Near(self.top + other.top, self.bottom)
        return Near(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __neg__(self) -> Near:
        return Near(-self.top, self.bottom)

    def __sub__(self, other: Near) -> Near:
        return self + -other

    def __mul__(self, other: Near) -> Near:
        return Near(self.top * other.top, self.bottom * other.bottom)

    def __truediv__(self, other: Near) -> Near:
        if not other.top:
            raise NoValue
        return Near(self.top * other.bottom, self.bottom * other.top)

    def __pow__(self, exponent: int) -> Near:
        if exponent < 0:
            return number(1) / self**-exponent
        return Near(self.top**exponent, self.bottom**exponent)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Near) and not (self - other).top

    __hash__ = None  # type: ignore[assignment]  # equal quotients may be written in different ways

    @property
    def sign(self) -> int:
        """-1, 0 or 1."""
        if _asked is not None:
            _asked.extend((self.top, self.bottom))
        return _sign(self.top) * _sign(self.bottom)

    def floor(self) -> Near:
        """The largest integer that is not above; of a finite number."""
        _, coefficients = self, self
        for level in range(DEPTH):
            order, (first, *_) = coefficients.series(level, 1)
            if order < 0:
                raise NoValue
            coefficients = first if order == 0 else number(0)
        standard = coefficients.exact()
        below = Fraction(standard.numerator // standard.denominator)
        return number(below - 1 if standard == below and (self - number(standard)).sign < 0 else below)

    def exact(self) -> Fraction:
        """The number, where no infinitesimal is left in it."""
        if not (self.top.is_constant() and self.bottom.is_one()):
            raise ValueError(f"{self.top}/({self.bottom}) is not a number by itself")
        value = self.top.leading_coefficient() if self.top else fmpq(0)
        return Fraction(int(value.p), int(value.q))

    def series(self, level: int, count: int) -> tuple[int, list[Near]]:
        """The least power of an infinitesimal, and so many coefficients from there on (of 0: power 0)."""
        tops, bottoms = _by_power(self.top, level), _by_power(self.bottom, level)
        if not tops:
            return 0, [number(0)] * count
        start, low = min(tops), min(bottoms)
        lead = Near(bottoms[low])
        found: list[Near] = []
        for k in range(count):
            rest = Near(tops.get(start + k, _ZERO))
            for j in range(k):
                if (part := bottoms.get(low + k - j)) is not None:
                    rest -= found[j] * Near(part)
            found.append(rest / lead)
        return int(start - low), found


@contextmanager
def signs_asked() -> Iterator[list[fmpq_mpoly]]:
    """The polynomials whose signs are asked for meanwhile: what is found holds as far as these keep them."""
    global _asked  # the judge of one question at a time
    _asked = []
    try:
        yield _asked
    finally:
        _asked = None


def number(value: Fraction | int) -> Near:
    """A plain number."""
    return Near(_constant(Fraction(value)))


def step(level: int) -> Near:
    """An infinitesimal; of level 0 is the smallest."""
    return Near(_STEPS[level])


@lru_cache(maxsize=4096)
def _constant(value: Fraction) -> fmpq_mpoly:
    return _RING.constant(fmpq(value.numerator, value.denominator))


def _sign(polynomial: fmpq_mpoly) -> int:
    """The sign of the term of least order, which outweighs all others."""
    if not polynomial:
        return 0
    return 1 if polynomial.coefficient(len(polynomial) - 1) > 0 else -1


def _by_power(polynomial: fmpq_mpoly, level: int) -> dict[int, fmpq_mpoly]:
    """The coefficients of the powers of one infinitesimal."""
    found: dict[int, dict[tuple[int, ...], fmpq]] = {}
    for powers, coefficient in zip(polynomial.monoms(), polynomial.coeffs(), strict=True):
        rest = (*powers[:level], 0, *powers[level + 1 :])
        found.setdefault(int(powers[level]), {})[rest] = coefficient
    return {power: _RING.from_dict(terms) for power, terms in found.items()}
