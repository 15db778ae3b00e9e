"""One question and its answer: the reference's, what each backend says beside it, and a convention's where asked.

Constant parts that no point can mend, powers too large and parts without a value, are refused before any backend
is asked.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation, Overflow
from functools import lru_cache

from dcalc import functions as table
from dcalc.backends import differentiate, load, names
from dcalc.coordinates import is_typed_exactly
from dcalc.derive import derivative, gradient, holds_at_ties
from dcalc.errors import DcalcError, LimitError, Unsupported
from dcalc.expr import ONE, Expr, exact, is_leaf, make, walk
from dcalc.problem import REFERENCE, VALUED, Dtype, Problem, Result, Score, Status
from dcalc.reasons import short
from dcalc.simplify.arithmetic import MAX_BITS
from dcalc.simplify.build import simplify_all

SCORE_DIGITS = 50
"""Digits of the reference where others are scored: where 16 of them are equal, an error still has 34."""
_GUARD_DIGITS = 30
_ERROR_DIGITS = 18
"""Digits of an error that must be known for its double."""
_MOST_SCORE_DIGITS = 800
"""Beyond, a double that is equal in all digits is taken for the truth."""
_MOST_BETWEEN = 300
"""Nodes of a derivative of lower order that is made short before the next is taken."""
_UNPROVED_TIES = (
    "where several choices change at one point this text may have another value than the derivative: --at tells"
)
MAX_TEXT_ORDER = 10
"""Beyond this order the expression of a derivative is not given beside a value."""


def solve(problem: Problem, backends: Sequence[str] = (), *, expression: bool = True) -> Result:
    """The answer to a problem; with ``backends`` (names, or all) also what each of them says.

    One named backend answers alone. At a point the derivative as an ``expression`` stands beside
    the value, where it is asked for and of sensible size. Mathematical statuses are in the answer; raises
    LimitError, UsageError, and Unsupported where the one backend asked cannot.
    """
    return solve_all(problem, backends, expression=expression)[0]


def solve_all(problem: Problem, backends: Sequence[str] = (), *, expression: bool = True) -> list[Result]:
    """The answer to each part of a problem, as `solve` gives it. Raises as that does.

    Cost of a gradient: linear in nodes and variables where f is smooth at the point.
    """
    if problem.at is None:
        return _expressions(problem)
    refuse_huge_powers(problem.root)
    chosen = names() if "all" in backends else list(dict.fromkeys(backends))
    if len(chosen) == 1:
        results = _note_nearest_doubles(chosen[0], problem, differentiate(chosen[0], problem))
        results, scores = _note_conventions(chosen[0], results, _truths_for(chosen[0], problem)), None
    elif chosen:
        results = _timed(REFERENCE, problem)
        scores = list(zip(*(score_backend(name, problem, results) for name in chosen), strict=True))
    else:
        from dcalc.backends import reference  # derivatives as expressions do without, and so without balls

        results, scores = reference.solve(problem), None
    if scores is None and not expression:
        return results
    texts = _texts(problem, expression)
    rows = zip(results, texts, scores or [()] * len(results), strict=True)
    return [result.replace(derivative=text, scores=row) for result, text, row in rows]


def _note_nearest_doubles(
    name: str, problem: Problem, results: list[Result], truths: Sequence[Result] | None = None
) -> list[Result]:
    """The results of a backend, with notes where it took doubles for a point at which the truth is another."""
    exact_at = [(at, value) for at, value in (problem.at or {}).items() if is_typed_exactly(value)]
    if not exact_at or load(name).CAPABILITIES.certified:
        return results
    place = ", ".join(f"{at} = {short(value)}" for at, value in exact_at if isinstance(value, Expr))
    truths = differentiate(REFERENCE, problem) if truths is None else truths
    return [
        result
        if result.status == truth.status
        else result.replace(notes=(*result.notes, _describe_nearest(place, result, truth)))
        for result, truth in zip(results, truths, strict=True)
    ]


def _truths_for(name: str, problem: Problem) -> Sequence[Result]:
    """What is true where another library's number may be a convention; nothing for methods of dcalc's own."""
    if not load(name).CAPABILITIES.package:
        return ()
    try:
        return differentiate(REFERENCE, problem)
    except DcalcError:  # the library's number stands alone, as it was asked
        return ()


def _note_conventions(name: str, results: Sequence[Result], truths: Sequence[Result]) -> list[Result]:
    """The results of another library, with the name of its convention where there is no derivative."""
    title = load(name).CAPABILITIES.title
    if not title or not truths:
        return list(results)
    return [
        result.replace(notes=(*result.notes, _describe_convention(title, result, truth)))
        if truth.status == "not_differentiable" and result.value is not None
        else result
        for result, truth in zip(results, truths, strict=True)
    ]


def _describe_convention(title: str, result: Result, truth: Result) -> str:
    where = f"{truth.kind or 'point'} of {truth.node.op.name}" if truth.node is not None else f"{truth.kind or 'point'}"
    return f"no derivative: {result.value!r} is the convention of {title} at the {where.replace('_', ' ')}"


def _describe_nearest(place: str, result: Result, truth: Result) -> str:
    at_double = "" if result.value is not None else f", which has no value: {result.reason or result.status}"
    truth_there = repr(truth.value) if truth.value is not None else truth.reason or truth.status
    return f"the nearest double is taken{at_double}; at exactly {place}: {truth_there}"


def _expressions(problem: Problem) -> list[Result]:
    """The derivatives as expressions; undefined where a constant part has no value."""
    if reason := undefined_constant(problem.root):
        return [Result(status="undefined", reason=reason) for _ in problem.parts()]
    return [
        Result(derivative=node, notes=() if holds_at_ties(problem.root, part.wrt) else (_UNPROVED_TIES,))
        for node, part in zip(_derivatives(problem), problem.parts(), strict=True)
    ]


def _derivatives(problem: Problem) -> Sequence[Expr]:
    if problem.gradient:
        return _gradient(problem.root, problem.wrt)
    return [_derivative(problem.root, problem.wrt)]


@lru_cache(maxsize=64)
def _derivative(root: Expr, wrt: tuple[str, ...]) -> Expr:
    """The derivative as it is shown. Each order is made short before the next, which keeps both short."""
    from dcalc.simplify.shorten import shorten  # numbers do without

    if len(wrt) > MAX_TEXT_ORDER:
        return shorten(derivative(root, wrt))
    node = derivative(root, wrt[:1])
    for place in range(1, len(wrt)):
        short = shorten(node)
        if len(walk(short)) > _MOST_BETWEEN:
            return shorten(derivative(root, wrt))
        node = derivative(short, wrt[place : place + 1])
    return shorten(node)


@lru_cache(maxsize=4)
def _gradient(root: Expr, names: tuple[str, ...]) -> Sequence[Expr]:
    from dcalc.simplify.shorten import shorten_all  # as above

    return shorten_all(gradient(root, names))


def _texts(problem: Problem, wanted: bool) -> Sequence[Expr | None]:
    """The expressions that stand beside values, where there are any of sensible size."""
    nothing = [None] * len(problem.parts())
    if not wanted or problem.order > MAX_TEXT_ORDER:
        return nothing
    try:
        return _derivatives(problem)
    except LimitError:
        return nothing
    except Unsupported:  # it may be for one variable only
        return [_texts(part, wanted)[0] for part in problem.parts()] if problem.gradient else nothing


def _timed(name: str, problem: Problem) -> list[Result]:
    """A backend's results, each with its share of the time."""
    load(name)
    start = time.perf_counter()
    results = differentiate(name, problem)
    seconds = (time.perf_counter() - start) / max(1, len(results))
    return [result.replace(seconds=seconds) for result in results]


