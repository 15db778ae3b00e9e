# ruff: noqa: E501  # a row is a line
"""Points mean what was typed: an expression is exact, a decimal is the double it reads as, and a note tells of it."""

from __future__ import annotations

from tests.falsehoods.rows import Row, none, noted, shape, told, undefined, value

WHOLE = "the point is exact"
BESIDE = "the double is beside the decimal, at which f is not smooth"
EXACT = ("exact",)


def _in_json(problem: str, **fields: object) -> Row:
    """A problem as a line of JSON."""
    return told(
        ("diff", "-"),
        {name.replace("__", "."): content for name, content in fields.items()},
        WHOLE,
        stdin=problem + "\n",
    )


DERIVATIVES = (
    value("sin(x)", "pi/2", "0", "cos(pi/2)"),
    value("cos(x)", "pi", "0", "-sin(pi)"),
    value("cos(x)", "2*pi", "0", "-sin(2*pi)"),
    value("sin(x)", "pi/3", "1/2", "cos(pi/3)"),
    value("sin(x)", "2*pi/3", "-1/2", "cos(2*pi/3)"),
    value("sin(x)", "pi/6", "sqrt(3)/2", "cos(pi/6)"),
    value("sin(x)", "-pi/2", "0", "cos(pi/2)"),
    value("sin(10*x)", "0.1*pi", "-10", "10*cos(pi)"),
    value("sin(x)", "pi/2", "-1", "-sin(pi/2)", order=2),
    value("tan(x)", "pi/4", "2", "1/cos(pi/4)**2"),
    undefined("tan(x)", "pi/2", "a pole at pi/2"),
    undefined("tan(x)", "3*pi/2", "a pole at 3*pi/2"),
    undefined("sec(x)", "pi/2", "a pole at pi/2"),
    undefined("cot(x)", "pi", "a pole at pi"),
    undefined("1/sin(x)", "pi", "a pole at pi"),
    undefined("1/(3*x-1)", "1/3", "a pole at 1/3"),
    undefined("1/(x**2-2)", "sqrt(2)", "a pole at sqrt(2)"),
    undefined("log(x-1/3)", "1/3", "log(0)"),
    undefined("log(abs(x-pi))", "pi", "log(0)"),
    undefined("1/(exp(x)-2)", "log(2)", "a pole at log(2)"),
    none("abs(sin(x))", "pi", "kink", "sin(x) = -(x - pi) + ...", left="-1", right="1"),
    none("abs(x-1/3)", "1/3", "kink", "abs at 0", left="-1", right="1"),
    none("abs(3*x-1)", "1/3", "kink", "abs at 0", left="-3", right="3"),
    none("abs(cos(x))", "pi/2", "kink", "cos(x) = -(x - pi/2) + ...", left="-1", right="1"),
    none("abs(x-sqrt(2))", "sqrt(2)", "kink", "abs at 0", left="-1", right="1"),
    none("abs(x**2-2)", "sqrt(2)", "kink", "x**2 - 2 has slope 2*sqrt(2)", left="-2*sqrt(2)", right="2*sqrt(2)"),
    none("relu(x-2/7)", "2/7", "kink", "relu at 0", left="0", right="1"),
    none("max(sin(x),cos(x))", "pi/4", "kink", "sin = cos", left="-sqrt(2)/2", right="sqrt(2)/2"),
    none("floor(3*x)", "1/3", "jump", "1 at 1/3, 0 on the left", left=None, right="0"),
    none("sign(x-pi)", "pi", "jump", "sign at 0"),
    none("step(sin(x))", "pi", "jump", "1 on the left and at pi, 0 on the right", left="0", right=None),
    none("floor(x/pi)", "pi", "jump", "1 at pi, 0 on the left", left=None, right="0"),
    none("cbrt(x-1/7)", "1/7", "vertical_tangent", "cbrt at 0"),
    none("sqrt(x-1/3)", "1/3", "boundary", "sqrt at 0"),
    none("asin(x*sqrt(2))", "1/sqrt(2)", "boundary", "asin at 1"),
    none("asin(sin(x))", "pi/2", "kink", "a triangle wave", left="1", right="-1"),
    none("acos(cos(x))", "pi", "kink", "a triangle wave", left="1", right="-1"),
    none("where(x<1/3,0,1)", "1/3", "jump", "0 on the left", left=None, right="0"),
    none("where(x==1/3,1,0)", "1/3", "jump", "1 at 1/3 alone"),
    value("where(x==1/3,1/9,x**2)", "1/3", "2/3", "f is x**2"),
    value("sin(x-1/3)/(x-1/3)", "1/3", "0", "sin(u)/u = 1 - u**2/6 + ...", status="removable"),
    value("(x**2-2)/(x-sqrt(2))", "sqrt(2)", "1", "x + sqrt(2)", status="removable"),
    value("sin(x)/(x-pi)", "pi", "0", "-sin(u)/u = -1 + u**2/6 - ...", status="removable"),
    value("log(x)", "e", "1/e", "1/x"),
    value("log(x)/x", "e", "0", "(1 - log(x))/x**2"),
    value("x**2-x", "1/2", "0", "2*x - 1"),
    value("x**3-x", "1/sqrt(3)", "0", "3*x**2 - 1"),
    value("x**3-x", "sqrt(3)/3", "0", "3*x**2 - 1"),
    value("x**2-x-1", "(1+sqrt(5))/2", "sqrt(5)", "2*x - 1"),
    value("exp(x)", "log(3)", "3", "exp(log(3))"),
    value("sin(x*y)", "x=pi/2,y=1", "0", "y*cos(x*y)", wrt="x"),
    none("abs(x-y/3)", "x=1/3,y=1", "kink", "abs at 0", wrt="x", left="-1", right="1"),
    none("abs(x*3-y)", "x=1/3,y=1", "kink", "abs at 0", wrt="y", left="-1", right="1"),
    value("abs(x-0.1)", "0.1", "1", "0.1 is the double 0.1000000000000000055", note="exact"),
    none("abs(x-0.1)", "1/10", "kink", "1/10 is exact", left="-1", right="1"),
    value("abs(x-0.25)", "0.5", "1", "a plain slope"),
    none("abs(x-0.25)", "0.25", "kink", "0.25 is a double", left="-1", right="1"),
    value("where(x<0.3,1,x)", "0.3", "0", "the double 0.3 is 0.29999999999999998890, below 0.3", note="exact"),
    value("floor(10*x)", "0.3", "0", "10*0.29999999999999998890 is below 3", note="exact"),
    value("relu(x-1.1)", "1.1", "1", "the double is 1.100000000000000088", note="exact"),
    value("sign(x-0.7)", "0.7", "0", "the double is beside 0.7", note="exact"),
)  # fmt: skip

