"""What to say where the builder refuses: each a message, a span, and one concrete fix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.parse import scan
from dcalc.parse.patterns import NAME

if TYPE_CHECKING:
    from dcalc.parse.lexer import Token
    from dcalc.parse.pieces import Extent, Piece

_BARE = re.compile(rf"(?<![^\W\d])({NAME})\s*(?:(?:\^|\*\*)\s*([^*^/]+)|([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+))?$")
_FACTOR = re.compile(r"\s*([*/])(?!\*)\s*")
_INVERSES = {"exp": "log", "log": "exp", "ln": "exp", "erf": "erfinv", "erfc": "erfcinv", "sigmoid": "logit"}
_SQUARES = {"2": 2, "3": 3}


def _words(source: str, piece: Extent, instead: str) -> str:
    return scan.short(source[piece.start : piece.end], instead)


# --- statements ---------------------------------------------------------------------------


def lone_assignment(name: str, source: str, piece: Piece, span: tuple[int, int], constant: bool) -> ParseError:
    """`x = 3` alone: a value for x if it is one, else `y = x**2` in the way of textbooks."""
    value = _words(source, piece, "...")
    return ParseError(
        f"an assignment to {scan.short(name, 'a name')} with no expression after it",
        span=span,
        help=f"to set {name} use --at {name}={value}" if constant else f"write {value}",
    )


def no_binding(source: str) -> ParseError:
    """A --let that gives nothing a name."""
    text = scan.short(source.rpartition("=")[2], "x*(1-x)")
    fix = f"write --let '{'t' if text != 't' else 't1'} = {text}'"
    return ParseError("--let gives a name to an expression", span=(0, len(source)), help=fix)


def function_redefined(name: str, source: str, equals: int) -> ParseError:
    """`sin(x) = 3`; both sides have been read."""
    left = source[:equals].rpartition(";")[2]
    return equation(left, source[equals + 1 :], (equals, equals + 1), f"{name} is a function already")


def equation(left: str, right: str, span: tuple[int, int], message: str = "an equation is no expression") -> ParseError:
    """`x**2 + y**2 = 1`, where both sides are expressions."""
    return ParseError(message, span=span, help=f"write {difference(left, right)}")


def difference(left: str, right: str) -> str:
    """One side of an equation minus the other."""
    first, second = scan.short(left, "a"), scan.short(right, "b")
    return f"{first} - {second}" if re.fullmatch(r"[\w.]+", second) else f"{first} - ({second})"


# --- conditions ---------------------------------------------------------------------------


def stray_condition(source: str, condition: Extent) -> ParseError:
    """A comparison where a number is expected."""
    text = scan.short(scan.inside(source[condition.start : condition.end]), "x > 0")
    span = (condition.start, condition.end)
    return ParseError("a condition is no number", span=span, help=f"write where({text}, 1, 0)")


def missing_condition(source: str, piece: Piece) -> ParseError:
    """A number where a condition is expected."""
    text = scan.short(scan.inside(source[piece.start : piece.end]), "x")
    return ParseError("a condition is expected here", span=(piece.start, piece.end), help=f"write {text} != 0")


def chained(source: str, left: Extent, relation: Token, right: Piece) -> ParseError:
    """`0 < x < 1`."""
    middle = scan.short(source[left.middle : left.end], "x")
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
    first = scan.short(source[right.start : right.middle], "b")
    second = scan.short(source[right.middle : right.end], "c")
    return ParseError(
        "ambiguous: implicit product after /",
        span=(right.start, right.end),
        help=scan.either(f"({over}/{first})*{second}", f"{over}/({first}*{second})"),
    )


def rooted_power(source: str, base: Piece, exponent: Piece) -> ParseError:
    """`√x^2`."""
    inner = scan.short(source[base.start + 1 : base.end], "x")
    power = scan.plain(_words(source, exponent, "n"))
    return ParseError(
        "ambiguous: a power after √",
        span=(base.start, exponent.end),
        help=scan.either(f"sqrt({inner})**{power}", f"sqrt({inner}**{power})"),
    )


def juxtaposed(source: str, left: Piece, right: Piece) -> ParseError:
    """Two operands side by side where no product may be read."""
    a, b = source[left.start : left.end].strip(), source[right.start : right.end].strip()
    bare = _BARE.search(a[-scan.LONGEST :])
    if bare and bare[1] in table.BY_NAME:
        return _bare_function(source, bare, left, right)
    span = (left.start, right.end)
    if derivative := after_d(source, left.start, a, b):
        span = (source.rindex("d", 0, left.start), right.end)
        return ParseError("a derivative is not written as a quotient", span=span, help=derivative)
    b = scan.short(b, "b")
    place = a.rfind("√")
    if place >= 0 and not a.endswith(")"):
        head, inner = scan.short(a[:place], "") if place else "", scan.short(a[place + 1 :], "a")
        fix = scan.either(f"{head}sqrt({inner})*{b}", f"{head}sqrt({inner}*{b})")
        return ParseError("ambiguous: implicit product after √", span=span, help=fix)
    if power := scan.last_power(a):
        return _after_power(a, power, b, span)
    fix = scan.product(source, left.start, scan.short(a, "a"), b)
    if re.match(r"[0-9.]", b):
        return _number_follows(a, b, span, fix)
    if a.isidentifier() and b.isidentifier() and fix == f"write {a}*{b}" and a not in table.CONSTANTS:
        fix += f" or {a}{b}"
    return ParseError("two operands with no operator between", span=span, help=fix)


def after_d(source: str, start: int, name: str, operand: str) -> str | None:
    """For `d/dx x**2` and `d/dx(x**2)`: what to write instead."""
    if name[:1] != "d" or len(name) < 2 or not re.search(r"\bd\s*/\s*$", source[max(start - 9, 0) : start]):
        return None
    return f"dcalc diff takes the derivative: write {scan.short(operand, 'x**2')}"


def _after_power(a: str, power: tuple[str, str, str], b: str, span: tuple[int, int]) -> ParseError:
    base, operator, exponent = power
    whole = scan.short(a, "a**n")
    if exponent != scan.plain(exponent):  # a superscript ends where it ends
        return ParseError("implicit product after a power", span=span, help=f"write {whole}*{b}")
    inner = scan.short(scan.inside(exponent), "n")
    fix = scan.either(f"({whole})*{b}", f"{scan.short(base, 'a')}{operator}({inner}*{b})")
    return ParseError("ambiguous: implicit product after a power", span=span, help=fix)


def _number_follows(a: str, b: str, span: tuple[int, int], fix: str) -> ParseError:
    if not re.fullmatch(r"[\d_]+", a):
        more = f" or {a}{b}" if a.isidentifier() and b.isdigit() and " or " not in fix else ""
        return ParseError("a number cannot follow here", span=span, help=fix + more)
    digits = re.match(r"\d+", b)
    joined = f"{a}{b}" if digits and len(a) + len(b) <= scan.LONGEST else ""
    fixes = [joined] if digits and len(digits[0]) == 3 and joined else [fix.removeprefix("write "), joined]
    return ParseError("two numbers side by side", span=span, help=scan.either(*filter(None, fixes)))


def _bare_function(source: str, bare: re.Match[str], left: Piece, right: Piece) -> ParseError:
    """`sin x`, `sin 2x`, `sin^2(x)`, `sin⁻¹ x`."""
    name, power = bare[1], scan.plain((bare[2] or bare[3] or "").strip())
    start = left.end - (len(bare[0].rstrip()))
    inner, end = _argument(source, right)
    span = (start, end)
    if not power:
        fixes = _readings(source, name, inner, right, end)
        return ParseError(f"the argument of {name} needs brackets", span=span, help=scan.either(*fixes))
    if power.strip("() ") == "-1":
        inverse = f"a{name}" if f"a{name}" in table.BY_NAME else _INVERSES.get(name)
        fixes = [f"1/{name}({inner})"] + ([f"{inverse}({inner})"] if inverse else [])
        message = f"ambiguous: {source[start : left.end].strip()} is read in two ways"
        return ParseError(message, span=span, help=scan.either(*fixes))
    times = _SQUARES.get(power, 0)
    composed = [f"{name}(" * times + inner + ")" * times] if times and table.find(name, 1) else []
    return ParseError(
        f"the power of {name} stands after its argument",
        span=span,
        help=scan.either(f"{name}({inner})**{power}", *composed),
    )


def _argument(source: str, right: Piece) -> tuple[str, int]:
    """What the function is applied to, without its brackets: of `sin 2x` all of 2x."""
    text, end = source[right.start : right.end].strip(), right.end
    if (inner := scan.inside(text)) != text:
        return scan.short(inner, "x"), end
    if re.fullmatch(r"[0-9._]+", text) and (more := scan.after_end(source, end)):
        end = more
    return scan.short(source[right.start : end], "x"), end


def _readings(source: str, name: str, inner: str, right: Piece, end: int) -> list[str]:
    """How `sin x` may be meant, with what follows it."""
    if end > right.end:
        number = source[right.start : right.end].strip()
        return [f"{name}({inner})", f"{name}({number})*{source[right.end : end].strip()}"]
    if power := scan.last_power(inner):
        return [f"{name}({inner})", f"{name}({power[0]}){power[1]}{scan.plain(power[2])}"]
    factor = _FACTOR.match(source, end)
    operand = scan.after(source, factor.end()) if factor else None
    if factor and operand and len(operand) <= scan.LONGEST:
        return [f"{name}({inner}){factor[1]}{operand}", f"{name}({inner}{factor[1]}{operand})"]
    return [f"{name}({inner})"]
