"""NumPy for files that are all about arrays, loaded with the first of its functions that is used."""

from __future__ import annotations

from typing import Any


class _NumPy:
    """The module; what was used once is one look-up away."""

    def __getattr__(self, name: str) -> Any:
        import numpy

        value = getattr(numpy, name)
        setattr(self, name, value)
        return value


np: Any = _NumPy()
