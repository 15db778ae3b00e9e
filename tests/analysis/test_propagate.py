"""Uncertainties: against the GUM's own examples, the package `uncertainties`, and closed forms of normal moments."""

import json
import re
from collections.abc import Callable, Sequence
from math import erfc, pi, sqrt
from typing import Any

import mpmath
import pytest

from dcalc.analysis.propagate.measured import read_measured, write_measured
from dcalc.errors import DcalcError
from tests.cli.conftest import Run


def ask(run: Run, text: str, at: str, *more: str) -> dict[str, Any]:
    (record,) = json.loads(run("propagate", text, "--at", at, *more, "--json").out)["records"]
    return record


GUM = [
    # JCGM 100:2008, H.1.7: 50 000 838 nm, 32 nm
    ("ls + d - ls*(da*th + as*dt)",
     "ls=50000623±25, d=215±9.7, as=11.5e-6±1.2e-6, th=-0.1±0.41, da=0±0.58e-6, dt=0±0.029", (), 50000838, 32),
    # H.2.3: 127.732 and 0.071 ohm, 219.847 and 0.295 ohm, 254.260 and 0.236 ohm
    ("V/I*cos(phi)", "V=4.9990(32), I=19.6610e-3±0.0095e-3, phi=1.04446(75)", ("V,I=-0.36; V,phi=0.86; I,phi=-0.65",),
     127.732, 0.071),
    ("V/I*sin(phi)", "V=4.9990(32), I=19.6610e-3±0.0095e-3, phi=1.04446(75)", ("V,I=-0.36; V,phi=0.86; I,phi=-0.65",),
     219.847, 0.295),
    ("V/I", "V=4.9990(32), I=19.6610e-3±0.0095e-3", ("V,I=-0.36",), 254.260, 0.236),
    # H.4.3.1: 0.4304 and 0.0083 Bq/g by the ratios of six runs; H.4.3.2: 0.4300 and 0.0083 by their means,
    # of a ratio rounded to 3.167
    ("As*ms/mx*R", "As=0.1368(18), ms=5.0192(50), mx=5.0571(10), R=3.170(46)", (), 0.4304, 0.0083),
    ("As*ms/mx*Rx/Rs", "As=0.1368(18), ms=5.0192(50), mx=5.0571(10), Rx=652.60±6.42, Rs=206.09±3.79",
     ("Rx,Rs=0.646",), 0.42994, 0.0083),
    # H.3.4: -0.1494 and 0.0041 degrees
    ("y1 + y2*(t - 20)", "y1=-0.1712(29), y2=0.00218(67), t=30", ("y1,y2=-0.930",), -0.1494, 0.0041),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "correlations", "value", "uncertainty"), GUM)
def test_examples_of_the_gum(
    run: Run, text: str, at: str, correlations: Sequence[str], value: float, uncertainty: float
) -> None:
    """The GUM computes from more digits than it prints, so its last digit is not always that of what it prints."""
    record = ask(run, text, at, *[part for pairs in correlations for part in ("--corr", pairs)])
    assert record["value"] == pytest.approx(value, rel=1e-5, abs=5e-5)
    assert record["uncertainty"] == pytest.approx(uncertainty, rel=0.02)


@pytest.mark.parametrize(
    ("text", "at", "option", "pairs", "uncertainty", "message"),
    [
        # With r = 1 the law adds |f_x|*u_x and f_y*u_y with their signs; three unit vectors with r = -1/2 add up to 0.
        ("x + y", "x=2±0.1,y=3±0.2", "--corr", "x,y=1", 0.3, "linear propagation holds"),
        ("x - y", "x=2±0.1,y=3±0.2", "--corr", "x,y=1", 0.1, "linear propagation holds"),
        ("x + y", "x=2±0.1,y=3±0.2", "--corr", "x,y=-1", 0.1, "linear propagation holds"),
        ("2*x - y", "x=2±0.1,y=3±0.2", "--cov", "x,y=0.02", 0.0, "correlated parts cancel"),
        ("x + y + z", "x=1±1,y=1±1,z=1±1", "--corr", "x,y=-0.5;y,z=-0.5;x,z=-0.5", 0.0, "correlated parts cancel"),
        ("x + y + z", "x=1±1,y=1±1,z=1±1", "--corr", "x,y=1;y,z=1;x,z=1", 3.0, "linear propagation holds"),
        ("x*y", "x=0±0.1,y=0±0.1", "--corr", "x,y=1", 0.0, "the gradient is 0"),
    ],
)
def test_perfect_correlations(
    run: Run, text: str, at: str, option: str, pairs: str, uncertainty: float, message: str
) -> None:
    record = ask(run, text, at, option, pairs)
    assert record["uncertainty"] == pytest.approx(uncertainty, rel=1e-12)
    assert message in record["message"]


