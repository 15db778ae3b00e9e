"""Messages about characters and numbers that do not belong to the language."""

from __future__ import annotations

import re
from unicodedata import category, combining, decomposition, normalize, numeric
from unicodedata import name as character_name

from dcalc.errors import ParseError
from dcalc.functions import BY_NAME, CONSTANTS
from dcalc.parser import hints
from dcalc.parser.lexer import NAME, NUMBER

_SIMILAR = {
    **dict.fromkeys("‐‑‒–—―﹣", "-"),
    **dict.fromkeys("∕⁄", "/"),
    **dict.fromkeys("✕✖⨯•●⋆⁎", "*"),
    **dict.fromkeys("⩽≦", "<="),
    **dict.fromkeys("⩾≧", ">="),
    **dict.fromkeys("≡≟", "=="),
    **dict.fromkeys("&∧", "and"),
    **dict.fromkeys("∨", "or"),
    **dict.fromkeys("~¬", "not"),
    **dict.fromkeys("[{", "("),
    **dict.fromkeys("]}", ")"),
    **dict.fromkeys("∣‖", "|"),
    **dict.fromkeys("⌊⌋", "floor(x)"),
    **dict.fromkeys("⌈⌉", "ceil(x)"),
    "∛": "cbrt(x)",
    "∜": "root(x, 4)",
}
_HELP = {
    **dict.fromkeys('"`“”„‟«»', "remove the quotes"),
    ":": "ranges belong to --at: --at x=0:1:0.1",
    "'": "dcalc diff takes the derivative; -n 2 asks for the second",
    "′": "dcalc diff takes the derivative; -n 2 asks for the second",
    "∂": "dcalc diff takes the derivative; --wrt x names the variable",
    "∇": "dcalc grad takes the gradient",
    "∫": "dcalc differentiates; it does not integrate",
    "∑": "write sum(i, 0, n - 1, x[i]), or spell the terms out with + between them",
    "∏": "write prod(i, 0, n - 1, x[i]), or spell the factors out with * between them",
    "∞": "infinity is not a number",
    "±": "write + or -",
    "$": "put the expression in single quotes, so that the shell leaves it alone",
    "#": "a comment needs a line of its own",
    "?": "write where(x > 0, a, b)",
    "→": "dcalc limit takes limits: --at 1",
    "@": "write *",
}
_LATEX = re.compile(r"\\([A-Za-z]+|.)?")
_LATEX_WORDS = {
    "cdot": "*", "times": "*", "div": "/", "frac": "(a)/(b)", "dfrac": "(a)/(b)", "left": "(", "right": ")",
    "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "operatorname": "the name of the function",
}  # fmt: skip
_DOUBLED = re.compile(r"!!+|&&|:=|\.[*/^]")
_OF_DERIVATIVE = re.compile(r"\s*\w+['′]+(?:\s*\(\s*\w+\s*\))?\s*=(?!=)(.*)", re.DOTALL)
_TEX_CALL = re.compile(r"(?<![A-Za-z])(frac|dfrac|sqrt|exp|ln|log|sin|cos|tan|abs|max|min)\s*$")
_JSON = re.compile(r'\s*\{\s*"\w+"\s*:')
_FILE = re.compile(r"@?[\w./-]{1,200}\.(?:csv|tsv|txt|dat|json|jsonl|ndjson|parquet|arrow)")
_TILDE = re.compile(r"\s*([^\W\d]\w*)\s*~\s*(\S.*)", re.DOTALL)
_NUMBERLIKE = re.compile(r"[0-9._]*(?:[eE][+-]?[0-9._]+)?")
_NUMBER = re.compile(NUMBER)
_POWER_OF_TEN = re.compile(r"[xX]10\s*(?:\^|\*\*)\s*\(?([-+]?[0-9]{1,9})")
_SIBLING = re.compile(r"(?<![^\W\d])[xX][0-9](?![0-9])")
"""`x1` beside `x10`: variables with numbers."""


