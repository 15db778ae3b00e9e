"""Columns in, columns out: every row, in order, whatever the blocks, threads and libraries."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, get_args

import numpy as np
import pytest
from mpmath import mp, mpf

from dcalc.bulk.column_blocks import BLOCK
from dcalc.bulk.kernel import Kernel, Mode
from dcalc.errors import LimitError, UsageError
from dcalc.parser import parse
from tests.truths import double

TEXT = "x**2*sin(x)"
ROOT = parse(TEXT).root


def kernel(text: str = TEXT, targets: tuple[tuple[str, ...], ...] = ((), ("x",)), **rest: Any) -> Kernel:
    return Kernel(parse(text).root, targets, ["x"], **rest)


def close(found: Any, truth: Any) -> bool:
    return bool(np.allclose(found, truth, rtol=2e-12, atol=0.0, equal_nan=True))


@pytest.mark.parametrize("length", [0, 1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 17])
@pytest.mark.parametrize("mode", ["fast", "bound"])
@pytest.mark.parametrize("jobs", [1, 2])
def test_every_row_is_answered_whatever_the_blocks(length: int, mode: str, jobs: int) -> None:
    x = np.linspace(0.1, 2.0, length)
    rows = kernel(mode=mode, jobs=jobs).rows([x])
    assert close(rows.values[0], x**2 * np.sin(x))
    assert close(rows.values[1], 2 * x * np.sin(x) + x**2 * np.cos(x))
    assert rows.vectorised + rows.referred == length
    assert not rows.troubles


@pytest.mark.parametrize("text", ["exp(-x**2/2)*sin(3*x)/(1+x**2)+log(1+exp(x))", "sqrt(x)", "erf(x)*gamma(x)", "1/x"])
@pytest.mark.parametrize("mode", ["fast", "bound"])
def test_threads_change_no_bit(text: str, mode: str) -> None:
    x = np.linspace(-2.0 if "1/x" in text else 0.1, 4.0, 2 * BLOCK // (8 if "gamma" in text else 1) + 5)
    one, two = (kernel(text, mode=mode, jobs=jobs).rows([x]) for jobs in (1, 2))
    assert [v.tobytes() for v in one.values] == [v.tobytes() for v in two.values]
    assert list(one.troubles) == list(two.troubles)


@pytest.mark.parametrize(
    ("text", "first", "last", "derivative"),
    [
        ("sqrt(x**2+1)-x", 1.0, 1e4, lambda x: x / mp.sqrt(x**2 + 1) - 1),
        ("(1-cos(x))/x**2", 1e-3, 3.0, lambda x: mp.sin(x) / x**2 - 2 * (1 - mp.cos(x)) / x**3),
        ("1/x-1/(x+1)", 1e3, 1e8, lambda x: 1 / (x + 1) ** 2 - 1 / x**2),
    ],
)
def test_rows_that_lose_digits_are_tried_in_a_form_that_keeps_them(text, first, last, derivative) -> None:
    one = kernel(text, (("x",),))
    one.refine = None  # no row goes to balls, and so none is left but for the reference
    x = np.geomspace(first, last, 500)
    rows = one.rows([x])
    assert rows.referred == 0
    with mp.workdps(60):
        assert close(rows.values[0], [double(derivative(mpf(value))) for value in x.tolist()])


def test_a_kernel_is_used_again_with_other_lengths() -> None:
    both = kernel(jobs=2)
    for length in (5, BLOCK + 3, 5, 2 * BLOCK):
        x = np.linspace(1.0, 2.0, length)
        assert close(both.rows([x]).values[0], x**2 * np.sin(x))


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_coordinate_that_is_no_number_is_a_trouble_of_its_row(mode: str, bad: float) -> None:
    rows = kernel(mode=mode).rows([np.array([1.0, bad, 2.0])])
    assert list(rows.troubles) == [1]
    assert len(rows.troubles[1]) == 2
    assert all(math.isnan(value[1]) and math.isfinite(value[0]) and math.isfinite(value[2]) for value in rows.values)
    if mode != "fast":
        assert {(e.status, e.note) for e in rows.troubles[1]} == {("error", f"x is {bad}, which is not a real number")}


def test_troubles_hold_an_answer_a_target() -> None:
    rows = kernel("abs(x) + sqrt(x + 1)", ((), ("x",), ("x", "x"))).rows([np.array([0.0, -1.0, 3.0, -4.0])])
    told = {row: [answer.status for answer in answers] for row, answers in rows.troubles.items()}
    assert told == {
        0: ["ok", "not_differentiable", "not_differentiable"],
        1: ["ok", "not_differentiable", "not_differentiable"],
        3: ["undefined"] * 3,
    }
    assert rows.values[0][0] == 1.0
    assert (rows.troubles[0][1].kind, rows.troubles[0][1].left, rows.troubles[0][1].right) == ("kink", -0.5, 1.5)


def test_fast_rows_have_the_status_of_their_doubles() -> None:
    rows = kernel("log(x)", mode="fast").rows([np.array([-1.0, 1.0, 0.0])])
    assert {row: answers[0].status for row, answers in rows.troubles.items()} == {0: "undefined", 2: "overflow"}


def test_certify_is_right_to_the_last_digit() -> None:
    x = np.concatenate([np.linspace(-3.0, 3.0, 40), [0.0, 2.288929728, 30.0]])
    rows = kernel("x**2*sin(x) + exp(-x**2)/(1 + x**2)", mode="certify").rows([x])
    assert (rows.vectorised, rows.referred, rows.troubles) == (0, len(x), {})

    def f(t: Any) -> Any:
        return t**2 * mp.sin(t) + mp.exp(-(t**2)) / (1 + t**2)

    with mp.workdps(60):
        assert rows.values[0].tolist() == [double(f(mpf(float(t)))) for t in x]
        assert rows.values[1].tolist() == [double(mp.diff(f, mpf(float(t)))) for t in x]


def test_certified_rows_have_their_troubles() -> None:
    rows = kernel("abs(x) + log(x + 2)", mode="certify").rows([np.array([0.0, 1.0, -3.0])])
    assert {row: answers[1].status for row, answers in rows.troubles.items()} == {
        0: "not_differentiable",
        2: "undefined",
    }


def test_a_function_that_is_constant_fills_its_columns() -> None:
    rows = kernel("3", ((), ("x",))).rows([np.array([1.0, 2.0, 3.0])])
    assert [value.tolist() for value in rows.values] == [[3.0] * 3, [0.0] * 3]


def test_no_variable_at_all() -> None:
    rows = Kernel(parse("sqrt(2)").root, [()], []).rows([])
    assert rows.values[0].tolist() == []


def test_the_tolerance_decides_which_rows_are_done_again() -> None:
    x = np.linspace(1.0, 2.0, 1000)
    loose, tight = (kernel("log(x) - x + 1", tolerance=t) for t in (1e-6, 1e-15))
    open_rows = [len(k.run([x], 1000)[2]) for k in (loose, tight) if k.run is not None]
    assert open_rows[0] <= 1 < open_rows[1]
    assert close(loose.rows([x]).values[0][500:], tight.rows([x]).values[0][500:])


# Numbers at the ends of the range of doubles; the truth is mpmath's own derivative at 60 digits.
EXTREMES: list[tuple[str, float, Callable[[Any], Any]]] = [
    ("exp(-x**2)", 20.0, lambda x: mp.exp(-(x**2))),
    ("exp(-x**2)", 27.0, lambda x: mp.exp(-(x**2))),
    ("exp(-x**2) + x", 40.0, lambda x: mp.exp(-(x**2)) + x),
    ("1/(1 + exp(-x))", -740.0, lambda x: 1 / (1 + mp.exp(-x))),
    ("tanh(x)", 25.0, mp.tanh),
    ("log(1 + exp(x))", 800.0, lambda x: mp.log(1 + mp.exp(x))),
    ("exp(x)*exp(-x)*x", 720.0, lambda x: x),
    ("x/(1 + x**2)", 1e200, lambda x: x / (1 + x**2)),
    ("(1 - cos(x))/x**2", 1e-6, lambda x: (1 - mp.cos(x)) / x**2),
    ("exp(-1/x**2)", 0.03, lambda x: mp.exp(-1 / x**2)),
    ("x**3", 1e-150, lambda x: x**3),
    ("sin(x)*1e-160*x", 1e-160, lambda x: mp.sin(x) * mpf("1e-160") * x),
]


@pytest.mark.parametrize("text, x, formula", EXTREMES, ids=[f"{text} at {x}" for text, x, _ in EXTREMES])
def test_the_ends_of_the_range_of_doubles(text: str, x: float, formula: Callable[[Any], Any]) -> None:
    rows = kernel(text).rows([np.array([0.5, x, 0.7])])
    assert not rows.troubles
    with mp.workdps(700):
        truths = formula(mpf(x)), mp.diff(formula, mpf(x))
        for value, truth in zip(rows.values, truths, strict=True):
            assert abs(mpf(float(value[1])) - truth) <= max(mpf("2e-12") * abs(truth), mpf("3e-324"))


def test_columns_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(UsageError):
        Kernel(ROOT, [("x",)], ["x", "y"]).rows([np.ones(3), np.ones(2)])


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no mode quick"):
        kernel(mode="quick")


def test_a_power_of_too_many_digits_is_refused() -> None:
    with pytest.raises(LimitError):
        kernel("10**10**10 + x")


def test_what_has_no_closed_form_goes_to_the_reference() -> None:
    rows = Kernel(parse("sphericalbesselj(n, x)").root, [("n",)], ["n", "x"]).rows([np.array([1.0]), np.array([2.0])])
    assert rows.referred == 1
    assert 0 in rows.troubles


@pytest.mark.parametrize("text", ["sqrt(x)", "log(sqrt(x) - 1)", "x**1.5", "asin(x*y) + log(y)", "x**y", "1/log(x)"])
def test_rows_outside_of_the_domain_are_told_as_the_reference_tells_them(text: str) -> None:
    rng = np.random.default_rng(1)
    names = ["x", "y"]
    columns = [3 * rng.normal(size=60) for _ in names]
    found = Kernel(parse(text).root, [(), ("x",), ("x", "x")], names)
    assert found.run is not None and found.outside is not None
    outside = found.outside(columns, found.run(columns, 60)[1])
    assert len(outside) > 15
    for row in outside:
        point = [float(column[row]) for column in columns]
        told = [[(e.status, e.note, e.f) for e in way(point)] for way in (found.referee.outside, found.referee.answers)]
        assert told[0] == told[1]


def test_a_point_that_comes_in_crowds_is_asked_once() -> None:
    points = []

    def limited() -> Any:
        points.append("asked")
        return nullcontext()

    rows = Kernel(parse("x*abs(x)").root, [(), ("x",)], ["x"], limited=limited).rows([np.zeros(300)])
    assert rows.referred == 300 and not rows.troubles and len(points) == 1
    assert all((value == 0.0).all() for value in rows.values)