@pytest.mark.parametrize(
    ("text", "at", "truth"),
    [
        ("tan(x)", "x=1.5(0.05)", lambda mp: mp.mpf("0.05") / mp.cos(mp.mpf("1.5")) ** 2),
        ("asin(x)", "x=0.99(0.01)", lambda mp: mp.mpf("0.01") / mp.sqrt(1 - mp.mpf(0.99) ** 2)),
        ("x*y", "x=2(0.1),y=3(0.7)", lambda mp: mp.sqrt(mp.mpf("2.05"))),
        ("x", "x=9.81±3%", lambda mp: mp.mpf("0.2943")),
        ("x*1e-200", "x=1e-100±1e-150", lambda mp: 0),  # 1e-350 is no double
        # 1.5e-33 above the middle between two doubles, which slopes of 30 digits do not tell
        ("log(x)", "x=0.2±0.1", lambda mp: mp.mpf("0.1") / mp.mpf(0.2)),
    ],
)
def test_uncertainties_are_right_to_the_last_digit(run: Run, text: str, at: str, truth: Callable[[Any], Any]) -> None:
    with mpmath.workdps(50):
        assert ask(run, text, at)["uncertainty"] == float(truth(mpmath))


@pytest.mark.parametrize(
    ("text", "at", "more"), [("x - x", "x=1±0.1", ()), ("2*x - y", "x=2±0.1,y=3±0.2", ("--corr", "x,y=1"))]
)
def test_what_is_linear_and_cancels_has_no_uncertainty(run: Run, text: str, at: str, more: Sequence[str]) -> None:
    record = ask(run, text, at, *more)
    assert (record["uncertainty"], record["message"][:23]) == (0.0, "linear propagation hold")


LINEAR = [
    # f, the values, the uncertainty by samples: a step that is 1.67 deviations away, and another by a half of the draws
    ("floor(x)", "x=2.5±0.3", sqrt(erfc(0.5 / 0.3 / sqrt(2)))),
    ("where(x > 0, 1, 2)", "x=1e-9±1", 0.5),
    ("max(x, 1)", "x=0±0.1", 0.0),
    ("0*log(x)", "x=1±1", 0.0),
]


@pytest.mark.parametrize(("text", "at", "sampled"), LINEAR)
def test_what_has_no_slope_is_not_linear_for_that(run: Run, text: str, at: str, sampled: float) -> None:
    record = ask(run, text, at)
    assert (record["uncertainty"], record["message"][:40]) == (0.0, "linear propagation is not to be trusted ")
    assert record["samples"]["uncertainty"] == pytest.approx(sampled, rel=0.05)


def test_what_is_linear_needs_no_samples(run: Run) -> None:
    record = ask(run, "x + 2*sin(y)*z", "x=1±0.3, y=1, z=2±0.1", "--samples", "5")
    assert record["message"] == "linear propagation holds: f is linear"
    message = ask(run, "1e-200*x", "x=1±1e-200")["message"]
    assert message == "linear propagation holds: f is linear and the uncertainty is 0 as a double"


def test_what_was_not_tested_is_not_said_to_hold(run: Run) -> None:
    pair = ("--corr", "x,y=0.1")
    few = ask(run, "x*y", "x=1±0.01,y=2±0.1", *pair, "--samples", "5")["message"]
    assert few == "linear propagation is not tested: there are too few random samples"
    # a disc of radius 3e-5 within deviations of 1: no sample has a value
    far = ask(run, "log(1e-9 - x**2 - y**2)", "x=1e-6±1,y=1e-6±1", *pair)["message"]
    assert far.endswith("not to be trusted here: at 9,999 or all of 10,000 samples f has no value")


