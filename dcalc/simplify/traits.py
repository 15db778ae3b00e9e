"""What a node has that makes a rule worth a try: cheap to see, so that most nodes cost next to nothing."""

from __future__ import annotations

from math import gcd
from typing import Literal

from dcalc import functions as table
from dcalc.expr import Expr, Number, exact
from dcalc.functions import Row
from dcalc.simplify.angles import FAMILIES, is_quotient
from dcalc.simplify.arithmetic import read_coefficient
from dcalc.simplify.cost import BRACKET, SHARED
from dcalc.simplify.products import is_number_power, is_root
from dcalc.simplify.terms import Algebra, whole_power

Trait = Literal[
    "shared", "shared by some", "below", "below some", "products", "square", "squares", "secants", "logarithms",
    "exponentials", "sums across", "sums beside", "shared inside", "quotients inside", "meeting", "roots",
    "root inside", "root of several", "signs", "angles", "angle pairs", "negative", "powers of numbers", "cube roots",
    "root of a sum", "inverse of a sum", "root of a product", "reciprocal", "squares over sums", "quotient in a root",
    "powers below", "sums of exponentials", "squares of sums", "ratio",
]  # fmt: skip
"""What a node has that makes a rule worth a try."""

_ADD, _MUL, _POW = table.ADD, table.MUL, table.POW
_FUNCTIONS: dict[Row, Trait] = {table.SIGN: "signs", table.ABS: "signs", table.CBRT: "cube roots"}
_MOST_SAVED = 4
"""What a lower exponent saves beside the factor that is taken out: `x**2` becomes `x`, and `x**10` becomes `x**9`."""
_PLAIN = frozenset((table.SYMBOL, table.E, table.EXP, table.LOG))
"""What most factors are, which have no traits."""


_SINES = frozenset(row for row in FAMILIES if not is_quotient(row))
_PROSPECTS = frozenset((_ADD, *FAMILIES, *_FUNCTIONS))


def has_prospects(node: Expr) -> bool:
    """Whether a node may have traits, or give some to a product: most derivatives of one term have no such node."""
    if node.op is not _POW:
        return node.op in _PROSPECTS
    base, exponent = node.args
    if exponent.op is not table.NUMBER or base.op is table.NUMBER:
        return True
    return base.op is table.LOG and bool(exponent.args[0] < -1)


def traits_of(algebra: Algebra, node: Expr) -> set[Trait]:
    """The traits of a sum, product or power. Linear in the factors below it; read once for each node."""
    traits: set[Trait] | None = algebra.traits.get(node.id)
    if traits is None:
        if node.op is _ADD:
            traits = _traits_of_sum(algebra, node)
        else:
            traits = _traits_of_product(algebra, node) if node.op is _MUL else _traits_of_power(algebra, node)
        algebra.traits[node.id] = traits
    return traits


# --- sums --------------------------------------------------------------------------------------


