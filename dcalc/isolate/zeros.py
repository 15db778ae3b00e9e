"""All zeros of a smooth function in an open interval, or the parts of it where they are not settled.

Each factor is looked at alone. A polynomial has exact zeros. Of another factor the zeros of its derivative cut the
interval into parts on which it is monotone, and values or limits at their ends tell whether it is 0 in between (Rolle):
that needs no end, so that it settles the line to infinity and up to singularities. Where derivatives do not become
simpler, as those of sines, a finite interval is halved until enclosures exclude a zero or show a single one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, variables, walk
from dcalc.isolate.factors import Factor, divide_by_exponential, split_factors
from dcalc.isolate.smooth import (
    BITS,
    SHARP,
    Limit,
    Place,
    Sign,
    Smooth,
    at,
    at_ball,
    evaluate_constant,
    hull,
    middle_of,
    name_place,
)
from dcalc.isolate.spans import Span, bound
from dcalc.proof.constant import NeedMoreBits
from dcalc.proof.equality import prove_equal

_DEPTH = 7
"""Derivatives that are taken one after the other."""
_FAR = 1020
"""Doublings on the way to infinity."""
_MOST_CELLS = 3_000
"""Intervals that one factor is halved into."""
_MOST_ZEROS = 32
_FINEST = (2.0**-9, 2.0**-20, 2.0**-40)
"""Undecided intervals are halved down to these parts of the range before they are looked at by higher derivatives."""
_BITS_PER_HALVING = 3
"""Enclosures of smaller intervals have more bits, since a function and its slope may vanish there together."""
_LEVELS = (1, 3, 6, 12, 24, 36)
"""Halvings after which what is beside an end is looked at with bounds."""
_LADDER = 10
"""Derivatives that are looked at where a function and its slope nearly vanish together."""
_CORES = (16.0, 64.0, 512.0)
"""Where an infinite interval of a waving function may be cut: beyond it, bounds and limits alone settle it."""
_WAVES = frozenset(
    table.get(name, count)
    for name, count in (
        ("sin", 1), ("cos", 1), ("tan", 1), ("sec", 1), ("csc", 1), ("cot", 1), ("sinpi", 1), ("cospi", 1),
        ("gamma", 1), ("lgamma", 1), ("digamma", 1), ("polygamma", 2), ("besselj", 2), ("bessely", 2),
        ("airyai", 1), ("airybi", 1), ("zeta", 1), ("si", 1), ("ci", 1), ("fresnels", 1), ("fresnelc", 1), ("sinc", 1),
    )
)  # fmt: skip
"""Functions whose derivatives do not become simpler, so that an interval is halved first."""


class Gap(NamedTuple):
    """A part of the interval where it is not known whether the function is 0."""

    low: Place
    high: Place


class Isolation(NamedTuple):
    """The zeros in order; ``gaps`` where there may be others; ``is_zero`` where the function is 0 everywhere."""

    zeros: list[Place]
    gaps: list[Gap]
    is_zero: bool = False


def isolate(function: Smooth, low: Place, high: Place, signs: Mapping[Expr, int] | None, depth: int = 0) -> Isolation:
    """The zeros of a function between two places, at which it may be anything.

    ``signs`` are those of parts of the expression in the interval.
    """
    zeros: list[Place] = []
    gaps: list[Gap] = []
    if bound(function.root, function.name, span_between(low, high), signs or {}).sign:
        return Isolation([], [])
    for factor in split_factors(function):
        if not variables(factor.function.root):
            sign = _sign_of_constant(factor.function)
            if sign == 0:
                return Isolation([], [], True)
            gaps += [Gap(low, high)] if sign is None else []
            continue
        part = None if factor.zeros is None else _read_zeros(factor, low, high)
        if part is None:
            part = _Search(divide_by_exponential(factor.function), low, high, signs or {}, depth).run()
            if part.gaps and not depth and _is_identically_zero(factor.function.root):
                return Isolation([], [], True)
        if part.is_zero:
            return part
        zeros += part.zeros
        gaps += part.gaps
    return _tell_apart(sort_places(zeros), gaps)


def _sign_of_constant(function: Smooth) -> int | None:
    """The sign of a function without a variable; None where it is not decided, as it may be 0."""
    if (value := function.constant) is not None:
        return (value > 0) - (value < 0)
    constant = evaluate_constant(function.root)
    try:
        return None if constant is None else constant.sign()
    except NeedMoreBits:
        return None


def _is_identically_zero(root: Expr) -> bool:
    """Whether a continuous function is proved to be 0 but at single points, and so at these, too."""
    equality = prove_equal((root,), root, ZERO)
    return equality is not None and (equality.everywhere or equality.all_points)


def _tell_apart(zeros: list[Place], gaps: list[Gap]) -> Isolation:
    """The zeros, with a gap in the place of two factors' zeros that may be the same number."""
    doubtful = [(a, b) for a, b in pairwise(zeros) if a.compare(b) is None]
    if not doubtful:
        return Isolation(zeros, gaps)
    parts = {zero.key for pair in doubtful for zero in pair}
    around = [Gap(_gap_around(a).low, _gap_around(b).high) for a, b in doubtful]
    return Isolation([zero for zero in zeros if zero.key not in parts], [*gaps, *around])


