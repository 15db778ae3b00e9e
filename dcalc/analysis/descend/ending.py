"""What the end of a run is worth by certified derivatives, and where a run without numbers broke down.

Where the end is at a kink or a jump, or beside one, germs prove what f does there. Gradients say nothing of these:
x**2 + floor(x) has slope 2*x right of 0, and is lower left of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from flint import arb, arb_mat, ctx

from dcalc import functions as table
from dcalc.analysis.curvature import Definiteness, name_definiteness, solve_spectrum
from dcalc.analysis.smoothness import is_twice_differentiable
from dcalc.analysis.toolkit import solve_gradient, solve_hessian
from dcalc.backends.reference import is_analytic
from dcalc.errors import DcalcError, Unsupported
from dcalc.expr import Expr, is_leaf, number, substitute, walk
from dcalc.finding import Subject
from dcalc.numbers import real
from dcalc.numbers.real import evaluate
from dcalc.numerals import decimal, terminates
from dcalc.optimise.breaks import find_breaks
from dcalc.optimise.descent import Bounds, EndStatus, Step, held_places
from dcalc.optimise.linear import Matrix, Vector, norm
from dcalc.optimise.minima import BallFunction, NearbyZero, follow_newton, prove_zero_around, read_definiteness
from dcalc.optimise.objective import BALLS, ExpressionObjective, Objective, exact_balls, is_finite
from dcalc.problem import Problem
from dcalc.reasons import short
from dcalc.solver import solve
from dcalc.stable import stable
from dcalc.tape import in_order, lower, run
from dcalc.verdict import Beside, compare_beside

if TYPE_CHECKING:
    from dcalc.isolate.smooth import Place

MOST_VARIABLES = 24
"""Variables up to which eigenvalues are certified; each costs a gradient."""
CURVED_DOWN: tuple[Definiteness, ...] = ("indefinite", "negative_definite", "negative_semidefinite")
"""Where the Hessian is so, f is lower beside a stationary point."""
Interval = tuple[float, float]
NOT_PROVED = "; that it is a minimum is not proved"
_BITS = 192
NEAR = 0.01
"""A stationary point is what a run has ended at where it is nearer than this part of the end: flat ones are far off."""
_IN_WORDS: Mapping[EndStatus, str] = {"max_steps": "not converged", "left_domain": "left the domain"}


def describe_status(status: EndStatus) -> str:
    """The status of a run in words."""
    return _IN_WORDS.get(status, status)


class CertifiedEnd(NamedTuple):
    """f and the length of its gradient, right to the last digit.

    ``held`` are the variables at a bound beyond which f falls; the gradient is by the others. ``missing``
    says why there is no gradient, and is empty where there is one.
    """

    value: float | None
    gradient_norm: float | None
    missing: str = ""
    held: tuple[str, ...] = ()


class CertifiedShape(NamedTuple):
    """The Hessian by the variables that are not held at a bound, and the stationary point that the end stands for.

    ``near`` is None where none is proved to be so near.
    """

    eigenvalues: Sequence[float | None]
    definiteness: Definiteness | None
    near: NearbyZero | None


def certify_end(root: Expr, names: Sequence[str], at: Mapping[str, float], bounds: Bounds) -> CertifiedEnd:
    """What certified values and first derivatives say of a point. Cost: one gradient."""
    subject = Subject(root=root, names=tuple(at), wrt=tuple(names), at=at)
    value = solve(Problem(root, (), at), expression=False).value
    gradient = []
    for name, answer in zip(names, solve_gradient(subject, root, names), strict=True):
        if answer.value is None:
            return CertifiedEnd(value, None, f"by {name}: {answer.reason or answer.status}")
        gradient.append(answer.value)
    places = held_places([at[name] for name in names], gradient, bounds)
    free = [slope for place, slope in enumerate(gradient) if place not in places]
    return CertifiedEnd(value, norm(free), held=tuple(names[place] for place in sorted(places)))


def describe_least(detail: str, missing: str = "", bounds: Bounds | None = None) -> str:
    """That an end is a minimum, of what is within the bounds; ``missing`` says why f has no gradient, if so."""
    where = " within the bounds" if bounds else ""
    return f"a minimum: f is nowhere smaller{where}{f', and has no gradient there: {missing}' if missing else detail}"


def explain_stop(end: Step, missing: str) -> str:
    """Why a run has stopped that no step leads on from; ``missing`` says why f has no gradient there, if so."""
    if missing and not end.number:
        return f"the start has no gradient: {missing}"
    return (
        f"step {end.number} does not move any more, {format_norm(end)}; "
        f"{missing or 'no step that was tried makes f clearly smaller'}"
    )


def format_norm(end: Step) -> str:
    """How long the gradient is, in doubles."""
    length = end.gradient_norm
    return "no gradient" if math.isnan(length) else f"gradient norm {length:.3g}"


def certify_shape(
    root: Expr, names: Sequence[str], at: Mapping[str, float], slope: float, held: Sequence[str] = ()
) -> CertifiedShape:
    """What certified second derivatives say of a point. Cost: one gradient per variable, where they are few.

    ``slope`` is the length of the gradient there: curvature downward that it may explain is not told. ``held`` are
    variables at a bound beyond which f falls: with a kink there more than the gradient counts.
    """
    if not names:
        is_smooth = len(held) == 1 or is_analytic(root, held, at)
        return CertifiedShape([], None, NearbyZero(0.0, "minimum") if is_smooth else None)
    eigenvalues: Sequence[float | None] = []
    signs: Sequence[int | None] = []
    subject = Subject(root=root, names=tuple(at), wrt=tuple(names), at=at)
    if len(names) <= MOST_VARIABLES and is_twice_differentiable(subject):
        eigenvalues, signs = solve_spectrum(subject)
    fixed = {name: exact_balls([value])[0] for name, value in at.items() if name not in names}
    objective = ExpressionObjective(root, names, fixed, BALLS)
    slopes = BallFunction(objective.gradient, objective.hessian, partial(objective.is_smooth, held=held))
    try:
        near = prove_zero_around(slopes, [at[name] for name in names])
    except Unsupported:  # a derivative without an expression cannot be enclosed over a box
        near = None
    if near is not None and near.distance > NEAR * (1 + max(abs(at[name]) for name in names)):
        near = None
    definiteness = name_definiteness(signs)
    if definiteness in CURVED_DOWN and not _is_clearly_curved(root, names, at, slope, eigenvalues):
        definiteness = None
    return CertifiedShape(eigenvalues, definiteness, near)


_MOST_FOLLOWING = 100_000
"""Nodes of the second derivatives of all steps with which a descent is followed: about half a second."""


def falls_on(root: Expr, names: Sequence[str], at: Mapping[str, float], bounds: Mapping[str, Interval]) -> bool:
    """Whether Newton's method without rounding leads on from an end, with no end in sight within the bounds.

    An end to which f falls as something grows for ever has a small gradient, too, and no minimum is near.
    """
    if not names or len(names) > MOST_VARIABLES:
        return False
    fixed = {name: exact_balls([value])[0] for name, value in at.items() if name not in names}
    objective = ExpressionObjective(root, names, fixed, BALLS)
    most = _MOST_FOLLOWING // (len(walk(root)) * len(names) ** 2)
    slopes = BallFunction(objective.gradient, objective.hessian, objective.is_smooth)
    try:
        course = follow_newton(slopes, [at[name] for name in names], most, is_second_order=False)
    except Unsupported:  # a derivative has no closed form
        return False
    ends = ((bounds[name], value) for name, value in zip(names, course.end, strict=True) if name in bounds)
    return course.goes_on and all(low < value < high for (low, high), value in ends)


_TIGHTEST_BEND = 100.0
"""Off the bottom of a valley f curves along it by the slope there times the curvature of the valley, up to this one."""
_LONGER = 1.05
"""A curvature counts that has one sign up to this multiple of a Newton step."""


def _is_clearly_curved(
    root: Expr, names: Sequence[str], at: Mapping[str, float], slope: float, eigenvalues: Sequence[float | None]
) -> bool:
    """Whether the curvature downward at a point is that of f, and not that of a valley which the point is a little off.

    There its sign is that of what is left of the gradient: it means nothing unless it is the same as far off as a
    Newton step leads.
    """
    values = [value for value in eigenvalues if value]
    if not values or not slope or min(values) < -_TIGHTEST_BEND * slope:
        return True
    reach = _LONGER * slope / max(map(abs, values))
    fixed = {name: exact_balls([value])[0] for name, value in at.items() if name not in names}
    try:
        with ctx.workprec(_BITS):
            box = [arb(at[name], reach) for name in names]
            hessian = ExpressionObjective(root, names, fixed, BALLS).hessian(box)
            turned = [row[::-1] for row in hessian[::-1]]
            downward = any(hessian[i][i] < 0 for i in range(len(names)))
            return downward or any(read_definiteness(arb_mat(rows)) is False for rows in (hessian, turned))
    except Unsupported:  # the expressions that would be needed over a box are not known
        return True
    except (DcalcError, ArithmeticError, ValueError):  # an edge or a kink is in the box
        return False


class Breakdown(NamedTuple):
    """The first part of an expression, in order of evaluation, that has no finite value in doubles."""

    node: Expr
    value: float
    arguments: Vector

    def describe(self) -> str:
        """`log(sigmoid(x)) is -inf: sigmoid(x) is 0`."""
        shown = ", ".join(
            f"{short(arg)} is {value:g}"
            for arg, value in zip(self.node.args, self.arguments, strict=True)
            if arg.op is not table.NUMBER
        )
        state = "has no value" if math.isnan(self.value) else f"is {self.value:g}"
        return f"{short(self.node)} {state}" + (f" where {shown}" if shown else "")


def find_breakdown(root: Expr, at: Mapping[str, float]) -> Breakdown | None:
    """The first part of an expression without a finite value though its arguments have them; None if there is none."""
    tape = lower(root)
    values = run(tape, at, real.constant, real.evaluator)
    order, inner = in_order(root)
    for node in order:
        value = values[tape.place(node)]
        if is_leaf(node) or node.id in inner or isinstance(value, bool) or math.isfinite(value):
            continue
        arguments = [values[tape.place(arg)] for arg in node.args]
        if all(isinstance(arg, bool) or math.isfinite(arg) for arg in arguments):
            return Breakdown(node, value, [float(arg) for arg in arguments])
    return None


def offer_stable_form(root: Expr, names: Sequence[str], at: Mapping[str, float]) -> str:
    """An offer of the stable form where that has numbers at a point at which the expression has none; else empty."""
    better = stable(root)
    if better is root:
        return ""
    fixed = {name: value for name, value in at.items() if name not in names}
    value, gradient = make_objective(better, names, fixed).gradient([at[name] for name in names])
    return f"; --stable takes {short(better)}, which has numbers there" if is_finite(value, gradient) else ""


# --- functions whose derivatives have no closed form --------------------------------------


def make_objective(root: Expr, names: Sequence[str], fixed: Mapping[str, float]) -> Objective:
    """The objective that an expression is: on a tape, or by certified derivatives where they have no closed form.

    Raises Unsupported where a derivative is not known at all.
    """
    try:
        objective = ExpressionObjective(root, names, fixed)
        objective.partials  # noqa: B018  # derived here, so that a missing one shows at once
        return objective
    except Unsupported:
        return CertifiedObjective(root, names, fixed)


class CertifiedObjective:
    """An objective by the reference, right to the last digit. Cost: about 100 times that of a tape."""

    def __init__(self, root: Expr, names: Sequence[str], fixed: Mapping[str, float]) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed

    def value(self, x: Sequence[float]) -> float:
        """f."""
        return evaluate(self.root, self._at(x))

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        if not all(map(math.isfinite, x)):
            return math.nan, [math.nan] * len(x)
        try:
            answers = solve_gradient(self._subject(x), self.root, self.names)
        except Unsupported as error:
            raise Unsupported(error.message, help="hold that variable fixed: --wrt names the others") from error
        return self.value(x), [_or_nan(answer.value) for answer in answers]

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        matrix = solve_hessian(self._subject(x))
        return [[_or_nan(matrix[a][b].value) for b in self.names] for a in self.names]

    def _at(self, x: Sequence[float]) -> dict[str, float]:
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _subject(self, x: Sequence[float]) -> Subject:
        at = self._at(x)
        return Subject(root=self.root, names=tuple(at), wrt=tuple(self.names), at=at)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


# --- The end of a descent at a kink or a jump, or beside one: what f does there, proved by germs.

_EVERYWHERE: Interval = (float("-inf"), float("inf"))
_NAMES = {-1: "left", 1: "right"}


class Edge(NamedTuple):
    """A place along one variable at which f is proved to have a minimum along it, or not to have one, and why."""

    place: Fraction
    is_minimum: bool
    message: str


def judge_end(root: Expr, name: str, at: Mapping[str, float], bounds: Interval | None) -> Edge | None:
    """What f does along ``name`` at the end itself; None where that is not decided."""
    place = Fraction(at[name])
    return _judge_place(root, name, at, place, bounds or _EVERYWHERE)


def judge_breaks(root: Expr, name: str, at: Mapping[str, float], window: float, bounds: Interval | None) -> Edge | None:
    """What f does at the nearest break within a distance of the end along ``name``; None if it is not decided."""
    low, high = bounds or _EVERYWHERE
    for place in find_breaks(root, name, at, window):
        if low <= place <= high:
            return _judge_place(root, name, at, place, (low, high))
    return None


def _judge_place(root: Expr, name: str, at: Mapping[str, float], place: Fraction, bounds: Interval) -> Edge | None:
    beside = compare_beside(root, name, {**at, name: number(place)})
    signs = [sign for sign, bound in ((-1, bounds[0]), (1, bounds[1])) if place != bound]
    shown = f"{name} = {decimal(place) if terminates(place) else place}"
    sides = {beside.side(sign) for sign in signs}
    if sides <= {"above", "equal", "missing"} and sides != {"missing"}:
        where = "" if len(signs) == len(_NAMES) else "within the bounds "
        return Edge(place, True, f"f is nowhere smaller {where}close to {shown}")
    side = (place < at[name]) - (place > at[name])
    if beside.side(side) == "below" and side:
        return _judge_near_side(beside, place, side, shown)
    falling = [sign for sign in signs if beside.side(sign) == "below"]
    if not falling:
        return None
    where = " and to the ".join(_NAMES[sign] for sign in falling)
    return Edge(place, False, f"f is smaller to the {where} of {shown}, which the gradient does not show")


def _judge_near_side(beside: Beside, place: Fraction, side: int, shown: str) -> Edge | None:
    """A place at which f is larger than where the descent comes from: it jumps there, or the end is not near."""
    if beside.trend(side) != "above":
        return None
    return Edge(
        place, False, f"f falls towards {shown} from the {_NAMES[side]} and is larger there, so the limit is not taken"
    )


_WORK = 20_000
"""What a look at the turns of f may cost, in units of about 4 microseconds."""


def find_minimum(root: Expr, name: str, at: Mapping[str, float], reach: float, bounds: Interval | None) -> Place | None:
    """The only place within a distance of the end along ``name`` where f turns, if it has a minimum there.

    None where that is not proved, or f jumps.
    """
    from dcalc.isolate.curve import Curve  # few ends need it
    from dcalc.isolate.graph import Graph
    from dcalc.isolate.smooth import Work
    from dcalc.isolate.smooth import at as at_number

    low, high = bounds or _EVERYWHERE
    ends = at_number(max(low, at[name] - reach)), at_number(min(high, at[name] + reach))
    fixed = {key: number(Fraction(value)) for key, value in at.items() if key != name}
    graph = Graph(Curve(substitute(root, fixed), name, *ends, Work(_WORK)))
    turns = [turn for turn in graph.turns if turn.kind != "inflection"]
    is_settled = not graph.curve.gaps(1) and all(joint.is_continuous for joint in graph.joints)
    return turns[0].place if is_settled and [turn.kind for turn in turns] == ["minimum"] else None
