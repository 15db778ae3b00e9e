"""Rules for sums: what terms share is taken out, quotients are combined, products multiplied out.

Each function yields forms that are equal to the sum wherever that is defined. `rewrites` names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from math import prod

from dcalc import functions as table
from dcalc.expr import ONE, Expr, exact, make, number
from dcalc.simplify.angles import FAMILIES, double_squares, is_quotient, take_out_in_sines, unify_squares
from dcalc.simplify.arithmetic import FLAT, factors_of
from dcalc.simplify.products import cancel_sums
from dcalc.simplify.terms import Algebra, Taken, whole_power

Forms = Iterator[Expr]
_FEW = 4
"""Sums with more terms are not collected once they have been multiplied out: factors that were typed would be lost."""
_MOST_COPIES = 8
"""A logarithm of a number with a larger multiple is not joined with others: 1000*log(3) would be a long number's."""


def factor_sum(algebra: Algebra, node: Expr) -> Forms:
    """``u*v + u*w`` is u*(v + w)."""
    taken = algebra.take_out(node, below=False)
    yield from _take_out_highest(algebra, node)
    if taken is not None and algebra.has_quotients(node):
        combined = algebra.take_out(node, below=True)
        if combined is not None and combined[0] == taken[0]:
            return  # `combine_quotients` does it
    yield from rest_forms(algebra, taken)


def _take_out_highest(algebra: Algebra, node: Expr) -> Forms:
    """``u**v*log(u) + w*u**(v - 1)`` is u**v*(log(u) + w/u): by the logarithm u is positive, so that none is lost."""
    powers = [algebra.read_powers(term) for term in node.args]
    for base in powers[0]:
        if (
            base[1] is None
            or not all(base in term for term in powers)
            or (make(table.LOG, base[0]), None) not in {other for term in powers for other in term}
        ):
            continue
        highest = max(term[base] for term in powers)
        if highest > min(term[base] for term in powers):
            inverse = algebra.power_of(base, highest, -1)
            rest = algebra.add([algebra.mul((term, inverse)) for term in node.args])
            yield algebra.mul((algebra.power_of(base, highest), rest))


def combine_quotients(algebra: Algebra, node: Expr) -> Forms:
    """``v/u + w`` is (v + u*w)/u."""
    taken = algebra.take_out(node, below=True)
    yield from rest_forms(algebra, taken)
    if taken is not None and not any(whole_power(factor)[0].op in FAMILIES for factor in taken[0]):
        yield from _collect_rest(algebra, *taken)


def _collect_rest(algebra: Algebra, outside: list[Expr], rest: Expr) -> Forms:
    """The product of factors and a short sum that is multiplied out and collected: ((u + 2)*sin(v) + u*cos(v))/u."""
    flat = algebra.multiply_out(rest)
    if flat is not None and flat.op is table.ADD and len(flat.args) <= _FEW:
        for form in collect_terms(algebra, flat):
            yield algebra.mul([*outside, form])


def rest_forms(algebra: Algebra, taken: Taken | None) -> Forms:
    """The product of factors and forms of the rest: as it is, multiplied out, in one function of each angle."""
    if taken is None:
        return
    outside, rest = taken
    forms = [rest]
    flat = algebra.multiply_out(rest)
    if flat is not None:
        forms.append(flat)
    for form in forms:
        yield _reduce(algebra, outside, form)
        if form.op is table.ADD:
            for unified in unify_squares(algebra, form):
                yield _reduce(algebra, outside, unified)


def _reduce(algebra: Algebra, outside: list[Expr], rest: Expr) -> Expr:
    """The product, what divides a sum cancelled, and the rest taken apart again."""
    if rest.op is not table.ADD:
        return cancel_sums(algebra, [*outside, rest])
    taken = algebra.take_out(rest, below=False)
    return cancel_sums(algebra, [*outside, rest] if taken is None else [*outside, *taken[0], taken[1]])


def combine_like_quotients(algebra: Algebra, node: Expr) -> Forms:
    """``log(v) + 1/u - w/u`` is log(v) + (1 - w)/u: only terms over the same base are combined. Linear in terms."""
    groups: dict[Expr, list[Expr]] = {}
    parts: list[Expr] = []
    for term in node.args:
        below = (body for (body, rest), count in algebra.read_powers(term).items() if rest is None and count < 0)
        base = next(below, None)
        if base is None:
            parts.append(term)
        else:
            groups.setdefault(base, []).append(term)
    if len(groups) == 1 and not parts:
        return
    changed = False
    for group in groups.values():
        total = algebra.add(group)
        if total.op is table.ADD and 1 < len(total.args) <= FLAT:
            total = min([total, *combine_quotients(algebra, total)], key=algebra.cost)
            changed = True
        parts.append(total)
    if changed:
        yield algebra.add(parts)


