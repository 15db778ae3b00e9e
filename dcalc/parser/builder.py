"""Reductions of the grammar to interned nodes, and the refusals with what to write instead."""

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from dcalc import functions as table
from dcalc.errors import ArityError
from dcalc.expr import ZERO, Expr, make, number, symbol, variables
from dcalc.numerals import rational
from dcalc.parser.lexer import Token

# How a piece of text looks, where that decides what may stand beside it.
PLAIN, LITERAL, CLOSED, IMPLICIT, ROOTED, CHAIN = 0, 1, 2, 4, 8, 16


class Extent(Protocol):
    """A stretch of text, ``start`` to ``end``, split at ``middle``."""

    @property
    def start(self) -> int:
        """The place of its first character."""

    @property
    def end(self) -> int:
        """One past the place of its last."""

    @property
    def middle(self) -> int:
        """Where its second half begins, if it has halves."""


class Piece(NamedTuple):
    """A node with the text that it came from: ``start`` to ``end``, split at ``middle``."""

    node: Expr
    start: int
    end: int
    form: int = PLAIN
    middle: int = 0


_RELATIONS = {
    "<": table.LT, "<=": table.LE, "≤": table.LE, ">": table.GT, ">=": table.GE, "≥": table.GE,
    "==": table.EQ, "!=": table.NE, "≠": table.NE,
}  # fmt: skip


class Condition:
    """A condition with its text: like a Piece, but refused wherever a number is expected.

    So only the rules that accept conditions know of them, and arithmetic, the bulk of every text,
    pays nothing.
    """

    __slots__ = ("end", "form", "middle", "source", "start", "truth")

    def __init__(self, truth: Expr, source: str, start: int, end: int, form: int = PLAIN, middle: int = 0) -> None:
        self.truth = truth
        self.source = source
        self.start = start
        self.end = end
        self.form = form
        self.middle = middle

    @property
    def node(self) -> Expr:
        """Raises ParseError: a condition is not a number."""
        raise _hints().stray_condition(self.source, self)


def _hints() -> Any:
    """The messages, imported when there is something to say."""
    from dcalc.parser import hints

    return hints


