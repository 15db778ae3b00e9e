"""What is asked and what is answered, as plain frozen records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dcalc.expr import Expr

DOUBLE_DIGITS = 17
"""Significant digits that tell every double from its neighbours."""
VALUED = ("ok", "removable")
"""The statuses of what has a value."""
_CODES = {"ok": 0, "removable": 0, "error": 2, "unsupported": 4}
Point = Mapping[str, "float | Expr"]
"""A value for each variable: a double, or an exact constant where more digits are asked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A derivative to find: of ``root``, once by each name in ``wrt`` (none: f itself).

    ``at`` is None where the derivative as an expression is asked, ``digits`` the number of
    significant digits of the reference.
    """

    root: Expr
    wrt: tuple[str, ...]
    at: Point | None = None
    digits: int = 30

    @property
    def order(self) -> int:
        """How many times to differentiate."""
        return len(self.wrt)

    def problems(self) -> list["Problem"]:
        """Itself."""
        return [self]


@dataclass(frozen=True, slots=True)
class Gradient:
    """Several first derivatives to find at once: of ``root`` by each of ``names``.

    What a backend cannot do together it does one by one: each is a `Problem`.
    """

    root: Expr
    names: tuple[str, ...]
    at: Point | None = None
    digits: int = 30

    def problems(self) -> list[Problem]:
        """The problem of each derivative."""
        return [Problem(self.root, (name,), self.at, self.digits) for name in self.names]


AnyProblem = Problem | Gradient


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one backend says of a problem.

    ``error_bound`` is what the backend claims for itself, an absolute error; what is
    observed against the reference is in `Score`. ``text`` holds all asked digits where the
    backend has more than a double: those of the reference. ``certified`` is True only of
    an enclosure that decides every digit. ``node`` is the part where f is not smooth, if one is known.
    """

    backend: str
    value: float | None
    status: str = "ok"
    kind: str | None = None
    left: float | None = None
    right: float | None = None
    f: float | None = None
    error_bound: float | None = None
    evaluations: int = 0
    seconds: float = 0.0
    note: str = ""
    text: str | None = None
    digits: int = 0
    certified: bool = False
    node: Expr | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """An estimate held against the reference: errors of the exact double that it gives.

    ``abs_error``, ``rel_error``, ``ulps`` and ``right_digits`` are None where one of the
    two has no value; ``rel_error`` and ``ulps`` are None too where the truth is 0 and missed.
    """

    estimate: Estimate
    abs_error: float | None = None
    rel_error: float | None = None
    ulps: float | None = None
    right_digits: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a line of input has no answer: an error as data, for records inline."""

    kind: str
    message: str
    column: int | None = None
    end_column: int | None = None
    help: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One derivative at one point (or as an expression, where there is no point).

    ``chosen`` names the convention that ``value`` follows where there is no derivative.
    """

    status: str = "ok"
    value: float | None = None
    f: float | None = None
    kind: str | None = None
    left: float | None = None
    right: float | None = None
    derivative: Expr | None = None
    reference: Estimate | None = None
    scores: tuple[Score, ...] = ()
    sentence: str = ""
    notes: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def code(self) -> int:
        """The exit code that it comes to by itself: 3 where there is no value."""
        return _CODES.get(self.status, 3)


@dataclass(frozen=True, slots=True)
class Report:
    """A record of output: the question, and an answer a variable, or a failure.

    ``command`` is diff, grad, compare, eval or simplify. ``answers`` holds one entry for
    diff, one for each name in ``wrt`` for grad.
    """

    command: str
    expression: Expr | None = None
    wrt: tuple[str, ...] = ()
    order: int = 1
    at: Point | None = None
    answers: tuple[Answer, ...] = ()
    failure: Failure | None = None
    line: int | None = None
    id: object = None
    notes: tuple[str, ...] = field(default=())
