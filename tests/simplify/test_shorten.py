"""Short forms: every rule holds and is used, the cost is what its docstring says, answers read as in a book."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.expr import Expr, make, number, symbol, walk
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.simplify import cost, simplify
from dcalc.simplify.cost import Costs
from dcalc.simplify.identities import Identity
from dcalc.simplify.shorten import MAX_NODES, REWRITES, shorten, shorten_all
from dcalc.solver import solve
from tests.shapes import POINTS, expressions
from tests.simplify.test_simplify import broken, same_value
from tests.truths import steady


def shortened(text: str) -> str:
    return write(shorten(simplify(parse(text).root)))


def differentiated(text: str, *wrt: str) -> str:
    answer = solve(Problem(parse(text).root, wrt or ("x",)))
    assert answer.derivative is not None
    return write(answer.derivative)


@pytest.mark.parametrize("rule", REWRITES, ids=lambda rule: rule.name)
def test_a_rule_holds_wherever_its_left_side_is_defined(rule):
    assert not broken(Identity(rule.name, rule.before, rule.after))


@pytest.mark.parametrize("rule", REWRITES, ids=lambda rule: rule.name)
def test_a_rule_is_used(rule):
    assert shortened(rule.before) == shortened(rule.after)
    costs = Costs()
    assert costs(shorten(parse_simplified(rule.after))) < costs(parse_simplified(rule.before))


def parse_simplified(text: str) -> Expr:
    return simplify(parse(text).root)


def test_rules_have_names_of_their_own_and_say_what_they_do():
    names = [rule.name for rule in REWRITES]
    assert len(names) == len(set(names))
    assert all((rule.rule.__doc__ or "").strip() for rule in REWRITES)


# --- the cost, as its docstring says -----------------------------------------------------------


@given(expressions())
@settings(deadline=None)
def test_the_cost_is_at_least_the_text_without_blanks_and_the_same_in_any_order(node):
    root = simplify(node)
    text = write(root)
    if ";" in text:  # parts have names
        return
    assert Costs()(root) >= len(text.replace(" ", ""))
    costs = Costs()
    for part in walk(root):
        costs(part)
    assert costs(root) == Costs()(root)


@pytest.mark.parametrize(
    ("text", "extra"),
    [
        ("x**2 + 3*x", 0),
        ("x*(x + 1)", cost.BRACKET),
        ("sin(x)", cost.CALL),
        ("x**y", cost.CALL),
        ("x**3", 0),
        ("x*(1/y + 1)", cost.BRACKET + cost.INNER_QUOTIENT),
        ("1/y + 1", 0),
        ("x**2 + x**2*y", cost.SHARED),
        ("x**(1/3)", 0),
    ],
)
def test_the_cost_is_the_text_and_what_is_work_to_read(text, extra):
    root = parse_simplified(text)
    assert Costs()(root) == len(write(root).replace(" ", "")) + extra


# --- answers -----------------------------------------------------------------------------------

ANSWERS = {
    # quotients
    "(x + 2)/(x - 3)": "-5/(x - 3)**2",
    "x/(1 + x)": "1/(x + 1)**2",
    "x**x/(x + 1)": "(x + (x + 1)*log(x))*x**x/(x + 1)**2",
    "(x**2 + 1)/(x**2 - 1)": "-4*x/(x**2 - 1)**2",
    "(x**2 - sqrt(x))/x**4": "7/(2*x**(9/2)) - 2/x**3",
    "x/sqrt(1 - x**2)": "1/(1 - x**2)**(3/2)",
    "log(1/x - 1)": "-1/(x*(1 - x))",
    "1/(x**4 - x**3)": "(3 - 4*x)/(x**4*(x - 1)**2)",
    "1/(x + 1/x)": "(1 - x**2)/(x**2 + 1)**2",
    # in lowest terms
    "(x**2 - 4)/(x**2 - 3*x + 2)": "-3/(x - 1)**2",
    "(x**3 - 1)/(x**2 + x - 2)": "(x**2 + 4*x + 1)/(x + 2)**2",
    "(x - sqrt(x))/(x - 1)": "1/(2*(sqrt(x) + 1)**2*sqrt(x))",
    "(sin(x)**2 - 4)/(sin(x)**2 - 3*sin(x) + 2)": "-3*cos(x)/(sin(x) - 1)**2",
    "(exp(2*x) - 1)/(exp(2*x) + 2*exp(x) + 1)": "2*exp(x)/(1 + exp(x))**2",
    "x/(x**3 - 3*x + 2)": "2*(1 - x**3)/(x**3 - 3*x + 2)**2",  # in lowest terms it is longer
    # products over sums: collected once they are multiplied out
    "x**2*sin(x)/(x + 1)": "x*(x*(x + 1)*cos(x) + (x + 2)*sin(x))/(x + 1)**2",
    "exp(x)*log(x)/x": "(1 + (x - 1)*log(x))*exp(x)/x**2",
    "x*log(x)/(x**2 + 1)": "(x**2 + 1 + (1 - x**2)*log(x))/(x**2 + 1)**2",
    "x**2*exp(2*x)*atan(x)": "x**2*exp(2*x)/(x**2 + 1) + 2*x*(x + 1)*exp(2*x)*atan(x)",
    "x**2*sin(x)*cos(x)": "x*(sin(2*x) + x*cos(2*x))",
    "x**2*tan(x)/(x + 1)": "x*(x*(x + 1)*sec(x)**2 + (x + 2)*tan(x))/(x + 1)**2",
    # one power below the line
    "1/(x*log(x))": "-(1 + log(x))/(x*log(x))**2",
    "1/(x**2*(x - 1)**2)": "2*(1 - 2*x)/(x**2 - x)**3",
    "1/(x**5 + x)": "-(5*x**4 + 1)/(x**5 + x)**2",
    "1/(exp(1/x) - 1)": "exp(1/x)/(x*(exp(1/x) - 1))**2",
    "1/(x*y)**2": "-2/(x**3*y**2)",
    # common factors
    "x**3*log(x)": "x**2*(1 + 3*log(x))",
    "x**4*cos(x)": "x**3*(4*cos(x) - x*sin(x))",
    "x**2*sin(2*x)": "2*x*(sin(2*x) + x*cos(2*x))",
    "x*sin(x)**3": "(sin(x) + 3*x*cos(x))*sin(x)**2",
    "x**2*exp(x)": "x*(x + 2)*exp(x)",
    "x**3*exp(-x)": "x**2*(3 - x)*exp(-x)",
    "exp(x)*sin(x)": "(sin(x) + cos(x))*exp(x)",
    "x**x": "(1 + log(x))*x**x",
    "x**2*sin(x)": "2*x*sin(x) + x**2*cos(x)",
    # powers, signs and roots
    "3**x/2**x": "(3/2)**x*log(3/2)",
    "log(abs(x))": "1/x",
    "abs(x)**x": "(1 + log(abs(x)))*abs(x)**x",
    "x*abs(x)": "2*abs(x)",
    "abs(x)**3": "3*x*abs(x)",
    "cbrt(x**5)": "5*cbrt(x)**2/3",
    "asin(x/2)": "1/sqrt(4 - x**2)",
    "acos(1 - 2*x)": "1/sqrt(x - x**2)",
    "sqrt((x - 1)*(2 - x))": "(3 - 2*x)/(2*sqrt(3*x - x**2 - 2))",
    "sqrt((1 - x)/x)": "-1/(2*x**2*sqrt(1/x - 1))",
    "sqrt(1 - x)*(x - 1)": "3*sqrt(1 - x)/2",
    "sqrt(x**2 + 2*x + 1)": "sign(x + 1)",
    "x**3/3 + x**2 + x": "(x + 1)**2",
    "log(2*x)/log(3*x)": "log(3/2)/(x*log(3*x)**2)",
    "log(exp(x) + exp(-x))": "tanh(x)",
    "1/(exp(x) - exp(-x))": "-csch(x)*coth(x)/2",
    "exp(x)/(1 + exp(2*x))": "-tanh(x)*sech(x)/2",
    "exp(3*x)/(exp(x) - exp(5*x))": "csch(2*x)*coth(2*x)",
    "exp(x)/(1 + exp(x))": "exp(x)/(1 + exp(x))**2",  # and no sech(x/2)
    "log(1 + exp(2*x))": "2*exp(2*x)/(1 + exp(2*x))",
    "asin(2*x/(1 + x**2))": "-2*sign(x**2 - 1)/(x**2 + 1)",
    "acosh((x**2 + 1)/(2*x))": "sign(x**2 - 1)/abs(x)",
    "sqrt(1/4 + 1/x**2)": "-2/(x*sqrt(x**2 + 4)*abs(x))",
    # functions of one angle
    "atan(tan(x))": "1",
    "sin(x)/(1 + cos(x))": "1/(1 + cos(x))",
    "sin(x)/(1 + sin(x) + cos(x))": "1/(2*(1 + sin(x)))",
    "log(sec(x) + tan(x))": "sec(x)",
    "cos(x)*tan(x)": "cos(x)",
    "log(tan(x/2))": "csc(x)",
    "sin(x)**2": "sin(2*x)",
    "sin(x)*cos(x)": "cos(2*x)",
    "cos(3*x)*cos(5*x)": "-sin(2*x) - 4*sin(8*x)",
    "sinh(2*x)*sinh(x)": "3*sinh(3*x)/2 - sinh(x)/2",
    "cos(x)**2/sin(x)": "-(2 + cot(x)**2)*cos(x)",
    "cosh(x)**2": "sinh(2*x)",
    "atan(sinh(x))": "sech(x)",
    "tan(x) - x": "tan(x)**2",
    "x*(sin(log(x)) - cos(log(x)))": "2*sin(log(x))",
    # what was a choice, a sum of exponentials, a decimal
    "logsumexp(x, x)": "1",
    "where(x > 0, x/(x + 1), x)": "where(x > 0, 1/(x + 1)**2, 1)",
    "x/(x + 0.5)": "0.5/(x + 0.5)**2",
    "x**2 + 0.25*(x - 0.5)**3": "2*x + 0.75*(x - 0.5)**2",
    "0.3*x*exp(-0.5*x)": "(0.3 - 0.15*x)*exp(-0.5*x)",
}


@pytest.mark.parametrize(("text", "wanted"), ANSWERS.items())
def test_the_answer_is_what_a_person_writes(text, wanted):
    assert differentiated(text) == wanted


def test_answers_by_one_of_several_variables():
    assert differentiated("(x/(x + y))**n") == "n*y*(x/(x + y))**(n - 1)/(x + y)**2"
    assert differentiated("m*c**2/sqrt(1 - v**2/c**2)", "v") == "m*v/(1 - (v/c)**2)**(3/2)"
    assert differentiated("asin(x/(n*d))") == "1/(d*n*sqrt(1 - (x/(d*n))**2))"
    assert differentiated("3**w/2**w", "w") == "(3/2)**w*log(3/2)"
    assert differentiated("(x**2 - y**2)/(x**3 - y**3)") == "-x*(x + 2*y)/(x*y + x**2 + y**2)**2"
    assert differentiated("x*y/(x + y)", "x", "y") == "2*x*y/(x + y)**3"


@pytest.mark.parametrize(
    ("text", "order", "wanted"),
    [("(x + 2)/(x - 3)", 3, "-30/(x - 3)**4"), ("x*exp(x)", 4, "(x + 4)*exp(x)"), ("x**3*abs(x)", 2, "12*x*abs(x)")],
)
def test_higher_derivatives_are_short_too(text, order, wanted):
    assert differentiated(text, *("x",) * order) == wanted


# --- the exercises of a calculus book ----------------------------------------------------------


@cache
def exercises() -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / "textbook.tsv").read_text(encoding="utf-8").splitlines()
    return [(f, answer) for line in lines if not line.startswith("#") for f, answer in [line.split("\t")]]


LONGER = 1.2
MOST_LONGER = 3


def test_few_answers_are_longer_than_the_books():
    assert len(exercises()) >= 145
    longer = []
    for text, book in exercises():
        answer = differentiated(text)
        ratios = [len(own) / len(other) for own, other in zip(sizes(answer), sizes(book), strict=True)]
        if max(ratios) > LONGER:
            longer.append((text, answer, book))
    assert len(longer) <= MOST_LONGER, longer


def sizes(text: str) -> tuple[str, str]:
    """A text without blanks, and without brackets, too."""
    packed = text.replace(" ", "")
    return packed, packed.replace("(", "").replace(")", "")


@pytest.mark.slow
@pytest.mark.covers
def test_the_answers_of_the_book_and_the_short_ones_are_right():
    """Held against mpmath's derivative of the function, which is found by differences of 60 digits."""
    for text, book in exercises():
        root = parse(text).root
        seen = 0
        for x in ("0.31", "0.77", "1.7", "2.9", "-0.4"):
            at = {"x": mpf(x)}
            truth = slope(root, at)
            if truth is None:
                continue
            seen += 1
            for own in (book, differentiated(text)):
                value = steady(parse(own).root, at)
                assert value is not None and abs(value - truth) < mpf(10) ** -12 * (1 + abs(truth)), (text, own, x)
        assert seen, text


