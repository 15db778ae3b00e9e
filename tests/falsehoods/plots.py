# ruff: noqa: E501  # a row is a line
"""Marks of plots: holes that are not poles, and features that must not be missed in silence."""

from __future__ import annotations

from tests.falsehoods.rows import drawn

ONE = "the denominator is least there"
WAVE = [f"kink:{k}*pi/2" for k in (-5, -3, -1, 1, 3, 5)]

ROWS = (
    drawn("(x-1.2345678)/(x-1.2345678)", "-3:3", ["hole:1.2345678"], "f is 1 elsewhere", never=("pole", "jump")),
    drawn("(x-1/3)/(x-1/3)", "-3:3", ["hole:1/3"], "f is 1 elsewhere", never=("pole", "jump")),
    drawn("(x-0.1)*(x+2)/(x-0.1)", "-3:3", ["hole:0.1"], "f is x + 2 elsewhere", never=("pole", "jump")),
    drawn("sin(x-0.7)/(x-0.7)", "-3:3", ["hole:0.7"], "f tends to 1", never=("pole", "jump")),
    drawn("(x**2-2)/(x-sqrt(2))", "-3:3", ["hole|break:sqrt(2)"], "f is x + sqrt(2) elsewhere", never=("pole", "jump")),
    drawn("(exp(x)-e)/(x-1)", "-3:3", ["hole:1"], "f tends to e", never=("pole", "jump")),
    drawn("log(x/0.3)/(x-0.3)", "0.1:2", ["hole:0.3"], "f tends to 1/0.3", never=("pole", "jump")),
    drawn("(x-0.123)**2/(x-0.123)", "-1:1", ["hole:0.123"], "f is x - 0.123 elsewhere", never=("pole", "jump")),
    drawn("1/(x-1.2345678)", "-3:3", ["pole:1.2345678"], "a simple pole", never=("hole",)),
    drawn("1/(x-1.2345678)**2", "-3:3", ["pole:1.2345678"], "a double pole", never=("hole",)),
    drawn("1/(x**2+1e-9)", "-3:3", ["maximum:0"], ONE),
    drawn("1/(1e-12+(x-0.3)**2)", "-3:3", ["maximum:0.3"], ONE),
    drawn("x**2+1e-6/(1e-9+(x-0.7)**2)", "-3:3", ["maximum:0.7"], "f' = 2*x - 2e-6*u/(1e-9 + u**2)**2 with u = x - 0.7: near the peak it is 1.4 - 2e12*u, which is 0 at u = 7e-13"),
    drawn("1/((x-1)*(x-1.001))", "-3:3", ["pole:1", "pole:1.001", "maximum:1.0005"], "-4e6 in the middle, and falling to both poles"),
    drawn("1/((x-0.5)*(x-0.5001))", "-3:3", ["pole:0.5", "pole:0.5001", "maximum:0.50005"], "between the poles f is negative, and greatest in the middle"),
    drawn("1/(x**2-1e-6)", "-3:3", ["pole:-0.001", "pole:0.001", "maximum:0"], "-1e6 in the middle"),
    drawn("exp(-(x-1)**2/1e-8)", "-3:3", ["maximum:1"], "a narrow bell"),
    drawn("exp(-(x+2.3)**2*1e10)", "-3:3", ["maximum:-2.3"], "a narrow bell"),
    drawn("-1/(1e-10+(x+1.7)**2)", "-3:3", ["minimum:-1.7"], ONE),
    drawn("1/(1e-9+(x-0.25)**2)+1/(1e-9+(x+0.25)**2)", "-3:3", ["maximum:0.25", "maximum:-0.25", "minimum:0"], "two peaks, each moved by less than 1e-17; symmetric"),
    drawn("sqrt((x-0.6)**2+1e-14)", "-3:3", ["minimum:0.6"], "smooth, and least there"),
    drawn("1/(1+1e8*(x-2)**2)", "-3:3", ["maximum:2"], ONE),
    drawn("sech(1e5*(x-0.4))", "-3:3", ["maximum:0.4"], "sech is greatest at 0"),
    drawn("asin(sin(x))", "-8:8", WAVE, "a triangle wave"),
    drawn("acos(cos(x))", "-8:8", [f"kink:{k}*pi" for k in (-2, -1, 0, 1, 2)], "a triangle wave"),
    drawn("asin(sin(2*x))", "-3:3", [f"kink:{k}*pi/4" for k in (-3, -1, 1, 3)], "a triangle wave"),
    drawn("asin(cos(x))", "-4:4", ["kink:-pi", "kink:0", "kink:pi"], "a triangle wave"),
    drawn("abs(sin(x))", "-4:4", ["kink:-pi", "kink:0", "kink:pi", "maximum:-pi/2", "maximum:pi/2"], "abs of a sine"),
    drawn("abs(x-0.3)+abs(x-0.3001)", "-3:3", ["kink:0.3", "kink:0.3001"], "two kinks"),
    drawn("abs(x-1/3)", "-3:3", ["kink:1/3"], "abs"),
    drawn("max(sin(x),cos(x))", "-3:3", ["kink:pi/4", "kink:-3*pi/4"], "sin = cos at pi/4 + n*pi"),
    drawn("sqrt(1-cos(x))", "-7:7", ["kink:0", "kink:2*pi", "kink:-2*pi"], "sqrt(2)*abs(sin(x/2))"),
    drawn("acos(1-2*sin(x)**2)", "-4:4", ["kink:0", "kink:pi", "kink:-pi", "kink:pi/2", "kink:-pi/2"], "acos(cos(2*x))"),
    drawn("cbrt(x-0.9149163)", "-3:3", ["vertical_tangent:0.9149163"], "a cube root", never=("kink",)),
    drawn("where(x>0.1,x+1,x)", "-3:3", ["jump:0.1"], "1.1 and 0.1"),
    drawn("where(x==0.5,3,x)", "-3:3", ["jump:0.5"], "3 at 1/2, and 1/2 beside it"),
    drawn("floor(3*x)", "-1.1:1.1", [f"jump:{k}/3" for k in range(-3, 4)], "an integer at every third"),
    drawn("x**3-x", "-3:3", ["maximum:-1/sqrt(3)", "minimum:1/sqrt(3)"], "3*x**2 = 1"),
    drawn("sin(50*x)", "-0.3:0.3", [f"maximum:{4 * k + 1}*pi/100" for k in range(-2, 2)], "50*x = pi/2 + 2*n*pi"),
)  # fmt: skip
