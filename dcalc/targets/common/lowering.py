"""Expressions in the functions that a language has: native ones, helpers, bodies; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import factorial, prod
from typing import Literal, NamedTuple

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import ONE, ZERO, Expr, exact, is_leaf, make, number, substitute, symbol, walk
from dcalc.functions import Row
from dcalc.parser import parse
from dcalc.rules import body, fill, pairs

# --- helpers -----------------------------------------------------------------------------------
# Functions that few languages have, in terms of what all have: one line each, in dcalc's own language.
#
# A helper is written out as a function of the target, or in its place in a query. Each keeps to a few ulps where the
# textbook formula does not, never overflows on the way, and refers to other helpers freely.


class Helper(NamedTuple):
    """The arguments of a helper, and what it is."""

    args: tuple[str, ...]
    root: Expr


_ROOT = "0.7071067811865476"
"""1/sqrt(2) as a double, which leaves 4.8e-17 of it out."""
_SPLIT = "(134217729*x - (134217729*x - x))"
_OFF = (
    f"((({_SPLIT}*0.7071067839860916 - x*{_ROOT}) + {_SPLIT}*-2.7995440410322203e-09) "
    f"+ (x - {_SPLIT})*0.7071067839860916 + (x - {_SPLIT})*-2.7995440410322203e-09)"
)
"""What rounding takes from the product with 1/sqrt(2), exactly: Dekker 1971."""
STEP = "trunc(16*x)/16"
"""What is squared without an error."""
_ODD_EXPM1 = "2*exp(x/2)*sinh(x/2)"
_ROOT_OF = (
    "where({0}**(1/n) > 0 and {0}**(1/n) < 1e300, {0}**(1/n) - {0}**(1/n)*(({0}**(1/n))**n/{0} - 1)/n, {0}**(1/n))"
)
"""The n-th root, and the step of Newton that takes the rounding of 1/n away."""
_HALVED = "(expm1(x - 0.6931471805599453) - 2.3190468138462996e-17*exp(x - 0.6931471805599453))"
"""exp(x)/2 - 1, with log(2) in two doubles; compilers that rewrite sums leave this as it is."""
_TURN = "abs(fmod(x, 360))"
_SIND = "where({0} <= 90, sin({0}*pi/180), sin((180 - {0})*pi/180))"
_COSD = "where({0} < 45, cos({0}*pi/180), where({0} <= 135, sin((90 - {0})*pi/180), -cos((180 - {0})*pi/180)))"
_TEXTS = {
    # --- exponentials and logarithms
    "expm1(x)": f"where(abs(x) < 1, {_ODD_EXPM1}, exp(x) - 1)",
    "log1p(x)": "where(abs(x) < 0.5, 2*atanh(x/(2 + x)), log(1 + x))",
    "exp2(x)": "2**x",
    "exp10(x)": "10**x",
    "log2(x)": "log(x)/log(2)",
    "log10(x)": "log(x)/log(10)",
    # --- powers
    "cbrt(x)": "where(x == 0, x, sign(x)*(abs(x)**(1/3) - (abs(x)**(1/3) - abs(x)/(abs(x)**(1/3))**2)/3))",
    "hypot(u, v)": "where(u == 0 and v == 0, 0, "
    "max(abs(u), abs(v))*sqrt(1 + (min(abs(u), abs(v))/max(abs(u), abs(v)))**2))",
    "root(x, n)": f"where(x < 0 and mod(n, 2) == 1, -{_ROOT_OF.format('(-x)')}, {_ROOT_OF.format('x')})",
    # --- trigonometry
    "csc(x)": "1/sin(x)",
    "sec(x)": "1/cos(x)",
    "cot(x)": "1/tan(x)",
    "acsc(x)": "sign(x)*atan2(1, sqrt(abs(x) - 1)*sqrt(abs(x) + 1))",
    "asec(x)": "atan2(sqrt(abs(x) - 1)*sqrt(abs(x) + 1), sign(x))",
    "acot(x)": "atan(1/x)",
    # --- degrees, reduced without an error
    "sind(x)": f"sign(x)*where({_TURN} <= 180, {_SIND.format(_TURN)}, -{_SIND.format(f'(360 - {_TURN})')})",
    "cosd(x)": f"where({_TURN} <= 180, {_COSD.format(_TURN)}, {_COSD.format(f'(360 - {_TURN})')})",
    "tand(x)": "sind(x)/cosd(x)",
    "secd(x)": "1/cosd(x)",
    "cscd(x)": "1/sind(x)",
    "cotd(x)": "cosd(x)/sind(x)",
    # --- hyperbolic functions
    "csch(x)": "where(abs(x) > 20, 2*sign(x)*exp(-abs(x)), 1/sinh(x))",
    "sech(x)": "2*exp(-abs(x))/(1 + exp(-2*abs(x)))",
    "coth(x)": "1/tanh(x)",
    "asinh(x)": "sign(x)*where(abs(x) > 1e8, log(abs(x)) + log(2), log1p(abs(x) + x**2/(1 + sqrt(1 + x**2))))",
    "acosh(x)": "where(x > 1e8, log(x) + log(2), log1p(x - 1 + sqrt((x - 1)*(x + 1))))",
    "atanh(x)": "sign(x)*log1p(2*abs(x)/(1 - abs(x)))/2",
    "acsch(x)": "asinh(1/x)",
    "asech(x)": "log1p((1 - x + sqrt((1 - x)*(1 + x)))/x)",
    "acoth(x)": "sign(x)*log1p(2/(abs(x) - 1))/2",
    "sinh(x)": "sign(x)*where(abs(x) > 1, exp(abs(x) - log(2))*(1 - exp(-2*abs(x))), "
    "(expm1(abs(x)) + expm1(abs(x))/(expm1(abs(x)) + 1))/2)",
    "cosh(x)": "(exp(abs(x)) + exp(-abs(x)))/2",
    "tanh(x)": "-sign(x)*expm1(-2*abs(x))/(1 + exp(-2*abs(x)))",
    # --- kinks, jumps and choices
    "sign(x)": "where(x > 0, 1, where(x < 0, -1, x))",
    "step(x)": "where(x >= 0, 1, 0*x)",
    "floor(x)": "where(trunc(x) > x, trunc(x) - 1, trunc(x))",
    "ceil(x)": "-floor(-x)",
    "trunc(x)": "where(x < 0, -floor(-x), floor(x))",
    "frac(x)": "x - floor(x)",
    "round(x)": "where(floor(x) + 1/2 == x, 2*floor(x/2 + 1/4), where(x - floor(x) < 1/2, floor(x), floor(x) + 1))",
    "mod(x, y)": "where((fmod(x, y) < 0 and y > 0) or (fmod(x, y) > 0 and y < 0), fmod(x, y) + y, fmod(x, y))",
    "min(a, b)": "where(a <= b, a, where(b == b, b, b))",
    "max(a, b)": "where(a >= b, a, where(b == b, b, b))",
    "relu(x)": "where(x > 0, x, 0*x)",
    # --- logarithms and exponentials combined
    "sigmoid(x)": "exp(min(x, 0))/(1 + exp(-abs(x)))",
    "softplus(x)": "where(x > 0, x, 0) + log1p(exp(-abs(x)))",
    "logit(p)": "where(p > 1/4 and p < 3/4, 2*atanh(2*p - 1), log(p/(1 - p)))",
    "logsubexp(u, v)": "where(u > v, u, v) + log1mexp(-abs(u - v))",
    "log1mexp(x)": "where(x > -0.6931471805599453, log(-expm1(x)), log1p(-exp(x)))",
    "log2mexp(x)": f"where(x > 0.4, log(2) + log(-{_HALVED}), log1p(-expm1(x)))",
    "logexpm1(x)": f"where(x > 37, x, where(x > 0.4 and x < 1, log1p(2*{_HALVED}), log(expm1(x))))",
    "log1psq(x)": "where(abs(x) > 1e10, 2*log(abs(x)), log1p(x**2))",
    "xlogx(x)": "where(x == 0, 0, x*log(x))",
    "xlogy(x, y)": "where(x == 0 and y >= 0, 0, x*log(y))",
    "xlog1py(x, y)": "where(x == 0 and y >= -1, 0, x*log1p(y))",
    # --- others
    "sinc(x)": "where(x == 0, 1, sin(x)/x)",
    "sinpi(x)": "where(abs(x - 2*round(x/2)) <= 1/4, sin(pi*(x - 2*round(x/2))), "
    "sign(x - 2*round(x/2))*where(abs(x - 2*round(x/2)) < 3/4, cos(pi*(1/2 - abs(x - 2*round(x/2)))), "
    "sin(pi*(1 - abs(x - 2*round(x/2))))))",
    "cospi(x)": "where(abs(x - 2*round(x/2)) <= 1/4, cos(pi*(x - 2*round(x/2))), "
    "where(abs(x - 2*round(x/2)) < 3/4, sin(pi*(1/2 - abs(x - 2*round(x/2)))), "
    "-cos(pi*(1 - abs(x - 2*round(x/2))))))",
    "erf(a, b)": "where(a > 1/2 and b > 1/2, erfc(a) - erfc(b), "
    "where(a < -1/2 and b < -1/2, erfc(-b) - erfc(-a), erf(b) - erf(a)))",
    "erfcx(x)": f"where(x < 10, exp(({STEP})**2)*exp((x - {STEP})*(x + {STEP}))*erfc(x), "
    "(1 + "
    + " + ".join(f"({(-1) ** k * prod(range(1, 2 * k, 2))}/{2**k})/x**{2 * k}" for k in range(1, 13))
    + ")/(x*sqrt(pi)))",
    "logerfc(x)": "where(x < 1/2, log1p(-erf(x)), log(erfcx(x)) - x**2)",
    "logerfcx(x)": "where(x < 1/2, x**2 + log1p(-erf(x)), log(erfcx(x)))",
    "lognormcdf(x)": "where(x > -1, log1p(-normcdf(-x)), log(erfcx(-x/sqrt(2))/2) - x**2/2)",
    "log1pmx(x)": "where(x > -1/2 and x < 1, 2*(x/(2 + x))**3*(1/3 + (x/(2 + x))**2/5 + (x/(2 + x))**4/7 + "
    + " + ".join(f"(x/(2 + x))**{2 * k}/{2 * k + 3}" for k in range(3, 18))
    + ") - x*(x/(2 + x)), log1p(x) - x)",
    "logmxp1(x)": "where(x > 1/2 and x < 2, log1pmx(x - 1), log(x) - (x - 1))",
    "gelu(x)": "x*normcdf(x)",
    "normcdf(x)": f"where(x > -1, erfc(-x/sqrt(2))/2, erfc(-x*{_ROOT})/2*(1 + ({_OFF} - x*4.833646656726457e-17)"
    f"*(sqrt((x*{_ROOT})**2 + 4/pi) - x*{_ROOT})))",
    "normpdf(x)": f"exp(-({STEP})**2/2)*exp(-(x - {STEP})*(x + {STEP})/2)/sqrt(2*pi)",
}
"""Helpers by their calls."""


def helpers() -> dict[Row, Helper]:
    """The helpers by row."""
    return read_helpers(tuple(_TEXTS.items()))


@cache
def read_helpers(texts: tuple[tuple[str, str], ...]) -> dict[Row, Helper]:
    """The helpers of calls and their texts, by row."""
    known: dict[Row, Helper] = {}
    for call, text in texts:
        head = parse(call, strict=False).root
        names = tuple(arg.args[0] for arg in head.args)
        known[head.op] = Helper(names, parse(text, variables=names, strict=False).root)
    return known


SIGN = table.get("sign", 1)


# --- patches -----------------------------------------------------------------------------------
# Functions that a library has, with another formula where the library loses digits: one line each, by call.
#
# In the text of a patch the function itself is the one of the library. A target names those that it needs; how far
# its library is off was measured against certified values.


_LGAMMA = (
    "z*(0.42278433509846713939 + z*(0.3224670334241132182 + z*(-0.06735230105319809513 + z*(0.02058080842778454788 + "
    "z*(-0.007385551028673985266 + z*(0.002890510330741523286 + z*(-0.001192753911703260977 + "
    "z*(0.0005096695247430424223 + z*(-0.0002231547584535793798 + z*(9.945751278180853371e-5 + "
    "z*(-4.49262367381331417e-5 + z*(2.050721277567069155e-5 + z*(-9.439488275268395904e-6 + "
    "z*(4.374866789907487804e-6 + z*(-2.039215753801366237e-6 + z*(9.551412130407419833e-7 + "
    "z*(-4.492469198764566043e-7 + z*2.120718480555466587e-7)))))))))))))))))"
)
"""log(gamma(2 + z)), to an ulp where abs(z) <= 1/4: DLMF 5.7.3."""
_REST = f"(x - {STEP})*(x + {STEP})"
"""What x**2 is more than the square of the step."""
PATCHES = {
    # JAX: up to 127 ulps from -0.42 to -0.35
    "log1p": ("log1p(x)", "where(x > -1/2 and x < -1/4, -log1p(-x/(1 + x)), log1p(x))"),
    # the square in exp(-x**2) is rounded: 122 ulps at 23
    "erfc": ("erfc(x)", f"where(x < 1, erfc(x), exp(-({STEP})**2)*(1 + expm1(-{_REST}))*erfcx(x))"),
    # the same for exp(x**2): 171 ulps at -23
    "erfcx": ("erfcx(x)", f"where(x < 0, 2*exp(({STEP})**2)*(1 + expm1({_REST})) - erfcx(-x), erfcx(x))"),
    # close to its zeros at 1 and 2 no digit is right
    "lgamma": (
        "lgamma(x)",
        f"where(abs(x - 1) < 1/4, {_LGAMMA.replace('z', '(x - 1)')} - log1p(x - 1), "
        f"where(abs(x - 2) < 1/4, {_LGAMMA.replace('z', '(x - 2)')}, lgamma(x)))",
    ),
    # close to its poles pi*x is rounded: 1e10 ulps
    "digamma": ("digamma(x)", "where(x < 0, digamma(1 - x) - pi*cospi(x)/sinpi(x), digamma(x))"),
    # where the argument of erfc is rounded: 500 ulps at -23
    "normcdf": (
        "normcdf(x)",
        f"where(x > -1, erfc(-x/sqrt(2))/2, exp(-({STEP})**2/2)*(1 + expm1(-{_REST}/2))*erfcx(-x/sqrt(2))/2)",
    ),
    # close to 1/2 the quotient is rounded before its logarithm vanishes: 1e7 ulps
    "logit": ("logit(p)", "where(p > 1/4 and p < 3/4, 2*atanh(2*p - 1), logit(p))"),
    # for small numbers 1 + erf(x) cancels: no digit is right at -20
    "gelu": ("gelu(x)", "where(x > -1, gelu(x), x*normcdf(x))"),
    # the logarithm is that of 1 less a tail: 1,000 ulps at 29
    "lognormcdf": ("lognormcdf(x)", "where(x < 1, lognormcdf(x), log1p(-normcdf(-x)))"),
    # XLA makes one exponential of two, and with it one rounded square: 177 ulps at 30
    "normpdf": ("normpdf(x)", f"exp(-({STEP})**2/2)*(1 + expm1(-{_REST}/2))/sqrt(2*pi)"),
}
"""The call and the text of each patch."""


def patch(*names: str) -> dict[str, str]:
    """The patches with these names, as texts by calls."""
    return dict(PATCHES[name] for name in names)


# --- lowering ----------------------------------------------------------------------------------


Kind = Literal["native", "body", "helper", "refused"]
"""How a language has a row."""
_VALUES = {
    table.PI: number(Fraction("3.141592653589793238462643383279502884")),
    table.E: number(Fraction("2.718281828459045235360287471352662498")),
}
"""The constants, for languages without names for them."""
_OPERATORS = table.CONDITIONS | {
    table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW, table.WHERE, table.NUMBER, table.SYMBOL
}  # fmt: skip


class Lowering:
    """The functions of one language: ``native`` ones, and helpers, which ``inline`` writes out in their place.

    Native functions with ``patches`` are helpers: these call them where they keep their digits.
    """

    def __init__(
        self,
        title: str,
        native: Mapping[Row, str],
        *,
        inline: bool = False,
        patches: Mapping[Row, Helper] | None = None,
    ) -> None:
        self.title = title
        self.native = {row: text for row, text in native.items() if row not in (patches or {})}
        self.guarded = native.keys() & (patches or {}).keys()
        self.helpers = {**helpers(), **(patches or {})}
        self.inline = inline
        self.direct = self.native.keys() | _OPERATORS

    def lower(self, roots: Sequence[Expr]) -> tuple[Expr, ...]:
        """The roots in rows that the language has, or that are helpers. Raises Unsupported with the row's name.

        Linear in the nodes of the roots and of what they stand for.
        """
        if all(node.op in self.direct and not node.op.fold for node in walk(*roots)):
            return tuple(roots)
        images: dict[int, Expr] = {}
        # (node, None) asks for the image of a node, (node, other) takes that of another for it.
        stack: list[tuple[Expr, Expr | None]] = [(root, None) for root in reversed(roots)]
        while stack:
            node, other = stack[-1]
            if node.id in images:
                stack.pop()
                continue
            if other is not None:
                stack.pop()
                images[node.id] = images[other.id]
                continue
            if is_leaf(node):
                images[node.id] = node
                continue
            missing = [arg for arg in node.args if arg.id not in images]
            if missing:
                stack += [(arg, None) for arg in reversed(missing)]
                continue
            stack.pop()
            image = make(node.op, *[images[arg.id] for arg in node.args])
            simpler = self._simplify(image)
            if simpler is image:
                images[node.id] = images[image.id] = image
            else:
                stack += [(node, simpler), (simpler, None)]
        return tuple(images[root.id] for root in roots)

    def _simplify(self, node: Expr) -> Expr:
        """A node in simpler functions; itself where the language has it."""
        row = node.op
        if row.fold and row.name in table.BY_NAME and len(node.args) != 2:
            only: Expr = node.args[0]
            return pairs(node) if len(node.args) > 2 else only
        if row in self.native or row in _OPERATORS:
            return node
        if (simpler := write_out(node) or self._call_by_order(node)) is not None:
            return simpler
        if row in _VALUES:
            return _VALUES[row]
        if row in _WRITTEN and (simpler := _WRITTEN[row](node)) is not None:
            return simpler
        helper = self.helpers.get(row)
        if helper is not None:
            if not self.inline:
                return node
            return substitute(helper.root, dict(zip(helper.args, node.args, strict=True)))
        if row.body:
            return body(node)
        raise self._lacks(row)

    def _lacks(self, row: Row) -> Unsupported:
        return Unsupported(
            f"{self.title} has no {row.name}",
            help="dcalc emit --target scipy has most functions; dcalc map computes them all",
        )

    def _call_by_order(self, node: Expr) -> Expr | None:
        """A Bessel function of the order 0 or 1, where the language has those alone; a polygamma function of the order
        1 or 2, where it has Hurwitz's zeta function."""
        order = exact(node.args[0]) if len(node.args) == 2 else None
        if node.op is _POLYGAMMA and isinstance(order, int) and order in _BY_ZETA and _HURWITZ in self.native:
            return fill(_BY_ZETA[order], ("x",), {"x": node.args[1]})
        row = table.find(f"{node.op.name}{order}", 1) if order in (0, 1) else None
        return None if row is None or row not in self.native else make(row, node.args[1])

    def helpers_below(self, roots: Sequence[Expr]) -> list[Row]:
        """The helpers that lowered roots call, each after those that it calls itself. Raises Unsupported."""
        order: dict[Row, None] = {}
        stack = [(row, False) for row in reversed(self._list_helpers(roots))]
        while stack:
            row, is_done = stack.pop()
            if row in order:
                continue
            if is_done:
                order[row] = None
                continue
            stack.append((row, True))
            try:
                below = self._list_helpers(self.lower([self.helpers[row].root]))
            except Unsupported:
                raise self._lacks(stack[0][0]) from None
            stack += [(inner, False) for inner in reversed(below) if inner is not row]
        return list(order)

    def _list_helpers(self, roots: Sequence[Expr]) -> list[Row]:
        rows = (node.op for node in walk(*roots) if not is_leaf(node))
        return [row for row in dict.fromkeys(rows) if row in self.helpers and row not in self.native]

    def classify(self, row: Row) -> Kind:
        """How the language has a row; native ones may be called under a guard, where they lose digits elsewhere."""
        if row in self.native or row in self.guarded:
            return "native"
        if row is table.WHERE:
            return "native"  # every language has an operator for it
        node = sample_call(row)
        try:
            self.helpers_below(self.lower([node]))
        except Unsupported:
            return "refused"
        return "helper" if row in self.helpers or row in _WRITTEN else "body"


