"""The identities that simplification uses: data, each with a name and a condition.

Each holds wherever its left side is defined (``when`` narrows it further), and is checked
numerically over its domain. `VALUES` and `COMPOSITIONS` are looked up by the outer function; those in
`STRUCTURAL` describe what the code of `arithmetic` and `build` does.
"""

from dcalc.records import NamedTuple


class Identity(NamedTuple):
    """``before`` is ``after`` wherever ``before`` is defined and ``when`` holds."""

    name: str
    before: str
    after: str
    when: str = ""


STRUCTURAL = (
    Identity("like terms", "a*u + b*u", "(a + b)*u"),
    Identity("distribute a number", "v + 2*(u + 3)", "v + 2*u + 6"),
    Identity("negated sum", "-(u - v)", "v - u"),
    Identity("zero factor", "0*u", "0"),
    Identity("merge powers", "u**3*u**2", "u**5"),
    Identity("merge roots", "sqrt(u)*u", "u**(3/2)"),
    Identity("cancel", "u**2/u", "u"),
    Identity("merge exponentials", "exp(u)*exp(v)", "exp(u + v)"),
    Identity("power of exponential", "exp(u)**v", "exp(u*v)"),
    Identity("power of a product", "(u*v)**3", "u**3*v**3"),
    Identity("power of a power", "(u**2)**3", "u**6"),
    Identity("power of a root", "sqrt(u)**4", "u**2"),
    Identity("varying power of a root", "sqrt(u)**v", "u**(v/2)"),
    Identity("logarithm of a root", "log(sqrt(u))", "log(u)/2"),
    Identity("root of an even power", "sqrt(u**2)", "abs(u)"),
    Identity("root of an odd power", "sqrt(u**3)", "u**(3/2)"),
    Identity("even power of abs", "abs(u)**2", "u**2"),
    Identity("square outside of the root", "sqrt(4*u)", "2*sqrt(u)"),
    Identity("zeroth power", "u**0", "1"),
    Identity("one to a power", "1**u", "1"),
    Identity("root of a number", "12**(3/2)", "12*sqrt(12)"),
    Identity("exponential of a logarithm", "exp(3*log(u))", "u**3"),
    Identity("sine and cosine", "v*sin(u)**2 + v*cos(u)**2", "v"),
    Identity("secant and tangent", "v*sec(u)**2 - v*tan(u)**2", "v"),
    Identity("hyperbolic sine and cosine", "v*cosh(u)**2 - v*sinh(u)**2", "v"),
    Identity("sine over cosine", "v*sin(u)/cos(u)", "v*tan(u)"),
    Identity("cosine over sine", "v*cos(u)/sin(u)", "v*cot(u)"),
    Identity("hyperbolic sine over cosine", "v*sinh(u)/cosh(u)", "v*tanh(u)"),
    Identity("odd function", "sin(-u)", "-sin(u)"),
    Identity("even function", "cos(-u)", "cos(u)"),
    Identity("abs of a multiple", "abs(-3*u)", "3*abs(u)"),
    Identity("abs of an even power", "abs(u**2)", "u**2"),
    Identity("the same choice", "max(u, u)", "u"),
    Identity("the same branches", "where(u > 0, v, v)", "v"),
    Identity("negative whole order", "besselj(-3, u)", "-besselj(3, u)"),
    Identity("negative whole order of K", "besselk(-2, u)", "besselk(2, u)"),
    Identity("equal exponents", "logsumexp(u, u, u)", "u + log(3)"),
    Identity("two equal exponents", "logaddexp(u, u)", "u + log(2)"),
    Identity("sign squared", "sign(u)*abs(u)", "u"),
)

