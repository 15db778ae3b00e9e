"""The shapes of a text with arrays: what its lengths are, and whether they go together.

Lengths that are not declared take part as unknowns. Rows are gone through in order, and each makes lengths equal that
must be, as `A@x` does with the last axis of A and the first one of x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dcalc.errors import DcalcError, ParseError
from dcalc.parser.array_lexer import missing_operator
from dcalc.parser.array_syntax import IMPLIED, POWER_OF_T, Item, Op
from dcalc.tensor.call_arguments import infer_einsum, read_call, read_subscripts
from dcalc.tensor.operations import OPERATIONS
from dcalc.tensor.resolution import Resolved, find_operation, list_slices
from dcalc.tensor.sizes import Shape, Size, Sizes, name_sizes, write_shape
from dcalc.tensor.subscripts import Subscripts
from dcalc.tuples import NamedTuple


class Shapes(NamedTuple):
    """The shapes of the variables and rows of a text.

    Those of ``rows`` are as they were when the row was reached: ``sizes`` resolves them. ``labels`` are the names
    whose values are numbers of classes, with how many classes there are.
    """

    variables: dict[str, Shape]
    rows: list[Shape]
    sizes: Sizes
    subscripts: Subscripts
    labels: dict[str, Size]


def infer_shapes(text: Resolved, ranks: Mapping[str, int]) -> Shapes:
    """The shapes of a text whose variables have the ``ranks``. Lengths for which it has no names get letters.

    Raises ParseError with the span of the row where shapes do not go together. Linear in the rows.
    """
    sizes = Sizes(text.flexible)
    sizes.known.update(text.numbers)
    variables: dict[str, Shape] = {}
    for name, rank in ranks.items():
        if name in text.declared:
            variables[name] = text.declared[name].shape
        else:
            variables[name] = tuple(sizes.fresh() for _ in range(rank))
    inference = _ShapeInference(text, variables, sizes, Subscripts(text, sizes))
    inference.find_shapes()
    resolved = [sizes.resolve_shape(shape) for shape in variables.values()]
    sizes.known.update(name_sizes(resolved, dict.fromkeys((*variables, *text.lengths))))
    return Shapes(
        {name: sizes.resolve_shape(shape) for name, shape in variables.items()},
        inference.shapes,
        sizes,
        inference.subscripts,
        inference.labels,
    )


class _ShapeInference:
    def __init__(self, text: Resolved, variables: Mapping[str, Shape], sizes: Sizes, subscripts: Subscripts) -> None:
        self.text = text
        self.variables = variables
        self.sizes = sizes
        self.subscripts = subscripts
        self.shapes: list[Shape] = []
        self.labels: dict[str, Size] = {}

    def find_shapes(self) -> None:
        for place, item in enumerate(self.text.items):
            self.shapes.append(() if place in self.text.skipped else self._shape(item))

    def _shape(self, item: Item) -> Shape:
        shapes = [self.sizes.resolve_shape(self.shapes[arg]) for arg in item.args]
        try:
            return self._infer(item, shapes)
        except DcalcError as error:
            if error.span is None:
                error.span = item.sign
            raise

    def _infer(self, item: Item, shapes: Sequence[Shape]) -> Shape:
        op = item.op
        if op is Op.NAME:
            return self.variables.get(str(item.value), ())
        if op in (Op.NUMBER, Op.BOUND):
            return ()
        if op in (Op.OVER, Op.ENTRIES):
            return shapes[0]
        if op is Op.TRANSPOSE:
            if item.value == POWER_OF_T and "T" in self.text.declared:
                raise ParseError("^T is a transpose", help="write **T for the power")
            return shapes[0][::-1]
        if op is Op.MATMUL:
            return self._matmul_shape(item, *shapes)
        if op is Op.LITERAL:
            return self._literal_shape(item, shapes)
        if op is Op.INDEX:
            return self._index_shape(item, shapes[0])
        if op is Op.CALL and (item.value == "einsum" or find_operation(item) is not None):
            return self._call_shape(item, shapes)
        return self._elementwise_shape(item, shapes)

    def _call_shape(self, item: Item, shapes: Sequence[Shape]) -> Shape:
        """The shape of a function of whole arrays."""
        if item.value == "einsum":
            return infer_einsum(read_subscripts(item, self.text.items), shapes[1:], self.sizes)
        call = read_call(self.text.items, self.sizes, item, shapes)
        if call.name == "one_hot":
            self._note_label(item.args[0], call.lengths[1])
        elif call.name == "cross_entropy" and len(shapes[0]) < len(shapes[1]):
            self._note_label(item.args[0], shapes[1][-1])
        elif call.name in ("pick", "nll_loss"):
            self._note_label(item.args[1], shapes[0][-1])
        return OPERATIONS[call.name].infer(call)

    def _note_label(self, place: int, count: Size | None) -> None:
        """Keep the name of labels, whose values are whole numbers below the number of classes. Raises ParseError."""
        item = self.text.items[place]
        if item.op is Op.NAME and str(item.value) in self.variables and count is not None:
            self.labels[str(item.value)] = count
            return
        is_integer = item.op is Op.NUMBER and isinstance(item.value, Fraction) and item.value.denominator == 1
        if is_integer and (not isinstance(count, int) or item.value < count):  # type: ignore[operator]  # a number
            return
        raise ParseError("labels are a name, or the number of a class", span=item.span, help="classes count from 0")

    def _matmul_shape(self, item: Item, left: Shape, right: Shape) -> Shape:
        if item.value == IMPLIED and not (left and right):
            if not left and not right and "\\" not in self.text.source:  # in LaTeX letters side by side are a product
                raise missing_operator(item.sign)
            return left or right
        if not left or not right:
            which = 0 if not left else 1
            raise ParseError(
                "@ takes vectors and matrices, not a scalar",
                span=self.text.items[item.args[which]].span,
                help="write * for a product with a scalar",
            )
        if not self.sizes.unify(left[-1], right[0]):
            left, right = self.sizes.resolve_shape(left), self.sizes.resolve_shape(right)
            raise ParseError(
                f"@ cannot multiply {write_shape(left)} by {write_shape(right)}: {left[-1]} and {right[0]} differ",
                help=self._matmul_help(left, right),
            )
        return (*left[:-1], *right[1:])

    def _matmul_help(self, left: Shape, right: Shape) -> str:
        if len(left) == 2 and left[0] == right[0]:
            return "transpose the left side: A.T@..."
        if len(right) == 2 and left[-1] == right[1]:
            return "transpose the right side: ...@B.T"
        return "the last axis of the left side must be the first one of the right side; see --shape"

    def _elementwise_shape(self, item: Item, shapes: Sequence[Shape]) -> Shape:
        shape: Shape = ()
        for other in shapes:
            joined = self.sizes.broadcast(shape, other)
            if joined is None:
                name = item.op.value if item.op is not Op.CALL and item.op is not Op.RELATION else str(item.value)
                pair = self.sizes.resolve_shape(shapes[0]), self.sizes.resolve_shape(shapes[-1])
                raise ParseError(
                    f"{name} cannot join {write_shape(pair[0])} with {write_shape(pair[1])}",
                    help="write @ for the product of matrices, .T for a transpose, or check --shape"
                    if item.op is Op.MUL
                    else "shapes must be equal, or 1 where they differ, counted from the last axis; see --shape",
                )
            shape = joined
        return shape

    def _literal_shape(self, item: Item, shapes: Sequence[Shape]) -> Shape:
        first = shapes[0]
        for arg, shape in zip(item.args, shapes, strict=True):
            if len(shape) != len(first) or not all(map(self.sizes.unify, shape, first)):
                raise ParseError(
                    f"the parts of an array must have one shape: {write_shape(first)} and {write_shape(shape)}",
                    span=self.text.items[arg].span,
                    help="write [[1, 2], [3, 4]]",
                )
        if len(first) > 1:
            raise ParseError("arrays have at most two axes here", span=item.span, help="write [[1, 2], [3, 4]]")
        return (len(item.args), *first)

    def _index_shape(self, item: Item, shape: Shape) -> Shape:
        slices = list_slices(item)
        count = sum(not part.is_new for part in slices)
        if count > len(shape):
            many = f"there are more subscripts than axes: this is {write_shape(shape)}"
            is_apart = self.text.source[item.sign[0] - 1].isspace()  # x [1, 2, 3], as values are printed
            raise ParseError(
                many if shape else "a scalar has no entries",
                span=item.span,
                help="give values by --at 'x=[1, 2, 3]'"
                if is_apart
                else "write x[0] for a vector, A[0, 1] for a matrix",
            )
        out: list[Size] = []
        sizes = iter(shape)
        for part in slices:
            if part.is_new:
                out.append(1)
                continue
            size = next(sizes)
            if not part.is_entry:
                out.append(self.subscripts.find_bounds(part, size, item)[1])
            else:
                assert part.start is not None
                term = self.subscripts.read_index(part.start)
                if term is None:
                    self.subscripts.read_entry(part.start, size)
                else:
                    self.subscripts.find_first_entry(part.start, *term, size)
        return (*out, *shape[count:])
