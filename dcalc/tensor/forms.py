"""Einstein sums in matrix notation: which products of matrices, transposes, traces and diagonals they are.

A `Form` is a formula as it will be written, in text or in LaTeX. Labels of a product are done away with one by one:
what stands on both sides of one label is multiplied, what shares all labels is multiplied entry by entry, what is
left alone is summed. A sum that is not a matrix formula, since three matrices meet at a label or an axis is the third
one, has none: `matrix_forms` leaves it out, and it is written with indices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from math import prod

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.records import NamedTuple
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    Number,
    as_number,
    covered_axes,
    factors_of,
    is_closed,
    is_zero,
    product,
    size_node,
    total,
    walk,
)
from dcalc.tensor.sizes import Size


class Look(Enum):
    """How a form is put together; what ``value`` holds is told beside each."""

    NAME = "name"  # its text
    NUMBER = "number"  # the number
    LENGTH = "length"  # the length
    CALL = "call"  # the name of the function
    OPERATOR = "operator"  # a row of the table with a sign of its own
    CHAIN = "chain"  # products of matrices
    TERM = "term"  # a number times parts, over others
    POWER = "power"  # the exponent
    SUM = "sum"
    TRANSPOSE = "transpose"
    SUBSCRIPT = "subscript"  # the text in brackets
    LIST = "list"


class Form(NamedTuple):
    """A formula: how it looks, its parts, and the number of axes that it has.

    A TERM is ``coefficient`` times its parts over what stands ``below`` the line. ``symmetric`` is a matrix that is
    known to equal its transpose.
    """

    look: Look
    parts: tuple[Form, ...] = ()
    value: str | Number | Size | Row | None = None
    rank: int = 0
    coefficient: Number = 1
    below: tuple[Form, ...] = ()
    symmetric: bool = False

    @property
    def number(self) -> Number:
        """The value of a NUMBER or a POWER."""
        assert isinstance(self.value, int | Fraction)
        return self.value

    @property
    def row(self) -> Row:
        """The value of an OPERATOR."""
        assert isinstance(self.value, Row)
        return self.value

    def split(self) -> tuple[Number, list[Form], Form, list[Form]] | None:
        """A TERM as a number and scalars, its one vector or matrix, and the scalars below; None for any other."""
        body = [part for part in self.parts if part.rank]
        if self.look is not Look.TERM or len(body) != 1 or any(part.rank for part in self.below):
            return None
        return self.coefficient, [part for part in self.parts if not part.rank], body[0], list(self.below)


class NoMatrixForm(Exception):
    """A product that no formula of matrix algebra says."""


def name_form(text: str, rank: int) -> Form:
    """A variable, or any text that binds as tightly."""
    return Form(Look.NAME, (), text, rank)


def call_form(name: str, parts: Iterable[Form], rank: int, axis: int | None = None) -> Form:
    """A call of a function; with an ``axis`` where it is over one alone."""
    args = list(parts)
    if axis is not None:
        args.append(name_form(f"axis={axis}", 0))
    return Form(Look.CALL, tuple(args), name, rank)


def length_form(size: Size) -> Form:
    """A length as an argument."""
    return Form(Look.LENGTH, (), size, 0)


_OWN_TRANSPOSE = ("diag", "eye")


def transpose_form(form: Form) -> Form:
    """The transpose: of a product, the product of transposes in the other order."""
    if form.rank != 2 or form.symmetric:
        return form
    if form.look is Look.TRANSPOSE:
        return form.parts[0]
    if form.look is Look.CALL and (
        form.value in _OWN_TRANSPOSE or (form.value == "ones" and len(set(form.parts)) == 1)
    ):
        return form
    if form.look is Look.CALL and form.value == "outer":
        return form._replace(parts=form.parts[::-1])
    if form.look is Look.CHAIN:
        return chain_form([transpose_form(part) for part in reversed(form.parts)])
    if form.look is Look.SUM and all(part.rank == 2 for part in form.parts):
        turned = tuple(map(transpose_form, form.parts))
        if sum(map(count_transposes, turned)) <= sum(map(count_transposes, form.parts)):
            return form._replace(parts=turned)
    if form.look is Look.TERM and sum(part.rank == 2 for part in (*form.parts, *form.below)) <= 1:
        parts, below = tuple(map(transpose_form, form.parts)), tuple(map(transpose_form, form.below))
        return form._replace(parts=parts, below=below)
    return Form(Look.TRANSPOSE, (form,), None, 2)


def chain_form(parts: Sequence[Form]) -> Form:
    """The matrix product of vectors and matrices; products among the parts become one, numbers go in front."""
    flat: list[Form] = []
    coefficient: Number = 1
    above: list[Form] = []
    below: list[Form] = []
    for part in parts:
        if (term := part.split()) is not None:
            scale, scalars, part, low = term
            coefficient *= scale
            above += scalars
            below += low
        flat += part.parts if part.look is Look.CHAIN else (part,)
    first, last = flat[0], flat[-1]
    rank = (first.rank == 2) + (last.rank == 2)
    if len(flat) > 1 and rank == 1 and first.rank == 1:  # a vector is written as a matrix times a vector
        flat = [transpose_form(part) for part in reversed(flat)]
    chain = Form(Look.CHAIN, tuple(flat), None, rank)
    return term_form(coefficient, [*above, chain], below)


def term_form(coefficient: Number, above: Sequence[Form], below: Sequence[Form] = ()) -> Form:
    """A number times factors over others, entry by entry."""
    top: list[Form] = []
    low: list[Form] = list(below)
    for part in above:
        if part.look is Look.NUMBER:
            coefficient *= part.number
        elif part.look is Look.TERM:
            coefficient *= part.coefficient
            top += part.parts
            low += part.below
        else:
            top.append(part)
    if coefficient == 1 and len(top) == 1 and not low:
        return top[0]
    if not top and not low:
        return Form(Look.NUMBER, (), coefficient, 0)
    top = [part for part in top if not part.rank] + [part for part in top if part.rank]
    rank = max(part.rank for part in (*top, *low))
    return Form(Look.TERM, tuple(top), None, rank, coefficient, tuple(low))


def power_form(form: Form, exponent: Number) -> Form:
    """Each entry to a constant power."""
    if exponent == 1:
        return form
    if exponent == Fraction(1, 2):
        return call_form("sqrt", [form], form.rank)
    return Form(Look.POWER, (form,), exponent, form.rank)


def matrix_forms(
    roots: Sequence[Node], *, has_ranges: bool = False, known: dict[Node, Form] | None = None
) -> dict[Node, Form]:
    """The forms of nodes and of all below them; without those that have none.

    Numbers that count up have a form only where that is asked for: sums over an index say them better. Forms that are
    ``known`` are taken from there, and new ones kept there.
    """
    forms: dict[Node, Form] = {} if known is None else known
    for node in walk(*roots):
        if node in forms:
            continue
        if (labels := _labels(node)) in forms and labels is not None:
            forms[node] = call_form("one_hot", [forms[labels], length_form(node.shape[-1])], node.rank)
        elif all(arg in forms for arg in node.args):
            try:
                form = form_of(node, forms, has_ranges=has_ranges)
                forms[node] = form._replace(symmetric=True) if node.is_symmetric else form
            except NoMatrixForm:
                continue
    return forms


def form_of(node: Node, forms: dict[Node, Form], *, has_ranges: bool = False) -> Form:  # one case for each kind
    """The form of a node from those of its arguments. Raises NoMatrixForm where it has none."""
    kind = node.kind
    if kind is Kind.PRODUCT:
        if is_zero(node) and node.shape:
            if node.rank > 2:
                raise NoMatrixForm
            return call_form("zeros", map(length_form, node.shape), node.rank)
        norm = _norm_power(node, forms, 1)
        return power_form(*norm) if norm else MatrixProduct.of_node(node, forms).run()
    if kind is Kind.SUM:
        return _sum_form(node, forms)
    if kind is Kind.APPLY:
        return _apply_form(node, forms)
    return _call_of_kind(node, forms) if node.args else _leaf_form(node, has_ranges)


def _leaf_form(node: Node, has_ranges: bool) -> Form:
    """A node without arguments: a variable, or a constant array."""
    kind = node.kind
    if kind in (Kind.VARIABLE, Kind.SIZE):
        return name_form(str(node.data), node.rank)
    if kind is Kind.ENTRIES:
        return _entries_form(node)
    if kind is Kind.UNIT:
        return Form(Look.SUBSCRIPT, (call_form("eye", [length_form(node.shape[0])], 2),), str(node.data), 1)
    if kind is Kind.TRIANGLE:
        size = length_form(node.shape[0])
        return call_form("tril", [call_form("ones", [size, size], 2)], 2)
    if kind is Kind.SELECT:
        return _selection(node)
    if has_ranges:
        return _range_form(node)
    raise NoMatrixForm


_NAMES = {
    Kind.INVERSE: "inv", Kind.DET: "det", Kind.LOGDET: "logdet", Kind.PROD: "prod", Kind.MAXIMUM: "max",
    Kind.MINIMUM: "min", Kind.LOGSUMEXP: "logsumexp", Kind.SOFTMAX: "softmax",
}  # fmt: skip


def _call_of_kind(node: Node, forms: dict[Node, Form]) -> Form:
    (arg,) = node.args
    name = _NAMES[node.kind]
    form = forms[arg]
    if isinstance(node.data, tuple) and len(node.data) < arg.rank:
        return call_form(name, [form], node.rank, node.data[0])
    if node.kind is Kind.MAXIMUM and arg.kind is Kind.APPLY and arg.data is table.ABS and arg.rank == 1:
        return call_form("norminf", [forms[arg.args[0]]], 0)
    return call_form(name, [form], node.rank)


def _entries_form(node: Node) -> Form:
    assert isinstance(node.data, tuple)
    values = [Form(Look.NUMBER, (), value) for value in node.data]
    if node.rank == 1:
        return Form(Look.LIST, tuple(values), None, 1)
    width = node.shape[1]
    assert isinstance(width, int)  # entries have lengths that are numbers
    rows = [Form(Look.LIST, tuple(values[k : k + width]), None, 1) for k in range(0, len(values), width)]
    return Form(Look.LIST, tuple(rows), None, 2)


def _apply_form(node: Node, forms: dict[Node, Form]) -> Form:
    row = node.data
    assert isinstance(row, Row)
    if not node.args:
        return name_form(row.name, 0)
    parts = _stretched_forms(node.args, forms)
    if row is table.POW or row in table.CONDITIONS:
        return Form(Look.OPERATOR, tuple(parts), row, node.rank)
    return call_form(row.name, parts, node.rank)


def _labels(node: Node) -> Node | None:
    """What a choice between 1 and 0 is the array of ones at the places of; None for any other node."""
    if node.data is not table.WHERE:
        return None
    condition, ones, zeros = node.args
    if (as_number(ones), as_number(zeros)) != (1, 0) or condition.data is not table.EQ:
        return None
    places, labels = (_stretched(arg) for arg in condition.args)
    if places is None or labels is None:
        return None
    axes = tuple(range(node.rank))
    is_count = places[0].kind is Kind.RANGE and places[0].data == 0 and places[1] == axes[-1:]
    return labels[0] if is_count and labels[1] == axes[:-1] else None


def _stretched(node: Node) -> tuple[Node, tuple[int, ...]] | None:
    """A node that is stretched to more axes, and which it has itself."""
    if node.kind is not Kind.PRODUCT:
        return node, tuple(range(node.rank))
    network = node.network
    if len(node.args) != 1 or network.coefficient != 1 or network.exponents != (1,):
        return None
    return node.args[0], network.labels[0]


def _stretched_forms(nodes: Sequence[Node], forms: dict[Node, Form]) -> list[Form]:
    """The forms of nodes of one shape that are joined entry by entry: NumPy's rules stretch what may be shorter."""
    rank = nodes[0].rank
    if not rank:
        return [forms[node] for node in nodes]
    covers = [covered_axes(node) for node in nodes]
    parts: list[Form] = []
    for place, (node, covered) in enumerate(zip(nodes, covers, strict=True)):
        others = set().union(*(cover for k, cover in enumerate(covers) if k != place))
        kept = [axis for axis in range(rank) if axis in covered]
        if len(others | covered) < rank or len(kept) == rank or node.kind is not Kind.PRODUCT:
            parts.append(forms[node])
        elif kept == list(range(rank - len(kept), rank)):
            parts.append(MatrixProduct.of_node(node, forms, kept).run())
        elif kept == [0] and rank == 2:
            parts.append(_column(MatrixProduct.of_node(node, forms, kept).run()))
        else:
            parts.append(forms[node])
    return parts


