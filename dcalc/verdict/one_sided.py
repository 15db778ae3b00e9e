"""The derivatives of one side of a point, read off its series."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import partial
from math import factorial
from typing import Literal, NamedTuple

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, is_leaf, operands, variables
from dcalc.numbers import enclosure
from dcalc.proof.constant import MINUS_ONE, ONE, ZERO, Constant, NeedMoreBits
from dcalc.verdict.composition import split
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.oscillation import Phase, is_growing, is_whole_test
from dcalc.verdict.scale import FLAT, QUESTIONS, NeedMoreTerms, Order, Oscillation, Rank, Undecidable
from dcalc.verdict.series import NoValue, Series, SideValue, constant_term, monomial, multiply, scale, subtract

Failure = Literal["", "oscillation", "infinite", "unbounded", "jumps"]
"""How a limit fails to exist; unbounded: it is infinite along some steps at least; jumps: f jumps again and again on
the way, so that there is no derivative of which to take the next."""


class Side(NamedTuple):
    """A side's derivatives of order 0 to n: constants up to the first that fails, and how that fails.

    ``sampled``: the values are those along some sequences of steps, not proved to be limits.
    """

    values: list[Constant]
    fails: Failure = ""
    sampled: bool = False


def read_derivatives(series: Series, order: int) -> Side:
    """f and its first derivatives, as t grows from 0 in the direction of the side.

    Raises NeedMoreTerms where the series is not known far enough, Undecidable where it does not say.
    """
    if series.growth is not None:
        return _beyond_powers(series, order)
    values: list[Constant] = []
    for k in range(order + 1):
        if series.oscillation is not None and (failure := _oscillation_failure(series, series.oscillation, k)):
            return Side(values, failure)
        if _is_infinite(series, k):
            return Side(values, "infinite")
        if series.error is not None and series.error <= _order_needed(series, k):
            raise NeedMoreTerms
        values.append(_coefficient(series, k))
    return Side(values)


def _beyond_powers(series: Series, order: int) -> Side:
    """exp(P): flat, or larger than every power."""
    if series.growth_sign() < 0:
        if series.oscillation is not None and order > 1 and series.oscillation.speed == FLAT:
            raise Undecidable("an oscillation of unknown speed")
        return Side([ZERO] * (order + 1))
    if series.oscillation is None:
        return Side([ZERO] * (order + 1)) if series.leading() is None else Side([], "infinite")
    if any(term.rank.a < series.oscillation.a and not term.c.is_zero() for term in series.terms):
        return Side([], "infinite")
    if not series.oscillation.exact_size:
        raise Undecidable("an oscillation of unknown size")
    return Side([], "oscillation")


def _order_needed(series: Series, k: int) -> Order | float:
    """The order beyond which terms do not matter to the k-th derivative."""
    if series.oscillation is None or k < 2:
        return k
    return 1 + (k - 1) * series.oscillation.speed


def _oscillation_failure(series: Series, osc: Oscillation, k: int) -> Failure:
    """How the oscillating part makes the k-th derivative fail; empty where it does not.

    f**(k-1) has one of size t**size; the quotient of its difference, one of t**(size - 1).
    """
    size = osc.a if k < 2 else osc.a - (k - 1) * osc.speed
    room = size - min(k, 1)
    if room > 0:
        return ""
    for (a, b), c in series.terms:
        larger = (a - max(k - 1, 0), -b) < (size, 0)
        if larger and not _has_derivative(Rank(a, b), k) and not c.is_zero():
            return "infinite"
    if not osc.exact_size or (k > 1 and (osc.speed == FLAT or (not room and not osc.exact_speed))):
        raise Undecidable("an oscillation of unknown size")
    return "oscillation"


def _has_derivative(rank: Rank, k: int) -> bool:
    """Whether a term has a k-th derivative, taken from the side."""
    if type(rank.a) is int and rank.a >= 0 and not rank.b:
        return True
    return rank.a > k or (rank.a == k and rank.b < 0)


def _is_infinite(series: Series, k: int) -> bool:
    """Whether derivative k is the first that a broken power or a logarithm makes infinite."""
    return any(not _has_derivative(rank, k) and not c.is_zero() for rank, c in series.terms)


def _coefficient(series: Series, k: int) -> Constant:
    for rank, c in series.terms:
        if rank == (k, 0):
            return c.scale(factorial(k))
    return ZERO


# --- whether f is analytic close to the point, though not at it: no choice changes, no step is met -------


def is_regular(line: Evaluation, name: str, sign: int) -> bool:
    """Whether f is analytic in ``name`` at all points near by on a side of the line."""
    regular: dict[int, bool] = {}
    for node in line.order:
        sides = {part.id: line.germs[part.id].side(sign) for part in (*operands(node), node)}
        inner = line.meaning.get(node.id)
        if inner is not None:
            regular[node.id] = regular[inner.id]
        elif is_leaf(node) or name not in variables(node):
            regular[node.id] = isinstance(sides[node.id], (Series, bool))
        else:
            args = [sides[arg.id] for arg in operands(node)]
            if line.phase is not None and line.phase.shift and _is_settled_beside_steps(node, args):
                regular[node.id] = all(regular[arg.id] for arg in node.args)
            else:
                regular[node.id] = _is_interior(node, args, sides[node.id], regular)
    return regular[line.root.id]


def _is_settled_beside_steps(node: Expr, args: list[SideValue]) -> bool:
    """Whether a node is a floor, or a test for whole numbers, that changes at steps and not beside them."""
    return (node.op is table.FLOOR or is_whole_test(node)) and is_growing(args[0])


def _is_interior(node: Expr, args: list[SideValue], value: SideValue, regular: dict[int, bool]) -> bool:
    """Whether a node is analytic in its arguments there, or a condition holds all around."""
    are_regular = [regular[arg.id] for arg in node.args]
    if node.op in (table.AND, table.OR):
        decides = node.op is table.OR
        one = any(part is decides and sure for part, sure in zip(args, are_regular, strict=True))
        return one or (value is not decides and all(are_regular))
    if node.op is table.WHERE:
        return are_regular[0] and isinstance(args[0], bool) and are_regular[1 if args[0] else 2]
    if not all(are_regular) or not isinstance(value, (Series, bool)):
        return False
    if node.op is table.NOT:
        return True
    return _is_analytic_in(node, [arg for arg in args if isinstance(arg, Series)])


def _is_analytic_in(node: Expr, args: list[Series]) -> bool:
    """Whether an operation is analytic at arguments that are."""
    if node.op in _CHOICES:
        return all(subtract(arg, args[0]).leading() is not None for arg in args[1:])
    if node.op is table.ABS:
        return args[0].leading() is not None
    if node.op is table.FLOOR:
        return _is_between(args[0])
    if node.op is table.POW:
        exponent = constant_term(args[1])
        whole = None if exponent is None else exponent.as_integer()
        return whole is not None or args[0].leading() is not None
    return node.op in _ENTIRE or not enclosure.has_edges(node.op)


def _is_between(series: Series) -> bool:
    """Whether a series stays off whole numbers, close to the point."""
    growing, limit, small = split(series)
    return not growing.terms and (limit.as_integer() is None or small.leading() is not None)


_CHOICES = frozenset((table.MAX, table.MIN, *table.CONDITIONS)) - {table.AND, table.OR, table.NOT}
_ENTIRE = frozenset((table.ADD, table.SUB, table.MUL, table.NEG, table.DIV, table.LOG))
"""Analytic, with all that they choose, wherever they have a value."""


# --- one-sided limits that do not exist, shown along steps of several phases ------------------------------

_PLAIN = tuple(Fraction(*at) for at in ((1, 2), (3, 2), (0, 1), (1, 1), (1, 6), (5, 4)))
"""Phases at which sine and cosine are simple numbers."""
_WHOLE = (Fraction(0), Fraction(1, 2))
"""Phases at which the first floor, or one of twice its argument, changes."""
_GENERAL = tuple(Fraction(*at) for at in ((1, 5), (4, 5), (6, 5), (9, 5)))
"""Phases at which f' is asked for: where nothing else happens, as is tested."""


