"""Balls to doubles and decimals: only what both ends of a ball agree on."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flint import arb  # for its name alone: scores need none of it

_GUARDS = (8, 64, 1200)  # the last holds every exact double
_WRITTEN = 10**200
"""Decimals with more digits than this before or after the point are not written out, with exponents of a line."""


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
        sign, digit_text, exponent = _split_decimal(str(ball.str(digits + guard, radius=False)))
        rounded = _join_decimal(sign, digit_text, exponent, digits)
        if not _is_tie(digit_text, digits, guard):
            return rounded
    return rounded if ball.is_exact() else None


def log10_if_immense(ball: arb) -> str | None:
    """log10 of the size of a ball, as text, where that has too many digits itself."""
    if 0 in ball or 1e-300 < abs(ball) < 1e300:
        return None
    size = abs(ball).log() / type(ball)(10).log()
    return str(size.str(6, radius=False)) if abs(size) > _WRITTEN else None


def _split_decimal(text: str) -> tuple[str, str, int]:
    """(sign, digits, exponent of the first digit) of a decimal that is not 0."""
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    mantissa, _, power = text.partition("e")
    whole, _, part = mantissa.partition(".")
    digit_text = (whole + part).lstrip("0")
    return sign, digit_text, int(power or "0") + len(whole) - 1 - (len(whole + part) - len(digit_text))


def _is_tie(digit_text: str, digits: int, guard: int) -> bool:
    """Whether the digits to be dropped are 5000... to within their own error."""
    tail = digit_text[digits:]
    return len(tail) == guard and abs(int(tail) - 5 * 10 ** (guard - 1)) <= 2


def _join_decimal(sign: str, digit_text: str, exponent: int, digits: int) -> str:
    """The decimal rounded to nearest even, positional where that is short, like Python's repr."""
    digit_text = digit_text.ljust(digits, "0")
    text, tail = digit_text[:digits], digit_text[digits:]
    half = "5".ljust(len(tail), "0")
    if tail and (tail > half or (tail == half and text[-1] in "13579")):
        text = _successor(text)
    exponent += len(text) - digits
    text = text[:digits]
    if -5 < exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{text}"
    if 0 <= exponent < 16:
        whole, part = text[: exponent + 1].ljust(exponent + 1, "0"), text[exponent + 1 :]
        return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
    return f"{sign}{text[0]}{'.' + text[1:] if len(text) > 1 else ''}e{exponent}"


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
    return _join_decimal(*_split_decimal(f"{rounded:e}"), digits)


def rough(ball: arb) -> str | None:
    """The bound that a ball gives, as text; None where it gives none."""
    return str(ball.str(10)) if ball.is_finite() else None
