"""A derivation by named rules: what the symbolic backend does, recorded while it does it.

The engine is `derive.Derivation` itself with its results written down, so that steps and answer cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.analysis.toolkit import undefined_finding
from dcalc.derive import Derivation
from dcalc.errors import LimitError
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, walk
from dcalc.finding import Branch, Cell, Column, Field, Finding, Sheet, Subject
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.simplify import Build, rebuild, style

_STEP = {
    "rule": Field("string", "the name of the rule"),
    "before": Field("string", "the expression that it is applied to"),
    "after": Field("string", "its derivative; for rewrite and simplify an equal expression"),
    "by": Field("string | null", "the variable"),
    "formula": Field("string | null", "the rule in general"),
    "uses": Field("[integer]", "the steps used, by their index"),
}
RECORD = {
    "order": Field("integer", "the order of the derivative"),
    "steps": Field("[object]", "the steps, each after those that it uses", _STEP),
    "derivative": Field("string", "the answer"),
}


def find(subject: Subject, *, verbose: bool = False) -> Finding:
    """The steps of a derivative of any order; each uses only earlier ones.

    With ``verbose`` simplifications are steps, too. Raises LimitError for expressions above `MAX_NODES`,
    Unsupported where a partial has no closed form. Cost: the derivative, and writing all of its parts.
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
    """The steps as trees, the answer of each derivative on top; a step listed before is only referred to."""
    used = {part for step in steps for part in step.of}
    before = _simplifications(steps)
    listed: set[int] = set()
    lines: list[Branch] = []
    for top in (index for index in range(len(steps)) if index not in used and steps[index].rule != "simplify"):
        stack = [(top, 0)]
        while stack:
            index, depth = stack.pop()
            step = steps[index]
            if index in listed:
                lines.append(Branch(depth, (f"d/d{step.by} ", step.before), f"as in step {index + 1}"))
                continue
            listed.add(index)
            lines.append(_branch(depth, step, index))
            lines += [_branch(depth + 1, steps[other], other) for other in before.get(index, ())]
            stack += [(part, depth + 1) for part in reversed(step.of)]
    return lines


def _simplifications(steps: list[Step]) -> dict[int, list[int]]:
    """For each rule the simplifications just before it."""
    simplifications: dict[int, list[int]] = {}
    waiting: list[int] = []
    for index, step in enumerate(steps):
        if step.rule != "simplify":
            simplifications[index], waiting = waiting, []
        else:
            waiting.append(index)
    return simplifications


def _branch(depth: int, step: Step, index: int) -> Branch:
    number = f"{index + 1}. "
    if not step.by:
        return Branch(depth, (number, step.before, " = ", step.after), step.rule)
    return Branch(depth, (f"{number}d/d{step.by}[", step.before, "] = ", step.after), step.rule)


# --- steps --------------------------------------------------------------------------------

MAX_NODES = 2_000
"""The largest expression: nobody would read the steps of a larger one."""


class Step(NamedTuple):
    """A rule applied: the derivative of ``before`` is ``after``; for `rewrite` and `simplify` they are equal.

    ``of`` holds the indices of the steps that it uses; ``formula`` is the rule in general.
    """

    rule: str
    before: Expr
    after: Expr
    by: str
    formula: str = ""
    of: tuple[int, ...] = ()


def derive_in_steps(root: Expr, names: tuple[str, ...], *, verbose: bool = False) -> tuple[list[Step], Expr]:
    """(steps, derivative); the derivative is the node that `derive.derivative` returns."""
    build = RecordingBuild(style(root).decimals)
    steps: list[Step] = []
    node = rebuild(root, build)
    if _reads_differently(root, node):
        steps.append(Step("rewrite", root, node, ""))
    for name in names:
        engine = RecordingDerivation(build, name)
        tangent = engine.run(_check_size(node))
        steps += _list_steps(engine, node, len(steps), verbose=verbose)
        node = tangent
    return steps, node


def _reads_differently(before: Expr, after: Expr) -> bool:
    """Whether a change shows: x*y**-1 and x/y, say, are written alike."""
    return before is not after and write(before) != write(after)


def _check_size(root: Expr) -> Expr:
    if len(walk(root)) > MAX_NODES:
        raise LimitError(f"steps are shown for up to {MAX_NODES:,} parts", help="use dcalc diff for the answer alone")
    return root


def _list_steps(engine: RecordingDerivation, root: Expr, first: int, *, verbose: bool) -> list[Step]:
    """The steps of one derivative, each after those that it uses."""
    steps: list[Step] = []
    index: dict[int, int] = {}
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node.id in index:
            continue
        parts = _parts(engine, node)
        if not ready:
            stack.append((node, True))
            stack += [(part, False) for part in reversed(parts)]
            continue
        if verbose:
            changes = dict.fromkeys(engine.simplified.get(node.id, ()))
            steps += [Step("simplify", *change, "") for change in changes if _reads_differently(*change)]
        index[node.id] = first + len(steps)
        name, formula = name_rule(engine, node)
        of = tuple(index[part.id] for part in parts)
        steps.append(Step(name, node, engine.tangents.get(node.id, ZERO), engine.name, formula, of))
    return steps


