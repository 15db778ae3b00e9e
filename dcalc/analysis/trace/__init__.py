"""The computation of a derivative, step by step: reverse mode (backpropagation) or forward mode.

See Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.algebra.flow import Flow, flow
from dcalc.analysis import place_of
from dcalc.analysis._derivatives import Direction, derivatives, direction_of, directional, slopes, status_of
from dcalc.analysis.trace.chain import Chain, chain
from dcalc.analysis.trace.check import Check, check
from dcalc.analysis.trace.marks import marks
from dcalc.analysis.trace.shown import Nodes
from dcalc.backends._certified import constants
from dcalc.errors import LimitError, UsageError
from dcalc.expr import walk
from dcalc.finding import Finding, Subject
from dcalc.problem import Answer

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
        place_of(subject, "trace")
    if len(walk(subject.root)) > MAX_NODES:
        raise LimitError(f"trace shows up to {MAX_NODES:,} nodes", help="use dcalc grad for the gradient alone")
    seeds = _seeds(subject, mode, along)
    made = flow(subject.root, subject.wrt, constants(subject.at or {}), seeds)
    names, answers = _truth(subject, seeds)
    return _found(subject, made, names, answers, seeds)


def _seeds(subject: Subject, mode: str, given: Direction | None) -> dict[str, float] | None:
    """The tangents of the variables in forward mode."""
    if mode == "reverse":
        if given is not None:
            raise UsageError("--along is a direction of forward mode", help="add --mode forward")
        return None
    if given is not None:
        return direction_of(given, subject.wrt)
    if len(subject.wrt) != 1:
        raise UsageError("forward mode follows one direction", help=f"write --wrt {subject.wrt[0]}, or --along x=1,y=1")
    return {subject.wrt[0]: 1.0}


def _truth(subject: Subject, seeds: dict[str, float] | None) -> tuple[Sequence[str], list[Answer]]:
    """What the reference says: of each variable, or along the direction."""
    names = subject.wrt if seeds is None else tuple(seeds)
    if seeds is None and len(names) > _ONE_BY_ONE:
        return names, slopes(subject, subject.root, names)
    if seeds is None or list(seeds.values()) == [1.0]:  # power series: the check shares nothing with the sweep
        return names, derivatives(subject, subject.root, [(name,) for name in names])
    return ("along",), [directional(subject, seeds)]


def _found(
    subject: Subject, made: Flow, names: Sequence[str], answers: list[Answer], seeds: dict[str, float] | None
) -> Finding:
    nodes = Nodes(made, marks(made), forward=seeds is not None)
    path: Chain | None = chain(made) if seeds is None else None
    checked: Check = check(made, dict(zip(names, answers, strict=True)), subject, forward=seeds is not None)
    worst = status_of(answers)
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
