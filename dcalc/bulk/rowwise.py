"""Rows that are answered one at a time: by the reference, or in balls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, lru_cache
from typing import Any

from dcalc import functions as table
from dcalc.backends import load
from dcalc.bulk.bound import LEAST, MOST, UNIT, Arrays, Value
from dcalc.bulk.ufunc_program import Reg, map_function
from dcalc.errors import DcalcError, LimitError
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.numbers import FLINT, real
from dcalc.problem import DOUBLE_DIGITS, REFERENCE, Problem, Result
from dcalc.tape import lower

Limited = Callable[[], AbstractContextManager[None]]
"""Limits the time of what is done inside of the context that it makes."""


_KEPT = 1_024
"""Points whose answers are kept: data have zeros in crowds, and that is where kinks are."""


class Referee:
    """Answers for all targets of an expression at a point. Cost: some 0.1 ms a target, less at a point asked before.

    ``limited`` is entered for each point; it raises LimitError in the midst of one that takes too long.
    """

    def __init__(
        self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str], limited: Limited = nullcontext
    ) -> None:
        self.root = root
        self.limited = limited
        self.targets = tuple(targets)
        self.names = names
        self._ask = lru_cache(_KEPT)(self._solve)

    def answers(self, point: Sequence[float]) -> list[Result]:
        """One result for each target; a coordinate that is not finite is an error."""
        for name, value in zip(self.names, point, strict=True):
            if not math.isfinite(value):
                return [error_result(f"{name} is {value}, which is not a real number")] * len(self.targets)
        return self._ask(tuple(point), self.targets)

    def outside(self, point: Sequence[float]) -> list[Result]:
        """The same where f is known to have no value all around the point: its derivative along a
        variable is asked for, which is soonest found to be undefined, and says it for all."""
        (answer,) = self._ask(tuple(point), (tuple(self.names[:1]),))
        return [answer] * len(self.targets) if answer.status == "undefined" else self.answers(point)

    def _solve(self, point: tuple[float, ...], targets: tuple[tuple[str, ...], ...]) -> list[Result]:
        at = dict(zip(self.names, point, strict=True))
        try:
            with FLINT, self.limited():
                return [self._answer(Problem(self.root, wrt, at, DOUBLE_DIGITS)) for wrt in targets]
        except LimitError as error:
            return [error_result(error.message)] * len(targets)

    def _answer(self, problem: Problem) -> Result:
        try:
            return load(REFERENCE).differentiate(problem)  # loaded for the first row that is referred
        except DcalcError as error:
            return error_result(error.message)


def error_result(sentence: str) -> Result:
    """No answer, and why."""
    return Result(REFERENCE, None, "error", reason=sentence)


def is_plain(answers: Sequence[Result]) -> bool:
    """Whether all answers are plain numbers."""
    return all(answer.status == "ok" for answer in answers)


def numbers(answers: Sequence[Result]) -> list[float]:
    """The values, with nan for those that are missing."""
    return [math.nan if answer.value is None else answer.value for answer in answers]


# --- Rows at which f is proved to be smooth, and only digits are missing: the same formulas in balls.

_BITS = (128, 256, 512)  # rows that cancel more than 450 bits are for the reference


class Refiner:
    """Several expressions on one tape over balls."""

    def __init__(self, roots: Sequence[Expr], names: Sequence[str]) -> None:
        from dcalc.numbers import ball

        self.tape = lower(*roots)
        self.places = [self.tape.place(root) for root in roots]
        self.columns = {name: place for place, name in enumerate(names)}
        self.calls: list[Callable[..., Any] | None] = []
        self.moving: list[int] = []
        varies: list[bool] = []
        for place, (op, args) in enumerate(self.tape.rows):
            leaf = op is table.NUMBER or op is table.SYMBOL
            varies.append(op is table.SYMBOL or (not leaf and any(varies[i] for i in args)))
            self.calls.append(None if leaf else ball.evaluator(op))
            if varies[-1]:
                self.moving.append(place)
        self.fixed = cache(self._fixed_values)

    def answers(self, point: Sequence[float]) -> list[float] | None:
        """The values rounded to doubles, right to the last digit; None where they are not decided,
        or are beyond a double."""
        from flint import ctx

        from dcalc.numbers.rounding import as_double

        with FLINT:
            for bits in _BITS:
                with ctx.workprec(bits):
                    try:
                        values = self._run(bits, point)
                    except (DcalcError, ArithmeticError, ValueError):
                        return None
                    numbers = [as_double(values[place]) for place in self.places]
                if None not in numbers:
                    return numbers if all(abs(v) < float("inf") for v in numbers if v is not None) else None  # type: ignore[return-value]  # no None
        return None

    def _fixed_values(self, bits: int) -> list[Any]:
        """The tape with the values of constants filled in, at the working precision: ``bits`` tells
        those that are kept apart."""
        from dcalc.numbers.enclosure import constant

        values: list[Any] = [None] * len(self.tape.rows)
        moving = set(self.moving)
        for place, (_, args) in enumerate(self.tape.rows):
            call = self.calls[place]
            if place not in moving:
                values[place] = constant(args[0]) if call is None else call(*[values[i] for i in args])
        return values

    def _run(self, bits: int, point: Sequence[float]) -> list[Any]:
        from flint import arb

        values = list(self.fixed(bits))
        for place in self.moving:
            args = self.tape.rows[place][1]
            call = self.calls[place]
            if call is None:
                values[place] = arb(point[self.columns[args[0]]])
            else:
                values[place] = call(*[values[i] for i in args])
        return values


# --- Rows of the table that no array library has: row by row, through balls or the evaluators on floats.

_FUNCTION_BITS = 128
"""Precision of the functions that no array library has: 75 bits more than a double, for cancellation inside."""
_UP = 1.0 + 2.0**-50
"""Compensates for rounding a bound to a double."""


def through_balls(a: Arrays, row: Row, args: tuple[Value, ...]) -> Value:
    """The value of a row that is found by its evaluator on balls, error included; on floats where
    no bound is asked."""
    numbers = tuple(arg.v for arg in args)
    errors = tuple(a.times(_UP, a.error(arg)) if a.bounded else 0.0 for arg in args)
    moving = [place for place, (v, e) in enumerate(zip(numbers, errors, strict=True)) if Reg in (type(v), type(e))]
    if len(moving) == 1 and isinstance(numbers[moving[0]], Reg) and not row.kinks:
        (place,) = moving
        fixed = [(v, e) for k, (v, e) in enumerate(zip(numbers, errors, strict=True)) if k != place]
        call = _on_table(row, place, tuple(fixed))
        v, error = a.program.step(call, (numbers[place], errors[place]), (False, False))
    elif a.bounded:
        v, error = a.program.step(_on_balls(row), (*numbers, *errors), (False, False))
    else:
        return Value(a.program.step(_on_floats(row), numbers, (False,))[0])
    if not a.bounded:
        return Value(v)
    sure = a.need(a.program.op("isfinite", v))
    return Value(v, 0.0, 0.0, error, 0, sure.union(*[arg.sure for arg in args]))


@cache
def _on_floats(row: Row) -> Callable[..., None]:
    return map_function(real.evaluator(row))


@cache
def _on_balls(row: Row) -> Callable[..., None]:
    """A step that fills the middle and the radius of the row's ball; nan where it has none."""

    def over(*ins: Any, out: Any) -> None:
        from flint import arb, ctx

        from dcalc.numbers import ball

        evaluate = ball.evaluator(row)
        middles, radii = out
        columns = [part.tolist() if hasattr(part, "tolist") else [part] * len(middles) for part in ins]
        half = len(columns) // 2
        with FLINT, ctx.workprec(_FUNCTION_BITS):
            for place, numbers in enumerate(zip(*columns, strict=True)):
                args = [arb(v, e) if e else arb(v) for v, e in zip(numbers[:half], numbers[half:], strict=True)]
                middles[place], radii[place] = _round_balls(evaluate, args)

    return over


