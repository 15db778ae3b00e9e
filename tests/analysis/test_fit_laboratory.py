"""Fits as a laboratory makes them: errors of the data, bounds, covariances, bands, profiles, what is not determined.

Truths are NIST's certified values, SciPy's and lmfit's figures, closed formulas, and exact rational arithmetic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import mpmath
import pytest

from dcalc.derive import derivative
from dcalc.errors import DcalcError, LimitError, UnknownVariable, UsageError
from dcalc.numbers.real import evaluate
from dcalc.optimise.descent import Settings
from dcalc.optimise.intervals import chance_above, student_half_width
from dcalc.parser import parse
from tests.analysis.test_fit import fitted, noisy, values

INF = math.inf

# NIST Statistical Reference Datasets, nonlinear regression: model, data, second start, certified values and deviations.
NIST: dict[str, tuple[str, list[float], list[float], dict[str, float], list[float], list[float]]] = {
    "BoxBOD": (
        "b1*(1 - exp(-b2*x))", [1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224], {"b1": 100, "b2": 0.75},
        [2.1380940889e2, 5.4723748542e-1], [1.2354515176e1, 1.0455993237e-1],
    ),
    "Misra1a": (
        "b1*(1 - exp(-b2*x))",
        [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0],
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
        {"b1": 250, "b2": 0.0005}, [2.3894212918e2, 5.5015643181e-4], [2.7070075241, 7.2668688436e-6],
    ),
    "Rat43": (
        "b1/(1 + exp(b2 - b3*x))**(1/b4)", [float(k) for k in range(1, 16)],
        [16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56, 689.96, 637.56,
         717.41],
        {"b1": 700, "b2": 5, "b3": 0.75, "b4": 1.3},
        [6.996415127e2, 5.2771253025, 7.5962938329e-1, 1.2792483859],
        [1.6302297817e1, 2.0828735829, 1.9566123451e-1, 6.8761936385e-1],
    ),
    "MGH09": (
        "b1*(x**2 + x*b2)/(x**2 + x*b3 + b4)",
        [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
        [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
        {"b1": 0.25, "b2": 0.39, "b3": 0.415, "b4": 0.39},
        [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1],
        [1.1435312227e-2, 1.9633220911e-1, 8.0842031232e-2, 9.0025542308e-2],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NIST)
@pytest.mark.parametrize("how", ["plain", "sigma", "absolute", "weights"])
def test_covariances_are_nists_and_scipys(name: str, how: str) -> None:
    """curve_fit's to 9 digits, with the exact Jacobian, and certified deviations to the digits that are given."""
    numpy, optimize = pytest.importorskip("numpy"), pytest.importorskip("scipy.optimize")
    model, xs, ys, start, certified, deviations = NIST[name]
    random = Random(name)
    sigma = None if how == "plain" else [ys[-1] / 20 * (0.5 + random.random()) for _ in xs]
    data: dict[str, list[float]] = {"x": [*map(float, xs)], "y": [*map(float, ys)]}
    options: dict[str, Any] = {"start": start}
    if sigma is not None:
        data["s"] = [1 / (s * s) for s in sigma] if how == "weights" else sigma
        options |= {"weights": "s"} if how == "weights" else {"sigma": "s", "is_absolute": how == "absolute"}
    found = fitted(model, data, **options)
    assert found.status == "converged" and found.record["certified"]
    if sigma is None:
        assert values(found) == pytest.approx(certified, rel=1e-9)
        assert values(found, "stderr") == pytest.approx(deviations, rel=1e-9)
    root = parse(model).root
    slopes = [derivative(root, (one,)) for one in start]

    def call(x: Any, *at: float) -> Any:
        return numpy.array([evaluate(root, {"x": float(one), **dict(zip(start, at, strict=True))}) for one in x])

    def jacobian(x: Any, *at: float) -> Any:
        point = dict(zip(start, map(float, at), strict=True))
        return numpy.array([[evaluate(slope, {"x": float(one), **point}) for slope in slopes] for one in x])

    best, covariance = optimize.curve_fit(
        call, xs, ys, p0=values(found), sigma=sigma, absolute_sigma=how == "absolute", jac=jacobian,
        xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    assert values(found) == pytest.approx(list(best), rel=1e-6)
    own = [[found.record["covariance"][a][b] for b in start] for a in start]
    scale = numpy.sqrt(numpy.outer(numpy.diag(covariance), numpy.diag(covariance)))
    assert numpy.max(numpy.abs(numpy.array(own) - covariance) / scale) < 1e-9
    assert values(found, "stderr") == pytest.approx([math.sqrt(own[k][k]) for k in range(len(own))], rel=1e-15)


def decay(noise: float = 0.1) -> dict[str, list[float]]:
    """3*exp(-0.4*x) + 0.5 with noise, and errors of y and of x."""
    random = Random(3)
    data = noisy(lambda x: 3 * math.exp(-0.4 * x) + 0.5, [0.5 * k for k in range(1, 25)], 3, noise)
    return {
        **data, "s": [0.05 + 0.1 * random.random() for _ in data["x"]],
        "sx": [0.05 + 0.2 * random.random() for _ in data["x"]],
    }  # fmt: skip


DECAY = "a*exp(-b*x) + c"
START = {"a": 1.0, "b": 1.0, "c": 0.0}


def test_criteria_and_profiles_are_those_of_lmfit() -> None:
    lmfit, numpy = pytest.importorskip("lmfit"), pytest.importorskip("numpy")
    data = decay()
    x, y, s = (numpy.array(data[name]) for name in ("x", "y", "s"))
    found = fitted(DECAY, data, start=START, sigma="s", profile=True, predict=["x=1,5,20"])
    parameters = lmfit.create_params(**START)

    def residuals(p: Any) -> Any:
        return (p["a"] * numpy.exp(-p["b"] * x) + p["c"] - y) / s

    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    minimizer = lmfit.Minimizer(residuals, parameters, **tight)
    result = minimizer.minimize()
    for ours, theirs in (("aic", "aic"), ("bic", "bic"), ("reduced_chi2", "redchi"), ("freedom", "nfree")):
        assert found.record[ours] == pytest.approx(getattr(result, theirs), rel=1e-9)
    for name, ends in lmfit.conf_interval(minimizer, result, sigmas=[0.95]).items():
        own = found.record["parameters"][name]
        assert [own["profile_low"], own["profile_high"]] == pytest.approx([ends[0][1], ends[-1][1]], rel=1e-6)
    assert found.record["p_value"] == pytest.approx(_chi2_above(result.chisqr, result.nfree), rel=1e-9)


def _chi2_above(chi2: float, freedom: int) -> float:
    stats = pytest.importorskip("scipy.stats")
    return float(stats.chi2(freedom).sf(chi2))


def test_bands_of_a_straight_line_are_the_textbooks() -> None:
    """s*sqrt(1/n + (x - mean)**2/Sxx), and 1 more for a new measurement (Draper and Smith 1998, 3.1)."""
    data = noisy(lambda x: 1 + 2 * x, [float(k) for k in range(12)], seed=5, noise=0.3)
    found = fitted("a + b*x", data, predict=["x=-1,3.5", "x=20"], level=0.99)
    mean = sum(data["x"]) / 12
    spread = sum((x - mean) ** 2 for x in data["x"])
    sd = found.record["residual_sd"]
    # Student's t by the incomplete beta function, DLMF 8.17.
    t = float(mpmath.findroot(lambda t: mpmath.betainc(5, 0.5, 0, 10 / (10 + t * t), regularized=True) - 0.01, 3.2))
    for row, x in zip(found.record["predictions"], (-1.0, 3.5, 20.0), strict=True):
        part = 1 / 12 + (x - mean) ** 2 / spread
        a, b = values(found)
        assert row["at"] == {"x": x} and row["value"] == pytest.approx(a + b * x, rel=1e-14)
        assert row["stderr"] == pytest.approx(sd * math.sqrt(part), rel=1e-12)
        assert row["high"] - row["value"] == pytest.approx(t * sd * math.sqrt(part), rel=1e-9)
        assert row["new_high"] - row["value"] == pytest.approx(t * sd * math.sqrt(1 + part), rel=1e-9)
    low, high = (found.record["parameters"]["b"][key] for key in ("low", "high"))
    assert (high - low) / 2 == pytest.approx(t * sd / math.sqrt(spread), rel=1e-9)
    assert found.data is not None and len(found.data.rows) == 3


def test_bands_know_how_far_new_measurements_scatter() -> None:
    data = decay()
    for options, point, noise in (
        ({"sigma": "0.2"}, "x=1", 0.2), ({"sigma": "0.2", "is_absolute": True}, "x=1", 0.2),
        ({"sigma": "s"}, "x=1,s=0.3", 0.3), ({"weights": "s"}, "x=1,s=4", 0.5),
    ):  # fmt: skip
        found = fitted(DECAY, data, start=START, predict=[point], **options)
        (row,) = found.record["predictions"]
        unit = 1.0 if options.get("is_absolute") else found.record["residual_sd"]
        width = student_half_width(0.95, None if options.get("is_absolute") else found.record["freedom"])
        half = (row["new_high"] - row["new_low"]) / 2
        assert half == pytest.approx(width * math.hypot(row["stderr"], noise * unit), rel=1e-9)
    for options, point in (({"sigma": "s"}, "x=1"), ({"weights": "s"}, "x=1"), ({"weights": "s"}, "x=1,s=0")):
        found = fitted(DECAY, data, start=START, predict=[point], **options)
        assert found.record["predictions"][0]["new_low"] is None
        assert "bands of new measurements need their s: write --predict 'x=1,s=0.1'" in found.notes
    lost = fitted("a*log(x)", {"x": [1.0, 2.0, 3.0], "y": [0.0, 1.0, 1.2]}, predict=["x=-1,2"], start={"a": 1.0})
    assert [row["value"] is None for row in lost.record["predictions"]] == [True, False]


@pytest.mark.parametrize("freedom", [None, 1, 2, 7, 30, 100_000])
@pytest.mark.parametrize("level", [0.5, 0.6827, 0.95, 1 - 1e-9])
def test_quantiles_are_right_to_the_last_digit(level: float, freedom: int | None) -> None:
    with mpmath.workdps(60):

        def outside(t: Any) -> Any:
            if freedom is None:
                return mpmath.erfc(t / mpmath.sqrt(2))
            return mpmath.betainc(
                mpmath.mpf(freedom) / 2, mpmath.mpf(1) / 2, 0, freedom / (freedom + t * t), regularized=True
            )

        t = student_half_width(level, freedom)
        ends = [(mpmath.mpf(t) + mpmath.mpf(math.nextafter(t, way))) / 2 for way in (0, INF)]
        assert outside(ends[0]) >= 1 - mpmath.mpf(level) >= outside(ends[1])


def test_the_chance_of_chi_square_is_scipys() -> None:
    for chi2, freedom in ((10.0, 5), (0.1, 3), (1e5, 100_000)):
        assert chance_above(chi2, freedom) == pytest.approx(_chi2_above(chi2, freedom), rel=1e-9)


# --- bounds and fixed parameters ----------------------------------------------------------


def test_a_minimum_at_a_bound_is_proved_in_the_others() -> None:
    """With c held at 0 the fit is that of the model without c."""
    data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [2.8, 7.3, 20.0, 54.0]}
    found = fitted("a*exp(b*x) + c", data, start={"a": 1.0, "b": 1.0, "c": 1.0}, bounds=[("c", (0.7, INF))])
    usual = fitted("a*exp(b*x) + 0.7", data, start={"a": 1.0, "b": 1.0})
    assert found.record["certified"] and values(found) == [*values(usual), 0.7]
    assert values(found, "stderr")[:2] == pytest.approx(
        [error * math.sqrt(2 / 1) for error in values(usual, "stderr")], rel=1e-12
    )
    assert found.record["parameters"]["c"] == {
        "value": 0.7, "stderr": None, "low": None, "high": None, "held": "lower"
    }  # fmt: skip
    assert "a minimum within the bounds, proved: c is at its lower bound 0.7" in found.sentence
    assert found.notes == ("standard errors are those of the other parameters, with c kept at the bound",)
    kept = fitted("a*exp(b*x) + c", data, start={"a": 1.0, "b": 1.0}, fixed={"c": 0.7})
    assert values(kept) == values(found) and kept.record["parameters"]["c"]["held"] == "fixed"


