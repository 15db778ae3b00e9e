"""Derivations: each line is true by certified values, rules are a textbook's, the last line is the answer of diff."""

from __future__ import annotations

import math
import re
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc import functions as table
from dcalc.analysis import steps
from dcalc.analysis.steps import MAX_NODES, Step, derive_in_steps
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, make, number, substitute, variables
from dcalc.finding import Finding
from dcalc.formats import Style, load
from dcalc.functions import Row, functions
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.simplify import simplify
from dcalc.solver import solve
from tests.analysis.subjects import subject

TEXTS = [
    "x", "5", "x**2*sin(x)", "log(x)/x", "exp(-x**2)", "x**x", "2**x", "sqrt(1 - x**2)", "sin(x)**2 + sin(x)**3",
    "where(x > 0, x**2, sin(x))", "max(x, 1, 2*x)", "swish(x)*gelu(x)", "x*y*z + y", "1/(1 + exp(-x))", "abs(x - 1)/2",
    "besselj(2, x**2)", "huber(y, x)", "cross_entropy(0, x, y, z)", "0.5*x + 1.25", "(x*x)/(x + 1)", "atan2(y, x)",
    "*".join(f"(x + {k})" for k in range(12)), "(2*x + 1)**3*x*sin(x)", "-x*(3 - x**2)", "x - (y - (1 - x))", "y/x/2",
    "e**(2*x)", "x**(3/2) - x**-2", "cos(x)/sin(x)", "-(-(x*-2))", "3/(x + 1)**2", "1/x", "sqrt(x)/(1 + sqrt(x))",
]  # fmt: skip
NAMES = [("x",), ("x", "x"), ("x", "y")]
POINT = {"x": 0.375, "y": 1.25, "z": -0.5}


def answer_of_diff(root: Expr, names: tuple[str, ...]) -> Expr | None:
    return solve(Problem(root, names)).derivative


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("names", NAMES)
@pytest.mark.parametrize("verbose", [False, True])
def test_the_answer_is_that_of_diff(text, names, verbose):
    root = parse(text).root
    lines, answer = derive_in_steps(root, names, verbose=verbose)
    assert answer is answer_of_diff(root, names)
    outermost = [step for step in lines if step.depth == 0]
    assert outermost[-1].after is answer and [step.by for step in outermost] == list(names)


@lru_cache(maxsize=1000)
def value(root: Expr, *names: str) -> float | None:
    """Certified, and the nearest double. The lines of a derivation have many expressions in common."""
    return solve(Problem(root, names, POINT)).value


def check_lines(lines: list[Step]) -> None:
    """Each line of each step has the certified value of the derivative that it is said to be."""
    for step in lines:
        truth = value(step.before, step.by)
        assert truth is not None, step
        for line in (step.unsimplified, step.after):
            assert line is not None
            found = value(line)
            assert found is not None and math.isclose(found, truth, rel_tol=1e-14, abs_tol=1e-300), (step, found, truth)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("names", [("x",), ("x", "x")])
def test_each_line_has_the_certified_value(text, names):
    check_lines(derive_in_steps(parse(text).root, names, verbose=True)[0])


PIECES = st.sampled_from(
    ["x", "2", "sin({})", "exp({})", "({})*({})", "({}) + ({})", "({}) - ({})", "({})/({})", "({})**3", "-({})"]
)


