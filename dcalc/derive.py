"""Derivatives as expressions: the table's partials and the chain rule on the shared graph."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, walk
from dcalc.simplify import Build, rebuild, style

MAX_NODES = 500_000
"""More nodes than this are not derived again: the answer would be no use to anyone."""
_WIDE = 12
"""Products of more factors that depend on the variable are derived two at a time."""


def derivative(root: Expr, wrt: tuple[str, ...]) -> Expr:
    """The derivative of ``root``, once by each name, simplified.

    Raises Unsupported where a partial has no closed form, LimitError where the result
    grows beyond `MAX_NODES`. Linear in the nodes for each order.
    """
    build, node = _simplified(root)
    for name in wrt:
        node = Derivation(build, name).run(node)
    return node


@lru_cache(maxsize=8)
def _simplified(root: Expr) -> tuple[Build, Expr]:
    """The simplified root, which a gradient needs once and not once a variable."""
    build = style(root)
    return build, rebuild(root, build)


def along_one(root: Expr, wrt: tuple[str, ...]) -> tuple[Expr, str, int]:
    """(root, name, order): a mixed partial, as the derivative along one name of an expression."""
    if not wrt:
        return root, "", 0
    runs = sorted(((len(list(group)), name) for name, group in groupby(sorted(wrt))), reverse=True)
    order, name = runs[0]
    others = tuple(other for other in wrt if other != name)
    return (derivative(root, others) if others else root), name, order


class Derivation:
    """One derivative by one variable: a pass over the graph, children first."""

    def __init__(self, build: Build, name: str) -> None:
        self.build = build
        self.name = name
        self.tangents: dict[int, Expr] = {}

    def run(self, root: Expr) -> Expr:
        """The derivative of a simplified root."""
        nodes = walk(root)
        if len(nodes) > MAX_NODES:
            raise LimitError(
                f"the derivative has grown beyond {MAX_NODES:,} parts", help="ask for its value at a point with --at"
            )
        tangents = self.tangents
        for node in nodes:
            tangents[node.id] = self._tangent(node)
        return tangents[root.id]

    def _tangent(self, node: Expr) -> Expr:
        op = node.op
        if op is table.NUMBER:
            return ZERO
        if op is table.SYMBOL:
            return ONE if node.args[0] == self.name else ZERO
        if all(self.tangents[arg.id] is ZERO for arg in node.args):
            return ZERO
        if op is table.ADD:
            return self.build.add([self.tangents[arg.id] for arg in node.args])
        if op is table.MUL:
            return self._product(node)
        if op is table.POW:
            return self._power(node)
        return self._call(node)

    def _product(self, node: Expr) -> Expr:
        build, tangents = self.build, self.tangents
        moving = [arg for arg in node.args if tangents[arg.id] is not ZERO]
        if len(moving) > _WIDE:
            still = [arg for arg in node.args if tangents[arg.id] is ZERO]
            return build.mul([*still, self._chain(moving)])
        terms = []
        for place, arg in enumerate(node.args):
            if tangents[arg.id] is not ZERO:
                terms.append(build.mul([*node.args[:place], tangents[arg.id], *node.args[place + 1 :]]))
        return build.add(terms)

    def _chain(self, factors: list[Expr]) -> Expr:
        """The derivative of a long product by its partial products: linear, where the
        product rule on all factors at once would be quadratic."""
        build, tangents = self.build, self.tangents
        product = factors[0]
        tangent = tangents[product.id]
        for factor in factors[1:]:
            left = build.mul((tangent, factor))
            right = build.mul((product, tangents[factor.id]))
            tangent = build.add((left, right))
            product = make(table.MUL, product, factor)
        return tangent

    def _power(self, node: Expr) -> Expr:
        build = self.build
        base, exponent = node.args
        dbase, dexponent = self.tangents[base.id], self.tangents[exponent.id]
        terms = []
        if dbase is not ZERO:
            terms.append(build.mul((exponent, *self._lowered(node, dbase))))
        if dexponent is not ZERO:
            terms.append(build.mul((build.apply(table.LOG, (base,)), node, dexponent)))
        return build.add(terms)

    def _lowered(self, node: Expr, dbase: Expr) -> tuple[Expr, ...]:
        """u**(n-1)*du; as u**n*(du/u), where factors cancel, for roots of products, which have
        no derivative where u is 0 anyway."""
        build = self.build
        base, exponent = node.args
        value = exact(exponent)
        if base.op is table.MUL and value is not None and value < 1:
            return node, build.mul((dbase, build.power(base, MINUS_ONE)))
        return build.power(base, build.add((exponent, MINUS_ONE))), dbase

    def _call(self, node: Expr) -> Expr:
        op, build = node.op, self.build
        if op in table.CONDITIONS:
            return ZERO
        if op.body:
            return self._inner(rules.body(node, build.apply))
        if op.fold and len(node.args) > 2:
            return self._inner(rules.pairs(node))
        if op.tangent:
            return rules.tangent(node, [self.tangents[arg.id] for arg in node.args], build.apply)
        terms = []
        for place, arg in enumerate(node.args):
            if self.tangents[arg.id] is not ZERO:
                partial = rules.partial(node, place, build.apply)
                if partial is None:
                    raise _no_closed_form(node, place)
                terms.append(build.mul((partial, self.tangents[arg.id])))
        return build.add(terms)

    def _inner(self, node: Expr) -> Expr:
        """The tangent of what a body stands for; its arguments are known already."""
        for part in walk(node):
            if part.id not in self.tangents:
                self.tangents[part.id] = self._tangent(part)
        return self.tangents[node.id]


def _no_closed_form(node: Expr, place: int) -> Unsupported:
    name = node.op.args[min(place, len(node.op.args) - 1)]
    return Unsupported(
        f"{node.op.name}: the derivative by its argument {name} has no closed form",
        help="ask for its value at a point with --at",
    )
