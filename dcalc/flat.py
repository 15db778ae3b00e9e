"""Functions with edges of functions with flat parts: where sqrt(relu(x)) is constant its derivative is 0.

The chain rule gives 1/(2*sqrt(relu(x)))*step(x), which is 0/0 on the whole half line. So such a function is cut
into cells by what its inner function chooses: in a cell where that is constant the derivative is 0, and in each
other one it is that of the function without choices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, isnan
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ZERO, Expr, exact, is_leaf, make, variables, walk
from dcalc.interior import Condition, conjoin, fold, split_choice
from dcalc.simplify import Build, rebuild
from dcalc.simplify.build import RELATIONS
from dcalc.tape import expand

_MAX_CUTS = 4
"""Places of change that are told apart; functions with more of them keep the text of the chain rule."""
_MAX_NODES = 2_000
"""Larger functions keep the text of the chain rule: each cell costs a derivative."""
_NEVER_NEGATIVE = frozenset((table.ABS, table.EXP, table.SQRT, table.COSH, table.HYPOT, table.get("relu", 1)))


class Cell(NamedTuple):
    """What the arguments of a function and their derivatives are between places of change: ``signs`` are those of
    what changes sign there."""

    signs: tuple[tuple[Expr, int], ...]
    args: tuple[Expr, ...]
    slopes: tuple[Expr, ...]

    @property
    def is_flat(self) -> bool:
        """Whether the arguments are constant."""
        return all(slope is ZERO for slope in self.slopes)

    @property
    def condition(self) -> Condition:
        """That a point is in the cell or at its ends."""
        return conjoin([_compare(*own) for own in self.signs if not any(_follows(own, other) for other in self.signs)])


def has_edges(node: Expr) -> bool:
    """Whether an operation may have infinite partials where it has a value."""
    if node.op is table.POW:
        exponent = exact(node.args[1])
        return exponent is not None and type(exponent) is not int and exponent > 0
    row = node.op
    return (
        row is table.HYPOT
        or row is table.ROOT
        or bool(row.vertical)
        or any(sign in row.domain for sign in (">=", "<="))
    )


def cut(node: Expr, slopes: Sequence[Expr], name: str, build: Build, derive: Callable[[Expr], Expr]) -> Expr | None:
    """The derivative of a node by ``name``, cell by cell; None where the chain rule has no gaps that matter.

    ``slopes`` are the derivatives of its arguments, ``derive`` differentiates an expression.
    """
    parts = walk(node, *slopes)
    if len(parts) > _MAX_NODES or not _may_vanish(slopes):
        return None
    cells = _Cutter(name, build).cut(node, slopes)
    flat = [cell for cell in cells if cell.is_flat]
    outers = [make(node.op, *cell.args) for cell in flat]
    if not all(map(_has_value, outers)) or not any(map(_is_steep, outers)):
        return None
    whole = ZERO
    for cell in reversed([cell for cell in cells if not cell.is_flat]):
        condition = cell.condition
        part = derive(build.apply(node.op, cell.args))
        whole = part if condition is True else build.apply(table.WHERE, (condition, part, whole))  # type: ignore[arg-type]  # no cell is empty
    return whole


def _may_vanish(slopes: Sequence[Expr]) -> bool:
    """Whether a slope may be 0 on an interval: a sign alone is not."""
    parts = walk(*slopes)
    choices = [part for part in parts if rules.is_choice(part)]
    return any(part.op is not table.SIGN or any(other.op is table.ADD for other in parts) for part in choices)


def _is_steep(outer: Expr) -> bool:
    """Whether a function may have infinite partials where its arguments are constant."""
    if variables(outer) or not outer.op.partials:  # a function with a body has no partials of its own
        return True
    from dcalc.numbers.real import evaluate  # few derivatives are asked for values

    partials = [rules.partial(outer, place) for place in range(1 if outer.op is table.POW else len(outer.args))]
    return any(part is not None and not isfinite(evaluate(part)) for part in partials)


def _has_value(outer: Expr) -> bool:
    """Whether a function is known to have a value wherever it is constant."""
    if not variables(outer):
        from dcalc.numbers.real import evaluate  # as above

        return not isnan(evaluate(outer))
    if not outer.op.domain:
        return True
    return outer.op is table.POW and _is_never_negative(outer.args[0])


def _is_never_negative(node: Expr) -> bool:
    known: dict[int, bool] = {}
    for part in walk(node):
        value = exact(part)
        if value is not None:
            known[part.id] = value >= 0
        elif part.op is table.POW:
            power = exact(part.args[1])
            known[part.id] = known[part.args[0].id] or (type(power) is int and power % 2 == 0)
        elif part.op is table.ADD or part.op is table.MUL:
            known[part.id] = all(known[arg.id] for arg in part.args)
        else:
            known[part.id] = part.op in _NEVER_NEGATIVE
    return known[node.id]


class _Cutter:
    """Expressions cut along one variable."""

    def __init__(self, name: str, build: Build) -> None:
        self.name = name
        self.build = build

    def cut(self, node: Expr, slopes: Sequence[Expr]) -> list[Cell]:
        """The cells of a node and of the derivatives of its arguments."""
        count = len(node.args)
        plain = self._assume((*node.args, *slopes), None, 0)
        cells = [Cell((), plain[:count], plain[count:])]
        for _ in range(_MAX_CUTS + 1):
            gaps = [self._find_gap(cell) for cell in cells]
            if not any(gaps):
                return cells
            cells = [part for cell, gap in zip(cells, gaps, strict=True) for part in self._cut_at(cell, gap)]
            if len(cells) > 2**_MAX_CUTS:
                break
        return []

    def _cut_at(self, cell: Cell, gap: Expr | None) -> list[Cell]:
        if gap is None:
            return [cell]
        parts = []
        for sign in (1, -1):
            if any(_excludes(other, (gap, sign)) for other in cell.signs):
                continue
            images = self._assume((*cell.args, *cell.slopes), gap, sign)
            parts.append(Cell((*cell.signs, (gap, sign)), images[: len(cell.args)], images[len(cell.args) :]))
        if len(parts) == 2 and parts[0][1:] == parts[1][1:]:
            return [parts[0]._replace(signs=cell.signs)]
        return parts

    def _find_gap(self, cell: Cell) -> Expr | None:
        """What changes sign where a part of the slopes does; where they are all 0 there is nothing to ask."""
        if cell.is_flat:
            return None
        for node in walk(*cell.slopes, *cell.args):
            gap = self._gap_of(node)
            if gap is not None and not any(gap[0] is known for known, _ in cell.signs):
                return gap[0]
        return None

    def _gap_of(self, node: Expr) -> tuple[Expr, int] | None:
        """What changes sign where a node chooses, and 1 or -1 for the way round; None for other nodes."""
        if is_leaf(node) or self.name not in variables(node):
            return None
        if node.op in RELATIONS or node.op is table.MAX or node.op is table.MIN:
            gap = rebuild(make(table.SUB, *node.args), self.build)
        elif rules.is_choice(node) and node.op is not table.WHERE and not node.op.body:
            gap = node.args[0]
        else:
            return None
        if self.name not in variables(gap) or any(rules.is_choice(part) for part in walk(gap)):
            return None
        return self._normalise(gap)

    def _normalise(self, gap: Expr) -> tuple[Expr, int]:
        """A positive multiple of an expression, or of its opposite, that is the same for all of them."""
        coefficient, rest = self.build.split(gap)
        if gap.op is table.ADD:
            own = [self.build.split(term)[0] for term in gap.args if self.name in variables(term)]
            coefficient = own[0]
            rest = self.build.mul((gap, self.build.power(self.build.number(coefficient), MINUS_ONE)))
        return rest, 1 if coefficient > 0 else -1

    def _assume(self, roots: Sequence[Expr], gap: Expr | None, sign: int) -> tuple[Expr, ...]:
        """The expressions where a gap has that sign; bodies are written out."""
        images: dict[int, Expr] = {}
        for node in walk(*roots):
            if is_leaf(node) or node.op in table.CONDITIONS:
                images[node.id] = node
                continue
            args = tuple(images[arg.id] for arg in node.args)
            if node.op is table.WHERE:
                images[node.id] = self._choose(node.args[0], args, gap, sign)
                continue
            image = self.build.apply(node.op, args)
            inner = None if is_leaf(image) or not rules.is_choice(image) else expand(image)
            if inner is not None:
                images[node.id] = self._assume_more(inner, gap, sign)
            else:
                images[node.id] = self._decide(image, gap, sign)
        return tuple(images[root.id] for root in roots)

    def _assume_more(self, inner: Expr, gap: Expr | None, sign: int) -> Expr:
        return self._assume((inner,), gap, sign)[0]

    def _decide(self, node: Expr, gap: Expr | None, sign: int) -> Expr:
        own = None if gap is None else self._gap_of(node)
        if own is None or own[0] is not gap:
            return node
        above, below = split_choice(node)[:2]
        return rebuild((above if sign * own[1] > 0 else below)[1], self.build)

    def _choose(self, condition: Expr, args: tuple[Expr, ...], gap: Expr | None, sign: int) -> Expr:
        def decide(atom: Expr) -> Condition:
            parts = self._assume(atom.args, gap, sign)
            relation = make(atom.op, *parts)
            value = exact(rebuild(make(table.SUB, *parts), self.build))
            if value is not None:
                return bool(RELATIONS[atom.op](value, 0))
            own = None if gap is None else self._gap_of(relation)
            return relation if own is None or own[0] is not gap else bool(RELATIONS[atom.op](sign * own[1], 0))

        image = fold(condition, decide)
        if isinstance(image, bool):
            return args[1] if image else args[2]
        return self.build.apply(table.WHERE, (image, *args[1:]))


def _follows(own: tuple[Expr, int], other: tuple[Expr, int]) -> bool:
    """Whether x >= 0 follows from x >= 1."""
    distance = exact(rebuild(make(table.SUB, own[0], other[0]), Build()))
    return distance is not None and own[1] == other[1] and own[1] * distance > 0


def _excludes(own: tuple[Expr, int], other: tuple[Expr, int]) -> bool:
    """Whether nothing has both signs: x > 0 and x + 3 < 0."""
    distance = exact(rebuild(make(table.SUB, own[0], other[0]), Build()))
    return distance is not None and own[1] != other[1] and own[1] * distance <= 0


def _compare(gap: Expr, sign: int) -> Expr:
    """gap >= 0, or <= 0, with a number alone on the right."""
    op = table.GE if sign > 0 else table.LE
    if gap.op is table.ADD:
        numbers = [term for term in gap.args if exact(term) is not None]
        others = [term for term in gap.args if exact(term) is None]
        if len(numbers) == 1 and len(others) == 1:
            return make(op, others[0], Build().mul((MINUS_ONE, numbers[0])))
    return make(op, gap, ZERO)