def sample_steps(evaluation: Evaluation, sign: int, order: int, holes: bool) -> Side | None:
    """How f on the side ``sign``, or the quotient that is its first derivative, is shown to have no limit.

    None where that is not shown. Where not ``holes``, f must have a value at all the steps. Of f
    alone, values of lower order are those along the steps, not limits.
    """
    if not has_oscillation(evaluation):
        return None
    sequences: list[_Limits] = []
    for at in _PLAIN + _GENERAL:
        side = _side(_evaluate_along(evaluation, evaluation.root, at), sign)
        if isinstance(side, NoValue):
            if not holes:
                return None
            if at in _GENERAL:  # f has no value around these steps
                return Side([], "unbounded", True)
        if isinstance(side, Series) and (limits := _limits_along(side, min(order, 1))) is not None:
            sequences.append(limits)
            if holes and (divergence := _divergence(sequences)) is not None:
                return divergence
    return _divergence(sequences)


class _Limits(NamedTuple):
    """Where one sequence of steps leads: limits, and the sign of the infinite one that follows them, or 0."""

    values: list[Constant]
    infinite: int


def _limits_along(series: Series, order: int) -> _Limits | None:
    try:
        values, fails, _ = read_derivatives(series, order)
        if fails and values:
            series = subtract(series, monomial(values[0]))
        return _Limits(values, series.sign() if fails else 0)
    except QUESTIONS:
        return None


