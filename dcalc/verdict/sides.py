"""Rules for one side of a node: its series, given those of its arguments.

A rule gives a series, or what there is instead; with False beside it where the other side
may differ: a broken power at valuation not 0, a logarithm there, a choice.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.verdict import analytic, compose
from dcalc.verdict.arithmetic import add, multiply, power, scale, truncate
from dcalc.verdict.constant import MINUS_ONE, ONE, of, pi
from dcalc.verdict.outcomes import LOGIC, RELATIONS, Missing, exact_constant, floor
from dcalc.verdict.series import FLAT, Series, Undecidable, monomial


def _add_side(_reach: int, node: Expr, args: list[Series]) -> Series:
    total = args[0]
    for arg, part in zip(args[1:], node.args[1:], strict=True):
        if node.op is table.SUB and part is node.args[0]:
            return Series(())
        total = add(total, scale(arg, MINUS_ONE) if node.op is table.SUB else arg)
    return total


def _multiply_side(reach: int, _node: Expr, args: list[Series]) -> Series:
    total = args[0]
    for arg in args[1:]:
        total = multiply(total, arg, reach)
    return truncate(total, 4 * reach)


def _divide_side(reach: int, node: Expr, args: list[Series]) -> Any:
    if args[1].leading() is None:
        return Missing("division by 0", node)
    return multiply(args[0], power(args[1], Fraction(-1), reach), reach)


def _power_side(reach: int, node: Expr, args: list[Series]) -> Any:
    base, exponent = args
    constant = exact_constant(exponent)
    if constant is None:
        return _varying_power(reach, node, base, exponent)
    whole = constant.whole()
    if whole == 0:
        return monomial(ONE)
    lead = base.leading()
    if lead is None:
        return Series(()) if constant.sign() > 0 else Missing("division by 0", node)
    if whole is not None:
        return power(base, Fraction(whole), reach)
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    regular = lead.rank == (0, 0) and base.growth is None
    if constant.exact is None:
        return _varying_power(reach, node, base, exponent)[0], regular
    return power(base, Fraction(int(constant.exact.p), int(constant.exact.q)), reach), regular


def _varying_power(reach: int, node: Expr, base: Series, exponent: Series) -> Any:
    lead = base.leading()
    if lead is None:
        sign = exponent.sign()
        if sign < 0:
            return Missing("0 to a negative power", node)
        return (Series(()) if sign else monomial(ONE)), False
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    product = multiply(exponent, compose.logarithm(base, reach), reach)
    return compose.exponential(product, reach), lead.rank == (0, 0)


def _exp_side(reach: int, _node: Expr, args: list[Series]) -> Series:
    return compose.exponential(args[0], reach)


def _log_side(reach: int, node: Expr, args: list[Series]) -> Any:
    lead = args[0].leading()
    if lead is None or lead.c.sign() < 0:
        return Missing("argument needs > 0", node)
    return compose.logarithm(args[0], reach), lead.rank == (0, 0)


def _circular_side(reach: int, node: Expr, args: list[Series]) -> Series:
    return compose.circular(node.op.name, args[0], reach)


def _atan_side(reach: int, _node: Expr, args: list[Series]) -> Any:
    return compose.arctangent(args[0], reach), not compose.limit_at_infinity(args[0])


def _erf_side(reach: int, node: Expr, args: list[Series]) -> Any:
    side = compose.limit_at_infinity(args[0])
    if side:
        return add(monomial(of(side)), Series((), FLAT)), False
    return analytic.analytic(node.op, args, 0, reach)


def _abs_side(_reach: int, _node: Expr, args: list[Series]) -> Any:
    sign = args[0].sign()
    return (scale(args[0], MINUS_ONE) if sign < 0 else args[0]), False


def _pick_side(_reach: int, node: Expr, args: list[Series]) -> Any:
    if args[0] is args[1]:
        return args[0], False
    sign = add(args[0], scale(args[1], MINUS_ONE)).sign()
    return (args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]), False


def _floor_side(_reach: int, _node: Expr, args: list[Series]) -> Any:
    limit, small = compose.steps_to(args[0])
    whole = limit.whole()
    return monomial(of(floor(limit) if whole is None else whole - (small < 0))), False


def _compare_side(_reach: int, node: Expr, args: list[Series]) -> Any:
    same = node.args[0] is node.args[1] or args[0] is args[1]
    return RELATIONS[node.op](0 if same else add(args[0], scale(args[1], MINUS_ONE)).sign()), False


def _gamma_side(reach: int, node: Expr, args: list[Series]) -> Any:
    reciprocal = analytic.reciprocal_gamma(args[0], reach)
    return Missing("a pole", node) if reciprocal.leading() is None else power(reciprocal, Fraction(-1), reach)


def any_side(reach: int, node: Expr, args: list[Series]) -> Series:
    """A function without a rule of its own: its Taylor series, where one argument varies."""
    moving = [place for place, arg in enumerate(args) if exact_constant(arg) is None]
    if not args:
        raise Undecidable(f"{node.op.name} has no series here")
    if len(moving) > 1:
        raise Undecidable(f"{node.op.name} of two arguments that vary")
    return analytic.analytic(node.op, args, moving[0] if moving else 0, reach)


SIDES: dict[Row, Callable[..., Any]] = {
    table.ADD: _add_side,
    table.SUB: _add_side,
    table.NEG: lambda _reach, _n, args: scale(args[0], MINUS_ONE),
    table.MUL: _multiply_side,
    table.DIV: _divide_side,
    table.POW: _power_side,
    table.EXP: _exp_side,
    table.LOG: _log_side,
    table.SIN: _circular_side,
    table.COS: _circular_side,
    table.ATAN: _atan_side,
    table.ERF: _erf_side,
    table.PI: lambda _reach, _n, _args: monomial(pi()),
    table.E: lambda _reach, _n, _args: monomial(compose.exp_value(ONE)),
    table.ABS: _abs_side,
    table.MAX: _pick_side,
    table.MIN: _pick_side,
    table.FLOOR: _floor_side,
    table.GAMMA: _gamma_side,
    **dict.fromkeys(RELATIONS, _compare_side),
    **LOGIC,
}
