"""Value and derivative at a million points in memory, against JAX.

    python tests/benchmarks/kernel.py [--points N] [--jobs N] [--rounds N] [--sweep]

Measured: `exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))` and its derivative at points
evenly spread over [-5, 5], from an array in memory to two arrays. JAX (extra `jax`): jit of vmap
of value_and_grad in float64, compiled before, on the same processors. NumPy: both formulas by
hand, on whole arrays. dcalc: `Kernel` without a bound ("fast") and with it ("bound": each value
proved within 1e-12, the rows near zeros of f', where digits cancel, done again in double-doubles);
also "bound, programs", the same without those rows, and "certify", which rounds every row in
double-doubles. Each has a process of its own, for pools of threads go on spinning in the one that
holds them; in turns, medians of 11 calls, then of rounds.

How to read it: nanoseconds a point, and the median of the ratios to JAX in the same round (or to
"fast", where JAX is missing). Targets with 2 jobs: fast at most 0.9 times JAX, bound at most 1.5
times; bound, programs at most 3 times fast. `--sweep` shows other sizes of a block.

`exp(sin(x))/x` is certified twice as fast by 2 jobs in memory (0.054 s for 0.11 s of 1e5 rows). A process that
maps a file of them has 0.2 s more to start, read and write, so that 2 jobs make it 1.3 times as fast, and
1.7 times with 1e6 rows.
"""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
from _common import Job, arguments, interleaved, ratio, show, verdict

from dcalc.bulk.column_blocks import Blocks
from dcalc.bulk.formula import Formula
from dcalc.bulk.kernel import Kernel
from dcalc.parser import parse

TEXT = "exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))"
TARGETS = [(), ("x",)]
CALLS = 11
SIZES = (4_096, 8_192, 16_384, 32_768, 65_536)


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sweep", action="store_true", help="other sizes of a block")
    parser.add_argument("--alone", metavar="NAME", help="print the seconds of one, by its name in the table")
    options = parser.parse_args()
    x = np.linspace(-5.0, 5.0, options.points)
    if options.alone:
        job = contenders(x, options.jobs)[options.alone]()
        (times,) = interleaved({"": job}, CALLS).values()
        print(median(times))
        return
    names = [name for name in contenders(x, options.jobs) if name != "jax" or find_spec("jax") is not None]
    times_of: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.rounds):
        for name in names:
            times_of[name].append(alone(name, options.points, options.jobs))
    report(times_of, options.points, options.jobs)
    if options.sweep:
        sweep(x, options.jobs, options.rounds)


def contenders(x: Any, most: int) -> dict[str, Callable[[], Job]]:
    """What is measured, by name: each makes its job, which one call then runs."""
    made: dict[str, Callable[[], Job]] = {"numpy, by hand": lambda: lambda: by_hand(x), "jax": lambda: with_jax(x)}
    for count in dict.fromkeys((1, most)):
        made[f"fast, {count} jobs"] = partial(rows, "fast", count, x)
        made[f"bound, programs, {count} jobs"] = partial(programs, count, x)
        made[f"bound, {count} jobs"] = partial(rows, "bound", count, x)
        made[f"certify, {count} jobs"] = partial(rows, "certify", count, x)
    return made


def alone(name: str, points: int, jobs: int) -> float:
    """The seconds of a call in a process of its own."""
    line = [sys.executable, __file__, "--alone", name, "--points", str(points), "--jobs", str(jobs)]
    return float(subprocess.run(line, check=True, capture_output=True, text=True).stdout.split()[-1])


def by_hand(x: Any) -> tuple[Any, Any]:
    """What one writes with NumPy."""
    g, s, q, e = np.exp(-(x**2) / 2), np.sin(3 * x), 1 + x**2, np.exp(x)
    return g * s / q + np.log(1 + e), g * (3 * np.cos(3 * x) - x * s) / q - 2 * x * g * s / q**2 + e / (1 + e)


def with_jax(x: Any) -> Job:
    """JAX's value and gradient, compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def f(t: Any) -> Any:
        return jnp.exp(-(t**2) / 2) * jnp.sin(3 * t) / (1 + t**2) + jnp.log(1 + jnp.exp(t))

    call = jax.jit(jax.vmap(jax.value_and_grad(f)))
    points = jnp.asarray(x)
    return lambda: [part.block_until_ready() for part in call(points)]


def kernel(mode: str, jobs: int) -> Kernel:
    """What is measured of dcalc."""
    return Kernel(parse(TEXT).root, TARGETS, ["x"], mode=mode, jobs=jobs)


def rows(mode: str, jobs: int, x: Any) -> Job:
    """All of it."""
    made = kernel(mode, jobs)
    return lambda: made.rows([x])


def programs(jobs: int, x: Any) -> Job:
    """What runs in blocks alone."""
    run: Callable[..., Any] | None = kernel("bound", jobs).run
    assert run is not None
    return lambda: run([x], len(x))


def report(times: dict[str, list[float]], points: int, jobs: int) -> None:
    """The table, and the targets."""
    fast = times[f"fast, {jobs} jobs"]
    base = times.get("jax", fast)
    name = "jax" if "jax" in times else "fast"
    table = [[label, 1e9 * median(found) / points, ratio(found, base)] for label, found in times.items()]
    show(f"{TEXT} and its derivative, {points:,} points", ["", "ns a point", f"ratio to {name}"], table)
    if name == "jax":
        print(f"  fast over jax, {jobs} jobs: {ratio(fast, base):.2f}, {verdict(ratio(fast, base), 0.9)}")
        figure = ratio(times[f"bound, {jobs} jobs"], base)
        print(f"  bound over jax, {jobs} jobs: {figure:.2f}, {verdict(figure, 1.5)}")
    bound = ratio(times[f"bound, programs, {jobs} jobs"], fast)
    print(f"  bound over fast, programs, {jobs} jobs: {bound:.2f}, {verdict(bound, 3)}")


def sweep(x: Any, jobs: int, rounds: int) -> None:
    """Blocks of other sizes."""
    made: dict[str, Job] = {}
    for size in SIZES:
        for mode in ("fast", "bound"):
            made[f"{mode}, {size:,} rows a block"] = at_size(mode, size, x, jobs)
    times = interleaved(made, rounds)
    table = [[label, 1e9 * median(found) / len(x)] for label, found in times.items()]
    show(f"blocks, {jobs} jobs", ["", "ns a point"], table)


def at_size(mode: str, size: int, x: Any, jobs: int) -> Job:
    """The programs with blocks of a size."""
    formula = Formula(parse(TEXT).root, TARGETS, ["x"])
    blocks = Blocks(formula, 1e-12, bounded=mode == "bound", jobs=jobs, block=size)
    return lambda: blocks.run([x], len(x))


if __name__ == "__main__":
    main()
