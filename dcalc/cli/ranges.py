"""The texts of --over and --along: ranges and directions, by name or in order."""

from __future__ import annotations

from dcalc.cli.at import name_in, pieces, repeated, value_in
from dcalc.errors import UsageError


def ranges(text: str) -> list[tuple[str | None, tuple[float, float]]]:
    """What --over means: `-3:3`, `x=-3:3,y=0:1`. Raises UsageError, ParseError."""
    found: list[tuple[str | None, tuple[float, float]]] = []
    for start, end in pieces(text, ","):
        name, _, begin = name_in(text, start, end)
        if name in dict(found):
            raise repeated(name, text, start, end)
        parts = list(pieces(text, ":", begin, end))
        if len(parts) != 2:
            raise UsageError("a range has two ends", source=text, span=(start, end), help="write --over x=-3:3")
        low, high = (value_in(text, *part, exact=False) for part in parts)
        if not low < high:
            raise UsageError("the range ends before it begins", source=text, span=(start, end), help="write -3:3")
        found.append((name, (low, high)))
    return found


def direction(text: str) -> list[tuple[str | None, float]]:
    """What --along means: `1,1`, or `x=1,y=1`. Raises UsageError, ParseError."""
    found: list[tuple[str | None, float]] = []
    for start, end in pieces(text, ","):
        name, named, begin = name_in(text, start, end)
        if name is not None and name in dict(found):
            raise repeated(name, text, start, end)
        if found and (name is None) != (found[0][0] is None):
            raise UsageError("one part has a name and another has none", source=text, span=named, help="write 1,1")
        found.append((name, value_in(text, begin, end, exact=False)))
    return found
