"""The folder is the registry: what every notation does, by property; and that adding one is one file."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dcalc.notation
from dcalc import functions as table
from dcalc.errors import DcalcError, Unsupported, UsageError
from dcalc.expr import Expr, make, symbol
from dcalc.notation import load, names, write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.registries import add_file
from tests.shapes import expressions

TEXTS = (
    "x", "2", "0.5", "1e100", "x + y", "x - (y - x)", "-x**2", "(-x)**2", "x*(y + 2)", "(x + y)/(x - y)", "x/y/2",
    "x**y**2", "(x**y)**2", "1/sqrt(x)", "sin(x)**2", "exp(-x)", "where(x < y and not y > 2, x, -y)", "abs(x)",
)  # fmt: skip
"""Expressions that any two of them are different texts."""


def check_notation(name: str) -> None:
    """What every notation is held to. Raises AssertionError."""
    notation = load(name)
    assert notation.__doc__
    texts = [write(parse(text).root, name) for text in TEXTS]
    assert all(texts) and len(set(texts)) == len(texts)
    assert len({notation.name(number) for number in range(1, 20)}) == 19
    before, after = notation.bracket("x")
    assert before in write(parse("x*(y + 2)").root, name) and after in write(parse("x*(y + 2)").root, name)
    for first, second in pairwise(TEXTS):
        both = write(parse(f"({first})*({second})").root, name)
        assert all(variable in both for variable in "xy" if variable in f"{first}{second}".replace("exp", ""))
    check_shared_parts(name)
    check_functions(name)


def check_shared_parts(name: str) -> None:
    """That an expression whose text would be immense is written with names for its shared parts."""
    node = symbol("x")
    for _ in range(60):
        node = make(table.ADD, make(table.MUL, node, node), symbol("x"))
    text = write(node, name)
    assert len(text) < 10_000 and load(name).name(1) in text


def check_functions(name: str) -> None:
    """That each function is written, or refused with a word about it."""
    for row in table.functions():
        first = "x0 < 1" if row is table.WHERE else "0" if row.chooses else "x0"
        arguments = [first, *(f"x{place}" for place in range(1, row.minimum))]
        root = parse(f"{row.name}({', '.join(arguments)})").root
        try:
            text = write(root, name)
        except Unsupported as error:
            text = error.help or ""
        assert text


@pytest.mark.parametrize("name", names())
def test_every_notation(name):
    check_notation(name)


@pytest.mark.parametrize("name", names())
def test_every_notation_is_reached_from_the_command_line(run, name):
    assert run("convert", "x**2*sin(x)", "--to", name).out == write(parse("x**2*sin(x)").root, name) + "\n"


REVERSE = '''"""Everything behind its arguments, as on a pocket calculator of the seventies."""

from dcalc import functions as table
from dcalc.notation import Child, Layout, plain
from dcalc.notation.plain import bindings, name


def bracket(_text):
    """None are needed, but the others are told apart by some."""
    return "[", "]"


def layout(node, negate):
    """The arguments, then the name and how many they are."""
    if node.op in (table.SYMBOL, table.NUMBER):
        return plain.layout(node, negate)
    pieces = []
    for arg in node.args:
        pieces += [Child(arg, 1), " "]
    return Layout(0, [*pieces, f"{node.op.name}/{len(node.args)}"])
'''


def test_a_notation_is_one_file(tmp_path, monkeypatch, run):
    add_file(monkeypatch, tmp_path, dcalc.notation, "reverse", REVERSE)
    assert "reverse" in names()
    check_notation("reverse")
    assert run("convert", "x*sin(y)", "--to", "reverse").out == "x [y sin/1] */2\n"
    assert run("convert", "x", "--to", "revers").err.endswith("help: did you mean reverse?\n")


def test_an_unknown_notation_gets_a_fix():
    with pytest.raises(UsageError, match="no notation named latx") as caught:
        load("latx")
    assert caught.value.help == "did you mean latex?"


# --- python -----------------------------------------------------------------------------------


def python_value(root: Expr, at: dict[str, float]) -> object:
    """What Python makes of the text."""
    *assignments, result = write(root, "python").split("\n")
    scope: dict[str, object] = {"math": math, **at}
    for line in assignments:
        exec(line, scope)  # a text of our own
    return eval(result, scope)  # likewise


@given(expressions(), st.floats(0.1, 3), st.floats(0.1, 3), st.floats(0.1, 3))
def test_python_computes_the_same(root, x, y, z):
    at = {"x": x, "y": y, "z": z}
    try:
        truth = evaluate(root, at)
        value = python_value(root, at)
    except (ValueError, ZeroDivisionError, OverflowError, DcalcError):  # no value, which Python says by exceptions
        return
    if isinstance(value, complex) or not math.isfinite(truth):  # a negative number to a fraction
        return
    assert value == pytest.approx(truth, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("x**2*sin(x)", "x**2*math.sin(x)"),
        ("1/sqrt(x)", "1/math.sqrt(x)"),
        ("sigmoid(x)", "1/(1 + math.exp(-x))"),
        ("where(x < 1, x, -x)", "(x if x < 1 else -x)"),
        ("max(x, y, 3)*pi", "max(x, y, 3)*math.pi"),
        ("lambda + deg", "lambda_ + math.pi/180"),
        ("factorial(x)", "math.gamma(x + 1)"),
        ("erf(x, y)", "math.erf(y) - math.erf(x)"),
    ],
)
def test_python(typed, written):
    assert write(parse(typed).root, "python") == written


def test_what_python_lacks_is_said():
    with pytest.raises(Unsupported, match="the module math of Python has no besselj"):
        write(parse("besselj(0, x)").root, "python")
