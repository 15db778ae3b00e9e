"""Every true value of a file of problems against the default answer and against each backend.

    python tests/benchmarks/accuracy.py FILE [--backend NAME ...] [--worst N]

Measured: the relative error of the double that each method gives, against the file's 30-digit
truth (an independent one). The baseline is the truth itself, nothing is timed.

How to read it: one row a method, and one more for the values marked hard (where naive forward
mode in doubles loses more than four digits). The columns count values within 1e-15, 1e-12,
1e-9 and 1e-6 of the truth; a value that is not given counts as outside of all. `unclaimed`
counts the values off by more than 1e-6 whose own error bound is smaller than their error.
The targets are those of the default answer (all within 1e-15), of `symbolic`, `forward`, `taylor`,
`reverse` and `complex` (99 % within 1e-12, all that are not hard within 1e-9) and of `finite` (99 %
within 1e-6, none unclaimed).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from _common import Item, Value, arguments, cut, load, show

from dcalc import backends
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve

DEFAULT = "default"
STEPS = (1e-15, 1e-12, 1e-9, 1e-6)
WITH_VALUE = ("ok", "removable")


@dataclass(frozen=True, slots=True)
class Result:
    """What a method says of a value: the status, the double, its error, its own bound."""

    value: Value
    status: str
    given: float | None
    error: float
    bound: float | None
    note: str

    @property
    def unclaimed(self) -> bool:
        """Off by more than 1e-6 and by more than the method itself says."""
        if self.given is None or self.bound is None or self.error <= 1e-6:
            return False
        return Decimal(self.bound) < abs(Decimal(self.given) - self.value.truth)


Method = Callable[[Problem], tuple[str, float | None, float | None, str]]


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--backend", action="append", help="this alone; repeatable; or default")
    parser.add_argument("--worst", type=int, default=5, help="how many of the worst values to list")
    options = parser.parse_args()
    items = load(options.file)
    roots = parse_all(items)
    names = options.backend or [DEFAULT, *backends.names()]
    results = {name: run(method(name), items, roots) for name in names}
    summary(results)
    for name, found in results.items():
        offenders(name, found, options.worst)


def parse_all(items: Sequence[Item]) -> dict[str, Expr]:
    """The expressions of the problems by id; those that are refused are said."""
    roots = {}
    for item in items:
        try:
            roots[item.id] = parse(item.text, variables=item.wrt).root
        except DcalcError as error:
            print(f"refused: {item.id}: {cut(item.text)}: {error.message}; {error.help}")
    print(f"parsed: {len(roots):,} of {len(items):,} problems, {sum(1 for i in items for _ in i.values()):,} values")
    return roots


def method(name: str) -> Method:
    """The default answer, or a backend by its name, as status, double, bound, note."""
    if name == DEFAULT:
        return _default
    backend = backends.load(name)

    def run_backend(problem: Problem) -> tuple[str, float | None, float | None, str]:
        estimate = backend.differentiate(problem)
        return estimate.status, estimate.value, estimate.error_bound, estimate.note

    return run_backend


def _default(problem: Problem) -> tuple[str, float | None, float | None, str]:
    answer = solve(problem)
    return answer.status, answer.value, None, answer.reason


def run(ask: Method, items: Sequence[Item], roots: dict[str, Expr]) -> list[Result]:
    """The results of a method for every value of the problems that parse."""
    return [_result(ask, value, roots[item.id]) for item in items if item.id in roots for value in item.values()]


def _result(ask: Method, value: Value, root: Expr) -> Result:
    try:
        status, given, bound, note = ask(Problem(root, (value.name,), value.point))
    except DcalcError as error:
        return Result(value, error.kind, None, float("inf"), None, error.message)
    except Exception as error:  # noqa: BLE001  # a defect, which is a result here
        return Result(value, "CRASH", None, float("inf"), None, f"{type(error).__name__}: {error}")
    if given is None or status not in WITH_VALUE:
        return Result(value, status, None, float("inf"), bound, note)
    return Result(value, status, given, value.error(given), bound, note)


def summary(results: dict[str, list[Result]]) -> None:
    """One row a method for all values, one for the hard ones, and the statuses."""
    header = ["method", "values", *(f"<= {step:g}" for step in STEPS), "none", "worst", "unclaimed"]
    rows = []
    for name, found in results.items():
        rows.append(_row(name, found))
        rows.append(_row("  not hard", [result for result in found if not result.value.hard]))
        rows.append(_row("  hard", [result for result in found if result.value.hard]))
    show("values within a relative error of the truth", header, rows)
    statuses = [[name, _statuses(found)] for name, found in results.items()]
    show("statuses", ["method", "count"], statuses)


def _row(name: str, found: list[Result]) -> list[object]:
    errors = [result.error for result in found if result.given is not None]
    within = [sum(error <= step for error in errors) for step in STEPS]
    unclaimed = sum(result.unclaimed for result in found)
    return [name, len(found), *within, len(found) - len(errors), max(errors, default=0.0), unclaimed]


def _statuses(found: list[Result]) -> str:
    counts = Counter(result.status for result in found)
    return ", ".join(f"{status} {count:,}" for status, count in counts.most_common())


def offenders(name: str, found: list[Result], most: int) -> None:
    """The worst values of a method, those that claim less than they miss first."""
    bad = [result for result in found if result.error > STEPS[0 if name == DEFAULT else 1]]
    bad.sort(key=lambda result: (not result.unclaimed, -result.error))
    if bad and most:
        print(f"\n{name}: {len(bad):,} beyond {STEPS[0 if name == DEFAULT else 1]:g}, the worst:")
    for result in bad[:most]:
        value = result.value
        marks = " hard" * value.hard + " unclaimed" * result.unclaimed
        print(f"  {result.error:.1e}{marks}  {value.item.id}: d/d{value.name} {cut(value.item.text)}")
        claim = "" if result.bound is None else f", claims {result.bound:.1e}"
        note = f", {cut(result.note)}" if result.note else ""
        print(f"    at {value.point}: {result.given}, truth {value.truth:.20g}, {result.status}{claim}{note}")


if __name__ == "__main__":
    main()
