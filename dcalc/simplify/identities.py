"""The identities that simplification uses: data, each with a name and a condition.

Each holds wherever its left side is defined (``when`` narrows it further), and is
checked numerically over its domain. `VALUES` and `COMPOSITIONS` are looked up by the outer
function; those in `STRUCTURAL` describe what `build` and the functions below do in code.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ONE, Expr, Number, exact, make, number
from dcalc.functions import Row
from dcalc.parse import parse
from dcalc.simplify.order import key

if TYPE_CHECKING:
    from dcalc.simplify.build import Build, Exponent


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

_SQUARES = (  # f(u)**2 + sign*g(u)**2 = value
    (table.SIN, table.COS, 1, 1),
    (table.SEC, table.TAN, -1, 1),
    (table.CSC, table.COT, -1, 1),
    (table.COSH, table.SINH, -1, 1),
)
_RATIOS = {  # f(u)*g(u)**-1 = h(u)
    table.SIN: (table.COS, table.TAN),
    table.COS: (table.SIN, table.COT),
    table.SINH: (table.COSH, table.TANH),
    table.COSH: (table.SINH, table.COTH),
}
_SQUARED = {row for rows in _SQUARES for row in rows[:2]}
_TWO = number(2)


def collapse_squares(counts: dict[Expr, Number]) -> Number:
    """`c*sin(u)**2 + c*cos(u)**2` is c; returns what adds to the constant."""
    constant: Number = 0
    for term in [t for t in counts if t.op is table.POW and t.args[1] is _TWO and t.args[0].op in _SQUARED]:
        for first, second, sign, value in _SQUARES:
            if term.args[0].op is first and counts.get(term):
                partner = make(table.POW, make(second, *term.args[0].args), _TWO)
                if counts.get(partner) == sign * counts[term]:
                    constant += value * counts[term]
                    counts[term] = counts[partner] = 0
    return constant


def collapse_ratio(build: Build, factors: list[Expr], powers: dict[Expr, Exponent]) -> list[Expr]:
    """`sin(u)/cos(u)` is tan(u), and its kin; `sign(u)*abs(u)` is u."""
    for base, exponent in list(powers.items()):
        other = _RATIOS.get(base.op)
        if other is not None and isinstance(exponent, int) and exponent > 0:
            below = make(other[0], *base.args)
            if powers.get(below) == -exponent:
                ratio = build.power(make(other[1], *base.args), number(exponent))
                gone = {base, below}
                rest = [f for f in factors if build.base_and_exponent(f)[0] not in gone]
                return [*rest, ratio]
        if base.op is table.SIGN and exponent == 1:
            size = make(table.ABS, *base.args)
            if powers.get(size) == 1 and base.args[0].op is not table.MUL and base.args[0] not in powers:
                return [f for f in factors if f is not base and f is not size] + [base.args[0]]
    return factors


def exponential(build: Build, exponent: Expr) -> Expr:
    """exp of a simplified argument: `exp(c*log(u))` is u**c for a rational c."""
    coefficient, rest = build.split(exponent)
    if rest.op is table.LOG:
        base: Expr = rest.args[0]
        return build.power(base, build.number(coefficient))
    return _of_one(build, table.EXP, exponent)


def call(build: Build, row: Row, args: tuple[Expr, ...]) -> Expr:
    """A function of simplified arguments, simplified."""
    if row is table.EXP:
        return exponential(build, args[0])
    if row is table.SQRT:
        return build.power(args[0], _half())
    if rules.plain_body(row):
        return rules.body(make(row, *args), build.apply)
    if len(args) == 1 and row.fold:
        return args[0]
    if len(args) == 1:
        return _of_one(build, row, args[0])
    if row in (table.MAX, table.MIN):
        args = tuple(dict.fromkeys(args))
        return args[0] if len(args) == 1 else make(row, *args)
    if row is table.WHERE and args[1] is args[2]:
        return args[1]
    return make(row, *args)


def _half() -> Expr:
    return make(table.POW, _TWO, MINUS_ONE)


def _of_one(build: Build, row: Row, arg: Expr) -> Expr:
    found = _lookup(build, row, arg)
    if found is not None:
        return found
    if row.parity or row is table.ABS:
        coefficient, rest = build.split(arg)
        if row is table.ABS:
            return _abs(build, coefficient, rest)
        value = exact(arg)
        if (coefficient if value is None else value) < 0:
            flipped = make(row, build.mul((MINUS_ONE, arg)))
            return flipped if row.parity == "even" else build.mul((MINUS_ONE, flipped))
    return make(row, arg)


def _abs(build: Build, coefficient: Number, rest: Expr) -> Expr:
    value = exact(rest)
    if value is not None:
        return build.number(_size(coefficient * value))
    inner = rest
    if rest.op is not table.POW or not _even(rest.args[1]):
        inner = make(table.ABS, rest)
    return build.mul((build.number(_size(coefficient)), inner))


def _size(value: Number) -> Number:
    return -value if value < 0 else value


def _even(exponent: Expr) -> bool:
    value = exact(exponent)
    return type(value) is int and value % 2 == 0


_BY_OUTER: dict[str, list[Identity]] = {}
for _rule in VALUES:
    _BY_OUTER.setdefault(_rule.before.partition("(")[0], []).append(_rule)
_BY_PAIR = {tuple(rule.before.split("(")[:2]): rule for rule in COMPOSITIONS}


def _lookup(build: Build, row: Row, arg: Expr) -> Expr | None:
    """The right side of a rule of VALUES or COMPOSITIONS for ``row(arg)``."""
    rule = _BY_PAIR.get((row.name, arg.op.name))
    if rule is not None:
        rest, after = _composition(rule)
        if arg.args[1:] == rest:
            return after.build({"u": arg.args[0]}, build.apply)
    if row.name in _BY_OUTER and (not arg.args or exact(arg) is not None or key(arg)[0] != 2):
        return _values(row.name).get(arg)
    return None


@cache
def _composition(rule: Identity) -> tuple[tuple[Expr, ...], rules.Template]:
    """What must follow u inside (the 3 of u**3), and the right side."""
    return parse(rule.before).root.args[0].args[1:], rules.Template(parse(rule.after).root)


@cache
def _values(name: str) -> dict[Expr, Expr]:
    """The values of a function at constants, by simplified argument; parsed when first asked for."""
    from dcalc.simplify.build import Build

    plain = Build()
    found = {}
    for rule in _BY_OUTER[name]:
        before, after = (rules.Template(parse(text).root) for text in (_inside(rule.before), rule.after))
        found[before.build({}, plain.apply)] = after.build({}, plain.apply)
    return found


def _inside(text: str) -> str:
    return text[text.index("(") + 1 : -1]
