"""Mixed partials where f is not analytic: derivatives of the functions that the derivatives before them are.

The derivative by y of that by x is one of the function g(y) = df/dx(p, y), which has to exist on both sides
of y = q. Beside q, at y = q + t, it is found in the sectors x = p - s, x = p and x = p + s, where s is
infinitely smaller than t: g exists there exactly if what f is in these three agrees, derivatives included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby, product
from typing import NamedTuple

from dcalc.expr import ZERO, Expr
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import ZERO as ZERO_VALUE
from dcalc.proof.constant import Constant
from dcalc.reasons import ROUGH
from dcalc.simplify import style
from dcalc.verdict.decoration import Germ, NoValue, SideValue
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import Verdict, fill_hole, judge, judge_germ
from dcalc.verdict.scale import NeedMoreTerms, Undecidable
from dcalc.verdict.sector import Absent, Sector, Step, Surroundings, differentiate
from dcalc.verdict.series import Series


class Run(NamedTuple):
    """So many derivatives by one variable, one after the other."""

    name: str
    order: int


def judge_mixed(root: Expr, wrt: Sequence[str], at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative by the first name, then by the second, and so on.

    The first of the derivatives that has no value there gives the kind. Raises NeedMoreBits.
    """
    runs = [Run(name, len(list(group))) for name, group in groupby(wrt)]
    verdict = judge(root, *runs[0], at)
    for count in range(2, len(runs) + 1):
        if verdict.status in ("removable", "undefined"):
            return fill_hole(verdict._replace(status="undefined", value=None), root, Counter(wrt), at)
        if verdict.status != "ok" or verdict.value is None:
            left, right = _find_sides(root, runs, at, verdict) if len(runs) == 2 else (None, None)
            return verdict._replace(left=left, right=right)
        before, last = runs[: count - 1], runs[count - 1]
        with limit_work(Budget()):
            verdict = _judge_last(root, before, last, at, verdict)
    return verdict


def _judge_last(root: Expr, before: Sequence[Run], last: Run, at: Mapping[str, Constant], here: Verdict) -> Verdict:
    """The verdict on the last of the runs; ``here`` is that on the derivative before it, which has a value."""
    value = here.value
    assert value is not None
    around = Surroundings(at, [run.name for run in (*before, last)], style(root))
    try:
        left, right = (_derivative_beside(around, root, before, Step(last.name, sign)) for sign in (-1, 1))
    except Undecidable as question:
        return Verdict("unresolved", sentence=str(question))
    except NeedMoreTerms:
        return Verdict("unresolved", sentence="all known terms of the series cancel")

    def evaluate(reach: int, simplifying: bool) -> tuple[Evaluation, Germ]:
        lines = [_evaluate(side, last.name, around.at, reach, simplifying) for side in (left, right)]
        germ = _join(lines, left is right, last.order)
        line = next((line for line in reversed(lines) if isinstance(line, Evaluation)), None)
        return line or Evaluation(root, last.name, at, reach), germ._replace(value=value)

    verdict = judge_germ(evaluate, last.order)._replace(f=here.f)
    if verdict.kind == "boundary":
        lack = next(side for side in (left, right) if isinstance(side, Absent))
        return verdict._replace(node=lack.node, sentence=lack.reason)
    return verdict._replace(node=root) if verdict.kind else verdict


def _find_sides(root: Expr, runs: Sequence[Run], at: Mapping[str, Constant], first: Verdict) -> list[Constant | None]:
    """The mixed partials of the two sides, where the first derivative has two values at the point.

    None for a side from which f is not one function that is analytic in the second variable.
    """
    sides: list[Constant | None] = []
    for sign, side in ((-1, first.left), (1, first.right)):
        around = Surroundings(at, [run.name for run in runs], style(root))
        try:
            sides.append(None if side is None else _find_side(around, root, runs, sign))
        except (Absent, Undecidable, NeedMoreTerms):
            sides.append(None)
    return sides


def _find_side(around: Surroundings, root: Expr, runs: Sequence[Run], sign: int) -> Constant | None:
    (name, order), (other, count) = runs[:2]
    step = Step(name, sign)
    here, *beside = (around.decide(root, (Step(other, place), step)) for place in (0, -1, 1))
    if any(part is not here for part in beside) or not around.is_analytic_on(here, other, ()):
        return None
    part = around.extend(here, step, order, ())
    value = Evaluation(differentiate(differentiate(part, name, order), other, count), "", around.at, 1).run().value
    return value if isinstance(value, Constant) else None


