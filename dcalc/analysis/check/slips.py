"""The likely slip behind a wrong claim, found by making mistakes and comparing.

A slip explains the claim if the derivative with that mistake, made at one node or at all nodes of its kind, has the
values of the claim at the sample points.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, is_leaf, make, symbol, variables, walk
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers.real import evaluate, evaluate_all

MOST_NODES = 400
"""Above that each of some hundred slips would be tried at too many nodes."""
_TOLERANCE = 1e-9
"""Values in doubles this close, relatively, are equal."""
_FEWEST = 3
"""Points at which all values must be finite: fewer agree by chance."""
_NAMES = ("u", "v", "du", "dv", "d", "y")
_KINDS: dict[Row, str] = {table.MUL: "*", table.DIV: "/", table.POW: "**"}


def find_slip(root: Expr, name: str, claim: Expr, points: Sequence[Mapping[str, float]]) -> str | None:
    """The first slip that reproduces the claim at the points, in words; None where none does.

    Cost: one pass over the graph per slip, node that it concerns, and point.
    """
    if len(walk(root)) > MOST_NODES:
        return None
    try:
        right = derivative(root, (name,))
    except DcalcError:
        return None
    useful = [at for at in points if _all_finite(evaluate_all([root, right, claim], at))]
    if len(useful) < _FEWEST:
        return None
    trial = _Trial(root, name, [evaluate(claim, at) for at in useful], useful)
    if trial.is_claim(right):  # wrong elsewhere, or by less than doubles show
        return None
    answers = chain(trial.singles(), trial.wholes(right), _other_questions(root, name, claim, trial))
    return next(answers, None) or _constant_difference(claim, right, useful)


def _all_finite(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) for value in values)


def _is_close(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=_TOLERANCE, abs_tol=1e-300)


class _Trial:
    """One claim, compared with the derivatives that slips make."""

    def __init__(self, root: Expr, name: str, claimed: Sequence[float], points: Sequence[Mapping[str, float]]) -> None:
        self.root = root
        self.name = name
        self.claimed = claimed
        self.points = points
        self.nodes = walk(root)
        self.passes = [_Pass(self.nodes, name, at) for at in points]

    def matches(self, values: Iterator[float]) -> bool:
        """Whether the values, one per point, are those of the claim."""
        return all(_is_close(value, claimed) for value, claimed in zip(values, self.claimed, strict=True))

    def is_claim(self, expression: Expr) -> bool:
        """Whether an expression has the values of the claim."""
        return self.matches(evaluate(expression, at) for at in self.points)

    def is_derivative(self, root: Expr, wrt: tuple[str, ...]) -> bool:
        """Whether the claim has the values of a derivative; not where that has no closed form."""
        try:
            return self.is_claim(derivative(root, wrt))
        except DcalcError:
            return False

    def wholes(self, right: Expr) -> Iterator[str]:
        """Mistakes in the answer as a whole that explain the claim."""
        for slip in WHOLE:
            if self.is_claim(rules.fill(slip.wrong, ("F", "D"), {"F": self.root, "D": right})):
                yield slip.name

    def singles(self) -> Iterator[str]:
        """Mistakes at one node, or at all nodes of its kind, that explain the claim."""
        for slip in SLIPS:
            places = [node for node in self.nodes if _concerns(slip, node)]
            tried = [[node] for node in reversed(places)]
            if len(places) > 1 and slip is not FORGOTTEN:  # nobody forgets every function
                tried.append(places)
            for chosen in tried:
                ids = {node.id for node in chosen}
                if self.matches(one.sweep(slip, ids) for one in self.passes):
                    yield _describe(slip, chosen, alone=len(chosen) == 1 and len(places) > 0)


def _concerns(slip: Slip, node: Expr) -> bool:
    if is_leaf(node):
        return False
    kind = _KINDS.get(node.op)
    if kind is not None:
        return kind == slip.at and len(node.args) == 2
    if slip.at == "call":
        return len(node.args) == 1 and node.op not in table.CONDITIONS and node.op is not table.NEG
    return slip.at in (node.op.name, node.op.key) and slip.at not in _KINDS.values()


def _describe(slip: Slip, nodes: Sequence[Expr], *, alone: bool) -> str:
    sentence = slip.name.format(name=nodes[0].op.name)
    text = write(nodes[0])
    return f"{sentence}, at {text}" if alone and len(text) <= 40 else sentence


class _Pass:
    """The values, partials and tangents of all nodes at one point, in doubles."""

    def __init__(self, nodes: Sequence[Expr], name: str, at: Mapping[str, float]) -> None:
        self.nodes = nodes
        self.at = at
        self.name = name
        self.values = dict(zip([n.id for n in nodes if n.op not in table.CONDITIONS], _values(nodes, at), strict=True))
        self.partials: dict[int, list[float]] = {}
        self.moves = _moving(nodes, name)
        self.texts = {node.id: _partials(node, self.moves) for node in nodes if self.moves[node.id]}

    def sweep(self, slip: Slip | None, wrong: set[int]) -> float:
        """The derivative with a slip at the nodes ``wrong``; nan where it has no number."""
        tangents: dict[int, float] = {}
        for node in self.nodes:
            if is_leaf(node):
                tangents[node.id] = float(node.op is table.SYMBOL and node.args[0] == self.name)
            elif not self.moves[node.id]:
                tangents[node.id] = 0.0
            elif slip is not None and node.id in wrong and self._fits(slip, node):
                tangents[node.id] = self._wrong(slip, node, [tangents[arg.id] for arg in node.args])
            else:
                tangents[node.id] = self._right(node, [tangents[arg.id] for arg in node.args])
        return tangents[self.nodes[-1].id]

    def _fits(self, slip: Slip, node: Expr) -> bool:
        """Whether exactly those arguments vary that must vary for this slip."""
        if len(node.args) == 1:
            return True
        return all(self.moves[arg.id] == (name in slip.where) for name, arg in zip("uv", node.args, strict=False))

    def _right(self, node: Expr, tangents: list[float]) -> float:
        if node.id not in self.partials:
            texts = self.texts[node.id]
            values = iter(evaluate_all([text for text in texts if text is not None], self.at))
            self.partials[node.id] = [math.nan if text is None else next(values) for text in texts]
        pairs = zip(self.partials[node.id], tangents, strict=True)
        return sum(partial * tangent for partial, tangent in pairs if tangent)

    def _wrong(self, slip: Slip, node: Expr, tangents: list[float]) -> float:
        values = [self.values.get(arg.id, math.nan) for arg in node.args]
        numbers = {"u": values[0], "du": tangents[0], "y": self.values[node.id]}
        if len(values) > 1:
            numbers |= {"v": values[1], "dv": tangents[1]}
        if slip.at == "call":
            self._right(node, [1.0])
            numbers["d"] = self.partials.get(node.id, [math.nan])[0]
        text = slip.wrong
        if "f'(du)" in text:
            inner = _partial(make(node.op, symbol("du")), 0)
            numbers["d"] = math.nan if inner is None else evaluate(inner, {"du": tangents[0]})
            text = text.replace("f'(du)", "d")
        return evaluate(rules.fill(text, _NAMES, {}), numbers)


def _values(nodes: Sequence[Expr], at: Mapping[str, float]) -> list[float]:
    return evaluate_all([node for node in nodes if node.op not in table.CONDITIONS], at)


def _moving(nodes: Sequence[Expr], name: str) -> dict[int, bool]:
    """For each node, whether it varies with the variable."""
    moves: dict[int, bool] = {}
    for node in nodes:
        if is_leaf(node):
            moves[node.id] = node.op is table.SYMBOL and node.args[0] == name
        else:
            moves[node.id] = any(moves[arg.id] for arg in node.args)
    return moves


def _partials(node: Expr, moves: Mapping[int, bool]) -> list[Expr | None]:
    """The partials of a node by its arguments; 0 by those that do not vary, None without a closed form."""
    if is_leaf(node):
        return []
    return [_partial(node, place) if moves[arg.id] else ZERO for place, arg in enumerate(node.args)]


def _partial(node: Expr, place: int) -> Expr | None:
    """A partial of any node, operators included; None where it has no closed form."""
    row = node.op
    if row in table.CONDITIONS or (row is table.WHERE and place == 0):  # a condition is flat, but at its edges
        return ZERO
    if row.partials and not row.fold:
        return rules.partial(node, place)
    names = [f"argument{index}" if not is_leaf(arg) or index == place else None for index, arg in enumerate(node.args)]
    fixed = {name: arg for name, arg in zip(names, node.args, strict=True) if name is not None}
    args = [arg if name is None else symbol(name) for name, arg in zip(names, node.args, strict=True)]
    try:
        return rules.Template(derivative(make(row, *args), (f"argument{place}",))).build(fixed)
    except DcalcError:
        return None


def _other_questions(root: Expr, name: str, claim: Expr, trial: _Trial) -> Iterator[str]:
    """Answers to another question: by another variable, of another order, or an integral."""
    for other in variables(root):
        if other != name and trial.is_derivative(root, (other,)):
            yield f"this is the derivative by {other}, not by {name}"
    if trial.is_derivative(root, (name, name)):
        yield "this is the second derivative"
    integral = _Trial(claim, name, [evaluate(root, at) for at in trial.points], trial.points)
    if integral.is_derivative(claim, (name,)):
        yield "this is an antiderivative"


def _constant_difference(claim: Expr, right: Expr, points: Sequence[Mapping[str, float]]) -> str | None:
    """A constant factor or summand by which the claim is off."""
    pairs = [(evaluate(claim, at), evaluate(right, at)) for at in points]
    if all(math.isclose(a, b, rel_tol=1e-3) for a, b in pairs):
        worst = max(abs(a - b) / abs(b) for a, b in pairs if b)
        return f"a rounded constant: off by {worst:.0e} relative" if worst > _TOLERANCE else None
    factors = [a / b for a, b in pairs if b]
    if len(factors) >= _FEWEST and factors[0] and all(_is_close(a, factors[0] * b) for a, b in pairs):
        return f"off by the constant factor {factors[0]:.6g}"
    if all(math.isclose(a - b, pairs[0][0] - pairs[0][1], rel_tol=1e-7) for a, b in pairs):
        return f"off by the constant summand {pairs[0][0] - pairs[0][1]:.6g}"
    return None


# --- mistakes that people make, one per row -----------------------------------------------


class Slip(NamedTuple):
    """A mistake: ``wrong`` is the tangent that is taken at nodes ``at`` whose arguments ``where`` vary.

    ``at`` is an operator, the name of a function, or `call` for any function of one argument. In ``wrong``,
    `u` and `v` are the arguments, `du` and `dv` their tangents, `y` is the value and `d` the right partial
    derivative by u.
    """

    at: str
    wrong: str
    name: str
    where: str = "u v"


FORGOTTEN = Slip("call", "du", "the outer function was forgotten")
SLIPS = (
    Slip("call", "d", "a missing chain factor"),
    Slip("*", "du*dv", "the product of the derivatives instead of the product rule"),
    Slip("*", "du*v", "half of the product rule: the second factor was held constant"),
    Slip("*", "u*dv", "half of the product rule: the first factor was held constant"),
    Slip("*", "du*v - u*dv", "a minus in the product rule"),
    Slip("*", "u*dv - du*v", "a minus in the product rule"),
    Slip("*", "dv", "a constant factor was forgotten", "v"),
    Slip("*", "du", "a constant factor was forgotten", "u"),
    Slip("/", "du/dv", "the quotient of the derivatives instead of the quotient rule"),
    Slip("/", "(u*dv - du*v)/v**2", "the quotient rule in the wrong order"),
    Slip("/", "(du*v + u*dv)/v**2", "a plus in the quotient rule"),
    Slip("/", "(du*v - u*dv)/v", "the denominator of the quotient rule was not squared"),
    Slip("/", "du*v - u*dv", "the denominator of the quotient rule was forgotten"),
    Slip("/", "du/v", "half of the quotient rule: the denominator was held constant"),
    Slip("/", "u*dv/v**2", "the sign of the derivative of a reciprocal", "v"),
    Slip("/", "-u/v**2", "a missing chain factor: the derivative of the denominator", "v"),
    Slip("/", "u/dv", "the denominator alone was differentiated", "v"),
    Slip("/", "du", "a constant divisor was forgotten", "u"),
    Slip("**", "v*u**(v - 1)", "a missing chain factor: the derivative of the base", "u"),
    Slip("**", "u**(v - 1)*du", "the exponent was not brought down as a factor", "u"),
    Slip("**", "v*u**v*du", "a power off by one: the exponent was not lowered", "u"),
    Slip("**", "v*u**(v + 1)*du", "a power off by one: the exponent was raised", "u"),
    Slip("**", "v*u**(v - 2)*du", "a power off by one: the exponent was lowered twice", "u"),
    Slip("**", "(v - 1)*u**(v - 1)*du", "a power off by one: the factor is the lowered exponent", "u"),
    Slip("**", "(v - 1)*u**v*du", "a power off by one: exponent and factor are mixed up", "u"),
    Slip("**", "(v + 1)*u**v*du", "a power off by one: the exponent was taken one too large", "u"),
    Slip("**", "v*du**(v - 1)", "the derivative of the base was put in the place of the base", "u"),
    Slip("**", "-v*u**(v - 1)*du", "the sign of the power rule", "u"),
    Slip("**", "u**(v + 1)/(v + 1)*du", "a power was integrated", "u"),
    Slip("**", "v*u**(v - 1)*dv", "the power rule used on an exponential", "v"),
    Slip("**", "v*u**(v - 1)", "the power rule used on an exponential", "v"),
    Slip("**", "y*dv", "a forgotten log of the base", "v"),
    Slip("**", "y", "a forgotten log of the base, and a missing chain factor", "v"),
    Slip("**", "y*dv/log(u)", "divided by the log of the base instead of multiplied", "v"),
    Slip("**", "y*log(u)", "a missing chain factor: the derivative of the exponent", "v"),
    Slip("**", "v*u**(v - 1)*du", "the power rule, as if the exponent were constant"),
    Slip("**", "y*log(u)*dv", "the rule for exponentials, as if the base were constant"),
    Slip("exp", "u*exp(u - 1)*du", "the power rule used on an exponential"),
    Slip("exp", "u*exp(u - 1)", "the power rule used on an exponential"),
    Slip("log2", "du/u", "a forgotten factor 1/log(2)"),
    Slip("log10", "du/u", "a forgotten factor 1/log(10)"),
    Slip("log2", "log(2)*du/u", "multiplied by log(2) instead of divided"),
    Slip("log10", "log(10)*du/u", "multiplied by log(10) instead of divided"),
    Slip("log/2", "du/u", "a forgotten log of the base", "u"),
    Slip("sqrt", "du/sqrt(u)", "a forgotten factor 1/2 of the square root"),
    Slip("sqrt", "1/sqrt(u)", "a forgotten factor 1/2 of the square root, and a missing chain factor"),
    Slip("sqrt", "sqrt(u)*du/2", "a power off by one: the exponent of the root was not lowered"),
    Slip("sqrt", "1/(2*sqrt(du))", "the derivative of the radicand was put in its place"),
    Slip("tan", "sec(u)*du", "a forgotten square of the secant"),
    Slip("tanh", "sech(u)*du", "a forgotten square of the hyperbolic secant"),
    Slip("tanh", "1 - y", "a forgotten square of tanh"),
    Slip("tanh", "(1 - y)*du", "a forgotten square of tanh"),
    Slip("sigmoid", "(1 - y)*du", "a forgotten factor sigmoid(u)"),
    Slip("asin", "du/sqrt(1 + u**2)", "a plus for a minus under the root"),
    Slip("asin", "du/(1 - u**2)", "a forgotten root"),
    Slip("atan", "du/(1 - u**2)", "a minus for a plus in the derivative of atan"),
    Slip("atan", "du/sqrt(1 + u**2)", "a root too many in the derivative of atan"),
    Slip("sin", "sin(u)*du", "sin was taken for its own derivative"),
    Slip("abs", "du", "the sign of the argument of abs was forgotten"),
    Slip("call", "-d*du", "a wrong sign of the derivative of {name}"),
    Slip("call", "-d", "a wrong sign of the derivative of {name}, and a missing chain factor"),
    Slip("call", "f'(du)", "the derivative of the inner function was put in the place of its argument"),
    Slip("call", "f'(du)*du", "the derivative of the inner function was put in the place of its argument"),
    Slip("call", "d + du", "a sum where the chain rule has a product"),
    Slip("call", "d*du**2", "the chain factor twice"),
    Slip("call", "d/du", "divided by the chain factor"),
    FORGOTTEN,
    Slip("call", "y*du", "the outer function was not differentiated"),
    Slip("call", "d*pi/180*du", "degrees for radians in {name}"),
    Slip("call", "d*180/pi*du", "degrees for radians in {name}"),
)

WHOLE = (
    Slip("", "-D", "a wrong sign of the whole"),
    Slip("", "F", "this is the function itself, not its derivative"),
    Slip("", "D*180/pi", "degrees for radians"),
    Slip("", "D*pi/180", "degrees for radians"),
    Slip("", "1/D", "this is one over the derivative"),
)
"""Mistakes in the answer as a whole; `F` stands for f and `D` for its derivative."""
