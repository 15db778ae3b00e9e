"""Columns of functions that lose digits, or that NumPy does not have, against `x**2*sin(x)`.

    python tests/benchmarks/forms.py [--points N] [--rounds N]

Measured: the derivative at random points of a range, in memory, one thread, each value proved within 1e-12; in
turns. The first call, which makes polynomials of special functions, stands by itself. The worst error is that of 200
of the points against the reference at 30 digits.

How to read it: nanoseconds a row, and the median of the ratios to the first line in the same round. Targets: at most
3 for forms, 10 for special functions.
"""

from typing import Any

import numpy as np
from _common import arguments, interleaved, ratio, seconds, show, verdict

from dcalc.bulk.kernel import Kernel
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve

BASE = ("x**2*sin(x)", 0.1, 3.0)
FORMS = [
    ("sqrt(x**2+1)-x", 1.0, 1e4),
    ("(1-cos(x))/x**2", 0.01, 3.0),
    ("1/x-1/(x+1)", 1.0, 1e6),
    ("log(1+exp(x))-x", 0.0, 30.0),
    ("atan(x+1)-atan(x)", 1.0, 1e5),
]
SPECIAL = [
    ("lgamma(x)*erf(x)", 0.1, 10.0),
    ("besselj(0,x)", 0.1, 10.0),
    ("bessely(1,x)", 0.1, 10.0),
    ("besseli(1,x)", 0.1, 10.0),
    ("besselk(0,x)", 0.1, 10.0),
    ("digamma(x)", 0.1, 50.0),
    ("gelu(x)", -5.0, 5.0),
    ("erfc(x)", -5.0, 20.0),
    ("airyai(x)", -10.0, 5.0),
    ("trigamma(x)", 0.1, 50.0),
    ("erfinv(x)", -0.99, 0.99),
    ("zeta(x)", 1.1, 20.0),
    ("lambertw(x)", -0.3, 50.0),
    ("ei(x)", 0.1, 20.0),
    ("si(x)", 0.1, 20.0),
    ("besselj(1/2,x)", 0.1, 10.0),
    ("bessely(3/2,x)", 0.5, 10.0),
    ("sphericalbesselj(2,x)", 0.1, 10.0),
]


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    columns = {text: column(first, last, options.points) for text, first, last in (BASE, *FORMS, *SPECIAL)}
    kernels = {text: Kernel(parse(text).root, [("x",)], ["x"]) for text in columns}
    begin = {text: seconds(lambda text=text: kernels[text].rows([columns[text]])) for text in columns}
    jobs = {text: (lambda text=text: kernels[text].rows([columns[text]])) for text in columns}
    times = interleaved(jobs, options.rounds)
    base = times[BASE[0]]
    table = []
    for text, spent in times.items():
        figure = ratio(spent, base)
        target = verdict(figure, 3 if text in dict.fromkeys(form[0] for form in FORMS) else 10)
        nanoseconds = 1e9 * min(spent) / options.points
        table.append([text, begin[text], nanoseconds, figure, target, worst(text, kernels[text], columns[text])])
    show(f"{options.points:,} rows", ["f", "first call, s", "ns a row", "ratio", "", "worst error"], table)


def column(first: float, last: float, points: int) -> Any:
    """Random points of a range."""
    return np.random.default_rng(1).uniform(first, last, points)


def worst(text: str, kernel: Kernel, x: Any) -> float:
    """The largest relative error of the first 200 points."""
    (values,) = kernel.rows([x[:200]]).values
    errors = []
    for point, value in zip(x.tolist(), values.tolist(), strict=False):
        decimal = solve(Problem(parse(text).root, ("x",), {"x": point}, 30)).reference.value
        errors.append(abs(value / float(decimal) - 1))
    return max(errors)


if __name__ == "__main__":
    main()
