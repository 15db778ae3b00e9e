"""From value and one-sided series to a verdict: does the n-th derivative exist, and what is it.

Kinds follow the lowest order that fails, tested in this order: boundary, jump,
oscillation, vertical tangent, kink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from flint import arb, ctx, fmpq

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, is_leaf, make, number, operands, replace_nodes, substitute, symbol, variables, walk
from dcalc.numbers.enclosure import analytic, constants
from dcalc.problem import Kind, Point, Status
from dcalc.proof.budget import SERIES_PRODUCTS, Budget, limit_work
from dcalc.proof.constant import Constant, NeedMoreBits, to_fraction
from dcalc.simplify import simplify
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.joint_holes import differentiate_continuation
from dcalc.verdict.one_sided import Side, differentiate_stepwise, read_derivatives, sample_steps
from dcalc.verdict.scale import QUESTIONS, TOO_LONG, NeedMoreTerms, Undecidable
from dcalc.verdict.series import Germ, NoValue, OpenQuestion, Series, SideValue, monomial, subtract

REACH = 40
"""Orders beyond the leading one that are looked at before a question is left open."""
_MARGIN = 4
"""Orders beyond that of the derivative which are looked at first: cancellation often eats a few."""
_LEAST_PRODUCTS = 4_000
"""What a question with few terms may cost at least, after questions with more have cost too much."""
_ACCURACY = 80
"""Bits to which a number of a verdict is known: more than a double and its rounding take."""


class Verdict(NamedTuple):
    """What is true at a point; constants are enclosures at the precision that decided."""

    status: Status
    kind: Kind | None = None
    value: Constant | None = None
    left: Constant | None = None
    right: Constant | None = None
    f: Constant | None = None
    sentence: str = ""
    node: Expr | None = None


def judge(root: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative of that order by ``name``, at flint's working precision.

    Raises NeedMoreBits where more bits may decide. Cost: below a millisecond for most.
    """

    def evaluate(reach: int, simplifying: bool) -> tuple[Evaluation, Germ]:
        evaluation = Evaluation(root, name, at, reach, simplifying)
        return evaluation, evaluation.run()

    verdict = judge_germ(evaluate, order)
    return fill_hole(verdict, root, {name: order}, at) if verdict.status == "undefined" else verdict


def fill_hole(undefined: Verdict, root: Expr, orders: Mapping[str, int], at: Mapping[str, Constant]) -> Verdict:
    """The verdict on a partial derivative where f has no value: removable if f is proved to continue analytically."""
    value = differentiate_continuation(root, orders, at)
    if value is None:
        return undefined
    return undefined._replace(status="removable", kind=None, value=_narrow_down(value))


Evaluate = Callable[[int, bool], tuple[Evaluation, Germ]]
"""An evaluation with so many orders known, simplifying or not, and the germ to be judged in it."""


def judge_germ(evaluate: Evaluate, order: int) -> Verdict:
    """The verdict on a germ, of which more and more orders are asked until it is decided."""
    reach, budget = order + _MARGIN, SERIES_PRODUCTS
    with limit_work(Budget(budget)):
        first = verdict = _judge_with(evaluate, order, reach)
    while reach > 1 and (verdict.status, verdict.sentence) == ("unresolved", TOO_LONG):
        reach, budget = reach // 2, max(budget // 2, _LEAST_PRODUCTS)  # fewer terms may do
        try:
            with limit_work(Budget(budget)):
                verdict = _judge_with(evaluate, order, reach)
        except NeedMoreBits:
            return first
    return first if verdict.status == "unresolved" else verdict


def _judge_with(evaluate: Evaluate, order: int, reach: int) -> Verdict:
    """The verdict with so many orders at first, and twice as many where all known terms cancel.

    Only then is it worth the time to prove that parts are zero as functions (`simplifying`).
    """
    start = reach
    while True:
        try:
            return _Judgement(*evaluate(reach, reach > start), order).verdict()
        except NeedMoreTerms:
            if reach >= REACH + order:
                return Verdict("unresolved", sentence="all known terms of the series cancel")
            reach = min(2 * reach, REACH + order)
        except Undecidable as error:
            return Verdict("unresolved", sentence=str(error))


