"""Expansions: a function of one variable as t**k times a polynomial, around a point or towards infinity.

What is computed is t**k*h(t), where h is analytic with h(0) != 0: for each part its power k, the Taylor coefficients of
h at 0, and enclosures of the same coefficients at *all* places within a radius, of which the last one bounds what
a polynomial leaves out (Lagrange). Where the lowest coefficients of h vanish, t is taken out. This shifts
both lists: the coefficients of h(t)/t at a place s are averages of those of h, one order higher, between 0 and s, since
h(t)/t is the mean of h' over [0, t].
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, exact, make, map_nodes, symbol, variables, walk
from dcalc.functions import Row
from dcalc.numbers import ball
from dcalc.numbers.enclosure import Encloser, constant
from dcalc.numbers.rounding import midpoint, rational_as_decimal
from dcalc.rules import body, fill

_ORDERS = 52
_BITS = 1_000
_VANISHING = arb(2) ** -800
_SURE_ORDERS = 26
_SURE_BITS = 16_500
_SURELY_VANISHING = arb(2) ** -16_000
"""A coefficient within this of 0 counts as 0. A double t that is not 0 is at least 2**-1074, so that what is ignored,
even over t**14, is less than 2**-900 beside the terms that are kept. All this takes few orders."""
_MOST_TAKEN_OUT = 14
_ROUGH_BITS = 200
_PASSES = 6
_TRUNCATED = Fraction(1, 1 << 55)
"""What the polynomial leaves out, relative to its first term."""
_SIMPLE_BITS = 400
_LONGEST = 10**50
"""The largest denominator of a coefficient that is taken for the rational that it is."""
_DECIMALS = 20
"""The digits of other coefficients."""
_LARGEST_ROUNDING = arb(10) ** -19
"""What rounding takes from a coefficient, relative to it."""


class Center(NamedTuple):
    """A point: the double ``value`` next to it and what is left to it, or infinity with its ``sign``."""

    value: Fraction
    rest: Fraction = Fraction(0)
    sign: int = 0
    half_turns: Fraction | None = None
    """The point as a multiple of pi, where it is one."""
    exactly: Fraction | None = None
    """The point itself, where it is a fraction that is no double."""
    branch: int = 0
    """The side, 1 or -1, on which the root of the distance is t, where there is a branch point."""

    @property
    def is_one_sided(self) -> bool:
        """True where t is positive."""
        return bool(self.sign or self.branch)

    def ball(self) -> arb:
        """The point at the working precision."""
        if self.half_turns is not None:
            return arb.pi() * constant(self.half_turns)
        return constant(self.value if self.exactly is None else self.exactly)


class Expansion(NamedTuple):
    """t**power times a polynomial, by ascending coefficients, within a radius of t = 0."""

    power: Fraction
    coefficients: tuple[Fraction, ...]
    radius: Fraction

    def at(self, t: Fraction) -> Fraction:
        """The value at t; the power must be whole."""
        value = sum((each * t**order for order, each in enumerate(self.coefficients)), Fraction(0))
        return value * t ** int(self.power)


class _Part(NamedTuple):
    """t**power*series(t) + logs*log(t)."""

    power: Fraction
    series: arb_series
    logs: Fraction = Fraction(0)


class _Impossible(Exception):
    """There is no such expansion, or none that is found."""


_FAILURES = (_Impossible, DcalcError, ArithmeticError, ValueError)
"""What stops an expansion; the last two are flint's."""


