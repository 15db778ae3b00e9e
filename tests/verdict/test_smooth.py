"""Where nothing happens: the fast path and the verdict, two ways that share no rule, agree."""

from __future__ import annotations

import math
import random

import pytest
from flint import arb, ctx

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.verdict import NeedMoreBits, Verdict, constant_of_double, judge

FUNCTIONS = (
    "sin cos tan exp tanh atan asinh sinh cosh erf sigmoid softplus sinc cbrt abs erfc gelu swish relu sec sinpi sech "
    "dawson airyai besselj0 elu log1psq exp2 arctan fresnels si"
).split()
LEAVES = ("x", "x", "x", "y", "2", "1/3", "pi", "0.7", "e")


def smooth(rng: random.Random, depth: int) -> str:
    """A random expression that is analytic at most points."""
    draw = rng.random()
    if not depth or draw < 0.1:
        return rng.choice(LEAVES)
    if draw < 0.55:
        return f"{rng.choice(FUNCTIONS)}({smooth(rng, depth - 1)})"
    if draw < 0.65:
        return f"({smooth(rng, depth - 1)})**{rng.choice((2, 3, -1))}"
    if draw < 0.7:
        return f"sqrt(1 + ({smooth(rng, depth - 1)})**2)"
    if draw < 0.75:
        return f"max({smooth(rng, depth - 1)}, {smooth(rng, depth - 1)})"
    return f"({smooth(rng, depth - 1)}){rng.choice('+-*/')}({smooth(rng, depth - 1)})"


def judged(text: str, order: int, at: dict[str, float]) -> Verdict:
    """The verdict alone, without the fast path."""
    bits = 128
    while bits <= 8192:
        with ctx.workprec(bits):
            try:
                return judge(
                    parse(text).root, "x", order, {name: constant_of_double(arb(value)) for name, value in at.items()}
                )
            except NeedMoreBits as more:
                bits = max(2 * bits, more.bits)
    return Verdict("unresolved")


@pytest.mark.parametrize("seed", range(8))
def test_the_two_ways_agree(seed: int) -> None:
    rng = random.Random(1000 + seed)
    compared = 0
    for _ in range(50):
        text, order = smooth(rng, rng.choice((2, 3, 4))), rng.choice((0, 1, 1, 2, 3, 5))
        at = {
            "x": rng.choice((rng.uniform(-3, 3), rng.uniform(0, 1), 10 ** rng.uniform(-8, 3))),
            "y": rng.uniform(-2, 2),
        }
        wrt = ("x",) * order
        fast = differentiate(Problem(parse(f"{text} + 0*x + 0*y").root, wrt, at))
        slow = judged(f"{text} + 0*x + 0*y", order, at)
        if "unresolved" in (fast.status, slow.status) or fast.status == "overflow":
            continue
        compared += 1
        assert (fast.status, fast.kind) == (slow.status, slow.kind), (text, at, order)
        if fast.value is not None and slow.value is not None:
            with ctx.workprec(300):
                error = abs(arb(fast.value) - slow.value.ball)
                assert error <= abs(slow.value.ball) * 2.0**-52 + 5e-324, (text, at, order)
    assert compared >= 40


@pytest.mark.parametrize("seed", range(4))
def test_constructed_joints(seed: int) -> None:
    """where(x < p, f, g) of two smooth parts: the sides are theirs."""
    rng = random.Random(2000 + seed)
    for _ in range(25):
        p = rng.choice((0.0, 1.0, 0.5, -0.25, 2.0))
        a, b = (rng.choice(("sin(x)", "exp(x)", "x**2 + 1", "cos(2*x)", "atan(x)", "x**3", "1/(3 + x)")) for _ in "ab")
        shift = rng.choice(("0", "1", "1/3"))
        order = rng.choice((1, 2, 3))
        left, right = f"{a}", f"({b}) - ({b.replace('x', f'({p})') if 'exp' not in b else f'exp({p})'}) + {shift}"
        left = f"({a}) - ({a.replace('x', f'({p})') if 'exp' not in a else f'exp({p})'})"
        found = differentiate(Problem(parse(f"where(x < {p}, {left}, {right})").root, ("x",) * order, {"x": p}))
        sides = [differentiate(Problem(parse(text).root, ("x",) * order, {"x": p})).value for text in (left, right)]
        if shift != "0":  # f is the right part at p, and the left one tends to something else
            assert (found.kind, found.left, found.right) == ("jump", None, sides[1])
        elif found.status == "ok":
            assert found.value == sides[0] == sides[1]
        else:
            assert (found.kind, found.left, found.right) == ("kink", *sides)


def test_points_at_random_are_ok() -> None:
    rng = random.Random(3)
    for _ in range(60):
        x = rng.uniform(0.1, 3)
        found = differentiate(Problem(parse("abs(x) + floor(x)*sqrt(x) + max(x, x**2) + x**x").root, ("x",), {"x": x}))
        slope = 1 + math.floor(x) / (2 * math.sqrt(x)) + (1 if x < 1 else 2 * x) + x**x * (math.log(x) + 1)
        assert found.status == "ok"
        assert found.value == pytest.approx(slope, rel=1e-12)
