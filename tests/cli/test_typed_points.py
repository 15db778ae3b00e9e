"""What a point means: a typed expression is exact, a decimal is the double that it reads as, and notes tell them apart.

The truth of each row stands beside it; decimals are those of the doubles, as Python's `decimal.Decimal` shows them.
"""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import pytest

import dcalc
from tests.cli.conftest import Run


def ask(run: Run, *arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    result = run(*arguments, "--json", stdin=stdin)
    (record,) = json.loads(result.out)["records"]
    return record


@pytest.mark.parametrize(
    ("f", "at", "value"),
    [
        ("sin(x)", "pi/2", 0.0),  # cos(pi/2)
        ("cos(x)", "2*pi", 0.0),  # -sin(2*pi)
        ("sin(x)", "2*pi/3", -0.5),  # cos(2*pi/3)
        ("sin(10*x)", "0.1*pi", -10.0),  # 10*cos(pi)
        ("tan(x)", "pi/4", 2.0),  # 1 + tan(pi/4)**2
        ("exp(x)", "log(3)", 3.0),
        ("log(x)/x", "e", 0.0),  # (1 - log(x))/x**2
        ("x**3-x", "1/sqrt(3)", 0.0),  # 3*x**2 - 1
        ("x**2-x-1", "(1+sqrt(5))/2", math.sqrt(5)),  # 2*x - 1
        ("abs(x-0.1)", "0.1", 1.0),  # the double is 0.1000000000000000055...
        ("where(x<0.3,1,x)", "0.3", 0.0),  # the double is 0.29999999999999998...
    ],
)
def test_the_derivative_is_that_at_the_point_itself(run: Run, f: str, at: str, value: float) -> None:
    record = ask(run, "diff", f, "--at", at)
    assert (record["status"], record["value"]) == ("ok", value)


@pytest.mark.parametrize(
    ("f", "at", "status", "kind", "left", "right"),
    [
        ("tan(x)", "pi/2", "undefined", None, None, None),  # cos(pi/2) = 0
        ("1/(3*x-1)", "1/3", "undefined", None, None, None),
        ("1/(exp(x)-2)", "log(2)", "undefined", None, None, None),
        ("abs(sin(x))", "pi", "not_differentiable", "kink", -1.0, 1.0),  # sin(x) = -(x - pi) + ...
        ("abs(x-1/3)", "1/3", "not_differentiable", "kink", -1.0, 1.0),
        ("abs(x-0.1)", "1/10", "not_differentiable", "kink", -1.0, 1.0),  # both are 1/10
        ("abs(x-sqrt(2))", "sqrt(2)", "not_differentiable", "kink", -1.0, 1.0),
        ("sqrt(x-1/3)", "1/3", "not_differentiable", "boundary", None, None),
        ("floor(x/pi)", "pi", "not_differentiable", "jump", None, 0.0),  # 1 from pi on, 0 before
        ("cbrt(x-1/7)", "1/7", "not_differentiable", "vertical_tangent", None, None),
    ],
)
def test_an_exact_point_may_have_no_derivative(
    run: Run, f: str, at: str, status: str, kind: str | None, left: float | None, right: float | None
) -> None:
    record = ask(run, "diff", f, "--at", at)
    assert (record["status"], record["kind"], record["left"], record["right"]) == (status, kind, left, right)


def test_the_record_has_the_double_and_the_text(run: Run) -> None:
    record = ask(run, "grad", "sin(x)*y", "--at", "x=pi/2,y=0.1")
    assert record["at"] == {"x": math.pi / 2, "y": 0.1}
    assert record["exact_at"] == {"x": "pi/2"}
    assert "exact_at" not in ask(run, "diff", "x**2", "--at", "0.1")


def test_text_in_json_is_exact_and_a_number_is_a_double(run: Run) -> None:
    exact = ask(run, "diff", "-", stdin=b'{"expr": "abs(x-1/3)", "at": {"x": "1/3"}}\n')
    assert (exact["kind"], exact["exact_at"]) == ("kink", {"x": "1/3"})
    double = ask(run, "diff", "-", stdin=b'{"expr": "abs(x-1/3)", "at": {"x": 0.3333333333333333}}\n')
    assert (double["value"], double.get("exact_at")) == (-1.0, None)  # the double is below 1/3


def test_numbers_of_a_pipe_are_doubles(run: Run) -> None:
    assert run("diff", "sin(x)", "--at", "-", stdin=b"pi/2\n").out == "1.5707963267948966\t6.123233995736766e-17\n"


def test_the_points_of_a_sweep_with_an_expression_are_exact(run: Run) -> None:
    lines = run("diff", "sin(x)", "--at", "0:pi:pi/2").out.splitlines()
    assert lines == ["0.0\t1.0", "1.5707963267948966\t0.0", "3.141592653589793\t-1.0"]


def test_in_python_text_and_fractions_are_exact() -> None:
    assert dcalc.diff("sin(x)").at(x="pi/2").value == 0.0
    assert dcalc.diff("abs(x-1/3)").at(x=Fraction(1, 3)).kind == "kink"
    assert dcalc.diff("abs(x-1/3)").at(x=1 / 3).value == -1.0


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        (("eval", "cos(x)", "--at", "pi/3"), 0.5),
        (("eval", "floor(3*x)", "--at", "1/3"), 1.0),
        (("trace", "sin(x)", "--at", "pi/2"), None),
        (("hessian", "abs(x-1/3)**3", "--at", "1/3"), {"x": {"x": 0.0}}),  # |u|**3 has second derivative 6*|u|
    ],
)
def test_every_command_takes_exact_points(run: Run, arguments: tuple[str, ...], value: object) -> None:
    record = ask(run, *arguments)
    assert record.get("value", None) == value
    assert record["exact_at"]["x"] == arguments[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("diff", "abs(x-0.1)", "--at", "0.1"), "at exactly x = 0.1: kink in abs(x - 0.1)"),
        (("diff", "floor(10*x)", "--at", "0.3"), "at exactly x = 0.3: jump of floor(10*x)"),  # 10*0.3 is below 3
        (("diff", "5*x**2-3*x", "--at", "0.3"), "at exactly x = 0.3 the derivative is 0"),  # 10*x - 3
        (("diff", "sin(10*x-3)/(10*x-3)", "--at", "0.3"), "at exactly x = 0.3: f has a hole there"),
        (("diff", "sqrt(1-10*x)", "--at", "0.1"), "at exactly x = 0.1: the domain of sqrt(1 - 10*x) ends here"),
        (("grad", "abs(x-0.1)*y", "--at", "x=0.1,y=1"), "at exactly x = 0.1: kink"),
        (("jacobian", "abs(x-0.1)", "--at", "0.1"), "at exactly x = 0.1: kink"),
        (("hessian", "x*abs(x-0.3)", "--at", "0.3"), "at exactly x = 0.3: kink"),
        (("hessian", "(x-0.1)**2", "--at", "0.1"), "at exactly x = 0.1 the derivative is 0"),
        (("taylor", "1/(x-0.3)", "--at", "0.3", "-n", "1"), "at exactly x = 0.3: 1/(x - 0.3): division by 0"),
        (("check", "abs(x-0.1)", "1", "--at", "0.1"), "at exactly x = 0.1: kink"),
        (("quotient", "1/(x-0.3)", "--at", "0.3"), "at exactly x = 0.3: 1/(x - 0.3): division by 0"),
        (("trace", "abs(x-0.1)", "--at", "0.1"), "at exactly x = 0.1: kink"),
        (("compare", "abs(x-0.1)", "--at", "0.1"), "at exactly x = 0.1: kink"),
        (("descend", "abs(x-0.1)", "--from", "0.1"), "at exactly x = 0.1: kink"),
        (("eval", "floor(x/0.1)", "--at", "0.3"), "at exactly x = 0.3 f is 3.0"),
        (("eval", "sign(x-0.1)", "--at", "0.1"), "at exactly x = 0.1 f is 0"),
        (("diff", "tan(x)", "--at", "pi/2", "--backend", "forward"), "at exactly x = pi/2: tan(x): division by 0"),
        (("diff", "x**2", "--at", "0.1", "--digits", "30"), "with more than 17 digits a decimal point is exact"),
    ],
)
def test_a_note_tells_where_the_double_and_the_exact_point_part_company(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    notes = [*ask(run, *arguments)["notes"], *(run(*arguments).err.splitlines())]
    assert any(words in note for note in notes), notes


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "sin(x)", "--at", "0.1"),
        ("diff", "1/x", "--at", "0.1"),
        ("diff", "abs(x-0.25)", "--at", "0.5"),
        ("diff", "abs(x-0.1)", "--at", "0.3"),
        ("diff", "x**2", "--at", "0.5", "--digits", "30"),  # 0.5 is a double
        ("diff", "tan(x)", "--at", "pi/4", "--backend", "forward"),
        ("hessian", "x**2*y", "--at", "x=0.1,y=0.2"),
    ],
)
def test_there_is_no_note_where_both_are_alike(run: Run, arguments: tuple[str, ...]) -> None:
    assert ask(run, *arguments)["notes"] == []


