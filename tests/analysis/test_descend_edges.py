"""Ends of descents at kinks and jumps, and beside them; what is true there follows from each formula by hand."""

from __future__ import annotations

from fractions import Fraction
from math import inf

import pytest

from dcalc.analysis import descend
from dcalc.analysis.descend import DescentOptions
from dcalc.finding import Finding
from dcalc.optimise.breaks import find_breaks
from dcalc.optimise.descent import Settings
from dcalc.optimise.methods import MethodName
from dcalc.optimise.ranges import is_least
from dcalc.parser import parse
from tests.analysis.subjects import subject


def ended(text: str, start: float, method: str = "newton", **bounds: tuple[float, float]) -> Finding:
    settings = Settings(method=method, lr=None if method == "newton" else 0.1)  # type: ignore[arg-type]  # by name
    options = DescentOptions(start={None: start}, settings=settings, bounds=list(bounds.items()) or None)
    return descend.find(subject(text), options=options)


FALLING = [  # right of the break the slope tends to 0 there, left of it f is lower
    ("x**2 + 5*min(x, 0)", 1.0, "to the left of x = 0"),
    ("x**2 + floor(x)", 1.0, "to the left of x = 0"),
    ("x**2 + step(x)", 1.0, "to the left of x = 0"),
    ("x**2 + min(x, 0)", 1.0, "to the left of x = 0"),
    ("x**2 - relu(-x)", 1.0, "to the left of x = 0"),
    ("where(x >= 0, x**2, x**2 - 1)", 1.0, "to the left of x = 0"),
    ("(x - 2)**2 + where(x < 2, x, 2)", 5.0, "to the left of x = 2"),
    ("(x - 1/3)**2 + min(x - 1/3, 0)", 1.0, "to the left of x = 1/3"),
    ("(x - 1)**2 - 2*sign(x - 1)", -3.0, "to the right of x = 1"),
    ("x**2 - 3*abs(x)", 0.0, "to the left and to the right of x = 0"),
    ("x*abs(x)", 0.0, "to the left of x = 0"),
    ("x**3", 0.0, "to the left of x = 0"),
]


@pytest.mark.parametrize(("text", "start", "where"), FALLING)
@pytest.mark.parametrize("method", ["newton", "gd"])
def test_an_end_from_which_f_falls_is_not_called_a_minimum(text: str, start: float, where: str, method: str) -> None:
    found = ended(text, start, method)
    assert found.status in ("stalled", "converged", "cycling") and "a minimum" not in found.sentence.replace(
        "that it is a minimum is not proved", ""
    )
    if method == "newton":
        assert found.status == "stalled" and where in found.sentence


@pytest.mark.parametrize("text", ["where(x > 0, x**2, x**2 + 1)", "where(x == 0, 1, x**2)"])
def test_a_limit_that_is_not_taken_is_not_a_minimum(text: str) -> None:
    """f tends to 0 from the right, and is 1 at 0."""
    found = ended(text, 1.0)
    assert found.status == "stalled"
    assert "f falls towards x = 0 from the right and is larger there" in found.sentence


MINIMA = [  # (formula, start, place, value)
    ("abs(x)", 1.0, 0.0, 0.0),
    ("x**2 + abs(x)", 1.0, 0.0, 0.0),
    ("x**2 + abs(x - 1/3)", 1.0, 1 / 3, 1 / 9),
    ("where(x > 0, x**2, x**2 - 1)", 1.0, 0.0, -1.0),  # left of 0 f falls to -1, which it takes at 0
    ("where(x >= 0, x**2, x**2 + 1)", 1.0, 0.0, 0.0),
    ("where(x == 0, -1, x**2)", 1.0, 0.0, -1.0),
    ("x**4", 0.0, 0.0, 0.0),
    ("relu(x)**2", 1.0, 0.0, 0.0),
]


@pytest.mark.parametrize(("text", "start", "place", "value"), MINIMA)
def test_a_minimum_at_a_kink_or_a_jump_is_proved(text: str, start: float, place: float, value: float) -> None:
    found = ended(text, start)
    assert found.status == "converged" and "not proved" not in found.sentence, found.sentence
    assert found.record["value"] == pytest.approx(value, abs=1e-12)
    assert found.at == {"x": pytest.approx(place, abs=1e-12)}


