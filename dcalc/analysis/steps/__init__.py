"""A derivation as a textbook writes it: from the outside in, each rule named and stated, the answer last.

The answer is that of `dcalc diff`; every line is equal to the one before it wherever that is defined.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dcalc.analysis.steps.textbook import Formula, Part, Plan, Textbook
from dcalc.analysis.toolkit import undefined_finding
from dcalc.errors import LimitError
from dcalc.expr import Expr, walk
from dcalc.finding import Branch, Brief, Cell, Column, DerivationLine, Fact, Field, Finding, Sheet, Subject
from dcalc.notation import write
from dcalc.problem import Problem
from dcalc.simplify import Build, rebuild, style
from dcalc.simplify.shorten import shorten
from dcalc.solver import solve

MAX_NODES = 2_000
"""The largest expression: nobody would read the steps of a larger one."""
_CALL = re.compile(r"^\w+(\([^()]*\))?$")
"""A letter or a call, which takes a prime without brackets."""
_STEP = {
    "rule": Field("string", "the name of the rule"),
    "before": Field("string", "the expression that it is applied to"),
    "after": Field("string", "its derivative; for rewrite an equal expression"),
    "by": Field("string | null", "the variable; of arrays the operand that f is differentiated by"),
    "formula": Field("string | null", "the rule in general"),
    "parts": Field("{string}", "what the letters of the rule stand for"),
    "unsimplified": Field("string", "what the rule leads to, before it is simplified"),
    "depth": Field("integer", "how deep inside of the derivation it stands; 0 is the outermost"),
    "uses": Field("[integer]", "the steps used, by their index"),
    "flow": Field("string | null", "of arrays: the derivative of f by the operation", optional=True),
}
RECORD = {
    "order": Field("integer", "the order of the derivative"),
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "steps": Field("[object]", "the steps from the outside in: what a step uses stands behind it", _STEP),
    "derivative": Field("string", "the answer"),
}


class Step(NamedTuple):
    """A rule applied: the derivative of ``before`` is ``unsimplified``, and that is ``after``; for `rewrite`, which has
    no variable ``by``, the three are equal.

    ``uses`` holds the indices of the steps for its ``parts``; those of constants and of the variable have none, unless
    all steps were asked for.
    """

    rule: str
    before: Expr
    after: Expr
    by: str = ""
    formula: Formula | None = None
    parts: tuple[Part, ...] = ()
    unsimplified: Expr | None = None
    depth: int = 0
    uses: tuple[int, ...] = ()


def find(subject: Subject, *, verbose: bool = False) -> Finding:
    """The steps of a derivative of any order.

    With ``verbose`` constants and variables have steps, too. Raises LimitError for expressions above `MAX_NODES`,
    Unsupported where a partial has no closed form. Cost: the derivative of each part, made short.
    """
    if (undefined := undefined_finding(subject, "steps")) is not None:
        return undefined
    names = subject.wrt * subject.order if len(subject.wrt) == 1 else subject.wrt
    steps, answer = derive_in_steps(subject.root, names, verbose=verbose)
    return Finding(
        "steps",
        expression=subject.root,
        wrt=subject.wrt,
        record={"order": len(names), "steps": [_record(step) for step in steps], "derivative": answer},
        brief=Brief((Fact("", answer, "strong"),), branches=-1),
        sheets=(_sheet(steps),),
        outline=tuple(_outline(steps, answer)),
        derivation=tuple(_lines(steps)),
        plain=[*([str(n), *_cells(step)] for n, step in enumerate(steps, 1)), [answer]],
    )


# --- the steps -----------------------------------------------------------------------------------


def derive_in_steps(root: Expr, names: tuple[str, ...], *, verbose: bool = False) -> tuple[list[Step], Expr]:
    """(steps, derivative): the derivative is the one that `diff` prints."""
    build = Build(style(root).decimals)
    node = root
    steps: list[Step] = []
    for place, name in enumerate(names):
        answer = solve(Problem(root, names[: place + 1])).derivative
        assert answer is not None  # a constant without a value has been refused
        steps += Derivation(build, name, verbose=verbose).derive(_check_size(node), answer, len(steps))
        node = answer
    return steps, node


def _reads_differently(before: Expr, after: Expr) -> bool:
    """Whether a change shows: x*y**-1 and x/y, say, are written alike."""
    return before is not after and write(before) != write(after)


def _check_size(root: Expr) -> Expr:
    if len(walk(root)) > MAX_NODES:
        raise LimitError(f"steps are shown for up to {MAX_NODES:,} parts", help="use dcalc diff for the answer alone")
    return root


class Derivation:
    """One derivative by one variable, rule by rule."""

    def __init__(self, build: Build, name: str, *, verbose: bool = False) -> None:
        self.build = build
        self.name = name
        self.verbose = verbose
        self.textbook = Textbook(name, build)
        self.plans: dict[int, Plan] = {}
        self.unsimplified: dict[int, Expr] = {}
        self.derivatives: dict[int, Expr] = {}

    def derive(self, root: Expr, answer: Expr, first: int) -> list[Step]:
        """The steps from the outside in, the first of them with the index ``first``."""
        self._differentiate(root)
        self.derivatives[root.id] = answer
        listed: dict[int, int] = {}
        order: list[tuple[Expr, int]] = []
        stack = [(root, 0)]
        while stack:
            node, depth = stack.pop()
            if node.id in listed:
                continue
            listed[node.id] = first + len(order)
            order.append((node, depth))
            stack += [(part, depth + 1) for part in reversed(self._needed(node))]
        return [self._step(node, depth, listed) for node, depth in order]

    def _differentiate(self, root: Expr) -> None:
        """Plans and derivatives of all parts, inner ones first."""
        stack = [root]
        while stack:
            node = stack[-1]
            plan = self.plans.setdefault(node.id, self.textbook.plan(node))
            missing = [part for _, part in plan.parts if part.id not in self.derivatives]
            if missing:
                stack += missing
                continue
            stack.pop()
            if node.id not in self.derivatives:
                before = plan.assemble([self.derivatives[part.id] for _, part in plan.parts])
                self.unsimplified[node.id] = before
                self.derivatives[node.id] = shorten(rebuild(before, self.build))

    def _needed(self, node: Expr) -> list[Expr]:
        """The parts that have steps of their own."""
        parts = dict.fromkeys(part for _, part in self.plans[node.id].parts)
        return [part for part in parts if self.verbose or not self.textbook.is_plain(part)]

    def _step(self, node: Expr, depth: int, listed: dict[int, int]) -> Step:
        plan = self.plans[node.id]
        uses = tuple(listed[part.id] for part in self._needed(node))
        return Step(
            plan.rule, node, self.derivatives[node.id], self.name, plan.formula, plan.parts,
            self.unsimplified[node.id], depth, uses,
        )  # fmt: skip


# --- what is shown -------------------------------------------------------------------------------


def _formula_text(formula: Formula | None) -> str:
    """`(u/v)' = (u'*v - u*v')/v**2`."""
    if formula is None:
        return ""
    function, slope = map(write, formula)
    return f"{function if _CALL.match(function) else f'({function})'}' = {slope}"


def _parts_text(step: Step) -> str:
    """`u = x**2, v = x + 1`."""
    return ", ".join(f"{letter} = {write(part)}" for letter, part in step.parts)


def _record(step: Step) -> dict[str, Any]:
    return {
        "rule": step.rule, "before": step.before, "after": step.after, "by": step.by or None,
        "formula": _formula_text(step.formula) or None, "parts": dict(step.parts), "unsimplified": step.unsimplified,
        "depth": step.depth, "uses": list(step.uses),
    }  # fmt: skip


def _cells(step: Step) -> list[Cell]:
    return [step.rule, step.before, step.after, _formula_text(step.formula), _parts_text(step), step.unsimplified]


def _sheet(steps: list[Step]) -> Sheet:
    columns = (
        Column("step", "step", "number", right=True),
        Column("rule", "rule", "words"),
        Column("before", "expression", "formula"),
        Column("statement", "statement", "words", 2),
        Column("parts", "with", "words", 3),
        Column("unsimplified", "before simplification", "formula", 1),
        Column("after", "derivative", "formula"),
    )
    rows: list[dict[Any, Cell]] = [
        {
            "step": str(n),
            "rule": step.rule,
            "before": step.before,
            "statement": _formula_text(step.formula),
            "parts": _parts_text(step),
            "unsimplified": step.unsimplified,
            "after": step.after,
        }
        for n, step in enumerate(steps, 1)
    ]
    return Sheet(columns, rows)


def _outline(steps: list[Step], answer: Expr) -> list[Branch]:
    """The steps as trees: the rule, the derivatives that it needs, and what comes of them; the answer last."""
    lines: list[Branch] = []
    open_steps: list[Step] = []
    for step in [*steps, None]:
        while open_steps and (step is None or open_steps[-1].depth >= step.depth):
            lines += _results(open_steps.pop())
        if step is None:
            break
        lines += _head(step)
        if _has_lines(step):
            open_steps.append(step)
    return [*lines, Branch(0, (answer,))]


def _head(step: Step) -> list[Branch]:
    """What a step says first; one that needs no other is told in one line."""
    if not step.by:
        return [Branch(step.depth, (step.before, " = ", step.after), step.rule)]
    formula = _formula_text(step.formula)
    if not _has_lines(step):
        return [Branch(step.depth, (f"d/d{step.by} [", step.before, "] = ", step.after), step.rule, formula)]
    head = Branch(step.depth, (f"d/d{step.by} [", step.before, "]"), step.rule, formula)
    return [head, Branch(step.depth + 1, ("with ", _parts_text(step)))] if step.parts else [head]


def _has_lines(step: Step) -> bool:
    """Whether a step takes more than one line: it uses others, or its result has to be simplified."""
    assert step.unsimplified is not None
    return bool(step.by) and (bool(step.uses) or _reads_differently(step.unsimplified, step.after))


def _results(step: Step) -> list[Branch]:
    """What a step comes to: before simplification, where that differs, and after it."""
    assert step.unsimplified is not None
    results = [step.unsimplified, step.after] if _reads_differently(step.unsimplified, step.after) else [step.after]
    return [Branch(step.depth + 1, ("= ", result)) for result in results]


def _lines(steps: list[Step]) -> list[DerivationLine]:
    """The steps as lines that are set below each other, equal signs aligned."""
    lines: list[DerivationLine] = []
    open_steps: list[Step] = []
    for step in [*steps, None]:
        while open_steps and (step is None or open_steps[-1].depth >= step.depth):
            done = open_steps.pop()
            lines += _equalities(done)
        if step is None:
            break
        if _has_lines(step):
            open_steps.append(step)
            lines.append(DerivationLine(step.before, step.by, None, step.rule, step.formula, step.parts))
        else:
            lines.append(DerivationLine(step.before, step.by, step.after, step.rule))
    return lines


def _equalities(step: Step) -> list[DerivationLine]:
    assert step.unsimplified is not None
    if not _reads_differently(step.unsimplified, step.after):
        return [DerivationLine(step.before, step.by, step.after)]
    return [DerivationLine(step.before, step.by, step.unsimplified), DerivationLine(None, step.by, step.after)]
