"""Backpropagation through arrays. Truths are derivatives worked out by hand, with NumPy."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Run

np = pytest.importorskip("numpy")
LAYERS = "mean((y - tanh(tanh(tanh(X@W)@V))@w)^2)"
SHAPES = ("--shape", "X: 2 x 2, W: 2 x 2, V: 2 x 2, w: 2, y: 2")


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run("trace", *arguments, "--json").out)["records"]
    return record


def test_each_operation_has_a_shape_and_an_adjoint(run: Run) -> None:
    record = ask(run, "sum(tanh(W@x))", "--at", "W=[[1,2],[3,4]],x=[0.1,0.2]")
    slope = 1 - np.tanh([0.5, 1.1]) ** 2
    assert [(node["text"], node["shape"]) for node in record["nodes"]] == [
        ("W", [2, 2]), ("x", [2]), ("W@x", [2]), ("tanh(W@x)", [2]), ("sum(tanh(W@x))", []),
    ]  # fmt: skip
    flows = [node["flow"] for node in record["nodes"]]
    assert flows[2:] == pytest.approx([np.linalg.norm(slope), np.sqrt(2), 1])
    assert flows[0] == pytest.approx(np.linalg.norm(np.outer(slope, [0.1, 0.2])))
    assert np.allclose(record["gradient"]["x"], np.array([[1, 2], [3, 4]]).T @ slope, rtol=1e-15)
    assert (record["verdict"], record["check"]["equal"]) == ("ok", True)


def test_a_gradient_that_vanishes_is_named(run: Run) -> None:
    record = ask(run, LAYERS, *SHAPES, "--at", "X=[[9,9],[8,9]],W=[[1,1],[1,1]],V=[[1,0],[0,1]],w=[1,1],y=[0,1]")
    assert record["verdict"] == "vanishing"
    assert "the gradient vanishes: over 4 layers" in record["message"]  # three of tanh, and the square


def test_an_adjoint_of_what_is_used_twice_is_a_sum(run: Run) -> None:
    record = ask(run, "a = A@x; a@a + sum(where(a > 4, a, 0))", "--at", "A=[[1,2],[3,4]],x=[1,1]")
    assert record["gradient"]["x"] == [3 * 2 * 1 + 7 * 2 * 3 + 3, 3 * 2 * 2 + 7 * 2 * 4 + 4]
    assert record["check"]["equal"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sum(A@x)",), "trace needs values"),
        (("2*x", "--at", "x=[1,2]"), "trace follows the gradient of a scalar; this is 2"),
    ],
)
def test_what_cannot_be_traced_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("trace", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_kink_is_a_verdict(run: Run) -> None:
    assert ask(run, "sum(relu(x))", "--at", "x=[0,1]")["status"] == "not_differentiable"


def test_layers_are_drawn_with_their_shapes(run: Run) -> None:
    assert "tanh(W@x)" in run("trace", "sum(tanh(W@x))", "--at", "W=[[1,2],[3,4]],x=[0.1,0.2]", "--format", "dot").out
