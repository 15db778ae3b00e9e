"""Expressions with vectors and matrices in Python."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import dcalc
from dcalc.api.array_expression import ArrayExpression

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
        (lambda: dcalc.hessian("A@x", "x"), "a gradient is that of a scalar"),
        (lambda: dcalc.jacobian(["A@x", "y**2"], "x"), "has no arrays"),
        (lambda: dcalc.check("x.T@x", "2*x", at={"x": 1}), "claims about arrays"),
        (lambda: dcalc.compile(dcalc.parse("A@x"), "x"), "only scalars of arrays"),
        (lambda: dcalc.compile(dcalc.parse("x@x"), "z"), "no variable z"),
        (lambda: dcalc.compile(dcalc.parse("x@y"), "x")(x=[1, 2]), "no value is given for y"),
        (lambda: dcalc.compile(dcalc.parse("x@y"), "x")(x=[1, 2], y=[1, 2, 3]), "cannot multiply 2 by 3"),
        (lambda: dcalc.compile(dcalc.parse("sum(abs(x))"), "x")(x=[1, 0]), "kink"),
        (lambda: dcalc.compile(dcalc.parse("sum(log(x))"), "x")(x=[1, -1]), "argument is -1, needs > 0"),
        (lambda: dcalc.parse("A@x").at(A=[[1, 2], [3]], x=[1, 2]), "A: the rows have different lengths"),
        (lambda: dcalc.parse("A@x").at(x=[1, 2]), "no value is given for A"),
    ],
)
def test_what_does_not_fit_is_refused(call, message: str) -> None:  # type: ignore[no-untyped-def]  # of any type
    with pytest.raises((dcalc.DcalcError, KeyError), match=message):
        call()


def test_second_derivatives_are_rows_by_name() -> None:
    hessian = dcalc.hessian("x.T@A@x*s", ["x", "s"])
    assert str(hessian) == "x,x: s*(A + A.T)\nx,s: (A + A.T)@x\ns,x: (A + A.T)@x\ns,s: 0"
    values = hessian.at(A=[[1, 2], [3, 4]], x=[1, 2], s=3)
    np.testing.assert_array_equal(values["x"]["x"], [[6, 15], [15, 24]])
    np.testing.assert_array_equal(values["s"]["x"], [12, 21])
    assert values["s"]["s"] == 0
    rows = dcalc.jacobian(["A@x", "norm(x)^2"], "x", shape="x: n")
    assert str(rows) == "f1,x: A\nf2,x: 2*x"
    np.testing.assert_array_equal(rows.at(A=A, x=x)["f2"]["x"], [2, -2])


def test_claims_are_checked() -> None:
    loss = dcalc.parse("norm(A@x - b)^2")
    assert dcalc.check(loss, "2*A.T@(A@x - b)", "x").verdict == "proved"
    assert dcalc.check(loss, {"x": "2*A.T@(A@x - b)", "b": "2*(b - A@x)"}).verdict == "proved"
    wrong = dcalc.check(loss, "A.T@(A@x - b)", "x")
    assert not wrong
    assert wrong.slip == "a factor 2 is missing"


def test_values_are_enclosed() -> None:
    low, high = dcalc.diff("norm(x)", "x", shape="x: n").enclose(x=[1, 2])
    truth = 1 / np.sqrt(np.longdouble(5)) * np.array([1, 2])
    assert (low <= truth).all() and (truth <= high).all() and (high - low <= 2e-16).all()
    assert dcalc.parse("x@x").enclose(x=[1, 2]) == (5.0, 5.0)
    with pytest.raises(dcalc.NoValue):
        dcalc.diff("sum(abs(x))", "x").enclose(x=[0])


@pytest.mark.parametrize("mode", ["bound", "certify", "fast"])
def test_compiled_gradients_have_bounds(mode: Any) -> None:
    single = dcalc.compile(dcalc.parse("norm(A@x - b)^2"), "x", mode=mode)
    value, gradient = single(A=A, x=x, b=b)
    assert value == 9.0
    np.testing.assert_array_equal(gradient, [-30, -40])
    both = pickle.loads(pickle.dumps(dcalc.compile(dcalc.parse("s*norm(A@x - b)^2"), ["b", "s"], mode=mode)))
    answer = both.evaluate({"A": A, "x": x}, b=b, s=2)
    assert (answer.value, answer.derivatives[1]) == (18.0, 9.0)
    np.testing.assert_array_equal(answer.derivatives[0], [8, 4, 8])
    assert repr(both) == "<compiled s*norm(A@x - b)**2 and its derivative by b, s>"
    if mode == "fast":
        assert answer.value_bound is answer.derivative_bounds is None
    else:
        assert 0 < answer.value_bound < 1e-12
        assert answer.derivative_bounds[0].shape == (3,)


@pytest.mark.parametrize("mode", ["bound", "fast"])
@pytest.mark.parametrize(
    "text",
    [
        "x.T@S@x", "logdet(S + 2*eye(2))", "tr(eye(2)@S) + x[0]", "sum(i, 0, 1, x[i]*S[i, i]*x[i])", "(x.T@S@x)^2*c",
        "sum(where(S@x > 0 and not (x > c), x**2, 0.1*x))", "sum(where(c > 0, x, 2*x))", "sum((x > 0)*x**3 + (x < 9))",
        "sum(cross_entropy(0, x, 2*x))",
    ],
)  # fmt: skip
def test_compiled_gradients_are_certified_ones(text: str, mode: Any) -> None:
    point = {"x": np.array([0.5, -1.25]), "S": np.array([[2.0, 0.75], [0.5, 3.0]]), "c": 1.5}
    expression = dcalc.parse(text, shape="x: 2, S: 2 x 2, c: scalar")
    names = [name for name in expression.variables if name != "c"]
    answer = dcalc.compile(expression, names, mode=mode).evaluate({k: point[k] for k in expression.variables})
    truth = expression.grad(*names).at({name: point[name] for name in expression.variables})
    for name, value in zip(names, answer.derivatives, strict=True):
        np.testing.assert_allclose(value, truth[name], rtol=1e-13)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e-8])
def test_bounds_of_a_network_of_two_layers_hold(scale: float) -> None:
    """1 - tanh(u)**2 is taken from tanh(u), unless its bound is too wide beside entries that vanish."""
    network = dcalc.parse("mean((tanh(X@W1 + b1)@W2 - Y)**2)")
    point = {
        "X": np.arange(6.0).reshape(2, 3) / 7, "W1": scale * np.arange(6.0).reshape(3, 2) / 5,
        "b1": np.array([0.5, -scale]), "W2": np.array([[1.0], [-0.3]]), "Y": np.array([[0.1], [0.7]]),
    }  # fmt: skip
    answer = dcalc.compile(network, ["W1", "b1"]).evaluate(point)
    truth = network.grad("W1", "b1").at(point)
    for name, value, bound in zip(("W1", "b1"), answer.derivatives, answer.derivative_bounds, strict=True):
        assert (np.abs(value - truth[name]) <= bound + 1e-16 * np.abs(truth[name])).all()
        assert bound.max() <= 1e-9 * np.abs(truth[name]).max()


def test_symmetric_matrices_have_arrays_for_values() -> None:
    form = dcalc.parse("x.T@S@x", shape="S: n x n symmetric")
    assert form.diff("x").at(x=np.array([1.0, 0.5]), S=np.array([[2.0, 0.1], [0.1, 1.0]])).tolist() == [4.1, 1.2]
    with pytest.raises(dcalc.UsageError, match="declared as symmetric"):
        form.at(x=np.ones(2), S=np.array([[2.0, 0.1], [0.2, 1.0]]))


def test_texts_with_arrays_are_compiled_and_read_in_latex() -> None:
    value, gradient = dcalc.compile("prod(x)", "x")({"x": np.array([2.0, 3.0])})
    assert (value, list(gradient)) == (6.0, [3.0, 2.0])
    assert str(dcalc.parse(r"\lVert Ax \rVert_2^2", notation="latex")) == "norm(A@x)**2"


def test_compiled_gradients_certify_what_has_no_bound() -> None:
    corner = dcalc.compile(dcalc.parse("sum(x*abs(x))"), "x")
    assert corner(x=[0, 3])[1].tolist() == [0, 6]  # smooth, though abs is not
    near = dcalc.compile(dcalc.parse("sum(cos(x) - 1)"), "x")
    assert near(x=[1e-9, 1e-8])[1].tolist() == [-1e-9, -1e-8]
    labels = dcalc.compile(dcalc.parse("cross_entropy(y, X@W)", shape="y: m"), "W")
    data, weights = np.eye(2), np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.5]])
    shares = np.exp(weights) / np.exp(weights).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(labels(X=data, W=weights, y=[0, 2])[1], (shares - np.eye(3)[[0, 2]]) / 2, rtol=1e-12)
    with pytest.raises(dcalc.UsageError, match="y has the label 3"):
        labels(X=data, W=weights, y=[0, 3])


def test_bounds_of_large_arrays_hold() -> None:
    rng = np.random.default_rng(5)
    data, w = rng.normal(size=(2000, 20)), rng.normal(size=20)
    y = np.sign(rng.normal(size=2000))
    answer = dcalc.compile(dcalc.parse("mean(log(1 + exp(-y*(X@w))))"), "w").evaluate(X=data, y=y, w=w)
    high = [part.astype(np.longdouble) for part in (data, y, w)]  # 64 bits: 2,000 times closer than doubles
    margin = high[1] * (high[0] @ high[2])
    truth = -(high[1] / (1 + np.exp(margin))) @ high[0] / 2000
    assert (np.abs(answer.derivatives - truth) <= answer.derivative_bounds).all()
    assert answer.derivative_bounds.max() < 1e-11
    assert abs(answer.value - np.log1p(np.exp(-margin)).mean()) <= answer.value_bound < 1e-11
