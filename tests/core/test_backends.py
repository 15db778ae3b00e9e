"""Every backend of the registry on every scenario, each held to what it claims."""

from __future__ import annotations

import importlib.metadata
import math
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import assume, given, settings
from mpmath import mp

from dcalc import backends
from dcalc.derive import derivative
from dcalc.errors import Unsupported, UsageError
from dcalc.expr import variables
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Capabilities, Problem, Result
from tests.scenarios import CALCULUS, SCENARIOS
from tests.shapes import POINTS, expressions
from tests.truths import OutOfReach, double, fraction, steady, value

NAMES = [*backends.names(), *filter(None, [os.environ.get("DCALC_TEST_BACKENDS")])]
"""The backends that are held to what they claim: those of the folder, and one that is being tried out."""


def problem(text: str, *wrt: str, **at: float) -> Problem:
    return Problem(parse(text).root, wrt, {name: float(value) for name, value in at.items()})


def asked(name: str, question: Problem) -> Result:
    return backends.load(name).differentiate(question)


def capable(name: str) -> Capabilities:
    return backends.load(name).CAPABILITIES


def covers(name: str, question: Problem) -> bool:
    """What a backend does not cover it refuses on principle; anything else it must answer."""
    return capable(name).cover(question)


def relative(estimate: Result, truth: mp.mpf) -> float:
    assert estimate.value is not None
    gap = abs(Fraction(estimate.value) - fraction(truth))
    return float(gap / abs(fraction(truth))) if truth else float(gap)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_a_backend_is_as_near_to_the_formula_as_it_claims(scenario, name):
    for question, truth in scenario.problems():
        try:
            estimate = asked(name, question)
        except Unsupported:
            assert not covers(name, question)
            continue
        assert covers(name, question)
        assert estimate.status == "ok"
        assert estimate.backend == name
        assert estimate.certified == capable(name).certified
        if estimate.certified:
            assert estimate.value == double(truth)
        assert estimate.certified or relative(estimate, truth) <= capable(name).tolerance
        if estimate.error_bound is not None:
            assert abs(truth - estimate.value) <= estimate.error_bound, (estimate, truth)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.id)
def test_the_reference_has_all_asked_digits(scenario):
    question, truth = scenario.problems()[0]
    estimate = asked("reference", question)
    assert estimate.precision == 30
    with mp.workdps(60):
        found = mp.mpf(estimate.decimal)
        assert abs(found - truth) <= abs(truth) * mp.mpf("5.1e-30")
    assert estimate.f is None or math.isfinite(estimate.f)


@pytest.mark.parametrize("digits", [2, 17, 50, 1_000])
def test_the_reference_gives_as_many_digits_as_are_asked(digits):
    question = Problem(parse("exp(x)*sin(x)").root, ("x",), {"x": 0.5}, digits=digits)
    estimate = asked("reference", question)
    with mp.workdps(digits + 30):
        truth = mp.exp(mp.mpf(1) / 2) * (mp.sin(mp.mpf(1) / 2) + mp.cos(mp.mpf(1) / 2))
        assert estimate.decimal == mp.nstr(truth, digits, strip_zeros=False)
        assert estimate.value == double(truth)


def test_the_reference_takes_an_exact_point():
    question = Problem(parse("sin(x)").root, ("x",), {"x": parse("pi/6").root}, digits=50)
    with mp.workdps(60):
        assert asked("reference", question).decimal == mp.nstr(mp.sqrt(3) / 2, 50)


@pytest.mark.parametrize("name", NAMES)
def test_a_backend_says_what_it_is(name):
    backend = backends.load(name)
    assert backend.__doc__
    assert backend.__doc__.splitlines()[0].endswith(".")
    assert isinstance(backend.CAPABILITIES, Capabilities)
    assert str(backend.CAPABILITIES)
    assert backend.CAPABILITIES.tolerance >= 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["x**2*sin(x)", "where(x < 1, x, 1/x)", "besselj(2, x)"])
