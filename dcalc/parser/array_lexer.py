"""Text with vectors and matrices to tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from dcalc.errors import ParseError
from dcalc.functions import BY_NAME
from dcalc.parser.lexer import ASCII_NAME, NAME, NUMBER, SUPERSCRIPTS, WIDE_SPACES, Token, make_token, normal
from dcalc.spellings.arrays import LOSSES, MATRICES, METHODS, SPOKEN

_SYMBOLS = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "×": "STAR", "⋅": "STAR", "∙": "STAR",
    ".*": "STAR", "⊙": "STAR", "∘": "STAR", "/": "SLASH", "÷": "SLASH", "./": "SLASH", "**": "POWER", "^": "POWER",
    ".^": "POWER", ".**": "POWER", "(": "LEFT", ")": "RIGHT", "[": "SQUARE", "]": "UNSQUARE", ",": "COMMA",
    ":": "COLON", ";": "SEMICOLON", "=": "EQUALS", "@": "AT", "'": "TRANSPOSE", "ᵀ": "TRANSPOSE", "⊤": "TRANSPOSE",
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
_ORDERS = {"1": "1", "2": "2", "F": "fro", "fro": "fro", "inf": "inf", "infty": "inf", "\\infty": "inf", "∞": "inf"}


@cache
def _pattern(ascii: bool) -> re.Pattern[str]:
    """The tokens; those of an ``ascii`` text are compiled in a third of the time."""
    word = ASCII_NAME if ascii else NAME
    signs = "|".join(re.escape(sign) for sign in sorted(_SYMBOLS, key=len, reverse=True) if sign != "'")
    orders = "|".join(map(re.escape, _ORDERS))
    top = r"\{?(?:⊤|\\top(?![a-z])|\\intercal(?![a-z]))\}?"
    return re.compile(
        rf"(?P<number>{NUMBER})|(?P<turn>\.m?T(?!\w)|\^\s*(?:T(?![\w(\[])|\{{T\}}|{top}))"
        rf"|(?P<back>\^\s*(?:-T(?![\w(\[])|\{{\s*-\s*T\s*\}}))|(?P<braced>\^\s*\{{\s*(?P<exponent>-?\d+)\s*\}})"
        rf"|(?P<size>\.shape(?=\s*\[))|(?P<count>\.size(?![\w(]|\s+\())|(?P<method>\.{word}(?=\s*\())"
        rf"|(?P<bars>(?:\|\||‖|\\(?:left\s*\\|right\s*\\)?\||\\[lr]Vert(?![a-z]))(?P<order>_\{{?(?:{orders})\}}?)?)"
        rf"|(?P<angle>[⟨⟩])|(?P<quote>'[^']*'|\"[^\"]*\")|(?P<sign>{signs}|')|(?P<name>{word})"
        rf"|(?P<super>⁻?[{SUPERSCRIPTS}]+)|(?P<space>[ \t\r\n{WIDE_SPACES}]+)|(?P<other>.)",
        re.DOTALL,
    )


@cache
def _library() -> re.Pattern[str]:
    """What follows the name of a library: further names, the last of which is called, or is a constant."""
    return re.compile(rf"(?:\.{NAME})*\.(?:(?P<called>{NAME})(?=\s*\()|(?:pi|e|inf|newaxis)(?!\w))")


def may_be_latex(text: str) -> bool:
    """Whether a text may be LaTeX: nothing but LaTeX with arrays begins with a dollar."""
    return "\\" in text or text.startswith("$")


def tokens(text: str) -> Iterable[Token]:
    """Tokens with their positions. Raises ParseError at text that is not a token. Linear."""
    if may_be_latex(text):
        from dcalc.parser.array_latex import is_latex, latex_tokens

        if is_latex(text):
            return latex_tokens(text)
    return _plain_tokens(text)


@cache
def _head() -> re.Pattern[str]:
    return re.compile(rf"\s*(?P<name>{NAME})\s*(?P<of>\([^()]*\))?\s*=(?!=)\s*(?=\S)")


def find_left_side(text: str) -> tuple[int, int] | None:
    """Where the last of the expressions has a name of its own, as in `loss = norm(A@x)`; None where it has none."""
    start = text.rfind(";") + 1
    if "=" not in text or (match := _head().match(text, start)) is None:
        return None
    if match["of"] and len(match["name"]) > 1:
        return None
    return None if re.search(rf"(?<!\w){match['name']}(?!\w)", text[match.end() :]) else (start, match.end())


def _plain_tokens(text: str) -> Iterator[Token]:
    """The tokens of dcalc's own language.

    A product may be implied after a number, as in scalar expressions: `2x`, `2(A@x)`. Between other operands,
    `x^T A x`, it is an @ of no length: the reader takes it where arrays are multiplied.
    """
    previous = before = ""
    inside = False  # between bars
    end = -1
    place = 0
    head, behind = find_left_side(text) or (-1, 0)
    pattern = _pattern(text.isascii())
    while match := pattern.match(text, behind if place == head else place):
        kind, word = _classify(match, previous)
        first = match.start()
        place = first + len(word)
        if kind == "space":
            continue
        if kind == "other":
            raise _stranger(text, first)
        if kind == "bars":
            inside = not (inside and previous in _ENDS)
            if inside:  # the order of a norm stands behind it
                place = first + len(word.partition("_")[0])
            order = _ORDERS.get(word.partition("_")[2].strip("{}"), "")
            parts = [make_token("OPEN" if inside else "CLOSE", order, first, place)]
        elif kind == "name":
            parts = _read_name(text, word, first)
            place = parts[-1].end_pos
        elif kind in _SPELLED:
            parts = _SPELLED[kind](match)
        else:
            parts = [make_token(_SYMBOLS[word] if kind == "sign" else _KINDS[kind], word, first, place)]
        for token in parts:
            is_derivative = token.type == "LEFT" and text[end - 1 : end] == "'"  # of an unknown function: f'(x)
            if previous in _ENDS and token.type in _BEGINS and not is_derivative:
                divided = before in ("SLASH", "POWER") and previous == "NUMBER"
                yield _join(text, previous, token, divided=divided, end=end)
            yield token
            before, previous, end = previous, token.type, token.end_pos
        if kind in _SPELLED and previous == "NUMBER":  # it is plain where the exponent ends
            previous = "RIGHT"


def _classify(match: re.Match[str], previous: str) -> tuple[str, str]:
    """The kind of what a match is and its text: a quote may be a transpose, and ^T a power."""
    kind, word = match.lastgroup or "", match[0]
    if kind == "quote" and word[0] == "'" and previous in _ENDS:
        return "sign", "'"
    if kind == "turn" and word[0] == "^" and _has_name(match.string, "T"):
        return "sign", "^"
    return kind, word


def _spell_power(word: str, first: int, last: int) -> list[Token]:
    """A power with a whole exponent that is written above the line, or between braces."""
    sign = [make_token("MINUS", "-", first, first + 1)] if word.startswith("-") else []
    return [make_token("POWER", "^", first, last), *sign, make_token("NUMBER", word.lstrip("-"), first, last)]


def _spell_angle(word: str, first: int, last: int) -> list[Token]:
    """A bracket of an inner product, `⟨x, y⟩`."""
    if word == "⟩":
        return [make_token("RIGHT", ")", first, last)]
    return [make_token("FUNCTION", "inner", first, last), make_token("LEFT", "(", first, last)]


_SPELLED: Mapping[str, Callable[[re.Match[str]], list[Token]]] = {
    "super": lambda match: _spell_power(match[0].translate(_PLAIN_SUPER), *match.span()),
    "braced": lambda match: _spell_power(match["exponent"], *match.span()),
    "back": lambda match: [make_token("TRANSPOSE", "^T", *match.span()), *_spell_power("-1", *match.span())],
    "angle": lambda match: _spell_angle(match[0], *match.span()),
}
"""What one sign of a paper is in tokens."""


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
    return re.search(rf"(?<![\w.^{{])(?<!\^ )(?<![\^{{]-){name}(?!\w)", text) is not None


def _read_name(text: str, word: str, first: int) -> list[Token]:
    """A name as tokens: a function of a library has the names before it, one without brackets its argument."""
    word = word.partition("ᵀ")[0]
    last = first + len(word)
    word = word if word.isascii() else normal(text, word, first)
    if word in _WORDS:
        return [make_token(_WORDS[word], word, first, last)]
    if text.startswith(".", last) and word in roots() and (dotted := _library().match(text, last)):
        if dotted["called"] is None:
            return [make_token("NAME", dotted[0].rpartition(".")[2], first, dotted.end())]
        if text.startswith("()", dotted.end()) and dotted["called"] in LOSSES:  # nn.MSELoss()(z, y)
            return [make_token("FUNCTION", f"F.{LOSSES[dotted['called']]}", first, dotted.end() + 2)]
        if word not in MATRICES or dotted["called"] not in METHODS:
            return [make_token("FUNCTION", word + dotted[0], first, dotted.end())]
    if word in ("log", "ln") and (det := _DET.match(text, last)):
        word, last = "logdet", det.end()
    if _CALL.match(text, last):
        is_product = _MATRIX.fullmatch(word) and word not in BY_NAME
        return [make_token("NAME" if is_product else "FUNCTION", word, first, last)]
    if word in SPOKEN and (operand := _operand(text.isascii()).match(text, last)):
        return _read_spoken(text, word, (first, last), operand)
    return [make_token("NAME", word, first, last)]


def _read_spoken(text: str, word: str, span: tuple[int, int], operand: re.Match[str]) -> list[Token]:
    """A function with its argument behind it, `tr A`. Raises ParseError where it is not sure how far that reaches."""
    name = operand["name"]
    if operand["ends"] is None:
        raise ParseError(
            f"ambiguous: where does the argument of {word} end?",
            span=(span[0], operand.end()),
            help=f"write {word}({name or '...'}) with brackets",
        )
    first, last = operand.span("name")
    name = name if name.isascii() else normal(text, name, first)
    return [
        make_token("FUNCTION", word, *span), make_token("LEFT", "(", first, first),
        make_token("NAME", name, first, last), make_token("RIGHT", ")", last, last),
    ]  # fmt: skip


@cache
def _operand(ascii: bool) -> re.Pattern[str]:
    """What follows a function without brackets: a name that ends the argument, or anything else."""
    word = ASCII_NAME if ascii else NAME
    return re.compile(rf"\s+(?:(?P<name>{word})(?P<ends>(?=\s*(?:$|[-+,)\]*/;=<>])))?|(?=[(\[\d]))")


_CALL = re.compile(r"\s*\(")
_DET = re.compile(r"\s+det(?=\s*\(|\s+[^\W\d])")


@cache
def roots() -> frozenset[str]:
    """The names under which libraries are imported."""
    from dcalc.spellings.python import PREFIXES

    return frozenset(prefix.partition(".")[0] for prefix in PREFIXES) - {"norm", "m"}


def _join(text: str, previous: str, token: Token, *, divided: bool, end: int) -> Token:
    """The sign of a product that is not written. Raises ParseError where its reading is not sure."""
    first, last = token.start_pos, token.end_pos
    if previous == "NUMBER" and token.type != "NUMBER" and not re.search(_INVERSE, text[max(0, first - 20) : first]):
        if divided and not re.search(_QUOTIENT, text[max(0, first - 60) : first]):
            *_, before, sign, count = re.split(r"(/|\^|\*\*?)", text[:end])
            fix = f"write {count.strip()}*{token}, or ({count.strip()}*{token}) to divide by both"
            if sign in ("^", "**"):
                fix = f"write brackets, ({before.split()[-1]}^{count.strip()}) {token}: powers are taken entry by entry"
            raise ParseError("ambiguous: implicit product after / or a power", span=(end - 1, last), help=fix)
        return make_token("STAR", "" if divided else "*", first, first)
    if token.type == "NUMBER":
        raise missing_operator((first, last))
    if "OPEN" in (token.type, previous) or previous == "CLOSE":  # a length is a number
        return make_token("STAR", "*", first, first)
    return make_token("AT", "", first, last)


_INVERSE = r"\^\s*-\s*1\s+$"
"""A power that is an inverse, with a space behind it, as in `A^-1 b`."""
_QUOTIENT = r"(?:^|[-+(,=\[]|(?<!\*)\*)\s*\d[\d.]*/\d[\d.]*\s+$"
"""A quotient of two numbers with a space behind it, as in `1/2 x^T A x`."""


def missing_operator(span: tuple[int, int]) -> ParseError:
    """The error for two operands side by side that are not a product of arrays."""
    return ParseError(
        "an operator is missing here", span=span, help="write * for a product of entries, @ for one of matrices"
    )


_STRANGERS = {
    "|": ("bars do not tell what is meant", "write abs(x), norm(x) for the length of a vector, or det(A)"),
    "\\": ("a backslash is not read here", "write solve(A, b), or inv(A)@b"),
    "⊗": ("⊗ is not read", "write outer(x, y) for two vectors; of matrices, write the entries by index"),
    "{": ("braces are not read here", "write brackets: (...)"),
}
"""Signs that mean something elsewhere: the message, and what to write."""


def _stranger(text: str, first: int) -> ParseError:
    if text[first] == "\\" and text[first + 1 : first + 2].isalpha():
        return ParseError(
            "LaTeX is not read with arrays", span=(first, first + 1), help="write plainly: 1/2*norm(A@x - b)^2, x^T A x"
        )
    message, help = _STRANGERS.get(text[first], (f"unexpected character {text[first]!r}", "leave it out"))
    return ParseError(message, span=(first, first + 1), help=help)
