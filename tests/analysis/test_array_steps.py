"""Derivations with vectors and matrices: every line is held against certified derivatives, the last is the gradient.

The derivative of f by an operation, contracted with the certified derivative of that operation by the variable, is the
certified derivative of f, wherever the variable stands in one place.
"""

from __future__ import annotations

import pytest

from dcalc import formats
from dcalc.analysis import array_steps
from dcalc.errors import DcalcError
from dcalc.numbers.real import evaluate_all
from dcalc.problem import Problem
from dcalc.solver import solve_all
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.nodes import Node
from dcalc.tensor.plain import write
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import read_shapes
from tests.tensor.test_cookbook import choose_point
from tests.tensor.test_formulas import CASES

SIZES = dict.fromkeys("mnkhpqdr", 2) | {"n": 3}
SOME = CASES[::3]


def certify(reading: Reading, node: Node, by: str, point: dict[str, float]) -> list[list[float]]:
    """The certified derivatives of the entries of a node by the entries of a variable."""
    (array,) = lower([node], SIZES)
    names = tuple(entry_names(by, fix_shape(reading.variables[by].shape, SIZES)))
    return [[one.value for one in solve_all(Problem(e, names, point, gradient=True))] for e in array.entries]


@pytest.mark.slow_cases(
    "tr(A.T@A@inv(A.T@A + lambda*eye(n))) by lambda",
    "a.T@inv(A + diag(x))@a by x",
    "(x-mu).T@inv(S)@(x-mu)/2 + logdet(S)/2 by S",
)
@pytest.mark.parametrize(("text", "by", "formula", "shapes"), SOME, ids=[f"{case[0]} by {case[1]}" for case in SOME])
def test_every_line_is_true(text: str, by: str, formula: str, shapes: str):
    reading = read(text, read_shapes(shapes))
    point = choose_point(reading, SIZES, 1)
    lines, answer = array_steps.derive_in_steps(reading, by, text)
    assert write(answer) == formula
    (truth,) = certify(reading, reading.root, by, point)
    if lines[-1].by is reading.variables[by]:
        assert evaluate_all(lower([lines[-1].after], SIZES)[0].entries, point) == pytest.approx(truth, 1e-10, 1e-10)
    if sum(step.node is reading.variables[by] for step in reading.list_steps().values()) > 1:
        return
    for line in lines:
        assert line.by is not None
        flow = evaluate_all(lower([line.after], SIZES)[0].entries, point)
        rows = certify(reading, line.by, by, point)
        product = [sum(a * row[k] for a, row in zip(flow, rows, strict=True)) for k in range(len(truth))]
        assert product == pytest.approx(truth, 1e-10, 1e-10), line


def test_the_rules_of_least_squares_are_told():
    finding = array_steps.find("norm(A@x - b)^2", ["x"], {}, None, 30)
    assert [(step["rule"], step["formula"]) for step in finding.record["steps"]] == [
        ("power rule", "d(u**2) = 2*u*du"),
        ("derivative of the norm", "d(norm(u)) = u.T@du/norm(u)"),
        ("sum rule", "d(u - b) = du"),
        ("product rule for matrices", "d(A@x) = A@dx"),
    ]
    assert finding.notes[-1] == "layout: the derivative of a scalar by x has the shape of x: n"
    assert len({str(step["before"]) for step in finding.record["steps"]}) == 4


@pytest.mark.parametrize(
    ("text", "by", "formula"),
    [  # differentials of the Matrix Cookbook, eqs. 33 to 43
        ("tr(X@B)", "X", "d(tr(U)) = tr(dU)"),
        ("det(X)", "X", "d(det(X)) = det(X)*tr(inv(X)@dX)"),
        ("logdet(X)", "X", "d(logdet(X)) = tr(inv(X)@dX)"),
        ("a.T@inv(X)@b", "X", "d(inv(X)) = -inv(X)@dX@inv(X)"),
        ("sum((X*B)@c)", "X", "d(X*B) = B*dX"),
        ("sum(X.T@c)", "X", "d(X.T) = dX.T"),
    ],
)
def test_rules_are_differentials(text: str, by: str, formula: str):
    steps = array_steps.find(text, [by], {}, None, 30).record["steps"]
    assert formula in [step["formula"] for step in steps]


RULES = {
    "mean(x^2)": {"derivative of a mean", "power rule, entry by entry"},
    "sum(relu(x))": {"derivative of a sum of entries", "derivative of relu, entry by entry"},
    "x@x": {"product rule for matrices", "sum over all places of x"},
    "max(x)": {"derivative of the largest entry"},
    "prod(x)": {"derivative of a product of entries"},
    "logsumexp(x)": {"derivative of logsumexp"},
    "x[0]": {"entries"},
    "mse(y, x)": {"derivative of mse"},
    "sum(where(x > 0, x, 0))": {"derivative of a sum of entries", "case by case, entry by entry"},
    "tr(diag(x))": {"derivative of the trace", "an entry that stands several times"},
    "tr(x@x.T)": {"derivative of the trace", "product rule for matrices", "transpose", "sum over all places of x",
                  "common factors"},
    "sum(a*x)*c": {"product rule"},
    "3*sum(x)": {"constant multiple rule"},
}  # fmt: skip


@pytest.mark.parametrize("text", RULES)
def test_rules_have_names(text: str):
    shapes = read_shapes("x: m x n" if "x.T" in text else "x: 3, a: 3, c: scalar, y: 3")
    steps = array_steps.find(text, ["x"], shapes, None, 30).record["steps"]
    assert RULES[text] <= {step["rule"] for step in steps} | ({"common factors"} if "x.T" in text else set())


@pytest.mark.parametrize("name", ["plain", "table", "markdown", "latex", "json"])
def test_every_format_shows_the_steps(name: str):
    finding = array_steps.find("log(det(A)) + sum(exp(A))", ["A"], {}, None, 30)
    text = "".join(formats.load(name).present([finding], formats.Style("steps")))
    words = r"\operatorname{tr}" if name == "latex" else "tr(inv("
    assert words in text or "det(A)*tr(inv(A)@dA)" in text


def test_jacobians_have_their_axes_first():
    finding = array_steps.find("tanh(A@x)", ["x"], {}, None, 30)
    assert finding.notes[-1] == "layout: the axes of f come first, then those of x: m x n"
    reading = read("tanh(A@x)")
    _, answer = array_steps.derive_in_steps(reading, "x", "tanh(A@x)")
    assert answer is tidy(*differentiate(reading.root, [reading.variables["x"]]))


@pytest.mark.parametrize(
    ("text", "wrt", "message"),
    [
        ("a.T@b", [], "the expression has several variables"),
        ("A@x", ["A", "x"], "steps are those of one derivative"),
        ("A@x", ["z"], "the expression has no variable z"),
        (" + ".join(["sum(x)"] * 200), ["x"], "steps are shown for up to 300 operations"),
    ],
)
def test_what_has_no_steps_is_refused(text: str, wrt: list[str], message: str):
    with pytest.raises(DcalcError) as caught:
        array_steps.find(text, wrt, {}, None, 30)
    assert caught.value.message == message
