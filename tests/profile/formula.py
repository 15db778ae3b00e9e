"""Formulas of rational pieces, read by Python's own parser and evaluated in numbers beside a number."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache, reduce

from tests.profile.near import Near, NoValue, number

Values = Mapping[str, Near]
Formula = Callable[[Values], Near]
Condition = Callable[[Values], bool]


class Foreign(Exception):  # an answer, not an error
    """The text holds what has no exact meaning here, as sin does."""


@lru_cache(maxsize=4096)
def read(text: str) -> Formula:
    """The function that a text is. Raises Foreign."""
    *bindings, body = (part.strip() for part in text.split(";"))
    names: dict[str, Formula] = {}
    for binding in bindings:
        name, _, meaning = binding.partition("=")
        names[name.strip()] = _formula(_parsed(meaning), dict(names))
    return _formula(_parsed(body), names)


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise Foreign(text) from error


def _formula(node: ast.expr, names: Mapping[str, Formula]) -> Formula:
    match node:
        case ast.Constant(value=int() | float() as value):
            exact = number(Fraction(repr(value)) if isinstance(value, float) else value)
            return lambda _: exact
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Name(id=name):
            return lambda values: values[name]
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            operand = _formula(inner, names)
            return lambda values: -operand(values)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_formula(left, names), _formula(right, names))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            combine = _ARITHMETIC[type(op)]
            u, v = _formula(left, names), _formula(right, names)
            return lambda values: combine(u(values), v(values))
        case ast.Call(func=ast.Name(id="where"), args=[condition, yes, no]):
            holds = _condition(condition, names)
            then, other = _formula(yes, names), _formula(no, names)
            return lambda values: then(values) if holds(values) else other(values)
        case ast.Call(func=ast.Name(id=name), args=args) if name in _FUNCTIONS:
            apply = _FUNCTIONS[name]
            parts = [_formula(arg, names) for arg in args]
            return lambda values: apply([part(values) for part in parts])
    raise Foreign(ast.unparse(node))


def _condition(node: ast.expr, names: Mapping[str, Formula]) -> Condition:
    match node:
        case ast.BoolOp(op=op, values=parts):
            conditions = [_condition(part, names) for part in parts]
            quantifier = all if isinstance(op, ast.And) else any
            return lambda values: quantifier(holds(values) for holds in conditions)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            holds = _condition(inner, names)
            return lambda values: not holds(values)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            signs = _COMPARISONS[type(op)]
            u, v = _formula(left, names), _formula(right, names)
            return lambda values: (u(values) - v(values)).sign in signs
    raise Foreign(ast.unparse(node))


def _power(base: Formula, exponent: Formula) -> Formula:
    def power(values: Values) -> Near:
        try:
            count = exponent(values).exact()
        except ValueError as error:
            raise Foreign("a power that varies") from error
        u = base(values)
        if count.denominator != 1:
            raise Foreign(f"a power {count}")
        if count < 0 and not u.sign:
            raise NoValue
        return u ** int(count)

    return power


_ARITHMETIC: Mapping[type[ast.operator], Callable[[Near, Near], Near]] = {
    ast.Add: lambda u, v: u + v,
    ast.Sub: lambda u, v: u - v,
    ast.Mult: lambda u, v: u * v,
    ast.Div: lambda u, v: u / v,
}
_COMPARISONS: Mapping[type[ast.cmpop], tuple[int, ...]] = {
    ast.Lt: (-1,),
    ast.LtE: (-1, 0),
    ast.Gt: (1,),
    ast.GtE: (0, 1),
    ast.Eq: (0,),
    ast.NotEq: (-1, 1),
}


def _larger(u: Near, v: Near) -> Near:
    return u if (u - v).sign >= 0 else v


def _smaller(u: Near, v: Near) -> Near:
    return v if (u - v).sign >= 0 else u


_FUNCTIONS: Mapping[str, Callable[[Sequence[Near]], Near]] = {
    "abs": lambda z: -z[0] if z[0].sign < 0 else z[0],
    "max": lambda z: reduce(_larger, z),
    "min": lambda z: reduce(_smaller, z),
    "clip": lambda z: _smaller(_larger(z[0], z[1]), z[2]),
    "relu": lambda z: z[0] if z[0].sign > 0 else number(0),
    "sign": lambda z: number(z[0].sign),
    "step": lambda z: number(int(z[0].sign >= 0)),
    "floor": lambda z: z[0].floor(),
    "ceil": lambda z: -(-z[0]).floor(),
    "frac": lambda z: z[0] - z[0].floor(),
}
