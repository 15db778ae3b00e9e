"""`dcalc limit`: its records, formats, points and refusals. What is true is held in `tests/verdict/test_limits.py`."""

from __future__ import annotations

import json
from math import inf

import pytest

import dcalc
from dcalc.analysis.limit import RECORD, find, solve_limit
from dcalc.errors import NoValue, ParseError, UnknownVariable, UsageError
from dcalc.finding import Subject
from dcalc.parser import parse
from tests.cli.conftest import Run

ANSWERS = [  # the call, what stdout and stderr say, and the exit code
    (("sin(x)/x", "--at", "0"), "1.0\n", "", 0),
    (("(1+1/x)^x", "--at", "inf", "--digits", "40"), "2.718281828459045235360287471352662497757\n", "", 0),
    (("1/x^2", "--at", "0"), "inf\n", "", 0),
    (("1/x", "--at", "0", "--side", "left"), "-inf\n", "", 0),
    (("x", "--at=-inf"), "-inf\n", "", 0),
    (("x", "--at", "x=oo"), "inf\n", "", 0),
    (("abs(x)/x", "--at", "0"), "", "error: f tends to -1.0 from the left and to 1.0 from the right\n", 3),
    (("sin(1/x)", "--at", "0"), "", "error: f oscillates without a limit\n", 3),
    (("where(x < 0, x, sin(1/x))", "--at", "0"), "", "error: f oscillates without a limit on the right\n", 3),
    (("where(x < 0, sin(1/x), x)", "--at", "0"), "", "error: f oscillates without a limit on the left\n", 3),
    (("sqrt(x)", "--at", "0"), "0.0\n", "note: f has values on the right of x = 0.0 only\n", 0),
    (("sqrt(-x)", "--at", "0"), "0.0\n", "note: f has values on the left of x = 0.0 only\n", 0),
    (("log(x)", "--at=-1"), "", "error: f has no values near x = -1.0: log(x): argument needs > 0\n", 3),
    (("sqrt(x)", "--at=-1"), "", "error: f has no values near x = -1.0: sqrt(x): argument needs >= 0\n", 3),
    (("sqrt(x)", "--at=-inf"), "", "error: f has no values near x = -inf: a negative base needs a whole exponent\n", 3),
    # at -1/n it is (-n)**n
    (("x**(1/x)", "--at", "0"), "0.0\n", "note: f has values on the right of x = 0.0 only, single ones left out\n", 0),
    # its values at whole numbers, however far out, are a sequence: those of (-1/2)**x tend to 0
    (("(-1/2)**x", "--at=inf"), "",
     "error: f has single values at most near x = inf: a negative base needs a whole exponent\n", 3),
    (("lowerbeta(0, 3, x)", "--at", "0"), "",
     "error: f has no values near x = 0.0: lowerbeta(0, 3, x): argument is a pole: 0 or a negative whole number\n", 3),
    (("betainc(2, -1, 1 - x)", "--at", "0"), "",
     "error: f has no values near x = 0.0: betainc(2, -1, 1 - x): betainc needs a second argument > 0\n", 3),
    (("2", "--at", "inf"), "2.0\n", "note: the expression has no variable x, so it is constant\n", 0),
    (("x*y", "--at", "x=0,y=inf", "--wrt", "y"), "0.0\n", "", 0),
    (("(1+a/x)^x", "--at", "x=inf", "--at", "a=2", "--wrt", "x"), "7.38905609893065\n", "", 0),
    (("a/x", "--at", "inf", "--let", "a=3"), "0.0\n", "", 0),
    (("(x-0.3)/abs(x-0.3)", "--at", "0.3"), "-1.0\n",
     "note: at exactly x=0.3: f tends to -1.0 from the left and to 1.0 from the right\n", 0),
    (("exp(1000*x)", "--at", "1"), "", "error: 1.970071e434 is beyond a double\n", 3),
    (("sin(1/x)*csc(1/x)", "--at", "0"), "", "error: an oscillation of unknown size\n", 3),
]  # fmt: skip


@pytest.mark.parametrize(("call", "out", "err", "code"), ANSWERS)
def test_answers(run: Run, call: tuple[str, ...], out: str, err: str, code: int):
    done = run("limit", *call)
    assert (done.out, done.err, done.code) == (out, err, code)


