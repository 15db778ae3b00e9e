"""Decimal text to exact rationals and back, whatever the length.

Python refuses to convert integers of over 4,300 digits to text and back; here they go in
pieces, so that the limits are dcalc's own and stated.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import log2

_PIECE = 4000  # digits: below the 4,300 at which Python refuses
_BASE = 10**_PIECE


def integer(text: str) -> int:
    """The value of a run of decimal digits. Quadratic, 0.1 s at 100,000 digits."""
    if len(text) <= _PIECE:
        return int(text)
    head = len(text) % _PIECE
    value = int(text[:head] or "0")
    for start in range(head, len(text), _PIECE):
        value = value * _BASE + int(text[start : start + _PIECE])
    return value


def whole_root(value: int, degree: int) -> int | None:
    """The whole degree-th root of a whole number >= 0, None if it has none. By Newton's method."""
    if value < 2:
        return value
    if degree > value.bit_length():
        return None
    guess = 1 << -(-value.bit_length() // degree)
    while (better := ((degree - 1) * guess + value // guess ** (degree - 1)) // degree) < guess:
        guess = better
    return guess if guess**degree == value else None


def digits(value: int) -> str:
    """The decimal digits of an integer of any length, with its sign."""
    if -_BASE < value < _BASE:
        return str(value)
    sign, value = ("-", -value) if value < 0 else ("", value)
    pieces = []
    while value:
        value, piece = divmod(value, _BASE)
        pieces.append(str(piece).rjust(_PIECE, "0"))
    return sign + "".join(reversed(pieces)).lstrip("0")


def write_ratio(value: int | Fraction) -> str:
    """`p/q`, or `p` where q is 1, of any length."""
    above = digits(value.numerator)
    return above if value.denominator == 1 else f"{above}/{digits(value.denominator)}"


def rational(text: str) -> int | Fraction:
    """The exact value of a decimal such as `2`, `.5`, `1_000`, `6.674e-11`."""
    mantissa, _, power = text.replace("_", "").lower().partition("e")
    whole, _, part = mantissa.partition(".")
    value = integer((whole + part) or "0")
    exponent = int(power or "0") - len(part)
    if exponent >= 0:
        return value * int(10**exponent)
    fraction = Fraction(value, 10**-exponent)
    return fraction.numerator if fraction.denominator == 1 else fraction


def fraction(text: str) -> Fraction:
    """The exact value of a decimal with its sign, of any length: `Fraction(text)` refuses more than 4,300 digits."""
    size = Fraction(rational(text.lstrip("+-")))
    return -size if text.startswith("-") else size


def terminates(value: Fraction) -> bool:
    """True where the decimal expansion ends: the denominator has no prime but 2 and 5."""
    return _fives(_odd_part(value.denominator)) is not None


def _odd_part(value: int) -> int:
    return value >> ((value & -value).bit_length() - 1)


def _fives(value: int) -> int | None:
    """n where the value is 5**n, else None. Cost: that of one power, since the length tells n."""
    count = int((value.bit_length() - 1) / log2(5))
    return next((n for n in (count, count + 1) if 5**n == value), None)


def decimal(value: int | Fraction) -> str:
    """The shortest decimal text that `rational` reads back: `0.5`, `1e100`, `2.5e-12`.

    The value is an integer or has a terminating expansion.
    """
    if type(value) is int:
        places, scaled = 0, value
    else:
        twos = (value.denominator & -value.denominator).bit_length() - 1
        fives = _fives(value.denominator >> twos)
        assert fives is not None, "the expansion terminates"
        places = max(twos, fives)
        scaled = value.numerator * 10**places // value.denominator
    sign, text = ("-", digits(-scaled)) if scaled < 0 else ("", digits(scaled))
    plain = _positional(text, places)
    return sign + (plain if len(plain) <= 16 else min(plain, _scientific(text, places), key=len))


def _positional(text: str, places: int) -> str:
    if not places:
        return text
    text = text.rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}"


def _scientific(text: str, places: int) -> str:
    short = text.rstrip("0") or "0"
    exponent = len(text) - 1 - places
    return f"{short[0]}{'.' + short[1:] if len(short) > 1 else ''}e{exponent}"


def exact_norm(texts: Iterable[str]) -> float:
    """The length of a vector of decimals, rounded once."""
    from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

    context = Context(prec=60, Emax=MAX_EMAX, Emin=MIN_EMIN)
    total = Decimal(0)
    for text in texts:
        part = context.create_decimal(text)
        total = context.fma(part, part, total)
    return float(context.sqrt(total))
