"""Series in the place of sums that cancel, and limits in holes: choices with what was there as the other branch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, number, walk
from dcalc.parser import parse
from dcalc.rules import Template
from dcalc.simplify import Build, rebuild
from dcalc.stable.matching import Match, telling_rows
from dcalc.stable.series import FILLED, SERIES

_HOLE = ("u",)
_WIDEST = 8
"""Terms of a sum beyond which no series is sought in it."""


class _Pattern(NamedTuple):
    before: Expr
    power: int
    quantity: Template
    polynomial: Template
    near: Template


class _Found(NamedTuple):
    """Part of a sum as ``factor`` times quantity**power, the condition for it, and the terms that are left."""

    near: Expr
    quantity: Expr
    power: int
    factor: Expr
    left: tuple[Expr, ...]


def patch(root: Expr, build: Build) -> Expr:
    """The root with each sum of the table as a choice between its series and itself.

    In a quotient by a power of what the sum vanishes with, the powers cancel in the branch of the series.
    """
    return _replace_parts(root, lambda node, image: _patch_node(node, image, build))


def _kept_as_they_are(root: Expr) -> set[int]:
    """The sums that are a series elsewhere already, or are dealt with in the product around them."""
    kept: set[int] = set()
    for node in walk(root):
        if node.op is table.WHERE and node.args[0].op in (table.LT, table.EQ):
            kept.update(part.id for part in walk(node.args[2]))
        elif node.op is table.MUL:
            kept.update(factor.id for factor in node.args if factor.op is table.ADD)
    return kept


def _patch_node(node: Expr, image: Expr, build: Build) -> Expr | None:
    """A sum, or a product with a sum, as a choice between the series and the image; None where there is no series."""
    if node.op is table.ADD:
        found = _match(node, build)
        if found is None:
            return None
        own = build.add([term for term in node.args if term not in found.left]) if found.left else image
        choice = make(table.WHERE, found.near, _product([found.factor], found, build), own)
        return build.add([choice, *found.left]) if found.left else choice
    for factor in node.args if node.op is table.MUL else ():
        found = _match(factor, build) if factor.op is table.ADD else None
        if found is not None and not found.left:
            rest = [other for other in node.args if other is not factor]
            return make(table.WHERE, found.near, _product([*rest, found.factor], found, build), image)
    return None


def _product(factors: list[Expr], found: _Found, build: Build) -> Expr:
    return build.mul([build.power(found.quantity, number(found.power)), *factors])


def _match(node: Expr, build: Build) -> _Found | None:
    if len(node.args) > _WIDEST:
        return None
    rows = telling_rows(node)
    for pattern in _patterns():
        if not telling_rows(pattern.before) <= rows or len(pattern.before.args) > len(node.args):
            continue
        state = Match(build).find(pattern.before, node)
        if state is None or exact(state.holes["u"]) is not None:
            continue
        factor = build.mul((build.number(state.scale), pattern.polynomial.build(state.holes)))
        return _Found(
            pattern.near.build(state.holes),
            pattern.quantity.build(state.holes, build.apply),
            pattern.power,
            factor,
            state.left,
        )
    return None


def fill(root: Expr, build: Build) -> Expr:
    """The root with quotients such as expm1(u)/u filled at 0."""
    return _replace_parts(root, lambda node, _: _fill_product(node, build) if node.op is table.MUL else None)


def _replace_parts(root: Expr, replace: Callable[[Expr, Expr], Expr | None]) -> Expr:
    """The root with what ``replace`` makes of a node and of its image, where it makes something of them."""
    excluded = _kept_as_they_are(root)
    images: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            images[node.id] = node
            continue
        args = tuple(images[arg.id] for arg in node.args)
        image = node if args == node.args else make(node.op, *args)
        replaced = None if node.id in excluded else replace(node, image)
        images[node.id] = image if replaced is None else replaced
    return images[root.id]


def _fill_product(node: Expr, build: Build) -> Expr | None:
    """A product with such a quotient among its factors; None where there is none."""
    rows = telling_rows(node)
    for before, value in _fillings():
        if not telling_rows(before) <= rows:
            continue
        state = Match(build).find(before, node)
        if state is None or exact(state.holes["u"]) is not None:
            continue
        hole = state.holes["u"]
        quotient = Template(before).build(state.holes, build.apply)
        choice = make(table.WHERE, make(table.EQ, hole, ZERO), value, quotient)
        return build.mul((build.number(state.scale), choice, *state.left))
    return None


@cache
def _patterns() -> tuple[_Pattern, ...]:
    plain = Build()
    patterns = []
    for row in SERIES:
        quantity = "u" if row.center == "0" else f"u - {row.center}"
        before = rebuild(parse(row.before, variables=_HOLE).root, plain)
        texts = (quantity, row.polynomial, f"abs({quantity}) < {row.radius}")
        near = parse(f"where({texts[2]}, 1, 0)", variables=_HOLE).root.args[0]
        templates = [Template(parse(text, variables=_HOLE).root) for text in texts[:2]]
        patterns.append(_Pattern(before, row.power, templates[0], templates[1], Template(near)))
    return tuple(patterns)


@cache
def _fillings() -> tuple[tuple[Expr, Expr], ...]:
    plain = Build()
    return tuple((rebuild(parse(row.before, variables=_HOLE).root, plain), parse(row.at_zero).root) for row in FILLED)
