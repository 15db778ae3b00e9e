"""The table's texts as templates: partials, tangents and bodies, built on demand.

A template is parsed once and built any number of times with the constructor that the caller
passes: plain interned nodes, or simplified ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, make, walk
from dcalc.functions import Row
from dcalc.records import NamedTuple

Apply = Callable[[Row, tuple[Expr, ...]], Expr]


def _plain(op: Row, args: tuple[Expr, ...]) -> Expr:
    return make(op, *args)


class Step(NamedTuple):
    """A node of a template: a leaf as it is, or a row and the places of its arguments."""

    op: Row | None
    leaf: Expr | None = None
    places: tuple[int, ...] = ()


class Template:
    """A text of the table: steps in order of evaluation, with holes for names.

    ``constant`` is the node of a text that is a number, which need not be built.
    """

    __slots__ = ("constant", "steps")

    def __init__(self, root: Expr) -> None:
        places: dict[int, int] = {}
        self.steps: list[Step] = []
        self.constant = root if root.op is table.NUMBER else None
        for node in walk(root):
            places[node.id] = len(self.steps)
            if is_leaf(node):
                self.steps.append(Step(None, node))
            else:
                self.steps.append(Step(node.op, None, tuple(places[arg.id] for arg in node.args)))

    def build(
        self, names: Mapping[str, Expr], apply: Apply = _plain, splat: tuple[str, Sequence[Expr]] | None = None
    ) -> Expr:
        """The text with ``names`` filled in; as an argument, the ``splat`` name stands for many nodes."""
        nodes: list[Expr] = []
        many: dict[int, Sequence[Expr]] = {}
        for place, (op, leaf, parts) in enumerate(self.steps):
            if leaf is not None:
                name = leaf.args[0] if leaf.op is table.SYMBOL else None
                if splat is not None and name == splat[0]:
                    many[place] = splat[1]
                nodes.append(leaf if name is None else names.get(name, leaf))
            elif op is not None:
                if op is table.POW and parts[0] in many:
                    many[place] = [apply(op, (arg, nodes[parts[1]])) for arg in many[parts[0]]]
                    nodes.append(nodes[parts[1]])  # never used: the powers are
                elif many:
                    nodes.append(apply(op, tuple(arg for i in parts for arg in many.get(i, (nodes[i],)))))
                else:
                    nodes.append(apply(op, tuple([nodes[i] for i in parts])))
        return nodes[-1]


@cache
def _template(text: str, names: tuple[str, ...]) -> Template:
    return Template(parse_text(text, names))


@cache
def parse_text(text: str, names: tuple[str, ...] = (), *, strict: bool = False) -> Expr:
    """The node of a text of the table; ``names`` are variables whatever else they may mean."""
    from dcalc.parser import parse  # and Lark with it, which a process that is given its programs does not need

    return parse(text, variables=names, strict=strict).root


def tangent_template(row: Row) -> Expr:
    """The text of a row's tangent as a node, in the names of its arguments and tangents."""
    return parse_text(row.tangent, _names(row))


def partial_template(row: Row, place: int) -> Expr | None:
    """The text of a partial as a node, in the names of the arguments, `y` the value and `z_i` the
    argument in question; None where it has no closed form."""
    text = row.partials[min(place, len(row.args) - 1)]
    return None if text is None else parse_text(text, _names(row))


@cache
def _names(row: Row) -> tuple[str, ...]:
    last = row.args[-1:] if row.variadic else ()
    return (*row.args, "y", *("d" + a for a in row.args), *(a + "_i" for a in last))


def _with_defaults(node: Expr) -> tuple[Expr, ...]:
    """The arguments, with defaults for those that are left out."""
    missing = len(node.op.args) - len(node.args)
    if missing <= 0 or node.op.variadic:
        return node.args
    return node.args + tuple(parse_text(text, strict=True) for text in node.op.defaults[-missing:])


def _bindings(row: Row, args: tuple[Expr, ...]) -> tuple[dict[str, Expr], tuple[str, Sequence[Expr]] | None]:
    names = dict(zip(row.args, args, strict=False))
    if not row.variadic:
        return names, None
    first = len(row.args) - 1
    return names, (row.args[-1], args[first:])


def pairs(node: Expr) -> Expr:
    """A call of a folding function with many arguments, as calls with two."""
    first: Expr = node.args[0]
    for arg in node.args[1:]:
        first = make(node.op, first, arg)
    return first


def body(node: Expr, apply: Apply = _plain) -> Expr:
    """What a node of a row with a body stands for."""
    row, args = node.op, _with_defaults(node)
    names, splat = _bindings(row, args)
    if splat is not None and row.chooses:
        names[f"{splat[0]}_i"] = splat[1][args[0].args[0]]
    return _template(row.body, _names(row)).build(names, apply, splat)


def partial(node: Expr, place: int, apply: Apply = _plain) -> Expr | None:
    """The partial derivative of a node by its argument at ``place``; None if not in closed form."""
    row = node.op
    text = row.partials[min(place, len(row.args) - 1)]
    if text is None:
        return None
    template = _template(text, _names(row))
    if template.constant is not None:
        return template.constant
    args = _with_defaults(node)
    names, splat = _bindings(row, args)
    if splat is not None:
        names[f"{splat[0]}_i"] = args[place]
    names.setdefault("y", node)
    return template.build(names, apply, splat)


def tangent(node: Expr, tangents: Sequence[Expr], apply: Apply = _plain) -> Expr:
    """The tangent of a node of a row that has one, given those of its arguments."""
    row, args = node.op, _with_defaults(node)
    names = dict(zip(row.args, args, strict=False))
    names.update(("d" + name, tangent) for name, tangent in zip(row.args, tangents, strict=False))
    names.setdefault("y", node)
    return _template(row.tangent, _names(row)).build(names, apply)


def fill(text: str, names: tuple[str, ...], values: Mapping[str, Expr], apply: Apply = _plain) -> Expr:
    """A text of the language with nodes in the places of names."""
    return _template(text, names).build(values, apply)


@cache
def plain_body(row: Row) -> bool:
    """True for a body of operators alone, such as x**2, which simplification writes out."""
    if not row.body or row.variadic or row.name in table.CONSTANTS:
        return False
    nodes = walk(parse_text(row.body, _names(row)))
    return all(node.op not in table.ROWS[_FIRST_FUNCTION:] for node in nodes)


def is_choice(node: Expr) -> bool:
    """Whether a node chooses between expressions, or stands for one that may."""
    return node.op in _CHOICES or (bool(node.op.body) and bool(node.args))


_CHOICES = frozenset((table.ABS, table.SIGN, table.STEP, table.MAX, table.MIN, table.WHERE, table.get("relu", 1)))
_FIRST_FUNCTION = min((row.index for row in table.functions()), default=0)
