"""Forms of an expression that lose fewer digits in doubles: rows of data, matched on the graph.

`stable(root)` gives an expression that is equal wherever ``root`` is defined. Rows are texts
in dcalc's own language; both sides are simplified first, so that a row matches in any order
of terms and factors, and in any multiple: `1 - cos(u)` is found in `3*cos(2*x) - 3 + y`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, exact, is_leaf, walk
from dcalc.functions import Row
from dcalc.parser import parse
from dcalc.rules import Template
from dcalc.simplify import Build, rebuild, style
from dcalc.stable.forms_table import FORMS, HOLES, Form, Match, telling_mask, telling_masks
from dcalc.stable.series import fill, patch

__all__ = ["FORMS", "HOLES", "Form", "stable"]

_WIDEST = 24
"""Sums and products with more parts are left alone: the search for a match is exponential in them."""
_LEAST_PLAIN = 1000
"""Smaller graphs are searched at once."""
_TOPS = "log acos acosh xlogy xlog1py abs inv".split()
"""Functions that a row begins with."""
_PASSES = 4
"""Maximum number of passes; bounds rows that trigger each other."""


def stable(root: Expr, *, series: bool = False, used: dict[str, None] | None = None) -> Expr:
    """An expression equal to ``root`` wherever that is defined, in forms that lose fewer digits.

    At the holes that some rows name it may have no value. With ``series`` sums that cancel are polynomials close to
    the point where they vanish, which leave out less than an ulp, and quotients such as (exp(u) - 1)/u have their
    limit at 0. ``root`` itself where no row matches. ``used`` gains what was rewritten, as keys in their order.
    Cost: a few passes over the simplified graph.
    """
    used = {} if used is None else used
    if _is_plain(root):
        return root
    build = style(root)
    best = rebuild(root, build)
    improved = _count_sizes(best) > _count_sizes(root)  # sqrt(u**2) became abs(u), which never overflows
    if improved:
        used["sqrt(u**2) as abs(u)"] = None
    if series:
        patched = patch(best, build, used)
        best, improved = patched, patched is not best
    for _ in range(_PASSES):
        better = _pass(best, build, used)
        if better is best:
            break
        best, improved = better, True
    if series:
        patched = fill(patch(best, build, used), build, used)
        best, improved = patched, improved or patched is not best
    return best if improved else root


def _count_sizes(root: Expr) -> int:
    return sum(node.op is table.ABS for node in walk(root))


def _is_plain(root: Expr) -> bool:
    """True where no row can match, as a look at the operations tells: so for long sums of functions.

    A sum is looked at where it has at most `_WIDEST` terms; powers, and products of equal factors, which become some,
    are left to the search.
    """
    nodes = walk(root)
    if len(nodes) < _LEAST_PLAIN:
        return False
    widths: dict[int, int] = {}
    inside: set[int] = set()
    elsewhere: set[int] = set()
    for node in nodes:
        if node.op in _SEARCHED or (node.op is table.MUL and _has_equal_factors(node)):
            return False
        if node.op in _SUMS:
            widths[node.id] = sum(widths.get(arg.id, 1) for arg in node.args)
        if not is_leaf(node):
            (inside if node.op in _SUMS else elsewhere).update(arg.id for arg in node.args if arg.op in _SUMS)
    inside -= elsewhere
    return all(width > _WIDEST or key in inside for key, width in widths.items())


def _has_equal_factors(product: Expr) -> bool:
    """Whether a product may have equal factors: directly, in a product within it, or in several functions."""
    kinds = [arg.op for arg in product.args if arg.op not in (table.NUMBER, table.SYMBOL)]
    return len(kinds) > 1 or table.MUL in kinds or len(set(product.args)) < len(product.args)


_SUMS = (table.ADD, table.SUB)
_SEARCHED = frozenset((table.POW, table.DIV, table.SQRT, table.CBRT, table.ROOT, table.WHERE)) | {
    row for row in table.ROWS if row.name in _TOPS or row.body
}
"""Operations of which one is enough to search."""


def _pass(root: Expr, build: Build, used: dict[str, None]) -> Expr:
    """All rewritings at once: a part that is in another's pattern is seen as it was."""
    done: dict[int, Expr] = {}
    masks = telling_masks(root)
    for node in walk(root):
        better = None if is_leaf(node) else _rewrite(node, build, masks[node.id], used)
        for part in (node,) if better is None else walk(better):
            if part.id not in done:
                args = () if is_leaf(part) else tuple(done[arg.id] for arg in part.args)
                done[part.id] = part if is_leaf(part) or args == part.args else build.apply(part.op, args)
        if better is not None:
            done[node.id] = done[better.id]
    return done[root.id]


