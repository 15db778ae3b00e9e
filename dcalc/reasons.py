"""The sentences that users read: what happens at the point, and in which sub-expression."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr, exact
from dcalc.notation import write
from dcalc.problem import Kind
from dcalc.simplify import simplify

_EVENTS: dict[Kind, str] = {
    "kink": "kink in {}",
    "jump": "jump of {}",
    "vertical_tangent": "vertical tangent of {}",
    "oscillation": "{} oscillates without a limit",
    "boundary": "the domain of {} ends here",
}
_NO_FAULT_OF_DOMAIN = ("take too long", "is not finite", "grow too long")
"""Ends of reasons that say nothing of the domain: the argument may well be in it."""
ROUGH = "f is not smooth there in more than one variable"


def event(kind: Kind, node: Expr) -> str:
    """`kink in abs(x)`."""
    return _EVENTS[kind].format(short(node))


def missing(node: Expr | None, reason: str, at: Mapping[str, float] | None) -> str:
    """`log(x): argument is -1, needs > 0`; ``reason`` where the row has no domain in one argument."""
    return reason if node is None else f"{short(node)}: {needs(node, reason, at)}"


def question(node: Expr | None, reason: str) -> str:
    """What could not be decided, and of which part."""
    return reason if node is None else f"{short(node)}: {reason}"


def needs(node: Expr, reason: str, at: Mapping[str, float] | None) -> str:
    """What the node needs and, at a point, what it is given."""
    row = node.op
    if row is table.DIV:
        return "division by 0"
    if row is table.ROOT and "base" in reason:  # the reason is that of the power which it is written as
        return "a negative argument needs an odd degree"
    if row is table.POW and node.args[0].op is not table.NUMBER and "base" in reason:
        return _broken_power(node, reason, at)
    wanted = _domain_of_one(node, reason)
    if not wanted:
        return reason
    given = _number(node.args[0], at)
    return f"argument is {given}, needs {wanted}" if given else f"argument needs {wanted}"


def unproved(node: Expr | None, reason: str) -> str:
    """`log(x): it is not decided whether the argument is > 0`: what is given there no double may tell."""
    if node is None:
        return reason
    if node.op is table.DIV:
        return f"{short(node)}: it is not decided whether this is a division by 0"
    wanted = _domain_of_one(node, reason)
    return f"{short(node)}: it is not decided whether the argument is {wanted}" if wanted else question(node, reason)


def _domain_of_one(node: Expr, reason: str) -> str:
    """What the only argument must be, as `> 0`; empty where it is not the reason, or is not said as briefly."""
    row = node.op
    if not (row.domain and len(node.args) == len(row.args) == 1) or reason.endswith(_NO_FAULT_OF_DOMAIN):
        return ""
    wanted = row.domain.replace(f"{row.args[0]} ", "")
    return wanted if wanted.startswith(("<", ">", "!")) and "(" not in wanted else ""


def _broken_power(node: Expr, reason: str, at: Mapping[str, float] | None) -> str:
    base, exponent = node.args
    given = _number(base, at)
    third = exact(simplify(exponent)) == Fraction(1, 3)
    start = f"base is {given}, and the exponent is not a whole number" if given else reason
    return f"{start}; cbrt({short(base)}) is defined there" if third else start


def _number(node: Expr, at: Mapping[str, float] | None) -> str:
    """A value as one writes it, empty where there is none in doubles."""
    if at is None:
        return ""
    from dcalc.numbers.real import evaluate  # only what goes wrong is explained

    value = evaluate(node, at)
    if not math.isfinite(value):
        return ""
    return repr(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)


def short(node: Expr) -> str:
    """The text of a node, cut where it is long."""
    text = write(node)
    return text if len(text) <= 60 else text[:40] + "..."
