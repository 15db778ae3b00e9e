"""Findings to text. Each file of this folder is a format; what they share stands in `common/`.

The folder is the registry: a file `NAME.py` here is `--format NAME`, and nothing is imported
before it is asked for. A format is one function, `present(findings, style)`, which yields chunks of
text, each ending in a newline, does no input or output and never holds the whole stream. `SUFFIXES` are those
of its files, `PICTURE = True` says that it draws, and `BINARY = True` that it makes bytes.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

from dcalc.records import Frozen
from dcalc.text import unknown_name, unknown_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dcalc.errors import DcalcError
    from dcalc.finding import Finding

__all__ = ["Format", "Style", "by_suffix", "is_binary", "is_picture", "load", "names"]


class Style(Frozen):
    """What a format has to know beside the findings themselves.

    ``command``    the command, as in the JSON envelope.
    ``width``      columns of the terminal; only `table` looks at it.
    ``verbose``    a terminal shows all there is, not only the answer and the backends in few lines.
    ``quiet``      notes are left out.
    ``color``      escape sequences are welcome; only `table` makes any.
    ``unicode``    the output can show more than ASCII (names apart).
    ``batch``      a batch of expressions: a problem without a value still gets its line.
    ``sweep``      several points: each answer stands beside its point.
    ``comment``    what begins the line of a problem without a value in plain text.
    ``inputs``     length of the input text of the one expression; 0 in a batch.
    ``heading``    makes what heads the table that the findings share, even where there are none;
                   None: each finding has tables of its own.
    ``page``       rows that a table collects to find its widths; 1 where a person waits.
    ``on_error``   called with a finding whose derivative is too long to print, and the
                   error, before its error record is written; None raises the error.
    """

    command: str = "diff"
    width: int = 80
    verbose: bool = False
    quiet: bool = False
    color: bool = False
    unicode: bool = True
    batch: bool = False
    sweep: bool = False
    comment: str = "#"
    inputs: int = 0
    heading: Callable[[], Finding] | None = None
    page: int = 100
    on_error: Callable[[Finding, DcalcError], None] | None = None


class Format(Protocol):
    """What a file of this folder provides."""

    def present(self, findings: Iterable[Finding], style: Style) -> Iterator[str] | Iterator[bytes]:
        """The findings as chunks of text, each ending in a newline; bytes where the format is `BINARY`."""


def names() -> list[str]:
    """The formats, sorted: the files of this folder. Imports none of them."""
    files = [file for folder in __path__ for file in os.listdir(folder)]
    return sorted(file[:-3] for file in files if file.endswith(".py") and file[0] != "_")


def load(name: str) -> Format:
    """The module of a format. Raises UsageError, with did-you-mean, for an unknown name."""
    spec = find_spec(f"dcalc.formats.{name}") if name.isidentifier() else None
    if spec is None or spec.submodule_search_locations is not None:
        raise unknown_name("format", name, names())
    return cast("Format", import_module(spec.name))


def by_suffix(path: str) -> str | None:
    """The format that the name of a file asks for: `svg` of `plot.svg`; None for a name without a suffix.

    Raises UsageError for a suffix of no format.
    """
    suffix = os.path.splitext(path)[1][1:].lower()
    if not suffix:
        return None
    known = names()
    for name in [suffix, *known] if suffix in known else known:  # by its own name none but one is imported
        if suffix in _suffixes(name):
            return name
    raise unknown_suffix(path, [one for name in known for one in _suffixes(name)[:1]])


def _suffixes(name: str) -> tuple[str, ...]:
    return getattr(load(name), "SUFFIXES", ())


def is_picture(name: str) -> bool:
    """Whether the format draws."""
    return bool(getattr(load(name), "PICTURE", False))


def is_binary(name: str) -> bool:
    """Whether the format makes bytes, which a terminal cannot show."""
    return bool(getattr(load(name), "BINARY", False))
