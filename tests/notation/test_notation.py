"""Expressions as text: what each looks like, and that it reads back."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.notation import NAMED_ABOVE, write
from dcalc.parser import parse
from dcalc.simplify import simplify
from tests.shapes import expressions

X, Y, Z = symbol("x"), symbol("y"), symbol("z")


def inverse(node: Expr, power: int = -1) -> Expr:
    return make(table.POW, node, number(power))


PARSED = (  # what is printed is what was typed, with canonical spaces and no brackets to spare
    "x", "12", "0.5", "1e100", "pi", "e", "tau", "deg",
    "x + y - z", "x - (y - z)", "x - (y + z)", "x + (y + z)", "(x - y) - z",
    "x*y*z", "x*(y*z)", "x/y/z", "x/(y/z)", "x/(y*z)", "x/y*z", "x*y/z", "x*(y/z)",
    "(x + y)*z", "x*(y + z)", "(x + y)/(x - y)", "x*-y", "x/-y", "x + -y", "x - -y", "-x + y", "-(x + y)",
    "-x*y", "-(x*y)", "(-x)*y", "--x", "-x**2", "(-x)**2", "x**-2", "x**y**z", "(x**y)**z", "x**(y + z)",
    "x**(y*z)", "x**-y", "x**(-y)**2", "(x*y)**2", "(x + y)**2", "2**0.5", "(1/2)**x", "sin(x)**2", "x**sin(x)",
    "sin(-x)", "sin(x + y)", "max(x, y, z)", "atan2(-y, x + 1)", "log(x, 2)", "erf(x, y)", "leaky_relu(x)",
    "softmax(1, x, y)", "where(x < 1, y, z)", "where(x <= 1 and y > 2 or not z != 3, x, y)",
    "where(not (x < 1 or y < 2), x, y)", "where((x < 1 or y < 2) and z < 3, x, y)", "where(x + 1 == y*2, x, -y)",
    "where(x < 1 and (y < 2 and z < 3), x, y)", "where(not not x < 1, x, y)",
)  # fmt: skip


SPARE = {"(x - y) - z": "x - y - z", "(-x)*y": "-x*y"}
"""Those of them whose brackets can be spared."""


@pytest.mark.parametrize("text", PARSED)
def test_what_is_typed_is_printed_and_reads_back_as_the_same_node(text):
    root = parse(text).root
    assert write(root) == SPARE.get(text, text)
    assert parse(write(root)).root is root


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("x^2", "x**2"),
        ("2x", "2*x"),
        ("2sin(x)", "2*sin(x)"),
        ("(x+1)(x-2)", "(x + 1)*(x - 2)"),
        ("1/2*3x", "1/2*(3*x)"),
        ("|x|", "abs(x)"),
        ("√x", "sqrt(x)"),
        ("π·x²³", "pi*x**23"),
        ("x − y ÷ z × 2", "x - y/z*2"),
        ("ln(x)", "log(x)"),
        ("arctan(x)", "atan(x)"),
        ("logistic(x)", "sigmoid(x)"),
        ("+x", "x"),
        ("((x))", "x"),
        ("1_000.50", "1000.5"),
        ("2e3", "2000"),
        ("1e-40", "1e-40"),
        ("where(x≤1, x, y)", "where(x <= 1, x, y)"),
        ("f(t) = t**2", "t**2"),
        ("t1 = x + 1; t1*t1", "(x + 1)*(x + 1)"),
        ("θ + theta", "θ + theta"),
    ],
)
def test_other_spellings_are_printed_in_ascii(typed, printed):
    assert write(parse(typed).root) == printed


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (lambda: make(table.ADD, X, number(-1)), "x - 1"),
        (lambda: make(table.ADD, X, make(table.MUL, number(-1), Y)), "x - y"),
        (lambda: make(table.ADD, X, make(table.MUL, number(-2), Y, Z)), "x - 2*y*z"),
        (lambda: make(table.MUL, number(-1), X), "-x"),
        (lambda: make(table.MUL, number(-1), make(table.ADD, X, Y)), "-(x + y)"),
        (lambda: make(table.MUL, number(-1), make(table.ADD, X, Y), Z), "-(x + y)*z"),
        (lambda: make(table.MUL, number(-3), X, inverse(Y)), "-3*x/y"),
        (lambda: make(table.MUL, number(-1), inverse(Y)), "-1/y"),
        (lambda: make(table.MUL, X, inverse(Y)), "x/y"),
        (lambda: make(table.MUL, X, inverse(Y), inverse(Z, -2)), "x/(y*z**2)"),
        (lambda: make(table.MUL, X, inverse(make(table.ADD, Y, Z))), "x/(y + z)"),
        (lambda: make(table.MUL, X, inverse(number(2))), "x/2"),
        (lambda: make(table.MUL, number(3), X, inverse(number(2))), "3*x/2"),
        (lambda: make(table.MUL, number(3), inverse(number(2))), "3/2"),
        (lambda: make(table.MUL, X, inverse(Y), inverse(number(2))), "x/(2*y)"),
        (lambda: inverse(X), "1/x"),
        (lambda: inverse(X, -2), "1/x**2"),
        (lambda: inverse(make(table.ADD, X, Y), -2), "1/(x + y)**2"),
        (lambda: make(table.POW, inverse(X), Y), "(1/x)**y"),
        (lambda: make(table.POW, make(table.MUL, number(-1), X), number(2)), "(-x)**2"),
        (lambda: make(table.POW, X, make(table.MUL, number(-1), Y)), "x**-y"),
        (lambda: make(table.POW, X, inverse(number(2))), "sqrt(x)"),
        (lambda: make(table.POW, X, make(table.MUL, number(-1), inverse(number(2)))), "1/sqrt(x)"),
        (lambda: make(table.POW, X, make(table.MUL, number(2), inverse(number(3)))), "x**(2/3)"),
        (lambda: make(table.POW, X, make(table.MUL, number(-2), inverse(number(3)))), "1/x**(2/3)"),
        (lambda: make(table.POW, X, number(Fraction(3, 2))), "x**1.5"),
        (lambda: make(table.POW, number(-2), X), "(-2)**x"),
        (lambda: make(table.POW, number(2), number(-1)), "1/2"),
        (lambda: make(table.POW, make(table.POW, X, Y), Z), "(x**y)**z"),
        (lambda: make(table.ADD, make(table.NEG, X), Y), "-x + y"),
        (lambda: number(Fraction(-1, 4)), "-0.25"),
        (lambda: make(table.SIN, number(-2)), "sin(-2)"),
        (lambda: make(table.MUL, number(2), make(table.ADD, X, Y), inverse(make(table.SIN, X))), "2*(x + y)/sin(x)"),
    ],
)
def test_simplified_forms_are_printed_as_one_writes_them(node, text):
    assert write(node()) == text


@given(expressions())
def test_whatever_the_parser_builds_reads_back_as_the_same_node(node):
    root = parse(write(node)).root
    assert parse(write(root)).root is root


def same_text(node: Expr) -> bool:
    """Whether the text reads back to itself; with names, to what the plain text reads as."""
    plain, named = write(node, against=1 << 40), write(node)
    return write(parse(plain).root, against=1 << 40) == plain and parse(named).root is parse(plain).root


@given(expressions())
@settings(deadline=None)
def test_the_text_of_a_derivative_reads_back_to_the_same_text(node):
    assert same_text(derivative(node, ("x",)))


@given(expressions())
@settings(deadline=None)
def test_the_text_of_a_simplified_expression_reads_back_to_the_same_text(node):
    assert same_text(simplify(node))


# --- names for shared parts ---------------------------------------------------------------


def logistic(depth: int, name: str = "x") -> Expr:
    """l -> 4*l*(1-l), again and again: its text doubles with each step, its graph does not."""
    node: Expr = symbol(name)
    for _ in range(depth):
        node = make(table.MUL, make(table.MUL, number(4), node), make(table.SUB, number(1), node))
    return node


def test_shared_parts_are_named_where_the_text_is_long():
    text = write(logistic(12))
    bindings = text.split("; ")
    assert [part.split(" = ")[0] for part in bindings[:-1]] == [f"t{i}" for i in range(1, len(bindings))]
    assert len(text) < NAMED_ABOVE
    assert parse(text).root is logistic(12)


def test_a_short_text_has_no_names():
    text = write(logistic(5))
    assert len(text) <= NAMED_ABOVE
    assert ";" not in text


def test_a_text_within_twice_the_input_has_no_names():
    plain = write(logistic(10), against=10**6)
    assert ";" not in plain
    assert ";" not in write(logistic(10), against=(len(plain) + 1) // 2)
    assert ";" in write(logistic(10), against=len(plain) // 2 - 1)


def test_names_never_collide_with_those_in_use():
    node = make(table.ADD, logistic(12, "t1"), make(table.ADD, symbol("t3"), symbol("t4")))
    text = write(node)
    made = re.findall(r"(t\d+) = ", text)
    assert made
    assert not {"t1", "t3", "t4"} & set(made)
    assert len(made) == len(set(made))
    assert parse(text).root is node
    assert variables(parse(text).root) == ["t1", "t3", "t4"]


def test_names_depend_on_the_expression_and_not_on_what_was_built_before():
    def sum_of_chains(first: str, second: str, early: str) -> str:
        late = second if early == first else first
        chains = {early: logistic(9, early)}
        chains[late] = logistic(9, late)
        return write(make(table.ADD, chains[first], chains[second]))

    text = sum_of_chains("ka", "kb", early="ka")
    assert sum_of_chains("kc", "kd", early="kd").replace("kc", "ka").replace("kd", "kb") == text


def test_a_condition_that_is_shared_is_no_name():
    """A name stands for a number: `t1 = x < 1; ...` would not read back."""
    condition = parse("where(x*sin(y)*exp(x)*cos(x*y)*tanh(y) < 1/2 and y > 1/3, 0, 0)").root.args[0]
    node: Expr = X
    for _ in range(20):
        node = make(table.WHERE, condition, make(table.SIN, node), Y)
    text = write(node)
    assert len(text) > NAMED_ABOVE or ";" in text
    assert parse(text).root is node


def test_a_named_part_is_defined_before_it_is_used():
    *parts, result = write(derivative(logistic(14), ("x",))).split("; ")
    known: set[str] = set()
    for part in parts:
        name, _, text = part.partition(" = ")
        assert set(re.findall(r"t\d+", text)) <= known
        known.add(name)
    assert set(re.findall(r"t\d+", result)) <= known


def test_every_name_is_used_more_than_once():
    text = write(derivative(logistic(14), ("x",)))
    for name in re.findall(r"(t\d+) = ", text):
        assert len(re.findall(rf"\b{name}\b", text)) > 2


@pytest.mark.parametrize("depth", [300, 3_000])
def test_named_text_is_linear_where_plain_text_is_exponential(depth):
    text = write(logistic(depth))
    assert len(text) < 60 * depth
    assert parse(text).root is logistic(depth)


def test_the_text_of_a_deep_graph_needs_no_recursion():
    node: Expr = X
    for _ in range(50_000):
        node = make(table.SIN, node)
    assert write(node) == "sin(" * 50_000 + "x" + ")" * 50_000


def test_long_sums_and_products_are_written_in_one_piece():
    terms = [symbol(f"x{i}") for i in range(20_000)]
    assert write(make(table.ADD, *terms)) == " + ".join(f"x{i}" for i in range(20_000))
    assert write(make(table.MUL, *terms)) == "*".join(f"x{i}" for i in range(20_000))


def test_a_text_longer_than_the_limit_is_refused():
    node = parse("sin(x) + cos(y)").root
    assert write(node, limit=15) == "sin(x) + cos(y)"
    with pytest.raises(LimitError, match="15 characters, more than 14"):
        write(node, limit=14)


def test_the_limit_is_that_of_the_text_with_names():
    node = logistic(200)
    text = write(node)
    assert write(node, limit=2 * len(text)) == text
    with pytest.raises(LimitError):
        write(node, limit=len(text) // 2)


def test_an_unknown_notation_is_an_error():
    with pytest.raises(ModuleNotFoundError):
        write(X, "no_such_notation")


# --- LaTeX --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x**2", "x^{2}"),
        ("x**10", "x^{10}"),
        ("(x + 1)**2", r"\left(x + 1\right)^{2}"),
        ("x/y", r"\frac{x}{y}"),
        ("(x + 1)/(y - 1)", r"\frac{x + 1}{y - 1}"),
        ("sin(x)", r"\sin\left(x\right)"),
        ("sqrt(x + 1)", r"\sqrt{x + 1}"),
        ("cbrt(x)", r"\sqrt[3]{x}"),
        ("abs(x)", r"\left|x\right|"),
        ("theta", r"\theta"),
        ("x1", "x_{1}"),
        ("x_max", "x_{max}"),
        ("speed", r"\mathit{speed}"),
        ("pi", r"\pi"),
        ("besselj(n, x)", r"J_{n}\left(x\right)"),
        ("softplus(x)", r"\operatorname{softplus}\left(x\right)"),
        ("leaky_relu(x)", r"\operatorname{leaky\_relu}\left(x\right)"),
        ("1e100", "10^{100}"),
        ("2.5e100", r"2.5 \cdot 10^{100}"),
    ],
)
def test_latex_is_what_one_would_typeset(text, latex):
    assert write(parse(text).root, "latex") == latex


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("2*x", "2 x"),
        ("x/2", r"\frac{x}{2}"),
        ("3*x/2 - y", r"\frac{3 x}{2} - y"),
        ("-x/y", r"-\frac{x}{y}"),
        ("1/x**2", r"\frac{1}{x^{2}}"),
        ("2*2**x", r"2 \cdot 2^{x}"),
        ("x**(2/3)", r"x^{\frac{2}{3}}"),
        ("1/sqrt(x)", r"\frac{1}{\sqrt{x}}"),
        ("x*(y + 1)/z", r"\frac{x \left(y + 1\right)}{z}"),
    ],
)
def test_latex_of_simplified_forms_has_fractions_and_no_signs_of_multiplication(text, latex):
    assert write(simplify(parse(text).root), "latex") == latex


def balanced(latex: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", latex):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0 and len(re.findall(r"\\left\b", latex)) == len(re.findall(r"\\right\b", latex))


@given(expressions())
@settings(deadline=None)
def test_latex_has_balanced_brackets_and_no_plain_operators(node):
    for form in (node, simplify(node), derivative(node, ("x",))):
        latex = write(form, "latex")
        assert balanced(latex)
        assert "**" not in latex
        assert "{}" not in latex


@pytest.mark.parametrize("row", [row for row in table.functions() if row.name != "where"], ids=lambda row: row.key)
def test_every_function_of_the_table_has_latex_with_all_its_arguments(row):
    args = [symbol(name) for name in ("alpha", "q", "w", "z")[: max(row.minimum, len(row.args))]]
    if row.chooses:
        args = [number(0), *args]
    latex = write(make(row, *args), "latex")
    assert balanced(latex)
    names = [name for arg in args for name in variables(arg)]
    assert all(("\\" if name == "alpha" else "") + name in latex for name in names)


def test_latex_names_shared_parts_in_an_aligned_block():
    latex = write(logistic(12), "latex")
    assert latex.startswith(r"\begin{aligned}")
    assert latex.endswith(r"\end{aligned}")
    assert r"t_{1} &= " in latex
    assert balanced(latex)
