"""Mixed partials in the order asked: first by the first name, then by the second."""

from __future__ import annotations

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem

ORIGIN = {"x": 0.0, "y": 0.0, "z": 0.0}
PEANO = "where(x == 0 and y == 0, 0, x*y*(x**2 - y**2)/(x**2 + y**2))"


@pytest.mark.parametrize(
    ("text", "wrt", "status", "value"),
    [
        (PEANO, "xy", "ok", -1),  # f_x(0, y) = -y: Clairaut's theorem fails here
        (PEANO, "yx", "ok", 1),  # f_y(x, 0) = x
        ("where(x == 0 and y == 0, 0, x**3*y/(x**2 + y**2))", "xy", "ok", 0),  # f_x(0, y) = 0
        ("where(x == 0 and y == 0, 0, x**3*y/(x**2 + y**2))", "yx", "ok", 1),  # f_y(x, 0) = x
        ("where(x == 0 and y == 0, 0, x*y/(x**2 + y**2))", "xy", "jump", None),  # f_x(0, y) = 1/y
        ("where(x == 0 and y == 0, 0, x*y*sin(1/(x**2 + y**2)))", "xy", "oscillation", None),
        ("where(x == 0 and y == 0, 0, x**2*y**2*sin(1/(x**2 + y**2)))", "xy", "ok", 0),
        ("(x**2 + y**2)**(3/2)", "xy", "ok", 0),  # f_x(0, y) = 0
        ("hypot(x, y)", "xy", "kink", None),  # f_x itself fails at the origin
        ("max(x, y)**2", "xy", "ok", 0),
        ("x**2*abs(y)", "xxy", "kink", None),  # f_xx(0, y) = 2*abs(y)
        ("abs(x - y)**3", "xxy", "kink", None),  # f_xx(0, y) = 6*abs(y)
        ("x*abs(x)*y", "xy", "ok", 0),
        ("abs(x)**3*y", "xxy", "ok", 0),
        ("where(x == 0, 5*x, x)*y", "xy", "ok", 1),  # the branch at the point alone has another slope
        ("abs(x)*y**2", "yx", "ok", 0),  # f_y(x, 0) = 0
        ("abs(x)*y**2", "xy", "boundary", None),  # f_x(0, y) exists at y = 0 alone
        ("x*y*(x**2 - y**2)/(x**2 + y**2)", "xy", "undefined", None),
        # A branch that holds at a place alone, or on a line, where f is x*y, x**2*y, x or x + y all the same.
        ("where(x==0 or y==0, 0, x*y)", "xy", "ok", 1),
        ("where(x==0 or y==0, 0, x*y)", "yx", "ok", 1),
        ("where(not (x==0) and not (y==0), x*y, 0)", "yx", "ok", 1),
        ("where(x*y==0, 0, x*y*(1 + x))", "xy", "ok", 1),
        ("where(x==0 or y==0, 0, x**2*y)", "xxy", "ok", 2),
        ("where(x==0 or y==0, 0, x**2*y)", "xyx", "ok", 2),
        ("where(y==0 or x!=0, x, 0)", "xy", "ok", 0),
        ("where(y==0 or x!=0, x, 0)", "yx", "ok", 0),
        ("where(x==0, y, where(y==0, x, x + y))", "xy", "ok", 0),
        ("where(x==0, y, where(y==0, x, x + y))", "yx", "ok", 0),
        ("where(x>0, x*y, x*y)", "xy", "ok", 1),
        ("where(x>0, x**2*y, 0)", "xy", "ok", 0),  # f_x(0, y) = 0
        ("where(x==y, x**2, x*y)", "xy", "ok", 1),  # f is x*y
        ("where(x==z or y==z, 0, (x - z)*(y - z))", "xy", "ok", 1),  # f is (x - z)*(y - z)
        # f_x(0, y) exists at y = 0 alone, or on one side of it.
        ("where(x==0 or y==0, 0, 1)", "xy", "boundary", None),
        ("where(y==0, 0, abs(x))", "xy", "boundary", None),
        ("where(y==0, 0, abs(x)*y)", "xy", "boundary", None),
        ("where(x>=0, 0, abs(y))", "yx", "boundary", None),
        ("where(x>0 and y!=0, 2*y, y)", "xy", "boundary", None),
        ("where(x<0 and y<0, x*y, 0)", "xy", "boundary", None),
        ("sqrt(x)**2*y", "yx", "boundary", None),  # f_y(x, 0) = sqrt(x)**2
        ("sqrt(x)**2*y", "xy", "boundary", None),  # f(x, 0) itself ends at 0
        ("abs(x)*y", "xyx", "boundary", None),  # f_x(0, y) exists at y = 0 alone
        ("where(x + y > 0 and x + 2*y > 0, x**3, x**2*y**2) + x*abs(y)", "yxx", "boundary", None),  # at x = 0 alone
        # Parts in one variable that are smooth enough at 0, though not analytic.
        ("x**(5/3)*(1 + y)", "xy", "boundary", None),  # x**(5/3) has no value for x < 0
        ("abs(x)**(5/3)*sin(y)", "xy", "ok", 0),
        ("where(x>0, exp(-1/x), 0)*exp(y)", "xxy", "ok", 0),
        ("x*y/x", "xy", "removable", 0),
        ("where(x==0, y, x*y/x)", "xy", "ok", 0),  # f is y
        ("where(x==0, 1, sin(x)/x)*y", "xxy", "ok", -1 / 3),  # sin(x)/x = 1 - x**2/6 + ...
        ("hypot(relu(x), relu(y))*0 + x*y*z", "xyz", "ok", 1),
    ],
)
def test_at_the_origin(text: str, wrt: str, status: str, value: float | None) -> None:
    found = differentiate(Problem(parse(text).root, tuple(wrt), ORIGIN))
    assert ((found.kind or found.status), found.value) == (status, value)


