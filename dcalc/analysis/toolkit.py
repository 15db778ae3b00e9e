"""What can be found out about an expression beyond its derivatives: one file an analysis.

The command of the same name calls its `find(subject, **options)`, which returns a `Finding`
and raises DcalcError alone. What several share stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from dcalc.backends.reference import is_analytic
from dcalc.compare import solve, solve_all, undefined_constant
from dcalc.derive import derivative
from dcalc.errors import UnknownVariable, Unsupported, UsageError
from dcalc.expr import ZERO, Expr, make, number, replaced, symbol
from dcalc.figures import rounded
from dcalc.finding import Cell, Column, Finding, Key, Said, Sheet, Subject
from dcalc.functions import ADD, MUL
from dcalc.problem import Answer, Gradient, Point, Problem
from dcalc.simplify import simplify

Range = tuple[float, float]
Over = Sequence[tuple[str | None, Range]]
"""Ranges as --over gives them; None stands for the only variable."""


def undefined_finding(subject: Subject, command: str) -> Finding | None:
    """The finding of an expression that has no value anywhere, since a constant part has none."""
    for root in (subject.root, *subject.more):
        if sentence := undefined_constant(root):
            return Finding(command, subject.root, subject.wrt, status="undefined", sentence=sentence, plain=[], code=3)
    return None


def require_point(subject: Subject, command: str) -> Point:
    """The point of an analysis that cannot do without one. Raises UsageError."""
    if subject.at is None:
        raise UsageError(f"{command} needs a point", help="write --at 1, or --at x=1,y=2")
    return subject.at


def read_box(over: Over | None, names: Sequence[str], otherwise: Mapping[str, Range]) -> dict[str, Range]:
    """The range of each name, that of ``otherwise`` where none is given. Raises UnknownVariable."""
    found = dict(otherwise)
    for name, ends in over or ():
        if name is None and len(names) != 1:
            raise UnknownVariable(
                f"one range, but the expression has {len(names)} variables", help="write --over x=-3:3,y=0:1"
            )
        meant = names[0] if name is None else name
        if meant not in names:
            raise UnknownVariable(f"the expression has no variable {meant}", help="leave its range out")
        found[meant] = ends
    return found


# --- What analyses ask of the reference: partial derivatives of first and second order, and along a direction.

Direction = Sequence[tuple[str | None, float]]
"""A direction as --along gives it; None in the place of names: by the order of the variables."""
Matrix = dict[str, dict[str, Answer]]


# --- answers ------------------------------------------------------------------------------


def worst_answer(answers: Sequence[Answer]) -> Answer:
    """The answer that speaks for all: the first without a value, else the first that is not ok."""
    bad = next((found for found in answers if found.code), None)
    return bad or next((found for found in answers if found.status != "ok"), Answer())


def explain_status(answer: Answer, by: str = "") -> str:
    """Why an answer has no value, as a sentence."""
    status = answer.status.replace("_", " ")
    said = f"{status}: {answer.sentence}" if answer.sentence else status
    return f"by {by}: {said}" if by else said


def answer_cell(answer: Answer) -> float | Expr | None:
    """What is shown of an answer: its number, or the expression where no point is given."""
    return answer.derivative if answer.derivative is not None else answer.value


def printed_cell(answer: Answer, subject: Subject) -> Cell:
    """The same as a person or a pipe sees it: with the digits that were asked for."""
    reference = answer.reference
    if subject.shown is None or answer.value is None or reference is None or reference.text is None:
        return answer_cell(answer)
    return rounded(reference.text, subject.shown)


def matrix_sheet(
    matrix: Mapping[str, Mapping[str, Answer]], subject: Subject, names: Sequence[str] | None = None
) -> Sheet:
    """Rows of answers under names, those of the variables unless given."""
    look = "formula" if subject.at is None else "number"
    columns = [Column("row", "", "code")]
    columns += [Column(name, name, look, right=look == "number") for name in (names or subject.wrt)]
    rows: list[dict[Key, Cell]] = [
        {"row": label, **{name: _value_or_status(found, subject) for name, found in row.items()}}
        for label, row in matrix.items()
    ]
    return Sheet(tuple(columns), rows)


def _value_or_status(answer: Answer, subject: Subject) -> Cell:
    return answer.status if answer.code else printed_cell(answer, subject)


# --- derivatives --------------------------------------------------------------------------


def solve_partials(subject: Subject, root: Expr, targets: Iterable[tuple[str, ...]]) -> list[Answer]:
    """Derivatives of an expression, one by one: certified at the point of the subject, expressions
    without one."""
    place = subject.at
    return [solve(Problem(root, wrt, place, subject.digits), expression=place is None) for wrt in targets]


def solve_gradient(subject: Subject, root: Expr, names: Iterable[str]) -> list[Answer]:
    """The first derivatives by several names, all at once where f is smooth."""
    question = Gradient(root, tuple(names), subject.at, subject.digits)
    return list(solve_all(question, expression=subject.at is None)) if question.names else []


def solve_hessian(subject: Subject) -> Matrix:
    """The second derivatives by all pairs of variables."""
    found: dict[frozenset[str], Answer] = {}
    smooth = subject.at is not None and is_analytic(subject.root, subject.wrt, subject.at)
    for place, first in enumerate(subject.wrt):
        later = subject.wrt[place:]
        for second, answer in zip(later, _solve_hessian_row(subject, first, later, smooth), strict=True):
            found[frozenset((first, second))] = answer
    return {a: {b: found[frozenset((a, b))] for b in subject.wrt} for a in subject.wrt}


def _solve_hessian_row(subject: Subject, first: str, names: Sequence[str], smooth: bool) -> list[Answer]:
    """The derivatives by ``first`` and each of the names."""
    pairs = [(first, name) for name in names]
    if not smooth:
        return solve_partials(subject, subject.root, pairs)
    # Where f is analytic, so is its derivative, whose gradient is a row.
    try:
        row = solve_gradient(subject, derivative(subject.root, (first,)), names)
    except Unsupported:  # it has no closed form, but may have a value
        return solve_partials(subject, subject.root, pairs)
    return [
        solve_partials(subject, subject.root, [pair])[0] if found.code else found
        for pair, found in zip(pairs, row, strict=True)
    ]


def substitute_point(root: Expr, at: Point) -> Expr:
    """An expression at a point, as an exact constant: doubles are rationals."""
    exact = {name: number(Fraction(value)) if isinstance(value, float) else value for name, value in at.items()}
    return simplify(replaced(root, exact))


# --- along a direction --------------------------------------------------------------------


def read_direction(given: Direction, names: Sequence[str]) -> dict[str, float]:
    """The part of a direction along each variable, 0 where it is not named. Raises UsageError."""
    if given and given[0][0] is None:
        if len(given) != len(names):
            parts = f"{len(given)} part{'s' * (len(given) != 1)}"
            counted = f"{len(names)} variable{'s' * (len(names) != 1)}"
            raise UsageError(
                f"the direction has {parts} for {counted}",
                help=f"write --along {','.join(f'{name}=1' for name in names)}",
            )
        return dict(zip(names, (value for _, value in given), strict=True))
    for name, _ in given:
        if name not in names:
            raise UnknownVariable(f"--along names {name}, by which is not differentiated", help="leave it out")
    return {**dict.fromkeys(names, 0.0), **{str(name): value for name, value in given}}


def describe_direction(seeds: Mapping[str, float]) -> Said:
    """A direction, as it is told beside the tables."""
    return Said("along", ", ".join(f"{name}={seed!r}" for name, seed in seeds.items()))


def solve_along(subject: Subject, seeds: Mapping[str, float], order: int = 1) -> Answer:
    """The derivative along a direction, of any order: that of f(x + t*v) by t, at t = 0."""
    root, step = _restrict_to_line(subject, seeds)
    return _solve_at_zero(subject, root, step, (step,) * order)


def solve_hessian_product(subject: Subject, seeds: Mapping[str, float]) -> dict[str, Answer]:
    """The Hessian times a direction: the gradient of the derivative along it. Cost: of one gradient."""
    root, step = _restrict_to_line(subject, seeds)
    if subject.at is not None and is_analytic(subject.root, subject.wrt, subject.at):
        slope = simplify(replaced(derivative(root, (step,)), {step: ZERO}))
        row = dict(zip(subject.wrt, solve_gradient(subject, slope, subject.wrt), strict=True))
        if not any(found.code for found in row.values()):
            return row
    return {name: _solve_at_zero(subject, root, step, (step, name)) for name in subject.wrt}


def _restrict_to_line(subject: Subject, seeds: Mapping[str, float]) -> tuple[Expr, str]:
    """(f(x + t*v), the name of t)."""
    step = "t"
    while step in subject.names or step in subject.wrt:
        step += "_"
    return replaced(subject.root, {name: _move_along(name, seed, step) for name, seed in seeds.items() if seed}), step


def _move_along(name: str, seed: float, step: str) -> Expr:
    by = symbol(step) if seed == 1 else make(MUL, number(Fraction(seed)), symbol(step))
    return make(ADD, symbol(name), by)


def _solve_at_zero(subject: Subject, root: Expr, step: str, wrt: tuple[str, ...]) -> Answer:
    """A derivative of f(x + t*v) at t = 0."""
    if subject.at is not None:
        (found,) = solve_partials(subject._replace(at={**subject.at, step: 0.0}), root, [wrt])
        told = f"{found.sentence}, where {step} is the step along the direction" if found.sentence else ""
        return replace(found, sentence=told)
    (found,) = solve_partials(subject, root, [wrt])
    if found.derivative is None:
        return found
    return replace(found, derivative=simplify(replaced(found.derivative, {step: ZERO})))


# --- Points of a box to try things at, its ends among them.


def even_points(ends: Range, count: int) -> Iterator[float]:
    """``count`` doubles at equal distances, each rounded once from the exact place."""
    low, high = map(Fraction, ends)
    return (float(low + (high - low) * k / (count - 1)) for k in range(count))


def random_points(ranges: Mapping[str, Range], count: int, seed: int) -> Iterator[dict[str, float]]:
    """``count`` points of a box, uniform from the seed but for the first and last, which are its
    lowest and highest corner; of one variable in order."""
    random = Random(seed)  # nothing is to be kept secret
    inner = [{name: random.uniform(*ends) for name, ends in ranges.items()} for _ in range(count - 2)]
    if len(ranges) == 1:
        inner.sort(key=lambda point: tuple(point.values()))
    corners = ({name: ends[k] for name, ends in ranges.items()} for k in (0, 1))
    yield next(corners)
    yield from inner
    yield next(corners)
