"""LaTeX: what one would typeset; shared parts as an aligned block."""

from __future__ import annotations

import re
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr, exact
from dcalc.notation import Child, Layout, Piece
from dcalc.notation.plain import (
    AND,
    ATOM,
    NOT,
    OR,
    POWER,
    PRODUCT,
    RELATION,
    SUM,
    UNARY,
    layout_difference,
    layout_negation,
    layout_sum,
)  # fmt: skip
from dcalc.numerals import decimal, digits

_DEEP = 50
"""A product that begins with so many others gets a dot before it, whatever it begins with."""
_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
_RELATIONS = {
    table.LT: " < ", table.LE: r" \le ", table.GT: " > ", table.GE: r" \ge ", table.EQ: " = ", table.NE: r" \ne ",
}  # fmt: skip
_CELL = re.compile(r"(\{\{|\}\}|\{\d\})")


def bracket(_text: str) -> tuple[str, str]:
    """Round brackets that grow."""
    return r"\left(", r"\right)"


def name(number: int) -> str:
    """t_{1}, t_{2}, ..."""
    return f"t_{{{number}}}"


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """The result alone, or an aligned block with a line for each shared part."""
    if not parts:
        return result
    out = [r"\begin{aligned}", "\n"]
    for part, text in parts:
        out += [part, " &= ", *text, r" \\", "\n"]
    return [*out, "&\\phantom{=} ", *result, "\n", r"\end{aligned}"]


def symbol(text: str) -> str:
    """A variable: Greek by name, digits and what follows an underscore as a subscript."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\w*)", text)
    stem, index = match.groups() if match else (text.replace("_", r"\_"), "")
    if not match:
        return rf"\mathit{{{stem}}}"
    head = "\\" + stem if stem in _GREEK else stem if len(stem) == 1 else rf"\mathit{{{stem}}}"
    below = index.replace("_", ",")
    return head if not below else f"{head}_{{{below}}}"


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks; ``negate`` only for numbers and products that start with one."""
    op = node.op
    if op is table.SYMBOL:
        return Layout(ATOM, [symbol(node.args[0])])
    if op is table.NUMBER:
        return _number(-node.args[0] if negate else node.args[0])
    if op is table.MUL:
        return _product(node, negate)
    rule = _RULES.get(op)
    return rule(node) if rule is not None else _call(node)


def _number(value: object) -> Layout:
    text = _numeral(value)
    return Layout(PRODUCT if "^" in text else UNARY if text[0] == "-" else ATOM, [text])


def _numeral(value: object) -> str:
    mantissa, _, power = decimal(value).partition("e")  # type: ignore[arg-type]  # the value of a NUMBER node
    if not power:
        return mantissa
    return rf"10^{{{power}}}" if mantissa == "1" else rf"{mantissa} \cdot 10^{{{power}}}"


def _call(node: Expr) -> Layout:
    row = node.op
    args = node.args
    if not args:
        return Layout(ATOM, [row.latex or row.name])
    if "{0}" in row.latex:
        return Layout(POWER, _template(row.latex, args))
    head = row.latex or rf"\operatorname{{{row.name.replace('_', chr(92) + '_')}}}"
    pieces: list[Piece] = [head, r"\left("]
    for arg in args:
        pieces += [Child(arg, 0), ", "]
    pieces[-1] = r"\right)"
    return Layout(ATOM, pieces)


def _template(text: str, args: tuple[Expr, ...]) -> list[Piece]:
    """A row's template with the arguments in their places; `{{` is a brace."""
    pieces: list[Piece] = []
    for part in _CELL.split(text):
        if _CELL.fullmatch(part) and part[1].isdigit():
            pieces.append(Child(args[int(part[1])], 0))
        else:
            pieces.append(part[:1] if part in ("{{", "}}") else part)
    return pieces


