"""Expressions as elements of a field, node by node."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, is_leaf, symbol
from dcalc.functions import Row
from dcalc.proof.field import Quotient, TooLarge
from dcalc.proof.relations import Elementary
from dcalc.proof.special_functions import apply_recurrence, closed_form
from dcalc.tape import in_order

_MOST_NODES = 2_000

_Rule = Callable[[Elementary, list[Quotient]], Quotient]


class Translator:
    """Expressions to elements of one field."""

    def __init__(self, functions: Elementary) -> None:
        self.functions = functions
        self.field = functions.field
        self.elements: dict[int, Quotient] = {}

    def element(self, root: Expr) -> Quotient:
        """The element that an expression is. Raises TooLarge."""
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in self.elements:
                stack.pop()
                continue
            order, inner = in_order(node)
            if len(order) > _MOST_NODES:
                raise TooLarge
            self._run(order, inner, _evaluated(node, inner))
        return self.elements[root.id]

    def _run(self, order: Sequence[Expr], inner: dict[int, Expr], evaluated: set[int]) -> None:
        around = self.functions.optional
        for node in order:
            if node.id in self.elements:
                continue
            self.functions.optional = around or node.id not in evaluated
            meaning = inner.get(node.id)
            self.elements[node.id] = self._translate(node) if meaning is None else self.elements[meaning.id]
        self.functions.optional = around

    def _translate(self, node: Expr) -> Quotient:
        if node.op is table.NUMBER:
            return self.field.number(node.args[0])
        if node.op is table.SYMBOL:
            return self.functions.symbol(node.args[0])
        return apply_row(self.functions, node.op, [self.elements[arg.id] for arg in node.args])


def _evaluated(root: Expr, inner: dict[int, Expr]) -> set[int]:
    """The parts that must have a value wherever the root has one: no branches, nor parts of `and` and `or`."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.id in inner:
            stack.append(inner[node.id])
        elif node.op is table.WHERE:
            stack.append(node.args[0])
        elif node.op not in _SHORT_CUTS and not is_leaf(node):
            stack += node.args
    return seen


_SHORT_CUTS = frozenset((table.AND, table.OR))


