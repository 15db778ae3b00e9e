"""SciPy: its differences of high order with steps that shrink, scipy.differentiate."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dcalc.backends.engines.common.engine import Answer, Engine, array_function, import_library, load_numpy
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.errors import Unsupported
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(
    orders=(1, 2), tolerance=1e-6, title="SciPy", package="scipy", remark="the second by scipy.differentiate.hessian"
)
_STATUSES = {
    -1: "SciPy says that its error estimate grew",
    -2: "SciPy says that it has not converged",
    -3: "SciPy met a number that is not finite",
}


@cache
def _load() -> Library:
    return load_numpy("SciPy", "scipy")


def _import() -> Any:
    import_library("scipy", "SciPy", "scipy")
    try:
        return import_library("scipy.differentiate", "SciPy", "scipy")
    except Unsupported:
        raise Unsupported("this SciPy has no scipy.differentiate", help="pip install 'scipy>=1.15'") from None


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    differentiate = _import()
    if problem.order == 1:
        name = problem.wrt[0]
        result = differentiate.derivative(array_function(program, point, [name]), point[name])
        value, error, status, count = result.df, result.error, result.status, result.nfev
    else:
        names = list(dict.fromkeys(problem.wrt))
        first, second = (names.index(name) for name in problem.wrt)
        result = differentiate.hessian(
            array_function(program, point, names, is_vector=True), [point[name] for name in names]
        )
        value, error, status, count = (
            part[first, second] for part in (result.ddf, result.error, result.status, result.nfev)
        )
    return Answer(float(value), float(error), int(count), _STATUSES.get(int(status), ""))


_ENGINE = Engine("scipy", CAPABILITIES, _load, _derive)


def differentiate(problem: Problem) -> Result:
    """What `scipy.differentiate` gives, with the error that it claims. Raises Unsupported where SciPy is too old.

    Cost: some tens of evaluations of f.
    """
    return _ENGINE.differentiate(problem)
