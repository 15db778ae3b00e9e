"""Pictures in characters and as SVG: places by hand, documents read by an XML parser and real tools."""

from __future__ import annotations

import math
import re
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.errors import UsageError
from dcalc.finding import Failure, Finding
from dcalc.formats import Style, by_suffix, load
from dcalc.formats.common.tables import apart
from dcalc.formats.picture import drawing, terminal
from dcalc.formats.picture.axes import Scale, frame, label, scale, write_ticks
from dcalc.formats.picture.terminal import draw
from dcalc.problem import Result
from dcalc.shapes import Curve, Mark, Picture, Sign
from dcalc.text import text_width
from tests.formats.conftest import chunks
from tests.formats.made_reports import HOSTILE, Report, expr
from tests.waiting import PATIENCE

LINE = Curve("up", [(0.0, 0.0), (1.0, 1.0)])
NAN = math.nan


def lines(picture: Picture, width: int = 40, height: int = 8, unicode: bool = True) -> list[str]:
    return ["".join(text for text, _ in row) for row in draw(picture, width, height, unicode=unicode)]


# --- axes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("curve", "strokes"),
    [
        ([(0, 0), (1, 1)], [[(0, 0), (1, 1)]]),
        ([(0, 0), (1, 2)], [[(0, 0), (0.5, 1)]]),
        ([(0, -1), (1, 2)], [[(1 / 3, 0), (2 / 3, 1)]]),
        ([(0, 2), (1, 3)], []),
        ([(0, 0), (0.5, NAN), (1, 1)], [[(0, 0)], [(1, 1)]]),
        ([(0, 0.5), (0.25, 3), (0.5, 0.5)], [[(0, 0.5), (0.05, 1)], [(0.45, 1), (0.5, 0.5)]]),
        ([(0, 0), (0.5, 0.5), (1, 0)], [[(0, 0), (0.5, 0.5), (1, 0)]]),
        ([(0, 0), (1, 1e308)], [[(0, 0), (1e-308, 1)]]),
        ([], []),
    ],
)
def test_curves_are_cut_at_the_edge(curve, strokes):
    picture = Picture((Curve("", curve), Curve("", [(0.0, 0.0), (1.0, 1.0)])), window=(0.0, 1.0))
    found = list(frame(picture).strokes(picture.curves[0]))
    assert found == [[pytest.approx(place) for place in stroke] for stroke in strokes]


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5) | st.just(NAN)), min_size=1))
def test_whatever_is_drawn_is_inside(points):
    picture = Picture((Curve("", points), Curve("", [(-1.0, 0.0), (1.0, 0.0)])), window=(-1.0, 1.0))
    for stroke in frame(picture).strokes(picture.curves[0]):
        assert stroke and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in stroke)


@pytest.mark.parametrize(
    ("value", "log", "text"),
    [(0.5, False, "0.5"), (1e-8, False, "1e-8"), (-0.0, False, "0"), (1e20, False, "1e20"), (1e-8, True, "1e-8"),
     (1e-4, True, "1e-4"), (0.1, True, "0.1"), (100.0, True, "100"), (1000.0, True, "1e3")],
)  # fmt: skip
def test_ticks_in_words(value, log, text):
    assert label(value, log) == text


@given(st.floats(-1e300, 1e300), st.floats(1e-300, 1e300), st.integers(1, 12))
def test_ticks_are_inside_and_not_too_many(low, width, count):
    axis = scale([low, low + width])
    ticks = axis.ticks(count)
    assert len(ticks) <= 2 * count + 2
    assert all(-1e-6 <= (axis.place(tick) or 0) <= 1 + 1e-6 for tick in ticks)


def test_axes_as_long_as_doubles_go():
    assert Scale(-1.7e308, 1.7e308).place(0.0) == 0.5


# --- in characters --------------------------------------------------------------------------


def test_a_line_goes_from_corner_to_corner():
    rows = lines(Picture((LINE,)), unicode=False)
    assert rows[0].rstrip().endswith("*") and rows[7].split("|")[1].startswith("*")


def test_what_leaves_the_window_comes_back():
    spike = Curve("", [(0.0, 0.0), (0.5, 1e9), (1.0, 0.0)])
    rows = lines(Picture((spike,), window=(0.0, 1.0)), unicode=False)
    assert rows[7].count("*") == 2


