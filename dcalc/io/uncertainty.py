"""Uncertainties of the rows of a table: the law of propagation, applied to the gradient of each row.

The law is equations 10 and 16 of the GUM (JCGM 100:2008, 5.1.2 and 5.2.2): the variance of f is the sum of the squares
of f_i*u_i, and of 2*r_ij*f_i*u_i*f_j*u_j over the pairs that are correlated. The operations are the same for one row
and for columns of them, so that an answer does not depend on how its row was read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import frexp, isfinite, ldexp, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.bulk.double_double import two_product, two_sum
from dcalc.errors import DcalcError, LimitError, UnknownVariable, UsageError
from dcalc.text import join_words

if TYPE_CHECKING:
    from dcalc.io.rows import Answers

_NUMBER = re.compile(r"(\+?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(%?)")
NO_SLOPE = "where the gradient is 0, the linear law sees no uncertainty: see dcalc propagate"
"""Said once of a table with such a row."""


class Size(NamedTuple):
    """The uncertainty of a variable: the values of a ``column``, or a ``number``, of the value where it is a share."""

    column: str = ""
    number: float = 0.0
    is_share: bool = False


class Spread(NamedTuple):
    """Which variables are uncertain, how much each is, and the correlations of pairs of them by their places."""

    names: tuple[str, ...]
    sizes: tuple[Size, ...]
    pairs: tuple[tuple[int, int, float], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The titles of the columns that hold uncertainties."""
        return tuple(dict.fromkeys(size.column for size in self.sizes if size.column))

    @property
    def targets(self) -> tuple[tuple[str, ...], ...]:
        """What must be known of a function: its value, and the derivative by each of the names."""
        return ((), *((name,) for name in self.names))


def read_spread(
    texts: Sequence[str], variables: Sequence[str], correlations: Mapping[tuple[str, str], float] | None = None
) -> Spread:
    """What `m=m_u, g=0.02, h=1%, k` says: the column of each variable, its number, its share; of `k` the column `u_k`.

    Raises UsageError, and UnknownVariable for a name that is not among the variables.
    """
    sizes: dict[str, Size] = {}
    for part in (piece.strip() for text in texts for piece in text.split(",")):
        name, equals, size = (piece.strip() for piece in part.partition("="))
        if not name or (equals and not size):
            raise UsageError(
                f"--uncertainty {part or ','} names no uncertainty", help="write --uncertainty 'm=m_u, g=0.02'"
            )
        if name not in variables:
            raise UnknownVariable(
                f"the expression has no variable {name}", help=f"it has {join_words(variables, 'and') or 'none'}"
            )
        if name in sizes:
            raise UsageError(f"{name} has two uncertainties", help="give it one")
        number = _NUMBER.fullmatch(size)
        if number is None:
            sizes[name] = Size(column=size or f"u_{name}")
        else:
            sizes[name] = Size(number=float(number[1]) / (100 if number[2] else 1), is_share=bool(number[2]))
    names = tuple(sizes)
    pairs = []
    for (first, second), value in (correlations or {}).items():
        for name in (first, second):
            if name not in sizes:
                raise UsageError(f"{name} has no uncertainty", help="name it in --uncertainty")
        if first == second or abs(value) > 1:
            raise UsageError(f"{first},{second}: a correlation is between -1 and 1", help="write --corr 'm,g=0.3'")
        pairs.append((names.index(first), names.index(second), value))
    return Spread(names, tuple(sizes.values()), tuple(pairs))


class Uncertain(NamedTuple):
    """The uncertainties of rows, None where there is none; what is wrong with rows; whether some gradient is 0."""

    values: Any
    bad: dict[int, DcalcError]
    has_flat: bool


