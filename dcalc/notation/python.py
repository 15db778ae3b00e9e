"""Python, for a program that says `import math`; shared parts are assignments on lines of their own."""

from __future__ import annotations

import keyword

from dcalc import functions as table
from dcalc import spellings
from dcalc.expr import Expr
from dcalc.notation import Child, Layout, plain
from dcalc.notation.common import assign, call, in_simpler_terms

SPELLINGS = spellings.native("python")
"""What Python itself, or its module `math`, has."""
bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One assignment per line, then the result."""
    return assign(parts, result)


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither Python nor simpler functions have."""
    node = in_simpler_terms(node, SPELLINGS, "the module math of Python")
    if node.op in SPELLINGS:
        return Layout(plain.ATOM, call(SPELLINGS[node.op], node.args))
    if node.op is table.SYMBOL:
        word = node.args[0]
        return Layout(plain.ATOM, [word + "_" * keyword.iskeyword(word.rstrip("_"))])
    if node.op is table.WHERE:
        condition, then, otherwise = (Child(arg, plain.OR) for arg in node.args)
        return Layout(plain.ATOM, ["(", then, " if ", condition, " else ", otherwise, ")"])
    level, pieces = plain.layout(node, negate)
    return Layout(level, ["math.sqrt(" if piece == "sqrt(" else piece for piece in pieces])
