"""Records in JSON held against the schema that `dcalc schema` prints, with no key beside those declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from dcalc.cli.schemas import VERSION, make_command_schema
from dcalc.errors import UsageError

MOST = 20
"""Records of one call that are validated: a sweep's differ in their numbers alone."""


@cache
def read_validators(command: str) -> tuple[Draft202012Validator, ...]:
    """A validator for each kind of record that a command has; none where it has no records."""
    try:
        schema = make_command_schema(command, closed=True)
    except UsageError:
        return ()
    Draft202012Validator.check_schema(schema)
    return tuple(Draft202012Validator(alternative) for alternative in schema.get("anyOf", [schema]))


def describe_errors(command: str, record: dict[str, Any]) -> list[str]:
    """What is wrong with a record, by the kind of record that it is nearest to; empty where nothing is."""
    attempts = [
        [f"{command}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(record)]
        for validator in read_validators(command)
    ]
    return min(attempts, key=len)


def check_output(arguments: Sequence[str], output: str) -> None:
    """Fail where dcalc's output is JSON with a record that the schema of its command does not allow."""
    if not output.startswith('{"schema": ') or not read_validators(arguments[0]):
        return
    document = json.loads(output)
    assert set(document) == {"schema", "command", "records"}
    assert (document["schema"], document["command"]) == (VERSION, arguments[0])
    for record in document["records"][:MOST]:
        errors = describe_errors(arguments[0], record)
        assert not errors, "\n".join(errors)
