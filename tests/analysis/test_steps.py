"""Derivations: the steps are the engine's, each is true, and the last one is the answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.analysis import steps
from dcalc.analysis.steps import MAX_NODES, derive_in_steps
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import variables
from dcalc.functions import Row, functions
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.analysis.subjects import subject

TEXTS = [
    "x", "5", "x**2*sin(x)", "log(x)/x", "exp(-x**2)", "x**x", "2**x", "sqrt(1 - x**2)", "sin(x)**2 + sin(x)**3",
    "where(x > 0, x**2, sin(x))", "max(x, 1, 2*x)", "swish(x)*gelu(x)", "x*y*z + y", "1/(1 + exp(-x))", "abs(x - 1)/2",
    "besselj(2, x**2)", "huber(y, x)", "cross_entropy(0, x, y, z)", "0.5*x + 1.25", "(x*x)/(x + 1)", "atan2(y, x)",
    "*".join(f"(x + {k})" for k in range(20)),
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("names", [("x",), ("x", "x"), ("x", "y")])
@pytest.mark.parametrize("verbose", [False, True])
def test_the_last_step_is_the_answer_of_the_engine(text, names, verbose):
    root = parse(text).root
    told, answer = derive_in_steps(root, names, verbose=verbose)
    assert answer is derivative(root, names)
    assert told[-1].after is answer and told[-1].by == names[-1]


def called(row: Row) -> str:
    """A call of a function, with the variable wherever it may stand."""
    first = {"i": "0", "n": "2", "cond": "x > 0"}.get(row.args[0])
    args = [f"x/{k + 2}" for k in range(len(row.args))] if first is None else [first, "x", "x**2"]
    return f"{row.name}({', '.join(args[: len(row.args)])})"


@pytest.mark.parametrize("row", [row for row in functions() if row.args], ids=lambda row: f"{row.name}/{len(row.args)}")
def test_every_function_has_steps(row):
    root = parse(called(row)).root
    try:
        truth = derivative(root, ("x",))
    except Unsupported:
        with pytest.raises(Unsupported):
            derive_in_steps(root, ("x",))
        return
    told, answer = derive_in_steps(root, ("x",))
    assert answer is truth
    assert any(row.name in step.rule for step in told) or row.name not in write(told[-1].before) or row.name == "sqrt"


@pytest.mark.parametrize("text", TEXTS)
def test_each_step_is_the_derivative_of_what_it_says(text):
    point = {"x": 0.375, "y": 1.25, "z": -0.5}
    told, _ = derive_in_steps(parse(text).root, ("x",), verbose=True)
    for step in told:
        before = step.before if not step.by else derivative(step.before, (step.by,))
        assert set(variables(before, step.after)) <= set(point)
        assert math.isclose(evaluate(before, point), evaluate(step.after, point), rel_tol=1e-12, abs_tol=1e-12), step


@pytest.mark.parametrize("text", TEXTS)
def test_steps_use_earlier_ones_alone(text):
    told, _ = derive_in_steps(parse(text).root, ("x", "x"))
    assert all(part < index for index, step in enumerate(told) for part in step.of)


RULES = [
    ("x + sin(x)", ["table rule of sin", "sum rule"]),
    ("x*sin(x)", ["table rule of sin", "product rule"]),
    ("sin(x)/x", ["power rule", "table rule of sin", "quotient rule"]),
    ("3*sin(x)", ["table rule of sin", "constant multiple rule"]),
    ("sin(x**3)", ["power rule", "table rule of sin, chain rule"]),
    ("sin(x)**3", ["table rule of sin", "power rule, chain rule"]),
    ("2**x", ["exponential rule"]),
    ("x**x", ["general power rule"]),
    ("swish(x)", ["table rule of sigmoid", "product rule", "definition of swish"]),
    (
        "max(x, 1, 2*x)",
        ["table rule of max", "constant multiple rule", "table rule of max, chain rule", "pairs of max"],
    ),
    ("x", ["variable"]),
    ("y", ["constant rule"]),
    ("x*x", ["rewrite", "power rule"]),
]


@pytest.mark.parametrize(("text", "rules"), RULES)
def test_the_names_of_rules(text, rules):
    told, _ = derive_in_steps(parse(text).root, ("x",))
    assert [step.rule for step in told] == rules


def test_laws_are_those_of_the_table():
    told, _ = derive_in_steps(parse("sin(x**2)").root, ("x",))
    assert [step.formula for step in told] == ["(u**n)' = n*u**(n - 1)*u'", "sin(x)' = cos(x)*x'"]


def test_verbose_shows_what_was_simplified():
    plain, _ = derive_in_steps(parse("log(x)/x").root, ("x",))
    wordy, _ = derive_in_steps(parse("log(x)/x").root, ("x",), verbose=True)
    assert [step for step in wordy if step.by] != [] and len(wordy) > len(plain)
    shown = [(write(step.before), write(step.after)) for step in wordy if not step.by]
    assert ("-1 - 1", "-2") in shown
    assert all(before != after for before, after in shown)


PIECES = st.sampled_from(
    ["x", "2", "sin({})", "exp({})", "({})*({})", "({}) + ({})", "({})/({})", "({})**3", "log({})"]
)


@given(st.lists(st.tuples(PIECES, st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=9))
def test_random_expressions(pieces):
    parts = ["x"]
    for piece, i, j in pieces:
        parts.append(piece.format(*[parts[k % len(parts)] for k in (i, j)]))
    root = parse(parts[-1]).root
    for verbose in (False, True):
        told, answer = derive_in_steps(root, ("x",), verbose=verbose)
        assert answer is derivative(root, ("x",)) is told[-1].after


def test_what_a_pipe_gets():
    found = steps.find(subject("x**2*sin(x)"))
    lines = [[write(cell) if not isinstance(cell, str) else cell for cell in line] for line in found.plain]
    assert lines == [
        ["1", "power rule", "x**2", "2*x"],
        ["2", "table rule of sin", "sin(x)", "cos(x)"],
        ["3", "product rule", "x**2*sin(x)", "2*x*sin(x) + x**2*cos(x)"],
        ["2*x*sin(x) + x**2*cos(x)"],
    ]


def test_the_outline_names_shared_parts_once():
    lines = steps.find(subject("sin(x)**2 + sin(x)**3")).outline
    assert [line.note for line in lines].count("table rule of sin") == 1
    assert lines[-1].note == "as in step 1"
    assert [line.depth for line in lines] == [0, 1, 2, 1, 2]


def test_a_constant_without_a_value():
    found = steps.find(subject("log(-1)*x"))
    assert (found.status, found.code, found.plain) == ("undefined", 3, [])


def test_refused():
    with pytest.raises(LimitError, match=f"up to {MAX_NODES:,} parts"):
        steps.find(subject("+".join(f"sin({k}*x)" for k in range(2, 1500)), wrt="x"))