def test_what_is_beyond_a_double_is_told(run: Run) -> None:
    record = ask(run, "x*1e200", "x=1±1e200")
    assert (record["uncertainty"], record["message"][-44:]) == (None, "overflow: the uncertainty is beyond a double")
    assert ask(run, "x**2", "x=1e100±1e90")["uncertainty"] == 2e190  # squares of values are beyond it
    assert "beyond the largest double" in run("propagate", "x", "--at", "x=9.81(2)e400").err
    assert run("propagate", "x", "--at", "x=1e300±1e-300").code == 0


def test_shares_of_one_variable_are_all(run: Run) -> None:
    assert ask(run, "asin(x)", "x=0.99(0.01)")["contributions"] == {"x": 100.0}


def test_the_next_order_of_the_gum(run: Run) -> None:
    """H.1.7: terms of the second order make it 34 nm."""
    assert round(ask(run, *GUM[0][:2])["second_order"]["uncertainty"]) == 34


SUPPLEMENT = [
    # JCGM 101:2008, 9.2.2: the sum of four quantities; table 6: the calibration of a mass; table 8: the mismatch of a
    # power meter at 0, 0.010 and 0.050. The value and uncertainty of the law, then those with the next order.
    ("a + b + c + d", "a=0±1, b=0±1, c=0±1, d=0±1", 0, 2.0, 0, 2.0),
    ("(mR + d)*(1 + (r - 1.2)*(1/rW - 1/rR)) - 100000",
     "mR=100000±0.050, d=1.234±0.020, r=1.20±0.0577350, rW=8000±577.350, rR=8000±28.8675",
     1.2340, 0.0539, 1.2340, 0.0750),
    ("x**2 + y**2", "x=0±0.005, y=0±0.005", 0, 0, 50e-6, 50e-6),
    ("x**2 + y**2", "x=0.010±0.005, y=0±0.005", 100e-6, 100e-6, 150e-6, 112e-6),
    ("x**2 + y**2", "x=0.050±0.005, y=0±0.005", 2500e-6, 500e-6, 2550e-6, 502e-6),
]  # fmt: skip


@pytest.mark.parametrize(("text", "at", "value", "uncertainty", "mean", "second"), SUPPLEMENT)
def test_examples_of_supplement_1(
    run: Run, text: str, at: str, value: float, uncertainty: float, mean: float, second: float
) -> None:
    record = ask(run, text, at)
    assert record["value"] == pytest.approx(value, rel=5e-5, abs=1e-9)
    assert record["uncertainty"] == pytest.approx(uncertainty, rel=2e-3, abs=1e-9)
    assert record["second_order"]["value"] == pytest.approx(mean, rel=5e-5, abs=1e-9)
    assert record["second_order"]["uncertainty"] == pytest.approx(second, rel=4e-3)
    assert record["samples"]["uncertainty"] == pytest.approx(second, rel=0.05)


PACKAGE = [
    ("m*g*h", "m=2.00±0.05, g=9.81(2), h=1.5±1%"),
    ("x/(x + y)", "x=3.2±0.1, y=1.1±0.2"),
    ("sqrt(x**2 + y**2)", "x=3±0.01, y=4±0.02"),
    ("exp(-k*t)", "k=0.35±0.02, t=2.0±0.1"),
    ("log(x)*y", "x=5.0±0.2, y=1.25±0.05"),
    ("sin(x)**2 + cos(x)**2", "x=0.7±0.1"),
    ("x - x", "x=1±0.1"),
    ("(x - y)/(x + y)", "x=10.0±0.3, y=2.0±0.3"),
    ("x**y", "x=2.0±0.1, y=3.0±0.05"),
    ("atan2(y, x)", "x=1.0±0.1, y=2.0±0.1"),
    ("p*V/(8.314*T)", "p=101325±50, V=0.0248±0.0001, T=298.15±0.5"),
    ("4*pi**2*L/T**2", "L=0.9940±0.0005, T=2.0003±0.0010"),
    ("1/(1/f - 1/g)", "f=12.0±0.1, g=30.0±0.5"),
    ("tanh(x)*y", "x=0.3±0.05, y=7.0±0.1"),
    ("R1*R2/(R1 + R2)", "R1=100±1, R2=220±2"),
    ("erf(x)", "x=0.5±0.02"),
    ("x*y*z", "x=1e-7±1e-9, y=3e5±1e3, z=2±0.1"),
    ("gamma(x)", "x=3.5±0.1"),
    ("log10(c/1e-3)", "c=0.0123±0.0004"),
    ("hypot(x, y)/z", "x=1.0±0.1, y=1.0±0.1, z=2.0±0.1"),
]


