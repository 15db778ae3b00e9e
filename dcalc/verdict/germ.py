"""The germs of all nodes of an expression at a point: a value, and a series on either side.

Value and sides are worked out apart, children first, each by the rule of its operation; what has no value
and what is undecided is carried on, since a branch may never select it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any, TypeGuard

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Undefined
from dcalc.expr import Expr, make, number
from dcalc.functions import Row
from dcalc.proof import prove_number
from dcalc.proof.constant import MINUS_ONE, ONE, Constant, Retry, rational
from dcalc.tape import expand
from dcalc.verdict.operation_rules import (
    LOGIC,
    SERIES_RULES,
    VALUE_RULES,
    Expansion,
    evaluate_row,
    expand_row,
    has_series_rule,
    oscillate,
)
from dcalc.verdict.oscillation import Phase, bound_choice
from dcalc.verdict.scale import FLAT, QUESTIONS, Logarithmic, NeedMoreTerms, Oscillating, Term
from dcalc.verdict.series import (
    DECORATIONS,
    Germ,
    NoValue,
    OpenQuestion,
    Series,
    SideValue,
    Value,
    add,
    decorate,
    decorate_power,
    keep_continuity,
    monomial,
)

_ODD_ROOT = "where(x >= 0, x**(1/n), -(-x)**(1/n))"
_PLAIN_ROOT = "x**(1/n)"
_CLOSED_ROOT = "sqrt(x)**(2/n)"  # ends at 0, where x**(1/n) is a whole power

_Outcome = tuple[Value | SideValue, bool]
"""What a rule gives, and whether the other side is its reflection."""
_Rule = Callable[[Expr, list[Any]], Value | Expansion]
"""A rule for values or for series, with its arguments, none of which is without a value or open."""


def reflect(series: Series) -> Series:
    """The series with t -> -t: whole exponents only."""
    terms = tuple(Term(rank, -c if int(rank.a) % 2 else c) for rank, c in series.terms)
    return Series(terms, series.error)


def is_two_sided(series: SideValue) -> TypeGuard[Series]:
    """Whether a side's series makes sense for t < 0 as well."""
    if not isinstance(series, Series) or not series.is_plain:
        return False
    if series.error == FLAT or isinstance(series.error, Logarithmic):
        return False
    return all(type(rank.a) is int and not rank.b for rank, _ in series.terms)