def _column(form: Form) -> Form:
    """A vector as a matrix of one column; numbers stay in front."""
    if form.look is Look.TERM and form.coefficient < 0:
        return negate_form(_column(negate(form)))
    return Form(Look.SUBSCRIPT, (form,), ":, None", 2)


def negate_form(form: Form) -> Form:
    """A form with a minus before it."""
    return term_form(-1, [form])


def _sum_form(node: Node, forms: dict[Node, Form]) -> Form:
    literal = _list_form(node, forms)
    if literal is not None:
        return literal
    parts = _stretched_forms(node.args, forms)
    if is_negative(parts[0]):
        first = next((k for k, part in enumerate(parts) if not is_negative(part)), 0)
        parts.insert(0, parts.pop(first))
    turned = list(map(transpose_form, parts))
    is_whole = all(part.rank == 2 for part in parts)
    if is_whole and sum(map(count_transposes, turned)) + 1 < sum(map(count_transposes, parts)):
        return Form(Look.TRANSPOSE, (Form(Look.SUM, tuple(turned), None, 2),), None, 2)
    return Form(Look.SUM, tuple(parts), None, node.rank)


def is_negative(form: Form) -> bool:
    """Whether a form begins with a minus."""
    if form.look is Look.NUMBER:
        return form.number < 0
    return form.look is Look.TERM and form.coefficient < 0