class Germ:
    """A function of one variable around a center: t**power*h(t), h known by its Taylor coefficients."""

    def __init__(self, expander: _Expander, power: Fraction, known: Sequence[arb]) -> None:
        self.expander = expander
        self.power = power
        self.known = known
        self.rounded: list[Fraction] = []

    def cut_off(self, radii: Sequence[Fraction], most_terms: int) -> Expansion | None:
        """The expansion within the largest of the radii for which so many terms are enough; None where there is none.

        What it leaves out is proved to be below a quarter of an ulp of the first term, and the other terms are
        together at most half of that. Cost: a series in balls of low precision for each radius.
        """
        for radius in radii:
            with ctx.workprec(_ROUGH_BITS), ball.orders(_ORDERS):
                try:
                    within = self.expander.find_part(radius).series
                except _FAILURES:
                    continue
                coefficients = self._cut_off(within, radius, most_terms)
            if coefficients is not None:
                return Expansion(self.power, coefficients, radius)
        return None

    def _cut_off(self, within: arb_series, radius: Fraction, most_terms: int) -> tuple[Fraction, ...] | None:
        """The coefficients of the shortest polynomial that is good enough; None where none is short enough."""
        known, reach = self.known, constant(radius)
        first = abs(known[0])
        rest, rounding, used = arb(0), arb(0), 0
        most = first * constant(_TRUNCATED)
        for order in range(min(len(known), within.prec - 1)):
            if order == len(self.rounded):
                self.rounded.append(round_coefficient(known[order]))
            value = self.rounded[order]
            rounding += abs(known[order]) * reach**order * (_LARGEST_ROUNDING if value else 1)
            if order:
                rest += abs(known[order]) * reach**order
            used += 1 if value else 0
            if used > most_terms or not 2 * rest < first:
                return None
            if value and abs(within[order + 1]) * reach ** (order + 1) + rounding < most:
                return tuple(self.rounded[: order + 1])
        return None


def find_germ(root: Expr, name: str, center: Center) -> Germ | None:
    """How ``root`` behaves at a center; None where it is not a power times an analytic function, or not seen to be one.

    Cost: a series in balls, and its first terms in balls of high precision.
    """
    try:
        expander = _Expander(root, name, center)
        with ctx.workprec(_BITS), ball.orders(_ORDERS):
            top = expander.find_part(None)
        if top.logs or not expander.is_sure():
            return None
        with ctx.workprec(_BITS):
            return Germ(expander, top.power, [top.series[order] for order in range(top.series.prec)])
    except _FAILURES:
        return None


def round_coefficient(enclosure: arb) -> Fraction:
    """The simplest rational in a narrow ball where it has few digits, else its middle in 20 digits."""
    if 0 in enclosure:
        return Fraction(0)
    middle = midpoint(enclosure)
    simple = middle.limit_denominator(_LONGEST)
    if abs(simple - middle) * (1 << _SIMPLE_BITS) < abs(middle):
        return simple
    return Fraction(rational_as_decimal(abs(middle), _DECIMALS)) * (1 if middle > 0 else -1)


_WRITTEN = {
    "cot": "cos(u)/sin(u)", "csc": "1/sin(u)", "coth": "cosh(u)/sinh(u)", "csch": "1/sinh(u)", "tan": "sin(u)/cos(u)",
    "sec": "1/cos(u)", "sinc": "sin(u)/u", "hypot": "sqrt(u**2 + v**2)", "xlogx": "u*log(u)", "xlogy": "u*log(v)",
    "xlog1py": "u*log(1 + v)", "asinh": "log(u + sqrt(u**2 + 1))", "acosh": "log(u + sqrt(u**2 - 1))", "inv": "1/u",
    "abs2": "u*u", "acot": "atan(1/u)", "log1p": "log(1 + u)", "log2": "log(u)/log(2)", "log10": "log(u)/log(10)",
    "exp2": "exp(u*log(2))", "exp10": "exp(u*log(10))", "atanh": "log((1 + u)/(1 - u))/2",
    "log1mexp": "log(1 - exp(u))", "log1psq": "log(1 + u**2)", "log1pmx": "log(1 + u) - u",
    "softplus": "log(1 + exp(u))", "sigmoid": "1/(1 + exp(-u))", "logerfc": "log(erfcx(u)) - u**2",
}  # fmt: skip
"""Functions in terms of those whose poles and branch points are known."""
_ROOTS = {table.SQRT: Fraction(1, 2), table.get("cbrt", 1): Fraction(1, 3)}
_ACOS, _ASIN, _ERFCX = table.get("acos", 1), table.get("asin", 1), table.get("erfcx", 1)
_TRIGAMMA, _POLYGAMMA = table.get("trigamma", 1), table.get("polygamma", 2)
_SPHERICAL = table.get("sphericalbesselj", 2)


