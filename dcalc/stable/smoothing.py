"""The last form before code: stable, with series where sums cancel, and Taylor patches where no row helps.

A patch is `where(abs(x - a) < r, polynomial, formula)` around a point at which the formula has no value or loses
digits. What the polynomial leaves out is proved to be less than an ulp; that the formula loses digits is measured,
in doubles against enclosures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple, TypeVar

from flint import arb, ctx

from dcalc import functions as table
from dcalc.errors import LimitError
from dcalc.expr import ONE, ZERO, Expr, exact, is_leaf, make, number, substitute, symbol, variables, walk
from dcalc.numbers import real
from dcalc.numbers.enclosure import Encloser, constant
from dcalc.numbers.real import evaluator
from dcalc.numbers.rounding import midpoint
from dcalc.proof.polynomials import rewrite
from dcalc.simplify import Build, rebuild, style
from dcalc.stable import common_factors, factors, stable
from dcalc.stable.polynomial_patches import NAME, find_cores, in_terms_of, near, write_expansion
from dcalc.stable.taylor_models import Center, Expansion, find_germ
from dcalc.tape import Tape, lower, run

# --- judging -----------------------------------------------------------------------------------


_PRECISIONS = (256, 2048)
_SURE_BITS = 70
_SMALLEST_VALUE, _LARGEST_VALUE = 1e-290, 1e290
"""Beyond these a double has no digits to lose."""
_WANTED = 13.5
"""Digits that are enough."""
_LARGEST_ROOT = 200
"""The most nodes of an expression that is measured."""
_MAGNITUDES = (0.7, 2.3, 0.05, 17.0, 1e-3, 300.0, 1e-6, 4.2, 0.3, 3e4, 1e-9, 45.0, 1.3, 1e7, 9.5, 1e10, 0.9999, 1.00001)
"""Where it is measured, with both signs."""
_MOST_POINTS = 24
"""The points for several variables."""
_GAIN = 0.5
"""The digits, over all points, that a later candidate must gain."""
Extra = TypeVar("Extra")


class Judge:
    """The certified values of one expression."""

    def __init__(self, root: Expr) -> None:
        self.root = root
        self.names = variables(root)
        self.encloser = Encloser(root, "", 0)
        self.known: dict[tuple[float, ...], float | None] = {}
        self.tapes: dict[int, tuple[Tape, list[str]]] = {}

    def truth(self, at: Mapping[str, float]) -> float | None:
        """The value in doubles; None where there is none, none is found, or it is next to the ends of their range."""
        key = tuple(at[name] for name in self.names)
        if key not in self.known:
            self.known[key] = self._enclose(at)
        return self.known[key]

    def _enclose(self, at: Mapping[str, float]) -> float | None:
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                value = self.encloser.at({name: lambda x=x: arb(x) for name, x in at.items()}).f  # type: ignore[misc]
                if type(value) is not arb:
                    return None
                if value.rel_accuracy_bits() > _SURE_BITS:
                    nearest = float(value.mid())
                    return nearest if _SMALLEST_VALUE < abs(nearest) < _LARGEST_VALUE else None
        return None

    def error(self, formula: Expr, at: Mapping[str, float]) -> float | None:
        """The relative error of a formula in doubles, infinite where it has no value; None where nothing is known."""
        truth = self.truth(at)
        if truth is None:
            return None
        value = self.evaluate(formula, at)
        return abs(value - truth) / abs(truth) if math.isfinite(value) else math.inf

    def evaluate(self, formula: Expr, at: Mapping[str, float]) -> float:
        """The value of a formula in doubles; variables that the root is without, as others cancel, are 1."""
        known = self.tapes.get(formula.id)
        if known is None:
            known = self.tapes[formula.id] = lower(formula), [name for name in variables(formula) if name not in at]
        tape, others = known
        return float(run(tape, {**at, **dict.fromkeys(others, 1.0)}, real.constant, evaluator)[tape.place(formula)])

    def badness(self, formula: Expr) -> float:
        """The digits that a formula lacks, over all points."""
        total = 0.0
        for at in self._points():
            error = self.error(formula, at)
            if error is not None and error > 10.0**-_WANTED:
                total += _WANTED + (math.log10(error) if error < 1 else 0.0)
        return total

    def _points(self) -> Iterator[dict[str, float]]:
        if len(self.names) == 1:
            (name,) = self.names
            for size in _MAGNITUDES:
                yield {name: size}
                yield {name: -size}
            return
        for place in range(_MOST_POINTS):
            yield {name: self._coordinate(place, number) for number, name in enumerate(self.names)}

    def _coordinate(self, place: int, number: int) -> float:
        size = _MAGNITUDES[(place * (2 * number + 1) + 3 * number) % len(_MAGNITUDES)]
        return -size if (place >> (number % 4)) & 1 else size


def choose_best(root: Expr, candidates: Iterable[tuple[Expr, Extra]]) -> tuple[Expr, Extra]:
    """The candidate for ``root`` that lacks the fewest digits, the first of those that lack as many.

    Those after the first that lacks none are not looked at; large expressions are not measured.
    """
    rest = iter(candidates)
    best = next(rest)
    if len(walk(root)) > _LARGEST_ROOT or not variables(root):
        return best
    judge = Judge(root)
    least = judge.badness(best[0])
    while least and (candidate := next(rest, None)) is not None:
        badness = judge.badness(candidate[0])
        if badness < least - _GAIN:
            best, least = candidate, badness
    return best


# --- smoothing ---------------------------------------------------------------------------------


_LARGEST = 120
"""The most nodes of a part that is looked at."""
_MOST_REBUILT = 10 * _LARGEST
"""The most nodes of an expression that is simplified to see whether it is a part to look at."""
_LOSS = 1e-13
"""The relative error beyond which a formula loses digits."""
_BOUNDARY = 3e-13
"""The same at the edge of a patch, beyond which more terms are worth their length."""
_SHARES = (0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-7, 1e-12)
"""Where a formula is measured, relative to the radius of a patch."""
_MOST_CENTERS = 6
_MOST_DISTRIBUTED = 6
"""The most terms of a sum that is multiplied out."""
_RADII = tuple(Fraction(1, size) for size in (1, 2, 3, 4, 6, 8, 16, 32, 64, 256, 4096))
_FEW_TERMS, _MANY_TERMS = 16, 40
_CIRCULAR = frozenset(table.get(name, 1) for name in ("sin", "cos", "tan", "sec", "csc", "cot"))
_PI_BITS = 256
_HALF_TURNS = tuple(Fraction(k, 2) for k in (1, -1, 2, -2))
"""Multiples of pi that are looked at."""
_MOST_JOINED = 200
"""The most terms of a polynomial above or below the line of a sum over one denominator."""
_TELLING = frozenset((table.ADD, table.SUB, table.POW, table.DIV))
_VANISHING = {table.LOG: 1, table.get("xlogy", 2): 1, table.get("log1p", 1): 0, table.get("xlog1py", 2): 0}
"""Functions that vanish where their last argument is this number."""
_NEXT_TO = 1e-3
"""Where the signs next to a center are looked at."""
_FAR_OUT = (1e100, 1e200)
"""Where powers overflow, one over the other."""
_LEVEL = (Fraction(1, 10**18),)
"""Beyond the inverse of this the first term alone is right, unless a coefficient is large."""


def smooth(root: Expr, used: dict[str, None]) -> Expr:
    """The form of ``root`` that is emitted; ``used`` gains what was rewritten."""
    if len(walk(root)) > _MOST_REBUILT:
        return stable(root, series=True, used=used)
    build = style(root)
    patched = _patch_parts(rebuild(root, build), build, used)
    return stable(root, series=True, used=used) if patched is None else patched


def distribute(root: Expr) -> Expr:
    """The root, a sum or product, with products of a sum multiplied out: f'/f of a quotient f becomes a difference."""
    build = style(root)
    root = rebuild(root, build)
    terms = root.args if root.op is table.ADD else (root,)
    images = []
    for term in terms:
        sums = [factor for factor in term.args if factor.op is table.ADD] if term.op is table.MUL else []
        if len(sums) == 1 and len(sums[0].args) <= _MOST_DISTRIBUTED:
            rest = [factor for factor in term.args if factor is not sums[0]]
            images.append(build.add([build.mul((*rest, each)) for each in sums[0].args]))
        else:
            images.append(term)
    return build.add(images)