def _write_logsumexp(node: Expr) -> Expr:
    """The logarithm of the sum of exponentials, less the largest of them."""
    args = node.args
    if len(args) == 1:
        return args[0]  # type: ignore[no-any-return]  # its argument
    if len(args) == 2:
        return make(table.ADD, make(table.MAX, *args), make(_SOFTPLUS, _distance(*args)))
    top, powers = _raise_to_top(args)
    return make(table.ADD, top, make(table.LOG, make(table.ADD, *powers)))


def _write_softmax(node: Expr) -> Expr | None:
    """One of the exponentials over their sum, less the largest of them."""
    place, args = exact(node.args[0]), node.args[1:]
    if type(place) is not int or not 0 <= place < len(args):
        return None
    if len(args) == 1:
        return ONE
    if len(args) == 2:
        return make(_SIGMOID, make(table.SUB, args[place], args[1 - place]))
    _, powers = _raise_to_top(args)
    return make(table.DIV, powers[place], make(table.ADD, *powers))


def _write_cross_entropy(node: Expr) -> Expr | None:
    """softplus of how far the others are above the label: nothing cancels where the label is likely."""
    place, args = exact(node.args[0]), node.args[1:]
    if type(place) is not int or not 0 <= place < len(args):
        return None
    others = [make(table.SUB, arg, args[place]) for at, arg in enumerate(args) if at != place]
    return make(_SOFTPLUS, make(table.LOGSUMEXP, *others)) if others else ZERO


