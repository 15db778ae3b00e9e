"""How well data determine parameters: covariances, and what is determined where parameters cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from flint import arb, arb_mat, fmpq

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol, variables
from dcalc.notation import write
from dcalc.numbers.rounding import nearest_double
from dcalc.optimise.breaks import list_kinks
from dcalc.optimise.dataset import Column, Rows
from dcalc.optimise.exact import ExactMinimum
from dcalc.optimise.linear import Linearised, Matrix, Vector, cholesky, dot, norm, reduce_to_triangle, solve_factored
from dcalc.proof import prove_equal
from dcalc.simplify import simplify
from dcalc.text import count_noun, join_words

_DEPENDENT = 1e-12
"""A column of the Jacobian depends on others if less than this part of its length is independent of them."""
_TOGETHER = 1e-7
"""The least weight with which a column takes part in that."""


class Ranks(NamedTuple):
    """Which columns of a Jacobian depend on which.

    ``basis`` holds the places of independent columns, ``rest`` those of the others. ``weights[i][j]`` is the part
    of column ``basis[i]`` in column ``rest[j]``, 0 where it is rounding alone.
    """

    basis: list[int]
    rest: list[int]
    weights: Matrix

    def groups(self) -> list[list[int]]:
        """Places that are not told apart from each other, in order; a place alone has no effect at all."""
        groups: list[set[int]] = []
        for j, place in enumerate(self.rest):
            group = {place, *(self.basis[i] for i, row in enumerate(self.weights) if row[j])}
            for other in [other for other in groups if other & group]:
                groups.remove(other)
                group |= other
            groups.append(group)
        return [sorted(group) for group in groups]


class Spread(NamedTuple):
    """The covariance of the parameters: None at places that the data do not determine, and as a whole where none is.

    ``freedom`` counts the residual degrees of freedom behind it; None where the noise is known, or the number of
    rows alone makes estimates normal. ``ranks`` tells what depends on what, if anything does; ``note`` says why
    something is missing. ``errors`` are standard errors that are known better than by roots of variances.
    """

    covariance: list[list[float | None]] | None
    freedom: int | None = None
    note: str = ""
    ranks: Ranks | None = None
    errors: Sequence[float | None] | None = None

    def stderr(self, size: int) -> list[float | None]:
        """The standard errors."""
        if self.errors is not None:
            return list(self.errors)
        if self.covariance is None:
            return [None] * size
        diagonal = [row[place] for place, row in enumerate(self.covariance)]
        return [None if variance is None else math.sqrt(variance) for variance in diagonal]

    def spread_out(self, places: Sequence[int], size: int) -> Spread:
        """The same among ``size`` parameters, of which only those at the places moved; None for the others."""
        if len(places) == size:
            return self
        errors: list[float | None] = [None] * size
        covariance: list[list[float | None]] = [[None] * size for _ in range(size)]
        for i, place in enumerate(places):
            if self.errors is not None:
                errors[place] = self.errors[i]
            for j, other in enumerate(places):
                if self.covariance is not None:
                    covariance[place][other] = self.covariance[i][j]
        return self._replace(
            covariance=None if self.covariance is None else covariance, errors=None if self.errors is None else errors
        )

    def without(self, places: Collection[int]) -> Spread:
        """The same with None for what concerns parameters at the places."""
        if not places or self.covariance is None or self.errors is None:
            return self
        covariance = [
            [None if i in places or j in places else entry for j, entry in enumerate(row)]
            for i, row in enumerate(self.covariance)
        ]
        errors = [None if i in places else error for i, error in enumerate(self.errors)]
        return self._replace(covariance=covariance, errors=errors)


def correlate(covariance: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
    """The correlations of a covariance; None where one is missing or a variance is 0."""

    def entry(i: int, j: int) -> float | None:
        shared, first, second = covariance[i][j], covariance[i][i], covariance[j][j]
        if shared is None or not first or not second:
            return None
        return 1.0 if i == j else max(-1.0, min(1.0, shared / math.sqrt(first) / math.sqrt(second)))

    return [[entry(i, j) for j in range(len(covariance))] for i in range(len(covariance))]


def spread_of_squares(here: Linearised, chi_square: float, held: int, *, is_absolute: bool) -> Spread:
    """From the residuals at their minimum: the covariance is s**2*(J^T*J)**-1 with s**2 = chi_square/(rows - rank).

    s is 1 where the residuals are in units of known deviations. ``held`` parameters at
    bounds count as free to move. Where columns depend on each other, places that no
    such column concerns still have a covariance. Cost: some multiples of parameters**3.
    """
    rows, size = here.rows, len(here.lengths)
    ranks = rank_columns(here.upper)
    freedom = rows - len(ranks.basis) - held
    dependent = ranks if ranks.rest else None
    if freedom <= 0 and not is_absolute:
        number = size + held
        counted = f"{count_noun(rows, 'row')} for {count_noun(number, 'parameter')}"
        note = f"{counted}: no residual degrees of freedom for standard errors"
        return Spread(None, freedom, "" if dependent else note, dependent)
    inverse = _invert_normal([[row[place] for place in ranks.basis] for row in here.upper])
    variance = 1.0 if is_absolute else chi_square / freedom
    covariance: list[list[float | None]] = [[None] * size for _ in range(size)]
    free = [i for i, row in enumerate(ranks.weights) if not any(row)]
    for i in free:
        for j in free:
            covariance[ranks.basis[i]][ranks.basis[j]] = variance * inverse[i][j]
    return Spread(covariance, None if is_absolute else freedom, "", dependent)


def spread_of_products(products: arb_mat, freedom: int, *, is_absolute: bool) -> Spread | None:
    """The same right to the last digit, from the products of the residuals and the columns of J with each other.

    None where a digit is not decided.
    """
    size = products.nrows() - 1
    try:
        normal = arb_mat([[products[1 + i, 1 + j] for j in range(size)] for i in range(size)])
        inverse = normal.inv() * (arb(1) if is_absolute else products[0, 0] / freedom)
        entries = [[nearest_double(inverse[i, j]) for j in range(size)] for i in range(size)]
        errors = [nearest_double(_root(inverse[i, i])) for i in range(size)]
    except (ArithmeticError, ValueError):  # a singular matrix
        return None
    if any(entry is None for row in [*entries, errors] for entry in row):
        return None
    return Spread(entries, None if is_absolute else freedom, errors=errors)


def _root(square: arb) -> arb:
    """The square root of a variance, which a ball around 0 may hold, too."""
    return square.sqrt() if square > 0 else arb(0, abs(square).upper().sqrt())


def spread_of_exact(minimum: ExactMinimum, freedom: int, *, is_absolute: bool) -> Spread | None:
    """The same from an exact minimum. Raises OverflowError."""
    if freedom <= 0 and not is_absolute:
        return None
    covariance, errors = minimum.round_covariance(fmpq(1) if is_absolute else minimum.total / freedom)
    return Spread(covariance, None if is_absolute else freedom, errors=errors)


def spread_of_likelihood(hessian: Matrix, rows: int) -> Spread:
    """From the Hessian of the mean loss, where the summed loss is a negative log-likelihood."""
    lower = cholesky([[rows * entry for entry in row] for row in hessian])
    size = len(hessian)
    if lower is None or min(lower[i][i] for i in range(size)) <= 1e-8 * max(lower[i][i] for i in range(size)):
        return Spread(None, None, "the Hessian is singular, so the data do not tell all parameters apart")
    units = [[float(i == j) for i in range(size)] for j in range(size)]
    columns = [solve_factored(lower, unit) for unit in units]
    return Spread([[columns[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)])


def rank_columns(jacobian: Matrix) -> Ranks:
    """Which columns depend on others, by QR and elimination with complete pivoting on columns of unit length."""
    scales = [norm(column) for column in zip(*jacobian, strict=True)]
    size = len(scales)
    scaled = [[entry / (scale or 1.0) for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    rows, _ = reduce_to_triangle(scaled, [0.0] * len(scaled))
    basis: list[int] = []
    for k in range(size):
        candidates = [(abs(rows[i][j]), -j, i) for i in range(k, size) for j in range(size) if j not in basis]
        largest, place, i = max(candidates, default=(0.0, 0, 0))
        if largest <= _DEPENDENT:
            break
        basis.append(-place)
        rows[k], rows[i] = rows[i], rows[k]
        rows[k] = [entry / rows[k][-place] for entry in rows[k]]
        for other in range(size):
            if other != k and (factor := rows[other][-place]):
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[k], strict=True)]
    rest = [j for j in range(size) if j not in basis]
    weights = [
        [rows[i][j] * scales[j] / scales[place] if abs(rows[i][j]) > _TOGETHER else 0.0 for j in rest]
        for i, place in enumerate(basis)
    ]
    return Ranks(basis, rest, weights)


def _invert_normal(jacobian: Matrix) -> Matrix:
    """(J^T*J)**-1 by QR of J with columns of unit length, without the squares of its condition."""
    scales = [norm(column) or 1.0 for column in zip(*jacobian, strict=True)]
    scaled = [[entry / scale for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    upper, _ = reduce_to_triangle(scaled, [0.0] * len(scaled))
    columns = [_column_of_inverse(upper, j) for j in range(len(scales))]
    rows = list(zip(*columns, strict=True))
    return [
        [dot(a, b) / scales[i] / scales[j] for j, b in enumerate(rows)]
        for i, a in enumerate(rows)
    ]  # fmt: skip


def _column_of_inverse(upper: Matrix, j: int) -> Vector:
    size = len(upper)
    x = [0.0] * size
    for i in reversed(range(size)):
        rest = math.fsum([float(i == j), *(-upper[i][k] * x[k] for k in range(i + 1, size))])
        x[i] = rest / upper[i][i]
    return x


def r_squared(target: Sequence[float], weights: Sequence[float] | None, rss: float) -> float | None:
    """1 - rss/tss, both weighted, around the weighted mean; None where the target is constant."""
    if min(target) == max(target):
        return None
    counts = weights or [1.0] * len(target)
    mean = math.fsum(w * y for w, y in zip(counts, target, strict=True)) / math.fsum(counts)
    total = math.fsum(w * (y - mean) ** 2 for w, y in zip(counts, target, strict=True))
    return 1 - rss / total if total else None


# --- combinations of parameters ----------------------------------------------------------------
# What data determine where they do not tell parameters apart: a combination such as `a*b`.
#
# At the end of a fit the null space of the Jacobian is known in doubles. In the logarithms of some of the parameters,
# and in the others as they are, its directions may have small whole components: then a product of powers, or a sum, is
# constant along them. That the model depends on the combination alone is proved by differentiating it along the
# direction; where that proves nothing, the data are asked at other parameters.


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
