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

from dcalc.formats.picture.axes import Frame, Place, frame, label
from dcalc.text import escape_unprintable, shorten

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Mark, Picture

WIDTH = 720
COLORS = ("#0072b2", "#d55e00", "#008a64", "#b8659a", "#8a6d00", "#7b61d1")
"""After Okabe and Ito (2008); each at least 3:1 against both grounds."""
MARK = "#d62839"
LIGHT, DARK = ("#ffffff", "#1f2328"), ("#0d1117", "#e6edf3")
"""Ground and text."""
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2")
_HEIGHT = 300  # of the axes
_LEFT, _RIGHT, _TOP = 76, 20, 56
_TICKS = (8, 6)
_LINE = 20
_SIZE = 13
_LETTER = 7.2
"""Width of a character, roughly, in a legend."""
_STYLE = f"""
  text {{ font: {_SIZE}px system-ui, "DejaVu Sans", sans-serif; fill: {LIGHT[1]}; }}
  .ground {{ fill: {LIGHT[0]}; }}
  .head {{ font-weight: 600; }}
  .grid {{ stroke: #8b949e; stroke-opacity: .3; fill: none; }}
  .axis {{ stroke: #8b949e; fill: none; }}
  .curve {{ fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }}
  .thin {{ fill: none; stroke: #8b949e; stroke-opacity: .7; }}
  .mark {{ fill: {MARK}; stroke: {LIGHT[0]}; stroke-width: 1.5; }}
  .upright {{ stroke: {MARK}; stroke-width: 1.5; stroke-dasharray: 4 4; }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: {DARK[1]}; }}
    .ground {{ fill: {DARK[0]}; }}
    .mark {{ stroke: {DARK[0]}; }}
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
    legend = list(_legend(picture))
    below = _TOP + _HEIGHT + 2 * _LINE + (_LINE if picture.x_label else 0)
    rows = 1 + max((row for row, _ in legend), default=-1)
    axes = frame(picture)
    title = escape_unprintable(picture.title or about)
    body = [
        _text(_LEFT, 24, title, "head"),
        _text(_LEFT, 42, shorten(escape_unprintable(about), 80)) if about and about != title else "",
        *_grid(axes, picture),
        *_uprights(axes, picture),
        *(line for owner, curve in picture.numbered() for line in _curve(axes, curve, owner)),
        *_marks(axes, picture),
        *(f'<g transform="translate(0 {below + row * _LINE})">{entry}</g>\n' for row, entry in legend),
    ]
    return Drawing("".join(body), below + rows * _LINE + 8, title, _described(picture, axes, about))


def _described(picture: Picture, axes: Frame, about: str) -> str:
    """The picture in words."""
    across, up = axes
    names = ", ".join(curve.name for curve in picture.curves if curve.name)
    marks = ", ".join(_mark_text(mark) for mark in picture.marks[:20])
    ends = [label(10.0**end if axis.log else end) for axis in axes for end in (axis.low, axis.high)]
    parts = [
        f"{escape_unprintable(picture.title)} of {about}." if about else f"{escape_unprintable(picture.title)}.",
        f"Curves: {names}." if names else "",
        f"{picture.x_label or 'Across'} from {ends[0]} to {ends[1]}{', logarithmic' if across.log else ''};",
        f"{picture.y_label or 'up'} from {ends[2]} to {ends[3]}{', logarithmic' if up.log else ''}.",
        f"Marked: {marks}." if marks else "",
    ]
    return escape_unprintable(" ".join(filter(None, parts)))


def _mark_text(mark: Mark) -> str:
    place = label(mark.x) if math.isnan(mark.y) else f"({label(mark.x)}, {label(mark.y)})"
    return f"{mark.text} at {place}"


# --- axes -----------------------------------------------------------------------------------


def _at(place: Place) -> tuple[float, float]:
    """A place of the unit square in the drawing."""
    return _LEFT + place[0] * (WIDTH - _LEFT - _RIGHT), _TOP + (1 - place[1]) * _HEIGHT


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{named}>{escape(escape_unprintable(text))}</text>\n'


def _grid(axes: Frame, picture: Picture) -> Iterator[str]:
    """Lines at the ticks with their numbers, the frame, and what the axes are called."""
    right, bottom = WIDTH - _RIGHT, _TOP + _HEIGHT
    for tick in axes.across.ticks(_TICKS[0]):
        x, _ = _at((axes.across.place(tick) or 0.0, 0.0))
        yield f'<path class="grid" d="M{_n(x)} {_TOP}V{bottom}"/>\n'
        yield _text(x, bottom + 18, label(tick, axes.across.log), anchor="middle")
    for tick in axes.up.ticks(_TICKS[1]):
        _, y = _at((0.0, axes.up.place(tick) or 0.0))
        yield f'<path class="grid" d="M{_LEFT} {_n(y)}H{right}"/>\n'
        yield _text(_LEFT - 8, y + 4, label(tick, axes.up.log), anchor="end")
    yield f'<rect class="axis" x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{_HEIGHT}"/>\n'
    if picture.x_label:
        yield _text((_LEFT + right) / 2, bottom + 2 * _LINE, picture.x_label, anchor="middle")
    if picture.y_label:
        yield _text(_LEFT - 8, _TOP - 10, picture.y_label, anchor="end")


def _curve(axes: Frame, curve: Curve, owner: int | None) -> Iterator[str]:
    if owner is None:
        line = "".join(map(_path, axes.strokes(curve)))
        yield f'<path class="thin" d="{line}"/>\n' if line else ""
        return
    color = COLORS[owner % len(COLORS)]
    if curve.look == "dots":
        dots = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in map(_at, axes.points(curve)))
        yield f'<path class="curve" stroke="{color}" style="stroke-width:4" d="{dots}"/>\n' if dots else ""
        return
    paths = [_path(stroke) for stroke in axes.strokes(curve)]
    if paths:
        yield f'<path class="curve" stroke="{color}"{_dashed(owner)} d="{"".join(paths)}"/>\n'


def _path(stroke: Sequence[Place]) -> str:
    """The line of a stroke; a dot for one place alone."""
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in map(_at, stroke)) + ("h0" if len(stroke) == 1 else "")


def _dashed(owner: int) -> str:
    dashes = _DASHES[owner % len(_DASHES)]
    return f' stroke-dasharray="{dashes}"' if dashes else ""


def _uprights(axes: Frame, picture: Picture) -> Iterator[str]:
    for mark in picture.marks:
        place = axes.across.place(mark.x)
        if math.isnan(mark.y) and place is not None and 0 <= place <= 1:
            x, top = _at((place, 1.0))
            tip = f"<title>{escape(escape_unprintable(_mark_text(mark)))}</title>"
            yield f'<path class="upright" d="M{_n(x)} {_n(top)}v{_HEIGHT}">{tip}</path>\n'


def _marks(axes: Frame, picture: Picture) -> Iterator[str]:
    for mark in picture.marks:
        if not math.isnan(mark.y) and (place := axes.inside(mark.x, mark.y)) is not None:
            x, y = _at(place)
            tip = f"<title>{escape(escape_unprintable(_mark_text(mark)))}</title>"
            yield f'<circle class="mark" cx="{_n(x)}" cy="{_n(y)}" r="5">{tip}</circle>\n'


def _legend(picture: Picture) -> Iterator[tuple[int, str]]:
    """(row, entry): which curve is which, where there are several, and what the marks mean."""
    named = [(owner, curve) for owner, curve in picture.numbered() if curve.name and owner is not None]
    entries = [(curve.name, _sample(curve, owner)) for owner, curve in named] if len(named) > 1 else []
    texts = {mark.text: math.isnan(mark.y) for mark in picture.marks if mark.text}
    entries += [(text, _MARK_LINE if upright else _MARK_POINT) for text, upright in texts.items()]
    row, x = 0, float(_LEFT)
    for name, sign in entries:
        name = shorten(escape_unprintable(name), 80)
        size = 48 + _LETTER * len(name)
        if x > _LEFT and x + size > WIDTH - _RIGHT:
            row, x = row + 1, float(_LEFT)
        yield row, f'<g transform="translate({_n(x)} 0)">{sign}{_text(34, 4, name).strip()}</g>'
        x += size


_MARK_LINE = '<path class="upright" d="M14 -8v16"/>'
_MARK_POINT = '<circle class="mark" cx="14" cy="0" r="5"/>'


def _sample(curve: Curve, owner: int) -> str:
    color = COLORS[owner % len(COLORS)]
    if curve.look == "dots":
        return f'<path class="curve" stroke="{color}" style="stroke-width:4" d="M14 0h0"/>'
    return f'<path class="curve" stroke="{color}"{_dashed(owner)} d="M0 0h28"/>'
