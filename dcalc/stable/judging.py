"""Formulas in doubles held against enclosures: where they lose digits, and which of several loses the fewest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from flint import arb, ctx

from dcalc.expr import Expr, variables, walk
from dcalc.numbers.enclosure import Encloser
from dcalc.numbers.real import constant, evaluator
from dcalc.tape import Tape, lower, run

_PRECISIONS = (256, 2048)
_SURE_BITS = 70
_SMALLEST, _LARGEST = 1e-290, 1e290
"""Beyond these a double has no digits to lose."""
_WANTED = 13.5
"""Digits that are enough."""
_LARGEST_ROOT = 200
"""The most nodes of an expression that is measured."""
_MAGNITUDES = (0.7, 2.3, 0.05, 17.0, 1e-3, 300.0, 1e-6, 4.2, 0.3, 3e4, 1e-9, 45.0, 1.3, 1e7, 9.5, 1e10)
"""Where it is measured, with both signs."""
_MOST_POINTS = 24
"""The points for several variables."""
_GAIN = 0.5
"""The digits, over all points, that a later candidate must gain."""
Extra = TypeVar("Extra")


class Judge:
    """The certified values of one expression."""

    def __init__(self, root: Expr) -> None:
        self.root = root
        self.names = variables(root)
        self.encloser = Encloser(root, "", 0)
        self.known: dict[tuple[float, ...], float | None] = {}
        self.tapes: dict[int, tuple[Tape, list[str]]] = {}

    def truth(self, at: Mapping[str, float]) -> float | None:
        """The value in doubles; None where there is none, none is found, or it is next to the ends of their range."""
        key = tuple(at[name] for name in self.names)
        if key not in self.known:
            self.known[key] = self._enclose(at)
        return self.known[key]

    def _enclose(self, at: Mapping[str, float]) -> float | None:
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                value = self.encloser.at({name: lambda x=x: arb(x) for name, x in at.items()}).f  # type: ignore[misc]
                if type(value) is not arb:
                    return None
                if value.rel_accuracy_bits() > _SURE_BITS:
                    nearest = float(value.mid())
                    return nearest if _SMALLEST < abs(nearest) < _LARGEST else None
        return None

    def error(self, formula: Expr, at: Mapping[str, float]) -> float | None:
        """The relative error of a formula in doubles, infinite where it has no value; None where nothing is known."""
        truth = self.truth(at)
        if truth is None:
            return None
        value = self.evaluate(formula, at)
        return abs(value - truth) / abs(truth) if math.isfinite(value) else math.inf

    def evaluate(self, formula: Expr, at: Mapping[str, float]) -> float:
        """The value of a formula in doubles; variables that the root is without, as others cancel, are 1."""
        known = self.tapes.get(formula.id)
        if known is None:
            known = self.tapes[formula.id] = lower(formula), [name for name in variables(formula) if name not in at]
        tape, others = known
        return float(run(tape, {**at, **dict.fromkeys(others, 1.0)}, constant, evaluator)[tape.place(formula)])

    def badness(self, formula: Expr) -> float:
        """The digits that a formula lacks, over all points."""
        total = 0.0
        for at in self._points():
            error = self.error(formula, at)
            if error is not None and error > 10.0**-_WANTED:
                total += _WANTED + (math.log10(error) if error < 1 else 0.0)
        return total

    def _points(self) -> Iterator[dict[str, float]]:
        if len(self.names) == 1:
            (name,) = self.names
            for size in _MAGNITUDES:
                yield {name: size}
                yield {name: -size}
            return
        for place in range(_MOST_POINTS):
            yield {name: self._coordinate(place, number) for number, name in enumerate(self.names)}

    def _coordinate(self, place: int, number: int) -> float:
        size = _MAGNITUDES[(place * (2 * number + 1) + 3 * number) % len(_MAGNITUDES)]
        return -size if (place >> (number % 4)) & 1 else size


def choose_best(root: Expr, candidates: Iterable[tuple[Expr, Extra]]) -> tuple[Expr, Extra]:
    """The candidate for ``root`` that lacks the fewest digits, the first of those that lack as many.

    Those after the first that lacks none are not looked at; large expressions are not measured.
    """
    rest = iter(candidates)
    best = next(rest)
    if len(walk(root)) > _LARGEST_ROOT or not variables(root):
        return best
    judge = Judge(root)
    least = judge.badness(best[0])
    while least and (candidate := next(rest, None)) is not None:
        badness = judge.badness(candidate[0])
        if badness < least - _GAIN:
            best, least = candidate, badness
    return best
