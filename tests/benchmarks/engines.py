"""The engines of `dcalc map` beside one another: the same numbers, and what they cost.

First, 1e6 rows with null, nan, infinities, kinks and poles among them go through every engine, as a Parquet file, as a
folder of 16 partitions and as a table of DuckDB; sorted by their number, all outputs must be the same to the bit. Then
1e7 rows go through Polars and DuckDB, Parquet to Parquet, and through Spark where it is installed; and a table of three
times the memory that DuckDB is given is sorted and answered.

    python tests/benchmarks/engines.py                      # Polars and DuckDB
    python tests/benchmarks/engines.py --spark              # and a server of Spark Connect without Java (pysail)
    python tests/benchmarks/engines.py --master 'local[2]'  # and Spark itself

How to read it: seconds of the processor and on the wall (medians of the rounds), the largest memory of the process, and
the processor's time over that of Polars. The targets are 1.3 times Polars and 512 MiB for DuckDB. What Spark costs is
spent in its server, of which a client sees only the wall.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from _common import arguments, command, compiled, show, verdict

ODD = "abs(x) + 1/y + sqrt(z)"
FORMULA = "x**2*y + sin(x*y)"
MEMORY = 512  # MiB
MOST = 1.3
MAKE_ODD = """
import sys, duckdb, numpy as np, polars as pl
rows, folder = int(sys.argv[1]), sys.argv[2]
draw = np.random.default_rng(1)
odd = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan, 1e-300, 1e300])
def column():
    values = draw.normal(size=rows)
    strange = draw.random(rows) < 0.01
    values[strange] = draw.choice(odd, strange.sum())
    return pl.Series(values).set(pl.Series(draw.random(rows) < 0.005), None)
z = np.where(draw.random(rows) < 0.002, 0, 4)
frame = pl.DataFrame({"id": np.arange(rows), "x": column(), "y": column(), "z": z})
frame = frame.with_columns(part=pl.col("id") % 16)
frame.write_parquet(f"{folder}/one.parquet")
frame.lazy().sink_parquet(pl.PartitionBy(f"{folder}/hive", key=["part"], include_key=False), mkdir=True)
with duckdb.connect(f"{folder}/points.duckdb") as connection:
    connection.execute("CREATE TABLE points AS FROM frame")
"""
MAKE_LARGE = """
import sys, numpy as np, polars as pl
rows, draw = int(sys.argv[1]), np.random.default_rng(1).uniform
columns = {"id": np.arange(rows), "x": draw(-10, 10, rows), "y": draw(-1, 1, rows)}
pl.DataFrame(columns).write_parquet(sys.argv[2])
"""
COMPARE = """
import sys, glob, os, polars as pl
def read(path):
    files = sorted(glob.glob(f"{path}/**/*.parquet", recursive=True)) if os.path.isdir(path) else [path]
    frame = pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])
    return frame.select("id", "df_dx", "df_dy", "df_dz", "status").sort("id")
