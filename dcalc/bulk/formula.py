"""One expression and its derivatives as a program over blocks, with the rows where it is to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from dcalc import functions as table
from dcalc.algebra.arrays.bound import LIMIT, Arrays, Mask, Value
from dcalc.algebra.arrays.certain import nonzero, parts, surely
from dcalc.algebra.arrays.lowering import Lowering
from dcalc.algebra.arrays.program import Layout, Operand, Reg
from dcalc.bulk.guards import Guards, Item, always, guards
from dcalc.derive import derivative
from dcalc.expr import Expr
from dcalc.simplify import Build, rebuild, style
from dcalc.simplify.rebuild import Rebuild


class Formula:
    """What is computed: the targets simplified, and what must hold for them to be true.

    Raises Unsupported where a partial has no closed form, LimitError where one grows too large.
    """

    def __init__(self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str]) -> None:
        self.names = tuple(names)
        build: Build = style(root)
        self.targets = [derivative(root, wrt) if wrt else rebuild(root, build) for wrt in targets]
        found = guards(root)
        nodes = found.nodes()
        simple = Rebuild(build).run(*nodes) if nodes else []
        self.guards: Guards = found.replaced({node.id: new for node, new in zip(nodes, simple, strict=True)})

    def fast(self) -> Layout:
        """The values without bounds, and the mask of the rows in which all are finite."""
        lowering = Lowering(Arrays(len(self.names), bounded=False), self.names)
        lowering.run(self.targets, frozenset())
        program = lowering.arrays.program
        values = [lowering.values[node.id].v for node in self.targets]
        finite: Mask = True
        for value in values:
            finite = lowering.arrays.both(finite, program.op("isfinite", value))
        program.outputs = [*values, finite]
        return program.finished()

    def bounded(self, tolerance: float, *, careful: bool) -> Layout:
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
        smooth = self._guarded(lowering)
        smooth = arrays.both(arrays.total, smooth)
        for value in values:
            smooth = arrays.both(smooth, arrays.merged(value.sure))
        slack = 1.0 + 4 * LIMIT * len(arrays.program.steps)
        narrow: Mask = True
        for value in values:
            narrow = arrays.both(narrow, _within(arrays, value, tolerance / slack))
        arrays.program.outputs = [*[value.v for value in values], smooth, narrow]
        return arrays.program.finished()

    def outside(self) -> Layout | None:
        """The mask of the rows around which f is proved to have no value; None where there is no
        such row."""
        arrays = Arrays(len(self.names), bounded=True, careful=True)
        lowering = Lowering(arrays, self.names)
        domains = [item for item in self.guards.items if isinstance(item, Expr) and item.op in table.CONDITIONS]
        lowering.run(_operands(domains), frozenset())
        arrays.strict = False  # a part without a value says nothing of the others
        found: Mask = False
        for domain in domains:
            found = arrays.either(found, surely(arrays, domain, lowering.values, holds=False))
        arrays.program.outputs = [arrays.both(arrays.total, found)]
        return arrays.program.finished() if isinstance(found, Reg) else None

    def _guarded(self, lowering: Lowering) -> Mask:
        """Where f is smooth, from its guards."""
        arrays = lowering.arrays
        found: list[Mask] = []

        def hold(items: Sequence[Item]) -> Mask:
            mask: Mask = True
            for item in items:
                mask = arrays.both(mask, _holds(lowering, item) if isinstance(item, Expr) else found[item])
            return mask

        for choice in self.guards.choices:
            first, second = hold(choice.first), hold(choice.second)
            found.append(lowering.chosen(choice.condition, first, second))
        return hold(self.guards.items)


def _holds(lowering: Lowering, node: Expr) -> Mask:
    if node.op in table.CONDITIONS:
        return surely(lowering.arrays, node, lowering.values)
    return nonzero(lowering.arrays, lowering.values[node.id])


def _operands(nodes: Sequence[Expr]) -> list[Expr]:
    """What conditions compare, and expressions as they are."""
    found: dict[Expr, None] = {}
    for node in nodes:
        if node.op not in table.CONDITIONS:
            found[node] = None
        for part in parts(node):
            found.update((arg, None) for arg in part.args if arg.op not in table.CONDITIONS)
    return list(found)


def _within(arrays: Arrays, value: Value, tolerance: float) -> Mask:
    """Where the error is at most the tolerance times the size."""
    if not isinstance(value.v, Reg) and not isfinite(value.v):
        return False
    left = tolerance - value.rel
    if left < 0.0 or (value.abs == 0.0 and value.own == 0.0):
        return left >= 0.0
    room: Operand = left if value.own == 0.0 else arrays.program.op("subtract", left, value.own)
    return arrays.at_most(value.abs, arrays.times(room, arrays.size(value)))
