"""Which rule a textbook applies to an expression: its statement, what its letters stand for, and what it leads to.

A quotient has the quotient rule and a product the product rule, whatever the engine does with their powers. Where
branches and choices meet, the engine alone knows the derivative, and its result stands in the place of a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.expr import (
    MINUS_ONE,
    ONE,
    ZERO,
    Expr,
    Number,
    exact,
    list_chain,
    make,
    number,
    substitute,
    symbol,
    variables,
)
from dcalc.parser import parse
from dcalc.simplify import Build, rebuild
from dcalc.simplify.arithmetic import quotient

Formula = tuple[Expr, Expr]
"""A function, and its derivative in general."""
Part = tuple[str, Expr]
"""A letter, and what it stands for."""
MOST_FACTORS = 8
"""A product with more factors is differentiated at once, by the engine: a derivation by two factors at a time would
fill pages."""
_SUMS = (table.ADD, table.SUB, table.NEG)
_LETTERS = ("u", "v")
_PRIMES = {f"d{letter}": symbol(f"{letter}'") for letter in _LETTERS}


class Plan(NamedTuple):
    """How the derivative of an expression is found.

    ``parts`` are the functions whose derivatives are needed, each with its letter; ``assemble`` makes of those
    derivatives what the rule says, before anything is simplified.
    """

    rule: str
    formula: Formula | None
    parts: tuple[Part, ...]
    assemble: Callable[[Sequence[Expr]], Expr]


def _formula(left: str, right: str) -> Formula:
    """A rule as texts: du and dv are the derivatives of u and v."""
    function, slope = (parse(text, strict=False).root for text in (left, right))
    return function, substitute(slope, _PRIMES)


class Textbook:
    """The rules for one variable."""

    def __init__(self, name: str, build: Build) -> None:
        self.name = name
        self.build = build
        self.variable = symbol(name)
        self._moving: dict[int, bool] = {}

    def moves(self, node: Expr) -> bool:
        """Whether an expression depends on the variable."""
        if node.id not in self._moving:
            self._moving[node.id] = self.name in variables(node)
        return self._moving[node.id]

    def is_plain(self, node: Expr) -> bool:
        """Whether an expression is the variable or a constant, whose derivative is 1 or 0 without more words."""
        return node is self.variable or not self.moves(node)

    def plan(self, node: Expr) -> Plan:
        """The rule for an expression. Raises Unsupported where a partial has no closed form."""
        if node is self.variable:
            return Plan("variable", (self.variable, ONE), (), lambda _: ONE)
        if not self.moves(node):
            return Plan("constant rule", (symbol("c"), ZERO), (), lambda _: ZERO)
        op = node.op
        if op in _SUMS:
            return self._sum(node)
        if op is table.MUL:
            return self._product(node)
        if op is table.DIV:
            return self._division(*node.args)
        if op is table.POW:
            return self._power(node)
        return self._call(node)

    def _engine(self, rule: str, node: Expr, parts: Sequence[Expr] = (), formula: Formula | None = None) -> Plan:
        """A plan whose derivative the engine knows."""
        return Plan(rule, formula, _lettered(parts), lambda _: derivative(node, (self.name,)))

    def simplify(self, node: Expr) -> Expr:
        """The simplified form of what was typed, which constants are shown in."""
        return rebuild(node, self.build)

    # --- sums, products, quotients ------------------------------------------------------------

    def _sum(self, node: Expr) -> Plan:
        """Sums and differences of any length, as one rule; constants among the terms are one, c."""
        terms = _signed_terms(node)
        parts = _lettered([term for term, _ in terms if self.moves(term)])
        signs = [sign for term, sign in terms if self.moves(term)]
        constants = [symbol("c")] if len(parts) < len(terms) else []
        letters = _with_signs([symbol(letter) for letter, _ in parts], signs)
        formula = (
            _add([*letters, *constants] if signs[0] > 0 else [*constants, *letters]),
            _add(_with_signs([symbol(f"{letter}'") for letter, _ in parts], signs)),
        )
        rule = "sum rule" if len(terms) > 1 else "constant multiple rule"
        return Plan(
            "difference rule" if signs == [1, -1] else rule,
            formula,
            parts,
            lambda slopes: _add(_with_signs(slopes, signs)),
        )

    def _product(self, node: Expr) -> Plan:
        factors = list_chain(node)
        constants = [factor for factor in factors if not self.moves(factor)]
        moving = [factor for factor in factors if self.moves(factor)]
        if constants:
            number_in_front, rest = self.simplify(_mul(*constants)), _mul(*moving)
            return Plan(
                "constant multiple rule", _formula("c*u", "c*du"), (("c", number_in_front), ("u", rest)),
                lambda slopes: _mul(number_in_front, slopes[1]),
            )  # fmt: skip
        below = [self.build.power(factor, MINUS_ONE) for factor in moving if _is_divisor(factor)]
        above = [factor for factor in moving if not _is_divisor(factor)]
        if below:
            return self._division(_mul(*above), _mul(*below))
        if len(above) > MOST_FACTORS:
            return self._engine("product rule", node, above)
        first, rest = above[0], _mul(*above[1:])
        return Plan(
            "product rule", _formula("u*v", "du*v + u*dv"), (("u", first), ("v", rest)),
            lambda slopes: _add((_mul(slopes[0], rest), _mul(first, slopes[1]))),
        )  # fmt: skip

    def _division(self, above: Expr, below: Expr) -> Plan:
        if not self.moves(below):
            return Plan(
                "constant multiple rule", _formula("u/c", "du/c"), (("u", above), ("c", below)),
                lambda slopes: _mul(slopes[0], make(table.DIV, ONE, below)),
            )  # fmt: skip
        if not self.moves(above):
            return self._reciprocal(below, above)
        square = make(table.POW, below, number(2))
        return Plan(
            "quotient rule", _formula("u/v", "(du*v - u*dv)/v**2"), (("u", above), ("v", below)),
            lambda slopes: make(
                table.DIV, _add((_mul(slopes[0], below), _mul(MINUS_ONE, above, slopes[1]))), square
            ),
        )  # fmt: skip

    def _reciprocal(self, below: Expr, above: Expr = ONE) -> Plan:
        square = make(table.POW, below, number(2))
        formula = _formula("1/v", "-dv/v**2") if above is ONE else _formula("c/v", "-c*dv/v**2")
        parts = (("v", below),) if above is ONE else (("c", above), ("v", below))
        return Plan(
            "reciprocal rule", formula, parts,
            lambda slopes: _mul(MINUS_ONE, above, slopes[-1], make(table.DIV, ONE, square)),
        )  # fmt: skip

    # --- powers -------------------------------------------------------------------------------

    def _power(self, node: Expr) -> Plan:
        base, exponent = node.args
        if not self.moves(exponent):
            return self._power_of(base, self.simplify(exponent))
        log = make(table.LOG, base)
        if base.op is table.E:
            return Plan(
                _chain("exponential rule", exponent is self.variable), self._shape("e**u", "e**u*du", exponent),
                (("u", exponent),), lambda slopes: _mul(node, slopes[0]),
            )  # fmt: skip
        if not self.moves(base):
            return Plan(
                _chain("exponential rule", exponent is self.variable), self._shape("a**u", "a**u*log(a)*du", exponent),
                (("a", base), ("u", exponent)), lambda slopes: _mul(node, log, slopes[1]),
            )  # fmt: skip
        lower = make(table.POW, base, make(table.SUB, exponent, ONE))
        return Plan(
            "general power rule", _formula("u**v", "v*u**(v - 1)*du + u**v*log(u)*dv"), (("u", base), ("v", exponent)),
            lambda slopes: _add((_mul(exponent, lower, slopes[0]), _mul(node, log, slopes[1]))),
        )  # fmt: skip

    def _power_of(self, base: Expr, exponent: Expr) -> Plan:
        """u**n, whose exponent is constant."""
        value = exact(exponent)
        if value == -1 and base is not self.variable:
            return self._reciprocal(base)
        if value is not None and 2 * value == 1:
            return self._square_root(base, make(table.POW, base, exponent))
        less = self.build.add((exponent, MINUS_ONE))
        lower = base if less is ONE else make(table.POW, base, less)
        return Plan(
            _chain("power rule", base is self.variable), self._shape("u**n", "n*u**(n - 1)*du", base),
            (("u", base), ("n", exponent)), lambda slopes: _mul(exponent, lower, slopes[0]),
        )  # fmt: skip

    def _square_root(self, inner: Expr, root: Expr) -> Plan:
        return Plan(
            _chain("square root rule", inner is self.variable), self._shape("sqrt(u)", "du/(2*sqrt(u))", inner),
            (("u", inner),), lambda slopes: _mul(slopes[0], make(table.DIV, ONE, make(table.MUL, number(2), root))),
        )  # fmt: skip

    def _shape(self, left: str, right: str, inner: Expr) -> Formula:
        """A rule for an inner function, or for the variable, whose derivative need not be written."""
        function, slope = _formula(left, right)
        if inner is not self.variable:
            return function, slope
        slope = parse(right.removesuffix("*du").replace("du/", "1/"), strict=False).root
        return substitute(function, {"u": self.variable}), substitute(slope, {"u": self.variable})

    # --- functions ----------------------------------------------------------------------------

    def _call(self, node: Expr) -> Plan:
        op = node.op
        if op is table.SQRT:
            return self._square_root(node.args[0], node)
        if op is table.WHERE:
            return self._engine("branch by branch", node, node.args[1:])
        if op.body:
            return self._stand_in(f"definition of {op.name}", rules.body(node, self.build.apply))
        if op.fold and len(node.args) > 2:
            return self._stand_in(f"pairs of {op.name}", rules.pairs(node))
        moving = [place for place, arg in enumerate(node.args) if self.moves(arg)]
        inner = [node.args[place] for place in moving]
        rule = _chain(f"derivative of {op.name}", all(arg is self.variable for arg in inner))
        if op.tangent:
            return self._engine(rule, node, inner)
        partials = [rules.partial(node, place) for place in moving]
        if None in partials:
            return self._engine(rule, node)  # raises Unsupported
        letters = [_letter(place) for place in moving]
        slopes_of = [part for part in partials if part is not None]
        return Plan(
            rule, self._general(node, moving), tuple(zip(letters, inner, strict=True)),
            lambda slopes: _add([_mul(part, slope) for part, slope in zip(slopes_of, slopes, strict=True)]),
        )  # fmt: skip

    def _general(self, node: Expr, moving: Sequence[int]) -> Formula:
        """What the table says of a function: sin(u) has the derivative cos(u)*u', and sin(x) has cos(x)."""
        is_plain = len(node.args) == 1 and node.args[0] is self.variable
        letters = [self.variable] if is_plain else [symbol(_letter(place)) for place in range(len(node.args))]
        function = make(node.op, *letters)
        terms = [
            partial if is_plain else _mul(partial, symbol(f"{letters[place].args[0]}'"))
            for place in moving
            if (partial := rules.partial(function, place)) is not None
        ]
        return function, _add(terms)

    def _stand_in(self, rule: str, node: Expr) -> Plan:
        """What a function is defined as, whose derivative it has."""
        return Plan(rule, None, (("f", node),), lambda slopes: slopes[0])