def test_order_0_is_the_value_itself(name, text):
    question = problem(text, x=0.75)
    with mp.workdps(50):
        truth = value(question.root, question.at)
    try:
        estimate = asked(name, question)
    except Unsupported:
        assert not covers(name, question)
    else:
        assert covers(name, question)
        assert relative(estimate, truth) <= 1e-14


NO_VALUE = [
    problem("log(x)", "x", x=-1),
    problem("1/x", "x", x=0),
    problem("sqrt(x)", "x", x=-4),
    problem("asin(x)", "x", x=1.5),
    problem("x**(1/3)", "x", x=-8),
    problem("gamma(x)", "x", x=-2),
    problem("(tan(x) + 1)/x", "x", x=0),
    problem("log(x - 2)*x", "x", x=1),
    problem("acosh(x)**2", "x", x=0.5),
    problem("1/(x - y)", "x", x=1, y=1),
    problem("x + log(y)", "x", x=1, y=-1),
    problem("where(x < 0, 1, log(x))", "x", x=0),
    problem("log(x)", "x", "x", x=-1),
    problem("sqrt(x*y)", "x", "y", x=-1, y=2),
    problem("abs(x)", "x", x=0),
    problem("max(0, x)", "x", x=0),
    problem("sqrt(x**2)", "x", x=0),
    problem("floor(x)", "x", x=1),
    problem("sqrt(x)", "x", x=0),
    problem("cbrt(x)", "x", x=0),
    problem("sign(x)", "x", x=0),
    problem("where(x < 1, x, 2)", "x", x=1),
    problem("x*abs(x)", "x", "x", x=0),
    problem("gamma(x - x)", "x", x=0.75),
    problem("lgamma(0*x)*x", "x", x=0.75),
    problem("1/(x - x)", "x", x=0.75),
    problem("log(x - x)", "x", x=0.75),
]


@pytest.mark.parametrize("question", NO_VALUE, ids=lambda q: f"{write(q.root)}|{' '.join(q.wrt)}")
def test_the_reference_gives_no_number_where_there_is_none(question):
    estimate = asked("reference", question)
    assert estimate.value is None
    assert estimate.status != "ok"
    assert estimate.note


@pytest.mark.parametrize(("text", "at"), [("log(x)", -1.0), ("sqrt(x)", -4.0), ("1/x", 0.0), ("asin(x)", 2.0)])
def test_the_reference_proves_that_there_is_none(text, at):
    assert asked("reference", problem(text, "x", x=at)).status == "undefined"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("text", "at"), [("log(x)", -1.0), ("sqrt(x)", -4.0), ("log(x)*0 + log(x)", -2.0)])
def test_no_backend_gives_a_number_far_outside_of_the_domain(name, text, at):
    """Forward and symbolic know the derivative of the formula, 1/x for log(x), not where f is defined."""
    estimate = asked(name, problem(text, "x", x=at))
    assert estimate.value is None or not capable(name).guarded


ALONE = [  # where a branch holds at one point alone f is smooth all the same: (text, wrt, point, derivative by hand)
    ("where(x != 17, x**2, 289)", "x", {"x": 17.0}, 34),
    ("where(x == 17, 289, x**2)", "xx", {"x": 17.0}, 2),
    ("where(x >= 1 and x <= 1, 1, x**3)", "x", {"x": 1.0}, 3),
    ("where(abs(x) <= 0, 0, x)", "x", {"x": 0.0}, 1),
    ("where(x != 0, sin(x)/x, 1)", "xx", {"x": 0.0}, -1 / 3),  # 1 - x**2/6 + ...
    ("where(x == 0 or y == 0, 0, x*y)", "x", {"x": 0.0, "y": 3.0}, 3),
    ("where(x == 0 or y == 0, 0, x*y)", "xy", {"x": 0.0, "y": 0.0}, 1),
    ("where(x == y, 2*x, x + y)", "y", {"x": 5.0, "y": 5.0}, 1),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("text", "wrt", "at", "truth"), ALONE)
def test_no_backend_differentiates_a_branch_that_holds_at_one_point_alone(name, text, wrt, at, truth):
    question = problem(text, *wrt, **at)
    try:
        answer = asked(name, question)
    except Unsupported:
        return
    assert answer.value is None or math.isclose(answer.value, truth, rel_tol=1e-6)
    assert answer.value is not None or "sin(x)/x" in text or not capable(name).certified


