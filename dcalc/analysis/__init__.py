"""What can be found out about an expression beyond its derivatives: one file an analysis.

The command of the same name calls its `find(subject, **options)`, which returns a `Finding`
and raises DcalcError alone. What several share stands here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.compare import undefined_constant
from dcalc.errors import UnknownVariable, UsageError
from dcalc.finding import Finding, Subject
from dcalc.problem import Point

Range = tuple[float, float]
Over = Sequence[tuple[str | None, Range]]
"""Ranges as --over gives them; None stands for the only variable."""


def without_value(subject: Subject, command: str) -> Finding | None:
    """The finding of an expression that has no value anywhere, since a constant part has none."""
    for root in (subject.root, *subject.more):
        if sentence := undefined_constant(root):
            return Finding(command, subject.root, subject.wrt, status="undefined", sentence=sentence, plain=[], code=3)
    return None


def place_of(subject: Subject, command: str) -> Point:
    """The point of an analysis that cannot do without one. Raises UsageError."""
    if subject.at is None:
        raise UsageError(f"{command} needs a point", help="write --at 1, or --at x=1,y=2")
    return subject.at


def box(over: Over | None, names: Sequence[str], otherwise: Mapping[str, Range]) -> dict[str, Range]:
    """The range of each name, that of ``otherwise`` where none is given. Raises UnknownVariable."""
    found = dict(otherwise)
    for name, ends in over or ():
        if name is None and len(names) != 1:
            raise UnknownVariable(
                f"one range, but the expression has {len(names)} variables", help="write --over x=-3:3,y=0:1"
            )
        meant = names[0] if name is None else name
        if meant not in names:
            raise UnknownVariable(f"the expression has no variable {meant}", help="leave its range out")
        found[meant] = ends
    return found