def _read_zeros(factor: Factor, low: Place, high: Place) -> Isolation | None:
    """Those of the known zeros of a factor that lie inside; None where one of them may be none after all."""
    part = _keep_inside(factor.zeros or (), low, high)
    truths = [factor.is_zero_at(zero) for zero in part.zeros]
    if None in truths:
        return None
    return part._replace(zeros=[zero for zero, truth in zip(part.zeros, truths, strict=True) if truth])


def _keep_inside(zeros: Iterable[Place], low: Place, high: Place) -> Isolation:
    """The places between two others; one that cannot be told from an end is a gap."""
    kept: list[Place] = []
    gaps: list[Gap] = []
    for zero in zeros:
        sides = (low.compare(zero), zero.compare(high))
        if sides == (-1, -1):
            kept.append(zero)
        elif None in sides and 1 not in sides:
            gaps.append(_gap_around(zero))
    return Isolation(kept, gaps)


def _gap_around(place: Place) -> Gap:
    ball = place.ball(BITS)
    return Gap(at_ball(ball.lower()), at_ball(ball.upper()))


def sort_places(places: Iterable[Place]) -> list[Place]:
    """The places from left to right, each once."""
    ordered: list[Place] = []
    for place in places:
        index = len(ordered)
        order: Sign | None = -1
        while index and (order := ordered[index - 1].compare(place)) == 1:
            index -= 1
        if index and order == 0:
            if ordered[index - 1].node is None:
                ordered[index - 1] = place
            continue
        ordered.insert(index, place)
    return ordered