def join_fractions(root: Expr) -> Expr:
    """The root, a sum, over one denominator where nothing is left above that could cancel: what the quotient rule makes
    of v/(u + v) is a difference, and u*v'/(u + v)**2 is not. The root itself elsewhere."""
    if root.op not in (table.ADD, table.SUB) or len(walk(root)) > _LARGEST:
        return root
    try:
        fraction = rewrite(root, "factor", _MOST_JOINED)
    except LimitError:
        return root
    sums = [factor for factor in factors(fraction) if factor.op is table.ADD]
    cancels = any(not is_leaf(term) for each in sums for term in each.args)
    return root if cancels or len(walk(fraction)) > len(walk(root)) else fraction


def _patch_parts(root: Expr, build: Build, used: dict[str, None]) -> Expr | None:
    """The root with patches in its parts of one variable; None where there are none."""
    names = variables(root)
    if not names or not _may_cancel(root):
        return None
    if any(node.op is table.WHERE for node in walk(root)):
        return None
    if len(names) == 1:
        return _patch_part(root, names[0], build, used)
    for core in find_cores(root, build):
        inner = in_terms_of(root, core, build)
        patched = _patch_part(inner, NAME, build, used)
        if patched is not None:
            return substitute(patched, {NAME: core})
    if root.op not in (table.ADD, table.MUL):
        return None
    return _patch_groups(root, build, used)


