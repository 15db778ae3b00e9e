"""Expressions as coefficients of expansions: sums and products in which like terms and like factors meet.

`simplify` writes what people read, and makes tangents of quotients of sines: here it matters that a function which
was looked at stays the same one, and that the constructors are quick. Numbers are folded, sums and products are flat
and sorted, powers of one base and exponentials of one product are added up. All of it holds for functions that are
finally defined and do not vanish where they are divided by.
"""

from __future__ import annotations

from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, number, symbol
from dcalc.numerals import whole_root

_ELEMENT = "\x00b"
"""How the names of elements of a scale begin, which no variable of a user does; they are positive."""
_LONGEST_POWER = 1 << 12
"""Bits of a power of numbers that is written out."""


def element_symbol(count: int) -> Expr:
    """The symbol of an element of a scale."""
    return symbol(f"{_ELEMENT}{count}")


def as_rational(node: Expr) -> Fraction | None:
    """The rational that a node is as it is written."""
    value = node.args[0] if node.op is table.NUMBER else exact(node)
    return None if value is None else Fraction(value)


def is_positive(node: Expr) -> bool:
    """Whether a node is positive by the way it is written."""
    op = node.op
    if op is table.SYMBOL:
        return bool(node.args[0].startswith(_ELEMENT))
    if op is table.NUMBER:
        return bool(node.args[0] > 0)
    if op is table.POW:
        return is_positive_base(node.args[0])
    return op is table.EXP or op is table.PI


def is_positive_base(node: Expr) -> bool:
    """The same of a base of a power, which is not a power itself."""
    return node.op is not table.POW and is_positive(node)


def _split_term(term: Expr) -> tuple[Fraction, Expr]:
    """A term as a number times the rest."""
    if term.op is table.NUMBER:
        return Fraction(term.args[0]), ONE
    if term.op is table.MUL and term.args[0].op is table.NUMBER:
        rest = term.args[1:]
        return Fraction(term.args[0].args[0]), rest[0] if len(rest) == 1 else make(table.MUL, *rest)
    return Fraction(1), term


def plus(*terms: Expr) -> Expr:
    """The sum, like terms collected."""
    counts: dict[Expr, Fraction] = {}
    for term in terms:
        for part in term.args if term.op is table.ADD else (term,):
            value, rest = _split_term(part)
            counts[rest] = counts.get(rest, Fraction(0)) + value
    parts = [_scale(value, rest) for rest, value in sorted(counts.items(), key=lambda entry: entry[0].id) if value]
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else make(table.ADD, *parts)


def _scale(value: Fraction, rest: Expr) -> Expr:
    """A number times a product that has none."""
    if rest is ONE:
        return number(value)
    if value == 1:
        return rest
    factors = rest.args if rest.op is table.MUL else (rest,)
    return make(table.MUL, number(value), *factors)


def negative(node: Expr) -> Expr:
    """Minus an expression: of a sum, term by term."""
    if node.op is table.ADD:
        return plus(*(times(MINUS_ONE, part) for part in node.args))
    return times(MINUS_ONE, node)


def minus(first: Expr, second: Expr) -> Expr:
    """The difference."""
    return plus(first, negative(second))


def times(*factors: Expr) -> Expr:
    """The product, like factors collected."""
    value = Fraction(1)
    powers: dict[Expr, list[Expr]] = {}
    exponents: list[Expr] = []
    for factor in factors:
        for part in factor.args if factor.op is table.MUL else (factor,):
            if part.op is table.NUMBER:
                value *= part.args[0]
            elif part.op is table.EXP:
                exponents.append(part.args[0])
            else:
                base, order = part.args if part.op is table.POW else (part, ONE)
                powers.setdefault(base, []).append(order)
    if not value:
        return ZERO
    parts = [make_power(base, orders[0] if len(orders) == 1 else plus(*orders)) for base, orders in powers.items()]
    if exponents:
        parts.append(exp_of(plus(*exponents)))
    return _join(value, parts)


def _join(value: Fraction, factors: list[Expr]) -> Expr:
    """The product of a number and of factors that are unlike, some of which may have become numbers or products."""
    parts: list[Expr] = []
    for factor in factors:
        for part in factor.args if factor.op is table.MUL else (factor,):
            if part.op is table.NUMBER:
                value *= part.args[0]
            else:
                parts.append(part)
    if not parts:
        return number(value)
    parts.sort(key=lambda part: part.id)
    if value == 1:
        return parts[0] if len(parts) == 1 else make(table.MUL, *parts)
    return make(table.MUL, number(value), *parts)


def raised(base: Expr, exponent: Fraction | int) -> Expr:
    """A power with a rational exponent: of a product that of each factor, as far as roots may be taken of them."""
    exponent = Fraction(exponent)
    if exponent == 1 or base.op is not table.MUL:
        return base if exponent == 1 else _raise_factor(base, exponent)
    if exponent.denominator == 1:
        return times(*(_raise_factor(part, exponent) for part in base.args))
    positive = [_raise_factor(part, exponent) for part in base.args if is_positive(part)]
    others = [part for part in base.args if not is_positive(part)]
    if not others or not positive:
        return times(*positive) if positive else make(table.POW, base, number(exponent))
    rest = others[0] if len(others) == 1 else make(table.MUL, *others)
    return times(*positive, make(table.POW, rest, number(exponent)))


def _raise_factor(base: Expr, exponent: Fraction) -> Expr:
    if base.op is table.EXP:
        return exp_of(times(number(exponent), base.args[0]))
    if base.op is table.POW and (exponent.denominator == 1 or is_positive_base(base.args[0])):
        return make_power(base.args[0], times(number(exponent), base.args[1]))
    return make_power(base, number(exponent))


def make_power(base: Expr, exponent: Expr) -> Expr:
    """A power; of a number by a rational the number where that is rational."""
    if exponent is ZERO:
        return ONE
    if exponent is ONE:
        return base
    if base.op is table.NUMBER and exponent.op is table.NUMBER:
        value = _exact_power(Fraction(base.args[0]), Fraction(exponent.args[0]))
        if value is not None:
            return number(value)
    return make(table.POW, base, exponent)


def _exact_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if not base or abs(exponent) * size > _LONGEST_POWER:
        return None
    if exponent.denominator != 1:
        if base < 0:
            return None
        roots = [whole_root(part, exponent.denominator) for part in (base.numerator, base.denominator)]
        if roots[0] is None or roots[1] is None:
            return None
        base = Fraction(roots[0], roots[1])
    return base**exponent.numerator


def exp_of(u: Expr) -> Expr:
    """exp."""
    if u is ZERO:
        return ONE
    return u.args[0] if u.op is table.LOG else make(table.EXP, u)


def log_of(u: Expr) -> Expr:
    """log."""
    if u is ONE:
        return ZERO
    return u.args[0] if u.op is table.EXP else make(table.LOG, u)


def sine_of(u: Expr) -> Expr:
    """sin."""
    return ZERO if u is ZERO else make(table.SIN, u)


def cosine_of(u: Expr) -> Expr:
    """cos."""
    return ONE if u is ZERO else make(table.COS, u)
