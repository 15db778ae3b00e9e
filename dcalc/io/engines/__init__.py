"""Engines of `dcalc map`: what reads a table and writes it again with its new columns.

The folder is the registry: the name of a file is what `--engine` takes. An engine is a module with a docstring,
`EXTRA`, the extra of dcalc that installs it, `SETTINGS`, the options that are for it, `claims`, which says whether
an input is its own where no engine is named, and `open_table`.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from dcalc.errors import UsageError
from dcalc.text import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.io.frames import Target, Watch
    from dcalc.io.mapper import BatchMapper
    from dcalc.io.sources import Source

_FOLDER = os.path.dirname(__file__)
USUAL = "polars"


class Settings(NamedTuple):
    """What the options say of an engine; None where they are silent. ``memory`` is in bytes."""

    memory: int | None = None
    master: str | None = None
    jobs: int = 1
    near: str | None = None
    """The folder that is written to, where there is room for what does not fit into memory."""


class Table(Protocol):
    """A table that is open for reading."""

    @property
    def titles(self) -> Sequence[str]:
        """The names of its columns."""

    def count(self) -> int | None:
        """The number of rows where it can be told without reading them."""

    def check(self, mapper: BatchMapper, target: Target) -> None:
        """Raise UnknownVariable or UsageError where its columns do not fit what is asked for."""

    def write(self, mapper: BatchMapper, target: Target, watch: Watch) -> None:
        """Write all rows and their new columns: whole, or not at all. ``watch`` is called between batches.

        Raises DcalcError, which says what to do, and KeyboardInterrupt.
        """


class Engine(Protocol):
    """What a file of this folder provides."""

    __doc__: str | None
    EXTRA: str
    SETTINGS: frozenset[str]

    def claims(self, source: Source, settings: Settings) -> bool:
        """Whether an input is this engine's where none is named."""

    def open_table(self, source: Source, settings: Settings) -> AbstractContextManager[Table]:
        """The table of a source. Raises DcalcError, OSError."""


def names() -> list[str]:
    """All engines."""
    return sorted(file[:-3] for file in os.listdir(_FOLDER) if file.endswith(".py") and not file.startswith("_"))


def load(name: str) -> Engine:
    """The engine of that name. Raises UsageError where there is none."""
    if name not in names():
        raise unknown_name("engine", name, names())
    return cast("Engine", import_module(f"dcalc.io.engines.{name}"))


def choose(name: str | None, source: Source, settings: Settings) -> Engine:
    """The engine that is named, else the one that claims a source, else Polars. Raises UsageError where an option is
    for another one."""
    found = name or next((one for one in names() if load(one).claims(source, settings)), USUAL)
    engine = load(found)
    given = {"--memory": settings.memory, "--master": settings.master, "--db": source.database}
    for option, value in given.items():
        if value is not None and option not in engine.SETTINGS:
            takers = [one for one in names() if option in load(one).SETTINGS]
            raise UsageError(f"{option} is not for {found}", help=f"write --engine {' or '.join(takers)}")
    return engine


def missing_engine(title: str, extra: str) -> UsageError:
    """The error where the library of an engine is not installed."""
    return UsageError(f"{title} is not installed", help=f"pip install 'dcalc[{extra}]'")
