"""Messages for what the builder refuses: each has a span and one concrete fix.

The first half searches the text around an error; correct text never gets here and pays nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.parser.lexer import AMBIGUOUS, NAME, NUMBER

if TYPE_CHECKING:
    from dcalc.parser.builder import Extent, Piece
    from dcalc.parser.lexer import Token


LONGEST = 40
"""Pieces of the user's text up to this length are repeated in hints."""

_REACH = 200  # characters to each side that a hint may look at: hints stay fast in texts of megabytes
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"
_PLAIN = str.maketrans(_SUPERSCRIPTS, "0123456789-")
_OPERAND_BEFORE = re.compile(rf"(?<![\w.])(?:{NUMBER}|{NAME})$")
_OPERAND = re.compile(rf"\s*(?:({NAME})|{NUMBER})")
_CALLED = re.compile(rf"{NAME}\s*$")
_OPENS = re.compile(r"\s*\(")
_POWER = re.compile(rf"\^|\*\*|(?=[{_SUPERSCRIPTS}])")


def short(text: str, instead: str) -> str:
    """The text on one line where it is short enough to be repeated, else a letter for it."""
    text = " ".join(text.split())
    return text if 0 < len(text) <= LONGEST else instead


def plain(exponent: str) -> str:
    """An exponent with its superscripts as digits."""
    return exponent.translate(_PLAIN)


def inside(text: str) -> str:
    """The text inside the brackets if they enclose all of it, else the text."""
    if text.startswith("(") and closing(text, 0) == len(text):
        return text[1:-1].strip()
    return text


def either(*fixes: str) -> str:
    """A help of one fix, or of several to choose from, each once."""
    return "write " + " or ".join(dict.fromkeys(fixes))


def opening(text: str, end: int) -> int | None:
    """Where the bracket that is closed at ``end - 1`` was opened."""
    depth = 0
    for place in range(end - 1, max(end - _REACH, 0) - 1, -1):
        depth += (text[place] == ")") - (text[place] == "(")
        if not depth:
            return place
    return None


def closing(text: str, start: int) -> int | None:
    """One past the bracket that closes the one at ``start``."""
    depth = 0
    for place in range(start, min(start + _REACH, len(text))):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return place + 1
    return None


