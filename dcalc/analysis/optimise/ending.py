"""What the end of a run is worth, by certified derivatives; and why a run was lost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dcalc.algebra import real
from dcalc.analysis._derivatives import seconds, slopes
from dcalc.analysis.optimise.linear import Vector, eigenvalues, norm
from dcalc.analysis.optimise.objective import Expression, is_finite
from dcalc.expr import Expr, is_leaf, variables
from dcalc.finding import Subject
from dcalc.stable import stable
from dcalc.tape import in_order, lower, run
from dcalc.verdict.words import short

MOST_VARIABLES = 24
"""Of more variables the Hessian is not certified: it would take a gradient a variable."""
_FLAT = 1e-12
"""Eigenvalues below this part of the largest are not told from 0 by a matrix of doubles."""


_CALLED = {"max_steps": "not converged", "left_domain": "left the domain"}


def called(status: str) -> str:
    """The status of a run as it is said."""
    return _CALLED.get(status, status)


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
    """What certified derivatives say of a point. Cost: one gradient, and one more a variable."""
    subject = Subject(root, tuple(variables(root)), tuple(names), at=at)
    answers = slopes(subject, root, names)
    for name, answer in zip(names, answers, strict=True):
        if answer.value is None:
            return Worth(None, [], f"by {name}: {answer.sentence or answer.status}")
    gradient = norm([answer.value or 0.0 for answer in answers])
    if len(names) > MOST_VARIABLES:
        return Worth(gradient, [])
    rows = [[answer.value for answer in row.values()] for row in seconds(subject).values()]
    hessian = [[value for value in row if value is not None] for row in rows]
    return Worth(gradient, [] if hessian != rows else eigenvalues(hessian))


class Fault(NamedTuple):
    """The part of an expression that is the first without a number, in doubles."""

    node: Expr
    value: float
    arguments: Vector

    def words(self) -> str:
        """`log(sigmoid(x)) is -inf: sigmoid(x) is 0`."""
        shown = ", ".join(
            f"{short(arg)} is {value:g}"
            for arg, value in zip(self.node.args, self.arguments, strict=True)
            if not is_leaf(arg) or math.isfinite(value)
        )
        size = "no number" if math.isnan(self.value) else f"{self.value:g}"
        return f"{short(self.node)} is {size}" + (f" where {shown}" if shown else "")


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


def offer(root: Expr, names: Sequence[str], at: Mapping[str, float]) -> str:
    """What to say where a stable form has numbers at a point at which the expression has none."""
    better = stable(root)
    if better is root:
        return ""
    fixed = {name: value for name, value in at.items() if name not in names}
    value, gradient = Expression(better, names, fixed).gradient([at[name] for name in names])
    return f"; --stable takes {short(better)}, which has numbers there" if is_finite(value, gradient) else ""
