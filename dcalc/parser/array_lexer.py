"""Text with vectors and matrices to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from dcalc.errors import ParseError
from dcalc.functions import BY_NAME
from dcalc.parser.lexer import ASCII_NAME, NAME, NUMBER, SUPERSCRIPTS, WIDE_SPACES, Token, make_token, normal
from dcalc.spellings.arrays import MATRICES, METHODS

_SYMBOLS = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "×": "STAR", "⋅": "STAR", "∙": "STAR",
    ".*": "STAR", "⊙": "STAR", "∘": "STAR", "/": "SLASH", "÷": "SLASH", "./": "SLASH", "**": "POWER", "^": "POWER",
    ".^": "POWER", ".**": "POWER", "(": "LEFT", ")": "RIGHT", "[": "SQUARE", "]": "UNSQUARE", ",": "COMMA",
    ":": "COLON", ";": "SEMICOLON", "=": "EQUALS", "@": "AT", "'": "TRANSPOSE", "ᵀ": "TRANSPOSE",
    "<": "RELATION", ">": "RELATION", "<=": "RELATION", ">=": "RELATION", "==": "RELATION", "!=": "RELATION",
    "≤": "RELATION", "≥": "RELATION", "≠": "RELATION",
}  # fmt: skip
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}
_ENDS = frozenset({"NUMBER", "NAME", "RIGHT", "UNSQUARE", "TRANSPOSE", "CLOSE"})
"""Tokens after which an operand has ended."""
_BEGINS = frozenset({"NAME", "FUNCTION", "NUMBER", "LEFT", "OPEN"})
"""Tokens with which an operand begins; a bracket [ after an operand takes entries of it."""
_PLAIN_SUPER = str.maketrans(SUPERSCRIPTS + "⁻", "0123456789-")
_MATRIX = re.compile(r"[A-Z]\d*")
"""A name that stands for a matrix: in `A(x - b)` it is not a function."""
_ORDERS = {"1": "1", "2": "2", "F": "fro", "fro": "fro", "inf": "inf", "infty": "inf", "∞": "inf"}


@cache
def _pattern(ascii: bool) -> re.Pattern[str]:
    """The tokens; those of an ``ascii`` text are compiled in a third of the time."""
    name = ASCII_NAME if ascii else NAME
    signs = "|".join(re.escape(sign) for sign in sorted(_SYMBOLS, key=len, reverse=True) if sign != "'")
    orders = "|".join(map(re.escape, _ORDERS))
    return re.compile(
        rf"(?P<number>{NUMBER})|(?P<turn>\.m?T(?!\w)|\^\s*(?:T(?![\w(\[])|\{{T\}}|\{{?\\?⊤\}}?))|(?P<size>\.shape(?=\s*\[))|(?P<count>\.size(?![\w(]|\s+\())"
        rf"|(?P<method>\.{name}(?=\s*\())|(?P<bars>(?:\|\||‖)(?P<order>_\{{?(?:{orders})\}}?)?)"
        rf"|(?P<quote>'[^']*'|\"[^\"]*\")|(?P<sign>{signs}|')|(?P<name>{name})"
        rf"|(?P<super>⁻?[{SUPERSCRIPTS}]+)|(?P<space>[ \t\r\n{WIDE_SPACES}]+)|(?P<other>.)",
        re.DOTALL,
    )


@cache
def _library() -> re.Pattern[str]:
    """What follows the name of a library: further names, the last of which is called, or is a constant."""
    return re.compile(rf"(?:\.{NAME})*\.(?:(?P<called>{NAME})(?=\s*\()|(?:pi|e|inf|newaxis)(?!\w))")


def tokens(text: str) -> Iterator[Token]:
    """Tokens with their positions. Raises ParseError at text that is not a token.

    A product may be implied after a number, as in scalar expressions: `2x`, `2(A@x)`. Between other operands,
    `x^T A x`, it is an @ of no length: the reader takes it where arrays are multiplied.
    """
    previous = ""
    divided = False
    inside = False  # between bars
    end = -1
    place = 0
    pattern = _pattern(text.isascii())
    while match := pattern.match(text, place):
        kind = match.lastgroup if match.lastgroup != "order" else "bars"
        first, last = match.span()
        word = match[0]
        if kind == "quote" and word[0] == "'" and previous in _ENDS:
            kind, word, last = "sign", "'", first + 1
        elif kind == "turn" and word[0] == "^" and _has_name(text, "T"):
            kind, word, last = "sign", "^", first + 1
        place = last
        if kind == "space":
            continue
        if kind == "other":
            raise _stranger(text, first)
        if kind == "super":
            yield make_token("POWER", "**", first, last)
            plain = word.translate(_PLAIN_SUPER)
            if plain.startswith("-"):
                yield make_token("MINUS", "-", first, first + 1)
            yield make_token("NUMBER", plain.lstrip("-"), first, last)
            previous = "NUMBER"
            continue
        if kind == "bars":
            inside = not (inside and previous in _ENDS)
            name = "OPEN" if inside else "CLOSE"
            if inside:
                place = last = first + len(word.partition("_")[0])
            word = _ORDERS.get(word.partition("_")[2].strip("{}"), "")
        elif kind == "name":
            name, word, last = _read_name(text, word, first, last)
            place = last
        else:
            name = _SYMBOLS[word] if kind == "sign" else _KINDS[kind or ""]
        is_derivative = name == "LEFT" and text[end - 1 : end] == "'"  # of a function that is not known: f'(x)
        if previous in _ENDS and name in _BEGINS and not is_derivative:
            yield _join(previous, name, divided=divided, span=(first, last), end=end)
        divided = name == "NUMBER" and previous in ("SLASH", "POWER")
        yield make_token(name, word, first, last)
        previous, end = name, last


_KINDS = {
    "number": "NUMBER",
    "turn": "TRANSPOSE",
    "size": "SHAPE",
    "count": "COUNT",
    "method": "METHOD",
    "quote": "STRING",
}


def _has_name(text: str, name: str) -> bool:
    """Whether a name stands somewhere in a text, but for after a ^ or a dot."""
    return re.search(rf"(?<![\w.^{{])(?<!\^ ){name}(?!\w)", text) is not None


def _read_name(text: str, word: str, first: int, last: int) -> tuple[str, str, int]:
    """The kind of a name, its text and its end: a function of a library has the names before it."""
    word = word if word.isascii() else normal(text, word, first)
    if word in _WORDS:
        return _WORDS[word], word, last
    if text.startswith(".", last) and word in roots() and (dotted := _library().match(text, last)):
        if dotted["called"] is None:
            return "NAME", dotted[0].rpartition(".")[2], dotted.end()
        if word not in MATRICES or dotted["called"] not in METHODS:
            return "FUNCTION", word + dotted[0], dotted.end()
    if word == "log" and (det := _DET.match(text, last)):
        return "FUNCTION", "logdet", det.end()
    if not _CALL.match(text, last):
        return "NAME", word, last
    is_product = _MATRIX.fullmatch(word) and word not in BY_NAME
    return ("NAME" if is_product else "FUNCTION"), word, last


_CALL = re.compile(r"\s*\(")
_DET = re.compile(r"\s+det(?=\s*\()")


@cache
def roots() -> frozenset[str]:
    """The names under which libraries are imported."""
    from dcalc.spellings.python import PREFIXES

    return frozenset(prefix.partition(".")[0] for prefix in PREFIXES) - {"norm", "m"}


def _join(previous: str, name: str, *, divided: bool, span: tuple[int, int], end: int) -> Token:
    """The sign of a product that is not written. Raises ParseError where its reading is not sure."""
    first, last = span
    if previous == "NUMBER" and name != "NUMBER":
        if divided:
            raise ParseError(
                "ambiguous: implicit product after / or a power",
                span=(end - 1, last),
                help="write the * of the product",
            )
        return make_token("STAR", "*", first, first)
    if name == "NUMBER":
        raise missing_operator(span)
    if "OPEN" in (name, previous) or previous == "CLOSE":  # a length is a number
        return make_token("STAR", "*", first, first)
    return make_token("AT", "", first, last)


def missing_operator(span: tuple[int, int]) -> ParseError:
    """The error for two operands side by side that are not a product of arrays."""
    return ParseError(
        "an operator is missing here", span=span, help="write * for a product of entries, @ for one of matrices"
    )


def _stranger(text: str, first: int) -> ParseError:
    char = text[first]
    if char == "|":
        return ParseError(
            "bars do not tell what is meant",
            span=(first, first + 1),
            help="write abs(x), or norm(x) for the length of a vector",
        )
    return ParseError(f"unexpected character {char!r}", span=(first, first + 1), help="leave it out")
