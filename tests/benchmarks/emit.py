"""What each target has of the table, and how far its programs are off: `python tests/benchmarks/emit.py --table`.

What a library has and programs do without stands below, with the reason: how many ulps it was off, or a sentence.
With `--run` every target that this machine can run is compiled and run at the sample points of all rows, and the
worst error in ulps stands beside its counts; rows above the limit are named with their errors.

    python tests/benchmarks/emit.py --hard python c rust js duckdb      digits at the hard points, stable and plain
    python tests/benchmarks/emit.py --problems visible.jsonl c python js    values held against those of a file
    python tests/benchmarks/emit.py --read-back visible.jsonl python c  what a plain program is read as
    python tests/benchmarks/emit.py --avoided torch                     how far functions are off that no program calls
    python tests/benchmarks/emit.py --cost                              a gradient in C, in NumPy, and long sums
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from importlib.util import find_spec
from math import isinf
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from dcalc import functions as table
from dcalc import spellings
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.targets import classify, load, names

KINDS = ("native", "body", "helper", "refused")


def main() -> int:
    """Print the table; 1 where the kinds of a target do not add up to the rows that can be called."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="print how many rows each target has")
    parser.add_argument("--run", nargs="*", metavar="TARGET", help="run the programs of these targets, or of all")
    parser.add_argument("--hard", nargs="+", metavar="TARGET", help="digits at the hard points")
    parser.add_argument("--problems", nargs="+", metavar=("FILE", "TARGET"), help="problems as JSON lines, with truths")
    parser.add_argument("--read-back", nargs="+", metavar=("FILE", "TARGET"), help="read plain programs back")
    parser.add_argument("--avoided", nargs="+", metavar="TARGET", help="measure what no program is written with")
    parser.add_argument("--cost", action="store_true", help="what a gradient costs, in C and in NumPy, and long sums")
    arguments = parser.parse_args()
    if arguments.hard:
        return _measure_hard(arguments.hard)
    if arguments.problems:
        return _measure_problems(Path(arguments.problems[0]), arguments.problems[1:])
    if arguments.read_back:
        return _read_back(Path(arguments.read_back[0]), arguments.read_back[1:])
    if arguments.avoided:
        return _measure_avoided(arguments.avoided)
    if arguments.cost:
        return _measure_cost()
    rows = list(table.functions())
    failed = False
    print("target", *KINDS, "sum", "worst error", sep="\t")
    for target in names():
        counts = Counter(classify(row, target) for row in rows)
        failed |= counts.total() != len(rows)
        is_wanted = arguments.run is not None and (not arguments.run or target in arguments.run)
        worst = _run(target) if is_wanted else ""
        print(target, *(counts[kind] for kind in KINDS), counts.total(), worst, sep="\t", flush=True)
    print("\ntarget", "row", "why no program is written with it", sep="\t")
    for target in names():
        for key, reason in list_avoided(target):
            print(target, key, reason, sep="\t")
    return int(failed)


def list_avoided(target: str) -> list[tuple[str, str]]:
    """The rows that a target's library has and programs do without, each with the reason."""
    if find_spec(f"dcalc.spellings.{target}") is None:
        return []
    rows = [(row.key, _describe(reason)) for row, reason in spellings.avoided(target).items()]
    return rows + [(row.key, "where it loses digits another formula is used") for row in load(target).lowering.guarded]


def _describe(reason: float | str) -> str:
    return reason if isinstance(reason, str) else "no digit is right" if isinf(reason) else f"{reason:,.0f} ulps"


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


