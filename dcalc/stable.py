"""Forms of an expression that lose fewer digits in doubles: rows of data, matched on the graph.

`stable(root)` gives an expression that is equal wherever ``root`` is defined. Rows are texts
in dcalc's own language; both sides are simplified first, so that a row matches in any order
of terms and factors, and in any multiple: `1 - cos(u)` is found in `3*cos(2*x) - 3 + y`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import ONE, Expr, Number, exact, is_leaf, walk
from dcalc.functions import Row
from dcalc.parser import parse
from dcalc.rules import Template
from dcalc.simplify import Build, rebuild, style

__all__ = ["FORMS", "stable"]

_WIDEST = 24
"""Sums and products with more parts are left alone: the search for a match is exponential in them."""
_PASSES = 4
"""Maximum number of passes; bounds rows that trigger each other."""


def stable(root: Expr) -> Expr:
    """An expression equal to ``root`` wherever that is defined, in forms that lose fewer digits.

    At the holes that some rows name it may have no value.
    ``root`` itself where no row matches. Cost: a pass or two over the simplified graph.
    """
    build = style(root)
    best = rebuild(root, build)
    improved = False
    for _ in range(_PASSES):
        better = _pass(best, build)
        if better is best:
            break
        best, improved = better, True
    return best if improved else root


def _pass(root: Expr, build: Build) -> Expr:
    """All rewritings at once: a part that is in another's pattern is seen as it was."""
    done: dict[int, Expr] = {}
    for node in walk(root):
        better = None if is_leaf(node) else _rewrite(node, build)
        for part in (node,) if better is None else walk(better):
            if part.id not in done:
                args = () if is_leaf(part) else tuple(done[arg.id] for arg in part.args)
                done[part.id] = part if is_leaf(part) or args == part.args else build.apply(part.op, args)
        if better is not None:
            done[node.id] = done[better.id]
    return done[root.id]


class _Pattern(NamedTuple):
    before: Expr
    after: Template


@cache
def _patterns() -> dict[Row, list[_Pattern]]:
    """The rows by the operator or function on top of their simplified left sides."""
    plain = Build()
    patterns: dict[Row, list[_Pattern]] = {}
    for form in FORMS:
        before = rebuild(parse(form.before, variables=HOLES).root, plain)
        patterns.setdefault(before.op, []).append(_Pattern(before, Template(parse(form.after, variables=HOLES).root)))
    return patterns


def _rewrite(node: Expr, build: Build) -> Expr | None:
    """The node by the first row that matches it, or a part of its terms or factors."""
    if len(node.args) > _WIDEST:
        return None
    for pattern in _patterns().get(node.op, ()):
        match = Match(build).find(pattern.before, node)
        if match is not None:
            image = pattern.after.build(match.holes, build.apply)
            if match.left:
                image = build.apply(node.op, (build.mul((build.number(match.scale), image)), *match.left))
            else:
                image = build.mul((build.number(match.scale), image))
            if image is not node:
                return image
    return None


# --- Matching on the graph: in any order of terms and factors, and in any multiple.


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


# --- The table of stable forms: one row each, as texts in dcalc's own language.

HOLES = ("u", "v", "w")
"""Names that match any expression."""


class Form(NamedTuple):
    """``before`` equals ``after`` wherever ``before`` is defined.

    ``at`` is a point where the first loses digits in doubles, or has no double at all, and the
    second does not: what the row is for, and what its test measures. ``hole`` is where the
    second has no value although the first has one: single points alone.
    """

    before: str
    after: str
    at: str
    hole: str = ""


