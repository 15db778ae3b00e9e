"""What notations of programming languages share: calls by the spellings of the language, operators, brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import Expr, Number
from dcalc.functions import Row
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.rules import body, fill, pairs

_PLACE = re.compile(r"(\{[\d*]\})")
_ALL = "{*}"


class Language(NamedTuple):
    """How a language writes what is not a call."""

    title: str
    spellings: Mapping[Row, str]
    number: Callable[[Number], str]
    symbol: Callable[[str], str]
    power: Callable[[Child, Child], Layout]
    choice: Callable[[Expr, Expr, Expr], Layout]
    times: str = "*"
    over: str = "/"
    relations: Mapping[Row, str] = plain.RELATIONS
    both: str = " && "
    either: str = " || "
    negation: str = "!"
    brackets: str = "()"
    dividend: int = plain.PRODUCT
    sign: int = plain.UNARY
    """How tightly a sign binds."""
    tight_connections: bool = False
    """True where `both` and `either` bind tighter than relations, which get brackets."""
    two_at_a_time: bool = False
    """True where functions such as max take two arguments."""


def assign(parts: list[tuple[str, list[str]]], result: list[str], *, before: str = "", end: str = "\n") -> list[str]:
    """Named parts as assignments, each with what stands before its name and behind it, then the result."""
    lines: list[str] = []
    for part, text in parts:
        lines += [before, part, " = ", *text, end]
    return lines + result


def in_simpler_terms(node: Expr, spellings: Mapping[Row, str], title: str) -> Expr:
    """A call in functions that have a spelling, or that are not calls. Raises Unsupported."""
    while node.op not in spellings:
        row = node.op
        if row.body:
            node = body(node)
        elif row.written:
            node = fill(row.written, row.args, dict(zip(row.args, node.args, strict=True)))
        elif row.orders:
            raise Unsupported(f"{title} has no unknown functions such as {row.function}", help="write --to plain")
        elif row is table.WHERE or row.name not in table.BY_NAME:
            break
        else:
            raise Unsupported(f"{title} has no {row.name}", help="write --to plain")
    return node


def call(spelling: str, args: tuple[Expr, ...], brackets: str = "()") -> list[Piece]:
    """A name with its arguments, or a template with them in their places."""
    if "{" in spelling:
        parts = [part for part in _PLACE.split(spelling) if part]
        filled: list[Piece] = []
        for part in parts:
            if part == _ALL:
                filled += _separate(args)
            else:
                filled.append(Child(args[int(part[1])], 0) if _PLACE.fullmatch(part) else part)
        return filled
    pieces: list[Piece] = [spelling]
    if args:
        pieces += [brackets[0], *_separate(args), brackets[1]]
    return pieces


def _separate(args: tuple[Expr, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    for arg in args:
        pieces += [Child(arg, 0), ", "]
    return pieces[:-1]


def lay_out(node: Expr, negate: bool, language: Language) -> Layout:
    """How a node looks in a language. Raises Unsupported for a function that it lacks."""
    node = in_simpler_terms(node, language.spellings, language.title)
    if node.op is table.NUMBER:
        text = language.number(-node.args[0] if negate else node.args[0])
        return Layout(language.sign if text[0] == "-" else plain.ATOM, [text])
    if node.op is table.SYMBOL:
        return Layout(plain.ATOM, [language.symbol(node.args[0])])
    if node.op is table.WHERE:
        return language.choice(*node.args)
    if node.op in language.spellings:
        if language.two_at_a_time and node.op.fold and len(node.args) > 2:
            node = pairs(node)
        return Layout(plain.ATOM, call(language.spellings[node.op], node.args, language.brackets))
    return _operation(node, negate, language)


def _operation(node: Expr, negate: bool, language: Language) -> Layout:
    op, args = node.op, node.args
    if op is table.ADD:
        return plain.layout_sum(node)
    if op is table.SUB:
        return plain.layout_difference(node)
    if op is table.NEG:
        return Layout(language.sign, ["-", Child(args[0], plain.POWER)])  # two signs side by side are -- in C
    if op is table.MUL:
        return _product(node, negate, language)
    if op is table.DIV:
        return Layout(plain.PRODUCT, [Child(args[0], language.dividend), language.over, Child(args[1], plain.UNARY)])
    if op is table.POW:
        return language.power(Child(args[0], plain.ATOM), Child(args[1], plain.UNARY))
    if op in language.relations:
        return Layout(plain.RELATION, [Child(args[0], plain.SUM), language.relations[op], Child(args[1], plain.SUM)])
    if op is table.AND:
        levels = (plain.ATOM, plain.ATOM) if language.tight_connections else (plain.AND, plain.NOT)
        return Layout(plain.AND, [Child(args[0], levels[0]), language.both, Child(args[1], levels[1])])
    if op is table.OR:
        # Some compilers warn of `and` within `or` without brackets.
        inner = [
            plain.ATOM if arg.op is table.AND else level for arg, level in zip(args, (plain.OR, plain.AND), strict=True)
        ]
        levels = (plain.ATOM, plain.ATOM) if language.tight_connections else (inner[0], inner[1])
        return Layout(plain.OR, [Child(args[0], levels[0]), language.either, Child(args[1], levels[1])])
    if op is table.NOT:
        return Layout(plain.NOT, [language.negation, Child(args[0], plain.ATOM)])
    raise Unsupported(f"{language.title} has no {op.name}", help="write --to plain")


def _product(node: Expr, negate: bool, language: Language) -> Layout:
    first, *rest = node.args
    pieces: list[Piece] = [Child(first, plain.PRODUCT, negate)]
    for factor in rest:
        pieces += [language.times, Child(factor, plain.UNARY)]
    return Layout(plain.PRODUCT, pieces)


def refuse_name(name: str, title: str, reason: str) -> Unsupported:
    """The error for a variable that a language cannot call so."""
    return Unsupported(f"{name} cannot be a variable in {title}: {reason}", help="write another name for it")