def stranger(text: str, first: int) -> ParseError:
    """The error for a character that does not belong to the language."""
    char = text[first]
    if char in ".@" and (file := _FILE.fullmatch(text.strip())):
        path = file[0].removeprefix("@")
        is_text = not path.endswith(("parquet", "arrow"))
        fix = f"points of a file are read {f'from stdin: --at - < {path}' if is_text else f'by dcalc map EXPR {path}'}"
        return ParseError("the name of a file is not an expression", span=(0, len(text)), help=fix)
    if char == "~" and (model := _TILDE.fullmatch(text)):
        fix = f"write {hints.short(f'{model[1]} = {model[2]}', 'y = a*x + b')}"
        return ParseError("~ does not stand in a formula", span=(first, first + 1), help=fix)
    if text.startswith("::", first):
        word = hints.after(text, first + 2) or "x"
        fix = f"write {hints.short(word, 'sin(x)')}"
        return ParseError(":: is not an operator", span=(first, first + 2), help=fix)
    doubled = _DOUBLED.match(text, first)
    word = doubled[0] if doubled else char
    if char == "\\":
        return _latex(text, first)
    if char == '"' and text.lstrip()[:1] == "[" and _JSON.match(text.lstrip()[1:]):
        fix = 'write one object per line: {"expr": "x**2"}'
        return ParseError("an array is not an expression", span=(0, len(text)), help=fix)
    if char == '"' and _JSON.match(text):
        fix = 'pipe it: echo \'{"expr": "x**2"}\' | dcalc diff -'
        return ParseError("problems in JSON are read from stdin", span=(0, len(text)), help=fix)
    if char == "!":
        return _factorial(text, word, first)
    if char == "%":
        return _percent(text, first)
    if char == ".":
        return _point(text, word, first)
    if char in "'′" and (named := named_derivative(text)):
        return named
    if (whole := re.search(r"(?<![\w.)])[0-9]{1,20}\s?$", text[max(first - 22, 0) : first])) and (
        part := _numeric(char)
    ):
        fix = f"write ({whole[0].strip()} + {part.strip('()')})"
        return ParseError("a mixed number needs its +", span=(first - len(whole[0]), first + 1), help=fix)
    fix = "write =" if word == ":=" else _in_place(text, first) or _fix(char)
    many = "characters" if doubled else "character"
    message = f"unexpected {many} {word if doubled else _name_character(char)}"
    return ParseError(message, span=(first, first + len(word)), help=fix)


def named_derivative(text: str) -> ParseError | None:
    """The error for `f'(x) = 2x`, a claim about a derivative; None for any other text."""
    match = _OF_DERIVATIVE.fullmatch(text)
    if match is None:
        return None
    fix = f"write {hints.short(match[1].strip(), 'x**2')}"
    return ParseError("a derivative is not named on the left", span=(0, match.start(1)), help=fix)


def _fix(char: str) -> str:
    if char in _SIMILAR:
        return f"write {_SIMILAR[char]}"
    if char in _HELP:
        return _HELP[char]
    alike = normalize("NFKC", char)
    if (value := _numeric(char)) is not None:
        return f"write {value}"
    if len(alike) == 1 and alike.isascii() and alike.isprintable() and alike.strip() and alike != char:
        return f"write {alike}"
    return "remove it"


def _numeric(char: str) -> str | None:
    """The number that a character such as ½ or ٣ is, in ASCII."""
    value = numeric(char, None)
    if value is None or char.isascii():
        return None
    if value == int(value):
        return str(int(value))
    top, _, bottom = normalize("NFKC", char).partition("⁄")
    return f"({top}/{bottom})" if bottom else str(value)


