"""Rules for the value of a node at the point, given the values of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.verdict import analytic, compose
from dcalc.verdict.constant import ONE, ZERO, Constant, of, pi
from dcalc.verdict.outcomes import LOGIC, RELATIONS, Missing, floor


def _add_value(_reach: int, node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total - arg if node.op is table.SUB else total + arg
    return total


def _multiply_value(_reach: int, _node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total * arg
    return total


def _divide_value(_reach: int, node: Expr, args: list[Constant]) -> Any:
    if args[1].is_zero():
        return Missing("division by 0", node)
    return args[0] * args[1].inverse()


def _power_value(_reach: int, node: Expr, args: list[Constant]) -> Any:
    base, exponent = args
    whole = exponent.whole()
    if whole == 0:
        return ONE
    sign = base.sign()
    if whole is not None:
        return Missing("division by 0", node) if not sign and whole < 0 else base.power(Fraction(whole))
    if sign < 0:
        return Missing("a negative base needs a whole exponent", node)
    if sign == 0:
        return ZERO if exponent.sign() > 0 else Missing("0 to a negative power", node)
    if exponent.exact is not None:
        return base.power(Fraction(int(exponent.exact.p), int(exponent.exact.q)))
    return compose.exp_value(compose.log_value(base) * exponent)


def _log_value(_reach: int, node: Expr, args: list[Constant]) -> Any:
    return compose.log_value(args[0]) if args[0].sign() > 0 else Missing("argument needs > 0", node)


def _floor_value(_reach: int, _node: Expr, args: list[Constant]) -> Constant:
    return of(floor(args[0]))


def _pick_value(_reach: int, node: Expr, args: list[Constant]) -> Constant:
    sign = (args[0] - args[1]).sign()
    return args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]


def _abs_value(_reach: int, _node: Expr, args: list[Constant]) -> Constant:
    return args[0] if args[0].sign() >= 0 else -args[0]


def _compare_value(_reach: int, node: Expr, args: list[Constant]) -> bool:
    return RELATIONS[node.op]((args[0] - args[1]).sign())


def _gamma_value(reach: int, node: Expr, args: list[Constant]) -> Any:
    whole = args[0].whole()
    return Missing("a pole", node) if whole is not None and whole <= 0 else any_value(reach, node, args)


def any_value(_reach: int, node: Expr, args: list[Constant]) -> Constant:
    """A function without a rule of its own: its value in balls."""
    ball = analytic.taylor(node.op, [arg.ball for arg in args], 0, 1)[0]
    return analytic.coefficient(node.op, tuple(args), 0, ball)


VALUES: dict[Row, Callable[..., Any]] = {
    table.ADD: _add_value,
    table.SUB: _add_value,
    table.NEG: lambda _reach, _n, args: -args[0],
    table.MUL: _multiply_value,
    table.DIV: _divide_value,
    table.POW: _power_value,
    table.EXP: lambda _reach, _n, args: compose.exp_value(args[0]),
    table.LOG: _log_value,
    table.SIN: lambda _reach, _n, args: compose.sine_cosine(args[0])[0],
    table.COS: lambda _reach, _n, args: compose.sine_cosine(args[0])[1],
    table.ATAN: lambda _reach, _n, args: compose.atan_value(args[0]),
    table.PI: lambda _reach, _n, _args: pi(),
    table.E: lambda _reach, _n, _args: compose.exp_value(ONE),
    table.ABS: _abs_value,
    table.MAX: _pick_value,
    table.MIN: _pick_value,
    table.FLOOR: _floor_value,
    table.GAMMA: _gamma_value,
    **dict.fromkeys(RELATIONS, _compare_value),
    **LOGIC,
}
