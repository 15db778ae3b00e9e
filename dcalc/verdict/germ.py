"""Every node of an expression at a point: its value there, and its series on either side.

Value and sides are worked out apart, children first. Two flags save what zero tests cannot
always decide: ``joint``, both sides are one two-sided series; ``cont``, a side tends to the
value by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.algebra.ball_common import nearest_whole
from dcalc.errors import Undefined
from dcalc.expr import Expr, make, number
from dcalc.functions import Row
from dcalc.tape import written_out
from dcalc.verdict import compose, expansions
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, of
from dcalc.verdict.series import FLAT, Rank, Series, Term, Undecidable, add, monomial, multiply, power, scale, truncate


class Missing(NamedTuple):
    """There is no value: why, and of which node."""

    reason: str
    node: Expr


class Open(NamedTuple):
    """A question that could not be decided, carried until somebody needs the answer."""

    reason: str
    node: Expr


class Germ(NamedTuple):
    """A node at the point; conditions have bools for value and sides."""

    value: Any
    left: Any
    right: Any
    joint: bool
    cont_left: bool
    cont_right: bool

    @property
    def smooth(self) -> bool:
        """One two-sided series that tends to the value: nothing happens here."""
        return self.joint and self.cont_left and self.cont_right


Outcome = tuple[Any, bool]
"""A side of a node, and whether the operation kept it regular (see `_SIDES`)."""


def reflected(series: Series) -> Series:
    """The series with t -> -t: whole exponents only."""
    terms = tuple(Term(rank, -c if rank.a % 2 else c) for rank, c in series.terms)
    return Series(terms, series.err)


def two_sided(series: Any) -> bool:
    """Whether a side's series makes sense for t < 0 as well."""
    if not isinstance(series, Series) or series.growth is not None or series.osc is not None or series.err == FLAT:
        return False
    return all(type(rank.a) is int and not rank.b for rank, _ in series.terms)


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
        text = expansions.TEXTS.get(row.name)
        return None if text is None or len(row.args) != len(node.args) else _fill(text, node)

    def _germ(self, node: Expr) -> Germ:
        if node.op is table.NUMBER:
            return _constant_germ(of(node.args[0]))
        if node.op is table.SYMBOL:
            return self._variable(node.args[0])
        args = [self.germs[arg.id] for arg in node.args]
        value = self._carried(node, [arg.value for arg in args], _VALUES.get(node.op, _any_value), False)[0]
        regular = all(arg.joint for arg in args)
        right, kept_right = self._side(node, [arg.right for arg in args])
        joint = regular and kept_right and two_sided(right)
        left, kept_left = (reflected(right), True) if joint else self._side(node, [arg.left for arg in args])
        return self._flagged(node, args, value, left, right, joint, kept_left and kept_right)

    def _flagged(
        self, node: Expr, args: list[Germ], value: Any, left: Any, right: Any, joint: bool, kept: bool
    ) -> Germ:
        if node.op in _CHOOSERS:
            return _CHOOSERS[node.op](args, value, left, right)
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
        return self._carried(node, args, _SIDES.get(node.op, _any_side), True)

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
            result = rule(self, node, args)
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


def _root(node: Expr, degree: Germ) -> Expr:
    whole = degree.value.whole() if isinstance(degree.value, Constant) else None
    text = expansions.ODD_ROOT if whole is not None and whole % 2 else expansions.PLAIN_ROOT
    return _fill(text, make(node.op, node.args[0], node.args[1] if whole is None else number(whole)))


# --- values at the point ---------------------------------------------------------------


