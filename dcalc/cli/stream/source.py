"""Bytes of a stream in blocks of whole lines: large where they come fast, small where they pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.stdin import LONGEST
from dcalc.cli.stream.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

BLOCK = 1 << 19
"""Bytes that are gathered at a time at most: some 25,000 numbers."""
_FIRST = 1 << 14
_LEAST = 1 << 12
_READ = 1 << 18
_BUSY = 1 << 15  # whoever has sent this much is writing blocks: a moment's wait brings more of them
_MOMENT = 5  # milliseconds
_MARK = b"\xef\xbb\xbf"


class Source:
    """Blocks of whole lines with their ends; the last line may have none. A byte order mark is left out.

    ``before_waiting`` is called each time that more input must be waited for, so that what was
    answered can be seen; ``waits`` is True meanwhile. ``seen`` counts the bytes read. Blocks grow
    while the work on them is quick; ``block`` gives them one size. Memory: a block, and one line.
    """

    def __init__(self, stream: BinaryIO, before_waiting: Callable[[], object], *, block: int | None = None) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self._before_waiting = before_waiting
        self._pace = Pace(_LEAST, BLOCK, _FIRST) if block is None else Pace(block, block)
        self._is_ready = _watch(stream)
        self._ended = False
        self.waits = False
        self.seen = 0

    def __iter__(self) -> Iterator[bytes]:
        """The blocks, each as soon as the input pauses or a block is full."""
        begun: list[bytes] = []  # pieces of a line whose end has not come yet
        held, first = 0, True
        while not self._ended:
            data = self._gather()
            if held >= LONGEST:  # what is over the limit is dropped, up to the end of the line
                data = b"".join(data.partition(b"\n")[1:])
            end = len(data) if self._ended else data.rfind(b"\n") + 1
            begun.append(data[:end] if end else data)
            if not end and not self._ended:
                held += len(data)
                continue
            whole = b"".join(begun)
            if first:
                whole = whole.removeprefix(_MARK)
            begun, held = [data[end:]], len(data) - end
            if whole:
                with self._pace:
                    yield whole
                first = False

    def _gather(self) -> bytes:
        """What is there, and more while it comes fast; less than a byte only at the end."""
        self._before_waiting()
        parts, size, patience = [self._take()], 0, 0
        while not self._ended and (size := size + len(parts[-1])) < self._pace.size and self._is_ready(patience):
            parts.append(self._take())
            patience = _MOMENT if size >= _BUSY else 0
        return b"".join(parts)

    def _take(self) -> bytes:
        self.waits = True
        data: bytes = self._read(min(self._pace.size, _READ))
        self.waits = False
        self._ended = not data
        self.seen += len(data)
        return data


def _watch(stream: BinaryIO) -> Callable[[int], bool]:
    """A function that tells whether a read would not wait, within so many milliseconds."""
    import select

    try:
        number = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return lambda _: True  # bytes in memory
    if not hasattr(select, "poll"):
        return lambda _: False  # Windows has none for pipes: each read is a block
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda milliseconds: bool(poll.poll(milliseconds))