def _name_character(char: str) -> str:
    """The character, if it is visible, and its name."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"{code - 0xDC00:#x}, a byte that is not UTF-8"
    if 0xD800 <= code <= 0xDFFF:
        return f"U+{code:04X}, half of a surrogate pair"
    if char.isascii() and char.isprintable():
        return char
    title = character_name(char, "control character" if category(char) == "Cc" else "without a name").lower()
    visible = char.isprintable() and not combining(char)
    return f"{char if visible else f'U+{code:04X}'} ({title})"


def no_name(text: str, word: str, first: int) -> ParseError:
    """A word of letters and more: the first character that makes it no name."""
    bad = (place for place, char in enumerate(word) if not _in_name(char, place))
    return stranger(text, first + next(bad, 0))


def name_with_pi(word: str, first: int) -> ParseError:
    """`πr`: a product, or one name."""
    parts = [part for part in re.split("(π)", word) if part]
    fix = hints.short("*".join("pi" if part == "π" else part for part in parts), "pi*x")
    label = hints.short(word, "a word with π")
    return ParseError(f"{label} is one word", span=(first, first + len(word)), help=f"write {fix}")


def _in_name(char: str, place: int) -> bool:
    """May the character stand in a name: at its beginning, or later?"""
    return (
        not decomposition(char).startswith("<super>") and ("x" * (place > 0) + normalize("NFKC", char)).isidentifier()
    )


def _latex(text: str, first: int) -> ParseError:
    match = _LATEX.match(text, first)
    word = (match[1] or "") if match else ""
    if word in _LATEX_WORDS:
        fix = f"write {_LATEX_WORDS[word]}"
    elif word in BY_NAME:
        fix = f"write {word}(x)"
    else:
        fix = f"write {word}" if word in CONSTANTS or len(word) > 1 else "remove it"
    return ParseError("LaTeX is not read", span=(first, first + 1 + len(word)), help=fix)


def _factorial(text: str, word: str, first: int) -> ParseError:
    span = (first, first + len(word))
    operand = hints.before(text, first)
    if text[:first].endswith("="):
        return ParseError("=! is not an operator", span=(first - 1, first + 1), help="write !=")
    if len(word) > 1:
        return ParseError("there is no double factorial", span=span, help="remove it, or write factorial(x)")
    if operand is None and not re.search(r"[\w)|]$", text[max(first - 9, 0) : first].rstrip()):
        return ParseError("unexpected character !", span=span, help="write not")
    inner = hints.short(hints.inside(operand or "x"), "x")
    return ParseError("unexpected character !", span=span, help=f"write factorial({inner})")


def _percent(text: str, first: int) -> ParseError:
    left = hints.short(hints.before(text, first) or "x", "x")
    right = hints.after(text, first + 1)
    if right is None:
        fix = (
            f"write ({left}/100)*x or mod({left}, x)"
            if text[first + 1 :].lstrip()[:1] in ("*", "×", "·")
            else f"write {left}/100 or mod({left}, y)"
        )
    else:
        fix = f"write mod({hints.inside(left)}, {hints.short(hints.inside(right), 'y')})"
    return ParseError("unexpected character %", span=(first, first + 1), help=fix)


def _point(text: str, word: str, first: int) -> ParseError:
    span = (first, first + len(word))
    if len(word) > 1:
        return ParseError(f"operators have no point: {word}", span=span, help=f"write {word[1:]}")
    left, right = hints.before(text, first), hints.after(text, first + 1)
    touching = first and not text[first - 1].isspace() and right and text[first + 1 : first + 2] == right[0]
    if left in BY_NAME and right and right[0] == "(":
        return ParseError(
            "a decimal point is only allowed in a number", span=span, help=f"write {left}{hints.short(right, '(x)')}"
        )
    if left and right and touching and right.endswith(")"):  # a method or a function of a module
        name = right.partition("(")[0].strip()
        fix = f"write {hints.short(right, '(x)')}" if name in BY_NAME else "remove it"
        return ParseError("a decimal point is only allowed in a number", span=span, help=fix)
    if left and right and touching and not left[0].isdigit():
        fixes = [f"{left}*{right}"] + ([f"{left}_{right}"] if right.isidentifier() and left.isidentifier() else [])
        return ParseError("a decimal point is only allowed in a number", span=span, help=hints.either(*fixes))
    return ParseError(
        "a decimal point is only allowed in a number", span=span, help="remove it, or put a digit beside it"
    )


def _in_place(text: str, first: int) -> str | None:
    """For `30°`, `xⁿ`, `x[1]` and `x_{1}`."""
    char, before = text[first], hints.short(hints.before(text, first) or "", "x")
    if char in "°º˚":
        return f"write {before}*deg"
    if decomposition(char).startswith("<super>") and (letter := normalize("NFKC", char)).isidentifier():
        return f"write {before}**{letter}"
    if char == "{" and (call := _TEX_CALL.search(text[:first])):
        inner = re.compile(r"\{([^{}]*)\}(?:\s*\{([^{}]*)\})?").match(text, first)
        first_part, second_part = (inner[1], inner[2]) if inner else ("a", "b")
        if call[1].endswith("frac"):
            return f"write ({hints.short(first_part, 'a')})/({hints.short(second_part or 'b', 'b')})"
        return f"write {hints.short(f'{call[1]}({first_part})', call[1] + '(x)')}"
    match = re.compile(r"[\[{]\s*([0-9A-Za-z]{1,20})\s*[\]}]").match(text, first)
    name = re.compile(rf"{NAME}$").search(text, max(first - 40, 0), first) if match else None
    return f"write {name[0].rstrip('_')}_{match[1]}" if match and name else None


def raised_twice(text: str, first: int, last: int) -> ParseError:
    """`x² ³`, `x²^3`: which power comes first is seen in no one way."""
    base = hints.short(hints.before(text, first) or "", "a")
    exponent = hints.plain(text[first:last])
    after = re.compile(r"\s*(?:\*\*|\^)?").match(text, last)
    start = after.end() if after else last
    raised = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+").match(text, start)
    second = hints.plain(raised[0]) if raised else hints.short(hints.after(text, start) or "", "b")
    return ParseError(
        "ambiguous: a power after a superscript",
        span=(first, raised.end() if raised else hints.after_end(text, start) or start),
        help=hints.either(f"({base}**{exponent})**{second}", f"{base}**({exponent}**{second})"),
    )


# --- numbers ------------------------------------------------------------------------------


def adjacent_number(text: str, first: int, last: int) -> ParseError:
    """`1.2.3`, `2..3`, `1e5.5`, `x.5`: a number directly after a name or a number."""
    start = first
    while start and (text[start - 1] in "._" or text[start - 1].isalnum()):
        start -= 1
    name = re.compile(NAME).fullmatch(text, start, first)
    if name:
        fix = f"write {hints.short(name[0], 'x')}*0{hints.short(text[first:last], '.5')}"
        return ParseError("a decimal point is only allowed in a number", span=(first, first + 1), help=fix)
    match = _NUMBERLIKE.match(text, start)
    word = match[0] if match and match.end() >= last else text[start:last]
    span = (start, start + len(word))
    return ParseError(f"not a number: {hints.short(word, 'too many points')}", span=span, help=_one_point(word))


def _one_point(word: str) -> str:
    mantissa, _, exponent = word.lower().partition("e")
    if exponent.count(".") == 1:
        return f"write {mantissa}*10**{exponent.rstrip('.')}"
    if exponent:
        return "an exponent is a whole number"
    groups = mantissa.split(".")
    if len(groups) > 2 and all(len(group) == 3 for group in groups[1:]):
        return hints.short(f"write {''.join(groups)}", "a number has one decimal point")
    fix = groups[0] + "." + "".join(groups[1:])
    return f"write {fix}" if _NUMBER.fullmatch(fix) and len(fix) <= hints.LONGEST else "a number has one decimal point"


def check_number_name(text: str, word: str, first: int) -> None:
    """Refuse `2e`, `0x10`, `2_x`, `1__0`; a name after a number that looks like none of these is a factor."""
    start = first
    while start and text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "._"):
        start -= 1
    digits = text[start:first]
    span = (start, first + len(word))
    label = hints.short(digits + word, digits[:20] + "...")
    if word[0] == "_":
        raise ParseError(f"not a number: {label}", span=span, help=_underscores(digits, word))
    if word in ("e", "E"):
        raise ParseError(
            f"a number with an exponent lacks its digits: {label}",
            span=span,
            help=hints.either(f"{digits}*{word}", f"{digits}e0"),
        )
    if word in ("f", "F"):
        fix = hints.either(hints.short(digits, "1.0"), f"{hints.short(digits, '1.0')}*{word}")
        raise ParseError("ambiguous: a float of C, or a product", span=span, help=fix)
    if digits == "0":
        raise ParseError(f"only decimal numbers are read: {label}", span=span, help=_decimal("0" + word))
    if (power := _POWER_OF_TEN.match(text, first)) and not _SIBLING.search(text):
        fixes = [f"{hints.short(digits, '5')}*{base}^{power[1]}" for base in ("10", word)]
        raise ParseError(f"ambiguous: a power of ten, or of a variable {word}", span=span, help=hints.either(*fixes))


def _underscores(digits: str, word: str) -> str:
    clean = re.sub("__+", "_", digits + word).strip("_")
    fixes = [clean.replace("_", ""), clean]
    for fix in fixes:
        if _NUMBER.fullmatch(fix) and len(fix) <= hints.LONGEST:
            return f"write {fix}"
    return f"write {hints.short(digits, '2')}*{hints.short(word.lstrip('_'), 'x')}"


def _decimal(word: str) -> str:
    if len(word) > hints.LONGEST:
        return "use its decimal digits"
    try:
        return f"write {int(word, 0)}"
    except ValueError:
        return f"write 0*{word[1:]}"
