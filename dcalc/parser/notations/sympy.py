"""SymPy: what `str`, `srepr` and `print` give, and what one types at its prompt.

A quotient of whole numbers is exact. `root` and `cbrt` are powers, as in SymPy, and not real roots.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.expr import UNDEFINED, Expr, symbol
from dcalc.parser.assembly import Context, Operand, choose_among
from dcalc.parser.notations import Reading
from dcalc.parser.syntax import Part, Syntax, dotted

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIXES = ("sympy", "sp", "sym", "sy", "S")
TITLE = "SymPy"
_SIGNS = re.compile(
    r"\b(?:sympy|sp|sym)\.\w|\b(?:Piecewise|Rational|Symbol|Heaviside|Abs|Integer|Pow|LambertW|Float)\(|\bMax\("
)
_FOLDS = {"Add": table.ADD, "Mul": table.MUL, "Max": table.MAX, "Min": table.MIN}
_RELATED = {
    "Eq": "==", "Equality": "==", "Ne": "!=", "Unequality": "!=", "Lt": "<", "StrictLessThan": "<", "Le": "<=",
    "LessThan": "<=", "Gt": ">", "StrictGreaterThan": ">", "Ge": ">=", "GreaterThan": ">=",
}  # fmt: skip
_CONNECTED = {"And": table.AND, "Or": table.OR}
_NUMBERS = ("Integer", "Float", "Rational", "S", "sympify", "simplify", "N", "expand")


def resembles(text: str) -> bool:
    """True for `Piecewise(`, `Rational(`, `Symbol(` and their like."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression that a text means. Raises DcalcError."""
    return _Text(text, context).reading()


class _Text(Syntax):
    """One expression, or assignments and then one."""

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text.strip(), "sympy", context)

    def reading(self) -> Reading:
        """The whole text."""
        value: Expr | None = None
        target = None
        for statement in self.parse():
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Name(id="Lambda"), args=[ast.Name() as argument, body])):
                    target = argument.id
                    value = self.value(self.evaluate(body))
                case ast.Expr():
                    value = self.value(self.evaluate(statement.value))
                case ast.Import() | ast.ImportFrom():
                    pass
                case ast.Assign(targets=[ast.Name() as name]):
                    if not _declares_symbols(statement.value):
                        value = self.bound[name.id] = self.value(self.evaluate(statement.value))
                case ast.Assign(targets=[ast.Tuple()]) if _declares_symbols(statement.value):
                    pass
                case _:
                    raise self.error("this statement is not read", self.span(statement), "write one expression")
        if value is None:
            raise self.error("there is no expression", (0, len(self.source)), "write one")
        return Reading(value, target)

    def attribute(self, node: ast.Attribute) -> Part:
        """`sp.pi`, `S.Half`."""
        path = dotted(node) or ""
        prefix, _, word = path.rpartition(".")
        constant = {"Half": "1/2", "Pi": "pi", "Exp1": "e", "One": "1", "Zero": "0", "NegativeOne": "-1"}.get(word)
        if prefix in _PREFIXES and (constant or word in self.constants or word in self.refused):
            return self.name(word, *self.span(node), constant=constant or self.constants.get(word))
        raise self.refuse(node)

    def read_call(self, node: ast.Call, values: Sequence[Part]) -> Part:
        """A function or a class of SymPy."""
        span, args = self.span(node), list(values)
        path = dotted(node.func)
        prefix, _, name = (path or "").rpartition(".")
        if path is None or (prefix and prefix not in _PREFIXES):
            raise self.error("methods are not read", self.span(node.func), "write the expression")
        if name in ("Symbol", "Dummy", "symbols", "var"):
            if args and isinstance(args[0], str) and args[0].isidentifier():
                return self.place(self.bound.get(args[0]) or symbol(args[0]), *span)
            raise self.error("this name is not read", span, "write Symbol('x')")
        if name in ("Piecewise", "ExprCondPair", "ITE"):
            return self._piecewise(name, args, node, span)
        if name in _NUMBERS and args and (len(args) == 1 or name == "Float"):
            return self._number(args[0], node, span)
        keywords = {argument.arg for argument in node.keywords} - {"evaluate"}
        if keywords:
            raise self.error(f"{sorted(filter(None, keywords))[0]}= is not read", span, "leave it out")
        args = args[: len(args) - len(node.keywords)]
        operands = [self.operand(arg, node) for arg in args]
        if name in _RELATED and len(operands) == 2:
            return self.place(self.chain(operands, [_RELATED[name]]).node, *span)
        if name in _CONNECTED and len(operands) > 1:
            return self._joined(_CONNECTED[name], operands, span)
        if name == "Not" and len(operands) == 1:
            return self.place(self.connection(table.NOT, *operands).node, *span)
        if name in ("Add", "Mul") and operands:
            return self._joined(_FOLDS[name], operands, span)
        return self.call(name, operands, span, self.span(node.func))

    def _joined(self, row: table.Row, operands: Sequence[Operand], span: tuple[int, int]) -> Operand:
        whole = operands[0]
        for operand in operands[1:]:
            whole = (
                self.connection(row, whole, operand) if row in table.CONDITIONS else self.operation(row, whole, operand)
            )
        return Operand(whole.node, *span)

    def _number(self, part: Part, node: ast.Call, span: tuple[int, int]) -> Part:
        """`Integer(2)`, `Float('0.5', precision=53)`, `S(1)`."""
        if not isinstance(part, str):
            return Operand(self.value(self.operand(part, node)), *span)
        text = part.strip()
        above, slash, below = text.partition("/")
        if text.lstrip("-").replace(".", "", 1).replace("e", "", 1).replace("-", "").replace("+", "").isdigit():
            value = self.number(text.lstrip("-"), *span)
            return self.operation(table.NEG, value) if text.startswith("-") else value
        if slash and above.isdigit() and below.isdigit():
            return self.operation(table.DIV, self.number(above, *span), self.number(below, *span))
        raise self.error("this text is not read", span, "write it without quotes")

    def _piecewise(self, name: str, args: list[Part], node: ast.Call, span: tuple[int, int]) -> Part:
        """Pairs of values and conditions; the last one is often True."""
        if name == "ExprCondPair":
            return args
        if name == "ITE":
            if len(args) != 3:
                raise self.error("ITE takes a condition and two values", span, "write ITE(c, a, b)")
            condition, then, otherwise = (self.operand(arg, node) for arg in args)
            return self.choice(condition, then, otherwise, *span)
        rows: list[tuple[Expr, Expr | None]] = []
        for arg in args[: len(args) - len(node.keywords)]:
            if not isinstance(arg, list) or len(arg) != 2:
                raise self.error("Piecewise takes pairs", span, "write Piecewise((a, x < 0), (b, True))")
            truth = None if arg[1] is True else self.truth(self.operand(arg[1], node))
            rows.append((self.value(self.operand(arg[0], node)), truth))
            if truth is None:
                break
        if not rows:
            raise self.error("Piecewise takes pairs", span, "write Piecewise((a, x < 0), (b, True))")
        return self.place(choose_among(rows, UNDEFINED), *span)  # where no condition holds, SymPy has nan

    def variable(self, node: ast.Name) -> Part:
        """A name; `True` among them is not a number."""
        word = {"true": True, "false": False}.get(node.id)
        return super().variable(node) if word is None else word


def _declares_symbols(node: ast.expr) -> bool:
    """`symbols('x y')`, whose names are variables already."""
    return isinstance(node, ast.Call) and (dotted(node.func) or "").rpartition(".")[2] in ("symbols", "Symbol", "var")
