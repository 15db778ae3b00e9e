"""What tests hold dcalc against: every function of the table, and whole expressions, in mpmath.

A truth takes and returns mpmath numbers at the precision in force, and is written from the definition.
The points are exact doubles inside the domain, extreme ones last; none is at a kink, a jump or an edge.
A function with a body needs no truth of its own: it is then that of its body.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any, NamedTuple

from mpmath import libmp, mp, mpf

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, make, number, symbol, walk
from dcalc.functions import Row
from dcalc.parser import parse

Point = tuple[float, ...]


class Truth(NamedTuple):
    """A function in mpmath, and points (tuples of arguments) at which to ask it."""

    f: Callable[..., Any]
    points: tuple[Point, ...]


def _at(*points: float | Point) -> tuple[Point, ...]:
    return tuple(point if isinstance(point, tuple) else (float(point),) for point in points)


def _real(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: mp.re(f(*args))


def _nudge(f: Callable[..., Any]) -> Callable[..., Any]:
    """f with 60 more digits, where its plain formula cancels."""

    def more(*args: Any) -> Any:
        with mp.workdps(mp.dps + 60):
            value = f(*args)
        return +value

    return more


def _logsumexp(*z: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(part) for part in z))


def _root(x: Any, n: Any) -> Any:
    return -mp.root(-x, int(n)) if x < 0 else x ** (1 / mpf(n))


def polygamma(n: Any, x: Any) -> Any:
    if n >= 0 and n == int(n):
        return mp.psi(int(n), x)
    with mp.workdps(2 * mp.dps):  # Espinosa and Moll 2004, as a limit where n is a whole number
        n += mpf(10) ** -mp.dps if n == int(n) else 0
        value = (mp.zeta(n + 1, x, 1) + (mp.psi(0, -n) + mp.euler) * mp.zeta(n + 1, x)) / mp.gamma(-n)
    return +value


def _invdigamma(x: Any) -> Any:
    start = mp.exp(x) + mpf(1) / 2 if x > -2 else -1 / (x + mp.euler)
    return mp.findroot(lambda y: mp.psi(0, y) - x, start)


def _hurwitz(s: Any, a: Any) -> Any:
    if a > 0:
        return mp.zeta(s, a)
    if s <= 0:
        return -mp.bernpoly(1 - int(s), a) / (1 - s)
    steps = int(mp.ceil(-a)) + 1
    return mp.zeta(s, a + steps) + mp.fsum((a + k) ** -int(s) for k in range(steps))


def _spherical(n: Any, x: Any) -> Any:
    if x == 0:
        return mpf(0 if n else 1)
    size = mp.sqrt(mp.pi / (2 * abs(x))) * mp.besselj(n + mpf(1) / 2, abs(x))
    return -size if x < 0 and n % 2 else size


def _airy_scale(x: Any) -> Any:
    return mp.exp(2 * x * mp.sqrt(x) / 3)


def _tanpi(x: Any) -> Any:
    return mp.sinpi(x) / mp.cospi(x)


_ANY = _at(0.5, -1.25, 3.0, 0.0, 1e-8, -1e-300)
_FAR = (*_ANY, (25.0,), (-300.0,))
_POSITIVE = _at(0.5, 1.75, 3.0, 1e-8, 40.0, 1e-300)
_UNIT = _at(0.5, -0.75, 0.0, 1e-8, 0.9999999)
_OUTER = _at(1.5, -2.75, 1e6, 1.0000001, -1.0000001)
_NONZERO = _at(0.5, -1.25, 3.0, 1e-8, -30.0)
_CIRCLE = _at(0.5, -1.25, 3.0, 1e-8, 1e22, -300.0)
_AIRY = _at(0.5, -1.25, 3.0, 0.0, 1e-8, 10.0, -20.0)
_GAMMA = _at(0.5, 1.75, -0.5, -2.75, 12.0, 1e-8, 150.5, -20.25)


class Truths(dict[str, Truth]):
    """Truths by the keys of rows. Those of rows with a body follow from it where none is written down, so
    that they are contained too; iteration gives the written ones alone."""

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or (key in table.BY_KEY and bool(table.BY_KEY[str(key)].body))

    def __missing__(self, key: str) -> Truth:
        row = table.BY_KEY[key]
        if not row.body:
            raise KeyError(key)
        return Truth(lambda *args: _of_body(row, args), tuple(_points(row)))


def _arguments(row: Row, args: Sequence[Any]) -> dict[str, Any]:
    return {f"argument{place}": arg for place, arg in enumerate(args)}


def _of_body(row: Row, args: Sequence[Any]) -> Any:
    """The body of a row at mpmath numbers. An index is a number, since no variable may choose."""
    nodes = [symbol(name) for name in _arguments(row, args)]
    if row.chooses:
        nodes[0] = number(int(args[0]))
    return value(rules.body(make(row, *nodes)), _arguments(row, args))


def _points(row: Row) -> Iterator[Point]:
    """Points inside the domain of a row, off the zeros of its kinks."""
    count = max(row.minimum, min(len(row.args) + row.variadic, row.maximum or 3))
    choices = [(0.5, -0.75, 1.75, 3.0)] * count
    if row.chooses:
        choices[0] = (0.0, 1.0)  # type: ignore[assignment]  # two choices rather than four
    for point in islice(product(*choices), 0, None, 1 + 4 * (count - 1)):
        at = dict(zip(row.args, point, strict=False))
        if row.domain and value(parse(f"where({row.domain}, 1, 0)", variables=row.args).root, at) != 1:
            continue
        if row.kinks and value(parse(row.kinks, variables=row.args).root, at) == 0:
            continue
        if _of_body(row, point) is not None:
            yield point


TRUTHS = Truths(
    {
        # operators and constants
        "+": Truth(lambda *z: mp.fsum(z), _at((1.5, -2.25), (1e30, 1.0))),
        "-": Truth(lambda u, v: u - v, _at((1.5, -2.25), (1.0, 1e-30))),
        "*": Truth(lambda *z: mp.fprod(z), _at((1.5, -2.25), (1e-200, 1e-200))),
        "/": Truth(lambda u, v: u / v, _at((1.5, -2.25), (1.0, 3.0), (0.0, 7.0))),
        "neg": Truth(lambda u: -u, _ANY),
        "**": Truth(
            lambda u, v: mp.power(u, v),
            _at((1.5, -2.25), (2.0, 10.0), (-1.5, 3.0), (-2.0, -5.0), (0.25, 0.5), (1.5, 1e3), (0.0, 2.0)),
        ),
        "e": Truth(lambda: +mp.e, ((),)),
        "pi": Truth(lambda: +mp.pi, ((),)),
        # exponentials and logarithms
        "exp": Truth(mp.exp, _FAR),
        "expm1": Truth(_nudge(mp.expm1), _FAR),
        "exp2": Truth(lambda x: mpf(2) ** x, _FAR),
        "exp10": Truth(lambda x: mpf(10) ** x, _FAR),
        "log": Truth(mp.log, _POSITIVE),
        "log/2": Truth(mp.log, _at((0.5, 3.0), (8.0, 2.0), (3.0, 0.25))),
        "log_base": Truth(lambda b, x: mp.log(x, b), _at((3.0, 0.5), (2.0, 8.0), (0.25, 3.0))),
        "log1p": Truth(_nudge(mp.log1p), _at(0.5, -0.75, 3.0, 0.0, 1e-8, -1e-300, 1e6)),
        "log2": Truth(lambda x: mp.log(x, 2), (*_POSITIVE, (8.0,))),
        "log10": Truth(mp.log10, (*_POSITIVE, (1000.0,))),
        # powers and roots
        "sqrt": Truth(mp.sqrt, _POSITIVE),
        "cbrt": Truth(lambda x: _root(x, 3), _at(0.5, -8.0, 3.0, 1e-8, -1e-300, 27.0)),
        "root": Truth(_root, _at((0.5, 3.0), (-8.0, 3.0), (16.0, 4.0), (3.0, 2.5), (2.0, -3.0), (-2.0, -3.0))),
        "hypot": Truth(lambda u, v: mp.sqrt(u * u + v * v), _at((3.0, 4.0), (1.0, -1e-8), (1e-200, 1e-200))),
        "norm": Truth(
            lambda *z: mp.sqrt(mp.fsum(part * part for part in z)),
            _at((3.0,), (3.0, 4.0), (1.0, -2.0, 2.0), (1.0, 1e-8, 2.0)),
        ),
        "pow": Truth(mp.power, _at((1.5, -2.25), (-1.5, 3.0))),
        "inv": Truth(lambda x: 1 / x, _NONZERO),
        "abs2": Truth(lambda x: x * x, _ANY),
        # trigonometry
        "sin": Truth(mp.sin, (*_ANY, *_CIRCLE)),
        "cos": Truth(mp.cos, (*_ANY, *_CIRCLE)),
        "tan": Truth(mp.tan, (*_ANY, *_CIRCLE)),
        "csc": Truth(mp.csc, _CIRCLE),
        "sec": Truth(mp.sec, (*_ANY, *_CIRCLE)),
        "cot": Truth(mp.cot, _CIRCLE),
        "sinpi": Truth(mp.sinpi, _at(0.25, -1.125, 3.0, 1e-8, 1e10)),
        "cospi": Truth(mp.cospi, _at(0.25, -1.125, 2.5, 1e-8, 1e10)),
        "haversin": Truth(_nudge(lambda x: (1 - mp.cos(x)) / 2), _CIRCLE),
        "asin": Truth(_real(mp.asin), _UNIT),
        "acos": Truth(_real(mp.acos), _UNIT),
        "atan": Truth(mp.atan, (*_ANY, (1e10,))),
        "acsc": Truth(_real(mp.acsc), _OUTER),
        "asec": Truth(_real(mp.asec), _OUTER),
        "acot": Truth(mp.acot, _NONZERO),
        "atan2": Truth(mp.atan2, _at((1.0, 2.0), (1.0, -2.0), (-1.0, -2.0), (-3.0, 1e-8), (1e-8, -3.0))),
        # hyperbolic functions
        "sinh": Truth(_nudge(mp.sinh), _FAR),
        "cosh": Truth(mp.cosh, _FAR),
        "tanh": Truth(_nudge(mp.tanh), _FAR),
        "csch": Truth(_nudge(mp.csch), _NONZERO),
        "sech": Truth(mp.sech, _FAR),
        "coth": Truth(_nudge(mp.coth), _NONZERO),
        "asinh": Truth(_nudge(mp.asinh), (*_ANY, (1e10,))),
        "acosh": Truth(_real(mp.acosh), _at(1.5, 3.0, 1e6, 1.0000001)),
        "atanh": Truth(_nudge(_real(mp.atanh)), _UNIT),
        "acsch": Truth(mp.acsch, _NONZERO),
        "asech": Truth(_real(mp.asech), _at(0.5, 0.75, 1e-8, 0.9999999)),
        "acoth": Truth(_nudge(_real(mp.acoth)), _OUTER),
        # kinks, jumps and choices
        "abs": Truth(mp.fabs, _NONZERO),
        "sign": Truth(mp.sign, _NONZERO),
        "step": Truth(lambda x: mpf(1 if x >= 0 else 0), _NONZERO),
        "floor": Truth(mp.floor, _at(0.5, -1.25, 3.75, 1e-8, -1e-300, 1e10 + 0.5)),
        "ceil": Truth(mp.ceil, _at(0.5, -1.25, 3.75, 1e-8, -1e-300, 1e10 + 0.5)),
        "round": Truth(mp.nint, _at(0.25, -1.25, 3.75, 1e-8, 7.0, 0.49999999999999994)),
        "trunc": Truth(lambda x: mp.sign(x) * mp.floor(abs(x)), _at(0.5, -1.25, 3.75, 1e-8, -1e-300)),
        "frac": Truth(mp.frac, _at(0.5, -1.25, 3.75, 1e-8)),
        "mod": Truth(lambda x, y: x - y * mp.floor(x / y), _at((5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (0.875, 0.25))),
        "min": Truth(min, _at((1.5, -2.25), (1.0, 2.0))),
        "max": Truth(max, _at((1.5, -2.25), (1.0, 2.0))),
        "fmod": Truth(
            lambda x, y: mp.sign(x) * mp.fmod(abs(x), abs(y)), _at((5.5, 2.0), (-5.5, 2.0), (5.5, -2.0), (0.875, 0.25))
        ),
        "hardtanh": Truth(
            lambda x, lo=mpf(-1), hi=mpf(1): min(max(x, lo), hi),
            _at((0.5, -1.0, 1.0), (-2.0, -1.0, 1.0), (3.0, 0.0, 2.0)),
        ),
        "clip": Truth(lambda x, lo, hi: min(max(x, lo), hi), _at((0.5, 0.0, 1.0), (-2.0, 0.0, 1.0), (3.0, 0.0, 1.0))),
        "where": Truth(lambda c, a, b: a if c else b, _at((True, 1.5, 2.5), (False, 1.5, 2.5))),
        "sinc": Truth(_nudge(mp.sinc), (*_ANY, (1e6,))),
        # activations and losses
        "relu": Truth(lambda x: max(x, mpf(0)), _NONZERO),
        "leaky_relu": Truth(lambda x, a=mpf(1) / 100: x if x >= 0 else a * x, _at((0.5, 0.25), (-1.25, 0.25))),
        "elu": Truth(_nudge(lambda x: x if x >= 0 else mp.expm1(x)), _at(0.5, -1.25, -1e-8, -40.0)),
        "sigmoid": Truth(lambda x: 1 / (1 + mp.exp(-x)), _FAR),
        "softplus": Truth(_nudge(lambda x: mp.log1p(mp.exp(x))), _at(0.5, -1.25, 3.0, 0.0, 50.0, -100.0)),
        "swish": Truth(lambda x: x / (1 + mp.exp(-x)), _FAR),
        "softsign": Truth(lambda x: x / (1 + abs(x)), _NONZERO),
        "mish": Truth(_nudge(lambda x: x * mp.tanh(mp.log1p(mp.exp(x)))), (*_FAR, (800.0,))),
        "gelu": Truth(_nudge(lambda x: x * mp.ncdf(x)), _at(0.5, -1.25, 3.0, 0.0, -10.0)),
        "logit": Truth(lambda p: mp.log(p / (1 - p)), _at(0.5, 0.25, 0.50000001, 1e-300, 0.9999999)),
        "softmax": Truth(
            lambda i, *z: mp.exp(z[int(i)]) / mp.fsum(mp.exp(part) for part in z),
            _at((0.0, 1.0, 2.0, 0.5), (2.0, 1.0, 2.0, 0.5)),
        ),
        "mse": Truth(lambda y, p: (y - p) ** 2, _at((1.0, 0.25))),
        "mae": Truth(lambda y, p: abs(y - p), _at((1.0, 0.25), (0.0, 0.25))),
        "bce": Truth(lambda y, p: -y * mp.log(p) - (1 - y) * mp.log(1 - p), _at((1.0, 0.25), (0.0, 0.25), (0.5, 0.75))),
        "bce_logits": Truth(
            _nudge(lambda y, z: mp.log1p(mp.exp(z)) - y * z), _at((1.0, 0.25), (0.0, -3.0), (1.0, 40.0), (0.5, 2.0))
        ),
        "huber": Truth(
            lambda y, p, d=mpf(1): (y - p) ** 2 / 2 if abs(y - p) <= d else d * (abs(y - p) - d / 2),
            _at((1.0, 0.25, 1.0), (3.0, 0.25, 1.0), (-3.0, 0.25, 0.5)),
        ),
        "cross_entropy": Truth(
            lambda i, *z: _logsumexp(*z) - z[int(i)], _at((0.0, 1.0, 2.0, 0.5), (2.0, 1.0, 2.0, 0.5))
        ),
        # logarithms and exponentials combined
        "logsumexp": Truth(_logsumexp, _at((1.0,), (1.0, 2.0, 0.5), (100.0, -100.0), (-300.0, -301.0))),
        "logaddexp": Truth(_logsumexp, _at((1.0, 2.0), (30.0, -30.0))),
        "logsubexp": Truth(
            _nudge(lambda u, v: mp.log(abs(mp.exp(u) - mp.exp(v)))), _at((1.0, 2.0), (2.0, 1.0), (1.0, 1.0000001))
        ),
        "log1mexp": Truth(_nudge(lambda x: mp.log(1 - mp.exp(x))), _at(-0.5, -1.25, -1e-8, -40.0)),
        "log2mexp": Truth(_nudge(lambda x: mp.log(2 - mp.exp(x))), _at(0.5, -1.25, 1e-8, -40.0, 0.6931)),
        "logexpm1": Truth(_nudge(lambda x: mp.log(mp.expm1(x))), _at(0.5, 1.25, 1e-8, 40.0)),
        "log1pmx": Truth(_nudge(lambda x: mp.log1p(x) - x), _at(0.5, -0.75, 1e-8, -1e-8, 1e6)),
        "logmxp1": Truth(_nudge(lambda x: mp.log(x) - x + 1), _at(0.5, 1.75, 1.00000001, 1e-300)),
        "log1psq": Truth(_nudge(lambda x: mp.log1p(x * x)), _at(0.5, -1.25, 1e-8, 1e6)),
        "xlogx": Truth(lambda x: x * mp.log(x), _POSITIVE),
        "xlogy": Truth(lambda x, y: x * mp.log(y), _at((0.5, 1.75), (-2.0, 1e-300), (0.0, 3.0))),
        "xlog1py": Truth(_nudge(lambda x, y: x * mp.log1p(y)), _at((0.5, 1.75), (-2.0, -1e-8), (0.0, 3.0))),
        # error functions
        "erf": Truth(mp.erf, (*_ANY, (5.0,))),
        "erf/2": Truth(
            _nudge(lambda a, b: mp.erf(b) - mp.erf(a)), _at((0.5, 1.0), (-2.0, 3.0), (5.0, 6.0), (-6.0, -5.0))
        ),
        "erfc": Truth(_nudge(mp.erfc), (*_ANY, (25.0,), (-6.0,))),
        "erfi": Truth(mp.erfi, (*_ANY, (25.0,))),
        "erfinv": Truth(mp.erfinv, _UNIT),
        "erfcinv": Truth(_nudge(lambda x: mp.erfinv(1 - x)), _at(0.5, 1.75, 1e-8, 1.9999999)),
        "erfcx": Truth(_nudge(lambda x: mp.exp(x * x) * mp.erfc(x)), _at(0.5, -1.25, 3.0, 0.0, 20.0, -10.0)),
        "logerfc": Truth(_nudge(lambda x: mp.log(mp.erfc(x))), _at(0.5, -1.25, 3.0, 0.0, 20.0, -10.0)),
        "logerfcx": Truth(_nudge(lambda x: x * x + mp.log(mp.erfc(x))), _at(0.5, -1.25, 3.0, 0.0, 20.0, -10.0)),
        "normpdf": Truth(mp.npdf, _at(0.5, -1.25, 8.0)),
        "normcdf": Truth(_nudge(mp.ncdf), (*_ANY, (-30.0,))),
        "lognormcdf": Truth(
            _nudge(lambda x: mp.log1p(-mp.ncdf(-x)) if x > 0 else mp.log(mp.ncdf(x))), (*_ANY, (-40.0,), (12.0,))
        ),
        "norminv": Truth(_nudge(lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1)), _at(0.5, 0.75, 1e-8, 0.9999999)),
        "dawson": Truth(lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x), (*_ANY, (20.0,))),
        "fresnels": Truth(mp.fresnels, (*_ANY, (20.5,))),
        "fresnelc": Truth(mp.fresnelc, (*_ANY, (20.5,))),
        # gamma functions
        "gamma": Truth(mp.gamma, _GAMMA),
        "lgamma": Truth(lambda x: mp.log(abs(mp.gamma(x))), (*_GAMMA, (1e6,))),
        "digamma": Truth(mp.digamma, (*_GAMMA, (1e6,))),
        "trigamma": Truth(lambda x: mp.psi(1, x), _at(0.5, 1.75, -0.5, 12.0)),
        "polygamma": Truth(polygamma, _at((1.0, 0.5), (2.0, -0.5), (3.0, 12.0), (0.0, 1.75), (-2.0, 0.5), (0.5, 1.75))),
        "invdigamma": Truth(_invdigamma, _at(0.5, -1.25, 3.0, -40.0, 100.0)),
        "beta": Truth(mp.beta, _at((0.5, 1.75), (-0.5, -0.484375), (3.0, 4.0), (20.0, 30.5))),
        "logbeta": Truth(
            lambda a, b: mp.log(abs(mp.beta(a, b))), _at((0.5, 1.75), (-1.234375, -2.96875), (20.0, 30.5))
        ),
        "factorial": Truth(mp.factorial, _at(0.5, 5.0, -1.5, 60.25)),
        "uppergamma": Truth(
            lambda s, x: mp.re(mp.gammainc(s, x)), _at((0.5, 1.75), (3.0, 0.5), (-1.5, 2.0), (2.0, -0.5), (2.5, 30.0))
        ),
        "lowergamma": Truth(
            lambda s, x: mp.re(mp.gammainc(s, 0, x)), _at((0.5, 1.75), (3.0, 0.5), (2.0, -0.5), (2.5, 1e-8))
        ),
        "gammap": Truth(
            lambda s, x: mp.re(mp.gammainc(s, 0, x, regularized=True)),
            _at((0.5, 1.75), (3.0, 0.5), (2.0, -0.5), (2.5, 1e-8), (200.0, 210.0)),
        ),
        "gammaq": Truth(
            lambda s, x: mp.re(mp.gammainc(s, x, regularized=True)),
            _at((0.5, 1.75), (3.0, 0.5), (2.0, -0.5), (2.5, 30.0), (200.0, 190.0)),
        ),
        "betainc": Truth(
            lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
            _at((0.5, 1.75, 0.25), (3.0, 2.0, 0.5), (2.0, 0.5, 0.9375), (20.0, 30.5, 0.125), (2.5, 3.0, 1e-8)),
        ),
        "lowerbeta": Truth(
            lambda a, b, x: mp.betainc(a, b, 0, x), _at((0.5, 1.75, 0.25), (3.0, 2.0, 0.5), (2.0, 0.5, 0.9375))
        ),
        "zeta": Truth(mp.zeta, _at(0.5, -1.25, 3.0, 0.0, 1.0000001, 30.0)),
        "zeta/2": Truth(
            _hurwitz, _at((0.5, 0.25), (3.0, 1.75), (-2.0, -2.078125), (3.0, -0.5), (2.0, -1.25), (-1.5, 2.0))
        ),
        "polylog": Truth(
            _real(mp.polylog), _at((2.0, 0.5), (0.5, -0.75), (-1.0, 0.75), (1.0, -0.25), (3.0, 0.9375), (2.5, 1e-8))
        ),
        "dilog": Truth(lambda x: mp.re(mp.polylog(2, x)), _at(0.5, -1.25, 0.9375, 1e-8, -300.0)),
        "binomial": Truth(
            mp.binomial, _at((5.0, 2.5), (2.5, 1.25), (7.0, 3.0), (-0.5, 4.0), (60.0, 30.5), (-2.5, 1.25))
        ),
        # orthogonal polynomials
        "legendre": Truth(
            lambda n, x: mp.legendre(int(n), x), _at((3.0, 0.25), (0.0, 0.5), (20.0, -1.5), (80.0, 0.75), (1.0, 1e-8))
        ),
        "chebyshevt": Truth(
            lambda n, x: mp.chebyt(int(n), x), _at((3.0, 0.25), (0.0, 0.5), (20.0, -1.5), (80.0, 0.75), (1.0, 1e-8))
        ),
        "chebyshevu": Truth(
            lambda n, x: mp.chebyu(int(n), x), _at((3.0, 0.25), (0.0, 0.5), (20.0, -1.5), (80.0, 0.75), (1.0, 1e-8))
        ),
        "gegenbauer": Truth(
            lambda n, a, x: mp.gegenbauer(int(n), a, x),
            _at((80.0, 1.5, 0.75), (3.0, 0.5, 0.25), (0.0, 2.0, 0.5), (8.0, 1.5, -1.5)),
        ),
        "hermite": Truth(
            lambda n, x: mp.hermite(int(n), x), _at((3.0, 0.25), (0.0, 0.5), (20.0, -1.5), (80.0, 0.75), (1.0, 1e-8))
        ),
        "laguerre/2": Truth(lambda n, x: mp.laguerre(int(n), 0, x), _at((3.0, 0.25), (8.0, -1.5))),
        "laguerre/3": Truth(
            lambda n, a, x: mp.laguerre(int(n), a, x),
            _at((80.0, 1.5, 30.0), (3.0, 0.5, 0.25), (0.0, 2.0, 0.5), (8.0, -0.5, -1.5)),
        ),
        # integrals and inverses
        "lambertw/2": Truth(
            lambda k, x: mp.re(mp.lambertw(x, int(k))), _at((-1.0, -0.25), (0.0, 0.5), (-1.0, -0.367), (-1.0, -1e-8))
        ),
        "lambertw": Truth(_real(mp.lambertw), _at(0.5, -0.25, 3.0, 0.0, 1e-8, 1e6, -0.367)),
        "ei": Truth(mp.ei, _NONZERO),
        "expint": Truth(mp.e1, _at(0.5, 1.75, 1e-8, 30.0)),
        "expint/2": Truth(mp.expint, _at((2.0, 0.5), (1.0, 1.75), (0.5, 3.0), (-1.0, 2.0), (3.0, 30.0))),
        "li": Truth(mp.li, _at(0.5, 1.75, 3.0, 1e-8, 1e6)),
        "si": Truth(mp.si, (*_ANY, (100.0,))),
        "ci": Truth(mp.ci, _at(0.5, 1.75, 1e-8, 100.0)),
        "shi": Truth(_nudge(_real(mp.shi)), _ANY),
        "chi": Truth(_real(mp.chi), _at(0.5, 1.75, 1e-8, 30.0)),
        "elliptic_k": Truth(mp.ellipk, _at(0.5, -1.25, 1e-8, -1e6, 0.9999999)),
        "elliptic_e": Truth(mp.ellipe, _at(0.5, -1.25, 1e-8, -1e6, 0.9999999)),
        "elliptic_f": Truth(
            mp.ellipf, _at((0.5, 0.25), (2.0, -1.25), (-5.0, 0.75), (0.5, 2.0), (1.0, 1.0625), (0.5, 1e-8))
        ),
        "elliptic_e/2": Truth(
            mp.ellipe, _at((0.5, 0.25), (2.0, -1.25), (-5.0, 0.75), (0.5, 2.0), (1.0, 1.0625), (0.5, 1e-8))
        ),
        # Bessel and Airy functions
        "besselj": Truth(_real(mp.besselj), _at((1.0, 0.5), (0.0, 3.0), (2.0, -1.25), (0.5, 2.0), (-1.0, 40.0))),
        "bessely": Truth(mp.bessely, _at((1.0, 0.5), (0.0, 3.0), (0.5, 2.0), (2.0, 40.0))),
        "besseli": Truth(_real(mp.besseli), _at((1.0, 0.5), (0.0, 3.0), (2.0, -1.25), (0.5, 2.0), (1.0, 40.0))),
        "besselk": Truth(mp.besselk, _at((1.0, 0.5), (0.5, 2.0), (2.25, 40.0))),
        "sphericalbesselj": Truth(_spherical, _at((0.0, 0.5), (1.0, 0.5), (2.0, -1.25), (3.0, 20.0))),
        "besselj0": Truth(lambda x: mp.besselj(0, x), _at(0.5, -1.25, 20.0)),
        "besselj1": Truth(lambda x: mp.besselj(1, x), _at(0.5, -1.25, 20.0)),
        "bessely0": Truth(lambda x: mp.bessely(0, x), _at(0.5, 20.0)),
        "bessely1": Truth(lambda x: mp.bessely(1, x), _at(0.5, 20.0)),
        "besseljx": Truth(mp.besselj, _at((1.0, 0.5), (2.0, 3.0))),
        "besselyx": Truth(mp.bessely, _at((1.0, 0.5), (2.0, 3.0))),
        "besselix": Truth(lambda n, x: mp.exp(-abs(x)) * mp.re(mp.besseli(n, x)), _at((1.0, 0.5), (2.0, -3.0))),
        "besselkx": Truth(lambda n, x: mp.exp(x) * mp.besselk(n, x), _at((1.0, 0.5), (2.0, 3.0))),
        "airyai": Truth(mp.airyai, _AIRY),
        "airybi": Truth(mp.airybi, _AIRY),
        "airyaiprime": Truth(lambda x: mp.airyai(x, derivative=1), _AIRY),
        "airybiprime": Truth(lambda x: mp.airybi(x, derivative=1), _AIRY),
        "airyaix": Truth(lambda x: _airy_scale(x) * mp.airyai(x), _at(0.5, 1.75, 10.0)),
        "airyaiprimex": Truth(lambda x: _airy_scale(x) * mp.airyai(x, derivative=1), _at(0.5, 1.75, 10.0)),
        # degrees
        "deg2rad": Truth(mp.radians, _ANY),
        "rad2deg": Truth(mp.degrees, _ANY),
        "sind": Truth(lambda x: mp.sinpi(x / 180), _at(30.0, -100.5, 180.0)),
        "cosd": Truth(lambda x: mp.cospi(x / 180), _at(30.0, -100.5, 90.0)),
        "tand": Truth(lambda x: _tanpi(x / 180), _at(30.0, -100.5, 180.0)),
        "secd": Truth(lambda x: 1 / mp.cospi(x / 180), _at(30.0, -100.5)),
        "cscd": Truth(lambda x: 1 / mp.sinpi(x / 180), _at(30.0, -100.5)),
        "cotd": Truth(lambda x: 1 / _tanpi(x / 180), _at(30.0, -100.5)),
        "asind": Truth(lambda x: mp.degrees(mp.asin(x)), _at(0.5, -0.75)),
        "acosd": Truth(lambda x: mp.degrees(mp.acos(x)), _at(0.5, -0.75)),
        "atand": Truth(lambda x: mp.degrees(mp.atan(x)), _at(0.5, -3.75)),
        "asecd": Truth(lambda x: mp.degrees(mp.re(mp.asec(x))), _at(1.5, -3.75)),
        "acscd": Truth(lambda x: mp.degrees(mp.re(mp.acsc(x))), _at(1.5, -3.75)),
        "acotd": Truth(lambda x: mp.degrees(mp.acot(x)), _at(0.5, -3.75)),
    }
)


# Arguments at which a function has no real value.
OUTSIDE: dict[str, tuple[Point, ...]] = {
    "/": _at((1.0, 0.0), (0.0, 0.0)),
    "**": _at((-8.0, 0.3), (0.0, -1.0), (0.0, -0.5), (-1.0, 1e-300)),
    "log": _at(0.0, -1.0, -1e-300),
    "log1p": _at(-1.0, -2.0),
    "log2": _at(0.0, -1.0),
    "log10": _at(0.0, -1.0),
    "sqrt": _at(-1.0, -1e-300),
    "root": _at((-8.0, 2.0), (-8.0, 2.5), (8.0, 0.0), (0.0, -3.0), (0.0, -2.5)),
    "csc": _at(0.0),
    "cot": _at(0.0),
    "asin": _at(1.5, -1.0000000000000002),
    "acos": _at(1.0000000000000002, -2.0),
    "acsc": _at(0.5, 0.0),
    "asec": _at(-0.5, 0.0),
    "acot": _at(0.0),
    "atan2": _at((0.0, 0.0)),
    "csch": _at(0.0),
    "coth": _at(0.0),
    "acosh": _at(0.5, -2.0),
    "atanh": _at(1.0, -1.0, 2.0),
    "acsch": _at(0.0),
    "asech": _at(0.0, 1.5, -0.5),
    "acoth": _at(1.0, -1.0, 0.5),
    "mod": _at((1.0, 0.0)),
    "logit": _at(0.0, 1.0, -0.5, 2.0),
    "logsubexp": _at((1.0, 1.0)),
    "log1mexp": _at(0.0, 1.0),
    "log2mexp": _at(0.75, 5.0),
    "logexpm1": _at(0.0, -1.0),
    "log1pmx": _at(-1.0, -2.0),
    "logmxp1": _at(0.0, -1.0),
    "xlogx": _at(-1.0),
    "xlogy": _at((1.0, 0.0), (1.0, -1.0), (0.0, -1.0)),
    "xlog1py": _at((1.0, -1.0), (1.0, -2.0)),
    "erfinv": _at(1.0, -1.0, 1.5),
    "erfcinv": _at(0.0, 2.0, -0.5),
    "gamma": _at(0.0, -1.0, -7.0),
    "lgamma": _at(0.0, -1.0, -7.0),
    "digamma": _at(0.0, -1.0, -7.0),
    "polygamma": _at((1.0, 0.0), (2.0, -3.0), (-1.0, -2.0), (0.5, -2.5), (-2.0, 0.0)),
    "beta": _at((0.0, 1.5), (1.5, -2.0)),
    "logbeta": _at((0.0, 1.5), (0.5, -1.5)),
    "uppergamma": _at((0.5, -1.0), (0.0, 0.0), (-1.0, -1.0)),
    "lowergamma": _at((0.5, -1.0), (0.0, 1.0), (-1.5, 1.0)),
    "gammap": _at((0.5, -1.0), (0.0, 1.0), (-1.5, 1.0)),
    "gammaq": _at((0.5, -1.0), (0.0, 1.0), (-1.5, 1.0)),
    "betainc": _at((0.5, 1.0, -0.5), (0.5, 1.0, 1.5), (0.0, 1.0, 0.5), (1.0, -1.0, 0.5)),
    "zeta": _at(1.0),
    "zeta/2": _at((1.0, 2.0), (2.0, -1.0), (2.0, 0.0), (0.5, -0.5)),
    "lambertw": _at(-0.37, -1.0),
    "polylog": _at((2.0, 1.5), (1.0, 1.0), (-1.0, 2.0)),
    "dilog": _at(1.5),
    "binomial": _at((-1.0, 0.5), (-3.0, -1.0)),
    "legendre": _at((-1.0, 0.5), (0.5, 0.5)),
    "chebyshevt": _at((-1.0, 0.5), (0.5, 0.5)),
    "chebyshevu": _at((-2.0, 0.5), (0.5, 0.5)),
    "gegenbauer": _at((0.5, 1.0, 0.5), (2.0, -1.0, 0.5)),
    "hermite": _at((0.5, 0.5)),
    "laguerre/3": _at((0.5, 1.0, 0.5)),
    "lambertw/2": _at((1.0, 0.5), (-1.0, 0.5), (-1.0, 0.0), (-1.0, -0.5), (0.0, -0.5)),
    "elliptic_f": _at((2.0, 1.0), (0.5, 5.0), (3.0, 2.0)),
    "elliptic_e/2": _at((1.0, 5.0), (3.0, 2.0)),
    "ei": _at(0.0),
    "expint": _at(0.0, -1.0),
    "expint/2": _at((1.0, 0.0), (0.5, -1.0)),
    "li": _at(1.0, -1.0),
    "ci": _at(0.0, -1.0),
    "chi": _at(0.0, -1.0),
    "elliptic_k": _at(1.0, 2.0),
    "elliptic_e": _at(1.5),
    "besselj": _at((0.5, -1.0), (-0.5, 0.0)),
    "bessely": _at((1.0, 0.0), (0.5, -1.0)),
    "besseli": _at((0.5, -1.0), (-0.5, 0.0)),
    "besselk": _at((1.0, 0.0), (0.5, -1.0)),
    "sphericalbesselj": _at((-1.0, 2.0), (0.5, 2.0)),
}


def derivatives(f: Callable[[Any], Any], x: float, count: int) -> list[Any]:
    """f and its first ``count`` derivatives at x, to some 50 digits, by central differences.

    The step is 30 digits below x (or below 1), and the working precision far below that.
    """
    scale = abs(mpf(x)) if x else mpf(1)
    step = min(scale, mpf(1)) * mpf(10) ** -30
    with mp.workdps((30 + abs(int(mp.log10(scale)))) * (count + 2)):
        found = [f(mpf(x))]
        for order in range(1, count + 1):
            total = mpf(0)
            for i in range(order + 1):
                total += (-1) ** (order - i) * mp.binomial(order, i) * f(x + (i - mpf(order) / 2) * step)
            found.append(total / step**order)
    return [+value for value in found]


# --- Expressions: the graph evaluated in mpmath, without dcalc's own number systems. mpmath goes on into the
# complex numbers, so that it is said here where functions have no real value.

DIGITS = 50


class OutOfReach(Exception):
    """Numbers so large or so small that mpmath would take for ever."""


def _power(u: Any, v: Any) -> Any:
    if v == 0:
        return mpf(1)
    if u == 0:
        return mpf(0) if v > 0 else None
    if u < 0 and v != mp.floor(v):
        return None
    if abs(v) * abs(mp.log(abs(u))) > 1e6:
        raise OutOfReach
    return mp.power(u, int(v)) if v == mp.floor(v) else mp.power(u, v)


def _whole(x: Any) -> bool:
    return bool(x == mp.floor(x))


def _no_pole(x: Any) -> bool:
    return x > 0 or not _whole(x)


_OPERATORS: dict[str, Callable[..., Any]] = {
    "**": _power,
    "pow": _power,
    "*": lambda *z: mp.fprod(z),
    "max": lambda *z: max(z),
    "min": lambda *z: min(z),
    "tau": lambda: 2 * mp.pi,
    "deg": lambda: mp.pi / 180,
    "xlogx": lambda x: x * mp.log(x) if x else x,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": lambda a: not a,
}
_IN_UNIT = dict.fromkeys(("asin", "acos", "asind", "acosd"), lambda x: abs(x) <= 1)
_OUTSIDE = dict.fromkeys(("acsc", "asec", "acscd", "asecd"), lambda x: abs(x) >= 1)
_POLES = dict.fromkeys(("gamma", "lgamma", "digamma", "trigamma"), _no_pole)

DOMAINS: dict[str, Callable[..., bool]] = {
    **_IN_UNIT,
    **_OUTSIDE,
    **_POLES,
    "acosh": lambda x: x >= 1,
    "atanh": lambda x: abs(x) < 1,
    "acoth": lambda x: abs(x) > 1,
    "asech": lambda x: 0 < x <= 1,
    "acot": lambda x: x != 0,
    "acotd": lambda x: x != 0,
    "atan2": lambda y, x: x != 0 or y != 0,
    "root": lambda x, n: n != 0 and (x > 0 or (x == 0 and n > 0) or (x < 0 and n % 2 == 1)),
    "factorial": lambda x: _no_pole(x + 1),
    "polygamma": lambda n, x: x > 0 or (n >= 0 and _whole(n) and _no_pole(x)),
    "beta": lambda a, b: _no_pole(a) and _no_pole(b),
    "logbeta": lambda a, b: _no_pole(a) and _no_pole(b) and _no_pole(a + b),
    "lambertw": lambda x: x >= -mp.exp(-1),
    "chi": lambda x: x > 0,
    "besselj": lambda n, x: x > 0 or _whole(n) or (x == 0 and n > 0),
    "besseli": lambda n, x: x > 0 or _whole(n) or (x == 0 and n > 0),
    "uppergamma": lambda s, x: x > 0 or (s > 0 and (x == 0 or _whole(s))),
    "lowergamma": lambda s, x: s > 0 and (x >= 0 or _whole(s)),
    "gammap": lambda s, x: s > 0 and (x >= 0 or _whole(s)),
    "gammaq": lambda s, x: s > 0 and (x >= 0 or _whole(s)),
    "betainc": lambda a, b, x: a > 0 and b > 0 and 0 <= x <= 1,
    "xlogy": lambda x, y: y > 0 or (x == 0 and y == 0),
}
"""Where a function is defined, for those whose formula gives a number elsewhere too."""

_GROWING = {"exp", "expm1", "exp2", "exp10", "sinh", "cosh", "gamma", "factorial", "erfi", "erfcx"}


def value(root: Expr, at: Mapping[str, Any]) -> Any:
    """The value at a point at mpmath's precision, None where there is none in the reals."""
    return _values(root, at)[root.id]