def propagate_columns(spread: Spread, slopes: Sequence[Any], columns: Mapping[str, Any]) -> Uncertain:
    """The uncertainties of rows in arrays of NumPy: from a column for each slope, and the columns by their names."""
    import numpy as np

    length = len(slopes[0])
    sizes = []
    negative = np.zeros(length, dtype=bool)
    for name, size in zip(spread.names, spread.sizes, strict=True):
        if size.column:
            column = np.asarray(columns[size.column], dtype=np.float64)
            negative |= column < 0
        else:
            column = np.full(length, size.number)
            column = column * np.abs(np.asarray(columns[name], dtype=np.float64)) if size.is_share else column
        sizes.append(column)
    with np.errstate(all="ignore"):
        parts = [
            two_product(np.asarray(slope, dtype=np.float64), size) for slope, size in zip(slopes, sizes, strict=True)
        ]
        largest = np.max([np.abs(part) for part, _ in parts], axis=0)
        divisor = np.where(largest > 0, np.ldexp(1.0, np.frexp(largest)[1] - 1), 1.0)
        shares = [(part / divisor, np.where(np.isfinite(rest), rest, 0.0) / divisor) for part, rest in parts]
        values = divisor * np.sqrt(np.maximum(_add_up(spread, shares), 0.0))
    known = np.isfinite(largest)
    values = np.where(known & ~negative, values, np.nan)
    bad = {int(row): _negative() for row in np.flatnonzero(negative)}
    bad |= {int(row): _beyond() for row in np.flatnonzero(np.isinf(largest) | (known & np.isinf(values)))}
    is_flat = (largest == 0) & np.any([size > 0 for size in sizes], axis=0)
    return Uncertain(values, bad, bool(is_flat.any()))


def _propagate_row(spread: Spread, slopes: Sequence[float], sizes: Sequence[float]) -> float:
    """The same for one row, by the same operations."""
    parts = [two_product(slope, size) for slope, size in zip(slopes, sizes, strict=True)]
    largest: float = max(abs(part) for part, _ in parts)
    if not isfinite(largest):
        return largest
    divisor = ldexp(1.0, frexp(largest)[1] - 1) if largest > 0 else 1.0
    shares = [(part / divisor, (rest if isfinite(rest) else 0.0) / divisor) for part, rest in parts]
    return divisor * sqrt(max(_add_up(spread, shares), 0.0))


def _add_up(spread: Spread, shares: Sequence[tuple[Any, Any]]) -> Any:
    """The variance from double-doubles, since correlated parts may cancel all but a last digit."""
    total, rest = 0.0 * shares[0][0], 0.0 * shares[0][0]
    for share, low in shares:
        square, error = two_product(share, share)
        total, lost = two_sum(total, square)
        rest = rest + (lost + error + 2.0 * share * low)
    for first, second, correlation in spread.pairs:
        (a, a_low), (b, b_low) = shares[first], shares[second]
        product, error = two_product(a, b)
        term, term_error = two_product(2.0 * correlation, product)
        total, lost = two_sum(total, term)
        off = float(Fraction(repr(correlation)) - Fraction(correlation))  # a typed decimal is no double
        rest = rest + (lost + term_error + 2.0 * (correlation * (error + a * b_low + b * a_low) + off * product))
    return total + rest


def propagate_answers(spread: Spread, answers: Answers, names: Sequence[str]) -> Answers:
    """The answers with the value of f and its uncertainty in the places of its value and slopes.

    ``names`` are those of the columns of the answers.
    """
    columns = dict(zip(names, answers.columns, strict=True))
    value, *slopes = answers.values
    if isinstance(value, list):
        uncertain = _propagate_rows(spread, slopes, columns, answers.bad)
    else:
        uncertain = propagate_columns(spread, slopes, columns)
    for row, error in uncertain.bad.items():
        answers.bad.setdefault(row, error)
    notes = (*answers.notes, NO_SLOPE) if uncertain.has_flat else answers.notes
    return answers._replace(values=[value, uncertain.values], notes=notes)


def _propagate_rows(
    spread: Spread,
    slopes: Sequence[Sequence[float | None]],
    columns: Mapping[str, Sequence[float]],
    skip: Mapping[int, object],
) -> Uncertain:
    values: list[float | None] = []
    bad: dict[int, DcalcError] = {}
    has_flat = False
    for row, own in enumerate(zip(*slopes, strict=True)):
        sizes = [
            columns[size.column][row] if size.column
            else size.number * abs(columns[name][row]) if size.is_share else size.number
            for name, size in zip(spread.names, spread.sizes, strict=True)
        ]  # fmt: skip
        known = [slope for slope in own if slope is not None]
        values.append(None)
        if row in skip:
            continue
        if any(size < 0 for size in sizes):
            bad[row] = _negative()
        elif len(known) == len(own):
            uncertainty = _propagate_row(spread, known, sizes)
            if isfinite(uncertainty):
                values[-1] = uncertainty
                has_flat = has_flat or (uncertainty == 0 and not any(known) and any(sizes))
            else:
                bad[row] = _beyond()
    return Uncertain(values, bad, has_flat)


def _negative() -> DcalcError:
    return UsageError("an uncertainty is not negative", help="correct the row")


def _beyond() -> DcalcError:
    return LimitError("the uncertainty is beyond the range of doubles", help="choose other units")
