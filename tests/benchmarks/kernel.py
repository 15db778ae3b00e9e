"""Value and derivative at a million points in one process, against JAX.

    python tests/benchmarks/kernel.py [--points N] [--jobs N] [--rounds N] [--sweep]

Measured: `exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))` and its derivative at points
evenly spread over [-5, 5], from an array in memory to two arrays. JAX (extra `jax`): jit of vmap
of value_and_grad in float64, compiled before, on the same processors. NumPy: both formulas by
hand, on whole arrays. dcalc: `Kernel` without a bound ("fast") and with it ("bound": each value
proved within 1e-12, the rows near zeros of f', where digits cancel, done again in balls); also
"bound, programs", the same without those rows. In turns, medians.

How to read it: nanoseconds a point, and the median of the ratios to JAX in the same round (or to
"fast", where JAX is missing). Targets: fast no slower than JAX with 2 jobs; bound, programs at
most 3 times fast. `--sweep` shows other sizes of a block.
"""

from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
from _common import Job, arguments, interleaved, ratio, show, verdict

from dcalc.bulk import Kernel
from dcalc.bulk.blocks import Blocks
from dcalc.bulk.formula import Formula
from dcalc.parse import parse

TEXT = "exp(-x**2/2)*sin(3*x)/(1 + x**2) + log(1 + exp(x))"
TARGETS = [(), ("x",)]
SIZES = (4_096, 8_192, 16_384, 32_768, 65_536)


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--sweep", action="store_true", help="other sizes of a block")
    options = parser.parse_args()
    x = np.linspace(-5.0, 5.0, options.points)
    jobs: dict[str, Job] = {"numpy, by hand": lambda: by_hand(x)}
    if find_spec("jax") is not None:
        jobs["jax"] = with_jax(x)
    for count in dict.fromkeys((1, options.jobs)):
        fast, bound = (Kernel(parse(TEXT).root, TARGETS, ["x"], mode=mode, jobs=count) for mode in ("fast", "bound"))
        jobs[f"fast, {count} jobs"] = rows(fast, x)
        jobs[f"bound, programs, {count} jobs"] = programs(bound, x)
        jobs[f"bound, {count} jobs"] = rows(bound, x)
    report(interleaved(jobs, options.rounds), options.points, options.jobs)
    if options.sweep:
        sweep(x, options.jobs, options.rounds)


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


def rows(kernel: Kernel, x: Any) -> Job:
    """All of it."""
    return lambda: kernel.rows([x])


def programs(kernel: Kernel, x: Any) -> Job:
    """What runs in blocks alone."""
    run: Callable[..., Any] | None = kernel.run
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
        print(f"  fast over jax, {jobs} jobs: {ratio(fast, base):.2f}, {verdict(ratio(fast, base), 1)}")
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
