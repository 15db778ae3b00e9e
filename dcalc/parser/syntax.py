"""Expressions in Python's syntax, read by the standard library's `ast`: for Python itself and for SymPy.

Nothing is evaluated. The tree is walked by a loop; what is nested too deeply for Python's own parser is
refused with a LimitError.
"""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc.errors import LimitError, ParseError
from dcalc.expr import Expr
from dcalc.parser.assembly import Assembler, Operand
from dcalc.parser.hints import short

if TYPE_CHECKING:
    from collections.abc import Sequence

_OPERATORS: dict[type[ast.operator], table.Row] = {
    ast.Add: table.ADD, ast.Sub: table.SUB, ast.Mult: table.MUL, ast.Div: table.DIV, ast.Pow: table.POW,
}  # fmt: skip
_RELATIONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_NO_OPERATOR: dict[type[ast.operator], tuple[str, str]] = {
    ast.BitXor: ("^ is the exclusive or of whole numbers in Python", "write ** for a power"),
    ast.MatMult: ("@ multiplies matrices", "write * for a product"),
    ast.LShift: ("<< shifts whole numbers", "write *"),
    ast.RShift: (">> shifts whole numbers", "write /"),
}


class Function(NamedTuple):
    """A function of one argument inside of an expression: ``body`` has ``parameter``, a symbol, where it stands."""

    parameter: Expr
    body: Expr


class Polynomial(NamedTuple):
    """A polynomial that is given by its coefficients, the constant first."""

    coefficients: tuple[Expr, ...]


Part = Operand | Function | Polynomial | list["Part"] | str | bool
"""What a part of the text is: an expression, a function, a list of them, a text, True or False."""


