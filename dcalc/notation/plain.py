"""dcalc's own language: what `parse` reads back."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import Expr, Number
from dcalc.expr import exact as exact_value
from dcalc.notation import Child, Layout, Piece
from dcalc.numerals import decimal, digits

OR, AND, NOT, RELATION, SUM, PRODUCT, UNARY, POWER, ATOM = range(1, 10)

RELATIONS = {row: f" {row.name} " for row in (table.LT, table.LE, table.GT, table.GE, table.EQ, table.NE)}


def bracket(_text: str) -> tuple[str, str]:
    """Round brackets."""
    return "(", ")"


def name(number: int) -> str:
    """t1, t2, ..."""
    return f"t{number}"


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """`t1 = ...; t2 = ...; result`, on one line."""
    out: list[str] = []
    for part, text in parts:
        out += [part, " = ", *text, "; "]
    return out + result


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks; ``negate`` only for those of which `negative` is true."""
    op = node.op
    if op is table.SYMBOL:
        return Layout(ATOM, [node.args[0]])
    if op is table.NUMBER:
        return _number(-node.args[0] if negate else node.args[0])
    rule = _RULES.get(op)
    if rule is not None:
        return rule(node)
    if op is table.MUL:
        return _product(node, negate)
    if not node.args:
        return Layout(ATOM, [op.name])
    return Layout(ATOM, [op.name, "(", *_listed(node.args), ")"])


def _listed(args: tuple[Expr, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    for arg in args:
        pieces += [", ", Child(arg, 0)]
    return pieces[1:]


def _number(value: Number) -> Layout:
    text = decimal(value)
    return Layout(UNARY if text[0] == "-" else ATOM, [text])


def negative(node: Expr) -> bool:
    """True for a negative number and a product that starts with one."""
    first = node.args[0] if node.op is table.MUL else node
    return first.op is table.NUMBER and first.args[0] < 0


def layout_sum(node: Expr) -> Layout:
    """A sum, whose negative terms are subtracted."""
    pieces: list[Piece] = [Child(node.args[0], SUM)]
    for arg in node.args[1:]:
        down = negative(arg)
        pieces += [" - " if down else " + ", Child(arg, PRODUCT, down)]
    return Layout(SUM, pieces)


def layout_difference(node: Expr) -> Layout:
    """`a - b`."""
    return Layout(SUM, [Child(node.args[0], SUM), " - ", Child(node.args[1], PRODUCT)])


def layout_negation(node: Expr) -> Layout:
    """`-a`."""
    return Layout(UNARY, ["-", Child(node.args[0], UNARY)])


def _quotient(node: Expr) -> Layout:
    return Layout(PRODUCT, [Child(node.args[0], PRODUCT), "/", Child(node.args[1], UNARY)])


def _product(node: Expr, negate: bool) -> Layout:
    """Factors over factors: those with a negative power stand below the line."""
    first = node.args[0]
    coefficient = first.args[0] if first.op is table.NUMBER else None
    sign = ""
    above: list[Piece] = []
    below: list[Piece] = []
    rest = node.args if coefficient is None else node.args[1:]
    if coefficient is not None:
        sign = "-" if (coefficient < 0) != negate else ""
        if abs(coefficient) != 1 or (not sign and not negate):
            above += ["*", decimal(abs(coefficient))]
    for factor in rest:
        if not _is_below(factor):
            above += ["*", Child(factor, UNARY if above else PRODUCT)]
        elif factor.args[0].op is table.NUMBER:
            below = ["*", *_reciprocal(factor), *below]
        else:
            below += ["*", *_reciprocal(factor)]
    return _fraction(sign, above[1:], below[1:])


def _fraction(sign: str, above: list[Piece], below: list[Piece]) -> Layout:
    single = len(above) == 1 and not below
    pieces: list[Piece] = [sign] if sign else []
    if single and sign and isinstance(above[0], Child):
        return Layout(UNARY, ["-", Child(above[0].node, UNARY)])
    if single and isinstance(above[0], Child):
        return Layout(PRODUCT, above)
    pieces += above or ["1"]
    if sign and isinstance(pieces[1], Child):
        pieces[1] = Child(pieces[1].node, UNARY)
    if below:
        many = "*" in below
        pieces += ["/(", *below, ")"] if many else ["/", *below]
    return Layout(PRODUCT, pieces)


def _is_below(factor: Expr) -> bool:
    if factor.op is not table.POW:
        return False
    value = exact_value(factor.args[1])
    return value is not None and value < 0


def _reciprocal(factor: Expr) -> list[Piece]:
    """1/factor, for a power with a negative constant exponent."""
    base, exponent = factor.args
    value = exact_value(exponent)
    assert value is not None
    if value == -1:
        return [Child(base, UNARY)]
    return _powered(base, -value)


def _powered(base: Expr, value: Number) -> list[Piece]:
    if value * 2 == 1:
        return ["sqrt(", Child(base, 0), ")"]
    text = digits(value.numerator)
    if type(value) is not int:
        text = f"({text}/{digits(value.denominator)})"
    return [Child(base, ATOM), "**", text]


def _power(node: Expr) -> Layout:
    base, exponent = node.args
    value = exact_value(exponent)
    if value is None or (exponent.op is table.NUMBER and value >= 0):
        return Layout(POWER, [Child(base, ATOM), "**", Child(exponent, UNARY)])
    if value < 0:
        return Layout(PRODUCT, ["1/", *_reciprocal(node)])
    pieces = _powered(base, value)
    return Layout(ATOM if pieces[0] == "sqrt(" else POWER, pieces)


def _relation(node: Expr) -> Layout:
    return Layout(RELATION, [Child(node.args[0], SUM), RELATIONS[node.op], Child(node.args[1], SUM)])


def _both(node: Expr) -> Layout:
    return Layout(AND, [Child(node.args[0], AND), " and ", Child(node.args[1], NOT)])


def _either(node: Expr) -> Layout:
    return Layout(OR, [Child(node.args[0], OR), " or ", Child(node.args[1], AND)])


def _not(node: Expr) -> Layout:
    return Layout(NOT, ["not ", Child(node.args[0], NOT)])


_RULES = {
    table.ADD: layout_sum,
    table.SUB: layout_difference,
    table.NEG: layout_negation,
    table.DIV: _quotient,
    table.POW: _power,
    table.AND: _both,
    table.OR: _either,
    table.NOT: _not,
    **dict.fromkeys(RELATIONS, _relation),
}
