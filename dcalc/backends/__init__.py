"""Ways to differentiate. The folder is the registry: a file's name is the backend's name.

The methods of dcalc's own are always there; those in `engines` are other people's. A backend is a module with a
docstring, `CAPABILITIES` and `differentiate(Problem) -> Result`, which raises only DcalcError. One that finds several
derivatives at once also has `gradient(Problem) -> list[Result]`. Others join by the entry-point group
`dcalc.backends`, which is looked at only when a name is not built in.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Protocol

from dcalc.errors import Unsupported
from dcalc.problem import REFERENCE, Capabilities, Problem, Result
from dcalc.text import unknown_name

_FOLDER = os.path.dirname(__file__)
_ENGINES = os.path.join(_FOLDER, "engines")


class Backend(Protocol):
    """What a file of this folder provides."""

    __doc__: str | None
    CAPABILITIES: Capabilities

    def differentiate(self, problem: Problem) -> Result:
        """The derivative of a problem at its point, as this method finds it."""


def names() -> list[str]:
    """The backends of dcalc's own, the reference last: what `all` means."""
    return sorted(_files(_FOLDER), key=lambda name: (name == REFERENCE, name))


def engine_names() -> list[str]:
    """The backends that are other people's, installed or not."""
    return sorted(_files(_ENGINES))


def _files(folder: str) -> list[str]:
    return [file[:-3] for file in os.listdir(folder) if file.endswith(".py") and not file.startswith("_")]


def is_installed(name: str) -> bool:
    """Whether a backend's package is there. Nothing is imported."""
    from importlib.util import find_spec

    package = load(name).CAPABILITIES.package
    return not package or find_spec(package) is not None


def check_installed(name: str) -> None:
    """Raise Unsupported, with the line that installs it, where the package of a backend is missing."""
    if not is_installed(name):
        title = load(name).CAPABILITIES.title
        raise Unsupported(f"{title} is not installed, and the backend {name} needs it", help=install_line(name))


def install_line(name: str) -> str:
    """What installs an engine's package."""
    return f"pip install 'dcalc[{name}]'"


@cache
def load(name: str) -> Backend:
    """The backend of that name, built in or installed; raises UsageError if there is none."""
    if name in _files(_FOLDER):
        return import_module(f"dcalc.backends.{name}")
    if name in _files(_ENGINES):
        return import_module(f"dcalc.backends.engines.{name}")
    from importlib.metadata import entry_points

    installed = entry_points(group="dcalc.backends")
    for point in installed:
        if point.name == name:
            return point.load()  # type: ignore[no-any-return]  # an entry point is untyped
    raise unknown_name("backend", name, [*names(), *engine_names(), *(point.name for point in installed)])


def differentiate(name: str, problem: Problem) -> list[Result]:
    """What a backend says of each part of a problem. Raises as the backend does.

    Raises Unsupported for a precision that it does not compute in; the reference's word holds in any.
    """
    backend = load(name)
    if problem.dtype not in backend.CAPABILITIES.dtypes and name != REFERENCE:
        raise Unsupported(f"{name} computes in float64 alone", help="leave --dtype out")
    together = getattr(backend, "gradient", None) if problem.gradient else None
    if together is not None:
        return together(problem)  # type: ignore[no-any-return]  # a backend may lack it
    return [backend.differentiate(part) for part in problem.parts()]
