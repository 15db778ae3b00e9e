"""Formulas with indices, for what matrix notation cannot say: derivatives of matrices by matrices, sums over ranges.

`[i, j, k]: eye(n)[i, k]*x[j] + x[i]*eye(n)[j, k]` is an array of three axes, entry by entry. What is summed is
written as `sum(l, 0, n - 1, ...)`, unless a product of matrices says it: then it is that, with its indices behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.functions import Row
from dcalc.numerals import digits, write_ratio
from dcalc.records import NamedTuple
from dcalc.tensor.forms import Form, MatrixProduct, NoMatrixForm, matrix_forms
from dcalc.tensor.layout import ATOM, LOOSE, POWER, PRODUCT, SUM, UNARY, Notation
from dcalc.tensor.nodes import Factor, Kind, Node, Number, factors_of, scale, split_coefficient, variables, walk
from dcalc.tensor.sizes import Dim, Size, shift_size


class Dialect:
    """How the parts of a formula with indices look in a notation."""

    times = "*"
    power = ("**", "")
    """What stands before and after an exponent."""
    exponent_level = UNARY
    """How tightly an exponent must bind."""
    sum_level = ATOM

    @property
    def notation(self) -> Notation:
        """How formulas without indices are written."""
        raise NotImplementedError

    def write_form(self, form: Form) -> tuple[int, str]:
        """A formula without indices, and how tightly it binds."""
        return self.notation.lay_out(form)[0], self.notation.write(form)

    def subscript(self, text: str, indices: Sequence[str]) -> str:
        """An entry."""
        raise NotImplementedError

    def delta(self, size: Size, indices: Sequence[str]) -> str:
        """An entry of the identity matrix."""
        raise NotImplementedError

    def summed(self, sign: str, index: str, first: str, last: str) -> tuple[str, str]:
        """What stands before and after what is summed, or multiplied, over a range."""
        raise NotImplementedError

    def call(self, name: str) -> tuple[str, str]:
        """What stands before and after the arguments of a function."""
        raise NotImplementedError

    def whole(self, indices: Sequence[str], text: str) -> str:
        """The formula of all entries."""
        raise NotImplementedError


class _Entry(NamedTuple):
    """A node at some indices, and how tightly it must bind in its place."""

    node: Node
    indices: tuple[str, ...]
    level: int


class _Text(NamedTuple):
    """A part that is written already, and how tightly it binds."""

    text: str
    level: int


Piece = str | _Text | _Entry
Placed = tuple[int, list[Piece]]
"""How tightly an entry binds, and its pieces."""


def write_entries(node: Node, dialect: Dialect) -> str:
    """The entries of a node as a formula with indices. Raises Unsupported where a part has none.

    Cost: linear in the length of the text.
    """
    writer = _Writer(node, dialect)
    indices = tuple(next(writer.letters) for _ in node.shape)
    text = writer.write(node, indices)
    return dialect.whole(indices, text) if indices else text


class _Writer:
    def __init__(self, root: Node, dialect: Dialect) -> None:
        self.dialect = dialect
        self.forms = matrix_forms([root])
        taken = {*variables(root), *(str(node.data) for node in walk(root) if node.kind is Kind.SIZE)}
        taken |= {size.name for node in walk(root) for size in node.shape if isinstance(size, Dim)}
        self.letters = _letters(taken)

    def write(self, node: Node, indices: tuple[str, ...]) -> str:
        """The entry of a node, by a stack of what is left to write."""
        out: list[str] = []
        left, right = self.dialect.call("")
        stack: list[Piece] = [_Entry(node, indices, LOOSE)]
        while stack:
            piece = stack.pop()
            if isinstance(piece, str | _Text):
                out.append(piece if isinstance(piece, str) else piece.text)
                continue
            level, pieces = self._lay_out(piece.node, piece.indices)
            if level < piece.level:
                out.append(left)
                stack.append(right)
            stack += reversed(pieces)
        return "".join(out)

    def _lay_out(self, node: Node, indices: tuple[str, ...]) -> Placed:
        if not node.shape and node in self.forms:
            level, text = self.dialect.write_form(self.forms[node])
            return level, [text]
        if node.kind is Kind.SUM:
            return SUM, self._sum(node, indices)
        if node.kind is Kind.PRODUCT:
            return self._product(node, indices)
        if node.kind is Kind.APPLY:
            return self._call(node, indices)
        if node.kind is Kind.PROD and node not in self.forms:
            return self._product_of_entries(node, indices)
        if node.kind is Kind.RANGE:
            assert isinstance(node.data, int)
            return _shifted(indices[0], node.data)
        return ATOM, [self._subscripted(node, indices)]

    def _subscripted(self, node: Node, indices: Sequence[str]) -> str:
        form = self.forms.get(node)
        if form is None:
            raise Unsupported(
                f"{node.kind.value} has no formula here, not even with indices", help="ask for its value at a point"
            )
        return self._at(form, indices)

    def _at(self, form: Form, indices: Sequence[str]) -> str:
        """An entry of a formula of matrices."""
        if form.look.name == "TRANSPOSE":
            form, indices = form.parts[0], indices[::-1]
        level, text = self.dialect.write_form(form)
        left, right = self.dialect.call("")
        return self.dialect.subscript(text if level == ATOM else left + text + right, indices)

    def _sum(self, node: Node, indices: tuple[str, ...]) -> list[Piece]:
        pieces: list[Piece] = []
        for term in sorted(node.args, key=lambda one: split_coefficient(one)[0] < 0):
            down = split_coefficient(term)[0] < 0 and bool(pieces)
            if pieces:
                pieces.append(" - " if down else " + ")
            pieces.append(_Entry(scale(term, -1) if down else term, indices, PRODUCT if pieces else SUM))
        return pieces

    def _call(self, node: Node, indices: tuple[str, ...]) -> Placed:
        row = node.data
        assert isinstance(row, Row)
        if row is table.POW:
            return POWER, [
                _Entry(node.args[0], indices, ATOM),
                self.dialect.power[0],
                _Entry(node.args[1], indices, self.dialect.exponent_level),
                self.dialect.power[1],
            ]
        if row in table.CONDITIONS and len(node.args) == 2:
            first, second = (_Entry(arg, indices, SUM) for arg in node.args)
            return LOOSE, [first, f" {row.name} ", second]
        before, after = self.dialect.call(row.name)
        pieces: list[Piece] = []
        for arg in node.args:
            pieces += [", ", _Entry(arg, indices, LOOSE)]
        return ATOM, [before, *pieces[1:], after]

    def _product_of_entries(self, node: Node, indices: tuple[str, ...]) -> Placed:
        """A product over the entries of an axis."""
        (arg,) = node.args
        axes = node.data
        assert isinstance(axes, tuple)
        rest = iter(indices)
        pieces: list[Piece] = []
        inner: list[str] = []
        ends: list[Piece] = []
        for axis, size in enumerate(arg.shape):
            if axis not in axes:
                inner.append(next(rest))
                continue
            letter = next(self.letters)
            before, after = self.dialect.summed("prod", letter, "0", str(shift_size(size, -1)))
            pieces.append(before)
            ends.insert(0, after)
            inner.append(letter)
        return ATOM, [*pieces, _Entry(arg, tuple(inner), LOOSE), *ends]

    # --- products --------------------------------------------------------------------------

    def _product(self, node: Node, indices: tuple[str, ...]) -> Placed:
        """Factors over others, inside of the sums that matrix products do not say."""
        network = node.network
        places: dict[int, str] = {}
        above: list[Piece] = []
        for label, index in zip(network.out, indices, strict=True):
            if label in places:
                above.append(_Text(self.dialect.delta(network.sizes[label], (places[label], index)), ATOM))
            else:
                places[label] = index
        factors, sums = self._place_labels(factors_of(node), places, network.sizes)
        reduced = self._contract(node, factors) if not sums else None
        below: list[Piece] = []
        coefficient: Number = network.coefficient
        if reduced is not None:
            contraction, coefficient = reduced, network.coefficient
            above = [*map(self._scalar, contraction.above), *above]
            below = [*map(self._scalar, contraction.below)]
            for item in contraction.items:
                above.append(_Text(self._at(item.form, [places[label] for label in item.labels]), ATOM))
        else:
            for factor in factors:
                piece = self._factor(factor, places)
                (above if factor.exponent > 0 else below).append(piece)
        return self._assemble(coefficient, above, below, sums)

    def _scalar(self, form: Form) -> Piece:
        level, text = self.dialect.write_form(form)
        left, right = self.dialect.call("")
        return _Text(text, level) if level >= UNARY else _Text(left + text + right, ATOM)

    def _place_labels(
        self, factors: list[Factor], places: dict[int, str], sizes: Sequence[Size]
    ) -> tuple[list[Factor], list[tuple[str, str]]]:
        """Give summed labels their indices where matrix notation cannot do away with them.

        Returns the factors that are left, and what stands before and after for each sum.
        """
        ranges = {factor.labels[0]: factor.node for factor in factors if factor.node.kind is Kind.RANGE}
        simple = not ranges and all(len(factor.labels) < 3 and factor.node in self.forms for factor in factors)
        if simple and self._is_contractible(factors, places, sizes):
            return factors, []
        left: list[Factor] = []
        for factor in factors:  # rows of the identity name one index by another
            if factor.node.kind is Kind.SELECT and factor.labels[1] not in places and factor.labels[0] in ranges:
                continue
            left.append(factor)
        selected = [factor for factor in factors if factor not in left]
        sums: list[tuple[str, str]] = []
        columns = {factor.labels[1] for factor in selected}
        for label, size in enumerate(sizes):
            if label in places or label in columns:
                continue
            letter = next(self.letters)
            first = ranges[label].data if label in ranges else 0
            assert isinstance(first, int)
            sums.append(self.dialect.summed("sum", letter, str(first), str(shift_size(size, first - 1))))
            places[label] = _text_of_shift(letter, -first)
        for factor in selected:
            assert isinstance(factor.node.data, tuple)
            places[factor.labels[1]] = _simplify_shift(places[factor.labels[0]], factor.node.data[0])
        return left, sums

    def _is_contractible(self, factors: list[Factor], places: dict[int, str], sizes: Sequence[Size]) -> bool:
        contraction = MatrixProduct.of_factors(factors, tuple(places), sizes, self.forms)
        try:
            contraction.reduce()
        except NoMatrixForm:
            return False
        return all(label in places for item in contraction.items for label in item.labels)

    def _contract(self, node: Node, factors: list[Factor]) -> MatrixProduct | None:
        """The product without its sums, where matrix products say all of them."""
        out = tuple(dict.fromkeys(node.network.out))
        if any(len(factor.labels) > 2 or factor.node not in self.forms for factor in factors):
            return None
        try:
            contraction = MatrixProduct.of_factors(factors, out, node.network.sizes, self.forms)
            contraction.reduce()
        except NoMatrixForm:
            return None
        if any(label not in out for item in contraction.items for label in item.labels):
            return None
        return contraction

    def _factor(self, factor: Factor, places: dict[int, str]) -> Piece:
        node, labels, exponent = factor
        indices = tuple(places[label] for label in labels)
        power: Number = exponent if exponent > 0 else -exponent
        if node.kind is Kind.RANGE:
            assert isinstance(node.data, int)
            text = _simplify_shift(indices[0], node.data)
            level = SUM if " " in text else ATOM
            if level < (ATOM if power != 1 else UNARY):
                text, level = f"({text})", ATOM
            return _Text(text, level) if power == 1 else self._raised(text, power)
        if power == 1:
            return _Entry(node, indices, UNARY)
        inner = self.write(node, indices)  # of a power: what stands inside is short
        level, _ = self._lay_out(node, indices)
        left, right = self.dialect.call("")
        base = inner if level == ATOM else left + inner + right
        return self._raised(base, power)

    def _raised(self, base: str, power: Number) -> _Text:
        left, right = self.dialect.power
        exponent = write_ratio(power)
        if isinstance(power, Fraction) and self.dialect.exponent_level > PRODUCT:
            exponent = f"({exponent})"
        return _Text(f"{base}{left}{exponent}{right}", POWER)

    def _assemble(
        self, coefficient: Number, above: list[Piece], below: list[Piece], sums: list[tuple[str, str]]
    ) -> Placed:
        value = Fraction(coefficient)
        if value == 1 and len(above) == 1 and not below and not sums:
            (piece,) = above
            if isinstance(piece, _Entry):
                return self._lay_out(piece.node, piece.indices)
            return (piece.level, [piece]) if isinstance(piece, _Text) else (PRODUCT, [piece])
        sign = "-" if value < 0 else ""
        top: list[Piece] = [digits(abs(value.numerator))] if abs(value.numerator) != 1 or not (above or sums) else []
        low: list[Piece] = [digits(value.denominator)] if value.denominator != 1 else []
        if sums:
            inner = [*(before for before, _ in sums), *_fraction(above, below, self.dialect.times)]
            body: list[Piece] = [*inner, *(after for _, after in reversed(sums))]
            pieces = [*_joined(top, self.dialect.times), *([self.dialect.times] if top else []), *body]
            pieces += ["/", *low] if low else []
            if not (sign or top or low):
                return self.dialect.sum_level, pieces
        else:
            pieces = _fraction([*top, *above], [*low, *below], self.dialect.times)
        return (UNARY if sign else PRODUCT), ([sign, *pieces] if sign else pieces)


def _fraction(above: Sequence[Piece], below: Sequence[Piece], times: str) -> list[Piece]:
    """Factors over factors."""
    top, low = _joined(above, times) or ["1"], _joined(below, times)
    if not low:
        return top
    return [*top, "/(", *low, ")"] if len(low) > 1 else [*top, "/", *low]


def _joined(parts: Sequence[Piece], between: str) -> list[Piece]:
    pieces: list[Piece] = []
    for part in parts:
        pieces += [between, part]
    return pieces[1:]


def _shifted(index: str, by: int) -> Placed:
    text = _simplify_shift(index, by)
    return (SUM if " " in text else ATOM), [text]


def _text_of_shift(letter: str, by: int) -> str:
    return letter if not by else f"{letter} {'+' if by > 0 else '-'} {abs(by)}"


def _simplify_shift(index: str, by: int) -> str:
    """An index with a number added to it; one that was added before is counted in."""
    letter, _, rest = index.partition(" ")
    if letter.isdigit() and not rest:
        return str(int(letter) + by)
    old = int(rest.replace(" ", "")) if rest else 0
    return _text_of_shift(letter, old + by)


def _letters(taken: set[str]) -> Iterator[str]:
    """Names for indices that are not in use."""
    yield from (letter for letter in "ijklpqrstuvwxyz" if letter not in taken)
    yield from (name for k in range(1, 10**6) if (name := f"i{k}") not in taken)
