"""Limits as x tends to infinity, by an asymptotic scale that grows with the question.

The scale is a list of functions that tend to infinity, each beyond all powers of the one before: log(log(x)),
log(x), x, exp(x), exp(x**2), ... An expression is rewritten children first, so that every exponential and logarithm
with an infinite limit becomes a power product of elements times something with a finite one; the logarithm of an
element is known in terms of the others. What is left is expanded by the largest element that it holds, whose
coefficients hold smaller ones alone, until a constant is left. The elements are Gruntz's classes of comparability,
met from below instead of from above, so that nothing is looked for twice.

Sines and cosines of arguments that tend to infinity are unknown numbers in [-1, 1] with the identities of sines:
what does not depend on them is a limit all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, partial
from math import factorial
from typing import Literal, NamedTuple, TypeAlias

from flint import arb

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import DcalcError, Undefined
from dcalc.expr import ONE, ZERO, Expr, is_leaf, make, number, substitute, symbol, walk
from dcalc.functions import Row
from dcalc.numbers.enclosure import analytic
from dcalc.proof import prove_number
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant, NeedMoreBits, function_value, rational
from dcalc.tape import expand
from dcalc.verdict.at_infinity import AT_INFINITY
from dcalc.verdict.coefficients import (
    as_rational,
    cosine_of,
    element_symbol,
    exp_of,
    log_of,
    make_power,
    minus,
    negative,
    plus,
    raised,
    sine_of,
    times,
)
from dcalc.verdict.composition import taylor_balls
from dcalc.verdict.decoration import NoValue, OpenQuestion
from dcalc.verdict.expansion import (
    Expansion,
    Part,
    add,
    compose,
    constant,
    cosine_slopes,
    exp_slopes,
    log_slopes,
    multiply,
    power,
    sine_slopes,
    split,
)
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.operations import RELATIONS
from dcalc.verdict.remainders import REMAINDERS, Remainder
from dcalc.verdict.scale import NeedMoreTerms, Order, Undecidable, order_of

_LENGTHS = (3, 6, 12)
"""Parts of an expansion that are looked at, one length after the other while all known ones cancel."""
_MOST_ELEMENTS = 16
_MOST_MULTIPLE = 8
"""Multiples of an angle that are written by its sine and cosine."""
_STEPS = 12
"""Powers of elements that are taken out of one exponential."""
Image: TypeAlias = "Expr | bool | NoValue | OpenQuestion"
"""A node in terms of the scale: an expression, whether a condition finally holds, why there is no value, or what is
open."""


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
    among `_CHOICES` instead of being unknown. ``parts`` tells by the place of a phase into how many parts its argument
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
        self.images: dict[int, Image] = {}
        self._meaning: dict[int, Expr] = {}
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
                if value.retry is not None and not self.swings(node):
                    raise value.retry
                raise Undecidable(value.reason)
            if not isinstance(value, Constant):
                raise Valueless(value.reason if isinstance(value, NoValue) else "a condition is not a number")
            self._held.append(node)
            known = self._constants[node.id] = value
        return known

    def constant_sign(self, node: Expr) -> int:
        """The sign of a constant; raises Swinging where it depends on a phase."""
        try:
            return self.constant(node).sign()
        except NeedMoreBits:
            if self.swings(node):
                raise Swinging("an oscillating part decides") from None
            raise

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
        rule = _SLOPES.get(row)
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
            self._require_analytic(row, values, place)
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
        size = self.size(node)
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

    # --- rewriting -------------------------------------------------------------------------------------------

    def image(self, root: Expr, name: str, argument: Expr) -> Image:
        """An expression in terms of the scale, ``argument`` in the place of its variable; children first."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in self.images:
                stack.pop()
                continue
            inner = self._meaning.get(node.id) or self._find_meaning(node)
            if inner is not None:
                self._meaning[node.id] = inner
            operands = (inner,) if inner is not None else () if is_leaf(node) else node.args
            missing = [arg for arg in operands if arg.id not in self.images]
            if missing:
                stack += missing
                continue
            stack.pop()
            self._held.append(node)
            if inner is not None:
                self.images[node.id] = self.images[inner.id]
            elif node.op is table.SYMBOL:
                self.images[node.id] = argument if node.args[0] == name else node
            else:
                self.images[node.id] = self._translate(node)
        return self.images[root.id]

    def _find_meaning(self, node: Expr) -> Expr | None:
        """What a node stands for, where it has no rule here."""
        row = node.op
        if is_leaf(node) or row in _RULES:
            return None
        inner = expand(node)
        if inner is not None:
            return inner
        if row is table.ROOT:
            return self._write_root(node)
        text = _WRITTEN.get(row, row.written)
        if row in table.CONDITIONS or row in AT_INFINITY or not text or len(row.args) != len(node.args):
            return None
        return rules.fill(text, row.args, dict(zip(row.args, node.args, strict=True)))

    def _write_root(self, node: Expr) -> Expr | None:
        degree = as_rational(node.args[1])
        text = "x**(1/n)"
        if degree is not None and degree.denominator == 1 and degree % 2:
            text = "where(x >= 0, x**(1/n), -(-x)**(1/n))"
        return rules.fill(text, node.op.args, dict(zip(node.op.args, node.args, strict=True)))

    def _translate(self, node: Expr) -> Image:
        if node.op is table.NUMBER:
            return number(node.args[0])
        args = [self.images[arg.id] for arg in node.args]
        try:
            return self._apply(node, args)
        except Undefined as error:
            return NoValue(error.message, node)
        except NeedMoreTerms:
            return OpenQuestion("all known terms of the series cancel", node)
        except Swinging as error:
            return OpenQuestion(str(error), node, oscillates=True)
        except Undecidable as error:
            return OpenQuestion(str(error), node)

    def _apply(self, node: Expr, args: list[Image]) -> Image:
        row = node.op
        if row is table.WHERE:
            return (args[1] if args[0] else args[2]) if isinstance(args[0], bool) else args[0]
        if row in (table.AND, table.OR) and any(arg is (row is table.OR) for arg in args):
            return row is table.OR
        lacks = [arg for arg in args if isinstance(arg, NoValue | OpenQuestion)]
        if lacks:
            return min(lacks, key=lambda lack: isinstance(lack, OpenQuestion))
        if row in (table.AND, table.OR):
            return row is table.AND
        if row is table.NOT:
            return not args[0]
        values = [arg for arg in args if isinstance(arg, Expr)]
        if row in RELATIONS:
            return RELATIONS[row](self.sign(minus(values[0], values[1])))
        if (rule := _RULES.get(row)) is not None:
            return rule(self, values)
        return self._call(row, values)

    def _call(self, row: Row, args: list[Expr]) -> Expr:
        """A function of the table: at infinity by its rule, else as it is where it is analytic at the limits."""
        if all(self.largest_element(arg) is None for arg in args):
            node = make(row, *args)
            try:
                self.constant(node)  # which must have a value, whatever it is multiplied by
            except Valueless as lack:
                raise Undefined(str(lack)) from lack
            return node
        limits = [self.limit(arg) for arg in args]
        infinite = [place for place, limit in enumerate(limits) if limit.value is None]
        if infinite:
            rule = AT_INFINITY.get(row)
            if rule is None or infinite != [len(args) - 1]:
                raise Undecidable(f"{row.name} at infinity")
            return rule(self, limits[-1].sign, *args)
        moving = [place for place, arg in enumerate(args) if self.largest_element(arg) is not None]
        if len(moving) > 1:
            raise Undecidable(f"{row.name} of two arguments that vary")
        if any(self.swings(arg) for arg in args):
            raise Swinging(f"{row.name} of an oscillating argument")
        values = [self.constant(limit.value) for limit in limits if limit.value is not None]
        if row is table.GAMMA and (whole := values[0].as_integer()) is not None and whole <= 0:
            return self._gamma_at_pole(args[0], whole)
        self._require_analytic(row, values, moving[0])
        return make(row, *args)

    def _require_analytic(self, row: Row, values: list[Constant], place: int) -> None:
        """Raise Undecidable where a function is not analytic in an argument at the limits of all."""
        names = [f"u{j}" for j in range(len(values))]
        balls = {name: partial(_ball, value) for name, value in zip(names, values, strict=True)}
        if not analytic(make(row, *map(symbol, names)), [names[place]], balls):
            raise Undecidable(f"{row.name} at the limit of its argument")
        if not all(ball.is_finite() for ball in taylor_balls(row, [value.ball for value in values], place, 3)):
            raise Undecidable(f"{row.name} at the limit of its argument")

    def _gamma_at_pole(self, u: Expr, whole: int) -> Expr:
        if self.sign(plus(u, number(-whole))) == 0:
            raise Undefined("a pole")
        if whole < -_STEPS:
            raise Undecidable("gamma at a far pole")
        below = [plus(u, number(k)) for k in range(1 - whole)]
        return times(make(table.GAMMA, plus(u, number(1 - whole))), raised(times(*below), -1))

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
            order = self._compare(size, other)
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

    def _compare(self, first: Size, second: Size) -> int:
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
        if rational_exponent is not None:
            if rational_exponent == 0:
                return ONE
            if rational_exponent.denominator == 1:
                if rational_exponent < 0 and self.is_zero(base):
                    raise Undefined("division by 0")
                return raised(base, rational_exponent)
            sign = self.sign(base)
            if sign < 0:
                raise Undefined("a negative base needs a whole exponent")
            if not sign:
                if rational_exponent < 0:
                    raise Undefined("0 to a negative power")
                return ZERO
            return raised(base, rational_exponent)
        sign = self.sign(base)
        if sign < 0:
            raise Undefined("a negative base needs a whole exponent")
        if not sign:
            if self.sign(exponent) > 0:
                return ZERO
            raise Undefined("0 to a negative power")
        return self.exponential(times(exponent, self.logarithm(base)))

    # --- oscillations, steps and choices ------------------------------------------------------------------------

    def turn(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u)) of an argument that tends to infinity: of a phase, and of what it differs by."""
        for place, phase in enumerate(self.phases):
            ratio = self._ratio(u, phase.argument) if phase.kind == "turn" else None
            if ratio is None:
                continue
            rest = minus(u, times(number(ratio), phase.argument))
            if self.limit(rest).value is None:
                continue
            if ratio.denominator != 1:
                raise FinerPhase(place, ratio.denominator)
            sine, cosine = _multiple_angle(*self._sine_cosine_of(phase), ratio.numerator)
            if self.is_zero(rest):
                return sine, cosine
            by_sine, by_cosine = sine_of(rest), cosine_of(rest)
            return (
                plus(times(sine, by_cosine), times(cosine, by_sine)),
                minus(times(cosine, by_cosine), times(sine, by_sine)),
            )
        parts = self.parts.get(len(self.phases), 1)
        unit = times(number(Fraction(1, parts)), u)
        names = self._new_phase("turn", unit, 2)
        angle = Constant(arb(0, 1e9), None, "call", ("phase", (rational(len(self.phases)),), None))
        for name, row in zip(names, ("sin", "cos"), strict=True):
            self.values[name] = function_value(row, (angle,), arb(0, 1), 0)
        return _multiple_angle(*self._sine_cosine_of(self.phases[-1]), parts)

    def _sine_cosine_of(self, phase: Phase) -> tuple[Expr, Expr]:
        """The sine and the cosine of a phase: unknown, or those that are chosen."""
        if self.choice is not None:
            sine, cosine = _CHOICES["turn"][self.choice]
            return sine, cosine
        return symbol(phase.names[0]), symbol(phase.names[1])

    def are_independent(self) -> bool:
        """Whether all phases together come close to all of their values: each faster than the one before, or two of
        an irrational ratio (Weyl)."""
        arguments = [phase.argument for phase in self.phases]
        if any(phase.kind != "turn" for phase in self.phases):
            return False
        sizes = [self.size(argument) for argument in arguments]
        if any(size is None or self.swings(size.factor) for size in sizes):
            return False
        known = [size for size in sizes if size is not None]
        equal = [(j, k) for k in range(len(known)) for j in range(k) if self._compare(known[j], known[k]) == 0]
        if not equal:
            return True
        if len(known) != 2:
            return False
        ratio = times(known[1].factor, raised(known[0].factor, -1))
        exact = self.is_zero(minus(arguments[1], times(ratio, arguments[0])))
        return exact and _is_irrational(ratio)

    def _ratio(self, u: Expr, unit: Expr) -> Fraction | None:
        """The simple rational that u/unit tends to; None for other limits."""
        ratio = self.limit(times(u, raised(unit, -1)))
        if ratio.value is None or self.swings(ratio.value):
            return None
        value = order_of(self.constant(ratio.value))
        if not isinstance(value, int | Fraction) or not value:
            return None
        simple = Fraction(value)
        return simple if max(abs(simple.numerator), simple.denominator) <= _MOST_MULTIPLE else None

    def _new_phase(self, kind: Literal["turn", "step", "rest"], u: Expr, count: int) -> tuple[str, ...]:
        names = tuple(f"\x00{kind}{len(self.phases)}{place}" for place in range(count))
        self.phases.append(Phase(kind, u, names))
        return names

    def unknown(self, low: float, high: float) -> Expr:
        """A function of which only bounds are known."""
        (name,) = self._new_phase("rest", ZERO, 1)
        ball = arb((low + high) / 2, (high - low) / 2)
        self.values[name] = Constant(ball, None, "call", ("rest", (rational(len(self.phases)),), None))
        return symbol(name)

    def sine_cosine(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u))."""
        limit = self.limit(u)
        if limit.value is not None:
            return sine_of(u), cosine_of(u)
        if self.swings(u):
            raise Swinging("an oscillating argument")
        if limit.sign < 0:
            sine, cosine = self.turn(negative(u))
            return negative(sine), cosine
        return self.turn(u)

    def arctangent(self, u: Expr) -> Expr:
        """atan(u)."""
        limit = self.limit(u)
        if limit.value is not None:
            return make(table.ATAN, u)
        half = times(number(Fraction(limit.sign, 2)), make(table.PI))
        return plus(half, negative(make(table.ATAN, raised(u, -1))))

    def magnitude(self, u: Expr) -> Expr:
        """abs(u)."""
        return negative(u) if self.sign(u) < 0 else u

    def choose(self, first: Expr, second: Expr, *, largest: bool) -> Expr:
        """max or min."""
        if first is second:
            return first
        return first if (self.sign(minus(first, second)) >= 0) == largest else second

    def floor(self, u: Expr) -> Expr:
        """floor(u): a whole number, or u less a fractional part."""
        limit = self.limit(u)
        if limit.value is None:
            for phase in self.phases:
                if phase.kind == "step" and self.is_zero(plus(u, negative(phase.argument))):
                    return plus(u, negative(symbol(phase.names[0])))
            if self.swings(u):
                raise Swinging("an oscillating argument")
            (name,) = self._new_phase("step", u, 1)
            if self.choice is not None:
                return minus(u, _CHOICES["step"][self.choice][0])
            self.values[name] = Constant(arb(0.5, 0.5), None, "call", ("step", (rational(len(self.phases)),), None))
            return plus(u, negative(symbol(name)))
        value = self.constant(limit.value)
        if self.swings(limit.value):
            raise Swinging("a step of an oscillating argument")
        whole = value.as_integer()
        if whole is None:
            return number(value.floor())
        return number(whole - (self.sign(plus(u, number(-whole))) < 0))


