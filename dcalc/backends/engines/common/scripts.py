"""Programs of array libraries, run without Python's own evaluation of text: only what such programs are made of.

A program is a list of functions with assignments and one return; expressions have operators, calls, subscripts and
names of the library's modules. Anything else is refused, so that no text can do more than compute.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.MatMult: operator.matmul, ast.BitAnd: operator.and_, ast.BitOr: operator.or_,
}  # fmt: skip
_UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.Invert: operator.invert}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip


class Script:
    """The functions of a program, to be called by name; ``modules`` are what its names stand for besides.

    Raises SyntaxError or TypeError for what is no such program. A call costs what its operations cost.
    """

    def __init__(self, source: str, modules: Mapping[str, Any]) -> None:
        self.globals: dict[str, Any] = {**modules, "float": float}
        for part in ast.parse(source).body:
            if not isinstance(part, ast.FunctionDef):
                raise TypeError(f"a program has functions alone, not {type(part).__name__}")
            self.globals[part.name] = self._define(part)

    def __getitem__(self, name: str) -> Callable[..., Any]:
        """A function of the program."""
        return self.globals[name]  # type: ignore[no-any-return]  # functions are what it is made of

    def _define(self, part: ast.FunctionDef) -> Callable[..., Any]:
        names = [arg.arg for arg in part.args.args]
        defaults = dict(zip(names[len(names) - len(part.args.defaults) :], part.args.defaults, strict=True))

        def call(*args: Any, **words: Any) -> Any:
            own = {name: self._value(default, {}) for name, default in defaults.items()}
            own |= {**dict(zip(names, args, strict=False)), **words}
            for line in part.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value):
                        own[name] = self._value(value, own)
                    case ast.Return(value=value) if value is not None:
                        return self._value(value, own)
                    case ast.Expr(value=ast.Constant()):  # its description
                        continue
                    case _:
                        raise TypeError(f"a function has no {type(line).__name__}")
            raise TypeError(f"{part.name} returns nothing")

        return call

    def _value(self, part: ast.expr, own: Mapping[str, Any]) -> Any:
        """The value of an expression. Its depth is that of the brackets of a line, which is not far."""
        match part:
            case ast.Name(id=name):
                return own[name] if name in own else self.globals[name]
            case ast.Constant(value=value):
                return value
            case ast.BinOp(left=left, op=op, right=right):
                return _BINARY[type(op)](self._value(left, own), self._value(right, own))
            case ast.UnaryOp(op=sign, operand=inner):
                return _UNARY[type(sign)](self._value(inner, own))
            case ast.Compare(left=left, ops=[comparison], comparators=[right]):
                return _COMPARISONS[type(comparison)](self._value(left, own), self._value(right, own))
            case ast.Attribute(value=inner, attr=name):
                return getattr(self._value(inner, own), name)
            case ast.Subscript(value=inner, slice=place):
                return self._value(inner, own)[self._value(place, own)]
            case ast.Slice(lower=lower, upper=upper, step=None):
                return slice(*(None if end is None else self._value(end, own) for end in (lower, upper)))
            case ast.List(elts=parts):
                return [self._value(one, own) for one in parts]
            case ast.Tuple(elts=parts):
                return tuple(self._value(one, own) for one in parts)
            case ast.Call(func=function, args=args, keywords=words):
                named = {word.arg or "": self._value(word.value, own) for word in words}
                return self._value(function, own)(*[self._value(one, own) for one in args], **named)
            case _:
                raise TypeError(f"a program has no {type(part).__name__}")
