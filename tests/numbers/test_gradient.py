"""Several derivatives at once: the same as one by one, and by the formulas of known functions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc import backends, derive
from dcalc.backends import reference
from dcalc.derive import derivative, gradient
from dcalc.errors import DcalcError, LimitError, Unsupported
from dcalc.expr import Expr, variables
from dcalc.numbers.adjoint import Sweep
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from dcalc.simplify import simplify
from dcalc.solver import solve, solve_all
from tests.scenarios import SCENARIOS
from tests.shapes import POINTS, expressions

SAME = ("value", "decimal", "certified", "status", "kind", "left", "right", "reason", "notes", "precision")


def asked(text: str, **at: float) -> Problem:
    root = parse(text).root
    return Problem(root, tuple(variables(root)), {name: float(value) for name, value in at.items()}, gradient=True)


def told(estimate: Result) -> tuple[object, ...]:
    return tuple(getattr(estimate, field) for field in SAME)


def same_as_one_by_one(question: Problem) -> None:
    try:
        alone = [reference.differentiate(problem) for problem in question.parts()]
    except DcalcError as error:
        with pytest.raises(type(error)):
            reference.gradient(question)
        return
    together = reference.gradient(question)
    assert [told(estimate) for estimate in together] == [told(estimate) for estimate in alone]
    for one, other in zip(together, alone, strict=True):  # a series and a number may differ in what f rounds to
        assert one.f == other.f or None in (one.f, other.f)


# --- the same answers ---------------------------------------------------------------------


@given(expressions(), st.sampled_from(POINTS))
def test_the_gradient_of_a_random_expression_is_its_derivatives(root, at):
    same_as_one_by_one(Problem(root, ("x", "y"), at, gradient=True))


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if len(s.names.split()) > 1], ids=lambda s: s.id)
def test_the_gradient_of_a_textbook_function_is_its_derivatives(scenario):
    for question, _ in scenario.problems():
        same_as_one_by_one(Problem(question.root, tuple(variables(question.root)), question.at, gradient=True))


PLACES = [  # what is wrong concerns some of the variables, or none of them
    ("abs(x) + y*z", {"x": 0, "y": 2, "z": 3}),
    ("x*abs(x) + y", {"x": 0, "y": 2}),
    ("floor(x) + y", {"x": 1, "y": 2}),
    ("floor(x)*y", {"x": 1.5, "y": 2}),
    ("sqrt(x**2 + y**2) + z", {"x": 0, "y": 0, "z": 1}),
    ("max(x, y) + z", {"x": 1, "y": 1, "z": 1}),
    ("max(x, sqrt(y)) + z", {"x": 1, "y": 0, "z": 1}),  # not the larger one, but not defined for y < 0
    ("where(sqrt(x) > -1, x, 2*x)*y", {"x": 0, "y": 1}),  # a true condition that has no value for x < 0
    ("where(x < 1, sqrt(y), z)", {"x": 0, "y": 0, "z": 1}),
    ("where(x < 1, y, sqrt(z))", {"x": 0, "y": 2, "z": 0}),  # the branch that is not taken
    ("where(x < 1, y, log(z))", {"x": 0, "y": 2, "z": -1}),
    ("where(x < 1 and y < 1, y, z)", {"x": 1, "y": 2, "z": 3}),
    ("sin(x)/x*y", {"x": 0, "y": 3}),
    ("log(x) + y + z", {"x": -1, "y": 1, "z": 1}),
    ("log(x)*y + z", {"x": -1, "y": 1, "z": 1}),
    ("log(x) + sqrt(y) + z", {"x": -1, "y": 0, "z": 1}),
    ("1/(x - y) + z", {"x": 1, "y": 1, "z": 1}),
    ("besselj(2, x)*y + abs(z)", {"x": 0, "y": 1, "z": 0}),
    ("cbrt(x)*y", {"x": 0, "y": 0}),
    ("x**0*y + z**1", {"x": 0, "y": 0, "z": 0}),
    ("sin(x)**2 + cos(x)**2 + y", {"x": 1, "y": 1}),  # zero by identity
    ("x - y + (y - x)", {"x": 0.1, "y": 0.3}),
    ("exp(x)*exp(y)", {"x": 800, "y": 2}),
    ("abs(x - 0.1)*y + z", {"x": 0.1, "y": 1, "z": 2}),  # beside a kink at a decimal
    ("softmax(1, x, y, z)", {"x": 1, "y": 2, "z": 3}),
    ("softmax(1, x, log(y), z) + x", {"x": 1, "y": -2, "z": 3}),
    ("logsumexp(x, y, z)", {"x": 1000, "y": -1000, "z": 0}),
    ("x*y*z*x", {"x": 0, "y": 0, "z": 5}),
    ("1/(1e-100*x - 1e-100*y)", {"x": 1, "y": 1.5}),
]


@pytest.mark.parametrize(("text", "at"), PLACES, ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_wrong_along_one_axis_is_said_of_that_axis(text, at):
    same_as_one_by_one(asked(text, **at))


def test_a_partial_without_closed_form_leaves_the_others():
    question = asked("besselj(n, x)*y", n=2, x=1, y=3)
    with pytest.raises(Unsupported):
        Sweep(question.root, question.wrt)
    same_as_one_by_one(question)


def test_many_digits_are_those_of_one_by_one():
    question = asked("sin(x*y) + exp(x - y)", x=0.5, y=0.25)
    same_as_one_by_one(Problem(question.root, question.wrt, question.at, 200, gradient=True))


def answers(question: Problem, *asked_of: str) -> list[Result]:
    return solve_all(question, asked_of)


@pytest.mark.parametrize("asked_of", [(), ("reverse",), ("forward",), ("all",), ("reverse", "reference")])
def test_all_answers_are_those_of_their_problems(asked_of):
    question = asked("x**2*y + where(x < y, sin(x*z), z)", x=1, y=2, z=3)
    for answer, problem in zip(answers(question, *asked_of), question.parts(), strict=True):
        alone = solve(problem, asked_of)
        assert (answer.value, answer.status, answer.f) == (alone.value, alone.status, alone.f)
        assert answer.derivative is alone.derivative
        assert [(s.estimate.backend, s.estimate.value, s.ulps) for s in answer.scores] == [
            (s.estimate.backend, s.estimate.value, s.ulps) for s in alone.scores
        ]


def test_one_backend_that_cannot_do_one_of_them_does_the_others():
    question = asked("zeta(x)*y", x=3, y=2)
    by_x, by_y = answers(question, "reverse", "reference")
    assert [answer.scores[0].estimate.status for answer in (by_x, by_y)] == ["unsupported", "ok"]
    assert [answer.status for answer in (by_x, by_y)] == ["ok", "ok"]
    assert (by_x.derivative, by_y.derivative) == (None, parse("zeta(x)").root)


# --- by formula ---------------------------------------------------------------------------


def rosenbrock(n: int) -> Problem:
    text = "+".join(f"100*(x{i + 1}-x{i}**2)**2+(1-x{i})**2" for i in range(1, n))
    return asked(text, **{f"x{i}": 1 + (i % 7) / 8 for i in range(1, n + 1)})


def slope_of_rosenbrock(xs: list[Fraction], i: int) -> Fraction:
    """Rosenbrock (1960), for n variables: the sum rule by hand."""
    total = Fraction(0)
    if i + 1 < len(xs):
        total += -400 * xs[i] * (xs[i + 1] - xs[i] ** 2) - 2 * (1 - xs[i])
    return total + 200 * (xs[i] - xs[i - 1] ** 2) if i else total


def product(n: int) -> Problem:
    return asked("*".join(f"x{i}" for i in range(1, n + 1)), **{f"x{i}": 1 + (i % 7) / 64 for i in range(1, n + 1)})


def exactly(question: Problem) -> list[Fraction]:
    assert question.at is not None
    return [Fraction(question.at[name]) for name in question.wrt]


@pytest.mark.parametrize("method", ["reference", "reverse"])
def test_rosenbrocks_gradient_is_that_of_the_formula(method):
    question = rosenbrock(60)
    xs = exactly(question)
    truths = [slope_of_rosenbrock(xs, i) for i in range(len(xs))]
    found = backends.differentiate(method, question)
    if method == "reference":
        assert [estimate.value for estimate in found] == [float(truth) for truth in truths]
    for estimate, truth in zip(found, truths, strict=True):
        assert estimate.value == pytest.approx(float(truth), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("method", ["reference", "reverse"])
def test_the_gradient_of_a_product_is_the_product_of_the_others(method):
    question = product(60)
    xs = exactly(question)
    truths = [math.prod(xs[:i] + xs[i + 1 :], start=Fraction(1)) for i in range(len(xs))]
    for estimate, truth in zip(backends.differentiate(method, question), truths, strict=True):
        assert estimate.value == pytest.approx(float(truth), rel=0 if method == "reference" else 1e-13)


def test_a_product_of_many_factors_at_once_has_all_its_partials():
    root = simplify(parse("*".join(f"x{i}" for i in range(1, 8))).root)
    assert len(root.args) == 7
    names = variables(root)
    values = dict(zip(names, (2.0, 3.0, 5.0, 0.0, 7.0, 11.0, 13.0), strict=True))
    found = backends.differentiate("reverse", Problem(root, tuple(names), values, gradient=True))
    assert [estimate.value for estimate in found] == [0, 0, 0, 2 * 3 * 5 * 7 * 11 * 13, 0, 0, 0]


# --- cost ---------------------------------------------------------------------------------


def rows(root: Expr) -> int:
    return len(Sweep(root, frozenset(variables(root))).tape.rows)


def total(n: int) -> Problem:
    return asked("+".join(f"x{i}" for i in range(1, n + 1)), **{f"x{i}": 1 for i in range(1, n + 1)})


@pytest.mark.parametrize("make", [rosenbrock, product, total])
def test_the_tape_of_a_gradient_grows_as_the_expression_does(make):
    small, large = make(50).root, make(100).root
    assert rows(large) <= 2.1 * rows(small)
    assert rows(simplify(large)) <= 2.1 * rows(simplify(small))  # sums and products of many at once


@pytest.mark.parametrize("make", [rosenbrock, product])
def test_no_component_of_a_smooth_gradient_is_asked_alone(make, monkeypatch):
    def alone(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(reference, "Derivative", alone)
    assert all(estimate.certified for estimate in reference.gradient(make(20)))


def test_where_f_has_no_value_the_variables_that_have_no_part_in_it_are_not_asked_alone(monkeypatch):
    question = asked("log(x - 5) + y*z", x=1, y=2, z=3)
    alone = []
    original = reference.Derivative
    monkeypatch.setattr(
        reference, "Derivative", lambda problem, *rest: alone.append(problem.wrt) or original(problem, *rest)
    )
    assert [estimate.status for estimate in reference.gradient(question)] == ["undefined"] * 3
    assert alone == [("x",)]


# --- as expressions -----------------------------------------------------------------------


@given(expressions())
def test_the_expressions_of_a_gradient_are_those_of_its_derivatives(root):
    names = ["x", "y", "z"]
    try:
        alone = [derivative(root, (name,)) for name in names]
    except DcalcError as error:
        with pytest.raises(type(error)):
            gradient(root, names)
    else:
        assert gradient(root, names) == alone


@pytest.mark.parametrize(
    "text",
    [
        "max(x, 0)*y + relu(x*y)",  # a body that is elsewhere in the graph, too
        "relu(x) + exp(max(x, 0))*z",
        "softmax(1, x, y, z)*sigmoid(x + y)",
        "x*y*z*sin(x)*cos(y)*exp(z)*x1*x2*x3*x4*x5*x6*x7*x8*x",
        "logsumexp(x, y, z)**x/sqrt(x*y*z)",
        "where(x < y, x*y, huber(x, y))",
    ],
)
def test_bodies_and_long_products_are_derived_as_before(text):
    root = parse(text).root
    names = variables(root)
    assert gradient(root, names) == [derivative(root, (name,)) for name in names]


def test_a_gradient_that_nobody_could_read_is_refused(monkeypatch):
    monkeypatch.setattr(derive, "MAX_PARTS", 100)
    assert len(gradient(product(9).root, variables(product(9).root))) == 9
    with pytest.raises(LimitError, match="more than 100 parts"):
        gradient(product(11).root, variables(product(11).root))
    answer = solve_all(product(11))[0]
    assert (answer.status, answer.derivative) == ("ok", None)
