"""What one question may cost on the command line: time of the processor, and memory.

Streams, files, descents and fits run as long as they need, since they show what they do and Ctrl-C ends them. One
question at one point has a second or a few; what takes longer is a `limit`, which is said in words. The Python
interface knows no such budget.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from dcalc.errors import LimitError

if TYPE_CHECKING:
    from types import FrameType
    from typing import NoReturn

SECONDS = 3.5
_PER_CHARACTER = 15e-6
MEMORY = 900 << 20
_BYTES_PER_CHARACTER = 300
_REST = 0.4
"""Seconds after which a call into C, in which Python hears nothing, is ended by the system."""
_is_supervised = False


def allow_limits() -> None:
    """Say that this process has a supervisor, which finds the words where the system ends it."""
    global _is_supervised  # a fact about the process
    _is_supervised = True


def limit_question(characters: int) -> None:
    """Give one question, of so many characters, its time and memory from here on."""
    if not _is_supervised:
        return
    import resource

    seconds = SECONDS + _PER_CHARACTER * characters
    signal.signal(signal.SIGPROF, _refuse)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds + _REST)
    wanted = MEMORY + _BYTES_PER_CHARACTER * characters
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def lift_limit() -> None:
    """Take the time back: the question turned out to be a sweep over many points."""
    if _is_supervised:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)


def time_is_up() -> LimitError:
    """The error of a question that takes too long."""
    return LimitError(
        f"no answer within {SECONDS:g} seconds of computing",
        help="ask for less: a lower order, fewer digits, a smaller range; the Python interface has no such limit",
    )


def _refuse(_number: int, _frame: FrameType | None) -> NoReturn:
    raise time_is_up()
