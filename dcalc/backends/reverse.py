"""Reverse mode: one sweep forward for values, one back for adjoints, in doubles."""

from __future__ import annotations

from functools import lru_cache

from dcalc.coordinates import at_doubles
from dcalc.derive import derivative, on_lines
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.numbers import real
from dcalc.numbers.adjoint import Sweep
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(orders=(1, None), remark="beyond the first, by sweeps over the derivative expression")


def differentiate(problem: Problem) -> Result:
    """The adjoint of the variable. Raises Unsupported where a partial has no closed form.

    Cost: a small multiple of one evaluation.
    """
    if not problem.wrt:
        raise Unsupported("reverse mode needs a variable to differentiate by", help="use dcalc eval")
    root = derivative(problem.root, problem.wrt[:-1]) if problem.order > 1 else problem.root
    return gradient(Problem(root, problem.wrt[-1:], problem.at, gradient=True))[0]


def gradient(problem: Problem) -> list[Result]:
    """The adjoints of all variables. Raises Unsupported where a partial has no closed form.

    Cost: a small multiple of one evaluation, however many variables there are; one for each where f has other
    values at single points.
    """
    if len(problem.wrt) > 1 and any(on_lines(problem.root, (name,)) is not problem.root for name in problem.wrt):
        return [gradient(part)[0] for part in problem.parts()]
    sweep = _prepared(on_lines(problem.root, problem.wrt), problem.wrt)
    values = sweep.values(at_doubles(problem.at), real.constant, real.evaluator)
    adjoints = sweep.adjoints(values, 1.0)
    return [Result.from_double("reverse", adjoints.get(name, 0.0), evaluations=1) for name in problem.wrt]


@lru_cache(maxsize=4)
def _prepared(root: Expr, names: tuple[str, ...]) -> Sweep:
    """What is the same at every point."""
    return Sweep(root, frozenset(names))
