"""A bar on a terminal's stderr for what takes longer than a second."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from dcalc.cli.output import is_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcalc.cli.output import Voice
    from dcalc.cli.request import Request

_PATIENCE = 1.0


class Progress:
    """Shown after a second; ``total`` is None where it is not known."""

    def __init__(self, total: int | None, *, shown: bool, color: bool = False) -> None:
        self._total = total
        self._shown = shown
        self._color = color
        self._since = monotonic()
        self._bar: Any = None

    def reach(self, done: int) -> None:
        """Show that so much of the total is done."""
        if not self._shown or (self._bar is None and monotonic() - self._since < _PATIENCE):
            return
        if self._bar is None:
            self._bar = _bar(self._color)
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total)
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar away: what stays on the screen is what is said afterwards."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def bar(total: int | None, request: Request, voice: Voice) -> Iterator[Progress]:
    """A bar where one is wanted: not with -q or JSON, nor where results go to the same screen."""
    apart = request.output not in (None, "-") or not is_terminal(sys.stdout)
    shown = apart and not voice.quiet and not voice.json and is_terminal(sys.stderr)
    progress = Progress(total, shown=shown, color=voice.color)
    try:
        yield progress
    finally:
        progress.close()


def _bar(color: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=not color, markup=False)
    return Progress(BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console, transient=True)
