"""What `dcalc map` reads: a file, files of a folder or a pattern, the answer to a query, or a table of a database."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from typing import Literal

from dcalc.errors import UsageError
from dcalc.io.rows import FILES, FileKind, as_file_kind, kind_of_input

Shape = Literal["file", "files", "query", "table"]
"""One file; a folder or a pattern; SQL; the name of a table in a database."""
_QUERY = re.compile(r"\s*\(*\s*(?:select|from|with|values|table|pivot|unpivot)\b[\s(*'\"]", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WILD = re.compile(r"[*?[]")
_HIDDEN = (".", "_")  # what Spark and Hive pass over: half-written files, logs, marks of success


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: ``text`` is what the user calls it, ``kind`` that of its files where it is told."""

    text: str
    shape: Shape
    kind: FileKind | None = None
    database: str | None = None

    @property
    def is_here(self) -> bool:
        """Whether it is made of files of this machine: not of a store, nor of names that only an engine knows."""
        return self.shape == "files" or (self.shape == "file" and os.path.lexists(self.text))

    @property
    def is_remote(self) -> bool:
        """Whether it is an address in a store, s3a://bucket/folder."""
        return is_remote(self.text)

    def files(self) -> list[str]:
        """The files, in order, and none of them twice. Raises UsageError where there are none, and OSError where one
        of them, or a folder, cannot be read: rows would be missing, and nobody would know."""
        paths = [self.text] if self.shape == "file" else _walk(self.text)
        if not paths:
            raise UsageError(f"no file matches {self.text}", help="name a folder with files, or quote the pattern")
        for path in paths:
            with open(path, "rb"):
                pass
        return paths

    def kind_of(self, files: list[str]) -> FileKind:
        """The kind of all files. Raises UsageError where they have several, or it is not told."""
        if self.kind is not None:
            return self.kind
        kinds = {kind_of_input(path) for path in files}
        if len(kinds) > 1:
            raise UsageError(
                f"{self.text} has files of several kinds",
                help="choose some of them by a pattern: 'folder/**/*.parquet'",
            )
        kind = as_file_kind(kinds.pop())
        if kind is not None:
            return kind
        suffixes = ", ".join(f".{name}" for name in FILES)
        raise UsageError(
            f"the format of {files[0]} is not known",
            help=f"its name must end in one of {suffixes}; else say --input-format csv",
        )

    def partitions(self, files: list[str]) -> dict[str, set[str]]:
        """The values of columns that folders below the source have in their names, as Hive does: `year=2024`."""
        values: dict[str, set[str]] = {}
        if self.shape == "files":
            start = len(self.root()) + 1
            for folder in {os.path.dirname(path[start:]) for path in files}:
                for part in folder.split(os.sep):
                    name, equals, value = part.partition("=")
                    if equals:
                        values.setdefault(name, set()).add(value)
        return values

    def root(self) -> str:
        """The folder that all files are in: the part of a pattern in which nothing is open."""
        parts = self.text.split(os.sep)
        if os.path.isdir(self.text):
            return self.text.rstrip(os.sep) or os.sep
        fixed = next((place for place, part in enumerate(parts) if _WILD.search(part) or "=" in part), len(parts) - 1)
        return os.sep.join(parts[:fixed]) or ("" if fixed else os.curdir)


def is_remote(text: str) -> bool:
    """Whether a text is an address, scheme://place."""
    return _ADDRESS.match(text) is not None


def find_source(text: str, kind: FileKind | None = None, database: str | None = None) -> Source:
    """What a text stands for: what exists under that name first. Other words that do not name a file are SQL."""
    is_sentence = kind_of_input(text) is None and len(text.split()) > 1 and not _WILD.search(text)
    if (_QUERY.match(text) or (is_sentence and database is None)) and not os.path.lexists(text):
        return Source(text, "query", None, database)
    if database is not None:
        return Source(text, "table", None, database)
    if is_remote(text):
        return Source(text, "file", kind, None)
    if os.path.isdir(text) or (_WILD.search(text) and not os.path.lexists(text)):
        return Source(text, "files", kind)
    return Source(text, "file", kind)


def _walk(text: str) -> list[str]:
    if not os.path.isdir(text):
        found = [path for path in glob.glob(text, recursive=True) if os.path.isfile(path)]
        return sorted(path for path in found if not _is_hidden(os.path.basename(path)))
    files: list[str] = []
    seen = {os.path.realpath(text)}
    for folder, names, members in os.walk(text, onerror=_raise, followlinks=True):
        names[:] = sorted(name for name in names if not _is_hidden(name))
        for name in tuple(names):
            real = os.path.realpath(os.path.join(folder, name))
            if real in seen:  # a link back to what is read already, or to a folder that it is in
                names.remove(name)
            seen.add(real)
        files += [os.path.join(folder, name) for name in members if not _is_hidden(name)]
    return sorted(files)


def _is_hidden(name: str) -> bool:
    return name.startswith(_HIDDEN) and "=" not in name


def _raise(error: OSError) -> None:
    raise error
