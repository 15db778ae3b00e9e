"""Programs of arrays, as a shell asks for them."""

import json

import pytest

from tests.cli.conftest import Run


def test_a_program_is_printed_and_recorded(run: Run) -> None:
    arguments = ("emit", "norm(A@x - b)^2", "--wrt", "x", "--target", "torch")
    assert "    return 2*A.T@(A@x - b)\n" in run(*arguments).out
    (record,) = json.loads(run(*arguments, "--json").out)["records"]
    assert [function["name"] for function in record["functions"]] == ["f", "grad_f"]
    assert (record["functions"][1]["shape"], record["shapes"]["A"]) == (["n"], ["m", "n"])


def test_a_program_is_checked(run: Run) -> None:
    pytest.importorskip("numpy")
    result = run("emit", "sum(log(1 + exp(A@x)))", "--wrt", "x", "--target", "numpy", "--check")
    assert result.code == 0
    assert result.err.count(" of the largest entry off certified values at 6 points") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("norm(A@x)", "--target", "sqlite"), 4, "SQLite has no arrays here"),
        (("norm(A@x)", "--target", "rust"), 2, "a program in Rust needs lengths in numbers; A is m x n"),
        (("norm(A@x)", "--target", "numpy", "--plain"), 2, "--plain does not take arrays"),
        (("norm(A@x)", "sum(x)", "--target", "numpy"), 2, "a program of arrays is that of one expression"),
        (("norm(A@x)", "--wrt", "z", "--target", "numpy"), 2, "the expression has no variable z"),
        (("A@B", "--shape", "A: 2 x 3, B: 2 x 3", "--target", "jax"), 2, "@ cannot multiply 2 x 3 by 2 x 3"),
    ],
)
def test_what_is_refused(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run("emit", *arguments)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith(f"error: {message}")