def expand_sum(algebra: Algebra, node: Expr) -> Forms:
    """``(u + 1)**2 - u**2`` is 2*u + 1: products of sums are multiplied out where terms then meet."""
    flat = algebra.multiply_out(node) if algebra.has_like_products(node) else None
    if flat is None:
        return
    yield flat
    if flat.op is table.ADD:
        for below in (False, True):
            taken = algebra.take_out(flat, below=below)
            if taken is not None:
                yield _reduce(algebra, *taken)


def write_square(algebra: Algebra, node: Expr) -> Forms:
    """``u**2 + 2*u*v + v**2`` is (u + v)**2."""
    for middle in node.args:
        squares = [term for term in node.args if term is not middle]
        first, second = map(algebra.square_root, squares)
        if first is None or second is None:
            continue
        for sign in (1, -1):
            if algebra.mul((number(2 * sign), first, second)) is middle:
                total = algebra.add((first, algebra.mul((number(sign), second))))
                yield algebra.power(total, number(2))


def collect_terms(algebra: Algebra, node: Expr) -> Forms:
    """``u*log(v) + log(v) + w`` is (u + 1)*log(v) + w: terms with the same factor are collected."""
    places: dict[Expr, list[int]] = {}
    for place, term in enumerate(node.args):
        for (body, rest), count in algebra.read_powers(term).items():
            if rest is None and (count == 1 or (count > 1 and (body.op is table.LOG or is_quotient(body.op)))):
                places.setdefault(body, []).append(place)
            elif rest is not None and body.op is table.E and count > 0:
                places.setdefault(algebra.power(body, algebra.mul((algebra.number(count), rest))), []).append(place)
    for chosen in {tuple(group) for group in places.values() if 1 < len(group) < len(node.args)}:
        taken = algebra.take_out(make(table.ADD, *[node.args[place] for place in chosen]), below=False)
        if taken is not None:
            others = [term for place, term in enumerate(node.args) if place not in chosen]
            yield algebra.add([algebra.mul([*taken[0], taken[1]]), *others])


def join_logarithms(algebra: Algebra, node: Expr) -> Forms:
    """``u*log(3) - u*log(2)`` and ``u*log(3*v) - u*log(2*v)`` are u*log(3/2): logarithms of numbers become one, those
    of multiples where as many are subtracted as added."""
    groups: dict[tuple[Expr, Expr], list[tuple[int, Fraction, Expr]]] = {}
    parts: list[Expr] = []
    for term in node.args:
        count, rest = algebra.split(term)
        factors = factors_of(rest)
        log = next((factor for factor in factors if factor.op is table.LOG), None)
        value, inner = (0, ONE) if log is None else algebra.split_number(log.args[0])
        if log is None or value <= 0 or type(count) is not int or abs(count) > _MOST_COPIES:
            parts.append(term)
        else:
            partner = algebra.mul([factor for factor in factors if factor is not log])
            groups.setdefault((partner, inner), []).append((count, Fraction(value), term))
    for (partner, inner), logs in groups.items():
        if inner is ONE or (len(logs) > 1 and sum(count for count, _, _ in logs) == 0):
            ratio = prod(value**count for count, value, _ in logs)
            parts.append(algebra.mul((partner, algebra.apply(table.LOG, (algebra.number(ratio),)))))
        else:
            parts += [term for _, _, term in logs]
    if len(parts) < len(node.args):
        yield algebra.add(parts)


def join_ratio(algebra: Algebra, node: Expr) -> Forms:
    """``1 - u**2/v**2`` is 1 - (u/v)**2: beside a number, what is squared is a ratio."""
    for term, other in permutations(node.args):
        count, rest = algebra.split_number(term)
        powers = [whole_power(factor) for factor in factors_of(rest)]
        highest = max(times for _, times in powers)
        if exact(other) is not None and highest > 1 and {times for _, times in powers} == {highest, -highest}:
            ratio = algebra.mul([algebra.power(base, number(times // highest)) for base, times in powers])
            yield algebra.add([algebra.mul([algebra.number(count), make(table.POW, ratio, number(highest))]), other])


def factor_doubles(algebra: Algebra, node: Expr) -> Forms:
    """``v*cos(u)**2 - v*sin(u)**2`` is v*cos(2*u), also where v stands in both as a factor of no other use."""
    yield from double_squares(algebra, node)
    taken = algebra.take_out(node, below=False)
    if taken is not None and taken[1].op is table.ADD:
        for rest in double_squares(algebra, taken[1]):
            yield algebra.mul([*taken[0], rest])


def write_in_sines(algebra: Algebra, node: Expr) -> Forms:
    """``sec(u) - sin(u)*tan(u)`` is cos(u): all in sines and cosines."""
    for taken in take_out_in_sines(algebra, node):
        yield from rest_forms(algebra, taken)
