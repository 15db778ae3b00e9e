"""Where results go, in which format, and whether in colour."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from io import RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_PATIENCE = 0.1


def is_terminal(stream: object) -> bool:
    """True where someone may be looking at the stream as it is written."""
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]  # None and closed streams answer False
    except (AttributeError, ValueError):
        return False


def colored(choice: str, stream: object) -> bool:
    """Whether to colour: the option, else NO_COLOR, FORCE_COLOR, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


class Sink:
    """Bytes out, in order, soon: what was written is seen when nothing happens for a while.

    Results are UTF-8 whatever the locale, since what reads them may be the next dcalc.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._flushed = monotonic()

    def write(self, text: str) -> None:
        """Write one chunk, at once where the last one was long ago."""
        self._stream.write(text.encode("utf-8", "backslashreplace"))
        if monotonic() - self._flushed > _PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Let everything be seen."""
        self._stream.flush()
        self._flushed = monotonic()


@contextmanager
def opened(path: str | None) -> Iterator[Sink]:
    """The sink of -o FILE, else of stdout; flushed at the end.

    A file appears under its name only when all is written.
    """
    if path is not None and path != "-":
        with _replaced(path) as file:
            yield Sink(file)
        return
    if sys.stdout is None:
        raise UsageError("standard output is closed", help="write to a file with -o FILE")
    sys.stdout.flush()
    stream: Any = sys.stdout.buffer
    if isinstance(stream, RawIOBase):
        # PYTHONUNBUFFERED: each write would be a system call, and might write a part only.
        stream = open(stream.fileno(), "wb", closefd=False)  # noqa: SIM115  # it is not ours to close
    sink = Sink(stream)
    yield sink
    sink.flush()


@contextmanager
def _replaced(path: str) -> Iterator[BinaryIO]:
    real = os.path.realpath(path)
    if os.path.exists(real) and not os.path.isfile(real):
        with open(real, "wb") as device:  # a pipe or /dev/null: it cannot be replaced
            yield device
        return
    partial = f"{real}.{os.getpid()}.part"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        if os.path.exists(real):
            os.chmod(partial, os.stat(real).st_mode & 0o7777)
        os.replace(partial, real)
    except BaseException:
        os.unlink(partial)
        raise


def show(text: str) -> None:
    """Print a text that no format makes: a list, a script."""
    with opened(None) as sink:
        sink.write(text)
