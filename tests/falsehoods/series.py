# ruff: noqa: E501  # a row is a line
"""Taylor polynomials with coefficients that are exactly 0."""

from __future__ import annotations

from tests.falsehoods.rows import series

ROWS = (
    series("ei(x)", "1", ["ei(1)", "e", "0", "e/6"], "ei' = exp(x)/x (DLMF 6.2.5), ei'' = exp(x)*(x - 1)/x**2, ei'''(1) = e"),
    series("uppergamma(2,x)", "1", ["2/e", "-1/e", "0", "1/(6*e)"], "d/dx = -x*exp(-x) (DLMF 8.8.13)"),
    series("x*exp(-x)", "2", ["2*exp(-2)", "-exp(-2)", "0", "exp(-2)/6"], "f'' = (x - 2)*exp(-x)"),
    series("exp(-x**2/2)", "1", ["exp(-1/2)", "-exp(-1/2)", "0", "exp(-1/2)/3"], "f'' = (x**2 - 1)*f"),
    series("x**2*exp(-x)", "2", ["4*exp(-2)", "0", "-exp(-2)"], "f' = x*(2 - x)*exp(-x), f'' = (x**2 - 4*x + 2)*exp(-x)"),
    series("log(x)/x", "e", ["1/e", "0", "-exp(-3)/2"], "f' = (1 - log(x))/x**2 at exactly e"),
    series("x*log(x)-x", "1", ["-1", "0", "1/2", "-1/6"], "f' = log(x)"),
    series("erf(x)-2*x/sqrt(pi)", "0", ["0", "0", "0", "-2/(3*sqrt(pi))"], "DLMF 7.6.1"),
    series("ei(x)-e*(x-1)", "1", ["ei(1)", "0", "0"], "ei'(1) = e, ei''(1) = 0"),
    series("si(x)-x", "0", ["0", "0", "0", "-1/18"], "DLMF 6.6.5"),
    series("sin(x)-sin(1)-cos(1)*(x-1)", "1", ["0", "0", "-sin(1)/2"], "the sine less its tangent"),
    series("exp(x)-e-e*(x-1)-e*(x-1)**2/2", "1", ["0", "0", "0", "e/6"], "exp less its Taylor polynomial"),
    series("atan(x)+x**2/4", "1", ["pi/4+1/4", "1", "0", "1/12"], "atan'' = -2*x/(1 + x**2)**2 = -1/2 at 1, atan''' = 1/2"),
    series("sin(x)", "pi/2", ["1", "0", "-1/2", "0"], "exactly pi/2"),
    series("cos(x)", "pi/2", ["0", "-1", "0", "1/6"], "exactly pi/2"),
    series("sin(x)", "pi/6", ["1/2", "sqrt(3)/2", "-1/4"], "exactly pi/6"),
    series("tan(x)", "pi/4", ["1", "2", "2", "8/3"], "exactly pi/4"),
    series("(x-1/3)**3", "1/3", ["0", "0", "0", "1"], "exactly 1/3"),
    series("lgamma(x)-digamma(1)*(x-1)", "1", ["0", "0", "pi**2/12"], "lgamma'(1) = digamma(1); trigamma(1) = pi**2/6"),
    series("expint(2,x)+expint(1,1)*(x-1)", "1", ["expint(2,1)", "0", "exp(-1)/2"], "d/dx E2 = -E1 (DLMF 8.19.13), and d/dx of that is exp(-x)/x"),
    series("dawson(x)-x", "0", ["0", "0", "0", "-2/3"], "DLMF 7.6.3"),
    series("fresnels(x)", "0", ["0", "0", "0", "pi/6"], "DLMF 7.6.6"),
    series("besselj0(x)-1+x**2/4", "0", ["0", "0", "0", "0", "1/64"], "DLMF 10.2.2"),
    series("where(x==0,0,x)", "0", ["0", "1", "0"], "f is x"),
    series("where(x!=1,x**2,1)", "1", ["1", "2", "1"], "f is x**2"),
    series("x*abs(x)", "0", ["0", "0"], "f'(0) = 0"),
    series("x**3*abs(x)", "0", ["0", "0", "0", "0"], "f''' = 24*abs(x)"),
    series("sqrt(1+x)*sqrt(1-x)", "0", ["1", "0", "-1/2", "0", "-1/8"], "sqrt(1 - x**2)"),
    series("cosh(x)**2-sinh(x)**2", "1", ["1", "0", "0"], "1"),
    series("log(x**2)-2*log(x)", "3", ["0", "0", "0"], "0 for x > 0"),
)  # fmt: skip
