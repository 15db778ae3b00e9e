"""Expressions in the functions that a language has: native ones, helpers, bodies; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import Expr, exact, is_leaf, make, number, substitute, symbol, walk
from dcalc.functions import Row
from dcalc.rules import body, pairs
from dcalc.targets.common.helpers import helpers
from dcalc.targets.common.orders import ALL_ORDERS, write_out

Kind = Literal["native", "body", "helper", "refused"]
"""How a language has a row."""
_VALUES = {
    table.PI: number(Fraction("3.141592653589793238462643383279502884")),
    table.E: number(Fraction("2.718281828459045235360287471352662498")),
}
"""The constants, for languages without names for them."""
_OPERATORS = table.CONDITIONS | {
    table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW, table.WHERE, table.NUMBER, table.SYMBOL
}  # fmt: skip


class Lowering:
    """The functions of one language: ``native`` ones, and helpers, which ``inline`` writes out in their place."""

    def __init__(self, title: str, native: Mapping[Row, str], *, inline: bool = False) -> None:
        self.title = title
        self.native = native
        self.inline = inline

    def lower(self, roots: Sequence[Expr]) -> tuple[Expr, ...]:
        """The roots in rows that the language has, or that are helpers. Raises Unsupported with the row's name.

        Linear in the nodes of the roots and of what they stand for.
        """
        images: dict[int, Expr] = {}
        # (node, None) asks for the image of a node, (node, other) takes that of another for it.
        stack: list[tuple[Expr, Expr | None]] = [(root, None) for root in reversed(roots)]
        while stack:
            node, other = stack[-1]
            if node.id in images:
                stack.pop()
                continue
            if other is not None:
                stack.pop()
                images[node.id] = images[other.id]
                continue
            if is_leaf(node):
                images[node.id] = node
                continue
            missing = [arg for arg in node.args if arg.id not in images]
            if missing:
                stack += [(arg, None) for arg in reversed(missing)]
                continue
            stack.pop()
            image = make(node.op, *[images[arg.id] for arg in node.args])
            simpler = self._simplify(image)
            if simpler is image:
                images[node.id] = images[image.id] = image
            else:
                stack += [(node, simpler), (simpler, None)]
        return tuple(images[root.id] for root in roots)

    def _simplify(self, node: Expr) -> Expr:
        """A node in simpler functions; itself where the language has it."""
        row = node.op
        if row.fold and row.name in table.BY_NAME and len(node.args) != 2:
            only: Expr = node.args[0]
            return pairs(node) if len(node.args) > 2 else only
        if row in self.native or row in _OPERATORS:
            return node
        if (simpler := write_out(node) or self._call_by_order(node)) is not None:
            return simpler
        if row in _VALUES:
            return _VALUES[row]
        if row is _LOGSUMEXP:
            return _write_logsumexp(node)
        helper = helpers().get(row)
        if helper is not None:
            if not self.inline:
                return node
            return substitute(helper.root, dict(zip(helper.args, node.args, strict=True)))
        if row.body:
            return body(node)
        raise Unsupported(
            f"{self.title} has no {row.name}",
            help="dcalc emit --target scipy has most functions; dcalc map computes them all",
        )

    def _call_by_order(self, node: Expr) -> Expr | None:
        """A Bessel function of the order 0 or 1, where the language has those alone."""
        order = exact(node.args[0]) if len(node.args) == 2 else None
        row = table.find(f"{node.op.name}{order}", 1) if order in (0, 1) else None
        return None if row is None or row not in self.native else make(row, node.args[1])

    def helpers_below(self, roots: Sequence[Expr]) -> list[Row]:
        """The helpers that lowered roots call, each after those that it calls itself. Raises Unsupported."""
        order: dict[Row, None] = {}
        stack = [(row, False) for row in reversed(self._called(roots))]
        while stack:
            row, is_done = stack.pop()
            if row in order:
                continue
            if is_done:
                order[row] = None
                continue
            stack.append((row, True))
            stack += [(inner, False) for inner in reversed(self._called(self.lower([helpers()[row].root])))]
        return list(order)

    def _called(self, roots: Sequence[Expr]) -> list[Row]:
        known = helpers()
        rows = (node.op for node in walk(*roots) if not is_leaf(node))
        return [row for row in dict.fromkeys(rows) if row in known and row not in self.native]

    def classify(self, row: Row) -> Kind:
        """How the language has a row."""
        if row in self.native:
            return "native"
        if row is table.WHERE:
            return "native"  # every language has an operator for it
        node = sample_call(row)
        try:
            self.helpers_below(self.lower([node]))
        except Unsupported:
            return "refused"
        return "helper" if row in helpers() or row is _LOGSUMEXP else "body"


_LOGSUMEXP = table.LOGSUMEXP


def _write_logsumexp(node: Expr) -> Expr:
    """The logarithm of the sum of exponentials, less the largest of them."""
    args = node.args
    if len(args) == 1:
        return args[0]  # type: ignore[no-any-return]  # its argument
    if len(args) == 2:
        return make(table.ADD, make(table.MAX, *args), make(_SOFTPLUS, _distance(*args)))
    top = pairs(make(table.MAX, *args))
    total = make(table.ADD, *[make(table.EXP, make(table.SUB, arg, top)) for arg in args])
    return make(table.ADD, top, make(table.LOG, total))


def _distance(u: Expr, v: Expr) -> Expr:
    return make(table.NEG, make(table.ABS, make(table.SUB, u, v)))


_SOFTPLUS = table.get("softplus", 1)


def sample_call(row: Row) -> Expr:
    """A call of the row; its order is 3 where each order is written out."""
    count = max(row.minimum, min(len(row.args) + row.variadic, row.maximum or 3))
    args = [symbol(f"x{place}") for place in range(count)]
    if row in ALL_ORDERS or (row.variadic and row.args[0] == "i") or row is table.get("laguerre", 2):
        args[0] = number(1)
    return make(row, *args)
