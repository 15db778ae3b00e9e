"""Rules for the series of a node on one side of the point, from those of its arguments.

A rule gives the series; with False beside it where the other side may differ by more than
t -> -t: a broken power at valuation not 0, a logarithm there, anything at infinity, a choice.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dcalc import functions as table
from dcalc.algebra.ball import evaluator
from dcalc.errors import Undecided
from dcalc.expr import Expr, make, number
from dcalc.functions import Row
from dcalc.verdict import compose, singular, taylor
from dcalc.verdict.bounds import is_square, root_bound, truncate
from dcalc.verdict.constant import MINUS_ONE, ONE, Constant, pi
from dcalc.verdict.outcomes import Missing
from dcalc.verdict.powers import exact_quotient, power
from dcalc.verdict.series import (
    UNIT,
    ZERO,
    Series,
    add,
    constant_term,
    monomial,
    multiply,
    negative,
    subtract,
)
from dcalc.verdict.terms import Swinging, Undecidable
from dcalc.verdict.values import LOGIC, RELATIONS, VALUES, any_value

if TYPE_CHECKING:
    from flint import arb

Rule = Callable[[Expr, list[Any], int], Any]


def any_side(node: Expr, args: list[Series], reach: int) -> Any:
    """A function of the table: constants, a singular point, or the Taylor series at the limit."""
    known = [constant_term(arg) for arg in args]
    moving = [place for place, c in enumerate(known) if c is None]
    if not moving:
        value = VALUES.get(node.op, any_value)(node, known)
        return monomial(value) if isinstance(value, Constant) else value
    rule = singular.RULES.get(node.op)
    if rule is not None and (series := rule(node.op, args, reach)) is not None:
        return series, node.op in singular.MEROMORPHIC
    if len(moving) > 1:
        raise Undecidable(f"{node.op.name} of two arguments that vary")
    return taylor.analytic(node.op, args, moving[0], reach)


def swung(node: Expr, args: list[Series]) -> Series | None:
    """A function of a bounded oscillation: another one, of whose limits the ball evaluator tells."""
    spans = [arg.span() if isinstance(arg, Series) else None for arg in args]
    if node.op in _ARITHMETIC or sum(span is not None for span in spans) != 1:
        return None
    place, swinging = next((i, arg) for i, arg in enumerate(args) if spans[i] is not None)
    known = [constant_term(arg) for arg in args]
    balls = [span if c is None else c.ball for span, c in zip(spans, known, strict=True)]
    if any(ball is None for ball in balls):
        return None
    whole = known[1].whole() if node.op is table.POW and not place and known[1] is not None else None
    try:
        size = _product_of(balls[0], whole) if whole is not None and 0 < whole < 64 else evaluator(node.op)(*balls)  # type: ignore[arg-type]  # balls
    except Undecided as error:
        raise Undecidable("an oscillating argument") from error
    return Series((), None, None, swinging.osc._replace(size=size))  # type: ignore[union-attr]  # it has a span


def _product_of(ball: arb, count: int) -> arb:
    """ball**count: flint's own power is no number where the ball holds 0."""
    total = ball
    for _ in range(count - 1):
        total = total * ball
    return total


def _sum(node: Expr, args: list[Series], _reach: int) -> Series:
    total = args[0]
    for arg, part in zip(args[1:], node.args[1:], strict=True):
        if node.op is table.SUB and part is node.args[0]:
            return ZERO
        total = subtract(total, arg) if node.op is table.SUB else add(total, arg)
    return total


def _product(_node: Expr, args: list[Series], reach: int) -> Series:
    total = args[0]
    for arg in args[1:]:
        total = multiply(total, arg, reach)
    return truncate(total, 4 * reach)


