"""The long form: ``python -m tests.fuzz --count 100000 --processes 2000 --seed 1``."""

from __future__ import annotations

import argparse
import sys
import time
from random import Random

from tests.fuzz.calls import draw_call
from tests.fuzz.runner import Outcome, run_as_process, run_in_process

_BATCH = 500


def main() -> int:
    """Run as many calls as asked. Returns 1 where one of them has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="calls in process")
    parser.add_argument("--processes", type=int, default=20, help="calls as processes of their own")
    parser.add_argument("--budget", type=float, help="seconds of a question in process, if fewer than usual")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long")
    options = parser.parse_args()
    random = Random(options.seed)
    begun = time.monotonic()
    faults = in_process = as_process = 0
    slowest: list[tuple[float, str]] = []

    def judge(outcome: Outcome) -> int:
        slowest.append((outcome.seconds, repr(outcome.call)[:150]))
        slowest.sort(reverse=True)
        del slowest[5:]
        if outcome.fault:
            print(outcome, flush=True)
        return outcome.fault is not None

    def has_time() -> bool:
        return time.monotonic() - begun < 60 * options.minutes

    while in_process < options.count and has_time():
        calls = [draw_call(random) for _ in range(min(_BATCH, options.count - in_process))]
        for outcome in run_in_process(calls, options.budget):
            faults += judge(outcome)
            in_process += 1
    while as_process < options.processes and has_time():
        faults += judge(run_as_process(draw_call(random)))
        as_process += 1
    print(
        f"{in_process:,} calls in process, {as_process:,} as processes, {faults} faults, seed {options.seed}; slowest:"
    )
    for seconds, text in slowest:
        print(f"  {seconds:.2f} s  {text}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
