"""Taylor polynomials: coefficients against mpmath and DLMF, the bound against the true error."""

from __future__ import annotations

import json
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.analysis import taylor
from dcalc.errors import LimitError, UsageError
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.analysis.subjects import subject
from tests.cli.conftest import Run

mp = mpmath.mp.clone()
mp.dps = 50
FUNCTIONS = {
    "sin(x)": mp.sin,
    "exp(-x**2)": lambda x: mp.exp(-(x**2)),
    "log(2 + x)": lambda x: mp.log(2 + x),
    "1/(3 + x)": lambda x: 1 / (3 + x),
    "exp(sin(x))": lambda x: mp.exp(mp.sin(x)),
    "atan(x/2)": lambda x: mp.atan(x / 2),
    "besselj(0, x)": lambda x: mp.besselj(0, x),
    "gamma(x + 3)": lambda x: mp.gamma(x + 3),
    "x**3 - 2*x": lambda x: x**3 - 2 * x,
    "sigmoid(x)": lambda x: 1 / (1 + mp.exp(-x)),
}


def find(text, at, order=5, **options):
    return taylor.find(subject(text, at, order=order), **options)


@pytest.mark.parametrize("text", FUNCTIONS)
@pytest.mark.parametrize("center", [0.0, 0.5, 0.7])
def test_coefficients_are_right_to_the_last_digit(text, center):
    truth = mp.taylor(FUNCTIONS[text], mp.mpf(center), 6)
    for value, right in zip(find(text, repr(center), 6).record["coefficients"], truth, strict=True):
        assert value == float(right) or abs(value - right) < mp.mpf(10) ** -40  # mp.taylor's own error where it is 0


EXACT = {  # DLMF 4.19, 4.33, 4.6, 4.24, 7.6, 24.2
    "sin(x)": "0 1 0 -1/6 0 1/120",
    "tan(x)": "0 1 0 1/3 0 2/15",
    "tanh(x)": "0 1 0 -1/3 0 2/15",
    "log(1 + x)": "0 1 -1/2 1/3 -1/4 1/5",
    "exp(x)": "1 1 1/2 1/6 1/24 1/120",
    "sqrt(1 + x)": "1 1/2 -1/8 1/16 -5/128 7/256",
    "asin(x)": "0 1 0 1/6 0 3/40",
    "sigmoid(x)": "1/2 1/4 0 -1/48 0 1/480",
    "(1 + x)/(1 - x)": "1 2 2 2 2 2",
    # Holes, DLMF 4.19.1, 4.19.6 with Bernoulli numbers, 24.2.1, 4.6.1
    "sin(x)/x": "1 0 -1/6 0 1/120 0",
    "x/tan(x)": "1 0 -1/3 0 -1/45 0",
    "x/(exp(x) - 1)": "1 -1/2 1/12 0 -1/720 0",
    "log(1 + x)/x": "1 -1/2 1/3 -1/4 1/5 -1/6",
    "(1 - cos(x))/x**2": "1/2 0 -1/24 0 1/720 0",
    # DLMF 10.2.2, 4.13.5, 7.6.1, 6.6.5
    "besselj(0, x)": "1 0 -1/4 0 1/64 0",
    "besselj(1, x)/x": "1/2 0 -1/16 0 1/384 0",
    "besseli(0, x)": "1 0 1/4 0 1/64 0",
    "lambertw(x)": "0 1 -1 3/2 -8/3 125/24",
    "dawson(x)": "0 1 0 -2/3 0 4/15",
    "si(x)": "0 1 0 -1/18 0 1/600",
    "shi(x)": "0 1 0 1/18 0 1/600",
    "exp(si(x))": "1 1 1/2 1/9 -1/72 -4/225",
}


@pytest.mark.parametrize("text", EXACT)
def test_rational_coefficients_are_exact(text):
    assert find(text, "0").record["exact"] == EXACT[text].split()


def test_where_they_are_not_rational_they_are_doubles():
    record = find("exp(x)", "1", 2).record
    assert record["exact"] == [None] * 3
    assert (
        write(record["polynomial"]) == "2.718281828459045 + 2.718281828459045*(x - 1) + 1.3591409142295225*(x - 1)**2"
    )


POLYNOMIALS = [
    ("sin(x)", "0", 7, "x - x**3/6 + x**5/120 - x**7/5040"),
    ("x**3 - x", "2", 3, "6 + 11*(x - 2) + 6*(x - 2)**2 + (x - 2)**3"),
    ("1/x", "-1", 2, "-1 - (x + 1) - (x + 1)**2"),
    ("0.5*x**2", "0", 2, "0.5*x**2"),
    ("x**2/2", "0", 2, "x**2/2"),
    ("x - x", "0", 2, "0"),
    ("7", "0", 2, "7"),
    ("sin(x)/x", "0", 2, "1 - x**2/6"),  # through the verdict: its digits, not its fraction
]


