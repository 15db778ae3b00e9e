"""SymPy's expressions, by their tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc import spellings
from dcalc.backends.engines.common.engine import import_library
from dcalc.errors import LimitError, Unsupported, UsageError
from dcalc.expr import Expr, make, number, symbol
from dcalc.functions import Row
from dcalc.numerals import rational
from dcalc.rules import fill

_MOST_NODES = 200_000
_RELATIONS = {
    "StrictLessThan": table.LT, "LessThan": table.LE, "StrictGreaterThan": table.GT, "GreaterThan": table.GE,
    "Equality": table.EQ, "Unequality": table.NE,
}  # fmt: skip
_CONSTANTS = {"Pi": "pi", "Exp1": "e", "EulerGamma": "-digamma(1)", "GoldenRatio": "(1 + sqrt(5))/2"}
_OTHERS = {
    "exp": "exp(x)", "loggamma": "lgamma(x)", "Heaviside": "where(x > 0, 1, where(x < 0, 0, y))", "cosm1": "cos(x) - 1",
    "log1p": "log1p(x)", "expm1": "expm1(x)", "exp2": "2**x", "log2": "log2(x)", "log10": "log10(x)",
    "Cbrt": "x**(1/3)",
    "hypot": "hypot(x, y)", "Sqrt": "sqrt(x)", "conjugate": "x", "re": "x", "erf2": "erf(x, y)", "polygamma":
    "polygamma(x, y)",
}  # fmt: skip
"""Functions of SymPy's that are not rows under a spelling, in x and y."""


def read(expression: object) -> Expr:
    """The node that a SymPy expression is. Raises Unsupported by name, UsageError for what is not an expression."""
    sympy = import_library("sympy", "SymPy", "sympy")
    if not isinstance(expression, sympy.Basic):
        raise UsageError(
            f"a {type(expression).__name__} is not a SymPy expression", help="pass one, such as sympy.sin(x)"
        )
    images: dict[Any, Expr] = {}
    stack: list[Any] = [expression]
    while stack:
        node = stack[-1]
        if node in images:
            stack.pop()
            continue
        _check_name(node)
        missing = [arg for arg in _children(node) if arg not in images]
        if missing:
            stack += missing
            continue
        stack.pop()
        images[node] = _build(node, [images[arg] for arg in _children(node)])
        if len(images) > _MOST_NODES:
            raise LimitError(f"more than {_MOST_NODES:,} nodes", help="read a smaller expression")
    root = images[expression]
    _check_variables(images)
    if root.op in table.CONDITIONS:
        raise UsageError(f"{expression} is a condition, not a number", help="choose by it, with sympy.Piecewise")
    return root


def _check_variables(images: Mapping[Any, Expr]) -> None:
    """Raise Unsupported where two symbols are one variable: SymPy tells them apart by more than their letters."""
    symbols: dict[Expr, Any] = {}
    for node, image in images.items():
        if node.is_Symbol and symbols.setdefault(image, node) is not node:
            raise Unsupported(
                f"two symbols, {symbols[image].name} and {node.name}, would both be called {image.args[0]}",
                help="rename one of them; symbols with other assumptions are others",
            )


def _check_name(node: Any) -> None:
    """Raise Unsupported for what cannot be read, before its arguments are looked at."""
    name, count = type(node).__name__, len(node.args)
    known = node.is_Symbol or node.is_Number or name in _CONSTANTS or name in _RELATIONS or name in _RULES
    if not (known or (name, count) in _rows() or name in _OTHERS):
        raise Unsupported(f"{name} of SymPy cannot be read", help="evaluate it with doit(), or write it otherwise")


def _children(node: Any) -> list[Any]:
    """The arguments that are expressions; those of a Piecewise in one row."""
    name = type(node).__name__
    if name == "Piecewise":
        return [part for pair in node.args for part in pair.args]
    return [] if node.is_Symbol or node.is_Number or not node.args else list(node.args)


def _build(node: Any, args: list[Expr]) -> Expr:
    name = type(node).__name__
    if node.is_Symbol:
        return _variable(node)
    if node.is_Number:
        return _number(node)
    if name in _CONSTANTS:
        return fill(_CONSTANTS[name], (), {})
    if name in _RELATIONS:
        return make(_RELATIONS[name], *args)
    rule = _RULES.get(name)
    if rule is not None:
        return rule(node, args)
    spelled = _rows().get((name, len(args)))
    if spelled is not None:
        return make(spelled, *args)
    return fill(_OTHERS[name], ("x", "y"), dict(zip(("x", "y"), args, strict=False)))


