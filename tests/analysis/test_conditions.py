"""Texts of derivatives say in a note where they have a value and the function has none; they never lack one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dcalc.analysis import diff, grad
from dcalc.analysis.conditions import note_lost_conditions, note_lost_derivative
from dcalc.expr import number
from dcalc.finding import Subject
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve

POINTS = [Fraction(p) for p in ("-2", "-1", "-1/2", "0", "1/2", "1", "2", "3")]

# The derivative of each, and where it exists but for ends of intervals; by hand.
NOTED = [
    ("atan(tan(x))", "1", "cos(x) != 0"),
    ("x/x", "0", "x != 0"),
    ("x**2/x", "1", "x != 0"),
    ("sqrt(x)**2", "1", "x > 0"),
    ("exp(2*log(x))", "2*x", "x > 0"),
    ("log(x) - log(2*x)", "0", "x > 0"),
    ("log(abs(x)) - log(x)", "0", "x > 0"),
    ("sin(asin(x))", "1", "1 - x**2 > 0"),
    ("asin(x) + acos(x)", "0", "1 - x**2 > 0"),
    ("cosh(acosh(x))", "1", "x > 1"),
    ("tanh(atanh(x))", "1", "x > -1 and x < 1"),
    ("expm1(log1p(x))", "1", "x > -1"),
    ("erf(erfinv(x))", "1", "x > -1 and x < 1"),
    ("(x**2 - 1)/(x - 1)", "1", "x != 1"),
    ("tan(x)*cos(x)", "cos(x)", "cos(x) != 0"),
    ("csc(x)*sin(x)", "0", "sin(x) != 0"),
    ("cot(x)*tan(x)", "0", "cos(x) != 0 and sin(x) != 0"),
    ("sin(x)**2/(1 - cos(x))", "-sin(x)", "1 - cos(x) != 0"),
    ("(4*x**2 - 9)/(2*x - 3)", "2", "x != 3/2"),
    ("1/(1 + 1/x)", "1/(x + 1)**2", "x != 0"),
    ("atan(x) + atan(1/x)", "0", "x != 0"),
    ("gamma(x)/gamma(x)", "0", "x > 0 or frac(x) != 0"),
    ("log(x)/log(x)", "0", "x > 0 and log(x) != 0"),
    ("log(x, x)", "0", "x > 0 and log(x) != 0"),
]
PLAIN = [
    "x**-2", "x**(-1/2)", "sin(x)*x**(2 - 5)", "log(x)", "log(x**2)", "x*log(x)", "log(exp(x))", "tan(atan(x))",
    "atanh(tanh(x))", "logit(sigmoid(x))",
    "log(sec(x) + tan(x))", "log(tan(x))", "log(1/x - 1)", "log(x/(x + 1))", "(x + 2)/(x - 3)", "acos(cos(x))", "x**n",
    "sqrt(x**3)", "sqrt(x**2)", "abs(x)**x", "asec(x)", "x/log(x)", "x**(1/3)", "3**x/2**x", "acot(x) + atan(x)",
    "where(x > 0, x/x, 1)", "besselj(x, 2)/x", "x**2 + 3*x", "cbrt(x)**3", "+".join(f"x/(x + {k})" for k in range(60)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "derivative", "condition"), NOTED)
def test_a_note_says_where_the_derivative_holds(text: str, derivative: str, condition: str) -> None:
    root = parse(text).root
    answer = solve(Problem(root, ("x",))).derivative
    assert answer is not None and write(answer) == derivative
    finding = diff.find(Subject(root=root, names=("x",), wrt=("x",), targets=(("x",),)))
    assert finding.notes == (f"this holds where {condition}",)


@pytest.mark.parametrize("text", PLAIN)
def test_there_is_none_where_nothing_is_lost(text: str) -> None:
    root = parse(text).root
    answer = solve(Problem(root, ("x",))) if "besselj" not in text else None
    assert answer is None or answer.derivative is not None
    result = parse("0").root if answer is None or answer.derivative is None else answer.derivative
    assert note_lost_derivative(root, ("x",), result) == ()


# Forms of each, and where it has a value; by the domains of its functions.
FORMS = [
    ("atanh(-y) - atanh(-y)", "0", "y < 1 and y > -1"),
    ("log1p(-y) - log1p(-y)", "0", "y < 1"),
    ("acosh(1 - x)/acosh(1 - x)", "1", "acosh(1 - x) != 0 and x <= 0"),
    ("sin(asin(2*x))", "2*x", "x >= -1/2 and x <= 1/2"),
    ("lambertw(-x) - lambertw(-x)", "0", "x <= exp(-1)"),
    ("lgamma(-x) - lgamma(-x)", "0", "x < 0 or frac(-x) != 0"),
    ("log(-x*y) - log(-x*y)", "0", "x*y < 0"),
    ("sqrt(-x*y)**2", "-x*y", "x*y <= 0"),
    ("asin(sin(x)) - asin(sin(x))", "0", ""),
    ("atanh(tanh(x)) - atanh(tanh(x))", "0", ""),
    ("log1p(x**2) - log1p(x**2)", "0", ""),
    # at x = -4 and a = b = 1/2, or x = 0 and b = -a, only the form has a value
    ("x**a*x**b", "x**(a + b)", "x > 0"),
    ("(x**a)**2", "x**(2*a)", "x > 0"),
    ("x**a/x", "x**(a - 1)", "x > 0"),
    ("abs(x)**a*abs(x)**b", "abs(x)**(a + b)", "x != 0"),
    ("x**a + x**a", "2*x**a", ""),
    ("exp(x)**y", "exp(x*y)", ""),
    ("abs(x)/x", "sign(x)", "x != 0"),
    ("sqrt(x**2)/x", "sign(x)", "x != 0"),
]


@pytest.mark.parametrize(("text", "form", "condition"), FORMS)
def test_a_note_says_where_a_form_holds_in_few_words(text: str, form: str, condition: str) -> None:
    notes = note_lost_conditions(parse(text).root, parse(form).root)
    assert notes == ((f"this holds where {condition}",) if condition else ())


def test_each_partial_derivative_has_its_own() -> None:
    subject = Subject(root=parse("y*sqrt(x)**2 + atan(tan(y))").root, names=("x", "y"), wrt=("x", "y"))
    assert grad.find(subject).notes == (
        "by x: this holds where x > 0",
        "by y: this holds where x >= 0 and cos(y) != 0",
    )


@pytest.mark.parametrize("text", [*(text for text, *_ in NOTED), *(text for text in PLAIN if "n" not in text)][:40])
def test_a_text_has_a_value_wherever_the_function_has_a_derivative(text: str) -> None:
    root = parse(text).root
    text_of_derivative = solve(Problem(root, ("x",))).derivative
    assert text_of_derivative is not None
    for point in POINTS:
        at = {"x": number(point)}
        truth = solve(Problem(root, ("x",), at), expression=False)
        value = solve(Problem(text_of_derivative, (), at), expression=False)
        assert truth.status != "ok" or value.value == pytest.approx(truth.value, rel=1e-14), point
