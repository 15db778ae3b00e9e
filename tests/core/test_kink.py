"""--at-kink: which number is taken, what is noted, and what others really take there."""

from __future__ import annotations

import json
import math
import re

import pytest

from dcalc import functions as table
from dcalc.problem import Result
from dcalc.solver import CONVENTIONS, apply_convention
from tests.cli.conftest import Run, run

__all__ = ["run"]

BOTH = Result(status="not_differentiable", kind="kink", left=-1.0, right=3.0, reason="kink in abs(x)")
RIGHT = Result(status="not_differentiable", kind="boundary", right=3.0, reason="the domain of f ends here")


@pytest.mark.parametrize(
    ("how", "value"), [("left", -1.0), ("right", 3.0), ("mean", 1.0), ("zero", 0.0), ("nan", None)]
)
def test_the_value_is_the_one_that_is_asked_for(how, value):
    found = apply_convention(BOTH, how)
    assert (found.value, found.status, found.kind, found.chosen) == (value, "not_differentiable", "kink", how)
    assert found.notes == (f"kink in abs(x): {how} is taken by --at-kink",)


def test_every_choice_is_tested():
    assert CONVENTIONS == ("left", "right", "mean", "zero", "nan")


@pytest.mark.parametrize(
    ("how", "lacks"),
    [
        ("left", "there is no finite derivative from the left"),
        ("mean", "the derivatives from both sides are not finite"),
    ],
)
def test_a_side_that_is_not_finite_is_no_value(how, lacks):
    found = apply_convention(RIGHT, how)
    assert (found.value, found.chosen) == (None, "")
    assert found.reason == f"the domain of f ends here; --at-kink {how}: {lacks}"


@pytest.mark.parametrize("status", ["ok", "removable", "undefined", "overflow", "unresolved"])
def test_other_answers_stay_as_they_are(status):
    answer = Result(status=status, value=2.0, left=1.0, right=2.0)
    assert apply_convention(answer, "mean") is answer


def test_the_mean_does_not_overflow():
    assert apply_convention(Result(status="not_differentiable", left=1.7e308, right=1.7e308), "mean").value == 1.7e308


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        ("diff abs(x) --at 0 --at-kink mean", "0.0\n"),
        ("diff abs(x) --at 0 --at-kink nan", "nan\n"),
        ("diff abs(x) --at 1 --at-kink nan", "1.0\n"),
        ("diff abs(x) --at-kink nan", "sign(x)\n"),
        ("diff sqrt(x) --at 0 --at-kink zero", "0.0\n"),
        ("diff x*abs(x) --at 0 -n 2 --at-kink right", "2.0\n"),
        ("diff relu(x) --at x=-1:1:1 --at-kink left", "-1.0\t0.0\n0.0\t0.0\n1.0\t1.0\n"),
        ("diff relu(x) --at x=0:1:1 --at-kink nan", "0.0\tnan\n1.0\t1.0\n"),
        ("grad max(a,b)+a --at a=1,b=1 --at-kink mean", "a\t1.5\nb\t0.5\n"),
        ("grad abs(x)+y --at x=0,y=1 --at-kink mean", "x\t0.0\ny\t1.0\n"),
    ],
)
def test_from_the_command_line(arguments: str, out: str, run: Run):
    result = run(*arguments.split())
    assert (result.code, result.out) == (0, out)


def test_points_on_stdin_and_batches_follow(run: Run):
    assert (
        run("diff", "abs(x)", "--at", "-", "--at-kink", "mean", stdin=b"-1\n0\n1\n").out
        == "-1.0\t-1.0\n0.0\t0.0\n1.0\t1.0\n"
    )
    result = run("diff", "-", "--at", "0", "--at-kink", "right", stdin=b"abs(x)\nrelu(x)\n")
    assert (result.code, result.out) == (0, "1.0\n1.0\n")


@pytest.mark.parametrize("format", ["json", "csv", "tsv", "markdown", "latex", "table"])
def test_every_format_shows_the_value_and_the_status(format: str, run: Run):
    result = run("diff", "abs(x)*7 + 9*x", "--at", "0", "--at-kink", "right", "--format", format)
    assert result.code == 0
    assert "16.0" in result.out
    if format == "json":
        record = json.loads(result.out)["records"][0]
        assert (record["value"], record["status"], record["left"]) == (16.0, "not_differentiable", 2.0)
        assert record["notes"][1] == "there the derivative of abs is, by convention: PyTorch 0, JAX 1"


