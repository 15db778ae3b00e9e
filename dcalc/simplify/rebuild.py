"""A parsed expression, built anew in simplified form: chains of sums and products at once."""

from __future__ import annotations

from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ZERO, Expr, make, walk
from dcalc.functions import Row
from dcalc.simplify.build import Build

_SUMS = (table.ADD, table.SUB)
_PRODUCTS = (table.MUL, table.DIV)
_KIN = {table.ADD: _SUMS, table.SUB: _SUMS, table.MUL: _PRODUCTS, table.DIV: _PRODUCTS}


def style(*roots: Expr) -> Build:
    """Constructors in the style of an expression: decimals where it has decimals."""
    return Build(any(n.op is table.NUMBER and type(n.args[0]) is Fraction for n in walk(*roots)))


def rebuild(root: Expr, build: Build) -> Expr:
    """The simplified form of a node. Linear in nodes, n log n in the terms of a sum."""
    return Rebuild(build).run(root)[0]


def simplified(*roots: Expr) -> list[Expr]:
    """The simplified forms of several nodes, what they share done once."""
    if not roots:
        return []
    return Rebuild(style(*roots)).run(*roots)


class Rebuild:
    """One pass over a graph, children first."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.done: dict[int, Expr] = {}
        self.absorbed: set[int] = set()

    def run(self, *roots: Expr) -> list[Expr]:
        """The simplified roots."""
        nodes = walk(*roots)
        self._find_absorbed(nodes)
        self.absorbed.difference_update(root.id for root in roots)
        for node in nodes:
            if node.id not in self.absorbed:
                self.done[node.id] = self._simplified(node)
        return [self.done[root.id] for root in roots]

    def _find_absorbed(self, nodes: tuple[Expr, ...]) -> None:
        """The inner nodes of a sum of sums, or a product of products, that nothing else uses."""
        uses: dict[int, int] = {}
        inner: list[int] = []
        for node in nodes:
            if node.op is table.NUMBER or node.op is table.SYMBOL:
                continue
            kin = _KIN.get(node.op, ())
            for arg in node.args:
                uses[arg.id] = uses.get(arg.id, 0) + 1
                if arg.op in kin:
                    inner.append(arg.id)
        self.absorbed = {key for key in inner if uses[key] == 1}

    def _simplified(self, node: Expr) -> Expr:
        op = node.op
        if op is table.SYMBOL:
            return node
        if op is table.NUMBER:
            return self.build.number(node.args[0])
        if op in _SUMS:
            return self.build.add(self._terms(node))
        if op in _PRODUCTS:
            return self.build.mul(self._factors(node))
        return self.build.apply(op, tuple(self.done[arg.id] for arg in node.args))

    def _terms(self, node: Expr) -> list[Expr]:
        operands = self._operands(node, table.SUB)
        return [self.build.mul((MINUS_ONE, term)) if negative else term for term, negative in operands]

    def _factors(self, node: Expr) -> list[Expr]:
        return [self._inverse(factor) if below else factor for factor, below in self._operands(node, table.DIV)]

    def _operands(self, node: Expr, flips: Row) -> list[tuple[Expr, bool]]:
        """The simplified operands of a chain, each with whether an odd number of `flips` is on the
        way to it: subtracted, or below the line."""
        out: list[tuple[Expr, bool]] = []
        stack = [(node, False)]
        while stack:
            top, flipped = stack.pop()
            if top is node or top.id in self.absorbed:
                last = len(top.args) - 1
                stack += [(top.args[i], flipped != (top.op is flips and i == 1)) for i in range(last, -1, -1)]
            else:
                out.append((self.done[top.id], flipped))
        return out

    def _inverse(self, factor: Expr) -> Expr:
        if factor is ZERO:
            return make(table.POW, ZERO, MINUS_ONE)
        return self.build.power(factor, MINUS_ONE)
