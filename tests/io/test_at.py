"""The text of --at, and what it means for an expression."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import inf, pi
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.cli.request import names_in
from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError, LimitError, ParseError, UnknownVariable, UsageError
from dcalc.expr import Expr, number
from dcalc.parser import parse
from dcalc.point import MOST_POINTS, PointSet, read_grid, read_json_points, read_points
from dcalc.simplify import simplify

if TYPE_CHECKING:
    from decimal import Decimal


def expr(text: str) -> Expr:
    return parse(text).root


def points(*texts: str, variables: tuple[str, ...] = ("x",), **options: bool) -> list[dict[str, float]]:
    spec = read_points(texts, exact=options.pop("exact", False))
    found = list(spec.points(variables, (), **options))
    assert len(found) == spec.count
    return found


def values(*texts: str) -> list[float]:
    """The doubles nearest to the points."""
    return [nearest_double(point["x"]) for point in points(*texts)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        ("-1", -1.0),
        ("+1", 1.0),
        (" 1 ", 1.0),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("0.1", 0.1),
        ("1/3", 1 / 3),
        ("pi/4", pi / 4),
        ("pi/3", 1.0471975511965979),  # the nearest double; that of pi divided by 3 is not
        ("-pi", -pi),
        ("sqrt(2)", 2**0.5),
        ("e", 2.718281828459045),
        ("1_000", 1000.0),
        ("x=1", 1.0),
        (" x = 1 ", 1.0),
        ("x=atan2(1,1)", pi / 4),
    ],
)
def test_one_value(text: str, value: float) -> None:
    assert values(text) == [value]


def test_the_sign_of_zero_is_kept() -> None:
    assert str(values("-0.0")[0]) == "-0.0"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("x=1,y=2",), [(1.0, 2.0)]),
        (("x=1", "y=2"), [(1.0, 2.0)]),
        (("x=1,y=2", "y=4,x=3"), [(1.0, 2.0), (3.0, 4.0)]),
        (("x=0:1:1,y=2",), [(0.0, 2.0), (1.0, 2.0)]),
        (("x=0:1:1", "y=2"), [(0.0, 2.0), (1.0, 2.0)]),
        (("x=0:1:1,y=0:1:0.5",), [(0, 0), (0, 0.5), (0, 1), (1, 0), (1, 0.5), (1, 1)]),
    ],
)
def test_two_variables(texts: tuple[str, ...], expected: list[tuple[float, float]]) -> None:
    assert [(point["x"], point["y"]) for point in points(*texts, variables=("x", "y"))] == expected


def test_several_values_of_the_only_variable() -> None:
    assert values("1", "2", "x=3"[2:]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:1:0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("x=0:1:0.1", [k / 10 for k in range(11)]),
        ("1:0:-0.5", [1.0, 0.5, 0.0]),
        ("0:1:0.3", [0.0, 0.3, 0.6, 0.9]),
        ("1:1:1", [1.0]),
        ("0:1_0:5", [0.0, 5.0, 10.0]),
        ("0:1:1/3", [0.0, 1 / 3, 2 / 3, 1.0]),
        ("0:2*pi:pi/2", [0.0, pi / 2, pi, 3 * pi / 2, 2 * pi]),
        ("-pi:pi:pi", [-pi, 0.0, pi]),
    ],
)
def test_sweep(text: str, expected: list[float]) -> None:
    assert values(text) == expected


decimals = st.decimals(-1000, 1000, places=3)


@given(decimals, st.integers(1, 40), st.decimals("0.001", 10, places=3), st.booleans())
def test_a_sweep_steps_exactly_and_ends_where_it_says(start: Decimal, steps: int, step: Decimal, down: bool) -> None:
    step = -step if down else step
    end = start + steps * step
    assert values(f"{start}:{end}:{step}") == [float(start + k * step) for k in range(steps + 1)]
    # Half a step more changes nothing.
    assert len(values(f"{start}:{end + step / 2}:{step}")) == steps + 1


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_reads_back(value: float) -> None:
    assert repr(values(repr(value))[0]) == repr(value)


@given(st.text(max_size=20))
def test_no_text_escapes_as_anything_but_our_error(text: str) -> None:
    with suppress(DcalcError):
        point = next(PointSet([read_grid(text)]).points(("x",), ()))
        assert all(isinstance(nearest_double(value), float) for value in point.values())


@pytest.mark.parametrize("text", ["0.1", "1e-3", "2", "-1.5", "1_000.1", " .5 "])
def test_a_decimal_is_the_double_that_it_reads_as(text: str) -> None:
    (point,) = points(text)
    assert isinstance(point["x"], float)


@pytest.mark.parametrize("text", ["1/3", "pi/2", "sqrt(2)", "2*pi/3", "0.1*pi", "0.1+0", "1/2"])
def test_any_other_constant_is_exact(text: str) -> None:
    (point,) = points(text)
    assert point["x"] is expr(text)
    (entry,) = read_json_points({"x": text}).points(("x",), ())
    assert entry["x"] is expr(text)


def test_text_in_json_is_exact_and_a_number_is_a_double() -> None:
    at = [{"x": "0.1"}, {"x": 0.1}, "0.1", {"x": "0.25"}]
    exactly = number(Fraction(1, 10))
    assert list(read_json_points(at).points(("x",), ())) == [{"x": exactly}, {"x": 0.1}, {"x": exactly}, {"x": 0.25}]


def test_a_sweep_with_an_expression_is_exact() -> None:
    sweep = [point["x"] for point in points("0:pi:pi/2")]
    assert sweep == [0.0, simplify(expr("pi/2")), expr("pi")]
    assert all(isinstance(point["x"], float) for point in points("0:pi:0.1"))


def test_exact_points() -> None:
    (point,) = points("0.1", exact=True)
    assert point["x"] is number(Fraction(1, 10))
    sweep = points("0:1:0.1", exact=True)
    assert [point["x"] for point in sweep] == [number(Fraction(k, 10)) for k in range(11)]
    (quarter,) = points("pi/4", exact=True)
    assert isinstance(quarter["x"], Expr)
    thirds = points("0:pi:pi/3", exact=True)
    assert len(thirds) == 4
    assert all(isinstance(point["x"], Expr) for point in thirds)


def test_exact_points_may_be_beyond_a_double() -> None:
    assert points("1e400", exact=True) == [{"x": number(Fraction(10**400))}]
    assert isinstance(points("-1e400", exact=True)[0]["x"], Expr)
    assert isinstance(points("exp(1000)", exact=True)[0]["x"], Expr)
    with pytest.raises(UsageError, match="log"):
        points("log(-1)", exact=True)


@pytest.mark.parametrize(
    ("text", "names", "span"),
    [
        ("y=1", ("x",), (0, 1)),
        ("x=1,yy=2", ("x",), (4, 6)),
        ("2.5", ("x", "y"), (0, 3)),
        ("0:1:1", ("x", "y"), (0, 5)),
    ],
)
def test_what_does_not_fit_is_shown_where_it_stands(text: str, names: tuple[str, ...], span: tuple[int, int]) -> None:
    for texts in ([text], [text, text]):
        with pytest.raises(UnknownVariable) as caught:
            list(read_points(texts).points(names, ()))
        assert (caught.value.source, caught.value.span) == (text, span)


@pytest.mark.parametrize(("text", "span"), [("2", (0, 1)), ("x, 2y", (3, 5)), ("x,", (2, 2)), ("x,x²", (2, 4))])
def test_a_name_that_is_none_is_shown_where_it_stands(text: str, span: tuple[int, int]) -> None:
    with pytest.raises(UsageError) as caught:
        names_in([text])
    assert (caught.value.source, caught.value.span) == (text, span)


def test_a_long_sweep_is_not_held() -> None:
    spec = read_points([f"0:{MOST_POINTS - 1}:1"])
    assert spec.count == MOST_POINTS
    assert next(iter(spec.points(("x",), ()))) == {"x": 0.0}


@pytest.mark.parametrize(
    ("texts", "kind", "message"),
    [
        (("",), UsageError, "a value is missing"),
        ((" ",), UsageError, "a value is missing"),
        ((",x=1",), UsageError, "a value is missing"),
        (("x=1,",), UsageError, "a value is missing"),
        (("0:1:",), UsageError, "a value is missing"),
        (("x=",), UsageError, "the value of x is missing"),
        (("=1",), UsageError, "a name is missing"),
        (("x=1=2",), UsageError, "a value may follow only one =; separate values with commas"),
        (("x==1",), UsageError, "a value may follow only one =; separate values with commas"),
        (("x=1e99999:2:1",), LimitError, "a bound of a sweep is too large"),
        (("0:1:1e-9999",), LimitError, "a bound of a sweep is too small"),
        (("exp(-1e9):1:0.1",), LimitError, "a bound of a sweep is too small"),
        (("x=1,x=2",), UsageError, "x is given twice"),
        (("x=1,y=1", "x=2"), UsageError, "x is given twice"),
        (("1,x=2",), UsageError, "one value has a name and another has none"),
        (("1", "x=2"), UsageError, "one value has a name and another has none"),
        (("1e999",), UsageError, "1e999 is beyond the largest double, 1.8e308"),
        (("x",), ParseError, "a point must be a number, not the name x"),
        (("inf",), ParseError, "a point must be a finite number"),
        (("nan",), ParseError, "a point must be a finite number"),
        (("sinn(1)",), DcalcError, "no function named sinn"),
        (("1/0",), UsageError, "1/0"),
        (("0:1",), UsageError, "a sweep has a start, an end and a step"),
        (("0:1:2:3",), UsageError, "a sweep has a start, an end and a step"),
        (("0:1:0",), UsageError, "the step is zero"),
        (("0:1:-1",), UsageError, "the step leads away from the end"),
        (("0:1:1e-9",), LimitError, "the sweep has more than 10,000,000 points"),
        (("x=0:1:1e-4,y=0:1:1e-4",), LimitError, "the sweep has more than 10,000,000 points"),
        (("0:1e300:1e-300",), LimitError, "the sweep has more than 10,000,000 points"),
        (("0:1e99999:1",), LimitError, "a bound of a sweep is too large"),
        (("0:1e400:1e399",), LimitError, "a bound of a sweep is beyond a double"),
        (("2x=1",), UsageError, "2x is not a valid variable name"),
        (("x²=1",), UsageError, "x² is not a valid variable name"),
        (("and=1",), UsageError, "and is not a valid variable name"),
    ],
)
def test_refused(texts: tuple[str, ...], kind: type[DcalcError], message: str) -> None:
    with pytest.raises(kind) as caught:
        read_points(texts)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("texts", "variables", "message", "help"),
    [
        (("y=1",), ("x",), "the expression has no variable y", "its variable is x"),
        (("x=1,thta=1",), ("x", "theta"), "the expression has no variable thta", "did you mean theta?"),
        (("x=1,q=1",), ("x", "y"), "the expression has no variable q", "its variables are x and y"),
        (("x=1",), (), "the expression has no variable x", "it has none: leave --at out"),
        (("1",), (), "the expression has no variable", "leave --at out"),
        (("x=1",), ("x", "y"), "no value is given for y", "write --at x=1,y=2"),
        (("1",), ("x", "y"), "one value, but the expression has 2 variables", "write --at x=1,y=2"),
    ],
)
def test_names_that_do_not_fit(texts: tuple[str, ...], variables: tuple[str, ...], message: str, help: str) -> None:
    with pytest.raises(UnknownVariable) as caught:
        points(*texts, variables=variables)
    assert (caught.value.message, caught.value.help) == (message, help)


def test_over_a_batch_names_too_many_are_passed_over() -> None:
    assert list(read_points(["x=1,y=0:9:1"]).points(("x",), (), lenient=True)) == [{"x": 1.0}]


def test_a_name_that_only_wrt_knows_may_have_a_value() -> None:
    assert list(read_points(["x=1,z=2"]).points(("x",), ("z",))) == [{"x": 1.0, "z": 2.0}]
    assert list(read_points(["3"]).points((), ("z",))) == [{"z": 3.0}]


def test_names_are_normalised_as_the_parser_does_it() -> None:
    assert list(read_points(["ﬁ=1"]).points(("fi",), ())) == [{"fi": 1.0}]
    assert list(read_points(["π=1"]).points(("pi",), ())) == [{"pi": 1.0}]
    assert names_in(["π, ﬁ"]) == ("pi", "fi")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1, [{"x": 1.0}]),
        (0.5, [{"x": 0.5}]),
        ("pi/4", [{"x": pi / 4}]),
        ({"x": 1}, [{"x": 1.0}]),
        ({"x": "1/4"}, [{"x": 0.25}]),
        ([1, {"x": 2.5}, "x=3"], [{"x": 1.0}, {"x": 2.5}, {"x": 3.0}]),
    ],
)
def test_json(at: object, expected: list[dict[str, float]]) -> None:
    entries = list(read_json_points(at).points(("x",), ()))
    assert [{name: nearest_double(value) for name, value in entry.items()} for entry in entries] == expected


@pytest.mark.parametrize(
    "at", [True, [], {"x": None}, [[1]], {"x": {}}, 10**400, {"": 1}, inf, {"x": -inf}, {"π": 1, "pi": 2}]
)
def test_json_refused(at: object) -> None:
    with pytest.raises(UsageError):
        read_json_points(at)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1,2", {"x": 1.0, "y": 2.0}),
        ("(1,2)", {"x": 1.0, "y": 2.0}),
        ("( 1 , -2 )", {"x": 1.0, "y": -2.0}),
        ("x=1 y=2", {"x": 1.0, "y": 2.0}),
        ("x=1, y=2", {"x": 1.0, "y": 2.0}),
        ("(x=1,y=2)", {"x": 1.0, "y": 2.0}),
        ("y=(1+1)*2 x=1", {"x": 1.0, "y": 4}),
        ("x:1,y:2", {"x": 1.0, "y": 2.0}),
        ("x:1 y:2", {"x": 1.0, "y": 2.0}),
        ("y:2:2:1,x=1", {"x": 1.0, "y": 2.0}),
    ],
)
def test_points_as_people_write_them(text: str, point: dict[str, float]) -> None:
    spec = read_points([text])
    [read] = spec.points(["x", "y"], [])
    assert {name: nearest_double(value) for name, value in read.items()} == point
    assert bool(spec.echo(["x", "y"])) == (text not in ("x=1, y=2",))


def test_values_without_names_are_in_the_order_that_is_asked() -> None:
    spec = read_points(["1,2"])
    assert list(spec.points(["x", "y"], [], order=["y", "x"])) == [{"y": 1.0, "x": 2.0}]
    assert spec.echo(["y", "x"]) == ("the point is read as y=1,x=2",)


@pytest.mark.parametrize(
    ("text", "names", "message"),
    [
        ("1,2", ["x"], "two values for one variable"),
        ("1,2,3", ["x", "y"], "3 values, but the expression has 2 variables"),
        ("1,2", ["x", "y", "z"], "2 values, but the expression has 3 variables"),
        ("1,2", [], "2 values, but the expression has no variables"),
    ],
)
def test_values_without_names_must_be_as_many_as_the_variables(text: str, names: list[str], message: str) -> None:
    with pytest.raises(DcalcError) as caught:
        list(read_points([text]).points(names, []))
    assert caught.value.message == message
    with pytest.raises(DcalcError, match=message):
        list(read_json_points(text).points(names, []))