def slope(root: Expr, at: dict[str, mpf]) -> mpf | None:
    with mp.workdps(60):
        step = mpf(10) ** -20
        values = [steady(root, {"x": at["x"] + sign * step}) for sign in (-1, 1)]
        if None in values:
            return None
        return (values[1] - values[0]) / (2 * step)


# --- what holds of every expression ------------------------------------------------------------


@given(expressions())
@settings(deadline=None)
def test_a_short_form_costs_no_more_has_the_value_and_stays_as_it_is(node):
    for root in simplify(node), derivative(node, ("x",)):
        short = shorten(root)
        costs = Costs()
        assert costs(short) <= costs(root)
        assert shorten(short) is short, (write(root), write(short))
        for at in POINTS:
            assert same_value(root, short, at), (write(root), write(short), at)


@pytest.mark.parametrize(
    "text",
    [
        "sign(x)**2", "sign(x)*abs(x)**2", "x*sign(x)**2", "abs(x)/x", "sign(x)/x**2", "tan(x)*cos(x)", "sin(x)*csc(x)",
        "sqrt(x)*sqrt(x - 1)", "1/(1/x)", "x**(n - 1)*x + x**n", "sqrt(x**2/4 + x**4)", "cbrt(x)**4/x", "2**x*3**-x",
        "x**2/(x**2 + x)", "(x - 1)/(x**2 - 1)", "x**(3/2) - x**(1/2)", "cot(x)*sin(x)**2", "sqrt(1/x - 1)",
        "(x**n)**2",
    ],
)  # fmt: skip
def test_the_value_is_kept_at_zeros_poles_and_edges(text):
    root = simplify(parse(text).root)
    short = shorten(root)
    for x in "-3 -2 -1 -0.5 0 0.5 1 2 3".split():
        for n in "-1 0 0.5 1 2".split():
            at = {"x": mpf(x), "n": mpf(n)}
            assert same_value(root, short, at), (text, write(short), at)


def test_conditions_stay_as_they_are_typed():
    assert shortened("where(x**2 - 2*x + x > x/(x + 1) - 1/(x + 1), x, 1)").startswith("where(x**2 - x > ")


@pytest.mark.slow
@pytest.mark.covers
def test_large_expressions_are_left_alone_in_linear_time():
    x = symbol("x")
    terms = [make(table.DIV, x, make(table.ADD, x, number(place))) for place in range(1, 20_001)]
    total = terms[0]
    for term in terms[1:]:
        total = make(table.ADD, total, term)
    root = derivative(total, ("x",))
    assert len(walk(root)) > MAX_NODES
    start = time.process_time()
    assert shorten(root) is root
    assert time.process_time() - start < 1
    assert shorten_all([root, x]) == [root, x]


def test_rules_are_tried_on_short_sums_alone():
    """A sum of 1,000 quotients is looked at term by term."""
    text = " + ".join(f"x/(x + {k})" for k in range(1, 90))
    assert differentiated(text).count("/(x + ") == 89
