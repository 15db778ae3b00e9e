"""The pins for the lowest versions are those that pyproject.toml gives."""

from __future__ import annotations

import tomllib
from importlib.metadata import version

import pytest

from tests.lowest import MATHEMATICS, PYPROJECT, ROOT, lowest_versions, unaffected_files

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


def test_what_versions_cannot_change_is_found_by_its_folder_and_its_imports() -> None:
    left_out = {str(file) for file in unaffected_files()}
    assert {file.split("/")[1] for file in left_out} == set(MATHEMATICS)
    assert all((ROOT / file).is_file() for file in left_out)
    assert "tests/analysis/test_check.py" in left_out and "tests/analysis/test_optimise.py" not in left_out


def test_flint_has_one_version_so_far() -> None:
    """With a second one `MATHEMATICS` is to be tested with both."""
    installed = ".".join(version("python-flint").split(".")[:2])
    assert lowest_versions(PROJECT, [])["python-flint"] == f"python-flint=={installed}"