def test_each_partial_of_a_sweep_has_the_branches_around_the_point():
    root, at = parse("where(x == 0 or y == 0, 0, x*y)").root, {"x": 0.0, "y": 3.0}
    parts = backends.load("reverse").gradient(Problem(root, ("x", "y"), at, gradient=True))
    assert [part.value for part in parts] == [3, 0]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("where(x > 0, sqrt(x), -x)", -4.0, -1.0),
        ("where(x > 0, x, 1/x)", 3.0, 1.0),
        ("where(x != 0, x**2, 1/x)", 1.0, 2.0),
        ("where(x < 1, x**2, log(x - 1))", 0.5, 1.0),
    ],
)
def test_the_branch_that_is_not_taken_cannot_poison(name, text, at, value):
    assert asked(name, problem(text, "x", x=at)).value == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("text", "one_sided"), [("sqrt(x)**2", 1.0), ("hypot(sqrt(x), 2)", 0.25), ("sqrt(x)*sqrt(x)*x", 0.0)]
)
def test_zero_times_infinity_is_not_taken_for_zero(name, text, one_sided):
    """At 0 the root has no slope; the expression around it has one, from the right."""
    question = problem(text, "x", x=0)
    if capable(name).needs == "analytic":
        with pytest.raises(Unsupported, match=r"sqrt\(x\): not analytic there"):
            asked(name, question)
    else:
        assert asked(name, question).value in (None, one_sided)


HARD = [  # where doubles cancel, overflow on the way, or underflow
    ("(1 - cos(x))/x**2", 1e-6, lambda x: mp.sin(x) / x**2 - 2 * (1 - mp.cos(x)) / x**3),
    ("log(1 + exp(x))", 800.0, lambda x: 1 / (1 + mp.exp(-x))),
    ("tanh(x)", 25.0, lambda x: mp.sech(x) ** 2),
    ("exp(-1/x**2)", 0.01, lambda x: 2 * mp.exp(-1 / x**2) / x**3),
    ("sqrt(x + 1) - sqrt(x)", 1e12, lambda x: 1 / (2 * mp.sqrt(x + 1)) - 1 / (2 * mp.sqrt(x))),
    ("x - sin(x)", 1e-7, lambda x: 1 - mp.cos(x)),
    ("(x - 1)**7 - (x**7 - 7*x**6)", 1.0009765625, lambda x: 7 * (x - 1) ** 6 - 7 * x**6 + 42 * x**5),
    ("sin(x)", 1e22, mp.cos),
    ("exp(x)*exp(-x)*x", 700.0, lambda x: mp.mpf(1)),
    ("gamma(x)/gamma(x - 1)", 150.5, lambda x: mp.mpf(1)),
    ("abs(x - 0.1)", 0.1, lambda x: mp.sign(x - mp.mpf(1) / 10)),
    ("1e10 + x - 1e10", 0.75, lambda x: mp.mpf(1)),
    ("sin(1e10*x)", 0.75, lambda x: mp.mpf(10) ** 10 * mp.cos(mp.mpf(10) ** 10 * x)),
]


@pytest.mark.parametrize(("text", "at", "formula"), HARD, ids=lambda part: part if isinstance(part, str) else "")
def test_the_reference_is_right_to_the_last_digit_where_doubles_are_not(text, at, formula):
    estimate = asked("reference", problem(text, "x", x=at))
    with mp.workdps(200):
        truth = formula(mp.mpf(at))
        assert estimate.value == double(truth)
    assert estimate.certified