def _raise_to_top(args: Sequence[Expr]) -> tuple[Expr, list[Expr]]:
    """The largest argument, and the exponentials of the arguments less it."""
    top = pairs(make(table.MAX, *args))
    return top, [make(table.EXP, make(table.SUB, arg, top)) for arg in args]


def _distance(u: Expr, v: Expr) -> Expr:
    return make(table.NEG, make(table.ABS, make(table.SUB, u, v)))


_SOFTPLUS = table.get("softplus", 1)
_SIGMOID = table.get("sigmoid", 1)
_WRITTEN: dict[Row, Callable[[Expr], Expr | None]] = {
    table.LOGSUMEXP: _write_logsumexp,
    table.BY_KEY["softmax"]: _write_softmax,
    table.BY_KEY["cross_entropy"]: _write_cross_entropy,
}
"""Functions of many arguments that are written out."""


def sample_call(row: Row) -> Expr:
    """A call of the row; its order is 3 where each order is written out."""
    count = max(row.minimum, min(len(row.args) + row.variadic, row.maximum or 3))
    args = [symbol(f"x{place}") for place in range(count)]
    if row in ALL_ORDERS or row.chooses or row is table.get("laguerre", 2):
        args[0] = number(1)
    return make(row, *args)


# --- Functions of a constant whole order, written out by their recurrences.