@pytest.mark.parametrize(("text", "at"), PACKAGE)
def test_the_package_uncertainties_has_the_same_numbers(run: Run, text: str, at: str) -> None:
    pytest.importorskip("uncertainties")
    from uncertainties import ufloat, umath

    given = {name: ufloat(one.nearest, one.uncertainty) for name, one in read_measured([at]).items()}
    names = {
        name: getattr(umath, name)
        for name in ("sqrt", "exp", "log", "log10", "sin", "cos", "tanh", "erf", "gamma", "atan2", "hypot")
    }
    truth = eval(text, {**names, "pi": pi}, given)  # the expressions are those above
    record = ask(run, text, at)
    assert record["value"] == pytest.approx(truth.nominal_value, rel=1e-12)
    assert record["uncertainty"] == pytest.approx(truth.std_dev, rel=1e-9, abs=1e-15)
    if truth.std_dev > 1e-12:
        assert record["text"] == re.sub(r"\((\d)\.(\d)\)", r"(\1\2)", f"{truth:.2uS}")  # the GUM has no point there


@pytest.mark.parametrize(
    ("text", "at", "second"),
    [
        ("x**2", "x=0±0.5", sqrt(2) * 0.25),  # the variance of the square of a normal variable is 2*u**4
        ("x**2", "x=0.1±0.5", sqrt(2 * 0.5**4 + 4 * 0.01 * 0.25)),  # and 4*x**2*u**2 + 2*u**4 elsewhere
        ("x*y", "x=0±1, y=0±2", 2.0),  # that of a product of independent ones: (x*v)**2 + (y*u)**2 + (u*v)**2
    ],
)
def test_where_the_gradient_does_not_tell_a_warning_appears(run: Run, text: str, at: str, second: float) -> None:
    record = ask(run, text, at)
    assert "is not to be trusted" in record["message"]
    assert record["second_order"]["uncertainty"] == pytest.approx(second, rel=1e-12)
    assert record["samples"]["uncertainty"] == pytest.approx(second, rel=0.05)


def test_a_kink_has_no_gradient_but_samples(run: Run) -> None:
    result = run("propagate", "abs(x)", "--at", "x=0±0.5", "--json")
    (record,) = json.loads(result.out)["records"]
    assert result.code == 1
    assert record["uncertainty"] is None
    assert "kink" in record["message"]
    assert record["samples"]["uncertainty"] == pytest.approx(0.5 * sqrt(1 - 2 / pi), rel=0.03)


def test_a_kink_beside_the_value_is_seen_by_samples(run: Run) -> None:
    assert "random samples have" in ask(run, "abs(x)", "x=0.1±0.5")["message"]


def test_contributions_are_shares_of_the_variance(run: Run) -> None:
    record = ask(run, "x + 2*y", "x=1±0.3, y=1±0.2", "--corr", "x,y=0.5")
    assert record["contributions"] == pytest.approx({"x": 100 * 0.09 / 0.37, "y": 100 * 0.16 / 0.37})
    assert record["correlated"] == pytest.approx(100 * 0.12 / 0.37)
    assert ask(run, "x + 2*y", "x=1±0.3, y=1±0.2", "--cov", "x,y=0.03")["uncertainty"] == record["uncertainty"]


@pytest.mark.parametrize(
    ("text", "value", "uncertainty"),
    [
        ("x=2.00±0.05", 2.0, 0.05), ("x=2.00+/-0.05", 2.0, 0.05), ("x=2.00+-0.05", 2.0, 0.05),
        ("x=9.81(2)", 9.81, 0.02), ("x=9.81(0.02)", 9.81, 0.02), ("x=1.5±1%", 1.5, 0.015),
        ("x=-1.5 ± 10 %", -1.5, 0.15), ("x=120(3)", 120.0, 3.0),
        ("x=1.234(12)e-5", 1.234e-5, 1.2e-7), ("x=(1.25±0.05)e3", 1250.0, 50.0), ("x=3", 3.0, 0.0),
    ],
)  # fmt: skip
def test_measured_values_are_read(text: str, value: float, uncertainty: float) -> None:
    one = read_measured([text])["x"]
    assert read_measured([text.partition("=")[2]], ("x",))["x"] == one
    assert (one.nearest, one.uncertainty) == (value, pytest.approx(uncertainty, rel=1e-15))


