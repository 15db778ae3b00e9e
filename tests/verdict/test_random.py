"""Random compositions: every status, kind and number against a judge that knows nothing of series."""

from __future__ import annotations

import random
from typing import Any

import pytest
from flint import arb, ctx

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from tests.verdict.compositions import composition
from tests.verdict.judge import BITS, Expected, expected

pytestmark = pytest.mark.slow

LARGEST = arb(1.7976931348623157e308)


def agrees(claim: float | None, truth: Any) -> bool:
    """Whether a double is the number found, to what the judge knows of it."""
    if truth == "?":
        return True
    if truth is None or abs(truth[0]).lower() > LARGEST:
        return claim is None
    value, error = truth
    return claim is not None and bool(abs(arb(claim) - value) <= 4 * error + abs(value) * 2.0**-52 + 5e-324)


def contradiction(found: Result, wanted: Expected) -> str:
    """What is wrong with an answer; empty where nothing is."""
    with ctx.workprec(BITS):
        status = found.kind or found.status
        if wanted.value is not None and abs(wanted.value[0]).lower() > LARGEST:
            return "" if status == "overflow" else f"{status}, not overflow"
        if status != wanted.status:
            return f"{status}, not {wanted.status}"
        for name in ("value", "left", "right"):
            if not agrees(getattr(found, name), getattr(wanted, name)):
                return f"{name} is {getattr(found, name)}, not {getattr(wanted, name)}"
    return ""


@pytest.mark.parametrize("seed", range(8))
def test_verdicts_are_those_of_the_judge(seed: int) -> None:
    rng = random.Random(seed)
    judged = unresolved = 0
    for _ in range(60):
        problem = composition(rng)
        root = parse(problem.text).root
        found = differentiate(Problem(root, ("x",) * problem.order, {"x": problem.at}))
        wanted = expected(root, "x", problem.order, {"x": problem.at})
        unresolved += found.status == "unresolved"
        if wanted is None or found.status == "unresolved":
            continue
        judged += 1
        assert not contradiction(found, wanted), (problem, contradiction(found, wanted))
    assert judged >= 50
    assert unresolved <= 4
