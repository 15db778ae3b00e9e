"""Nodes with the text that they came from."""

from typing import NamedTuple, Protocol

from dcalc.expr import Expr

# How a piece of text looks, where that decides what may stand beside it.
PLAIN, LITERAL, CLOSED, IMPLICIT, ROOTED, CHAIN = 0, 1, 2, 4, 8, 16


class Extent(Protocol):
    """A stretch of text, ``start`` to ``end``, split at ``middle``."""

    @property
    def start(self) -> int:
        """The place of its first character."""

    @property
    def end(self) -> int:
        """One past the place of its last."""

    @property
    def middle(self) -> int:
        """Where its second half begins, if it has halves."""


class Piece(NamedTuple):
    """A node with the text that it came from: ``start`` to ``end``, split at ``middle``."""

    node: Expr
    start: int
    end: int
    form: int = PLAIN
    middle: int = 0
