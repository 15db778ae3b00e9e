"""The shapes of a text with arrays: what its lengths are, and whether they go together.

Lengths that are not declared take part as unknowns. Rows are gone through in order, and each makes lengths equal that
must be, as `A@x` does with the last axis of A and the first one of x.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from dcalc.errors import DcalcError, ParseError
from dcalc.parser.array_lexer import may_be_latex, missing_operator
from dcalc.parser.array_syntax import IMPLIED, POWER_OF_T, Item, Op, Slice
from dcalc.records import NamedTuple
from dcalc.tensor.calls import CONSTANTS, REDUCTIONS, Call, Order
from dcalc.tensor.nodes import Factor, Node, product
from dcalc.tensor.operations import OPERATIONS
from dcalc.tensor.resolution import Resolved, Scope, find_operation, list_slices
from dcalc.tensor.sizes import Dim, Shape, Size, Sizes, name_sizes, shift_size, write_shape

# --- the arguments of a call -------------------------------------------------------------------
# What says how a call is meant: whole numbers, lengths, axes, norms, labels of axes.


def read_call(items: Sequence[Item], sizes: Sizes, item: Item, shapes: Sequence[Shape]) -> Call:
    """The call of a function of whole arrays with what its arguments say. Raises ParseError where one is wrong."""
    name = str(item.value)
    words = dict(item.keywords)
    axis = OPERATIONS[name].axis
    if "axis" in words:
        axis = _read_axis(items, words["axis"], len(shapes[0]) if shapes else 0)
    lengths: list[Size | None] = []
    if OPERATIONS[name].takes_lengths:
        lengths = [read_length(items, sizes, place) for place in item.args]
    elif name == "one_hot":
        lengths = [None, read_length(items, sizes, item.args[1])]
    elif "normalized_shape" in words:
        lengths = [read_length(items, sizes, _only_axis(items, words["normalized_shape"]))]
    is_set = {word: _is_true(items, word, words[word]) for word in ("keepdims", "log_target") if word in words}
    order = _read_order(items, words["ord"]) if "ord" in words else None
    ddof = read_integer(items, words["ddof"], "what is taken off") if "ddof" in words else 0
    power = read_integer(items, item.args[1], "the power of a matrix") if name == "matrix_power" else 1
    reduction = _read_reduction(items[words["reduction"]], name) if "reduction" in words else "mean"
    constants = {word: _read_constant(items, word, words[word]) for word in CONSTANTS if word in words}
    return Call(
        name,
        shapes,
        axis,
        sizes,
        lengths,
        keeps=is_set.get("keepdims", False),
        order=order,
        ddof=ddof,
        power=power,
        reduction=reduction,
        takes_logarithms=is_set.get("log_target", False),
        constants=constants,
    )


def _read_reduction(item: Item, name: str) -> str:
    """What a loss makes of its entries. Raises ParseError."""
    known = REDUCTIONS if name == "torch.kl_div" else REDUCTIONS[:3]
    if item.op is not Op.TEXT or item.value not in known:
        raise ParseError("there is no such reduction", span=item.span, help=f"write one of {', '.join(known)}")
    return str(item.value)


def _read_constant(items: Sequence[Item], word: str, place: int) -> Fraction:
    """An argument that is a number, and not negative. Raises ParseError."""
    item = items[place]
    if item.op is not Op.NUMBER or (not item.value and word in ("delta", "beta")):
        raise ParseError(f"{word} must be a positive number here", span=item.span, help=f"write {word}=0.1")
    assert isinstance(item.value, Fraction)
    return item.value


def _only_axis(items: Sequence[Item], place: int) -> int:
    """The row of the one length in the shape of an axis, `(n,)` or `[n]`. Raises ParseError where it has several."""
    item = items[place]
    if item.op not in (Op.TUPLE, Op.LITERAL):
        return place
    if len(item.args) > 1:
        raise ParseError("layer_norm is over the last axis here", span=item.span, help="write its length alone")
    return item.args[0]


def _read_axis(items: Sequence[Item], place: int, rank: int) -> int | None:
    """The axis that is meant; None for all of them. Raises ParseError."""
    item = items[place]
    if item.op is not Op.TUPLE:
        return read_integer(items, place, "an axis")
    axes = [read_integer(items, arg, "an axis") for arg in item.args]
    if len(axes) == 1:
        return axes[0]
    if {axis % rank if rank else axis for axis in axes} == set(range(rank)) and len(axes) == rank:
        return None
    raise ParseError("these are not the axes of the argument", span=item.span, help="write axis=0, or leave axis out")


def read_integer(items: Sequence[Item], place: int, what: str) -> int:
    """The whole number of a row; ``what`` it is stands in the message. Raises ParseError for anything else."""
    item = items[place]
    sign = 1
    if item.op is Op.NEG:
        sign, item = -1, items[item.args[0]]
    if item.op is not Op.NUMBER or not isinstance(item.value, Fraction) or item.value.denominator != 1:
        is_index = item.op is Op.NAME and what == "a subscript"
        help = f"write sum({item.value}, 0, n - 1, x[{item.value}]) for a sum" if is_index else "write 0 or 1"
        raise ParseError(f"{what} must be a whole number", span=items[place].span, help=help)
    return sign * int(item.value)


def read_length(items: Sequence[Item], sizes: Sizes, place: int) -> Size:
    """The length that a row means: a number, a name, or a name with a number added. Raises ParseError."""
    item = items[place]
    if item.op is Op.NUMBER:
        return _positive(read_integer(items, place, "a length"), item)
    if item.op is Op.NAME:
        return sizes.resolve(Dim(str(item.value)))
    if item.op in (Op.ADD, Op.SUB) and items[item.args[0]].op is Op.NAME:
        by = read_integer(items, item.args[1], "what is added to a length")
        return sizes.resolve(Dim(str(items[item.args[0]].value), by if item.op is Op.ADD else -by))
    raise ParseError("this is not a length", span=item.span, help="write a number, a name or n - 1")


def _positive(value: int, item: Item) -> int:
    if value < 1:
        raise ParseError("an axis must have at least 1 entry", span=item.span, help="write a positive length")
    return value


def _is_true(items: Sequence[Item], word: str, place: int) -> bool:
    value = items[place].value
    if value not in ("True", "False", 0, 1):
        raise ParseError(f"{word} is True or False", span=items[place].span, help=f"write {word}=True")
    return value in ("True", 1)


def _read_order(items: Sequence[Item], place: int) -> Order | None:
    """Which norm is meant. Raises ParseError."""
    item = items[place]
    if item.op is Op.CALL and item.value == "identity":  # float("inf")
        item = items[item.args[0]]
    if item.op is Op.NEG and items[item.args[0]].value == "inf":
        return "-inf"
    if item.op is Op.NUMBER and isinstance(item.value, Fraction):
        return item.value
    if item.op is Op.TEXT and str(item.value).isdigit():
        return Fraction(str(item.value))
    if item.value in ("fro", "inf", "nuc", "None"):
        return None if item.value == "None" else item.value  # type: ignore[return-value]  # one of these texts
    raise ParseError("there is no such norm", span=item.span, help="write norm(x, 1), norm(x, 2) or norm(x, inf)")


# --- Labels of axes: `einsum('ij,j->i', A, x)` is a product, as NumPy writes it.


class EinsumLetters(NamedTuple):
    """The letters of the axes of each argument, and those of the result."""

    parts: tuple[str, ...]
    out: str


def read_subscripts(item: Item, rows: Sequence[Item]) -> EinsumLetters:
    """The letters of a call. Raises ParseError where they do not go with the arguments."""
    first = rows[item.args[0]] if item.args else item
    if first.op is not Op.TEXT:
        raise ParseError("einsum begins with its letters", span=first.span, help="write einsum('ij,j->i', A, x)")
    text = str(first.value).replace(" ", "")
    left, arrow, out = text.partition("->")
    parts = tuple(left.split(","))
    if not re.fullmatch(r"[A-Za-z,]*", left) or len(parts) != len(item.args) - 1:
        count = len(item.args) - 1
        raise ParseError(
            f"einsum has letters for {len(parts)} arrays and {count} arguments" if len(parts) != count
            else "einsum takes letters alone",
            span=first.span, help="write einsum('ij,j->i', A, x)",
        )  # fmt: skip
    if not arrow:
        out = "".join(sorted(letter for letter in set(left) - {","} if left.count(letter) == 1))
    if not set(out) <= set(left) or len(set(out)) != len(out):
        raise ParseError("einsum has letters for a result that no array has", span=first.span, help="check them")
    return EinsumLetters(parts, out)


def infer_einsum(subscripts: EinsumLetters, shapes: Sequence[Shape], sizes: Sizes) -> Shape:
    """The shape of the result. Raises ParseError where a letter stands for two lengths."""
    lengths: dict[str, Size] = {}
    for letters, shape in zip(subscripts.parts, shapes, strict=True):
        if len(letters) != len(shape):
            raise ParseError(
                f"einsum has the letters {letters} for {write_shape(shape)}", help="one letter for each axis"
            )
        for letter, size in zip(letters, shape, strict=True):
            if not sizes.unify(lengths.setdefault(letter, size), size):
                raise ParseError(
                    f"einsum has {letter} for two lengths: {lengths[letter]} and {size}", help="use another letter"
                )
    return tuple(sizes.resolve(lengths[letter]) for letter in subscripts.out)


def build_einsum(subscripts: EinsumLetters, args: Sequence[Node]) -> Node:
    """The product that they mean."""
    labels = {letter: k for k, letter in enumerate(dict.fromkeys("".join(subscripts.parts)))}
    sizes: dict[int, Size] = {}
    factors = []
    for letters, arg in zip(subscripts.parts, args, strict=True):
        axes = tuple(labels[letter] for letter in letters)
        sizes.update(zip(axes, arg.shape, strict=True))
        factors.append(Factor(arg, axes))
    return product(1, factors, [labels[letter] for letter in subscripts.out], sizes)


# --- subscripts --------------------------------------------------------------------------------
# What subscripts take of an axis: one entry, a slice, or an entry for each value of an index.


class Subscripts:
    """The subscripts of a text. Lengths that they tell are joined in ``sizes``.

    ``index_sizes`` says how many values each index takes, by the key of its scope. Raises ParseError where that is
    not one at least.
    """

    def __init__(self, text: Resolved, sizes: Sizes) -> None:
        self.items = text.items
        self.scopes = text.scopes
        self.sizes = sizes
        self.index_sizes = {key: self._count_values(scope) for key, scope in text.scopes.items()}
        self._steps: dict[tuple[Size, int, int], Size] = {}  # lengths of slices with steps
        self._offsets: dict[str, int] = {}  # the largest number that is added to each index in a subscript

    def _count_values(self, scope: Scope) -> Size:
        if scope.first is None or scope.last is None:
            return self.sizes.fresh()
        first = self.find_first_value(scope)
        size = shift_size(self._read_bound(scope.last), 1 - first)
        if isinstance(size, int) and size < 1:
            span = self.items[scope.first].span[0], self.items[scope.last].span[1]
            raise ParseError(
                "the index takes no value", span=span, help="write the lower end first: sum(i, 1, 10, ...)"
            )
        return size

    def _read_bound(self, place: int) -> Size:
        item = self.items[place]
        if item.op in (Op.NUMBER, Op.NEG):
            return read_integer(self.items, place, "a bound")
        return read_length(self.items, self.sizes, place)

    def find_first_value(self, scope: Scope) -> int:
        """The value that an index begins with: 0 where the axis tells how many there are. Raises ParseError."""
        return 0 if scope.first is None else read_integer(self.items, scope.first, "where an index begins")

    def read_index(self, row: int) -> tuple[Scope, int] | None:
        """The index of a subscript and what is added to it; None for a plain number. Raises ParseError."""
        item = self.items[row]
        by = 0
        if item.op in (Op.ADD, Op.SUB) and self.items[item.args[0]].op is Op.BOUND:
            by = read_integer(self.items, item.args[1], "what is added to an index")
            by, item = by if item.op is Op.ADD else -by, self.items[item.args[0]]
        return (self.scopes[str(item.value)], by) if item.op is Op.BOUND else None

    def find_first_entry(self, row: int, scope: Scope, by: int, size: Size) -> int:
        """The first entry that an index takes of an axis. Raises ParseError where it would leave the axis."""
        first = self.find_first_value(scope) + by
        count = self.sizes.resolve(self.index_sizes[scope.key])
        size = self.sizes.resolve(size)
        if any(isinstance(one, Dim) and self.sizes.is_open(one) for one in (count, size)):
            # The axis reaches as far as the furthest entry that any subscript takes with this index.
            self.sizes.unify(size, shift_size(count, self.find_first_value(scope) + self._find_largest_offset(scope)))
            count, size = self.sizes.resolve(count), self.sizes.resolve(size)
        last = shift_size(count, first)
        fits = first >= 0
        if type(last) is type(size) and (isinstance(last, int) or last.name == size.name):  # type: ignore[union-attr]  # alike
            fits = fits and (last <= size if isinstance(last, int) else last.offset <= size.offset)  # type: ignore[operator, union-attr]  # alike
        elif isinstance(last, Dim) and isinstance(size, Dim):
            fits = False
        if not fits:
            raise ParseError(
                f"the index {scope.name} leaves the axis, which has {size} entries",
                span=self.items[row].span, help=f"entries count from 0: let {scope.name} run to {shift_size(size, -1)}",
            )  # fmt: skip
        return first

    def _find_largest_offset(self, scope: Scope) -> int:
        """The largest number that a subscript adds to an index."""
        if scope.key not in self._offsets:
            for item in self.items:
                for part in list_slices(item) if item.op is Op.INDEX else ():
                    if part.is_entry and part.start is not None and (term := self.read_index(part.start)):
                        self._offsets[term[0].key] = max(term[1], self._offsets.get(term[0].key, term[1]))
        return self._offsets[scope.key]

    def read_entry(self, row: int, size: Size) -> int:
        """The entry that a plain number means, counted from the end below 0. Raises ParseError outside of the axis."""
        place = read_integer(self.items, row, "a subscript")
        if isinstance(size, int) and not -size <= place < size:
            raise ParseError(
                f"there is no entry {place}: this axis has {size}", span=self.items[row].span,
                help=f"entries count from 0 to {size - 1}",
            )  # fmt: skip
        return place

    def find_bounds(self, part: Slice, size: Size, item: Item) -> tuple[int, Size, int]:
        """Where a slice starts, its length and its step. Raises ParseError where that cannot be told."""
        start = None if part.start is None else read_integer(self.items, part.start, "a subscript")
        end = None if part.end is None else read_integer(self.items, part.end, "a subscript")
        step = 1 if part.step is None else read_integer(self.items, part.step, "a step")
        if isinstance(size, int):
            if not step:
                raise ParseError("a step must not be 0", span=item.span, help="write x[::2] or x[::-1]")
            places = range(*slice(start, end, step).indices(size))
            if not places:
                raise ParseError("the slice is empty", span=item.span, help=f"this axis has {size} entries")
            return places[0], len(places), step
        if step < 1 or (step > 1 and end is not None):
            raise ParseError(
                "the slice has a step, and the length is not known", span=item.span, help="give the length by --shape"
            )
        start = start or 0
        if step > 1:  # how many entries these are is another length
            return start, self._steps.setdefault((size, start, step), self.sizes.fresh()), step
        if start < 0 or (end is not None and 0 <= end <= start):
            raise ParseError(
                "the slice counts from an end that is not known", span=item.span, help="give the length by --shape"
            )
        if end is None or end < 0:
            return start, Dim(size.name, size.offset - start + (end or 0)), 1
        return start, end - start, 1


# --- inference ---------------------------------------------------------------------------------


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
            if (
                not left and not right and not may_be_latex(self.text.source)
            ):  # in LaTeX letters side by side are a product
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
