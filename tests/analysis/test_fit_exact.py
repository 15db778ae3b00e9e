"""Fits whose answers are known exactly: rational numbers by hand, and parameters that are 0."""

from __future__ import annotations

from fractions import Fraction
from math import ulp
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
    assert found.record["rss"] == float(rss)
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


# --- kinks, jumps, and what has no effect -------------------------------------------------

LINE = {"x": [0.0, 1.0, 2.0], "y": [0.0, 2.0, 4.0]}
FALLING = {"x": [0.0, 1.0, 2.0], "y": [0.0, -2.0, -4.0]}


def test_a_model_with_a_kink_in_a_parameter_needs_a_start() -> None:
    from dcalc.errors import UnknownVariable

    for model in ("abs(a)*x + b", "floor(a)*x + b", "sign(a)*x + b"):
        with pytest.raises(UnknownVariable, match="no start is given for a"):
            fitted(model, LINE)


@pytest.mark.parametrize("model", ["abs(a)*x + b", "max(a, -a)*x + b", "abs(a*x) + b"])
def test_a_kink_at_the_start_is_left(model: str) -> None:
    found = fitted(model, LINE, start={"a": 0.0, "b": 0.0})
    assert found.record["certified"] and [abs(value) for value in values(found)] == [2.0, 0.0]


def test_an_end_at_a_kink_is_called_one() -> None:
    """abs(a) is at least 0, and the data fall: the best line is level, b is the mean, and beside a = 0 all is worse."""
    found = fitted("abs(a)*x + b", FALLING, start={"a": 0.0, "b": 0.0})
    assert values(found) == pytest.approx([0.0, -2.0]) and not found.record["certified"]
    assert found.sentence.startswith("converged: the model has a kink or a jump in a there, so that no minimum")
    assert not any("no effect" in note for note in found.notes)


def test_a_minimum_between_kinks_that_is_midway_between_doubles_is_proved() -> None:
    """Two lines that meet at c: the normal equations of the pieces, in rationals."""
    data = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "y": [0.0, 1.0, 2.0, 1.1, 0.0]}
    rows = [[1, x, 1] if x < 2.5 else [1, -x, -1] for x in range(5)]  # a - b*abs(x - c) = a + s*b*(x - c)
    found = fitted("a - b*abs(x - c)", data, start={"a": 1.0, "b": 1.0, "c": 2.3})
    a, b, c = values(found)
    assert found.record["certified"]
    # in p = a, q = b, r = -b*c the model is linear on each side
    p, q, r = _solve_exactly([[Fraction(v) for v in row] for row in rows], [Fraction(y) for y in data["y"]])
    assert (a, b, c) == (float(p), float(q), float(-r / q))


def _solve_exactly(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction]:
    """The normal equations, by elimination."""
    size = len(rows[0])
    system = [
        [sum((row[i] * row[j] for row in rows), Fraction(0)) for j in range(size)]
        + [sum((row[i] * y for row, y in zip(rows, right, strict=True)), Fraction(0))]
        for i in range(size)
    ]
    for k in range(size):
        system[k] = [entry / system[k][k] for entry in system[k]]
        for i in range(size):
            if i != k:
                system[i] = [a - system[i][k] * b for a, b in zip(system[i], system[k], strict=True)]
    return [row[-1] for row in system]


def test_a_parameter_without_effect_to_first_order_is_moved() -> None:
    """y = 8*x: at a = 0 the derivatives of a**2, a**3 and max(a, 0) by a are 0, but the loss falls beside it."""
    data = {"x": [1.0, 2.0, 3.0], "y": [8.0, 16.0, 24.0]}
    for model, start, best in (("a**3*x", 0.0, 2.0), ("a**2*x", 0.0, 8**0.5), ("max(a, 0)*x", -1.0, 8.0)):
        found = fitted(model, data, start={"a": start})
        assert found.record["certified"] and values(found) == [best]
    steps = fitted("floor(a*x) + b", LINE, start={"a": 1.3, "b": 0.0})
    assert any(note.startswith("a has no effect on the model to first order") for note in steps.notes)
    assert "kink" not in steps.sentence and "falls on" not in steps.sentence


def test_the_other_parameters_are_proved_where_one_has_no_effect_at_all() -> None:
    found = fitted("a*x + 0*b", LINE)
    assert values(found) == [2.0, 0.0] and "one of many with the same loss" in found.sentence


