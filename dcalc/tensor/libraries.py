"""Calls of NumPy, JAX and torch, and methods, as calls in dcalc's own language.

`np.linalg.norm(x, ord=1)`, `x.norm(p=1)` and `norm(x, 1)` are one call afterwards; `A.dot(x)` is `A@x`. What a function
of single numbers means in a library stands in `dcalc.spellings.python`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc import spellings
from dcalc.errors import ParseError, UnknownFunction
from dcalc.parser.array_syntax import Item, Op
from dcalc.records import NamedTuple
from dcalc.spellings import Call
from dcalc.spellings.arrays import KEYWORDS, NO_FORMULA, RENAMED, TARGET_LAST
from dcalc.tensor.operations import OPERATIONS


class Rewritten(NamedTuple):
    """The rows of a text in dcalc's own words.

    ``bodies`` are the calls of libraries that mean an expression in their arguments, by row; ``unused`` are rows that
    are not values: texts between quotes, and what has become part of another row.
    """

    items: tuple[Item, ...]
    bodies: dict[int, Body]
    unused: set[int]


class Body(NamedTuple):
    """What a function of single numbers means in a library: a text in the names of its arguments."""

    text: str
    names: tuple[str, ...]
    defaults: tuple[tuple[str, str], ...]


def rewrite_calls(items: Sequence[Item]) -> Rewritten:
    """The rows with every call in dcalc's own words. Raises ParseError and UnknownFunction. Linear."""
    rows = list(items)
    bodies: dict[int, Body] = {}
    unused: set[int] = set()
    for place, item in enumerate(items):
        if item.op in (Op.TEXT, Op.TUPLE):
            unused.add(place)
        elif item.op is Op.INDEX:
            rows[place] = _pick_labels(rows, _take_logdet(rows, item, unused), unused)
        elif item.op is Op.CALL:
            rows[place] = _rewrite(place, item, rows, bodies)
            unused -= {arg for arg in rows[place].args if rows[arg].op is Op.LITERAL}
    _refuse_tuples(rows)
    return Rewritten(tuple(rows), bodies, unused)


def _refuse_tuples(rows: Sequence[Item]) -> None:
    """Raise ParseError for brackets with a comma that are neither axes nor lengths."""
    values = {arg for row in rows for arg in row.args} | {len(rows) - 1}
    for place in sorted(values):
        if rows[place].op is Op.TUPLE:
            raise ParseError("brackets with a comma are not an array", span=rows[place].span, help="write [1, 2]")


def _take_logdet(rows: Sequence[Item], item: Item, unused: set[int]) -> Item:
    """`slogdet(A)[1]` is the logarithm of the size of the determinant."""
    inner = rows[item.args[0]]
    if inner.op is not Op.CALL or inner.value != "slogdet":
        return item
    assert isinstance(item.value, tuple)
    (part,) = item.value if len(item.value) == 1 else (None,)
    if part is None or part.start is None or rows[part.start].value != 1:
        raise ParseError("of slogdet only the entry 1 is read", span=item.span, help="write slogdet(A)[1]")
    unused.update((item.args[0], part.start))
    return item._replace(op=Op.CALL, value="logabsdet", args=inner.args, sign=inner.sign)


def _pick_labels(rows: Sequence[Item], item: Item, unused: set[int]) -> Item:
    """`Z[arange(m), y]` takes of each row the entry that a label tells."""
    if item.op is not Op.INDEX or not isinstance(item.value, tuple) or len(item.value) != 2:
        return item
    if not all(part.is_entry for part in item.value):
        return item
    first, second = (part.places[0] for part in item.value)
    if rows[first].op is not Op.CALL or rows[first].value != "arange" or rows[second].op is not Op.NAME:
        return item
    unused.update(range(rows[first].first, first + 1))
    return item._replace(op=Op.CALL, value="pick", args=(item.args[0], second))


def _rewrite(place: int, item: Item, rows: list[Item], bodies: dict[int, Body]) -> Item:
    """A call with its name and its arguments as they are called here."""
    library, is_method, name = _split_name(item)
    own = RENAMED.get(name, name)
    if f"{library}.{own}" in OPERATIONS:
        own = f"{library}.{own}"
    args, keywords = _sort_arguments(own, item, rows)
    if name == "norm" and (is_method or item.value == "torch.norm"):
        own = "vector_norm"
    item = _open_tuple(own, item._replace(args=args, keywords=keywords), rows)
    args = item.args
    if own in NO_FORMULA and own not in OPERATIONS and table.find(own, len(args)) is None:
        raise UnknownFunction(f"{name} has no formula here", span=item.sign, help=NO_FORMULA[own])
    if own == "@":
        if len(args) != 2:
            raise ParseError(f"{name} takes 2 arrays", span=item.sign, help="write A@B")
        return item._replace(op=Op.MATMUL, value=None, keywords=())
    if own == ".T":
        return item._replace(op=Op.TRANSPOSE, value=None, args=args[:1], keywords=())
    if own in OPERATIONS or own in ("einsum", "slogdet"):
        item = _name_positions(own, item._replace(value=own), rows, by_axis=is_method or bool(library))
        if own in TARGET_LAST and library == "torch" and len(item.args) == 2:
            item = item._replace(args=item.args[::-1])
        if own in ("var", "std") and library == "torch" and not any(word == "ddof" for word, _ in item.keywords):
            raise ParseError(
                f"torch.{name} divides by n - 1", span=item.sign,
                help=f"write {name}(x, correction=1) for that, correction=0 to divide by n",
            )  # fmt: skip
        if OPERATIONS.get(own) is None or OPERATIONS[own].takes(len(item.args)):
            return item
    item = item._replace(value=name)
    body = _find_body(name, library, is_method, item)
    return item._replace(value=own) if body is None else _call_body(body, place, item, bodies)


