"""Graphs for Mermaid, which many wikis and code hosts draw: a flowchart in the text of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats.picture.graphs import MOODS, graphs
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.shapes import Edge, Graph, Node

SUFFIXES = ("mmd", "mermaid")
_LOOKS = {mood: f"fill:{ground},stroke:{frame}" for mood, (frame, ground) in MOODS.items()}
_ENTITIES = str.maketrans({mark: f"#{ord(mark)};" for mark in "#\\`[]{}()|*_~^@%$&<>\"'"})
"""Characters with a meaning in Mermaid, in HTML, or in the Markdown of labels: by their number."""


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The graph of the one finding."""
    return ("".join(_lines(graph)) for graph in graphs(findings, style, "mermaid", single=True))


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart TD\n"
    yield from map(_node, graph.nodes)
    yield from map(_edge, graph.edges)
    for mood, look in _LOOKS.items():
        if marked := [f"n{node.id}" for node in graph.nodes if node.mood == mood]:
            yield f"    classDef {mood} {look}\n    class {','.join(marked)} {mood}\n"


def _node(node: Node) -> str:
    return f'    n{node.id}["{"<br/>".join(map(_text, node.lines))}"]\n'


def _edge(edge: Edge) -> str:
    label = f'|"{_text(edge.text)}"|' if edge.text else ""
    return f"    n{edge.start} -->{label} n{edge.end}\n"


def _text(line: str) -> str:
    """A line as Mermaid shows it."""
    return escape_unprintable(line).translate(_ENTITIES)
