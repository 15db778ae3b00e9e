"""Plots: where a curve may be joined and what is marked, known from the functions themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.analysis.plot import find
from dcalc.analysis.plot.oracle import split_positive
from dcalc.analysis.plot.places import simplest_rational
from dcalc.analysis.plot.survey import choose_range
from dcalc.errors import UsageError
from dcalc.finding import Finding, Subject
from dcalc.numbers.enclosure import Constant, Encloser, Enclosure
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.proof import prove_equal
from tests.cli.conftest import Run, process

PI, ROOT2 = math.pi, math.sqrt(2)


def plot(text: str, low: float = -3.0, high: float = 3.0, **options: object) -> Finding:
    root = parse(text).root
    return find(Subject(root=root, names=("x",), wrt=()), over=[(None, (low, high))], **options)  # type: ignore[arg-type]


def marks(finding: Finding) -> list[tuple[str, float]]:
    """All but zeros, which stand in a table of their own."""
    return [(mark["kind"], mark["x"]) for mark in finding.record["marks"] if mark["kind"] != "zero"]


# What happens where; every place is known in closed form, or from DLMF or OEIS where it is named.
MARKS = [
    ("x**2", [("minimum", 0)]),
    ("-x**4", [("maximum", 0)]),
    ("x**3", [("inflection", 0)]),
    ("x**3 - 3*x", [("maximum", -1), ("minimum", 1)]),
    ("sin(x)", [("minimum", -PI / 2), ("maximum", PI / 2)]),
    ("exp(-x**2)", [("maximum", 0)]),
    ("x**4 - 2*x**2", [("minimum", -1), ("maximum", 0), ("minimum", 1)]),
    ("exp(x)", []),
    ("5", []),
    ("2*x", []),
    ("abs(x)", [("kink", 0)]),
    ("abs(x - 1/3)", [("kink", 1 / 3)]),
    ("abs(x - 0.1)", [("kink", 0.1)]),
    ("abs(x**2 - 2)", [("kink", -ROOT2), ("maximum", 0), ("kink", ROOT2)]),
    ("max(x, x**2)", [("kink", 0), ("kink", 1)]),
    ("relu(x)", [("kink", 0)]),
    ("x*abs(x)", []),  # smooth at 0, though made of a kink
    ("max(x,-x)-abs(x)", []),
    ("cbrt(x)", [("vertical_tangent", 0)]),
    ("sqrt(abs(x))", [("vertical_tangent", 0)]),
    ("1/x", [("pole", 0)]),
    ("1/x**2", [("pole", 0)]),
    ("1/(x**2 - 2)", [("pole", -ROOT2), ("maximum", 0), ("pole", ROOT2)]),
    ("tan(x)", [("pole", -PI / 2), ("pole", PI / 2)]),
    # DLMF 5.4.19 has the first; OEIS A030169, A175472, A175473 the turns.
    ("gamma(x)", [("pole", -3), ("maximum", -2.6107208684441447), ("pole", -2), ("minimum", -1.5734984731623904),
                  ("pole", -1), ("maximum", -0.5040830082644554), ("pole", 0), ("minimum", 1.4616321449683623)]),
    ("zeta(x)", [("maximum", -2.7172628292045743), ("pole", 1)]),  # OEIS A271855
    ("floor(x/2)", [("jump", -2), ("jump", 0), ("jump", 2)]),
    ("sign(x)", [("jump", 0)]),
    ("where(x > 0, 1, 0)", [("jump", 0)]),
    ("where(x < 1, x, 5 - x)", [("jump", 1)]),
    ("x/abs(x)", [("break", 0)]),
    ("exp(1/x)", [("break", 0)]),
    ("log(x)", [("edge", 0)]),
    ("lgamma(x)", [("pole", -3), ("minimum", -2.6107208684441447), ("pole", -2), ("minimum", -1.5734984731623904),
                   ("pole", -1), ("minimum", -0.5040830082644554), ("pole", 0), ("minimum", 1.4616321449683623)]),
    ("sqrt(x - 1)", [("edge", 1)]),
    ("sqrt(2 - x**2)", [("edge", -ROOT2), ("maximum", 0), ("edge", ROOT2)]),
    ("x**x", [("edge", -3), ("edge", -2), ("edge", -1), ("edge", 0), ("minimum", math.exp(-1))]),
    ("x*(x - 1)/(x - 1)", [("hole", 1)]),
]  # fmt: skip


@pytest.mark.slow_cases("zeta(x)", "exp(1/x)", "x*(x - 1)/(x - 1)", "sqrt(x - 1)")
@pytest.mark.parametrize(("text", "expected"), MARKS)
def test_marks_are_where_they_are(text, expected):
    found = marks(plot(text))
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    for (_, x), (_, place) in zip(found, expected, strict=True):
        assert x == pytest.approx(place, rel=1e-15, abs=1e-15)


# By hand, and DLMF 9.9.3 (Airy), 10.21 (Bessel).
ZEROS = [
    ("x**3 - 3*x", [-math.sqrt(3), 0, math.sqrt(3)]),
    ("x**2", [0]),
    ("1 - cos(x)", [0]),
    ("x**2 + 1", []),
    ("sin(x)", [0]),
    ("cos(x) - x", [0.7390851332151607]),  # OEIS A003957
    ("exp(x) - 2", [math.log(2)]),
    ("1/x", []),
    ("tan(x)", [0]),
    ("(x - 1/3)*exp(x)", [1 / 3]),
    ("airyai(x)", [-2.3381074104597674]),
    ("besselj(0, x)", [-2.404825557695773, 2.404825557695773]),
    ("sign(x)", []),
    ("log(x)", [1]),
    ("1e-300*(x - 1)", [1]),
    ("x**3*(x - 1)", [0, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ZEROS)
def test_zeros_are_where_f_is_0(text, expected):
    found = [mark for mark in plot(text).record["marks"] if mark["kind"] == "zero"]
    assert [mark["x"] for mark in found] == [pytest.approx(x, rel=1e-15, abs=1e-15) for x in expected]
    for mark in found:
        assert mark["certified"] and mark["between"][0] <= mark["x"] <= mark["between"][1]
        assert mark["between"][1] - mark["between"][0] <= math.ulp(mark["x"]) or mark["x"] == 0 == mark["f"]


BROKEN = ("pole", "jump", "break")


def joins(points: Sequence[tuple[float, float]], x: float) -> bool:
    """Whether a line between two points goes over a place, or from it to more than one side."""
    lines = [(a, b) for a, b in pairwise(points) if not math.isnan(a[1]) and not math.isnan(b[1])]
    over = any(min(a[0], b[0]) < x < max(a[0], b[0]) for a, b in lines)
    left, right = (any(x in (a[0], b[0]) and side * (a[0] + b[0] - 2 * x) > 0 for a, b in lines) for side in (-1, 1))
    return over or (left and right)


@pytest.mark.slow_cases("zeta(x)", "exp(1/x)")
@pytest.mark.parametrize("text", [text for text, expected in MARKS if any(kind in BROKEN for kind, _ in expected)])
def test_nothing_is_joined_over_a_break(text):
    finding = plot(text)
    rows = finding.record["points"]
    for kind, x in marks(finding):
        if kind in BROKEN and -3 < x < 3:
            before = max(k for k, row in enumerate(rows) if row["x"] < x and not math.isnan(row["f"]))
            after = min(k for k, row in enumerate(rows) if row["x"] > x and not math.isnan(row["f"]))
            assert any(math.isnan(row["f"]) for row in rows[before:after]), x
            assert not joins(finding.pictures[0].curves[0].points, x)


@pytest.mark.slow_cases("sin(x)/x")
@pytest.mark.parametrize("text", ["x**2", "abs(x**2-2)", "cbrt(x)", "x*abs(x)", "sin(x)/x", "sin(50*x)"])
def test_what_has_no_break_is_joined(text):
    rows = plot(text).record["points"]
    assert not any(math.isnan(row["f"]) for row in rows)
    assert (rows[0]["x"], rows[-1]["x"]) == (-3.0, 3.0)
    assert [row["x"] for row in rows] == sorted(row["x"] for row in rows)


@pytest.mark.parametrize(
    ("text", "f"), [("exp(sin(x))", lambda x: mpmath.exp(mpmath.sin(x))), ("1/x", lambda x: 1 / x)]
)
def test_values_are_right_to_the_last_digit(text, f):
    mpmath.mp.dps = 50
    for row in plot(text, derivative=True).record["points"][::7]:
        if not math.isnan(row["f"]):
            assert row["f"] == float(f(mpmath.mpf(row["x"])))
            assert row["derivative"] == pytest.approx(float(mpmath.diff(f, mpmath.mpf(row["x"]))), rel=1e-14, abs=1e-30)


def test_a_kink_has_its_slopes_and_its_certificate():
    (kink,) = plot("max(x, 3*x)").record["marks"]
    assert (kink["left"], kink["right"], kink["f"], kink["certified"]) == (1.0, 3.0, 0.0, True)
    assert kink["text"] == "kink in max(x, 3*x)"
    mark = plot("abs(x**2-2)", 1.0, 2.0).record["marks"][0]
    assert mark["between"][0] < mark["between"][1] <= math.nextafter(math.nextafter(mark["between"][0], 9), 9)
    assert mark["certified"] and mark["left"] == pytest.approx(-2 * ROOT2) == -mark["right"]


@given(st.integers(-40, 40), st.integers(1, 40), st.integers(-5, 5))
@settings(max_examples=15, deadline=None)
def test_the_turn_of_a_parabola_is_bracketed(numerator, denominator, height):
    place = Fraction(numerator, denominator)
    finding = plot(f"(x - ({numerator}/{denominator}))**2 + ({height})", -50.0, 50.0)
    ((kind, _),) = marks(finding)
    (turn,) = (mark for mark in finding.record["marks"] if mark["kind"] != "zero")
    low, high = map(Fraction, turn["between"])
    assert kind == "minimum" and low <= place <= high
    assert high <= Fraction(math.nextafter(float(low), math.inf))


@given(st.fractions(-3, 3, max_denominator=50), st.sampled_from(["abs(x-({}))", "floor(x-({}))", "1/(x-({}))"]))
@settings(max_examples=15, deadline=None)
def test_a_special_place_is_found_wherever_it_is(place, form):
    found = marks(plot(form.format(place), float(place) - 0.4, float(place) + 0.3))
    assert [x for _, x in found] == [pytest.approx(float(place), abs=1e-15)]


@given(st.fractions(-5, 5, max_denominator=200), st.floats(1e-12, 1.0))
def test_the_simplest_fraction_is_that_of_least_denominator(place, width):
    low, high = float(place) - width, float(place) + width
    found = simplest_rational(low, high)
    assert Fraction(low) <= found <= Fraction(high) and found.denominator <= place.denominator


def test_a_double_root_of_the_slope_is_settled():
    """Where enclosures do not decide, isolation of the factors does."""
    finding = plot("(x**2 - 2)**3")
    assert marks(finding) == [("inflection", -ROOT2), ("minimum", 0.0), ("inflection", ROOT2)]
    assert all(mark["certified"] for mark in finding.record["marks"])
    assert not finding.notes


@pytest.mark.slow
@pytest.mark.covers
def test_without_a_closed_form_of_the_slope_points_stand_alone():
    finding = plot("sphericalbesselj(x, 2)", 0.0, 2.0)
    assert finding.notes == ("f' has no closed form here, so no points are joined",)
    rows = [row for row in finding.record["points"] if not math.isnan(row["f"])]
    mpmath.mp.dps = 40
    assert all(row["f"] == float(mpmath.sqrt(mpmath.pi / 4) * mpmath.besselj(row["x"] + 0.5, 2)) for row in rows[::40])


@pytest.mark.slow
@pytest.mark.covers
def test_too_much_is_said_to_be_too_much():
    finding = plot("floor(1000*x)")
    assert finding.notes == ("too much happens in this range to follow all of it: ask for a shorter one",)
    assert sum(not math.isnan(row["f"]) for row in finding.record["points"]) > 300


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("gelu(x)", "ok"),
        ("besseli(1000, erfcx(x))", "ok"),
        ("(erf(2**63))^(x)", "ok"),
        ("li(exp2(expint(x, x)))", "unresolved"),
        ("besselj(8000, x)", "ok"),
    ],
)
def test_a_plot_has_a_budget_and_says_so(text, status):
    """The work is counted and not timed, so that the same is given up everywhere."""
    finding = plot(text, -1e10, 1e10)
    assert finding.status == status
    assert status == "ok" or any("would take too long" in note for note in finding.notes)


def test_poles_do_not_set_the_scale():
    window = plot("1/x").pictures[0].window
    assert window is not None and max(map(abs, window)) < 100


def test_a_function_without_values_has_no_picture():
    finding = plot("log(-1-x**2)")
    assert (finding.status, finding.code, finding.pictures) == ("undefined", 3, ())
    assert finding.sentence == "f has no value from -3.0 to 3.0"


RANGES = [
    ("x**2", -5, 5), ("exp(x)", -5, 5), ("log(x)", 0, 2), ("sqrt(x-100)", 0, 200), ("sin(x)", -10, 10),
    ("x**3-3*x", -3, 3), ("5", -5, 5), ("log(-1-x**2)", -5, 5),
]  # fmt: skip


@pytest.mark.parametrize(("text", "low", "high"), RANGES)
def test_a_range_is_chosen(text, low, high):
    assert choose_range(parse(text).root, "x") == (low, high)


@pytest.mark.slow_cases("tan(x)--1e+300-1e+300")
@pytest.mark.parametrize(
    ("low", "high"), [(-1e300, 1e300), (1.0, math.nextafter(1.0, 2.0)), (0.0, 5e-324), (1e22, 1e22 + 2**22)]
)
@pytest.mark.parametrize("text", ["x**2", "tan(x)", "abs(x)", "1/x"])
def test_extreme_ranges_are_drawn(text, low, high):
    assert plot(text, low, high).record["points"]


def test_a_range_beyond_doubles_is_refused():
    with pytest.raises(UsageError, match="longer than the largest double"):
        plot("x", -1.7e308, 1.7e308)


def test_from_the_command_line(run: Run, tmp_path: Path):
    done = run("plot", "a*x", "--over", "0:1")
    assert done.err == "error: plot draws one variable, and the expression has 2\nhelp: fix the others: --let 'a=1'\n"
    done = run("plot", "a*x", "--let", "a=2", "--over", "x=0:1", "--derivative", "--json")
    (record,) = json.loads(done.out)["records"]
    assert (record["over"], record["points"][-1]) == ({"x": [0.0, 1.0]}, {"x": 1.0, "f": 2.0, "derivative": 2.0})
    lines = run("plot", "1/x", "--over=-1:1").out.splitlines()
    assert lines[0] == "-1.0\t-1.0" and lines[-1] == "1 pole" and any(line.endswith("\t") for line in lines)
    assert run("plot", "x", "--over", "0:1", "--format", "csv").out.startswith("x,f\n0.0,0.0\n")
    assert run("plot", "x", "--at", "1").err.splitlines()[1] == "help: write --over -3:3 for the range"
    several = run("plot", stdin=b"x**2\n1/0*y\n").out
    assert "x**2\t" in several


@pytest.mark.parametrize("width", ["40", "80"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_terminals_of_any_width(width: str, encoding: str):
    done = process("plot", "gamma(x)", "--derivative", "--format", "table", COLUMNS=width, PYTHONIOENCODING=encoding)
    assert max(map(len, done.out.splitlines())) <= int(width)
    assert "pole" in done.out and "minimum" in done.out
    assert done.out.isascii() is (encoding == "ascii")


@pytest.mark.slow_cases("exp(-(x-1)**2/1e-8)", "asin(sin(x))")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/(x**2+1e-9)", [("maximum", 0.0)]),  # the denominator is least there
        ("1/(1e-12+(x-0.3)**2)", [("maximum", 0.3)]),
        ("1/((x-1)*(x-1.001))", [("pole", 1.0), ("maximum", 1.0005), ("pole", 1.001)]),  # symmetric about 1.0005
        ("exp(-(x-1)**2/1e-8)", [("maximum", 1.0)]),
        ("sqrt((x-0.6)**2+1e-14)", [("minimum", 0.6)]),
        ("asin(sin(x))", [("kink", -math.pi / 2), ("kink", math.pi / 2)]),  # a triangle wave
        pytest.param("acos(cos(3*(x+2)))", [("kink", -2 + k * math.pi / 3) for k in range(5)], marks=pytest.mark.slow),
        pytest.param(
            "asin(sin(x**2))",
            [("kink", -math.sqrt(math.pi / 2)), ("minimum", 0.0), ("kink", math.sqrt(math.pi / 2))],
            marks=pytest.mark.slow,
        ),
        ("cbrt(x-0.9149163)", [("vertical_tangent", 0.9149163)]),
        ("(x-1.2345678)/(x-1.2345678)", [("hole", 1.2345678)]),  # 1 elsewhere
        ("(x**2-2)/(x-sqrt(2))", [("hole", math.sqrt(2))]),  # x + sqrt(2)
        ("abs(sin(2*(x-1.5)))", [("kink", 1.5 - k * math.pi / 2) for k in (2, 1, 0)]),
        ("abs(x)**1.5", []),  # the slope is 0 at 0, from both sides
        ("tan(x)", [("pole", -math.pi / 2), ("pole", math.pi / 2)]),
    ],
)
def test_narrow_turns_and_irrational_places_are_found(text: str, expected: list[tuple[str, float]]) -> None:
    reach = 2.0 if "x**2))" in text else 3.0
    finding = plot(text, -reach, reach)
    found = [mark for mark in marks(finding) if not (mark[0] == "maximum" and text.startswith("abs(sin"))]
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    assert [x for _, x in found] == pytest.approx([x for _, x in expected], rel=1e-9, abs=1e-12)


@pytest.mark.slow
@pytest.mark.covers
def test_what_is_not_settled_is_said() -> None:
    """The slope of sqrt(1 - cos(x)) is 0/0 beside its kink, in enclosures that are not narrow."""
    assert not plot("sqrt(1-cos(x))").notes
    (note,) = plot("sqrt(1-cos(x))*zeta(x)").notes
    assert note.startswith("it is not known whether f' is 0 between")


@pytest.mark.slow_cases("1/(1+exp(1/x))", "exp(-1e6*(x-1)**2)", "exp(-800*(x**2-1)**2)")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exp(-1000*(x-1)**2)", [("maximum", 1.0)]),
        ("exp(-1e6*(x-1)**2)", [("maximum", 1.0)]),
        ("x**2*exp(-50*x**2)", [("maximum", -math.sqrt(0.02)), ("minimum", 0.0), ("maximum", math.sqrt(0.02))]),
        ("exp(-800*(x**2-1)**2)", [("maximum", -1.0), ("minimum", 0.0), ("maximum", 1.0)]),
        ("1/(1+exp(1/x))", []),
        ("exp(-1/x**2)", []),
    ],
)
def test_signs_of_slopes_are_told_by_factors(
    text: str, expected: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few enclosures are needed where a slope is nearly 0 because of a factor that is positive."""
    count = 0
    enclose = Encloser.at

    def count_enclosures(self: Encloser, point: Mapping[str, Constant]) -> Enclosure:
        nonlocal count
        count += 1
        return enclose(self, point)

    monkeypatch.setattr(Encloser, "at", count_enclosures)
    finding = plot(text)
    assert marks(finding) == [(kind, pytest.approx(x, rel=1e-9, abs=1e-12)) for kind, x in expected]
    assert not any("f' is 0" in note or "stationary" in note for note in finding.notes)
    assert count < 30_000


