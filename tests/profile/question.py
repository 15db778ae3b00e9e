"""What is asked in a profile, and what is said of the answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

Record = Mapping[str, Any]
Judge = Callable[[Record], str]
RIGHT = ""
OPEN = "open"
"""dcalc says that it does not know: no false statement, but no answer."""


class Question(NamedTuple):
    """A call of dcalc and the judge of its record.

    ``arguments`` are the command and its options; ``problem`` is a line of JSON, answered with
    others in one call, or a text on stdin of a call of its own, whose judge is given the whole reply:
    its `records`, `out`, `err` and `code`. The judge returns `RIGHT`, `OPEN`,
    or the statement that is false and why.
    """

    arguments: tuple[str, ...]
    problem: Record | str
    judge: Judge


class Kind(Protocol):
    """A kind of question, which a module of `tests.profile.kinds` draws at random."""

    def __call__(self, rng: random.Random) -> Question:
        """A question of the kind."""