BOUNDED = [
    ("a + b*x", [("a", (3.5, 9.0)), ("b", (-1.0, 0.5))], {"a": "lower", "b": "upper"}, "a minimum within the bounds"),
    ("a + b*x", [("b", (0.0, 9.0))], {}, "a minimum, proved"),
    ("a + b*x", [("a", (-INF, 0.5))], {"a": "upper"}, "bounds, proved: a is at its upper bound 0.5"),
    ("a*exp(b*x)", [("a", (0.0, 1.0)), ("b", (0.0, 5.0))], {"a": "upper"}, "a minimum within the bounds, proved"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "bounds", "held", "words"), BOUNDED)
@pytest.mark.parametrize("method", ["lm", "gauss-newton", "newton"])
def test_bounds(model: str, bounds: Any, held: dict[str, str], words: str, method: str) -> None:
    data = noisy(lambda x: 1 + 2 * x, [k / 4 for k in range(12)], seed=3, noise=0.1)
    found = fitted(model, data, start={"a": 0.9, "b": 0.4}, bounds=bounds, method=method)
    known = {name: one["held"] for name, one in found.record["parameters"].items() if "held" in one}
    assert known == held and words in found.sentence and found.status == "converged"
    optimize = pytest.importorskip("scipy.optimize")
    ends = [dict(bounds).get(name, (-INF, INF)) for name in "ab"]
    best = optimize.least_squares(
        lambda p: [evaluate(parse(model).root, {"x": x, "a": float(p[0]), "b": float(p[1])}) - y
                   for x, y in zip(data["x"], data["y"], strict=True)],
        [min(max(v, low), high) for v, (low, high) in zip((0.9, 0.4), ends, strict=True)],
        bounds=tuple(zip(*ends, strict=True)), xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    assert found.record["rss"] == pytest.approx(2 * best.cost, rel=1e-6)


def test_a_bound_where_the_loss_neither_rises_nor_falls_proves_nothing() -> None:
    """But where the parameter is known exactly, as in a linear model, it is known to be in the bounds."""
    found = fitted("a**2*x", {"x": [1.0, 2.0], "y": [4.0, 8.0]}, start={"a": 2.0}, bounds=[(None, (2.0, 5.0))])
    assert found.sentence == "converged: gradient norm 0; nothing more is proved of the end"
    line = fitted("a*x", {"x": [1.0, 2.0], "y": [2.0, 4.0]}, bounds=[(None, (2.0, 5.0))])
    assert line.sentence == "converged: a minimum, proved; every digit of the parameters is right"
    below = fitted(
        "a*x + b", {"x": [1.0, 2.0, 4.0], "y": [2.0, 4.0, 9.0]}, bounds=[("a", (-INF, 1.0)), ("b", (0.0, 2.0))]
    )
    assert below.record["certified"] and values(below) == [1.0, 2.0]  # both at the bounds


# --- what cannot be told apart ------------------------------------------------------------

ROWS = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "z": [2.0, 4.0, 6.0, 8.0, 10.0], "y": [2.8, 7.3, 20.1, 54.0, 149.0]}
FLAT = [
    ("a*b*exp(d*x)", ["a*b"], True), ("a*exp(b*x + c)", ["a*exp(c)"], True), ("(a + b)*x", ["a + b"], True),
    ("(a - 2*b)*x + c", ["a - 2*b"], True), ("a*b*c*x", ["a*b*c"], True), ("a*x/(b + c*x)", ["a/b", "b/c"], True),
    ("a/b*x + c*d", ["a/b", "c*d"], True), ("a**2*b*x", ["a**2*b"], True), ("a*x + b*z", ["a + 2*b"], False),
]  # fmt: skip


