"""Series of sums that cancel: right to the ulp within their radius, found in expressions, and of use there."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.expr import make, number
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.stable import stable
from dcalc.stable.series import FILLED, SERIES, Series
from dcalc.stable.smoothing import smooth
from tests.truths import value

PLACES = [Fraction(sign * size, 1000) for size in (1, 30, 250, 500, 750, 999) for sign in (1, -1)]
"""Of the radius."""


def names(text: str) -> object:
    return parse(text, variables=("u",)).root


@pytest.mark.parametrize("row", SERIES, ids=lambda row: row.before)
def test_a_series_leaves_out_less_than_an_ulp_within_its_radius(row: Series):
    """The truth by mpmath at 60 digits."""
    with mp.workdps(60):
        for place in PLACES:
            distance = Fraction(row.radius) * place
            u = mpf(distance.numerator) / distance.denominator + int(row.center)
            truth = value(names(row.before), {"u": u})
            found = (u - int(row.center)) ** row.power * value(names(row.polynomial), {"u": u})
            assert abs(found - truth) < abs(truth) * mpf(2) ** -53, place


@pytest.mark.parametrize("row", SERIES, ids=lambda row: row.before)
def test_a_series_regains_the_digits(row: Series):
    at = {"u": float(row.center) + 1e-7}
    form = stable(names(row.before), series=True)
    with mp.workdps(60):
        truth = value(names(row.before), at)
        assert abs(evaluate(names(row.before), at) - truth) > abs(truth) * 1e-10
        assert abs(evaluate(form, at) - truth) < abs(truth) * 1e-14


@pytest.mark.parametrize("row", FILLED, ids=lambda row: row.before)
def test_a_hole_has_its_limit(row):
    form = stable(names(f"3*v*{row.before}"), series=True)
    with mp.workdps(60):
        limit = 6 * value(names(row.before), {"u": mpf("1e-40")})
        assert abs(evaluate(form, {"u": 0.0, "v": 2.0}) - limit) < 1e-14
    assert evaluate(form, {"u": 0.5, "v": 2.0}) == pytest.approx(6 * evaluate(names(row.before), {"u": 0.5}), rel=1e-15)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("(x - sin(x))/x**3", "where(abs(x) < 1, 1/6 - x**2/120 "),
        ("(exp(x) - 1 - x)/x**2", "where(abs(x) < 1/2, 1/2 + x/6 "),
        ("3*(2*x - sin(2*x)) + y", "y + where(abs(2*x) < 1, 24*x**3*(1/6 - (2*x)**2/120 "),
        ("1/x - 1/tan(x)", "where(abs(x) < 1/4, x**2*(1/3 "),
        ("(log1p(v) - v/(1 + v))/v**2", "where(abs(v) < 1/16, 1/2 - 2/3*v "),
        ("exp(-k*t) - 1 + k*t", "where(abs(-k*t) < 1/2, "),
        ("(exp(x) - 1)/x", "where(x == 0, 1, expm1(x)/x)"),
        ("x + sin(x)", "x + sin(x)"),
        ("where(abs(x) < 1, x, x - sin(x))", "where(abs(x) < 1, x, x - sin(x))"),
    ],
)
def test_series_are_found(text, start):
    assert write(stable(parse(text).root, series=True)).startswith(start)


def test_series_are_given_where_they_are_asked_for():
    root = parse("x - sin(x)").root
    assert stable(root) is root


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("digamma(x) - log(x)", lambda x: mp.digamma(x) - mp.log(x)),
        ("polygamma(1, x) - 1/x", lambda x: mp.psi(1, x) - 1 / x),
        ("trigamma(x) - 1/x", lambda x: mp.psi(1, x) - 1 / x),
        ("digamma((x + 1)/2) - digamma(x/2)", lambda x: mp.digamma((x + 1) / 2) - mp.digamma(x / 2)),
        ("log(cosh(x))", lambda x: mp.log(mp.cosh(x))),
        ("log(cos(x))", lambda x: mp.log(mp.cos(x))),
        ("x*log(x/0.3) + (1-x)*log((1-x)/0.7)", lambda x: x * mp.log(x * 10 / 3) + (1 - x) * mp.log((1 - x) * 10 / 7)),
        ("x**4/(16 + x**4)", lambda x: x**4 / (16 + x**4)),
    ],
)
def test_what_a_patch_leaves_out_is_less_than_an_ulp(text, truth):
    """At places within the patches; the truth by mpmath at 200 digits."""
    patched = smooth(parse(text).root, {})
    seen = 0
    for at in (0.02, 0.11, 0.2999, 0.30000001, 16.1, 33.0, 1e4, 1e9, 1e60):
        choice = patched
        while choice.op is table.WHERE:
            if evaluate(make(table.WHERE, choice.args[0], number(1), number(0)), {"x": at}):
                with mp.workdps(200):
                    wanted = truth(mpf(at))
                    assert abs(value(choice.args[1], {"x": mpf(at)}) - wanted) < abs(wanted) * mpf(2) ** -53
                seen += 1
                break
            choice = choice.args[2]
    assert seen >= 1
