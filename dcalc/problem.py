"""One question and one answer, as plain frozen records: `Problem` and `Result`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from sys import float_info
from typing import Literal

from dcalc.errors import NoValue, Unsupported, UsageError
from dcalc.expr import Expr
from dcalc.numerals import fraction
from dcalc.records import Frozen, NamedTuple

Status = Literal[
    "ok", "removable", "not_differentiable", "no_limit", "undefined", "overflow", "unresolved", "unsupported", "error"
]  # fmt: skip
"""What is known of a derivative, or of a limit, at a point, from a value to a failure."""
Kind = Literal["kink", "jump", "vertical_tangent", "boundary", "oscillation"]
"""How f fails to be differentiable."""
MOST_DIGITS = 100_000
"""Significant digits that may be asked for."""
DOUBLE_DIGITS = 17
"""Significant digits that tell every double from its neighbours."""
VALUED = ("ok", "removable")
"""The statuses of what has a value."""
REFERENCE = "reference"
"""The backend whose word is the truth."""
Dtype = Literal["float64", "float32"]
"""The precision in which other people's engines are asked to compute."""
_CODES = {"ok": 0, "removable": 0, "error": 2, "unsupported": 4}
Point = Mapping[str, "float | Expr"]
"""A value for each variable: a double, or an exact constant where more digits are asked."""
Coordinate = float | Expr | list["Coordinate"]
"""A number, a vector as a list of numbers, or a matrix as a list of rows."""
ArrayPoint = Mapping[str, Coordinate]
"""A value for each variable, some of which are arrays."""


class Problem(Frozen):
    """A derivative to find: of ``root``, once by each name in ``wrt`` (none: f itself).

    With ``gradient`` it is the first derivative by each name in ``wrt`` instead: several at once.
    ``at`` is None where the derivative as an expression is asked, ``digits`` the number of
    significant digits of the reference, ``dtype`` the precision of backends that know several.
    """

    root: Expr
    wrt: tuple[str, ...]
    at: Point | None = None
    digits: int = 30
    gradient: bool = False
    dtype: Dtype = "float64"

    @property
    def order(self) -> int:
        """How many times to differentiate."""
        return 1 if self.gradient else len(self.wrt)

    def parts(self) -> list[Problem]:
        """The problem of each derivative that is asked for; itself where that is one."""
        if not self.gradient:
            return [self]
        return [self.replace(wrt=(name,), gradient=False) for name in self.wrt]


class Result(Frozen, hidden=("refine",), unprinted=("node", "evaluations", "seconds", "derivative")):
    """One derivative at one point (or as an expression, where there is no point), as one backend finds it.

    ``backend`` is empty where none was asked. ``value`` is a double, None where there is none to give: then
    ``reason`` is a sentence that says why; ``notes`` stand beside a value. ``left`` and ``right`` are the
    one-sided derivatives, None where infinite or missing; ``node`` is the part where f is not smooth, if one is known.
    Of a limit these three may be infinite, and ``left`` and ``right`` are the limits of the sides.

    ``decimal`` holds ``precision`` significant digits where the backend has more than a double, and
    ``certified`` is True only of an enclosure that decides every one of them. ``error_bound`` is the absolute
    error that the backend claims for itself; what is observed against the reference is a `Score`, and
    ``scores`` are those of the backends that were asked beside it. ``chosen`` names the convention that
    ``value`` follows where there is no derivative. ``exact`` is True where the value is the truth itself and not
    its rounding; ``refine`` asks the same question again, to more digits.
    """

    backend: str = ""
    value: float | None = None
    status: Status = "ok"
    kind: Kind | None = None
    left: float | None = None
    right: float | None = None
    f: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    node: Expr | None = None
    error_bound: float | None = None
    evaluations: int = 0
    seconds: float = 0.0
    decimal: str | None = None
    precision: int = 0
    certified: bool = False
    derivative: Expr | None = None
    scores: tuple[Score, ...] = ()
    chosen: str = ""
    exact: bool = False
    refine: Callable[[int], Result] | None = None

    @classmethod
    def from_double(cls, backend: str, value: float, *, evaluations: int = 0) -> Result:
        """The result of a computation in doubles: nan has no value, an infinity overflows.

        No error is claimed: derivatives in doubles have no truncation error, but their rounding errors
        grow with the condition of each step, and what bounds those is ball arithmetic.
        """
        if math.isnan(value):
            return cls(backend, None, "undefined", reason="no number in doubles", evaluations=evaluations)
        if math.isinf(value):
            return cls(backend, None, "overflow", reason="beyond a double", evaluations=evaluations)
        return cls(backend, value, evaluations=evaluations)

    def __str__(self) -> str:
        """The value as Python writes it, else the status and why there is none."""
        if self.value is not None:
            return repr(self.value)
        return f"{self.status.replace('_', ' ')}: {self.reason}" if self.reason else self.status.replace("_", " ")

    def __float__(self) -> float:
        """The value. Raises NoValue, with the reason, where there is none."""
        if self.value is None:
            raise NoValue(str(self), self.status)
        return self.value

    def digits(self, count: int) -> str:
        """The value to ``count`` significant digits, correctly rounded.

        Raises UsageError for a count below 1, NoValue where there is no value, and Unsupported where the backend has
        doubles only. Cost: that of another evaluation, at a precision to match.
        """
        if not 1 <= count <= MOST_DIGITS:
            raise UsageError(f"digits go from 1 to {MOST_DIGITS:,}, and {count} was asked", help="write digits(50)")
        if self.refine is None:
            raise Unsupported(f"{self.backend or 'this result'} has no more digits than a double", help="use str()")
        result = self if self.precision == count else self.refine(count)
        if result.decimal is None or not result.certified or result.precision < count:
            raise NoValue(str(result), result.status)
        return result.decimal

    @property
    def enclosure(self) -> tuple[float, float] | None:
        """Proved bounds, (lower, upper), as doubles: the truth lies between them, or is one of them.

        None where nothing is proved: where there is no derivative, or a backend works in doubles. An overflow
        lies between the largest double and an infinity.
        """
        if self.decimal is None or self.backend != REFERENCE:
            return None
        if self.exact and self.value is not None:
            return self.value, self.value
        bound = re.fullmatch(_ROUGH, self.decimal)
        if bound is not None:
            middle, radius = Fraction(bound[1] or 0), Fraction(bound[2])
        elif self.certified:
            middle, radius = fraction(self.decimal), _half_unit(self.decimal)
        else:
            return None
        return _round_down(middle - radius), -_round_down(-middle - radius)

    @property
    def code(self) -> int:
        """The exit code that it comes to by itself: 3 where there is no value."""
        return _CODES.get(self.status, 3)

    @property
    def note(self) -> str:
        """The reason for having no value, or what is to be known of the value."""
        return self.reason or "; ".join(self.notes)

    @property
    def reference(self) -> Result | None:
        """Itself where it is the reference's, whose decimal and certificate are the truth; else None."""
        return self if self.backend == REFERENCE else None


