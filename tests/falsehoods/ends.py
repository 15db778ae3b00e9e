# ruff: noqa: E501  # a row is a line
"""Ends of descents at kinks, jumps and slopes."""

from __future__ import annotations

from tests.falsehoods.rows import ending

NEWTON = ("--method", "newton")
FALLS = "f falls to the left of 0: the minimum is elsewhere"
NOT_REACHED = "the least value is not taken: left of 0 f is below its value at 0, and falls towards 0"

ROWS = (
    ending("x**2+5*min(x,0)", "1", ["-2.5:-6.25"], FALLS, *NEWTON),
    ending("x**2+5*min(x,0)", "1", ["-2.5:-6.25"], FALLS, "--method", "gd", "--lr", "0.1"),
    ending("x**2+floor(x)", "1", [], NOT_REACHED, *NEWTON),
    ending("x**2+step(x)", "1", [], NOT_REACHED, *NEWTON),
    ending("x**2+sign(x)", "1", [], NOT_REACHED, *NEWTON),
    ending("x**2+min(x,0)", "1", ["-0.5:-0.25"], "x**2 + x for x < 0", *NEWTON),
    ending("x**2-relu(-x)", "1", ["-0.5:-0.25"], "x**2 + x for x < 0", *NEWTON),
    ending("where(x>0,x**2,x**2-1)", "1", ["0:-1"], "f(0) = -1, while f is positive on the right", *NEWTON),
    ending("where(x>=0,x**2,x**2-1)", "1", [], "f(0) = 0, while f tends to -1 on the left", *NEWTON),
    ending("where(x>0,x**2,x**2+1)", "1", [], "f(0) = 1, while f tends to 0 on the right", *NEWTON),
    ending("where(x>=0,x**2,x**2+1)", "1", ["0:0"], "f(0) = 0, and f is above on both sides", *NEWTON),
    ending("where(x==0,1,x**2)", "1", [], "f(0) = 1, above all its neighbours", *NEWTON),
    ending("where(x==0,-1,x**2)", "1", ["0:-1"], "f(0) = -1, below all its neighbours", *NEWTON),
    ending("x**2+ceil(x)", "1", ["0:0", "-1:0"], "ceil is 0 on (-1, 0] and 1 beyond, -1 on (-2, -1]", *NEWTON),
    ending("x**2-ceil(x)", "1", [], "f(0) = 0, and f is near -1 on the right of it", *NEWTON),
    ending("(x-1)**2-2*sign(x-1)", "5", [], "f(1) = 0, and f is near -2 on the right of it", *NEWTON),
    ending("x**2+3*min(x-0.5,0)", "2", ["-1.5:-3.75"], "x**2 + 3*x - 1.5 for x < 0.5", *NEWTON),
    ending("x**2+min(x,0)-min(x,-5)", "1", ["-0.5:-0.25"], "x**2 + x from -5 to 0", *NEWTON),
    ending("x**2+abs(x)", "1", ["0:0"], "a kink with slopes -1 and 1", *NEWTON),
    ending("x**2+abs(x)", "1", ["0:0"], "a kink with slopes -1 and 1", "--method", "gd", "--lr", "0.1"),
    ending("abs(x)", "1", ["0:0"], "a kink with slopes -1 and 1", *NEWTON),
    ending("abs(x-1)+max(x,3)", "1", ["1:3"], "slopes -1 and 1 at 1", *NEWTON),
    ending("-abs(x)+x**2", "0", ["0.5:-0.25", "-0.5:-0.25"], "at 0 f has a kink downward", *NEWTON),
    ending("x**2-3*abs(x)", "0", ["1.5:-2.25", "-1.5:-2.25"], "at 0 f has a kink downward", *NEWTON),
    ending("x**2-3*abs(x)", "1e-9", ["1.5:-2.25", "-1.5:-2.25"], "at 0 f has a kink downward", *NEWTON),
    ending("max(x**2,2*x-1)", "3", ["0:0"], "x**2 >= 2*x - 1 everywhere: f is x**2", *NEWTON),
    ending("max((x-1)**2,(x+1)**2)", "2", ["0:1"], "(abs(x) + 1)**2", *NEWTON),
    ending("min((x-1)**2,(x+1)**2+1)", "-0.3", ["1:0", "-1:1"], "two parabolas", *NEWTON),
    ending("(x-2)**2+where(x<2,-1,0)", "5", [], "f(2) = 0, while f tends to -1 on the left", *NEWTON),
    ending("(x-2)**2+where(x<2,1,0)", "5", ["2:0"], "f(2) = 0, while f is at least 1 on the left", *NEWTON),
    ending("(x-2)**2-where(x<2,x,2)", "5", ["2:-2"], "slopes -1 and 0 at 2: on the left (x - 2)**2 - x falls towards 2", *NEWTON),
    ending("(x-2)**2+where(x<2,x,2)", "5", ["1.5:1.75"], "(x - 2)**2 + x on the left, with its vertex at 1.5", *NEWTON),
    ending("(x-2)**2+2*min(x,2)", "5", ["1:3"], "(x - 2)**2 + 2*x on the left, with its vertex at 1", *NEWTON),
    ending("relu(x)**2+x/1000000", "1", [], "slope 1e-6 for x < 0: f has no minimum", *NEWTON),
    ending("relu(x)**2-1e-7*relu(-x)", "1", [], "f falls to the left for ever", *NEWTON),
    ending("where(x>0,x**2,x/10)", "1", [], "f falls to the left for ever", *NEWTON),
    ending("where(x>0,x**2,x**3)", "1", [], "f falls to the left for ever: 0 is an inflection", *NEWTON),
    ending("x**2*sign(x)", "1", [], "f falls to the left for ever: 0 is an inflection", *NEWTON),
    ending("x*abs(x)", "1", [], "f falls to the left for ever: 0 is an inflection", *NEWTON),
    ending("x**3", "1", [], "f falls to the left for ever: 0 is an inflection", *NEWTON),
    ending("x**4", "1", ["0:0"], "x**4 > 0 off 0", *NEWTON),
    ending("clip(x,-1,1)**2", "0.5", ["0:0"], "x**2 near 0", *NEWTON),
    ending("floor(x)*0+(x-1)**2", "3", ["1:0"], "f is (x - 1)**2", *NEWTON),
    ending("frac(x)+x**2", "0.7", ["0:0", "-0.5:0.75", "1:1", "2:4"], "frac jumps down to 0 at every integer; x**2 + x + 1 from -1 to 0", *NEWTON),
    ending("cbrt(x**2)", "1", ["0:0"], "a cusp", *NEWTON),
    ending("x**2+5*floor(x+1)", "0.3", [], "floor(x + 1) is 1 from 0 on, and 0 below: f(0) = 5, and tends to 0", *NEWTON),
    ending("(x+1)**2+5*floor(x)", "0", [], "f(-1) = -5, and tends to -10 on the left", "--method", "gd", "--lr", "0.1"),
    ending("2*(x-1)**2+floor(x)-x*abs(x)", "1", [], "for 1 <= x < 2 f is x**2 - 4*x + 3, falling to the jump at 2; 0 beyond it", "--method", "gd", "--lr", "0.1"),
    ending("x**2+1e-3*sign(x-0.5)", "2", ["0:-1e-3"], "f is x**2 and a constant on both sides", *NEWTON),
    ending("x**2+where(x>3,-100,0)", "1", ["0:0"], "f is x**2 near 0", *NEWTON),
)  # fmt: skip