@pytest.mark.parametrize("stdin", [b"", b"a*abs(x-0.1)\n"])
def test_the_notes_of_the_question_come_first(run: Run, stdin: bytes) -> None:
    record = ask(run, "diff", "-" if stdin else "a*abs(x-0.1)", "--at", "a=1,x=0.1", stdin=stdin)
    assert record["notes"] == [
        "by x; for others --wrt", "the point is a double; at exactly x = 0.1: kink in abs(x - 0.1)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "at", "coefficients"),
    [
        ("ei(x)", "1", [1.8951178163559368, math.e, 0.0, math.e / 6]),  # DLMF 6.2.5: ei'' = exp(x)*(x - 1)/x**2
        ("uppergamma(2,x)", "1", [2 / math.e, -1 / math.e, 0.0, 1 / (6 * math.e)]),  # DLMF 8.8.13: -x*exp(-x)
        ("log(x)/x", "e", [1 / math.e, 0.0, -math.exp(-3) / 2]),  # f' = (1 - log(x))/x**2
        ("erf(x)-2*x/sqrt(pi)", "0", [0.0, 0.0, 0.0, -2 / (3 * math.sqrt(math.pi))]),  # DLMF 7.6.1
        ("sin(x)", "pi", [0.0, -1.0, 0.0, 1 / 6]),
        ("(x-1/3)**3", "1/3", [0.0, 0.0, 0.0, 1.0]),
    ],
)
def test_a_coefficient_that_is_exactly_0_is_found_to_be_so(
    run: Run, f: str, at: str, coefficients: list[float]
) -> None:
    record = ask(run, "taylor", f, "--at", at, "-n", str(len(coefficients) - 1))
    assert record["status"] == "ok"
    for found, expected in zip(record["coefficients"], coefficients, strict=True):
        assert found == pytest.approx(expected, rel=1e-15, abs=0.0)


def test_an_exact_center_is_printed_as_it_was_typed(run: Run) -> None:
    assert run("taylor", "sin(x)", "--at", "pi/2", "-n", "2").out == "1 - 0.5*(x - pi/2)**2\n"
    assert run("taylor", "cos(x)", "--at=-pi", "-n", "2").out == "-1 + 0.5*(x + pi)**2\n"
