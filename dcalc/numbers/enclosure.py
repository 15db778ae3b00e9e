"""Enclosures of f and its n-th derivative at a point, in ball arithmetic.

Where the library has the power series of every function involved, they are used; else
jets over balls, which need values only. A part without a value is carried as a `Fault`, so
that the branch of `where` that is not taken cannot poison the other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache, partial
from math import factorial
from typing import TYPE_CHECKING, Any

from flint import arb, arb_series, fmpq

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Undecided, Undefined, Unsupported
from dcalc.expr import Expr, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers import ball
from dcalc.records import NamedTuple
from dcalc.tape import System, Tape, lower, run

if TYPE_CHECKING:
    from dcalc.numbers.jet import Plan

Constant = Callable[[], arb]
"""Makes a coordinate of the point, at each precision again."""
_LEAVES = (table.NUMBER, table.SYMBOL)
_PLAIN = {*_LEAVES, *table.CONDITIONS}
"""Rows whose arguments or values are not series, as those without arguments: constants."""


_FAILURES = (Undefined, Undecided, ArithmeticError, ValueError, TypeError, AttributeError)
"""What evaluators raise for arguments without a value there, and for a Fault among them."""


class Fault:
    """No value, and why; absorbs whatever is computed with it."""

    def __init__(self, error: Undefined | Undecided, node: Expr | None = None) -> None:
        self.error = error
        self.node = node

    def _absorb(self, _other: Any) -> Fault:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb


class Enclosure(NamedTuple):
    """f and its n-th derivative, each a ball or a Fault."""

    f: arb | Fault
    derivative: arb | Fault


class Encloser:
    """Encloses the derivatives of one expression, at any number of points and precisions."""

    def __init__(self, root: Expr, name: str, order: int) -> None:
        self.root = root
        self.name = name
        self.order = order
        self.tape: Tape = lower(root)
        self.plan: Plan | None = None
        self.values: Encloser | None = None
        self.calls: list[Callable[..., Any] | None] = []
        has_series = True
        for op, _ in self.tape.rows:
            has_series = has_series and bool(op.series or not op.args or op in _PLAIN)
            self.calls.append(None if op in _LEAVES else _where if op is table.WHERE else ball.evaluator(op))
        if order and not has_series:
            self.plan = self._plan_jets()
            self.values = None if self.plan is not None else Encloser(root, "", 0)

    def _plan_jets(self) -> Plan | None:
        """The plan of jets; None where a function has a series and no partials, so that the two
        ways do not go together."""
        from dcalc.numbers.jet import Plan

        try:
            return Plan(self.root, self.name, self.order)
        except Unsupported:
            if any(op.series and None in op.partials for op, _ in self.tape.rows):
                return None
            raise

    def at(self, point: Mapping[str, Constant]) -> Enclosure:
        """The enclosure at a point, at flint's working precision."""
        with ball.orders(self.order + 1):
            if self.plan is not None:
                return self._by_jets(self.plan, point)
            if self.values is not None:
                f = self.values.at(point).f
                if type(f) is Fault and isinstance(f.error, Undefined):
                    f = Fault(Undecided(f.error.message), f.node)  # a hole, perhaps
                return Enclosure(f, self._unknown_fault())
            result = self._result(point)
        if type(result) is not arb_series:
            return Enclosure(result, result if type(result) is Fault or not self.order else arb(0))
        if result.prec <= self.order:
            return Enclosure(result[0], self._lost())
        return Enclosure(result[0], result[self.order] * factorial(self.order))

    def coefficients(self, point: Mapping[str, Constant]) -> list[arb | Fault]:
        """Enclosures of all Taylor coefficients up to the order, at flint's working precision."""
        with ball.orders(self.order + 1):
            if self.plan is not None:
                jet = self._jets(self.plan, point)
                return [jet[k] if k < len(jet) else arb(0) for k in range(self.order + 1)]
            if self.values is not None:
                return [self.values.at(point).f, *[self._unknown_fault()] * self.order]
            result = self._result(point)
            if type(result) is arb_series:
                return [result[k] if k < result.prec else self._lost() for k in range(self.order + 1)]
            return [result, *[result if type(result) is Fault else arb(0)] * self.order]

    def _unknown_fault(self) -> Fault:
        return Fault(Undecided("a partial derivative has no closed form"), self.root)

    def _lost(self) -> Fault:
        return Fault(Undecided("terms of the series are lost"), self.root)

    def _result(self, point: Mapping[str, Constant]) -> Any:
        """The series of the root, a ball where it does not depend on the variable, or a Fault."""
        values: list[Any] = []
        for (op, args), call in zip(self.tape.rows, self.calls, strict=True):
            if call is not None:
                given = [values[place] for place in args]
                try:
                    values.append(call(*given))
                except _FAILURES:
                    values.append(carrying(op)(*given))
            elif op is table.NUMBER:
                values.append(constant(args[0]))
            elif args[0] == self.name and self.order:
                values.append(arb_series([point[args[0]](), arb(1)], prec=self.order + 1))
            else:
                values.append(point[args[0]]())
        result = values[-1]
        if type(result) is Fault:
            result.node = source(result, self.root, self.tape, values)
        return result

    def _by_jets(self, plan: Plan, point: Mapping[str, Constant]) -> Enclosure:
        jet = self._jets(plan, point)
        top = jet[self.order] if self.order < len(jet) else arb(0)
        return Enclosure(jet[0], top if type(top) is Fault else top * factorial(self.order))

    def _jets(self, plan: Plan, point: Mapping[str, Constant]) -> list[Any]:
        """The jet of the root."""
        from dcalc.numbers.jet import Jets

        jets = Jets(plan, BallSystem(constant, carrying), {name: make() for name, make in point.items()})
        jets.grow(self.order)
        return jets.jets[self.root.id]


