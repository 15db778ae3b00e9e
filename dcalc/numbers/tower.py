"""Numbers beyond balls: the exponentials of balls whose own exponents flint cannot hold, and of such numbers.

A number is a ball, or a `Tower`: a sign, and the logarithm of its size, which is a number again. Every operation
encloses, or raises Undecided; choices must be clear, so that what has a value here is analytic at the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from flint import arb

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import DcalcError, Immense, Undecided
from dcalc.expr import Expr, symbol
from dcalc.functions import Row
from dcalc.numbers.enclosure import BallSystem, Fault, carrying, constant
from dcalc.tape import in_order

_MOST_LOG = arb(1 << 40)
"""Logarithms up to this are those of balls."""
_TINY = arb(0, arb(2) ** -(1 << 40))
"""A ball around every number whose logarithm is below -2**40."""
_MODERATE = arb(2) ** (1 << 39)
"""Balls below this hardly count beside what is beyond balls."""
_FAR = 1_000
"""Of two numbers whose logarithms differ by more, the smaller one hardly counts."""
_MOST_STOREYS = 64
"""Exponentials in one another; arithmetic goes down all of them."""
_UP_TO_LOG_2 = arb(0.375, 0.375)
_HARDLY = arb(0, arb(2) ** -_FAR)


class Tower(NamedTuple):
    """sign*exp(log), where ``log`` is beyond 2**40 in size."""

    sign: int
    log: Number

    @property
    def is_tiny(self) -> bool:
        """Whether it is next to 0, and not huge."""
        return sign_of(self.log) < 0


Number: TypeAlias = "arb | Tower"


def holds_tower(root: Expr, point: Mapping[str, Callable[[], arb]]) -> bool:
    """Whether an expression has a part beyond balls."""
    values = _evaluate_parts(root, {name: make() for name, make in point.items()})
    return any(isinstance(value, Tower) for value in values.values())


def evaluate(root: Expr, point: Mapping[str, Callable[[], arb]]) -> Number:
    """The value of an expression at a point around which it is analytic; raises Undecided. Cost: linear in nodes."""
    return _root_value(root, _evaluate_parts(root, {name: make() for name, make in point.items()}))


def describe_log10(number: Tower) -> str:
    """The decimal logarithm of a number's size, to a few digits, as text: `1.2e+84730`, `-10**(4.1e+9565)`."""
    log, ten = number.log, arb(10).log()
    if isinstance(log, arb):
        return str((log / ten).str(6, radius=False))
    return f"{'-' if log.sign < 0 else ''}10**({describe_log10(Tower(1, add(log.log, -ten.log())))})"


# --- arithmetic ---------------------------------------------------------------------------------


def sign_of(number: Number) -> int:
    """1 or -1; raises Undecided where the number may be 0."""
    if isinstance(number, Tower):
        return number.sign
    if number > 0:
        return 1
    if number < 0:
        return -1
    raise Undecided("a number may be 0")


def exp(number: Number) -> Number:
    """e to a number."""
    if isinstance(number, arb):
        return number.exp() if abs(number) < _MOST_LOG else Tower(1, _definite(number))
    if number.is_tiny:
        return 1 + _TINY
    storeys, inner = 1, number.log
    while isinstance(inner, Tower):
        storeys, inner = storeys + 1, inner.log
    if storeys >= _MOST_STOREYS:
        raise Undecided(f"more than {_MOST_STOREYS} exponentials in one another")
    return Tower(1, number)


def _definite(number: arb) -> arb:
    if not (number.is_finite() and abs(number) > 1):
        raise Undecided("a number is not narrow enough")
    return number


def log_size(number: Number) -> Number:
    """log(abs(x))."""
    if isinstance(number, Tower):
        return number.log
    sign_of(number)
    return abs(number).log()


def _with_sign(sign: int, size: Number) -> Number:
    return Tower(sign * size.sign, size.log) if isinstance(size, Tower) else sign * size


def negate(number: Number) -> Number:
    """Minus a number."""
    return _with_sign(-1, number)


