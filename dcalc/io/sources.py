"""What `dcalc map` reads: a file, files of a folder or a pattern, the answer to a query, or a table of a database."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple
from urllib.parse import unquote

from dcalc.errors import UsageError
from dcalc.io.rows import FILES, FileKind, as_file_kind, kind_of_input

PartitionKind = Literal["bigint", "double", "date", "string"]
"""Types of columns that folders have in their names, as SQL calls them."""
_PARTITION_KINDS: dict[PartitionKind, re.Pattern[str]] = {
    "bigint": re.compile(r"-?[0-9]{1,18}"),
    "double": re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][-+]?[0-9]{1,2})?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
"""Patterns of what all engines read as such; everything else is text, exact to the letter."""
NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""What the name of a folder has for null."""
Shape = Literal["file", "files", "query", "table"]
"""One file; a folder or a pattern; SQL; the name of a table in a database."""
_QUERY = re.compile(r"\s*\(*\s*(?:select|from|with|values|table|pivot|unpivot)\b[\s(*'\"]", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WILD = re.compile(r"[*?[]")
_HIDDEN = (".", "_")  # what Spark and Hive pass over: half-written files, logs, marks of success


class Partition(NamedTuple):
    """A column that folders have in their names, with its value for each file; None is null."""

    kind: PartitionKind
    values: tuple[str | None, ...]


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
            if os.path.exists(path) and not os.path.isfile(path):
                raise UsageError(f"{path} is no file, and can be read only once", help="write it to a file first")
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

    def partitions(self, files: list[str]) -> dict[str, Partition]:
        """The columns that folders below the source have in their names, as Hive does: `year=2024`.

        What type they have is decided here, since engines would guess differently. Raises UsageError where the
        folders of some files have other columns than those of others.
        """
        if self.shape != "files":
            return {}
        start = len(self.root()) + 1
        folders = [os.path.dirname(path[start:]) for path in files]
        keys = [_read_keys(folder) for folder in folders]
        for folder, pairs in zip(folders, keys, strict=True):
            if [name for name, _ in pairs] != [name for name, _ in keys[0]]:
                raise UsageError(
                    f"{self.text}: {folders[0] or 'a file beside the folders'} and "
                    f"{folder or 'a file beside the folders'} do not have the same columns in their names",
                    help="choose folders that agree by a pattern: 'folder/year=*/*.parquet'",
                )
        names = [name for name, _ in keys[0]]
        return {name: _choose_kind([pairs[place][1] for pairs in keys]) for place, name in enumerate(names)}

    def root(self) -> str:
        """The folder that all files are in: the part of a pattern in which nothing is open."""
        parts = self.text.split(os.sep)
        if os.path.isdir(self.text):
            return self.text.rstrip(os.sep) or os.sep
        fixed = next((place for place, part in enumerate(parts) if _WILD.search(part) or "=" in part), len(parts) - 1)
        return os.sep.join(parts[:fixed]) or ("" if fixed else os.curdir)


def _read_keys(folder: str) -> list[tuple[str, str | None]]:
    """The columns that the names of folders give, with their values. Raises UsageError for `a=b=c`."""
    pairs: list[tuple[str, str | None]] = []
    for part in folder.split(os.sep):
        name, equals, value = part.partition("=")
        if not equals:
            continue
        if "=" in value or name in dict(pairs):
            raise UsageError(f"{folder} does not tell which column it is", help="write = in a value as %3D")
        pairs.append((name, None if value == NOTHING else unquote(value)))
    return pairs


def _choose_kind(values: list[str | None]) -> Partition:
    known = {value for value in values if value}
    kinds = (kind for kind, pattern in _PARTITION_KINDS.items() if known and all(map(pattern.fullmatch, known)))
    kind: PartitionKind = next(kinds, "string")
    if kind == "string" or (kind == "date" and not all(map(_is_date, known))):
        return Partition("string", tuple(values))
    return Partition(kind, tuple(value or None for value in values))


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


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
