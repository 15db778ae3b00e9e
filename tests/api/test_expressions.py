"""Expressions in Python: they print as typed, combine, compare, hash, pickle and paste back."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dcalc
from dcalc import functions as table
from tests.shapes import expressions

X, Y = dcalc.symbols("x y")


@given(expressions())
def test_an_expression_prints_as_what_reads_back_to_it(node):
    expression = dcalc.Expression(node)
    assert dcalc.parse(str(expression)) == expression
    assert eval(repr(expression)) == expression


@given(expressions())
def test_pickles_and_copies_are_the_same_node(node):
    expression = dcalc.Expression(node)
    assert pickle.loads(pickle.dumps(expression)).node is node
    assert copy.deepcopy(expression).node is node
    assert pickle.loads(pickle.dumps(node)) is node


def test_a_pickle_of_a_deep_graph_needs_no_recursion():
    node = X
    for _ in range(20_000):
        node = dcalc.sin(node + node)
    assert pickle.loads(pickle.dumps(node)).node is node.node


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (X + 1, "x + 1"),
        (1 - X, "1 - x"),
        (2 * X * Y, "2*x*y"),
        (X / 3, "x/3"),
        (3 / X, "3/x"),
        (X**-2, "x**-2"),
        (2**X, "2**x"),
        (-X, "-x"),
        (+X, "x"),
        (abs(X), "abs(x)"),
        (X % 2, "mod(x, 2)"),
        (X // 2, "floor(x/2)"),
        (7 // X, "floor(7/x)"),
        (7 % X, "mod(7, x)"),
        (X + 0.1, "x + 0.1"),
        (X * -0.5, "x*-0.5"),
        (X * Fraction(1, 3), "x*(1/3)"),
        (Fraction(2, 3) * X, "2/3*x"),
        (Fraction(-1, 2) * X, "-(1/2)*x"),
        (Fraction(4, 2) + X, "2 + x"),
        (sum([X, Y, X]), "x + y + x"),
        (math.floor(X), "floor(x)"),
        (math.ceil(X), "ceil(x)"),
        (math.trunc(X), "trunc(x)"),
        (round(X), "round(x)"),
        (dcalc.sin(X) ** 2, "sin(x)**2"),
        (dcalc.log(X, 2), "log(x, 2)"),
        (dcalc.leaky_relu(X), "leaky_relu(x)"),
        (dcalc.leaky_relu(X, a=0.1), "leaky_relu(x, 0.1)"),
        (dcalc.where(X < 1, X, 2 * X), "where(x < 1, x, 2*x)"),
        (dcalc.where((X >= 1) & ~(Y > 2) | (X <= -1), X, Y), "where(x >= 1 and not y > 2 or x <= -1, x, y)"),
        (dcalc.where(True, X, Y), "x"),
        (dcalc.pi * X, "pi*x"),
        (dcalc.max(X, 0, Y), "max(x, 0, y)"),
        (np.float64(0.5) * X, "0.5*x"),
        (X + np.float32(0.5), "x + 0.5"),
        (np.int64(3) * X, "3*x"),
        (np.sin(X) + np.exp(-(X**2)), "sin(x) + exp(-x**2)"),
        (np.maximum(X, 0), "max(x, 0)"),
        (np.where(X > 0, X, 0), "where(x > 0, x, 0)"),
        (np.clip(X, 0, 1), "clip(x, 0, 1)"),
        (np.square(X) + np.reciprocal(Y), "x**2 + 1/y"),
        (np.logical_and(X > 0, Y > 0) * X, "where(x > 0 and y > 0, 1, 0)*x"),
    ],
    ids=str,
)  # fmt: skip
def test_python_builds_what_one_would_type(built, text):
    assert str(built) == text
    assert dcalc.parse(text) == built


@given(st.floats(allow_nan=False, allow_infinity=False), st.fractions(max_denominator=10**6), st.integers())
def test_numbers_are_what_they_print_as(real, ratio, whole):
    assert (X * 0 + real).at(x=0.0).value == real
    assert Fraction(float((X - X + ratio).at(x=0.0))) == Fraction(float(ratio))
    assert dcalc.Expression((X + whole).node.args[1]).at().decimal is not None


@pytest.mark.parametrize("bad", [math.inf, math.nan, -math.inf])
def test_numbers_that_are_not_real_are_refused(bad):
    with pytest.raises(dcalc.UsageError, match="is not a real number"):
        X + bad


@pytest.mark.parametrize("other", ["1", None, [1], 1j])
def test_what_is_not_a_number_does_not_combine(other):
    with pytest.raises(TypeError, match="unsupported operand"):
        X + other
    with pytest.raises(TypeError):
        other > X  # noqa: B015  # the comparison raises


def test_equal_is_what_prints_alike():
    assert dcalc.parse("x**2 + 1") == X**2 + 1
    assert dcalc.diff("x**3", "x") == dcalc.parse("3*x**2")
    assert X + Y != Y + X
    assert X != "x"
    assert len({X + 1, dcalc.parse("x+1"), Y + 1}) == 2
    variable, constant = dcalc.parse("e*x", variables=["e"]), dcalc.parse("e*x")
    assert variable != constant
    assert eval(repr(variable)) == variable
    assert eval(repr(constant)) == constant


def test_what_an_expression_shows_in_a_notebook():
    assert (X**2)._repr_latex_() == r"$\displaystyle x^{2}$"
    html = dcalc.grad("x*y")._repr_html_()
    assert html.count("<td>") == 4
    assert r"\displaystyle" in html
    assert "<script" not in dcalc.check("x", "2").__class__("no", "<script>")._repr_html_()


def test_a_curve_with_its_marks():
    drawing = abs(X - 1).plot(-1, 3)
    assert drawing.svg.startswith("<svg")
    assert drawing._repr_html_() == drawing.svg
    assert [(mark["kind"], mark["x"], mark["certified"]) for mark in drawing.marks] == [("kink", 1.0, True)]
    assert "Curves: f, f'" in (X**2).plot(derivative=True).svg
    with pytest.raises(dcalc.UsageError, match="two ends"):
        X.plot(1)
    with pytest.raises(dcalc.UsageError, match="one variable"):
        (X * Y).plot(0, 1)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dcalc.sin(), dcalc.ArityError, "does not take 0 arguments"),
        (lambda: dcalc.sin(X, X, X), dcalc.ArityError, "does not take 3 arguments"),
        (lambda: dcalc.softmax(3, X, Y), dcalc.ArityError, "chooses one of the others"),
        (lambda: dcalc.relu(X, slope=2), dcalc.ArityError, "does not take slope by name"),
        (lambda: dcalc.where(X, 1, 2), dcalc.UsageError, "is not a condition"),
        (lambda: dcalc.sin("x"), dcalc.UsageError, "cannot hold a str"),
        (lambda: dcalc.parse("sinn(x)"), dcalc.UnknownFunction, "sinn"),
        (lambda: float(X), dcalc.Unsupported, "x is not a number"),
        (lambda: int(X), dcalc.Unsupported, "x is not a number"),
        (lambda: bool(X > 1), dcalc.UsageError, "x > 1 has no truth value"),
        (lambda: round(X, 2), dcalc.Unsupported, "whole number"),
        (lambda: np.ldexp(X, 2), dcalc.Unsupported, "numpy.ldexp"),
        (lambda: dcalc.symbols("x 2y"), dcalc.UsageError, "2y"),
        (lambda: (X * Y).at(x=1.0), dcalc.UnknownVariable, "no value is given for y"),
        (lambda: X.at(x=1.0, z=2.0), dcalc.UnknownVariable, "no variable z"),
        (lambda: X.at(x=math.nan), dcalc.UsageError, "not a real number"),
        (lambda: X.at(x="y"), dcalc.UsageError, "has a variable"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_points_are_doubles_or_exact():
    f = dcalc.sin(X)
    assert f.at(x="pi").value == 0.0
    assert f.at(x=math.pi).value == 1.2246467991473532e-16  # sin(pi - 1.22e-16): the double is not pi
    assert f.at(x=dcalc.pi / 6).value == 0.5
    assert (3 * X).at(x=Fraction(1, 3)).value == 1.0
    assert X.at(x=2**53 + 1).decimal == "9007199254740993.00000000000000"
    assert (X + Y).at({"x": 1}, y=np.float64(2)).value == 3.0
    assert dcalc.evaluate("e + 1", e=2).value == 3.0  # named, so a variable
    assert float(dcalc.parse("pi/4")) == math.pi / 4


@pytest.mark.parametrize("row", [row for row in table.functions() if not row.variadic and row.minimum], ids=str)
def test_every_function_of_the_table_is_one_of_dcalc(row):
    if row is table.WHERE:
        return
    arguments = dcalc.symbols(" ".join(f"a{k}" for k in range(row.minimum)))
    call = f"{row.name}({', '.join(map(str, arguments))})"
    assert getattr(dcalc, row.name)(*arguments) == dcalc.parse(call)
    assert row.doc in getattr(dcalc, row.name).__doc__


def test_what_is_read_leniently_is_warned_of() -> None:
    with pytest.warns(SyntaxWarning, match=r"'sin x' is read as sin\(x\)"):
        assert str(dcalc.parse("sin x")) == "sin(x)"
