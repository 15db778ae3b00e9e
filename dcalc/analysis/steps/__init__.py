"""A derivation by named rules: what the symbolic backend does, told while it does it.

The engine is that of `derive`: a `Derivation` whose results are written down. So the steps and the
answer cannot disagree.
"""

from __future__ import annotations

from typing import Any

from dcalc.analysis import without_value
from dcalc.analysis.steps.derivation import Step, derivation
from dcalc.finding import Branch, Cell, Column, Finding, Sheet, Subject


def find(subject: Subject, *, verbose: bool = False) -> Finding:
    """The steps of a derivative of any order, in an order in which each uses earlier ones only; with
    ``verbose`` also what the constructors simplify on the way.

    Raises LimitError for an expression too large, Unsupported where a partial has no closed form. Cost: that of the
    derivative, and of writing all of its parts.
    """
    if (nothing := without_value(subject, "steps")) is not None:
        return nothing
    names = subject.wrt * subject.order if len(subject.wrt) == 1 else subject.wrt
    steps, answer = derivation(subject.root, names, verbose=verbose)
    return Finding(
        "steps",
        expression=subject.root,
        wrt=subject.wrt,
        record={"order": len(names), "steps": [_record(step) for step in steps], "derivative": answer},
        sheets=(_sheet(steps),),
        outline=tuple(_outline(steps)),
        plain=[*([str(n), *_cells(step)] for n, step in enumerate(steps, 1)), [answer]],
    )


def _record(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule, "before": step.before, "after": step.after, "by": step.by or None,
        "formula": step.formula or None, "uses": list(step.of),
    }  # fmt: skip


def _cells(step: Step) -> list[Cell]:
    return [step.rule, step.before, step.after]


def _sheet(steps: list[Step]) -> Sheet:
    columns = (
        Column("step", "step", "number", right=True),
        Column("rule", "rule", "words"),
        Column("before", "expression", "formula"),
        Column("after", "derivative", "formula"),
    )
    rows: list[dict[Any, Cell]] = [
        {"step": str(n), "rule": step.rule, "before": step.before, "after": step.after}
        for n, step in enumerate(steps, 1)
    ]
    return Sheet(columns, rows)


def _outline(steps: list[Step]) -> list[Branch]:
    """The steps as trees, the answer of each derivative on top; what was told once is named afterwards."""
    used = {part for step in steps for part in step.of}
    before = _simplifications(steps)
    told: set[int] = set()
    lines: list[Branch] = []
    for top in (index for index in range(len(steps)) if index not in used and steps[index].rule != "simplify"):
        stack = [(top, 0)]
        while stack:
            index, depth = stack.pop()
            step = steps[index]
            if index in told:
                lines.append(Branch(depth, (f"d/d{step.by} ", step.before), f"as in step {index + 1}"))
                continue
            told.add(index)
            lines.append(_branch(depth, step, index))
            lines += [_branch(depth + 1, steps[other], other) for other in before.get(index, ())]
            stack += [(part, depth + 1) for part in reversed(step.of)]
    return lines


def _simplifications(steps: list[Step]) -> dict[int, list[int]]:
    """For each rule the simplifications right before it."""
    found: dict[int, list[int]] = {}
    waiting: list[int] = []
    for index, step in enumerate(steps):
        if step.rule != "simplify":
            found[index], waiting = waiting, []
        else:
            waiting.append(index)
    return found


def _branch(depth: int, step: Step, index: int) -> Branch:
    number = f"{index + 1}. "
    if not step.by:
        return Branch(depth, (number, step.before, " = ", step.after), step.rule)
    return Branch(depth, (f"{number}d/d{step.by}[", step.before, "] = ", step.after), step.rule)
