"""The toolbox of an analysis author: what analyses ask of a subject, of the reference and of chance.

- A subject: `undefined_finding` for an expression without values, `require_point`, `read_box` for
  ranges, `read_direction` for vectors.
- Certified derivatives: `solve_partials` one by one, `solve_gradient` and `solve_hessian` together,
  `solve_along` and `solve_hessian_product` along a direction. Each gives answers: numbers at the point of
  the subject, expressions where it has none.
- Answers shown: `answer_cell` for records, `printed_cell` for people and pipes, `matrix_sheet` for tables,
  `worst_answer` and `explain_status` for the verdict, `note_point` for what a double hides.
- Points to try: `even_points` and `random_points`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from random import Random

from dcalc.backends.reference import is_analytic, note_decimals
from dcalc.derive import derivative
from dcalc.errors import UnknownVariable, Unsupported, UsageError
from dcalc.expr import ZERO, Expr, make, number, substitute, symbol
from dcalc.finding import Cell, Column, Fact, Finding, Key, Look, Sheet, Subject
from dcalc.functions import ADD, MUL
from dcalc.numbers.rounding import round_decimal
from dcalc.problem import Point, Problem, Result
from dcalc.simplify import simplify
from dcalc.solver import solve, solve_all, undefined_constant
from dcalc.text import count_noun

Range = tuple[float, float]
Over = Sequence[tuple[str | None, Range]]
"""Ranges as --over gives them; None stands for the only variable."""
Direction = Sequence[tuple[str | None, float]]
"""A direction as --along gives it; None instead of names: in the order of the variables."""
Matrix = dict[str, dict[str, Result]]
"""Answers by row and column."""


# --- the subject --------------------------------------------------------------------------


def undefined_finding(subject: Subject, command: str) -> Finding | None:
    """The finding of an expression that has no value anywhere because a constant part has none; else None."""
    for root in (subject.root, *subject.more):
        if sentence := undefined_constant(root):
            return Finding(command, subject.root, subject.wrt, status="undefined", sentence=sentence, plain=[], code=3)
    return None


def require_point(subject: Subject, command: str) -> Point:
    """The point of the subject. Raises UsageError where it has none."""
    if subject.at is None:
        raise UsageError(f"{command} needs a point", help="write --at 1, or --at x=1,y=2")
    return subject.at


def read_box(over: Over | None, names: Sequence[str], default: Mapping[str, Range]) -> dict[str, Range]:
    """The range of each name: as given, else its default. Raises UnknownVariable."""
    ranges = dict(default)
    for given, ends in over or ():
        if given is None and len(names) != 1:
            raise UnknownVariable(
                f"one range, but the expression has {len(names)} variables", help="write --over x=-3:3,y=0:1"
            )
        name = names[0] if given is None else given
        if name not in names:
            raise UnknownVariable(f"the expression has no variable {name}", help="leave its range out")
        ranges[name] = ends
    return ranges


def keep_finite(over: Over | None) -> Over:
    """The ranges with two ends: points cannot be drawn from the others."""
    return [(name, (low, high)) for name, (low, high) in over or () if math.isfinite(low) and math.isfinite(high)]


def read_direction(given: Direction, names: Sequence[str]) -> dict[str, float]:
    """The component of a direction along each variable, 0 where it is not named.

    Raises UsageError for a wrong number of components, UnknownVariable for a foreign name.
    """
    if isinstance(given, str):
        raise UsageError("a direction of arrays goes with an expression of arrays", help="write --along x=1,y=0")
    if given and given[0][0] is None:
        if len(given) != len(names):
            parts, counted = count_noun(len(given), "part"), count_noun(len(names), "variable")
            raise UsageError(
                f"the direction has {parts} for {counted}",
                help=f"write --along {','.join(f'{name}=1' for name in names)}",
            )
        return dict(zip(names, (value for _, value in given), strict=True))
    for name, _ in given:
        if name not in names:
            raise UnknownVariable(f"--along names {name}, which is not differentiated by", help="leave it out")
    return {**dict.fromkeys(names, 0.0), **{str(name): value for name, value in given}}


def describe_direction(seeds: Mapping[str, float]) -> Fact:
    """A direction as a fact beside the tables."""
    return Fact("along", ", ".join(f"{name}={seed!r}" for name, seed in seeds.items()))


# --- answers ------------------------------------------------------------------------------


def worst_answer(answers: Sequence[Result]) -> Result:
    """The answer that stands for all: the first without a value, else the first that is not ok."""
    without = next((answer for answer in answers if answer.code), None)
    return without or next((answer for answer in answers if answer.status != "ok"), Result())


def explain_status(answer: Result, by: str = "") -> str:
    """Why an answer has no value, as a sentence."""
    status = answer.status.replace("_", " ")
    sentence = f"{status}: {answer.reason}" if answer.reason else status
    return f"by {by}: {sentence}" if by else sentence


def answer_cell(answer: Result) -> float | Expr | None:
    """An answer in a record: its number, or the expression where no point is given."""
    return answer.derivative if answer.derivative is not None else answer.value


def printed_cell(answer: Result, subject: Subject) -> Cell:
    """An answer as people and pipes see it: with the digits that were asked for."""
    reference = answer.reference
    if subject.shown is None or answer.value is None or reference is None or reference.decimal is None:
        return answer_cell(answer)
    return round_decimal(reference.decimal, subject.shown)


def matrix_sheet(matrix: Mapping[str, Mapping[str, Result]], subject: Subject, names: Sequence[str] = ()) -> Sheet:
    """A table of answers, its columns under ``names``: those of the variables unless given."""
    look: Look = "formula" if subject.at is None else "number"
    columns = [Column("row", "", "code")]
    columns += [Column(name, name, look, right=look == "number") for name in (names or subject.wrt)]
    rows: list[dict[Key, Cell]] = [
        {"row": label, **{name: value_or_status(answer, subject) for name, answer in row.items()}}
        for label, row in matrix.items()
    ]
    return Sheet(tuple(columns), rows, is_answer=True)


def certificate(answers: Iterable[Result]) -> list[Fact]:
    """How many digits of all answers are proved, as a fact beside them; nothing where some are not."""
    references = [answer.reference for answer in answers]
    certain = [r.precision for r in references if r is not None and r.decimal is not None and r.certified]
    if not references or len(certain) < len(references):
        return []
    return [Fact("certified", f"all {min(certain)} digits")]


def value_or_status(answer: Result, subject: Subject) -> Cell:
    """An answer as `printed_cell` has it; why there is none, in a word."""
    return answer.status if answer.code else printed_cell(answer, subject)


def note_point(subject: Subject, *targets: tuple[str, ...], first: bool = False) -> tuple[str, ...]:
    """Notes on derivatives of f that are different at the decimals beside the doubles of the point.

    Each target names what to differentiate by. With ``first`` the first target that has a note is enough.
    """
    notes: list[str] = []
    for target in targets:
        notes += note_decimals(Problem(subject.root, target, subject.at, subject.digits))
        if notes and first:
            break
    return tuple(dict.fromkeys(notes))


# --- certified derivatives ----------------------------------------------------------------


def solve_partials(subject: Subject, root: Expr, targets: Iterable[tuple[str, ...]]) -> list[Result]:
    """Derivatives of any orders, solved one by one: each target names what to differentiate by, in order."""
    at = subject.at
    return [solve(Problem(root, wrt, at, subject.digits), expression=at is None) for wrt in targets]


def solve_gradient(subject: Subject, root: Expr, names: Iterable[str]) -> list[Result]:
    """The first derivatives by several names; one sweep where f is smooth."""
    question = Problem(root, tuple(names), subject.at, subject.digits, gradient=True)
    return solve_all(question, expression=subject.at is None) if question.wrt else []


def solve_hessian(subject: Subject) -> Matrix:
    """The second derivatives by all pairs of variables, by that of the row first.

    Their order matters only where f is not analytic. Cost: one gradient per variable where f is smooth.
    """
    smooth = subject.at is None or is_analytic(subject.root, subject.wrt, subject.at)
    rows: Matrix = {}
    for place, first in enumerate(subject.wrt):
        later = subject.wrt[place:] if smooth else subject.wrt
        answers = _solve_hessian_row(subject, first, later, smooth and subject.at is not None)
        before = {second: rows[second][first] for second in subject.wrt[:place]} if smooth else {}
        rows[first] = {**before, **dict(zip(later, answers, strict=True))}
    return rows


def _solve_hessian_row(subject: Subject, first: str, names: Sequence[str], smooth: bool) -> list[Result]:
    """The derivatives by ``first`` and each of the names."""
    pairs = [(first, name) for name in names]
    if not smooth:
        return solve_partials(subject, subject.root, pairs)
    # Where f is analytic, so is its derivative, whose gradient is the row.
    try:
        row = solve_gradient(subject, derivative(subject.root, (first,)), names)
    except Unsupported:  # the derivative has no closed form, but may have a value
        return solve_partials(subject, subject.root, pairs)
    return [
        solve_partials(subject, subject.root, [pair])[0] if answer.code else answer
        for pair, answer in zip(pairs, row, strict=True)
    ]


def solve_along(subject: Subject, seeds: Mapping[str, float], order: int = 1) -> Result:
    """The derivative of any order along a direction: that of f(x + t*v) by t, at t = 0."""
    root, step = restrict_to_line(subject, seeds)
    return _solve_at_zero(subject, root, step, (step,) * order)


def solve_hessian_product(subject: Subject, seeds: Mapping[str, float]) -> dict[str, Result]:
    """The Hessian times a direction, as the gradient of the derivative along it. Cost: one gradient."""
    root, step = restrict_to_line(subject, seeds)
    if subject.at is not None and is_analytic(subject.root, subject.wrt, subject.at):
        slope = simplify(substitute(derivative(root, (step,)), {step: ZERO}))
        row = dict(zip(subject.wrt, solve_gradient(subject, slope, subject.wrt), strict=True))
        if not any(answer.code for answer in row.values()):
            return row
    return {name: _solve_at_zero(subject, root, step, (step, name)) for name in subject.wrt}


def restrict_to_line(subject: Subject, seeds: Mapping[str, float | Fraction]) -> tuple[Expr, str]:
    """(f(x + t*v), the name of t)."""
    step = "t"
    while step in subject.names or step in subject.wrt:
        step += "_"
    return substitute(subject.root, {name: _move_along(name, seed, step) for name, seed in seeds.items() if seed}), step


def _move_along(name: str, seed: float | Fraction, step: str) -> Expr:
    shift = symbol(step) if seed == 1 else make(MUL, number(Fraction(seed)), symbol(step))
    return make(ADD, symbol(name), shift)


def _solve_at_zero(subject: Subject, root: Expr, step: str, wrt: tuple[str, ...]) -> Result:
    """A derivative of f(x + t*v) at t = 0."""
    if subject.at is not None:
        (answer,) = solve_partials(subject.replace(at={**subject.at, step: 0.0}), root, [wrt])
        sentence = f"{answer.reason}, where {step} is the step along the direction" if answer.reason else ""
        return answer.replace(reason=sentence)
    (answer,) = solve_partials(subject, root, [wrt])
    if answer.derivative is None:
        return answer
    return answer.replace(derivative=simplify(substitute(answer.derivative, {step: ZERO})))


# --- points to try ------------------------------------------------------------------------


def even_points(ends: Range, count: int) -> Iterator[float]:
    """``count`` doubles at equal distances, the ends among them, each rounded once from its exact place."""
    low, high = map(Fraction, ends)
    return (float(low + (high - low) * k / (count - 1)) for k in range(count))


def random_points(ranges: Mapping[str, Range], count: int, seed: int) -> Iterator[dict[str, float]]:
    """``count`` points of a box: its lowest corner first, its highest last, uniform ones between.

    Those of one variable come in ascending order. The same seed gives the same points.
    """
    random = Random(seed)  # Mersenne Twister: reproducible, which is what matters here
    inner = [{name: random.uniform(*ends) for name, ends in ranges.items()} for _ in range(count - 2)]
    if len(ranges) == 1:
        inner.sort(key=lambda point: tuple(point.values()))
    corners = ({name: ends[k] for name, ends in ranges.items()} for k in (0, 1))
    yield next(corners)
    yield from inner
    yield next(corners)
