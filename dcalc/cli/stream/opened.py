"""A stream whose kind is told and whose variables are found."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, BinaryIO

from dcalc.cli.stream import kinds
from dcalc.cli.stream.source import Source
from dcalc.errors import UnknownVariable
from dcalc.functions import CONSTANTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dcalc.cli.ask import Asker, Question
    from dcalc.cli.request import Item


class Opened:
    """Points that come on a stream, and what is asked of them.

    ``kind`` is the input format; None tells it by the first line. ``names`` are the variables in
    the order of the columns. Raises DcalcError.
    """

    def __init__(
        self, stream: BinaryIO, kind: str | None, asker: Asker, item: Item, before_waiting: Callable[[], object]
    ) -> None:
        question = asker.question(item)
        load = kinds.load(kind) if kind is not None else None
        self.source = Source(stream, before_waiting)
        first, blocks = kinds.peeked(self.source)
        self.kind = kind or kinds.told_by(first, {*question.names, *question.wrt})
        self.form = (load or kinds.load(self.kind))(blocks, first, exact=asker.request.exact)
        brought = self.form.brings()
        self.question = meant(asker, item, question, brought)
        self.names = names_of(self.question, brought)
        self.form.bind(self.question, self.names)


def meant(asker: Asker, item: Item, question: Question, brought: Iterable[str]) -> Question:
    """The question where points bring values for these names: a constant among them is a variable then."""
    if CONSTANTS.keys().isdisjoint(set(brought).difference(question.names)):
        return question
    return asker.question(item, brought)


def names_of(question: Question, brought: Iterable[str] = ()) -> tuple[str, ...]:
    """The variables, in the order in which they are brought; where there is none, what is differentiated by."""
    names = question.names or question.wrt[:1]
    if not names:
        raise UnknownVariable("the expression has no variable", help="name one to differentiate by: --wrt x")
    first = [name for name in brought if name in names]
    return (*first, *(name for name in names if name not in first))


def size_of(stream: BinaryIO) -> int | None:
    """The bytes of a stream that is a file, else None."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
