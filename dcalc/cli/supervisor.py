"""The process that a user sees and the one that computes: so that every call can be ended, and says why it ended.

A call into a C library hears no signal before it returns, and may end its process where memory is gone. So the work
is done by a child, for which the parent waits. Ctrl-C, SIGTERM and SIGHUP reach the child, which ends in good order;
where it has not done so after `GRACE` seconds, it is killed; on a busy machine it has more, since it leaves half a file
behind then. A child that was ended by the system is an error in words. A child whose parent is killed goes with it.

A fork at the start costs half a millisecond. Where the system has none of this (Windows, macOS), and under a debugger
or a profiler, the work is done by the process itself.
"""

from __future__ import annotations

import os
import signal
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcalc.errors import DcalcError

GRACE = 0.6
"""Seconds that a child has to end by itself."""
_SHARE = 0.5
"""Seconds of the processor that it has had after so long on an idle machine, if it computes."""
_LONG_GRACE = 2.0
"""Seconds that it has where it was not given as much."""
_MOMENT = 0.1
"""Seconds after which a signal is passed on: a whole group of processes may have had it, the child included."""
_LONG = 3600.0
_INTERRUPTED = 130


def can_supervise() -> bool:
    """Whether a child can be waited for together with signals."""
    return hasattr(signal, "sigtimedwait") and hasattr(os, "fork")


def supervise(work: Callable[[], int], explain: Callable[[DcalcError], int]) -> int:
    """The exit code of the work, which is done by a child.

    Where the child is ended by the system, that of ``explain``, which says the error. Where a signal ended
    both, this process ends by it, too, and does not return.
    """
    watched = {number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if _is_heard(number)}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*watched, signal.SIGCHLD})
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it is ignored, a child leaves no status
    reader, writer = os.pipe()
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:  # no more processes are allowed
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return work()
    if not child:
        os.close(writer)
        _end_with(parent, reader)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os._exit(work())
    os.close(reader)
    status, ending = _wait(child, watched)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    code = os.waitstatus_to_exitcode(status)
    if ending == signal.SIGINT:
        return code if code >= 0 else _INTERRUPTED
    if ending is not None:
        _end_by(ending)
    return code if code >= 0 else explain(_describe_end(-code))


def _is_heard(number: int) -> bool:
    """False for a signal that is ignored, as a background job ignores SIGINT, and one under nohup SIGHUP."""
    return signal.getsignal(number) is not signal.SIG_IGN


def _end_with(parent: int, reader: int) -> None:
    """Let the system end this process where its parent ends: then its end of the pipe closes, which sends SIGIO."""
    import fcntl

    if not hasattr(os, "O_ASYNC"):
        flag = getattr(fcntl, "FASYNC", 0)
    else:
        flag = os.O_ASYNC
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(reader, fcntl.F_SETFL, fcntl.fcntl(reader, fcntl.F_GETFL) | flag)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGKILL)


def _wait(child: int, watched: set[signal.Signals]) -> tuple[int, signal.Signals | None]:
    """The status of the child when it has ended, and the signal that asked for it."""
    ending: signal.Signals | None = None
    pass_on, kill = _LONG, _LONG  # when
    begun, computed = 0.0, 0.0
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status, ending
        now = monotonic()
        if ending is not None and now >= pass_on:
            os.kill(child, ending)
            pass_on = now + _LONG
        if ending is not None and now >= kill:
            if now < begun + _LONG_GRACE and _seconds_computed(child) < computed + _SHARE:
                kill = now + _MOMENT
            else:
                os.kill(child, signal.SIGKILL)
                kill = now + _LONG
        limit = _LONG if ending is None else min(pass_on, kill) - now
        info = signal.sigtimedwait({*watched, signal.SIGCHLD}, max(limit, 0.0))
        if info is None or info.si_signo == signal.SIGCHLD or ending is not None:
            continue
        ending = signal.Signals(info.si_signo)
        begun = now = monotonic()
        computed = _seconds_computed(child)
        # What the terminal sends, it has sent to the child as well.
        pass_on, kill = now + (_MOMENT if info.si_code <= 0 else _LONG), now + GRACE


def _seconds_computed(pid: int) -> float:
    """Seconds of the processor that a process has had; infinity where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return inf


def _end_by(number: signal.Signals) -> None:
    """End by the signal itself, so that a shell sees what happened."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # process 1 of a container, which no default ends


def _describe_end(number: int) -> DcalcError:
    """What a child that was ended by a signal has to say."""
    from dcalc.errors import LimitError, OutOfTime
    from dcalc.io.complaints import internal_error
    from dcalc.io.limits import SECONDS

    if number in (signal.SIGVTALRM, signal.SIGXCPU):
        return OutOfTime(SECONDS).as_error()
    if number == signal.SIGKILL:
        return LimitError("the system ended the call, most likely for want of memory", help="ask for less")
    if number == signal.SIGABRT:  # what flint does where an allocation fails
        return LimitError("out of memory: a number on the way is too large", help="ask for less")
    return internal_error(RuntimeError(f"ended by {signal.Signals(number).name}"))
