"""The backends over a range, against errors worked out in mpmath and by hand."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.analysis import compare as analysis
from dcalc.analysis.compare import Course, Tried, find_over_range
from dcalc.analysis.toolkit import even_points, random_points
from dcalc.backends import names
from dcalc.errors import DcalcError
from dcalc.expr import variables
from dcalc.finding import Finding, Subject
from dcalc.parser import parse
from dcalc.problem import Result, Score
from tests.cli.conftest import Run


def over(text: str, *backends: str, **options: object) -> Finding:
    root = parse(text).root
    names = tuple(variables(root))
    return find_over_range(Subject(root=root, names=names, wrt=names[:1], backends=backends), **options)  # type: ignore[arg-type]


def row(finding: Finding, name: str) -> dict[str, object]:
    return next(one for one in finding.record["backends"] if one["backend"] == name)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 40))
def test_even_points_are_rounded_once(low, width, count):
    high = low + width
    places = list(even_points((low, high), count))
    exact = [Fraction(low) + (Fraction(high) - Fraction(low)) * k / (count - 1) for k in range(count)]
    assert places == [float(place) for place in exact]
    assert (places[0], places[-1]) == (low, high)


@pytest.mark.parametrize("ranges", [{"x": (0.0, 1.0)}, {"x": (-1.0, 1.0), "y": (2.0, 3.0)}])
def test_drawn_points_hold_the_corners_and_depend_on_the_seed(ranges):
    points = list(random_points(ranges, 20, 7))
    assert points == list(random_points(ranges, 20, 7)) != list(random_points(ranges, 20, 8))
    assert points[0] == {name: ends[0] for name, ends in ranges.items()}
    assert points[-1] == {name: ends[1] for name, ends in ranges.items()}
    assert all(low <= point[name] <= high for point in points for name, (low, high) in ranges.items())
    if len(ranges) == 1:
        assert sorted(point["x"] for point in points) == [point["x"] for point in points]


def test_ulps_are_those_of_mpmath():
    """The symbolic backend's formula in doubles, against the same derivative at 60 digits."""
    finding = over("x**2*sin(x)", "symbolic", points=30, over=[("x", (0.1, 3.0))])
    mpmath.mp.dps = 60
    errors = []
    for x in even_points((0.1, 3.0), 30):
        truth = mpmath.diff(lambda t: t**2 * mpmath.sin(t), mpmath.mpf(x))
        value = 2 * x * math.sin(x) + x**2 * math.cos(x)
        errors.append(float(abs(mpmath.mpf(value) - truth)) / math.ulp(float(truth)))
    found = row(finding, "symbolic")
    assert found["worst_ulps"] == pytest.approx(max(errors), rel=0.05)
    assert found["median_ulps"] == pytest.approx(sorted(errors)[15], rel=0.35)
    assert found["worst_at"] == {"x": list(even_points((0.1, 3.0), 30))[errors.index(max(errors))]}


def test_the_reference_is_within_half_an_ulp():
    finding = over("x**2*sin(x)", points=50, over=[("x", (0.1, 3.0))])
    assert finding.code == 0 and "no backend is off" in finding.sentence
    assert row(finding, "reference")["worst_ulps"] <= 0.5
    assert {one["backend"] for one in finding.record["backends"]} == set(names())


def test_a_number_where_there_is_none_is_a_no():
    finding = over("abs(x)", "forward", points=3, over=[("x", (-1.0, 1.0))])
    assert (finding.code, finding.record["with_value"], row(finding, "forward")["claimed"]) == (1, 2, 1)
    assert finding.sentence == "forward gives a number at 1 point where there is none"


def test_what_cannot_be_done_is_counted_and_is_no_no():
    subject = Subject(root=parse("exp(x)").root, names=("x",), wrt=("x",), order=5, backends=("finite",))
    finding = find_over_range(subject, points=4, over=[("x", (1.0, 2.0))])
    found = row(finding, "finite")
    assert found["unable"] == finding.record["with_value"] and found["worst_ulps"] is None
    assert finding.code == 0


def test_a_loose_backend_is_off_where_the_tolerance_is_strict():
    subject = Subject(root=parse("(1-cos(x))/x**2").root, names=("x",), wrt=("x",), tol=1e-13, backends=("forward",))
    finding = find_over_range(subject, points=11, over=[(None, (0.01, 1.0))])
    assert finding.code == 1 and finding.sentence.startswith("forward is off by more than 1e-13 at ")


def test_several_variables_are_drawn():
    finding = over("x*y**2", "finite", points=9, over=[("x", (0.0, 1.0)), ("y", (1.0, 2.0))])
    record = finding.record
    assert (record["spacing"], record["seed"], record["points"]) == ("random", 0, 9)
    assert row(finding, "finite")["worst_at"].keys() == {"x", "y"}


REFUSED = [
    ({"points": 1, "over": [("x", (0.0, 1.0))]}, "at least 2 points"),
    ({"points": 10**6, "over": [("x", (0.0, 1.0))]}, "more than 100,000 points"),
    ({"points": 5}, "no range is given for x"),
    ({"over": [("y", (0.0, 1.0))]}, "no variable y"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_refused(options, message):
    with pytest.raises(DcalcError, match=message):
        over("x**2", **options)


def tried(*ulps: float | None) -> Course:
    scores = [Score(Result("a", 1.0, seconds=k), abs_error=u, rel_error=u, ulps=u) for k, u in enumerate(ulps)]
    return Course("a", [Tried({"x": float(k)}, score, False, False, False) for k, score in enumerate(scores)])


def test_percentiles_are_of_the_nearest_rank():
    course = tried(*map(float, range(1, 201)))
    assert analysis.percentile(course.ulps(), 0.99) == 198.0
    assert course.worst is not None and course.worst.at == {"x": 199.0} and course.seconds == 99.5
    assert analysis.percentile([], 0.99) is None and tried(None).worst is None


def test_a_missed_zero_is_infinitely_far_off():
    one = Tried({}, Score(Result("a", 1.0), abs_error=1.0), True, False, False)
    assert one.ulps == math.inf


def test_from_the_command_line(run: Run):
    done = run("compare", "x**3", "--points", "5", "--over=-1:1", "--backend", "forward,reverse", "--json")
    (record,) = json.loads(done.out)["records"]
    assert (done.code, record["over"], record["spacing"]) == (0, {"x": [-1.0, 1.0]}, "even")
    csv = run("compare", "x**3", "--points", "5", "--over=0:1", "--backend", "forward", "--format", "csv").out
    heading, line = csv.splitlines()
    assert heading.startswith("backend,answered,unable,claimed,off,worst_ulps") and line.startswith("forward,5,0,0,0,")
    clash = run("compare", "x", "--at", "1", "--points", "5")
    assert (clash.code, clash.err.splitlines()[0]) == (
        2,
        "error: --at is a point, but --points and --over are a range",
    )
    table = run("compare", "abs(x)", "--over=-1:1", "--points", "3", "--format", "table")
    assert table.code == 1 and "3, evenly spaced, ends included; 2 have a derivative" in table.out


def test_what_is_true_of_several_backends_is_said_once_and_no_errors_are_no_picture(run: Run):
    result = run("compare", "abs(x)", "--points", "3", "--over", "x=-1:1")
    assert result.out.splitlines()[-1] == (
        "forward, reverse, symbolic, taylor give a number at 1 point where there is none"
    )
    assert "Worst errors" not in run("compare", "abs(x)", "--points", "3", "--over", "x=-1:1", "--format", "table").out
    assert "Worst errors" in run("compare", "sin(x)", "--points", "3", "--over", "x=0:1", "--format", "table").out