def _add_value(_: Evaluation, node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total - arg if node.op is table.SUB else total + arg
    return total


def _multiply_value(_: Evaluation, _node: Expr, args: list[Constant]) -> Constant:
    total = args[0]
    for arg in args[1:]:
        total = total * arg
    return total


def _divide_value(_: Evaluation, node: Expr, args: list[Constant]) -> Any:
    if args[1].is_zero():
        return Missing("division by 0", node)
    return args[0] * args[1].inverse()


def _power_value(_: Evaluation, node: Expr, args: list[Constant]) -> Any:
    base, exponent = args
    whole = exponent.whole()
    if whole == 0:
        return ONE
    sign = base.sign()
    if whole is not None:
        return Missing("division by 0", node) if not sign and whole < 0 else base.power(Fraction(whole))
    if sign < 0:
        return Missing("a negative base needs a whole exponent", node)
    if sign == 0:
        return ZERO if exponent.sign() > 0 else Missing("0 to a negative power", node)
    if exponent.exact is not None:
        return base.power(Fraction(int(exponent.exact.p), int(exponent.exact.q)))
    return compose.exp_value(compose.log_value(base) * exponent)


def _log_value(_: Evaluation, node: Expr, args: list[Constant]) -> Any:
    return compose.log_value(args[0]) if args[0].sign() > 0 else Missing("argument needs > 0", node)


def _floor_value(_: Evaluation, _node: Expr, args: list[Constant]) -> Constant:
    return of(_floor(args[0]))


def _floor(c: Constant) -> int:
    whole = c.whole()
    below = nearest_whole(c.ball.floor()) if whole is None else whole
    if below is None:
        raise Undecidable("floor of a number that is too large")
    return below


def _pick_value(_: Evaluation, node: Expr, args: list[Constant]) -> Constant:
    sign = (args[0] - args[1]).sign()
    return args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]


def _abs_value(_: Evaluation, _node: Expr, args: list[Constant]) -> Constant:
    return args[0] if args[0].sign() >= 0 else -args[0]


def _compare_value(_: Evaluation, node: Expr, args: list[Constant]) -> bool:
    return _RELATIONS[node.op]((args[0] - args[1]).sign())


def _gamma_value(evaluation: Evaluation, node: Expr, args: list[Constant]) -> Any:
    whole = args[0].whole()
    return Missing("a pole", node) if whole is not None and whole <= 0 else _any_value(evaluation, node, args)


def _any_value(_: Evaluation, node: Expr, args: list[Constant]) -> Constant:
    ball = compose.taylor(node.op, [arg.ball for arg in args], 0, 1)[0]
    return compose.coefficient(node.op, tuple(args), 0, ball)


_RELATIONS: dict[Row, Callable[[int], bool]] = {
    table.LT: lambda sign: sign < 0,
    table.LE: lambda sign: sign <= 0,
    table.GT: lambda sign: sign > 0,
    table.GE: lambda sign: sign >= 0,
    table.EQ: lambda sign: sign == 0,
    table.NE: lambda sign: sign != 0,
}
_LOGIC: dict[Row, Callable[..., Any]] = {
    table.AND: lambda _e, _n, args: args[0] and args[1],
    table.OR: lambda _e, _n, args: args[0] or args[1],
    table.NOT: lambda _e, _n, args: not args[0],
}
_VALUES: dict[Row, Callable[..., Any]] = {
    table.ADD: _add_value,
    table.SUB: _add_value,
    table.NEG: lambda _e, _n, args: -args[0],
    table.MUL: _multiply_value,
    table.DIV: _divide_value,
    table.POW: _power_value,
    table.EXP: lambda _e, _n, args: compose.exp_value(args[0]),
    table.LOG: _log_value,
    table.SIN: lambda _e, _n, args: compose.sine_cosine(args[0])[0],
    table.COS: lambda _e, _n, args: compose.sine_cosine(args[0])[1],
    table.ATAN: lambda _e, _n, args: compose.atan_value(args[0]),
    table.PI: lambda _e, _n, _args: compose.pi(),
    table.E: lambda _e, _n, _args: compose.exp_value(ONE),
    table.ABS: _abs_value,
    table.MAX: _pick_value,
    table.MIN: _pick_value,
    table.FLOOR: _floor_value,
    table.GAMMA: _gamma_value,
    **dict.fromkeys(_RELATIONS, _compare_value),
    **_LOGIC,
}

# --- sides -----------------------------------------------------------------------------
# A rule gives the series of a side; with False beside it where the other side may differ:
# a broken power at valuation not 0, a logarithm there, a choice.


def _add_side(_: Evaluation, node: Expr, args: list[Series]) -> Series:
    total = args[0]
    for arg, part in zip(args[1:], node.args[1:], strict=True):
        if node.op is table.SUB and part is node.args[0]:
            return Series(())
        total = add(total, scale(arg, MINUS_ONE) if node.op is table.SUB else arg)
    return total


