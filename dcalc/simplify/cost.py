"""What an expression costs its reader: the one measure by which forms of an answer are compared."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import Expr, exact
from dcalc.notation import plain, remembered_layout

BRACKET = 1
"""Brackets around a sum cost this much beside their two characters: a sum that is taken out has to save something."""
CALL = 1
"""A function, or a power whose exponent is not a number, costs this much beside its text: each is work to read."""
INNER_QUOTIENT = 6
"""A quotient in a sum between brackets, or in a square root, costs this much: one fraction is easier to read than a
fraction in a factor."""
SHARED = 1
"""A square or higher power that all terms of a sum share costs this: a person would write it once."""
MOST = 1 << 40
"""Shared parts are counted as often as they are written, which can be exponentially often."""
_OPERATORS = frozenset((table.NUMBER, table.SYMBOL, table.ADD, table.MUL, table.POW, table.SUB, table.NEG, table.DIV))


class Costs:
    """The cost of nodes: the characters of their plain text without blanks, `BRACKET` for brackets around a sum,
    `CALL` for each function, `INNER_QUOTIENT` for quotients in a factor, `SHARED` for a sum whose terms share a power.
    Each node is measured once."""

    def __init__(self) -> None:
        self._costs: dict[int, tuple[int, int]] = {}
        """(cost, level) of parts, by twice the id of the node, one more where it is negated."""
        self._inner: dict[int, int] = {}
        """What quotients in a sum cost, where they stand in a factor."""
        self._layout = remembered_layout(plain)  # the writer will ask for the layouts of what is chosen

    def __call__(self, root: Expr) -> int:
        """The cost of a node. Linear in the nodes that have not been measured."""
        known = self._costs.get(2 * root.id)
        return known[0] if known is not None else self._measure(root)

    def _measure(self, root: Expr) -> int:
        costs = self._costs
        stack: list[tuple[Expr, bool]] = [(root, False)]
        while stack:
            node, negate = stack[-1]
            key = 2 * node.id + negate
            if key in costs:
                stack.pop()
                continue
            # Laid out again after what is inside of it: a deep expression would keep a layout for each of its levels,
            # and one that is not deep finds them remembered.
            level, pieces = self._layout(node, negate)
            depth = len(stack)
            total = SHARED if node.op is table.ADD and _shares_power(node) else CALL if _is_call(node) else 0
            before = ""
            for piece in pieces:
                if isinstance(piece, str):
                    total += len(piece) - piece.count(" ")
                    before = piece
                    continue
                child, least, is_negated = piece
                known = costs.get(2 * child.id + is_negated)
                if known is None:
                    stack.append((child, is_negated))
                    continue
                total += known[0]
                if known[1] < least:
                    total += 2 + (BRACKET if child.op is table.ADD else 0)
                elif before != "sqrt(":
                    continue
                if child.op is table.ADD:
                    inner = self._inner.get(child.id)
                    if inner is None:
                        inner = self._inner[child.id] = INNER_QUOTIENT if any(map(_is_quotient, child.args)) else 0
                    total += inner
            if len(stack) == depth:
                stack.pop()
                costs[key] = (min(total, MOST), level)
        return costs[2 * root.id][0]


def _is_call(node: Expr) -> bool:
    """Whether a node is a function, or a power whose exponent is not a number."""
    return node.op not in _OPERATORS or (
        node.op is table.POW and node.args[1].op is not table.NUMBER and exact(node.args[1]) is None
    )


def _shares_power(node: Expr) -> bool:
    """Whether all terms of a sum have a square or a higher power of the same base."""
    shared = _list_powers(node.args[0])
    for term in node.args[1:]:
        if not shared:
            break
        shared &= _list_powers(term)
    return bool(shared)


def _list_powers(term: Expr) -> set[Expr]:
    """The bases of which a term has a square or a higher power."""
    powers = (f for f in (term.args if term.op is table.MUL else (term,)) if f.op is table.POW)
    return {power.args[0] for power in powers if power.args[1].op is table.NUMBER and power.args[1].args[0] > 1}


def _is_quotient(term: Expr) -> bool:
    """Whether something stands below the line in a term."""
    for factor in term.args if term.op is table.MUL else (term,):
        if factor.op is table.POW:
            count = exact(factor.args[1])
            if count is not None and count < 0:
                return True
    return False
