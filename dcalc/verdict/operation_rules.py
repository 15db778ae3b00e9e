"""The rules of operations: the value of a node, and its series on one side, from those of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import floor
from typing import TypeAlias

from flint import arb

from dcalc import functions as table
from dcalc.errors import Undecided
from dcalc.expr import Expr, make, number
from dcalc.functions import Row
from dcalc.numbers.ball import evaluator, nearest_whole
from dcalc.proof.constant import MINUS_ONE, ONE, ZERO, Constant, function_value, pi, rational, to_fraction
from dcalc.proof.special_functions import closed_constant
from dcalc.verdict import composition, singularities
from dcalc.verdict.composition import exact_quotient, power
from dcalc.verdict.oscillation import bound_expression, bound_root, is_square, is_whole, truncate
from dcalc.verdict.scale import Oscillating, Oscillation, Undecidable
from dcalc.verdict.series import (
    ONE_SERIES,
    ZERO_SERIES,
    NoValue,
    Series,
    add,
    constant_term,
    monomial,
    multiply,
    negate,
    subtract,
)

ValueRule = Callable[[Expr, list[Constant]], Constant | bool | NoValue]
"""The value of a node from those of its arguments."""
Expansion: TypeAlias = Series | bool | NoValue | tuple[Series | bool, bool]
"""The series of a node on one side; with False beside it where the other side may be more than its
reflection t -> -t: a broken power at valuation not 0, a logarithm there, anything at infinity, a choice."""
SeriesRule = Callable[[Expr, list[Series], int], Expansion]
"""The series of a node on one side from those of its arguments, to a number of orders beyond the leading one."""

# --- values at the point ------------------------------------------------------------------------------


def evaluate_row(node: Expr, args: list[Constant]) -> Constant:
    """The value of a function of the table."""
    return composition.row_value(node.op, args)


def _add_values(node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total - arg if node.op is table.SUB else total + arg
    return total


def _multiply_values(_node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total * arg
    return total


def _divide_values(node: Expr, args: list[Constant]) -> Constant | NoValue:
    return NoValue("division by 0", node) if args[1].is_zero() else args[0] * args[1].inverse()


def _raise_values(node: Expr, args: list[Constant]) -> Constant | NoValue:
    base, exponent = args
    whole = exponent.as_integer()
    if whole == 0:
        return ONE
    sign = base.sign()
    if not sign:
        if exponent.sign() > 0:
            return ZERO
        return NoValue("division by 0" if whole is not None else "0 to a negative power", node)
    if whole is not None:
        return base.power(Fraction(whole))
    if sign < 0:
        return NoValue("a negative base needs a whole exponent", node)
    if exponent.exact is not None:
        return base.power(to_fraction(exponent.exact))
    return composition.exp_value(composition.log_value(base) * exponent)


def _take_log_values(node: Expr, args: list[Constant]) -> Constant | NoValue:
    return composition.log_value(args[0]) if args[0].sign() > 0 else NoValue("argument needs > 0", node)


def _choose_values(node: Expr, args: list[Constant]) -> Constant:
    sign = (args[0] - args[1]).sign()
    return args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]


def _take_abs_values(_node: Expr, args: list[Constant]) -> Constant:
    return args[0] if args[0].sign() >= 0 else -args[0]


def _compare_values(node: Expr, args: list[Constant]) -> bool:
    return RELATIONS[node.op]((args[0] - args[1]).sign())


def _gamma_value(node: Expr, args: list[Constant]) -> Constant | NoValue:
    """As the inverse of 1/gamma, in which the sides are known."""
    whole = args[0].as_integer()
    if whole is not None:
        return NoValue("a pole", node) if whole <= 0 else evaluate_row(node, args)
    if (value := closed_constant(node.op, (args[0],))) is not None:
        return value
    inverse = function_value(node.op.key, (args[0], MINUS_ONE), args[0].ball.rgamma(), 0)
    return Constant(evaluate_row(node, args).ball, None, "inv", (inverse,))


def _lambertw_value(node: Expr, args: list[Constant]) -> Constant:
    edge = function_value("exp", (MINUS_ONE,), arb(-1).exp())
    return MINUS_ONE if (args[-1] + edge).is_zero() else evaluate_row(node, args)


def _elliptic_f_value(node: Expr, args: list[Constant]) -> Constant | NoValue:
    phi, m = args
    if not m.ball < 1:
        sine = composition.sine_cosine(phi)[0]
        if (sine * sine * m - ONE).is_zero():
            return NoValue("1 - m*sin(phi)**2 is 0", node)
    return evaluate_row(node, args)


RELATIONS: dict[Row, Callable[[int], bool]] = {
    table.LT: lambda sign: sign < 0,
    table.LE: lambda sign: sign <= 0,
    table.GT: lambda sign: sign > 0,
    table.GE: lambda sign: sign >= 0,
    table.EQ: lambda sign: sign == 0,
    table.NE: lambda sign: sign != 0,
}
LOGIC: dict[Row, Callable[[list[bool]], bool]] = {table.AND: all, table.OR: any, table.NOT: lambda args: not args[0]}
"""Connectives, which are the same at the point and on either side."""
VALUE_RULES: dict[Row, ValueRule] = {
    table.ADD: _add_values,
    table.SUB: _add_values,
    table.NEG: lambda _node, args: -args[0],
    table.MUL: _multiply_values,
    table.DIV: _divide_values,
    table.POW: _raise_values,
    table.EXP: lambda _node, args: composition.exp_value(args[0]),
    table.LOG: _take_log_values,
    table.SIN: lambda _node, args: composition.sine_cosine(args[0])[0],
    table.COS: lambda _node, args: composition.sine_cosine(args[0])[1],
    table.ATAN: lambda _node, args: composition.atan_value(args[0]),
    table.TANH: lambda _node, args: composition.tanh_value(args[0]),
    table.PI: lambda _node, _args: pi(),
    table.E: lambda _node, _args: composition.exp_value(ONE),
    table.ABS: _take_abs_values,
    table.MAX: _choose_values,
    table.MIN: _choose_values,
    table.FLOOR: lambda _node, args: rational(args[0].floor()),
    table.GAMMA: _gamma_value,
    table.LAMBERTW: _lambertw_value,
    table.get("lambertw", 2): _lambertw_value,
    table.get("elliptic_f", 2): _elliptic_f_value,
    **dict.fromkeys(RELATIONS, _compare_values),
}


# --- series on one side of the point --------------------------------------------------------------------


def has_series_rule(row: Row) -> bool:
    """Whether the series of a function follow from a rule of its own, rather than from what it is written as."""
    return row in SERIES_RULES or row in singularities.RULES


def expand_row(node: Expr, args: list[Series], reach: int) -> Expansion:
    """A function of the table: constants, a singular point, or the Taylor series at the limit."""
    constants = [c for arg in args if (c := constant_term(arg)) is not None]
    if len(constants) == len(args):
        value = VALUE_RULES.get(node.op, evaluate_row)(node, constants)
        return monomial(value) if isinstance(value, Constant) else value
    rule = singularities.RULES.get(node.op)
    if rule is not None and (series := rule(node.op, args, reach)) is not None:
        return series, node.op in singularities.MEROMORPHIC
    moving, *others = (place for place, arg in enumerate(args) if constant_term(arg) is None)
    if others:
        raise Undecidable(f"{node.op.name} of two arguments that vary")
    return composition.expand_taylor(node.op, args, moving, reach)


def oscillate(node: Expr, args: list[Series]) -> Series | None:
    """A function of one bounded oscillation: another one, whose limits the ball evaluator encloses."""
    if node.op in _ARITHMETIC:
        return None
    balls: list[arb] = []
    oscillating: list[tuple[int, Oscillation]] = []
    for place, arg in enumerate(args):
        if (limits := arg.limits()) is not None and arg.oscillation is not None:
            oscillating.append((place, arg.oscillation))
            balls.append(limits)
        elif (c := constant_term(arg)) is not None:
            balls.append(c.ball)
    if len(oscillating) != 1 or len(balls) != len(args):
        return None
    ((place, oscillation),) = oscillating
    exponent = constant_term(args[1]) if node.op is table.POW and not place else None
    whole = None if exponent is None else exponent.as_integer()
    base = constant_term(args[0]) if node.op is table.POW and place else None
    if whole == 0 or (base is not None and (base.sign() <= 0 or (base - ONE).is_zero())):
        return None  # 1, or without values, which other rules tell
    try:
        size = _multiply_ball(balls[0], whole) if whole is not None and 0 < whole < 64 else evaluator(node.op)(*balls)
    except Undecided as error:
        raise Undecidable("an oscillating argument") from error
    if not size.is_finite():  # the argument leaves the domain, now and then or for good
        raise Undecidable("an oscillating argument")
    return Series((), None, None, oscillation._replace(size=size))


def _multiply_ball(ball: arb, count: int) -> arb:
    """ball**count: flint's own power is not a number where the ball holds 0."""
    total = ball
    for _ in range(count - 1):
        total = total * ball
    return total


