"""What must hold for a formula of the derivative to be the derivative: f defined and smooth there.

Simplified derivatives forget it: that of x*sqrt(x) has a value at 0, where f ends, and that of
x**2/x has one at its hole. So the conditions are read from f as it was typed: the domain and the
kinks of every row, from the table, around the point and not only at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, exact, is_leaf
from dcalc.simplify import simplify
from dcalc.tape import in_order

_VERTICAL = {table.CBRT: "x"}
"""Rows without a slope where they have a value, which neither domain nor kinks tell."""


Item = Expr | int
"""A condition that must hold around the point, or an expression that must not be 0, or a choice
by its number."""


class Choice(NamedTuple):
    """The guards of the branch that `where` takes."""

    condition: Expr
    first: tuple[Item, ...]
    second: tuple[Item, ...]


class Guards(NamedTuple):
    """What must hold everywhere, and the choices in it, inner ones first."""

    items: tuple[Item, ...]
    choices: list[Choice]

    def nodes(self) -> list[Expr]:
        """All expressions in it."""
        parts = [self.items, *[(c.condition, *c.first, *c.second) for c in self.choices]]
        return list(dict.fromkeys(item for part in parts for item in part if isinstance(item, Expr)))

    def replaced(self, by: Mapping[int, Expr]) -> Guards:
        """The same with other expressions in the places of these, by id."""

        def new(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple([by[item.id] if isinstance(item, Expr) else item for item in items])

        choices = [Choice(by[c.condition.id], new(c.first), new(c.second)) for c in self.choices]
        return Guards(new(self.items), choices)


def guards(root: Expr) -> Guards:
    """What must hold for the partials of the table to be true all over an expression. Linear."""
    return _Collector(root).found()


def always(roots: Iterable[Expr]) -> frozenset[int]:
    """The nodes that are needed whatever branches are taken, by id. Linear."""
    roots = tuple(roots)
    _, inner = in_order(*roots)
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen.add(node.id)
            stack += _below(node, inner)
    return frozenset(seen)


def _below(node: Expr, inner: dict[int, Expr]) -> tuple[Expr, ...]:
    """The arguments that are needed whatever branches are taken."""
    if node.id in inner:
        return (inner[node.id],)
    if is_leaf(node):
        return ()
    return node.args[:1] if node.op is table.WHERE else node.args


class _Collector:
    """One expression; its nodes in order, so that an inner choice is made before an outer one."""

    def __init__(self, root: Expr) -> None:
        self.order, self.inner = in_order(root)
        self.needed = always((root,))
        self.choices: list[Choice] = []
        self.places: dict[int, int] = {}

    def found(self) -> Guards:
        for node in self.order:
            if node.op is table.WHERE:
                condition, first, second = node.args
                choice = Choice(condition, self._of_branch(first), self._of_branch(second))
                if choice.first or choice.second:
                    self.places[node.id] = len(self.choices)
                    self.choices.append(choice)
        return Guards(self._own(node for node in self.order if node.id in self.needed), self.choices)

    def _of_branch(self, branch: Expr) -> tuple[Item, ...]:
        """The guards of what only this branch needs."""
        nodes: dict[int, Expr] = {}
        stack = [branch]
        while stack:
            node = stack.pop()
            if node.id not in nodes and node.id not in self.needed:
                nodes[node.id] = node
                stack += _below(node, self.inner)
        return self._own(nodes.values())

    def _own(self, nodes: Iterable[Expr]) -> tuple[Item, ...]:
        items: dict[Item, None] = {}
        for node in nodes:
            if node.id in self.places:
                items[self.places[node.id]] = None
            elif not is_leaf(node) and node.op is not table.WHERE and node.id not in self.inner:
                items.update(dict.fromkeys(_of_row(node)))
        return tuple(items)


def _of_row(node: Expr) -> Iterator[Expr]:
    row = node.op
    if row is table.POW:
        power = exact(simplify(node.args[1]))
        if type(power) is int:
            if power < 0:
                yield node.args[0]
            return  # a whole power is smooth, a negative one but at 0
    names = dict(zip(row.args, node.args, strict=False))
    if row.domain:
        yield rules.filled(f"where({row.domain}, 1, 0)", row.args, names).args[0]
    for text in (*row.kinks, *([_VERTICAL[row]] if row in _VERTICAL else [])):
        yield rules.filled(text, row.args, names)
