"""Where a descent starts, as --from gives it: values by name, or one for the only name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.errors import UnknownVariable


def by_name(
    given: Mapping[str | None, float], names: Sequence[str], owner: str, kind: str, value: str
) -> dict[str, float]:
    """The values under their names; some may be missing.

    ``owner`` has ``names``, each a ``kind`` (the model its parameters). Raises UnknownVariable
    for a name that is none of them, and for one value where there are several.
    """
    if None in given:
        if len(names) > 1:
            raise UnknownVariable(f"one value, but {owner} has {len(names)} {kind}s", help=example(names, value))
        return {names[0]: given[None]}
    known: dict[str, float] = {}
    for name, start in given.items():
        if name is None or name not in names:
            raise UnknownVariable(f"{owner} has no {kind} {name}", help=example(names, value))
        known[name] = start
    return known


def example(names: Sequence[str], value: str) -> str:
    """A help that shows how starts are given, as it can be typed."""
    return "write --from " + ",".join(f"{name}={value}" for name in names[:8])
