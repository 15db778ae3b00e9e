"""The shortest form of an expression that the named rules find, as a person would write an answer.

A rule makes other forms of a sum, a product or a power, equal to it wherever that is defined; which of them is
taken is decided by `cost` alone. Nodes have traits that make a rule worth a try: cheap to see, so that most nodes
cost next to nothing. Tests take up every rule: its example must hold, and must be used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import gcd
from typing import Literal

from dcalc import functions as table
from dcalc.expr import Expr, Number, exact, is_leaf, make, walk
from dcalc.functions import Row
from dcalc.records import NamedTuple
from dcalc.simplify import angles, combine
from dcalc.simplify.angles import FAMILIES, is_quotient
from dcalc.simplify.arithmetic import FLAT, read_coefficient
from dcalc.simplify.build import style
from dcalc.simplify.combine import is_number_power, is_root
from dcalc.simplify.cost import BRACKET, SHARED
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


# --- rewrites ----------------------------------------------------------------------------------


Rule = Callable[[Algebra, Expr], Iterator[Expr]]


class Rewrite(NamedTuple):
    """A rule for nodes of one operator that have a trait.

    ``last`` rules wait until no other applies: their forms are short, but hide what terms share. Those for ``long``
    nodes take linear time, and are tried on sums of any length.
    """

    name: str
    op: Row
    trait: Trait
    rule: Rule
    before: str
    after: str
    last: bool = False
    long: bool = False


REWRITES = (
    Rewrite("common factor", _ADD, "shared", combine.factor_sum, "u*exp(v) + exp(v)", "(u + 1)*exp(v)"),
    Rewrite(
        "common denominator", _ADD, "below", combine.combine_quotients,
        "1/(u - 3) - (u + 2)/(u - 3)**2", "-5/(u - 3)**2",
    ),
    Rewrite(
        "like denominators", _ADD, "below some", combine.combine_like_quotients,
        "log(v) + 1/(u + 1) - u/(u + 1)**2", "1/(u + 1)**2 + log(v)", long=True,
    ),
    Rewrite("multiply out", _ADD, "products", combine.expand_sum, "(u + 1)**2 - u**2 - 1", "2*u"),
    Rewrite("collect", _ADD, "shared by some", combine.collect_terms, "u*log(v) + log(v) + u", "u + (u + 1)*log(v)"),
    Rewrite("square of a ratio", _ADD, "ratio", combine.join_ratio, "1 - u**2/v**2", "1 - (u/v)**2", last=True),
    Rewrite("square of a sum", _ADD, "square", combine.write_square, "u**2 + 2*u*v + v**2", "(u + v)**2"),
    Rewrite("one and a square", _ADD, "squares", angles.collapse_squares, "1 + tan(u)**2", "sec(u)**2"),
    Rewrite(
        "sines and cosines", _ADD, "secants", combine.write_in_sines, "sec(u) - sin(u)*tan(u)", "cos(u)", last=True
    ),
    Rewrite(
        "double angle of squares", _ADD, "squares", combine.factor_doubles, "1 - 2*sin(u)**2", "cos(2*u)", last=True
    ),
    Rewrite(
        "sum of angles", _ADD, "angle pairs", angles.add_angles,
        "cos(u)*cos(v) - sin(u)*sin(v)", "cos(u + v)", last=True,
    ),
    Rewrite("sum of exponentials", _ADD, "exponentials", angles.join_exponentials, "exp(u) + exp(-u)", "2*cosh(u)"),
    Rewrite("logarithms of numbers", _ADD, "logarithms", combine.join_logarithms, "u*log(3) - u*log(2)", "u*log(3/2)"),
    Rewrite("minus sign", _MUL, "negative", combine.negate_sums, "-2*(u - 1)/v", "2*(1 - u)/v", last=True),
    Rewrite("sign and size", _MUL, "signs", combine.merge_signs, "sign(u)/abs(u)", "1/u"),
    Rewrite("functions of one angle", _MUL, "angles", angles.merge_ratios, "sec(u)*cos(u)", "1"),
    Rewrite(
        "square over a sum", _MUL, "squares over sums", angles.cancel_squares, "sin(u)**2/(1 - cos(u))", "1 + cos(u)"
    ),
    Rewrite(
        "square of one, a sine and a cosine", _MUL, "squares of sums", angles.split_squares,
        "(1 + cos(u))/(1 + sin(u) + cos(u))**2", "1/(2*(1 + sin(u)))",
    ),
    Rewrite("double angle", _MUL, "angles", angles.double_angles, "2*sin(u)*cos(u)", "sin(2*u)", last=True),
    Rewrite("cancel a sum", _MUL, "sums across", combine.cancel_factors, "(u**2 - 1)/(u - 1)", "u + 1"),
    Rewrite(
        "quotient inside", _MUL, "quotients inside", combine.clear_inner_quotients, "1/(u**2*(1/u - v))",
        "1/(u*(1 - u*v))",
    ),
    Rewrite(
        "common factor inside", _MUL, "shared inside", combine.factor_inner_sums, "(u*v + u)/(v + 1)", "u"
    ),
    Rewrite(
        "product of roots", _MUL, "roots", combine.merge_roots, "sqrt(u)*sqrt(1 - u)", "sqrt(u - u**2)", last=True
    ),
    Rewrite("multiply out a product", _MUL, "meeting", combine.expand_product, "u*(v/u + 1)", "u + v"),
    Rewrite(
        "product of sums", _MUL, "sums beside", combine.multiply_pair, "1/((1 - u)*(1 + u))", "1/(1 - u**2)", last=True
    ),
    Rewrite(
        "quotient of exponentials", _MUL, "sums of exponentials", angles.cancel_exponentials,
        "exp(u)/(1 + exp(2*u))", "sech(u)/2",
    ),
    Rewrite(
        "powers with one exponent", _MUL, "powers below", combine.join_powers,
        "1/(u**2*log(u)**2)", "1/(u*log(u))**2", last=True,
    ),
    Rewrite("powers of numbers", _MUL, "powers of numbers", combine.merge_number_powers, "3**u/2**u", "(3/2)**u"),
    Rewrite("cube roots", _MUL, "cube roots", combine.merge_cube_roots, "u**4/cbrt(u**5)**2", "cbrt(u)**2"),
    Rewrite("number in a root", _MUL, "root inside", combine.clear_roots, "2/sqrt(4*u - 4*v)", "1/sqrt(u - v)"),
    Rewrite(
        "parts of a root", _MUL, "quotient in a root", combine.split_roots,
        "sqrt((1 - u)/(1 + u))/(1 - u)", "1/(sqrt(1 - u)*sqrt(u + 1))",
    ),
    Rewrite(
        "root beside its parts", _MUL, "root of several", combine.join_root,
        "sqrt(1/u - 1)/(1 - u)", "1/(u*sqrt(1/u - 1))",
    ),
    Rewrite("squares in a root", _POW, "root of a product", combine.take_squares, "sqrt(u**2/v**2)", "abs(u/v)"),
    Rewrite("root of a quotient", _POW, "root of a sum", combine.clear_root, "sqrt(1/4 - u**2/4)", "sqrt(1 - u**2)/2"),
    Rewrite(
        "inverse of quotients", _POW, "inverse of a sum", combine.clear_inner_quotients, "1/(1/u - 1)", "u/(1 - u)"
    ),
    Rewrite("reciprocal", _POW, "reciprocal", angles.write_reciprocal, "1/cosh(u)", "sech(u)", last=True),
)  # fmt: skip
BY_OPERATOR: dict[Row, list[Rewrite]] = {}
for _rewrite in REWRITES:
    BY_OPERATOR.setdefault(_rewrite.op, []).append(_rewrite)


# --- shorten -----------------------------------------------------------------------------------


MAX_NODES = 2_000
"""Larger expressions stay as they are: nobody reads them, and each rule looks at every node."""
_MOST_PASSES = 6


def shorten(root: Expr) -> Expr:
    """The form of least cost that is equal to a simplified ``root`` wherever that is defined.

    The same node where no rule makes it shorter. Cost: linear in nodes; none above `MAX_NODES`.
    """
    nodes = walk(root)
    if len(nodes) > MAX_NODES:
        return root
    if not any(map(has_prospects, nodes)):
        return root
    algebra = _share_algebra(style(root).decimals)
    if not any(node.op in BY_OPERATOR and traits_of(algebra, node) for node in nodes):
        return root
    return Shortener(algebra).run(root)


_MOST_REMEMBERED = 3_000
_shared: dict[bool, Algebra] = {}


def _share_algebra(decimals: bool) -> Algebra:
    """What some expressions of a style use one after the other: partial derivatives of one function have parts in
    common. A new one, where the last remembers so much that it would keep large graphs alive."""
    algebra = _shared.get(decimals)
    if algebra is None or algebra.count_remembered() > _MOST_REMEMBERED:
        algebra = _shared[decimals] = Algebra(decimals)
    return algebra


def shorten_all(roots: Sequence[Expr]) -> list[Expr]:
    """The `shorten` forms of several expressions, what is known of shared parts kept. None where they are large
    together."""
    if len(walk(*roots)) > MAX_NODES:
        return list(roots)
    shortener = Shortener(Algebra(style(*roots).decimals))
    return [shortener.run(root) for root in roots]


class Shortener:
    """One expression being shortened, with what is known of its parts."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra = algebra
        self.costs = algebra.cost
        self.shortest: dict[int, Expr] = {}
        self.settled: set[int] = set()
        """Nodes that only the last rules could make shorter."""
        self.waiting: set[int] = set()
        """Nodes to which one of the last rules may apply."""

    def run(self, root: Expr) -> Expr:
        """The shortest form: passes over the graph, children first, until none finds a gain; then with the last
        rules, too. The root comes before its children as well: made short each by itself, terms may share less."""
        first = self._shorten_node(root, last=False) if root.op is table.ADD else root
        root = self._repeat(root, last=False)
        if first is not root:
            root = min(root, self._repeat(first, last=False), key=self.costs)
        if self.waiting:
            waiting = self.waiting
            self.shortest = {
                key: form for key, form in self.shortest.items() if key not in waiting and form.id not in waiting
            }
            root = self._repeat(root, last=True)
        return root

    def _repeat(self, root: Expr, *, last: bool) -> Expr:
        for _ in range(_MOST_PASSES):
            after = self._pass(root, last=last)
            if after is root or self.costs(after) >= self.costs(root):
                break
            root = after
        return root

    def _pass(self, root: Expr, *, last: bool) -> Expr:
        images: dict[int, Expr] = {}
        for node in walk(root):
            if is_leaf(node) or not node.args or node.op in table.CONDITIONS:
                images[node.id] = node
                continue
            args = tuple([images[arg.id] for arg in node.args])
            image = node if args == node.args else self._rebuild(node.op, args)
            images[node.id] = self._shorten_node(image, last=last) if image.op in BY_OPERATOR else image
        return images[root.id]

    def _rebuild(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        return make(op, *args) if op is table.WHERE else self.algebra.apply(op, args)

    def _shorten_node(self, node: Expr, *, last: bool) -> Expr:
        """The form of least cost that one rule after the other makes of a node."""
        best = self.shortest.get(node.id)
        if best is not None:
            return best
        best = node
        while best.op in BY_OPERATOR:
            better = self._try_rules(best, last=last)
            if better is best:
                break
            best = better
        self.shortest[node.id] = self.shortest[best.id] = best
        return best

    def _try_rules(self, node: Expr, *, last: bool) -> Expr:
        traits = traits_of(self.algebra, node)
        if not traits:
            return node
        better, cost = node, self.costs(node)
        is_long = len(node.args) > FLAT
        is_settled = node.id in self.settled
        for rewrite in BY_OPERATOR[node.op]:
            if rewrite.trait not in traits or (is_long and not rewrite.long):
                continue
            if rewrite.last and not last:
                self.waiting.add(node.id)
                continue
            if is_settled and not rewrite.last:
                continue
            for candidate in rewrite.rule(self.algebra, node):
                candidate_cost = self.costs(candidate)
                if candidate_cost < cost:
                    better, cost = candidate, candidate_cost
        if better is node:
            self.settled.add(node.id)
        return better
