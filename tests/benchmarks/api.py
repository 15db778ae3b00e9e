"""What the Python API costs beside what it calls.

    python tests/benchmarks/api.py [--problems N] [--points N] [--rounds N]

Measured, in turns: `dcalc.diff(f, "x").at(x=...)` in a loop over different points, against
`dcalc diff - --format jsonl` as a whole process over the same problems, less what the process takes for one line;
and a call of what `dcalc.compile` gives, against `Kernel.rows` of the same formula and array, in both modes.

How to read it: microseconds per problem or nanoseconds per point, and the median over the rounds of the API's
time over the other's. Targets: at most 1.3 for the loop, at most 1.1 for arrays.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from statistics import median

import numpy as np
from _common import arguments, command, interleaved, ratio, show, verdict

import dcalc
from dcalc.bulk.kernel import Kernel

TEXT = "x**2*sin(x) + exp(-x**2/2)/(1 + x**2)"
LOOP, ARRAYS = 1.3, 1.1


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--problems", type=int, default=2_000)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    loop(options.problems, options.rounds)
    for mode in ("fast", "bound"):
        arrays(mode, options.points, options.rounds)


def loop(count: int, rounds: int) -> None:
    """The loop against the batch of the command line."""
    points = [0.5 + k / count for k in range(count)]
    lines = [json.dumps({"expr": TEXT, "wrt": "x", "at": {"x": point}}).encode() + b"\n" for point in points]
    f = dcalc.parse(TEXT)

    def ask() -> None:
        for point in points:
            dcalc.diff(f, "x").at(x=point)

    found = interleaved({"api": ask, "batch": batch(lines), "start": batch(lines[:1])}, rounds)
    batches = [whole - start for whole, start in zip(found["batch"], found["start"], strict=True)]
    figure = ratio(found["api"], batches)
    rows = [
        [
            "dcalc.diff(f, 'x').at(x=...)",
            1e6 * sorted(found["api"])[rounds // 2] / count,
            figure,
            verdict(figure, LOOP),
        ],
        ["dcalc diff - --format jsonl", 1e6 * sorted(batches)[rounds // 2] / count, 1.0, ""],
    ]
    show(f"{count:,} problems, one by one", ["", "us", "ratio", "target"], rows)


def batch(lines: list[bytes]) -> Callable[[], None]:
    """The command line over all lines."""

    def run() -> None:
        text, argv = b"".join(lines), command("diff", "-", "--format", "jsonl")
        subprocess.run(argv, input=text, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    return run


def arrays(mode: str, count: int, rounds: int) -> None:
    """A compiled function against its kernel."""
    x = np.linspace(-5.0, 5.0, count)
    compiled = dcalc.compile(TEXT, wrt="x", mode="fast" if mode == "fast" else "bound")
    kernel = Kernel(dcalc.parse(TEXT).node, [(), ("x",)], ["x"], mode=mode)
    found = interleaved({"api": lambda: compiled(x=x), "kernel": lambda: kernel.rows([x])}, rounds)
    figure = ratio(found["api"], found["kernel"])
    middle = {name: 1e9 * median(times) / count for name, times in found.items()}
    rows = [
        [f"dcalc.compile, {mode}", middle["api"], figure, verdict(figure, ARRAYS)],
        [f"Kernel.rows, {mode}", middle["kernel"], 1.0, ""],
    ]
    show(f"{count:,} points in one array", ["", "ns", "ratio", "target"], rows)


if __name__ == "__main__":
    sys.exit(main())
