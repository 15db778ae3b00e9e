"""Claims that are right, in another form: how many are proved, and what a proof costs.

    python tests/benchmarks/proofs.py FILE

Measured: for every problem of the file, the derivative by its first variable, claimed in two
other forms: that of a stable form of f, and a stable form of itself. Each claim is once made
rightly and once with 1e-9 added. The baseline is a certified value of the same derivative at
the problem's first point, in the same round.

How to read it: `proved` is to be 99 % or more, `false` (a wrong claim that is proved) 0; the
ratio is the median time of a proof over that of a certified value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter

from _common import Item, arguments, cut, load, show, verdict

from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr, make, number
from dcalc.functions import ADD
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.proof.equality import prove_equal
from dcalc.solver import solve
from dcalc.stable import stable

TARGET_PROVED = 0.99
OFF = number(parse("1e-9").root.args[0])


def main() -> None:
    """Print the table."""
    options = arguments(__doc__).parse_args()
    proved: list[bool] = []
    false: list[str] = []
    times: list[float] = []
    values: list[float] = []
    for item in load(options.file):
        try:
            f, right, forms = claims(item)
        except DcalcError as error:
            print(f"left out: {cut(item.text)}: {error.message}")
            continue
        problem = Problem(f, item.wrt[:1], item.points[0])
        values.append(spent(partial(solve, problem, expression=False))[0])
        for claim in forms:
            took, found = spent(partial(prove_equal, (f,), right, claim))
            times.append(took)
            proved.append(found is not None)
            if prove_equal((f,), right, make(ADD, claim, OFF)) is not None:
                false.append(item.text)
    share = sum(proved) / len(proved)
    rows = [["claims", len(proved), f"{share:.2%}", len(false), 1e3 * median(times), median(times) / median(values)]]
    show("right claims in other forms", ["", "count", "proved", "false", "ms", "ratio to a value"], rows)
    print(f"  proved: {verdict(share, TARGET_PROVED, least=True)}; false: {verdict(len(false), 0)}")


def spent(job: Callable[[], object]) -> tuple[float, object]:
    """Seconds of a call, and what it returns."""
    start = perf_counter()
    found = job()
    return perf_counter() - start, found


def claims(item: Item) -> tuple[Expr, Expr, tuple[Expr, ...]]:
    """f, its derivative, and other forms of that."""
    f = parse(item.text, variables=item.wrt).root
    right = derivative(f, item.wrt[:1])
    return f, right, (derivative(stable(f), item.wrt[:1]), stable(right))


if __name__ == "__main__":
    main()