class _Judgement:
    """One point being judged."""

    def __init__(self, evaluation: Evaluation, germ: Germ, order: int) -> None:
        self.evaluation = evaluation
        self.germ = germ
        self.order = order

    def verdict(self) -> Verdict:
        value = self.germ.value
        if isinstance(value, OpenQuestion):
            return self._leave_open(value)
        if isinstance(value, NoValue):
            return self._judge_hole(value)
        assert isinstance(value, Constant)  # f is a number, not a condition
        if self.order == 0:
            return Verdict("ok", value=_narrow_down(value), f=value)
        verdict = self._judge_value(value)
        if verdict.kind is None or verdict.node is not None:
            return verdict._replace(f=value)
        return verdict._replace(f=value, node=find_culprit(self.evaluation, verdict.kind, self._kind_of))

    def _kind_of(self, germ: Germ) -> Kind | None:
        """The kind of another node of the same expression."""
        case = _Judgement(self.evaluation, germ, self.order)
        try:
            return case._judge_value(germ.value).kind if isinstance(germ.value, Constant) else None
        except QUESTIONS:
            return None

    def _leave_open(self, question: OpenQuestion) -> Verdict:
        if question.retry is not None:
            raise question.retry
        return Verdict("unresolved", sentence=question.reason, node=question.node)

    def _lack(self) -> tuple[str, Expr | None]:
        """Why a side has no value, and of which part of the expression."""
        lack = next(side for side in (self.germ.left, self.germ.right) if isinstance(side, NoValue))
        return lack.reason, find_owner(self.evaluation, lack)

    def _question(self) -> OpenQuestion | None:
        return next((side for side in (self.germ.left, self.germ.right) if isinstance(side, OpenQuestion)), None)

    # --- f has no value at the point --------------------------------------------------------

    def _judge_hole(self, missing: NoValue) -> Verdict:
        """Removable where both sides and all derivatives agree, undefined otherwise."""
        if any(isinstance(side, NoValue) for side in (self.germ.left, self.germ.right)):
            reason, node = self._lack()
            return Verdict("undefined", sentence=reason, node=node)
        undefined = Verdict("undefined", sentence=missing.reason, node=find_owner(self.evaluation, missing))
        sides = ((self.germ.left, -1), (self.germ.right, 1))
        outcomes = [self._read_side(side, sign) for side, sign in sides if isinstance(side, Series)]
        if any(isinstance(outcome, Side) and outcome.fails for outcome in outcomes):
            return undefined
        question = self._question()
        is_doubtful = question is not None or any(isinstance(outcome, Exception) for outcome in outcomes)
        if is_doubtful and any(self._sample(sign, holes=True) for sign in (-1, 1)):
            return undefined
        if question is not None:
            return self._leave_open(question)
        left, right = (_raise_question(outcome) for outcome in outcomes)
        is_equal = all(self._are_equal(left, right, k) for k in range(self.order + 1))
        if not is_equal or not extends_continuously(self.evaluation):
            return undefined
        return undefined._replace(status="removable", value=_narrow_down(right.values[self.order]))

    def _derivatives(self, series: Series, sign: int) -> Side:
        """The derivatives of a side, read off its series, or else one after the other."""
        try:
            return read_derivatives(series, self.order)
        except Undecidable:
            if self.order < 2 or series.oscillation is None:
                raise
        return differentiate_stepwise(self.evaluation, sign, read_derivatives(series, 1), self.order)

    def _sample(self, sign: int, holes: bool) -> Side | None:
        """How a side of f itself is shown to have no limit; more terms are of no help there."""
        own = self.evaluation.germs.get(self.evaluation.root.id)
        if self.evaluation.simplifying or self.germ is not own:
            return None
        return sample_steps(self.evaluation, sign, self.order, holes)

    def _read_side(self, series: Series, sign: int) -> Side | Exception:
        """The derivatives of a side, or the question that stands against them."""
        try:
            return self._derivatives(series, sign)
        except QUESTIONS as error:
            return error

    # --- f has a value at the point ---------------------------------------------------------

    def _judge_value(self, value: Constant) -> Verdict:
        sides = ((self.germ.left, -1), (self.germ.right, 1))
        outcomes: list[Side | Exception | NoValue] = []
        questions: list[OpenQuestion] = []
        for side, sign in sides:
            outcome = self._read_side(side, sign) if isinstance(side, Series) else side
            if isinstance(outcome, (OpenQuestion, Exception)):
                outcome = self._sample(sign, holes=False) or outcome
            if isinstance(outcome, OpenQuestion):
                questions.append(outcome)
            elif not isinstance(outcome, bool):
                outcomes.append(outcome)
        if questions:
            return self._leave_open(questions[0])
        left, right = (None if isinstance(outcome, NoValue) else _raise_question(outcome) for outcome in outcomes)
        on_left = self._derivative_from(self.germ.cont_left, left, value, -1)
        on_right = self._derivative_from(self.germ.cont_right, right, value, 1)
        if left is None or right is None:
            reason, node = self._lack()
            return Verdict("not_differentiable", "boundary", None, on_left, on_right, None, reason, node)
        kind = self._kind(left, right, value)
        if kind is not None:
            return Verdict("not_differentiable", kind, None, on_left, on_right)
        return Verdict("ok", value=_narrow_down(right.values[self.order]))

    def _derivative_from(self, cont: bool, side: Side | None, value: Constant, sign: int) -> Constant | None:
        """The derivative of a side, where it exists to that order and f is continuous from there."""
        if side is None or len(side.values) <= self.order or not _tends_to(cont, side, value):
            return None
        derivative = _narrow_down(side.values[self.order])
        return -derivative if sign < 0 and self.order % 2 else derivative

    def _kind(self, left: Side, right: Side, value: Constant) -> Kind | None:
        """The kind of the lowest order that fails; None where none does."""
        if any(not side.values and side.fails == "oscillation" for side in (left, right)):
            return "oscillation"
        limits = (_tends_to(self.germ.cont_left, left, value), _tends_to(self.germ.cont_right, right, value))
        if not (left.values and right.values and all(limits)):
            if left.sampled or right.sampled:
                raise Undecidable("an oscillation of unknown size")
            return "jump"
        for k in range(1, self.order + 1):
            failing = [side.fails for side in (left, right) if len(side.values) <= k]
            if "oscillation" in failing:
                return "oscillation"
            if "jumps" in failing:
                return "jump"
            if "unbounded" in failing:
                raise Undecidable("an oscillation of unknown size")
            if failing:
                return "vertical_tangent"
            if not self._are_equal(left, right, k):
                return "kink"
        return None

    def _are_equal(self, left: Side, right: Side, k: int) -> bool:
        """Whether the k-th derivatives from the two sides agree."""
        if self.germ.joint:
            return True
        a, b = left.values[k], right.values[k]
        return (a - (-b if k % 2 else b)).is_zero()