REFUSED = [
    (("x*y", "--at", "x=0,y=0", "--wrt", "x,y"), "error: a limit is taken along one variable\nhelp: write --wrt x\n"),
    (("x", "--at", "2", "--wrt", "t"), "error: no value is given for t\nhelp: write --at x=2.0,t=0.0\n"),
    (("x",), "error: limit needs a point\nhelp: write --at 1, or --at x=1,y=2\n"),
    (("x", "--at", "0", "--side", "up"), "error: no side named up\nhelp: there are left and right\n"),
    (("x", "--at", "nan"),
     "error: a point must be a finite number\n  nan\n  ^^^\nhelp: write a number, such as 1e300\n"),
    (("x", "--at", "0:inf:1"),
     "error: a point must be a finite number\n  0:inf:1\n    ^^^\nhelp: write a number, such as 1e300\n"),
    (("d/dx x^2", "--at", "0"), None),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refused_calls(run: Run, call: tuple[str, ...], message: str | None):
    done = run("limit", *call)
    assert (done.code, done.out) == (2, "")
    assert message is None or done.err == message


def test_infinity_stays_no_point_of_other_commands(run: Run):
    assert run("limit", "x", "--at", "inf").out == "inf\n"
    assert "a point must be a finite number" in run("diff", "x", "--at", "inf").err


def test_records(run: Run):
    (jump,) = json.loads(run("limit", "where(x < 0, 1/x, 3)", "--at", "0", "--json").out)["records"]
    assert set(RECORD) <= set(jump)
    assert (jump["status"], jump["kind"], jump["value"], jump["infinite"]) == ("no_limit", "jump", None, None)
    assert jump["left"] == {"value": None, "infinite": "-"}
    assert jump["right"] == {"value": 3.0, "infinite": None}
    (whole,) = json.loads(run("limit", "(1+2/x)^x", "--at", "inf", "--json").out)["records"]
    assert (whole["at"], whole["value"], whole["exact"]) == ({"x": "inf"}, 7.38905609893065, "exp(2)")
    assert whole["reference"] == {"value": "7.38905609893065022723042746058", "digits": 30, "certified": True}
    (side,) = json.loads(run("limit", "1/x", "--at", "0", "--side", "right", "--json").out)["records"]
    assert (side["side"], side["infinite"], side["left"], side["status"]) == ("right", "+", None, "ok")


CLOSED = [
    ("x*(exp(1/x)-1)/3", "1/3"), ("atan(x)", "pi/2"), ("x*((1+1/x)^x-exp(1))", "-e/2"), ("lgamma(x)/x/log(x)", "1"),
    ("x^(log(3)/log(x))", "exp(log(3))"), ("zeta(1 + 1/x) - x", None), ("sin(1 + 1/x)", "sin(1)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "closed"), CLOSED)
def test_closed_forms(run: Run, text: str, closed: str | None):
    (record,) = json.loads(run("limit", text, "--at", "inf", "--json").out)["records"]
    assert record["exact"] in (closed, "3" if closed == "exp(log(3))" else closed)


def test_formats(run: Run):
    def shown(*call: str, format: str) -> str:
        return run("limit", *call, "--format", format).out

    assert shown("sin(x)/x", "--at", "0", format="latex") == ("\\lim_{x \\to 0} \\frac{\\sin\\left(x\\right)}{x} = 1\n")
    assert shown("x + 1/x", "--at", "0", "--side", "left", format="latex") == (
        "\\lim_{x \\to 0^{-}} \\left(x + \\frac{1}{x}\\right) = -\\infty\n"
    )
    assert shown("x", "--at", "0", "--side", "right", format="latex") == "\\lim_{x \\to 0^{+}} x = 0\n"
    assert shown("cos(x)", "--at", "pi/2", format="latex").startswith("\\lim_{x \\to \\frac{\\pi}{2}} \\cos")
    assert "no limit (jump)" in shown("abs(x)/x", "--at", "0", format="latex")
    assert shown("(1+1/x)^x", "--at", "inf", format="table").splitlines()[:2] == ["2.718281828459045", "exactly  e"]
    assert shown("1/x^2", "--at", "0", format="table") == "inf\n"
    csv = shown("exp(1/x)", "--at", "0", "--at", "1", format="csv").splitlines()
    assert csv[0] == "line,id,expression,wrt,x,value,status,kind,left,right"
    assert csv[1] == "1,,exp(1/x),x,0.0,,no_limit,jump,0.0,inf"
    assert "| `1/x` |" in shown("1/x", "--at", "inf", format="markdown")


def test_streams(run: Run):
    points = run("limit", "sin(x)/x", "--at", "-", stdin=b"0\ninf\n-inf\n")
    assert points.out == "0.0\t1.0\ninf\t0.0\n-inf\t0.0\n"
    assert run("limit", "abs(x)/x", "--at", "-", stdin=b"x\n0\n1\n").out == "0.0\t\tno_limit\n1.0\t1.0\n"
    assert run("limit", "1/x", "--at", "-", "--format", "plain", stdin=b'{"x": "inf"}\n').out == "inf\t0.0\n"
    problems = run("limit", "-", stdin=b'{"expr": "atan(x)", "at": ["inf", "-inf", 0]}\n{"expr": "1/x", "at": "0"}\n')
    assert problems.out.splitlines()[:3] == ["1.5707963267948966", "-1.5707963267948966", "0.0"]
    assert problems.out.splitlines()[3].startswith("# no_limit: f tends to -inf from the left")
    assert run("limit", "-", "--at", "inf", stdin=b"1/x\nx\n").out == "0.0\ninf\n"


def test_in_python():
    assert dcalc.limit("sin(x)/x", x=0).value == 1.0
    assert dcalc.limit("(1 + a/x)**x", {"x": "inf"}, a=2, wrt="x").digits(30) == "7.38905609893065022723042746058"
    assert dcalc.limit(dcalc.parse("1/x"), x=0, side="left").value == -inf
    step = dcalc.limit("abs(x)/x", x=0)
    assert (step.status, step.kind, step.left, step.right) == ("no_limit", "jump", -1.0, 1.0)
    with pytest.raises(NoValue, match="f tends to"):
        float(step)
    for call, error in (
        (lambda: dcalc.limit("x*y", x=0, y=1), UsageError),
        (lambda: dcalc.limit("x"), UsageError),
        (lambda: dcalc.limit("x*y", x=0, wrt="x"), UnknownVariable),
        (lambda: dcalc.limit("x*y", y=1, wrt="x"), UnknownVariable),
        (lambda: dcalc.limit("x", x=0, side="up"), UsageError),
        (lambda: dcalc.limit("x", x="nan"), ParseError),
    ):
        with pytest.raises(error):
            call()


def test_a_constant_has_no_side_that_is_missing():
    assert solve_limit(parse("x**0").root, "x", {"x": 0.0}).value == 1.0


def test_all_facts_of_a_limit():
    def facts(text: str, place: float, **options: object) -> dict[str, object]:
        root = parse(text).root
        subject = Subject(root=root, names=("x",), wrt=("x",), order=0, at={"x": place}, **options)  # type: ignore[arg-type]
        return {fact.label: fact.cell for fact in find(subject).all_facts or ()}

    assert facts("exp(2*sin(x)/x)", 0.0)["certified"] == "all 30 digits"
    assert "reference" not in facts("exp(2*sin(x)/x)", 0.0, shown=5)
    jump = facts("abs(x)/x", 0.0)
    assert (jump["left"], jump["right"], jump["status"]) == ("-1.0", "1.0", "no limit (jump)")


def test_precision_is_raised_until_the_digits_are_decided():
    assert solve_limit(parse("sin(x)").root, "x", {"x": parse("10**60*pi + 1/10**40").root}).value == 1e-40
    assert dcalc.limit("(exp(x) - 1)/x", x=0).digits(200) == "1." + "0" * 199
    assert dcalc.limit("t*x", {"t": "inf"}, x=2, wrt="t").value == inf
    assert dcalc.limit("cos(t)*x/t", {"t": "inf"}, x=2, wrt="t").value == 0.0
