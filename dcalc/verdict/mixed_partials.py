"""Mixed partials where f is not analytic: derivatives of the functions that the derivatives before them are.

The derivative by y of that by x is one of the function g(y) = df/dx(p, y), which has to exist on both sides
of y = q. Beside q, at y = q + t, it is found in the sectors x = p - s, x = p and x = p + s, where s is
infinitely smaller than t: g exists there exactly if what f is in these three agrees, derivatives included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby, product
from typing import NamedTuple, TypeVar

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, is_leaf, make, number, operands, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers import enclosure
from dcalc.proof import prove_number
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import ZERO as ZERO_VALUE
from dcalc.proof.constant import Constant, to_fraction
from dcalc.reasons import ROUGH
from dcalc.simplify import Build, rebuild, style
from dcalc.simplify.build import RELATIONS
from dcalc.tape import expand
from dcalc.verdict.composition import split
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import Verdict, fill_hole, judge, judge_germ
from dcalc.verdict.one_sided import Side, is_regular, read_derivatives
from dcalc.verdict.scale import NeedMoreTerms, Undecidable
from dcalc.verdict.series import Germ, NoValue, OpenQuestion, Series, SideValue

# --- sectors -----------------------------------------------------------------------------------
# Functions on sectors: close to a point, along steps of which each is infinitely smaller than the one before.
#
# The point x = p + s, y = q + t, where t -> 0+ and s is infinitely smaller than t, lies in one sector of the
# plane around (p, q): every condition, kink and step is decided there, once and for all. A sign in the
# sector is that of the first derivative along the smallest step that does not vanish on the face where this
# step is 0; on the last face one variable is left, and the germs of `germ` decide.


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


# --- mixed partials ----------------------------------------------------------------------------


class Run(NamedTuple):
    """So many derivatives by one variable, one after the other."""

    name: str
    order: int


def judge_mixed(root: Expr, wrt: Sequence[str], at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative by the first name, then by the second, and so on.

    The first of the derivatives that has no value there gives the kind. Raises NeedMoreBits.
    """
    runs = [Run(name, len(list(group))) for name, group in groupby(wrt)]
    verdict = judge(root, *runs[0], at)
    for count in range(2, len(runs) + 1):
        if verdict.status in ("removable", "undefined"):
            return fill_hole(verdict._replace(status="undefined", value=None), root, Counter(wrt), at)
        if verdict.status != "ok" or verdict.value is None:
            left, right = _find_sides(root, runs, at, verdict) if len(runs) == 2 else (None, None)
            return verdict._replace(left=left, right=right)
        before, last = runs[: count - 1], runs[count - 1]
        with limit_work(Budget()):
            verdict = _judge_last(root, before, last, at, verdict)
    return verdict


def _judge_last(root: Expr, before: Sequence[Run], last: Run, at: Mapping[str, Constant], here: Verdict) -> Verdict:
    """The verdict on the last of the runs; ``here`` is that on the derivative before it, which has a value."""
    value = here.value
    assert value is not None
    around = Surroundings(at, [run.name for run in (*before, last)], style(root))
    try:
        left, right = (_derivative_beside(around, root, before, Step(last.name, sign)) for sign in (-1, 1))
    except Undecidable as question:
        return Verdict("unresolved", sentence=str(question))
    except NeedMoreTerms:
        return Verdict("unresolved", sentence="all known terms of the series cancel")

    def evaluate(reach: int, simplifying: bool) -> tuple[Evaluation, Germ]:
        lines = [_evaluate(side, last.name, around.at, reach, simplifying) for side in (left, right)]
        germ = _join(lines, left is right, last.order)
        line = next((line for line in reversed(lines) if isinstance(line, Evaluation)), None)
        return line or Evaluation(root, last.name, at, reach), germ._replace(value=value)

    verdict = judge_germ(evaluate, last.order)._replace(f=here.f)
    if verdict.kind == "boundary":
        lack = next(side for side in (left, right) if isinstance(side, Absent))
        return verdict._replace(node=lack.node, sentence=lack.reason)
    return verdict._replace(node=root) if verdict.kind else verdict


def _find_sides(root: Expr, runs: Sequence[Run], at: Mapping[str, Constant], first: Verdict) -> list[Constant | None]:
    """The mixed partials of the two sides, where the first derivative has two values at the point.

    None for a side from which f is not one function that is analytic in the second variable.
    """
    sides: list[Constant | None] = []
    for sign, side in ((-1, first.left), (1, first.right)):
        around = Surroundings(at, [run.name for run in runs], style(root))
        try:
            sides.append(None if side is None else _find_side(around, root, runs, sign))
        except (Absent, Undecidable, NeedMoreTerms):
            sides.append(None)
    return sides