class Evaluation:
    """The germs of all nodes of one expression along one variable.

    ``reach`` is how many orders beyond the leading one are known. Where ``simplifying``, parts
    whose terms all vanish are taken for the number that they are proved to be. With a ``phase``,
    the sides are looked at along the steps of that phase only.
    """

    def __init__(
        self,
        root: Expr,
        name: str,
        at: Mapping[str, Constant],
        reach: int,
        simplifying: bool = False,
        phase: Phase | None = None,
    ) -> None:
        self.root = root
        self.name = name
        self.at = at
        self.reach = reach
        self.simplifying = simplifying
        self.phase = phase
        self.loose = False
        """Whether a choice changes again and again, close to the point."""
        self.germs: dict[int, Germ] = {}
        self.order: list[Expr] = []
        """The nodes that have germs, children first."""
        self.outcomes: dict[tuple[object, ...], _Outcome] = {}
        """By operation and identity of the arguments: the same operation on the same objects gives the same
        object, so that `f - f` is seen to be 0. Ids stay unique, since `germs` holds the arguments."""
        self.reflections: dict[int, Series] = {}
        """Left sides of two-sided series, by the identity of the right ones."""
        self.meaning: dict[int, Expr] = {}
        """What nodes without a rule of their own stand for, by id."""

    def run(self) -> Germ:
        """The root's germ; children first, in a loop."""
        stack = [self.root]
        while stack:
            node = stack[-1]
            if node.id in self.germs:
                stack.pop()
                continue
            missing = [arg for arg in self._operands(node) if arg.id not in self.germs]
            if missing:
                stack += missing
                continue
            stack.pop()
            inner = self.meaning.get(node.id)
            self.germs[node.id] = self._germ(node) if inner is None else self._inherit(node, self.germs[inner.id])
            self.order.append(node)
        return self.germs[self.root.id]

    def _operands(self, node: Expr) -> tuple[Expr, ...]:
        if node.op is table.NUMBER or node.op is table.SYMBOL:
            return ()
        if node.id not in self.meaning and (inner := self._expand(node)) is not None:
            self.meaning[node.id] = inner
        inner = self.meaning.get(node.id)
        return node.args if inner is None else (inner,)

    def _expand(self, node: Expr) -> Expr | None:
        """What the node stands for, where it has no rule here."""
        inner = expand(node)
        if inner is not None:
            return inner
        row = node.op
        if row is table.POW:
            return _write_root_of_power(*node.args)
        if row is table.LOGSUMEXP:
            return make(table.LOG, make(table.ADD, *(make(table.EXP, arg) for arg in node.args)))
        if row is table.ROOT:
            base, degree = (self.germs.get(arg.id) for arg in node.args)
            return None if base is None or degree is None else _write_root(node, base, degree)
        if not row.written or has_series_rule(row) or len(row.args) != len(node.args):
            return None
        return _fill(row.written, node)

    def _inherit(self, node: Expr, germ: Germ) -> Germ:
        """The germ of a node from that of what it stands for.

        A function that is continuous, though it is written with choices, is so where its argument is.
        """
        if not node.op.continuous or (argument := self.germs.get(node.args[0].id)) is None:
            return germ
        others = all(arg.still for arg in (self.germs.get(part.id, argument) for part in node.args[1:]))
        return keep_continuity(germ, argument) if others else germ

    def _germ(self, node: Expr) -> Germ:
        if node.op is table.NUMBER:
            return _constant_germ(rational(node.args[0]))
        if node.op is table.SYMBOL:
            return self._variable(node.args[0])
        args = [self.germs[arg.id] for arg in node.args]
        value: Value = self._apply(node, [arg.value for arg in args], self._value)[0]  # type: ignore[assignment]  # no series
        if all(arg.still for arg in args):
            return _constant_germ(value)
        right, is_regular = self._side(node, [arg.right for arg in args])
        if node.op in DECORATIONS:
            left, _ = self._side(node, [arg.left for arg in args])
            return DECORATIONS[node.op](args, value, left, right)
        joint = is_regular and all(arg.joint for arg in args) and is_two_sided(right)
        if joint and isinstance(right, Series) and node.op is not table.NEG:  # whose sides `negate` keeps
            left = self._reflect(right)
        else:
            left = self._side(node, [arg.left for arg in args])[0]
        build = decorate_power if node.op is table.POW else decorate
        return build(args, value, left, right, joint)

    def _variable(self, name: str) -> Germ:
        value = self.at[name]
        if name != self.name:
            return _constant_germ(value)
        left, right = (add(monomial(value), monomial(step, 1)) for step in (MINUS_ONE, ONE))
        return Germ(value, left, right, True, True, True)

    def _reflect(self, right: Series) -> Series:
        """The left side of a two-sided series, always the same one."""
        left = self.reflections.get(id(right))
        if left is None:
            left = self.reflections[id(right)] = reflect(right)
        return left

    def _value(self, node: Expr, args: list[Any]) -> Value:
        if (rule := LOGIC.get(node.op)) is not None:
            return rule(args)
        return VALUE_RULES.get(node.op, evaluate_row)(node, args)

    def _side(self, node: Expr, args: Sequence[SideValue]) -> tuple[SideValue, bool]:
        return self._apply(node, args, self._series)  # type: ignore[return-value]  # rules for series give no numbers

    def _series(self, node: Expr, args: list[Any]) -> Expansion:
        if (connective := LOGIC.get(node.op)) is not None:
            return connective(args)
        if (bounded := oscillate(node, args)) is not None:
            return bounded, False
        phase = self.phase
        if phase is not None and (series := phase.series_along(node, args, self.meaning, self.reach)) is not None:
            return series, False
        rule = SERIES_RULES.get(node.op, expand_row)
        try:
            return rule(node, args, self.reach)
        except Oscillating:
            if node.op not in _EXTREMES:
                raise
            self.loose = True
            return bound_choice(*args)
        except NeedMoreTerms:
            exact = _prove_numbers(node, args) if self.simplifying else None
            if exact is None:
                raise
            return rule(node, exact, self.reach)

    def _branch(self, args: Sequence[Value | SideValue]) -> Value | SideValue:
        """What `where` takes; of a condition that changes again and again, both."""
        condition, first, second = args
        if isinstance(condition, bool):
            return first if condition else second
        oscillates = isinstance(condition, OpenQuestion) and condition.oscillates
        if oscillates and isinstance(first, Series) and isinstance(second, Series):
            self.loose = True
            with suppress(*QUESTIONS):
                return bound_choice(first, second)
        return condition

    def _apply(self, node: Expr, args: Sequence[Value | SideValue], rule: _Rule) -> _Outcome:
        """What a rule gives, and whether the other side is its reflection; carries what has no value or is open."""
        if node.op is table.WHERE:
            return self._branch(args), False
        if (short := _SHORT_CUTS.get(node.op)) is not None and any(arg is short for arg in args):
            return short, False
        faults = [arg for arg in args if isinstance(arg, (NoValue, OpenQuestion))]
        if faults:
            return min(faults, key=lambda fault: isinstance(fault, OpenQuestion)), False
        key = (node.op, *map(id, args))
        if (outcome := self.outcomes.get(key)) is not None:
            return outcome
        try:
            result = rule(node, list(args))
        except QUESTIONS as error:
            retry = error if isinstance(error, Retry) else None
            return OpenQuestion(str(error), node, retry, isinstance(error, Oscillating)), False
        except Undefined as error:
            return NoValue(error.message, node), False
        outcome = result if isinstance(result, tuple) else (result, True)
        if not isinstance(outcome[0], NoValue):  # which names its node, and so is not shared
            self.outcomes[key] = outcome
        return outcome