def _parts(engine: RecordingDerivation, node: Expr) -> list[Expr]:
    """The nodes whose derivatives a step uses, each once, without the variable."""
    if node.id in engine.bodies:
        return [engine.bodies[node.id]]
    return [part for part in dict.fromkeys(engine.moving(node)) if part.op is not table.SYMBOL]


# --- rules by name ------------------------------------------------------------------------


def name_rule(engine: RecordingDerivation, node: Expr) -> tuple[str, str]:
    """The name of the rule that the engine applies to a node, and its general formula."""
    op = node.op
    moving = engine.moving(node)
    if not moving:
        return ("variable", "x' = 1") if engine.moves(node) else ("constant rule", "c' = 0")
    if node.id in engine.bodies:
        return (f"pairs of {op.name}" if op.fold else f"definition of {op.name}"), ""
    if op is table.ADD:
        return "sum rule", "(u + v)' = u' + v'"
    if op is table.MUL:
        return _name_product_rule(node, moving)
    chain = ", chain rule" if any(arg.op is not table.SYMBOL for arg in moving) else ""
    name, formula = (
        _name_power_rule(engine, node) if op is table.POW else (f"table rule of {op.name}", _table_formula(node))
    )
    return name + chain, formula


def _name_product_rule(node: Expr, moving: list[Expr]) -> tuple[str, str]:
    if len(moving) == 1:
        return "constant multiple rule", "(c*u)' = c*u'"
    if any(_is_divisor(arg) for arg in moving) and not all(_is_divisor(arg) for arg in node.args):
        return "quotient rule", "(u/v)' = u'/v - u*v'/v**2"
    return "product rule", "(u*v)' = u'*v + u*v'"


def _is_divisor(factor: Expr) -> bool:
    value = exact(factor.args[1]) if factor.op is table.POW else None
    return value is not None and value < 0


def _name_power_rule(engine: RecordingDerivation, node: Expr) -> tuple[str, str]:
    base, exponent = node.args
    if not engine.moves(exponent):
        return "power rule", "(u**n)' = n*u**(n - 1)*u'"
    if not engine.moves(base):
        return "exponential rule", "(a**u)' = log(a)*a**u*u'"
    return "general power rule", "(u**v)' = v*u**(v - 1)*u' + log(u)*u**v*v'"


def _table_formula(node: Expr) -> str:
    """What the table says of a function: `sin(x)' = cos(x)*x'`."""
    row = node.op
    called = f"{row.name}({', '.join(row.args)})"
    if row.tangent:
        return f"{called}' = {row.tangent}"
    terms = [
        f"({text})*{name}'" if "+" in text or "-" in text or "/" in text else f"{text}*{name}'"
        for text, name in zip(row.partials, row.args, strict=False)
        if text not in (None, "0")
    ]
    return f"{called}' = {' + '.join(terms)}" if terms else ""


# --- the recording engine -----------------------------------------------------------------


class RecordingBuild(Build):
    """The constructors of simplified nodes, which record each change as (before, after)."""

    def __init__(self, decimals: bool) -> None:
        super().__init__(decimals)
        self.changes: list[tuple[Expr, Expr]] = []
        self.depth = 0

    def apply(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        """As Build does."""
        return self._record(op, args, lambda: super(RecordingBuild, self).apply(op, args))

    def add(self, terms: Iterable[Expr]) -> Expr:
        """As Build does."""
        parts = tuple(terms)
        return self._record(table.ADD, parts, lambda: super(RecordingBuild, self).add(parts))

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """As Build does."""
        parts = tuple(factors)
        return self._record(table.MUL, parts, lambda: super(RecordingBuild, self).mul(parts))

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """As Build does."""
        return self._record(table.POW, (base, exponent), lambda: super(RecordingBuild, self).power(base, exponent))

    def _record(self, op: Row, args: tuple[Expr, ...], build: Callable[[], Expr]) -> Expr:
        """Build, and record the change if this is the outermost of constructors that call each other."""
        self.depth += 1
        try:
            after = build()
        finally:
            self.depth -= 1
        if not self.depth and (len(args) > 1 or op not in (table.ADD, table.MUL)):
            before = make(op, *args)
            if before is not after:
                self.changes.append((before, after))
        return after


class RecordingDerivation(Derivation):
    """A derivation that records what was simplified at each node, and the body that stands for a call."""

    def __init__(self, build: RecordingBuild, name: str) -> None:
        super().__init__(build, name)
        self.recorder = build
        self.simplified: dict[int, list[tuple[Expr, Expr]]] = {}
        self.bodies: dict[int, Expr] = {}
        self.current: list[Expr] = []

    def _tangent(self, node: Expr) -> Expr:
        outer, self.recorder.changes = self.recorder.changes, []
        self.current.append(node)
        tangent = super()._tangent(node)
        self.current.pop()
        self.simplified[node.id], self.recorder.changes = self.recorder.changes, outer
        return tangent

    def _inner(self, node: Expr) -> Expr:
        self.bodies[self.current[-1].id] = node
        return super()._inner(node)

    def moves(self, node: Expr) -> bool:
        """Whether the tangent of a node is not 0."""
        return self.tangents.get(node.id, ZERO) is not ZERO

    def moving(self, node: Expr) -> list[Expr]:
        """The arguments whose tangent is not 0."""
        return [] if is_leaf(node) else [arg for arg in node.args if self.moves(arg)]
