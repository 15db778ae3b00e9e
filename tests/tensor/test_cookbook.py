"""The derivatives of chapter 2 of Petersen and Pedersen, The Matrix Cookbook (2012), by equation; J are Jacobians.

Each is derived, proved to be what the book has, no longer than one and a half times that, read back, and held
against certified derivatives of its entries at three shapes.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dcalc.expr import variables
from dcalc.numbers.real import evaluate_all
from dcalc.problem import Problem
from dcalc.solver import solve_all
from dcalc.tensor.equality import is_proved_equal
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.nodes import Node, Symmetric
from dcalc.tensor.plain import write
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import Declared, read_shapes

LINES = Path(__file__).with_name("cookbook.tsv").read_text(encoding="utf-8").splitlines()[1:]
CASES = [tuple(line.split("\t")) for line in LINES]
IDS = [f"{case[0]}: {case[1]} by {case[2]}" for case in CASES]
SHAPES = ({"m": 2, "n": 2, "k": 2, "p": 2}, {"m": 3, "n": 2, "k": 2, "p": 3}, {"m": 4, "n": 3, "k": 1, "p": 2})


def shapes_of(reading: Reading) -> dict[str, Declared]:
    return {name: Declared(node.shape, type(node.data) is Symmetric) for name, node in reading.variables.items()}


def choose_point(reading: Reading, sizes: dict[str, int], seed: int) -> dict[str, float]:
    """Random entries in sixteenths, square matrices far from singular, symmetric ones symmetric."""
    draw = random.Random(seed)
    point: dict[str, float] = {}
    for name, node in reading.variables.items():
        shape = fix_shape(node.shape, sizes)
        point.update({entry: draw.choice((-1, 1)) * draw.randint(3, 24) / 16 for entry in entry_names(name, shape)})
        if len(shape) == 2 and shape[0] == shape[1]:
            for k in range(shape[0]):
                point[f"{name}[{k}, {k}]"] = 4 + draw.randint(0, 16) / 16
                for other in range(k):
                    if node.is_symmetric:
                        point[f"{name}[{k}, {other}]"] = point[f"{name}[{other}, {k}]"]
    return point


def check_entries(reading: Reading, by: str, derivative: Node, sizes: dict[str, int], seed: int) -> None:
    """The entries of a derivative against certified derivatives of the entries of the function."""
    point = choose_point(reading, sizes, seed)
    function, formula = lower([reading.root, derivative], sizes)
    names = tuple(entry_names(by, fix_shape(reading.variables[by].shape, sizes)))
    values = iter(evaluate_all(formula.entries, point))
    for entry in function.entries:
        at = {name: value for name, value in point.items() if name in variables(entry) or name in names}
        for truth in solve_all(Problem(entry, names, at, gradient=True)):
            assert truth.value == pytest.approx(next(values), rel=1e-9, abs=1e-9), (sizes, truth)


@pytest.mark.parametrize(("_", "text", "by", "shapes", "book"), CASES, ids=IDS)
def test_an_identity_of_the_matrix_cookbook(_: str, text: str, by: str, shapes: str, book: str):
    reading = read(text, read_shapes(shapes))
    (derivative,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    formula = write(derivative)
    assert is_proved_equal(derivative, read(book, shapes_of(reading), beside=reading).root), formula
    assert len(formula) <= 1.5 * len(book)
    assert read(formula, shapes_of(reading), beside=reading).root is derivative
    check_entries(reading, by, derivative, SHAPES[0], 0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, len(SHAPES)))
@pytest.mark.parametrize(("_", "text", "by", "shapes", "book"), CASES, ids=IDS)
def test_an_identity_at_other_shapes(_: str, text: str, by: str, shapes: str, book: str, seed: int):
    reading = read(text, read_shapes(shapes))
    (derivative,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    check_entries(reading, by, derivative, SHAPES[seed], seed)
