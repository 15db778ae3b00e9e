"""The evaluators on balls, found by the name that a row of the table gives.

Each takes `arb` values and, where the row says `series`, also `arb_series`, in any mixture,
at flint's precision and length as the caller has set them. The result encloses the exact
value for all points of the arguments. Errors say why there is none: `Undefined` where an
argument is certainly outside of the domain, `Undecided` where the enclosure touches an
edge or is not finite; more precision may then help. No result is NaN or infinite.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from flint import arb

from dcalc.algebra import (
    ball_arithmetic,
    ball_bessel,
    ball_choice,
    ball_elementary,
    ball_gamma,
    ball_hyperbolic,
    ball_integral,
)
from dcalc.algebra.ball_common import Ball, finite
from dcalc.functions import Row

_FILES = (
    ball_arithmetic,
    ball_elementary,
    ball_choice,
    ball_hyperbolic,
    ball_gamma,
    ball_integral,
    ball_bessel,
)


@cache
def evaluator(row: Row) -> Callable[..., Any]:
    """The function that evaluates a row: to a ball or series, or to a bool for a condition.

    Raises LookupError for a row that has none (those with a body).
    """
    for name in (row.ball, row.ball + "_"):  # with an underscore where the name is Python's own
        for file in _FILES:
            if name in vars(file):
                return vars(file)[name]  # type: ignore[no-any-return]  # functions by name
    if not row.body and hasattr(arb, row.ball):
        return _method(row.ball)
    raise LookupError(f"no evaluator on balls for {row.key}")


def _method(name: str) -> Callable[[Ball], Ball]:
    """A function that flint has as a method of numbers and of series."""

    def evaluate(x: Ball) -> Ball:
        return finite(getattr(x, name)())

    return evaluate