def _add_series(node: Expr, args: list[Series], _reach: int) -> Series:
    total = args[0]
    for arg, part in zip(args[1:], node.args[1:], strict=True):
        if node.op is table.SUB and part is node.args[0]:
            return ZERO_SERIES
        total = subtract(total, arg) if node.op is table.SUB else add(total, arg)
    return total


def _multiply_series(_node: Expr, args: list[Series], reach: int) -> Series:
    total = args[0]
    for arg in args[1:]:
        total = multiply(total, arg, reach)
    return truncate(total, 4 * reach)


def _divide_series(node: Expr, args: list[Series], reach: int) -> Series | NoValue:
    if args[1].limits() is not None:
        inverse = oscillate(make(table.POW, node.args[1], number(-1)), [args[1], monomial(MINUS_ONE)])
        assert inverse is not None
        return multiply(args[0], inverse, reach)
    if args[1].leading() is None:
        return NoValue("division by 0", node)
    if args[0] is args[1]:
        return ONE_SERIES
    quotient = multiply(args[0], power(args[1], Fraction(-1), reach), reach)
    return exact_quotient(args[0], args[1], quotient)


def _raise_series(node: Expr, args: list[Series], reach: int) -> Expansion:
    base, exponent = args
    constant = constant_term(exponent)
    if constant is None:
        return _varying_power(node, base, exponent, reach)
    whole = constant.as_integer()
    if whole == 0:
        return monomial(ONE)
    if whole is not None and whole > 0:
        return power(base, Fraction(whole), reach)
    try:
        lead = base.leading()
    except Oscillating:
        if constant.sign() > 0 and is_square(node.args[0]) and (bound := bound_root(base, constant)) is not None:
            return bound, False
        raise
    if lead is None:
        return ZERO_SERIES if constant.sign() > 0 else NoValue("division by 0", node)
    if whole is not None:
        return power(base, Fraction(whole), reach)
    if lead.c.sign() < 0:
        return NoValue("a negative base needs a whole exponent", node)
    return composition.constant_power(base, constant, reach), lead.rank == (0, 0) and base.growth is None