def source(fault: Fault, root: Expr, tape: Tape, values: Sequence[Any]) -> Expr:
    """The deepest part of the expression itself that a fault belongs to: factorial(-1), and not
    the gamma(-1 + 1) that it is written out to."""
    places = tape.places
    return next(node for node in walk(root) if node.id in places and values[places[node.id]] is fault)


def analytic(root: Expr, names: Collection[str], point: Mapping[str, Constant]) -> bool:
    """Whether f is proved to be analytic around the point in these variables together: no part
    is at a kink, a jump, an edge or a pole. Then the order of derivatives does not matter."""
    tape = lower(root)
    system = BallSystem(constant, carrying)
    values: list[Any] = []
    moving: list[bool] = []
    for op, args in tape.rows:
        if op is table.NUMBER:
            values.append(constant(args[0]))
            moving.append(False)
        elif op is table.SYMBOL:
            values.append(point[args[0]]())
            moving.append(args[0] in names)
        else:
            varies = [moving[i] for i in args]
            values.append(system.interior(op, [values[i] for i in args], varies))
            moving.append(any(varies))
    return type(values[tape.place(root)]) is not Fault


class BallSystem(System):
    """Balls; where an argument varies, a kink, a jump or an edge gives a question rather than a value."""

    def value(self, op: Row, args: list[Any], moving: list[bool]) -> Any:
        """The ball of a row at the point."""
        if not any(moving):
            return self.evaluator(op)(*args)
        if has_edges(op):
            return self.interior(op, args, moving)
        result = self.evaluator(op)(*args)
        if type(result) is Fault and isinstance(result.error, Undefined):
            return Fault(Undecided(result.error.message))  # a hole, perhaps, and not the edge of nothing
        return result

    def interior(self, op: Row, args: list[Any], moving: list[bool]) -> Any:
        """The ball of a row inside of its domain: no kink, jump or edge, nor a vertical tangent."""
        varied = [_vary(arg) if moves else arg for arg, moves in zip(args, moving, strict=True)]
        if op.series:
            result = self.evaluator(op)(*varied)
            return result[0] if type(result) is arb_series else result
        truth = inside(op, varied, constant, self.evaluator)
        if truth is True:
            return self.evaluator(op)(*args)
        return truth if type(truth) is Fault else Fault(Undecided("the point may be at the edge of the domain"))


def _vary(value: Any) -> Any:
    return arb_series([value, arb(1)], prec=2) if type(value) is arb else value


def constant(value: int | Fraction) -> arb:
    """The ball of a rational at the working precision."""
    return arb(value) if type(value) is int else arb(fmpq(value.numerator, value.denominator))


@cache
def carrying(op: Row) -> Callable[..., Any]:
    """The row's ball evaluator, with errors carried as values."""
    evaluate = ball.evaluator(op)
    if op is table.WHERE:
        return _where

    def evaluate_with_faults(*args: Any) -> Any:
        try:
            return evaluate(*args)
        except (Undefined, Undecided) as error:
            return Fault(error)
        except (ArithmeticError, ValueError) as error:  # flint's own, where a series has no such function
            return Fault(Undecided(str(error)))
        except (TypeError, AttributeError):
            for arg in args:
                if type(arg) is Fault:
                    return arg
            raise

    return evaluate_with_faults


def _where(condition: Any, first: Any, second: Any) -> Any:
    if type(condition) is Fault:
        return condition
    return first if condition else second


def constants(point: Mapping[str, float | Expr]) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    return {
        name: partial(arb, value) if isinstance(value, float) else enclose_constant(value)
        for name, value in point.items()
    }


