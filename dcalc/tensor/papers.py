"""What papers write, in the words of the language: `A^-1`, `x·y`, `x^T A x`, `tr A`, `||x||`.

Some of it means one thing for numbers and another for arrays, so that it is read once it is known which of the rows are
vectors and matrices. Where a text is written so, people are told once how it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dcalc.parser.array_syntax import CARET, DOT, IMPLIED, POWER_OF_T, Item, Op, is_minus_one, is_outer
from dcalc.spellings.arrays import SPOKEN
from dcalc.tensor.inference import Shapes
from dcalc.tensor.resolution import Resolved


def spell_out(text: Resolved, ranks: Sequence[int | None]) -> Resolved:
    """The rows with inverses and products in place of the powers of matrices and the dots that mean them. Linear."""
    rows = list(text.items)
    skipped = set(text.skipped)
    for place, item in enumerate(text.items):
        if place in skipped:
            continue
        is_inverse = item.op is Op.POW and item.value == CARET and is_minus_one(text.items, text.items[item.args[1]])
        if is_inverse and ranks[item.args[0]] == 2:
            rows[place] = item._replace(op=Op.CALL, value="inv", args=item.args[:1])
            skipped.update(range(text.items[item.args[1]].first, item.args[1] + 1))
        elif item.op is Op.MUL and item.value == DOT and all(ranks[arg] for arg in item.args):
            rows[place] = item._replace(op=Op.MATMUL, value=DOT)
        elif is_outer(text.items, item, [ranks[arg] for arg in item.args]):
            first, second = item.args
            rows[place] = item._replace(op=Op.CALL, value="outer", args=(first, text.items[second].args[0]))
            skipped.add(second)
    return text._replace(items=tuple(rows), skipped=frozenset(skipped))


def is_respelled(text: Resolved) -> bool:
    """Whether a text is written as papers do, or as a library is called. Linear."""
    if "\\" in text.source:  # LaTeX
        return True
    return any(_is_foreign(text.source, item) for place, item in enumerate(text.items) if place not in text.skipped)


def _is_foreign(source: str, item: Item) -> bool:
    sign = source[slice(*item.sign)]
    if item.op is Op.CALL and source[item.sign[1] :].lstrip()[:1] != "(":
        return True
    if item.op in (Op.CALL, Op.MATMUL) and "." in sign:
        return True
    return (
        item.value == POWER_OF_T
        or (item.op in (Op.MATMUL, Op.MUL) and item.value == IMPLIED)
        or (item.op is Op.MATMUL and item.value == DOT)
    )


def _is_turned(text: Resolved, place: int) -> bool:
    """Whether a row is a transpose that is not written as in NumPy."""
    item = text.items[place]
    return item.op is Op.TRANSPOSE and not text.source[slice(*item.sign)].startswith(".")


def note_doubts(text: Resolved, shapes: Shapes) -> Iterator[str]:
    """Notes on what is taken entry by entry, and on names that look like products, where another thing may be meant."""
    for name in shapes.variables:
        if name in SPOKEN and name not in text.declared:
            yield f"{name} is a variable here: a function needs brackets, {name}(...)"
        if name == "I" and name not in text.declared:
            yield "I is a variable here; the identity is eye(n)"
        if re.fullmatch("[A-Z][a-z]", name) and name not in text.declared:
            yield f"{name} is one name; the product is {name[0]}@{name[1]}"
    for place, item in enumerate(text.items):
        if place in text.skipped:
            continue
        if item.op is Op.MUL and _is_turned(text, item.args[0]) and all(shapes.rows[arg] for arg in item.args):
            yield "* is taken entry by entry; the product of matrices is @"
        if item.op is not Op.POW:
            continue
        shape = shapes.sizes.resolve_shape(shapes.rows[place])
        exponent = text.items[item.args[1]]
        base = text.source[slice(*text.items[item.args[0]].span)]
        if len(shape) == 2 and is_minus_one(text.items, text.items[item.args[1]]):
            yield f"the power of {base} is taken entry by entry; the inverse is inv({base})"
        elif len(shape) == 2 and shape[0] == shape[1] and item.value == CARET and exponent.value == 2:
            yield f"the square of {base} is taken entry by entry; the product is {base}@{base}"
