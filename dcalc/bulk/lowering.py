"""Expressions over blocks of numbers: the graph written as a program.

Rows that have a rule on arrays (`operators`, `elementary`) become calls of NumPy; all others go through
balls, number by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc.bulk import elementary, operators
from dcalc.bulk.bound import UNIT, Arrays, Mask, Truth, Value
from dcalc.bulk.rowwise import constant, through_balls
from dcalc.expr import Expr, exact, is_leaf
from dcalc.functions import Row
from dcalc.numbers import real
from dcalc.tape import Rule, in_order

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

    def __init__(self, arrays: Arrays, names: Sequence[str]) -> None:
        self.arrays = arrays
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
            return constant(node)
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
        near = real.constant(exponent)
        rounding = 0.0 if near == exponent else UNIT
        v = Value(near, rounding, sign=2)
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
