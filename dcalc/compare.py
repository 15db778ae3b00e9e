"""Several ways to one answer: the default one, and what each backend says beside it."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation, Overflow
from functools import lru_cache

from dcalc import functions as table
from dcalc.backends import REFERENCE, estimates, load, names
from dcalc.derive import derivative, gradient
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import ONE, Expr, exact, is_leaf, make, walk
from dcalc.numbers.real import evaluate_all
from dcalc.numbers.rounding import wide_context
from dcalc.problem import VALUED, Answer, AnyProblem, Estimate, Gradient, Problem, Score
from dcalc.simplify.arithmetic import MAX_BITS
from dcalc.simplify.build import simplified

SCORE_DIGITS = 30
"""The reference is asked for at least this many digits when others are scored against it."""
_SCORE_PRECISION = 60
MAX_TEXT_ORDER = 10
_SAFE = {table.ADD, table.SUB, table.MUL, table.NEG, *table.CONDITIONS}
"""Beyond this order the expression of a derivative is not given beside a value."""


def solve(problem: Problem, backends: Sequence[str] = (), *, expression: bool = True) -> Answer:
    """The answer to a problem; with ``backends`` (names, or all) also what each of them says.

    One named backend answers alone. At a point the derivative as an ``expression`` stands beside
    the value, where it is asked for and of sensible size. Mathematical statuses are in the answer; raises
    LimitError, UsageError, and Unsupported where the one backend asked cannot.
    """
    return _solve(problem, backends, expression)[0]


def solve_all(question: Gradient, backends: Sequence[str] = (), *, expression: bool = True) -> tuple[Answer, ...]:
    """The answer to each problem of a gradient, as `solve` gives it. Raises as that does.

    Cost: linear in nodes and variables where f is smooth at the point.
    """
    return tuple(_solve(question, backends, expression))


def _solve(question: AnyProblem, backends: Sequence[str], expression: bool) -> list[Answer]:
    if question.at is None:
        return _expressions(question)
    refuse_huge_powers(question.root)
    asked = names() if "all" in backends else list(dict.fromkeys(backends))
    if len(asked) == 1:
        found = estimates(asked[0], question)
        return [_alone(estimate, text) for estimate, text in zip(found, _texts(question, expression), strict=True)]
    truths = _timed(REFERENCE, question) if asked else estimates(REFERENCE, question)
    columns = [_scored(name, question, truths) for name in asked]
    rows = zip(*columns, strict=True) if asked else [()] * len(truths)
    texts = _texts(question, expression)
    return [_answer(truth, text, scores) for truth, text, scores in zip(truths, texts, rows, strict=True)]


def _expressions(question: AnyProblem) -> list[Answer]:
    """The derivatives as expressions; undefined where a constant part has no value."""
    if sentence := undefined_constant(question.root):
        return [Answer("undefined", sentence=sentence) for _ in question.problems()]
    return [Answer(derivative=node) for node in _derivatives(question)]


def _derivatives(question: AnyProblem) -> Sequence[Expr]:
    if isinstance(question, Problem):
        return [_derivative(question.root, question.wrt)]
    return _gradient(question.root, question.names)


@lru_cache(maxsize=64)
def _derivative(root: Expr, wrt: tuple[str, ...]) -> Expr:
    return derivative(root, wrt)


@lru_cache(maxsize=4)
def _gradient(root: Expr, names: tuple[str, ...]) -> Sequence[Expr]:
    return gradient(root, names)


def _texts(question: AnyProblem, wanted: bool) -> Sequence[Expr | None]:
    """The expressions that stand beside values, where there are any of sensible size."""
    problems = question.problems()
    if not wanted or any(problem.order > MAX_TEXT_ORDER for problem in problems):
        return [None] * len(problems)
    try:
        return _derivatives(question)
    except LimitError:
        return [None] * len(problems)
    except Unsupported:
        return [None] if problems == [question] else [_texts(problem, wanted)[0] for problem in problems]


def _answer(estimate: Estimate, text: Expr | None, scores: tuple[Score, ...]) -> Answer:
    good = estimate.status in VALUED
    return Answer(
        estimate.status, estimate.value, estimate.f, estimate.kind, estimate.left, estimate.right,
        derivative=text, reference=estimate, scores=scores,
        sentence="" if good else estimate.note, notes=(estimate.note,) if good and estimate.note else (),
    )  # fmt: skip


def as_answer(estimate: Estimate) -> Answer:
    """What an estimate comes to where nothing else is asked."""
    return _answer(estimate, None, ())


def _alone(estimate: Estimate, text: Expr | None) -> Answer:
    answer = _answer(estimate, text, ())
    return answer if estimate.backend == REFERENCE else replace(answer, reference=None)


def _timed(name: str, question: AnyProblem) -> list[Estimate]:
    """A backend's estimates, each with its share of the time."""
    load(name)
    start = time.perf_counter()
    found = estimates(name, question)
    seconds = (time.perf_counter() - start) / max(1, len(found))
    return [replace(estimate, seconds=seconds) for estimate in found]


def _scored(name: str, question: AnyProblem, truths: Sequence[Estimate]) -> list[Score]:
    if name == REFERENCE:
        return [score(truth, truth) for truth in truths]
    try:
        found = _timed(name, question)
    except (Unsupported, LimitError) as error:
        problems = question.problems()
        if problems != [question]:  # it may be one of them only
            pairs = zip(problems, truths, strict=True)
            return [_scored(name, problem, [truth])[0] for problem, truth in pairs]
        status = "unsupported" if isinstance(error, Unsupported) else "error"
        return [Score(Estimate(name, None, status, note=error.message))]
    return [score(*pair) for pair in zip(found, _sharp(truths, question), strict=True)]


