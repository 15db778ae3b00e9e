"""Programs that `ast` does not read: statements one after the other, each an expression with infix operators.

A language says what its tokens, its operators and its statements are; the rest of reading is the same for all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from dcalc import functions as table
from dcalc.errors import ArityError
from dcalc.expr import make, substitute, symbol
from dcalc.parser.assembly import Assembler, Context, Operand
from dcalc.parser.definitions import (
    find_captured,
    known_helper,
    main_functions,
    mentions,
    original_names,
    sort_callees_first,
)
from dcalc.parser.infix import InfixParser, Operators, Token, split_statements
from dcalc.parser.notations import Reading
from dcalc.text import count_noun

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dcalc.expr import Expr


class Statement(NamedTuple):
    """Where the expression of a statement stands, and the ``name`` that takes its value, which stands in ``span``."""

    start: int
    end: int
    name: str = ""
    span: tuple[int, int] = (0, 0)
    returns: bool = False
    """True where the function ends with it."""
    is_local: bool = False
    """True where the name is one of the block alone."""


class Branch(NamedTuple):
    """A choice between two blocks: where its condition stands, and their statements."""

    condition: tuple[int, int]
    then: Sequence[Statement | Branch]
    otherwise: Sequence[Statement | Branch]


Block: TypeAlias = "Sequence[Statement | Branch]"


class Definition(NamedTuple):
    """A function of a text: where all of it and where its body stands; ``returned`` is the name that has its value."""

    name: str
    parameters: tuple[str, ...]
    whole: tuple[int, int]
    body: tuple[int, int]
    returned: str | None = None


class _Outcome(NamedTuple):
    """How a block ends: what some of its choices return ``early``, each with its condition, then its value.

    The value is None where the block goes on to what follows it, and where all of its last choice returns.
    """

    early: Sequence[tuple[Expr, _Outcome, _Outcome]]
    value: Expr | None
    is_end: bool
    """True where nothing that follows is reached."""

    @property
    def returns(self) -> bool:
        """Whether anything is returned."""
        return bool(self.early) or self.value is not None

    def resolve(self, rest: Expr | None) -> Expr | None:
        """The value, given that of what follows; None where some case has none. Choices are not nested deeply."""
        value = rest if self.value is None else self.value
        for condition, then, otherwise in reversed(self.early):
            branches = then.resolve(value), otherwise.resolve(value)
            if branches[0] is None or branches[1] is None:
                return None
            value = make(table.WHERE, condition, branches[0], branches[1])
        return value


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
        self.originals = original_names(text)
        self.target: str | None = None
        self.functions: dict[str, tuple[tuple[str, ...], Expr]] = {}
        """Those of the text that have been read: the parameters, and the value in terms of these."""
        self.helpers: dict[str, table.Row] = {}
        """Those that stand for a row of the table."""

    def reading(self) -> Reading:
        """The value of the whole text. Raises DcalcError."""
        definitions = self.find_functions()
        if definitions:
            return Reading(self._read_functions({each.name: each for each in definitions}, definitions), self.target)
        first, end = self.find_body()
        return Reading(self._run(self.read_block(first, end)), self.target)

    def function_texts(self) -> dict[str, str]:
        """The texts of the functions, without comments, by their names."""
        return {each.name: self.code[slice(*each.whole)] for each in self.find_functions()}

    def find_functions(self) -> list[Definition]:
        """The functions of a text that consists of nothing else; else none."""
        return []

    def find_body(self) -> tuple[int, int]:
        """Where the statements of a text that has no functions stand."""
        return 0, len(self.code)

    def read_block(self, start: int, end: int) -> Block:
        """The statements of a part of the text."""
        parts = split_statements(self.code[start:end], self.SEPARATORS)
        statements = (self.split_statement(part, start + place) for part, place in parts)
        return [statement for statement in statements if statement is not None]

    @abstractmethod
    def split_statement(self, part: str, place: int) -> Statement | None:
        """The expression of a statement that begins at ``place``, None for a declaration."""

    def take_arguments(self, names: Iterable[str]) -> None:
        """The names of a function's arguments, which are variables; one alone is what it is differentiated by."""
        names = [self.originals.get(name, name) for name in names]
        self.variables = {*self.variables, *names}
        self.bound.update((name, symbol(name)) for name in names)  # which a branch may change
        self.target = names[0] if len(names) == 1 else None

    # --- functions ----------------------------------------------------------------------

    def _read_functions(self, known: Mapping[str, Definition], definitions: Sequence[Definition]) -> Expr:
        """The value of the one function that is neither called by others nor a derivative of another one."""
        if len(known) < len(definitions):
            raise self.error("two functions have one name", definitions[-1].whole, "give one of them")
        calls = {name: mentions(self.code[slice(*each.body)], known) for name, each in known.items()}
        mains = main_functions(calls)
        if len(mains) > 1:
            span = known[mains[1]].whole
            raise self.error(f"{mains[0]} and {mains[1]} do not call each other", span, "give one function")
        main = mains[0] if mains else definitions[0].name  # where there is none, it calls itself
        order = sort_callees_first(main, calls, {name: each.whole for name, each in known.items()})
        free = self.variables
        parameters = {parameter for name in order for parameter in known[name].parameters}
        for name in order[:-1]:
            self._read_function(known[name], calls[name], free, parameters)
        return self.read_value(known[order[-1]], free)

    def _read_function(
        self, definition: Definition, callees: Sequence[str], free: Collection[str], others: Collection[str]
    ) -> None:
        """Read a function that others call, unless it is one of dcalc's own helpers, which stand for a row."""
        row = known_helper(self.code[slice(*definition.whole)])
        if row is not None and all(callee in self.helpers for callee in callees):
            self.helpers[definition.name] = row
            return
        kept, self.bound = self.bound, {}
        parameters = tuple(self.originals.get(name, name) for name in definition.parameters)
        value = self.read_value(definition, free)
        if (foreign := find_captured(value, parameters, others)) is not None:
            raise self.error(f"{foreign} is not defined in {definition.name}", definition.whole, "make it an argument")
        self.functions[definition.name] = parameters, value
        self.bound = kept

    def read_value(self, definition: Definition, free: Collection[str]) -> Expr:
        """The value of a function, in terms of its arguments and of the ``free`` names. Raises DcalcError."""
        self.variables = free
        self.take_arguments(definition.parameters)
        return self._run(self.read_block(*definition.body), definition.returned)

    def call_own(self, name: str, args: Sequence[Operand], span: tuple[int, int]) -> Operand | None:
        """A call of a function of the text; None where it has none of that name. Raises ArityError."""
        if name in self.helpers:
            row = self.helpers[name]
            count = len(row.args)
        elif name in self.functions:
            count = len(self.functions[name][0])
        else:
            return None
        if len(args) != count:
            message = f"{name} takes {count_noun(count, 'argument')}, not {len(args)}"
            raise ArityError(message, span=span, help=f"give it {count}")
        values = [self.value(arg) for arg in args]
        if name in self.helpers:
            condition = [self.truth(args[0])] if row is table.WHERE else []
            return self.place(make(row, *condition, *values[len(condition) :]), *span, "call")
        parameters, value = self.functions[name]
        return self.place(substitute(value, dict(zip(parameters, values, strict=True))), *span, "call")

    # --- statements ---------------------------------------------------------------------

    def _run(self, block: Block, returned: str | None = None) -> Expr:
        """The value that is returned, of the name ``returned``, or of the last statement."""
        outcome = self._run_block(block, is_whole=True)
        if returned is not None and returned in self.bound:
            return self.bound[returned]
        value = outcome.resolve(None)
        if value is None:
            message = "nothing is returned here" if outcome.early else "there is no expression"
            raise self.error(message, (0, len(self.source)), "return a value in each case")
        return value

    def _run_block(self, block: Block, *, is_whole: bool = False) -> _Outcome:
        """What a block returns; of the ``is_whole`` text that is the value of the last statement."""
        early: list[tuple[Expr, _Outcome, _Outcome]] = []
        for place, statement in enumerate(block):
            is_last = is_whole and place == len(block) - 1
            if isinstance(statement, Branch):
                condition, then, otherwise = self._run_branch(statement)
                if then.returns or otherwise.returns:
                    early.append((condition, then, otherwise))
                if then.is_end and otherwise.is_end:
                    return _Outcome(early, None, is_end=True)
                continue
            value = self.value(self._run_statement(statement, is_last=is_last))
            if statement.returns or is_last:
                return _Outcome(early, value, is_end=True)
        return _Outcome(early, None, is_end=False)

    def _run_branch(self, branch: Branch) -> tuple[Expr, _Outcome, _Outcome]:
        """The condition and what each branch returns; names have the values of the branch that is taken."""
        condition = self.truth(self._read(*branch.condition))
        before = self.bound
        ends: list[tuple[_Outcome, dict[str, Expr]]] = []
        for block in (branch.then, branch.otherwise):
            self.bound = dict(before)
            outcome = self._run_block(block)
            for name in [each.name for each in block if isinstance(each, Statement) and each.is_local]:
                self.bound.pop(name, None)
                if name in before:
                    self.bound[name] = before[name]
            ends.append((outcome, self.bound))
        (first, then), (second, otherwise) = ends
        if first.is_end or second.is_end:
            self.bound = otherwise if first.is_end else then
        else:
            self.bound = self.join(condition, then, otherwise)
        return condition, first, second

    def _run_statement(self, statement: Statement, *, is_last: bool) -> Operand:
        value = self._read(statement.start, statement.end)
        if statement.name:
            if is_last and value.node.op is table.NUMBER:
                raise self.refuse_assignment(statement.name, statement.span)
            self.bound[self.originals.get(statement.name, statement.name)] = self.value(value)
        return value

    def _read(self, start: int, end: int) -> Operand:
        """The expression between two places of the source."""
        return InfixParser(self.OPERATORS, self, self.source).parse(self._tokens(start, end))

    def check_token(self, token: Token, previous: Token | None) -> None:
        """Raise ParseError for a token that cannot stand where it does."""

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
