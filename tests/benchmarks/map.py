"""A Parquet file of ten million rows through `dcalc map`, in under a gibibyte.

    python tests/benchmarks/map.py [--rows N] [--rounds N]

Whole processes: three columns in (an integer, two doubles), five out (two partial derivatives and
their status besides), of `x**2*sin(x*y)`. The baseline is the same with Polars by hand, the two
derivatives written out as its expressions and streamed by `sink_parquet`; it bounds no error.

How to read it: seconds on the wall and of the processor (medians), the largest memory of the
process (target: under 1,024 MiB), and the median over the rounds of the time over the baseline's.
The order of the rows and the values are checked against the baseline's file, once.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from _common import arguments, command, compiled, ratio, show, verdict

FORMULA = "x**2*sin(x*y)"
MEMORY = 1024  # MiB

MAKE = """
import sys, numpy as np, polars as pl
rows = int(sys.argv[1])
draw = np.random.default_rng(1).uniform
columns = {"row": np.arange(rows), "x": draw(-10, 10, rows), "y": draw(-1, 1, rows)}
pl.DataFrame(columns).write_parquet(sys.argv[2])
"""
BY_HAND = """
import sys, polars as pl
x, y = pl.col("x"), pl.col("y")
by_x = (2 * x * (x * y).sin() + x * x * (x * y).cos() * y).alias("df_dx")
by_y = (x * x * x * (x * y).cos()).alias("df_dy")
status = pl.lit("ok").alias("status")
pl.scan_parquet(sys.argv[1]).with_columns(by_x, by_y, status).sink_parquet(sys.argv[2])
"""
CHECK = """
import sys, polars as pl
ours, theirs = (pl.scan_parquet(path) for path in sys.argv[1:])
both = pl.concat([ours.rename(lambda name: f"our_{name}"), theirs], how="horizontal")
scale = pl.max_horizontal(pl.col("x") ** 2, pl.col("x").abs() ** 3) + pl.col("x").abs()
off = [((pl.col(f"our_{name}") - pl.col(name)).abs() > 1e-14 * scale).sum() for name in ("df_dx", "df_dy")]
other = [(pl.col(f"our_{name}") != pl.col(name)).sum() for name in ("row", "x", "y")]
found = both.select(*off, *other, pl.len().alias("rows")).collect(engine="streaming").row(0)
print(*found)
"""


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with compiled(), tempfile.TemporaryDirectory() as folder:
        source, ours, theirs = (str(Path(folder) / name) for name in ("in.parquet", "ours.parquet", "theirs.parquet"))
        python("-c", MAKE, str(options.rows), source)
        dcalc = command("map", FORMULA, "--in", source, "--out", ours, "-q")
        jobs = {
            "Polars by hand": [sys.executable, "-c", BY_HAND, source, theirs],
            "dcalc map --fast": [*dcalc, "--fast"],
            "dcalc map": dcalc,
            "dcalc map -j 2": [*dcalc, "-j", "2"],
        }
        costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in jobs}
        for _ in range(options.rounds):
            for name, argv in jobs.items():
                costs[name].append(run(argv))
        *wrong, rows = map(int, python("-c", CHECK, ours, theirs).split())
    if any(wrong) or rows != options.rows:
        sys.exit(f"of {rows:,} rows {wrong} differ: nothing to compare")
    report(costs, f"{options.rows:,} rows, {options.rounds} rounds")


def python(*argv: str) -> str:
    """What a Python process prints."""
    return subprocess.run([sys.executable, *argv], stdout=subprocess.PIPE, text=True, check=True).stdout


def run(argv: Sequence[str]) -> tuple[float, float, float]:
    """Seconds on the wall and of the processor, MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(argv)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{argv[0]} ended with {child.returncode}: nothing to compare")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def report(costs: dict[str, list[tuple[float, float, float]]], title: str) -> None:
    """All in seconds and MiB, and the ratios to the baseline."""
    base = [wall for wall, _, _ in costs["Polars by hand"]]
    rows: list[list[object]] = []
    for name, found in costs.items():
        walls, processor, memory = (list(column) for column in zip(*found, strict=True))
        rows.append(
            [name, median(walls), median(processor), ratio(walls, base), max(memory), verdict(max(memory), MEMORY)]
        )
    show(title, ["", "wall s", "processor s", "ratio", "MiB", "target"], rows)


if __name__ == "__main__":
    main()
