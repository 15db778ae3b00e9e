# ruff: noqa: E501  # a row is a line
"""The chain rule across a flat part: where an inner function stands still f does, too, whatever the outer slope is."""

from __future__ import annotations

from tests.falsehoods.rows import gap, none, right, text, value, wrong

STILL = "for x < 0 the inner function is constant, so f is"
TEXTS = (
    text("sqrt(max(0,x))", {"-1": "0", "-100": "0", "4": "1/4"}, STILL),
    text("sqrt(relu(x))", {"-1": "0", "-0.5": "0", "4": "1/4"}, STILL),
    text("sqrt(max(x,0)/2)", {"-1": "0", "2": "1/4"}, STILL),
    text("acos(clip(x,-1,1))", {"2": "0", "-2": "0", "0": "-1"}, "acos(1) and acos(-1) are constants beyond"),
    text("asin(clip(x,-1,1))", {"2": "0", "-2": "0", "0": "1"}, "asin(1) and asin(-1) are constants beyond"),
    text("asin(min(x,1))", {"3": "0", "0": "1"}, "asin(1) is a constant"),
    text("acos(max(min(x,1),-1))", {"3": "0", "-3": "0", "0": "-1"}, "constants beyond -1 and 1"),
    text("acosh(max(x,1))", {"0": "0", "-5": "0", "2": "1/sqrt(3)"}, "acosh(1) is a constant"),
    text("acosh(1+relu(x))", {"-1": "0", "1": "1/sqrt(3)"}, STILL),
    text("asec(max(x,1))", {"0": "0", "2": "1/(2*sqrt(3))"}, "asec(1) is a constant"),
    text("asech(min(x,1))", {"2": "0", "0.5": "-4/sqrt(3)"}, "asech(1) is a constant; -1/(x*sqrt(1 - x**2)) else"),
    text("cbrt(relu(x))", {"-1": "0", "8": "1/12"}, STILL),
    text("root(relu(x),5)", {"-1": "0", "1": "1/5"}, STILL),
    text("relu(x)**0.5", {"-1": "0", "4": "1/4"}, STILL),
    text("relu(x)**(2/3)", {"-1": "0", "8": "1/3"}, STILL),
    text("max(x,0)**1.5", {"-1": "0", "4": "3"}, STILL),
    text("hypot(relu(x),relu(y))", {"x=-1,y=-1": "0", "x=3,y=4": "3/5", "x=-1,y=2": "0", "x=2,y=-1": "1"}, "f is 0 for x, y < 0", wrt="x"),
    text("hypot(relu(x),0)", {"-1": "0", "2": "1"}, STILL),
    text("sqrt(relu(x)**2+relu(y)**2)", {"x=-1,y=-1": "0", "x=3,y=4": "3/5"}, "f is 0 for x, y < 0", wrt="x"),
    text("sqrt(x+abs(x))", {"-1": "0", "-7": "0", "2": "1/2"}, "x + abs(x) is 0 for x < 0"),
    text("sqrt(abs(x)-x)", {"1": "0", "-2": "-1/2"}, "abs(x) - x is 0 for x > 0"),
    text("sqrt(where(x>1,x-1,0))", {"0": "0", "5": "1/4"}, "0 for x <= 1"),
    text("sqrt(where(x<0,0,x**2))", {"-1": "0", "3": "1"}, "0 for x < 0, x beyond"),
    text("sqrt(clip(x,0,1))", {"-1": "0", "2": "0", "0.25": "1"}, "constant outside of 0 to 1"),
    text("sqrt(relu(x)*relu(1-x))", {"-1": "0", "2": "0", "0.5": "0"}, "0 outside of 0 to 1; at 1/2 the product is greatest"),
    text("sqrt(1-cos(relu(x)))", {"-1": "0", "1": "sin(1)/(2*sqrt(1-cos(1)))"}, "0 for x < 0; the chain rule beyond"),
    text("exp(sqrt(relu(x)))", {"-1": "0", "4": "exp(2)/4"}, STILL),
    text("sqrt(sqrt(relu(x)))", {"-1": "0", "16": "1/32"}, STILL),
    text("x*sqrt(relu(x))", {"-1": "0", "4": "3"}, "f is 0 for x < 0, x**(3/2) beyond"),
    text("sqrt(relu(x))", {"-1": "0", "4": "-1/32"}, STILL, order=2),
    text("cbrt(min(x,0))", {"1": "0", "-8": "1/12"}, "for x > 0 the inner function is 0"),
    text("abs(relu(x))**(1/3)", {"-1": "0", "8": "1/12"}, STILL),
    text("acos(1-relu(x))", {"-1": "0", "1": "1"}, "acos(1) is a constant; 1/sqrt(1 - (1-x)**2) is 1 at 1"),
    text("log(1+sqrt(max(x,0)))", {"-3": "0", "4": "1/12"}, STILL),
    text("atan(sqrt(relu(x-2)))", {"0": "0", "3": "1/4"}, "f is 0 for x < 2; 1/(2*sqrt(u)*(1+u)) beyond"),
    text("sqrt(floor(abs(x)/2))", {"0.5": "0", "-1.5": "0"}, "f is 0 for abs(x) < 2"),
    text("sqrt(floor(x))", {"0.5": "0", "4.5": "0"}, "f is constant between integers"),
    text("sqrt(step(x))", {"-1": "0", "1": "0"}, "0 and 1"),
    text("cbrt(sign(x)+1)", {"-1": "0", "1": "0"}, "0 and cbrt(2)"),
    text("sqrt(max(x-y,0))", {"x=1,y=2": "0", "x=5,y=1": "1/4"}, "f is 0 for x < y", wrt="x"),
)  # fmt: skip