@pytest.mark.parametrize(
    ("text", "positive", "rest"),
    [
        ("-2*x*exp(-x**2)", "exp(-x**2)", "-2*x"),
        ("x/(1+exp(x))**2", "1/(1+exp(x))**2", "x"),
        ("x**2*exp(x)", "exp(x)", "x**2"),  # a square may be 0
        ("sin(x)/sqrt(1-x)", "1/sqrt(1-x)", "sin(x)"),  # a divisor is not
        ("x*sqrt(x**2+1)/(x**2+exp(x))**3", "sqrt(x**2+1)/(x**2+exp(x))**3", "x"),
        ("x**3+1", "1", "x**3+1"),
        ("x/(x-1)**2", "1/(x-1)**2", "x"),
        ("x*(exp(x)-1)", "1", "x*(exp(x)-1)"),
    ],
)
def test_what_is_positive_is_set_apart(text: str, positive: str, rest: str) -> None:
    part, other = split_positive(parse(text).root)
    assert prove_equal((), part, parse(positive).root) is not None
    assert prove_equal((), other, parse(rest).root) is not None


# --- what the picture shows -----------------------------------------------------------------


def drawn(finding: Finding, sign: str) -> list[tuple[float, float]]:
    return [(mark.x, mark.y) for mark in finding.pictures[0].marks if mark.sign == sign]


