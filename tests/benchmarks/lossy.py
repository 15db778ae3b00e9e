"""Expressions that lose digits in doubles, and the forms that `diagnose` finds for them.

    python tests/benchmarks/lossy.py [--herbie] [--all]

Measured at each point: the digits that doubles lose of f, and those that the rewritten form, read back from its
text, loses. Without --herbie the cases are those of tests/analysis/lossy.py, with it the expressions of one and
two variables of Herbie's benchmark files in tests/analysis/herbie.tsv. The baseline is the expression as typed.

How to read it: one row for each case that still loses more than 2 digits (--all: for every case), with the digits
lost before and after and the CPU seconds of the whole command; then how many regain all but 2, and the slowest.
The targets are 88 % of the cases, 80 % of Herbie's points, and 1 s each.
"""

import sys
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[2]))

from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.analysis.lossy import CASES
from tests.analysis.test_rewrites import MOST_LEFT, count_lost, find_rewrite, find_truth, read_herbie, read_point


def main() -> None:
    """Print the rows and the sums."""
    cases = [(row.expression, row.at) for row in read_herbie()] if "--herbie" in sys.argv else CASES
    regained, slowest, count = 0, 0.0, 0
    for expression, at in cases:
        point = read_point(at)
        root = parse(expression, variables=tuple(point)).root
        truth = find_truth(root, point)
        if truth is None:
            continue
        count += 1
        start = process_time()
        form = find_rewrite(root, point)
        seconds = process_time() - start
        before = count_lost(evaluate(root, point), truth)
        after = before if form is None else count_lost(evaluate(form, point), truth)
        regained += after <= MOST_LEFT
        slowest = max(slowest, seconds)
        if after > MOST_LEFT or "--all" in sys.argv:
            shown = "no form" if form is None else write(form)
            print(f"{before:4.1f} {after:4.1f} {seconds:5.2f} s  {expression[:80]}  at {at}  ->  {shown[:120]}")
    print(f"{regained} of {count} regain all but {MOST_LEFT:g} digits; the slowest took {slowest:.2f} s")


if __name__ == "__main__":
    main()
