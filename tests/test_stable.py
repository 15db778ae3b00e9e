"""Stable forms: every row is sound, is found, and regains what it promises."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from dcalc.analysis.diagnose.search import find_form
from dcalc.expr import Expr, substitute, variables
from dcalc.notation import write
from dcalc.numbers.enclosure import constants
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.stable import FORMS, HOLES, Form, stable
from dcalc.stable.forms_table import LOCAL_FORMS
from tests.shapes import POINTS, expressions
from tests.truths import OutOfReach, close, steady, value

SAMPLES = [mpf(text) for text in "-30 -3 -1 -0.5 -1e-9 0 1e-9 0.25 0.5 1 1.5 2 3 30".split()]
HOLES_FILLED = {"sin(u)/u", "sin(u)**2/u**2", "u*log(u)", "u*log(v)"}
"""Rows that are for points where the first has no value."""


def node(text: str) -> Expr:
    return parse(text, variables=HOLES).root


def point(form: Form) -> dict[str, float]:
    return {name: float(value) for name, value in (pair.split("=") for pair in form.at.split(","))}


@pytest.mark.slow_cases(fast_every=3)
@pytest.mark.parametrize("form", (*FORMS, *LOCAL_FORMS), ids=lambda form: form.before)
def test_a_row_holds_wherever_its_left_side_is_defined(form):
    before, after = node(form.before), node(form.after)
    names = variables(before)
    seen = 0
    for values in product(SAMPLES, repeat=min(len(names), 2)):
        at = dict(zip(names, (*values, mpf(2)), strict=False))
        if not all((value(node(text), at) or 0) > 0 for text in form.positive):
            continue
        try:
            wanted, found = steady(before, at), steady(after, at)
        except OutOfReach:
            continue
        if wanted is not None:
            seen += 1
            assert found is None or close(found, wanted), at
            assert found is not None or in_hole(form, at) or _lost_to_cancellation(after, at), at
    assert seen >= 4


def in_hole(form: Form, at: dict[str, object]) -> bool:
    """Where the row itself says that it has no value."""
    return bool(form.hole) and value(parse(f"where({form.hole}, 1, 0)", variables=HOLES).root, at) == 1


def _lost_to_cancellation(root: Expr, at: dict[str, object]) -> bool:
    """`steady` gives up, too, where a part is too close to 0 to be sure."""
    with mp.workdps(200):
        return value(root, at) is not None


def _digits(root: Expr, at: dict[str, float], truth: object) -> float:
    found = evaluate(root, at)
    if not mp.isfinite(found):
        return 0.0
    with mp.workdps(60):
        error = abs((mpf(found) - truth) / truth) if truth else abs(mpf(found))
        return 16.0 if not error else float(min(16, -mp.log10(error)))


@pytest.mark.parametrize("form", LOCAL_FORMS, ids=lambda form: form.before)
def test_a_row_of_the_search_pays_where_it_says(form):
    """With all that the search makes of it; the truth by mpmath at 1,000 digits."""
    at = point(form)
    root = node(form.before)
    if form.within:
        root = substitute(root, {"u": node(form.within)})
    found = find_form(root, at, constants(at))
    assert found is not None
    with mp.workdps(1000):
        truth = value(root, at)
    before, after = _digits(root, at, truth), _digits(found, at, truth)
    assert after >= before + 1, (before, after)
    assert after >= 12


@pytest.mark.parametrize(
    "form", [form for form in FORMS if form.before not in HOLES_FILLED], ids=lambda form: form.before
)
def test_a_row_regains_digits_where_it_says(form):
    """The truth by mpmath at 1,000 digits."""
    at = point(form)
    with mp.workdps(1000):
        truth = value(node(form.before), at)
    assert truth is not None
    before, after = _digits(node(form.before), at, truth), _digits(node(form.after), at, truth)
    assert after >= before + 1, (before, after)
    assert after >= 12


@pytest.mark.parametrize("text", sorted(HOLES_FILLED))
def test_a_hole_is_filled(text):
    form = next(form for form in FORMS if form.before == text)
    with mp.workdps(30):
        near = steady(node(text), {name: mpf(value) + mpf(10) ** -20 for name, value in point(form).items()})
    assert abs(evaluate(node(form.after), point(form)) - near) < 1e-15


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.before)
def test_a_row_is_found(form):
    """What is built from the left side comes out as the right side, or better still."""
    found = stable(node(form.before))
    assert found is not node(form.before)
    at = point(form)
    ours, promised = evaluate(found, at), evaluate(node(form.after), at)
    assert ours == pytest.approx(promised, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3*cos(2*x) - 3 + y", "y - 6*sin(x)**2"),
        ("5 - y - 5*cos(x)", "10*sin(x/2)**2 - y"),
        ("2*(1 + exp(-x))**(-1)", "2*sigmoid(x)"),
        ("1 - 1/(1 + exp(-x))", "sigmoid(-x)"),
        ("log(exp(b) + exp(a))", "logsumexp(a, b)"),
        ("log(1 + x + x**2)", "log1p(x**2 + x)"),
        ("log(x + 1) - log(x)", "log1p(1/x)"),
        ("sqrt(1 + x**2) - 1", "x**2/(1 + hypot(1, x))"),
        ("(exp(2*x) - 1)/(exp(2*x) + 1)", "tanh(x)"),
        ("y*log(1 - p)", "xlog1py(y, -p)"),
        ("sin(exp(x) - 1)", "sin(expm1(x))"),
        ("x**2 + 1", "x**2 + 1"),
        ("cos(x) - 2", "cos(x) - 2"),
        ("log(2 + x)", "log(2 + x)"),
        ("where(x > 0, exp(x) - 1, x)", "where(x > 0, expm1(x), x)"),
    ],
)
def test_rows_are_found_in_any_order_and_multiple(text, wanted):
    assert write(stable(parse(text).root)) == wanted


def test_what_has_no_stable_form_stays_as_it_was_typed():
    root = parse("x*2 + x").root
    assert stable(root) is root


@given(expressions(size=7))
@settings(max_examples=100, deadline=None)
def test_a_stable_form_has_the_same_values(expression):
    for at in POINTS:
        try:
            wanted, found = steady(expression, at), steady(stable(expression), at)
        except OutOfReach:
            continue
        if wanted is not None and found is not None:
            assert close(found, wanted), at


def test_wide_sums_are_left_alone():
    text = " + ".join(f"cos({k}*x)" for k in range(1, 400))
    assert stable(parse(text).root) is parse(text).root