@given(st.lists(st.tuples(PIECES, st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=7))
@settings(deadline=None)
def test_random_expressions(pieces):
    parts = ["x"]
    for piece, i, j in pieces:
        parts.append(piece.format(*[parts[k % len(parts)] for k in (i, j)]))
    root = parse(parts[-1]).root
    if solve(Problem(root, ())).status == "undefined" or value(root, "x") is None:
        return
    lines, answer = derive_in_steps(root, ("x",))
    assert answer is answer_of_diff(root, ("x",))
    check_lines([step for step in lines if value(step.before, "x") is not None])


def called(row: Row) -> str:
    """A call of a function, with the variable wherever it may stand."""
    first = {"i": "0", "n": "2", "cond": "x > 0"}.get(row.args[0])
    args = [f"x/{k + 2}" for k in range(len(row.args))] if first is None else [first, "x", "x**2"]
    return f"{row.name}({', '.join(args[: len(row.args)])})"


@pytest.mark.parametrize("row", [row for row in functions() if row.args], ids=lambda row: f"{row.name}/{len(row.args)}")
def test_every_function_has_steps(row):
    root = parse(called(row)).root
    try:
        truth = answer_of_diff(root, ("x",))
    except Unsupported:
        with pytest.raises(Unsupported):
            derive_in_steps(root, ("x",))
        return
    lines, answer = derive_in_steps(root, ("x",))
    assert answer is truth
    assert any(row.name in step.rule or row.name in write(step.before) for step in lines)


@pytest.mark.parametrize("text", TEXTS)
def test_steps_go_from_the_outside_in(text):
    lines, _ = derive_in_steps(parse(text).root, ("x",))
    for index, step in enumerate(lines):
        assert all(lines[part].depth > 0 for part in step.uses)
        assert index == 0 or step.depth <= lines[index - 1].depth + 1
        first = [part for part in step.uses if part == index + 1]
        assert first or not step.uses or all(part < index for part in step.uses[:1])


RULES = [
    ("x + sin(x)", ["sum rule", "derivative of sin"]),
    ("x - sin(x)", ["difference rule", "derivative of sin"]),
    ("x**2*sin(x)", ["product rule", "power rule", "derivative of sin"]),
    ("sin(x)/x", ["quotient rule", "derivative of sin"]),
    ("cos(x)/sin(x)", ["quotient rule", "derivative of cos", "derivative of sin"]),
    ("sin(x)*x**-2", ["product rule", "derivative of sin", "power rule"]),
    ("1/(x**2 + 1)", ["reciprocal rule", "sum rule", "power rule"]),
    ("3/sin(x)", ["reciprocal rule", "derivative of sin"]),
    ("3*sin(x)", ["constant multiple rule", "derivative of sin"]),
    ("sin(x)/3", ["constant multiple rule", "derivative of sin"]),
    ("-sin(x)", ["constant multiple rule", "derivative of sin"]),
    ("2 - sin(x)", ["sum rule", "derivative of sin"]),
    ("sin(x**3)", ["derivative of sin, chain rule", "power rule"]),
    ("sin(x)**3", ["power rule, chain rule", "derivative of sin"]),
    ("sqrt(sin(x))", ["square root rule, chain rule", "derivative of sin"]),
    ("sin(x)**0.5", ["square root rule, chain rule", "derivative of sin"]),
    ("2**x", ["exponential rule"]),
    ("e**sin(x)", ["exponential rule, chain rule", "derivative of sin"]),
    ("2**sin(x)", ["exponential rule, chain rule", "derivative of sin"]),
    ("x**x", ["general power rule"]),
    ("swish(x)", ["definition of swish", "product rule", "derivative of sigmoid"]),
    (
        "max(x, 1, 2*x)",
        ["pairs of max", "derivative of max, chain rule", "derivative of max", "constant multiple rule"],
    ),
    ("where(x > 0, x**2, x)", ["branch by branch", "power rule"]),
    ("x", ["variable"]),
    ("y", ["constant rule"]),
    ("x*x", ["product rule"]),
    ("*".join(f"sin(x + {k})" for k in range(9)), ["product rule", *["derivative of sin, chain rule", "sum rule"] * 9]),
]


@pytest.mark.parametrize(("text", "rules"), RULES)
def test_the_names_of_rules(text, rules):
    lines, _ = derive_in_steps(parse(text).root, ("x",))
    assert [step.rule for step in lines] == rules


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("x**3 - x**2 + x - 5", "(u1 - u2 + u3 + c)' = u1' - u2' + u3'"),
        ("-x**2 - sin(x)", "(-u - v)' = -u' - v'"),
        ("3 - x**2 - x**3", "(c - u - v)' = -u' - v'"),
        ("sin(x) - x + cos(1) - 1", "(u - v + c)' = u' - v'"),
        ("-(x**2 - 1)", "(c - u)' = -u'"),
        ("-sin(x)", "(-u)' = -u'"),
    ],
)
def test_a_sum_is_stated_with_its_signs(text, statement):
    """With the parts in the place of the letters, and some constant for c, the statement is the function itself."""
    (step, *_), _ = derive_in_steps(parse(text).root, ("x",))
    function, slope = step.formula
    assert f"({write(function)})' = {write(slope)}" == statement
    whole = substitute(function, dict(step.parts))
    constant = simplify(make(table.SUB, parse(text).root, substitute(whole, {"c": number(0)})))
    assert not variables(constant)


