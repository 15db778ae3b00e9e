"""What to say where the text is refused: each a message, a span, and one concrete fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ArityError, DcalcError, ParseError, UnknownFunction

if TYPE_CHECKING:
    from lark import Token

    from dcalc.parse.builder import Piece

_LONG = 40


def _short(text: str, instead: str) -> str:
    """The text where it is short enough to be repeated in a hint."""
    return text if len(text) <= _LONG else instead


def _words(source: str, piece: Piece, instead: str) -> str:
    return _short(source[piece.start : piece.end].strip(), instead)


def lone_assignment(name: str, source: str, piece: Piece, span: tuple[int, int]) -> ParseError:
    """`x = 3` alone."""
    value = _words(source, piece, "...")
    return ParseError(
        f"an assignment to {name} with no expression after it",
        span=span,
        help=f"to set {name} use --at {name}={value}; to name a part write {name} = {value}; then the expression",
    )


def stray_condition(text: str, span: tuple[int, int]) -> ParseError:
    """A comparison where a number is expected."""
    return ParseError(
        "a condition is no number",
        span=span,
        help=f"conditions belong in where: where({_short(text, 'condition')}, 1, 0)",
    )


def missing_condition(text: str, span: tuple[int, int]) -> ParseError:
    """A number where a condition is expected."""
    return ParseError("a condition is expected here", span=span, help=f"compare it: {_short(text, 'x')} != 0")


def chained(source: str, left: Piece, relation: Token, right: Piece) -> ParseError:
    """`0 < x < 1`."""
    middle = _short(source[left.middle : left.end].strip(), "x")
    whole, last = _words(source, left, "a < x"), _words(source, right, "b")
    return ParseError(
        "comparisons are not chained",
        span=(left.start, right.end),
        help=f"write {whole} and {middle} {relation} {last}",
    )


def after_slash(source: str, left: Piece, right: Piece) -> ParseError:
    """`1/2x`."""
    over = _words(source, left, "a")
    first = _short(source[right.start : right.middle].strip(), "b")
    second = _short(source[right.middle : right.end].strip(), "c")
    return ParseError(
        "ambiguous: implicit product after /",
        span=(right.start, right.end),
        help=f"write ({over}/{first})*{second} or {over}/({first}*{second})",
    )


def rooted_power(source: str, base: Piece, exponent: Piece) -> ParseError:
    """`√x^2`."""
    inner, power = source[base.start + 1 : base.end].strip(), _words(source, exponent, "n")
    return ParseError(
        "ambiguous: a power after √",
        span=(base.start, exponent.end),
        help=f"write sqrt({inner})**{power} or sqrt({inner}**{power})",
    )


def juxtaposed(source: str, left: Piece, right: Piece) -> ParseError:
    """Two operands side by side where no product may be read."""
    a, b = _words(source, left, "a"), _words(source, right, "b")
    span = (left.start, right.end)
    row = _function_at(a)
    if row is not None:
        return _bare_function(row.name, a, b, span)
    if "√" in a and not a.endswith(")"):
        inner = a.replace("√", "", 1)
        return ParseError(
            "ambiguous: implicit product after √",
            span=span,
            help=f"write sqrt({inner})*{b} or sqrt({inner}*{b})",
        )
    if "^" in a or "**" in a or any(c in "⁰¹²³⁴⁵⁶⁷⁸⁹" for c in a):
        return ParseError(
            "ambiguous: implicit product after a power",
            span=span,
            help=f"write ({a})*{b}, or put the exponent in brackets",
        )
    if b[:1].isdigit() or b[:1] == ".":
        return ParseError("a number cannot follow here", span=span, help=f"write {a}*{b}")
    joined = f" or the one name {a}{b}" if a.isidentifier() and b.isidentifier() else ""
    return ParseError("two operands with no operator between", span=span, help=f"write {a}*{b}{joined}")


def _function_at(text: str) -> table.Row | None:
    """The function that a bare name such as `sin`, or `sin^2`, means."""
    name = text.replace("**", "^").partition("^")[0].rstrip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹").strip()
    rows = table.BY_NAME.get(name)
    return rows[0] if rows else None


def _bare_function(name: str, left: str, right: str, span: tuple[int, int]) -> ParseError:
    inner = right[1:-1] if right.startswith("(") and right.endswith(")") else right
    power = left.replace("**", "^").partition("^")[2].strip() or left[len(name) :].strip()
    if not power:
        return ParseError(
            f"the argument of {name} needs brackets", span=span, help=f"write {name}({inner})"
        )
    if power in ("-1", "⁻¹", "(-1)"):
        inverse = "a" + name if table.find("a" + name, 1) else ""
        second = f" or {inverse}({inner})" if inverse else ""
        return ParseError(
            f"ambiguous: {left}(...) is read in two ways", span=span, help=f"write 1/{name}({inner}){second}"
        )
    digit = power.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    return ParseError(
        f"the power of {name} stands after its argument",
        span=span,
        help=f"write {name}({inner})**{digit}, or {name}({name}({inner})) for the composition",
    )


def no_such_call(source: str, name: Token, args: list[Piece], right: Token) -> DcalcError:
    """An unknown name, or a known one with the wrong number of arguments."""
    word = str(name)
    start, end = name.start_pos or 0, name.end_pos or 0
    rows = table.BY_NAME.get(word)
    if rows:
        return _wrong_arity(rows, len(args), (start, right.end_pos or end))
    inside = _short(source[args[0].start : args[-1].end], "...") if args else ""
    close = _close_names(word)
    if close and len(word) > 1:
        fix = "did you mean " + " or ".join(filter(None, (", ".join(close[:-1]), close[-1]))) + "?"
    else:
        fix = f"for a product write {word}*({inside})" if args else f"write {word} for the variable"
    return UnknownFunction(f"no function named {word}", span=(start, end), help=fix)


def _wrong_arity(rows: list[table.Row], count: int, span: tuple[int, int]) -> ArityError:
    forms = " or ".join(row.signature for row in rows)
    given = "no arguments" if not count else "1 argument" if count == 1 else f"{count} arguments"
    return ArityError(f"{rows[0].name} does not take {given}", span=span, help=f"write {forms}")


def _close_names(word: str) -> list[str]:
    """Up to three functions that the word may have meant, the nearest first."""
    from difflib import get_close_matches

    names = [name for name, rows in table.BY_NAME.items() if rows[0].suggest]
    folded = {name.lower(): name for name in names}
    found = get_close_matches(word.lower(), list(folded), n=3, cutoff=0.7)
    return [folded[name] for name in found]