def _find_side(around: Surroundings, root: Expr, runs: Sequence[Run], sign: int) -> Constant | None:
    (name, order), (other, count) = runs[:2]
    step = Step(name, sign)
    here, *beside = (around.decide(root, (Step(other, place), step)) for place in (0, -1, 1))
    if any(part is not here for part in beside) or not around.is_analytic_on(here, other, ()):
        return None
    part = around.extend(here, step, order, ())
    value = Evaluation(differentiate(differentiate(part, name, order), other, count), "", around.at, 1).run().value
    return value if isinstance(value, Constant) else None


def _derivative_beside(around: Surroundings, root: Expr, runs: Sequence[Run], step: Step) -> Expr | Absent:
    """The derivative as an expression on one side, or why it does not exist there."""
    try:
        return _partial(around, root, runs, step)
    except Absent as lack:
        return lack


_Line = Evaluation | NoValue
"""One side of a line along which the last derivative is taken: the germs of an expression, or their absence."""


def _evaluate(side: Expr | Absent, name: str, at: Mapping[str, Constant], reach: int, simplifying: bool) -> _Line:
    if isinstance(side, Absent):
        return NoValue(side.reason, side.node or ZERO)
    line = Evaluation(side, name, at, reach, simplifying)
    line.run()
    return line


def _join(lines: Sequence[_Line], are_same: bool, order: int) -> Germ:
    """The germ made of the left side of one line and the right side of another; its value is not known here."""
    if are_same and isinstance(lines[1], Evaluation):
        germ = lines[1].germs[lines[1].root.id]._replace(cont_left=False, cont_right=False)
        sides: list[SideValue] = [germ.left, germ.right]
    else:
        sides = [
            line if isinstance(line, NoValue) else line.germs[line.root.id].side(sign)
            for line, sign in zip(lines, (-1, 1), strict=True)
        ]
        germ = Germ(ZERO_VALUE, sides[0], sides[1], False, False, False)
        if order > 1 and any(isinstance(side, Series) and side.oscillation is not None for side in sides):
            raise Undecidable("an oscillation of unknown speed")
    if any(isinstance(side, NoValue) and side is not line for side, line in zip(sides, lines, strict=True)):
        raise Undecidable(ROUGH)  # a derivative exists where its text has a hole
    return germ


_Part = Expr | Absent | Undecidable | NeedMoreTerms
"""What a derivative is in a sector, or why that is not known."""


def _partial(around: Surroundings, root: Expr, runs: Sequence[Run], step: Step) -> Expr:
    """What the derivatives of the runs are beside the point, as an expression.

    Raises Absent where they do not exist, Undecidable, NeedMoreTerms and NeedMoreBits. Cost: f is decided in
    three sectors for one run, in nine for two.
    """
    outer = [run.name for run in reversed(runs)]

    def sector(signs: Sequence[int]) -> Sector:
        return (step, *(Step(name, sign) for name, sign in zip(outer, signs, strict=False)))

    parts = {
        signs: _attempt(partial(around.decide, root, sector(signs))) for signs in product((0, -1, 1), repeat=len(runs))
    }
    for depth, run in zip(range(len(runs))[::-1], runs, strict=True):
        parts = {
            signs: _attempt(partial(_cross, around, run, [parts[*signs, sign] for sign in (0, -1, 1)], sector(signs)))
            for signs in product((0, -1, 1), repeat=depth)
        }
    if isinstance(result := parts[()], Exception):
        raise result
    return result


def _attempt(find: Callable[[], Expr]) -> _Part:
    try:
        return find()
    except (Absent, Undecidable, NeedMoreTerms) as fault:
        return fault


def _cross(around: Surroundings, run: Run, parts: Sequence[_Part], face: Sector) -> Expr:
    """The derivative on a face, from what f is on it and on its two sides.

    Raises Absent where there is none, else the question that is open.
    """
    faults = [part for part in parts if isinstance(part, Exception)]
    if faults:
        raise min(faults, key=lambda fault: not isinstance(fault, Absent))
    here, left, right = (part for part in parts if isinstance(part, Expr))
    left = around.extend(left, Step(run.name, -1), run.order, face)
    right = around.extend(right, Step(run.name, 1), run.order, face)
    _check_equal(around, here, right, face, run.name)
    _check_equal(around, left, right, face, run.name)
    for _ in range(run.order):
        left, right = (differentiate(side, run.name, 1) for side in (left, right))
        _check_equal(around, left, right, face, run.name)
    return right


def _check_equal(around: Surroundings, first: Expr, second: Expr, sector: Sector, name: str) -> None:
    """Raise Absent unless two expressions are equal in the sector."""
    if first is not second and around.sign(around.subtract(first, second), sector):
        raise Absent(f"the derivative by {name} does not exist on a side of the point")
