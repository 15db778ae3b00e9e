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
from dcalc.stable.forms_table import Match, telling_mask, telling_masks

# --- the table ---------------------------------------------------------------------------------
# The table of series: sums that cancel, as polynomials close to the point where they vanish.
#
# Each polynomial is the Taylor polynomial of its sum; what it leaves out is proved to be less than a quarter of an
# ulp within its radius (Taylor's theorem, the last coefficient bounded in ball arithmetic), and tests hold it against
# mpmath.


class Series(NamedTuple):
    """``before`` is (u - center)**power times a polynomial where u is within ``radius`` of the center."""

    before: str
    power: int
    radius: str
    polynomial: str
    center: str = "0"


class Filled(NamedTuple):
    """A quotient that has no value at u = 0, and the value that continuity gives it there."""

    before: str
    at_zero: str


FILLED = (
    Filled("expm1(u)/u", "1"),
    Filled("log1p(u)/u", "1"),
    Filled("sinh(u)/u", "1"),
    Filled("tan(u)/u", "1"),
    Filled("tanh(u)/u", "1"),
    Filled("atan(u)/u", "1"),
    Filled("asin(u)/u", "1"),
    Filled("asinh(u)/u", "1"),
    Filled("atanh(u)/u", "1"),
    Filled("erf(u)/u", "2/sqrt(pi)"),
)

