"""What `dcalc map` would cost on a cluster, worked out from one and two workers of Spark on this machine.

It cannot be measured here, so this is a simulation, and says what it assumes. Measured are the seconds that a row
costs with one and with two workers (the slope between two sizes, so that starting Spark does not count), the bytes of
a row read and written, the seconds that starting a job takes, and the plan of Spark, which has no exchange between
workers: a row is read, answered and written by one task. From these:

- A node of C cores answers C/(1 + s*(C - 1)) times what one core does, where s is the share that two workers lose to
  one another here (memory, disk): Amdahl's law, fitted at two.
- Nodes share nothing but the store, since nothing is exchanged. So N nodes answer N times as much, until their
  network carries no more: `--network` bytes a second per node, for what is read and written.
- Rows come in tasks of `--task-rows`; at the end all wait for the slowest task, which takes `--straggler` times as
  long as the usual one. A share `--failures` of the tasks is lost and done again.
- A core of a node is as fast as one here, the store is not throttled, and all rows are as here: those that the
  reference has to answer cost 0.1 ms each, so that a table with many of them is dearer.

    python tests/benchmarks/cluster.py     # with Spark and Java on this machine: pip install -e '.[spark]'
    python tests/benchmarks/cluster.py --rows 4000000 --nodes 10,100 --cores 32
"""

import contextlib
import io
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from _common import arguments, show

FORMULA = "x**2*y + sin(x*y)"
GOAL = 10**12
WORKERS = (1, 2)


class Costs(NamedTuple):
    """What was measured: seconds per row by the number of workers, bytes per row, seconds to start, the plan."""

    seconds: dict[int, float]
    read: float
    written: float
    start: float
    plan: str

    @property
    def lost(self) -> float:
        """The share that workers of one machine lose to one another, from 0 to 1."""
        one, two = (self.seconds[count] for count in WORKERS)
        return min(max(2 * two / one - 1, 0.0), 1.0)

    def rate(self, cores: int) -> float:
        """Rows per second of a node."""
        return cores / (1 + self.lost * (cores - 1)) / self.seconds[1]


def main() -> None:
    """Print what was measured, the plan, and what follows."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--expression", default=FORMULA)
    parser.add_argument("--rows", type=int, default=4_000_000, help="of the larger table")
    parser.add_argument("--nodes", default="1,10,100,1000")
    parser.add_argument("--cores", type=int, default=16, help="of a node")
    parser.add_argument("--network", type=float, default=1.25e9, help="bytes a second of a node (10 Gbit)")
    parser.add_argument("--task-rows", type=int, default=50_000_000)
    parser.add_argument("--straggler", type=float, default=2.0)
    parser.add_argument("--failures", type=float, default=0.01)
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    if busy > 1:
        print(f"this machine is busy (load {busy:.1f}): what is measured says little", file=sys.stderr)
    costs = measure(options.expression, options.rows)
    rows = [
        [f"{count} worker{'s' * (count > 1)}", seconds * 1e9, 1 / seconds / 1e6]
        for count, seconds in costs.seconds.items()
    ]
    show(f"{options.expression}, the slope up to {options.rows:,} rows", ["", "ns a row", "million rows/s"], rows)
    print(f"\n  bytes a row: {costs.read:.1f} read, {costs.written:.1f} written; a job starts in {costs.start:.1f} s")
    print(f"  lost between workers of one machine: {costs.lost:.0%}")
    print("\nthe plan of Spark:\n\n" + costs.plan.strip())
    if "Exchange" in costs.plan:
        sys.exit("the plan exchanges rows between workers: what follows would not hold")
    forecast(costs, options)


def measure(expression: str, rows: int) -> Costs:
    """Run the job with one and two workers, on two tables."""
    import numpy as np
    import polars as pl

    draw = np.random.default_rng(1).uniform
    sizes = (rows // 4, rows)
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: Path(folder) / f"{size}.parquet" for size in sizes}
        for size, path in paths.items():
            frame = pl.DataFrame({"id": np.arange(size), "x": draw(-10, 10, size), "y": draw(-1, 1, size)})
            frame.write_parquet(path, row_group_size=size // 8)
        seconds, start, plan, written = {}, 0.0, "", 0.0
        for count in WORKERS:
            begun = time.perf_counter()
            times = {}
            for size, path in paths.items():
                spent, started, plan, out = run(expression, path, Path(folder) / f"out{count}-{size}", count)
                times[size] = spent
                start = max(start, started)
                written = out / size
            seconds[count] = (times[sizes[1]] - times[sizes[0]]) / (sizes[1] - sizes[0])
            print(f"  measured with {count}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        return Costs(seconds, paths[rows].stat().st_size / rows, written, start, plan)


def run(expression: str, source: Path, target: Path, workers: int) -> tuple[float, float, str, float]:
    """Seconds that the rows take when all is started, seconds to start, the plan, and the bytes that were written."""
    from dcalc.expr import variables
    from dcalc.io.engines import Settings, load
    from dcalc.io.mapper import BatchMapper, describe_part
    from dcalc.io.sources import find_source
    from dcalc.parser import parse

    root = parse(expression).root
    mapper = BatchMapper([describe_part(root, variables(root))])
    begun = time.perf_counter()
    with load("spark").open_table(find_source(str(source)), Settings(master=f"local[{workers}]")) as table:
        frame: Any = table.extend(mapper)  # type: ignore[attr-defined]  # of this engine
        frame.limit(1).collect()  # a worker is started, and dcalc is loaded in it
        started = time.perf_counter() - begun
        words = io.StringIO()
        with contextlib.redirect_stdout(words):
            frame.explain()
        begun = time.perf_counter()
        frame.write.parquet(str(target))
        spent = time.perf_counter() - begun
    return spent, started, words.getvalue(), sum(os.path.getsize(path) for path in target.glob("*.parquet"))


def forecast(costs: Costs, options: Any) -> None:
    """Print hours for each number of nodes, and what they are spent on."""
    bytes_per_row = costs.read + costs.written
    by_processor, by_network = costs.rate(options.cores), options.network / bytes_per_row
    rate = min(by_processor, by_network)
    limit = "processor" if by_processor <= by_network else "network"
    cells = []
    for nodes in map(int, options.nodes.split(",")):
        tasks = math.ceil(GOAL / options.task_rows)
        slots = nodes * options.cores
        task = options.task_rows / (rate / options.cores)
        waves = math.ceil(tasks / slots)
        seconds = GOAL * (1 + options.failures) / (nodes * rate) + (options.straggler - 1) * task + costs.start
        seconds = max(seconds, waves * task)
        cells.append([f"{nodes:,} nodes", nodes * rate / 1e6, seconds / 3600, waves, task / 60, limit])
    title = f"{GOAL:.0e} rows on nodes of {options.cores} cores, {GOAL * bytes_per_row / 1e12:.1f} TB through the store"
    show(title, ["", "million rows/s", "hours", "waves", "minutes a task", "limited by"], cells)
    print("\nnone of the last table was run: see the assumptions in --help")


if __name__ == "__main__":
    main()
