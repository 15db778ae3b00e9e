"""What the tests of balls share: room for the truths, and rising precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flint import arb, arb_series, ctx
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.errors import Undecided
from dcalc.numbers import ball
from tests.truths import Point

PRECISIONS = (128, 256, 512, 1024, 2048, 4096)
TERMS = 4


@contextmanager
def room() -> Iterator[None]:
    """256 bits and 60 digits; flint's settings are put back."""
    saved = ctx.prec, ctx.cap
    ctx.prec = 256
    with mp.workdps(60):
        yield
    ctx.prec, ctx.cap = saved


def of(name: str, count: int) -> Callable[..., Any]:
    row = table.find(name, count)
    assert row is not None
    return ball.evaluator(row)


def refined(compute: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    """What comes out at the first precision that is enough."""
    result: Any = None
    for bits in PRECISIONS:
        ctx.prec = bits
        try:
            result = compute()
        except Undecided as error:
            result = error
            continue
        if enough(result):
            break
    if isinstance(result, Exception):
        raise result
    return result


def numbers(point: Point) -> list[Any]:
    return [x if isinstance(x, bool) else arb(x) for x in point]


def exact(truth: Any) -> arb:
    """A truth as a ball, wide enough for its own rounding."""
    middle = arb(mp.nstr(truth, 55))
    return arb(middle, abs(middle).upper() * arb(10) ** -50)


def holds(enclosure: arb, truth: Any, digits: int, error: Any = 0) -> bool:
    """Whether the enclosure has the truth, known to that ``error``, to so many digits."""
    allowed = mpf(10) ** -digits * abs(truth) + error
    with ctx.workprec(400):
        return bool(abs(enclosure - exact(truth)) <= exact(allowed))


def variable(value: float) -> arb_series:
    ctx.cap = TERMS
    return arb_series([arb(value), arb(1)], prec=TERMS)
