"""What an expression needs in order to have a value, and what a shorter form of it no longer shows.

Rules that simplify hold wherever the original is defined, and may give a value at further points: `x/x` is 1 where
x is not 0. Rather than each rule keeping its condition, the conditions of both forms are read off and compared, so that
no rule can forget one.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import Derivation
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import ONE, ZERO, Expr, Number, exact, is_leaf, list_chain, make, number, symbol, variables, walk
from dcalc.functions import Row
from dcalc.interior import polynomial
from dcalc.notation import write
from dcalc.numbers.real import constant, evaluator
from dcalc.simplify import Build, simplify, style
from dcalc.simplify.angles import FAMILIES, is_quotient
from dcalc.simplify.arithmetic import read_coefficient
from dcalc.simplify.build import simplify_all
from dcalc.simplify.shorten import shorten
from dcalc.simplify.terms import Algebra, whole_power
from dcalc.tape import Rule, lower

_MOST_NODES = 200
"""Of expressions that are looked through."""
_REMEMBERED = 64
"""Parts of which what was found is kept: an expression is often differentiated by one name after the other."""
_CHOICES = frozenset((table.WHERE, table.MAX, table.MIN, table.STEP, table.get("relu", 1)))
_BELOW = frozenset((table.DIV, table.POW, *FAMILIES))
_MIRRORED = {table.LT: table.GT, table.GT: table.LT, table.LE: table.GE, table.GE: table.LE}
"""The relations, each with the one that holds with its sides exchanged."""
_LINEAR = frozenset((table.ADD, table.SUB, table.NEG, table.MUL))
Relation = Literal["!= 0", "> 0", ">= 0"]
Parts = dict[Expr, Relation]


class Conditions(NamedTuple):
    """What an expression needs: what its parts must be, and the domains of its functions as texts.

    ``powers`` are the exponents with variables, by their bases: below 0 these have values where those are whole.
    """

    parts: Parts
    domains: dict[Expr, str]
    powers: Mapping[Expr, frozenset[Expr]] = MappingProxyType({})


def note_lost_conditions(root: Expr, result: Expr) -> tuple[str, ...]:
    """Where the expression has a value, if the result has one at more points; nothing for large expressions, and for
    unknown functions, of whose values nothing can be said."""
    if len(walk(root)) > _MOST_NODES or any(node.op is table.WHERE or node.op.orders for node in walk(root)):
        return ()
    own = read_conditions(root)
    return _note_lost(own, own, result, ends=True)


def note_lost_derivative(root: Expr, names: Iterable[str], result: Expr) -> tuple[str, ...]:
    """The same of a derivative by some names: against what the chain rule writes before anything is simplified.

    What needs x > 0 only because f does, as 1/x for log(x), is what every table of derivatives has, and is not noted.
    """
    nodes = walk(root)
    if len(nodes) > _MOST_NODES or any(node.op in _CHOICES or node.op.orders for node in nodes):
        return ()
    needed = Conditions({}, {})
    for name in dict.fromkeys(names):
        if _is_plainly_kept(nodes, name, result):
            continue
        try:
            slope = Derivation(_Verbatim(decimals=False), name).run(root)
        except (Unsupported, LimitError):
            continue
        if len(walk(slope)) <= _MOST_NODES and not _shows_all(slope, result):
            more = read_conditions(slope)
            needed.parts.update(more.parts)
            needed.domains.update(more.domains)
    return _note_lost(needed, read_conditions(root), result, ends=False) if needed.parts or needed.domains else ()


class _Verbatim(Build):
    """The constructors of nodes as they are written, but for factors 1 and terms 0: nothing cancels."""

    def apply(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        """The node."""
        return make(op, *args)

    def add(self, terms: Iterable[Expr]) -> Expr:
        """A sum, folded where it is an exponent."""
        rest = [term for term in terms if term is not ZERO]
        values = [value for term in rest if (value := exact(term)) is not None]
        if len(values) == len(rest):
            return number(sum(values))
        return rest[0] if len(rest) == 1 else make(table.ADD, *rest)

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """A product."""
        rest = [factor for factor in factors if factor is not ONE]
        return ONE if not rest else rest[0] if len(rest) == 1 else make(table.MUL, *rest)

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """A power."""
        return make(table.POW, base, exponent)


# --- conditions of an expression ----------------------------------------------------------------


@lru_cache(maxsize=_REMEMBERED)
def read_conditions(root: Expr) -> Conditions:
    """What must hold of the parts of an expression for it to have a value. Linear in nodes."""
    # The domain of a function of several arguments is that of its body: log(x, b) is log(x)/log(b).
    bodies = [rules.body(node) for node in walk(root) if node.op.body and len(node.args) > 1]
    found = [(node, part) for node in walk(root, *bodies) if (part := _part_in_question(node)) is not None]
    parts: Parts = {}
    domains: dict[Expr, str] = {}
    powers: dict[Expr, frozenset[Expr]] = {}
    simple = dict(zip((part for _, part in found), simplify_all(*(part for _, part in found)), strict=True))
    for node, part in ((node, simple[part]) for node, part in found):
        op = node.op
        if not any(inner.op is table.SYMBOL for inner in walk(part)):
            continue
        if op is table.POW:
            value = _exponent(node)
            if value is None:
                powers[part] = powers.get(part, frozenset()) | {simplify(node.args[1])}
            if type(value) is int:
                _require_factors(parts, part)
            else:
                _require(parts, part, ">= 0" if value is not None and value > 0 else "> 0")
        elif op is table.SQRT:
            _require(parts, part, ">= 0")
        elif op is table.LOG:
            _require(parts, part, "> 0")
        elif op is table.DIV or op in FAMILIES:
            _require_factors(parts, part)
        else:
            domains[make(op, part)] = _write_domain(rules.fill(op.domain, op.args, {op.args[0]: part}))
    return Conditions(parts, domains, powers)


def _parts_in_question(root: Expr) -> tuple[set[Expr], set[Expr]]:
    """(the parts that must not be 0, those that must not be below 0 or have another domain)."""
    nonzero: set[Expr] = set()
    signed: set[Expr] = set()
    for node in walk(root):
        _sort_part(node, nonzero, signed)
    return nonzero, signed


def _sort_part(node: Expr, nonzero: set[Expr], signed: set[Expr]) -> None:
    """Put the part of a node in question where it belongs."""
    part = _part_in_question(node)
    if part is None:
        return
    if node.op not in _BELOW or (node.op is table.POW and type(_exponent(node)) is not int):
        signed.add(part)
    else:
        nonzero.update(_bases(part))


def _bases(part: Expr) -> Iterator[Expr]:
    """What must not be 0 for a product not to be."""
    stack = [part]
    while stack:
        factor = stack.pop()
        if factor.op is table.MUL:
            stack += factor.args
        elif factor.op is table.POW or factor.op is table.SQRT:
            stack.append(factor.args[0])
        elif not is_leaf(factor) or factor.op is table.SYMBOL:
            yield factor


def _is_plainly_kept(nodes: Sequence[Expr], name: str, result: Expr) -> bool:
    """Whether a derivative shows what its function needs, where that needs nothing else: so it is with most.

    A logarithm is taken for its derivative where no function is taken of it.
    """
    nonzero: set[Expr] = set()
    signed: set[Expr] = set()
    moving: set[int] = set()
    for node in nodes:
        if node.op is table.SYMBOL and node.args[0] == name:
            moving.add(node.id)
        if is_leaf(node) or moving.isdisjoint([arg.id for arg in node.args]):
            continue
        moving.add(node.id)
        if node.op is table.LOG:
            nonzero.update(_bases(node.args[0]))
        elif node.op in _BELOW or node.op is table.SQRT:
            if node.op is not table.POW or node.args[0].id in moving:
                _sort_part(node, nonzero, signed)
        elif not _is_entire(node.op):
            return False
        if node.op is not table.LOG and node.op not in _LINEAR and _uses_logarithm(node):
            return False
    left, left_signed = _parts_in_question(result)
    signed -= left_signed
    nonzero -= left | left_signed
    if not signed and not nonzero:
        return True
    images = dict(zip((*signed, *nonzero), simplify_all(*signed, *nonzero), strict=True))
    bases = {base for part in nonzero for base in _bases(images[part])}
    return left_signed.issuperset(images[part] for part in signed) and bases <= left | left_signed


def _uses_logarithm(node: Expr) -> bool:
    """Whether a logarithm is an argument of a node, or a term or a factor of one."""
    stack = [*node.args]
    while stack:
        arg = stack.pop()
        if arg.op is table.LOG:
            return True
        if arg.op in _LINEAR:
            stack += arg.args
    return False


@cache
def _is_entire(row: Row) -> bool:
    """Whether a function and its partials have values everywhere, by their looks."""
    if row in _LINEAR:
        return True
    if row.domain or row.body or row.tangent or len(row.args) != 1:
        return False
    partial = rules.partial_template(row, 0)
    return partial is not None and not any(_parts_in_question(partial))


def _shows_all(root: Expr, result: Expr) -> bool:
    """Whether the parts in question of one stand in the other as they are: most do, and need no closer look."""
    nonzero, signed = _parts_in_question(root)
    left, left_signed = _parts_in_question(result)
    return signed <= left_signed and nonzero <= left | left_signed


def _exponent(power: Expr) -> Number | None:
    """The value of a constant exponent, also of one that is typed as `-2` or `1/2`."""
    exponent = power.args[1]
    return exponent.args[0] if exponent.op is table.NUMBER else _read_constant(exponent)


@lru_cache(maxsize=_REMEMBERED)
def _read_constant(node: Expr) -> Number | None:
    return None if any(inner.op is table.SYMBOL for inner in walk(node)) else exact(simplify(node))


def _part_in_question(node: Expr) -> Expr | None:
    """The part of a node that must not be 0, or not below; None where any will do."""
    op = node.op
    if op in _LINEAR or is_leaf(node):
        return None
    args: tuple[Expr, ...] = node.args
    if op is table.DIV:
        return args[1]
    if op is table.POW:
        value = _exponent(node)
        return None if type(value) is int and value >= 0 else args[0]
    if op in FAMILIES:
        if not is_quotient(op):
            return None
        family = FAMILIES[op]
        return make(family.cosine if op in (family.tangent, family.secant) else family.sine, *args)
    return args[0] if op.domain and len(args) == len(op.args) == 1 else None


def _require(parts: Parts, part: Expr, relation: Relation) -> None:
    """Add a condition; two different ones on the same part come to `> 0`."""
    base, count = whole_power(part)
    if relation == ">= 0" and (base.op is table.ABS or count % 2 == 0):
        return
    if count % 2:
        part = base
    parts[part] = _join(relation, parts.get(part, relation))


def _join(one: Relation, other: Relation) -> Relation:
    """Two conditions as one."""
    return one if one == other else "> 0"


def _require_factors(parts: Parts, product: Expr) -> None:
    """None of the factors may be 0."""
    for factor in product.args if product.op is table.MUL else (product,):
        _require(parts, factor.args[0] if factor.op in (table.POW, table.ABS) else factor, "!= 0")


# --- what a result has lost ---------------------------------------------------------------------


def _note_lost(needed: Conditions, own: Conditions, result: Expr, *, ends: bool) -> tuple[str, ...]:
    """A note of the conditions that a result does not show any more; those that f itself has are as strong as there.

    Without ``ends`` it does not matter whether an interval holds its end, where a derivative has one side alone.
    """
    if not (needed.parts or needed.domains):
        return ()
    kept = read_conditions(result)
    domains = {
        node: text for node, text in needed.domains.items() if node not in kept.domains and _leaves_domain(node, result)
    }
    asked = set(own.parts).union(*map(_conditions_of_partial, own.domains))
    parts = {
        part: relation
        for part, relation in needed.parts.items()
        if part in asked and not _is_kept(relation, kept.parts.get(part), ends)
    }
    if ends:
        lost = [part for part, exponents in needed.powers.items() if not exponents <= kept.powers.get(part, exponents)]
        parts.update({part: needed.parts[part] for part in lost if part in needed.parts})
    for node in [*domains] if not ends else ():
        implied = _conditions_of_partial(node)
        if any(relation != "!= 0" for relation in implied.values()):
            del domains[node]  # the partial needs the inside of the domain
        else:
            parts = {part: relation for part, relation in parts.items() if part not in implied}
    seen: Parts = {}
    for part, relation in parts.items():
        if not _is_shown(part, kept.parts) and _has_witness(part, relation, result, ends=ends):
            base, count = whole_power(shorten(part))
            is_even = relation == "> 0" and (count % 2 == 0 or base.op is table.ABS)
            base = base.args[0] if base.op is table.ABS else base
            seen[base if is_even else part] = "!= 0" if is_even else _join(relation, own.parts.get(part, relation))
    holes = [*_describe(seen), *dict.fromkeys(domains.values())]
    texts = [f"({hole})" if " or " in hole and len(holes) > 1 else hole for hole in holes]
    return (f"this holds where {' and '.join(texts)}",) if holes else ()


def _conditions_of_partial(node: Expr) -> Parts:
    """What the derivative of a function needs: where it has one itself, as cbrt has at 0, others may make up for it."""
    partial = rules.partial(node, 0) if node.op.partials else None
    return {} if partial is None else read_conditions(partial).parts


def _is_kept(relation: Relation, left: Relation | None, ends: bool) -> bool:
    """Whether a result that needs ``left`` of a part needs ``relation`` as well."""
    if ends:
        return left in (relation, "> 0")
    return left is not None and (relation == "!= 0" or left != "!= 0")


def _is_shown(part: Expr, kept: Parts) -> bool:
    """Whether a sum is a number times what is kept, over its denominators: 1 - v/c is (c - v)/c."""
    if part.op is not table.ADD:
        return False
    taken = Algebra().take_out(part, below=True)
    factors, rest = ([], part) if taken is None else taken
    bases = [whole_power(factor)[0] for factor in factors if exact(factor) is None]
    return all(base in kept for base in bases) and (rest in kept or simplify(make(table.NEG, rest)) in kept)


def _describe(parts: Parts) -> list[str]:
    """Each condition as a text: those linear in their one variable solved for it, and of two bounds the stronger."""
    texts: dict[tuple[Expr, str], str] = {}
    bounds: dict[tuple[Expr, str], Fraction] = {}
    for part, relation in parts.items():
        solved = _solve(part)
        if solved is None:
            texts[part, relation] = _write_condition(part, relation)
            continue
        name, place, rises = solved
        if relation == "!= 0":
            texts[part, relation] = f"{write(name)} != {_write_number(place)}"
            continue
        sign = _sign_of(relation, flip=not rises)
        known = bounds.get((name, sign), place)
        bounds[name, sign] = place = max(known, place) if rises else min(known, place)
        texts[name, sign] = f"{write(name)} {sign} {_write_number(place)}"
    return list(texts.values())


def _sign_of(relation: Relation, *, flip: bool) -> str:
    sign = relation.split()[0]
    return sign.replace(">", "<") if flip else sign


def _write_condition(part: Expr, relation: Relation) -> str:
    """`x*y < 0` for a product that begins with a minus sign and must be above 0."""
    is_negative = _begins_negative(part)
    return f"{write(_negate(part) if is_negative else part)} {_sign_of(relation, flip=is_negative)} 0"


def _write_domain(condition: Expr) -> str:
    """The domain of a function: `y < 1 and y > -1` for `-y > -1 and -y < 1`."""
    if condition.op is table.AND or condition.op is table.OR:
        return f" {condition.op.name} ".join(_write_relation(side) for side in list_chain(condition))
    return _write_relation(condition)


def _write_relation(condition: Expr) -> str:
    """A comparison solved for its one variable, or without minus signs in front."""
    mirrored = _MIRRORED.get(condition.op)
    if mirrored is None:
        return write(condition)
    left, right = condition.args
    solved = _solve(simplify(make(table.SUB, left, right)))
    if solved is not None:
        name, place, rises = solved
        return f"{write(name)} {(condition.op if rises else mirrored).name} {_write_number(place)}"
    return write(make(mirrored, _negate(left), _negate(right)) if _begins_negative(left) else condition)


def _begins_negative(part: Expr) -> bool:
    return part.op is table.MUL and read_coefficient(part) < 0


def _negate(part: Expr) -> Expr:
    return simplify(make(table.NEG, part))


def _write_number(value: Fraction) -> str:
    return write(Build(decimals=False).number(value))


def _solve(part: Expr) -> tuple[Expr, Fraction, bool] | None:
    """(variable, zero, whether it rises) of a part that is linear in its only variable, else None."""
    names = variables(part)
    coefficients = polynomial(part, names[0], style(part)) if len(names) == 1 else None
    if coefficients is None or len(coefficients) != 2:
        return None
    low, slope = map(exact, coefficients)
    return (symbol(names[0]), Fraction(-low) / Fraction(slope), slope > 0) if low is not None and slope else None


# --- points at which a condition fails, and the result has a value ------------------------------

_ROOT = 1e-12
"""A part that comes so near to 0, relative to its size around, is taken to be 0 there."""
_LARGE = 1e6
"""A result that is larger beside a root has a pole there, and a sign that is taken of less has its jump."""
_NEAR = 8
"""From here on a 0 in doubles may be what is left of a small number."""


def _has_witness(part: Expr, relation: Relation, result: Expr, *, ends: bool) -> bool:
    """Whether the result has a value somewhere where a part is not what it must be.

    Without one there is nothing to say: `cos(atan(x)) != 0` always holds. Without ``ends`` the jump of a sign shows
    that there is no derivative, while the sign itself has a value there.
    """
    others = _place_others(dict.fromkeys((*variables(part), *variables(result))))
    signs = [node.args[0] for node in walk(result) if node.op is table.SIGN and not ends]
    for name in variables(part):
        places = _find_failures(part, name, relation)
        curves = [_Curve(root, name, others) for root in (result, *signs)] if places else []
        for x in places:
            value, *gaps = (curve(x) for curve in curves)
            if math.isfinite(value) and abs(value) < _LARGE and all(abs(gap) > 1 / _LARGE for gap in gaps):
                return True
    return False


def _leaves_domain(node: Expr, result: Expr) -> bool:
    """Whether the result has a value somewhere where a function has none: `atanh(tanh(x))` has one everywhere."""
    others = _place_others(dict.fromkeys((*variables(node), *variables(result))))
    for name in variables(node):
        value, inside, beside = (_Curve(root, name, others) for root in (node, node.args[0], result))
        for x in _grid():
            if abs(x) <= _NEAR and math.isnan(value(x)) and math.isfinite(inside(x)) and math.isfinite(beside(x)):
                return True
    return False


def _place_others(names: Iterable[str]) -> dict[str, float]:
    """Values of variables at which nothing is special."""
    return {name: 0.7 + 0.31 * k for k, name in enumerate(names)}


@lru_cache(maxsize=_REMEMBERED)
def _find_failures(part: Expr, name: str, relation: Relation) -> Sequence[float]:
    """Places along one variable at which a part is 0, or below it where it must not be."""
    if (solved := _solve(part)) is not None:
        if abs(solved[1]) > sys.float_info.max:
            return ()  # no double shows it
        zero = float(solved[1])
        return (zero,) if relation == "!= 0" else (zero - 1.37, zero + 1.37, zero - 0.0137, zero + 0.0137)
    curve = _Curve(part, name, _place_others(variables(part)))
    points = [(x, y) for x in _grid() if math.isfinite(y := curve(x))]
    failures: list[float] = []
    if relation != "!= 0":
        failures += [x for x, y in points if y < 0]
    if relation != ">= 0":
        failures += [x for x, y in points if not y and abs(x) <= _NEAR]
        failures += curve.roots(points)
    return failures


class _Curve:
    """An expression along one variable, in doubles."""

    def __init__(self, root: Expr, name: str, others: Mapping[str, float]) -> None:
        self.values: list[Any] = []
        """Of the rows of its tape; those that do not change along the variable are computed once."""
        self.moving: list[tuple[int, Rule | None, tuple[int, ...]]] = []
        places: set[int] = set()
        for place, (op, args) in enumerate(lower(root).rows):
            value: Any = math.nan
            if op is table.NUMBER:
                value = constant(args[0])
            elif op is table.SYMBOL and args[0] != name:
                value = others[args[0]]
            elif op is table.SYMBOL or not places.isdisjoint(args):
                places.add(place)
                self.moving.append((place, None, ()) if op is table.SYMBOL else (place, evaluator(op), args))
            else:
                value = evaluator(op)(*[self.values[arg] for arg in args])
            self.values.append(value)

    def __call__(self, x: float) -> float:
        """The value at x, nan where there is none."""
        values = self.values
        for place, rule, args in self.moving:
            values[place] = x if rule is None else rule(*[values[arg] for arg in args])
        return float(values[-1])

    def roots(self, points: list[tuple[float, float]]) -> Iterator[float]:
        """Places between points at which the value changes its sign, or comes down to 0."""
        for (low, below), (high, above) in pairwise(points):
            if below * above < 0:
                root = self._bisect(low, high)
                if abs(self(root)) <= abs(above - below) / 2:  # else it is a pole
                    yield root
        for (low, before), (_, y), (high, after) in zip(points, points[1:], points[2:], strict=False):
            if 0 < abs(y) <= min(abs(before), abs(after)) and before * y > 0 and after * y > 0:
                least = self._descend(low, high)
                if abs(self(least)) <= _ROOT * min(abs(before), abs(after)):
                    yield least

    def _bisect(self, low: float, high: float) -> float:
        """Where the sign changes."""
        below = self(low)
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self(middle) * below > 0 else (low, middle)
        return high

    def _descend(self, low: float, high: float) -> float:
        """Where the value is nearest to 0, by golden sections."""
        for _ in range(50):
            left, right = low + 0.381966 * (high - low), low + 0.618034 * (high - low)
            low, high = (low, right) if abs(self(left)) < abs(self(right)) else (left, high)
        return (low + high) / 2


@cache
def _grid() -> list[float]:
    """Where parts are evaluated: near 0 in small steps, and some places beyond."""
    beyond = [sign * step * 2.0**k for k in range(3, 8) for sign in (-1, 1) for step in (1.1, 1.6)]
    return sorted([*(k / 4 for k in range(-4 * _NEAR, 4 * _NEAR + 1)), *beyond])