@pytest.mark.slow_cases("floor(x)", "sign(x-1)", "(x-1)/abs(x-1)", "where(x < 4/3, x, 5 - x)", "(x**2-1)/(x-1)")
@pytest.mark.parametrize(
    ("text", "closed", "opened"),
    [
        ("floor(x)", [(1, 1), (2, 2)], [(1, 0), (2, 1)]),
        ("ceil(x)", [(1, 1), (2, 2)], [(1, 2), (2, 3)]),
        ("sign(x-1)", [(1, 0)], [(1, -1), (1, 1)]),
        ("(x-1)/abs(x-1)", [], [(1, -1), (1, 1)]),
        ("where(x < 4/3, x, 5 - x)", [(4 / 3, 11 / 3)], [(4 / 3, 4 / 3)]),
        ("(x**2-1)/(x-1)", [], [(1, 2)]),
    ],
)
def test_jumps_have_open_and_closed_ends(text, closed, opened):
    finding = plot(text, 0.5, 2.5)
    assert drawn(finding, "dot") == [pytest.approx(place) for place in closed]
    assert drawn(finding, "open") == [pytest.approx(place) for place in opened]
    assert not [mark for mark in finding.pictures[0].marks if math.isnan(mark.y)]
    one_sided = plot("exp(1/x)")
    assert drawn(one_sided, "open") == [(0, 0)]
    assert [mark.x for mark in one_sided.pictures[0].marks if math.isnan(mark.y)] == [0]


