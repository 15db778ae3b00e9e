"""Higher orders in doubles: duals of duals and jets, two ways that share the table alone."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from dcalc import backends, rules
from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import Unsupported
from dcalc.expr import make, number, symbol, walk
from dcalc.functions import Row
from dcalc.interior import split_choice
from dcalc.numbers import real
from dcalc.numbers.dual import Dual, Duals
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.tape import System
from tests.shapes import POINTS, expressions
from tests.truths import TRUTHS, OutOfReach, derivatives, steady, value

ROWS = [
    row
    for row in table.ROWS
    if row.key in TRUTHS and row.args and row is not table.WHERE and (row.body or row.tangent or row.partials[-1])
]
WAYS = ("forward", "taylor")


@pytest.mark.slow_cases("bessely")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_three_orders_of_every_function(row: Row) -> None:
    """By the last argument, at the first point of its truths."""
    *others, x = TRUTHS[row.key].points[0]
    whole = row.chooses
    fixed = [number(int(a) if whole and not k else Fraction(a)) for k, a in enumerate(others)]
    root = make(row, *fixed, symbol("x"))

    def f(t: Any) -> Any:
        return TRUTHS[row.key].f(*map(mpf, others), t)

    with mp.workdps(60):
        wanted = derivatives(f, x, 3)
    for order in (1, 2, 3):
        for name in WAYS:
            estimate = backends.load(name).differentiate(Problem(root, ("x",) * order, {"x": x}))
            assert estimate.value is not None
            assert abs(estimate.value - wanted[order]) <= abs(wanted[order]) * mpf("1e-11") + mpf("1e-25"), (
                name,
                order,
            )


def is_between_sides(node, at):
    """Whether a choice inside of the expression changes at the point."""
    relations = [case for part in walk(node) if rules.is_choice(part) for case, _ in split_choice(part)]
    gaps = [
        real.evaluate(make(table.SUB, *relation.args), at) for relation in relations if not isinstance(relation, bool)
    ]
    return 0.0 in gaps


@given(expressions(), st.lists(st.sampled_from("xy"), min_size=2, max_size=4))
@settings(deadline=None)
def test_random_mixed_partials(node, wrt):
    """Against the derivative expression in mpmath, where 8 digits of it are enough for 6.

    Doubles that stand where a choice changes take one side, or what lies between.
    """
    formula = derivative(node, tuple(wrt))
    for at in POINTS:
        if is_between_sides(node, at):
            continue
        try:
            truth = steady(formula, at)
            with mp.workdps(8):
                rough = value(formula, at)
        except OutOfReach:
            continue
        if truth is None or rough is None or abs(rough - truth) > 1e-6 * abs(truth) or not 1e-100 < abs(truth) < 1e100:
            continue
        if backends.load("reference").differentiate(Problem(node, tuple(wrt), at)).status != "ok":
            continue
        for name in WAYS:
            found = backends.load(name).differentiate(Problem(node, tuple(wrt), at)).value
            assert found is None or abs(found - truth) < 1e-4 * abs(truth) + 1e-8, (name, at, found)


def test_duals_of_duals_hold_all_partials_at_once():
    system = Duals(Duals(System(real.constant, real.evaluator)))
    x, y = Dual(Dual(2.0, 1.0), Dual(0.0)), Dual(Dual(3.0), Dual(1.0))
    product = system.evaluator(table.MUL)(x, x, y)
    assert product.primal == Dual(12.0, 12.0)
    assert product.tangent == Dual(4.0, 4.0)


def test_what_does_not_vary_has_no_tangent():
    system = Duals(System(real.constant, real.evaluator))
    assert system.evaluator(table.SIN)(Dual(0.5)) == Dual(math.sin(0.5))
    assert system.evaluator(table.FLOOR)(Dual(0.5, 1.0)) == Dual(0.0)
    assert system.evaluator(table.LT)(Dual(0.5, 1.0), Dual(1.0)) is True


def test_duals_end_where_they_would_take_too_long():
    question = Problem(parse("sin(x)").root, ("x",) * 7, {"x": 0.5})
    with pytest.raises(Unsupported) as caught:
        backends.load("forward").differentiate(question)
    assert (caught.value.message, caught.value.help) == ("duals of duals go up to order 6", "use --backend taylor")
    assert backends.load("taylor").differentiate(question).value == pytest.approx(-math.cos(0.5), rel=1e-14)


@pytest.mark.parametrize("order", [20, 100, 170, 200])
def test_jets_of_any_order(order):
    """That of exp(x) is exp(x), whatever n! is."""
    question = Problem(parse("exp(x)").root, ("x",) * order, {"x": 0.5})
    assert backends.load("taylor").differentiate(question).value == pytest.approx(math.exp(0.5), rel=1e-12)
