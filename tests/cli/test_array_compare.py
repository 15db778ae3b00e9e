"""Backends held against gradients of arrays. Truths are derivatives worked out by hand, or proved series."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Run

np = pytest.importorskip("numpy")
LEAST_SQUARES = ("norm(A@x - b)^2", "--at", "A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[1,0,1]", "--wrt", "x")


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run("compare", *arguments, "--json").out)["records"]
    return record


def test_every_backend_has_a_row(run: Run) -> None:
    record = ask(run, *LEAST_SQUARES)
    assert record["value"] == {"x": [-30.0, -40.0]}  # 2*A.T@(A@x - b) by hand
    assert (record["entries"], record["with_value"], record["f"]) == (2, 2, 9.0)
    rows = {row["backend"]: row for row in record["backends"]}
    assert list(rows) == ["complex", "finite", "forward", "reverse", "symbolic", "taylor", "reference"]
    exact = [name for name, row in rows.items() if name != "finite" and row["worst_ulps"] == 0]
    assert len(exact) == 6  # all numbers on the way are whole
    assert all(row["answered"] == 2 and row["off"] == row["unable"] == row["claimed"] == 0 for row in rows.values())


def test_lost_digits_are_off_and_the_entry_is_named(run: Run) -> None:
    text = ("sum((1-cos(x))/x**2)", "--at", "x=[1,1e-6]", "--backend", "forward,symbolic,reference")
    result = run("compare", *text, "--json")
    (record,) = json.loads(result.out)["records"]
    assert result.code == 1
    # (1 - cos(x))/x**2 = 1/2 - x**2/24 + x**4/720 - ..., so the derivative at 1e-6 is -1e-6/12*(1 - 1e-12/30)
    assert record["value"]["x"][1] == pytest.approx(-1e-6 / 12, rel=1e-12)
    forward, _, reference = record["backends"]
    assert (forward["off"], forward["worst_entry"]) == (1, "x[1]")
    assert forward["worst_ulps"] > 1e6
    assert reference["worst_ulps"] <= 0.5
    assert run("compare", *text).out.splitlines()[-1].startswith("forward")


def test_a_number_where_there_is_none_is_a_claim(run: Run) -> None:
    record = ask(run, "sum(abs(x))", "--at", "x=[0,2]", "--backend", "symbolic,reverse")
    assert record["status"] == "not_differentiable"
    assert [row["claimed"] for row in record["backends"]] == [1, 1]
    assert run("compare", "sum(abs(x))", "--at", "x=[0,2]", "--backend", "reference").code == 3


def test_overflow_on_the_way_leaves_no_number(run: Run) -> None:
    record = ask(run, "sum(log(1 + exp(-y*(X@w))))", "--at", "X=[[1,2],[-3,1]],y=[1,-1],w=[-400,1]", "--wrt", "w",
                 "--backend", "reverse,symbolic")  # fmt: skip
    # At -y*(X@w) = (398, 1201) the slope of softplus is 1: the gradient is -X.T@y
    assert record["value"] == {"w": [-4.0, -1.0]}
    reverse, symbolic = record["backends"]
    assert (reverse["unable"], symbolic["unable"], symbolic["worst_ulps"]) == (2, 0, 0.0)


@pytest.mark.slow
@pytest.mark.covers
def test_large_arrays_are_held_against_bounds(run: Run, tmp_path) -> None:
    data = np.random.default_rng(1).normal(size=(3000, 50))
    np.save(tmp_path / "X.npy", data)
    np.save(tmp_path / "w.npy", np.full(50, 0.01))
    record = ask(run, "sum(exp(X@w))", "--at", f"X=@{tmp_path}/X.npy,w=@{tmp_path}/w.npy", "--wrt", "w",
                 "--backend", "symbolic,forward,reference")  # fmt: skip
    truth = data.T @ np.exp(data @ np.full(50, 0.01))
    assert np.allclose(record["value"]["w"], truth, rtol=1e-12)
    symbolic, forward, reference = record["backends"]
    assert symbolic["worst_rel_error"] < 1e-9
    assert (symbolic["off"], symbolic["worst_ulps"]) == (0, None)
    assert (forward["answered"], forward["status"]) == (0, "unsupported")
    assert reference["answered"] == 50


def test_many_sweeps_are_not_made(run: Run) -> None:
    x = ",".join(["1"] * 1500)
    (row,) = ask(run, "sum(x**2)", "--at", f"x=[{x}]", "--backend", "forward")["backends"]
    assert row["note"] == "it needs a sweep for each of 1,500 entries"


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("backend", ["jax", "torch", "autograd"])
def test_libraries_are_asked_in_their_own_operations(run: Run, backend: str) -> None:
    pytest.importorskip(backend)
    record = ask(run, *LEAST_SQUARES, "--backend", backend, "--backend", "reference")
    assert record["backends"][0]["worst_ulps"] == 0
    record = ask(run, "sum(lambertw(x))", "--at", "x=[1,2]", "--backend", backend)
    assert record["backends"][0]["status"] == "unsupported"
    assert "lambertw" in record["backends"][0]["note"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sum(A@x)",), "compare needs values"),
        (("A@x", "--at", "A=[[1,2]],x=[1,2]"), "backends are compared by the gradient of a scalar; this is 1"),
        (("sum(x)", "--at", "x=[1,2]", "--points", "9"), "--points does not take arrays"),
        (("sum(x)", "--at", "x=[1,2]", "--wrt", "y"), "the expression has no variable y"),
    ],
)
def test_what_cannot_be_compared_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("compare", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}\n")
