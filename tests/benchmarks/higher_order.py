"""First, second and third derivatives of the default answer against an independent route.

    python tests/benchmarks/higher_order.py FILE [--order N] [--worst N]

Measured: the default answer at each point of the elementary problems of the file, for each
name that it asks for. The baseline shares only the parser with dcalc: the expression, as it
was typed, evaluated by mpmath in 300 digits, and central differences with a step of 1e-50
times the point, whose own error is near 1e-100. Nothing is timed.

How to read it: one row an order. `compared` counts the values that mpmath can evaluate to a real
number; of those, how many doubles are within 1e-15 and 1e-12 of the baseline, how many
answers have no value (with their statuses below) and the worst relative error. A zero of the
baseline (below 1e-60) asks for a value of exactly 0. Target: all within 1e-15.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from _common import Value, arguments, cut, load, show

from dcalc.errors import DcalcError
from dcalc.expr import Expr, walk
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve

DIGITS = 300
STEP = 50
NOTHING = 60
STENCILS: dict[int, tuple[int | Fraction, ...]] = {  # weights at -2, -1, 0, 1, 2 steps
    1: (0, Fraction(-1, 2), 0, Fraction(1, 2), 0),
    2: (0, 1, -2, 1, 0),
    3: (Fraction(-1, 2), 1, 0, -1, Fraction(1, 2)),
}
Call = Callable[..., Any]


class Cannot(Exception):
    """This script's mpmath side has no real value for it."""


@dataclass(frozen=True, slots=True)
class Result:
    """The default answer of one order held against the baseline."""

    value: Value
    order: int
    status: str
    given: float | None
    truth: str
    error: float


def main() -> None:
    """Print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--order", type=int, choices=STENCILS, action="append", help="this alone; repeatable")
    parser.add_argument("--worst", type=int, default=5, help="how many of the worst values to list")
    options = parser.parse_args()
    if find_spec("mpmath") is None:
        print("mpmath is not installed: pip install mpmath, and run this again")
        return
    values = [value for item in load(options.file) if item.tier == "elementary" for value in item.values()]
    mp = library()
    left_out: Counter[str] = Counter()
    results = [
        result
        for order in options.order or STENCILS
        for value in values
        if (result := compared(mp, value, order, left_out)) is not None
    ]
    report(results, options.worst)
    print("\nleft out:", ", ".join(f"{why} {count}" for why, count in left_out.most_common()) or "none")


def library() -> Any:
    """The mpmath context with the digits that are needed."""
    mp = import_module("mpmath").mp
    mp.dps = DIGITS
    return mp


def compared(mp: Any, value: Value, order: int, left_out: Counter[str]) -> Result | None:
    """The default answer and the baseline of one value; None, counted, where one is missing."""
    try:
        root = parse(value.item.text, variables=value.item.wrt).root
        truth = difference(mp, root, value.name, value.point, order)
        answer = solve(Problem(root, (value.name,) * order, value.point))
    except (Cannot, DcalcError) as problem:
        left_out[str(problem)] += 1
        return None
    if answer.value is None:
        return Result(value, order, answer.status, None, mp.nstr(truth, 20), float("inf"))
    zero = abs(truth) < mp.mpf(10) ** -NOTHING
    gap = abs(mp.mpf(answer.value) - (0 if zero else truth))
    error = float(gap if zero else gap / abs(truth))
    return Result(value, order, answer.status, answer.value, mp.nstr(truth, 20), error)


def difference(mp: Any, root: Expr, name: str, point: Mapping[str, float], order: int) -> Any:
    """The central difference of that order. Raises Cannot."""
    center = mp.mpf(point[name])
    step = mp.mpf(10) ** -STEP * (abs(center) or 1)
    total = mp.mpf(0)
    for offset, weight in zip(range(-2, 3), STENCILS[order], strict=True):
        if weight:
            inputs = {**{key: mp.mpf(number) for key, number in point.items()}, name: center + offset * step}
            total += rational(mp, weight) * evaluated(mp, root, inputs)
    return total / step**order


def rational(mp: Any, number: int | Fraction) -> Any:
    """An exact number as mpmath's."""
    return mp.mpf(number.numerator) / number.denominator


