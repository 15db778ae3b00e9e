"""What a certified value costs: the default answer at a point, and high orders of whole processes.

    python tests/benchmarks/certified.py FILE [--worst N] [--runs N]

Measured: the reference at each point of the problems of the file, for each name that they ask
for, with the garbage collector off; a problem's first point pays for its tape. Then the whole
process of `dcalc diff 'exp(sin(x))' -n N --at 0.5` for orders up to 1,000, the shell's view, and
last, in this process, order 200 of every function of the table at a point of `tests.truths`.

How to read it: `median`, `99 %` and `worst` in microseconds, of first points and of later
ones; below, the worst expressions, each as the best of three runs. The baseline of processes
is `dcalc --version`. Targets: a median under 1,000 us; order 1,000 in under half a second.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Sequence
from fractions import Fraction
from statistics import median

from _common import CHECKOUT, Value, arguments, command, compiled, cut, interleaved, load, seconds, show, verdict

from dcalc import functions as table
from dcalc.backends import load as backend
from dcalc.errors import DcalcError
from dcalc.expr import make, number, symbol
from dcalc.parser import parse
from dcalc.problem import Problem

ORDERS = (1, 100, 300, 1000)
HIGH = 200


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--worst", type=int, default=8, help="how many of the worst expressions to list")
    parser.add_argument("--runs", type=int, default=5, help="of each process")
    options = parser.parse_args()
    values(options)
    processes(options.runs)
    functions(options.worst)


def values(options: argparse.Namespace) -> None:
    """The cost of a value."""
    first: list[tuple[float, Value]] = []
    later: list[tuple[float, Value]] = []
    gc.disable()
    for item in load(options.file):
        for value in item.values():
            spent = cost(value)
            (first if value.point is item.points[0] else later).append((spent, value))
    gc.enable()
    rows = [[name, len(found), *figures(found)] for name, found in (("first", first), ("later", later))]
    show("certified values, us", ["point", "values", "median", "99 %", "worst"], rows)
    middle = 1e6 * median(spent for spent, _ in first + later)
    print(f"  median of all: {middle:.0f} us {verdict(middle, 1000)}")
    worst = sorted(first + later, key=lambda pair: -pair[0])[: options.worst]
    again = [(min(spent, cost(value), cost(value)), value) for spent, value in worst]
    show("worst", ["expression", "us"], [[cut(value.item.text, 70), 1e6 * spent] for spent, value in again])


def cost(value: Value) -> float:
    """Seconds of one certified value."""
    root = parse(value.item.text, variables=value.item.wrt).root
    problem = Problem(root, (value.name,), value.point)
    start = time.perf_counter()
    backend("reference").differentiate(problem)
    return time.perf_counter() - start


def figures(found: Sequence[tuple[float, Value]]) -> list[float]:
    """Median, 99th percentile and worst, in microseconds."""
    times = sorted(1e6 * spent for spent, _ in found)
    return [median(times), times[len(times) * 99 // 100], times[-1]]


def processes(runs: int) -> None:
    """The cost of a high order to a shell."""
    jobs = {"--version": lambda: run("--version")}
    for order in ORDERS:
        jobs[f"order {order}"] = lambda n=order: run("diff", "exp(sin(x))", "-n", str(n), "--at", "0.5")  # type: ignore[misc]  # bound now
    with compiled():
        times = interleaved(jobs, runs)
    rows = [[name, 1e3 * median(spent), 1e3 * min(spent)] for name, spent in times.items()]
    show("whole processes, exp(sin(x)) at 0.5, ms", ["", "median", "best"], rows)
    print(f"  order 1000: {verdict(median(times['order 1000']), 0.5)} s")


def run(*words: str) -> None:
    """One process; order 1000 is beyond a double, which is exit 3 and a certified decimal."""
    subprocess.run(command(*words), capture_output=True, check=False)


def functions(most: int) -> None:
    """A high order of each function."""
    sys.path.insert(0, str(CHECKOUT))
    from tests.truths import TRUTHS  # needs mpmath

    found = []
    for row in table.functions():
        if row.key in TRUTHS and row.args:
            *others, x = TRUTHS[row.key].points[0]
            whole = row.chooses
            fixed = [number(int(a) if whole and not k else Fraction(a)) for k, a in enumerate(others)]
            problem = Problem(make(row, *fixed, symbol("x")), ("x",) * HIGH, {"x": float(x)})
            found.append((seconds(lambda p=problem: answer(p)), row.key, answer(problem)))  # type: ignore[misc]  # as above
    rows = [[name, status, 1e3 * spent] for spent, name, status in sorted(found, reverse=True)[:most]]
    show(f"order {HIGH} of every function, ms, the slowest of {len(found)}", ["", "status", "ms"], rows)
    left = [name for _, name, status in found if status not in ("ok", "overflow")]
    print(f"  without a certified decimal: {', '.join(left) or 'none'}")


def answer(problem: Problem) -> str:
    """The status of the reference, or why there is none."""
    try:
        return backend("reference").differentiate(problem).status
    except DcalcError as error:
        return error.message


if __name__ == "__main__":
    main()
