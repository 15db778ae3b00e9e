"""Derivatives as expressions, evaluated in mpmath and held against the formulas of the books."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from mpmath import mp, mpf

from dcalc import derive
from dcalc import functions as table
from dcalc.derive import along_one, derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, make, symbol, variables, walk
from dcalc.notation import write
from dcalc.parser import parse
from tests.scenarios import SCENARIOS
from tests.shapes import POINTS, expressions
from tests.truths import DIGITS, OutOfReach, close, steady, value


def derived(text: str, *names: str) -> Expr:
    return derivative(parse(text).root, names)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_the_derivative_has_the_value_of_the_formula(scenario):
    for problem, truth in scenario.problems():
        with mp.workdps(2 * DIGITS):
            found = value(derivative(problem.root, problem.wrt), problem.at)
        assert found is not None
        assert close(found, truth, DIGITS - 5)


def test_the_scenarios_are_many():
    assert len({scenario.text for scenario in SCENARIOS}) >= 100


@pytest.mark.parametrize("count", [2, 11, 12, 13, 14, 40, 300])
def test_products_of_many_factors(count):
    """The logarithmic derivative: P' is P times the sum of f'/f."""
    root = parse("*".join(f"(x + {i})" for i in range(1, count + 1))).root
    at = {"x": mpf(1) / 4}
    with mp.workdps(2 * DIGITS):
        truth = value(root, at) * mp.fsum(1 / (at["x"] + i) for i in range(1, count + 1))
        assert close(value(derivative(root, ("x",)), at), truth)


def test_a_product_of_many_factors_is_derived_in_linear_size():
    sizes = []
    for count in (100, 200):
        root = parse("*".join(f"sin(x + {i})" for i in range(1, count + 1))).root
        sizes.append(len(walk(derivative(root, ("x",)))))
    assert sizes[1] < 2.2 * sizes[0]


def test_a_product_of_many_factors_leaves_still_ones_out_of_the_sum():
    still = "*".join(f"a{i}" for i in range(30))
    assert "+" not in write(derived(f"{still}*x", "x"))


def test_a_thousand_functions_inside_each_other():
    depth = 1_000
    root = parse("sin(" * depth + "x" + ")" * depth).root
    at = {"x": mpf(3) / 4}
    with mp.workdps(DIGITS):
        inner, truth = at["x"], mpf(1)
        for _ in range(depth):
            truth *= mp.cos(inner)
            inner = mp.sin(inner)
        assert close(value(derivative(root, ("x",)), at), truth, 40)


def test_a_shared_graph_is_derived_in_linear_size():
    """l -> 4*l*(1-l), n times: 2**n terms as text. The derivative is the product of 4*(1 - 2*l)."""
    depth = 400
    node: Expr = symbol("x")
    for _ in range(depth):
        node = make(table.MUL, make(table.MUL, parse("4").root, node), make(table.SUB, parse("1").root, node))
    found = derivative(node, ("x",))
    assert len(walk(found)) < 20 * depth
    with mp.workdps(200 + depth):
        inner, truth = mpf(3) / 8, mpf(1)
        for _ in range(depth):
            truth *= 4 * (1 - 2 * inner)
            inner = 4 * inner * (1 - inner)
        assert close(value(found, {"x": mpf(3) / 8}), truth, 40)


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("x**2", (), "x**2"),
        ("x + x", (), "2*x"),
        ("x**2", ("y",), "0"),
        ("7", ("x",), "0"),
        ("pi", ("x",), "0"),
        ("0**x", ("x",), "0"),
        ("x + 0**(x*y)", ("y",), "0"),
        ("x**5", ("x",) * 5, "120"),
        ("x**5", ("x",) * 6, "0"),
        ("x*y", ("x", "y"), "1"),
        ("x*y", ("x", "x"), "0"),
        ("x**(10**9)", ("x",), "1000000000*x**999999999"),
        ("floor(x)", ("x",), "0"),
        ("sign(x)", ("x",), "0"),
        ("where(x < 1, 2, 2)", ("x",), "0"),
        ("where(x < 0, x, where(x > 1, 7, 0/0))", ("x",), "where(x < 0, 1, where(x > 1, 0, 0/0))"),
        ("where(x < 0, 5, 0/0)", ("x", "x"), "where(x < 0, 0, 0/0)"),
        ("sin(y)*where(x < 0, 0/0, x)", ("y",), "cos(y)*where(x < 0, 0/0, x)"),
        ("x**n", ("x",), "n*x**(n - 1)"),
        ("besselj(n, x) + n", ("x",), "besselj(n - 1, x)/2 - besselj(n + 1, x)/2"),
    ],
)
def test_derivatives_that_are_short(text, names, expected):
    assert write(derived(text, *names)) == expected


def test_the_fifth_derivative_of_a_huge_power_is_exact():
    n = 10**9
    found = derived(f"x**{n}", *"xxxxx")
    with mp.workdps(100):
        assert value(found, {"x": mpf(1)}) == n * (n - 1) * (n - 2) * (n - 3) * (n - 4)
    assert write(found).endswith(f"*x**{n - 5}")


def test_an_order_of_the_derivative_does_not_change_the_mixed_partial():
    root = parse("exp(x*y)*sin(x + y**2)/z").root
    at = {"x": mpf(1) / 4, "y": mpf(3) / 4, "z": mpf(2)}
    with mp.workdps(2 * DIGITS):
        values = [value(derivative(root, order), at) for order in (("x", "y", "z"), ("z", "y", "x"), ("y", "x", "z"))]
    assert close(values[0], values[1])
    assert close(values[0], values[2])


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("besselj(x, 2)", "besselj", "n"),
        ("bessely(x, x)", "bessely", "n"),
        ("polygamma(x, 2)", "polygamma", "n"),
        ("uppergamma(x, 2)", "uppergamma", "s"),
        ("expint(x, 2)", "expint", "n"),
        ("zeta(x)", "zeta", "s"),
        ("zeta(x, 2)", "zeta", "s"),
    ],
)
def test_a_partial_that_has_no_closed_form_is_unsupported_and_named(text, name, argument):
    with pytest.raises(Unsupported, match=f"{name}: the derivative by its argument {argument} has no closed form"):
        derived(text, "x")


@pytest.mark.parametrize("text", ["besselj(n, 2)*x", "zeta(3)*x", "polygamma(2, x)"])
def test_an_argument_that_stands_still_needs_no_partial(text):
    assert derived(text, "x")


def test_a_derivative_that_grows_out_of_all_bounds_is_refused(monkeypatch):
    assert derive.MAX_NODES >= 100_000
    monkeypatch.setattr(derive, "MAX_NODES", 200)
    with pytest.raises(LimitError, match="beyond 200 parts"):
        derived("sin(x*y)*tan(x + y)", *"x" * 40)


@pytest.mark.parametrize(
    ("wrt", "name", "order", "root"),
    [
        ((), "", 0, "x**3*y**2"),
        (("x",), "x", 1, "x**3*y**2"),
        (("x", "x"), "x", 2, "x**3*y**2"),
        (("x", "y", "x"), "x", 2, "2*x**3*y"),
        (("y", "y", "x"), "y", 2, "3*x**2*y**2"),
    ],
)
def test_a_mixed_partial_is_one_along_the_name_that_comes_most_often(wrt, name, order, root):
    node, found, times = along_one(parse("x**3*y**2").root, wrt)
    assert (found, times) == (name, order)
    assert write(node) == root


def quotient(root: Expr, at: dict[str, float]) -> mpf | None:
    """The derivative by x to some 20 digits, where the quotients of both sides say the same."""
    step = mpf(10) ** -30
    with mp.workdps(4 * DIGITS):
        left, here, right = (steady(root, {**at, "x": at["x"] + k * step}, DIGITS + 10) for k in (-1, 0, 1))
        if None in (left, here, right) or abs(here) > 1e9:  # the differences must keep 20 digits
            return None
        down, up = (here - left) / step, (right - here) / step
        return (down + up) / 2 if abs(down - up) < mpf(10) ** -20 * (1 + abs(up)) else None


@pytest.mark.slow
@pytest.mark.covers
@given(expressions())
@settings(deadline=None)
def test_the_derivative_is_the_limit_of_quotients(node):
    """Where f has a value on both sides and a derivative expression has one, they agree."""
    assume("x" in variables(node))
    found = derivative(node, ("x",))
    for at in POINTS[:3]:
        try:
            truth = quotient(node, at)
            exact = None if truth is None else steady(found, at)
        except OutOfReach:
            continue
        if truth is not None and exact is not None:
            assert abs(truth - exact) <= (abs(exact) + 1) * mpf(10) ** -18, (write(node), write(found), at)


@given(expressions())
@settings(deadline=None)
def test_a_derivative_names_no_new_variable(node):
    assert set(variables(derivative(node, ("x",)))) <= set(variables(node))


@pytest.mark.slow
@pytest.mark.covers
def test_derivatives_that_double_at_each_order_end():
    """exp(exp(x)) has a Bell polynomial of exp(x) beside it, whose terms the chain rule does not collect."""
    with pytest.raises(LimitError, match="of order 60 would be too long"):
        derivative(parse("exp(exp(x))").root, ("x",) * 60)
