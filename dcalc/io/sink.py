"""Where results go: a terminal, a pipe, or a file that appears under its name only when it is whole."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager, nullcontext
from io import RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError
from dcalc.io.replacement import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_PATIENCE = 0.1  # seconds
_STREAM = r"/dev/(std(?:in|out|err))|/(?:dev|proc/self)/fd/([0-9]{1,9})"


def is_terminal(stream: object) -> bool:
    """True where someone may be looking at the stream as it is written."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]  # None and closed streams answer False
    except (AttributeError, ValueError):
        return False


def wants_color(choice: str, stream: object) -> bool:
    """True where text is coloured: as the option says, else NO_COLOR, FORCE_COLOR, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


class Sink:
    """Writes bytes in order, and flushes them before long, so that a slow run shows what it has.

    Results are UTF-8 whatever the locale, since the next dcalc in a pipe may read them.
    """

    def __init__(self, stream: BinaryIO, name: str | None = None) -> None:
        self._stream = stream
        self._name = name
        self._flushed = monotonic()

    def write(self, chunk: str | bytes | memoryview) -> None:
        """Write one chunk, and flush it where the last flush was long ago. Raises OSError, which names the file."""
        data = chunk.encode("utf-8", "backslashreplace") if isinstance(chunk, str) else chunk
        try:
            self._stream.write(data)
        except OSError as error:
            _add_name(error, self._name)
            raise
        if monotonic() - self._flushed > _PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Pass on all that was written. Raises OSError, which names the file."""
        try:
            self._stream.flush()
        except OSError as error:
            _add_name(error, self._name)
            raise
        self._flushed = monotonic()


def _add_name(error: OSError, name: str | None) -> None:
    """Put the name of a file into an error of the system that has none: a full disk says nothing of where."""
    if error.filename is None and not isinstance(error, BrokenPipeError):
        error.filename = name


@contextmanager
def open_sink(path: str | None) -> Iterator[Sink]:
    """The sink of -o FILE, else of stdout; flushed at the end.

    A file appears under its name only when it is whole. Raises UsageError, OSError.
    """
    if path is not None and path != "-":
        with _open_replacement(path) as file:
            sink = Sink(file, path)
            yield sink
            sink.flush()
        return
    if sys.stdout is None:
        raise UsageError("standard output is closed", help="write to a file with -o FILE")
    sys.stdout.flush()
    stream: Any = sys.stdout.buffer
    if isinstance(stream, RawIOBase):
        # PYTHONUNBUFFERED: each write would be a system call, and might write only a part.
        stream = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115  # it is not ours to close
    sink = Sink(stream, "standard output")
    yield sink
    sink.flush()


@contextmanager
def _open_replacement(path: str) -> Iterator[BinaryIO]:
    """A file beside the target, which takes its place when all is written."""
    opened = replace_file(path) if can_be_replaced(path) else nullcontext(None)
    with opened as partial:
        file = open_device(path) if partial is None else open(partial, "wb")  # noqa: SIM115  # closed below
        try:
            yield file
        finally:
            try:
                file.close()  # which tries again to write what a full disk refused
            except OSError as error:
                _add_name(error, path)
                raise


def can_be_replaced(path: str) -> bool:
    """False for a pipe, a device such as /dev/null, and a stream that is open already."""
    return _stream_number(path) is None and (not os.path.exists(path) or os.path.isfile(os.path.realpath(path)))


def open_device(path: str) -> BinaryIO:
    """Open for writing what cannot be replaced.

    A stream that is open already goes on where it is: opening the file behind /dev/stdout again
    would overwrite what others have written to it.
    """
    number = _stream_number(path)
    return open(path if number is None else os.dup(number), "wb")


def _stream_number(path: str) -> int | None:
    """The number of the open stream that a name such as /dev/stdout stands for."""
    match = re.fullmatch(_STREAM, os.path.abspath(path), re.ASCII)
    if match is None:
        return None
    return ("stdin", "stdout", "stderr").index(match[1]) if match[1] else int(match[2])


def print_text(text: str) -> None:
    """Print a text that is not made by a format: a list, a script."""
    with open_sink(None) as sink:
        sink.write(text)
