"""Expressions with operators and brackets, by precedence: for the notations of programs that `ast` does not read.

A language gives its tokens, its operators and what they build; the parser is a loop with its own stacks, so
that depth costs memory alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from dcalc.errors import ParseError
from dcalc.parser.assembly import Operand
from dcalc.parser.hints import short

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Token(NamedTuple):
    """A piece of text: its ``kind`` is `number`, `name`, `operator`, `open`, `close`, `comma` or `end`."""

    kind: str
    text: str
    start: int
    end: int


class Level(NamedTuple):
    """How tightly an operator binds, the looser ones first, and to which side it groups."""

    precedence: int
    right: bool = False


class Operators(NamedTuple):
    """The operators of a language by their texts; `?` and `:` together are a choice."""

    prefix: Mapping[str, int]
    infix: Mapping[str, Level]
    postfix: Mapping[str, int]
    brackets: Mapping[str, str]
    juxtaposition: int | None = None
    """The precedence of a product without a sign, where there is such a thing."""


class Build(Protocol):
    """What operators, brackets and calls mean in a language."""

    def leaf(self, token: Token) -> Operand:
        """A number or a name."""

    def before(self, operator: Token, operand: Operand) -> Operand:
        """An operator before its operand."""

    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two."""

    def after(self, operator: Token, operand: Operand) -> Operand:
        """An operator after its operand."""

    def choose(self, condition: Operand, then: Operand, otherwise: Operand) -> Operand:
        """`c ? a : b`."""

    def bracket(self, head: Token | None, opening: Token, parts: list[Operand], closing: Token) -> Operand:
        """What stands in brackets: after the name ``head`` its arguments."""


class _Frame:
    """What is open inside one pair of brackets: operators that wait for their operands, arguments so far."""

    __slots__ = ("head", "opening", "operands", "operators", "parts")

    def __init__(self, opening: Token | None, head: Token | None) -> None:
        self.opening = opening
        self.head = head
        self.operators: list[tuple[str, int, Token]] = []  # the role, the precedence, the token
        self.operands: list[Operand] = []
        self.parts: list[Operand] = []


_CHOICE = Level(1, right=True)
_PRODUCT = "juxtaposition"


