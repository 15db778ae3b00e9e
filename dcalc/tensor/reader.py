"""A text with vectors and matrices as a node: which shapes its names have, and whether they go together.

Shapes are declared, taken from values, or found out: the operand of `@` is a vector or a matrix, both sides of a sum
have one shape, a name of one upper-case letter is a matrix. What was found out is told in a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc import functions as table
from dcalc.errors import ArityError, DcalcError, ParseError, UnknownFunction, UsageError
from dcalc.parser.array_lexer import missing_operator
from dcalc.parser.array_syntax import IMPLIED, POWER_OF_T, Item, Op, Slice, Text, read_text
from dcalc.tensor import einsum, linear
from dcalc.tensor.elementwise import apply_row, constant, instantiate
from dcalc.tensor.libraries import AXIS_SECOND, rewrite_calls
from dcalc.tensor.nodes import (
    Factor,
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
    size_node,
    transpose,
    use_table,
    variable,
)
from dcalc.tensor.operations import OPERATIONS, Call, Operation, Order, build_call
from dcalc.tensor.scopes import (
    REDUCTIONS,
    Keys,
    Scope,
    bind_indices,
    lift,
    merge_keys,
    multiply_matrices,
    reduce_over,
    turn,
)
from dcalc.tensor.sizes import Dim, Shape, Size, Sizes, name_sizes, shift_size, write_shape
from dcalc.tensor.typed import Step, placeholder


class Declared(NamedTuple):
    """The shape of a name, as it was declared."""

    shape: Shape
    symmetric: bool = False


class Reading(NamedTuple):
    """A text as a node, its variables by name, what people are told of how it was read, and the table of its nodes.

    ``list_steps`` gives the operations one by one, as they were typed; ``labels`` are the names whose values are
    numbers of classes, with how many classes there are.
    """

    root: Node
    variables: dict[str, Node]
    notes: tuple[str, ...]
    table: Table
    list_steps: Callable[[], dict[int, Step]]
    labels: Mapping[str, Size]
    divisors: tuple[str, ...] = ()
    """Variables by which something is divided, as they stand: there f has no value where an entry is 0."""


def declare(reading: Reading) -> dict[str, Declared]:
    """The shapes that the names of a text have, to read another one with."""
    return {name: Declared(node.shape, type(node.data) is Symmetric) for name, node in reading.variables.items()}


_LENGTH = re.compile(r"\s*(?:(\d+)|([^\W\d]\w*)\s*(?:([+-])\s*(\d+))?)\s*$")


def read_shapes(text: str) -> dict[str, Declared]:
    """The shapes of `A: m x n, x: n, S: n x n symmetric, c: scalar`, by name. Raises UsageError."""
    shapes: dict[str, Declared] = {}
    for part in filter(str.strip, re.split(r"[,;]", text)):
        name, colon, words = part.partition(":")
        name, words = name.strip(), words.strip()
        if not colon or not name.isidentifier() or not words:
            raise UsageError(f"{part.strip()} declares no shape", help="write --shape 'A: m x n, x: n, c: scalar'")
        symmetric = words.endswith("symmetric")
        words = words.removesuffix("symmetric").strip()
        lengths = [] if words == "scalar" else re.split(r"\s+x\s+|(?<=\d)x(?=\w)|\s*[×*]\s*", words)
        shape = tuple(_read_length(length, part) for length in lengths)
        if len(shape) > 2:
            raise UsageError(f"{part.strip()} has more than two axes", help="write --shape 'A: m x n' or 'x: n'")
        if symmetric and (len(shape) != 2 or shape[0] != shape[1]):
            raise UsageError(f"{part.strip()}: a symmetric matrix is square", help="write --shape 'S: n x n symmetric'")
        if name in shapes:
            raise UsageError(f"{name} has two shapes", help="leave one out")
        shapes[name] = Declared(shape, symmetric)
    return shapes


def _read_length(text: str, part: str) -> Size:
    match = _LENGTH.match(text)
    if match is None:
        raise UsageError(f"{text.strip()} is no length in {part.strip()}", help="write a number or a name: 'A: m x 3'")
    digits, name, sign, offset = match.groups()
    if digits:
        if int(digits) < 1:
            raise UsageError(f"an axis must have at least 1 entry: {part.strip()}", help="write --shape 'x: 3'")
        return int(digits)
    return Dim(name, int(f"{sign or '+'}{offset or 0}"))


def read(text: str, shapes: Mapping[str, Declared] | None = None, *, beside: Reading | None = None) -> Reading:
    """The node that a text means, its variables, and notes. Nothing in it is evaluated.

    ``shapes`` are those of names as far as they are known. Two texts that are to be compared have one table: the
    second is read ``beside`` the first. Raises ParseError, UnknownFunction or ArityError with the
    span of what is wrong, shapes that do not go together among them. Linear in the text but for the search of shapes.
    """
    rows = read_text(text)
    use_table(Table() if beside is None else beside.table)
    if any(
        item.op is Op.NUMBER and isinstance(item.value, Fraction) and item.value.denominator > 1 for item in rows.items
    ):
        current_table().has_decimals = True
    try:
        return _Reader(rows, shapes or {}).read()
    except DcalcError as error:
        error.source = text
        raise


_VECTORS = frozenset("b d f g h p q r u v w x y z".split())
"""Letters that usually are vectors; others in a product of entries are taken for scalars."""


_PARAMETERS = frozenset(
    "eps epsilon lam lambda lambda_ alpha gamma sigma tau eta rho delta kappa nu t k ε λ α γ σ τ η ρ δ".split()
)
"""Names that usually are numbers, also where they are added to an array."""


_BIAS = re.compile(r"b\d*|bias|intercept")
_WEIGHTS = re.compile(r"w\d*|beta|theta|β|θ")
"""Names of one weight for each column, as in X@w + b: what is added is a number."""


class _Reader:
    def __init__(self, text: Text, declared: Mapping[str, Declared]) -> None:
        rewritten = rewrite_calls(text.items)
        bound = bind_indices(rewritten.items)
        self.items = bound.items
        self.bodies = rewritten.bodies
        self.scopes = bound.scopes
        self.declared = declared
        lengths = {size.name for one in declared.values() for size in one.shape if isinstance(size, Dim)}
        self.lengths = lengths - set(declared)
        self.source = text.source
        self.steps: dict[tuple[Size, int, int], Size] = {}  # lengths of slices with steps
        self.notes: list[str] = []
        self.names: dict[str, int | None] = {}  # the rank of each name, None where it is still unknown
        self.ranks: list[int | None] = []
        self.shapes: list[Shape] = []
        # rows that are no values: lengths, axes, subscripts
        self.skipped: set[int] = bound.unused | rewritten.unused
        named = self._length_names(bound.unused)
        self.sizes = Sizes(named - self.lengths)
        self.lengths |= named
        self.furthest: dict[str, int] = {}  # the largest number that is added to each index in a subscript
        self.labels: dict[str, Size] = {}  # names of labels, with the number of classes
        self.index_sizes: dict[str, Size] = {}  # how many values each index takes
        self.indices: list[Keys] = []  # the indices that each row depends on: the first axes of its node

    def _length_names(self, places: Iterable[int]) -> set[str]:
        """The names among the rows that say how far an index runs, and among the arguments of zeros, ones and eye."""
        names = {str(self.items[place].value) for place in places if self.items[place].op is Op.NAME}
        for item in self.items:
            if item.op is Op.CALL and item.value in ("zeros", "ones", "eye", "arange", "one_hot"):
                args = item.args[1:] if item.value == "one_hot" else item.args
                rows = (row for arg in args for row in self.items[self.items[arg].first : arg + 1])
                names |= {str(row.value) for row in rows if row.op is Op.NAME}
        return names - {scope.name for scope in self.scopes.values()} - set(self.declared)

    def read(self) -> Reading:
        self._collect_names()
        self._find_ranks()
        variables = self._find_shapes()
        nodes = self._build(variables)
        guessed = [name for name in variables if name not in self.declared]
        notes = (*((_note(guessed, variables),) if guessed else ()), *self.notes)
        return Reading(
            nodes[-1],
            variables,
            notes,
            current_table(),
            lambda: self._list_steps(variables),
            self.labels,
            self._list_divisors(),
        )

    def _list_divisors(self) -> tuple[str, ...]:
        """The variables by which something is divided, or that are raised to a negative number."""
        names: dict[str, None] = {}
        for place, item in enumerate(self.items):
            if place in self.skipped or item.op not in (Op.DIV, Op.POW):
                continue
            base = self.items[item.args[1 if item.op is Op.DIV else 0]]
            divides = item.op is Op.DIV or self.items[item.args[1]].op is Op.NEG
            if divides and base.op is Op.NAME and str(base.value) in self.names:
                names[str(base.value)] = None
        return tuple(names)

    # --- which names there are, and how many axes they have -----------------------------------

    def _collect_names(self) -> None:
        for place, item in enumerate(self.items):
            if place in self.skipped:
                continue
            if item.op is Op.CALL:
                self._check_call(place, item)
            elif item.op is Op.INDEX:
                for part in _slices(item):
                    for row in part.places:
                        self.skipped.update(range(self.items[row].first, row + 1))
        for place, item in enumerate(self.items):
            if item.op is not Op.NAME or place in self.skipped:
                continue
            name = str(item.value)
            if name in self.declared:
                self.names[name] = len(self.declared[name].shape)
            elif name in table.CONSTANTS or name in table.OTHER_CONSTANTS or name in self.lengths:
                continue
            elif (len(name) == 1 and name.isupper()) or re.fullmatch(r"[A-Z][0-9_]\w*", name):
                self.names[name] = 2
            else:
                self.names.setdefault(name, None)

    def _check_call(self, place: int, item: Item) -> None:
        name = str(item.value)
        if place in self.bodies or name == "einsum":
            return
        operation = self._operation(item)
        if operation is None:
            if table.find(name, len(item.args)) is None or item.keywords:
                raise self._unknown_call(item)
            return
        for word, row in item.keywords:
            if word not in operation.keywords:
                known = " and ".join(operation.keywords)
                raise ParseError(
                    f"{name} has no argument {word}",
                    span=self.items[row].span,
                    help=f"those with a name are {known}" if known else "leave it out",
                )
            self.skipped.update(range(self.items[row].first, row + 1))
        if operation.takes_lengths or name in ("matrix_power", "one_hot"):
            for row in item.args if operation.takes_lengths else item.args[1:]:
                self.skipped.update(range(self.items[row].first, row + 1))

    def _operation(self, item: Item) -> Operation | None:
        """The function of whole arrays that a call means, None for one that is applied entry by entry."""
        operation = OPERATIONS.get(str(item.value))
        return operation if operation is not None and operation.takes(len(item.args)) else None

    def _unknown_call(self, item: Item) -> DcalcError:
        name = str(item.value)
        operation = OPERATIONS.get(name)
        if operation is not None:
            last = operation.most + (name in AXIS_SECOND and name not in ("max", "min"))
            plural = "s" if last > 1 else ""
            most = f" or {last}" if last > operation.least else ""
            return ArityError(
                f"{name} takes {operation.least}{most} argument{plural}, not {len(item.args)}",
                span=item.span, help=f"{name}: {operation.doc}",
            )  # fmt: skip
        if name in table.BY_NAME:
            row = table.BY_NAME[name][0]
            return ArityError(
                f"{name} is not called with {len(item.args)} arguments", span=item.span, help=f"write {row.signature}"
            )
        from difflib import get_close_matches

        close = get_close_matches(name, [*OPERATIONS, *(row.name for row in table.functions())], 3)
        return UnknownFunction(
            f"no function named {name}",
            span=item.sign,
            help=f"did you mean {' or '.join(close)}?" if close else "see dcalc functions",
        )

    def _find_ranks(self) -> None:
        """Ranks of names that are not declared: surest signs first, then what usually is meant."""
        for level in (0, 1, 2):
            while True:
                self._compute_ranks()
                if not self._push_ranks(level):
                    break
        for name, rank in self.names.items():
            if rank is None:
                self.names[name] = 0
        self._compute_ranks()
        penalties = [name for name in self.names if len(name) == 1 and name.isupper() and self._is_penalty(name)]
        if penalties:
            self.names.update(dict.fromkeys(penalties, 0))
            self._compute_ranks()

    def _is_penalty(self, name: str) -> bool:
        """Whether a name of one upper-case letter is a number: it stands before sums and norms alone."""
        if name in self.declared:
            return False
        places = [k for k, item in enumerate(self.items) if item.op is Op.NAME and item.value == name]
        uses = [item for item in self.items if set(item.args) & set(places)]
        return bool(uses) and all(
            item.op is Op.MUL
            and any(
                arg not in places and self.ranks[arg] == 0 and self.items[arg].op in (Op.CALL, Op.POW, Op.OVER)
                for arg in item.args
            )
            for item in uses
        )

    def _compute_ranks(self) -> None:
        ranks: list[int | None] = []
        for place, item in enumerate(self.items):
            ranks.append(0 if place in self.skipped else self._rank(item, ranks))
        self.ranks = ranks

    def _rank(self, item: Item, ranks: Sequence[int | None]) -> int | None:
        args = [ranks[arg] for arg in item.args]
        if item.op is Op.NAME:
            return self.names.get(str(item.value), 0)
        if item.op in (Op.NUMBER, Op.BOUND):
            return 0
        if item.op is Op.LITERAL:
            return None if args[0] is None else args[0] + 1
        if item.op is Op.INDEX:
            change = sum(part.is_new - part.is_entry for part in _slices(item))
            return None if args[0] is None else args[0] + change
        if item.op is Op.CALL and item.value == "einsum":
            return len(einsum.read_subscripts(item, self.items).out)
        if item.op is Op.MATMUL and item.value == IMPLIED and 0 in args:
            return None if None in args else max(args)  # type: ignore[type-var]  # none is None
        if item.op is Op.MATMUL:
            return None if None in args else args[0] + args[1] - 2  # type: ignore[operator]  # none is None
        operation = OPERATIONS.get(str(item.value)) if item.op is Op.CALL and self._operation(item) else None
        if operation is not None:
            return self._rank_of_call(item, args)
        if None in args:
            return None
        return max((rank for rank in args if rank is not None), default=0)

    def _rank_of_call(self, item: Item, args: Sequence[int | None]) -> int | None:
        name = str(item.value)
        if name in ("zeros", "ones", "arange"):
            return len(item.args)
        if name in ("eye", "outer"):
            return 2
        if name == "one_hot":
            return None if args[0] is None else args[0] + 1
        if name == "diag":
            return None if args[0] is None else 3 - args[0]
        if name in ("inv", "cumsum", "diff", "softmax", "log_softmax", "tril", "triu", "identity", "matrix_power"):
            return args[0]
        if name == "solve":
            return args[1]
        if name == "dot":
            return None if None in args else args[0] + args[1] - 2  # type: ignore[operator]  # none is None
        words = {word for word, _ in item.keywords}
        if args and args[0] is not None and name != "size":
            if "keepdims" in words:
                return args[0]
            if "axis" in words:
                return args[0] - 1
        return 0

    def _push_ranks(self, level: int) -> bool:
        """Give names the ranks that their places ask for; True where one was new."""
        before = dict(self.names)
        for place in reversed(range(len(self.items))):
            if place not in self.skipped:
                self._push_ranks_of(self.items[place], level)
        return self.names != before

    def _push_ranks_of(self, item: Item, level: int) -> None:
        """What one row asks of its arguments."""
        args = [self.ranks[arg] for arg in item.args]
        operation = self._operation(item) if item.op is Op.CALL else None
        wanted: Sequence[int] = ()
        if item.op is Op.MATMUL and item.value == IMPLIED:
            # What stands beside a matrix is a vector if nothing else is known; before it is a scalar.
            turned = self.items[item.args[0]].op is Op.TRANSPOSE
            wanted = (int(turned), int(bool(args[0]) or turned))
        elif item.op is Op.MATMUL:
            wanted = (1, 1)
        elif item.op is Op.CALL and item.value == "einsum":
            wanted = (0, *map(len, einsum.read_subscripts(item, self.items).parts))
        elif item.op is Op.INDEX:
            wanted = (sum(not part.is_new for part in _slices(item)),)
        elif item.op is Op.TRANSPOSE:
            wanted = (1,)
        elif operation is not None:
            known = [rank for rank in args if rank is not None]
            wanted = (known[0],) * 2 if item.value in _PAIRED and known else operation.ranks
        elif level and len(item.args) > 1 and item.op is not Op.LITERAL:
            self._push_to_partners(item, args, level)
        for arg, rank, one in zip(item.args, args, wanted, strict=False):
            if rank is None and one:
                self._push(arg, one, level, firm=one == 1)

    def _push_to_partners(self, item: Item, args: Sequence[int | None], level: int) -> None:
        """Both sides of a sum have one shape; a product of entries is as often with a scalar."""
        known = [rank for rank in args if rank is not None]
        if not known or len(known) == len(args):
            return
        rank = max(known)
        if not rank:
            return  # a number says nothing of what it is joined with
        for arg, own in zip(item.args, args, strict=True):
            if own is not None:
                continue
            if item.op in (Op.ADD, Op.SUB):
                self._push(arg, 0 if self._is_parameter(arg, item) else rank, level)
            elif level == 2:
                divides = item.op is Op.DIV and arg == item.args[1] and self.items[arg].op is not Op.NAME
                if divides:  # X/sqrt(d)
                    self._push(arg, 0, level)
                    continue
                name = str(self.items[arg].value) if self.items[arg].op is Op.NAME else ""
                is_vector = not name or name.rstrip("0123456789_") in _VECTORS
                self._push(arg, rank if is_vector and rank == 1 else 0, level)

    def _is_parameter(self, place: int, item: Item) -> bool:
        """Whether what is added to an array is a number by its name: eps, lambda, the b of X@w + b."""
        inner = self.items[place]
        while inner.op is Op.POW:
            inner = self.items[inner.args[0]]
        if inner.op is not Op.NAME:
            return False
        if inner.value in _PARAMETERS:
            return True
        others = [self.items[arg] for arg in item.args if arg != place]
        others += [self.items[arg] for one in others if one.op in (Op.ADD, Op.SUB) for arg in one.args]
        products = [one for one in others if one.op is Op.MATMUL]
        if not _BIAS.fullmatch(str(inner.value)):
            return False
        right = [self.items[one.args[1]] for one in products]
        return any(one.op is Op.NAME and _WEIGHTS.fullmatch(str(one.value)) for one in right)

    def _push(self, place: int, rank: int, level: int, *, firm: bool = False) -> None:
        """Ask for a rank of a row: of a name, or of what a name is behind a sign or a function.

        Of a product that has the rank already another letter is asked only where that is ``firm``: in `sum(a*x)` a is
        a vector, but lambda in `A + lambda*eye(n)` a scalar.
        """
        stack = [place]
        while stack:
            place = stack.pop()
            item = self.items[place]
            if self.ranks[place] is not None or place in self.skipped:
                continue
            if item.op is Op.NAME:
                name = str(item.value)
                if self.names.get(name, 0) is None:
                    self.names[name] = 0 if name in _PARAMETERS and not firm else rank
            elif item.op in (Op.NEG, Op.TRANSPOSE, Op.ADD, Op.SUB):
                stack += [arg for arg in item.args if not self._is_parameter(arg, item)]
            elif item.op is Op.POW or (item.op is Op.CALL and place in self.bodies):
                stack.append(item.args[0])
            elif item.op is Op.CALL and self._operation(item) is None and len(item.args) == 1:
                stack += item.args
            elif item.op in (Op.MUL, Op.DIV) and level:
                unknown = [arg for arg in item.args if self.ranks[arg] is None]
                below = self.items[item.args[1]]
                if item.op is Op.DIV and not (below.op is Op.NAME and str(below.value) in _VECTORS):  # X/sqrt(d), X/n
                    unknown = unknown[:1] if item.args[0] in unknown else []
                names = [str(self.items[arg].value) for arg in unknown]
                is_asked = firm and all(len(name) == 1 and name not in _PARAMETERS for name in names)
                if is_asked or not any(self.ranks[arg] == rank for arg in item.args):
                    stack += unknown[-1:]

    # --- shapes ----------------------------------------------------------------------------

    def _find_shapes(self) -> dict[str, Node]:
        """The variables of the text with their shapes. Raises ParseError where shapes do not go together."""
        shapes: dict[str, Shape] = {}
        for name, rank in self.names.items():
            if name in self.declared:
                shapes[name] = self.declared[name].shape
            else:
                shapes[name] = tuple(self.sizes.fresh() for _ in range(rank or 0))
        self._find_ranges()
        for place, item in enumerate(self.items):
            self.shapes.append(() if place in self.skipped else self._shape(place, item, shapes))
        resolved = {name: self.sizes.resolve_shape(shape) for name, shape in shapes.items()}
        taken = dict.fromkeys((*shapes, *self.lengths))
        self.sizes.known.update(name_sizes(list(resolved.values()), taken))
        return {
            name: variable(name, self.sizes.resolve_shape(shape), symmetric=self._is_symmetric(name))
            for name, shape in shapes.items()
        }

    def _find_ranges(self) -> None:
        """How many values each index takes. Raises ParseError where that is not one at least."""
        for key, scope in self.scopes.items():
            if scope.first is None or scope.last is None:
                self.index_sizes[key] = self.sizes.fresh()
                continue
            first = self._first_value(scope)
            size = shift_size(self._bound(scope.last), 1 - first)
            if isinstance(size, int) and size < 1:
                span = self.items[scope.first].span[0], self.items[scope.last].span[1]
                raise ParseError(
                    "the index takes no value", span=span, help="write the lower end first: sum(i, 1, 10, ...)"
                )
            self.index_sizes[key] = size

    def _first_value(self, scope: Scope) -> int:
        return 0 if scope.first is None else self._integer(scope.first, "where an index begins")

    def _bound(self, place: int) -> Size:
        item = self.items[place]
        return self._integer(place, "a bound") if item.op in (Op.NUMBER, Op.NEG) else self._length(place)

    def _index_term(self, row: int) -> tuple[Scope, int] | None:
        """The index of a subscript and what is added to it; None for a plain number."""
        item = self.items[row]
        by = 0
        if item.op in (Op.ADD, Op.SUB) and self.items[item.args[0]].op is Op.BOUND:
            by = self._integer(item.args[1], "what is added to an index")
            by, item = by if item.op is Op.ADD else -by, self.items[item.args[0]]
        return (self.scopes[str(item.value)], by) if item.op is Op.BOUND else None

    def _reach(self, row: int, scope: Scope, by: int, size: Size) -> int:
        """The first entry that an index takes of an axis. Raises ParseError where it would leave the axis."""
        first = self._first_value(scope) + by
        count = self.sizes.resolve(self.index_sizes[scope.key])
        size = self.sizes.resolve(size)
        if any(isinstance(one, Dim) and self.sizes.is_open(one) for one in (count, size)):
            # The axis reaches as far as the furthest entry that any subscript takes with this index.
            self.sizes.unify(size, shift_size(count, self._first_value(scope) + self._furthest(scope)))
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

    def _furthest(self, scope: Scope) -> int:
        """The largest number that a subscript adds to an index."""
        if scope.key not in self.furthest:
            for item in self.items:
                for part in _slices(item) if item.op is Op.INDEX else ():
                    if part.is_entry and part.start is not None and (term := self._index_term(part.start)):
                        self.furthest[term[0].key] = max(term[1], self.furthest.get(term[0].key, term[1]))
        return self.furthest[scope.key]

    def _is_symmetric(self, name: str) -> bool:
        return name in self.declared and self.declared[name].symmetric

    def _shape(self, place: int, item: Item, names: Mapping[str, Shape]) -> Shape:
        shapes = [self.sizes.resolve_shape(self.shapes[arg]) for arg in item.args]
        try:
            return self._infer(item, shapes, names)
        except DcalcError as error:
            if error.span is None:
                error.span = item.sign
            raise

    def _infer(self, item: Item, shapes: Sequence[Shape], names: Mapping[str, Shape]) -> Shape:
        op = item.op
        if op is Op.NAME:
            return names.get(str(item.value), ())
        if op in (Op.NUMBER, Op.BOUND):
            return ()
        if op in (Op.OVER, Op.ENTRIES):
            return shapes[0]
        if op is Op.TRANSPOSE:
            if item.value == POWER_OF_T and "T" in self.declared:
                raise ParseError("^T is a transpose", help="write **T for the power")
            return shapes[0][::-1]
        if op is Op.MATMUL:
            return self._matmul_shape(item, *shapes)
        if op is Op.LITERAL:
            return self._literal_shape(item, shapes)
        if op is Op.INDEX:
            return self._index_shape(item, shapes[0])
        if op is Op.CALL and (item.value == "einsum" or self._operation(item) is not None):
            return self._call_shape(item, shapes)
        if op is Op.POW and len(shapes[0]) == 2:
            self._note_power(item, shapes[0])
        return self._elementwise_shape(item, shapes)

    def _call_shape(self, item: Item, shapes: Sequence[Shape]) -> Shape:
        """The shape of a function of whole arrays."""
        if item.value == "einsum":
            return einsum.infer(einsum.read_subscripts(item, self.items), shapes[1:], self.sizes)
        call = self._call(item, shapes)
        if call.name == "one_hot":
            self._note_label(item.args[0], call.lengths[1])
        elif call.name == "cross_entropy" and len(shapes[0]) < len(shapes[1]):
            self._note_label(item.args[0], shapes[1][-1])
        elif call.name == "pick":
            self._note_label(item.args[1], shapes[0][-1])
        return OPERATIONS[call.name].infer(call)

    def _note_label(self, place: int, count: Size | None) -> None:
        """Keep the name of labels, whose values are whole numbers below the number of classes. Raises ParseError."""
        item = self.items[place]
        if item.op is Op.NAME and str(item.value) in self.names and count is not None:
            self.labels[str(item.value)] = count
            return
        is_integer = item.op is Op.NUMBER and isinstance(item.value, Fraction) and item.value.denominator == 1
        if is_integer and (not isinstance(count, int) or item.value < count):  # type: ignore[operator]  # a number
            return
        raise ParseError("labels are a name, or the number of a class", span=item.span, help="classes count from 0")

    def _note_power(self, item: Item, shape: Shape) -> None:
        """Tell that a power of a square matrix is taken entry by entry, where its inverse may be meant."""
        exponent = self.items[item.args[1]]
        if exponent.op is Op.NEG and self.items[exponent.args[0]].value == 1 and shape[0] == shape[1]:
            base = self.source[slice(*self.items[item.args[0]].span)]
            self.notes.append(f"the power of {base} is taken entry by entry; the inverse is inv({base})")

    def _matmul_shape(self, item: Item, left: Shape, right: Shape) -> Shape:
        if item.value == IMPLIED and not (left and right):
            if not left and not right:
                raise missing_operator(item.sign)
            return left or right
        if not left or not right:
            which = 0 if not left else 1
            raise ParseError(
                "@ takes vectors and matrices, not a scalar",
                span=self.items[item.args[which]].span,
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
                    span=self.items[arg].span,
                    help="write [[1, 2], [3, 4]]",
                )
        if len(first) > 1:
            raise ParseError("arrays have at most two axes here", span=item.span, help="write [[1, 2], [3, 4]]")
        return (len(item.args), *first)

    def _call(self, item: Item, shapes: Sequence[Shape]) -> Call:
        name = str(item.value)
        words = dict(item.keywords)
        axis = self._integer(words["axis"], "an axis") if "axis" in words else None
        lengths: list[Size | None] = []
        if OPERATIONS[name].takes_lengths:
            lengths = [self._length(place) for place in item.args]
        elif name == "one_hot":
            lengths = [None, self._length(item.args[1])]
        keeps = "keepdims" in words and self._is_true(words["keepdims"])
        order = self._order(words["ord"]) if "ord" in words else None
        ddof = self._integer(words["ddof"], "what is taken off") if "ddof" in words else 0
        power = self._integer(item.args[1], "the power of a matrix") if name == "matrix_power" else 1
        return Call(name, shapes, axis, self.sizes, lengths, keeps=keeps, order=order, ddof=ddof, power=power)

    def _is_true(self, place: int) -> bool:
        value = self.items[place].value
        if value not in ("True", "False", 0, 1):
            raise ParseError("keepdims is True or False", span=self.items[place].span, help="write keepdims=True")
        return value in ("True", 1)

    def _order(self, place: int) -> Order | None:
        """Which norm is meant. Raises ParseError."""
        item = self.items[place]
        if item.op is Op.NUMBER and isinstance(item.value, Fraction):
            return item.value
        if item.op is Op.TEXT and str(item.value).isdigit():
            return Fraction(str(item.value))
        if item.value in ("fro", "inf", "nuc", "None"):
            return None if item.value == "None" else item.value  # type: ignore[return-value]  # one of these texts
        raise ParseError("there is no such norm", span=item.span, help="write norm(x, 1), norm(x, 2) or norm(x, inf)")

    def _integer(self, place: int, what: str) -> int:
        item = self.items[place]
        sign = 1
        if item.op is Op.NEG:
            sign, item = -1, self.items[item.args[0]]
        if item.op is not Op.NUMBER or not isinstance(item.value, Fraction) or item.value.denominator != 1:
            raise ParseError(f"{what} must be a whole number", span=self.items[place].span, help="write 0 or 1")
        return sign * int(item.value)

    def _length(self, place: int) -> Size:
        """The length that a row means: a number, a name, or a name with a number added."""
        item = self.items[place]
        if item.op is Op.NUMBER:
            return self._positive(self._integer(place, "a length"), item)
        if item.op is Op.NAME:
            return self.sizes.resolve(Dim(str(item.value)))
        if item.op in (Op.ADD, Op.SUB) and self.items[item.args[0]].op is Op.NAME:
            by = self._integer(item.args[1], "what is added to a length")
            return self.sizes.resolve(Dim(str(self.items[item.args[0]].value), by if item.op is Op.ADD else -by))
        raise ParseError("this is no length", span=item.span, help="write a number, a name or n - 1")

    def _positive(self, value: int, item: Item) -> int:
        if value < 1:
            raise ParseError("an axis must have at least 1 entry", span=item.span, help="write a positive length")
        return value

    def _index_shape(self, item: Item, shape: Shape) -> Shape:
        slices = _slices(item)
        count = sum(not part.is_new for part in slices)
        if count > len(shape):
            many = f"there are more subscripts than axes: this is {write_shape(shape)}"
            raise ParseError(
                many if shape else "a scalar has no entries",
                span=item.span, help="write x[0] for a vector, A[0, 1] for a matrix",
            )  # fmt: skip
        out: list[Size] = []
        sizes = iter(shape)
        for part in slices:
            if part.is_new:
                out.append(1)
                continue
            size = next(sizes)
            if not part.is_entry:
                out.append(self._bounds(part, size, item)[1])
            else:
                assert part.start is not None
                term = self._index_term(part.start)
                if term is None:
                    self._check_place(part.start, size)
                else:
                    self._reach(part.start, *term, size)
        return (*out, *shape[count:])

    def _check_place(self, row: int, size: Size) -> int:
        place = self._integer(row, "a subscript")
        if isinstance(size, int) and not -size <= place < size:
            raise ParseError(
                f"there is no entry {place}: this axis has {size}", span=self.items[row].span,
                help=f"entries count from 0 to {size - 1}",
            )  # fmt: skip
        return place

    def _bounds(self, part: Slice, size: Size, item: Item) -> tuple[int, Size, int]:
        """Where a slice starts, its length and its step. Raises ParseError where that cannot be told."""
        start = None if part.start is None else self._integer(part.start, "a subscript")
        end = None if part.end is None else self._integer(part.end, "a subscript")
        step = 1 if part.step is None else self._integer(part.step, "a step")
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
            return start, self.steps.setdefault((size, start, step), self.sizes.fresh()), step
        if start < 0 or (end is not None and 0 <= end <= start):
            raise ParseError(
                "the slice counts from an end that is not known", span=item.span, help="give the length by --shape"
            )
        if end is None or end < 0:
            return start, Dim(size.name, size.offset - start + (end or 0)), 1
        return start, end - start, 1

    # --- nodes -----------------------------------------------------------------------------

    def _find_indices(self) -> None:
        """The indices that each row depends on."""
        self.index_sizes = {key: self.sizes.resolve(size) for key, size in self.index_sizes.items()}
        for key, size in self.index_sizes.items():
            if isinstance(size, Dim) and size.name.startswith("?"):
                name = self.scopes[key].name
                raise ParseError(f"how far the index {name} runs is not known", span=(0, 0), help=f"use it: x[{name}]")
        for item in self.items:
            keys: Keys = merge_keys([self.indices[arg] for arg in item.args])
            if item.op is Op.BOUND:
                keys = (str(item.value),)
            elif item.op is Op.INDEX:
                terms = [self._index_term(p.start) for p in _slices(item) if p.is_entry and p.start is not None]
                keys = merge_keys([keys, tuple(term[0].key for term in terms if term is not None)])
            elif item.op in (Op.OVER, Op.ENTRIES):
                keys = tuple(key for key in keys if key not in str(item.value).split())
            self.indices.append(keys)

    def _build(self, names: Mapping[str, Node]) -> list[Node]:
        self._find_indices()
        nodes: list[Node] = []
        for place, item in enumerate(self.items):
            if place in self.skipped:
                nodes.append(number(0))
                continue
            args = [nodes[arg] for arg in item.args]
            try:
                nodes.append(self._node(place, item, args, self.sizes.resolve_shape(self.shapes[place]), names))
            except DcalcError as error:
                error.span = error.span or item.sign
                raise
        return nodes

    def _shape_with_indices(self, place: int) -> Shape:
        """The shape of the node of a row: the axes of indices come first."""
        own = self.sizes.resolve_shape(self.shapes[place])
        return (*(self.index_sizes[key] for key in self.indices[place]), *own)

    def _list_steps(self, names: Mapping[str, Node]) -> dict[int, Step]:
        steps: dict[int, Step] = {}
        for place, item in enumerate(self.items):
            if place not in self.skipped:
                args = [placeholder(arg, self._shape_with_indices(arg)) for arg in item.args]
                node = self._node(place, item, args, self.sizes.resolve_shape(self.shapes[place]), names)
                steps[place] = Step(node, tuple(arg for arg in item.args if arg not in self.skipped), item.span)
        return steps

    def _node(self, place: int, item: Item, args: Sequence[Node], shape: Shape, names: Mapping[str, Node]) -> Node:
        op = item.op
        if self.scopes and (op in _INDEXED or any(self.indices[arg] for arg in item.args)):
            return self._node_with_indices(place, item, args, shape)
        if op is Op.NAME:
            return self._name(str(item.value), names)
        if op is Op.NUMBER:
            assert isinstance(item.value, Fraction)
            return number(item.value)
        if op is Op.TRANSPOSE:
            return transpose(args[0])
        if op is Op.MATMUL and args[0].rank and args[1].rank:
            return matmul(*args)
        if op is Op.CALL and item.value == "einsum":
            return einsum.build(einsum.read_subscripts(item, self.items), args[1:])
        if op is Op.LITERAL:
            return stack_entries(args)
        if op is Op.INDEX:
            return self._index(item, args[0])
        if op is Op.CALL and self._operation(item) is not None:
            return build_call(self._call(item, [arg.shape for arg in args]), args)
        spread = [broadcast(arg, shape) for arg in args]
        return self._apply(place, item, spread)

    def _apply(self, place: int, item: Item, args: Sequence[Node]) -> Node:
        """A function of single numbers of nodes of one shape."""
        body = self.bodies.get(place)
        if body is None:
            return apply_row(self._row(item), args)
        from dcalc.parser.assembly import template

        text = ";".join((*(f"{name} = {value}" for name, value in body.defaults), body.text))
        return instantiate(template(text, body.names), dict(zip(body.names, args, strict=True)), args[0].shape)

    def _name(self, name: str, names: Mapping[str, Node]) -> Node:
        if name in names:
            return names[name]
        if name in self.lengths:
            return size_node(self.sizes.resolve(Dim(name)))
        return constant(table.CONSTANTS.get(name) or table.OTHER_CONSTANTS[name])

    def _node_with_indices(self, place: int, item: Item, args: Sequence[Node], shape: Shape) -> Node:
        """The node of a row that depends on indices: their axes come first."""
        op = item.op
        parts = list(zip(args, [self.indices[arg] for arg in item.args], strict=True))
        keys = merge_keys([own for _, own in parts])
        if op is Op.BOUND:
            scope = self.scopes[str(item.value)]
            return linear.count_up(self._first_value(scope), self.index_sizes[scope.key])
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
        if (op is Op.MATMUL and all(self.shapes[arg] for arg in item.args)) or (op is Op.CALL and item.value == "dot"):
            return multiply_matrices(parts, keys)
        if op is Op.CALL and self._operation(item) is not None:
            name = str(item.value)
            if name not in REDUCTIONS:
                raise ParseError(
                    f"{name} cannot depend on an index", help="write it outside of the sum, or without the index"
                )
            call = self._call(item, [self.shapes[arg] for arg in item.args])
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
        slices = list(_slices(item))
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
            term = self._index_term(part.start) if part.is_entry and part.start is not None else None
            if term is not None and part.start is not None:
                scope, by = term
                first, count = self._reach(part.start, scope, by, size), self.index_sizes[scope.key]
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
                factors.append(Factor(linear.unit(size, self._check_place(part.start, size)), (axis,)))
                continue
            first, count, step = self._bounds(part, size, item)
            if (first, count, step) == (0, size, 1):
                out.append(axis)
                continue
            sizes[fresh] = count
            factors.append(Factor(linear.select(size, count, first, step), (fresh, axis)))
            out.append(fresh)
            fresh += 1
        in_front = [labels[key] for key in merge_keys([tuple(labels)])]
        return product(1, [*factors, Factor(node, tuple(axes))], [*in_front, *out], sizes)


_INDEXED = (Op.BOUND, Op.OVER, Op.ENTRIES, Op.INDEX)
_PAIRED = frozenset(("mse", "mae", "bce", "bce_logits", "cross_entropy"))


def _slices(item: Item) -> tuple[Slice, ...]:
    assert isinstance(item.value, tuple)
    return item.value


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
