"""Every node of an expression at a point: its value there, and its series on either side.

Value and sides are worked out apart, children first. Two flags save what zero tests cannot
always decide: ``joint``, both sides are one two-sided series; ``cont``, a side tends to the
value by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Undefined
from dcalc.expr import Expr, make, number
from dcalc.tape import written_out
from dcalc.verdict import expansions
from dcalc.verdict.arithmetic import add
from dcalc.verdict.choices import CHOOSERS
from dcalc.verdict.constant import MINUS_ONE, ONE, Constant, of
from dcalc.verdict.outcomes import Germ, Missing, Open, reflected, two_sided
from dcalc.verdict.series import Series, Undecidable, monomial
from dcalc.verdict.sides import SIDES, any_side
from dcalc.verdict.values import VALUES, any_value

Outcome = tuple[Any, bool]
"""A side of a node, and whether the operation kept it regular (see `sides`)."""


class Evaluation:
    """The germs of all nodes of one expression along one variable."""

    def __init__(self, root: Expr, name: str, at: dict[str, Constant], reach: int) -> None:
        self.root = root
        self.name = name
        self.at = at
        self.reach = reach
        self.germs: dict[int, Germ] = {}
        self.order: list[Expr] = []
        self.meaning: dict[int, Expr] = {}
        self.original: set[int] = set()

    def run(self) -> Germ:
        """The root's germ; children first, in a loop."""
        stack = [self.root]
        while stack:
            node = stack[-1]
            if node.id in self.germs:
                stack.pop()
                continue
            needed = self._needed(node)
            missing = [arg for arg in needed if arg.id not in self.germs]
            if missing:
                stack += missing
                continue
            stack.pop()
            inner = self.meaning.get(node.id)
            self.germs[node.id] = self.germs[inner.id] if inner is not None else self._germ(node)
            self.order.append(node)
        return self.germs[self.root.id]

    def _needed(self, node: Expr) -> tuple[Expr, ...]:
        if node.op is table.NUMBER or node.op is table.SYMBOL:
            return ()
        if node.id not in self.meaning and (inner := self._expanded(node)) is not None:
            self.meaning[node.id] = inner
        inner = self.meaning.get(node.id)
        return node.args if inner is None else (inner,)

    def _expanded(self, node: Expr) -> Expr | None:
        """What the node stands for, where it has no rule here."""
        inner = written_out(node)
        if inner is not None:
            return inner
        row = node.op
        if row is table.LOGSUMEXP:
            return make(table.LOG, make(table.ADD, *(make(table.EXP, arg) for arg in node.args)))
        if row is table.LGAMMA:
            return make(table.LOG, make(table.ABS, make(table.GAMMA, *node.args)))
        if row is table.ROOT:
            degree = self.germs.get(node.args[1].id)
            return None if degree is None else _root(node, degree)
        if row is table.DIGAMMA:
            germ = self.germs.get(node.args[0].id)
            return None if germ is None else _beside_a_pole(node, germ)
        text = expansions.TEXTS.get(row.name)
        return None if text is None or len(row.args) != len(node.args) else _fill(text, node)

    def _germ(self, node: Expr) -> Germ:
        if node.op is table.NUMBER:
            return _constant_germ(of(node.args[0]))
        if node.op is table.SYMBOL:
            return self._variable(node.args[0])
        args = [self.germs[arg.id] for arg in node.args]
        value = self._carried(node, [arg.value for arg in args], VALUES.get(node.op, any_value), False)[0]
        regular = all(arg.joint for arg in args)
        right, kept_right = self._side(node, [arg.right for arg in args])
        joint = regular and kept_right and two_sided(right)
        left, kept_left = (reflected(right), True) if joint else self._side(node, [arg.left for arg in args])
        return self._flagged(node, args, value, left, right, joint, kept_left and kept_right)

    def _flagged(
        self, node: Expr, args: list[Germ], value: Any, left: Any, right: Any, joint: bool, kept: bool
    ) -> Germ:
        if node.op in CHOOSERS:
            return CHOOSERS[node.op](args, value, left, right)
        defined = isinstance(value, Constant)
        cont_left = defined and isinstance(left, Series) and all(arg.cont_left for arg in args)
        cont_right = defined and isinstance(right, Series) and all(arg.cont_right for arg in args)
        return Germ(value, left, right, joint, cont_left, cont_right)

    def _variable(self, name: str) -> Germ:
        value = self.at[name]
        if name != self.name:
            return _constant_germ(value)
        right = add(monomial(value), monomial(ONE, 1))
        left = add(monomial(value), monomial(MINUS_ONE, 1))
        return Germ(value, left, right, True, True, True)

    def _side(self, node: Expr, args: list[Any]) -> Outcome:
        return self._carried(node, args, SIDES.get(node.op, any_side), True)

    def _carried(self, node: Expr, args: list[Any], rule: Callable[..., Any], side: bool) -> Outcome:
        """Apply a rule, carrying what has no value and what could not be decided."""
        if node.op is table.WHERE:
            if isinstance(args[0], (Missing, Open)):
                return args[0], False
            return (args[1] if args[0] else args[2]), False
        faults = [arg for arg in args if isinstance(arg, (Missing, Open))]
        if faults:
            return min(faults, key=lambda fault: isinstance(fault, Open)), False
        try:
            result = rule(self.reach, node, args)
            paired = side and isinstance(result, tuple) and not isinstance(result, (Missing, Open))
            return result if paired else (result, True)
        except Undecidable as error:
            return Open(str(error), node), False
        except Undefined as error:
            return Missing(error.message, node), False


def _constant_germ(value: Constant) -> Germ:
    series = monomial(value)
    return Germ(value, series, series, True, True, True)


def _fill(text: str, node: Expr) -> Expr:
    names = node.op.args
    return rules.filled(text, names, dict(zip(names, node.args, strict=True)))


_FAR = 64


def _beside_a_pole(node: Expr, place: Germ) -> Expr | None:
    """digamma at a pole -n, as digamma(x + n + 1) - 1/x - ... - 1/(x + n); None elsewhere."""
    whole = place.value.whole() if isinstance(place.value, Constant) else None
    if whole is None or not -_FAR < whole <= 0:
        return None
    x = node.args[0]
    total = make(table.DIGAMMA, make(table.ADD, x, number(1 - whole)))
    for shift in range(1 - whole):
        total = make(table.SUB, total, make(table.DIV, number(1), make(table.ADD, x, number(shift))))
    return total


def _root(node: Expr, degree: Germ) -> Expr:
    whole = degree.value.whole() if isinstance(degree.value, Constant) else None
    text = expansions.ODD_ROOT if whole is not None and whole % 2 else expansions.PLAIN_ROOT
    return _fill(text, make(node.op, node.args[0], node.args[1] if whole is None else number(whole)))
