"""The hardest curves: each is complete, or says where it is not, by a counted amount of work."""

from __future__ import annotations

import math
from itertools import pairwise

import mpmath
import pytest

from dcalc.isolate.curve import WORK, Curve
from dcalc.isolate.graph import Graph
from dcalc.isolate.smooth import at
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.point import read_exact_ranges
from tests.isolate.test_curves import study

INF = math.inf
HARD = [  # the curve, its range, and where something may be open: intervals that hold all that is not settled
    ("x*sin(1/x)", "", [(-INF, -16), (-0.01, 0.01), (16, INF)]),
    ("x*sin(1/x)", "-1:1", [(-0.02, 0.02)]),
    ("sin(1/x)", "0.01:1", []),
    ("x**2*sin(1/x)", "-1:1", [(-0.05, 0.05)]),
    ("exp(-1e6*(x - 0.3)**2)", "", []),
    ("exp(-1e12*(x - 0.3)**2) + x", "", []),
    ("1/(1 + 1e8*(x - 1/3)**2)", "", []),
    ("(x - 1)**2*(x + 2)**2", "", []),
    ("x**4 - 2*x**2 + 1 + 1e-12", "", []),
    ("(x - 1)*(x - 1 - 1e-9)", "", []),
    ("exp((x - 1)**2) - 1 - 1e-20", "", []),
    ("floor(x)", "", [(-INF, -16), (16, INF)]),
    ("floor(x)*x", "-3:3", []),
    ("gamma(x)", "", [(-INF, -16)]),
    ("gamma(x)", "-4:4", []),
    ("tan(1/x)", "0.1:1", []),
    ("exp(-1/x**2)", "", []),
    ("sin(x**2)", "", [(-INF, -3), (3, INF), (-16, 16)]),
    ("cos(x) - 1 + x**2/2", "", [(-INF, -16), (16, INF)]),
    ("besselj(0, x)", "0:30", []),
    ("where(x <= 0, 0, x*sin(1/x))", "", [(0, 0.01), (16, INF)]),
    ("log(abs(sin(x)))", "", []),
]


def in_one(low: float, high: float, spans: list[tuple[float, float]]) -> bool:
    return any(first <= low and high <= last for first, last in spans)


@pytest.mark.parametrize(("text", "over", "spans"), HARD, ids=[f"{text} {over}" for text, over, _ in HARD])
def test_what_is_open_is_where_it_must_be(text: str, over: str, spans: list[tuple[float, float]]) -> None:
    record = study(text, over).record
    for part in record["unsettled"]:
        low, high = part["between"]
        assert in_one(-INF if low is None else low, INF if high is None else high, spans), part
    assert record["complete"] is not bool(spans)


def test_the_work_is_counted() -> None:
    """It ends soon after it is spent, so that no curve takes long: a unit is about four microseconds."""
    for text in ("x*sin(1/x)", "sin(x**2)", "(1 + 1/x)**x"):
        curve = Curve(parse(text).root, "x", at(-INF), at(INF))
        graph = Graph(curve)
        assert graph.turns is not None
        assert -WORK // 4 < curve.work.left < WORK


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("x**3 - 3*x + 1", "-3:3"), ("sin(3*x) + x/2", "-4:4"), ("exp(-x)*cos(4*x)", "0:4"),
        ("x**5 - 4*x**3 + x", "-3:3"),
        ("besselj(1, x)*x", "0.5:12"), ("log(x)*sin(x)", "0.5:9"), ("x/(1 + x**4)", "-3:3"), ("erf(x) - x**3", "-2:2"),
        ("abs(sin(x)) - x/4", "-3:6"), ("gamma(x) - x**2", "0.5:4"), ("tanh(x)*x - 1/2", "-3:3"),
        ("cbrt(x**2 - 1)", "-3:3"),
    ],
)  # fmt: skip
def test_signs_and_directions_agree_with_samples(text: str, over: str) -> None:
    """Between what study names, samples to 30 digits rise, fall and bend as it says, and nowhere else."""
    record = study(text, over).record
    assert record["complete"]
    ((_, (low, high)),) = read_exact_ranges(over)
    root = parse(text).root
    function = mpmath.memoize(lambda x: evaluate(write(root), x))
    ends = [float(write(end)) for end in (low, high)]  # type: ignore[arg-type]  # expressions
    places = [ends[0] + (ends[1] - ends[0]) * k / 97 for k in range(98)]
    zeros = [zero["x"] for zero in record["zeros"]]
    with mpmath.workdps(30):
        for a, b in pairwise(places):
            crossed = [zero for zero in record["zeros"] if a < zero["x"] < b and zero["crossing"] != "touches"]
            fa, fb = function(a), function(b)
            if a not in zeros and b not in zeros and fa and fb:
                assert ((fa < 0) != (fb < 0)) == bool(len(crossed) % 2), (a, b)
        for key, sign in (("rising", 1), ("falling", -1)):
            for first, last in record[key]:
                inside = [x for x in places if first <= x <= last]
                assert all((function(b) - function(a)) * sign > 0 for a, b in pairwise(inside)), key
        for key, sign in (("convex", 1), ("concave", -1)):
            for first, last in record[key]:
                inside = [x for x in places if first <= x <= last]
                for a, b in pairwise(inside):
                    middle = (mpmath.mpf(a) + b) / 2
                    assert (function(a) + function(b) - 2 * function(middle)) * sign > 0, key


def evaluate(text: str, x: object) -> mpmath.mpf:
    """A text of dcalc's language with mpmath's functions."""
    names = {
        name: getattr(mpmath, name) for name in ("sin", "cos", "exp", "log", "tanh", "besselj", "gamma", "erf", "pi")
    }
    names["cbrt"] = lambda u: mpmath.sign(u) * mpmath.cbrt(abs(u))
    names["sqrt"] = mpmath.sqrt
    return mpmath.mpf(eval(text, {**names, "abs": abs, "x": mpmath.mpf(x)}))
