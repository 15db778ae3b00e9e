"""Numbers at the ends of the scale: never NaN where a derivative exists, never a number where none does."""

from __future__ import annotations

import math

import pytest
from flint import arb

from dcalc.backends.reference import differentiate
from dcalc.coordinates import decimal_point, may_matter
from dcalc.errors import Undecided
from dcalc.expr import number
from dcalc.numbers import tower
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import Score, score

LEAST, LARGEST = 5e-324, 1.7976931348623157e308


@pytest.mark.parametrize(
    ("text", "at", "status", "value"),
    [
        ("x**2", LEAST, "ok", 2 * LEAST),
        ("x**2", 1e308, "overflow", None),
        ("x**2/1e308", 1e308, "ok", 2.0),
        ("1/x", LEAST, "overflow", None),
        ("1/x", -0.0, "undefined", None),
        ("abs(x)", LEAST, "ok", 1.0),
        ("abs(x)", -LEAST, "ok", -1.0),
        ("abs(x)", -0.0, "kink", None),
        ("sqrt(x)", LEAST, "ok", 2.2494568972715982e161),
        ("log(x)", LEAST, "overflow", None),
        ("atan(x)", 1e308, "ok", 0.0),
        ("floor(x)", 0.9999999999999999, "ok", 0.0),
        ("floor(x)", 1e300, "jump", None),  # a whole number
        ("(exp(x) - 1)/x", 1e-300, "ok", 0.5),
        ("sin(x)/x", LEAST, "ok", 0.0),  # -x/3
        ("digamma(x)", 1e300, "ok", 1e-300),
        ("lgamma(x)", 1e308, "ok", 709.1962086421661),  # log(x) - 1/(2*x)
        ("3*x + exp(800)", 1.0, "ok", 3.0),
        ("x + exp(exp(exp(exp(10))))", 1.0, "ok", 1.0),
        ("log(exp(exp(x)))", 3.0, "ok", 20.085536923187668),
        ("exp(exp(exp(x)))", 10.0, "overflow", None),
        ("1/(1 + exp(exp(exp(x))))", 10.0, "ok", 0.0),
        ("exp(-exp(exp(x)))", 10.0, "ok", 0.0),
        ("exp(-exp(x))", 7e300, "ok", 0.0),
        ("cosh(cosh(cosh(x)))", 10.0, "overflow", None),
        ("x**x**x**x", 5.0, "overflow", None),
        ("tanh(x)", 1e308, "ok", 0.0),
        ("erfc(x)", 1e300, "ok", 0.0),
    ],
)
def test_extreme_points(text: str, at: float, status: str, value: float | None) -> None:
    found = differentiate(Problem(parse(text).root, ("x",), {"x": at}))
    assert (found.kind or found.status) == status
    assert found.value == value if value is None else found.value == pytest.approx(value, rel=2.3e-16, abs=0)
    assert found.decimal is None or "nan" not in found.decimal


@pytest.mark.parametrize("digits", [17, 18, 50, 1000])
@pytest.mark.parametrize(
    ("text", "at", "status"),
    [
        ("abs(x - 1/10)", "1/10", "kink"),  # the point is the decimal itself
        ("abs(sin(x))", "pi", "kink"),
        ("tan(x)", "pi/2", "undefined"),
        ("abs(x)", "1e-400", "ok"),
        ("x**3", "1e-5000", "ok"),
        ("sin(x)/x", "0", "removable"),
        ("exp(x)", "1000", "overflow"),
        ("sqrt(x)", "0", "boundary"),
    ],
)
def test_exact_points(text: str, at: str, status: str, digits: int) -> None:
    found = differentiate(Problem(parse(text).root, ("x",), {"x": parse(at).root}, digits=digits))
    assert (found.kind or found.status) == status
    if found.certified and found.decimal not in (None, "0"):
        assert len(found.decimal.partition("e")[0].replace(".", "").lstrip("-0")) == digits


@pytest.mark.parametrize(
    ("text", "wrt", "at"),
    [  # roots whose degree or exponent is beyond every root bound
        ("where(x**x == x**2 + y**2, 0, x*y)", "xy", {"x": 1e308, "y": 0.25}),
        ("erfinv((x*y + x)**(x - y))", "x", {"x": LEAST, "y": 0.0}),
        ("max((x**2 + y**2)**(x*y), cbrt(y))", "xxy", {"x": 1e308, "y": 0.25}),
        ("min(x*y - (x**2 + y**2), 1)**(x - y)", "y", {"x": 1e308, "y": 1.0}),
    ],
)
def test_immense_exponents_end_in_an_answer(text: str, wrt: str, at: dict[str, float]) -> None:
    found = differentiate(Problem(parse(text).root, tuple(wrt), at))
    assert (found.value is not None) == (found.status in ("ok", "removable"))