FORMS = (
    # Logarithms of sums of exponentials, the longest first.
    Form("log(exp(u) + exp(v) + exp(w))", "logsumexp(u, v, w)", "u=1000,v=999,w=1001"),
    Form("log(exp(u) + exp(v))", "logsumexp(u, v)", "u=1000,v=999"),
    Form("log(1 + exp(u))", "softplus(u)", "u=-40"),
    Form("log(1 - exp(u))", "log1mexp(u)", "u=-1e-12"),
    Form("log(exp(u) - 1)", "logexpm1(u)", "u=800"),
    Form("log(1 + u)", "log1p(u)", "u=1e-10"),
    Form("log(cosh(u))", "abs(u) + softplus(-2*abs(u)) - log(2)", "u=800"),
    Form("log(sigmoid(u))", "-softplus(-u)", "u=-800"),
    Form("log(erfc(u))", "logerfc(u)", "u=40"),
    Form("log(gamma(u))", "lgamma(u)", "u=300"),
    Form("log(u) - log(v)", "log1p((u - v)/v)", "u=3.000000001,v=3"),
    # Quotients of exponentials.
    Form("(exp(u) - exp(-u))/(exp(u) + exp(-u))", "tanh(u)", "u=800"),
    Form("(exp(u) - 1)/(exp(u) + 1)", "tanh(u/2)", "u=1e-10"),
    Form("exp(u)/(1 + exp(u))**2", "sigmoid(u)*sigmoid(-u)", "u=400"),
    Form("exp(u)/(1 + exp(u))", "sigmoid(u)", "u=800"),
    Form("exp(u)/(exp(u) + exp(v) + exp(w))", "exp(u - logsumexp(u, v, w))", "u=1000,v=999,w=1001"),
    Form("exp(u)/(exp(u) + exp(v))", "sigmoid(u - v)", "u=1000,v=999"),
    Form("1/(1 + exp(u))", "sigmoid(-u)", "u=709.8"),
    Form("exp(u**2)*erfc(u)", "erfcx(u)", "u=30"),
    # Differences that are close to 0, those over their argument first.
    Form("(1 - cos(u))/u**2", "sinc(u/2)**2/2", "u=1e-7"),
    Form("(1 - cos(u))/u", "u*sinc(u/2)**2/2", "u=1e-7"),
    Form("sin(u)**2/u**2", "sinc(u)**2", "u=0"),
    Form("1 - sigmoid(u)", "sigmoid(-u)", "u=40"),
    Form("1 - tanh(u)**2", "sech(u)**2", "u=20"),
    Form("1 - tanh(u)", "2*sigmoid(-2*u)", "u=20"),
    Form("1 + tanh(u)", "2*sigmoid(2*u)", "u=-20"),
    Form("1 - sech(u)**2", "tanh(u)**2", "u=1e-9"),
    Form("1 - erf(u)", "erfc(u)", "u=6"),
    Form("1 - erfc(u)", "erf(u)", "u=1e-10"),
    Form("1 - cos(u)**2", "sin(u)**2", "u=1e-9"),
    Form("1 - sin(u)**2", "cos(u)**2", "u=1.5707963"),
    Form("1 - cos(u)", "2*sin(u/2)**2", "u=1e-7"),
    Form("cosh(u)**2 - 1", "sinh(u)**2", "u=1e-9"),
    Form("cosh(u) - 1", "2*sinh(u/2)**2", "u=1e-7"),
    Form("cosh(u) - sinh(u)", "exp(-u)", "u=20"),
    Form("csc(u) - cot(u)", "tan(u/2)", "u=1e-7"),
    Form("exp(u) - exp(-u)", "2*sinh(u)", "u=1e-10"),
    Form("exp(u) - 1", "expm1(u)", "u=1e-10"),
    Form("exp(u) - exp(v)", "exp(v)*expm1(u - v)", "u=1.000000001,v=1"),
    Form("cos(u) - cos(v)", "-2*sin((u + v)/2)*sin((u - v)/2)", "u=1e-7,v=2e-7"),
    Form("sin(u) - sin(v)", "2*cos((u + v)/2)*sin((u - v)/2)", "u=1.000000001,v=1"),
    Form("atan(u) - atan(v)", "atan2(u - v, 1 + u*v)", "u=1e8,v=1.1e8"),
    Form("sqrt(u**2 + 1) - u", "1/(hypot(u, 1) + u)", "u=1e8"),
    Form("sqrt(u) - 1", "(u - 1)/(sqrt(u) + 1)", "u=1.0000000001"),
    Form("sqrt(u) - sqrt(v)", "(u - v)/(sqrt(u) + sqrt(v))", "u=1.0000000001,v=1", "u == 0 and v == 0"),
    Form("1/u - 1/v", "(v - u)/(u*v)", "u=3.0000000001,v=3"),
    Form("u**2 - v**2", "(u - v)*(u + v)", "u=1.0000000003,v=1.0000000001"),
    Form("u**2 - 1", "(u - 1)*(u + 1)", "u=1.0000000003"),
    # Inverse functions next to the edge of their domains.
    Form("acos(1 - u)", "2*asin(sqrt(u/2))", "u=1e-15"),
    Form("acosh(1 + u)", "2*asinh(sqrt(u/2))", "u=1e-15"),
    # Overflow on the way.
    Form("sqrt(u**2 + v**2)", "hypot(u, v)", "u=1e200,v=1e200"),
    Form("sqrt(1 + u**2)", "hypot(1, u)", "u=1e200"),
    # Holes that continuity fills.
    Form("sin(u)/u", "sinc(u)", "u=0"),
    Form("u*log(u)", "xlogx(u)", "u=0"),
    Form("u*log(1 + v)", "xlog1py(u, v)", "u=2,v=1e-10"),
    Form("u*log(v)", "xlogy(u, v)", "u=0,v=0"),
    Form("xlogy(u, sigmoid(v))", "-u*softplus(-v)", "u=2,v=-800"),
    Form("xlog1py(u, -sigmoid(v))", "-u*softplus(v)", "u=2,v=40"),
)
