"""Text to tokens: numbers, names, superscripts, bars; and what Unicode means here.

A lexer of our own rather than Lark's, because three decisions need the token before:
whether a bar opens or closes, whether a name is a function, and which texts that look
like numbers are none (`0x10`, `1__0`, `2e`). It is also four times as fast.
"""

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import name as character_name
from unicodedata import normalize

from lark import Token
from lark.lexer import Lexer

from dcalc.errors import LimitError, ParseError

# Explicit classes: Python's \w matches superscripts.
_LETTER = "A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f\u1f00-\u1fff\u2100-\u214f\U0001d400-\U0001d7ff"
_NAME = f"[{_LETTER}][{_LETTER}0-9\u2080-\u2089]*"
_DIGITS = "[0-9]+(?:_[0-9]+)*"
_NUMBER = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<name>{_NAME})|(?P<symbol>\*\*|[<>=!]=|[-+*/^(),;=<>|·×÷−≤≥≠√⋅∙∗])"
    rf"|(?P<super>⁻?[{_SUPERSCRIPTS}]+)|(?P<space>[ \t\r\n\u00a0\u2009]+)|(?P<other>.)",
    re.DOTALL,
)
_DEFINE = re.compile(rf"\s*({_NAME})\s*\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*\)\s*=(?!=)")
_SYMBOLS = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "×": "STAR", "⋅": "STAR",
    "∙": "STAR", "∗": "STAR", "/": "SLASH", "÷": "SLASH", "**": "POWER", "^": "POWER", "(": "LEFT",
    ")": "RIGHT", ",": "COMMA", ";": "SEMICOLON", "=": "EQUALS", "√": "ROOT", "<": "RELATION",
    ">": "RELATION", "<=": "RELATION", ">=": "RELATION", "==": "RELATION", "!=": "RELATION",
    "≤": "RELATION", "≥": "RELATION", "≠": "RELATION",
}  # fmt: skip
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}
_PLAIN_SUPER = str.maketrans(_SUPERSCRIPTS + "⁻", "0123456789-")
_CALL = re.compile(r"\s*\(")

MAX_BYTES = 4 << 20
MAX_DIGITS = 100_000


class DcalcLexer(Lexer):
    """Lark's interface to `tokens`."""

    def __init__(self, _conf: Any) -> None:
        pass

    def lex(self, data: str) -> Iterator[Token]:  # type: ignore[override]  # Lark's interface for custom lexers
        """The tokens of ``data``."""
        return tokens(data)


def tokens(text: str) -> Iterator[Token]:
    """Tokens with their positions; raises ParseError at text that is none, LimitError."""
    start = 0
    inside = False  # between two bars
    previous = ""
    end = -1
    if define := _DEFINE.match(text):
        start = define.end()
        yield _token("DEFINE", define[2], define.start(1), start)
    for match in _TOKEN.finditer(text, start):
        kind = match.lastgroup
        word = match[0]
        first, last = match.span()
        if kind == "space":
            continue
        if kind == "symbol":
            if word == "|":
                inside = not inside
                yield _token("OPEN" if inside else "CLOSE", word, first, last)
            else:
                yield _token(_SYMBOLS[word], word, first, last)
        elif kind == "name":
            if previous == "number" and first == end:
                _refuse_number_name(text, word, first)
            word = word if word.isascii() else _normal(word)
            kind_of_name = _WORDS.get(word) or ("FUNCTION" if _CALL.match(text, last) else "NAME")
            yield _token(kind_of_name, word, first, last)
        elif kind == "number":
            if first == end and previous in ("number", "name"):
                raise ParseError("not a number", span=(first - 1, last), help="a number has one decimal point")
            _check_size(word, first, last)
            yield _token("NUMBER", word, first, last)
        elif kind == "super":
            yield from _superscript(word, first, last)
        else:
            raise _stranger(text, word, first)
        previous, end = kind or "", last