def _values(root: Expr, at: Mapping[str, Any]) -> dict[int, Any]:
    values: dict[int, Any] = {}
    for node in walk(root):
        if node.op is table.NUMBER:
            exact = Fraction(node.args[0])
            values[node.id] = mpf(exact.numerator) / exact.denominator
        elif node.op is table.SYMBOL:
            values[node.id] = mpf(at[node.args[0]])
        else:
            values[node.id] = _call(node, [values[arg.id] for arg in node.args])
    return values


def _call(node: Expr, args: list[Any]) -> Any:
    key = node.op.key
    if node.op is table.WHERE:
        condition, first, second = args
        return None if condition is None else first if condition else second
    if any(arg is None for arg in args):
        return None
    if key in _GROWING and abs(args[0]) > 1e7:
        raise OutOfReach
    if key in DOMAINS and not DOMAINS[key](*args):
        return None
    formula = _OPERATORS.get(key) or TRUTHS[key].f
    try:
        found = formula(*args)
    except (ZeroDivisionError, ValueError, libmp.libhyper.NoConvergence):
        return None
    return found if isinstance(found, bool) else _real_part(found)


def _real_part(found: Any) -> Any:
    if found is None or (isinstance(found, mp.mpc) and found.imag != 0):
        return None
    found = mp.re(found)
    if not mp.isfinite(found):
        return None
    if found and abs(mp.mag(found)) > 1e7:
        raise OutOfReach
    return found


