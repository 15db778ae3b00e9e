"""Programs over blocks: shared, short, in few buffers; and what is claimed of NumPy's functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from dcalc.bulk.bound import FUNCTION, Arrays, Value
from dcalc.bulk.column_blocks import BLOCK
from dcalc.bulk.formula import Formula, guards
from dcalc.bulk.ufunc_program import Exceptional, Machine, Program
from dcalc.notation import write
from dcalc.parser import parse


def test_equal_steps_are_written_once_and_unread_ones_not_at_all() -> None:
    program = Program(1)
    (x,) = program.inputs
    first, second = program.op("sin", x), program.op("sin", x)
    program.op("cos", x)
    assert first is second
    program.outputs = [program.op("add", first, 1.0)]
    assert [step.call for step in program.finish().steps] == ["sin", "add"]


def test_minus_zero_is_not_zero() -> None:
    program = Program(1)
    (x,) = program.inputs
    assert program.op("add", x, 0.0) is not program.op("add", x, -0.0)


def test_a_long_chain_needs_few_buffers() -> None:
    program = Program(1)
    (place,) = program.inputs
    for k in range(1000):
        place = program.op("add", program.op("multiply", place, 1.0 + k), 2.0)
    program.outputs = [place]
    layout = program.finish()
    assert layout.numbers <= 3
    assert len(layout.steps) == 2000


def test_a_choice_does_not_overwrite_what_it_reads() -> None:
    program = Program(2)
    x, y = program.inputs
    program.outputs = [
        program.op("select", program.op("less", x, y), program.op("add", x, 1.0), program.op("add", y, 1.0))
    ]
    found = Machine(program.finish()).run([np.array([1.0, 5.0]), np.array([3.0, 2.0])], 0, 2)[0]
    assert found.tolist() == [2.0, 3.0]


def test_a_number_out_of_range_stops_the_tight_program() -> None:
    arrays = Arrays(1, bounded=True)
    arrays.inputs()
    arrays.program.outputs = [arrays.program.inputs[0]]
    machine = Machine(arrays.program.finish())
    for bad in (1e-320, 1e300, math.nan, math.inf):
        with pytest.raises(Exceptional):
            machine.run([np.array([1.0, bad])], 0, 2)
    assert machine.run([np.array([1.0, 0.0])], 0, 2)[0].tolist() == [1.0, 0.0]


def test_f_and_its_derivative_share_their_parts() -> None:
    """Two exponentials, a sine, a cosine, a logarithm: none of them twice."""
    root = parse("exp(-x**2/2)*sin(3*x)/(1+x**2)+log(1+exp(x))").root
    steps = [step.call for step in Formula(root, [(), ("x",)], ["x"]).fast_layout().steps]
    assert sorted(call for call in steps if call in ("exp", "sin", "cos", "log")) == ["cos", "exp", "exp", "log", "sin"]
    assert len(steps) <= 26  # three of them ask whether both are finite


def test_relative_errors_of_products_cost_no_step() -> None:
    root = parse("x*y/(x + 2*y)*sqrt(x)").root
    formula = Formula(root, [()], ["x", "y"])
    assert len(Arrays(1, bounded=True).program.steps) == 0
    fast, bound = len(formula.fast_layout().steps), len(formula.bounded_layout(1e-12, careful=False).steps)
    assert bound <= fast + 20


def test_guards_are_those_of_the_expression_as_it_was_typed() -> None:
    found = guards(parse("x**2/x + where(x > 0, log(x), abs(y))").root)
    assert {write(node) for node in found.nodes()} == {"x != 0", "x - 0", "x > 0", "y"}
    assert len(found.choices) == 1
    choice = found.choices[0]
    assert [len(items) for items in (choice.first, choice.second)] == [1, 1]


def test_the_error_of_a_constant_is_known() -> None:
    arrays = Arrays(1, bounded=True)
    assert arrays.error(Value(3.0)) == 0.0
    assert arrays.error(Value(3.0, 2.0**-53)) == 3 * 2.0**-53


# --- what is claimed of NumPy's functions, on the machine that runs this test -----------------

RNG = np.random.default_rng(3)
COUNT = 1500


def spread(most: float) -> Any:
    """Numbers of all sizes up to one."""
    return np.concatenate(
        [RNG.uniform(-most, most, COUNT), RNG.choice([-1, 1], COUNT) * 10 ** RNG.uniform(-12, math.log10(most), COUNT)]
    )


def beside_zeros_of_sines() -> Any:
    with ctx.workprec(200):
        places = [*range(1, 400), *[2**k for k in range(9, 45)], *[int(k) for k in RNG.integers(1, 10**9, 400)]]
        return np.array([float(arb(k) * arb.pi() / 2) for k in places])


ANGLES = np.concatenate([spread(1e3), spread(1e15), beside_zeros_of_sines()])
POINTS: dict[str, tuple[str, Any]] = {
    "exp": ("exp", spread(700.0)),
    "expm1": ("expm1", spread(700.0)),
    "log": ("log", np.abs(spread(1e300))),
    "log1p": ("log1p", np.abs(spread(1e10)) - 0.5),
    "sin": ("sin", ANGLES),
    "cos": ("cos", ANGLES),
    "tan": ("tan", ANGLES),
    "arcsin": ("asin", spread(1.0)),
    "arccos": ("acos", spread(1.0)),
    "arctan": ("atan", spread(1e10)),
    "sinh": ("sinh", spread(700.0)),
    "cosh": ("cosh", spread(700.0)),
    "tanh": ("tanh", spread(30.0)),
    "arcsinh": ("asinh", spread(1e20)),
    "arccosh": ("acosh", 1 + np.abs(spread(1e3))),
    "arctanh": ("atanh", spread(1.0)),
}


def worst(values: Any, truths: list[Any]) -> float:
    return max(
        float(abs((arb(value) - truth) / truth).upper())
        for value, truth in zip(values.tolist(), truths, strict=True)
        if truth != 0
    )


@pytest.mark.parametrize("name", POINTS)
def test_functions_of_numpy_are_as_good_as_claimed(name: str) -> None:
    method, points = POINTS[name]
    with ctx.workprec(200):
        assert worst(getattr(np, name)(points), [getattr(arb(x), method)() for x in points.tolist()]) <= FUNCTION


def test_powers_and_functions_of_two_arguments_are_as_good_as_claimed() -> None:
    u, v = np.exp(RNG.uniform(-50, 50, COUNT)), RNG.uniform(-10, 10, COUNT)
    pairs = list(zip(u.tolist(), v.tolist(), strict=True))
    with ctx.workprec(200):
        assert worst(np.power(u, v), [arb(a) ** arb(b) for a, b in pairs]) <= FUNCTION
        assert worst(np.hypot(u, v), [(arb(a) ** 2 + arb(b) ** 2).sqrt() for a, b in pairs]) <= FUNCTION
        assert worst(np.arctan2(v, u), [arb.atan2(arb(b), arb(a)) for a, b in pairs]) <= FUNCTION
        assert worst(np.cbrt(u), [arb(a).root(3) for a in u.tolist()]) <= FUNCTION
        assert worst(np.log2(u), [arb(a).log() / arb(2).log() for a in u.tolist()]) <= FUNCTION
        assert worst(np.log10(u), [arb(a).log() / arb(10).log() for a in u.tolist()]) <= FUNCTION


# --- what the tight program rests on ----------------------------------------------------------


@pytest.mark.parametrize(
    "name, bad",
    [
        ("add", (1.7e308, 1.7e308)),
        ("subtract", (1.7e308, -1.7e308)),
        ("multiply", (1e200, 1e200)),
        ("multiply", (1e-200, 1e-200)),
        ("multiply", (1.1, 3e-308 / 4)),
        ("divide", (1.0, 0.0)),
        ("divide", (0.0, 0.0)),
        ("divide", (1e200, 1e-200)),
        ("divide", (1e-200, 1e200)),
        ("mod", (1.0, 0.0)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, BLOCK])
def test_the_processor_tells_of_an_exception_in_any_row(name: str, bad: tuple[float, float], size: int) -> None:
    for row in {0, size // 2, size - 1, int(RNG.integers(size))}:
        u, v = np.full((2, size), 1.5)
        u[row], v[row] = bad
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            getattr(np, name)(u, v, out=np.empty(size))


def test_square_roots_of_negative_numbers_are_told() -> None:
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        np.sqrt(np.array([1.0, 2.0, -1.0]))


def test_long_sums_hold_few_terms_at_a_time() -> None:
    # Of a variable of its own: nodes that are there already come first in order of evaluation.
    root = parse(" + ".join(f"sin({k}*lonely)" for k in range(1, 200))).root
    formula = Formula(root, [()], ["lonely"])
    assert formula.fast_layout().numbers <= 4
    assert formula.bounded_layout(1e-12, careful=False).numbers <= 12


def test_programs_grow_in_proportion_to_the_expression() -> None:
    names = [f"x{k}" for k in range(400)]
    counts = [
        len(Formula(parse("*".join(names[:n])).root, [()], names[:n]).bounded_layout(1e-12, careful=True).steps)
        for n in (100, 200, 400)
    ]
    assert counts[2] - counts[1] <= 2.1 * (counts[1] - counts[0])


def test_the_tight_and_the_careful_program_agree() -> None:
    text = "exp(-x**2)*y/(1 + x**2) + sqrt(x + 3)*log(y**2 + 1) - tanh(x*y)"
    formula = Formula(parse(text).root, [(), ("x",), ("y",)], ["x", "y"])
    columns = [RNG.uniform(-2, 2, 500), RNG.uniform(0.1, 2, 500)]
    tight, careful = (
        Machine(formula.bounded_layout(1e-12, careful=mode)).run(columns, 0, 500) for mode in (False, True)
    )
    for one, other in zip(tight[:3], careful[:3], strict=True):
        assert one.tobytes() == other.tobytes()
    assert not np.any(careful[4] & ~np.asarray(tight[4]))  # what the careful one believes, the tight one does
