"""Messages where the parser meets a token that cannot stand there, in the words of the language."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import accumulate, repeat
from typing import NamedTuple

from dcalc.errors import ParseError
from dcalc.functions import BY_NAME
from dcalc.parser import hints
from dcalc.parser.hints import difference
from dcalc.parser.lexer import NAME, Token

Reads = Callable[[str], bool]

_STEPS = {"(": 1, ")": -1}

_ENDS_OPERAND = re.compile(r"[\w.)⁰¹²³⁴⁵⁶⁷⁸⁹\u0300-\u036f]$")
_WORD = re.compile(r"(?<![^\W\d])(?:and|or|not|else|mod)$")
_SYMBOL = re.compile(r"(?:\*\*|[<>=!]=|[^\w\s])$")
# Pairs of symbols that are not an operator together, with what they mean elsewhere.
_DOUBLED = {
    "<>": "!=", "=!": "!=", "=>": ">=", "=<": "<=", "!==": "!=", "===": "==", "***": "**", "^^": "^",
    "**^": "**", "^**": "**", "***=": "**",
}  # fmt: skip
_ARROW = ("->", "=>")
_DECIMAL = re.compile(r"(?<![\w.])([0-9]+)((?:,[0-9]+)+)(?![0-9.])")


class Place(NamedTuple):
    """Where a token cannot stand; ``reads`` tells whether the language has a text."""

    text: str
    first: int
    last: int
    reads: Reads

    def error(self, message: str, fix: str, *, first: int | None = None, last: int | None = None) -> ParseError:
        """The message about this place, or about one that is a little wider."""
        start = self.first if first is None else first
        return ParseError(message, span=(start, self.last if last is None else last), help=fix)

    def whole(self, text: str, otherwise: str) -> str:
        """The whole text as the fix, if it is short and can be read; else another fix."""
        text = " ".join(text.split())
        return f"write {text}" if 0 < len(text) <= hints.LONGEST and self.reads(text) else otherwise

    def after_operand(self) -> bool:
        """Does an operand end here? Otherwise one is expected."""
        return _ends_operand(self.text, self.first)

    def before(self) -> str:
        """The symbol or word before this place, if there is one and it is not an operand."""
        return _last_word(self.text, self.first)


def _ends_operand(text: str, end: int) -> bool:
    head = text[max(end - hints.LONGEST, 0) : end].rstrip()
    return bool(_ENDS_OPERAND.search(head)) and not _WORD.search(head)


def _last_word(text: str, end: int) -> str:
    head = text[max(end - hints.LONGEST, 0) : end].rstrip()
    match = _WORD.search(head) or _SYMBOL.search(head)
    return match[0] if match else head[-1:]


def explain_unexpected(text: str, token: Token, reads: Reads) -> ParseError:
    """The message for a token that cannot stand where it does."""
    if token.type == "$END":
        return explain_unfinished(text, reads)
    place = Place(text, token.start_pos, max(token.end_pos, token.start_pos + 1), reads)
    if place.before() == "%":
        return _percentage(place)
    return _explain_doubled(place) or _BY_TYPE.get(token.type, _missing)(place)


# --- brackets -----------------------------------------------------------------------------


def explain_unbalanced(text: str, reads: Reads) -> ParseError:
    """Which bracket has no partner, where their numbers differ: one pass, whatever the depth."""
    missing = text.count("(") - text.count(")")
    opened = 0
    for place, depth in enumerate(accumulate(map(_STEPS.get, text, repeat(0)))):
        if depth < 0:
            return _closes_nothing(Place(text, place, place + 1, reads))
        if depth == missing and text[place] == "(":
            opened = place
    return _not_closed(Place(text, opened, opened + 1, reads), missing)


def _closes_nothing(place: Place) -> ParseError:
    """Superfluous at the end of the text; before that, something was to be in brackets."""
    head, tail = place.text[: place.first], place.text[place.last :]
    fixed = f"({place.text.strip()}" if tail.strip() else head
    return place.error("this bracket closes nothing", place.whole(fixed, "remove it"))


def _not_closed(place: Place, missing: int) -> ParseError:
    otherwise = "close it, or remove it" if missing == 1 else f"{missing:,} brackets are open: close each"
    fix = otherwise if missing > hints.LONGEST else place.whole(place.text.strip() + ")" * missing, otherwise)
    return place.error("this bracket is not closed", fix)


def _right(place: Place) -> ParseError:
    text, first = place.text, place.first
    if text.count("(", 0, first) <= text.count(")", 0, first):
        return _closes_nothing(place)
    if place.after_operand():
        return _open_square(place) or _open_bar(place)
    before = place.before()
    if before == "(":
        fix = "put an expression between them"
        return place.error("there is nothing between the brackets", fix, first=text.rfind("(", 0, first))
    if before == ",":
        return place.error("an argument is missing after the comma", "remove the comma")
    return _missing(place)


# --- operators ----------------------------------------------------------------------------


def explain_unfinished(text: str, reads: Reads) -> ParseError:
    """Something is missing at the end of the text."""
    end = len(text.rstrip())
    place = Place(text, end, end + 1, reads)
    if place.text.count("|") % 2:
        return _open_bar(place)
    before = place.before()
    if before == "%":
        return _percentage(place)
    if error := _open_square(place):
        return error
    if choice := _unfinished_choice(text):
        return place.error(*choice)
    if before == ";":
        return place.error("nothing follows the last ;", _after_binding(place.text))
    return place.error(f"an operand is missing after {before}", f"add what follows {before}, or remove it")


def _percentage(place: Place) -> ParseError:
    """`5%`, with no operand after it."""
    from dcalc.parser.strangers import stranger

    return stranger(place.text, place.text.rindex("%", 0, place.first))


def _unfinished_choice(text: str) -> tuple[str, str] | None:
    """`x if x > 0` and `x > 0 ? x`, which say nothing of what is elsewhere."""
    tail = text[-hints.LONGEST * 5 :]
    if re.search(r"\w\s+if\b(?!.*\belse\b)", tail):
        return "a choice lacks its else", f"write {hints.short(text, 'a if x > 0')} else 0"
    if re.search(r"\?(?!.*:)", tail):
        return (
            "a choice lacks its : and the other value",
            f"write {hints.short(text, 'x > 0 ? a')} : 0",
        )
    return None


def _after_binding(text: str) -> str:
    match = re.fullmatch(rf"\s*({NAME})\s*=\s*([-+]?[0-9.]+)\s*;\s*", text)
    return f"to set {match[1]} use --at {match[1]}={match[2]}" if match else "add the expression"


def _missing(place: Place) -> ParseError:
    """An operand is expected, and here is an operator or a bracket."""
    word, before = place.text[place.first : place.last][: hints.LONGEST], place.before()
    if not before:
        return place.error(f"an operand is missing before {word}", "remove it, or add what comes before it")
    message = f"an operand is missing between {before} and {word}"
    return place.error(message, f"add what follows {before}, or remove it")


def _explain_doubled(place: Place) -> ParseError | None:
    """`//`, `<>`, `=>`, `||`: symbols of other languages."""
    text, start, end = place.text, place.first, place.last
    while start and place.first - start < 3 and text[start - 1] in "*/<>=!^|-":
        start -= 1
    while end < len(text) and end - place.last < 2 and text[end] in "/<>=^|!":
        end += 1
    word = text[start:end]
    fix = None
    if word == "//":
        left, right = hints.before(text, start) or "x", hints.after(text, end) or "y"
        head, tail = text[max(start - 200, 0) : start].rstrip().removesuffix(left), text[end:].lstrip()
        # More than an operand to a side, as in x^2 // y, is shown by letters.
        is_whole = re.search(r"(?:^|[-+(,=])\s*$", head) and re.match(r"\s*(?:$|[-+),])", tail.removeprefix(right))
        fix = f"write floor({hints.short(left, 'x')}/{hints.short(right, 'y')})" if is_whole else "write floor(x/y)"
    elif word == "||" and re.search("[<>=≤≥≠]", text):
        fix = "write or"
    elif word in _ARROW and hints.enclosing(text, start) is None:
        fix = place.whole(text[end:], "remove it and what comes before it")
        if re.fullmatch(r"\s*[-+]?(?:[0-9.]+|inf|oo|∞|pi)\s*", text[end:]):
            fix = f"dcalc limit takes limits: --at {text[end:].strip()}"
    elif word in _DOUBLED:
        fix = f"write {_DOUBLED[word]}"
    return place.error(f"{word} is not an operator", fix, first=start, last=end) if fix else None


def _not(place: Place) -> ParseError:
    if place.after_operand():
        return place.error("not cannot be used here", "write and not")
    return place.error("not cannot be used here", "put it before the whole comparison: not x < y")


# --- commas, equations, bindings ----------------------------------------------------------


def _comma(place: Place) -> ParseError:
    text, first = place.text, place.first
    for match in _DECIMAL.finditer(text, max(first - hints.LONGEST, 0), first + hints.LONGEST):
        if match.start() < first < match.end():
            fix = hints.either(*_decimals(match))
            return place.error("a number cannot contain a comma", fix, first=match.start(), last=match.end())
    inside = hints.enclosing(text, first)
    if inside and inside[0] and place.before() in ("(", ","):
        return place.error("an argument is missing before the comma", "remove the comma")
    if text.count("|", 0, first) % 2:
        return place.error("a comma between bars", "remove it")
    if braces := re.match(r"\s*(max|min)\s*\{([^{}]*)\}", text):
        fix = place.whole(f"{braces[1]}({braces[2]}){text[braces.end() :]}", f"write {braces[1]}(...)")
        return place.error("the arguments of a function stand in round brackets", fix, first=braces.start(1))
    return place.error("a comma outside of a function call", "remove it: there is one expression at a time")


def _decimals(match: re.Match[str]) -> list[str]:
    """`2,5` is 2.5; `1,000` may be either."""
    groups = match[2][1:].split(",")
    thousands = match[1] + "".join(groups)
    if len(groups) > 1:
        return [thousands]
    decimal = f"{match[1]}.{groups[0]}"
    return [thousands, decimal] if len(groups[0]) == 3 and match[1] != "0" else [decimal]


def _equals(place: Place) -> ParseError:
    text, first, last = place.text, place.first, place.last
    if inside := hints.enclosing(text, first):
        return _named_argument(place, *inside) or place.error("= does not compare", "write ==")
    if not place.after_operand():
        return _missing(place)
    left, right = text[:first].rpartition(";")[2], text[last:].partition(";")[0]
    otherwise = "take one side minus the other: x - y"
    if re.fullmatch(r"\s*d\w*\s*/\s*d[^\W\d]\w*\s*", left):  # dy/dx = x**2
        fix = f"dcalc diff takes the derivative: write {hints.short(right, 'x**2')}"
        return place.error("an equation is not an expression", fix)
    call = re.fullmatch(rf"\s*({NAME})\s*\([^()=]*\)\s*", left)
    if call and call[1] not in BY_NAME:  # f(2) = 3
        fix = place.whole(f"{call[1]}(x) = {right}", otherwise)
    else:
        fix = place.whole(difference(left, right), otherwise)
    return place.error("an equation is not an expression", fix)


def _named_argument(place: Place, function: str, bracket: int) -> ParseError | None:
    """`leaky_relu(x, a=0.1)`, as signatures are printed."""
    text, first = place.text, place.first
    name = text[bracket + 1 : first].rpartition(",")[2].strip()
    end = hints.after_end(text, place.last)
    if function in ("", "where") or not end or not re.fullmatch(NAME, name):
        return None
    fix = place.whole(text[place.last : end], "remove it")
    return place.error("arguments have no names", fix, first=text.rindex(name, 0, first), last=end)


def _semicolon(place: Place) -> ParseError:
    if not place.after_operand():
        return _missing(place)
    fix = "remove it: there is one expression at a time" if place.text[place.last :].strip() else "remove it"
    return place.error("; may only follow t = ...", fix)


# --- bars ---------------------------------------------------------------------------------


def _open_bar(place: Place) -> ParseError:
    """A bar whose partner is missing: the last one before here."""
    start = place.text.rfind("|", 0, place.first)
    fix = place.whole(f"abs({place.text[start + 1 : place.first]})", "remove it")
    return place.error("this bar has no partner", fix, first=start, last=start + 1)


def _open_square(place: Place) -> ParseError | None:
    """A square bracket or a brace before here that is not closed."""
    depth = 0
    for start in range(place.first - 1, max(place.first - hints.LONGEST * 50, 0) - 1, -1):
        depth += (place.text[start] in "]}") - (place.text[start] in "[{")
        if depth < 0:
            return place.error("this bracket is not closed", "close it, or remove it", first=start, last=start + 1)
    return None


def _bar(place: Place) -> ParseError:
    """Bars within bars, or with nothing between."""
    text = place.text
    start = text.rfind("|", 0, place.first)
    if start >= 0 and not text[start + 1 : place.first].strip() and not text[place.last :].strip(" |"):
        return place.error("there is nothing between the bars", "put an expression between them", first=start)
    return place.error("bars do not nest", place.whole(_without_bar(text), "use abs(...) for the inner ones"))


def _without_bar(text: str) -> str:
    """The text with abs(...) for bars: a bar after an operand closes, any other opens."""
    out = ""
    for char in text[: hints.LONGEST + 1]:
        if char == "|":
            out += ")" if _ends_operand(out, len(out)) else "abs("
        else:
            out += char
    return out


def _strange(place: Place) -> ParseError:
    """A mark of another language, where no reading of it is possible."""
    from dcalc.parser.strangers import stranger

    if place.text[place.first] in "]}" and _open_square(place) is None:
        return place.error("this bracket closes nothing", "remove it")
    return stranger(place.text, place.first)


_BY_TYPE: dict[str, Callable[[Place], ParseError]] = {
    "RIGHT": _right,
    "COMMA": _comma,
    "EQUALS": _equals,
    "SEMICOLON": _semicolon,
    "NOT": _not,
    "OPEN": _bar,
    "CLOSE": _bar,
    **dict.fromkeys(("BANG", "QUESTION", "COLON", "DEGREE", "SQUARE", "UNSQUARE", "CURLY", "UNCURLY"), _strange),
}