def test_an_immense_derivative_tells_its_size() -> None:
    found = differentiate(Problem(parse("exp(exp(exp(x)))").root, ("x",), {"x": 10.0}))
    assert found.note == "about 10**(4.07694e+9565) is beyond a double"  # exp(exp(10))/log(10)
    assert math.isclose(math.exp(10) / math.log(10) - math.log10(math.log(10)), 9565.610, abs_tol=1e-3)


def test_a_derivative_beyond_decimals_is_told_too() -> None:
    problem = Problem(parse("exp(1/(x - 0.1)**2)").root, ("x",), {"x": 0.1})
    found = differentiate(problem)
    # -2/h**3*exp(1/h**2), h = 5.55e-18, by mpmath at 80 digits
    assert found.note == "-1.351550e14093661712907906328349443342269814 is beyond a double"
    assert score(found.replace(value=1.0), found) == Score(found.replace(value=1.0))


def test_points_beside_a_literal_are_looked_at_only_there() -> None:
    root = parse("abs(x - 0.1)").root
    assert not may_matter(root, {"x": 0.3})
    assert may_matter(root, {"x": 0.1})
    assert decimal_point({"x": 0.1}) == {"x": number(parse("0.1").root.args[0])}


E = "exp(exp(exp(exp(x))))"  # at 2.5 log10 of it is exp(exp(exp(2.5)))/log(10), 2.96e84834


@pytest.mark.parametrize(
    ("text", "at", "order", "status", "value", "size"),
    [
        (E, 2.5, 0, "overflow", None, "10**(2.96320e+84834)"),
        (E, 2.5, 1, "overflow", None, "10**(2.96320e+84834)"),
        (f"-{E}", 2.5, 0, "overflow", None, "10**(2.96320e+84834)"),
        (f"1/(1 + {E})", 2.5, 0, "ok", 0.0, "10**(-2.96320e+84834)"),
        (f"1/(1 + {E})", 2.5, 1, "ok", -0.0, "10**(-2.96320e+84834)"),
        (f"x + 1/{E}", 2.5, 0, "ok", 2.5, ""),
        (f"tanh({E})", 2.5, 0, "ok", 1.0, ""),
        (f"sigmoid(-{E})", 2.5, 0, "ok", 0.0, "10**(-10**(2.96320e+84834))"),
        (f"atan({E})", 2.5, 0, "ok", 1.5707963267948966, ""),
        (f"{E}/{E}", 2.5, 0, "ok", 1.0, ""),
        (f"log(log({E}))", 2.5, 1, "ok", 2379721.3541457774, ""),  # exp(x + exp(x))
        ("exp(-exp(exp(exp(exp(x)))))", 2.5, 1, "ok", -0.0, "10**(-10**(2.96320e+84834))"),
        ("cosh(exp(exp(exp(x))))", 2.5, 1, "overflow", None, "10**(2.96320e+84834)"),
        # 4**4**4 has 155 digits, and 4**4**4**4 log10(4)*4**256 = 8.0723e153 of them
        ("x^x^x^x", 4.0, 1, "overflow", None, "3.998142e8072304726028225"),
        ("x^x^x^x^x", 4.0, 0, "overflow", None, "10**(10**(8.07230e+153))"),
        ("x^x^x^x^x", 4.0, 1, "overflow", None, "10**(10**(8.07230e+153))"),
        ("1/x^x^x^x^x", 4.0, 0, "ok", 0.0, "10**(-10**(8.07230e+153))"),
        ("10^10^10^x", 2.0, 0, "overflow", None, "1.000000e1000000000"),
        ("10^-10^10^x", 3.0, 0, "ok", 0.0, "10**(-1.00000e+1000)"),
        (f"abs(x - 2.5)*{E}", 2.5, 1, "unresolved", None, ""),
    ],
)
def test_towers_of_exponentials(text: str, at: float, order: int, status: str, value: float | None, size: str) -> None:
    found = differentiate(Problem(parse(text).root, ("x",) * order, {"x": at}))
    assert (found.status, found.value) == (status, value)
    assert value != 0 or math.copysign(1, found.value or 0.0) == math.copysign(1, value or 0.0)
    assert size in found.note


def test_exponentials_of_exponentials_end_before_python_does() -> None:
    number: tower.Number = tower.Tower(1, arb(10) ** 20)
    for _ in range(63):
        number = tower.exp(number)
    assert isinstance(number, tower.Tower)
    assert tower.describe_log10(number).startswith("10**(10**(")
    with pytest.raises(Undecided, match="more than 64 exponentials"):
        tower.exp(number)