class InfixParser:
    """One text being read."""

    def __init__(self, operators: Operators, build: Build, source: str) -> None:
        self.operators = operators
        self.build = build
        self.source = source
        self.frames = [_Frame(None, None)]
        self.expects_operand = True
        self.name: Token | None = None  # a name that may turn out to be the head of a call

    def parse(self, tokens: Iterable[Token]) -> Operand:
        """The expression. Raises ParseError where something is missing or superfluous."""
        for token in tokens:
            if token.kind == "end":
                break
            self._take(token)
        frame = self.frames[-1]
        if frame.opening is not None:
            raise self._error("this bracket is not closed", frame.opening, "close it, or remove it")
        end = Token("end", "", len(self.source.rstrip()), len(self.source.rstrip()) + 1)
        return self._finish(frame, end)

    def _take(self, token: Token) -> None:
        if self.name is not None:
            name, self.name = self.name, None
            if token.kind == "open" and (self.operators.juxtaposition is None or token.text in _CALLS):
                self.frames.append(_Frame(token, name))
                self.expects_operand = True
                return
            self._push(self.build.leaf(name))
        if self.expects_operand:
            self._take_operand(token)
        else:
            self._take_operator(token)

    def _take_operand(self, token: Token) -> None:
        if token.kind == "number":
            self._push(self.build.leaf(token))
        elif token.kind == "name":
            self.name = token
            self.expects_operand = False
        elif token.kind == "open":
            self.frames.append(_Frame(token, None))
        elif token.kind == "operator" and token.text in self.operators.prefix:
            self.frames[-1].operators.append(("prefix", self.operators.prefix[token.text], token))
        else:
            self._close_empty(token)

    def _close_empty(self, token: Token) -> None:
        """`f()` has no arguments; anything else lacks an operand."""
        frame = self.frames[-1]
        opening = frame.opening
        if token.kind == "close" and opening is not None and not (frame.operators or frame.operands or frame.parts):
            self._close(token, frame, opening)
            return
        raise self._missing(token)

    def _push(self, operand: Operand) -> None:
        self.frames[-1].operands.append(operand)
        self.expects_operand = False

    def _take_operator(self, token: Token) -> None:
        frame = self.frames[-1]
        if token.kind == "close":
            if frame.opening is None or self.operators.brackets[frame.opening.text] != token.text:
                raise self._error("this bracket closes nothing", token, "remove it")
            frame.parts.append(self._finish(frame, token))
            self._close(token, frame, frame.opening)
        elif token.kind == "comma":
            if frame.opening is None:
                raise self._error("a comma outside of a call", token, "write one expression")
            frame.parts.append(self._finish(frame, token))
            self.expects_operand = True
        elif token.kind == "operator" and token.text in self.operators.postfix:
            self._reduce(frame, self.operators.postfix[token.text], right=False)
            frame.operands.append(self.build.after(token, frame.operands.pop()))
        elif token.kind == "operator" and token.text in ("?", ":") and "?" in self.operators.infix:
            self._take_choice(frame, token)
        elif token.kind == "operator" and token.text in self.operators.infix:
            level = self.operators.infix[token.text]
            self._reduce(frame, level.precedence, right=level.right)
            frame.operators.append(("infix", level.precedence, token))
            self.expects_operand = True
        elif self.operators.juxtaposition is not None and token.kind in ("number", "name", "open"):
            self._reduce(frame, self.operators.juxtaposition, right=False)
            start = frame.operands[-1].end
            times = Token(_PRODUCT, self.source[start : token.start], start, token.start)
            frame.operators.append(("infix", self.operators.juxtaposition, times))
            self.expects_operand = True
            self._take_operand(token)
        else:
            self._refuse(frame, token)

    def _refuse(self, frame: _Frame, token: Token) -> None:
        last = frame.operands[-1]
        if token.kind == "operator":
            raise self._error(f"{token.text} is not read here", token, "write another operator, or remove it")
        left = short(self.source[last.start : last.end], "a")
        fix = f"write {left}*{short(token.text, 'b') if token.kind != 'open' else '(...)'}"
        raise ParseError("two operands with no operator between", span=(last.start, token.end), help=fix)

    def _take_choice(self, frame: _Frame, token: Token) -> None:
        if token.text == "?":
            self._reduce(frame, _CHOICE.precedence, right=True)
            frame.operators.append(("?", 0, token))
        else:
            self._reduce(frame, 1, right=False)
            if not frame.operators or frame.operators[-1][0] != "?":
                raise self._error("this : belongs to no ?", token, "write c ? a : b")
            frame.operators[-1] = (":", _CHOICE.precedence, token)
        self.expects_operand = True

    def _reduce(self, frame: _Frame, precedence: int, *, right: bool) -> None:
        """Build what binds more tightly than what follows."""
        while frame.operators:
            role, own, token = frame.operators[-1]
            if role == "?" or own < precedence or (own == precedence and right):
                return
            frame.operators.pop()
            if role == "prefix":
                frame.operands.append(self.build.before(token, frame.operands.pop()))
            elif role == ":":
                otherwise, then, condition = frame.operands.pop(), frame.operands.pop(), frame.operands.pop()
                frame.operands.append(self.build.choose(condition, then, otherwise))
            else:
                second, first = frame.operands.pop(), frame.operands.pop()
                frame.operands.append(self.build.between(token, first, second))

    def _finish(self, frame: _Frame, token: Token) -> Operand:
        """The one operand that is left."""
        if self.name is not None:
            name, self.name = self.name, None
            self._push(self.build.leaf(name))
        if self.expects_operand:
            raise self._missing(token)
        self._reduce(frame, 0, right=False)
        if frame.operators:
            raise self._error("this ? has no :", frame.operators[-1][2], "write c ? a : b")
        return frame.operands.pop()

    def _close(self, token: Token, frame: _Frame, opening: Token) -> None:
        self.frames.pop()
        if self.operators.brackets[opening.text] != token.text:
            raise self._error("this bracket does not match the one that is open", token, "close that one first")
        self._push(self.build.bracket(frame.head, opening, frame.parts, token))

    def _missing(self, token: Token) -> ParseError:
        before = self.source[max(token.start - 40, 0) : token.start].rstrip()[-1:]
        message = f"an operand is missing after {before}" if before else "an operand is missing"
        if token.kind != "end" and token.text:
            message = f"an operand is missing before {short(token.text, 'this')}"
        return self._error(message, token, "add it, or remove the operator")

    def _error(self, message: str, token: Token, fix: str) -> ParseError:
        return ParseError(message, span=(token.start, token.end), help=fix)


_CALLS = ("[",)
"""Where products need no sign, only these brackets make a call of a name."""


def split_statements(text: str, separators: str) -> Sequence[tuple[str, int]]:
    """The parts of a text between separators that stand outside of brackets, each with its place."""
    parts: list[tuple[str, int]] = []
    depth = start = 0
    for place, char in enumerate(text):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char in separators and depth <= 0:
            parts.append((text[start:place], start))
            start = place + 1
    parts.append((text[start:], start))
    return [(part, first) for part, first in parts if part.strip()]
