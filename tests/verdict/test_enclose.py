"""The fast path claims a derivative only where a two-sided series is one: elsewhere it asks."""

from __future__ import annotations

import pytest
from flint import arb, ctx

from dcalc.backends.reference import differentiate
from dcalc.errors import Undecided
from dcalc.numbers.enclosure import Encloser, Fault, analytic
from dcalc.parser import parse
from dcalc.problem import Problem

DOUBTFUL = [
    ("abs(x)", 1), ("max(x, 2*x)", 1), ("max(x**3, 0)", 2), ("floor(x)", 1), ("frac(x)", 1), ("mod(x, 1)", 1),
    ("sign(x)", 1), ("step(x)", 1), ("relu(x)", 1), ("round(x + 1/2)", 1), ("trunc(x + 1)", 1), ("sqrt(x)", 1),
    ("sqrt(x**2)", 1), ("cbrt(x)", 1), ("x**(3/2)", 1), ("log(x)*x", 1), ("asin(1 + x)", 1), ("acosh(1 + x)", 1),
    ("sin(x)/x", 1), ("x/x", 1), ("x**3/x**2", 1), ("1/(1/x)", 1), ("gamma(x)*x", 1), ("cot(x)*x", 1),
    ("where(x <= 0, x, 2*x)", 1), ("where(x == 0, 0, x)", 1), ("where(x != 0, x, 0)", 1), ("where(x**2 > 0, x, 1)", 1),
    ("where(x**3 <= 0, x, 1)", 1), ("where(x**2 == 0, 1, x)", 1), ("(-2)**(x**2)", 1), ("x**(x**2)", 1), ("x**x", 1),
    ("hypot(x, 0)", 1), ("hypot(x, x**2)", 1), ("atan2(x, -1)", 1), ("atan2(x**2, -1)", 1), ("xlogx(x)", 1),
    ("x**(3/2) + erfcx(x)", 1), ("besselj(3/2, x)", 1), ("lowergamma(5/2, x) + erfcx(x)", 1), ("expint(3, x)", 1),
    ("sin(x)/x + erfcx(x)", 1), ("exp(-1/x**2)", 1), ("root(x, 3)", 1), ("li(x + 1)*x", 1), ("elliptic_e(1 - x)", 1),
]  # fmt: skip


@pytest.mark.parametrize(("text", "order"), DOUBTFUL)
def test_no_claim_at_a_doubtful_point(text: str, order: int) -> None:
    with ctx.workprec(200):
        f, derivative = Encloser(parse(text).root, "x", order).at({"x": lambda: arb(0)})
    assert isinstance(derivative, Fault)
    assert not isinstance(f, Fault) or isinstance(f.error, Undecided)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sinc(x)", 0),
        ("abs(x - 1)", -1),
        ("where(x > 1, 0, x)", 1),
        ("where(x > 1 and log(x) > 0, 0, x)", 1),
        ("x**0", 0),
    ],
)
def test_it_does_claim_what_is_certain(text: str, value: int) -> None:
    with ctx.workprec(200):
        found = Encloser(parse(text).root, "x", 1).at({"x": lambda: arb(0)}).derivative
    assert found == value


@pytest.mark.parametrize("text", ["sinh(x**3)", "tanh(x**2)", "sinh(0*x)", "log1p(x**4)"])
def test_series_without_known_terms_are_no_trouble(text: str) -> None:
    found = differentiate(Problem(parse(text).root, ("x",), {"x": 0.0}))
    assert (found.status, found.value) == ("ok", 0)


def test_a_series_without_partials_beside_one_without_series() -> None:
    found = differentiate(Problem(parse("tanh(zeta(x)) - xlogx(x)").root, ("x", "x"), {"x": 2.0}))
    assert found.status == "ok"
    assert found.value == pytest.approx(-0.4504674808175726, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "names", "certain"),
    [
        ("x*y", "xy", True),
        ("abs(x)*y", "xy", False),
        ("abs(x)*y", "y", True),
        ("cbrt(x)*y", "x", False),
        ("sqrt(x**2 + y**2)", "y", True),
        ("besselj(3/2, y - 1)*x", "y", False),
        ("where(x > 0, y, 1)", "y", True),
        ("where(x > 0, y, 1)", "x", False),
    ],
)
def test_what_is_analytic_in_which_variables(text: str, names: str, certain: bool) -> None:
    at = {"x": lambda: arb(0), "y": lambda: arb(1)}
    with ctx.workprec(128):
        assert analytic(parse(text).root, names, at) is certain


@pytest.mark.parametrize(
    ("text", "wrt", "status", "left", "right"),
    [
        ("sin(x*y)", "xy", "ok", None, None),
        ("abs(x)*y", "xy", "kink", -1, 1),  # d/dx of abs(x)
        ("abs(x)*y**2", "yyx", "kink", -2, 2),
        ("abs(x)**3*y", "xxy", "ok", None, None),
        ("relu(x)*y", "xy", "kink", 0, 1),
        ("where(x > 0, x*y, 0)", "xy", "kink", 0, 1),
        ("floor(x)*y", "xy", "jump", None, 0),
        ("cbrt(x)*y", "xy", "vertical_tangent", None, None),
        ("sqrt(x)*y", "xy", "boundary", None, None),
        ("hypot(x, y - 1)", "xy", "kink", None, None),  # d/dx at the point itself
        ("x*y/hypot(x, y - 1)", "xy", "undefined", None, None),
    ],
)
def test_mixed_partials(text: str, wrt: str, status: str, left: float | None, right: float | None) -> None:
    found = differentiate(Problem(parse(text).root, tuple(wrt), {"x": 0.0, "y": 1.0}))
    assert ((found.kind or found.status), found.left, found.right) == (status, left, right)
