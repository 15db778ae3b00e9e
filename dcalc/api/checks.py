"""Verdicts on derivatives that others have written: as text, as expressions, or as Python code."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, assert_never

from dcalc import functions as table
from dcalc.api.derivatives import Derivative, Source, check_names, derivative_names, html_table, parse
from dcalc.api.expression import Coordinate, Expression, lift, read_point
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, make, number, substitute, symbol, variables
from dcalc.numbers import FLINT
from dcalc.problem import Dtype, Point, Problem, Result
from dcalc.text import count_noun

if TYPE_CHECKING:
    from dcalc.finding import Finding

Verdict = Literal["proved", "agrees", "no", "inaccurate", "no_derivative", "unresolved", "unreadable"]
Code = Callable[..., object]
Framework = Literal["jax", "torch"]
TOLERANCE = 1e-6
"""Relative error of a number that still counts as right."""
ROUNDING = 1e-13
"""Relative difference that the constants in code explain: `math.sqrt(2)` is a double, 1e-16 off."""
_FAR_ROUNDING = 1e-9
"""The same at points far out, where functions such as `erf(x/math.sqrt(2))` amplify it by x**2."""


class Counterexample(NamedTuple):
    """A point at which a claim is wrong: what the derivative is there, and what was claimed (None: no number)."""

    at: Mapping[str, object]
    expected: float | str | None
    claimed: float | str | None


class Loss(NamedTuple):
    """An operation at which doubles lose digits: its text, what happens there, how many of 16 digits it costs."""

    operation: str
    kind: str
    digits: float
    sentence: str


@dataclass(frozen=True)
class Check:
    """A verdict on a claimed derivative; true only where the claim is right.

    ``verdict`` is `proved` (by algebra), `agrees` (at all points tried), `no`, `inaccurate` (the formula is right,
    but its doubles are not), `no_derivative` (f has none at the point), `unresolved`, or `unreadable` (f has an
    operation that cannot be read, which the sentence names). ``slip`` is the mistake that explains a wrong claim,
    where one does; ``losses`` are the operations at which doubles lose digits. Of a function of JAX or PyTorch
    ``digits`` has the right digits of its gradient by precision, and ``stable`` a form of f that keeps them.
    """

    verdict: Verdict
    sentence: str
    counterexample: Counterexample | None = None
    slip: str | None = None
    points: int = 0
    losses: tuple[Loss, ...] = ()
    digits: Mapping[Dtype, float] = field(default_factory=dict)
    stable: str | None = None

    def __bool__(self) -> bool:
        match self.verdict:
            case "proved" | "agrees":
                return True
            case "no" | "inaccurate" | "no_derivative" | "unresolved" | "unreadable":
                return False
            case _:
                assert_never(self.verdict)

    def __str__(self) -> str:
        """The sentence, then the likely slip and the losses, one per line."""
        lines = [self.sentence, *([f"likely slip: {self.slip}"] if self.slip else [])]
        lines += [loss.sentence for loss in self.losses]
        return "\n".join([*lines, *([f"stable form of f: {self.stable}"] if self.stable else [])])

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [("verdict", self.verdict), ("sentence", self.sentence)]
        if self.counterexample is not None:
            rows += zip(("at", "expected", "claimed"), self.counterexample, strict=True)
        rows += [("likely slip", self.slip)] if self.slip else []
        return html_table(("", ""), [*rows, *(("loses digits", loss.sentence) for loss in self.losses)])


def check(
    f: Source,
    claim: Source | float | Mapping[str, Source],
    wrt: str | Sequence[str] | None = None,
    order: int = 1,
    *,
    at: Mapping[str, Coordinate | Expression] | None = None,
    tol: float | None = None,
) -> Check:
    """Whether ``claim`` is the derivative of f: proved where algebra can, else tested at certified points.

    The claim is an expression, a number for the point ``at``, or a mapping from names for a gradient. ``wrt`` and
    ``order`` are as for `dcalc.diff`; ``tol`` is the relative error that is let pass. Raises UsageError, and what
    `dcalc.parse` raises. Cost: milliseconds.
    """
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt or ())
    function = parse(f, variables=names)
    if hasattr(type(function), "tensor"):
        return _check_arrays(function, claim, names, order, at)
    if isinstance(function, Derivative) and not names:
        names = function.wrt
        function = function.function
    if isinstance(claim, Mapping):
        claims = {name: parse(part, variables=function.variables).node for name, part in claim.items()}
        targets = check_names(names) or tuple(claims)
        order = 1
    else:
        targets = derivative_names(function, names, order)
        if len(set(targets)) == 1:
            targets = targets[:1]
        one = parse(claim, variables=function.variables).node if isinstance(claim, str | Expression) else lift(claim)
        claims = {",".join(targets): one}
    point = None if at is None else read_point(function.variables, at, targets)
    return _summarize(_judge(function, targets, order, claims, point, tol))


def _check_arrays(
    function: Expression, claim: Source | float | Mapping[str, Source], names: Sequence[str], order: int, at: object
) -> Check:
    """The verdict on a claim about vectors and matrices. Raises UsageError for what such claims do not have."""
    from dcalc.analysis.array_check import find
    from dcalc.api.array_expression import ArrayExpression

    assert isinstance(function, ArrayExpression)
    if order != 1 or at is not None:
        raise UsageError(
            "claims about arrays are about first derivatives, at points of their own", help="leave order and at out"
        )
    if isinstance(claim, Mapping):
        text = ", ".join(f"{name}: {part}" for name, part in claim.items())
        text = text if len(claim) > 1 else str(next(iter(claim.values())))
        names = names or tuple(claim)
    else:
        text = str(claim)
    return _summarize(find(function.source, names or function.wrt, function.declared, None, 0, claim=text))


def check_gradient(
    f: Source | Code,
    gradient: Code | Source | Mapping[str, Source] | None = None,
    at: object = None,
    *,
    wrt: Iterable[str] | None = None,
    tol: float = TOLERANCE,
    framework: Framework | None = None,
) -> Check:
    """Whether Python code computes the gradient of f, and whether its doubles can be trusted at a point.

    ``f`` is an expression, or a Python function that `dcalc.from_function` can read. ``gradient`` takes the
    variables in the order of f's parameters, or by the same names, and returns a number, a sequence, or a mapping
    from names. Code that can be read is compared as a formula, so that a verdict holds everywhere; code that
    cannot is compared by its numbers at the point. The numbers must be within ``tol`` of the certified ones,
    relatively; formulas must be equal, but for the rounding of constants that Python has computed.

    A function of JAX or PyTorch is read from its own program, and its own gradient is checked where none is given:
    ``at`` has numbers, arrays or tensors by the names of the parameters, or in their order. The verdict tells a wrong
    formula from digits that are lost in float64, a kink where the framework follows a convention, and an operation
    that cannot be read. ``framework`` names the library where the code does not show it. Raises UsageError and
    UnknownVariable, and Unsupported where a function of Python alone cannot be read.
    """
    if at is None:
        raise UsageError("check_gradient needs a point", help="write at={'x': 1.0}")
    if callable(f) and not _is_source(f):
        from dcalc.api.gradients import check_program_gradient, framework_of

        framework = framework or framework_of(f, at)
        if framework is not None:
            if gradient is not None and not (callable(gradient) and not _is_source(gradient)):
                raise UsageError("the gradient of a function of arrays must be a function, too", help="leave it out")
            return check_program_gradient(f, gradient, at, framework, None if wrt is None else tuple(wrt), tol)
    if gradient is None:
        raise UsageError("no gradient is given", help="functions of JAX and PyTorch alone bring their own")
    if not isinstance(at, Mapping):
        raise UsageError("at must give a value to each variable", help="write at={'x': 1.0}")
    function, order = _read_function(f)
    names = check_names(wrt or ()) or order
    point = read_point(function.variables, at, names)
    truths = Truths(function, names, point)
    if (lacking := truths.lacking) is not None:
        return lacking
    claims = _read_claims(gradient, order, names)
    numbers = _numbers(gradient, order, names, at) if callable(gradient) and not _is_source(gradient) else None
    if claims is None:
        assert numbers is not None  # only code can be unreadable
        return truths.compare(numbers, tol)
    formula = judge_formula(function, names, claims, point, is_code=numbers is not None or not _is_source(f))
    if formula.verdict == "no":
        return formula
    losses = list_losses(claims, point)
    compared = None if numbers is None else truths.compare(numbers, tol)
    if compared is None or compared:
        return replace(formula, losses=losses)
    sentence = f"the formula is right, but not its doubles: {compared.sentence.removeprefix('no: ')}"
    return replace(compared, verdict="inaccurate", sentence=sentence, losses=losses)


# --- reading ------------------------------------------------------------------------------


def _is_source(value: object) -> bool:
    return isinstance(value, str | Expression)


def _read_function(f: Source | Code) -> tuple[Expression, tuple[str, ...]]:
    """The expression, and its variables in the order in which code takes them."""
    if isinstance(f, str | Expression):
        expression = parse(f)
        return expression, expression.variables
    from dcalc.api.tracing import from_function, parameters

    return from_function(f), parameters(f)


def _read_claims(
    gradient: Code | Source | Mapping[str, Source], order: tuple[str, ...], names: tuple[str, ...]
) -> dict[str, Expr] | None:
    """The claims as nodes, by name; None where the code cannot be read."""
    if isinstance(gradient, Mapping):
        return {name: parse(part, variables=order).node for name, part in gradient.items()}
    if isinstance(gradient, str | Expression):
        return _by_name(parse(gradient, variables=order), names, lift)
    from dcalc.api.tracing import explore_values

    try:
        return explore_values(gradient, _arguments(gradient, order), lambda value: _by_name(value, names, lift))
    except (DcalcError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None  # code that works on numbers alone: its numbers are compared


def _arguments(gradient: Code, order: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the variables in the order in which the code takes them."""
    from dcalc.api.tracing import parameters

    try:
        own = parameters(gradient)
    except UsageError:
        return order
    return own if sorted(own) == sorted(order) else order