def negate(form: Form) -> Form:
    """A form that begins with a minus, without it."""
    if form.look is Look.NUMBER:
        return form._replace(value=-form.number)
    return term_form(-form.coefficient, form.parts, form.below)


def _list_form(node: Node, forms: dict[Node, Form]) -> Form | None:
    """A vector that is written entry by entry: scalars times unit vectors."""
    size = node.shape[0] if node.rank == 1 else None
    if not isinstance(size, int):
        return None
    entries: dict[int, Form] = {}
    for term in node.args:
        if term.kind is Kind.UNIT:
            scalar: Form = Form(Look.NUMBER, (), 1)
            place = term.data
        elif term.kind is Kind.PRODUCT and any(arg.kind is Kind.UNIT for arg in term.args):
            factors = factors_of(term)
            units = [factor for factor in factors if factor.node.kind is Kind.UNIT]
            rest = [factor for factor in factors if factor.node.kind is not Kind.UNIT]
            if len(units) != 1 or any(factor.labels for factor in rest):
                return None
            inner = product(term.network.coefficient, rest, (), {})
            scalar = forms[inner] if inner in forms else form_of(inner, forms)
            place = units[0].node.data
        else:
            return None
        if not isinstance(place, int) or place < 0 or place in entries:
            return None
        entries[place] = scalar
    zero = Form(Look.NUMBER, (), 0)
    return Form(Look.LIST, tuple(entries.get(k, zero) for k in range(size)), None, 1)