def _quotient(node: Expr) -> Layout:
    return Layout(POWER, [r"\frac{", Child(node.args[0], 0), "}{", Child(node.args[1], 0), "}"])


def _product(node: Expr, negate: bool) -> Layout:
    """Factors over factors, side by side but for numbers."""
    first = node.args[0]
    rest = node.args[1:] if first.op is table.NUMBER else node.args
    value = first.args[0] if first.op is table.NUMBER else 1
    sign = "-" if (value < 0) != negate else ""
    above: list[Piece] = [] if abs(value) == 1 else [_numeral(abs(value))]
    below: list[Piece] = []
    for factor in rest:
        power = exact(factor.args[1]) if factor.op is table.POW else None
        if power is not None and power < 0:
            part = _powered(factor.args[0], -power, PRODUCT if power == -1 else ATOM)
            below = [" ", *part, *below] if factor.args[0].op is table.NUMBER else [*below, " ", *part]
        else:
            between = r" \cdot " if above and _starts_with_digit(factor) else " "
            above += [between, Child(factor, UNARY if above else PRODUCT)]
    if above and above[0] in (" ", r" \cdot "):
        above = above[1:]
    if below:
        return Layout(PRODUCT, [sign, r"\frac{", *_alone(above or ["1"]), "}{", *_alone(below[1:]), "}"])
    return Layout(PRODUCT if above else ATOM, [sign, *(above or ["1"])])


def _alone(pieces: list[Piece]) -> list[Piece]:
    """A single child of a fraction needs no brackets."""
    only = pieces[0]
    return [Child(only.node, 0)] if len(pieces) == 1 and isinstance(only, Child) else pieces


def _starts_with_digit(node: Expr) -> bool:
    for _ in range(_DEEP):
        if node.op is not table.POW and node.op is not table.MUL:
            break
        if node.op is table.POW and type(exact(node.args[1])) is Fraction:
            return False  # written with a root sign
        node = node.args[0]
    return node.op in (table.NUMBER, table.POW, table.MUL)


def _powered(base: Expr, value: object, level: int = ATOM) -> list[Piece]:
    if value == 1:
        return [Child(base, level)]
    if value * 2 == 1:  # type: ignore[operator]  # an int or a Fraction
        return [r"\sqrt{", Child(base, 0), "}"]
    if type(value) is int:
        text = digits(value)
    else:
        text = rf"\frac{{{digits(value.numerator)}}}{{{digits(value.denominator)}}}"  # type: ignore[attr-defined]  # a Fraction
    return [Child(base, ATOM), "^{", text, "}"]


def _power(node: Expr) -> Layout:
    base, exponent = node.args
    value = exact(exponent)
    if value is None or (value > 0 and exponent.op is table.NUMBER):
        return Layout(POWER, [Child(base, ATOM), "^{", Child(exponent, 0), "}"])
    if value < 0:
        return Layout(POWER, [r"\frac{1}{", *_alone(_powered(base, -value)), "}"])
    return Layout(POWER, _powered(base, value))


def _relation(node: Expr) -> Layout:
    return Layout(RELATION, [Child(node.args[0], SUM), _RELATIONS[node.op], Child(node.args[1], SUM)])


def _both(node: Expr) -> Layout:
    return Layout(AND, [Child(node.args[0], AND), r" \land ", Child(node.args[1], NOT)])


def _either(node: Expr) -> Layout:
    return Layout(OR, [Child(node.args[0], OR), r" \lor ", Child(node.args[1], AND)])


def _not(node: Expr) -> Layout:
    return Layout(NOT, [r"\lnot ", Child(node.args[0], NOT)])


_RULES = {
    table.ADD: layout_sum,
    table.SUB: layout_difference,
    table.NEG: layout_negation,
    table.DIV: _quotient,
    table.POW: _power,
    table.AND: _both,
    table.OR: _either,
    table.NOT: _not,
    **dict.fromkeys(_RELATIONS, _relation),
}
