"""How long a short call of dcalc takes from start to end, against importing its libraries.

    python tests/benchmarks/startup.py [--rounds N]

Measured: whole processes with their output in a pipe, in turns, after one round that fills
the caches. The baselines are `python -c "import typer, lark"` for a derivative without a point,
and `python -c "import typer, lark, flint"` for one at a point, which needs ball arithmetic.

How to read it: the ratio of a line is the median over the rounds of (its time / the time of
its baseline in the same round); the target is 1.1. Below stand the modules that no short
call should import (target: none), and the most expensive imports that the baseline has not:
microseconds of the module alone, without those that it imports (from `-X importtime`, which
itself slows imports down: read them against each other, not as a sum).
"""

import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from statistics import median

from _common import arguments, command, compiled, interleaved, ratio, show, verdict

TARGET = 1.1
EXPRESSION = "x**2*sin(x)"
UNWANTED = ("rich", "numpy", "asyncio", "pydantic", "polars", "orjson")
NOTHING = "pass"
TEXT = "import typer, lark"
BALLS = "import typer, lark, flint"

CALLS: dict[str, tuple[list[str], str]] = {
    f"dcalc diff {EXPRESSION}": (["diff", EXPRESSION], TEXT),
    f"dcalc diff {EXPRESSION} --at 1": (["diff", EXPRESSION, "--at", "1"], BALLS),
    "dcalc --version": (["--version"], NOTHING),
    "dcalc --help": (["--help"], TEXT),
}
TARGETS = {TEXT: TARGET, BALLS: TARGET}
FREE = ("dcalc --help",)
"""Calls without a target of their own."""


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--imports", type=int, default=10, help="how many of the imports to list")
    options = parser.parse_args()
    with compiled():
        times(options.rounds)
        for call, (tokens, baseline) in CALLS.items():
            if baseline != NOTHING:
                imports(call, tokens, baseline, options.imports)


def python(code: str) -> list[str]:
    """A bare interpreter with that program."""
    return [sys.executable, "-c", code]


def run(argv: Sequence[str]) -> None:
    """Run a process with its output in a pipe; raise if it fails."""
    subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)


def times(rounds: int) -> None:
    """Milliseconds and ratios of all calls and baselines."""
    jobs = {call: partial(run, command(*tokens)) for call, (tokens, _) in CALLS.items()}
    jobs |= {code: partial(run, python(code)) for code in (NOTHING, TEXT, BALLS)}
    found = interleaved(jobs, rounds)
    rows: list[list[object]] = []
    for call, (_, baseline) in CALLS.items():
        figure = ratio(found[call], found[baseline])
        target = "" if call in FREE or baseline not in TARGETS else verdict(figure, TARGETS[baseline])
        rows.append([call, *spread(found[call]), figure, f"python -c '{baseline}'", target])
    rows += [[f"python -c '{code}'", *spread(found[code]), 1.0, "", ""] for code in (NOTHING, TEXT, BALLS)]
    header = ["", "median", "least", "ratio", "to", "target"]
    show(f"milliseconds of whole processes, {rounds} rounds", header, rows)


def spread(found: Sequence[float]) -> tuple[float, float]:
    """Median and least, in milliseconds."""
    return 1e3 * median(found), 1e3 * min(found)


def importtime(argv: Sequence[str]) -> dict[str, int]:
    """Microseconds of every module that a Python process imports, each without those inside it."""
    timed = [sys.executable, "-X", "importtime", *argv]
    done = subprocess.run(timed, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    found = {}
    for line in done.stderr.splitlines():
        fields = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and fields[0].strip().isdigit():
            found[fields[2].strip()] = int(fields[0])
    return found


def imports(call: str, tokens: Sequence[str], baseline: str, most: int) -> None:
    """The unwanted modules and the most expensive ones of a call."""
    code = "from dcalc.cli.main import run; run()"
    ours = importtime(["-c", code, *tokens])
    theirs = importtime(["-c", baseline])
    unwanted = sorted(name for name in ours if name.partition(".")[0] in UNWANTED)
    print(f"\n{call}: imports of {', '.join(UNWANTED)}: {', '.join(unwanted[:8]) or 'none'}")
    own = {name: spent for name, spent in ours.items() if name not in theirs}
    of_dcalc = sum(spent for name, spent in own.items() if name.startswith("dcalc"))
    print(f"  beyond '{baseline}': {len(own)} modules, {sum(own.values()) / 1e3:.1f} ms", end="")
    print(f", of dcalc's own {of_dcalc / 1e3:.1f} ms")
    for name in sorted(own, key=own.__getitem__, reverse=True)[:most]:
        print(f"  {own[name]:6,} us  {name}")


if __name__ == "__main__":
    main()