def _sharp(truths: Sequence[Estimate], question: AnyProblem) -> Sequence[Estimate]:
    """The reference with digits enough to score against."""
    if all(truth.digits >= SCORE_DIGITS or truth.text is None for truth in truths):
        return truths
    return _sharpened(replace(question, digits=SCORE_DIGITS, at=None), tuple((question.at or {}).items()))


@lru_cache(maxsize=4)
def _sharpened(question: AnyProblem, at: tuple[tuple[str, float | Expr], ...]) -> Sequence[Estimate]:
    return estimates(REFERENCE, replace(question, at=dict(at)))


def score(estimate: Estimate, truth: Estimate) -> Score:
    """Errors of the exact double that an estimate gives, against the reference's decimal."""
    if estimate.value is None or truth.text is None or not truth.certified:
        return Score(estimate)
    wide = wide_context(_SCORE_PRECISION)
    try:
        right = wide.create_decimal(truth.text)
    except (InvalidOperation, Overflow):  # an exponent beyond those of decimals
        return Score(estimate)
    gap = abs(wide.subtract(Decimal(estimate.value), right))
    if not right:
        hit = not gap
        return Score(estimate, float(gap), 0.0 if hit else None, 0.0 if hit else None, 17.0 if hit else None)
    relative = float(wide.divide(gap, abs(right)))
    digits = 17.0 if not relative else min(17.0, max(0.0, -math.log10(relative)))
    unit = math.ulp(min(abs(float(right)), sys.float_info.max))
    return Score(estimate, float(gap), relative, float(wide.divide(gap, Decimal(unit))), digits)


def refuse_huge_powers(root: Expr) -> None:
    """Raise LimitError where a point would make such a power a number."""
    if has_huge_power(root):
        raise LimitError(f"a constant power of more than {MAX_BITS:,} bits", help="use logarithms")


def is_off(score: Score, answer: Answer, tolerance: float) -> bool:
    """True where a backend's number is wrong, or is one where the truth has none.

    A relative error, but absolute where the truth is 0.
    """
    if score.estimate.value is None or score.estimate.status not in VALUED:
        return False
    if answer.value is None:
        return answer.status != "unresolved"
    error = score.rel_error if score.rel_error is not None else score.abs_error
    return error is None or not error <= tolerance


@lru_cache(maxsize=64)
def has_huge_power(root: Expr) -> bool:
    """Whether a constant power of over 2**17 bits would have to be computed at a point."""
    if not any(node.op is table.POW for node in walk(root)):
        return False
    constant = _constants(root)
    powers = [node for node in walk(root) if node.op is table.POW and constant[node.id]]
    return any(_is_huge(simple) for simple in simplified(*powers))


def _is_huge(simple: Expr) -> bool:
    if simple.op is not table.POW or exact(simple) is not None:  # 10**-1 is a number as it stands
        return False
    base, exponent = exact(simple.args[0]), exact(simple.args[1])
    return base is not None and type(exponent) is int and base not in (0, 1, -1)


def _constants(root: Expr) -> dict[int, bool]:
    """For every node whether it holds no variable."""
    constant: dict[int, bool] = {}
    for node in walk(root):
        if is_leaf(node):
            constant[node.id] = node.op is table.NUMBER
        else:
            constant[node.id] = all(constant[arg.id] for arg in node.args)
    return constant


def undefined_constant(root: Expr) -> str:
    """Why a constant part of an expression has no value; empty where all have one.

    The branches of `where` are left out: the one not taken may be anything.
    """
    risks = _risky_constants(root)
    if not risks:
        return ""
    for (place, risk), value in zip(risks, evaluate_all([risk for _, risk in risks]), strict=True):
        if not math.isfinite(value) and (sentence := _proved_undefined(risk)):
            return sentence if place is risk else f"{_short(place)}: division by 0"
    return ""


def _risky_constants(root: Expr) -> list[tuple[Expr, Expr]]:
    """(where it stands, what to evaluate): the constant quotients, powers and calls, and 1/c for a
    constant c below a line, outside of the branches of where."""
    constant = _constants(root)
    found: list[tuple[Expr, Expr]] = []
    for node in walk(root):
        if is_leaf(node):
            continue
        if node.op is table.DIV and constant[node.args[1].id]:
            found.append((node, make(table.DIV, ONE, node.args[1])))
        elif constant[node.id] and node.args and node.op not in _SAFE:
            found.append((node, node))
    strict = _strict(root) if found else set()
    return [pair for pair in found if pair[0].id in strict]


def _strict(root: Expr) -> set[int]:
    """The nodes that are evaluated whatever branch is taken."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.op is table.WHERE:
            stack.append(node.args[0])
        elif node.op is not table.NUMBER and node.op is not table.SYMBOL:
            stack += node.args
    return seen


def _short(node: Expr) -> str:
    from dcalc.verdict.words import short  # with it comes flint, which a derivative as text does without

    return short(node)


def _proved_undefined(node: Expr) -> str:
    """The reference's word: a double may be nan or infinite where there is a value."""
    estimate = load(REFERENCE).differentiate(Problem(node, (), {}))
    return estimate.note if estimate.status == "undefined" else ""
