"""Numbers to digits: balls to doubles and decimals, of which only what both ends of a ball agree on; doubles beside
decimals; and doubles as text."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from dcalc.problem import DOUBLE_DIGITS

if TYPE_CHECKING:
    from flint import arb  # for its name alone: scores need none of it

_GUARDS = (8, 64, 1200)  # the last holds every exact double
_WRITTEN = 10**200
"""Decimals with more digits than this before or after the point are not written out, with exponents of a line."""
_LONGEST = 15
"""Digits of a decimal that somebody may have typed; doubles with more of them are results of computations."""
_DYADIC = 2.0**20
"""Doubles that are whole multiples of its inverse are decimals themselves, such as 0.25."""


def midpoint(ball: arb) -> Fraction:
    """The middle of a ball, exactly."""
    whole, exponent = ball.mid().man_exp()
    return Fraction(int(whole)) * Fraction(2) ** int(exponent)


def as_double(ball: arb) -> float | None:
    """The double that every point of the ball rounds to, to nearest even; None if undecided.

    Beyond the largest double this is an infinity; a value that underflows keeps its sign,
    but counts only where the ball excludes 0.
    """
    low, high = float(ball.lower()), float(ball.upper())
    if low != high:
        return None
    if low == 0.0 and not ball.is_zero():
        if 0 in ball:
            return None
        return -0.0 if ball < 0 else 0.0
    return low


def nearest_double(ball: arb) -> float | None:
    """The same where the sign of a 0 means nothing: 0.0 for a ball inside of half the least double around 0."""
    low, high = float(ball.lower()), float(ball.upper())
    return low + 0.0 if low == high else None


def as_decimal(ball: arb, digits: int) -> str | None:
    """The ball in that many significant digits, correctly rounded; None if undecided, or if not even its exponent is
    fit to print.

    Written by hand: exponents of balls go beyond those of `decimal`.
    """
    if ball.is_zero():
        return "0"
    if 0 in ball or log10_if_immense(ball) is not None:
        return None
    rounded = None
    for guard in _GUARDS:
        if ball.rel_accuracy_bits() < 3.33 * (digits + guard):
            return None
        rounded, tail = _round_text(str(ball.str(digits + guard, radius=False)), digits)
        # What is dropped may be 5000... to within its own error: a tie.
        if len(tail) != guard or abs(int(tail) - 5 * 10 ** (guard - 1)) > 2:
            return rounded
    return rounded if ball.is_exact() else None


def log10_if_immense(ball: arb) -> str | None:
    """log10 of the size of a ball, as text, where that has too many digits itself."""
    if 0 in ball or 1e-300 < abs(ball) < 1e300:
        return None
    size = abs(ball).log() / type(ball)(10).log()
    return str(size.str(6, radius=False)) if abs(size) > _WRITTEN else None


def _round_text(text: str, digits: int) -> tuple[str, str]:
    """A decimal that is not 0 rounded to nearest even, positional where that is short, like Python's repr; and the
    digits that are dropped."""
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, _, power = text.partition("e")
    whole, _, part = mantissa.partition(".")
    digit_text = (whole + part).lstrip("0")
    exponent = int(power or "0") + len(digit_text) - len(part) - 1  # of the first digit
    kept, tail = digit_text[:digits].ljust(digits, "0"), digit_text[digits:]
    half = "5".ljust(len(tail), "0")
    if tail and (tail > half or (tail == half and kept[-1] in "13579")):
        kept = _successor(kept)
    exponent += len(kept) - digits
    kept = kept[:digits]
    if -5 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{kept}", tail
    if 0 <= exponent < 16:
        whole, part = kept[: exponent + 1].ljust(exponent + 1, "0"), kept[exponent + 1 :]
        return f"{sign}{whole}.{part}" if part else f"{sign}{whole}", tail
    return f"{sign}{kept[0]}{'.' + kept[1:] if len(kept) > 1 else ''}e{exponent}", tail


def _successor(text: str) -> str:
    """The next whole number, as text: Python refuses to read integers of over 4,300 digits."""
    head = text.rstrip("9")
    nines = "0" * (len(text) - len(head))
    return head[:-1] + str(int(head[-1]) + 1) + nines if head else "1" + nines


def wide_context(digits: int) -> Context:
    """Decimal arithmetic to that many digits, with the largest exponents there are."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)


def shorten(text: str, digits: int) -> str:
    """A decimal with an exponent, which may be of any size, rounded to ``digits`` significant digits."""
    if "e" not in text:
        return text
    mantissa, _, exponent = text.partition("e")
    rounded = f"{wide_context(digits).create_decimal(mantissa):.{digits - 1}e}"
    mantissa, _, carried = rounded.partition("e")
    return f"{mantissa}e{int(exponent) + int(carried)}"


def explain_underflow(value: float | None, decimal: str | None) -> str:
    """A sentence where a number is 0 as a double only; empty where it is not, or where no decimal is known."""
    if value != 0 or decimal is None or "e" not in decimal:
        return ""
    return f"{shorten(decimal, 7)} is 0 as a double"


def rational_as_decimal(value: Fraction, digits: int) -> str:
    """A rational in that many significant digits, to nearest even: ties are exact here."""
    if not value:
        return "0"
    rounded = wide_context(digits).divide(Decimal(value.numerator), Decimal(value.denominator))
    return _round_text(f"{rounded:e}", digits)[0]


def rough(ball: arb) -> str | None:
    """The bound that a ball gives, as text; None where it gives none."""
    return str(ball.str(10)) if ball.is_finite() else None


def is_beside(value: object) -> bool:
    """Whether a coordinate is a double beside a short decimal, and not that decimal itself."""
    if not isinstance(value, float) or (value * _DYADIC).is_integer():
        return False
    text = repr(value)
    if len(text) <= _LONGEST and "e" not in text:
        return Decimal(text) != Decimal(value)
    digits = text.partition("e")[0].lstrip("-0.")
    return len(digits) <= _LONGEST + ("." in digits) and Decimal(text) != Decimal(value)


# --- doubles as text, in as few digits as are read ---------------------------------------------


def finite_or_none(value: float | None) -> float | None:
    """The value, or None where it is missing, infinite or no number: JSON has none of these."""
    return value if value is not None and isfinite(value) else None


def format_number(value: float | None, digits: int | None = None) -> str:
    """A double as text: by repr, or with fewer significant digits; empty for no value."""
    if value is None or not isfinite(value):
        return ""
    if digits is None or digits >= DOUBLE_DIGITS:
        return repr(value)
    return _significant(value, digits)


def round_decimal(text: str, digits: int) -> str:
    """A decimal text with at most that many significant digits, correctly rounded.

    A text that has no more than that is returned as it is: it was rounded from a ball,
    and rounding it again could only lose.
    """
    mantissa = text.lower().partition("e")[0]
    if len(mantissa.lstrip("+-0.").replace(".", "")) <= digits:
        return text
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


def format_error(value: float | None) -> str:
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


def format_places(value: float | None) -> str:
    """A count of right digits: `15.9`; `all` where nothing is off."""
    if value is None:
        return ""
    return f"{value:.1f}" if isfinite(value) else "all"


def format_duration(seconds: float) -> str:
    """A time in three digits at most, with its unit: `1.2 us`, `34 ms`, `2.5 s`."""
    for unit, scale in (("ns", 1e9), ("us", 1e6), ("ms", 1e3)):
        scaled = seconds * scale
        if scaled < 999.5:
            return f"{scaled:.{1 if scaled < 9.95 else 0}f} {unit}"
    return f"{seconds:.1f} s"
