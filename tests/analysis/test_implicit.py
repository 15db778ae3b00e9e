"""Derivatives of curves by equations and parameters. Truths are worked out by hand, as in any calculus book."""

import json
from math import cos, log, sin
from typing import Any

import pytest

from tests.cli.conftest import Run


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run("implicit", *arguments, "--json").out)["records"]
    return record


@pytest.mark.parametrize(
    ("arguments", "derivative"),
    [
        (("x^2 + y^2 = 25",), "-x/y"),
        (("x^2 + y^2 = 25", "--of", "x", "--wrt", "y"), "-y/x"),
        (("x*y = 1",), "-y/x"),
        (("y = x^2",), "2*x"),
        (("y=c*x^2", "--wrt", "x"), "2*c*x"),
        (("sin(y) = x",), "sec(y)"),
        (("exp(y) + x = 0",), "-exp(-y)"),
        (("u^2 = v", "--of", "u", "--wrt", "v"), "1/(2*u)"),
        (("a*x + b*y = c",), "-a/b"),
        (("x = r*cos(t)", "y = r*sin(t)", "--parametric", "--wrt", "t"), "-cot(t)"),
        (("t^2", "t^3", "--parametric"), "3*t/2"),
        (("t^2", "t^3", "--parametric", "-n", "2"), "3/(4*t)"),
    ],
)
def test_the_formula(run: Run, arguments: tuple[str, ...], derivative: str) -> None:
    assert ask(run, *arguments)["derivative"] == derivative


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("x^2 + y^2 = 25", "--at", "x=3,y=4"), -0.75),
        (("x^2 + y^2 = 25", "--at", "x=3,y=4", "-n", "2"), -25 / 64),  # -25/y**3
        (("x^2 + y^2 = 25", "--at", "x=3,y=4", "-n", "3"), -225 / 1024),  # -75*x/y**5
        (("x^3 + y^3 = 6*x*y", "--at", "x=3,y=3"), -1.0),  # the folium of Descartes
        (("t - sin(t)", "1 - cos(t)", "--parametric", "--at", "t=1"), sin(1) / (1 - cos(1))),
    ],
)
def test_the_value_is_certified(run: Run, arguments: tuple[str, ...], value: float) -> None:
    record = ask(run, *arguments)
    assert record["status"] == "ok"
    assert record["reference"]["certified"]
    assert record["value"] == pytest.approx(value, rel=1e-15)


def test_a_curve_of_powers(run: Run) -> None:
    """x**y = y**x at (2, 4): dy/dx = y*(x*log(y) - y)/(x*(y*log(x) - x))."""
    slope = 4 * (2 * log(4) - 4) / (2 * (4 * log(2) - 2))
    assert ask(run, "x^y = y^x", "--at", "x=2,y=4")["value"] == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize(
    ("arguments", "status", "kind"),
    [
        (("x^2 + y^2 = 25", "--at", "x=5,y=0"), "not_differentiable", "vertical_tangent"),
        (("x^3 + y^3 = 3*x*y", "--at", "x=0,y=0"), "undefined", None),  # it crosses itself there
        (("abs(x) + abs(y) = 1", "--at", "x=0,y=1"), "unresolved", None),
        (("log(x) + y = 0", "--at", "x=-1,y=1"), "undefined", None),
        (("t - sin(t)", "1 - cos(t)", "--parametric", "--at", "t=0"), "undefined", None),  # a cusp
        (("cos(t)", "sin(t)", "--parametric", "--at", "t=0"), "not_differentiable", "vertical_tangent"),
    ],
)
def test_where_there_is_no_slope_the_answer_says_so(
    run: Run, arguments: tuple[str, ...], status: str, kind: str | None
) -> None:
    record = ask(run, *arguments)
    assert (record["status"], record["kind"], record["value"]) == (status, kind, None)


def test_curvature_and_speed(run: Run) -> None:
    record = ask(run, "2*cos(t)", "2*sin(t)", "--parametric", "--at", "t=1")
    assert (record["curvature"], record["speed"]) == (0.5, 2.0)
    assert ask(run, "t", "t^2", "--parametric", "--at", "t=0")["curvature"] == 2.0


def test_a_point_off_the_curve_has_a_note(run: Run) -> None:
    result = run("implicit", "x^2 + y^2 = 25", "--at", "x=1,y=1")
    assert result.out == "-1.0\n"
    assert "the point is not on the curve" in result.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x*y",), "an equation is asked for"),
        (("x = 2*x^2 + x^3",), "an equation in two variables is asked for"),
        (("x*y = 1", "--of", "z"), "the equation has no variable z"),
        (("x*y = 1", "--of", "y", "--wrt", "y"), "y cannot be both"),
        (("p*q*s = 1",), "the variable to differentiate by is not clear"),
        (("x*y = 1", "-n", "20"), "the order is above 8"),
        (("a*p", "b*q", "--parametric"), "the parameter is not clear"),
    ],
)
def test_what_is_not_clear_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("implicit", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