_HIGHEST_POLYNOMIAL = 100
_HIGHEST_BESSEL = 12
_ULP = Fraction(1, 1 << 54)


def write_out(node: Expr) -> Expr | None:
    """What a function of a constant whole order is in simpler ones; None for others and for orders that are too high.

    Linear in the order.
    """
    rule = _RULES.get(node.op)
    order = exact(node.args[0]) if rule is not None else None
    if rule is None or type(order) is not int:
        return None
    return rule(order, *node.args[1:])


def _spherical(order: int, x: Expr) -> Expr | None:
    """j_n: its series where x is at most n + 1, which alternates, and the recurrence beyond, which is stable there."""
    if not 0 <= order <= _HIGHEST_BESSEL:
        return None
    sinc = make(table.get("sinc", 1), x)
    if not order:
        return sinc
    reach = order + 1
    below, value = sinc, fill("(s - cos(x))/x", ("s", "x"), {"s": sinc, "x": x})
    for k in range(1, order):
        names = {"p": below, "q": value, "x": x}
        below, value = value, fill(f"{2 * k + 1}/x*q - p", ("p", "q", "x"), names)
    series = fill(_spherical_series(order, reach), ("x",), {"x": x})
    near = make(table.LT, make(table.ABS, x), number(reach))
    return make(table.WHERE, near, series, value)


