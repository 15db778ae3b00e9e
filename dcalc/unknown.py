"""Unknown functions: `f(x)`, of which nothing is known but that it can be differentiated.

Each derivative of each unknown function is a row like those of the table, made when it is first asked for: the row of
`f'` has the partial derivative `f''`. A row is found by its function and its orders, one for each argument, so
that `f(x)` and `f(x, y)` are different functions. There is one spelling for each, which the parser reads back:
`f'(x)` up to three primes, and `D(f, 4)(x)`, `D(f, 1, 0)(x, y)` for the rest.

No number system has an evaluator for such a row: `refuse_values` says so in words before anything is evaluated. Callers
on the way of every expression ask `UNKNOWN` first, which is empty in nearly all processes.
"""

from __future__ import annotations

from dcalc.errors import Unsupported
from dcalc.functions import Row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PRIMES = "'′’"
"""What is read as a prime; the first one is written."""
MOST_PRIMES = 3
"""Higher derivatives are written `D(f, 4)(x)`: primes beyond this are not told apart at a glance."""
UNKNOWN: dict[str, Row] = {}
"""The rows that have been made, by key. They are few, and kept as long as the process."""


def unknown_row(function: str, orders: tuple[int, ...]) -> Row:
    """The row of a derivative of an unknown function, ``orders`` times by each argument."""
    key = write_orders(function, orders)
    row = UNKNOWN.get(key)
    return UNKNOWN.setdefault(key, _make(function, orders, key)) if row is None else row


def _make(function: str, orders: tuple[int, ...], key: str) -> Row:
    count = len(orders)
    args = ("x",) if count == 1 else tuple(f"x{place + 1}" for place in range(count))
    partials = []
    for place in range(count):
        higher = tuple(order + (k == place) for k, order in enumerate(orders))
        partials.append(f"{write_orders(function, higher)}({', '.join(args)})")
    row = Row(write_head(function, orders), ", ".join(args), tuple(partials), doc="unknown function")
    row.key, row.function, row.orders = key, function, orders
    return row


def write_orders(function: str, orders: tuple[int, ...]) -> str:
    """`D(f, 1, 0)`: the spelling that all derivatives have, `D(f, 0)` being f itself."""
    return f"D({function}, {', '.join(map(str, orders))})"


def write_head(function: str, orders: tuple[int, ...]) -> str:
    """What stands before the arguments: `f`, `f''`, `D(f, 4)`, `D(f, 1, 0)`."""
    if not any(orders):
        return function
    if len(orders) == 1 and orders[0] <= MOST_PRIMES:
        return function + PRIMES[0] * orders[0]
    return write_orders(function, orders)


def read_key(key: str) -> Row:
    """The row with that key. Raises LookupError for what is not the key of an unknown function."""
    words = key.removeprefix("D(").removesuffix(")").split(", ")
    if len(words) < 2 or write_orders(words[0], orders := tuple(map(int, words[1:]))) != key:
        raise LookupError(f"no function {key}")
    return unknown_row(words[0], orders)


def unknown_functions(rows: Iterable[Row]) -> list[str]:
    """The names of the unknown functions among rows, sorted."""
    return sorted({row.function for row in rows if row.orders})


def refuse_values(rows: Iterable[Row]) -> None:
    """Raise Unsupported where one of the rows that are to be evaluated is of an unknown function."""
    if calls := [row for row in rows if row.orders]:
        raise no_value(min(calls, key=lambda row: row.function))


def no_value(row: Row) -> Unsupported:
    """The error for a value that is asked of an unknown function."""
    name = row.function
    args = ["t" if arg == name else arg for arg in row.args]
    return Unsupported(
        f"{name} is an unknown function, which has no values",
        help=f"say what it is: --let '{name}({', '.join(args)}) = {'*'.join(args)}**2'",
    )
