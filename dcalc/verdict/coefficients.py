"""Coefficients of expansions as expressions, and expansions by one element of an asymptotic scale."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import factorial
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, number, symbol
from dcalc.numerals import whole_root
from dcalc.verdict.scale import NeedMoreTerms, Order, normalise_order, spend_products

# --- coefficients ------------------------------------------------------------------------------
# Expressions as coefficients of expansions: sums and products in which like terms and like factors meet.
#
# `simplify` writes what people read, and makes tangents of quotients of sines: here it matters that a function which
# was looked at stays the same one, and that the constructors are quick. Numbers are folded, sums and products are flat
# and sorted, powers of one base and exponentials of one product are added up. All of it holds for functions that are
# finally defined and do not vanish where they are divided by.


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


# --- expansions --------------------------------------------------------------------------------
# Expansions by one element of an asymptotic scale: sums of c * w**a as w -> 0+, whose coefficients are expressions.
#
# The coefficients are functions that vary more slowly than every power of w, as in the multiseries of Salvy and
# Shackell (Symbolic Asymptotics: Multiseries of Inverse Functions, J. Symbolic Computation 27, 1999) and in Gruntz's
# rewriting by the most rapidly varying part (On Computing Limits in a Symbolic Manipulation System, ETH Zurich, 1996).
# They are kept as expressions, so that those which vanish can be proved to.


_MULTIPLIED_OUT = 8
"""Whole exponents up to this are multiplied out, so that what is exact stays exact."""
Slopes = Callable[[Expr, int], Expr]
"""The k-th Taylor coefficient of a function at an expression."""
IsZero = Callable[[Expr], bool]
"""Whether a coefficient vanishes identically; raises where that is not decided."""


class Part(NamedTuple):
    """c * w**a."""

    a: Order
    c: Expr


class Expansion(NamedTuple):
    """Parts by rising exponent, the largest first; ``error`` is the exponent from which others are unknown, None
    where there are no others."""

    parts: tuple[Part, ...]
    error: Order | None = None

    def lowest(self) -> Order | None:
        """A bound of all exponents; None for zero."""
        return self.parts[0].a if self.parts else self.error

    def first(self, is_zero: IsZero) -> Part | None:
        """The first part that does not vanish; None for an exact zero. Raises NeedMoreTerms."""
        for part in self.parts:
            if not is_zero(part.c):
                return part
        if self.error is None:
            return None
        raise NeedMoreTerms


def constant(node: Expr) -> Expansion:
    """What does not depend on w."""
    return Expansion(() if node is ZERO else (Part(0, node),))


def _collect(parts: Iterable[Part], error: Order | None, most: int) -> Expansion:
    """Parts in order, like ones added up, the first ``most`` of them."""
    found: list[tuple[Order, list[Expr]]] = []
    index: dict[Order, list[Expr]] = {}
    for a, c in parts:
        if error is not None and not a < error:
            continue
        if a in index:
            index[a].append(c)
        else:
            index[a] = [c]
            found.append((a, index[a]))
    found.sort(key=lambda entry: entry[0])
    sums = [Part(normalise_order(a), terms[0] if len(terms) == 1 else plus(*terms)) for a, terms in found]
    sums = [part for part in sums if part.c is not ZERO]
    if len(sums) > most:
        return Expansion(tuple(sums[:most]), sums[most].a)
    return Expansion(tuple(sums), error)


def _least(*errors: Order | None) -> Order | None:
    known = [error for error in errors if error is not None]
    return min(known) if known else None


def add(first: Expansion, second: Expansion, most: int) -> Expansion:
    """The sum."""
    if not first.parts and first.error is None:
        return second
    if not second.parts and second.error is None:
        return first
    return _collect((*first.parts, *second.parts), _least(first.error, second.error), most)


def multiply(first: Expansion, second: Expansion, most: int) -> Expansion:
    """The product."""
    low, other = first.lowest(), second.lowest()
    if low is None or other is None:
        return Expansion(())
    error = _least(
        None if first.error is None else first.error + other, None if second.error is None else second.error + low
    )
    spend_products(10 * len(first.parts) * len(second.parts))
    products = [(x.a + y.a, x.c, y.c) for x in first.parts for y in second.parts if error is None or x.a + y.a < error]
    exponents = sorted({a for a, _, _ in products})
    if len(exponents) > most:
        error = exponents[most]
    parts = (Part(a, times(x, y)) for a, x, y in products if error is None or a < error)
    return _collect(parts, error, most)


def power(base: Expansion, exponent: Fraction, is_zero: IsZero, most: int) -> Expansion:
    """base**exponent: c**q * w**(a*q) times the binomial series in what follows the first part.

    Raises NeedMoreTerms where that is not known, ZeroDivisionError for a negative power of zero.
    """
    if exponent.denominator == 1 and 0 < exponent <= _MULTIPLIED_OUT:
        result = base
        for _ in range(int(exponent) - 1):
            result = multiply(result, base, most)
        return result
    first = base.first(is_zero)
    if first is None:
        if exponent > 0:
            return Expansion(())
        raise ZeroDivisionError
    lead = Expansion((Part(normalise_order(first.a * exponent), raised(first.c, exponent)),))
    inverse = raised(first.c, -1)
    rest = Expansion(
        tuple(Part(normalise_order(a - first.a), times(c, inverse)) for a, c in base.parts if a > first.a),
        None if base.error is None else base.error - first.a,
    )
    coefficients = [Fraction(1)]
    for k in range(most):
        coefficients.append(coefficients[-1] * (exponent - k) / (k + 1))
    return multiply(lead, compose(lambda _, k: number(coefficients[k]), ZERO, rest, most), most)


def compose(slopes: Slopes, at: Expr, small: Expansion, most: int) -> Expansion:
    """f(at + small) = sum of f_k * small**k, for a part that vanishes."""
    low = small.lowest()
    if low is None:
        return constant(slopes(at, 0))
    total, growing = constant(slopes(at, 0)), constant(ONE)
    for k in range(1, most):
        growing = multiply(growing, small, most)
        slope = slopes(at, k)
        if slope is not ZERO:
            total = add(total, multiply(constant(slope), growing, most), most)
    return Expansion(total.parts, _least(total.error, low * most))


def split(expansion: Expansion, is_zero: IsZero) -> tuple[Expr, Expansion]:
    """What an expansion tends to as w vanishes, and what vanishes with it.

    Raises NeedMoreTerms where that is not known, ValueError where a part grows.
    """
    limit, small = ZERO, []
    for part in expansion.parts:
        if part.a > 0:
            small.append(part)
        elif part.a == 0:
            limit = part.c
        elif not is_zero(part.c):
            raise ValueError("a part that grows")
    if expansion.error is not None and not expansion.error > 0:
        raise NeedMoreTerms
    return limit, Expansion(tuple(small), expansion.error)


def exp_slopes(at: Expr, k: int) -> Expr:
    """exp."""
    return times(number(Fraction(1, factorial(k))), exp_of(at))


def log_slopes(at: Expr, k: int) -> Expr:
    """log."""
    return times(number(Fraction((-1) ** (k - 1), k)), raised(at, -k)) if k else log_of(at)


def sine_slopes(at: Expr, k: int) -> Expr:
    """sin."""
    value = sine_of(at) if k % 2 == 0 else cosine_of(at)
    return times(number(Fraction((-1) ** (k // 2), factorial(k))), value)


def cosine_slopes(at: Expr, k: int) -> Expr:
    """cos."""
    value = cosine_of(at) if k % 2 == 0 else sine_of(at)
    return times(number(Fraction((-1) ** ((k + 1) // 2), factorial(k))), value)