def _varying_power(node: Expr, base: Series, exponent: Series, reach: int) -> Expansion:
    lead = base.leading()
    if lead is None:
        sign = exponent.sign()
        return (ZERO_SERIES, False) if sign > 0 else NoValue("0 to a negative power", node)
    if lead.c.sign() < 0:
        if is_whole(node.args[1]):
            raise Undecidable("a negative base to a power that steps")
        return NoValue("a negative base needs a whole exponent", node)
    product = multiply(exponent, composition.logarithm(base, reach), reach)
    return composition.exponential(product, reach), lead.rank == (0, 0)


def _take_log_series(node: Expr, args: list[Series], reach: int) -> Expansion:
    lead = args[0].leading()
    if lead is None or lead.c.sign() < 0:
        return NoValue("argument needs > 0", node)
    return composition.logarithm(args[0], reach), lead.rank == (0, 0)


def _take_atan_series(_node: Expr, args: list[Series], reach: int) -> Expansion:
    return composition.arctangent(args[0], reach), not composition.sign_at_infinity(args[0])


def _take_abs_series(node: Expr, args: list[Series], _reach: int) -> Expansion:
    if args[0].oscillation is not None:
        low, high = bound_expression(node.args[0])
        if low is not None and low >= 0:
            return args[0], False
        if high is not None and high <= 0:
            return negate(args[0]), False
    return composition.magnitude(args[0]), False


def _take_floor_series(node: Expr, args: list[Series], _reach: int) -> Expansion:
    whole = None if args[0].oscillation is None else _find_floor(node.args[0], args[0].limits())
    return composition.floor(args[0]) if whole is None else monomial(rational(whole)), False


def _find_floor(node: Expr, span: arb | None) -> int | None:
    """The floor of what oscillates within a span, where it is always the same; None where it may not be."""
    low, high = bound_expression(node)
    lows = [None if low is None else floor(low), None if span is None else nearest_whole(span.lower().floor())]
    highs = [None if high is None else floor(high), None if span is None else nearest_whole(span.upper().floor())]
    least = max((end for end in lows if end is not None), default=None)
    return least if least == min((end for end in highs if end is not None), default=None) else None


def _choose_series(node: Expr, args: list[Series], _reach: int) -> Expansion:
    if node.args[0] is node.args[1]:
        return args[0], False
    sign = subtract(*args).sign()
    return (args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]), False


def _compare_series(node: Expr, args: list[Series], _reach: int) -> Expansion:
    same = node.args[0] is node.args[1]
    return RELATIONS[node.op](0 if same else subtract(*args).sign()), False


SERIES_RULES: dict[Row, SeriesRule] = {
    table.ADD: _add_series,
    table.SUB: _add_series,
    table.NEG: lambda _node, args, _reach: negate(args[0]),
    table.MUL: _multiply_series,
    table.DIV: _divide_series,
    table.POW: _raise_series,
    table.EXP: lambda _node, args, reach: composition.exponential(args[0], reach),
    table.LOG: _take_log_series,
    table.SIN: lambda _node, args, reach: composition.sine_or_cosine("sin", args[0], reach),
    table.COS: lambda _node, args, reach: composition.sine_or_cosine("cos", args[0], reach),
    table.ATAN: _take_atan_series,
    table.TANH: lambda _node, args, reach: (
        composition.hyperbolic_tangent(args[0], reach),
        not composition.sign_at_infinity(args[0]),
    ),
    table.PI: lambda _node, _args, _reach: monomial(pi()),
    table.ABS: _take_abs_series,
    table.MAX: _choose_series,
    table.MIN: _choose_series,
    table.FLOOR: _take_floor_series,
    **dict.fromkeys(RELATIONS, _compare_series),
}
_ARITHMETIC = (
    frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.ABS, table.FLOOR, table.MAX, table.MIN))
    | table.CONDITIONS
)
"""Operations that have rules of their own for oscillations, or are not continuous."""
