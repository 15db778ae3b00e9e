"""Expressions in the functions that a language has: native ones, helpers, bodies; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import factorial
from typing import Literal

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import ONE, ZERO, Expr, exact, is_leaf, make, number, substitute, symbol, walk
from dcalc.functions import Row
from dcalc.rules import body, fill, pairs
from dcalc.targets.common.helpers import Helper, helpers

Kind = Literal["native", "body", "helper", "refused"]
"""How a language has a row."""
_VALUES = {
    table.PI: number(Fraction("3.141592653589793238462643383279502884")),
    table.E: number(Fraction("2.718281828459045235360287471352662498")),
}
"""The constants, for languages without names for them."""
_OPERATORS = table.CONDITIONS | {
    table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW, table.WHERE, table.NUMBER, table.SYMBOL
}  # fmt: skip


class Lowering:
    """The functions of one language: ``native`` ones, and helpers, which ``inline`` writes out in their place.

    Native functions with ``patches`` are helpers: these call them where they keep their digits.
    """

    def __init__(
        self,
        title: str,
        native: Mapping[Row, str],
        *,
        inline: bool = False,
        patches: Mapping[Row, Helper] | None = None,
    ) -> None:
        self.title = title
        self.native = {row: text for row, text in native.items() if row not in (patches or {})}
        self.guarded = native.keys() & (patches or {}).keys()
        self.helpers = {**helpers(), **(patches or {})}
        self.inline = inline
        self.direct = self.native.keys() | _OPERATORS

    def lower(self, roots: Sequence[Expr]) -> tuple[Expr, ...]:
        """The roots in rows that the language has, or that are helpers. Raises Unsupported with the row's name.

        Linear in the nodes of the roots and of what they stand for.
        """
        if all(node.op in self.direct and not node.op.fold for node in walk(*roots)):
            return tuple(roots)
        images: dict[int, Expr] = {}
        # (node, None) asks for the image of a node, (node, other) takes that of another for it.
        stack: list[tuple[Expr, Expr | None]] = [(root, None) for root in reversed(roots)]
        while stack:
            node, other = stack[-1]
            if node.id in images:
                stack.pop()
                continue
            if other is not None:
                stack.pop()
                images[node.id] = images[other.id]
                continue
            if is_leaf(node):
                images[node.id] = node
                continue
            missing = [arg for arg in node.args if arg.id not in images]
            if missing:
                stack += [(arg, None) for arg in reversed(missing)]
                continue
            stack.pop()
            image = make(node.op, *[images[arg.id] for arg in node.args])
            simpler = self._simplify(image)
            if simpler is image:
                images[node.id] = images[image.id] = image
            else:
                stack += [(node, simpler), (simpler, None)]
        return tuple(images[root.id] for root in roots)

    def _simplify(self, node: Expr) -> Expr:
        """A node in simpler functions; itself where the language has it."""
        row = node.op
        if row.fold and row.name in table.BY_NAME and len(node.args) != 2:
            only: Expr = node.args[0]
            return pairs(node) if len(node.args) > 2 else only
        if row in self.native or row in _OPERATORS:
            return node
        if (simpler := write_out(node) or self._call_by_order(node)) is not None:
            return simpler
        if row in _VALUES:
            return _VALUES[row]
        if row in _WRITTEN and (simpler := _WRITTEN[row](node)) is not None:
            return simpler
        helper = self.helpers.get(row)
        if helper is not None:
            if not self.inline:
                return node
            return substitute(helper.root, dict(zip(helper.args, node.args, strict=True)))
        if row.body:
            return body(node)
        raise self._lacks(row)

    def _lacks(self, row: Row) -> Unsupported:
        return Unsupported(
            f"{self.title} has no {row.name}",
            help="dcalc emit --target scipy has most functions; dcalc map computes them all",
        )

    def _call_by_order(self, node: Expr) -> Expr | None:
        """A Bessel function of the order 0 or 1, where the language has those alone; a polygamma function of the order
        1 or 2, where it has Hurwitz's zeta function."""
        order = exact(node.args[0]) if len(node.args) == 2 else None
        if node.op is _POLYGAMMA and isinstance(order, int) and order in _BY_ZETA and _HURWITZ in self.native:
            return fill(_BY_ZETA[order], ("x",), {"x": node.args[1]})
        row = table.find(f"{node.op.name}{order}", 1) if order in (0, 1) else None
        return None if row is None or row not in self.native else make(row, node.args[1])

    def helpers_below(self, roots: Sequence[Expr]) -> list[Row]:
        """The helpers that lowered roots call, each after those that it calls itself. Raises Unsupported."""
        order: dict[Row, None] = {}
        stack = [(row, False) for row in reversed(self._list_helpers(roots))]
        while stack:
            row, is_done = stack.pop()
            if row in order:
                continue
            if is_done:
                order[row] = None
                continue
            stack.append((row, True))
            try:
                below = self._list_helpers(self.lower([self.helpers[row].root]))
            except Unsupported:
                raise self._lacks(stack[0][0]) from None
            stack += [(inner, False) for inner in reversed(below) if inner is not row]
        return list(order)

    def _list_helpers(self, roots: Sequence[Expr]) -> list[Row]:
        rows = (node.op for node in walk(*roots) if not is_leaf(node))
        return [row for row in dict.fromkeys(rows) if row in self.helpers and row not in self.native]

    def classify(self, row: Row) -> Kind:
        """How the language has a row; native ones may be called under a guard, where they lose digits elsewhere."""
        if row in self.native or row in self.guarded:
            return "native"
        if row is table.WHERE:
            return "native"  # every language has an operator for it
        node = sample_call(row)
        try:
            self.helpers_below(self.lower([node]))
        except Unsupported:
            return "refused"
        return "helper" if row in self.helpers or row in _WRITTEN else "body"