def _range_form(node: Node) -> Form:
    """Numbers that count up from a first one."""
    assert isinstance(node.data, int)
    count = call_form("arange", [length_form(node.shape[0])], 1)
    return Form(Look.SUM, (count, Form(Look.NUMBER, (), node.data)), None, 1) if node.data else count


def _selection(node: Node) -> Form:
    """Rows of the identity matrix."""
    assert isinstance(node.data, tuple)
    first, step = node.data
    count, size = node.shape
    rows = _slice_text(first, count, size, step)
    return Form(Look.SUBSCRIPT, (call_form("eye", [length_form(size)], 2),), rows, 2)


class Item(NamedTuple):
    """A form on its way into a formula, with the labels of its axes: one or two."""

    form: Form
    labels: tuple[int, ...]


class MatrixProduct:
    """A product becomes a formula: labels are done away with until the result is left.

    ``above`` and ``below`` are the scalars, ``items`` the vectors and matrices that are left.
    """

    def __init__(
        self, coefficient: Number, out: tuple[int, ...], sizes: Sequence[Size], forms: Mapping[Node, Form]
    ) -> None:
        self.coefficient = coefficient
        self.out = out
        self.sizes = sizes
        self.above: list[Form] = []
        self.below: list[Form] = []
        self.low: list[Item] = []  # what is divided by, entry by entry
        self.items: list[Item] = []
        self.forms = forms
        self.totals: list[tuple[Form, Form, tuple[Size, ...]]] = []  # sums, the same as means, and their lengths

    @classmethod
    def of_node(cls, node: Node, forms: Mapping[Node, Form], kept: Sequence[int] | None = None) -> MatrixProduct:
        """That of a PRODUCT; with ``kept`` only those axes of the result are written. Raises NoMatrixForm."""
        network = node.network
        out = network.out if kept is None else tuple(network.out[axis] for axis in kept)
        return cls.of_factors(factors_of(node), out, network.sizes, forms, network.coefficient)

    @classmethod
    def of_factors(
        cls,
        factors: Iterable[Factor],
        out: tuple[int, ...],
        sizes: Sequence[Size],
        forms: Mapping[Node, Form],
        coefficient: Number = 1,
    ) -> MatrixProduct:
        """That of some factors. Raises NoMatrixForm where one has more than two axes."""
        product = cls(coefficient, out, sizes, forms)
        for factor in sorted(factors, key=lambda one: one.node.id):
            product._enter(factor)
        return product

    def _enter(self, factor: Factor) -> None:
        node, labels, exponent = factor
        if len(labels) > 2:
            raise NoMatrixForm
        form = self.forms[node]
        if not labels:
            self._note_total(node, form)
            base, power = _norm_power(node, self.forms, exponent) or (form, exponent)
            (self.above if power > 0 else self.below).append(power_form(base, abs(power)))
            return
        if exponent < 0 and len(labels) == len(set(labels)):
            self.low.append(Item(power_form(form, -exponent), labels))
            return
        self.items.append(Item(power_form(form, exponent), labels))

    def run(self) -> Form:
        """The formula. Raises NoMatrixForm where there is none."""
        self._divide()
        while self._step() or self._scale_matrix():
            pass
        self._write_mean()
        return term_form(self.coefficient, [*self.above, *self._result()], self.below)

    def reduce(self) -> None:
        """Do away with all labels that a product of matrices, a trace or a sum does away with."""
        self._divide()
        while self._step():
            pass

    # --- counting ----------------------------------------------------------------------------

    def _count(self, label: int) -> int:
        """How often a label stands somewhere, the result included."""
        return sum(item.labels.count(label) for item in (*self.items, *self.low)) + self.out.count(label)

    def _at(self, label: int) -> list[int]:
        return [k for k, item in enumerate(self.items) if label in item.labels]

    def _take(self, *places: int) -> list[Item]:
        """The items at some places, which are removed."""
        taken = [self.items[place] for place in places]
        self.items = [item for k, item in enumerate(self.items) if k not in places]
        return taken

    def _divide(self) -> None:
        """What stands below the line divides what has the same labels; alone it is 1 over it."""
        for item in self.low:
            match = next((k for k, one in enumerate(self.items) if set(one.labels) == set(item.labels)), None)
            form = item.form
            if match is None:
                above: list[Form] = []
                labels = item.labels
            else:
                (partner,) = self._take(match)
                labels = partner.labels
                above = [partner.form]
                form = form if labels == item.labels else transpose_form(form)
            self.items.append(Item(term_form(1, above, [form]), labels))
        self.low = []

    # --- one step ----------------------------------------------------------------------------

    def _step(self) -> bool:
        return (
            self._take_entries()
            or self._take_diagonal()
            or self._multiply_vectors()
            or self._multiply_matrices_by_entries()
            or self._contract()
            or self._sum_alone()
        )

    def _take_entries(self) -> bool:
        """A unit vector takes an entry, rows of the identity take a slice."""
        for place, item in enumerate(self.items):
            if item.form.look is not Look.SUBSCRIPT or item.form.parts[0].value != "eye":
                continue
            label = item.labels[-1]
            if label in self.out or len(set(item.labels)) != len(item.labels):
                continue
            others = [k for k in self._at(label) if k != place]
            if not others or any(self.items[k].labels.count(label) > 1 for k in others):
                continue
            if len(item.labels) == 2 and any(item.labels[0] in self.items[k].labels for k in others):
                continue
            text = str(item.form.value)
            for k in others:
                form, labels = self.items[k]
                axis = labels.index(label)
                new = tuple(item.labels[0] if one == label else one for one in labels)
                if len(item.labels) == 1:
                    new = tuple(one for one in labels if one != label)
                self.items[k] = Item(subscript_form(form, axis, text, len(new)), new)
            scalars = [k for k in others if not self.items[k].labels]
            self.above += [self.items[k].form for k in scalars]
            self._take(place, *scalars)
            return True
        return False

    def _take_diagonal(self) -> bool:
        for place, (form, labels) in enumerate(self.items):
            if len(labels) == 2 and labels[0] == labels[1]:
                self._take(place)
                if self._count(labels[0]) == 0:
                    self.above.append(_trace(form))
                else:
                    self.items.append(Item(call_form("diag", [form], 1), labels[:1]))
                return True
        return False

    def _multiply_vectors(self) -> bool:
        """Vectors on one label: their product entry by entry, or their inner product."""
        for item in self.items:
            if len(item.labels) != 1:
                continue
            (label,) = item.labels
            places = [k for k in self._at(label) if len(self.items[k].labels) == 1]
            alone = self._count(label) == len(places)
            if len(places) == 1 and not alone:
                continue
            if not alone and self._contracts_first(label):
                continue
            forms = [one.form for one in self._take(*places)]
            if not alone:
                self.items.append(Item(term_form(1, forms), (label,)))
            elif len(forms) == 1:
                self.above.append(self._total(forms[0], (label,)))
            else:
                self.above.append(inner_product(forms))
            return True
        return False

    def _contracts_first(self, label: int) -> bool:
        """Whether a matrix at a label has another label that can be summed at once, so that vectors come first."""
        for k in self._at(label):
            labels = self.items[k].labels
            if len(labels) == 2:
                other = labels[1 - labels.index(label)]
                if other not in self.out and self._count(other) == 2:
                    return True
        return False

    def _multiply_matrices_by_entries(self) -> bool:
        for place, (form, labels) in enumerate(self.items):
            if len(labels) != 2:
                continue
            match = [
                k for k, item in enumerate(self.items) if set(item.labels) == set(labels) and len(item.labels) == 2
            ]
            if len(match) < 2:
                continue
            taken = self._take(*match)
            if len(taken) == 2 and self._count(labels[0]) == self._count(labels[1]) == 0:
                other = taken[1]
                right = transpose_form(other.form) if other.labels == labels else other.form
                self.above.append(_trace_of_two(form, right))
                return True
            parts = [one.form if one.labels == labels else transpose_form(one.form) for one in taken]
            turned = list(map(transpose_form, parts))
            summed = [k for k, label in enumerate(labels) if not self._count(label)]
            if len(taken) == 2 and summed and (diagonal := _diagonal_of_two(*(turned, parts)[summed[0]])) is not None:
                self.items.insert(place, Item(diagonal, (labels[1 - summed[0]],)))
                return True
            if sum(map(count_transposes, turned)) < sum(map(count_transposes, parts)):
                parts, labels = turned, labels[::-1]
            self.items.insert(place, Item(term_form(1, parts), labels))
            return True
        return False

    def _contract(self) -> bool:
        """A label between two factors and nowhere else is a product of matrices. Vectors go first."""
        best: tuple[int, ...] | None = None
        for label in range(len(self.sizes)):
            if label in self.out:
                continue
            places = self._at(label)
            if len(places) != 2 or self._count(label) != 2:
                continue
            rank = sum(len(self.items[k].labels) for k in places)
            if rank > 2 and (best is None or rank < best[0]):
                best = rank, label, *places
        if best is None:
            return False
        _, label, first, second = best
        one, other = self._take(first, second)
        if len(one.labels) == 1:
            one, other = other, one
        left = one.form if one.labels[1] == label else transpose_form(one.form)
        kept = one.labels[1 - one.labels.index(label)]
        if len(other.labels) == 1:
            item = Item(chain_form([left, other.form]), (kept,))
        else:
            right = other.form if other.labels[0] == label else transpose_form(other.form)
            item = Item(chain_form([left, right]), (kept, other.labels[1 - other.labels.index(label)]))
        self.items.insert(min(first, len(self.items)), item)
        return True

    def _sum_alone(self) -> bool:
        """A label that stands in one matrix alone: sums of rows or columns."""
        for place, (form, labels) in enumerate(self.items):
            free = [label for label in labels if label not in self.out and self._count(label) == 1]
            if not free:
                continue
            self._take(place)
            if len(free) == len(labels):
                self.above.append(self._total(form, labels))
            else:
                axis = labels.index(free[0])
                self.items.insert(place, Item(self._total(form, (free[0],), axis), (labels[1 - axis],)))
            return True
        return False

    def _scale_matrix(self) -> bool:
        """A vector on an axis of a matrix scales its rows or columns: a diagonal matrix."""
        for place, (form, labels) in enumerate(self.items):
            if len(labels) != 1:
                continue
            matrices = [k for k in self._at(labels[0]) if len(self.items[k].labels) == 2]
            if not matrices:
                continue
            matrix = self.items[matrices[0]]
            diagonal = call_form("diag", [form], 2)
            parts = [diagonal, matrix.form] if matrix.labels[0] == labels[0] else [matrix.form, diagonal]
            self.items[matrices[0]] = Item(chain_form(parts), matrix.labels)
            self._take(place)
            return True
        return False

    # --- means -------------------------------------------------------------------------------

    def _total(self, form: Form, labels: Sequence[int], axis: int | None = None) -> Form:
        """The sum over all axes or over one; where the product divides by their lengths, it becomes a mean."""
        rank = 0 if axis is None else 1
        whole, mean = (call_form(name, [form], rank, axis) for name in ("sum", "mean"))
        self.totals.append((whole, mean, tuple(self.sizes[label] for label in labels)))
        return whole

    def _note_total(self, node: Node, form: Form) -> None:
        """A scalar that is a sum, or a sum of squares of distances from the mean: over its length it is a mean."""
        if not is_closed(node):
            return
        if form.look is Look.CALL and form.value == "sum" and len(form.parts) == 1:
            self.totals.append((form, call_form("mean", form.parts, 0), node.network.sizes))
        elif (inner := _spread_about_mean(node)) is not None:
            self.totals.append((form, call_form("var", [self.forms[inner]], 0), node.network.sizes))

    def _write_mean(self) -> None:
        """A sum over the number of its terms is a mean."""
        for whole, mean, sizes in self.totals:
            names = [name_form(str(size), 0) for size in sizes if not isinstance(size, int)]
            count = prod(size for size in sizes if isinstance(size, int))
            below = list(self.below)
            for name in names:
                if name not in below:
                    break
                below.remove(name)
            else:
                if Fraction(self.coefficient).denominator % count or not (names or count > 1):
                    continue
                places = [k for k, form in enumerate(self.above) if form == whole]
                items = [k for k, item in enumerate(self.items) if item.form == whole]
                if places:
                    self.above[places[0]] = mean
                elif items:
                    self.items[items[0]] = self.items[items[0]]._replace(form=mean)
                else:
                    continue
                self.coefficient *= count
                self.below = below
                return

    # --- the result --------------------------------------------------------------------------

    def _result(self) -> list[Form]:
        """The form of what is left, at most one."""
        out = self.out
        if len(out) > 2:
            raise NoMatrixForm
        if not out:
            if self.items:
                raise NoMatrixForm
            return []
        if len(self.items) > len(set(out)):
            raise NoMatrixForm
        lengths = [length_form(self.sizes[label]) for label in out]
        ones = [call_form("ones", [length], 1) for length in lengths]
        if len(out) == 1:
            return [self._vector(out[0]) or ones[0]]
        if out[0] == out[1]:
            vector = self._vector(out[0])
            return [call_form("diag", [vector], 2) if vector else call_form("eye", lengths[:1], 2)]
        if len(self.items) == 1 and len(self.items[0].labels) == 2:
            form, labels = self.items[0]
            if set(labels) != set(out):
                raise NoMatrixForm
            return [form if labels == out else transpose_form(form)]
        if any(len(item.labels) != 1 for item in self.items):
            raise NoMatrixForm
        if not self.items:
            return [call_form("ones", lengths, 2)]
        return [self._outer([self._vector(label) or one for label, one in zip(out, ones, strict=True)])]

    def _outer(self, parts: Sequence[Form]) -> Form:
        """The matrix of products of two vectors; numbers in them go in front."""
        coefficient: Number = 1
        plain: list[Form] = []
        for part in parts:
            if (term := part.split()) is not None:
                scale, scalars, part, low = term
                coefficient *= scale
                self.above += scalars
                self.below += low
            plain.append(part)
        self.above.append(Form(Look.NUMBER, (), coefficient))
        return call_form("outer", plain, 2)

    def _vector(self, label: int) -> Form | None:
        forms = [item.form for item in self.items if item.labels == (label,)]
        if len(forms) > 1:
            return term_form(1, forms)
        return forms[0] if forms else None