def _raise_question(outcome: Side | Exception) -> Side:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _has_limit(root: Expr, name: str, at: Mapping[str, Constant]) -> bool:
    """Whether f has a limit, which is the derivative of f times the step, and that is its value if it has one."""
    place, here = at[name].exact, judge(root, name, 0, at)
    if place is None or here.status == "unresolved":
        return False
    step = make(table.SUB, symbol(name), number(to_fraction(place)))
    product = make(table.MUL, root, step)
    start, limit = (judge(product, name, order, at).value for order in (0, 1))
    if start is None or not start.is_zero():
        return False  # a pole: 1/x times x is 1
    return limit is not None and (here.f is None or (limit - here.f).is_zero())


def _tends_to(cont: bool, side: Side, value: Constant) -> bool:
    return cont or (bool(side.values) and (side.values[0] - value).is_zero())


def _narrow_down(value: Constant) -> Constant:
    """A constant that is known to many digits, zero as an exact one."""
    value = value.snap_to_zero()
    if value.exact is None and value.ball.rel_accuracy_bits() < _ACCURACY:
        raise NeedMoreBits
    return value


def constant_of_double(value: arb) -> Constant:
    """The constant of a coordinate that is a double, exactly."""
    mantissa, exponent = value.man_exp()
    scale = fmpq(1 << int(exponent)) if exponent >= 0 else fmpq(1, 1 << -int(exponent))
    return Constant(value, fmpq(mantissa) * scale)