def _traits_of_sum(algebra: Algebra, node: Expr) -> set[Trait]:
    traits: set[Trait] = set()
    powers = [pair for term in node.args for pair in algebra.read_powers(term).items()]
    kinds = [body.op for (body, _), _ in powers]
    sines = 0
    for (body, rest), count in powers:
        if count < 0 and rest is None:
            traits.add("below")
        if body.op not in _PLAIN:
            sines += count == 1 and body.op in _SINES
            _add_traits_of_base(traits, body, 0 if rest is not None else count)
    several: tuple[tuple[Trait, int], ...] = (
        ("angle pairs", sines // 2), ("logarithms", kinds.count(table.LOG)), ("exponentials", kinds.count(table.E)),
    )  # fmt: skip
    traits.update(trait for trait, times in several if times > 1)
    if len(node.args) == 3 and sum(algebra.square_root(term) is not None for term in node.args) > 1:
        traits.add("square")
    has_several = len(node.args) > 2
    if len({base for base, _ in powers}) < len(powers):
        if has_several:
            traits |= {"shared", "shared by some"}
        elif "below" not in traits and (traits or _pays(algebra, node)):
            traits.add("shared")
    if "below" in traits:
        traits.add("below some" if has_several else "ratio")
    return traits


def _pays(algebra: Algebra, node: Expr) -> bool:
    """Whether the common factor of two terms may save more characters than its brackets cost: most often it is x."""
    first, second = (algebra.read_powers(term) for term in node.args)
    numbers = [read_coefficient(term) for term in node.args]
    saved = (2 if gcd(*(count.numerator for count in numbers)) > 1 else 0) - 2 - BRACKET
    for base, count in first.items():
        other = second.get(base)
        if other is not None:
            if base[0].op is not table.SYMBOL or base[1] is not None:
                return True
            least = min(count, other)
            width = len(base[0].args[0]) + (0 if least == 1 else 3)
            saved += (width + 1 if count == other else _MOST_SAVED - 1) + (SHARED if least > 1 else 0)
    return saved > 0


def _add_traits_of_base(traits: set[Trait], body: Expr, count: Number) -> None:
    if body.op is _ADD:
        if count >= 1:
            traits.add("products")
    elif body.op in FAMILIES:
        if count > 1:
            traits.add("squares")
        if is_quotient(body.op):
            traits.add("secants")


# --- products and powers -----------------------------------------------------------------------


def _traits_of_product(algebra: Algebra, node: Expr) -> set[Trait]:
    traits: set[Trait] = set()
    sums: list[tuple[Expr, Number]] = []
    functions = roots = below = 0
    for factor in node.args:
        base = factor.args[0] if factor.op is _POW else factor
        if base is not factor:
            roots += _add_traits_of_power(algebra, traits, factor)
            below += whole_power(factor)[1] < -1
        op = base.op
        if op is _ADD:
            count = 1 if base is factor else exact(factor.args[1])
            if count is not None:
                sums.append((base, count))
        elif op in FAMILIES:
            functions += 1
        elif op in _FUNCTIONS:
            traits.add(_FUNCTIONS[op])
    several: tuple[tuple[Trait, int], ...] = (("angles", functions), ("roots", roots), ("powers below", below))
    traits.update(trait for trait, times in several if times > 1)
    if functions and any(count < 0 for _, count in sums):
        traits.add("squares over sums")
    if sums:
        first = node.args[0]
        if first.op is table.NUMBER and first.args[0] < 0:
            traits.add("negative")
        _add_traits_of_sums(algebra, traits, node, sums)
    return traits


def _add_traits_of_power(algebra: Algebra, traits: set[Trait], power: Expr) -> bool:
    """Those of a power in a product; returns whether it is a root."""
    base = power.args[0]
    if base.op is table.NUMBER:
        if is_number_power(power):
            traits.add("powers of numbers")
        return False
    if not is_root(power):
        return False
    if base.op is _ADD or base.op is _MUL:
        traits.add("root of several")
    if base.op is _ADD and algebra.take_out(base, below=True) is not None:
        traits.add("root inside")
    if base.op is _MUL and any(factor.op is _POW for factor in base.args):
        traits.add("quotient in a root")
    return True


def _add_traits_of_sums(algebra: Algebra, traits: set[Trait], node: Expr, sums: list[tuple[Expr, Number]]) -> None:
    """Where the sums in a product stand, and what their terms have in common with what is beside them."""
    above = sum(1 for _, count in sums if count > 0)
    if 0 < above < len(sums):
        traits.add("sums across")
    if above > 1 or len(sums) - above > 1:
        traits.add("sums beside")
    outside = algebra.read_powers(node)
    for inner, count in sums:
        if algebra.has_quotients(inner) or algebra.has_fractions(inner):
            traits.add("quotients inside")
        if algebra.take_out(inner, below=False) is not None:
            traits.add("shared inside")
        powers = [pair for term in inner.args for pair in algebra.read_powers(term).items()]
        bases = {base.op for (base, _), _ in powers}
        if table.E in bases and len(inner.args) == 2:
            traits.add("sums of exponentials")
        if table.SIN in bases and table.COS in bases and count % 2 == 0:
            traits.add("squares of sums")
        if any(outside[base] * count < 0 for base, count in powers if base in outside):
            traits.add("meeting")


def _traits_of_power(algebra: Algebra, node: Expr) -> set[Trait]:
    base, exponent = node.args
    value = exact(exponent)
    if base.op is _MUL and value is not None and value.denominator == 2:
        is_even = any(whole_power(factor)[1] % 2 == 0 for factor in base.args)
        return {"root of a product"} if is_even else set()
    if base.op is not _ADD and base.op not in FAMILIES:
        return set()
    if base.op in FAMILIES:
        return {"reciprocal"} if type(value) is int and value < 0 else set()
    if type(value) is int:
        return {"inverse of a sum"} if algebra.has_quotients(base) or algebra.has_fractions(base) else set()
    if value is None or value.denominator != 2 or algebra.take_out(base, below=True) is None:
        return set()
    return {"root of a sum"}
