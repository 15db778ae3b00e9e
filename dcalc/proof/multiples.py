"""Functions of the gamma family at arguments that belong together: at multiples, and mirrored ones.

Where gamma(2*x) and gamma(x) meet, the one at the multiple is written by those at its parts (Gauss's multiplication
theorem, Legendre's duplication), and of gamma(x) and gamma(1 - x) the second by the first (reflection). These are
identities of meromorphic functions; what is moved by whole numbers is left to `recurrences`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, exact, is_leaf, make, number, variables
from dcalc.simplify import simplify
from dcalc.tape import in_order

_MULTIPLES = (2, 3, 4)
_MOST_ARGUMENTS = 12
_POLYGAMMA = table.get("polygamma", 2)
_BETA = table.get("beta", 2)
_PARTS: Mapping[table.Row, tuple[str, str]] = {
    table.GAMMA: ("(2*pi)**((1 - m)/2)*m**(m*z - 1/2)", "gamma(z + k/m)"),  # DLMF 5.5.6
    table.DIGAMMA: ("log(m)", "digamma(z + k/m)/m"),  # DLMF 5.15.7
}
"""By function, what is multiplied or added to its values at z, z + 1/m, ..., where the argument is m*z."""
_MIRRORED: Mapping[table.Row, str] = {
    table.GAMMA: "pi/(sin(pi*z)*gamma(1 - z))",  # DLMF 5.5.3
    table.DIGAMMA: "digamma(1 - z) - pi*cos(pi*z)/sin(pi*z)",  # DLMF 5.5.4
}
_MIRRORED_TRIGAMMA = "pi**2/sin(pi*z)**2 - polygamma(1, 1 - z)"


def split_multiples(*roots: Expr) -> tuple[Expr, ...]:
    """The expressions with these functions at arguments of which none is a multiple, or the mirror, of another."""
    nodes, inner = in_order(*roots)
    images: dict[int, Expr] = {}
    met = [
        node.args[-1]
        for node in nodes
        if not is_leaf(node) and variables(node) and (node.op in _PARTS or node.op is _POLYGAMMA)
    ]
    met += [arg for node in nodes if node.op is _BETA for arg in (*node.args, make(table.ADD, *node.args))]
    arguments = list(dict.fromkeys(map(simplify, met)))[:_MOST_ARGUMENTS]
    kept: list[Expr] = []
    for node in nodes:
        if node.id in inner:
            images[node.id] = images[inner[node.id].id]
        elif is_leaf(node):
            images[node.id] = node
        else:
            image = make(node.op, *(images[arg.id] for arg in node.args))
            if node.op is _BETA:
                image = rules.fill(
                    "gamma(a)*gamma(b)/gamma(a + b)", ("a", "b"), dict(zip("ab", image.args, strict=True))
                )
                image = make(
                    table.DIV,
                    make(table.MUL, *(_rewrite(part, arguments, kept) for part in image.args[0].args)),
                    _rewrite(image.args[1], arguments, kept),
                )
            images[node.id] = _rewrite(image, arguments, kept)
    return tuple(images[root.id] for root in roots)


def _rewrite(node: Expr, arguments: list[Expr], kept: list[Expr]) -> Expr:
    """A function of the family in terms of those at the arguments that are kept."""
    if node.op not in _PARTS and node.op is not _POLYGAMMA:
        return node
    argument = simplify(node.args[-1])
    if node.op in _PARTS:
        for m in _MULTIPLES:
            for other in arguments:
                if (rest := _constant_rest(argument, make(table.MUL, number(m), other))) is not None:
                    part = simplify(make(table.ADD, other, make(table.DIV, rest, number(m))))
                    return _split(node.op, m, part, kept)
    return _reflect(node, argument, kept)


def _constant_rest(argument: Expr, other: Expr) -> Expr | None:
    """The difference of two arguments, where that is a rational."""
    if not variables(argument) or not variables(other):
        return None
    rest = simplify(make(table.SUB, argument, other))
    return rest if exact(rest) is not None else None


def _split(row: table.Row, m: int, part: Expr, kept: list[Expr]) -> Expr:
    """A function at m*part by its values at part + k/m."""
    first, each = _PARTS[row]
    values = {"m": number(m), "z": part}
    parts = [rules.fill(first, ("m", "z"), values)]
    for k in range(m):
        value = rules.fill(each, ("m", "z", "k"), {**values, "k": number(k)})
        parts.append(value if value.op is table.DIV else _reflect(value, simplify(value.args[-1]), kept))
    return make(table.MUL if row is table.GAMMA else table.ADD, *parts)


def _reflect(node: Expr, argument: Expr, kept: list[Expr]) -> Expr:
    """A function at an argument that is the mirror of one that is kept; else the function, whose argument is kept."""
    is_mirror = any(
        (total := exact(simplify(make(table.ADD, argument, other)))) is not None and total.denominator == 1
        for other in kept
    )
    if not is_mirror:
        kept.append(argument)
        return node
    if node.op is _POLYGAMMA:
        return rules.fill(_MIRRORED_TRIGAMMA, ("z",), {"z": argument}) if exact(node.args[0]) == 1 else node
    return rules.fill(_MIRRORED[node.op], ("z",), {"z": argument})