def sample_quotient(evaluation: Evaluation, sign: int, root: Expr, quotient: Callable[[Series], Series]) -> Failure:
    """How the quotient of the derivative ``root`` of f fails to have a limit; empty where that is not shown."""
    sequences = []
    for at in _GENERAL:
        f = _evaluate_along(evaluation, evaluation.root, at)
        slope = _side(_evaluate_along(evaluation, root, at), sign)
        if not isinstance(slope, Series) or not _is_regular(f, sign):
            continue
        if (limits := _limits_along(quotient(slope), 0)) is not None:
            sequences.append(limits)
    divergence = _divergence(sequences)
    return divergence.fails if divergence is not None else ""


def jumps_nearby(evaluation: Evaluation, sign: int) -> bool:
    """Whether f is proved to jump at steps that tend to the point: at the whole numbers of a floor that grows.

    Before and after these steps f is analytic, with the floor as a whole number; its two limits differ.
    """
    if not any(node.op is table.FLOOR for node in evaluation.order):
        return False
    for at in _WHOLE:
        lines = [_evaluate_along(evaluation, evaluation.root, at, shift) for shift in (-1, 1)]
        before, after = (_side(line, sign) for line in lines)
        if not all(line.phase is not None and line.phase.has_steps and _is_regular(line, sign) for line in lines):
            continue
        if isinstance(before, Series) and isinstance(after, Series):
            with suppress(*QUESTIONS):
                if subtract(after, before).leading() is not None:
                    return True
    return False


def has_oscillation(evaluation: Evaluation) -> bool:
    """Whether a part of f oscillates on a side."""
    germs = evaluation.germs.values()
    return any(
        isinstance(side, Series) and side.oscillation is not None for germ in germs for side in (germ.left, germ.right)
    )


def _evaluate_along(evaluation: Evaluation, root: Expr, at: Fraction, shift: Literal[-1, 0, 1] = 0) -> Evaluation:
    phase = Phase(at, shift)
    line = Evaluation(root, evaluation.name, evaluation.at, evaluation.reach, evaluation.simplifying, phase)
    line.run()
    return line


