"""Expressions as elements of a field, node by node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, symbol
from dcalc.functions import Row
from dcalc.proof.elementary import Functions
from dcalc.proof.field import Beyond, Quotient
from dcalc.tape import in_order

MOST_NODES = 2_000

WRITTEN = {
    "tan": "sin(x)/cos(x)",
    "sec": "1/cos(x)",
    "csc": "1/sin(x)",
    "cot": "cos(x)/sin(x)",
    "sinpi": "sin(pi*x)",
    "cospi": "cos(pi*x)",
    "acos": "pi/2 - asin(x)",
    "acot": "atan(1/x)",
    "acsc": "asin(1/x)",
    "asec": "pi/2 - asin(1/x)",
    "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2",
    "tanh": "(exp(2*x) - 1)/(exp(2*x) + 1)",
    "sech": "2/(exp(x) + exp(-x))",
    "csch": "2/(exp(x) - exp(-x))",
    "coth": "(exp(2*x) + 1)/(exp(2*x) - 1)",
    "asinh": "log(x + sqrt(1 + x**2))",
    "acosh": "log(x + sqrt(x - 1)*sqrt(x + 1))",
    "atanh": "log((1 + x)/(1 - x))/2",
    "acoth": "log((x + 1)/(x - 1))/2",
    "exp2": "2**x",
    "expm1": "exp(x) - 1",
    "log1p": "log(1 + x)",
    "log2": "log(x)/log(2)",
    "log10": "log(x)/log(10)",
    "sqrt": "x**(1/2)",
    "hypot": "sqrt(u**2 + v**2)",
    "sigmoid": "1/(1 + exp(-x))",
    "softplus": "log(1 + exp(x))",
    "logit": "log(p/(1 - p))",
    "relu": "where(x >= 0, x, 0)",
    "step": "where(x >= 0, 1, 0)",
    "sinc": "sin(x)/x",
    "erfc": "1 - erf(x)",
    "mod": "x - y*floor(x/y)",
    "frac": "x - floor(x)",
    "ceil": "-floor(-x)",
    "xlogx": "x*log(x)",
    "xlogy": "x*log(y)",
    "xlog1py": "x*log(1 + y)",
    "max": "where(a >= b, a, b)",
    "min": "where(a <= b, a, b)",
}
"""Functions in terms of few; each line holds wherever the function is defined."""


class Values:
    """Expressions to elements of one field."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        self.field = functions.field
        self.done: dict[int, Quotient] = {}

    def of(self, root: Expr, *, anew: bool = False) -> Quotient:
        """The element that an expression is; ``anew`` to meet all of its conditions again."""
        if anew:
            self.done = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in self.done:
                stack.pop()
                continue
            order, inner = in_order(node)
            if len(order) > MOST_NODES:
                raise Beyond
            self._run(order, inner)
        return self.done[root.id]

    def _run(self, order: Sequence[Expr], inner: dict[int, Expr]) -> None:
        for node in order:
            if node.id in self.done:
                continue
            meaning = inner.get(node.id)
            self.done[node.id] = self.done[meaning.id] if meaning is not None else self._node(node)

    def _node(self, node: Expr) -> Quotient:
        op = node.op
        if op is table.NUMBER:
            return self.field.number(node.args[0])
        if op is table.SYMBOL:
            return self.functions.symbol(node.args[0])
        args = [self.done[arg.id] for arg in node.args]
        rule = _RULES.get(op)
        if rule is not None:
            return rule(self.functions, args)
        if op.name in WRITTEN and len(op.args) == len(args):
            return self._written(op, args)
        domain = bool(op.domain)
        if op.parity and args:
            return self._with_parity(op, args[0], domain)
        return self.functions.opaque(op.key, args, domain)

    def _with_parity(self, op: Row, arg: Quotient, domain: bool) -> Quotient:
        """An odd or even function of an argument whose leading coefficient is positive."""
        negative = not arg.above.is_zero() and arg.above.leading_coefficient() < 0
        value = self.functions.opaque(op.key, [self.field.neg(arg) if negative else arg], domain)
        return self.field.neg(value) if negative and op.parity == "odd" else value

    def _written(self, op: Row, args: list[Quotient]) -> Quotient:
        """A function by its line in WRITTEN, with elements in the places of the arguments."""
        names = {name: symbol(f"argument {name}") for name in op.args}
        text = rules.filled(WRITTEN[op.name], op.args, names)
        inside = Values(self.functions)
        for name, value in zip(op.args, args, strict=True):
            inside.done[names[name].id] = value
        return inside.of(text)


Rule = Callable[[Functions, list[Quotient]], Quotient]


def _sum(functions: Functions, args: list[Quotient]) -> Quotient:
    total = functions.field.zero
    for arg in args:
        total = functions.field.add(total, arg)
    return total


def _product(functions: Functions, args: list[Quotient]) -> Quotient:
    total = functions.field.one
    for arg in args:
        total = functions.field.mul(total, arg)
    return total


def _difference(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.field.add(args[0], functions.field.neg(args[1]))


def _chosen(functions: Functions, args: list[Quotient]) -> Quotient:
    field, (condition, first, second) = functions.field, args
    return field.add(second, field.mul(condition, field.add(first, field.neg(second))))


def _not(functions: Functions, value: Quotient) -> Quotient:
    return functions.field.add(functions.field.one, functions.field.neg(value))


def _less(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.choice("negative", _difference(functions, args))


def _equal(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.choice("zero", _difference(functions, args))


def _log_sum(functions: Functions, args: list[Quotient]) -> Quotient:
    return functions.log(_sum(functions, [functions.exp(arg) for arg in args]))


_RULES: dict[Row, Rule] = {
    table.ADD: _sum,
    table.SUB: _difference,
    table.NEG: lambda functions, args: functions.field.neg(args[0]),
    table.MUL: _product,
    table.DIV: lambda functions, args: functions.divide(*args),
    table.POW: lambda functions, args: functions.power(*args),
    table.E: lambda functions, _: functions.exp(functions.field.one),
    table.PI: lambda functions, _: functions.pi,
    table.EXP: lambda functions, args: functions.exp(args[0]),
    table.LOG: lambda functions, args: functions.log(args[0]),
    table.SIN: lambda functions, args: functions.turn(args[0])[1],
    table.COS: lambda functions, args: functions.turn(args[0])[0],
    table.ABS: lambda functions, args: functions.abs(args[0]),
    table.SIGN: lambda functions, args: functions.sign(args[0]),
    table.CBRT: lambda functions, args: functions.cube_root(args[0]),
    table.LOGSUMEXP: _log_sum,
    table.WHERE: _chosen,
    table.LT: _less,
    table.GT: lambda functions, args: _less(functions, args[::-1]),
    table.GE: lambda functions, args: _not(functions, _less(functions, args)),
    table.LE: lambda functions, args: _not(functions, _less(functions, args[::-1])),
    table.EQ: _equal,
    table.NE: lambda functions, args: _not(functions, _equal(functions, args)),
    table.AND: _product,
    table.OR: lambda functions, args: _not(functions, _product(functions, [_not(functions, arg) for arg in args])),
    table.NOT: lambda functions, args: _not(functions, args[0]),
}
