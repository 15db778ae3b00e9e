"""The shortest form of an expression that the named rules find, as a person would write an answer."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, make, walk
from dcalc.functions import Row
from dcalc.simplify.arithmetic import FLAT
from dcalc.simplify.build import style
from dcalc.simplify.rewrites import BY_OPERATOR
from dcalc.simplify.terms import Algebra
from dcalc.simplify.traits import has_prospects, traits_of

MAX_NODES = 2_000
"""Larger expressions stay as they are: nobody reads them, and each rule looks at every node."""
_MOST_PASSES = 6


def shorten(root: Expr) -> Expr:
    """The form of least cost that is equal to a simplified ``root`` wherever that is defined.

    The same node where no rule makes it shorter. Cost: linear in nodes; none above `MAX_NODES`.
    """
    nodes = walk(root)
    if len(nodes) > MAX_NODES:
        return root
    if not any(map(has_prospects, nodes)):
        return root
    algebra = _share_algebra(style(root).decimals)
    if not any(node.op in BY_OPERATOR and traits_of(algebra, node) for node in nodes):
        return root
    return Shortener(algebra).run(root)


_MOST_REMEMBERED = 3_000
_shared: dict[bool, Algebra] = {}


def _share_algebra(decimals: bool) -> Algebra:
    """What some expressions of a style use one after the other: partial derivatives of one function have parts in
    common. A new one, where the last remembers so much that it would keep large graphs alive."""
    algebra = _shared.get(decimals)
    if algebra is None or algebra.count_remembered() > _MOST_REMEMBERED:
        algebra = _shared[decimals] = Algebra(decimals)
    return algebra


def shorten_all(roots: Sequence[Expr]) -> list[Expr]:
    """The `shorten` forms of several expressions, what is known of shared parts kept. None where they are large
    together."""
    if len(walk(*roots)) > MAX_NODES:
        return list(roots)
    shortener = Shortener(Algebra(style(*roots).decimals))
    return [shortener.run(root) for root in roots]


class Shortener:
    """One expression being shortened, with what is known of its parts."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.costs = algebra.cost
        self.shortest: dict[int, Expr] = {}
        self.settled: set[int] = set()
        """Nodes that only the last rules could make shorter."""
        self.waiting: set[int] = set()
        """Nodes to which one of the last rules may apply."""

    def run(self, root: Expr) -> Expr:
        """The shortest form: passes over the graph, children first, until none finds a gain; then with the last
        rules, too. The root comes before its children as well: made short each by itself, terms may share less."""
        first = self._shorten_node(root, last=False) if root.op is table.ADD else root
        root = self._repeat(root, last=False)
        if first is not root:
            root = min(root, self._repeat(first, last=False), key=self.costs)
        if self.waiting:
            waiting = self.waiting
            self.shortest = {
                key: form for key, form in self.shortest.items() if key not in waiting and form.id not in waiting
            }
            root = self._repeat(root, last=True)
        return root

    def _repeat(self, root: Expr, *, last: bool) -> Expr:
        for _ in range(_MOST_PASSES):
            after = self._pass(root, last=last)
            if after is root or self.costs(after) >= self.costs(root):
                break
            root = after
        return root

    def _pass(self, root: Expr, *, last: bool) -> Expr:
        images: dict[int, Expr] = {}
        for node in walk(root):
            if is_leaf(node) or not node.args or node.op in table.CONDITIONS:
                images[node.id] = node
                continue
            args = tuple([images[arg.id] for arg in node.args])
            image = node if args == node.args else self._rebuild(node.op, args)
            images[node.id] = self._shorten_node(image, last=last) if image.op in BY_OPERATOR else image
        return images[root.id]

    def _rebuild(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        return make(op, *args) if op is table.WHERE else self.algebra.apply(op, args)

    def _shorten_node(self, node: Expr, *, last: bool) -> Expr:
        """The form of least cost that one rule after the other makes of a node."""
        best = self.shortest.get(node.id)
        if best is not None:
            return best
        best = node
        while best.op in BY_OPERATOR:
            better = self._try_rules(best, last=last)
            if better is best:
                break
            best = better
        self.shortest[node.id] = self.shortest[best.id] = best
        return best

    def _try_rules(self, node: Expr, *, last: bool) -> Expr:
        traits = traits_of(self.algebra, node)
        if not traits:
            return node
        better, cost = node, self.costs(node)
        is_long = len(node.args) > FLAT
        is_settled = node.id in self.settled
        for rewrite in BY_OPERATOR[node.op]:
            if rewrite.trait not in traits or (is_long and not rewrite.long):
                continue
            if rewrite.last and not last:
                self.waiting.add(node.id)
                continue
            if is_settled and not rewrite.last:
                continue
            for candidate in rewrite.rule(self.algebra, node):
                candidate_cost = self.costs(candidate)
                if candidate_cost < cost:
                    better, cost = candidate, candidate_cost
        if better is node:
            self.settled.add(node.id)
        return better
