"""Problems, one per line, from a stream of bytes: expressions or JSON objects.

Each line is decoded by itself, so that a bad byte spoils one record; what has come is answered before
more is waited for, so that a slow pipe sees each answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.errors import DcalcError, UsageError
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

_CHECKED = ("expr", "wrt", "order", "notation")
_KEYS = (*_CHECKED, "at", "id")


class Item(NamedTuple):
    """A line of input: the text of an expression (and of ``more``, where a command takes several),
    and what a JSON object adds to it.

    ``own`` holds the keys that only some commands know.
    """

    line: int
    text: str
    at: Any = None
    wrt: Any = None
    order: Any = None
    id: Any = None
    error: DcalcError | None = None
    own: Mapping[str, Any] | None = None
    more: tuple[str, ...] = ()
    notation: str | None = None


def read_problems(stream: BinaryIO, before_waiting: Callable[[], object], *, exact: bool = False) -> Iterator[Item]:
    """The problems of a stream; a line that is not one is an item with its error.

    ``before_waiting`` is called each time that more input must be waited for; with ``exact`` the
    numbers of points stay the text that they were.
    """
    # A call with one expression needs the items alone.
    from dcalc.io.lines import decode_line, numbered_lines

    for number, raw in numbered_lines(stream, before_waiting):
        try:
            text = decode_line(raw)
            yield _read_record(number, text, exact) if text.startswith("{") else Item(number, text)
        except DcalcError as error:
            yield Item(number, "", error=error)


def _read_record(number: int, text: str, exact: bool) -> Item:
    from dcalc.io.jsonl import parse_object

    record = parse_object(text)
    for key in record.keys() - _KEYS:
        _check_key(key)
    identity = record.get("id")
    expression, *more = _expressions(record.get("expr"))
    if not isinstance(expression, str):
        error = UsageError('a problem needs the key "expr", a string', help='write {"expr": "x**2", "at": {"x": 1}}')
        return Item(number, "", id=identity, error=error)
    at = record.get("at")
    if exact and at is not None:
        at = parse_object(text, exact=True)["at"]
    own = {key: value for key, value in record.items() if key not in _KEYS}
    wrt, order, notation = record.get("wrt"), record.get("order"), record.get("notation")
    if notation is not None and not isinstance(notation, str):
        error = UsageError('"notation" must be the name of a notation', help='write "notation": "latex"')
        return Item(number, "", id=identity, error=error)
    return Item(number, expression, at, wrt, order, identity, own=own or None, more=tuple(more), notation=notation)


def _expressions(expression: object) -> list[Any]:
    """The expression, or those of a list; None where it is neither."""
    if isinstance(expression, list) and expression and all(isinstance(text, str) for text in expression):
        return expression
    return [expression if isinstance(expression, str) else None]


def _check_key(key: str) -> None:
    """Pass over keys of other programs, and refuse a misspelt one of ours. Raises UsageError."""
    if key not in _foreign:
        from difflib import get_close_matches

        anagrams = [ours for ours in _CHECKED if sorted(ours) == sorted(key.lower())]
        close = anagrams or get_close_matches(key.lower(), _CHECKED, n=1, cutoff=0.8)
        if close:
            raise UsageError(f'a problem has no key "{key}"', help=f"did you mean {close[0]}?")
        if len(_foreign) < 1000:
            _foreign.add(key)


_foreign: set[str] = set()
