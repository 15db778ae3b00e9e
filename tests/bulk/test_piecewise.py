"""Piecewise polynomials of functions against ball arithmetic, point by point."""

import numpy as np
import pytest
from flint import arb, arb_series, ctx
from mpmath import mp

from dcalc import functions as table
from dcalc.bulk.formula import evaluator
from dcalc.bulk.kernel import Kernel
from dcalc.bulk.piecewise import Table
from dcalc.errors import DcalcError, Unsupported
from dcalc.numbers import ball
from dcalc.numbers.ball_bessel import expand_bessel
from dcalc.parser import parse

ORDERS = {
    "besselj": (0.0, 1.5),
    "bessely": (1.0,),
    "besseli": (2.0,),
    "besselk": (0.0,),
    "sphericalbesselj": (1.0,),
    "expint": (2.0,),
    "uppergamma": (0.5,),
    "lowergamma": (0.5,),
}
"""Of functions of two arguments, the first."""


def goes_through_balls(row: table.Row) -> bool:
    try:
        ball.evaluator(row)
    except LookupError:
        return False
    return evaluator(row) is None and not row.kinks


CASES = [
    *[(row, ()) for row in table.ROWS if len(row.args) == 1 and goes_through_balls(row)],
    *[(row, (order,)) for row in table.ROWS if len(row.args) == 2 for order in ORDERS.get(row.name, ())],
]


def points() -> np.ndarray:
    random = np.random.default_rng(7)
    wide = 2.0 ** random.uniform(-34, 34, 20)
    return np.concatenate([random.uniform(-20, 20, 50), random.uniform(0, 1, 30), wide, [0.0, -0.0, 1e300, 5e-324]])


def truth(row: table.Row, *args: arb) -> arb:
    """At a precision that leaves 80 bits."""
    for bits in (200, 1_000, 4_000):
        with ctx.workprec(bits):
            value = ball.evaluator(row)(*args)
            if value.rel_accuracy_bits() > 80:
                return value
    raise AssertionError(f"{row} is not known well enough")


@pytest.mark.slow_cases("zeta()", "dilog()")
@pytest.mark.parametrize(("row", "fixed"), CASES, ids=[f"{row.key}{fixed}" for row, fixed in CASES])
def test_errors_are_bounds(row, fixed):
    x = points()
    values, errors = Table(row, len(fixed), tuple((value, 0.0) for value in fixed)).evaluate(x, 0.0)
    answered = ~np.isnan(values)
    for point, value, error in zip(x[answered], values[answered], errors[answered], strict=True):
        assert abs(truth(row, *map(arb, fixed), arb(point)) - arb(value)).upper() <= error
    if row.name != "dilog":  # its enclosures over a bin are not finite
        assert answered.sum() >= 20
        assert np.median(errors[answered] / np.abs(values[answered])) < 2.0**-48


@pytest.mark.slow_cases("zeta", "dilog")
@pytest.mark.parametrize("row", [row for row, fixed in CASES if not fixed], ids=lambda row: row.key)
def test_errors_of_arguments_grow_as_bounded(row):
    x = points()
    slack = np.abs(x) * 2.0**-12
    values, errors = Table(row, 0, ()).evaluate(x, slack)
    for point, by, value, error in zip(x, slack, values, errors, strict=True):
        for end in (point - by, point + by) if np.isfinite(error) else ():
            assert abs(truth(row, arb(end)) - arb(value)).upper() <= error


def test_the_same_number_has_the_same_digits_in_any_order():
    row = table.BY_KEY["digamma"]
    x = np.random.default_rng(3).uniform(0.1, 50, 500)
    forwards, backwards = Table(row, 0, ()), Table(row, 0, ())
    first = forwards.evaluate(x, 0.0)[0]
    one_by_one = [backwards.evaluate(x[k : k + 1], 0.0)[0][0] for k in range(len(x))[::-1]]
    assert first.tolist() == one_by_one[::-1]


def test_a_function_without_a_value_has_no_bin():
    values, _ = Table(table.BY_KEY["lgamma"], 0, ()).evaluate(np.array([-1.0, np.nan, np.inf, -np.inf]), 0.0)
    assert np.isnan(values).all()
    with pytest.raises((DcalcError, ArithmeticError)):
        ball.evaluator(table.BY_KEY["lgamma"])(arb(-1))


