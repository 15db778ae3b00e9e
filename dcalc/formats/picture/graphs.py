"""Graphs: which of a finding's is drawn, how its boxes are laid out in layers, and the drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from dcalc.errors import LimitError, UsageError
from dcalc.formats.picture.drawing import WIDTH, Drawing
from dcalc.text import escape_unprintable, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.shapes import Edge, Graph, Node


MOODS = {"bad": ("#c0392b", "#fdecea"), "warn": ("#b9770e", "#fef5e7"), "good": ("#1e8449", "#eafaf1")}
"""The frame and the ground of a box, by its mood."""


def graphs(findings: Iterable[Finding], style: Style, name: str, *, single: bool = False) -> Iterator[Graph]:
    """The graph of each finding that did not fail; a ``single`` one is held back until it is known to be alone.

    Raises UsageError where a finding has no graph, where the command can have none, and at a second graph
    where there may be but a single one.
    """
    held: Graph | None = None
    for finding in findings:
        if finding.failure is not None and style.heading is None:
            continue
        if finding.graph is None:
            fix = f"write dcalc trace ... --format {name}"
            raise UsageError(f"{name} draws graphs, and {finding.command} has none", help=fix)
        if not single:
            yield finding.graph
        elif held is not None:
            raise UsageError(f"{name} holds one graph", help="ask for one expression at one point")
        else:
            held = finding.graph
    if held is not None:
        yield held


# --- Boxes and arrows laid out in layers: each box below all that it is made of.

Key = tuple[int, int]
"""A box (its id, -1), or a bend (its edge, its layer)."""

_SWEEPS = 8
GAP = 24.0
"""Between neighbours of a layer."""
_BEND = 12.0
"""The room of a bend."""


class Layout(NamedTuple):
    """Layers from the top, boxes and bends in each from the left; and the middle of each."""

    layers: list[list[Key]]
    middles: dict[Key, float]
    routes: list[list[Key]]
    width: float


def arrange(nodes: Sequence[int], edges: Sequence[tuple[int, int]], widths: Mapping[int, float]) -> Layout:
    """Places for boxes of these widths; ``routes`` has the way of each edge, its ends included.

    Cost: linear in the boxes and in the layers that edges cross.
    """
    level = _levels(nodes, edges)
    layers: list[list[Key]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for node in nodes:
        layers[level[node]].append((node, -1))
    routes = []
    for index, (start, end) in enumerate(edges):
        bends = [(index, layer) for layer in range(level[start] + 1, level[end])]
        for bend in bends:
            layers[bend[1]].append(bend)
        routes.append([(start, -1), *bends, (end, -1)])
    above, below = _neighbours(routes)
    _uncross(layers, above, below)
    middles = _placed(layers, above, below, widths)
    shift = min((middles[key] - _width(key, widths) / 2 for key in middles), default=0.0)
    middles = {key: middle - shift for key, middle in middles.items()}
    width = max((middles[key] + _width(key, widths) / 2 for key in middles), default=0.0)
    return Layout(layers, middles, routes, width)


def _levels(nodes: Sequence[int], edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The layer of each box: one below the lowest of what it is made of.

    Boxes with nothing above them stand right above the first that uses them.
    """
    level = dict.fromkeys(nodes, 0)
    order = sorted(edges, key=lambda edge: edge[1])  # operands come before what they are used in
    for start, end in order:
        level[end] = max(level[end], level[start] + 1)
    fed = {end for _, end in edges}
    first: dict[int, int] = {}
    for start, end in edges:
        if start not in fed:
            first[start] = min(first.get(start, level[end]), level[end])
    return {node: first[node] - 1 if node in first else level[node] for node in nodes}


def _neighbours(routes: Sequence[Sequence[Key]]) -> tuple[dict[Key, list[Key]], dict[Key, list[Key]]]:
    above: dict[Key, list[Key]] = {}
    below: dict[Key, list[Key]] = {}
    for route in routes:
        for first, second in pairwise(route):
            below.setdefault(first, []).append(second)
            above.setdefault(second, []).append(first)
    return above, below