def test_nan_is_null_in_json(run: Run):
    record = json.loads(run("diff", "abs(x)", "--at", "0", "--at-kink", "nan", "--json").out)["records"][0]
    assert (record["value"], record["status"]) == (None, "not_differentiable")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("diff sqrt(x) --at 0 --at-kink mean", 3, "--at-kink mean: the derivatives from both sides are not finite"),
        ("diff abs(x) --at 0 --at-kink up", 2, "--at-kink must be left, right, mean, zero or nan, not up"),
        ("diff log(x) --at=-1 --at-kink zero", 3, "log(x): argument is -1"),
        ("compare abs(x) --at 0 --at-kink zero", 2, "compare has no option --at-kink"),
    ],
)
def test_what_has_no_value_still_has_none(arguments: str, code: int, message: str, run: Run):
    result = run(*arguments.split())
    assert (result.code, result.out) == (code, "")
    assert message in result.err


def test_conventions_are_of_first_derivatives_alone(run: Run):
    assert "PyTorch" not in run("diff", "abs(x)", "--at", "0", "-n", "2", "--at-kink", "mean").err


# --- what others really take ------------------------------------------------------------

# By row: the call in PyTorch, the call in JAX, and where; the derivative by the first argument.
CALLS = {
    "abs": ("torch.abs(x)", "jnp.abs(x)", 0.0),
    "sign": ("torch.sign(x)", "jnp.sign(x)", 0.0),
    "floor": ("torch.floor(x)", "jnp.floor(x)", 1.0),
    "ceil": ("torch.ceil(x)", "jnp.ceil(x)", 1.0),
    "round": ("torch.round(x)", "jnp.round(x)", 0.5),
    "trunc": ("torch.trunc(x)", "jnp.trunc(x)", 1.0),
    "min": ("torch.minimum(x, torch.ones_like(x))", "jnp.minimum(x, 1.0)", 1.0),
    "max": ("torch.maximum(x, torch.ones_like(x))", "jnp.maximum(x, 1.0)", 1.0),
    "clip": ("torch.clamp(x, 0.0, 1.0)", "jnp.clip(x, 0.0, 1.0)", 1.0),
    "hardtanh": ("torch.nn.functional.hardtanh(x)", "jax.nn.hard_tanh(x)", 1.0),
    "relu": ("torch.relu(x)", "jax.nn.relu(x)", 0.0),
    "leaky_relu": ("torch.nn.functional.leaky_relu(x, 0.25)", "jax.nn.leaky_relu(x, 0.25)", 0.0),
    "sqrt": ("torch.sqrt(x)", "jnp.sqrt(x)", 0.0),
    "hypot": ("torch.hypot(x, torch.zeros_like(x))", "jnp.hypot(x, 0.0)", 0.0),
}
ROWS = [row for row in table.ROWS if row.elsewhere]


def said(text: str, library: str) -> float:
    """The number that a row gives for a library."""
    both = re.fullmatch(r"PyTorch and JAX (\S+) by .*", text)
    found = both or re.search(rf"{library} (\S+?)(,|$)", text)
    assert found is not None
    return 0.25 if found[1] == "a" else float(found[1])


def test_every_convention_can_be_measured():
    assert {row.name for row in ROWS} == set(CALLS)
    for row in ROWS:
        assert not math.isnan(said(row.elsewhere, "PyTorch")) or row.name == "hypot"
        said(row.elsewhere, "JAX")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_pytorch_takes(row):
    torch = pytest.importorskip("torch", minversion="2.14")  # `clamp` had another convention before
    call, _, at = CALLS[row.name]
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    eval(call, {"torch": torch, "x": x}).backward()
    assert x.grad.item() == pytest.approx(said(row.elsewhere, "PyTorch"), nan_ok=True)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_jax_takes(row):
    jax = pytest.importorskip("jax")
    _, call, at = CALLS[row.name]
    found = jax.grad(lambda x: eval(call, {"jax": jax, "jnp": jax.numpy, "x": x}))(at)
    assert float(found) == pytest.approx(said(row.elsewhere, "JAX"))
