"""How time and memory grow with what is typed: characters, columns, rows, exponents of literals, order.

    python tests/benchmarks/growth.py [--quick] [KIND ...]

Every row is a whole process, start-up included, at three sizes that double or grow tenfold; `us` and `bytes` are what
each further unit costs between the smallest and the largest size, `growth` is the exponent of the time beyond that of
the smallest size (1 is linear), left out where the time is not large enough to tell. A size that ends with `limit` is
marked; what it costs counts as well: it must not be more than a long answer.

Targets: at most 15 microseconds and 300 bytes per character of text, which is linear, or a refusal at once.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from _common import CHECKOUT

START = ("diff", "x")
"""The call whose time and memory are those of the start."""


class Kind(NamedTuple):
    """What grows: its unit, the arguments and the input of one call at a size, and the sizes."""

    unit: str
    arguments: tuple[str, ...]
    write: Callable[[int], str]
    sizes: tuple[int, int, int]


def csv(columns: int, rows: int) -> str:
    heading = ",".join(f"x{k}" for k in range(columns))
    return "\n".join([heading, *[",".join(["1.5"] * columns)] * rows]) + "\n"


TEXT = ("diff", "-f", "INPUT", "--wrt", "x", "-q")
TEXT_ONLY = ("simplify", "-f", "INPUT", "-q")
SHORT, MIDDLE, LONG = (50_000, 100_000, 200_000), (100_000, 200_000, 400_000), (1_000_000, 2_000_000, 4_000_000)


def bind(count: int) -> str:
    return "t0=x;" + "".join(f"t{k}=t{k - 1}*x;" for k in range(1, count)) + "t0"


def add_sines(count: int) -> str:
    return "+".join(f"sin({k}*x)" for k in range(count))


def lines(form: str, count: int) -> str:
    return "".join(f"{form.format(k)}\n" for k in range(count))


KINDS = {
    "x+x+...": Kind("character", TEXT, lambda n: "x+" * (n // 2) + "x", MIDDLE),
    "x*x*...": Kind("character", TEXT, lambda n: "x*" * (n // 2) + "x", MIDDLE),
    "sum of sines": Kind("character", TEXT, lambda n: add_sines(n // 12), SHORT),
    "names": Kind("character", TEXT, lambda n: "a" * n, LONG),
    "brackets": Kind("character", TEXT, lambda n: "(" * (n // 2) + "x" + ")" * (n // 2), MIDDLE),
    "open brackets": Kind("character", TEXT, lambda n: "(" * n, LONG),
    "commas": Kind("character", TEXT, lambda n: "max(" + "x, " * (n // 3) + "x)", MIDDLE),
    "calls": Kind("character", TEXT, lambda n: "abs(" * (n // 5) + "x" + ")" * (n // 5), MIDDLE),
    "where": Kind("character", TEXT_ONLY, lambda n: "where(x>0, x, " * (n // 15) + "1" + ")" * (n // 15), SHORT),
    "bindings": Kind("character", TEXT_ONLY, lambda n: bind(n // 14), MIDDLE),
    "tower": Kind("character", TEXT_ONLY, lambda n: "x**" * (n // 3) + "x", (75_000, 150_000, 300_000)),
    "signs": Kind("character", TEXT, lambda n: "-" * n + "x", LONG),
    "negations": Kind("character", TEXT, lambda n: "-(" * (n // 3) + "x" + ")" * (n // 3), MIDDLE),
    "blank lines": Kind("character", ("diff", "-"), lambda n: "\n" * n, (1_000_000, 10_000_000, 30_000_000)),
    "expressions": Kind("row", ("diff", "-"), lambda n: lines("sin({}*x)", n), (1_000, 2_000, 4_000)),
    "points": Kind("row", ("diff", "x**2*sin(x)", "--at", "-"), lambda n: lines("{}", n), MIDDLE),
    "columns": Kind("column", ("diff", "x7**2", "--at", "-"), lambda n: csv(n, 3), (10_000, 20_000, 40_000)),
    "exponents": Kind("exponent", ("diff", "-f", "INPUT"), lambda n: f"x*1e-{n}", (25_000, 50_000, 100_000)),
    "digits": Kind("digit", ("diff", "-f", "INPUT"), lambda n: "x*" + "7" * n, (25_000, 50_000, 100_000)),
    "order": Kind("order", ("diff", "exp(sin(x))", "--at", "1", "-n", "SIZE"), lambda n: "", (100, 200, 400)),
    "degree": Kind("degree", ("taylor", "exp(sin(x))", "--at", "1", "-n", "SIZE"), lambda n: "", (250, 500, 1_000)),
}  # fmt: skip


LIMITS = (b"no answer within", b"more than", b"would be", b"too long", b"out of memory")


class Cost(NamedTuple):
    """What a call took: seconds of the processor, bytes, and whether it ended with `limit`."""

    seconds: float
    memory: int
    is_limit: bool


def measure(arguments: tuple[str, ...], text: str, size: int) -> Cost:
    """One call as a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_text(text)
        words = [{"INPUT": str(path), "SIZE": str(size)}.get(word, word) for word in arguments]
        with path.open("rb") as stdin, (Path(folder) / "errors").open("w+b") as errors:
            child = subprocess.Popen(
                [sys.executable, "-m", "dcalc", *words],
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            )
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            said = errors.read()
    refused = any(words in said for words in LIMITS)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10, bool(child.returncode) and refused)


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="all by default")
    parser.add_argument("--quick", action="store_true", help="sizes a tenth as large")
    options = parser.parse_args()
    least = measure(START, "", 0)
    print(f"{'kind':<14} {'sizes':>30}  {'seconds':>22}  {'MB':>16}  {'us':>7} {'bytes':>6}  growth")
    begun = time.monotonic()
    for name, kind in KINDS.items():
        if options.kinds and name not in options.kinds:
            continue
        sizes = [max(1, size // 10) for size in kind.sizes] if options.quick else list(kind.sizes)
        costs = [measure(kind.arguments, kind.write(size), size) for size in sizes]
        spent = [max(cost.seconds - least.seconds, 1e-3) for cost in costs]
        unit = 1e6 * (spent[-1] - spent[0]) / (sizes[-1] - sizes[0])
        memory = (costs[-1].memory - costs[0].memory) / (sizes[-1] - sizes[0])
        power = math.log(spent[-1] / spent[0]) / math.log(sizes[-1] / sizes[0]) if spent[0] > 0.05 else None
        marks = "".join("l" if cost.is_limit else "." for cost in costs)
        print(
            f"{name:<14} {' '.join(f'{size:,}' for size in sizes):>30}"
            f"  {' '.join(f'{cost.seconds:.2f}' for cost in costs):>18} {marks}"
            f"  {' '.join(f'{cost.memory >> 20}' for cost in costs):>16}  {unit:7.2f} {memory:6.0f}"
            f"  {'' if power is None else f'{power:.2f}'} per {kind.unit}",
            flush=True,
        )
    print(f"{time.monotonic() - begun:.0f} s, {resource.getpagesize()} bytes a page", file=sys.stderr)


if __name__ == "__main__":
    main()
