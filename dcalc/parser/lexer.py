"""Text to tokens: numbers, names, superscripts, bars; and what Unicode means here.

A lexer of our own rather than Lark's, because decisions need the tokens beside: whether a
bar opens or closes, whether a name is a function, which texts that look like numbers are
not (`0x10`, `1__0`, `2e`), and whether `sin`, `if` or `mod` are words or names. It is also
four times as fast. Marks of other languages come last in each choice: plain text pays nothing.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from dcalc.errors import LimitError
from dcalc.functions import BY_NAME
from dcalc.unknown import PRIMES, write_orders

# Explicit classes: Python's \w matches superscripts. Beyond ASCII they are wider than
# letters, since such a word is looked at once more, after NFKC.
_LETTER = (
    "A-Za-z_\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u1fff\u2090-\u209c\u2100-\u218b"
    "\u2c00-\u2dff\u3005-\u3007\u3031-\ud7ff\uf900-\ufdff\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uffdc\U00010000-\U0003ffff"
)
NAME = f"[{_LETTER}][{_LETTER}0-9\u2080-\u2089\uff10-\uff19]*"
_DIGITS = "[0-9]++(?:_[0-9]++)*+"
NUMBER = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
ASCII_NAME = "[A-Za-z_][A-Za-z_0-9]*"
WIDE_SPACES = "\u00a0\u2000-\u200a\u202f\u205f\u3000"


_SYMBOLS = {
    ":=": "EQUALS",
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "STAR", "·": "STAR", "×": "STAR", "⋅": "STAR",
    "∙": "STAR", "∗": "STAR", "/": "SLASH", "÷": "SLASH", "**": "POWER", "^": "POWER", "(": "LEFT",
    ")": "RIGHT", ",": "COMMA", ";": "SEMICOLON", "=": "EQUALS", "√": "ROOT", "<": "RELATION",
    ">": "RELATION", "<=": "RELATION", ">=": "RELATION", "==": "RELATION", "!=": "RELATION",
    "≤": "RELATION", "≥": "RELATION", "≠": "RELATION",
}  # fmt: skip
_WORDS = {"and": "AND", "or": "OR", "not": "NOT"}
_INFIX = {"if": "IF", "else": "ELSE", "mod": "MODULO"}  # words after an operand, names elsewhere
_WORDY = frozenset({*_WORDS, *_INFIX, *BY_NAME})
_MARKS = {
    "!": "BANG", "%": "MODULO", "?": "QUESTION", ":": "COLON", "°": "DEGREE", "∛": "ROOT", "∜": "ROOT",
    "[": "SQUARE", "]": "UNSQUARE", "{": "CURLY", "}": "UNCURLY",
}  # fmt: skip
_DERIVES = ("d", "∂", "\\")
AMBIGUOUS = frozenset({"beta", "gamma", "zeta", "chi", "shi", "ei", "li", "si", "ci"})
"""Functions whose names are variables as often: they are applied by brackets alone."""
_PLAIN_SUPER = str.maketrans(SUPERSCRIPTS + "⁻", "0123456789-")

MAX_BYTES = 4 << 20
MAX_DIGITS = 100_000  # conversion is quadratic: 0.1 s
_ORDINARY = 400  # digits, the exponent counted: what a double can hold
_ALL_DIGITS = 1_000_000  # of the numbers that are longer than that, together


@cache
def _token_pattern(ascii: bool, derived: bool) -> re.Pattern[str]:
    """What a token looks like; ``derived``, with derivatives of unknown functions, `f'(x)` and `D(f, 1)(x)`.

    Compiling the classes of Unicode takes 10 ms, which plain text is spared.
    """
    name, symbols, more = (ASCII_NAME, "", "") if ascii else (NAME, "·×÷−≤≥≠√⋅∙∗", WIDE_SPACES)
    letter = "A-Za-z_" if ascii else _LETTER
    raised = "" if ascii else rf"|(?P<super>⁻?[{SUPERSCRIPTS}]+)"
    before = rf"(?P<derived>{_derived(name)})|" if derived else ""
    return re.compile(
        rf"{before}(?P<number>{NUMBER})|(?P<name>(?>{name})(?!\[|\.[{letter}]))"
        rf"|(?P<symbol>\*\*|[<>=!:]=|[-+*/^(),;=<>|{symbols}])"
        rf"{raised}|(?P<space>[ \t\r\n{more}]+)|(?P<foreign>{name}(?:\.{name})*)|(?P<other>.)",
        re.DOTALL,
    )


def _derived(name: str) -> str:
    """`f''`, and `D(f, 1, 0)`, where a parenthesis follows."""
    return rf"(?:{name}[{PRIMES}]+|D\s*\(\s*{name}\s*(?:,\s*[0-9]{{1,5}}\s*)+\))(?=\s*\()"


@cache
def _operator_pattern() -> re.Pattern[str]:
    return re.compile(r"(?<![^\W\d])D\s*\(")


def _is_called(text: str, last: int) -> bool:
    """Whether a parenthesis follows, if after blanks."""
    following = text[last : last + 1]
    return following == "(" or (following.isspace() and _spaced_call().match(text, last) is not None)


@cache
def _spaced_call() -> re.Pattern[str]:
    return re.compile(r"\s*\(")


@cache
def _define_pattern(ascii: bool) -> re.Pattern[str]:
    """`f(x) =`, `g(x, y) :=`."""
    name = ASCII_NAME if ascii else NAME
    return re.compile(rf"\s*({name})\s*\(\s*({name}(?:\s*,\s*{name}){{0,99}})\s*\)\s*:?=(?!=)")


@cache
def _lambda_pattern(ascii: bool) -> re.Pattern[str]:
    """`lambda x:`, `lambda x, y:`."""
    name = ASCII_NAME if ascii else NAME
    return re.compile(rf"\s*(lambda)\s+({name}(?:\s*,\s*{name}){{0,99}})\s*:(?!=)")


@cache
def _derive_pattern(ascii: bool) -> re.Pattern[str]:
    """`d/dx`, `d^2/dx^2`, `∂/∂x` and `\\frac{d}{dx}`, where an operand follows."""
    name, letter, raised = (ASCII_NAME, "A-Za-z_", "(?!)") if ascii else (NAME, _LETTER, f"[{SUPERSCRIPTS}]")
    times = rf"(?:\^\{{?([0-9])\}}?|({raised}))?"
    flat = rf"[d∂]{times}\s*/\s*[d∂]\s*({name}){times}"
    latex = rf"\\[dt]?frac\{{(?:d|∂|\\partial)\s*{times}\}}\{{(?:\\partial\s*|[d∂])({name}){times}\}}"
    return re.compile(rf"\s*(?:{flat}|{latex})(?=\s*[0-9(\[|√{letter}])(?!\s*(?:and|or|not|if|else|mod)\b)")


@cache
def _bare_pattern(ascii: bool) -> re.Pattern[str]:
    """What follows a function that is applied without brackets: a power or none, then an operand."""
    letter, raised = ("A-Za-z_", "(?!)") if ascii else (_LETTER, f"[{SUPERSCRIPTS}]+")
    power = rf"\s*(?:(?:\*\*|\^)\s*(?:[0-9]++(?![0-9.])|\{{[0-9]+\}})|{raised})(?=\s*[(|\[√∛∜.0-9{letter}])"
    return re.compile(rf"(?:{power}|(?=\s*[|√∛∜]|\s+[.0-9{letter}]))\s*(\||[{letter}]+)?")


@cache
def _scaled_pattern() -> re.Pattern[str]:
    """What follows the e of `2e*x` and `2e^x`, which is not the exponent of a number."""
    return re.compile(rf"\s*(?:\*|\^|/|·|×|[{SUPERSCRIPTS}⁻])")


@cache
def _raised_pattern() -> re.Pattern[str]:
    return re.compile(rf"\s*(?:\*\*|\^|⁻?[{SUPERSCRIPTS}])")


class Token(str):
    """A token: its text, what it is, and where it stands."""

    __slots__ = ("end_pos", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int


def make_token(kind: str, word: str, first: int, last: int) -> Token:
    """A token from its parts. It is not a constructor, which would take twice as long."""
    token = Token(word)
    token.type = kind
    token.start_pos = first
    token.end_pos = last
    return token


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Tokens with their positions. Raises ParseError at text that is not a token, and LimitError."""
    define = _definition(text, start) if "=" in text or "lambda" in text else None
    if define is None and text[start:].lstrip()[:1] in _DERIVES:
        define = _operator(text, start)
    if define is None:
        return _tokens(text, start)
    return chain((define,), _tokens(text, define.end_pos))


