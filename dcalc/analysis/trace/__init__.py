"""The computation of a derivative, step by step: reverse mode (backpropagation) or forward mode.

See Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dcalc.analysis.toolkit import (
    Direction,
    read_direction,
    require_point,
    solve_along,
    solve_gradient,
    solve_partials,
    worst_answer,
)
from dcalc.analysis.trace.flow import Flow, Value, compute_flow
from dcalc.analysis.trace.nodes import Nodes
from dcalc.analysis.trace.signals import Chain, find_chain, find_marks
from dcalc.coordinates import at_doubles, constants
from dcalc.errors import LimitError, UsageError
from dcalc.expr import walk
from dcalc.finding import Finding, Subject
from dcalc.functions import SYMBOL
from dcalc.numbers import real
from dcalc.numbers.adjoint import Sweep
from dcalc.problem import Result

MAX_NODES = 50_000
_ONE_BY_ONE = 64
"""Variables up to which the reference finds the derivative by each on its own."""


def find(subject: Subject, *, mode: str = "reverse", along: Direction | None = None) -> Finding:
    """Every node with its value, local partials and adjoint (or tangent), checked against the reference.

    Raises UsageError where there is no point, or forward mode has no direction, LimitError beyond
    `MAX_NODES`, Unsupported where a partial has no closed form. Cost: linear in nodes; the check is
    that of a gradient.
    """
    if subject.names:
        require_point(subject, "trace")
    if len(walk(subject.root)) > MAX_NODES:
        raise LimitError(f"trace shows up to {MAX_NODES:,} nodes", help="use dcalc grad for the gradient alone")
    seeds = _read_seeds(subject, mode, along)
    made = compute_flow(subject.root, subject.wrt, constants(subject.at or {}), seeds)
    names, answers = _solve_truth(subject, seeds)
    return _make_finding(subject, made, names, answers, seeds)


def _read_seeds(subject: Subject, mode: str, given: Direction | None) -> dict[str, float] | None:
    """The tangents of the variables in forward mode."""
    if mode == "reverse":
        if given is not None:
            raise UsageError("--along is a direction of forward mode", help="add --mode forward")
        return None
    if given is not None:
        return read_direction(given, subject.wrt)
    if len(subject.wrt) != 1:
        raise UsageError("forward mode follows one direction", help=f"write --wrt {subject.wrt[0]}, or --along x=1,y=1")
    return {subject.wrt[0]: 1.0}


def _solve_truth(subject: Subject, seeds: dict[str, float] | None) -> tuple[Sequence[str], list[Result]]:
    """What the reference says: of each variable, or along the direction."""
    names = subject.wrt if seeds is None else tuple(seeds)
    if seeds is None and len(names) > _ONE_BY_ONE:
        return names, solve_gradient(subject, subject.root, names)
    if seeds is None or list(seeds.values()) == [1.0]:  # power series: the check shares nothing with the sweep
        return names, solve_partials(subject, subject.root, [(name,) for name in names])
    return ("along",), [solve_along(subject, seeds)]


def _make_finding(
    subject: Subject, made: Flow, names: Sequence[str], answers: list[Result], seeds: dict[str, float] | None
) -> Finding:
    nodes = Nodes(made, find_marks(made), forward=seeds is not None)
    path: Chain | None = find_chain(made) if seeds is None else None
    checked: SweepCheck = check_sweep(made, dict(zip(names, answers, strict=True)), subject, forward=seeds is not None)
    worst = worst_answer(answers)
    sentences = [text for text in (checked.sentence, "" if path is None else path.sentence(nodes.names)) if text]
    gradient = {name: answer.value for name, answer in zip(names, answers, strict=True)}
    return Finding(
        "trace",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "mode": "reverse" if seeds is None else "forward",
            **({} if seeds is None else {"along": seeds}),
            "nodes": nodes.records(),
            "gradient": gradient,
            "verdict": "ok" if path is None else path.verdict,
            "message": "; ".join(sentences),
            "chain": [] if path is None else path.records(),
            "check": checked.record(),
        },
        sheets=(nodes.sheet(), *(() if path is None or not path.is_shown else (path.sheet(nodes.names),))),
        graph=nodes.graph(),
        plain=[] if worst.code == 3 and len(answers) == 1 else list(gradient.items()),
        sentence="; ".join(sentences),
        code=checked.code,
    )


# --- The adjoints against the reference, and what the same sweep makes of them in doubles.

_OFF = 1e-6
"""A relative error beyond this of the sweep in doubles is worth a word."""


@dataclass(frozen=True, slots=True)
class SweepCheck:
    """``equal`` where every number of the sweep is that of the reference, to the last digit."""

    equal: bool
    sentence: str
    code: int
    doubles: Mapping[str, Value]

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"equal": self.equal, "in_doubles": dict(self.doubles)}


def check_sweep(made: Flow, truth: Mapping[str, Result], subject: Subject, *, forward: bool) -> SweepCheck:
    """Hold what arrives at the variables (forward: at the root) against the reference."""
    found = {"": made.flowing[made.tape.place(made.root)]} if forward else _variable_adjoints(made, truth)
    pairs = list(zip(found.values(), truth.values(), strict=True))
    doubles = {} if forward else _sweep_in_doubles(subject)
    without = [(name, answer) for name, answer in truth.items() if answer.code]
    if without:
        name, answer = without[0]
        place = f"by {name}: " if len(truth) > 1 else ""
        said = f"{place}{answer.status.replace('_', ' ')}, {answer.reason}" if answer.reason else answer.status
        return SweepCheck(False, said, answer.code, doubles)
    wrong = [name for (value, answer), name in zip(pairs, truth, strict=True) if value != answer.value]
    if wrong:
        return _report_difference(wrong, pairs, doubles)
    what = ("tangent", "derivative") if forward else ("adjoints", "gradient")
    said = f"{what[0]} {'equals' if forward else 'equal'} the certified {what[1]}"
    return SweepCheck(True, "; ".join([said, *_report_lost_digits(doubles, truth)]), 0, doubles)


def _report_difference(wrong: list[str], pairs: list[tuple[Value, Result]], doubles: Mapping[str, Value]) -> SweepCheck:
    """Where f has a hole the chain rule has no value, though the extension of f has a derivative."""
    different = [(value, answer) for value, answer in pairs if value != answer.value]
    if any(value is not None for value, _ in different):
        return SweepCheck(False, f"the sweep is not the certified derivative by {', '.join(wrong)}", 1, doubles)
    extension = ", ".join(repr(answer.value) for _, answer in different)
    said = f"the chain rule has no value by {', '.join(wrong)}; its extension has {extension}"
    return SweepCheck(False, said, 0, doubles)


def _variable_adjoints(made: Flow, names: Mapping[str, Result]) -> dict[str, Value]:
    at = {node.args[0]: made.flowing[row] for row, node in enumerate(made.tape.nodes) if node.op is SYMBOL}
    return {name: at.get(name, 0.0) for name in names}


def _sweep_in_doubles(subject: Subject) -> dict[str, Value]:
    """What a program that computes in doubles gets from the same sweep."""
    sweep = Sweep(subject.root, subject.wrt)
    point = at_doubles(subject.at)
    values = sweep.values(point, real.constant, real.evaluator)
    adjoints = sweep.adjoints(values, 1.0)
    return {name: adjoints.get(name, 0.0) for name in subject.wrt}


def _report_lost_digits(doubles: Mapping[str, Value], truth: Mapping[str, Result]) -> list[str]:
    """What the sweep in doubles gets wrong."""
    for name, value in doubles.items():
        right = truth[name].value
        if value is None or right is None:
            continue
        if not math.isfinite(value) or abs(value - right) > _OFF * max(abs(right), 1e-300):
            return [f"computed in doubles, the adjoint of {name} is {value!r} instead of {right!r}"]
    return []
