"""What flint cannot be stopped in is not begun: the precision up to which its slow functions answer within a second.

flint does not look at signals, and some of its functions take minutes where a parameter is huge, or next to
a whole number without being one. Each bound here names a region of arguments and the working precision, in bits,
at which flint still took less than half a second there (measured with python-flint 0.9 on one core of 2 GHz).
"""

from flint import arb, ctx

from dcalc.errors import Undecided
from dcalc.expr import Expr, exact
from dcalc.functions import Row
from dcalc.tape import lower

GAMMA_BITS = 50_000
"""gamma and its logarithm, which need as many Bernoulli numbers as a precision has bits."""
ZETA_BITS = 20_000
"""zeta, digamma and polygamma."""
INVERSE_BITS = 12_000
"""The inverse of digamma, whose every step needs two of those."""

_LARGE = 1 << 13
"""Parameters up to this are not a problem."""
_NEARLY_WHOLE = arb(2) ** -64
_POLYGAMMA_WORK = 4_000_000
"""Order times bits of polygamma left of 0, where the derivatives of the cotangent are a series of that length."""


_BESSEL = frozenset(("besselj", "bessely", "besseli", "besselk"))
_WEIGHTS = {
    "betainc": 30,
    "expint/2": 30,
    "gammap": 30,
    "gammaq": 30,
    "lowergamma": 30,
    "polygamma": 15,
    "uppergamma": 30,
    "zeta": 15,
    "zeta/2": 30,
}
_BESSEL_WEIGHT = 15
_ORDERS_PER_UNIT = 5


class Costly(Undecided):
    """The value is defined, and would take too long."""


def is_slow(row: Row) -> bool:
    """Whether flint needs much longer for some arguments than for others."""
    return row.key in _BESSEL or row.key in _WEIGHTS


def weigh(root: Expr) -> int:
    """The cost of one enclosure of an expression at some 64 bits, in units of about 4 microseconds: a number that is
    the same on every machine, so that what is given up for its cost is, too."""
    return sum(map(_weigh_node, lower(root).nodes))


def _weigh_node(node: Expr) -> int:
    key = node.op.key
    if key not in _BESSEL:
        return _WEIGHTS.get(key, 1)
    order = exact(node.args[0])  # over wide intervals the time grows with it
    return _BESSEL_WEIGHT + (0 if order is None else min(abs(int(order)), _LARGE) // _ORDERS_PER_UNIT)


def allow(bits: int) -> None:
    """Raise Costly where the working precision is above ``bits``."""
    if ctx.prec > bits:
        raise Costly(f"more than {bits:,} bits would take too long" if bits else "it would take too long")


def allow_incomplete_gamma(s: arb, x: arb) -> None:
    """Guard the upper incomplete gamma function of order s at x."""
    size = abs(s)
    if _is_nearly_whole(s) and x < _LARGE:
        allow(768)
    if not size > _LARGE or size > 1 << 66:
        return  # beyond, flint sees at once that it can tell nothing
    if s < 0 and not x > 16 * size:
        allow(0 if size > 1 << 44 else 384 if size > 1 << 40 else 768)
    elif size > 1 << 20 and not (x < size / 4 or x > 4 * size):
        allow(768)


def allow_bessel(n: arb, x: arb, *, modified: bool) -> None:
    """Guard Bessel functions of order n at x; ``modified`` is K, which is the slowest."""
    if modified and _is_nearly_whole(n) and x < _LARGE:
        allow(384)
    if abs(n) > _LARGE and not x > 1 << 26:
        allow(768 if modified else 3_072 if n.is_integer() else 1_536)


def allow_parameter(s: arb) -> None:
    """Guard functions of a complex parameter around s."""
    if not abs(s) < _LARGE:
        allow(0)


def allow_hurwitz(s: arb) -> None:
    """Guard the Hurwitz zeta function with exponent s, and any whole number among them."""
    if abs(s) > 1 << 64 or s < -512:
        allow(384)
    allow(ZETA_BITS)


def allow_polygamma(order: int, x: arb) -> None:
    """Guard polygamma of that order at x."""
    allow(ZETA_BITS)
    if not x > 0 and order > 100:
        allow(_POLYGAMMA_WORK // order)


def _is_nearly_whole(s: arb) -> bool:
    """Whether s is so near to a whole number that formulas for other orders lose all digits, and is not one."""
    if s.is_integer() or not abs(s) < 1 << 62:
        return False
    return bool(abs(s - (s + 0.5).floor().mid()) < _NEARLY_WHOLE)