def _measure_avoided(chosen: list[str]) -> int:
    """Print the worst error of each function that a library has and no program is written with. Always 0."""
    from mpmath import mpf

    from tests.targets.programs import arrange_samples, run_samples
    from tests.targets.sweep import find_hard_points
    from tests.truths import TRUTHS

    for target in chosen:
        avoided = {row: text for row, text in spellings.idioms(target).items() if row in spellings.avoided(target)}
        native = {**spellings.emitted(target), **avoided}
        dialect = type(load(target))
        dialect.native, dialect.patches = (lambda _, native=native: native), {}  # type: ignore[method-assign]
        for row in [*avoided, *load(target).patched]:
            points = [*TRUTHS[row.key].points, *find_hard_points(row.key)]
            samples = arrange_samples(target, row, points)
            errors = run_samples(target, samples, lambda row, point: TRUTHS[row.key].f(*map(mpf, point)))
            for error, point in errors.values():
                print(target, row.key, f"{error:.2g} ulps", point, sep="\t", flush=True)
    return 0


def _measure_hard(chosen: list[str]) -> int:
    """1 where a target keeps 12 digits at fewer than 15 points, or is worse than the plain program by a digit."""
    from tests.targets.programs import HARD, digits, run_derivatives, slope

    truths = [slope(problem) for problem in HARD]
    failed = False
    for target in chosen:
        kept = [
            [
                digits(value, truth)
                for value, truth in zip(run_derivatives(target, HARD, plain=plain), truths, strict=True)
            ]
            for plain in (False, True)
        ]
        worse = [problem.text for problem, ours, naive in zip(HARD, *kept, strict=True) if ours < naive - 1]
        counts = [sum(each >= 12 for each in digits_kept) for digits_kept in kept]
        print(target, f"{counts[0]} of {len(HARD)} with 12 digits, plain {counts[1]}", *worse, sep="\t")
        failed |= counts[0] < 15 or bool(worse)
    return int(failed)


def _measure_problems(path: Path, chosen: list[str]) -> int:
    """1 where a value is off by more than 1e-12 that doubles can compute."""
    import json

    from mpmath import mpf

    from dcalc.parser import parse
    from dcalc.targets.common.quantities import Stabiliser, find_functions
    from tests.targets.programs import digits, run

    problems = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    names = sorted({name for problem in problems for name in problem["vars"]})
    failed = False
    for target in chosen:
        functions, points, wanted, refused = [], [], [], 0
        for problem in problems:
            root = parse(problem["expr"]).root
            for key, truths in problem["truth"].items():
                try:
                    (function,) = find_functions(
                        [root], ("derivative",), [key[3:]], (), 1, f"f{len(functions)}", Stabiliser(plain=False)
                    )
                    function = function._replace(name=f"g{len(functions)}")
                    load(target).render([function], names, [], plain_form=False)
                except DcalcError:
                    refused += 1
                    continue
                functions.append(function)
                points.append(tuple(tuple(float(at.get(name, 0.5)) for name in names) for at in problem["points"]))
                errors = problem.get("double_err", {}).get(key, [None] * len(truths))
                wanted += [(problem["id"], truth, error) for truth, error in zip(truths, errors, strict=True)]
        values = run(target, functions, names, points)
        lost = [
            (name, value, truth)
            for value, (name, truth, error) in zip(values, wanted, strict=True)
            if truth is not None and digits(value, mpf(truth)) < 12 and (error is None or error < 1e-12)
        ]
        print(target, f"{len(functions)} derivatives, {refused} refused, {len(values)} values, {len(lost)} off", *lost,
              sep="\t")  # fmt: skip
        failed |= bool(lost)
    return int(failed)


def _read_back(path: Path, chosen: list[str]) -> int:
    """1 where a plain program of f and its derivative is read as another function: its certified values differ.

    `identical` is the same node; `equal` has rows written out by their bodies.
    """
    import json

    from dcalc.expr import natural, variables
    from dcalc.parser import parse
    from dcalc.targets import Order, emit

    problems = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    failed = False
    for target in chosen:
        counts: Counter[str] = Counter()
        for problem in problems:
            root = parse(problem["expr"]).root
            names = natural(variables(root))
            try:
                text = emit([root], Order(target, ("f", "derivative"), tuple(names[:1]), tuple(names), plain=True)).text
            except DcalcError:
                counts["refused"] += 1
                continue
            try:
                back = parse(text, notation=target).root
            except DcalcError:
                counts["unread"] += 1
                continue
            if back is root:
                counts["identical"] += 1
            elif set(variables(back)) - set(names):
                counts["renamed"] += 1
            else:
                points = [{name: float(at[name]) for name in names} for at in problem["points"]]
                counts["equal" if all(_is_equal(root, back, at) for at in points) else "wrong"] += 1
        print(target, *(f"{count} {kind}" for kind, count in counts.items()), sep="\t", flush=True)
        failed |= bool(counts["wrong"])
    return int(failed)


