"""What one question may cost on the command line: time of the processor, and memory.

One question has a second or a few, more where its text is long or it is asked of many rows of data. What takes longer
is a `limit`, which is said in words. Streams and files run as long as they need, and so do descents and fits that are
told a number of steps, since they show what they do and Ctrl-C ends them; but each line of a stream is a question of
its own, after which the next one follows, and so is each step. The Python interface knows no such budget.
"""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dcalc.errors import OutOfTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType
    from typing import NoReturn

_Item = TypeVar("_Item")

SECONDS = 3.5
_PER_CHARACTER = 12e-6
"""Seconds per character of a long text."""
_PER_ROW = 0.01
"""Seconds per row of the data of a fit."""
MEMORY = 900 << 20
_MEMORY_PER_ROW = 10 << 10
_REST = 0.4
"""Seconds after which a call into C, in which Python hears nothing, is ended by the system."""
_LONG_REST = 1.5
"""The same in a stream, where the lines that follow are lost with it."""
_TO_THE_SECOND = 0.2
_AGAIN = 0.1
"""Seconds after which a question that goes on all the same is ended again."""
_is_supervised = False
_seconds = SECONDS  # those of the question at hand
_rest = _REST
_own_memory = -1  # the limit that was set here, which may be raised again
_own_processor = -1  # the same, of the processor; -1 before one is set


def allow_limits() -> None:
    """Say that this process has a supervisor, which finds the words where the system ends it."""
    global _is_supervised  # a fact about the process
    _is_supervised = True


def limit_question(characters: int, rows: int = 0) -> None:
    """Give the one question of a call, of so many characters and rows of data, its time and memory from here on.

    `OutOfTime` is raised when the time is up.
    """
    if _is_supervised:
        limit_memory(rows)
        _start(_seconds_for(characters) + _PER_ROW * rows, _REST)


def limit_memory(rows: int = 0) -> None:
    """Give this process no more memory than one question, of so many rows of data, may have."""
    global _own_memory  # a fact about the process
    if not _is_supervised:
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))  # what ends a deaf call would leave a file
    most = MEMORY + _MEMORY_PER_ROW * rows
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > most or soft == _own_memory:
        resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
        _own_memory = most


def lift_all_limits() -> None:
    """Let this call take the time and the memory that it takes: it computes with other people's libraries."""
    global _is_supervised  # a fact about the process
    _is_supervised = False


def has_room(megabytes: int, *, per_core: int, data: int) -> bool:
    """Whether `ulimit -v`, where it is set, leaves a library what it claims as it is loaded, much of it per core, and
    `ulimit -d` the megabytes of ``data`` that it works with.

    Some libraries hang, crash or complain by the page where they do not get it.
    """
    try:
        import resource
    except ImportError:  # even that has no room, or there are no such limits
        return os.name != "posix"
    needs = {resource.RLIMIT_AS: megabytes + per_core * (os.cpu_count() or 1), resource.RLIMIT_DATA: data}
    soft = {limit: resource.getrlimit(limit)[0] for limit in needs}
    return all(soft[limit] == resource.RLIM_INFINITY or soft[limit] >> 20 >= needs[limit] for limit in needs)


def limit_line(characters: int) -> None:
    """Give one line of a stream its time from here on, as `limit_question` does; where that cannot be done, none.

    A signal is heard by the main thread alone.
    """
    if _is_supervised and threading.current_thread() is threading.main_thread():
        _start(_seconds_for(characters), _LONG_REST)


def limit_each(items: Iterable[_Item], characters: int) -> Iterator[_Item]:
    """The items, of a line of so many characters, each with the time of a line until the next one is asked for."""
    limit_line(characters)
    try:
        for item in items:
            yield item
            limit_line(characters)
    except Exception:  # not where it is left in the middle, and collected when another question has its time
        lift_limit()
        raise
    lift_limit()


def limit_step() -> None:
    """Give the next step of a run as much time as the question was given."""
    if _is_supervised:
        _start(_seconds, _rest)


@contextmanager
def reading_data() -> Iterator[list[int]]:
    """Data are read without limits, from here to the end of the block; then the question begins with its rows.

    Gives a list into which their number is to be put.
    """
    rows: list[int] = []
    if not _is_supervised:
        yield rows
        return
    import resource

    lift_limit()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == _own_memory:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    yield rows
    limit_question(0, *rows)


def lift_limit() -> None:
    """Take the time back: the question is answered, or turned out to be a sweep over many points."""
    if _is_supervised:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        if _own_processor != -1:
            _cap_processor(None)


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


def _seconds_for(characters: int) -> float:
    return max(SECONDS, _PER_CHARACTER * characters)


def _start(seconds: float, rest: float) -> None:
    global _seconds, _rest  # a signal has no arguments
    _seconds, _rest = seconds, rest
    if signal.getsignal(signal.SIGPROF) is not _end_question:
        signal.signal(signal.SIGPROF, _end_question)
        sys.unraisablehook = partial(_pass_over, sys.unraisablehook)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, _seconds, _AGAIN)
    signal.setitimer(signal.ITIMER_VIRTUAL, _seconds + rest)
    _cap_processor(_seconds + rest)


def _cap_processor(seconds: float | None) -> None:
    """Let the system end a deaf call that spends its time in the system, too, as where much memory is filled.

    That is to the second only, and beside the timer of `_REST`, which does not count such time.
    """
    global _own_processor  # a fact about the process
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if soft not in (resource.RLIM_INFINITY, _own_processor):
        return  # somebody else set it
    most = hard if seconds is None else math.ceil(time.process_time() + seconds - _TO_THE_SECOND)
    if hard == resource.RLIM_INFINITY or most <= hard:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
        _own_processor = most


def _pass_over(report: Callable[[sys.UnraisableHookArgs], object], lost: sys.UnraisableHookArgs) -> None:
    """Say nothing where time was up in a finaliser, which lets no exception out: the timer rings again `_AGAIN`."""
    if not isinstance(lost.exc_value, OutOfTime):
        report(lost)


def _end_question(_number: int, _frame: FrameType | None) -> NoReturn:
    raise OutOfTime(_seconds)
