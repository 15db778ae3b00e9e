"""A judge that shares nothing with dcalc's verdicts: it looks at values beside the point.

f and its derivatives are evaluated at p + t and p - t by flint's power series, for a ladder of
t from 1e-30 to 1e-150 with random digits, at 4,000 bits. The sequences tell limits that are
approached like a power of t, growth, and oscillation; of anything else the judge says nothing.
A ball that holds 0 and is smaller than 1e-960 is taken for 0, which is good for tests only.
"""

from __future__ import annotations

import itertools
import random
from math import factorial
from typing import Any, NamedTuple

from flint import arb, arb_series, ctx, fmpq, fmpz

from dcalc.expr import Expr
from tests.verdict.values import SNAP, NoValue, Unsure, evaluate, first

BITS = 4000
_STEPS = 12
_LOG10 = 2.302585092994046


class Limit(NamedTuple):
    """What a sequence does: "limit", with the value and a bound on its error, "infinite" or "oscillates"."""

    kind: str
    value: Any = None
    error: Any = None


class Expected(NamedTuple):
    """What the judge found; numbers as (ball, error), None where there is none, "?" where unknown."""

    status: str
    value: Any = None
    left: Any = None
    right: Any = None


Side = list[Limit | None] | str | None


def decades(ball: arb) -> float:
    """log10 of the size of a ball."""
    size = abs(ball).upper()
    return float(arb(size).log().mid()) / _LOG10 if size > 0 else -1e9


def classify(sequence: list[arb], steps: list[fmpq]) -> Limit | None:
    """What the sequence does as the steps shrink; None where that is not plain to see."""
    tiny = arb(10) ** -200
    if any(not b.is_finite() or (b.rad() > abs(b.mid()) * arb(10) ** -30 and b.rad() > tiny) for b in sequence):
        return None
    changes = [b - a for a, b in itertools.pairwise(sequence)]
    scale = [decades(arb(step)) for step in steps]
    size, change = [decades(b) for b in sequence], [decades(b) for b in changes]
    if all(c < -150 for c in change[-3:]):
        return Limit("limit", sequence[-1], arb(10) ** -100)
    half = len(change) // 2
    rate = (change[0] - change[-1]) / (scale[0] - scale[-1])
    if rate > 0.06 and change[-1] <= min(change[:half]):
        return Limit("limit", sequence[-1], abs(changes[-1]).upper())
    signs = {b > 0 for b in sequence[half:]}
    if (size[-1] - size[0]) / (scale[0] - scale[-1]) > 0.06 and size == sorted(size) and len(signs) == 1:
        return Limit("infinite")
    if len({bool(c > 0) for c in changes}) == 1:
        pace = [abs(c) / (a - b) for c, a, b in zip(changes, scale, scale[1:], strict=False)]
        logarithmic = pace[-1] >= pace[0] * 0.7 and abs(sequence[-1]) > abs(sequence[0])
        return Limit("infinite") if logarithmic and len(signs) == 1 else None
    turns = sum(bool(a > 0) != bool(b > 0) for a, b in itertools.pairwise(changes))
    return Limit("oscillates") if rate < 0.02 and turns >= 3 else None


def derivatives(root: Expr, name: str, at: dict[str, Any], x: arb, sign: int, count: int) -> list[arb]:
    """F, F', ... of F(t) = f(x + sign*t) at 0."""
    ctx.cap = count
    moving = arb_series([x, arb(sign)], prec=count) if count > 1 else x
    value = evaluate(root, {**at, name: moving})
    if isinstance(value, arb):
        return [value] + [arb(0)] * (count - 1)
    return [value[k] * factorial(k) for k in range(count)]