def _tokens(text: str, start: int) -> Iterator[Token]:
    inside = False  # between two bars
    previous = ""
    end = -1
    spent = 0
    # Derivatives of unknown functions, `f'(x)` or `D(f, 1)(x)`.
    derived = any(map(text.__contains__, PRIMES)) or ("D" in text and _operator_pattern().search(text) is not None)
    for match in _token_pattern(text.isascii(), derived and "(" in text).finditer(text, start):
        kind = match.lastgroup
        first, last = match.span()
        if kind == "space":
            continue
        word = match[0]
        if kind == "symbol":
            if word == "|":
                inside = not inside
                yield make_token("OPEN" if inside else "CLOSE", word, first, last)
            else:
                yield make_token(_SYMBOLS[word], word, first, last)
                if word == ";" and _define_pattern(text.isascii()).match(text, last):  # `t = 2; f(x) = t*x`
                    yield from tokens(text, last)
                    return
        elif kind == "name":
            joined = first == end and previous == "number"
            word = word if word.isascii() else normal(text, word, first)
            if joined or word in _WORDY:
                yield make_token(_kind_of_word(text, word, first, last, inside, joined), word, first, last)
            else:
                yield make_token("FUNCTION" if _is_called(text, last) else "NAME", word, first, last)
        elif kind == "number":
            if first == end and (previous == "number" or previous == "name"):
                raise _strangers().adjacent_number(text, first, last)
            if last - first > 4:
                spent = _spend(word, first, last, spent)
            yield make_token("NUMBER", word, first, last)
        elif kind == "super":
            yield from _superscript(text, word, first, last)
        else:
            yield _RARE.get(kind or "", _mark)(text, word, first, last)
        previous, end = kind or "", last


