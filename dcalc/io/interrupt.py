"""Ctrl-C where it does no harm: between two rows, and never inside a library that would answer it itself."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from dcalc.io.replacement import remove_parts, remove_parts_at_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_POLL = 0.02  # seconds between looks at Ctrl-C
_PATIENCE = 0.4  # seconds after Ctrl-C in which rows may become whole
_ECHO = 0.3  # seconds within which a second signal is the first: a group of processes and the supervisor both send it


@contextmanager
def between_rows(is_waiting: Callable[[], bool]) -> Iterator[Callable[[], None]]:
    """Put off Ctrl-C until all rows are whole. Gives a function to call there, which raises KeyboardInterrupt.

    While ``is_waiting`` says that input is waited for, at a second Ctrl-C, and where the rows take longer than
    `_PATIENCE`, it is raised at once.
    """
    pressed = 0.0  # when

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if is_waiting() or (pressed and monotonic() - pressed > _ECHO):
            raise KeyboardInterrupt
        pressed = pressed or monotonic()
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)

    def check() -> None:
        if pressed:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield check
    finally:
        if pressed and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGINT, before)


def run_interruptible(work: Callable[[Callable[[], None]], int]) -> int:
    """Run work inside a library that would answer Ctrl-C with a stack trace of its own. Returns its result.

    The work runs in a thread which, like all threads that it starts, Ctrl-C does not reach. It is
    given a function to call now and then, which raises KeyboardInterrupt after Ctrl-C, so that
    what is half done is removed in good order. Raises whatever ``work`` does.
    """
    stop = threading.Event()
    code: list[int] = []
    failure: list[BaseException] = []

    def check() -> None:
        if stop.is_set():
            raise KeyboardInterrupt

    def run() -> None:
        try:
            code.append(work(check))
        except BaseException as problem:  # noqa: BLE001  # it is raised where it was asked for
            failure.append(problem)

    if not _can_wait():
        return work(check)
    remove_parts_at_signals()  # the thread itself may not
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        deadline = inf
        while thread.is_alive():
            if signal.sigtimedwait({signal.SIGINT}, _POLL) is not None and not stop.is_set():
                stop.set()
                deadline = monotonic() + _PATIENCE
            if monotonic() > deadline:  # it is in the middle of a long row, and ends with the process
                remove_parts()
                raise KeyboardInterrupt
        thread.join()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if failure:
        raise failure[0]
    return code[0]


def _can_wait() -> bool:
    """True where signals can be waited for: not on Windows or macOS, nor outside the main thread."""
    return hasattr(signal, "sigtimedwait") and threading.current_thread() is threading.main_thread()
