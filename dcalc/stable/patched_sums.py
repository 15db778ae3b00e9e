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
from dcalc.stable.matching import Match, telling_mask, telling_masks
from dcalc.stable.series_table import FILLED, SERIES

_HOLE = ("u",)
_WIDEST = 8
"""Terms of a sum beyond which no series is sought in it."""


class _Pattern(NamedTuple):
    before: Expr
    power: int
    quantity: Template
    polynomial: Template
    near: Template
    title: str
    mask: int


class _Factoring(NamedTuple):
    """Part of a sum as ``factor`` times quantity**power, the condition for it, and the terms that are left."""

    near: Expr
    quantity: Expr
    power: int
    factor: Expr
    left: tuple[Expr, ...]


def patch(root: Expr, build: Build, used: dict[str, None]) -> Expr:
    """The root with each sum of the table as a choice between its series and itself.

    In a quotient by a power of what the sum vanishes with, the powers cancel in the branch of the series.
    """
    patcher = _Patcher(root, build, used)
    return patcher.replace(patcher.patch_node)


def fill(root: Expr, build: Build, used: dict[str, None]) -> Expr:
    """The root with quotients such as expm1(u)/u filled at 0."""
    patcher = _Patcher(root, build, used)
    return patcher.replace(patcher.fill_product)


def _kept_as_they_are(root: Expr) -> set[int]:
    """The sums that are a series elsewhere already, or are dealt with in the product around them."""
    kept: set[int] = set()
    for node in walk(root):
        if node.op is table.WHERE and node.args[0].op in (table.LT, table.EQ):
            kept.update(part.id for part in walk(node.args[2]))
        elif node.op is table.MUL:
            kept.update(factor.id for factor in node.args if factor.op is table.ADD)
    return kept


class _Patcher:
    """One root, the functions in each of its parts, and what is rewritten in it."""

    def __init__(self, root: Expr, build: Build, used: dict[str, None]) -> None:
        self.root = root
        self.build = build
        self.used = used
        self.masks = telling_masks(root)

    def replace(self, find: Callable[[Expr, Expr], Expr | None]) -> Expr:
        """The root with what ``find`` makes of a node and of its image, where it makes something of them."""
        excluded = _kept_as_they_are(self.root)
        images: dict[int, Expr] = {}
        for node in walk(self.root):
            if is_leaf(node):
                images[node.id] = node
                continue
            args = tuple(images[arg.id] for arg in node.args)
            image = node if args == node.args else make(node.op, *args)
            replaced = None if node.id in excluded else find(node, image)
            images[node.id] = image if replaced is None else replaced
        return images[self.root.id]

    def patch_node(self, node: Expr, image: Expr) -> Expr | None:
        """A sum, or a product with a sum, as a choice between the series and the image; None where there is none."""
        build = self.build
        if node.op is table.ADD:
            found = self._match(node)
            if found is None:
                return None
            own = build.add([term for term in node.args if term not in found.left]) if found.left else image
            choice = make(table.WHERE, found.near, _product([found.factor], found, build), own)
            return build.add([choice, *found.left]) if found.left else choice
        for factor in node.args if node.op is table.MUL else ():
            found = self._match(factor) if factor.op is table.ADD else None
            if found is not None and not found.left:
                rest = [other for other in node.args if other is not factor]
                return make(table.WHERE, found.near, _product([*rest, found.factor], found, build), image)
        return None

    def _match(self, node: Expr) -> _Factoring | None:
        if len(node.args) > _WIDEST:
            return None
        mask = self.masks[node.id]
        for pattern in _patterns():
            if pattern.mask & ~mask or len(pattern.before.args) > len(node.args):
                continue
            state = Match(self.build).find(pattern.before, node)
            if state is None or exact(state.holes["u"]) is not None:
                continue
            self.used[pattern.title] = None
            factor = self.build.mul((self.build.number(state.scale), pattern.polynomial.build(state.holes)))
            return _Factoring(
                pattern.near.build(state.holes),
                pattern.quantity.build(state.holes, self.build.apply),
                pattern.power,
                factor,
                state.left,
            )
        return None

    def fill_product(self, node: Expr, _image: Expr) -> Expr | None:
        """A product with a quotient of the table among its factors; None where there is none."""
        mask = self.masks[node.id]
        for before, value, title, own in _fillings() if node.op is table.MUL else ():
            if own & ~mask:
                continue
            state = Match(self.build).find(before, node)
            if state is None or exact(state.holes["u"]) is not None:
                continue
            hole = state.holes["u"]
            quotient = Template(before).build(state.holes, self.build.apply)
            self.used[title] = None
            choice = make(table.WHERE, make(table.EQ, hole, ZERO), value, quotient)
            return self.build.mul((self.build.number(state.scale), choice, *state.left))
        return None


def _product(factors: list[Expr], found: _Factoring, build: Build) -> Expr:
    return build.mul([build.power(found.quantity, number(found.power)), *factors])


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
        title = f"series of {row.before}"
        quantity_form, polynomial = templates
        patterns.append(
            _Pattern(before, row.power, quantity_form, polynomial, Template(near), title, telling_mask(before))
        )
    return tuple(patterns)


@cache
def _fillings() -> tuple[tuple[Expr, Expr, str, int], ...]:
    plain = Build()
    known = []
    for row in FILLED:
        before = rebuild(parse(row.before, variables=_HOLE).root, plain)
        title = f"{row.before} is {row.at_zero} at 0"
        known.append((before, parse(row.at_zero).root, title, telling_mask(before)))
    return tuple(known)
