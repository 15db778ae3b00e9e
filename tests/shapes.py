"""Random expressions, as the parser would build them."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import note
from hypothesis import strategies as st

from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol
from dcalc.notation import write

POINTS = ({"x": 0.75, "y": 1.5}, {"x": -1.25, "y": 0.5}, {"x": 2.5, "y": -0.375}, {"x": 0.0, "y": 2.0})
"""Points at which functions of x and y are tried."""

_CALLS = [
    row
    for name in (
        "sin cos tan exp log sqrt abs atan asin sinh cosh tanh cbrt sigmoid softplus erf log1p expm1 sec "
        "relu sinc asinh log2 acos csc cot atanh gamma"
    ).split()
    if (row := table.find(name, 1)) is not None
]
_PAIRS = (table.MAX, table.HYPOT, table.ATAN2)
_OPERATORS = (table.ADD, table.SUB, table.MUL, table.DIV)
_NUMBERS = [number(Fraction(text)) for text in "0 1 2 3 4 10 1/2 1/4 3/2 1/10".split()]
_NAMES = [symbol("x"), symbol("y")]
_LEAVES = [*_NAMES * 4, *_NUMBERS, make(table.E), make(table.PI)]
_EXPONENTS = [
    number(2), number(3), make(table.NEG, number(1)), make(table.NEG, number(2)), number(Fraction(1, 2)), number(0),
    make(table.DIV, number(1), number(3)), make(table.DIV, number(3), number(2)), number(1),
]  # fmt: skip
_KINDS = ("operator", "operator", "operator", "call", "call", "power", "negative", "pair", "where", "power of", "echo")


@st.composite
def expressions(draw: st.DrawFn, size: int = 10) -> Expr:
    """An expression in x and y of that many steps. It jumps only where `where` compares a variable."""
    made: list[Expr] = [draw(st.sampled_from(_LEAVES))]
    for _ in range(draw(st.integers(0, size))):
        first = made[-1]
        second = draw(st.sampled_from([*_LEAVES, *made]))
        if draw(st.booleans()):
            first, second = second, first
        made.append(_step(draw, draw(st.sampled_from(_KINDS)), first, second))
    note(write(made[-1]))  # what a failing test shows
    return made[-1]


def _step(draw: st.DrawFn, kind: str, first: Expr, second: Expr) -> Expr:
    if kind == "operator":
        return make(draw(st.sampled_from(_OPERATORS)), first, second)
    if kind == "call":
        return make(draw(st.sampled_from(_CALLS)), first)
    if kind == "power":
        return make(table.POW, first, draw(st.sampled_from(_EXPONENTS)))
    if kind == "power of":
        return make(table.POW, first, second)
    if kind == "negative":
        return make(table.NEG, first)
    if kind == "echo":  # a part beside a multiple of itself
        multiple = make(table.MUL, draw(st.sampled_from(_NUMBERS)), first)
        return make(draw(st.sampled_from(_OPERATORS)), draw(st.sampled_from((multiple, make(table.NEG, first)))), first)
    if kind == "pair":
        return make(draw(st.sampled_from(_PAIRS)), first, second)
    half = number(Fraction(1, 2))
    relation = draw(st.sampled_from((table.LT, table.GE)))
    return make(table.WHERE, make(relation, draw(st.sampled_from(_NAMES)), half), first, second)
