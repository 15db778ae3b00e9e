"""The limit definition: quotients by hand in mpmath's and Python's own numbers, slopes by theory."""

from __future__ import annotations

import json
import math

import mpmath
import pytest

from dcalc.analysis.quotient import ROWS, SCHEMES, Quotients, find, step_sizes
from dcalc.errors import UsageError
from dcalc.finding import Finding, Subject
from dcalc.parser import parse
from dcalc.problem import Problem
from tests.cli.conftest import Run, process

TEXTBOOK = {  # written out once more, in Python's own arithmetic
    "forward": lambda f, x, h: (f(x + h) - f(x)) / h,
    "backward": lambda f, x, h: (f(x) - f(x - h)) / h,
    "central": lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h),
    "five": lambda f, x, h: (-f(x + 2 * h) + 8 * f(x + h) - 8 * f(x - h) + f(x - 2 * h)) / (12 * h),
}
ORDERS = {"forward": 1, "backward": 1, "central": 2, "five": 4, "complex": 2, "richardson": 6}


def tabulate(text: str, at: float, **options: object) -> Finding:
    root = parse(text).root
    return find(Subject(root=root, names=("x",), wrt=("x",), order=1, at={"x": at}), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("h", [0.1, 1e-5, 1e-11])
@pytest.mark.parametrize(("text", "f"), [("exp(x)", math.exp), ("1/x", lambda x: 1 / x)])
def test_quotients_are_the_textbooks(name, h, text, f):
    quotients = Quotients(Problem(parse(text).root, ("x",), {"x": 0.75}))
    largest = max(abs(f(0.75 + k * h)) for k in (-2, -1, 0, 1, 2))
    rounding = 40 * math.ulp(largest) / h
    assert SCHEMES[name].quotient(quotients, h) == pytest.approx(TEXTBOOK[name](f, 0.75, h), abs=rounding)


@pytest.mark.parametrize("name", SCHEMES)
def test_the_truncation_error_is_what_theory_says(name):
    """The leading term of each, from Taylor series in mpmath, where rounding does not show yet."""
    h, x = 0.1, 0.75
    derivative = {k: float(mpmath.diff(mpmath.sin, x, k)) for k in (2, 3, 5, 7)}
    leading = {
        "forward": derivative[2] * h / 2,
        "backward": -derivative[2] * h / 2,
        "central": derivative[3] * h**2 / 6,
        "five": -derivative[5] * h**4 / 30,
        "complex": -derivative[3] * h**2 / 6,
        "richardson": derivative[7] * h**6 / 5040 / 64,
    }[name]
    quotients = Quotients(Problem(parse("sin(x)").root, ("x",), {"x": x}))
    error = SCHEMES[name].quotient(quotients, h) - math.cos(x)
    assert error == pytest.approx(leading, rel=0.1)


def test_steps_hold_the_rows():
    fine = step_sizes()
    assert set(ROWS) <= set(fine) and sorted(fine, reverse=True) == fine
    assert (ROWS[0], ROWS[-1], len(ROWS)) == (0.1, 1e-16, 16)


@pytest.mark.parametrize(("text", "at"), [("sin(x)", 1.0), ("exp(x)", 0.3), ("1/(1+x**2)", 0.7), ("log(x)", 2.0)])
def test_observed_slopes_are_the_orders_of_the_schemes(text, at):
    slopes = tabulate(text, at).record["slopes"]
    for name, slope in slopes.items():
        if slope["truncation"] is not None:
            assert slope["truncation"] == pytest.approx(ORDERS[name], abs=0.35), name
        if name == "complex":
            assert slope["rounding"] in (None, pytest.approx(0, abs=0.1))  # it does not round
        else:
            assert slope["rounding"] == pytest.approx(-1, abs=0.15), name
    assert all(slopes[name]["truncation"] is not None for name in ("forward", "backward", "central", "complex"))


@mpmath.workdps(40)
def test_errors_and_best_steps():
    record = tabulate("exp(x)", 1.0).record
    truth = mpmath.mpf(mpmath.e)
    for name in SCHEMES:
        errors = [row[name]["error"] for row in record["rows"]]
        for row in record["rows"]:
            expected = abs(mpmath.mpf(row[name]["value"]) - truth)
            assert row[name]["error"] == pytest.approx(float(expected), rel=1e-9, abs=1e-25)
        best = record["best"][name]
        assert best["error"] == min(errors)
        assert best["h"] == record["rows"][errors.index(min(errors))]["h"]
    assert (record["left"], record["right"], record["value"]) == (math.e, math.e, math.e)


WITHOUT = [
    ("abs(x)", 0.0, "kink", -1.0, 1.0, "kink in abs(x); forward tends to 1.0; backward tends to -1.0; central, "
     "five, richardson to their mean 0.0, which is not a derivative"),
    ("max(x, 3*x)", 0.0, "kink", 1.0, 3.0, "kink in max(x, 3*x); forward tends to 3.0; backward tends to 1.0; central, "
     "five, richardson to their mean 2.0, which is not a derivative"),
    ("x*sqrt(x)", 0.0, "boundary", None, 0.0, "forward tends to 0.0"),
    ("floor(x)", 1.0, "jump", None, 0.0, "jump of floor(x); forward tends to 0.0"),
    ("cbrt(x)", 0.0, "vertical_tangent", None, None, "vertical tangent of cbrt(x)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "kind", "left", "right", "sentence"), WITHOUT)
def test_where_there_is_no_derivative(text, at, kind, left, right, sentence):
    finding = tabulate(text, at)
    record = finding.record
    assert (finding.code, finding.status, record["kind"]) == (3, "not_differentiable", kind)
    assert (record["left"], record["right"], record["value"]) == (left, right, None)
    assert sentence in finding.sentence
    errors = {row[name]["error"] for row in record["rows"] for name in SCHEMES}
    assert errors == {None}
    if right is not None:
        assert record["rows"][5]["forward"]["value"] == pytest.approx(right, abs=1e-2)


def test_a_hole_has_a_limit_and_no_forward_quotient():
    record = tabulate("sin(x)/x", 0.0).record
    assert (record["value"], record["rows"][2]["forward"]["value"]) == (0.0, pytest.approx(math.nan, nan_ok=True))
    assert record["best"]["forward"] is None and record["best"]["central"]["error"] == 0.0


def test_a_derivative_beyond_a_double_is_told():
    finding = tabulate("exp(x)", 800.0)
    assert (finding.status, finding.code, finding.record["value"]) == ("overflow", 3, None)


def test_chosen_schemes_alone_are_followed():
    assert list(tabulate("x**2", 1.0, scheme=["central"]).record["rows"][0]) == ["h", "central"]


def test_a_scheme_that_cannot_says_so():
    finding = tabulate("abs(x)", 0.0, scheme=["complex"])
    assert (finding.code, finding.status, finding.sentence) == (4, "unsupported", "abs(x): not analytic there")
    assert "complex: abs(x): not analytic there" in tabulate("abs(x)", 0.0).notes


def test_a_mixed_partial_is_refused():
    with pytest.raises(UsageError, match="one derivative by one variable"):
        find(Subject(root=parse("x*y").root, names=("x", "y"), wrt=("x", "y"), order=2, at={"x": 1.0, "y": 1.0}))


@pytest.mark.parametrize(("text", "at"), [("1e300*x**9", 1e10), ("sin(x)", 1e22), ("x", 5e-324), ("x**2", 1e308)])
def test_extreme_points_neither_fail_nor_claim(text, at):
    finding = tabulate(text, at)
    assert len(finding.record["rows"]) == 16


def test_from_the_command_line(run: Run):
    done = run("quotient", "x*y", "--at", "x=2,y=3", "--wrt", "y", "--scheme", "forward,central", "--json")
    (record,) = json.loads(done.out)["records"]
    assert (done.code, record["value"], record["wrt"]) == (0, 2.0, "y")
    assert set(record["rows"][0]) == {"h", "forward", "central"}


NAMES = "there are forward, backward, central, five, complex and richardson"
CALLS_REFUSED = [
    (("--at", "1", "--scheme", "centrl"), "error: no scheme named centrl\nhelp: did you mean central?\n"),
    (("--at", "1", "--scheme", "q"),
     f"error: no scheme named q\nhelp: {NAMES}\n"),
    (("--at", "1", "--scheme", "five,"),
     f"error: no scheme is given\nhelp: {NAMES}\n"),
    ((), "error: quotient needs a point\nhelp: write --at 1, or --at x=1,y=2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), CALLS_REFUSED)
def test_refused_calls(run: Run, options: tuple[str, ...], message: str):
    done = run("quotient", "x**2", *options)
    assert (done.code, done.out, done.err) == (2, "", message)


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_tables_keep_to_the_terminal(width: str):
    done = process("quotient", "sin(x)", "--at", "1", "--format", "table", COLUMNS=width)
    assert max(map(len, done.out.splitlines())) <= int(width)
    assert "*1.2e-14" in done.out and "Error by step" in done.out and "richardson" in done.out


def test_programs_get_one_table(run: Run):
    lines = run("quotient", "x**2", "--at", "1", "--scheme", "forward", "--format", "csv").out.splitlines()
    assert lines[0] == "h,forward_value,forward_error" and len(lines) == 17
    assert [len(line.split("\t")) for line in run("quotient", "x", "--at", "1").out.splitlines()[:16]] == [13] * 16
