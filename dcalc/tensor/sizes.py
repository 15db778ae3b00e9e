"""The lengths of axes, as numbers or as names: what must be equal among them, and how people declare them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, count

from dcalc.errors import UsageError
from dcalc.records import NamedTuple


class Dim(NamedTuple):
    """A length known by name, with what is added to it: n, n - 1. A name that begins with `?` is still to be found."""

    name: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.offset:
            return self.name
        return f"{self.name} {'+' if self.offset > 0 else '-'} {abs(self.offset)}"


Size = int | Dim
Shape = tuple[Size, ...]


def shift_size(size: Size, by: int) -> Size:
    """A length with a number added to it."""
    return size + by if isinstance(size, int) else Dim(size.name, size.offset + by)


def write_shape(shape: Sequence[Size]) -> str:
    """A shape as people write it: `n`, `m x n`; `a scalar` where there is no axis."""
    return " x ".join("?" if str(size).startswith("?") else str(size) for size in shape) if shape else "a scalar"


class Sizes:
    """What is known of lengths so far: names that stand for others, joined as the text is read.

    Names that were declared differ from each other and from numbers. Those that begin with `?` take any value, and so
    do the ``flexible`` ones: names that the text itself gives to lengths, as in `eye(n)`.
    """

    def __init__(self, flexible: Iterable[str] = ()) -> None:
        self.known: dict[str, Size] = {}
        self.flexible = frozenset(flexible)
        self._count = 0

    def fresh(self) -> Dim:
        """A length of which nothing is known."""
        self._count += 1
        return Dim(f"?{self._count}")

    def is_open(self, size: Dim) -> bool:
        """Whether a length may still turn out to be any other."""
        return size.name.startswith("?") or size.name in self.flexible

    def resolve(self, size: Size) -> Size:
        """The length as far as it is known."""
        while isinstance(size, Dim) and size.name in self.known:
            size = shift_size(self.known[size.name], size.offset)
        return size

    def resolve_shape(self, shape: Sequence[Size]) -> Shape:
        """A shape with every length resolved."""
        return tuple(map(self.resolve, shape))

    def unify(self, first: Size, second: Size) -> bool:
        """Make two lengths equal; False where they cannot be."""
        first, second = self.resolve(first), self.resolve(second)
        if first == second:
            return True
        if isinstance(first, Dim) and first.name.startswith("?"):
            return self._set(first, second)
        if isinstance(second, Dim) and second.name.startswith("?"):
            return self._set(second, first)
        for one, other in ((first, second), (second, first)):
            if isinstance(one, Dim) and one.name in self.flexible:
                return self._set(one, other)
        return False

    def _set(self, unknown: Dim, size: Size) -> bool:
        value = shift_size(size, -unknown.offset)
        if isinstance(value, Dim) and value.name == unknown.name:
            return False
        if isinstance(value, int) and value < 1:
            return False
        self.known[unknown.name] = value
        return True

    def broadcast(self, first: Sequence[Size], second: Sequence[Size]) -> Shape | None:
        """The shape of an elementwise operation by NumPy's rules; None where there is none.

        Axes are matched from the last one. An axis of length 1 stretches; a length that is not yet known is taken
        to be that of its partner, unless that is 1.
        """
        first, second = self.resolve_shape(first), self.resolve_shape(second)
        rank = max(len(first), len(second))
        out: list[Size] = []
        for place in range(-rank, 0):
            one = first[place] if place >= -len(first) else 1
            other = second[place] if place >= -len(second) else 1
            if one == 1:
                out.append(other)
            elif other == 1 or self.unify(one, other):
                out.append(one)
            else:
                return None
        return self.resolve_shape(out)


LETTERS = "nmkpqrstl"
"""Names that lengths get for which the text has none."""


def name_sizes(shapes: Sequence[Shape], taken: Mapping[str, object]) -> dict[str, Size]:
    """Names for the lengths that are still unknown: for a matrix m x n, for a vector n where it can be chosen."""
    names: dict[str, Size] = {}
    letters = (letter for letter in chain(LETTERS, map("n{}".format, count(1))) if letter not in taken)
    for shape in sorted(shapes, key=len, reverse=True):
        for size in reversed(shape):
            if isinstance(size, Dim) and size.name.startswith("?") and size.name not in names:
                names[size.name] = Dim(next(letters))
    return names


# --- Shapes as people declare them: `A: m x n, x: n, S: n x n symmetric, c: scalar`.


class Declared(NamedTuple):
    """The shape of a name, as it was declared; of the name of a length which number it is."""

    shape: Shape
    symmetric: bool = False
    length: int | None = None


_LENGTH = re.compile(r"\s*(?:(\d+)|([^\W\d]\w*)\s*(?:([+-])\s*(\d+))?)\s*$")


def read_shapes(text: str) -> dict[str, Declared]:
    """The shapes of `A: m x n, x: n, S: n x n symmetric, c: scalar`, by name. Raises UsageError."""
    shapes: dict[str, Declared] = {}
    for part in filter(str.strip, re.split(r"[,;]", text)):
        name, colon, words = part.partition(":")
        name, words = name.strip(), words.strip()
        if not colon or not name.isidentifier() or not words:
            raise UsageError(f"{part.strip()} declares no shape", help="write --shape 'A: m x n, x: n, c: scalar'")
        symmetric = words.endswith("symmetric")
        words = words.removesuffix("symmetric").strip()
        lengths = [] if words == "scalar" else re.split(r"\s+x\s+|(?<=\d)x(?=\w)|\s*[×*]\s*", words)
        shape = tuple(_read_length(length, part) for length in lengths)
        if len(shape) > 2:
            raise UsageError(f"{part.strip()} has more than two axes", help="write --shape 'A: m x n' or 'x: n'")
        if symmetric and (len(shape) != 2 or shape[0] != shape[1]):
            raise UsageError(f"{part.strip()}: a symmetric matrix is square", help="write --shape 'S: n x n symmetric'")
        if name in shapes:
            raise UsageError(f"{name} has two shapes", help="leave one out")
        shapes[name] = Declared(shape, symmetric)
    return shapes


def _read_length(text: str, part: str) -> Size:
    match = _LENGTH.match(text)
    if match is None:
        fix = "write a number or a name: 'A: m x 3'"
        raise UsageError(f"{text.strip()} is not a length in {part.strip()}", help=fix)
    digits, name, sign, offset = match.groups()
    if digits:
        if int(digits) < 1:
            raise UsageError(f"an axis must have at least 1 entry: {part.strip()}", help="write --shape 'x: 3'")
        return int(digits)
    return Dim(name, int(f"{sign or '+'}{offset or 0}"))
