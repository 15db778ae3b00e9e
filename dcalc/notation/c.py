"""C, for a program that includes math.h: all numbers are doubles; shared parts are constants on lines of their own."""

from __future__ import annotations

from dcalc import spellings
from dcalc.expr import Expr, Number
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.notation.common import Language, assign, lay_out
from dcalc.numerals import decimal
from dcalc.spellings.c import KEYWORDS

bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One declaration per line, then the result."""
    return assign(parts, result, before="const double ", end=";\n")


def _number(value: Number) -> str:
    """A double: whole numbers have a decimal point, or C would divide them as such."""
    text = decimal(value)
    return text if "." in text or "e" in text else text + ".0"


def _symbol(text: str) -> str:
    stem = text.rstrip("_")
    return text + "_" if stem in KEYWORDS else text


def _power(base: Child, exponent: Child) -> Layout:
    return Layout(plain.ATOM, ["pow(", base._replace(level=0), ", ", exponent._replace(level=0), ")"])


def _choice(condition: Expr, then: Expr, otherwise: Expr) -> Layout:
    pieces: list[Piece] = [
        "(",
        Child(condition, plain.OR),
        " ? ",
        Child(then, plain.SUM),
        " : ",
        Child(otherwise, plain.SUM),
        ")",
    ]
    return Layout(plain.ATOM, pieces)


LANGUAGE = Language(
    "C", spellings.native("c"), _number, _symbol, _power, _choice, two_at_a_time=True,
)  # fmt: skip
"""How nodes look in C; emitted programs look alike."""


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither math.h nor simpler functions have."""
    return lay_out(node, negate, LANGUAGE)
