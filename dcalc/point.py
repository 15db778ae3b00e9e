"""Where to differentiate: values and sweeps by name, and how they meet an expression.

A point is the double that its text reads as, correctly rounded, `pi/4` included; with
more than 17 digits asked it is the exact constant. Sweeps count in exact steps and are
never held in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.errors import LimitError, UnknownVariable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from dcalc.expr import Expr

Value = Any  # a float, or an Expr where more digits than a double's are asked
Place = tuple[str, tuple[int, int]]
"""A text, and the span in it."""

MOST = 10_000_000


class Sweep:
    """``count`` values from ``start`` on, ``step`` apart; the nodes where exact ones are asked."""

    # No dataclass: making one would cost a short call more than all the rest of this file.
    __slots__ = ("count", "nodes", "start", "step")

    def __init__(self, start: Fraction, step: Fraction, count: int, nodes: tuple[Expr, Expr] | None = None) -> None:
        self.start = start
        self.step = step
        self.count = count
        self.nodes = nodes

    def __iter__(self) -> Iterator[Value]:
        """The values, each made when it is asked for."""
        if self.nodes is not None:
            return self._exact(*self.nodes)
        # On a common denominator: the quotient of two ints is correctly rounded.
        scale = self.start.denominator * self.step.denominator
        first = self.start.numerator * self.step.denominator
        step = self.step.numerator * self.start.denominator
        return ((first + k * step) / scale for k in range(self.count))

    def _exact(self, start: Expr, step: Expr) -> Iterator[Value]:
        from dcalc.expr import make, number
        from dcalc.functions import ADD, MUL, NUMBER

        if start.op is NUMBER and step.op is NUMBER:
            return (number(self.start + k * self.step) for k in range(self.count))
        return (make(ADD, start, make(MUL, number(k), step)) for k in range(self.count))


class Block:
    """A value or a sweep for each name (None: for the only variable): one point or a grid.

    ``places`` tells where each was written, for messages.
    """

    __slots__ = ("places", "sweeps", "values")

    def __init__(
        self,
        values: Mapping[str | None, Value],
        sweeps: Mapping[str | None, Sweep],
        places: Mapping[str | None, Place] | None = None,
    ) -> None:
        self.values = values
        self.sweeps = sweeps
        self.places: Mapping[str | None, Place] = places or {}

    @property
    def names(self) -> set[str | None]:
        """All names that it gives a value to."""
        return {*self.values, *self.sweeps}

    def count(self) -> int:
        """The number of points."""
        total = 1
        for sweep in self.sweeps.values():
            total *= sweep.count
        return total

    def points(self, only: str, keep: set[str] | None = None) -> Iterator[dict[str, Value]]:
        """The points, the last sweep fastest; ``only`` stands for the missing name.

        With ``keep``, values of other names are left out (a batch of expressions).
        """
        base = {name or only: value for name, value in self.values.items()}
        sweeps = [(name or only, sweep) for name, sweep in self.sweeps.items()]
        if keep is not None:
            base = {name: value for name, value in base.items() if name in keep}
            sweeps = [pair for pair in sweeps if pair[0] in keep]
        return _grid(base, sweeps)


def _grid(base: dict[str, Value], sweeps: list[tuple[str, Sweep]]) -> Iterator[dict[str, Value]]:
    if not sweeps:
        yield base
        return
    (name, sweep), *rest = sweeps
    for value in sweep:
        yield from _grid({**base, name: value}, rest)


class Spec:
    """All points asked for one or many expressions."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.names = {name for block in blocks for name in block.names if name is not None}
        self.count = sum(block.count() for block in blocks)
        if self.count > MOST:
            raise LimitError(f"the sweep has more than {MOST:,} points", help="take a larger step")

    def points(
        self, variables: Sequence[str], wrt: Sequence[str], *, lenient: bool = False
    ) -> Iterator[dict[str, Value]]:
        """The points for an expression with these variables.

        ``wrt`` may name more; ``lenient`` passes over names that are in neither, as in a
        batch of expressions. Raises UnknownVariable where names and variables do not fit.
        """
        known = set(variables) | set(wrt)
        for block in self.blocks:
            only = _fit(block, variables, wrt, known, lenient)
            yield from block.points(only, known if lenient else None)


def _fit(block: Block, variables: Sequence[str], wrt: Sequence[str], known: set[str], lenient: bool) -> str:
    """Check a block's names; the name that a value without one belongs to."""
    names = block.names
    if None in names:
        return _only(variables, wrt, block.places.get(None))
    if not lenient:
        for name in block.places or names:  # in the order in which they were written
            if name not in known:
                raise _not_a_variable(str(name), variables, block.places.get(name))
    for name in variables:
        if name not in names:
            raise UnknownVariable(f"no value is given for {name}", help=example(variables))
    return ""


def example(variables: Sequence[str]) -> str:
    """A help that shows how values are given, as it can be typed."""
    if len(variables) > 8:
        return f"give every variable a value: --at {variables[0]}=1 --at {variables[1]}=2 and so on"
    return "write --at " + ",".join(f"{name}={value}" for value, name in enumerate(variables, 1))


def _only(variables: Sequence[str], wrt: Sequence[str], place: Place | None) -> str:
    if len(variables) == 1:
        return variables[0]
    if not variables and wrt:
        return wrt[0]
    if not variables:
        raise _at(place, "the expression has no variable", "leave --at out")
    raise _at(place, f"one value, but the expression has {len(variables)} variables", example(variables))


def _at(place: Place | None, message: str, help: str) -> UnknownVariable:
    source, span = place or (None, None)
    return UnknownVariable(message, source=source, span=span, help=help)


def _not_a_variable(name: str, variables: Sequence[str], place: Place | None) -> UnknownVariable:
    from dcalc.suggest import did_you_mean, join_words, some

    verb = "its variable is" if len(variables) == 1 else "its variables are"
    otherwise = f"{verb} {join_words(some(variables), 'and')}" if variables else "it has none: leave --at out"
    help = otherwise if len(variables) < 2 else did_you_mean(name, variables, otherwise)
    return _at(place, f"the expression has no variable {name}", help)
