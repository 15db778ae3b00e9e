"""Losses as torch and JAX define them: which shapes they take, and the nodes that they stand for.

They are means over all entries, of cross-entropy over rows, unless `reduction` says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.tensor import linear
from dcalc.tensor.calls import Call
from dcalc.tensor.elementwise import SIGMOID
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    add,
    apply,
    broadcast,
    covered_axes,
    drop_axes,
    multiply,
    number,
    product,
    raise_to,
    scale,
    size_node,
    total,
)
from dcalc.tensor.sizes import Shape, Sizes, write_shape


def mean(node: Node, axes: Sequence[int]) -> Node:
    """The mean over some axes."""
    counts = [Factor(size_node(node.shape[axis]), (), -1) for axis in axes]
    summed = total(node, axes)
    labels = tuple(range(summed.rank))
    return product(1, [*counts, Factor(summed, labels)], labels, dict(enumerate(summed.shape)))


def loss_shape(call: Call) -> Shape:
    """The shape of a loss of two arrays of one shape."""
    joined = call.sizes.broadcast(call.shapes[0], call.shapes[1])
    if joined is None:
        shapes = " and ".join(map(write_shape, call.shapes))
        raise call.refuse(f"takes arrays of one shape, not {shapes}", "transpose one of them, or check --shape")
    return joined if call.reduction == "none" else ()


def cross_entropy_shape(call: Call) -> Shape:
    """The shape of cross-entropy, which has labels, or their numbers, and logits along the last axis."""
    labels, logits = call.shapes
    rows = logits[:-1] if call.reduction == "none" else ()
    if len(labels) == len(logits) - 1 and all(map(call.sizes.unify, labels, logits)):  # numbers of classes
        return rows
    if len(labels) < len(logits):
        raise call.refuse("needs the label as a vector here", "write one label for each row")
    if call.shapes[0] != call.shapes[1] and call.sizes.broadcast(*call.shapes) is None:
        shapes = " and ".join(map(write_shape, call.shapes))
        raise call.refuse(
            f"takes labels and logits of one shape, not {shapes}", "labels are probabilities, one for each logit"
        )
    return rows


def stretch_together(args: Sequence[Node]) -> list[Node]:
    """The arguments stretched to one shape."""
    shape = max((arg.shape for arg in args), key=len)
    ones = [tuple(a.shape) for a in args]
    if len({one for one in ones if len(one) == len(shape)}) > 1:
        sizes = Sizes()
        for one in ones:
            joined = sizes.broadcast(shape, one)
            assert joined is not None
            shape = joined
    return [broadcast(arg, shape) for arg in args]


def loss(call: Call, args: Sequence[Node]) -> Node:
    """A loss of two arrays of one shape, entry by entry, then reduced."""
    first, second = stretch_together(args)
    delta = call.constants.get("delta", call.constants.get("beta", Fraction(1)))
    if call.name == "mse":
        entrywise = raise_to(add([first, scale(second, -1)]), 2)
    elif call.name == "bce" and second.kind is Kind.APPLY and second.data is SIGMOID:
        softplus = apply(table.get("softplus", 1), second.args)
        entrywise = add([softplus, scale(multiply(first, second.args[0]), -1)])
    elif call.name == "bce_logits":  # softplus(z) - y*z, which is the same and shorter
        softplus = apply(table.get("softplus", 1), (second,))
        entrywise = add([softplus, scale(multiply(first, second), -1)])
    elif call.name in ("huber_loss", "smooth_l1_loss"):
        bend = () if delta == 1 else (number(delta, first.shape),)
        entrywise = apply(table.get("huber", 2 + len(bend)), (first, second, *bend))
        entrywise = scale(entrywise, 1 / delta) if call.name == "smooth_l1_loss" else entrywise
    else:
        entrywise = apply(table.get(call.name, 2), (first, second))
    return _reduce(call, entrywise)


def _reduce(call: Call, losses: Node) -> Node:
    """What is asked for of losses: their mean, their sum, or themselves."""
    axes = range(losses.rank)
    if call.reduction == "none":
        return losses
    if call.reduction == "mean":
        return mean(losses, axes)
    summed = total(losses, axes)
    return summed if call.reduction == "sum" else multiply(summed, raise_to(size_node(losses.shape[0]), -1))


def divergence(call: Call, args: Sequence[Node]) -> Node:
    """Of torch: p*(log(p) - z), z being the logarithm of the other distribution."""
    logarithm, target = stretch_together(args)
    if call.takes_logarithms:
        entrywise = multiply(apply(table.EXP, (target,)), add([target, scale(logarithm, -1)]))
    else:
        entrywise = add([apply(table.get("xlogy", 2), (target, target)), scale(multiply(target, logarithm), -1)])
    return _reduce(call, entrywise)


def pick_shape(call: Call) -> Shape:
    """The shape of what labels pick of the rows of a matrix, one of each."""
    rows, labels = call.shapes
    if len(rows) != 2 or len(labels) != 1 or not call.sizes.unify(rows[0], labels[0]):
        raise call.refuse("takes a matrix, and a label for each row", "check --shape")
    return labels


def pick(call: Call, args: Sequence[Node]) -> Node:
    """Of each row the entry that its label tells."""
    logits, labels = args
    last = logits.rank - 1
    ones = linear.one_hot(labels, logits.shape[-1])
    picked = []
    for term in logits.args if logits.kind is Kind.SUM else (logits,):
        varies = last in covered_axes(term)
        picked.append(total(multiply(ones, term), (last,)) if varies else drop_axes(term, range(last)))
    return add(picked)


def nll_shape(call: Call) -> Shape:
    """The shape of the loss of logarithms of probabilities at the labels."""
    labels = pick_shape(call)
    return labels if call.reduction == "none" else ()


def nll(call: Call, args: Sequence[Node]) -> Node:
    """Minus the logarithms that the labels pick."""
    return _reduce(call, scale(pick(call, args), -1))


def cross_entropy(call: Call, args: Sequence[Node]) -> Node:
    """-sum(y*log(softmax(z))), for each row of matrices."""
    labels, logits = args
    last = logits.rank - 1
    smoothing = call.constants.get("label_smoothing", Fraction(0))
    if labels.rank < logits.rank and not smoothing:
        return _reduce(call, add([linear.log_sum_exp(logits, (last,)), scale(pick(call, (logits, labels)), -1)]))
    if labels.rank < logits.rank:
        labels = linear.one_hot(labels, logits.shape[last])
    labels, logits = stretch_together((labels, logits))
    if smoothing:  # a part of each label is shared by all classes
        share = broadcast(scale(raise_to(size_node(logits.shape[last]), -1), smoothing), labels.shape)
        labels = add([scale(labels, 1 - smoothing), share])
    whole = multiply(total(labels, (last,)), linear.log_sum_exp(logits, (last,)))
    return _reduce(call, add([whole, scale(total(multiply(labels, logits), (last,)), -1)]))
