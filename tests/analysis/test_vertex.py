"""Corners of least absolute deviations: exact where the model is linear, against all corners by trial."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.analysis import fit
from dcalc.analysis.fit import FitOptions
from dcalc.finding import Finding
from dcalc.optimise.dataset import prepare_data
from dcalc.optimise.least_absolute import prove_vertex
from dcalc.parser import parse
from tests.analysis.subjects import subject


def fitted(model: str, x: list[float], y: list[float], **start: float) -> Finding:
    options = FitOptions(data={"x": x, "y": y}, target="y", loss="mae", start=dict(start))
    return fit.find(subject(model), options=options)


MEDIANS = [  # the best slope is the weighted median of y/x with weights abs(x), worked out by hand
    ([1.0, 2.0, 3.0, 4.0], [2.0, 4.1, 5.9, 8.2], 2.05, "2 residuals are 0"),
    ([1.0, 2.0, 3.0, 5.0], [3.1, 5.9, 9.0, 15.2], 3.04, "1 residual is 0"),
    ([5.0, 6.0, 8.0, 10.0], [15.0, 20.5, 24.0, 29.7], 3.0, "2 residuals are 0"),
    ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 40.0], 1.0, "3 residuals are 0"),
]


@pytest.mark.parametrize(("x", "y", "slope", "zeros"), MEDIANS)
def test_the_slope_of_a_line_through_0_is_a_weighted_median(
    x: list[float], y: list[float], slope: float, zeros: str
) -> None:
    found = fitted("a*x", x, y)
    assert found.record["parameters"]["a"]["value"] == slope and found.record["certified"] is True
    assert found.sentence == f"converged: a minimum at a kink, where {zeros} and the subgradient holds 0"


def test_residuals_that_rounded_data_keep_from_0_are_told_from_zeros() -> None:
    """0.3, 0.9 and 2.1 are 0.3*x as decimals, but not as doubles."""
    assert Fraction(0.3) * 3 != Fraction(0.9) or Fraction(0.3) * 7 != Fraction(2.1)
    found = fitted("a*x", [1.0, 3.0, 7.0, 2.0], [0.3, 0.9, 2.1, 5.0])
    assert found.record["parameters"]["a"]["value"] == pytest.approx(0.3, abs=1e-16)
    assert "3 residuals vanish to the last digit of the data" in found.sentence


small = st.integers(-6, 6).map(float)


@given(st.lists(st.tuples(small, small), min_size=3, max_size=7))
def test_the_best_line_is_the_best_of_all_corners(points: list[tuple[float, float]]) -> None:
    """The loss of a linear program is least at one of its corners; ties and repeated points are frequent here."""
    x, y = (list(column) for column in zip(*points, strict=True))
    data = prepare_data({"x": x, "y": y}, ["x"], "y", labels=False)
    vertex = prove_vertex(parse("a*x + b - y").root, ["a", "b"], data, [0.3, 0.1])
    losses = []
    for (x0, y0), (x1, y1) in combinations([(Fraction(a), Fraction(b)) for a, b in points], 2):
        if x0 != x1:
            slope = (y1 - y0) / (x1 - x0)
            losses.append(sum(abs(slope * (Fraction(a) - x0) + y0 - Fraction(b)) for a, b in points) / len(points))
    assert (vertex is None) == (not losses)
    if vertex is not None:
        assert vertex.loss == float(min(losses)) and vertex.zeros >= 2


def test_what_slopes_for_ever_is_not_called_a_minimum() -> None:
    """a*exp(b*x) + c comes closer to a line for ever, as b tends to 0 and a grows."""
    found = fitted("a*exp(b*x) + c", [0.0, 1, 2, 3, 4, 5], [-0.1, 1.3, 2.1, 3.1, 3.9, 5.0], a=1.0, b=0.1, c=0.0)
    assert "is not proved" in found.sentence and found.record["certified"] is False


def test_corners_of_models_with_irrational_coefficients_are_proved_in_balls() -> None:
    points = [(0.0, 1.0), (1.0, 3.0), (2.0, 7.1), (3.0, 20.0), (1.5, 4.0)]
    x, y = (list(column) for column in zip(*points, strict=True))
    found = fitted("a*exp(x) + b", x, y)
    assert "a minimum at a kink, where 2 residuals are 0" in found.sentence and found.record["certified"] is True
    corners = []
    for (x0, y0), (x1, y1) in combinations(points, 2):
        a = (y1 - y0) / (math.exp(x1) - math.exp(x0))
        b = y0 - a * math.exp(x0)
        corners.append((sum(abs(a * math.exp(u) + b - v) for u, v in points), a, b))
    at = [found.record["parameters"][name]["value"] for name in "ab"]
    assert at == pytest.approx(list(min(corners)[1:]), rel=1e-12)


def test_only_the_best_corner_of_a_curve_is_proved() -> None:
    """The residuals of exp(b*x) vanish at b = log(y)/x; of four such corners the loss says which is best."""
    x, y = [1.0, 2.0, 3.0, 4.0], [1.6, 3.0, 4.0, 8.0]
    data = prepare_data({"x": x, "y": y}, ["x"], "y", labels=False)
    corners = [math.log(b) / a for a, b in zip(x, y, strict=True)]
    losses = [sum(abs(math.exp(b * u) - v) for u, v in zip(x, y, strict=True)) for b in corners]
    best = losses.index(min(losses))
    for place, corner in enumerate(corners):
        vertex = prove_vertex(parse("exp(b*x) - y").root, ["b"], data, [corner])
        assert (vertex is not None) == (place == best)
    vertex = prove_vertex(parse("exp(b*x) - y").root, ["b"], data, [corners[best]])
    assert vertex is not None and vertex.at == [pytest.approx(corners[best], rel=1e-15)]
    assert vertex.loss == pytest.approx(min(losses) / 4, rel=1e-14)


@pytest.mark.parametrize("model", ["a*x + floor(a) - y", "where(a > 1, a*x, a*x + 1) - y"])
def test_breaks_of_the_model_stand_against_a_proof(model: str) -> None:
    """Both are linear by their derivatives, and jump at a = 1, where the residuals seem to vanish."""
    data = prepare_data({"x": [1.0, 2.0, 3.0], "y": [2.0, 3.0, 4.0]}, ["x"], "y", labels=False)
    assert prove_vertex(parse(model).root, ["a"], data, [1.0]) is None