def _is_irrational(node: Expr) -> bool:
    """Whether a number is irrational by the way it is written: a rational times a whole power of pi, or a root."""
    factors = [part for part in (node.args if node.op is table.MUL else (node,)) if part.op is not table.NUMBER]
    if len(factors) != 1:
        return False
    base, exponent = factors[0].args if factors[0].op is table.POW else (factors[0], ONE)
    order = as_rational(exponent)
    if order is None or not order:
        return False
    if base.op is table.PI:
        return order.denominator == 1  # pi is transcendental
    return base.op is table.NUMBER and order.denominator != 1  # a rational root would have been written as one


def _ball(value: Constant) -> arb:
    return value.ball


def _multiple_angle(sine: Expr, cosine: Expr, count: int) -> tuple[Expr, Expr]:
    """(sin(n*a), cos(n*a)) by the sine and cosine of a."""
    total_sine, total_cosine = ZERO, ONE
    for _ in range(abs(count)):
        total_sine, total_cosine = (
            plus(times(total_sine, cosine), times(total_cosine, sine)),
            plus(times(total_cosine, cosine), negative(times(total_sine, sine))),
        )
    return (total_sine if count > 0 else negative(total_sine)), total_cosine


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


_SLOPES: Mapping[Row, Callable[[Expr, int], Expr]] = {
    table.EXP: exp_slopes,
    table.LOG: log_slopes,
    table.SIN: sine_slopes,
    table.COS: cosine_slopes,
}


