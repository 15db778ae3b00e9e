"""Rules for functions of one angle, circular and hyperbolic, in sums and in products.

Each function yields forms that are equal to the node wherever that is defined. `shorten` names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, Expr, Number, make, number
from dcalc.functions import Row
from dcalc.records import NamedTuple
from dcalc.simplify.arithmetic import factors_of, find_square, read_coefficient
from dcalc.simplify.terms import Algebra, Taken, common_powers, sum_power, whole_power

Forms = Iterator[Expr]
_TWO = number(2)
_SECH, _CSCH = table.get("sech", 1), table.get("csch", 1)


class Family(NamedTuple):
    """Six functions of an angle; the last four are quotients of the first two."""

    sine: Row
    cosine: Row
    tangent: Row
    cotangent: Row
    secant: Row
    cosecant: Row


_CIRCULAR = Family(table.SIN, table.COS, table.TAN, table.COT, table.SEC, table.CSC)
_HYPERBOLIC = Family(table.SINH, table.COSH, table.TANH, table.COTH, _SECH, _CSCH)
FAMILIES: dict[Row, Family] = {row: family for family in (_CIRCULAR, _HYPERBOLIC) for row in family}
_EXPONENTS = ((1, 0), (0, 1), (1, -1), (-1, 1), (0, -1), (-1, 0))
_IN_SINE_AND_COSINE: dict[Row, tuple[int, int]] = {
    row: pair for family in (_CIRCULAR, _HYPERBOLIC) for row, pair in zip(family, _EXPONENTS, strict=True)
}
_SQUARES: dict[Row, tuple[Row, int, int]] = {  # f(u)**2 = a + b*g(u)**2
    table.SIN: (table.COS, 1, -1),
    table.COS: (table.SIN, 1, -1),
    table.TAN: (table.SEC, -1, 1),
    table.SEC: (table.TAN, 1, 1),
    table.COT: (table.CSC, -1, 1),
    table.CSC: (table.COT, 1, 1),
    table.SINH: (table.COSH, -1, 1),
    table.COSH: (table.SINH, 1, 1),
    table.TANH: (_SECH, 1, -1),
    _SECH: (table.TANH, 1, -1),
    table.COTH: (_CSCH, 1, 1),
    _CSCH: (table.COTH, -1, 1),
}
_DOUBLES: dict[Row, tuple[Row, int, int, int, int]] = {
    # f: g, a, b, c, d with f(u)**2 + a*g(u)**2 = b*h(2*u) and h(2*u) = c + d*f(u)**2, h being the cosine
    table.SIN: (table.COS, -1, -1, 1, -2),
    table.COS: (table.SIN, -1, 1, -1, 2),
    table.SINH: (table.COSH, 1, 1, 1, 2),
    table.COSH: (table.SINH, 1, 1, -1, 2),
}


def is_quotient(row: Row) -> bool:
    """Whether a function of an angle is a quotient of sines and cosines."""
    return row in FAMILIES and row not in FAMILIES[row][:2]


# --- sums --------------------------------------------------------------------------------------


def collapse_squares(algebra: Algebra, node: Expr) -> Forms:
    """``1 + tan(u)**2`` is sec(u)**2, and its kin; also with a factor that all terms share."""
    counts = _count_terms(algebra, node)
    for term, count in counts.items():
        square = find_square(term, _SQUARES)
        if square is None:
            continue
        other, a, b = _SQUARES[square.args[0].op]
        partner, opposite = _partners(algebra, term, square, other)
        ones, others = counts.get(partner, 0), counts.get(opposite, 0)
        if ones or others:
            yield _add_counts(algebra, {**counts, term: 0, partner: ones + a * count, opposite: others + b * count})


def double_squares(algebra: Algebra, node: Expr) -> Forms:
    """``cos(u)**2 - sin(u)**2`` and ``1 - 2*sin(u)**2`` are cos(2*u), ``3 - 2*sin(u)**2`` is 2 + cos(2*u).

    So it is for the hyperbolic ones.
    """
    counts = _count_terms(algebra, node)
    for term, count in counts.items():
        square = find_square(term, _SQUARES)
        if square is None or square.args[0].op not in _DOUBLES:
            continue
        other, a, b, c, d = _DOUBLES[square.args[0].op]
        partner, opposite = _partners(algebra, term, square, other)
        cosine = FAMILIES[other].cosine
        doubled = algebra.mul([partner, make(cosine, algebra.mul([_TWO, *square.args[0].args]))])
        have = counts.get(doubled, 0)
        if counts.get(opposite) == a * count:
            yield _add_counts(algebra, {**counts, term: 0, opposite: 0, doubled: have + b * count})
        value = Fraction(count) / d
        ones = counts.get(partner, 0)
        if ones == c * value or (partner is ONE and len(counts) == 2 and ones and value.denominator == 1):
            yield _add_counts(algebra, {**counts, term: 0, partner: ones - c * value, doubled: have + value})


def add_angles(algebra: Algebra, node: Expr) -> Forms:
    """``cos(u)*cos(v) - sin(u)*sin(v)`` is cos(u + v): products of functions of two angles become functions of their
    sum and difference, also with a factor that both terms share."""
    counts = _count_terms(algebra, node)
    pairs = [pair for term in counts if (pair := _pair_sines(term)) is not None]
    for one, other in permutations(pairs, 2):
        first, second = one.pair
        family = FAMILIES[first.op]
        mirrored = [make(family.cosine if f.op is family.sine else family.sine, *f.args) for f in one.pair]
        if one.rest != other.rest or {*mirrored} != {*other.pair} or second.op is family.sine:
            continue
        # cos(u)*cos(v) is half the sum of the cosines of u + v and u - v, and sin(u)*cos(v) that of their sines; the
        # mirrored products are half the differences, for the circular cosines with the opposite sign.
        size, offset = Fraction(counts[one.term]), Fraction(counts[other.term])
        if first.op is _CIRCULAR.cosine:
            offset = -offset
        waves = [
            algebra.mul([algebra.number(count / 2), *one.rest, algebra.apply(first.op, (algebra.add(angles),))])
            for count, angles in (
                (size + offset, (first.args[0], second.args[0])),
                (size - offset, (first.args[0], algebra.mul((MINUS_ONE, second.args[0])))),
            )
        ]
        yield algebra.add([_add_counts(algebra, {**counts, one.term: 0, other.term: 0}), *waves])


def join_exponentials(algebra: Algebra, node: Expr) -> Forms:
    """``exp(u) + exp(-u)`` is 2*cosh(u), ``exp(u) - exp(-u)`` is 2*sinh(u), also with a factor that both share."""
    counts = _count_terms(algebra, node)
    for term, count in counts.items():
        power = next((factor for factor in factors_of(term) if factor.op is table.EXP), None)
        if power is None or read_coefficient(power.args[0]) < 0:
            continue
        others = [factor for factor in factors_of(term) if factor is not power]
        partner = algebra.mul([*others, algebra.power(power, MINUS_ONE)])
        if abs(counts.get(partner, 0)) == abs(count):
            row = _HYPERBOLIC.cosine if counts[partner] == count else _HYPERBOLIC.sine
            joined = algebra.mul([algebra.number(2 * count), *others, algebra.apply(row, power.args)])
            yield algebra.add([_add_counts(algebra, {**counts, term: 0, partner: 0}), joined])


def cancel_exponentials(algebra: Algebra, node: Expr) -> Forms:
    """``exp(u)/(1 + exp(2*u))`` is sech(u)/2: exponentials that vanish where sums of two of them are hyperbolic."""
    product = algebra.mul([_write_hyperbolic(algebra, factor) for factor in node.args])
    if all(factor.op is not table.EXP for factor in factors_of(product)):
        yield product


def _write_hyperbolic(algebra: Algebra, factor: Expr) -> Expr:
    """A power of ``v + v*exp(2*u)`` as one of 2*v*exp(u)*cosh(u), and so for differences; any other factor as it is.

    Not where u would have a half in front: cosh(x/2) is further from exp(x) than cosh(x) from exp(2*x).
    """
    base, count = whole_power(factor)
    if base.op is not table.ADD or len(base.args) != 2:
        return factor
    for first, second in (base.args, base.args[::-1]):
        sign, ratio = algebra.split(algebra.mul([first, algebra.power(second, MINUS_ONE)]))
        twice, rest = algebra.split(ratio.args[0]) if ratio.op is table.EXP else (0, ONE)
        if abs(sign) == 1 and twice > 0 and twice % 2 == 0:
            angle = algebra.mul([number(int(twice) // 2), rest])
            row = _HYPERBOLIC.cosine if sign == 1 else _HYPERBOLIC.sine
            double = algebra.mul([number(2 * int(sign)), second, make(table.EXP, angle), make(row, angle)])
            return algebra.power(double, number(count))
    return factor


class _Pair(NamedTuple):
    """A term with two sines or cosines of one family and different angles, sines first, and its other factors."""

    term: Expr
    pair: tuple[Expr, Expr]
    rest: tuple[Expr, ...]


def _pair_sines(term: Expr) -> _Pair | None:
    factors = factors_of(term)
    pair = [factor for factor in factors if factor.op in FAMILIES and not is_quotient(factor.op)]
    if len(pair) != 2 or FAMILIES[pair[0].op] is not FAMILIES[pair[1].op] or pair[0].args == pair[1].args:
        return None
    first, second = sorted(pair, key=lambda factor: factor.op is FAMILIES[factor.op].cosine)
    return _Pair(term, (first, second), tuple(factor for factor in factors if factor not in pair))


def unify_squares(algebra: Algebra, node: Expr) -> Forms:
    """The sum with the even powers of one function written in its partner, for each that it has: all in sines, or all
    in cosines."""
    squares = dict.fromkeys(
        base
        for term in node.args
        for base, count in map(whole_power, factors_of(term))
        if base.op in _SQUARES and count > 1
    )
    for square in squares:
        other, a, b = _SQUARES[square.op]
        image = algebra.add([number(a), algebra.mul([number(b), make(table.POW, make(other, *square.args), _TWO)])])
        terms: list[Expr] = []
        for term in node.args:
            factors: list[Expr] = []
            for factor in factors_of(term):
                base, count = whole_power(factor)
                if base is square and count > 1:
                    factors += [algebra.power(square, number(count % 2)), algebra.power(image, number(count // 2))]
                else:
                    factors.append(factor)
            terms.append(algebra.mul(factors))
        total = make(table.ADD, *terms)
        yield algebra.multiply_out(total) or algebra.add(terms)


def take_out_in_sines(algebra: Algebra, node: Expr) -> Iterator[Taken]:
    """(factors, rest) of a sum, all in sines and cosines: over one denominator, and with what the terms share."""
    terms: list[Expr] = []
    for term in node.args:
        factors: list[Expr] = []
        for factor in factors_of(term):
            base, count = whole_power(factor)
            if base.op not in FAMILIES:
                factors.append(factor)
                continue
            rows = FAMILIES[base.op][:2]
            for row, size in zip(rows, _IN_SINE_AND_COSINE[base.op], strict=True):
                if size:
                    factors.append(algebra.power(make(row, *base.args), number(size * count)))
        # Not by `mul`, which would make tangents again.
        terms.append(make(table.MUL, *factors) if len(factors) > 1 else factors[0])
    powers = [_read_repeated(algebra, term) for term in terms]
    for below in (True, False):
        common = common_powers(powers, below=below)
        inverse = [algebra.power_of(base, count, -1) for base, count in common.items()]
        rest = algebra.add([algebra.mul((*factors_of(term), *inverse)) for term in terms])
        yield [algebra.power_of(base, count) for base, count in common.items()], rest


def _read_repeated(algebra: Algebra, term: Expr) -> dict[tuple[Expr, Expr | None], Number]:
    """The powers of a product in which a base may stand several times."""
    powers: dict[tuple[Expr, Expr | None], Number] = {}
    for factor in factors_of(term):
        for base, count in algebra.read_powers(factor).items():
            powers[base] = powers.get(base, 0) + count
    return powers


def _partners(algebra: Algebra, term: Expr, square: Expr, other: Row) -> tuple[Expr, Expr]:
    """What a term is without its square, and with the square of the other function in its place."""
    partner = algebra.mul([factor for factor in factors_of(term) if factor is not square])
    return partner, algebra.mul([partner, make(table.POW, make(other, *square.args[0].args), _TWO)])


def _count_terms(algebra: Algebra, node: Expr) -> dict[Expr, Number]:
    """The numbers in front of the terms, by the rest of each, which is 1 for a number."""
    return {rest: count for count, rest in map(algebra.split_number, node.args)}


def _add_counts(algebra: Algebra, counts: dict[Expr, Number]) -> Expr:
    return algebra.add([algebra.mul([algebra.number(count), rest]) for rest, count in counts.items() if count])


# --- products ----------------------------------------------------------------------------------


class _Group(NamedTuple):
    """The factors of a product that are functions of one angle, and the others."""

    family: Family
    args: tuple[Expr, ...]
    counts: dict[Row, int]
    others: list[Expr]


def _groups(node: Expr) -> Iterator[_Group]:
    """The angles of which a product has several functions."""
    counts: dict[tuple[Family, tuple[Expr, ...]], dict[Row, int]] = {}
    for base, count in map(whole_power, node.args):
        if base.op in FAMILIES:
            counts.setdefault((FAMILIES[base.op], base.args), {})[base.op] = count
    for (family, args), powers in counts.items():
        if len(powers) > 1:
            others = [
                factor for factor in node.args if (base := whole_power(factor)[0]).op not in powers or base.args != args
            ]
            yield _Group(family, args, powers, others)


def merge_ratios(algebra: Algebra, node: Expr) -> Forms:
    """``sec(u)*cos(u)`` is 1, ``tan(u)*cos(u)`` is sin(u), and their kin."""
    for family, args, counts, others in _groups(node):
        pairs = {row: _IN_SINE_AND_COSINE[row] for row in counts}
        a, b = (sum(pairs[row][place] * count for row, count in counts.items()) for place in (0, 1))
        # Where the product has a value, functions with a pole are not at it, and those below a line are not 0.
        has_cosine = family is _HYPERBOLIC or any(
            row in (family.tangent, family.secant) or pairs[row][1] * count < 0 for row, count in counts.items()
        )
        has_sine = any(
            row in (family.cotangent, family.cosecant) or pairs[row][0] * count < 0 for row, count in counts.items()
        )
        for k in {0, a, -b}:
            if (k > 0 and not has_cosine) or (k < 0 and not has_sine):
                continue
            ratio = make(family.tangent if k > 0 else family.cotangent, *args)
            sine = make(family.sine if a > k else family.cosecant, *args)
            cosine = make(family.cosine if b + k > 0 else family.secant, *args)
            powers = ((ratio, abs(k)), (sine, abs(a - k)), (cosine, abs(b + k)))
            yield algebra.mul([*others, *(algebra.power(base, number(size)) for base, size in powers if size)])


def cancel_squares(algebra: Algebra, node: Expr) -> Forms:
    """``sin(u)**2/(1 - cos(u))`` is 1 + cos(u): a square as a product of sums, one of which is below the line."""
    for factor in node.args:
        base, count = whole_power(factor)
        if base.op not in _SQUARES or count < 2:
            continue
        other, a, b = _SQUARES[base.op]
        partner = make(other, *base.args)
        image = algebra.add([number(a), algebra.mul([number(b), algebra.power(partner, _TWO)])])
        for beside in node.args:
            pair = sum_power(beside)
            if (
                pair is None
                or pair[1] >= 0
                or not any(partner is term or partner in term.args for term in pair[0].args)
            ):
                continue
            quotient = algebra.quotient_of(image, pair[0])
            if quotient is not None:
                others = [part for part in node.args if part is not factor and part is not beside]
                left = algebra.power(pair[0], algebra.number(pair[1] + 1))
                yield algebra.mul([*others, quotient, algebra.power(base, number(count - 2)), left])


def split_squares(algebra: Algebra, node: Expr) -> Forms:
    """``(1 + cos(u))/(1 + sin(u) + cos(u))**2`` is 1/(2*(1 + sin(u))): the square of one, a sine and a cosine is a
    product of sums."""
    for factor in node.args:
        base, count = whole_power(factor)
        parts = _split_square(algebra, base) if base.op is table.ADD and count % 2 == 0 else []
        if parts:
            others = [other for other in node.args if other is not factor]
            yield algebra.mul([*others, *(algebra.power(part, number(count // 2)) for part in parts)])


def _split_square(algebra: Algebra, node: Expr) -> list[Expr]:
    """The factors of the square of ``1 + sin(u) + cos(u)``, whatever its signs; none of another sum's."""
    signs = {rest: value for value, rest in map(algebra.split_number, node.args)}
    one = signs.pop(ONE, 0)
    angles = {rest.args for rest in signs}
    if {rest.op for rest in signs} != {table.SIN, table.COS} or len(signs) > 2 or len(angles) > 1:
        return []
    if {abs(one), *(abs(sign) for sign in signs.values())} != {1}:
        return []
    return [_TWO, *(algebra.add([ONE, algebra.mul([number(int(one * sign)), f])]) for f, sign in signs.items())]


def double_angles(algebra: Algebra, node: Expr) -> Forms:
    """``2*sin(u)*cos(u)`` is sin(2*u), and so for the hyperbolic ones."""
    for family, args, counts, others in _groups(node):
        a, b = (sum(_IN_SINE_AND_COSINE[row][place] * count for row, count in counts.items()) for place in (0, 1))
        if a != b or a == 0 or family.tangent in counts or family.cotangent in counts:
            continue
        double = (algebra.mul([_TWO, *args]),)
        half = algebra.number(Fraction(1, 2))
        form = [half, make(family.sine, *double)] if a > 0 else [_TWO, make(family.cosecant, *double)]
        yield algebra.mul([*others, algebra.power(algebra.mul(form), number(abs(a)))])


# --- powers ------------------------------------------------------------------------------------


def write_reciprocal(algebra: Algebra, node: Expr) -> Forms:
    """``1/cosh(u)`` is sech(u), and so for the functions that have a name for their reciprocal."""
    base, count = whole_power(node)
    family = FAMILIES[base.op]
    place = family.index(base.op)
    opposite = family[(5, 4, 3, 2, 1, 0)[place]]
    yield algebra.power(make(opposite, *base.args), number(-count))
