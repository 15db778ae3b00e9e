"""Expressions as programs of another library: as typed, in the library's own functions, operation by operation.

What the library calls the rows of the table stands in `dcalc.spellings`, for backends and for programs alike. A
function that the library lacks is written out by its body, or as a textbook does; nothing is made stable.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import spellings
from dcalc.errors import Unsupported
from dcalc.expr import Expr, is_leaf, make, number, walk
from dcalc.functions import Row
from dcalc.notation.common import in_simpler_terms
from dcalc.rules import pairs

Value = Any
"""What a library computes with: numbers, arrays, tracers, tensors or symbols of its own."""
Operation = Callable[..., Value]
_LARGEST_TREE = 5_000
"""Nodes up to which what is typed twice is computed twice, as a script would."""
_EXACT = 1 << 53


def _sum(*args: Value) -> Value:
    return reduce(operator.add, args)


def _product(*args: Value) -> Value:
    return reduce(operator.mul, args)


_OPERATORS: dict[Row, Operation] = {
    table.ADD: _sum, table.SUB: operator.sub, table.MUL: _product, table.DIV: operator.truediv,
    table.NEG: operator.neg, table.POW: operator.pow, table.LT: operator.lt, table.LE: operator.le,
    table.GT: operator.gt, table.GE: operator.ge, table.EQ: operator.eq, table.NE: operator.ne,
}  # fmt: skip
_CONSTANTS = {table.PI: math.pi, table.E: math.e}


class Library:
    """The functions of a library by row.

    ``modules`` are what the spellings of ``language`` begin with; ``operations`` are `where`, the connectives of
    conditions, and operators that differ from Python's. ``number`` makes a literal; ``wrap`` makes a function of the
    library one that takes Python's numbers, where it insists on its own.
    """

    def __init__(
        self,
        title: str,
        language: str,
        modules: Mapping[str, Value],
        operations: Mapping[Row, Operation],
        *,
        number: Callable[[Any], Value] | None = None,
        wrap: Callable[[Row, Operation], Operation] | None = None,
    ) -> None:
        self.title = title
        self.number = number or _python_number
        self.constants: dict[Row, Value] = {}
        self.operations: dict[Row, Operation] = {**_OPERATORS, **operations}
        for row, spelling in spellings.idioms(language).items():
            try:
                value = _read_spelling(spelling, modules)
            except (AttributeError, KeyError):  # another version of the library may have it
                continue
            if not row.args:
                self.constants[row] = value
            elif row not in operations:
                self.operations[row] = value if wrap is None else wrap(row, value)
        self.known = {**dict.fromkeys(self.operations, ""), **dict.fromkeys(self.constants, "")}


def _python_number(value: Any) -> int | float:
    return value if isinstance(value, int) and abs(value) <= _EXACT else float(value)


# --- spellings ------------------------------------------------------------------------------


def _read_spelling(spelling: str, modules: Mapping[str, Value]) -> Value:
    """The function or the constant that a spelling names. Raises AttributeError, KeyError where it is missing."""
    if "{" not in spelling:
        return _look_up(ast.parse(spelling, mode="eval").body, modules)
    text = re.sub(r"\{(\d)\}", r"_\1", spelling.replace("{*}", "*_"))
    tree = ast.parse(text, mode="eval").body
    for part in ast.walk(tree):
        if isinstance(part, ast.Call):
            _look_up(part.func, modules)

    def call(*args: Value) -> Value:
        return _apply(tree, args, modules)

    return call


def _look_up(path: ast.expr, modules: Mapping[str, Value]) -> Value:
    """What a name with dots stands for."""
    names: list[str] = []
    while isinstance(path, ast.Attribute):
        names.append(path.attr)
        path = path.value
    assert isinstance(path, ast.Name)
    if path.id not in modules and "" in modules:  # names without a prefix
        return getattr(modules[""], path.id)
    return reduce(getattr, reversed(names), modules[path.id])


def _apply(part: ast.expr, args: tuple[Value, ...], modules: Mapping[str, Value]) -> Value:
    """The value of a template: calls, arguments, numbers, and an item of what a call gives."""
    match part:
        case ast.Name(id=name) if name.startswith("_"):
            return args[int(name[1:])]
        case ast.Constant(value=value):
            return value
        case ast.List(elts=[ast.Starred()]):
            return list(args)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_apply(inner, args, modules)
        case ast.BinOp(op=ast.Sub(), left=left, right=right):
            return _apply(left, args, modules) - _apply(right, args, modules)
        case ast.Subscript(value=inner, slice=place):
            return _apply(inner, args, modules)[_apply(place, args, modules)]
        case ast.Call(func=function, args=given, keywords=keywords):
            named = {word.arg or "": _apply(word.value, args, modules) for word in keywords}
            return _look_up(function, modules)(*[_apply(one, args, modules) for one in given], **named)
        case _:
            return _look_up(part, modules)


# --- programs -------------------------------------------------------------------------------


class _Step(NamedTuple):
    """An operation on earlier values; without one a literal or, where ``value`` is a text, a variable."""

    operation: Operation | None
    value: Any
    places: tuple[int, ...] = ()


class Program:
    """An expression in the functions of a library: a function of its variables. Raises Unsupported by name.

    ``written_out`` are the rows that the library lacks, and that stand in simpler ones. What occurs twice is
    computed twice, as it was typed, unless that would be more than some thousands of operations.
    """

    def __init__(self, root: Expr, library: Library) -> None:
        self.library = library
        self.written_out: list[Row] = []
        self._simple: dict[int, Expr] = {}
        self.steps: list[_Step] = []
        self.is_shared = _tree_size(root) > _LARGEST_TREE
        self._compile(root)

    def __call__(self, inputs: Mapping[str, Value]) -> Value:
        """The value at an input, in numbers of the library."""
        values: list[Value] = []
        for operation, value, places in self.steps:
            if operation is None:
                values.append(inputs[value] if isinstance(value, str) else value)
            else:
                result = operation(*[values[place] for place in places])
                values.append(math.nan if type(result) is complex else result)
        return values[-1]

    def _compile(self, root: Expr) -> None:
        operands: list[int] = []
        places: dict[int, int] = {}
        stack = [(root, root, False)]
        while stack:
            node, simple, is_ready = stack.pop()
            if self.is_shared and node.id in places:
                operands.append(places[node.id])
                continue
            if not is_ready:
                simple = self._simplify(node)
                stack.append((node, simple, True))
                if not is_leaf(simple):
                    stack += [(arg, arg, False) for arg in reversed(simple.args)]
                continue
            count = 0 if is_leaf(simple) else len(simple.args)
            taken = tuple(operands[len(operands) - count :])
            del operands[len(operands) - count :]
            self.steps.append(self._step(simple, taken))
            places[node.id] = len(self.steps) - 1
            operands.append(places[node.id])

    def _step(self, node: Expr, places: tuple[int, ...]) -> _Step:
        row = node.op
        if row is table.SYMBOL:
            return _Step(None, node.args[0])
        if row is table.NUMBER:
            return _Step(None, self.library.number(node.args[0]))
        if not row.args:
            constants = self.library.constants
            return _Step(None, constants[row] if row in constants else _CONSTANTS[row])
        return _Step(self.library.operations[row], None, places)

    def _simplify(self, node: Expr) -> Expr:
        """The node in functions of the library, at its top."""
        simple = self._simple.get(node.id)
        if simple is None:
            simple = node
            row = node.op
            if row.fold and row.args and row.name in table.BY_NAME and len(node.args) != 2:
                simple = pairs(node)
            elif row.defaults and len(node.args) < len(row.args):
                given = len(node.args) - len(row.args)
                simple = make(row, *node.args, *(number(Fraction(text)) for text in row.defaults[given:]))
            if not (is_leaf(simple) or simple.op in self.library.known or simple.op in _CONSTANTS):
                self.written_out += [simple.op] if simple.op not in self.written_out else []
                simple = self._write_out(simple)
            self._simple[node.id] = simple
        return simple

    def _write_out(self, node: Expr) -> Expr:
        try:
            simple = in_simpler_terms(node, self.library.known, self.library.title)
        except Unsupported as error:
            raise Unsupported(error.message, help="use --backend reference") from None
        if not (is_leaf(simple) or simple.op in self.library.known or simple.op in _CONSTANTS):
            raise Unsupported(f"{self.library.title} has no {simple.op.name}", help="use --backend reference")
        return simple


def _tree_size(root: Expr) -> int:
    """The number of nodes where what is shared counts as often as it occurs."""
    sizes: dict[int, int] = {}
    for node in walk(root):
        sizes[node.id] = 1 if is_leaf(node) else 1 + sum(sizes[arg.id] for arg in node.args)
    return sizes[root.id]
