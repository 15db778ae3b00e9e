"""Gradients of models over arrays of doubles, with proved bounds, against JAX; and the time of a formula.

    python tests/benchmarks/arrays.py [--rounds N] [--threads N]

Measured: the value and the gradient of logistic regression `mean(log(1+exp(-y*(X@w))))`, 10,000 x 100, and of a
network of two layers, from arrays in memory, called after everything is compiled. JAX (extra `jax`): jit of
value_and_grad in float64. dcalc: `dcalc.compile` with bounds of every entry, which includes that each operation is
smooth there; "fast" has no bounds. NumPy: the formulas by hand. All have the same number of threads, each a process of
its own; in turns, the best of 21 calls, then medians of rounds.

How to read it: milliseconds a call, and the median of the ratios to JAX in the same round. Target: at most 3 with
bounds. A formula: the time that dcalc takes from the text to its gradient in matrix notation, in a process that has
imported it, and of a whole process `dcalc grad`, less that of `dcalc --version`. Target: at most 50 ms.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from typing import Any

from _common import arguments, ratio, show, verdict

CALLS = 21
LOGISTIC = "mean(log(1+exp(-y*(X@w))))"
NETWORK = "mean((tanh(X@W1 + b1)@W2 - Y)**2)"
FORMULAS = (LOGISTIC, NETWORK, "(x-mu).T@inv(S)@(x-mu)/2 + logdet(S)/2", "sum(softmax(Q@K.T/sqrt(d), axis=1)@V)")


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--alone", metavar="MODEL NAME", nargs=2, help="print the seconds of one")
    options = parser.parse_args()
    if options.alone:
        print(measure(*options.alone))
        return
    rows = []
    for model in ("logistic", "network"):
        names = [name for name in ("jax", "numpy", "bound", "fast") if name != "jax" or find_spec("jax") is not None]
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(options.rounds):
            for name in names:
                times[name].append(run_alone(model, name, options.threads))
        base = times.get("jax", times["numpy"])
        for name in names:
            figure = ratio(times[name], base)
            target = verdict(figure, 3) if name == "bound" else ""
            rows.append((f"{model}: {name}", 1000 * median(times[name]), figure, target))
    show("Value and gradient", ("", "ms", "ratio", "target"), rows)
    show("A formula", ("", "ms in process", "target"), [(text, *time_formula(text)) for text in FORMULAS])
    spent = 1000 * (time_process("grad", LOGISTIC, "--wrt", "w") - time_process("--version"))
    show("A process", ("", "ms above --version", "target"), [(LOGISTIC, spent, verdict(spent, 50))])


def run_alone(model: str, name: str, threads: int) -> float:
    """The seconds of a call, measured in a process with that many threads."""
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    count = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    environment = {**os.environ, **count, "XLA_FLAGS": f"{flags} intra_op_parallelism_threads={threads}"}
    command = [sys.executable, __file__, "--alone", model, name]
    return float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def measure(model: str, name: str) -> float:
    """The seconds of a call, the best of some."""
    import numpy as np

    rng = np.random.default_rng(0)
    if model == "logistic":
        arrays = {"X": rng.normal(size=(10_000, 100)), "y": np.sign(rng.normal(size=10_000)),
                  "w": rng.normal(size=100)}  # fmt: skip
        text, by = LOGISTIC, ("w",)
    else:
        arrays = {"X": rng.normal(size=(2_000, 50)), "W1": rng.normal(size=(50, 40)) / 7, "b1": rng.normal(size=40),
                  "W2": rng.normal(size=(40, 10)) / 6, "Y": rng.normal(size=(2_000, 10))}  # fmt: skip
        text, by = NETWORK, ("W1", "b1", "W2")
    call = contender(name, text, by, arrays)
    call()
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def contender(name: str, text: str, by: tuple[str, ...], arrays: dict[str, Any]) -> Callable[[], object]:
    """A call that gives the value and the gradient."""
    if name in ("bound", "fast"):
        import dcalc

        shape = ", ".join(f"{key}: {' x '.join(map(str, array.shape))}" for key, array in arrays.items())
        function = dcalc.compile(dcalc.parse(text, shape=shape), by, mode=name)
        return lambda: function(arrays)
    if name == "numpy":
        return by_hand(text, arrays)
    import jax

    jax.config.update("jax_enable_x64", True)
    names = {"mean": jax.numpy.mean, "log": jax.numpy.log, "exp": jax.numpy.exp, "tanh": jax.numpy.tanh}
    moving = {key: jax.numpy.asarray(arrays[key]) for key in by}
    fixed = {key: jax.numpy.asarray(array) for key, array in arrays.items() if key not in by}

    def loss(moving: dict[str, Any], fixed: dict[str, Any]) -> Any:
        return eval(text, {**names, **moving, **fixed})

    both = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(both(moving, fixed))


def by_hand(text: str, a: dict[str, Any]) -> Callable[[], object]:
    """The formulas in NumPy."""
    import numpy as np

    def logistic() -> object:
        margin = a["y"] * (a["X"] @ a["w"])
        return np.log1p(np.exp(-margin)).mean(), -(a["y"] / (1 + np.exp(margin))) @ a["X"] / len(margin)

    def network() -> object:
        hidden = np.tanh(a["X"] @ a["W1"] + a["b1"])
        residual = hidden @ a["W2"] - a["Y"]
        back = (residual @ a["W2"].T) * (1 - hidden**2) * (2 / residual.size)
        return (residual**2).mean(), a["X"].T @ back, back.sum(axis=0), hidden.T @ residual * (2 / residual.size)

    return logistic if text == LOGISTIC else network


def time_formula(text: str) -> tuple[float, str]:
    """Milliseconds from a text to its gradient as text, the best of some runs, and the target."""
    from dcalc.tensor.gradient import differentiate, tidy
    from dcalc.tensor.plain import write
    from dcalc.tensor.reader import read

    times = []
    for _ in range(7):
        start = time.perf_counter()
        reading = read(text)
        for part in differentiate(reading.root, list(reading.variables.values())):
            write(tidy(part))
        times.append(time.perf_counter() - start)
    spent = 1000 * min(times)
    return spent, verdict(spent, 50)


def time_process(*arguments: str) -> float:
    """Seconds of a process, the best of some."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "dcalc", *arguments], check=True, capture_output=True, env=kept)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