def test_what_is_not_proved_is_drawn_as_such():
    marks = plot("1/(sin(x**2) - x/7)", 1.0, 2.0).pictures[0].marks
    assert [(mark.text, mark.proved) for mark in marks] == [("minimum", True), ("pole", False)]
    marks = plot("abs(x**2 - 2)").pictures[0].marks
    assert [(mark.text, mark.proved) for mark in marks] == [("kink", True), ("maximum", True), ("kink", True)]
    assert all(mark.proved for mark in plot("max(x, x**2)").pictures[0].marks)


@pytest.mark.slow_cases("x*sin(7000*x)", "3*cos(20000*x) + 1")
@pytest.mark.parametrize("text", ["sin(9000*x)", "3*cos(20000*x) + 1", "x*sin(7000*x)"])
def test_what_swings_too_fast_is_an_envelope(text):
    """It holds every value, and comes near the highest and the lowest of them."""
    finding = plot(text, 1.0, 2.0)
    curve, band = finding.pictures[0].curves
    assert band.look == "band" and not [y for _, y in curve.points if math.isfinite(y)][2:]
    edges = dict(zip([x for x, _ in band.points], zip([y for _, y in band.points], band.top, strict=True), strict=True))
    f = parse(text).root
    for k in range(500):
        x = 1 + k / 500
        low, high = edges[max(edge for edge in edges if edge <= x)]
        assert low - 0.02 <= evaluate(f, {"x": x}) <= high + 0.02
    hidden = f"{len(finding.record['marks'])} more marks lie where f swings faster than can be drawn"
    assert (hidden in finding.notes) is bool(finding.record["marks"]) and not finding.pictures[0].marks


