"""Text to a node: `parse` is all that other layers need. Threads may parse at the same time."""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING

from dcalc.errors import DcalcError, LimitError, ParseError
from dcalc.expr import Expr
from dcalc.parser.builder import Builder, Reading
from dcalc.parser.grammar import UnexpectedToken, load
from dcalc.parser.lexer import MAX_BYTES, Token, tokens
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

__all__ = ["Parsed", "parse"]

_LONG = 1 << 16  # characters: texts beyond this are not parsed only to find that the end is missing
_ECHOED = 200  # characters of a text in another notation that people are told the reading of
_UNFINISHED = frozenset("+-*/^,;=<>√·×÷−")  # what no expression ends with


class Parsed(NamedTuple):
    """An expression, and the t of `f(t) = ...`.

    ``readings`` are what is read though it is not quite dcalc's own language; ``derive`` names the variables of a
    `d/dx` before the expression, and ``parameters`` those of `g(x, y) = ...`. It ``is_implicit`` where a product
    stands without its sign, as `2x`.
    """

    root: Expr
    target: str | None
    source: str
    readings: tuple[Reading, ...] = ()
    derive: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    is_implicit: bool = False


def parse(
    text: str,
    *,
    variables: Collection[str] = (),
    let: Sequence[str] = (),
    strict: bool = True,
    operators: bool = False,
    notation: str = "plain",
) -> Parsed:
    """The expression that a text means; nothing in it is evaluated.

    ``variables`` are names to read as variables even if they are constants of the language;
    ``let`` are bindings, `"t1 = x*(1-x)"`, for the text and for those after it. Unless
    ``strict``, a name may stand for a condition, as in the table's texts. With ``operators`` a `d/dx` may stand
    before the expression. ``notation`` is what the text and the bindings are written in: one of
    `dcalc.parser.notations`, where `plain` is dcalc's own language.
    Raises ParseError, UnknownFunction, ArityError or LimitError, each with its `source`
    (the text, or the binding) and the span in it. Linear: about 3 microseconds a token.
    """
    if notation != "plain":
        from dcalc.parser.notations import read

        reading = read(text, notation, variables, let, operators=operators)
        echoed = (Reading(reading.root, 0, len(text)),) if reading.echoes and len(text) <= _ECHOED else ()
        return Parsed(reading.root, reading.target, text, echoed, reading.derive)
    begin = partial(Builder, variables=variables, strict=strict, operators=operators)
    builder: Builder | None = None
    for binding in let:
        builder = _bind(binding, partial(begin, earlier=builder))
    builder = begin(text, earlier=builder)
    root = _run(builder)
    derive = tuple(builder.derive.split(",")) if builder.derive is not None else ()
    return Parsed(root, builder.target, text, tuple(builder.readings), derive, builder.parameters, builder.is_implicit)


_load = cache(load)
"""The automaton of the grammar, from its first use on."""


def _bind(binding: str, begin: Callable[..., Builder]) -> Builder:
    """Read one `NAME = EXPRESSION`, which the grammar calls an assignment, or a function: `f(x)`, `f(x) = x**2`."""
    text = binding.rstrip().removesuffix(";")
    if not text or text.isspace() or re.match(r"\s*[0-9.]+\s*=", text):
        from dcalc.parser.hints import no_binding

        error = no_binding(text)
        error.source = binding
        raise error
    if "(" in text.partition("=")[0]:
        from dcalc.parser.unknown_calls import Function, read_declaration

        if declaration := read_declaration(text):
            name, parameters, is_defined = declaration
            builder = begin(text)
            body = _run(builder) if is_defined else None
            builder.functions[name] = Function(len(parameters), parameters, body)
            return builder
    builder = begin(text, binding=True)
    _run(builder)
    return builder


def _run(builder: Builder) -> Expr:
    text = builder.source
    try:
        _check(text)
        return _load().parse(tokens(text), builder)  # type: ignore[no-any-return]  # a node, of the builder
    except UnexpectedToken as error:
        raise _explain_sum(text) or _explain_unexpected(text, error.token) from None
    except DcalcError as error:
        error.source = text
        raise (_explain_sum(text) or error) from None


def _explain_sum(text: str) -> DcalcError | None:
    """What to write for a sum over an index, or an inner product, as papers have it."""
    if len(text) > _ECHOED:
        return None
    from dcalc.parser.array_hints import explain_array_text

    return explain_array_text(text)


def _check(text: str) -> None:
    """Refuse what the parser should not see: too long, empty, brackets that cannot match, long and unfinished."""
    if len(text) > MAX_BYTES or (len(text) > MAX_BYTES // 4 and len(text.encode("utf-8", "replace")) > MAX_BYTES):
        raise LimitError("the expression is over 4 MiB", help="name what is repeated: t1 = x*(1-x); 4*t1*(1-t1)")
    if not text or text.isspace():
        raise ParseError("the expression is empty", span=(0, 0), help="try x**2*sin(x)")
    if len(text) > MAX_SIGNS:
        _refuse_signs(text)
    if len(text) > MAX_TOKENS:
        _refuse_tokens(text)
    if text.count("(") != text.count(")"):
        from dcalc.parser.unexpected import explain_unbalanced

        raise explain_unbalanced(text, _reads)
    if len(text) > _LONG and text[-1] in _UNFINISHED:
        from dcalc.parser.unexpected import explain_unfinished

        raise explain_unfinished(text, _reads)


MAX_TOKENS = 1_000_000
"""Numbers, names and signs: they take some 5 microseconds and 200 bytes each, and what follows as much again."""


def _refuse_tokens(text: str) -> None:
    """Refuse at once what would take many seconds; a text of few and long names may be longer."""
    if sum(1 for _ in re.finditer(r"[\w.]+|[^\w.\s]", text)) > MAX_TOKENS:
        raise LimitError(
            f"the expression has more than {MAX_TOKENS:,} numbers, names and signs",
            help="name what is repeated: t1 = x*(1-x); 4*t1*(1-t1)",
        )


MAX_SIGNS = 1_000
"""In a row: each is a node, and takes more memory than any other character."""


def _refuse_signs(text: str) -> None:
    if run := re.search(rf"(?:[-+\u2212\u221a\u221b]\s*+){{{MAX_SIGNS + 1},}}+", text):
        raise LimitError(
            f"more than {MAX_SIGNS:,} signs in a row", span=run.span(), source=text, help="two signs cancel out"
        )


def _explain_unexpected(text: str, token: Token) -> DcalcError:
    from dcalc.parser.unexpected import explain_unexpected

    error = explain_unexpected(text, token, _reads)
    error.source = text
    return error


def _reads(text: str) -> bool:
    """Is this an expression, as it stands? For hints that propose one, after a parse has failed."""
    builder = Builder(text)
    try:
        _load().parse(tokens(text), builder)
    except (DcalcError, UnexpectedToken):
        return False
    return not builder.readings
