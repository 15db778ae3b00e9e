"""Prints the lowest version that pyproject.toml allows of each requirement, one pin per line.

`.ci/run` installs these pins in an environment of their own and runs tests there, so that a
lower bound is a promise kept and not a guess:

    python tests/lowest.py test scipy > pins && pip install -r pins
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
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


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    print(*lowest_versions(project, sys.argv[1:]).values(), sep="\n")