def test_beyond_bounds_f_may_do_what_it_likes() -> None:
    found = ended("x**2 + 5*min(x, 0)", 1.0, x=(0.0, 3.0))
    assert found.status == "converged"
    assert "a minimum: f is nowhere smaller within the bounds close to x = 0" in found.sentence


def test_a_break_far_off_does_not_keep_a_minimum_from_being_proved() -> None:
    for text in ("x**2 + where(x > 3, -100, 0)", "x**2 + relu(x - 1e-3)", "x**2 + 5*min(x + 1e-9, 0)"):
        assert "a minimum: gradient norm" in ended(text, 0.5).sentence


def test_in_several_variables_a_fall_along_an_axis_is_seen_and_no_kink_is_called_a_minimum() -> None:
    def end_at(text: str, x: float, y: float) -> str:
        options = DescentOptions(start={"x": x, "y": y}, settings=Settings(method="newton"))
        return descend.find(subject(text), options=options).sentence

    assert "f is smaller to the left of x = 0" in end_at("x**2 + 5*min(x, 0) + y**2", 1.0, 1.0)
    for text in ("5*max(x**2, y**2) - 4*x**2 - 4*y**2", "x**2 + y**2 - 3*abs(x*y)"):  # f(t, t) < 0
        assert "a minimum" not in end_at(text, 0.0, 0.0).replace("that it is a minimum is not proved", "")
    assert "a minimum: gradient norm" in end_at("x**2 + y**2 + relu(x - 1)", 0.5, 1.0)


def test_breaks_are_found_as_exact_numbers() -> None:
    def found(text: str, x: float) -> list[Fraction]:
        return find_breaks(parse(text).root, "x", {"x": x}, 1e-3)

    assert found("abs(3*x - 1)", 0.3333) == [Fraction(1, 3)]
    assert found("floor(x) + max(x**2, 4)", 2.0001) == [Fraction(2)]
    assert found("min(x**2, 2)", 1.4142) == []  # sqrt(2) is not a rational number
    assert found("x**2 + relu(x - 5)", 0.0) == []


@pytest.mark.parametrize("text", ["1e-8*x**2", "1e-30*x**2", "1e-14*(x - 1e6)**2", "-1e-30*x**2"])
def test_an_end_far_from_the_stationary_point_is_not_called_one(text: str) -> None:
    """The gradient is below the tolerance at the start, and the only stationary point is 1 or more away."""
    found = ended(text, 1.0)
    assert "converged: a minimum" not in found.sentence and "is a maximum" not in found.sentence


@pytest.mark.parametrize(
    ("text", "bounds", "is_saddle"),
    [
        ("x*y", {"x": (0.0, 1.0), "y": (0.0, 1.0)}, False),  # x*y >= 0 there: the corner is a minimum
        ("-x*y", {"x": (0.0, 1.0), "y": (-1.0, 0.0)}, False),
        ("x*y", {"x": (0.0, 1.0)}, True),  # f falls along (1, -1)
        ("x**2 - y**2", {"x": (-1.0, 1.0), "y": (0.0, 1.0)}, True),
    ],
)
def test_a_saddle_in_a_corner_of_the_bounds_may_be_a_minimum(
    text: str, bounds: dict[str, tuple[float, float]], is_saddle: bool
) -> None:
    options = DescentOptions(
        start={"x": 0.0, "y": 0.0}, settings=Settings(method="newton", lr=None), bounds=list(bounds.items())
    )
    sentence = descend.find(subject(text), options=options).sentence
    assert ("is a saddle and not a minimum" in sentence) is is_saddle
    assert is_saddle or sentence.startswith("converged: a minimum: f is nowhere smaller within the bounds: ")


