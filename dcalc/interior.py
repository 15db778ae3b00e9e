"""Conditions as they hold on intervals: what decides the branch of which a derivative is taken.

The derivative of `where(x != 17, x**2, 289)` is 2*x, at 17 too: the condition fails at one point alone, and
what f is around that point decides. So the condition of a derivative by x is that of f, without the points
at which it holds, or fails, alone on a line along x. Where a condition changes for good the choice between
< and <= is left as it is: if f has a derivative there, both branches have that one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache, partial
from itertools import combinations, zip_longest
from math import isfinite

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, is_leaf, make, number, replace_nodes, symbol, variables, walk
from dcalc.functions import Row
from dcalc.simplify import Build, rebuild
from dcalc.simplify.build import OPPOSITES, RELATIONS
from dcalc.tape import expand

Slope = Callable[[Expr, str], Expr | None]
"""The derivative of an expression by a name; None where it has no closed form."""
Condition = Expr | bool

_MAX_DEGREE = 12
"""Polynomials of a higher degree are not written out."""
_MAX_CASES = 8
"""Kinks and jumps inside of a comparison that are told apart: each makes it longer."""
_DEPTH = 2
"""Derivatives that are asked whether a comparison holds at single points."""
_SAMPLES = (-37.25, -8.5, -3.7, -2.2, -1.3, -0.6, 0.2, 0.7, 1.4, 2.6, 4.1, 9.3, 41.5)
_JUNCTORS = (table.AND, table.OR, table.NOT)
_FLIPPED = {
    table.LT: table.GT, table.GT: table.LT, table.LE: table.GE, table.GE: table.LE,
    table.EQ: table.EQ, table.NE: table.NE,
}  # fmt: skip
_CLOSED = {table.LT: table.LE, table.GT: table.GE}
_OPEN = {table.LE: table.LT, table.GE: table.GT}


def interior(condition: Expr, name: str, build: Build, slope: Slope) -> Condition:
    """The condition without the points at which it holds, or fails, alone on a line along ``name``.

    It is the same node where there are none. A comparison of which that is not known stays as it is.
    """
    return _find_interior(condition, name, build.decimals, slope) if name in variables(condition) else condition


@lru_cache(maxsize=256)
def _find_interior(condition: Expr, name: str, decimals: bool, slope: Slope) -> Condition:
    return _Interior(name, Build(decimals), slope).find(condition)


def on_intervals(root: Expr, name: str, build: Build, slope: Slope) -> Expr:
    """The expression with the `interior` of each of its conditions: equal to it but at single points along ``name``.

    It is the same node where nothing changes. Wherever the expression has a derivative by that name and the new
    one a value, that is also the derivative of the new one.
    """
    nodes = walk(root)
    if not any(node.op is table.WHERE for node in nodes):
        return root
    images: dict[int, Expr] = {}
    for node in nodes:
        if is_leaf(node):
            images[node.id] = node
        elif node.op is not table.WHERE:
            args = [images[arg.id] for arg in node.args]
            is_same = all(image is arg for image, arg in zip(args, node.args, strict=True))
            images[node.id] = node if is_same else build.apply(node.op, tuple(args))
        else:
            first, second = (images[arg.id] for arg in node.args[1:])
            condition = interior(node.args[0], name, build, slope)
            if isinstance(condition, bool):
                images[node.id] = first if condition else second
            elif (condition, first, second) == node.args:
                images[node.id] = node
            else:
                images[node.id] = build.apply(table.WHERE, (condition, first, second))
    return images[root.id]


def polynomial(gap: Expr, name: str, build: Build) -> list[Expr] | None:
    """The coefficients of a polynomial in ``name``, which are free of it, from the constant one on; None for any other
    expression."""
    return _Interior(name, build, lambda _root, _name: None).find_coefficients(gap)


class _Interior:
    """Conditions seen along one variable."""

    def __init__(self, name: str, build: Build, slope: Slope) -> None:
        self.name = name
        self.build = build
        self.slope = slope

    def find(self, condition: Expr) -> Condition:
        """The condition as it holds on intervals."""
        return self._settle(fold(condition, self._compare))

    # --- single comparisons ---------------------------------------------------------------

    def _compare(self, relation: Expr) -> Condition:
        if is_leaf(relation) or self.name not in variables(relation):
            return relation
        op = relation.op
        gap = rebuild(make(table.SUB, *relation.args), self.build)
        value = exact(gap)
        if value is not None:
            return bool(RELATIONS[op](value, 0))
        if op is table.EQ or op is table.NE:
            held = self._vanishes(gap, relation if op is table.EQ else None, _DEPTH)
            return held if op is table.EQ else negate(held)
        return self._order(op, gap, relation)

    def _vanishes(self, gap: Expr, typed: Expr | None, depth: int) -> Condition:
        """When an expression is 0 on whole intervals; ``typed`` is the comparison as it was written."""
        value = exact(gap)
        if value is not None:
            return value == 0
        plain = typed or make(table.EQ, gap, ZERO)
        if self.name not in variables(gap):
            return plain
        factors = _numerators(gap)
        if len(factors) != 1 or factors[0] is not gap:
            return disjoin([self._vanishes(factor, None, depth) for factor in factors])
        coefficients = self.find_coefficients(gap)
        if coefficients is not None:
            return conjoin([self._vanishes(part, None, depth) for part in coefficients])
        cases = self._cases(gap)
        if cases is not None:
            return self._settle(disjoin([conjoin([guard, self._vanishes(part, None, depth)]) for guard, part in cases]))
        if variables(gap) == [self.name] and _is_analytic(gap):
            return False if self._varies(gap) else plain
        rate = self.slope(gap, self.name) if depth else None
        if rate is None or rate is ZERO:
            return plain
        return conjoin([plain, self._vanishes(rate, None, depth - 1)])

    def _varies(self, gap: Expr) -> bool:
        """Whether a function of the variable alone is seen not to be constant."""
        values = self._sample(gap)
        return bool(values) and max(values) - min(values) > 1e-6 * max(map(abs, values))

    def _sample(self, gap: Expr) -> list[float]:
        from dcalc.numbers.real import evaluate  # few conditions are asked for values

        values = (evaluate(gap, {self.name: at}) for at in _SAMPLES)
        return [value for value in values if isfinite(value)]

    def _order(self, op: Row, gap: Expr, typed: Expr) -> Condition:
        """A comparison by size without the points at which both sides only touch."""
        coefficients = self.find_coefficients(gap)
        if coefficients is not None and len(coefficients) == 2:
            return typed
        cases = self._cases(gap) if coefficients is None else None
        if cases is not None:
            parts = [conjoin([guard, self._compare_gap(op, part)]) for guard, part in cases]
            whole = disjoin(parts)
            settled = self._settle(whole)
            return typed if settled is whole else settled
        kept = self._drop_squares(gap)
        if kept is not None:
            return self._compare_gap(op, kept)
        if coefficients is not None:
            return self._order_polynomial(op, coefficients, typed)
        if variables(gap) == [self.name] and _is_analytic(gap) and self._varies(gap):
            values = self._sample(gap)
            if values and max(values) <= 0:
                return _replace(typed, op, {table.GE: table.GT, table.LT: table.LE})
            if values and min(values) >= 0:
                return _replace(typed, op, {table.LE: table.LT, table.GT: table.GE})
        return typed

    def _compare_gap(self, op: Row, gap: Expr) -> Condition:
        value = exact(gap)
        return bool(RELATIONS[op](value, 0)) if value is not None else self._compare(make(op, gap, ZERO))

    def _order_polynomial(self, op: Row, coefficients: Sequence[Expr], typed: Expr) -> Condition:
        """A polynomial without its square factors; one in several variables may touch 0 for some of their values."""
        values = [exact(part) for part in coefficients]
        if None not in values:
            own = [Fraction(value) for value in values if value is not None]
            if len(own) == 1:
                return bool(RELATIONS[op](own[0], 0))
            odd = _odd_part(own)
            if len(odd) == len(own):
                return typed
            return self._compare_gap(op, self._polynomial(odd))
        top = values[-1]
        if len(values) != 3 or top is None:
            return typed
        if top > 0:  # it touches 0 from above
            return _replace(typed, op, {table.LE: table.LT, table.GT: table.GE})
        return _replace(typed, op, {table.GE: table.GT, table.LT: table.LE})

    def _polynomial(self, coefficients: Sequence[Fraction]) -> Expr:
        terms = [
            self.build.mul((self.build.number(value), self.build.power(symbol(self.name), number(k))))
            for k, value in enumerate(coefficients)
        ]
        return self.build.add(terms)

    def _drop_squares(self, gap: Expr) -> Expr | None:
        """A product without its even powers that vanish at single points; None where it has none."""
        factors = gap.args if gap.op is table.MUL else (gap,)
        kept = []
        for factor in factors:
            power = exact(factor.args[1]) if factor.op is table.POW else None
            is_square = type(power) is int and power % 2 == 0 and self.name in variables(factor)
            if not (is_square and self._vanishes(factor.args[0], None, 0) is False):
                kept.append(factor)
        return None if len(kept) == len(factors) else self.build.mul(kept)

    # --- polynomials and choices ----------------------------------------------------------

    def find_coefficients(self, gap: Expr) -> list[Expr] | None:
        """The coefficients of a polynomial in the variable, which are free of it; None for any other."""
        by_id: dict[int, list[Expr] | None] = {}
        for node in walk(gap):
            by_id[node.id] = self._combine(node, by_id)
        coefficients = by_id[gap.id]
        if coefficients is None:
            return None
        while len(coefficients) > 1 and exact(coefficients[-1]) == 0:
            coefficients = coefficients[:-1]
        return coefficients

    def _combine(self, node: Expr, by_id: dict[int, list[Expr] | None]) -> list[Expr] | None:
        if node.op is table.SYMBOL and node.args[0] == self.name:
            return [ZERO, number(1)]
        if is_leaf(node) or self.name not in variables(node):
            return [node]
        parts = [by_id[arg.id] for arg in node.args]
        if node.op is table.POW:
            power, base = exact(node.args[1]), parts[0]
            if base is None or type(power) is not int or not 0 <= power * (len(base) - 1) <= _MAX_DEGREE:
                return None
            return self._multiply([base] * power)
        known = [part for part in parts if part is not None]
        if len(known) != len(parts):
            return None
        if node.op is table.ADD:
            length = max(map(len, known))
            return [self.build.add([part[k] for part in known if k < len(part)]) for k in range(length)]
        if node.op is table.MUL and sum(len(part) - 1 for part in known) <= _MAX_DEGREE:
            return self._multiply(known)
        return None

    def _multiply(self, factors: Sequence[list[Expr]]) -> list[Expr]:
        product = [number(1)]
        for factor in factors:
            sums: list[list[Expr]] = [[] for _ in range(len(product) + len(factor) - 1)]
            for i, a in enumerate(product):
                for j, b in enumerate(factor):
                    sums[i + j].append(self.build.mul((a, b)))
            product = [self.build.add(terms) for terms in sums]
        return product

    def _cases(self, gap: Expr) -> list[tuple[Condition, Expr]] | None:
        """The expression without its kinks and jumps, case by case; None where it has none, or too many."""
        cases: list[tuple[Condition, Expr]] = [(True, gap)]
        for _ in range(_MAX_CASES):
            places = [(k, choice) for k, (_, part) in enumerate(cases) if (choice := self._find_choice(part))]
            if not places:
                return cases if len(cases) > 1 else None
            (k, choice), guard = places[0], cases[places[0][0]][0]
            cases[k : k + 1] = [
                (
                    conjoin([guard, fold(condition, self._compare)]),
                    rebuild(replace_nodes(cases[k][1], {choice: value}), self.build),
                )
                for condition, value in split_choice(choice)
            ]
        return None

    def _find_choice(self, gap: Expr) -> Expr | None:
        nodes = (node for node in walk(gap) if rules.is_choice(node) and self.name in variables(node))
        return next(nodes, None)

    # --- several comparisons ---------------------------------------------------------------

    def _settle(self, formula: Condition) -> Condition:
        """A formula without the points at which comparisons that change there leave it other than on both sides."""
        if isinstance(formula, bool) or formula.op not in _JUNCTORS:
            return formula
        for breakpoint_, atoms in self._breaks(formula):
            if len(atoms) > 1:
                formula = _settle_break(formula, breakpoint_, atoms)
                if isinstance(formula, bool):
                    return formula
        breaks = [key for key, _ in self._breaks(formula)]
        if any(exact(self._gap(a, b)) is None for a, b in combinations(breaks, 2)):
            return self._keep_apart(formula)
        return formula

    def _changes(self, gap: Expr, coefficients: Sequence[Expr] | None) -> bool:
        """Whether an expression is 0 at single points alone, whatever the other variables are."""
        if coefficients is not None:
            return any(exact(part) for part in coefficients[1:])
        return variables(gap) == [self.name] and _is_analytic(gap) and self._varies(gap)

    def _gap(self, first: Expr, second: Expr) -> Expr:
        return rebuild(make(table.SUB, first, second), self.build)

    def _keep_apart(self, formula: Expr) -> Condition:
        """A formula whose places of change may meet: of pieces that all have to hold, each without its ends."""
        for junctor, closures in ((table.AND, _OPEN), (table.OR, _CLOSED)):
            nodes = [node for node in walk(formula) if node.op in _JUNCTORS]
            if all(node.op is junctor for node in nodes):
                return fold(formula, partial(self._change_end, closures))
        return formula

    def _change_end(self, closures: dict[Row, Row], atom: Expr) -> Expr:
        gap = self._gap(*atom.args)
        changes = self.name in variables(gap) and self._changes(gap, self.find_coefficients(gap))
        return _replace(atom, atom.op, closures) if changes else atom

    def _breaks(self, formula: Expr) -> list[tuple[Expr, dict[int, Row]]]:
        """What changes sign where comparisons by size change; with those comparisons, as comparisons of it with 0."""
        breaks: dict[int, tuple[Expr, dict[int, Row]]] = {}
        for atom in _atoms(formula):
            if atom.op in (table.EQ, table.NE) or self.name not in variables(atom):
                continue
            gap, op = self._gap(*atom.args), atom.op
            coefficients = self.find_coefficients(gap)
            if not self._changes(gap, coefficients):
                continue
            if coefficients is not None and len(coefficients) == 2 and (rate := exact(coefficients[1])):
                gap = self.build.mul((gap, self.build.power(self.build.number(Fraction(rate)), MINUS_ONE)))
                op = op if rate > 0 else _FLIPPED[op]
            elif self.build.split(gap)[0] < 0:
                gap, op = self.build.mul((MINUS_ONE, gap)), _FLIPPED[op]
            breaks.setdefault(gap.id, (gap, {}))[1][atom.id] = op
        return list(breaks.values())


def _settle_break(formula: Expr, gap: Expr, atoms: dict[int, Row]) -> Condition:
    """A formula that holds, where a gap is 0, as on one of the sides at least."""

    def at(sign: int) -> Condition:
        return fold(formula, lambda atom: RELATIONS[atoms[atom.id]](sign, 0) if atom.id in atoms else atom)

    below, here, above = (at(sign) for sign in (-1, 0, 1))
    if here is below or here is above:
        return formula
    if below is above:
        return below
    most = disjoin([conjoin([below, above]), conjoin([here, disjoin([below, above])])])
    if most is here:
        return formula
    left = make(table.LE if most is below else table.LT, gap, ZERO)
    right = make(table.GE if most is above else table.GT, gap, ZERO)
    rest = False if most is below or most is above else conjoin([make(table.EQ, gap, ZERO), most])
    return disjoin([conjoin([left, below]), conjoin([right, above]), rest])


# --- conditions -----------------------------------------------------------------------------


def fold(condition: Condition, image: Callable[[Expr], Condition]) -> Condition:
    """The condition with an image for each of its comparisons, simplified; the same node where nothing changes."""
    if isinstance(condition, bool):
        return condition
    images: dict[int, Condition] = {}
    stack = [condition]
    while stack:
        node = stack[-1]
        if node.id in images:
            stack.pop()
        elif node.op not in _JUNCTORS:
            images[stack.pop().id] = image(node)
        elif missing := [arg for arg in node.args if arg.id not in images]:
            stack += missing
        else:
            stack.pop()
            parts = [images[arg.id] for arg in node.args]
            if all(part is arg for part, arg in zip(parts, node.args, strict=True)):
                images[node.id] = node
            elif node.op is table.NOT:
                images[node.id] = negate(parts[0])
            else:
                images[node.id] = (conjoin if node.op is table.AND else disjoin)(parts)
    return images[condition.id]


def conjoin(parts: Sequence[Condition]) -> Condition:
    """All of the conditions, simplified."""
    return _join(table.AND, True, parts)


def disjoin(parts: Sequence[Condition]) -> Condition:
    """One of the conditions, simplified."""
    return _join(table.OR, False, parts)


def _join(junctor: Row, neutral: bool, parts: Sequence[Condition]) -> Condition:
    nodes: list[Expr] = []
    for part in parts:
        if isinstance(part, bool):
            if part is not neutral:
                return part
        elif part not in nodes:
            nodes.append(part)
    if not nodes:
        return neutral
    whole = nodes[0]
    for node in nodes[1:]:
        whole = make(junctor, whole, node)
    return whole


def negate(condition: Condition) -> Condition:
    """The condition that holds where this one does not."""
    if isinstance(condition, bool):
        return not condition
    if condition.op is table.NOT:
        inner: Expr = condition.args[0]
        return inner
    opposite = OPPOSITES.get(condition.op)
    return make(table.NOT, condition) if opposite is None else make(opposite, *condition.args)


def _atoms(condition: Expr) -> list[Expr]:
    """The comparisons that a condition is made of."""
    atoms: list[Expr] = []

    def keep(atom: Expr) -> Expr:
        atoms.append(atom)
        return atom

    fold(condition, keep)
    return atoms


def _replace(typed: Expr, op: Row, by: dict[Row, Row]) -> Expr:
    """A comparison with another operator, where there is one."""
    return make(by[op], *typed.args) if op in by else typed


# --- expressions ----------------------------------------------------------------------------


def _numerators(gap: Expr) -> list[Expr]:
    """The factors of which one is 0 where the expression is."""
    factors = []
    for factor in gap.args if gap.op is table.MUL else (gap,):
        power = exact(factor.args[1]) if factor.op is table.POW else 1
        if power is None or power > 0:
            factors.append(factor if power is None or factor.op is not table.POW else factor.args[0])
    return [factor for factor in factors if exact(factor) is None] or [gap]


_PLANE = frozenset(
    table.get(name, 1)
    for name in ("exp", "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "sech", "csch", "coth", "erf")
) | {table.ADD, table.MUL}
"""Analytic in the plane but for single points, on which the line hangs together however many poles are on it."""


def _is_analytic(gap: Expr) -> bool:
    """Whether a function is analytic, and either 0 at single points alone or everywhere."""
    nodes = [node for node in walk(gap) if not is_leaf(node)]
    whole = [node for node in nodes if node.op is table.POW and type(exact(node.args[1])) is int]
    others = [node for node in nodes if node not in whole and node.args]
    if all(node.op in _PLANE for node in others):
        return True
    is_smooth = all(
        not (node.op.domain or node.op.kinks or node.op.vertical or rules.is_choice(node)) for node in others
    )
    return is_smooth and all((exact(node.args[1]) or 0) >= 0 for node in whole)


def _odd_part(own: list[Fraction]) -> list[Fraction]:
    """The product of the factors of odd power of a polynomial, with its sign (Yun's algorithm)."""
    slope = _slope_of(own)
    common = greatest_divisor(own, slope)
    rest, gap = _divide(own, common)[0], _divide(slope, common)[0]
    odd, power = [own[-1]], 1
    while len(rest) > 1:
        gap = _trim([a - b for a, b in _aligned(gap, _slope_of(rest))])
        factor = greatest_divisor(rest, gap)
        if power % 2:
            odd = _times(odd, factor)
        rest, gap, power = _divide(rest, factor)[0], _divide(gap, factor)[0], power + 1
    return odd


def _slope_of(own: list[Fraction]) -> list[Fraction]:
    return [k * value for k, value in enumerate(own)][1:]


def _trim(own: list[Fraction]) -> list[Fraction]:
    while own and not own[-1]:
        own = own[:-1]
    return own


def _aligned(first: list[Fraction], second: list[Fraction]) -> list[tuple[Fraction, Fraction]]:
    return list(zip_longest(first, second, fillvalue=Fraction(0)))


def _times(first: list[Fraction], second: list[Fraction]) -> list[Fraction]:
    product = [Fraction(0)] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            product[i + j] += a * b
    return product


def _divide(above: list[Fraction], below: list[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    """Quotient and remainder of two polynomials."""
    quotient = [Fraction(0)] * max(len(above) - len(below) + 1, 0)
    rest = list(above)
    for k in range(len(quotient))[::-1]:
        quotient[k] = rest[k + len(below) - 1] / below[-1]
        for j, value in enumerate(below):
            rest[k + j] -= quotient[k] * value
    return quotient, _trim(rest[: len(below) - 1] if quotient else rest)


def greatest_divisor(first: list[Fraction], second: list[Fraction]) -> list[Fraction]:
    """The greatest common divisor, with leading coefficient 1."""
    while second:
        first, second = second, _divide(first, second)[1]
    return [value / first[-1] for value in first]


# --- kinks and jumps, case by case ------------------------------------------------------------


_RELU = table.get("relu", 1)


def split_choice(node: Expr) -> list[tuple[Condition, Expr]]:
    """The cases of a node that chooses: conditions of which one holds, and what the node is then."""
    op, args = node.op, node.args
    if op is table.WHERE:
        condition, first, second = args
        return [(condition, first), (negate(condition), second)]
    inner = expand(node)
    if inner is not None:
        return [(True, inner)]
    if op is table.MAX or op is table.MIN:
        above, below = make(table.GE, *args), make(table.LT, *args)
        first, second = args if op is table.MAX else args[::-1]
        return [(above, first), (below, second)]
    (arg,) = args
    up, down = make(table.GE, arg, ZERO), make(table.LT, arg, ZERO)
    if op is table.SIGN:
        return [(make(table.GT, arg, ZERO), ONE), (down, MINUS_ONE), (make(table.EQ, arg, ZERO), ZERO)]
    if op is table.STEP:
        return [(up, ONE), (down, ZERO)]
    return [(up, arg), (down, ZERO if op is _RELU else make(table.NEG, arg))]