@pytest.mark.parametrize(("text", "at", "formula"), HARD, ids=lambda part: part if isinstance(part, str) else "")
def test_finite_differences_own_up_where_they_are_bad(text, at, formula):
    estimate = asked("finite", problem(text, "x", x=at))
    with mp.workdps(200):
        truth = formula(mp.mpf(at))
        if estimate.value is not None:
            gap = abs(estimate.value - truth)
            assert gap <= max(abs(truth) / 10**6, estimate.error_bound, 2.0**-1074), (estimate, truth)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("sqrt(x)", 1e-9),
        ("log(x)", 1e-12),
        ("asin(x)", 0.999999),
        ("x**1.5", 1e-6),
        ("log(1 - x)", 0.9999),
        ("1/x", 1e-8),
    ],
)
def test_no_step_of_finite_differences_leaves_the_domain(text, at):
    """Near an edge the estimate is still useful, since the steps stay inside."""
    question = problem(text, "x", x=at)
    estimate = asked("finite", question)
    truth = asked("reference", question)
    assert estimate.value == pytest.approx(truth.value, rel=1e-5)


def test_overflow_has_a_decimal_and_no_double():
    estimate = asked("reference", problem("exp(x)", "x", x=1000))
    assert (estimate.status, estimate.value) == ("overflow", None)
    with mp.workdps(50):
        assert estimate.decimal == mp.nstr(mp.exp(1000), 30).replace("e+", "e")


@pytest.mark.parametrize(
    ("text", "at", "formula"),
    [
        ("exp(exp(x))", 20.0, lambda x: mp.exp(x + mp.exp(x))),
        ("exp(-exp(x))", 20.0, lambda x: -mp.exp(x - mp.exp(x))),
        ("x*10**10**7", 1.0, lambda x: mp.mpf(10) ** 10**7),
    ],
)
def test_decimals_far_beyond_those_of_the_standard_library(text, at, formula):
    """The `decimal` module ends at 1e999999 unless told otherwise."""
    estimate = asked("reference", problem(text, "x", x=at))
    with mp.workdps(60):
        assert estimate.decimal == mp.nstr(formula(mp.mpf(at)), 30, strip_zeros=False).replace("e+", "e")


@pytest.mark.parametrize(
    ("text", "digits", "value", "decimal"),
    [
        ("0.15*x", 1, 0.15, ("0.1", "0.2")),
        ("1.000000000000000000000000000005*x", 30, 1.0, ("1.00000000000000000000000000000",)),
        ("(1.000000000000000000000000000005 + 1e-45)*x", 30, 1.0, ("1.00000000000000000000000000001",)),
        ("x*(1 + 2**-53)", 30, 1.0, ("1.00000000000000011102230246252",)),
        ("x*(1 + 3**-40 - 3**-40 + 2**-53)", 30, 1.0, ("1.00000000000000011102230246252",)),
    ],
)
def test_a_derivative_that_lies_on_a_tie_has_a_value_all_the_same(text, digits, value, decimal):
    """Halfway between two decimals, or doubles: an exact rational has a rounding."""
    estimate = asked("reference", Problem(parse(text).root, ("x",), {"x": 1.0}, digits=digits))
    assert (estimate.status, estimate.value) == ("ok", value)
    assert estimate.decimal in decimal


def test_a_value_below_the_smallest_double_keeps_its_decimal():
    estimate = asked("reference", problem("exp(-x)", "x", x=1000))
    assert estimate.status == "ok"
    assert estimate.value == 0.0
    assert math.copysign(1, estimate.value) == -1
    with mp.workdps(50):
        assert estimate.decimal == mp.nstr(-mp.exp(-1000), 30)


@pytest.mark.parametrize("text", ["cosh(x)**2 - sinh(x)**2", "sin(x)**2 + cos(x)**2", "log(exp(x)) - x", "x/x", "0*x"])
def test_a_derivative_that_is_zero_by_identity_is_exactly_zero(text):
    estimate = asked("reference", problem(text, "x", x=0.75))
    assert (estimate.status, estimate.value, estimate.decimal, estimate.certified) == ("ok", 0.0, "0", True)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("order", [5, 8, 12])
def test_high_orders(name, order):
    """The n-th derivative of exp(2*x) is 2**n*exp(2*x), that of 1/x n!*(-1)**n/x**(n + 1)."""
    for text, at, truth in (
        ("exp(2*x)", 0.5, 2**order * math.e),
        ("1/x", 2.0, math.factorial(order) * (-1) ** order / 2 ** (order + 1)),
    ):
        question = problem(text, *"x" * order, x=at)
        try:
            estimate = asked(name, question)
        except Unsupported:
            assert not covers(name, question)
            continue
        assert estimate.value == pytest.approx(truth, rel=1e-12)


