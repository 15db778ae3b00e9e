"""Every exception that dcalc raises on purpose. This file imports nothing of dcalc."""

from typing import Literal

ErrorKind = Literal[
    "parse", "unknown_function", "unknown_variable", "arity", "limit", "usage", "internal",
    "unsupported", "undefined", "unresolved", "not_differentiable", "no_limit", "overflow", "ok", "removable", "error",
]  # fmt: skip
"""The word for an error in JSON: what is wrong with the input, or the status of what has no value."""


class DcalcError(Exception):
    """An answer in itself: what is wrong, where, and one concrete fix.

    ``kind`` is the word that JSON shows, ``exit_code`` what a shell sees. ``span`` is
    (first, one past last) in characters of ``source``, counted from 0.
    """

    kind: ErrorKind = "parse"
    exit_code = 2

    def __init__(
        self,
        message: str,
        *,
        span: tuple[int, int] | None = None,
        source: str | None = None,
        help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.source = source
        self.help = help


class ParseError(DcalcError):
    """The text is not an expression of the language."""


class UnknownFunction(DcalcError):
    """A name stands before a parenthesis and no row of the table has it."""

    kind = "unknown_function"


class UnknownVariable(DcalcError):
    """A point or an option names a variable that the expression lacks, or leaves one out."""

    kind = "unknown_variable"


class ArityError(DcalcError):
    """A function is called with a number of arguments that it does not take."""

    kind = "arity"


class LimitError(DcalcError):
    """The input asks for more than dcalc is willing to compute."""

    kind = "limit"


class OutOfTime(BaseException):
    """The time of a question is up. No `Exception`: where something is tried, and given up for an error on the way,
    the end of time must not be taken for one."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def as_error(self) -> LimitError:
        """What a user is told."""
        return LimitError(
            f"no answer within {self.seconds:.2g} seconds of computing",
            help="ask for less: a lower order, fewer digits, a smaller range; the Python interface has no such limit",
        )


class UsageError(DcalcError):
    """Options that are unknown, malformed or do not go together."""

    kind = "usage"


class Unsupported(DcalcError):
    """This backend cannot answer this problem, though another may."""

    kind = "unsupported"
    exit_code = 4


class Undefined(DcalcError):
    """The expression is proved to have no real value (here, or anywhere)."""

    kind = "undefined"
    exit_code = 3


class NoValue(DcalcError, ValueError):
    """A number is asked of a result that has none; ``kind`` is its status, the message its reason."""

    exit_code = 3

    def __init__(self, message: str, kind: ErrorKind) -> None:
        super().__init__(message)
        self.kind = kind

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.message, self.kind)


class Undecided(DcalcError):
    """An enclosure straddles an edge: more precision, or another method, may decide."""

    kind = "unresolved"
    exit_code = 3


class Immense(Undecided):
    """A number whose exponent is too long for the working precision."""
