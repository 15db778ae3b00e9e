"""The asymptotic scale of a question about x -> inf, and what is known of expressions in it.

The scale is a list of functions that tend to infinity, each beyond all powers of the one before: log(log(x)),
log(x), x, exp(x), exp(x**2), ... They are Gruntz's classes of comparability (On Computing Limits in a Symbolic
Manipulation System, ETH Zurich, 1996), met from below instead of from above, so that nothing is looked for twice. An
exponential or a logarithm with an infinite limit becomes a power product of elements times something with a finite
one. What is left is expanded by the largest element that it holds, whose coefficients hold smaller ones alone, until a
constant is left: that is the leading term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, partial
from itertools import product
from math import factorial
from typing import Literal, NamedTuple

from flint import arb, fmpq

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import DcalcError, Undefined
from dcalc.expr import ONE, ZERO, Expr, is_leaf, make, number, substitute, symbol, walk
from dcalc.functions import Row
from dcalc.numbers.enclosure import analytic, carrying
from dcalc.numbers.enclosure import constant as constant_ball
from dcalc.proof import prove_number
from dcalc.proof.constant import Constant, NeedMoreBits
from dcalc.tape import lower, run
from dcalc.verdict.at_infinity import REMAINDERS, Remainder
from dcalc.verdict.coefficients import (
    Expansion,
    Part,
    add,
    as_rational,
    compose,
    constant,
    cosine_slopes,
    element_symbol,
    exp_of,
    exp_slopes,
    log_of,
    log_slopes,
    make_power,
    multiply,
    negative,
    plus,
    power,
    raised,
    sine_slopes,
    split,
    times,
)
from dcalc.verdict.composition import taylor_balls
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.scale import NeedMoreTerms, Order, Undecidable, order_of
from dcalc.verdict.series import NoValue, OpenQuestion

_LENGTHS = (3, 6, 12)
"""Parts of an expansion that are looked at, one length after the other while all known ones cancel."""
_MOST_ELEMENTS = 16
_PARTS, _PARTS_OF_TWO = 64, 16
"""Parts of the range of a phase, and of each of two, on which a sign is looked at."""
_STEPS = 12
"""Powers of elements that are taken out of one exponential."""


class Swinging(Undecidable):
    """A question whose answer depends on a phase that takes all values again and again."""


class Valueless(Undecidable):
    """A constant that has no value."""


class FinerPhase(Exception):
    """The argument of a phase, by its place, must be divided, since another one is a fraction of it."""

    def __init__(self, place: int, parts: int) -> None:
        super().__init__(place, parts)
        self.place = place
        self.parts = parts


class Element:
    """A function of the scale: its symbol, and its logarithm in terms of other elements, where it is asked for."""

    __slots__ = ("log", "symbol")

    def __init__(self, count: int, log: Expr | None = None) -> None:
        self.symbol = element_symbol(count)
        self.log = log


class Phase(NamedTuple):
    """An argument that tends to infinity: modulo 2*pi as a sine and a cosine, or modulo 1 as a fractional part."""

    kind: Literal["turn", "step", "rest"]
    argument: Expr
    names: tuple[str, ...]


class Size(NamedTuple):
    """The leading term of a function: the exponents of elements, the largest first, and a constant factor."""

    exponents: tuple[tuple[Element, Order], ...]
    factor: Expr


class Tendency(NamedTuple):
    """A limit: a constant, as an expression, or infinity of a sign."""

    value: Expr | None
    sign: int = 0


class Scale:
    """The scale of one question, and all that is known of expressions in it.

    ``values`` are the constants that other variables are. With a ``choice``, phases have the values of that number
    among `CHOICES` instead of being unknown. ``parts`` tells by the place of a phase into how many parts its argument
    is divided. Raises NeedMoreBits where more bits may decide, Undecidable where the expansions do not.
    """

    def __init__(
        self, values: Mapping[str, Constant], choice: int | None = None, parts: Mapping[int, int] | None = None
    ) -> None:
        self.others = values
        self.choice = choice
        self.parts = parts or {}
        self.elements = [Element(1)]
        self.x = self.elements[0].symbol
        """The variable that tends to infinity."""
        self.values = dict(values)
        self.phases: list[Phase] = []
        self._counter = 1
        self._names: dict[int, frozenset[str]] = {}
        self._constants: dict[int, Constant] = {}
        self._zeros: dict[int, bool] = {}
        self._sizes: dict[int, Size | None] = {}
        self._limits: dict[int, Tendency] = {}
        self._expansions: dict[tuple[int, int, int], Expansion] = {}
        self._analytic: set[tuple[object, ...]] = set()
        self._held: list[Expr] = []  # whose ids are keys, and stay theirs while they live

    # --- what an expression holds ----------------------------------------------------------------------

    def names(self, root: Expr) -> frozenset[str]:
        """The names of all symbols in an expression."""
        known = self._names.get(root.id)
        if known is None:
            self._held.append(root)
            for node in walk(root):
                if node.id not in self._names:
                    if node.op is table.SYMBOL:
                        self._names[node.id] = frozenset((node.args[0],))
                    else:
                        parts = () if is_leaf(node) else node.args
                        self._names[node.id] = frozenset().union(*(self._names[part.id] for part in parts))
            known = self._names[root.id]
        return known

    def largest_element(self, node: Expr) -> Element | None:
        """The largest element in an expression; None in a constant."""
        names = self.names(node)
        return next((e for e in reversed(self.elements) if e.symbol.args[0] in names), None)

    def swings(self, node: Expr) -> bool:
        """Whether an expression holds a phase."""
        names = self.names(node)
        return any(not names.isdisjoint(phase.names) for phase in self.phases)

    def constant(self, node: Expr) -> Constant:
        """The constant that an expression without elements is."""
        known = self._constants.get(node.id)
        if known is None:
            value = Evaluation(node, "", self.values, 4).run().value
            if isinstance(value, OpenQuestion):
                if value.retry is None:
                    raise Undecidable(value.reason)
                if self.swings(node):
                    raise Swinging("an oscillating part decides")
                raise value.retry
            if not isinstance(value, Constant):
                raise Valueless(value.reason if isinstance(value, NoValue) else "a condition is not a number")
            self._held.append(node)
            known = self._constants[node.id] = value
        return known

    def constant_sign(self, node: Expr) -> int:
        """The sign of a constant; raises Swinging where it depends on a phase."""
        try:
            return self.constant(node).sign()
        except (NeedMoreBits, Swinging):
            if not self.swings(node):
                raise
        return self._sign_by_parts(node)

    def _sign_by_parts(self, node: Expr) -> int:
        """The sign of a constant that holds phases, if it is the same on all parts of their ranges.

        Raises Swinging where it is not.
        """
        held = [phase for phase in self.phases if not self.names(node).isdisjoint(phase.names)]
        parts = _PARTS if len(held) == 1 else _PARTS_OF_TWO
        signs: set[int] = set()
        tape = lower(node)
        fixed = {name: value.ball for name, value in self.values.items()}
        for choice in product(range(parts), repeat=len(held)) if len(held) <= 2 else ():
            balls = dict(fixed)
            for phase, part in zip(held, choice, strict=True):
                balls.update(_enclose_part(phase, part, parts))
            ball = run(tape, balls, constant_ball, carrying)[tape.place(node)]
            signs.add(_sign_of_ball(ball) if type(ball) is arb else 0)
            if 0 in signs or len(signs) > 1:
                break
        if len(signs) != 1 or 0 in signs:
            raise Swinging("an oscillating part decides")
        return signs.pop()

    def is_zero(self, node: Expr) -> bool:
        """Whether an expression vanishes identically, as x tends to infinity. Raises where that is not decided."""
        if node is ZERO:
            return True
        known = self._zeros.get(node.id)
        if known is None:
            self._held.append(node)
            known = self._zeros[node.id] = self._find_zero(node)
        return known

    def _find_zero(self, node: Expr) -> bool:
        """Whether one of the factors of a node vanishes, powers taken off."""
        stack = [node]
        while stack:
            part = stack.pop()
            if part.op is table.MUL:
                stack += part.args
            elif part.op is table.POW and as_rational(part.args[1]) is not None:
                stack.append(part.args[0])
            elif self._vanishes(part):
                return True
        return False

    def _vanishes(self, node: Expr) -> bool:
        if node.op is table.EXP or (node.op is table.SYMBOL and self.largest_element(node) is not None):
            return False
        if self.largest_element(node) is None:
            return self.vanishes_by_identity(node) or self.constant_sign(node) == 0
        return prove_number(node) == 0 or self.size(node) is None

    def vanishes_by_identity(self, node: Expr) -> bool:
        """Whether a constant with phases is 0 by the identities of sines and cosines."""
        if not self.swings(node):
            return False
        by: dict[str, Expr] = {}
        for phase in self.phases:
            if phase.kind == "turn":
                angle = symbol(f"{phase.names[0]}angle")
                by.update(zip(phase.names, (make(table.SIN, angle), make(table.COS, angle)), strict=True))
        return prove_number(substitute(node, by)) == 0

    # --- expansions -----------------------------------------------------------------------------------------

    def expansion(self, root: Expr, element: Element, most: int) -> Expansion:
        """An expression by an element; children first. The element is none that is smaller than one it holds."""
        name, ids = element.symbol.args[0], id(element)
        known = self._expansions
        if (result := known.get((root.id, ids, most))) is not None:
            return result
        self.names(root)
        for node in walk(root):
            if (node.id, ids, most) in known:
                continue
            if name not in self._names[node.id]:
                result = constant(node)
            elif node is element.symbol:
                result = Expansion((Part(-1, ONE),))
            else:
                result = self._expand(node, [known[arg.id, ids, most] for arg in node.args], element, most)
            known[node.id, ids, most] = result
        self._held.append(root)
        return known[root.id, ids, most]

    def _expand(self, node: Expr, args: list[Expansion], element: Element, most: int) -> Expansion:
        row = node.op
        if row is table.ADD:
            total = args[0]
            for arg in args[1:]:
                total = add(total, arg, most)
            return total
        if row is table.MUL:
            total = args[0]
            for arg in args[1:]:
                total = multiply(total, arg, most)
            return total
        if row is table.POW:
            return self._expand_power(node, args, element, most)
        if row is table.ABS:
            first = args[0].first(self.is_zero)
            sign = 0 if first is None else self.sign(first.c)
            return multiply(constant(number(sign)), args[0], most)
        rule = SLOPES.get(row)
        if rule is None and row in REMAINDERS:
            return self._expand_remainder(node, args, most)
        moving = [place for place, arg in enumerate(node.args) if element.symbol.args[0] in self._names[arg.id]]
        if len(moving) != 1:
            raise Undecidable(f"{row.name} of two arguments that vary")
        ((place,), others) = moving, node.args
        at, small = self._split(args[place])
        if row is table.LOG:
            self._require_positive(at)
        if rule is None:
            self._check_analytic(row, (*others[:place], at, *others[place + 1 :]), place)
        return compose(rule or _table_slopes(row, place, others), at, small, most)

    def _require_positive(self, node: Expr) -> None:
        """Raise Undecidable unless a logarithm, met in a derivative, is one of what has a limit above 0."""
        limit = self.limit(node)
        if limit.value is None or self.constant_sign(limit.value) <= 0:
            raise Undecidable("a logarithm at the edge of its domain")

    def _check_analytic(self, row: Row, args: tuple[Expr, ...], place: int) -> None:
        """The same of a function that is not analytic at the limits of its arguments."""
        key = (row, *(arg.id for arg in args))
        if key not in self._analytic:
            limits = [self.limit(arg) for arg in args]
            values = [self.constant(limit.value) for limit in limits if limit.value is not None]
            if len(values) < len(args):
                raise Undecidable(f"{row.name} at infinity")
            self.require_analytic(row, values, place)
            self._held += args
            self._analytic.add(key)

    def _split(self, expansion: Expansion) -> tuple[Expr, Expansion]:
        try:
            return split(expansion, self.is_zero)
        except ValueError:
            raise Undecidable("an argument that grows") from None

    def _expand_power(self, node: Expr, args: list[Expansion], element: Element, most: int) -> Expansion:
        base, exponent = node.args
        whole = as_rational(exponent)
        if whole is not None:
            try:
                return power(args[0], whole, self.is_zero, most)
            except ZeroDivisionError:
                raise Undecidable("a division by what vanishes") from None
        if base is element.symbol and self.largest_element(exponent) is None:
            return Expansion((Part(-self.order(exponent), ONE),))
        at, small = self._split(args[0])
        self._require_positive(at)
        logarithm = compose(log_slopes, at, small, most)
        at, small = self._split(multiply(logarithm, args[1], most))
        return compose(exp_slopes, at, small, most)

    def order(self, node: Expr) -> Order:
        """The exponent that a constant is."""
        if self.swings(node):
            raise Swinging("an oscillating exponent")
        return order_of(self.constant(node))

    def _expand_remainder(self, node: Expr, args: list[Expansion], most: int) -> Expansion:
        """The remainder of an asymptotic series, of an argument that vanishes."""
        remainder = REMAINDERS[node.op]
        at, small = self._split(args[-1])
        first, *parameters, _ = node.args
        start = int(as_rational(first) or 0)

        def slopes(at: Expr, k: int) -> Expr:
            if at is ZERO:
                scale = Fraction(factorial(start + k), factorial(k))
                return times(number(scale), _coefficient(remainder, start + k, tuple(parameters)))
            return times(number(Fraction(1, factorial(k))), make(node.op, number(start + k), *parameters, at))

        return compose(slopes, at, small, most)

    # --- sizes, signs and limits -----------------------------------------------------------------------------

    def size(self, root: Expr) -> Size | None:
        """The leading term; None for what vanishes identically."""
        if root.id in self._sizes:
            return self._sizes[root.id]
        exponents: list[tuple[Element, Order]] = []
        node = root
        while (element := self.largest_element(node)) is not None:
            first = self._first_part(node, element)
            if first is None:
                self._sizes[root.id] = None
                return None
            if first.a != 0:
                exponents.append((element, -first.a))
            node = first.c
        self._held.append(root)
        result = None if self.constant_sign(node) == 0 else Size(tuple(exponents), node)
        self._sizes[root.id] = result
        return result

    def _first_part(self, node: Expr, element: Element) -> Part | None:
        for most in _LENGTHS:
            try:
                return self.expansion(node, element, most).first(self.is_zero)
            except NeedMoreTerms:
                continue
        raise Undecidable("all known terms of the series cancel")

    def sign(self, node: Expr) -> int:
        """The sign that an expression finally has."""
        size = None if self.is_zero(node) else self.size(node)
        return 0 if size is None else self.constant_sign(size.factor)

    def limit(self, root: Expr) -> Tendency:
        """What an expression tends to: what vanishes beside it need not have a leading term."""
        if root.id in self._limits:
            return self._limits[root.id]
        node = root
        while (element := self.largest_element(node)) is not None:
            part = self._deciding_part(node, element)
            if part is None:
                node = ZERO
            elif part.a < 0:
                result = Tendency(None, self.sign(part.c))
                break
            else:
                node = part.c
        else:
            result = Tendency(node)
        self._held.append(root)
        self._limits[root.id] = result
        return result

    def _deciding_part(self, node: Expr, element: Element) -> Part | None:
        """The first part of an expansion that does not vanish with w; None where all do."""
        for most in _LENGTHS:
            try:
                expansion = self.expansion(node, element, most)
                for part in expansion.parts:
                    if part.a > 0:
                        return None
                    if part.a == 0 or not self.is_zero(part.c):
                        return part
                if expansion.error is None or expansion.error > 0:
                    return None
            except NeedMoreTerms:
                continue
        raise Undecidable("all known terms of the series cancel")

    def require_analytic(self, row: Row, values: list[Constant], place: int) -> None:
        """Raise Undecidable where a function is not analytic in an argument at the limits of all."""
        names = [f"u{j}" for j in range(len(values))]
        balls = {name: partial(_ball, value) for name, value in zip(names, values, strict=True)}
        if not analytic(make(row, *map(symbol, names)), [names[place]], balls):
            raise Undecidable(f"{row.name} at the limit of its argument")
        if not all(ball.is_finite() for ball in taylor_balls(row, [value.ball for value in values], place, 3)):
            raise Undecidable(f"{row.name} at the limit of its argument")

    # --- exponentials and logarithms ----------------------------------------------------------------------------

    def exponential(self, u: Expr) -> Expr:
        """exp(u): powers of elements times the exponential of what has a finite limit."""
        factors: list[Expr] = []
        for _ in range(_STEPS):
            limit = self.limit(u)
            if limit.value is not None:
                return times(*factors, exp_of(u))
            size = self.size(u)
            assert size is not None
            element, exponent = self._comparable_element(u, size)
            factors.append(make_power(element.symbol, exponent))
            assert element.log is not None
            u = plus(u, negative(times(exponent, element.log)))
        raise Undecidable("an exponential of many sizes")

    def _comparable_element(self, u: Expr, size: Size) -> tuple[Element, Expr]:
        """The element that exp(u) is a power of, but for what is smaller, and the exponent: a new one if need be."""
        place = len(self.elements)
        for index, element in enumerate(self.elements):
            if element.log is None:
                continue
            other = self.size(element.log)
            assert other is not None
            order = self.compare_sizes(size, other)
            if order == 0:
                if self.swings(size.factor) or self.swings(other.factor):
                    raise Swinging("an oscillating exponent")
                exponent = times(size.factor, raised(other.factor, -1))
                value = self.order(exponent)
                return element, number(value) if isinstance(value, int | Fraction) else exponent
            if order < 0:
                place = index
                break
        if len(self.elements) >= _MOST_ELEMENTS:
            raise Undecidable("an exponential of many sizes")
        sign = self.constant_sign(size.factor)
        self._counter += 1
        element = Element(self._counter, u if sign > 0 else negative(u))
        if place == 0:
            raise Undecidable("an exponential below all logarithms")
        self.elements.insert(place, element)
        return element, number(sign)

    def compare_sizes(self, first: Size, second: Size) -> int:
        """Which leading term is larger: 1, -1, or 0 where they differ by a constant factor."""
        left, right = dict(first.exponents), dict(second.exponents)
        for element in reversed(self.elements):
            a, b = left.get(element, 0), right.get(element, 0)
            if a != b:
                return 1 if a > b else -1
        return 0

    def log_of(self, element: Element) -> Expr:
        """The logarithm of an element: of the smallest one a new element."""
        if element.log is None:
            if len(self.elements) >= _MOST_ELEMENTS:
                raise Undecidable("logarithms of many sizes")
            self._counter += 1
            smaller = Element(self._counter)
            self.elements.insert(0, smaller)
            element.log = smaller.symbol
        return element.log

    def logarithm(self, u: Expr) -> Expr:
        """log(u): the logarithms of elements, and that of what has a finite limit."""
        if self.largest_element(u) is None:
            if self.constant_sign(u) <= 0:
                raise Undefined("argument needs > 0")
            return log_of(u)
        size = self.size(u)
        if size is None or self.constant_sign(size.factor) < 0:
            raise Undefined("argument needs > 0")
        terms, rest = [], [u]
        for element, order in size.exponents:
            exponent = self._write_order(order)
            terms.append(times(exponent, self.log_of(element)))
            rest.append(make_power(element.symbol, negative(exponent)))
        return plus(*terms, log_of(times(*rest)))

    def _write_order(self, order: Order) -> Expr:
        if isinstance(order, int | Fraction):
            return number(order)
        name = f"\x00order{len(self.values)}"
        self.values[name] = order.constant
        return symbol(name)

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """base**exponent."""
        rational_exponent = as_rational(exponent)
        if rational_exponent is None and self.largest_element(exponent) is None and not self.swings(exponent):
            value = self.order(exponent)
            rational_exponent = Fraction(value) if isinstance(value, int | Fraction) else None
        if rational_exponent == 0:
            return ONE
        if rational_exponent is not None and rational_exponent.denominator == 1:
            if rational_exponent < 0 and self.is_zero(base):
                raise Undefined("division by 0")
            return raised(base, rational_exponent)
        sign = self.sign(base)
        if sign < 0:
            raise Undefined("a negative base needs a whole exponent")
        if not sign:
            if (self.sign(exponent) if rational_exponent is None else rational_exponent) > 0:
                return ZERO
            raise Undefined("0 to a negative power")
        if rational_exponent is not None:
            return raised(base, rational_exponent)
        return self.exponential(times(exponent, self.logarithm(base)))


def _enclose_part(phase: Phase, part: int, parts: int) -> dict[str, arb]:
    """The numbers of a phase on one of equal parts of its range, which together cover it; none of a mere bound."""
    if phase.kind == "rest":
        return {}
    middle = arb(fmpq(2 * part + 1, 2 * parts), fmpq(1, 2 * parts))
    balls = (middle,) if phase.kind == "step" else (2 * arb.pi() * middle).sin_cos()
    return dict(zip(phase.names, balls, strict=True))


def _sign_of_ball(ball: arb) -> int:
    return 1 if ball > 0 else -1 if ball < 0 else 0


def _ball(value: Constant) -> arb:
    return value.ball


@cache
def _coefficient(remainder: Remainder, k: int, parameters: tuple[Expr, ...]) -> Expr:
    return remainder(k, *parameters)


def _table_slopes(row: Row, place: int, others: tuple[Expr, ...]) -> Callable[[Expr, int], Expr]:
    """The Taylor coefficients of a function of the table in one of its arguments, from the table's partials."""

    def slopes(at: Expr, k: int) -> Expr:
        try:
            template = _derivative(row, len(others), place, k)
        except DcalcError as error:
            raise Undecidable(f"{row.name}: {error.message}") from error
        filled = {f"u{j}": at if j == place else other for j, other in enumerate(others)}
        return times(number(Fraction(1, factorial(k))), substitute(template, filled))

    return slopes


@cache
def _derivative(row: Row, count: int, place: int, k: int) -> Expr:
    names = [f"u{j}" for j in range(count)]
    return derivative(make(row, *map(symbol, names)), (names[place],) * k) if k else make(row, *map(symbol, names))


SLOPES: Mapping[Row, Callable[[Expr, int], Expr]] = {
    table.EXP: exp_slopes,
    table.LOG: log_slopes,
    table.SIN: sine_slopes,
    table.COS: cosine_slopes,
}
