"""The likely slip: every row of the table names itself where it is made."""

from __future__ import annotations

import pytest

from dcalc import functions as table
from dcalc.analysis.check.slips import SLIPS, WHOLE, Slip, find_slip
from dcalc.derive import derivative
from dcalc.expr import Expr, make
from dcalc.parser import parse
from dcalc.rules import fill, partial

POINTS = [{"x": x, "y": x / 3 + 1.1} for x in (0.7, 0.45, 0.31, 0.83, 0.57, 0.23)]

# What a slip is made on, by operator and by which parts vary: (u, v), each in x.
PARTS = {
    ("*", "u v"): ("x**2 + 1", "sin(3*x)"),
    ("*", "u"): ("sin(3*x)", "5"),
    ("*", "v"): ("5", "sin(3*x)"),
    ("/", "u v"): ("sin(3*x)", "x**2 + 1"),
    ("/", "u"): ("sin(3*x)", "5"),
    ("/", "v"): ("5", "x**2 + 3*x"),
    ("**", "u v"): ("x**2 + 1", "3*x"),
    ("**", "u"): ("x**2 + 3*x", "4"),
    ("**", "v"): ("3", "x**2 + x"),
}
OPERATORS = {"*": table.MUL, "/": table.DIV, "**": table.POW}
INNER = "x**2/3 + x/5"
BOTH_SIGNS = {"abs": "x**2 - x/2"}


def made(slip: Slip) -> tuple[Expr, Expr]:
    """f, and the claim of one who makes the slip."""
    if slip.at in OPERATORS:
        u, v = (parse(text).root for text in PARTS[slip.at, slip.where])
        f = make(OPERATORS[slip.at], u, v)
    else:
        name, _, count = ("sin" if slip.at == "call" else slip.at).partition("/")
        u, v = parse(BOTH_SIGNS.get(name, INNER)).root, parse("5").root
        f = make(table.find(name, int(count or 1)), *(u, v)[: int(count or 1)])
    tangents = [derivative(arg, ("x",)) for arg in (u, v)]
    names = {"u": u, "v": v, "du": tangents[0], "dv": tangents[1], "y": f}
    if slip.at == "call":
        names["d"] = partial(f, 0)
    text = slip.wrong
    if "f'(du)" in text:
        names["d"] = partial(make(f.op, tangents[0]), 0)
        text = text.replace("f'(du)", "d")
    return f, fill(text, tuple(names), names)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.at}: {slip.wrong}")
def test_a_slip_is_named(slip):
    """By its own name, or by that of an earlier row that comes to the same here."""
    f, claim = made(slip)
    said = find_slip(f, "x", claim, POINTS)
    assert said is not None
    earlier = [row.name.partition("{")[0] for row in SLIPS[: SLIPS.index(slip) + 1]]
    assert any(said.startswith(name) for name in earlier), said


@pytest.mark.parametrize(
    ("index", "claim"), list(enumerate(["-(2*x + cos(x))", "x**2 + sin(x)", "(2*x + cos(x))*180/pi"]))
)
def test_a_slip_of_the_whole_is_named(index, claim):
    assert find_slip(parse("x**2 + sin(x)").root, "x", parse(claim).root, POINTS) == WHOLE[index].name


@pytest.mark.parametrize(
    ("f", "claim", "said"),
    [
        ("sin(3*x)", "cos(3*x)", "a missing chain factor, at sin(3*x)"),
        ("x**2*sin(x)", "2*x*cos(x)", "the product of the derivatives instead of the product rule, at x**2*sin(x)"),
        ("x + sin(2*x)*exp(3*x)", "1 + cos(2*x)*exp(3*x) + sin(2*x)*exp(3*x)", "a missing chain factor"),
        ("cos(x)", "sin(x)", "a wrong sign of the derivative of cos, at cos(x)"),
        ("2**x", "2**x", "a forgotten log of the base, at 2**x"),
        ("log10(x)", "1/x", "a forgotten factor 1/log(10), at log10(x)"),
        ("x**2*y", "x**2", "this is the derivative by y, not by x"),
        ("x**4", "12*x**2", "this is the second derivative"),
        ("sin(x)/x", "-cos(x)/x**2 - sin(x)/x", None),
        ("x**2 + x", "x**3/3 + x**2/2", "this is an antiderivative"),
        ("x**2", "2*x + 1", "off by the constant summand 1"),
        ("exp(x)*gamma(x)", "7*exp(x)*gamma(x)*(1 + digamma(x))", "off by the constant factor 7"),
        ("pi*x**2", "6.283*x", "a rounded constant: off by 3e-05 relative"),
        ("abs(x - 2)", "1", "the sign of the argument of abs was forgotten, at abs(x - 2)"),
        ("where(x > 0, x**3, 0)", "where(x > 0, x**2, 0)", "the exponent was not brought down as a factor, at x**3"),
        ("sind(x)", "cosd(x)", "degrees for radians in sind, at sind(x)"),
        ("relu(2*x)", "step(2*x)", "a missing chain factor, at relu(2*x)"),
        ("mse(3, x)", "-2*(x - 3)", "a wrong sign of the whole"),
        ("sin(x)", "17*x**5", None),
        ("gamma(x)", "log(-x)", None),
        ("zeta(x)", "1", None),
    ],
)
def test_slips_as_people_make_them(f, claim, said):
    assert find_slip(parse(f).root, "x", parse(claim).root, POINTS) == said


def test_a_large_expression_is_not_searched():
    text = "+".join(f"sin({k}*x)" for k in range(2, 300))
    assert find_slip(parse(text).root, "x", parse("1").root, POINTS) is None


@pytest.mark.parametrize(
    ("expression", "claim"),
    [
        ("cbrt(x)", "x**(-2/3)/3"),  # wrong for negative x alone
        ("x**2", "2*x + 1e-300"),  # by less than doubles show
        ("sin(x)", "0"),  # no factor of 0
        ("asin(sin(x))", "1"),  # to forget both functions is not a slip
    ],
)
def test_no_slip_is_made_up(expression, claim):
    assert find_slip(parse(expression).root, "x", parse(claim).root, POINTS) is None


def test_a_branch_that_is_off_is_looked_at():
    """Neither f nor a condition of the claim is differentiable by name; neither is a slip of the table."""
    assert find_slip(parse("max(0, x)").root, "x", parse("where(x > 0 and x < 3, 1, 1e-9)").root, POINTS) is None