@lru_cache(maxsize=64)
def enclose_constant(node: Expr) -> Constant:
    """What makes the ball of a constant expression; one that is no number where that has no value."""
    from dcalc.simplify import simplify

    encloser = Encloser(simplify(node), "", 0)

    def make() -> arb:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make


# --- Where a function has a value and a two-sided series has none: kinks, jumps, closed edges.

_CLOSED = (">=", "<=", "== 0")


@cache
def has_edges(row: Row) -> bool:
    """Whether the row has kinks, jumps, or edges at which it has a value."""
    return bool(row.kinks) or is_closed(row)


@cache
def is_closed(row: Row) -> bool:
    """Whether the row's domain has edges at which it has a value."""
    return any(sign in row.domain for sign in _CLOSED)


def inside(row: Row, args: list[Any], constant: Callable[..., Any], evaluator: Callable[..., Any]) -> Any:
    """Whether arguments, series where they vary, lie in the row's domain: True, False, or what
    the evaluators give for a question."""
    if not row.domain:
        return True
    result = run(condition(row), dict(zip(row.args, args, strict=False)), constant, evaluator)[-1]
    return bool(result == 1) if type(result) is arb else result


@cache
def condition(row: Row) -> Tape:
    """The row's domain in the names of its arguments, the last value being 1 or 0."""
    return lower(rules.fill(f"where({row.domain}, 1, 0)", row.args, {name: symbol(name) for name in row.args}))


# --- Enclosures of f and of all its first partial derivatives at a point: one sweep over balls.

_SMOOTH = (table.ADD, table.SUB, table.MUL, table.NEG, table.DIV)
"""Rows that are analytic wherever they have a value."""


class Partials(NamedTuple):
    """f, and its derivative by each variable: a ball, or a Fault where the point may not be an inner
    one for a part that the variable reaches.

    Where f itself is a Fault and nothing else is at fault, that is the ``only`` one, and the
    variables in the part that it belongs to are ``involved``.
    """

    f: arb | Fault
    by: dict[str, arb | Fault]
    only: Fault | None = None
    involved: frozenset[str] = frozenset()


class GradientEncloser:
    """Encloses the gradient of one expression, at any number of points and precisions.

    A ball stands for a derivative only where f is proved to be analytic in that variable around the
    point: every part that passes something on to it is inside of its domain, at no kink or jump.
    Raises Unsupported where a partial has no closed form. Cost: linear in nodes.
    """

    def __init__(self, root: Expr, names: Collection[str]) -> None:
        from dcalc.numbers.adjoint import Sweep

        self.root = root
        self.sweep = Sweep(root, names)
        self.system = BallSystem(constant, carrying)
        self.doubtful = [place for place, _ in self.sweep.back if self._may_have_edges(place)]

    def _may_have_edges(self, place: int) -> bool:
        op, args = self.sweep.tape.rows[place]
        if op is table.POW:
            exponent = self.sweep.tape.nodes[args[1]]
            return exponent.op is not table.NUMBER or type(exponent.args[0]) is not int or exponent.args[0] < 0
        return op not in _SMOOTH

    def at(self, point: Mapping[str, Constant]) -> Partials:
        """The enclosures at a point, at flint's working precision."""
        inputs = {name: make() for name, make in point.items()}
        try:
            values = self.sweep.values(inputs, constant, _raising)
        except (Undefined, Undecided, ArithmeticError, ValueError):
            values = self.sweep.values(inputs, constant, carrying)
        blocked = self._find_blocked(values)
        f = values[self.sweep.tape.place(self.root)]
        if type(f) is Fault:
            return self._at_fault(f, values, blocked)
        return Partials(f, self.sweep.adjoints(values, arb(1), blocked))

    def _at_fault(self, fault: Fault, values: list[Any], blocked: Mapping[int, Fault]) -> Partials:
        fault.node = source(fault, self.root, self.sweep.tape, values)
        places = self.sweep.tape.places  # a body may leave out an argument: softmax(1, ...) is of the second
        own = [values[places[node.id]] for node in walk(self.root) if node.id in places]
        alone = all(values[place] is fault for place in blocked) and all(
            value is fault for value in own if type(value) is Fault
        )
        return Partials(fault, {}, fault if alone else None, frozenset(variables(fault.node)))

    def _find_blocked(self, values: list[Any]) -> dict[int, Fault]:
        """The rows that are not proved to be analytic, by place."""
        blocked: dict[int, Fault] = {}
        for place in self.doubtful:
            op, args = self.sweep.tape.rows[place]
            enclosure = self.system.interior(op, [values[i] for i in args], [self.sweep.moves(i) for i in args])
            if type(enclosure) is Fault:
                blocked[place] = enclosure
        return blocked


def _raising(op: Row) -> Callable[..., Any]:
    return carrying(op) if op is table.WHERE else ball.evaluator(op)