class _Search:
    """One factor on one interval."""

    def __init__(self, function: Smooth, low: Place, high: Place, signs: Mapping[Expr, int], depth: int) -> None:
        self.function = function
        self.low, self.high = low, high
        self.signs = signs
        self.depth = depth
        self.nodes = walk(function.root)

    def run(self) -> Isolation:
        """The zeros of the factor."""
        if self.function.work.is_spent:
            return Isolation([], [Gap(self.low, self.high)])
        if self.has_sign(self.low, self.high):
            return Isolation([], [])
        waves = any(node.op in _WAVES for node in self.nodes)
        if not waves and (answer := self.by_slope()) is not None:
            return answer
        if self.low.is_infinite or self.high.is_infinite:
            return self._cut_tails()
        answer = self._scan()
        if answer.gaps and waves and self.depth < 2 and (other := self.by_slope()) is not None:
            return other
        return answer

    def has_sign(self, low: Place, high: Place) -> bool:
        """Whether bounds show that the function is not 0 between two places."""
        return bool(self._bound(self.function, low, high))

    def _bound(self, function: Smooth, low: Place, high: Place) -> int:
        """The sign of a function between two places, as bounds show it; 0 where they do not."""
        self.function.work.spend(8 + len(self.nodes))
        return bound(function.root, function.name, span_between(low, high), self.signs).sign

    # --- by the zeros of the derivative ---------------------------------------------------------

    def by_slope(self) -> Isolation | None:
        """The zeros by those of the derivative, between which the function is monotone; None where these, or its
        signs there, are not known."""
        slope = self.function.slope
        if slope is None or self.depth >= _DEPTH:
            return None
        turns = isolate(slope, self.low, self.high, self.signs, self.depth + 1)
        if turns.gaps:
            return None
        if turns.is_zero:
            sign = self._sign_somewhere(self.low, self.high)
            return None if sign is None else Isolation([], [], sign == 0)
        return self._between(slope, turns.zeros)

    def _sign_somewhere(self, low: Place, high: Place) -> Sign | None:
        place = place_between(low, high)
        return None if place is None else self.function.sign_at(place)

    def _between(self, slope: Smooth, turns: Sequence[Place]) -> Isolation | None:
        places: list[Place] = []
        signs: list[Sign | None] = [self._end_sign(self.low, 1)]
        for turn in turns:
            sign = self.function.sign_at(turn)
            if sign is None:  # a zero of both, perhaps, which only a closed form can show
                turn = name_place(turn, slope)
                sign = self.function.sign_at(turn)
            if sign is None:
                return None
            places.append(turn)
            signs.append(sign)
        signs.append(self._end_sign(self.high, -1))
        zeros = [turn for turn, sign in zip(places, signs[1:-1], strict=True) if sign == 0]
        for (a, b), (before, after) in zip(pairwise([self.low, *places, self.high]), pairwise(signs), strict=True):
            zero = self._cross(slope, a, b, before, after)
            if zero is None:
                return None
            zeros += zero
        return Isolation(sort_places(zeros), [])

    def _end_sign(self, place: Place, side: Sign) -> Sign | None:
        limit: Limit | None = self.function.limit(place, side)  # type: ignore[arg-type]  # never 0
        return None if limit is None else limit.sign

    def _cross(self, slope: Smooth, a: Place, b: Place, before: Sign | None, after: Sign | None) -> list[Place] | None:
        """The zero between two places where the function is monotone and has, or tends to, these signs; None where it
        is not known whether there is one."""
        if before is not None and after is not None:
            if before * after >= 0:
                # Equal signs, or one end is 0, which a monotone function leaves behind for good; two of them would
                # make it constant.
                return []
        else:
            middle = place_between(a, b)
            rise = None if middle is None else slope.sign_at(middle)
            if not rise:
                return None
            if (before is not None and before * rise >= 0) or (after is not None and after * rise <= 0):
                return []
            return None
        bracket = find_bracket(self.function, a, b, before, after)
        if bracket is None:
            return None
        if bracket[0] == bracket[1]:
            return [at_ball(bracket[0])]
        return [self._name(Place(None, 0, self.function, *bracket))]

    def _name(self, place: Place) -> Place:
        """The zero in closed form; those of derivatives on the way are named where they decide something."""
        return place if self.depth else name_place(place, self.function)

    # --- by halving -------------------------------------------------------------------------

    def _cut_tails(self) -> Isolation:
        """A waving function on an infinite interval: a core of it is searched, then what is beyond, if that is quiet.

        The core comes first, so that a tail that cannot be settled does not take its work.
        """
        start = max([abs(end.double) * 2 + 1 for end in (self.low, self.high) if not end.is_infinite], default=0.0)
        low, is_low_quiet = self._choose_cut(-1, start) if self.low.is_infinite else (self.low, True)
        high, is_high_quiet = self._choose_cut(1, start) if self.high.is_infinite else (self.high, True)
        core = _Search(self.function, low, high, self.signs, self.depth)._scan()
        zeros, gaps = list(core.zeros), list(core.gaps)
        zeros += self._zero_at(low) if self.low.is_infinite else []
        zeros += self._zero_at(high) if self.high.is_infinite else []
        for tail, is_quiet in (((self.low, low), is_low_quiet), ((high, self.high), is_high_quiet)):
            if is_quiet:
                continue
            answer = _Search(self.function, *tail, self.signs, self.depth).by_slope() if self.depth < 3 else None
            zeros += [] if answer is None else answer.zeros
            gaps += [Gap(*tail)] if answer is None else []
        return Isolation(sort_places(zeros), gaps, core.is_zero)

    def _choose_cut(self, side: int, start: float) -> tuple[Place, bool]:
        """Where an infinite interval is cut, and whether bounds show that the function is not 0 beyond."""
        cuts = [at(side * max(start, core)) for core in _CORES]
        for cut in cuts:
            if self.has_sign(*((self.low, cut) if side < 0 else (cut, self.high))):
                return cut, True
        return cuts[0], False

    def _zero_at(self, place: Place) -> list[Place]:
        return [place] if self.function.sign_at(place) == 0 else []

    def _scan(self) -> Isolation:
        """Halving of a finite interval; what stays undecided is looked at by higher derivatives, and halved on."""
        low, high = self.low.ball(SHARP[1]).lower(), self.high.ball(SHARP[1]).upper()
        width = float((high - low).upper())
        start = self._choose_start(low, high)
        zeros: list[Place] = []
        gaps: list[Gap] = []
        parts = [(low, high)]
        for finest in _FINEST:
            halving = _Halving(self, low, high, start, width * finest)
            doubts = halving.run(parts)
            zeros += halving.zeros
            if halving.is_over and doubts:  # what is left is one part of the interval, of which nothing is said
                left = [part for part in doubts if part[1] <= start]
                right = [part for part in doubts if part[0] >= start]
                for a, b in (part for part in doubts if part[0] < start < part[1]):
                    answer = self._climb(a, b)
                    zeros += answer or []
                    if answer is None:
                        gaps.append(self._gap(a, b, low, high))
                gaps += [self._gap(side[0][0], side[-1][1], low, high) for side in (left, right) if side]
                zeros = [zero for zero in zeros if not any(_is_within(zero, gap) for gap in gaps)]
                parts = []
                break
            parts = []
            for a, b in doubts:
                answer = self._climb(a, b)
                if answer is None:
                    parts.append((a, b))
                else:
                    zeros += answer
        gaps += [self._gap(a, b, low, high) for a, b in parts]
        inside = _keep_inside(sort_places(zeros), self.low, self.high)
        return Isolation(inside.zeros, [*gaps, *inside.gaps])

    def _choose_start(self, low: arb, high: arb) -> arb:
        """From where on an interval is searched: the end at which the function is analytic, or the middle, so that what
        there is no time for lies together."""
        known = [self.function.coefficients(end, 1) is not None for end in (low, high)]
        if known[0] == known[1]:
            return middle_of(low, high)
        return low if known[0] else high

    def _gap(self, a: arb, b: arb, low: arb, high: arb) -> Gap:
        return Gap(self.low if a == low else at_ball(a), self.high if b == high else at_ball(b))

    def decide(self, a: arb, b: arb, bits: int) -> list[Place] | None:
        """The zeros in a cell, its ends included; None where it is not decided."""
        x = hull(a, b, bits)
        balls = self.function.coefficients(x, 1, bits)
        if balls is None:
            return None
        value, slope = balls
        if 0 not in value:
            return []
        middle = x.mid()
        centre = self.function.value(middle, bits)
        if centre is None:
            return None
        with ctx.workprec(bits):
            centred = centre + slope * (x - middle)
        if 0 not in centred:
            return []
        if 0 in slope:
            return None
        first, last = self.function.sign_at(at_ball(a)), self.function.sign_at(at_ball(b))
        if first is None or last is None:
            return None
        if first * last > 0:
            return []
        if first * last < 0:
            return [self._name(Place(None, 0, self.function, a, b))]
        return [at_ball(end) for end, sign in ((a, first), (b, last)) if sign == 0]

    def is_quiet_end(self, a: arb, b: arb, low: arb, high: arb) -> bool:
        """Whether the function is proved not to be 0 in a cell at an end of the interval, that end left out."""
        ends = (self.low if a == low else at_ball(a), self.high if b == high else at_ball(b))
        if self.has_sign(*ends):
            return True
        slope = self.function.slope
        if slope is None:
            return False
        rise = self._bound(slope, *ends)
        if not rise:
            return False
        before = self._end_sign(ends[0], 1)
        after = self._end_sign(ends[1], -1)
        if before is not None and before * rise >= 0:
            return True
        return after is not None and after * rise <= 0

    def _climb(self, a: arb, b: arb) -> list[Place] | None:
        """The zeros in a small interval by the first derivative that is not 0 on it: each derivative below it is
        monotone between the zeros of the one above; None where a sign is not decided."""
        x = hull(a, b)
        with ctx.workprec(BITS):
            margin = arb(0, (x.rad() / 16 + abs(x.mid()) * arb(2) ** -50).upper())
        x = x + margin
        balls = self.function.coefficients(x, _LADDER)
        if balls is None:
            return None
        top = next((order for order, ball in enumerate(balls) if 0 not in ball), None)
        if top is None:
            return None
        functions = [self.function]
        for _ in range(top):
            slope = functions[-1].slope
            if slope is None:
                return None
            functions.append(slope)
        low, high = at_ball(x.lower()), at_ball(x.upper())
        zeros: list[Place] = []
        for function in reversed(functions[:-1]):
            own: list[Place] = []
            ends = [low, *zeros, high]
            signs = [function.sign_at(end) for end in ends]
            if None in signs:
                return None
            for (first, last), (before, after) in zip(pairwise(ends), pairwise(signs), strict=True):
                assert before is not None
                assert after is not None
                if before * after < 0:
                    bracket = find_bracket(function, first, last, before, after)
                    if bracket is None:
                        return None
                    own.append(name_place(Place(None, 0, function, *bracket), function))
            own += [end for end, sign in zip(ends, signs, strict=True) if sign == 0]
            zeros = sort_places(own)
        return zeros