def _spherical_series(order: int, reach: int) -> str:
    """x**n/(2*n + 1)!! times a polynomial in x**2; the first term that is left out is below half an ulp of the sum,
    which is at least a hundredth of the first one."""
    odd = factorial(2 * order + 1) // (2**order * factorial(order))
    terms = []
    k, coefficient = 0, Fraction(1)
    while abs(coefficient) * reach ** (2 * k) > _ULP / 100:
        terms.append(f"({coefficient.numerator}/{coefficient.denominator})*x**{2 * k}")
        k += 1
        coefficient *= Fraction(-1, 2 * k * (2 * order + 2 * k + 1))
    return f"x**{order}*({' + '.join(terms)})/{odd}"


def _recur(second: str, step: Callable[[int], str]) -> Callable[..., Expr | None]:
    """Polynomials by their three-term recurrence, from 1 on: texts in x, a and the two before, p and q."""

    def write(order: int, *args: Expr) -> Expr | None:
        if not 0 <= order <= _HIGHEST_POLYNOMIAL:
            return None
        *extra, x = args
        names = {"x": x, "a": extra[0] if extra else ZERO}
        below, value = ONE, fill(second, ("x", "a"), names)
        if not order:
            return below
        for k in range(1, order):
            below, value = value, fill(step(k), ("x", "a", "p", "q"), {**names, "p": below, "q": value})
        return value

    return write


