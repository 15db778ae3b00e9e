"""Points at which several choices change: the text of a derivative has there what it has on both sides.

Where one choice changes, it matters little which branch holds at the point itself: if f has a derivative there, both
branches have that one. Where two change together, one may be taken from the left and one from the right:
`relu(x) - relu(-x)` is x, and `step(x) + step(-x)` is 1 on both sides of 0 and 2 at 0. The same holds for a sign,
which is 0 at a point alone: `x*sign(x)**2` is x. So the text is read with all choices as they are to the left,
at, and to the right of such a point, and is corrected where the sides agree and the point does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, number, replace_nodes, substitute, symbol, variables, walk
from dcalc.interior import (
    Condition,
    Slope,
    conjoin,
    disjoin,
    greatest_divisor,
    negate,
    polynomial,
    split_choice,
)
from dcalc.simplify import Build, rebuild
from dcalc.simplify.build import RELATIONS
from dcalc.ties import align, is_proved

_MAX_NODES = 500
_MAX_CHOICES = 12
"""Larger texts stay as they are: each point costs three passes over all nodes."""
_MAX_ORDER = 4
"""Derivatives that are asked for the side on which something is positive."""


def join_sides(text: Expr, name: str, build: Build, slope: Slope) -> Expr:
    """The derivative by ``name``, corrected where choices meet; the same node where nothing is to correct.

    Points are found where they are rational, or linear in the other variables. Cost: linear in the nodes for each.
    """
    nodes = walk(text)
    choices = [node for node in nodes if rules.is_choice(node) and name in variables(node)]
    if not choices or len(nodes) > _MAX_NODES or len(choices) > _MAX_CHOICES:
        return text
    gaps = [gap for node in choices for gap in _find_gaps(node, build)]
    if len(gaps) < 2 and choices[0].op is not table.SIGN:
        return text
    joined = _join_at_points(text, name, gaps, build, slope)
    is_single = len(variables(text)) < 2
    if joined is not text and (is_single or not any(part.op is table.EQ for part in walk(joined))):
        return joined
    aligned = text if not is_single and is_proved(text, name, build, first=True) else align(text, name, build)
    return joined if aligned is text else aligned


def _join_at_points(text: Expr, name: str, gaps: Sequence[Expr], build: Build, slope: Slope) -> Expr:
    """The text with the values of the sides at single points at which gaps are 0."""
    joined = text
    for point in _find_points(gaps, name, build):
        sides = _read_sides(text, name, point, build, slope)
        if _may_be_wrong(sides, build):
            left, right = (_Reader(name, build, slope, point, side).read(text) for side in (-1, 1))
            if left is right and all(_changes_only_at(gap, name, point, build) for gap in gaps):
                return left
            joined = build.apply(table.WHERE, (make(table.EQ, symbol(name), point), sides[2], joined))
    for point, other, value in _find_meetings(gaps, name, build):
        sides = _read_sides(_place(text, other, value, build), name, point, build, slope)
        here = _place(_place(joined, other, value, build), name, point, build)
        if _is_to_correct(sides) and here is not sides[2]:
            place = make(table.AND, make(table.EQ, symbol(name), point), make(table.EQ, symbol(other), value))
            joined = build.apply(table.WHERE, (place, sides[2], joined))
    return joined


def _read_sides(text: Expr, name: str, point: Expr, build: Build, slope: Slope) -> list[Expr]:
    """The values of a text just left of a point, at it, and just right of it."""
    readings = (_Reader(name, build, slope, point, side).read(text) for side in (-1, 0, 1))
    return [_place(reading, name, point, build) for reading in readings]


def _may_be_wrong(sides: Sequence[Expr], build: Build) -> bool:
    """Whether the sides agree, if only for some values of other variables, and the point has another value there.

    A value between both sides, as a sign has, agrees wherever they do.
    """
    left, here, right = sides
    if left is right:
        return _is_to_correct(sides)
    if here is left or here is right or not _has_value(right) or any(map(rules.is_choice, walk(left, here, right))):
        return False
    jump = rebuild(make(table.SUB, left, right), build)
    share = rebuild(make(table.DIV, make(table.SUB, here, right), jump), build)
    return bool(variables(jump)) and exact(share) is None


def _is_to_correct(sides: Sequence[Expr]) -> bool:
    left, here, right = sides
    return left is right and here is not right and _has_value(right)


def _find_gaps(choice: Expr, build: Build) -> list[Expr]:
    """What changes sign where a choice changes, or one of those that it is written out to."""
    atoms: list[Expr] = []
    stack = [choice]
    while stack:
        node = stack.pop()
        cases = split_choice(node)
        if len(cases) == 1:  # a body
            stack += [part for part in walk(cases[0][1]) if rules.is_choice(part)]
        elif node.op is table.WHERE:
            atoms += [part for part in walk(node.args[0]) if part.op in RELATIONS]
        elif isinstance(cases[0][0], Expr):
            atoms.append(cases[0][0])
    return list(dict.fromkeys(rebuild(make(table.SUB, *atom.args), build) for atom in atoms))


def _find_points(gaps: Sequence[Expr], name: str, build: Build) -> list[Expr]:
    """Zeros of the gaps, without choices inside of them, that are linear or common to two of them."""
    points: dict[int, Expr] = {}
    exacts: list[list[Fraction]] = []
    for part in dict.fromkeys(part for gap in gaps for part in _branches(gap, build)):
        coefficients = polynomial(part, name, build)
        if coefficients is None or len(coefficients) < 2:
            continue
        rate = exact(coefficients[1])
        if len(coefficients) == 2 and rate:
            zero = build.mul((build.number(Fraction(-1, 1) / rate), coefficients[0]))
            points[zero.id] = zero
        elif coefficients[0] is ZERO:
            points[ZERO.id] = ZERO
        values = [exact(coefficient) for coefficient in coefficients]
        if len(values) > 2 and None not in values:
            exacts.append([Fraction(value) for value in values if value is not None])
    for first, second in combinations(exacts, 2):
        common = greatest_divisor(first, second)
        if len(common) == 2:
            zero = build.number(-common[0])
            points[zero.id] = zero
    return list(points.values())


def _find_meetings(gaps: Sequence[Expr], name: str, build: Build) -> list[tuple[Expr, str, Expr]]:
    """(point, other, value): for one value of another variable two gaps are 0 at one point, and elsewhere apart."""
    meetings: dict[tuple[int, str, int], tuple[Expr, str, Expr]] = {}
    for point in _find_points(gaps, name, build):
        for part in dict.fromkeys(part for gap in gaps for part in _branches(gap, build)):
            apart = _place(part, name, point, build)
            for other in variables(apart):
                for value in _find_points([apart], other, build):
                    if not variables(value):
                        place = _place(point, other, value, build)
                        meetings[place.id, other, value.id] = (place, other, value)
    return list(meetings.values())[:_MAX_CHOICES]


def _branches(gap: Expr, build: Build) -> list[Expr]:
    """The gap with each of the branches of its choices, a few of them."""
    parts = [gap]
    for _ in range(_MAX_CHOICES):
        for place, part in enumerate(parts):
            choice = next((node for node in walk(part) if rules.is_choice(node)), None)
            if choice is not None:
                values = [value for _, value in split_choice(choice)]
                parts[place : place + 1] = [rebuild(replace_nodes(part, {choice: value}), build) for value in values]
                break
        else:
            break
    return parts


def _place(text: Expr, name: str, point: Expr, build: Build) -> Expr:
    return rebuild(substitute(text, {name: point}), build)


def _has_value(node: Expr) -> bool:
    """Whether nothing in a simplified expression is divided by 0, or the logarithm of it."""
    return not any((part.op is table.POW or part.op is table.LOG) and part.args[0] is ZERO for part in walk(node))


def _changes_only_at(gap: Expr, name: str, point: Expr, build: Build) -> bool:
    coefficients = polynomial(gap, name, build)
    linear = coefficients is not None and len(coefficients) == 2 and exact(coefficients[1]) is not None
    return linear and _place(gap, name, point, build) is ZERO


class _Reader:
    """A text with its choices as they are just left of a point (side -1), at it (0), or just right of it (1)."""

    def __init__(self, name: str, build: Build, slope: Slope, point: Expr, side: int) -> None:
        self.name = name
        self.build = build
        self.slope = slope
        self.point = point
        self.side = side

    def read(self, text: Expr) -> Expr:
        """The text without the choices that are decided there."""
        image = self._read_all(text)
        return image if isinstance(image, Expr) else text

    def _read_all(self, root: Expr) -> Condition:
        images: dict[int, Condition] = {}
        for node in walk(root):
            images[node.id] = node if is_leaf(node) else self._read(node, [images[arg.id] for arg in node.args])
        return images[root.id]

    def _read(self, node: Expr, args: list[Condition]) -> Condition:
        op = node.op
        if op is table.AND or op is table.OR:
            return conjoin(args) if op is table.AND else disjoin(args)
        if op is table.NOT:
            return negate(args[0])
        if op is table.WHERE and isinstance(args[0], bool):
            return args[1] if args[0] else args[2]
        own = tuple(number(int(arg)) if isinstance(arg, bool) else arg for arg in args)
        if op in RELATIONS:
            sign = self._sign(make(table.SUB, *own))
            return make(op, *own) if sign is None else bool(RELATIONS[op](sign, 0))
        plain = self.build.apply(op, own)
        if op is table.WHERE or not rules.is_choice(plain):
            return plain
        for condition, value in split_choice(plain):
            chosen = condition if isinstance(condition, bool) else self._decide(condition)
            if chosen is None:
                return plain
            if chosen:
                return self.read(value) if any(map(rules.is_choice, walk(value))) else rebuild(value, self.build)
        return plain

    def _decide(self, condition: Expr) -> bool | None:
        """Whether a relation, or what connects several, holds there; None where that is not known."""
        image = self._read_all(condition)
        return image if isinstance(image, bool) else None

    def _sign(self, gap: Expr) -> int | None:
        """The sign of a gap there; None where it is not known."""
        part: Expr | None = rebuild(gap, self.build)
        for order in range(_MAX_ORDER + 1):
            if part is None or any(map(rules.is_choice, walk(part))):
                return None
            value = exact(_place(part, self.name, self.point, self.build))
            if value is None:
                return None
            if value or part is ZERO or not self.side:
                return ((value > 0) - (value < 0)) * self.side**order if self.side else (value > 0) - (value < 0)
            part = self.slope(part, self.name)
        return None