@pytest.mark.slow
@pytest.mark.covers
def test_what_was_tried_looks_unlike_what_is_proved_and_hides_no_extremum():
    """Somewhere among its swings sin(1/x) has extrema, but none where it is not 1 or -1."""
    finding = plot("sin(1/x)", -1.0, 1.0)
    assert [curve.look for curve in finding.pictures[0].curves] == ["line", "band", "loose band"]
    assert all(abs(mark["f"]) == 1 for mark in finding.record["marks"] if mark["kind"] in ("maximum", "minimum"))
    assert any(note.endswith(", and at 2 other places") for note in finding.notes)
    marks = plot("(x - 1/3)**20", 0.0, 1.0).record["marks"]
    assert [(mark["kind"], mark["x"]) for mark in marks if mark["kind"] == "minimum"] == [
        ("minimum", pytest.approx(1 / 3))
    ]


@pytest.mark.slow
@pytest.mark.covers
def test_a_curve_that_bends_between_two_places_gets_more_of_them():
    points = plot("exp(-1e5*(x-0.123)**2)", -3.0, 3.0).pictures[0].curves[0].points
    assert max(y for _, y in points if math.isfinite(y)) > 0.9
    assert len(plot("sin(x)").pictures[0].curves) == 1


def test_too_many_marks_are_not_drawn_and_a_note_says_so():
    finding = plot("sin(60*x)")
    assert {mark.text for mark in finding.pictures[0].marks} == set()
    assert finding.notes[0].startswith("the picture does not mark the 57 minima and 57 maxima")
    assert finding.notes[1] == "f has more than 40 zeros here, and none is marked: ask for a shorter range"
    assert len(finding.record["marks"]) == 114


