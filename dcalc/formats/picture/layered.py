"""A graph as a drawing: boxes in layers, arrows from operands to results."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from dcalc.errors import LimitError
from dcalc.formats.common.graphs import MOODS
from dcalc.formats.picture.layers import arrange
from dcalc.formats.picture.svg import WIDTH, Drawing
from dcalc.text import escape_unprintable, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.finding import Edge, Graph, Node
    from dcalc.formats.picture.layers import Key, Layout

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
        said = f"{len(self.graph.nodes)} boxes and {len(pairs)} arrows, from operands to results."
        return Drawing("".join(body), self.bottom, self.about or "graph", said, self.width)

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