def _token(kind: str, word: str, first: int, last: int) -> Token:
    return Token(kind, word, first, 1, first + 1, 1, last + 1, last)


def _superscript(word: str, first: int, last: int) -> Iterator[Token]:
    """`x²³` is x**23, `x⁻¹` is x**-1."""
    plain = word.translate(_PLAIN_SUPER)
    yield _token("POWER", "**", first, first)
    if plain.startswith("-"):
        yield _token("MINUS", "-", first, first + 1)
        plain = plain[1:]
    yield _token("NUMBER", plain, first, last)


def _normal(word: str) -> str:
    """NFKC, so that what looks like one name is one; π is the constant."""
    word = normalize("NFKC", word)
    return "pi" if word == "π" else word


def _refuse_number_name(text: str, word: str, first: int) -> None:
    """A name directly after a number is an implicit product, unless it looks like a number."""
    start = first
    while start and (text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "._")):
        start -= 1
    digits = text[start:first]
    span = (start, first + len(word))
    if word.startswith("_"):
        clean = (digits + word).replace("_", "")
        fix = f"write {clean}" if clean.isdigit() else f"write {digits}*{word.lstrip('_') or 'x'}"
        raise ParseError(f"not a number: {digits}{word}", span=span, help=fix)
    if word in ("e", "E"):
        raise ParseError(
            f"a number with an exponent lacks its digits: {digits}{word}",
            span=span,
            help=f"write {digits}*e for the constant e, or {digits}e0",
        )
    if digits == "0" and word[0] in "xXbBoO" and len(word) > 1:
        raise ParseError(
            f"only decimal numbers are read: {digits}{word}", span=span, help=_decimal(digits + word)
        )


def _decimal(word: str) -> str:
    try:
        return f"write {int(word, 0)}"
    except ValueError:
        return f"for a product write 0*{word[1:]}"


def _check_size(word: str, first: int, last: int) -> None:
    mantissa, _, exponent = word.lower().partition("e")
    digits = exponent.lstrip("+-0_")
    if len(mantissa) > MAX_DIGITS or len(digits) > 6 or (digits and int(digits) > MAX_DIGITS):
        raise LimitError(
            "the number is too long" if len(mantissa) > MAX_DIGITS else "the exponent of the number is too large",
            span=(first, last),
            help=f"numbers have at most {MAX_DIGITS:,} digits, exponents are at most {MAX_DIGITS:,}",
        )


_HELP = {
    "!": "write factorial(...)",
    "%": "write mod(x, y), or divide by 100 for a percentage",
    "[": "use round brackets: ( )",
    "]": "use round brackets: ( )",
    "{": "use round brackets: ( )",
    "}": "use round brackets: ( )",
    ":": "ranges belong to --at: --at x=0:1:0.1",
    "&": "write and, inside where(...)",
    "~": "write not, inside where(...)",
    "'": "derivatives are asked with dcalc diff, orders with -n 2",
    '"': "an expression has no quotes inside",
    "$": "a shell variable? put the expression in single quotes",
    "\\": "LaTeX is not read: write sqrt(x), pi, sin(x)",
    "@": "write * for a product",
    "?": "write where(condition, a, b)",
    "∞": "there is no infinity among the numbers",
    "ⅇ": "write e",
    "∫": "dcalc differentiates; it does not integrate",
    "∂": "name the expression alone, the variable with --wrt",
    "∞ ": "",
}  # fmt: skip


def _stranger(text: str, char: str, first: int) -> ParseError:
    shown = repr(char)[1:-1] if char.isprintable() else f"U+{ord(char):04X}"
    title = "" if char.isascii() else f" ({character_name(char, 'no name').lower()})"
    fix = _HELP.get(char, "see the README for the language")
    if char == "!":
        before = re.search(rf"({_NAME}|{_NUMBER})\s*$", text[max(0, first - 60) : first])
        fix = f"write factorial({before[1]})" if before else fix
    message = f"unexpected character {shown}{title}"
    return ParseError(message, span=(first, first + 1), help=fix)