def _patch_groups(root: Expr, build: Build, used: dict[str, None]) -> Expr | None:
    """A sum or product whose terms or factors in one variable alone are patched together."""
    common = [each for each in common_factors(root) if variables(each)] if root.op is table.ADD else []
    if common:
        inner = build.add([build.mul([each for each in factors(term) if each not in common]) for term in root.args])
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


def _may_cancel(part: Expr) -> bool:
    """Whether a part is small enough to be looked at, and has a sum, a quotient, or a logarithm of a function."""
    nodes = walk(part)
    return len(nodes) <= _LARGEST and any(
        node.op in _TELLING or (node.op is table.LOG and not is_leaf(node.args[0])) for node in nodes
    )


def _patch_part(part: Expr, name: str, build: Build, used: dict[str, None]) -> Expr | None:
    """A part of one variable with a patch for each center at which its formula loses digits; None for none."""
    if not _may_cancel(part):
        return None
    formula = stable(part, series=True, used={})
    patches = [patch for patch in _find_patches(part, formula, name) if _is_in_doubles(patch.value)]
    if not patches:
        return None
    stable(part, series=True, used=used)
    result = formula
    for patch in patches:
        result = make(table.WHERE, patch.condition, patch.value, result)
        used[f"Taylor polynomial {patch.title}, which leaves out less than an ulp"] = None
    return result


def _is_in_doubles(root: Expr) -> bool:
    """Whether all numbers of an expression are within the range of doubles."""
    return all(math.isfinite(real.constant(node.args[0])) for node in walk(root) if node.op is table.NUMBER)


class _EmittedPatch(NamedTuple):
    """A patch as it is emitted."""

    condition: Expr
    value: Expr
    title: str


def _find_patches(part: Expr, formula: Expr, name: str) -> list[_EmittedPatch]:
    """The patches of a part, by centers."""
    near_formula = _Near(part, formula, name)
    patches = []
    for center in _find_centers(part, name):
        for place in (center, *(center._replace(branch=side) for side in (1, -1))):
            expansion = _expand_where_lossy(near_formula, place)
            if expansion is not None:
                patches.append(_write(expansion, symbol(name), place))
                if not place.branch:
                    break
    far = {sign: _expand_where_lossy(near_formula, Center(Fraction(0), sign=sign)) for sign in (1, -1)}
    right, left = far[1], far[-1]
    if right is not None and left is not None and _mirror(left) == right:
        return [*patches, _write_far(right, symbol(name), 0)]
    patches += [_write_far(each, symbol(name), sign) for sign, each in far.items() if each is not None]
    return patches


def _expand_where_lossy(formula: _Near, center: Center) -> Expansion | None:
    """The expansion at a center where the formula loses digits within it; None elsewhere."""
    if not formula.loses_near(center):
        return _expand_far_out(formula, center)
    germ = find_germ(formula.judge.root, formula.name, center)
    if germ is None:
        return None if center.sign or center.branch else _expand_both_sides(formula, center)
    expansion = germ.cut_off(_RADII, _FEW_TERMS)
    if expansion is None or formula.loses_at(center, expansion.radius):
        expansion = germ.cut_off(_RADII, _MANY_TERMS) or expansion
    if expansion is None or not formula.loses_within(center, expansion):
        return None
    return expansion


