"""A function as a product of factors, each a function of its own: where one is 0, the function is.

Factors are those of the numerator as a polynomial in the parts of the expression. A polynomial in the variable has
all its zeros from exact isolation; one in a single other part, such as sin(x), is 0 where that part is a zero of it;
and one in the variable and in roots is 0 only where its norm is, a polynomial in the variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import product
from math import lcm
from typing import NamedTuple

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpz_poly

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError
from dcalc.expr import (
    MINUS_ONE,
    ZERO,
    Expr,
    exact,
    is_leaf,
    make,
    map_nodes,
    number,
    replace_nodes,
    substitute,
    symbol,
    variables,
    walk,
)
from dcalc.isolate.smooth import SHARP, Place, Smooth, at, evaluate_constant, name_place
from dcalc.numerals import whole_root
from dcalc.proof.polynomials import Ring, Zero, rational_expression, real_zeros, univariate
from dcalc.simplify import simplify

_MOST_TERMS = 200
_MOST_FACTORS = 12
_MOST_ROOTS = 3
_TAG = "unit tag"


class Factor(NamedTuple):
    """A factor, and its zeros on the whole line where it is a polynomial in the variable; None where they are not
    known.

    With ``conjugates``, which change the signs of its roots, ``zeros`` are those of the product with these: a zero of
    the factor is one of them.
    """

    function: Smooth
    zeros: Sequence[Place] | None = None
    conjugates: Sequence[Smooth] = ()

    def is_zero_at(self, place: Place) -> bool | None:
        """Whether one of ``zeros`` is a zero of the factor; None where that is not decided."""
        if not self.conjugates:
            return True
        sign = self.function.sign_at(place)
        if sign is not None:
            return sign == 0
        x = place.ball(SHARP[1])
        values = [conjugate.value(x, SHARP[1]) for conjugate in self.conjugates]
        return True if all(value is not None and 0 not in value for value in values) else None


def split_factors(function: Smooth) -> list[Factor]:
    """The factors of the numerator that depend on the variable; the function itself where it has no such form.

    Wherever the function has a value it is 0 exactly where one of them is.
    """
    writing = _write(function.root)
    try:
        ring = Ring(make(table.ADD, writing.root, make(table.MUL, symbol(_TAG), symbol(function.name))),
                    keeps_quotients=False, most=_MOST_TERMS)  # fmt: skip
        above = _drop_tag(ring)
        reader = _Reader(ring, writing, function)
        above = reader.reduce(above)
        if not above:
            return [Factor(Smooth(number(0), function.name, function.work))]
        parts = [part for part, _ in above.factor()[1]]
    except (LimitError, OverflowError):
        return [Factor(function)]
    if len(parts) > _MOST_FACTORS:
        return [Factor(function)]
    return [factor for part in parts for factor in reader.read(part)]


def _drop_tag(ring: Ring) -> fmpq_mpoly:
    """The numerator without the product that keeps the variable among the generators."""
    place = ring.places[symbol(_TAG).id, False]
    terms = {powers: value for powers, value in ring.element.above.to_dict().items() if not powers[place]}
    return ring.context.from_dict(terms)


# --- exponentials of which one is a power of another, and roots of one base ----------------------


class _Root(NamedTuple):
    """A root of an expression: its ``degree``-th."""

    base: Expr
    degree: int


class _Writing(NamedTuple):
    """The expression with names for exponentials and roots, what they stand for, and which are roots."""

    root: Expr
    units: dict[str, Expr]
    roots: dict[str, _Root]


def _write(root: Expr) -> _Writing:
    root = _write_as_exponentials(root)
    units: dict[str, Expr] = {}
    roots: dict[str, _Root] = {}
    nodes = walk(root)
    written: dict[Expr, Expr] = {
        **_name_exponentials([node for node in nodes if node.op is table.EXP and variables(node)], units),
        **_name_powers([node for node in nodes if node.op is table.POW and variables(node.args[1])], units),
        **_name_roots([node for node in nodes if _is_root(node)], units, roots),
    }
    if not written:
        return _Writing(root, {}, {})
    return _Writing(replace_nodes(root, written), units, roots)


def _write_as_exponentials(root: Expr) -> Expr:
    """The expression with exp(u*log(a)) for several powers a**u of numbers: 4**x is the square of 2**x."""
    if sum(map(_is_exponential, walk(root))) < 2:
        return root

    def write(node: Expr, args: tuple[Expr, ...]) -> Expr:
        return _write_as_exponential(*args) if _is_exponential(node) else make(node.op, *args)

    return map_nodes(write, root)[0]


def _write_as_exponential(base: Expr, exponent: Expr) -> Expr:
    """A power of a number, with its constant part before it: 4**(x + 1) is 4*exp(2*x*log(2))."""
    terms = exponent.args if exponent.op is table.ADD else (exponent,)
    root, count = _take_root(Fraction(exact(base) or 1))
    logarithm = make(table.LOG, rational_expression(root))
    factors = [
        make(table.EXP, make(table.MUL, number(count), term, logarithm))
        if variables(term)
        else make(table.POW, base, term)
        for term in terms
    ]
    return make(table.MUL, *factors) if len(factors) > 1 else factors[0]


def _take_root(value: Fraction) -> tuple[Fraction, int]:
    """The least positive rational of which a number is a power, and the exponent: 4 is 2**2."""
    for count in range(max(value.numerator, value.denominator).bit_length(), 1, -1):
        above, below = whole_root(value.numerator, count), whole_root(value.denominator, count)
        if above is not None and below is not None:
            return Fraction(above, below), count
    return value, 1


def _is_exponential(node: Expr) -> bool:
    if node.op is not table.POW or not variables(node.args[1]):
        return False
    base = exact(node.args[0])
    return base is not None and base > 0 and base != 1


def _is_root(node: Expr) -> bool:
    if node.op is not table.POW or not variables(node.args[0]) or is_leaf(node.args[0]):
        return False
    power = exact(node.args[1])
    return power is not None and Fraction(power).denominator > 1


def _stand_in(units: dict[str, Expr], meaning: Expr) -> Expr:
    name = f"unit {len(units)}"
    units[name] = meaning
    return symbol(name)


def _name_exponentials(nodes: Sequence[Expr], units: dict[str, Expr]) -> dict[Expr, Expr]:
    """Exponentials of sums as products, and of rational multiples of one term as powers of one exponential."""
    if len(nodes) < 2:
        return {}
    terms: dict[Expr, list[Expr]] = {}
    for node in nodes:
        argument = simplify(node.args[0])
        terms[node] = list(argument.args) if argument.op is table.ADD else [argument]
    kinds: list[tuple[Expr, list[tuple[Expr, Fraction]]]] = []
    """Terms that are rational multiples of a first one, each with what it is of that."""
    for term in dict.fromkeys(term for own in terms.values() for term in own):
        for first, members in kinds:
            ratio = exact(simplify(make(table.DIV, term, first)))
            if ratio is not None:
                members.append((term, Fraction(ratio)))
                break
        else:
            kinds.append((term, [(term, Fraction(1))]))
    powers: dict[Expr, Expr] = {}
    for first, members in kinds:
        unit = Fraction(1, lcm(*(share.denominator for _, share in members)))
        base = _stand_in(units, make(table.EXP, simplify(make(table.MUL, rational_expression(unit), first))))
        powers.update((term, make(table.POW, base, number(int(share / unit)))) for term, share in members)
    return {
        node: powers[own[0]] if len(own) == 1 else make(table.MUL, *(powers[term] for term in own))
        for node, own in terms.items()
    }


def _name_powers(nodes: Sequence[Expr], units: dict[str, Expr]) -> dict[Expr, Expr]:
    """Powers of one base whose exponents differ by whole numbers, as products with one of them."""
    written: dict[Expr, Expr] = {}
    names: list[tuple[Expr, Expr]] = []
    for node in nodes:
        base, exponent = node.args
        for known, name in names:
            gap = exact(simplify(make(table.SUB, exponent, known.args[1]))) if known.args[0] is base else None
            if gap is not None and Fraction(gap).denominator == 1:
                written[node] = make(table.MUL, name, make(table.POW, base, number(gap)))
                break
        else:
            name = _stand_in(units, node)
            names.append((node, name))
            written[node] = name
    return written if len(written) > len(names) else {}


def _name_roots(nodes: Sequence[Expr], units: dict[str, Expr], roots: dict[str, _Root]) -> dict[Expr, Expr]:
    """Powers of one base with broken exponents, as powers of one root."""
    powers: dict[Expr, list[Expr]] = {}
    for node in nodes:
        powers.setdefault(node.args[0], []).append(node)
    written: dict[Expr, Expr] = {}
    for base, own in list(powers.items())[:_MOST_ROOTS]:
        exponents = {node: Fraction(exact(node.args[1]) or 0) for node in own}
        degree = lcm(*(exponent.denominator for exponent in exponents.values()))
        meaning = make(table.POW, base, rational_expression(Fraction(1, degree)))
        name = _stand_in(units, meaning)
        roots[name.args[0]] = _Root(base, degree)
        for node, exponent in exponents.items():
            written[node] = make(table.POW, name, number(int(exponent * degree)))
    return written


# --- sums of exponentials ---------------------------------------------------------------------


class _Wave(NamedTuple):
    """A term `coefficient*exp(rate*x)`, whose coefficient is a polynomial."""

    coefficient: Expr
    rate: Expr


def divide_by_exponential(function: Smooth) -> Smooth:
    """A sum of polynomials times exponentials, divided by the exponential that grows most: it has the same zeros.

    The derivative has one term less, or one of a lower degree, so that Rolle's theorem comes to an end: a sum of n
    exponentials has no more zeros than its coefficients, in the order of their rates, have changes of sign
    (Laguerre's extension of Descartes' rule; Pólya and Szegő, Problems and Theorems in Analysis II, part 5, 77). Any
    other function is returned as it is.
    """
    waves = [_read_wave(term, function.name) for term in _list_terms(function.root)]
    known = [wave for wave in waves if wave is not None]
    rates = {wave.rate for wave in known}
    if len(known) < len(waves) or len(rates) < 2 or len(rates - {ZERO}) < 2:
        return function
    sizes = {rate: evaluate_constant(rate) for rate in rates}
    constants = {wave.rate for wave in known} - {wave.rate for wave in known if variables(wave.coefficient)}
    able = [(float(size.ball.mid()), rate.id, rate) for rate in constants or rates if (size := sizes[rate]) is not None]
    if len(able) < len(constants or rates):
        return function
    _, _, largest = max(able)
    x = symbol(function.name)
    terms = []
    for wave in known:
        gap = simplify(make(table.SUB, wave.rate, largest))
        own = [] if gap is ZERO else [make(table.EXP, make(table.MUL, gap, x))]
        terms.append(make(table.MUL, wave.coefficient, *own) if own else wave.coefficient)
    return Smooth(make(table.ADD, *terms), function.name, function.work)


def _list_terms(root: Expr) -> list[Expr]:
    """The terms of a sum, with their signs."""
    terms: list[Expr] = []
    rest = [(root, False)]
    while rest:
        node, is_negative = rest.pop()
        if node.op is table.ADD:
            rest += [(arg, is_negative) for arg in node.args]
        elif node.op is table.SUB:
            rest += [(node.args[0], is_negative), (node.args[1], not is_negative)]
        elif node.op is table.NEG:
            rest.append((node.args[0], not is_negative))
        else:
            terms.append(make(table.NEG, node) if is_negative else node)
    return terms


def _read_wave(term: Expr, name: str) -> _Wave | None:
    """A term as a polynomial times an exponential of a multiple of the variable; None for any other term."""
    inner = term.args[0] if term.op is table.NEG else term
    rates: list[Expr] = []
    coefficients: list[Expr] = [MINUS_ONE] if term.op is table.NEG else []
    for factor in inner.args if inner.op is table.MUL else (inner,):
        if (factor.op is table.EXP and variables(factor)) or _is_exponential(factor):
            exponent = factor.args[-1]
            rate = simplify(derivative(exponent, (name,)))
            if variables(rate):
                return None
            rates.append(rate if factor.op is table.EXP else make(table.MUL, rate, make(table.LOG, factor.args[0])))
            coefficients.append(make(factor.op, *factor.args[:-1], substitute(exponent, {name: ZERO})))
        elif _is_polynomial(factor):
            coefficients.append(factor)
        else:
            return None
    coefficient = simplify(make(table.MUL, *coefficients) if len(coefficients) > 1 else coefficients[0])
    return _Wave(coefficient, simplify(make(table.ADD, *rates)) if len(rates) > 1 else rates[0] if rates else ZERO)


_POLYNOMIAL = frozenset((table.SYMBOL, table.ADD, table.SUB, table.NEG, table.MUL))


def _is_polynomial(root: Expr) -> bool:
    """Whether an expression is a polynomial in its variables as it is written."""
    for node in walk(root):
        if not variables(node) or node.op in _POLYNOMIAL:
            continue
        power = exact(node.args[1]) if node.op is table.POW else None
        if power is None or power < 0 or Fraction(power).denominator > 1:
            return False
    return True


# --- factors ---------------------------------------------------------------------------------


class _Reader:
    """The factors of a numerator in one ring."""

    def __init__(self, ring: Ring, writing: _Writing, function: Smooth) -> None:
        self.ring, self.writing, self.function = ring, writing, function
        self.x = ring.places[symbol(function.name).id, False]
        self.roots: dict[int, tuple[int, fmpq_mpoly]] = {}
        """By the place of a root: its degree, and the polynomial in the variable that it is a root of."""
        for name, root in writing.roots.items():
            place = ring.places.get((symbol(name).id, False))
            base = self._read_base(root.base)
            if place is not None and base is not None and ring.degrees[self.x] == 1:
                self.roots[place] = (root.degree, base)

    def _read_base(self, base: Expr) -> fmpq_mpoly | None:
        """A polynomial in the variable; None for any other expression."""
        try:
            own = Ring(base, keeps_quotients=False, most=_MOST_TERMS)
        except LimitError:
            return None
        if own.bases != [symbol(self.function.name)] or own.degrees != [1] or not own.element.below.is_one():
            return None
        size = len(self.ring.bases)
        return self.ring.context.from_dict(
            {
                tuple(int(powers[0]) if place == self.x else 0 for place in range(size)): value
                for powers, value in own.element.above.to_dict().items()
            }
        )

    def reduce(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """The polynomial with powers of roots written out as far as they go."""
        for place, (degree, base) in self.roots.items():
            total = self.ring.context.constant(0)
            for powers, value in poly.to_dict().items():
                rest = list(map(int, powers))
                times, rest[place] = divmod(rest[place], degree)
                total += self.ring.context.from_dict({tuple(rest): value}) * base**times
            poly = total
        return poly

    def read(self, part: fmpq_mpoly) -> list[Factor]:
        """A factor without factors, as functions whose zeros are its own."""
        places = [place for place, degree in enumerate(part.degrees()) if degree]
        if len(places) == 1 and (factors := self._read_in_one(part, places[0])) is not None:
            return factors
        inner = set(places) - {self.x}
        if (zero := self._read_straight(part, inner)) is not None:
            return [Factor(self._function(part), [zero])]
        if inner and inner <= set(self.roots) and (factor := self._read_in_roots(part, sorted(inner))) is not None:
            return [factor]
        return [Factor(self._function(part))]

    def _function(self, part: fmpq_mpoly) -> Smooth:
        root = self.ring.sum_of(part)
        if self.writing.units:
            root = simplify(substitute(root, self.writing.units))
        return Smooth(root, self.function.name, self.function.work)

    def _read_straight(self, part: fmpq_mpoly, others: Iterable[int]) -> Place | None:
        """The zero of a*x + b with constants that are not rational, such as x + exp(-1); None for any other factor."""
        if part.degrees()[self.x] != 1 or any(variables(self.ring.bases[place]) for place in others):
            return None
        root, name = self._function(part).root, self.function.name
        slope = simplify(derivative(root, (name,)))
        value = evaluate_constant(slope)
        if value is None or 0 in value.ball:
            return None
        start = substitute(root, {name: number(0)})
        return at(simplify(make(table.NEG, make(table.DIV, start, slope))))

    def _read_in_one(self, part: fmpq_mpoly, place: int) -> list[Factor] | None:
        """A polynomial in the variable, or in one other part."""
        base, degree = self.ring.bases[place], self.ring.degrees[place]
        poly = univariate(part, place)
        if poly is None:
            return None
        if place == self.x and degree == 1:
            own = self._function(part)
            return [Factor(own, [place_of_zero(zero, own) for zero in real_zeros(poly)])]
        if poly.degree() == 1 and degree == 1:
            return None
        meaning = self.writing.units.get(base.args[0], base) if base.op is table.SYMBOL else base
        return self._split_levels(poly, meaning, degree)

    def _split_levels(self, poly: fmpz_poly, base: Expr, degree: int) -> list[Factor] | None:
        """The polynomial in base**(1/degree) as the differences of that part from its zeros; None where they have no
        closed form."""
        factors = []
        for zero in real_zeros(poly):
            if zero.expression is None:
                return None
            level = zero.expression
            if degree > 1:
                if zero.low < 0:
                    continue
                level = make(table.POW, level, number(degree))
            gap = simplify(make(table.SUB, base, level))
            factors.append(Factor(Smooth(gap, self.function.name, self.function.work)))
        return factors or [Factor(Smooth(number(1), self.function.name, self.function.work))]

    def _read_in_roots(self, part: fmpq_mpoly, places: Sequence[int]) -> Factor | None:
        """A polynomial in the variable and in square roots of polynomials: its zeros are among those of its norm."""
        if any(self.roots[place][0] != 2 for place in places):
            return None
        conjugates: list[fmpq_mpoly] = []
        for choice in product((1, -1), repeat=len(places)):
            conjugate = self._conjugate(part, dict(zip(places, choice, strict=True)))
            if conjugate not in conjugates and -conjugate not in conjugates:
                conjugates.append(conjugate)
        norm = self.ring.context.constant(1)
        for conjugate in conjugates:
            norm = self.reduce(norm * conjugate)
        norm = self._drop_powers(norm)
        poly = univariate(norm, self.x)
        if poly is None or poly.degree() < 1:
            return (
                None if poly is None or not poly else Factor(Smooth(number(1), self.function.name, self.function.work))
            )
        own = Smooth(self.ring.sum_of(norm), self.function.name, self.function.work)
        zeros = [place_of_zero(zero, own) for zero in real_zeros(poly)]
        return Factor(self._function(part), zeros, [self._function(other) for other in conjugates[1:]])

    def _drop_powers(self, poly: fmpq_mpoly) -> fmpq_mpoly:
        """The product of the different factors, which changes its sign at each of its zeros, as a place needs it."""
        radical = self.ring.context.constant(1)
        for part, _ in poly.factor()[1] if poly else ():
            radical *= part
        return radical if poly else poly

    def _conjugate(self, part: fmpq_mpoly, signs: dict[int, int]) -> fmpq_mpoly:
        """The polynomial with some of the roots negative."""
        terms = {}
        for powers, value in part.to_dict().items():
            sign = 1
            for place, own in signs.items():
                if own < 0 and int(powers[place]) % 2:
                    sign = -sign
            terms[powers] = value * sign
        return self.ring.context.from_dict(terms)


def place_of_zero(zero: Zero, function: Smooth) -> Place:
    """A zero of a polynomial as a place."""
    if zero.expression is not None:
        return at(zero.expression)
    return name_place(Place(zero_of=function, low=_exact_ball(zero.low), high=_exact_ball(zero.high)), function)


def _exact_ball(value: Fraction) -> arb:
    """The exact ball of a rational whose denominator is a power of 2."""
    with ctx.workprec(value.numerator.bit_length() + value.denominator.bit_length()):
        return arb(fmpq(value.numerator, value.denominator))
