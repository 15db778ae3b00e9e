"""Expressions as one interned graph: equal means identical.

Children are made before their parents and have smaller ids, so every algorithm over
expressions is a loop over `walk(root)`, never a recursion.

Threads may make and read expressions at the same time: nodes are immutable but for a sort key that
any thread computes alike, and a node enters the table of nodes in one step.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import count
from threading import Lock
from typing import Any
from weakref import ref

from dcalc.functions import BY_KEY, DIV, MUL, NUMBER, POW, ROWS, SYMBOL, Row
from dcalc.unknown import UNKNOWN, read_key

Number = int | Fraction


class Expr:
    """A node: a row of the table and its arguments.

    The arguments of NUMBER are (value,), an int or a non-integral Fraction; those of
    SYMBOL are (name,); all others are nodes.
    """

    __slots__ = ("__weakref__", "args", "id", "key", "op")
    op: Row
    args: tuple[Any, ...]
    id: int
    key: bytes | None  # the sort key of simplified sums and products, on first use

    def __reduce__(self) -> tuple[Callable[..., "Expr"], tuple[list[tuple[str, tuple[Any, ...]]]]]:
        """Nodes are pickled as rows in order of evaluation, and interned again: no recursion, nothing twice."""
        return unpack, (pack(self),)

    def __repr__(self) -> str:
        return f"<{self.id}: {self.op.key}{tuple(getattr(a, 'id', a) for a in self.args)}>"


Args = tuple[Any, ...]

# Each row of the table of functions has its nodes by their arguments: the tuple that a node has anyway is its key.
# They are weak references, so that a stream of a million expressions leaves nothing behind.
_ids = count(1)
_MANY = 1 << 15
_sweep_at = _MANY  # the id at which the next sweep is due
_lock = Lock()


def _intern(op: Row, args: Args) -> Expr:
    """The node with these arguments, made unless another thread has just made it.

    `setdefault` is one step for all threads, so that the usual case, arguments that are not in the table,
    takes no lock; entries are taken out under the lock alone.
    """
    node = Expr()
    node.op, node.args, node.id, node.key = op, args, next(_ids), None
    own = ref(node)
    nodes: dict[Args, ref[Expr]] = op.nodes
    if nodes.setdefault(args, own) is own:
        if node.id >= _sweep_at:
            _sweep()
        return node
    with _lock:
        while (other := nodes.setdefault(args, own)()) is None:  # an entry whose node is gone
            del nodes[args]
        return other


def _sweep() -> None:
    """Drop the entries whose nodes are gone. Amortised, a constant cost for each node: as many are made as were
    left before the next sweep."""
    global _sweep_at
    with _lock:
        rows = [*ROWS, *UNKNOWN.values()]
        gone = [(row.nodes, args) for row in rows for args, entry in list(row.nodes.items()) if entry() is None]
        while gone:
            nodes, args = gone.pop()
            entry = nodes.get(args)
            if entry is None or entry() is not None:
                continue
            del nodes[args]
            # The key was the last to hold what only this node used.
            below = [(arg.op.nodes, arg.args) for arg in args if type(arg) is Expr]
            del args
            gone += [place for place in below if (entry := place[0].get(place[1])) is not None and entry() is None]
        _sweep_at = next(_ids) + max(_MANY, count_entries())


def count_entries() -> int:
    """The number of nodes in the tables, with those that are gone and not yet swept out."""
    return sum(len(row.nodes) for row in (*ROWS, *UNKNOWN.values()))


def make(op: Row, *args: Expr) -> Expr:
    """The one node with this row and these arguments. Cost: a dictionary look-up."""
    entry = op.nodes.get(args)
    node = entry() if entry is not None else None
    return _intern(op, args) if node is None else node


_SMALL: dict[Number, Expr] = {}  # small whole numbers are everywhere: they are kept alive, and looked up first


def number(value: Number) -> Expr:
    """The node of an exact rational."""
    if value in _SMALL:
        return _SMALL[value]
    if type(value) is not int:
        value = Fraction(value)
        if value.denominator == 1:
            value = int(value)
    return make(NUMBER, value)  # type: ignore[arg-type]  # the payload


def symbol(name: str) -> Expr:
    """The node of a variable."""
    return make(SYMBOL, name)  # type: ignore[arg-type]  # the payload


ZERO = number(0)
ONE = number(1)
MINUS_ONE = number(-1)
UNDEFINED = make(DIV, ZERO, ZERO)
"""What a branch of a choice is where the function has no value: it is simplified to nothing else."""
_SMALL.update((value, number(value)) for value in range(-9, 65))


def exact(node: Expr) -> Number | None:
    """The value of a number in simplified form, else None.

    A rational that no decimal of the input asked for is kept as p*q**-1, so that it is
    written p/q: 0.5 and 1/2 are different nodes, both exact.
    """
    op = node.op
    if op is NUMBER:
        return node.args[0]  # type: ignore[no-any-return]  # the payload of a NUMBER
    if op is POW:
        return _inverse(node)
    if op is MUL and len(node.args) == 2 and node.args[0].op is NUMBER and node.args[1].op is POW:
        below = _inverse(node.args[1])
        return None if below is None else below * node.args[0].args[0]  # Fraction first: it asks fewer questions
    return None


def _inverse(power: Expr) -> Fraction | None:
    base, exponent = power.args
    if exponent is MINUS_ONE and base.op is NUMBER and type(base.args[0]) is int and base.args[0] > 1:
        return _invert(base.args[0])
    return None


@lru_cache(maxsize=256)
def _invert(value: int) -> Fraction:
    return Fraction(1, value)


def operands(node: Expr) -> tuple[Expr, ...]:
    """The arguments that are expressions; a leaf has none."""
    return () if is_leaf(node) else node.args


def list_chain(node: Expr) -> list[Expr]:
    """The operands of a chain of one operator, such as a product of products, in order. Linear in the chain."""
    parts: list[Expr] = []
    stack = [node]
    while stack:
        top = stack.pop()
        if top.op is node.op:
            stack += reversed(top.args)
        else:
            parts.append(top)
    return parts


def is_leaf(node: Expr) -> bool:
    """True for a number or a variable, whose arguments are not nodes."""
    return node.op is NUMBER or node.op is SYMBOL


_SMALL_WALK = 200
_MOST_WALKS = 32
_last_walk: tuple[tuple[Expr, ...], tuple[Expr, ...]] = ((), ())
_small_walks: dict[tuple[Expr, ...], tuple[Expr, ...]] = {}


def walk(*roots: Expr) -> tuple[Expr, ...]:
    """All nodes below the roots, each once, children before parents. Linear.

    The last walk is kept, since one expression is asked about many times in a row: its variables, its style, its
    tape. So are some walks of small graphs, between which callers alternate, as a function and its derivative; more
    would keep large graphs alive.
    """
    global _last_walk
    last_roots, nodes = _last_walk  # one read of one name, so that threads see a pair that belongs together
    if last_roots != roots:
        small = _small_walks.get(roots)
        if small is not None:
            _last_walk = (roots, small)  # a large one is kept no longer than until the next question
            return small
        seen: dict[int, Expr] = {}
        stack = list(roots)
        while stack:
            node = stack.pop()
            if node.id not in seen:
                seen[node.id] = node
                if node.op is not NUMBER and node.op is not SYMBOL:
                    stack.extend(node.args)
        nodes = tuple(map(seen.__getitem__, sorted(seen)))
        if len(nodes) <= _SMALL_WALK:
            if len(_small_walks) >= _MOST_WALKS:
                _small_walks.clear()
            _small_walks[roots] = nodes
        _last_walk = (roots, nodes)
    return nodes


def pack(root: Expr) -> list[tuple[str, tuple[Any, ...]]]:
    """The graph as plain data: for each node the key of its row, and the places of its arguments or its payload."""
    nodes = walk(root)
    place = {node.id: k for k, node in enumerate(nodes)}
    return [(n.op.key, n.args if is_leaf(n) else tuple([place[arg.id] for arg in n.args])) for n in nodes]


def unpack(rows: Iterable[tuple[str, tuple[Any, ...]]]) -> Expr:
    """The node that `pack` took apart: the same one, while it lives."""
    nodes: list[Expr] = []
    for key, args in rows:
        op = BY_KEY.get(key) or read_key(key)
        if op is NUMBER:
            nodes.append(number(args[0]))
        elif op is SYMBOL:
            nodes.append(symbol(args[0]))
        else:
            nodes.append(make(op, *[nodes[arg] for arg in args]))
    return nodes[-1]


def substitute(root: Expr, by: Mapping[str, Expr]) -> Expr:
    """The expression with nodes in the places of variables. Linear."""
    return replace_nodes(root, {symbol(name): other for name, other in by.items()})


def replace_nodes(root: Expr, by: Mapping[Expr, Expr]) -> Expr:
    """The expression with other nodes in the places of some of its own. Linear."""
    images = {node.id: other for node, other in by.items()}
    for node in walk(root):
        if node.id not in images:
            images[node.id] = node if is_leaf(node) else make(node.op, *[images[arg.id] for arg in node.args])
    return images[root.id]


def map_nodes(build: Callable[[Expr, tuple[Expr, ...]], Expr], *roots: Expr) -> tuple[Expr, ...]:
    """The roots with each node but the leaves as what ``build`` makes of it and of the images of its arguments."""
    images: dict[int, Expr] = {}
    for node in walk(*roots):
        images[node.id] = node if is_leaf(node) else build(node, tuple([images[arg.id] for arg in node.args]))
    return tuple(images[root.id] for root in roots)


def variables(*roots: Expr) -> list[str]:
    """Names of the variables in natural order: x2 before x10."""
    names = [node.args[0] for node in walk(*roots) if node.op is SYMBOL]
    return natural(names) if len(names) > 1 else names


_ARGUMENTS = frozenset({"x", "t", "y", "z", "theta", "θ", "s", "u", "v", "w"})


def likely_arguments(names: Iterable[str]) -> list[str]:
    """Those of the names that are usually arguments, as against parameters: x and t, y1, but not a or sigma."""
    return [name for name in names if name.rstrip("0123456789_") in _ARGUMENTS]


def natural(names: Iterable[str]) -> list[str]:
    """The names sorted with their digits read as numbers."""
    return sorted(names, key=natural_key)


def natural_key(name: str) -> tuple[str | int, ...]:
    """Sort key in which x2 comes before x10."""
    parts: list[str | int] = []
    word = digits = ""
    for char in name:
        if "0" <= char <= "9":
            digits += char
        elif digits:
            parts += [word, len(digits.lstrip("0")), digits]
            word, digits = char, ""
        else:
            word += char
    if digits:
        parts += [word, len(digits.lstrip("0")), digits]
        word = ""
    return (*parts, word)
