"""Bytes to lines: blocks of whole lines, decoding, limits, the byte order mark.

Everything that reads lines reads them here: problems, points, tables, JSON Lines, data of a fit.
"""

from __future__ import annotations

import os
import re
import stat
from itertools import chain
from pickle import PickleBuffer
from time import monotonic
from typing import TYPE_CHECKING, SupportsIndex

from dcalc.errors import ParseError
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

BLOCK = 1 << 18
"""Bytes gathered at a time at most: some 13,000 numbers."""
LONGEST = 32 << 20
"""Bytes of a line, which is cut here: a problem with a hundred thousand variables has room for its point
beside an expression of the greatest length, and a longer expression is over the parser's limit anyway."""
_FIRST = 1 << 14
_LEAST = 1 << 12
_READ = 1 << 18
_BUSY = 1 << 15  # a producer that has sent this much writes in blocks: a moment's wait brings more of them
_MOMENT = 5  # milliseconds
_LONG, _FULL = 1 << 20, 60_000
"""Bytes of a long file, some 50,000 numbers, and in a pipe to which more is being written as soon as it has room."""
_MARK = b"\xef\xbb\xbf"
_SHEET_ERROR = re.compile(rb"#(?:N/A|NULL!|NUM!|VALUE!|REF!|NAME\?|DIV/0!)(?=\s*$|\s*[,;\t]|\s+[-+#0-9.])")
_SLOW, _QUICK = 0.2, 0.05  # seconds of work on a block


class Pace:
    """How much to work on at a time: much where that is quick, less where nothing would be seen for long.

    A size between two bounds, which adapts to the time spent inside the ``with`` block.
    """

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


class Source:
    """Blocks of whole lines with their ends; the last line may have none. A byte order mark is left out.

    ``before_waiting`` is called each time that more input must be waited for, so that what was
    answered can be seen; ``waits`` is True meanwhile. ``seen`` counts the bytes read. Blocks grow
    while the work on them is quick; ``block`` gives them one size. Memory: a block, and one line.
    """

    def __init__(self, stream: BinaryIO, before_waiting: Callable[[], object], *, block: int | None = None) -> None:
        self._read = getattr(stream, "read1", stream.read)
        self.before_waiting = before_waiting
        self.patience = 0
        """Milliseconds that input may take before it counts as waited for."""
        self._pace = Pace(_LEAST, BLOCK, _FIRST) if block is None else Pace(block, block)
        number = _number_of(stream)
        self.is_ready = _watch(number)
        """Whether a read would return within a number of milliseconds."""
        self.is_long = number is not None and is_long(number)
        """Whether it is known to be long from the start."""
        self._ended = False
        self.waits = False
        self.seen = 0

    def __iter__(self) -> Iterator[bytes]:
        """The blocks, each as soon as the input pauses or a block is full."""
        begun: list[bytes | memoryview] = []  # pieces of a line whose end has not come yet
        held, first = 0, True
        while not self._ended:
            data = self._gather()
            if held + len(data) > LONGEST:  # what is over the limit is dropped, up to the end of the line
                start, newline, rest = data.partition(b"\n")
                data = start[: LONGEST - held] + newline + rest
            end = len(data) if self._ended else data.rfind(b"\n") + 1
            begun.append(memoryview(data)[:end] if end else data)  # which is copied once
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
        """What is there, and more while it comes fast; empty only at the end."""
        if not self.patience or not self.is_ready(self.patience):
            self.before_waiting()
        parts, size, patience = [self._take()], 0, 0
        while not self._ended and (size := size + len(parts[-1])) < self._pace.size and self.is_ready(patience):
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


def _number_of(stream: BinaryIO) -> int | None:
    """The number of an open file; None for bytes in memory, or a stream that nothing is known of."""
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _watch(number: int | None) -> Callable[[int], bool]:
    """A function that tells whether a read would return within a number of milliseconds."""
    import select

    if number is None or not hasattr(select, "poll"):  # Windows has none for pipes
        return lambda _: False  # each read is a block
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda milliseconds: bool(poll.poll(milliseconds))