def test_marks_of_one_text_are_explained_once_and_uprights_are_lines():
    marks = (Mark(0.2, 0.2, "turn"), Mark(0.8, 0.8, "turn"), Mark(0.5, NAN, "pole"))
    rows = lines(Picture((LINE,), marks=marks))
    assert sum("turn" in row for row in rows) == 1 and sum("┊" in row for row in rows) >= 7
    assert "".join(rows).count("●") == 3  # two in the picture, one in the legend
    ascii_rows = lines(Picture((LINE,), marks=marks), unicode=False)
    assert "".join(ascii_rows).isascii() and sum(":" in row for row in ascii_rows) >= 7


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_legend_keeps_to_the_width(width, unicode):
    curves = tuple(Curve(f"curve {k}", [(0.0, float(k)), (1.0, 2.0)]) for k in range(6))
    rows = lines(Picture(curves, "title", "x", "y", marks=(Mark(0.5, 1.0, "mark"),)), width, unicode=unicode)
    assert max(map(text_width, rows)) <= width
    assert all(any(f"curve {k}" in row for row in rows) for k in range(6))


@pytest.mark.parametrize("curve", [[], [(NAN, NAN)], [(1.0, NAN)], [(1.0, 5.0)], [(0.0, 0.0), (0.0, 0.0)]])
def test_next_to_nothing_is_drawn_too(curve):
    assert lines(Picture((Curve("f", curve),))) and drawing.draw(Picture((Curve("f", curve),)))
    assert lines(Picture((Curve("f", curve),), log_x=True, log_y=True))


def test_tables_apart_hold_every_column_once():
    from dcalc.finding import Column

    columns = [Column(str(k), str(k)) for k in range(8)]
    groups = apart(columns, [5] * 8, 20)
    assert [group[0].key for group in groups] == ["0"] * len(groups)
    assert [column.key for group in groups for column in group[1:]] == [str(k) for k in range(1, 8)]
    assert apart(columns, [5] * 8, 80) == [columns]
    assert len(apart(columns, [50] * 8, 20)) == 7


# --- SVG ------------------------------------------------------------------------------------

PICTURE = Picture(
    (Curve("f", [(0.0, 0.0), (1.0, 2.0), (1.5, NAN), (2.0, 1.0)]), Curve("dots", [(0.5, 1.5)], "dots"),
     Curve("thin", [(0, 1), (2, 1)], "thin")),
    "A <title> & more", "x", "y", marks=(Mark(1.0, 2.0, "maximum"), Mark(1.5, NAN, "pole")),
)  # fmt: skip
SPACE = {"s": "http://www.w3.org/2000/svg"}


def document(*pictures: Picture, **fields: object) -> str:
    finding = Finding("plot", expression=expr("x**2*sin(x)"), pictures=pictures, **fields)  # type: ignore[arg-type]
    return "".join(load("svg").present([finding], Style("plot")))  # type: ignore[arg-type]


def test_a_document_is_one_and_says_what_it_shows():
    root = ET.fromstring(document(PICTURE, PICTURE._replace(title="Second")))
    assert root.tag == f"{{{SPACE['s']}}}svg" and root.get("role") == "img"
    title, description = root.find("s:title", SPACE), root.find("s:desc", SPACE)
    assert title is not None and title.text == "A <title> & more; Second"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    for word in ("x**2*sin(x)", "Curves: f, dots, thin.", "maximum at (1, 2)", "pole at 1.5", "x from 0 to 2;"):
        assert word in description.text
    assert len(root.findall("s:g", SPACE)) == 2


def test_a_break_is_a_break_and_every_mark_is_there():
    root = ET.fromstring(document(PICTURE))
    paths = [path.get("d", "") for path in root.iterfind(".//s:path[@class='curve']", SPACE)]
    assert paths[0].count("M") == 2  # f is broken once; its last place stands alone
    assert len(root.findall(".//s:circle", SPACE)) == 2 and len(root.findall(".//s:path[@class='upright']", SPACE)) == 2


def test_everything_is_inside_of_the_document():
    curve = Curve("f", [(x / 10, 1 / x if x else NAN) for x in range(-50, 51)])
    root = ET.fromstring(document(Picture((curve,), window=(-1.0, 1.0))))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for path in root.iterfind(".//s:path[@class='curve']", SPACE):
        for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d", "")):
            assert 0 <= float(x) <= width and 0 <= float(y) <= height


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", [drawing.LIGHT, drawing.DARK])
def test_contrasts_are_those_that_wcag_asks_for(ground):
    assert contrast(*ground) >= 7
    assert min(contrast(color, ground[0]) for color in (*drawing.COLORS, drawing.MARK)) >= 3


def test_hostile_text_is_text():
    curves = (Curve(HOSTILE, [(0.0, 0.0), (1.0, 1.0)]), Curve("]]><script>", [(0.0, 1.0)]))
    picture = Picture(curves, HOSTILE, HOSTILE, HOSTILE, marks=(Mark(0.5, 0.5, HOSTILE),))
    root = ET.fromstring(document(picture))
    assert not [element for element in root.iter() if element.tag.endswith("script")]


