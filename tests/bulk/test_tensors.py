"""Doubles with bounds against certified derivatives of what was typed, entry by entry."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from dcalc.bulk.inexact import Estimate
from dcalc.bulk.tensors import estimate, exact_array
from dcalc.bulk.uniform import Uniform, UniformFunction
from dcalc.expr import Expr
from dcalc.problem import Problem
from dcalc.solver import solve_all
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.lower import entry_names
from dcalc.tensor.nodes import Node
from dcalc.tensor.reader import Reading, lower_steps, placeholder_name, read
from dcalc.tensor.sizes import Declared

np = pytest.importorskip("numpy")

SCENARIOS = {
    "norm(A@x - b)^2": {"A": (3, 2), "x": (2,), "b": (3,)},
    "logsumexp(x) - x[0]": {"x": (3,)},
    "sum(log(1 + exp(-y*(X@w))))": {"X": (4, 2), "y": (4,), "w": (2,)},
    "logdet(X@X.T)": {"X": (2, 3)},
    "norm(x)": {"x": (4,)},
    "sum(tanh(W@x)**2)": {"W": (3, 2), "x": (2,)},
    "tr(inv(X))": {"X": (2, 2)},
    "det(X + 2*eye(2)) - sum(eye(2)@X)": {"X": (2, 2)},
    "prod(x)": {"x": (4,)},
    "x.T@A@x/norm(x)^2": {"A": (3, 3), "x": (3,)},
    "mean(exp(x)*sin(y))": {"x": (3,), "y": (3,)},
    "sum(abs(x))": {"x": (3,)},
    "det(X)": {"X": (3, 3)},
    "cross_entropy(softmax(y), W@x)": {"W": (3, 2), "x": (2,), "y": (3,)},
    "sum(diag(x)@A@diag(x))": {"x": (3,), "A": (3, 3)},
    "sum(lgamma(x**2 + 1))": {"x": (3,)},
    "sum(where(x > 0, x**2, sin(x)))": {"x": (4,)},
    "max(x) + sum(cumsum(x)**2)": {"x": (4,)},
    "sum(x@ones(3, 2)@y)": {"x": (3,), "y": (2,)},
}


def _read(text: str, shapes: dict[str, tuple[int, ...]]) -> Reading:
    return read(text, {name: Declared(shape) for name, shape in shapes.items()})


def _by_entry(nodes: list[Node], values: dict[str, Any]) -> list[Estimate]:
    results, _ = estimate(nodes, {}, {name: exact_array(value) for name, value in values.items()})
    return results


def _by_array(nodes: list[Node], values: dict[str, Any]) -> list[Estimate]:
    results = UniformFunction(nodes, {}).run({name: Uniform(value) for name, value in values.items()}, {})
    return [result.as_estimate() for result in results]


@pytest.mark.parametrize("text", SCENARIOS)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("bound", [_by_entry, _by_array])
def test_bounds_hold(text: str, seed: int, bound: Callable[..., list[Estimate]]) -> None:
    shapes = SCENARIOS[text]
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    reading = _read(text, shapes)
    parts = bound(differentiate(reading.root, [reading.variables[name] for name in shapes]), values)
    at: dict[str, float | Expr] = {}
    for name, shape in shapes.items():
        at.update(zip(entry_names(name, shape), values[name].ravel().tolist(), strict=True))
    (root,) = lower_steps(reading.list_steps(), {}).entries
    truths = solve_all(Problem(root, tuple(at), at, gradient=True))
    entries = [part.ravel() for part in map(np.concatenate, zip(*[[p.ravel() for p in e] for e in parts], strict=True))]
    for value, error, sure, truth in zip(*entries, truths, strict=True):
        assert truth.reference is not None and truth.reference.decimal is not None
        if sure:
            assert abs(Fraction(float(value)) - Fraction(truth.reference.decimal)) <= Fraction(float(error)) * (
                1 + Fraction(1, 10**12)
            )
            assert error <= 1e-9 * max(1.0, abs(value))
    assert text.startswith("max") or all(entries[2])


@pytest.mark.parametrize(
    ("text", "x", "smooth"),
    [
        ("sum(abs(x))", [1.0, 2.0], True),
        ("sum(abs(x))", [0.0, 2.0], False),
        ("max(x)", [1.0, 2.0], True),
        ("max(x)", [2.0, 2.0], False),
        ("sum(x/x)", [0.0, 1.0], False),
        ("norm(x)", [0.0, 0.0], False),
        ("sum(log(x))", [-1.0, 1.0], False),
        ("sum(sqrt(x)**2)", [0.0, 1.0], False),
        ("logdet(outer(x, x))", [1.0, 2.0], False),
        ("sum(where(x > 1, x, 0))", [1.0, 2.0], False),
        ("sum(where(x > 1, x, 0))", [1.5, 0.5], True),
    ],
)
def test_what_may_not_be_smooth_is_seen_in_what_was_typed(text: str, x: list[float], smooth: bool) -> None:
    all_smooth = True

    known = {"x": exact_array(np.array(x))}
    for number, step in _read(text, {"x": (2,)}).list_steps().items():
        (result,), fits = estimate([step.node], {}, known)
        all_smooth = all_smooth and fits and bool(result.sure.all())
        known[placeholder_name(number)] = result
    assert all_smooth is smooth


def test_long_sums_are_added_in_parts() -> None:
    x = np.random.default_rng(3).normal(size=5000)
    (result,), _ = estimate([_read("x@x + sum(x)", {"x": (5000,)}).root], {}, {"x": exact_array(x)})
    truth = sum(Fraction(v) ** 2 + Fraction(v) for v in x.tolist())
    assert abs(Fraction(float(result.values)) - truth) <= Fraction(float(result.errors))
    assert result.errors < 2e-9
