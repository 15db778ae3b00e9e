"""Derivatives in Python: right to the last digit, about the function and never its text."""

from __future__ import annotations

import io
import json
import math
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from flint import ctx
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

import dcalc
from dcalc.cli.main import main
from dcalc.errors import DcalcError
from tests.scenarios import SCENARIOS
from tests.shapes import POINTS, expressions
from tests.truths import double


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_values_are_those_of_the_formulas_in_textbooks(scenario):
    for problem, truth in scenario.problems():
        derivative = dcalc.diff(dcalc.Expression(problem.root), problem.wrt)
        result = derivative.at(problem.at)
        assert result.value == double(truth)
        lower, upper = result.enclosure
        assert mp.mpf(lower) <= truth <= mp.mpf(upper)
        assert upper <= math.nextafter(math.nextafter(lower, math.inf), math.inf)


def test_a_derivative_prints_as_its_expression_and_judges_its_function():
    derivative = dcalc.diff("abs(x)", "x")
    assert str(derivative) == "sign(x)"
    assert dcalc.parse("sign(x)").at(x=0).value == 0.0
    result = derivative.at(x=0)
    assert (result.status, result.kind, result.value) == ("not_differentiable", "kink", None)
    assert (result.left, result.right, result.reason) == (-1.0, 1.0, "kink in abs(x)")
    assert result.enclosure is None
    with pytest.raises(dcalc.NoValue, match=r"not differentiable: kink in abs\(x\)") as caught:
        float(result)
    assert caught.value.kind == "not_differentiable"
    assert isinstance(caught.value, ValueError)
    assert pickle.loads(pickle.dumps(caught.value)).kind == caught.value.kind


def test_a_derivative_of_a_derivative_remembers_the_first_function():
    second = dcalc.diff("x*abs(x)", "x").diff("x")
    assert (str(second.function), second.wrt, second.order) == ("x*abs(x)", ("x", "x"), 2)
    assert second.at(x=0).status == "not_differentiable"
    assert second.grad()["x"].order == 3