def _write_logsumexp(node: Expr) -> Expr:
    """The logarithm of the sum of exponentials, less the largest of them."""
    args = node.args
    if len(args) == 1:
        return args[0]  # type: ignore[no-any-return]  # its argument
    if len(args) == 2:
        return make(table.ADD, make(table.MAX, *args), make(_SOFTPLUS, _distance(*args)))
    top, powers = _raise_to_top(args)
    return make(table.ADD, top, make(table.LOG, make(table.ADD, *powers)))


def _write_softmax(node: Expr) -> Expr | None:
    """One of the exponentials over their sum, less the largest of them."""
    place, args = exact(node.args[0]), node.args[1:]
    if type(place) is not int or not 0 <= place < len(args):
        return None
    if len(args) == 1:
        return ONE
    if len(args) == 2:
        return make(_SIGMOID, make(table.SUB, args[place], args[1 - place]))
    _, powers = _raise_to_top(args)
    return make(table.DIV, powers[place], make(table.ADD, *powers))


def _write_cross_entropy(node: Expr) -> Expr | None:
    """softplus of how far the others are above the label: nothing cancels where the label is likely."""
    place, args = exact(node.args[0]), node.args[1:]
    if type(place) is not int or not 0 <= place < len(args):
        return None
    others = [make(table.SUB, arg, args[place]) for at, arg in enumerate(args) if at != place]
    return make(_SOFTPLUS, make(table.LOGSUMEXP, *others)) if others else ZERO


def _raise_to_top(args: Sequence[Expr]) -> tuple[Expr, list[Expr]]:
    """The largest argument, and the exponentials of the arguments less it."""
    top = pairs(make(table.MAX, *args))
    return top, [make(table.EXP, make(table.SUB, arg, top)) for arg in args]


def _distance(u: Expr, v: Expr) -> Expr:
    return make(table.NEG, make(table.ABS, make(table.SUB, u, v)))


_SOFTPLUS = table.get("softplus", 1)
_SIGMOID = table.get("sigmoid", 1)
_WRITTEN: dict[Row, Callable[[Expr], Expr | None]] = {
    table.LOGSUMEXP: _write_logsumexp,
    table.BY_KEY["softmax"]: _write_softmax,
    table.BY_KEY["cross_entropy"]: _write_cross_entropy,
}
"""Functions of many arguments that are written out."""


def sample_call(row: Row) -> Expr:
    """A call of the row; its order is 3 where each order is written out."""
    count = max(row.minimum, min(len(row.args) + row.variadic, row.maximum or 3))
    args = [symbol(f"x{place}") for place in range(count)]
    if row in ALL_ORDERS or row.chooses or row is table.get("laguerre", 2):
        args[0] = number(1)
    return make(row, *args)


# --- Functions of a constant whole order, written out by their recurrences.

_HIGHEST_POLYNOMIAL = 100
_HIGHEST_BESSEL = 12
_ULP = Fraction(1, 1 << 54)


def write_out(node: Expr) -> Expr | None:
    """What a function of a constant whole order is in simpler ones; None for others and for orders that are too high.

    Linear in the order.
    """
    rule = _RULES.get(node.op)
    order = exact(node.args[0]) if rule is not None else None
    if rule is None or type(order) is not int:
        return None
    return rule(order, *node.args[1:])