def _call_body(body: Call, place: int, item: Item, bodies: dict[int, Body]) -> Item:
    """A call by what it means, its arguments in the order of the body."""
    if body.row is not None and not item.keywords:
        order = body.order or range(len(item.args))
        return item._replace(value=body.row.name, args=tuple(item.args[k] for k in order))
    free = [name for name in body.parameters if name not in dict(item.keywords)]
    names = (*free[: len(item.args)], *(word for word, _ in item.keywords))
    first_default = len(body.parameters) - len(body.defaults)
    defaults = zip(body.parameters[first_default:], body.defaults, strict=True)
    bodies[place] = Body(body.text, names, tuple(pair for pair in defaults if pair[0] not in names))
    return item._replace(args=(*item.args, *(arg for _, arg in item.keywords)), keywords=())


def _open_tuple(own: str, item: Item, rows: list[Item]) -> Item:
    """A call whose lengths stand between brackets of their own, `zeros((2, 3))`, or whose entries do."""
    if len(item.args) != 1 or rows[item.args[0]].op is not Op.TUPLE:
        return item
    inner = rows[item.args[0]]
    if own in OPERATIONS and OPERATIONS[own].takes_lengths:
        return item._replace(args=inner.args)
    if own == "identity":
        rows[item.args[0]] = inner._replace(op=Op.LITERAL)
    return item


def _split_name(item: Item) -> tuple[str, bool, str]:
    """The library of a function, whether it stands behind its first argument, and its name."""
    prefix, dot, name = str(item.value).rpartition(".")
    if not prefix:
        return "", bool(dot), name
    from dcalc.spellings.python import PREFIXES

    library = PREFIXES.get(prefix) or PREFIXES.get(prefix.partition(".")[0])
    if library is None:
        raise UnknownFunction(f"no library named {prefix}", span=item.sign, help=f"write {name}(...)")
    return library, False, name


def _find_body(name: str, library: str, is_method: bool, item: Item) -> Call | None:
    """What a function of single numbers means in a library; None where it is the table's own."""
    if not library and not is_method and not item.keywords and table.find(name, len(item.args)) is not None:
        return None
    calls = spellings.calls("python")
    named = {word for word, _ in item.keywords}
    for family in (library, "numpy", "torch", "jax") if not library else (library,):
        known: list[Call] = [*calls.get(f"{family}.{name}", ()), *calls.get(name, ())]
        for call in known:
            if named <= set(call.parameters) and call.takes(len(item.args) + len(named)):
                return call
    return None


def _sort_arguments(own: str, item: Item, rows: Sequence[Item]) -> tuple[tuple[int, ...], tuple[tuple[str, int], ...]]:
    """The arguments with and without names; names are those that are used here. Raises ParseError."""
    has_axis = own in OPERATIONS and OPERATIONS[own].axis is not None
    args = list(item.args)
    keywords = []
    for word, place in item.keywords:
        meant = KEYWORDS.get(word, word)
        if meant == "" and not args:
            args.append(place)
        elif meant == "axis" and rows[place].op is Op.NAME and rows[place].value == "None":
            if has_axis:
                raise ParseError(f"{own} is over one axis here", span=rows[place].span, help="write axis=1 or axis=0")
        elif meant is not None:
            keywords.append((meant or word, place))
    return tuple(args), tuple(keywords)


AXIS_SECOND = frozenset(
    "sum mean prod max min softmax log_softmax scipy.softmax scipy.log_softmax logsumexp cumsum var std size".split()
)
"""Functions that take an axis as their second argument; `max(x, 0)` and `min` do so in libraries alone."""


_NORMS = ("norm", "vector_norm")


def _name_positions(own: str, item: Item, rows: Sequence[Item], *, by_axis: bool) -> Item:
    """A second argument that is an axis, or the order of a norm, under its name."""
    if len(item.args) < 2:
        return item
    second = rows[item.args[1]]
    is_integer = second.op is Op.NUMBER and isinstance(second.value, Fraction) and second.value.denominator == 1
    is_integer = is_integer or second.op in (Op.NEG, Op.TUPLE)
    if own in AXIS_SECOND and is_integer and (by_axis or own not in ("max", "min", "size")):
        word = "axis"
    elif own in _NORMS:
        word = "ord"
    elif own == "layer_norm" and by_axis:
        word = "normalized_shape"
    else:
        return item
    keywords = (*item.keywords, (word, item.args[1]))
    if own in _NORMS and len(item.args) == 3:
        keywords = (*keywords, ("axis", item.args[2]))
    elif own == "layer_norm":
        return item._replace(args=(item.args[0], *item.args[2:]), keywords=keywords)
    elif len(item.args) != 2:
        return item
    return item._replace(args=item.args[:1], keywords=keywords)
