"""Gradients by one reverse sweep over the graph, and Hessians forward over that: a few times the operations of f.

The adjoints are expressions with shared parts, built without simplification, which would take products apart and
make them quadratic. A part of one variable is one operation, whose derivative is taken as a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Unsupported
from dcalc.expr import ONE, ZERO, Expr, exact, is_leaf, make, number, symbol, walk

Slope = Callable[[Expr, str], Expr]
"""The derivative of a part by its only variable."""
_LARGEST_PART = 60
"""The most nodes of a part of one variable that counts as one operation."""


def gradient(root: Expr, names: Sequence[str], slope: Slope) -> list[Expr]:
    """The partial derivatives of ``root`` by all names, by one reverse sweep. Linear in nodes.

    Raises Unsupported where a partial has no closed form.
    """
    only = _only_variables(root)
    adjoints: dict[int, list[Expr]] = {root.id: [ONE]}
    for node in reversed(walk(root)):
        seeds = adjoints.get(node.id)
        if seeds is None or is_leaf(node):
            continue
        seed = add(seeds)
        adjoints[node.id] = [seed]
        if seed is ZERO:
            continue
        name = only.get(node.id)
        if name is not None:
            variable = symbol(name)
            adjoints.setdefault(variable.id, []).append(multiply(seed, slope(node, name)))
            continue
        for arg, partial in _partials(node):
            if partial is not ZERO:
                adjoints.setdefault(arg.id, []).append(multiply(seed, partial))
    return [add(adjoints.get(symbol(name).id, [])) for name in names]


def tangents(roots: Sequence[Expr], name: str) -> dict[int, Expr]:
    """The derivatives of all parts of the roots by one name, by ids; those that are 0 are left out. Linear."""
    values: dict[int, Expr] = {}
    for node in walk(*roots):
        if node.op is table.SYMBOL:
            if node.args[0] == name:
                values[node.id] = ONE
        elif not is_leaf(node) and any(arg.id in values for arg in node.args):
            terms = [multiply(partial, values[arg.id]) for arg, partial in _partials(node) if arg.id in values]
            if (total := add(terms)) is not ZERO:
                values[node.id] = total
    return values


def _only_variables(root: Expr) -> dict[int, str]:
    """The variable of each part that depends on one alone and is small, by ids; the largest such parts matter."""
    names: dict[int, str | None] = {}
    sizes: dict[int, int] = {}
    for node in walk(root):
        if node.op is table.SYMBOL:
            names[node.id], sizes[node.id] = node.args[0], 1
        elif node.op is not table.NUMBER:
            own = {names[arg.id] for arg in node.args if arg.id in names}
            sizes[node.id] = 1 + sum(sizes.get(arg.id, 0) for arg in node.args)
            if own:
                names[node.id] = own.pop() if len(own) == 1 else None
    return {key: name for key, name in names.items() if name is not None and 1 < sizes[key] <= _LARGEST_PART}


def _partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """The arguments of a node with its partial derivatives by them, one entry per place."""
    op, args = node.op, node.args
    if op in table.CONDITIONS:
        return []
    if op is table.ADD:
        return [(arg, ONE) for arg in args]
    if op is table.SUB:
        return [(args[0], ONE), (args[1], number(-1))]
    if op is table.NEG:
        return [(args[0], number(-1))]
    if op in _RULES:
        return _RULES[op](node)
    if op.body or op.tangent:
        raise Unsupported(f"{op.name} is not written out")  # `write_bodies` has done so
    pairs = []
    for place, arg in enumerate(args):
        partial = ZERO if is_leaf(arg) and arg.op is table.NUMBER else rules.partial(node, place)
        if partial is None:
            if exact(arg) is not None:
                continue
            name = op.args[min(place, len(op.args) - 1)]
            raise Unsupported(f"{op.name}: the derivative by its argument {name} has no closed form")
        pairs.append((arg, partial))
    return pairs


def _choice_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    condition, then, otherwise = node.args
    return [(then, make(table.WHERE, condition, ONE, ZERO)), (otherwise, make(table.WHERE, condition, ZERO, ONE))]


def _product_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """Each partial of a product is that of all other factors: from products of those before and behind it."""
    args = node.args
    before: list[Expr] = [ONE]
    for arg in args[:-1]:
        before.append(multiply(before[-1], arg))
    behind: list[Expr] = [ONE]
    for arg in reversed(args[1:]):
        behind.append(multiply(arg, behind[-1]))
    return [(arg, multiply(left, right)) for arg, left, right in zip(args, before, reversed(behind), strict=True)]


def _power_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    base, exponent = node.args
    value = exact(exponent)
    if value is not None:
        lower = make(table.POW, base, number(value - 1)) if value != 2 else base
        return [(base, multiply(number(value), lower))] if value else []
    pairs = [(exponent, multiply(node, make(table.LOG, base)))]
    if exact(base) is None:
        lower = make(table.POW, base, make(table.SUB, exponent, ONE))
        pairs.append((base, multiply(exponent, lower)))
    return pairs


def _fold_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """Those of max or min of two arguments."""
    first, second = node.args
    relation = table.GE if node.op is table.MAX else table.LE
    condition = make(relation, first, second)
    return [(first, make(table.WHERE, condition, ONE, ZERO)), (second, make(table.WHERE, condition, ZERO, ONE))]


_RULES = {
    table.MUL: _product_partials,
    table.POW: _power_partials,
    table.WHERE: _choice_partials,
    table.MAX: _fold_partials,
    table.MIN: _fold_partials,
}


def write_bodies(root: Expr) -> Expr:
    """The root without rows that have a body, and with two arguments for those that are taken two at a time."""
    images: dict[int, Expr] = {}
    stack: list[tuple[Expr, Expr | None]] = [(root, None)]
    while stack:
        node, other = stack[-1]
        if node.id in images:
            stack.pop()
        elif other is not None:
            stack.pop()
            images[node.id] = images[other.id]
        elif is_leaf(node) or not node.args:
            images[node.id] = node
        elif missing := [arg for arg in node.args if arg.id not in images]:
            stack += [(arg, None) for arg in reversed(missing)]
        else:
            stack.pop()
            image = make(node.op, *[images[arg.id] for arg in node.args])
            simpler = _write_body(image)
            if simpler is image:
                images[node.id] = images[image.id] = image
            else:
                stack += [(node, simpler), (simpler, None)]
    return images[root.id]


def _write_body(node: Expr) -> Expr:
    row = node.op
    if row.body:
        return rules.body(node)
    if row.fold and len(node.args) > 2:
        return rules.pairs(node)
    if row.fold and len(node.args) == 1:
        return node.args[0]  # type: ignore[no-any-return]  # its argument
    return node


# --- constructors that fold 0 and 1 alone ----------------------------------------------------


def multiply(first: Expr, second: Expr) -> Expr:
    """The product, without factors of 1; 0 where a factor is 0, and a choice with 0 in it takes the factor inside."""
    for one, other in ((first, second), (second, first)):
        if one is ZERO:
            return ZERO
        if one is ONE:
            return other
    for one, other in ((first, second), (second, first)):
        if _is_mask(one):
            condition, then, _ = one.args
            return make(table.WHERE, condition, *((other, ZERO) if then is ONE else (ZERO, other)))
    for one, other in ((first, second), (second, first)):
        if one.op is table.NUMBER and other.op is table.NUMBER:
            return number(one.args[0] * other.args[0])
        if one.op is table.NUMBER and other.op is table.MUL and other.args[0].op is table.NUMBER:
            scale = number(one.args[0] * other.args[0].args[0])
            return _rest(other) if scale is ONE else make(table.MUL, scale, *other.args[1:])
    if second.op is table.NUMBER:
        first, second = second, first
    return make(table.MUL, first, second)


def _rest(product: Expr) -> Expr:
    rest = product.args[1:]
    return rest[0] if len(rest) == 1 else make(table.MUL, *rest)


def _is_mask(node: Expr) -> bool:
    """True for a choice between 1 and 0, as partials of choices are."""
    return node.op is table.WHERE and {node.args[1], node.args[2]} == {ZERO, ONE}


def add(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms that are not 0."""
    terms = [term for term in terms if term is not ZERO]
    if not terms:
        return ZERO
    return terms[0] if len(terms) == 1 else make(table.ADD, *terms)
