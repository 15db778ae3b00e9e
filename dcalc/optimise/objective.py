"""Functions of several variables at points given as lists, and derivatives of expressions over the rows of data."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from flint import arb, ctx

from dcalc import backends
from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import Unsupported
from dcalc.expr import Expr, variables
from dcalc.numbers import ball, enclosure, real
from dcalc.numbers.enclosure import Encloser
from dcalc.numbers.real import evaluate
from dcalc.numbers.rounding import as_double
from dcalc.optimise.linear import Matrix, Vector
from dcalc.problem import Problem, Result
from dcalc.tape import Rule, System, Tape, lower, run

# --- derivatives over rows ---------------------------------------------------------------------
# Expressions, or series where a partial has no closed form: the derivative of besselj(nu, x) by its order is the
# coefficient of a series in nu, in ball arithmetic.


_BITS = 96
"""Enough for doubles, where little cancels."""


class Slope(NamedTuple):
    """The derivative of that order of an expression by one of its variables, which has no closed form."""

    root: Expr
    name: str
    order: int = 1


Partial = Expr | Slope


@lru_cache(maxsize=256)
def differentiate(part: Partial, name: str) -> Partial:
    """The derivative by a variable. Raises Unsupported where two variables have no partial in closed form.

    The last ones are kept, since steps, proof and errors of a fit ask for the same.
    """
    if isinstance(part, Expr):
        try:
            return derivative(part, (name,))
        except Unsupported:
            if name not in variables(part):
                raise
            return Slope(part, name)
    if name == part.name:
        return part._replace(order=part.order + 1)
    return part._replace(root=derivative(part.root, (name,)))


def differentiate_twice(partials: Sequence[Partial], names: Sequence[str]) -> list[Partial]:
    """The lower half of the Hessian, row by row, from the first derivatives."""
    return [
        differentiate(part, other) if isinstance(part, Expr) else differentiate(partials[j], names[i])
        for i, part in enumerate(partials)
        for j, other in enumerate(names[: i + 1])
    ]  # the closed form first, where one of the two has it


def are_free_of(partials: Sequence[Partial], names: Collection[str]) -> bool:
    """Whether derivatives do not depend on these variables.

    That their own derivatives are 0 would not be enough: `sgn(a)*x` has none where it jumps.
    """
    return all(isinstance(part, Expr) and not {*names} & {*variables(part)} for part in partials)


class SlopeProgram:
    """A slope at many points, in doubles or in balls."""

    def __init__(self, slope: Slope) -> None:
        self.names = variables(slope.root)
        self.encloser = Encloser(slope.root, slope.name, slope.order)

    def at(self, values: dict[str, Any]) -> Any:
        """The slope at a point: a ball where the point is of balls, else a double; nan where there is none."""
        if all(isinstance(value, arb) for value in values.values()):
            return self._enclose(values)
        with ctx.workprec(_BITS):
            value = self._enclose({name: arb(value) for name, value in values.items()})
            nearest = as_double(value)
            return float(value.mid()) if nearest is None else nearest

    def _enclose(self, values: dict[str, arb]) -> arb:
        value = self.encloser.at({name: partial(_keep, value) for name, value in values.items()}).derivative
        return value if isinstance(value, arb) else arb("nan")


def _keep(value: arb) -> arb:
    return value


# --- objectives --------------------------------------------------------------------------------
# Value, gradient and Hessian.


N = TypeVar("N")
"""The numbers of a system: doubles or balls."""
DOUBLES = System(real.constant, real.evaluator)
_BALL_METHODS: Mapping[table.Row, Rule] = {
    table.DIV: operator.truediv,
    table.BY_KEY["exp"]: arb.exp,
    table.BY_KEY["log"]: arb.log,
    table.BY_KEY["sin"]: arb.sin,
    table.BY_KEY["cos"]: arb.cos,
    table.BY_KEY["sqrt"]: arb.sqrt,
    table.BY_KEY["atan"]: arb.atan,
}


def _find_ball_rule(op: table.Row) -> Rule:
    return _BALL_METHODS.get(op) or ball.evaluator(op)


BALLS = System(enclosure.constant, _find_ball_rule)
"""Balls for proofs: what has no value is a ball that is not finite, or raises; to look for edges first takes longer."""


def exact_balls(values: Sequence[float]) -> list[arb]:
    """Doubles as balls of radius 0."""
    return [arb(value) for value in values]


class Objective(Protocol):
    """What an optimiser asks of a function: finite numbers, or nan and infinities where it has none."""

    names: Sequence[str]

    def value(self, x: Sequence[float]) -> float:
        """f."""

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""


class Evaluations(NamedTuple):
    """How often f, its gradient and its Hessian were evaluated; f with its gradient counts as a gradient."""

    values: int = 0
    gradients: int = 0
    hessians: int = 0

    @property
    def total(self) -> int:
        """All of them, whatever each costs."""
        return sum(self)


class CountedObjective:
    """An objective that counts what it is asked for."""

    def __init__(self, objective: Objective) -> None:
        self.names = objective.names
        self.count = Evaluations()
        self._objective = objective

    def value(self, x: Sequence[float]) -> float:
        """f."""
        self.count = self.count._replace(values=self.count.values + 1)
        return self._objective.value(x)

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        self.count = self.count._replace(gradients=self.count.gradients + 1)
        return self._objective.gradient(x)

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        self.count = self.count._replace(hessians=self.count.hessians + 1)
        return self._objective.hessian(x)


class ExpressionObjective(Generic[N]):
    """An expression as an objective in some of its variables; ``fixed`` holds the values of the others.

    f and all its derivatives of one order share a tape, so that common parts are computed once. Numbers
    are doubles unless ``system`` says otherwise, and points are made of the same numbers.
    """

    def __init__(self, root: Expr, names: Sequence[str], fixed: Mapping[str, N], system: System = DOUBLES) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self.system = system
        self._value = lower(root)

    @cached_property
    def partials(self) -> list[Expr]:
        """The first derivatives. Raises Unsupported where one has no closed form."""
        return [derivative(self.root, (name,)) for name in self.names]

    @cached_property
    def _first(self) -> Tape:
        return lower(self.root, *self.partials)

    @cached_property
    def _second(self) -> tuple[Tape, list[Expr]]:
        entries = second_derivatives(self.partials, self.names)
        return lower(*entries), entries

    def value(self, x: Sequence[N]) -> N:
        """f."""
        return self._run(self._value, x)[self._value.place(self.root)]

    def gradient(self, x: Sequence[N]) -> tuple[N, list[N]]:
        """f and its gradient."""
        values = self._run(self._first, x)
        place = self._first.place
        return values[place(self.root)], [values[place(partial)] for partial in self.partials]

    def hessian(self, x: Sequence[N]) -> list[list[N]]:
        """All second derivatives."""
        tape, entries = self._second
        values = self._run(tape, x)
        return fill_symmetric([values[tape.place(entry)] for entry in entries], len(self.names))

    def is_smooth(self, x: Sequence[arb], held: Collection[str] = ()) -> bool:
        """Whether f is proved to be analytic in a box of balls, by all names and by those ``held`` besides."""
        balls: dict[str, Any] = {**self.fixed, **dict(zip(self.names, x, strict=True))}
        return enclosure.analytic(
            self.root, {*self.names, *held}, {name: partial(_keep, ball) for name, ball in balls.items()}
        )

    def _run(self, tape: Tape, x: Sequence[N]) -> list[N]:
        inputs = dict(self.fixed)
        inputs.update(zip(self.names, x, strict=True))
        return run(tape, inputs, self.system.constant, self.system.evaluator)


class EngineObjective:
    """An objective by a named backend: f and its derivatives as that finds them, nan where it has no number.

    A failure of the backend is raised as it comes. Cost: that of the backend, at each step.
    """

    def __init__(self, root: Expr, names: Sequence[str], fixed: Mapping[str, float], backend: str) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self.backend = backend
        self.has_values = backends.load(backend).CAPABILITIES.orders[0] == 0

    def value(self, x: Sequence[float]) -> float:
        """f: the backend's own, where it computes f at all."""
        if not self.has_values:
            return evaluate(self.root, self._at(x))
        (result,) = backends.differentiate(self.backend, Problem(self.root, (), self._at(x)))
        return _number(result)

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        if not all(map(math.isfinite, x)):
            return math.nan, [math.nan] * len(x)
        results = backends.differentiate(
            self.backend, Problem(self.root, tuple(self.names), self._at(x), gradient=True)
        )
        return self.value(x), [_number(result) for result in results]

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        at = self._at(x)
        half = [
            _number(backends.differentiate(self.backend, Problem(self.root, (first, second), at))[0])
            for place, first in enumerate(self.names)
            for second in self.names[: place + 1]
        ]
        return fill_symmetric(half, len(self.names))

    def _at(self, x: Sequence[float]) -> dict[str, float]:
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}


def _number(result: Result) -> float:
    return math.nan if result.value is None else result.value


def second_derivatives(partials: Sequence[Expr], names: Sequence[str]) -> list[Expr]:
    """The lower half of the Hessian, row by row."""
    return [derivative(partial, (name,)) for i, partial in enumerate(partials) for name in names[: i + 1]]


def fill_symmetric(half: Sequence[N], size: int) -> list[list[N]]:
    """The symmetric matrix with that lower half."""
    return [[half[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(size)] for i in range(size)]


def is_finite(f: float, gradient: Sequence[float]) -> bool:
    """Whether a descent can go on from here."""
    return math.isfinite(f) and all(map(math.isfinite, gradient))
