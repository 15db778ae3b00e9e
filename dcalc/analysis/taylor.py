"""The Taylor polynomial, with certified coefficients and a proved bound of its error on a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Context
from fractions import Fraction
from heapq import heappop, heappush
from math import factorial, inf, isfinite, nextafter
from typing import NamedTuple

from flint import arb, ctx

from dcalc import reasons
from dcalc.analysis.disc import bound_on_disc
from dcalc.analysis.toolkit import (
    Over,
    Range,
    explain_status,
    note_point,
    read_box,
    require_point,
    solve_partials,
)
from dcalc.coordinates import nearest_double
from dcalc.errors import LimitError
from dcalc.expr import ONE, ZERO, Expr, exact, make, number, symbol
from dcalc.finding import Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.functions import ADD, MUL, NEG, POW, SUB
from dcalc.numbers import rational_jet
from dcalc.numbers.enclosure import Constant, Encloser, Fault, constants
from dcalc.numbers.rounding import as_decimal, as_double, format_error, rational_as_decimal
from dcalc.numbers.slow_functions import weigh
from dcalc.numerals import fraction, write_ratio
from dcalc.problem import Result
from dcalc.simplify import Build, simplify, style

MAX_DEGREE = 1_000
_MOST_WORK = 40_000_000
"""Nodes times the square of the degree: some seconds."""
_MOST_NOTED = 4
"""Derivatives up to this order are compared with those at a decimal beside the center."""
RECORD = {
    "order": Field("integer", "the degree"),
    "polynomial": Field("string | null", "the polynomial as it is printed"),
    "coefficients": Field("[number] | null", "the nearest doubles, by ascending power of (x - center)"),
    "exact": Field("[string | null] | null", "the coefficients that are rational, as quotients"),
    "reference": Field("[string] | null", "the decimals of the coefficients"),
    "remainder": Field("number | null", "a proved bound of abs(f - polynomial) on the range"),
    "over": Field("{[number]} | null", "the range of the bound by variable"),
    "reason": Field("string | null", "why there is no bound, or no polynomial"),
}
_SIMPLE = 1 << 20
"""The largest numerator and denominator of points with exact coefficients: those of others are too long to read."""
_EXACT_DEGREE = 100
"""The highest degree with exact coefficients, which grow with it."""
_LEAST = Fraction(5e-324)
"""The least double."""


class Term(NamedTuple):
    """A coefficient: as printed, its nearest double, its decimal, and the value of the decimal.

    ``true`` is the least double, which is larger, where the coefficient underflows.
    """

    printed: Fraction
    value: float
    text: str
    true: Fraction
    exact: bool


def find(subject: Subject, *, over: Over | None = None) -> Finding:
    """The polynomial of the subject's order around its point, and a bound of abs(f - polynomial) on a range.

    The range is 1 to either side unless given. Coefficients are exact where they are rational, else the
    nearest doubles, whose rounding the bound includes. Raises UsageError without a point, LimitError above
    `MAX_DEGREE`. Cost: the square of the degree per operation, a few hundred times for the bound.
    """
    place = require_point(subject, "taylor")
    if subject.order > MAX_DEGREE:
        raise LimitError(f"the degree is above {MAX_DEGREE:,}", help="ask for a lower one")
    if subject.order > _SHORT and weigh(subject.root) * subject.order**2 > _MOST_WORK:
        raise LimitError("the expression is too long for that degree", help="ask for a lower one")
    name = subject.wrt[0]
    typed = place.get(name, 0.0)
    center = nearest_double(typed)
    if not isfinite(center):
        raise LimitError("the center is beyond a double", help="write one that is not")
    terms = _find_terms(subject, name)
    if isinstance(terms, Result):
        return _finding_without_value(subject, terms)
    ends = read_box(over, (name,), {name: (center - 1, center + 1)})[name]
    shown = typed if isinstance(typed, Expr) else Fraction(repr(center))
    bound = _bound_error(subject, name, center, ends, terms, shown)
    return _make_finding(subject, terms, write_polynomial(subject.root, name, shown, terms), bound, ends)


# --- coefficients -------------------------------------------------------------------------


def _find_terms(subject: Subject, name: str) -> list[Term] | Result:
    """All coefficients, or the result that says why one has no value."""
    enclosed = enclose_coefficients(subject.root, name, subject.order, constants(subject.at or {}), subject.digits)
    rationals = _rational_coefficients(subject, name)
    terms: list[Term] = []
    for order, (coefficient, rational) in enumerate(zip(enclosed, rationals, strict=True)):
        if coefficient is not None and rational is not None:
            terms.append(Term(rational, coefficient.value, coefficient.text, rational, True))
            continue
        term = _solve_coefficient(subject, name, order) if coefficient is None else _round_term(coefficient, order)
        if isinstance(term, Result):
            return term
        terms.append(term if rational is None else Term(rational, term.value, term.text, rational, True))
    return terms


def _round_term(coefficient: Coefficient, order: int) -> Term | Result:
    """The coefficient rounded to a double; an overflow where it is beyond the doubles."""
    if coefficient.value in (inf, -inf):
        return Result(status="overflow", reason=f"the coefficient of order {order} is beyond a double")
    # The decimal of an underflow may have an exponent too large for a fraction.
    true = _LEAST if not coefficient.value and coefficient.text != "0" else fraction(coefficient.text)
    return Term(Fraction(repr(coefficient.value)), coefficient.value, coefficient.text, true, coefficient.text == "0")


def _rational_coefficients(subject: Subject, name: str) -> list[Fraction | None]:
    """The coefficients proved to be rational, at a point of short numbers; None for the others."""
    places = {key: _read_rational(value) for key, value in (subject.at or {}).items()}
    at = {key: value for key, value in places.items() if value is not None}
    simple = all(value.denominator <= _SIMPLE and abs(value) <= _SIMPLE for value in at.values())
    if not simple or len(at) < len(subject.at or {}) or subject.order > _EXACT_DEGREE:
        return [None] * (subject.order + 1)
    return rational_jet.coefficients(subject.root, name, subject.order, at, over_holes=True)


def _read_rational(value: float | Expr) -> Fraction | None:
    """A coordinate that is rational; None for others."""
    rational = exact(simplify(value)) if isinstance(value, Expr) else value
    return None if rational is None else Fraction(rational)


def _solve_coefficient(subject: Subject, name: str, order: int) -> Term | Result:
    """A coefficient that the series over balls did not decide, from the verdict on that derivative."""
    (answer,) = solve_partials(subject, subject.root, [(name,) * order])
    reference = answer.reference
    if answer.code:
        return answer
    if reference is None or reference.decimal is None:
        reason = f"the coefficient of order {order} could not be told from 0"
        return answer.replace(value=None, status="unresolved", reason=reason)
    if not answer.value:
        return _round_term(Coefficient(0.0, reference.decimal), order)
    text = rational_as_decimal(fraction(reference.decimal) / factorial(order), subject.digits)
    return _round_term(Coefficient(float(text), text), order)


# --- the polynomial -----------------------------------------------------------------------


def write_polynomial(root: Expr, name: str, center: Fraction | Expr, terms: Sequence[Term]) -> Expr:
    """The polynomial in ascending powers of (x - center), in the style of the expression: 1/2 or 0.5."""
    build = style(root)
    base = symbol(name)
    if isinstance(center, Expr):
        negative = center.op is NEG
        base = make(ADD if negative else SUB, base, center.args[0] if negative else center)
    elif center:
        shift = number(abs(center))
        base = make(SUB if center > 0 else ADD, base, shift)
    parts = [_write_term(build, base, order, term) for order, term in enumerate(terms) if term.printed]
    return ZERO if not parts else parts[0] if len(parts) == 1 else make(ADD, *parts)


def _write_term(build: Build, base: Expr, order: int, term: Term) -> Expr:
    value = build.number(term.printed) if term.exact else number(term.printed)
    if not order:
        return value
    power = base if order == 1 else make(POW, base, number(order))
    if value is ONE:
        return power
    factors = value.args if value.op is MUL else (value,)
    return make(MUL, *factors[:1], power, *factors[1:]) if factors[0].op is not POW else make(MUL, power, value)


# --- the bound ----------------------------------------------------------------------------


def _bound_error(
    subject: Subject, name: str, center: float, ends: Range, terms: Sequence[Term], shown: Fraction | Expr
) -> Bound:
    """The error of the polynomial as printed: what it leaves out, and the rounding of its digits."""
    around = (center, center) if isinstance(shown, Fraction) else (nextafter(center, -inf), nextafter(center, inf))
    left_out = bound_remainder(subject.root, name, subject.order, constants(subject.at or {}), around, ends)
    if around[0] == around[1]:
        distance = max(abs(end - center) for end in ends)
        value = bound_on_disc(
            subject.root, name, subject.order, constants(subject.at or {}), center, nextafter(distance, inf)
        )
        if value is not None and (left_out.value is None or value < left_out.value):
            left_out = Bound(value)
    if left_out.value is None:
        return left_out
    reach = max(abs(Fraction(end) - Fraction(place)) for end in ends for place in around)
    shift = abs(shown - Fraction(center)) if isinstance(shown, Fraction) else Fraction(0)
    off = _bound_rounding(terms, reach, shift, subject.digits)
    if not off:
        return left_out
    total = Fraction(left_out.value) + off
    try:
        return Bound(nextafter(float(total), inf))
    except OverflowError:
        return Bound(None, "the bound is beyond a double", None, ends[0])


def _bound_rounding(terms: Sequence[Term], reach: Fraction, shift: Fraction, digits: int) -> Fraction:
    """The error of rounded coefficients, and of a center rounded to its decimal, within reach of the center."""
    total, power, before = Fraction(0), Fraction(1), Fraction(0)
    widest = _round_up(reach + shift)
    for order, term in enumerate(terms):
        unsure = Fraction(0) if term.exact else abs(term.true) / 10 ** (digits - 1)
        total += _round_up(
            (abs(term.printed - term.true) + unsure) * power + abs(term.printed) * order * before * shift
        )
        before, power = power, _round_up(power * widest)
    return total


def _round_up(value: Fraction) -> Fraction:
    """A number of 64 bits that is at least as large; powers of exact ones would grow without end."""
    if not value:
        return value
    scale = Fraction(2) ** (64 - (value.numerator.bit_length() - value.denominator.bit_length()))
    return Fraction(-((-value * scale).__floor__())) / scale


# --- the finding --------------------------------------------------------------------------


def _make_finding(subject: Subject, terms: Sequence[Term], polynomial: Expr, bound: Bound, ends: Range) -> Finding:
    low, high = ends
    reason = _explain_missing_bound(bound, subject.wrt[0])
    text = f"at most {_format_upward(bound.value)}" if bound.value is not None else reason
    return Finding(
        "taylor",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        record={
            "order": subject.order,
            "polynomial": polynomial,
            "coefficients": [term.value for term in terms],
            "exact": [write_ratio(term.printed) if term.exact else None for term in terms],
            "reference": [term.text for term in terms],
            "remainder": bound.value,
            "over": {subject.wrt[0]: [low, high]},
            "reason": reason or None,
        },
        facts=(
            Fact("polynomial", polynomial, "strong"),
            Fact("remainder", f"{text}, for {subject.wrt[0]} from {low!r} to {high!r}", "" if not reason else "warn"),
        ),
        sheets=(_sheet(terms),),
        plain=[[polynomial]],
        notes=(*((reason,) if reason else ()), *_note_center(subject)),
    )


def _note_center(subject: Subject) -> tuple[str, ...]:
    """What a double hides of f or of its first derivatives at the center."""
    orders = range(min(subject.order, _MOST_NOTED) + 1)
    return note_point(subject, *((subject.wrt[0],) * order for order in orders), first=True)


def _explain_missing_bound(bound: Bound, name: str) -> str:
    """Why there is no bound; empty where there is one."""
    if bound.value is not None:
        return ""
    node = bound.node
    lack = bound.reason if node is None else f"{reasons.short(node)}: {reasons.needs(node, bound.reason, None)}"
    return f"no bound, since {lack} near {name} = {bound.near:.6g}"


def _format_upward(value: float) -> str:
    """A bound rounded up to two digits."""
    return format_error(float(Context(prec=2, rounding=ROUND_CEILING).create_decimal_from_float(value)))


def _sheet(terms: Sequence[Term]) -> Sheet:
    columns = (
        Column("order", "order", "number", right=True),
        Column("coefficient", "coefficient", "number", right=True),
        Column("exact", "exactly", "code", 1, "exactly"),
    )
    rows: list[dict[Key, Cell]] = [
        {"order": str(order), "coefficient": term.value, "exact": write_ratio(term.printed) if term.exact else ""}
        for order, term in enumerate(terms)
    ]
    return Sheet(columns, rows)


def _finding_without_value(subject: Subject, answer: Result) -> Finding:
    return Finding(
        "taylor",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=answer.status,
        record={
            "order": subject.order, "polynomial": None, "coefficients": None, "exact": None, "reference": None,
            "remainder": None, "over": None, "reason": explain_status(answer),
        },
        plain=[],
        sentence=explain_status(answer),
        code=answer.code,
    )  # fmt: skip


# --- in ball arithmetic -------------------------------------------------------------------

_MOST_BITS = 8_192
"""Precision beyond which a coefficient stays undecided."""
_PIECES = 160
"""The most intervals into which a range is cut; the one with the largest bound is cut next."""
_FEWEST_PIECES = 4
_SHORT = 250
"""Up to this degree a range is cut into so many; a series of a higher one costs the cube of its degree."""
_HELPS = 0.97
"""Cutting ends once doubling the number of pieces shrinks the bound by less than 3 %."""
_NARROWEST = 2.0**-20
"""A piece this narrow, relative to the range, that has no bound holds a pole, a kink or an edge of the domain."""


class Coefficient(NamedTuple):
    """A certified coefficient: the nearest double, and its decimal."""

    value: float
    text: str


class Bound(NamedTuple):
    """An upper bound of the error; None with the reason, the part of f to blame, and a place nearby."""

    value: float | None
    reason: str = ""
    node: Expr | None = None
    near: float = 0.0


def enclose_coefficients(
    root: Expr, name: str, order: int, point: Mapping[str, Constant], digits: int
) -> list[Coefficient | None]:
    """The Taylor coefficients up to an order, None where no precision decides one.

    Cost: order**2 per operation, at rising precision.
    """
    encloser = Encloser(root, name, order)
    bits = 128 + int(3.33 * digits) + 2 * order
    while True:
        with ctx.workprec(bits):
            balls = encloser.coefficients(point)
            coefficients = [_round_coefficient(ball, digits) for ball in balls]
        hopeless = all(isinstance(ball, Fault) for ball in balls)
        if None not in coefficients or hopeless or bits >= _MOST_BITS:
            return coefficients
        bits *= 2


def _round_coefficient(ball: arb | Fault, digits: int) -> Coefficient | None:
    if isinstance(ball, Fault):
        return None
    value, text = as_double(ball), as_decimal(ball, digits)
    return None if value is None or text is None else Coefficient(value, text)


def bound_remainder(
    root: Expr, name: str, order: int, point: Mapping[str, Constant], around: Range, ends: Range
) -> Bound:
    """A bound of abs(f - its Taylor polynomial of that order at the center) between the ends.

    The center is ``around`` twice where that is a double, else it lies between these two: then each side begins at
    the one that is farther from its end, which makes the bound no smaller.

    It bounds the integral form of the remainder, abs(f^(n+1)(t))*abs(x-t)^n/n! from the center to each end,
    over intervals that are cut where they contribute most. Cost: a few hundred series.
    """
    encloser = Encloser(root, name, order + 1)
    with ctx.workprec(96 + 2 * order):
        worst = Bound(0.0)
        for end in ends:
            center = max(around, key=lambda place: abs(place - end))
            if end != center:
                side = _Side(encloser, dict(point), center, end).bound()
                if side.value is None:
                    return side
                worst = max(worst, side, key=lambda bound: bound.value or 0.0)
        return worst


def _most_pieces(degree: int) -> int:
    return _PIECES if degree <= _SHORT else max(_FEWEST_PIECES, int(_PIECES * (_SHORT / degree) ** 3))


class _Side:
    """The range from the center to one end."""

    def __init__(self, encloser: Encloser, point: dict[str, Constant], center: float, end: float) -> None:
        self.encloser = encloser
        self.point = point
        self.center = center
        self.end = end
        self.degree = encloser.order
        self.fault: Fault | None = None

    def bound(self) -> Bound:
        """The sum of the bounds of all pieces, which are cut as long as that helps."""
        pieces: list[tuple[float, float, float]] = []
        self._push(pieces, self.center, self.end)
        before = inf
        for count in range(1, _most_pieces(self.degree) + 1):
            if self._is_hopeless(pieces[0]):
                break
            if count & (count - 1) == 0:  # at each power of two
                total = self._total(pieces)
                if total < inf and total >= _HELPS * before:
                    break
                before = total
            _, start, stop = heappop(pieces)
            middle = start + (stop - start) / 2
            self._push(pieces, start, middle)
            self._push(pieces, middle, stop)
        value = self._total(pieces)
        if value < inf:
            return Bound(value)
        _, start, stop = pieces[0]
        if self.fault is None:
            return Bound(None, "the bound is beyond a double", None, start + (stop - start) / 2)
        return Bound(None, self.fault.error.message, self.fault.node, start + (stop - start) / 2)

    def _is_hopeless(self, piece: tuple[float, float, float]) -> bool:
        """Whether a piece without a bound is so narrow that cutting it further is hopeless."""
        size, start, stop = piece
        return -size == inf and abs(stop - start) < _NARROWEST * abs(self.end - self.center)

    def _total(self, pieces: list[tuple[float, float, float]]) -> float:
        return _upper_double(sum((arb(-size) for size, _, _ in pieces), arb(0)))

    def _push(self, pieces: list[tuple[float, float, float]], start: float, stop: float) -> None:
        heappush(pieces, (-self._size(start, stop), start, stop))

    def _size(self, start: float, stop: float) -> float:
        """sup abs(f^(n+1))/(n+1)! on a piece, times abs(end-start)^(n+1) - abs(end-stop)^(n+1)."""
        low, high = sorted((arb(start), arb(stop)), key=float)
        ball = ((low + high) / 2).union(low).union(high)
        top = self.encloser.coefficients({**self.point, self.encloser.name: lambda: ball})[self.degree]
        if isinstance(top, Fault):
            self.fault = top
            return inf
        far, near = abs(arb(self.end) - arb(start)), abs(arb(self.end) - arb(stop))
        return _upper_double(abs(top) * (far**self.degree - near**self.degree))


def _upper_double(value: arb) -> float:
    """A double that no number in the ball exceeds in size."""
    upper = float(abs(value).upper())
    if not upper < inf:  # also for nan
        return inf
    return nextafter(upper, inf) if upper else 0.0
