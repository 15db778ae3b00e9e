"""The table's texts as templates: partials, tangents and bodies, put together on demand.

A template is parsed once and then built any number of times with whatever constructor the
caller has: interned nodes as they stand, or simplified ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from dcalc import functions as table
from dcalc.expr import Expr, make, walk
from dcalc.functions import Row
from dcalc.parse import parse

Apply = Callable[[Row, tuple[Expr, ...]], Expr]


def _plain(op: Row, args: tuple[Expr, ...]) -> Expr:
    return make(op, *args)


class Template:
    """A text of the table: steps in order of evaluation, with holes for names."""

    __slots__ = ("steps",)

    def __init__(self, root: Expr) -> None:
        places: dict[int, int] = {}
        self.steps: list[tuple[Row | None, Expr | tuple[int, ...]]] = []
        for node in walk(root):
            places[node.id] = len(self.steps)
            if node.op is table.NUMBER or node.op is table.SYMBOL:
                self.steps.append((None, node))
            else:
                self.steps.append((node.op, tuple(places[arg.id] for arg in node.args)))

    def build(
        self, names: Mapping[str, Expr], apply: Apply = _plain, splat: tuple[str, Sequence[Expr]] | None = None
    ) -> Expr:
        """The text with ``names`` filled in; a ``splat`` name as an argument stands for many."""
        made: list[Expr] = []
        many = -1
        for place, (op, parts) in enumerate(self.steps):
            if op is None:
                leaf: Expr = parts  # type: ignore[assignment]  # a leaf's second entry is its node
                if leaf.op is table.SYMBOL:
                    if splat is not None and leaf.args[0] == splat[0]:
                        many = place
                    leaf = names.get(leaf.args[0], leaf)
                made.append(leaf)
            elif many in parts:  # type: ignore[operator]  # places, where there is a row
                args = [a for i in parts for a in (splat[1] if i == many else (made[i],))]  # type: ignore[union-attr, index]
                made.append(apply(op, tuple(args)))
            else:
                made.append(apply(op, tuple([made[i] for i in parts])))  # type: ignore[index]  # places
        return made[-1]


@cache
def _template(text: str, names: tuple[str, ...]) -> Template:
    return Template(_parsed(text, names))


@cache
def _parsed(text: str, names: tuple[str, ...]) -> Expr:
    return parse(text, variables=names, strict=False).root


def tangent_template(row: Row) -> Expr:
    """The text of a row's tangent as a node, in the names of its arguments and tangents."""
    return _parsed(row.tangent, _names(row))


def _names(row: Row) -> tuple[str, ...]:
    last = row.args[-1:] if row.variadic else ()
    return (*row.args, "y", *("d" + a for a in row.args), *(a + "_i" for a in last))


def _filled(node: Expr) -> tuple[Expr, ...]:
    """The arguments with the defaults for those left out."""
    missing = len(node.op.args) - len(node.args)
    if missing <= 0 or node.op.variadic:
        return node.args
    return node.args + tuple(parse(text).root for text in node.op.defaults[-missing:])


def _bindings(row: Row, args: tuple[Expr, ...]) -> tuple[dict[str, Expr], tuple[str, Sequence[Expr]] | None]:
    names = dict(zip(row.args, args, strict=False))
    if not row.variadic:
        return names, None
    first = len(row.args) - 1
    return names, (row.args[-1], args[first:])


def pairs(node: Expr) -> Expr:
    """A call of a folding function with many arguments, as calls with two."""
    first, *rest = node.args
    for arg in rest:
        first = make(node.op, first, arg)
    return first


def body(node: Expr, apply: Apply = _plain) -> Expr:
    """What a node of a row with a body stands for."""
    row, args = node.op, _filled(node)
    names, splat = _bindings(row, args)
    if splat is not None and row.args[0] == "i":
        names[f"{splat[0]}_i"] = splat[1][args[0].args[0]]
    return _template(row.body, _names(row)).build(names, apply, splat)


def partial(node: Expr, place: int, apply: Apply = _plain) -> Expr | None:
    """The partial derivative of a node by its argument at ``place``; None if not in closed form."""
    row, args = node.op, _filled(node)
    names, splat = _bindings(row, args)
    index = min(place, len(row.args) - 1)
    text = row.partials[index]
    if text is None:
        return None
    if splat is not None:
        names[f"{splat[0]}_i"] = args[place]
    names.setdefault("y", node)
    return _template(text, _names(row)).build(names, apply, splat)


def tangent(node: Expr, tangents: Sequence[Expr], apply: Apply = _plain) -> Expr:
    """The tangent of a node of a row that has one, given those of its arguments."""
    row, args = node.op, _filled(node)
    names = dict(zip(row.args, args, strict=False))
    names.update(("d" + name, tangent) for name, tangent in zip(row.args, tangents, strict=False))
    names.setdefault("y", node)
    return _template(row.tangent, _names(row)).build(names, apply)


def filled(text: str, names: tuple[str, ...], values: Mapping[str, Expr]) -> Expr:
    """A text of the language with nodes in the places of names."""
    return _template(text, names).build(values)


@cache
def plain_body(row: Row) -> bool:
    """True for a body of operators alone, such as x**2, which simplification writes out."""
    if not row.body or row.variadic or row.name in table.CONSTANTS:
        return False
    nodes = walk(_parsed(row.body, _names(row)))
    return all(node.op not in table.ROWS[_FIRST_FUNCTION:] for node in nodes)


_FIRST_FUNCTION = min((row.index for row in table.functions()), default=0)