def _prove_numbers(node: Expr, args: list[Series]) -> list[Series] | None:
    """The arguments, exact where they are proved to be one number; None where none is."""
    if node.op in _DIFFERENCES:  # of which only the difference matters
        return [args[1], args[1]] if prove_number(make(table.SUB, *node.args)) == 0 else None
    numbers = [prove_number(part) for part in node.args]
    if all(value is None for value in numbers):
        return None
    return [arg if value is None else monomial(rational(value)) for arg, value in zip(args, numbers, strict=True)]


_DIFFERENCES = frozenset((table.MAX, table.MIN, *table.CONDITIONS))
_EXTREMES = frozenset((table.MAX, table.MIN))
_SHORT_CUTS: dict[Row, bool] = {table.AND: False, table.OR: True}
"""What decides a condition whatever the other part is."""


def _constant_germ(value: Value) -> Germ:
    """A node that does not depend on the variable."""
    side = monomial(value) if isinstance(value, Constant) else value
    has_value = isinstance(value, (Constant, bool))
    return Germ(value, side, side, has_value, has_value, has_value, True)


def _fill(text: str, node: Expr) -> Expr:
    names = node.op.args
    return rules.fill(text, names, dict(zip(names, node.args, strict=True)))


def _write_root_of_power(base: Expr, exponent: Expr) -> Expr | None:
    """abs(u)**(m*q) for (u**m)**q with an even m and a broken q."""
    q = _literal_value(exponent)
    if q is None or q.denominator == 1:
        return None
    if base.op is table.MUL and len(base.args) == 2 and base.args[0] is base.args[1]:
        m: Fraction | None = Fraction(2)
    else:
        m = _literal_value(base.args[1]) if base.op is table.POW else None
    if m is None or m <= 0 or m % 2:
        return None
    size = make(table.ABS, base.args[0])
    return size if m * q == 1 else make(table.POW, size, number(m * q))


def _literal_value(node: Expr) -> Fraction | None:
    """The value of a number, or of a quotient of two."""
    if node.op is table.NUMBER:
        return Fraction(node.args[0])
    if node.op is not table.DIV or any(arg.op is not table.NUMBER for arg in node.args):
        return None
    above, below = (Fraction(arg.args[0]) for arg in node.args)
    return above / below if below else None


def _write_root(node: Expr, base: Germ, degree: Germ) -> Expr:
    """A power; where the degree varies, a negative base has roots at the odd degrees alone."""
    whole = degree.value.as_integer() if isinstance(degree.value, Constant) else None
    if whole is None or whole % 2 == 0:
        return _fill(_CLOSED_ROOT if _is_inverse_whole(degree) else _PLAIN_ROOT, node)
    if degree.still:
        return _fill(_ODD_ROOT, make(node.op, node.args[0], number(whole)))
    negative = isinstance(base.value, Constant) and base.value.sign() < 0
    root = _fill(_PLAIN_ROOT, node)
    if not negative:
        return root
    here = make(table.EQ, node.args[1], number(whole))
    return make(table.WHERE, here, _fill(_ODD_ROOT, make(node.op, node.args[0], number(whole))), root)


def _is_inverse_whole(degree: Germ) -> bool:
    """Whether 1/n is a whole number, so that a power would have values for negative bases too."""
    value = degree.value
    return isinstance(value, Constant) and not value.is_zero() and value.inverse().as_integer() is not None
