"""Formulas of matrix algebra as text that reads back to the same node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.numerals import decimal
from dcalc.tensor.forms import Form, Look, is_negative, matrix_forms, negate, turn_chain
from dcalc.tensor.indices import Dialect, write_entries
from dcalc.tensor.nodes import Node, Number
from dcalc.tensor.sizes import Size

LOOSE, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)
"""How tightly a text binds."""

Piece = str | tuple[Form, int]


def write(node: Node) -> str:
    """A node in matrix notation, where it has one, else with indices. Linear in the length of the text.

    Raises Unsupported for the rare node that has neither.
    """
    form = matrix_forms([node]).get(node)
    if form is not None:
        return write_form(form)
    text = write_entries(node, _PlainIndices())
    if "sum(" not in text and "prod(" not in text:  # numbers that count up are a vector, unless they are summed over
        form = matrix_forms([node], has_ranges=True).get(node)
    return text if form is None else write_form(form)


class _PlainIndices(Dialect):
    """Indices in brackets."""

    def write_form(self, form: Form) -> tuple[int, str]:
        return lay_out(form)[0], write_form(form)

    def subscript(self, text: str, indices: Sequence[str]) -> str:
        return f"{text}[{', '.join(indices)}]"

    def delta(self, size: Size, indices: Sequence[str]) -> str:
        return f"eye({size})[{', '.join(indices)}]"

    def summed(self, sign: str, index: str, first: str, last: str) -> tuple[str, str]:
        return f"{sign}({index}, {first}, {last}, ", ")"

    def call(self, name: str) -> tuple[str, str]:
        return f"{name}(", ")"

    def whole(self, indices: Sequence[str], text: str) -> str:
        return f"[{', '.join(indices)}]: {text}"


def measure(node: Node) -> int:
    """The length of the text; of what has no formula of matrices, that of its indices, roughly."""
    form = matrix_forms([node]).get(node)
    return len(write_form(form)) if form is not None else 1000 * len(node.args)


def write_form(form: Form) -> str:
    """A form as text."""
    return join_pieces(form, lay_out, "(", ")")


def join_pieces(form: Form, layout: Callable[[Form], tuple[int, list[Piece]]], left: str, right: str) -> str:
    """The text of a form as a layout has it, with brackets around what binds less tightly than its place asks for."""
    out: list[str] = []
    stack: list[Piece] = [(form, LOOSE)]
    while stack:
        piece = stack.pop()
        if isinstance(piece, str):
            out.append(piece)
            continue
        inner, needed = piece
        level, pieces = layout(inner)
        if level < needed:
            out.append(left)
            stack.append(right)
        stack += reversed(pieces)
    return "".join(out)


def write_number(value: Number) -> str:
    """A number as text: a quotient where it is none of few decimals."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    return decimal(value)


def lay_out(form: Form) -> tuple[int, list[Piece]]:
    """How a form looks: how tightly it binds, and its pieces."""
    look = form.look
    if look in (Look.NAME, Look.LENGTH):
        return ATOM, [str(form.value)]
    if look is Look.NUMBER:
        return _number(form.number)
    if look is Look.CALL:
        return ATOM, [str(form.value), "(", *_listed(form.parts), ")"]
    if look is Look.LIST:
        return ATOM, ["[", *_listed(form.parts), "]"]
    if look is Look.CHAIN:
        turned = turn_chain(form)
        return (PRODUCT, _chain(form.parts)) if turned is None else (ATOM, [(turned, ATOM), ".T"])
    if look is Look.TERM:
        return _term(form)
    if look is Look.POWER:
        return POWER, [(form.parts[0], ATOM), "**", *_exponent(form.number)]
    if look is Look.SUM:
        return SUM, _sum(form.parts)
    if look is Look.TRANSPOSE:
        return ATOM, [(form.parts[0], ATOM), ".T"]
    if look is Look.SUBSCRIPT:
        return ATOM, [(form.parts[0], ATOM), f"[{form.value}]"]
    return _operator(form)


def _number(value: Number) -> tuple[int, list[Piece]]:
    text = write_number(value)
    if text.startswith("-"):
        return UNARY if "/" not in text else PRODUCT, [text]
    return PRODUCT if "/" in text else ATOM, [text]


def _exponent(value: Number) -> list[Piece]:
    text = write_number(value)
    return [f"({text})" if "/" in text else text]


def _listed(parts: Sequence[Form]) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        pieces += [", ", (part, LOOSE)]
    return pieces[1:]


def _chain(parts: Sequence[Form]) -> list[Piece]:
    pieces: list[Piece] = []
    for place, part in enumerate(parts):
        pieces += ["@", (part, UNARY)]
        if place == 0 and part.rank == 1 and len(parts) > 1:
            pieces[-1] = (part, ATOM)
            pieces.append(".T")
    return pieces[1:]


def _sum(parts: Sequence[Form]) -> list[Piece]:
    pieces: list[Piece] = [(parts[0], SUM)]
    for part in parts[1:]:
        down = is_negative(part)
        pieces += [" - " if down else " + ", (negate(part) if down else part, PRODUCT)]
    return pieces


def _term(form: Form) -> tuple[int, list[Piece]]:
    """A number and factors over others, as `-2*A@x/(3*norm(x))`."""
    above, below = form.parts, form.below
    value = Fraction(form.coefficient)
    sign = "-" if value < 0 else ""
    top: list[Piece] = []
    if abs(value.numerator) != 1 or not above:
        top += ["*", write_number(abs(value.numerator))]
    for place, part in enumerate(above):
        bare = part.look is Look.CHAIN and not any(one.rank for k, one in enumerate(above) if k != place)
        bare = bare and not any(one.rank for one in below)
        top += ["*", (part, PRODUCT if bare else UNARY)]
    low: list[Piece] = []
    if value.denominator != 1:
        low += ["*", write_number(value.denominator)]
    for part in below:
        low += ["*", (part, UNARY)]
    pieces: list[Piece] = [sign] if sign else []
    pieces += top[1:]
    if len(low) > 2:
        pieces += ["/(", *low[1:], ")"]
    elif low:
        pieces += ["/", *(low[1:] if isinstance(low[1], str) else [(low[1][0], POWER)])]
    if sign and len(top) == 2 and not low:
        return UNARY, pieces
    return PRODUCT, pieces


def _operator(form: Form) -> tuple[int, list[Piece]]:
    row = form.row
    if row is table.POW:
        return POWER, [(form.parts[0], ATOM), "**", (form.parts[1], UNARY)]
    if row is table.NOT:
        return LOOSE, ["not ", (form.parts[0], ATOM)]
    if row in (table.AND, table.OR):
        return LOOSE, [(form.parts[0], SUM), f" {row.name} ", (form.parts[1], SUM)]
    return LOOSE, [(form.parts[0], SUM), f" {row.name} ", (form.parts[1], SUM)]
