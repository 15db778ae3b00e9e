"""Formulas of matrix algebra as text that reads back to the same node."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.numerals import decimal, terminates, write_ratio
from dcalc.tensor.forms import Form, Look, matrix_forms
from dcalc.tensor.indices import Dialect, write_entries
from dcalc.tensor.layout import ATOM, LOOSE, POWER, PRODUCT, SUM, UNARY, Layout, Notation, Piece, join_listed
from dcalc.tensor.nodes import Node, Number, current_table
from dcalc.tensor.sizes import Size


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

    @property
    def notation(self) -> Notation:
        return PLAIN

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


def measure(node: Node, known: dict[Node, Form] | None = None) -> int:
    """The length of the text; of what has no formula of matrices, that of its indices, roughly.

    Forms that are ``known`` from other nodes are taken from there, and new ones kept there.
    """
    form = matrix_forms([node], known=known).get(node)
    return len(write_form(form)) if form is not None else 1000 * len(node.args)


def write_form(form: Form) -> str:
    """A form as text."""
    return PLAIN.write(form)


def write_number(value: Number) -> str:
    """A number as text: a quotient, unless it is one of few decimals and the text has others."""
    if isinstance(value, Fraction) and not (current_table().has_decimals and is_decimal(value)):
        return write_ratio(value)
    return decimal(value)


_MOST_DECIMALS = 10**12


def is_decimal(value: Number) -> bool:
    """Whether a number has decimals and its quotient is not simpler: 0.2 and 1e-300, but not 1/8."""
    exactly = Fraction(value)
    if exactly.denominator > _MOST_DECIMALS:
        return terminates(exactly) and len(decimal(exactly)) < len(write_ratio(exactly))
    return exactly.denominator % 5 == 0 and _MOST_DECIMALS % exactly.denominator == 0


class Plain(Notation):
    """Formulas as they are typed."""

    def number(self, form: Form) -> Layout:
        text = write_number(form.number)
        if text.startswith("-"):
            return UNARY if "/" not in text else PRODUCT, [text]
        return PRODUCT if "/" in text else ATOM, [text]

    def call(self, form: Form) -> Layout:
        return ATOM, [str(form.value), "(", *join_listed(form.parts), ")"]

    def literal(self, form: Form) -> Layout:
        return ATOM, ["[", *join_listed(form.parts), "]"]

    def power(self, form: Form) -> Layout:
        text = write_number(form.number)
        return POWER, [(form.parts[0], ATOM), "**", f"({text})" if "/" in text else text]

    def transpose(self, form: Form) -> Layout:
        return ATOM, [(form, ATOM), ".T"]

    def subscript(self, form: Form) -> Layout:
        return ATOM, [(form.parts[0], ATOM), f"[{form.value}]"]

    def chain(self, form: Form) -> Layout:
        parts = form.parts
        pieces: list[Piece] = []
        for place, part in enumerate(parts):
            pieces += ["@", (part, UNARY)]
            if place == 0 and part.rank == 1 and len(parts) > 1:
                pieces[-1] = (part, ATOM)
                pieces.append(".T")
        return PRODUCT, pieces[1:]

    def term(self, form: Form) -> Layout:
        """A number and factors over others, as `-2*A@x/(3*norm(x))`."""
        above, below = form.parts, form.below
        value = Fraction(form.coefficient)
        sign = "-" if value < 0 else ""
        top: list[Piece] = []
        if current_table().has_decimals and is_decimal(value):
            top += ["*", write_number(abs(value))]
            value = Fraction(-1 if value < 0 else 1)
        elif abs(value.numerator) != 1 or not above:
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
        if sign and len(top) == 2 and not low and not any(part.look is Look.CHAIN for part in above):
            return UNARY, pieces
        return PRODUCT, pieces

    def operator(self, form: Form) -> Layout:
        row = form.row
        if row is table.POW:
            return POWER, [(form.parts[0], ATOM), "**", (form.parts[1], UNARY)]
        if row is table.NOT:
            return LOOSE, ["not ", (form.parts[0], ATOM)]
        return LOOSE, [(form.parts[0], SUM), f" {row.name} ", (form.parts[1], SUM)]


PLAIN = Plain()
