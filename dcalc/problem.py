"""One question and one answer, as plain frozen records: `Problem` and `Result`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from dcalc.expr import Expr

Status = Literal[
    "ok", "removable", "not_differentiable", "undefined", "overflow", "unresolved", "unsupported", "error"
]  # fmt: skip
"""What is known of a derivative at a point, from a value to a failure."""
Kind = Literal["kink", "jump", "vertical_tangent", "boundary", "oscillation"]
"""How f fails to be differentiable."""
DOUBLE_DIGITS = 17
"""Significant digits that tell every double from its neighbours."""
VALUED = ("ok", "removable")
"""The statuses of what has a value."""
REFERENCE = "reference"
"""The backend whose word is the truth."""
_CODES = {"ok": 0, "removable": 0, "error": 2, "unsupported": 4}
Point = Mapping[str, "float | Expr"]
"""A value for each variable: a double, or an exact constant where more digits are asked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A derivative to find: of ``root``, once by each name in ``wrt`` (none: f itself).

    With ``gradient`` it is the first derivative by each name in ``wrt`` instead: several at once.
    ``at`` is None where the derivative as an expression is asked, ``digits`` the number of
    significant digits of the reference.
    """

    root: Expr
    wrt: tuple[str, ...]
    at: Point | None = None
    digits: int = 30
    gradient: bool = False

    @property
    def order(self) -> int:
        """How many times to differentiate."""
        return 1 if self.gradient else len(self.wrt)

    def parts(self) -> list[Problem]:
        """The problem of each derivative that is asked for; itself where that is one."""
        if not self.gradient:
            return [self]
        return [replace(self, wrt=(name,), gradient=False) for name in self.wrt]


@dataclass(frozen=True, slots=True)
class Result:
    """One derivative at one point (or as an expression, where there is no point), as one backend finds it.

    ``backend`` is empty where none was asked. ``value`` is a double, None where there is none to give: then
    ``reason`` is a sentence that says why; ``notes`` stand beside a value. ``left`` and ``right`` are the
    one-sided derivatives, None where infinite or missing; ``node`` is the part where f is not smooth, if one is known.

    ``decimal`` holds ``precision`` significant digits where the backend has more than a double, and
    ``certified`` is True only of an enclosure that decides every one of them. ``error_bound`` is the absolute
    error that the backend claims for itself; what is observed against the reference is a `Score`, and
    ``scores`` are those of the backends that were asked beside it. ``chosen`` names the convention that
    ``value`` follows where there is no derivative.
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

    @classmethod
    def from_double(cls, backend: str, value: float, **fields: Any) -> Result:
        """The result of a computation in doubles: nan has no value, an infinity overflows.

        No error is claimed: derivatives in doubles have no truncation error, but their rounding errors
        grow with the condition of each step, and what bounds those is ball arithmetic.
        """
        if math.isnan(value):
            return cls(backend, None, "undefined", reason="no number in doubles", **fields)
        if math.isinf(value):
            return cls(backend, None, "overflow", reason="beyond a double", **fields)
        return cls(backend, value, **fields)

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


@dataclass(frozen=True, slots=True)
class Score:
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
    """

    orders: tuple[int, int | None] = (0, None)
    mixed: bool = True
    tolerance: float = 1e-12
    needs: Literal["", "analytic"] = ""
    certified: bool = False
    guarded: bool = False
    remark: str = ""

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


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a line of input has no answer: an error as data, for records inline."""

    kind: str
    message: str
    column: int | None = None
    end_column: int | None = None
    help: str | None = None
