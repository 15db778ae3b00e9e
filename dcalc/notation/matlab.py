"""MATLAB, elementwise; shared parts are assignments on lines of their own."""

from __future__ import annotations

from dcalc import functions as table
from dcalc import spellings
from dcalc.expr import ONE, Expr
from dcalc.notation import Child, Layout, plain
from dcalc.notation.common import Language, assign, lay_out, refuse_name
from dcalc.numerals import decimal
from dcalc.spellings.matlab import REFUSED

_CHOICE = "piecewise"
bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One assignment per line, then the result."""
    return assign(parts, result, end=";\n")


def _symbol(text: str) -> str:
    if text in REFUSED or text == "pi":
        raise refuse_name(text, "MATLAB", "it has a meaning there")
    if not text.isascii() or text[0] == "_":
        raise refuse_name(text, "MATLAB", "names have ASCII letters, and begin with one")
    return text


def _power(base: Child, exponent: Child) -> Layout:
    """Powers group from the left, and a sign in an exponent has brackets."""
    return Layout(plain.POWER, [base, ".^", exponent._replace(level=plain.ATOM)])


def _choice(condition: Expr, then: Expr, otherwise: Expr) -> Layout:
    return Layout(plain.ATOM, [_CHOICE, "(", Child(condition, 0), ", ", Child(then, 0), ", ", Child(otherwise, 0), ")"])


LANGUAGE = Language(
    "MATLAB",
    {row: text for row, text in spellings.native("matlab").items() if row is not table.WHERE},
    decimal, _symbol, _power, _choice, times=".*", over="./", two_at_a_time=True,
    relations={**plain.RELATIONS, table.NE: " ~= "},
    both=" & ", either=" | ", negation="~",
)  # fmt: skip
"""How nodes look in MATLAB; emitted programs look alike."""


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither MATLAB nor simpler functions have."""
    if node.op is table.EXP and node.args[0] is ONE:
        return Layout(plain.ATOM, ["exp(1.0)"])  # exp(1) is the constant e
    return lay_out(node, negate, LANGUAGE)