@pytest.mark.parametrize(
    ("derivative", "text", "pasted"),
    [
        (dcalc.diff("x**3", "x"), "3*x**2", "dcalc.diff('x**3', 'x')"),
        (dcalc.diff("x**3"), "3*x**2", "dcalc.diff('x**3', 'x')"),
        (dcalc.diff("x**3", "x", 2), "6*x", "dcalc.diff('x**3', 'x', order=2)"),
        (dcalc.diff("x**2*y**3", ["x", "y"]), "6*x*y**2", "dcalc.diff('x**2*y**3', ('x', 'y'))"),
        (dcalc.diff("x**2*y**3", "x, y"), "6*x*y**2", "dcalc.diff('x**2*y**3', ('x', 'y'))"),
        (dcalc.diff("e**2", "e"), "2*e", "dcalc.diff(dcalc.parse('e**2', variables=('e',)), 'e')"),
        (dcalc.diff("y", "x"), "0", "dcalc.diff('y', 'x')"),
        (dcalc.grad("x**2*y"), "x: 2*x*y\ny: x**2", "dcalc.grad('x**2*y', ('x', 'y'))"),
        (dcalc.grad("x**2*y", "y"), "y: x**2", "dcalc.grad('x**2*y', ('y',))"),
        (
            dcalc.jacobian(["x*y", "y"]),
            "f1,x: y\nf1,y: x\nf2,x: 0\nf2,y: 1",
            "dcalc.jacobian(['x*y', 'y'], ('x', 'y'))",
        ),
        (dcalc.hessian("x**2*y", "x"), "x,x: 2*y", "dcalc.hessian('x**2*y', ('x',))"),
        (dcalc.hessian("x*y")["x"], "x: 0\ny: 1", "dcalc.grad('x*y', ('x', 'y'), first=('x',))"),
    ],
    ids=repr,
)
def test_texts_that_read_and_paste(derivative, text, pasted):
    assert (str(derivative), repr(derivative)) == (text, pasted)
    again = eval(pasted)
    assert repr(again) == pasted
    assert str(again) == text
    assert again == derivative
    assert pickle.loads(pickle.dumps(derivative)) == derivative


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dcalc.diff("x*y"), dcalc.UsageError, "several variables: x, y"),
        (lambda: dcalc.diff("x*y", ["x", "y"], 2), dcalc.UsageError, "an order goes with one variable"),
        (lambda: dcalc.diff("x", "x", -1), dcalc.UsageError, "must not be negative"),
        (lambda: dcalc.diff("x", "x", 10**6), dcalc.LimitError, "orders go up to 10,000"),
        (lambda: dcalc.diff("x", "2"), dcalc.UsageError, "2"),
        (lambda: str(dcalc.diff("zeta(x)", "x")), dcalc.Unsupported, "no closed form"),
        (lambda: str(dcalc.diff("log(-1)*x", "x")), dcalc.NoValue, "log"),
        (lambda: dcalc.grad("x")["y"], KeyError, "y"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_derivative_without_closed_form_still_has_values():
    assert dcalc.diff("zeta(x)", "x").at(x=3.0).value == double(mp.zeta(3, derivative=1))


@pytest.mark.parametrize("count", [1, 5, 17, 50, 300])
def test_digits_are_correctly_rounded(count):
    result = dcalc.diff("exp(x)*sin(x)", "x").at(x=0.5)
    with mp.workdps(count + 30):
        truth = mp.exp(mp.mpf(1) / 2) * (mp.sin(mp.mpf(1) / 2) + mp.cos(mp.mpf(1) / 2))
        assert result.digits(count) == mp.nstr(truth, count, strip_zeros=False).removesuffix(".")


def test_only_certified_results_have_digits():
    with pytest.raises(dcalc.NoValue, match="kink"):
        dcalc.diff("abs(x)", "x").at(x=0).digits(20)
    with pytest.raises(dcalc.Unsupported, match="forward has no more digits"):
        dcalc.Result("forward", 1.0).digits(20)


def test_an_overflow_is_enclosed_from_the_largest_double_on():
    result = dcalc.evaluate("exp(x)", x=1000.0)
    assert (result.status, result.value, result.enclosure) == ("overflow", None, (1.7976931348623157e308, math.inf))
    with mp.workdps(60):
        assert result.digits(40) == mp.nstr(mp.exp(1000), 40).replace("e+", "e")
    with pytest.raises(dcalc.NoValue, match="beyond a double"):
        float(result)


def test_a_value_that_is_a_double_is_enclosed_by_itself():
    assert dcalc.diff("x**2", "x").at(x=1.5).enclosure == (3.0, 3.0)
    assert dcalc.evaluate("x + 2**-200", x=1.0).enclosure == (1.0 - 2**-53, 1.0 + 2**-52)


@given(expressions(), st.sampled_from(POINTS))
def test_gradients_hessians_and_values_are_those_of_single_derivatives(node, at):
    f = dcalc.Expression(node)
    point = {name: at[name] for name in f.variables}
    try:
        alone = {name: f.diff(name).at(point) for name in f.variables}
    except DcalcError as error:
        with pytest.raises(type(error)):
            f.grad().at(point)
        return
    together = f.grad().at(point)
    assert [(r.value, r.status, r.decimal) for r in together.values()] == [
        (r.value, r.status, r.decimal) for r in alone.values()
    ]
    for result in alone.values():
        if result.certified and result.value is not None:
            lower, upper = map(Fraction, result.enclosure)
            assert lower <= Fraction(result.decimal) <= upper


def test_matrices_at_a_point():
    rows = dcalc.hessian("x**2*y + y**3").at(x=1, y=2)
    assert {a: {b: float(cell) for b, cell in row.items()} for a, row in rows.items()} == {
        "x": {"x": 4.0, "y": 2.0},
        "y": {"x": 2.0, "y": 12.0},
    }
    rows = dcalc.jacobian(["x*y", "z"]).at(x=2, y=3, z=5)
    assert [[float(cell) for cell in row.values()] for row in rows.values()] == [[3.0, 2.0, 0.0], [0.0, 0.0, 1.0]]
    assert dcalc.hessian("x*abs(x)").at(x=0)["x"]["x"].kind == "kink"
    assert dcalc.grad("3").at() == {}


def test_threads_get_the_same_answers_and_leave_the_precision_alone():
    derivative = dcalc.diff("exp(x)*sin(x) - besselj(2, x)*gamma(x)", "x")
    points = [0.5 + k / 64 for k in range(64)]
    before, right = ctx.prec, [derivative.at(x=point) for point in points]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            runs = pool.map(lambda _: [derivative.at(x=point) for point in points], range(4))
            assert all(run == right for run in runs)
    finally:
        sys.setswitchinterval(interval)
    assert ctx.prec == before


def test_values_are_those_of_the_command_line_bit_for_bit(monkeypatch, capsys):
    """The same problems as JSON on stdin: numbers, sides, kinds, decimals and reasons."""
    lines = []
    for text in ("x**2*sin(x)", "abs(x)", "sqrt(x)", "log(x)", "exp(exp(x))", "sin(x)/x", "where(x < 1, x, 1/x)"):
        lines += [{"expr": text, "wrt": "x", "at": {"x": at}} for at in (-1.5, 0.0, 0.25, 1.0, 8.0)]
    stdin = io.BytesIO("\n".join(map(json.dumps, lines)).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stdin))
    main(["diff", "-", "--format", "jsonl"])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == len(lines)
    for line, record in zip(lines, records, strict=True):
        result = dcalc.diff(line["expr"], "x").at(line["at"])
        for key in ("status", "kind", "value", "left", "right", "f"):
            assert getattr(result, key) == record[key], (line, key)
        reference = record["reference"] or {"value": None}
        assert result.decimal == reference["value"]


