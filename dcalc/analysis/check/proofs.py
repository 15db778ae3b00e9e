"""Claims proved: by algebra on open pieces, with the points between them that are left to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dcalc import functions as table
from dcalc.analysis.check.breakpoints import plain_value
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr, exact, is_leaf, make, substitute, variables
from dcalc.problem import Point
from dcalc.proof.equality import prove_equal
from dcalc.proof.equality_by_pieces import Line, prove_on_pieces
from dcalc.proof.polynomials import rational_expression
from dcalc.proof.special_functions import split_multiples
from dcalc.simplify import simplify
from dcalc.tape import in_order

_MOST_LINES = 8


class Border(NamedTuple):
    """A point between pieces; ``beside`` is the claim on those next to it, where it may jump."""

    at: Point
    beside: tuple[Expr, ...] = ()


class ClaimProof(NamedTuple):
    """A claim equals the derivative where both have a value, but for points that are left to look at.

    ``everywhere`` tells that there are no other places to look at. ``gaps`` tells that there may be places
    where neither text has a value though f has a derivative.
    """

    everywhere: bool
    points: tuple[Border, ...]
    gaps: bool


def prove_claim(root: Expr, right: Expr, claim: Expr, wrt: Sequence[str], *, own: bool = False) -> ClaimProof | None:
    """The proof of a claim about the derivative of ``root`` by ``wrt``, whose text is ``right``; else None.

    ``own`` tells that the claim is that text in another order. Cost: milliseconds for each piece of the line or
    of space; bounded.
    """
    nodes, _ = in_order(root, claim)
    if _has_crossing_jumps(nodes):
        return None
    smooth = not any(node.op in _CONDITIONS for node in nodes)
    proof = _prove_on_pieces(root, right, claim, tuple(wrt))
    if proof is not None and own and smooth:  # right at the borders as derivatives of functions are
        proof = proof._replace(everywhere=True)
    return proof or _prove_whole(root, right, claim)


# --- meromorphic functions ----------------------------------------------------------------
#
# Where f and the claim are made of functions that are analytic wherever they have a value, and have values on a dense
# open set, they are equal wherever both have a value if they are off the zeros of what was cancelled.


def is_meromorphic(*roots: Expr) -> bool:
    """Whether expressions are analytic wherever they have a value, and have values almost everywhere."""
    nodes, inner = in_order(*roots)
    for node in nodes:
        if node.id in inner or is_leaf(node) or not variables(node) or node.op in _MEROMORPHIC:
            continue
        if node.op is table.POW:
            base, exponent = node.args
            is_exponential = not variables(base) and (value := exact(base)) is not None and value > 0
            if is_exponential or _is_whole(exponent):
                continue
        elif node.op in _BY_WHOLE_ORDER and _is_whole(node.args[0]):
            continue
        return False
    return True


def _is_whole(node: Expr) -> bool:
    value = exact(node)
    return value is not None and value.denominator == 1


_MEROMORPHIC = frozenset(
    (table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.EXP, table.SIN, table.COS, table.TAN, table.GAMMA,
     table.DIGAMMA, table.get("beta", 2), table.get("sinh", 1), table.get("cosh", 1), table.get("tanh", 1),
     table.get("erf", 1), table.get("erfc", 1), table.get("sinpi", 1), table.get("cospi", 1))
)  # fmt: skip
_BY_WHOLE_ORDER = frozenset(
    (table.get("polygamma", 2), table.get("besselj", 2), table.get("besseli", 2), table.get("legendre", 2),
     table.get("chebyshevt", 2), table.get("chebyshevu", 2), table.get("hermite", 2), table.get("laguerre", 2))
)  # fmt: skip
"""Functions that are so for orders that are whole numbers."""


def prove_meromorphic(root: Expr, right: Expr, claim: Expr) -> bool:
    """Whether a claim, all of it meromorphic, is proved to be the derivative wherever both have a value."""
    return any(
        prove_equal((f,), slope, claimed) is not None
        for f, slope, claimed in ((root, right, claim), split_multiples(root, right, claim))
    )


def _has_crossing_jumps(nodes: Sequence[Expr]) -> bool:
    """Whether functions that jump at infinitely many points may jump at the same, in different ways.

    A single one, such as floor, has the limit from one side as its value at each jump, and so has what is made
    of it; the difference of ceil and floor has not.
    """
    steps = {node for node in nodes if node.op.kinks and not node.op.continuous and node.op not in _JUMPS}
    steps = {node for node in steps if node.op.name not in _SINGLE_KINKS}
    if not steps:
        return False
    kinds = {_name_jumps(node) for node in steps}
    return len(kinds) > 1 or any(node.op in _JUMPS for node in nodes)


def _name_jumps(node: Expr) -> tuple[str, tuple[Expr, ...]]:
    """The same for functions that jump alike: frac(u) as floor(u), ceil(u) as floor(-u)."""
    name = "floor" if node.op.name == "frac" else node.op.name
    if name == "ceil":
        return "floor", tuple(simplify(make(table.NEG, arg)) for arg in node.args)
    return name, tuple(map(simplify, node.args))


_SINGLE_KINKS = {"hypot", "atan2"}


def _prove_whole(root: Expr, right: Expr, claim: Expr) -> ClaimProof | None:
    """Proved at once, with signs as unknowns whose squares are 1."""
    equal = prove_equal((root,), right, claim)
    if equal is None:
        return None
    smooth = not any(node.op in _JUMPS for node in in_order(root, claim)[0])
    points = tuple(Border({equal.name: plain_value(rational_expression(value))}) for value in equal.points)
    return ClaimProof(smooth and (equal.everywhere or equal.all_points), points, gaps=False)


_CONDITIONS = frozenset((table.LT, table.LE, table.GT, table.GE, table.EQ, table.NE))
_JUMPS = _CONDITIONS | {table.SIGN, table.STEP}
"""What may make a claim jump, or f something else on a line; abs, max and min are continuous."""


def is_continuous(root: Expr) -> bool:
    """Whether nothing in an expression jumps, so that it is continuous wherever it has a value."""
    return not any(_may_jump(node) for node in in_order(root)[0])


def _may_jump(node: Expr) -> bool:
    if node.op is table.POW:  # 0**x is 1 at 0 alone
        return bool(variables(node.args[1]))
    return node.op in _JUMPS or bool(node.op.kinks and not node.op.continuous)


def _prove_on_pieces(root: Expr, right: Expr, claim: Expr, wrt: tuple[str, ...]) -> ClaimProof | None:
    """Proved piece by piece, and again on lines where the pieces' borders do not cross the variable."""
    name = wrt[-1] if wrt else ""
    points: list[Border] = []
    gaps = loose = False
    questions: list[tuple[Line, Expr, Expr, Expr]] = [({}, root, right, claim)]
    for _ in range(_MOST_LINES):
        if not questions:
            return ClaimProof(not loose, tuple(points), gaps)
        line, f, slope, claimed = questions.pop()
        pieces = prove_on_pieces(f, slope, claimed, name)
        if pieces is None:
            if not line:
                return None
            loose = True
            continue
        # Of f itself nothing follows from what it is beside a surface.
        loose = loose or pieces.loose or (not wrt and bool(pieces.lines or pieces.surfaces))
        gaps = gaps or pieces.gaps
        for zero, beside in pieces.cuts:
            if zero.expression is None:
                loose = True
                continue
            place = {**line, variables(f, slope, claimed)[0]: zero.expression}
            points.append(Border({key: plain_value(value) for key, value in place.items()}, beside))
        for more in pieces.lines:
            if any(one in wrt for one in more):
                loose = True
                continue
            try:
                part = simplify(substitute(f, more))
                questions.append(({**line, **more}, part, derivative(part, wrt), simplify(substitute(claimed, more))))
            except DcalcError:
                loose = True
    return None
