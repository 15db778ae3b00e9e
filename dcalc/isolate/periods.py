"""Symmetry and periods, proved: by how an expression is put together, or by a proof of the identity itself."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite, lcm
from typing import Literal

from dcalc import functions as table
from dcalc.backends import load
from dcalc.coordinates import nearest_double
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, map_nodes, number, substitute, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers.real import evaluate
from dcalc.problem import REFERENCE, Point, Problem, Result
from dcalc.proof.equality import Equality, prove_equal, prove_number
from dcalc.proof.polynomials import rational_expression
from dcalc.simplify import simplify
from dcalc.tape import in_order

Symmetry = Literal["even", "odd"]

_PLACES = (0.217, 0.613, 1.071, 1.733, 2.391, 3.317, 5.119, 7.43)
"""Where an identity is tried before it is proved."""
_CLOSE = 1e-9
_DIVISORS = (2, 3, 5, 7)
_MOST_NODES = 300
_MOST_DIVISIONS = 5


def find_symmetry(root: Expr, name: str) -> Symmetry | None:
    """Whether f is proved to be even or odd; None where neither is."""
    if name not in variables(root):
        return "even" if simplify(root) is not ZERO else None
    by_parts = _find_parity(root, name)
    if by_parts is not None:
        return by_parts
    mirrored = substitute(root, {name: make(table.NEG, symbol(name))})
    for symmetry, other in (("even", mirrored), ("odd", make(table.NEG, mirrored))):
        if _are_alike(root, other, name) and _are_equal(root, other):
            return symmetry  # type: ignore[return-value]  # one of both
    return None


def _find_parity(root: Expr, name: str) -> Symmetry | None:
    """The symmetry that follows from that of the parts."""
    order, inner = in_order(root)
    known: dict[int, Symmetry | None] = {}
    for node in order:
        if node.id in inner:
            known[node.id] = known[inner[node.id].id]
        elif is_leaf(node):
            known[node.id] = "odd" if node.op is table.SYMBOL and node.args[0] == name else "even"
        else:
            known[node.id] = _combine_parity(node, [known[arg.id] for arg in node.args])
    return known[root.id]


def _combine_parity(node: Expr, args: list[Symmetry | None]) -> Symmetry | None:
    op = node.op
    if all(arg == "even" for arg in args):
        return "even"
    if None in args:
        return None
    if op in (table.ADD, table.SUB, table.NEG):
        return "odd" if all(arg == "odd" for arg in args) else None
    if op in (table.MUL, table.DIV):
        return "odd" if args.count("odd") % 2 else "even"
    if op is table.POW:
        power = exact(simplify(node.args[1])) if not variables(node.args[1]) else None
        if power is None or Fraction(power).denominator > 1:
            return None
        return "odd" if int(power) % 2 else "even"
    if len(args) == 1 and op.parity:
        return "odd" if op.parity == "odd" else "even"
    return None


# --- periods ------------------------------------------------------------------------------

_WAVES: dict[Row, tuple[int, bool]] = {
    table.SIN: (2, True), table.COS: (2, True), table.SEC: (2, True), table.CSC: (2, True),
    table.TAN: (1, True), table.COT: (1, True),
    table.get("sinpi", 1): (2, False), table.get("cospi", 1): (2, False), table.FRAC: (1, False),
}  # fmt: skip
"""Functions with a period: how many times pi, or 1."""


def find_period(root: Expr, name: str) -> Expr | None:
    """A period of f, proved, the least one that is; None where there is none, or it is not known.

    A constant has none.
    """
    if name not in variables(root) or len(walk(root)) > _MOST_NODES:
        return None
    try:
        period = _find_common_period(root, name)
    except DcalcError:
        return None
    if period is None:
        period = _find_period_of_steps(root, name)
    if period is None:
        return None
    if prove_number(root) is not None:  # of which any number is a period
        return None
    for divisor in _DIVISORS:
        for _ in range(_MOST_DIVISIONS):
            shorter = simplify(make(table.DIV, period, number(divisor)))
            if not has_period(root, name, shorter):
                break
            period = shorter
        else:  # f is constant, though that is not proved
            return None
    return period


def _find_period_of_steps(root: Expr, name: str) -> Expr | None:
    """The period of a function in which roundings and a straight part go together, such as x - floor(x): written with
    parts of whole numbers, the straight parts cancel."""

    def write_out(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op is table.FLOOR:
            return make(table.SUB, args[0], make(table.FRAC, args[0]))
        if node.op is table.CEIL:
            return make(table.ADD, args[0], make(table.FRAC, make(table.NEG, args[0])))
        return make(node.op, *args)

    written = simplify(map_nodes(write_out, root)[0])
    return None if written is simplify(root) else _find_common_period(written, name)


def _measure(unit: Expr, slope: Expr) -> Expr | None:
    """How far the variable goes while a straight argument goes a unit."""
    if exact(slope) == 0:
        return ZERO
    period = simplify(make(table.DIV, unit, slope))
    return period if nearest_double(period) > 0 else simplify(make(table.NEG, period))


def has_period(root: Expr, name: str, period: Expr) -> bool:
    """Whether a number is proved to be a period of f."""
    moved = substitute(root, {name: make(table.ADD, symbol(name), period)})
    return _are_alike(root, moved, name) and _are_equal(root, moved)


def _find_common_period(root: Expr, name: str) -> Expr | None:
    """The least common multiple of the periods of the parts in which the variable stands; None where it stands
    elsewhere, too."""
    order, inner = in_order(root)
    periods: dict[int, Expr | None] = {}
    """None stands for a part that has no period; constants have 0."""
    for node in order:
        if node.id in inner:
            periods[node.id] = periods[inner[node.id].id]
        elif is_leaf(node):
            periods[node.id] = None if node.op is table.SYMBOL and node.args[0] == name else ZERO
        else:
            known = [periods[arg.id] for arg in node.args]
            period = _join_periods(known)
            periods[node.id] = _find_wave(node, name) if period is None else period
    period = periods[root.id]
    return None if period is ZERO else period


def _join_periods(periods: list[Expr | None]) -> Expr | None:
    common: Expr = ZERO
    for period in periods:
        if period is None:
            return None
        if period is ZERO:
            continue
        if common is ZERO:
            common = period
            continue
        ratio = exact(simplify(make(table.DIV, period, common)))
        if ratio is None:
            return None
        share = abs(Fraction(ratio))
        times = Fraction(lcm(share.numerator, 1), share.denominator)
        # period = share*common: both fit share.numerator times into common, share.denominator times into period.
        common = simplify(make(table.MUL, rational_expression(times * share.denominator), common))
    return common


def _find_wave(node: Expr, name: str) -> Expr | None:
    """The period of a wave along a straight argument."""
    wave = _WAVES.get(node.op)
    if node.op is table.MOD and not variables(node.args[1]):
        wave = (1, False)
    if wave is None:
        return None
    slope = simplify(derivative(node.args[0], (name,)))
    if variables(slope):
        return None
    times, has_pi = wave
    unit = make(table.MUL, number(times), make(table.PI)) if has_pi else number(times)
    if node.op is table.MOD:
        unit = node.args[1]
    return _measure(unit, slope)


# --- identities ---------------------------------------------------------------------------


def _are_alike(first: Expr, second: Expr, name: str) -> bool:
    """Whether two expressions have the same values at some places, to doubles."""
    seen = 0
    for x in (*_PLACES, *(-place for place in _PLACES)):
        a, b = evaluate(first, {name: x}), evaluate(second, {name: x})
        if isfinite(a) != isfinite(b) or (isfinite(a) and abs(a - b) > _CLOSE * (1 + abs(a))):
            return False
        seen += isfinite(a)
    return seen > 0


def _are_equal(first: Expr, second: Expr) -> bool:
    """Whether two expressions are proved to be one function, with the same domain."""
    proofs = (prove_equal((), first, second), prove_equal((), second, first))
    return all(proof is not None and _share_domain(proof, first, second) for proof in proofs)


def _share_domain(proof: Equality, first: Expr, second: Expr) -> bool:
    """Whether neither expression has a value at the points that a proof of their equality leaves open."""
    if proof.everywhere:
        return True
    places = [{proof.name: rational_expression(point)} for point in proof.points]
    return proof.all_points and all(_lacks_value(root, place) for place in places for root in (first, second))


def _lacks_value(root: Expr, place: Point) -> bool:
    """Whether an expression is proved to have no value at a place."""
    value: Result = load(REFERENCE).differentiate(Problem(root, (), place))
    return value.status in ("undefined", "removable")