def _by_name(value: Any, names: tuple[str, ...], read: Callable[[Any], Any]) -> dict[str, Any]:
    """The parts of what a gradient returns. Raises UsageError where their number is wrong."""
    if isinstance(value, Mapping):
        return {str(name): read(part) for name, part in value.items()}
    if isinstance(value, Expression) or not hasattr(value, "__iter__") or getattr(value, "shape", None) == ():
        parts = [value]
    else:
        parts = list(value)
    if len(parts) != len(names):
        counted = count_noun(len(parts), "part")
        raise UsageError(f"the gradient has {counted}, and f has the variables {', '.join(names)}")
    return {name: read(part) for name, part in zip(names, parts, strict=True)}


def _numbers(gradient: Code, order: tuple[str, ...], names: tuple[str, ...], at: Mapping[str, float]) -> dict[str, Any]:
    """What the code computes at the point, by name; text where it raises an error of arithmetic."""
    arguments = [float(at[name]) for name in _arguments(gradient, order)]
    try:
        with warnings.catch_warnings():  # what NumPy warns of is what the verdict is about
            warnings.simplefilter("ignore")
            value = gradient(*arguments)
    except (ArithmeticError, ValueError) as error:
        return dict.fromkeys(names, f"{type(error).__name__}: {error}")
    return _by_name(value, names, float)


