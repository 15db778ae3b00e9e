"""What a node may be where it is no number: without a value, or an open question."""

from __future__ import annotations

from dcalc.expr import Expr


class Missing:
    """There is no value: why, and of which node."""

    __slots__ = ("node", "reason")

    def __init__(self, reason: str, node: Expr) -> None:
        self.reason = reason
        self.node = node


class Open:
    """A question that could not be decided, carried until somebody needs the answer.

    ``error`` is the exception to raise then, where more terms or more bits may decide.
    """

    __slots__ = ("error", "node", "reason", "swings")

    def __init__(self, reason: str, node: Expr, error: Exception | None = None, swings: bool = False) -> None:
        self.reason = reason
        self.node = node
        self.error = error
        self.swings = swings  # the answer changes again and again, close to the point
