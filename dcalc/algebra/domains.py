"""Where a function has a value and a two-sided series has none: kinks, jumps, closed edges.

Jets ask for values only, and besselj(3/2, x) or x**(3/2) have one at 0, with a slope even,
though they live on one side of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flint import arb

from dcalc import rules
from dcalc.expr import symbol
from dcalc.functions import Row
from dcalc.tape import Tape, lower, run

_CLOSED = (">=", "<=", "== 0")


@cache
def has_edges(row: Row) -> bool:
    """Whether the row has kinks, jumps, or edges at which it has a value."""
    return bool(row.kinks) or is_closed(row)


@cache
def is_closed(row: Row) -> bool:
    """Whether the row's domain has edges at which it has a value."""
    return any(sign in row.domain for sign in _CLOSED)


def inside(row: Row, args: list[Any], constant: Callable[..., Any], evaluator: Callable[..., Any]) -> Any:
    """Whether arguments, series where they vary, lie in the row's domain: True, False, or what
    the evaluators give for a question."""
    if not row.domain:
        return True
    result = run(condition(row), dict(zip(row.args, args, strict=False)), constant, evaluator)[-1]
    return bool(result == 1) if type(result) is arb else result


@cache
def condition(row: Row) -> Tape:
    """The row's domain in the names of its arguments, the last value being 1 or 0."""
    return lower(rules.filled(f"where({row.domain}, 1, 0)", row.args, {name: symbol(name) for name in row.args}))
