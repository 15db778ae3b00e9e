"""Gradients of large expressions: how time grows with the number of variables, and against others.

    python tests/benchmarks/large.py [--size N ...] [--rounds N] [--limit SECONDS] [--ours]

Measured, for Rosenbrock's function (the sum of 100*(x_(i+1)-x_i**2)**2 + (1-x_i)**2) and for the
product x1*...*xn, given as text, at the point x_i = 1 + (i mod 7)/8 (of the product, 1 + (i mod 7)/n, so
that it stays within doubles), n variables:

`parse`      text to graph.
`prepare`    the tapes of f and of its local partials.
`function`   one run over the tape of f, in doubles.
`gradient`   one sweep forward and back for all n partial derivatives, in doubles, f included.
`ratio`      gradient over function: the median of the ratios of runs in turns (target: at most 3).
`certified`  all n components as certified 30-digit values, sweeps over balls, prepared before.
`text`       all n derivatives as expressions; `limit` where dcalc refuses: the product's partial
             derivatives have n-1 factors each, so their text is quadratic in n by itself.
`process`    `dcalc grad -` as a whole process, one JSON problem with its point on stdin, certified
             values on stdout, start-up included.

The others, each in a process of its own, up to --limit: `SymPy`, parse_expr and diff by every
variable; `JAX`, the text unrolled into jax.grad, first call with its tracing. Each is left out once it has
given up at a smaller size, or where it is not installed.

How to read it: microseconds a variable, save the ratio; linear means that a column stays flat.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

from _common import Job, arguments, command, compiled, interleaved, ratio, seconds, show_as_they_come, verdict

from dcalc.backends import reference
from dcalc.derive import gradient
from dcalc.errors import LimitError
from dcalc.expr import variables
from dcalc.numbers import real
from dcalc.numbers.adjoint import Sweep
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.tape import lower, run

SIZES = (10, 100, 1_000, 10_000, 100_000)
TARGET = 3
OTHERS = {"SymPy": "sympy", "JAX": "jax"}
COLUMNS = ("parse", "prepare", "function", "gradient", "ratio", "certified", "text", "process")


def rosenbrock(n: int) -> str:
    """The text of a sum in which each variable meets the next."""
    return "+".join(f"100*(x{i + 1}-x{i}**2)**2+(1-x{i})**2" for i in range(1, n))


def product(n: int) -> str:
    """The text of a product of all variables."""
    return "*".join(f"x{i}" for i in range(1, n + 1))


TEXTS: dict[str, Callable[[int], str]] = {"Rosenbrock": rosenbrock, "product": product}


def point(name: str, n: int) -> dict[str, float]:
    """Where it is differentiated."""
    step = 1 / 8 if name == "Rosenbrock" else 1 / n
    return {f"x{i}": 1 + (i % 7) * step for i in range(1, n + 1)}


def main() -> None:
    """Print a table a function, and the worst ratio."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--size", type=int, action="append", help=f"instead of {SIZES}; repeatable")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=20.0, help="seconds for one of the others")
    parser.add_argument("--ours", action="store_true", help="leave the others out")
    parser.add_argument("--child", choices=OTHERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = options.size or list(SIZES)
    if options.child:
        child(options.child, sys.stdin.read(), sizes[-1])
        return
    others = [] if options.ours else [name for name, module in OTHERS.items() if find_spec(module)]
    ratios: list[float] = []
    with compiled():
        process(command("grad", "-"), problem("product", 10))
        for name in TEXTS:
            rows = noted(table(name, sizes, options.rounds, others, options.limit), ratios)
            show_as_they_come(f"{name}, microseconds a variable", ["n", *COLUMNS, *others], rows)
    print(f"\nworst ratio of gradient to function: {max(ratios):.2f}, {verdict(max(ratios), TARGET)}")


def noted(rows: Iterator[list[Any]], ratios: list[float]) -> Iterator[list[Any]]:
    """The rows, while their ratios are kept."""
    for row in rows:
        ratios.append(row[1 + COLUMNS.index("ratio")])
        yield row


def table(name: str, sizes: list[int], rounds: int, others: list[str], limit: float) -> Iterator[list[Any]]:
    """The rows of one function."""
    given_up: set[str] = set()
    for n in sizes:
        row = [f"{n:,}", *ours(name, n, rounds)]
        for other in others:
            spent = "-" if other in given_up else theirs(other, TEXTS[name](n), n, limit)
            if isinstance(spent, str):
                given_up.add(other)
            row.append(spent if isinstance(spent, str) else 1e6 * spent / n)
        yield row


def ours(name: str, n: int, rounds: int) -> list[Any]:
    """The figures of dcalc, in the order of the columns."""
    text, at = TEXTS[name](n), point(name, n)
    kept: dict[str, Any] = {}

    def read() -> None:
        kept["root"] = parse(text).root

    def prepare() -> None:
        kept["tape"] = lower(kept["root"])
        kept["sweep"] = Sweep(kept["root"], frozenset(at))

    reading, preparing = seconds(read), seconds(prepare)
    sweep, question = kept["sweep"], Problem(kept["root"], tuple(variables(kept["root"])), at, gradient=True)
    jobs: dict[str, Job] = {
        "function": lambda: run(kept["tape"], at, real.constant, real.evaluator),
        "gradient": lambda: sweep.adjoints(sweep.values(at, real.constant, real.evaluator), 1.0),
    }
    times = interleaved(jobs, max(rounds, 20_000 // n))
    reference.gradient(question)
    spent = [
        reading, preparing, median_of(times["function"]), median_of(times["gradient"]),
        ratio(times["gradient"], times["function"]), seconds(lambda: reference.gradient(question)),
        writing(question), process(command("grad", "-"), problem(name, n)),
    ]  # fmt: skip
    return [
        figure if column == "ratio" or isinstance(figure, str) else 1e6 * figure / n
        for column, figure in zip(COLUMNS, spent, strict=True)
    ]


def median_of(times: list[float]) -> float:
    """The middle one."""
    return sorted(times)[len(times) // 2]


def writing(question: Problem) -> float | str:
    """Seconds for all derivatives as expressions."""
    try:
        return seconds(lambda: gradient(question.root, question.wrt))
    except LimitError:
        return "limit"


def problem(name: str, n: int) -> str:
    """The line that a process is given."""
    return json.dumps({"expr": TEXTS[name](n), "at": point(name, n)}) + "\n"


def process(argv: list[str], given: str) -> float:
    """Seconds of a whole process. Raises where it fails."""
    with tempfile.TemporaryFile("w+") as file:
        file.write(given)
        file.seek(0)
        start = time.perf_counter()
        subprocess.run(argv, stdin=file, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start


# --- the others -----------------------------------------------------------------------------


def theirs(other: str, text: str, n: int, limit: float) -> float | str:
    """Seconds of another library for the whole gradient, or why there are none."""
    argv = [sys.executable, __file__, "--child", other, "--size", str(n)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    try:
        done = subprocess.run(
            argv, input=text, capture_output=True, text=True, check=False, timeout=limit, env=environment
        )
    except subprocess.TimeoutExpired:
        return f"> {limit:g} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        return last[0].partition(":")[0].rpartition(".")[2][:24]
    return float(done.stdout)


def child(other: str, text: str, n: int) -> None:
    """Print the seconds of one library."""
    gc.disable()
    print({"SymPy": sympy, "JAX": jax}[other](text, n))


def sympy(text: str, n: int) -> float:
    """parse_expr, and diff by each variable."""
    import sympy as sp
    from sympy.parsing.sympy_parser import parse_expr

    names = sp.symbols([f"x{i}" for i in range(1, n + 1)])

    def job() -> None:
        root = parse_expr(text)
        for name in names:
            sp.diff(root, name)

    return seconds(job)


def jax(text: str, n: int) -> float:
    """The text unrolled over traced scalars, and its gradient."""
    import jax as library

    code = compile(text, "text", "eval")

    def f(xs: list[Any]) -> Any:
        return eval(code, {f"x{i}": x for i, x in enumerate(xs, 1)})  # our own text

    xs = [1 + (i % 7) / n for i in range(1, n + 1)]
    return seconds(lambda: library.block_until_ready(library.jit(library.grad(f))(xs)))


if __name__ == "__main__":
    main()
