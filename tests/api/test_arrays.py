"""Compiled functions of arrays: the same numbers as one by one, within the bounds that they claim."""

from __future__ import annotations

import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from mpmath import mp

import dcalc
from dcalc.bulk.kernel import Kernel
from tests.truths import double

WAVE = "x**2*sin(x) + exp(-x)"
SHAPES = arrays.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=3, max_side=4)


def truth(x: float) -> tuple[float, float]:
    with mp.workdps(40):
        x = mp.mpf(x)
        return (
            double(x**2 * mp.sin(x) + mp.exp(-x)),
            double(2 * x * mp.sin(x) + x**2 * mp.cos(x) - mp.exp(-x)),
        )


@pytest.mark.parametrize("mode", ["bound", "fast", "certify"])
def test_values_and_derivatives_are_near_the_truth(mode):
    x = np.linspace(-3, 3, 101)
    values, derivatives = dcalc.compile(WAVE, wrt="x", mode=mode)(x=x)
    right = np.array([truth(each) for each in x.tolist()])
    if mode == "certify":
        assert (values == right[:, 0]).all()
        assert (derivatives == right[:, 1]).all()
    else:
        np.testing.assert_allclose(values, right[:, 0], rtol=1e-12, atol=0)
        np.testing.assert_allclose(derivatives, right[:, 1], rtol=1e-12, atol=0)


@given(SHAPES, st.data())
def test_any_shapes_that_broadcast_give_the_common_shape(shapes, data):
    one, two = shapes.input_shapes
    doubles = st.floats(-4, 4, width=32)
    x = data.draw(arrays.arrays(np.float64, one, elements=doubles))
    y = data.draw(arrays.arrays(np.float64, two, elements=doubles))
    values, (by_y, by_x) = dcalc.compile("x**2*y", wrt=["y", "x"])(x=x, y=y)
    assert np.shape(values) == np.shape(by_x) == shapes.result_shape
    assert np.array_equal(by_y, np.broadcast_to(x**2, shapes.result_shape))
    assert np.array_equal(by_x, np.broadcast_to(2 * x * y, shapes.result_shape))


def test_results_come_as_those_of_numpy_functions_do():
    g = dcalc.compile("x**2", wrt="x")
    assert g(x=3) == (9.0, 6.0)
    assert isinstance(g(x=3.0)[0], float)
    assert g(x=[])[0].shape == (0,)
    assert g({"x": [1, 2]})[1].tolist() == [2.0, 4.0]
    assert g(x=np.arange(6, dtype=np.int8).reshape(2, 3).T)[0].tolist() == [[0.0, 9.0], [1.0, 16.0], [4.0, 25.0]]
    assert g(x=[Fraction(1, 2)])[0].tolist() == [0.25]
    single = g(x=np.float32([0.1, 1e30]))
    assert single[0].dtype == np.float32
    assert single[0].tolist() == [np.float32(np.float64(np.float32(0.1)) ** 2), math.inf]


def test_a_name_that_f_lacks_and_a_constant():
    assert [part.tolist() for part in dcalc.compile("x", wrt="z")(x=[1, 2])] == [[1.0, 2.0], [0.0, 0.0]]
    assert dcalc.compile("3", wrt="z")() == (3.0, 0.0)
    assert dcalc.compile("x", wrt=())(x=2.0) == (2.0, ())


def test_of_a_derivative_the_next_order_is_given():
    values, derivatives = dcalc.compile(dcalc.diff("x*abs(x)", "x"), wrt="x")(x=[-1.0, 0.0, 2.0])
    assert values.tolist() == [2.0, 0.0, 4.0]
    np.testing.assert_array_equal(derivatives, [-2.0, math.nan, 2.0])


