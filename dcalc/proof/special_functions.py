"""What is known of special functions: their values, their recurrences, and how they belong together at multiples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import comb, factorial, floor
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, exact, is_leaf, make, number, variables
from dcalc.functions import Row
from dcalc.proof.constant import Constant, pi, rational, to_fraction
from dcalc.proof.field import Quotient
from dcalc.proof.relations import Elementary
from dcalc.simplify import simplify
from dcalc.tape import in_order

# --- values ------------------------------------------------------------------------------------
# The table of values: functions at rational arguments that are a rational times a power of pi.


_MAX = 200
"""Beyond it the rationals are long, and of little use."""


class PiMultiple(NamedTuple):
    """factor * pi**power."""

    factor: Fraction
    power: Fraction


def closed_form(row: Row, at: Fraction) -> PiMultiple | None:
    """The value of a function of one argument at a rational; None where it has none of that form."""
    rule = _RULES.get(row)
    return None if rule is None or abs(at) > _MAX else rule(at)


def closed_constant(row: Row, args: tuple[Constant, ...]) -> Constant | None:
    """The same of constants, as a constant that knows that it is made of pi and rationals alone."""
    if len(args) != 1 or args[0].exact is None:
        return None
    value = closed_form(row, to_fraction(args[0].exact))
    if value is None:
        return None
    return pi().power(value.power).scale(value.factor) if value.power else rational(value.factor)


def _gamma_value(at: Fraction) -> PiMultiple | None:
    """Gamma of a positive whole number, and of an odd multiple of 1/2; DLMF 5.4.1, 5.4.6 and 5.5.1."""
    if at.denominator == 1 and at > 0:
        return PiMultiple(Fraction(factorial(int(at) - 1)), Fraction(0))
    if at.denominator != 2:
        return None
    value = Fraction(1)
    while at > Fraction(1, 2):
        at -= 1
        value *= at
    while at < Fraction(1, 2):
        value /= at
        at += 1
    return PiMultiple(value, Fraction(1, 2))


def _zeta(at: Fraction) -> PiMultiple | None:
    """Zeta of an even whole number, and of one below 1; DLMF 25.6.1, 25.6.2, 25.6.3."""
    if at.denominator != 1 or at == 1 or (at > 0 and at % 2):
        return None
    n = int(at)
    if n <= 0:
        return PiMultiple(Fraction(-1, 2) if not n else -bernoulli_number(1 - n) / (1 - n), Fraction(0))
    return PiMultiple(abs(bernoulli_number(n)) * 2 ** (n - 1) / factorial(n), Fraction(n))


def bernoulli_number(n: int) -> Fraction:
    """B_n, n >= 2, by their recurrence; DLMF 24.5.3."""
    values = [Fraction(1)]
    for m in range(1, n + 1):
        values.append(-sum((comb(m + 1, k) * values[k] for k in range(m)), Fraction(0)) / (m + 1))
    return values[n]


def _arctangent(at: Fraction) -> PiMultiple | None:
    """atan(1) is pi/4; at other rationals it is 0 or no rational multiple of pi (Niven)."""
    return PiMultiple(at / 4, Fraction(1)) if abs(at) == 1 else None


def _arcsine(at: Fraction) -> PiMultiple | None:
    """asin at 1/2 and 1; at other rationals it is 0 or no rational multiple of pi (Niven)."""
    turns = {Fraction(1): Fraction(1, 2), Fraction(1, 2): Fraction(1, 6)}.get(abs(at))
    return None if turns is None else PiMultiple(turns if at > 0 else -turns, Fraction(1))


def _elliptic(at_one: Fraction | None) -> Callable[[Fraction], PiMultiple | None]:
    """K and E: pi/2 at 0, and at 1 E alone has a value; DLMF 19.6.1."""

    def rule(at: Fraction) -> PiMultiple | None:
        if at == 0:
            return PiMultiple(Fraction(1, 2), Fraction(1))
        return None if at != 1 or at_one is None else PiMultiple(at_one, Fraction(0))

    return rule


_RULES: dict[Row, Callable[[Fraction], PiMultiple | None]] = {
    table.GAMMA: _gamma_value,
    table.get("zeta", 1): _zeta,
    table.ATAN: _arctangent,
    table.ASIN: _arcsine,
    table.get("elliptic_k", 1): _elliptic(None),
    table.get("elliptic_e", 1): _elliptic(Fraction(1)),
}


# --- recurrences -------------------------------------------------------------------------------
# The table of recurrences: functions of an argument or order moved by whole numbers, in terms of one of them.
#
# Each holds as an identity of meromorphic functions, and so wherever both sides have a value; where a factor is 0
# that was cancelled, only one of them has. Such factors are handed to `exempt`.


_MOST_STEPS = 20
"""Farther moves are functions of their own: each step is a factor or a summand."""

Recurrence = Callable[[Elementary, Row, list[Quotient]], Quotient | None]


def apply_recurrence(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """A function by its recurrence; None where it has none, or stands for the others itself."""
    rule = _RECURRENCES.get(row)
    return None if rule is None else rule(functions, row, args)


def _split_whole(functions: Elementary, argument: Quotient) -> tuple[Quotient, int]:
    """(base, n) with argument = base + n, where the constant term of the base is from 0 to 1."""
    field = functions.field
    if not argument.below.is_constant() or field.constant(argument) is not None:
        return argument, 0
    start = next((part for quantity, part in field.terms(argument) if quantity == field.one), Fraction(0))
    whole = floor(start)
    return (argument, 0) if abs(whole) > _MOST_STEPS else (field.subtract(argument, field.number(whole)), whole)


def _passed(functions: Elementary, base: Quotient, whole: int) -> list[Quotient]:
    """base + k for all k from 0 to whole - 1, or from whole to -1; none of them may be 0."""
    places = range(whole) if whole > 0 else range(whole, 0)
    factors = [functions.field.add(base, functions.field.number(k)) for k in places]
    for factor in factors:
        functions.exempt(factor)
    return factors


def _gamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """gamma(u + 1) = u*gamma(u); DLMF 5.5.1."""
    base, whole = _split_whole(functions, args[0])
    if not whole:
        return None
    field = functions.field
    product = functions.unknown(row.key, [base], domain=True)
    for factor in _passed(functions, base, whole):
        product = field.multiply(product, factor if whole > 0 else field.inverse(factor))
    return product


def _digamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """digamma(u + 1) = digamma(u) + 1/u; DLMF 5.5.2."""
    base, whole = _split_whole(functions, args[0])
    if not whole:
        return None
    return _add_powers(functions, functions.unknown(row.key, [base], domain=True), base, whole, -1, 1)


def _polygamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """polygamma(n, u + 1) = polygamma(n, u) + (-1)**n*n!/u**(n + 1), which is DLMF 5.5.2 derived n times."""
    order = functions.field.constant(args[0])
    base, whole = _split_whole(functions, args[1])
    if not whole or order is None or order.denominator > 1 or not 0 < order <= _MOST_STEPS:
        return None
    n = int(order)
    first = functions.unknown(row.key, [args[0], base], domain=True)
    return _add_powers(functions, first, base, whole, -n - 1, (-1) ** n * factorial(n))


def _add_powers(
    functions: Elementary, first: Quotient, base: Quotient, whole: int, exponent: int, factor: int
) -> Quotient:
    """The sum of a value and of a power of each place that was passed on the way from it."""
    field, total = functions.field, first
    for place in _passed(functions, base, whole):
        term = field.multiply(field.number(factor if whole > 0 else -factor), field.power(place, exponent))
        total = field.add(total, term)
    return total


def _beta(functions: Elementary, _row: Row, args: list[Quotient]) -> Quotient | None:
    """beta(u, n) = (n - 1)!/(u*(u + 1)*...*(u + n - 1)), n = 1, 2, ...; DLMF 5.12.1 and 5.5.1."""
    field = functions.field
    for argument, other in (args, args[::-1]):
        count = field.constant(other)
        if count is not None and count.denominator == 1 and 0 < count <= _MOST_STEPS:
            result = field.number(factorial(int(count) - 1))
            for k in range(int(count)):
                result = functions.divide(result, field.add(argument, field.number(k)))
            functions.require("domain", f"gamma {argument.key}", None)
            return result
    return None


def _bessel(previous: int, slope: int, *, positive: bool) -> Recurrence:
    """f(n + 1, x) = slope*2*n/x*f(n, x) + previous*f(n - 1, x), down to the orders 0 and 1; f(-n, x) by reflection."""

    def apply(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
        field = functions.field
        order = field.constant(args[0])
        if order is None or order.denominator > 1 or abs(order) > _MOST_STEPS:
            return None
        if positive:
            functions.require_sign("positive", args[1])
        before, here = (functions.unknown(row.key, [field.number(n), args[1]]) for n in (0, 1))
        if order == 0:
            return before
        if abs(order) > 1 and not positive:
            functions.exempt(args[1])
        for n in range(1, abs(int(order))):
            step = field.multiply(field.number(2 * n * slope), field.multiply(here, field.inverse(args[1])))
            before, here = here, field.add(step, field.multiply(field.number(previous), before))
        return here if order > 0 else field.multiply(field.number(row.reflection ** -int(order)), here)

    return apply


def _lambertw(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """W(u)*exp(W(u)) = u; DLMF 4.13.1."""
    element = functions.unknown(row.key, args, domain=True)
    place = functions.field.single(element)
    if place is not None:
        functions.zeros[place] = args[0]
        functions.products[place] = args[0]
    return element


_RECURRENCES: dict[Row, Recurrence] = {
    table.GAMMA: _gamma,
    table.DIGAMMA: _digamma,
    table.get("polygamma", 2): _polygamma,
    table.get("beta", 2): _beta,
    table.get("besselj", 2): _bessel(-1, 1, positive=False),  # DLMF 10.6.1
    table.get("bessely", 2): _bessel(-1, 1, positive=True),
    table.get("besseli", 2): _bessel(1, -1, positive=False),  # DLMF 10.29.1
    table.get("besselk", 2): _bessel(1, 1, positive=True),
    table.LAMBERTW: _lambertw,
}


# --- multiples ---------------------------------------------------------------------------------
# Functions of the gamma family at arguments that belong together: at multiples, and mirrored ones.
#
# Where gamma(2*x) and gamma(x) meet, the one at the multiple is written by those at its parts (Gauss's multiplication
# theorem, Legendre's duplication), and of gamma(x) and gamma(1 - x) the second by the first (reflection). These are
# identities of meromorphic functions; what is moved by whole numbers is left to recurrences.


_MULTIPLES = (2, 3, 4)
_MOST_ARGUMENTS = 12
_POLYGAMMA = table.get("polygamma", 2)
_BETA = table.get("beta", 2)
_PARTS: Mapping[table.Row, tuple[str, str]] = {
    table.GAMMA: ("(2*pi)**((1 - m)/2)*m**(m*z - 1/2)", "gamma(z + k/m)"),  # DLMF 5.5.6
    table.DIGAMMA: ("log(m)", "digamma(z + k/m)/m"),  # DLMF 5.15.7
}
"""By function, what is multiplied or added to its values at z, z + 1/m, ..., where the argument is m*z."""
_MIRRORED: Mapping[table.Row, str] = {
    table.GAMMA: "pi/(sin(pi*z)*gamma(1 - z))",  # DLMF 5.5.3
    table.DIGAMMA: "digamma(1 - z) - pi*cos(pi*z)/sin(pi*z)",  # DLMF 5.5.4
}
_MIRRORED_TRIGAMMA = "pi**2/sin(pi*z)**2 - polygamma(1, 1 - z)"


def split_multiples(*roots: Expr) -> tuple[Expr, ...]:
    """The expressions with these functions at arguments of which none is a multiple, or the mirror, of another."""
    nodes, inner = in_order(*roots)
    images: dict[int, Expr] = {}
    met = [
        node.args[-1]
        for node in nodes
        if not is_leaf(node) and variables(node) and (node.op in _PARTS or node.op is _POLYGAMMA)
    ]
    met += [arg for node in nodes if node.op is _BETA for arg in (*node.args, make(table.ADD, *node.args))]
    arguments = list(dict.fromkeys(map(simplify, met)))[:_MOST_ARGUMENTS]
    kept: list[Expr] = []
    for node in nodes:
        if node.id in inner:
            images[node.id] = images[inner[node.id].id]
        elif is_leaf(node):
            images[node.id] = node
        else:
            image = make(node.op, *(images[arg.id] for arg in node.args))
            if node.op is _BETA:
                image = rules.fill(
                    "gamma(a)*gamma(b)/gamma(a + b)", ("a", "b"), dict(zip("ab", image.args, strict=True))
                )
                image = make(
                    table.DIV,
                    make(table.MUL, *(_rewrite(part, arguments, kept) for part in image.args[0].args)),
                    _rewrite(image.args[1], arguments, kept),
                )
            images[node.id] = _rewrite(image, arguments, kept)
    return tuple(images[root.id] for root in roots)


def _rewrite(node: Expr, arguments: list[Expr], kept: list[Expr]) -> Expr:
    """A function of the family in terms of those at the arguments that are kept."""
    if node.op not in _PARTS and node.op is not _POLYGAMMA:
        return node
    argument = simplify(node.args[-1])
    if node.op in _PARTS:
        for m in _MULTIPLES:
            for other in arguments:
                if (rest := _constant_rest(argument, make(table.MUL, number(m), other))) is not None:
                    part = simplify(make(table.ADD, other, make(table.DIV, rest, number(m))))
                    return _split(node.op, m, part, kept)
    return _reflect(node, argument, kept)


def _constant_rest(argument: Expr, other: Expr) -> Expr | None:
    """The difference of two arguments, where that is a rational."""
    if not variables(argument) or not variables(other):
        return None
    rest = simplify(make(table.SUB, argument, other))
    return rest if exact(rest) is not None else None


def _split(row: table.Row, m: int, part: Expr, kept: list[Expr]) -> Expr:
    """A function at m*part by its values at part + k/m."""
    first, each = _PARTS[row]
    values = {"m": number(m), "z": part}
    parts = [rules.fill(first, ("m", "z"), values)]
    for k in range(m):
        value = rules.fill(each, ("m", "z", "k"), {**values, "k": number(k)})
        parts.append(value if value.op is table.DIV else _reflect(value, simplify(value.args[-1]), kept))
    return make(table.MUL if row is table.GAMMA else table.ADD, *parts)


def _reflect(node: Expr, argument: Expr, kept: list[Expr]) -> Expr:
    """A function at an argument that is the mirror of one that is kept; else the function, whose argument is kept."""
    is_mirror = any(
        (total := exact(simplify(make(table.ADD, argument, other)))) is not None and total.denominator == 1
        for other in kept
    )
    if not is_mirror:
        kept.append(argument)
        return node
    if node.op is _POLYGAMMA:
        return rules.fill(_MIRRORED_TRIGAMMA, ("z",), {"z": argument}) if exact(node.args[0]) == 1 else node
    return rules.fill(_MIRRORED[node.op], ("z",), {"z": argument})
