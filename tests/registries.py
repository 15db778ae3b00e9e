"""Adding to a registry for the time of a test: a folder whose files are the registry gets another one beside it."""

from __future__ import annotations

import sys
from importlib import invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def add_file(monkeypatch: pytest.MonkeyPatch, folder: Path, package: ModuleType, name: str, source: str) -> None:
    """Write a module into a folder and make the folder part of a package, until the test ends."""
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)
    monkeypatch.delattr(package, name, raising=False)
    invalidate_caches()