class _Halving:
    """Parts of an interval halved until each is decided, those near ``start`` first."""

    def __init__(self, search: _Search, low: arb, high: arb, start: arb, finest: float) -> None:
        self.search = search
        self.low, self.high = low, high
        self.start = start
        self.finest = finest
        self.zeros: list[Place] = []
        self.counter = itertools.count()
        self.is_over = False
        """Whether there was too much to do."""

    def run(self, parts: Iterable[tuple[arb, arb]]) -> list[tuple[arb, arb]]:
        """The parts that stay undecided, with neighbours joined."""
        cells: list[tuple[float, int, arb, arb, int]] = []
        for a, b in parts:
            self._push(cells, a, b, 0)
        doubts: list[tuple[arb, arb]] = []
        seen = 0
        while cells:
            _, _, a, b, level = heappop(cells)
            seen += 1
            if seen > _MOST_CELLS or len(self.zeros) > _MOST_ZEROS or self.search.function.work.is_spent:
                self.is_over = True
                doubts += [(a, b), *((cell[2], cell[3]) for cell in cells)]
                break
            zeros = self.search.decide(a, b, BITS + _BITS_PER_HALVING * level)
            if zeros is not None:
                self.zeros += zeros
            elif level in _LEVELS and (a == self.low or b == self.high) and self._is_quiet(a, b):
                continue
            elif float((b - a).upper()) <= self.finest:
                doubts.append((a, b))
            else:
                cut = middle_of(a, b, 0.4990234375)
                self._push(cells, a, cut, level + 1)
                self._push(cells, cut, b, level + 1)
        return _join(doubts)

    def _push(self, cells: list[tuple[float, int, arb, arb, int]], a: arb, b: arb, level: int) -> None:
        distance = min(abs(float((a - self.start).mid())), abs(float((b - self.start).mid())))
        heappush(cells, (distance, next(self.counter), a, b, level))

    def _is_quiet(self, a: arb, b: arb) -> bool:
        return self.search.is_quiet_end(a, b, self.low, self.high)


