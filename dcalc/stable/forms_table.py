"""The table of stable forms, one row each, as texts in dcalc's own language, and how their patterns are found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import ONE, Expr, Number, exact, is_leaf, walk
from dcalc.functions import Row
from dcalc.simplify import Build

# --- patterns ----------------------------------------------------------------------------------
# A pattern found in an expression: in any order of terms and factors, and in any multiple.


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


# --- the table ---------------------------------------------------------------------------------


HOLES = ("u", "v", "w")
"""Names that match any expression."""


class Form(NamedTuple):
    """``before`` equals ``after`` wherever ``before`` is defined.

    ``at`` is a point where the first loses digits in doubles, or has no double at all, and the
    second does not: what the row is for, and what its test measures. ``hole`` is where the
    second has no value although the first has one: single points alone. ``positive`` are the
    parts that must be positive for the two to be equal. ``within`` has what stands in the hole ``u``
    at that point, where the form pays only for what is itself inexact.
    """

    before: str
    after: str
    at: str
    hole: str = ""
    positive: tuple[str, ...] = ()
    within: str = ""


FORMS = (
    # Logarithms of sums of exponentials, the longest first.
    Form("log(exp(u) + exp(-u))", "abs(u) + softplus(-2*abs(u))", "u=800"),
    Form("log(exp(u) + exp(v) + exp(w))", "logsumexp(u, v, w)", "u=1000,v=999,w=1001"),
    Form("log(exp(u) + exp(v))", "logsumexp(u, v)", "u=1000,v=999"),
    Form("log(1 + exp(u) + exp(v))", "logsumexp(0, u, v)", "u=1000,v=999"),
    Form("log(exp(u) - exp(v))", "logsubexp(u, v)", "u=1000,v=999"),
    Form("log(1 + exp(u))", "softplus(u)", "u=-40"),
    Form("log(1 - exp(u))", "log1mexp(u)", "u=-1e-12"),
    Form("log(exp(u) - 1)", "logexpm1(u)", "u=800"),
    Form("log(1 - sigmoid(u))", "-softplus(u)", "u=40"),
    Form("log(1 - tanh(u)**2)", "2*log(2) - 2*abs(u) - 2*softplus(-2*abs(u))", "u=400"),
    Form("log(1 + u**2)", "log1psq(u)", "u=1e-10"),
    Form("log(1 + u)", "log1p(u)", "u=1e-10"),
    Form("log(cosh(u))", "abs(u) + softplus(-2*abs(u)) - log(2)", "u=800"),
    Form("log(sech(u))", "log(2) - abs(u) - softplus(-2*abs(u))", "u=800"),
    Form("log(tanh(u))", "log1mexp(-2*u) - softplus(-2*u)", "u=20"),
    Form("log(sinh(u))", "u + log1mexp(-2*u) - log(2)", "u=800"),
    Form("log(v*sinh(u))", "abs(u) + log(-v*sign(u)*expm1(-2*abs(u))/2)", "u=800,v=3"),
    Form("log(sigmoid(u))", "-softplus(-u)", "u=-800"),
    Form("log(erfc(u))", "logerfc(u)", "u=40"),
    Form("log(normcdf(u))", "lognormcdf(u)", "u=-40"),
    Form("log(gamma(u))", "lgamma(u)", "u=300"),
    Form("log(1 + exp(u)) - log(1 + exp(-u))", "u", "u=800"),
    Form("log(u) - log(v)", "log1p((u - v)/v)", "u=3.000000001,v=3"),
    Form("log(u + sqrt(u**2 + 1))", "asinh(u)", "u=1e-10"),
    Form("log(u + hypot(1, u))", "asinh(u)", "u=1e-10"),
    Form("log(u + sqrt(u**2 - 1))", "acosh(u)", "u=1e200"),
    # Quotients of exponentials.
    Form("(exp(u) - exp(-u))/(exp(u) + exp(-u))", "tanh(u)", "u=800"),
    Form("(exp(u) - 1)/(exp(u) + 1)", "tanh(u/2)", "u=1e-10"),
    Form("(exp(2*u) - 1)/(exp(u) - 1)", "1 + exp(u)", "u=1e-10", "u == 0"),
    Form("(1 - exp(u))/(1 + exp(u))", "-tanh(u/2)", "u=1e-10"),
    Form("(1 + exp(u))/(exp(u) - 1)", "coth(u/2)", "u=800"),
    Form("(1 + exp(u))/(1 - exp(u))", "-coth(u/2)", "u=800"),
    Form("exp(u)/(exp(u) - 1)**2", "csch(u/2)**2/4", "u=400"),
    Form("exp(u)/(1 - exp(u))**2", "csch(u/2)**2/4", "u=400"),
    Form("exp(u)/(exp(u) - 1)", "-1/expm1(-u)", "u=800"),
    Form("exp(u)/(1 - exp(u))", "1/expm1(-u)", "u=800"),
    Form("exp(u)*(exp(-u) - 1)", "-expm1(u)", "u=-800"),
    Form("exp(u)*(1 - exp(-u))", "expm1(u)", "u=-800"),
    Form("exp(u)/(1 + exp(u))**2", "sigmoid(u)*sigmoid(-u)", "u=400"),
    Form("exp(u)/(1 + exp(u))", "sigmoid(u)", "u=800"),
    Form("exp(u)/(exp(u) + exp(v) + exp(w))", "exp(u - logsumexp(u, v, w))", "u=1000,v=999,w=1001"),
    Form("exp(u)/(exp(u) + exp(v))", "sigmoid(u - v)", "u=1000,v=999"),
    Form("1/(1 + exp(u))", "sigmoid(-u)", "u=709.8"),
    Form("1/(exp(u) + exp(-u))", "sech(u)/2", "u=709.8"),
    Form("1/(exp(u) - exp(-u))", "csch(u)/2", "u=709.8"),
    Form("exp(u**2)*erfc(u)", "erfcx(u)", "u=30"),
    Form("normpdf(u)/normcdf(-u)", "sqrt(2/pi)/erfcx(u/sqrt(2))", "u=40"),
    Form("normpdf(u)/normcdf(u)", "sqrt(2/pi)/erfcx(-u/sqrt(2))", "u=-40"),
    Form("normcdf(u)/normpdf(u)", "sqrt(pi/2)*erfcx(-u/sqrt(2))", "u=-40"),
    Form("normcdf(-u)/normpdf(u)", "sqrt(pi/2)*erfcx(u/sqrt(2))", "u=40"),
    Form("1/(v + abs(u)) - u*sign(u)/(v + abs(u))**2", "v/(v + abs(u))**2", "u=1e9,v=2"),
    # Relative entropies, which vanish twice where u is v.
    Form(
        "u*log(u/v) + (1 - u)*log((1 - u)/(1 - v))",
        "-u*where(abs(v - u) < abs(u)/2, log1pmx((v - u)/u), logmxp1(v/u)) - (1 - u)*"
        "where(abs(v - u) < abs(1 - u)/2, log1pmx((u - v)/(1 - u)), logmxp1((1 - v)/(1 - u)))",
        "u=0.3000001,v=0.3",
    ),
    Form(
        "u*log(u/v) - u + v",
        "-u*where(abs(v - u) < abs(u)/2, log1pmx((v - u)/u), logmxp1(v/u))",
        "u=0.3000001,v=0.3",
    ),
    # Differences that are close to 0, those over their argument first.
    Form("(1 - cos(u))/u**2", "sinc(u/2)**2/2", "u=1e-7"),
    Form("(1 - cos(u))/u", "u*sinc(u/2)**2/2", "u=1e-7"),
    Form("sin(u)**2/u**2", "sinc(u)**2", "u=0"),
    Form("1 - sigmoid(u)", "sigmoid(-u)", "u=40"),
    Form("1 - 2*sigmoid(u)", "-tanh(u/2)", "u=1e-10"),
    Form("v - 2*v*sigmoid(u)", "-v*tanh(u/2)", "u=1e-10,v=3"),
    Form("1 + 1/expm1(u)", "-1/expm1(-u)", "u=-40"),
    Form("softplus(u) - u", "softplus(-u)", "u=40"),
    Form("logsumexp(u, v) - u", "softplus(v - u)", "u=50,v=1"),
    Form("u - logexpm1(u)", "-log1mexp(-u)", "u=40"),
    Form("1 - tanh(u)**2", "sech(u)**2", "u=20"),
    Form("1 - tanh(u)", "2*sigmoid(-2*u)", "u=20"),
    Form("1 + tanh(u)", "2*sigmoid(2*u)", "u=-20"),
    Form("1 - sech(u)**2", "tanh(u)**2", "u=1e-9"),
    Form("1 - erf(u)", "erfc(u)", "u=6"),
    Form("1 - erfc(u)", "erf(u)", "u=1e-10"),
    Form("1 - cos(u)**2", "sin(u)**2", "u=1e-9"),
    Form("1 - sin(u)**2", "cos(u)**2", "u=1.5707963"),
    Form("1 - cos(u)", "2*sin(u/2)**2", "u=1e-7"),
    Form("cos(u)**2 - sin(u)**2", "cos(2*u)", "u=0.785398163"),
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
    Form("lgamma(u + 1) - lgamma(u)", "log(abs(u))", "u=1e10"),
    Form("digamma(u + 1) - digamma(u)", "1/u", "u=1e10"),
    Form("gamma(u + 1)/gamma(u)", "u", "u=300"),
    # Overflow on the way.
    Form("sqrt(u**2 + v**2)", "hypot(u, v)", "u=1e200,v=1e200"),
    Form("sqrt(1 + u**2)", "hypot(1, u)", "u=1e200"),
    Form("log(u**2)", "2*log(abs(u))", "u=1e200"),
    Form("exp(-u)*cosh(u)", "(1 + exp(-2*u))/2", "u=800"),
    Form("exp(u)*cosh(u)", "(1 + exp(2*u))/2", "u=-800"),
    Form("exp(-u)*sinh(u)", "-expm1(-2*u)/2", "u=800"),
    Form("exp(u)*sinh(u)", "expm1(2*u)/2", "u=-800"),
    Form("sinh(u)/cosh(u)**2", "tanh(u)*sech(u)", "u=500"),
    Form("cosh(u)/sinh(u)**2", "coth(u)*csch(u)", "u=500"),
    # Holes that continuity fills.
    Form("sin(u)/u", "sinc(u)", "u=0"),
    Form("(1 + u)*log(1 + u)", "xlog1py(1 + u, u)", "u=1e-12"),
    Form("u*log(u)", "xlogx(u)", "u=0"),
    Form("u*log(1 + v)", "xlog1py(u, v)", "u=2,v=1e-10"),
    Form("u*log(v)", "xlogy(u, v)", "u=0,v=0"),
    Form("xlogy(u, sigmoid(v))", "-u*softplus(-v)", "u=2,v=-800"),
    Form("xlog1py(u, -sigmoid(v))", "-u*softplus(v)", "u=2,v=40"),
)

LOCAL_FORMS = (
    # Differences of the same function at two places.
    Form("tan(u) - tan(v)", "sin(u - v)/(cos(u)*cos(v))", "u=1.000000001,v=1"),
    Form("tan(u + v) - tan(u)", "tan(v)*(1 + tan(u)**2)/(1 - tan(u)*tan(v))", "u=1.57,v=1e-10"),
    Form("cot(u) - cot(v)", "sin(v - u)/(sin(u)*sin(v))", "u=1.000000001,v=1"),
    Form("sinh(u) - sinh(v)", "2*cosh((u + v)/2)*sinh((u - v)/2)", "u=1.000000001,v=1"),
    Form("cosh(u) - cosh(v)", "2*sinh((u + v)/2)*sinh((u - v)/2)", "u=1.000000001,v=1"),
    Form("tanh(u) - tanh(v)", "sinh(u - v)/(cosh(u)*cosh(v))", "u=1.000000001,v=1"),
    Form("atanh(u) - atanh(v)", "atanh((u - v)/(1 - u*v))", "u=0.500000001,v=0.5"),
    Form("acos(u) - acos(v)", "asin(v*sqrt(1 - u**2) - u*sqrt(1 - v**2))", "u=0.500000001,v=0.5", positive=("u", "v")),
    Form("asin(u) - asin(v)", "asin(u*sqrt(1 - v**2) - v*sqrt(1 - u**2))", "u=0.500000001,v=0.5", positive=("u", "v")),
    Form("asinh(u) - asinh(v)", "asinh(u*sqrt(1 + v**2) - v*sqrt(1 + u**2))", "u=1.000000001,v=1"),
    Form("acosh(u) - acosh(v)", "asinh(u*sqrt(v**2 - 1) - v*sqrt(u**2 - 1))*-1", "u=2.000000001,v=2"),
    Form(
        "cbrt(u) - cbrt(v)",
        "(u - v)/(cbrt(u)**2 + cbrt(u)*cbrt(v) + cbrt(v)**2)",
        "u=1.0000000001,v=1",
        "u == 0 and v == 0",
    ),
    Form("u**w - v**w", "v**w*expm1(w*log(u/v))", "u=1.0000000001,v=1,w=0.3", positive=("u", "v")),
    Form("u**w - 1", "expm1(w*log(u))", "u=1.0000000001,w=0.3", positive=("u",)),
    Form("1 - u**w", "-expm1(w*log(u))", "u=1.0000000001,w=0.3", positive=("u",)),
    Form("exp(u) - u**w", "u**w*expm1(u - w*log(u))", "u=1e-10,w=1e-12", positive=("u",)),
    Form("erf(u) - erf(v)", "erfc(v) - erfc(u)", "u=6,v=5"),
    Form("erfc(u) - erfc(v)", "erf(v) - erf(u)", "u=1e-10,v=2e-10"),
    Form("xlogx(u) - xlogx(v)", "(u - v)*log(u) + v*log(u/v)", "u=1e9,v=1000000001", positive=("u", "v")),
    Form("log2(u) - log2(v)", "log(u/v)/log(2)", "u=3.000000001,v=3"),
    Form("log10(u) - log10(v)", "log(u/v)/log(10)", "u=3.000000001,v=3"),
    # Differences from the value at a special place.
    Form("pi/2 - atan(u)", "atan(1/u)", "u=1e10", positive=("u",)),
    Form("pi/2 + atan(u)", "-atan(1/u)", "u=-1e10", positive=("-u",)),
    Form("pi/2 - acos(u)", "asin(u)", "u=1e-10"),
    Form("pi/2 - 2*asin(sqrt((1 - u)/2))", "asin(u)", "u=1e-10"),
    Form("pi/2 - asin(u)", "2*asin(sqrt((1 - u)/2))", "u=0.9999999999"),
    Form("pi/2 + asin(u)", "2*asin(sqrt((1 + u)/2))", "u=-0.9999999999"),
    Form("pi - acos(u)", "2*asin(sqrt((1 + u)/2))", "u=-0.9999999999"),
    Form("atan(u) - pi/4", "atan((u - 1)/(u + 1))", "u=1.0000000001", positive=("1 + u",)),
    Form("sigmoid(u) - 1/2", "tanh(u/2)/2", "u=1e-10"),
    Form("1 + erf(u)", "erfc(-u)", "u=-6"),
    Form("2 - erfc(u)", "erfc(-u)", "u=-6"),
    Form("1 - sin(u)", "cos(u)**2/(1 + sin(u))", "u=1.57079632", positive=("1 + sin(u)",)),
    Form("1 + sin(u)", "cos(u)**2/(1 - sin(u))", "u=-1.57079632", positive=("1 - sin(u)",)),
    Form("log(exp(u) + exp(v)) - u", "softplus(v - u)", "u=50,v=1"),
    Form("sec(u) - 1", "2*sin(u/2)**2/cos(u)", "u=1e-7"),
    Form("sech(u) - 1", "-2*sinh(u/2)**2/cosh(u)", "u=1e-7"),
    Form("1 - coth(u)", "-2/expm1(2*u)", "u=20"),
    Form("coth(u) - 1/u", "(u - tanh(u))/(u*tanh(u))", "u=1e-5"),
    Form("cot(u) - 1/u", "(u - tan(u))/(u*tan(u))", "u=1e-5"),
    Form("csc(u) - 1/u", "(u - sin(u))/(u*sin(u))", "u=1e-5"),
    Form("csch(u) - 1/u", "(u - sinh(u))/(u*sinh(u))", "u=1e-5"),
    Form("(1 - cos(u))/sin(u)", "tan(u/2)", "u=1e-200"),
    Form("sec(u)**2 - 1", "tan(u)**2", "u=1e-8"),
    Form("sec(u)**2 - tan(u)**2", "1", "u=1.5707"),
    Form("cosh(u)**2 - sinh(u)**2", "1", "u=20"),
    Form("hypot(u, v) - u", "v**2/(hypot(u, v) + u)", "u=1e9,v=1", "v == 0", ("u",)),
    Form("hypot(u, v) - v", "u**2/(hypot(u, v) + v)", "u=1,v=1e9", "u == 0", ("v",)),
    Form("hypot(u, v) + u", "v**2/(hypot(u, v) - u)", "u=-1e9,v=1", "v == 0", ("-u",)),
    Form("log1p(u) - log1p(v)", "log1p((u - v)/(1 + v))", "u=1.0000000001,v=1"),
    Form("expm1(u) - expm1(v)", "exp(v)*expm1(u - v)", "u=1.0000000001,v=1"),
    # Logarithms and powers of what is close to 1, or far from it.
    Form("log((1 + u)/(1 - u))", "2*atanh(u)", "u=1e-10"),
    Form("log((1 - u)/(1 + u))", "-2*atanh(u)", "u=1e-10"),
    Form("log(u + sqrt(u + 1)*sqrt(u - 1))", "acosh(u)", "u=1.0000000001"),
    Form("log(cos(u))", "log1p(-2*sin(u/2)**2)", "u=1e-8"),
    Form("log(1 - sin(u)**2)", "log1p(-sin(u)**2)", "u=1e-8"),
    Form("log(exp(u))", "u", "u=800"),
    Form("log(exp(u)*v)", "u + log(v)", "u=800,v=3"),
    Form("log(u*v)", "log(abs(u)) + log(abs(v))", "u=1e200,v=1e200"),
    Form("log(abs(sinh(u)))", "abs(u) + log1p(-exp(-2*abs(u))) - log(2)", "u=800"),
    Form("log(tan(pi/4 + u))", "atanh(sin(2*u))", "u=1e-10"),
    Form("log(tan(pi/4 - u))", "-atanh(sin(2*u))", "u=1e-10"),
    Form("log(u**w)", "w*log(u)", "u=1e200,w=3", positive=("u",)),
    Form("u**w", "exp(w*log(u))", "v=1e-13,w=1e13", positive=("u",), within="1 + v"),
    Form("u**v*w**v", "(u*w)**v", "u=1e200,w=1e-200,v=3", positive=("u", "w")),
    # Inverse functions next to the edge of their domains.
    Form("acos(u)", "2*asin(sqrt((1 - u)/2))", "v=1e-13", within="1/(1 + v)"),
    Form("acos(u)", "pi - 2*asin(sqrt((1 + u)/2))", "v=1e-13", within="-1/(1 + v)"),
    Form("asin(u)", "pi/2 - 2*asin(sqrt((1 - u)/2))", "v=1e-13", within="1/(1 + v)"),
    Form("acosh(u)", "2*asinh(sqrt((u - 1)/2))", "v=1e-13", within="1/(1 - v)"),
    Form("atanh(u)", "log1p(2*u/(1 - u))/2", "v=1e-13", within="1/(1 + v)"),
    # Circular functions of multiples of pi.
    Form("sin(pi*u)", "sinpi(u)", "u=1000000000.001"),
    Form("cos(pi*u)", "cospi(u)", "u=1000000000.501"),
    Form("tan(pi*u)", "sinpi(u)/cospi(u)", "u=1000000000.001"),
    # Exponentials that overflow beside ones that underflow.
    Form("exp(u)*exp(v)", "exp(u + v)", "u=800,v=-799"),
    Form("exp(u)*v", "exp(u + log(v))", "u=800,v=1e-100", positive=("v",)),
    Form("exp(u)*(1 + erf(v))", "exp(u + logerfc(-v))", "u=800,v=-30"),
    Form("exp(u)*erfc(v)", "exp(u + logerfc(v))", "u=800,v=30"),
    Form("gamma(u)/gamma(v)", "exp(lgamma(u) - lgamma(v))", "u=300,v=299.5", positive=("u", "v")),
    Form("sqrt(u**2)", "abs(u)", "u=1e200"),
    Form("sqrt(u*v)", "sqrt(abs(u))*sqrt(abs(v))", "u=1e200,v=1e200"),
    Form("cbrt(u*v)", "cbrt(u)*cbrt(v)", "u=1e200,v=1e200"),
    Form("sqrt(u + v)", "sqrt(u)*sqrt(1 + v/u)", "w=1e200,v=1", positive=("u",), within="w**2"),
)
"""Forms that keep more digits at some points and fewer at others, for a search that measures at a point."""