def _multiply_side(e: Evaluation, _node: Expr, args: list[Series]) -> Series:
    total = args[0]
    for arg in args[1:]:
        total = multiply(total, arg, e.reach)
    return truncate(total, 4 * e.reach)


def _divide_side(e: Evaluation, node: Expr, args: list[Series]) -> Any:
    if args[1].leading() is None:
        return Missing("division by 0", node)
    return multiply(args[0], power(args[1], Fraction(-1), e.reach), e.reach)


def _power_side(e: Evaluation, node: Expr, args: list[Series]) -> Any:
    base, exponent = args
    constant = _exact_constant(exponent)
    if constant is None:
        return _varying_power(e, node, base, exponent)
    whole = constant.whole()
    if whole == 0:
        return monomial(ONE)
    lead = base.leading()
    if lead is None:
        return Series(()) if constant.sign() > 0 else Missing("division by 0", node)
    if whole is not None:
        return power(base, Fraction(whole), e.reach)
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    regular = lead.rank == (0, 0) and base.growth is None
    if constant.exact is None:
        return _varying_power(e, node, base, exponent)[0], regular
    return power(base, Fraction(int(constant.exact.p), int(constant.exact.q)), e.reach), regular


def _exact_constant(series: Series) -> Constant | None:
    """The constant that a series is, if it is one exactly."""
    if series.err is not None or series.osc is not None or series.growth is not None:
        return None
    if not series.terms:
        return ZERO
    return series.terms[0].c if len(series.terms) == 1 and series.terms[0].rank == (0, 0) else None


def _varying_power(e: Evaluation, node: Expr, base: Series, exponent: Series) -> Any:
    lead = base.leading()
    if lead is None:
        sign = exponent.sign()
        if sign < 0:
            return Missing("0 to a negative power", node)
        return (Series(()) if sign else monomial(ONE)), False
    if lead.c.sign() < 0:
        return Missing("a negative base needs a whole exponent", node)
    product = multiply(exponent, compose.logarithm(base, e.reach), e.reach)
    return compose.exponential(product, e.reach), lead.rank == (0, 0)


def _exp_side(e: Evaluation, _node: Expr, args: list[Series]) -> Series:
    return compose.exponential(args[0], e.reach)


def _log_side(e: Evaluation, node: Expr, args: list[Series]) -> Any:
    lead = args[0].leading()
    if lead is None or lead.c.sign() < 0:
        return Missing("argument needs > 0", node)
    return compose.logarithm(args[0], e.reach), lead.rank == (0, 0)


def _circular_side(e: Evaluation, node: Expr, args: list[Series]) -> Series:
    return compose.circular(node.op.name, args[0], e.reach)


def _atan_side(e: Evaluation, _node: Expr, args: list[Series]) -> Any:
    return compose.arctangent(args[0], e.reach), not compose.limit_at_infinity(args[0])


def _erf_side(e: Evaluation, node: Expr, args: list[Series]) -> Any:
    side = compose.limit_at_infinity(args[0])
    if side:
        return add(monomial(of(side)), Series((), FLAT)), False
    return compose.analytic(node.op, args, 0, e.reach)


def _abs_side(_: Evaluation, _node: Expr, args: list[Series]) -> Any:
    sign = args[0].sign()
    return (scale(args[0], MINUS_ONE) if sign < 0 else args[0]), False


def _pick_side(_: Evaluation, node: Expr, args: list[Series]) -> Any:
    if args[0] is args[1]:
        return args[0], False
    sign = add(args[0], scale(args[1], MINUS_ONE)).sign()
    return (args[0] if (sign >= 0) == (node.op is table.MAX) else args[1]), False


def _floor_side(_: Evaluation, _node: Expr, args: list[Series]) -> Any:
    limit, small = compose.steps_to(args[0])
    whole = limit.whole()
    return monomial(of(_floor(limit) if whole is None else whole - (small < 0))), False


def _compare_side(_: Evaluation, node: Expr, args: list[Series]) -> Any:
    same = node.args[0] is node.args[1] or args[0] is args[1]
    return _RELATIONS[node.op](0 if same else add(args[0], scale(args[1], MINUS_ONE)).sign()), False


