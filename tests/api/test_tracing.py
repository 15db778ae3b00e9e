"""Python code as expressions: what is read computes what the code computes."""

from __future__ import annotations

import contextlib
import functools
import math
import random
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


ACTIVATIONS = {"tanh": math.tanh, "exp": math.exp}


class Layer:
    def __init__(self, weight, activation):
        self.weight, self.activation, self.network = weight, activation, None

    def __call__(self, x):
        return self.activation(self.weight * x)


class Network:
    def __init__(self):
        self.layers = [Layer(2.0, math.tanh), Layer(3.0, math.sin)]
        self.layers[0].network = self

    @property
    def first(self):
        return self.layers[0]

    @staticmethod
    def square(x):
        return math.pow(x, 2)

    def run(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.square(x) if isinstance(self, Network) else 0.0


NETWORK = Network()


def importing(x):
    import math as mathematics
    from math import cos

    def inner(t):
        from math import exp

        return exp(t)

    return mathematics.sin(x) * cos(x) * inner(x)


def guarded_import(x):
    try:
        import no_such_package as library
    except ImportError:
        import numpy as library
    return library.sin(x)


def making(x):
    class Local(Layer):
        def __call__(self, x):
            return 2 * super().__call__(x)

    return Local(2.0, math.sin)(x) + Layer(1.0, math.exp)(x)


def asking_for_types(x):
    if isinstance(x, np.ndarray) or not isinstance(x, (int, float)) or type(x) is not float:
        return 0.0
    return converting(x) + x


def converting(x):
    return float(x) + int(x > 0) + float("2") + int("11", 2)


def with_errstate(x):
    with np.errstate(all="ignore"):
        return np.log(x * x + 1)


def is_chosen(choice):
    return choice is True


def in_vectors(x):
    weights = np.array([1.0, 2.0])
    hidden = np.tanh(weights * x + np.array([0.5, x]))
    return np.sum(np.square(hidden - np.array([0.25, 0.5]))) + np.mean(x) + weights @ hidden


@pytest.mark.parametrize(
    "function",
    [
        importing, guarded_import, making, asking_for_types, with_errstate, in_vectors, NETWORK.run,
        lambda x: NETWORK.run(x) + NETWORK.first(x),
        lambda x, f=math.sin: f(x),
        lambda x: ACTIVATIONS["tanh"](x),
        lambda x: [math.sin, math.cos][1](x),
        lambda x: __import__("math").sin(x),
        lambda x: int(x) * x,
        lambda x: 1 - (x > 0) * 2 + (x > 0) / 2 - (x > 1),
        lambda x: [x, x * x][x > 0],
        lambda x: x if (x > 0) == (x > 1) else 0.0,
        lambda x: x if (x > 0) != (x > 1) else 0.0,
        lambda x: x if (x > 0) ^ (x > 1) else 0.0,
        lambda x: x if (x > 0) & True else 0.0,
        lambda x: math.remainder(x, 3),
        lambda x: divmod(x, 2)[0] * divmod(x, 2)[1] + divmod(7, x * x + 1)[1],
        lambda x: np.select([x > 1, x > 0], [x, x**2], 0.5),
        lambda x: np.clip(x, a_min=-1, a_max=None) + np.clip(x, None, 1) + np.clip(x, 0, 1) + np.fix(x),
        lambda x: 1.0 if x in (1.0, 2.0) else x,
        lambda x: np.vectorize(math.sin)(x),
        lambda x: x if np.isscalar(x) else 0.0,
        lambda x: np.std([x, 2.0, x * x]) + np.var(np.array([x, 1.0])) + np.copysign(x, -2.0) + np.conj(x),
        lambda x: math.copysign(3.0, x) + math.dist([x, 1.0], [2.0, x]) + np.logaddexp2(x, 1.0),
        lambda x, flag=True: x * x if flag is True else x,
        lambda x: x * x if is_chosen(True) else x,
    ],
)  # fmt: skip
def test_what_is_read_computes_what_the_code_computes(function):
    traced = dcalc.from_function(function)
    for x in (-2.5, -1.0, -0.25, 0.25, 1.0, 1.75, 3.5):
        assert traced.at(x=x).value == pytest.approx(float(function(x)), rel=1e-14), x


def test_code_that_is_not_called_may_catch_errors():
    def unused(x):
        return catching(2.0) * x if callable(catching) else 0.0

    assert dcalc.from_function(unused).at(x=2.0).value == pytest.approx(2 * math.log(2))


def test_nothing_is_patched():
    network = Network()
    before = dict(vars(network)), math.sin, Layer.__call__
    dcalc.from_function(network.run)
    assert (dict(vars(network)), math.sin, Layer.__call__) == before
    assert type(network) is Network


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
    "hypot": (0.75, 0.5), "atan2": (0.75, 0.5), "pow": (0.75, 0.5), "copysign": (0.75, -0.5), "dist": None,
    "fmod": (7.5, -2.0), "log": (0.75,),
    "acosh": (1.75,), "arccosh": (1.75,), "remainder": (7.5, 2.0), "prod": None, "fsum": None, "ldexp": (0.75, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(math_functions()))
def test_functions_of_math_mean_what_they_mean(name):
    args = CALLS.get(name, (0.75,))
    if args is None:
        pytest.skip("of sequences")
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
    "logaddexp2 copysign heaviside atan2 pow"
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


def catching(x):
    try:
        return math.log(x)
    except (ValueError, OverflowError):
        return 0.0


def catching_all(x):
    try:
        return 1 / x
    except:  # noqa: E722  # this is what is tested
        return 0.0


def suppressing(x):
    with contextlib.suppress(ValueError):
        return math.log(x)
    return 0.0


class Careful:
    def log(self, x):
        try:
            return math.log(x)
        except ValueError:
            return 0.0


def raising(x):
    if x <= 0:
        raise ValueError("not positive")
    return math.log(x)


def matching_truth(x):
    match x > 1:
        case True:
            return x
        case _:
            return x**2


def matching_a_class(x):
    match x:
        case float():
            return x**2
        case _:
            return x**3


def identifying(x):
    is_large = x > 1
    return x if is_large is not False else x**2


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (matching_truth, dcalc.Unsupported, "matching_truth asks whether a condition is True"),
        (matching_a_class, dcalc.Unsupported, "matching_a_class matches the class of a number"),
        (identifying, dcalc.Unsupported, "identifying asks whether a condition is True"),
        (lambda x: x if is_chosen(x > 1) else x**2, dcalc.Unsupported, "is_chosen asks whether"),
        (lambda x: x if f"{x > 1}" == "True" else x**2, dcalc.Unsupported, "text of a condition"),
        (endless, dcalc.LimitError, "more than 1,000 conditions"),
        (bushy, dcalc.LimitError, "more than 256 ways"),
        (lambda x: math.frexp(x)[0], dcalc.Unsupported, "takes floats alone was given x"),
        (lambda x: sum(map(float, [x])), dcalc.Unsupported, "takes floats alone was given x"),
        (lambda x: sum(map(int, [x])), dcalc.Unsupported, "x cannot be made an int"),
        (lambda x: [1.0, 2.0][int(x)], dcalc.Unsupported, "raises TypeError: list indices"),
        (lambda x: x[0] * x[1], dcalc.Unsupported, "raises TypeError: 'Expression' object is not subscriptable"),
        (lambda x: len(f"{x}") * x, dcalc.Unsupported, "text of a variable"),
        (lambda x: float(f"{x:.3f}"), dcalc.Unsupported, "text of a variable"),
        (lambda x: 1.0 if x in {1.0, 2.0} else x, dcalc.Unsupported, "looked up in a set"),
        (lambda x: {1.0: 5.0}.get(x, x), dcalc.Unsupported, "looked up in a set"),
        (lambda x: {x > 0: 5.0}[True] * x, dcalc.Unsupported, "condition cannot be looked up"),
        (lambda x: x.real, dcalc.Unsupported, "real of a variable"),
        (lambda x: x if hasattr(x, "is_integer") else 2 * x, dcalc.Unsupported, "is_integer of a variable"),
        (lambda x: np.where(~(x > 0), x, 0.0), dcalc.Unsupported, "makes -2 of True"),
        (lambda x: 1j * x, dcalc.Unsupported, "raises TypeError"),
        (lambda x: x * random.random(), dcalc.Unsupported, "something else each time"),
        (catching, dcalc.Unsupported, "catching catches errors"),
        (catching_all, dcalc.Unsupported, "catching_all catches errors"),
        (suppressing, dcalc.Unsupported, "suppressing catches errors"),
        (lambda x: Careful().log(x), dcalc.Unsupported, "log catches errors"),
        (raising, dcalc.Unsupported, "raises ValueError: not positive"),
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
