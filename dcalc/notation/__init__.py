"""Nodes to text. Each file of this folder is a notation; what they share stands here.

The folder is the registry: a file `NAME.py` here is `dcalc convert EXPR --to NAME`. A notation says
how one node looks (`layout`: a precedence and a list of texts and children); this file does the rest in
loops: brackets, lengths, names for shared parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Protocol, cast

from dcalc.errors import LimitError
from dcalc.expr import Expr, variables, walk
from dcalc.functions import CONDITIONS
from dcalc.problem import ArrayPoint, Coordinate, Point
from dcalc.records import NamedTuple

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


Key = int
"""A part of a text: twice the id of its node, one more where it is negated. A tuple would take twice the memory."""


def _key(part: Child) -> Key:
    return 2 * part[0].id + part[2]


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


def write_coordinate(value: Coordinate) -> str:
    """A coordinate, or an array of them, as text that reads back to the same numbers."""
    if isinstance(value, list):
        return f"[{', '.join(map(write_coordinate, value))}]"
    return write(value) if isinstance(value, Expr) else repr(float(value))


def write_point(at: Point | ArrayPoint, *, named: bool = False) -> str:
    """A point: `0.1`, or `x=1.0,y=2.0` where there are several variables, or it is to be ``named``."""
    if len(at) == 1 and not named:
        return write_coordinate(next(iter(at.values())))
    return ",".join(f"{name}={write_coordinate(value)}" for name, value in at.items())


def _too_long(length: str) -> LimitError:
    return LimitError(f"the text would have {length}", help="ask for its value at a point with --at")


@cache
def remembered_layout(notation: Any) -> Callable[[Expr, bool], Layout]:
    """The notation's layouts, with the last few thousand kept: a batch writes x**2 again and again."""
    return lru_cache(maxsize=4096)(notation.layout)


class Writer:
    """One text being written.

    Of each part its length and how tightly it binds are kept, not its layout, which is made again where it is
    needed: a large text has a hundred thousand parts, and the pieces of one take some 500 bytes.
    """

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.layout = notation.layout
        self.remembered = remembered_layout(notation)  # type: ignore[arg-type]  # a module is hashable
        self.before, self.after = notation.bracket("")
        self.levels: dict[Key, int] = {}
        self.lengths: dict[Key, int] = {}
        self.uses: dict[Key, int] = {}  # of parts that are used more than once
        self.names: dict[Key, str] = {}

    def write(self, node: Expr, against: int, limit: int | None) -> str:
        """The text of a node; see `write`."""
        short = self._short(node)
        if short is not None and (limit is None or len(short) <= limit):
            return "".join(self.notation.bindings([], [short]))
        if limit is not None and len(walk(node)) > 2 * limit + 100:
            # Few nodes are written in less than a character: nothing more needs to be measured.
            raise _too_long(f"more than {limit:,} characters")
        root = Child(node, 0)
        parts: list[Child] = []
        length = self._measure(root)
        if self.uses and length > NAMED_ABOVE and length > 2 * against:
            parts = self._name_shared(root)
            length = self.lengths[_key(root)] + sum(self.lengths[_key(part)] + 8 for part in parts)
        if limit is not None and length > limit:
            raise _too_long(f"{length:,} characters, more than {limit:,}")
        named = [(self.names[_key(part)], self._emit(part)) for part in parts]
        return "".join(self.notation.bindings(named, self._emit(root)))

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

    def _measure(self, root: Child) -> int:
        """Length of the text of every part, and how tightly it binds; returns that of the whole.

        A part that is measured adds its length to that of the part around it: no layout is kept while what is inside
        of it is measured, since there are as many at a time as the expression is deep.
        """
        lengths, levels, uses, layout = self.lengths, self.levels, self.uses, self.layout
        brackets = len(self.before) + len(self.after)
        # A part to measure, or None and the key of one whose pieces are; the key of what is around it; its level.
        stack: list[tuple[Child | None, Key, Key, int]] = [(root, 0, 0, 0)]
        total = 0
        while stack:
            child, key, around, level = stack.pop()
            if child is not None:
                key = _key(child)
                if key not in lengths:
                    levels[key], pieces = layout(child[0], child[2])
                    lengths[key] = sum(len(piece) for piece in pieces if type(piece) is str)
                    stack.append((None, key, around, child[1]))
                    stack += [(piece, 0, key, 0) for piece in reversed(pieces) if type(piece) is Child]
                    continue
                uses[key] = uses.get(key, 1) + 1
                level = child[1]
            length = lengths[key] + (brackets if levels[key] < level else 0)
            if around:
                lengths[around] += length
            else:
                total = length
        return total

    def _length(self, pieces: list[Piece]) -> int:
        total = 0
        for piece in pieces:
            total += len(piece) if isinstance(piece, str) else self._length_of_child(piece)
        return total

    def _length_of_child(self, child: Child) -> int:
        key = _key(child)
        name = self.names.get(key)
        if name is not None:
            return len(name)
        brackets = len(self.before) + len(self.after) if self.levels[key] < child[1] else 0
        return self.lengths[key] + brackets

    def _lay_out(self, root: Child) -> Iterator[tuple[Child, list[Piece]]]:
        """Each part once with its pieces, in order of first use, children before parents."""
        seen: set[Key] = set()
        stack: list[tuple[Child, list[Piece] | None]] = [(root, None)]
        while stack:
            child, pieces = stack.pop()
            if pieces is not None:
                yield child, pieces
            elif (key := _key(child)) not in seen:
                seen.add(key)
                pieces = self.layout(child[0], child[2])[1]
                stack.append((child, pieces))
                stack += [(piece, None) for piece in reversed(pieces) if type(piece) is Child]

    def _name_shared(self, root: Child) -> list[Child]:
        """Name every part that is used more than once and whose name saves text. Returns them in order."""
        taken = set(variables(root.node))
        number = 0
        parts = []
        for child, pieces in self._lay_out(root):
            key = _key(child)
            length = self.lengths[key] = self._length(pieces)
            if child.node.op not in CONDITIONS and (self.uses.get(key, 1) - 1) * (length - 4) > 9:
                number += 1
                while (name := self.notation.name(number)) in taken:
                    number += 1
                self.names[key] = name
                parts.append(child)
        return parts

    def _emit(self, root: Child) -> list[str]:
        """The text of a node as chunks; named parts below it appear by name."""
        out: list[str] = []
        stack: list[Piece] = list(reversed(self.layout(root.node, root.negate)[1]))
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                out.append(piece)
                continue
            name = self.names.get(_key(piece)) if self.names else None
            if name is not None:
                out.append(name)
                continue
            level, pieces = self.layout(piece[0], piece[2])
            if level < piece[1]:
                out.append(self.before)
                stack.append(self.after)
            stack.extend(reversed(pieces))
        return out