def _uncross(layers: list[list[Key]], above: Mapping[Key, list[Key]], below: Mapping[Key, list[Key]]) -> None:
    """Sort each layer by the mean place of its neighbours in the one before, down and up again."""
    place = {key: float(index) for layer in layers for index, key in enumerate(layer)}
    for sweep in range(_SWEEPS):
        ordered, near = (layers, above) if sweep % 2 == 0 else (layers[::-1], below)
        for layer in ordered:
            means = {key: _mean([place[other] for other in near.get(key, ())], place[key]) for key in layer}
            layer.sort(key=lambda key: means[key])
            place.update((key, float(index)) for index, key in enumerate(layer))


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _width(key: Key, widths: Mapping[int, float]) -> float:
    return widths[key[0]] if key[1] < 0 else _BEND


def _placed(
    layers: list[list[Key]], above: Mapping[Key, list[Key]], below: Mapping[Key, list[Key]], widths: Mapping[int, float]
) -> dict[Key, float]:
    """Middles: as near to the neighbours as those beside leave room."""
    middles: dict[Key, float] = {}
    for layer in layers:
        x = 0.0
        for key in layer:
            middles[key] = x + _width(key, widths) / 2
            x += _width(key, widths) + GAP
    for sweep in range(_SWEEPS):
        ordered, near = (layers, above) if sweep % 2 == 0 else (layers[::-1], below)
        for layer in ordered:
            wanted = [_mean([middles[other] for other in near.get(key, ())], middles[key]) for key in layer]
            middles.update(zip(layer, _spread(wanted, [_width(key, widths) for key in layer]), strict=True))
    return middles


