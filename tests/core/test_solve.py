"""Scores by hand-made numbers, the default answer, and what is refused before anything is computed."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest

from dcalc import backends
from dcalc.errors import LimitError, Unsupported, UsageError
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from dcalc.solver import is_off, score, solve, solve_all, undefined_constant


def problem(text: str, *wrt: str, digits: int = 30, **at: float) -> Problem:
    point = {name: float(value) for name, value in at.items()}
    return Problem(parse(text).root, wrt, point or None, digits=digits)


def truth(text: str) -> Result:
    return Result("reference", float(text), decimal=text, precision=30, certified=True)


def guess(value: float | None) -> Result:
    return Result("guess", value)


# --- scores -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "right", "absolute", "relative", "ulps", "digits"),
    [
        (2.0, "2", 0.0, 0.0, 0.0, 17.0),
        (2.5, "2", 0.5, 0.25, 0.5 / 2**-51, 0.60206),
        (-2.0, "2", 4.0, 2.0, 4.0 / 2**-51, 0.0),
        (1.0 + 2**-52, "1", 2.0**-52, 2.0**-52, 1.0, 15.65356),
        (1.0 - 2**-53, "1", 2.0**-53, 2.0**-53, 0.5, 15.95459),
        (0.0, "1e-20", 1e-20, 1.0, None, 0.0),
        (1e300, "1", 1e300, 1e300, None, 0.0),
        (1001.0, "1000", 1.0, 0.001, 2.0**43, 3.0),
        (0.0, "0", 0.0, 0.0, 0.0, 17.0),
        (1e-9, "0", 1e-9, None, None, None),
        (5e-324, "1e-400", 5e-324, None, 1.0, 0.0),
        (0.0, "1e-434294481903251", 0.0, 1.0, 0.0, 0.0),
        (0.0, "1e-4342944819032519999999", 0.0, 1.0, 0.0, 0.0),
        (1.0, "1e-4342944819032519999999", 1.0, None, None, 0.0),
    ],
)
def test_errors_are_those_of_the_exact_double(value, right, absolute, relative, ulps, digits):
    found = score(guess(value), truth(right))
    assert found.abs_error == pytest.approx(absolute, rel=1e-12)
    if relative is not None:
        assert found.rel_error == pytest.approx(relative, rel=1e-12)
    elif right == "0":
        assert found.rel_error is None
        assert found.ulps is None
    if ulps is not None:
        assert found.ulps == pytest.approx(ulps, rel=1e-12)
    assert found.right_digits == (None if digits is None else pytest.approx(digits, abs=1e-5))


def test_the_error_of_the_best_double_is_under_half_an_ulp_and_not_0():
    third = "0.333333333333333333333333333333"
    found = score(guess(1 / 3), truth(third))
    gap = abs(Fraction(1 / 3) - Fraction(Decimal(third)))
    assert found.abs_error == pytest.approx(float(gap))
    assert 0 < found.ulps <= 0.5
    assert found.right_digits == pytest.approx(-math.log10(float(gap * 3)), abs=1e-6)


@pytest.mark.parametrize(
    ("estimate", "reference"),
    [
        (guess(None), truth("1")),
        (guess(1.0), Result("reference", None, "undefined")),
        (guess(1.0), Result("reference", None, "unresolved", decimal="[+/- 1e-5]")),
        (Result("guess", None, "unsupported"), truth("1")),
    ],
)
def test_there_is_no_score_where_one_of_the_two_has_no_number(estimate, reference):
    found = score(estimate, reference)
    assert (found.abs_error, found.rel_error, found.ulps, found.right_digits) == (None,) * 4


def test_a_score_beyond_a_double_is_infinite_and_no_traceback():
    found = score(guess(1e300), truth("1e-300"))
    assert found.rel_error == math.inf
    assert found.right_digits == 0.0


def test_a_truth_that_overflows_is_scored_by_its_decimal():
    reference = Result("reference", None, "overflow", decimal="1.97e434", precision=30, certified=True)
    found = score(guess(1.7976931348623157e308), reference)
    assert found.rel_error == pytest.approx(1.0)
    assert found.right_digits == pytest.approx(0.0, abs=1e-9)


# --- solve --------------------------------------------------------------------------------


def test_without_a_point_the_answer_is_the_expression():
    answer = solve(problem("x**2*sin(x)", "x"))
    assert answer.status == "ok"
    assert write(answer.derivative) == "2*x*sin(x) + x**2*cos(x)"
    assert (answer.value, answer.f, answer.reference, answer.scores) == (None, None, None, ())


def test_at_a_point_the_answer_is_the_reference():
    answer = solve(problem("x**2*sin(x)", "x", x=1))
    assert answer.value == 2.2232442754839328  # 2*sin(1) + cos(1)
    assert answer.f == 0.8414709848078965
    assert answer.reference.decimal == "2.22324427548393273070594125070"
    assert write(answer.derivative) == "2*x*sin(x) + x**2*cos(x)"
    assert answer.scores == ()
    assert answer.reason == ""


def test_several_backends_are_scored_in_the_order_asked():
    answer = solve(problem("x**2*sin(x)", "x", x=1), ["finite", "symbolic", "finite"])
    assert [score.estimate.backend for score in answer.scores] == ["finite", "symbolic"]
    assert answer.reference.certified
    assert all(score.right_digits > 6 for score in answer.scores)
    assert all(score.estimate.seconds > 0 for score in answer.scores)


def test_all_is_every_backend_of_the_registry():
    answer = solve(problem("x**2", "x", x=3), ["all"])
    assert [score.estimate.backend for score in answer.scores] == backends.names()
    assert answer.scores[-1].estimate == answer.replace(derivative=None, scores=())
    assert answer.scores[-1].ulps == 0.0


@pytest.mark.parametrize("name", backends.names())
def test_one_backend_answers_alone(name):
    answer = solve(problem("exp(x)", "x", x=1), [name])
    assert answer.value == pytest.approx(math.e, rel=1e-6)
    assert answer.scores == ()
    assert (answer.reference is None) == (name != "reference")


def test_an_unknown_backend_is_an_error():
    with pytest.raises(UsageError, match="no backend named"):
        solve(problem("x", "x", x=1), ["nobody"])


def test_one_backend_that_cannot_says_so_and_among_others_it_is_a_row():
    question = problem("x*y", "x", "y", x=1, y=2)
    with pytest.raises(Unsupported):
        solve(question, ["finite"])
    scores = {score.estimate.backend: score for score in solve(question, ["all"]).scores}
    assert scores["finite"].estimate.status == "unsupported"
    assert scores["finite"].estimate.note
    assert scores["finite"].right_digits is None
    assert scores["forward"].estimate.value == 1.0


def test_a_partial_without_a_closed_form_has_a_value_and_no_text():
    question = problem("besselj(n, 2)", "n", n=1)
    answer = solve(question, ["symbolic", "finite"])
    assert answer.reference.value == pytest.approx(-0.0561807607418131, rel=1e-15)  # mpmath's diff of besselj
    scores = {score.estimate.backend: score.estimate for score in answer.scores}
    assert scores["symbolic"].status == "unsupported"
    assert scores["finite"].value == pytest.approx(-0.0561807607, rel=1e-6)
    with pytest.raises(Unsupported, match="besselj"):
        solve(question, ["symbolic"])


@pytest.mark.parametrize(
    ("text", "wrt", "at", "wanted"),
    [  # mpmath's diff at 50 digits
        ("betainc(a, b, x)", "ab", {"a": 2.0, "b": 3.0, "x": 0.25}, -0.044644732263860357789),
        ("betainc(a, b, x)", "abx", {"a": 2.0, "b": 3.0, "x": 0.25}, 0.22233174616245706296),
        ("betainc(a, b, x)", "aab", {"a": 2.0, "b": 3.0, "x": 0.25}, -0.024405035592182473613),
        ("besselj(n, besselk(m, 2))", "mn", {"m": 0.5, "n": 1.25}, -0.017375095313581006715),
    ],
)
def test_mixed_partials_by_several_parameters(text, wrt, at, wanted):
    answer = solve(Problem(parse(text).root, tuple(wrt), at), ["reference"])
    assert answer.value == pytest.approx(wanted, rel=1e-15)


@pytest.mark.parametrize("digits", [1, 10, 17, 30, 50])
def test_scores_do_not_suffer_from_few_digits(digits):
    """Whatever is printed, errors are right to the last digit."""
    answer = solve(problem("exp(x)/3", "x", digits=digits, x=1), ["symbolic", "forward"])
    assert answer.reference.precision == digits
    errors = {score.estimate.backend: score.abs_error for score in answer.scores}
    right = Fraction(Decimal("0.90609394281968174512009582378422083258574903123332"))  # e/3, by mpmath
    for score_ in answer.scores:
        gap = abs(Fraction(score_.estimate.value) - right)
        assert errors[score_.estimate.backend] == float(gap)


def test_an_error_far_below_the_last_digit_is_not_0():
    (found,) = solve(problem("x + x*exp(-120)", "x", x=1.0), ["forward", "finite"]).scores[:1]
    assert found.estimate.value == 1.0
    assert found.abs_error == 7.667648073722e-53  # exp(-120), by mpmath


def test_a_status_has_a_sentence_and_no_number():
    answer = solve(problem("x + log(x)", "x", x=-1))
    assert (answer.status, answer.value) == ("undefined", None)
    assert answer.reason.startswith("log(x): ")


def test_scores_of_a_backend_that_gives_a_number_where_there_is_none():
    answer = solve(problem("log(x)", "x", x=-1), ["symbolic", "forward"])
    assert answer.status == "undefined"
    assert all(score.right_digits is None for score in answer.scores)


def test_beyond_order_10_no_expression_stands_beside_the_value():
    assert solve(problem("exp(2*x)", *"x" * 10, x=1)).derivative is not None
    answer = solve(problem("exp(2*x)", *"x" * 11, x=1))
    assert answer.derivative is None
    assert answer.value == pytest.approx(2**11 * math.exp(2))


# --- constants without a value ------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["log(-1)*x", "1/0*x", "x/0", "sqrt(-1) + x", "x**(1/(1 - 1))", "asin(2)*x", "0**-1*x", "(-8)**(1/3)*x",
     "sin(x)*gamma(-1)", "x*log(sin(0))", "x*(1/(2 - 1 - 1))", "x*0*log(0)", "where(log(-1) < 2, x, 1)",
     "x*tan(1)/log(1)", "x + acosh(1/2)"],
)  # fmt: skip
def test_a_constant_part_without_a_value_makes_all_of_it_undefined(text):
    root = parse(text).root
    assert undefined_constant(root)
    answer = solve(Problem(root, ("x",)))
    assert (answer.status, answer.derivative) == ("undefined", None)
    assert answer.reason
    at_a_point = solve(Problem(root, ("x",), {"x": 2.0}))
    assert (at_a_point.status, at_a_point.value) == ("undefined", None)


@pytest.mark.parametrize(
    "text",
    ["log(2)*x", "x/3", "sqrt(0)*x", "0**0*x", "where(x > 0, x, log(-1))", "where(1 > 2, 1/0, x)", "cbrt(-8)*x",
     "exp(1000)*x", "exp(-1000)*x", "10**400*x", "x*1e-400", "log(x)", "1/x", "x**(-1)", "gamma(200)*x",
     "where(x < 0, sqrt(-2), x)*2", "(-8)**3*x", "(-1)**(2/2)*x"],
)  # fmt: skip
def test_other_constants_have_one(text):
    assert undefined_constant(parse(text).root) == ""


# --- limits -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["10**10**10*x", "x + 2**(2**20)", "x*(1/3)**(10**9)", "x**2*1.5**(10**8)", "x + (10**10**10 - 10**10**10)",
     "(2 + 1)**(10**7)*x", "sin(10**10**10)*x", "x + 9**9**9"],
)  # fmt: skip
def test_a_constant_power_of_too_many_bits_is_refused_at_a_point(text):
    with pytest.raises(LimitError, match="bits"):
        solve(problem(text, "x", x=1))


@pytest.mark.parametrize(
    "text", ["x**(10**9)", "2**1000*x", "1**(10**12)*x", "(-1)**(10**12)*x", "0**(10**12) + x", "x*3**-1"]
)
def test_powers_that_are_not_huge_pass(text):
    assert solve(problem(text, "x", x=1)).status == "ok"


def test_without_a_point_a_huge_power_stays_as_it_was_written():
    assert write(solve(problem("10**10**10*x", "x")).derivative) == "10**10000000000"


@pytest.mark.parametrize("error", [OverflowError("too large"), ZeroDivisionError("by 0"), ValueError(), MemoryError()])
def test_the_failure_of_a_backend_is_its_row(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_problem: Problem) -> Result:
        raise error

    monkeypatch.setattr(backends.load("finite"), "differentiate", fail)
    answer = solve(problem("x**2", "x", x=3), ("all",))
    rows = {row.estimate.backend: row.estimate for row in answer.scores}
    assert rows["finite"].status == "error"
    assert rows["finite"].reason
    assert rows["forward"].value == 6.0


def test_a_derivative_that_underflows_is_not_off() -> None:
    answer = solve(problem("exp(-x)", "x", x=1000), ("all",))
    assert answer.value == 0.0
    assert not any(is_off(row, answer, 1e-9) for row in answer.scores)


def test_what_takes_too_long_is_not_called_a_fault_of_the_domain() -> None:
    result = solve(Problem(parse("zeta(1/2)").root, (), {}, 50_000))
    assert result.status == "unresolved"
    assert result.reason == "zeta(1/2): more than 20,000 bits would take too long"


def test_the_components_of_a_gradient_are_scored_by_their_own_truths():
    root = parse("sqrt(2)*x - sqrt(3)*z").root
    answers = solve_all(Problem(root, ("x", "z"), {"x": 5.0, "z": 7.0}, gradient=True), ["reference", "forward"])
    assert all(score_.ulps <= 1 for answer in answers for score_ in answer.scores)