first = read(sys.argv[1])
print(first.height, *[int(not read(path).equals(first, null_equal=True)) for path in sys.argv[2:]])
print(first["status"].value_counts(sort=True).rows())
"""
SERVER = """
import sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
print(server.listening_address[1], flush=True)
sys.stdin.read()
"""


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--odd-rows", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--spark", action="store_true", help="start a server without Java (pysail)")
    parser.add_argument("--master", help="the address of a server, or local[N]")
    options = parser.parse_args()
    with (
        compiled(),
        tempfile.TemporaryDirectory() as folder,
        find_master(options.master, spark=options.spark) as master,
    ):
        compare_outputs(Path(folder), options.odd_rows, master)
        compare_costs(Path(folder), options.rows, options.rounds, master)
        exceed_memory(Path(folder))


@contextmanager
def find_master(master: str | None, *, spark: bool) -> Iterator[str | None]:
    """The address of Spark, None where it takes no part."""
    if not spark:
        yield master
        return
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as child:  # fmt: skip
        assert child.stdout is not None
        yield f"sc://127.0.0.1:{child.stdout.readline().strip()}"
        child.kill()


def compare_outputs(folder: Path, rows: int, master: str | None) -> None:
    """Print whether all ways give the same."""
    python("-c", MAKE_ODD, str(rows), str(folder))
    sources = {"file": ["--in", str(folder / "one.parquet")], "folder": ["--in", str(folder / "hive")]}
    table = ["--db", str(folder / "points.duckdb"), "--in", "points"]
    ways = {f"{name} by polars": [*source, "--engine", "polars"] for name, source in sources.items()}
    ways |= {f"{name} by duckdb": [*source, "--engine", "duckdb"] for name, source in sources.items()}
    ways["table by duckdb"] = table
    if master is not None:
        ways |= {
            f"{name} by spark": [*source, "--engine", "spark", "--master", master] for name, source in sources.items()
        }
    outputs = []
    for number, source in enumerate(ways.values()):
        outputs.append(str(folder / f"odd{number}"))
        run(command("map", ODD, *source, "--out", outputs[-1], "--format", "parquet", "-q"), codes=(1,))
    first, statuses = python("-c", COMPARE, *outputs).splitlines()
    found, *differs = map(int, first.split())
    cells = [[name, "differs" if other else "the same"] for name, other in zip([*ways][1:], differs, strict=True)]
    show(f"{found:,} rows of {ODD}, against {next(iter(ways))}: {statuses}", ["", "numbers and statuses"], cells)
    if any(differs) or found != rows:
        sys.exit("the outputs differ")


def compare_costs(folder: Path, rows: int, rounds: int, master: str | None) -> None:
    """Print what each engine costs."""
    source = str(folder / "large.parquet")
    python("-c", MAKE_LARGE, str(rows), source)
    engines = {"polars": ["--engine", "polars"], "duckdb": ["--engine", "duckdb"]}
    if master is not None:
        engines["spark"] = ["--engine", "spark", "--master", master]
    costs: dict[str, list[tuple[float, float, float]]] = {name: [] for name in engines}
    for number in range(rounds):
        for name, options in engines.items():
            out = str(folder / f"{name}{number}")
            costs[name].append(
                run(command("map", FORMULA, source, *options, "--out", out, "--format", "parquet", "-q"))
            )
    base = [processor for _, processor, _ in costs["polars"]]
    cells: list[list[object]] = []
    for name, found in costs.items():
        walls, processor, memory = (list(column) for column in zip(*found, strict=True))
        over = median(a / b for a, b in zip(processor, base, strict=True))
        targets = ["", ""] if name != "duckdb" else [verdict(over, MOST), verdict(max(memory), MEMORY)]
        cells.append([name, median(processor), median(walls), max(memory), over, *targets])
    heading = ["", "processor s", "wall s", "MiB", "over polars", "target", "MiB target"]
    show(f"{rows:,} rows of {FORMULA}, {rounds} rounds", heading, cells)


def exceed_memory(folder: Path) -> None:
    """Print what a table costs that is three times as large as the memory that DuckDB has."""
    query = f"SELECT * FROM read_parquet('{folder / 'large.parquet'}') ORDER BY y"
    size = 24 * 10**7 // 3
    cost = run(command("map", "x**2", query, "--memory", f"{size}B", "--out", str(folder / "sorted.parquet"), "-q"))
    title = f"three times the memory: sorted by DuckDB in {size // 10**6} MB"
    show(title, ["", "processor s", "wall s", "MiB"], [["duckdb", cost[1], cost[0], cost[2]]])


def python(*argv: str) -> str:
    """What a Python process prints."""
    return subprocess.run([sys.executable, *argv], stdout=subprocess.PIPE, text=True, check=True).stdout


def run(argv: Sequence[str], codes: Sequence[int] = (0,)) -> tuple[float, float, float]:
    """Seconds on the wall and of the processor, MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(argv)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in codes:
        sys.exit(f"{' '.join(argv[:4])} ended with {child.returncode}: nothing to compare")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