def _signed_terms(node: Expr) -> list[tuple[Expr, int]]:
    """The terms of a chain of sums, differences and minus signs, in order, each with its sign."""
    terms: list[tuple[Expr, int]] = []
    stack = [(node, 1)]
    while stack:
        top, sign = stack.pop()
        if top.op in _SUMS:
            signs = [sign] * len(top.args)
            if top.op is not table.ADD:
                signs[-1] = -sign
            stack += reversed(list(zip(top.args, signs, strict=True)))
        else:
            terms.append((top, sign))
    return terms


def _is_divisor(factor: Expr) -> bool:
    value = exact(factor.args[1]) if factor.op is table.POW else None
    return value is not None and value < 0


def _chain(rule: str, plain: bool) -> str:
    return rule if plain else f"{rule}, chain rule"


def _lettered(parts: Sequence[Expr]) -> tuple[Part, ...]:
    """The parts with the letters u and v, or with numbers where there are more."""
    if len(parts) <= len(_LETTERS):
        return tuple(zip(_LETTERS, parts, strict=False))
    return tuple((f"u{place}", part) for place, part in enumerate(parts, 1))


def _letter(place: int) -> str:
    """The letter for an argument of a function."""
    return "uvwst"[place] if place < len("uvwst") else f"u{place + 1}"