def _diagonal_of_two(first: Form, second: Form) -> Form | None:
    """The sums of the rows of A*B.T as diag(A@B), where that has no transpose in it; None where it has one."""
    for left, right in ((first, second), (second, first)):
        chain = [left, transpose_form(right)]
        if not any(map(count_transposes, chain)) and count_transposes(right):
            return call_form("diag", [chain_form(chain)], 1)
    return None


def _norm_power(node: Node, forms: Mapping[Node, Form], exponent: Number) -> tuple[Form, Number] | None:
    """The sum of squares of entries as a norm, with the power that it is raised to."""
    if node.kind is not Kind.PRODUCT or len(node.args) != 1 or node.shape or exponent.denominator > 2:
        return None
    network = node.network
    if network.exponents != (2,) or not network.labels[0] or len(set(network.labels[0])) != len(network.labels[0]):
        return None
    power = exponent * 2
    return call_form("norm", [forms[node.args[0]]], 0), int(power)


def _spread_about_mean(node: Node) -> Node | None:
    """The x of the sum of squares of x - mean(x), x being a vector."""
    if len(node.args) != 1 or node.network.exponents != (2,) or node.args[0].kind is not Kind.SUM:
        return None
    terms = node.args[0].args
    if len(terms) != 2 or terms[0].rank != 1:
        return None
    for inner, other in (terms, terms[::-1]):
        mean = [Factor(size_node(inner.shape[0]), (), -1), Factor(total(inner, (0,)), ())]
        if other is product(-1, mean, (0,), {0: inner.shape[0]}):
            return inner
    return None


