"""Nodes to text. Each file of this folder is a notation; what they share stands here.

The folder is the registry: a file `NAME.py` here is `dcalc convert EXPR --to NAME`. A notation says
how one node looks (`layout`: a precedence and a list of texts and children); this file does the rest in
loops: brackets, lengths, names for shared parts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple, Protocol, cast

from dcalc.errors import LimitError
from dcalc.expr import Expr, variables, walk
from dcalc.functions import CONDITIONS
from dcalc.problem import Point

NAMED_ABOVE = 1_000
"""Shared parts are named where the plain text is longer than this, and than twice the input."""


class Child(NamedTuple):
    """A place for a node: in brackets if it binds less tightly than ``level``."""

    node: Expr
    level: int
    negate: bool = False


Piece = str | Child


class Layout(NamedTuple):
    """How a node looks: how tightly it binds, and the texts and children in order."""

    level: int
    pieces: list[Piece]


class Notation(Protocol):
    """What a file of this folder provides."""

    def layout(self, node: Expr, negate: bool) -> Layout:
        """How the node, or its negative, looks."""

    def bracket(self, text: str) -> tuple[str, str]:
        """The brackets around a child: before, after."""

    def name(self, number: int) -> str:
        """The name of the number-th shared part."""

    def bindings(self, parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
        """The whole text: named parts, then the result, as chunks to join."""


Key = tuple[int, bool]


def write(node: Expr, notation: str = "plain", *, against: int = 0, limit: int | None = None) -> str:
    """The node as text; `plain` is what `parse` reads.

    Shared parts are named, `t1 = ...; ...`, where the text would otherwise be longer than
    1,000 characters and twice ``against``, the length of the input. Raises LimitError
    where the text would be longer than ``limit``. Linear in nodes and length of the text.
    """
    return Writer(import_module(f"dcalc.notation.{notation}")).write(node, against, limit)


def names() -> list[str]:
    """The notations, sorted: the files of this folder, whose subfolder has what they share. Imports none of them."""
    from pkgutil import iter_modules

    return sorted(module.name for module in iter_modules(__path__) if not module.ispkg)


def load(name: str) -> Notation:
    """The module of a notation. Raises UsageError, with did-you-mean, for an unknown name."""
    from dcalc.text import unknown_name

    known = names()
    if name not in known:
        raise unknown_name("notation", name, known)
    return cast("Notation", import_module(f"dcalc.notation.{name}"))


def write_coordinate(value: float | Expr) -> str:
    """A coordinate as text that reads back to the same number."""
    return write(value) if isinstance(value, Expr) else repr(float(value))


def write_point(at: Point, *, named: bool = False) -> str:
    """A point: `0.1`, or `x=1.0,y=2.0` where there are several variables, or it is to be ``named``."""
    if len(at) == 1 and not named:
        return write_coordinate(next(iter(at.values())))
    return ",".join(f"{name}={write_coordinate(value)}" for name, value in at.items())


def _too_long(length: str) -> LimitError:
    return LimitError(f"the text would have {length}", help="ask for its value at a point with --at")


@cache
def _remembered(notation: Any) -> Callable[[Expr, bool], Layout]:
    """The notation's layouts, with the last few thousand kept: a batch writes x**2 again and again."""
    return lru_cache(maxsize=4096)(notation.layout)


