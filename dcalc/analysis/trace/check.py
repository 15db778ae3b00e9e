"""The adjoints against the reference, and what the same sweep makes of them in doubles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dcalc.algebra import real
from dcalc.algebra.adjoint import Sweep
from dcalc.algebra.flow import Flow, Value
from dcalc.backends._doubles import at_doubles
from dcalc.finding import Subject
from dcalc.functions import SYMBOL
from dcalc.problem import Answer, Problem

_OFF = 1e-6
"""A relative error beyond this of the sweep in doubles is worth a word."""


@dataclass(frozen=True, slots=True)
class Check:
    """``equal`` where every number of the sweep is that of the reference, to the last digit."""

    equal: bool
    sentence: str
    code: int
    doubles: Mapping[str, Value]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"equal": self.equal, "in_doubles": dict(self.doubles)}


def check(made: Flow, truth: Mapping[str, Answer], subject: Subject, *, forward: bool) -> Check:
    """Hold what arrives at the variables (forward: at the root) against the reference."""
    found = {"": made.flowing[made.tape.place(made.root)]} if forward else _arrived(made, truth)
    pairs = list(zip(found.values(), truth.values(), strict=True))
    doubles = {} if forward else _in_doubles(subject)
    without = [(name, answer) for name, answer in truth.items() if answer.code]
    if without:
        name, answer = without[0]
        place = f"by {name}: " if len(truth) > 1 else ""
        said = f"{place}{answer.status.replace('_', ' ')}, {answer.sentence}" if answer.sentence else answer.status
        return Check(False, said, answer.code, doubles)
    wrong = [name for (value, answer), name in zip(pairs, truth, strict=True) if value != answer.value]
    if wrong:
        return _differs(wrong, pairs, doubles)
    what = ("tangent", "derivative") if forward else ("adjoints", "gradient")
    said = f"{what[0]} {'equals' if forward else 'equal'} the certified {what[1]}"
    return Check(True, "; ".join([said, *_lost(doubles, truth)]), 0, doubles)


def _differs(wrong: list[str], pairs: list[tuple[Value, Answer]], doubles: Mapping[str, Value]) -> Check:
    """Where f has a hole the chain rule has no value, though the extension of f has a derivative."""
    different = [(value, answer) for value, answer in pairs if value != answer.value]
    if any(value is not None for value, _ in different):
        return Check(False, f"the sweep is not the certified derivative by {', '.join(wrong)}", 1, doubles)
    extension = ", ".join(repr(answer.value) for _, answer in different)
    said = f"the chain rule has no value by {', '.join(wrong)}; its extension has {extension}"
    return Check(False, said, 0, doubles)


def _arrived(made: Flow, names: Mapping[str, Answer]) -> dict[str, Value]:
    at = {node.args[0]: made.flowing[row] for row, node in enumerate(made.tape.nodes) if node.op is SYMBOL}
    return {name: at.get(name, 0.0) for name in names}


def _in_doubles(subject: Subject) -> dict[str, Value]:
    """What a program that computes in doubles gets from the same sweep."""
    sweep = Sweep(subject.root, subject.wrt)
    point = at_doubles(Problem(subject.root, (), subject.at))
    values = sweep.values(point, real.constant, real.evaluator)
    adjoints = sweep.adjoints(values, 1.0)
    return {name: adjoints.get(name, 0.0) for name in subject.wrt}


def _lost(doubles: Mapping[str, Value], truth: Mapping[str, Answer]) -> list[str]:
    """What the sweep in doubles gets wrong."""
    for name, value in doubles.items():
        right = truth[name].value
        if value is None or right is None:
            continue
        if not math.isfinite(value) or abs(value - right) > _OFF * max(abs(right), 1e-300):
            return [f"computed in doubles, the adjoint of {name} is {value!r} instead of {right!r}"]
    return []