COMPOSITIONS = (
    Identity("logarithm of an exponential", "log(exp(u))", "u"),
    Identity("abs of abs", "abs(abs(u))", "abs(u)"),
    Identity("abs of an exponential", "abs(exp(u))", "exp(u)"),
    Identity("sign of an exponential", "sign(exp(u))", "1"),
    Identity("sine of arcsine", "sin(asin(u))", "u"),
    Identity("cosine of arccosine", "cos(acos(u))", "u"),
    Identity("tangent of arctangent", "tan(atan(u))", "u"),
    Identity("cosine of arcsine", "cos(asin(u))", "sqrt(1 - u**2)"),
    Identity("sine of arccosine", "sin(acos(u))", "sqrt(1 - u**2)"),
    Identity("secant of arctangent squared", "sec(atan(u))", "sqrt(1 + u**2)"),
    Identity("sinh of arsinh", "sinh(asinh(u))", "u"),
    Identity("cosh of arcosh", "cosh(acosh(u))", "u"),
    Identity("tanh of artanh", "tanh(atanh(u))", "u"),
    Identity("cosh of arsinh", "cosh(asinh(u))", "sqrt(1 + u**2)"),
    Identity("arsinh of sinh", "asinh(sinh(u))", "u"),
    Identity("artanh of tanh", "atanh(tanh(u))", "u"),
    Identity("cube of a cube root", "cbrt(u**3)", "u"),
    Identity("log1p of expm1", "log1p(expm1(u))", "u"),
    Identity("expm1 of log1p", "expm1(log1p(u))", "u"),
    Identity("sigmoid of logit", "sigmoid(logit(u))", "u"),
    Identity("logit of sigmoid", "logit(sigmoid(u))", "u"),
)

VALUES = (
    Identity("sin 0", "sin(0)", "0"),
    Identity("sin pi", "sin(pi)", "0"),
    Identity("sin pi/2", "sin(pi/2)", "1"),
    Identity("sin pi/6", "sin(pi/6)", "1/2"),
    Identity("cos 0", "cos(0)", "1"),
    Identity("cos pi", "cos(pi)", "-1"),
    Identity("cos pi/2", "cos(pi/2)", "0"),
    Identity("cos pi/3", "cos(pi/3)", "1/2"),
    Identity("tan 0", "tan(0)", "0"),
    Identity("tan pi", "tan(pi)", "0"),
    Identity("tan pi/4", "tan(pi/4)", "1"),
    Identity("sec 0", "sec(0)", "1"),
    Identity("exp 0", "exp(0)", "1"),
    Identity("exp 1", "exp(1)", "e"),
    Identity("log 1", "log(1)", "0"),
    Identity("log e", "log(e)", "1"),
    Identity("log2 1", "log2(1)", "0"),
    Identity("log2 2", "log2(2)", "1"),
    Identity("log10 1", "log10(1)", "0"),
    Identity("log10 10", "log10(10)", "1"),
    Identity("log1p 0", "log1p(0)", "0"),
    Identity("expm1 0", "expm1(0)", "0"),
    Identity("asin 0", "asin(0)", "0"),
    Identity("asin 1", "asin(1)", "pi/2"),
    Identity("acos 1", "acos(1)", "0"),
    Identity("acos 0", "acos(0)", "pi/2"),
    Identity("atan 0", "atan(0)", "0"),
    Identity("atan 1", "atan(1)", "pi/4"),
    Identity("sinh 0", "sinh(0)", "0"),
    Identity("cosh 0", "cosh(0)", "1"),
    Identity("tanh 0", "tanh(0)", "0"),
    Identity("sech 0", "sech(0)", "1"),
    Identity("sigmoid 0", "sigmoid(0)", "1/2"),
    Identity("erf 0", "erf(0)", "0"),
    Identity("erfc 0", "erfc(0)", "1"),
    Identity("gamma 1", "gamma(1)", "1"),
    Identity("cbrt 0", "cbrt(0)", "0"),
    Identity("cbrt 1", "cbrt(1)", "1"),
    Identity("cbrt 8", "cbrt(8)", "2"),
)