def test_a_high_order_of_the_reference_is_exact():
    estimate = asked("reference", problem("sin(x)", *"x" * 101, x=0.5))
    with mp.workdps(50):
        assert estimate.value == double(mp.cos(mp.mpf(1) / 2))


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_power_at_order_5(name):
    n, question = 10**9, problem("x**(10**9)", *"xxxxx", x=1)
    if not covers(name, question):
        with pytest.raises(Unsupported):
            asked(name, question)
        return
    estimate = asked(name, question)
    assert estimate.value == pytest.approx(n * (n - 1) * (n - 2) * (n - 3) * (n - 4), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_has_the_derivative_0(name):
    assert asked(name, problem("7*pi", "x", x=1)).value == 0


@pytest.mark.parametrize("name", NAMES)
def test_deep_and_shared_graphs_are_no_trouble(name):
    text = "x"
    for _ in range(200):
        text = f"sin({text} + x)"
    estimate = asked(name, problem(text, "x", x=0.75))
    truth, inner = 1.0, 0.75
    for _ in range(200):
        truth = math.cos(inner + 0.75) * (truth + 1)
        inner = math.sin(inner + 0.75)
    assert estimate.value == pytest.approx(truth, rel=1e-6)


def well_conditioned(question: Problem) -> mp.mpf | None:
    """The true derivative, where 8 digits are enough to find f and f' to 6; else None."""
    node, at = derivative(question.root, question.wrt), dict(question.at or {})
    try:
        truth = steady(node, at)
        with mp.workdps(8):
            rough = value(node, at)
            f = value(question.root, at)
        exact = steady(question.root, at)
    except OutOfReach:
        return None
    if None in (truth, rough, f, exact) or abs(rough - truth) > 1e-6 * abs(truth) or abs(f - exact) > 1e-6 * abs(exact):
        return None
    return truth if truth == 0 or 1e-200 < abs(truth) < 1e200 else None


@pytest.mark.slow
@pytest.mark.covers
@given(expressions())
@settings(deadline=None)
def test_backends_agree_on_random_expressions(node):
    assume("x" in variables(node))
    for at in POINTS:
        question = Problem(node, ("x",), at)
        truth = well_conditioned(question)
        if truth is None:
            continue
        reference = asked("reference", question)
        assert reference.value in (None, double(truth)), (at, reference)
        if reference.status != "ok":
            continue
        for name in NAMES:
            try:
                estimate = asked(name, question)
            except Unsupported:
                assert capable(name).needs == "analytic"
                continue
            if estimate.error_bound is not None and estimate.value is not None:
                assert abs(estimate.value - truth) <= estimate.error_bound, (at, estimate)
            elif estimate.value is not None:
                assert abs(estimate.value - truth) < 1e-5 * abs(truth) + 1e-9, (at, estimate)


@given(expressions())
@settings(deadline=None)
def test_the_reference_gives_a_value_where_f_has_one_and_none_where_it_has_not(node):
    for at in POINTS:
        try:
            f = steady(node, at)
        except OutOfReach:
            continue
        estimate = asked("reference", Problem(node, ("x",), at))
        if f is not None:
            # At 50 digits csc(pi) is a number of 50 digits: a pole that is exact in the constants.
            assert estimate.status != "undefined" or abs(f) > 1e20, (at, estimate)
            if estimate.f is not None and 1e-300 < abs(f) < 1e300:
                assert estimate.f == double(f), (at, estimate)


# --- the registry -------------------------------------------------------------------------


def test_the_files_of_the_folder_are_the_backends():
    names = backends.names()
    assert {"symbolic", "forward", "finite", "reference"} <= set(names)
    assert names[-1] == "reference"
    assert not any(name.startswith("_") for name in names)


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("forwrd", "did you mean forward?"),
        ("Symbolic", "did you mean symbolic?"),
        ("zzz", "there are "),
        ("", "there are "),
        ("../forward", "did you mean forward?"),
        ("__init__", "there are "),
        ("_doubles", "there are "),
    ],
)
def test_an_unknown_name_gets_a_fix(name, fix):
    with pytest.raises(UsageError, match="no backend ") as caught:
        backends.load(name)
    assert caught.value.help.startswith(fix)
    assert "_" not in caught.value.help


