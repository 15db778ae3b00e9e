"""Whether f is larger or smaller beside a point than at it, on either side: what makes a minimum in one variable.

The sign of f(p + t) - f(p) for all small t > 0 is that of the first term of its germ which does not vanish. That
settles kinks, jumps and cusps as well as derivatives that vanish up to any order (Peano's form of Taylor's theorem).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from flint import ctx

from dcalc.coordinates import constants
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, number, substitute
from dcalc.numbers.enclosure import analytic
from dcalc.problem import Point
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant, NeedMoreBits
from dcalc.simplify import simplify
from dcalc.verdict.decoration import NoValue, SideValue
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import constant_of, constants_of
from dcalc.verdict.scale import NeedMoreTerms, Undecidable
from dcalc.verdict.series import Series, monomial, subtract

_FIRST_REACH = 6
_LAST_REACH = 40
"""Orders beyond the leading one after which a function that seems to be constant is left undecided."""

_PRECISIONS = (192, 768, 3072)
_LAST_DERIVATIVE = 12
"""The order up to which derivatives are tried one by one, where a coefficient of the germ is not decided."""

Comparison = Literal["above", "equal", "below", "missing"]
"""f beside the point, next to its value there; missing where f has no values on that side."""


class Beside(NamedTuple):
    """Both sides of a point, None for what is not decided.

    ``left_trend`` and ``right_trend`` say how f runs as the point is left behind, its value there left out:
    above means that f grows from its limit.
    """

    left: Comparison | None = None
    right: Comparison | None = None
    left_trend: Comparison | None = None
    right_trend: Comparison | None = None

    def side(self, sign: int) -> Comparison | None:
        """The left side of a negative sign, the right one of a positive sign."""
        return self.left if sign < 0 else self.right

    def trend(self, sign: int) -> Comparison | None:
        """How f runs on that side."""
        return self.left_trend if sign < 0 else self.right_trend


def compare_beside(root: Expr, name: str, at: Point) -> Beside:
    """f beside the point along ``name``, against f at it; nothing is decided where f has no value at it.

    Cost: that of a verdict.
    """
    for bits in _PRECISIONS:
        with ctx.workprec(bits):
            try:
                return _compare_germs(root, name, constants_of(at))
            except NeedMoreBits:
                continue
    return _compare_derivatives(root, name, at)


def _compare_germs(root: Expr, name: str, at: Mapping[str, Constant]) -> Beside:
    """The comparison at flint's precision. Raises NeedMoreBits where more bits may decide."""
    reach = _FIRST_REACH
    while True:
        try:
            with limit_work(Budget()):
                return _compare(Evaluation(root, name, at, reach, reach > _FIRST_REACH), last=reach >= _LAST_REACH)
        except NeedMoreTerms:
            reach = min(2 * reach, _LAST_REACH)


def _compare_derivatives(root: Expr, name: str, at: Point) -> Beside:
    """The comparison by the first derivative that is proved not to be 0, all before being proved to be 0.

    Only where f is analytic: elsewhere the expression of a derivative may have another value than the derivative.
    """
    with ctx.workprec(_PRECISIONS[0]):
        if not analytic(root, (name,), constants(at)):
            return Beside()
    exact = {key: number(Fraction(value)) if isinstance(value, float) else value for key, value in at.items()}
    for order in range(1, _LAST_DERIVATIVE + 1):
        try:
            node = substitute(derivative(root, (name,) * order), exact)
            with ctx.workprec(_PRECISIONS[-1]):
                sign = constant_of(simplify(node)).sign()
        except (Unsupported, LimitError, NeedMoreBits):
            break
        if sign:
            right: Comparison = "above" if sign > 0 else "below"
            left: Comparison = "above" if (sign > 0) == (order % 2 == 0) else "below"
            return Beside(left, right, left, right)
    return Beside()


def _compare(evaluation: Evaluation, *, last: bool) -> Beside:
    """One try with the given number of orders. Raises NeedMoreTerms unless it is the last."""
    germ = evaluation.run()
    value = germ.value
    if not isinstance(value, Constant):
        return Beside()
    left, right = (_compare_side(side, value, last=last) for side in (germ.left, germ.right))
    left_trend, right_trend = (_find_trend(side, last=last) for side in (germ.left, germ.right))
    return Beside(left, right, left_trend, right_trend)


def _compare_side(side: SideValue, value: Constant, *, last: bool) -> Comparison | None:
    if isinstance(side, NoValue):
        return "missing"
    return _name_sign(subtract(side, monomial(value)), last=last) if isinstance(side, Series) else None


def _find_trend(side: SideValue, *, last: bool) -> Comparison | None:
    """The sign of what follows the constant term."""
    if not isinstance(side, Series) or side.growth is not None or side.oscillation is not None:
        return None
    if side.lowest_order() < 0:  # there is no limit to leave behind
        return None
    constant = next((c for rank, c in side.terms if rank == (0, 0)), None)
    return _name_sign(side if constant is None else subtract(side, monomial(constant)), last=last)


def _name_sign(series: Series, *, last: bool) -> Comparison | None:
    try:
        sign = series.sign()
    except Undecidable:
        return None
    except NeedMoreTerms:
        if last:
            return None
        raise
    return "above" if sign > 0 else "below" if sign < 0 else "equal"