def _variable(node: Any) -> Expr:
    name = "".join(char if char.isalnum() or char == "_" else "_" for char in node.name)
    if not name.isidentifier():
        raise Unsupported(f"{node.name!r} cannot be the name of a variable", help="rename the symbol")
    return symbol(name)


def _number(node: Any) -> Expr:
    if node.is_Rational:
        p, q = int(node.p), int(node.q)
        size = number(abs(p)) if q == 1 else make(table.DIV, number(abs(p)), number(q))
        return make(table.NEG, size) if p < 0 else size
    if not node.is_finite:
        raise Unsupported(f"{node} is not a real number", help="dcalc computes with real numbers")
    digits = str(node) if node._prec > 64 else repr(float(node))
    size = number(rational(digits.lstrip("-")))
    return make(table.NEG, size) if node < 0 else size


def _fold_sum(_node: Any, args: list[Expr]) -> Expr:
    """SymPy writes a difference as a sum with a negative term."""
    return make(table.ADD, *args)


def _fold_product(_node: Any, args: list[Expr]) -> Expr:
    return make(table.MUL, *args)


def _piecewise(_node: Any, args: list[Expr]) -> Expr:
    """Nested choices; where no condition holds, it is undefined."""
    result: Expr | None = None
    for value, condition in reversed(list(zip(args[::2], args[1::2], strict=True))):
        if condition is _TRUE:
            result = value
        else:
            result = make(table.WHERE, condition, value, _NOWHERE if result is None else result)
    assert result is not None
    return result


def _minimum(row: Row) -> Callable[[Any, list[Expr]], Expr]:
    return lambda _node, args: make(row, *args)


def _connect(row: Row) -> Callable[[Any, list[Expr]], Expr]:
    def rule(_node: Any, args: list[Expr]) -> Expr:
        result, *rest = args
        for arg in rest:
            result = make(row, result, arg)
        return result

    return rule


_NOWHERE = make(table.DIV, number(0), number(0))
_TRUE = make(table.EQ, number(0), number(0))
_FALSE = make(table.NE, number(0), number(0))
_RULES: dict[str, Callable[[Any, list[Expr]], Expr]] = {
    "Add": _fold_sum, "Mul": _fold_product, "Pow": lambda _node, args: _power(*args), "Piecewise": _piecewise,
    "Min": _minimum(table.MIN), "Max": _minimum(table.MAX), "And": _connect(table.AND), "Or": _connect(table.OR),
    "Not": lambda _node, args: make(table.NOT, *args), "BooleanTrue": lambda _node, _args: _TRUE,
    "BooleanFalse": lambda _node, _args: _FALSE, "ITE": lambda _node, args: _choose(*args),
    "ExprCondPair": lambda _node, args: args[0],
}  # fmt: skip


def _choose(condition: Expr, first: Expr, second: Expr) -> Expr:
    """The one or the other, which may be conditions themselves."""
    if first.op in table.CONDITIONS and second.op in table.CONDITIONS:
        otherwise = make(table.AND, make(table.NOT, condition), second)
        return make(table.OR, make(table.AND, condition, first), otherwise)
    return make(table.WHERE, condition, first, second)


def _power(base: Expr, exponent: Expr) -> Expr:
    """A power; the one half is a square root, as SymPy prints it."""
    if exponent is _HALF:
        return make(table.SQRT, base)
    return make(table.POW, base, exponent)


_HALF = make(table.DIV, number(1), number(2))


@cache
def _rows() -> dict[tuple[str, int], Row]:
    """The rows of the table by the class of SymPy's and the number of arguments."""
    known: dict[tuple[str, int], Row] = {}
    for row, spelling in spellings.native("sympy").items():
        if row.args and row.name not in ("root", "sinc"):
            for count in range(row.minimum, len(row.args) + 1):
                known.setdefault((spelling, count), row)
    sinc = table.find("sinc", 1)
    assert sinc is not None
    known["sinc", 1] = sinc
    return known
