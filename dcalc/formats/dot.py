"""Graphs for Graphviz: `dot -Tpdf`. A digraph a finding, operands above what they are used in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats.picture.graphs import MOODS, graphs
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.shapes import Edge, Graph, Node

SUFFIXES = ("dot", "gv")
_LOOKS = {mood: f', color="{frame}", fillcolor="{ground}"' for mood, (frame, ground) in MOODS.items()}


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The graph of each finding."""
    return ("".join(_lines(graph)) for graph in graphs(findings, style, "dot"))


def _lines(graph: Graph) -> Iterator[str]:
    yield "digraph dcalc {\n"
    yield '  node [shape=box, style="rounded,filled", fillcolor="#f4f6f7", fontname="sans-serif", fontsize=11];\n'
    yield '  edge [fontname="sans-serif", fontsize=9, color="#707b7c", fontcolor="#424949"];\n'
    yield from map(_node, graph.nodes)
    yield from map(_edge, graph.edges)
    yield "}\n"


def _node(node: Node) -> str:
    return f"  n{node.id} [label={_quoted(*node.lines)}{_LOOKS.get(node.mood, '')}];\n"


def _edge(edge: Edge) -> str:
    label = f" [label={_quoted(edge.text)}]" if edge.text else ""
    return f"  n{edge.start} -> n{edge.end}{label};\n"


def _quoted(*lines: str) -> str:
    """Lines as a string of the language, in which a backslash begins an escape."""
    texts = (escape_unprintable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(texts) + '"'
