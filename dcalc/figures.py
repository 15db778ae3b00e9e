"""Numbers to text: doubles by repr, asked digits correctly rounded, errors in two digits; and long texts cut."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from dcalc.problem import DOUBLE_DIGITS

if TYPE_CHECKING:
    from decimal import Decimal


def finite(value: float | None) -> float | None:
    """The value, or None where it is missing, infinite or no number: JSON has none of these."""
    return value if value is not None and isfinite(value) else None


def number(value: float | None, digits: int | None = None) -> str:
    """A double as text: by repr, or with fewer significant digits; empty for no value."""
    if value is None or not isfinite(value):
        return ""
    if digits is None or digits >= DOUBLE_DIGITS:
        return repr(value)
    return _significant(value, digits)


def rounded(text: str, digits: int) -> str:
    """A decimal text with at most that many significant digits, correctly rounded.

    A text that has no more than that is returned as it is: it was rounded from a ball,
    and rounding it again could only lose.
    """
    mantissa = text.lower().partition("e")[0]
    if len(mantissa.lstrip("+-0.").replace(".", "")) <= digits:
        return text
    from decimal import Decimal, InvalidOperation

    try:
        return _significant(Decimal(text), digits)
    except InvalidOperation:
        return text


def _significant(value: float | Decimal, digits: int) -> str:
    """Exactly that many significant digits, positional where that stays readable."""
    scientific = f"{value:.{digits - 1}e}"
    mantissa, _, exponent = scientific.partition("e")
    power = int(exponent)
    if not -5 <= power < max(digits, 16):
        return f"{mantissa}e{power}"
    sign = "-" if mantissa[0] == "-" else ""
    figures = mantissa.lstrip("-").replace(".", "")
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{figures}"
    figures = figures.ljust(power + 1, "0")
    part = figures[power + 1 :]
    return f"{sign}{figures[: power + 1]}.{part}" if part else f"{sign}{figures}"


def short(value: float | None) -> str:
    """An error in two significant digits: `4.9e-16`, `1.1`, `0` for an exact hit."""
    if value is None:
        return ""
    if value == 0 or not isfinite(value):
        return f"{value:.0f}"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    power = int(exponent)
    if not -3 <= power < 4:
        return f"{mantissa}e{power}"
    return f"{value:.{max(1 - power, 0)}f}"


def places(value: float | None) -> str:
    """A count of right digits: `15.9`; `all` where nothing is off."""
    if value is None:
        return ""
    return f"{value:.1f}" if isfinite(value) else "all"


def duration(seconds: float) -> str:
    """A time in three digits at most, with its unit: `1.2 us`, `34 ms`, `2.5 s`."""
    for unit, scale in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        scaled = seconds * scale
        if scaled < 999.5:
            return f"{scaled:.{1 if scaled < 9.95 else 0}f} {unit}"
    return f"{seconds:.1f} s"


def one_line(text: str) -> str:
    """The text with control characters spelled out: it can neither break a line nor a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def elide(text: str, limit: int, hint: str = "") -> str:
    """The text, or its ends with the count of characters between them."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} ... [{len(text):,} characters{hint}] ... {text[-half:]}"