def _derivative_beside(around: Surroundings, root: Expr, runs: Sequence[Run], step: Step) -> Expr | Absent:
    """The derivative as an expression on one side, or why it does not exist there."""
    try:
        return _partial(around, root, runs, step)
    except Absent as lack:
        return lack


_Line = Evaluation | NoValue
"""One side of a line along which the last derivative is taken: the germs of an expression, or their absence."""


def _evaluate(side: Expr | Absent, name: str, at: Mapping[str, Constant], reach: int, simplifying: bool) -> _Line:
    if isinstance(side, Absent):
        return NoValue(side.reason, side.node or ZERO)
    line = Evaluation(side, name, at, reach, simplifying)
    line.run()
    return line


def _join(lines: Sequence[_Line], are_same: bool, order: int) -> Germ:
    """The germ made of the left side of one line and the right side of another; its value is not known here."""
    if are_same and isinstance(lines[1], Evaluation):
        germ = lines[1].germs[lines[1].root.id]._replace(cont_left=False, cont_right=False)
        sides: list[SideValue] = [germ.left, germ.right]
    else:
        sides = [
            line if isinstance(line, NoValue) else line.germs[line.root.id].side(sign)
            for line, sign in zip(lines, (-1, 1), strict=True)
        ]
        germ = Germ(ZERO_VALUE, sides[0], sides[1], False, False, False)
        if order > 1 and any(isinstance(side, Series) and side.oscillation is not None for side in sides):
            raise Undecidable("an oscillation of unknown speed")
    if any(isinstance(side, NoValue) and side is not line for side, line in zip(sides, lines, strict=True)):
        raise Undecidable(ROUGH)  # a derivative exists where its text has a hole
    return germ


_Part = Expr | Absent | Undecidable | NeedMoreTerms
"""What a derivative is in a sector, or why that is not known."""


def _partial(around: Surroundings, root: Expr, runs: Sequence[Run], step: Step) -> Expr:
    """What the derivatives of the runs are beside the point, as an expression.

    Raises Absent where they do not exist, Undecidable, NeedMoreTerms and NeedMoreBits. Cost: f is decided in
    three sectors for one run, in nine for two.
    """
    outer = [run.name for run in reversed(runs)]

    def sector(signs: Sequence[int]) -> Sector:
        return (step, *(Step(name, sign) for name, sign in zip(outer, signs, strict=False)))

    parts = {
        signs: _attempt(partial(around.decide, root, sector(signs))) for signs in product((0, -1, 1), repeat=len(runs))
    }
    for depth, run in zip(range(len(runs))[::-1], runs, strict=True):
        parts = {
            signs: _attempt(partial(_cross, around, run, [parts[*signs, sign] for sign in (0, -1, 1)], sector(signs)))
            for signs in product((0, -1, 1), repeat=depth)
        }
    if isinstance(result := parts[()], Exception):
        raise result
    return result


def _attempt(find: Callable[[], Expr]) -> _Part:
    try:
        return find()
    except (Absent, Undecidable, NeedMoreTerms) as fault:
        return fault


def _cross(around: Surroundings, run: Run, parts: Sequence[_Part], face: Sector) -> Expr:
    """The derivative on a face, from what f is on it and on its two sides.

    Raises Absent where there is none, else the question that is open.
    """
    faults = [part for part in parts if isinstance(part, Exception)]
    if faults:
        raise min(faults, key=lambda fault: not isinstance(fault, Absent))
    here, left, right = (part for part in parts if isinstance(part, Expr))
    left = around.extend(left, Step(run.name, -1), run.order, face)
    right = around.extend(right, Step(run.name, 1), run.order, face)
    _check_equal(around, here, right, face, run.name)
    _check_equal(around, left, right, face, run.name)
    for _ in range(run.order):
        left, right = (differentiate(side, run.name, 1) for side in (left, right))
        _check_equal(around, left, right, face, run.name)
    return right


def _check_equal(around: Surroundings, first: Expr, second: Expr, sector: Sector, name: str) -> None:
    """Raise Absent unless two expressions are equal in the sector."""
    if first is not second and around.sign(around.subtract(first, second), sector):
        raise Absent(f"the derivative by {name} does not exist on a side of the point")
