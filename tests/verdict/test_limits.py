"""Limits against truths from the literature, and each of the two ways to decide them against the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from math import e, inf
from pathlib import Path

import mpmath
import pytest
from flint import ctx

from dcalc.analysis.limit import Side, solve_limit
from dcalc.expr import Expr, variables
from dcalc.parser import parse
from dcalc.point import allow_infinity, read_points
from dcalc.problem import Result
from dcalc.proof.constant import ZERO, NeedMoreBits
from dcalc.verdict import constant_of
from dcalc.verdict.asymptotics import limit_along
from dcalc.verdict.coefficients import negative
from dcalc.verdict.limit import SideLimit, Sign, approach, find_sides, invert, run_away

LINES = Path(__file__).with_name("limits.txt").read_text(encoding="utf-8").splitlines()
SIDES: dict[str, Side | None] = {"+": "right", "-": "left", "": None}
DIGITS = 28
_NUMBER = re.compile(r"(?<![\w.])(\d+)(?![\w.])")
_NAMES = {name: getattr(mpmath, name) for name in ("exp", "log", "sqrt", "pi", "euler", "mpf")}


def read_lines() -> Iterator[tuple[str, list[list[str]]]]:
    """The headings, each with the limits below it."""
    heading, rows = "", []
    for line in LINES:
        if line.startswith("#"):
            if rows:
                yield heading, rows
            heading, rows = line.removeprefix("# "), []
        elif line:
            rows.append([part.strip() for part in line.split("|")])
    yield heading, rows


def truth_of(text: str) -> mpmath.mpf:
    """A truth as a number of mpmath's, whole numbers in it exact."""
    with mpmath.workdps(60):
        return mpmath.mpf(eval(_NUMBER.sub(r"mpf(\1)", text), dict(_NAMES)))  # the data of this test


def ask(text: str, place: str, side: str) -> Result:
    """What is answered."""
    root = parse(text).root
    (name,) = variables(root)
    with allow_infinity():
        (point,) = read_points([place]).points([name], [name])
    return solve_limit(root, name, point, SIDES[side])


def is_right(result: Result, truth: str) -> bool:
    """Whether an answer is a truth, to nearly all of its digits."""
    if truth in ("inf", "-inf"):
        return result.value == float(truth)
    if truth == "undefined":
        return result.status == "undefined"
    if truth == "oscillation":
        return (result.status, result.kind) == ("no_limit", "oscillation")
    if truth.startswith("jump"):
        sides = [float(word) if "inf" in word else float(truth_of(word)) for word in truth.split()[1:]]
        return (result.status, result.kind, [result.left, result.right]) == ("no_limit", "jump", sides)
    number = truth_of(truth)
    with mpmath.workdps(60):
        error = mpmath.inf if result.decimal is None else abs(mpmath.mpf(result.decimal) - number)
        return bool(error <= mpmath.mpf(10) ** -DIGITS * abs(number))


@pytest.mark.parametrize(("heading", "rows"), list(read_lines()), ids=lambda part: part[:20] if part else "")
def test_limits_of_the_literature(heading: str, rows: list[list[str]]):
    wrong = []
    for text, place, side, truth in rows:
        result = ask(text, place, side)
        if not is_right(result, truth):
            wrong.append((text, place, side, truth, str(result), result.left, result.right))
    assert not wrong


def by_both(root: Expr, name: str, place: str, sign: Sign) -> tuple[SideLimit, SideLimit]:
    """A side's limit by series, and by a scale."""
    if place in ("inf", "-inf"):
        inverted, step = invert(root, name, 1 if place == "inf" else -1)
        series = partial(find_sides, inverted, step, {}, ZERO, (1,))
        path = run_away if place == "inf" else negative
    else:
        node = parse(place).root
        series = partial(find_sides, root, name, {}, constant_of(node), (sign,))
        path = partial(approach, node, sign)
    (first,), _ = series()
    answer = limit_along(root, name, {}, path)
    return first, SideLimit(answer.tendency, answer.value, answer.sign)


@pytest.mark.slow
@pytest.mark.covers
def test_series_and_scale_agree():
    """Where both decide a side, they say the same: they share constants and nothing else."""
    compared = 0
    for _, rows in read_lines():
        for text, place, side, _ in rows:
            root = parse(text).root
            (name,) = variables(root)
            signs: tuple[Sign, ...] = (1,) if side == "+" or "inf" in place else (-1,) if side == "-" else (-1, 1)
            for sign in signs:
                with ctx.workprec(256):
                    try:
                        first, second = by_both(root, name, place, sign)
                    except NeedMoreBits:
                        continue
                    if "open" in (first.tendency, second.tendency):
                        continue
                    compared += 1
                    assert (first.tendency, first.sign) == (second.tendency, second.sign), (text, place, sign)
                    if first.value is not None and second.value is not None:
                        assert first.value.ball.overlaps(second.value.ball), (text, place, sign)
    assert compared > 300


FALSE = [  # each was a false statement once, or is one that is easily made
    ("(1+exp(-exp(x)))**cos(x)", "inf", 1.0),
    ("x**2/(2+sin(x))", "inf", inf),
    ("(x-sin(x))/(x-tan(x))", "0", -0.5),
    ("sec(x)-tan(x)", "pi/2", 0.0),
    ("cos(x)-log(x)", "inf", -inf),
    ("1**sin(x)", "inf", 1.0),
    ("sin(x)**0", "inf", 1.0),
    ("(-2)**cos(x)", "inf", None),
    ("sqrt(sin(x)-2)", "inf", None),
    ("log(cos(x)-3)", "inf", None),
    ("exp(exp(x)+1)/exp(exp(x))", "inf", e),
    ("exp(exp(x)+1/x)-2*exp(exp(x))", "inf", -inf),
    ("exp(exp(x)+log(x))/exp(exp(x))/x^2", "inf", 0.0),
]


@pytest.mark.parametrize(("text", "place", "value"), FALSE)
def test_nothing_false_is_said(text: str, place: str, value: float | None):
    result = ask(text, place, "")
    assert (result.value, result.status) == (value, "undefined" if value is None else "ok")