VALUES = (
    value("sqrt(relu(x))", "-1", "0", STILL),
    value("sqrt(relu(x))", "-1", "0", STILL, order=2),
    none("sqrt(relu(x))", "0", "vertical_tangent", "sqrt(x) on the right, 0 on the left", left="0", right=None),
    none("sqrt(max(0,x))", "0", "vertical_tangent", "sqrt(x) on the right", left="0", right=None),
    value("acos(clip(x,-1,1))", "2", "0", "acos(1) is a constant"),
    none("acos(clip(x,-1,1))", "1", "vertical_tangent", "acos(x) leaves 1 like -sqrt(2*(1-x))", left=None, right="0"),
    value("acosh(max(x,1))", "0.5", "0", "acosh(1) is a constant"),
    value("cbrt(relu(x))", "-3", "0", STILL),
    value("hypot(relu(x),relu(y))", "x=-1,y=-2", "0", "f is 0 there", wrt="x"),
    none("hypot(relu(x),relu(y))", "x=0,y=0", "kink", "f(x, 0) = relu(x)", wrt="x", left="0", right="1"),
    value("hypot(relu(x),relu(y))", "x=-1,y=-2", "0", "f is 0 there", wrt="x,y"),
    value("sqrt(x+abs(x))", "-3", "0", "x + abs(x) is 0"),
    value("max(x,0)**1.5", "0", "0", "x**(3/2) has slope 0 at 0"),
    value("sqrt(relu(x)**4)", "0", "0", "f is relu(x)**2"),
    none("sqrt(relu(x)**2)", "0", "kink", "f is relu(x)", left="0", right="1"),
)  # fmt: skip

NO = "for x < 0 the claim is 0/0 on a half line, while the derivative is 0"
CLAIMS = (
    gap("sqrt(relu(x))", "step(x)/(2*sqrt(relu(x)))", "x", NO, wide=True),
    wrong("sqrt(relu(x))", "1/(2*sqrt(x))", "for x < 0 the claim has no value, the derivative is 0"),
    gap("sqrt(max(0,x))", "where(x>0,1,0)/(2*sqrt(max(0,x)))", "x", NO, wide=True),
    gap("cbrt(relu(x))", "step(x)/(3*cbrt(relu(x))**2)", "x", NO, wide=True),
    gap("acos(clip(x,-1,1))", "-where(x>-1 and x<1,1,0)/sqrt(1-clip(x,-1,1)**2)", "x", "0/0 beyond 1, where the derivative is 0", wide=True),
    gap("acosh(max(x,1))", "step(x-1)/sqrt(max(x,1)**2-1)", "x", "0/0 below 1, where the derivative is 0", wide=True),
    gap("sqrt(x+abs(x))", "(1+sign(x))/(2*sqrt(x+abs(x)))", "x", NO, wide=True),
    gap("hypot(relu(x),0)", "step(x)*relu(x)/hypot(relu(x),0)", "x", NO, wide=True),
    right("sqrt(relu(x))", "where(x>0,1/(2*sqrt(x)),0)", "0 for x < 0, and none at 0"),
    right("acos(clip(x,-1,1))", "where(abs(x)<1,-1/sqrt(1-x**2),0)", "constants beyond -1 and 1"),
    right("hypot(relu(x),0)", "step(x)", "f is relu(x)"),
)  # fmt: skip

ROWS = (*TEXTS, *VALUES, *CLAIMS)