def add(first: Number, second: Number) -> Number:
    """The sum. Of two that are far apart the smaller one is a small part of the other."""
    if isinstance(first, arb) and isinstance(second, arb):
        return first + second
    small, large = sorted((first, second), key=_rank)
    if isinstance(large, arb):
        return small if large.is_zero() else large + _TINY
    if isinstance(small, arb) and (small.is_zero() or abs(small) < _MODERATE):
        return large if small.is_zero() else Tower(large.sign, add(large.log, _HARDLY))
    size, other = large.log, log_size(small)
    is_sum = large.sign == sign_of(small)
    try:
        gap = arb(0) if size is other else add(size, negate(other))
        is_far = isinstance(gap, Tower) or bool(abs(gap) > _FAR)
        if is_far:
            larger, sign = (size, large.sign) if sign_of(gap) > 0 else (other, sign_of(small))
            return _with_sign(sign, exp(add(larger, _HARDLY)))
    except Undecided:
        gap = None
    if is_sum and (not isinstance(gap, arb) or not gap.rad() < 1):  # at most twice the larger one
        return _with_sign(large.sign, exp(add(_join(size, other), _UP_TO_LOG_2)))
    if not isinstance(gap, arb):
        raise Undecided("a difference of numbers beyond all balls")
    if is_sum:
        return _with_sign(large.sign, exp(add(size, (1 + (-gap).exp()).log())))
    return _with_sign(large.sign * sign_of(gap), exp(add(size, abs(1 - (-gap).exp()).log())))


def _join(first: Number, second: Number) -> Number:
    """A number that encloses two."""
    if isinstance(first, arb) and isinstance(second, arb):
        return first.union(second)
    if isinstance(first, Tower) and isinstance(second, Tower) and first.sign == second.sign:
        return Tower(first.sign, _join(first.log, second.log))
    raise Undecided("numbers that are far apart")


def _rank(number: Number) -> int:
    """0 for what is tiny, 1 for balls, 2 for what is huge."""
    return 1 if isinstance(number, arb) else 0 if number.is_tiny else 2


def multiply(first: Number, second: Number) -> Number:
    """The product."""
    if isinstance(first, arb) and isinstance(second, arb):
        return first * second
    if any(isinstance(part, arb) and part.is_zero() for part in (first, second)):
        return arb(0)
    sign = sign_of(first) * sign_of(second)
    return _with_sign(sign, exp(add(log_size(first), log_size(second))))


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(exponent, arb) and exponent.is_zero():
        return arb(1)
    sign = sign_of(base)
    if sign < 0:
        if not (isinstance(exponent, arb) and exponent.is_integer()):
            raise Undecided("a power of a negative number")
        sign = -1 if int(exponent.unique_fmpz() or 0) % 2 else 1
    return _with_sign(sign, exp(multiply(exponent, log_size(base))))


def _invert(number: Number) -> Number:
    sign = sign_of(number)
    return _with_sign(sign, Tower(1, negate(number.log))) if isinstance(number, Tower) else 1 / number


def _take_log(number: Number) -> Number:
    if sign_of(number) < 0:
        raise Undecided("a logarithm of a negative number")
    return log_size(number)


def _saturate(limit: Callable[[], arb]) -> Callable[[Number], Number]:
    """An odd function that has a limit at infinity, from which it is off by less than 1/x."""

    def rule(number: Number) -> Number:
        assert isinstance(number, Tower)
        if number.is_tiny:
            raise Undecided("a tiny argument")
        return number.sign * limit() + _TINY

    return rule


def _sum(*args: Number) -> Number:
    total = args[0]
    for arg in args[1:]:
        total = add(total, arg)
    return total


def _product(*args: Number) -> Number:
    total = args[0]
    for arg in args[1:]:
        total = multiply(total, arg)
    return total


def _subtract(first: Number, second: Number) -> Number:
    return arb(0) if first is second else add(first, negate(second))


