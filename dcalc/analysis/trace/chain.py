"""The chain rule along the path on which most flows, and whether the gradient survives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dcalc.algebra.flow import Flow
from dcalc.expr import is_leaf
from dcalc.finding import Column, Sheet
from dcalc.formats.record.numbers import short

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


def chain(made: Flow) -> Chain | None:
    """The path from the root on which most flows back; None where nothing flows.

    Layers are its functions, or all its steps where operators alone are on the way.
    """
    tape = made.tape
    row, product, links = tape.place(tape.nodes[-1]), 1.0, []
    while not is_leaf(tape.nodes[row]):
        best = max(range(len(made.passed[row])), key=lambda index: abs(made.passed[row][index] or 0.0), default=None)
        partial = None if best is None else made.partials[row][best]
        if best is None or partial is None or made.passed[row][best] is None:
            return None
        to = tape.rows[row][1][best]
        product *= partial
        links.append(Link(row, to, float(partial), product))
        row = to
    if tape.nodes[row].op.name != "symbol" or not links:
        return None
    functions = [index for index, link in enumerate(links) if tape.nodes[link.row].op.name.isidentifier()]
    return Chain(tuple(links), tuple(functions or range(len(links))), tape.nodes[row].args[0])