def _is_equal(first: Expr, second: Expr, at: dict[str, float]) -> bool:
    from dcalc.problem import Problem
    from dcalc.solver import solve

    truth, other = (solve(Problem(root, (), at), expression=False).value for root in (first, second))
    return truth is None or (other is not None and abs(truth - other) <= 1e-12 * abs(truth))


def _numpy_ratio() -> float:
    """The time of the emitted derivative of `x**2*sin(x)` over that of the one by hand: a million doubles in NumPy."""
    from statistics import median
    from time import perf_counter

    import numpy as np

    from dcalc.parser import parse
    from dcalc.targets import Order, emit

    module: dict[str, Any] = {}
    exec(emit([parse("x**2*sin(x)").root], Order("numpy", ("derivative",), ("x",), ("x",))).text, module)
    x = np.linspace(-10.0, 10.0, 1_000_000)
    ratios = []
    for _ in range(21):
        start = perf_counter()
        module["df_dx"](x)
        middle = perf_counter()
        2 * x * np.sin(x) + x**2 * np.cos(x)
        ratios.append((middle - start) / (perf_counter() - middle))
    return median(ratios)


def _measure_cost() -> int:
    """1 where the gradient of Rosenbrock's function of 1,000 variables takes 3 times the function in C, or a derivative
    in NumPy 1.1 times what one writes by hand."""
    import time

    from dcalc.expr import natural, variables
    from dcalc.io.toolchain import run_program
    from dcalc.parser import parse
    from dcalc.targets import Order, emit

    count, rounds = 1000, 2000
    text = "+".join(f"100*(x{k + 1}-x{k}**2)**2+(1-x{k})**2" for k in range(1, count))
    root = parse(text).root
    names = tuple(natural(variables(root)))
    program = emit([root], Order("c", ("f", "gradient"), (), names)).text
    given = ", ".join(f"x[{k}]" for k in range(count))
    driver = (
        "#include <stdio.h>\n#include <time.h>\nstatic double x[1000], g[1000];\n"
        "int main(void) {\n    double s = 0;\n    for (int i = 0; i < 1000; i++) x[i] = 0.5 + i*1e-4;\n"
        "    clock_t a = clock();\n"
        f"    for (int k = 0; k < {rounds}; k++) {{ x[0] += 1e-9; s += f({given}); }}\n    clock_t b = clock();\n"
        f"    for (int k = 0; k < {rounds}; k++) {{ x[0] += 1e-9; grad_f({given}, g); s += g[3]; }}\n"
        '    printf("%g\\n%g\\n%g\\n", (double)(b - a), (double)(clock() - b), s);\n    return 0;\n}\n'
    )
    commands = [["cc", "-std=c11", "-O2", "program.c", "-o", "program", "-lm"], ["./program"]]
    own, gradient, _ = run_program(program + driver, commands, "program.c")
    print("C, gradient of 1,000 variables over the function", f"{gradient / own:.2f}", sep="\t")
    in_numpy = _numpy_ratio()
    print("NumPy, derivative over the one by hand", f"{in_numpy:.2f}", sep="\t")
    for size in (10_000, 100_000):
        root = parse("+".join(f"sin({k}*x)" for k in range(1, size + 1))).root
        start = time.process_time()
        emit([root], Order("c", ("f",), ("x",), ("x",)))
        print(f"{size:,} terms", f"{time.process_time() - start:.1f} s", sep="\t", flush=True)
    return int(gradient > 3 * own or in_numpy > 1.1)


if __name__ == "__main__":
    sys.exit(main())
