"""Programs that `ast` does not read: statements one after the other, each an expression with infix operators.

A language says what its tokens, its operators and its statements are; the rest of reading is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from dcalc import functions as table
from dcalc.parser.assembly import Assembler, Context, Operand
from dcalc.parser.infix import InfixParser, Operators, Token, split_statements
from dcalc.parser.notations import Reading

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping


class Statement(NamedTuple):
    """Where the expression of a statement stands, and the ``name`` that takes its value, which stands in ``span``."""

    start: int
    end: int
    name: str = ""
    span: tuple[int, int] = (0, 0)


class Program(Assembler, ABC):
    """One text of statements; the last one has the value. Subclasses are also what builds its expressions."""

    LANGUAGE: ClassVar[str]
    """What its spellings are called."""
    OPERATORS: ClassVar[Operators]
    TOKENS: ClassVar[re.Pattern[str]]
    """One group for each kind of `infix.Token`, with `space` for what is skipped and `other` for anything else."""
    COMMENTS: ClassVar[re.Pattern[str]]
    REFUSED: ClassVar[Mapping[str, tuple[str, str]]]
    """Tokens that are not read, each with its message and its fix."""
    SEPARATORS: ClassVar[str] = ";"
    TRUTH_IS_ONE: ClassVar[bool] = True

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text, self.LANGUAGE, context, truth_is_one=self.TRUTH_IS_ONE)
        self.code = self.COMMENTS.sub(lambda match: " " * len(match[0]), text)
        self.target: str | None = None
        self.returned: str | None = None
        """The name whose value counts, where it is not that of the last statement."""

    def reading(self) -> Reading:
        """The value of the whole text. Raises DcalcError."""
        first, end = self.find_body()
        statements = split_statements(self.code[first:end], self.SEPARATORS)
        value: Operand | None = None
        for index, (part, place) in enumerate(statements):
            if (statement := self.split_statement(part, first + place)) is not None:
                value = self._run(statement, is_last=index == len(statements) - 1)
        if self.returned is not None and self.returned in self.bound:
            return Reading(self.bound[self.returned], self.target)
        if value is None:
            raise self.error("there is no expression", (0, len(self.source)), "write one")
        return Reading(self.value(value), self.target)

    def find_body(self) -> tuple[int, int]:
        """Where the statements stand: all of the text, or what a function has in its braces."""
        return 0, len(self.code)

    @abstractmethod
    def split_statement(self, part: str, place: int) -> Statement | None:
        """The expression of a statement that begins at ``place``, None for a declaration."""

    def take_arguments(self, names: Iterable[str]) -> None:
        """The names of a function's arguments, which are variables; one alone is what it is differentiated by."""
        names = list(names)
        self.variables = {*self.variables, *names}
        self.target = names[0] if len(names) == 1 else None

    def check_token(self, token: Token, previous: Token | None) -> None:
        """Raise ParseError for a token that cannot stand where it does."""

    def _run(self, statement: Statement, *, is_last: bool) -> Operand:
        tokens = self._tokens(statement.start, statement.end)
        value = InfixParser(self.OPERATORS, self, self.source).parse(tokens)
        if statement.name:
            if is_last and value.node.op is table.NUMBER:
                raise self.refuse_assignment(statement.name, statement.span)
            self.bound[statement.name] = self.value(value)
        return value

    def _tokens(self, start: int, end: int) -> Iterator[Token]:
        previous: Token | None = None
        for match in self.TOKENS.finditer(self.code, start, end):
            kind, text = match.lastgroup or "", match[0]
            if kind == "space":
                continue
            if kind == "other" or text in self.REFUSED:
                message, fix = self.REFUSED.get(text, (f"unexpected character {text}", "remove it"))
                raise self.error(message, match.span(), fix)
            token = Token(kind, text, *match.span())
            self.check_token(token, previous)
            yield token
            previous = token

    # --- what operators build, unless a language says otherwise ---------------------------

    @abstractmethod
    def leaf(self, token: Token) -> Operand:
        """A number or a name."""

    @abstractmethod
    def before(self, operator: Token, operand: Operand) -> Operand:
        """An operator before its operand."""

    @abstractmethod
    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two operands."""

    @abstractmethod
    def bracket(self, head: Token | None, opening: Token, parts: list[Operand], closing: Token) -> Operand:
        """A group, or a call."""

    def after(self, operator: Token, operand: Operand) -> Operand:
        """No operator stands behind its operand."""
        raise self.error(f"{operator.text} is not read", (operator.start, operator.end), "remove it")

    def choose(self, condition: Operand, then: Operand, otherwise: Operand) -> Operand:
        """`c ? a : b`, which most languages do not have."""
        raise self.error("? is not read", (condition.start, otherwise.end), "write the choice as a function")
