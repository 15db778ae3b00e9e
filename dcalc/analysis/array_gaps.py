"""What a formula of arrays no longer shows of where f has values, as a note: `this holds where norm(x) != 0`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dcalc.tensor import plain
from dcalc.tensor.gaps import Requirement, Shown, drop_broadcast, split_factors
from dcalc.tensor.lower import lower
from dcalc.tensor.nodes import Node, list_lengths, split_coefficient, variables

_LENGTH = 2
"""Of all axes, where signs are looked at entry by entry."""


def note_lost_values(
    requirements: Sequence[Requirement], formulas: Sequence[Node], by: Sequence[str] = ()
) -> list[str]:
    """Where formulas hold, if they have values where f has none; nothing where they show all that f needs.

    They are derivatives ``by`` some variables, or forms of f itself. A logarithm leaves its argument as a divisor in a
    derivative, and one without these variables is not part of it.
    """
    places = list_lost_places(requirements, formulas, by)
    return [f"this holds where {' and '.join(places)}"] if places else []


def list_lost_places(
    requirements: Sequence[Requirement], formulas: Sequence[Node], by: Sequence[str] = ()
) -> list[str]:
    """What must hold for f to have a value, and is not seen in formulas: `norm(x) != 0`."""
    shown = Shown(formulas)
    places: dict[str, None] = {}
    for needed in requirements:
        if shown.shows(needed) or (by and _is_usual(needed, shown, by)):
            continue
        if needed.relation == "is not singular":
            places[f"{plain.write(needed.node)} is not singular"] = None
        elif not _always_holds(needed):
            places.update(dict.fromkeys(_describe(needed, shown)))
    return list(places)


def _is_usual(needed: Requirement, shown: Shown, by: Sequence[str]) -> bool:
    """Whether a derivative says as much of a domain as in tables, 1/x for log(x), or has nothing to do with it."""
    names = set(variables(needed.node))
    return needed.relation in ("> 0", ">= 0") and (names.isdisjoint(by) or not names.isdisjoint(shown.names))


def _describe(needed: Requirement, shown: Shown) -> Iterable[str]:
    """The conditions on the parts of a node that a formula does not show."""
    whole = drop_broadcast(needed.node)
    parts = [whole]
    if needed.relation == "!= 0" and (len(split_factors(whole)) > 1 or split_coefficient(whole)[0] != 1):
        parts = [part for part in split_factors(whole) if not shown.shows(Requirement(part, "!= 0"))]
    for part in parts:
        text = plain.write(part)
        if not part.shape:
            yield f"{text} {needed.relation}"
        elif needed.relation == "!= 0":
            yield f"no entry of {text} is 0"
        else:
            yield f"all entries of {text} are {needed.relation}"


def _always_holds(needed: Requirement) -> bool:
    """Whether each entry is positive, or not negative, by the way it is written."""
    from dcalc.optimise.ranges import find_range, is_positive  # most formulas show all that they need

    sizes = {name: _LENGTH - least for name, least in list_lengths(needed.node).items()}
    (array,) = lower([needed.node], sizes)
    if needed.relation == ">= 0":
        return all(find_range(entry, {}).low >= 0 for entry in array.entries)
    return all(map(is_positive, array.entries))
