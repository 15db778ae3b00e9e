"""The last form before code: stable, with series where sums cancel, and Taylor patches where no row helps.

A patch is `where(abs(x - a) < r, polynomial, formula)` around a point at which the formula has no value or loses
digits. What the polynomial leaves out is proved to be less than an ulp; that the formula loses digits is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, exact, is_leaf, make, number, symbol, variables, walk
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.rules import Template
from dcalc.simplify import Build, rebuild, style
from dcalc.stable import stable
from dcalc.stable.taylor import NAME, Patch, find_cores, find_patch, in_terms_of, near, substitute_node, write_patch

_LARGEST = 120
"""The most nodes of a part that is looked at."""
_HIGHEST_POLE = 6
_LOSS = 1e-13
"""The relative error beyond which a formula loses digits."""
_SHARES = (0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-7)
"""Where a formula is measured, relative to the radius of a patch."""
_MOST_CENTERS = 4
_TELLING = frozenset((table.ADD, table.SUB, table.POW, table.DIV))


def smooth(root: Expr, used: dict[str, None]) -> Expr:
    """The form of ``root`` that is emitted; ``used`` gains what was rewritten."""
    build = style(root)
    patched = _patch_parts(rebuild(root, build), build, used)
    return stable(root, series=True, used=used) if patched is None else patched


def _patch_parts(root: Expr, build: Build, used: dict[str, None]) -> Expr | None:
    """The root with patches in its parts of one variable; None where there are none."""
    names = variables(root)
    if not names or len(walk(root)) > _LARGEST or not any(node.op in _TELLING for node in walk(root)):
        return None
    if any(node.op is table.WHERE for node in walk(root)):
        return None
    if len(names) == 1:
        return _patch_part(root, names[0], build, used)
    for core in find_cores(root, build):
        inner = in_terms_of(root, core, build)
        patched = _patch_part(inner, NAME, build, used)
        if patched is not None:
            return substitute_node(patched, symbol(NAME), core)
    if root.op not in (table.ADD, table.MUL):
        return None
    return _patch_groups(root, build, used)


def _patch_groups(root: Expr, build: Build, used: dict[str, None]) -> Expr | None:
    """A sum or product whose terms or factors in one variable alone are patched together."""
    common = _common_factors(root) if root.op is table.ADD else []
    if common:
        inner = build.add([build.mul([each for each in _factors(term) if each not in common]) for term in root.args])
        own = variables(inner)
        patched = _patch_part(inner, own[0], build, used) if len(own) == 1 else None
        return None if patched is None else make(table.MUL, *common, patched)
    groups: dict[str, list[Expr]] = {}
    rest: list[Expr] = []
    for arg in root.args:
        own = variables(arg)
        groups.setdefault(own[0], []).append(arg) if len(own) == 1 else rest.append(arg)
    join = build.add if root.op is table.ADD else build.mul
    parts, is_patched = [], False
    for name, args in groups.items():
        part = join(args)
        patched = _patch_part(part, name, build, used)
        is_patched |= patched is not None
        parts.append(stable(part, series=True, used=used) if patched is None else patched)
    if not is_patched:
        return None
    return make(root.op, *parts, *(stable(arg, series=True, used=used) for arg in rest))


def _factors(term: Expr) -> tuple[Expr, ...]:
    return term.args if term.op is table.MUL else (term,)


def _common_factors(root: Expr) -> list[Expr]:
    """The factors of all terms of a sum that are not numbers."""
    first, *others = root.args
    shared = [set(_factors(term)) for term in others]
    return [each for each in _factors(first) if variables(each) and all(each in factors for factors in shared)]


def _patch_part(part: Expr, name: str, build: Build, used: dict[str, None]) -> Expr | None:
    """A part of one variable with a patch for each center at which its formula loses digits; None for none."""
    if len(walk(part)) > _LARGEST or not any(node.op in _TELLING for node in walk(part)):
        return None
    formula = stable(part, series=True, used={})
    result, centers = formula, []
    for center in _find_centers(part, name):
        patch = _find(part, name, center, build)
        if patch is None or not _loses(formula, name, center, patch):
            continue
        quantity = symbol(name) if not center else make(table.SUB, symbol(name), number(center))
        polynomial = patch.write(quantity, build)
        result = make(table.WHERE, near(quantity, patch.radius), polynomial, result)
        centers.append(center)
    if not centers:
        return None
    stable(part, series=True, used=used)
    for center in centers:
        used[f"Taylor polynomial around {center}, which leaves out less than an ulp"] = None
    return result


def _find_centers(part: Expr, name: str) -> Iterator[Fraction]:
    """Points at which a formula may lose digits: 0, and rational zeros of linear parts."""
    centers = {Fraction(0): None}
    variable = symbol(name)
    for node in walk(part):
        if node.op is table.ADD and len(node.args) == 2 and variable in node.args:
            other = exact(next((arg for arg in node.args if arg is not variable), variable))
            if other is not None:
                centers[-Fraction(other)] = None
    yield from list(centers)[:_MOST_CENTERS]


class _Near(NamedTuple):
    """distance**power times a polynomial over powers of polynomials, within a radius of a center."""

    power: int
    above: tuple[Fraction, ...]
    below: tuple[tuple[tuple[Fraction, ...], int], ...]
    radius: Fraction

    def at(self, distance: Fraction) -> Fraction:
        """The value at a distance from the center."""
        value = distance**self.power * _evaluate(self.above, distance)
        for coefficients, power in self.below:
            value /= _evaluate(coefficients, distance) ** power
        return value

    def write(self, quantity: Expr, build: Build) -> Expr:
        """The value as an expression in the distance."""
        value = write_patch(Patch(self.power, self.above, self.radius), quantity, build)
        for coefficients, power in self.below:
            divisor = write_patch(Patch(0, coefficients, self.radius), quantity, build)
            value = make(table.DIV, value, divisor if power == 1 else make(table.POW, divisor, number(power)))
        return value


def _evaluate(coefficients: Sequence[Fraction], at: Fraction) -> Fraction:
    return sum((value * at**order for order, value in enumerate(coefficients)), Fraction(0))


def _find(part: Expr, name: str, center: Fraction, build: Build) -> _Near | None:
    """What a part is around a center, where it may have a hole: its numerator over the parts that vanish there, each
    as a polynomial."""
    part = _without_poles(part, build)
    terms: Sequence[Expr] = part.args if part.op is table.ADD else (part,)
    divisors = _find_divisors(terms)
    if sum(divisors.values()) > _HIGHEST_POLE * len(divisors):
        return None
    patches: dict[Expr, Patch] = {}
    for base in divisors:
        patch = find_patch(base, name, center, 0.0, at_any_value=True)
        if patch is None:
            return None
        patches[base] = patch
    vanishing = {base: order for base, order in divisors.items() if patches[base].power}
    powers = [build.power(base, number(order)) for base, order in vanishing.items()]
    whole = build.add([build.mul((*powers, term)) for term in terms]) if powers else part
    patch = find_patch(whole, name, center, 0.0, at_any_value=True)
    if patch is None:
        return None
    power = patch.power - sum(patches[base].power * order for base, order in vanishing.items())
    if power < 0:
        return None
    below = tuple((patches[base].coefficients, order) for base, order in vanishing.items())
    radius = min((patch.radius, *(patches[base].radius for base in vanishing)))
    below = tuple(each for each in below if each[0] != (Fraction(1),))
    return _Near(power, patch.coefficients, below, radius)


def _find_divisors(terms: Sequence[Expr]) -> dict[Expr, int]:
    """What the terms are divided by, with the highest power of each."""
    divisors: dict[Expr, int] = {}
    for term in terms:
        for factor in term.args if term.op is table.MUL else (term,):
            value = exact(factor.args[1]) if factor.op is table.POW else None
            if type(value) is int and value < 0 and variables(factor):
                base = factor.args[0]
                divisors[base] = max(divisors.get(base, 0), -value)
    return divisors


def _without_poles(part: Expr, build: Build) -> Expr:
    """The part with quotients in the places of functions that have poles."""
    images: dict[int, Expr] = {}
    for node in walk(part):
        if is_leaf(node):
            images[node.id] = node
            continue
        args = tuple(images[arg.id] for arg in node.args)
        text = _POLES.get(node.op.name) if len(args) == 1 else None
        images[node.id] = build.apply(node.op, args) if text is None else _fill(text, args[0], build)
    return images[part.id]


_POLES = {
    "cot": "cos(u)/sin(u)", "csc": "1/sin(u)", "coth": "cosh(u)/sinh(u)", "csch": "1/sinh(u)", "tan": "sin(u)/cos(u)",
    "sec": "1/cos(u)", "sinc": "sin(u)/u",
}  # fmt: skip


@cache
def _template(text: str) -> Template:
    return Template(parse(text, variables=("u",)).root)


def _fill(text: str, arg: Expr, build: Build) -> Expr:
    return _template(text).build({"u": arg}, build.apply)


def _loses(formula: Expr, name: str, center: Fraction, patch: _Near) -> bool:
    """Whether the formula, in doubles, is off the polynomial within the radius of a patch."""
    for share in _SHARES:
        for sign in (1, -1):
            at = float(center + Fraction(share * sign) * patch.radius)
            truth = patch.at(Fraction(at) - center)
            value = evaluate(formula, {name: at})
            if not math.isfinite(value) or abs(Fraction(value) - truth) > _LOSS * abs(truth):
                return True
    return not math.isfinite(evaluate(formula, {name: float(center)}))
