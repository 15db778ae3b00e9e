"""Shapes as people declare them: `A: m x n, x: n, S: n x n symmetric, c: scalar`."""

from __future__ import annotations

import re

from dcalc.errors import UsageError
from dcalc.tensor.sizes import Dim, Shape, Size
from dcalc.tuples import NamedTuple


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
