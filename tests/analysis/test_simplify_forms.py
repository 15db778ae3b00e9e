"""Simplified forms over polynomials: what each option gives, held against values, and where they hold."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from mpmath import mpf

from dcalc.analysis import simplify
from dcalc.analysis.simplify import find_simplest
from dcalc.errors import LimitError, UsageError
from dcalc.expr import variables
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.proof.polynomials import FORMS, rewrite
from dcalc.proof.polynomials import collect as collect_terms
from tests.analysis.subjects import subject
from tests.shapes import POINTS, expressions
from tests.simplify.test_simplify import same_value

SIMPLEST = {
    "(x+1)^2 - x^2 - 2x - 1": "0",
    "(x + 1)**8 - (x + 1)**7*(x + 1)": "0",
    "x**2 + 2*x + 1": "(x + 1)**2",
    "(x**2 - 1)/(x - 1)": "x + 1",
    "1/(x - 1) - 1/(x + 1)": "2/(x**2 - 1)",
    "x/(x + 1) + 1/(x + 1)": "1",
    "(x + y)**3 - (x - y)**3": "6*x**2*y + 2*y**3",
    "x**3 - y**3": "x**3 - y**3",
    "sin(x)**2 + cos(x)**2 + x": "x + 1",
    "2**x*3**x": "6**x",
    "logsumexp(x, x, x)": "x + log(3)",
    "0.5*x + 0.25*x": "0.75*x",
    "x**5": "x**5",
}


@pytest.mark.parametrize(("text", "wanted"), SIMPLEST.items())
def test_the_whole_is_taken(text, wanted):
    root = parse(text).root
    short = find_simplest(root)
    assert write(short) == wanted
    assert find_simplest(short) is short


WANTED = {
    ("(x + 1)*(x - 2)", "expand"): "x**2 - x - 2",
    ("(x + 1)**3/y", "expand"): "x**3/y + 3*x**2/y + 3*x/y + 1/y",
    ("exp(x)*(exp(x) + 1)", "expand"): "exp(2*x) + exp(x)",
    ("(sqrt(x) + 1)*(sqrt(x) - 1)", "expand"): "x - 1",
    ("x/(x + 1) + 1/(x + 1)", "expand"): "x/(x + 1) + 1/(x + 1)",
    ("x**3 - x*y**2", "factor"): "x*(x - y)*(x + y)",
    ("x**2/4 - 1", "factor"): "(x + 2)*(x - 2)/4",
    ("x**4 - 1", "factor"): "(x**2 + 1)*(x + 1)*(x - 1)",
    ("(x**2 - 1)/(x**2 + 3*x + 2)", "factor"): "(x - 1)/(x + 2)",
    ("sin(x)**2 - 1", "factor"): "(1 + sin(x))*(sin(x) - 1)",
    ("x - x", "factor"): "0",
    ("1/x + 1/y", "together"): "(x + y)/(x*y)",
    ("1/(x - 1) - 1/(x + 1)", "together"): "2/((x + 1)*(x - 1))",
    ("x/sqrt(y) + sqrt(y)", "together"): "(x + y)/sqrt(y)",
    ("7", "together"): "7",
}


@pytest.mark.parametrize(("question", "wanted"), WANTED.items())
def test_a_form_that_is_asked_for(question, wanted):
    text, form = question
    root = parse(text).root
    assert write(rewrite(root, form)) == wanted


def test_terms_are_collected_by_a_variable():
    assert write(collect_terms(parse("a*x + x**2 - b*x + c").root, "x")) == "x**2 + c + x*(a - b)"
    assert write(collect_terms(parse("(x + y)**2").root, "y")) == "2*x*y + x**2 + y**2"


@given(expressions(6))
@settings(deadline=None, max_examples=60)
def test_every_form_has_the_value(node):
    forms = []
    for form in FORMS:
        try:
            forms.append(rewrite(node, form, 200))
        except LimitError:
            continue
    if "x" in variables(node):
        with suppress(LimitError):
            forms.append(collect_terms(node, "x"))
    simplest = find_simplest(node)
    assert find_simplest(simplest) is simplest
    for other in (*forms, simplest):
        for at in POINTS:
            assert same_value(node, other, at), (write(node), write(other), at)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("x/x", "this holds where x != 0"),
        ("(x**2 - 1)/(x - 1)", "this holds where x != 1"),
        ("exp(log(x))", "this holds where x > 0"),
        ("sqrt(x)**2", "this holds where x >= 0"),
        ("((12*x + 18)**(5/2))**4", "this holds where x >= -3/2"),
        ("tan(x)*cos(x)", "this holds where cos(x) != 0"),
        ("log(x) - log(x) + 1/x**0.5*x", "this holds where x > 0"),
        ("1/(x - 1) - 1/(x + 1)", ""),
        ("x/(x**2 + 1)*(x**2 + 1)", ""),
        ("x**2 + 1", ""),
        ("sqrt(x**2)", ""),
        ("where(x > 0, x/x, 1)", ""),
    ],
)
def test_a_note_says_where_it_holds(text, note):
    finding = simplify.find(subject(text))
    assert finding.notes == ((note,) if note else ())
    root = parse(text).root
    for x in ("-2", "0", "1", "0.5", "3"):
        assert same_value(root, find_simplest(root), {"x": mpf(x)})


def test_what_is_refused():
    with pytest.raises(UsageError, match="has no variable z"):
        simplify.find(subject("x*y"), collect="z")
    with pytest.raises(LimitError, match="more than 20,000 terms"):
        simplify.find(subject("(x + y + z + a + b)**100"), form="expand")
    with pytest.raises(LimitError, match="more than 20,000 terms"):
        simplify.find(subject("*".join(f"(x{k} + y{k})" for k in range(20))), form="expand")
    with pytest.raises(LimitError, match="terms"):
        simplify.find(subject(" + ".join(f"sin({k}*x)" for k in range(2, 80))), form="factor")
    with pytest.raises(LimitError, match="a power in the expression is too large"):
        simplify.find(subject("1e3000**1e3000 - x"), form="expand")
    with pytest.raises(LimitError, match="divides by 0"):
        simplify.find(subject("x/(y - y)"), form="factor")
    assert simplify.find(subject("log(-1)*x"), form="factor").status == "undefined"
