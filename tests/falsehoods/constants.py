"""Numbers written as formulas, `-1/3` or `2*exp(-2)/sqrt(pi)`, to 60 digits by mpmath."""

from __future__ import annotations

import ast
from fractions import Fraction

from mpmath import mp, mpf

DIGITS = 60
_OPERATORS = {
    ast.Add: lambda u, v: u + v,
    ast.Sub: lambda u, v: u - v,
    ast.Mult: lambda u, v: u * v,
    ast.Div: lambda u, v: u / v,
    ast.Pow: lambda u, v: u**v,
}


def constant(text: str) -> mpf:
    """The value of a formula without variables; functions and constants are those of mpmath."""
    with mp.workdps(DIGITS):
        return mpf(_value(ast.parse(text, mode="eval").body))


def double(text: str) -> float:
    """The double that is nearest."""
    return float(constant(text))


def _value(node: ast.expr) -> mpf:
    match node:
        case ast.Constant(value=int() | float() as number):
            exact = Fraction(repr(number))
            return mpf(exact.numerator) / exact.denominator
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left), _value(right))
        case ast.Name(id=name):
            return +getattr(mp, name)
        case ast.Call(func=ast.Name(id=name), args=args):
            return getattr(mp, name)(*map(_value, args))
    raise ValueError(ast.unparse(node))