RECORDS = (
    told(("diff", "sin(x)", "--at", "pi/2"), {"value": 0.0, "at.x": 1.5707963267948966, "exact_at.x": "pi/2"}, WHOLE),
    told(("diff", "x**2", "--at", "1/3"), {"value": 0.6666666666666666, "at.x": 0.3333333333333333, "exact_at.x": "1/3"}, WHOLE),
    told(("diff", "sin(x)", "--at", "0.1*pi"), {"at.x": 0.3141592653589793, "exact_at.x": "0.1*pi"}, WHOLE),
    told(("grad", "sin(x)*y", "--at", "x=pi/2,y=2"), {"value.x": 0.0, "value.y": 1.0, "exact_at.x": "pi/2"}, WHOLE),
    told(("eval", "sin(x)", "--at", "pi"), {"value": 0.0}, WHOLE),
    told(("eval", "cos(x)", "--at", "pi/3"), {"value": 0.5}, WHOLE),
    told(("eval", "3*x", "--at", "1/3"), {"value": 1.0}, WHOLE),
    told(("eval", "floor(3*x)", "--at", "1/3"), {"value": 1.0}, WHOLE),
    told(("eval", "lambertw(-exp(-1))"), {"value": -1.0}, "DLMF 4.13: the branch point"),
    told(("eval", "lambertw(-1, -1/e)"), {"value": -1.0}, "DLMF 4.13: the branch point"),
    told(("eval", "mod(sqrt(8), sqrt(2))"), {"value": 0.0}, "sqrt(8) is 2*sqrt(2)"),
    told(("eval", "tan(pi/2)"), {"status": "undefined"}, "a pole at pi/2"),
    told(("eval", "sec(acos(0))"), {"status": "undefined"}, "a pole at pi/2"),
    told(("hessian", "sin(x)", "--at", "pi/2"), {"value.x.x": -1.0, "definiteness": "negative_definite"}, WHOLE),
    told(("hessian", "abs(x-1/3)**3", "--at", "1/3"), {"value.x.x": 0.0}, WHOLE),
    told(("hessian", "x*abs(x-1/3)", "--at", "1/3"), {"status": "not_differentiable"}, WHOLE),
    told(("taylor", "sin(x)", "--at", "pi", "-n", "3"), {"coefficients": [0.0, -1.0, 0.0, 0.16666666666666666]}, WHOLE),
    told(("trace", "sin(x)", "--at", "pi/2"), {"gradient.x": 0.0}, WHOLE),
    told(("check", "sin(x)", "0", "--at", "pi/2"), {"verdict": "agrees"}, WHOLE),
    told(("check", "sin(x)", "0.001", "--at", "pi/2"), {"verdict": "no"}, WHOLE),
    _in_json('{"expr": "sin(x)", "at": {"x": "pi/2"}}', value=0.0, at__x=1.5707963267948966, exact_at__x="pi/2"),
    _in_json('{"expr": "abs(x-1/3)", "at": {"x": "1/3"}}', status="not_differentiable", kind="kink", left=-1.0, right=1.0),
    _in_json('{"expr": "tan(x)", "at": {"x": "pi/2"}}', status="undefined"),
    _in_json('{"expr": "abs(x-1/3)", "at": {"x": 0.3333333333333333}}', status="ok", value=-1.0),
    _in_json('{"expr": "x**2", "at": "2/3"}', value=1.3333333333333333),
    told(("diff", "tan(x)", "--at", "pi/2", "--backend", "forward"), {"at.x": 1.5707963267948966, "status": "ok"}, "float backends take the nearest double"),
    told(("diff", "x**2", "--at", "0.1"), {"at.x": 0.1, "value": 0.2, "exact_at": None}, "a decimal is a double"),
)  # fmt: skip

