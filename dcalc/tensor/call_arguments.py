"""What the arguments of a call say that are not values: whole numbers, lengths, axes, norms, labels of axes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from dcalc.errors import ParseError
from dcalc.parser.array_syntax import Item, Op
from dcalc.tensor.nodes import Factor, Node, product
from dcalc.tensor.operations import OPERATIONS, Call, Order
from dcalc.tensor.sizes import Dim, Shape, Size, Sizes, write_shape
from dcalc.tuples import NamedTuple


def read_call(items: Sequence[Item], sizes: Sizes, item: Item, shapes: Sequence[Shape]) -> Call:
    """The call of a function of whole arrays with what its arguments say. Raises ParseError where one is wrong."""
    name = str(item.value)
    words = dict(item.keywords)
    axis = _read_axis(items, words["axis"], len(shapes[0]) if shapes else 0) if "axis" in words else None
    lengths: list[Size | None] = []
    if OPERATIONS[name].takes_lengths:
        lengths = [read_length(items, sizes, place) for place in item.args]
    elif name == "one_hot":
        lengths = [None, read_length(items, sizes, item.args[1])]
    keeps = "keepdims" in words and _is_true(items, words["keepdims"])
    order = _read_order(items, words["ord"]) if "ord" in words else None
    ddof = read_integer(items, words["ddof"], "what is taken off") if "ddof" in words else 0
    power = read_integer(items, item.args[1], "the power of a matrix") if name == "matrix_power" else 1
    return Call(name, shapes, axis, sizes, lengths, keeps=keeps, order=order, ddof=ddof, power=power)


def _read_axis(items: Sequence[Item], place: int, rank: int) -> int | None:
    """The axis that is meant; None for all of them. Raises ParseError."""
    item = items[place]
    if item.op is not Op.TUPLE:
        return read_integer(items, place, "an axis")
    axes = [read_integer(items, arg, "an axis") for arg in item.args]
    if len(axes) == 1:
        return axes[0]
    if {axis % rank if rank else axis for axis in axes} == set(range(rank)) and len(axes) == rank:
        return None
    raise ParseError("these are not the axes of the argument", span=item.span, help="write axis=0, or leave axis out")


def read_integer(items: Sequence[Item], place: int, what: str) -> int:
    """The whole number of a row; ``what`` it is stands in the message. Raises ParseError for anything else."""
    item = items[place]
    sign = 1
    if item.op is Op.NEG:
        sign, item = -1, items[item.args[0]]
    if item.op is not Op.NUMBER or not isinstance(item.value, Fraction) or item.value.denominator != 1:
        is_index = item.op is Op.NAME and what == "a subscript"
        help = f"write sum({item.value}, 0, n - 1, x[{item.value}]) for a sum" if is_index else "write 0 or 1"
        raise ParseError(f"{what} must be a whole number", span=items[place].span, help=help)
    return sign * int(item.value)


def read_length(items: Sequence[Item], sizes: Sizes, place: int) -> Size:
    """The length that a row means: a number, a name, or a name with a number added. Raises ParseError."""
    item = items[place]
    if item.op is Op.NUMBER:
        return _positive(read_integer(items, place, "a length"), item)
    if item.op is Op.NAME:
        return sizes.resolve(Dim(str(item.value)))
    if item.op in (Op.ADD, Op.SUB) and items[item.args[0]].op is Op.NAME:
        by = read_integer(items, item.args[1], "what is added to a length")
        return sizes.resolve(Dim(str(items[item.args[0]].value), by if item.op is Op.ADD else -by))
    raise ParseError("this is not a length", span=item.span, help="write a number, a name or n - 1")


def _positive(value: int, item: Item) -> int:
    if value < 1:
        raise ParseError("an axis must have at least 1 entry", span=item.span, help="write a positive length")
    return value


def _is_true(items: Sequence[Item], place: int) -> bool:
    value = items[place].value
    if value not in ("True", "False", 0, 1):
        raise ParseError("keepdims is True or False", span=items[place].span, help="write keepdims=True")
    return value in ("True", 1)


def _read_order(items: Sequence[Item], place: int) -> Order | None:
    """Which norm is meant. Raises ParseError."""
    item = items[place]
    if item.op is Op.CALL and item.value == "identity":  # float("inf")
        item = items[item.args[0]]
    if item.op is Op.NEG and items[item.args[0]].value == "inf":
        return "-inf"
    if item.op is Op.NUMBER and isinstance(item.value, Fraction):
        return item.value
    if item.op is Op.TEXT and str(item.value).isdigit():
        return Fraction(str(item.value))
    if item.value in ("fro", "inf", "nuc", "None"):
        return None if item.value == "None" else item.value  # type: ignore[return-value]  # one of these texts
    raise ParseError("there is no such norm", span=item.span, help="write norm(x, 1), norm(x, 2) or norm(x, inf)")


# --- Labels of axes: `einsum('ij,j->i', A, x)` is a product, as NumPy writes it.


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


def infer_einsum(subscripts: Subscripts, shapes: Sequence[Shape], sizes: Sizes) -> Shape:
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


def build_einsum(subscripts: Subscripts, args: Sequence[Node]) -> Node:
    """The product that they mean."""
    labels = {letter: k for k, letter in enumerate(dict.fromkeys("".join(subscripts.parts)))}
    sizes: dict[int, Size] = {}
    factors = []
    for letters, arg in zip(subscripts.parts, args, strict=True):
        axes = tuple(labels[letter] for letter in letters)
        sizes.update(zip(axes, arg.shape, strict=True))
        factors.append(Factor(arg, axes))
    return product(1, factors, [labels[letter] for letter in subscripts.out], sizes)