@pytest.mark.parametrize(("model", "determined", "proved"), FLAT, ids=[row[0] for row in FLAT])
def test_what_is_determined_is_named(model: str, determined: list[str], proved: bool) -> None:
    """Each combination is that in which the model can be written."""
    found = fitted(model, ROWS, start={name: 1.5 if name in "bd" else 1.0 for name in "abcd" if name in model})
    groups = found.record["undetermined"]
    assert sorted(one for group in groups for one in group["determined"]) == sorted(determined)
    assert all(group["proved"] is proved for group in groups) and found.status == "converged"
    if proved:
        assert found.record["certified"] and "one of many with the same loss" in found.sentence
    names = {name for group in groups for name in group["parameters"]}
    known = {name: one["stderr"] is not None for name, one in found.record["parameters"].items()}
    assert known == {name: name not in names for name in known}


def test_a_parameter_without_effect() -> None:
    found = fitted("a*x + where(x > 9, b, 0)", ROWS, start={"a": 1.0, "b": 1.0})
    assert "b has no effect on the model at these data, so it is not determined" in found.notes
    here = fitted("a + b*c*x", {"x": [0.0, 1.0, 2.0], "y": [2.0, 2.0, 2.0]}, start={"a": 2.0, "b": 1.0, "c": 0.0})
    assert "b has no effect on the model at these parameters, so it is not determined" in here.notes
    many = fitted("a+b+c+d+f+g", {"y": [1.0, 2.0], "x": [1.0, 2.0]}, target="y")
    assert "the data do not tell a, b, c, d, f and g apart" in many.notes


