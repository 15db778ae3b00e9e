"""Measured values as text: `2.00±0.05`, `9.81(2)`, `1.5±1%`, and results rounded as the GUM asks.

The GUM is the Guide to the Expression of Uncertainty in Measurement, JCGM 100:2008: 7.2.2 and 7.2.6 tell how results
are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from math import isfinite
from typing import NamedTuple

from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError, UsageError
from dcalc.point import Value, name_given_twice, read_value, split_name, split_outside_brackets

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PLUS_MINUS = re.compile(r"\s*(?:±|\+/-|\+-)\s*")
_BRIEF = re.compile(r"\s*([-+]?)(\d*)(\.?)(\d*)\((\d+\.?\d*|\.\d+)\)(?:[eE]([-+]?\d+))?\s*")
_COMMON = re.compile(r"\s*\((.*)\)\s*[eE]([-+]?\d+)\s*")
_MISPLACED = re.compile(rf"\s*({_NUMBER})\s*\(\s*(\d+\.?\d*|\.\d+)\s*\)\s*")
_HELP = "write m=2.00±0.05, m=2.00+/-0.05, m=2.00(5) or m=2.00±1%"


class Measured(NamedTuple):
    """A value and its standard uncertainty, which is 0 for a number that is exact."""

    value: Value
    uncertainty: float

    @property
    def nearest(self) -> float:
        """The value as a double."""
        return nearest_double(self.value)


def read_measured(texts: Iterable[str], names: Sequence[str] = ()) -> dict[str, Measured]:
    """The values of one or several --at, by name; those without a name are those of ``names``, in their order.

    Raises UsageError or ParseError, with the span at fault.
    """
    values: dict[str, Measured] = {}
    unnamed = iter(names)
    for text in texts:
        for start, end in split_outside_brackets(text, ","):
            name, span, begin = split_name(text, start, end)
            name = name or next(unnamed, None)
            if name is None:
                raise UsageError("a measured value needs a name", source=text, span=span, help=_HELP)
            if name in values:
                raise name_given_twice(name, text, *span)
            values[name] = _read_one(text, begin, end)
    return values


def list_names(texts: Iterable[str]) -> list[str]:
    """The names that have a value in one or several --at, whether it can be read or not."""
    parts = ((text, start, end) for text in texts for start, end in split_outside_brackets(text, ","))
    return [name for name, *_ in (split_name(*part) for part in parts) if name]


def _read_one(text: str, start: int, end: int) -> Measured:
    word = text[start:end]
    if (common := _COMMON.fullmatch(word)) is not None:
        inner = _read_one(common[1], 0, len(common[1]))
        one = Measured(_scale(inner.nearest, common[2]), _scale(inner.uncertainty, common[2]))
        return _check_size(one, text, start, end)
    if brief := _BRIEF.fullmatch(word):
        return _check_size(_read_brief(brief), text, start, end)
    if (misplaced := _MISPLACED.fullmatch(word)) is not None:
        number, spread = misplaced.groups()
        digits, _, power = number.lower().partition("e")
        raise UsageError(
            f"{word.strip()} is not an uncertainty, nor a product",
            source=text,
            span=(start, end),
            help=f"write {digits}({spread}){f'e{power}' if power else ''} or {number}*{spread}",
        )
    sign = _PLUS_MINUS.search(text, start, end)
    if sign is None:
        return Measured(_read(text, start, end), 0.0)
    value = _read(text, start, sign.start())
    spread = text[sign.end() : end].strip()
    share = spread.removesuffix("%")
    if not re.fullmatch(_NUMBER, share.strip()):
        raise UsageError("an uncertainty is a number", source=text, span=(sign.end(), end), help=_HELP)
    size = float(share)
    if share != spread:
        size = float(abs(Decimal(repr(nearest_double(value)))) * Decimal(share.strip()) / 100)
    if size < 0 or not isfinite(size):
        raise UsageError("an uncertainty is not negative", source=text, span=(sign.end(), end), help=_HELP)
    return Measured(value, size)


def _check_size(one: Measured, text: str, start: int, end: int) -> Measured:
    if not isfinite(one.nearest) or not isfinite(one.uncertainty):
        message = f"{text[start:end].strip()} is beyond the largest double, 1.8e308"
        raise UsageError(message, source=text, span=(start, end), help=_HELP)
    return one


def _scale(number: float, power: str) -> float:
    """A number times a power of ten, as the decimal that its shortest text is."""
    return float(Decimal(repr(number)).scaleb(int(power)))


def _read(text: str, start: int, end: int) -> Value:
    try:
        return read_value(text, start, end, exact=False)
    except DcalcError as error:
        error.help = _HELP
        raise


def _read_brief(match: re.Match[str]) -> Measured:
    """`9.81(2)`: the digits in brackets count in the last place; with a point in them they are the number itself."""
    sign, whole, point, digits, spread, power = match.groups()
    exponent = int(power or 0)
    value = float(f"{sign}{whole or 0}{point}{digits}e{exponent}")
    if "." in spread:
        return Measured(value, float(f"{spread}e{exponent}"))
    return Measured(value, float(f"{spread}e{exponent - len(digits)}"))


_DIGITS = 2
"""Significant digits of an uncertainty: the GUM's 7.2.6 has at most two."""


def write_measured(value: float, uncertainty: float) -> str:
    """`4.00(40)`: a value to the last digit of its uncertainty, which has two; `1.234(12)e-07` of small numbers."""
    if not uncertainty:
        return repr(value)
    spread = Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN).plus(Decimal(uncertainty))
    last = spread.adjusted() - _DIGITS + 1  # the place of the last digit
    wide = Context(prec=_WIDEST, rounding=ROUND_HALF_EVEN)
    rounded = wide.add(Decimal(value).quantize(Decimal(1).scaleb(last), context=wide), Decimal(0))  # 0, not -0
    digits = int(spread.scaleb(-last, context=wide))
    top = max(rounded.adjusted() if rounded else last, spread.adjusted())
    if last > 0 or top < -_PLAIN:
        scaled = rounded.scaleb(-top)
        return f"{scaled:.{top - last}f}({digits})e{'-' if top < 0 else '+'}{abs(top):02}"
    return f"{rounded:.{-last}f}({digits})"


_WIDEST = 640
"""Digits of the largest double to the last place of the smallest one."""
_PLAIN = 4
"""Zeros after the point up to which a number is written without an exponent."""
