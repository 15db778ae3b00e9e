"""What each target has of the table, and how far its programs are off: `python tests/benchmarks/emit.py --table`.

With `--run` every target that this machine can run is compiled and run at the sample points of all rows, and the
worst error in ulps stands beside its counts; rows above the limit are named with their errors.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dcalc import functions as table
from dcalc.errors import DcalcError
from dcalc.targets import classify, names

KINDS = ("native", "body", "helper", "refused")


def main() -> int:
    """Print the table; 1 where the kinds of a target do not add up to the rows that can be called."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="print how many rows each target has")
    parser.add_argument("--run", nargs="*", metavar="TARGET", help="run the programs of these targets, or of all")
    arguments = parser.parse_args()
    rows = list(table.functions())
    failed = False
    print("target", *KINDS, "sum", "worst error", sep="\t")
    for target in names():
        counts = Counter(classify(row, target) for row in rows)
        failed |= counts.total() != len(rows)
        is_wanted = arguments.run is not None and (not arguments.run or target in arguments.run)
        worst = _run(target) if is_wanted else ""
        print(target, *(counts[kind] for kind in KINDS), counts.total(), worst, sep="\t", flush=True)
    return int(failed)


def _run(target: str) -> str:
    from tests.targets.programs import EXCEPTIONS, LIBRARIES, MOST_ULPS, run_rows

    try:
        errors = run_rows(target)
    except DcalcError as error:
        return error.message.split("\n")[0][:80]
    limit = LIBRARIES.get(target, MOST_ULPS)
    within = [error for error, _ in errors.values() if error <= limit]
    above = [f"{key} {error:.3g}" for key, (error, _) in errors.items() if error > limit]
    known = [key for key in EXCEPTIONS if key in errors]
    text = f"{max(within):.2g} ulps"
    return f"{text}; above it {', '.join(above)}" if above else f"{text}; {len(known)} exceptions are within it"


if __name__ == "__main__":
    sys.exit(main())