_WRITTEN: Mapping[Row, str] = {
    table.get("beta", 2): "gamma(a)*gamma(b)/gamma(a + b)",
    table.get("logbeta", 2): "lgamma(a) + lgamma(b) - lgamma(a + b)",
    table.get("binomial", 2): "gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))",
    table.get("sphericalbesselj", 2): "sqrt(pi/(2*x))*besselj(n + 1/2, x)",
    table.get("logerfc", 1): "log(erfc(x))",
    table.get("logerfcx", 1): "log(erfcx(x))",
}
"""Functions in terms of others, which have a rule at infinity. At a pole of a part the question stays open."""


def _divide(scale: Scale, args: list[Expr]) -> Expr:
    if args[1] is ZERO or scale.is_zero(args[1]):
        raise Undefined("division by 0")
    return times(args[0], raised(args[1], -1))


def _tangent(scale: Scale, args: list[Expr]) -> Expr:
    sine, cosine = scale.sine_cosine(args[0])
    return _divide(scale, [sine, cosine])


_RULES: Mapping[Row, Callable[[Scale, list[Expr]], Expr]] = {
    table.ADD: lambda _, args: plus(*args),
    table.SUB: lambda _, args: minus(args[0], args[1]),
    table.NEG: lambda _, args: negative(args[0]),
    table.MUL: lambda _, args: times(*args),
    table.DIV: _divide,
    table.POW: lambda scale, args: scale.power(*args),
    table.SQRT: lambda scale, args: scale.power(args[0], number(Fraction(1, 2))),
    table.EXP: lambda scale, args: scale.exponential(args[0]),
    table.LOG: lambda scale, args: scale.logarithm(args[0]),
    table.SIN: lambda scale, args: scale.sine_cosine(args[0])[0],
    table.COS: lambda scale, args: scale.sine_cosine(args[0])[1],
    table.get("tan", 1): _tangent,
    table.ATAN: lambda scale, args: scale.arctangent(args[0]),
    table.ABS: lambda scale, args: scale.magnitude(args[0]),
    table.MAX: lambda scale, args: scale.choose(*args, largest=True),
    table.MIN: lambda scale, args: scale.choose(*args, largest=False),
    table.FLOOR: lambda scale, args: scale.floor(args[0]),
    table.PI: lambda _, _args: make(table.PI),
    table.E: lambda _, _args: make(table.EXP, ONE),
}


