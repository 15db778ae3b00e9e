"""What is written, as rows in order of evaluation: a text with vectors and matrices before its shapes are known."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from functools import cache

from dcalc.errors import DcalcError, ParseError
from dcalc.parser.array_lexer import tokens
from dcalc.parser.grammar import UnexpectedToken, load
from dcalc.parser.lexer import Token
from dcalc.records import NamedTuple

Span = tuple[int, int]
IMPLIED = "implied"
"""The value of a product whose sign is not written."""
POWER_OF_T = "^T"
"""The value of a transpose that is written as a power."""
CARET = "^"
"""The value of a power that is written as papers do: of a matrix A^-1 is the inverse."""
DOT = "·"
"""The value of a product that is written with a dot: of vectors it is the inner product."""
_DOTS = ("·", "⋅", "∙")


class Op(Enum):
    """What a row of the text is."""

    NUMBER = "number"
    NAME = "name"
    CALL = "call"
    LITERAL = "literal"
    INDEX = "index"
    TRANSPOSE = "transpose"
    MATMUL = "@"
    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    POW = "**"
    NEG = "neg"
    RELATION = "relation"
    AND = "and"
    OR = "or"
    NOT = "not"
    TEXT = "text"  # a name between quotes, such as 'fro'
    TUPLE = "tuple"  # several axes, or lengths: it has no value
    ENTRIES = "entries"  # all entries by their indices
    BOUND = "bound"  # an index in its scope, and
    OVER = "over"  # the sum or product over one: made by the reader


class Slice(NamedTuple):
    """One subscript: the places of rows that say where it starts and ends, and its step; an entry has a start alone.

    ``is_new`` is None between brackets: an axis of length 1.
    """

    start: int | None
    end: int | None
    is_entry: bool
    step: int | None = None
    is_new: bool = False

    @property
    def places(self) -> list[int]:
        """The rows that are not values of their own."""
        return [place for place in (self.start, self.end, self.step) if place is not None]


class Item(NamedTuple):
    """A row: what it is, the places of its arguments, a name or a number, and where it stands in the text.

    ``sign`` is where its operator stands, ``first`` the place of the first row that belongs to it.
    """

    op: Op
    args: tuple[int, ...]
    value: str | Fraction | tuple[Slice, ...] | None
    span: Span
    sign: Span
    first: int
    keywords: tuple[tuple[str, int], ...] = ()


def is_minus_one(items: Sequence[Item], item: Item) -> bool:
    """Whether a row is -1."""
    return item.op is Op.NEG and items[item.args[0]].value == 1


def is_outer(items: Sequence[Item], item: Item, ranks: Sequence[int | None]) -> bool:
    """Whether a product is `x y^T` of two vectors, whose sign is not written: a matrix."""
    if item.op is not Op.MATMUL or item.value != IMPLIED or list(ranks) != [1, 1]:
        return False
    first, second = (items[arg] for arg in item.args)
    return first.op is not Op.TRANSPOSE and second.op is Op.TRANSPOSE


class Text(NamedTuple):
    """A text that was read: its rows, the last one being the whole, and names bound to places of rows."""

    source: str
    items: tuple[Item, ...]


class _Builder:
    """Makes a row at each reduction. Children are made first, so that a row is a loop away from all below it."""

    def __init__(self) -> None:
        self.rows: list[Item] = []
        self.groups: set[int] = set()
        self.bound: dict[str, int] = {}

    def _row(
        self,
        op: Op,
        args: Sequence[int],
        value: str | Fraction | tuple[Slice, ...] | None,
        span: Span,
        sign: Span | None = None,
        keywords: tuple[tuple[str, int], ...] = (),
    ) -> int:
        below = [*args, *(place for _, place in keywords)]
        if isinstance(value, tuple):
            below += [place for part in value for place in part.places]
        first = min((self.rows[place].first for place in below), default=len(self.rows))
        self.rows.append(Item(op, tuple(args), value, span, sign or span, first, keywords))
        return len(self.rows) - 1

    def _binary(self, op: Op, parts: Sequence[object], value: str | None = None) -> int:
        left, sign, right = parts
        assert isinstance(left, int)
        assert isinstance(right, int)
        assert isinstance(sign, Token)
        span = self.rows[left].span[0], self.rows[right].span[1]
        return self._row(op, (left, right), value, span, (sign.start_pos, sign.end_pos))

    def start(self, parts: list[int]) -> int:
        return parts[-1]

    def entries(self, parts: list[object]) -> int:
        places, body = parts[-4], parts[-1]
        assert isinstance(places, list)
        assert isinstance(body, int)
        span = self.rows[places[0]].span[0], self.rows[body].span[1]
        return self._row(Op.ENTRIES, (*places, body), None, span)

    def binding(self, parts: list[object]) -> None:
        name, place = parts[0], parts[2]
        assert isinstance(name, Token)
        assert isinstance(place, int)
        if str(name) in self.bound:
            raise ParseError(f"{name} is bound twice", span=(name.start_pos, name.end_pos), help="use another name")
        self.bound[str(name)] = place

    def add(self, parts: list[object]) -> int:
        return self._binary(Op.ADD, parts)

    def subtract(self, parts: list[object]) -> int:
        return self._binary(Op.SUB, parts)

    def _join_factors(self, op: Op, parts: Sequence[object], value: str | None) -> int:
        """A product. Raises ParseError where it is not written behind a quotient: `1/x^T x` means 1/(x^T x) to many."""
        left, sign, right = parts
        assert isinstance(left, int)
        assert isinstance(right, int)
        assert isinstance(sign, Token)
        is_written = str(sign) and sign.start_pos < sign.end_pos
        quotient = self.rows[left]
        if quotient.op is Op.DIV and not is_written and left not in self.groups:
            counter, divisor = quotient.args
            is_factor = self.rows[counter].op is Op.NUMBER and self.rows[divisor].op is Op.NAME  # 1/n x^T x
            if not is_factor and divisor not in self.groups and self.rows[divisor].op is not Op.NUMBER:
                raise ParseError(
                    "ambiguous: implicit product after /",
                    span=(quotient.sign[0], self.rows[right].span[1]),
                    help="write the sign, * or @, or / (...) to divide by the product",
                )
        return self._binary(op, parts, value)

    def multiply(self, parts: list[object]) -> int:
        sign = str(parts[1])
        return self._join_factors(Op.MUL, parts, DOT if sign in _DOTS else None if sign else IMPLIED)

    def divide(self, parts: list[object]) -> int:
        return self._binary(Op.DIV, parts)

    def matmul(self, parts: list[object]) -> int:
        return self._join_factors(Op.MATMUL, parts, None if str(parts[1]) else IMPLIED)

    def raise_to(self, parts: list[object]) -> int:
        return self._binary(Op.POW, parts, CARET if str(parts[1]) == CARET else None)

    def either(self, parts: list[object]) -> int:
        return self._binary(Op.OR, parts)

    def both(self, parts: list[object]) -> int:
        return self._binary(Op.AND, parts)

    def relation(self, parts: list[object]) -> int:
        sign = {"≤": "<=", "≥": ">=", "≠": "!="}.get(str(parts[1]), str(parts[1]))
        return self._binary(Op.RELATION, parts, sign)

    def negated(self, parts: list[object]) -> int:
        return self._prefixed(Op.NOT, parts)

    def negative(self, parts: list[object]) -> int:
        return self._prefixed(Op.NEG, parts)

    def positive(self, parts: list[int]) -> int:
        return parts[1]

    def _prefixed(self, op: Op, parts: list[object]) -> int:
        sign, place = parts
        assert isinstance(sign, Token)
        assert isinstance(place, int)
        span = sign.start_pos, self.rows[place].span[1]
        return self._row(op, (place,), None, span, (sign.start_pos, sign.end_pos))

    def transpose(self, parts: list[object]) -> int:
        place, sign = parts
        assert isinstance(sign, Token)
        assert isinstance(place, int)
        span = self.rows[place].span[0], sign.end_pos
        value = POWER_OF_T if str(sign).startswith("^") else None
        return self._row(Op.TRANSPOSE, (place,), value, span, (sign.start_pos, sign.end_pos))

    def text(self, parts: list[Token]) -> int:
        (token,) = parts
        return self._row(Op.TEXT, (), str(token)[1:-1], (token.start_pos, token.end_pos))

    def norm(self, parts: list[object]) -> int:
        left, place, right = parts
        assert isinstance(left, Token)
        assert isinstance(right, Token)
        assert isinstance(place, int)
        span = left.start_pos, right.end_pos
        keywords: tuple[tuple[str, int], ...] = ()
        if str(right):
            keywords = (("ord", self._row(Op.TEXT, (), str(right), (right.start_pos, right.end_pos))),)
        return self._row(Op.CALL, (place,), "norm", span, span, keywords)

    def length(self, parts: list[object]) -> int:
        place, sign, _, slices, right = parts
        assert isinstance(place, int)
        assert isinstance(sign, Token)
        assert isinstance(right, Token)
        assert isinstance(slices, list)
        span = sign.start_pos, right.end_pos
        if len(slices) != 1 or not slices[0].is_entry:
            raise ParseError("the shape has one entry for each axis", span=span, help="write A.shape[0]")
        keywords = (("axis", slices[0].start),)
        return self._row(Op.CALL, (place,), "size", (self.rows[place].span[0], right.end_pos), span, keywords)

    def count(self, parts: list[object]) -> int:
        place, sign = parts
        assert isinstance(place, int)
        assert isinstance(sign, Token)
        return self._row(Op.CALL, (place,), "size", (self.rows[place].span[0], sign.end_pos))

    def number(self, parts: list[Token]) -> int:
        (token,) = parts
        return self._row(Op.NUMBER, (), Fraction(str(token).replace("_", "")), (token.start_pos, token.end_pos))

    def name(self, parts: list[Token]) -> int:
        (token,) = parts
        if str(token) in self.bound:
            return self.bound[str(token)]
        return self._row(Op.NAME, (), str(token), (token.start_pos, token.end_pos))

    def group(self, parts: list[object]) -> int:
        left, place, right = parts
        assert isinstance(left, Token)
        assert isinstance(right, Token)
        assert isinstance(place, int)
        self.rows[place] = self.rows[place]._replace(span=(left.start_pos, right.end_pos))
        self.groups.add(place)
        return place

    def several(self, parts: list[object]) -> int:
        left, first, right = parts[0], parts[1], parts[-1]
        assert isinstance(left, Token)
        assert isinstance(right, Token)
        assert isinstance(first, int)
        more = parts[3] if isinstance(parts[3], list) else []
        return self._row(Op.TUPLE, [first, *more], None, (left.start_pos, right.end_pos))

    def argument(self, parts: list[int]) -> tuple[None, int]:
        return None, parts[0]

    def keyword(self, parts: list[object]) -> tuple[str, int]:
        name, place = parts[0], parts[2]
        assert isinstance(name, Token)
        assert isinstance(place, int)
        return str(name), place

    def arguments(self, parts: list[object]) -> list[tuple[str | None, int]]:
        if len(parts) == 1:
            return [parts[0]]  # type: ignore[list-item]  # an argument
        parts[0].append(parts[2])  # type: ignore[attr-defined]  # the arguments so far
        return parts[0]  # type: ignore[return-value]  # as above

    def call(self, parts: list[object]) -> int:
        name, right = parts[0], parts[-1]
        assert isinstance(name, Token)
        assert isinstance(right, Token)
        given: list[tuple[str | None, int]] = parts[2] if len(parts) == 4 else []  # type: ignore[assignment]  # the arguments
        args = [place for word, place in given if word is None]
        keywords = tuple((word, place) for word, place in given if word is not None)
        sign = name.start_pos, name.end_pos
        return self._row(Op.CALL, args, str(name), (name.start_pos, right.end_pos), sign, keywords)

    def method(self, parts: list[object]) -> int:
        """A function after its first argument: `x.sum()`. Its name keeps the dot."""
        place, name, right = parts[0], parts[1], parts[-1]
        assert isinstance(place, int)
        assert isinstance(name, Token)
        assert isinstance(right, Token)
        given: list[tuple[str | None, int]] = parts[3] if len(parts) == 5 else []  # type: ignore[assignment]  # the arguments
        args = [place, *(arg for word, arg in given if word is None)]
        keywords = tuple((word, arg) for word, arg in given if word is not None)
        span = self.rows[place].span[0], right.end_pos
        return self._row(Op.CALL, args, str(name), span, (name.start_pos, name.end_pos), keywords)

    def items(self, parts: list[object]) -> list[int]:
        if len(parts) == 1:
            return [parts[0]]  # type: ignore[list-item]  # a place
        parts[0].append(parts[2])  # type: ignore[attr-defined]  # the places so far
        return parts[0]  # type: ignore[return-value]  # as above

    def literal(self, parts: list[object]) -> int:
        left, places, right = parts
        assert isinstance(left, Token)
        assert isinstance(right, Token)
        assert isinstance(places, list)
        return self._row(Op.LITERAL, places, None, (left.start_pos, right.end_pos))

    def entry(self, parts: list[int]) -> Slice:
        row = self.rows[parts[0]]
        is_new = row.op is Op.NAME and row.value in ("None", "newaxis")
        return Slice(parts[0], None, not is_new, is_new=is_new)

    def every(self, parts: list[Slice]) -> Slice:
        return parts[0]

    def step(self, parts: list[object]) -> Slice:
        part, place = parts[0], parts[2]
        assert isinstance(part, Slice)
        assert isinstance(place, int)
        return part._replace(step=place)

    def all_entries(self, _parts: list[object]) -> Slice:
        return Slice(None, None, False)

    def from_entry(self, parts: list[int]) -> Slice:
        return Slice(parts[0], None, False)

    def to_entry(self, parts: list[int]) -> Slice:
        return Slice(None, parts[1], False)

    def between_entries(self, parts: list[int]) -> Slice:
        return Slice(parts[0], parts[2], False)

    def subscripts(self, parts: list[object]) -> list[Slice]:
        if len(parts) == 1:
            return [parts[0]]  # type: ignore[list-item]  # a slice
        parts[0].append(parts[2])  # type: ignore[attr-defined]  # the subscripts so far
        return parts[0]  # type: ignore[return-value]  # as above

    def index(self, parts: list[object]) -> int:
        place, left, slices, right = parts
        assert isinstance(place, int)
        assert isinstance(right, Token)
        assert isinstance(slices, list)
        assert isinstance(left, Token)
        span = self.rows[place].span[0], right.end_pos
        return self._row(Op.INDEX, (place,), tuple(slices), span, (left.start_pos, right.end_pos))


_load = cache(load)


def read_text(text: str) -> Text:
    """The rows of a text. Raises ParseError with the span of what is wrong. Linear."""
    builder = _Builder()
    if not text or text.isspace():
        raise ParseError("the expression is empty", span=(0, 0), source=text, help="try norm(A@x - b)^2")
    try:
        root = _load("arrays").parse(tokens(text), builder)
        assert isinstance(root, int)
        return Text(text, tuple(builder.rows[: root + 1]))
    except UnexpectedToken as error:
        raise _explain(text, error) from None
    except DcalcError as error:
        error.source = text
        raise


def _explain(text: str, error: UnexpectedToken) -> ParseError:
    token = error.token
    if token.type == "$END":
        return ParseError(
            "the expression ends too early",
            span=(len(text), len(text)),
            source=text,
            help="finish it, or close a bracket",
        )
    span = token.start_pos, token.end_pos
    return ParseError(f"{token} does not belong here", span=span, source=text, help="write an operand or an operator")
