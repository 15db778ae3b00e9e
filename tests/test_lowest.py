"""The pins for the lowest versions are those that pyproject.toml gives."""

from __future__ import annotations

import tomllib

import pytest

from tests.lowest import PYPROJECT, lowest_versions

PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def test_an_extra_brings_the_extras_it_names() -> None:
    project = {
        "name": "p",
        "dependencies": ["a>=1,<2"],
        "optional-dependencies": {"fast": ["b-c>=3.4"], "test": ["p[fast]", "d>=5; sys_platform != 'win32'"], "no": []},
    }
    assert lowest_versions(project, ["test"]) == {
        "a": "a==1",
        "b-c": "b-c==3.4",
        "d": "d==5; sys_platform != 'win32'",
    }


def test_a_requirement_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="'a<2' has no lower bound"):
        lowest_versions({"name": "p", "dependencies": ["a<2"], "optional-dependencies": {}}, [])


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_every_requirement_has_a_lower_bound(extra: str) -> None:
    assert {"typer", "rich", "lark", "python-flint"} < set(lowest_versions(PROJECT, [extra]))