# --- the question ---------------------------------------------------------------------------------------------------


class ScaleLimit(NamedTuple):
    """What f tends to: a ``value``, or infinity of a ``sign``; or that it oscillates, or has no values, or is open."""

    tendency: Literal["finite", "infinite", "oscillation", "undefined", "open"]
    value: Constant | None = None
    sign: int = 0
    reason: str = ""


def limit_along(root: Expr, name: str, others: Mapping[str, Constant], path: Callable[[Expr], Expr]) -> ScaleLimit:
    """The limit of ``root`` as x tends to infinity, with ``path(x)`` in the place of its variable.

    ``others`` are the values of all other names. Raises NeedMoreBits. Cost: milliseconds; bounded.
    """
    with limit_work(Budget(_WORK)):
        scale, image = _rewrite(root, name, path, Scale(others))
        result = _decide(scale, image)
        if result.reason != _OSCILLATES:
            return result
        phases = [phase for phase in scale.phases if phase.kind != "rest"]
        if len(phases) == 1:
            leads_apart = _differs_by_phase(root, name, path, scale)
        else:
            leads_apart = isinstance(image, Expr) and _differs_on_torus(scale, image)
        return ScaleLimit("oscillation") if leads_apart else result


_WORK = 100_000
"""Products of terms that one question may cost, each counted ten times, as its factors are expressions."""
_OSCILLATES = "an oscillation of unknown size"
_MOST_RESTARTS = 4


