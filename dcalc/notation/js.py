"""JavaScript: all numbers are doubles; shared parts are constants on lines of their own."""

from __future__ import annotations

from dcalc import spellings
from dcalc.expr import Expr
from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import assign, lay_out, refuse_name
from dcalc.numerals import decimal
from dcalc.spellings.js import KEYWORDS

bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One declaration per line, then the result."""
    return assign(parts, result, before="const ", end=";\n")


def _number(value: object) -> str:
    return decimal(value)  # type: ignore[arg-type]  # the value of a NUMBER node


def _symbol(text: str) -> str:
    if text in KEYWORDS:
        raise refuse_name(text, "JavaScript", "it has a meaning there")
    return text


def power(base: Child, exponent: Child) -> Layout:
    """A call: the operator refuses a sign before its left side."""
    return Layout(plain.ATOM, ["Math.pow(", base._replace(level=0), ", ", exponent._replace(level=0), ")"])


LANGUAGE = notation.LANGUAGE._replace(
    title="JavaScript", spellings=spellings.native("js"), number=_number, symbol=_symbol, power=power,
    two_at_a_time=False,
)  # fmt: skip
"""How nodes look in JavaScript; emitted programs look alike."""


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither Math nor simpler functions have."""
    return lay_out(node, negate, LANGUAGE)
