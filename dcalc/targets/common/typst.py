"""Typst, for mathematics mode: names of several letters are quoted, functions without a command are operators."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.notation.common import assign
from dcalc.unknown import MOST_PRIMES

_COMMANDS = {
    **{name: name for name in "sin cos tan sec csc cot sinh cosh tanh coth exp sqrt abs min max floor ceil".split()},
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "log": "ln", "gamma": "Gamma", "pi": "pi", "e": "e",
}  # fmt: skip
_RELATIONS = {" == ": " = ", " and ": ' "and" ', " or ": ' "or" ', "not ": '"not" ', "*": " dot ", "**": "^"}
bracket, name = plain.bracket, plain.name


def bindings(parts: list[tuple[str, list[str]]], result: list[str]) -> list[str]:
    """One equation per line, then the result."""
    return assign(parts, result, end=" \\\n")


def layout(node: Expr, negate: bool) -> Layout:
    """How a node looks."""
    row = node.op
    if row is table.SYMBOL:
        return Layout(plain.ATOM, [write_word(node.args[0])])
    if row.orders:
        return _unknown_call(node)
    if row is table.WHERE:
        condition, then, otherwise = (Child(arg, 0) for arg in node.args)
        return Layout(plain.ATOM, ["cases(", then, ' & "if" ', condition, ", ", otherwise, ' & "otherwise")'])
    if row.name in table.BY_NAME or row.name in table.CONSTANTS:
        command = _COMMANDS.get(row.name, f'op("{row.name}")')
        pieces: list[Piece] = [command]
        if node.args:
            pieces.append("(")
            for arg in node.args:
                pieces += [Child(arg, 0), ", "]
            pieces[-1] = ")"
        return Layout(plain.ATOM, pieces)
    if row is table.POW:
        return _power(node)
    level, pieces = plain.layout(node, negate)
    return Layout(level, [_RELATIONS.get(piece, piece) if isinstance(piece, str) else piece for piece in pieces])


def _unknown_call(node: Expr) -> Layout:
    """`f(x)`, `f''(x)`, `f^((1, 0))(x, y)`."""
    orders = node.op.orders
    head = write_word(node.op.function)
    if len(orders) == 1 and orders[0] <= MOST_PRIMES:
        head += "'" * orders[0]
    elif any(orders):
        head += f"^(({', '.join(map(str, orders))}))"
    pieces: list[Piece] = [head, "("]
    for arg in node.args:
        pieces += [Child(arg, 0), ", "]
    pieces[-1] = ")"
    return Layout(plain.ATOM, pieces)


def _power(node: Expr) -> Layout:
    level, pieces = plain.layout(node, False)
    base, sign, *rest = pieces
    if sign != "**":
        return Layout(level, [_RELATIONS.get(piece, piece) if isinstance(piece, str) else piece for piece in pieces])
    exponent = [piece._replace(level=0) if isinstance(piece, Child) else piece for piece in rest]
    return Layout(plain.POWER, [base, "^(", *exponent, ")"])


def write_word(word: str) -> str:
    """A name: a letter or a Greek one as it is, others in quotes; digits, and what follows _, as an index."""
    stem, _, index = word.partition("_")
    if not index:
        stem = word.rstrip("0123456789_")
        index = word[len(stem) :].strip("_")
    if not stem or not index or index.startswith("_"):
        return _write_stem(word)
    return f"{_write_stem(stem)}_{index if len(index) == 1 or index.isdecimal() else _quote(index)}"


def _write_stem(word: str) -> str:
    return word if (len(word) == 1 and word.isalpha()) or word.lower() in _GREEK else _quote(word)


def _quote(word: str) -> str:
    return f'"{word}"'


_GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega".split()
)
