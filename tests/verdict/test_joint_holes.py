"""Holes on curves and surfaces: derivatives of the analytic continuation, with the function that continues f."""

from __future__ import annotations

import time

import mpmath
import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem

FILLED = [
    # expression, point, names, its derivative in mpmath's language, and why
    ("(x^l-1)/l", {"l": 0.0, "x": 3.0}, "l", "log(3)**2/2"),  # sum of l^k*log(x)^(k+1)/(k+1)!
    ("(x^l-1)/l", {"l": 0.0, "x": 3.0}, "ll", "log(3)**3/3"),
    ("(x^l-1)/l", {"l": 0.0, "x": 3.0}, "x", "mpf(1)/3"),  # log(x)
    ("(x^l-1)/l", {"l": 0.0, "x": 3.0}, "xl", "log(3)/3"),
    ("((x+1)^l-1)/l", {"l": 0.0, "x": 3.0}, "l", "log(4)**2/2"),
    ("sin(w*t)/t", {"t": 0.0, "w": 2.0}, "", "2"),  # w - w^3*t^2/6 + ...
    ("sin(w*t)/t", {"t": 0.0, "w": 2.0}, "t", "0"),
    ("sin(w*t)/t", {"t": 0.0, "w": 2.0}, "w", "1"),
    ("sin(w*t)/t", {"t": 0.0, "w": 2.0}, "tt", "-mpf(8)/3"),
    ("sin(w*t)/t", {"t": 0.0, "w": 2.0}, "ttw", "-mpf(4)"),
    ("((1+r)^n-1)/r", {"r": 0.0, "n": 5.0}, "r", "10"),  # n*(n-1)/2
    ("((1+r)^n-1)/r", {"r": 0.0, "n": 5.0}, "n", "1"),
    ("((1+r)^n-1)/r", {"r": 0.0, "n": 5.0}, "rn", "mpf(9)/2"),
    ("(1-(1+r)^(-n))/r", {"r": 0.0, "n": 12.0}, "r", "-78"),  # -n*(n+1)/2
    ("P*r*(1+r)^n/((1+r)^n-1)", {"P": 1000.0, "r": 0.0, "n": 12.0}, "r", "mpf(1000)*13/24"),  # P*(n+1)/(2*n)
    ("P*r*(1+r)^n/((1+r)^n-1)", {"P": 1000.0, "r": 0.0, "n": 12.0}, "n", "-mpf(1000)/144"),
    ("x*y/x", {"x": 0.0, "y": 2.0}, "x", "0"),  # y
    ("x*y/x", {"x": 0.0, "y": 2.0}, "y", "1"),
    ("x*y/x", {"x": 0.0, "y": 0.0}, "xy", "0"),
    ("(exp(a)-exp(b))/(a-b)", {"a": 1.0, "b": 1.0}, "a", "e/2"),  # the integral of exp(b + s*(a-b)) over s
    ("(exp(a)-exp(b))/(a-b)", {"a": 1.0, "b": 1.0}, "bb", "e/3"),
    ("(exp(a)-exp(b))/(a-b)", {"a": 1.0, "b": 1.0}, "ab", "e/6"),
    ("(log(a)-log(b))/(a-b)", {"a": 2.0, "b": 2.0}, "bbb", "-mpf(6)/4/16"),
    ("(sin(a)-sin(b))/(a-b)", {"a": 0.5, "b": 0.5}, "a", "-sin(mpf(1)/2)/2"),
    ("(sin(a)-sin(b))/(a^2-b^2)", {"a": 1.0, "b": 1.0}, "a", "-sin(1)/4-cos(1)/4"),
    ("(a-b)/(a^2-b^2)", {"a": 1.0, "b": 1.0}, "a", "-mpf(1)/4"),  # 1/(a+b)
    ("(x^3-y^3)/(x-y)", {"x": 0.0, "y": 0.0}, "xy", "1"),  # x^2 + x*y + y^2
    ("(x^3-y^3)/(x-y)", {"x": 0.5, "y": 0.5}, "", "mpf(3)/4"),
    ("(x-y)/log(x/y)", {"x": 2.0, "y": 2.0}, "", "2"),  # the logarithmic mean
    ("(exp(-b*t)-exp(-a*t))/(a-b)", {"a": 1.0, "b": 1.0, "t": 2.0}, "b", "-2*exp(-2)"),  # -t^2/2*exp(-t)
    ("log(x/y)/(x-y)", {"x": 2.0, "y": 2.0}, "x", "-mpf(1)/8"),
    ("k*x/(1-exp(-k*x))", {"k": 2.0, "x": 0.0}, "k", "0"),  # 1 + k*x/2 + ...
    ("k*x/(1-exp(-k*x))", {"k": 0.0, "x": 0.0}, "kx", "mpf(1)/2"),
    ("sin(x*y)/(x*y)", {"x": 0.0, "y": 0.0}, "xxyy", "-mpf(2)/3"),
    ("sin(n*x)/sin(x)", {"n": 5.0, "x": 0.0}, "n", "1"),
    ("1/t-w/(exp(w*t)-1)", {"t": 0.0, "w": 2.0}, "w", "mpf(1)/2"),  # w/2 - w^2*t/12 + ...
    ("exp(sin(w*t)/t)*w", {"t": 0.0, "w": 2.0}, "w", "3*exp(2)"),  # exp(w)*w on t = 0
    ("(besselj(0,r*t)-1)/t^2", {"t": 0.0, "r": 1.5}, "r", "-mpf(3)/4"),  # -r^2/4
    ("atan(x*y)/x", {"x": 0.0, "y": 3.0}, "y", "1"),
    ("(1-cos(hypot(x,y)))/hypot(x,y)^2", {"x": 0.0, "y": 0.0}, "x", "0"),  # 1/2 - r^2/24 + r^4/720
    ("(1-cos(hypot(x,y)))/hypot(x,y)^2", {"x": 0.0, "y": 0.0}, "xx", "-mpf(1)/12"),
    ("(1-cos(sqrt(x^2+y^2)))/(x^2+y^2)", {"x": 0.0, "y": 0.0}, "xy", "0"),
    ("(1-cos(sqrt(x^2+y^2)))/(x^2+y^2)", {"x": 0.0, "y": 0.0}, "xxyy", "mpf(8)/720"),
    ("(1-cos(a*hypot(x,y)))/hypot(x,y)^2", {"x": 0.0, "y": 0.0, "a": 3.0}, "a", "3"),  # a^2/2
    ("sin(sqrt(x^2+y^2+z^2))/sqrt(x^2+y^2+z^2)", {"x": 0.0, "y": 0.0, "z": 0.0}, "zz", "-mpf(1)/3"),
]


