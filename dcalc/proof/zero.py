"""Zero tests of constants: a constant as an element of a field, in which 0 is seen to be 0.

An empty numerator is zero, proved: that of exp(2) - e**2, sin(2)**2 + cos(2)**2 - 1, cos(-1) - cos(1),
sin(pi/6) - 1/2. Constants whose elements differ may be equal all the same: then a root bound decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from math import factorial, gcd, log2, prod
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from flint import arb, ctx, fmpq_mpoly

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import make, symbol
from dcalc.functions import Row
from dcalc.numbers.ball import nearest_whole
from dcalc.numbers.enclosure import Encloser, Fault
from dcalc.proof.budget import Budget, current_budget
from dcalc.proof.constant import Constant, NeedMoreBits, working_precision
from dcalc.proof.expressions import Translator, known_value
from dcalc.proof.field import CONSTANT_LIMITS, Field, FinerScale, MoreRoom, Quotient, TooLarge
from dcalc.proof.relations import Elementary, Kind

_SIZES = (8, 32, 128)
"""Generators of the field: flint's monomials have an exponent for each, and most questions need a few."""
_TRIES = 12
"""How often a field is rebuilt for one constant, with finer scales or more generators."""
_MOST_ORDERS = 4
"""Taylor coefficients up to this order are looked at as derivatives where they may vanish, as si'(pi) = sin(pi)/pi
does, or are algebraic."""
_MOST_NODES = 4_000
"""Parts of a constant that are looked at; what lies deeper is taken for unknown numbers."""


def is_proved_zero(constant: Constant) -> bool:
    """Whether a constant whose ball holds 0 is proved to be 0. Raises NeedMoreBits where a root bound may decide."""
    return has_zero_element(constant) or is_below_root_bound(constant)


def has_zero_element(constant: Constant) -> bool:
    """True only if the element of a constant is 0, which proves that the constant is."""
    element = _prover().element(constant)
    return element is not None and element.above.is_zero()


def rational_value(constant: Constant) -> Fraction | None:
    """The rational that a constant is by its element; None where that does not show one."""
    prover = _prover()
    element = prover.element(constant)
    return None if element is None else prover.field.constant(element)


def multiple_of_pi(constant: Constant) -> Fraction | None:
    """c/pi for a constant that is a rational multiple of pi by its element."""
    prover = _prover()
    element = prover.element(constant)
    if element is None or not element.below.is_one():
        return None
    if element.above.is_zero():
        return Fraction(0)
    (quantity, coefficient), *others = prover.field.terms(element)
    return coefficient if not others and quantity == prover.functions.pi else None


