"""Simplified expressions as one writes them in code: quotients, differences, products, Horner's scheme.

A simplified sum has negative multiples and a simplified product negative powers; code subtracts and divides. Small
powers become products, halves of powers square roots, polynomials go by Horner's scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import ONE, Expr, Number, exact, is_leaf, make, number, walk

_ONE = Fraction(1)
_LARGEST = 1 << 53
"""Whole numbers up to this one are doubles."""
_SHORTEST_POLYNOMIAL = 4
_MOST_TERMS = 64
"""Sums with more terms are not polynomials."""
_MOST_FACTORS = 4
"""The highest power that is written as a product."""


def arrange(*roots: Expr) -> tuple[Expr, ...]:
    """The roots with each node as code has it; equal wherever the roots are defined. Linear."""
    images: dict[int, Expr] = {}
    nodes = walk(*roots)
    sums = (table.ADD, table.SUB, table.NEG)
    inner = {arg.id for node in nodes if node.op in sums for arg in node.args}
    for node in nodes:
        if is_leaf(node):
            images[node.id] = _arrange_number(node)
        elif node.op in (table.ADD, table.SUB):
            polynomial = None if node.id in inner else _read_polynomial(node)
            images[node.id] = _arrange_sum(node, images) if polynomial is None else _write_horner(polynomial, images)
        elif node.op is table.MUL:
            images[node.id] = _arrange_product(node, images)
        elif node.op is table.POW:
            images[node.id] = _arrange_power(node, images)
        elif node.op is table.NEG:
            images[node.id] = negate(images[node.args[0].id])
        elif node.op is table.DIV and node.args[1] is ONE:
            images[node.id] = images[node.args[0].id]
        else:
            images[node.id] = make(node.op, *[images[arg.id] for arg in node.args])
    return tuple(images[root.id] for root in roots)


def rational(node: Expr) -> Fraction | None:
    """The value of a number, a quotient of numbers, or one of these with a sign; None for others."""
    sign = 1
    while node.op is table.NEG:
        sign, node = -sign, node.args[0]
    value = exact(node)
    if value is None and node.op is table.DIV:
        above, below = rational_leaf(node.args[0]), rational_leaf(node.args[1])
        value = above / below if above is not None and below else None
    return None if value is None else sign * Fraction(value)


def rational_leaf(node: Expr) -> Fraction | None:
    """The value of a number with or without a sign; None for others."""
    sign = 1
    if node.op is table.NEG:
        sign, node = -1, node.args[0]
    value = exact(node)
    return None if value is None else sign * Fraction(value)


def negate(node: Expr) -> Expr:
    """-node, without a second sign."""
    if node.op is table.NEG:
        return node.args[0]  # type: ignore[no-any-return]  # the argument of a NEG
    if node.op is table.NUMBER and node.args[0] <= 0:
        return number(-node.args[0])
    return make(table.NEG, node)


def _arrange_number(node: Expr) -> Expr:
    if node.op is table.NUMBER and node.args[0] < 0:
        return make(table.NEG, number(-node.args[0]))
    return node


# --- sums ---------------------------------------------------------------------------------------


def _arrange_sum(node: Expr, images: dict[int, Expr]) -> Expr:
    return add_terms([images[arg.id] for arg in node.args], minus_last=node.op is table.SUB)


def add_terms(terms: Sequence[Expr], *, minus_last: bool = False) -> Expr:
    """The sum of terms from left to right, negative ones subtracted; a positive one goes first, where there is one."""
    if minus_last:
        terms = [*terms[:-1], negate(terms[-1])]
    first = next((place for place, term in enumerate(terms) if term.op is not table.NEG), 0)
    total = terms[first]
    for term in (*terms[:first], *terms[first + 1 :]):
        if term.op is table.NEG:
            total = make(table.SUB, total, term.args[0])
        else:
            total = make(table.ADD, total, term)
    return total


class _Polynomial(NamedTuple):
    """Coefficients by powers of a base; of its reciprocal where ``below``."""

    base: Expr
    coefficients: dict[int, Fraction]
    below: bool


def _read_polynomial(node: Expr) -> _Polynomial | None:
    """The polynomial in one base that a sum of several terms is; None where it is none."""
    terms = _flatten(node)
    if len(terms) < _SHORTEST_POLYNOMIAL:
        return None
    base: Expr | None = None
    coefficients: dict[int, Fraction] = {}
    for sign, term in terms:
        coefficient, own, power = _read_monomial(term)
        if own is not None:
            if base is not None and own is not base:
                return None
            base = own
        if power in coefficients:
            return None
        coefficients[power] = sign * coefficient
    if base is None or not base.args or (min(coefficients) < 0 < max(coefficients)):
        return None
    below = min(coefficients) < 0
    return _Polynomial(base, {abs(power): value for power, value in coefficients.items()}, below)


def _flatten(node: Expr) -> list[tuple[int, Expr]]:
    """The terms of a sum of sums, each with its sign; none where there are many."""
    terms: list[tuple[int, Expr]] = []
    stack = [(1, node)]
    for _ in range(3 * _MOST_TERMS):
        if not stack:
            return terms
        sign, part = stack.pop()
        if part.op is table.ADD and len(part.args) <= _MOST_TERMS:
            stack += [(sign, arg) for arg in reversed(part.args)]
        elif part.op is table.SUB:
            stack += [(-sign, part.args[1]), (sign, part.args[0])]
        elif part.op is table.NEG:
            stack.append((-sign, part.args[0]))
        else:
            terms.append((sign, part))
    return []


def _read_monomial(term: Expr) -> tuple[Fraction, Expr | None, int]:
    """(c, t, k) of c*t**k; a number has no t. What is not a power is a base to the power of 1."""
    coefficient, above, below = Fraction(1), [term], []
    if (constant := rational(term)) is not None:
        return constant, None, 0
    if term.op is table.MUL:
        above = list(term.args)
    elif term.op is table.DIV:
        below = [term.args[1]]
        above = list(term.args[0].args) if term.args[0].op is table.MUL else [term.args[0]]
    base: Expr | None = None
    power = 0
    for sign, factors in ((1, above), (-1, below)):
        for factor in factors:
            value = rational(factor)
            if value is not None and value != 0:
                coefficient *= value**sign
                continue
            own, exponent = factor, 1
            if factor.op is table.POW and type(whole := exact(factor.args[1])) is int:
                own, exponent = factor.args[0], whole
            if base is not None and own is not base:
                return Fraction(1), term, 1
            base, power = own, power + sign * exponent
    return coefficient, base, power


def _write_horner(polynomial: _Polynomial, images: dict[int, Expr]) -> Expr:
    """a0 + t*(a1 + t*(a2 + ...)), in the largest power of the base that all exponents are multiples of."""
    coefficients = polynomial.coefficients
    lowest = min(coefficients)
    step = reduce(gcd, (power - lowest for power in coefficients)) or 1
    base = images[polynomial.base.id]
    unit = divide(ONE, base) if polynomial.below else base
    quantity = raise_to(unit, step)
    value: Expr | None = None
    for power in range(max(coefficients), lowest - 1, -step):
        term = _write_coefficient(coefficients.get(power, Fraction(0)))
        if value is None:
            value = term
        else:
            product = multiply([quantity, value])
            value = product if term is None else add_terms([term, product])
    assert value is not None  # the highest coefficient is not 0
    return value if not lowest else multiply([raise_to(unit, lowest), value])


def _write_coefficient(value: Fraction) -> Expr | None:
    if not value:
        return None
    node = _write_rational(abs(value))
    return negate(node) if value < 0 else node


# --- products -----------------------------------------------------------------------------------


def _write_rational(value: Number) -> Expr:
    """A positive rational: itself, or a quotient of two doubles."""
    value = Fraction(value)
    if value.denominator == 1 or value.numerator >= _LARGEST or value.denominator >= _LARGEST:
        return number(value)
    return make(table.DIV, number(value.numerator), number(value.denominator))


def _arrange_product(node: Expr, images: dict[int, Expr]) -> Expr:
    coefficient = _ONE
    above: list[Expr] = []
    below: list[Expr] = []
    for factor in node.args:
        value = exact(factor)
        if value is not None and (factor.op is not table.NUMBER or type(value) is int):
            coefficient = Fraction(coefficient) * value if coefficient != 1 else Fraction(value)
        elif (divisor := _read_divisor(factor, images)) is not None:
            below.append(divisor)
        else:
            above.append(images[factor.id])
    if not coefficient:
        return number(0)
    size = abs(coefficient)
    if size.numerator >= _LARGEST or size.denominator >= _LARGEST:
        above = [number(size), *above]
    else:
        above = above if size.numerator == 1 else [number(size.numerator), *above]
        below = below if size.denominator == 1 else [number(size.denominator), *below]
    quotient = divide(multiply(above), multiply(below))
    return negate(quotient) if coefficient < 0 else quotient


def _read_divisor(factor: Expr, images: dict[int, Expr]) -> Expr | None:
    """What a factor with a negative exponent divides by; None for other factors."""
    if factor.op is not table.POW:
        return None
    value = exact(factor.args[1])
    if value is None or value >= 0:
        return None
    return raise_to(images[factor.args[0].id], -value)


def multiply(factors: Sequence[Expr]) -> Expr:
    """The product of factors from left to right; the sign of any goes in front."""
    product: Expr | None = None
    sign = 1
    for factor in factors:
        if factor.op is table.NEG:
            sign, factor = -sign, factor.args[0]  # what follows is about its size
        if factor is ONE:
            continue
        product = factor if product is None else make(table.MUL, product, factor)
    if product is None:
        product = ONE
    return negate(product) if sign < 0 else product


def divide(above: Expr, below: Expr) -> Expr:
    """The quotient; the sign of either goes in front."""
    if below is ONE:
        return above
    sign = 1
    if above.op is table.NEG:
        sign, above = -sign, above.args[0]
    if below.op is table.NEG:
        sign, below = -sign, below.args[0]
    quotient = make(table.DIV, above, below)
    return negate(quotient) if sign < 0 else quotient


def _arrange_power(node: Expr, images: dict[int, Expr]) -> Expr:
    base, exponent = node.args
    value = exact(exponent)
    if value is None:
        return make(table.POW, images[base.id], images[exponent.id])
    if value < 0:
        return divide(ONE, raise_to(images[base.id], -value))
    return raise_to(images[base.id], value)


def raise_to(base: Expr, value: Number) -> Expr:
    """base**value for a value > 0: a product, a square root, both, or a power."""
    if value == 1:
        return base
    if value == 0:
        return ONE
    if type(value) is int and value <= _MOST_FACTORS:
        if base.op is table.NEG and not value % 2:
            base = base.args[0]
        if value == _MOST_FACTORS:
            square = make(table.MUL, base, base)
            return make(table.MUL, square, square)
        return multiply([base] * value)
    if type(value) is not int and value.denominator == 2 and value < _MOST_FACTORS:
        root = make(table.SQRT, base)
        return multiply([*[base] * int(value), root])
    return make(table.POW, base, _write_rational(value))
