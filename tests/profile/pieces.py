"""Random functions of pieces, as texts of dcalc's language: pieces that meet smoothly, or nearly so."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

_NUMBERS = (0, 0, 1, -1, 2, -2, 3, Fraction(1, 2), Fraction(-3, 2), 5)
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_JUNCTORS = ("and", "or")


def shown(value: Fraction | int) -> str:
    """A number as an operand."""
    text = f"{value}"
    return f"({text})" if "/" in text or "-" in text else text


class Pieces:
    """A source of random functions of some variables, around the places at which they are asked."""

    def __init__(self, rng: random.Random, at: dict[str, Fraction]) -> None:
        self.rng = rng
        self.at = at
        self.names: Sequence[str] = tuple(at)

    def function(self, depth: int = 2) -> str:
        """A function with pieces."""
        rng = self.rng
        shape = rng.random()
        if shape < 0.62:
            return self._choice(depth)
        if shape < 0.72:
            return self._bent()
        if shape < 0.8 and depth:
            return f"{self.function(depth - 1)} + {self._bent() if rng.random() < 0.4 else self.polynomial()}"
        if shape < 0.86 and depth:
            return f"({self.function(depth - 1)})*({self.polynomial(1)})"
        if shape < 0.9 and depth:
            return f"({self.function(depth - 1)})**2"
        if shape < 0.95 and depth:
            return f"{rng.choice(('max', 'min'))}({self.function(depth - 1)}, {self.polynomial()})"
        return self._choice(depth)

    def _choice(self, depth: int) -> str:
        """`where`, whose branches often agree in value, slope or more where they meet."""
        rng = self.rng
        condition = self.condition(rng.choice((0, 0, 1, 1, 2)))
        first = self.function(depth - 1) if depth > 1 and rng.random() < 0.3 else self.polynomial()
        second = self._neighbour(first) if rng.random() < 0.75 else self.polynomial()
        if depth > 1 and rng.random() < 0.2:
            second = self._choice(depth - 1)
        if rng.random() < 0.5:
            first, second = second, first
        return f"where({condition}, {first}, {second})"

    def _neighbour(self, piece: str) -> str:
        """A piece that differs from another by what vanishes at the point, or along an axis through it."""
        rng = self.rng
        factors = [self.shifted(rng.choice(self.names)) for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4)))]
        scale = shown(rng.choice((1, 1, -1, 2, 3)))
        if rng.random() < 0.15:
            return rng.choice((self.value(piece), "0"))
        return f"{piece} + {'*'.join((scale, *factors))}"

    def value(self, piece: str) -> str:
        """A constant: the value of a polynomial at the point, most often."""
        from tests.profile.formula import read
        from tests.profile.near import NoValue, number

        try:
            return shown(read(piece)({name: number(value) for name, value in self.at.items()}).exact())
        except NoValue:
            return "0"

    def _bent(self) -> str:
        """A function of kinks or jumps by itself."""
        rng = self.rng
        u, v = self.linear(), self.polynomial(rng.choice((1, 2)))
        return rng.choice(
            (
                f"abs({u})", f"max({u}, {v})", f"min({u}, {v})", f"relu({u})",
                f"clip({u}, 0, {shown(rng.choice((1, 2)))})",
                f"({u})*abs({u})", f"abs({u})*({v})", f"relu({u})**2", f"({v})*step({u})", f"({u})*sign({u})",
                f"abs({u})**3", f"sign({u})", f"floor({u})", f"({u})*floor({u})", f"({u})**2*frac({u})",
                f"relu({u})*relu({v})",
                f"max({u}, 0)*min({v}, 0)", f"abs({u})*abs({v})", f"({u})/({u})", f"({u})**2/({u})",
            )
        )  # fmt: skip

    def condition(self, depth: int) -> str:
        """A condition whose boundary runs through the point, most often."""
        rng = self.rng
        if depth:
            if rng.random() < 0.25:
                return f"not ({self.condition(depth - 1)})"
            sides = [self.condition(depth - 1) for _ in range(2)]
            texts = [f"({side})" if " and " in side or " or " in side else side for side in sides]
            return f" {rng.choice(_JUNCTORS)} ".join(texts)
        u = rng.choice((self.linear(), self.linear(), self.curve())) if rng.random() < 0.35 else ""
        comparison = rng.choice(_COMPARISONS)
        if u:
            return f"{u} {comparison} 0"
        name = rng.choice(self.names)
        bound = self.at[name] if rng.random() < 0.8 else Fraction(rng.choice(_NUMBERS))
        return f"{name} {comparison} {shown(bound)}"

    def linear(self) -> str:
        """A linear function that vanishes at the point, most often."""
        rng = self.rng
        if len(self.names) > 1 and rng.random() < 0.5:
            u, v = (self.shifted(name) for name in self.names[:2])
            return rng.choice((f"{u} + {v}", f"{u} - {v}", f"2*{u} - {v}", f"{u} + 2*{v}"))
        u = self.shifted(rng.choice(self.names))
        return rng.choice((u, u, f"-{u}", f"2*{u}", f"{u} + {shown(rng.choice(_NUMBERS))}"))

    def curve(self) -> str:
        """A function of the second degree that vanishes at the point."""
        rng = self.rng
        u, v = (self.shifted(rng.choice(self.names)) for _ in range(2))
        return rng.choice((f"{u}*{v}", f"{u}**2 + {v}**2", f"{u}**2 - {v}", f"{u} - {v}**2", f"{u}**2"))

    def shifted(self, name: str) -> str:
        """A variable as it is seen from the point."""
        place = self.at[name]
        if not place:
            return name
        return f"({name} - {shown(place)})" if place > 0 else f"({name} + {shown(-place)})"

    def polynomial(self, degree: int = 3) -> str:
        """A short polynomial."""
        rng = self.rng
        terms = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            powers = [rng.choice(self.names) for _ in range(rng.randint(0, degree))]
            factor = rng.choice(_NUMBERS)
            if powers and factor in (0, 1):
                terms.append("*".join(powers))
            else:
                terms.append("*".join((shown(factor), *powers)))
        return " + ".join(terms)


def spread(places: Sequence[Fraction]) -> list[Fraction]:
    """The places themselves, points between them, and some beyond, near and far."""
    known = sorted(set(places))
    between = [(a + b) / 2 for a, b in pairwise(known)]
    reach = (Fraction(1, 1024), Fraction(1), Fraction(70))
    outside = [known[0] - step for step in reach] + [known[-1] + step for step in reach] if known else [Fraction(0)]
    return sorted({*known, *between, *outside})
