"""Where parameters start: drawn according to their layers, or as --from gives them.

A weight is a parameter that is multiplied by other factors in a term of a sum. Its fan-in is the number of such terms
in that sum, its fan-out the number of sums that use the same other factors. A parameter that is a term by itself is a
bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Literal

from dcalc import functions as table
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, is_leaf, walk
from dcalc.numbers.rounding import format_number

_SUMS = (table.ADD, table.SUB)

Initializer = Literal["zeros", "normal", "xavier", "he"]
INITIALIZERS: tuple[Initializer, ...] = ("zeros", "normal", "xavier", "he")
Fans = Mapping[str, tuple[int, int]]
"""Fan-in and fan-out of each parameter; those of a bias are 0."""

_DEVIATION: dict[Initializer, Callable[[int, int], float]] = {
    "zeros": lambda _into, _out: 0.0,
    "normal": lambda _into, _out: 1.0,
    # Glorot and Bengio 2010, and He et al. 2015, with normal draws: torch.nn.init.xavier_normal_, kaiming_normal_.
    "xavier": lambda into, out: math.sqrt(2 / (into + out)) if into else 0.0,
    "he": lambda into, _out: math.sqrt(2 / into) if into else 0.0,
}


def draw_parameters(
    initializer: Initializer, roots: Sequence[Expr], parameters: Sequence[str], seed: int
) -> dict[str, float]:
    """A normal value for each parameter, with the deviation of the initializer (Mersenne Twister)."""
    random, fans = Random(seed), count_fans(roots, parameters)
    return {parameter: random.gauss(0.0, 1.0) * _DEVIATION[initializer](*fans[parameter]) for parameter in parameters}


def count_fans(roots: Sequence[Expr], parameters: Sequence[str]) -> Fans:
    """The fans of each parameter; (1, 1) for one in no sum."""
    wanted = set(parameters)
    inputs: dict[tuple[int, ...], int] = {}
    layers: list[dict[str, tuple[int, ...]]] = []
    fans: dict[str, tuple[int, int]] = {}
    for terms in _find_sums(roots):
        weights: dict[str, tuple[int, ...]] = {}
        for term in terms:
            factors = _factors(term)
            own = [factor for factor in factors if factor.op is table.SYMBOL and factor.args[0] in wanted]
            others = tuple(sorted(factor.id for factor in factors if factor not in own))
            if len(own) == 1 and others:
                weights[own[0].args[0]] = others
                inputs[others] = inputs.get(others, 0) + 1
            elif len(own) == 1 and len(terms) > 1:
                fans.setdefault(own[0].args[0], (0, 0))
        layers.append(weights)
    for weights in layers:
        for name, others in weights.items():
            fans[name] = (len(weights), inputs[others])
    return {name: fans.get(name, (1, 1)) for name in parameters}


def _find_sums(roots: Sequence[Expr]) -> list[list[Expr]]:
    """The terms of each sum that is not part of a longer sum; a product by itself is a sum of one term."""
    nodes = walk(*roots)
    inside = {arg.id for node in nodes if node.op in _SUMS for arg in node.args if arg.op in (*_SUMS, table.MUL)}
    inside |= {arg.id for node in nodes if node.op is table.MUL for arg in node.args if arg.op is table.MUL}
    return [_flatten(node, _SUMS) for node in nodes if node.op in (*_SUMS, table.MUL) and node.id not in inside]


def _factors(term: Expr) -> list[Expr]:
    return _flatten(term, (table.MUL,))


def _flatten(node: Expr, rows: tuple[table.Row, ...]) -> list[Expr]:
    """The operands of nested operators of one kind."""
    operands, stack = [], [node]
    while stack:
        top = stack.pop()
        if top.op in rows and not is_leaf(top):
            stack += reversed(top.args)
        else:
            operands.append(top)
    return operands


# --- as --from gives them -----------------------------------------------------------------


def read_start(
    given: Mapping[str | int | None, float], names: Sequence[str], owner: str, kind: str, value: str
) -> dict[str, float]:
    """The given values by name; a single value without a name is for the only one. Some may be missing.

    Values by number are for the names in their order.

    ``owner``, ``kind`` and ``value`` are words for messages: the model has no parameter x; write --from x=1.
    Raises UnknownVariable for a foreign name, and for a single value where there are several names.
    """
    if None in given:
        if len(names) > 1:
            raise UnknownVariable(f"one value, but {owner} has {len(names)} {kind}s", help=start_example(names, value))
        return {names[0]: given[None]}
    if 0 in given:
        if len(given) != len(names):
            noun = kind if len(names) == 1 else f"{kind}s"
            message = f"{len(given)} values, but {owner} has {len(names)} {noun}"
            raise UnknownVariable(message, help=start_example(names, value))
        return dict(zip(names, given.values(), strict=True))
    starts: dict[str, float] = {}
    for name, start in given.items():
        if not isinstance(name, str) or name not in names:
            raise UnknownVariable(f"{owner} has no {kind} {name}", help=start_example(names, value))
        starts[name] = start
    return starts


def merge_starts(points: Sequence[Mapping[str | int | None, float]]) -> list[Mapping[str | int | None, float]]:
    """The starts that several --from give: parts of one point, or a point each where all name the same variables.

    Raises UsageError where they are neither.
    """
    if not points:
        return [{}]
    if all(point.keys() == points[0].keys() for point in points):
        return list(points)
    merged: dict[str | int | None, float] = {}
    for point in points:
        for name, value in point.items():
            if name in merged or not isinstance(name, str):
                raise UsageError(
                    "several --from must name the same variables, or each a part of them",
                    help="write --from x=0,y=0 --from x=1,y=1",
                )
            merged[name] = value
    return [merged]


def echo_start(given: Mapping[str | int | None, float], start: Mapping[str, float]) -> tuple[str, ...]:
    """A note on which name takes which of the values that are ``given`` without names, in their order."""
    if 0 not in given:
        return ()
    pairs = ",".join(f"{name}={format_number(value).removesuffix('.0')}" for name, value in start.items())
    return (f"the start is read as {pairs}",)


def start_example(names: Sequence[str], value: str) -> str:
    """A hint with a start that can be typed."""
    return "write --from " + ",".join(f"{name}={value}" for name in names[:8])
