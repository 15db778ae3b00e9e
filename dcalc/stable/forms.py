"""The table of stable forms: one row each, as texts in dcalc's own language."""

from __future__ import annotations

from typing import NamedTuple

HOLES = ("u", "v", "w")
"""Names that match any expression."""


class Form(NamedTuple):
    """``before`` equals ``after`` wherever ``before`` is defined.

    ``at`` is a point where the first loses digits in doubles, or has no double at all, and the
    second does not: what the row is for, and what its test measures. ``hole`` is where the
    second has no value although the first has one: single points alone.
    """

    before: str
    after: str
    at: str
    hole: str = ""


FORMS = (
    # Logarithms of sums of exponentials, the longest first.
    Form("log(exp(u) + exp(v) + exp(w))", "logsumexp(u, v, w)", "u=1000,v=999,w=1001"),
    Form("log(exp(u) + exp(v))", "logsumexp(u, v)", "u=1000,v=999"),
    Form("log(1 + exp(u))", "softplus(u)", "u=-40"),
    Form("log(1 - exp(u))", "log1mexp(u)", "u=-1e-12"),
    Form("log(exp(u) - 1)", "logexpm1(u)", "u=800"),
    Form("log(1 + u)", "log1p(u)", "u=1e-10"),
    Form("log(cosh(u))", "abs(u) + softplus(-2*abs(u)) - log(2)", "u=800"),
    Form("log(sigmoid(u))", "-softplus(-u)", "u=-800"),
    Form("log(erfc(u))", "logerfc(u)", "u=40"),
    Form("log(gamma(u))", "lgamma(u)", "u=300"),
    Form("log(u) - log(v)", "log1p((u - v)/v)", "u=3.000000001,v=3"),
    # Quotients of exponentials.
    Form("(exp(u) - exp(-u))/(exp(u) + exp(-u))", "tanh(u)", "u=800"),
    Form("(exp(u) - 1)/(exp(u) + 1)", "tanh(u/2)", "u=1e-10"),
    Form("exp(u)/(1 + exp(u))**2", "sigmoid(u)*sigmoid(-u)", "u=400"),
    Form("exp(u)/(1 + exp(u))", "sigmoid(u)", "u=800"),
    Form("exp(u)/(exp(u) + exp(v) + exp(w))", "exp(u - logsumexp(u, v, w))", "u=1000,v=999,w=1001"),
    Form("exp(u)/(exp(u) + exp(v))", "sigmoid(u - v)", "u=1000,v=999"),
    Form("1/(1 + exp(u))", "sigmoid(-u)", "u=709.8"),
    Form("exp(u**2)*erfc(u)", "erfcx(u)", "u=30"),
    # Differences that are close to 0, those over their argument first.
    Form("(1 - cos(u))/u**2", "sinc(u/2)**2/2", "u=1e-7"),
    Form("(1 - cos(u))/u", "u*sinc(u/2)**2/2", "u=1e-7"),
    Form("sin(u)**2/u**2", "sinc(u)**2", "u=0"),
    Form("1 - sigmoid(u)", "sigmoid(-u)", "u=40"),
    Form("1 - tanh(u)**2", "sech(u)**2", "u=20"),
    Form("1 - tanh(u)", "2*sigmoid(-2*u)", "u=20"),
    Form("1 + tanh(u)", "2*sigmoid(2*u)", "u=-20"),
    Form("1 - sech(u)**2", "tanh(u)**2", "u=1e-9"),
    Form("1 - erf(u)", "erfc(u)", "u=6"),
    Form("1 - erfc(u)", "erf(u)", "u=1e-10"),
    Form("1 - cos(u)**2", "sin(u)**2", "u=1e-9"),
    Form("1 - sin(u)**2", "cos(u)**2", "u=1.5707963"),
    Form("1 - cos(u)", "2*sin(u/2)**2", "u=1e-7"),
    Form("cosh(u)**2 - 1", "sinh(u)**2", "u=1e-9"),
    Form("cosh(u) - 1", "2*sinh(u/2)**2", "u=1e-7"),
    Form("cosh(u) - sinh(u)", "exp(-u)", "u=20"),
    Form("csc(u) - cot(u)", "tan(u/2)", "u=1e-7"),
    Form("exp(u) - exp(-u)", "2*sinh(u)", "u=1e-10"),
    Form("exp(u) - 1", "expm1(u)", "u=1e-10"),
    Form("exp(u) - exp(v)", "exp(v)*expm1(u - v)", "u=1.000000001,v=1"),
    Form("cos(u) - cos(v)", "-2*sin((u + v)/2)*sin((u - v)/2)", "u=1e-7,v=2e-7"),
    Form("sin(u) - sin(v)", "2*cos((u + v)/2)*sin((u - v)/2)", "u=1.000000001,v=1"),
    Form("atan(u) - atan(v)", "atan2(u - v, 1 + u*v)", "u=1e8,v=1.1e8"),
    Form("sqrt(u**2 + 1) - u", "1/(hypot(u, 1) + u)", "u=1e8"),
    Form("sqrt(u) - 1", "(u - 1)/(sqrt(u) + 1)", "u=1.0000000001"),
    Form("sqrt(u) - sqrt(v)", "(u - v)/(sqrt(u) + sqrt(v))", "u=1.0000000001,v=1", "u == 0 and v == 0"),
    Form("1/u - 1/v", "(v - u)/(u*v)", "u=3.0000000001,v=3"),
    Form("u**2 - v**2", "(u - v)*(u + v)", "u=1.0000000003,v=1.0000000001"),
    Form("u**2 - 1", "(u - 1)*(u + 1)", "u=1.0000000003"),
    # Inverse functions next to the edge of their domains.
    Form("acos(1 - u)", "2*asin(sqrt(u/2))", "u=1e-15"),
    Form("acosh(1 + u)", "2*asinh(sqrt(u/2))", "u=1e-15"),
    # Overflow on the way.
    Form("sqrt(u**2 + v**2)", "hypot(u, v)", "u=1e200,v=1e200"),
    Form("sqrt(1 + u**2)", "hypot(1, u)", "u=1e200"),
    # Holes that continuity fills.
    Form("sin(u)/u", "sinc(u)", "u=0"),
    Form("u*log(u)", "xlogx(u)", "u=0"),
    Form("u*log(1 + v)", "xlog1py(u, v)", "u=2,v=1e-10"),
    Form("u*log(v)", "xlogy(u, v)", "u=0,v=0"),
    Form("xlogy(u, sigmoid(v))", "-u*softplus(-v)", "u=2,v=-800"),
    Form("xlog1py(u, -sigmoid(v))", "-u*softplus(v)", "u=2,v=40"),
)