def apply_row(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient:
    """A function of the table of elements: what is known of it, else an atom.

    The atom of an odd or even function is at an argument whose leading coefficient is positive.
    """
    element = known_value(functions, row, args)
    if element is not None:
        return element
    domain = bool(row.domain) and not _require_bounds(functions, row, args)
    if not row.parity or len(args) != 1:
        return functions.unknown(row.key, args, domain=domain)
    field, (arg,) = functions.field, args
    negative = not arg.above.is_zero() and arg.above.leading_coefficient() < 0
    element = functions.unknown(row.key, [field.negate(arg) if negative else arg], domain=domain)
    return field.negate(element) if negative and row.parity == "odd" else element


def known_value(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """A function by a rule, a value in closed form, or in terms of others; None where there is none of these."""
    field = functions.field
    if len(args) == 1 and (at := field.constant(args[0])) is not None and (value := closed_form(row, at)) is not None:
        return field.multiply(functions.rational_power(functions.pi, value.power), field.number(value.factor))
    rule = _RULES.get(row)
    if rule is not None:
        return rule(functions, args)
    if row.parity == "odd" and len(args) == 1 and args[0].above.is_zero():
        return field.zero  # where it is defined: csc(0) has a domain, whose condition f needs anyway
    if functions.has_recurrences and (moved := apply_recurrence(functions, row, args)) is not None:
        return moved
    if row.reflection and (order := field.constant(args[0])) is not None and order < 0 and order.denominator == 1:
        reflected = functions.unknown(row.key, [field.number(-order), *args[1:]], domain=bool(row.domain))
        return field.multiply(field.number(row.reflection ** -int(order)), reflected)
    text = written_as(row)
    return _filled(functions, row, text, args) if text and len(row.args) == len(args) else None


def _require_bounds(functions: Elementary, row: Row, args: list[Quotient]) -> bool:
    """Take note of the domain of a function as conditions on signs, if it is given by bounds; whether it is."""
    bounds = _bounds(row.domain)
    if not bounds or len(row.args) != len(args):
        return False
    field = functions.field
    for name, relation, end in bounds:
        distance = field.subtract(args[row.args.index(name)], field.number(end))
        if relation == "!=":
            functions.require_nonzero(distance)
            continue
        kind: Literal["positive", "nonnegative"] = "nonnegative" if "=" in relation else "positive"
        functions.require_sign(kind, distance if ">" in relation else field.negate(distance))
    return True


@cache
def _bounds(domain: str) -> tuple[tuple[str, str, int], ...]:
    """The parts of a domain such as `x > -1 and x <= 1`; none where it is more than that."""
    parts = [_BOUND.fullmatch(part) for part in domain.split(" and ")]
    return tuple((part[1], part[2], int(part[3])) for part in parts if part) if all(parts) else ()


_BOUND = re.compile(r"(\w+) (>=|<=|>|<|!=) (-?\d+)")


def written_as(row: Row) -> str:
    """The text that a function is expanded by.

    Texts with choices are not, as each branch would bring its conditions; those that choose a value at
    single points are expanded by what they are elsewhere, whose own conditions leave the points out.
    """
    return _ELSEWHERE.get(row) or ("" if "where" in row.written else row.written)


def _filled(functions: Elementary, row: Row, text: str, args: list[Quotient]) -> Quotient:
    """A function by its text, with elements in the places of the arguments."""
    names = {name: symbol(f"argument {name}") for name in row.args}
    inside = Translator(functions)
    for name, element in zip(row.args, args, strict=True):
        inside.elements[names[name].id] = element
    return inside.element(rules.fill(text, row.args, names))


_ELSEWHERE = {
    table.get("sinc", 1): "sin(x)/x",
    table.get("xlogx", 1): "x*log(x)",
    table.get("xlogy", 2): "x*log(y)",
    table.get("xlog1py", 2): "x*log(1 + y)",
    table.get("erfcx", 1): "exp(x**2)*erfc(x)",
}
"""Functions that `written` continues into a hole, or does not write at all: what they are elsewhere."""


def _sum(functions: Elementary, args: list[Quotient]) -> Quotient:
    total = functions.field.zero
    for arg in args:
        total = functions.field.add(total, arg)
    return total


def _product(functions: Elementary, args: list[Quotient]) -> Quotient:
    total = functions.field.one
    for arg in args:
        total = functions.field.multiply(total, arg)
    return total


def _difference(functions: Elementary, args: list[Quotient]) -> Quotient:
    return functions.field.subtract(args[0], args[1])


def _chosen(functions: Elementary, args: list[Quotient]) -> Quotient:
    field, (condition, first, second) = functions.field, args
    return field.add(second, field.multiply(condition, field.subtract(first, second)))


def _not(functions: Elementary, value: Quotient) -> Quotient:
    return functions.field.subtract(functions.field.one, value)


def _less(functions: Elementary, args: list[Quotient]) -> Quotient:
    return functions.choice("negative", _difference(functions, args))


def _at_least(functions: Elementary, args: list[Quotient]) -> Quotient:
    return _not(functions, _less(functions, args))


def _equal(functions: Elementary, args: list[Quotient]) -> Quotient:
    return functions.choice("zero", _difference(functions, args))


def _log_sum(functions: Elementary, args: list[Quotient]) -> Quotient:
    return functions.log(_sum(functions, [functions.exp(arg) for arg in args]))


_RULES: dict[Row, _Rule] = {
    table.ADD: _sum,
    table.SUB: _difference,
    table.NEG: lambda functions, args: functions.field.negate(args[0]),
    table.MUL: _product,
    table.DIV: lambda functions, args: functions.divide(*args),
    table.POW: lambda functions, args: functions.power(*args),
    table.E: lambda functions, _: functions.exp(functions.field.one),
    table.PI: lambda functions, _: functions.pi,
    table.EXP: lambda functions, args: functions.exp(args[0]),
    table.LOG: lambda functions, args: functions.log(args[0]),
    table.SIN: lambda functions, args: functions.turn(args[0])[1],
    table.COS: lambda functions, args: functions.turn(args[0])[0],
    table.ASIN: lambda functions, args: functions.arcsine(args[0]),
    table.ATAN: lambda functions, args: functions.arctangent(args[0]),
    table.ABS: lambda functions, args: functions.abs(args[0]),
    table.SIGN: lambda functions, args: functions.sign(args[0]),
    table.STEP: lambda functions, args: _at_least(functions, [args[0], functions.field.zero]),
    table.MAX: lambda functions, args: _chosen(functions, [_at_least(functions, args), *args]),
    table.MIN: lambda functions, args: _chosen(functions, [_at_least(functions, args[::-1]), *args]),
    table.CBRT: lambda functions, args: functions.cube_root(args[0]),
    table.LOGSUMEXP: _log_sum,
    table.WHERE: _chosen,
    table.LT: _less,
    table.GT: lambda functions, args: _less(functions, args[::-1]),
    table.GE: _at_least,
    table.LE: lambda functions, args: _at_least(functions, args[::-1]),
    table.EQ: _equal,
    table.NE: lambda functions, args: _not(functions, _equal(functions, args)),
    table.AND: _product,
    table.OR: lambda functions, args: _not(functions, _product(functions, [_not(functions, arg) for arg in args])),
    table.NOT: lambda functions, args: _not(functions, args[0]),
}