class Builder:
    """The transformer that Lark calls at each reduction; one parse at a time."""

    def __init__(self) -> None:
        self.begin((), True)

    def begin(self, variables: Collection[str], strict: bool) -> None:
        """Forget the last text and start again."""
        self.strict = strict
        self.variables = variables
        self.bound: dict[str, Expr] = {}
        self.next_text("")

    def next_text(self, source: str, *, binding: bool = False) -> None:
        """What comes now; names that are bound stay so."""
        self.source = source
        self.binds = binding
        self.spans: dict[int, tuple[int, int]] = {}
        self.target: str | None = None
        self.equation: Token | None = None  # `sin(x) =`

    def _node(self, node: Expr, start: int, end: int, form: int = PLAIN, middle: int = 0) -> Piece:
        self.spans.setdefault(node.id, (start, end))
        return Piece(node, start, end, form, middle)

    # --- statements -------------------------------------------------------------------

    def program(self, parts: list[Any]) -> Expr:
        """The whole text: the node of its last expression."""
        if self.binds:
            raise _hints().no_binding(self.source)
        value = self._value(parts[-1])
        if self.equation is not None:
            name = self.equation.partition(",")[0]
            raise _hints().function_redefined(name, self.source, self.equation.end_pos - 1)
        return value

    def assignment(self, parts: list[Any]) -> Expr:
        """A binding that nothing follows: right for --let, refused as an expression."""
        name, equals, piece = parts[-3:]
        value = self._value(piece)
        if self.binds:
            self.bound[str(name)] = value
            return ZERO
        constant = not variables(value)
        raise _hints().lone_assignment(str(name), self.source, piece, (name.start_pos, equals.end_pos), constant)

    def binding(self, parts: list[Any]) -> None:
        """`t1 = ...;`: a name for what follows."""
        self.bound[str(parts[0])] = self._value(parts[2])

    def definition(self, parts: list[Token]) -> None:
        """`f(t) =`: t is the variable that is meant, even if it is called e."""
        function, *names = parts[0].split(",")
        self.equation = parts[0] if table.find(function, len(names)) else None
        self.variables = {*self.variables, *names}
        self.target = names[0] if len(names) == 1 else None

    def _value(self, piece: Piece | Condition) -> Expr:
        """The node; the table's own texts may be conditions."""
        return piece.node if self.strict or type(piece) is Piece else self._truth(piece)

    # --- conditions -------------------------------------------------------------------

    def _condition(
        self, op: table.Row, args: list[Expr], start: int, end: int, form: int = PLAIN, middle: int = 0
    ) -> Condition:
        node = make(op, *args)
        self.spans.setdefault(node.id, (start, end))
        return Condition(node, self.source, start, end, form, middle)

    def _truth(self, piece: Piece | Condition) -> Expr:
        """The node of what must be a condition."""
        if isinstance(piece, Condition):
            return piece.truth
        if self.strict:
            raise _hints().missing_condition(self.source, piece)
        return piece.node

    def either(self, parts: list[Any]) -> Condition:
        """`a or b`."""
        left, _, right = parts
        return self._condition(table.OR, [self._truth(left), self._truth(right)], left.start, right.end)

    def both(self, parts: list[Any]) -> Condition:
        """`a and b`."""
        left, _, right = parts
        return self._condition(table.AND, [self._truth(left), self._truth(right)], left.start, right.end)

    def negated(self, parts: list[Any]) -> Condition:
        """`not a`."""
        word, piece = parts
        return self._condition(table.NOT, [self._truth(piece)], word.start_pos, piece.end)

    def related(self, parts: list[Any]) -> Condition:
        """`a < b`, once."""
        left, relation, right = parts
        if left.form & CHAIN:
            raise _hints().chained_relation(self.source, left, relation, right)
        args = [left.node, right.node]
        return self._condition(_RELATIONS[relation], args, left.start, right.end, CHAIN, relation.end_pos)

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
        """`a/b`, where b is not an implicit product."""
        left, _, right = parts
        if right.form & IMPLICIT:
            raise _hints().after_slash(self.source, left, right)
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
            raise _hints().rooted_power(self.source, base, exponent)
        return self._node(make(table.POW, base.node, exponent.node), base.start, exponent.end)

    def juxtapose(self, parts: list[Any]) -> Piece:
        """`2x`, `(x+1)(x-2)`: the left side is a number or closed, and the right side is not a number."""
        left, right = parts
        if not left.form & (LITERAL | CLOSED) or right.form & LITERAL or left.form & ROOTED:
            raise _hints().juxtaposition(self.source, left, right)
        form = IMPLICIT | (right.form & CLOSED)
        node = make(table.MUL, left.node, right.node)
        return self._node(node, left.start, right.end, form, left.end)

    # --- atoms ------------------------------------------------------------------------

    def number(self, parts: list[Token]) -> Piece:
        """A decimal, exactly."""
        token = parts[0]
        node = number(int(token) if len(token) < 20 and token.isdigit() else rational(token))
        return self._node(node, token.start_pos, token.end_pos, LITERAL)

    def name(self, parts: list[Token]) -> Piece:
        """A bound name, a constant, or a variable."""
        token = parts[0]
        word = str(token)
        node = self.bound.get(word)
        if node is None:
            row = table.CONSTANTS.get(word)
            node = symbol(word) if row is None or word in self.variables else make(row)
        return self._node(node, token.start_pos, token.end_pos)

    def group(self, parts: list[Any]) -> Piece | Condition:
        """`(a)`."""
        left, piece, right = parts
        if type(piece) is Condition:
            return Condition(piece.truth, self.source, left.start_pos, right.end_pos, CLOSED)
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
            from dcalc.parser.calls import no_such_call

            raise no_such_call(self.source, parts[0], args, right)
        if row is table.WHERE:
            nodes = [self._truth(args[0]), args[1].node, args[2].node]
        else:
            nodes = [piece.node for piece in args]
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
                help=f"choose with a whole number from 0 to {len(args) - 2}",
            )
