"""No row that is answered without the reference is wrong, and none where there is no derivative."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcalc import functions as table
from dcalc.bulk.kernel import Kernel
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.parser import parse
from tests.bulk.judged import HOSTILE, TAME, columns, lies
from tests.shapes import expressions
from tests.verdict.compositions import composition

CALLS = [row for row in table.functions() if row.name != "where"]
_ORDERED = (
    "bessel",
    "spherical",
    "polygamma/",
    "expint/",
    "uppergamma",
    "lowergamma",
    "lowerbeta",
    "laguerre",
    "zeta/",
)


def called(row: table.Row) -> tuple[str, list[str]]:
    """A call of a row, its order a number where there is no derivative by it."""
    count = max(row.minimum, 3) if row.variadic else 2 if row.fold else row.minimum
    names = ["x", "y", "z"][:count]
    words = list(names)
    if row.chooses:
        words[0] = "1"
    elif count > 1 and (None in row.partials or row.key.startswith(_ORDERED)):
        words[0] = "2"
    return f"{row.name}({', '.join(words)})", [name for name in names if name in words]


@pytest.mark.slow_cases("tame-polylog")
@pytest.mark.parametrize("row", CALLS, ids=lambda row: row.key)
@pytest.mark.parametrize("special", [TAME, HOSTILE], ids=["tame", "hostile"])
def test_every_function_of_the_table(row: table.Row, special: list[float]) -> None:
    text, names = called(row)
    points = columns(np.random.default_rng(5), len(names), 24, special)
    assert lies(parse(text).root, [(), *[(name,) for name in names]], names, points) == []


def test_all_functions_have_programs_or_tables() -> None:
    without = set()
    for row in CALLS:
        text, names = called(row)
        kernel = Kernel(parse(text).root, [(), ("x",)] if "x" in names else [()], names)
        assert kernel.run is not None
        if kernel.blocks is None:
            without.add(row.key)
    assert without == {"zeta"}


@pytest.mark.slow
@pytest.mark.covers
@settings(max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(expressions(), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_random_expressions(root: Expr, seed: int, tame: bool, second: bool) -> None:
    points = columns(np.random.default_rng(seed), 2, 40, TAME if tame else HOSTILE)
    targets = [("x",), ("x", "x"), ("x", "y")] if second else [(), ("x",), ("y",)]
    try:
        assert lies(root, targets, ["x", "y"], points, most=3) == []
    except DcalcError:
        return  # an expression that may not be evaluated, such as 10**10**10


@pytest.mark.parametrize("seed", range(4))
def test_long_sums_and_products(seed: int) -> None:
    rng = random.Random(seed)
    parts = [
        "x",
        "y",
        "x*y",
        "sin(x)",
        "cos(x*y)",
        "exp(-y)",
        "x**3",
        "1/(1 + x**2)",
        "x/y**2",
        "sqrt(2)",
        "pi",
        "abs(y)",
    ]
    terms = [f"{rng.choice(('', '-', '3*', '-0.1*'))}{rng.choice(parts)}*{rng.choice(parts)}" for _ in range(14)]
    factors = [f"({rng.choice(parts)} + {rng.choice(parts)})" for _ in range(14)]
    points = columns(np.random.default_rng(seed), 2, 30, TAME)
    for text in (" + ".join(terms), "*".join(factors)):
        assert lies(parse(text).root, [(), ("x",), ("y",)], ["x", "y"], points) == []


@pytest.mark.slow_cases("1", "2")
@pytest.mark.parametrize("seed", range(3))
def test_beside_kinks_holes_and_edges(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        problem = composition(rng)
        away = [rng.choice((-1, 1)) * 10 ** rng.uniform(-17, 0) for _ in range(11)]
        points = [np.array([problem.at, *[problem.at + step for step in away]])]
        targets = [("x",) * order for order in range(problem.order + 1)]
        assert lies(parse(problem.text).root, targets, ["x"], points, most=4) == []


# What hides there: a simplified derivative with a number where the truth has none, as `points` has it.
HIDDEN = [
    ("abs(x)", 0.0, "not_differentiable"),
    ("x*sqrt(x)", 0.0, "not_differentiable"),
    ("x**2/x", 0.0, "removable"),
    ("sin(x)/x", 0.0, "removable"),
    ("1/x", 0.0, "undefined"),
    ("where(x <= 0, 0, x)", 0.0, "not_differentiable"),
    ("max(x, 2*x)", 0.0, "not_differentiable"),
    ("floor(x)", 2.0, "not_differentiable"),
    ("floor(x + 1e-20)", 3.0, "ok"),
    ("floor(x - 1e-20)", 3.0, "ok"),
    ("log(x)", -1.0, "undefined"),
    ("log(x*0.1)", 0.0, "undefined"),
    ("0*log(x) + x", -1.0, "undefined"),
    ("exp(log(x))", -2.0, "undefined"),
    ("sqrt(x)**2", -2.0, "undefined"),
    ("x**(1/3)", -8.0, "undefined"),
    ("cbrt(x)", 0.0, "not_differentiable"),
    ("cbrt(x)**3", 0.0, "ok"),
    ("asin(x)", 1.0, "not_differentiable"),
    ("gamma(x)", -2.0, "undefined"),
    ("exp(x)", 710.0, "overflow"),
    ("1/(1 + exp(x))", 800.0, "ok"),
    ("where(x > 0, log(x), 1)", -1.0, "ok"),
    ("where(x > 0, 1, sqrt(x))", -1.0, "undefined"),
    ("where(x > 0, where(x > 1, sqrt(x - 1), 2), 3)", 1.0, "not_differentiable"),
    ("log(-1)*x", 1.0, "undefined"),
    ("abs(x - 0.1)", 0.1, "ok"),
    ("log(-1 + 0*x) - log(-1 + 0*x)", 2.0, "undefined"),
]


@pytest.mark.parametrize("text, x, status", HIDDEN)
def test_what_hides_is_told(text: str, x: float, status: str) -> None:
    points = np.concatenate([np.linspace(0.3, 0.9, 50), [x], np.linspace(0.3, 0.9, 50)])
    rows = Kernel(parse(text).root, [("x",)], ["x"]).rows([points])
    trouble = rows.troubles.get(50)
    assert (trouble[0].status if trouble else "ok") == status
    if trouble is None:
        assert np.isfinite(rows.values[0][50])