def _quotient(node: Expr, args: list[Series], reach: int) -> Series | Missing:
    if args[1].span() is not None:
        inverse = swung(make(table.POW, node.args[1], number(-1)), [args[1], monomial(MINUS_ONE)])
        assert inverse is not None
        return multiply(args[0], inverse, reach)
    if args[1].leading() is None:
        return Missing("division by 0", node)
    if args[0] is args[1]:
        return UNIT
    quotient = multiply(args[0], power(args[1], Fraction(-1), reach), reach)
    return exact_quotient(args[0], args[1], quotient)


def _power(node: Expr, args: list[Series], reach: int) -> Any:
    base, exponent = args
    constant = constant_term(exponent)
    if constant is None:
        return _varying_power(node, base, exponent, reach)
    whole = constant.whole()
    if whole == 0:
        return monomial(ONE)
    if whole is not None and whole > 0:
        return power(base, Fraction(whole), reach)
    try:
        lead = base.leading()
    except Swinging:
        if constant.sign() > 0 and is_square(node.args[0]) and (bounded := root_bound(base, constant)) is not None:
            return bounded, False
        raise
    if lead is None:
        return ZERO if constant.sign() > 0 else Missing("division by 0", node)
    if whole is not None:
        return power(base, Fraction(whole), reach)
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    regular = lead.rank == (0, 0) and base.growth is None
    return compose.to_power(base, constant, reach), regular


def _varying_power(node: Expr, base: Series, exponent: Series, reach: int) -> Any:
    lead = base.leading()
    if lead is None:
        sign = exponent.sign()
        return (ZERO, False) if sign > 0 else Missing("0 to a negative power", node)
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    product = multiply(exponent, compose.logarithm(base, reach), reach)
    return compose.exponential(product, reach), lead.rank == (0, 0)


def _log(node: Expr, args: list[Series], reach: int) -> Any:
    lead = args[0].leading()
    if lead is None or lead.c.sign() < 0:
        return Missing("argument needs > 0", node)
    return compose.logarithm(args[0], reach), lead.rank == (0, 0)


def _atan(_node: Expr, args: list[Series], reach: int) -> Any:
    return compose.arctangent(args[0], reach), not compose.limit_at_infinity(args[0])


def _abs(_node: Expr, args: list[Series], _reach: int) -> Any:
    return compose.magnitude(args[0]), False


def _largest(node: Expr, args: list[Series], _reach: int) -> Any:
    if node.args[0] is node.args[1]:
        return args[0], False
    sign = subtract(*args).sign()
    return (args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]), False


def _compare(node: Expr, args: list[Series], _reach: int) -> Any:
    same = node.args[0] is node.args[1]
    return RELATIONS[node.op](0 if same else subtract(*args).sign()), False


SIDES: dict[Row, Rule] = {
    table.ADD: _sum,
    table.SUB: _sum,
    table.NEG: lambda _node, args, _reach: negative(args[0]),
    table.MUL: _product,
    table.DIV: _quotient,
    table.POW: _power,
    table.EXP: lambda _node, args, reach: compose.exponential(args[0], reach),
    table.LOG: _log,
    table.SIN: lambda _node, args, reach: compose.circular("sin", args[0], reach),
    table.COS: lambda _node, args, reach: compose.circular("cos", args[0], reach),
    table.ATAN: _atan,
    table.TANH: lambda _node, args, reach: (compose.tangent(args[0], reach), not compose.limit_at_infinity(args[0])),
    table.PI: lambda _node, _args, _reach: monomial(pi()),
    table.ABS: _abs,
    table.MAX: _largest,
    table.MIN: _largest,
    table.FLOOR: lambda _node, args, _reach: (compose.floor(args[0]), False),
    **dict.fromkeys(RELATIONS, _compare),
    **{row: lambda _node, args, _reach, rule=rule: rule(args) for row, rule in LOGIC.items()},  # type: ignore[misc]  # row by row
}
_ARITHMETIC = (
    frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.ABS, table.FLOOR, table.MAX, table.MIN))
    | table.CONDITIONS
)
"""What has rules of its own for oscillations, or is not continuous."""