@cache
def _on_table(row: Row, place: int, fixed: tuple[tuple[float, float], ...]) -> Callable[..., None]:
    """The same for a row of which one argument moves: by its table, and by balls where that has no bin."""
    from dcalc.bulk.piecewise import Table

    table = Table(row, place, fixed)
    rest = _on_balls(row)

    def over(x: Any, e: Any, out: Any) -> None:
        import numpy as np

        middles, radii = out
        middles[:], radii[:] = table.evaluate(x, e)
        left = np.flatnonzero(np.isnan(middles))
        if len(left):
            numbers, which = x[left], np.arange(len(left))
            if not hasattr(e, "shape"):  # equal numbers have equal values: zeros come in crowds
                numbers, which = np.unique(numbers, return_inverse=True)
            columns: list[Any] = [v for v, _ in fixed] + [radius for _, radius in fixed]
            columns.insert(len(fixed) + place, e[left] if hasattr(e, "shape") else e)
            columns.insert(place, numbers)
            balls = np.empty((2, len(numbers)))
            rest(*columns, out=balls)
            middles[left], radii[left] = balls[:, which]

    return over


def _round_balls(evaluate: Callable[..., Any], args: list[Any]) -> tuple[float, float]:
    try:
        return as_doubles(evaluate(*args))
    except (DcalcError, ArithmeticError, ValueError):
        return math.nan, math.inf


def as_doubles(ball: Any) -> tuple[float, float]:
    """The double next to the middle of a ball, and a bound of its distance from all of the ball."""
    middle = float(ball.mid())
    if not math.isfinite(middle):
        return math.nan, math.inf
    distance = abs(ball - middle).upper()
    return middle, 0.0 if distance.is_zero() else float(distance) * _UP + 5e-324


def constant(node: Expr) -> Value:
    """The number that an expression without variables means; nan where it has none."""
    if node.op is table.NUMBER:
        v, exactly = real.constant(node.args[0]), node.args[0]
        if v == exactly or LEAST <= abs(v) <= MOST:
            return Value(v, 0.0 if v == exactly else UNIT, sign=2 * ((v > 0) - (v < 0)) or 1)
    from flint import ctx

    from dcalc.numbers.enclosure import Encloser, Fault

    with FLINT, ctx.workprec(_FUNCTION_BITS):
        ball = Encloser(node, "", 0).at({}).f
        v, error = (math.nan, math.inf) if isinstance(ball, Fault) else as_doubles(ball)
    if v == 0.0 or not math.isfinite(v):
        return Value(v, 0.0, 0.0, error)
    return Value(v, error / abs(v) * _UP, sign=2 if v > 0 else -2)