_ROUGH = r"\[(?:(\S+) )?\+/- (\S+)\]"
"""A ball as text: `[0.25 +/- 1e-3]`."""


def _half_unit(decimal: str) -> Fraction:
    """Half a unit of the last digit of a decimal."""
    mantissa, _, exponent = decimal.partition("e")
    return Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2])) / 2


def _round_down(value: Fraction) -> float:
    """The largest double that is at most the value, or minus infinity."""
    try:
        nearest = float(value)
    except OverflowError:
        return float_info.max if value > 0 else -math.inf
    return nearest if Fraction(nearest) <= value else math.nextafter(nearest, -math.inf)


class Score(NamedTuple):
    """A backend's result held against the reference: errors of the exact double that it gives.

    ``abs_error``, ``rel_error``, ``ulps`` and ``right_digits`` are None where one of the
    two has no value; ``rel_error`` and ``ulps`` are None too where the truth is 0 and missed.
    """

    estimate: Result
    abs_error: float | None = None
    rel_error: float | None = None
    ulps: float | None = None
    right_digits: float | None = None


class Capabilities(NamedTuple):
    """What a backend can do: each backend's file states it, and tests hold the backend to it.

    ``orders`` are the lowest and the highest order of a derivative (None: no end), ``mixed`` says whether it may
    be by several variables. ``tolerance`` is the relative error that is allowed where nothing cancels. It ``needs``
    an analytic f where complex numbers are put into it. It is ``certified`` where each digit is proved, and
    ``guarded`` where it gives no number outside of the domain of f. ``remark`` is what a user should know besides.
    Other people's engines have the ``title`` of their library, the ``package`` that must be installed, and the
    ``dtypes`` that they compute in.
    """

    orders: tuple[int, int | None] = (0, None)
    mixed: bool = True
    tolerance: float = 1e-12
    needs: Literal["", "analytic"] = ""
    certified: bool = False
    guarded: bool = False
    remark: str = ""
    title: str = ""
    package: str = ""
    dtypes: tuple[Dtype, ...] = ("float64",)

    def cover(self, problem: Problem) -> bool:
        """Whether a problem is of an order, and by variables, that the backend takes on."""
        least, most = self.orders
        fits = least <= problem.order and (most is None or problem.order <= most)
        return fits and (self.mixed or len(set(problem.wrt)) <= 1)

    def __str__(self) -> str:
        """The orders in words, as lists of backends show them."""
        least, most = self.orders
        orders = f"{least} to {most}" if most is not None else "any" if least == 0 else f"{least} and above"
        by = "" if most is None else ", by one variable or several" if self.mixed else ", by one variable"
        return f"{orders}{by}{'; ' if self.remark else ''}{self.remark}"
