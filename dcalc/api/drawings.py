"""Curves of expressions, as notebooks and files show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.numbers import FLINT

if TYPE_CHECKING:
    from dcalc.api.expression import Expression


class Drawing:
    """A picture of a curve: shown by notebooks, and text of a file in SVG.

    ``marks`` are the places on it that are worth a word: extrema, kinks, poles, holes, jumps. Each is a mapping
    with the keys of `dcalc help records` under plot, and ``certified`` tells whether it is proved.
    """

    def __init__(self, svg: str, marks: Sequence[Mapping[str, object]]) -> None:
        self.svg = svg
        self.marks = tuple(marks)

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<drawing with {len(self.marks)} marks>"


def draw(expression: Expression, low: float | None, high: float | None, *, derivative: bool) -> Drawing:
    """The curve over a range, which is chosen where it is not given. Raises UsageError for several variables."""
    from dcalc.analysis.plot import find
    from dcalc.finding import Subject
    from dcalc.formats import Style
    from dcalc.formats.svg import present

    if (low is None) != (high is None):
        raise UsageError("a range has two ends", help="write plot(-3, 3)")
    over = None if low is None or high is None else [(None, (float(low), float(high)))]
    names = expression.variables
    with FLINT:
        finding = find(Subject(expression.node, names, names), over, derivative)
    return Drawing("".join(present([finding], Style(command="plot"))), finding.record["marks"])
