# ruff: noqa: E501  # a row is a line
"""What other commands make of the text of a derivative: each inherits its faults."""

from __future__ import annotations

from tests.falsehoods.rows import told, written_as

LINE = "f is x everywhere"
SQUARE = "f is x**2 everywhere"
PRODUCT = "f is x*y everywhere"
FLAT = "f is 0 for x < 0"

ROWS = (
    written_as(("grad", "where(x == 0, 0, x)"), "derivative.x", {"0": "1", "2": "1"}, LINE, may_lack=["0"]),
    written_as(("grad", "where(x==y,2*x,x+y)"), "derivative.x", {"x=1,y=1": "1", "x=1,y=2": "1"}, "f is x + y", may_lack=["x=1,y=1"]),
    written_as(("grad", "where(x==y,2*x,x+y)"), "derivative.y", {"x=1,y=1": "1", "x=1,y=2": "1"}, "f is x + y", may_lack=["x=1,y=1"]),
    written_as(("grad", "hypot(relu(x),relu(y))"), "derivative.x", {"x=-1,y=-1": "0", "x=3,y=4": "3/5"}, "f is 0 for x, y < 0"),
    written_as(("jacobian", "where(x == 0, 0, x)"), "value.0.x", {"0": "1", "2": "1"}, LINE, may_lack=["0"]),
    written_as(("jacobian", "x*y", "where(x!=2,x**2,4)"), "value.1.x", {"2": "4", "3": "6"}, SQUARE, may_lack=["2"]),
    written_as(("hessian", "where(x!=17,x**2,289)"), "value.x.x", {"17": "2", "1": "2"}, SQUARE, may_lack=["17"]),
    written_as(("hessian", "where(x==0 or y==0,0,x*y)"), "value.x.y", {"x=0,y=0": "1", "x=0,y=1": "1", "x=1,y=1": "1"}, PRODUCT, may_lack=["x=0,y=0", "x=0,y=1"]),
    written_as(("hessian", "where(x==0 or y==0,0,x*y)"), "value.y.x", {"x=0,y=0": "1", "x=1,y=0": "1", "x=1,y=1": "1"}, PRODUCT, may_lack=["x=0,y=0", "x=1,y=0"]),
    written_as(("steps", "where(x == 0, 0, x)"), "derivative", {"0": "1", "2": "1"}, LINE, may_lack=["0"]),
    written_as(("steps", "where(x == 0, 0, x)"), "steps.-1.after", {"0": "1", "2": "1"}, LINE, may_lack=["0"]),
    written_as(("steps", "sqrt(relu(x))"), "derivative", {"-1": "0", "4": "1/4"}, FLAT),
    written_as(("steps", "acos(clip(x,-1,1))"), "derivative", {"2": "0", "0": "-1"}, "acos(1) is a constant"),
    written_as(("diff", "where(x == 0, 0, x)", "--at", "0"), "derivative", {"0": "1", "2": "1"}, LINE, may_lack=["0"]),
    written_as(("diff", "where(x != 0, sin(x)/x, 1)", "-n", "2", "--at", "0"), "derivative", {"0": "-1/3"}, "sin(x)/x = 1 - x**2/6 + ...", may_lack=["0"]),
    written_as(("diff", "where(x==0 or y==0,0,x*y)", "--wrt", "x,y", "--at", "x=0,y=0"), "derivative", {"x=0,y=0": "1"}, PRODUCT, may_lack=["x=0,y=0"]),
    written_as(("compare", "where(x == 0, 0, x)", "--at", "0"), "derivative", {"0": "1"}, LINE, may_lack=["0"]),
    written_as(("simplify", "where(x == 0, 0, x)"), "result", {"0": "0", "3": "3"}, LINE),
    written_as(("simplify", "sqrt((x-1)**2*(x-2))"), "result", {"1": "0", "3": "2"}, "the square is 0 at 1, where x - 2 is -1"),
    written_as(("simplify", "where(x == 2, 5, x**2)"), "result", {"2": "5", "3": "9"}, "f(2) = 5"),
    written_as(("simplify", "where(x >= 1 and x <= 1, 1, x**3)"), "result", {"1": "1", "2": "8"}, "f is x**3"),
    told(("grad", "where(x==y,2*x,x+y)", "--at", "x=1,y=1"), {"value.x": 1.0, "value.y": 1.0}, "f is x + y"),
    told(("grad", "where(x==0 or y==0,0,x*y)", "--at", "x=0,y=3"), {"value.x": 3.0, "value.y": 0.0}, PRODUCT),
    told(("grad", "where(x==0,0,x)*where(y!=1,y,1)", "--at", "x=0,y=1"), {"value.x": 1.0, "value.y": 0.0}, PRODUCT),
    told(("trace", "where(x == 0, 0, x)", "--at", "0"), {"gradient.x": 1.0}, LINE),
    told(("trace", "where(x!=17,x**2,289)", "--at", "17"), {"gradient.x": 34.0}, SQUARE),
    told(("jacobian", "where(x==0,0,x)", "x**2", "--at", "0"), {"value.0.x": 1.0, "value.1.x": 0.0}, LINE),
    told(("quotient", "where(x == 0, 0, x)", "--at", "0"), {"value": 1.0}, LINE),
    told(("taylor", "where(x == 0, 1, sin(x)/x)", "--at", "0", "-n", "4"), {"coefficients": [1.0, 0.0, -1 / 6, 0.0, 1 / 120]}, "sin(x)/x = 1 - x**2/6 + x**4/120 - ..."),
    told(("taylor", "where(x <= 0, x**2, x**3)", "--at", "0", "-n", "1"), {"coefficients": [0.0, 0.0]}, "both branches have slope 0"),
    told(("hessian", "where(x==17,289,x**2)", "--at", "17"), {"value.x.x": 2.0}, SQUARE),
    told(("hessian", "where(x==y,x**2,x*y)", "--at", "x=1,y=1"), {"value.x.y": 1.0, "value.y.x": 1.0, "definiteness": "indefinite"}, PRODUCT),
    told(("diff", "where(t==0,0,t)", "--let", "t=x-1", "--at", "1"), {"value": 1.0}, "f is x - 1"),
    told(("diff", "where(x==0,0,x)", "--wrt", "x", "--at", "0", "--backend", "symbolic"), {"value": 1.0}, LINE),
    told(("diff", "where(x!=17,x**2,289)", "--at", "17", "--backend", "symbolic"), {"value": 34.0}, SQUARE),
    told(("diff", "sqrt(relu(x))", "--at", "-1", "--backend", "symbolic"), {"value": 0.0}, FLAT),
    told(("check", "where(x!=17,x**2,289)", "34", "--at", "17"), {"verdict": "agrees"}, SQUARE),
    told(("check", "where(x!=17,x**2,289)", "0", "--at", "17"), {"verdict": "no"}, SQUARE),
    told(("check", "where(x!=17,x**2,289)", "where(x!=17,2*x,0)", "--at", "17"), {"verdict": "no"}, SQUARE),
)  # fmt: skip
