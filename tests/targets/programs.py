"""Programs of many functions at once: one compile per language, and the errors in ulps of what they print."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.functions import Row
from dcalc.io.toolchain import run_program
from dcalc.parser import parse
from dcalc.targets import classify, load
from dcalc.targets.common.dialect import Call, Dialect
from dcalc.targets.common.quantities import Function, Stabiliser, find_functions
from tests.truths import TRUTHS, double

MOST_ULPS = 4.0
LIBRARIES = {"scipy": 16.0, "jax": 16.0, "torch": 16.0}
"""Targets that stand on a library of special functions, and how many ulps it may be off."""
EXCEPTIONS = {
    "chebyshevt": 8.0, "chebyshevu": 8.0, "gegenbauer": 8.0,  # of order 80: each step of the recurrence rounds
    "legendre": 8.0, "laguerre": 8.0, "laguerre/3": 8.0, "hermite": 8.0,
}  # fmt: skip
"""Rows with larger errors, and how large they may be."""
OWN_ERRORS = {
    "python": {"lgamma": 128.0},  # close to its zero at -2.747
    "scipy": {
        "gammap": 100.0,
        "gammaq": 20.0,
        "airyai": 30.0,
        "airybi": 30.0,
        "airyaiprime": 30.0,
        "airybiprime": 30.0,
        "airyaix": 150.0,
        "airyaiprimex": 150.0,
        "gelu": 40.0,
        "normcdf": 200.0,
    },
    "jax": {
        "gelu": 40.0,
        "lognormcdf": 30.0,
        "normcdf": 200.0,
        "gamma": 1500.0,
        "factorial": 300.0,
        "lgamma": 500.0,
        "digamma": 150.0,
        "gammap": 500.0,
        "gammaq": 600.0,
    },
    "matlab": {"besselj": 6.0, "besseli": 6.0, "bessely": 6.0, "besselj1": 10.0, "besselyx": 6.0},  # Octave's
    "postgres": {"abs2": math.inf},  # the square of 1e-200 is an error there
    "torch": {"digamma": 20.0, "gammap": 30.0, "gammaq": 30.0},
}
"""The same, by the errors that the library of a language has itself."""
_ORDERED = {"sphericalbesselj", "legendre", "chebyshevt", "chebyshevu", "gegenbauer", "hermite", "laguerre", "softmax",
            "cross_entropy"}  # fmt: skip
_FILLER = 0.5


class Sample(NamedTuple):
    """A call of a row whose constant arguments are numbers, and the points of its truth that belong to it."""

    row: Row
    node: Expr
    points: list[tuple[float, ...]]


_WITHIN: dict[tuple[str, str], Callable[..., bool]] = {
    **{(target, "polygamma"): lambda n, x: n >= 0 and n == int(n) for target in LIBRARIES},
    **{(target, key): lambda s, x: x >= 0 for target in LIBRARIES for key in ("gammap", "gammaq")},
    **{("scipy", key): lambda phi, m: m <= 1 for key in ("elliptic_f", "elliptic_e/2")},
}
"""Where libraries have a value for a row; elsewhere they give nan."""


def samples(target: str) -> list[Sample]:
    """The calls of all rows that a target has, at the points of their truths."""
    found = []
    for row in table.functions():
        if row is table.WHERE or classify(row, target) == "refused":
            continue
        groups: dict[tuple[int | None, int], list[tuple[float, ...]]] = {}
        within = _WITHIN.get((target, row.key), lambda *_: True)
        for point in filter(lambda point: within(*point), TRUTHS[row.key].points):  # used at once
            order = int(point[0]) if row.name in _ORDERED else None
            groups.setdefault((order, len(point)), []).append(point)
        for (order, count), points in groups.items():
            args = [symbol(f"x{place}") for place in range(count)]
            if order is not None:
                args[0] = number(order)
            found.append(Sample(row, make(row, *args), points))
    return found


def run_rows(target: str) -> dict[str, tuple[float, tuple[float, ...]]]:
    """The worst error in ulps of each row that a target has, and its point. Compiles one program."""
    calls = samples(target)
    width = max(len(sample.points[0]) for sample in calls)
    functions = [Function(f"row{place}", sample.row.name, (sample.node,)) for place, sample in enumerate(calls)]
    points = [tuple(tuple(p) + (_FILLER,) * (width - len(p)) for p in sample.points) for sample in calls]
    numbers = iter(run(target, functions, [f"x{place}" for place in range(width)], points))
    worst: dict[str, tuple[float, tuple[float, ...]]] = {}
    for sample in calls:
        for point in sample.points:
            with mp.workdps(60):
                error = ulps(next(numbers), TRUTHS[sample.row.key].f(*map(mpf, point)))
            if error > worst.get(sample.row.key, (-1.0, ()))[0]:
                worst[sample.row.key] = error, point
    return worst


def run(
    target: str, functions: Sequence[Function], names: Sequence[str], points: Sequence[tuple[tuple[float, ...], ...]],
    *, plain: bool = False,
) -> list[float]:  # fmt: skip
    """The numbers that the functions give at their points, by a program in the target's language."""
    dialect = load(target)
    source = f"program.{dialect.suffix}"
    # One query for all functions would compute all of them for each.
    groups = [[each] for each in zip(functions, points, strict=True)] if dialect.shares_names else None
    text = dialect.driven_head
    for group in groups or [list(zip(functions, points, strict=True))]:
        own = load(target)
        text += own.render([function for function, _ in group], names, [], plain_form=plain) + "\n"
        text += own.drive([_make_call(own, function, at) for function, at in group])
    return run_program(text, dialect.commands(source), source)


