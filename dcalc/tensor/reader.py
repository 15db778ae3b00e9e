"""A text with vectors and matrices: as a node, and as it was typed.

Shapes are declared, taken from values, or found out from the text. What was found out is told in a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.errors import DcalcError, ParseError
from dcalc.expr import Expr
from dcalc.parser.array_lexer import find_left_side, may_be_latex
from dcalc.parser.array_syntax import (
    CARET,
    DOT,
    IMPLIED,
    POWER_OF_T,
    Item,
    Op,
    Slice,
    is_minus_one,
    is_outer,
    read_text,
)
from dcalc.records import NamedTuple
from dcalc.spellings.arrays import SPOKEN
from dcalc.tensor import linear
from dcalc.tensor.elementwise import apply_row, constant, instantiate
from dcalc.tensor.gaps import Requirement, list_requirements
from dcalc.tensor.inference import Shapes, build_einsum, infer_shapes, read_call, read_subscripts
from dcalc.tensor.lower import Array, lower
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    Symmetric,
    Table,
    add,
    as_number,
    broadcast,
    current_table,
    matmul,
    number,
    product,
    replace_args,
    size_node,
    transpose,
    use_table,
    variable,
    walk,
)
from dcalc.tensor.operations import build_call
from dcalc.tensor.plain import write
from dcalc.tensor.ranks import infer_ranks
from dcalc.tensor.resolution import (
    DOTS,
    REDUCTIONS,
    Keys,
    Resolved,
    find_operation,
    lift,
    list_slices,
    merge_keys,
    multiply_matrices,
    reduce_over,
    resolve_names,
    turn,
)
from dcalc.tensor.sizes import Declared, Dim, Shape, Size, write_shape

# --- as it was typed ---------------------------------------------------------------------------
# An expression of arrays as it was typed, one operation after the other.
#
# Nodes are in normal form: `x/x` is 1 there, and says nothing about x = 0. What is true at a point is asked of what was
# typed, so here each operation is a node over placeholders for its operands, in which nothing can cancel.


class Step(NamedTuple):
    """One operation: a node over the placeholders of its operands, which are earlier steps by number.

    ``span`` tells where it stands in the text.
    """

    node: Node
    args: tuple[int, ...]
    span: tuple[int, int] = (0, 0)


def placeholder(number: int, shape: Shape) -> Node:
    """The stand-in for a step. Its name is not a name in the language."""
    return variable(placeholder_name(number), shape)


def placeholder_name(number: int) -> str:
    """The name of the stand-in for a step."""
    return f"#{number}"


def join_steps(steps: Mapping[int, Step]) -> dict[int, Node]:
    """What each step comes to, in the variables of the text and in normal form."""
    nodes: dict[int, Node] = {}
    for place, step in steps.items():
        operands = {placeholder_name(arg): nodes[arg] for arg in step.args}
        images: dict[Node, Node] = {}
        for node in walk(step.node):
            images[node] = (
                operands.get(str(node.data), node)
                if node.kind is Kind.VARIABLE
                else replace_args(node, [images[arg] for arg in node.args])
            )
        nodes[place] = images[step.node]
    return nodes


def lower_steps(
    steps: Mapping[int, Step], sizes: Mapping[str, int], entries: Mapping[str, Sequence[Expr]] | None = None
) -> Array:
    """The entries of the last step as scalar expressions, as they were typed. As `lower` otherwise."""
    arrays: dict[int, Array] = {}
    given = dict(entries or {})
    for place, step in steps.items():
        for arg in step.args:
            given[placeholder_name(arg)] = arrays[arg].entries
        (arrays[place],) = lower([step.node], sizes, given)
    return arrays[max(arrays)]


# --- what papers write -------------------------------------------------------------------------
# What papers write, in the words of the language: `A^-1`, `x·y`, `x^T A x`, `tr A`, `||x||`.
#
# Some of it means one thing for numbers and another for arrays, so that it is read once it is known which of the rows
# are vectors and matrices. Where a text is written so, people are told once how it was read.


def spell_out(text: Resolved, ranks: Sequence[int | None]) -> Resolved:
    """The rows with inverses and products in place of the powers of matrices and the dots that mean them. Linear."""
    rows = list(text.items)
    skipped = set(text.skipped)
    for place, item in enumerate(text.items):
        if place in skipped:
            continue
        is_inverse = item.op is Op.POW and item.value == CARET and is_minus_one(text.items, text.items[item.args[1]])
        if is_inverse and ranks[item.args[0]] == 2:
            rows[place] = item._replace(op=Op.CALL, value="inv", args=item.args[:1])
            skipped.update(range(text.items[item.args[1]].first, item.args[1] + 1))
        elif item.op is Op.MUL and item.value == DOT and all(ranks[arg] for arg in item.args):
            rows[place] = item._replace(op=Op.MATMUL, value=DOT)
        elif is_outer(text.items, item, [ranks[arg] for arg in item.args]):
            first, second = item.args
            rows[place] = item._replace(op=Op.CALL, value="outer", args=(first, text.items[second].args[0]))
            skipped.add(second)
    return text._replace(items=tuple(rows), skipped=frozenset(skipped))


def is_respelled(text: Resolved) -> bool:
    """Whether a text is written as papers do, has a name of its own, or calls a library. Linear."""
    if may_be_latex(text.source) or find_left_side(text.source):
        return True
    return any(_is_foreign(text.source, item) for place, item in enumerate(text.items) if place not in text.skipped)


def _is_foreign(source: str, item: Item) -> bool:
    sign = source[slice(*item.sign)]
    if item.op is Op.CALL and source[item.sign[1] :].lstrip()[:1] != "(":
        return True
    if item.op in (Op.CALL, Op.MATMUL) and "." in sign:
        return True
    return (
        item.value == POWER_OF_T
        or (item.op in (Op.MATMUL, Op.MUL) and item.value == IMPLIED)
        or (item.op is Op.MATMUL and item.value == DOT)
    )


def _is_turned(text: Resolved, place: int) -> bool:
    """Whether a row is a transpose that is not written as in NumPy."""
    item = text.items[place]
    return item.op is Op.TRANSPOSE and not text.source[slice(*item.sign)].startswith(".")


def _is_by_row(item: Item) -> bool:
    """Whether a softmax is taken along an axis that is not written."""
    return item.op is Op.CALL and item.value in ("softmax", "log_softmax") and not item.keywords


def _note_names(text: Resolved, shapes: Shapes) -> Iterator[str]:
    """Notes on names by which another thing may be meant."""
    for name in shapes.variables:
        if name in SPOKEN and name not in text.declared:
            yield f"{name} is a variable here: a function needs brackets, {name}(...)"
        if name == "I" and name not in text.declared:
            yield "I is a variable here; the identity is eye(n)"
        if re.fullmatch("[A-Z][a-z]", name) and name not in text.declared and len(shapes.variables[name]) < 2:
            yield f"{name} is one name; the product is {name[0]}@{name[1]}"
    is_turn = "tau" not in shapes.variables and any(item.op is Op.NAME and item.value == "tau" for item in text.items)
    if is_turn and "tau" not in text.lengths:
        yield "tau is 2*pi here; --shape 'tau: scalar' makes it a variable"


def note_doubts(text: Resolved, shapes: Shapes) -> Iterator[str]:
    """Notes on what is taken entry by entry, and on names that look like products, where another thing may be meant."""
    yield from _note_names(text, shapes)
    for place, item in enumerate(text.items):
        if place in text.skipped:
            continue
        if item.op is Op.MUL and _is_turned(text, item.args[0]) and all(shapes.rows[arg] for arg in item.args):
            yield "* is taken entry by entry; the product of matrices is @"
        if _is_by_row(item) and len(shapes.rows[item.args[0]]) > 1:
            yield f"{item.value} is taken of each row; of columns it is {item.value}(..., axis=0)"
        if item.op is not Op.POW:
            continue
        shape = shapes.sizes.resolve_shape(shapes.rows[place])
        exponent = text.items[item.args[1]]
        base = text.source[slice(*text.items[item.args[0]].span)]
        if len(shape) == 2 and is_minus_one(text.items, text.items[item.args[1]]):
            yield f"the power of {base} is taken entry by entry; the inverse is inv({base})"
        elif len(shape) == 2 and shape[0] == shape[1] and item.value == CARET and exponent.value == 2:
            yield f"the square of {base} is taken entry by entry; the product is {base}@{base}"


# --- nodes -------------------------------------------------------------------------------------


class Reading(NamedTuple):
    """A text as a node, its variables by name, what people are told of how it was read, and the table of its nodes.

    ``list_steps`` gives the operations one by one, as they were typed; ``labels`` are the names whose values are
    numbers of classes, with how many classes there are; ``requirements`` must hold for the text to have a value.
    """

    root: Node
    variables: dict[str, Node]
    notes: tuple[str, ...]
    table: Table
    list_steps: Callable[[], dict[int, Step]]
    labels: Mapping[str, Size]
    requirements: Sequence[Requirement] = ()


def declare(reading: Reading) -> dict[str, Declared]:
    """The shapes that the names of a text have, to read another one with."""
    return {name: Declared(node.shape, type(node.data) is Symmetric) for name, node in reading.variables.items()}


def read(text: str, shapes: Mapping[str, Declared] | None = None, *, beside: Reading | None = None) -> Reading:
    """The node that a text means, its variables, and notes. Nothing in it is evaluated.

    ``shapes`` are those of names as far as they are known. Two texts that are to be compared have one table: the
    second is read ``beside`` the first. Raises ParseError, UnknownFunction or ArityError with the
    span of what is wrong, shapes that do not go together among them. Linear in the text but for the search of shapes.
    """
    try:
        rows = read_text(text)
        use_table(Table() if beside is None else beside.table)
        numbers = [item.value for item in rows.items if item.op is Op.NUMBER]
        if any(isinstance(value, Fraction) and value.denominator > 1 for value in numbers):
            current_table().has_decimals = True
        return _read_names(resolve_names(rows, shapes or {}))
    except DcalcError as error:
        from dcalc.parser.array_hints import explain_array_text

        error.source = text
        raise (explain_array_text(text) or error) from None


def _read_names(text: Resolved) -> Reading:
    """The reading of a text whose names are resolved, but have no shapes."""
    ranks = infer_ranks(text)
    text = spell_out(text, ranks.rows)
    shapes = infer_shapes(text, ranks.names)
    variables = {
        name: variable(name, shape, symmetric=name in text.declared and text.declared[name].symmetric)
        for name, shape in shapes.variables.items()
    }
    builder = _Builder(text, shapes, variables)
    nodes = builder.build()
    if text.items[-1].op in _CONDITIONS:
        help = f"write where({text.source.strip()}, 1, 0)"
        raise ParseError("a condition is not a number", span=text.items[-1].span, help=help)
    guessed = [name for name in variables if name not in text.declared]
    readings = [f"read as {write(nodes[-1])}"] if is_respelled(text) else []
    notes = (*((_note(guessed, variables),) if guessed else ()), *readings, *dict.fromkeys(note_doubts(text, shapes)))
    requirements = list_requirements(text.items, nodes, text.skipped)
    return Reading(nodes[-1], variables, notes, current_table(), builder.list_steps, shapes.labels, requirements)


_INDEXED = (Op.BOUND, Op.OVER, Op.ENTRIES, Op.INDEX)
_CONNECTIONS = (Op.AND, Op.OR, Op.NOT)
_CONDITIONS = (Op.RELATION, *_CONNECTIONS)


class _Builder:
    """Makes the node of each row, of which the shapes are known."""

    def __init__(self, text: Resolved, shapes: Shapes, variables: Mapping[str, Node]) -> None:
        self.text = text
        self.shapes = shapes.rows
        self.sizes = shapes.sizes
        self.subscripts = shapes.subscripts
        self.variables = variables
        self.index_sizes = {key: self.sizes.resolve(size) for key, size in self.subscripts.index_sizes.items()}
        self.indices: list[Keys] = []  # the indices that each row depends on: the first axes of its node

    def _find_indices(self) -> None:
        """The indices that each row depends on."""
        for key, size in self.index_sizes.items():
            if isinstance(size, Dim) and size.name.startswith("?"):
                name = self.text.scopes[key].name
                raise ParseError(f"how far the index {name} runs is not known", span=(0, 0), help=f"use it: x[{name}]")
        for item in self.text.items:
            keys: Keys = merge_keys([self.indices[arg] for arg in item.args])
            if item.op is Op.BOUND:
                keys = (str(item.value),)
            elif item.op is Op.INDEX:
                terms = [
                    self.subscripts.read_index(p.start) for p in list_slices(item) if p.is_entry and p.start is not None
                ]
                keys = merge_keys([keys, tuple(term[0].key for term in terms if term is not None)])
            elif item.op in (Op.OVER, Op.ENTRIES):
                keys = tuple(key for key in keys if key not in str(item.value).split())
            self.indices.append(keys)

    def build(self) -> list[Node]:
        """The nodes of the rows, the last one being that of the whole text. Raises ParseError."""
        self._find_indices()
        nodes: list[Node] = []
        for place, item in enumerate(self.text.items):
            if place in self.text.skipped:
                nodes.append(number(0))
                continue
            args = [nodes[arg] for arg in item.args]
            try:
                nodes.append(self._node(place, item, args, self.sizes.resolve_shape(self.shapes[place])))
            except DcalcError as error:
                error.span = error.span or item.sign
                raise
        return nodes

    def _shape_with_indices(self, place: int) -> Shape:
        """The shape of the node of a row: the axes of indices come first."""
        own = self.sizes.resolve_shape(self.shapes[place])
        return (*(self.index_sizes[key] for key in self.indices[place]), *own)

    def list_steps(self) -> dict[int, Step]:
        """The operations one by one by their rows, as they were typed; `build` comes first."""
        steps: dict[int, Step] = {}
        for place, item in enumerate(self.text.items):
            if place not in self.text.skipped:
                args = [placeholder(arg, self._shape_with_indices(arg)) for arg in item.args]
                node = self._node(place, item, args, self.sizes.resolve_shape(self.shapes[place]))
                steps[place] = Step(node, tuple(arg for arg in item.args if arg not in self.text.skipped), item.span)
        return steps

    def _read_conditions(self, item: Item, args: Sequence[Node]) -> list[Node]:
        """The arguments of a row, where a condition that stands for a number is 1 or 0. Raises ParseError."""
        takes_conditions = len(args) if item.op in _CONNECTIONS else int(item.op is Op.CALL and item.value == "where")
        numbers = list(args)
        for k, arg in enumerate(item.args):
            row = self.text.items[arg]
            if k < takes_conditions:
                if row.op not in _CONDITIONS:
                    help = f"write {self.text.source[slice(*row.span)]} != 0"
                    raise ParseError("a condition is expected here", span=row.span, help=help)
            elif row.op in _CONDITIONS:
                shape = args[k].shape
                numbers[k] = apply_row(table.WHERE, (args[k], number(1, shape), number(0, shape)))
        return numbers

    def _node(self, place: int, item: Item, args: Sequence[Node], shape: Shape) -> Node:
        op = item.op
        args = self._read_conditions(item, args)
        if self.text.scopes and (op in _INDEXED or any(self.indices[arg] for arg in item.args)):
            return self._node_with_indices(place, item, args, shape)
        if op is Op.NAME:
            return self._name(str(item.value))
        if op is Op.NUMBER:
            assert isinstance(item.value, Fraction)
            return number(item.value)
        if op is Op.TRANSPOSE:
            return transpose(args[0])
        if op is Op.MATMUL and args[0].rank and args[1].rank:
            return matmul(*args)
        if op is Op.CALL and item.value == "einsum":
            return build_einsum(read_subscripts(item, self.text.items), args[1:])
        if op is Op.LITERAL:
            return stack_entries(args)
        if op is Op.INDEX:
            return self._index(item, args[0])
        if op is Op.CALL and find_operation(item) is not None:
            return build_call(read_call(self.text.items, self.sizes, item, [arg.shape for arg in args]), args)
        spread = [broadcast(arg, shape) for arg in args]
        return self._apply(place, item, spread)

    def _apply(self, place: int, item: Item, args: Sequence[Node]) -> Node:
        """A function of single numbers of nodes of one shape."""
        body = self.text.bodies.get(place)
        if body is None:
            row = self._row(item)
            if row.chooses:
                index = self.text.items[item.args[0]]
                chosen = index.value if index.op is Op.NUMBER else None
                table.check_choice(row, chosen, len(args) - 1, index.span)
            return apply_row(row, args)
        from dcalc.parser.assembly import template

        text = ";".join((*(f"{name} = {value}" for name, value in body.defaults), body.text))
        return instantiate(template(text, body.names), dict(zip(body.names, args, strict=True)), args[0].shape)

    def _name(self, name: str) -> Node:
        if name in self.variables:
            return self.variables[name]
        if name in self.text.lengths:
            return size_node(self.sizes.resolve(Dim(name)))
        return constant(table.CONSTANTS.get(name) or table.OTHER_CONSTANTS[name])

    def _node_with_indices(self, place: int, item: Item, args: Sequence[Node], shape: Shape) -> Node:
        """The node of a row that depends on indices: their axes come first."""
        op = item.op
        parts = list(zip(args, [self.indices[arg] for arg in item.args], strict=True))
        keys = merge_keys([own for _, own in parts])
        if op is Op.BOUND:
            scope = self.text.scopes[str(item.value)]
            return linear.count_up(self.subscripts.find_first_value(scope), self.index_sizes[scope.key])
        if op is Op.INDEX:
            return self._index(item, args[0], self.indices[item.args[0]])
        if op is Op.OVER:
            kind, key = str(item.value).split()
            node = args[0] if key in keys else lift(args[0], keys, (key, *keys), shape, self.index_sizes)
            return reduce_over(kind, node, keys.index(key) if key in keys else 0)
        if op is Op.ENTRIES:
            wanted = tuple(str(item.value).split())
            return lift(args[0], keys, wanted, shape, self.index_sizes)
        if op is Op.TRANSPOSE:
            return turn(args[0], len(keys))
        if (op is Op.MATMUL and all(self.shapes[arg] for arg in item.args)) or (op is Op.CALL and item.value in DOTS):
            return multiply_matrices(parts, keys)
        if op is Op.CALL and find_operation(item) is not None:
            name = str(item.value)
            if name not in REDUCTIONS:
                raise ParseError(
                    f"{name} cannot depend on an index", help="write it outside of the sum, or without the index"
                )
            call = read_call(self.text.items, self.sizes, item, [self.shapes[arg] for arg in item.args])
            return REDUCTIONS[name](args[0], [axis + len(keys) for axis in call.axes()])
        if op is Op.LITERAL:
            raise ParseError("an array of entries cannot depend on an index", help="write its entries by index")
        return self._apply(place, item, [lift(arg, own, keys, shape, self.index_sizes) for arg, own in parts])

    def _row(self, item: Item) -> table.Row:
        """The row of the table that a call or a sign means."""
        if item.op is Op.CALL:
            return table.get(str(item.value), len(item.args))
        if item.op is Op.MATMUL:  # of a scalar, and not written
            return table.MUL
        return table.BY_KEY[str(item.value) if item.op is Op.RELATION else item.op.value]

    def _index(self, item: Item, node: Node, own: Keys = ()) -> Node:
        """Entries and slices of a node, whose first axes are indices of its own."""
        factors: list[Factor] = []
        out: list[int] = []
        sizes: dict[int, Size] = dict(enumerate(node.shape))
        fresh = node.rank
        labels = {key: axis for axis, key in enumerate(own)}
        axes = list(range(node.rank))
        slices = list(list_slices(item))
        slices += [Slice(None, None, False)] * (node.rank - len(own) - sum(not part.is_new for part in slices))
        axis = len(own) - 1
        for part in slices:
            if part.is_new:
                sizes[fresh] = 1
                out.append(fresh)
                fresh += 1
                continue
            axis += 1
            size = node.shape[axis]
            term = self.subscripts.read_index(part.start) if part.is_entry and part.start is not None else None
            if term is not None and part.start is not None:
                scope, by = term
                first = self.subscripts.find_first_entry(part.start, scope, by, size)
                count = self.index_sizes[scope.key]
                if scope.key not in labels:
                    labels[scope.key] = fresh
                    sizes[fresh] = count
                    fresh += 1
                if (first, count) == (0, size):
                    axes[axis] = labels[scope.key]
                    del sizes[axis]
                else:
                    factors.append(Factor(linear.select(size, count, first, 1), (labels[scope.key], axis)))
                continue
            if part.is_entry:
                assert part.start is not None
                factors.append(Factor(linear.unit(size, self.subscripts.read_entry(part.start, size)), (axis,)))
                continue
            first, count, step = self.subscripts.find_bounds(part, size, item)
            if (first, count, step) == (0, size, 1):
                out.append(axis)
                continue
            sizes[fresh] = count
            factors.append(Factor(linear.select(size, count, first, step), (fresh, axis)))
            out.append(fresh)
            fresh += 1
        in_front = [labels[key] for key in merge_keys([tuple(labels)])]
        return product(1, [*factors, Factor(node, tuple(axes))], [*in_front, *out], sizes)


def stack_entries(parts: Sequence[Node]) -> Node:
    """The array whose entries along its first axis are the parts."""
    values = [as_number(part) for part in parts]
    count = len(parts)
    inner = parts[0].shape
    if all(value is not None for value in values) and not inner:
        return linear.entries([value for value in values if value is not None], (count,))
    if inner and all(_constants(part) is not None for part in parts):
        flat = [value for part in parts for value in _constants(part) or ()]
        return linear.entries(flat, (count, *inner))
    labels = tuple(range(1, len(inner) + 1))
    sizes: dict[int, Size] = {0: count, **dict(zip(labels, inner, strict=True))}
    terms = [
        product(1, [Factor(linear.unit(count, k), (0,)), Factor(part, labels)], (0, *labels), sizes)
        for k, part in enumerate(parts)
    ]
    return add(terms)


def _constants(node: Node) -> tuple[int | Fraction, ...] | None:
    """The entries of an array of exact numbers."""
    from dcalc.tensor.nodes import Kind

    if node.kind is Kind.ENTRIES:
        assert isinstance(node.data, tuple)
        return node.data
    value = as_number(node)
    if value is None or not all(isinstance(size, int) for size in node.shape):
        return None
    (size,) = node.shape
    assert isinstance(size, int)
    return (value,) * size


def _note(names: Sequence[str], variables: Mapping[str, Node]) -> str:
    """Which shapes were found out, in one line."""
    parts = []
    for name in names:
        shape = variables[name].shape
        what = ("a scalar", "a vector", "a matrix")[len(shape)]
        parts.append(f"{name} is {what}" + (f" ({write_shape(shape)})" if shape else ""))
    return f"{', '.join(parts)}; --shape declares others"