def test_parameters_that_are_almost_not_told_apart_are_found_to_the_last_digit() -> None:
    """The normal equations, solved in rationals."""
    random = Random(1)
    xs = [float(k) for k in range(10)]
    for gap in (1e-6, 1e-9, 1e-12):
        zs = [x + gap * random.gauss(0, 1) for x in xs]
        ys = [2 * x + 1 + 0.1 * random.gauss(0, 1) for x in xs]
        found = fitted("a*x + b*z", {"x": xs, "z": zs, "y": ys})
        x, z, y = ([Fraction(one) for one in column] for column in (xs, zs, ys))
        xx, xz, zz, xy, zy = (
            sum((p * q for p, q in zip(one, other, strict=True)), Fraction(0))
            for one, other in ((x, x), (x, z), (z, z), (x, y), (z, y))
        )
        whole = xx * zz - xz * xz
        assert found.record["certified"] and found.status == "converged"
        assert values(found) == [float((xy * zz - zy * xz) / whole), float((zy * xx - xy * xz) / whole)]
        a, b = (xy * zz - zy * xz) / whole, (zy * xx - xy * xz) / whole
        rss = sum(((p * a + q * b - r) ** 2 for p, q, r in zip(x, z, y, strict=True)), Fraction(0))
        assert found.record["covariance"]["a"]["b"] == float(-xz / whole * rss / 8)


ESCAPES = [
    ("a*x/(b + x)", {"a": 1.0, "b": 1.0}, lambda x: 3 * x + 0.1 * (-1) ** x),
    ("A*sin(w*x + p) + c", {"A": 1.0, "w": 0.0, "p": 0.0, "c": 0.0}, lambda x: 2 * math.sin(1.7 * x + 0.5) + 1),
]  # fmt: skip


@pytest.mark.parametrize(("model", "start", "formula"), ESCAPES, ids=[row[0] for row in ESCAPES])
def test_a_fit_that_leaves_for_infinity_is_not_called_converged(model: str, start: Any, formula: Any) -> None:
    """The loss falls for ever: towards a straight line, or a parabola, as a, or A, grows."""
    found = fitted(model, {"x": [float(k) for k in range(1, 11)], "y": [formula(k) for k in range(1, 11)]}, start=start)
    assert found.status == "stalled" and found.code == 1 and not found.record["certified"]
    assert "but the loss falls on, if slowly: start elsewhere, or bound them, as by --bounds" in found.sentence


SHIFTS = [
    ("a/(1 + exp(-b*(x - c) + d))", {"c + d/b", "d + b*c"}), ("a*sin(b*(x - c) + d)", {"d - b*c", "c - d/b"}),
    ("a*exp(-b*(x - c))", {"a*exp(b*c)", "c + log(a)/b"}), ("a*exp(-c*b*x) + d*exp(-c*b*x)", {"a + d", "b*c"}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "determined"), SHIFTS, ids=[row[0] for row in SHIFTS])
