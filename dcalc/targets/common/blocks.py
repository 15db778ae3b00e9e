"""From expressions to straight-line code: what is computed in which order, under which name, in which branch.

Nothing here knows a language. A part gets a name where it is used twice or nested deeply; the branches of a
choice are blocks of their own, so that only the branch that is taken is computed. All passes are loops over the
graph, and linear.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, exact, is_leaf, make, map_nodes, number, substitute, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers.real import evaluate_all

# --- guards ------------------------------------------------------------------------------------
# Choices whose branches are both computed: the branch that is not taken gets a harmless argument.
#
# Otherwise its infinity becomes a warning in NumPy, an error in PostgreSQL, and 0*inf in the gradients of JAX and
# PyTorch, though it is never chosen.


_CANDIDATES = ("0", "1", "-1", "1/2", "2", "-2", "1/4", "-1/4", "10", "-10", "100", "-100", "1/100", "-1/100")
_MOST_VARIABLES = 3
_SAFE = table.CONDITIONS | {
    table.ADD, table.SUB, table.NEG, table.WHERE, table.ABS, table.MAX, table.MIN, table.FLOOR, table.SIGN,
    table.SIN, table.COS, table.ATAN, table.TANH,
}  # fmt: skip
"""Operations that have a finite value wherever their arguments are of moderate size."""


def guard(roots: Sequence[Expr]) -> tuple[Expr, ...]:
    """The roots with harmless arguments in the branches that are not taken, where such are known."""

    def guard_branches(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op is table.WHERE:
            condition, first, second = args
            args = condition, _guard_branch(condition, first, taken=True), _guard_branch(condition, second, taken=False)
        return make(node.op, *args)

    return map_nodes(guard_branches, *roots)


def _guard_branch(condition: Expr, branch: Expr, *, taken: bool) -> Expr:
    if all(is_leaf(node) or node.op in _SAFE for node in walk(branch)):
        return branch
    names = [name for name in variables(condition) if name in set(variables(branch))]
    if not names or len(names) > _MOST_VARIABLES:
        return branch
    point = _find_harmless(condition, branch, names, taken=taken)
    if point is None:
        return branch
    safe = {}
    for name, value in point.items():
        pair = (symbol(name), value) if taken else (value, symbol(name))
        safe[name] = make(table.WHERE, condition, *pair)
    return substitute(branch, safe)


def _find_harmless(condition: Expr, branch: Expr, names: Sequence[str], *, taken: bool) -> dict[str, Expr] | None:
    """A point on the branch's side of the condition where all of its parts are finite."""
    others = dict.fromkeys(variables(branch, condition), 1.0)
    parts = [node for node in walk(branch) if node.op not in table.CONDITIONS]
    for values in _candidates(len(names)):
        at = {**others, **{name: float(value.args[0]) for name, value in zip(names, values, strict=True)}}
        holds, *sizes = evaluate_all([make(table.WHERE, condition, number(1), number(0)), *parts], at)
        if bool(holds) == taken and all(math.isfinite(size) for size in sizes):
            return dict(zip(names, values, strict=True))
    return None


def _candidates(count: int) -> Iterator[tuple[Expr, ...]]:
    numbers = [number(Fraction(text)) for text in _CANDIDATES]
    same: Iterable[tuple[Expr, ...]] = ((value,) * count for value in numbers)
    yield from same
    if count > 1:
        yield from product(numbers[:6], repeat=count)


# --- blocks ------------------------------------------------------------------------------------


DEEPEST = 40
"""The deepest nesting in one statement: compilers recurse over what they read."""
_LARGEST_INLINE = 24
"""The most nodes in a branch that is written inside of an expression."""


class Assignment(NamedTuple):
    """A part and the name that it gets."""

    name: str
    node: Expr


class Choice(NamedTuple):
    """A part that one of two blocks computes, and the name that it gets."""

    name: str
    condition: Expr
    then: Block
    otherwise: Block


Statement = Assignment | Choice


class Block(NamedTuple):
    """Statements in order, and the results: names for their parts are in the plan."""

    statements: list[Statement]
    results: tuple[Expr, ...]


class Plan(NamedTuple):
    """The block of a function, and the names of its parts by the ids of nodes."""

    block: Block
    names: dict[int, str]


def is_trivial(node: Expr) -> bool:
    """True for what needs no name: a number, a quotient of two, a variable, a constant, or one of these with a sign."""
    if node.op is table.NEG:
        node = node.args[0]
    if node.op is table.DIV:
        return all(exact(arg) is not None for arg in node.args)
    return is_leaf(node) or not node.args or exact(node) is not None


def plan(
    results: Sequence[Expr],
    fresh: Iterator[str],
    *,
    lazy: bool,
    atomic: frozenset[Row] = frozenset(),
    deepest: int = DEEPEST,
) -> Plan:
    """The statements that compute the results. ``fresh`` are names that are not in use.

    With ``lazy`` the branches of large choices are blocks of their own. The arguments of ``atomic`` rows get names.
    """
    return _Planner(results, fresh, lazy=lazy, atomic=atomic, deepest=deepest).plan()


