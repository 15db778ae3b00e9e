"""The chain rule along the deepest path, and whether the gradient survives it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.analysis.trace.flow import Flow, Value
from dcalc.expr import Expr, is_leaf, make, number
from dcalc.figures import short
from dcalc.finding import Column, Sheet
from dcalc.functions import SYMBOL
from dcalc.numbers.real import evaluate

VANISHING = 1e-6
EXPLODING = 1e6
"""A product of local derivatives below or above these vanishes or explodes: single precision has
no more than seven digits to hold it beside 1."""
_SHORTEST = 3
"""Links that make a chain."""


class Link(NamedTuple):
    """A step from a node to its argument: the local derivative, and the product of all so far."""

    row: int
    to: int
    partial: float
    product: float


@dataclass(frozen=True, slots=True)
class Chain:
    """The links from the root to a variable; ``layers`` are those that count, by their index."""

    links: tuple[Link, ...]
    layers: tuple[int, ...]
    name: str

    @property
    def verdict(self) -> str:
        """vanishing, exploding or ok."""
        if len(self.layers) < _SHORTEST:
            return "ok"
        end = abs(self.links[-1].product)
        return "vanishing" if end < VANISHING else "exploding" if end > EXPLODING else "ok"

    @property
    def is_shown(self) -> bool:
        """Whether there is a product of more than a few factors to see."""
        return len(self.layers) >= _SHORTEST

    def layer(self) -> int:
        """The layer, counted from the output, from which on the product stays beyond the bound."""
        small = self.verdict == "vanishing"
        found = len(self.layers)
        for count in range(len(self.layers), 0, -1):
            end = self.layers[count] if count < len(self.layers) else len(self.links)
            size = abs(self.links[end - 1].product)
            if (size >= VANISHING) if small else (size <= EXPLODING):
                break
            found = count
        return found

    def sentence(self, names: Callable[[int], str]) -> str:
        """The verdict in words; empty where all is well."""
        if self.verdict == "ok":
            return ""
        layer = self.layer()
        row = self.links[self.layers[layer - 1]].row
        bound, side = (VANISHING, "below") if self.verdict == "vanishing" else (EXPLODING, "above")
        return (
            f"{self.verdict} gradient: {short(self.links[-1].product)} at {self.name}, {side} {bound:.0e} "
            f"from layer {layer} of {len(self.layers)} on, {names(row)}"
        )

    def records(self) -> list[dict[str, Any]]:
        """For JSON."""
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


def find_chain(made: Flow) -> Chain | None:
    """The deepest path from the root to a variable, of several that on which most flows; None where
    nothing flows.

    Layers are its functions, or all its steps where operators alone are on the way. Linear.
    """
    tape = made.tape
    depths = _depths(made)
    row, product, links = tape.place(made.root), 1.0, []
    while not is_leaf(tape.nodes[row]):
        args = tape.rows[row][1]
        flowing = [index for index, part in enumerate(made.passed[row]) if part is not None]
        best = max(flowing, key=lambda index: (depths[args[index]], abs(made.passed[row][index] or 0.0)), default=None)
        partial = None if best is None else made.partials[row][best]
        if best is None or partial is None:
            return None
        product *= partial
        links.append(Link(row, args[best], float(partial), product))
        row = args[best]
    if tape.nodes[row].op is not SYMBOL or not links:
        return None
    functions = [index for index, link in enumerate(links) if _is_function(made, link.row)]
    return Chain(tuple(links), tuple(functions or range(len(links))), tape.nodes[row].args[0])


def _is_function(made: Flow, row: int) -> bool:
    return made.tape.nodes[row].op.name.isidentifier()


def _depths(made: Flow) -> list[tuple[int, int]]:
    """(functions, steps) on the deepest way from each row to a variable to which something flows."""
    depths: list[tuple[int, int]] = []
    for row, (_, args) in enumerate(made.tape.rows):
        below = [depths[arg] for arg, part in zip(args, made.passed[row], strict=False) if part is not None]
        functions, steps = max(below, default=(0, 0))
        depths.append((functions + _is_function(made, row), steps + 1) if below else (0, 0))
    return depths


# --- What is unhealthy at a node: overflow, underflow, saturation.

_FLAT = 1e-3
"""A local derivative below this, at an argument beyond 1 and around it: the function is flat there."""
_AROUND = (0.9, 1.1)
_OPERATORS = frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW)) | table.CONDITIONS


def find_marks(made: Flow) -> dict[int, str]:
    """By row: overflow (beyond a double), underflow (not 0, but below the normal doubles), or
    saturated (a function that hardly moves with its argument)."""
    return dict(_iterate_marks(made))


def _iterate_marks(made: Flow) -> Iterator[tuple[int, str]]:
    for row, node in enumerate(made.tape.nodes):
        value = made.values[row]
        if value is not None and math.isinf(value):
            yield row, "overflow"
        elif row in made.tiny:
            yield row, "underflow"
        elif _is_saturated(made, row, node):
            yield row, "saturated"


def _is_saturated(made: Flow, row: int, node: Expr) -> bool:
    if is_leaf(node) or node.op in _OPERATORS or len(node.args) != 1 or node.op.tangent:
        return False
    partial, inside = made.partials[row][0], made.values[made.tape.rows[row][1][0]]
    if partial is None or inside is None or not _is_flat(partial) or not 1 < abs(inside) < math.inf:
        return False
    # Flat at a point alone is no saturation: sin is, at pi/2.
    return all(_is_flat(_partial_at(node, inside * factor)) for factor in _AROUND)


def _is_flat(partial: Value) -> bool:
    return partial is not None and abs(partial) < _FLAT


def _partial_at(node: Expr, inside: float) -> float:
    """The local derivative of a function at another argument, in doubles."""
    partial = rules.partial(make(node.op, number(Fraction(inside))), 0)
    return math.nan if partial is None else evaluate(partial)