QUOTIENT = """\
d/dx [x**2/(x + 1)] | quotient rule | (u/v)' = (u'*v - u*v')/v**2
  with u = x**2, v = x + 1
  d/dx [x**2] = 2*x | power rule | (x**n)' = n*x**(n - 1)
  d/dx [x + 1] = 1 | sum rule | (u + c)' = u'
  = (2*x*(x + 1) - x**2)/(x + 1)**2
  = x*(x + 2)/(x + 1)**2
x*(x + 2)/(x + 1)**2
"""
PRODUCT = """\
d/dx [x*exp(-x)] | product rule | (u*v)' = u'*v + u*v'
  with u = x, v = exp(-x)
  d/dx [exp(-x)] | derivative of exp, chain rule | exp(u)' = exp(u)*u'
    with u = -x
    d/dx [-x] = -1 | constant multiple rule | (-u)' = -u'
    = -exp(-x)
  = exp(-x) - x*exp(-x)
  = (1 - x)*exp(-x)
(1 - x)*exp(-x)
"""
ARCTANGENT = """\
d/dx [atan2(x, x**2)] | derivative of atan2, chain rule | atan2(u, v)' = v*u'/(v**2 + u**2) - u*v'/(v**2 + u**2)
  with u = x, v = x**2
  d/dx [x**2] = 2*x | power rule | (x**n)' = n*x**(n - 1)
  = x**2/((x**2)**2 + x**2) - x*(2*x)/((x**2)**2 + x**2)
  = -1/(x**2 + 1)
-1/(x**2 + 1)
"""


@pytest.mark.parametrize(
    ("text", "wanted"), [("x**2/(x + 1)", QUOTIENT), ("x*exp(-x)", PRODUCT), ("atan2(x, x**2)", ARCTANGENT)]
)
def test_the_derivation_reads_as_in_a_textbook(text, wanted):
    lines = [
        "  " * line.depth + " | ".join(filter(None, ("".join(map(written, line.cells)), line.note, line.formula)))
        for line in found(text).outline
    ]
    assert "\n".join(lines) + "\n" == wanted


@pytest.mark.parametrize(
    ("text", "statement", "line"),
    [
        ("log(cos(x))", "log(u)' = u'/u", "-sin(x)/cos(x)"),
        ("asin(x/2)", "asin(u)' = u'/sqrt(1 - u**2)", "1/(2*sqrt(1 - (x/2)**2))"),
        ("atan(1/x)", "atan(u)' = u'/(1 + u**2)", "-1/((1 + (1/x)**2)*x**2)"),
        ("1/sqrt(x)", "(1/v)' = -v'/v**2", "-1/(2*sqrt(x)*sqrt(x)**2)"),
        ("x**(2/3)*(1 - x)", "(u*v)' = u'*v + u*v'", "2*(1 - x)/(3*x**(1/3)) - x**(2/3)"),
        ("exp(x)/x**3", "(u/v)' = (u'*v - u*v')/v**2", "(exp(x)*x**3 - exp(x)*(3*x**2))/(x**3)**2"),
    ],
)
def test_what_a_rule_leads_to_stands_above_and_below_one_line(text, statement, line):
    step = found(text).record["steps"][0]
    assert (step["formula"], write(step["unsimplified"])) == (statement, line)


def found(text: str, **more: object) -> Finding:
    return steps.find(subject(text, **more))