def _derivative(text: str, word: str, first: int, last: int) -> Token:
    """The head of a call of a derivative, with its function in normal form: `f''`, `D(f, 1, 0)`."""
    return make_token("FUNCTION", _normal_head(text, word, first), first, last)


def _normal_head(text: str, word: str, first: int) -> str:
    if word[-1] == ")":
        function, *orders = (part.strip() for part in word[word.index("(") + 1 : -1].split(","))
        return write_orders(normal(text, function, first), tuple(map(int, orders)))
    function = word.rstrip(PRIMES)
    if "=" in text and (error := _strangers().named_derivative(text)):
        raise error
    return normal(text, function, first) + PRIMES[0] * (len(word) - len(function))


def _mark(text: str, word: str, first: int, last: int) -> Token:
    """A mark of other languages, `!` or `?`. Raises ParseError for any other character."""
    if word not in _MARKS or (word == "!" and text[first + 1 : first + 2] == "!"):
        raise _strangers().stranger(text, first)
    return make_token(_MARKS[word], word, first, last)


def _kind_of_word(text: str, word: str, first: int, last: int, inside: bool, joined: bool) -> str:
    """What `and`, `if`, `mod`, the name of a function, and a word ``joined`` to a number are."""
    if joined and _check_number_name(text, word, first, last):
        return "CONSTANT"
    if word in _WORDS:
        return _WORDS[word]
    if word in _INFIX and _follows_operand(text, first, inside):
        return _INFIX[word]
    if _is_called(text, last):
        return "FUNCTION"
    if (
        word not in BY_NAME
        or word in AMBIGUOUS
        or not any(row.minimum == 1 and not (row.variadic or row.fold) for row in BY_NAME[word])
    ):
        return "NAME"
    match = _bare_pattern(text.isascii()).match(text, last)
    if match is None or match[1] in _WORDS or match[1] in _INFIX or (match[1] == "|" and inside):
        return "NAME"
    return "BARE"


def _follows_operand(text: str, first: int, inside: bool) -> bool:
    """Does an operand end before here? A bar ends one where it closes."""
    head = text[max(first - 99, 0) : first].rstrip()
    if word := re.search(rf"{NAME}$", head):
        return word[0] not in _WORDS and word[0] not in _INFIX
    return bool(re.search(rf"[0-9.)\]}}!°{SUPERSCRIPTS}]$", head)) or (head.endswith("|") and not inside)


@cache
def _folded_names() -> frozenset[str]:
    return frozenset(map(str.lower, BY_NAME))


def _foreign(text: str, word: str, first: int, last: int) -> Token:
    """`np.sin(`, `Exp[`, `math.pi`; in `x[1]` the name, since the bracket cannot follow it."""
    if not word.isascii():
        word = ".".join([normal(text, part, first) for part in word.split(".")])
    called = _is_called(text, last) or text[last : last + 1] == "["
    if "." not in word:
        known = word in BY_NAME or word.lower() in _folded_names()
        is_index = not known and re.compile(r"\[\s*\w{1,20}\s*\]").match(text, last)
        return make_token("NAME" if is_index else "FOREIGN", word, first, last)
    from dcalc.parser.lenient import PREFIXES, unknown_module

    if word.rpartition(".")[0] not in PREFIXES:
        if word.partition(".")[0] in PREFIXES:
            raise unknown_module(word, (first, last))
        raise _strangers().stranger(text, first + word.index("."))
    return make_token("FOREIGN" if called else "CONSTANT", word, first, last)