@pytest.mark.parametrize(("text", "at", "order", "polynomial"), POLYNOMIALS)
def test_the_polynomial_is_an_expression_that_dcalc_reads(text, at, order, polynomial):
    found = taylor.find(subject(text, at, wrt="x", order=order))
    assert found.plain == [[found.record["polynomial"]]]
    assert write(found.record["polynomial"]) == polynomial
    assert write(parse(polynomial).root) == polynomial


def polynomial_at(record, center, x):
    """The printed polynomial at a point, exactly."""
    terms = record["polynomial"]
    assert evaluate(terms, {"x": float(x)}) is not None
    shift = Fraction(repr(center))
    parts = [Fraction(e) if e is not None else Fraction(repr(c)) for c, e in
             zip(record["coefficients"], record["exact"], strict=True)]  # fmt: skip
    return sum(part * (x - shift) ** k for k, part in enumerate(parts))


@pytest.mark.parametrize("text", FUNCTIONS)
@settings(max_examples=12)
@given(
    order=st.integers(0, 12), center=st.floats(-1, 1), low=st.floats(0, 1), high=st.floats(0, 1), where=st.floats(0, 1)
)
def test_the_error_is_within_the_bound(text, order, center, low, high, where):
    over = (center - low, center + high + 0.01)
    record = find(text, repr(center), order, over=[(None, over)]).record
    x = Fraction(over[0]) + (Fraction(over[1]) - Fraction(over[0])) * Fraction(where)
    exact = mp.mpf(x.numerator) / x.denominator
    value = polynomial_at(record, center, x)
    error = abs(FUNCTIONS[text](exact) - mp.mpf(value.numerator) / value.denominator)
    assert record["remainder"] is not None and error <= record["remainder"] + mp.mpf(10) ** -40


@pytest.mark.parametrize(
    ("text", "order", "largest"),
    [  # the largest error on -1..1, at an end
        ("exp(x)", 3, mp.e - 1 - 1 - mp.mpf(1) / 2 - mp.mpf(1) / 6),
        ("sin(x)", 5, 1 - mp.mpf(1) / 6 + mp.mpf(1) / 120 - mp.sin(1)),
        ("1/(3 + x)", 4, abs(mp.mpf(1) / 2 - sum((-1) ** k * mp.mpf(3) ** -(k + 1) * (-1) ** k for k in range(5)))),
    ],
)
def test_the_bound_is_not_much_more_than_the_error(text, order, largest):
    bound = find(text, "0", order).record["remainder"]
    assert largest <= bound <= 1.1 * largest


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("1/x", "0.5", "1/x: division by 0 near x = "),
        ("tan(x)", "1", "tan(x): the enclosure is not finite near x = 1.57"),
        ("sqrt(x)", "0.5", "sqrt(x): "),
        ("abs(x)*x", "0.5", "abs(x)"),
        ("log(x)", "1", "log(x): argument needs > 0 near x = "),
    ],
)
def test_no_bound_where_there_is_none(text, at, reason):
    found = find(text, at)
    assert found.code == 0 and found.record["remainder"] is None
    assert reason in found.record["reason"], found.record["reason"]


@pytest.mark.parametrize(
    ("text", "at", "status", "sentence"),
    [
        ("abs(x)", "0", "not_differentiable", "not differentiable: kink in abs(x)"),
        ("log(x)", "-1", "undefined", "undefined: log(x): argument is -1, needs > 0"),
        ("x*abs(x)", "0", "not_differentiable", "not differentiable: kink in"),  # only the second derivative fails
    ],
)
def test_no_polynomial_where_there_is_none(text, at, status, sentence):
    found = find(text, at)
    assert (found.status, found.code, found.plain) == (status, 3, [])
    assert found.sentence.startswith(sentence)


def test_coefficients_beyond_and_below_all_doubles():
    found = find("exp(exp(x))", "7", 1)
    assert (found.status, found.code) == ("overflow", 3)
    assert found.sentence == "overflow: the coefficient of order 0 is beyond a double"
    record = find("erf(x)", "1e10", 2).record  # a slope of 1e-43429448190325182765
    assert record["coefficients"] == [1.0, 0.0, 0.0] and record["remainder"] is not None


def test_a_coefficient_that_cannot_be_told_from_0():
    found = find("x*(dawson(1) - sqrt(pi)/2*exp(-1)*erfi(1))", "0", 2)  # it is 0, by the definition of dawson
    assert (found.status, found.code) == ("unresolved", 3)
    assert found.sentence == "unresolved: the coefficient of order 1 could not be told from 0"


def test_a_polynomial_of_degree_1_where_the_second_derivative_fails():
    assert find("x*abs(x)", "0", 1).record["coefficients"] == [0.0, 0.0]