def subscript_form(form: Form, axis: int, text: str, rank: int) -> Form:
    """Entries of a form along an axis."""
    if form.look is Look.POWER:
        return power_form(subscript_form(form.parts[0], axis, text, rank), form.number)
    if form.look is Look.TRANSPOSE:
        inner = subscript_form(form.parts[0], 1 - axis, text, rank)
        return transpose_form(inner)
    if form.look is Look.SUBSCRIPT and form.rank == 1 and rank == 0 and form.parts[0].rank == 2:
        inner_text = str(form.value)
        pair = f"{text}, {inner_text[3:]}" if inner_text.startswith(":, ") else f"{inner_text}, {text}"
        if ":" not in pair:
            return Form(Look.SUBSCRIPT, form.parts, pair, 0)
    where = text if axis == 0 else f":, {text}"
    return Form(Look.SUBSCRIPT, (form,), where, rank)


def _slice_text(first: int, count: Size, size: Size, step: int) -> str:
    """A slice as it is written between brackets."""
    start = str(first) if first else ""
    if step != 1:
        if not isinstance(count, int) or not isinstance(size, int):
            return f"{start}::{step}"
        behind = first + count * step
        start = "" if first == (0 if step > 0 else size - 1) else str(first)
        is_last = behind >= size if step > 0 else behind < 0
        return f"{start}:{'' if is_last else behind}:{step}"
    if isinstance(count, int) and isinstance(size, int):
        end = "" if first + count == size else str(first + count)
    elif isinstance(count, int):
        end = str(first + count)
    else:
        assert not isinstance(size, int)
        behind = count.offset + first - size.offset
        end = str(behind) if behind else ""
    return f"{start}:{end}"