@pytest.mark.parametrize(
    ("text", "place", "least"),
    [
        ("sqrt(x^2 + y^2)", (0, 0), True),
        ("hypot(x - 3, y/2 + 1) + 2", (3, -2), True),
        ("max(abs(x), abs(y), 1/4)", (0.25, 0), True),
        ("exp(abs(x*y)) + cosh(x) - cos(y)", (0, 0), True),
        ("log(1 + abs(x))*relu(y)", (2, -1), True),
        ("-min(-abs(x), 1) + where(y > 0, y^2, y^4)", (0, 0), True),
        ("1/(1 + x^2)^2 + abs(y)^(3/2)", (0, 0), False),  # falls as x leaves 0
        ("sign(x) + 1 + erfc(y)*0", (-1, 2), True),
        ("(x*y)^2 - tanh(x)", (0, 0), False),
        ("x*abs(x) + y^3", (0, 0), False),
        ("logsumexp(abs(x), y^2) - log(2)", (0, 0), False),  # the least value, but not a rational one
        ("abs(x)^-1 + x^64*y^100 + y^101/y^101", (1, 1), False),
        ("sqrt(2 + x^2) + cbrt(y)^2", (0, 0), False),  # the least value, but not a rational one
        ("abs(x)*(2 + sin(1/y))", (0.0, 0.0), False),  # no value there
    ],
)
def test_f_is_least_where_rational_bounds_prove_it(text: str, place: tuple[float, float], least: bool) -> None:
    at = dict(zip("xy", map(float, place), strict=True))
    assert is_least(parse(text).root, at, dict.fromkeys(at, (-inf, inf))) is least


def test_bounds_of_variables_are_part_of_the_proof() -> None:
    root = parse("x^3*y").root
    assert is_least(root, {"x": 0.0, "y": 2.0}, {"x": (0.0, inf), "y": (0.0, 5.0)})
    assert not is_least(root, {"x": 0.0, "y": 2.0}, {"x": (-1.0, inf), "y": (0.0, 5.0)})
    assert not is_least(parse("x^60*x^60*(x^60)^60").root, {"x": 1 / 3}, {"x": (-inf, inf)})  # too large to look at


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("sqrt(x^2 + y^2)", "converged: a minimum: f is nowhere smaller, and has no gradient there: by x: kink"),
        ("-sqrt(x^2 + y^2)", "stalled: f is smaller to the left and to the right of x = 0"),
        ("sqrt(x^2 + y^2) + x/2", "converged: a minimum at a kink: f rises on all sides of x = 0 and y = 0"),
        ("abs(x) + abs(y) - sqrt(x^2 + y^2)", "converged: a minimum: f is nowhere smaller"),  # the triangle inequality
        ("cbrt(x*y) + abs(x) - y/2", "stalled: the start has no gradient: by x: kink in abs(x)"),
        ("(x^2 + y^2)^(1/3)", "converged: a minimum: f is nowhere smaller, and has no gradient there"),
        ("sqrt(x^2 + y^2) + sqrt(y^2 + (x - y)^2) - y/2", "converged: a minimum at a kink"),
        ("x + log(y)", "left the domain: the start is x = 0, y = 0: log(y)"),
    ],
)
def test_a_start_without_a_gradient_is_not_outside_of_the_domain(text: str, end: str) -> None:
    options = DescentOptions(start={"x": 0.0, "y": 0.0}, settings=Settings(lr=0.1))
    assert descend.find(subject(text), options=options).sentence.startswith(end)


RISING = [  # (formula, start, place, sentence); f rises on all sides of a kink, and along it has that minimum
    ("-20*exp(-sqrt((x^2 + y^2)/2)/5) - exp((cos(2*pi*x) + cos(2*pi*y))/2)", (0.3, 0.2), (0, 0), "x = 0 and y = 0"),
    ("(x - 1)^2 + (y - 2)^2 + 3*abs(x) + abs(y)", (1, 1), (0, 1.5), "x = 0, and along it the end is a minimum"),
    ("abs(x - 1/3) + abs(x - y) + (y - 4)^2/100", (3, 1), (1 / 3, 1 / 3), "x = 1/3 and y = 1/3"),
    ("abs(x) + abs(y) - sqrt(x^2 + y^2)", (1, 2), (0, None), "x = 0, and is constant along it"),
    ("max(x + y, x - y, -2*x)", (3, 1), (0, 0), "x = 0 and y = 0"),
    ("hypot(x - 1, y - 2) + hypot(x + 1, y) + hypot(x - 1, y - 3)", (0, 0), (1, 2), "x = 1 and y = 2"),
    ("abs(x^2 - y) + (x - 1)^2 - x/2", (3, 2), (1.25, 1.5625), "y = x**2, and along it the end is a minimum"),
    ("abs(x*exp(y)) + y^2 - y", (1, 2), (0, 0.5), "x = 0, and along it the end is a minimum"),
    (
        "abs(x - pi) + relu(y) + relu(-2*y) + where(x > 9, y, x^2)/99",
        (3, 2),
        (3.141592653589793, 0),
        "x = pi and y = 0",
    ),
    ("sqrt(x^2 + y^2) + (x^2 + y^2)^(3/4) + abs(x)^3*cos(y)", (1, 1), (0, 0), "x = 0 and y = 0"),
]


