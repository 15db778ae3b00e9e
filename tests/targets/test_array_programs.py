"""Programs of array libraries: their numbers against certified ones, for the formulas that `tests.tensor` holds.

The truth is the certified derivative of each entry of the expression as it was typed, which knows nothing of arrays.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from dcalc.numbers.real import evaluate_all
from dcalc.problem import Problem
from dcalc.solve import solve_all
from dcalc.targets.arrays import ArrayFunction, emit, load, write_typed
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.reader import Reading, read, read_shapes
from dcalc.tensor.tidy import tidy
from tests.tensor import test_cookbook as cookbook
from tests.tensor import test_formulas as formulas

np = pytest.importorskip("numpy")
SIZES = dict.fromkeys("mnkhpqdr", 2) | {"n": 3}
CASES = [(text, by, shapes, SIZES) for text, by, _, shapes in formulas.CASES]
CASES += [(text, by, shapes, cookbook.SHAPES[0]) for _, text, by, shapes, _ in cookbook.CASES]
ENTRIES = [tuple(line.split("\t")) for line in formulas.ENTRIES]
CASES += [(text, by, shapes, SIZES) for text, by, _, shapes in ENTRIES]
SOME = CASES[::2]


@cache
def find_truth(text: str, by: str, shapes: str, lengths: tuple[tuple[str, int], ...]) -> tuple[Any, ...]:
    """The values of an expression and of its derivative, and the arrays they are taken at."""
    reading = read(text, read_shapes(shapes))
    sizes = dict(lengths)
    point = cookbook.choose_point(reading, sizes, 1)
    (function,) = lower([reading.root], sizes)
    names = tuple(entry_names(by, fix_shape(reading.variables[by].shape, sizes)))
    slopes = [one.value for root in function.entries for one in solve_all(Problem(root, names, point, gradient=True))]
    arrays = {}
    for name, node in reading.variables.items():
        shape = fix_shape(node.shape, sizes)
        arrays[name] = np.array([point[entry] for entry in entry_names(name, shape)]).reshape(shape)
    values = evaluate_all(function.entries, point)
    return np.array(values), np.array(slopes, dtype=float), arrays


def run(source: str, target: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def check_program(target: str, text: str, by: str, shapes: str, sizes: dict[str, int], wrap: Any = lambda x: x) -> str:
    values, slopes, arrays = find_truth(text, by, shapes, tuple(sizes.items()))
    reading: Reading = read(text, read_shapes(shapes))
    (part,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    functions = [ArrayFunction("f", "f", (reading.root,)), ArrayFunction("df", "the derivative", (part,))]
    program = emit(functions, reading.variables, load(target))
    names = run(program.text, target)
    given = [wrap(arrays[name]) if name in arrays else sizes[name] for name in program.arguments]
    assert np.ravel(names["f"](*given)) == pytest.approx(values, rel=1e-12, abs=1e-12)
    known = ~np.isnan(slopes)
    assert np.ravel(names["df"](*given))[known] == pytest.approx(slopes[known], rel=1e-11, abs=1e-11)
    return program.text


@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), CASES, ids=[f"{case[0]} by {case[1]}" for case in CASES])
def test_numpy_has_the_certified_numbers(text: str, by: str, shapes: str, sizes: dict[str, int]):
    check_program("numpy", text, by, shapes, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), SOME, ids=[f"{case[0]} by {case[1]}" for case in SOME])
def test_libraries_have_the_certified_numbers(target: str, text: str, by: str, shapes: str, sizes: dict[str, int]):
    library = pytest.importorskip(target)
    check_program(target, text, by, shapes, sizes, library.tensor if target == "torch" else library.numpy.asarray)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["autograd", "jax", "torch"])
@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), SOME, ids=[f"{case[0]} by {case[1]}" for case in SOME])
def test_libraries_differentiate_what_was_typed(backend: str, text: str, by: str, shapes: str, sizes: dict[str, int]):
    from dcalc.backends import load as load_backend

    pytest.importorskip(backend)
    reading = read(text, read_shapes(shapes))
    if reading.root.shape or ", n, " in text:
        pytest.skip("backends are asked for gradients, with all lengths known")
    _, slopes, arrays = find_truth(text, by, shapes, tuple(sizes.items()))
    source = write_typed(reading.list_steps(), reading.variables, load("numpy" if backend == "autograd" else backend))
    (part,) = load_backend(backend).gradient_of_arrays(source, list(arrays.values()), [list(arrays).index(by)])
    known = ~np.isnan(slopes)
    assert np.ravel(part)[known] == pytest.approx(slopes[known], rel=1e-10, abs=1e-10)
