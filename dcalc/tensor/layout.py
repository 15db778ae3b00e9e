"""How a formula is laid out in any notation: the pieces of each look, how tightly they bind, and brackets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dcalc.tensor.forms import Form, Look, is_negative, negate, turn_chain

LOOSE, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)
"""How tightly a text binds."""

Piece = str | tuple[Form, int]
"""A text, or a part with how tightly it has to bind in its place."""
Layout = tuple[int, list[Piece]]
"""How tightly a formula binds, and its pieces."""


class Notation:
    """A notation for formulas of matrix algebra. Subclasses say how each look is written.

    ``left`` and ``right`` are the brackets around what binds less tightly than its place asks for.
    """

    left = "("
    right = ")"

    def write(self, form: Form) -> str:
        """A form as text. Linear in its length."""
        out: list[str] = []
        stack: list[Piece] = [(form, LOOSE)]
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                out.append(piece)
                continue
            inner, needed = piece
            level, pieces = self.lay_out(inner)
            if level < needed:
                out.append(self.left)
                stack.append(self.right)
            stack += reversed(pieces)
        return "".join(out)

    def lay_out(self, form: Form) -> Layout:
        """How a form looks: how tightly it binds, and its pieces."""
        match form.look:
            case Look.NAME | Look.LENGTH:
                return self.name(form)
            case Look.NUMBER:
                return self.number(form)
            case Look.CALL:
                return self.call(form)
            case Look.LIST:
                return self.literal(form)
            case Look.CHAIN:
                turned = turn_chain(form)
                return self.chain(form) if turned is None else self.transpose(turned)
            case Look.TERM:
                return self.term(form)
            case Look.POWER:
                return self.power(form)
            case Look.SUM:
                return SUM, self.sum(form)
            case Look.TRANSPOSE:
                return self.transpose(form.parts[0])
            case Look.SUBSCRIPT:
                return self.subscript(form)
            case Look.OPERATOR:
                return self.operator(form)
            case _:
                assert_never(form.look)

    def name(self, form: Form) -> Layout:
        """A variable, or the length of an axis."""
        return ATOM, [str(form.value)]

    def number(self, form: Form) -> Layout:
        """A number."""
        raise NotImplementedError

    def call(self, form: Form) -> Layout:
        """A function."""
        raise NotImplementedError

    def literal(self, form: Form) -> Layout:
        """A vector or a matrix by its entries."""
        raise NotImplementedError

    def chain(self, form: Form) -> Layout:
        """A product of vectors and matrices."""
        raise NotImplementedError

    def term(self, form: Form) -> Layout:
        """A number and factors over others."""
        raise NotImplementedError

    def power(self, form: Form) -> Layout:
        """A constant power of each entry."""
        raise NotImplementedError

    def transpose(self, form: Form) -> Layout:
        """The transpose of a form."""
        raise NotImplementedError

    def subscript(self, form: Form) -> Layout:
        """Entries."""
        raise NotImplementedError

    def operator(self, form: Form) -> Layout:
        """A comparison, a connective or a power that is not constant."""
        raise NotImplementedError

    def sum(self, form: Form) -> list[Piece]:
        """Terms with their signs between them."""
        pieces: list[Piece] = [(form.parts[0], SUM)]
        for part in form.parts[1:]:
            down = is_negative(part)
            pieces += [" - " if down else " + ", (negate(part) if down else part, PRODUCT)]
        return pieces


def join_listed(parts: Sequence[Form]) -> list[Piece]:
    """Arguments with commas between them."""
    pieces: list[Piece] = []
    for part in parts:
        pieces += [", ", (part, LOOSE)]
    return pieces[1:]