class Syntax(Assembler):
    """A text in Python's syntax, and what its parts mean. Subclasses say what a call is."""

    def parse(self) -> list[ast.stmt]:
        """The statements of the text. Raises ParseError and LimitError."""
        self.line_starts = [0]
        for line in self.source.splitlines(keepends=True):
            self.line_starts.append(self.line_starts[-1] + len(line))
        self.lines = self.source.splitlines() or [""]
        self.columns: dict[int, Sequence[int]] = {}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of `1if x else 2`, which is read all the same
                return ast.parse(self.source).body
        except SyntaxError as error:
            raise self._explain(error) from None
        except (RecursionError, MemoryError):
            raise LimitError(
                "the expression is nested too deeply for Python's syntax",
                help="give names to parts: t = x*(1 - x), and a line for each",
            ) from None
        except ValueError as error:  # null bytes
            raise ParseError(str(error), span=(0, 1), help="remove them") from None

    def _explain(self, error: SyntaxError) -> ParseError | LimitError:
        message = (error.msg or "invalid syntax").partition(" (")[0].rstrip(".")
        if "too many nested" in message or "integer string conversion" in message or "too complex" in message:
            return LimitError(f"Python refuses it: {message}", help="give names to parts: t = x*(1 - x)")
        line = min(max(error.lineno or 1, 1), len(self.lines))
        start = self.line_starts[line - 1] + min(max((error.offset or 1) - 1, 0), len(self.lines[line - 1]))
        if message == "invalid syntax":
            message = "this is not in Python's syntax"
        return self.error(message, (start, start + 1), "write one expression, such as x**2*sin(x)")

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node stands, in characters."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        last, end = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
        return self._place(line, column), self._place(last, end)

    def _place(self, line: int, column: int) -> int:
        return self.line_starts[line - 1] + (column if self.source.isascii() else self._characters(line)[column])

    def _characters(self, line: int) -> Sequence[int]:
        """For each byte of a line, and its end, the character that it belongs to."""
        if line not in self.columns:
            text = self.lines[line - 1]
            places = [place for place, char in enumerate(text) for _ in char.encode("utf-8", "replace")]
            self.columns[line] = [*places, len(text)]
        return self.columns[line]

    # --- the walk -----------------------------------------------------------------------

    def evaluate(self, root: ast.expr) -> Operand:
        """The expression that a tree means. Raises DcalcError."""
        return self.operand(self.walk(root), root)

    def walk(self, root: ast.expr) -> Part:
        """What a tree means, an expression or more. Raises DcalcError."""
        values: list[Part] = []
        stack: list[tuple[ast.expr, int]] = [(root, -1)]
        while stack:
            node, count = stack.pop()
            if count < 0:
                parts = self.parts(node)
                stack.append((node, len(parts)))
                stack += [(part, -1) for part in reversed(parts)]
            else:
                first = len(values) - count
                part = self.combine(node, values[first:])
                del values[first:]
                values.append(part)
        return values[0]

    def operand(self, part: Part, node: ast.AST) -> Operand:
        """A part as an expression. Raises ParseError for a function, a list, a text, a bare True."""
        if isinstance(part, Operand):
            return part
        if isinstance(part, Function | Polynomial):
            raise self.error("a function inside of an expression is not read", self.span(node), "write its formula")
        start, end = self.span(node)
        word = short(self.source[start:end], "this")
        raise self.error(f"{word} is not a number", (start, end), "write an expression")

    def parts(self, node: ast.expr) -> Sequence[ast.expr]:
        """The parts of a node that are expressions themselves. Raises ParseError for what is not read."""
        match node:
            case ast.BinOp():
                return (node.left, node.right)
            case ast.UnaryOp():
                return (node.operand,)
            case ast.Compare():
                return (node.left, *node.comparators)
            case ast.BoolOp():
                return node.values
            case ast.IfExp():
                return (node.test, node.body, node.orelse)
            case ast.List() | ast.Tuple():
                return node.elts
            case ast.Call():
                return self.arguments(node)
            case ast.Constant() | ast.Name() | ast.Attribute():
                return ()
        raise self.refuse(node)

    def refuse(self, node: ast.AST) -> ParseError:
        """The error for a construct that no expression needs."""
        start, end = self.span(node)
        what = {"Lambda": "a function inside of an expression", "Subscript": "an index", "Starred": "a * argument"}
        fix = "write a variable for it: x0 for x[0]" if isinstance(node, ast.Subscript) else "write its formula"
        name = what.get(type(node).__name__, "this")
        return self.error(f"{name} is not read", (start, end), fix)

    def arguments(self, node: ast.Call) -> Sequence[ast.expr]:
        """The arguments of a call, those with names after the others."""
        for keyword in node.keywords:
            if keyword.arg is None:
                raise self.refuse(keyword.value)
        return [*node.args, *(keyword.value for keyword in node.keywords)]

    def combine(self, node: ast.expr, values: Sequence[Part]) -> Part:
        """What a node means, given its parts."""
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name():
                return self.variable(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.BinOp():
                return self.binary(node, values)
            case ast.UnaryOp():
                return self.unary(node, values)
            case ast.Compare():
                return self.compared(node, values)
            case ast.BoolOp():
                return self.connected(node, values)
            case ast.IfExp():
                return self.conditional(node, values)
            case ast.Call():
                return self.read_call(node, values)
        return list(values)

    def read_call(self, node: ast.Call, values: Sequence[Part]) -> Part:
        """What a call means."""
        raise NotImplementedError

    def attribute(self, node: ast.Attribute) -> Part:
        """What `a.b` means where it is not called."""
        raise self.refuse(node)

    # --- leaves and operators -----------------------------------------------------------

    def constant(self, node: ast.Constant) -> Part:
        """A number, a text, True or False."""
        start, end = self.span(node)
        value = node.value
        if isinstance(value, bool | str):
            return value
        if isinstance(value, int | float):
            text = self.source[start:end]
            if text[:1] == "0" and text[1:2].lower() in ("x", "b", "o"):
                text = str(value)
            return self.number(text, start, end)
        if isinstance(value, complex):
            raise self.error("dcalc computes with real numbers", (start, end), "leave the imaginary part out")
        raise self.refuse(node)

    def variable(self, node: ast.Name) -> Part:
        """A name."""
        return self.name(node.id, *self.span(node))

    def binary(self, node: ast.BinOp, values: Sequence[Part]) -> Part:
        """`a + b` and its like."""
        left, right = self.operand(values[0], node.left), self.operand(values[1], node.right)
        kind = type(node.op)
        span = self.span(node)
        if kind in _NO_OPERATOR:
            message, fix = _NO_OPERATOR[kind]
            if kind is ast.BitXor:
                fix = f"write {self.words(left, 'x')}**{self.words(right, '2')}"
            raise self.error(message, span, fix)
        if kind in (ast.BitAnd, ast.BitOr):
            return self.connection(table.AND if kind is ast.BitAnd else table.OR, left, right)
        if kind is ast.FloorDiv:
            return self.operation(table.FLOOR, self.operation(table.DIV, left, right))
        if kind is ast.Mod:
            return self.operation(table.MOD, left, right)
        return self.place(self.operation(_OPERATORS[kind], left, right).node, *span)

    def unary(self, node: ast.UnaryOp, values: Sequence[Part]) -> Part:
        """`-a`, `+a`, `not a`, `~a`."""
        operand = self.operand(values[0], node.operand)
        start = self.span(node)[0]
        if isinstance(node.op, ast.UAdd):
            return Operand(self.value(operand), start, operand.end)
        is_sign = isinstance(node.op, ast.USub)
        part = self.operation(table.NEG, operand) if is_sign else self.connection(table.NOT, operand)
        return Operand(part.node, start, operand.end)

    def compared(self, node: ast.Compare, values: Sequence[Part]) -> Part:
        """`a < b`, and chains."""
        operands = [self.operand(v, n) for v, n in zip(values, (node.left, *node.comparators), strict=True)]
        for op in node.ops:
            if type(op) not in _RELATIONS:
                raise self.error("this does not compare numbers", self.span(node), "write == or !=")
        return self.chain(operands, [_RELATIONS[type(op)] for op in node.ops])

    def connected(self, node: ast.BoolOp, values: Sequence[Part]) -> Part:
        """`a and b`, `a or b`."""
        row = table.AND if isinstance(node.op, ast.And) else table.OR
        whole = self.operand(values[0], node.values[0])
        for value, part in zip(values[1:], node.values[1:], strict=True):
            whole = self.connection(row, whole, self.operand(value, part))
        return whole

    def conditional(self, node: ast.IfExp, values: Sequence[Part]) -> Part:
        """`a if c else b`."""
        test, then, otherwise = (
            self.operand(v, n) for v, n in zip(values, (node.test, node.body, node.orelse), strict=True)
        )
        return self.choice(test, then, otherwise, *self.span(node))


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of names alone, or None."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(words)])