_RARE = {"foreign": _foreign, "derived": _derivative}


def _strangers() -> Any:
    """The messages about text outside the language, imported when there is some."""
    from dcalc.parser import strangers

    return strangers


def _definition(text: str, start: int) -> Token | None:
    """`f(x) =` where the text begins with it: a token that lists f and its variables."""
    match = _define_pattern(text.isascii()).match(text, start) or _lambda_pattern(text.isascii()).match(text, start)
    if match is None:
        return None
    names = [name.strip() for name in (match[1], *match[2].split(","))]
    if not _WORDS.keys().isdisjoint(names):
        return None
    if not match[0].isascii():
        names = [normal(text, name, text.index(name, start)) for name in names]
    return make_token("DEFINE", ",".join(names), match.start(1), match.end())


def _operator(text: str, start: int) -> Token | None:
    """`d/dx` where the text begins with it: a token that names x as often as it is differentiated by."""
    match = _derive_pattern(text.isascii()).match(text, start)
    if match is None:
        return None
    groups = match.groups()
    above, name, below = groups[:2], groups[2], groups[3:5]
    if name is None:
        above, name, below = groups[5:7], groups[7], groups[8:10]
    times, again = (int((plain or raised or "1").translate(_PLAIN_SUPER)) for plain, raised in (above, below))
    if times != again or not times:
        return None
    return make_token("DERIVE", ",".join([normal(text, name, start)] * times), start, match.end())


def _superscript(text: str, word: str, first: int, last: int) -> Iterator[Token]:
    """`x²³` is x**23, `x⁻¹` is x**-1."""
    if _raised_pattern().match(text, last):
        raise _strangers().raised_twice(text, first, last)
    plain = word.translate(_PLAIN_SUPER)
    _spend(plain, first, last, 0)
    yield make_token("POWER", "**", first, last)
    if plain.startswith("-"):
        yield make_token("MINUS", "-", first, first + 1)
        plain = plain[1:]
    yield make_token("NUMBER", plain, first, last)


def normal(text: str, word: str, first: int) -> str:
    """NFKC, so that what looks like one name is one; π is the constant."""
    from unicodedata import decomposition, normalize

    normal = normalize("NFKC", word)
    if not normal.isidentifier():
        raise _strangers().no_name(text, word, first)
    if normal != word and any(decomposition(char).startswith("<super>") for char in word):
        raise _strangers().no_name(text, word, first)
    if normal == "π":
        return "pi"
    if "π" in normal and re.search(r"π[^\W\d_]|[^\W\d_]π", normal):
        raise _strangers().name_with_pi(normal, first)
    return normal


@cache
def _float_pattern() -> re.Pattern[str]:
    return re.compile(r"(?:[0-9]\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$")


def _check_number_name(text: str, word: str, first: int, last: int) -> bool:
    """A name directly after a number is a product, unless the two look like one number.

    Returns True for the e of `2e^x`, which is read as the constant.
    """
    if word in ("e", "E") and _scaled_pattern().match(text, last):
        return True
    if word in ("e", "E") or word[0] == "_" or (text[first - 1] == "0" and word[0] in "xXbBoO" and len(word) > 1):
        _strangers().check_number_name(text, word, first)
    if word in ("x10", "X10"):
        _strangers().check_number_name(text, word, first)
    if word in ("f", "F") and _float_pattern().search(text, max(first - 40, 0), first):
        _strangers().check_number_name(text, word, first)
    return False


def _spend(word: str, first: int, last: int, spent: int) -> int:
    """The digits of long numbers so far, including this one; raises LimitError beyond the limit."""
    mantissa, _, exponent = word.lower().partition("e")
    power = exponent.lstrip("+-0_")
    if len(mantissa) > MAX_DIGITS or len(power) > 6 or (power and int(power) > MAX_DIGITS):
        raise LimitError(
            "the number is too long" if len(mantissa) > MAX_DIGITS else "the exponent of the number is too large",
            span=(first, last),
            help=f"numbers have at most {MAX_DIGITS:,} digits, exponents are at most {MAX_DIGITS:,}",
        )
    digits = len(mantissa) + int(power or 0)
    spent += digits if digits > _ORDINARY else 0
    if spent > _ALL_DIGITS:
        raise LimitError(
            "the numbers are too long together",
            span=(first, last),
            help=f"those of over {_ORDINARY} digits may have {_ALL_DIGITS:,} together, exponents counted",
        )
    return spent
