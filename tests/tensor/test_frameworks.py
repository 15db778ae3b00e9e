"""Expressions as people type them who know NumPy, JAX, torch or papers: gradients against mpmath, JAX and torch.

Each line of `frameworks.tsv` has an expression, the variable, shapes, the shortest known formula and the same as a
program. None of the truth is ours: central differences at 60 digits, and the two frameworks in the slow lane.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dcalc
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.plain import write
from dcalc.tensor.reader import read
from dcalc.tensor.signs import has_arrays
from dcalc.tensor.sizes import Declared

np = pytest.importorskip("numpy")

from tests.tensor.programs import (  # noqa: E402  # it needs NumPy
    Arrays,
    differentiate_by_jax,
    differentiate_by_mpmath,
    differentiate_by_torch,
    draw_values,
    nested,
)  # fmt: skip

LINES = Path(__file__).with_name("frameworks.tsv").read_text(encoding="utf-8").splitlines()[1:]
CASES = [tuple(line.split("\t")) for line in LINES]
IDS = [f"{case[0]} by {case[1]}" for case in CASES]
each_case = pytest.mark.parametrize(("text", "by", "shapes", "shortest", "program"), CASES, ids=IDS)


def differentiate_here(text: str, by: str, values: Arrays) -> Any:
    gradient = dcalc.parse(text, shape=",".join(f"{name}: {describe(value)}" for name, value in values.items()))
    return np.asarray(gradient.diff(by).at({name: nested(value) for name, value in values.items()}))


def describe(value: Any) -> str:
    return " x ".join(map(str, np.shape(value))) or "scalar"


def check(gradient: Any, truth: Any) -> None:
    assert gradient.shape == np.shape(truth)
    assert np.abs(gradient - truth).max() <= 1e-12 * max(1e-3, np.abs(truth).max())


@pytest.mark.slow_cases(fast_every=3)
@each_case
def test_a_gradient_is_that_of_mpmath(text: str, by: str, shapes: str, shortest: str, program: str) -> None:
    values = draw_values(shapes, len(text))
    check(differentiate_here(text, by, values), differentiate_by_mpmath(program, values, by))


@each_case
def test_a_formula_is_short_and_reads_back(text: str, by: str, shapes: str, shortest: str, program: str) -> None:
    declared = {}
    for name, value in draw_values(shapes, 0).items():
        declared[name] = Declared(tuple(np.shape(value)))
    reading = read(text, declared)
    (derivative,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    formula = write(derivative)
    if "[:, None, :]" not in text:  # of three axes, whose order is another one
        assert read(formula, declared, beside=reading).root is derivative
    if shortest:
        assert len(formula) <= 1.5 * len(shortest), formula


FRAMEWORKS: dict[str, Callable[[str, Arrays, str], Any]] = {
    "jax": differentiate_by_jax,
    "torch": differentiate_by_torch,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The use of .x.T. on tensors of dimension other than 2")  # once, in the first test
@pytest.mark.parametrize("framework", FRAMEWORKS)
@each_case
def test_a_gradient_is_that_of_a_framework(
    text: str, by: str, shapes: str, shortest: str, program: str, framework: str
) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    values = draw_values(shapes, len(text) + 7)
    check(differentiate_here(text, by, values), FRAMEWORKS[framework](program, values, by))


LIKE_TORCH = [(text, by, shapes) for text, by, shapes, _, _ in CASES[-15:] if "F." in text]
"""Of older lines some are of torch in part."""


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize(("text", "by", "shapes"), LIKE_TORCH, ids=[f"{text} by {by}" for text, by, _ in LIKE_TORCH])
def test_a_function_of_torch_is_what_torch_has_under_its_name(text: str, by: str, shapes: str) -> None:
    torch = pytest.importorskip("torch")
    values = draw_values(shapes, len(text) + 11)
    arrays = {name: torch.tensor(np.asarray(value), dtype=torch.float64) for name, value in values.items()}
    labels = {part.partition(":")[0].strip() for part in shapes.split(",") if "label" in part}
    arrays[by].requires_grad_()
    world = {"F": torch.nn.functional, "sum": torch.sum, "log": torch.log}
    names = {name: array.long() if name in labels else array for name, array in arrays.items()}
    eval(text, world, names).backward()
    check(differentiate_here(text, by, values), arrays[by].grad.numpy())


def test_expressions_are_seen_to_have_arrays_without_values() -> None:
    unseen = [text for text, *_ in CASES if not has_arrays(text)]
    assert unseen
    assert not [text for text in unseen if "@" in text or "sum" in text or ("." in text and "inf" not in text)]
