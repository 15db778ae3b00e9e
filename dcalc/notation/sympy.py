"""SymPy; shared parts are assignments on lines of their own."""

from __future__ import annotations

import keyword

from dcalc import functions as table
from dcalc import spellings
from dcalc.expr import Expr
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.notation.common import Language, assign, call, lay_out
from dcalc.numerals import decimal
from dcalc.spellings.sympy import REFUSED

_CONNECTIONS = {table.AND: "And", table.OR: "Or", table.NOT: "Not", table.EQ: "Eq", table.NE: "Ne"}
_CLASSES = ("E", "I", "N", "O", "Q", "S", "pi", "oo", "zoo", "nan")
bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One assignment per line, then the result."""
    return assign(parts, result)


def _symbol(text: str) -> str:
    if text in _CLASSES or text in REFUSED or text in spellings.constants("sympy") or keyword.iskeyword(text):
        return f"Symbol('{text}')"
    return text


def _power(base: Child, exponent: Child) -> Layout:
    return Layout(plain.POWER, [base, "**", exponent])


def _choice(condition: Expr, then: Expr, otherwise: Expr) -> Layout:
    pieces: list[Piece] = [
        "Piecewise((",
        Child(then, 0),
        ", ",
        Child(condition, 0),
        "), (",
        Child(otherwise, 0),
        ", True))",
    ]
    return Layout(plain.ATOM, pieces)


_LANGUAGE = Language(
    "SymPy", spellings.native("sympy"), decimal, _symbol, _power, _choice,
)  # fmt: skip


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks. Raises Unsupported for a function that neither SymPy nor simpler functions have."""
    if node.op.orders:
        return _unknown_call(node)
    if node.op in _CONNECTIONS:
        return Layout(plain.ATOM, call(_CONNECTIONS[node.op], node.args))
    if node.op is table.DIV and all(part.op is table.NUMBER and type(part.args[0]) is int for part in node.args):
        return Layout(plain.ATOM, call("Rational", node.args))  # 1/3 would be a decimal in Python
    return lay_out(node, negate, _LANGUAGE)


def _unknown_call(node: Expr) -> Layout:
    """`Function('f')(x)`, `Derivative(Function('f')(x), (x, 2))`; `Subs` where it is not at a variable."""
    function, orders = f"Function('{node.op.function}')", node.op.orders
    if not any(orders):
        return Layout(plain.ATOM, call(function, node.args))
    names = [_symbol(arg.args[0]) if arg.op is table.SYMBOL else "" for arg in node.args]
    is_plain = all(names) and len(set(names)) == len(names)
    if not is_plain:
        names = [f"Symbol('xi_{place + 1}')" for place in range(len(names))]
    by = ", ".join(f"({name}, {order})" for name, order in zip(names, orders, strict=True) if order)
    inner = f"Derivative({function}({', '.join(names)}), {by})"
    if is_plain:
        return Layout(plain.ATOM, [inner])
    ends = ", "
    points: list[Piece] = []
    for arg in node.args:
        points += [Child(arg, 0), ends]
    return Layout(plain.ATOM, [f"Subs({inner}, ({', '.join(names)},), (", *points, "))"])