def written(cell: object) -> str:
    return write(cell) if isinstance(cell, Expr) else str(cell)


def test_what_a_pipe_gets():
    lines = [[written(cell) for cell in line] for line in found("x**2*sin(x)").plain or ()]
    answer = "2*x*sin(x) + x**2*cos(x)"
    assert lines == [
        ["1", "product rule", "x**2*sin(x)", answer, "(u*v)' = u'*v + u*v'", "u = x**2, v = sin(x)", answer],
        ["2", "power rule", "x**2", "2*x", "(x**n)' = n*x**(n - 1)", "u = x, n = 2", "2*x"],
        ["3", "derivative of sin", "sin(x)", "cos(x)", "sin(x)' = cos(x)", "u = x", "cos(x)"],
        [answer],
    ]


def test_shared_parts_are_listed_once():
    lines, _ = derive_in_steps(parse("sin(x)**2 + sin(x)**3").root, ("x",))
    assert [step.rule for step in lines].count("derivative of sin") == 1
    assert lines[1].uses == (2,) and lines[3].uses == (2,)


def test_verbose_has_steps_for_constants_and_the_variable():
    plain, _ = derive_in_steps(parse("y*log(x)/x").root, ("x",))
    wordy, _ = derive_in_steps(parse("y*log(x)/x").root, ("x",), verbose=True)
    assert {step.rule for step in wordy} - {step.rule for step in plain} == {"variable", "constant rule"}


@pytest.mark.parametrize("text", [text for text in TEXTS if "where" not in text and len(text) < 40])
def test_latex_is_a_block_of_aligned_lines(text):
    block = "".join(load("latex").present(iter([found(text, wrt="x")]), Style()))
    lines = block.splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{align*}", r"\end{align*}")
    body = lines[1:-1]
    assert all(line.endswith(r" \\") for line in body[:-1]) and not body[-1].endswith("\\")
    assert all(1 <= len(re.findall(r"(?<!\\)&", line)) <= 3 or "cases" in line for line in body)
    assert block.count("{") == block.count("}") and block.count(r"\left") == block.count(r"\right")
    answer = answer_of_diff(parse(text).root, ("x",))
    assert answer is not None and body[-1].partition("&= ")[2].partition(" &&")[0] == write(answer, "latex")


def test_latex_of_a_quotient():
    block = "".join(load("latex").present(iter([found("x**2/(x + 1)")]), Style()))
    assert block.splitlines()[1] == (
        r"\frac{d}{dx}\left[\frac{x^{2}}{x + 1}\right] &= \left(\frac{u}{v}\right)' = \frac{u' v - u v'}{v^{2}}"
        r" && \text{quotient rule},\; u = x^{2},\; v = x + 1 \\"
    )


def test_latex_of_letters_with_numbers():
    block = "".join(load("latex").present(iter([found("x**3 + x**2 + x")]), Style()))
    assert (
        r"\left(u_{1} + u_{2} + u_{3}\right)' = u_{1}' + u_{2}' + u_{3}' && \text{sum rule},\; u_{1} = x^{3}" in block
    )


def test_markdown_is_a_nested_list():
    lines = "".join(load("markdown").present(iter([found("x**2/(x + 1)")]), Style())).splitlines()
    assert lines[2] == "- `d/dx [x**2/(x + 1)]` quotient rule: `(u/v)' = (u'*v - u*v')/v**2`"
    assert lines[4] == "  - `d/dx [x**2] = 2*x` power rule: `(x**n)' = n*x**(n - 1)`"
    assert lines[-1] == "- `x*(x + 2)/(x + 1)**2`"


def test_a_constant_without_a_value():
    finding = found("log(-1)*x")
    assert (finding.status, finding.code, finding.plain) == ("undefined", 3, [])
    assert "".join(load("latex").present(iter([finding]), Style())) == ""


def test_refused():
    with pytest.raises(LimitError, match=f"up to {MAX_NODES:,} parts"):
        found("+".join(f"sin({k}*x)" for k in range(2, 1500)), wrt="x")
