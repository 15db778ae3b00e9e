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
    "factorial": 6.0,  # x + 1 is rounded
    "erf/2": math.inf,  # between limits that are close to each other
}  # fmt: skip
"""Rows with larger errors, and how large they may be."""
_AIRY = dict.fromkeys("airyai airybi airyaiprime airybiprime airyaix airyaiprimex".split(), 3500.0)
OWN_ERRORS: dict[str, dict[str, float]] = {
    "python": {"lgamma": 400.0},  # close to its zeros below -2
    "c": {"bessely0": 40.0, "bessely1": 12.0, "gamma": 5.0},  # close to their zeros, as below
    "cpp": {"gamma": 5.0},
    "duckdb": {"gamma": 5.0},
    "postgres": {"abs2": math.inf, "mod": math.inf, "fmod": math.inf},  # 1e-200 squared is an error; no remainder
    "torch": {"digamma": 100.0, "gammap": 700.0, "gammaq": 60.0},
    "jax": {
        "gamma": 1500.0, "factorial": 1500.0, "lgamma": 500.0, "digamma": 400.0, "gammap": 500.0, "gammaq": 600.0,
        "ci": 6000.0,
    },
    "scipy": {
        **_AIRY, "erfi": 200.0, "dawson": 40.0, "digamma": 80.0, "polygamma": math.inf, "beta": 300.0, "logbeta":
        math.inf, "gammap": 100.0, "gammaq": 200.0, "lowerbeta": 250.0, "zeta": 2000.0, "binomial": math.inf, "ci":
        6000.0, "chi": 1000.0, "besselj": 50.0, "besselj0": 150.0, "besselj1": 200.0, "bessely0": 120.0, "bessely1":
        200.0, "besselix": 50.0, "besseljx": 50.0, "besselyx": 50.0,
    },
    "matlab": {  # Octave's
        **_AIRY, "mod": math.inf, "fmod": math.inf, **dict.fromkeys("sind cosd tand secd cscd cotd".split(), math.inf),
        "erfi": 40.0, "erfcx": 6.0, "logerfcx": 6.0, "dawson": 16.0, "digamma": 40.0, "beta": 2000.0, "logbeta":
        math.inf, "gammap": 1200.0, "gammaq": 300.0, "betainc": 1000.0, "lowerbeta": 1100.0, "expint": 30.0, "ci":
        3000.0, "besselj": 50.0, "bessely": 20.0, "besseli": 80.0, "besselk": 12.0, "besselj0": 150.0, "besselj1":
        25.0, "bessely0": 150.0, "bessely1": 25.0, "besseljx": 50.0, "besselyx": 120.0, "besselix": 50.0, "besselkx":
        20.0, "gamma": 5.0, "elliptic_k": 20000.0,
    },
}  # fmt: skip
"""The same, by the errors that the library of a language has itself; infinite where no digit is right."""
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
    **{(target, "zeta/2"): lambda s, a: s > 1 and a > 0 for target in LIBRARIES},
    **{("scipy", key): lambda phi, m: m <= 1 for key in ("elliptic_f", "elliptic_e/2")},
}
"""Where libraries have a value for a row; elsewhere they give nan."""


def arrange_samples(target: str, row: Row, points: Iterable[tuple[float, ...]]) -> list[Sample]:
    """The calls of a row at points, one for each order that has to be a number; none where the target refuses it."""
    if row is table.WHERE or classify(row, target) == "refused":
        return []
    groups: dict[tuple[int | None, int], list[tuple[float, ...]]] = {}
    within = _WITHIN.get((target, row.key), lambda *_: True)
    for point in points:
        if within(*point):
            order = int(point[0]) if row.name in _ORDERED else None
            groups.setdefault((order, len(point)), []).append(point)
    calls = []
    for (order, count), chosen in groups.items():
        args = [symbol(f"x{place}") for place in range(count)]
        if order is not None:
            args[0] = number(order)
        calls.append(Sample(row, make(row, *args), chosen))
    return calls


def run_rows(target: str) -> dict[str, tuple[float, tuple[float, ...]]]:
    """The worst error in ulps of each row that a target has at its sample points, and the point."""

    def find_truth(row: Row, point: tuple[float, ...]) -> Any:
        with mp.workdps(60):
            return TRUTHS[row.key].f(*map(mpf, point))

    rows = [row for row in table.functions() if row is not table.WHERE]
    calls = [sample for row in rows for sample in arrange_samples(target, row, TRUTHS[row.key].points)]
    return run_samples(target, calls, find_truth)


def run_samples(
    target: str, calls: Sequence[Sample], find_truth: Callable[[Row, tuple[float, ...]], Any]
) -> dict[str, tuple[float, tuple[float, ...]]]:
    """The worst error in ulps of each row, and its point. Compiles one program."""
    width = max(len(sample.points[0]) for sample in calls)
    functions = [Function(f"row{place}", sample.row.name, (sample.node,)) for place, sample in enumerate(calls)]
    points = [tuple(tuple(p) + (_FILLER,) * (width - len(p)) for p in sample.points) for sample in calls]
    numbers = iter(run(target, functions, [f"x{place}" for place in range(width)], points))
    worst: dict[str, tuple[float, tuple[float, ...]]] = {}
    for sample in calls:
        for point in sample.points:
            with mp.workdps(60):
                error = ulps(next(numbers), find_truth(sample.row, point))
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
    if not truth:
        return 0.0 if not value else math.inf
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