SERIES = (
    Series(
        "u - sin(u)",
        3,
        "1",
        "1/6 - u**2/120 + u**4/5040 - u**6/362880 + u**8/39916800 - u**10/6227020800 + "
        "u**12/1307674368000 - u**14/355687428096000 + u**16/121645100408832000",
    ),
    Series(
        "tan(u) - u",
        3,
        "1/4",
        "1/3 + 2/15*u**2 + 17/315*u**4 + 62/2835*u**6 + 1382/155925*u**8 + 21844/6081075*u**10 + "
        "929569/638512875*u**12 + 6404582/10854718875*u**14 + 443861162/1856156927625*u**16 + "
        "18888466084/194896477400625*u**18 + 113927491862/2900518163668125*u**20 + "
        "58870668456604/3698160658676859375*u**22",
    ),
    Series(
        "tan(u) - sin(u)",
        3,
        "1/4",
        "1/2 + u**2/8 + 13/240*u**4 + 529/24192*u**6 + 10721/1209600*u**8 + 16387/4561920*u**10 + "
        "634585771/435891456000*u**12 + 164600269/278970531840*u**14 + 5608036459/23451918336000*u**16 + "
        "30009079109843/309642073767936000*u**18 + 14716288210244237/374666909259202560000*u**20 + "
        "180894857282203651/1.13635238412681216e22*u**22",
    ),
    Series(
        "sinh(u) - u",
        3,
        "1",
        "1/6 + u**2/120 + u**4/5040 + u**6/362880 + u**8/39916800 + u**10/6227020800 + "
        "u**12/1307674368000 + u**14/355687428096000 + u**16/121645100408832000",
    ),
    Series(
        "u - tanh(u)",
        3,
        "1/4",
        "1/3 - 2/15*u**2 + 17/315*u**4 - 62/2835*u**6 + 1382/155925*u**8 - 21844/6081075*u**10 + "
        "929569/638512875*u**12 - 6404582/10854718875*u**14 + 443861162/1856156927625*u**16 - "
        "18888466084/194896477400625*u**18 + 113927491862/2900518163668125*u**20 - "
        "58870668456604/3698160658676859375*u**22 + 8374643517010684/1298054391195577640625*u**24",
    ),
    Series(
        "u - atan(u)",
        3,
        "1/8",
        "1/3 - u**2/5 + u**4/7 - u**6/9 + u**8/11 - u**10/13 + u**12/15 - u**14/17 + u**16/19 - u**18/21",
    ),
    Series(
        "asin(u) - u",
        3,
        "1/8",
        "1/6 + 3/40*u**2 + 5/112*u**4 + 35/1152*u**6 + 63/2816*u**8 + 231/13312*u**10 + 143/10240*u**12 + "
        "6435/557056*u**14 + 12155/1245184*u**16 + 46189/5505024*u**18",
    ),
    Series(
        "u - asinh(u)",
        3,
        "1/8",
        "1/6 - 3/40*u**2 + 5/112*u**4 - 35/1152*u**6 + 63/2816*u**8 - 231/13312*u**10 + 143/10240*u**12 - "
        "6435/557056*u**14 + 12155/1245184*u**16 - 46189/5505024*u**18 + 88179/12058624*u**20 - "
        "676039/104857600*u**22 + 1300075/226492416*u**24",
    ),
    Series(
        "atanh(u) - u",
        3,
        "1/8",
        "1/3 + u**2/5 + u**4/7 + u**6/9 + u**8/11 + u**10/13 + u**12/15 + u**14/17 + u**16/19 + u**18/21 + u**20/23",
    ),
    Series(
        "exp(u) - 1 - u",
        2,
        "1/2",
        "1/2 + u/6 + u**2/24 + u**3/120 + u**4/720 + u**5/5040 + u**6/40320 + u**7/362880 + u**8/3628800 "
        "+ u**9/39916800 + u**10/479001600 + u**11/6227020800 + u**12/87178291200 + u**13/1307674368000",
    ),
    Series(
        "expm1(u) - u",
        2,
        "1/2",
        "1/2 + u/6 + u**2/24 + u**3/120 + u**4/720 + u**5/5040 + u**6/40320 + u**7/362880 + u**8/3628800 "
        "+ u**9/39916800 + u**10/479001600 + u**11/6227020800 + u**12/87178291200 + u**13/1307674368000",
    ),
    Series(
        "u - log(1 + u)",
        2,
        "1/16",
        "1/2 - u/3 + u**2/4 - u**3/5 + u**4/6 - u**5/7 + u**6/8 - u**7/9 + u**8/10 - u**9/11 + u**10/12 - "
        "u**11/13 + u**12/14 - u**13/15",
    ),
    Series(
        "u - log1p(u)",
        2,
        "1/16",
        "1/2 - u/3 + u**2/4 - u**3/5 + u**4/6 - u**5/7 + u**6/8 - u**7/9 + u**8/10 - u**9/11 + u**10/12 - "
        "u**11/13 + u**12/14 - u**13/15",
    ),
    Series(
        "log1p(u) - u/(1 + u)",
        2,
        "1/16",
        "1/2 - 2/3*u + 3/4*u**2 - 4/5*u**3 + 5/6*u**4 - 6/7*u**5 + 7/8*u**6 - 8/9*u**7 + 9/10*u**8 - "
        "10/11*u**9 + 11/12*u**10 - 12/13*u**11 + 13/14*u**12 - 14/15*u**13 + 15/16*u**14",
    ),
    Series(
        "log(1 + u) - u/(1 + u)",
        2,
        "1/16",
        "1/2 - 2/3*u + 3/4*u**2 - 4/5*u**3 + 5/6*u**4 - 6/7*u**5 + 7/8*u**6 - 8/9*u**7 + 9/10*u**8 - "
        "10/11*u**9 + 11/12*u**10 - 12/13*u**11 + 13/14*u**12 - 14/15*u**13 + 15/16*u**14",
    ),
    Series(
        "cos(u) - 1 + u**2/2",
        4,
        "1",
        "1/24 - u**2/720 + u**4/40320 - u**6/3628800 + u**8/479001600 - u**10/87178291200 + "
        "u**12/20922789888000 - u**14/6402373705728000 + u**16/2432902008176640000",
    ),
    Series(
        "cosh(u) - 1 - u**2/2",
        4,
        "1",
        "1/24 + u**2/720 + u**4/40320 + u**6/3628800 + u**8/479001600 + u**10/87178291200 + "
        "u**12/20922789888000 + u**14/6402373705728000 + u**16/2432902008176640000",
    ),
    Series(
        "sin(u) - u*cos(u)",
        3,
        "1",
        "1/3 - u**2/30 + u**4/840 - u**6/45360 + u**8/3991680 - u**10/518918400 + u**12/93405312000 - "
        "u**14/22230464256000 + u**16/6758061133824000",
    ),
    Series(
        "u*cosh(u) - sinh(u)",
        3,
        "1",
        "1/3 + u**2/30 + u**4/840 + u**6/45360 + u**8/3991680 + u**10/518918400 + u**12/93405312000 + "
        "u**14/22230464256000 + u**16/6758061133824000",
    ),
    Series(
        "u*exp(u) - exp(u) + 1",
        2,
        "1/2",
        "1/2 + u/3 + u**2/8 + u**3/30 + u**4/144 + u**5/840 + u**6/5760 + u**7/45360 + u**8/403200 + "
        "u**9/3991680 + u**10/43545600 + u**11/518918400 + u**12/6706022400 + u**13/93405312000 + "
        "u**14/1394852659200",
    ),
    Series(
        "u*exp(u) - expm1(u)",
        2,
        "1/2",
        "1/2 + u/3 + u**2/8 + u**3/30 + u**4/144 + u**5/840 + u**6/5760 + u**7/45360 + u**8/403200 + "
        "u**9/3991680 + u**10/43545600 + u**11/518918400 + u**12/6706022400 + u**13/93405312000 + "
        "u**14/1394852659200",
    ),
    Series(
        "1 - sinc(u)",
        2,
        "1",
        "1/6 - u**2/120 + u**4/5040 - u**6/362880 + u**8/39916800 - u**10/6227020800 + "
        "u**12/1307674368000 - u**14/355687428096000 + u**16/121645100408832000",
    ),
    Series(
        "u*log(u) - u + 1",
        2,
        "1/16",
        "1/2 - (u - 1)/6 + (u - 1)**2/12 - (u - 1)**3/20 + (u - 1)**4/30 - (u - 1)**5/42 + (u - 1)**6/56 "
        "- (u - 1)**7/72 + (u - 1)**8/90 - (u - 1)**9/110 + (u - 1)**10/132 - (u - 1)**11/156 + (u - "
        "1)**12/182 - (u - 1)**13/210",
        center="1",
    ),
    Series(
        "u - log(u) - 1",
        2,
        "1/16",
        "1/2 - (u - 1)/3 + (u - 1)**2/4 - (u - 1)**3/5 + (u - 1)**4/6 - (u - 1)**5/7 + (u - 1)**6/8 - (u "
        "- 1)**7/9 + (u - 1)**8/10 - (u - 1)**9/11 + (u - 1)**10/12 - (u - 1)**11/13 + (u - 1)**12/14 - "
        "(u - 1)**13/15",
        center="1",
    ),
)


# --- patches -----------------------------------------------------------------------------------


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