def judge_corner(text: str, x: float, y: float, method: MethodName = "gd") -> Finding:
    options = DescentOptions(start={"x": float(x), "y": float(y)}, settings=Settings(method=method))
    return descend.find(subject(text), options=options)


@pytest.mark.parametrize(("text", "start", "place", "where"), RISING)
def test_in_several_variables_minima_at_kinks_are_proved_by_slopes(
    text: str, start: tuple[float, float], place: tuple[float, float | None], where: str
) -> None:
    """The directional derivatives are positive: 3 > 2 at x = 0 of the second, and the unit vectors of the sixth."""
    found = judge_corner(text, *start)
    assert f"converged: a minimum at a kink: f rises on all sides of {where}" in found.sentence, found.sentence
    for name, value in zip("xy", place, strict=True):
        assert value is None or found.at[name] == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize(
    ("text", "start", "sentence"),
    [
        ("sqrt(x^2 + y^2) + x + y/2", (0, 0), "f falls from x = 0 and y = 0 in the direction x = -0.875, y = -1"),
        (
            "abs(x - y) - abs(x + y) + x^2 + y^2",
            (0, 0),
            "f falls from x = 0 and y = 0 in the direction x = 1, y = 1",
        ),
        (
            "abs(x^2 - y) + (x - 1)^2 - 2*abs(x - 1)",
            (1, 1),
            "f falls from x = 1 and y = 1 in the direction x = 0.5, y = 1",
        ),
        ("abs(x - y) - abs(x + y)/2 - abs(x)/2", (0, 0), "stalled"),  # -x on x = y > 0
        ("abs(x) + y^3", (3, 1e-4), "f rises on all sides of x = 0; along it"),  # y^3 falls
        ("y^4 + abs(x)*(y - 1e-3)", (0, 3e-3), "stalled: the start has no gradient"),  # at y = 0 it falls
        ("abs(x)*y + abs(y)*x", (0, 0), "that it is a minimum is not proved"),  # 2*x*y
        ("abs(x) + x + x^2*y^2 + y^2", (0, 0), "stalled"),  # it does not fall for x < 0, and is not seen to
    ],
)
def test_no_kink_is_called_a_minimum_unless_slopes_prove_it(
    text: str, start: tuple[float, float], sentence: str
) -> None:
    found = judge_corner(text, *start).sentence
    assert sentence in found and "a minimum" not in found.replace("that it is a minimum is not proved", "")


@pytest.mark.parametrize(
    ("text", "start", "sentence"),
    [
        ("abs(x^2 - 2)", 0.5, "a minimum: f is nowhere smaller close to x = 1.41421"),
        ("asin(x)", 0.5, "a minimum: f is nowhere smaller close to x = -1"),
        ("sqrt(1 - x^2)", 0.5, "a minimum: f is nowhere smaller close to x = 1"),
        ("x^6", 0.3, "a minimum at x = 0, next to the end: gradient norm 9.4e-14, certified"),
        ("x^4 - x^5", 0.1, "a minimum at x = 0, next to the end"),
        ("x^3 + x^5", 1e-4, "that it is a minimum is not proved"),
        ("x^4 - 1e-12*x^2", 0.003, "that it is a minimum is not proved"),  # minima on both sides of the maximum at 0
        ("x^4 + (1e-3*x)^6*sin(1/x)", 1e-3, "that it is a minimum is not proved"),  # it may turn often
    ],
)
def test_the_only_turn_of_f_next_to_the_end_is_a_minimum(text: str, start: float, sentence: str) -> None:
    settings = Settings(method="gd" if start > 0.05 else "newton")
    assert sentence in descend.find(subject(text), options=DescentOptions({None: start}, settings)).sentence