def steady(root: Expr, at: Mapping[str, Any], digits: int = DIGITS) -> Any:
    """The value to some digits, checked at twice the precision; None where there is none, or
    where cancellation leaves none to be sure of: a part as small as rounding may be 0."""
    with mp.workdps(2 * digits):
        parts = _values(root, at)
        rough = parts[root.id]
        dust = mpf(10) ** (-digits * 3 // 2)
        if any(part is not None and 0 < abs(part) < dust for part in parts.values()):
            return None
    with mp.workdps(4 * digits):
        fine = value(root, at)
        if rough is None or fine is None or abs(rough - fine) > abs(fine) * mpf(10) ** -digits:
            return None
        return fine


def close(found: Any, truth: Any, digits: int = DIGITS - 10) -> bool:
    """Whether two mpmath numbers agree to that many digits, or are both 0 but for rounding."""
    with mp.workdps(4 * DIGITS):
        return bool(abs(found - truth) <= abs(truth) * mpf(10) ** -digits + mpf(10) ** (-3 * DIGITS))


def fraction(value: Any) -> Fraction:
    """The exact value of an mpmath number."""
    sign, mantissa, exponent, _ = mpf(value)._mpf_
    return Fraction(-1 if sign else 1) * int(mantissa) * Fraction(2) ** int(exponent)


def double(value: Any) -> float:
    """The double nearest to an mpmath number, subnormal ones included."""
    return float(fraction(value))