class Writer:
    """One text being written."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.remembered = _remembered(notation)  # type: ignore[arg-type]  # a module is hashable
        self.before, self.after = notation.bracket("")
        self.layouts: dict[Key, Layout] = {}
        self.lengths: dict[Key, int] = {}
        self.names: dict[Key, str] = {}
        self.conditions: set[Key] = set()

    def write(self, node: Expr, against: int, limit: int | None) -> str:
        """The text of a node; see `write`."""
        short = self._short(node)
        if short is not None and (limit is None or len(short) <= limit):
            return "".join(self.notation.bindings([], [short]))
        if limit is not None and len(walk(node)) > 2 * limit + 100:
            # Few nodes are written in less than a character: nothing more needs to be measured.
            raise _too_long(f"more than {limit:,} characters")
        root = (node.id, False)
        order = self._lay_out(node)
        self._measure(order)
        length = self.lengths[root]
        if length > NAMED_ABOVE and length > 2 * against:
            self._name_shared(node, order)
            length = self.lengths[root] + sum(self.lengths[key] + 8 for key in self.names)
        if limit is not None and length > limit:
            raise _too_long(f"{length:,} characters, more than {limit:,}")
        parts = [(name, self._emit(key)) for key, name in self.names.items()]
        return "".join(self.notation.bindings(parts, self._emit(root)))

    def _short(self, node: Expr) -> str | None:
        """The text where it is short, so that no part needs a name: most are."""
        out: list[str] = []
        length = 0
        stack: list[Piece] = [Child(node, 0)]
        layout = self.remembered
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                length += len(piece)
                if length > NAMED_ABOVE:
                    return None
                out.append(piece)
                continue
            level, pieces = layout(piece[0], piece[2])
            if level < piece[1]:
                out.append(self.before)
                stack.append(self.after)
            stack += reversed(pieces)
        return "".join(out)

    def _lay_out(self, root: Expr) -> list[Key]:
        """Lay out every part; the keys in order of first use, children before parents."""
        order: list[Key] = []
        stack = [(root, False, False)]
        layouts, layout = self.layouts, self.notation.layout
        while stack:
            node, negate, done = stack.pop()
            key = (node.id, negate)
            if done:
                order.append(key)
            elif key not in layouts:
                layouts[key] = node_layout = layout(node, negate)
                self.conditions |= {key} if node.op in CONDITIONS else set()
                stack.append((node, negate, True))
                stack += [(piece[0], piece[2], False) for piece in reversed(node_layout.pieces) if type(piece) is Child]
        return order

    def _measure(self, order: list[Key]) -> None:
        """Length of the text of every node, children before parents."""
        for key in order:
            self.lengths[key] = self._length(key)

    def _length(self, key: Key) -> int:
        total = 0
        for piece in self.layouts[key].pieces:
            total += len(piece) if isinstance(piece, str) else self._length_of_child(piece)
        return total

    def _length_of_child(self, child: Child) -> int:
        key = (child[0].id, child[2])
        name = self.names.get(key)
        if name is not None:
            return len(name)
        brackets = len(self.before) + len(self.after) if self.layouts[key].level < child[1] else 0
        return self.lengths[key] + brackets

    def _name_shared(self, root: Expr, order: list[Key]) -> None:
        """Name every part that is used more than once and whose name saves text."""
        uses: dict[Key, int] = {}
        for node_layout in self.layouts.values():
            for piece in node_layout.pieces:
                if type(piece) is Child:
                    key = (piece[0].id, piece[2])
                    uses[key] = uses.get(key, 0) + 1
        taken = set(variables(root))
        number = 0
        for key in order:
            length = self.lengths[key] = self._length(key)
            if key not in self.conditions and uses.get(key, 0) > 1 and (uses[key] - 1) * (length - 4) > 9:
                number += 1
                while (name := self.notation.name(number)) in taken:
                    number += 1
                self.names[key] = name

    def _emit(self, root: Key) -> list[str]:
        """The text of a node as chunks; named parts below it appear by name."""
        out: list[str] = []
        stack: list[Piece] = list(reversed(self.layouts[root].pieces))
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                out.append(piece)
                continue
            node, level, negate = piece
            key = (node.id, negate)
            if key in self.names:
                out.append(self.names[key])
                continue
            node_layout = self.layouts[key]
            if node_layout.level < level:
                out.append(self.before)
                stack.append(self.after)
            stack.extend(reversed(node_layout.pieces))
        return out
