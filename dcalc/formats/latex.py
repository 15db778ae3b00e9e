r"""LaTeX: a derivative as a formula, a gradient as `aligned`, numbers in a `tabular`.

Nothing here needs a package but amsmath.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from dcalc.expr import symbol
from dcalc.formats import Writer, comment, each, verdict
from dcalc.formats.common.tables import peek, share_table, write_sheet
from dcalc.functions import ADD, NEG, SUB
from dcalc.notation import write
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.finding import Column, DerivationLine, Finding
    from dcalc.formats import Style
    from dcalc.formats.common.tables import Texts

SUFFIXES = ("tex",)
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{mark: "\\" + mark for mark in "#$%&_{}"},
}
_FORMULAS = ("expression", "derivative", "result", "value")
_ESCAPES = str.maketrans(_SPECIAL)
_DECIMAL = re.compile(r"^-?[\d.]+(e[+-]?\d+)?$")


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """Formulas where the findings are some; else a `tabular` that they share, or a page for each."""
    writer = Writer(style, "latex")
    if style.heading is None:
        first, findings = peek(findings)
        if first is not None and first.command == "steps":
            return filter(None, each(findings, writer, lambda finding: _derivation(finding, writer)))
        return chain.from_iterable(_page(finding, writer, Writer(style)) for finding in findings)
    first, findings = peek(findings)
    if first is not None and first.equation is not None and not (style.sweep or style.batch):
        return each(findings, writer, lambda finding: _equation(finding, writer))
    pointed = style.sweep or (first is not None and first.at is not None)
    if (first or style.heading()).formulas is not None and not pointed:
        return filter(None, each(findings, writer, lambda finding: _formulas(finding, writer)))
    return _table(*share_table(findings, style.heading, writer))


def _formulas(finding: Finding, writer: Writer) -> str:
    """The derivative, or a line of `aligned` for each partial one; a comment where there is none."""
    if finding.failure is not None:
        return comment("error", finding.failure.message, "%")
    formulas = [(name, writer.text(cell)) for name, cell in finding.formulas or ()]
    if finding.at is not None:
        return ", ".join(_number(text) if _DECIMAL.match(text) else rf"\text{{{text}}}" for _, text in formulas) + "\n"
    if finding.code:
        return comment(finding.status, finding.sentence, "%") if writer.style.batch else ""
    if not finding.several:
        return f"{formulas[0][1]}\n"
    lines = [f"{_partial(name)} &= {text}" for name, text in formulas]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n"


def _equation(finding: Finding, writer: Writer) -> str:
    r"""A limit: ``\lim_{x \to 0} \frac{\sin x}{x} = 1``."""
    equation = finding.equation
    assert equation is not None
    place = equation.place
    to = _value(repr(place)) if isinstance(place, float) else writer.text(place)
    if equation.side is not None:
        to += "^{-}" if equation.side == "left" else "^{+}"
    value = _value(equation.value) if isinstance(equation.value, str) else writer.text(equation.value)
    body = writer.text(equation.expression)
    if equation.expression.op in (ADD, SUB, NEG):
        body = rf"\left({body}\right)"
    return rf"\lim_{{{_name(equation.name)} \to {to}}} {body} = {value}" + "\n"


def _derivation(finding: Finding, writer: Writer) -> str:
    r"""An `align*` block: the equal signs below each other, the rules at the right."""
    if finding.failure is not None:
        return comment("error", finding.failure.message, "%")
    if finding.code:
        return comment(finding.status, finding.sentence, "%") if writer.style.batch else ""
    lines = [_derivation_line(line, writer) for line in finding.derivation]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}\n"


def _derivation_line(line: DerivationLine, writer: Writer) -> str:
    function = writer.text(line.function) if line.function is not None else ""
    left = rf"\frac{{d}}{{d{_name(line.by)}}}\left[{function}\right]" if line.by and function else function
    rule = rf"\text{{{_words(line.rule)}}}" if line.rule else ""
    words = [rule, *(rf"{_letter(letter)} = {writer.text(part)}" for letter, part in line.parts)]
    reason = r",\; ".join(filter(None, words))
    if line.result is not None:
        right = f" {writer.text(line.result)}"
    elif line.formula is not None:
        whole, slope = (writer.text(part) for part in line.formula)
        right = rf" \left({whole}\right)' = {slope}"
    else:
        right = r" \ldots"
    return f"{left} &={right}" + (f" && {reason}" if reason else "")


def _letter(letter: str) -> str:
    """What a letter of a rule looks like; those of arrays are LaTeX already."""
    return _name(letter) if letter.isidentifier() else letter


def _value(text: str) -> str:
    r"""A number; an infinity as ``\infty``."""
    return text.replace("inf", r"\infty") if "inf" in text else _number(text.removesuffix(".0"))


def _page(finding: Finding, writer: Writer, words: Writer) -> Iterator[str]:
    """A `tabular` for each table of a finding; what is said beside them, and the verdict, as comments."""
    if finding.failure is not None:
        yield from filter(None, [words.failed_line(finding, "%")])
        return
    for one in (writer, words):
        one.turn_to(finding)
    for label, value in words.facts(finding):
        yield f"% {label}: {escape_unprintable(value)}\n"
    for sheet in finding.sheets:
        if sheet.title:
            yield f"% {escape_unprintable(sheet.title)}\n"
        yield from _table(*write_sheet(sheet, writer))
    if sentence := verdict(finding):
        yield f"% {sentence}\n"


def _partial(name: str) -> str:
    return rf"\frac{{\partial f}}{{\partial {_name(name)}}}"


def _name(name: str) -> str:
    return write(symbol(name), "latex")


def _table(columns: Sequence[Column], rows: Iterable[Texts]) -> Iterator[str]:
    yield f"\\begin{{tabular}}{{{''.join('r' if c.look == 'number' else 'l' for c in columns)}}}\n"
    yield _line([_title(column) for column in columns]) + "\\hline\n"
    for cells in rows:
        yield _line([_cell(cells.get(column.key, ""), column) for column in columns])
    yield "\\end{tabular}\n"


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + " \\\\\n"


def _title(column: Column) -> str:
    if isinstance(column.key, str):
        return _words(column.title)
    what, name = column.key
    return f"${_partial(name) if what == 'd' else _name(name)}$"


def _cell(text: str, column: Column) -> str:
    if not text:
        return ""
    if column.look == "number" and _DECIMAL.match(text):
        return f"${_number(text)}$"
    if column.key in _FORMULAS or column.look == "formula":
        return f"${text}$"
    if column.key == "variable":
        return f"${_name(text)}$"
    return _words(text)


def _number(text: str) -> str:
    """A decimal, its power of ten written out."""
    mantissa, _, power = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(power)}}}" if power else text


def _words(text: str) -> str:
    return escape_unprintable(text).translate(_ESCAPES)