def entry_point(name: str, module: ModuleType) -> importlib.metadata.EntryPoint:
    class Point(importlib.metadata.EntryPoint):
        def load(self) -> ModuleType:
            return module

    return Point(name, "elsewhere", "dcalc.backends")


@pytest.fixture
def installed(monkeypatch):
    """A backend of somebody else, as if it were installed."""
    module = ModuleType("elsewhere", "Always 42.")
    module.CAPABILITIES = Capabilities()
    module.differentiate = lambda problem: Result("guess", 42.0)
    asked_for = []

    def entry_points(group):
        asked_for.append(group)
        return [entry_point("guess", module)]

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    return asked_for


def test_a_third_party_backend_is_found_by_its_entry_point(installed):
    assert asked("guess", problem("x", "x", x=1)).value == 42.0
    assert installed == ["dcalc.backends"]


def test_entry_points_are_not_looked_up_for_built_in_names(installed):
    for name in backends.names():
        backends.load(name)
    assert installed == []


def test_a_third_party_backend_is_offered(installed):
    with pytest.raises(UsageError) as caught:
        backends.load("gues")
    assert caught.value.help == "did you mean guess?"


def test_a_third_party_backend_stands_in_the_scores(installed):
    from dcalc.solver import solve

    answer = solve(problem("x**2", "x", x=21), ["guess", "symbolic"])
    assert [score.estimate.backend for score in answer.scores] == ["guess", "symbolic"]
    assert [score.abs_error for score in answer.scores] == [0.0, 0.0]


def test_the_scenarios_of_calculus_are_more_than_forty():
    assert len(CALCULUS) > 40


FIVE_POINTS = '''
"""A five-point difference quotient, in doubles."""

from dcalc.numbers.real import evaluate
from dcalc.errors import Unsupported
from dcalc.coordinates import at_doubles
from dcalc.problem import Capabilities, Result

CAPABILITIES = Capabilities(orders=(1, 1), mixed=False, tolerance=1e-4, needs="analytic")


def differentiate(problem):
    """The quotient, at steps of about 1e-3 of the point."""
    if not CAPABILITIES.cover(problem):
        raise Unsupported("one derivative by one variable")
    at, (name,) = at_doubles(problem.at), problem.wrt
    if name not in at:
        return Result("five_points", 0.0)
    h = 2.0**-10 * max(1.0, abs(at[name]))
    near, far = ([evaluate(problem.root, {**at, name: at[name] + k * h}) for k in (s, -s)] for s in (1, 2))
    return Result.from_double("five_points", (8 * (near[0] - near[1]) - (far[0] - far[1])) / (12 * h))
'''


def test_a_backend_is_one_file_that_the_tests_of_the_registry_hold_to_its_word(tmp_path):
    """A distribution with an entry point and a file, and the tests above, which read what it can do from it."""
    (tmp_path / "five_points.py").write_text(FIVE_POINTS)
    info = tmp_path / "five_points-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: five-points\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[dcalc.backends]\nfive_points = five_points\n")
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(tmp_path), str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    tests = "test_a_backend_is_as_near or test_a_backend_says or test_order_0 or test_high_orders or test_a_constant"
    options = ["-o", "addopts=", "--no-cov", "-p", "no:cacheprovider", "-k", f"({tests}) and five_points"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, __file__],
        cwd=root, env={**os.environ, "PYTHONPATH": paths, "DCALC_TEST_BACKENDS": "five_points"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    assert int(re.search(r"(\d+) passed", run.stdout)[1]) > 100
    offered = subprocess.run(
        [sys.executable, "-m", "dcalc", "diff", "x**3", "--at", "2", "--backend", "five_points"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(offered.stdout) == pytest.approx(12, rel=1e-9)
