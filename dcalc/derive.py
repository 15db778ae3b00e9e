"""Derivatives as expressions: the table's partials and the chain rule on the shared graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import groupby

import dcalc.rules as rules  # `from dcalc` would load the public names to look among them
from dcalc import functions as table
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, UNDEFINED, ZERO, Expr, exact, is_leaf, make, variables, walk
from dcalc.simplify import Build, rebuild, style

MAX_NODES = 500_000
"""Expressions with more nodes are not differentiated again: nobody could use the answer."""
MAX_PARTS = 2_000_000
"""Most factors and terms of a gradient: each partial of a product of n variables has n factors."""
MOST_GROWN = 20_000
"""The most nodes of all derivatives up to the asked order that are taken again, beside ten times those that f has
for each order: exp(exp(x)) has twice as many at each order, and half of the time is spent on the last."""
_WIDE = 12
"""Products with more factors that depend on the variable are differentiated two factors at a time."""


def derivative(root: Expr, wrt: tuple[str, ...], most: int = MOST_GROWN) -> Expr:
    """The derivative of ``root``, once by each name, simplified.

    Raises Unsupported where a partial has no closed form, LimitError where the result
    grows beyond `MAX_NODES`, or those of all orders together beyond what is done in seconds: ``most`` nodes beside
    some for each order. Linear in the nodes for each order.
    """
    build, node = _simplify_root(root)
    left = 0
    for order, name in enumerate(wrt):
        if order:
            nodes = sum(1 for _ in walk(node))
            left -= nodes
            if left < 0:
                raise LimitError(
                    f"the derivative of order {len(wrt)} would be too long: that of order {order} has {nodes:,} nodes",
                    help="ask for its value at a point with --at",
                )
        elif len(wrt) > 1:
            left = most + 10 * len(wrt) * sum(1 for _ in walk(node))
        node = _join_sides(Derivation(build, name).run(_on_intervals(node, name, build)), name, build)
    return node


def gradient(root: Expr, names: Iterable[str]) -> list[Expr]:
    """The `derivative` of ``root`` by each name.

    Raises as that does, and LimitError where all of them together would grow beyond `MAX_PARTS`.
    Cost: for each variable what depends on it, so that a sum of many small terms takes linear time.
    """
    build, simple = _simplify_root(root)
    users = Users(simple)
    wanted = list(names)
    parts = 0
    for name in wanted:
        parts += users.parts(name)
        if parts > MAX_PARTS:
            raise LimitError(
                f"the gradient would have more than {MAX_PARTS:,} parts", help="ask for its value at a point with --at"
            )
    partials = []
    for name in wanted:
        same = _on_intervals(simple, name, build)
        derivation = Derivation(build, name, users, users.above(name)) if same is simple else Derivation(build, name)
        partials.append(_join_sides(derivation.run(same), name, build))
    return partials


@lru_cache(maxsize=64)
def on_lines(root: Expr, names: tuple[str, ...]) -> Expr:
    """The expression with the branches that `where` has on lines along each name, not at single points of them.

    It has the derivative of ``root`` by these names wherever it has a value and ``root`` has that derivative: what
    differentiates by evaluating branches asks this one. It is the same node where nothing changes.
    """
    build = style(root)
    for name in names:
        root = _on_intervals(root, name, build)
    return root


@lru_cache(maxsize=8)
def _simplify_root(root: Expr) -> tuple[Build, Expr]:
    """The simplified root, which a gradient needs once rather than for each variable."""
    build = style(root)
    return build, rebuild(root, build)


def along_one(root: Expr, wrt: tuple[str, ...]) -> tuple[Expr, str, int]:
    """(root, name, order): a mixed partial, as the derivative along one name of an expression."""
    if not wrt:
        return root, "", 0
    if wrt.count(wrt[0]) == len(wrt):  # by far the most
        return root, wrt[0], len(wrt)
    runs = sorted(((len(list(group)), name) for name, group in groupby(sorted(wrt))), reverse=True)
    for order, name in runs[:-1]:
        with suppress(Unsupported):  # where the others have no closed form, try the next name
            return _by_others(root, wrt, name), name, order
    order, name = runs[-1]
    return _by_others(root, wrt, name), name, order


def _by_others(root: Expr, wrt: tuple[str, ...], name: str) -> Expr:
    others = tuple(other for other in wrt if other != name)
    return derivative(root, others) if others else root


class Users:
    """The nodes of a graph with those that use them as arguments: what depends on a variable."""

    def __init__(self, root: Expr) -> None:
        nodes = _limited_walk(root)
        self.nodes = {node.id: node for node in nodes}
        self.symbols = {node.args[0]: node.id for node in nodes if node.op is table.SYMBOL}
        self._by: dict[int, list[tuple[int, int]]] = {}
        for node in nodes:
            if not is_leaf(node):
                for place, arg in enumerate(node.args):
                    self._by.setdefault(arg.id, []).append((node.id, place))

    def above(self, name: str) -> dict[int, list[int]]:
        """The nodes that depend on a variable, by id and in order of evaluation, with the places of
        those arguments through which they do."""
        start = self.symbols.get(name)
        if start is None:
            return {}
        places: dict[int, list[int]] = {start: []}
        stack = [start]
        while stack:
            for user, place in self._by.get(stack.pop(), ()):
                if user not in places:
                    places[user] = []
                    stack.append(user)
                places[user].append(place)
        return {key: sorted(places[key]) for key in sorted(places)}

    def parts(self, name: str) -> int:
        """The least number of parts in the derivative by a variable: a product keeps all its factors."""
        nodes = (self.nodes[key] for key in self.above(name))
        return sum(len(node.args) if node.op is table.MUL else 1 for node in nodes)


class Derivation:
    """One derivative by one variable: a pass over the graph, children first.

    With ``users`` it visits only the nodes that depend on the variable; ``above`` holds them.
    """

    def __init__(
        self, build: Build, name: str, users: Users | None = None, above: Mapping[int, list[int]] | None = None
    ) -> None:
        self.build = build
        self.name = name
        self.users = users
        self.above = above or {}
        self.tangents: dict[int, Expr] = {}
        self.has_choices = False

    def run(self, root: Expr) -> Expr:
        """The derivative of a simplified root."""
        users, tangents = self.users, self.tangents
        nodes = _limited_walk(root) if users is None else [users.nodes[key] for key in self.above]
        self.has_choices = any(map(rules.is_choice, nodes))
        for node in nodes:
            tangents[node.id] = self._tangent(node)
        return tangents.get(root.id, ZERO)

    def _moving(self, node: Expr) -> list[int]:
        """The places of the arguments that have a tangent."""
        tangents = self.tangents
        places = self.above.get(node.id)
        if places is None:
            return [place for place, arg in enumerate(node.args) if tangents.get(arg.id, ZERO) is not ZERO]
        return [place for place in places if tangents[node.args[place].id] is not ZERO]

    def _tangent(self, node: Expr) -> Expr:
        op = node.op
        if op is table.NUMBER:
            return ZERO
        if op is table.SYMBOL:
            return ONE if node.args[0] == self.name else ZERO
        places = self._moving(node)
        if not places and not self._has_gap(node):
            return ZERO
        if op is table.ADD:
            return self.build.add([self.tangents[node.args[place].id] for place in places])
        if op is table.MUL:
            return self._product(node, places)
        if self.has_choices and (pieces := self._cut(node, places)) is not None:
            return pieces
        if op is table.POW:
            return self._power(node)
        return self._call(node, places)

    def _has_gap(self, node: Expr) -> bool:
        """True for a choice that has no value for some values of the variable: its derivative has none there either."""
        return node.op is table.WHERE and UNDEFINED in node.args and self.name in variables(node.args[0])

    def _cut(self, node: Expr, places: list[int]) -> Expr | None:
        """The tangent cell by cell, where an inner function has flat parts at an edge of the outer one."""
        from dcalc.flat import cut, has_edges  # most expressions have no choices

        if not has_edges(node):
            return None
        tangents = [self.tangents[node.args[place].id] for place in places]
        return cut(node, tangents, self.name, self.build, lambda root: Derivation(self.build, self.name).run(root))

    def _product(self, node: Expr, places: list[int]) -> Expr:
        build, args = self.build, node.args
        if len(places) > _WIDE:
            moving = set(places)
            still = [arg for place, arg in enumerate(args) if place not in moving]
            return build.mul([*still, self._chain([args[place] for place in places])])
        return build.add(
            [build.mul([*args[:place], self.tangents[args[place].id], *args[place + 1 :]]) for place in places]
        )

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
        dbase, dexponent = self.tangents.get(base.id, ZERO), self.tangents.get(exponent.id, ZERO)
        terms = []
        if dbase is not ZERO:
            terms.append(build.mul((exponent, *self._lower_power(node, dbase))))
        if dexponent is not ZERO and base is not ZERO:  # 0**v is 0 wherever it varies, and log(0) has no value
            terms.append(build.mul((build.apply(table.LOG, (base,)), node, dexponent)))
        return build.add(terms)

    def _lower_power(self, node: Expr, dbase: Expr) -> tuple[Expr, ...]:
        """u**(n-1)*du. For roots of products, which have no derivative at u = 0 anyway, it is written
        u**n*(du/u), where factors cancel."""
        build = self.build
        base, exponent = node.args
        value = exact(exponent)
        if base.op is table.MUL and value is not None and value < 1:
            return node, build.mul((dbase, build.power(base, MINUS_ONE)))
        return build.power(base, build.add((exponent, MINUS_ONE))), dbase

    def _call(self, node: Expr, places: list[int]) -> Expr:
        op, build = node.op, self.build
        if op in table.CONDITIONS:
            return ZERO
        if op.body:
            return self._inner(rules.body(node, build.apply))
        if op.fold and len(node.args) > 2:
            return self._inner(rules.pairs(node))
        if op is table.WHERE:
            return self._choose(node)
        if op.tangent:
            return rules.tangent(node, [self.tangents.get(arg.id, ZERO) for arg in node.args], build.apply)
        terms = []
        for place in places:
            partial = rules.partial(node, place, build.apply)
            if partial is None:
                raise _no_closed_form(node, place)
            terms.append(build.mul((partial, self.tangents[node.args[place].id])))
        return build.add(terms)

    def _choose(self, node: Expr) -> Expr:
        """The tangent of `where`: that of the branch which is taken around the point; 0/0 where that has no value."""
        from dcalc.interior import interior  # as above

        condition = interior(node.args[0], self.name, self.build, _slope)
        first, second = (arg if arg is UNDEFINED else self.tangents.get(arg.id, ZERO) for arg in node.args[1:])
        if isinstance(condition, bool):
            return first if condition else second
        return self.build.apply(table.WHERE, (condition, first, second))

    def _inner(self, node: Expr) -> Expr:
        """The tangent of what a body stands for, given those of its arguments."""
        for part in self._new_nodes(node):
            self.tangents[part.id] = self._tangent(part)
        return self.tangents.get(node.id, ZERO)

    def _new_nodes(self, node: Expr) -> list[Expr]:
        """The nodes of a body that have no tangent yet, in order of evaluation."""
        new: dict[int, Expr] = {}
        stack = [node]
        while stack:
            part = stack.pop()
            if part.id not in new and part.id not in self.tangents and not self._is_still(part):
                new[part.id] = part
                if not is_leaf(part):
                    stack += part.args
        return [new[key] for key in sorted(new)]

    def _is_still(self, node: Expr) -> bool:
        """Whether a node is known not to depend on the variable."""
        return self.users is not None and node.id in self.users.nodes and node.id not in self.above


def _on_intervals(root: Expr, name: str, build: Build) -> Expr:
    """The expression with conditions as they hold on intervals along the name; the same node where all do."""
    if not any(node.op is table.WHERE for node in walk(root)):
        return root
    from dcalc.interior import on_intervals  # most expressions have no conditions

    return on_intervals(root, name, build, _slope)


def _join_sides(text: Expr, name: str, build: Build) -> Expr:
    """The derivative with what it has on both sides of points at which several choices change."""
    if not any(map(rules.is_choice, walk(text))):
        return text
    from dcalc.joints import join_sides  # most derivatives have no choices

    return join_sides(text, name, build, _slope)


def holds_at_ties(root: Expr, wrt: tuple[str, ...]) -> bool:
    """Whether the text of a derivative is proved to hold where several of its choices change, too.

    Cost: that of the text, once more for each order but the first.
    """
    if not any(rules.is_choice(node) or node.op.kinks for node in walk(root)):
        return True
    from dcalc.ties import is_proved  # as above

    build, _ = _simplify_root(root)
    texts = (derivative(root, wrt[: order + 1]) for order in range(len(wrt)))
    return all(is_proved(text, name, build, first=not k) for k, (text, name) in enumerate(zip(texts, wrt, strict=True)))


def _slope(root: Expr, name: str) -> Expr | None:
    """The derivative by one name; None where it has no closed form."""
    try:
        return derivative(root, (name,))
    except (Unsupported, LimitError):
        return None


def _limited_walk(root: Expr) -> tuple[Expr, ...]:
    """All nodes of an expression; raises LimitError where there are too many to differentiate."""
    nodes = walk(root)
    if len(nodes) > MAX_NODES:
        raise LimitError(
            f"the derivative has grown beyond {MAX_NODES:,} parts", help="ask for its value at a point with --at"
        )
    return nodes


def _no_closed_form(node: Expr, place: int) -> Unsupported:
    name = node.op.args[min(place, len(node.op.args) - 1)]
    return Unsupported(
        f"{node.op.name}: the derivative by its argument {name} has no closed form",
        help="ask for its value at a point with --at",
    )
