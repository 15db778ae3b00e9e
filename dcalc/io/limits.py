"""What one question may cost on the command line: time of the processor, and memory.

Streams, files, descents and fits run as long as they need, since they show what they do and Ctrl-C ends them; but
each line of a stream is a question of its own. One question has a second or a few, more where its text is long. What
takes longer is a `limit`, which is said in words, and in a stream the next line follows. The Python interface knows
no such budget.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dcalc.errors import OutOfTime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import NoReturn

SECONDS = 3.5
_PER_CHARACTER = 12e-6
"""Seconds per character of a long text."""
MEMORY = 900 << 20
_REST = 0.4
"""Seconds after which a call into C, in which Python hears nothing, is ended by the system."""
_LONG_REST = 1.5
"""The same in a stream, where the lines that follow are lost with it."""
_AGAIN = 0.1
"""Seconds after which a question that goes on all the same is ended again."""
_is_supervised = False
_seconds = SECONDS  # those of the question at hand


def allow_limits() -> None:
    """Say that this process has a supervisor, which finds the words where the system ends it."""
    global _is_supervised  # a fact about the process
    _is_supervised = True


def limit_question(characters: int) -> None:
    """Give the one question of a call, of so many characters, its time and memory from here on.

    `OutOfTime` is raised when the time is up.
    """
    if _is_supervised:
        limit_memory()
        _start(characters, _REST)


def limit_memory() -> None:
    """Give this process no more memory than one question may have."""
    if not _is_supervised:
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > MEMORY:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, hard))


def has_address_space(megabytes: int, *, per_core: int) -> bool:
    """Whether `ulimit -v`, where it is set, leaves a library what it claims as it is loaded, much of it per core.

    Some libraries hang, crash or complain by the page where they do not get it.
    """
    try:
        import resource
    except ImportError:  # even that has no room, or there are no such limits
        return os.name != "posix"
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return soft == resource.RLIM_INFINITY or soft >> 20 >= megabytes + per_core * (os.cpu_count() or 1)


def limit_line(characters: int) -> None:
    """Give one line of a stream its time from here on, as `limit_question` does; where that cannot be done, none.

    A signal is heard by the main thread alone.
    """
    if _is_supervised and threading.current_thread() is threading.main_thread():
        _start(characters, _LONG_REST)


def lift_limit() -> None:
    """Take the time back: the question is answered, or turned out to be a sweep over many points."""
    if _is_supervised:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)


@contextmanager
def limited_row() -> Iterator[None]:
    """The time of one row of a stream. Raises LimitError when it is up."""
    try:
        try:
            limit_line(0)
            yield
        finally:
            lift_limit()
    except OutOfTime as end:
        raise end.as_error() from None


def _start(characters: int, rest: float) -> None:
    global _seconds  # a signal has no arguments
    _seconds = max(SECONDS, _PER_CHARACTER * characters)
    if signal.getsignal(signal.SIGPROF) is not _end_question:
        signal.signal(signal.SIGPROF, _end_question)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _seconds, _AGAIN)
    signal.setitimer(signal.ITIMER_VIRTUAL, _seconds + rest)


def _end_question(_number: int, _frame: FrameType | None) -> NoReturn:
    raise OutOfTime(_seconds)