def several(*texts: str, **options: object) -> Finding:
    first, *more = (parse(text).root for text in texts)
    return find(
        Subject(root=first, names=("x",), wrt=(), more=tuple(more)),
        over=[(None, (0.5, 3.0))],
        **options,  # type: ignore[arg-type]  # by name
    )


def test_several_functions_share_a_picture():
    finding = several("x**2", "abs(x-1)", "log(-x)", derivative=True)
    names = [curve.name for curve in finding.pictures[0].curves]
    assert names == ["x**2", "(x**2)'", "abs(x - 1)", "(abs(x - 1))'"]
    assert [len(curve["marks"]) for curve in finding.record["curves"]] == [0, 1, 0]
    assert finding.record["points"] == finding.record["curves"][0]["points"]
    assert finding.sentence == "abs(x - 1): 1 kink" and finding.status == "ok"
    nothing = several("log(-x)", "sqrt(-x)")
    assert (nothing.code, nothing.pictures) == (3, ())
    assert nothing.sentence == "no expression has a value from 0.5 to 3.0"


def test_axes_and_size_are_those_asked_for():
    picture = plot("exp(x)", 0.01, 100.0, log=frozenset("xy"), width=50, height=9).pictures[0]
    assert (picture.log_x, picture.log_y, picture.width, picture.height) == (True, True, 50, 9)
    xs = [x for x, _ in picture.curves[0].points]
    assert xs[len(xs) // 2] == pytest.approx(1.0, rel=0.2)
    assert plot("tan(x)", window=(-2.0, 2.0)).pictures[0].window == (-2.0, 2.0)
    assert "a logarithmic axis shows no values that are 0 or negative" in plot("x", log=frozenset("y")).notes
    with pytest.raises(UsageError, match="a logarithmic axis begins above 0"):
        plot("x", log=frozenset("x"))
    chosen = find(Subject(root=parse("x**2").root, names=("x",), wrt=()), log=frozenset("x"))
    assert chosen.record["over"] == {"x": [5e-4, 5.0]}


def test_options_of_pictures(run: Run, tmp_path: Path):
    arguments = ("plot", "x**2", "x**3", "--over", "1:3", "--format", "table")
    done = run(*arguments, "--width", "50", "--height", "6", "-q")
    assert (done.code, done.err) == (0, "")
    rows = done.out.splitlines()
    assert max(map(len, rows)) == 50 and sum("┤" in row or "│" in row for row in rows) == 6
    assert run(*arguments, "--log", "x", "--log", "y", "--y-range", "1:100").code == 0
    assert run("plot", "x", "--log", "z").err.startswith("error: --log must be x, y or x,y, not z")
    assert run("plot", "x", "--y-range", "1:2,3:4").err.startswith("error: ")
    assert run("plot", "x", "--y-range", "x=1:2").err.startswith("error: --y-range must be one range, not x=1:2")
    assert run("plot", "x", "--width", "0").err.startswith("error: must be at least 1, not 0")
    lines = run("plot", "x**2", "x**3", "--over", "0:1", "--format", "csv").out.splitlines()
    assert lines[:2] == ["expression,x,f", "x**2,0.0,0.0"] and lines[-1] == "x**3,1.0,1.0"
    path = tmp_path / "both.svg"
    assert run("plot", "x**2", "x**3", "-o", str(path), "--width", "500").code == 0
    assert 'width="500"' in path.read_text(encoding="utf-8")
