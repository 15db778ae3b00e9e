"""Derivatives of high order at a point: values by mpmath, zeros by symmetry or because f is a polynomial there."""

from fractions import Fraction

import pytest
from mpmath import mp, mpf

from dcalc.backends import reference
from dcalc.numbers.enclosure import constants
from dcalc.numbers.rational_jet import coefficients
from dcalc.parser import parse
from dcalc.problem import Problem

ZEROS = [  # f, point, order, why the derivative is 0
    ("sigmoid(x**5-x)", 0.0, 12, "sigmoid(u) - 1/2 is odd"),
    ("sigmoid(x**5-x)", 0.0, 200, "sigmoid(u) - 1/2 is odd"),
    ("exp(cos(x))", 0.0, 199, "even"),
    ("cos(exp(1)+x**2)/(exp(1)+cos(x))", 0.0, 99, "even"),
    ("tan(atan(x))", 0.25, 60, "x"),
    ("atan(tan(x))", 0.3, 200, "x"),
    ("sin(asin(x))**2", 0.3, 50, "x**2"),
    ("log(exp(x))", 1.5, 120, "x"),
    ("cosh(x)**2-sinh(x)**2+x**3", 0.7, 80, "1 + x**3"),
    ("(sqrt(atan(x)))**2", 1.0, 200, "atan(x), whose derivatives of order n have the factor sin(n*pi/4)"),
    ("sqrt(2)*x**2+cos(x**2)", 0.0, 101, "even"),
]
VALUES = [  # f, point, order, a radius within which f has no singularity
    ("cos(sin(sqrt(x)))", 0.5575538808012398, 200, 30.0, lambda x: mp.cos(mp.sin(mp.sqrt(x)))),
    ("sigmoid(x**5-x)", 0.0, 31, 0.5, lambda x: 1 / (1 + mp.exp(x - x**5))),
    ("tan(sin(exp(x)))", 0.25, 60, 0.25, lambda x: mp.tan(mp.sin(mp.exp(x)))),
]

_NODES = 1024


@pytest.fixture
def expressions_are_short(monkeypatch):
    """Derivatives of high order are not written out as expressions."""
    derive = reference.derivative

    def derive_few_orders(root, wrt):
        assert len(wrt) <= 4
        return derive(root, wrt)

    monkeypatch.setattr(reference, "derivative", derive_few_orders)


@pytest.mark.parametrize(("text", "x", "order", "_why"), ZEROS)
@pytest.mark.usefixtures("expressions_are_short")
def test_zeros(text, x, order, _why):
    result = reference.differentiate(Problem(parse(text).root, ("x",) * order, {"x": x}))
    assert (result.status, result.value, result.exact) == ("ok", 0.0, True)


@pytest.mark.parametrize(("text", "x", "order", "radius", "f"), VALUES, ids=[text for text, *_ in VALUES])
@pytest.mark.usefixtures("expressions_are_short")
def test_values(text, x, order, radius, f):
    result = reference.differentiate(Problem(parse(text).root, ("x",) * order, {"x": x}))
    with mp.workdps(150):  # Cauchy's integral by the trapezoidal rule
        turns = [mp.expjpi(mpf(2 * k) / _NODES) for k in range(_NODES)]
        total = mp.fsum(f(x + radius * turn) / turn**order for turn in turns)
        truth = total.real / _NODES / mpf(radius) ** order * mp.factorial(order)
        assert abs(mpf(result.decimal) - truth) < abs(truth) * mpf("1e-29")
    assert result.status == "ok"


def test_what_is_next_to_zero_is_not_taken_for_it():
    """The coefficient of x**9 is 1e-300 by the second term alone."""
    result = reference.differentiate(
        Problem(parse("cos(exp(x))-cos(exp(x))+10**-300*x**9").root, ("x",) * 9, {"x": 0.5})
    )
    assert mpf(result.decimal) == mpf("3.6288e-295")


def test_an_unknown_divisor_that_may_be_zero_gives_no_zero():
    root = parse("0*x/(a-a**2/a)").root
    at = {"x": Fraction(0), "a": None}
    assert coefficients(root, "x", 1, at)[1] is None
    at_three = constants({"x": 0.0, "a": 3.0})
    assert coefficients(root, "x", 1, at, at_three)[1] is None
    assert coefficients(parse("0*x/a").root, "x", 1, at, at_three) == [0, 0]


def test_what_has_a_pole_is_not_zero_times_zero():
    """Shi(x) = x + x**3/18 + ..., whose slope sinh(x)/x is written 0*(1/0) at 0 (DLMF 6.6.2)."""
    found = coefficients(parse("shi(x)").root, "x", 3, {"x": Fraction(0)})
    assert all(value in (None, truth) for value, truth in zip(found, (0, 1, 0, Fraction(1, 18)), strict=True))


HOLES = [  # the power series of DLMF 4.19, 10.2.2, 4.13.5, 7.6.1, 6.6.5, and their quotients
    ("x/sin(x)/(x/tan(x))", "1 0 1/2 0 5/24"),  # 1/cos(x)
    ("log(sin(x)/x)", "0 0 -1/6 0 -1/180"),
    ("x/(exp(x)-1)", "1 -1/2 1/12 0 -1/720"),
    ("besselj(0,sin(x))*cos(x)", "1 0 -3/4 0 17/64"),
    ("exp(si(x))", "1 1 1/2 1/9 -1/72"),
    ("lambertw(sin(x)/x-1)", "0 0 -1/6 0 -7/360"),
    ("besselj(2, x)/dawson(x)", "0 1/8 0 7/96 0"),
    ("si(x)/(x + x**2*exp(y))", "1 ? ? ? ?"),
    ("besselj(n, x)", "? ? ? ? ?"),
    ("besselj(y, x)", "? ? ? ? ?"),
    ("sin(y)/x", "? ? ? ? ?"),
    ("x**2/sin(x)/sin(x)", "1 0 1/3 0 1/15"),
]


@pytest.mark.parametrize(("text", "wanted"), HOLES)
def test_coefficients_over_holes(text, wanted):
    at = {"x": Fraction(0), "y": None, "n": Fraction(1, 2)}
    values = coefficients(parse(text).root, "x", 4, at, over_holes=True)
    assert ["?" if value is None else str(value) for value in values] == wanted.split()


def test_holes_are_left_open_unless_asked():
    assert coefficients(parse("sin(x)/x").root, "x", 2, {"x": Fraction(0)})[0] is None


def test_what_takes_too_long_to_grow_is_left_open():
    assert set(coefficients(parse("si(x)").root, "x", 3_000, {"x": Fraction(0)})) == {None}
