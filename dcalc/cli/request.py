"""What the options of one call ask for, checked as far as it can be without an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.errors import LimitError, UsageError
from dcalc.problem import DOUBLE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcalc.cli.ask import Choice
    from dcalc.point import PointSet

DIGITS = 30
DEGREE = 5
MOST_TIMES = 10_000
_LARGEST_FILE = (4 << 20) + 16
_BREAKS = set('",\t\r\n')


class Request(NamedTuple):
    """The options under the names that all commands use for them.

    The first ones are those of `options.Shared`. ``more`` are the further expressions of a command
    that takes ``several``; ``choose_by`` says which derivatives a line of a batch means by the keys
    that only this command knows.
    """

    name: str
    format: str | None = None
    json: bool = False
    file: str | None = None
    output: str | None = None
    quiet: bool = False
    color: str = "auto"
    debug: bool = False
    expression: str | None = None
    at: Sequence[str] | None = None
    wrt: Sequence[str] | None = None
    order: int | None = None
    backend: Sequence[str] | None = None
    let: Sequence[str] | None = None
    digits: int | None = None
    tol: float | None = None
    at_kink: str | None = None
    fast: bool = False
    certify: bool = False
    jobs: int | None = None
    input_format: str | None = None
    prefix: str = ""
    more: Sequence[str] = ()
    several: bool = False
    choose_by: Callable[[Mapping[str, Any]], Choice | None] | None = None

    def check(self) -> None:
        """Raise UsageError or LimitError for what is wrong whatever the expression is."""
        from dcalc.cli.options import COLORS

        if self.json and self.format not in (None, "json"):
            raise UsageError(f"--json asks for json, --format for {self.format}", help="leave one out")
        if self.color not in COLORS:
            raise UsageError(f"--color is auto, always or never, not {self.color}", help="write --color always")
        if self.expression is not None and self.file is not None:
            raise UsageError("the expression is given twice: here and by --file", help="leave one out")
        if self.points_on_stdin and (self.problems_from_stdin or self.at != ["-"]):
            raise UsageError("--at - leaves stdin to the points alone", help="write dcalc diff 'sin(x)' --at -")
        self._check_bulk()
        check_order(self.order)
        for backend in self.backends:
            if not backend:
                raise UsageError("the name of a backend is missing", help="write --backend forward, or --backend all")
            if backend != "all":
                from dcalc.backends import load

                load(backend)

    def _check_bulk(self) -> None:
        """Raise UsageError for options of many points that do not go together."""
        if self.fast and self.certify:
            raise UsageError("--fast and --certify ask for opposite things", help="leave one out")
        if self.jobs == 0:
            raise UsageError("--jobs counts from 1", help="write -j 2 for two cores")
        if _BREAKS & set(self.prefix):
            raise UsageError("--prefix holds what would break a heading", help="write letters, such as --prefix d_")

    def refuse_options_of_streams(self) -> None:
        """Raise UsageError for an option of many points where there are none."""
        given = {"--fast": self.fast, "--certify": self.certify, "--tol": self.tol is not None,
                 "--jobs": self.jobs, "--input-format": self.input_format, "--prefix": self.prefix}  # fmt: skip
        for option, is_given in given.items():
            if is_given:
                raise UsageError(f"{option} is for points on stdin", help="write --at -")

    @property
    def structured(self) -> bool:
        """True where errors are JSON objects, as the records are."""
        return self.json or self.format in ("json", "jsonl")

    @property
    def exact(self) -> bool:
        """True where points are taken as exact constants: more digits asked than doubles have."""
        return self.digits is not None and self.digits > DOUBLE_DIGITS

    @property
    def points_on_stdin(self) -> bool:
        """True for --at -."""
        return "-" in (self.at or ())

    @property
    def problems_from_stdin(self) -> bool:
        """True for EXPR -, or none at all."""
        return self.file == "-" or (self.file is None and self.expression in (None, "-"))

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends asked for."""
        return tuple(name for text in self.backend or () for name in map(str.strip, text.split(",")))

    def spec(self) -> PointSet | None:
        """The points of --at; None where there are none, or they come on stdin."""
        if not self.at or self.points_on_stdin:
            return None
        from dcalc.at import read_points

        return read_points(self.at, exact=self.exact)

    def read_expression(self) -> str:
        """The text of the one expression, out of its file where it is in one."""
        if self.file is None:
            from dcalc.cli.argv import unshield

            return unshield(self.expression or "")
        from dcalc.io.lines import decode_file

        with open(self.file, "rb") as file:
            raw = file.read(_LARGEST_FILE)
        return decode_file(raw)


def check_order(order: object) -> int:
    """The order as a number, 1 where none is given."""
    if order is None:
        return 1
    if not isinstance(order, int) or isinstance(order, bool) or order < 0:
        raise UsageError("the order is a whole number from 0 on", help="write 2 for the second derivative")
    if order > MOST_TIMES:
        raise LimitError(f"the order is above {MOST_TIMES:,}", help="ask for a lower one")
    return order
