"""Whether two nodes are equal for all values and all lengths: by multiplying out into Einstein sums of atoms.

What is multiplied out is a polynomial whose monomials are networks in canonical form, so that equal ones are one
node and a difference that is zero vanishes by itself. Denominators that are scalars, or that divide entry by entry,
are multiplied away before. The answer is a proof or nothing: some equalities are not seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from dcalc import functions as table
from dcalc.errors import LimitError
from dcalc.functions import Row
from dcalc.tensor.elementwise import SIGMOID, apply_row
from dcalc.tensor.linear import determinant
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    Number,
    add,
    factors_of,
    is_closed,
    is_zero,
    multiply,
    number,
    product,
    raise_to,
    replace_args,
    scale,
    split_coefficient,
    walk,
)

MOST_TERMS = 3000
"""Of a sum that is multiplied out; beyond that nothing is proved."""


class _TooMany(LimitError):
    """Multiplied out, there would be too many terms."""

    def __init__(self) -> None:
        super().__init__(f"multiplied out, this has more than {MOST_TERMS:,} terms", help="leave it as it is")


def is_proved_equal(first: Node, second: Node) -> bool:
    """Whether two nodes of one shape are proved to be equal wherever both are defined.

    Cost: the number of terms that the difference has when it is multiplied out, up to `MOST_TERMS`.
    """
    if first.shape != second.shape:
        return False
    if first is second:
        return True
    try:
        difference = expand(add([first, scale(second, -1)]))
        for _ in range(4):
            if is_zero(difference):
                return True
            cleared = _clear_denominators(difference)
            if cleared is None:
                return False
            difference = expand(cleared)
    except _TooMany:
        return False
    return is_zero(difference)


def expand(root: Node) -> Node:
    """The node with all sums multiplied out, in arguments of functions, too. Raises LimitError."""
    images: dict[Node, Node] = {}
    for node in walk(root):
        args = [images[arg] for arg in node.args]
        if node.kind is Kind.PRODUCT:
            images[node] = _multiply_out(node, images)
        elif node.kind is Kind.APPLY:
            images[node] = _normal_function(node, args)
        elif node.kind is Kind.DET:
            images[node] = determinant(args[0], splits=True)
        else:
            images[node] = replace_args(node, args)
    return images[root]


def _multiply_out(node: Node, images: Mapping[Node, Node]) -> Node:
    """A product with the sums among its factors multiplied out."""
    network = node.network
    out = network.out
    plain: list[Factor] = []
    sums: list[Factor] = []
    for factor in factors_of(node):
        image = images[factor.node]
        power = factor.exponent
        if isinstance(power, int) and 0 < power <= MOST_TERMS:
            sums += [Factor(image, factor.labels)] * power
        elif isinstance(power, int) and power > 0 and image.kind is Kind.SUM:
            raise _TooMany
        else:
            plain.append(Factor(image, factor.labels, power))
    choices: list[list[Factor]] = [[]]
    for factor in sums:
        terms = factor.node.args if factor.node.kind is Kind.SUM else (factor.node,)
        if len(choices) * len(terms) > MOST_TERMS:
            raise _TooMany
        choices = [[*choice, Factor(term, factor.labels)] for choice in choices for term in terms]
    sizes = dict(enumerate(network.sizes))
    return add([product(network.coefficient, [*plain, *choice], out, sizes) for choice in choices])


_SQUARES = {
    table.get("sech", 1): (table.get("tanh", 1), 1, -1),
    table.get("cosh", 1): (table.get("sinh", 1), 1, 1),
    table.get("cos", 1): (table.get("sin", 1), 1, -1),
}
"""Functions whose square is a number and a number times the square of another one."""
_SOFTPLUS = table.get("softplus", 1)


def _normal_function(node: Node, args: list[Node]) -> Node:
    """A function of what is multiplied out; of u and -u only one is left as an argument."""
    row = node.data
    assert isinstance(row, Row)
    if len(args) != 1:
        return replace_args(node, args)
    (arg,) = args
    other = scale(arg, -1) if arg.kind is not Kind.SUM else add([scale(term, -1) for term in arg.args])
    if _is_turned(arg):
        if row.parity:
            return scale(apply_row(row, (other,)), -1 if row.parity == "odd" else 1)
        if row is table.EXP:
            return raise_to(apply_row(row, (other,)), -1)
        if row is SIGMOID:
            return add([number(1, node.shape), scale(apply_row(row, (other,)), -1)])
        if row is _SOFTPLUS:
            return add([apply_row(row, (other,)), arg])
    return apply_row(row, (arg,))


def _is_turned(node: Node) -> bool:
    """Whether the first term of a node, in the order in which terms were made, is negative."""
    first = min(node.args, key=lambda term: split_coefficient(term)[1].id) if node.kind is Kind.SUM else node
    return split_coefficient(first)[0] < 0


def _clear_denominators(node: Node) -> Node | None:
    """The node times what divides its terms entry by entry, squares of functions replaced; None where nothing is."""
    terms = node.args if node.kind is Kind.SUM else (node,)
    needed: dict[tuple[Node, tuple[int, ...]], Number] = {}
    for term in terms:
        if term.kind is not Kind.PRODUCT or is_closed(term):
            continue
        names = {label: axis for axis, label in enumerate(term.network.out)}
        for arg, labels, exponent in factors_of(term):
            is_plain = not labels or len(set(term.network.out)) == len(term.network.out)
            if exponent < 0 and is_plain and set(labels) <= set(names):
                key = arg, tuple(names[label] for label in labels)
                needed[key] = max(needed.get(key, 0), -exponent)
    replaced = _replace_squares(node)
    if not needed:
        return replaced if replaced is not node else None
    axes = tuple(range(node.rank))
    factors = [Factor(arg, labels, exponent) for (arg, labels), exponent in needed.items()]
    denominator = product(1, factors, axes, dict(enumerate(node.shape)))
    return add([multiply(term, denominator) for term in (replaced.args if replaced.kind is Kind.SUM else (replaced,))])


def _replace_squares(node: Node) -> Node:
    """The terms of a node with sech(u)**2 as 1 - tanh(u)**2, and so on."""
    terms = []
    for term in node.args if node.kind is Kind.SUM else (node,):
        if term.kind is not Kind.PRODUCT:
            terms.append(term)
            continue
        factors: list[Factor] = []
        for arg, labels, exponent in factors_of(term):
            row = arg.data
            if isinstance(row, Row) and row in _SQUARES and isinstance(exponent, int) and exponent >= 2:
                other, one, sign = _SQUARES[row]
                square = scale(raise_to(apply_row(other, arg.args), 2), sign)
                factors.append(Factor(add([number(one, arg.shape), square]), labels, exponent // 2))
                exponent %= 2
            factors.append(Factor(arg, labels, exponent))
        terms.append(product(term.network.coefficient, factors, term.network.out, dict(enumerate(term.network.sizes))))
    return add(terms)
