"""Text with vectors and matrices to tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from lark.lexer import Lexer

from dcalc.errors import ParseError
from dcalc.parser.lexer import NAME, NUMBER, SUPERSCRIPTS, WIDE_SPACES, Token, normal

_SYMBOLS = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "×": "STAR", "⋅": "STAR", "∙": "STAR",
    "/": "SLASH", "÷": "SLASH", "**": "POWER", "^": "POWER", "(": "LEFT", ")": "RIGHT", "[": "SQUARE",
    "]": "UNSQUARE", ",": "COMMA", ":": "COLON", ";": "SEMICOLON", "=": "EQUALS", "@": "AT", ".T": "TRANSPOSE",
    "'": "TRANSPOSE", "ᵀ": "TRANSPOSE", "<": "RELATION", ">": "RELATION", "<=": "RELATION", ">=": "RELATION",
    "==": "RELATION", "!=": "RELATION", "≤": "RELATION", "≥": "RELATION", "≠": "RELATION",
}  # fmt: skip
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}
_ENDS = frozenset({"NUMBER", "NAME", "RIGHT", "UNSQUARE", "TRANSPOSE"})
"""Tokens after which an operand has ended."""
_PLAIN_SUPER = str.maketrans(SUPERSCRIPTS + "⁻", "0123456789-")


@cache
def _pattern() -> re.Pattern[str]:
    signs = "|".join(re.escape(sign) for sign in sorted(_SYMBOLS, key=len, reverse=True) if sign not in ("'", ".T"))
    return re.compile(
        rf"(?P<number>{NUMBER})|(?P<sign>\.T(?!\w)|'|ᵀ|{signs})|(?P<name>{NAME})"
        rf"|(?P<super>⁻?[{SUPERSCRIPTS}]+)|(?P<space>[ \t\r\n{WIDE_SPACES}]+)|(?P<other>.)",
        re.DOTALL,
    )


class ArrayLexer(Lexer):
    """Lark's interface to `tokens`."""

    def __init__(self, _conf: Any) -> None:
        pass

    def lex(self, data: str) -> Iterator[Token]:  # type: ignore[override]  # Lark's interface for custom lexers
        """The tokens of ``data``."""
        return tokens(data)


def tokens(text: str) -> Iterator[Token]:
    """Tokens with their positions. Raises ParseError at text that is not a token.

    A product may be implied after a number, as in scalar expressions: `2x`, `2(A@x)`.
    """
    previous = ""
    divided = False
    end = -1
    for match in _pattern().finditer(text):
        kind = match.lastgroup
        first, last = match.span()
        word = match[0]
        if kind == "space":
            continue
        if kind == "other":
            raise _stranger(text, first)
        if kind == "super":
            yield _token("POWER", "**", first, last)
            plain = word.translate(_PLAIN_SUPER)
            if plain.startswith("-"):
                yield _token("MINUS", "-", first, first + 1)
            yield _token("NUMBER", plain.lstrip("-"), first, last)
            previous = "NUMBER"
            continue
        if kind == "sign":
            name = _SYMBOLS[word]
        elif kind == "number":
            name = "NUMBER"
        else:
            word = word if word.isascii() else normal(text, word, first)
            name = _WORDS.get(word) or ("FUNCTION" if re.compile(r"\s*\(").match(text, last) else "NAME")
        if previous == "NUMBER" and name in ("NAME", "FUNCTION", "LEFT"):
            if divided:
                raise ParseError(
                    "ambiguous: implicit product after / or a power",
                    span=(end - 1, last),
                    help="write the * of the product",
                )
            yield _token("STAR", "*", first, first)
        elif previous in _ENDS and name in ("NAME", "FUNCTION", "NUMBER"):
            raise ParseError(
                "an operator is missing here",
                span=(first, last),
                help="write * for a product of entries, @ for one of matrices",
            )
        divided = name == "NUMBER" and previous in ("SLASH", "POWER")
        yield _token(name, word, first, last)
        previous, end = name, last


def _stranger(text: str, first: int) -> ParseError:
    char = text[first]
    if char == "|":
        return ParseError(
            "bars do not tell what is meant",
            span=(first, first + 1),
            help="write abs(x), or norm(x) for the length of a vector",
        )
    return ParseError(f"unexpected character {char!r}", span=(first, first + 1), help="leave it out")


def _token(kind: str, word: str, first: int, last: int) -> Token:
    token = Token(word)
    token.type = kind
    token.start_pos = first
    token.end_pos = last
    return token
