"""Other notations, each read by a file of this folder; none of them is guessed.

The folder is the registry: a file `NAME.py` here is what `--notation NAME` asks for. A reader has `read`,
which makes an expression of a text, and `resembles`, which tells whether a text that dcalc's own language
does not have looks like one of its own: a hint then says so. Readers are imported when they are asked for.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from dcalc.errors import DcalcError, LimitError, ParseError
from dcalc.parser.assembly import Context
from dcalc.parser.lexer import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dcalc.expr import Expr

PLAIN = "plain"
"""dcalc's own language, which `dcalc.parser` reads."""

_LONGEST_GUESS = 10_000  # characters that are looked at for a hint


class Reading(NamedTuple):
    """An expression, the t of `f(t) = ...`, and the variables of a `d/dx`."""

    root: Expr
    target: str | None = None
    derive: tuple[str, ...] = ()
    echoes: bool = False
    """True where the notation leaves much to rules, so that people are told what a text is read as."""


ALSO = {"numpy": "python", "scipy": "python", "jax": "python", "torch": "python", "cpp": "c"}
"""Languages that have no notation of their own, and the one that reads them."""


class Reader(Protocol):
    """What a file of this folder provides."""

    TITLE: str
    """The name of the language, for people."""

    def read(self, text: str, context: Context) -> Reading:
        """The expression that a text means, or that its last line means. Raises DcalcError."""

    def resembles(self, text: str) -> bool:
        """True where the text has something that only this notation has."""


def names() -> list[str]:
    """What `--notation` may be, sorted. Imports none of them."""
    from pkgutil import iter_modules

    return sorted([PLAIN, *(module.name for module in iter_modules(__path__))])


def load(name: str) -> Reader:
    """The module that reads a notation. Raises UsageError, with did-you-mean, for an unknown name."""
    name, known = ALSO.get(name, name), names()
    if name not in known or name == PLAIN:
        from dcalc.text import unknown_name

        raise unknown_name("notation", name, known)
    return _load(name)


@cache
def _load(name: str) -> Reader:
    return cast("Reader", import_module(f"dcalc.parser.notations.{name}"))


def read(
    text: str, notation: str, variables: Collection[str] = (), let: Sequence[str] = (), *, operators: bool = False
) -> Reading:
    """The expression that a text in another notation means; bindings of ``let`` are in it, too.

    Raises ParseError, UnknownFunction, ArityError or LimitError, each with its `source`.
    """
    reader = load(notation)
    bound: dict[str, Expr] = {}
    for binding in let:
        name, _, value = binding.partition("=")
        if not name.strip().isidentifier() or not value.strip():
            from dcalc.parser.hints import no_binding

            error = no_binding(binding)
            error.source = binding
            raise error
        bound[name.strip()] = _read_one(reader, value, Context(variables, bound)).root
    return _read_one(reader, text, Context(variables, bound, operators))


def _read_one(reader: Reader, text: str, context: Context) -> Reading:
    try:
        if len(text) > MAX_BYTES:
            raise LimitError("the expression is over 4 MiB", help="name what is repeated")
        if not text.strip():
            raise ParseError("the expression is empty", span=(0, 0), help="write an expression")
        return reader.read(text, context)
    except DcalcError as error:
        if error.source is None:
            error.source = text
        raise


def name_notation(text: str, variables: Collection[str], *, besides: str) -> str | None:
    """A hint that names the notation which a text looks like and which reads it, or None.

    ``besides`` is the notation that has refused it.

    Of several that do, those that have most to say of it come first: a text is at most looked at, never taken.
    """
    if len(text) > _LONGEST_GUESS:
        return None
    instead: str | None = None  # for one that would read it but for a power with ^
    for name in names():
        if name in (PLAIN, besides) or not (reader := _load(name)).resembles(text):
            continue
        try:
            reader.read(text, Context(variables))
        except DcalcError as error:
            if "exclusive or" in error.message and instead is None:
                instead = f"this looks like {reader.TITLE}: add --notation {name}, and {error.help}"
            continue
        return f"this looks like {reader.TITLE}: add --notation {name}"
    return instead