def _chebyshev_second(order: int, x: Expr) -> Expr | None:
    return ZERO if order == -1 else _CHEBYSHEV(order, x)


def _gegenbauer(order: int, a: Expr, x: Expr) -> Expr | None:
    return ZERO if order < 0 else _GEGENBAUER(order, a, x)


_CHEBYSHEV = _recur("2*x", lambda k: "2*x*q - p")
_GEGENBAUER = _recur("2*a*x", lambda k: f"(2*({k} + a)*x*q - ({k} - 1 + 2*a)*p)/{k + 1}")


def _polygamma(order: int, x: Expr) -> Expr | None:
    return make(table.DIGAMMA, x) if not order else None


_POLYGAMMA, _HURWITZ = table.get("polygamma", 2), table.get("zeta", 2)
_BY_ZETA = {
    1: "where(x < 0, (pi/sinpi(x))**2 - zeta(2, 1 - x), zeta(2, x))",
    2: "-2*where(x < 0, zeta(3, 1 - x) + pi**3*cospi(x)/sinpi(x)**3, zeta(3, x))",
}
"""Polygamma functions by their order: DLMF 25.11.12, and 5.15.6 for its reflection."""
_RULES: dict[Row, Callable[..., Expr | None]] = {
    table.get("sphericalbesselj", 2): _spherical,
    table.get("legendre", 2): _recur("x", lambda k: f"({2 * k + 1}*x*q - {k}*p)/{k + 1}"),
    table.get("chebyshevt", 2): _recur("x", lambda k: "2*x*q - p"),
    table.get("chebyshevu", 2): _chebyshev_second,
    table.get("hermite", 2): _recur("2*x", lambda k: f"2*x*q - {2 * k}*p"),
    table.get("laguerre", 3): _recur("1 + a - x", lambda k: f"(({2 * k + 1} + a - x)*q - ({k} + a)*p)/{k + 1}"),
    table.get("gegenbauer", 3): _gegenbauer,
    _POLYGAMMA: _polygamma,
}
ALL_ORDERS = frozenset(_RULES) - {_POLYGAMMA}
"""Rows of which each order up to some limit is written out."""
