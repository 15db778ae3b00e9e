"""`dcalc schema`, and the keys that commands declare. Every record that `run` sees is held against its schema."""

from __future__ import annotations

import json
import re

import pytest

from dcalc.cli import typer_adapter
from dcalc.cli.schemas import read_keys
from tests.cli.conftest import Run
from tests.records import check_output

COMMANDS = [name for name in typer_adapter.command_names() if read_keys(name)]
SMALLEST = {
    "implicit": ("implicit", "x*y = 1"),
    "propagate": ("propagate", "x**2", "--at", "x=1±0.1"),
    "convert": ("convert", "x*x", "--to", "latex"),
    "functions": ("functions", "sin"),
    "backends": ("backends",),
    "check": ("check", "x**2", "2*x"),
    "descend": ("descend", "x**2", "--from", "1", "--lr", "0.1"),
    "emit": ("emit", "x**2", "--target", "c"),
    "plot": ("plot", "x**2", "--over", "0:1"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_schema_is_json_and_describes_every_key(run: Run, command: str) -> None:
    result = run("schema", command)
    assert (result.code, result.err) == (0, "")
    schema = json.loads(result.out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    for alternative in schema.get("anyOf", [schema]):
        for key, part in alternative["properties"].items():
            assert re.match(r"\S.*[^.]$", part["description"]), key


@pytest.mark.parametrize("command", COMMANDS)
def test_a_record_of_every_command(run: Run, command: str) -> None:
    """`run` validates it; here, that its keys are those of one declaration."""
    point = ("--at", "1") if "--at" in typer_adapter.options_of(typer_adapter.build_command(command)) else ()
    arguments = SMALLEST.get(command, (command, "x**2", *point))
    if command == "fit":
        arguments, stdin = ("fit", "a*x", "--data", "-", "--target", "y"), b"x,y\n1,2\n2,4\n3,7\n"
    else:
        stdin = b""
    result = run(*arguments, "--json", stdin=stdin)
    (record,) = json.loads(result.out)["records"][:1]
    assert set(record) <= set(read_keys(command) or ())


def test_a_key_that_is_not_declared_fails_a_test() -> None:
    record = {"id": None, "line": 1, "status": "error"}
    with pytest.raises(AssertionError, match="required property"):
        check_output(["hessian"], json.dumps({"schema": 1, "command": "hessian", "records": [record]}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "error: no command is given\nhelp: write dcalc schema diff\n"),
        (("hesian",), "error: no command named hesian\nhelp: did you mean hessian?\n"),
        (("completions",), "error: completions has no records\nhelp: there are records of "),
    ],
)
def test_commands_without_records(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("schema", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(message)
