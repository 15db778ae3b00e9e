"""Pictures as SVG: curves, axes, marks and a legend, told to screen readers as well.

Everything stands on a ground of its own, so that it is readable wherever it is put; where the
reader prefers dark pages the ground is dark. Curves differ by their dashes, not by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape
from zlib import crc32

from dcalc.formats.common.tables import wrap
from dcalc.formats.picture.axes import Place, bars, frame, label, write_ticks
from dcalc.text import escape_unprintable, shorten

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Mark, Picture, Sign

WIDTH = 720
COLORS = (
    "#0072b2", "#d55e00", "#008a64", "#b8659a", "#8a6d00", "#7b61d1", "#1c7fa6", "#a0622d", "#5c8a1e", "#8b6b8b",
)  # fmt: skip
"""The first ones after Okabe and Ito (2008); each at least 3:1 against both grounds."""
MARK = "#d62839"
LIGHT, DARK = ("#ffffff", "#1f2328"), ("#0d1117", "#e6edf3")
"""Ground and text."""
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2", "1 4", "14 3 3 3", "6 6", "10 2")
_HEIGHT = 300  # of the axes
_LEFT, _RIGHT, _TOP = 76, 20, 56
_TICK = (78, 50)
"""Room for each tick, across and up."""
_LINE = 20
_SIZE = 13
_LETTER = 7.2
"""Width of a character, roughly, in a legend."""
_SHAPES: dict[Sign, str] = {
    "dot": '<circle class="mark" r="5" cx="{x}" cy="{y}"/>',
    "open": '<circle class="open" r="4.5" cx="{x}" cy="{y}"/>',
    "up": '<path class="mark" d="M{x} {y}m0 -6.5l6.5 11h-13z"/>',
    "down": '<path class="mark" d="M{x} {y}m0 6.5l6.5 -11h-13z"/>',
    "cross": '<path class="stroke" d="M{x} {y}m-4.5 -4.5l9 9m0 -9l-9 9"/>',
    "diamond": '<path class="mark" d="M{x} {y}m0 -6.5l6.5 6.5l-6.5 6.5l-6.5 -6.5z"/>',
    "hollow": '<path class="open" d="M{x} {y}m0 -6l6 6l-6 6l-6 -6z"/>',
    "square": '<path class="mark" d="M{x} {y}m-5 -5h10v10h-10z"/>',
    "bar": '<path class="mark" d="M{x} {y}m-3 -7h6v14h-6z"/>',
}
_STYLE = f"""
  text {{ font: {_SIZE}px system-ui, "DejaVu Sans", sans-serif; fill: {LIGHT[1]}; }}
  .ground {{ fill: {LIGHT[0]}; }}
  .head {{ font-weight: 600; }}
  .grid {{ stroke: #8b949e; stroke-opacity: .3; fill: none; }}
  .axis {{ stroke: #8b949e; fill: none; }}
  .curve {{ fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }}
  .dots {{ stroke-width: 1; }}
  .band {{ fill: none; stroke-width: 1.5; stroke-opacity: .55; }}
  .thin {{ fill: none; stroke: #8b949e; stroke-opacity: .7; }}
  .mark {{ fill: {MARK}; stroke: {LIGHT[0]}; stroke-width: 1.5; }}
  .open {{ fill: {LIGHT[0]}; stroke: {MARK}; stroke-width: 2; }}
  .stroke {{ fill: none; stroke: {MARK}; stroke-width: 2.5; stroke-linecap: round; }}
  .doubt {{ fill: {MARK}; font-weight: 700; font-size: 11px; }}
  .upright {{ stroke: {MARK}; stroke-width: 1.5; stroke-dasharray: 4 4; }}
  .vague {{ stroke: {MARK}; stroke-width: 1.5; stroke-dasharray: 1 6; }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: {DARK[1]}; }}
    .ground {{ fill: {DARK[0]}; }}
    .mark {{ stroke: {DARK[0]}; }}
    .open {{ fill: {DARK[0]}; }}
  }}
"""


class Drawing(NamedTuple):
    """A piece of a document: its elements, as high and wide as it says, and what they show in words."""

    body: str
    height: float
    title: str
    description: str
    width: float = WIDTH


def document(drawings: Sequence[Drawing]) -> str:
    """The SVG document that shows the drawings below each other."""
    height, parts = 0.0, []
    width = _n(max((drawing.width for drawing in drawings), default=WIDTH))
    for drawing in drawings:
        parts.append(f'<g transform="translate(0 {_n(height)})">\n{drawing.body}</g>\n')
        height += drawing.height
    title = "; ".join(dict.fromkeys(drawing.title for drawing in drawings))
    description = " ".join(drawing.description for drawing in drawings)
    # Several documents may stand in one page, where names must differ.
    name = f"dcalc-{crc32(''.join(parts).encode('utf-8', 'backslashreplace')):08x}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_n(height)}" '
        f'viewBox="0 0 {width} {_n(height)}" role="img" aria-labelledby="{name}-title {name}-desc">\n'
        f'<title id="{name}-title">{escape(title)}</title>\n<desc id="{name}-desc">{escape(description)}</desc>\n'
        f'<style>{_STYLE}</style>\n<rect class="ground" width="{width}" height="{_n(height)}" rx="6"/>\n'
        f"{''.join(parts)}</svg>\n"
    )


def draw(picture: Picture, about: str = "") -> Drawing:
    """A picture of curves; ``about`` is what they are of."""
    return _Canvas(picture, about).drawing()


class _Canvas:
    """One picture in its place on the page."""

    def __init__(self, picture: Picture, about: str) -> None:
        self.picture = picture
        self.about = escape_unprintable(about)
        self.axes = frame(picture)
        self.width = max(picture.width or WIDTH, _NARROWEST)
        self.legend = list(self._legend())
        self.title = escape_unprintable(picture.title or about)
        self.heads = wrap(self.title, self._letters(_BOLD)) if self.title else []
        self.tails = (
            wrap(shorten(self.about, 300), self._letters(_LETTER)) if about and self.about != self.title else []
        )
        self.ticks = write_ticks(self.axes.across, max((self.width - _LEFT - _RIGHT) // _TICK[0], 2))
        self.top = _TOP + 18 * max(len(self.heads) + len(self.tails) - 2, -1 if self.heads else -2)
        below = 2 * _LINE + (_LINE if picture.x_label or self.ticks.offset else 0)
        rows = 1 + max((row for row, _ in self.legend), default=-1)
        rest = below + rows * _LINE + 8
        self.height = max(picture.height - self.top - rest, _LOWEST) if picture.height else _HEIGHT
        self.below = self.top + self.height + below
        self.bottom = self.top + self.height + rest
        self.levels = write_ticks(self.axes.up, max(self.height // _TICK[1], 2))

    def _letters(self, wide: float) -> int:
        """How many characters fit beside each other in the title."""
        return int((self.width - _LEFT - _RIGHT) / wide)

    def drawing(self) -> Drawing:
        """The elements, marks over curves."""
        lines = [(line, "head") for line in self.heads] + [(line, "") for line in self.tails]
        body = [
            *(_text(_LEFT, 24 + 18 * k, line, kind) for k, (line, kind) in enumerate(lines)),
            *self._grid(),
            *self._uprights(),
            *(line for owner, curve in self.picture.numbered() for line in self._curve(curve, owner)),
            *self._marks(),
            *(f'<g transform="translate(0 {self.below + row * _LINE})">{entry}</g>\n' for row, entry in self.legend),
        ]
        return Drawing("".join(body), self.bottom, self.title, self._describe(), self.width)

    def _describe(self) -> str:
        """The picture in words."""
        picture, (across, up), about = self.picture, self.axes, self.about
        names = ", ".join(curve.name for curve in picture.curves if curve.name)
        marks = ", ".join(_mark_text(mark) for mark in picture.marks[:20])
        ends = [label(10.0**end if axis.log else end) for axis in self.axes for end in (axis.low, axis.high)]
        parts = [
            f"{escape_unprintable(picture.title)} of {about}." if about else f"{escape_unprintable(picture.title)}.",
            f"Curves: {names}." if names else "",
            f"{picture.x_label or 'Across'} from {ends[0]} to {ends[1]}{', logarithmic' if across.log else ''};",
            f"{picture.y_label or 'up'} from {ends[2]} to {ends[3]}{', logarithmic' if up.log else ''}.",
            f"Marked: {marks}." if marks else "",
        ]
        return escape_unprintable(" ".join(filter(None, parts)))

    def _at(self, place: Place) -> tuple[float, float]:
        """A place of the unit square in the drawing."""
        return _LEFT + place[0] * (self.width - _LEFT - _RIGHT), self.top + (1 - place[1]) * self.height

    # --- axes -----------------------------------------------------------------------------

    def _grid(self) -> Iterator[str]:
        """Lines at the ticks with their numbers, the frame, and what the axes are called."""
        picture, axes = self.picture, self.axes
        right, bottom = self.width - _RIGHT, self.top + self.height
        for tick, text in zip(self.ticks.values, self.ticks.texts, strict=True):
            x, _ = self._at((axes.across.place(tick) or 0.0, 0.0))
            yield f'<path class="grid" d="M{_n(x)} {self.top}V{bottom}"/>\n'
            yield _text(x, bottom + 18, text, anchor="middle")
        for tick, text in zip(self.levels.values, self.levels.texts, strict=True):
            _, y = self._at((0.0, axes.up.place(tick) or 0.0))
            yield f'<path class="grid" d="M{_LEFT} {_n(y)}H{right}"/>\n'
            yield _text(_LEFT - 8, y + 4, text, anchor="end")
        zero = axes.up.place(0.0)
        if zero is not None and 0 < zero < 1:
            yield f'<path class="axis" d="M{_LEFT} {_n(self._at((0.0, zero))[1])}H{right}"/>\n'
        yield (f'<rect class="axis" x="{_LEFT}" y="{self.top}" width="{right - _LEFT}" height="{self.height}"/>\n')
        below = "  ".join(filter(None, [picture.x_label, self.ticks.offset]))
        if below:
            yield _text((_LEFT + right) / 2, bottom + 2 * _LINE, below, anchor="middle")
        if picture.y_label:
            yield _text(_LEFT - 8, self.top - 10, picture.y_label, anchor="end")
        if self.levels.offset:
            yield _text(_LEFT, self.top - 10, self.levels.offset)

    # --- curves ---------------------------------------------------------------------------

    def _curve(self, curve: Curve, owner: int | None) -> Iterator[str]:
        if owner is None:
            line = "".join(map(self._path, self.axes.strokes(curve)))
            yield f'<path class="thin" d="{line}"/>\n' if line else ""
            return
        color = COLORS[owner % len(COLORS)]
        if curve.is_band:
            ends = [(self._at(low), self._at(high)) for low, high in bars(self.axes, curve)]
            lines = "".join(f"M{_n(x)} {_n(low)}V{_n(high)}" for (x, low), (_, high) in ends)
            yield f'<path class="band" stroke="{color}"{_loosened(curve)} d="{lines}"/>\n' if lines else ""
            return
        if curve.look == "dots":
            dots = [
                _DOT_SHAPES[owner % len(_DOT_SHAPES)].format(x=_n(x), y=_n(y))
                for x, y in map(self._at, self.axes.points(curve))
            ]
            yield f'<path class="dots" stroke="{color}" fill="{color}" d="{"".join(dots)}"/>\n' if dots else ""
            return
        paths = [self._path(stroke) for stroke in self.axes.strokes(curve)]
        if paths:
            yield f'<path class="curve" stroke="{color}"{_dashed(owner)} d="{"".join(paths)}"/>\n'

    def _path(self, stroke: Sequence[Place]) -> str:
        """The line of a stroke; a dot for one place alone."""
        ends = "L".join(f"{_n(x)} {_n(y)}" for x, y in map(self._at, stroke))
        return f"M{ends}" + ("h0" if len(stroke) == 1 else "")

    # --- marks ----------------------------------------------------------------------------

    def _uprights(self) -> Iterator[str]:
        for mark in self.picture.marks:
            place = self.axes.across.place(mark.x)
            if math.isnan(mark.y) and place is not None and 0 <= place <= 1:
                x, top = self._at((place, 1.0))
                kind = "upright" if mark.proved else "vague"
                yield f'<path class="{kind}" d="M{_n(x)} {_n(top)}v{self.height}">{_tip(mark)}</path>\n'

    def _marks(self) -> Iterator[str]:
        for mark in self.picture.marks:
            if not math.isnan(mark.y) and (place := self.axes.inside(mark.x, mark.y)) is not None:
                yield f"<g>{_tip(mark)}{_shape(mark, *self._at(place))}</g>\n"

    def _legend(self) -> Iterator[tuple[int, str]]:
        """(row, entry): which curve is which, where there are several, and what the marks mean."""
        named = [(owner, curve) for owner, curve in self.picture.numbered() if curve.name and owner is not None]
        lines = [(owner, curve) for owner, curve in named if not curve.is_band]
        bands = {curve.name: (owner, curve) for owner, curve in named if curve.is_band}
        shown = [*(lines if len(lines) > 1 else []), *bands.values()]
        entries = [(curve.name, _sample(curve, owner)) for owner, curve in shown]
        marks = {(_mark_name(mark), mark.sign, math.isnan(mark.y)): mark for mark in self.picture.marks if mark.text}
        entries += [(name, _mark_sample(mark)) for (name, _, _), mark in marks.items()]
        row, x = 0, float(_LEFT)
        for name, sign in entries:
            name = shorten(escape_unprintable(name), 80)
            size = 48 + _LETTER * len(name)
            if x > _LEFT and x + size > self.width - _RIGHT:
                row, x = row + 1, float(_LEFT)
            yield row, f'<g transform="translate({_n(x)} 0)">{sign}{_text(34, 4, name).strip()}</g>'
            x += size


_NARROWEST, _LOWEST = 240, 60
"""The least width of a picture, and the least height of its axes."""
_BOLD = 7.8
"""Width of a character, roughly, in a heading."""
_DOT_SHAPES = (
    "M{x} {y}m-2 0a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z", "M{x} {y}m0 -3l3 3l-3 3l-3 -3z", "M{x} {y}m0 -3l3 5h-6z",
    "M{x} {y}m-2 -2h4v4h-4z", "M{x} {y}m-3 -3l6 6m0 -6l-6 6z", "M{x} {y}m-3 0h6m-3 -3v6z", "M{x} {y}m0 3l3 -5h-6z",
    "M{x} {y}m-3 -1h6v2h-6z", "M{x} {y}m-1 -3h2v6h-2z", "M{x} {y}m-2 -2l4 2l-4 2z",
)  # fmt: skip
"""Dots of several curves, told apart by more than colour."""


def _mark_name(mark: Mark) -> str:
    return mark.text if mark.proved else f"{mark.text}, not proved"


def _mark_text(mark: Mark) -> str:
    place = label(mark.x) if math.isnan(mark.y) else f"({label(mark.x)}, {label(mark.y)})"
    return f"{_mark_name(mark)} at {place}"


def _tip(mark: Mark) -> str:
    return f"<title>{escape(escape_unprintable(_mark_text(mark)))}</title>"


def _shape(mark: Mark, x: float, y: float) -> str:
    if mark.proved:
        return _SHAPES[mark.sign].format(x=_n(x), y=_n(y))
    circle = f'<circle class="open" r="7.5" stroke-dasharray="2 2" cx="{_n(x)}" cy="{_n(y)}"/>'
    return circle + f'<text class="doubt" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">?</text>'


def _mark_sample(mark: Mark) -> str:
    if math.isnan(mark.y):
        return f'<path class="{"upright" if mark.proved else "vague"}" d="M14 -8v16"/>'
    return _shape(mark, 14, 0)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{named}>{escape(escape_unprintable(text))}</text>\n'


def _dashed(owner: int) -> str:
    dashes = _DASHES[owner % len(_DASHES)]
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _loosened(curve: Curve) -> str:
    """Gaps in the lines of a band that is not proved to hold its curve."""
    return ' stroke-dasharray="2 4"' if curve.look == "loose band" else ""


def _sample(curve: Curve, owner: int) -> str:
    """What a curve looks like, in the legend."""
    color = COLORS[owner % len(COLORS)]
    if curve.look == "dots":
        shape = _DOT_SHAPES[owner % len(_DOT_SHAPES)].format(x="14", y="0")
        return f'<path class="dots" stroke="{color}" fill="{color}" d="{shape}"/>'
    if curve.is_band:
        lines = "M4 -6v12m3 -12v12m3 -12v12m3 -12v12m3 -12v12m3 -12v12"
        return f'<path class="band" stroke="{color}"{_loosened(curve)} d="{lines}"/>'
    return f'<path class="curve" stroke="{color}"{_dashed(owner)} d="M0 0h28"/>'