def _is_within(place: Place, gap: Gap) -> bool:
    return gap.low.compare(place) != 1 and gap.high.compare(place) != -1


def _join(cells: Iterable[tuple[arb, arb]]) -> list[tuple[arb, arb]]:
    """Cells with their neighbours joined."""
    joined: list[tuple[arb, arb]] = []
    for a, b in sorted(cells, key=lambda cell: float(cell[0])):
        if joined and joined[-1][1] >= a:
            first = joined.pop()
            a, b = first[0], (b if b > first[1] else first[1])
        joined.append((a, b))
    return joined


def span_between(low: Place, high: Place) -> Span:
    """The open interval between two places in doubles, rounded outward."""
    start = -inf if low.is_infinite else _outer(low, -1)
    end = inf if high.is_infinite else _outer(high, 1)
    return Span(start, end, start >= 0 or end <= 0)


def _outer(place: Place, side: int) -> float:
    from dcalc.isolate.spans import end_of

    ball = place.ball(BITS)
    return end_of(ball, side)


def place_between(low: Place, high: Place) -> Place | None:
    """A rational between two places, simple where that is not a problem; None where they are too near to each other."""
    if low.is_infinite and high.is_infinite:
        return at(0.3125)
    if low.is_infinite or high.is_infinite:
        end, side = (high, -1) if low.is_infinite else (low, 1)
        with ctx.workprec(BITS):  # in which a step of 1 from 1e30 would be lost
            ball = end.ball(BITS)
            return at_ball((ball + side * (1 + abs(ball))).mid())
    for bits in (BITS, SHARP[1], SHARP[2]):
        with ctx.workprec(bits):  # in which ends that are near to each other are not rounded together
            a, b = low.ball(bits).upper(), high.ball(bits).lower()
            middle = ((a + b) / 2).mid()
        if a < middle < b:
            return at_ball(middle)
    return None