def test_a_minimum_that_is_at_a_bound_exactly_is_proved() -> None:
    found = fitted("a + b*x", LINE, bounds=[("a", (0.0, 1.0))])
    assert found.sentence == "converged: a minimum, proved; every digit of the parameters is right"
    assert values(found) == [0.0, 2.0]


def test_a_parameter_at_its_bound_counts_as_fitted_and_a_fixed_one_does_not() -> None:
    """As in lmfit, whose `nfree` is rows minus the parameters that vary, and whose `aic` counts these."""
    data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.8, 7.3, 20.0, 55.0]}
    start = {"a": 1.0, "b": 1.0}
    held = fitted("a*exp(b*x) + c", data, start={**start, "c": 1.0}, bounds=[("c", (0.5, float("inf")))])
    fixed = fitted("a*exp(b*x) + c", data, start=start, fixed={"c": 0.5})
    assert values(held)[:2] == values(fixed)[:2] and held.record["rss"] == fixed.record["rss"]
    assert (held.record["freedom"], fixed.record["freedom"]) == (1, 2)
    assert held.record["aic"] - fixed.record["aic"] == pytest.approx(2.0)
    ratios = [one / other for one, other in zip(values(held, "stderr")[:2], values(fixed, "stderr")[:2], strict=True)]
    assert ratios == pytest.approx([2**0.5, 2**0.5])


def test_an_exact_line_is_exact_where_inputs_have_errors() -> None:
    """All points lie on y = x, so that every distance is 0."""
    found = fitted("a + b*x", {"x": [0.0, 1.0, 2.0, 3.0], "y": [0.0, 1.0, 2.0, 3.0]}, sigma="0.1", sigma_x="0.1")
    assert found.record["certified"] and values(found) == [0.0, 1.0] and found.record["loss"] == 0.0
    bent = fitted("a*x^2 + b", {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.5, 4.0, 6.5, 10.0]}, sigma="0.1", sigma_x="0.1")
    assert bent.record["certified"] and values(bent) == [0.5, 2.0] and values(bent, "stderr") == [0.0, 0.0]
    assert [bent.record[name] for name in ("loss", "rss", "residual_sd")] == [0.0, 0.0, 0.0]


def test_figures_of_a_proved_fit_are_right_to_the_last_digit() -> None:
    """By the normal equations over rationals, with weights 1/sigma**2."""
    xs, ys, sigmas = [1.0, 2.0, 4.0, 7.0], [0.1, 0.3, 0.2, 0.7], [0.5, 0.25, 1.0, 2.0]
    found = fitted("a*x", {"x": xs, "y": ys, "s": sigmas}, sigma="s").record
    rows = [(Fraction(x), Fraction(y), 1 / Fraction(s) ** 2) for x, y, s in zip(xs, ys, sigmas, strict=True)]
    a = sum(w * x * y for x, y, w in rows) / sum(w * x * x for x, y, w in rows)
    rss = sum(w * (y - a * x) ** 2 for x, y, w in rows)
    mean = sum(w * y for x, y, w in rows) / sum(w for x, y, w in rows)
    assert found["rss"] == float(rss) and found["loss"] == float(rss / 4)
    assert found["r2"] == float(1 - rss / sum(w * (y - mean) ** 2 for x, y, w in rows))
    deviation, half = Fraction(found["residual_sd"]), Fraction(ulp(found["residual_sd"])) / 2
    assert (deviation - half) ** 2 <= rss / 3 <= (deviation + half) ** 2


@pytest.mark.parametrize("model", ["a*sin(b*x)", "a*exp(b*x)", "a*erf(b*x)", "a*x**3 + b**3*x", "a*sin(b*x)**3 + b/x"])
def test_many_rows_and_few_rows_have_the_same_proof(model: str) -> None:
    """With NumPy loaded many rows are estimated in arrays, a few row by row; the minimum is that of equal data."""
    pytest.importorskip("numpy")
    data = {"x": [0.5, 1.0, 1.5, 2.0], "y": [0.7, 1.1, 1.4, 1.8]}
    few = fitted(model, data, start={"a": 1.0, "b": 0.6})
    many = fitted(model, {name: column * 8 for name, column in data.items()}, start={"a": 1.0, "b": 0.6})
    assert few.record["certified"] and many.record["certified"] and values(few) == values(many)
    assert many.record["rss"] == pytest.approx(8 * few.record["rss"], rel=1e-14)