_ONLY_FILLING = ("u*log(1 + v)", "u*log(v)")


class _Pattern(NamedTuple):
    before: Expr
    after: Template
    mask: int
    title: str
    is_weak: bool
    """True for rows that only fill holes: a form of the logarithm itself goes before."""


@cache
def _pattern(form: Form) -> _Pattern:
    before = rebuild(parse(form.before, variables=HOLES).root, Build())
    after = Template(parse(form.after, variables=HOLES).root)
    title = f"{form.before} as {form.after}"
    return _Pattern(before, after, telling_mask(before), title, form.before in _ONLY_FILLING)


@cache
def _calls(form: Form) -> frozenset[str]:
    """The functions on the left side of a row; a square root is a power there."""
    return frozenset(re.findall(r"(\w+)\(", form.before)) - {table.SQRT.name}


@lru_cache(1 << 10)
def _patterns(mask: int) -> dict[Row, list[_Pattern]]:
    """The rows that may match a node with these functions, by the operator or function on top of their simplified left
    sides. The other rows, most of them, are not even parsed, which takes longer than to search one expression."""
    names = {row.name for row in table.ROWS if mask >> row.index & 1}
    patterns: dict[Row, list[_Pattern]] = {}
    for form in FORMS:
        if _calls(form) <= names and not (pattern := _pattern(form)).mask & ~mask:
            patterns.setdefault(pattern.before.op, []).append(pattern)
    return patterns


def _rewrite(node: Expr, build: Build, mask: int, used: dict[str, None]) -> Expr | None:
    """The node by the first row that matches it, a part of it, or what is left of a sum without common factors."""
    if len(node.args) > _WIDEST:
        return None
    image = _rewrite_by_row(node, build, mask, used)
    if image is None and node.op is table.ADD:
        common = common_factors(node)
        if common:
            inner = build.add([build.mul([each for each in factors(term) if each not in common]) for term in node.args])
            taken = _rewrite_by_row(inner, build, mask, used) if inner.op is table.ADD else None
            image = None if taken is None else build.mul((*common, taken))
    return image


def _rewrite_by_row(node: Expr, build: Build, mask: int, used: dict[str, None]) -> Expr | None:
    for pattern in _patterns(mask).get(node.op, ()):
        match = Match(build).find(pattern.before, node)
        if match is None or (pattern.is_weak and _has_better(node, build, mask)):
            continue
        image = pattern.after.build(match.holes, build.apply)
        if match.left:
            image = build.apply(node.op, (build.mul((build.number(match.scale), image)), *match.left))
        else:
            image = build.mul((build.number(match.scale), image))
        if image is not node:
            used[pattern.title] = None
            return image
    return None


def _has_better(product: Expr, build: Build, mask: int) -> bool:
    """Whether a logarithm among the factors has a form of its own."""
    logs = [factor for factor in product.args if factor.op is table.LOG]
    images = [_rewrite_by_row(factor, build, mask, {}) for factor in logs]
    return any(image is not None and image.op is not _LOG1P for image in images)


_LOG1P = table.get("log1p", 1)


def factors(term: Expr) -> tuple[Expr, ...]:
    """The factors of a term."""
    return term.args if term.op is table.MUL else (term,)


def common_factors(root: Expr) -> list[Expr]:
    """The factors of all terms of a sum that are not numbers."""
    first, *others = root.args
    shared = [set(factors(term)) for term in others]
    return [each for each in factors(first) if exact(each) is None and all(each in known for known in shared)]