def test_points_without_a_value_are_nan_and_have_their_status():
    everything = dcalc.compile("abs(x) + log(y)", wrt=("x", "y")).evaluate(
        x=np.array([[0.0, 1.0], [1.0, math.nan]]), y=np.array([2.0, -1.0])
    )
    assert everything.statuses.tolist() == [["not_differentiable", "undefined"], ["ok", "error"]]
    by_x, by_y = everything.derivatives
    np.testing.assert_array_equal(by_x, [[math.nan, math.nan], [1.0, math.nan]])
    np.testing.assert_array_equal(by_y, [[0.5, math.nan], [0.5, math.nan]])
    assert everything.values[0, 0] == double(mp.log(2))
    value, kink, _ = everything.results[0, 0]
    assert (value.status, kink.kind, kink.left, kink.right) == ("ok", "kink", -1.0, 1.0)
    assert sorted(everything.results) == [(0, 0), (0, 1), (1, 1)]
    assert np.isnan(everything.value_bounds).tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize(("mode", "dtype"), [("bound", float), ("certify", float), ("bound", np.float32)])
@given(st.lists(st.floats(-30, 30, width=32), min_size=1, max_size=8))
def test_no_number_is_off_by_more_than_its_bound(mode, dtype, points):
    x = np.array(points, dtype)
    everything = BOUNDED[mode].evaluate(x=x)
    pairs = ((everything.values, everything.value_bounds), (everything.derivatives, everything.derivative_bounds))
    for k, point in enumerate(x.tolist()):
        with mp.workdps(200):
            p = mp.mpf(point)
            right = ((1 - mp.cos(p)) * mp.exp(p), (1 - mp.cos(p) + mp.sin(p)) * mp.exp(p))
            for (found, bound), number in zip(pairs, right, strict=True):
                assert abs(mp.mpf(float(found[k])) - number) <= mp.mpf(float(bound[k]))


BOUNDED = {mode: dcalc.compile("(1 - cos(x))*exp(x)", wrt="x", mode=mode) for mode in ("bound", "certify")}


@pytest.mark.parametrize("mode", ["bound", "certify"])
def test_bounds_hold_at_the_ends_of_the_doubles(mode):
    """exp(-800) = 3.7e-348 and exp(-740) are below the normal doubles; the last number is the largest double."""
    far = dcalc.compile("exp(-x)", wrt="x", mode=mode).evaluate(x=[800.0, 740.0])
    right = [mp.exp(-mp.mpf(800)), mp.exp(-mp.mpf(740))]
    for values, bounds in ((far.values, far.value_bounds), (-far.derivatives, far.derivative_bounds)):
        assert all(abs(mp.mpf(v) - t) <= mp.mpf(b) for v, t, b in zip(values, right, bounds, strict=True))
    most = np.finfo(float).max
    assert dcalc.compile("2*x", wrt="x", mode=mode).evaluate(x=[most / 2]).value_bounds[0] <= most * 1.01e-12


def test_what_overflows_as_a_single_says_so():
    large = dcalc.compile("x**2", wrt="x").evaluate(x=np.float32([1e30, 2.0]))
    assert large.values.tolist() == [math.inf, 4.0]
    assert large.statuses.tolist() == ["overflow", "ok"]
    square, slope = large.results[0,]
    assert (square.reason, slope.value) == ("beyond float32", float(np.float32(2e30)))


@pytest.mark.parametrize("array", [np.ma.array([1.0, 2.0], mask=[False, True]), np.array([10**400], dtype=object)])
def test_arrays_with_entries_that_are_no_doubles_are_refused(array):
    with pytest.raises(dcalc.UsageError, match=r"masked|too large"):
        dcalc.compile("x", wrt="x")(x=array)


def test_without_bounds_none_are_given():
    fast = dcalc.compile("x", wrt="x", mode="fast").evaluate(x=[1.0])
    assert (fast.value_bounds, fast.derivative_bounds) == (None, None)


