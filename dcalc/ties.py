"""Ties: points at which choices change, and whether the text of a derivative takes the same side of all of them there.

Just right of a point each choice takes one branch, and what the text is with these branches is the derivative from the
right. So a text is right wherever there is a derivative if each of its choices takes at a tie the branch that it has
on the right, or each the one that it has on the left. Where all slopes of what decides are known, comparisons that
take the other side than the rest are written with < for <= and the like; else the text is not proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, is_leaf, make, replace_nodes, variables, walk
from dcalc.functions import Row
from dcalc.interior import polynomial, split_choice
from dcalc.simplify import Build, rebuild
from dcalc.tape import expand

_MAX_NODES = 500
"""Larger texts are not looked into."""
_MAX_BRANCHES = 12
_RIGHT = (table.GE, table.LT)
"""Comparisons with 0 that hold at 0 as right of it, where what is compared rises."""
_MIRRORED = {table.GE: table.GT, table.GT: table.GE, table.LT: table.LE, table.LE: table.LT}
_STEPS = {table.FLOOR: 1, table.get("frac", 1): 1, table.get("ceil", 1): -1}
"""Functions that jump at whole numbers, with the side that they agree with there."""
_OTHER_STEPS = (table.get("round", 1), table.get("trunc", 1), table.get("mod", 2))
_JUMPS = frozenset((table.WHERE, table.STEP, table.SIGN, *_STEPS, *_OTHER_STEPS))
_CONTINUOUS = (table.MAX, table.MIN, table.ABS, table.get("relu", 1))


class Tie(NamedTuple):
    """A jump of a text, along one variable.

    ``gap`` is the expression that is compared with 0. A gap and its negative are written alike, and ``is_turned``
    tells that the text has the negative. ``degree`` is the gap's degree, None where it is not a polynomial.
    ``rises`` tells whether it rises (or falls) wherever it changes, None where that depends, ``zeros`` where it is 0,
    None where that is not known. ``side`` is the sign of the gap with which the text agrees where the gap is 0, and 0
    for a sign, which agrees with neither.
    """

    node: Expr
    gap: Expr
    is_turned: bool
    degree: int | None
    rises: bool | None
    zeros: tuple[Expr, ...] | None
    side: int


def list_ties(text: Expr, name: str, build: Build) -> list[Tie] | None:
    """The ties of the jumps of a text along a variable; None where some are not known."""
    nodes = walk(text)
    if len(nodes) > _MAX_NODES:
        return None
    ties: list[Tie] = []
    for node in nodes:
        if is_leaf(node) or name not in variables(node):
            continue
        if node.op is table.WHERE:
            atoms = [part for part in walk(node.args[0]) if part.op in _MIRRORED and name in variables(part)]
            ties += [_read_tie(atom, atom.op, make(table.SUB, *atom.args), name, build) for atom in atoms]
        elif node.op is table.STEP or node.op is table.SIGN:
            op = table.GE if node.op is table.STEP else table.SIGN
            ties.append(_read_tie(node, op, node.args[0], name, build))
        elif node.op in _STEPS:
            ties.append(Tie(node, node.args[0], False, None, None, None, _STEPS[node.op]))
        elif node.op in _JUMPS or (node.op.body and node.op not in _CONTINUOUS and not _is_joined(node)):
            return None
    return list(dict.fromkeys(ties))


def _is_joined(node: Expr) -> bool:
    """Whether a function with a body has no jumps."""
    if node.op.continuous:
        return True
    inner = expand(node)
    return inner is not None and not any(part.op in _JUMPS for part in walk(inner))


def _read_tie(node: Expr, op: Row, gap: Expr, name: str, build: Build) -> Tie:
    plain = rebuild(gap, build)
    coefficients = polynomial(plain, name, build)
    lead = exact(coefficients[-1]) if coefficients is not None else None
    flips = lead < 0 if lead else build.split(plain)[0] < 0
    if lead:
        plain = build.mul((plain, build.power(build.number(lead), MINUS_ONE)))
    elif flips:
        plain = build.mul((MINUS_ONE, plain))
    side = 0 if op is table.SIGN else 1 if (op in _RIGHT) is not flips else -1
    degree = None if coefficients is None else len(coefficients) - 1
    return Tie(node, plain, flips, degree, _read_direction(plain, name, build), _list_zeros(plain, name, build), side)


def _list_zeros(gap: Expr, name: str, build: Build) -> tuple[Expr, ...] | None:
    """What ``name`` is where a branch of a gap is 0; None where they are not linear with numbers as slopes."""
    zeros: dict[Expr, None] = {}
    for branch in _list_branches(gap, build):
        coefficients = None if branch is None else polynomial(branch, name, build)
        if coefficients is not None and len(coefficients) == 1 and exact(coefficients[0]):
            continue
        if coefficients is None or len(coefficients) != 2 or not (rate := exact(coefficients[1])):
            return None
        zero = build.mul((coefficients[0], build.power(build.number(-rate), MINUS_ONE)))
        zeros[rebuild(zero, build)] = None
    return tuple(zeros)


def _read_direction(gap: Expr, name: str, build: Build) -> bool | None:
    """Whether a continuous function of linear pieces rises wherever it changes, or falls; None for any other."""
    directions = set()
    for branch in _list_branches(gap, build):
        coefficients = None if branch is None else polynomial(branch, name, build)
        if coefficients is None or len(coefficients) > 2:
            return None
        rate = exact(coefficients[1]) if len(coefficients) == 2 else 0
        if rate is None:
            return None
        directions |= {rate > 0} if rate else set()
    return directions.pop() if len(directions) == 1 else None


def _list_branches(gap: Expr, build: Build) -> Iterator[Expr | None]:
    """The gap with each of the branches of its choices; None for one that may jump, or for too many."""
    parts, count = [gap], 0
    while parts:
        part = parts.pop()
        choice = next((node for node in walk(part) if rules.is_choice(node)), None)
        count += 1
        if count > _MAX_BRANCHES or (choice is not None and choice.op not in _CONTINUOUS):
            yield None
            return
        if choice is None:
            yield part
        else:
            parts += [rebuild(replace_nodes(part, {choice: value}), build) for _, value in split_choice(choice)]


# --- what is proved ---------------------------------------------------------------------------


def is_proved(text: Expr, name: str, build: Build, *, first: bool) -> bool:
    """Whether the text of a derivative by ``name`` is proved to have its value at ties, too, wherever there is one.

    ``first`` tells that it is that of a function as typed, whose branches meet where it has a derivative.
    Texts in one variable are: all their ties are looked at one by one.
    """
    if len(variables(text)) < 2:
        return True
    ties = list_ties(text, name, build)
    if ties is None:
        return False
    if find_side(ties) or (first and _is_one_choice(text, name)):
        return True
    return all(_crosses(tie, build, first=first) and _is_affine(text, [tie]) for tie in ties) and all(
        _are_apart(text, *pair, build) for pair in combinations(ties, 2)
    )


def _is_one_choice(text: Expr, name: str) -> bool:
    """Whether all jumps are in one condition, which `interior` has settled."""
    jumps = [node for node in walk(text) if node.op in _JUMPS and name in variables(node)]
    return len(jumps) == 1 and jumps[0].op is table.WHERE


def find_side(ties: Sequence[Tie]) -> int:
    """The side that all ties take; 0 where they take different ones, or what decides may rise or fall."""
    sides = {0 if tie.rises is None else tie.side if tie.rises else -tie.side for tie in ties}
    return sides.pop() if len(sides) == 1 else 0


def _is_linear(tie: Tie) -> bool:
    return tie.degree is not None and tie.degree <= 1


def _crosses(tie: Tie, build: Build, *, first: bool) -> bool:
    """Whether a gap has other signs on the sides of its zeros, or touches 0 only where that changes nothing."""
    return first or _is_linear(tie) or tie.rises is not None or _are_distinct(tie.zeros or (ZERO, ZERO), build)


def _are_distinct(zeros: Sequence[Expr], build: Build) -> bool:
    """Whether all differences of some zeros are numbers, and none is 0."""
    return all(exact(rebuild(make(table.SUB, *pair), build)) for pair in combinations(zeros, 2))


def _are_apart(text: Expr, one: Tie, other: Tie, build: Build) -> bool:
    """Whether two gaps are never 0 at one point, or the text is proved there all the same."""
    if one.side == other.side == 0 and _is_linear(one) and _is_linear(other):
        return one.gap is other.gap or _is_affine(text, [one, other])
    if one.gap is other.gap:
        return one.side == other.side != 0
    if one.zeros is None or other.zeros is None:
        return False
    if one.rises is other.rises is not None and one.side == other.side != 0:
        return True
    pairs = product(one.zeros, other.zeros)
    return all(exact(rebuild(make(table.SUB, *pair), build)) for pair in pairs)


def _is_affine(text: Expr, ties: Sequence[Tie]) -> bool:
    """Whether a text is of the first degree in its signs, so that their value at a tie is the mean of the sides."""
    signs = {tie.node.id for tie in ties if tie.node.op is table.SIGN}
    degrees: dict[int, int] = {}
    for node in walk(text):
        if node.id in signs:
            degrees[node.id] = 1
            continue
        own = [] if is_leaf(node) else [degrees[arg.id] for arg in node.args]
        if node.op is table.MUL:
            degrees[node.id] = sum(own)
        elif node.op in _AFFINE and not (node.op is table.WHERE and own[0]):
            degrees[node.id] = max(own)
        else:
            degrees[node.id] = 2 * any(own)
    return degrees[text.id] <= 1


_AFFINE = (table.ADD, table.SUB, table.NEG, table.WHERE)


# --- the same side everywhere -----------------------------------------------------------------


def align(text: Expr, name: str, build: Build) -> Expr:
    """The text with all its choices as they are right of a tie; equal to it elsewhere.

    It is the same node where they are, or where what decides is not known to rise or to fall.
    """
    ties = list_ties(text, name, build)
    if not ties or find_side(ties) or any(tie.node.op in _STEPS for tie in ties):
        return text
    if len({tie.gap for tie in ties}) == 1:  # of a single gap one side is as good as the other
        if {tie.side for tie in ties} in ({1}, {-1}, {0}) or not _is_alone(ties[0], name, build):
            return text
    elif len(variables(text)) < 2 or any(tie.rises is None or tie.zeros is None for tie in ties):
        return text  # ties of one variable are looked at one by one
    for tie in ties:
        sign = -1 if tie.rises is False else 1
        if tie.side != sign:
            text = replace_nodes(text, {tie.node: _turn(tie.node, -sign if tie.is_turned else sign)})
    return rebuild(text, build)


def _is_alone(tie: Tie, name: str, build: Build) -> bool:
    """Whether a gap is 0 at single points alone, whatever other variables are."""
    if any(map(rules.is_choice, walk(tie.gap))):
        return False
    coefficients = polynomial(tie.gap, name, build)
    return variables(tie.gap) == [name] if coefficients is None else any(map(exact, coefficients[1:]))


def _turn(node: Expr, sign: int) -> Expr:
    """A jump that agrees at its tie with what it is where its argument has a sign."""
    if node.op is table.STEP:
        return make(table.WHERE, make(table.GT, node.args[0], ZERO), ONE, ZERO)
    if node.op is table.SIGN:
        return make(table.WHERE, make(table.GE if sign > 0 else table.GT, node.args[0], ZERO), ONE, MINUS_ONE)
    return make(_MIRRORED[node.op], *node.args)