def enclosing(text: str, place: int) -> tuple[str, int] | None:
    """The name before the bracket around ``place`` ("" if there is none), and the bracket."""
    depth = 0
    for at in range(place - 1, max(place - _REACH, 0) - 1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth < 0:
            call = _CALLED.search(text, max(at - _REACH, 0), at)
            return (call[0].strip() if call else ""), at
    return None


def before(text: str, end: int) -> str | None:
    """The operand that ends at ``end``: a name, a number, a bracket, a call."""
    start = _before(text, end)
    return None if start is None else text[start:end].strip()


def _before(text: str, end: int) -> int | None:
    window = max(end - _REACH, 0)
    end = window + len(text[window:end].rstrip())
    if end == window:
        return None
    if text[end - 1] != ")":
        match = _OPERAND_BEFORE.search(text, window, end)
        return match.start() if match else None
    start = opening(text, end)
    if start is None:
        return None
    call = _CALLED.search(text, max(start - _REACH, 0), start)
    return call.start() if call else start


def after(text: str, start: int) -> str | None:
    """The operand that begins at ``start``."""
    end = after_end(text, start)
    return None if end is None else text[start:end].strip()


def after_end(text: str, start: int) -> int | None:
    """One past the operand that begins at ``start``."""
    match = _OPERAND.match(text, start)
    bracket = _OPENS.match(text, match.end() if match else start)
    if bracket and (match is None or match[1]):
        return closing(text, bracket.end() - 1)
    return match.end() if match else None


def product(source: str, start: int, left: str, right: str) -> str:
    """The readings of two operands side by side; the left one begins at ``start``."""
    head = source[max(start - _REACH, 0) : start].rstrip()
    sign = ""
    if head[-1:] in ("-", "+"):
        head, sign = head[:-1].rstrip(), head[-1]
    for mark in ("/", "÷", "**", "^"):
        if head.endswith(mark):
            first = short(before(head, len(head) - len(mark)) or "", "c")
            return either(f"({first}{mark}{sign}{left})*{right}", f"{first}{mark}({sign}{left}*{right})")
    if head.endswith("√"):
        return either(f"sqrt({left})*{right}", f"sqrt({left}*{right})")
    return either(f"{left}*{right}")


def last_power(text: str) -> tuple[str, str, str] | None:
    """Base, operator and exponent, where the text ends in a power: of `2x^3` 2x, ^ and 3."""
    depth = 0
    for place in range(len(text) - 1, max(len(text) - _REACH, 0), -1):
        depth += (text[place] in ")") - (text[place] in "(")
        match = _POWER.match(text, place) if not depth else None
        if match and text[place - 1] not in "*" + _SUPERSCRIPTS:
            return text[:place].strip(), match[0] or "**", text[match.end() :].strip()
    return None


# --- The messages.

_BARE = re.compile(rf"(?<![^\W\d])({NAME})\s*(?:(?:\^|\*\*)\s*([^*^/]+)|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?$")
_FACTOR = re.compile(r"\s*([*/])(?!\*)\s*")
_INVERSES = {"exp": "log", "log": "exp", "ln": "exp", "erf": "erfinv", "erfc": "erfcinv", "sigmoid": "logit"}
_SQUARES = {"2": 2, "3": 3}


def _words(source: str, piece: Extent, instead: str) -> str:
    return short(source[piece.start : piece.end], instead)


# --- statements ---------------------------------------------------------------------------


def lone_assignment(name: str, source: str, piece: Piece, span: tuple[int, int], constant: bool) -> ParseError:
    """`x = 3` alone: a value for x if it is one, else `y = x**2` in the way of textbooks."""
    value = _words(source, piece, "...")
    return ParseError(
        f"an assignment to {short(name, 'a name')} with no expression after it",
        span=span,
        help=f"to set {name} use --at {name}={value}" if constant else f"write {value}",
    )


def no_binding(source: str) -> ParseError:
    """A --let that gives nothing a name."""
    text = short(source.rpartition("=")[2], "x*(1-x)")
    fix = f"write --let '{'t' if text != 't' else 't1'} = {text}'"
    return ParseError("--let gives a name to an expression", span=(0, len(source)), help=fix)


def function_redefined(name: str, source: str, equals: int) -> ParseError:
    """`sin(x) = 3`; both sides have been read."""
    left = source[:equals].rpartition(";")[2]
    return equation(left, source[equals + 1 :], (equals, equals + 1), f"{name} is a function already")


def equation(
    left: str, right: str, span: tuple[int, int], message: str = "an equation is not an expression"
) -> ParseError:
    """`x**2 + y**2 = 1`, where both sides are expressions."""
    return ParseError(message, span=span, help=f"write {difference(left, right)}")


def difference(left: str, right: str) -> str:
    """One side of an equation minus the other."""
    first, second = short(left, "a"), short(right, "b")
    return f"{first} - {second}" if re.fullmatch(r"[\w.]+", second) else f"{first} - ({second})"


# --- conditions ---------------------------------------------------------------------------


def stray_condition(source: str, condition: Extent) -> ParseError:
    """A comparison where a number is expected."""
    text = short(inside(source[condition.start : condition.end]), "x > 0")
    span = (condition.start, condition.end)
    return ParseError("a condition is not a number", span=span, help=f"write where({text}, 1, 0)")


def missing_condition(source: str, piece: Piece) -> ParseError:
    """A number where a condition is expected."""
    text = short(inside(source[piece.start : piece.end]), "x")
    head = source[: piece.start].rstrip()
    if head.endswith("=") and not head.endswith(("==", "<=", ">=", "!=")):
        return ParseError("= does not compare", span=(len(head) - 1, len(head)), help="write ==")
    if re.search(r"\?|\bif\b", text):
        text = f"({text})"
    return ParseError("a condition is expected here", span=(piece.start, piece.end), help=f"write {text} != 0")


def chained_relation(source: str, left: Extent, relation: Token, right: Piece) -> ParseError:
    """`0 < x < 1`."""
    middle = short(source[left.middle : left.end], "x")
    whole, last = _words(source, left, "a < x"), _words(source, right, "b")
    return ParseError(
        "comparisons are not chained",
        span=(left.start, right.end),
        help=f"write {whole} and {middle} {relation} {last}",
    )


# --- products and powers ------------------------------------------------------------------


def after_slash(source: str, left: Piece, right: Piece) -> ParseError:
    """`1/2x`."""
    over = _words(source, left, "a")
    first = short(source[right.start : right.middle], "b")
    second = short(source[right.middle : right.end], "c")
    return ParseError(
        "ambiguous: implicit product after /",
        span=(right.start, right.end),
        help=either(f"({over}/{first})*{second}", f"{over}/({first}*{second})"),
    )


def rooted_power(source: str, base: Piece, exponent: Piece) -> ParseError:
    """`√x^2`."""
    sign, inner = source[base.start], short(source[base.start + 1 : base.end], "x")
    power = plain(_words(source, exponent, "n"))
    return ParseError(
        f"ambiguous: a power after {sign}",
        span=(base.start, exponent.end),
        help=either(f"{_root(sign, inner)}**{power}", _root(sign, f"{inner}**{power}")),
    )


def _root(sign: str, inner: str) -> str:
    """`√`, `∛` or `∜` of a text, as a call."""
    return f"root({inner}, 4)" if sign == "∜" else f"{'cbrt' if sign == '∛' else 'sqrt'}({inner})"


_NO_PARTS = {
    **dict.fromkeys(("return", "then", "of", "plot", "let"), "remove it"),
    **dict.fromkeys(("derivative", "differentiate", "diff"), "remove it: dcalc diff takes the derivative"),
    **dict.fromkeys(("lim", "limit"), "dcalc limit takes it: dcalc limit 'sin(x)/x' --at 0"),
}


def juxtaposition(source: str, left: Piece, right: Piece) -> ParseError:
    """Two operands side by side where no product may be read."""
    a, b = source[left.start : left.end].strip(), source[right.start : right.end].strip()
    bare = _BARE.search(a[-LONGEST:])
    if bare and bare[1] in table.BY_NAME:
        return _bare_function(source, bare, left, right)
    span = (left.start, right.end)
    if derivative := after_d(source, left.start, a, b):
        span = (source.rindex("d", 0, left.start), right.end)
        return ParseError("a derivative is not written as a quotient", span=span, help=derivative)
    b = short(b, "b")
    place = max(map(a.rfind, "√∛∜"))
    if place >= 0 and not a.endswith(")"):
        head, sign, inner = short(a[:place], "") if place else "", a[place], short(a[place + 1 :], "a")
        fix = either(f"{head}{_root(sign, inner)}*{b}", f"{head}{_root(sign, f'{inner}*{b}')}")
        return ParseError(f"ambiguous: implicit product after {sign}", span=span, help=fix)
    if (percent := re.search(r"([0-9.]+)\s*%\s*$", source[: left.start])) and a == "of":
        fix = f"write ({percent[1]}/100)*{b}"
        return ParseError("a percentage is written as a factor", span=(percent.start(), right.end), help=fix)
    if (advice := _NO_PARTS.get(a)) is not None:
        return ParseError(f"{a} is not part of an expression", span=(left.start, left.end), help=advice)
    if (folded := a.lower()) in table.BY_NAME and len(a) > 2 and a not in table.BY_NAME:  # Sin x
        return ParseError(f"the argument of {a} needs brackets", span=span, help=f"write {folded}({inside(b)})")
    if a == "if":
        return ParseError("if comes after a value here", span=span, help="write where(x > 0, a, b)")
    if base := re.search(r"(?<!\w)log_([0-9]{1,4})$", a):
        fix = f"log{base[1]}({b})" if base[1] in ("2", "10") else f"log({b}, {base[1]})"
        return ParseError(f"the argument of {base[0]} needs brackets", span=span, help=f"write {fix}")
    if power := last_power(a):
        return _after_power(a, power, b, span)
    fix = product(source, left.start, short(a, "a"), b)
    if re.match(r"[0-9.]", b):
        return _number_follows(source, a, b, span, fix)
    if a.isidentifier() and b.isidentifier() and fix == f"write {a}*{b}" and a not in table.CONSTANTS:
        fix += f" or {a}{b}"
    return ParseError("two operands with no operator between", span=span, help=fix)


def after_d(source: str, start: int, name: str, operand: str) -> str | None:
    """For `d/dx x**2` and `d/dx(x**2)`: what to write instead."""
    if name[:1] != "d" or len(name) < 2 or not re.search(r"\bd\s*/\s*$", source[max(start - 9, 0) : start]):
        return None
    return f"dcalc diff takes the derivative: write {short(operand, 'x**2')}"


def _after_power(a: str, power: tuple[str, str, str], b: str, span: tuple[int, int]) -> ParseError:
    base, operator, exponent = power
    whole = short(a, "a**n")
    if exponent != plain(exponent):  # a superscript ends where it ends
        return ParseError("implicit product after a power", span=span, help=f"write {whole}*{b}")
    inner = short(inside(exponent), "n")
    fix = either(f"({whole})*{b}", f"{short(base, 'a')}{operator}({inner}*{b})")
    return ParseError("ambiguous: implicit product after a power", span=span, help=fix)


def _number_follows(source: str, a: str, b: str, span: tuple[int, int], fix: str) -> ParseError:
    if not re.fullmatch(r"[\d_]+", a):
        more = f" or {a}{b}" if a.isidentifier() and b.isdigit() and " or " not in fix else ""
        return ParseError("a number cannot follow here", span=span, help=fix + more)
    digits = re.match(r"\d+", b)
    joined = f"{a}{b}" if digits and len(a) + len(b) <= LONGEST else ""
    if mixed := re.match(r"([0-9]{1,9})\s*/\s*([0-9]{1,9})(?![0-9.])", source[span[1] - len(b) :]):
        a, b = short(a, "3"), f"{mixed[1]}/{mixed[2]}"
        return ParseError("ambiguous: a mixed number or a product", span=span, help=either(f"({a} + {b})", f"{a}*{b}"))
    fixes = [joined] if digits and len(digits[0]) == 3 and joined else [fix.removeprefix("write "), joined]
    return ParseError("two numbers side by side", span=span, help=either(*filter(None, fixes)))


def _bare_function(source: str, bare: re.Match[str], left: Piece, right: Piece) -> ParseError:
    """`sin x`, `sin 2x`, `sin^2(x)`, `sin⁻¹ x`."""
    name, power = bare[1], plain((bare[2] or bare[3] or "").strip())
    start = left.end - (len(bare[0].rstrip()))
    inner, end = _argument(source, right)
    span = (start, end)
    if not power and name in AMBIGUOUS:
        fixes = [f"{name}({inner})", f"{name}*{inner}"]
        return ParseError(f"{name} may be a function or a variable", span=span, help=either(*fixes))
    if name in ("choose", "comb") and (count := before(source, start)) is not None:
        fix = f"write binomial({short(count, 'n')}, {inner})"
        return ParseError(f"{name} is not an operator", span=span, help=fix)
    if not power:
        fixes = _readings(source, name, inner, right, end)
        return ParseError(f"the argument of {name} needs brackets", span=span, help=either(*fixes))
    if power.strip("(){} ") == "-1":
        inverse = f"a{name}" if f"a{name}" in table.BY_NAME else _INVERSES.get(name)
        fixes = [f"1/{name}({inner})"] + ([f"{inverse}({inner})"] if inverse else [])
        message = f"ambiguous: {source[start : left.end].strip()} is read in two ways"
        return ParseError(message, span=span, help=either(*fixes))
    times = _SQUARES.get(power, 0)
    composed = [f"{name}(" * times + inner + ")" * times] if times and table.find(name, 1) else []
    return ParseError(
        f"the power of {name} goes after its argument",
        span=span,
        help=either(f"{name}({inner})**{power}", *composed),
    )


def _argument(source: str, right: Piece) -> tuple[str, int]:
    """What the function is applied to, without its brackets: of `sin 2x` all of 2x."""
    text, end = source[right.start : right.end].strip(), right.end
    if (inner := inside(text)) != text:
        return short(inner, "x"), end
    if re.fullmatch(r"[0-9._]+", text) and (more := after_end(source, end)):
        end = more
    return short(source[right.start : end], "x"), end


def _readings(source: str, name: str, inner: str, right: Piece, end: int) -> list[str]:
    """How `sin x` may be meant, with what follows it."""
    if end > right.end:
        number = source[right.start : right.end].strip()
        return [f"{name}({inner})", f"{name}({number})*{source[right.end : end].strip()}"]
    if power := last_power(inner):
        return [f"{name}({inner})", f"{name}({power[0]}){power[1]}{plain(power[2])}"]
    factor = _FACTOR.match(source, end)
    operand = after(source, factor.end()) if factor else None
    if factor and operand and len(operand) <= LONGEST:
        return [f"{name}({inner}){factor[1]}{operand}", f"{name}({inner}{factor[1]}{operand})"]
    return [f"{name}({inner})"]
