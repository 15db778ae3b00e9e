"""What an expression costs its reader: the one measure by which forms of an answer are compared."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import Expr, exact
from dcalc.notation import Child, Layout, plain, remembered_layout

BRACKET = 1
"""A pair of brackets costs this much beside its two characters: a sum that is taken out has to save something."""
CALL = 1
"""A function, or a power whose exponent is not a number, costs this much beside its text: each is work to read."""
INNER_QUOTIENT = 6
"""A quotient in a sum between brackets, or in a square root, costs this much: one fraction is easier to read than a
fraction in a factor."""
MOST = 1 << 40
"""Shared parts are counted as often as they are written, which can be exponentially often."""
_OPERATORS = frozenset((table.NUMBER, table.SYMBOL, table.ADD, table.MUL, table.POW, table.SUB, table.NEG, table.DIV))


class Costs:
    """The cost of nodes: the characters of their plain text without blanks, `BRACKET` for each pair of brackets that
    groups, `CALL` for each function, `INNER_QUOTIENT` for quotients in a factor. Each node is measured once."""

    def __init__(self) -> None:
        self._costs: dict[tuple[int, bool], tuple[int, int]] = {}
        self._layout = remembered_layout(plain)  # the writer will ask for the layouts of what is chosen

    def __call__(self, root: Expr) -> int:
        """The cost of a node. Linear in the nodes that have not been measured."""
        known = self._costs.get((root.id, False))
        return known[0] if known is not None else self._measure(root)

    def _measure(self, root: Expr) -> int:
        costs = self._costs
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, negate = stack[-1]
            key = (node.id, negate)
            if key in costs:
                stack.pop()
                continue
            # Laid out again after what is inside of it: a deep expression would keep a layout for each of its levels,
            # and one that is not deep finds them remembered.
            layout = self._layout(node, negate)
            missing = [
                (piece[0], piece[2])
                for piece in layout.pieces
                if type(piece) is Child and (piece[0].id, piece[2]) not in costs
            ]
            if missing:
                stack += missing
                continue
            stack.pop()
            own = CALL if node.op not in _OPERATORS or (node.op is table.POW and exact(node.args[1]) is None) else 0
            costs[key] = (own + self._add_up(layout), layout.level)
        return costs[root.id, False][0]

    def _add_up(self, layout: Layout) -> int:
        total = 0
        before = ""
        for piece in layout.pieces:
            if isinstance(piece, str):
                total += len(piece) - piece.count(" ")
                before = piece
                continue
            cost, level = self._costs[piece[0].id, piece[2]]
            total += cost
            if level < piece[1]:
                total += 2 + BRACKET
            elif before != "sqrt(":
                continue
            if piece[0].op is table.ADD and any(map(_is_quotient, piece[0].args)):
                total += INNER_QUOTIENT
        return min(total, MOST)


def _is_quotient(term: Expr) -> bool:
    """Whether something stands below the line in a term."""
    factors = term.args if term.op is table.MUL else (term,)
    return any(factor.op is table.POW and (exact(factor.args[1]) or 0) < 0 for factor in factors)
