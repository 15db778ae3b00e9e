"""Branches of `where` that are not taken: the warning is true of JAX and PyTorch, and its advice helps."""

from __future__ import annotations

import math
from importlib.util import find_spec

import pytest

from dcalc import backends
from dcalc.analysis.untaken import find_poison
from dcalc.cli.main import main
from dcalc.parser import parse
from dcalc.problem import Problem

CASES = [
    ("where(x > 0, sqrt(x), 0)", 0.0, "where(x > 0, sqrt(where(x > 0, x, 1)), 0)"),
    ("where(x > 0, sqrt(x), 0)", -1.0, "where(x > 0, sqrt(where(x > 0, x, 1)), 0)"),
    ("where(x == 0, 1, sin(x)/x)", 0.0, "where(x == 0, 1, sin(where(x == 0, 1, x))/where(x == 0, 1, x))"),
    ("where(x > 0, x*log(x), 0)", 0.0, None),
    ("where(x < 1, x, exp(1000*x))", 0.99, None),
    ("where(x > 0, x**0.5, 0)", 0.0, None),
    ("where(x <= 0, x, 1/x)", 0.0, None),
]
FINE = [
    ("where(x > 0, sqrt(x), 0)", 1.0),
    ("where(x > 0, x**2, sin(x))", 0.0),
    ("where(x > 0, log(x), 0)", -1.0),  # 1/x is finite there
    ("where(x > 0, sqrt(where(x > 0, x, 1)), 0)", 0.0),
    ("sqrt(x)", 1.0),
]


@pytest.mark.parametrize("text, x, cure", CASES)
def test_a_branch_without_a_finite_derivative_is_named(text: str, x: float, cure: str | None) -> None:
    poison = find_poison(parse(text).root, ("x",), {"x": x})
    assert poison is not None
    assert "the gradient is nan in JAX and PyTorch" in poison.sentence
    if cure is not None:
        assert poison.sentence.endswith(f"write {cure}")


@pytest.mark.parametrize("text, x", FINE)
def test_branches_that_do_no_harm_are_passed_over(text: str, x: float) -> None:
    assert find_poison(parse(text).root, ("x",), {"x": x}) is None


def test_diagnose_warns(capsys: pytest.CaptureFixture[str]) -> None:
    main(["diagnose", "where(x>0, sqrt(x), 0)", "--at", "0"])
    assert "the branch sqrt(x), which is not taken" in capsys.readouterr().err
    main(["diagnose", "where(x>0, asin(x/2), 0)*y", "--at", "x=-2,y=1", "--wrt", "x"])
    assert "the gradient may be nan in JAX and PyTorch" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("engine", ["jax", "torch"])
def test_the_warning_is_true(engine: str) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    for text, x, _ in CASES:
        root = parse(text).root
        result = backends.load(engine).differentiate(Problem(root, ("x",), {"x": x}))
        assert result.value is None, (text, x, result)
        poison = find_poison(root, ("x",), {"x": x})
        assert poison is not None
        if poison.cure is not None:
            cured = backends.load(engine).differentiate(Problem(poison.cure, ("x",), {"x": x}))
            assert cured.value is not None, (text, x)
            assert math.isfinite(cured.value)
    for text, x in FINE:
        assert backends.load(engine).differentiate(Problem(parse(text).root, ("x",), {"x": x})).value is not None, text
