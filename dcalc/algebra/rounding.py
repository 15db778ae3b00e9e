"""Balls to doubles and decimals: only what both ends of a ball agree on."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from flint import arb

_GUARD = 8


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


def as_decimal(ball: arb, digits: int) -> str | None:
    """The ball in that many significant digits, correctly rounded; None if undecided."""
    if ball.is_zero():
        return "0"
    if 0 in ball or ball.rel_accuracy_bits() < 3.33 * (digits + _GUARD):
        return None
    text = ball.str(digits + _GUARD, radius=False)
    exact = Decimal(text)
    tail = exact.as_tuple().digits[digits:]
    if len(tail) == _GUARD and abs(int("".join(map(str, tail))) - 5 * 10 ** (_GUARD - 1)) <= 2 and not ball.is_exact():
        return None
    rounded = Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(exact)
    return plain_decimal(rounded)


def plain_decimal(value: Decimal) -> str:
    """`2.22324`, `1.5e-40`: positional where that is short, like Python's repr."""
    exponent = value.adjusted()
    if -5 < exponent < 16:
        return f"{value:f}"
    text = f"{value:e}".replace("e+", "e")
    return text


def rough(ball: arb) -> str:
    """The bound that a ball gives, as text."""
    return str(ball.str(10))
