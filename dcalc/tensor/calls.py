"""What a call of a function of whole arrays says: the shapes of its arguments, an axis, the order of a norm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from dcalc.errors import ParseError
from dcalc.tensor.sizes import Shape, Size, Sizes, write_shape

CONSTANTS = ("eps", "label_smoothing", "delta", "beta")
"""Arguments that are numbers and have a name."""
REDUCTIONS = ("mean", "sum", "none", "batchmean")
"""What a loss makes of its entries; `batchmean` divides their sum by the number of rows."""

Order = Fraction | Literal["fro", "inf", "-inf", "nuc"]
"""Of a norm: the p of the p-norm, or its name."""


class Call:
    """A call as it is checked and built: shapes of its arguments, the axis, lengths that are given as arguments.

    ``keeps`` tells that an axis that is reduced stays with length 1, ``order`` which norm is meant, ``ddof`` what is
    taken off the number of entries in a variance, ``power`` which power of a matrix is meant, ``reduction`` what a loss
    makes of its entries, ``takes_logarithms`` that both of its arguments are logarithms. ``constants`` are arguments
    that are numbers, by name.
    """

    __slots__ = (
        "axis", "constants", "ddof", "keeps", "lengths", "name", "order", "power", "reduction", "shapes", "sizes",
        "takes_logarithms",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        shapes: Sequence[Shape],
        axis: int | None,
        sizes: Sizes,
        lengths: Sequence[Size | None] = (),
        *,
        keeps: bool = False,
        order: Order | None = None,
        ddof: int = 0,
        power: int = 1,
        reduction: str = "mean",
        takes_logarithms: bool = False,
        constants: Mapping[str, Fraction] | None = None,
    ) -> None:
        self.name = name
        self.shapes = shapes
        self.axis = axis
        self.sizes = sizes
        self.lengths = lengths
        self.keeps = keeps
        self.order = order
        self.ddof = ddof
        self.power = power
        self.reduction = reduction
        self.takes_logarithms = takes_logarithms
        self.constants = constants or {}

    def refuse(self, message: str, help: str) -> ParseError:
        """An error about this call; the reader adds where it stands."""
        return ParseError(f"{self.title} {message}", help=help)

    @property
    def title(self) -> str:
        """What the function is called in a message."""
        return "norm" if self.name == "vector_norm" else self.name.rpartition(".")[2]

    def axes(self, place: int = 0) -> tuple[int, ...]:
        """The axes that a reduction is over: the one that is given, else all. Raises ParseError."""
        rank = len(self.shapes[place])
        if self.axis is None:
            return tuple(range(rank))
        if not -rank <= self.axis < rank:
            last = f"axis={rank - 1}" if rank else "a vector or a matrix"
            raise self.refuse(
                f"has no axis {self.axis} here: the argument is {describe_shape(self.shapes[place])}", f"write {last}"
            )
        return (self.axis % rank,)


def describe_shape(shape: Shape) -> str:
    """A shape in words."""
    return "a scalar" if not shape else f"{'a vector' if len(shape) == 1 else 'a matrix'}, {write_shape(shape)}"
