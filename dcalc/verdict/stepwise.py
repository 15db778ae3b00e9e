"""One-sided derivatives of an f that oscillates, one after the other.

The series of f bounds what oscillates, and that may not be differentiated term by term. So
f' is written down as an expression, and its own series taken: where f' tends to something, or
swings, is then read off the quotient (f'(t) - f'(0))/t, and so on to the order asked.
"""

from __future__ import annotations

from functools import partial

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr
from dcalc.verdict.constant import MINUS_ONE, Constant
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.onesided import Side, side_of
from dcalc.verdict.sampling import steep
from dcalc.verdict.series import UNIT, Series, monomial, multiply, scale, subtract
from dcalc.verdict.terms import Undecidable


def stepwise(evaluation: Evaluation, sign: int, start: Side, order: int) -> Side:
    """The derivatives of the side ``sign`` up to an order; ``start`` has those of order 0 and 1.

    Raises Undecidable where a derivative has no series, MoreTerms and MorePrecision.
    """
    if start.fails:
        return start
    values = list(start.values)
    for k in range(2, order + 1):
        root = _derivative(evaluation, k - 1)
        quotient = partial(_quotient, sign, k, values[-1], evaluation.reach)
        try:
            found = side_of(quotient(_slope(evaluation, sign, root)), 0)
        except Undecidable:
            if fails := steep(evaluation, sign, root, quotient):
                return Side(values, fails)
            raise
        if found.fails:
            return Side(values, found.fails)
        values += found.values
    return Side(values)


def _quotient(sign: int, k: int, value: Constant, reach: int, slope: Series) -> Series:
    """(g(t) - g(0))/t, where g is the derivative of order k - 1 in the direction of the side."""
    if sign < 0 and k % 2 == 0:
        slope = scale(slope, MINUS_ONE)
    return multiply(subtract(slope, monomial(value)), monomial(UNIT.terms[0].c, -1), reach)


def _derivative(evaluation: Evaluation, order: int) -> Expr:
    try:
        return derivative(evaluation.root, (evaluation.name,) * order)
    except (Unsupported, LimitError) as error:
        raise Undecidable("an oscillation of unknown speed") from error


def _slope(evaluation: Evaluation, sign: int, root: Expr) -> Series:
    """The series of a derivative on a side."""
    if _is_rough(evaluation, sign):
        raise Undecidable(_ROUGH)
    made = Evaluation(root, evaluation.name, evaluation.at, evaluation.reach, evaluation.simplifying)
    made.run()
    if made.loose:
        raise Undecidable(_ROUGH)
    germ = made.germs[root.id]
    side = germ.left if sign < 0 else germ.right
    if not isinstance(side, Series):
        raise Undecidable("an oscillation of unknown speed")
    return side


def _is_rough(evaluation: Evaluation, sign: int) -> bool:
    """Whether choices, or steps of floor, follow each other without end: f is not differentiable there."""
    if evaluation.loose:
        return True
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        side = germ.left if sign < 0 else germ.right
        if node.op is table.FLOOR and isinstance(side, Series) and not side.is_plain:
            return True
    return False


_ROUGH = "kinks or jumps that follow each other ever faster"
