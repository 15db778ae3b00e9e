"""Mixed partials in the order asked: first by the first name, then by the second."""

from __future__ import annotations

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem

ORIGIN = {"x": 0.0, "y": 0.0}
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
        ("abs(x)*y**2", "xy", "unresolved", None),  # f_x(0, y) exists at y = 0 alone
        ("x*y*(x**2 - y**2)/(x**2 + y**2)", "xy", "undefined", None),
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