_RULES: dict[Row, Callable[..., Number]] = {
    table.ADD: _sum,
    table.SUB: _subtract,
    table.NEG: negate,
    table.MUL: _product,
    table.DIV: lambda a, b: arb(1) if a is b else multiply(a, _invert(b)),
    table.POW: _power,
    table.SQRT: lambda x: _power(x, arb(0.5)),
    table.EXP: exp,
    table.LOG: _take_log,
    table.ABS: lambda x: _with_sign(sign_of(x), x),
    table.MAX: lambda a, b: a if sign_of(_subtract(a, b)) > 0 else b,
    table.MIN: lambda a, b: b if sign_of(_subtract(a, b)) > 0 else a,
}
_LIMITS: dict[Row, Callable[[Number], Number]] = {
    table.TANH: _saturate(lambda: arb(1)),
    table.ERF: _saturate(lambda: arb(1)),
    table.ATAN: _saturate(lambda: arb.pi() / 2),
}
_RELATIONS: dict[Row, int] = {table.LT: -1, table.LE: -1, table.GT: 1, table.GE: 1}


# --- expressions --------------------------------------------------------------------------------


_Value: TypeAlias = "Number | bool | Undecided"


def _evaluate_parts(root: Expr, inputs: Mapping[str, Number]) -> dict[int, _Value]:
    values: dict[int, _Value] = {}
    order, inner = in_order(root)
    for node in order:
        if node.id in inner:
            values[node.id] = values[inner[node.id].id]
        elif node.op is table.NUMBER:
            values[node.id] = constant(node.args[0])
        elif node.op is table.SYMBOL:
            values[node.id] = inputs[node.args[0]]
        else:
            try:
                values[node.id] = _operate(node, [values[arg.id] for arg in node.args])
            except (DcalcError, ArithmeticError, ValueError) as error:
                values[node.id] = error if isinstance(error, Undecided) else Undecided(str(error))
    return values


def _operate(node: Expr, args: list[_Value]) -> Number | bool:
    """An operation, of which an untaken branch need not have a value."""
    op = node.op
    if op is table.WHERE and isinstance(args[0], bool):
        args = [args[1] if args[0] else args[2]]
    if fault := next((arg for arg in args if isinstance(arg, Undecided)), None):
        raise fault
    if op in _CONNECTIVES:
        return _CONNECTIVES[op]([arg is True for arg in args])
    numbers = [arg for arg in args if not isinstance(arg, (bool, Undecided))]
    if op is table.WHERE:
        return numbers[0]
    if op in table.CONDITIONS:
        sign = sign_of(_subtract(*numbers))
        return op is table.NE or _RELATIONS.get(op) == sign
    result = _apply(op, numbers, [arg.op is not table.NUMBER for arg in node.args])
    if isinstance(result, arb) and not result.is_finite():
        raise Undecided("the enclosure is not finite")
    return result


def _apply(op: Row, args: list[Number], moving: list[bool]) -> Number:
    balls = [arg for arg in args if isinstance(arg, arb)]
    is_direct = op in _ALWAYS or len(balls) < len(args) or (op is table.POW and balls[0] > 0)
    if is_direct and op in _RULES:
        return _RULES[op](*args)
    if len(balls) == len(args):
        value = BallSystem(constant, carrying).interior(op, balls, moving) if args else carrying(op)()
        if isinstance(value, arb) and value.is_finite():
            return value
        if isinstance(value, Fault) and not isinstance(value.error, Immense):
            raise value.error if isinstance(value.error, Undecided) else Undecided(value.error.message)
    if op in _LIMITS and len(balls) < len(args):
        return _LIMITS[op](args[0])
    if not op.written or len(op.args) != len(args):
        raise Undecided(f"{op.name} of a number beyond all balls")
    names = {name: symbol(f"argument {name}") for name in op.args}
    inside = rules.fill(op.written, op.args, names)
    return _root_value(
        inside, _evaluate_parts(inside, {f"argument {n}": v for n, v in zip(op.args, args, strict=True)})
    )


def _root_value(root: Expr, values: Mapping[int, _Value]) -> Number:
    value = values[root.id]
    if isinstance(value, Undecided):
        raise value
    assert not isinstance(value, bool)
    return value


_ALWAYS = frozenset((table.ADD, table.SUB, table.NEG, table.MUL, table.EXP))
"""Rows without kinks and edges."""
_CONNECTIVES: dict[Row, Callable[[list[bool]], bool]] = {
    table.AND: all,
    table.OR: any,
    table.NOT: lambda args: not args[0],
}