class Lines(NamedTuple):
    """Some rows without their line ends, and the numbers of the lines on which they begin."""

    numbers: Sequence[int]
    rows: list[bytes]


class Block:
    """Whole lines with their ends, and the number of the first: rows that are not told apart yet."""

    __slots__ = ("_count", "first", "text")

    def __init__(self, first: int, text: bytes) -> None:
        self.first = first
        self.text = text
        self._count: int | None = None

    @property
    def count(self) -> int:
        """The number of line ends, which are counted only where nobody has told it."""
        return self.text.count(b"\n") if self._count is None else self._count

    @count.setter
    def count(self, count: int) -> None:
        self._count = count

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Callable[..., Block], tuple[int, PickleBuffer]]:
        """To another process the text goes through memory that both see."""
        return _load_block, (self.first, PickleBuffer(self.text))

    def lines(self) -> Lines:
        """The lines as rows."""
        rows = split_lines(self.text)
        return Lines(range(self.first, self.first + len(rows)), rows)


def _load_block(first: int, text: PickleBuffer) -> Block:
    return Block(first, bytes(text))


def number_blocks(blocks: Iterable[bytes]) -> Iterator[Block]:
    """The blocks, each with the number of its first line."""
    first = 1
    for text in blocks:
        block = Block(first, text)
        yield block
        first += block.count


def split_lines(block: bytes) -> list[bytes]:
    """The lines of a block without their newlines."""
    return block.removesuffix(b"\n").split(b"\n")


def is_row(line: bytes) -> bool:
    """False for blank lines and comments, which are passed over; `#N/A` is a value that is missing, not a comment."""
    line = line.lstrip()
    return bool(line) and (not line.startswith(b"#") or _SHEET_ERROR.match(line) is not None)


def numbered_lines(stream: BinaryIO, before_waiting: Callable[[], object]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without the space around them; blank lines and those that start with # are passed over.

    ``before_waiting`` is called each time that more input must be waited for. Memory: that of a `Source`.
    """
    number = 0
    for block in Source(stream, before_waiting):
        for line in split_lines(block):
            number += 1
            if line and is_row(line):
                yield number, line.strip()


def peek_row(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first row, empty where there is none, and all the blocks again."""
    stream, ahead = iter(blocks), []
    for block in stream:
        ahead.append(block)
        if block.isspace():
            continue
        if row := next(filter(is_row, block.split(b"\n")), b""):
            return row, chain(ahead, stream)
    return b"", iter(ahead)


def decode_line(raw: bytes) -> str:
    """The line as text. Raises ParseError, which shows the bad byte where it stands."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        source = raw.decode(errors="surrogateescape")
        place = len(raw[: error.start].decode())
        raise ParseError(
            f"byte 0x{raw[error.start]:02x} is not UTF-8",
            source=source,
            span=(place, place + 1),
            help="save the text as UTF-8",
        ) from None


def decode_file(raw: bytes) -> str:
    """The text of a file that holds one expression, without a byte order mark and the last newline."""
    return decode_line(raw.removeprefix(_MARK).rstrip(b"\r\n"))


def is_long(number: int) -> bool:
    """Whether an open file is known to be long: it is one on a disk, or a pipe that is full."""
    try:
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode):
            return status.st_size >= _LONG
        if not stat.S_ISFIFO(status.st_mode):
            return False
        from array import array
        from fcntl import ioctl
        from termios import FIONREAD

        ready = array("i", [0])
        ioctl(number, FIONREAD, ready)
    except (OSError, ImportError):
        return False
    return ready[0] >= _FULL


def size_of(stream: BinaryIO) -> int | None:
    """The bytes of a stream that is a file, else None."""
    number = _number_of(stream)
    if number is None:
        return None
    status = os.fstat(number)
    return status.st_size if stat.S_ISREG(status.st_mode) else None
