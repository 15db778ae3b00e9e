"""`python -m tests.profile`: a long run, its counts, and every false statement."""

from __future__ import annotations

import argparse
import sys
import time

from tests.profile import kinds
from tests.profile.run import CHUNK, profile


def main() -> int:
    """Print a line a kind, and a line a false statement; 1 where there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.profile")
    parser.add_argument("--kind", action="append", choices=kinds.names(), help="all of them unless given")
    parser.add_argument("--count", type=int, default=2 * CHUNK, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=3, help="examples to print of each pattern of false statements")
    given = parser.parse_args()
    failed = False
    for name in given.kind or kinds.names():
        start = time.perf_counter()
        tally = profile(name, given.count, given.seed)
        failed = failed or bool(tally.false)
        print(
            f"{name}\tseed {given.seed}\tasked {tally.asked}\tright {tally.right}\topen {tally.open}"
            f"\tfalse {len(tally.false)}\t{time.perf_counter() - start:.0f} s",
            flush=True,
        )
        for pattern, examples in sorted(tally.patterns().items(), key=lambda pair: -len(pair[1])):
            print(f"  {len(examples)} of: {pattern}")
            for question, said in examples[: given.most]:
                print(f"    {' '.join(question.arguments)}\t{question.problem}\t{said}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