def _rewrite(root: Expr, name: str, path: Callable[[Expr], Expr], scale: Scale) -> tuple[Scale, Image]:
    """f in terms of the scale, which starts again where an angle that it knows must be divided."""
    for _ in range(_MOST_RESTARTS):
        try:
            return scale, scale.image(root, name, path(scale.x))
        except FinerPhase as need:
            parts = dict(scale.parts)
            parts[need.place] = parts.get(need.place, 1) * need.parts
            scale = Scale(scale.others, scale.choice, parts)
    return scale, OpenQuestion(_OSCILLATES, root)


def _decide(scale: Scale, image: Image) -> ScaleLimit:
    """The limit of an image."""
    if isinstance(image, NoValue):
        return ScaleLimit("undefined", reason=image.reason)
    if isinstance(image, OpenQuestion):
        return ScaleLimit("open", reason=_OSCILLATES if image.oscillates else image.reason)
    assert isinstance(image, Expr)  # f is a number, not a condition
    try:
        return _read(scale, scale.limit(image))
    except Swinging:
        return ScaleLimit("open", reason=_OSCILLATES)
    except Undecidable as error:
        return ScaleLimit("open", reason=str(error))


def _read(scale: Scale, limit: Tendency) -> ScaleLimit:
    """A limit as a result; open where it depends on a phase."""
    if limit.value is None:
        return ScaleLimit("infinite", sign=limit.sign)
    value = limit.value
    if scale.swings(value):
        fixed = _fix_phases(scale, value, 0)
        if fixed is None or not scale.vanishes_by_identity(minus(value, fixed)):
            return ScaleLimit("open", reason=_OSCILLATES)
        value = fixed
    return ScaleLimit("finite", scale.constant(value))