def test_arrays_are_answered_as_the_kernel_does():
    x = np.linspace(-1, 1, 5000)
    values, derivatives = dcalc.compile("sqrt(x**2 + 1) - x", wrt="x")(x=x)
    rows = Kernel(dcalc.parse("sqrt(x**2 + 1) - x").node, [(), ("x",)], ["x"]).rows([x])
    assert (values == rows.values[0]).all()
    assert (derivatives == rows.values[1]).all()


def test_threads_get_the_same_numbers():
    g = dcalc.compile("x*abs(x) + y", wrt=("x", "y"), jobs=2)
    x = np.linspace(-2, 2, 400)
    right = g(x=x, y=1.0)
    with ThreadPoolExecutor(4) as pool:
        for values, (by_x, _) in pool.map(lambda _: g(x=x, y=1.0), range(8)):
            assert (values == right[0]).all()
            assert (by_x == right[1][0]).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dcalc.compile("x*y", "x")(x=[1.0]), dcalc.UnknownVariable, "no array is given for y"),
        (lambda: dcalc.compile("x", "x")(x=1.0, z=2.0), dcalc.UnknownVariable, "no variable z"),
        (lambda: dcalc.compile("x*y", "x")(x=[1, 2], y=[1, 2, 3]), dcalc.UsageError, "do not go together"),
        (lambda: dcalc.compile("x", "x")(x=["a"]), dcalc.UsageError, "do not go together"),
        (lambda: dcalc.compile("x", "x")(x=1j), dcalc.UsageError, "complex"),
        (lambda: dcalc.compile("x", "x", mode="exact"), dcalc.UsageError, "exact"),
        (lambda: dcalc.compile("x", "2"), dcalc.UsageError, "2"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dcalc.compile("x", "x")(np.ones(2)), "arrays are given by name"),
        (lambda: dcalc.compile("x", "x").evaluate(np.ones(2)), "arrays are given by name"),
        (lambda: dcalc.compile("x", "x")(x=np.array(["2020-01-01"], dtype="datetime64[D]")), "holds dates"),
        (lambda: dcalc.compile("x", "x", tolerance=-1.0), "tolerance must be at least 0"),
        (lambda: dcalc.compile("x", "x", tolerance=float("nan")), "tolerance must be at least 0"),
        (lambda: dcalc.compile("x", "x", jobs=0), "jobs must be at least 1"),
    ],
)
def test_wrong_calls_are_refused_in_words(call, words):
    with pytest.raises(dcalc.UsageError, match=words):
        call()


@pytest.mark.parametrize("remake", [lambda g: pickle.loads(pickle.dumps(g)), copy.deepcopy])
def test_a_compiled_function_is_pickled_and_copied(remake):
    g = remake(dcalc.compile(dcalc.diff("x**3*abs(y)", "x"), ("x", "y"), mode="certify"))
    values, (by_x, by_y) = g(x=2.0, y=np.array([-1.0, 0.0]))
    assert (g.mode, values.tolist(), by_x.tolist(), by_y[0]) == ("certify", [12.0, 0.0], [12.0, 0.0], -12.0)
    assert np.isnan(by_y[1])


def test_bounds_are_proved_where_the_tolerance_is_below_a_double():
    """The nearest double is the best there is: off by half a unit of its last place, whatever is asked."""
    x = np.linspace(0.1, 9, 50)
    strict, certified = (
        dcalc.compile("exp(x)", "x", **way).evaluate(x=x) for way in ({"tolerance": 0}, {"mode": "certify"})
    )
    assert np.array_equal(strict.values, certified.values)
    assert (strict.value_bounds >= certified.value_bounds).all()


def test_a_variable_may_be_given_as_it_is():
    x, y = dcalc.symbols("x y")
    assert dcalc.compile(x**2 * y, x)(x=3.0, y=2.0) == (18.0, 12.0)
    assert dcalc.compile(x**2 * y, [x, "y"])(x=3.0, y=2.0) == (18.0, (12.0, 9.0))