def constants_of(point: Point) -> dict[str, Constant]:
    """The coordinates of a point as constants that know whether they are zero; raises NeedMoreBits."""
    return {
        name: constant_of_double(arb(value)) if isinstance(value, float) else constant_of(value)
        for name, value in point.items()
    }


def constant_of(node: Expr) -> Constant:
    """The constant that an expression without variables means; raises NeedMoreBits."""
    value = Evaluation(node, "", {}, 4).run().value
    if isinstance(value, OpenQuestion) and value.retry is not None:
        raise value.retry
    return value if isinstance(value, Constant) else Constant(arb("nan"), None, "call", ("none", (), node.id))


# --- whether a hole is removable in all variables: f extends continuously, from wherever one comes ------

# The limit along one variable does not show that: x*y/(x**2 + y**2). It is shown where f is put together
# continuously from parts that are analytic around the point, or that are a function of one continuous part
# with a removable hole there: sin(x + y)/(x + y) + abs(y).

_RELATIONS = table.CONDITIONS - {table.AND, table.OR, table.NOT}
_INNER = "inner"


def extends_continuously(evaluation: Evaluation) -> bool:
    """Whether f, which has a hole along one variable, is proved to extend continuously in all."""
    if variables(evaluation.root) in ([], [evaluation.name]):
        return True
    proved: dict[int, bool] = {}
    for node in walk(evaluation.root):
        proved[node.id] = _extends(node, evaluation, proved)
    return proved[evaluation.root.id]


def _extends(node: Expr, evaluation: Evaluation, proved: dict[int, bool]) -> bool:
    if is_leaf(node):
        return True
    if node.op in table.CONDITIONS:
        return False
    if node.op.continuous and not node.op.domain and all(proved[arg.id] for arg in node.args):
        return True
    if node.op is table.DIV and all(proved[arg.id] for arg in node.args) and _is_nonzero(node.args[1], evaluation):
        return True
    if node.op is table.WHERE and (branch := _branch_taken(node, evaluation, proved)) is not None:
        return proved[branch.id]
    if _is_analytic(node, evaluation) or _is_filled(node, evaluation, proved):
        return True
    return _extends_alone(node, evaluation)


def _branch_taken(node: Expr, evaluation: Evaluation, proved: dict[int, bool]) -> Expr | None:
    """The branch that `where` takes at and around the point; None where it may take either."""
    condition, first, second = node.args
    if condition.op not in _RELATIONS or not all(proved[arg.id] for arg in condition.args):
        return None
    left, right = (_value(arg, evaluation) for arg in condition.args)
    germ = evaluation.germs.get(condition.id)
    if left is None or right is None or germ is None or (left - right).is_zero():
        return None
    branch: Expr = first if germ.value else second
    return branch


def _extends_alone(node: Expr, evaluation: Evaluation) -> bool:
    """Whether a part that has one variable tends to its value, or to a limit where it has none."""
    names = variables(node)
    return len(names) == 1 and _has_limit(node, names[0], evaluation.at)


def _is_nonzero(node: Expr, evaluation: Evaluation) -> bool:
    value = _value(node, evaluation)
    return value is not None and not value.is_zero()


