r"""Formulas of matrix algebra in LaTeX: bold vectors and matrices, transposes as ``^\top``.

Nothing here needs a package but amsmath.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import symbol
from dcalc.notation import write as write_scalar
from dcalc.numerals import digits
from dcalc.tensor.forms import Form, Look, matrix_forms
from dcalc.tensor.indices import Dialect, write_entries
from dcalc.tensor.layout import ATOM, LOOSE, POWER, PRODUCT, SUM, UNARY, Layout, Notation, Piece, join_listed
from dcalc.tensor.nodes import Node
from dcalc.tensor.plain import write_number
from dcalc.tensor.sizes import Size


def write(node: Node) -> str:
    """A node in matrix notation as LaTeX, else with indices. Raises Unsupported for the rare node that has neither."""
    form = matrix_forms([node]).get(node)
    return write_form(form) if form is not None else write_entries(node, _LatexIndices())


class _LatexIndices(Dialect):
    """Indices as subscripts, sums as sums."""

    times = r" \, "
    power = ("^{", "}")
    exponent_level = LOOSE
    sum_level = PRODUCT

    @property
    def notation(self) -> Notation:
        return LATEX

    def subscript(self, text: str, indices: Sequence[str]) -> str:
        return f"{{{text}}}_{{{','.join(indices)}}}"

    def delta(self, size: Size, indices: Sequence[str]) -> str:
        return rf"\delta_{{{','.join(indices)}}}"

    def summed(self, sign: str, index: str, first: str, last: str) -> tuple[str, str]:
        return rf"\{sign}_{{{index}={first}}}^{{{last}}} ", ""

    def call(self, name: str) -> tuple[str, str]:
        command = _TYPED.get(name) or (rf"\operatorname{{{name}}}" if name else "")
        return rf"{command}\left(", r"\right)"

    def whole(self, indices: Sequence[str], text: str) -> str:
        return rf"\left[{text}\right]_{{{','.join(indices)}}}"


def write_form(form: Form) -> str:
    """A form as LaTeX."""
    return LATEX.write(form)


def write_name(name: str, rank: int) -> str:
    """A variable: upright and bold where it has axes."""
    text = write_scalar(symbol(name), "latex")
    if not rank:
        return text
    head, _, tail = text.partition("_")
    bold = (
        rf"\boldsymbol{{{head}}}"
        if head.startswith("\\") and not head.startswith(r"\math")
        else rf"\mathbf{{{_plain(head)}}}"
    )
    return f"{bold}_{tail}" if tail else bold


def _plain(text: str) -> str:
    for command in (r"\mathit{", r"\mathrm{"):
        if text.startswith(command):
            return text[len(command) : -1]
    return text


_TYPED = {"exp": r"\exp", "log": r"\ln", "det": r"\det", "max": r"\max", "min": r"\min", "sin": r"\sin", "cos": r"\cos",
          "tan": r"\tan", "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh"}  # fmt: skip
_SIGNS = {"<=": r"\le", ">=": r"\ge", "!=": r"\ne", "==": "=", "<": "<", ">": ">"}


class Latex(Notation):
    """Formulas for amsmath."""

    left = r"\left("
    right = r"\right)"

    def name(self, form: Form) -> Layout:
        text = str(form.value)
        if form.look is Look.LENGTH:
            return ATOM, [text]
        row = table.CONSTANTS.get(text)
        if row is not None and not form.rank:
            return ATOM, [row.latex or rf"\mathrm{{{text}}}"]
        return ATOM, [rf"\text{{{text}}}" if "=" in text else write_name(text, form.rank)]

    def number(self, form: Form) -> Layout:
        value = form.number
        if isinstance(value, Fraction):
            sign = "-" if value < 0 else ""
            above, below = digits(abs(value.numerator)), digits(value.denominator)
            return (UNARY if sign else ATOM), [rf"{sign}\frac{{{above}}}{{{below}}}"]
        return (UNARY if value < 0 else ATOM), [write_number(value)]

    def call(self, form: Form) -> Layout:
        name, parts = str(form.value), form.parts
        if name == "inv" and parts[0].rank == 2:
            return POWER, [(parts[0], ATOM), "^{-1}"]
        if name == "norm" and len(parts) == 1:
            index = "F" if parts[0].rank == 2 else "2"
            return ATOM, [r"\left\lVert ", (parts[0], LOOSE), rf"\right\rVert_{{{index}}}"]
        if name == "sqrt" and not form.rank:
            return ATOM, [r"\sqrt{", (parts[0], LOOSE), "}"]
        if name == "outer":
            return PRODUCT, [
                (parts[0], UNARY),
                r"\, ",
                (parts[1], POWER if parts[1].look is Look.POWER else ATOM),
                r"^{\top}",
            ]
        if name == "eye":
            return ATOM, [r"\mathbf{I}_{", (parts[0], LOOSE), "}"]
        if name in ("ones", "zeros"):
            digit = "1" if name == "ones" else "0"
            pieces: list[Piece] = [rf"\mathbf{{{digit}}}_{{", (parts[0], LOOSE)]
            for part in parts[1:]:
                pieces += [r" \times ", (part, LOOSE)]
            return ATOM, [*pieces, "}"]
        if name == "abs":
            return ATOM, [r"\left|", (parts[0], LOOSE), r"\right|"]
        command = _TYPED.get(name) or rf"\operatorname{{{name.replace('_', chr(92) + '_')}}}"
        return ATOM, [command, r"\left(", *join_listed(parts), r"\right)"]

    def literal(self, form: Form) -> Layout:
        pieces: list[Piece] = []
        for part in form.parts:
            row: list[Piece] = []
            for cell in part.parts if part.look is Look.LIST else (part,):
                row += [" & ", (cell, LOOSE)]
            pieces += [r" \\ ", *row[1:]]
        return ATOM, [r"\begin{bmatrix}", *pieces[1:], r"\end{bmatrix}"]

    def chain(self, form: Form) -> Layout:
        parts = form.parts
        pieces: list[Piece] = []
        for place, part in enumerate(parts):
            pieces += [r"\, ", (part, UNARY)]
            if place == 0 and part.rank == 1 and len(parts) > 1:
                pieces[-1] = (part, ATOM)
                pieces.append(r"^{\top}")
        return PRODUCT, pieces[1:]

    def power(self, form: Form) -> Layout:
        circle = r"\circ " if form.rank else ""
        return POWER, [(form.parts[0], ATOM), f"^{{{circle}{write_number(form.number)}}}"]

    def transpose(self, form: Form) -> Layout:
        return POWER, [(form, ATOM), r"^{\top}"]

    def subscript(self, form: Form) -> Layout:
        return POWER, [(form.parts[0], ATOM), f"_{{[{form.value}]}}"]

    def term(self, form: Form) -> Layout:
        r"""A number and factors, over others in a fraction; entries are multiplied by ``\odot``."""
        above, below = form.parts, form.below
        value = Fraction(form.coefficient)
        sign = "-" if value < 0 else ""
        arrays = [part for part in above if part.rank]
        lower_arrays = [part for part in below if part.rank]
        scalars = [part for part in above if not part.rank]
        low = _factors(value.denominator, below)
        is_fraction = low != ["1"]
        top = _factors(abs(value.numerator), above if lower_arrays else scalars, LOOSE if is_fraction else UNARY)
        pieces: list[Piece] = [sign] if sign else []
        if not is_fraction:
            pieces += top if top != ["1"] or not arrays else []
        else:
            pieces += [r"\frac{", *top, "}{", *low, "}"]
        if lower_arrays:
            return PRODUCT, pieces
        body: list[Piece] = []
        for part in arrays:
            bare = part.look is Look.CHAIN and len(arrays) == 1
            body += [r" \odot ", (part, PRODUCT if bare else UNARY)]
        if body and len(pieces) > len(sign and "-"):
            pieces.append(r" \, ")
        return PRODUCT, [*pieces, *body[1:]]

    def operator(self, form: Form) -> Layout:
        row = form.row
        if row is table.POW:
            return POWER, [(form.parts[0], ATOM), "^{", (form.parts[1], LOOSE), "}"]
        if row is table.NOT:
            return LOOSE, [r"\lnot ", (form.parts[0], ATOM)]
        sign = {"and": r"\land", "or": r"\lor"}.get(row.name) or _SIGNS[row.name]
        return LOOSE, [(form.parts[0], SUM), f" {sign} ", (form.parts[1], SUM)]


def _factors(number: int, parts: Sequence[Form], alone: int = LOOSE) -> list[Piece]:
    """A number and factors; a single factor without a number binds at least as tightly as ``alone`` says."""
    pieces: list[Piece] = []
    if number != 1 or not parts:
        pieces += [r" \, ", digits(number)]
    for part in parts:
        pieces += [r" \, ", (part, alone if len(parts) == 1 and number == 1 else UNARY)]
    return pieces[1:]


LATEX = Latex()
