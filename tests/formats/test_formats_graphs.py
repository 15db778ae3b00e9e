"""Graphs as dot, Mermaid and SVG: well-formed whatever stands in them, and drawn by real tools."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.errors import LimitError, UsageError
from dcalc.finding import Finding
from dcalc.formats import Style, load
from dcalc.formats.picture.graphs import GAP, arrange
from dcalc.problem import Result
from dcalc.shapes import Edge, Graph, Node
from tests.formats.conftest import chunks
from tests.formats.made_reports import HOSTILE, Report, expr

GRAPH = Graph(
    (Node(0, ("x", "value 1")), Node(1, ("2",)), Node(2, ("#2 = 2*x", "value 2"), "warn"), Node(3, (HOSTILE,), "bad")),
    (Edge(0, 2, "2"), Edge(1, 2), Edge(2, 3, HOSTILE), Edge(0, 3, "0.5"), Edge(0, 3, "0.25")),
)
GRAPHS = ("dot", "mermaid", "svg")


def shown(name: str, graph: Graph | None = GRAPH) -> str:
    return "".join(load(name).present([Finding("trace", expression=expr("2*x"), graph=graph)], Style("trace")))


@pytest.mark.parametrize("name", GRAPHS)
def test_every_box_and_arrow_is_there(name):
    text = shown(name)
    assert "\x1b" not in text and "\x00" not in text
    assert all(word in text for word in ("value 1", "value 2", "0.25"))
    arrows = {"dot": r" -> ", "mermaid": r" -->", "svg": r"fill=\"none\" stroke"}[name]
    assert len(re.findall(arrows, text)) == 5


@pytest.mark.parametrize("name", GRAPHS)
def test_without_a_graph_it_is_refused(name):
    with pytest.raises(UsageError):
        shown(name, None)
    with pytest.raises(UsageError):
        list(chunks(name, [Report("diff", answers=(Result(),))]))
    assert list(chunks(name, [])) == []


def test_mermaid_holds_one_graph():
    with pytest.raises(UsageError, match="mermaid holds one graph"):
        list(load("mermaid").present([Finding("trace", graph=GRAPH)] * 2, Style("trace")))
    assert len(list(load("dot").present([Finding("trace", graph=GRAPH)] * 2, Style("trace")))) == 2


def test_mermaid_escapes_what_it_would_act_on():
    text = shown("mermaid", Graph((Node(0, ('"]-->|<b>x**2**`',)),), ()))
    label = text[text.index('["') + 2 : text.rindex('"]')]
    assert not set('"[]<>*`|') & set(label)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20), st.integers(0, 30)), max_size=12))
def test_any_text_is_well_formed_svg_and_closed_dot(rows):
    nodes = tuple(Node(key, (first, second)) for key, (first, second, _) in enumerate(rows))
    edges = tuple(Edge(start % key, key, text) for key, (text, _, start) in enumerate(rows) if key)
    ElementTree.fromstring(shown("svg", Graph(nodes, edges)))
    for line in shown("dot", Graph(nodes, edges)).splitlines():
        assert len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
def test_graphviz_draws_it():
    drawn = subprocess.run(["dot", "-Tsvg"], input=shown("dot").encode(), capture_output=True, check=True)
    assert drawn.stderr == b""
    names = {"svg": "http://www.w3.org/2000/svg"}
    root = ElementTree.fromstring(drawn.stdout)
    assert len(root.findall(".//svg:g[@class='node']", names)) == 4
    assert len(root.findall(".//svg:g[@class='edge']", names)) == 5


@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="librsvg is not installed")
def test_a_renderer_draws_the_svg():
    drawn = subprocess.run(["rsvg-convert", "-f", "png"], input=shown("svg").encode(), capture_output=True, check=True)
    assert drawn.stdout.startswith(b"\x89PNG") and len(drawn.stdout) > 2_000


def test_more_boxes_than_anyone_can_read():
    with pytest.raises(LimitError, match="more than 2,000 boxes"):
        shown("svg", Graph(tuple(Node(key, ("x",)) for key in range(2_001)), ()))


# --- the layout -----------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]], dict[int, float]]:
    count = draw(st.integers(1, 25))
    edges = [(draw(st.integers(0, end - 1)), end) for end in range(1, count) for _ in range(draw(st.integers(0, 3)))]
    return list(range(count)), edges, {key: draw(st.floats(10, 200)) for key in range(count)}


@given(graphs())
def test_operands_stand_above_and_nothing_overlaps(graph):
    nodes, edges, widths = graph
    layout = arrange(nodes, edges, widths)
    level = {key: index for index, layer in enumerate(layout.layers) for key in layer}
    assert sorted(key[0] for key in level if key[1] < 0) == nodes
    assert all(level[start, -1] < level[end, -1] for start, end in edges)
    for route in layout.routes:
        assert [level[key] for key in route] == list(range(level[route[0]], level[route[-1]] + 1))
    for layer in layout.layers:
        for first, second in pairwise(layer):
            room = sum(widths[key[0]] if key[1] < 0 else 12.0 for key in (first, second)) / 2
            assert layout.middles[second] - layout.middles[first] >= room + GAP - 1e-6
    assert all(layout.middles[key] - widths[key[0]] / 2 >= -1e-6 for key in level if key[1] < 0)
    assert all(layout.middles[key] + widths[key[0]] / 2 <= layout.width + 1e-6 for key in level if key[1] < 0)


def test_crossings_are_undone():
    layout = arrange([0, 1, 2, 3], [(0, 3), (1, 2)], dict.fromkeys(range(4), 50.0))
    order = [[key[0] for key in layer] for layer in layout.layers]
    assert [(a, b) for a, b in zip(*order, strict=True)] in ([(0, 3), (1, 2)], [(1, 2), (0, 3)])


def test_a_chain_is_straight():
    layout = arrange([0, 1, 2], [(0, 1), (1, 2)], {0: 30.0, 1: 200.0, 2: 80.0})
    assert len(set(layout.middles.values())) == 1