def side(root: Expr, name: str, at: dict[str, Any], sign: int, order: int, rng: random.Random) -> Side:
    """The limits of f and of the difference quotients of its derivatives; "missing" outside of its domain."""
    steps = [fmpq(rng.randint(10**5, 10**6 - 1), fmpz(10) ** (36 + 120 * j // (_STEPS - 1))) for j in range(_STEPS)]
    count = max(order, 1)
    rows: list[tuple[list[arb], list[arb]] | None] = []
    for step in steps:
        near, far = (at[name] + sign * arb(t) for t in (step, 2 * step))
        try:
            rows.append(tuple(derivatives(root, name, at, x, sign, count) for x in (near, far)))  # type: ignore[arg-type]  # known where it is asked
        except NoValue:
            rows.append(None)
    if all(row is None for row in rows):
        return "missing"
    if any(row is None for row in rows):
        return None
    found = [classify([near[0] for near, _ in rows], steps)]  # type: ignore[misc]  # known where it is asked
    for k in range(1, order + 1):
        if found[-1] is None or found[-1].kind != "limit":
            break
        quotients = [(far[k - 1] - near[k - 1]) / arb(t) for (near, far), t in zip(rows, steps, strict=True)]  # type: ignore[misc]  # known where it is asked
        found.append(classify(quotients, steps))
    return found


def same(a: arb, b: arb, error: arb) -> bool:
    """Whether two numbers agree to the error; raises Unsure in between."""
    tolerance = 4 * error + arb(10) ** -90 * (abs(a) + abs(b)) + arb(10) ** -120
    if abs(a - b) < tolerance:
        return True
    if abs(a - b) > 100 * tolerance:
        return False
    raise Unsure


def expected(root: Expr, name: str, order: int, point: dict[str, float], seed: int = 0) -> Expected | None:
    """The verdict on the derivative of that order; None where the judge cannot tell."""
    saved = ctx.prec, ctx.cap
    ctx.prec = BITS
    rng = random.Random(seed)
    try:
        at = {key: arb(value) for key, value in point.items()}
        ctx.cap = 1
        try:
            value = first(evaluate(root, at))
        except NoValue:
            value = None
        left, right = (side(root, name, at, sign, order, rng) for sign in (-1, 1))
        return conclude(value, left, right, order)
    except Unsure:
        return None
    finally:
        ctx.prec, ctx.cap = saved


def conclude(value: arb | None, left: Side, right: Side, order: int) -> Expected | None:
    """The conventions on statuses and kinds."""
    if value is None:
        return hole(left, right, order)
    if order == 0:
        return Expected("ok", (value, arb(0)))
    numbers = given(left, value, order, -1), given(right, value, order, 1)
    if "missing" in (left, right):
        return Expected("boundary", None, *numbers)
    if not isinstance(left, list) or not isinstance(right, list):
        raise Unsure
    kind = failure(left, right, value, order)
    return Expected(kind, None, *numbers) if kind else Expected("ok", right[order][1:])  # type: ignore[index]  # known where it is asked


def hole(left: Side, right: Side, order: int) -> Expected | None:
    """f has no value: removable where all derivatives agree."""
    if "missing" in (left, right):
        return Expected("undefined")
    if not isinstance(left, list) or not isinstance(right, list):
        raise Unsure
    if any(part is not None and part.kind != "limit" for part in left + right):
        return Expected("undefined")
    for k in range(order + 1):
        a, b = known(left, k), known(right, k)
        if not same(a.value * (-1) ** k, b.value, a.error + b.error):
            return Expected("undefined")
    return Expected("removable", (right[order].value, right[order].error))  # type: ignore[union-attr]  # known where it is asked


def known(limits: list[Limit | None], k: int) -> Limit:
    """The k-th limit; raises Unsure where it was not found."""
    found = limits[k] if k < len(limits) else None
    if found is None:
        raise Unsure
    return found


def failure(left: list[Limit | None], right: list[Limit | None], value: arb, order: int) -> str:
    """The kind of the lowest order that fails; empty where none does."""
    for k in range(order + 1):
        a, b = known(left, k), known(right, k)
        if "oscillates" in (a.kind, b.kind):
            return "oscillation"
        if "infinite" in (a.kind, b.kind):
            return "vertical_tangent" if k else "jump"
        if k == 0 and not (same(a.value, value, a.error) and same(b.value, value, b.error)):
            return "jump"
        if not same(a.value * (-1) ** k, b.value, a.error + b.error):
            return "kink"
    return ""


def given(limits: Side, value: arb, order: int, sign: int) -> Any:
    """The derivative of a side, where it exists and f is continuous from there."""
    if not isinstance(limits, list):
        return None if limits == "missing" else "?"
    if any(part is not None and part.kind != "limit" for part in limits):
        return None
    if any(part is None for part in limits):
        return "?"
    start, last = limits[0], limits[order]
    if not same(start.value, value, start.error):  # type: ignore[union-attr]  # known where it is asked
        return None
    return last.value * sign**order, last.error  # type: ignore[union-attr]  # known where it is asked


__all__ = ["SNAP", "Expected", "expected"]
