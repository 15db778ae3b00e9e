"""What the end of a run is worth, by certified derivatives; and why a run was lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dcalc.algebra import real
from dcalc.analysis.optimise.linear import Matrix, Vector, eigenvalues, norm
from dcalc.analysis.optimise.objective import Expression, is_finite
from dcalc.compare import solve
from dcalc.expr import Expr, is_leaf
from dcalc.notation import write
from dcalc.problem import Problem
from dcalc.stable import stable
from dcalc.tape import in_order, lower, run

MOST_VARIABLES = 24
"""Of more variables the Hessian is not certified: it would take a derivative a pair."""
_FLAT = 1e-12
"""Eigenvalues below this part of the largest are not told from 0 by a matrix of doubles."""
_SHOWN = 60


class Worth(NamedTuple):
    """A certified gradient, the eigenvalues of a certified Hessian (none where it is not known),
    and why a derivative is missing (empty where none is)."""

    gradient_norm: float | None
    eigenvalues: Vector
    missing: str = ""

    @property
    def shape(self) -> str:
        """minimum, maximum, saddle, flat (not decided), or nothing where no Hessian is known."""
        if not self.eigenvalues:
            return ""
        floor = _FLAT * max(map(abs, self.eigenvalues))
        signs = {0 if abs(value) <= floor else int(math.copysign(1, value)) for value in self.eigenvalues}
        if {1, -1} <= signs:
            return "saddle"
        return "flat" if 0 in signs else "minimum" if 1 in signs else "maximum"


def worth(root: Expr, names: Sequence[str], at: Mapping[str, float]) -> Worth:
    """What certified derivatives say of a point. Cost: one derivative a variable, one a pair."""
    answers = [solve(Problem(root, (name,), at), expression=False) for name in names]
    for name, answer in zip(names, answers, strict=True):
        if answer.value is None:
            return Worth(None, [], f"by {name}: {answer.sentence or answer.status}")
    gradient = norm([answer.value or 0.0 for answer in answers])
    if len(names) > MOST_VARIABLES:
        return Worth(gradient, [])
    hessian = _hessian(root, names, at)
    return Worth(gradient, [] if hessian is None else eigenvalues(hessian))


def _hessian(root: Expr, names: Sequence[str], at: Mapping[str, float]) -> Matrix | None:
    """All second derivatives, each right to the last digit; None where one does not exist."""
    size = len(names)
    matrix: Matrix = [[0.0] * size for _ in names]
    for i in range(size):
        for j in range(i + 1):
            value = solve(Problem(root, (names[j], names[i]), at), expression=False).value
            if value is None:
                return None
            matrix[i][j] = matrix[j][i] = value
    return matrix


class Fault(NamedTuple):
    """The part of an expression that is the first without a number, in doubles."""

    node: Expr
    value: float
    arguments: Vector

    def words(self) -> str:
        """`log(sigmoid(x)) is -inf: sigmoid(x) is 0`."""
        shown = ", ".join(
            f"{_short(arg)} is {value:g}"
            for arg, value in zip(self.node.args, self.arguments, strict=True)
            if not is_leaf(arg) or math.isfinite(value)
        )
        size = "no number" if math.isnan(self.value) else f"{self.value:g}"
        return f"{_short(self.node)} is {size}" + (f" where {shown}" if shown else "")


def fault(root: Expr, at: Mapping[str, float]) -> Fault | None:
    """Which part of an expression, or else of one of its derivatives, is no finite number first."""
    tape = lower(root)
    values = run(tape, at, real.constant, real.evaluator)
    order, inner = in_order(root)
    for node in order:
        value = values[tape.place(node)]
        if is_leaf(node) or node.id in inner or isinstance(value, bool) or math.isfinite(value):
            continue
        arguments = [values[tape.place(arg)] for arg in node.args]
        if all(isinstance(arg, bool) or math.isfinite(arg) for arg in arguments):
            return Fault(node, value, [float(arg) for arg in arguments])
    return None


def _short(node: Expr) -> str:
    text = write(node)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def offer(root: Expr, names: Sequence[str], at: Mapping[str, float]) -> str:
    """What to say where a stable form has numbers at a point at which the expression has none."""
    better = stable(root)
    if better is root:
        return ""
    fixed = {name: value for name, value in at.items() if name not in names}
    value, gradient = Expression(better, names, fixed).gradient([at[name] for name in names])
    return f"; --stable takes {_short(better)}, which has numbers there" if is_finite(value, gradient) else ""
