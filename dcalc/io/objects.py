"""JSON objects, one per line, read strictly: no key twice, no NaN, and faults told in plain words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from dcalc.errors import ParseError, UsageError
from dcalc.io.lines import decode_line

if TYPE_CHECKING:
    from json import JSONDecoder

_AS_JSON = 'write one object per line: {"expr": "x**2", "at": {"x": 1}}'
_FAULTS = {
    "property name": "a key in double quotes is missing",
    "Expecting value": "a value is missing",
    "',' delimiter": "a comma or a closing bracket is missing",
    "':' delimiter": "a colon is missing",
    "Extra data": "there is more after its end",
    "Unterminated": "a closing quote is missing",
    "control character": "a string contains a control character",
    "escape": "an escape is not one of JSON's",
    "trailing comma": "nothing follows the comma",
}


def read_object(line: bytes, *, exact: bool = False) -> dict[str, Any]:
    """The object of a line; with ``exact`` its decimals are left as text. Raises ParseError, UsageError."""
    text = decode_line(line.strip())
    if not text.startswith("{"):
        raise ParseError("not a JSON object", source=text, span=(0, 1), help='write one per line: {"x": 1}')
    return parse_object(text, exact=exact)


def parse_object(text: str, *, exact: bool = False) -> dict[str, Any]:
    """The object; with ``exact`` its decimals are left as text."""
    from json import JSONDecodeError

    try:
        record: dict[str, Any] = _new_decoder(exact).decode(text)
    except JSONDecodeError as error:
        place = min(error.pos, len(text))
        raise ParseError(_explain(error.msg), source=text, span=(place, place + 1), help=_AS_JSON) from None
    except (ValueError, RecursionError):
        raise ParseError("the JSON object cannot be read: a number is too long, or it is nested too deeply") from None
    return record


@cache
def _new_decoder(exact: bool) -> JSONDecoder:
    from json import JSONDecoder

    return JSONDecoder(
        parse_constant=_refuse_constant, parse_float=str if exact else None, object_pairs_hook=_refuse_twice
    )


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, where no key stands twice: of two values one would be lost without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UsageError(f'the key "{twice}" is given twice', help="give it one value")
    return record


def _explain(decoders: str) -> str:
    """What Python's decoder says, in words that need no knowledge of Python."""
    fault = next((ours for words, ours in _FAULTS.items() if words in decoders), None)
    return "not a JSON object" if fault is None else f"not a JSON object: {fault}"


def _refuse_constant(word: str) -> None:
    raise UsageError(f"{word} is not allowed in JSON", help="leave it out, or write null")