@pytest.mark.parametrize("name", ["besselj", "bessely", "besseli", "besselk"])
def test_bessel_functions_are_enclosed_by_their_equation_as_by_their_neighbours_in_order(name):
    random = np.random.default_rng(11)
    evaluate = ball.evaluator(next(row for row in table.ROWS if row.name == name))
    saved, ctx.cap = ctx.cap, 13
    try:
        for order in (0.0, 1.0, 2.5, -0.5, -1.0, 7.0):
            middle = float(2.0 ** random.uniform(-6, 6))
            if order == 1.0 and name in ("besselj", "besseli"):
                middle = -middle
            radius = abs(middle) / 16
            with ctx.workprec(200):
                wide = expand_bessel(name, arb(order), arb(middle, radius), 13)
                for point in (middle, middle + 0.99 * radius, middle - 0.6 * radius):
                    thin = expand_bessel(name, arb(order), arb(point), 13)
                    series = evaluate(arb(order), arb_series([point, 1], prec=13))
                    assert wide is not None and thin is not None
                    assert all(thin[k].overlaps(series[k]) and wide[k].overlaps(series[k]) for k in range(13))
            assert expand_bessel(name, arb(order), arb(0.0, 1.0), 13) is None
    finally:
        ctx.cap = saved


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("zeta(x)", lambda x: mp.zeta(x, derivative=1)),
        ("x*zeta(2*x - 1)", lambda x: mp.zeta(2 * x - 1) + 2 * x * mp.zeta(2 * x - 1, derivative=1)),
        ("exp(-zeta(x)**2)", lambda x: -2 * mp.zeta(x) * mp.zeta(x, derivative=1) * mp.exp(-(mp.zeta(x) ** 2))),
    ],
)
def test_derivatives_without_a_formula_have_tables(text, truth):
    kernel = Kernel(parse(text).root, [("x",)], ["x"])
    x = np.random.default_rng(3).uniform(1.25, 12.0, 60)
    rows = kernel.rows([x])
    assert rows.vectorised == 60 and not rows.troubles
    with mp.workdps(30):
        exact = [truth(mp.mpf(point)) for point in x.tolist()]
        assert all(abs(value - right) <= 1e-12 * abs(right) for value, right in zip(rows.values[0], exact, strict=True))
    around = np.array([0.0, 1.0, 1.0 + 2.0**-40, np.inf, np.nan, -2.0, 5e-324])  # a pole, and a zero of some
    answers = kernel.rows([around])
    for row, point in enumerate(around.tolist()):
        (known,) = kernel.referee.answers([point])
        assert (row in answers.troubles) == (known.status != "ok")
        if known.value is not None:
            assert answers.values[0][row] == pytest.approx(known.value, rel=1e-12)


def test_choices_kinks_and_orders_have_no_tables():
    assert Kernel(parse("besselj(x, 2)").root, [("x",)], ["x"]).run is None
    assert Kernel(parse("zeta(exp(x))").root, [("x",)], ["x"]).run is None
    assert Kernel(parse("zeta(2 - x/3, 2)").root, [("x",)], ["x"]).run is not None
    assert Kernel(parse("abs(zeta(x))").root, [("x",)], ["x"]).run is None
    assert Kernel(parse("where(x > 2, zeta(x), x)").root, [("x",)], ["x"]).run is None


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("besselj(x, 2)", lambda x: mp.besselj(x, 2)),
        ("zeta(x)*exp(x)", lambda x: mp.zeta(x) * mp.exp(x)),
        ("zeta(exp(x/2))", lambda x: mp.zeta(mp.exp(x / 2))),
    ],
)
def test_fast_rows_have_tables_of_any_series(text, function):
    kernel = Kernel(parse(text).root, [("x",)], ["x"], mode="fast")
    x = [1.5, 2.25, 2.26, 40.0]
    rows = kernel.rows([np.array([*x, np.nan])])
    assert (rows.vectorised, rows.referred) == (3, 2) and [*rows.troubles] == [4]
    with mp.workdps(40):
        truths = [mp.diff(function, mp.mpf(point)) for point in x]
    assert rows.values[0][:4] == pytest.approx([float(truth) for truth in truths], rel=1e-12)


@pytest.mark.parametrize(("text", "names"), [("abs(zeta(x))", ["x"]), ("besselj(n, x)", ["n", "x"])])
def test_what_is_not_fast_is_refused_with_the_way_out(text, names):
    with pytest.raises(Unsupported, match="no closed form") as error:
        Kernel(parse(text).root, [tuple(names[:1])], names, mode="fast")
    assert error.value.help.startswith("leave out --fast")
