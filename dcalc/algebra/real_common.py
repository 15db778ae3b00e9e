"""What the evaluators on floats share: errors as values, and the way through balls."""

import math
from collections.abc import Callable

from dcalc.functions import Row

NAN = math.nan


def guarded(f: Callable[..., float]) -> Callable[..., float]:
    """A function of `math` whose only overflow is to +inf, with its errors as values."""

    def evaluate(*args: float) -> float:
        try:
            return f(*args)
        except ValueError:
            return NAN
        except OverflowError:
            return math.inf

    return evaluate


_PRECISIONS = (64, 128, 256, 1024, 4096)


def rounded(row: Row) -> Callable[..., float]:
    """The ball evaluator of a row, at rising precision until it rounds to one double."""

    def evaluate(*args: float) -> float:
        from flint import arb, ctx

        from dcalc.algebra import ball
        from dcalc.algebra.rounding import as_double
        from dcalc.errors import DcalcError, Undecided

        if not all(map(math.isfinite, args)):
            return NAN
        saved = ctx.prec
        try:
            for ctx.prec in _PRECISIONS:
                try:
                    value = as_double(ball.evaluator(row)(*map(arb, args)))
                except Undecided:
                    continue
                except DcalcError:
                    return NAN
                if value is not None:
                    return value
            return NAN
        finally:
            ctx.prec = saved

    return evaluate
