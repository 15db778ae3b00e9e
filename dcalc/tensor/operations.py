"""Functions of whole arrays: which shapes they take, which they give, and the nodes they stand for.

Each is one entry of `OPERATIONS`. Functions of the table that are not here are applied entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.tensor import linear
from dcalc.tensor.nodes import (
    Factor,
    Node,
    add,
    apply,
    broadcast,
    eye,
    matmul,
    multiply,
    number,
    product,
    raise_to,
    scale,
    size_node,
    total,
)
from dcalc.tensor.sizes import Shape, Size, Sizes, write_shape


class Call:
    """A call as it is checked and built: shapes of its arguments, the axis, lengths that are given as arguments."""

    __slots__ = ("axis", "lengths", "name", "shapes", "sizes")

    def __init__(
        self, name: str, shapes: Sequence[Shape], axis: int | None, sizes: Sizes, lengths: Sequence[Size | None]
    ) -> None:
        self.name = name
        self.shapes = shapes
        self.axis = axis
        self.sizes = sizes
        self.lengths = lengths

    def refuse(self, message: str, help: str) -> ParseError:
        """An error about this call; the reader adds where it stands."""
        return ParseError(f"{self.name} {message}", help=help)

    def axes(self, place: int = 0) -> tuple[int, ...]:
        """The axes that a reduction is over: the one that is given, else all. Raises ParseError."""
        rank = len(self.shapes[place])
        if self.axis is None:
            return tuple(range(rank))
        if not -rank <= self.axis < rank:
            last = f"axis={rank - 1}" if rank else "a vector or a matrix"
            raise self.refuse(
                f"has no axis {self.axis} here: the argument is {_describe(self.shapes[place])}", f"write {last}"
            )
        return (self.axis % rank,)


Infer = Callable[[Call], Shape]
Build = Callable[[Call, Sequence[Node]], Node]


class Operation(NamedTuple):
    """``least`` and ``most`` arguments; ``ranks`` that a name of unknown shape gets as an argument; ``doc``.

    ``takes_lengths`` tells that its arguments are lengths, not values.
    """

    least: int
    most: int
    ranks: tuple[int, ...]
    infer: Infer
    build: Build
    doc: str
    takes_lengths: bool = False


def _describe(shape: Shape) -> str:
    return "a scalar" if not shape else f"{'a vector' if len(shape) == 1 else 'a matrix'}, {write_shape(shape)}"


# --- shapes ------------------------------------------------------------------------------------


def _reduced(call: Call) -> Shape:
    axes = call.axes()
    return tuple(size for place, size in enumerate(call.shapes[0]) if place not in axes)


def _same(call: Call) -> Shape:
    return call.shapes[0]


def _vector_alone(call: Call) -> Shape:
    if len(call.shapes[0]) > 1:
        instead = {"norm1": "sum(abs(A))", "norminf": "max(abs(A))"}[call.name]
        raise call.refuse("takes a vector", f"write {instead} for the entries of a matrix")
    return ()


def _square(call: Call) -> Shape:
    shape = call.shapes[0]
    if len(shape) != 2:
        raise call.refuse(f"takes a square matrix, not {_describe(shape)}", "declare it: --shape 'A: n x n'")
    if not call.sizes.unify(*shape):
        raise call.refuse(
            f"takes a square matrix; this one is {write_shape(shape)}", "write A.T@A, or another square one"
        )
    return call.sizes.resolve_shape(shape)


def _square_to_scalar(call: Call) -> Shape:
    _square(call)
    return ()


def _inverse_shape(call: Call) -> Shape:
    return _square(call) if call.shapes[0] else ()


def _dot_shape(call: Call) -> Shape:
    first, second = call.shapes
    if len(first) != 1 or len(second) != 1:
        raise call.refuse("takes two vectors", "write A@B for matrices, sum(A*B) for the sum of products of entries")
    if not call.sizes.unify(first[0], second[0]):
        raise call.refuse(
            f"takes vectors of one length: {write_shape(first)} and {write_shape(second)}", "make them equal"
        )
    return ()


def _outer_shape(call: Call) -> Shape:
    first, second = call.shapes
    if len(first) != 1 or len(second) != 1:
        raise call.refuse("takes two vectors", "write A@B for matrices")
    return (*first, *second)


def _solve_shape(call: Call) -> Shape:
    matrix = _square(Call(call.name, call.shapes[:1], None, call.sizes, ()))
    right = call.shapes[1]
    if len(right) not in (1, 2) or not call.sizes.unify(matrix[1], right[0]):
        raise call.refuse(
            f"takes a right-hand side of {matrix[0]} rows, not {_describe(right)}", "solve(A, b) is inv(A)@b"
        )
    return right


def _diag_shape(call: Call) -> Shape:
    shape = call.shapes[0]
    if len(shape) == 1:
        return (shape[0], shape[0])
    return _square(call)[:1]


def _vector(call: Call) -> Shape:
    if len(call.shapes[0]) != 1 and call.axis is None:
        raise call.refuse(
            "needs to know along which axis", f"write {call.name}(X, axis=1) for rows, axis=0 for columns"
        )
    call.axes()
    return call.shapes[0]


def _filled(call: Call) -> Shape:
    return tuple(size for size in call.lengths if size is not None)


def _eye_shape(call: Call) -> Shape:
    return _filled(call) * 2


def _loss_shape(call: Call) -> Shape:
    """A mean over all entries of two arrays of one shape; cross-entropy has logits along an axis."""
    joined = call.sizes.broadcast(call.shapes[0], call.shapes[1])
    if joined is None:
        shapes = " and ".join(map(write_shape, call.shapes))
        raise call.refuse(f"takes arrays of one shape, not {shapes}", "transpose one of them, or check --shape")
    return ()


def _cross_entropy_shape(call: Call) -> Shape:
    if call.shapes[0] == () and len(call.shapes[1]) == 1:
        return ()
    if call.shapes[0] != call.shapes[1] and call.sizes.broadcast(*call.shapes) is None:
        shapes = " and ".join(map(write_shape, call.shapes))
        raise call.refuse(
            f"takes labels and logits of one shape, not {shapes}", "labels are probabilities, one for each logit"
        )
    return ()


# --- nodes -------------------------------------------------------------------------------------


def _sum(call: Call, args: Sequence[Node]) -> Node:
    return total(args[0], call.axes())


def mean(node: Node, axes: Sequence[int]) -> Node:
    """The mean over some axes."""
    counts = [Factor(size_node(node.shape[axis]), (), -1) for axis in axes]
    summed = total(node, axes)
    labels = tuple(range(summed.rank))
    return product(1, [*counts, Factor(summed, labels)], labels, dict(enumerate(summed.shape)))


def _mean(call: Call, args: Sequence[Node]) -> Node:
    return mean(args[0], call.axes())


def _norm(call: Call, args: Sequence[Node]) -> Node:
    return raise_to(total(raise_to(args[0], 2), call.axes()), Fraction(1, 2))


def _norm1(call: Call, args: Sequence[Node]) -> Node:
    return total(apply(table.ABS, args), call.axes())


def _norminf(call: Call, args: Sequence[Node]) -> Node:
    return linear.largest(apply(table.ABS, args), call.axes())


def _outer(call: Call, args: Sequence[Node]) -> Node:
    first, second = args
    return product(1, [Factor(first, (0,)), Factor(second, (1,))], (0, 1), {0: first.shape[0], 1: second.shape[0]})


def _trace(call: Call, args: Sequence[Node]) -> Node:
    return product(1, [Factor(args[0], (0, 0))], (), {0: args[0].shape[0]})


def _dot(call: Call, args: Sequence[Node]) -> Node:
    return matmul(*args)


def _det(call: Call, args: Sequence[Node]) -> Node:
    return linear.determinant(args[0])


def _inv(call: Call, args: Sequence[Node]) -> Node:
    return linear.invert(args[0]) if args[0].rank else raise_to(args[0], -1)


def _solve(call: Call, args: Sequence[Node]) -> Node:
    return matmul(linear.invert(args[0]), args[1])


def _diag(call: Call, args: Sequence[Node]) -> Node:
    (node,) = args
    size = {0: node.shape[0]}
    if node.rank == 1:
        return product(1, [Factor(node, (0,))], (0, 0), size)
    return product(1, [Factor(node, (0, 0))], (0,), size)


def _cumsum(call: Call, args: Sequence[Node]) -> Node:
    (node,) = args
    (axis,) = call.axes()
    labels = list(range(node.rank))
    other = node.rank
    inner = [other if label == axis else label for label in labels]
    sizes: dict[int, Size] = {**dict(enumerate(node.shape)), other: node.shape[axis]}
    lower = Factor(linear.triangle(node.shape[axis]), (axis, other))
    return product(1, [lower, Factor(node, tuple(inner))], labels, sizes)


def _tril(call: Call, args: Sequence[Node]) -> Node:
    lower = linear.triangle(args[0].shape[0])
    return multiply(lower, args[0])


def _softmax(call: Call, args: Sequence[Node]) -> Node:
    return linear.softmax(args[0], call.axes())


def _zeros(call: Call, _args: Sequence[Node]) -> Node:
    return number(0, _filled(call))


def _ones(call: Call, _args: Sequence[Node]) -> Node:
    return number(1, _filled(call))


def _arange(call: Call, _args: Sequence[Node]) -> Node:
    return linear.count_up(0, _filled(call)[0])


def _eye(call: Call, _args: Sequence[Node]) -> Node:
    return eye(_filled(call)[0])


def _together(args: Sequence[Node]) -> list[Node]:
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


def _loss(call: Call, args: Sequence[Node]) -> Node:
    first, second = _together(args)
    if call.name == "mse":
        entrywise = raise_to(add([first, scale(second, -1)]), 2)
    elif call.name == "bce_logits":  # softplus(z) - y*z, which is the same and shorter
        softplus = apply(table.get("softplus", 1), (second,))
        entrywise = add([softplus, scale(multiply(first, second), -1)])
    else:
        entrywise = apply(table.get(call.name, 2), (first, second))
    return mean(entrywise, range(entrywise.rank))


def _cross_entropy(call: Call, args: Sequence[Node]) -> Node:
    """-sum(y*log(softmax(z))); of matrices, the mean over rows."""
    if not args[0].rank:
        raise call.refuse("needs the label as a vector here", "write logsumexp(z) - z[0] for the label 0")
    labels, logits = _together(args)
    last = (labels.rank - 1,)
    whole = multiply(total(labels, last), linear.log_sum_exp(logits, last))
    losses = add([whole, scale(total(multiply(labels, logits), last), -1)])
    return mean(losses, range(losses.rank))


def _reduce(reduction: Callable[[Node, Sequence[int]], Node]) -> Build:
    def build(call: Call, args: Sequence[Node]) -> Node:
        return reduction(args[0], call.axes())

    return build


# fmt: off
OPERATIONS: dict[str, Operation] = {
    "sum":       Operation(1, 2, (1,), _reduced, _sum, "sum of the entries, or over an axis"),
    "mean":      Operation(1, 2, (1,), _reduced, _mean, "mean of the entries, or over an axis"),
    "prod":      Operation(1, 2, (1,), _reduced, _reduce(linear.multiply_entries),
                           "product of the entries, also over an axis"),
    "max":       Operation(1, 1, (1,), _reduced, _reduce(linear.largest), "largest entry, or over an axis"),
    "min":       Operation(1, 1, (1,), _reduced, _reduce(linear.smallest), "smallest entry, or over an axis"),
    "norm":      Operation(1, 1, (1,), _reduced, _norm, "square root of the sum of squares of all entries"),
    "norm1":     Operation(1, 1, (1,), _vector_alone, _norm1, "sum of absolute values of a vector"),
    "norminf":   Operation(1, 1, (1,), _vector_alone, _norminf, "largest absolute value of a vector"),
    "dot":       Operation(2, 2, (1, 1), _dot_shape, _dot, "sum of products of two vectors"),
    "outer":     Operation(2, 2, (1, 1), _outer_shape, _outer, "matrix of all products of two vectors"),
    "tr":        Operation(1, 1, (2,), _square_to_scalar, _trace, "sum of the diagonal"),
    "trace":     Operation(1, 1, (2,), _square_to_scalar, _trace, "sum of the diagonal"),
    "det":       Operation(1, 1, (2,), _square_to_scalar, _det, "determinant"),
    "logdet":    Operation(1, 1, (2,), _square_to_scalar, lambda call, args: linear.log_determinant(args[0]),
                           "logarithm of a positive determinant"),
    "inv":       Operation(1, 1, (0,), _inverse_shape, _inv, "inverse of a matrix"),
    "solve":     Operation(2, 2, (2, 1), _solve_shape, _solve, "inv(A)@b"),
    "diag":      Operation(1, 1, (1,), _diag_shape, _diag, "matrix with this diagonal; diagonal of a matrix"),
    "cumsum":    Operation(1, 1, (1,), _vector, _cumsum, "sums of all entries so far"),
    "tril":      Operation(1, 1, (2,), _square, _tril, "square matrix with 0 above the diagonal"),
    "softmax":   Operation(1, 1, (1,), _vector, _softmax, "exponentials over their sum"),
    "logsumexp": Operation(1, 1, (1,), _reduced, _reduce(linear.log_sum_exp), "logarithm of the sum of exponentials"),
    "cross_entropy": Operation(2, 2, (1, 1), _cross_entropy_shape, _cross_entropy,
                               "-sum(y*log(softmax(z))), y as probabilities; of matrices the mean over rows"),
    "mse":       Operation(2, 2, (1, 1), _loss_shape, _loss, "mean of (y - p)**2"),
    "mae":       Operation(2, 2, (1, 1), _loss_shape, _loss, "mean of abs(y - p)"),
    "bce":       Operation(2, 2, (1, 1), _loss_shape, _loss, "mean of the binary cross-entropy, from probabilities"),
    "bce_logits": Operation(2, 2, (1, 1), _loss_shape, _loss, "mean of the binary cross-entropy, from logits"),
    "zeros":     Operation(1, 2, (), _filled, _zeros, "array of zeros", takes_lengths=True),
    "ones":      Operation(1, 2, (), _filled, _ones, "array of ones", takes_lengths=True),
    "arange":    Operation(1, 1, (), _filled, _arange, "0, 1, 2, ...", takes_lengths=True),
    "eye":       Operation(1, 1, (), _eye_shape, _eye, "identity matrix", takes_lengths=True),
}
# fmt: on
