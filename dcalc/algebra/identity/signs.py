"""Signs, absolute values and choices in a field: atoms whose squares are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dcalc.algebra.identity.field import Field, Quotient

if TYPE_CHECKING:
    from flint import fmpq_mpoly


class Signs:
    """Signs over one field.

    ``signs`` holds, by polynomial, 1 for one that is known not to be negative, -1 not positive;
    ``zeros``, by place of an atom, what is 0 where the atom is.
    """

    def __init__(self, field: Field, signs: Mapping[str, int]) -> None:
        self.field = field
        self.signs = signs
        self.zeros: dict[int, Quotient] = {}

    def known_sign(self, poly: fmpq_mpoly) -> int:
        """1 or -1 where a polynomial is known to have that sign, or be 0; else 0."""
        return 1 if self.field.is_positive(poly) else self.signs.get(str(poly), 0)

    def abs(self, element: Quotient) -> Quotient:
        """The element times its sign."""
        return self.field.mul(self._sign(element, even=False), element)

    def sign(self, element: Quotient) -> Quotient:
        """-1, 0 or 1."""
        return self._sign(element, even=True)

    def _sign(self, element: Quotient, even: bool) -> Quotient:
        field = self.field
        if element.above.is_zero():
            return field.zero
        scale, factors = field.factors(element)
        result = field.number(-1 if scale < 0 else 1)
        for poly, times in factors:
            if known := self.known_sign(poly):
                result = field.mul(result, field.number(known**times))
                if even and not field.is_positive(poly):
                    field.cancelled[str(poly)] = poly
            elif times % 2:
                place, new = field.atom(f"sign {poly}")
                if new:
                    field.signs[place] = poly
                    self.zeros[place] = field.whole(poly)
                    field.relations[place] = (2, field.one)
                result = field.mul(result, field.generator(place))
            elif even:
                field.cancelled[str(poly)] = poly
        return result

    def choice(self, kind: str, element: Quotient) -> Quotient:
        """1 where the element is ``kind`` (negative, zero), else 0."""
        field = self.field
        value = field.constant(element)
        if value is not None:
            return field.number(int(value < 0 if kind == "negative" else value == 0))
        scale, factors = field.factors(element)
        odd = " ".join(sorted(f"{poly}^{times}" for poly, times in factors))
        place, new = field.atom(f"{kind} {'-' if scale < 0 and kind == 'negative' else ''}{odd}")
        if new:
            field.relations[place] = (2, field.generator(place))
        return field.generator(place)
