"""Ctrl-C between rows, never within one: what is begun is written, and then it ends."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from dcalc.cli.stream.source import Source


@contextmanager
def at_rows(source: Source) -> Iterator[Callable[[], None]]:
    """A function to call where all rows are whole; after Ctrl-C it raises KeyboardInterrupt.

    While input is waited for, and at a second Ctrl-C, that is raised at once.
    """
    pressed = False

    def press(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        if source.waits or pressed:
            raise KeyboardInterrupt
        pressed = True

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
        signal.signal(signal.SIGINT, before)
