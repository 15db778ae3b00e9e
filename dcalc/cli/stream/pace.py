"""How much is worked on at a time: much where that is quick, less where nothing would be seen for long."""

from __future__ import annotations

from time import monotonic

_SLOW, _QUICK = 0.2, 0.05  # seconds


class Pace:
    """A size between two bounds; entered around the work on so much, it adapts to how long that takes."""

    def __init__(self, least: int, most: int, first: int | None = None) -> None:
        self.size = least if first is None else first
        self._least, self._most = least, most
        self._start = 0.0

    def __enter__(self) -> None:
        self._start = monotonic()

    def __exit__(self, *_: object) -> None:
        spent = monotonic() - self._start
        if spent > _SLOW:
            self.size = max(self.size // 4, self._least)
        elif spent < _QUICK:
            self.size = min(self.size * 2, self._most)