def _expand_both_sides(formula: _Near, center: Center) -> Expansion | None:
    """The expansion where there is one for each side, and they are the same, as those of log(cosh(x)) by abs(x) are."""
    sides = [_settle_signs(formula, center, side) for side in (1, -1)]
    if None in sides:
        return None
    expansions = []
    for side in sides:
        germ = None if side is None else find_germ(side, formula.name, center)
        expansions.append(None if germ is None else germ.cut_off(_RADII, _MANY_TERMS))
    first, second = expansions
    if first is None or first != second or not formula.loses_within(center, first):
        return None
    return first


def _settle_signs(formula: _Near, center: Center, side: int) -> Expr | None:
    """The part as it is on one side of a center, without abs and sign; None where it has none of them."""
    build = style(formula.judge.root)
    at = {formula.name: float(center.value) + side * _NEXT_TO * max(1.0, abs(float(center.value)))}
    images: dict[int, Expr] = {}
    is_settled = False
    for node in walk(formula.judge.root):
        if node.op in (table.ABS, table.SIGN):
            sign = number(1 if formula.judge.evaluate(node.args[0], at) > 0 else -1)
            inner = images[node.args[0].id]
            images[node.id] = sign if node.op is table.SIGN else build.mul((sign, inner))
            is_settled = True
        elif is_leaf(node):
            images[node.id] = node
        else:
            images[node.id] = build.apply(node.op, tuple(images[arg.id] for arg in node.args))
    return images[formula.judge.root.id] if is_settled else None


def _expand_far_out(formula: _Near, center: Center) -> Expansion | None:
    """The first term towards infinity, where the formula has no value far out: x**4/(1 + x**4) is nan at 1e100."""
    if not center.sign or not formula.fails_far_out(center):
        return None
    germ = find_germ(formula.judge.root, formula.name, center)
    return None if germ is None else germ.cut_off(_LEVEL, _FEW_TERMS)


class _Near:
    """A formula of one variable in doubles, against enclosures of the part that it stands for."""

    def __init__(self, part: Expr, formula: Expr, name: str) -> None:
        self.formula = formula
        self.name = name
        self.judge = Judge(part)

    def loses_near(self, center: Center) -> bool:
        """Whether the formula loses digits at some distance, or has no value at the center."""
        return self._fails_at(center) or any(self._loses(at) for at in _places(center, Fraction(1)))

    def loses_at(self, center: Center, radius: Fraction) -> bool:
        """Whether the formula loses digits at the edge of a patch."""
        edge = Fraction(9, 8) * radius
        return any(self._loses(at, _BOUNDARY) for at in _at_distance(center, edge))

    def loses_within(self, center: Center, expansion: Expansion) -> bool:
        """Whether the formula loses digits in the range of an expansion, or has no value at a hole."""
        if any(self._loses(at) for at in _places(center, expansion.radius)):
            return True
        return expansion.power >= 0 and self._fails_at(center)

    def fails_far_out(self, center: Center) -> bool:
        """Whether the formula has no value far out, where there is one."""
        points = [{self.name: center.sign * size} for size in _FAR_OUT]
        return any(self.judge.error(self.formula, at) == math.inf for at in points)

    def _fails_at(self, center: Center) -> bool:
        is_double = not center.sign and not center.rest
        return is_double and not math.isfinite(self.judge.evaluate(self.formula, {self.name: float(center.value)}))

    def _loses(self, at: float, loss: float = _LOSS) -> bool:
        error = self.judge.error(self.formula, {self.name: at})
        return error is not None and error > loss


def _places(center: Center, radius: Fraction) -> Iterator[float]:
    for share in _SHARES:
        yield from _at_distance(center, Fraction(share) * radius)


def _at_distance(center: Center, distance: Fraction) -> Iterator[float]:
    """The doubles at a distance from a center, or that far out."""
    if center.sign:
        yield center.sign / float(distance)
        return
    for sign in (center.branch,) if center.branch else (1, -1):
        yield float(center.value + center.rest + sign * distance)


