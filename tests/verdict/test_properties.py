"""Properties over random problems: smooth points are `ok`, constructed failures are told as built."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dcalc import backends, verdict
from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from dcalc.solver import solve
from tests.verdict import special_values  # noqa: F401  # adds to what the judge knows
from tests.verdict.compositions import fill
from tests.verdict.judge import expected
from tests.verdict.test_random import contradiction

POINTS = st.sampled_from((0.0, 1.0, -0.5, 2.0, 0.25, -3.0, 2.0**-20))
MAPS = st.sampled_from(  # strictly rising through 0, analytic, with a slope that is not 0 there
    ("u", "2*u", "sin(u)", "exp(u) - 1", "u + u**3", "tanh(u)", "log(1 + u)", "u/(1 + u**2)", "asinh(u)", "u*exp(u)")
)
OUTER = st.sampled_from(  # analytic everywhere, with a slope that is never 0
    ("s", "exp(s)", "3*s - 1/2", "s + s**3", "sinh(s)", "2*s + sin(s)", "atan(s)", "softplus(s)", "s + erf(s)")
)
SMOOTH = st.sampled_from(("0", "x", "cos(x)", "x**2", "exp(x/3)", "sin(2*x)", "1/(11 + x)", "sigmoid(x)", "erf(x)"))
BUILT = {  # what happens at u = 0, whichever smooth things are done with it
    "kink": (
        "abs(u)",
        "max(u, 3*u)",
        "relu(u)",
        "sqrt(u**2)",
        "where(u < 0, u, u/2)",
        "hypot(u, 2*u)",
        "leaky_relu(u)",
    ),
    "jump": (
        "floor(u)",
        "sign(u)",
        "step(u)",
        "where(u == 0, 1, u)",
        "atan2(u, -1)",
        "frac(u)",
        "where(u > 0, 1/u, 0)",
    ),
    "vertical_tangent": ("cbrt(u)", "sqrt(abs(u))", "root(u, 5)", "where(u == 0, 0, u*log(abs(u)))", "abs(u)**(e/3)"),
    "boundary": (
        "sqrt(u)",
        "u**(3/2)",
        "asin(1 + u)",
        "acosh(1 + u)",
        "xlogx(u)",
        "u**pi",
        "sqrt(-u**2)",
        "asec(1 + u)",
    ),
    "oscillation": ("where(u == 0, 0, u*sin(1/u))", "where(u <= 0, 0, sin(1/u))", "where(u <= 0, 0, u*cos(exp(1/u)))"),
    "undefined": (
        "1/u",
        "log(abs(u))",
        "gamma(u)",
        "u/abs(u)",
        "cot(u)",
        "abs(u)**3/u**2",
        "log(u)",
        "ei(u)",
    ),
    "removable": ("sin(u)/u", "u/u", "(exp(u) - 1)/u", "u**2*sin(1/u)", "u*gamma(u)", "exp(-1/u**2)", "log(1 + u)/u"),
}


def ask(text: str, at: float, order: int = 1) -> Result:
    return differentiate(Problem(parse(text).root, ("x",) * order, {"x": at}))


@pytest.mark.parametrize("kind", BUILT)
@given(data=st.data(), at=POINTS, inner=MAPS, outer=OUTER, beside=SMOOTH)
@settings(max_examples=12, deadline=None, phases=(Phase.explicit, Phase.generate))  # what is found is short
def test_constructed_failures(kind: str, data: Any, at: float, inner: str, outer: str, beside: str) -> None:
    part = data.draw(st.sampled_from(BUILT[kind]))
    moved = fill(inner, {"u": f"x - ({at})"})
    text = f"{fill(outer, {'s': fill(part, {'u': moved})})} + {beside}"
    found = ask(text, at)
    known = (kind, "unresolved") if kind == "oscillation" else (kind,)  # of sums of oscillations little is proved
    assert (found.kind or found.status) in known, (text, found)
    if found.status == "unresolved":
        return
    wanted = expected(parse(text).root, "x", 1, {"x": at})
    assert wanted is None or not contradiction(found, wanted), (text, found, wanted)


@given(at=st.floats(-4, 4), first=SMOOTH, second=SMOOTH, inner=MAPS, outer=OUTER, order=st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_smooth_points_are_ok(at: float, first: str, second: str, inner: str, outer: str, order: int) -> None:
    moved = inner if "log" not in inner else "tanh(u)"
    text = fill(outer, {"s": fill(moved, {"u": f"{first} + {second}*x"})})
    found = ask(text, at, order)
    assert found.certified, (text, found)
    if found.status == "overflow":  # exp(exp(x**3))
        assert int(str(found.decimal).partition("e")[2]) >= 308
    else:
        assert found.status == "ok", (text, found)
        assert found.value is not None
        assert math.isfinite(found.value)


@given(at=POINTS, kind=st.sampled_from([kind for kind in BUILT if kind != "removable"]), data=st.data())
@settings(max_examples=20, deadline=None)
def test_agreement_of_float_backends_never_raises_a_status(at: float, kind: str, data: Any) -> None:
    """Whatever the backends say together: the answer is the reference's, which is asked alone."""
    text = fill(data.draw(st.sampled_from(BUILT[kind])), {"u": f"x - ({at})"})
    problem = Problem(parse(text).root, ("x",), {"x": at})
    alone = differentiate(problem)
    answer = solve(problem, tuple(backends.names()))
    assert (answer.status, answer.kind, answer.value) == (alone.status, alone.kind, None)


class Counter:
    """Counts how often the machinery of one-sided series is entered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.entered = 0
        self.judge = verdict.judge
        monkeypatch.setattr(verdict, "judge", self)

    def __call__(self, *args: Any) -> Any:
        self.entered += 1
        return self.judge(*args)


@pytest.mark.parametrize(
    ("text", "at", "order", "entered"),
    [
        ("exp(sin(x))*log(2 + x)", 0.7, 1, False),
        ("(1 - cos(x))/x**2", 1e-6, 1, False),
        ("log(1 + exp(x))", 800.0, 3, False),
        ("abs(x) + floor(x)*sqrt(x)", 0.5, 2, False),
        ("exp(-1/x**2)", 0.01, 1, False),
        ("cosh(x)**2 - sinh(x)**2", 0.3, 1, False),
        ("exp(exp(exp(x)))", 10.0, 1, False),
        ("besselj(0, x)/gamma(x)", 2.5, 2, False),
        ("log(x)", -1.0, 1, False),
        ("abs(x)", 0.0, 1, True),
        ("sin(x)/x", 0.0, 1, True),
    ],
)
def test_series_are_taken_only_where_balls_do_not_decide(
    monkeypatch: pytest.MonkeyPatch, text: str, at: float, order: int, entered: bool
) -> None:
    counter = Counter(monkeypatch)
    ask(text, at, order)
    assert bool(counter.entered) is entered
