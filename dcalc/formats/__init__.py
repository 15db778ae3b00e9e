"""Reports to text. Each file of this folder is a format; what they share stands in `record/`.

The folder is the registry: a file `NAME.py` here is `--format NAME`, and nothing is imported
before it is asked for. A format has `render(reports, style)` for derivatives at points and
`present(findings, style)` for analyses; both yield chunks of text, each ending in a newline,
do no input or output and never hold the whole stream. A format whose files one knows by their
suffix says `BY_SUFFIX = True`, one that makes bytes says `BINARY = True`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from dcalc.suggest import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dcalc.errors import DcalcError
    from dcalc.finding import Finding
    from dcalc.problem import Report

__all__ = ["Format", "Style", "by_suffix", "is_binary", "load", "names"]


@dataclass(frozen=True, slots=True)
class Style:
    """What a format has to know beside the reports themselves.

    ``command``    the command, as in the JSON envelope.
    ``digits``     significant digits asked by --digits; None prints doubles by repr.
    ``width``      columns of the terminal; only `table` looks at it.
    ``color``      escape sequences are welcome; only `table` makes any.
    ``unicode``    the output can show more than ASCII (names apart).
    ``batch``      a batch of expressions: a problem without a value still gets its line.
    ``sweep``      several points: each answer stands beside its point.
    ``backends``   several backends or all were asked: a row for each.
    ``inputs``     length of the input text of the one expression; 0 in a batch.
    ``tolerance``  relative error above which a backend's number counts as off.
    ``variables``  columns of points in csv and tsv, and in a table of several points;
                   None takes them from the first point.
    ``wrt``        columns of partial derivatives; None takes them from the first record.
    ``page``       rows that a table collects to find its widths; 1 where a person waits.
    ``on_error``   called with a report whose derivative is too long to print, and the
                   error, before its error record is written; None raises the error.
    """

    command: str = "diff"
    digits: int | None = None
    width: int = 80
    color: bool = False
    unicode: bool = True
    batch: bool = False
    sweep: bool = False
    backends: bool = False
    inputs: int = 0
    tolerance: float = 1e-6
    variables: tuple[str, ...] | None = None
    wrt: tuple[str, ...] | None = None
    page: int = 100
    on_error: Callable[[Report, DcalcError], None] | None = None

    @property
    def seconds(self) -> bool:
        """True where records tell times: they differ from run to run, so only compare does."""
        return self.command == "compare"


class Format(Protocol):
    """What a file of this folder provides."""

    def render(self, reports: Iterable[Report], style: Style) -> Iterator[str]:
        """The reports as chunks of text, each ending in a newline."""

    def present(self, findings: Iterable[Finding], style: Style) -> Iterator[str] | Iterator[bytes]:
        """The findings of an analysis, likewise; bytes where the format is `BINARY`."""


def names() -> list[str]:
    """The formats, sorted: the files of this folder. Imports none of them."""
    files = os.listdir(os.path.dirname(__file__))
    return sorted(file[:-3] for file in files if file.endswith(".py") and file[0] != "_")


def load(name: str) -> Format:
    """The module of a format. Raises UsageError, with did-you-mean, for an unknown name."""
    known = names()
    if name not in known:
        raise unknown_name("format", name, known)
    return cast("Format", import_module(f"dcalc.formats.{name}"))


def by_suffix(path: str) -> str | None:
    """The format that the name of a file asks for: `svg` of `plot.svg`; None where it asks for none."""
    suffix = os.path.splitext(path)[1][1:].lower()
    return suffix if suffix in names() and getattr(load(suffix), "BY_SUFFIX", False) else None


def is_binary(name: str) -> bool:
    """Whether the format makes bytes, which a terminal cannot show."""
    return bool(getattr(load(name), "BINARY", False))
