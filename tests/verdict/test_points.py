"""Points where derivatives fail to exist, hide, cancel or overflow, against truths found by hand."""

from __future__ import annotations

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem
from tests.verdict import phase_points, points, scale_points, special_points
from tests.verdict.points import Point

POINTS = points.POINTS + special_points.POINTS + scale_points.POINTS + phase_points.POINTS


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.text} at {point.at:g}, order {point.order}")
def test_point(point: Point) -> None:
    found = differentiate(Problem(parse(point.text).root, ("x",) * point.order, {"x": float(point.at)}))
    assert (found.kind or found.status) == point.status
    assert found.certified == (found.status in ("ok", "removable", "overflow"))
    for got, wanted in ((found.value, point.value), (found.left, point.left), (found.right, point.right)):
        assert (got is None) == (wanted is None), found
        assert wanted is None or got == pytest.approx(wanted, rel=2.3e-16, abs=0)


@pytest.mark.parametrize(("text", "order"), scale_points.OPEN)
def test_what_is_not_decided_has_no_number(text: str, order: int) -> None:
    found = differentiate(Problem(parse(text).root, ("x",) * order, {"x": 0.0}))
    assert (found.status, found.value) == ("unresolved", None)
    assert found.note


def test_a_double_beside_a_literal_is_told() -> None:
    beside = differentiate(Problem(parse("abs(x - 0.1)").root, ("x",), {"x": 0.1}))
    assert beside.note == "the point is a double; at exactly x = 0.1: kink in abs(x - 0.1)"
    assert differentiate(Problem(parse("abs(x - 0.25)").root, ("x",), {"x": 0.5})).note == ""


@pytest.mark.parametrize(
    ("text", "at", "sentence"),
    [
        ("x + abs(sin(x))", 0.0, "kink in abs(sin(x))"),
        ("exp(floor(x))", 1.0, "jump of floor(x)"),
        ("1 + cbrt(x)", 0.0, "vertical tangent of cbrt(x)"),
        ("x*sqrt(x)", 0.0, "the domain of sqrt(x) ends here: argument needs >= 0"),
        ("2*log(x)", -1.0, "log(x): argument is -1, needs > 0"),
        ("x**(1/3)", -8.0, "x**(1/3): base is -8, and the exponent is not a whole number; cbrt(x) is defined there"),
        ("factorial(x)", -1.0, "factorial(x): a pole"),
        ("sin(x) + 3*max(x, 2*x)", 0.0, "kink in max(x, 2*x)"),
        ("sqrt(x**2) + 2*floor(x)", 0.0, "jump of floor(x)"),
        ("x + where(x == 0, 0, x*floor(1/x))", 0.0, "jump of where(x == 0, 0, x*floor(1/x))"),
        ("where(x <= 0, 0, x*sin(1/x))", 0.0, "sin(1/x) oscillates without a limit"),
        (
            "abs(acosh(2*x**2 - 1) - 2*acosh(x))",
            1.5,
            "abs(acosh(2*x**2 - 1) - 2*acosh(x)): argument may be 0, where abs has a kink",
        ),
        # The same difference is 0 there, which no proof tells: neither does its double.
        (
            "sqrt(acosh(2*x**2 - 1) - 2*acosh(x))",
            1.5,
            "sqrt(acosh(2*x**2 - 1) - 2*acosh(x)): it is not decided whether the argument is >= 0",
        ),
        (
            "1/(acosh(2*x**2 - 1) - 2*acosh(x))",
            1.5,
            "1/(acosh(2*x**2 - 1) - 2*acosh(x)): it is not decided whether this is a division by 0",
        ),
    ],
)
def test_the_sentence_names_the_part_at_fault(text: str, at: float, sentence: str) -> None:
    assert differentiate(Problem(parse(text).root, ("x",), {"x": at})).note == sentence


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        ("sqrt(x**2 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "kink", "y": "kink"}),
        ("abs(x) + y", {"x": 0.0, "y": 1.0}, {"x": "kink", "y": "ok"}),
        ("atan2(y, x)", {"x": -1.0, "y": 0.0}, {"x": "ok", "y": "jump"}),
        ("x*y/(x**2 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),
        ("sin(x)/x + y", {"x": 0.0, "y": 2.0}, {"x": "removable", "y": "removable"}),
        ("sin(x)/x*floor(y)", {"x": 0.0, "y": 1.0}, {"x": "undefined", "y": "undefined"}),
        ("x**2*y/(x**2 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),  # not established
        ("x**2/(sin(x)/x - 1 + y)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),
        ("sin(x + y)/(x + y)", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "removable"}),
        ("abs(y) + (exp(x + y) - 1)/(x + y)", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "undefined"}),
        ("sin(hypot(x, y))/hypot(x, y)/(2 + y)", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "removable"}),
        ("exp(-1/(x + y)**2)", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "removable"}),
        ("sin(x*y)/(x*y)", {"x": 0.0, "y": 1.0}, {"x": "removable", "y": "removable"}),
        ("where(x <= y, sin(x)/x, y)", {"x": 0.0, "y": 1.0}, {"x": "removable", "y": "removable"}),
        ("where(x <= y, sin(x)/x, y)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),
        ("sin(x)/x*abs(y)**3", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "undefined"}),
        ("sin(x)/x + where(y <= 0, 0, y*sin(1/y))", {"x": 0.0, "y": 0.0}, {"x": "removable", "y": "undefined"}),
        ("sin(x)/x + where(y == 0, 5, y)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),
        ("max(x, y)", {"x": 1.0, "y": 1.0}, {"x": "kink", "y": "kink"}),
        ("x**y", {"x": 0.0, "y": 0.0}, {"x": "ok", "y": "boundary"}),
        ("where(x == y, 0, x)", {"x": 0.0, "y": 0.0}, {"x": "ok", "y": "ok"}),
        ("cbrt(x*y)", {"x": 0.0, "y": 0.0}, {"x": "ok", "y": "ok"}),
        ("cbrt(x**3 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "ok", "y": "vertical_tangent"}),
        ("floor(x) + abs(y)", {"x": 1.0, "y": 0.0}, {"x": "jump", "y": "kink"}),
        ("x**y", {"x": -1.0, "y": 2.0}, {"x": "ok", "y": "boundary"}),
        ("mod(x, y)", {"x": 4.0, "y": 2.0}, {"x": "jump", "y": "jump"}),
        ("abs(x)**abs(y)", {"x": 0.0, "y": 0.0}, {"x": "ok", "y": "jump"}),
    ],
)
def test_several_variables_are_judged_along_their_own_axes(
    text: str, at: dict[str, float], wanted: dict[str, str]
) -> None:
    root = parse(text).root
    found = {name: differentiate(Problem(root, (name,), at)) for name in at}
    assert {name: estimate.kind or estimate.status for name, estimate in found.items()} == wanted