def score_backend(name: str, problem: Problem, truths: Sequence[Result]) -> list[Score]:
    """What a backend says of each part of a problem, held against the reference's answers. Its failures are rows."""
    if name == REFERENCE:
        return [score(truth, truth) for truth in truths]
    try:
        results = _timed(name, problem)
    except (DcalcError, ArithmeticError, ValueError, MemoryError) as error:
        # One backend's failure is its row in the table, never the end of the others.
        if problem.gradient:  # it may be one of them only
            pairs = zip(problem.parts(), truths, strict=True)
            return [score_backend(name, part, [truth])[0] for part, truth in pairs]
        status: Status = "unsupported" if isinstance(error, Unsupported) else "error"
        return [Score(Result(name, None, status, reason=_explain_failure(error)))]
    results = _note_conventions(name, _note_nearest_doubles(name, problem, results, truths), truths)
    return [score(*pair, problem.dtype) for pair in zip(results, _sharp(truths, problem), strict=True)]


def _explain_failure(error: Exception) -> str:
    """Why a backend has no answer, as a sentence."""
    if isinstance(error, DcalcError):
        return error.message
    if isinstance(error, OverflowError):
        return "a number on the way is beyond a double"
    return "out of memory" if isinstance(error, MemoryError) else f"it failed: {error or type(error).__name__}"


