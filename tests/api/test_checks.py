"""Verdicts on claimed derivatives: true only where they are right, and with the reason where they are not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dcalc
from dcalc.api.checks import judge_formula


def f(x, y):
    return x**2 * y + math.sin(x * y)


def gradient(x, y):
    return 2 * x * y + y * math.cos(x * y), x**2 + x * math.cos(x * y)


AT = {"x": 1.5, "y": 0.5}


@pytest.mark.parametrize(
    ("call", "verdict", "words"),
    [
        (lambda: dcalc.check("x**2*sin(x)", "2*x*sin(x) + x**2*cos(x)"), "proved", "wherever f has one"),
        (lambda: dcalc.check("x**3", dcalc.parse("3*x**2")), "proved", "wherever f has one"),
        (lambda: dcalc.check("x**3", "6*x", order=2), "proved", "wherever f has one"),
        (lambda: dcalc.check(dcalc.diff("x**3", "x"), "3*x**2"), "proved", "wherever f has one"),
        (lambda: dcalc.check("x**2*y", "2*x", ["x", "y"]), "proved", "wherever f has one"),
        (lambda: dcalc.check("x**3", 12, at={"x": 2}), "agrees", "agrees at 1 point"),
        (lambda: dcalc.check("x**3", 12.001, at={"x": 2}, tol=1e-3), "agrees", "agrees at 1 point"),
        (lambda: dcalc.check("x**3", 12.001, at={"x": 2}), "no", "the derivative is 12.0"),
        (lambda: dcalc.check("x**3", "3*x"), "no", "the derivative is 12.0, the claim is 6.0"),
        (lambda: dcalc.check("x**2*y", {"x": "2*x*y", "y": "x**2"}), "proved", "the gradient"),
        (lambda: dcalc.check("x**2*y", {"x": "2*x*y", "y": "x"}), "no", "by y: no"),
        (lambda: dcalc.check("log(-x**2)", "1"), "unresolved", "no derivative that could be decided"),
    ],
)
def test_claims_as_text(call, verdict, words):
    found = call()
    assert found.verdict == verdict
    assert words in found.sentence
    assert bool(found) == (verdict in ("proved", "agrees"))
    assert (found.counterexample is not None) == (verdict == "no")


def test_a_wrong_claim_has_a_counterexample_and_a_slip():
    found = dcalc.check("sin(x**2)", "cos(x**2)")
    assert found.counterexample.at == {"x": 1.0}  # 2*cos(1)
    assert found.counterexample.expected == pytest.approx(2 * math.cos(1), rel=1e-15)
    assert found.counterexample.claimed == pytest.approx(math.cos(1), rel=1e-15)
    assert "chain" in found.slip
    assert "likely slip" in str(found)


@pytest.mark.parametrize(
    "claim",
    [
        gradient,
        lambda y, x: (2 * x * y + y * math.cos(x * y), x**2 + x * math.cos(x * y)),
        lambda x, y: {"y": x**2 + x * math.cos(x * y), "x": 2 * x * y + y * math.cos(x * y)},
        lambda x, y: np.array([2 * x * y + y * np.cos(x * y), x**2 + x * np.cos(x * y)], dtype=object),
        {"x": "2*x*y + y*cos(x*y)", "y": "x**2 + x*cos(x*y)"},
        lambda a, b: (2 * a * b + b * math.cos(a * b), a**2 + a * math.cos(a * b)),
    ],
)
def test_right_gradients(claim):
    found = dcalc.check_gradient(f, claim, AT)
    assert found
    assert found.verdict == "proved"


@pytest.mark.parametrize(
    ("claim", "words", "slip"),
    [
        (lambda x, y: (2 * x * y + math.cos(x * y), x**2 + x * math.cos(x * y)), "by x: no", "chain"),
        (lambda x, y: (2 * x * y + y * math.cos(x * y), x**2 - x * math.cos(x * y)), "by y: no", None),
        (lambda x, y: gradient(x, y)[::-1], "by x: no", None),
    ],
)
def test_wrong_gradients(claim, words, slip):
    found = dcalc.check_gradient(f, claim, AT)
    assert not found
    assert found.verdict == "no"
    assert words in found.sentence
    assert found.counterexample.at == AT
    assert slip is None or slip in found.slip


@pytest.mark.slow
@given(st.floats(0.1, 3), st.floats(0.1, 3), st.integers(0, 1), st.floats(1e-3, 10))
@settings(max_examples=25)
def test_a_planted_error_is_found_in_code_that_can_be_read_and_in_code_that_cannot(x, y, place, error):
    def planted(x, y):
        parts = list(gradient(x, y))
        parts[place] *= 1 + error
        return parts

    def closed(x, y):
        return planted(float(x), float(y))

    at = {"x": x, "y": y}
    right = gradient(x, y)
    if abs(right[place]) > 1e-3:
        assert not dcalc.check_gradient(f, planted, at)
        assert not dcalc.check_gradient(f, closed, at)
    assert dcalc.check_gradient(f, gradient, at)
    assert dcalc.check_gradient(f, lambda x, y: gradient(float(x), float(y)), at)


def versine(x):
    return (1 - math.cos(x)) / x**2


def versine_slope(x):
    return math.sin(x) / x**2 - 2 * (1 - math.cos(x)) / x**3


def test_a_right_formula_whose_doubles_are_wrong_is_told_apart_and_the_operation_named():
    found = dcalc.check_gradient(versine, versine_slope, {"x": 1e-4})
    assert not found
    assert found.verdict == "inaccurate"
    assert "the formula is right" in found.sentence
    assert found.counterexample.expected == pytest.approx(-1e-4 / 12, rel=1e-8)  # the series of (1-cos x)/x**2
    assert {loss.operation for loss in found.losses} == {"sin(x)/x**2 - 2*(1 - cos(x))/x**3", "1 - cos(x)"}
    assert all(loss.kind == "cancellation" and loss.digits > 7 for loss in found.losses)
    right = dcalc.check_gradient(versine, versine_slope, {"x": 1.0})
    assert right
    assert all(loss.digits < 3 for loss in right.losses)


@pytest.mark.parametrize("exp", [math.exp, np.exp])
def test_the_operation_that_makes_nan_is_named(exp):
    log = math.log if exp is math.exp else np.log
    found = dcalc.check_gradient(lambda x: log(1 + exp(x)), lambda x: exp(x) / (1 + exp(x)), {"x": 800.0})
    assert found.verdict == "inaccurate"
    assert found.losses[0].operation == "exp(x)"
    assert found.losses[0].kind == "overflow"


@pytest.mark.parametrize(
    ("function", "slope", "at", "words"),
    [
        (abs, lambda x: 1.0, 0.0, "kink in abs(x)"),
        (lambda x: x if x > 0 else 0 * x, lambda x: 1.0 if x > 0 else 0.0, 0.0, "not differentiable"),
        (math.log, lambda x: 1 / x, -1.0, "argument is -1"),
        (math.sqrt, lambda x: 0.5 / math.sqrt(x), 0.0, "not differentiable"),
    ],
)
def test_where_there_is_no_derivative_no_gradient_is_right(function, slope, at, words):
    traced = dcalc.from_function(function, "x")
    found = dcalc.check_gradient(traced, slope, {"x": at})
    assert found.verdict == "no_derivative"
    assert words in found.sentence


def test_branches_of_code_are_those_of_the_function():
    def relu(x):
        return x if x > 0 else 0 * x

    assert dcalc.check_gradient(relu, lambda x: 1.0 if x > 0 else 0.0, {"x": 3.0})
    assert not dcalc.check_gradient(relu, lambda x: 1.0 if x > 0 else 1e-3, {"x": -3.0})


def gelu(x):
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2)))


@pytest.mark.slow
@pytest.mark.covers
def test_the_rounding_of_constants_in_code_is_no_mistake():
    def slope(x):
        return 0.5 * (1 + math.erf(x / math.sqrt(2))) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    found = dcalc.check_gradient(gelu, slope, {"x": 0.7})
    assert (bool(found), found.verdict) == (True, "agrees")
    assert dcalc.check_gradient(gelu, lambda x: slope(x) + 1e-12, {"x": 0.7}).verdict == "no"


@pytest.mark.parametrize(("left", "verdict"), [(0.01, "proved"), (0.1, "no"), (1e-9, "no")])
def test_branches_that_numpy_takes(left, verdict):
    def leaky(x):
        return np.where(x > 0, x, 0.01 * x)

    found = dcalc.check_gradient(leaky, lambda x: np.where(x > 0, 1.0, left), {"x": 2.0})
    assert found.verdict == verdict
    assert found.counterexample is None or found.counterexample.at["x"] < 0


def reassemble(x):
    """The number itself, by a way that no expression can follow."""
    return math.ldexp(*math.frexp(x))


def test_code_that_cannot_be_read_is_judged_by_its_numbers():
    assert dcalc.check_gradient("x**2", lambda x: 2 * reassemble(x), {"x": 3.0}).verdict == "agrees"
    found = dcalc.check_gradient("x**2", lambda x: 3 * reassemble(x), {"x": 3.0})
    assert (found.verdict, found.counterexample.expected, found.counterexample.claimed) == ("no", 6.0, 9.0)
    assert dcalc.check_gradient("x**2", lambda x: float("nan") * reassemble(x), {"x": 3.0}).verdict == "no"


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: dcalc.check_gradient(f, gradient, {"x": 1.0}), dcalc.UnknownVariable, "no value is given for y"),
        (
            lambda: dcalc.check_gradient(f, lambda x, y: (reassemble(x),), AT),
            dcalc.UsageError,
            "the gradient has 1 part",
        ),
        (lambda: dcalc.check_gradient(lambda x: reassemble(x), gradient, AT), dcalc.Unsupported, "takes floats alone"),
        (lambda: dcalc.check("x", "sinn(x)"), dcalc.UnknownFunction, "sinn"),
        (lambda: dcalc.check("x*y", "y"), dcalc.UsageError, "several variables"),
    ],
)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.slow
@pytest.mark.covers
def test_a_gradient_of_many_variables_is_followed_along_a_line():
    """One derivative for all partial ones; what is wrong is found by halves."""
    names = tuple(f"x{k}" for k in range(8))
    f = dcalc.parse("+".join(f"sin(x{k}*x{(k + 1) % 8})" for k in range(8)))
    claims = {name: f.diff(name).node for name in names}
    at = {name: 0.25 + 0.125 * place for place, name in enumerate(names)}
    over = {name: (x - 1, x + 1) for name, x in at.items()}
    right = judge_formula(f, names, claims, at, is_code=True, over=over)
    assert (right and "the gradient" in right.sentence) or "8 variables" in right.sentence
    wrong = {**claims, "x5": dcalc.parse(f"{f.diff('x5')} + 0.001*x3").node}
    check = judge_formula(f, names, wrong, at, is_code=True, over=over)
    assert check.verdict == "no" and check.sentence.startswith("by x5: ") and check.counterexample is not None
