"""The form of an expression that keeps its digits at one point, found by measuring.

Bottom-up, each part that loses digits is replaced by an equal one that loses fewer: by the rows of the table, as
one fraction, by the conjugate of a root, by differences of what is close, in another order, or by a series. What
counts as better is the distance of its double from the truth in ball arithmetic, at the point and beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import chain, combinations, product
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.analysis.diagnose.as_typed import as_typed
from dcalc.analysis.diagnose.local_patches import patch_far, patch_sum, remainder
from dcalc.analysis.diagnose.losses import DIGITS
from dcalc.analysis.diagnose.measures import FIRST_BITS, Measures, is_never_negative
from dcalc.analysis.diagnose.rational import combine, conjugates, shifted, split_linear
from dcalc.expr import ONE, Expr, exact, is_leaf, make, number, replace_nodes, substitute, symbol, variables, walk
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers.enclosure import Constant, Encloser, constants
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.rules import Template
from dcalc.simplify import Build, rebuild, style
from dcalc.stable.forms_table import FORMS, HOLES, LOCAL_FORMS, Match, telling_rows

_FINE = 1.0
"""Digits: a part that loses fewer is left alone."""
_WORTH = 0.3
"""Digits that a form must win to replace another."""
_DEEPEST = 5
"""Rewritings of rewritings."""
_BUDGET = 2_500
"""Nodes that are evaluated for one expression."""
_ELSEWHERE = (-1.0, 0.3, 3.0, -0.07, 40.0, 1e-3, -1e3)
"""Multiples of the point at which a form is held against what was typed."""
_BITS_ELSEWHERE = 256
_MOST_NARROWED = 12
"""How often the region of a form is made smaller, as long as a series leaves out too much at its edge."""
_MOST_DOUBLINGS = 60
_HALVINGS = 8
"""Steps to the edge of where a form is taken, and then towards it."""
_SERIES_BITS = 52
"""Relative to the value, series leave out less than 2**-52."""
_MOST_PATCHES = 16
"""Parts for which a series is tried."""
_LARGEST = 60
"""Nodes of a part for which a series is tried."""
_WIDEST = 16
"""Terms of a sum beyond which it is left alone."""
_MOST_GROUPED = 8
"""Terms of a sum of which all pairs and triples are looked at."""
_MOST_STEPS = 12
"""Factors as which a quotient of gamma functions is written out."""
_LOG1P = table.get("log1p", 1)
_NEARLY_LINEAR = frozenset(
    table.get(name, 1) for name in ("log1p", "expm1", "sin", "tan", "sinh", "tanh", "atan", "asin", "atanh", "asinh")
)
"""Functions with the series s + ..., of which only what is left may matter."""
_REMAINDER = "remainder"
"""How the names of what is left begin while a sum is taken apart; never printed."""


class Better(NamedTuple):
    """A form, the digits that it loses at worst, and the conditions under which it equals what it stands for."""

    node: Expr
    lost: float
    conditions: frozenset[Expr] = frozenset()


class Candidate(NamedTuple):
    """An equal form under conditions."""

    node: Expr
    conditions: tuple[Expr, ...] = ()


def find_form(root: Expr, at: Mapping[str, float], coordinates: Mapping[str, Constant]) -> Expr | None:
    """A form of ``root`` that loses fewer digits at a point; None where none is found.

    It equals ``root`` wherever that is defined, apart from single points; what holds under conditions is one
    branch of a choice of which ``root`` is the other. Cost: at most some thousand evaluations, in doubles
    and in balls; less than half a second.
    """
    search = Search(root, at, coordinates)
    return search.run()


class Search(Measures):
    """One search: the best form of each part that has been looked at."""

    def __init__(self, root: Expr, at: Mapping[str, float], coordinates: Mapping[str, Constant]) -> None:
        super().__init__(root, at, coordinates)
        self.build = style(root)
        self.root = rebuild(root, self.build)
        self.best: dict[int, Better] = {}
        self.depths: dict[int, int] = {}
        self.raw: set[int] = set()
        self.patches = 0

    def run(self) -> Expr | None:
        """The best form; None where none is better."""
        self.settle_precision(self.root, self.typed)
        before = self.lost(self.typed)
        if before is None or before < _FINE:
            return None
        better = self.improve(self.root, 0)
        if better.lost > before - _WORTH:
            return None
        whole = self._guard(better._replace(conditions=better.conditions | set(self._holes(better.node))))
        if self._differs(whole, _ELSEWHERE):
            return None
        for _ in range(_MOST_NARROWED):
            if not self._differs(whole, self._find_edges(whole)):
                break
            whole = self._narrow(whole)
        else:
            return None
        if self.lost_or_all(whole) > before - _WORTH:  # the point is outside of the region that is left
            return None
        as_read = parse(write(whole), variables=variables(whole)).root
        return min((as_read, as_typed(whole)), key=lambda form: round(self.lost_or_all(form), 0))

    def _differs(self, whole: Expr, factors: Iterable[float]) -> bool:
        """Whether a form has another value at some multiple of the point: a wrong rule, or a series taken too far."""
        enclosers = Encloser(self.typed, "", 0), Encloser(whole, "", 0)
        with ctx.workprec(_BITS_ELSEWHERE):
            for factor in factors:
                at = constants({name: value * factor for name, value in self.inputs[0].items()})
                before, after = (encloser.at(at).f for encloser in enclosers)
                if not (
                    isinstance(before, arb) and isinstance(after, arb) and before.is_finite() and after.is_finite()
                ):
                    continue
                if not before.overlaps(after) and not abs(before - after) < abs(before) * arb(2) ** -_SERIES_BITS:
                    return True
        return False

    def _find_edges(self, whole: Expr) -> Iterator[float]:
        """Multiples of the point at the edges of where a form is taken: what a series leaves out is largest there."""
        if whole.op is not table.WHERE:
            return
        holds = make(table.WHERE, whole.args[0], number(1), number(0))
        point = self.inputs[0]

        def is_taken(factor: float) -> bool:
            return evaluate(holds, {name: value * factor for name, value in point.items()}) == 1

        if not is_taken(1):
            return
        for step in (2.0, 0.5):
            inside = 1.0
            for _ in range(_MOST_DOUBLINGS):
                if not is_taken(inside * step):
                    break
                inside *= step
            else:
                continue
            outside = inside * step
            for _ in range(_HALVINGS):
                middle = (inside + outside) / 2
                inside, outside = (middle, outside) if is_taken(middle) else (inside, middle)
            yield from (inside, -inside)

    @staticmethod
    def _narrow(whole: Expr) -> Expr:
        """The form where its small quantities are half as large at most, and its large ones twice as large."""
        condition = whole.args[0]
        images: dict[int, Expr] = {}
        for node in walk(condition):
            if node.op in (table.LT, table.GT) and (bound := exact(node.args[1])) is not None:
                scale = Fraction(1, 2) if node.op is table.LT else Fraction(2)
                images[node.id] = make(node.op, node.args[0], number(bound * scale))
            else:
                images[node.id] = node if is_leaf(node) else make(node.op, *(images[arg.id] for arg in node.args))
        return make(table.WHERE, images[condition.id], *whole.args[1:])

    def _holes(self, node: Expr) -> Iterator[Expr]:
        """The variables that must not be 0 for a form to have a value where what was typed has one."""
        for name in variables(node):
            with ctx.workprec(FIRST_BITS):
                at = {**self.makers[0], name: lambda: arb(0)}
                before, after = (Encloser(root, "", 0).at(at).f for root in (self.typed, node))
            if isinstance(before, arb) and before.is_finite() and not (isinstance(after, arb) and after.is_finite()):
                yield make(table.NE, symbol(name), number(0))

    def _guard(self, better: Better) -> Expr:
        """The form where its conditions hold, and what was typed elsewhere."""
        if not better.conditions:
            return better.node
        whole: Expr | None = None
        for condition in sorted(better.conditions, key=lambda node: node.id):
            whole = condition if whole is None else make(table.AND, whole, condition)
        assert whole is not None
        return make(table.WHERE, whole, better.node, self.typed)

    # --- the search

    def improve(self, root: Expr, depth: int) -> Better:
        """The best form of a part, its own parts first."""
        for node in self._find_losing(root):
            known = self.best.get(node.id)
            if known is None or (known.lost >= _FINE and depth < self.depths[node.id]):
                self.depths[node.id] = depth
                self.best[node.id] = Better(node, self.lost(node) or 0.0)  # while it is being improved
                self.best[node.id] = self._improve_node(node, depth)
        lost = self.lost(root)
        return self.best.get(root.id) or Better(root, DIGITS if lost is None else lost)

    def _find_losing(self, root: Expr) -> list[Expr]:
        """The parts that lose digits, reached through others that do, in order of evaluation."""
        found: dict[int, Expr] = {}
        stack = [root]
        while stack:
            node = stack.pop()
            if node.id in found or is_leaf(node) or exact(node) is not None:
                continue
            lost = self.lost(node)
            if lost is None:
                if node.op in table.CONDITIONS or node is root:
                    continue
            elif lost < _FINE:
                continue
            found[node.id] = node
            stack += node.args
        return [found[key] for key in sorted(found)]

    def _improve_node(self, node: Expr, depth: int) -> Better:
        lost = self.lost(node)
        if lost is None:
            return self._with_best_parts(node)
        best = min(Better(node, lost), self._with_best_parts(node), key=lambda better: better.lost)
        if best.lost < _FINE or depth >= _DEEPEST:
            return best
        forms = self._of_product(node) if node.id in self.raw else self._candidates(node)
        if best.node is not node and not self._is_raw(best.node):
            forms = chain((Candidate(best.node, tuple(best.conditions)),), forms)
        for candidate in forms:
            if self.spent > _BUDGET:
                break
            if candidate.node is node or self.lost(candidate.node) is None or not self.is_same(node, candidate.node):
                continue
            better = self.improve(candidate.node, depth + 1)
            if better.lost < best.lost - _WORTH:
                best = Better(better.node, better.lost, better.conditions | set(candidate.conditions))
                if best.lost < _FINE:
                    break
        return best

    def _with_best_parts(self, node: Expr) -> Better:
        """The node over the best forms of its parts."""
        parts = [self._best_of(arg) for arg in node.args]
        if all(part.node is arg for part, arg in zip(parts, node.args, strict=True)):
            return Better(node, self.lost_or_all(node))
        conditions = frozenset().union(*(part.conditions for part in parts))
        args = tuple(part.node for part in parts)
        own = make(node.op, *args)
        self.kept[own.id] = own
        lost = self.lost_or_all(own)
        if not any(self._is_raw(arg) for arg in args):
            merged = self.build.apply(node.op, args)
            if (merged_lost := self.lost_or_all(merged)) < max(_FINE, lost + _WORTH):
                return Better(merged, merged_lost, conditions)
        self.raw.add(own.id)
        return Better(own, lost, conditions)

    def _is_raw(self, root: Expr) -> bool:
        return bool(self.raw) and any(node.id in self.raw for node in walk(root))

    # --- candidates

    def _candidates(self, node: Expr) -> Iterator[Candidate]:
        if node.op is table.LOG:
            yield from self._of_logarithm(node)
        yield from self._by_rows(node, conditional=False)
        yield from self._settle_choices(node)
        if node.op is table.ADD:
            yield from self._of_sum(node)
        elif node.op is table.MUL:
            yield from self._of_gammas(node)
            yield from self._of_fraction(node)
            yield from self._of_product(node)
        elif node.op is table.POW:
            yield from self._of_fraction(node)
            yield from self._of_power(node)
        elif node.op is _LOG1P:
            whole = self.build.add([ONE, *node.args])
            yield Candidate(self.build.apply(table.LOG, (combine(whole, self.build) or whole,)))
        if node.op is not table.ADD:
            yield from self._by_rows(node, conditional=True)
        if node.op is table.MUL:
            yield from self._of_extreme_factors(node)
        if node.op in (table.MUL, table.POW):
            yield from self._patch_sums(node)

    def _settle_choices(self, node: Expr) -> Iterator[Candidate]:
        """The node with a choice among its parts settled as it is at the point."""
        for choice in walk(node):
            if choice.op is table.ABS:
                sign = self.sign(choice.args[0])
                image = choice.args[0] if sign > 0 else self.build.mul((number(-1), choice.args[0]))
                signed = choice.args[0]
            elif choice.op in (table.MAX, table.MIN) and len(choice.args) == 2:
                first, second = choice.args
                signed = self.build.add([first, self.build.mul((number(-1), second))])
                sign = self.sign(signed)
                image = first if (sign > 0) is (choice.op is table.MAX) else second
            else:
                continue
            if sign:
                whole = rebuild(replace_nodes(node, {choice: image}), self.build)
                yield self._under([(signed, sign)], whole)
                return

    def _of_gammas(self, node: Expr) -> Iterator[Candidate]:
        """gamma(v + n)/gamma(v) as the product of the n factors between; DLMF 5.5.1."""
        above = [factor for factor in node.args if factor.op is table.GAMMA]
        below = [factor for factor in node.args if factor.op is table.POW and factor.args[0].op is table.GAMMA]
        for first, second in product(above, below):
            (high,), (low,) = first.args, second.args[0].args
            steps = exact(self.build.add([high, self.build.mul((number(-1), low))]))
            if exact(second.args[1]) != -1 or type(steps) is not int or not 0 < abs(steps) <= _MOST_STEPS:
                continue
            start = low if steps > 0 else high
            factors = [self.build.add([start, number(place)]) for place in range(abs(steps))]
            power = number(1 if steps > 0 else -1)
            rest = [factor for factor in node.args if factor is not first and factor is not second]
            yield Candidate(self.build.mul([*rest, *(self.build.power(factor, power) for factor in factors)]))

    def _of_extreme_factors(self, node: Expr) -> Iterator[Candidate]:
        """A product with a factor that overflows or underflows written in another way, which may be split."""
        for factor in node.args:
            base, exponent = factor.args if factor.op is table.POW else (factor, ONE)
            size = self.magnitude(base)
            if not math.isfinite(size) or abs(size) < 290 or is_leaf(base):
                continue
            rest = [other for other in node.args if other is not factor]
            for candidate in self._candidates(base):
                if self.is_same(base, candidate.node) and candidate.node.op is not table.ADD:
                    power = self.build.power(candidate.node, exponent)
                    yield Candidate(self.build.mul([*rest, power]), candidate.conditions)
                    return

    def _by_rows(self, node: Expr, *, conditional: bool) -> Iterator[Candidate]:
        if len(node.args) > _WIDEST:
            return
        rows = telling_rows(node)
        for pattern in _local_patterns().get(node.op, ()):
            if bool(pattern.conditions) is not conditional:
                continue
            if not pattern.rows <= rows:
                continue
            state = Match(self.build).find(pattern.before, node)
            if state is None:
                continue
            conditions = [template.build(state.holes, self.build.apply) for template in pattern.conditions]
            if not all(self.sign(part) > 0 for part in conditions):
                continue
            image = pattern.after.build(state.holes, self.build.apply)
            scaled = self.build.mul((self.build.number(state.scale), image))
            whole = self.build.apply(node.op, (scaled, *state.left)) if state.left else scaled
            yield self._under([(part, 1) for part in conditions], whole)

    def _under(self, signed: Iterable[tuple[Expr, int]], node: Expr, *, closed: bool = False) -> Candidate:
        """A candidate under the condition that some parts have the signs that they have at the point."""
        conditions = []
        for part, sign in signed:
            if self._has_known_sign(part, sign, closed=closed):
                continue
            op = (table.GE if closed else table.GT) if sign > 0 else (table.LE if closed else table.LT)
            conditions.append(make(op, part, number(0)))
        return Candidate(node, tuple(conditions))

    def _has_known_sign(self, part: Expr, sign: int, *, closed: bool) -> bool:
        """Whether a part has a sign wherever it has a value, as a square root or an exponential has."""
        if sign < 0:
            part = self.build.mul((number(-1), part))
        return is_never_negative(part, self.typed, strictly=not closed)

    def _of_sum(self, node: Expr) -> Iterator[Candidate]:
        if len(node.args) > _WIDEST:
            return
        for group in self._cancelling_groups(node):
            rest = [term for term in node.args if term not in group]
            part = self.build.add(group)
            if rest:
                whole = make(table.ADD, part, *rest)
                self.raw.add(whole.id)
                self.kept[whole.id] = whole
                yield Candidate(whole)
        yield from self._of_fraction(node)
        yield from self._by_rows(node, conditional=True)
        yield from self._of_large_sum(node)
        yield from self._reordered(node)
        yield from self._patch_sums(node)

    def _cancelling_groups(self, node: Expr) -> Iterator[tuple[Expr, ...]]:
        """Proper parts of a sum that nearly cancel, the smallest first."""
        terms = node.args
        if len(terms) < 3:
            return
        sizes_of_groups = [size for size in (2, 3) if size < len(terms) and len(terms) <= _MOST_GROUPED]
        groups = [group for size in sizes_of_groups for group in combinations(terms, size)]
        scored = []
        for group in groups:
            sizes = [self.size(term) for term in group]
            if None in sizes or any(size is not None and not math.isfinite(size) for size in sizes):
                continue
            largest = max(abs(size or 0.0) for size in sizes)
            whole = self.size(self.build.add(group))
            if whole is not None and largest and abs(whole) < 0.1 * largest:
                scored.append((len(group), -largest, group))
        for _, _, group in sorted(scored, key=lambda entry: entry[:2])[:4]:
            yield group

    def _of_fraction(self, node: Expr) -> Iterator[Candidate]:
        whole = combine(node, self.build)
        if whole is not None and whole is not node:
            yield Candidate(whole)
        found = sorted(conjugates(node, self.build), key=lambda one: self.sign(one.first) < 0)
        for conjugate in found:
            sign = self.sign(conjugate.first)
            if sign and sign == self.sign(conjugate.second):
                yield self._under(
                    ((conjugate.first, sign), (conjugate.second, sign)), conjugate.expression, closed=True
                )
        if node.op is table.ADD:
            values = {part.id: self.size(part) or 0.0 for part in walk(node)}
            yield from map(Candidate, shifted(node, self.build, values))
            if self.depths.get(node.id, 0) < _DEEPEST - 1:
                yield from self._by_remainders(node)

    def _by_remainders(self, node: Expr) -> Iterator[Candidate]:
        """A sum in which each f(s) with f(s) = s + ... is s and what is left of it, since it is s that cancels."""
        conditions: list[Expr] = []
        remainders: dict[str, Expr] = {}
        whole = node
        for part in walk(node):
            size = self.size(part.args[0]) if part.op in _NEARLY_LINEAR else None
            found = remainder(part, size, self.build) if size is not None and abs(size) < 0.1 else None
            if found is not None:
                name = f"{_REMAINDER}{len(remainders)}"
                conditions.append(found[0])
                remainders[name] = found[1]
                whole = replace_nodes(whole, {part: self.build.add([part.args[0], symbol(name)])})
        whole_form = combine(rebuild(whole, self.build), self.build) if remainders else None
        terms = None if whole_form is None else split_linear(whole_form, tuple(remainders), self.build)
        if terms is not None:
            yield Candidate(self._raw(substitute(make(table.ADD, *terms), remainders)), tuple(conditions))

    def _reordered(self, node: Expr) -> Iterator[Candidate]:
        """The same terms in another order, the largest first, and those of one sign first."""
        better = [self._best_of(term) for term in node.args]
        terms = [part.node for part in better]
        conditions = tuple(frozenset[Expr]().union(*(part.conditions for part in better)))
        sizes = {term.id: self.magnitude(term) for term in terms}
        if any(math.isnan(size) for size in sizes.values()):
            return
        down = sorted(terms, key=lambda term: -sizes[term.id])
        for order in (down, down[::-1]):
            total = order[0]
            for term in order[1:]:
                total = make(table.ADD, total, term)
                self.raw.add(total.id)
                self.kept[total.id] = total
            yield Candidate(total, conditions)

    def _best_of(self, node: Expr) -> Better:
        """The best form of a part that is known so far."""
        return self.best.get(node.id) or Better(node, 0.0)

    def _of_large_sum(self, node: Expr) -> Iterator[Candidate]:
        """d*(1 + rest/d) with the largest term d, where terms overflow or underflow."""
        sizes = {term: self.magnitude(term) for term in node.args}
        if not any(abs(size) > 150 for size in sizes.values() if math.isfinite(size)):
            return
        largest = max(node.args, key=lambda term: sizes[term] if not math.isnan(sizes[term]) else -math.inf)
        yield Candidate(self._scaled(node, largest))

    def _scaled(self, node: Expr, largest: Expr) -> Expr:
        inverse = self.build.power(largest, number(-1))
        rest = [self._quotient(term, inverse) for term in node.args if term is not largest]
        return self._raw(make(table.MUL, largest, self.build.add([ONE, *rest])))

    def _quotient(self, term: Expr, inverse: Expr) -> Expr:
        return self.build.mul((term, inverse))

    def _raw(self, node: Expr) -> Expr:
        self.raw.add(node.id)
        self.kept[node.id] = node
        return node

    def _of_power(self, node: Expr) -> Iterator[Candidate]:
        """A power of a sum that overflows or underflows."""
        base, exponent = node.args
        power = exact(exponent)
        if base.op is table.ADD and power is not None:
            largest = max(base.args, key=lambda term: self.known_magnitude(term))
            if self.sign(largest) > 0 or Fraction(power).denominator == 1:
                inverse = self.build.power(largest, number(-1))
                rest = [self._quotient(term, inverse) for term in base.args if term is not largest]
                inner = self.build.power(self.build.add([ONE, *rest]), exponent)
                outer = self.build.power(largest, exponent)
                whole = self._raw(make(table.MUL, outer, inner))
                if Fraction(power).denominator == 1:
                    yield Candidate(whole)
                elif largest.op is table.POW and is_never_negative(largest, self.typed, strictly=False):
                    yield Candidate(whole, (make(table.NE, largest.args[0], number(0)),))
                else:
                    yield self._under([(largest, 1)], whole)
        yield from self._of_product(node)

    def _of_product(self, node: Expr) -> Iterator[Candidate]:
        """Factors in an order in which no product overflows or underflows on the way."""
        counts: dict[Expr, int] = {}
        scale = Fraction(1)
        for factor, sign in self._split_factors(node):
            value = exact(factor)
            if value and abs(self.magnitude(factor)) < 20:
                scale *= Fraction(value) ** sign
            else:
                counts[factor] = counts.get(factor, 0) + sign
        factors = [(factor, 1 if count > 0 else -1) for factor, count in counts.items() for _ in range(abs(count))]
        if abs(scale) != 1:
            factors.insert(0, (self.build.number(abs(scale)), 1))
        if not 1 <= len(factors) <= 24:
            return
        sizes = [self.magnitude(factor) * sign for factor, sign in factors]
        if any(not math.isfinite(size) for size in sizes):
            return
        left = sorted(range(len(factors)), key=lambda place: sizes[place])
        total: Expr | None = None
        conditions: set[Expr] = set()
        height = 0.0
        while left:
            place = left.pop(0) if height > 0 else left.pop()
            factor, sign = factors[place]
            better = self._best_of(factor)
            factor = better.node
            conditions |= better.conditions
            height += sizes[place]
            if total is None:
                total = factor if sign > 0 else make(table.DIV, ONE, factor)
            else:
                total = make(table.MUL if sign > 0 else table.DIV, total, factor)
            self._raw(total)
        if total is not None:
            yield Candidate(total if scale > 0 else self._raw(make(table.NEG, total)), tuple(conditions))

    def _split_factors(self, node: Expr) -> Iterator[tuple[Expr, int]]:
        """The factors of a product as parts with doubles, each with 1 or -1 for its exponent."""
        flat: list[tuple[Expr, int]] = [(node, 1)]
        while any(factor.op in (table.MUL, table.DIV) for factor, _ in flat):
            flat = [pair for factor, sign in flat for pair in _operands(factor, sign)]
        for factor, outer in flat:
            base, exponent = factor.args if factor.op is table.POW else (factor, ONE)
            power = exact(exponent)
            count = 1 if power is None else abs(Fraction(power).numerator)
            if power is None or Fraction(power).denominator != 1 or count > 8:
                yield factor, outer
                continue
            sign = outer if power > 0 else -outer
            for part in self._split_base(base):
                yield from [(part[0], part[1] * sign)] * count

    def _split_base(self, base: Expr) -> Iterator[tuple[Expr, int]]:
        size = self.magnitude(base)
        if math.isfinite(size) and abs(size) < 150:
            yield base, 1
        elif base.op is table.EXP:
            half = self.build.apply(table.EXP, (self.build.mul((self.build.number(Fraction(1, 4)), base.args[0])),))
            yield from [(half, 1)] * 4
        elif base.op in (table.SINH, table.COSH):
            size_of = self.build.apply(table.ABS, base.args)
            half = self.build.apply(table.EXP, (self.build.mul((self.build.number(Fraction(1, 4)), size_of)),))
            yield from [(half, 1)] * 4
            rest = self.build.apply(table.EXP, (self.build.mul((number(-2), size_of)),))
            sign = self.build.apply(table.SIGN, base.args) if base.op is table.SINH else ONE
            inner = self.build.add([ONE, self.build.mul((number(-1), rest)) if base.op is table.SINH else rest])
            yield self.build.mul((sign, inner, self.build.number(Fraction(1, 2)))), 1
        elif base.op is table.ADD:
            largest = max(base.args, key=self.known_magnitude)
            inverse = self.build.power(largest, number(-1))
            rest_terms = [self._quotient(term, inverse) for term in base.args if term is not largest]
            yield from self._split_factors(largest)
            yield self.build.add([ONE, *rest_terms]), 1
        else:
            yield base, 1

    def _of_logarithm(self, node: Expr) -> Iterator[Candidate]:
        """log(A) as log1p(A - 1) where A is close to 1; of a large sum as that of its largest term and of the rest."""
        (inner,) = node.args
        size = self.size(inner)
        if size is not None and 0.5 < size < 2:
            less = self.build.add([inner, number(-1)])
            for form in dict.fromkeys((combine(less, self.build) or less, less)):
                yield Candidate(self.build.apply(_LOG1P, (form,)))
        if inner.op is table.ADD:
            largest = max(inner.args, key=self.known_magnitude)
            if self.sign(largest) > 0:
                inverse = self.build.power(largest, number(-1))
                rest = self.build.add([self._quotient(term, inverse) for term in inner.args if term is not largest])
                parts = self.build.apply(table.LOG, (largest,)), self.build.apply(_LOG1P, (rest,))
                yield self._under([(largest, 1)], self.build.add(parts))

    def _patch_sums(self, node: Expr) -> Iterator[Candidate]:
        names = variables(node)
        if self.spent > _BUDGET or not names or self.patches >= _MOST_PATCHES or len(walk(node)) > _LARGEST:
            return
        self.patches += 1
        values = {part.id: self.size(part) or 0.0 for part in walk(node)}
        if node.op is table.ADD:
            for condition, polynomial in patch_sum(node, self.build, values):
                yield Candidate(self._raw(polynomial), (condition,))
        for condition, form in patch_far(node, self.build, values):
            yield Candidate(self._raw(form), (condition,))


def _operands(node: Expr, sign: int) -> list[tuple[Expr, int]]:
    """The factors of a product or quotient, with the signs of their exponents."""
    if node.op is table.DIV:
        return [(node.args[0], sign), (node.args[1], -sign)]
    return [(arg, sign) for arg in node.args] if node.op is table.MUL else [(node, sign)]


class _Pattern(NamedTuple):
    before: Expr
    after: Template
    rows: frozenset[Row]
    conditions: tuple[Template, ...]


@cache
def _local_patterns() -> dict[Row, list[_Pattern]]:
    """All rows by the operator or function on top of their left sides."""
    plain = Build()
    patterns: dict[Row, list[_Pattern]] = {}
    for form in (*LOCAL_FORMS, *FORMS):
        before = rebuild(parse(form.before, variables=HOLES).root, plain)
        conditions = tuple(Template(parse(text, variables=HOLES).root) for text in form.positive)
        after = Template(parse(form.after, variables=HOLES).root)
        patterns.setdefault(before.op, []).append(_Pattern(before, after, telling_rows(before), conditions))
    return patterns
