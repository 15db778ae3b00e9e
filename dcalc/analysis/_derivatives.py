"""What analyses ask of the reference: partial derivatives, and derivatives along a direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from dcalc.compare import solve
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import ZERO, Expr, make, number, replaced, symbol
from dcalc.finding import Subject
from dcalc.functions import ADD, MUL
from dcalc.problem import Answer, Point, Problem
from dcalc.simplify import simplify

Direction = Sequence[tuple[str | None, float]]
"""A direction as --along gives it; None in the place of names: by the order of the variables."""
_CODES = {"ok": 0, "removable": 0, "unsupported": 4}


def code(answer: Answer) -> int:
    """The exit code of an answer: 3 where there is no value."""
    return _CODES.get(answer.status, 3)


def direction_of(given: Direction, names: Sequence[str]) -> dict[str, float]:
    """The part of a direction along each variable, 0 where it is not named. Raises UsageError."""
    if given and given[0][0] is None:
        if len(given) != len(names):
            counted = f"{len(given)} part{'s' * (len(given) != 1)}, but there are {len(names)} variables"
            raise UsageError(f"the direction has {counted}", help=f"write --along {','.join(f'{n}=1' for n in names)}")
        return dict(zip(names, (value for _, value in given), strict=True))
    for name, _ in given:
        if name not in names:
            raise UnknownVariable(f"--along names {name}, which is no variable here", help="leave it out")
    return {**dict.fromkeys(names, 0.0), **{str(name): value for name, value in given}}


def answer(subject: Subject, root: Expr, wrt: tuple[str, ...], at: Point | None = None) -> Answer:
    """One derivative: certified at the point of the subject, an expression where it has none."""
    place = subject.at if at is None else at
    return solve(Problem(root, wrt, place, subject.digits), expression=place is None)


def components(subject: Subject, names: Sequence[str] | None = None) -> list[Answer]:
    """The gradient."""
    return [answer(subject, subject.root, (name,)) for name in (subject.wrt if names is None else names)]


def moved(root: Expr, seeds: Mapping[str, float], taken: Sequence[str]) -> tuple[Expr, str]:
    """(f(x + t*v), the name of t): the derivatives of f along v are those of this by t."""
    name = "t"
    while name in taken or name in seeds:
        name += "_"
    return replaced(root, {key: _stepped(key, seed, symbol(name)) for key, seed in seeds.items() if seed}), name


def _stepped(name: str, seed: float, step: Expr) -> Expr:
    if seed == 1:
        return make(ADD, symbol(name), step)
    return make(ADD, symbol(name), make(MUL, number(Fraction(seed)), step))


def along(subject: Subject, seeds: Mapping[str, float], wrt: tuple[str, ...] = ()) -> Answer:
    """The derivative along a direction, of that by the names in ``wrt``.

    Without a point it is an expression. Cost: that of one derivative.
    """
    root, step = moved(subject.root, seeds, (*subject.names, *subject.wrt))
    if subject.at is None:
        found = answer(subject, root, (step, *wrt))
        if found.derivative is None:
            return found
        return replace(found, derivative=simplify(replaced(found.derivative, {step: ZERO})))
    return answer(subject, root, (step, *wrt), {**subject.at, step: 0.0})


def overall(answers: Sequence[Answer]) -> Answer:
    """The answer that speaks for all: the first whose status is not ok, else the first."""
    return next((found for found in answers if found.status != "ok"), answers[0] if answers else Answer())