def _make_call(dialect: Dialect, function: Function, points: tuple[tuple[float, ...], ...]) -> Call:
    columns = tuple(map(dialect.function_name, function.entries or (function.name,)))
    return Call(dialect.function_name(function.name), math.prod(function.shape), function.shape, points, columns)


def ulps(value: float, truth: Any) -> float:
    """The error of a double in units of the last place of the truth."""
    nearest = double(truth) if abs(truth) < mpf(2) ** 1024 else math.inf
    if math.isinf(nearest):
        return 0.0 if not math.isfinite(value) else math.inf
    if not math.isfinite(value):
        return math.inf
    return float(abs(mpf(value) - truth) / mpf(math.ulp(nearest)))


class Hard(NamedTuple):
    """An expression of one variable and a point where its derivative is hard to compute."""

    text: str
    at: float


HARD = tuple(
    Hard(text, at)
    for text, at in (
        ("(1-cos(x))/x**2", 1e-6), ("(1-cos(x))/x**2", 0.01), ("log(1+exp(x))", 800.0), ("(exp(x)-1)/x", 1e-8),
        ("sqrt(x**2+1)-x", 1e8), ("log(sigmoid(x))", -800.0), ("(exp(x)-exp(-x))/(exp(x)+exp(-x))", 20.0),
        ("log(1-exp(x))", -1e-12), ("1/x-1/(x+1)", 1e8), ("atan(x+1)-atan(x)", 1e6), ("(x-sin(x))/x**3", 1e-4),
        ("log(cosh(x))", 800.0), ("sqrt(x+1)-sqrt(x)", 1e12), ("exp(x)/(1+exp(x))**2", 400.0), ("tanh(x)", 20.0),
        ("x*log(1+1/x)", 1e12),
    )
)  # fmt: skip
"""Points where code from the formula of a derivative has 12 digits at 4 of 16."""


def run_derivatives(target: str, problems: Iterable[Hard], *, plain: bool = False) -> list[float]:
    """The emitted first derivatives at the points, from one program."""
    functions, points = [], []
    for place, problem in enumerate(problems):
        root = parse(problem.text).root
        (function,) = find_functions(
            [root], ("derivative",), variables(root), (), 1, f"f{place}", Stabiliser(plain=plain)
        )
        functions.append(function)
        points.append(((problem.at,),))
    return run(target, functions, ["x"], points, plain=plain)


def digits(value: float, truth: Any) -> float:
    """The correct digits of a double, at most 16."""
    if not math.isfinite(value):
        return 0.0
    if not truth:
        return 16.0 if not value else 0.0
    error = abs(mpf(value) - truth) / abs(truth)
    return 16.0 if not error else float(max(0, min(16, -mp.log10(error))))


def slope(problem: Hard) -> Any:
    """The derivative in mpmath, at 400 digits: by differences whose step vanishes beside what is wanted."""
    from tests.truths import value

    with mp.workdps(400):
        at, step = mpf(problem.at), mpf(problem.at) * mpf(10) ** -120
        root = parse(problem.text).root
        return (value(root, {"x": at + step}) - value(root, {"x": at - step})) / (2 * step)
