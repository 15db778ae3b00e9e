"""Which keys the records of each command have, and their JSON Schema."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, get_args

from dcalc import errors
from dcalc.cli import typer_adapter
from dcalc.errors import UsageError
from dcalc.finding import Field
from dcalc.problem import Status
from dcalc.text import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def read_own_keys(command: str) -> Mapping[str, Field] | None:
    """The keys that a command adds to those of all records: the `RECORD` of the analysis of its name, or None."""
    name = f"dcalc.analysis.{command}"
    return import_module(name).RECORD if find_spec(name) is not None else None


def read_keys(command: str) -> Mapping[str, Field] | None:
    """All keys of a command's records; None where it has none. A list (`dcalc functions`) has its own alone."""
    listed: Mapping[str, Field] | None = getattr(typer_adapter.load_command(command), "RECORD", None)
    own = read_own_keys(command)
    return listed if own is None else {**ENVELOPE, **own}


def make_command_schema(command: str, *, closed: bool = False) -> dict[str, Any]:
    """The schema of a record of the command. Raises UsageError where it has none."""
    exists = typer_adapter.find_command(command) is not None
    keys = read_keys(command) if exists else None
    if keys is None:
        known = [name for name in typer_adapter.command_names() if read_keys(name)]
        message = f"{command} has no records" if exists else f"no command named {command}"
        raise UsageError(message, help=did_you_mean(command, known, f"there are records of {', '.join(known)}"))
    alternatives = (keys, FAILURE) if read_own_keys(command) else (keys,)
    return make_record_schema(f"A record of dcalc {command}", alternatives, closed=closed)


# --- JSON Schema (draft 2020-12) of records, made from the keys that each analysis declares as `Field`s.

VERSION = 1
"""The number in `{"schema": 1, ...}`. It grows when a key is removed or renamed or changes its type or meaning;
keys are added, and strings may take further values, without a new number."""
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ERRORS = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.DcalcError)]
ERROR_KINDS = (*dict.fromkeys(error.kind for error in _ERRORS), "internal")
_PLACE = {
    "id": Field("any", "the `id` of a problem in JSON"),
    "line": Field("integer | null", "the line of input, counted from 1"),
}
ENVELOPE = {
    **_PLACE,
    "expression": Field("string | [string] | null", "the expression, or several"),
    "wrt": Field("string | [string] | null", "the variable or variables to differentiate by"),
    "at": Field(
        "{number | string | [number | string | [number | string]]} | null",
        "the point by variable, as the nearest doubles, arrays as lists; text where it is beyond the doubles",
    ),
    "exact_at": Field(
        "{string}", "the coordinates that were typed as expressions and are exact, such as pi/2", optional=True
    ),
    "status": Field("string", "whether there is a value; `dcalc help statuses` explains each", values=get_args(Status)),
    "notes": Field("[string]", "remarks"),
}
"""The keys of every record; the keys of its command stand between `status` and `notes`."""
FAILURE = {
    **_PLACE,
    "status": Field("string", "that the problem has no record of its own", values=("error",)),
    "error": Field(
        "object",
        "what is wrong",
        {
            "kind": Field("string", "the kind of error", values=ERROR_KINDS),
            "message": Field("string", "the error as a sentence"),
            "column": Field("integer | null", "the first character that is wrong, counted from 1"),
            "end_column": Field("integer | null", "one past the last character that is wrong"),
            "help": Field("string | null", "a fix"),
        },
    ),
}
"""The keys of a line of input that could not be read or answered."""

_TOKEN = re.compile(r"\s*([a-z]+|[][{}|])")
_PLAIN = ("number", "integer", "string", "boolean", "null", "object")


def make_schema(fields: Mapping[str, Field], *, closed: bool = False) -> dict[str, Any]:
    """The schema of an object with these keys.

    Consumers must expect further keys, so the schema allows them; ``closed`` forbids them, which is how tests find
    keys that nobody declared. Raises ValueError for a type that cannot be read.
    """
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key: {"description": field.doc, **_Type(field, closed).read()} for key, field in fields.items()},
        "required": [key for key, field in fields.items() if not field.optional],
    }
    return {**schema, "additionalProperties": False} if closed else schema


def make_record_schema(title: str, alternatives: Sequence[Mapping[str, Field]], *, closed: bool) -> dict[str, Any]:
    """The schema of a record that has one of several sets of keys."""
    schemas = [make_schema(fields, closed=closed) for fields in alternatives]
    head = {"$schema": DIALECT, "title": title, "description": f"Version {VERSION} of dcalc's records."}
    return {**head, **(schemas[0] if len(schemas) == 1 else {"anyOf": schemas})}


class _Type:
    """A recursive-descent reader of one type, such as `{number | null} | [string]`."""

    def __init__(self, field: Field, closed: bool) -> None:
        self.field = field
        self.closed = closed
        self.tokens = self._split(field.type)
        self.token = next(self.tokens)

    @staticmethod
    def _split(text: str) -> Iterator[str]:
        position = 0
        while match := _TOKEN.match(text, position):
            yield match[1]
            position = match.end()
        if text[position:].strip():
            raise ValueError(f"{text!r} is not a type")
        while True:
            yield ""

    def read(self) -> dict[str, Any]:
        """The schema of the whole type."""
        schema = self._union("")
        if self.token:
            raise ValueError(f"{self.field.type!r} does not end at {self.token!r}")
        return schema

    def _take(self, token: str) -> None:
        if self.token != token:
            raise ValueError(f"{self.field.type!r} has {self.token!r} in the place of {token!r}")
        self.token = next(self.tokens)

    def _union(self, end: str) -> dict[str, Any]:
        """Alternatives up to ``end``, those of plain types merged into one."""
        choices = [self._one()]
        while self.token == "|":
            self._take("|")
            choices.append(self._one())
        if end:
            self._take(end)
        return _merge(choices)

    def _one(self) -> dict[str, Any]:
        word = self.token
        self._take(word)
        if word == "[":
            return {"type": "array", "items": self._union("]")}
        if word == "{":
            return {"type": "object", "additionalProperties": self._union("}")}
        if word == "any":
            return {}
        if word == "object" and self.field.keys is not None:
            return make_schema(self.field.keys, closed=self.closed)
        if word == "string" and self.field.values:
            return {"type": "string", "enum": list(self.field.values)}
        if word in _PLAIN:
            return {"type": word}
        raise ValueError(f"{self.field.type!r}: {word!r} is not a type")


def _merge(choices: list[dict[str, Any]]) -> dict[str, Any]:
    if len(choices) == 1:
        return choices[0]
    if all(set(choice) == {"type"} for choice in choices):
        return {"type": [choice["type"] for choice in choices]}
    return {"anyOf": choices}
