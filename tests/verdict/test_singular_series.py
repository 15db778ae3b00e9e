"""Expansions of functions at their logarithms and edges, against the functions themselves close by.

The truth is the function in balls at 200 bits, which knows nothing of these series.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq

from dcalc.numbers.enclosure import Encloser
from dcalc.parser import parse
from dcalc.proof.constant import rational
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.scale import Order
from dcalc.verdict.series import Series

STEP = fmpq(1, 1 << 20)


def evaluate_series(series: Series) -> arb:
    t = arb(STEP)
    log = -t.log()
    return sum((c.ball * t ** to_ball(rank.a) * log ** to_ball(rank.b) for rank, c in series.terms), arb(0))


def to_ball(order: Order) -> arb:
    assert isinstance(order, int | Fraction)
    return arb(fmpq(order.numerator, order.denominator))


@pytest.mark.parametrize(
    "text",
    [
        *(f"besselk({n}, x)" for n in ("0", "1", "2", "5", "-3", "1/2", "-3/2", "7/3", "0.3")),
        *(f"bessely({n}, x)" for n in ("0", "1", "2", "5", "-2", "-3", "1/2", "-3/2", "7/3", "0.3")),
        *(f"uppergamma({s}, x)" for s in ("0", "-1", "-4", "-1/2", "-2.3", "1/2", "2.5")),
        *(f"expint({p}, x)" for p in ("0", "1", "-1", "-3", "3", "-1/2", "5/2")),
        "elliptic_k(1 - x)",
        "elliptic_e(1 - x)",
    ],
)
def test_series_meet_the_function(text: str) -> None:
    root = parse(text).root
    with ctx.workprec(200):
        right = Evaluation(root, "x", {"x": rational(0)}, 8).run().right
        assert isinstance(right, Series)
        truth = Encloser(root, "", 0).at({"x": lambda: arb(STEP)}).f
        assert isinstance(truth, arb)
        gap = abs(evaluate_series(right) - truth)
        assert gap < abs(truth) * arb(2) ** -70
        assert gap > 0 or gap.rad() < abs(truth) * arb(2) ** -100


@pytest.mark.parametrize("text", ["erfinv(1 - x)", "-erfinv(x - 1)", "erfcinv(x)", "-erfcinv(2 - x)"])
def test_inverse_error_functions_grow_like_the_root_of_a_logarithm(text: str) -> None:
    root = parse(text).root
    with ctx.workprec(3000):
        right = Evaluation(root, "x", {"x": rational(0)}, 8).run().right
        assert isinstance(right, Series)
        assert [(rank.a, rank.b) for rank, _ in right.terms] == [(0, Fraction(1, 2))]
        gaps = []
        for bits in (200, 2000):  # the gap shrinks, as loglog(1/t)/sqrt(log(1/t)) does
            t = fmpq(1, 1 << bits)
            truth = Encloser(root, "", 0).at({"x": lambda t=t: arb(t)}).f
            assert isinstance(truth, arb)
            log = -arb(t).log()
            gaps.append(abs(truth - log.sqrt()) * log ** arb(fmpq(1, 4)))
        assert gaps[1] < gaps[0]
