"""Python code as expressions: what is read computes what the code computes."""

from __future__ import annotations

import functools
import math
from math import exp as exponential
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dcalc
from dcalc import functions as table
from dcalc.api.mathematics import OTHERS, SAME, math_functions
from dcalc.expr import variables, walk
from tests.shapes import POINTS, expressions


def helper(t):
    return exponential(-t) * sqrt(t)


def gaussian(x, mu, sigma=2.0):
    return math.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * sqrt(2 * math.pi))


def branching(x, y):
    if x > 0 and y < 1:
        return helper(x)
    if not x <= y:
        return max(x, 0.5, y)
    return abs(y) if x == y else x % 3


def looping(x):
    total = 0
    for k in range(4):
        total += x**k / math.factorial(k)
    return total


def nested(x):
    def inner(t):
        return math.sin(t) + offset

    offset = 2 * x
    return inner(x) + sum([x, x]) + math.prod([x, 3]) + math.fsum([x, 1])


def recursive(x, n=3):
    return x if n == 0 else math.tanh(recursive(x, n - 1))


class Model:
    scale = 3

    def loss(self, w):
        return self.scale * math.log1p(w * w)

    def __call__(self, w):
        return self.loss(w) + 1


@functools.cache
def cached(x):
    return math.cos(x)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (gaussian, "exp(-((x - mu)/2)**2/2)/5.0132565492620005"),
        (branching, "where(x > 0, where(y < 1, exp(-x)*sqrt(x), where(x <= y, where(x == y, abs(y), mod(x, 3)), "
                    "max(x, 0.5, y))), where(x <= y, where(x == y, abs(y), mod(x, 3)), max(x, 0.5, y)))"),
        (looping, "x**0/1 + x**1/1 + x**2/2 + x**3/6"),
        (nested, "sin(x) + 2*x + (x + x) + 1*x*3 + (x + 1)"),
        (recursive, "tanh(tanh(tanh(x)))"),
        (Model().loss, "3*log1p(w*w)"),
        (cached, "cos(x)"),
        (functools.partial(gaussian, sigma=1.0), "exp(-((x - mu)/1)**2/2)/2.5066282746310002"),
        (lambda x: np.tanh(x) + np.where(x > 0, x, 0), "tanh(x) + where(x > 0, x, 0)"),
        (lambda x: math.hypot(x, 1, 2), "sqrt(x**2 + 1**2 + 2**2)"),
        (lambda x: math.log(x, 10) + math.pow(x, 2), "log(x, 10) + x**2"),
        (lambda x: math.pi * x + math.e - math.tau, "pi*x + e - tau"),
        (lambda x: min([x, 2, 1]), "min(x, 2, 1)"),
        (lambda x: max(3, 1) * x, "3*x"),
        (lambda x: x if x else 1.0, "where(x != 0, x, 1)"),
        (lambda x, y: 7.0, "7"),
        (dcalc.sin, None),
    ],
    ids=lambda part: part if isinstance(part, str) else getattr(part, "__name__", "object"),
)  # fmt: skip
def test_what_is_read(function, text):
    if text is None:
        assert dcalc.from_function(function, "x") == dcalc.parse("sin(x)")
    else:
        assert str(dcalc.from_function(function)) == str(dcalc.parse(text)), str(dcalc.from_function(function))


def test_an_object_that_is_called():
    assert str(dcalc.from_function(Model())) == "3*log1p(w*w) + 1"
    assert type(Model()).loss is Model.loss


@given(expressions())
def test_code_with_the_names_of_dcalc_is_read_as_its_expression(node):
    """The text of most expressions is Python, too; what it means is known from the parser."""
    expression = dcalc.Expression(node)
    nodes = walk(node)
    if any(one.op in (table.AND, table.NOT, table.OR) for one in nodes):
        return  # Python's own words for them ask for truth values
    if any(one.op in (table.POW, table.DIV) and not variables(one) for one in nodes):
        return  # Python computes these itself: in doubles, or 10**10**10 to the last digit
    names = ", ".join(expression.variables or ["x"])
    traced = dcalc.from_function(eval(f"lambda {names}: {expression}", SCOPE))
    for at in POINTS:
        point = {name: at[name] for name in expression.variables}
        one, other = traced.at({name: point[name] for name in traced.variables}), expression.at(point)
        assert one.status == other.status
        assert one.value == other.value or one.value == pytest.approx(other.value, rel=1e-9)


SCOPE = {name: getattr(dcalc, name) for name in dcalc.__all__}