def test_what_has_no_picture_is_refused():
    with pytest.raises(UsageError, match="compare has no picture here"):
        list(load("svg").present([Finding("compare")], Style("compare")))
    with pytest.raises(UsageError, match="diff has no picture"):
        list(chunks("svg", [Report("diff", answers=(Result(),))]))
    assert not list(load("svg").present([Finding("plot", failure=Failure("parse", "no"))], Style("plot")))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.svg", "svg"),
        ("a.PNG", "png"),
        ("a.csv", "csv"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("a.tex", "latex"),
        ("a.txt", "plain"),
        ("a.mmd", "mermaid"),
        ("svg", None),
        ("a.b/c", None),
    ],
)
def test_a_suffix_asks_for_a_format(path, name):
    assert by_suffix(path) == name


def test_a_suffix_of_no_format_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"no format is known by the suffix \.xyz") as caught:
        by_suffix("a.xyz")
    assert ".json" in str(caught.value.help) and ".svg" in str(caught.value.help)


@pytest.mark.parametrize("tool", ["chromium", "rsvg-convert"])
def test_a_real_tool_renders_it(tool: str, tmp_path: Path):
    program = shutil.which(tool)
    if program is None:
        pytest.skip(f"{tool} is not here")
    source, target = tmp_path / "picture.svg", tmp_path / "picture.png"
    source.write_text(document(PICTURE), encoding="utf-8")
    call = {
        "chromium": [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
                     "--window-size=720,460", f"--screenshot={target}", source.as_uri()],
        "rsvg-convert": [program, str(source), "-o", str(target)],
    }[tool]  # fmt: skip
    subprocess.run(call, check=True, capture_output=True, timeout=PATIENCE)
    assert size(target.read_bytes())[0] == 720


def size(png: bytes) -> tuple[int, int]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


def test_png_is_the_same_document_twice_as_large():
    pytest.importorskip("resvg_py")
    finding = Finding("plot", expression=expr("x"), pictures=(PICTURE,))
    (image,) = load("png").present([finding], Style("plot"))  # type: ignore[arg-type]
    root = ET.fromstring(document(PICTURE))
    assert isinstance(image, bytes)
    assert size(image)[0] == 2 * float(root.get("width", 0))


def test_pdf_is_the_same_document_on_one_page():
    try:
        import cairosvg  # noqa: F401  # installed or not is all that is asked
    except (ImportError, OSError) as error:  # the latter where the library cairo is missing
        pytest.skip(str(error))
    finding = Finding("plot", expression=expr("x"), pictures=(PICTURE,))
    (page,) = load("pdf").present([finding], Style("plot"))  # type: ignore[arg-type]
    assert isinstance(page, bytes)
    assert page.startswith(b"%PDF-")
    assert page.rstrip().endswith(b"%%EOF")
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", page)
    assert box is not None
    assert float(box[1]) == pytest.approx(0.75 * float(ET.fromstring(document(PICTURE)).get("width", 0)))


def test_what_pdf_needs_is_named(monkeypatch: pytest.MonkeyPatch):
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise OSError("no library called cairo-2 was found")

    for module, message, fix in (
        (None, "pdf needs the package CairoSVG", "pip install 'dcalc\\[pdf\\]', or write -o FILE.svg"),
        (Broken(), "pdf needs the library cairo", "libcairo2"),
    ):
        monkeypatch.setitem(sys.modules, "cairosvg", module)
        with pytest.raises(UsageError, match=message) as caught:
            list(load("pdf").present([], Style("plot")))
        assert re.search(fix, caught.value.help or "")


def test_without_the_extra_png_names_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match="png needs the package resvg-py") as caught:
        list(load("png").present([], Style("plot")))
    assert caught.value.help == "pip install 'dcalc[png]', or write -o FILE.svg"


# --- what tells things apart ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "texts", "offset"),
    [
        (0.0, 10.0, ["0", "2", "4", "6", "8", "10"], ""),
        (1e9 - 1, 1e9 + 26, ["0", "5", "10", "15", "20", "25"], "+1e9"),
        (100.0, 100.001, ["100", "100.0002", "100.0004", "100.0006", "100.0008", "100.001"], ""),
        (-1e9 - 1, -1e9 + 1, ["-1", "-0.5", "0", "0.5", "1"], "-1e9"),
        (1.0, 1 + 1e-12, ["0", "2e-13", "4e-13", "6e-13", "8e-13", "1e-12"], "+1"),
    ],
)
def test_ticks_can_be_told_apart(low, high, texts, offset):
    ticks = write_ticks(Scale(low, high), 6)
    assert (ticks.texts, ticks.offset) == (texts, offset)
    picture = Picture((Curve("f", [(0.0, low), (1.0, high)]),), x_label="x")
    assert any(offset in row for row in lines(picture, 80)) and offset in document(picture)


