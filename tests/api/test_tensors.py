"""Expressions with vectors and matrices in Python."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import dcalc
from dcalc.api.tensors import ArrayExpression

A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
x = np.array([1.0, -1.0])
b = np.array([1.0, 0.0, 1.0])


def test_a_text_with_arrays_is_an_expression_of_arrays() -> None:
    loss = dcalc.parse("norm(A@x - b)^2")
    assert isinstance(loss, ArrayExpression)
    assert str(loss) == "norm(A@x - b)**2"
    assert (loss.shape, loss.variables) == ((), ("A", "b", "x"))
    assert loss.notes == ("A is a matrix (m x n), x is a vector (n), b is a vector (m); --shape declares others",)
    assert loss.at(A=A, x=x, b=b) == 9.0
    assert loss.simplify() is loss


def test_derivatives_print_as_formulas_and_have_arrays_for_values() -> None:
    gradient = dcalc.diff("norm(A@x - b)^2", "x")
    assert str(gradient) == "2*A.T@(A@x - b)"
    assert gradient == dcalc.parse("norm(A@x-b)^2").diff("x")
    assert gradient != 2
    np.testing.assert_array_equal(gradient.at(A=A, x=x, b=b), 2 * A.T @ (A @ x - b))
    np.testing.assert_array_equal(gradient.at({"A": A.tolist(), "x": (1, -1)}, b=b), [-30, -40])
    second = gradient.diff("x")
    assert str(second) == str(dcalc.diff("norm(A@x - b)^2", "x", 2)) == "2*A.T@A"
    np.testing.assert_array_equal(second.at(A=A, x=x, b=b), 2 * A.T @ A)
    np.testing.assert_array_equal(dcalc.diff("A@x", "x").at(A=A, x=x), A)


def test_gradients_are_mappings() -> None:
    gradient = dcalc.grad("norm(A@x - b)^2")
    assert str(gradient) == "A: 2*outer(A@x - b, x)\nb: -2*(A@x - b)\nx: 2*A.T@(A@x - b)"
    values = dcalc.grad("norm(A@x - b)^2", ["x", "b"]).at(A=A, x=x, b=b)
    np.testing.assert_array_equal(values["b"], [4, 2, 4])
    np.testing.assert_array_equal(values["x"], [-30, -40])
    mixed = dcalc.grad("norm(A@x - b)^2", "b", first=["x"])
    assert str(mixed) == "b: -2*A.T"


def test_shapes_can_be_declared() -> None:
    quadratic = dcalc.diff("x.T@S@x", "x", shape="S: n x n symmetric")
    assert str(quadratic) == "2*S@x"
    assert repr(quadratic) == "dcalc.parse('x.T@S@x', shape='S: n x n symmetric').diff('x')"
    assert eval(repr(quadratic)) == quadratic
    assert dcalc.parse("norm(x)", shape="x: 3").shape == ()


def test_it_is_pickled_hashed_and_set_in_latex() -> None:
    gradient = dcalc.diff("x.T@A@x", "x")
    assert pickle.loads(pickle.dumps(gradient)) == gradient
    assert len({gradient, gradient}) == 1
    assert gradient.latex() == r"\left(\mathbf{A} + \mathbf{A}^{\top}\right)\, \mathbf{x}"


def test_equality_is_proved() -> None:
    gradient = dcalc.diff("norm(A@x - b)^2", "x")
    assert isinstance(gradient, ArrayExpression)
    assert gradient.equals("2*A.T@A@x - 2*A.T@b")
    assert not gradient.equals("A.T@A@x - A.T@b")


def test_where_there_is_no_derivative_there_is_no_value() -> None:
    with pytest.raises(dcalc.NoValue, match=r"kink in abs\(x\[0\]\)"):
        dcalc.diff("sum(abs(x))", "x").at(x=[0, 1])
    with pytest.raises(dcalc.NoValue):
        dcalc.parse("log(x)@y").at(x=[-1, 1], y=[1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dcalc.parse("A@x") + 1, "arrays do not combine"),
        (lambda: dcalc.diff("A@x"), "several variables"),
        (lambda: dcalc.diff("A@x", "z"), "no variable z"),
        (lambda: dcalc.diff("A@x", ["A", "x"], 2), "an order goes with one variable"),
        (lambda: dcalc.diff("A@x", "x", -1), "orders go from 0"),
        (lambda: dcalc.grad("A@x"), "a gradient is that of a scalar"),
        (lambda: dcalc.grad("x.T@x")["y"], "y"),
        (lambda: dcalc.hessian("x.T@x"), "second derivatives by arrays"),
        (lambda: dcalc.parse("A@x").at(A=[[1, 2], [3]], x=[1, 2]), "A: the rows have different lengths"),
        (lambda: dcalc.parse("A@x").at(x=[1, 2]), "no value is given for A"),
    ],
)
def test_what_does_not_fit_is_refused(call, message: str) -> None:  # type: ignore[no-untyped-def]  # of any type
    with pytest.raises((dcalc.DcalcError, KeyError), match=message):
        call()