def test_shifts_with_a_fitted_factor_are_named(model: str, determined: set[str]) -> None:
    """Each combination is that in which the model can be written, whichever way it is solved."""
    random = Random(7)
    root = parse(model).root
    truth = {"a": 3.0, "b": 0.7, "c": 0.5, "d": 0.2}
    xs = [float(k) for k in range(1, 13)]
    ys = [evaluate(root, {**truth, "x": x}) + 0.02 * random.gauss(0, 1) for x in xs]
    start = {name: value * 1.1 for name, value in truth.items() if name in model.replace("exp", "")}
    found = fitted(model, {"x": xs, "y": ys}, start=start)
    assert found.record["certified"]
    for group in found.record["undetermined"]:
        assert group["proved"]
        for one in group["determined"]:
            assert any(parse(one).root is parse(text).root or _same(one, text) for text in determined), one


def _same(one: str, other: str) -> bool:
    from dcalc.proof import prove_equal

    return prove_equal((), parse(one).root, parse(other).root) is not None


def test_a_valley_that_is_not_named_is_not_taken_for_a_slope() -> None:
    """Only a**2 + b is determined, of which neither powers nor shifts know."""
    found = fitted("(a**2 + b)*x", ROWS, start={"a": 1.5, "b": 1.5})
    assert found.status == "converged" and found.notes == ("the data do not tell a and b apart",)
    assert "nothing more is proved" in found.sentence


def test_a_minimum_of_second_order_has_no_standard_errors() -> None:
    """(a**2 - 1)**2*x is at its least, 0, where a is 1, and all derivatives of first order vanish there."""
    found = fitted("(a**2 - 1)**2*x", {"x": [1.0, 2.0, 3.0], "y": [-1.0, -1.0, -1.0]}, start={"a": 0.9})
    assert found.record["certified"] and values(found) == [1.0] and values(found, "stderr") == [None]
    assert any("does not change with all parameters to first order" in note for note in found.notes)
    top = fitted("(a**2 - 1)*x", {"x": [1.0, 2.0], "y": [0.0, 0.0]}, start={"a": 0.0})
    assert top.record["certified"] and [abs(value) for value in values(top)] == [1.0]  # a maximum of the loss is left
    saddle = fitted("a*b*x", {"x": [1.0, 2.0], "y": [1.0, 2.0]}, start={"a": 0.0, "b": 0.0})
    assert saddle.status == "stalled" and "the loss falls on" in saddle.sentence


def test_a_perfect_fit_far_out_does_not_try_everything() -> None:
    """A step is fitted better and better by a steeper tanh: after one try no other is made."""
    data = {"x": [float(k) for k in range(1, 13)], "y": [float(k > 6.5) for k in range(1, 13)]}
    start = {"a": 0.5, "b": 1.0, "c": 6.0, "d": 0.5}
    found = fitted("a*tanh(b*(x - c)) + d", data, start=start, settings=Settings(steps=100))
    assert found.status == "max_steps" and found.record["rss"] < 1e-20 and found.record["iterations"] == 100


def test_tries_that_crawl_to_where_another_ended_are_given_up() -> None:
    """From w = 0 all tries creep towards a parabola: together they may not take thousands of steps."""
    xs = [k / 20 for k in range(200)]
    data = noisy(lambda x: 2 * math.sin(1.7 * x + 0.5) + 1, xs, seed=1, noise=0.1)
    count = 0

    def watch(_: object) -> None:
        nonlocal count
        count += 1

    from dcalc.analysis.fit import FitOptions, find
    from dcalc.finding import Subject

    root = parse("A*sin(w*x + p) + c").root
    subject = Subject(root=root, names=("A", "c", "p", "w"), wrt=())
    start = {"A": 1.0, "w": 0.0, "p": 0.0, "c": 0.0}
    find(subject, options=FitOptions(data, "y", start=start), watch=watch)
    assert count < 3000  # 16,000 without
    near = fitted("A*sin(w*x + p) + c", data, start={**start, "w": 1.5})
    assert near.record["certified"] and near.record["iterations"] < 50


# --- several data sets, and errors of inputs ----------------------------------------------


def test_several_data_sets_share_some_parameters() -> None:
    """The fit with shared slope is one with an indicator for each set."""
    xs = [float(k % 5) for k in range(15)]
    sets = ["north"] * 5 + ["south"] * 5 + ["x y"] * 5
    random = Random(2)
    ys = [2 * x + {"n": 1, "s": 3, "x": 5}[one[0]] + 0.1 * random.gauss(0, 1) for x, one in zip(xs, sets, strict=True)]
    data = {"x": xs, "y": ys, "set": sets}
    found = fitted("a + b*x", data, by="set", each=("a",), predict=["x=1"])
    assert list(found.record["parameters"]) == ["a_1", "a_2", "a_3", "b"]  # "x y" is not a name
    marks = {f"m{k}": [float(one == label) for one in sets] for k, label in enumerate(dict.fromkeys(sets))}
    usual = fitted("p*m0 + q*m1 + r*m2 + b*x", {"x": xs, "y": ys, **marks})
    named = {name: one["value"] for name, one in usual.record["parameters"].items()}
    assert values(found) == [named[name] for name in ("p", "q", "r", "b")]
    assert [row["at"]["set"] for row in found.record["predictions"]] == ["north", "south", "x y"]
    curves = [curve.name for curve in found.pictures[0].curves if curve.look == "line"]
    assert curves == ["north", "south", "x y"]
    alone = {"x": xs[:10], "y": ys[:10], "set": sets[:10]}
    apart = fitted("a*exp(b*x)", alone, by="set", start={"a": 1.0, "b": 0.1, "b_south": 0.2})
    assert list(apart.record["parameters"]) == ["a_north", "a_south", "b_north", "b_south"]
    single = fitted("a*exp(b*x)", {"x": xs[:5], "y": ys[:5]}, start={"a": 1.0, "b": 0.1})
    assert values(apart)[::2] == values(single)
    held = fitted("a + b*x", alone, by="set", each=("a",), fixed={"a": 1.0}, bounds=[("b", (0.0, INF))])
    assert held.record["parameters"]["a_south"]["held"] == "fixed"
    numbers = fitted("a*x", {"x": xs, "y": ys, "set": [float(k % 9) for k in range(15)]}, by="set")
    assert next(iter(numbers.record["parameters"])) == "a_0" and numbers.pictures[0].x_label == "prediction"


