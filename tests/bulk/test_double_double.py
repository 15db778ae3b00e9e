"""Double-doubles against balls of 300 bits: what is claimed of each operation, and what is rounded by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from dcalc.bulk import double_double as dd
from dcalc.bulk.formula import Formula
from dcalc.bulk.kernel import Kernel
from dcalc.errors import Unsupported
from dcalc.parser import parse

COUNT = 150
"""Points of each kind; 10,000 of each were tried by hand, a million in all."""


@contextmanager
def precise() -> Iterator[None]:
    with ctx.workprec(300), np.errstate(all="ignore"):
        yield


def pairs(rng: Any, high: Any) -> dd.Pair:
    """Double-doubles near these numbers: a quarter of them are doubles, some have a low part of a few bits."""
    scale = np.where(rng.random(len(high)) < 0.2, 2.0 ** -rng.integers(0, 40, len(high)), 1.0)
    low = np.where(rng.random(len(high)) < 0.25, 0.0, high * 2.0**-53 * rng.uniform(-1, 1, len(high)) * scale)
    return dd.two_sum(high, low)


def ball(x: dd.Pair, row: int) -> arb:
    return arb(float(x[0][row])) + arb(float(x[1][row]))


class Draw:
    """Points of many kinds: evenly spread, of any size, and beside those where a rule changes."""

    def __init__(self, seed: int, count: int = COUNT) -> None:
        self.rng = np.random.default_rng(seed)
        self.count = count

    def even(self, low: float, high: float) -> Any:
        return self.rng.uniform(low, high, self.count)

    def signs(self) -> Any:
        return self.rng.choice([-1.0, 1.0], self.count)

    def sizes(self, low: float, high: float) -> Any:
        return 10.0 ** self.rng.uniform(low, high, self.count)

    def beside(self, places: Any, low: float = -17.0, high: float = -2.0) -> Any:
        chosen = self.rng.choice(np.asarray(places, dtype=float), self.count)
        return chosen * (1.0 + self.signs() * self.sizes(low, high))


HALVES = (np.arange(-90, 90) + 0.5) / 256
TURNS = math.pi / 2 * np.arange(-1000, 1001)
REAL = (lambda d: d.even(-3, 3), lambda d: d.signs() * d.sizes(-30, 0), lambda d: d.even(-290, 290))
ANGLES = (
    lambda d: d.even(-4, 4), lambda d: d.even(-1e6, 1e6), lambda d: d.signs() * d.sizes(-30, 0),
    lambda d: d.rng.choice(TURNS, d.count) + d.signs() * d.sizes(-7.4, -1), lambda d: d.beside(HALVES),
    lambda d: d.beside(math.pi / 4 * np.arange(-9, 10, 2)),
)  # fmt: skip
UNIT_RANGE = (
    lambda d: d.even(-1, 1),
    lambda d: d.signs() * d.sizes(-30, -1),
    lambda d: d.signs() * (1 - d.sizes(-13, -1)),
)
POSITIVE = (
    lambda d: d.sizes(-100, 100), lambda d: d.even(0.5, 2.0), lambda d: d.beside([1.0, math.sqrt(0.5), math.sqrt(2)]),
)  # fmt: skip
FUNCTIONS: dict[str, tuple[Callable[[arb], arb], tuple[Callable[[Draw], Any], ...]]] = {
    "exp": (arb.exp, (*REAL, lambda d: d.beside(HALVES), lambda d: d.beside(math.log(2) * np.arange(-400, 400)))),
    "expm1": (arb.expm1, (*REAL, lambda d: d.beside(HALVES), lambda d: d.beside(math.log(2) * np.array([-0.5, 0.5])))),
    "log": (arb.log, POSITIVE),
    "log2": (lambda x: x.log() / arb(2).log(), POSITIVE),
    "log10": (lambda x: x.log() / arb(10).log(), POSITIVE),
    "log1p": (arb.log1p, (lambda d: d.sizes(-30, 100), lambda d: d.even(-0.99, 2), lambda d: d.beside([-0.29, 0.41]))),
    "sqrt": (arb.sqrt, POSITIVE),
    "cbrt": (lambda x: x.root(3) if x > 0 else -(-x).root(3), (*REAL, *POSITIVE)),
    "sin": (arb.sin, ANGLES),
    "cos": (arb.cos, ANGLES),
    "tan": (arb.tan, ANGLES),
    "arcsin": (arb.asin, UNIT_RANGE),
    "arccos": (arb.acos, UNIT_RANGE),
    "arctanh": (arb.atanh, UNIT_RANGE),
    "arctan": (arb.atan, (*REAL[:2], lambda d: d.signs() * d.sizes(0, 8))),
    "sinh": (arb.sinh, REAL),
    "cosh": (arb.cosh, REAL),
    "tanh": (arb.tanh, (*REAL[:2], lambda d: d.even(-140, 140))),
    "arcsinh": (arb.asinh, (*REAL, lambda d: d.signs() * d.sizes(0, 60))),
    "arccosh": (arb.acosh, (lambda d: 1 + d.sizes(-15, 0), lambda d: d.sizes(1, 60))),
    "square": (lambda x: x * x, REAL),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_as_near_as_is_claimed(name: str) -> None:
    truth, kinds = FUNCTIONS[name]
    claim = dd.UNIT if name in ("sqrt", "square") else dd.FUNCTION
    for seed, kind in enumerate(kinds):
        draw = Draw(seed)
        with precise():
            x = pairs(draw.rng, kind(draw))
            y = dd.OPERATIONS[name](x)
            rows = np.flatnonzero(np.isfinite(y[0])).tolist()
            assert len(rows) > draw.count / 3
            for row in rows:
                value = truth(ball(x, row))
                assert abs(ball(y, row) - value) <= claim * abs(value), (name, x[0][row])


TWO: dict[str, Callable[[arb, arb], arb]] = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b, "hypot": lambda a, b: (a * a + b * b).sqrt(), "power": lambda a, b: a**b,
}  # fmt: skip


@pytest.mark.parametrize("name", TWO)
def test_arithmetic_is_as_near_as_is_claimed(name: str) -> None:
    draw = Draw(3)
    near = draw.even(0.5, 3)
    cases = [
        (draw.sizes(-100, 100), draw.sizes(-30, 30)),
        (near, draw.beside(near, -33, -1)),
        (near, draw.even(-20, 20)),
    ]
    claim = dd.POWER + dd.FUNCTION if name == "power" else dd.UNIT
    count = 0
    for first, second in cases:
        with precise():
            a, b = pairs(draw.rng, first), pairs(draw.rng, second)
            y = dd.OPERATIONS[name](a, b)
            for row in np.flatnonzero(np.isfinite(y[0])).tolist():
                value = TWO[name](ball(a, row), ball(b, row))
                assert abs(ball(y, row) - value) <= claim * abs(value), (first[row], second[row])
                count += 1
    assert count > 1.5 * draw.count


def test_what_leaves_the_range_of_the_bounds_is_nan() -> None:
    with np.errstate(all="ignore"):
        big, none = (np.array([1e100]), np.zeros(1)), (np.zeros(1), np.zeros(1))
        assert np.isnan(dd.OPERATIONS["multiply"](big, big)[0])
        assert np.isnan(dd.OPERATIONS["divide"](big, none)[0])
        assert np.isnan(dd.OPERATIONS["exp"]((np.array([-400.0]), np.zeros(1)))[0])
        assert np.isnan(dd.OPERATIONS["sin"]((np.array([math.pi]), np.zeros(1)))[0])  # its remainder has too few digits
        assert np.isnan(dd.OPERATIONS["log"]((np.array([-1.0]), np.zeros(1)))[0])
        assert [dd.OPERATIONS[name](none)[0].item() for name in ("sin", "sqrt", "cbrt", "expm1")] == [0.0] * 4


def test_comparisons_and_choices_see_the_low_part() -> None:
    one = np.ones(3), np.array([0.0, 2.0**-60, -(2.0**-60)])
    unit = np.ones(3), np.zeros(3)
    assert dd.OPERATIONS["less"](unit, one).tolist() == [False, True, False]
    assert dd.OPERATIONS["less_equal"](one, unit).tolist() == [True, False, True]
    assert dd.OPERATIONS["greater_equal"](one, unit).tolist() == [True, True, False]
    assert dd.OPERATIONS["greater"](one, unit).tolist() == [False, True, False]
    assert dd.OPERATIONS["equal"](one, unit).tolist() == [True, False, False]
    assert dd.OPERATIONS["not_equal"](one, unit).tolist() == [False, True, True]
    assert dd.OPERATIONS["maximum"](one, unit)[1].tolist() == [0.0, 2.0**-60, 0.0]
    assert dd.OPERATIONS["minimum"](one, unit)[1].tolist() == [0.0, 0.0, -(2.0**-60)]
    assert dd.OPERATIONS["copysign"](one, (-unit[0], unit[1]))[1].tolist() == [0.0, -(2.0**-60), 2.0**-60]
    assert np.isnan(dd.OPERATIONS["maximum"]((np.array([math.nan]), np.zeros(1)), (np.ones(1), np.zeros(1)))[0])


# Rows in double-doubles have the digits that they have in balls.

ROUNDED = [
    "exp(sin(x))/x",
    "exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))",
    "sqrt(x**2 + 1) - x",
    "(1 - cos(x))/x**2",
    "x**(1/3) + x**pi/7 + 2**x + x**100",
    "abs(x - 1)*sqrt(x) + sign(x)*cbrt(x - 2)",
    "where(x > 1, x**2, sinh(x)) + 0.1*max(x, 2*x - 1) + min(x, 1/3)",
    "sinpi(x) + cospi(x/3) + softplus(x) + sigmoid(x)",
    "atan(x + 1) - atan(x) + asinh(x) + tanh(x) + atanh(x/4)",
    "hypot(x, 1)*log2(x) + log10(x)*expm1(-x) + acos(x/4) - asin(x/4)",
    "-3*x**-2 + acosh(1 + x) + cosh(x)**0.5 + tan(x/9)",
    "x*0 + 0.1",
]


@pytest.mark.parametrize("text", ROUNDED)
def test_rows_are_rounded_as_in_balls(text: str) -> None:
    x = np.concatenate([np.random.default_rng(1).uniform(0.1, 3.0, 120), [1.0, 2.0, 1e-9, 0.5]])
    kernel = Kernel(parse(text).root, [(), ("x",), ("x", "x")], ["x"], mode="certify")
    assert kernel.rounder is not None and kernel.refine is not None
    rounder = kernel.rounder()
    assert rounder is not None
    values, decided = rounder.values([x])
    assert decided.sum() > 100
    for row in np.flatnonzero(decided).tolist():
        assert [value[row] for value in values] == kernel.refine([x[row]]), x[row]


def test_rows_near_zeros_of_a_derivative_need_no_balls() -> None:
    kernel = Kernel(parse("exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))").root, [("x",)], ["x"])
    x = np.linspace(-5.0, 5.0, 300_000)
    assert kernel.run is not None and kernel.refine is not None
    wide = kernel.run([x], len(x))[2]
    in_balls = [kernel.refine([x[row]]) for row in wide]
    kernel.retry = None  # no other form is tried
    asked: list[Any] = []
    kernel.refine = asked.append  # type: ignore[assignment,method-assign]  # a refiner that answers nothing
    rows = kernel.rows([x])
    assert len(wide) > 100 > 10 * len(asked)
    answered = [k for k, row in enumerate(wide) if [x[row]] not in asked]
    assert [[rows.values[0][wide[k]]] for k in answered] == [in_balls[k] for k in answered]


def test_what_lies_between_two_doubles_is_left_to_balls() -> None:
    rounder = Formula(parse("x**2/2 + x").root, [("x",)], ["x"]).rounder()
    tie = 1.0 + 2.0**-52  # 2 + 2**-52 lies in the middle
    assert rounder.values([np.array([tie, 1.25])])[1].tolist() == [False, True]
    kernel = Kernel(parse("x**2/2 + x").root, [("x",)], ["x"], mode="certify")
    assert kernel.rows([np.full(100, tie)]).values[0].tolist() == [2.0] * 100


@pytest.mark.parametrize("text", ["gamma(x)", "floor(x)*x", "atan2(x, 2)", "x + log(-1)"])
def test_functions_that_are_not_known_are_left_to_balls(text: str) -> None:
    with pytest.raises(Unsupported):
        Formula(parse(text).root, [()], ["x"]).rounder()


def test_no_variable_and_no_row() -> None:
    assert Formula(parse("x").root, [("x",)], ["x"]).rounder().values([np.array([])])[1].tolist() == []
