"""What a terminal's stderr shows while work goes on: a bar of rows done, or the steps of a descent."""

from __future__ import annotations

import math
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from dcalc.io.sink import is_terminal, wants_color

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.live import Live

_BAR_PATIENCE = 1.0  # seconds: work that takes no longer shows no bar
_VIEW_PATIENCE = 0.5
_VIEW_PAUSE = 0.1


class Progress:
    """A bar that appears after a second; ``total`` is None where it is not known, ``color`` as for `wants_color`."""

    def __init__(self, total: int | None, *, shown: bool, color: str) -> None:
        self._total = total
        self._shown = shown
        self._color = color
        self._since = monotonic()
        self._bar: Any = None

    def reach(self, done: int) -> None:
        """Show how much of the total is done."""
        if not self._shown or (self._bar is None and monotonic() - self._since < _BAR_PATIENCE):
            return
        if self._bar is None:
            self._bar = _new_bar(wants_color(self._color, sys.stderr))
            self._bar.start()
            self._task = self._bar.add_task("", total=self._total)
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Remove the bar, so that only what is said afterwards stays on the screen."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


@contextmanager
def progress_bar(total: int | None, *, shown: bool, color: str, to_stdout: bool) -> Iterator[Progress]:
    """A bar where one is ``shown`` and stderr is a terminal, unless results go to the same screen.

    ``to_stdout`` says that results are written to standard output.
    """
    apart = not to_stdout or not is_terminal(sys.stdout)
    progress = Progress(total, shown=shown and apart and is_terminal(sys.stderr), color=color)
    try:
        yield progress
    finally:
        progress.close()


def _new_bar(color: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=not color, markup=False)
    return Progress(BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console, transient=True)


class Step(Protocol):
    """What a view shows of a step of a descent."""

    @property
    def number(self) -> int:
        """Its place among the steps, the first being 0."""

    @property
    def value(self) -> float:
        """The value of the function."""

    @property
    def gradient_norm(self) -> float:
        """The length of the gradient."""


class View:
    """One line that is written over. It is called with every step, shows some of them, and takes its line
    away at the end."""

    def __init__(self) -> None:
        self._shown = monotonic() + _VIEW_PATIENCE
        self._live: Live | None = None

    def __call__(self, step: Step) -> None:
        """Show the step, where the last one was shown long enough ago."""
        now = monotonic()
        if now < self._shown:
            return
        self._shown = now + _VIEW_PAUSE
        from rich.text import Text

        length = "" if math.isnan(step.gradient_norm) else f"   gradient norm {step.gradient_norm:.3g}"
        self._started().update(Text(f"step {step.number}   f {step.value:.6g}{length}"), refresh=True)

    def _started(self) -> Live:
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=sys.stderr), transient=True, auto_refresh=False)
            self._live.start()
        return self._live

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
