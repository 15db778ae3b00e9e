"""What data determine where they do not tell parameters apart: a combination such as `a*b`.

At the end of a fit the null space of the Jacobian is known in doubles. In the logarithms of some of the parameters, and
in the others as they are, its directions may have small whole components: then a product of powers, or a sum, is
constant along them. That the model depends on the combination alone is proved by differentiating it along the
direction; where that proves nothing, the data are asked at other parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol, variables
from dcalc.notation import write
from dcalc.optimise.breaks import list_kinks
from dcalc.optimise.covariance import Ranks
from dcalc.optimise.dataset import Column, Rows
from dcalc.proof import prove_equal
from dcalc.simplify import simplify
from dcalc.text import join_words

_MOST_TOGETHER = 5
"""Parameters in a group for which each may be taken by its logarithm or not: 2**5 choices."""
_MOST_DENOMINATOR = 6
_MOST_NUMERATOR = 12
_CLOSE = 1e-5
"""A component of a direction that is that close to a small fraction is taken for it, until more is known."""
_VANISHES = 1e-9
"""A derivative along a direction that is this part of its terms is their rounding."""
_ROUNDED = 1e-14
"""Values of the model that differ by less, relative to both, differ by rounding."""
_ELSEWHERE = (1.1, 0.83)
"""Factors that lead to other parameters, where the data are asked."""
_USUAL = (0.9, 1.3, 0.7, 1.1, 0.8)
"""Parameters of a usual size: far out a model may come as close as one likes to one that tells less apart."""
_FAR = (3.0, -2.0, 0.0)
"""Further ones for a parameter by itself, which may have steps."""


class Valley(NamedTuple):
    """Parameters that are not told apart, as places, and what is determined of them.

    ``combinations`` are empty where none is known; then ``free`` is all that can be said. ``is_proved``: the model
    depends on nothing else of them, whatever the data. ``is_local``: a parameter has no effect at these parameters, but
    has one elsewhere; ``is_flat``: it has one as soon as it moves, though none to first order. ``free`` are the places
    that may be chosen at will, near where they are.
    """

    places: list[int]
    free: list[int]
    combinations: tuple[Expr, ...] = ()
    is_proved: bool = False
    is_local: bool = False
    is_flat: bool = False

    @property
    def is_known(self) -> bool:
        """Whether it is known what is determined, here and elsewhere."""
        return bool(self.combinations) or (len(self.places) == 1 and not self.is_local)

    def describe(self, names: Sequence[str]) -> str:
        """A sentence about it."""
        own = [names[place] for place in self.places]
        if len(own) == 1:
            where = "at these parameters" if self.is_local else "at these data"
            if self.is_flat:
                return f"{own[0]} has no effect on the model to first order {where}, so it has no standard error"
            return f"{own[0]} has no effect on the model {where}, so it is not determined"
        together = join_words(own, "and")
        if not self.combinations:
            return f"the data do not tell {together} apart"
        texts = [write(combination) for combination in self.combinations]
        which = f"only {texts[0]} is" if len(texts) == 1 else f"only {join_words(texts, 'and')} are"
        if self.is_proved:
            return f"the model does not tell {together} apart: {which} determined, whatever the data"
        return f"the data do not tell {together} apart: {which} determined"


def find_valleys(
    model: Expr, names: Sequence[str], at: Sequence[float], columns: Mapping[str, Column], ranks: Ranks
) -> list[Valley]:
    """The groups of parameters that are not told apart, with what is determined of each.

    Cost: for each group up to 32 choices of logarithms, of which those with small fractions are proved or tried.
    """
    return [_describe_group(group, model, names, at, columns, ranks) for group in ranks.groups()]


class _Choice(NamedTuple):
    """Logarithms or parameters as coordinates of a group, in which the null space has small fractions.

    ``parts[i][j]`` is how much of the j-th free coordinate is in the combination that begins with the i-th of the
    others.
    """

    logarithms: frozenset[int]
    basis: list[int]
    free: list[int]
    parts: list[list[Fraction]]


def _describe_group(
    group: list[int],
    model: Expr,
    names: Sequence[str],
    at: Sequence[float],
    columns: Mapping[str, Column],
    ranks: Ranks,
) -> Valley:
    free = [place for place in ranks.rest if place in group]
    if len(group) == 1:
        is_flat = _has_effect(model, names, at, columns, group[0], ())
        others = [place for place in range(len(at)) if place != group[0]]
        is_local = is_flat or _has_effect(model, names, at, columns, group[0], others)
        name = names[group[0]]
        is_proved = not is_local and not list_kinks(model, name) and _is_constant_along(derivative(model, (name,)))
        return Valley(group, free, is_proved=is_proved, is_local=is_local, is_flat=is_flat)
    if len(group) > _MOST_TOGETHER:
        return Valley(group, free)
    choices = list(_list_choices(group, at, ranks))
    for choice in choices:
        if all(_is_constant_along(slope) for slope in _slopes_along(choice, model, names)):
            return Valley(group, choice.free, _combine(choice, names), is_proved=True)
    if len(group) == 2 and (shift := _find_shift(model, names, next(p for p in group if p not in free), *free)):
        return Valley(group, free, (shift,), is_proved=True)
    for choice in choices:
        if all(_vanishes_on_data(slope, names, at, columns) for slope in _terms_along(choice, model, names)):
            return Valley(group, choice.free, _combine(choice, names))
    return Valley(group, free)


def _find_shift(model: Expr, names: Sequence[str], basis: int, free: int) -> Expr | None:
    """A sum such as `d + b*c`, or a product such as `a*exp(k*t)`, that a model depends on alone of two parameters.

    The derivatives by both have a ratio without the two and without data, or such a multiple of one of them. None
    where none is proved.
    """
    for one, other in ((basis, free), (free, basis)):
        first, second = symbol(names[one]), symbol(names[other])
        slopes = [derivative(model, (names[place],)) for place in (one, other)]
        ratio = simplify(make(table.DIV, slopes[1], slopes[0]))
        if not _is_constant_along(make(table.SUB, slopes[1], make(table.MUL, ratio, slopes[0]))):
            continue
        known = {*names} - {names[basis], names[free]}
        if {*variables(ratio)} <= known:
            return simplify(make(table.ADD, first, make(table.MUL, ratio, second)))
        rate = simplify(make(table.DIV, ratio, first))
        if {*variables(rate)} <= known:
            return simplify(make(table.MUL, first, make(table.EXP, make(table.MUL, rate, second))))
    return None


def _list_choices(group: list[int], at: Sequence[float], ranks: Ranks) -> Iterator[_Choice]:
    """Choices of coordinates with small fractions, with few logarithms first."""
    basis = [place for place in ranks.basis if place in group]
    free = [place for place in ranks.rest if place in group]
    for logs in sorted(product((False, True), repeat=len(group)), key=sum):
        logarithms = frozenset(place for place, is_log in zip(group, logs, strict=True) if is_log)
        scale = {place: at[place] if place in logarithms else 1.0 for place in group}
        if not all(scale.values()):
            continue
        parts = [
            [
                _small_fraction(ranks.weights[ranks.basis.index(i)][ranks.rest.index(j)] * scale[j] / scale[i])
                for j in free
            ]
            for i in basis
        ]
        known = [[part for part in row if part is not None] for row in parts]
        if all(len(row) == len(free) for row in known):
            yield _Choice(logarithms, basis, free, known)


def _small_fraction(value: float) -> Fraction | None:
    if not abs(value) <= _MOST_NUMERATOR:
        return None
    nearest = Fraction(value).limit_denominator(_MOST_DENOMINATOR)
    return nearest if abs(value - float(nearest)) <= _CLOSE * max(abs(value), 1e-3) else None


def _terms_along(choice: _Choice, model: Expr, names: Sequence[str]) -> Iterator[list[Expr]]:
    """For each free coordinate, the terms of the derivative of the model along the direction that it moves."""
    for j, place in enumerate(choice.free):
        speeds = {place: Fraction(1), **{i: -row[j] for i, row in zip(choice.basis, choice.parts, strict=True)}}
        yield [
            make(
                table.MUL,
                make(table.MUL, number(speed), symbol(names[i]) if i in choice.logarithms else ONE),
                derivative(model, (names[i],)),
            )
            for i, speed in speeds.items()
            if speed
        ]


def _slopes_along(choice: _Choice, model: Expr, names: Sequence[str]) -> Iterator[Expr]:
    for terms in _terms_along(choice, model, names):
        total = terms[0]
        for term in terms[1:]:
            total = make(table.ADD, total, term)
        yield total


def _is_constant_along(slope: Expr) -> bool:
    try:
        return simplify(slope) is ZERO or prove_equal((), slope, ZERO) is not None
    except DcalcError:
        return False


def _vanishes_on_data(
    terms: Sequence[Expr], names: Sequence[str], at: Sequence[float], columns: Mapping[str, Column]
) -> bool:
    """Whether terms cancel in every row, at the parameters, near them, and at parameters of a usual size, in doubles.

    At the last a row without a number says nothing.
    """
    rows = Rows(terms, columns)
    everywhere = range(len(at))
    usual = {
        name: math.copysign(_USUAL[place % len(_USUAL)], value)
        for place, (name, value) in enumerate(zip(names, at, strict=True))
    }
    points = [_place_elsewhere(names, at, everywhere, shift) for shift in range(len(_ELSEWHERE) + 1)]
    for point in (*points, usual):
        for row in zip(*rows.at(point), strict=True):
            size = math.fsum(map(abs, row)) if len(row) > 1 else 0.0
            if not all(map(math.isfinite, row)):
                if point is usual:
                    continue
                return False
            if abs(math.fsum(row)) > _VANISHES * size:
                return False
    return True


def _has_effect(
    model: Expr,
    names: Sequence[str],
    at: Sequence[float],
    columns: Mapping[str, Column],
    place: int,
    others: Sequence[int],
) -> bool:
    """Whether a parameter changes the model in some row: by itself, or where ``others`` have moved, too.

    Values are compared, since a derivative that is 0 does not show jumps, nor what is of second order.
    """
    rows = Rows([model], columns)
    for shift in range(1, len(_ELSEWHERE) + 1):
        here = _place_elsewhere(names, at, others, shift)
        for factor in (*_ELSEWHERE, *_FAR):
            (before,), (after,) = rows.at(here), rows.at({**here, names[place]: _move(at[place], factor)})
            if not all(abs(a - b) <= _ROUNDED * (abs(a) + abs(b)) for a, b in zip(before, after, strict=True)):
                return True
    return False


def _place_elsewhere(names: Sequence[str], at: Sequence[float], moving: Sequence[int], shift: int) -> dict[str, float]:
    """The parameters by name, of which some have moved, but for a shift of 0."""
    return {
        name: _move(value, _ELSEWHERE[(shift + place) % 2]) if shift and place in moving else value
        for place, (name, value) in enumerate(zip(names, at, strict=True))
    }


def _move(value: float, factor: float) -> float:
    """Another parameter, also where it is 0."""
    return value * factor + (0.0 if value else factor - 1)


def _combine(choice: _Choice, names: Sequence[str]) -> tuple[Expr, ...]:
    """The combinations that are constant along all directions: products of powers, or sums, with whole numbers."""
    combinations = []
    for i, row in zip(choice.basis, choice.parts, strict=True):
        powers = {i: Fraction(1), **{j: part for j, part in zip(choice.free, row, strict=True) if part}}
        common = math.lcm(*(power.denominator for power in powers.values()))
        first = powers[min(powers)]
        powers = {place: power * common * (1 if first > 0 else -1) for place, power in sorted(powers.items())}
        sums = [(symbol(names[place]), power) for place, power in powers.items() if place not in choice.logarithms]
        factors = [(symbol(names[place]), power) for place, power in powers.items() if place in choice.logarithms]
        exponent = None
        for base, power in sums:
            term = make(table.MUL, number(power), base)
            exponent = term if exponent is None else make(table.ADD, exponent, term)
        combination = None if exponent is None else exponent if not factors else make(table.EXP, exponent)
        for base, power in factors:
            factor = make(table.POW, base, number(power))
            combination = factor if combination is None else make(table.MUL, combination, factor)
        if combination is not None:
            combinations.append(simplify(combination))
    return tuple(combinations)