class _Expander:
    """One expression at one center; what is taken out of each part is decided once, at the center."""

    def __init__(self, root: Expr, name: str, center: Center) -> None:
        self.root = _write_out(root)
        self.name = name
        self.center = center
        self.nodes = walk(self.root)
        if set(variables(self.root)) - {name}:
            raise _Impossible
        self.taken: dict[int, tuple[int, int]] = {}  # by the number of a step: orders taken out, sign of what is left
        self.step = 0
        self.radius: Fraction | None = None
        self.last = arb(1)
        self.orders, self.vanishing = _ORDERS, _VANISHING

    def is_sure(self) -> bool:
        """Whether what was taken to vanish does so at high precision."""
        taken = dict(self.taken)
        if not any(order for order, _ in taken.values()):
            return True
        self.orders, self.vanishing = _SURE_ORDERS, _SURELY_VANISHING
        with ctx.workprec(_SURE_BITS), ball.orders(_SURE_ORDERS):
            self.find_part(None)
        self.orders, self.vanishing = _ORDERS, _VANISHING
        return taken == self.taken

    def find_part(self, radius: Fraction | None) -> _Part:
        """The root at the center, or enclosed over all places within a radius."""
        self.radius = radius
        self.step = 0
        parts: dict[int, _Part] = {}
        for node in self.nodes:
            parts[node.id] = self._find(node, [parts[arg.id] for arg in node.args] if _has_args(node) else [])
        top = parts[self.root.id]
        return top if top.logs else self._normalise(top)

    # --- what t is ------------------------------------------------------------------------------

    def _variable(self) -> arb_series:
        """t, at 0 or at all places."""
        return arb_series([self._places(), arb(1)], prec=self.orders)

    def _places(self) -> arb:
        if self.radius is None:
            return arb(0)
        reach = constant(self.radius)
        return arb(reach / 2, reach / 2) if self.center.is_one_sided else arb(0, reach)

    def _times_power(self, series: arb_series, power: int) -> arb_series:
        for _ in range(power):
            series = series * self._variable()
        return series

    # --- parts ----------------------------------------------------------------------------------

    def _find(self, node: Expr, parts: Sequence[_Part]) -> _Part:
        op = node.op
        if op is table.NUMBER:
            return self._constant(constant(node.args[0]))
        if op is table.SYMBOL:
            return self._find_variable()
        if not node.args:
            return self._constant(ball.evaluator(op)())
        if op is table.NEG:
            return self._scale(parts[0], Fraction(-1))
        if op is table.ADD:
            return self._add(parts)
        if op is table.SUB:
            return self._add([parts[0], self._scale(parts[1], Fraction(-1))])
        if op is table.MUL:
            product = parts[0]
            for place, part in enumerate(parts[1:], 1):
                product = self._multiply(product, part, node.args[:place], node.args[place])
            return product
        if op is table.DIV:
            return self._multiply(parts[0], self._raise(parts[1], Fraction(-1)), node.args[:1], node.args[1])
        if op is table.POW:
            return self._find_power(node, parts)
        if op in _ROOTS:
            return self._raise(parts[0], _ROOTS[op])
        return self._apply(op, node.args, parts)

    def _constant(self, value: arb) -> _Part:
        return _Part(Fraction(0), arb_series([value], prec=self.orders))

    def _find_variable(self) -> _Part:
        if self.center.sign:
            return _Part(Fraction(-1), arb_series([arb(self.center.sign)], prec=self.orders))
        t = self._variable()
        return _Part(Fraction(0), (t * t * self.center.branch if self.center.branch else t) + self.center.ball())

    def _scale(self, part: _Part, factor: Fraction) -> _Part:
        return _Part(part.power, part.series * constant(factor), part.logs * factor)

    def _add(self, parts: Sequence[_Part]) -> _Part:
        lowest = min(part.power for part in parts)
        total: arb_series | None = None
        for part in parts:
            above = part.power - lowest
            if above.denominator != 1 or above > self.orders:
                raise _Impossible
            term = self._times_power(part.series, int(above))
            total = term if total is None else total + term
        assert total is not None  # a sum has terms
        return _Part(lowest, total, sum((part.logs for part in parts), Fraction(0)))

    def _multiply(self, first: _Part, second: _Part, left: Sequence[Expr], right: Expr) -> _Part:
        if first.logs or second.logs:
            if len(left) == 1 and (value := exact(left[0])) is not None:
                return self._scale(second, Fraction(value))
            if (value := exact(right)) is not None and not second.logs:
                return self._scale(first, Fraction(value))
            raise _Impossible
        return _Part(first.power + second.power, first.series * second.series)

    def _find_power(self, node: Expr, parts: Sequence[_Part]) -> _Part:
        exponent = exact(node.args[1])
        if exponent is not None:
            return self._raise(parts[0], Fraction(exponent))
        logarithm = self._log(parts[0])
        if logarithm.logs:
            raise _Impossible
        return self._exp(self._multiply(logarithm, parts[1], (), node.args[1]))

    def _raise(self, part: _Part, exponent: Fraction) -> _Part:
        if part.logs:
            raise _Impossible
        power = part.power * exponent
        if exponent.denominator == 1 and 0 <= exponent <= _MOST_TAKEN_OUT:
            product = arb_series([arb(1)], prec=self.orders)
            for _ in range(int(exponent)):
                product = product * part.series
            return _Part(power, product)
        part = self._normalise(part)
        power = part.power * exponent
        if exponent.denominator == 1:
            inverse = arb_series([arb(1)], prec=part.series.prec) / part.series
            return self._raise(_Part(-part.power, inverse), -exponent) if exponent < 0 else self._by_log(part, exponent)
        if part.power and not self.center.is_one_sided:
            raise _Impossible  # a branch point
        return self._by_log(part, exponent)._replace(power=power)

    def _by_log(self, part: _Part, exponent: Fraction) -> _Part:
        """(t**k*h)**p by exp(p*log(h)); h must be positive, or the exponent whole or a third."""
        sign = self._sign()
        series = part.series if sign > 0 else -part.series
        if sign < 0 and exponent.denominator not in (1, 3):
            raise _Impossible
        raised = (series.log() * constant(exponent)).exp()
        return _Part(part.power * exponent, raised if sign > 0 or not exponent.numerator % 2 else -raised)

    def _log(self, part: _Part) -> _Part:
        part = self._normalise(part)
        if self._sign() < 0 or (part.power and not self.center.is_one_sided):
            raise _Impossible
        return _Part(Fraction(0), part.series.log(), part.power)

    def _exp(self, part: _Part) -> _Part:
        logs = part.logs
        part = self._analytic(part._replace(logs=Fraction(0)))
        return _Part(logs, part.series.exp())

    def _apply(self, op: Row, args: Sequence[Expr], parts: Sequence[_Part]) -> _Part:
        """A function of parts."""
        if op is table.EXP:
            return self._exp(parts[0])
        if op is table.LOG and len(args) == 1:
            return self._log(parts[0])
        if op is table.ABS:
            part = self._normalise(parts[0])
            if part.power % 2 and not self.center.is_one_sided:
                raise _Impossible
            return part if self._sign() > 0 else self._scale(part, Fraction(-1))
        if any(part.logs for part in parts):
            raise _Impossible
        return self._apply_at_edge(op, args, parts) or self._apply_inside(op, parts)

    def _apply_inside(self, op: Row, parts: Sequence[_Part]) -> _Part:
        """A function of parts, which must be analytic where they lead."""
        given = [self._analytic(part).series for part in parts]
        if op.series:
            value = ball.finite(ball.evaluator(op)(*given))
        elif len(given) == 1:
            value = _compose(op, given[0])
        else:
            raise _Impossible
        if not isinstance(value, arb_series):
            raise _Impossible
        return _Part(Fraction(0), value)

    def _apply_at_edge(self, op: Row, args: Sequence[Expr], parts: Sequence[_Part]) -> _Part | None:
        """A function of a part that leads to infinity, or to the edge of its domain; None elsewhere."""
        if op is table.ATAN:
            part = self._normalise(parts[0])
            if part.power >= 0:
                return None
            side = self._sign()
            if not self.center.is_one_sided:
                raise _Impossible  # a jump
            inner = self._apply(op, args, [self._raise(part, Fraction(-1))])
            return self._add([self._constant(arb.pi() * side / 2), self._scale(inner, Fraction(-1))])
        if op in (_ACOS, _ASIN) and self.center.is_one_sided:
            edge = self._find_at_edge(parts[0])
            if edge is None or op is _ACOS:
                return edge
            return self._add([self._constant(arb.pi() / 2), self._scale(edge, Fraction(-1))])
        if op is _ERFCX and self.center.is_one_sided:
            part = self._normalise(parts[0])
            if part.power < 0 and self._sign() > 0:
                return self._find_far_erfcx(self._raise(part, Fraction(-1)))
        order = {table.DIGAMMA: 0, _TRIGAMMA: 1}.get(op)
        if op is _POLYGAMMA and (value := exact(args[0])) in (0, 1):
            order = int(value or 0)
        if order is not None and self.center.is_one_sided:
            part = self._normalise(parts[-1])
            if part.power < 0 and self._sign() > 0:
                return self._find_far_polygamma(order, self._raise(part, Fraction(-1)))
        return None

    def _find_at_edge(self, part: _Part) -> _Part | None:
        """acos where its argument leads to 1 or -1; None elsewhere."""
        for side in (1, -1):
            gap = self._normalise(self._add([self._constant(arb(1)), self._scale(part, Fraction(-side))]))
            if gap.power > 0:
                half = self._apply(_ASIN, (), [self._raise(self._scale(gap, Fraction(1, 2)), Fraction(1, 2))])
                if side > 0:
                    return self._scale(half, Fraction(2))
                return self._add([self._constant(arb.pi()), self._scale(half, Fraction(-2))])
        return None

    def _find_far_erfcx(self, inverse: _Part) -> _Part:
        """erfcx(1/v) for a small v > 0: v/pi times the integral of exp(-s)/(sqrt(s)*(1 + s*v**2)) over all s > 0, whose
        coefficients in v**2 have alternating signs, and are the largest at 0: DLMF 7.7.2."""
        square = self._analytic(self._multiply(inverse, inverse, (), ZERO)).series
        total = arb_series([arb(0)], prec=square.prec)
        for order in reversed(range(square.prec)):
            most = (arb(order) + arb(1) / 2).gamma() / arb.pi() * (-1) ** order
            total = total * square + (most if self.radius is None else arb(most / 2, abs(most) / 2))
        return self._multiply(inverse, _Part(Fraction(0), total), (), ZERO)

    def _find_far_polygamma(self, order: int, inverse: _Part) -> _Part:
        """digamma(1/v), or its derivative, for a small v > 0.

        digamma(1/v) is -log(v) - v/2 - v**2*F(v**2) with F(w), the integral of 2*s/((1 + s**2*w)*(exp(2*pi*s) - 1))
        over all s > 0, whose coefficients have alternating signs and are the largest at 0, where they are
        abs(bernoulli(2*n + 2))/(2*n + 2): DLMF 5.9.15 and 5.11.2; the derivative likewise.
        """
        square = self._analytic(self._multiply(inverse, inverse, (), ZERO)).series
        total = arb_series([arb(0)], prec=square.prec)
        for n in reversed(range(square.prec)):
            even = 2 * n + 2
            most = 2 * arb.fac_ui(even - 1) * arb(even).zeta() / (2 * arb.pi()) ** even * (-1) ** n
            most *= even if order else 1
            total = total * square + (most if self.radius is None else arb(most / 2, abs(most) / 2))
        half = self._scale(inverse, Fraction(1, 2))
        tail = self._multiply(inverse, _Part(Fraction(0), total), (), ZERO)
        if not order:
            below = self._scale(self._multiply(inverse, tail, (), ZERO), Fraction(-1))
            return self._add([self._scale(self._log(inverse), Fraction(-1)), self._scale(half, Fraction(-1)), below])
        second = self._multiply(inverse, self._add([half, self._multiply(inverse, tail, (), ZERO)]), (), ZERO)
        return self._add([inverse, second])

    def _analytic(self, part: _Part) -> _Part:
        """The part with a power of 0."""
        if part.logs:
            raise _Impossible
        if part.power < 0:
            part = self._normalise(part)
        if part.power < 0 or part.power.denominator != 1:
            raise _Impossible
        return _Part(Fraction(0), self._times_power(part.series, int(part.power)))

    def _normalise(self, part: _Part) -> _Part:
        """The part with as much of t taken out as vanishes at 0."""
        if part.logs:
            raise _Impossible
        self.step += 1
        if self.radius is None:
            order, sign = self._find_lowest(part.series)
            self.taken[self.step] = order, sign
        order, _ = self.taken[self.step]
        coefficients = [part.series[place] for place in range(order, part.series.prec)]
        self.last = coefficients[0]
        if not order:
            return part
        return _Part(part.power + order, arb_series(coefficients, prec=len(coefficients)))

    def _find_lowest(self, series: arb_series) -> tuple[int, int]:
        """The first order that does not vanish, and the sign of its coefficient."""
        for order in range(min(series.prec, _MOST_TAKEN_OUT + 1)):
            value = series[order]
            if not value.is_finite():
                raise _Impossible
            if 0 not in value:
                return order, 1 if value > 0 else -1
            if not abs(value) < self.vanishing:
                raise _Impossible
        raise _Impossible

    def _sign(self) -> int:
        """The sign of the part that was normalised last, the same at all places."""
        if 0 in self.last:
            raise _Impossible
        return self.taken[self.step][1]


