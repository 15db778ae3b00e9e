"""The evaluators on floats, found by the name that a row of the table gives.

They never raise, since branches that are not taken are evaluated too: where a function has
no real value, or the argument is none, the result is nan; beyond the largest double it is
an infinity of the right sign. Errors stay within a few ulps; what neither the files
`real_...` nor `math` have comes from balls and is correctly rounded.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from dcalc.algebra import real_arithmetic, real_elementary
from dcalc.algebra.real_common import guarded, rounded
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.tape import lower, run

FILES = (real_arithmetic, real_elementary)


def constant(value: int | Fraction) -> float:
    """The double nearest to a rational; an infinity where it is beyond every double."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def evaluate(root: Expr, at: Mapping[str, float] | None = None) -> float:
    """The value of an expression, nan where there is none; rounding errors are those of the text."""
    return evaluate_all([root], at)[0]


def evaluate_all(roots: Sequence[Expr], at: Mapping[str, float] | None = None) -> list[float]:
    """The values of several expressions; what they share is computed once."""
    tape = lower(*roots)
    values = run(tape, at or {}, constant, evaluator)
    return [float(values[tape.place(root)]) for root in roots]


@cache
def evaluator(row: Row) -> Callable[..., Any]:
    """The function that evaluates a row: to a float, or to a bool for a condition.

    Raises LookupError for a row that has none (those with a body).
    """
    for name in (row.real, row.real + "_"):  # with an underscore where the name is Python's own
        for file in FILES:
            if name in vars(file):
                return vars(file)[name]  # type: ignore[no-any-return]  # functions by name
    if row.body:
        raise LookupError(f"no evaluator on floats for {row.key}")
    if hasattr(math, row.real):
        return guarded(getattr(math, row.real))
    return rounded(row)
