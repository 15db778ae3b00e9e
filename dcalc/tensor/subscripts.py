"""What subscripts take of an axis: one entry, a slice, or an entry for each value of an index."""

from __future__ import annotations

from dcalc.errors import ParseError
from dcalc.parser.array_syntax import Item, Op, Slice
from dcalc.tensor.call_arguments import read_integer, read_length
from dcalc.tensor.resolution import Resolved, list_slices
from dcalc.tensor.scopes import Scope
from dcalc.tensor.sizes import Dim, Size, Sizes, shift_size


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
