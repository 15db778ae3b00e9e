"""Messages where the parser meets a token that cannot stand there, in the words of the language."""

from __future__ import annotations

import re

from dcalc.errors import ParseError
from dcalc.functions import BY_NAME
from dcalc.parse import scan
from dcalc.parse.hints import equation
from dcalc.parse.lexer import NAME, Token

_ENDS_OPERAND = re.compile(r"[\w.)⁰¹²³⁴⁵⁶⁷⁸⁹\u0300-\u036f]$")
_WORD = re.compile(r"(?<![^\W\d])(?:and|or|not)$")
_SYMBOL = re.compile(r"(?:\*\*|[<>=!]=|[^\w\s])$")
# Two symbols that touch and make none together, with what they are elsewhere.
_DOUBLED = {
    "<>": "!=", "=>": ">=", "=<": "<=", "==": "==", "!==": "!=", "===": "==", "***": "**", "^^": "^",
    "**^": "**", "^**": "**", "***=": "**",
}  # fmt: skip
_ARROW = ("->", "=>")
_DECIMAL = re.compile(r"(?<![\w.])([0-9]+)((?:,[0-9]+)+)(?![\w.])")


def empty() -> ParseError:
    """Nothing but spaces."""
    return ParseError("the expression is empty", span=(0, 0), help="try x**2*sin(x)")


def unbalanced(text: str) -> ParseError:
    """Which bracket has no partner, where their numbers differ: two scans, whatever the depth."""
    stray = _closes_nothing(text)
    if stray is not None:
        return ParseError("this bracket closes nothing", span=(stray, stray + 1), help=_without(text, stray))
    return _not_closed(text)


def _closes_nothing(text: str) -> int | None:
    depth = 0
    for match in re.finditer(r"[()]", text):
        depth += 1 if match[0] == "(" else -1
        if depth < 0:
            return match.start()
    return None


def _not_closed(text: str) -> ParseError:
    """The last bracket that is open at the end."""
    missing = text.count("(") - text.count(")")
    depth, place = 0, len(text)
    while depth >= 0:
        place = max(text.rfind("(", 0, place), text.rfind(")", 0, place))
        depth += 1 if text[place] == ")" else -1
    fixed = text.strip() + ")" * missing
    if text[place + 1 :].strip() and len(fixed) <= scan.LONGEST and _operand_before(text, len(text)):
        fix = f"write {fixed}"
    else:
        fix = "close it, or remove it" if missing == 1 else f"{missing:,} brackets are open: close each"
    return ParseError("this bracket is not closed", span=(place, place + 1), help=fix)


def _without(text: str, place: int) -> str:
    rest = (text[:place] + text[place + 1 :]).strip()
    balanced = rest.count("(") == rest.count(")") and _operand_before(rest, len(rest))
    return f"write {rest}" if 0 < len(rest) <= scan.LONGEST and balanced else "remove it"


def _operand_before(text: str, place: int) -> bool:
    """Does an operand end here? Otherwise one is expected."""
    head = text[max(place - scan.LONGEST, 0) : place].rstrip()
    return bool(_ENDS_OPERAND.search(head)) and not _WORD.search(head)


def unexpected(text: str, token: Token) -> ParseError:
    """The message for a token that cannot stand where it does."""
    if token.type == "$END":
        return _ends_early(text)
    first, last = token.start_pos, max(token.end_pos, token.start_pos + 1)
    if special := _doubled(text, first, last):
        return special
    if token.type in _BY_TYPE:
        return _BY_TYPE[token.type](text, first, last)
    return _missing(text, first, last)


def _ends_early(text: str) -> ParseError:
    end = len(text.rstrip())
    if text.count("|") % 2:
        return _open_bar(text, end)
    last = _last_word(text, end)
    if last == ";":
        return ParseError("nothing follows the last ;", span=(end, end + 1), help=_after_bindings(text))
    fix = f"add what follows {last}, or remove it"
    return ParseError(f"an operand is missing after {last}", span=(end, end + 1), help=fix)