def _has_args(node: Expr) -> bool:
    return node.op not in (table.NUMBER, table.SYMBOL)


def _compose(op: Row, inner: arb_series) -> arb_series:
    """A function without a series of its own, by its derivatives at the first coefficient."""
    value = inner[0]
    outer = Encloser(make(op, symbol("u")), "u", inner.prec - 1).coefficients({"u": lambda: value})
    rest = inner - value
    total = arb_series([arb(0)], prec=inner.prec)
    for coefficient in reversed(outer):
        if not isinstance(coefficient, arb) or not coefficient.is_finite():
            raise _Impossible
        total = total * rest + coefficient
    return total


def _write_out(root: Expr) -> Expr:
    """The root in functions whose poles and branch points are known."""
    for _ in range(_PASSES):
        (image,) = map_nodes(lambda node, args: _write_node(make(node.op, *args)), root)
        if image is root:
            return root
        root = image
    raise _Impossible


def _write_node(node: Expr) -> Expr:
    row, args = node.op, node.args
    text = _WRITTEN.get(row.name) if _has_args(node) and len(args) == len(row.args) else None
    if text is not None:
        return fill(text, ("u", "v")[: len(args)], dict(zip("uv", args, strict=False)))
    if row is _SPHERICAL and exact(args[0]) == 1:
        return fill("(sin(u)/u - cos(u))/u", ("u",), {"u": args[1]})
    return body(node) if row.body and _has_args(node) else node
