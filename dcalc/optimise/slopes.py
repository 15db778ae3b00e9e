"""Derivatives of expressions over the rows of the data: expressions, or series where a partial has no closed form.

The derivative of besselj(nu, x) by its order is the coefficient of a series in nu, in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from flint import arb, ctx

from dcalc.derive import derivative
from dcalc.errors import Unsupported
from dcalc.expr import Expr, variables
from dcalc.numbers.enclosure import Encloser
from dcalc.numbers.rounding import as_double

_BITS = 96
"""Enough for doubles, where little cancels."""


class Slope(NamedTuple):
    """The derivative of that order of an expression by one of its variables, which has no closed form."""

    root: Expr
    name: str
    order: int = 1


Partial = Expr | Slope


@lru_cache(maxsize=256)
def differentiate(part: Partial, name: str) -> Partial:
    """The derivative by a variable. Raises Unsupported where two variables have no partial in closed form.

    The last ones are kept, since steps, proof and errors of a fit ask for the same.
    """
    if isinstance(part, Expr):
        try:
            return derivative(part, (name,))
        except Unsupported:
            if name not in variables(part):
                raise
            return Slope(part, name)
    if name == part.name:
        return part._replace(order=part.order + 1)
    return part._replace(root=derivative(part.root, (name,)))


def differentiate_twice(partials: Sequence[Partial], names: Sequence[str]) -> list[Partial]:
    """The lower half of the Hessian, row by row, from the first derivatives."""
    return [
        differentiate(part, other) if isinstance(part, Expr) else differentiate(partials[j], names[i])
        for i, part in enumerate(partials)
        for j, other in enumerate(names[: i + 1])
    ]  # the closed form first, where one of the two has it


def are_free_of(partials: Sequence[Partial], names: Collection[str]) -> bool:
    """Whether derivatives do not depend on these variables.

    That their own derivatives are 0 would not be enough: `sgn(a)*x` has none where it jumps.
    """
    return all(isinstance(part, Expr) and not {*names} & {*variables(part)} for part in partials)


class SlopeProgram:
    """A slope at many points, in doubles or in balls."""

    def __init__(self, slope: Slope) -> None:
        self.names = variables(slope.root)
        self.encloser = Encloser(slope.root, slope.name, slope.order)

    def at(self, values: dict[str, Any]) -> Any:
        """The slope at a point: a ball where the point is of balls, else a double; nan where there is none."""
        if all(isinstance(value, arb) for value in values.values()):
            return self._enclose(values)
        with ctx.workprec(_BITS):
            value = self._enclose({name: arb(value) for name, value in values.items()})
            nearest = as_double(value)
            return float(value.mid()) if nearest is None else nearest

    def _enclose(self, values: dict[str, arb]) -> arb:
        value = self.encloser.at({name: partial(_keep, value) for name, value in values.items()}).derivative
        return value if isinstance(value, arb) else arb("nan")


def _keep(value: arb) -> arb:
    return value