def _spherical(order: int, x: Expr) -> Expr | None:
    """j_n: its series where x is at most n + 1, which alternates, and the recurrence beyond, which is stable there."""
    if not 0 <= order <= _HIGHEST_BESSEL:
        return None
    sinc = make(table.get("sinc", 1), x)
    if not order:
        return sinc
    reach = order + 1
    below, value = sinc, fill("(s - cos(x))/x", ("s", "x"), {"s": sinc, "x": x})
    for k in range(1, order):
        names = {"p": below, "q": value, "x": x}
        below, value = value, fill(f"{2 * k + 1}/x*q - p", ("p", "q", "x"), names)
    series = fill(_spherical_series(order, reach), ("x",), {"x": x})
    near = make(table.LT, make(table.ABS, x), number(reach))
    return make(table.WHERE, near, series, value)


def _spherical_series(order: int, reach: int) -> str:
    """x**n/(2*n + 1)!! times a polynomial in x**2; the first term that is left out is below half an ulp of the sum,
    which is at least a hundredth of the first one."""
    odd = factorial(2 * order + 1) // (2**order * factorial(order))
    terms = []
    k, coefficient = 0, Fraction(1)
    while abs(coefficient) * reach ** (2 * k) > _ULP / 100:
        terms.append(f"({coefficient.numerator}/{coefficient.denominator})*x**{2 * k}")
        k += 1
        coefficient *= Fraction(-1, 2 * k * (2 * order + 2 * k + 1))
    return f"x**{order}*({' + '.join(terms)})/{odd}"


def _recur(second: str, step: Callable[[int], str]) -> Callable[..., Expr | None]:
    """Polynomials by their three-term recurrence, from 1 on: texts in x, a and the two before, p and q."""

    def write(order: int, *args: Expr) -> Expr | None:
        if not 0 <= order <= _HIGHEST_POLYNOMIAL:
            return None
        *extra, x = args
        names = {"x": x, "a": extra[0] if extra else ZERO}
        below, value = ONE, fill(second, ("x", "a"), names)
        if not order:
            return below
        for k in range(1, order):
            below, value = value, fill(step(k), ("x", "a", "p", "q"), {**names, "p": below, "q": value})
        return value

    return write


def _chebyshev_second(order: int, x: Expr) -> Expr | None:
    return ZERO if order == -1 else _CHEBYSHEV(order, x)


def _gegenbauer(order: int, a: Expr, x: Expr) -> Expr | None:
    return ZERO if order < 0 else _GEGENBAUER(order, a, x)


_CHEBYSHEV = _recur("2*x", lambda k: "2*x*q - p")
_GEGENBAUER = _recur("2*a*x", lambda k: f"(2*({k} + a)*x*q - ({k} - 1 + 2*a)*p)/{k + 1}")


def _polygamma(order: int, x: Expr) -> Expr | None:
    return make(table.DIGAMMA, x) if not order else None


_POLYGAMMA, _HURWITZ = table.get("polygamma", 2), table.get("zeta", 2)
_BY_ZETA = {
    1: "where(x < 0, (pi/sinpi(x))**2 - zeta(2, 1 - x), zeta(2, x))",
    2: "-2*where(x < 0, zeta(3, 1 - x) + pi**3*cospi(x)/sinpi(x)**3, zeta(3, x))",
}
"""Polygamma functions by their order: DLMF 25.11.12, and 5.15.6 for its reflection."""
_RULES: dict[Row, Callable[..., Expr | None]] = {
    table.get("sphericalbesselj", 2): _spherical,
    table.get("legendre", 2): _recur("x", lambda k: f"({2 * k + 1}*x*q - {k}*p)/{k + 1}"),
    table.get("chebyshevt", 2): _recur("x", lambda k: "2*x*q - p"),
    table.get("chebyshevu", 2): _chebyshev_second,
    table.get("hermite", 2): _recur("2*x", lambda k: f"2*x*q - {2 * k}*p"),
    table.get("laguerre", 3): _recur("1 + a - x", lambda k: f"(({2 * k + 1} + a - x)*q - ({k} + a)*p)/{k + 1}"),
    table.get("gegenbauer", 3): _gegenbauer,
    _POLYGAMMA: _polygamma,
}
ALL_ORDERS = frozenset(_RULES) - {_POLYGAMMA}
"""Rows of which each order up to some limit is written out."""
