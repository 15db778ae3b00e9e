"""The types of declared keys as JSON Schema."""

from __future__ import annotations

import pytest

from dcalc.cli.schemas import make_schema
from dcalc.finding import Field


@pytest.mark.parametrize(
    ("declared", "schema"),
    [
        ("number", {"type": "number"}),
        ("number | null", {"type": ["number", "null"]}),
        ("[string]", {"type": "array", "items": {"type": "string"}}),
        (
            "{[number | null]}",
            {"type": "object", "additionalProperties": {"type": "array", "items": {"type": ["number", "null"]}}},
        ),
        ("any", {}),
        ("object", {"type": "object"}),
        (
            "{integer} | null",
            {"anyOf": [{"type": "object", "additionalProperties": {"type": "integer"}}, {"type": "null"}]},
        ),
    ],
)
def test_a_type(declared: str, schema: dict[str, object]) -> None:
    assert make_schema({"key": Field(declared, "what it is")}) == {
        "type": "object",
        "properties": {"key": {"description": "what it is", **schema}},
        "required": ["key"],
    }


def test_entries_of_objects_values_of_strings_and_keys_that_may_be_absent() -> None:
    inner = Field("[object]", "rows", {"kind": Field("string | null", "why", values=("kink", "jump"), optional=True)})
    assert make_schema({"rows": inner}, closed=True)["properties"]["rows"] == {
        "description": "rows",
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "kind": {
                    "description": "why",
                    "anyOf": [{"type": "string", "enum": ["kink", "jump"]}, {"type": "null"}],
                }
            },
            "required": [],
            "additionalProperties": False,
        },
    }


@pytest.mark.parametrize("declared", ["", "numbr", "[number", "number]", "number string", "{|}", "a-b"])
def test_what_is_not_a_type_is_refused(declared: str) -> None:
    with pytest.raises(ValueError, match=r"is not a type|in the place of|does not end"):
        make_schema({"key": Field(declared, "")})
