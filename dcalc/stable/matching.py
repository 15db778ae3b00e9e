"""A pattern found in an expression: in any order of terms and factors, and in any multiple."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import ONE, Expr, Number, exact, is_leaf, walk
from dcalc.functions import Row
from dcalc.simplify import Build


class State(NamedTuple):
    """A partial match: the goals that are left, and the expressions in the holes."""

    goals: tuple[_Goal, ...]
    holes: dict[str, Expr]
    scale: Number = 1
    left: tuple[Expr, ...] = ()


class _Goal(NamedTuple):
    """Patterns to be found among nodes. ``op`` is + or * for terms and factors, None for one node.

    On top, terms and factors may be left over, and all may be a multiple of the pattern.
    """

    op: Row | None
    patterns: tuple[Expr, ...]
    nodes: tuple[Expr, ...]
    top: bool = False
    ratio: Number | None = None


class Match:
    """A search of one pattern in one node: depth first, with a stack of states."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def find(self, pattern: Expr, node: Expr) -> State | None:
        """The first match; None where there is none."""
        if pattern.op in (table.ADD, table.MUL):
            goal = _Goal(pattern.op, _holes_last(pattern.args), node.args, top=True)
        else:
            goal = _Goal(None, (pattern,), (node,), top=True)
        stack = [State((goal,), {})]
        while stack:
            state = stack.pop()
            if not state.goals:
                return state
            stack += reversed(list(self._steps(state)))
        return None

    def _steps(self, state: State) -> Iterator[State]:
        goal, *rest = state.goals
        if goal.op is None:
            yield from self._one(state, goal.patterns[0], goal.nodes[0], tuple(rest))
        elif not goal.patterns:
            yield from self._finish(state, goal, tuple(rest))
        else:
            yield from self._among(state, goal, tuple(rest))

    def _finish(self, state: State, goal: _Goal, rest: tuple[_Goal, ...]) -> Iterator[State]:
        if goal.top:
            scale = 1 if goal.ratio is None else goal.ratio
            yield state._replace(goals=rest, scale=scale, left=goal.nodes)
        elif not goal.nodes and goal.ratio in (None, 1):
            yield state._replace(goals=rest)

    def _one(self, state: State, pattern: Expr, node: Expr, rest: tuple[_Goal, ...]) -> Iterator[State]:
        """One pattern against one node."""
        if pattern.op is table.SYMBOL:
            name = pattern.args[0]
            if name not in state.holes:
                yield state._replace(goals=rest, holes={**state.holes, name: node})
            elif state.holes[name] is node:
                yield state._replace(goals=rest)
            return
        if is_leaf(pattern) or exact(pattern) is not None:
            if pattern is node:
                yield state._replace(goals=rest)
            return
        coefficient, hole = self.build.split(pattern)
        if pattern.op is table.MUL and hole.op is table.SYMBOL:  # -u, or u/2: any node is a multiple
            whole = self.build.mul((self.build.number(1 / _rational(coefficient)), node))
            yield state._replace(goals=(_Goal(None, (hole,), (whole,)), *rest))
        elif pattern.op is node.op and pattern.op in (table.ADD, table.MUL):
            yield state._replace(goals=(_Goal(pattern.op, _holes_last(pattern.args), node.args), *rest))
        elif pattern.op is node.op and len(pattern.args) == len(node.args):
            pairs = zip(pattern.args, node.args, strict=True)
            yield state._replace(goals=(*(_Goal(None, (a,), (b,)) for a, b in pairs), *rest))

    def _among(self, state: State, goal: _Goal, rest: tuple[_Goal, ...]) -> Iterator[State]:
        """The first pattern of a sum or product against each term or factor."""
        first, *others = goal.patterns
        if not others and not goal.top and first.op is table.SYMBOL and len(goal.nodes) > 1:
            together = self.build.apply(goal.op, goal.nodes) if goal.op is not None else goal.nodes[0]
            yield state._replace(goals=(_Goal(None, (first,), (together,)), *rest))
            return
        for place, node in enumerate(goal.nodes):
            if goal.top and goal.op is table.MUL and first.op is table.SYMBOL and exact(node) is not None:
                continue  # a number is a multiple of the pattern, and no part of it
            remaining = (*goal.nodes[:place], *goal.nodes[place + 1 :])
            if goal.op is table.ADD:
                yield from self._term(state, goal, (first, tuple(others)), (node, remaining), rest)
            else:
                goal_left = goal._replace(patterns=tuple(others), nodes=remaining)
                yield state._replace(goals=(_Goal(None, (first,), (node,)), goal_left, *rest))

    def _term(
        self,
        state: State,
        goal: _Goal,
        patterns: tuple[Expr, tuple[Expr, ...]],
        nodes: tuple[Expr, tuple[Expr, ...]],
        rest: tuple[_Goal, ...],
    ) -> Iterator[State]:
        """Terms match up to a common factor, which inside of a pattern is 1."""
        (first, others), (node, remaining) = patterns, nodes
        pattern_factor, pattern = self._taken_apart(first)
        node_factor, term = self._taken_apart(node)
        if pattern.op is table.SYMBOL and pattern.args[0] in state.holes:  # what is in the hole may be a multiple, too
            hole_factor, pattern = self._taken_apart(state.holes[pattern.args[0]])
            multiple = _rational(node_factor) / (_rational(pattern_factor) * _rational(hole_factor))
            if pattern is term and goal.ratio in (None, multiple) and (goal.top or multiple == 1):
                yield state._replace(goals=(goal._replace(patterns=others, nodes=remaining, ratio=multiple), *rest))
            return
        if pattern.op is table.SYMBOL and not goal.top:
            ratio, term = 1 if goal.ratio is None else goal.ratio, node
            if pattern_factor != 1:
                term = self.build.mul((self.build.number(1 / _rational(pattern_factor)), node))
        else:
            ratio = _rational(node_factor) / _rational(pattern_factor)
        if (goal.ratio is not None and goal.ratio != ratio) or (not goal.top and ratio != 1):
            return
        if (pattern is ONE) != (term is ONE) and pattern.op is not table.SYMBOL:
            return
        goal_left = goal._replace(patterns=others, nodes=remaining, ratio=ratio)
        yield state._replace(goals=(_Goal(None, (pattern,), (term,)), goal_left, *rest))

    def _taken_apart(self, term: Expr) -> tuple[Number, Expr]:
        """A term as number times the rest; the rest of a number is 1."""
        value = exact(term)
        return self.build.split(term) if value is None else (value, ONE)


def _rational(value: Number) -> Fraction:
    return Fraction(value)


def _holes_last(patterns: Sequence[Expr]) -> tuple[Expr, ...]:
    """The most specific patterns first: a hole alone takes what is left."""
    return tuple(sorted(patterns, key=lambda pattern: pattern.op is table.SYMBOL))


_ARITHMETIC = frozenset((table.NUMBER, table.SYMBOL, table.ADD, table.MUL, table.POW, table.DIV, table.NEG))


def telling_masks(root: Expr) -> dict[int, int]:
    """The same for all nodes below a root, by their ids, as the bits of the rows' indices. Linear."""
    masks: dict[int, int] = {}
    for node in walk(root):
        mask = 0 if node.op in _ARITHMETIC else 1 << node.op.index
        for arg in () if is_leaf(node) else node.args:
            mask |= masks[arg.id]
        masks[node.id] = mask
    return masks


def telling_mask(root: Expr) -> int:
    """Those of one node."""
    return telling_masks(root)[root.id]


def telling_rows(root: Expr) -> frozenset[Row]:
    """The functions below a node: a pattern is found only where all of its own are."""
    return frozenset(node.op for node in walk(root)) - _ARITHMETIC
