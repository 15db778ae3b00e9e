"""Text to a node: `parse` is all that other layers need."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.errors import DcalcError, LimitError, ParseError
from dcalc.expr import Expr
from dcalc.parse.builder import Builder
from dcalc.parse.grammar import load
from dcalc.parse.lexer import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lark import Lark

__all__ = ["Parsed", "parse"]


class Parsed(NamedTuple):
    """An expression, where its nodes stand in the text, and the t of `f(t) = ...`."""

    root: Expr
    spans: dict[int, tuple[int, int]]
    target: str | None
    source: str


class _PerThread(threading.local):
    """Lark's embedded transformer holds the state of one parse, so each thread has its own."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.lark: Lark = load(self.builder)


def parse(text: str, *, variables: Collection[str] = (), let: Sequence[str] = (), strict: bool = True) -> Parsed:
    """The expression that a text means; nothing in it is evaluated.

    ``variables`` are names to read as variables even if they are constants of the language;
    ``let`` are bindings, `"t1 = x*(1-x)"`, for the text and for those after it. Unless
    ``strict``, a name may stand for a condition, as in the table's texts.
    Raises ParseError, UnknownFunction, ArityError or LimitError, each with the span in
    `source`. Linear: about 4 microseconds a token.
    """
    own = _own()
    own.builder.begin(variables, strict)
    for binding in let:
        _bind(own, binding)
    own.builder.source, own.builder.spans, own.builder.target = text, {}, None
    try:
        root = _run(own.lark, text)
    except DcalcError as error:
        error.source = text if error.source is None else error.source
        raise
    return Parsed(root, own.builder.spans, own.builder.target, text)


_state: _PerThread | None = None


def _own() -> _PerThread:
    global _state
    if _state is None:
        _state = _PerThread()
    return _state


def _bind(own: _PerThread, binding: str) -> None:
    """Read one `NAME = EXPRESSION`, which the grammar calls an assignment."""
    own.builder.source = binding
    try:
        _run(own.lark, binding.rstrip().removesuffix(";") + ";0")
    except DcalcError as error:
        error.source = binding
        raise


def _run(lark: Lark, text: str) -> Expr:
    from lark.exceptions import UnexpectedToken

    _check_size(text)
    try:
        return lark.parse(text)  # type: ignore[return-value]  # the embedded builder returns nodes, not trees
    except UnexpectedToken as error:
        raise _unexpected(text, error) from None


def _check_size(text: str) -> None:
    if len(text) > MAX_BYTES or (len(text) > MAX_BYTES // 4 and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        raise LimitError("the expression is over 4 MiB", help="name shared parts: t1 = ...; t1*(1-t1)")
    if not text.strip():
        raise ParseError("the expression is empty", span=(0, 0), help="write one, such as x**2*sin(x)")
    if text.count("(") != text.count(")"):
        raise _unbalanced(text)


def _unbalanced(text: str) -> ParseError:
    """Which bracket has no partner: a scan, not a parse, so that depth costs nothing."""
    opened = []
    for place, char in enumerate(text):
        if char == "(":
            opened.append(place)
        elif char == ")":
            if not opened:
                return ParseError("this bracket closes nothing", span=(place, place + 1), help="remove it, or open one before")
            opened.pop()
    place = opened[-1]
    missing = len(opened)
    fix = "add )" if missing == 1 else f"{missing} brackets are not closed"
    return ParseError("this bracket is not closed", span=(place, place + 1), help=fix)


def _unexpected(text: str, error: Any) -> ParseError:
    """A message in the words of the language, never in those of the grammar."""
    token = error.token
    operand = "NUMBER" in error.accepts if error.interactive_parser else "NUMBER" in error.expected
    if token.type == "$END":
        return _ends_early(text, operand)
    word, span = str(token), (token.start_pos, max(token.end_pos, token.start_pos + 1))
    if token.type == "COMMA":
        return ParseError("a comma outside of a function call", span=span, help="decimals are written with a point: 2.5")
    if token.type == "EQUALS":
        return ParseError("an equation is no expression", span=span, help="write one side minus the other; == compares, inside where(...)")
    if token.type == "CLOSE" or (token.type == "OPEN"):
        return ParseError("bars do not match here", span=span, help="write abs(...), which nests")
    if token.type == "DEFINE":
        return ParseError("a definition must come first", span=span, help="remove it")
    if operand:
        return ParseError(f"an operand is missing before {word}", span=span, help=f"write something before {word}, or remove it")
    return ParseError(f"unexpected {word}", span=span, help="an operator or the end is expected here")


def _ends_early(text: str, operand: bool) -> ParseError:
    end = len(text.rstrip())
    if not operand:
        return ParseError("a bar is opened and not closed", span=(end, end + 1), help="add |, or write abs(...)")
    return ParseError("the expression ends too early", span=(end, end + 1), help="write what follows the last operator")