def test_variables_are_named_or_given_as_they_are():
    x, y = dcalc.symbols("x y")
    assert dcalc.diff(x**2 * y, x) == dcalc.diff("x**2*y", "x")
    assert dcalc.diff(x**2 * y, [x, "y"]).wrt == ("x", "y")
    assert list(dcalc.grad(x**2 * y, (y, x))) == ["y", "x"]
    assert list(dcalc.hessian(x**2 * y, x)) == ["x"]
    assert str(dcalc.diff(5, "x")) == "0"


@pytest.mark.parametrize("function", ["x**2", "x*y", "7"])
def test_order_0_is_the_function_and_can_be_pasted_back(function):
    zeroth = dcalc.diff(function, order=0)
    assert eval(repr(zeroth), {"dcalc": dcalc}) == zeroth == dcalc.parse(function)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dcalc.diff("x**2", 5), "5 is not the name of a variable"),
        (lambda: dcalc.diff("x**2", dcalc.parse("2*x")), "2\\*x is not a variable"),
        (lambda: dcalc.diff("x**2", [None]), "None is not a variable"),
        (lambda: dcalc.diff("x**2", "x", order=1.5), "whole number, not 1.5"),
        (lambda: dcalc.diff("x**2", "x", order="2"), "whole number, not '2'"),
        (lambda: dcalc.diff(None, "x"), "cannot hold a NoneType"),
        (lambda: dcalc.parse(b"x"), "cannot hold a bytes"),
        (lambda: dcalc.evaluate("x", x=[1.0]), "cannot hold a list"),
        (lambda: dcalc.evaluate("x", x=np.ones(2)), "x is an array"),
        (lambda: dcalc.evaluate("x", x=1.0).digits(0), "from 1 to 100,000, and 0"),
        (lambda: dcalc.evaluate("x", x=1.0).digits(-1), "from 1 to 100,000, and -1"),
        (lambda: dcalc.evaluate("x", x=1.0).digits(200_000), "from 1 to 100,000, and 200000"),
    ],
)
def test_wrong_calls_are_refused_in_words(call, words):
    with pytest.raises(dcalc.UsageError, match=words):
        call()


def test_an_array_of_one_number_is_a_number():
    assert dcalc.evaluate("x**2", x=np.array(1.5)).value == 2.25
    assert dcalc.evaluate("x**2", x=np.float32(1.5)).value == 2.25
    assert dcalc.evaluate("x**2", x=np.int64(3)).value == 9


def test_the_text_of_a_result_can_be_pasted_back():
    result = dcalc.diff("abs(x)", "x").at(x=0)
    pasted = eval(repr(result), {"Result": dcalc.Result})
    assert (pasted.status, pasted.left, pasted.right, pasted.reason) == (
        "not_differentiable",
        -1.0,
        1.0,
        "kink in abs(x)",
    )


def test_a_derivative_without_a_known_form_is_a_result_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise dcalc.Unsupported("no way is known")

    monkeypatch.setattr("dcalc.backends.reference.solve", refuse)
    result = dcalc.diff("x**2*y", "x").at(x=1.0, y=2.0)
    assert (result.value, result.status, result.reason) == (None, "unsupported", "no way is known")
    results = dcalc.grad("x**2*y").at(x=1.0, y=2.0)
    assert {part.status for part in results.values()} == {"unsupported"}
    assert str(results) == "x: unsupported: no way is known\ny: unsupported: no way is known"


def test_results_by_name_are_a_table_in_notebooks() -> None:
    html = dcalc.grad("abs(x)*y").at(x=0, y=2)._repr_html_()
    assert "<td>x</td><td>not differentiable: kink in abs(x)</td>" in html


def test_each_component_of_a_gradient_has_its_own_digits():
    gradient = dcalc.grad("sqrt(2)*x + y - sqrt(3)*z").at(x=5, y=1, z=7)
    digits = [part.digits(40) for part in gradient.values()]
    # sqrt(2), 1 and -sqrt(3): OEIS A002193 and A002194
    assert digits == [
        "1.414213562373095048801688724209698078570",
        "1.000000000000000000000000000000000000000",
        "-1.732050807568877293527446341505872366943",
    ]
