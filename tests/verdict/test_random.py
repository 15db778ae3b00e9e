"""Random compositions against one-sided difference quotients at 4,000 bits.

The judge here knows nothing of series: it evaluates f at p +- 2**-130, 2**-260 and 2**-500,
and believes what the three agree on.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from flint import arb, ctx

from dcalc.algebra.enclose import Encloser, Fault
from dcalc.backends.reference import differentiate
from dcalc.errors import Undefined
from dcalc.expr import Expr
from dcalc.parse import parse
from dcalc.problem import Problem

INNER = [
    "X",
    "sin(X)",
    "X*exp(X)",
    "tan(X)",
    "X**2",
    "X**3",
    "exp(X) - 1",
    "log(1 + X)",
    "1 - cos(X)",
    "-X",
    "X/(1 + X)",
]
SINGULAR = [
    "abs(U)", "sqrt(U**2)", "max(0, U)", "min(U, 2*U)", "U*abs(U)", "abs(U)**3", "sign(U)", "floor(U)", "sqrt(U)",
    "U*sqrt(U)", "cbrt(U)", "abs(U)**(2/3)", "sin(U)/U", "(exp(U) - 1)/U", "(1 - cos(U))/U**2", "1/U", "log(U)",
    "exp(-1/U**2)", "atan(1/U)", "U*atan(1/U)", "where(U <= 0, U, sin(U))", "relu(U)", "asin(1 - U**2)", "acosh(1 + U)",
    "frac(U)", "mod(U, 1)", "clip(U, -1, 1)", "hypot(U, X)", "cbrt(U)**3", "sqrt(U)**2", "gamma(U)*U",
    "besselj(1, U)/U",
    "where(U != 0, sin(U)/U, 0)", "1/U - 1/tan(U)", "cosh(sqrt(abs(U)))", "atan2(U, -1)", "root(U, 3)", "erf(U)/U",
]  # fmt: skip
OUTER = ["S", "sin(S)", "exp(S)", "tanh(S)", "S**2 + 1", "1/(2 + S)", "S + X", "S*X", "S + cos(X)", "S**3", "abs(S)"]
STEPS = (-130, -260, -500)
BITS = 4_000
TOLERANCE = 1e-9


def composition(rng: random.Random, center: str) -> str:
    text = rng.choice(SINGULAR).replace("U", f"({rng.choice(INNER)})")
    for _ in range(rng.randint(0, 2)):
        text = rng.choice(OUTER).replace("S", f"({text})")
    return text.replace("X", f"(x - {center})" if center != "0" else "x")


def close(a: arb, b: arb) -> bool:
    return bool(abs(a - b) < TOLERANCE * (1 + abs(a)))


class Judge:
    """f near the point, by values alone."""

    def __init__(self, root: Expr, at: float, order: int) -> None:
        self.f = Encloser(root, "", 0)
        self.at = arb(at)
        self.order = order

    def value(self, x: arb) -> arb | None:
        """f(x); None where it is undefined; LookupError where that is not known."""
        found = self.f.at({"x": lambda: x}).f
        if not isinstance(found, Fault):
            return found
        if isinstance(found.error, Undefined):
            return None
        raise LookupError

    def side(self, sign: int) -> list[arb | None] | None:
        """Derivatives 0 to n of one side, None for an infinite one (and the end); None if undefined."""
        tables = []
        for power in STEPS:
            step = arb(2) ** power
            row = [self.value(self.at + sign * step * k) for k in range(1, self.order + 2)]
            if None in row:
                return None
            quotients = []
            for k in range(self.order + 1):
                quotients.append(row[0] / (sign * step) ** k)
                row = [b - a for a, b in pairwise(row)]
            tables.append(quotients)
        return self.limits(tables)

    def limits(self, tables: list[list[Any]]) -> list[arb | None]:
        out: list[arb | None] = []
        for wide, near, nearest in zip(*tables, strict=True):
            if close(near, nearest) and nearest.rad() < 2.0**-60:
                out.append(nearest)
            elif abs(nearest) > 4 * abs(near) and abs(near) > 2 * abs(wide):
                return [*out, None]
            else:
                raise LookupError
        return out

    def verdict(self) -> tuple[str, arb | None]:
        value, left, right = self.value(self.at), self.side(-1), self.side(1)
        if value is None:
            if left is None or right is None or None in left + right:
                return "undefined", None
            same = all(close(a, b) for a, b in zip(left, right, strict=True))  # type: ignore[arg-type]
            return ("removable", right[-1]) if same else ("undefined", None)
        if left is None or right is None:
            return "boundary", None
        if None in (left[0], right[0]) or not (close(left[0], value) and close(right[0], value)):  # type: ignore[arg-type]
            return "jump", None
        for k in range(1, self.order + 1):
            if len(left) <= k or len(right) <= k or left[k] is None or right[k] is None:
                return "vertical_tangent", None
            if not close(left[k], right[k]):  # type: ignore[arg-type]
                return "kink", None
        return "ok", right[-1]


@pytest.mark.parametrize("seed", range(6))
def test_verdicts_are_those_of_quotients(seed: int) -> None:
    rng = random.Random(seed)
    judged = 0
    for _ in range(70):
        center = rng.choice(["0", "1", "2.5"])
        text, order = composition(rng, center), rng.choice([1, 1, 2])
        root = parse(text).root
        found = differentiate(Problem(root, ("x",) * order, {"x": float(center)}))
        try:
            with ctx.workprec(BITS):
                wanted, value = Judge(root, float(center), order).verdict()
        except LookupError:
            continue
        if found.status == "unresolved":
            continue
        judged += 1
        got = found.kind or found.status
        assert got == wanted or (wanted == "undefined" and found.kind is not None), (text, center, order, found)
        if value is not None:
            assert found.value is not None
            assert close(arb(found.value), value), (text, center, order, found, value)
    assert judged > 50
