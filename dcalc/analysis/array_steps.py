"""The derivation of a derivative by a vector or a matrix, in matrix notation, from the outside in.

Each operation that depends on the variable has its rule as a differential, such as d(U@v) = dU@v + U@dv. The derivative
of f by the operation, contracted with that, is the derivative by each of its operands: reverse mode, written out. The
last line is the answer of `dcalc grad`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import functions as table
from dcalc.analysis.array_formulas import as_cell, choose_names, shapes_by_name
from dcalc.errors import LimitError, UsageError
from dcalc.finding import ArrayFormula, Branch, Brief, Cell, Column, DerivationLine, Fact, Finding, Sheet
from dcalc.functions import Row
from dcalc.tensor import latex, plain
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    add,
    as_number,
    is_condition,
    number,
    product,
    replace_args,
    variable,
    walk,
)
from dcalc.tensor.reader import Reading, Step, placeholder_name, read
from dcalc.tensor.sizes import Declared, write_shape

if TYPE_CHECKING:
    from dcalc.analysis.array_point import Given

MAX_STEPS = 300
"""Operations up to which steps are shown."""


class Line(NamedTuple):
    """A rule applied: f has the derivative ``after`` by the operand ``by`` of the operation ``before``.

    ``rule`` is its name, ``left`` and ``right`` say it as a differential in the letters of ``parts``, ``flow`` is the
    derivative of f by the operation. Without ``by`` the line goes on from those above.
    """

    rule: str
    before: Node
    after: Node
    by: Node | None = None
    left: Node | None = None
    right: Node | None = None
    parts: tuple[tuple[str, Node], ...] = ()
    flow: Node | None = None
    depth: int = 0


def find(text: str, wrt: Sequence[str], shapes: Mapping[str, Declared], given: Given | None, _digits: int) -> Finding:
    """The derivation of the derivative by one variable. Raises UsageError with values, LimitError for long texts.

    Cost: a derivative of each operation, and of the whole.
    """
    if given is not None:
        raise UsageError("steps are formulas", help="leave --at out, or write dcalc trace for the numbers")
    reading = read(text, shapes)
    names = choose_names(reading, wrt)
    if len(names) > 1:
        raise UsageError("steps are those of one derivative", help=f"write --wrt {names[0]}")
    lines, answer = derive_in_steps(reading, names[0], text)
    cells = as_cell(answer)
    name = names[0]
    return Finding(
        "steps",
        expression=as_cell(reading.root),
        wrt=names,
        record={
            "order": 1,
            "shapes": shapes_by_name(reading),
            "steps": [_record(line) for line in lines],
            "derivative": cells,
        },
        brief=Brief((Fact("", cells, "strong"),), branches=-1),
        sheets=(_sheet(lines),),
        outline=tuple(_outline(reading, name, lines, answer)),
        derivation=tuple(_typeset(lines)),
        plain=[*([str(count), *_cells(line)] for count, line in enumerate(lines, 1)), [cells]],
        notes=(*reading.notes, _describe_layout(reading, name)),
    )


def _describe_layout(reading: Reading, name: str) -> str:
    own = reading.variables[name].shape
    if not reading.root.shape:
        return f"layout: the derivative of a scalar by {name} has the shape of {name}: {write_shape(own)}"
    both = write_shape((*reading.root.shape, *own))
    return f"layout: the axes of f come first, then those of {name}: {both}"


# --- the steps ---------------------------------------------------------------------------------


def derive_in_steps(reading: Reading, name: str, text: str) -> tuple[list[Line], Node]:
    """The lines from the outside in, and the derivative as `dcalc grad` has it. ``text`` is what was read.

    Raises LimitError.
    """
    steps = reading.list_steps()
    if len(steps) > MAX_STEPS:
        raise LimitError(f"steps are shown for up to {MAX_STEPS} operations", help="use dcalc grad for the answer")
    return _Derivation(reading, name, steps, text).run()


class _Derivation:
    """Reverse mode over the operations as they were typed; ``values`` are what they come to, in normal form."""

    def __init__(self, reading: Reading, name: str, steps: Mapping[int, Step], text: str) -> None:
        self.reading = reading
        self.text = text
        self.variable = reading.variables[name]
        self.steps = steps
        self.values: dict[int, Node] = {}
        self.moving: set[int] = set()
        for place, step in steps.items():
            known = {placeholder_name(arg): self.values[arg] for arg in step.args}
            self.values[place] = substitute(step.node, known)
            if step.node is self.variable or any(arg in self.moving for arg in step.args):
                self.moving.add(place)

    def run(self) -> tuple[list[Line], Node]:
        """All lines, and the answer."""
        root = self.reading.root
        (answer,) = map(tidy, differentiate(root, [self.variable]))
        axes = tuple(range(root.rank))
        last = max(self.steps)
        flows: dict[int, list[Node]] = {last: [product(1, [], axes * 2, dict(enumerate(root.shape)))]}
        depths = {last: 0}
        lines: list[Line] = []
        arrived: list[Node] = []
        for place in reversed(list(self.steps)):
            parts = flows.pop(place, None)
            if parts is None or place not in self.moving:
                continue
            flow = add(parts)
            step, depth = self.steps[place], depths[place]
            if len(parts) > 1 and step.node is not self.variable:
                lines.append(Line("sum over all places", self.values[place], flow, self.values[place], depth=depth))
            if step.node is self.variable:
                arrived += parts
                continue
            for arg, part in self._pull_back(place, flow):
                flows.setdefault(arg, []).append(part)
                depths[arg] = max(depths.get(arg, 0), depth + 1)
                if self.values[arg] is not self.values[place]:
                    lines.append(self._line(place, arg, flow, part, depth))
        total = add(arrived) if arrived else number(0, answer.shape)
        if len(arrived) > 1:
            lines.append(Line(f"sum over all places of {self.reading_name}", root, total, self.variable))
        if answer is not total:
            lines.append(Line("common factors", root, answer, self.variable))
        return lines, answer

    @property
    def reading_name(self) -> str:
        """The name of the variable."""
        return str(self.variable.data)

    def _pull_back(self, place: int, flow: Node) -> list[tuple[int, Node]]:
        """What each operand that moves gets of the derivative of f by an operation."""
        step = self.steps[place]
        if is_condition(step.node):
            return []
        lead = self.reading.root.rank
        known = {placeholder_name(arg): self.values[arg] for arg in step.args}
        operands = _operands(step)
        parts = []
        for arg in dict.fromkeys(step.args):
            if arg in self.moving and arg in operands:
                (local,) = differentiate(step.node, [operands[arg]])
                local = substitute(local, known)
                parts.append((arg, contract(flow, local, lead, step.node.rank)))
        return parts

    def _line(self, place: int, arg: int, flow: Node, part: Node, depth: int) -> Line:
        step = self.steps[place]
        letters = self._letters(step)
        operands = _operands(step)
        numbers = {placeholder_name(one): node for one, node in letters.items() if as_number(node) is not None}
        named = substitute(step.node, numbers)
        whole = substitute(step.node, {placeholder_name(one): node for one, node in letters.items()})
        terms = []
        for one, node in letters.items():
            if one in self.moving and one in operands and node.kind is Kind.VARIABLE:
                (local,) = differentiate(step.node, [operands[one]])
                local = substitute(local, {placeholder_name(key): value for key, value in letters.items()})
                terms.append(contract(local, variable(f"d{node.data}", node.shape), step.node.rank, node.rank))
        parts = tuple(
            (str(node.data), self.values[one])
            for one, node in letters.items()
            if node.kind is Kind.VARIABLE and node is not self.values[one]
        )
        call = _CALL.match(self.text[slice(*step.span)])
        rule = f"derivative of {call[1]}" if call is not None and call[1] in _NAMED else name_rule(named)
        return Line(rule, self.values[place], part, self.values[arg], whole, tidy(add(terms)), parts, flow, depth)

    def _letters(self, step: Step) -> dict[int, Node]:
        """A letter for each operand; variables and numbers stay what they are."""
        letters: dict[int, Node] = {}
        names = {name.lower() for name in self.reading.variables}
        free = (letter for letter in _LETTERS if letter not in names)
        for arg in dict.fromkeys(step.args):
            value = self.values[arg]
            if as_number(value) is not None and arg not in self.moving:
                letters[arg] = value
                continue
            if value.kind is Kind.VARIABLE:
                letters[arg] = value
                continue
            letter = next(free, f"u{arg}")
            letters[arg] = variable(letter.upper() if value.rank == 2 else letter, value.shape)
        return letters


_LETTERS = "uvwpqrst"
_CALL = re.compile(r"\s*(\w+)\s*\(")
_NAMED = frozenset("mse mae bce bce_logits cross_entropy var std norm1 norminf log_softmax cumsum".split())
"""Functions whose rule is called by their own names: they stand for several operations."""


def _operands(step: Step) -> dict[int, Node]:
    """The stand-ins of the operands of an operation, by the operand."""
    by_name = {str(node.data): node for node in walk(step.node) if node.kind is Kind.VARIABLE}
    return {arg: by_name[placeholder_name(arg)] for arg in step.args if placeholder_name(arg) in by_name}


def substitute(root: Node, values: Mapping[str, Node]) -> Node:
    """A node with others in the places of variables, by name, in normal form. Linear in its nodes."""
    images: dict[Node, Node] = {}
    for node in walk(root):
        if node.kind is Kind.VARIABLE and str(node.data) in values:
            images[node] = values[str(node.data)]
        else:
            images[node] = replace_args(node, [images[arg] for arg in node.args])
    return images[root]


def contract(first: Node, second: Node, lead: int, shared: int) -> Node:
    """The sum over the ``shared`` axes that follow the first ``lead`` of one node and begin the other."""
    left = tuple(range(first.rank))
    middle = left[lead : lead + shared]
    right = (*middle, *range(first.rank, first.rank + second.rank - shared))
    sizes = {**dict(zip(right, second.shape, strict=True)), **dict(zip(left, first.shape, strict=True))}
    out = [*left[:lead], *right[shared:]]
    return product(1, [Factor(first, left), Factor(second, right)], out, sizes)


_RULES = {
    Kind.SUM: "sum rule",
    Kind.INVERSE: "derivative of the inverse",
    Kind.DET: "derivative of the determinant",
    Kind.LOGDET: "derivative of the log-determinant",
    Kind.SOFTMAX: "derivative of softmax",
    Kind.LOGSUMEXP: "derivative of logsumexp",
    Kind.MAXIMUM: "derivative of the largest entry",
    Kind.MINIMUM: "derivative of the smallest entry",
    Kind.PROD: "derivative of a product of entries",
}


def name_rule(node: Node) -> str:
    """The name of the rule for an operation, over letters."""
    if node.kind is Kind.APPLY:
        row = node.data
        assert isinstance(row, Row)
        where = ", entry by entry" if node.rank else ""
        return f"case by case{where}" if row is table.WHERE else f"derivative of {row.name}{where}"
    if node.kind is not Kind.PRODUCT:
        return _RULES.get(node.kind, "chain rule")
    network = node.network
    moving = [place for place, arg in enumerate(node.args) if _has_letter(arg)]
    if any(arg.kind in (Kind.UNIT, Kind.SELECT) for arg in node.args):
        return "entries"
    if len(moving) != 1:
        if len(network.sizes) > len(set(network.out)):
            return "product rule for matrices"
        return "product rule, entry by entry" if node.rank else "product rule"
    return _name_rule_of_one(node, *moving)


def _name_rule_of_one(node: Node, place: int) -> str:
    """The name of the rule for a product in which one factor moves."""
    network = node.network
    if not node.args[place].shape and node.args[place].kind is Kind.PRODUCT and node.args[place].network.sizes:
        inner = name_rule(node.args[place])
        if inner == "derivative of a sum of entries":
            is_mean = len(node.args) > 1 or network.coefficient != 1
            return "derivative of a mean" if is_mean else inner
    arg, labels, exponent = node.args[place], network.labels[place], network.exponents[place]
    if exponent == Fraction(1, 2) and arg.kind is Kind.PRODUCT and arg.network.exponents == (2,) and not arg.shape:
        return "derivative of the norm"
    if exponent != 1:
        if not network.is_pointwise:
            return "derivative of a sum of powers"
        return "power rule" + (", entry by entry" if node.rank else "")
    if len(set(labels)) < len(labels):
        return "derivative of the diagonal" if node.rank else "derivative of the trace"
    summed = set(labels) - set(network.out)
    if summed:
        is_mean = any(one.kind is Kind.SIZE for one in node.args) or network.coefficient != 1
        return "derivative of a mean" if is_mean else "derivative of a sum of entries"
    if labels != network.out:
        is_turned = sorted(labels) == sorted(network.out)
        return "transpose" if is_turned else "an entry that stands several times"
    return "constant multiple rule"


def _has_letter(node: Node) -> bool:
    return any(part.kind is Kind.VARIABLE for part in walk(node))


# --- what is shown -----------------------------------------------------------------------------


def _by_text(line: Line, notation: str) -> str:
    """`df/dx`, `df/d(A@x - b)`."""
    assert line.by is not None
    write = latex.write if notation == "latex" else plain.write
    text = write(line.by)
    is_name = line.by.kind is Kind.VARIABLE
    if notation == "latex":
        below = text if is_name else rf"\left({text}\right)"
        return rf"\frac{{\partial f}}{{\partial {below}}}"
    return f"df/d{text}" if is_name else f"df/d({text})"


def _statement(line: Line) -> str:
    """`d(U@v) = dU@v + U@dv`."""
    if line.left is None or line.right is None:
        return ""
    return f"d({plain.write(line.left)}) = {plain.write(line.right)}"


def _parts_text(line: Line) -> str:
    return ", ".join(f"{letter} = {plain.write(node)}" for letter, node in line.parts)


def _record(line: Line) -> dict[str, Any]:
    return {
        "rule": line.rule,
        "before": as_cell(line.before),
        "after": as_cell(line.after),
        "by": None if line.by is None else as_cell(line.by),
        "formula": _statement(line) or None,
        "parts": {letter: as_cell(node) for letter, node in line.parts},
        "unsimplified": as_cell(line.after),
        "depth": line.depth,
        "uses": [],
        "flow": None if line.flow is None else as_cell(line.flow),
    }


def _cells(line: Line) -> list[Cell]:
    by = ArrayFormula(partial(_by_text, line))
    return [line.rule, as_cell(line.before), by, as_cell(line.after), _statement(line), _parts_text(line)]


def _sheet(lines: Sequence[Line]) -> Sheet:
    columns = (
        Column("step", "step", "number", right=True),
        Column("rule", "rule", "words"),
        Column("before", "operation", "code"),
        Column("by", "derivative", "code"),
        Column("after", "is", "code"),
        Column("statement", "rule in symbols", "words", 2),
        Column("parts", "with", "words", 3),
    )
    keys = [str(column.key) for column in columns[1:]]
    return Sheet(
        columns,
        [
            {"step": str(count), **dict(zip(keys, _cells(line), strict=True))}
            for count, line in enumerate(lines, 1)
        ],
    )  # fmt: skip


def _outline(reading: Reading, name: str, lines: Sequence[Line], answer: Node) -> list[Branch]:
    """The expression, a line for each rule, and the answer."""
    branches = [Branch(0, (f"d/d{name} [", as_cell(reading.root), "]"))]
    for line in lines:
        by = ArrayFormula(partial(_by_text, line))
        statement = _statement(line)
        letters = _parts_text(line)
        formula = f"{statement} with {letters}" if statement and letters else statement
        branches.append(Branch(1, (by, " = ", as_cell(line.after)), line.rule, formula))
    return [*branches, Branch(0, (as_cell(answer),))]


def _typeset(lines: Sequence[Line]) -> list[DerivationLine]:
    """The lines as they are set below each other."""
    typeset = []
    for line in lines:
        by = ArrayFormula(partial(_by_text, line))
        parts: tuple[tuple[str, Any], ...] = ()
        if line.left is not None and line.right is not None:
            parts = ((rf"d\left({latex.write(line.left)}\right)", as_cell(line.right)),)
        parts += tuple((latex.write_name(letter, node.rank), as_cell(node)) for letter, node in line.parts)
        typeset.append(DerivationLine(by, "", as_cell(line.after), line.rule, None, parts))
    return typeset