@pytest.mark.parametrize(("text", "at", "names", "truth"), FILLED)
def test_derivatives_of_the_continuation(text: str, at: dict[str, float], names: str, truth: str) -> None:
    start = time.process_time()
    result = differentiate(Problem(parse(text).root, tuple(names), at))
    with mpmath.workdps(40):
        assert (result.status, result.value) == ("removable", float(eval(truth, vars(mpmath))))
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "at", "names"),
    [
        ("x*y/(x**2 + y**2)", {"x": 0.0, "y": 0.0}, "x"),  # other limits along other lines
        ("x*y/(x + y)", {"x": 0.0, "y": 0.0}, "x"),  # unbounded near x = -y
        ("x*y/x**2", {"x": 0.0, "y": 0.0}, "y"),  # y/x
        ("1/x*y", {"x": 0.0, "y": 0.0}, "x"),
        ("abs(x)*y/x", {"x": 0.0, "y": 1.0}, "y"),  # a jump
        ("abs(x)*y/x", {"x": 0.0, "y": 0.0}, "xy"),
        ("sqrt((x-y)**2)/(x-y)", {"x": 1.0, "y": 1.0}, "x"),
        ("(1-exp(-hypot(x,y)))/hypot(x,y)", {"x": 0.0, "y": 0.0}, "x"),  # a cone, 1 - r/2
        ("sin(n*x)/sin(x)", {"n": 5.0, "x": float(mpmath.pi)}, "n"),  # the double next to pi is not a zero
        ("(x**2-y**2)/(x-y)**2", {"x": 1.0, "y": 1.0}, "x"),  # a pole
        ("(exp(a)-exp(b)+(a-b)**2*floor(a))/(a-b)", {"a": 1.0, "b": 1.0}, "a"),
        ("sqrt(x)**2*y/y", {"x": 0.0, "y": 0.0}, "y"),  # no values for x < 0
        ("log(y)*x/x", {"x": 0.0, "y": -1.0}, "x"),
        ("sin(y)/x", {"x": 0.0, "y": 0.0}, "x"),
        ("(x*y)**2/(x*y)**3", {"x": 0.0, "y": 1.0}, "y"),
        ("x*y*(x-y)/(x**2-x*y)/y*(1/x)", {"x": 0.0, "y": 0.0}, "x"),
    ],
)
def test_no_continuation_is_claimed_where_there_is_none(text: str, at: dict[str, float], names: str) -> None:
    result = differentiate(Problem(parse(text).root, tuple(names), at))
    assert result.status in ("undefined", "ok" if "sin(n*x)" in text else "undefined")
