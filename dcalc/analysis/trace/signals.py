"""Signals of trouble: gradients that vanish or explode along the deepest path, and unhealthy nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from sys import float_info
from typing import Any, Literal, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.analysis.trace.flow import Flow, Value
from dcalc.expr import Expr, is_leaf, make, number
from dcalc.finding import Column, Sheet
from dcalc.functions import SYMBOL
from dcalc.numbers.real import evaluate
from dcalc.numbers.rounding import format_error

VANISHING = 1e-6
EXPLODING = 1e6
"""A product of local derivatives below or above these vanishes or explodes: beside 1, single precision has six to
seven digits for it."""
_SHORTEST = 3
"""Layers from which on a chain is judged."""

GradientVerdict = Literal["ok", "vanishing", "exploding"]


class Link(NamedTuple):
    """A step from a node to an argument: the local derivative, and the product of all so far."""

    row: int
    to: int
    partial: float
    product: float


@dataclass(frozen=True, slots=True)
class Chain:
    """The links from the root to a variable ``name``; ``layers`` holds the indices of those that are layers."""

    links: tuple[Link, ...]
    layers: tuple[int, ...]
    name: str

    @property
    def verdict(self) -> GradientVerdict:
        """What becomes of the gradient along the chain."""
        if len(self.layers) < _SHORTEST:
            return "ok"
        end = abs(self.links[-1].product)
        return "vanishing" if end < VANISHING else "exploding" if end > EXPLODING else "ok"

    @property
    def is_shown(self) -> bool:
        """Whether the chain is long enough to be worth a table."""
        return len(self.layers) >= _SHORTEST

    def layer(self) -> int:
        """The layer, counted from the output, after which the product stays beyond the bound."""
        small = self.verdict == "vanishing"
        layer = len(self.layers)
        for count in range(len(self.layers), 0, -1):
            end = self.layers[count] if count < len(self.layers) else len(self.links)
            size = abs(self.links[end - 1].product)
            if (size >= VANISHING) if small else (size <= EXPLODING):
                break
            layer = count
        return layer

    def sentence(self, names: Callable[[int], str]) -> str:
        """The verdict in words; empty where the gradient survives."""
        if self.verdict == "ok":
            return ""
        layer = self.layer()
        row = self.links[self.layers[layer - 1]].row
        bound, side = (VANISHING, "below") if self.verdict == "vanishing" else (EXPLODING, "above")
        return (
            f"{self.verdict} gradient: {format_error(self.links[-1].product)} at {self.name}, {side} {bound:.0e} "
            f"from layer {layer} of {len(self.layers)} on, {names(row)}"
        )

    def records(self) -> list[dict[str, object]]:
        """The keys of JSON."""
        return [
            {"id": link.row, "to": link.to, "partial": link.partial, "product": link.product} for link in self.links
        ]

    def sheet(self, names: Callable[[int], str]) -> Sheet:
        """The running product as a table."""
        layers = {link: count for count, link in enumerate(self.layers, 1)}
        rows: list[Mapping[Any, Any]] = []
        for index, link in enumerate(self.links):
            beyond = not VANISHING <= abs(link.product) <= EXPLODING
            rows.append({
                "layer": str(layers.get(index, "")), "node": names(link.row), "partial": link.partial,
                "product": link.product, "mood": "warn" if beyond and self.verdict != "ok" else "",
            })  # fmt: skip
        columns = (
            Column("layer", "layer", "number", right=True),
            Column("node", "node", "code"),
            Column("partial", "local derivative", "error", right=True),
            Column("product", "product so far", "error", right=True),
        )
        return Sheet(columns, rows, f"Chain rule from the output to {self.name}")


def find_chain(flow: Flow) -> Chain | None:
    """The deepest path from the root to a variable; of equally deep ones that along which most flows.

    None where nothing flows. Its layers are the functions on it, or all its steps where there are only
    operators. Cost: linear.
    """
    tape = flow.tape
    depths = _depths(flow)
    row, product, links = tape.place(flow.root), 1.0, []
    while not is_leaf(tape.nodes[row]):
        args = tape.rows[row][1]
        flowing = [index for index, part in enumerate(flow.passed[row]) if part is not None]
        best = max(flowing, key=lambda index: (depths[args[index]], abs(flow.passed[row][index] or 0.0)), default=None)
        partial = None if best is None else flow.partials[row][best]
        if best is None or partial is None:
            return None
        product *= partial
        links.append(Link(row, args[best], float(partial), product))
        row = args[best]
    if tape.nodes[row].op is not SYMBOL or not links:
        return None
    functions = [index for index, link in enumerate(links) if _is_function(flow, link.row)]
    return Chain(tuple(links), tuple(functions or range(len(links))), tape.nodes[row].args[0])


def _is_function(flow: Flow, row: int) -> bool:
    return flow.tape.nodes[row].op.name.isidentifier()


def _depths(flow: Flow) -> list[tuple[int, int]]:
    """(functions, steps) on the deepest path from each row to a variable to which something flows."""
    depths: list[tuple[int, int]] = []
    for row, (_, args) in enumerate(flow.tape.rows):
        below = [depths[arg] for arg, part in zip(args, flow.passed[row], strict=False) if part is not None]
        functions, steps = max(below, default=(0, 0))
        depths.append((functions + _is_function(flow, row), steps + 1) if below else (0, 0))
    return depths


# --- unhealthy nodes ----------------------------------------------------------------------

_FLAT = 1e-3
"""A function is flat where its local derivative is below this, at an argument beyond 1 and around it."""
_AROUND = (0.9, 1.1)
"""Factors of the argument at which it must be flat, too: sin at pi/2 is flat at the point alone."""
_OPERATORS = frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW)) | table.CONDITIONS

NodeMark = Literal["overflow", "underflow", "saturated"]


def find_marks(flow: Flow) -> dict[int, NodeMark]:
    """The rows that overflow, underflow (below the normal doubles, but not 0) or are saturated (nearly flat)."""
    return dict(_iterate_marks(flow))


def _iterate_marks(flow: Flow) -> Iterator[tuple[int, NodeMark]]:
    for row, node in enumerate(flow.tape.nodes):
        value = flow.values[row]
        if value is not None and math.isinf(value):
            yield row, "overflow"
        elif row in flow.tiny:
            yield row, "underflow"
        elif _is_saturated(flow, row, node):
            yield row, "saturated"


def _is_saturated(flow: Flow, row: int, node: Expr) -> bool:
    if is_leaf(node) or node.op in _OPERATORS or len(node.args) != 1 or node.op.tangent:
        return False
    partial, inside = flow.partials[row][0], flow.values[flow.tape.rows[row][1][0]]
    if partial is None or inside is None or not _is_flat(partial) or not 1 < abs(inside) < math.inf:
        return False
    return all(_is_flat(_partial_at(node, inside * factor)) for factor in _AROUND)


def _is_flat(partial: Value) -> bool:
    return partial is not None and abs(partial) < _FLAT


def _partial_at(node: Expr, inside: float) -> float:
    """The local derivative of a function at another argument, in doubles; at the largest of them beyond it."""
    near = math.copysign(min(abs(inside), float_info.max), inside)
    partial = rules.partial(make(node.op, number(Fraction(near))), 0)
    return math.nan if partial is None else evaluate(partial)
