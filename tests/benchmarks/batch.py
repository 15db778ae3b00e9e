"""Many problems in one call, against SymPy.

    python tests/benchmarks/batch.py FILE [--rounds N] [--profile]

Measured: `dcalc diff - --format jsonl` as a whole process, fed one JSON object a line with
"expr", "wrt", "at" (all points of the problem) and "id", a gradient problem becoming one line
a name. Start-up is taken off: it is what the same process takes for one line. The baseline is
SymPy in a process of its own that is already running: parse_expr + diff + lambdify (to
Python's math) + a call at each of the same points, line by line, its caches kept. Both over
the lines that SymPy can do (no function unknown to it, no derivative left over, no error),
in turns. dcalc's answer is more than SymPy's: 30 certified digits, status, f, the text.

How to read it: microseconds a problem of both, by the clock on the wall and by that of the
processor (which other work on the machine disturbs less), and the median over the rounds of
SymPy's time over dcalc's (target: at least 10). `--profile` prints where dcalc's time goes, function by
function, from the same work in this process.
"""

import cProfile
import io
import json
import os
import pstats
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import _sympy
from _common import Item, arguments, command, compiled, load, ratio, show, verdict

TARGET = 10
SLOW = 20.0
LINE_END = b"\n"
Line = dict[str, Any]


class Cost(NamedTuple):
    """Seconds by two clocks."""

    wall: float
    processor: float


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="where dcalc's time goes")
    parser.add_argument("--worker", action="store_true", help="internal: SymPy's side, lines on stdin")
    options = parser.parse_args()
    if options.worker:
        worker()
        return
    lines = list(problems(load(options.file)))
    if _sympy.missing():
        print(_sympy.missing())
    else:
        with compiled():
            lines = duel(options.file, lines, options.rounds)
    if options.profile:
        profile(lines)


def problems(items: Sequence[Item]) -> Iterator[Line]:
    """The lines: one for each name that an item asks for."""
    for item in items:
        for name in item.wrt:
            yield {"id": f"{item.id}/{name}", "expr": item.text, "wrt": name, "at": list(item.points)}


def text_of(lines: Sequence[Line]) -> str:
    """The lines as they are fed to a process."""
    return "".join(json.dumps(line) + "\n" for line in lines)


def duel(file: Path, lines: list[Line], rounds: int) -> list[Line]:
    """Measure both in turns and print the figures; the lines that SymPy can do."""
    names = {f"{item.id}/{name}": item.names for item in load(file) for name in item.wrt}
    costs = sympy_costs(file, lines, names)
    able = [line for line, cost in zip(lines, costs, strict=True) if cost is not None]
    print(f"{len(lines):,} problems, of which SymPy can do {len(able):,}; the others are left out", flush=True)
    text, start = text_of(able), text_of(able[:1])
    points = sum(len(line["at"]) for line in able)
    dcalc: list[Cost] = []
    sympy: list[Cost] = []
    dcalc_cost(start)
    for _ in range(rounds):
        sympy.append(mean([cost for cost in sympy_costs(file, able, names) if cost is not None]))
        started, _ = dcalc_cost(start)
        whole, output = dcalc_cost(text)
        if output.count(LINE_END) != points:
            sys.exit(f"dcalc wrote {output.count(LINE_END):,} records, not {points:,}: nothing to compare")
        spent = Cost(whole.wall - started.wall, whole.processor - started.processor)
        dcalc.append(Cost(spent.wall / len(able), spent.processor / len(able)))
    report(dcalc, sympy, f"microseconds a problem ({points / len(able):.1f} points each), {rounds} rounds")
    return able


def report(dcalc: Sequence[Cost], sympy: Sequence[Cost], title: str) -> None:
    """Both in microseconds by both clocks, and the ratios."""
    rows: list[list[object]] = []
    for clock in Cost._fields:
        ours, theirs = ([getattr(cost, clock) for cost in costs] for costs in (dcalc, sympy))
        figure = ratio(theirs, ours)
        medians = [1e6 * median(ours), 1e6 * median(theirs)]
        rows.append([clock, *medians, figure, verdict(figure, TARGET, least=True)])
    show(title, ["clock", "dcalc", "SymPy", "ratio", "target"], rows)


def mean(costs: Sequence[Cost]) -> Cost:
    """The mean of each clock."""
    return Cost(*(sum(spent) / len(costs) for spent in zip(*costs, strict=True)))


def dcalc_cost(text: str) -> tuple[Cost, bytes]:
    """What the whole process takes, and what it printed."""
    argv = command("diff", "-", "--format", "jsonl")
    processor, wall = of_children(), time.perf_counter()
    done = subprocess.run(argv, input=text.encode(), capture_output=True, check=False)
    return Cost(time.perf_counter() - wall, of_children() - processor), done.stdout


def of_children() -> float:
    """Processor seconds of all processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def sympy_costs(file: Path, lines: Sequence[Line], names: dict[str, tuple[str, ...]]) -> list[Cost | None]:
    """What each line takes in a new process of SymPy; None for those that it cannot do."""
    text = text_of([line | {"names": names[line["id"]]} for line in lines])
    argv = [sys.executable, __file__, str(file), "--worker"]
    done = subprocess.run(argv, input=text, stdout=subprocess.PIPE, text=True, check=True)
    costs = [json.loads(line) for line in done.stdout.splitlines()]
    return [None if cost is None else Cost(*cost) for cost in costs]


def worker() -> None:
    """SymPy's side: a line with the cost, or null, for each problem on stdin."""
    sp = _sympy.load()
    warm = {"expr": "x*sin(x)", "wrt": "x", "at": [{"x": 1.0}], "names": ["x"]}
    one_by_sympy(sp, warm)
    for text in sys.stdin:
        print(json.dumps(one_by_sympy(sp, json.loads(text))), flush=True)


def one_by_sympy(sp: Any, line: Line) -> Cost | None:
    """What one problem takes at all of its points; None where SymPy cannot."""
    names = line["names"]
    processor, wall = time.process_time(), time.perf_counter()
    try:
        with _sympy.within(SLOW):
            slope = _sympy.derivative(sp, _sympy.parsed(sp, line["expr"], names), line["wrt"])
            call = sp.lambdify([sp.Symbol(name) for name in names], slope, modules=["math", "mpmath", "sympy"])
            for point in line["at"]:
                float(call(*[point[name] for name in names]))
    except _sympy.Cannot:
        return None
    except Exception:  # noqa: BLE001  # a function that lambdify does not write, a point it trips over
        return None
    return Cost(time.perf_counter() - wall, time.process_time() - processor)


def profile(lines: Sequence[Line]) -> None:
    """Run the lines in this process under cProfile; the functions with most time of their own."""
    from dcalc.cli.main import main as dcalc

    arguments_ = ["diff", "-", "--format", "jsonl"]
    stdin = sys.stdin
    profiler = cProfile.Profile()
    try:
        for text in (text_of(lines[:1]), text_of(lines)):
            sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
            profiler = cProfile.Profile()
            with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
                profiler.runcall(dcalc, arguments_)
    finally:
        sys.stdin = stdin
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(25)
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(45)


if __name__ == "__main__":
    main()
