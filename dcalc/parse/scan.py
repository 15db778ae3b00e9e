"""Looking around in the text itself: for messages only, so that correct text pays nothing.

All look at a bounded stretch of text, so that a message about a text of 4 MiB costs no
more than one about a line.
"""

from __future__ import annotations

import re

from dcalc.parse.patterns import NAME, NUMBER

LONGEST = 40
"""Pieces of the user's text up to this length are repeated in hints."""

_REACH = 200
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
    """What stands in the brackets, if they are around all of the text; else the text."""
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
    """The name before the bracket that ``place`` stands in ("" if none), and its bracket."""
    depth = 0
    for at in range(place - 1, max(place - _REACH, 0) - 1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth < 0:
            called = _CALLED.search(text, max(at - _REACH, 0), at)
            return (called[0].strip() if called else ""), at
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
    called = _CALLED.search(text, max(start - _REACH, 0), start)
    return called.start() if called else start


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