_CHOICES: Mapping[str, tuple[tuple[Expr, ...], ...]] = {
    "turn": tuple(
        (number(Fraction(sine, 5)), number(Fraction(cosine, 5)))
        for sine, cosine in ((0, 5), (5, 0), (0, -5), (-5, 0), (3, 4), (-4, 3))
    ),
    "step": tuple((number(Fraction(part, 4)),) for part in (0, 1, 2, 3, 1, 2)),
}
"""Phases along which a limit is asked for: sines and cosines that are rational, and fractional parts."""


def _fix_phases(scale: Scale, root: Expr, *choice: int) -> Expr | None:
    """An expression with values of its phases, each by the next choice or by the last; None where a bound is all that
    is known of one."""
    by: dict[str, Expr] = {}
    for place, phase in enumerate(scale.phases):
        if scale.names(root).isdisjoint(phase.names):
            continue
        if phase.kind == "rest":
            return None
        by.update(zip(phase.names, _CHOICES[phase.kind][choice[min(place, len(choice) - 1)]], strict=True))
    return substitute(root, by)


def _differs_by_phase(root: Expr, name: str, path: Callable[[Expr], Expr], scale: Scale) -> bool:
    """Whether f leads to different places along the steps at which its only phase has different values.

    A continuous argument that tends to infinity meets each phase again and again.
    """
    results: list[ScaleLimit] = []
    for choice in range(len(_CHOICES["turn"])):
        try:
            along, image = _rewrite(root, name, path, Scale(scale.others, choice, scale.parts))
            result = _decide(along, image)
        except NeedMoreBits:
            continue
        if len(along.phases) != 1 or result.tendency not in ("finite", "infinite"):
            continue
        if any(_differ(result, other) for other in results):
            return True
        results.append(result)
    return False


def _differs_on_torus(scale: Scale, image: Expr) -> bool:
    """Whether f, of several phases that are independent of each other, tends to what depends on them."""
    try:
        value = scale.limit(image).value
        if value is None or not scale.swings(value) or not scale.are_independent():
            return False
        values = [_fix_phases(scale, value, *choice) for choice in ((0, 1), (1, 0), (4, 5), (2, 3), (5, 1))]
        first, *rest = [ScaleLimit("finite", scale.constant(fixed)) for fixed in values if fixed is not None]
        return any(_differ(other, first) for other in rest)
    except (Undecidable, NeedMoreBits, ValueError):
        return False


def _differ(first: ScaleLimit, second: ScaleLimit) -> bool:
    if first.value is None or second.value is None:
        return first.value is not second.value or first.sign != second.sign
    try:
        return not (first.value - second.value).is_zero()
    except NeedMoreBits:
        return False