def test_several_variables():
    record = taylor.find(subject("exp(x)*cos(y)", "x=0,y=0", "x", 3)).record
    assert record["exact"] == ["1", "1", "1/2", "1/6"]


def test_refused():
    with pytest.raises(UsageError, match="taylor needs a point"):
        find("sin(x)", None)
    with pytest.raises(LimitError, match="the degree is above 1,000"):
        find("sin(x)", "0", 1001)


@pytest.mark.slow
@pytest.mark.covers
def test_a_long_series_is_bounded_on_fewer_pieces():
    """The n-th coefficient of exp(sin(x)) is that of a function within exp(cosh(1)) on the unit disc."""
    finding = find("exp(sin(x))", "0", 1000)
    assert len(finding.record["coefficients"]) == 1001


def test_a_long_series_of_a_long_expression_is_refused_at_once():
    with pytest.raises(LimitError, match="too long for that degree"):
        find(" + ".join(f"sin({k}*x)*exp(x)" for k in range(1, 30)), "0", 1000)


def test_the_bound_around_an_exact_center_holds(run: Run) -> None:
    """At the ends of the range, with f and the polynomial about pi/2 in 60 digits."""
    (record,) = json.loads(run("taylor", "sin(x)", "--at", "pi/2", "-n", "3", "--json").out)["records"]
    with mpmath.workdps(60):
        for end in record["over"]["x"]:
            step = mpmath.mpf(end) - mpmath.pi / 2
            polynomial = sum(mpmath.mpf(c) * step**k for k, c in enumerate(record["coefficients"]))
            assert abs(mpmath.sin(end) - polynomial) <= mpmath.mpf(record["remainder"])
    assert record["remainder"] < 0.05  # 1/4! and a little


def test_coefficients_of_many_digits_are_written():
    exact = find("1e5000 - x/3", "1", 1).record["exact"]
    assert exact == ["2" + "9" * 5000 + "/3", "-1/3"]


TIGHT = [  # expression, center, reach, f in mpmath
    ("sin(x)/x", 0.0, 1.0, mp.sinc),
    ("x/tan(x)", 0.0, 1.0, lambda x: x / mp.tan(x)),
    ("x/(exp(x) - 1)", 0.0, 1.0, lambda x: x / mp.expm1(x)),
    ("log(1 + x)/x", 0.0, 0.5, lambda x: mp.log(1 + x) / x),
    ("(1 - cos(x))/x**2", 0.0, 1.0, lambda x: (1 - mp.cos(x)) / x**2),
    ("besselj(0, x)", 0.0, 1.0, lambda x: mp.besselj(0, x)),
    ("lambertw(x)", 0.0, 0.25, mp.lambertw),
    ("lambertw(x)", 1.0, 1.0, mp.lambertw),
    ("dawson(x)", 0.0, 1.0, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)),
    ("si(x)", 0.0, 1.0, mp.si),
    ("gamma(x)", 1.0, 0.25, mp.gamma),
    ("gamma(x)", 2.0, 1.0, mp.gamma),
    ("lgamma(x)", 3.0, 1.0, mp.loggamma),
    ("atan(x)", 0.0, 0.7, mp.atan),
]


@pytest.mark.slow_cases(fast_every=3)
@pytest.mark.parametrize("degree", [4, 8])
@pytest.mark.parametrize(("text", "center", "reach", "f"), TIGHT)
def test_the_bound_is_near_the_true_error(text, center, reach, f, degree):
    """The coefficients in 50 digits by Cauchy's integral on a circle inside of the domain; the error at both ends."""
    record = find(text, repr(center), degree, over=[("x", (center - reach, center + reach))]).record
    circle = [mp.mpf(reach) * mp.mpf("1.3") * mp.expjpi(mp.mpf(2 * k + 1) / 300) for k in range(300)]
    values = [f(center + step) for step in circle]
    coefficients = [
        mp.re(sum(value * step**-k for value, step in zip(values, circle, strict=True))) / 300
        for k in range(degree + 1)
    ]
    steps = [mp.mpf(reach) * scale * sign for scale in (1 - mp.mpf(10) ** -30, mp.mpf("0.9")) for sign in (1, -1)]
    error = max(abs(f(center + step) - sum(c * step**k for k, c in enumerate(coefficients))) for step in steps)
    assert 0.99 * error <= record["remainder"] <= 100 * error + 1e-15


def test_no_bound_reaches_over_a_branch_point_or_a_pole():
    assert find("lambertw(x)", "0", 4).record["remainder"] is None  # -1/e is in the range
    assert find("x/tan(x)", "0", 4, over=[("x", (-4.0, 4.0))]).record["remainder"] is None  # a pole at pi
    assert find("x/(x**2 - 1e-10*x)", "0", 4).record["remainder"] is None