def turn_chain(form: Form) -> Form | None:
    """What a product of three or more transposes is the transpose of, which is shorter; None for any other."""
    if len(form.parts) < 3 or any(part.look is not Look.TRANSPOSE for part in form.parts):
        return None
    return Form(Look.CHAIN, tuple(part.parts[0] for part in reversed(form.parts)), None, 2)


def count_transposes(form: Form) -> int:
    """How many transposes are written in a product."""
    parts = form.parts if form.look in (Look.CHAIN, Look.TERM) else (form,)
    inner = [one for part in parts for one in (part.parts if part.look is Look.CHAIN else (part,))]
    return sum(one.look is Look.TRANSPOSE for one in inner)


def inner_product(forms: Sequence[Form]) -> Form:
    """The inner product of vectors: x.T@y, of the two orders that with fewer transposes."""
    first, second = forms[0], forms[1] if len(forms) == 2 else term_form(1, forms[1:])
    one = _inner(first, second)
    other = _inner(second, first)
    return other if _turns(other) < _turns(one) else one


def _inner(first: Form, second: Form) -> Form:
    coefficient: Number = 1
    above: list[Form] = []
    below: list[Form] = []
    sides: list[Form] = []
    for form in (first, second):
        if (term := form.split()) is not None:
            scale, scalars, form, low = term
            coefficient *= scale
            above += scalars
            below += low
        sides.append(form)
    left, right = sides
    lefts = [transpose_form(part) for part in reversed(left.parts)] if left.look is Look.CHAIN else [left]
    rights = list(right.parts) if right.look is Look.CHAIN else [right]
    return term_form(coefficient, [*above, Form(Look.CHAIN, (*lefts, *rights), None, 0)], below)


def _turns(form: Form) -> int:
    chain = next((part for part in (form, *form.parts) if part.look is Look.CHAIN), form)
    return count_transposes(chain)


def _trace(form: Form) -> Form:
    """The trace; of a product the way round with fewer transposes."""
    turned = transpose_form(form)
    if count_transposes(turned) < count_transposes(form):
        form = turned
    if (term := form.split()) is not None:
        scale, scalars, body, low = term
        return term_form(scale, [*scalars, call_form("tr", [body], 0)], low)
    return call_form("tr", [form], 0)


def _trace_of_two(first: Form, second: Form) -> Form:
    return _trace(chain_form([first, second]))
