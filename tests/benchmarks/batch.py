"""Many problems in one call, against SymPy.

    python tests/benchmarks/batch.py FILE [--rounds N] [--profile]

Measured: `dcalc diff - --format jsonl` as a whole process, fed one JSON object a line with
"expr", "wrt", "at" (all points of the problem) and "id", a gradient problem becoming one line
a name. Start-up is taken off: it is what the same process takes for one line. The baseline is
SymPy in a process of its own that is already running: parse_expr + diff + lambdify (to
Python's math) + a call at each of the same points, line by line, its caches kept. Both over
the lines that SymPy can do (no function unknown to it, no derivative left over, no error),
in turns. dcalc's answer is more than SymPy's: 30 certified digits, status, f, the text.

How to read it: microseconds a problem of both, and the median over the rounds of SymPy's time
over dcalc's (target: at least 10). `--profile` prints where dcalc's time goes, function by
function, from the same work in this process.
"""

import cProfile
import io
import json
import pstats
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import Any

import _sympy
from _common import Item, arguments, command, compiled, load, ratio, show, verdict

TARGET = 10
SLOW = 20.0
LINE_END = b"\n"
Line = dict[str, Any]


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
    theirs = sympy_seconds(file, lines, names)
    able = [line for line, spent in zip(lines, theirs, strict=True) if spent is not None]
    print(f"{len(lines):,} problems, of which SymPy can do {len(able):,}; the others are left out", flush=True)
    text, start = text_of(able), text_of(able[:1])
    points = sum(len(line["at"]) for line in able)
    dcalc: list[float] = []
    sympy: list[float] = []
    whole: list[float] = []
    dcalc_seconds(start)
    for _ in range(rounds):
        sympy.append(sum(spent or 0.0 for spent in sympy_seconds(file, able, names)) / len(able))
        started, _ = dcalc_seconds(start)
        total, output = dcalc_seconds(text)
        if output.count(LINE_END) != points:
            sys.exit(f"dcalc wrote {output.count(LINE_END):,} records, not {points:,}: nothing to compare")
        whole.append(total)
        dcalc.append((total - started) / len(able))
    header = ["", "median", "least"]
    rows = [[name, 1e6 * median(spent), 1e6 * min(spent)] for name, spent in (("dcalc", dcalc), ("SymPy", sympy))]
    show(f"microseconds a problem ({points / len(able):.1f} points each), {rounds} rounds", header, rows)
    figure = ratio(sympy, dcalc)
    print(f"  ratio SymPy / dcalc: {figure:.2f}, {verdict(figure, TARGET, least=True)}")
    print(f"  dcalc's process as a whole: {median(whole):.2f} s for {points:,} records")
    return able


def dcalc_seconds(text: str) -> tuple[float, bytes]:
    """Seconds of the whole process, and what it printed."""
    argv = command("diff", "-", "--format", "jsonl")
    start = time.perf_counter()
    done = subprocess.run(argv, input=text.encode(), capture_output=True, check=False)
    return time.perf_counter() - start, done.stdout


def sympy_seconds(file: Path, lines: Sequence[Line], names: dict[str, tuple[str, ...]]) -> list[float | None]:
    """Seconds of each line in a new process of SymPy; None for those that it cannot do."""
    text = text_of([line | {"names": names[line["id"]]} for line in lines])
    argv = [sys.executable, __file__, str(file), "--worker"]
    done = subprocess.run(argv, input=text, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def worker() -> None:
    """SymPy's side: a line of seconds, or null, for each problem on stdin."""
    sp = _sympy.load()
    warm = {"expr": "x*sin(x)", "wrt": "x", "at": [{"x": 1.0}], "names": ["x"]}
    one_by_sympy(sp, warm)
    for text in sys.stdin:
        print(json.dumps(one_by_sympy(sp, json.loads(text))), flush=True)


def one_by_sympy(sp: Any, line: Line) -> float | None:
    """Seconds for one problem at all of its points; None where SymPy cannot."""
    names = line["names"]
    start = time.perf_counter()
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
    return time.perf_counter() - start


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
