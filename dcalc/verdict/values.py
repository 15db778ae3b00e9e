"""Rules for the value of a node at the point itself, from the values of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.verdict import compose, taylor
from dcalc.verdict.closed import closed
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, fraction, function, of, pi
from dcalc.verdict.outcomes import Missing

Rule = Callable[[Expr, list[Any]], Any]


def any_value(node: Expr, args: list[Constant]) -> Constant:
    """The value of a function of the table."""
    return taylor.value(node.op, args)


def _sum(node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total - arg if node.op is table.SUB else total + arg
    return total


def _product(_node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total * arg
    return total


def _quotient(node: Expr, args: list[Constant]) -> Constant | Missing:
    return Missing("division by 0", node) if args[1].is_zero() else args[0] * args[1].inverse()


def _power(node: Expr, args: list[Constant]) -> Constant | Missing:
    base, exponent = args
    whole = exponent.whole()
    if whole == 0:
        return ONE
    sign = base.sign()
    if not sign:
        if exponent.sign() > 0:
            return ZERO
        return Missing("division by 0" if whole is not None else "0 to a negative power", node)
    if whole is not None:
        return base.power(Fraction(whole))
    if sign < 0:
        return Missing("a negative base needs a whole exponent", node)
    if exponent.exact is not None:
        return base.power(fraction(exponent.exact))
    return compose.exp_value(compose.log_value(base) * exponent)


def _log(node: Expr, args: list[Constant]) -> Constant | Missing:
    return compose.log_value(args[0]) if args[0].sign() > 0 else Missing("argument needs > 0", node)


def _largest(node: Expr, args: list[Constant]) -> Constant:
    sign = (args[0] - args[1]).sign()
    return args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]


def _abs(_node: Expr, args: list[Constant]) -> Constant:
    return args[0] if args[0].sign() >= 0 else -args[0]


def _compare(node: Expr, args: list[Constant]) -> bool:
    return RELATIONS[node.op]((args[0] - args[1]).sign())


def _gamma(node: Expr, args: list[Constant]) -> Constant | Missing:
    """As the inverse of 1/gamma, in which the sides are known."""
    whole = args[0].whole()
    if whole is not None:
        return Missing("a pole", node) if whole <= 0 else any_value(node, args)
    if (known := closed(node.op, (args[0],))) is not None:
        return known
    inverse = function(node.op.key, (args[0], MINUS_ONE), args[0].ball.rgamma(), 0)
    return Constant(any_value(node, args).ball, None, "inv", (inverse,))


def _lambertw(node: Expr, args: list[Constant]) -> Constant:
    edge = function("exp", (MINUS_ONE,), arb(-1).exp())
    return MINUS_ONE if (args[0] + edge).is_zero() else any_value(node, args)


RELATIONS: dict[Row, Callable[[int], bool]] = {
    table.LT: lambda sign: sign < 0,
    table.LE: lambda sign: sign <= 0,
    table.GT: lambda sign: sign > 0,
    table.GE: lambda sign: sign >= 0,
    table.EQ: lambda sign: sign == 0,
    table.NE: lambda sign: sign != 0,
}
LOGIC: dict[Row, Callable[..., bool]] = {
    table.AND: lambda args: args[0] and args[1],
    table.OR: lambda args: args[0] or args[1],
    table.NOT: lambda args: not args[0],
}
VALUES: dict[Row, Rule] = {
    table.ADD: _sum,
    table.SUB: _sum,
    table.NEG: lambda _node, args: -args[0],
    table.MUL: _product,
    table.DIV: _quotient,
    table.POW: _power,
    table.EXP: lambda _node, args: compose.exp_value(args[0]),
    table.LOG: _log,
    table.SIN: lambda _node, args: compose.sine_cosine(args[0])[0],
    table.COS: lambda _node, args: compose.sine_cosine(args[0])[1],
    table.ATAN: lambda _node, args: compose.atan_value(args[0]),
    table.TANH: lambda _node, args: compose.tangent_value(args[0]),
    table.PI: lambda _node, _args: pi(),
    table.E: lambda _node, _args: compose.exp_value(ONE),
    table.ABS: _abs,
    table.MAX: _largest,
    table.MIN: _largest,
    table.FLOOR: lambda _node, args: of(args[0].floor()),
    table.GAMMA: _gamma,
    table.LAMBERTW: _lambertw,
    **dict.fromkeys(RELATIONS, _compare),
    **{row: lambda _node, args, rule=rule: rule(args) for row, rule in LOGIC.items()},  # type: ignore[misc]  # row by row
}