def _with_signs(terms: Sequence[Expr], signs: Sequence[int]) -> list[Expr]:
    """The terms with their signs."""
    return [term if sign > 0 else _mul(MINUS_ONE, term) for term, sign in zip(terms, signs, strict=True)]


def _add(terms: Sequence[Expr]) -> Expr:
    """The sum as it is written before it is simplified; terms that begin with a minus sign are subtracted."""
    total = ZERO
    for term in terms:
        positive = _without_sign(term)
        if total is ZERO:
            total = term
        else:
            total = make(table.ADD, total, term) if positive is None else make(table.SUB, total, positive)
    return total


def _without_sign(term: Expr) -> Expr | None:
    """A term without the minus sign that it begins with, None where it begins with none."""
    spine = _left_spine(term)
    first = spine.pop()
    if first.op is table.NEG:
        return _replace_first(spine, first.args[0])
    if first.op is table.NUMBER and first.args[0] < 0:
        return _replace_first(spine, number(-first.args[0]))
    return None


def _with_sign(term: Expr) -> Expr:
    """The term with a minus sign in front."""
    spine = _left_spine(term)
    first = spine.pop()
    opposite = number(-first.args[0]) if first.op is table.NUMBER else make(table.MUL, MINUS_ONE, first)
    return _replace_first(spine, opposite)


