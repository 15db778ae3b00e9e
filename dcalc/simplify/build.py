"""`Build`: the constructors that keep expressions simplified, functions included.

Sums, products and powers are in `arithmetic`; here are functions, and the pass that rebuilds a parsed
expression. Every identity holds wherever its left side is defined; `identities` names them all.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ZERO, Expr, Number, exact, make, number, walk
from dcalc.functions import Row
from dcalc.simplify.arithmetic import Powers, is_broken
from dcalc.simplify.identities import COMPOSITIONS, VALUES, Identity

_HALF = make(table.POW, number(2), MINUS_ONE)
_BY_OUTER: dict[str, list[Identity]] = {}
for _rule in VALUES:
    _BY_OUTER.setdefault(_rule.before.partition("(")[0], []).append(_rule)
# By (outer, inner) function, so that one look-up decides: log(exp(u)) is ("log", "exp"), and cbrt(u**3), whose
# text has no bracket after cbrt(, is ("cbrt", "**").
_BY_PAIR = {
    (outer, inner if "(" in rest else "**"): rule
    for rule in COMPOSITIONS
    for outer, _, rest in [rule.before.partition("(")]
    for inner in [rest.partition("(")[0]]
}


class Build(Powers):
    """The constructors of simplified nodes, for one expression."""

    def apply(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        """The simplified form of an operator or function of simplified arguments."""
        rule = _OPERATORS.get(op)
        if rule is not None:
            return rule(self, args)
        if op is table.AND or op is table.OR:
            return _join(op, *args)
        if op is table.NOT and _decide(args[0]) is not None:
            return make(OPPOSITES[args[0].op], *args[0].args)
        if op in table.CONDITIONS or not args:
            return make(op, *args)
        return self.call(op, args)

    def call(self, row: Row, args: tuple[Expr, ...]) -> Expr:
        """A function of simplified arguments, simplified."""
        if row is table.EXP:
            return self._exponential(args[0])
        if row is table.SQRT:
            return self.power(args[0], _HALF)
        values = [exact(arg) for arg in args]
        if row in _EXACT and None not in values:
            return self._fold(row, [Fraction(value) for value in values if value is not None]) or make(row, *args)
        if rules.plain_body(row):
            return rules.body(make(row, *args), self.apply)
        if row.fold:
            args = tuple(dict.fromkeys(args))
            return args[0] if len(args) == 1 else make(row, *args)
        if row in _LOGARITHMS_OF_SUMS and args.count(args[0]) == len(args):
            return self.add((args[0], self._of_one(table.LOG, number(len(args)))))
        if len(args) == 1:
            return self._of_one(row, args[0])
        if row.reflection and type(values[0]) is int and values[0] < 0:
            sign = row.reflection ** -values[0]
            return self.mul((number(sign), make(row, number(-values[0]), *args[1:])))
        return self._where(args) if row is table.WHERE else make(row, *args)

    def _fold(self, row: Row, values: list[Fraction]) -> Expr | None:
        """A step or choice at rational arguments, which is rational; None where it has no value."""
        try:
            return self.number(Fraction(_EXACT[row](*values)))
        except ZeroDivisionError:
            return None

    def _where(self, args: tuple[Expr, ...]) -> Expr:
        condition, first, second = args
        if first is second:
            return first
        holds = _decide(condition)
        if holds is None:
            return make(table.WHERE, *args)
        return first if holds else second

    def _exponential(self, exponent: Expr) -> Expr:
        """exp of a simplified argument: `exp(c*log(u))` is u**c for a rational c."""
        coefficient, rest = self.split(exponent)
        if rest.op is table.LOG:
            base: Expr = rest.args[0]
            return self.power(base, self.number(coefficient))
        return self._of_one(table.EXP, exponent)

    def _of_one(self, row: Row, arg: Expr) -> Expr:
        image = self._look_up(row, arg)
        if image is not None:
            return image
        if row in _LOGARITHMS and is_broken(arg):
            inner = arg.args[0]  # no root itself: nested ones have been merged
            return self.mul((arg.args[1], self._look_up(row, inner) or make(row, inner)))
        if row is table.ABS:
            return self._abs(*self.split(arg))
        if row.parity and self.split_number(arg)[0] < 0:
            opposite = self.mul((MINUS_ONE, arg))
            flipped = self._look_up(row, opposite) or make(row, opposite)
            return flipped if row.parity == "even" else self.mul((MINUS_ONE, flipped))
        return make(row, arg)

    def _abs(self, coefficient: Number, rest: Expr) -> Expr:
        inner = rest
        if rest.op is not table.POW or not _is_even(rest.args[1]):
            inner = self._look_up(table.ABS, rest) or make(table.ABS, rest)
        return self.mul((self.number(_size(coefficient)), inner))

    def _look_up(self, row: Row, arg: Expr) -> Expr | None:
        """The right side of a rule of VALUES or COMPOSITIONS for ``row(arg)``."""
        rule = _BY_PAIR.get((row.name, arg.op.name))
        if rule is not None:
            rest, after = _composition(rule)
            if arg.args[1:] == rest:
                return after.build({"u": arg.args[0]}, self.apply)
        return _values(row.name, self.decimals).get(arg) if row.name in _BY_OUTER and _is_constant(arg) else None


_LOGARITHMS = (table.LOG, table.get("log2", 1), table.get("log10", 1))
_LOGARITHMS_OF_SUMS = (table.get("logsumexp", 1), table.get("logaddexp", 2))
_EXACT: dict[Row, Callable[..., Number]] = {
    table.ABS: abs,
    table.SIGN: lambda x: (x > 0) - (x < 0),
    table.STEP: lambda x: int(x >= 0),
    table.FLOOR: math.floor,
    table.CEIL: math.ceil,
    table.TRUNC: math.trunc,
    table.ROUND: round,
    table.FRAC: lambda x: x - math.floor(x),
    table.MOD: lambda x, y: x - y * math.floor(x / y),
    table.MAX: lambda *values: max(values),
    table.MIN: lambda *values: min(values),
}
RELATIONS: dict[Row, Callable[..., bool]] = {
    table.LT: operator.lt,
    table.LE: operator.le,
    table.GT: operator.gt,
    table.GE: operator.ge,
    table.EQ: operator.eq,
    table.NE: operator.ne,
}
OPPOSITES = {
    table.LT: table.GE, table.GE: table.LT, table.GT: table.LE, table.LE: table.GT,
    table.EQ: table.NE, table.NE: table.EQ,
}  # fmt: skip
_OPERATORS: dict[Row, Callable[[Build, tuple[Expr, ...]], Expr]] = {
    table.ADD: Build.add,
    table.SUB: lambda build, args: build.add((args[0], build.mul((MINUS_ONE, args[1])))),
    table.NEG: lambda build, args: build.mul((MINUS_ONE, args[0])),
    table.MUL: Build.mul,
    table.DIV: lambda build, args: build.mul((args[0], build.power(args[1], MINUS_ONE))),
    table.POW: lambda build, args: build.power(*args),
}


def _decide(condition: Expr) -> bool | None:
    """Whether a condition holds, where it compares two numbers, or what always has a value with itself."""
    relation = RELATIONS.get(condition.op)
    if relation is None:
        return None
    left, right = condition.args
    if left is right and _has_value(left):
        return relation(0, 0)
    sides = exact(left), exact(right)
    return None if None in sides else relation(*sides)


def _has_value(arg: Expr) -> bool:
    """Whether an expression is a polynomial, or a plain number: of others it is not asked."""
    return all(
        part.op in (table.SYMBOL, table.ADD, table.MUL) or _is_constant(part) or _is_plain_power(part)
        for part in walk(arg)
    )


def _is_plain_power(node: Expr) -> bool:
    if node.op is not table.POW:
        return False
    base, exponent = map(exact, node.args)
    if type(exponent) is int and exponent > 0:
        return True
    return base is not None and base > 0 and exponent is not None


def _join(junctor: Row, left: Expr, right: Expr) -> Expr:
    """`and` or `or` of two conditions; a comparison of numbers decides it, or is left out."""
    for part, other in ((left, right), (right, left)):
        holds = _decide(part)
        if holds is not None:
            return part if holds is (junctor is table.OR) else other
    return make(junctor, left, right)


def _size(value: Number) -> Number:
    return -value if value < 0 else value


def _is_even(exponent: Expr) -> bool:
    value = exact(exponent)
    return type(value) is int and value % 2 == 0


def _is_constant(arg: Expr) -> bool:
    """Numbers, constants and their products: what VALUES has rules for."""
    if exact(arg) is not None or not arg.args:
        return True
    return arg.op is table.MUL and all(exact(part) is not None or not part.args for part in arg.args)


@cache
def _composition(rule: Identity) -> tuple[tuple[Expr, ...], rules.Template]:
    """What must follow u inside (the 3 of u**3), and the right side."""
    before, after = (rules.parse_text(text, strict=True) for text in (rule.before, rule.after))
    return before.args[0].args[1:], rules.Template(after)


@cache
def _values(name: str, decimals: bool) -> dict[Expr, Expr]:
    """The values of a function at constants, by simplified argument, in one style (pi/2 or 0.5*pi);
    parsed when first asked for."""
    build = Build(decimals)
    values = {}
    for rule in _BY_OUTER[name]:
        inside = rule.before[len(name) + 1 : -1]
        before, after = (rules.Template(rules.parse_text(text, strict=True)) for text in (inside, rule.after))
        values[before.build({}, build.apply)] = after.build({}, build.apply)
    return values


# --- Rebuilding a parsed expression in simplified form: chains of sums and products at once.

_SUMS = (table.ADD, table.SUB)
_PRODUCTS = (table.MUL, table.DIV)
_KIN = {table.ADD: _SUMS, table.SUB: _SUMS, table.MUL: _PRODUCTS, table.DIV: _PRODUCTS}


def style(*roots: Expr) -> Build:
    """Constructors in the style of an expression: decimals where it has decimals."""
    return Build(any(n.op is table.NUMBER and type(n.args[0]) is Fraction for n in walk(*roots)))


def rebuild(root: Expr, build: Build) -> Expr:
    """The simplified form of a node. Linear in nodes, n log n in the terms of a sum."""
    return Rebuild(build).run(root)[0]


def simplify_all(*roots: Expr) -> list[Expr]:
    """The simplified forms of several nodes; what they share is simplified once."""
    if not roots:
        return []
    return Rebuild(style(*roots)).run(*roots)


class Rebuild:
    """One pass over a graph, children first."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.done: dict[int, Expr] = {}
        self.absorbed: set[int] = set()

    def run(self, *roots: Expr) -> list[Expr]:
        """The simplified roots."""
        nodes = walk(*roots)
        self._find_absorbed(nodes)
        self.absorbed.difference_update(root.id for root in roots)
        for node in nodes:
            if node.id not in self.absorbed:
                self.done[node.id] = self._simplify_node(node)
        return [self.done[root.id] for root in roots]

    def _find_absorbed(self, nodes: tuple[Expr, ...]) -> None:
        """The inner nodes of a sum of sums, or a product of products, that nothing else uses."""
        uses: dict[int, int] = {}
        inner: list[int] = []
        for node in nodes:
            if node.op is table.NUMBER or node.op is table.SYMBOL:
                continue
            kin = _KIN.get(node.op, ())
            for arg in node.args:
                uses[arg.id] = uses.get(arg.id, 0) + 1
                if arg.op in kin:
                    inner.append(arg.id)
        self.absorbed = {key for key in inner if uses[key] == 1}

    def _simplify_node(self, node: Expr) -> Expr:
        op = node.op
        if op is table.SYMBOL:
            return node
        if op is table.NUMBER:
            return self.build.number(node.args[0])
        if op in _SUMS:
            return self.build.add(self._terms(node))
        if op in _PRODUCTS:
            return self.build.mul(self._factors(node))
        return self.build.apply(op, tuple(self.done[arg.id] for arg in node.args))

    def _terms(self, node: Expr) -> list[Expr]:
        operands = self._operands(node, table.SUB)
        return [self.build.mul((MINUS_ONE, term)) if negative else term for term, negative in operands]

    def _factors(self, node: Expr) -> list[Expr]:
        return [self._inverse(factor) if below else factor for factor, below in self._operands(node, table.DIV)]

    def _operands(self, node: Expr, flips: Row) -> list[tuple[Expr, bool]]:
        """The simplified operands of a chain, each with whether an odd number of `flips` is on the
        way to it: subtracted, or below the line."""
        out: list[tuple[Expr, bool]] = []
        stack = [(node, False)]
        while stack:
            top, flipped = stack.pop()
            if top is node or top.id in self.absorbed:
                last = len(top.args) - 1
                stack += [(top.args[i], flipped != (top.op is flips and i == 1)) for i in range(last, -1, -1)]
            else:
                out.append((self.done[top.id], flipped))
        return out

    def _inverse(self, factor: Expr) -> Expr:
        if factor is ZERO:
            return make(table.POW, ZERO, MINUS_ONE)
        return self.build.power(factor, MINUS_ONE)
