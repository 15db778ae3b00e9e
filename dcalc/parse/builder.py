"""Reductions of the grammar to interned nodes, and the refusals with what to write instead."""

from collections.abc import Collection
from typing import Any, NamedTuple

from lark import Token

from dcalc import functions as table
from dcalc.errors import ArityError, ParseError
from dcalc.expr import Expr, make, number, symbol, walk
from dcalc.numerals import rational
from dcalc.parse import hints

# How a piece of text looks, where that decides what may stand beside it.
PLAIN, LITERAL, CLOSED, IMPLICIT, ROOTED, CHAIN = 0, 1, 2, 4, 8, 16

_RELATIONS = {
    "<": table.LT, "<=": table.LE, "≤": table.LE, ">": table.GT, ">=": table.GE, "≥": table.GE,
    "==": table.EQ, "!=": table.NE, "≠": table.NE,
}  # fmt: skip


class Piece(NamedTuple):
    """A node with the text that it came from: ``start`` to ``end``, split at ``middle``."""

    node: Expr
    start: int
    end: int
    form: int = PLAIN
    middle: int = 0


class Builder:
    """The transformer that Lark calls at each reduction; one parse at a time."""

    def __init__(self) -> None:
        self.begin((), True)

    def begin(self, variables: Collection[str], strict: bool) -> None:
        """Forget everything and start anew."""
        self.source = ""
        self.strict = strict
        self.variables = variables
        self.bound: dict[str, Expr] = {}
        self.spans: dict[int, tuple[int, int]] = {}
        self.target: str | None = None
        self.conditional = False

    def _node(self, node: Expr, start: int, end: int, form: int = PLAIN, middle: int = 0) -> Piece:
        self.spans.setdefault(node.id, (start, end))
        return Piece(node, start, end, form, middle)

    def text(self, piece: Piece) -> str:
        """The piece as it was typed."""
        return self.source[piece.start : piece.end]

    # --- statements -------------------------------------------------------------------

    def program(self, parts: list[Any]) -> Expr:
        """The whole text: the node of its last expression."""
        if len(parts) > 1 and isinstance(parts[-2], Token):
            names = [name.strip() for name in str(parts[-2]).split(",")]
            self.target = names[0] if len(names) == 1 else None
        return self._checked(parts[-1])

    def assignment(self, parts: list[Any]) -> Expr:
        """A binding that nothing follows: right for --let, refused as an expression."""
        name, equals, piece = parts[-3:]
        self._bind(str(name), piece)
        raise hints.lone_assignment(str(name), self.source, piece, (name.start_pos, equals.end_pos))

    def binding(self, parts: list[Any]) -> None:
        """`t1 = ...;`: a name for what follows."""
        self._bind(str(parts[0]), parts[2])

    def _bind(self, name: str, piece: Piece) -> None:
        self.bound[name] = self._checked(piece)

    def _checked(self, piece: Piece) -> Expr:
        """The piece's node, refused where a condition stands outside of where()."""
        if self.conditional and self.strict:
            if piece.node.op in table.CONDITIONS:
                raise hints.stray_condition(self.text(piece), (piece.start, piece.end))
            for node in walk(piece.node):
                self._check_conditions(node)
        return piece.node

    def _check_conditions(self, node: Expr) -> None:
        if node.op is table.NUMBER or node.op is table.SYMBOL:
            return
        logical = node.op in (table.AND, table.OR, table.NOT)
        for place, arg in enumerate(node.args):
            wanted = logical or (node.op is table.WHERE and place == 0)
            if (arg.op in table.CONDITIONS) != wanted:
                span = self.spans.get(arg.id, (0, len(self.source)))
                word = self.source[span[0] : span[1]]
                raise hints.missing_condition(word, span) if wanted else hints.stray_condition(word, span)

    # --- conditions -------------------------------------------------------------------

    def _condition(self, op: table.Row, left: Piece, right: Piece, form: int = PLAIN) -> Piece:
        self.conditional = True
        return self._node(make(op, left.node, right.node), left.start, right.end, form)

    def either(self, parts: list[Any]) -> Piece:
        """`a or b`."""
        return self._condition(table.OR, parts[0], parts[2])

    def both(self, parts: list[Any]) -> Piece:
        """`a and b`."""
        return self._condition(table.AND, parts[0], parts[2])

    def negated(self, parts: list[Any]) -> Piece:
        """`not a`."""
        self.conditional = True
        return self._node(make(table.NOT, parts[1].node), parts[0].start_pos, parts[1].end)

    def related(self, parts: list[Any]) -> Piece:
        """`a < b`, once."""
        left, relation, right = parts
        if left.form & CHAIN:
            raise hints.chained(self.source, left, relation, right)
        return self._condition(_RELATIONS[relation], left, right, CHAIN)._replace(middle=relation.end_pos)

    # --- arithmetic -------------------------------------------------------------------

    def add(self, parts: list[Any]) -> Piece:
        """`a + b`."""
        left, _, right = parts
        return self._node(make(table.ADD, left.node, right.node), left.start, right.end)

    def subtract(self, parts: list[Any]) -> Piece:
        """`a - b`."""
        left, _, right = parts
        return self._node(make(table.SUB, left.node, right.node), left.start, right.end)

    def multiply(self, parts: list[Any]) -> Piece:
        """`a*b`."""
        left, _, right = parts
        return self._node(make(table.MUL, left.node, right.node), left.start, right.end)

    def divide(self, parts: list[Any]) -> Piece:
        """`a/b`, where b is no implicit product."""
        left, _, right = parts
        if right.form & IMPLICIT:
            raise hints.after_slash(self.source, left, right)
        return self._node(make(table.DIV, left.node, right.node), left.start, right.end)

    def negative(self, parts: list[Any]) -> Piece:
        """`-a`."""
        sign, piece = parts
        node = make(table.NEG, piece.node)
        return self._node(node, sign.start_pos, piece.end, piece.form & IMPLICIT, piece.middle)

    def positive(self, parts: list[Any]) -> Piece:
        """`+a` is a."""
        sign, piece = parts
        return Piece(piece.node, sign.start_pos, piece.end, piece.form & IMPLICIT, piece.middle)

    def power(self, parts: list[Any]) -> Piece:
        """`a**b`; `√x**2` could mean two things."""
        base, _, exponent = parts
        if base.form & ROOTED:
            raise hints.rooted_power(self.source, base, exponent)
        return self._node(make(table.POW, base.node, exponent.node), base.start, exponent.end)

    def juxtapose(self, parts: list[Any]) -> Piece:
        """`2x`, `(x+1)(x-2)`: the left side is a number or closed, the right side no number."""
        left, right = parts
        if not left.form & (LITERAL | CLOSED) or right.form & LITERAL or left.form & ROOTED:
            raise hints.juxtaposed(self.source, left, right)
        form = IMPLICIT | (right.form & CLOSED)
        node = make(table.MUL, left.node, right.node)
        return self._node(node, left.start, right.end, form, left.end)

    # --- atoms ------------------------------------------------------------------------

    def number(self, parts: list[Token]) -> Piece:
        """A decimal, exactly."""
        token = parts[0]
        node = number(int(token) if len(token) < 20 and token.isdigit() else rational(token))
        return self._node(node, token.start_pos, token.end_pos, LITERAL)  # type: ignore[arg-type]  # our lexer sets both

    def name(self, parts: list[Token]) -> Piece:
        """A bound name, a constant, or a variable."""
        token = parts[0]
        word = str(token)
        node = self.bound.get(word)
        if node is None:
            row = table.CONSTANTS.get(word)
            node = symbol(word) if row is None or word in self.variables else make(row)
        return self._node(node, token.start_pos, token.end_pos)  # type: ignore[arg-type]  # our lexer sets both

    def group(self, parts: list[Any]) -> Piece:
        """`(a)`."""
        left, piece, right = parts
        return Piece(piece.node, left.start_pos, right.end_pos, CLOSED)

    def absolute(self, parts: list[Any]) -> Piece:
        """`|a|`."""
        left, piece, right = parts
        return self._node(make(table.ABS, piece.node), left.start_pos, right.end_pos, CLOSED)

    def root(self, parts: list[Any]) -> Piece:
        """`√a`."""
        sign, piece = parts
        form = CLOSED if piece.form & CLOSED else ROOTED
        return self._node(make(table.SQRT, piece.node), sign.start_pos, piece.end, form)

    def arguments(self, parts: list[Any]) -> list[Piece]:
        """The arguments of a call so far."""
        if len(parts) == 1:
            return [parts[0]]
        parts[0].append(parts[2])
        return parts[0]  # type: ignore[no-any-return]  # Lark hands over untyped lists

    def call(self, parts: list[Any]) -> Piece:
        """`f(a, b)`: the row of the table with that name and that many arguments."""
        name, args, right = str(parts[0]), parts[2] if len(parts) > 3 else [], parts[-1]
        span = (parts[0].start_pos, right.end_pos)
        row = table.find(name, len(args))
        if row is None:
            raise hints.no_such_call(self.source, parts[0], args, right)
        nodes = [piece.node for piece in args]
        if row is table.WHERE:
            self.conditional = True
        if row.variadic and row.args[0] == "i":
            self._check_choice(row, args)
        return self._node(make(row, *nodes), span[0], span[1], CLOSED)

    def _check_choice(self, row: table.Row, args: list[Piece]) -> None:
        """The index of softmax and its kin is a whole number that counts the others from 0."""
        first = args[0].node
        value = first.args[0] if first.op is table.NUMBER else None
        if type(value) is not int or not 0 <= value < len(args) - 1:
            raise ArityError(
                f"the first argument of {row.name} chooses one of the others, counted from 0",
                span=(args[0].start, args[0].end),
                help=f"write a whole number from 0 to {len(args) - 2}",
            )