@pytest.mark.parametrize("text", ["x=1±", "x=1±a", "x=1±-0.1", "1±0.1", "x=1±0.1,x=2", "x=1±0.1±0.2", "x=1(2", "x=±1"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(DcalcError):
        read_measured([text])


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (4.0, 0.4, "4.00(40)"), (100.02147, 0.00035, "100.02147(35)"), (12345.6, 230.0, "1.235(23)e+04"),
        (1.25e-7, 5e-9, "1.250(50)e-07"), (0.5, 12.0, "0(12)"), (9.999, 0.0996, "10.00(10)"), (3.0, 0.0, "3.0"),
    ],
)  # fmt: skip
def test_results_have_uncertainties_of_two_digits(value: float, uncertainty: float, text: str) -> None:
    assert write_measured(value, uncertainty) == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x",), "no values are given"), (("x*y", "--at", "x=1±0.1"), "no value is given for y"),
        (("x", "--at", "x=1±0.1,y=2"), "the expression has no variable y"),
        (("x", "--at", "x=1"), "no value has an uncertainty"),
        (("x*y", "--at", "x=1±0.1,y=2", "--corr", "x,y=0.5"), "y has no uncertainty"),
        (("x*y", "--at", "x=1±1,y=2±1", "--corr", "x,y=0.3", "--cov", "y,x=0.9"), "y,x is given twice"),
        (("x*y", "--at", "x=1±1,y=2±1", "--corr", "x,y=1.5"), "a correlation is between -1 and 1"),
        (("x*y", "--at", "x=1±1,y=2±1", "--corr", "x=1"), "x=1 is not a pair with a number"),
        (("x*y*z", "--at", "x=1±1,y=2±1,z=1±1", "--corr", "x,y=1;y,z=1;x,z=-1"), "no distribution has these"),
        (("x+y+z", "--at", "x=1±1,y=1±1,z=1±1", "--corr", "x,y=-0.6;y,z=-0.6;x,z=-0.6"), "no distribution has these"),
        (("x*y", "--at", "x=1.2345e10(5),y=1±0.1"), "write 1.2345(5)e10 or 1.2345e10*5"),
        (("x*y", "--at", "x=9.81 (2),y=1±0.1"), "write 9.81(2) or 9.81*2"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("propagate", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


@pytest.mark.parametrize(
    ("text", "at", "corr", "cov", "uncertainty"),
    [  # by rational numbers: the root of 1 + 1e-16 + 1 - 2, and of 2*(1 - 0.999999999) + 1e-14
        ("x + y - z", "x=5±1, y=1±1e-8, z=7±1", ("x,z=1",), (), 1e-8),
        ("x + y - z", "x=5±1, y=1±1e-7, z=7±1", ("x,z=0.999999999",), (), 4.472147135325492e-05),
        ("x - y", "x=1±0.1, y=1±0.2", (), ("x,y=0.02",), 0.1),
        # slopes that are no decimals: sqrt(2)*(x - z) + y
        ("sqrt(2)*x + y - sqrt(2)*z", "x=5±1, y=1±1e-20, z=7±1", ("x,z=1",), (), 1e-20),
    ],
)
def test_what_is_left_of_correlated_parts_has_its_digits(run: Run, text, at, corr, cov, uncertainty):
    pairs = [part for option, texts in (("--corr", corr), ("--cov", cov)) for each in texts for part in (option, each)]
    (record,) = json.loads(run("propagate", text, "--at", at, *pairs, "--samples", "100", "--json").out)["records"]
    assert record["uncertainty"] == pytest.approx(uncertainty, rel=1e-15)


def test_a_name_with_a_value_is_a_variable(run: Run) -> None:
    """E is the energy where it has a value: exp(-E/(k*T)) has the slope -exp(-E/(k*T))/(k*T)."""
    record = ask(run, "exp(-E/(k*T))", "E=0.5±0.01, k=0.25, T=2")
    assert record["uncertainty"] == pytest.approx(0.01 * mpmath.exp(-1) / 0.5, rel=1e-15)
