"""Problems, one a line, from a stream of bytes: expressions or JSON objects.

A line is decoded by itself, so that a bad byte spoils one record; what is there is
answered before more is waited for, so that a slow pipe sees each answer at once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dcalc.cli.request import Item
from dcalc.errors import DcalcError, ParseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from json import JSONDecoder
    from typing import BinaryIO

_BLOCK = 1 << 16
# A longer line is cut here: an expression is then over the parser's limit anyway. A problem of a hundred
# thousand variables has room for its point beside an expression of the greatest length.
LONGEST = 32 << 20
_CHECKED = ("expr", "wrt", "order")
_AS_JSON = 'write one object a line: {"expr": "x**2", "at": {"x": 1}}'
_FAULTS = {
    "property name": "a key in double quotes is missing",
    "Expecting value": "a value is missing",
    "',' delimiter": "a comma or a closing bracket is missing",
    "':' delimiter": "a colon is missing",
    "Extra data": "there is more after its end",
    "Unterminated": "a closing quote is missing",
    "control character": "a control character stands in a text",
    "escape": "no escape of JSON",
    "trailing comma": "nothing follows the comma",
}
_KEYS = ("expr", "at", "wrt", "order", "id")


def lines(stream: BinaryIO, before_waiting: Callable[[], object]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines without their ends; blank lines and those that start with # are passed over.

    ``before_waiting`` is called each time that more input must be waited for. Memory: one
    line, and of that at most 32 MiB.
    """
    number, held = 0, 0
    begun: list[bytes] = []  # pieces of a line whose end has not come yet
    read = getattr(stream, "read1", stream.read)
    while True:
        before_waiting()
        block = read(_BLOCK)
        first, *others = block.split(b"\n")
        if held < LONGEST:
            begun.append(first)
            held += len(first)
        if block and not others:
            continue
        whole = [b"".join(begun), *others[:-1]]
        begun = others[-1:]
        held = sum(map(len, begun))
        for line in whole:
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            line = line.strip()
            if line and not line.startswith(b"#"):
                yield number, line
        if not block:
            return


def decode(raw: bytes) -> str:
    """The line as text. Raises ParseError that shows the bad byte where it stands."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        source = raw.decode(errors="surrogateescape")
        place = len(raw[: error.start].decode())
        raise ParseError(
            f"byte 0x{raw[error.start]:02x} is no UTF-8",
            source=source,
            span=(place, place + 1),
            help="save the text as UTF-8",
        ) from None


def items(stream: BinaryIO, before_waiting: Callable[[], object], *, exact: bool = False) -> Iterator[Item]:
    """The problems of a stream; a line that is none is an item with its error."""
    for number, raw in lines(stream, before_waiting):
        try:
            text = decode(raw)
            yield _object(number, text, exact) if text.startswith("{") else Item(number, text)
        except DcalcError as error:
            yield Item(number, "", error=error)


def _object(number: int, text: str, exact: bool) -> Item:
    record = load(text)
    for key in record.keys() - _KEYS:
        _check_key(key)
    identity = record.get("id")
    expression, *more = _texts(record.get("expr"))
    if not isinstance(expression, str):
        error = UsageError('a problem needs "expr", a text', help='write {"expr": "x**2", "at": {"x": 1}}')
        return Item(number, "", id=identity, error=error)
    at = record.get("at")
    if exact and at is not None:
        # All digits count: numbers stay the text that they were.
        at = load(text, exact=True)["at"]
    own = {key: value for key, value in record.items() if key not in _KEYS}
    wrt, order = record.get("wrt"), record.get("order")
    return Item(number, expression, at, wrt, order, identity, own=own or None, more=tuple(more))


def _texts(expression: object) -> list[Any]:
    """The expression, or those of a list; None where it is neither."""
    if isinstance(expression, list) and expression and all(isinstance(text, str) for text in expression):
        return expression
    return [expression if isinstance(expression, str) else None]


def load(text: str, *, exact: bool = False) -> dict[str, Any]:
    """The object; with ``exact`` its decimals are left as text."""
    from json import JSONDecodeError

    try:
        record: dict[str, Any] = _decoder(exact).decode(text)
    except JSONDecodeError as error:
        place = min(error.pos, len(text))
        raise ParseError(_wrong_with(error.msg), source=text, span=(place, place + 1), help=_AS_JSON) from None
    except (ValueError, RecursionError):
        raise ParseError("no JSON object that can be read: a number too long, or nested too deep") from None
    return record


@cache
def _decoder(exact: bool) -> JSONDecoder:
    from json import JSONDecoder

    return JSONDecoder(parse_constant=_no_number, parse_float=str if exact else None, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, where no key stands twice: of two values one would be lost without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UsageError(f'the key "{twice}" is given twice', help="give it one value")
    return record


def _wrong_with(decoders: str) -> str:
    """What Python's decoder says, in words that need no Python."""
    return next((f"no JSON object: {ours}" for words, ours in _FAULTS.items() if words in decoders), "no JSON object")


def _no_number(word: str) -> None:
    raise UsageError(f"{word} is no number in JSON", help="leave it out, or write null")


def _check_key(key: str) -> None:
    """Keys of other programs are passed over; a misspelt one of ours must not be."""
    if key not in _foreign:
        from difflib import get_close_matches

        swapped = [known for known in _CHECKED if sorted(known) == sorted(key.lower())]
        found = swapped or get_close_matches(key.lower(), _CHECKED, n=1, cutoff=0.8)
        if found:
            raise UsageError(f'a problem has no key "{key}"', help=f"did you mean {found[0]}?")
        if len(_foreign) < 1000:
            _foreign.add(key)


_foreign: set[str] = set()