_MOST_ONE_BY_ONE = 6
"""Partial derivatives up to this many are judged one by one."""
_MOST_LOSSES = 100
"""The operations that are listed, the worst ones."""
_REACH = 1.0
"""How far a line is followed to either side."""


# --- judging ------------------------------------------------------------------------------


def judge_formula(
    function: Expression,
    names: tuple[str, ...],
    claims: Mapping[str, Expr],
    point: Point,
    *,
    is_code: bool,
    over: Mapping[str, tuple[float, float]] | None = None,
) -> Check:
    """The verdict on a gradient: at the point, which is the first where a mistake is looked for, then everywhere, or
    at points within the box ``over``."""

    if over is not None and len(claims) > _MOST_ONE_BY_ONE:
        line = _Line(function, claims, point, over)
        if line.is_right(tuple(claims), is_code=is_code):
            return line.describe(len(claims))
        if line.verdict.verdict == "no":
            wrong = line.find_wrong(is_code=is_code)
            check = _judge_one_by_one(function, names, {wrong: claims[wrong]}, point, is_code=is_code, over=over)
            if check.verdict == "no":
                return replace(check, sentence=f"by {wrong}: {check.sentence}")
    return _judge_one_by_one(function, names, claims, point, is_code=is_code, over=over)


def _judge_one_by_one(
    function: Expression,
    names: tuple[str, ...],
    claims: Mapping[str, Expr],
    point: Point,
    *,
    is_code: bool,
    over: Mapping[str, tuple[float, float]] | None,
) -> Check:
    def judge(at: Point | None, tol: float | None) -> Check:
        return _summarize(_judge(function, names, 1, claims, at, tol, over if at is None else None))

    exact = here = judge(point, None)
    if here.verdict == "no" and is_code:
        here = judge(point, ROUNDING)
    if here.verdict == "no":
        return exact
    if exact.verdict == "no":
        return judge(None, _FAR_ROUNDING)
    everywhere = judge(None, None)
    if everywhere.verdict == "no" and is_code:
        within = judge(None, ROUNDING)
        return everywhere if within.verdict == "no" else within
    return everywhere


