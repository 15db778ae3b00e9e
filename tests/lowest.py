"""Prints the lowest version that pyproject.toml allows of each requirement, one pin per line.

`.ci/run` installs these pins in an environment of their own and runs tests there, so that a
lower bound is a promise kept and not a guess:

    python tests/lowest.py test scipy > pins && pip install -r pins

With `--ignore` it prints options for pytest that leave out what other versions cannot change.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = ROOT / "pyproject.toml"
MATHEMATICS = (
    "analysis", "core", "falsehoods", "isolate", "notation", "numbers", "profile", "proof", "simplify", "verdict",
    "test_derive.py", "test_expr.py", "test_flat.py", "test_functions.py", "test_interior.py", "test_numerals.py",
    "test_series.py", "test_stable.py",
)  # fmt: skip
"""Tests about what is true, in folders and files. Of all libraries what they test uses python-flint alone, whose lowest
version is the newest, and Lark, which tests of the parser hold; files that name another library are run all the same.
"""
_LIBRARIES = re.compile(
    r"(import|from|importorskip\(\")\s*(cairosvg|duckdb|lark|nanoarrow|numpy|orjson|polars|pyarrow|resvg|rich|scipy|typer)"
)
_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[(?P<extra>[\w,-]+)\])?(>=(?P<lowest>[\w.]+))?[^;]*(?P<marker>;.*)?")


def lowest_versions(project: Mapping[str, Any], extras: Iterable[str]) -> dict[str, str]:
    """The pins by the names of the packages, for the dependencies and the given extras.

    An extra may ask for others of the project's own. Raises ValueError for a requirement
    without a lower bound and KeyError for an extra that the project does not have.
    """
    return dict(_pins(project, extras))


def _pins(project: Mapping[str, Any], extras: Iterable[str]) -> Iterator[tuple[str, str]]:
    optional = project["optional-dependencies"]
    waiting = [*project["dependencies"], *(one for extra in extras for one in optional[extra])]
    while waiting:
        requirement = waiting.pop(0)
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None:
            raise ValueError(f"{requirement!r} cannot be read")
        if match["name"] == project["name"]:
            waiting += [one for extra in (match["extra"] or "").split(",") for one in optional[extra]]
        elif match["lowest"] is None:
            raise ValueError(f"{requirement!r} has no lower bound")
        else:
            yield match["name"], f"{match['name']}=={match['lowest']}{match['marker'] or ''}"


def unaffected_files() -> list[Path]:
    """The files of tests that the versions of libraries cannot change, as paths from the root of the project."""
    patterns = [name if name.endswith(".py") else f"{name}/test_*.py" for name in MATHEMATICS]
    files = [file for pattern in patterns for file in sorted((ROOT / "tests").glob(pattern))]
    return [file.relative_to(ROOT) for file in files if not _LIBRARIES.search(file.read_text(encoding="utf-8"))]


if __name__ == "__main__" and sys.argv[1:] == ["--ignore"]:
    print(*[f"--ignore={file}" for file in unaffected_files()])
elif __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    print(*lowest_versions(project, sys.argv[1:]).values(), sep="\n")
