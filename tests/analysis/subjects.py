"""Subjects as the command line makes them, for tests of analyses."""

from __future__ import annotations

from dcalc.expr import variables
from dcalc.finding import Subject
from dcalc.parser import parse
from dcalc.point import read_points


def subject(text: str, at: str | None = None, wrt: str | None = None, order: int = 1, *more: str) -> Subject:
    """What is asked of an expression, at a point as --at writes it."""
    roots = [parse(part).root for part in (text, *more)]
    names = tuple(variables(*roots))
    chosen = tuple(wrt.split(",")) if wrt else names
    point = None if at is None else next(read_points([at]).points(names, chosen))
    return Subject(root=roots[0], names=names, wrt=chosen, order=order, at=point, more=tuple(roots[1:]))
