"""Functions of the table applied to each entry, with what the table says of them: values, bodies, partials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Unsupported
from dcalc.expr import Expr, exact, walk
from dcalc.functions import Row
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    Number,
    add,
    as_number,
    broadcast,
    covered_axes,
    drop_axes,
    factors_of,
    make,
    multiply,
    number,
    product,
    raise_to,
    scale,
    split_coefficient,
)

_SQRT = table.get("sqrt", 1)
SIGMOID = table.get("sigmoid", 1)
_SOFTPLUS = table.get("softplus", 1)
_RELU = table.get("relu", 1)
_GELU, _NORMCDF, _NORMPDF = (table.get(name, 1) for name in ("gelu", "normcdf", "normpdf"))
"""Functions of the normal distribution keep their names, which say more than exponentials."""
_RATIOS = {table.get("sinh", 1): (table.get("cosh", 1), table.get("tanh", 1)),
           table.get("sin", 1): (table.get("cos", 1), table.get("tan", 1))}  # fmt: skip
"""Functions with what they are divided by, and the name of the ratio."""


def apply_row(row: Row, args: Sequence[Node]) -> Node:
    """A row of the table applied to each entry of nodes of one shape, in normal form.

    Arithmetic becomes sums and products; a function is applied before its arguments are stretched or transposed.
    """
    if row is table.ADD:
        return add(args)
    if row is table.SUB:
        return add([args[0], scale(args[1], -1)])
    if row is table.NEG:
        return scale(args[0], -1)
    if row is table.MUL:
        result = args[0]
        for arg in args[1:]:
            result = multiply(result, arg)
        return result
    if row is table.DIV:
        return multiply(args[0], raise_to(args[1], -1))
    if row is table.POW:
        return _power(*args)
    if row is _SQRT:
        return raise_to(args[0], Fraction(1, 2))
    if (renamed := _rename(row, args)) is not None:
        return renamed
    if rules.plain_body(row) and row not in (_NORMCDF, _NORMPDF):
        return instantiate_body(row, args)
    return _lower(row, args)


_SUMS_OF_EXPONENTIALS = ("logaddexp", "logsumexp")


def _rename(row: Row, args: Sequence[Node]) -> Node | None:
    """A function that is written as another one; None for one that is not."""
    if len(args) == 2 and (row in (table.MAX, table.MIN) or row.name in _SUMS_OF_EXPONENTIALS):
        zeros = [place for place, arg in enumerate(args) if as_number(arg) == 0]
        if len(zeros) == 1:
            return _beside_zero(row, args[1 - zeros[0]])
    if row is _GELU:
        return multiply(args[0], apply_row(_NORMCDF, args))
    return None


def _beside_zero(row: Row, arg: Node) -> Node:
    """A function of 0 and another number that has a name of its own: max is relu, log(1 + exp(u)) softplus."""
    if row is table.MAX:
        return apply_row(_RELU, (arg,))
    if row is table.MIN:
        return scale(apply_row(_RELU, (scale(arg, -1),)), -1)
    return apply_row(_SOFTPLUS, (arg,))


def _power(base: Node, exponent: Node) -> Node:
    value = as_number(exponent)
    if value is not None:
        return raise_to(base, value)
    if (
        base.kind is Kind.PRODUCT
        and len(base.args) == 1
        and base.args[0].data is table.E
        and base.network.coefficient == 1
    ):
        return _lower(table.EXP, (exponent,))
    return _lower(table.POW, (base, exponent))


def _lower(row: Row, args: Sequence[Node]) -> Node:
    """The function on the axes along which its arguments change, stretched afterwards."""
    shape = args[0].shape if args else ()
    if not shape:
        return _fold(row, tuple(args), shape)
    axes = sorted(set().union(*map(covered_axes, args)))
    if len(axes) < len(shape):
        inner = apply_row(row, [drop_axes(arg, axes) for arg in args])
        return product(1, [Factor(inner, tuple(axes))], range(len(shape)), dict(enumerate(shape)))
    if len(args) == 1 and (turned := _without_transpose(args[0])) is not None:
        node, labels, out = turned
        return product(1, [Factor(_fold(row, (node,), node.shape), labels)], out, dict(enumerate(shape)))
    return _fold(row, tuple(args), shape)


def _fold(row: Row, args: tuple[Node, ...], shape: tuple[object, ...]) -> Node:
    """The node of a function, or what it is known to be."""
    value = as_number(args[0]) if len(args) == 1 else None
    if value == 0 and row is table.EXP:
        return number(1, args[0].shape)
    if (value == 1 and row is table.LOG) or (value == 0 and row.parity == "odd" and "x" not in row.kinks):
        return number(0, args[0].shape)
    if row is table.LOG and (known := _logarithm(args[0])) is not None:
        return known
    return make(Kind.APPLY, args, row, args[0].shape if args else ())


def _logarithm(node: Node) -> Node | None:
    """The logarithm of what has a name for it: of 1 + exp(u), a sum of exponentials, softmax, a determinant."""
    if node.kind is Kind.DET:
        return make(Kind.LOGDET, node.args, None, ())
    if (inner := one_plus_exp(node)) is not None:
        return apply_row(_SOFTPLUS, (inner,))
    if node.kind is Kind.APPLY and node.data is SIGMOID:
        return scale(apply_row(_SOFTPLUS, (scale(node.args[0], -1),)), -1)
    if (inner := one_minus_sigmoid(node)) is not None:
        return scale(apply_row(_SOFTPLUS, (inner,)), -1)
    if (taken := _logarithm_of_entries(node)) is not None:
        return taken
    if node.kind is Kind.SOFTMAX:
        (inner,) = node.args
        axes = node.data
        assert isinstance(axes, tuple)
        kept = tuple(axis for axis in range(inner.rank) if axis not in axes)
        total = make(Kind.LOGSUMEXP, (inner,), axes, tuple(inner.shape[axis] for axis in kept))
        spread = product(-1, [Factor(total, kept)], range(inner.rank), dict(enumerate(inner.shape)))
        return add([inner, spread])
    if (sum_of := summed_exponentials(node)) is not None:
        inner, axes = sum_of
        return make(Kind.LOGSUMEXP, (inner,), axes, node.shape)
    return None


def join_choices(counts: dict[Node, Number]) -> None:
    """Join the terms of a sum, counted by node, that choose between numbers by the same condition."""
    groups: dict[Node, list[Node]] = {}
    for node in counts:
        if node.kind is Kind.APPLY and node.data is table.WHERE and None not in map(as_number, node.args[1:]):
            groups.setdefault(node.args[0], []).append(node)
    for condition, nodes in groups.items():
        if len(nodes) < 2:
            continue
        sums: list[Number] = [0, 0]
        for node in nodes:
            count = counts.pop(node)
            for side in (0, 1):
                sums[side] += count * (as_number(node.args[side + 1]) or 0)
        first, second = (number(value, condition.shape) for value in sums)
        joined = first if first is second else apply_row(table.WHERE, (condition, first, second))
        counts[joined] = counts.get(joined, 0) + 1


def one_plus_exp(node: Node) -> Node | None:
    """The u of 1 + exp(u)."""
    if node.kind is not Kind.SUM or len(node.args) != 2:
        return None
    for one, other in (node.args, node.args[::-1]):
        if as_number(one) == 1 and other.kind is Kind.APPLY and other.data is table.EXP:
            return other.args[0]
    return None


def one_minus_sigmoid(node: Node) -> Node | None:
    """The u of 1 - sigmoid(u), which is sigmoid(-u)."""
    if node.kind is not Kind.SUM or len(node.args) != 2:
        return None
    for one, other in (node.args, node.args[::-1]):
        coefficient, inner = split_coefficient(other)
        if as_number(one) == 1 and coefficient == -1 and inner.kind is Kind.APPLY and inner.data is SIGMOID:
            return inner.args[0]
    return None


def _logarithm_of_entries(node: Node) -> Node | None:
    """The logarithm of entries of softmax: entries of its logarithm."""
    if node.kind is not Kind.PRODUCT or len(node.args) < 2 or node.network.coefficient != 1:
        return None
    factors = factors_of(node)
    shares = [factor for factor in factors if factor.node.kind is Kind.SOFTMAX and factor.exponent == 1]
    others = [factor for factor in factors if factor.node.kind in (Kind.UNIT, Kind.SELECT)]
    if len(shares) != 1 or len(others) != len(factors) - 1:
        return None
    (share,) = shares
    logarithm = apply_row(table.get("log", 1), (share.node,))
    network = node.network
    return product(1, [*others, Factor(logarithm, share.labels)], network.out, dict(enumerate(network.sizes)))


def summed_exponentials(node: Node) -> tuple[Node, tuple[int, ...]] | None:
    """The u of the sum of exp(u) over some axes, and these; None for any other node."""
    if node.kind is not Kind.PRODUCT or len(node.args) != 1:
        return None
    (inner,), network = node.args, node.network
    if inner.kind is not Kind.APPLY or inner.data is not table.EXP or network.coefficient != 1:
        return None
    labels = network.labels[0]
    kept = tuple(label for label in labels if label in network.out)
    if network.exponents != (1,) or len(set(labels)) != len(labels) or kept != network.out or len(kept) == len(labels):
        return None
    return inner.args[0], tuple(axis for axis, label in enumerate(labels) if label not in network.out)


def join_exponentials(parts: list[Factor]) -> list[Factor] | None:
    """Factors with exp(u)/sum(exp(u)) as softmax(u), 1/(1 + exp(u)) as sigmoid(-u), exp(u)*sigmoid(-u) as sigmoid(u).

    None where there is nothing of the kind.
    """
    for place, (node, labels, exponent) in enumerate(parts):
        if node.kind is Kind.SUM and type(exponent) is int:
            inner = one_plus_exp(node) if exponent < 0 else None
            if inner is not None:
                return [
                    *parts[:place],
                    Factor(apply_row(SIGMOID, (scale(inner, -1),)), labels, -exponent),
                    *parts[place + 1 :],
                ]
            if (inner := one_minus_sigmoid(node)) is not None:
                opposite = apply_row(SIGMOID, (scale(inner, -1),))
                return [*parts[:place], Factor(opposite, labels, exponent), *parts[place + 1 :]]
        if node.kind is Kind.APPLY and node.data in _RATIOS and type(exponent) is int and exponent > 0:
            joined = _join_ratio(place, parts)
            if joined is not None:
                return joined
        if node.kind is Kind.APPLY and node.data is table.EXP and exponent == 1:
            joined = _join_exponential(place, parts)
            if joined is not None:
                return joined
    return None


def _join_ratio(place: int, parts: list[Factor]) -> list[Factor] | None:
    """sinh over cosh as tanh, sin over cos as tan."""
    node, labels, exponent = parts[place]
    below, ratio = _RATIOS[node.data]  # type: ignore[index]  # the data of an APPLY is a row
    for k, (other, axes, power) in enumerate(parts):
        if other.data is below and other.args == node.args and axes == labels and type(power) is int and power < 0:
            count = min(exponent, -power)
            rest = [part for j, part in enumerate(parts) if j not in (place, k)]
            joined = Factor(apply_row(ratio, node.args), labels, count)
            kept = [Factor(node, labels, exponent - count), Factor(other, axes, power + count)]
            return [*rest, joined, *(factor for factor in kept if factor.exponent)]
    return None


def _join_exponential(place: int, parts: list[Factor]) -> list[Factor] | None:
    """An exponential with the sum, or with the sigmoid, that it belongs to."""
    node, labels, _ = parts[place]
    (inner,) = node.args
    for k, (other, axes, exponent) in enumerate(parts):
        rest = [part for j, part in enumerate(parts) if j not in (place, k)]
        if other.kind is Kind.APPLY and other.data is SIGMOID and axes == labels and exponent >= 1:
            if other.args[0] is scale(inner, -1):
                return [*rest, Factor(other, axes, exponent - 1), Factor(apply_row(SIGMOID, (inner,)), labels)]
        elif other.kind is Kind.PRODUCT and exponent <= -1 and other.args == (node,):
            sum_of = summed_exponentials(other)
            kept = tuple(label for axis, label in enumerate(labels) if sum_of and axis not in sum_of[1])
            is_writable = sum_of is not None and (len(sum_of[1]) == 1 or inner.rank == 1)
            if sum_of is not None and is_writable and kept == axes:
                softmax = make(Kind.SOFTMAX, (inner,), sum_of[1], inner.shape)
                return [*rest, Factor(other, axes, exponent + 1), Factor(softmax, labels)]
    return None


def _without_transpose(node: Node) -> tuple[Node, tuple[int, ...], tuple[int, ...]] | None:
    """What a node is the transpose of, the labels of its axes and those of the result; None for any other node."""
    if node.kind is not Kind.PRODUCT or len(node.args) != 1:
        return None
    network = node.network
    if network.coefficient != 1 or network.exponents != (1,) or not network.is_pointwise:
        return None
    if len(network.labels[0]) != len(network.out) or len(set(network.labels[0])) != len(network.out):
        return None
    return node.args[0], network.labels[0], network.out


# --- what the table says -----------------------------------------------------------------------


def instantiate(expr: Expr, names: Mapping[str, Node], shape: tuple[object, ...]) -> Node:
    """A text of the table with nodes of one shape in the places of names."""
    images: dict[int, Node] = {}
    for part in walk(expr):
        value = exact(part)
        if value is not None:
            images[part.id] = number(value, shape)  # type: ignore[arg-type]  # a shape
        elif part.op is table.SYMBOL:
            images[part.id] = names[part.args[0]]
        elif not part.args:
            images[part.id] = broadcast(constant(part.op), shape)  # type: ignore[arg-type]  # a shape
        else:
            images[part.id] = apply_row(part.op, [images[arg.id] for arg in part.args])
    return images[expr.id]


def constant(row: Row) -> Node:
    """A constant of the table, such as pi."""
    if row.body:
        return instantiate(rules.body(_nullary(row)), {}, ())
    return make(Kind.APPLY, (), row, ())


def _nullary(row: Row) -> Expr:
    from dcalc.expr import make as make_expr

    return make_expr(row)


def instantiate_body(row: Row, args: Sequence[Node]) -> Node:
    """What a row with a body stands for."""
    return instantiate(rules.body(_call(row, args)), _bind(args), args[-1].shape)


def _bind(args: Sequence[Node]) -> dict[str, Node]:
    return {_argument(k): arg for k, arg in enumerate(args)}


def _argument(place: int) -> str:
    return f"a{place}"


def _call(row: Row, args: Sequence[Node]) -> Expr:
    """The row with a symbol for each argument; an index, which picks one of the arguments, stays the number it is."""
    from dcalc.expr import make as make_expr
    from dcalc.expr import number as number_expr
    from dcalc.expr import symbol

    places: list[Expr] = [symbol(_argument(k)) for k in range(len(args))]
    if row.chooses:
        index = as_number(args[0])
        assert index is not None  # the parser takes nothing else there
        places[0] = number_expr(index)
    return make_expr(row, *places)


def partial_by(node: Node, place: int) -> Node:
    """The partial derivative of an APPLY by one of its arguments, entry by entry.

    Raises Unsupported where it has no closed form.
    """

    row = node.data
    assert isinstance(row, Row)
    if row in table.CONDITIONS:
        return number(0, node.shape)
    if row is _NORMCDF:
        return apply_row(_NORMPDF, node.args)
    if row is _NORMPDF:
        return scale(multiply(node.args[0], node), -1)
    names = _bind(node.args)
    call = _call(row, node.args)
    if row is table.WHERE:
        if place == 0:
            return number(0, node.shape)
        ones = [number(int(place == k), node.shape) for k in (1, 2)]
        return apply_row(row, (node.args[0], *ones))
    if row.tangent or row.body or (row.fold and len(node.args) > 2):
        return instantiate(_derived_partial(call, _argument(place)), names, node.shape)
    expr = rules.partial(call, place)
    if expr is None:
        raise Unsupported(
            f"{row.name}: the derivative by its argument {row.args[min(place, len(row.args) - 1)]} has no closed form",
            help="ask for its value at a point with --at",
        )
    return _instantiate_with_value(expr, call, node, names)


def _instantiate_with_value(expr: Expr, call: Expr, node: Node, names: Mapping[str, Node]) -> Node:
    """A partial in which the value of the function itself stands for y."""
    from dcalc.expr import symbol

    images: dict[int, Expr] = {}
    from dcalc.expr import is_leaf
    from dcalc.expr import make as make_expr

    for part in walk(expr):
        if part is call:
            images[part.id] = symbol("y")
        else:
            images[part.id] = part if is_leaf(part) else make_expr(part.op, *[images[a.id] for a in part.args])
    return instantiate(images[expr.id], {**names, "y": node}, node.shape)


def _derived_partial(call: Expr, name: str) -> Expr:
    """The partial of a function without partials of its own, derived as for scalars."""
    from dcalc.derive import derivative

    return derivative(call, (name,))
