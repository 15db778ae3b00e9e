"""A run as it goes on, on a terminal's stderr: one line that is written over, gone at the end."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.live import Live

    from dcalc.optimise.descent import Step

_PATIENCE = 0.5
"""A run that is done sooner shows nothing."""
_PAUSE = 0.1


class View:
    """Called with every step, shows some of them; takes its line away at the end."""

    def __init__(self) -> None:
        self._shown = monotonic() + _PATIENCE
        self._live: Live | None = None

    def __call__(self, step: Step) -> None:
        """Show the step, where the last one was shown long enough ago."""
        now = monotonic()
        if now < self._shown:
            return
        self._shown = now + _PAUSE
        from rich.text import Text

        self._started().update(
            Text(f"step {step.number}   f {step.value:.6g}   gradient norm {step.gradient_norm:.3g}"), refresh=True
        )

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
