"""Claims judged: verdicts, counterexamples, exit codes, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from dcalc.analysis.check import find
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import variables
from dcalc.finding import Subject
from dcalc.notation import write
from dcalc.parser import parse
from tests.cli.conftest import Run, process
from tests.shapes import expressions


def judged(*arguments: str, run: Run) -> tuple[int, dict]:
    result = run("check", *arguments, "--json")
    return result.code, json.loads(result.out)["records"][0]


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (["x**2*sin(x)", "x*(2*sin(x)+x*cos(x))"], "proved"),
        (["sin(x)**2", "sin(2*x)"], "proved"),
        (["log(x)", "1/x"], "proved"),
        (["log(x-10)", "1/(x-10)"], "proved"),
        (["abs(x)", "x/abs(x)"], "proved"),
        (["abs(x)", "sign(x)"], "proved"),
        (["sqrt(x**2)", "x/abs(x)"], "proved"),
        (["max(x,0)", "where(x>0,1,0)"], "proved"),
        (["acosh(x)", "1/sqrt(x**2-1)"], "proved"),
        (["x**(4/3)", "4/3*cbrt(x)"], "proved"),
        (["x**3", "6*x", "-n", "2"], "proved"),
        (["x**3", "x**3", "-n", "0"], "proved"),
        (["x**3*y", "3*x**2", "--wrt", "x,y"], "proved"),
        (["x**2*y", "x**2", "--wrt", "y"], "proved"),
        (["5", "0"], "proved"),
        (["besselj1(x)", "besselj0(x) - besselj1(x)/x"], "proved"),  # DLMF 10.6.2; a hole at 0
        (["gamma(x+1)", "gamma(x)*(1 + x*digamma(x))"], "proved"),  # DLMF 5.5.1
        (["sqrt((1-cos(x))/2)", "sin(x)/(4*abs(sin(x/2)))"], "proved"),  # DLMF 4.21.25: abs(sin(x/2))
        (["sqrt(1-cos(x))", "sin(x)/(2*sqrt(2)*sin(x/2))"], "no"),  # where the sine is negative
        (["si(x)", "sin(x)/x"], "agrees"),
        (["x**2", "2*x**2/x"], "proved"),  # but for 0, where the claim has a hole
        (["x**3", "2.9999", "--at", "1", "--tol", "1e-3"], "agrees"),
        (["pi*x**2", "6.2831853*x", "--tol", "1e-6"], "agrees"),
        (["x**3", "3", "--at", "1"], "agrees"),
        (["exp(x)", "2.718281828", "--at", "1"], "agrees"),
        (["(w*x+b-y)**2", "--grad", "w: 2*x*(w*x+b-y), b: 2*(w*x+b-y)"], "proved"),
        (["(w*x+b-y)**2", "w: 4, b: 2", "--at", "w=1,x=2,b=0,y=1"], "agrees"),
        (["x**2*sin(x)", "2*x*cos(x)"], "no"),
        (["sin(x)", "cos(x) + 1e-20"], "no"),
        (["cbrt(x)**4", "4/3*x**(1/3)"], "no"),
        (["x**3", "2.9999", "--at", "1"], "no"),
        (["x**3", "3*x"], "no"),  # equal at 0 and at 1
        (["pi*x**2", "6.2831853*x"], "no"),
        (["x**2", "-sin(x)"], "no"),
        (["x**2", "1/x", "--over", "1:2"], "no"),
        (["(w*x+b-y)**2", "--grad", "w: 2*x*(w*x+b-y), b: 2*w"], "no"),
        (["1e8*x + y", "--grad", "x: 1e8, y: 1.00001", "--at", "x=1,y=1"], "no"),  # each by its own size
        # A negative base has powers where its exponent is a whole number: x**y is not an exp(y*log(abs(x))).
        (["x**n", "n*x**(n-1)", "--wrt", "x"], "proved"),
        (["x**x", "x**x*(log(x)+1)"], "proved"),
        (["abs(x)**y", "y*abs(x)**(y-1)*sign(x)", "--wrt", "x"], "proved"),
        (["x**y", "y*sqrt(x**2)**(y-1)", "--wrt", "x"], "no"),
        (["x**(2*y)", "2*y*(x**2)**y/x", "--wrt", "x"], "no"),
        (["x**floor(x)", "floor(x)*abs(x)**(floor(x)-1)"], "no"),
        (["x**n", "n*exp((n-1)*log(x))", "--wrt", "x"], "no"),
        # A variable that falls out of the derivative is one still; signs belong to their own variable.
        (["sqrt(x*y)", "y/(2*sqrt(x)*sqrt(y))", "--wrt", "x"], "no"),
        (["(x + 2)*y", "exp(log(y))", "--wrt", "x"], "no"),
        (["x**(2/3)/(y**3 + y)", "2/(3*(abs(y)**3 + abs(y))*x**(1/3))", "--wrt", "x"], "no"),
        # Where f is defined and its rewritten form is not.
        (["sinc(x)", "cos(x)/x - sin(x)/x**2"], "agrees"),
        (["xlogx(x*x)", "2*x*(1 + log(x**2))"], "agrees"),
        (["log(-1-x**2)", "1/x"], None),
        # Pieces: each by itself, and the points between them.
        (["abs(x)", "where(x>0,1,-1)"], "proved"),
        (["clip(x,-1,1)", "where(x<-1 or x>1,0,1)"], "proved"),
        (["abs(x**2-2)", "2*x*sign(x**2-2)"], "proved"),
        (["elu(x)", "min(1,exp(x))"], "proved"),
        (["asin(2*x/(1+x**2))", "where(abs(x)<1,2,-2)/(1+x**2)"], "proved"),
        (["max(x,y)", "(1+sign(x-y))/2", "--wrt", "x"], "proved"),
        (["max(x,y)*min(x,y)", "y", "--wrt", "x"], "proved"),
        (["relu(w*x+b)", "w*step(w*x+b)", "--wrt", "x"], "proved"),
        (["sqrt((x-y)**2)", "(x-y)/abs(x-y)", "--wrt", "x"], "proved"),
        (["where(x==2,4,x**2)", "2*x"], "proved"),
        # Recurrences: DLMF 5.5.1, 5.5.2, 5.12.1, 10.6.1, 10.29.1, 4.13.1.
        (["gamma(x+1)/gamma(x)", "1"], "proved"),
        (["lgamma(x+1)-lgamma(x)", "1/x"], "proved"),
        (["lgamma(x)", "digamma(x+1)-1/x"], "proved"),
        (["beta(x,2)", "-(2*x+1)/(x**2*(x+1)**2)"], "proved"),
        (["x**2*besselj(2,x)", "x**2*besselj1(x)"], "proved"),
        (["bessely(1,x)", "bessely(0,x)-bessely(1,x)/x"], "proved"),
        (["besselk(1,x)", "-besselk(0,x)-besselk(1,x)/x"], "proved"),
        (["lambertw(x)", "exp(-lambertw(x))/(1+lambertw(x))"], "proved"),
        # 1 - cos**2 is 0 where the sine is; on the surface cos == 0 the two sides differ.
        (["1/sin(x)", "-cos(x)/(1-cos(x)**2)"], "proved"),
        (["sqrt(1-sin(x)**2)", "-sin(x)*cos(x)/abs(cos(x))"], "proved"),
        (["gamma(x+1)", "x*gamma(x)*digamma(x)"], "no"),
        (["besselj(2,x)", "besselj(1,x)-besselj(2,x)/x"], "no"),
        # A condition that holds at single points, where f is what it is beside them: x**2, x - 17, x + y.
        (["where(x!=17,x**2,289)", "where(x!=17,2*x,0)"], "no"),
        (["where(x==17,0,x-17)", "where(x==17,0,1)"], "no"),
        (["where(x>=3 and x<=3,9,x**2)", "where(x>=3 and x<=3,0,2*x)"], "no"),
        (["where(x==y,2*x,x+y)", "x: where(x==y,2,1), y: 1"], "no"),
        (["where(x==0 or y==0,0,x*y)", "where(x==0 or y==0,0,y)", "--wrt", "x"], "no"),
        (["x**2", "2*x + where(x==1/3,1,0)"], "no"),
        (["x*y", "y + where(x==2*y and y>3,1,0)", "--wrt", "x"], "no"),
        # Right around 0, and wrong far out.
        (["max(x,4)", "0"], "no"),
        (["relu(x-50)", "0"], "no"),
        (["clip(x,-1000,1000)", "1"], "no"),
        (["sqrt(1+cos(x))", "-sin(x/2)/sqrt(2)"], "no"),  # beyond pi cos(x/2) is negative
        (["asin(sin(x/8))", "1/8"], "no"),  # -1/8 from 4*pi on
        (["x**2", "2*x + step(-x-1e12)"], "no"),
        (["sin(x)", "cos(x) + relu(sin(x)-0.9999)"], "no"),
        (["x*y", "y + relu(x+y-100)", "--wrt", "x"], "no"),
        (["max(k,10)*x", "10", "--wrt", "x"], "no"),
        # Wrong by a trifle.
        (["x", "1 - 1e-300"], "no"),
        (["sin(x)", "cos(x)*(1+1e-35)"], "no"),
        (["exp(x)", "exp(x) + exp(-1000-x**2)"], "no"),
        (["sigmoid(x) + relu(x-1e5)**2", "sigmoid(x)*(1-sigmoid(x))"], "no"),  # 1 - sigmoid(1e5) is 1e-43430
        (["cosh(x) + relu(x-1e100)**2", "sinh(x)"], "no"),
        (["abs(x)**3", "3*x*abs(x) - where(x>1e100 and x<1e100+1,1,0)"], "no"),
        (["exp(x)", "exp(x) - step(x-1e5)"], "no"),  # beside a number of 43,430 digits
        (["cosh(x)", "sinh(x) + where(x==1e10,1,0)"], "no"),
        (["x**2", "2*x + where(abs(x-1e100)<1/1000,1,0)"], "no"),
        # The derivative at 17 is the limit from both sides, 34 + 1e-40.
        (["where(x==17,289+34*(x-17),x**2+1e-40*(x-17))", "where(x==17,34,2*x+1e-40)"], "no"),
        (["x**2", "where(x==17,34+1e-40,2*x)"], "no"),
        (["x**2", "where(x<3,2*x,where(x>3,2*x,6))"], "proved"),
        # f is x - 17 but at whole numbers, where it is 0: at 17 it is so as well, and its derivative 1.
        (["(ceil(x)-floor(x))*(x-17)", "ceil(x)-floor(x)"], "no"),
        # f(x, 0) = 0 for all x, so that its derivative at (0, 0) is 0: there these claims have no value.
        (["sqrt(x*y)", "sqrt(y/x)/2", "--wrt", "x"], "no"),
        (["cbrt(x*y)", "cbrt(x*y)/(3*x)", "--wrt", "x"], "no"),
        # 2*a*x continues the claim over x = 0, in both variables.
        (["a*x**2", "2*a*x**2/x", "--wrt", "x"], "proved"),
        # Polynomials too long to be multiplied out.
        (["(x+1)**1000", "1000*(x+1)**999"], "proved"),
        (["(x+1)**1000", "1000*(x+1)**1000/(x+2)"], "no"),
        # Wrong at an irrational point, by less than 30 digits show.
        (["x**2", "2*x + where(x==pi,1e-30,0)"], "no"),
        (["x**2", "2*x + where(x==sqrt(2),1e-30,0)"], "no"),
        # The derivative by the order has no closed form; the claim is by x, and its slip is sought by all variables.
        (["besselj(n,x)", "besselj(n-1,x) - n*besselj(n,x)/x + abs(n-1)", "--wrt", "x"], "no"),
        # DLMF 19.4.1 and 19.4.2, whose holes at 0 continuity fills.
        (["elliptic_k(x)", "(elliptic_e(x)-(1-x)*elliptic_k(x))/(2*x*(1-x))"], "agrees"),
        (["elliptic_e(x)", "(elliptic_e(x)-elliptic_k(x))/(2*x)"], "agrees"),
    ],
    ids=lambda value: " | ".join(value) if isinstance(value, list) else None,
)
def test_verdicts(arguments, verdict, run):
    code, record = judged(*arguments, run=run)
    assert record["verdict"] == verdict
    assert code == {"no": 1, None: 3}.get(verdict, 0)
    assert (record["counterexample"] is not None) == (verdict == "no")
    assert (record["points"] == 0) == (verdict in ("proved", None))


@pytest.mark.parametrize(
    ("arguments", "counterexample"),
    [
        (
            ["x**2*sin(x)", "2*x*cos(x)"],
            {"at": {"x": 1.0}, "expected": 2.2232442754839328, "claimed": 1.0806046117362795},
        ),
        (["cbrt(x)**4", "4/3*x**(1/3)"], {"at": {"x": -1.0}, "expected": -1.3333333333333333, "claimed": None}),
        (["x**3", "2.5", "--at", "1"], {"at": {"x": 1.0}, "expected": 3.0, "claimed": 2.5}),
        # The doubles are the same: decimals tell them apart.
        (
            ["x", "1 + 1e-20"],
            {
                "at": {"x": 1.0},
                "expected": "1.00000000000000000000000000000",
                "claimed": "1.00000000000000000001000000000",
            },
        ),
        (["x**2", "2*x + 0*log(x)"], {"at": {"x": 0.0}, "expected": 0.0, "claimed": None}),
        (["exp(1000*x)", "1"], {"at": {"x": 1.0}, "expected": "1.97007111401704699388887935224e437", "claimed": 1.0}),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else None,
)
def test_counterexamples_have_both_values(arguments, counterexample, run):
    found = judged(*arguments, run=run)[1]["counterexample"]
    assert found == counterexample


def test_a_gradient_is_judged_part_by_part(run):
    _, record = judged("(w*x+b-y)**2", "--grad", "w: 2*x*(w*x+b-y), b: w*x+b-y", run=run)
    assert record["wrt"] == ["w", "b"]
    assert [part["verdict"] for part in record["components"].values()] == ["proved", "no"]
    assert record["slip"] == "the exponent was not brought down as a factor, at (w*x + b - y)**2"
    assert record["claim"] == {"w": "2*x*(w*x + b - y)", "b": "w*x + b - y"}


@pytest.mark.slow
@pytest.mark.covers
def test_a_gradient_has_no_say_at_the_edge_of_the_domain(run):
    """sqrt(x*y) has both partials at (0, 0), 0 and 0, but no values around it."""
    _, record = judged("sqrt(x*y)", "--grad", "x: y/(2*sqrt(x*y)), y: x/(2*sqrt(x*y))", run=run)
    assert record["verdict"] == "agrees"
    assert record["notes"] == [
        "it equals the derivative wherever both have a value",
        "at x=0.0, y=0.0 the claim has no value, and the derivative is 0.0",
    ]


def test_own_text_without_value_at_a_point_is_not_proved(run):
    """sqrt(x*y)/(2*x) is 0/0 at (0, 0), where f(x, 0) = 0 has the derivative 0; it is how dcalc writes it, too."""
    _, record = judged("sqrt(x*y)", "sqrt(x*y)/(2*x)", "--wrt", "x", run=run)
    assert record["verdict"] == "agrees"
    assert "at x=0.0, y=0.0 the claim has no value, and the derivative is 0.0" in record["notes"]


def test_a_text_without_value_on_a_half_line_is_not_proved(run):
    """sqrt(relu(x)) is 0 for x < 0, and so is its derivative: 0/0 is not."""
    _, record = judged("sqrt(relu(x))", "step(x)/(2*sqrt(relu(x)))", run=run)
    assert record["verdict"] in ("no", "agrees")
    assert record["verdict"] == "no" or "has no value" in " ".join(record["notes"])


def test_a_corner_of_two_conditions_is_tried(run):
    _, record = judged("x*y", "y + where(x == 1/3 and y == 0.7, 1, 0)", "--wrt", "x", run=run)
    assert record["counterexample"]["at"] == {"x": "1/3", "y": "0.7"}


def test_a_slip_is_sought_in_a_claim_with_a_condition(run):
    _, record = judged("x**2 + y**2", "2*x + where(x == y**2, 1, 0)", "--wrt", "x", run=run)
    assert record["verdict"] == "no"
    assert record["counterexample"]["expected"] != record["counterexample"]["claimed"]


def test_a_claim_that_tends_to_the_derivative_is_not_denied(run):
    """DLMF 19.4.1 has the form 0/0 at 0; its limit there is the derivative, pi/8."""
    _, record = judged("elliptic_k(x)", "(elliptic_e(x)/(1-x)-elliptic_k(x))/(2*x)", run=run)
    assert record["verdict"] == "agrees"
    assert "the claim has a hole at x=0, which continuity fills; elsewhere it is the derivative" in record["notes"]


def test_a_trifle_is_shown_in_all_its_digits(run):
    against = judged("x", "1 - 1e-300", run=run)[1]["counterexample"]
    assert against["expected"] == "1." + "0" * (len(against["expected"]) - 2)
    assert against["claimed"].rstrip("0") == "0." + "9" * 300


def test_what_is_not_claimed_is_noted(run):
    result = run("check", "x*y", "--grad", "x: y", "--wrt", "x,y")
    assert result.err == "note: nothing is claimed of y\n"


@pytest.mark.parametrize(
    ("claim", "note"),
    [
        ("2*x**2/x", "the claim has a hole at x=0, which continuity fills; elsewhere it is the derivative"),
        (
            "2*x + where(x == 0, 1/x, 0)",
            "the claim has a hole at x=0, which continuity fills; elsewhere it is the derivative",
        ),
        ("2*x*sin(x)/sin(x)", "it equals the derivative wherever both have a value"),
        (
            "2*x + where(x == pi, 1e-30, 0)",
            "it equals the derivative wherever both have a value, except perhaps where the claim may jump",
        ),
        ("2*x + where(x == pi, 1, 0)/where(x == 3, 0, 1)", "the claim has a hole at x=3, which continuity fills"),
    ],
)
def test_holes_are_noted(claim, note, run):
    assert note in judged("x**2", claim, run=run)[1]["notes"]


def test_a_claim_that_lacks_a_value_is_right_elsewhere_only_where_it_cannot_jump(run):
    f, claim = "where(x == 0, 0, x**2*sin(1/x))", "2*x*sin(1/x) - cos(1/x)"
    assert judged(f, claim, run=run)[1]["notes"] == ["wherever the claim has a value it is the derivative"]
    assert judged(f, f"{claim} + where(x == 3, 1, 0)", run=run)[1]["notes"] == []


def test_a_proof_is_looked_at_where_algebra_is_blind(run):
    """0**x has the derivative 0 for positive x, where 0**x*log(0) has no value; log(-1 - x**2) is nowhere defined."""
    code, record = judged("floor(x)**x", "floor(x)**x*log(floor(x))", run=run)
    assert (code, record["verdict"]) == (0, "proved")
    assert record["notes"] == ["at x=0.5 the claim has no value, and the derivative is 0.0"]
    assert "wherever both have a value" in run("check", "floor(x)**x", "floor(x)**x*log(floor(x))").out
    _, record = judged("log(-1-x**2)", "2*x/(1+x**2)", run=run)
    assert record["notes"] == ["f has no derivative at any of 145 points tried"]


def test_a_claim_without_values_is_said_to_have_none(run):
    """0**(3*x) is 0 where x is positive, and its logarithm, which the power rule asks for, has no value."""
    claim = run("diff", "(0**(x + x + x))**x").out.strip()
    result = run("check", "(0**(x + x + x))**x", claim)
    assert "the claim has no value at any point tried where f has a derivative" in result.out + result.err
    assert "f has no derivative" not in result.out + result.err


def test_a_point_without_a_derivative_says_why(run):
    code, record = judged("abs(x)", "0", "--at", "0", run=run)
    assert (code, record["verdict"], record["status"]) == (3, None, "not_differentiable")
    assert run("check", "abs(x)", "0", "--at", "0").err == "error: kink in abs(x)\n"


def test_constants_have_no_point_to_name(run):
    result = run("check", "3", "1")
    assert result.out.splitlines()[2:] == [
        "expected\t0.0",
        "claimed\t1.0",
        "no: the derivative is 0.0, the claim is 1.0",
    ]


def test_a_claim_alone_has_its_row(run):
    assert run("check", "x**2", "3*x", "--format", "csv").out == (
        "variable,verdict,expected,claimed,at,slip\nx,no,2.0,3.0,x=1.0,off by the constant factor 1.5\n"
    )


def test_a_line_of_a_batch_may_claim_a_gradient(run):
    result = run("check", "-", stdin=b'{"expr": "x*y", "claim": "x: y, y: x"}\n{"expr": "x**2", "claim": "2*x"}\n')
    assert result.out.splitlines()[:3] == [
        "x*y\tx\tproved",
        "x*y\ty\tproved",
        "x*y\tproved: this is the gradient wherever f has one",
    ]


def test_values_where_f_has_no_derivative_are_noted(run):
    notes = judged("log(x)", "1.0000001/x", "--tol", "1e-3", run=run)[1]["notes"]
    assert notes == ["the claim has values where f has no derivative, as at x=-1.0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x**2"], "no claim is given"),
        (["x**2", "2*x", "--grad", "x: 2*x"], "the claim is given twice: here and by --grad"),
        (["x**2", "2*k"], "the claim has a variable k that the expression lacks"),
        (["x**2", "2*x**"], "an operand is missing after **"),
        (["x*y", "--grad", "x y, y: x"], "x y is not a part of a gradient"),
        (["x*y", "--grad", "x: y, x: x"], "a variable is claimed twice"),
        (["x*y", "--grad", "x: y,"], "an empty part is not a part of a gradient"),
        (["x*y", "--grad", "x: y", "-n", "2"], "a gradient has first derivatives only"),
        (["x*y", "--grad", "y"], "a gradient is claimed by variable"),
        (["x*y", "x: y, k: 0", "--wrt", "x,y"], "the expression has no variable k"),
        (["x*y", "y"], "the expression has 2 variables: x and y"),
        (["x", "1", "1"], "check takes 2 arguments, EXPR and CLAIM, but got 3"),
        (["x", "1", "--at", "1", "--over", "0:1"], "--at and --over both say where to look"),
        (["x", "1", "--over", "y=0:1"], "the expression has no variable y"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_refused(arguments, message, run):
    result = run("check", *arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err.splitlines()[0]


def test_a_batch_has_a_claim_a_line(run):
    lines = [
        {"expr": "x**2", "claim": "2*x", "id": 7},
        {"expr": "x**3", "claim": "2*x"},
        {"expr": "x**3"},
        {"expr": "x**3", "claim": 3, "at": 1},
        {"expr": "x**3", "claim": [3], "at": 1},
    ]
    result = run("check", "--format", "jsonl", stdin="\n".join(map(json.dumps, lines)).encode())
    records = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 1
    assert [record.get("verdict") for record in records] == ["proved", "no", None, "agrees", None]
    assert [record["status"] for record in records] == ["ok", "ok", "error", "ok", "error"]
    assert records[0]["id"] == 7


def test_one_claim_for_many_expressions(run):
    result = run("check", "-", "2*x", stdin=b"x**2\nx**2+1\nx**3\n")
    assert [line.split("\t")[2] for line in result.out.splitlines() if "\tverdict\t" in line] == [
        "proved",
        "proved",
        "no",
    ]


def test_points_are_checked_one_by_one(run):
    result = run("check", "x**2", "2*abs(x)", "--at", "x=-1:1:1", "--format", "jsonl")
    assert [json.loads(line)["verdict"] for line in result.out.splitlines()] == ["no", "agrees", "agrees"]


def test_the_expression_in_a_file_leaves_one_argument(run, tmp_path):
    (tmp_path / "f").write_text("x**2")
    assert run("check", "-f", str(tmp_path / "f"), "-2*x").code == 1
    assert run("check", "-f", str(tmp_path / "f"), "2*x").code == 0


def test_let_holds_for_the_claim_too(run):
    assert run("check", "t*t", "2*t*3", "--let", "t = 3*x").code == 0


@pytest.mark.parametrize("width", [40, 80])
def test_the_table_fits(width):
    """As a process: a table is drawn in the width of the terminal."""
    arguments = ("(w*x+b-y)**2", "--grad", "w: 2*x*(w*x+b-y), b: w*x+b-y", "--format", "table")
    result = process("check", *arguments, COLUMNS=str(width))
    assert result.code == 1
    assert max(map(len, result.out.splitlines())) <= width
    assert "proved" in result.out
    assert "no" in result.out


@pytest.mark.slow
@pytest.mark.covers
@given(expressions(size=5))
@settings(max_examples=25, deadline=None)
def test_the_derivative_is_never_denied(expression):
    """Whatever its form: as derived, and by a text that was read again."""
    if "x" not in variables(expression):
        return
    try:
        right = derivative(expression, ("x",))
    except DcalcError:
        return
    names = tuple(variables(expression))
    finding = find(Subject(root=expression, names=names, wrt=("x",)), claim=write(parse(write(right)).root))
    assert finding.record["verdict"] in ("proved", "agrees", None)


@given(expressions(size=5))
@settings(max_examples=25, deadline=None)
def test_a_wrong_derivative_is_never_proved(expression):
    if "x" not in variables(expression):
        return
    try:
        wrong = write(derivative(expression, ("x",))) + " + 1e-9"
    except DcalcError:
        return
    finding = find(Subject(root=expression, names=tuple(variables(expression)), wrt=("x",)), claim=wrong)
    assert finding.record["verdict"] in ("no", None)


IDENTITIES = [
    ("gamma(x)*gamma(1-x)", "pi/sin(pi*x)"),  # DLMF 5.5.3
    ("gamma(1/2+x)*gamma(1/2-x)", "pi/cos(pi*x)"),
    ("digamma(1-x)-digamma(x)", "pi/tan(pi*x)"),  # DLMF 5.5.4
    ("trigamma(1-x)+trigamma(x)", "pi**2/sin(pi*x)**2"),
    ("gamma(2*x)", "2**(2*x-1)*gamma(x)*gamma(x+1/2)/sqrt(pi)"),  # DLMF 5.5.5
    ("gamma(3*x)", "3**(3*x-1/2)*gamma(x)*gamma(x+1/3)*gamma(x+2/3)/(2*pi)"),  # DLMF 5.5.6
    ("digamma(2*x)", "(digamma(x)+digamma(x+1/2))/2+log(2)"),  # DLMF 5.15.7
    ("beta(x,y)*(x+y)/y", "beta(x,y+1)*(x+y)**2/y**2"),
    ("besselj(0,x)+besselj(2,x)", "2*besselj(1,x)/x"),  # DLMF 10.6.1
    ("polygamma(2,x+1)", "polygamma(2,x)+2/x**3"),  # DLMF 5.15.5
    ("sqrt(3+2*sqrt(2))", "1+sqrt(2)"),
    ("sqrt(7-4*sqrt(3))*x", "x*(2-sqrt(3))"),
    ("cbrt(2+sqrt(5))", "(1+sqrt(5))/2"),
    ("sqrt(x+2*sqrt(x-1))", "1+sqrt(x-1)"),
]
WRONG = [  # each false somewhere, though close or right elsewhere
    ("gamma(x)*gamma(1-x)", "-pi/sin(pi*x)"),
    ("gamma(2*x)", "2**(2*x)*gamma(x)*gamma(x+1/2)/sqrt(pi)"),
    ("digamma(1-x)-digamma(x)", "-pi/tan(pi*x)"),
    ("sqrt(x-2*sqrt(x-1))", "1-sqrt(x-1)"),  # up to 2
    ("sqrt(x-2*sqrt(x-1))", "sqrt(x-1)-1"),  # from 2 on
    ("sqrt(3-2*sqrt(2))", "1-sqrt(2)"),
    ("sqrt(5+2*sqrt(6))", "sqrt(2)+sqrt(3)+1e-40"),
]


def identity(left, right):
    root, claim = (parse(text).root for text in (left, right))
    subject = Subject(root=root, names=tuple(variables(root, claim)), wrt=(), order=0)
    return find(subject, claim=right)


@pytest.mark.slow_cases("digamma(1-x)-digamma(x)-pi/tan(pi*x)")
@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_identities_of_special_functions_and_of_roots_are_proved(left, right):
    assert identity(left, right).record["verdict"] == "proved"


@pytest.mark.parametrize(("left", "right"), WRONG)
def test_what_only_looks_like_an_identity_is_denied(left, right):
    assert identity(left, right).record["verdict"] == "no"


def test_a_proof_over_a_hole_says_where_it_is():
    finding = identity("gamma(x+1)", "x*gamma(x)")
    assert finding.sentence == "proved: this is the derivative wherever both have a value"
    assert finding.notes == ("the claim has a hole at x=0, which continuity fills; elsewhere it is the derivative",)
    finding = identity("besselj(0,x)+besselj(2,x)", "2*besselj(1,x)/x")
    assert "hole at x=0" in finding.notes[0]


CALL = "S*(1+erf({0}/sqrt(2)))/2-K*exp(-r*T)*(1+erf({1}/sqrt(2)))/2"
D1 = "((log(S/K)+(r+s^2/2)*T)/(s*sqrt(T)))"
D2 = "((log(S/K)+(r-s^2/2)*T)/(s*sqrt(T)))"


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        (f"(1+erf({D1}/sqrt(2)))/2", "S"),  # delta
        (f"S*sqrt(T)*exp(-{D1}^2/2)/sqrt(2*pi)", "s"),  # vega
        (f"K*T*exp(-r*T)*(1+erf({D2}/sqrt(2)))/2", "r"),  # rho
    ],
)
def test_parameters_have_the_signs_that_the_domain_wants(claim, name, run):
    """Black and Scholes (1973): S, K and T must be positive, so that of points with any signs few would be left.

    On the plane K = 0 nothing is left to prove, as f has no values there.
    """
    _, record = judged(CALL.format(D1, D2), claim, "--wrt", name, run=run)
    assert record["verdict"] == "proved"


@pytest.mark.slow
@pytest.mark.covers
def test_points_of_finance_lie_in_the_domain(run):
    """exp(-z) is sqrt(2*z/pi)*besselk(1/2, z), DLMF 10.39.2, which algebra does not know."""
    z = f"(2+{D1}^2/2)"
    vega = f"S*sqrt(T)*exp(2)*sqrt(2*{z}/pi)*besselk(1/2,{z})/sqrt(2*pi)"
    _, record = judged(CALL.format(D1, D2), vega, "--wrt", "s", run=run)
    assert record["verdict"] == "agrees"
    assert record["points"] >= 80


def test_a_wrong_greek_is_denied(run):
    _, record = judged(CALL.format(D1, D2), f"(1+erf({D2}/sqrt(2)))/2", "--wrt", "S", run=run)
    assert record["verdict"] == "no"


@pytest.mark.parametrize(
    "arguments",
    [
        ("2*atan(sqrt(x+1+1/x))", "(x-1)/((x+1)*sqrt(x^3+x^2+x))"),
        ("besselj(2,x)", "(besselj(1,x)-besselj(3,x))/2"),  # DLMF 10.6.1
        ("besselk(1,x)", "-besselk(0,x)-besselk(1,x)/x"),  # DLMF 10.29.2
        ("besselk(3,x)", "-(besselk(2,x)+besselk(4,x))/2"),
        ("bessely(0,x)", "-bessely(1,x)"),  # DLMF 10.6.3
        ("besselj(n,x)", "(besselj(n-1,x)-besselj(n+1,x))/2", "--wrt", "x"),
        ("gamma(x+2)/gamma(x)", "2*x+1"),  # DLMF 5.5.1
    ],
)
def test_recurrences_are_proved(arguments, run):
    assert judged(*arguments, run=run)[1]["verdict"] == "proved"


def test_a_jacobian_names_every_row_without_values(run):
    result = run("jacobian", "x*y", "log(x)", "abs(y)", "1/y", "x^2", "--at", "x=1,y=0")
    assert result.out.splitlines()[0] == "0.0\t1.0"
    assert result.out.splitlines()[-1] == "2.0\t0.0"
    assert "f3 by y: not differentiable: kink in abs(y); f4 by x: undefined" in result.err


def test_a_range_wider_than_doubles_has_points_inside_of_it(run: Run) -> None:
    result = run("check", "log(y)*besselyx(y, 3)", "bessely1(csc(y))", "--over=-1e308:1e308", "--json")
    (record,) = json.loads(result.out)["records"]
    assert result.code in (1, 3) and record["verdict"] in ("no", "unresolved")


def test_nothing_is_proved_of_an_f_without_values(run):
    result = run("check", "log(-1)*x", "0")
    assert (result.code, result.out, result.err) == (3, "", "error: log(-1): argument is -1, needs > 0\n")


@pytest.mark.parametrize("claim", ["besselj(5e-324, sigmoid(logit(csc(x))))", "sigmoid(logit(csc(x)))"])
def test_a_claim_without_values_where_its_conditions_contradict_each_other_is_not_proved(claim, run):
    done = run("check", "x", claim)  # csc(x) is never between 0 and 1
    assert done.code == 1
    assert done.out.splitlines()[-1].endswith("the derivative is 1.0, the claim is undefined")