NOTES = (
    noted(("diff", "tan(x)", "--at", "pi/2", "--backend", "forward"), ("exact", "nearest double"), "the truth at pi/2 is another: no value"),
    noted(("diff", "abs(x-1/3)", "--at", "1/3", "--backend", "forward"), ("exact", "nearest double"), "the truth at 1/3 is another: a kink"),
    noted(("diff", "abs(x-0.1)", "--at", "0.1"), EXACT, BESIDE, status="ok"),
    noted(("grad", "abs(x-0.1)*y", "--at", "x=0.1,y=1"), EXACT, BESIDE),
    noted(("hessian", "abs(x-0.1)", "--at", "0.1"), EXACT, BESIDE),
    noted(("hessian", "(x-0.1)**2*abs(x-0.1)", "--at", "0.1"), EXACT, BESIDE),
    noted(("hessian", "x*abs(x-0.3)", "--at", "0.3"), EXACT, BESIDE),
    noted(("hessian", "1/(x-0.7)", "--at", "0.7"), EXACT, BESIDE),
    noted(("hessian", "(x-0.1)**2", "--at", "0.1"), EXACT, "at exactly 0.1 the gradient is 0: a minimum"),
    noted(("taylor", "abs(x-0.1)", "--at", "0.1", "-n", "1"), EXACT, BESIDE),
    noted(("taylor", "1/(x-0.3)", "--at", "0.3", "-n", "1"), EXACT, BESIDE),
    noted(("check", "abs(x-0.1)", "1", "--at", "0.1"), EXACT, BESIDE),
    noted(("check", "relu(x-0.1)", "1", "--at", "0.1"), EXACT, BESIDE),
    noted(("quotient", "1/(x-0.3)", "--at", "0.3"), EXACT, BESIDE),
    noted(("descend", "abs(x-0.1)", "--from", "0.1"), EXACT, BESIDE),
    noted(("descend", "abs(x-0.3)+x**2/100", "--from", "0.3"), EXACT, BESIDE),
    noted(("trace", "abs(x-0.1)", "--at", "0.1"), EXACT, BESIDE),
    noted(("eval", "floor(x/0.1)", "--at", "0.3"), EXACT, "0.3 as a double is below 3/10: 2, not 3"),
    noted(("eval", "sign(x-0.1)", "--at", "0.1"), EXACT, "0 at exactly 0.1"),
    noted(("diff", "x**2", "--at", "0.1", "--digits", "30"), ("exact",), "with more than 17 digits a decimal is exact: 0.2, not 0.20000000000000001110"),
    told(("diff", "abs(x-0.1)", "--at", "0.1", "--digits", "30"), {"kind": "kink"}, "with more than 17 digits a decimal is exact"),
    noted(("eval", "x", "--at", "0.1", "--digits", "25"), ("exact",), "with more than 17 digits a decimal is exact"),
    shape("(x-1/3)**2", "1/3", "f' = 0 at exactly 1/3", says=("a strict local minimum",)),
)  # fmt: skip

ROWS = (*DERIVATIVES, *RECORDS, *NOTES)
