"""Python, for a program that says `import math`; shared parts are assignments on lines of their own."""

from __future__ import annotations

import keyword
import math

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.rules import body, fill

_BUILT_IN = ("abs", "max", "min")
_OTHERS = ("factorial", "erf/2")
"""Rows whose name is one of `math` that does something else: of whole numbers only, or of one argument."""


def _spell(row: Row) -> str:
    if row.name in _BUILT_IN:
        return row.name
    return f"math.{row.name}" if hasattr(math, row.name) and row.key not in _OTHERS else ""


SPELLINGS = {row: text for row in (*table.CONSTANTS.values(), *table.functions()) if (text := _spell(row))}
"""What Python itself, or its module `math`, has."""


def bracket(text: str) -> tuple[str, str]:
    """Round brackets."""
    return plain.bracket(text)


def name(number: int) -> str:
    """t1, t2, ..."""
    return plain.name(number)


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One assignment per line, then the result."""
    lines: list[str] = []
    for part, text in parts:
        lines += [part, " = ", *text, "\n"]
    return lines + result


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither Python nor simpler functions have."""
    spelling = SPELLINGS.get(node.op)
    while not spelling and (simpler := _in_simpler_terms(node)) is not None:
        node = simpler
        spelling = SPELLINGS.get(node.op)
    if spelling:
        return Layout(plain.ATOM, [spelling, *_arguments(node)])
    if node.op is table.SYMBOL:
        return Layout(plain.ATOM, [node.args[0] + "_" * keyword.iskeyword(node.args[0])])
    if node.op is table.WHERE:
        condition, then, otherwise = (Child(arg, plain.OR) for arg in node.args)
        return Layout(plain.ATOM, ["(", then, " if ", condition, " else ", otherwise, ")"])
    level, pieces = plain.layout(node, negate)
    return Layout(level, ["math.sqrt(" if piece == "sqrt(" else piece for piece in pieces])


def _arguments(node: Expr) -> list[Piece]:
    if not node.args:
        return []
    pieces: list[Piece] = ["("]
    for arg in node.args:
        pieces += [Child(arg, 0), ", "]
    return [*pieces[:-1], ")"]


def _in_simpler_terms(node: Expr) -> Expr | None:
    """A call as an expression in other functions; None for what is not a call. Raises Unsupported."""
    row = node.op
    if row.body:
        return body(node)
    if row.written:
        return fill(row.written, row.args, dict(zip(row.args, node.args, strict=True)))
    if row is table.WHERE or row.name not in table.BY_NAME:
        return None
    raise Unsupported(f"the module math of Python has no {row.name}", help="write --to plain")