def find_bracket(function: Smooth, a: Place, b: Place, before: Sign, after: Sign) -> tuple[arb, arb] | None:
    """Exact balls between two places at which the function, monotone there, is proved to have these opposite signs."""
    middle = place_between(a, b)
    if middle is None:
        return None
    sign = function.sign_at(middle)
    if sign is None:
        return None
    if sign == 0:
        return middle.ball(BITS), middle.ball(BITS)
    inner = middle.ball(BITS).mid()
    if sign == before:
        outer = _approach(function, inner, b, after)
        return None if outer is None else (inner, outer)
    outer = _approach(function, inner, a, before)
    return None if outer is None else (outer, inner)


def _approach(function: Smooth, start: arb, end: Place, sign: Sign) -> arb | None:
    """An exact ball on the way from a number to an end at which the function has a sign."""
    step = arb(1)
    for count in range(_FAR):
        with ctx.workprec(SHARP[2]):
            if end.is_infinite:
                x = (start + end.sign * step).mid()
                step = step * 2 if count < 40 else step * step
                if count > 60:
                    return None
            else:
                goal = end.ball(SHARP[2])
                edge = goal.lower() if start < goal else goal.upper()
                step = step / 2 if count < 40 else step * step
                if count > 52:
                    return None
                x = (edge + (start - edge) * step).mid()
        value = function.value(x, SHARP[0])
        if value is not None and 0 in value:
            value = function.value(x, SHARP[2])
        if value is not None and ((value > 0 and sign > 0) or (value < 0 and sign < 0)):
            return x
    return None
