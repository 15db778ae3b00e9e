"""Zeros, curves, tangents, uncertainties and equations as Python objects: what the commands say, by attributes."""

from __future__ import annotations

import math
import pickle

import pytest

import dcalc


def test_zeros() -> None:
    found = dcalc.solve("x**2 - 2")
    assert [str(zero) for zero in found] == ["-sqrt(2)", "sqrt(2)"]
    assert (len(found), float(found[1]), found[0].crossing, found.complete) == (2, math.sqrt(2), "falls", True)
    assert found[:1] == found.zeros[:1]
    assert str(found).splitlines()[-1] == "2 zeros, and no others: proved"
    (only,) = dcalc.solve("cos(x) = x", (0, math.inf), digits=40)
    assert only.exact is None
    assert only.decimal == "0.7390851332151606416553120876738734040134"  # the Dottie number, OEIS A003957
    assert str(only) == "0.7390851332151607"
    periodic = dcalc.solve("sin(x)")
    assert periodic.period is not None
    assert str(periodic.period) == "2*pi"
    assert dcalc.solve("sin(x)", (0, "2*pi"))[1].x == math.pi
    assert dcalc.solve("max(x, 0)", ("-inf", 1)).intervals == ((-math.inf, 0.0),)
    (x,) = dcalc.symbols("x")
    assert [zero.x for zero in dcalc.solve(x**3 - x)] == [-1.0, 0.0, 1.0]
    assert pickle.loads(pickle.dumps(found)) == found


def test_what_is_not_settled_is_named() -> None:
    found = dcalc.solve("sin(1/x)", (0, 1))
    assert not found.complete
    assert found.unsettled
    assert all(0 <= low <= high <= 1 for low, high in found.unsettled)


@pytest.mark.slow
@pytest.mark.covers
def test_a_curve() -> None:
    curve = dcalc.study("x + 1/x")
    assert [(point.kind, point.x, point.f) for point in curve.extrema] == [
        ("maximum", -1.0, -2.0), ("minimum", 1.0, 2.0),
    ]  # fmt: skip
    assert (curve.symmetry, curve.period, curve.complete) == ("odd", None, True)
    assert [str(line) for line in curve.asymptotes] == ["x = 0", "y = x"]
    assert [(pole.kind, pole.x, pole.f, pole.left) for pole in curve.poles] == [("pole", 0.0, None, None)]
    assert [str(part) for part in curve.domain] == ["(-inf, 0)", "(0, inf)"]
    assert 0.0 not in curve.domain[0]
    assert -5.0 in curve.domain[0]
    assert curve.range is not None
    assert -2.0 in curve.range[0]
    assert curve.rising == ((-math.inf, -1.0), (1.0, math.inf))
    assert str(curve).splitlines()[0] == "domain\t(-inf, 0), (0, inf)"
    wave = dcalc.study("sin(x)")
    assert wave.period is not None
    assert math.isclose(wave.period.x, math.tau)
    kinked = dcalc.study("abs(x) + (x**2 - 1)/(x - 1)", (-2, 2))
    assert [point.kind for point in (*kinked.kinks, *kinked.holes)] == ["kink", "hole"]
    assert (kinked.holes[0].left, str(kinked.holes[0].f_exact)) == (3.0, "3")
    level = dcalc.study("x**3").inflections[0]
    assert (level.level, level.kind) == (True, "inflection")
    assert not dcalc.study("x*sin(1/x)", (0, 1)).complete
    assert dcalc.study("x*sin(1/x)", (0, 1)).unsettled[0].of in ("zeros", "slope", "bend")


def test_tangents() -> None:
    line = dcalc.tangent("x**2", x=1)
    assert (line.f, line.slope, line.tangent, line.normal) == (1.0, 2.0, "y = 2*x - 1", "y = 3/2 - x/2")
    assert str(line) == "tangent: y = 2*x - 1\nnormal: y = 3/2 - x/2"
    kink = dcalc.tangent("abs(x)", {"x": 0})
    assert (kink.slope, kink.tangent, kink.kind) == (None, None, "kink")
    assert [(one.kind, one.equation, one.slope, one.exact) for one in kink.lines] == [
        ("left tangent", "y = -x", -1.0, True), ("right tangent", "y = x", 1.0, True),
    ]  # fmt: skip
    assert "kink" in str(kink)


def test_uncertainties() -> None:
    result = dcalc.propagate("m*g*h", "m=2.00±0.05, g=9.81(2), h=1.5±1%")
    assert (str(result), result.value, result.trusted) == ("29.43(79)", 29.43, True)
    assert sum(share for share in result.contributions.values() if share) == pytest.approx(100)
    assert result.second_order is not None
    assert result.sampled is not None
    assert result.second_order.uncertainty == pytest.approx(result.uncertainty, rel=0.01)
    same = dcalc.propagate("x*y", {"x": (2, 0.1), "y": "3.0±1%"}, correlations={("x", "y"): 1.0}, samples=0)
    assert same.uncertainty == pytest.approx(3 * 0.1 + 2 * 0.03)
    assert (same.sampled, same.second_order) == (None, None)
    flat = dcalc.propagate("x**2", {"x": (0, 0.5)}, samples=0)
    assert (flat.trusted, flat.uncertainty) == (False, 0.0)
    assert "the gradient is 0" in str(flat)


def test_equations() -> None:
    slope = dcalc.implicit("x**2 + y**2 = 25", of="y", wrt="x")
    assert (str(slope), slope.of, slope.wrt, slope.order, slope.value) == ("-x/y", "y", "x", 1, None)
    assert dcalc.implicit("x**2 + y**2 = 25", at={"x": 3, "y": 4}).value == -0.75
    assert dcalc.implicit(("x**2 + y**2", "25"), order=2, at={"x": 3, "y": 4}).value == -25 / 64
    x, y = dcalc.symbols("x y")
    vertical = dcalc.implicit(x**2 + y**2 - 25, at={"x": 5, "y": 0})
    assert (vertical.value, vertical.kind) == (None, "vertical_tangent")
    assert "vertical" in str(vertical)
    assert str(dcalc.implicit("x(t)**2 + y(t)**2 = 25", of="y").derivative) == "-x(t)*x'(t)/y(t)"


def test_what_is_refused() -> None:
    for call in (dcalc.solve, dcalc.study):
        with pytest.raises(dcalc.NoValue):
            call("log(-1)*x")
        with pytest.raises(dcalc.UsageError, match="one variable"):
            call("x*y")
        with pytest.raises(dcalc.UsageError, match="two ends"):
            call("x", (1, 2, 3))
        with pytest.raises(dcalc.Unsupported, match="arrays"):
            call("A@x")
        with pytest.raises(dcalc.Unsupported, match="unknown function"):
            call("f(x)")
    with pytest.raises(dcalc.UnknownVariable):
        dcalc.tangent("x**2", y=1)
    with pytest.raises(dcalc.UsageError, match="no value has an uncertainty"):
        dcalc.propagate("x", {"x": 1.0})
