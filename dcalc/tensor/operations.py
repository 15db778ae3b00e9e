"""Functions of whole arrays: which shapes they take, which they give, and the nodes they stand for.

Each is one entry of `OPERATIONS`. Functions of the table that are not here are applied entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.records import NamedTuple
from dcalc.tensor import linear, losses
from dcalc.tensor.calls import Call, describe_shape
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
    transpose,
)
from dcalc.tensor.sizes import Shape, Size, shift_size, write_shape

Infer = Callable[[Call], Shape]
Build = Callable[[Call, Sequence[Node]], Node]


class Operation(NamedTuple):
    """``least`` and ``most`` arguments; ``ranks`` that a name of unknown shape gets as an argument; ``doc``.

    ``takes_lengths`` tells that its arguments are lengths, not values; ``axis`` is the one that is meant where none is
    written, ``keeps_axes`` tells that the result has the axes of the first argument.
    """

    least: int
    most: int
    ranks: tuple[int, ...]
    infer: Infer
    build: Build
    doc: str
    takes_lengths: bool = False
    keywords: tuple[str, ...] = ()
    axis: int | None = None
    keeps_axes: bool = False

    def takes(self, count: int) -> bool:
        """Whether it may be called with that many arguments."""
        return self.least <= count <= self.most


_AXIS = ("axis",)
_REDUCES = ("axis", "keepdims")
_LOSS = ("reduction",)


# --- shapes ------------------------------------------------------------------------------------


def _reduced(call: Call) -> Shape:
    axes = call.axes()
    kept = [1 if place in axes else size for place, size in enumerate(call.shapes[0])]
    return tuple(size for place, size in enumerate(kept) if call.keeps or place not in axes)


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
        raise call.refuse(f"takes a square matrix, not {describe_shape(shape)}", "declare it: --shape 'A: n x n'")
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
    if not first or not second:
        raise call.refuse("takes vectors and matrices, not a scalar", "write * for a product with a scalar")
    if not call.sizes.unify(first[-1], second[0]):
        raise call.refuse(
            f"takes vectors of one length: {write_shape(first)} and {write_shape(second)}"
            if len(first) == len(second) == 1
            else f"cannot multiply {write_shape(first)} by {write_shape(second)}",
            "make them equal",
        )
    return (*first[:-1], *second[1:])


def _inner_shape(call: Call) -> Shape:
    if [len(shape) for shape in call.shapes] != [1, 1]:
        raise call.refuse("takes two vectors", "of matrices, write sum(A*B), A@B.T or A@B")
    return _dot_shape(call)


def _size_shape(call: Call) -> Shape:
    call.axes()
    return ()


def _norm_shape(call: Call) -> Shape:
    axes = call.axes()
    is_operator = len(axes) == 2 and call.name == "norm"
    if not axes and call.order is not None:
        raise call.refuse("of an order takes a vector", "write abs(x) or hypot(x, y)")
    if call.order == "-inf":
        raise call.refuse("of this order is the smallest absolute value", "write min(abs(x))")
    if call.order == "nuc" or (is_operator and call.order == 2):
        name = "the sum of all singular values" if call.order == "nuc" else "the largest singular value"
        raise call.refuse(
            f"of this order is {name}, which has no formula here", "write norm(A) for the root of the sum of squares"
        )
    if call.order == "fro" and len(axes) != 2:
        raise call.refuse("of order 'fro' is that of a matrix", "write norm(x) for a vector")
    is_positive = not isinstance(call.order, Fraction) or call.order > 0
    if not is_positive or (is_operator and call.order not in (None, 1, "fro", "inf")):
        raise call.refuse("has no such order here", "write 1, 2, inf or another positive number for a vector")
    return _reduced(call)


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
            f"takes a right-hand side of {matrix[0]} rows, not {describe_shape(right)}", "solve(A, b) is inv(A)@b"
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
            "needs to know along which axis", f"write {call.title}(X, axis=1) for rows, axis=0 for columns"
        )
    call.axes()
    return call.shapes[0]


def _layer_shape(call: Call) -> Shape:
    shape = call.shapes[0]
    if not shape or len(call.shapes) == 1:
        call.axes()
    given = [*call.lengths, *(size for one in call.shapes[1:] for size in one)]
    if any(len(one) > 1 for one in call.shapes[1:]) or not all(
        size is None or call.sizes.unify(size, shape[-1]) for size in given
    ):
        raise call.refuse("has a gain, a bias and a shape of the length of the last axis", "check their lengths")
    return shape


def _cosine_shape(call: Call) -> Shape:
    joined = call.sizes.broadcast(*call.shapes)
    if joined is None:
        shapes = " and ".join(map(write_shape, call.shapes))
        raise call.refuse(f"takes arrays of one shape, not {shapes}", "transpose one of them, or check --shape")
    return _reduced(Call(call.name, [joined], call.axis, call.sizes, keeps=call.keeps))


def _normalize_shape(call: Call) -> Shape:
    _norm_shape(call)
    return call.shapes[0]


def _filled(call: Call) -> Shape:
    return tuple(size for size in call.lengths if size is not None)


def _eye_shape(call: Call) -> Shape:
    return _filled(call) * 2


# --- nodes -------------------------------------------------------------------------------------


def _sum(call: Call, args: Sequence[Node]) -> Node:
    return total(args[0], call.axes())


def _mean(call: Call, args: Sequence[Node]) -> Node:
    return losses.mean(args[0], call.axes())


def _norm(call: Call, args: Sequence[Node]) -> Node:
    (node,) = args
    axes, order = call.axes(), call.order
    if len(axes) == 2 and call.name == "norm" and order in (1, "inf"):  # the largest sum of a column, or of a row
        first = 0 if order == 1 else 1
        return linear.largest(total(apply(table.ABS, (node,)), (first,)), (0,))
    if order == "inf":
        return linear.largest(apply(table.ABS, (node,)), axes)
    if order in (None, "fro"):
        order = Fraction(2)
    assert isinstance(order, Fraction)
    base = node if order.denominator == 1 and order % 2 == 0 else apply(table.ABS, (node,))
    return raise_to(total(raise_to(base, order), axes), 1 / order)


def _variance(call: Call, args: Sequence[Node]) -> Node:
    """The mean of squared distances from the mean; with ``ddof`` over n - ddof."""
    (node,) = args
    axes = call.axes()
    sizes = dict(enumerate(node.shape))
    labels = tuple(range(node.rank))
    kept = tuple(axis for axis in labels if axis not in axes)
    middle = product(-1, [Factor(losses.mean(node, axes), kept)], labels, sizes)
    squares = total(raise_to(add([node, middle]), 2), axes)
    count = product(1, [Factor(size_node(node.shape[axis]), ()) for axis in axes], (), {})
    if call.ddof:
        count = add([count, number(-call.ddof)])
    out = tuple(range(squares.rank))
    variance = product(1, [Factor(count, (), -1), Factor(squares, out)], out, dict(enumerate(squares.shape)))
    return variance if call.name == "var" else raise_to(variance, Fraction(1, 2))


def _stretch(node: Node, like: Node, axes: Sequence[int]) -> Node:
    """What is left of an array after a reduction over some axes, stretched over them again."""
    labels = range(like.rank)
    kept = tuple(axis for axis in labels if axis not in axes)
    return product(1, [Factor(node, kept)], labels, dict(enumerate(like.shape)))


def _layer_norm(call: Call, args: Sequence[Node]) -> Node:
    node, *scales = args
    axes = call.axes()
    middle = scale(_stretch(losses.mean(node, axes), node, axes), -1)
    eps = call.constants.get("eps", Fraction(1, 100_000))
    variance = _variance(Call("var", call.shapes, call.axis, call.sizes), args[:1])
    divisor = raise_to(add([variance, number(eps, variance.shape)]), Fraction(-1, 2))
    result = multiply(add([node, middle]), _stretch(divisor, node, axes))
    for change, part in zip((multiply, lambda *terms: add(terms)), scales, strict=False):  # the gain, the bias
        result = change(result, broadcast(part, node.shape))
    return result


def _normalize(call: Call, args: Sequence[Node]) -> Node:
    return multiply(args[0], _stretch(raise_to(_norm(call, args), -1), args[0], call.axes()))


def _cosine_similarity(call: Call, args: Sequence[Node]) -> Node:
    first, second = losses.stretch_together(args)
    axes = Call(call.name, [first.shape], call.axis, call.sizes).axes()
    lengths = [raise_to(total(raise_to(node, 2), axes), Fraction(-1, 2)) for node in (first, second)]
    return multiply(total(multiply(first, second), axes), multiply(*lengths))


def _log_softmax(call: Call, args: Sequence[Node]) -> Node:
    return apply(table.get("log", 1), (linear.softmax(args[0], call.axes()),))


def _size(call: Call, args: Sequence[Node]) -> Node:
    return product(1, [Factor(size_node(args[0].shape[axis]), ()) for axis in call.axes()], (), {})


def _differences_shape(call: Call) -> Shape:
    (size,) = call.shapes[0] if len(call.shapes[0]) == 1 else (1,)
    if len(call.shapes[0]) != 1 or size == 1:
        raise call.refuse("takes a vector of at least 2 entries", "write A[1:] - A[:-1] for rows of a matrix")
    return (shift_size(size, -1),)


def _differences(call: Call, args: Sequence[Node]) -> Node:
    (size,) = args[0].shape
    behind, before = (linear.select(size, shift_size(size, -1), first, 1) for first in (1, 0))
    return add([matmul(behind, args[0]), scale(matmul(before, args[0]), -1)])


def _identity(call: Call, args: Sequence[Node]) -> Node:
    return args[0]


def _log_size_of_determinant(call: Call, args: Sequence[Node]) -> Node:
    """log(det(A)**2)/2, which has a value for negative determinants, too."""
    squared = raise_to(linear.determinant(args[0]), 2)
    return scale(apply(table.get("log", 1), (squared,)), Fraction(1, 2))


def _matrix_power(call: Call, args: Sequence[Node]) -> Node:
    base = linear.invert(args[0]) if call.power < 0 else args[0]
    result = eye(args[0].shape[0])
    for _ in range(abs(call.power)):
        result = matmul(result, base)
    return result


def _triu(call: Call, args: Sequence[Node]) -> Node:
    return multiply(transpose(linear.triangle(args[0].shape[0])), args[0])


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


def _one_hot_shape(call: Call) -> Shape:
    size = call.lengths[1]
    assert size is not None
    return (*call.shapes[0], size)


def _one_hot(call: Call, args: Sequence[Node]) -> Node:
    size = call.lengths[1]
    assert size is not None
    return linear.one_hot(args[0], size)


def build_call(call: Call, args: Sequence[Node]) -> Node:
    """The node of a call; where it keeps its axes, those that are reduced have length 1."""
    node = OPERATIONS[call.name].build(call, args)
    if not call.keeps:
        return node
    axes = call.axes()
    labels = tuple(range(len(call.shapes[0])))
    sizes: dict[int, Size] = {axis: 1 if axis in axes else size for axis, size in enumerate(args[0].shape)}
    return product(1, [Factor(node, tuple(axis for axis in labels if axis not in axes))], labels, sizes)


def _reduce(reduction: Callable[[Node, Sequence[int]], Node]) -> Build:
    def build(call: Call, args: Sequence[Node]) -> Node:
        return reduction(args[0], call.axes())

    return build


# fmt: off
OPERATIONS: dict[str, Operation] = {
    "sum":       Operation(1, 1, (1,), _reduced, _sum, "sum of the entries, or over an axis", keywords=_REDUCES),
    "mean":      Operation(1, 1, (1,), _reduced, _mean, "mean of the entries, or over an axis", keywords=_REDUCES),
    "var":       Operation(1, 1, (1,), _reduced, _variance, "variance of the entries, or over an axis; divides by n",
                           keywords=(*_REDUCES, "ddof")),
    "std":       Operation(1, 1, (1,), _reduced, _variance, "square root of the variance",
                           keywords=(*_REDUCES, "ddof")),
    "prod":      Operation(1, 1, (1,), _reduced, _reduce(linear.multiply_entries),
                           "product of the entries, also over an axis", keywords=_REDUCES),
    "max":       Operation(1, 1, (1,), _reduced, _reduce(linear.largest), "largest entry, or over an axis",
                           keywords=_REDUCES),
    "min":       Operation(1, 1, (1,), _reduced, _reduce(linear.smallest), "smallest entry, or over an axis",
                           keywords=_REDUCES),
    "norm":      Operation(1, 1, (1,), _norm_shape, _norm,
                           "square root of the sum of squares of all entries; norm(x, 1), norm(x, inf), norm(x, 3)",
                           keywords=(*_REDUCES, "ord")),
    "vector_norm": Operation(1, 1, (1,), _norm_shape, _norm, "norm of all entries as one vector",
                           keywords=(*_REDUCES, "ord")),
    "norm1":     Operation(1, 1, (1,), _vector_alone, _norm1, "sum of absolute values of a vector", keywords=_AXIS),
    "norminf":   Operation(1, 1, (1,), _vector_alone, _norminf, "largest absolute value of a vector", keywords=_AXIS),
    "dot":       Operation(2, 2, (1, 1), _dot_shape, _dot, "sum of products of two vectors; A@B of matrices"),
    "inner":     Operation(2, 2, (1, 1), _inner_shape, _dot, "sum of products of two vectors"),
    "outer":     Operation(2, 2, (1, 1), _outer_shape, _outer, "matrix of all products of two vectors"),
    "tr":        Operation(1, 1, (2,), _square_to_scalar, _trace, "sum of the diagonal"),
    "trace":     Operation(1, 1, (2,), _square_to_scalar, _trace, "sum of the diagonal"),
    "det":       Operation(1, 1, (2,), _square_to_scalar, _det, "determinant"),
    "logdet":    Operation(1, 1, (2,), _square_to_scalar, lambda call, args: linear.log_determinant(args[0]),
                           "logarithm of a positive determinant"),
    "logabsdet": Operation(1, 1, (2,), _square_to_scalar, _log_size_of_determinant,
                           "logarithm of the absolute value of the determinant"),
    "inv":       Operation(1, 1, (0,), _inverse_shape, _inv, "inverse of a matrix", keeps_axes=True),
    "solve":     Operation(2, 2, (2, 1), _solve_shape, _solve, "inv(A)@b"),
    "matrix_power": Operation(2, 2, (2, 0), lambda call: _square(call), _matrix_power, "product of equal matrices",
                           keeps_axes=True),
    "diag":      Operation(1, 1, (1,), _diag_shape, _diag, "matrix with this diagonal; diagonal of a matrix"),
    "cumsum":    Operation(1, 1, (1,), _vector, _cumsum, "sums of all entries so far", keywords=_AXIS, keeps_axes=True),
    "diff":      Operation(1, 1, (1,), _differences_shape, _differences, "differences of entries side by side",
                           keeps_axes=True),
    "tril":      Operation(1, 1, (2,), _square, _tril, "square matrix with 0 above the diagonal", keeps_axes=True),
    "triu":      Operation(1, 1, (2,), _square, _triu, "square matrix with 0 below the diagonal", keeps_axes=True),
    "softmax":   Operation(1, 1, (1,), _vector, _softmax, "exponentials over their sum, of each row of a matrix",
                           keywords=_AXIS, axis=-1, keeps_axes=True),
    "log_softmax": Operation(1, 1, (1,), _vector, _log_softmax, "logarithm of softmax", keywords=_AXIS, axis=-1,
                           keeps_axes=True),
    "scipy.softmax": Operation(1, 1, (1,), _vector, _softmax, "softmax of all entries together", keywords=_AXIS,
                           keeps_axes=True),
    "scipy.log_softmax": Operation(1, 1, (1,), _vector, _log_softmax, "logarithm of softmax of all entries together",
                           keywords=_AXIS, keeps_axes=True),
    "layer_norm": Operation(1, 3, (1, 1, 1), _layer_shape, _layer_norm,
                           "(x - mean(x))/sqrt(var(x) + eps) of each row, eps being 1e-5, times a gain, plus a bias",
                           keywords=("eps", "normalized_shape"), axis=-1, keeps_axes=True),
    "normalize": Operation(1, 1, (1,), _normalize_shape, _normalize, "x/norm(x), of each row of a matrix",
                           keywords=("axis", "ord"), axis=-1, keeps_axes=True),
    "cosine_similarity": Operation(2, 2, (1, 1), _cosine_shape, _cosine_similarity,
                           "dot(x, y)/(norm(x)*norm(y)), of each pair of rows of matrices", keywords=_AXIS, axis=-1),
    "logsumexp": Operation(1, 1, (1,), _reduced, _reduce(linear.log_sum_exp), "logarithm of the sum of exponentials",
                           keywords=_REDUCES),
    "cross_entropy": Operation(2, 2, (1, 1), losses.cross_entropy_shape, losses.cross_entropy,
                               "-sum(y*log(softmax(z))), y as probabilities or as numbers of classes; of matrices the "
                               "mean over rows", keywords=("reduction", "label_smoothing")),
    "mse":       Operation(2, 2, (1, 1), losses.loss_shape, losses.loss, "mean of (y - p)**2", keywords=_LOSS),
    "mae":       Operation(2, 2, (1, 1), losses.loss_shape, losses.loss, "mean of abs(y - p)", keywords=_LOSS),
    "huber_loss": Operation(2, 2, (1, 1), losses.loss_shape, losses.loss, "mean of huber(y, p)",
                           keywords=(*_LOSS, "delta")),
    "smooth_l1_loss": Operation(2, 2, (1, 1), losses.loss_shape, losses.loss, "mean of huber(y, p, beta)/beta",
                           keywords=(*_LOSS, "beta")),
    "nll_loss":  Operation(2, 2, (2, 1), losses.nll_shape, losses.nll,
                           "minus the mean of the entries that labels tell, one in each row", keywords=_LOSS),
    "bce":       Operation(2, 2, (1, 1), losses.loss_shape, losses.loss,
                           "mean of the binary cross-entropy, from probabilities", keywords=_LOSS),
    "bce_logits": Operation(2, 2, (1, 1), losses.loss_shape, losses.loss,
                           "mean of the binary cross-entropy, from logits", keywords=_LOSS),
    "torch.kl_div": Operation(2, 2, (1, 1), losses.loss_shape, losses.divergence,
                           "mean of p*(log(p) - z), z being the logarithm of the other distribution",
                           keywords=(*_LOSS, "log_target")),
    "zeros":     Operation(1, 2, (), _filled, _zeros, "array of zeros", takes_lengths=True),
    "ones":      Operation(1, 2, (), _filled, _ones, "array of ones", takes_lengths=True),
    "arange":    Operation(1, 1, (), _filled, _arange, "0, 1, 2, ...", takes_lengths=True),
    "eye":       Operation(1, 1, (), _eye_shape, _eye, "identity matrix", takes_lengths=True),
    "one_hot":   Operation(2, 2, (1, 0), _one_hot_shape, _one_hot, "1 at the number of each class, 0 elsewhere"),
    "pick":      Operation(2, 2, (2, 1), losses.pick_shape, losses.pick, "of each row the entry that a label tells"),
    "size":      Operation(1, 1, (0,), _size_shape, _size, "number of entries, or of an axis", keywords=_AXIS),
    "identity":  Operation(1, 1, (0,), _same, _identity, "what it is called with", keeps_axes=True),
}
# fmt: on