def _left_spine(term: Expr) -> list[Expr]:
    """A product or quotient and what it begins with, down to the first factor."""
    spine = [term]
    while spine[-1].op is table.MUL or spine[-1].op is table.DIV:
        spine.append(spine[-1].args[0])
    return spine


def _replace_first(spine: Sequence[Expr], first: Expr) -> Expr:
    for node in reversed(spine):
        if node.op is table.MUL and first is ONE:
            first = node.args[1] if len(node.args) == 2 else make(table.MUL, *node.args[1:])
        else:
            first = make(node.op, first, *node.args[1:])
    return first


def _mul(*factors: Expr) -> Expr:
    """The product as it is written before it is simplified: factors of 1 are left out, signs stand in front, and what
    stands below a line stands below one line."""
    above: list[Expr] = []
    below: list[Expr] = []
    is_negative = False
    for factor in factors:
        positive = _without_sign(factor)
        if positive is not None:
            is_negative = not is_negative
        _sort_factors(factor if positive is None else positive, above, below)
    product = _join(above)
    if below:
        product = make(table.DIV, product, _join(sorted(below, key=lambda part: exact(part) is None)))
    return _with_sign(product) if is_negative else product


def _sort_factors(factor: Expr, above: list[Expr], below: list[Expr]) -> None:
    """Add what stands above and below the line in a factor; a product that has no line stays together."""
    stack = [(factor, above, below)]
    while stack:
        top, same, other = stack.pop()
        if top.op is table.DIV:
            stack += [(top.args[1], other, same), (top.args[0], same, other)]
        elif top.op is table.MUL and any(part.op is table.DIV or _is_divisor(part) for part in top.args):
            stack += [(part, same, other) for part in reversed(top.args)]
        elif _is_divisor(top):
            base, exponent = top.args
            other.append(_raise(base, -(exact(exponent) or 0)))
        else:
            same.append(top)


def _raise(base: Expr, exponent: Number) -> Expr:
    """A power with a positive exponent."""
    if type(exponent) is int:
        return base if exponent == 1 else make(table.POW, base, number(exponent))
    return make(table.POW, base, quotient(Fraction(exponent)))


def _join(factors: Sequence[Expr]) -> Expr:
    """The product of factors, of which 1 is left out."""
    rest = [factor for factor in factors if factor is not ONE]
    return reduce(lambda left, right: make(table.MUL, left, right), rest) if rest else ONE