CALLS = {
    "hypot": (0.75, 0.5), "atan2": (0.75, 0.5), "pow": (0.75, 0.5), "fmod": (7.5, -2.0), "log": (0.75,),
    "acosh": (1.75,), "arccosh": (1.75,), "remainder": None, "prod": None, "fsum": None, "ldexp": (0.75, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(math_functions()))
def test_functions_of_math_mean_what_they_mean(name):
    args = CALLS.get(name, (0.75,))
    if args is None:
        pytest.skip("of sequences, or of another meaning in IEEE's sense")
    names = ["x", "y"][: len(args)] if name != "ldexp" else ["x"]
    if name == "ldexp":
        traced = dcalc.from_function(lambda x: math.ldexp(x, 3))
    else:
        traced = dcalc.from_function(getattr(math, name), *names)
    value = traced.at(dict(zip(names, args, strict=False))).value
    assert value == pytest.approx(getattr(math, name)(*args), rel=1e-14)


UFUNCS = {
    "arccosh": (1.75,),
    "acosh": (1.75,),
    "floor_divide": (7.5, -2.0),
    "remainder": (7.5, -2.0),
    "fmod": (-7.5, 2.0),
}
BINARY = (
    "add subtract multiply divide true_divide power float_power mod maximum fmax minimum fmin arctan2 hypot logaddexp "
    "heaviside atan2 pow"
).split()


KNOWN = sorted({*OTHERS, *SAME.split()})


@pytest.mark.parametrize("name", [name for name in KNOWN if isinstance(getattr(np, name, None), np.ufunc)])
def test_functions_of_numpy_mean_what_they_mean(name):
    ufunc = getattr(np, name)
    if name.startswith(("logical", "bitwise", "invert", "less", "greater", "equal", "not_equal")):
        condition = ufunc(*[dcalc.parse(v) > 0 for v in "xy"[: ufunc.nin]]) if ufunc.nin else None
        if name.startswith(("less", "greater", "equal", "not_equal")):
            condition = ufunc(*dcalc.symbols("x y"))
        assert isinstance(condition, dcalc.Condition)
        return
    args = UFUNCS.get(name, (0.75, 0.5) if name in BINARY else (0.75,))
    names = ["x", "y"][: len(args)]
    traced = dcalc.from_function(ufunc, *names)
    assert traced.at(dict(zip(names, args, strict=True))).value == pytest.approx(float(ufunc(*args)), rel=1e-14)


SPECIAL = {
    "jv": (2, 0.75), "yv": (2, 0.75), "iv": (2, 0.75), "kv": (2, 0.75), "beta": (0.75, 0.5), "betaln": (0.75, 0.5),
    "xlogy": (0.75, 0.5), "xlog1py": (0.75, 0.5), "zeta": (1.75, 0.5),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_functions_of_scipy_mean_what_they_mean(name):
    special = pytest.importorskip("scipy.special")
    ufunc = getattr(special, name, None)
    if not isinstance(ufunc, np.ufunc) or isinstance(getattr(np, name, None), np.ufunc):
        return
    args = SPECIAL.get(name, (0.75,))
    names = ["a", "x"][-len(args) :]
    traced = dcalc.from_function(ufunc, *names)
    assert traced.at(dict(zip(names, args, strict=True))).value == pytest.approx(float(ufunc(*args)), rel=1e-12)


@given(st.floats(-4, 4), st.floats(-4, 4))
def test_every_way_through_a_function_is_read(x, y):
    assert TRACED.at(x=x, y=y).value == pytest.approx(branching(x, y), rel=1e-12, abs=1e-300)


TRACED = dcalc.from_function(branching)


def endless(x):
    while x > 1:
        x = x / 2
    return x


def bushy(x):
    return sum(x if x > k else -x for k in range(12))


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (endless, dcalc.LimitError, "more than 1,000 conditions"),
        (bushy, dcalc.LimitError, "more than 256 ways"),
        (lambda x: float(x), dcalc.Unsupported, "x is not a number"),
        (lambda x: int(x), dcalc.Unsupported, "x is not a number"),
        (lambda x: [x], dcalc.Unsupported, "returns a list"),
        (lambda x: None, dcalc.Unsupported, "returns a NoneType"),
        (lambda *x: x, dcalc.UsageError, "any number of arguments"),
        (lambda x: np.nextafter(x, 1), dcalc.Unsupported, "numpy.nextafter"),
        (max, dcalc.UsageError, "parameters of max are not known"),
        (lambda x: math.inf * x, dcalc.UsageError, "not a real number"),
    ],
)
def test_refusals(function, error, words):
    with pytest.raises(error, match=words):
        dcalc.from_function(function)


def test_nothing_of_a_trace_is_left_behind():
    with pytest.raises(dcalc.LimitError):
        dcalc.from_function(endless)
    x = dcalc.parse("x")
    assert (x == 1) is False
    assert math.sin(1.0) == pytest.approx(0.8414709848078965)
    assert helper(1.0) == pytest.approx(math.exp(-1))