def _after_bindings(text: str) -> str:
    match = re.fullmatch(rf"\s*({NAME})\s*=\s*([-+]?[0-9.]+)\s*;\s*", text)
    if match:
        return f"to set {match[1]} use --at {match[1]}={match[2]}"
    return "add the expression"


def _last_word(text: str, end: int) -> str:
    """The symbol or word that ends at ``end``."""
    head = text[max(end - scan.LONGEST, 0) : end].rstrip()
    match = _WORD.search(head) or _SYMBOL.search(head)
    return match[0] if match else head[-1:]


def _missing(text: str, first: int, last: int) -> ParseError:
    """An operand is expected, and here is an operator or a bracket."""
    word, span = text[first:last], (first, last)
    if _operand_before(text, first):
        return ParseError(f"{word} cannot stand here", span=span, help="remove it")
    before = _last_word(text, first)
    if not before:
        fix = "remove it, or add what stands before it"
        return ParseError(f"an operand is missing before {word}", span=span, help=fix)
    fix = f"add what follows {before}, or remove it"
    return ParseError(f"an operand is missing between {before} and {word}", span=span, help=fix)


def _doubled(text: str, first: int, last: int) -> ParseError | None:
    """`//`, `<>`, `=>`, `||`: symbols of other languages."""
    start = first
    while start and first - start < 3 and text[start - 1] in "*/<>=!^|-":
        start -= 1
    end = last
    while end < len(text) and end - last < 2 and text[end] in "/<>=^|":
        end += 1
    word = text[start:end]
    if word == "//":
        left, right = scan.short(scan.before(text, start) or "x", "x"), scan.short(scan.after(text, end) or "y", "y")
        return ParseError("// is no operator", span=(start, end), help=f"write floor({left}/{right})")
    if word == "||" and re.search("[<>=≤≥≠]", text):
        return ParseError("|| is no operator", span=(start, end), help="write or")
    if word in _ARROW and scan.enclosing(text, start) is None:
        fix = scan.short(text[end:], "x**2")
        return ParseError(f"{word} is no operator", span=(start, end), help=f"write {fix}")
    if word in _DOUBLED and len(word) > 1 and word != "==":
        return ParseError(f"{word} is no operator", span=(start, end), help=f"write {_DOUBLED[word]}")
    return None


def _right(text: str, first: int, last: int) -> ParseError:
    span = (first, last)
    if text.count("(", 0, first) <= text.count(")", 0, first):
        return ParseError("this bracket closes nothing", span=span, help=_without(text, first))
    if _operand_before(text, first):
        return _open_bar(text, first)
    before = _last_word(text, first)
    if before == "(":
        span = (text.rfind("(", 0, first), last)
        return ParseError("nothing stands between the brackets", span=span, help="put an expression between them")
    if before == ",":
        return ParseError("an argument is missing after the comma", span=span, help="remove the comma")
    return _missing(text, first, last)


def _comma(text: str, first: int, last: int) -> ParseError:
    span = (first, last)
    for match in _DECIMAL.finditer(text, max(first - scan.LONGEST, 0), first + scan.LONGEST):
        if match.start() < first < match.end():
            return ParseError("a number has no comma", span=match.span(), help=scan.either(*_decimals(match)))
    inside = scan.enclosing(text, first)
    before = _last_word(text, first)
    if inside and inside[0] and before in ("(", ","):
        return ParseError("an argument is missing before the comma", span=span, help="remove the comma")
    if text.count("|", 0, first) % 2:
        return ParseError("a comma between bars", span=span, help="remove it")
    fix = "remove it: there is one expression at a time"
    return ParseError("a comma outside of a function call", span=span, help=fix)