def test_the_only_turn_within_bounds_is_looked_for() -> None:
    assert "a minimum at x = 0, next" in ended("x^4", 0.004, x=(-1.0, 0.5)).sentence
    assert "that it is a minimum is not proved" in ended("x^4", 0.004, x=(0.001, 2.0)).sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "where(x > 0, x^2, -x) + asin(y)",
            "converged: a minimum, as each part of the sum has one; x: f is nowhere smaller close to x = 0; "
            "y: f is nowhere smaller close to y = -1",
        ),
        ("x^3 + x^5 + y^4", "converged: gradient norm"),  # x^3 falls
    ],
)
def test_parts_of_a_sum_in_different_variables_are_judged_apart(text: str, sentence: str) -> None:
    assert judge_corner(text, 0.75, 0.5, "newton").sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "start", "status"),
    [
        ("(y - x^2)^2", (1, 2), "converged"),  # the end is a little off the valley y = x^2, where f is 0
        ("x^2 - y^2*1e-14", (1, 1), "saddle"),
        ("x*y*1e-9", (1, 1), "saddle"),
        ("zeta(x)*1e-9 - y^2*1e-9", (3, 1), "saddle"),
    ],
)
def test_what_curves_downward_by_the_rest_of_a_gradient_is_no_saddle(
    text: str, start: tuple[float, float], status: str
) -> None:
    assert judge_corner(text, *start).status == status


def test_runs_that_end_in_one_flat_minimum_are_not_trapped() -> None:
    """They end at some distance from 0, so that one is lower than the other, and both have 0 beside them."""
    options = DescentOptions({None: 1.0}, methods=("gd", "newton"))
    runs = descend.find(subject("x^4"), options=options).record["runs"]
    assert [run["outcome"] for run in runs] == ["lowest", "lowest"] and runs[1]["value"] > 1e-10


def test_at_a_kink_only_directions_that_lead_inside_of_the_bounds_count() -> None:
    """f >= abs(y)/2 for x <= 0, and it falls to the right of 0."""
    options = DescentOptions({"x": 0.0, "y": 0.0}, bounds=[("x", (-1.0, 0.0)), ("y", (-1.0, 1.0))])
    sentence = descend.find(subject("sqrt(x^2 + y^2) - 2*x + y/2"), options=options).sentence
    assert sentence == "converged: a minimum at a kink: f rises on all sides of x = 0 and y = 0 within the bounds"
    assert "stalled: f falls" in judge_corner("sqrt(x^2 + y^2) - 3*(x + y)/4", 0, 0).sentence
    tied = DescentOptions({"x": 0.0, "y": 0.0}, bounds=[("x", (-1.0, 0.0))])
    assert "f falls" not in descend.find(subject("abs(x - y) - 3*x/2 + y/2"), options=tied).sentence


@pytest.mark.parametrize(
    "text", ["exp(-x)", "1/(1 + x**2)", "log(1 + exp(-x))", "-atan(x)", "1/x", "exp(-x**2)", "exp(-exp(x))"]
)
def test_where_f_falls_for_ever_no_descent_has_converged(text: str) -> None:
    """Each falls on all of x > 0, so that a small gradient is that of a tail."""
    end = ended(text, 1.0)
    assert end.status not in ("converged", "saddle") and end.code == 1, end.sentence


@pytest.mark.parametrize("text", ["exp(-x)", "1/(1 + x**2)"])
def test_at_a_bound_a_falling_function_has_converged(text: str) -> None:
    end = ended(text, 1.0, x=(0.0, 3.0))
    assert end.status == "converged" and "at a bound, x = 3" in end.sentence


@pytest.mark.parametrize("text", ["x**4", "(x - 1)**6 + 2", "x**4*exp(x)", "(x - 2)**8"])
def test_a_flat_minimum_is_not_taken_for_a_tail(text: str) -> None:
    assert ended(text, 0.5).status == "converged"
