"""The last form before code: stable, with series where sums cancel, and Taylor patches where no row helps.

A patch is `where(abs(x - a) < r, polynomial, formula)` around a point at which the formula has no value or loses
digits. What the polynomial leaves out is proved to be less than an ulp; that the formula loses digits is measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import ONE, Expr, exact, make, number, symbol, variables, walk
from dcalc.numbers.enclosure import Encloser, constant
from dcalc.numbers.real import evaluate
from dcalc.simplify import Build, rebuild, style
from dcalc.stable import stable
from dcalc.stable.expansion import Center, Expansion, find_germ
from dcalc.stable.taylor import NAME, find_cores, in_terms_of, near, substitute_node, write_expansion

_LARGEST = 120
"""The most nodes of a part that is looked at."""
_LOSS = 1e-13
"""The relative error beyond which a formula loses digits."""
_BOUNDARY = 3e-13
"""The same at the edge of a patch, beyond which more terms are worth their length."""
_SHARES = (0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-7)
"""Where a formula is measured, relative to the radius of a patch."""
_SMALLEST = 1e-290
_PRECISIONS = (256, 2048)
_BITS = 70
_MOST_CENTERS = 6
_RADII = tuple(Fraction(1, size) for size in (1, 2, 3, 4, 6, 8, 16, 32, 64, 256, 4096))
_FEW_TERMS, _MANY_TERMS = 16, 40
_CIRCULAR = frozenset(table.get(name, 1) for name in ("sin", "cos", "tan", "sec", "csc", "cot"))
_HALF_TURNS = tuple(Fraction(k, 2) for k in (1, -1, 2, -2))
"""Multiples of pi that are looked at."""
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
    patches = _find_patches(part, formula, name)
    if not patches:
        return None
    stable(part, series=True, used=used)
    result = formula
    for patch in patches:
        result = make(table.WHERE, patch.condition, patch.value, result)
        used[f"Taylor polynomial {patch.title}, which leaves out less than an ulp"] = None
    return result


class _Written(NamedTuple):
    """A patch as it is emitted."""

    condition: Expr
    value: Expr
    title: str


def _find_patches(part: Expr, formula: Expr, name: str) -> list[_Written]:
    """The patches of a part, by centers."""
    judge = _Judge(part, formula, name)
    patches = []
    for center in _find_centers(part, name):
        expansion = _expand_where_lossy(judge, center)
        if expansion is not None:
            patches.append(_write(expansion, symbol(name), center))
    far = {sign: _expand_where_lossy(judge, Center(Fraction(0), sign=sign)) for sign in (1, -1)}
    right, left = far[1], far[-1]
    if right is not None and left is not None and _mirror(left) == right:
        return [*patches, _write_far(right, symbol(name), 0)]
    patches += [_write_far(each, symbol(name), sign) for sign, each in far.items() if each is not None]
    return patches


def _expand_where_lossy(judge: _Judge, center: Center) -> Expansion | None:
    """The expansion at a center where the formula loses digits within it; None elsewhere."""
    if not judge.loses_near(center):
        return None
    germ = find_germ(judge.part, judge.name, center)
    if germ is None:
        return None
    expansion = germ.cut_off(_RADII, _FEW_TERMS)
    if expansion is None or judge.loses_at(center, expansion.radius, _BOUNDARY):
        expansion = germ.cut_off(_RADII, _MANY_TERMS) or expansion
    if expansion is None or not judge.loses_within(center, expansion):
        return None
    return expansion


class _Judge:
    """A formula in doubles, against enclosures of the part that it stands for."""

    def __init__(self, part: Expr, formula: Expr, name: str) -> None:
        self.part = part
        self.formula = formula
        self.name = name
        self.encloser = Encloser(part, name, 0)

    def loses_near(self, center: Center) -> bool:
        """Whether the formula loses digits at some distance."""
        if not center.sign and not center.rest and not math.isfinite(self._evaluate(float(center.value))):
            return True
        return any(self._loses(at) for at in _places(center, Fraction(1)))

    def loses_at(self, center: Center, radius: Fraction, loss: float) -> bool:
        """Whether the formula loses digits at the edge of a patch."""
        edge = Fraction(9, 8) * radius
        return any(self._loses(at, loss) for at in _at_distance(center, edge))

    def loses_within(self, center: Center, expansion: Expansion) -> bool:
        """Whether the formula loses digits in the range of an expansion, or has no value at a hole."""
        if any(self._loses(at) for at in _places(center, expansion.radius)):
            return True
        is_hole = not center.sign and not center.rest and expansion.power >= 0
        return is_hole and not math.isfinite(self._evaluate(float(center.value)))

    def _loses(self, at: float, loss: float = _LOSS) -> bool:
        truth = self._enclose(at)
        if truth is None or abs(truth) < _SMALLEST:
            return False
        value = self._evaluate(at)
        return not math.isfinite(value) or abs(value - truth) > loss * abs(truth)

    def _evaluate(self, at: float) -> float:
        return evaluate(self.formula, {self.name: at})

    def _enclose(self, at: float) -> float | None:
        """The value in doubles; None where there is none, or none is found."""
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                value = self.encloser.at({self.name: lambda: arb(at)}).f
                if type(value) is not arb:
                    return None
                if value.rel_accuracy_bits() > _BITS:
                    nearest = float(value.mid())
                    return nearest if math.isfinite(nearest) else None
        return None


def _places(center: Center, radius: Fraction) -> Iterator[float]:
    for share in _SHARES:
        yield from _at_distance(center, Fraction(share) * radius)


def _at_distance(center: Center, distance: Fraction) -> Iterator[float]:
    """The doubles at a distance from a center, or that far out."""
    if center.sign:
        yield center.sign / float(distance)
        return
    for sign in (1, -1):
        yield float(center.value + center.rest + sign * distance)


def _find_centers(part: Expr, name: str) -> Iterator[Center]:
    """Points at which a formula may lose digits: 0, 1 and -1, rational zeros of linear parts, multiples of pi/2."""
    centers = dict.fromkeys(map(Fraction, (0, 1, -1)))
    variable = symbol(name)
    for node in walk(part):
        if node.op is table.ADD and len(node.args) == 2:
            first, second = node.args
            if (other := exact(first)) is not None:
                first, second = second, first
            else:
                other = exact(second)
            factor, base = (1, first)
            if first.op is table.MUL and len(first.args) == 2 and (value := exact(first.args[0])):
                factor, base = value, first.args[1]
            if other is not None and base is variable:
                centers[-Fraction(other) / Fraction(factor)] = None
    for center in list(centers)[:_MOST_CENTERS]:
        nearest = Fraction(float(center))
        if nearest == center:
            yield Center(center)
    if any(node.op in _CIRCULAR for node in walk(part)):
        for half_turns in _HALF_TURNS:
            with ctx.workprec(_PRECISIONS[0]):
                mantissa, exponent = (arb.pi() * constant(half_turns)).mid().man_exp()
            exactly = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
            nearest = Fraction(float(exactly))
            yield Center(nearest, Fraction(float(exactly - nearest)), half_turns=half_turns)


def _mirror(expansion: Expansion) -> Expansion | None:
    """An expansion towards minus infinity, which is in -1/x, in 1/x."""
    if expansion.power.denominator != 1:
        return None
    turn = int(expansion.power)
    values = tuple(value * (-1) ** (order + turn) for order, value in enumerate(expansion.coefficients))
    return expansion._replace(coefficients=values)


def _write(expansion: Expansion, variable: Expr, center: Center) -> _Written:
    """A patch around a point."""
    quantity = variable if not center.value else make(table.SUB, variable, number(center.value))
    if center.rest:
        quantity = make(table.SUB if center.rest > 0 else table.ADD, quantity, number(abs(center.rest)))
    name = str(center.value) if center.half_turns is None else f"{center.half_turns}*pi"
    return _Written(near(quantity, expansion.radius), write_expansion(expansion, quantity), f"around {name}")


def _write_far(expansion: Expansion, variable: Expr, sign: int) -> _Written:
    """A patch beyond a distance from 0, on one side or, for a sign of 0, on both."""
    edge = number(1 / expansion.radius)
    if sign > 0:
        condition = make(table.GT, variable, edge)
    elif sign < 0:
        condition = make(table.LT, variable, make(table.NEG, edge))
    else:
        condition = make(table.GT, make(table.ABS, variable), edge)
    quantity = make(table.DIV, ONE, make(table.NEG, variable) if sign < 0 else variable)
    side = {1: "infinity", -1: "minus infinity", 0: "infinity on both sides"}[sign]
    return _Written(condition, write_expansion(expansion, quantity), f"towards {side}")
