"""Taylor coefficients as exact rationals where they are rational: 1/6 rather than 0.1666.

A jet runs over rationals and one more value, `UNKNOWN`: a number that is not known to be rational. Zero times
it is zero, so that the coefficients of odd order of an even function are found to be zero, whatever the others are.
What has no recurrence at the point is expanded first, and given to the jets: quotients with a hole there, and
functions whose power series is known in closed form.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import reduce
from itertools import takewhile
from math import factorial, isfinite, nan
from typing import Any

from flint import arb, ctx, fmpq, fmpq_series

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import Expr, exact, is_leaf, variables
from dcalc.functions import Row
from dcalc.numbers.enclosure import Constant, Encloser
from dcalc.numbers.jet import Jets, Plan
from dcalc.numbers.real import evaluator
from dcalc.simplify import Build
from dcalc.simplify.build import RELATIONS
from dcalc.tape import System, in_order

_MOST_BITS = 4096
"""Beyond this a number is of no use to anyone, and counts as unknown."""


_SPARE = 8
"""Coefficients computed beyond the order: quotients with a hole lose some."""
_MOST_STEPS = 4_000_000
"""Parts of the plan times the square of the order: half a second."""


class _Unknown:
    """A number that is not known to be rational; where it is not even ``finite``, zero times it is not zero."""

    __slots__ = ("finite",)

    def __init__(self, *, finite: bool) -> None:
        self.finite = finite

    def _absorb(self, other: object) -> _Unknown:
        return other if isinstance(other, _Unknown) and not other.finite else self

    __add__ = __radd__ = __sub__ = __rsub__ = _absorb

    def __mul__(self, other: object) -> fmpq | _Unknown:
        return other if self.finite and isinstance(other, fmpq) and other == 0 else self._absorb(other)

    __rmul__ = __mul__


UNKNOWN = _Unknown(finite=True)
POLE = _Unknown(finite=False)
"""What has no finite value: 1/0, log(0)."""
_Known = fmpq | _Unknown


def coefficients(
    root: Expr,
    name: str,
    order: int,
    at: Mapping[str, Fraction | None],
    point: Mapping[str, Constant] | None = None,
    *,
    over_holes: bool = False,
) -> list[Fraction | None]:
    """The Taylor coefficients up to an order, None where they are not rational for certain.

    ``at`` has the coordinates, None for those that are not rational; where ``point`` encloses them, divisors that
    are not known are enclosed, too. The coefficients hold where f is analytic; with ``over_holes`` they are those
    of its continuation where quotients have holes. Cost: order**2 for each operation, and none is known where that
    takes more than half a second.
    """
    jet = _Expansion(name, at, point, over_holes).expand(root, order)
    return [_as_fraction(value) for value in jet]


class _Expansion:
    """Expansions at one point, the inner ones first."""

    def __init__(
        self, name: str, at: Mapping[str, Fraction | None], point: Mapping[str, Constant] | None, over_holes: bool
    ) -> None:
        self.name = name
        self.at = at
        self.point = point
        self.over_holes = over_holes
        self.given: dict[int, list[_Known]] = {}
        """Jets of nodes that have been expanded by themselves, by id."""

    def expand(self, root: Expr, order: int) -> list[_Known]:
        """The jet of an expression up to an order."""
        length = order + 1 + (_SPARE if self.over_holes else 0)
        nodes, inner = in_order(root)
        for node in nodes:
            if node.id in inner or is_leaf(node) or self.name not in variables(node):
                continue
            if node.op in _KNOWN_SERIES:
                jet = self._compose(node, length)
            elif node.op is table.DIV and self.over_holes:
                jet = self._fill_hole(node, length)
            else:
                continue
            if jet is not None:
                self.given[node.id] = jet
        return self._grow(root, order)

    def _grow(self, node: Expr, order: int) -> list[_Known]:
        """The jet by recurrences, from those that are given."""
        try:
            plan = _RationalPlan(node, self.name, order, self.given)
        except Unsupported:
            return [UNKNOWN] * (order + 1)
        if len(plan.nodes) * order**2 > _MOST_STEPS:
            return [UNKNOWN] * (order + 1)
        jets = _RationalJets(plan, self.at, self.point, self.given)
        jets.grow(order)
        jet: list[_Known] = jets.jets[node.id]
        return [jet[k] if k < len(jet) else fmpq(0) for k in range(order + 1)]

    def _compose(self, node: Expr, length: int) -> list[_Known] | None:
        """The jet of a function whose series at 0 is known, where its argument is 0; None elsewhere."""
        *parameters, argument = node.args
        values = [self._grow(part, 0)[0] for part in (*parameters, argument)]
        if values[-1] != 0 or any(
            isinstance(value, _Unknown) or self.name in variables(part)
            for part, value in zip(parameters, values, strict=False)
        ):
            return None  # fmt: skip
        outer = [_KNOWN_SERIES[node.op](k, *values[:-1]) for k in range(length)]
        if None in outer:
            return None
        jet = self._grow(argument, length - 1)
        known = [value for value in takewhile(lambda value: isinstance(value, fmpq), jet) if isinstance(value, fmpq)]
        if not known:
            return None  # too long to be grown
        composed = compose([c for c in outer[: len(known)] if c is not None], known)
        return [*(composed[k] for k in range(len(known))), *[UNKNOWN] * (length - len(known))]

    def _fill_hole(self, node: Expr, length: int) -> list[_Known] | None:
        """The jet of a quotient, of whose parts a power of the variable is cancelled; None where it has no hole."""
        first, second = node.args
        if self._grow(second, 0)[0] != 0:
            return None
        above, below = (self._grow(part, length - 1) for part in (first, second))
        zeros = next((k for k, value in enumerate(below) if value != 0), length)
        if zeros == length or isinstance(below[zeros], _Unknown) or any(value != 0 for value in above[:zeros]):
            return None
        quotient: list[_Known] = []
        for k in range(length - zeros):
            total = above[k + zeros]
            for j in range(1, k + 1):
                total = total - quotient[k - j] * below[j + zeros]
            quotient.append(_divide(total, below[zeros]))
        return [*quotient, *[UNKNOWN] * zeros]


def compose(outer: list[fmpq], inner: list[fmpq]) -> fmpq_series:
    """The composition of two power series with as many terms as the inner one, whose first is 0."""
    length = len(inner)
    if not any(inner):  # flint takes a series without terms for one that does not begin with 0
        return fmpq_series(outer[:1], prec=length)
    before, ctx.cap = ctx.cap, length
    try:
        return fmpq_series(outer, prec=length)(fmpq_series(inner, prec=length))
    finally:
        ctx.cap = before


class _RationalPlan(Plan):
    """A plan in which powers have a recurrence wherever f can only be analytic off the zeros of their base, and
    nodes whose jets are given need nothing else."""

    def __init__(self, root: Expr, name: str, order: int, given: Mapping[int, list[_Known]]) -> None:
        self.given = given
        super().__init__(root, name, order)

    def _needs(self, node: Expr, order: int) -> list[tuple[Expr, int]]:
        return [] if node.id in self.given else super()._needs(node, order)

    def order(self) -> list[Expr]:
        """The nodes in order of evaluation, without those that only given ones hold."""
        return [node for node in super().order() if node.id in self.need]

    def is_power(self, node: Expr) -> bool:
        if node.op is not table.POW or self._moves(node.args[1]):
            return False
        exponent = exact(node.args[1])
        return exponent is not None and (exponent < 0 or exponent.denominator != 1)


class _RationalJets(Jets):
    """The jets of a plan over rationals and `UNKNOWN`."""

    def __init__(
        self,
        plan: Plan,
        at: Mapping[str, Fraction | None],
        point: Mapping[str, Constant] | None,
        given: Mapping[int, list[_Known]],
    ) -> None:
        values = {name: UNKNOWN if value is None else _as_rational(value) for name, value in at.items()}
        super().__init__(plan, System(_as_rational, _evaluator), values)
        self.point = point
        self.given = given
        self.nonzero: dict[int, bool] = {}

    def _value(self, node: Expr) -> _Known:
        if node.id in self.given:
            return self.given[node.id][0]
        if node.op is table.DIV:
            return self._divide(self.jets[node.args[0].id][0], node.args[1])
        value: _Known = super()._value(node)
        return value

    def _coefficient(self, node: Expr, k: int) -> _Known:
        if (given := self.given.get(node.id)) is not None:
            return given[k] if k < len(given) else UNKNOWN
        value: _Known = super()._coefficient(node, k)
        return value if isinstance(value, _Unknown) or value.height_bits() <= _MOST_BITS else UNKNOWN

    def _add_products(self, total: _Known, left: list[_Known], right: list[_Known]) -> _Known:
        for u, v in zip(left, right, strict=False):
            if total is POLE:
                break
            total = total + u * v
        return total

    def _divide(self, total: _Known, divisor: Expr) -> _Known:
        if isinstance(total, fmpq) and total == 0 and self._is_nonzero(divisor):
            return total
        value: _Known = super()._divide(total, divisor)
        return value

    def _is_nonzero(self, divisor: Expr) -> bool:
        """Whether a divisor is certainly not 0 at the point."""
        if divisor.id not in self.nonzero:
            value = self.jets[divisor.id][0]
            if isinstance(value, _Unknown):
                value = Encloser(divisor, "", 0).at(self.point).f if self.point is not None else None
            self.nonzero[divisor.id] = isinstance(value, arb | fmpq) and bool(value != 0)
        return self.nonzero[divisor.id]


def _as_rational(value: int | Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _as_fraction(value: _Known) -> Fraction | None:
    return None if isinstance(value, _Unknown) else Fraction(int(value.p), int(value.q))


def _evaluator(op: Row) -> Callable[..., Any]:
    if op in _ARITHMETIC:
        return _ARITHMETIC[op]
    if op is table.WHERE:
        return lambda condition, first, second: UNKNOWN if condition is None else first if condition else second
    if op in RELATIONS:
        relation = RELATIONS[op]
        return lambda u, v: None if isinstance(u, _Unknown) or isinstance(v, _Unknown) else relation(u, v)
    if op in table.CONDITIONS:
        return lambda *parts: None
    return lambda *args: _simplify_row(op, args)


def _divide(u: _Known, v: _Known) -> _Known:
    if isinstance(u, _Unknown) or isinstance(v, _Unknown):
        return POLE if POLE in (u, v) or v == 0 else UNKNOWN
    return POLE if v == 0 else u / v


def _add(*values: _Known) -> _Known:
    return reduce(operator.add, values)


def _multiply(*values: _Known) -> _Known:
    return reduce(operator.mul, values)


def _negate(value: _Known) -> _Known:
    return value if isinstance(value, _Unknown) else -value


_ARITHMETIC: dict[Row, Callable[..., _Known]] = {
    table.ADD: _add,
    table.SUB: operator.sub,
    table.MUL: _multiply,
    table.NEG: _negate,
    table.DIV: _divide,
}


def _simplify_row(op: Row, values: tuple[_Known, ...]) -> _Known:
    """What simplification makes of a row at rationals: exp(0) is 1."""
    if POLE in values:
        return POLE
    rationals = [_as_fraction(value) for value in values]
    if None in rationals:
        return UNKNOWN
    build = Build()
    result = exact(build.apply(op, tuple(build.number(value) for value in rationals if value is not None)))
    if result is not None:
        return _as_rational(result)
    return UNKNOWN if isfinite(evaluator(op)(*map(_as_double, values))) else POLE


def _as_double(value: _Known) -> float:
    """The nearest double; nan where a number is out of their range."""
    try:
        return float(_as_fraction(value) or 0)
    except OverflowError:
        return nan


# --- power series at 0 in closed form, of functions without recurrences --------------------------------

_Coefficient = Callable[..., "fmpq | None"]
"""The coefficient of an order; its parameters follow. None where it is not rational."""


def _bessel(sign: int) -> _Coefficient:
    def coefficient(k: int, order: fmpq) -> fmpq | None:
        """Of J or I of a whole order from 0 on (DLMF 10.2.2, 10.25.2)."""
        if order.q != 1 or order < 0:
            return None
        n = int(order.p)
        m, odd = divmod(k - n, 2)
        return fmpq(0) if k < n or odd else fmpq(sign**m, factorial(m) * factorial(m + n) * 2**k)

    return coefficient


def _integral(sign: int) -> _Coefficient:
    """Of si and shi: the integrals of sin(t)/t and sinh(t)/t (DLMF 6.6.5)."""
    return lambda k: fmpq(sign ** (k // 2), k * factorial(k)) if k % 2 else fmpq(0)


_KNOWN_SERIES: Mapping[Row, _Coefficient] = {
    table.get("lambertw", 1): lambda k: fmpq((-k) ** (k - 1), factorial(k)) if k else fmpq(0),  # DLMF 4.13.5
    table.get("si", 1): _integral(-1),
    table.get("shi", 1): _integral(1),
    table.get("sinc", 1): lambda k: fmpq(0) if k % 2 else fmpq((-1) ** (k // 2), factorial(k + 1)),
    table.get("dawson", 1): lambda k: (  # DLMF 7.6.1
        fmpq((-4) ** (k // 2) * factorial(k // 2), factorial(k)) if k % 2 else fmpq(0)
    ),
    table.get("besselj", 2): _bessel(-1),
    table.get("besseli", 2): _bessel(1),
}
"""The coefficients at 0 in the last argument, where it is 0; those before it are parameters."""
