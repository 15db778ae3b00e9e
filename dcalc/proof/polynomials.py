"""Expressions by flint's polynomials: real zeros in order; forms multiplied out, factored, over one denominator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import comb, gcd, isqrt, lcm
from typing import Any, Literal, NamedTuple, get_args

from flint import Ordering, acb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz_poly

from dcalc import functions as table
from dcalc.errors import LimitError
from dcalc.expr import MINUS_ONE, Expr, exact, make, number, symbol
from dcalc.functions import ADD, DIV, MUL, NEG, POW, SUB
from dcalc.numbers.rounding import midpoint
from dcalc.simplify import rebuild, simplify, style
from dcalc.simplify.terms import Algebra

# --- real zeros --------------------------------------------------------------------------------
# Real zeros of polynomials with rational coefficients, in order: exactly where they are rational or square roots.


_MOST_DEGREE = 60
_MOST_SQUARE = 1 << 200


class Zero(NamedTuple):
    """A real zero: two rationals around it, which are equal where it is rational, and its expression.

    ``expression`` is None where the zero has no expression in rationals and square roots. Zeros of one ``key``
    are the same.
    """

    low: Fraction
    high: Fraction
    expression: Expr | None
    key: tuple[str, int]

    def is_same(self, other: Zero) -> bool:
        """Whether two zeros are the same number, in which case they are so of the same polynomial."""
        return self.key == other.key or self.low == self.high == other.low == other.high

    @property
    def middle(self) -> Fraction:
        """A rational near the zero, or the zero."""
        return (self.low + self.high) / 2


def univariate(poly: fmpq_mpoly, place: int) -> fmpz_poly | None:
    """A polynomial in one generator, times a number that makes its coefficients whole; None where it has others."""
    degrees: dict[int, fmpq] = {}
    for powers, value in poly.to_dict().items():
        if any(power for index, power in enumerate(powers) if index != place):
            return None
        degrees[int(powers[place])] = fmpq(value)
    if not degrees or max(degrees) > _MOST_DEGREE:
        return None
    scale = 1
    for value in degrees.values():
        scale *= int(value.q)
    return fmpz_poly([int((degrees.get(k, fmpq(0)) * scale).p) for k in range(max(degrees) + 1)])


def real_zeros(poly: fmpz_poly) -> list[Zero]:
    """The different real zeros of a polynomial that is not 0, in ascending order."""
    zeros = [zero for factor, _ in poly.factor()[1] for zero in _zeros_of(factor)]
    return sorted(zeros, key=lambda zero: zero.middle)


def _zeros_of(poly: fmpz_poly) -> Iterator[Zero]:
    """The real zeros of a polynomial without factors."""
    degree = poly.degree()
    if degree < 1:
        return
    if degree == 1:
        rational = Fraction(-int(poly[0]), int(poly[1]))
        yield Zero(rational, rational, rational_expression(rational), (str(poly), 0))
        return
    # flint writes the real zeros first, in ascending order, with imaginary parts that are exactly 0
    real = [root.real for root, _ in _complex_roots(poly) if root.imag == 0]
    for index, root in enumerate(real):
        middle, radius = midpoint(root), midpoint(root.rad())
        expression = _square_root(poly, 1 if index else -1) if degree == 2 else None
        yield Zero(middle - radius, middle + radius, expression, (str(poly), index))


def _complex_roots(poly: fmpz_poly) -> list[tuple[acb, int]]:
    return poly.complex_roots()  # type: ignore[return-value]  # pairs, which the stubs do not know


def rational_expression(value: Fraction) -> Expr:
    """A rational as it can be typed: number nodes are decimals, and 1/3 is none."""
    return simplify(make(DIV, number(value.numerator), number(value.denominator)))


def _square_root(poly: fmpz_poly, sign: int) -> Expr | None:
    """A zero of a quadratic: (-b + sign*sqrt(b**2 - 4*a*c))/(2*a), with a > 0."""
    c, b, a = (int(poly[k]) for k in range(3))
    if a < 0:
        a, b, c = -a, -b, -c
    whole, square = _split_square(b * b - 4 * a * c)
    common = gcd(b, square, 2 * a)
    term = make(POW, number(whole), rational_expression(Fraction(1, 2)))
    if square > common:
        term = make(MUL, number(square // common), term)
    if b:
        above = make(ADD if sign > 0 else SUB, number(-b // common), term)
    else:
        above = term if sign > 0 else make(NEG, term)
    return above if 2 * a == common else make(DIV, above, number(2 * a // common))


def _split_square(value: int) -> tuple[int, int]:
    """(r, s) with value = r*s**2, for small factors of s."""
    square = 1
    if value < _MOST_SQUARE:
        for factor in range(2, min(isqrt(value), 1000) + 1):
            while value % (factor * factor) == 0:
                value //= factor * factor
                square *= factor
    return value, square


# --- forms -------------------------------------------------------------------------------------
# Expressions multiplied out, factored, over one denominator, or collected: flint's polynomials over their parts.
#
# A part that is not a sum, a product or a whole power, such as sin(x) or sqrt(x), is a generator; powers of one base
# with broken exponents are powers of one root. Each form is equal to the expression wherever that is defined.


Form = Literal["expand", "factor", "together"]
FORMS: tuple[Form, ...] = get_args(Form)
MOST_TERMS = 20_000
_MOST_NODES = 5_000
_MOST_GENERATORS = 60
_MOST_BITS = 1 << 20
"""Of a coefficient that is a power."""


class Quotient(NamedTuple):
    """above/below, polynomials without a common factor."""

    above: fmpq_mpoly
    below: fmpq_mpoly


def rewrite(root: Expr, form: Form, most: int = MOST_TERMS) -> Expr:
    """The expression in one of the `FORMS`. Raises LimitError where it would have more than ``most`` terms."""
    ring = Ring(root, keeps_quotients=form == "expand", most=most)
    element = ring.element
    if form == "expand":
        return ring.sum_of(element.above)
    if form == "factor":
        return ring.product_of(element)
    return ring.quotient_of(element)


def collect(root: Expr, name: str) -> Expr:
    """The expression multiplied out, the terms of each power of a variable put together. Raises as `rewrite` does."""
    ring = Ring(root, keeps_quotients=True, most=MOST_TERMS)
    algebra = ring.algebra
    variable = symbol(name)
    coefficients: dict[Expr, list[Expr]] = {}
    for term in ring.terms_of(ring.element.above):
        factors = term.args if term.op is table.MUL else (term,)
        power = [factor for factor in factors if algebra.base_and_exponent(factor)[0] is variable]
        rest = [factor for factor in factors if factor not in power]
        coefficients.setdefault(algebra.mul(power), []).append(algebra.mul(rest))
    return algebra.add([algebra.mul((power, algebra.add(parts))) for power, parts in coefficients.items()])


class Ring:
    """The polynomials over the parts of an expression, and the expression as one of their fractions.

    With ``keeps_quotients`` what stands below a line is a generator, so that sums stay sums.
    """

    def __init__(self, root: Expr, *, keeps_quotients: bool, most: int) -> None:
        self.algebra = Algebra(style(root).decimals)
        self.keeps_quotients = keeps_quotients
        self.most = most
        simple = rebuild(root, self.algebra)
        order = self._parts(simple)
        if len(order) > _MOST_NODES:
            raise _too_large(most)
        self.places: dict[tuple[int, bool], int] = {}
        self.bases: list[Expr] = []
        self.degrees: list[int] = []
        for node in order:
            self._note_generator(node)
        if len(self.bases) > _MOST_GENERATORS:
            raise _too_large(most)
        names = tuple(f"g{place}" for place in range(max(1, len(self.bases))))
        self.context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.one = self.context.constant(1)
        self.elements: dict[int, Quotient] = {}
        for node in order:
            self.elements[node.id] = self._element(node)
        self.element = self.elements[simple.id]

    # --- reading -----------------------------------------------------------------------------

    def _parts(self, root: Expr) -> list[Expr]:
        """The nodes that are combined by arithmetic, in order of evaluation."""
        parts: dict[int, Expr] = {}
        stack = [root]
        while stack:
            node = stack.pop()
            if node.id in parts:
                continue
            parts[node.id] = node
            if node.op is table.ADD or node.op is table.MUL:
                stack += node.args
            elif self._is_whole_power(node):
                stack.append(node.args[0])
        return [parts[key] for key in sorted(parts)]

    def _is_whole_power(self, node: Expr) -> bool:
        count = exact(node.args[1]) if node.op is table.POW else None
        if type(count) is not int:
            return False
        return count > 0 or not self.keeps_quotients or exact(node) is not None

    def _power(self, node: Expr) -> tuple[Expr, Fraction, bool]:
        """(base, exponent, whether it is below the line) of a part that is a generator to some power."""
        count = exact(node.args[1]) if node.op is table.POW else None
        if count is None:
            return node, Fraction(1), False
        is_below = count < 0 and self.keeps_quotients
        return node.args[0], abs(Fraction(count)) if is_below else Fraction(count), is_below

    def _note_generator(self, node: Expr) -> None:
        if node.op in (table.NUMBER, table.ADD, table.MUL) or exact(node) is not None or self._is_whole_power(node):
            return
        base, count, is_below = self._power(node)
        key = (base.id, is_below)
        if key not in self.places:
            self.places[key] = len(self.bases)
            self.bases.append(self.algebra.power(base, MINUS_ONE) if is_below else base)
            self.degrees.append(1)
        place = self.places[key]
        self.degrees[place] = lcm(self.degrees[place], count.denominator)

    def _element(self, node: Expr) -> Quotient:
        value = exact(node)
        if value is not None:
            number = Fraction(value)
            return Quotient(self.context.constant(fmpq(number.numerator, number.denominator)), self.one)
        if node.op is table.ADD:
            return self._fold(node.args, self._add)
        if node.op is table.MUL:
            return self._fold(node.args, self._multiply)
        if self._is_whole_power(node):
            return self._raise(self.elements[node.args[0].id], exact(node.args[1]))
        base, count, is_below = self._power(node)
        place = self.places[base.id, is_below]
        generator = Quotient(self.context.gen(place), self.one)
        return self._raise(generator, int(count * self.degrees[place]))

    def _fold(self, args: Iterable[Expr], combine: Callable[[Quotient, Quotient], Quotient]) -> Quotient:
        first, *others = [self.elements[arg.id] for arg in args]
        for other in others:
            first = combine(first, other)
        return first

    def _add(self, left: Quotient, right: Quotient) -> Quotient:
        if left.below == right.below:
            return self._reduced(left.above + right.above, left.below)
        return self._reduced(
            self._product(left.above, right.below) + self._product(right.above, left.below),
            self._product(left.below, right.below),
        )

    def _multiply(self, left: Quotient, right: Quotient) -> Quotient:
        return self._reduced(self._product(left.above, right.above), self._product(left.below, right.below))

    def _product(self, left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
        if len(left) * len(right) > self.most * 4:
            raise _too_large(self.most)
        return left * right

    def _raise(self, element: Quotient, count: Any) -> Quotient:
        for part in element:
            if len(part) > 1 and comb(abs(count) + len(part) - 1, len(part) - 1) > self.most:
                raise _too_large(self.most)
            if abs(count) * max((value.height_bits() for value in part.coeffs()), default=0) > _MOST_BITS:
                raise LimitError("a power in the expression is too large to write out", help="simplify a part of it")
        above, below = element.above ** abs(count), element.below ** abs(count)
        return Quotient(above, below) if count >= 0 else self._reduced(below, above)

    def _reduced(self, above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
        if below == self.one:
            return Quotient(above, below)
        if not below:
            raise LimitError("a part of the expression divides by 0", help="ask dcalc eval what is undefined")
        common = above.gcd(below)
        above, below = above / common, below / common
        lead = below.leading_coefficient()
        return Quotient(above / lead, below / lead)

    # --- writing -----------------------------------------------------------------------------

    def terms_of(self, polynomial: fmpq_mpoly) -> list[Expr]:
        """The terms of a polynomial as expressions."""
        terms = []
        for counts, value in polynomial.to_dict().items():
            powers = [
                self.algebra.power(base, self.algebra.number(Fraction(int(count), degree)))
                for base, degree, count in zip(self.bases, self.degrees, counts, strict=False)
                if count
            ]
            number = self.algebra.number(Fraction(int(value.p), int(value.q)))
            terms.append(self.algebra.mul([number, *powers]))
        return terms

    def sum_of(self, polynomial: fmpq_mpoly) -> Expr:
        """A polynomial as a sum."""
        return self.algebra.add(self.terms_of(polynomial))

    def quotient_of(self, element: Quotient) -> Expr:
        """One fraction: a sum over factors."""
        return self.algebra.mul([self.sum_of(element.above), *self._factors(element.below, -1)])

    def product_of(self, element: Quotient) -> Expr:
        """Factors over factors."""
        return self.algebra.mul([*self._factors(element.above, 1), *self._factors(element.below, -1)])

    def _factors(self, polynomial: fmpq_mpoly, sign: int) -> list[Expr]:
        if not polynomial:
            return [self.algebra.number(0)]
        number, factors = polynomial.factor()
        front = self.algebra.number(Fraction(int(number.p), int(number.q)) ** sign)
        return [
            front,
            *(self.algebra.power(self.sum_of(part), self.algebra.number(sign * int(count))) for part, count in factors),
        ]


def _too_large(most: int) -> LimitError:
    return LimitError(f"the polynomial would have more than {most:,} terms", help="simplify a part of it")


_MOST_DIVIDED = 500


def divides(divisor: Expr, root: Expr) -> bool:
    """Whether a quotient of two expressions is a polynomial in their parts, so that zeros of the divisor are zeros of
    ``root`` wherever the parts have values. False where that would take long to tell."""
    try:
        element = Ring(make(table.DIV, root, divisor), keeps_quotients=False, most=_MOST_DIVIDED).element
    except LimitError:
        return False
    return bool(element.below.is_constant())
