"""Expressions lowered to flat rows, to be run over any number system of `numbers`.

Lowering writes out bodies, folds and defaults, so that a number system needs evaluators only for
the other rows of the table. Its `Registry` holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, is_leaf, walk
from dcalc.functions import Row
from dcalc.records import NamedTuple
from dcalc.unknown import UNKNOWN, refuse_values

Value = Any
"""What a row evaluates to in a number system: a number of it, a truth value for a condition, or what
stands for a missing number there. Systems differ too much for a common type."""
Rule = Callable[..., Value]
"""Evaluates one row: from the values of its arguments to its own."""


class Tape(NamedTuple):
    """Rows in order of evaluation: (op, places of the arguments), leaves as (op, payload)."""

    rows: list[tuple[Row, tuple[Any, ...]]]
    nodes: list[Expr]
    places: dict[int, int]

    def place(self, root: Expr) -> int:
        """The place of a node's value."""
        return self.places[root.id]


def expand(node: Expr) -> Expr | None:
    """The node written out by its body or fold; None where it has an evaluator of its own."""
    op = node.op
    if op.body:
        return rules.body(node)
    if op.fold and len(node.args) != 2:
        return rules.pairs(node)
    return None


def in_order(*roots: Expr) -> tuple[list[Expr], dict[int, Expr]]:
    """(nodes, inner): all nodes below the roots in order of evaluation, with those that bodies and
    folds are expanded to; ``inner`` has, by id, the expansion of such a node. Linear."""
    nodes = walk(*roots)
    for node in nodes:
        if node.op.body or node.op.fold:
            break
    else:  # ids are in order of evaluation
        return list(nodes), {}
    inner: dict[int, Expr] = {}
    done: set[int] = set()
    out: list[Expr] = []
    stack = list(roots)
    while stack:
        node = stack[-1]
        if node.id in done:
            stack.pop()
            continue
        needed: tuple[Expr, ...] = ()
        if not is_leaf(node):
            meaning = inner.get(node.id) or expand(node)
            if meaning is not None:
                inner[node.id] = meaning
            needed = node.args if meaning is None else (meaning,)
        missing = [arg for arg in needed if arg.id not in done]
        if missing:
            stack += missing
        else:
            stack.pop()
            done.add(node.id)
            out.append(node)
    return out, inner


def lower(*roots: Expr) -> Tape:
    """The tape of one or more nodes. Linear in nodes. Raises Unsupported for an unknown function."""
    rows: list[tuple[Row, tuple[Any, ...]]] = []
    nodes: list[Expr] = []
    places: dict[int, int] = {}
    order, inner = in_order(*roots)
    if UNKNOWN:
        refuse_values(node.op for node in order)
    for node in order:
        if node.id in inner:
            places[node.id] = places[inner[node.id].id]
            continue
        places[node.id] = len(rows)
        op, args = node.op, node.args
        if op is table.NUMBER or op is table.SYMBOL:
            rows.append((op, args))
        elif len(args) == 2:  # by far the most common
            rows.append((op, (places[args[0].id], places[args[1].id])))
        elif len(args) == 1:
            rows.append((op, (places[args[0].id],)))
        else:
            rows.append((op, tuple([places[arg.id] for arg in args])))
        nodes.append(node)
    return Tape(rows, nodes, places)


def run(
    tape: Tape,
    inputs: Mapping[str, Value],
    constant: Callable[[int | Fraction], Value],
    evaluator: Callable[[Row], Rule],
) -> list[Value]:
    """The values of all rows over a number system, given its constants and evaluators."""
    values: list[Value] = []
    for op, args in tape.rows:
        if op is table.NUMBER:
            values.append(constant(args[0]))
        elif op is table.SYMBOL:
            values.append(inputs[args[0]])
        elif len(args) == 2:  # by far the most common
            values.append(evaluator(op)(values[args[0]], values[args[1]]))
        else:
            values.append(evaluator(op)(*[values[i] for i in args]))
    return values


# --- What a number system is: constants and evaluators, over which tapes, duals and jets run.


class System:
    """A number system: its constants and its evaluators."""

    def __init__(
        self,
        constant: Callable[[int | Fraction], Value],
        evaluator: Callable[[Row], Rule],
    ) -> None:
        self.constant = constant
        self.evaluator = evaluator

    def value(self, op: Row, args: list[Value], moving: list[bool]) -> Value:
        """The value of a row at the point; ``moving`` tells which arguments vary around it."""
        return self.evaluator(op)(*args)


_Function = TypeVar("_Function", bound=Rule)


class Registry:
    """The functions with which one number system evaluates rows of the table, by row."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.rules: dict[Row, Rule] = {}

    def rule(self, function: _Function, keys: tuple[str, ...] = ()) -> _Function:
        """Register a function for the rows with these keys: without any, for the row of its own name, less the
        underscore that keeps it apart from Python's own.

        Raises KeyError for a key that the table lacks, ValueError for a row that has a rule.
        """
        for key in keys or (function.__name__.removesuffix("_"),):
            row = table.BY_KEY[key]
            if row in self.rules:
                raise ValueError(f"{row.key} has two evaluators on {self.system}")
            self.rules[row] = function
        return function

    def add_rules(self, functions: Mapping[str, Rule]) -> None:
        """Register functions by the keys of their rows. Raises as `rule` does."""
        for key, function in functions.items():
            self.rule(function, (key,))

    def rule_of(self, *keys: str) -> Callable[[_Function], _Function]:
        """A decorator that registers a function for the rows with these keys, as `rule` does."""
        return partial(self.rule, keys=keys)