def _gamma_side(e: Evaluation, node: Expr, args: list[Series]) -> Any:
    reciprocal = compose.reciprocal_gamma(args[0], e.reach)
    return Missing("a pole", node) if reciprocal.leading() is None else power(reciprocal, Fraction(-1), e.reach)


def _any_side(e: Evaluation, node: Expr, args: list[Series]) -> Series:
    moving = [place for place, arg in enumerate(args) if _exact_constant(arg) is None]
    if not args:
        raise Undecidable(f"{node.op.name} has no series here")
    if len(moving) > 1:
        raise Undecidable(f"{node.op.name} of two arguments that vary")
    return compose.analytic(node.op, args, moving[0] if moving else 0, e.reach)


_SIDES: dict[Row, Callable[..., Any]] = {
    table.ADD: _add_side,
    table.SUB: _add_side,
    table.NEG: lambda _e, _n, args: scale(args[0], MINUS_ONE),
    table.MUL: _multiply_side,
    table.DIV: _divide_side,
    table.POW: _power_side,
    table.EXP: _exp_side,
    table.LOG: _log_side,
    table.SIN: _circular_side,
    table.COS: _circular_side,
    table.ATAN: _atan_side,
    table.ERF: _erf_side,
    table.PI: lambda _e, _n, _args: monomial(compose.pi()),
    table.E: lambda _e, _n, _args: monomial(compose.exp_value(ONE)),
    table.ABS: _abs_side,
    table.MAX: _pick_side,
    table.MIN: _pick_side,
    table.FLOOR: _floor_side,
    table.GAMMA: _gamma_side,
    **dict.fromkeys(_RELATIONS, _compare_side),
    **_LOGIC,
}

# --- choices: what they keep of joint and cont ------------------------------------------


def _chosen(args: list[Germ], value: Any, left: Any, right: Any, branches: list[Germ]) -> Germ:
    """A choice is joint where both sides took the same joint branch; abs, max and min stay continuous."""
    joint = any(b.joint and left is b.left and right is b.right for b in branches)
    defined = isinstance(value, Constant)
    cont_left = defined and isinstance(left, Series) and all(arg.cont_left for arg in args)
    cont_right = defined and isinstance(right, Series) and all(arg.cont_right for arg in args)
    return Germ(value, left, right, joint, cont_left, cont_right)


def _choose_largest(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    return _chosen(args, value, left, right, args)


def _choose_sign(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """abs: joint where the argument has the same sign on both sides, so that nothing was flipped alone."""
    arg = args[0]
    plain = left is arg.left and right is arg.right
    flipped = left is not arg.left and right is not arg.right and isinstance(left, Series) and isinstance(right, Series)
    made = _chosen(args, value, left, right, [])
    return made._replace(joint=arg.joint and (plain or flipped))


def _choose_branch(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """where: joint where both sides took one joint branch; cont where a side took the value's branch."""
    condition, first, second = args
    taken = (first, second)
    if any(isinstance(part, (Missing, Open)) for part in (condition.value, condition.left, condition.right)):
        return Germ(value, left, right, False, False, False)
    at, on_left, on_right = (taken[not flag] for flag in (condition.value, condition.left, condition.right))
    joint = on_left is on_right and on_left.joint
    return Germ(value, left, right, joint, at is on_left and at.cont_left, at is on_right and at.cont_right)


def _choose_step(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """floor: constant on each side, so equal constants make it joint, and the value continuous."""
    if not (isinstance(left, Series) and isinstance(right, Series)):
        return Germ(value, left, right, False, False, False)
    steps = [_exact_constant(side) for side in (left, right)]
    a, b = (None if step is None else step.exact for step in steps)
    own = value.exact if isinstance(value, Constant) else None
    return Germ(
        value, left, right, a is not None and a == b, own is not None and a == own, own is not None and b == own
    )


def _condition(_args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    return Germ(value, left, right, left is right and isinstance(left, bool), value is left, value is right)


_CHOOSERS: dict[Row, Callable[..., Germ]] = {
    table.ABS: _choose_sign,
    table.MAX: _choose_largest,
    table.MIN: _choose_largest,
    table.WHERE: _choose_branch,
    table.FLOOR: _choose_step,
    **dict.fromkeys(table.CONDITIONS, _condition),
}

__all__ = ["Evaluation", "Germ", "Missing", "Open", "Rank", "reflected", "two_sided"]
