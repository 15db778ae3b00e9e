"""Expressions over blocks of numbers, as programs: one and its derivatives, with the rows where it is to be believed.

Rows that have a rule on arrays (`operators`, `elementary`) become calls of NumPy; all others go through
balls, number by number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from fractions import Fraction
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from dcalc import functions as table
from dcalc import rules
from dcalc.bulk import elementary, operators
from dcalc.bulk.bound import LIMIT, Arrays, Mask, Truth, Value
from dcalc.bulk.operators import nonzero, parts, surely
from dcalc.bulk.rowwise import constant, through_balls
from dcalc.bulk.ufunc_program import Layout, Operand, Reg
from dcalc.derive import derivative
from dcalc.expr import Expr, exact, is_leaf, number
from dcalc.functions import Row
from dcalc.records import NamedTuple
from dcalc.simplify import Build, rebuild, simplify, style
from dcalc.simplify.build import Rebuild
from dcalc.tape import Rule, in_order

if TYPE_CHECKING:
    from dcalc.bulk.rounder import Rounder

_SQUARINGS = 64
"""Whole powers up to this are products."""
_SPREAD = 3
"""Whole powers up to this are single factors below a line."""
_MANY = 12
"""In products of more factors no known part is looked for."""


@cache
def evaluator(row: Row) -> Rule | None:
    """The rule on arrays for a row; None where it goes through balls."""
    return operators.RULES.rules.get(row)


class Lowering:
    """One graph being written as a program: the values of its nodes, by id."""

    def __init__(self, arrays: Arrays, names: Sequence[str], constant: Callable[[Expr], Value] = constant) -> None:
        self.arrays = arrays
        self.constant = constant
        self.columns: Mapping[str, Value] = dict(zip(names, arrays.inputs(), strict=True))
        self.values: dict[int, Any] = {}
        self.fixed: dict[int, bool] = {}
        self.opposite: dict[int, Value] = {}
        self.sums: dict[int, _Running] = {}

    def run(self, roots: Iterable[Expr], always: frozenset[int]) -> None:
        """Write the steps of all nodes below the roots; ``always``: the nodes that every row needs.
        Linear in nodes."""
        order, inner = in_order(*reversed(list(roots)))  # the first root first: others share its parts
        waiting: dict[int, list[_Running]] = {}
        for node in order:
            if node.op is table.ADD and len(node.args) > operators.FEW and node.id not in self.values:
                running = self.sums[node.id] = _Running(node.id in always)
                for arg in node.args:
                    waiting.setdefault(arg.id, []).append(running)
        for node in order:
            self.arrays.strict = node.id in always
            meaning = inner.get(node.id)
            self.fixed[node.id] = self._is_fixed(node, meaning)
            self.values[node.id] = self.values[meaning.id] if meaning is not None else self._value(node)
            for running in waiting.get(node.id, ()):
                running.take(self, node)
        self.arrays.strict = True

    def _is_fixed(self, node: Expr, meaning: Expr | None) -> bool:
        if is_leaf(node):
            return node.op is table.NUMBER
        return all(self.fixed[arg.id] for arg in (node.args if meaning is None else (meaning,)))

    def _value(self, node: Expr) -> Any:
        op = node.op
        if op is table.SYMBOL:
            return self.columns[node.args[0]]
        if op in table.CONDITIONS:
            return self._call(node)
        if self.fixed[node.id]:
            return self.constant(node)
        if op is table.ADD:
            return self._sum(node)
        if op is table.MUL:
            return self._product(node)
        if op is table.POW:
            return self._power(*node.args)
        return self._call(node)

    def _call(self, node: Expr) -> Any:
        args = tuple([self.values[arg.id] for arg in node.args])
        rule = evaluator(node.op)
        return through_balls(self.arrays, node.op, args) if rule is None else rule(self.arrays, *args)

    def _sum(self, node: Expr) -> Value:
        """A sum: terms with the factor -1 are subtracted."""
        running = self.sums.get(node.id)
        if running is not None and running.total is not None:
            return running.total
        minus = tuple([self.opposite[arg.id] for arg in node.args if arg.id in self.opposite])
        plus = [self.values[arg.id] for arg in node.args if arg.id not in self.opposite]
        return operators.add(self.arrays, *plus, minus=minus)

    def _product(self, node: Expr) -> Value:
        """A product: its negative powers in one denominator, its constants as one factor."""
        fixed = [self.values[arg.id] for arg in node.args if self.fixed[arg.id]]
        above: list[Value] = []
        below: list[Value] = []
        for arg in node.args:
            if self.fixed[arg.id]:
                continue
            exponent = exact(arg.args[1]) if arg.op is table.POW else None
            if exponent is not None and exponent < 0:
                below += self._factors(arg.args[0], -exponent)
            else:
                above.append(self.values[arg.id])
        above, below = self._share(above, below)
        product = operators.mul(self.arrays, *above) if above else elementary.ONE
        if below:
            product = operators.div(self.arrays, product, operators.mul(self.arrays, *below))
        if fixed:
            factor = operators.mul(self.arrays, *fixed)
            if factor.v == -1.0 and self.arrays.error(factor) == 0.0:
                self.opposite[node.id] = product
            product = operators.mul(self.arrays, factor, product)
        return product

    def _factors(self, base: Expr, exponent: int | Fraction) -> list[Value]:
        """A power as factors, so that a quotient by one of them can be shared."""
        if type(exponent) is int and exponent <= _SPREAD:
            return [self.values[base.id]] * exponent
        return [self._to(base, exponent)]

    def _share(self, above: list[Value], below: list[Value]) -> tuple[list[Value], list[Value]]:
        """The factors with those products and quotients put together that the program has already."""
        while len(above) + len(below) <= _MANY and (step := self._find_step(above, below)) is not None:
            name, first, second = step
            rule = operators.mul if name == "multiply" else operators.div
            above = [rule(self.arrays, first, second), *_without(above, first)]
            if name == "multiply":
                above = [above[0], *_without(above[1:], second)]
            else:
                below = _without(below, second)
        return above, below

    def _find_step(self, above: list[Value], below: list[Value]) -> tuple[str, Value, Value] | None:
        pairs = [("multiply", u, v) for u in above for v in above if u is not v]
        pairs += [("divide", u, v) for u in above for v in below]
        return next((pair for pair in pairs if self.arrays.program.has(pair[0], pair[1].v, pair[2].v)), None)

    def _power(self, base: Expr, power: Expr) -> Value:
        exponent = exact(power)
        if exponent is None:
            return elementary.power(self.arrays, self.values[base.id], self.values[power.id])
        if exponent >= 0:
            return self._to(base, exponent)
        return operators.div(self.arrays, elementary.ONE, self._to(base, -exponent))

    def _to(self, base: Expr, exponent: int | Fraction) -> Value:
        """A constant power, not negative: by products and square roots where those will do."""
        u = self.values[base.id]
        whole, half = divmod(Fraction(exponent), 1)
        if half not in (0, Fraction(1, 2)) or whole > _SQUARINGS:
            return self._large(u, exponent)
        root = elementary.sqrt(self.arrays, u) if half else None
        if not whole:
            return root if root is not None else elementary.ONE
        power = self._whole(u, int(whole))
        return power if root is None else operators.mul(self.arrays, power, root)

    def _whole(self, u: Value, exponent: int) -> Value:
        product = None
        while True:
            if exponent & 1:
                product = u if product is None else operators.mul(self.arrays, product, u)
            exponent >>= 1
            if not exponent:
                return product if product is not None else elementary.ONE
            u = operators.mul(self.arrays, u, u)

    def _large(self, u: Value, exponent: int | Fraction) -> Value:
        v = self.constant(number(exponent))
        if type(exponent) is not int:
            return elementary.power(self.arrays, u, v)
        size = elementary.power(self.arrays, operators.abs_(self.arrays, u), v)
        if exponent % 2 == 0:
            return size
        return size._replace(v=self.arrays.program.op("copysign", size.v, u.v), sign=u.sign)

    def choose(self, condition: Expr, first: Mask, second: Mask) -> Mask:
        """The first mask where the condition holds, else the second."""
        truth: Truth = self.values[condition.id]
        mask = operators.chosen_mask(self.arrays, truth.v, first, second)
        return self.arrays.both(mask, self.arrays.merge(truth.sure))


class _Running:
    """A sum of many terms, each added as soon as it is made, so that few are held at a time."""

    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.total: Value | None = None

    def take(self, lowering: Lowering, node: Expr) -> None:
        """Add a term."""
        arrays = lowering.arrays
        arrays.strict = self.strict
        opposite = lowering.opposite.get(node.id)
        if self.total is None:
            self.total = lowering.values[node.id]
        elif opposite is None:
            self.total = operators.add(arrays, self.total, lowering.values[node.id])
        else:
            self.total = operators.sub(arrays, self.total, opposite)


def _without(values: list[Value], one: Value) -> list[Value]:
    place = next(i for i, value in enumerate(values) if value is one)
    return values[:place] + values[place + 1 :]


# --- An expression and its derivatives.


class Formula:
    """What is computed: the targets simplified, and what must hold for them to be true.

    Raises Unsupported where a partial has no closed form, LimitError where one grows too large.
    """

    def __init__(self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str]) -> None:
        self.root = root
        self.wrt = [tuple(wrt) for wrt in targets]
        self.names = tuple(names)
        build: Build = style(root)
        self.targets = [derivative(root, wrt) if wrt else rebuild(root, build) for wrt in targets]
        conditions = guards(root)
        nodes = conditions.nodes()
        simple = Rebuild(build).run(*nodes) if nodes else []
        self.guards: Guards = conditions.replace({node.id: new for node, new in zip(nodes, simple, strict=True)})

    def rewritten(self) -> Formula | None:
        """The same targets in forms that lose fewer digits; None where there are none.

        They are equal where f is smooth, which the guards of this formula prove, so that the new one has no guards.
        """
        from dcalc.stable import stable

        root = stable(self.root)
        targets = [stable(derivative(root, wrt)) if wrt else root for wrt in self.wrt]
        if targets == self.targets:
            return None
        formula = copy(self)
        formula.targets, formula.guards = targets, Guards((), [])
        return formula

    def fast_layout(self) -> Layout:
        """The values without bounds, and the mask of the rows in which all are finite."""
        lowering = Lowering(Arrays(len(self.names), bounded=False), self.names)
        lowering.run(self.targets, frozenset())
        program = lowering.arrays.program
        values = [lowering.values[node.id].v for node in self.targets]
        finite: Mask = True
        for value in values:
            finite = lowering.arrays.both(finite, program.op("isfinite", value))
        program.outputs = [*values, finite]
        return program.finish()

    def bounded_layout(self, tolerance: float, *, careful: bool) -> Layout:
        """The values, the mask of the rows in which f is proved to be smooth, and that of those in
        which then all values are within the relative tolerance; the tight program raises where the
        careful one is needed."""
        arrays = Arrays(len(self.names), bounded=True, careful=careful)
        lowering = Lowering(arrays, self.names)
        operands = _operands(self.guards.nodes())
        needed = [*self.targets, *_operands([item for item in self.guards.items if isinstance(item, Expr)])]
        needed += [choice.condition for choice in self.guards.choices]
        lowering.run([*self.targets, *operands, *needed], always([*self.targets, *needed]))
        values = [lowering.values[node.id] for node in self.targets]
        smooth = self.guard_mask(lowering)
        smooth = arrays.both(arrays.total, smooth)
        for value in values:
            smooth = arrays.both(smooth, arrays.merge(value.sure))
        slack = 1.0 + 4 * LIMIT * len(arrays.program.steps)
        narrow: Mask = True
        for value in values:
            narrow = arrays.both(narrow, _within(arrays, value, tolerance / slack))
        arrays.program.outputs = [*[value.v for value in values], smooth, narrow]
        return arrays.program.finish()

    def rounder(self) -> Rounder:
        """What rounds the values of rows in which f is known to be smooth. Raises Unsupported."""
        from dcalc.bulk.rounder import LongArrays, Rounder

        arrays = LongArrays(len(self.names))
        lowering = Lowering(arrays, self.names, arrays.constant)
        lowering.run(self.targets, always(self.targets))
        values = [lowering.values[node.id] for node in self.targets]
        sure = arrays.total
        for value in values:
            sure = arrays.both(sure, arrays.merge(value.sure))
        arrays.program.outputs = [*[value.v for value in values], *[arrays.error(value) for value in values], sure]
        return Rounder(arrays.program.finish())

    def outside(self) -> Layout | None:
        """The mask of the rows around which f is proved to have no value; None where there is no
        such row."""
        arrays = Arrays(len(self.names), bounded=True, careful=True)
        lowering = Lowering(arrays, self.names)
        domains = [item for item in self.guards.items if isinstance(item, Expr) and item.op in table.CONDITIONS]
        lowering.run(_operands(domains), frozenset())
        arrays.strict = False  # a part without a value says nothing of the others
        mask: Mask = False
        for domain in domains:
            mask = arrays.either(mask, surely(arrays, domain, lowering.values, holds=False))
        arrays.program.outputs = [arrays.both(arrays.total, mask)]
        return arrays.program.finish() if isinstance(mask, Reg) else None

    def operands(self) -> list[Expr]:
        """What the guards compare and look at."""
        needed = [*_operands(self.guards.nodes()), *[choice.condition for choice in self.guards.choices]]
        return list(dict.fromkeys(needed))

    def guard_mask(self, lowering: Lowering) -> Mask:
        """Where f is smooth, from its guards."""
        arrays = lowering.arrays
        masks: list[Mask] = []

        def hold(items: Sequence[Item]) -> Mask:
            mask: Mask = True
            for item in items:
                mask = arrays.both(mask, _holds(lowering, item) if isinstance(item, Expr) else masks[item])
            return mask

        for choice in self.guards.choices:
            first, second = hold(choice.first), hold(choice.second)
            masks.append(lowering.choose(choice.condition, first, second))
        return hold(self.guards.items)


def _holds(lowering: Lowering, node: Expr) -> Mask:
    if node.op in table.CONDITIONS:
        return surely(lowering.arrays, node, lowering.values)
    return nonzero(lowering.arrays, lowering.values[node.id])


def _operands(nodes: Sequence[Expr]) -> list[Expr]:
    """What conditions compare, and expressions as they are."""
    operands: dict[Expr, None] = {}
    for node in nodes:
        if node.op not in table.CONDITIONS:
            operands[node] = None
        for part in parts(node):
            operands.update((arg, None) for arg in part.args if arg.op not in table.CONDITIONS)
    return list(operands)


def _within(arrays: Arrays, value: Value, tolerance: float) -> Mask:
    """Where the error is at most the tolerance times the size."""
    if not isinstance(value.v, Reg) and not isfinite(value.v):
        return False
    room_for_error = tolerance - value.rel
    if room_for_error < 0.0 or (value.abs == 0.0 and value.own == 0.0):
        return room_for_error >= 0.0
    room: Operand = room_for_error if value.own == 0.0 else arrays.program.op("subtract", room_for_error, value.own)
    return arrays.at_most(value.abs, arrays.times(room, arrays.size(value)))


# --- What must hold for a formula of the derivative to be the derivative: f defined and smooth there.

Item = Expr | int
"""A condition that must hold around the point, or an expression that must not be 0, or a choice
by its number."""


class Choice(NamedTuple):
    """The guards of the branch that `where` takes."""

    condition: Expr
    first: tuple[Item, ...]
    second: tuple[Item, ...]


class Guards(NamedTuple):
    """What must hold everywhere, and the choices in it, inner ones first."""

    items: tuple[Item, ...]
    choices: list[Choice]

    def nodes(self) -> list[Expr]:
        """All expressions in it."""
        parts = [self.items, *[(c.condition, *c.first, *c.second) for c in self.choices]]
        return list(dict.fromkeys(item for part in parts for item in part if isinstance(item, Expr)))

    def replace(self, by: Mapping[int, Expr]) -> Guards:
        """The same with other expressions in the places of these, by id."""

        def new(items: tuple[Item, ...]) -> tuple[Item, ...]:
            return tuple([by[item.id] if isinstance(item, Expr) else item for item in items])

        choices = [Choice(by[c.condition.id], new(c.first), new(c.second)) for c in self.choices]
        return Guards(new(self.items), choices)


def guards(root: Expr) -> Guards:
    """What must hold for the partials of the table to be true all over an expression. Linear."""
    return _Collector(root).result()


def always(roots: Iterable[Expr]) -> frozenset[int]:
    """The nodes that are needed whatever branches are taken, by id. Linear."""
    roots = tuple(roots)
    _, inner = in_order(*roots)
    seen: set[int] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen.add(node.id)
            stack += _below(node, inner)
    return frozenset(seen)


def _below(node: Expr, inner: dict[int, Expr]) -> tuple[Expr, ...]:
    """The arguments that are needed whatever branches are taken."""
    if node.id in inner:
        return (inner[node.id],)
    if is_leaf(node):
        return ()
    return node.args[:1] if node.op is table.WHERE else node.args


class _Collector:
    """One expression; its nodes in order, so that an inner choice is made before an outer one."""

    def __init__(self, root: Expr) -> None:
        self.order, self.inner = in_order(root)
        self.needed = always((root,))
        self.choices: list[Choice] = []
        self.places: dict[int, int] = {}

    def result(self) -> Guards:
        for node in self.order:
            if node.op is table.WHERE:
                condition, first, second = node.args
                choice = Choice(condition, self._of_branch(first), self._of_branch(second))
                if choice.first or choice.second:
                    self.places[node.id] = len(self.choices)
                    self.choices.append(choice)
        return Guards(self._own(node for node in self.order if node.id in self.needed), self.choices)

    def _of_branch(self, branch: Expr) -> tuple[Item, ...]:
        """The guards of what only this branch needs."""
        nodes: dict[int, Expr] = {}
        stack = [branch]
        while stack:
            node = stack.pop()
            if node.id not in nodes and node.id not in self.needed:
                nodes[node.id] = node
                stack += _below(node, self.inner)
        return self._own(nodes.values())

    def _own(self, nodes: Iterable[Expr]) -> tuple[Item, ...]:
        items: dict[Item, None] = {}
        for node in nodes:
            if node.id in self.places:
                items[self.places[node.id]] = None
            elif not is_leaf(node) and node.op is not table.WHERE and node.id not in self.inner:
                items.update(dict.fromkeys(_of_row(node)))
        return tuple(items)


def _of_row(node: Expr) -> Iterator[Expr]:
    row = node.op
    if row is table.POW:
        power = exact(simplify(node.args[1]))
        if type(power) is int:
            if power < 0:
                yield node.args[0]
            return  # a whole power is smooth, a negative one but at 0
    names = dict(zip(row.args, node.args, strict=False))
    if row.domain:
        yield rules.fill(f"where({row.domain}, 1, 0)", row.args, names).args[0]
    for text in filter(None, (row.kinks, row.vertical)):
        yield rules.fill(text, row.args, names)
