"""What an expression is worth, found without dcalc: its graph evaluated in mpmath.

The formulas are those of `tests.truths` and mpmath's own; what stands here is where they
have no real value, since mpmath goes on into the complex numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from mpmath import libmp, mp, mpf

from dcalc import functions as table
from dcalc.expr import Expr, walk
from tests.truths import TRUTHS

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
    "polygamma": lambda n, x: n >= 0 and _whole(n) and _no_pole(x),
    "beta": lambda a, b: _no_pole(a) and _no_pole(b),
    "logbeta": lambda a, b: _no_pole(a) and _no_pole(b) and _no_pole(a + b),
    "lambertw": lambda x: x >= -mp.exp(-1),
    "chi": lambda x: x > 0,
    "besselj": lambda n, x: x > 0 or _whole(n) or (x == 0 and n > 0),
    "besseli": lambda n, x: x > 0 or _whole(n) or (x == 0 and n > 0),
    "uppergamma": lambda s, x: x > 0 or (s > 0 and (x == 0 or _whole(s))),
    "lowergamma": lambda s, x: s > 0 and (x >= 0 or _whole(s)),
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
            number = Fraction(node.args[0])
            values[node.id] = mpf(number.numerator) / number.denominator
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
    return found if isinstance(found, bool) else _real(found)


def _real(found: Any) -> Any:
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


def fraction(number: Any) -> Fraction:
    """The exact value of an mpmath number."""
    sign, mantissa, exponent, _ = mpf(number)._mpf_
    return Fraction(-1 if sign else 1) * int(mantissa) * Fraction(2) ** int(exponent)


def double(number: Any) -> float:
    """The double nearest to an mpmath number, subnormal ones included."""
    return float(fraction(number))