@pytest.mark.slow
@pytest.mark.covers
def test_orthogonal_distances_are_those_of_the_whole_problem() -> None:
    """scipy.optimize.least_squares over parameters and true inputs together; its covariance by Schur's complement."""
    numpy, optimize = pytest.importorskip("numpy"), pytest.importorskip("scipy.optimize")
    data = decay(0.05)
    x, y, s, sx = (numpy.array(data[name]) for name in ("x", "y", "s", "sx"))
    found = fitted(DECAY, data, start=START, sigma="s", sigma_x="sx", profile=True)
    assert found.record["certified"] and "r2" in found.record

    def distances(p: Any) -> Any:
        a, b, c = p[:3]
        return numpy.concatenate([(a * numpy.exp(-b * (x + p[3:])) + c - y) / s, p[3:] / sx])

    start = numpy.concatenate([values(found), numpy.zeros(len(x))])
    best = optimize.least_squares(distances, start, jac="3-point", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert values(found) == pytest.approx(list(best.x[:3]), rel=1e-6)
    assert found.record["rss"] == pytest.approx(2 * best.cost, rel=1e-12)
    covariance = numpy.linalg.inv(best.jac.T @ best.jac)[:3, :3] * 2 * best.cost / (len(x) - 3)
    assert values(found, "stderr") == pytest.approx(list(numpy.sqrt(numpy.diag(covariance))), rel=1e-5)
    low, high = (found.record["parameters"]["b"][key] for key in ("profile_low", "profile_high"))
    assert low < values(found)[1] < high


def test_orthogonal_distances_agree_with_odrpack() -> None:
    odrpack, numpy = pytest.importorskip("odrpack"), pytest.importorskip("numpy")
    data = decay(0.05)
    x, y, s, sx = (numpy.array(data[name]) for name in ("x", "y", "s", "sx"))
    found = fitted(DECAY, data, start=START, sigma="s", sigma_x="sx")
    theirs = odrpack.odr_fit(
        lambda x, p: p[0] * numpy.exp(-p[1] * x) + p[2], x, y, numpy.array([1.0, 1.0, 0.0]),
        weight_x=1 / sx**2, weight_y=1 / s**2, sstol=1e-15, partol=1e-15, maxit=1000,
    )  # fmt: skip
    assert values(found) == pytest.approx(list(theirs.beta), rel=1e-6)
    assert values(found, "stderr") == pytest.approx(list(theirs.sd_beta), rel=1e-4)


def test_a_line_with_equal_errors_is_the_principal_axis() -> None:
    """Deming regression: the slope is (d + sqrt(d**2 + 4*Sxy**2))/(2*Sxy) with d = Syy - Sxx (Deming 1943)."""
    random = Random(8)
    xs = [k / 2 + 0.2 * random.gauss(0, 1) for k in range(20)]
    ys = [1 + k + 0.2 * random.gauss(0, 1) for k in range(20)]
    mean = [sum(one) / 20 for one in (xs, ys)]
    sxx, sxy, syy = (
        sum((p - m) * (q - n) for p, q in zip(one, other, strict=True))
        for one, other, m, n in ((xs, xs, mean[0], mean[0]), (xs, ys, *mean), (ys, ys, mean[1], mean[1]))
    )
    slope = (syy - sxx + math.hypot(syy - sxx, 2 * sxy)) / (2 * sxy)
    found = fitted("a + b*x", {"x": xs, "y": ys}, sigma="0.2", sigma_x="0.2")
    assert found.record["certified"]
    assert values(found) == pytest.approx([mean[1] - slope * mean[0], slope], rel=1e-12)
    plane = fitted("a + b*x + c*z", {"x": xs, "z": ys[::-1], "y": ys}, sigma="0.2", sigma_x="x=0.2,z=0.1")
    assert plane.record["certified"] and plane.record["freedom"] == 17


def test_orthogonal_distances_at_kinks_at_edges_and_in_many_rows() -> None:
    random = Random(4)
    xs = [float(k) for k in range(10)]
    bent = fitted(
        "a*abs(x - c)", {"x": xs, "y": [abs(x - 4.2) + 0.1 * random.gauss(0, 1) for x in xs]},
        sigma="0.1", sigma_x="0.1", start={"a": 1.0, "c": 4.0},
    )  # fmt: skip
    assert bent.status == "converged" and bent.record["certified"]
    edge = fitted(
        "a*sqrt(x) + b", {"x": [0.0, *xs[1:]], "y": [1 + 2 * math.sqrt(x) for x in xs]}, sigma="0.1", sigma_x="0.1",
        start={"a": 1.0, "b": 0.0},
    )  # fmt: skip
    assert edge.code in (0, 1) and not edge.record["certified"]  # the slope of sqrt at 0 is infinite
    held = fitted("a*x + b", {"x": xs, "y": xs}, sigma="0.1", sigma_x="0.1", bounds=[("a", (2.0, 3.0))])
    assert values(held)[0] == 2.0 and "nothing more is proved of the end within the bounds" in held.sentence
    tall = [k / 20 for k in range(200)]
    many = fitted("a*x + b", {"x": tall, "y": [2 * x + 1 for x in tall]}, sigma="0.1", sigma_x="0.1")
    assert many.status == "converged" and values(many) == pytest.approx([2.0, 1.0], rel=1e-9)
    assert not many.record["certified"]


# --- what is refused ----------------------------------------------------------------------

LINE: Mapping[str, Sequence[object]] = {
    "x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.1, 4.9, 7.0], "s": [1.0, 1.0, 2.0, 0.0], "w": [1.0, 1.0, 0.0, -1.0],
    "g": ["u", "u", "v", "v"], "n": [0.0] * 4,
}  # fmt: skip
REFUSED: list[tuple[str, dict[str, Any], type[DcalcError], str]] = [
    ("a + b*x", {"sigma": "s"}, UsageError, "a sigma must be above 0, not 0 in row 4 of s"),
    ("a + b*x", {"sigma": "0"}, UsageError, "a sigma must be above 0, not 0"),
    ("a + b*x", {"sigma": "q"}, UsageError, "the data have no column q"),
    ("a + b*x", {"weights": "w"}, UsageError, "a weight must not be negative, as -1 in row 4 of w is"),
    ("a + b*x", {"weights": "n"}, UsageError, "every row of the data has a weight of 0"),
    ("a + b*x", {"weights": "q"}, UsageError, "the data have no column q"),
    ("a + b*x", {"sigma": "1", "weights": "w"}, UsageError, "--sigma and --weights say the same in two ways"),
    ("a + b*x", {"is_absolute": True}, UsageError, "--absolute-sigma is about the numbers of --sigma"),
    ("a + b*x", {"sigma": "1", "loss": "(y-p)**4"}, UsageError, "--sigma does not go with the loss (y-p)**4"),
    ("a + b*x", {"sigma_x": "0.1"}, UsageError, "--sigma-x without --sigma leaves the errors of the target open"),
    ("a + b*x", {"sigma": "1", "sigma_x": "0.1", "loss": "mae"}, UsageError, "--sigma-x goes with sums of squares"),
    ("a + b*x", {"sigma": "1", "sigma_x": "0.1", "method": "newton"}, UsageError, "newton does not go with --sigma-x"),
    ("a + b*x", {"sigma": "1", "sigma_x": "0.1", "batch": 2}, UsageError, "--batch does not go with --sigma-x"),
    ("a*g1 + b*x", {"sigma": "1", "sigma_x": "z=0.1"}, UnknownVariable, "the model has no column z"),
    ("a*n + b*x", {"sigma": "1", "sigma_x": "0.1"}, UsageError, "the model has 2 inputs"),
    ("a + b*x", {"bounds": [("q", (0.0, 1.0))]}, UnknownVariable, "the model has no free parameter q"),
    ("a + b*x", {"bounds": [(None, (0.0, 1.0))]}, UnknownVariable, "one range, but the model has 2 parameters"),
    ("a + b*x", {"bounds": [("a", (0, 1))], "loss": "mae"}, UsageError, "--bounds does not go with absolute values"),
    ("a + b*x", {"bounds": [("a", (0.0, 1.0))], "batch": 2}, UsageError, "--bounds does not go with --batch"),
    ("a + b*x", {"fixed": {"q": 1.0}}, UnknownVariable, "the model has no parameter q"),
    ("a + b*x", {"fixed": {None: 1.0}}, UsageError, "--fix needs the names of parameters"),
    ("a + b*x", {"fixed": {"a": 1.0, "b": 2.0}}, UsageError, "all parameters are fixed, so there is nothing to fit"),
    ("a + b*x", {"by": "q"}, UsageError, "the data have no column q"),
    ("a + b*x", {"by": "g", "each": ("q",)}, UnknownVariable, "the model has no parameter q"),
    ("a + b*x", {"each": ("a",)}, UsageError, "--each is for several data sets"),
    ("a + a_u*x", {"by": "g", "each": "a"}, UsageError, "a_1 would be a parameter of one set, and is a name already"),
    ("a + b*x", {"predict": ["z=1"]}, UnknownVariable, "the model has no input z"),
    ("a*n + b*x", {"predict": ["x=1"]}, UnknownVariable, "--predict gives no value for n"),
    ("a*n + b*x", {"predict": ["1,2", "1,2,3"]}, UsageError, "one value, but the model has 2 inputs"),
    ("a + b*x", {"predict": ["(1,2,3)"]}, UsageError, "3 values, but the model has 1 input"),
    ("a", {"predict": ["x=1"]}, UsageError, "the model has no columns, so it is the same everywhere"),
    ("a + b*x", {"predict": ["x=0:1e6:1"]}, LimitError, "more than 100,000 predictions"),
    ("a + b*x", {"profile": True, "loss": "huber"}, UsageError, "--profile is for sums of squares"),
    ("a + b*x", {"predict": ["x=1"], "loss": "bce_logits", "target": "n"}, UsageError,
     "--predict is for models of numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "options", "error", "message"), REFUSED, ids=[row[3] for row in REFUSED])
def test_what_does_not_go_together(model: str, options: dict[str, Any], error: type[DcalcError], message: str) -> None:
    data = {**LINE, "a_1": [0.0] * 4} if "a_u" in model else LINE
    with pytest.raises(error) as caught:
        fitted(model, data, **{"target": "y", **options})
    assert str(caught.value) == message


def test_what_is_remarked() -> None:
    data = noisy(lambda x: 1 + 2 * x, [float(k) for k in range(12)], seed=5, noise=0.3)
    for sigma, absolute, words in (
        ("0.01", False, "times as large as sigma says: the model or sigma is not right; standard errors follow"),
        (
            "0.01",
            True,
            "times as large as sigma says: the model or sigma is not right, and standard errors trust sigma",
        ),
        ("9", False, "the residuals are only 0.0"),
    ):
        found = fitted("a + b*x", data, sigma=sigma, is_absolute=absolute)
        assert any(words in note for note in found.notes)
        assert (found.record["aic"] == found.record["rss"] + 4) is absolute
    dropped = fitted("a + b*x", {**data, "w": [0.0] * 2 + [1.0] * 10}, weights="w", loss="huber")
    assert dropped.notes == ("2 of 12 rows are left out: the weight is 0",)
    exact = fitted("a*x", {"x": [1.0], "y": [2.0]}, profile=True, predict=["x=2"])
    assert "there are no profiles, since the data give no standard errors" in exact.notes
    assert "there are no bands, since the data give no standard errors" in exact.notes
    assert exact.record["aic"] is None and exact.record["covariance"] is None
    waves = {"x": [float(k) for k in range(10)], "y": [math.sin(1.3 * k) for k in range(10)]}
    side = fitted("sin(a*x)", waves, start={"a": 9.0}, profile=True)
    assert any("the loss falls below that of the end, so this is not the least one" in note for note in side.notes)
    odd = fitted("a*exp(b*x)", {"x": [0.0, 1.0, 2.0], "y": [1.0, 1.2, 0.9]}, start={"a": 1.0, "b": 0.1}, profile=True,
                 bounds=[("b", (-0.5, 0.5))])  # fmt: skip
    assert odd.record["parameters"]["b"]["profile_low"] == -0.5 and odd.record["parameters"]["b"]["profile_high"] == 0.5


def test_weights_multiply_any_loss() -> None:
    """A weight of 2 is a row that stands twice."""
    data = noisy(lambda x: 1 + 2 * x, [float(k) for k in range(8)], seed=6, noise=0.5)
    twice = {name: [*column, *column[4:]] for name, column in data.items()}
    weighted = {**data, "w": [1.0] * 4 + [2.0] * 4}
    for loss in ("mse", "mae", "huber", "log(cosh(y - p))"):
        found, usual = fitted("a + b*x", weighted, weights="w", loss=loss), fitted("a + b*x", twice, loss=loss)
        assert values(found) == pytest.approx(values(usual), rel=1e-9)
    scaled = fitted("a + b*x", {**data, "s": [2.0] * 8}, sigma="s", loss="huber")
    halves = {"x": data["x"], "y": [y / 2 for y in data["y"]]}
    assert values(scaled) == pytest.approx([2 * v for v in values(fitted("a + b*x", halves, loss="huber"))], rel=1e-9)
    labels = {"x": [0.0, 1.0, 2.0, 3.0, 2.5], "y": [0.0, 0.0, 1.0, 1.0, 0.0]}
    doubled = {name: [*column, column[-1]] for name, column in labels.items()}
    classes = fitted("a + b*x", {**labels, "w": [1.0] * 4 + [2.0]}, weights="w", loss="bce_logits")
    assert values(classes) == pytest.approx(values(fitted("a + b*x", doubled, loss="bce_logits")), rel=1e-9)
    assert classes.record["aic"] == pytest.approx(2 * 5 * classes.record["loss"] + 4)


def test_a_hundred_thousand_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    numpy = pytest.importorskip("numpy")
    monkeypatch.setattr("dcalc.optimise.certify.MOST_WORK", 0)  # the proof takes ten seconds
    rows = 100_000
    x = numpy.linspace(0, 10, rows)
    y = 3 * numpy.exp(-0.7 * x) + 0.5 + 0.05 * numpy.sin(1e4 * x * x)
    found = fitted(DECAY, {"x": x.tolist(), "y": y.tolist()}, start=START)
    assert found.status == "converged" and values(found) == pytest.approx([3.0, 0.7, 0.5], rel=1e-2)
    basis = numpy.column_stack([numpy.exp(-0.7 * x), -3 * x * numpy.exp(-0.7 * x), numpy.ones(rows)])
    covariance = numpy.linalg.inv(basis.T @ basis) * found.record["rss"] / (rows - 3)
    assert values(found, "stderr") == pytest.approx(list(numpy.sqrt(numpy.diag(covariance))), rel=0.05)