def _is_sharp(truth: Result) -> bool:
    return truth.precision >= SCORE_DIGITS or truth.exact or truth.decimal is None


def sharpen(truth: Result) -> Result:
    """An answer of the reference with digits enough to score against."""
    return truth if _is_sharp(truth) or truth.refine is None else truth.refine(SCORE_DIGITS)


def _sharp(truths: Sequence[Result], problem: Problem) -> Sequence[Result]:
    """The reference with digits enough to score against."""
    if all(map(_is_sharp, truths)):
        return truths
    return _sharpened(problem.replace(digits=SCORE_DIGITS, at=None), tuple((problem.at or {}).items()))


@lru_cache(maxsize=4)
def _sharpened(problem: Problem, at: tuple[tuple[str, float | Expr], ...]) -> Sequence[Result]:
    return differentiate(REFERENCE, problem.replace(at=dict(at)))


def score(estimate: Result, truth: Result, dtype: Dtype = "float64") -> Score:
    """Errors of the exact number that an estimate gives, against the reference's decimal, in ulps of its type."""
    if estimate.value is None or truth.decimal is None or not truth.certified:
        return Score(estimate)
    from dcalc.numbers.rounding import wide_context  # only a comparison needs it

    wide = wide_context(truth.precision + _GUARD_DIGITS)
    try:
        right = wide.create_decimal(truth.decimal)
        # Copied without its sign: `abs` would round to the exponents of Python's default context.
        gap = wide.subtract(Decimal(estimate.value), right).copy_abs()
        if right and truth.refine is not None and not truth.exact and truth.precision < _MOST_SCORE_DIGITS:
            equal = right.adjusted() - gap.adjusted() if gap else truth.precision
            if equal > truth.precision - _ERROR_DIGITS:  # what is left of the truth is not the digits of the error
                return score(estimate, truth.refine(2 * max(truth.precision, SCORE_DIGITS // 2)), dtype)
        if not right:
            return _score_against_zero(estimate, float(gap), is_zero=truth.exact or truth.decimal == "0")
        relative = float(wide.divide(gap, right.copy_abs()))
        unit = _ulp(min(abs(float(right)), sys.float_info.max), dtype)
        ulps = float(wide.divide(gap, Decimal(unit)))
    except (InvalidOperation, Overflow):  # an exponent above those of decimals
        return Score(estimate)
    digits = 17.0 if not relative else min(17.0, max(0.0, -math.log10(relative)))
    return Score(estimate, float(gap), relative, ulps, digits)


def _ulp(value: float, dtype: Dtype) -> float:
    """The unit of the last place of a number of a type."""
    return math.ulp(value) if dtype == "float64" else max(2.0 ** (math.frexp(value)[1] - 24), 2.0**-149)


def _score_against_zero(estimate: Result, gap: float, *, is_zero: bool) -> Score:
    """Errors against a truth that is 0, or whose exponent is below those of decimals."""
    if not is_zero:
        return Score(estimate, gap, None if gap else 1.0, gap / math.ulp(0.0), 0.0)
    hit = not gap
    return Score(estimate, gap, 0.0 if hit else None, 0.0 if hit else None, 17.0 if hit else None)


def is_off(score: Score, answer: Result, tolerance: float) -> bool:
    """True where a backend's number is wrong, or is one where the truth has none.

    A relative error, but absolute where the truth is 0; never where no double is nearer to the truth.
    """
    if score.estimate.value is None or score.estimate.status not in VALUED:
        return False
    if answer.certified and score.estimate.value == answer.value:
        return False
    if answer.value is None:
        return answer.status != "unresolved"
    error = score.rel_error if score.rel_error is not None else score.abs_error
    return error is None or not error <= tolerance


# --- Constant parts that no point can mend.

_SAFE = {table.ADD, table.SUB, table.MUL, table.NEG, *table.CONDITIONS}
"""Operations that have a value wherever their arguments have one."""


@lru_cache(maxsize=64)
def refuse_huge_powers(root: Expr) -> None:
    """Raise LimitError where a constant power of over 2**17 bits would have to be computed at a point."""
    constant: set[int] = set()
    powers = []
    for node in walk(root):
        if node.op is table.NUMBER:
            constant.add(node.id)
        elif node.op is not table.SYMBOL:
            for arg in node.args:
                if arg.id not in constant:
                    break
            else:
                constant.add(node.id)
                if node.op is table.POW:
                    powers.append(node)
    if powers and any(map(_is_huge, simplify_all(*powers))):
        raise LimitError(f"a constant power of more than {MAX_BITS:,} bits", help="use logarithms")


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
    from dcalc.numbers.real import evaluate_all  # few expressions have such constants

    for (place, risk), value in zip(risks, evaluate_all([risk for _, risk in risks]), strict=True):
        if not math.isfinite(value) and (sentence := _proved_undefined(risk)):
            return sentence if place is risk else f"{short(place)}: division by 0"
    return ""


def _risky_constants(root: Expr) -> list[tuple[Expr, Expr]]:
    """(where it stands, what to evaluate): the constant quotients, powers and calls, and 1/c for a
    constant c below a line, outside of the branches of where."""
    constant = _constants(root)
    risks: list[tuple[Expr, Expr]] = []
    for node in walk(root):
        if is_leaf(node):
            continue
        if node.op is table.DIV and constant[node.args[1].id]:
            risks.append((node, make(table.DIV, ONE, node.args[1])))
        elif constant[node.id] and node.args and node.op not in _SAFE:
            risks.append((node, node))
    strict = _strict(root) if risks else set()
    return [pair for pair in risks if pair[0].id in strict]


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


def _proved_undefined(node: Expr) -> str:
    """The reference's word: a double may be nan or infinite where there is a value."""
    result = load(REFERENCE).differentiate(Problem(node, (), {}))
    return result.reason if result.status == "undefined" else ""


# --- A number where there is no derivative, because a program asked for one: --at-kink. The verdict stays: the number
# is a convention, and a note says which, and what others take.


def _mean(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left / 2 + right / 2


_CHOICES: dict[str, Callable[[float | None, float | None], float | None]] = {
    "left": lambda left, right: left,
    "right": lambda left, right: right,
    "mean": _mean,
    "zero": lambda left, right: 0.0,
    "nan": lambda left, right: math.nan,
}
CONVENTIONS = tuple(_CHOICES)
_LACKS = {
    "left": "there is no finite derivative from the left",
    "right": "there is no finite derivative from the right",
    "mean": "the derivatives from both sides are not finite",
}


def apply_convention(result: Result, how: str, *, first: bool = True) -> Result:
    """The result with the value that the convention ``how`` gives, where f is not differentiable.

    A note names the choice and, for a ``first`` derivative, what other programs take. If the sides that the
    convention needs are not finite, the result stays without a value and its reason says so.
    """
    if result.status != "not_differentiable" or result.chosen:
        return result
    value = _CHOICES[how](result.left, result.right)
    if value is None:
        return result.replace(reason=f"{result.reason}; --at-kink {how}: {_LACKS[how]}")
    note = f"{result.reason or 'not differentiable'}: {how} is taken by --at-kink"
    notes = (*result.notes, note, *_conventions_elsewhere(result.node if first else None))
    return result.replace(value=None if math.isnan(value) else value, chosen=how, notes=notes)


def _conventions_elsewhere(node: Expr | None) -> tuple[str, ...]:
    """What other programs take for the slope of the function at fault."""
    if node is None or not node.op.elsewhere:
        return ()
    return (f"there the derivative of {node.op.name} is, by convention: {node.op.elsewhere}",)