def test_curves_differ_without_colour():
    curves = tuple(Curve(f"{k}", [(0.0, float(k)), (1.0, float(k))]) for k in range(5))
    rows = lines(Picture(curves), 40, 20)
    bodies = [row.split("┤")[-1].split("│")[-1] for row in rows if re.search("[⠁-⣿]", row)]
    assert len(set(bodies)) == len(bodies) == 5
    colors = {color for row in draw(Picture(curves), 40, 20) for text, color in row if re.search("[⠁-⣿]", text)}
    assert len(colors) == 5


def test_no_two_curves_have_one_colour_or_dash_or_dot():
    assert len(set(drawing.COLORS)) == len(set(terminal.COLORS)) == 10
    dots = tuple(Curve(f"{k}", [(float(k), float(k))], "dots") for k in range(10))
    text = "".join(lines(Picture(dots), 80, 12)[:12])
    assert len({sign for sign in text if sign in "•◆▲■○◇△□▼★"}) == 10
    paths = re.findall(r'class="dots" stroke="(#\w+)" fill="\1" d="M[\d.]+ [\d.]+([^"]*)"', document(Picture(dots)))
    assert len({color for color, _ in paths}) == len({shape for _, shape in paths}) == 10


def test_signs_tell_marks_apart_and_doubt_has_its_own():
    signs = get_args(Sign)
    marks = tuple(Mark(k / 10, 0.5, sign, sign) for k, sign in enumerate(signs))
    for unicode in (True, False):
        rows = lines(Picture((LINE,), marks=marks), 80, unicode=unicode)
        legend = "".join(row for row in rows if re.search(r"^  \S \w", row))
        drawn = {text.split()[0] for text in re.split(r"  (?=\S \w)", legend) if text}
        assert len(drawn) == len(signs)
    doubtful = (Mark(0.5, 0.5, "kink", "hollow", proved=False), Mark(0.2, NAN, "pole", proved=False))
    rows = lines(Picture((LINE,), marks=doubtful))
    assert rows[-1] == "  ? kink, not proved  ╎ pole, not proved"
    assert sum("?" in row for row in rows[:-1]) == 1 and sum("╎" in row for row in rows) >= 7
    shown = document(Picture((LINE,), "t", marks=doubtful))
    assert shown.count(">?</text>") == 2 and shown.count('class="vague"') == 2
    assert "kink, not proved at (0.5, 0.5)" in shown


def test_a_band_is_an_area_in_the_colour_of_its_curve():
    xs = [k / 100 for k in range(101)]
    band = Curve("swings", [(x, 0.25) for x in xs], "band", top=[0.75] * 101)
    picture = Picture((LINE, band), window=(0.0, 1.0))
    rows = draw(picture, 40, 8)
    assert sum("⢕" in text or "⡪" in text for row in rows for text, _ in row) >= 3
    assert {color for row in rows for text, color in row if re.search("[⠁-⣿]", text)} == {terminal.COLORS[0]}
    assert lines(picture)[-1] == "  ⢕⢕⢕ swings"
    assert f'class="band" stroke="{drawing.COLORS[0]}" d=' in document(picture)
    loose = Picture((LINE, band._replace(look="loose band")), window=(0.0, 1.0))
    assert lines(loose)[-1] == "  ⠡⠡⠡ swings" and lines(loose)[:-1] != lines(picture)[:-1]
    assert f'class="band" stroke="{drawing.COLORS[0]}" stroke-dasharray=' in document(loose)
    assert frame(Picture((band,))).up == Scale(0.25, 0.75)


def test_long_titles_and_names_are_wrapped():
    title = " + ".join(f"term{k}" for k in range(40))
    rows = lines(Picture((Curve(title, [(0.0, 0.0), (1.0, 1.0)]), LINE), title), 60)
    assert max(map(len, rows)) <= 60 and " ".join(rows).count("term39") == 2
    root = ET.fromstring(document(Picture((LINE,), title)))
    heads = [text.text or "" for text in root.iterfind(".//s:text[@class='head']", SPACE)]
    assert len(heads) > 2 and " ".join(heads) == title


def test_a_picture_has_the_size_that_was_asked_for():
    picture = Picture((LINE,), "t", "x", width=50, height=5)
    rows = lines(picture, 80, 16)
    assert max(map(len, rows)) <= 50 and sum("│" in row or "┤" in row for row in rows) == 5
    root = ET.fromstring(document(picture._replace(width=500, height=300)))
    assert (root.get("width"), root.get("height")) == ("500", "300")
