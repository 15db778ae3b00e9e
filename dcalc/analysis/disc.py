"""A bound of the remainder of a Taylor polynomial from a disc in the complex plane.

The next coefficients are enclosed one by one; what follows them is at most M*rho^(m+1)/(r^m*(r - rho)), where f is
analytic on the disc of radius r and at most M on its circle (Cauchy's estimate). Boxes that cover the disc prove
that no part of f leaves its domain there, or meets a branch cut. A quotient with a hole at the center continues
over it if its denominator has no other zero near by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import inf, nextafter, prod

from flint import acb, arb, arb_series, ctx

from dcalc import functions as table
from dcalc.expr import Expr, make, variables
from dcalc.functions import Row
from dcalc.numbers import ball, rational_jet
from dcalc.numbers.complex_ball import RULES
from dcalc.numbers.enclosure import Constant, Encloser, Fault, constant
from dcalc.tape import Tape, lower

_MORE = (6, 16, 36)
"""Coefficients beyond the polynomial that are enclosed, fewer first."""
_RADII = (1.1, 1.2, 1.3, 1.42, 1.6, 1.9, 2.4, 3.2, 5.0, 9.0)
"""Radii of discs, relative to the range."""
_ARCS = 48
_DEEPEST = 7
"""How often the boxes that cover a disc are halved."""
_MOST_ZEROS = 4
_HIGHEST = 60
"""The highest degree that is looked at; coefficients of higher ones take long."""
_ENTIRE = frozenset(
    ("exp", "sin", "cos", "sinh", "cosh", "sinc", "erf", "erfc", "erfi", "dawson", "fresnels", "fresnelc", "si", "shi",
     "airyai", "airybi", "airyaiprime", "airybiprime")
)  # fmt: skip
_FINITE = frozenset(("gamma", "digamma", "tan", "tanh", "zeta"))
"""Functions whose only singular points are poles, where a box has no finite value."""


class _Outside(Exception):
    """A box is not proved to lie inside of the domain of a part."""


def bound_on_disc(
    root: Expr, name: str, order: int, point: Mapping[str, Constant], center: float, reach: float
) -> float | None:
    """A bound of abs(f - its Taylor polynomial of that order) within reach of the center; None where none is proved.

    Cost: some hundred evaluations of f on complex balls.
    """
    if order > _HIGHEST or not reach:
        return None
    try:
        with ctx.workprec(128 + 2 * order):
            return _Disc(root, name, dict(point), center).bound(order, reach)
    except (_Outside, ArithmeticError, ValueError):
        return None


class _Disc:
    """Discs around a center, for one expression."""

    def __init__(self, root: Expr, name: str, point: dict[str, Constant], center: float) -> None:
        self.root = root
        self.name = name
        self.point = point
        self.center = center
        self.tape = lower(root)
        self.parts: tuple[Expr, Expr] | None = None
        """Numerator and denominator of a quotient with a hole at the center."""
        self.zeros = 0
        if root.op is table.DIV and (zeros := self._count_zeros(root.args[1])):
            self.parts, self.zeros = _write_without_poles(*root.args), zeros
            self.tape = lower(make(table.DIV, *self.parts))

    def bound(self, order: int, reach: float) -> float | None:
        """The least bound over numbers of coefficients and radii."""
        circles: list[tuple[arb, arb]] = []
        for radius in (arb(scale) * reach for scale in _RADII):
            try:
                gap = self._clear_hole(radius) if self.parts is not None else 0.0
                self._cover(self.tape, radius, gap)
                circles.append((radius, self._largest(self.tape, radius)))
            except _Outside:
                break
        best = inf
        for more in _MORE:
            last = order + more
            coefficients = self._coefficients(last)
            near = sum((abs(c) * arb(reach) ** k for k, c in enumerate(coefficients) if k > order), arb(0))
            for radius, size in circles:
                rest = size * arb(reach) ** (last + 1) / (radius**last * (radius - reach))
                upper = float((near + rest).upper())
                best = min(best, nextafter(upper, inf) if upper == upper else inf)
            if best < inf and float(near.lower()) > best / 2:
                break  # the rest is small already
        return best if best < inf else None

    # --- coefficients at the center ---------------------------------------------------------

    def _count_zeros(self, below: Expr) -> int:
        """How often a denominator vanishes at the center, exactly; 0 where that is not known."""
        if any(other != self.name for other in variables(below)):
            return 0
        at = {self.name: Fraction(self.center)}
        coefficients = rational_jet.coefficients(below, self.name, _MOST_ZEROS, at)
        return next((k for k, value in enumerate(coefficients) if value != 0 or value is None), 0)

    def _coefficients(self, last: int) -> list[arb]:
        if self.parts is None:
            return self._enclose(self.root, last)
        above, below = (self._enclose(part, last + self.zeros)[self.zeros :] for part in self.parts)
        with ball.orders(last + 1):
            quotient = arb_series(above, prec=last + 1) / arb_series(below, prec=last + 1)
        return [quotient[k] for k in range(last + 1)]

    def _enclose(self, node: Expr, last: int) -> list[arb]:
        found = Encloser(node, self.name, last).coefficients({**self.point, self.name: lambda: arb(self.center)})
        if any(isinstance(value, Fault) for value in found):
            raise _Outside
        return [value for value in found if not isinstance(value, Fault)]

    # --- the disc ---------------------------------------------------------------------------

    def _clear_hole(self, radius: arb) -> float:
        """Half the side of a square around the center in which the denominator has no other zero."""
        assert self.parts is not None
        above, below = (lower(part) for part in self.parts)
        for tape in (above, below):
            self._cover(tape, radius)
        last = self.zeros + 12
        coefficients = self._enclose(self.parts[1], last)
        size = self._largest(below, radius)
        for share in (0.5, 0.25, 0.1, 0.03):
            within = radius * share
            rest = sum(
                (abs(c) * within ** (k - self.zeros) for k, c in enumerate(coefficients) if k > self.zeros), arb(0)
            )
            rest += size * within ** (last + 1 - self.zeros) / (radius**last * (radius - within))
            if rest < abs(coefficients[self.zeros]):
                return float(within.lower()) / 1.4143  # the square lies in the circle
        raise _Outside

    def _cover(self, tape: Tape, radius: arb, gap: float = 0.0) -> None:
        """Raise unless an expression is analytic on the disc, but for a square around the center."""
        whole = float(radius.upper())
        boxes = [(0.0, 0.0, whole, 0)]
        while boxes:
            x, y, half, depth = boxes.pop()
            if max(abs(x) - half, 0) ** 2 + max(abs(y) - half, 0) ** 2 > 1.001 * whole * whole:
                continue
            if max(abs(x), abs(y)) + half <= gap:
                continue
            try:
                self._evaluate(tape, self._box(x, y, half))
            except _Outside:
                if depth >= _DEEPEST:
                    raise
                half /= 2
                boxes += [(x + i * half, y + j * half, half, depth + 1) for i in (-1, 1) for j in (-1, 1)]

    def _largest(self, tape: Tape, radius: arb) -> arb:
        """An upper bound of the size on the circle."""
        return arb(max(float(abs(self._evaluate(tape, part)).upper()) for part in self._arcs(radius)))

    def _arcs(self, radius: arb) -> Iterator[acb]:
        """Balls that cover the circle, which is symmetric to the real axis: f is real there."""
        width = arb.pi() * radius / _ARCS
        for k in range(_ARCS + 1):
            angle = arb.pi() * k / _ARCS
            middle = acb(self.center) + acb(radius * angle.cos(), radius * angle.sin())
            wide = arb(0, float(width.upper()))
            yield acb(middle.real + wide, middle.imag + wide)

    def _box(self, x: float, y: float, half: float) -> acb:
        wide = arb(0, half * 1.0001)
        return acb(arb(self.center) + arb(x) + wide, arb(y) + wide)

    def _evaluate(self, tape: Tape, box: acb) -> acb:
        """f on a box where it is analytic there, and finite; raises _Outside."""
        values: list[acb] = []
        for op, args in tape.rows:
            if op is table.NUMBER:
                values.append(acb(constant(args[0])))
            elif op is table.SYMBOL:
                values.append(box if args[0] == self.name else acb(self.point[args[0]]()))
            else:
                values.append(_apply(op, [values[i] for i in args]))
            if not values[-1].is_finite():
                raise _Outside
        return values[-1]


def _write_without_poles(above: Expr, below: Expr) -> tuple[Expr, Expr]:
    """Numerator and denominator, with sin/cos for a tangent, whose poles are not singular points of the quotient."""
    parts = {table.TAN: (table.SIN, table.COS), table.TANH: (table.SINH, table.COSH)}.get(below.op)
    if parts is None:
        return above, below
    sine, cosine = (make(part, *below.args) for part in parts)
    return make(table.MUL, above, cosine), sine


def _apply(op: Row, args: list[acb]) -> acb:
    """An operation on boxes on which it is analytic; raises _Outside for all others."""
    if op in _ARITHMETIC:
        value: acb = _ARITHMETIC[op](*args)
        return value
    if not args or not _is_inside(op, args):
        raise _Outside
    if op is table.POW:
        whole = args[1].real.unique_fmpz() if args[1].imag.is_zero() and args[1].is_exact() else None
        value = args[0] ** (args[1] if whole is None else int(whole))
    else:
        value = RULES.rules[op](*args) if op in RULES.rules else getattr(args[0], op.name)()
    return value


def _is_inside(op: Row, args: list[acb]) -> bool:
    """Whether an operation is analytic on boxes of its arguments, if it is finite there."""
    first, last = args[0], args[-1]
    is_whole = len(args) > 1 and last.imag.is_zero() and last.real.is_integer()
    if op is table.POW:
        return is_whole or bool(first.real > 0) or not first.imag.contains(0)
    if op.name in ("besselj", "besseli"):
        return bool(first.imag.is_zero() and first.real.is_integer())
    if len(args) > 1:
        return False
    return op.name in _ENTIRE or op.name in _FINITE or (op.name in _CUTS and _CUTS[op.name](first))


_ARITHMETIC: dict[Row, Callable[..., acb]] = {
    table.ADD: lambda a, *others: sum(others, a),
    table.SUB: lambda a, b: a - b,
    table.MUL: lambda a, *others: prod(others, start=a),
    table.DIV: lambda a, b: a / b,
    table.NEG: lambda a: -a,
}
_CUTS: dict[str, Callable[[acb], bool]] = {
    "log": lambda z: bool(z.real > 0) or not z.imag.contains(0),
    "sqrt": lambda z: bool(z.real > 0) or not z.imag.contains(0),
    "lgamma": lambda z: bool(z.real > 0),
    "log1p": lambda z: bool(z.real > -1) or not z.imag.contains(0),
    "lambertw": lambda z: bool(z.real > -(arb(-1).exp())) or not z.imag.contains(0),
    "atan": lambda z: bool(abs(z.imag) < 1),
}
"""Where functions with branch cuts are analytic."""
