"""LaTeX: what one would typeset; shared parts as an aligned block."""

from __future__ import annotations

import re

from dcalc import functions as table
from dcalc.expr import Expr, exact
from dcalc.functions import Row
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
from dcalc.unknown import MOST_PRIMES

_DEEP = 50
"""A product after this many others gets a dot before it, whatever it begins with."""
_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
)
_FUNCTION_LIKE = frozenset(["f", "g", "h", "F", "G", "H", "O", "o"])
"""Letters that would be taken for functions before a bracket."""
_COMMANDS = frozenset(row for row in table.functions() if row.latex in (
    r"\sin", r"\cos", r"\tan", r"\sec", r"\csc", r"\cot", r"\sinh", r"\cosh", r"\tanh", r"\coth", r"\ln", r"\arcsin",
    r"\arccos", r"\arctan",
))  # fmt: skip
"""Functions whose powers stand after their names."""
_NAMED_POWERS = frozenset(row for row in table.functions() if row.latex and "{" not in row.latex)
"""Functions with a command of their own, whose brackets need not be the whole argument."""
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
    """A variable: Greek by name, digits and what follows an underscore as a subscript; primes as they are."""
    if text.endswith("'"):
        return symbol(text[:-1]) + "'"
    match = re.fullmatch(r"([^\W\d_]+)(_?)([^\W_]\w*)?", text)
    if not match or (match[2] and not match[3]) or (len(match[1]) > 1 and match[1] not in _GREEK):
        escaped = text.replace("_", r"\_")
        return rf"\mathit{{{escaped}}}"
    stem, line, index = match.groups()
    head = "\\" + stem if stem in _GREEK else stem
    below = (index or "").replace("_", ",")
    if line and below[:1].isdigit():
        return f"{head}_{{{{{below}}}}}"  # x_1 looks like x1, and reads as itself
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
    if row.name == "pow":
        return Layout(POWER, [Child(args[0], ATOM), "^{", Child(args[1], 0), "}"])
    if "{0}" in row.latex:
        return Layout(POWER, _template(row.latex, args))
    if row.orders:
        return Layout(ATOM, [_unknown_head(row), *_in_brackets(args)])
    head = row.latex or rf"\operatorname{{{row.name.replace('_', chr(92) + '_')}}}"
    return Layout(ATOM, [head, *_in_brackets(args)])


def _in_brackets(args: tuple[Expr, ...]) -> list[Piece]:
    pieces: list[Piece] = [r"\left("]
    for arg in args:
        pieces += [Child(arg, 0), ", "]
    pieces[-1] = r"\right)"
    return pieces


def _unknown_head(row: Row) -> str:
    """`f`, `f''`, `f^{(4)}`, `f^{(1, 0)}`: the head of a call of an unknown function."""
    head = symbol(row.function)
    if not any(row.orders):
        return head
    if len(row.orders) == 1 and row.orders[0] <= MOST_PRIMES:
        return head + "'" * row.orders[0]
    return f"{head}^{{({', '.join(map(str, row.orders))})}}"


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
    before: Expr | None = None  # the factor that was written last
    for factor in rest:
        power = exact(factor.args[1]) if factor.op is table.POW else None
        if power is not None and power < 0:
            part = _powered(factor.args[0], -power, PRODUCT if power == -1 else ATOM)
            below = [" ", *part, *below] if factor.args[0].op is table.NUMBER else [*below, " ", *part]
        else:
            left = _numeral(abs(value)) if above and before is None else before
            between = r" \cdot " if above and _needs_a_dot(left, factor) else " "
            above += [between, Child(factor, POWER if above else PRODUCT)]
            before = factor
    if above and above[0] in (" ", r" \cdot "):
        above = above[1:]
    if below:
        return Layout(PRODUCT, [sign, r"\frac{", *_alone(above or ["1"]), "}{", *_alone(below[1:]), "}"])
    return Layout(PRODUCT if above else ATOM, [sign, *(above or ["1"])])


def _alone(pieces: list[Piece]) -> list[Piece]:
    """A single child of a fraction needs no brackets."""
    only = pieces[0]
    return [Child(only.node, 0)] if len(pieces) == 1 and isinstance(only, Child) else pieces


def _needs_a_dot(left: Expr | str | None, right: Expr) -> bool:
    """Whether two factors side by side would be read as something else: `2 3`, `f (x)`, `2 1/2`, `d x`."""
    if _starts_with_digit(right):
        return True
    while isinstance(left, Expr) and left.op in (table.MUL, table.NEG):
        left = left.args[-1]
    in_brackets = _starts_with_bracket(right)
    if not isinstance(left, Expr) or left.op is table.NUMBER:
        return right.op is table.DIV and all(part.op is table.NUMBER for part in right.args)
    if left.op is table.POW:
        return in_brackets and (left.args[0].op is table.SYMBOL or left.args[0].op in _NAMED_POWERS)
    if left.op is table.SYMBOL:
        name = left.args[0]
        differential = name == "d" and right.op in (table.SYMBOL, table.POW, table.PI, table.E, table.TAU)
        is_value = (right.args[0] if right.op is table.NEG else right).op is table.NUMBER
        return differential or (in_brackets and (len(name) > 1 or name in _FUNCTION_LIKE or is_value))
    return in_brackets and left.op in _NAMED_POWERS


