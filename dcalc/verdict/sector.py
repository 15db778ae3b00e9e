"""Functions on sectors: close to a point, along steps of which each is infinitely smaller than the one before.

The point x = p + s, y = q + t, where t -> 0+ and s is infinitely smaller than t, lies in one sector of the
plane around (p, q): every condition, kink and step is decided there, once and for all. A sign in the
sector is that of the first derivative along the smallest step that does not vanish on the face where this
step is 0; on the last face one variable is left, and the germs of `germ` decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import NamedTuple, TypeVar

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, is_leaf, make, number, operands, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers import enclosure
from dcalc.proof import prove_number
from dcalc.proof.constant import Constant, to_fraction
from dcalc.reasons import ROUGH
from dcalc.simplify import Build, rebuild
from dcalc.simplify.build import RELATIONS
from dcalc.tape import expand
from dcalc.verdict.composition import split
from dcalc.verdict.decoration import NoValue, OpenQuestion
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.one_sided import Side, is_regular, read_derivatives
from dcalc.verdict.scale import NeedMoreTerms, Undecidable
from dcalc.verdict.series import Series

_REACHES = (6, 12, 24, 44)
"""Orders of a germ that are looked at, one after the other, before its sign is left open."""
_DEEPEST = 12
"""Derivatives along the smallest step that are looked at."""
_ROUNDS = 4
"""How often a part is decided again whose simplified form has kinks of its own: sqrt(x**2) is abs(x)."""
_CHOICES = frozenset((table.ABS, table.MAX, table.MIN, table.FLOOR, table.WHERE, *table.CONDITIONS))

Answer = TypeVar("Answer")


class Step(NamedTuple):
    """A step along a variable, to the left (-1), to the right (1), or none (0)."""

    name: str
    sign: int


Sector = tuple[Step, ...]
"""Steps from the point; each is infinitely smaller than those before it."""


class Absent(Exception):
    """A function has no value in a sector: why, and of which part."""

    def __init__(self, reason: str, node: Expr | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node


_Fault = Absent | Undecidable | NeedMoreTerms
"""What a part has in the place of an image; it may stand in a branch that is never taken."""
_Image = Expr | bool | _Fault


class Surroundings:
    """What is true in the sectors around one point, for expressions in the ``moving`` variables."""

    def __init__(self, at: Mapping[str, Constant], moving: Collection[str], build: Build) -> None:
        self.at = dict(at)
        self.moving = frozenset(moving)
        self.build = build
        self._signs: dict[tuple[int, Sector], int] = {}
        self._clear: dict[int, int] = {}
        self._kept: list[Expr] = []
        """What the ids in the dictionaries belong to."""

    # --- signs ----------------------------------------------------------------------------

    def sign(self, node: Expr, sector: Sector) -> int:
        """The sign of an expression that is decided in the sector; raises Undecidable and NeedMoreBits."""
        value = exact(node)
        if value is not None:
            return (value > 0) - (value < 0)
        names = variables(node)
        steps = tuple(step for step in sector if step.sign and step.name in names)
        key = (node.id, steps)  # an id stays unique as long as the node is kept
        if key not in self._signs:
            self._kept.append(node)
            self._signs[key] = self._clear_sign(node) or self._find_sign(node, steps)
        return self._signs[key]

    def _clear_sign(self, node: Expr) -> int:
        """The sign that an expression has at the point and all around; 0 where there is none."""
        if node.id not in self._clear:
            sign = 0
            if self._is_analytic(node, variables(node)):
                value = Evaluation(node, "", self.at, _REACHES[0]).run().value
                if isinstance(value, Constant) and 0 not in value.ball:
                    sign = value.sign()
            self._clear[node.id] = sign
        return self._clear[node.id]

    def _is_analytic(self, node: Expr, names: Collection[str]) -> bool:
        return enclosure.analytic(node, names, {name: _ball(value) for name, value in self.at.items()})

    def _find_sign(self, node: Expr, steps: Sector) -> int:
        if not steps:
            value = Evaluation(node, "", self.at, _REACHES[0]).run().value
            if isinstance(value, Constant):
                return value.sign()
            raise _question(value)
        if len(steps) == 1:
            return self._sign_of_germ(node, steps[0])
        *face, (name, direction) = steps
        if not self.is_analytic_on(node, name, tuple(face)):
            raise Undecidable(ROUGH)
        coefficient = node
        for k in range(_DEEPEST):
            if sign := self.sign(coefficient, tuple(face)):
                return -sign if direction < 0 and k % 2 else sign
            coefficient = differentiate(coefficient, name, 1)
            if coefficient is ZERO or (k == 1 and prove_number(node) == 0):
                return 0
        raise Undecidable("all known terms of the series cancel")

    def _sign_of_germ(self, node: Expr, step: Step) -> int:
        def read(line: Evaluation) -> int:
            return _side(line, step.sign).sign()

        return self._deepen(node, step.name, read)

    def _deepen(self, node: Expr, name: str, read: Callable[[Evaluation], Answer]) -> Answer:
        """What is read off a germ along one variable, of which more and more terms are asked."""
        for reach in _REACHES:
            line = Evaluation(node, name, self.at, reach, reach > _REACHES[0])
            line.run()
            with suppress(NeedMoreTerms):
                return read(line)
        raise Undecidable("all known terms of the series cancel")

    # --- analytic on a face -----------------------------------------------------------------

    def is_analytic_on(self, node: Expr, name: str, face: Sector) -> bool:
        """Whether an expression that is decided beside a face is analytic in ``name`` on it."""
        names = variables(node)
        steps = [step for step in face if step.sign and step.name in names]
        if not steps:
            return self._is_analytic(node, [name])
        if len(steps) == 1:
            return self._deepen(node, steps[0].name, lambda line: is_regular(line, name, steps[0].sign))
        return all(self._is_interior(part, name, face) for part in walk(node))

    def _is_interior(self, node: Expr, name: str, face: Sector) -> bool:
        """Whether an operation is analytic in its arguments there."""
        if is_leaf(node) or name not in variables(node):
            return True
        if node.op is table.POW or node.op is table.SQRT:
            base, exponent = node.args if node.op is table.POW else (node.args[0], None)
            value = None if exponent is None else exact(exponent)
            if type(value) is int:
                return value >= 0 or self.sign(base, face) != 0
            return self.sign(base, face) > 0
        if node.op is table.ABS:
            return self.sign(node.args[0], face) != 0
        if node.op in _CHOICES or node.op.vertical or enclosure.has_edges(node.op):
            return False
        return not node.op.domain or self._holds(_domain(node), face)

    def _holds(self, condition: Expr, sector: Sector) -> bool:
        image = self._images(condition, sector)
        return isinstance(image, bool) and image

    # --- the expression that stands for f in a sector ------------------------------------------

    def decide(self, root: Expr, sector: Sector) -> Expr:
        """f in the sector, with every choice made: an expression without conditions, kinks and jumps.

        Raises Absent where f has no value there, Undecidable and NeedMoreBits.
        """
        image = self._images(root, sector)
        if isinstance(image, Exception):
            raise image
        assert isinstance(image, Expr)  # f is a number, not a condition
        return image

    def _images(self, root: Expr, sector: Sector, rounds: int = _ROUNDS) -> _Image:
        """The image of a node, children first, in a loop."""
        images: dict[int, _Image] = {}
        meaning: dict[int, Expr | None] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in images:
                stack.pop()
                continue
            if node.id not in meaning:
                meaning[node.id] = None if is_leaf(node) else _write_out(node)
            inner = meaning[node.id]
            parts = operands(node) if inner is None else (inner,)
            missing = [part for part in parts if part.id not in images]
            if missing:
                stack += missing
                continue
            stack.pop()
            if inner is not None:
                images[node.id] = images[inner.id]
                continue
            try:
                images[node.id] = self._image(node, [images[part.id] for part in parts], sector, rounds)
            except (Absent, Undecidable, NeedMoreTerms) as fault:
                images[node.id] = fault
        return images[root.id]

    def _image(self, node: Expr, args: list[_Image], sector: Sector, rounds: int) -> _Image:
        op = node.op
        if is_leaf(node):
            return node
        if op is table.WHERE:
            condition, first, second = args
            return (first if condition else second) if isinstance(condition, bool) else condition
        if (short := _SHORT_CUTS.get(op)) is not None and any(arg is short for arg in args):
            return short
        faults = [arg for arg in args if isinstance(arg, Exception)]
        if faults:
            return min(faults, key=lambda fault: not isinstance(fault, Absent))
        if short is not None or op is table.NOT:
            return not (short if op is not table.NOT else args[0])
        return self._operate(node, tuple(arg for arg in args if isinstance(arg, Expr)), sector, rounds)

    def _operate(self, node: Expr, args: tuple[Expr, ...], sector: Sector, rounds: int) -> _Image:
        """The image of an operation on numbers; raises Absent where it has no value."""
        op = node.op
        if op in RELATIONS:
            return bool(RELATIONS[op](self.sign(self.subtract(*args), sector), 0))
        if op is table.ABS:
            sign = self.sign(args[0], sector)
            return args[0] if sign > 0 else make(table.MUL, number(sign), args[0])
        if op is table.MAX or op is table.MIN:
            is_first = self.sign(self.subtract(*args), sector) >= 0
            return args[0] if is_first == (op is table.MAX) else args[1]
        if op is table.FLOOR:
            return self._floor(args[0], sector)
        self._check_domain(node, args, sector)
        if rounds and op in (table.POW, table.SQRT):
            simple = self.build.apply(op, args)
            if any(part.op in _CHOICES for part in walk(simple)):
                return self._images(simple, sector, rounds - 1)
        return make(op, *args)

    def subtract(self, first: Expr, second: Expr) -> Expr:
        """The simplified difference."""
        return rebuild(make(table.SUB, first, second), self.build)

    def _check_domain(self, node: Expr, parts: tuple[Expr, ...], sector: Sector) -> None:
        """Raise Absent where an operation has no value."""
        if not node.op.domain:
            return
        if node.op is table.POW and type(exponent := exact(parts[1])) is int and exponent >= 0:
            return
        condition = self._images(_domain(make(node.op, *parts)), sector)
        if isinstance(condition, Exception):
            raise condition
        if not condition:
            raise Absent("there is no value on a side of the point", node)

    def _floor(self, node: Expr, sector: Sector) -> Expr:
        """floor of an expression that tends to a number."""
        names = variables(node)
        steps = [step for step in sector if step.sign and step.name in names]
        limit = self._limit(node, steps[0] if steps else None)
        whole = limit.as_integer()
        if whole is None:
            return number(limit.floor())
        return number(whole if self.sign(self.subtract(node, number(whole)), sector) >= 0 else whole - 1)

    def _limit(self, node: Expr, step: Step | None) -> Constant:
        value = Evaluation(node, "", self.at, _REACHES[0]).run().value
        if isinstance(value, Constant) and self._is_analytic(node, variables(node)):
            return value
        if step is None or any(name != step.name for name in variables(node) if name in self.moving):
            raise Undecidable(ROUGH)

        def read(line: Evaluation) -> Constant:
            growing, limit, _ = split(_side(line, step.sign))
            if growing.terms:
                raise Undecidable("a step of something that grows without end")
            return limit

        return self._deepen(node, step.name, read)

    # --- from beside a face on to it ------------------------------------------------------------

    def extend(self, node: Expr, step: Step, order: int, face: Sector) -> Expr:
        """An expression decided beside a face, as one that is analytic on the face too, with the same limits
        there of all derivatives by the step's variable up to an order.

        Parts in that variable alone may be singular at the point: their Taylor polynomials stand for them.
        Raises Absent where the limits are infinite, Undecidable where the expression has none of that kind.
        """
        for same in (node, rebuild(node, self.build)):  # beside the face x/x is 1, which has a value on it
            if step.name not in variables(same) or self.is_analytic_on(same, step.name, face):
                return same
        if any(other.name == step.name and other.sign for other in face):
            raise Undecidable(ROUGH)  # the face does not go through the point
        images: dict[int, Expr] = {}
        others = self.moving - {step.name}
        for part in walk(node):
            names = variables(part)
            alone = step.name in names and not others.intersection(names)
            if is_leaf(part):
                images[part.id] = part
            elif alone and part.op not in table.CONDITIONS and not self._is_analytic(part, [step.name]):
                images[part.id] = self._taylor_polynomial(part, step, order, part is node) or part
            else:
                images[part.id] = make(part.op, *(images[arg.id] for arg in part.args))
        smooth = images[node.id]
        if step.name in variables(smooth) and not self.is_analytic_on(smooth, step.name, face):
            raise Undecidable(ROUGH)
        return smooth

    def _taylor_polynomial(self, part: Expr, step: Step, order: int, whole: bool) -> Expr | None:
        """The Taylor polynomial of a part from one side; None where there is none: a larger part may have one."""

        def read(line: Evaluation) -> Side:
            return read_derivatives(_side(line, step.sign), order)

        try:
            side = self._deepen(part, step.name, read)
        except Undecidable:
            return None
        if side.fails or side.sampled:
            if whole:
                raise Absent("it has no derivative there", part)
            return None
        distance = self.subtract(symbol(step.name), self.constant(self.at[step.name]))
        power = self.build.power
        terms = [
            self.build.mul((self.constant(value), number(step.sign**k), power(distance, number(k)), _factor(k)))
            for k, value in enumerate(side.values)
        ]
        return self.build.add(terms)

    def constant(self, value: Constant) -> Expr:
        """A node for a constant: a number, or a name of its own."""
        if value.exact is not None:
            return number(to_fraction(value.exact))
        name = f"constant {len(self.at)}"  # no name that can be typed
        self.at[name] = value
        return symbol(name)


def differentiate(node: Expr, name: str, order: int) -> Expr:
    """The derivative as an expression; raises Undecidable where it has no closed form."""
    try:
        return derivative(node, (name,) * order)
    except (Unsupported, LimitError) as error:
        raise Undecidable(str(error)) from error


def _factor(k: int) -> Expr:
    """1/k!"""
    product = 1
    for factor in range(2, k + 1):
        product *= factor
    return ONE if product == 1 else make(table.POW, number(product), MINUS_ONE)


def _ball(value: Constant) -> enclosure.Constant:
    return lambda: value.ball


def _question(value: object) -> Exception:
    """What to raise where a value is missing, or open."""
    if isinstance(value, OpenQuestion):
        return value.retry or Undecidable(value.reason)
    if isinstance(value, NoValue):
        return Undecidable(ROUGH)
    raise TypeError(value)


def _side(line: Evaluation, sign: int) -> Series:
    """The series of a side; raises what stands in its place."""
    side = line.germs[line.root.id].side(sign)
    if isinstance(side, Series):
        return side
    raise _question(side)


_SHORT_CUTS: dict[Row, bool] = {table.AND: False, table.OR: True}
"""What decides a condition whatever the other part is."""


def _write_out(node: Expr) -> Expr | None:
    """What a node stands for: its body, two arguments at a time, or its form in simpler functions where it has
    kinks or jumps of its own."""
    inner = expand(node)
    if inner is not None:
        return inner
    row = node.op
    if not row.kinks or not row.written or row in _CHOICES:
        return None
    return rules.fill(row.written, row.args, dict(zip(row.args, node.args, strict=True)))


def _domain(node: Expr) -> Expr:
    """The condition under which an operation has a value."""
    return rules.fill(node.op.domain, node.op.args, dict(zip(node.op.args, node.args, strict=True)))
