"""Rules for sums, products and powers: what terms share or cancel, quotients, signs, roots, powers of numbers.

Each function yields forms that are equal to the node wherever that is defined. `shorten` names them.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from math import prod

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, Expr, Number, exact, make, number, walk
from dcalc.numerals import whole_root
from dcalc.simplify.angles import FAMILIES, double_squares, is_quotient, take_out_in_sines, unify_squares
from dcalc.simplify.arithmetic import FLAT, factors_of, is_broken
from dcalc.simplify.terms import Algebra, Taken, sum_power, whole_power

Forms = Iterator[Expr]
_MOST_CANCELLED = 4
_SHORT_SUMS = 6
"""Two sums with more terms together are not multiplied."""
_HIGHEST = 8
"""Powers of numbers with a larger multiple in the exponent are not merged."""


def cancel_sums(algebra: Algebra, factors: list[Expr]) -> Expr:
    """The product of factors, what divides sums on both sides of the line cancelled where that is shorter."""
    product = algebra.mul(factors)
    shorter = list(cancel_factors(algebra, product))
    return min([product, *shorter], key=algebra.cost) if shorter else product


def cancel_factors(algebra: Algebra, node: Expr) -> Forms:
    """``(u**2 - 1)/(u - 1)`` is u + 1, ``(u**2 - 4)/(u**2 - 3*u + 2)`` is (u + 2)/(u - 1): what divides a sum above the
    line and one below it is cancelled, time and again."""
    for _ in range(_MOST_CANCELLED):
        shorter = _cancel_pair(algebra, node)
        if shorter is None:
            return
        yield shorter
        node = shorter


def _cancel_pair(algebra: Algebra, node: Expr) -> Expr | None:
    """The product with two sums divided by what they share; None where none do."""
    if node.op is not table.MUL:
        return None
    sums = [(factor, pair) for factor in node.args if (pair := sum_power(factor)) is not None]
    for above, (dividend, count) in sums:
        if type(count) is not int or count < 1:
            continue
        for below, (divisor, depth) in sums:
            if depth >= 1 or above is below:
                continue
            parts = _divide_out(algebra, dividend, divisor, is_whole=depth < 0 and type(depth) is int)
            if parts is not None:
                others = [factor for factor in node.args if factor is not above and factor is not below]
                powers = zip(parts, (count, count + depth, depth), strict=True)
                return algebra.mul([*others, *(algebra.power(part, algebra.number(n)) for part, n in powers)])
    return None


def _divide_out(algebra: Algebra, above: Expr, below: Expr, *, is_whole: bool) -> tuple[Expr, Expr, Expr] | None:
    """(a, d, b) with a*d and b*d the two sums; None where they share nothing. Only a sum whose power is a whole number
    may be taken apart below the line."""
    if not algebra.may_share(above, below):
        return None
    quotient = algebra.quotient_of(above, below)
    if quotient is not None:
        return quotient, below, ONE
    if not is_whole:
        return None
    quotient = algebra.quotient_of(below, above)
    if quotient is not None:
        return ONE, above, quotient
    shared = algebra.common_divisor(above, below)
    parts = [None if shared is None else algebra.quotient_of(part, shared) for part in (above, below)]
    return None if shared is None or parts[0] is None or parts[1] is None else (parts[0], shared, parts[1])


def clear_inner_quotients(algebra: Algebra, node: Expr) -> Forms:
    """``(1 + v/u)/w`` is (u + v)/(u*w): quotients inside of a factor move out."""
    return _move_out(algebra, node, below=True)


def factor_inner_sums(algebra: Algebra, node: Expr) -> Forms:
    """``(u*v + u)/(v + 1)`` is u: what the terms of a sum share moves out, and sums cancel."""
    return _move_out(algebra, node, below=False)


def _move_out(algebra: Algebra, node: Expr, *, below: bool) -> Forms:
    """What the terms of each sum among the factors share, above or ``below`` the line, as factors of its own."""
    factors: list[Expr] = []
    changed = False
    for factor in factors_of(node):
        pair = sum_power(factor)
        taken = algebra.take_out(pair[0], below=below) if pair is not None and type(pair[1]) is int else None
        if pair is None or taken is None:
            factors.append(factor)
        else:
            changed = True
            factors += [algebra.power(part, algebra.number(pair[1])) for part in (*taken[0], taken[1])]
    if changed:
        yield cancel_sums(algebra, factors)


def merge_roots(algebra: Algebra, node: Expr) -> Forms:
    """``sqrt(u)*sqrt(1 - u)`` is sqrt(u - u**2): roots of the same degree are joined."""
    groups: dict[Fraction, list[Expr]] = {}
    for factor in node.args:
        value = exact(factor.args[1]) if is_root(factor) else None
        if value is not None:
            groups.setdefault(Fraction(value), []).append(factor)
    for value, roots in groups.items():
        if len(roots) > 1:
            inside = algebra.mul([root.args[0] for root in roots])
            flat = algebra.multiply_out(inside) if inside.op is table.MUL else None
            others = [factor for factor in node.args if factor not in roots]
            yield algebra.mul([*others, algebra.power(inside if flat is None else flat, algebra.number(value))])


def is_root(factor: Expr) -> bool:
    """Whether a factor is a power with a broken exponent, of what is not a number."""
    return is_broken(factor) and exact(factor.args[0]) is None


def split_roots(algebra: Algebra, node: Expr) -> Forms:
    """``sqrt((u - 1)/(u**2 + 1))*v`` is sqrt(u - 1)*v/sqrt(u**2 + 1): the root of a quotient whose parts cannot be
    negative, by what they are or since their sum is a positive number."""
    for factor in factors_of(node):
        if not is_root(factor) or factor.args[0].op is not table.MUL:
            continue
        exponent = factor.args[1]
        number_inside, rest = algebra.split(factor.args[0])
        parts = factors_of(rest)
        bases, counts = zip(*map(whole_power, parts), strict=True)
        is_pair = len(parts) == 2 and all(count % 2 for count in counts)
        total = exact(algebra.add(bases)) if is_pair else None
        doubtful = [
            base for base, count in zip(bases, counts, strict=True) if count % 2 and not _is_positive(algebra, base)
        ]
        if (
            number_inside <= 0
            or (len(doubtful) > 1 and (total is None or total <= 0))
            or any(c % 2 == 0 for c in counts)
        ):
            continue
        others = [other for other in factors_of(node) if other is not factor]
        roots = [algebra.power(part, exponent) for part in (algebra.number(number_inside), *parts)]
        yield algebra.mul([*others, *roots])


def _is_positive(algebra: Algebra, node: Expr) -> bool:
    """Whether a sum is positive everywhere by its looks: a positive number or exponential, and even powers."""
    has_positive = False
    for term in node.args if node.op is table.ADD else (node,):
        size, rest = algebra.split_number(term)
        is_even = whole_power(rest)[1] % 2 == 0
        if size <= 0 or not (rest is ONE or rest.op in _POSITIVE or is_even):
            return False
        has_positive |= not is_even
    return has_positive


_POSITIVE = frozenset((table.EXP, table.PI, table.E))


def join_root(algebra: Algebra, node: Expr) -> Forms:
    """``sqrt(u*v)/(u*v)`` is 1/sqrt(u*v), ``sqrt(1/u - 1)/(1 - u)`` is 1/(u*sqrt(1/u - 1)): what makes up a root stands
    beside it."""
    for root in filter(is_root, node.args):
        base, exponent = root.args
        parts = _split_base(algebra, base)
        others = [other for other in node.args if other is not root]
        powers = dict(map(whole_power, others))
        for factor in others:
            inner, count = whole_power(factor)
            ratio, place = next(_find_multiple(algebra, inner, parts), (ONE, -1))
            if place < 0 or count % parts[place][1]:
                continue
            counts = {**powers, parts[place][0]: count}
            # A root may become a divisor only if it cannot be 0: it or its parts are divisors already.
            if (exact(exponent) or 0) > 0 and any(
                times > 0 and exact(part) is None and counts.get(part, 0) >= 0 for part, times in parts
            ):
                continue
            moved = count // parts[place][1]
            yield algebra.mul([
                *(other for other in others if other is not factor),
                algebra.power(ratio, number(count)),
                *(algebra.power(part, number(-times * moved)) for k, (part, times) in enumerate(parts) if k != place),
                algebra.power(base, algebra.add((exponent, number(moved)))),
            ])  # fmt: skip


def _split_base(algebra: Algebra, base: Expr) -> list[tuple[Expr, int]]:
    """The factors of what is in a root, each a base and an exponent; of a sum over one denominator."""
    if base.op is not table.ADD:
        return [*map(whole_power, factors_of(base))]
    outside, rest = algebra.take_out(base, below=True) or ([], base)
    return [*map(whole_power, (*outside, rest))]


def _find_multiple(algebra: Algebra, node: Expr, parts: list[tuple[Expr, int]]) -> Iterator[tuple[Expr, int]]:
    """(ratio, place) for each part of which a node is a multiple by a number."""
    for place, (part, _) in enumerate(parts):
        is_sum = node.op is table.ADD and part.op is table.ADD
        ratio = ONE if node is part else algebra.quotient_of(node, part) if is_sum else None
        if ratio is not None and exact(ratio) is not None:
            yield ratio, place


def take_squares(algebra: Algebra, node: Expr) -> Forms:
    """``sqrt(u**2/v**2)`` is abs(u/v): even powers leave the root of a product."""
    base, exponent = node.args
    value = exact(exponent)
    if value is None or value.denominator != 2:
        return
    even = [factor for factor in base.args if whole_power(factor)[1] % 2 == 0]
    others = [factor for factor in base.args if factor not in even]
    if any(whole_power(factor)[1] > 0 for factor in even) and not all(_is_positive(algebra, one) for one in others):
        return  # where a square is 0, so is the root, whatever the sign of what stands beside it
    halves = [algebra.power(part, number(count // 2)) for part, count in map(whole_power, even)]
    root = algebra.power(algebra.mul(others), exponent)
    twice = algebra.number(2 * Fraction(value))
    for parts in ([algebra.mul(halves)], halves):
        sizes = [algebra.apply(table.ABS, (part,)) for part in parts]
        yield algebra.mul([*(algebra.power(size, twice) for size in sizes), root])


def expand_product(algebra: Algebra, node: Expr) -> Forms:
    """``u*(v/u + 1)`` is u + v: a product of sums is multiplied out where factors cancel with terms."""
    flat = algebra.multiply_out(node)
    if flat is None:
        return
    yield flat
    for outside, rest in _list_factored(algebra, flat):
        yield cancel_sums(algebra, [*outside, rest])


def multiply_pair(algebra: Algebra, node: Expr) -> Forms:
    """``1/((1 - u)*(1 + u))`` is 1/(1 - u**2): two sums on the same side of the line are multiplied."""
    sums = [(factor, pair) for factor in node.args if (pair := sum_power(factor)) is not None]
    for place, (one, (first, count)) in enumerate(sums):
        for other, (second, again) in sums[:place]:
            least = _shared_exponent(count, again)
            if least is None or len(first.args) + len(second.args) > _SHORT_SUMS:
                continue
            product = algebra.multiply_out(make(table.MUL, second, first))
            if product is None:
                continue
            others = [factor for factor in node.args if factor is not one and factor is not other]
            left = [
                algebra.power(base, algebra.number(n - least))
                for base, n in ((first, count), (second, again))
                if n != least
            ]
            yield algebra.mul([*others, *left, algebra.power(product, number(least))])


def _shared_exponent(count: Number, again: Number) -> int | None:
    """The whole exponent that two powers share, None where they are on different sides of the line."""
    if type(count) is not int or type(again) is not int or (count < 0) != (again < 0):
        return None
    return max(count, again) if count < 0 else min(count, again)


def negate_sums(algebra: Algebra, node: Expr) -> Forms:
    """``-(2*u - 1)/v`` is (1 - 2*u)/v: a minus sign goes into a sum that has as many of them as not."""
    if algebra.split(node)[0] >= 0:
        return
    for factor in node.args:
        base, count = whole_power(factor)
        if base.op is table.ADD and count > 0 and count % 2 and _has_minus(algebra, base):
            others = [other for other in node.args if other is not factor]
            if base in walk(*others):
                continue  # (v - u)*exp(-(u - v)**2) is shorter, and harder to read
            negated = algebra.mul((MINUS_ONE, base))
            yield algebra.mul([MINUS_ONE, *others, algebra.power(negated, number(count))])


def _has_minus(algebra: Algebra, node: Expr) -> bool:
    """Whether as many terms of a sum are negative as not."""
    return 2 * sum(algebra.split_number(term)[0] < 0 for term in node.args) >= len(node.args)


def merge_signs(algebra: Algebra, node: Expr) -> Forms:
    """``sign(u)/abs(u)`` is 1/u, ``u*sign(u)`` is abs(u): u, its size and its sign in one product."""
    counts = dict(map(whole_power, node.args))
    for inner in dict.fromkeys(base.args[0] for base in counts if base.op is table.SIGN or base.op is table.ABS):
        size, sign = make(table.ABS, inner), make(table.SIGN, inner)
        same = inner if inner in counts else algebra.mul((MINUS_ONE, inner))  # 1 - u is -(u - 1)
        u, v, s = (counts.get(part, 0) for part in (same, size, sign))
        if (u != 0) + (v != 0) + (s != 0) < 2 or (min(u, v, s) >= 0 and u + v == 0):
            continue  # sign(u)**2 is not 1 at 0, unless something says that u is not 0
        form = _signed_power(algebra, inner, u + v, odd=(u + s) % 2 == 1)
        minus = number(1 if same is inner else (-1) ** u)
        yield algebra.mul([*(f for f in node.args if whole_power(f)[0] not in (same, size, sign)), minus, form])


def _signed_power(algebra: Algebra, inner: Expr, total: int, *, odd: bool) -> Expr:
    """abs(u)**total, times sign(u) where it is odd."""
    if odd == (total % 2 == 1):
        return algebra.power(inner, number(total))
    size = make(table.ABS, inner)
    if not odd:
        return algebra.power(size, number(total))
    if not total:
        return make(table.SIGN, inner)
    step = 1 if total > 0 else -1
    return algebra.mul([algebra.power(size, number(step)), algebra.power(inner, number(total - step))])


def join_powers(algebra: Algebra, node: Expr) -> Forms:
    """``1/(u**2*log(u)**2)`` is 1/(u*log(u))**2, and ``1/(x**3*(x + 1)**3)`` is 1/(x**2 + x)**3: powers below the line
    that have one exponent, where not all of them are of names."""
    groups: dict[int, list[Expr]] = {}
    for factor in node.args:
        base, count = whole_power(factor)
        if count < -1 and (base.args or base.op is table.SYMBOL):
            groups.setdefault(count, []).append(factor)
    for count, powers in groups.items():
        bases = [whole_power(factor)[0] for factor in powers]
        if len(bases) > 1 and any(base.op is not table.SYMBOL for base in bases):
            others = [factor for factor in node.args if factor not in powers]
            product = algebra.mul(bases)
            flat = algebra.multiply_out(product)
            for form in (product, flat) if flat is not None and _is_polynomial(algebra, flat) else (product,):
                yield algebra.mul([*others, make(table.POW, form, number(count))])


def _is_polynomial(algebra: Algebra, node: Expr) -> bool:
    """Whether a sum has nothing but whole powers of names."""
    powers = [pair for term in node.args for pair in algebra.read_powers(term).items()]
    return all(rest is None and body.op is table.SYMBOL and type(count) is int for (body, rest), count in powers)


def merge_number_powers(algebra: Algebra, node: Expr) -> Forms:
    """``3**u/2**u`` is (3/2)**u: powers of positive numbers with the same exponent."""
    groups: dict[Expr, list[Expr]] = {}
    for factor in node.args:
        if is_number_power(factor):
            count, rest = algebra.split(factor.args[1])
            if type(count) is int and abs(count) <= _HIGHEST:
                groups.setdefault(rest, []).append(factor)
    for rest, powers in groups.items():
        if len(powers) > 1:
            value = Fraction(1)
            for factor in powers:
                count = algebra.split(factor.args[1])[0]
                value *= Fraction(exact(factor.args[0]) or 1) ** int(count)
            others = [factor for factor in node.args if factor not in powers]
            yield algebra.mul([*others, algebra.power(algebra.number(value), rest)])


def is_number_power(factor: Expr) -> bool:
    """Whether a factor is c**u for a positive number c and an exponent that is not a number."""
    return factor.op is table.POW and (exact(factor.args[0]) or 0) > 0 and exact(factor.args[1]) is None


def merge_cube_roots(algebra: Algebra, node: Expr) -> Forms:
    """``u**4/cbrt(u**5)**2`` is cbrt(u)**2: cube roots of powers, which are real for every number."""
    others: list[Expr] = []
    thirds: dict[Expr, int] = {}
    rooted: set[Expr] = set()
    for factor in factors_of(node):
        base, count = whole_power(factor)
        if exact(base) is not None:
            others.append(factor)
        elif base.op is not table.CBRT:
            thirds[base] = thirds.get(base, 0) + 3 * count
        else:
            for part in factors_of(base.args[0]):
                inner, inside = whole_power(part)
                rooted.add(inner)
                thirds[inner] = thirds.get(inner, 0) + count * inside
    if any(exact(base) is not None for base in rooted):
        return
    for base, total in thirds.items():
        whole = total % 3 == 0
        others.append(algebra.power(base if whole else make(table.CBRT, base), number(total // 3 if whole else total)))
    yield algebra.mul(others)


# --- powers ------------------------------------------------------------------------------------


def clear_root(algebra: Algebra, node: Expr) -> Forms:
    """``sqrt(1/4 - u**2/4)`` is sqrt(1 - u**2)/2: squares of numbers and even powers leave a square root."""
    base, exponent = node.args
    value = exact(exponent)
    taken = algebra.take_out(base, below=True)
    if taken is None or value is None or value.denominator != 2:
        return
    outside: list[Expr] = []
    for factor in taken[0]:
        size = exact(factor)
        inner, count = whole_power(factor)
        root = _square_root(Fraction(size)) if size is not None else None
        if root is not None:
            outside.append(algebra.number(root))
        elif size is None and count % 2 == 0 and (inner.op is table.ADD or not _is_ratio(algebra, base, inner, count)):
            size_of_inner = inner if _is_positive(algebra, inner) else algebra.apply(table.ABS, (inner,))
            outside.append(algebra.power(size_of_inner, number(count // 2)))
    if not outside:
        return
    twice = (2 * value).numerator
    inverse = [algebra.power(part, number(-2)) for part in outside]
    inside = algebra.add([algebra.mul((term, *inverse)) for term in base.args])
    for form in filter(None, (inside, algebra.multiply_out(inside))):
        yield algebra.mul([*(algebra.power(part, number(twice)) for part in outside), algebra.power(form, exponent)])


def _is_ratio(algebra: Algebra, root: Expr, inner: Expr, count: int) -> bool:
    """Whether a square stands below another in a root: 1 - v**2/c**2 is one number less the square of another."""
    parts = [algebra.mul((term, algebra.power(inner, number(-count)))) for term in root.args]
    return any(exact(part) is None and inner not in walk(part) for part in parts)


def clear_roots(algebra: Algebra, node: Expr) -> Forms:
    """``2/sqrt(4*u - 4*v)`` is 1/sqrt(u - v): what leaves a root meets the factors beside it."""
    for factor in node.args:
        if is_root(factor) and factor.args[0].op is table.ADD:
            others = [other for other in node.args if other is not factor]
            for form in clear_root(algebra, factor):
                yield algebra.mul([*others, form])


def _square_root(value: Fraction) -> Fraction | None:
    above, below = whole_root(value.numerator, 2), whole_root(value.denominator, 2)
    return None if above is None or below is None else Fraction(above, below)


# --- sums --------------------------------------------------------------------------------------


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
    for outside, rest in _list_factored(algebra, flat):
        yield _reduce(algebra, outside, rest)


def _list_factored(algebra: Algebra, node: Expr) -> Iterator[Taken]:
    """What can be taken out of a sum, and what then remains: as it stands, and over a common denominator."""
    if node.op is table.ADD:
        for below in (False, True):
            taken = algebra.take_out(node, below=below)
            if taken is not None:
                yield taken


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