def _starts_with_bracket(node: Expr) -> bool:
    """Whether a factor begins with a bracket: a sum does, and a power of one."""
    level = POWER
    for _ in range(_DEEP):
        look = layout(node, False)
        if look.level < level:
            return True
        first = look.pieces[0]
        if isinstance(first, str):
            return first.startswith(r"\left(")
        node, level = first.node, first.level
    return True


def _is_rooted(exponent: Expr) -> bool:
    """Whether a power is written with a root sign, or as a fraction."""
    value = exact(exponent)
    return value is not None and (value < 0 or (value * 2 == 1 and exponent.op is not table.NUMBER))


def _starts_with_digit(node: Expr) -> bool:
    for _ in range(_DEEP):
        if node.op is not table.POW and node.op is not table.MUL:
            break
        if node.op is table.POW and _is_rooted(node.args[1]):
            return False
        node = node.args[0]
    return node.op in (table.NUMBER, table.POW, table.MUL) or node.op.latex[:1].isdigit()  # exp2 is written 2^{x}


def _powered(base: Expr, value: object, level: int = ATOM) -> list[Piece]:
    if value == 1:
        return [Child(base, level)]
    if base.op in _COMMANDS or base.op in _NAMED_POWERS:
        return _power_of(base, value)
    if value * 2 == 1:  # type: ignore[operator]  # an int or a Fraction
        return [r"\sqrt{", Child(base, 0), "}"]
    if type(value) is int:
        text = digits(value)
    else:
        text = rf"\frac{{{digits(value.numerator)}}}{{{digits(value.denominator)}}}"  # type: ignore[attr-defined]  # a Fraction
    return [Child(base, ATOM), "^{", text, "}"]


def _power_of(base: Expr, value: object) -> list[Piece]:
    """A function to an exact power."""
    if value == 1:
        return [Child(base, ATOM)]
    if value * 2 == 1:  # type: ignore[operator]  # an int or a Fraction
        return [r"\sqrt{", Child(base, 0), "}"]
    if type(value) is int and base.op in _COMMANDS:
        command, *rest = _call(base).pieces
        return [command, "^{", digits(value), "}", *rest]
    if type(value) is int:
        text = digits(value)
    else:
        text = rf"\frac{{{digits(value.numerator)}}}{{{digits(value.denominator)}}}"  # type: ignore[attr-defined]  # a Fraction
    return [r"\left(", Child(base, 0), r"\right)^{", text, "}"]


def _power(node: Expr) -> Layout:
    base, exponent = node.args
    value = exact(exponent)
    if base.op in _COMMANDS or base.op in _NAMED_POWERS:
        return _power_of_call(base, exponent, value)
    if base.op is table.NUMBER and base.args[0] == 10 and _is_whole(exponent):
        return Layout(POWER, ["{10}^{", Child(exponent, 0), "}"])  # 10^{3} without braces is a number
    if value is None or (value > 0 and exponent.op is table.NUMBER):
        return Layout(POWER, [Child(base, ATOM), "^{", Child(exponent, 0), "}"])
    if value < 0:
        return Layout(POWER, [r"\frac{1}{", *_alone(_powered(base, -value)), "}"])
    return Layout(POWER, _powered(base, value))


def _is_whole(node: Expr) -> bool:
    node = node.args[0] if node.op is table.NEG else node
    return node.op is table.NUMBER and type(node.args[0]) is int


def _power_of_call(base: Expr, exponent: Expr, value: object) -> Layout:
    """`\\sin^{2}(x)`; other powers of functions have brackets around the whole of it."""
    if base.op in _COMMANDS and exponent.op is table.NUMBER and type(value) is int and value > 0:
        command, *rest = _call(base).pieces
        return Layout(POWER, [command, "^{", Child(exponent, 0), "}", *rest])
    if value is not None and not (value > 0 and exponent.op is table.NUMBER):  # type: ignore[operator]  # exact: a number
        if value < 0:  # type: ignore[operator]  # likewise
            below = _power_of(base, -value)  # type: ignore[operator]  # likewise
            return Layout(POWER, [r"\frac{1}{", *below, "}"])
        return Layout(POWER, _power_of(base, value))
    return Layout(POWER, [r"\left(", Child(base, 0), r"\right)^{", Child(exponent, 0), "}"])


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
