"""The kinds of questions, a module each with a function `draw`; its name is that of `--kind`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from tests.profile.question import Kind


def names() -> list[str]:
    """All kinds, in order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(name: str) -> Kind:
    """What draws questions of a kind."""
    draw: Kind = import_module(f"{__name__}.{name}").draw
    return draw