class NumberElementary(Elementary):
    """The functions of constants, whose signs their balls tell."""

    def __init__(self, field: Field) -> None:
        self._balls: dict[int, Callable[[], arb]] = {}
        self._enclosed: dict[int, tuple[int, arb]] = {}  # by place, at which precision
        self._angles: dict[int, Quotient] = {}
        """By place of a sine or cosine: the angle whose sine it is."""
        super().__init__(field)

    def remember_ball(self, place: int, ball: Callable[[], arb]) -> None:
        """Take note of how to enclose an atom, which is done only if its sign matters."""
        self._balls[place] = ball

    def enclose(self, element: Quotient) -> arb:
        """The ball of an element at the working precision; not finite where it is not known."""
        above = self.field.evaluate(element.above, self._ball)
        return above if element.below.is_one() else above / self.field.evaluate(element.below, self._ball)

    def _ball(self, place: int) -> arb:
        precision, ball = self._enclosed.get(place, (0, None))
        if ball is None or precision != ctx.prec:
            recipe = self._balls.get(place)
            ball = arb("nan") if recipe is None else recipe()
            self._enclosed[place] = ctx.prec, ball
        return ball

    def sign_of(self, poly: fmpq_mpoly) -> int:
        """The sign of a polynomial where its ball shows it; else 0."""
        if self.field.is_positive(poly):
            return 1
        ball = self.field.evaluate(poly, self._ball)
        return 1 if ball > 0 else -1 if ball < 0 else 0

    def unknown_sign(self, poly: fmpq_mpoly) -> Quotient:
        """No element: the number may be 0, whose sign has no square 1."""
        raise TooLarge

    def require(self, kind: Kind, key: str, poly: fmpq_mpoly | None) -> None:
        """Nothing: constants are made only where they have a value."""

    def exempt(self, element: Quotient) -> None:
        """Nothing, as above."""

    def require_nonzero(self, element: Quotient) -> None:
        """Nothing, as above, without factoring the element."""

    def require_sign(self, kind: Literal["positive", "nonnegative"], element: Quotient) -> None:
        """Nothing, as above."""

    def is_positive(self, base: Quotient) -> bool:
        """True: a constant has roots only where it is positive."""
        return True

    def _pair(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        cos, sin = super()._pair(angle)
        field = self.field
        places = field.single(cos), field.single(sin)
        assert places[0] is not None
        assert places[1] is not None
        if places[1] not in self._angles:
            self._angles[places[1]] = angle
            quarter = field.multiply(self.pi, field.number(Fraction(1, 2)))
            self._angles[places[0]] = field.subtract(quarter, angle)
        return cos, sin

    def arcsine(self, argument: Quotient) -> Quotient:
        """asin: of a sine its angle, mirrored and less half turns."""
        single, sign = self.field.single(argument), 1
        if single is None:
            single, sign = self.field.single(self.field.negate(argument)), -1
        angle = self._angles.get(single) if single is not None else None
        turned = None if angle is None else self._take_half_turns(angle)
        if turned is None:
            return super().arcsine(argument)
        return turned[0] if (turned[1] % 2 == 0) == (sign > 0) else self.field.negate(turned[0])

    def arctangent(self, argument: Quotient) -> Quotient:
        """atan: of a tangent its angle, less half turns."""
        place = self.field.single(self.field.from_polynomial(argument.below))
        for sine, cosine in self.cosines.items():
            if cosine == place and sine in self._angles:
                sign = next((sign for sign in (1, -1) if argument.above == sign * self.field.context.gen(sine)), 0)
                turned = self._take_half_turns(self._angles[sine]) if sign else None
                if turned is not None:
                    return turned[0] if sign > 0 else self.field.negate(turned[0])
        return super().arctangent(argument)

    def unknown(self, name: str, args: Iterable[Quotient], *, domain: bool = False) -> Quotient:
        """A function about which nothing else is known, but that lambertw(w*exp(w)) is w from -1 on."""
        args = list(args)
        if name == "lambertw":
            for log in [*self.field.logs.values()]:
                for w in self._multiples(log(), args[0]):
                    if self.enclose(w) > -1 and self.field.multiply(w, self.exp(w)) == args[0]:
                        return w
        return super().unknown(name, args, domain=domain)

    def _multiples(self, log: Quotient, argument: Quotient) -> Iterator[Quotient]:
        """Multiples of a logarithm that may be w in w*exp(w): those by the powers of atoms in it."""
        for power in sorted({int(power) for powers in argument.above.monoms() for power in powers}):
            yield self.field.multiply(log, self.field.number(power))

    def _take_half_turns(self, angle: Quotient) -> tuple[Quotient, int] | None:
        """(angle - k*pi, k), between -pi/2 and pi/2; None where the ball does not tell."""
        turns = self.enclose(angle) / arb.pi()
        whole = nearest_whole((turns + arb(0.5)).floor())
        if whole is None or not abs(turns - whole) < 0.5:
            return None
        return self.field.subtract(angle, self.field.multiply(self.pi, self.field.number(whole))), whole

    def coefficient(self, row: Row | None, key: str, args: list[Quotient], order: int, ball: arb) -> Quotient:
        """An unknown number, the Taylor coefficient of that order of a function with or without parity."""
        field, sign = self.field, 1
        if row is not None and row.parity and len(args) == 1:
            odd = (row.parity == "odd") != bool(order % 2)
            if args[0].above.is_zero() and odd:
                return field.zero
            if not args[0].above.is_zero() and args[0].above.leading_coefficient() < 0:
                args = [field.negate(args[0])]
                sign = -1 if odd else 1
        element = self.unknown(f"{key} {order}" if order else key, args)
        place = field.single(element)
        if place is not None and place not in self._balls:
            self.remember_ball(place, lambda: ball * sign)
        return element if sign > 0 else field.negate(element)


class Prover:
    """The elements of the constants of one question, kept on the constants.

    They mean something only in the field that made them. Where a quantity is divided more finely, or all
    generators are taken, a new field takes its place, and elements are made again where they are needed.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.scales: dict[str, int] = {}
        self._begin(_SIZES[0])

    def _begin(self, size: int) -> None:
        self.field = Field(self.scales, None, size, CONSTANT_LIMITS, self.budget)
        self.functions = NumberElementary(self.field)
        self.held: list[Constant] = []  # atoms by their id, which stays theirs as long as they live

    def element(self, constant: Constant) -> Quotient | None:
        """The element of a constant; None where the largest field has no room for it, or the budget is spent."""
        for _ in range(_TRIES):
            if self.budget.proofs < 0:
                return None
            started_empty = len(self.field.atoms) == 1  # pi, which every field has
            try:
                return self._build(constant)
            except FinerScale:
                self._begin(self.field.size)
            except MoreRoom:
                if started_empty and self.field.size == _SIZES[-1]:
                    return None
                self._begin(next((size for size in _SIZES if size > self.field.size), _SIZES[-1]))
        return None

    def _build(self, constant: Constant) -> Quotient:
        """The element of a constant from those of its parts. No recursion: constants nest deeply."""
        field, stack, seen = self.field, [constant], 0
        while stack:
            top = stack[-1]
            if top.exact is not None or (top.element is not None and top.element[0] is field):
                stack.pop()
                continue
            missing = [
                part
                for part in _parts(top)
                if part.exact is None and (part.element is None or part.element[0] is not field)
            ]
            seen += 1
            if missing and seen < _MOST_NODES:
                stack += missing
            else:
                top.element = (field, self._unknown(top) if missing else self._combine(top))
                stack.pop()
        return self._element_of(constant)

    def _element_of(self, part: Constant) -> Quotient:
        """The element of a constant that has one: rational ones are made when they are needed."""
        if part.exact is not None:
            return self.field.rational(part.exact)
        assert part.element is not None
        return part.element[1]

    def _combine(self, constant: Constant) -> Quotient:
        """An element from those of the parts; an unknown number where it would be too large."""
        try:
            return self._rule(constant)
        except (TooLarge, OverflowError):  # flint has no powers beyond machine words
            if self.budget.proofs < 0:  # all that follows would be unknown, and fill the field
                raise MoreRoom from None
            return self._unknown(constant)

    def _unknown(self, constant: Constant) -> Quotient:
        """An atom of its own."""
        self.held.append(constant)
        element = self.functions.unknown("number", [self.field.number(id(constant))])
        place = self.field.single(element)
        assert place is not None
        self.functions.remember_ball(place, lambda: constant.ball)
        return element

    def _rule(self, constant: Constant) -> Quotient:
        op = constant.op
        if op == "pi":
            return self.functions.pi
        if op == "call":
            return self._call(constant)
        first = self._element_of(constant.args[0])
        if op == "pow":
            return self.functions.rational_power(first, constant.args[1])
        if op == "inv":
            return self.field.inverse(first)
        second = self._element_of(constant.args[1])
        return self.field.add(first, second) if op == "+" else self.field.multiply(first, second)

    def _call(self, constant: Constant) -> Quotient:
        """The value of a function, or one of its Taylor coefficients."""
        name, parts, order = constant.args
        args = [self._element_of(part) for part in parts]
        row = table.find(name, len(args))
        if row is not None and not order and (element := known_value(self.functions, row, args)) is not None:
            return element
        is_derivative = row is not None and order and order <= _MOST_ORDERS and len(parts) == 1
        if row is not None and is_derivative and (0 in constant.ball or _is_slope_algebraic(row)):
            element = self._differentiate(row, parts[0], args[0], order)
            if element is not None:
                return element
        return self.functions.coefficient(row, name, args, order or 0, constant.ball)

    def _differentiate(self, row: Row, at: Constant, argument: Quotient, order: int) -> Quotient | None:
        """A Taylor coefficient as the derivative that the table's partials give, where all of that has a value."""
        x = symbol("argument x")
        try:
            slope = derivative(make(row, x), (x.args[0],) * order)
            value = Encloser(slope, "", 0).at({x.args[0]: lambda: at.ball}).f
            if isinstance(value, Fault) or not value.is_finite():
                return None
            translator = Translator(self.functions)
            translator.elements[x.id] = argument
            return self.field.multiply(translator.element(slope), self.field.number(Fraction(1, factorial(order))))
        except (Unsupported, LimitError):
            return None


@cache
def _is_slope_algebraic(row: Row) -> bool:
    """Whether the derivative of a function of one argument is made of powers and roots: that of asinh."""
    (slope,) = row.partials if len(row.partials) == 1 else (None,)
    return bool(slope) and not {*_WORD.findall(str(slope))} - {*row.args, "sqrt"}


_WORD = re.compile(r"[a-z_]\w*")


def _parts(constant: Constant) -> list[Constant]:
    if constant.op == "call":
        return list(constant.args[1])
    return [part for part in constant.args if isinstance(part, Constant)]


_provers: WeakKeyDictionary[Budget, Prover] = WeakKeyDictionary()
"""The prover of each question being answered: it ends with the budget of the question."""


def _prover() -> Prover:
    budget = current_budget()
    prover = _provers.get(budget)
    if prover is None:
        prover = _provers[budget] = Prover(budget)
    return prover


# --- Zero tests by root bounds: an algebraic number that is small enough is zero.
#
# Burnikel, Funke, Mehlhorn, Schirra and Schmitt, A Separation Bound for Real Algebraic Expressions, Algorithmica 55
# (2009): an expression of rationals, +, *, / and roots with parameters u and l, and the product D of the degrees of
# its distinct roots, is zero or at least 1/(u**(D-1)*l) in size.

MAX_BITS = 20_000
"""A bound that needs more bits than this is out of reach: balls of this size take seconds."""
_MAX_ORDER = 240
"""Roots of unity of a higher order have degrees whose products are out of reach anyway."""


class Bound(NamedTuple):
    """log2 of u and (``low``) of l, and the degrees of the roots inside, by the identity of what is rooted."""

    u: float
    low: float
    roots: dict[tuple[int, int], int]


def is_below_root_bound(constant: Constant) -> bool:
    """Whether an algebraic constant is proved to be zero.

    False where it is not algebraic, or the bound is out of reach. Raises NeedMoreBits with the bits that decide.
    """
    bound = bound_of(constant)
    if bound is None:
        return False
    degree = prod(bound.roots.values())
    if degree > MAX_BITS or not (degree - 1) * bound.u + bound.low < MAX_BITS:
        return False  # so, too, where the parameters have left the range of doubles
    bits = int((degree - 1) * bound.u + bound.low) + 2
    size = constant.ball.abs_upper()
    if size * 2 ** (bits // 2) * 2 ** (bits - bits // 2) < 1:
        return True
    if working_precision() > 2 * bits + 256:
        return False
    raise NeedMoreBits(bits + 64)


def bound_of(constant: Constant) -> Bound | None:
    """The parameters of a constant; None where it is not algebraic by construction."""
    stack = [constant]
    while stack:
        top = stack[-1]
        if top.root is not None:
            stack.pop()
            continue
        parts = [part for part in top.args if isinstance(part, Constant)]
        if top.exact is None and top.op not in ("+", "*", "inv", "pow"):
            top.root = (_bound_of_angle(top),)
            stack.pop()
        elif top.exact is None and (missing := [part for part in parts if part.root is None]):
            stack += missing
        else:
            top.root = (_combine(top, [_kept_bound(part) for part in parts]),)
            stack.pop()
    return _kept_bound(constant)


def _kept_bound(constant: Constant) -> Bound | None:
    assert constant.root is not None
    return constant.root[0]


def _bound_of_angle(constant: Constant) -> Bound | None:
    """The bound of sin or cos at a rational multiple of pi: half an algebraic integer, the sum of
    two roots of unity, whose conjugates are such sums, too."""
    if constant.op != "call" or constant.args[0] not in ("sin", "cos") or constant.args[2]:
        return None
    turns = multiple_of_pi(constant.args[1][0])
    if turns is None:
        return None
    if constant.args[0] == "sin":
        turns = Fraction(1, 2) - turns
    order = (turns / 2).denominator  # cos(2*pi*k/order)
    if order > _MAX_ORDER:
        return None
    degree = max(sum(gcd(k, order) == 1 for k in range(1, order + 1)) // 2, 1)
    return Bound(1, 1, {(0, order): degree})


def _combine(constant: Constant, parts: list[Bound | None]) -> Bound | None:
    if constant.exact is not None:
        return Bound(log2(max(abs(int(constant.exact.p)), 1)), log2(int(constant.exact.q)), {})
    bounds = [part for part in parts if part is not None]
    if len(bounds) < len(parts):
        return None
    first = bounds[0]
    if constant.op == "inv":
        return Bound(first.low, first.u, first.roots)
    if constant.op == "pow":
        return _bound_of_power(constant, first)
    second = bounds[1]
    roots = first.roots | second.roots
    if constant.op == "*":
        return Bound(first.u + second.u, first.low + second.low, roots)
    return Bound(max(first.u + second.low, first.low + second.u) + 1, first.low + second.low, roots)


def _bound_of_power(constant: Constant, inner: Bound) -> Bound | None:
    exponent = constant.args[1]
    k = exponent.denominator
    if k > MAX_BITS or abs(exponent.numerator) > 1 << 64:
        return None
    u, low = (inner.u, inner.low) if exponent > 0 else (inner.low, inner.u)
    times = abs(exponent.numerator)
    u, low = u * times, low * times
    if k == 1:
        return Bound(u, low, inner.roots)
    roots = inner.roots | {(id(constant.args[0]), k): k}
    if u >= low:
        return Bound((u + (k - 1) * low) / k, low, roots)
    return Bound(u, ((k - 1) * u + low) / k, roots)