def _value(node: Expr, evaluation: Evaluation) -> Constant | None:
    germ = evaluation.germs.get(node.id)
    return germ.value if germ is not None and isinstance(germ.value, Constant) else None


def _is_analytic(node: Expr, evaluation: Evaluation) -> bool:
    return analytic(node, variables(node), {name: _ball(value) for name, value in evaluation.at.items()})


def _ball(value: Constant) -> Callable[[], arb]:
    return lambda: value.ball


def _is_filled(node: Expr, evaluation: Evaluation, proved: dict[int, bool]) -> bool:
    """Whether the node is a function of one continuous part, with a hole that is removable."""
    for part in reversed(walk(node)):
        value = _value(part, evaluation)
        if part is node or value is None or not proved[part.id] or part.op is table.NUMBER:
            continue
        outer = replace_nodes(node, {part: symbol(_INNER)})
        if variables(outer) == [_INNER] and _has_limit(outer, _INNER, {_INNER: value}):
            return True
    return False


# --- which part of the expression is at fault -----------------------------------------------------------

KindOf = Callable[[Germ], Kind | None]
"""How a node of its own fails to be differentiable; None where it does not, or that is not known."""


def find_culprit(evaluation: Evaluation, kind: Kind, kind_of: KindOf) -> Expr | None:
    """The deepest node that fails in that way; of oscillations, the source.

    Where that is not known, the deepest that is not smooth though all its operands are.
    """
    rough = [(node, germ) for node, germ in _own_germs(evaluation) if not germ.smooth]
    if kind == "oscillation":
        return next((node for node, germ in rough if _oscillates(germ)), None)
    with_value = [(node, germ) for node, germ in rough if isinstance(germ.value, Constant)]
    for node, germ in with_value:
        if kind_of(germ) == kind:
            return node
    for node, _ in with_value:
        if all(_is_harmless(evaluation.germs.get(arg.id)) for arg in operands(node)):
            return node
    return None