def _list_nodes(results: Sequence[Expr]) -> list[Expr]:
    """All nodes below the results, each once, children before parents, in the same order in every process."""
    nodes: list[Expr] = []
    seen: set[int] = set()
    stack = [(node, False) for node in reversed(results)]
    while stack:
        node, is_ready = stack.pop()
        if is_ready:
            nodes.append(node)
        elif node.id not in seen:
            seen.add(node.id)
            stack.append((node, True))
            stack += [(arg, False) for arg in reversed(() if is_leaf(node) else node.args)]
    return nodes


class _Planner:
    def __init__(
        self, results: Sequence[Expr], fresh: Iterator[str], *, lazy: bool, atomic: frozenset[Row], deepest: int
    ) -> None:
        self.deepest = deepest
        self.results = tuple(results)
        self.fresh = fresh
        self.nodes = _list_nodes(self.results)
        self.users: dict[int, int] = {}
        for node in self.nodes:
            for arg in () if is_leaf(node) else node.args:
                self.users[arg.id] = self.users.get(arg.id, 0) + 1
        for node in self.results:
            self.users[node.id] = self.users.get(node.id, 0) + 1
        self.atomic = {arg.id for node in self.nodes if node.op in atomic for arg in node.args}
        self.split = self._find_large_choices() if lazy else frozenset()
        self.parents = [0]  # of each block; 0 is that of the function
        self.depths = [0]
        self.homes: dict[int, int] = {}
        self.branches: dict[int, tuple[int, int]] = {}

    def plan(self) -> Plan:
        self._place()
        named = self._choose_named()
        names: dict[int, str] = {}
        lists: list[list[Statement]] = [[] for _ in self.parents]
        for node in self.nodes:
            if node.id not in named:
                continue
            names[node.id] = name = next(self.fresh)
            statement: Statement = Assignment(name, node)
            if node.id in self.split:
                condition, then, otherwise = node.args
                first, second = self.branches[node.id]
                statement = Choice(name, condition, Block(lists[first], (then,)), Block(lists[second], (otherwise,)))
            lists[self.homes[node.id]].append(statement)
        return Plan(Block(lists[0], self.results), names)

    def _find_large_choices(self) -> frozenset[int]:
        """The choices with a branch that shares parts, or is large: those that become blocks."""
        if not any(node.op is table.WHERE for node in self.nodes):
            return frozenset()
        shared = {node.id for node in self.nodes if self.users.get(node.id, 0) > 1 and not is_trivial(node)}
        sizes: dict[int, int] = {}
        simple: dict[int, bool] = {}
        large = set()
        for node in self.nodes:
            args = () if is_leaf(node) else node.args
            sizes[node.id] = min(1 + sum(sizes[arg.id] for arg in args), _LARGEST_INLINE + 1)
            simple[node.id] = node.id not in shared and all(simple[arg.id] for arg in args)
            branches = node.args[1:] if node.op is table.WHERE else ()
            if any(sizes[arg.id] > _LARGEST_INLINE or not simple[arg.id] for arg in branches):
                large.add(node.id)
                simple[node.id] = False
        return frozenset(large)

    # --- which block -----------------------------------------------------------------------

    def _place(self) -> None:
        """The block of each node: the innermost one that encloses all of its uses."""
        homes = self.homes
        for node in self.results:
            homes[node.id] = 0
        for node in reversed(self.nodes):
            home = homes[node.id]
            if is_leaf(node):
                continue
            if node.id in self.split:
                first, second = self._open(home), self._open(home)
                self.branches[node.id] = (first, second)
                for arg, block in zip(node.args, (home, first, second), strict=True):
                    self._use(arg, block)
            else:
                for arg in node.args:
                    self._use(arg, home)

    def _open(self, parent: int) -> int:
        self.parents.append(parent)
        self.depths.append(self.depths[parent] + 1)
        return len(self.parents) - 1

    def _use(self, node: Expr, block: int) -> None:
        home = self.homes.get(node.id)
        if home is None:
            self.homes[node.id] = block
            return
        parents, depths = self.parents, self.depths
        while home != block:
            if depths[home] >= depths[block]:
                home = parents[home]
            else:
                block = parents[block]
        self.homes[node.id] = home

    # --- which names -----------------------------------------------------------------------

    def _choose_named(self) -> set[int]:
        named = set(self.split)
        depths: dict[int, int] = {}
        for node in self.nodes:
            if is_leaf(node):
                depths[node.id] = 0
                continue
            depth = 1 + max((0 if arg.id in named else depths[arg.id] for arg in node.args), default=0)
            if node.op in table.CONDITIONS:
                depths[node.id] = depth
                continue
            is_shared = (self.users[node.id] > 1 or node.id in self.atomic) and not is_trivial(node)
            if is_shared or depth >= self.deepest:
                named.add(node.id)
            depths[node.id] = depth
        return named


def fresh_names(taken: Iterable[str]) -> Iterator[str]:
    """t1, t2, ... without those that are taken, whatever their case."""
    used = {name.casefold() for name in taken}
    number = 0
    while True:
        number += 1
        if f"t{number}" not in used:
            yield f"t{number}"
