"""One expression and its derivatives as a program over blocks, with the rows where it is to be believed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.bulk.bound import LIMIT, Arrays, Mask, Value
from dcalc.bulk.lowering import Lowering
from dcalc.bulk.operators import nonzero, parts, surely
from dcalc.bulk.program import Layout, Operand, Reg
from dcalc.derive import derivative
from dcalc.expr import Expr, exact, is_leaf
from dcalc.simplify import Build, rebuild, simplify, style
from dcalc.simplify.build import Rebuild
from dcalc.tape import in_order


class Formula:
    """What is computed: the targets simplified, and what must hold for them to be true.

    Raises Unsupported where a partial has no closed form, LimitError where one grows too large.
    """

    def __init__(self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str]) -> None:
        self.names = tuple(names)
        build: Build = style(root)
        self.targets = [derivative(root, wrt) if wrt else rebuild(root, build) for wrt in targets]
        conditions = guards(root)
        nodes = conditions.nodes()
        simple = Rebuild(build).run(*nodes) if nodes else []
        self.guards: Guards = conditions.replace({node.id: new for node, new in zip(nodes, simple, strict=True)})

    def fast_layout(self) -> Layout:
        """The values without bounds, and the mask of the rows in which all are finite."""
        lowering = Lowering(Arrays(len(self.names), bounded=False), self.names)
        lowering.run(self.targets, frozenset())
        program = lowering.arrays.program
        values = [lowering.values[node.id].v for node in self.targets]
        finite: Mask = True
        for value in values:
            finite = lowering.arrays.both(finite, program.op("isfinite", value))
        program.outputs = [*values, finite]
        return program.finish()

    def bounded_layout(self, tolerance: float, *, careful: bool) -> Layout:
        """The values, the mask of the rows in which f is proved to be smooth, and that of those in
        which then all values are within the relative tolerance; the tight program raises where the
        careful one is needed."""
        arrays = Arrays(len(self.names), bounded=True, careful=careful)
        lowering = Lowering(arrays, self.names)
        operands = _operands(self.guards.nodes())
        needed = [*self.targets, *_operands([item for item in self.guards.items if isinstance(item, Expr)])]
        needed += [choice.condition for choice in self.guards.choices]
        lowering.run([*self.targets, *operands, *needed], always([*self.targets, *needed]))
        values = [lowering.values[node.id] for node in self.targets]
        smooth = self._guard_mask(lowering)
        smooth = arrays.both(arrays.total, smooth)
        for value in values:
            smooth = arrays.both(smooth, arrays.merge(value.sure))
        slack = 1.0 + 4 * LIMIT * len(arrays.program.steps)
        narrow: Mask = True
        for value in values:
            narrow = arrays.both(narrow, _within(arrays, value, tolerance / slack))
        arrays.program.outputs = [*[value.v for value in values], smooth, narrow]
        return arrays.program.finish()

    def outside(self) -> Layout | None:
        """The mask of the rows around which f is proved to have no value; None where there is no
        such row."""
        arrays = Arrays(len(self.names), bounded=True, careful=True)
        lowering = Lowering(arrays, self.names)
        domains = [item for item in self.guards.items if isinstance(item, Expr) and item.op in table.CONDITIONS]
        lowering.run(_operands(domains), frozenset())
        arrays.strict = False  # a part without a value says nothing of the others
        mask: Mask = False
        for domain in domains:
            mask = arrays.either(mask, surely(arrays, domain, lowering.values, holds=False))
        arrays.program.outputs = [arrays.both(arrays.total, mask)]
        return arrays.program.finish() if isinstance(mask, Reg) else None

    def _guard_mask(self, lowering: Lowering) -> Mask:
        """Where f is smooth, from its guards."""
        arrays = lowering.arrays
        masks: list[Mask] = []

        def hold(items: Sequence[Item]) -> Mask:
            mask: Mask = True
            for item in items:
                mask = arrays.both(mask, _holds(lowering, item) if isinstance(item, Expr) else masks[item])
            return mask

        for choice in self.guards.choices:
            first, second = hold(choice.first), hold(choice.second)
            masks.append(lowering.choose(choice.condition, first, second))
        return hold(self.guards.items)


def _holds(lowering: Lowering, node: Expr) -> Mask:
    if node.op in table.CONDITIONS:
        return surely(lowering.arrays, node, lowering.values)
    return nonzero(lowering.arrays, lowering.values[node.id])


def _operands(nodes: Sequence[Expr]) -> list[Expr]:
    """What conditions compare, and expressions as they are."""
    operands: dict[Expr, None] = {}
    for node in nodes:
        if node.op not in table.CONDITIONS:
            operands[node] = None
        for part in parts(node):
            operands.update((arg, None) for arg in part.args if arg.op not in table.CONDITIONS)
    return list(operands)


def _within(arrays: Arrays, value: Value, tolerance: float) -> Mask:
    """Where the error is at most the tolerance times the size."""
    if not isinstance(value.v, Reg) and not isfinite(value.v):
        return False
    room_for_error = tolerance - value.rel
    if room_for_error < 0.0 or (value.abs == 0.0 and value.own == 0.0):
        return room_for_error >= 0.0
    room: Operand = room_for_error if value.own == 0.0 else arrays.program.op("subtract", room_for_error, value.own)
    return arrays.at_most(value.abs, arrays.times(room, arrays.size(value)))


# --- What must hold for a formula of the derivative to be the derivative: f defined and smooth there.

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

    def replace(self, by: Mapping[int, Expr]) -> Guards:
        """The same with other expressions in the places of these, by id."""

        def new(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple([by[item.id] if isinstance(item, Expr) else item for item in items])

        choices = [Choice(by[c.condition.id], new(c.first), new(c.second)) for c in self.choices]
        return Guards(new(self.items), choices)


def guards(root: Expr) -> Guards:
    """What must hold for the partials of the table to be true all over an expression. Linear."""
    return _Collector(root).result()


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

    def result(self) -> Guards:
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
        yield rules.fill(f"where({row.domain}, 1, 0)", row.args, names).args[0]
    for text in filter(None, (row.kinks, row.vertical)):
        yield rules.fill(text, row.args, names)
