"""One quotient as its step shrinks: its errors, the best step, and the slopes on either side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import NamedTuple

from dcalc.analysis.limit.schemes import SCHEMES, Quotients
from dcalc.compare import score
from dcalc.errors import Unsupported
from dcalc.problem import Estimate

ROWS = tuple(float(f"1e-{k}") for k in range(1, 17))
_BETWEEN = 4
"""Steps a decade that slopes are measured on; every one of ROWS is among them."""
_SMOOTH = 2
"""Neighbours on either side that a median is taken over, to find the bottom between the slopes."""
_CLEAR = 4.0
"""A slope is measured where errors are this many times those of the bottom."""
_FEWEST = 3


class Try(NamedTuple):
    """A quotient at a step, and its absolute error; nan and None where there is none."""

    h: float
    value: float
    error: float | None


class Course(NamedTuple):
    """A scheme over all steps; ``rows`` those of the table, ``fine`` those between as well.

    ``truncation`` and ``rounding`` are observed slopes in log-log scale: the power of h that the error
    goes with, above and below the best step; None where too few errors show one.
    """

    name: str
    rows: tuple[Try, ...]
    fine: tuple[Try, ...]
    best: Try | None = None
    truncation: float | None = None
    rounding: float | None = None
    note: str = ""


def steps() -> list[float]:
    """From 1e-1 to 1e-16, the widest first."""
    count = (len(ROWS) - 1) * _BETWEEN
    return [ROWS[k // _BETWEEN] if not k % _BETWEEN else 10.0 ** (-1 - k / _BETWEEN) for k in range(count + 1)]


def follow(name: str, quotients: Quotients, truth: Estimate) -> Course:
    """The course of a scheme towards the truth; a note where the scheme cannot be taken."""
    quotient = SCHEMES[name].quotient
    try:
        fine = tuple(_tried(h, quotient(quotients, h), truth) for h in steps())
    except Unsupported as error:
        return Course(name, (), (), note=error.message)
    rows = fine[::_BETWEEN]
    known = [row for row in rows if row.error is not None]
    best = min(known, key=_error) if known else None  # of equal ones the widest step
    imaginary = SCHEMES[name].imaginary
    fitted = [one for one in fine if imaginary or quotients.moves(one.h)]
    return Course(name, rows, fine, best, *_slopes(fitted))


def _tried(h: float, value: float, truth: Estimate) -> Try:
    error = score(Estimate("", value), truth).abs_error if math.isfinite(value) else None
    return Try(h, value, error)


def _error(one: Try) -> float:
    return math.inf if one.error is None else one.error


def _slopes(course: Sequence[Try]) -> tuple[float | None, float | None]:
    """The slopes above and below the bottom, where a running median of the errors is least: one
    lucky hit does not count."""
    errors = [_error(one) for one in course]
    smooth = [median(errors[max(0, k - _SMOOTH) : k + _SMOOTH + 1]) for k in range(len(errors))]
    if not smooth:
        return None, None
    bottom = smooth.index(min(smooth))
    clear = _CLEAR * smooth[bottom]
    return _slope(course[:bottom], clear), _slope(course[bottom + 1 :], clear)


def _slope(side: Sequence[Try], clear: float) -> float | None:
    """The median of the slopes between all pairs (Theil 1950, Sen 1968): stray errors do not bend it."""
    places = [(math.log10(one.h), math.log10(error)) for one in side if clear < (error := _error(one)) < math.inf]
    if len(places) < _FEWEST:
        return None
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(places, 2))
