"""`einsum('ij,j->i', A, x)`: a product whose axes are labelled by letters, as NumPy writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dcalc.errors import ParseError
from dcalc.parser.array_syntax import Item, Op
from dcalc.tensor.nodes import Factor, Node, product
from dcalc.tensor.sizes import Shape, Size, Sizes, write_shape
from dcalc.tuples import NamedTuple


class Subscripts(NamedTuple):
    """The letters of the axes of each argument, and those of the result."""

    parts: tuple[str, ...]
    out: str


def read_subscripts(item: Item, rows: Sequence[Item]) -> Subscripts:
    """The letters of a call. Raises ParseError where they do not go with the arguments."""
    first = rows[item.args[0]] if item.args else item
    if first.op is not Op.TEXT:
        raise ParseError("einsum begins with its letters", span=first.span, help="write einsum('ij,j->i', A, x)")
    text = str(first.value).replace(" ", "")
    left, arrow, out = text.partition("->")
    parts = tuple(left.split(","))
    if not re.fullmatch(r"[A-Za-z,]*", left) or len(parts) != len(item.args) - 1:
        count = len(item.args) - 1
        raise ParseError(
            f"einsum has letters for {len(parts)} arrays and {count} arguments" if len(parts) != count
            else "einsum takes letters alone",
            span=first.span, help="write einsum('ij,j->i', A, x)",
        )  # fmt: skip
    if not arrow:
        out = "".join(sorted(letter for letter in set(left) - {","} if left.count(letter) == 1))
    if not set(out) <= set(left) or len(set(out)) != len(out):
        raise ParseError("einsum has letters for a result that no array has", span=first.span, help="check them")
    return Subscripts(parts, out)


def infer(subscripts: Subscripts, shapes: Sequence[Shape], sizes: Sizes) -> Shape:
    """The shape of the result. Raises ParseError where a letter stands for two lengths."""
    lengths: dict[str, Size] = {}
    for letters, shape in zip(subscripts.parts, shapes, strict=True):
        if len(letters) != len(shape):
            raise ParseError(
                f"einsum has the letters {letters} for {write_shape(shape)}", help="one letter for each axis"
            )
        for letter, size in zip(letters, shape, strict=True):
            if not sizes.unify(lengths.setdefault(letter, size), size):
                raise ParseError(
                    f"einsum has {letter} for two lengths: {lengths[letter]} and {size}", help="use another letter"
                )
    return tuple(sizes.resolve(lengths[letter]) for letter in subscripts.out)


def build(subscripts: Subscripts, args: Sequence[Node]) -> Node:
    """The product."""
    labels = {letter: k for k, letter in enumerate(dict.fromkeys("".join(subscripts.parts)))}
    sizes: dict[int, Size] = {}
    factors = []
    for letters, arg in zip(subscripts.parts, args, strict=True):
        axes = tuple(labels[letter] for letter in letters)
        sizes.update(zip(axes, arg.shape, strict=True))
        factors.append(Factor(arg, axes))
    return product(1, factors, [labels[letter] for letter in subscripts.out], sizes)