def _find_centers(part: Expr, name: str) -> Iterator[Center]:
    """Points at which a formula may lose digits: 0, 1 and -1, zeros of linear parts and of logarithms of these, and
    multiples of pi/2."""
    centers = dict.fromkeys(map(Fraction, (0, 1, -1)))
    lines = _find_lines(part, symbol(name))
    for node in walk(part):
        where_zero = 0 if node.op is table.ADD else _VANISHING.get(node.op)
        quantity = node if node.op is table.ADD or where_zero is None else node.args[-1]
        if where_zero is not None and quantity.id in lines:
            offset, slope = lines[quantity.id]
            if slope:
                centers[(where_zero - offset) / slope] = None
    for center in list(centers)[:_MOST_CENTERS]:
        nearest = real.constant(center)
        if math.isfinite(nearest):
            double = Fraction(nearest)
            yield Center(double) if double == center else Center(double, _rest(center, double), exactly=center)
    if any(node.op in _CIRCULAR for node in walk(part)):
        for half_turns in _HALF_TURNS:
            with ctx.workprec(_PI_BITS):
                exactly = midpoint(arb.pi() * constant(half_turns))
            double = Fraction(float(exactly))
            yield Center(double, _rest(exactly, double), half_turns=half_turns)


def _rest(exactly: Fraction, double: Fraction) -> Fraction:
    """What is left of a point beside the double next to it, in doubles again."""
    return Fraction(float(exactly - double))


def _find_lines(part: Expr, variable: Expr) -> dict[int, tuple[Fraction, Fraction]]:
    """The linear parts, by their ids: the value at 0, and the slope."""
    lines: dict[int, tuple[Fraction, Fraction]] = {variable.id: (Fraction(0), Fraction(1))}
    for node in walk(part):
        if (value := exact(node)) is not None:
            lines[node.id] = Fraction(value), Fraction(0)
        elif node.op in (table.ADD, table.MUL) and all(arg.id in lines for arg in node.args):
            parts = [lines[arg.id] for arg in node.args]
            if node.op is table.ADD:
                lines[node.id] = sum((a for a, _ in parts), Fraction(0)), sum((b for _, b in parts), Fraction(0))
            elif sum(1 for _, slope in parts if slope) == 1:
                factor = math.prod((a for a, slope in parts if not slope), start=Fraction(1))
                ((offset, slope),) = (line for line in parts if line[1])
                lines[node.id] = factor * offset, factor * slope
    return lines


def _mirror(expansion: Expansion) -> Expansion | None:
    """An expansion towards minus infinity, which is in -1/x, in 1/x."""
    if expansion.power.denominator != 1:
        return None
    turn = int(expansion.power)
    values = tuple(value * (-1) ** (order + turn) for order, value in enumerate(expansion.coefficients))
    return expansion._replace(coefficients=values)


def _write(expansion: Expansion, variable: Expr, center: Center) -> _EmittedPatch:
    """A patch around a point, or on one side of it."""
    quantity = variable if not center.value else make(table.SUB, variable, number(center.value))
    if center.rest:
        quantity = make(table.SUB if center.rest > 0 else table.ADD, quantity, number(abs(center.rest)))
    name = str(center.exactly or center.value) if center.half_turns is None else f"{center.half_turns}*pi"
    if not center.branch:
        return _EmittedPatch(near(quantity, expansion.radius), write_expansion(expansion, quantity), f"around {name}")
    if center.branch < 0:
        quantity = make(table.NEG, quantity) if not center.value else make(table.SUB, *reversed(quantity.args))
    inside = make(table.LT, quantity, number(expansion.radius**2))
    condition = make(table.AND, make(table.GE, quantity, ZERO), inside)
    root = quantity
    if any(expansion.coefficients[1::2]) or expansion.power % 2:
        root = make(table.SQRT, quantity)
    else:
        expansion = Expansion(expansion.power / 2, expansion.coefficients[::2], expansion.radius**2)
    side = "above" if center.branch > 0 else "below"
    return _EmittedPatch(condition, write_expansion(expansion, root), f"{side} {name}")


def _write_far(expansion: Expansion, variable: Expr, sign: int) -> _EmittedPatch:
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
    return _EmittedPatch(condition, write_expansion(expansion, quantity), f"towards {side}")