def _side(evaluation: Evaluation, sign: int) -> SideValue:
    return evaluation.germs[evaluation.root.id].side(sign)


def _is_regular(evaluation: Evaluation, sign: int) -> bool:
    try:
        return is_regular(evaluation, evaluation.name, sign)
    except QUESTIONS:
        return False


def _divergence(sequences: list[_Limits]) -> Side | None:
    """The first order at which sequences of steps lead to different places, or beyond every number."""
    values: list[Constant] = []
    while sequences:
        k = len(values)
        finite = [limits.values[k] for limits in sequences if len(limits.values) > k]
        infinite = {limits.infinite for limits in sequences if len(limits.values) == k} - {0}
        if (finite and infinite) or len(infinite) > 1 or any(_differ(value, finite[0]) for value in finite[1:]):
            return Side(values, "oscillation", True)
        if infinite:
            return Side(values, "unbounded", True)
        if not finite:
            return None
        values.append(finite[0])
    return None


def _differ(first: Constant, second: Constant) -> bool:
    try:
        return not (first - second).is_zero()
    except NeedMoreBits:
        return False


# --- one-sided derivatives of an f that oscillates, one after the other ----------------------------------

# The series of f bounds what oscillates, and that may not be differentiated term by term. So f' is written
# down as an expression, and its own series taken: where f' tends to something, or oscillates, is then read
# off the quotient (f'(t) - f'(0))/t, and so on to the order asked.


def differentiate_stepwise(evaluation: Evaluation, sign: int, start: Side, order: int) -> Side:
    """The derivatives of the side ``sign`` up to an order; ``start`` has those of order 0 and 1.

    Raises Undecidable where a derivative has no series, NeedMoreTerms and NeedMoreBits.
    """
    if start.fails:
        return start
    if jumps_nearby(evaluation, sign):
        return Side(list(start.values), "jumps")
    values = list(start.values)
    for k in range(2, order + 1):
        root = _derivative(evaluation, k - 1)
        quotient = partial(_difference_quotient, sign, k, values[-1], evaluation.reach)
        try:
            side = read_derivatives(quotient(_series_of_derivative(evaluation, sign, root)), 0)
        except Undecidable:
            if fails := sample_quotient(evaluation, sign, root, quotient):
                return Side(values, fails)
            raise
        if side.fails:
            return Side(values, side.fails)
        values += side.values
    return Side(values)


def _difference_quotient(sign: int, k: int, value: Constant, reach: int, slope: Series) -> Series:
    """(g(t) - g(0))/t, where g is the derivative of order k - 1 in the direction of the side."""
    if sign < 0 and k % 2 == 0:
        slope = scale(slope, MINUS_ONE)
    return multiply(subtract(slope, monomial(value)), monomial(ONE, -1), reach)


def _derivative(evaluation: Evaluation, order: int) -> Expr:
    try:
        return derivative(evaluation.root, (evaluation.name,) * order)
    except (Unsupported, LimitError) as error:
        raise Undecidable("an oscillation of unknown speed") from error


def _series_of_derivative(evaluation: Evaluation, sign: int, root: Expr) -> Series:
    """The series of a derivative on a side."""
    if _is_rough(evaluation, sign):
        raise Undecidable(_ROUGH)
    line = Evaluation(root, evaluation.name, evaluation.at, evaluation.reach, evaluation.simplifying)
    side = line.run().side(sign)
    if line.loose:
        raise Undecidable(_ROUGH)
    if not isinstance(side, Series):
        raise Undecidable("an oscillation of unknown speed")
    return side


def _is_rough(evaluation: Evaluation, sign: int) -> bool:
    """Whether choices, or steps of floor, follow each other without end: f is not differentiable there."""
    if evaluation.loose:
        return True
    for node in evaluation.order:
        side = evaluation.germs[node.id].side(sign)
        if node.op is table.FLOOR and isinstance(side, Series) and not side.is_plain:
            return True
    return False


_ROUGH = "kinks or jumps that follow each other ever faster"
