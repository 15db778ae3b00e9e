"""Calls of functions that the table lacks: unknown ones, `f(x)`, and those that a binding defines.

Which names are unknown functions? Those that are declared, `--let 'f(x)'`; the letters that stand for functions in
books, f, g, h, phi and psi; and any other letter before plain variables, `u(x, t)`, which nobody writes for a product.
None of them where the name is a variable elsewhere in the text, or longer than a letter: `x(x+1)` and `sinn(x)` are
refused as before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc.errors import ArityError, DcalcError, ParseError, UnknownFunction
from dcalc.expr import Expr, make, substitute
from dcalc.parser.calls import LETTERS
from dcalc.parser.latex_lexer import GREEK
from dcalc.text import count_noun
from dcalc.unknown import PRIMES, unknown_row, write_head

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.parser.builder import Builder, Piece
    from dcalc.parser.lexer import Token

_USUAL = frozenset({"f", "g", "h", "F", "G", "H", "phi", "psi", "φ", "ψ"})
"""What functions are called in books: any argument may follow."""
_NEVER = frozenset({*table.RESERVED, "d", "D", "I", "j"})
_BESSEL = re.compile(r"[JYIK]_?[0-9]+")
_TRIGONOMETRIC = re.compile(r"(?:sin|cos|tan|sec|csc|cot)$")
_LETTER = re.compile(r"([^\W\d_]+)_?[0-9]*")
_DECLARATION = re.compile(r"\s*([^\W\d]\w*)\s*\(\s*([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)*)\s*\)\s*(:?=(?!=).*)?", re.DOTALL)


class Function(NamedTuple):
    """A function of the user's: how many arguments it takes; its parameters and its body, if it is defined."""

    arity: int
    parameters: tuple[str, ...] = ()
    body: Expr | None = None


def read_declaration(binding: str) -> tuple[str, tuple[str, ...], bool] | None:
    """(name, parameters, whether a body follows) of `f(x)` and `f(x) = x**2`; None for any other binding.

    Raises ParseError for a function that the table has.
    """
    match = _DECLARATION.fullmatch(binding)
    if match is None:
        return None
    name, parameters = match[1], tuple(name.strip() for name in match[2].split(","))
    if name in table.BY_NAME or name in table.RESERVED:
        raise ParseError(f"{name} is known already", span=match.span(1), source=binding, help=f"call it {name}1")
    return name, parameters, match[3] is not None


def read_unknown(builder: Builder, name: Token, args: Sequence[Piece], right: Token) -> Expr | None:
    """The node of such a call; None where it is none.

    Raises ParseError and ArityError for what is a derivative of a function that has none, or of too many arguments.
    """
    function, orders = _split(name)
    span = (name.start_pos, right.end_pos)
    own = builder.functions.get(function)
    if function == builder.defines and builder.strict:
        raise ParseError(f"{function} is defined by itself", span=span, help="give one of them another name")
    if own is None:
        if not args or not _is_function(builder, function, args, name.start_pos, is_derivative=bool(orders)):
            return None
        own = builder.functions[function] = Function(len(args))
    if own.arity != len(args):
        counts = count_noun(own.arity, "argument")
        raise ArityError(f"{function} takes {counts} above, not {len(args)}", span=span, help="give them other names")
    if len(orders) == 1 < own.arity:
        fix = write_head(function, (orders[0], *[0] * (own.arity - 1)))
        raise ParseError(
            "a prime is the derivative of a function of one variable",
            span=(name.start_pos, name.end_pos),
            help=f"write {fix}{builder.source[name.end_pos : right.end_pos].strip()}",
        )
    if orders and len(orders) != own.arity:
        raise ArityError(
            f"{name} differentiates by {len(orders)} arguments of {own.arity}",
            span=span,
            help=f"write {write_head(function, (1, *[0] * (own.arity - 1)))}"
            f"{builder.source[args[0].start - 1 : right.end_pos]}",
        )
    nodes = [piece.node for piece in args]
    if own.body is None:
        return make(unknown_row(function, orders or (0,) * own.arity), *nodes)
    if any(orders):
        raise ParseError(
            f"{function} is defined, and its derivatives are not read",
            span=(name.start_pos, name.end_pos),
            help=f"dcalc diff takes them, or leave {function} open: --let '{function}({', '.join(own.parameters)})'",
        )
    return substitute(own.body, dict(zip(own.parameters, nodes, strict=True)))


def call_head(head: str, nodes: Sequence[Expr]) -> Expr | None:
    """The call of a head in another notation, written as in dcalc's own: `f`, `f''`, `D(f, 1, 0)`.

    None where the head does not go with as many arguments, or its function is one of the table.
    """
    function, orders = _split(head)
    orders = orders or (0,) * len(nodes)
    if not nodes or len(orders) != len(nodes) or not is_letter(function):
        return None
    return make(unknown_row(function, orders), *nodes)


def is_letter(function: str) -> bool:
    """Whether a name is a letter, Latin or Greek, with or without a number, that the table leaves free."""
    letter = _LETTER.fullmatch(function)
    if letter is None or (len(letter[1]) > 1 and letter[1] not in GREEK):
        return False
    return function not in _NEVER and function not in table.BY_NAME


def _split(word: str) -> tuple[str, tuple[int, ...]]:
    """The function and its orders: (1,) for a prime whatever the function takes, () where it is not differentiated."""
    if word.startswith("D("):
        function, *orders = word[2:-1].split(", ")
        return function, tuple(map(int, orders))
    function = word.rstrip(PRIMES[0])
    return function, (len(word) - len(function),) if function != word else ()


def _is_function(builder: Builder, function: str, args: Sequence[Piece], start: int, *, is_derivative: bool) -> bool:
    if is_derivative and not builder.strict:  # the table's own text
        return True
    if not is_letter(function) or (function, len(args)) in LETTERS or _BESSEL.fullmatch(function):
        return False
    if function in builder.bound or function in builder.variables or is_variable(builder.source, function):
        return False
    before = builder.source[max(start - 9, 0) : start].rstrip()
    if before.endswith("def") or (function == "h" and _TRIGONOMETRIC.search(before)):  # Python; `tan h(x)`
        return False
    if is_derivative or function in _USUAL:
        return True
    if before.endswith("^"):  # `sin^n(x)`, `e^a(x)`
        return False
    names = {piece.node.args[0] for piece in args if type(piece).__name__ == "Piece" and piece.node.op is table.SYMBOL}
    return len(names) == len(args)


def is_variable(source: str, word: str) -> bool:
    """Does the name stand in the text, and not as a function?"""
    name = re.escape(word)
    rest = re.sub(rf"(?<![^\W\d])D\s*\(\s*{name}\s*,", "", source) if "D" in source else source
    return re.search(rf"(?<![^\W\d]){name}(?!\w|[{PRIMES}]*\s*\()", rest) is not None


def refuse_prime(name: Token) -> DcalcError:
    """The error for `sin'(x)`, and for `speed'(t)`, which is not declared."""
    function, _ = _split(name)
    span = (name.start_pos, name.end_pos)
    if function in table.BY_NAME:
        return ParseError(
            f"{function} is a known function, whose derivative is not read",
            span=span,
            help=f"dcalc diff '{function}(x)' prints it",
        )
    from dcalc.parser.calls import close_names
    from dcalc.text import join_words

    if close := close_names(function.lower()):
        return UnknownFunction(f"no function named {function}", span=span, help=f"did you mean {join_words(close)}?")
    return UnknownFunction(f"no function named {function}", span=span, help=f"declare it: --let '{function}(x)'")
