"""Points as values: numbers and sweeps by name, and how they are matched with an expression.

A coordinate is the double that a decimal reads as, and the exact constant that any other text means; where
more than 17 digits are asked for, decimals are exact, too. Sweeps count in exact steps and are never held in
memory. Their text is read by `dcalc.at`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dcalc.errors import LimitError, UnknownVariable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from fractions import Fraction

Value = Any  # a float, or an Expr: the exact constant that was typed
TextSpan = tuple[str, tuple[int, int]]
"""A text, and a span in it that messages show."""

MOST_POINTS = 10_000_000
"""A sweep with more is refused: it is more often a slip of the step than meant."""


class Sweep:
    """``count`` values, the first of which is ``start``, ``step`` apart.

    ``exactly`` gives the k-th value as an exact constant, where those are asked for.
    """

    # No dataclass: making one would cost a short call more than all the rest of this file.
    __slots__ = ("count", "exactly", "start", "step")

    def __init__(
        self, start: Fraction, step: Fraction, count: int, exactly: Callable[[int], Value] | None = None
    ) -> None:
        self.start = start
        self.step = step
        self.count = count
        self.exactly = exactly

    def __iter__(self) -> Iterator[Value]:
        """The values, each computed when it is asked for."""
        if self.exactly is not None:
            return map(self.exactly, range(self.count))
        # On a common denominator: the quotient of two ints is correctly rounded.
        scale = self.start.denominator * self.step.denominator
        first = self.start.numerator * self.step.denominator
        step = self.step.numerator * self.start.denominator
        return ((first + k * step) / scale for k in range(self.count))


class Grid:
    """A value or a sweep for each name: one point, or the grid on which the sweeps cross.

    The name None stands for the only variable. ``places`` tells where each was written, for messages.
    """

    __slots__ = ("places", "sweeps", "values")

    def __init__(
        self,
        values: Mapping[str | None, Value],
        sweeps: Mapping[str | None, Sweep],
        places: Mapping[str | None, TextSpan] | None = None,
    ) -> None:
        self.values = values
        self.sweeps = sweeps
        self.places: Mapping[str | None, TextSpan] = places or {}

    @property
    def names(self) -> set[str | None]:
        """All names that have a value."""
        return {*self.values, *self.sweeps}

    def points(self, only: str, keep: set[str] | None = None) -> Iterator[dict[str, Value]]:
        """The points, in which the last sweep runs fastest; ``only`` is the name of a value without one.

        With ``keep``, values of other names are left out, as a batch of expressions needs it.
        """
        base: dict[str, Value] = {}
        sweeps: list[tuple[str, Sweep]] = []
        for given, value in (*self.values.items(), *self.sweeps.items()):
            name = given or only
            if keep is not None and name not in keep:
                continue
            if isinstance(value, Sweep):
                sweeps.append((name, value))
            else:
                base[name] = value
        if sweeps:
            yield from _cross_sweeps(base, sweeps)
        else:
            yield base


def _cross_sweeps(base: dict[str, Value], sweeps: list[tuple[str, Sweep]]) -> Iterator[dict[str, Value]]:
    if not sweeps:
        yield base
        return
    (name, sweep), *rest = sweeps
    for value in sweep:
        yield from _cross_sweeps({**base, name: value}, rest)


class PointSet:
    """All points at which one or several expressions are asked for. Raises LimitError where there are too many."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.grids = grids
        self.names: set[str] = set()
        self.count = 0
        for grid in grids:
            self.names.update(filter(None, (*grid.values, *grid.sweeps)))
            self.count += math.prod(sweep.count for sweep in grid.sweeps.values()) if grid.sweeps else 1
        if self.count > MOST_POINTS:
            raise LimitError(f"the sweep has more than {MOST_POINTS:,} points", help="take a larger step")

    def points(
        self, variables: Sequence[str], wrt: Sequence[str], *, lenient: bool = False
    ) -> Iterator[dict[str, Value]]:
        """The points for an expression with these variables.

        ``wrt`` may name more; ``lenient`` passes over names that are in neither, as in a
        batch of expressions. Raises UnknownVariable where names and variables do not fit.
        """
        names = set(variables) | set(wrt)
        for grid in self.grids:
            only = _match_names(grid, variables, wrt, names, lenient)
            yield from grid.points(only, names if lenient else None)


def _match_names(grid: Grid, variables: Sequence[str], wrt: Sequence[str], allowed: set[str], lenient: bool) -> str:
    """Check the names of a grid. Returns the name that a value without one belongs to."""
    if None in grid.values or None in grid.sweeps:
        return _choose_only_name(variables, wrt, grid.places.get(None))
    names = grid.names
    if not lenient:
        for name in grid.places or names:  # in the order in which they were written
            if name not in allowed:
                raise _not_a_variable(str(name), variables, grid.places.get(name))
    for name in variables:
        if name not in names:
            raise UnknownVariable(f"no value is given for {name}", help=suggest_values(variables))
    return ""


def suggest_values(variables: Sequence[str]) -> str:
    """A help that shows values for the variables, as they can be typed."""
    if len(variables) > 8:
        return f"give every variable a value: --at {variables[0]}=1 --at {variables[1]}=2 and so on"
    return "write --at " + ",".join(f"{name}={value}" for value, name in enumerate(variables, 1))


def _choose_only_name(variables: Sequence[str], wrt: Sequence[str], place: TextSpan | None) -> str:
    if len(variables) == 1:
        return variables[0]
    if not variables and wrt:
        return wrt[0]
    if not variables:
        raise _point_out(place, "the expression has no variable", "leave --at out")
    raise _point_out(place, f"one value, but the expression has {len(variables)} variables", suggest_values(variables))


def _point_out(place: TextSpan | None, message: str, help: str) -> UnknownVariable:
    source, span = place or (None, None)
    return UnknownVariable(message, source=source, span=span, help=help)


def _not_a_variable(name: str, variables: Sequence[str], place: TextSpan | None) -> UnknownVariable:
    from dcalc.suggest import did_you_mean, join_words, some

    verb = "its variable is" if len(variables) == 1 else "its variables are"
    otherwise = f"{verb} {join_words(some(variables), 'and')}" if variables else "it has none: leave --at out"
    help = otherwise if len(variables) < 2 else did_you_mean(name, variables, otherwise)
    return _point_out(place, f"the expression has no variable {name}", help)