def _spread(wanted: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Places nearest to those wanted (in the sum of squares) that keep the order and the gaps."""
    offsets = [0.0]
    for first, second in pairwise(widths):
        offsets.append(offsets[-1] + (first + second) / 2 + GAP)
    blocks: list[tuple[float, int]] = []  # mean and count: pooling adjacent violators
    for want, offset in zip(wanted, offsets, strict=True):
        mean, count = want - offset, 1
        while blocks and blocks[-1][0] >= mean:
            other, size = blocks.pop()
            mean = (mean * count + other * size) / (count + size)
            count += size
        blocks.append((mean, count))
    starts = [mean for mean, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


# --- A graph as a drawing: boxes in layers, arrows from operands to results.

MAX_BOXES = 2_000
_CHARACTER = 8.2
"""The width of a character at the document's size, with some room."""
_LINE = 17.0
_PADDING = 12.0
_BETWEEN = 46.0
"""From a layer to the next: an arrow with its number."""
_MARGIN = 20.0
_TOP = 40.0
_GREY = "#8b949e"
_SMALL = ' style="font-size:11px"'


def draw(graph: Graph, about: str = "") -> Drawing:
    """The graph; ``about`` is what it is of. Raises LimitError above `MAX_BOXES`, which nobody could read."""
    if len(graph.nodes) > MAX_BOXES:
        raise LimitError(f"the picture would have more than {MAX_BOXES:,} boxes", help="use --format json")
    return _Places(graph, shorten(escape_unprintable(about), 80)).drawing()


class _Places:
    """Where everything stands, in pixels."""

    def __init__(self, graph: Graph, about: str) -> None:
        self.graph = graph
        self.about = about
        self.lines = {node.id: [escape_unprintable(line) for line in node.lines] for node in graph.nodes}
        self.widths = {
            key: max(map(text_width, lines), default=1) * _CHARACTER + 2 * _PADDING for key, lines in self.lines.items()
        }
        edges = [(edge.start, edge.end) for edge in graph.edges]
        self.begun = Counter(edge.start for edge in graph.edges)
        self.layout: Layout = arrange([node.id for node in graph.nodes], edges, self.widths)
        self.levels = {key: index for index, layer in enumerate(self.layout.layers) for key in layer}
        self.width = max(self.layout.width + 2 * _MARGIN, WIDTH)
        self.left = (self.width - self.layout.width) / 2
        self.tops: list[float] = []
        self.heights: list[float] = []
        self.bottom = self._rows()

    def _rows(self) -> float:
        """Find the top and the height of each layer; returns where the picture ends."""
        y = _TOP
        for layer in self.layout.layers:
            self.heights.append(max((self._height(key[0]) for key in layer if key[1] < 0), default=0.0))
            self.tops.append(y)
            y += self.heights[-1] + _BETWEEN
        return y - _BETWEEN + _MARGIN

    def _height(self, box: int) -> float:
        return len(self.lines[box]) * _LINE + _PADDING

    def drawing(self) -> Drawing:
        """The elements, the numbers on the arrows last, so that nothing runs over them."""
        pairs = list(zip(self.graph.edges, self.layout.routes, strict=True))
        body = [
            f'<text x="{self.width / 2:.1f}" y="24" text-anchor="middle" class="head">{escape(self.about)}</text>\n',
            *(self._arrow(route) for _, route in pairs),
            *(self._box(node) for node in self.graph.nodes),
            *(self._label(edge, route) for edge, route in pairs),
        ]
        description = f"{len(self.graph.nodes)} boxes and {len(pairs)} arrows, from operands to results."
        return Drawing("".join(body), self.bottom, self.about or "graph", description, self.width)

    def _x(self, key: Key) -> float:
        return self.layout.middles[key] + self.left

    def _ports(self, route: Sequence[Key]) -> list[tuple[float, float]]:
        """Where an arrow passes: out of a box below, through layers, into a box from above."""
        start, *bends, end = route
        points = [(self._x(start), self.tops[self.levels[start]] + self._height(start[0]))]
        for bend in bends:
            top = self.tops[self.levels[bend]]
            points += [(self._x(bend), top), (self._x(bend), top + self.heights[self.levels[bend]])]
        return [*points, (self._x(end), self.tops[self.levels[end]])]

    def _arrow(self, route: Sequence[Key]) -> str:
        (x, y), *rest = self._ports(route)
        path = f"M{x:.1f} {y:.1f}"
        for index, (to_x, to_y) in enumerate(rest):
            if index % 2 == 0:  # from layer to layer: a curve that leaves and arrives straight down
                half = (y + to_y) / 2
                path += f"C{x:.1f} {half:.1f} {to_x:.1f} {half:.1f} {to_x:.1f} {to_y:.1f}"
            else:
                path += f"V{to_y:.1f}"
            x, y = to_x, to_y
        return (
            f'<path d="{path}" fill="none" stroke="{_GREY}"/>'
            f'<path d="M{x - 3.5:.1f} {y - 7:.1f}h7l-3.5 7z" fill="{_GREY}"/>\n'
        )

    def _label(self, edge: Edge, route: Sequence[Key]) -> str:
        """What passes along an arrow, on its first piece; further down where several begin together."""
        if not edge.text:
            return ""
        (x0, y0), (x1, y1) = self._ports(route)[:2]
        along = 0.5 if self.begun[edge.start] == 1 else 0.66
        part = along * along * (3 - 2 * along)
        x, y, text = x0 + part * (x1 - x0), y0 + along * (y1 - y0), escape_unprintable(edge.text)
        wide = text_width(text) * 6.6 + 4
        return (
            f'<rect class="ground" x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:.1f}" height="14"/>'
            f'<text x="{x:.1f}" y="{y + 3:.1f}" text-anchor="middle"{_SMALL}>{escape(text)}</text>\n'
        )

    def _box(self, node: Node) -> str:
        x, y = self._x((node.id, -1)), self.tops[self.levels[node.id, -1]]
        wide, (color, _) = self.widths[node.id], MOODS.get(node.mood, (_GREY, ""))
        return (
            f'<rect class="ground" x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" '
            f'height="{self._height(node.id):.1f}" rx="6" stroke="{color}"/>{"".join(self._texts(node, x, y))}\n'
        )

    def _texts(self, node: Node, x: float, y: float) -> Iterator[str]:
        for index, line in enumerate(self.lines[node.id], 1):
            kind = ' class="head"' if index == 1 else ""
            yield f'<text x="{x:.1f}" y="{y + _LINE * index:.1f}" text-anchor="middle"{kind}>{escape(line)}</text>'