class _Line:
    """A gradient of many variables along one general direction: a single derivative, which is right where all are.

    On the line x + r*s, whose r are small numbers without a relation to one another, the derivative by s is the sum of
    all partial derivatives times r.
    """

    def __init__(
        self,
        function: Expression,
        claims: Mapping[str, Expr],
        point: Point,
        over: Mapping[str, tuple[float, float]] | None,
    ) -> None:
        self.function, self.claims, self.point = function, claims, point
        within = (*function.variables, *variables(*claims.values()))
        self.parameter = next(name for name in _unused_names(within) if name not in claims)
        self.over = None if over is None else {**over, self.parameter: (-_REACH, _REACH)}
        self.verdict = Check("unresolved", "")

    def is_right(self, names: Sequence[str], *, is_code: bool) -> bool:
        """Whether the partial derivatives by some of the variables are right, as far as this can be told."""
        from random import Random

        draw = Random(len(names))  # decimals without a relation to one another, the same in each run
        steps = {name: Fraction(draw.randrange(1 << 19, 1 << 21), 1 << 24) for name in names}
        move = {
            name: make(table.ADD, symbol(name), make(table.MUL, number(step), symbol(self.parameter)))
            for name, step in steps.items()
        }
        function = Expression(substitute(self.function.node, move))
        terms = [make(table.MUL, number(step), substitute(self.claims[name], move)) for name, step in steps.items()]
        claim = {self.parameter: make(table.ADD, *terms) if len(terms) > 1 else terms[0]}
        at = {**self.point, self.parameter: 0.0}
        for tol in (None, ROUNDING) if is_code else (None,):
            for where, box in ((at, None), (None, self.over)):
                self.verdict = _summarize(_judge(function, (self.parameter,), 1, claim, where, tol, box))
                if self.verdict.verdict == "no":
                    break
            else:
                return bool(self.verdict)
        return False

    def find_wrong(self, *, is_code: bool) -> str:
        """The first variable by which the derivative is not right, by halves."""
        names = tuple(self.claims)
        while len(names) > 1:
            half = names[: len(names) // 2]
            names = names[len(names) // 2 :] if self.is_right(half, is_code=is_code) else half
        return names[0]

    def describe(self, many: int) -> Check:
        """The verdict on all partial derivatives: one direction proves none of them, as errors may cancel along it."""
        where = f"at {count_noun(self.verdict.points, 'point')}" if self.verdict.verdict == "agrees" else "everywhere"
        sentence = f"agrees {where}, by all {many} variables at once along a general direction"
        return replace(self.verdict, verdict="agrees", sentence=sentence)


def _unused_names(names: Sequence[str]) -> Iterator[str]:
    return (name for place in count() if (name := f"s{place or ''}") not in names)


def _judge(
    function: Expression,
    wrt: tuple[str, ...],
    order: int,
    claims: Mapping[str, Expr],
    at: Point | None,
    tol: float | None,
    over: Mapping[str, tuple[float, float]] | None = None,
) -> Finding:
    from dcalc.analysis.check import judge_claims
    from dcalc.finding import Subject

    names = tuple(dict.fromkeys((*function.variables, *variables(*claims.values()))))
    with FLINT:
        subject = Subject(function.node, names, wrt, order, at, tol=tol)
        return judge_claims(subject, claims, None if over is None else tuple(over.items()))


def _summarize(finding: Finding) -> Check:
    """A finding of `dcalc check` as a verdict."""
    record = finding.record
    against = record["counterexample"]
    return Check(
        record["verdict"] or "unresolved",
        finding.sentence,
        None if against is None else Counterexample(**against),
        record["slip"],
        record["points"],
    )


class Truths:
    """The certified gradient at a point."""

    def __init__(self, function: Expression, names: tuple[str, ...], point: Point) -> None:
        from dcalc.solver import solve_all

        self.point = point
        problem = Problem(function.node, names, point, gradient=True)
        self.results: dict[str, Result] = dict(zip(names, solve_all(problem, expression=False), strict=True))

    @property
    def lacking(self) -> Check | None:
        """The verdict where a derivative has no value."""
        for name, result in self.results.items():
            if result.value is None:
                verdict: Verdict = "unresolved" if result.status == "unresolved" else "no_derivative"
                return Check(verdict, f"by {name}: {result}")
        return None

    def compare(self, numbers: Mapping[str, Any], tol: float) -> Check:
        """The verdict on numbers; the first that is off is the counterexample."""
        for name, result in self.results.items():
            claimed = numbers.get(name)
            if not isinstance(claimed, float) or not self._is_near(claimed, result, tol):
                shown = claimed if isinstance(claimed, str) else repr(claimed)
                example = Counterexample(dict(self.point), result.value, claimed)
                return Check("no", f"no: by {name} the derivative is {result.value}, not {shown}", example, points=1)
        return Check("agrees", "agrees at 1 point", points=1)

    @staticmethod
    def _is_near(claimed: float, result: Result, tol: float) -> bool:
        assert result.value is not None
        return math.isfinite(claimed) and abs(claimed - result.value) <= tol * (abs(result.value) or 1.0)


def list_losses(claims: Mapping[str, Expr], point: Point) -> tuple[Loss, ...]:
    """The operations of the formulas at which doubles lose a digit or more, the worst first."""
    from dcalc.analysis.diagnose import describe_loss
    from dcalc.analysis.diagnose.losses import find_losses
    from dcalc.coordinates import at_doubles
    from dcalc.notation import write
    from dcalc.numbers.enclosure import constants

    by_text: dict[str, Loss] = {}
    with FLINT:
        losses = [loss for claim in claims.values() for loss in find_losses(claim, at_doubles(point), constants(point))]
    distinct = {loss.node.id: loss for loss in losses}.values()  # partial derivatives share most of their parts
    for loss in sorted(distinct, key=lambda loss: -loss.own)[:_MOST_LOSSES]:
        text = write(loss.node)
        by_text[text] = Loss(text, loss.kind, round(loss.own, 1), describe_loss(loss))
    return tuple(sorted(by_text.values(), key=lambda loss: -loss.digits))
