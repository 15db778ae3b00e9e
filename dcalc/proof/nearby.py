"""Parts of an expression that are one number all around a point: what hides in ``abs(sin(asin(x)) - x)``.

Where a part is analytic around the point, the signs that an identity depends on are those at the point itself,
and its balls tell them: asin(sin(x)) is x around 0.3, and pi - x around 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal, TypeVar

from flint import arb, fmpq, fmpq_mpoly

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, is_leaf, make, map_nodes, number, substitute, variables
from dcalc.functions import Row
from dcalc.numbers.ball import nearest_whole
from dcalc.numbers.enclosure import Encloser, analytic, carrying, constant, has_edges
from dcalc.proof.budget import Budget
from dcalc.proof.constant import to_fraction
from dcalc.proof.equality import prove_number
from dcalc.proof.expressions import Translator
from dcalc.proof.field import EXPRESSION_LIMITS, Field, FinerScale, MoreRoom, Quotient, TooLarge
from dcalc.proof.zero import NumberElementary
from dcalc.tape import lower

_NARROW = arb(2) ** -40
"""The radius of a ball that is taken for a whole number, if that is proved."""
_TRIES = 6
_WORK = 400_000
"""Products of terms that one proof may cost."""
_ANCHORS = (0, 1, -1, 2, -2)
"""Numbers at which values are simple."""
_PIECES = 16
"""Intervals between a point and such a number that are looked at."""
_MOST_POWER = 1_000
"""Larger powers of doubles are not multiplied out."""
_SINGULAR = frozenset((table.DIV, table.POW, table.LOG))
"""Rows that have no value, or another one, where an argument is a certain number."""

Coordinates = Mapping[str, Callable[[], arb]]
"""The coordinates of a point as balls, at the working precision."""


class NearbyElementary(NumberElementary):
    """The functions of expressions around a point, at which balls tell the signs."""

    has_recurrences = True

    def __init__(self, field: Field, point: Coordinates) -> None:
        self.point = point
        self.met: set[str] = set()
        super().__init__(field)

    def symbol(self, name: str) -> Quotient:
        """A variable, whose ball is its coordinate."""
        self.met.add(name)
        return self._atom(f"symbol {name}", self.point[name])

    def exempt(self, element: Quotient) -> None:
        """Raise TooLarge unless an element that was cancelled is not 0 at the point."""
        self._check_nonzero(element.above)

    def _check_nonzero(self, poly: fmpq_mpoly) -> None:
        if 0 in self.field.evaluate(poly, self._ball):
            raise TooLarge

    def check_cancelled(self) -> None:
        """Raise TooLarge unless what a square of a sign was taken for 1 of is not 0 at the point."""
        for poly in self.field.cancelled.values():
            self._check_nonzero(poly)

    def choice(self, kind: Literal["negative", "zero"], element: Quotient) -> Quotient:
        """1 where an element is ``kind`` at the point, else 0; raises TooLarge where it may be 0."""
        value = self.enclose(element)
        if element.above.is_zero() or not (value > 0 or value < 0):
            raise TooLarge
        return self.field.number(int(kind == "negative" and bool(value < 0)))

    def unknown(self, name: str, args: Iterable[Quotient], *, domain: bool = False) -> Quotient:
        """A function about which nothing else is known, but for its value at the point."""
        args = list(args)
        element = super().unknown(name, args, domain=domain)
        row = table.BY_KEY.get(name)
        place = self.field.single(element)
        if row is not None and place is not None and place not in self._balls:
            self.remember_ball(place, lambda: self._evaluate(row, args))
        return element

    def _evaluate(self, row: Row, args: list[Quotient]) -> arb:
        value = carrying(row)(*map(self.enclose, args))
        return value if type(value) is arb else arb("nan")


def is_zero_around(node: Expr, point: Coordinates) -> bool:
    """Whether an expression is proved to be 0 in all variables around a point. Cost: some milliseconds; bounded."""
    names = variables(node)
    if not analytic(node, names, point):
        return False
    if _find_element(node, point, _is_zero):
        return True
    return len(names) == 1 and _is_constant_zero(node, names[0], point)


def rational_around(node: Expr, point: Coordinates) -> Fraction | None:
    """The value of an expression at a point of exact doubles, where it is proved to be a rational function of its
    variables around it; None where it is not. Cost: some milliseconds; bounded."""
    if not analytic(node, variables(node), point):
        return None
    return _find_element(node, point, _evaluate_at_doubles)


Answer = TypeVar("Answer")


def _find_element(
    node: Expr, point: Coordinates, read: Callable[[NearbyElementary, Quotient], Answer]
) -> Answer | None:
    """What is read off the element of an expression around a point at which it is analytic; None where it has none."""
    scales: dict[str, int] = {}
    for _ in range(_TRIES):
        functions = NearbyElementary(Field(scales, limits=EXPRESSION_LIMITS, budget=Budget(proofs=_WORK)), point)
        try:
            element = Translator(functions).element(node)
            functions.check_cancelled()
            return read(functions, element)
        except FinerScale:
            continue
        except (TooLarge, MoreRoom, OverflowError, ZeroDivisionError):
            return None
    return None


def _is_zero(_functions: NearbyElementary, element: Quotient) -> bool:
    return bool(element.above.is_zero())


def _evaluate_at_doubles(functions: NearbyElementary, element: Quotient) -> Fraction | None:
    """The value of a quotient of polynomials in variables that are exact doubles."""
    places = {functions.field.atoms[f"symbol {name}"]: name for name in functions.met}
    parts = []
    for poly in (element.above, element.below):
        total = fmpq(0)
        for powers, coefficient in poly.to_dict().items():
            term = fmpq(coefficient)
            for place, power in enumerate(powers):
                if not power:
                    continue
                value = functions.point[places[place]]() if place in places else None
                if value is None or not value.is_exact() or abs(power) > _MOST_POWER:
                    return None
                term *= value.fmpq() ** int(power)
            total += term
        parts.append(total)
    return to_fraction(parts[0] / parts[1]) if parts[1] != 0 else None


def _is_constant_zero(node: Expr, name: str, point: Coordinates) -> bool:
    """Whether the derivative is 0 around the point, and on the way from there to a number at which f is 0."""
    try:
        slope = derivative(node, (name,))
    except (Unsupported, LimitError):
        return False
    if not analytic(slope, (name,), point) or not _find_element(slope, point, _is_zero):
        return False
    here = point[name]()
    for anchor in sorted(_ANCHORS, key=lambda anchor: float(abs(here.mid() - anchor))):
        if _is_analytic_between(node, name, here, arb(anchor)) and _is_zero_at(node, name, anchor):
            return True
    return False


def _is_zero_at(node: Expr, name: str, place: int) -> bool:
    value = Encloser(node, "", 0).at({name: lambda: arb(place)}).f
    return (type(value) is arb and value.is_zero()) or prove_number(substitute(node, {name: number(place)})) == 0


def _is_analytic_between(node: Expr, name: str, first: arb, last: arb) -> bool:
    """Whether f is analytic all the way from one number to another."""
    step = (last - first) / _PIECES
    pieces = [(first + step * k).union(first + step * (k + 1)) for k in range(_PIECES)]
    return all(analytic(node, (name,), {name: lambda piece=piece: piece}) for piece in pieces)  # type: ignore[misc]


def settle_numbers(root: Expr, point: Coordinates) -> Expr:
    """The expression with numbers for the parts that are proved to be whole numbers around the point, where those
    decide whether a function has an edge, a kink or a jump there; itself where there are none.

    Cost: one evaluation in balls, and a proof for each part whose ball holds a whole number.
    """
    balls = _evaluate_parts(root, point)

    def settle(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op in _DIFFERENCES and len(args) == 2 and (args[0] is args[1] or _are_equal(node, balls, point)):
            args = (args[0], args[0])
        elif node.op in _SINGULAR or has_edges(node.op) or node.op is table.FLOOR:
            args = tuple(_settle(part, arg, balls, point) for part, arg in zip(node.args, args, strict=True))
        return make(node.op, *args)

    return map_nodes(settle, root)[0]


def _evaluate_parts(root: Expr, point: Coordinates) -> dict[int, arb]:
    """The balls of all parts that have one, by id."""
    tape = lower(root)
    values: list[Any] = []
    for op, args in tape.rows:
        if op is table.NUMBER:
            values.append(constant(args[0]))
        elif op is table.SYMBOL:
            values.append(point[args[0]]())
        else:
            values.append(carrying(op)(*[values[i] for i in args]))
    balls = {id: values[place] for id, place in tape.places.items()}
    return {id: value for id, value in balls.items() if type(value) is arb}


def _are_equal(node: Expr, balls: Mapping[int, arb], point: Coordinates) -> bool:
    """Whether the two arguments of a choice are proved to be the same around the point."""
    first, second = (balls.get(arg.id) for arg in node.args)
    if first is None or second is None or not _is_narrow(first - second) or 0 not in first - second:
        return False
    return is_zero_around(make(table.SUB, *node.args), point)


def _settle(part: Expr, arg: Expr, balls: Mapping[int, arb], point: Coordinates) -> Expr:
    """The number that a part is proved to be around the point; else ``arg``, its form so far."""
    value = balls.get(part.id)
    if is_leaf(part) or value is None or not _is_narrow(value) or (whole := nearest_whole(value)) is None:
        return arg
    return number(whole) if is_zero_around(make(table.SUB, part, number(whole)), point) else arg


def _is_narrow(value: arb) -> bool:
    return bool(value.rad() < _NARROW)


_DIFFERENCES = frozenset((table.MAX, table.MIN, table.LT, table.LE, table.GT, table.GE, table.EQ, table.NE))
"""Choices that depend on the difference of two arguments."""