def _decimals(match: re.Match[str]) -> list[str]:
    """`2,5` is 2.5; `1,000` may be either."""
    groups = match[2][1:].split(",")
    thousands = match[1] + "".join(groups)
    if len(groups) > 1:
        return [thousands]
    decimal = f"{match[1]}.{groups[0]}"
    return [thousands, decimal] if len(groups[0]) == 3 and match[1] != "0" else [decimal]


def _equals(text: str, first: int, last: int) -> ParseError:
    span = (first, last)
    if inside := scan.enclosing(text, first):
        name, bracket = inside
        left = scan.before(text, first)
        argument = text[bracket + 1 : first].rpartition(",")[2].strip()
        end = scan.after_end(text, last)
        if name and name != "where" and left and end and argument == left and re.fullmatch(NAME, left):
            span = (text.rindex(left, 0, first), end)
            return ParseError("arguments have no names", span=span, help=f"write {scan.short(text[last:end], '1')}")
        return ParseError("= does not compare", span=span, help="write ==")
    if not _operand_before(text, first):
        return _missing(text, first, last)
    statement = text[:first].rpartition(";")[2]
    if "=" in statement or "=" in text[last:]:
        return ParseError("an equation is no expression", span=span, help="write one side minus the other")
    called = re.fullmatch(rf"\s*({NAME})\s*\([^()=]*\)\s*", statement)
    if called and called[1] not in BY_NAME:  # f(2) = 3
        return ParseError("an equation is no expression", span=span, help=f"write {scan.short(text[last:], 'x**2')}")
    return equation(statement, text[last:].partition(";")[0], span)


def _semicolon(text: str, first: int, last: int) -> ParseError:
    if not _operand_before(text, first):
        return _missing(text, first, last)
    fix = "remove it: there is one expression at a time" if text[last:].strip() else "remove it"
    return ParseError("; stands only after t = ...", span=(first, last), help=fix)


def _not(text: str, first: int, last: int) -> ParseError:
    if _operand_before(text, first):
        return ParseError("not cannot stand here", span=(first, last), help="write and not")
    if not text[:first].strip():
        return _missing(text, first, last)
    return ParseError("not cannot stand here", span=(first, last), help="put it before the whole comparison: not x < y")


def _open_bar(text: str, end: int) -> ParseError:
    """A bar whose partner is missing: the last one before ``end``."""
    place = text.rfind("|", 0, end)
    inner = text[place + 1 : end].strip()
    whole = 0 < len(inner) <= scan.LONGEST and _operand_before(inner, len(inner))
    fix = f"write abs({inner})" if whole else "remove it"
    return ParseError("this bar has no partner", span=(place, place + 1), help=fix)


def _bar(text: str, first: int, last: int) -> ParseError:
    """Bars within bars, or with nothing between."""
    if not text[:first].rpartition("|")[2].strip() and not text[last:].strip(" |"):
        span = (max(text.rfind("|", 0, first), 0), last)
        return ParseError("nothing stands between the bars", span=span, help="put an expression between them")
    nested = _unbarred(text)
    fix = f"write {nested}" if nested and len(nested) <= scan.LONGEST else "use abs(...) for the inner ones"
    return ParseError("bars do not nest", span=(first, last), help=fix)


def _unbarred(text: str) -> str | None:
    """The text with abs(...) for bars: a bar after an operand closes, any other opens."""
    out, depth = "", 0
    for char in text[: scan.LONGEST + 1]:
        if char != "|":
            out += char
        elif _operand_before(out, len(out)):
            out, depth = out + ")", depth - 1
        else:
            out, depth = out + "abs(", depth + 1
        if depth < 0:
            return None
    return out.strip() if not depth else None


_BY_TYPE = {
    "RIGHT": _right,
    "COMMA": _comma,
    "EQUALS": _equals,
    "SEMICOLON": _semicolon,
    "NOT": _not,
    "OPEN": _bar,
    "CLOSE": _bar,
}
