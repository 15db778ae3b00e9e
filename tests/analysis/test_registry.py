"""Every analysis, by the examples of its command: all formats show it, and its record is what it declares."""

from __future__ import annotations

import json
import pkgutil
import shlex
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from dcalc import analysis, formats
from dcalc.finding import Field
from dcalc.schema import make_schema
from tests.cli.conftest import Result, Run

ENVELOPE = {"id", "line", "expression", "wrt", "at", "exact_at", "status", "notes"}
HARD = [("abs(x)", "0"), ("log(x)", "-1"), ("1/x", "0"), ("sin(x)/x", "0"), ("exp(x)", "1000"), ("x**2*y", "x=1,y=0")]
"""A kink, a point outside of the domain, a pole, a hole, an overflow, and several variables."""


def commands_of(name: str) -> list[tuple[tuple[str, ...], bytes]]:
    """(arguments without a format, stdin) of those examples of a command that need no file."""
    calls = []
    for example in import_module(f"dcalc.cli.commands.{name}").EXAMPLES:
        *before, own = split_pipeline(example.partition("| dcalc diff -")[0])
        if own[:2] != ["dcalc", name] or any(words[0] != "printf" for words in before):
            continue
        stdin = before[0][1].encode().decode("unicode_escape").encode() if before else b""
        valued = {place + 1 for place, word in enumerate(own) if word == "--format"}
        formats = {place for place, word in enumerate(own) if word in ("--json", "--format")} | valued
        calls.append((tuple(word for place, word in enumerate(own[1:], 1) if place not in formats), stdin))
    return calls


def split_pipeline(line: str) -> list[list[str]]:
    """The words of each command of a pipeline."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    stages: list[list[str]] = [[]]
    for word in lexer:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    return stages


ANALYSES = [
    module.name
    for module in pkgutil.iter_modules(analysis.__path__)
    if find_spec(f"dcalc.cli.commands.{module.name}")
    and hasattr(import_module(f"dcalc.analysis.{module.name}"), "find")
]
EXAMPLES = [(name, *call) for name in ANALYSES for call in commands_of(name)]


def test_every_analysis_has_an_example() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(ANALYSES) and len(ANALYSES) > 10


@pytest.mark.parametrize(("name", "arguments", "stdin"), EXAMPLES)
def test_every_format_shows_every_analysis(run: Run, name: str, arguments: tuple[str, ...], stdin: bytes) -> None:
    """Or says in a sentence that it cannot, as one that draws says of what has no picture."""
    plain = run(*arguments, "--format", "plain", stdin=stdin)
    for format in formats.names():
        if formats.is_binary(format):
            continue
        result = run(*arguments, "--format", format, stdin=stdin)
        refused = result.code == 2 and "error: " in result.err and not result.out
        assert (result.code == plain.code and result.out) or refused, result.err
        assert "internal error" not in result.err


# --- records ------------------------------------------------------------------------------


def violations(value: Any, schema: Mapping[str, Any], path: str = "record") -> Iterator[str]:
    """Where a value is not what a schema says: of the keywords that `make_schema` writes."""
    if "anyOf" in schema:
        if all(list(violations(value, part, path)) for part in schema["anyOf"]):
            yield f"{path} is {value!r}"
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        yield f"{path} is {value!r}, not {' or '.join(kinds)}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, none of {schema['enum']}"
    if isinstance(value, list) and "items" in schema:
        for place, item in enumerate(value):
            yield from violations(item, schema["items"], f"{path}[{place}]")
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from (f"{path} lacks {key}" for key in schema.get("required", []) if key not in value)
        for key, item in value.items():
            if key in known:
                yield from violations(item, known[key], f"{path}.{key}")
            elif others is False:
                yield f"{path}.{key} is not declared"
            else:
                yield from violations(item, others, f"{path}.{key}")


def is_of(value: Any, kind: str) -> bool:
    """Whether a value from JSON is of a type of JSON Schema."""
    if kind in ("number", "integer"):
        numbers = (int, float) if kind == "number" else (int,)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "boolean": bool, "null": type(None), "array": list, "object": dict}[kind])


def test_a_violation_is_found() -> None:
    schema = make_schema({"a": Field("[number]", ""), "b": Field("string | null", "", values=("x",))}, closed=True)
    assert list(violations({"a": [1, True], "c": 0}, schema)) == [
        "record lacks b", "record.a[1] is True, not number", "record.c is not declared",
    ]  # fmt: skip
    assert list(violations({"a": [], "b": "y"}, schema)) and not list(violations({"a": [], "b": None}, schema))


def records_of(result: Result) -> list[dict[str, Any]]:
    """The records on stdout, without the keys that all commands share."""
    if not result.out:
        return []
    records = json.loads(result.out)["records"]
    return [{key: value for key, value in record.items() if key not in ENVELOPE} for record in records]


def declared(name: str) -> Mapping[str, Any]:
    """The schema of the keys that the analysis declares."""
    return make_schema(import_module(f"dcalc.analysis.{name}").RECORD, closed=True)


@pytest.mark.parametrize(("name", "arguments", "stdin"), EXAMPLES)
def test_records_are_as_declared(run: Run, name: str, arguments: tuple[str, ...], stdin: bytes) -> None:
    records = records_of(run(*arguments, "--json", stdin=stdin))
    assert records
    for record in records:
        assert list(violations(record, declared(name))) == []


@pytest.mark.parametrize(("text", "at"), HARD)
@pytest.mark.parametrize("name", ANALYSES)
def test_records_without_a_value_are_as_declared(run: Run, name: str, text: str, at: str) -> None:
    """Analyses that need more than an expression and a point, or less, refuse this with exit code 2."""
    result = run(name, text, "--at", at, "--json")
    if result.code != 2:
        for record in records_of(result):
            assert list(violations(record, declared(name))) == []