def test_the_branch_cut_is_crossed_along_one_axis_only() -> None:
    root, at = parse("atan2(y, x)").root, {"x": -1.0, "y": 0.0}
    along, across = (differentiate(Problem(root, wrt, at)) for wrt in (("x", "y"), ("y", "x")))
    assert (along.status, along.value) == ("ok", -1)  # f_x(-1, y) = -y/(1 + y**2), and 0 on the cut
    assert (across.kind, across.note) == ("jump", "jump of atan2(y, x)")


@pytest.mark.parametrize(
    ("text", "wrt", "at", "expected"),
    [
        ("where(y!=0 and x<1, y, 0)", "xy", (1, 0), "boundary"),  # f(x, y) jumps at x = 1 for every y but 0
        ("where(x==1 or y>=1, x*y, x**2*y)", "xy", (1, 1), "jump"),  # f_x(1, y) is 2*y below 1, and y from there
        ("where(x<1 and y==0, 0, x*y)", "xy", (1, 0), 1),  # f is x*y
        ("where(x<1 and y==0, 0, x*y)", "yx", (1, 0), 1),
        ("where(x<0, x**3*y, 2*x**3*y)", "xxy", (0, 1), 0),  # f_xx(0, y) = 0
        ("sqrt(x)**2*y", "yx", (0, 2), "boundary"),  # f_y(x, 2) = sqrt(x)**2
        ("sqrt(y)**2*x", "xy", (1, 0), "boundary"),
        ("where(not (x <= -1), -2*y - 2*x*y, x*y - x*y**2)", "xy", (-1, 1), "kink"),  # f(x, 1) has one at x = -1
        ("where(y <= -1 or x >= 0, 5*x*y, 0)", "xy", (0, -1), "boundary"),  # above y = -1 f(x, y) has a kink at x = 0
        ("hypot(relu(x), relu(y))", "xy", (-1, -2), 0),  # f is 0 there
    ],
)
def test_elsewhere(text: str, wrt: str, at: tuple[int, int], expected: str | int) -> None:
    point = dict(zip("xy", map(float, at), strict=True))
    answer = differentiate(Problem(parse(text).root, tuple(wrt), point))
    assert (answer.value if answer.status == "ok" else answer.kind) == expected


def test_what_ends_beside_the_point_is_named() -> None:
    root = parse("sqrt(x)**2*y").root
    assert differentiate(Problem(root, ("y", "x"), {"x": 0.0, "y": 1.0})).note == (
        "the domain of sqrt(x) ends here: argument needs >= 0"
    )
    root = parse("where(y==0, 0, abs(x))").root
    assert differentiate(Problem(root, ("x", "y"), {"x": 0.0, "y": 0.0})).note == (
        "the derivative by x does not exist on a side of the point"
    )
