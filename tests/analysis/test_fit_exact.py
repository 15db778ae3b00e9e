"""Fits whose answers are known exactly: rational numbers by hand, and parameters that are 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.analysis.test_fit import fitted, values

KNOWN: list[tuple[str, dict[str, list[float]], dict[str, float] | None, dict[str, Fraction | int], Fraction | int]] = [
    # model, data, start, parameters, rss: by hand, from the normal equations
    ("a + b*x", {"x": [0, 1, 2], "y": [0, 2, 4]}, None, {"a": 0, "b": 2}, 0),
    ("a + b*x", {"x": [-1, 0, 1], "y": [3, 1, 3]}, None, {"a": Fraction(7, 3), "b": 0}, Fraction(8, 3)),
    ("a + b*x + c*x**2", {"x": [-1, 0, 1, 2], "y": [1, 0, 1, 4]}, None, {"a": 0, "b": 0, "c": 1}, 0),
    ("a*x + b/x", {"x": [1, 2, 4], "y": [1, 2, 4]}, None, {"a": 1, "b": 0}, 0),
    ("a", {"y": [-1, 2, -1]}, None, {"a": 0}, 6),
    ("a*(x - b)**2 + c", {"x": [-1, 0, 1, 2], "y": [1, 0, 1, 4]}, {"a": 1.2, "b": 0.1, "c": 0.1},
     {"a": 1, "b": 0, "c": 0}, 0),
    ("a*2**(b*x) + c", {"x": [0, 1, 2, 3], "y": [1, 2, 4, 8]}, {"a": 1.2, "b": 0.9, "c": 0.1},
     {"a": 1, "b": 1, "c": 0}, 0),
]  # fmt: skip


@pytest.mark.parametrize(("model", "data", "start", "parameters", "rss"), KNOWN, ids=[row[0] for row in KNOWN])
def test_exact_answers_are_proved(
    model: str, data: Any, start: dict[str, float] | None, parameters: dict[str, Fraction | int], rss: Fraction | int
) -> None:
    found = fitted(model, data, start=start or {})
    assert found.sentence == "converged: a minimum, proved; every digit of the parameters is right"
    assert values(found) == [float(value) for value in parameters.values()]
    assert found.record["rss"] == pytest.approx(float(rss), rel=1e-15, abs=0)
    if not rss:
        assert set(values(found, "stderr")) == {0.0}
        assert {entry for row in found.record["covariance"].values() for entry in row.values()} == {0.0}


def test_exact_covariances_have_exact_zeros() -> None:
    """x is symmetric, so that a and b do not correlate: s**2 = 8/3, var(a) = s**2/3, var(b) = s**2/2."""
    found = fitted("a + b*x", {"x": [-1, 0, 1], "y": [3, 1, 3]})
    assert found.record["covariance"] == {"a": {"a": 8 / 9, "b": 0.0}, "b": {"a": 0.0, "b": 4 / 3}}


def test_a_rational_model_is_exact_with_weights_and_held_parameters() -> None:
    """Weighted means: of 1, 2, 4 with weights 1, 2, 1 it is 9/4; of the rest above a bound, the bound."""
    data = {"y": [1.0, 2.0, 4.0], "w": [1.0, 2.0, 1.0]}
    assert values(fitted("a", data, target="y", weights="w")) == [2.25]
    line = fitted("a + b*x", {"x": [0.0, 1.0, 2.0], "y": [1.0, 0.0, -1.0]}, bounds=[("b", (0.0, 9.0))])
    assert values(line) == [0.0, 0.0] and line.record["certified"] and line.record["parameters"]["b"]["held"] == "lower"


def test_the_exact_minimum_is_not_told_where_a_method_stops_far_from_it() -> None:
    from dcalc.optimise.descent import Settings

    found = fitted("a + b*x", {"x": [0, 1, 2], "y": [0, 2, 4]}, method="gd", settings=Settings(lr=1e-3, steps=5))
    assert found.status == "max_steps" and not found.record["certified"]


def test_data_that_are_too_long_for_exact_arithmetic_are_enclosed() -> None:
    """1/x has a prime denominator in each row, so that sums grow; y = 2/x + 1 within the rounding of y."""
    xs = [1 + k / 997 for k in range(400)]
    found = fitted("a/x + b", {"x": xs, "y": [2 / x + 1 for x in xs]})
    assert found.record["certified"] and values(found) == pytest.approx([2.0, 1.0], rel=1e-14)