def evaluated(mp: Any, root: Expr, inputs: Mapping[str, Any]) -> Any:
    """The expression as it was typed, in mpmath. Raises Cannot where the result is not real."""
    known = functions(mp)
    values: dict[int, Any] = {}
    for node in walk(root):
        name = node.op.name
        if name == "number":
            values[node.id] = rational(mp, node.args[0])
        elif name == "symbol":
            values[node.id] = inputs[node.args[0]]
        else:
            values[node.id] = applied(known, name, [values[arg.id] for arg in node.args])
    return values[root.id]


def applied(known: Mapping[str, Call], name: str, args: Sequence[Any]) -> Any:
    """One operation. Raises Cannot."""
    if name not in known:
        raise Cannot(f"no {name} here")
    try:
        result = known[name](*args)
    except (ValueError, ArithmeticError) as error:
        raise Cannot(type(error).__name__) from None
    if not hasattr(result, "real") or getattr(result, "imag", 0) != 0:
        raise Cannot("not real")
    return result.real


def functions(mp: Any) -> dict[str, Call]:
    """The rows of the language in mpmath's words: operators, and the elementary functions."""
    same = (
        "sin cos tan sec csc cot asin acos atan asec acsc acot sinh cosh tanh sech csch coth asinh acosh atanh "
        "asech acsch acoth exp expm1 log1p log10 sqrt cbrt hypot sinpi cospi sinc floor ceil sign atan2"
    )
    return {name: getattr(mp, name) for name in same.split()} | {
        "+": lambda *terms: mp.fsum(terms),
        "-": lambda a, b: a - b,
        "*": lambda *factors: mp.fprod(factors),
        "/": lambda a, b: a / b,
        "neg": lambda a: -a,
        "**": lambda a, b: a**b,
        "pow": lambda a, b: a**b,
        "abs": abs,
        "abs2": lambda a: a * a,
        "inv": lambda a: 1 / a,
        "log": lambda a, base=None: mp.log(a) if base is None else mp.log(a) / mp.log(base),
        "log2": lambda a: mp.log(a) / mp.log(2),
        "exp2": lambda a: mp.mpf(2) ** a,
        "exp10": lambda a: mp.mpf(10) ** a,
        "root": lambda a, n: mp.power(a, 1 / n),
        "max": max,
        "min": min,
        "e": lambda: mp.e + 0,
        "pi": lambda: mp.pi + 0,
        "tau": lambda: 2 * mp.pi,
    }


def report(results: Sequence[Result], most: int) -> None:
    """A row an order, and the worst."""
    rows: list[list[object]] = []
    for order in sorted({result.order for result in results}):
        found = [result for result in results if result.order == order]
        errors = [result.error for result in found if result.given is not None]
        within = [sum(error <= step for error in errors) for step in (1e-15, 1e-12)]
        rows.append([f"order {order}", len(found), *within, len(found) - len(errors), max(errors, default=0.0)])
    show("default answers", ["", "compared", "<= 1e-15", "<= 1e-12", "none", "worst"], rows)
    statuses = Counter(result.status for result in results)
    print("  statuses: " + ", ".join(f"{status} {count:,}" for status, count in statuses.most_common()))
    bad = sorted((result for result in results if result.error > 1e-15), key=lambda result: -result.error)
    for result in bad[:most]:
        item = result.value.item
        print(f"  {result.error:.1e}  {item.id}: d{result.order}/d{result.value.name} {cut(item.text)}")
        print(f"    at {result.value.point}: {result.given}, baseline {result.truth}, {result.status}")


if __name__ == "__main__":
    main()
