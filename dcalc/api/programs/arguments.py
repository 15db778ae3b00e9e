"""The arguments of a function of arrays: which entries are variables, under which names, and which are constants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.api.programs import traced_arrays as a


class Leaf(NamedTuple):
    """A number or an array within the arguments; without ``names`` it is a constant."""

    value: Any
    shape: tuple[int, ...]
    names: list[str]


class Arguments:
    """The leaves of arguments, and what makes arguments of leaves again.

    ``leaves`` are (path, value, shape, whether it is of floats); a path begins with the name of the parameter.
    """

    def __init__(
        self,
        leaves: Iterable[tuple[list[str], Any, tuple[int, ...], bool]],
        rebuild: Callable[[list[Any]], tuple[Any, ...]],
        convert: Callable[[Any, Leaf], Any],
    ) -> None:
        self.leaves = [
            Leaf(value, shape, a.name_leaves("_".join(path), shape) if is_float else [])
            for path, value, shape, is_float in leaves
        ]
        self.rebuild = rebuild
        self.convert = convert
        a.check_names(self.variables)

    @property
    def variables(self) -> list[str]:
        """The names of all variables, in the order of the arguments."""
        return [name for leaf in self.leaves for name in leaf.names]

    def inputs(self) -> list[Any]:
        """What a program is read with: arrays of variables, and constants as they are."""
        return [a.make_variables(leaf.names, leaf.shape) if leaf.names else leaf.value for leaf in self.leaves]

    def values(self) -> dict[str, float]:
        """The numbers that the arguments hold, by variable."""
        numpy = a.load_numpy()
        return {
            name: float(value)
            for leaf in self.leaves
            if leaf.names
            for name, value in zip(leaf.names, numpy.asarray(leaf.value, dtype=float).flat, strict=True)
        }

    def fill(self, values: Mapping[str, float]) -> tuple[Any, ...]:
        """The arguments with numbers for the variables, in the precision that each has."""
        numpy = a.load_numpy()
        return self.rebuild(
            [
                self.convert(numpy.array([values[name] for name in leaf.names]).reshape(leaf.shape), leaf)
                if leaf.names
                else leaf.value
                for leaf in self.leaves
            ]
        )


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first parameters of a function, or x0, x1, ... where they are not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(positional) >= count:
        return positional[:count]
    return ["x"] if count == 1 else [f"x{place}" for place in range(count)]


def name_steps(parts: Sequence[Any]) -> list[str]:
    """The steps of a path into nested arguments as words: indices, keys, attributes."""
    words = []
    for part in parts:
        step = next((getattr(part, name) for name in ("idx", "key", "name") if hasattr(part, name)), "part")
        words.append("".join(char if char.isalnum() else "_" for char in str(step)))
    return words