def _own_germs(evaluation: Evaluation) -> Iterator[tuple[Expr, Germ]]:
    """The nodes of the expression itself with their germs, children first; no conditions."""
    own = _own_nodes(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id in own and not isinstance(germ.value, bool):
            yield node, germ


def _oscillates(germ: Germ) -> bool:
    return any(isinstance(side, Series) and side.oscillation is not None for side in (germ.left, germ.right))


def _is_harmless(germ: Germ | None) -> bool:
    """Whether an operand is smooth; one that was not needed is."""
    return germ is None or germ.smooth or isinstance(germ.value, bool)


def _own_nodes(evaluation: Evaluation) -> set[int]:
    """The nodes of the expression itself, not of what a function was written out to."""
    return {part.id for part in walk(evaluation.root)}


def find_owner(evaluation: Evaluation, lack: NoValue) -> Expr | None:
    """The part of the expression itself that a missing value belongs to: sqrt(x), not x**(1/2)."""
    own = _own_nodes(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id in own and any(part is lack for part in (germ.value, germ.left, germ.right)):
            return node
    return lack.node


# --- extrema -----------------------------------------------------------------------------------
# Whether f is larger or smaller beside a point than at it, on either side: what makes a minimum in one variable.
#
# The sign of f(p + t) - f(p) for all small t > 0 is that of the first term of its germ which does not vanish. That
# settles kinks, jumps and cusps as well as derivatives that vanish up to any order (Peano's form of Taylor's theorem).


_FIRST_REACH = 6
_LAST_REACH = 40
"""Orders beyond the leading one after which a function that seems to be constant is left undecided."""

_PRECISIONS = (192, 768, 3072)
_LAST_DERIVATIVE = 12
"""The order up to which derivatives are tried one by one, where a coefficient of the germ is not decided."""

Comparison = Literal["above", "equal", "below", "missing"]
"""f beside the point, next to its value there; missing where f has no values on that side."""


class Beside(NamedTuple):
    """Both sides of a point, None for what is not decided.

    ``left_trend`` and ``right_trend`` say how f runs as the point is left behind, its value there left out:
    above means that f grows from its limit.
    """

    left: Comparison | None = None
    right: Comparison | None = None
    left_trend: Comparison | None = None
    right_trend: Comparison | None = None

    def side(self, sign: int) -> Comparison | None:
        """The left side of a negative sign, the right one of a positive sign."""
        return self.left if sign < 0 else self.right

    def trend(self, sign: int) -> Comparison | None:
        """How f runs on that side."""
        return self.left_trend if sign < 0 else self.right_trend


def compare_beside(root: Expr, name: str, at: Point) -> Beside:
    """f beside the point along ``name``, against f at it; nothing is decided where f has no value at it.

    Cost: that of a verdict.
    """
    for bits in _PRECISIONS:
        with ctx.workprec(bits):
            try:
                return _compare_germs(root, name, constants_of(at))
            except NeedMoreBits:
                continue
    return _compare_derivatives(root, name, at)


def _compare_germs(root: Expr, name: str, at: Mapping[str, Constant]) -> Beside:
    """The comparison at flint's precision. Raises NeedMoreBits where more bits may decide."""
    reach = _FIRST_REACH
    while True:
        try:
            with limit_work(Budget()):
                return _compare(Evaluation(root, name, at, reach, reach > _FIRST_REACH), last=reach >= _LAST_REACH)
        except NeedMoreTerms:
            reach = min(2 * reach, _LAST_REACH)


def _compare_derivatives(root: Expr, name: str, at: Point) -> Beside:
    """The comparison by the first derivative that is proved not to be 0, all before being proved to be 0.

    Only where f is analytic: elsewhere the expression of a derivative may have another value than the derivative.
    """
    with ctx.workprec(_PRECISIONS[0]):
        if not analytic(root, (name,), constants(at)):
            return Beside()
    exact = {key: number(Fraction(value)) if isinstance(value, float) else value for key, value in at.items()}
    for order in range(1, _LAST_DERIVATIVE + 1):
        try:
            node = substitute(derivative(root, (name,) * order), exact)
            with ctx.workprec(_PRECISIONS[-1]):
                sign = constant_of(simplify(node)).sign()
        except (Unsupported, LimitError, NeedMoreBits):
            break
        if sign:
            right: Comparison = "above" if sign > 0 else "below"
            left: Comparison = "above" if (sign > 0) == (order % 2 == 0) else "below"
            return Beside(left, right, left, right)
    return Beside()


def _compare(evaluation: Evaluation, *, last: bool) -> Beside:
    """One try with the given number of orders. Raises NeedMoreTerms unless it is the last."""
    germ = evaluation.run()
    value = germ.value
    if not isinstance(value, Constant):
        return Beside()
    left, right = (_compare_side(side, value, last=last) for side in (germ.left, germ.right))
    left_trend, right_trend = (_find_trend(side, last=last) for side in (germ.left, germ.right))
    return Beside(left, right, left_trend, right_trend)


def _compare_side(side: SideValue, value: Constant, *, last: bool) -> Comparison | None:
    if isinstance(side, NoValue):
        return "missing"
    return _name_sign(subtract(side, monomial(value)), last=last) if isinstance(side, Series) else None


def _find_trend(side: SideValue, *, last: bool) -> Comparison | None:
    """The sign of what follows the constant term."""
    if not isinstance(side, Series) or side.growth is not None or side.oscillation is not None:
        return None
    if side.lowest_order() < 0:  # there is no limit to leave behind
        return None
    constant = next((c for rank, c in side.terms if rank == (0, 0)), None)
    return _name_sign(side if constant is None else subtract(side, monomial(constant)), last=last)


def _name_sign(series: Series, *, last: bool) -> Comparison | None:
    try:
        sign = series.sign()
    except Undecidable:
        return None
    except NeedMoreTerms:
        if last:
            return None
        raise
    return "above" if sign > 0 else "below" if sign < 0 else "equal"
