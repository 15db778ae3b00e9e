"""The Wolfram Language, in InputForm; shared parts are assignments on lines of their own."""

from __future__ import annotations

from dcalc import spellings
from dcalc.expr import Expr, Number
from dcalc.functions import Row
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.notation.common import Language, assign, call, lay_out, refuse_name
from dcalc.numerals import decimal
from dcalc.spellings.mathematica import REFUSED
from dcalc.unknown import MOST_PRIMES

bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One assignment per line, then the result."""
    return assign(parts, result, end=";\n")


def _number(value: Number) -> str:
    return decimal(value).replace("e", "*^")


def _symbol(text: str) -> str:
    if "_" in text or not text.isascii():
        raise refuse_name(text, "Mathematica", "names have letters and digits alone")
    if text in REFUSED or text in spellings.calls("mathematica") or text in spellings.constants("mathematica"):
        raise refuse_name(text, "Mathematica", "it has a meaning there")
    return text


def _power(base: Child, exponent: Child) -> Layout:
    return Layout(plain.POWER, [base, "^", exponent])


def _choice(condition: Expr, then: Expr, otherwise: Expr) -> Layout:
    pieces: list[Piece] = ["Piecewise[{{", Child(then, 0), ", ", Child(condition, 0), "}}, ", Child(otherwise, 0), "]"]
    return Layout(plain.ATOM, pieces)


_LANGUAGE = Language(
    "Mathematica", spellings.native("mathematica"), _number, _symbol, _power, _choice, brackets="[]",
    dividend=plain.POWER,
)  # fmt: skip


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither Mathematica nor simpler functions have."""
    if node.op.orders:
        return Layout(plain.ATOM, call(_unknown_head(node.op), node.args, "[]"))
    return lay_out(node, negate, _LANGUAGE)


def _unknown_head(row: Row) -> str:
    """`f`, `f''`, `Derivative[1, 0][f]`."""
    function = _symbol(row.function)
    if len(row.orders) == 1 and row.orders[0] <= MOST_PRIMES:
        return function + "'" * row.orders[0]
    return f"Derivative[{', '.join(map(str, row.orders))}][{function}]" if any(row.orders) else function
