"""A million points through `dcalc diff 'x**2*sin(x)' --at -`, against the best ways by hand.

    python tests/benchmarks/streams.py [--points N] [--rounds N]

Whole processes, start-up included: 17-digit doubles on stdin (a file), point and derivative on
stdout (a file). The baselines are two Python programs written for this one formula,
`_best_orjson.py` and `_best_polars.py`, which bound no error and check no line.

How to read it: seconds on the wall and of the processor (the least of all rounds: on a machine that
others use, too, the second tells more), the largest memory of the process, and the median over the
rounds of the time over that of the quicker baseline of the same round (targets: at most 0.7 with
--fast, 0.75 with the bound that is the default; under 150 MiB). CSV with a second column is shown
beside it; JSON Lines, whose records are ten times as long, are to take at most three times the
processor seconds of plain numbers. "-j 1" is without the two processes that long streams have. Seconds of the
processor are those of all processes of a call. Polars, the quicker baseline where two cores are free, has two threads;
orjson with NumPy has one and is the quicker one where they are not.

The floor, on two free cores (`chrt -f 20`, a million points: 0.24 s with --fast and 0.275 s with the bound, where the
baselines take 0.30 and 0.46 s: ratios of 0.81 and 0.92). Both cores are busy from the first fork to the end, and no
process waits for another: what is taken is half the sum of the processor's milliseconds, 410 with --fast:
 25   Python and the supervisor, while the other core has nothing to do yet
 75   the process that reads and writes: Typer (35), dcalc (25), to read the expression and write its program (15)
 65   the one beside it, meanwhile: NumPy (60) and orjson; it is sent a program, and needs no more of dcalc
245   rows: 65 to read them (orjson 35, to pack doubles 10), 55 to compute (40 in the C library's sine and cosine), 90
      to print (orjson 53, to change its commas 25, some of its spellings 5), 35 to pass on and to write 38 MB
 70   more with the bound: flint (25) and the rest of dcalc (20) in the process beside, the first rows (9) and those
      near zeros of the derivative (10) in balls, and to bound the others (4)
Of these, some 30 are 15,000 page faults, most of them of modules; the bound brings 3,000. Who is first to be ready
reads numbers for the others, so that loading costs no more than its own time; the targets ask for 355 and 390. Polars
prints no faster by as much as it takes to load, and spells numbers below 1e-4 its own way. What was tried and gives
nothing: other sizes of blocks and of the pieces that are printed; commas found by the 8 bytes; one process beside the
first instead of two; rows near zeros in double-doubles, which take 0.8 ms a block, where balls take 0.1.

JSON Lines take 1.27 s of one processor where numbers take 0.43: they are 340 MB, which take 0.14 to write and 0.2 to be
joined, 0.35 to print three numbers each, 0.2 to put between them the texts that all have, and 0.2 to read and compute.
`--points 2000` shows what it takes to start.
"""

import ctypes
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from _common import arguments, command, compiled, ratio, show, verdict

HERE = Path(__file__).parent
FORMULA = "x**2*sin(x)"
TARGETS = {"dcalc --fast": 0.7, "dcalc": 0.75}
_SUBREAPER = 36
RECORDS = 3
"""The most that JSON Lines may take of the processor, in that of plain numbers, both by one process."""
MEMORY = 150  # MiB


class Cost(NamedTuple):
    """Seconds on the wall, seconds of the processor, MiB."""

    wall: float
    processor: float
    memory: float


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    dcalc = command("diff", FORMULA, "--at", "-", "-q")
    jobs = {
        "orjson + NumPy": ([sys.executable, str(HERE / "_best_orjson.py")], "txt"),
        "Polars": ([sys.executable, str(HERE / "_best_polars.py")], "txt"),
        "dcalc --fast": ([*dcalc, "--fast"], "txt"),
        "dcalc": (dcalc, "txt"),
        "dcalc --fast -j 1": ([*dcalc, "--fast", "-j", "1"], "txt"),
        "dcalc -j 1": ([*dcalc, "-j", "1"], "txt"),
        "dcalc, csv": (dcalc, "csv"),
        "dcalc, jsonl": (dcalc, "jsonl"),
        "dcalc, jsonl -j 1": ([*dcalc, "-j", "1"], "jsonl"),
    }
    adopt_orphans()
    with compiled(), tempfile.TemporaryDirectory() as folder:
        write_points(Path(folder), options.points)
        costs: dict[str, list[Cost]] = {name: [] for name in jobs}
        for count in range(options.rounds + 1):
            for name, (argv, suffix) in jobs.items():
                cost = run(argv, Path(folder), suffix, options.points)
                if count:
                    costs[name].append(cost)
    report(costs, f"{options.points:,} points, {options.rounds} rounds")


def write_points(folder: Path, count: int) -> None:
    """The same points as numbers, CSV and JSON Lines; none is held, since a child begins with our memory."""
    draw = random.Random(1).uniform
    with (
        open(folder / "points.txt", "w") as txt,
        open(folder / "points.csv", "w") as csv,
        open(folder / "points.jsonl", "w") as jsonl,
    ):
        csv.write("x,label\n")
        for place in range(count):
            point = repr(draw(-10, 10))
            txt.write(f"{point}\n")
            csv.write(f"{point},p{place}\n")
            jsonl.write(f'{{"x": {point}}}\n')


def run(argv: Sequence[str], folder: Path, suffix: str, points: int) -> Cost:
    """What a process takes; its output is checked for the number of its lines."""
    with open(folder / f"points.{suffix}", "rb") as source, open(folder / "out", "wb") as target:
        start = time.perf_counter()
        child = subprocess.Popen(argv, stdin=source, stdout=target)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    usages = [usage, *adopted()]
    with open(folder / "out", "rb") as target:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: target.read(1 << 20), b""))
    if child.returncode or lines != points + (suffix == "csv"):
        sys.exit(f"{argv[0]} ended with {child.returncode} after {lines:,} lines: nothing to compare")
    processor = sum(each.ru_utime + each.ru_stime for each in usages)
    return Cost(wall, processor, max(each.ru_maxrss for each in usages) / 1024)


def adopt_orphans() -> None:
    """Let processes whose parents end first become children of this one, so that their time is counted (Linux)."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def adopted() -> Iterator[resource.struct_rusage]:
    """What the processes took that outlived their parents."""
    with suppress(ChildProcessError):
        while True:
            yield os.wait4(-1, 0)[2]


def report(costs: dict[str, list[Cost]], title: str) -> None:
    """All in seconds, and the ratios to the quicker baseline of each round."""
    walls = {name: [cost.wall for cost in found] for name, found in costs.items()}
    best = [min(pair) for pair in zip(walls["orjson + NumPy"], walls["Polars"], strict=True)]
    rows: list[list[object]] = []
    for name, found in costs.items():
        figure, memory = ratio(walls[name], best), max(cost.memory for cost in found)
        targets = [verdict(figure, TARGETS[name]), verdict(memory, MEMORY)] if name in TARGETS else ["", ""]
        rows.append(
            [
                name,
                min(walls[name]),
                min(cost.processor for cost in found),
                figure,
                targets[0],
                memory,
                targets[1],
            ]
        )
    figure = ratio(*([cost.processor for cost in costs[name]] for name in ("dcalc, jsonl -j 1", "dcalc -j 1")))
    show(title, ["", "wall s", "processor s", "ratio", "target", "MiB", "target"], rows)
    print(f"  records over numbers, processor: {figure:.2f}, {verdict(figure, RECORDS)}")


if __name__ == "__main__":
    main()
