"""What rules for singular points share: how far a series is from one, and on which side."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.functions import Row
from dcalc.verdict.compose import parts
from dcalc.verdict.constant import Constant, of
from dcalc.verdict.powers import Coefficients
from dcalc.verdict.series import Series, monomial, negative, subtract

Rule = Callable[[Row, list[Series], int], Series | None]


def limit_of(series: Series) -> Constant | None:
    """The limit of a series, None where it is infinite."""
    growing, limit, _ = parts(series)
    return None if growing.terms else limit


def off(series: Series, edge: Constant, row: Row) -> tuple[Series, int] | None:
    """(distance, its sign) of a series that tends to ``edge``; None for other limits."""
    limit = limit_of(series)
    if limit is None or not (limit - edge).is_zero():
        return None
    distance = subtract(series, monomial(edge))
    sign = distance.sign()
    if not sign:
        raise Undefined(f"{row.name} has no value there")
    return distance, sign


def inside(found: tuple[Series, int], inner: int) -> Series:
    """The distance from an edge where the domain lies on the side ``inner``."""
    distance, sign = found
    if sign != inner:
        raise Undefined("argument outside of the domain")
    return distance


def rational_terms(values: Callable[[int], Fraction | int]) -> Coefficients:
    """The coefficients of a power series with rational ones."""
    return lambda count: [of(values(k)) for k in range(count)]


def positive(found: tuple[Series, int]) -> Series:
    """The size of a distance."""
    distance, sign = found
    return distance if sign > 0 else negative(distance)


def named(name: str, count: int) -> Row:
    """The row of a function of so many arguments."""
    row = table.find(name, count)
    assert row is not None
    return row
