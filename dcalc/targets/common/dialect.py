"""What targets have in common: identifiers, numbers, statements, and the way from functions to a program's text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple, TypeVar

from dcalc import spellings
from dcalc.errors import Unsupported
from dcalc.expr import Expr, make, symbol, variables, walk
from dcalc.functions import Row, functions
from dcalc.notation import Layout, Piece, plain
from dcalc.notation.common import Language, lay_out
from dcalc.numerals import decimal, terminates
from dcalc.parser.definitions import RENAMED
from dcalc.targets.common.arrange import arrange
from dcalc.targets.common.blocks import DEEPEST, Block, Choice, fresh_names, guard, plan
from dcalc.targets.common.lowering import Lowering, read_helpers
from dcalc.targets.common.quantities import Function

Precision = Literal["float64", "float32"]
"""What --dtype names."""
Branches = Literal["lazy", "guarded", "eager"]
"""Of a choice only the branch that is taken is computed; both are, the other one at a harmless argument; both are."""
T = TypeVar("T")
_MOST_DIGITS = 40
_LARGEST_PLAIN = 10**15
_LARGEST_SINGLE = Fraction(2) ** 128 - Fraction(2) ** 103


class Argument(NamedTuple):
    """An argument of a program for arrays: its name, and the variables that its entries are, row by row.

    A number has no entries.
    """

    name: str
    entries: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the program that it holds."""
        return self.entries or (self.name,)


class Routine(NamedTuple):
    """A function as text: the lines of its body, and its results, row by row for a matrix.

    ``sizes`` are the numbers of entries of its arguments, 0 for a number; without it all are numbers.
    """

    name: str
    title: str
    arguments: tuple[str, ...]
    lines: list[str]
    results: list[str]
    shape: tuple[int, ...]
    is_helper: bool
    unused: tuple[str, ...]
    """Arguments that the body does not mention."""
    locals: tuple[str, ...]
    """Names that the body declares."""
    entries: tuple[str, ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    """The routines that it is the first derivative of, each with the argument."""
    sizes: tuple[int, ...] = ()

    def sized_arguments(self) -> list[tuple[str, int]]:
        """The arguments with their sizes."""
        return list(zip(self.arguments, self.sizes or (0,) * len(self.arguments), strict=True))


class Program(NamedTuple):
    """All of a program: comments for its head, helpers first, then what was asked for."""

    header: list[str]
    routines: list[Routine]
    precision: Precision
    rows: frozenset[Row]
    """What is called."""


class Call(NamedTuple):
    """A function of a program as its driver calls it: how many numbers it gives, in which shape, and where."""

    name: str
    size: int
    shape: tuple[int, ...]
    points: tuple[tuple[float, ...], ...]
    columns: tuple[str, ...] = ()
    """What its numbers are called where a query gives them."""
    sizes: tuple[int, ...] = ()
    """The numbers of entries of its arguments, 0 for a number; without it all are numbers."""

    def split_point(self, numbers: Sequence[T]) -> list[T | list[T]]:
        """The numbers of a point by arguments, those of an array as a list."""
        rest = iter(numbers)
        return [[next(rest) for _ in range(size)] if size else next(rest) for size in self.sizes or [0] * len(numbers)]


class Dialect:
    """One language. Subclasses say how statements, functions and programs look.

    ``keywords`` are the words that no variable can be called, ``ascii_only`` and ``caseless`` what names may be.
    """

    title = ""
    spelling = ""
    """The file that has the spellings of the language's functions."""
    suffix = "txt"
    comment = "#"
    keywords: frozenset[str] = frozenset()
    ascii_only = False
    caseless = False
    branches: Branches = "lazy"
    inline = False
    precisions: tuple[Precision, ...] = ("float64",)
    warning = "plain doubles, with no proof: dcalc diff --at gives certified values"
    is_tested = True
    shares_names = False
    deepest = DEEPEST
    """The deepest nesting in one statement."""
    atomic: frozenset[Row] = frozenset()
    """Rows whose spelling mentions an argument several times, so that it has to have a name."""
    as_typed = False
    """True while a program is written that leaves expressions as they are, without guards."""
    preamble: tuple[str, ...] = ()
    """The lines between the header and the functions."""
    driven_head = ""
    """What stands before a program that is driven."""
    attaches = False
    """True where f gets its derivatives attached, so that all of its partial derivatives are needed."""
    patches: Mapping[str, str] = {}
    """Calls of native functions that lose digits somewhere, with what is computed in their place."""
    globals: frozenset[str] = frozenset()
    """Words that no function of a program can be called, besides."""
    hides_names = False
    """True where a variable may be called like a function of the language that is not called."""
    is_closed = False
    """True where each program of a file needs helpers of its own."""
    written_functions: Mapping[str, Row] = {}
    """Functions beside the helpers that a program may have, by their names."""
    takes_arrays = False
    """True where an array of numbers can be an argument, whose entries are `x[0]`, `x[1]` and so on."""
    typeset = False
    """True for formulas, which need no helpers and no forms for doubles."""

    def __init__(self) -> None:
        self.precision: Precision = "float64"
        self.names: Iterator[str] | None = None
        self.function_names: frozenset[str] = frozenset()
        self.place = 0  # among several programs of one file, counted from 1
        self.written: frozenset[Row] = frozenset()  # helpers that stand before in the file
        self.called: list[Row] = []  # helpers of the last program
        self.patched = read_helpers(tuple(self.patches.items()))
        self.lowering = Lowering(self.title, self.native(), inline=self.inline, patches=self.patched)

    # --- what subclasses say ------------------------------------------------------------------

    def native(self) -> Mapping[Row, str]:
        """The rows that the language has, with their spellings."""
        return spellings.emitted(self.spelling)

    def language(self, symbols: Mapping[str, str]) -> Language:
        """How nodes look, with ``symbols`` for the variables."""
        raise NotImplementedError

    def assign(self, name: str, text: str) -> str:
        """The line that gives a part its name."""
        return f"{name} = {text}"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        """The lines of a choice, whose branches assign to the name."""
        raise NotImplementedError

    def reassign(self, name: str, text: str) -> str:
        """The line that gives a value to a name which is declared before the branches."""
        return self.assign(name, text)

    def write(self, program: Program) -> str:
        """The text of the program."""
        parts = [[*program.header, *self.preamble], *map(self.write_function, program.routines)]
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function. Queries have none."""
        raise NotImplementedError

    def drive(self, calls: Sequence[Call]) -> str:
        """What follows a program to make it print each number of each call at each of its points, one per line.

        Of a function that fails it prints nan. Raises Unsupported for a language that is not run.
        """
        raise Unsupported(f"programs in {self.title} are not run", help="leave --check out")

    def commands(self, source: str) -> list[list[str]]:
        """The commands that translate and run a driven program in the file ``source``, one after the other."""
        raise Unsupported(f"programs in {self.title} are not run", help="leave --check out")

    def helper_name(self, row: Row) -> str:
        """What the helper of a row is called; another name where a function of the program has it."""
        name = row.key.replace("/", "")
        return f"{name}_helper" if name in self.function_names else name

    def spellings(self) -> dict[Row, str]:
        """What functions are called: those of the language, and helpers."""
        return {**{row: self.helper_name(row) for row in self.lowering.helpers}, **self.lowering.native}

    # --- numbers and names --------------------------------------------------------------------

    def number(self, value: object) -> str:
        """A number as text, with a decimal point. Raises Unsupported for one beyond the doubles."""
        text = self.decimal(value)
        return text if "." in text or "e" in text else text + ".0"

    def decimal(self, value: object) -> str:
        """The digits of a number: its own where they end soon, else those of the nearest double."""
        if type(value) is int and abs(value) < _LARGEST_PLAIN:
            return decimal(value)
        exactly = Fraction(value)  # type: ignore[call-overload]  # the value of a NUMBER node
        largest = _LARGEST_SINGLE if self.precision == "float32" else Fraction(2) ** 1024 - Fraction(2) ** 970
        nearest = float(exactly) if abs(exactly) < largest else None
        if nearest is None or (exactly and not nearest):
            raise Unsupported(
                f"{_short(exactly)} is not within the range of {self.precision}", help="scale the expression"
            )
        if terminates(exactly):
            text = decimal(value)  # type: ignore[arg-type]  # as above
            if len(text) <= _MOST_DIGITS:
                return text
        return repr(nearest).removesuffix(".0")

    def identifier(self, name: str, taken: set[str]) -> str:
        """A name of the language for a variable, which nothing else is called; it is taken from then on."""
        word = name if name.isascii() or not self.ascii_only else transliterate(name)
        if (self.ascii_only and not word[0].isalpha()) or self.is_reserved(word):
            word = "x" + word
        while self.same_case(word) in taken or self.same_case(word) in self.keywords:
            word += "_"
        taken.add(self.same_case(word))
        return word

    def is_reserved(self, word: str) -> bool:
        """Whether the language keeps names of this form for itself."""
        return False

    def same_case(self, word: str) -> str:
        """The word, such that two words are equal where the language takes them for one name."""
        return word.casefold() if self.caseless else word

    def function_name(self, name: str) -> str:
        """The name of a function: the names of variables in it may have letters that the language lacks."""
        return transliterate(name) if self.ascii_only and not name.isascii() else name

    # --- from functions to routines -------------------------------------------------------------

    def render(
        self,
        functions: Sequence[Function],
        names: Sequence[str],
        header: list[str],
        *,
        plain_form: bool,
        arrays: Sequence[Argument] = (),
    ) -> str:
        """The text of a program with these functions of the variables ``names``, which may be entries of ``arrays``.

        Raises Unsupported. Linear.
        """
        lowered = []
        self.as_typed = plain_form
        functions = [function._replace(name=self.function_name(function.name)) for function in functions]
        self.function_names = frozenset(function.name for function in functions)
        for function in functions:
            outputs = self.lowering.lower(whole_matrix(function))
            lowered.append(outputs if plain_form else arrange(*outputs))
        rows = self.lowering.helpers_below([output for outputs in lowered for output in outputs])
        taken = {self.helper_name(row) for row in rows} | {function.name for function in functions}
        bodies = [*lowered, *(self.lowering.lower([self.lowering.helpers[row].root]) for row in rows)]
        used = frozenset(node.op for outputs in bodies for node in walk(*outputs))
        taken |= self.words_in_use(rows, used if self.hides_names else None)
        taken = set(map(self.same_case, taken))
        words = {name: self.identifier(name, taken) for name in ([one.name for one in arrays] or names)}
        renamed = [RENAMED.format(name, word) for name, word in words.items() if name != word]
        symbols = _name_entries(arrays, words) if arrays else words
        header = [*header, *(f"{self.comment} {line}" for line in renamed)]
        self.called = rows
        routines = [self._render_helper(row) for row in rows if row not in self.written or self.is_closed]
        for function, outputs in zip(functions, lowered, strict=True):
            routine = self._render(function, outputs, () if arrays else names, symbols, taken)
            routines.append(_take_arrays(routine, arrays, words, outputs) if arrays else routine)
        return self.write(Program(header, routines, self.precision, used))

    def words_in_use(self, rows: Iterable[Row], used: frozenset[Row] | None = None) -> set[str]:
        """Words of native spellings, which a variable must not hide: of math.sin it is math alone. Those of the rows
        that are ``used``, or of all."""
        words: set[str] = set()
        native = [text for row, text in self.native().items() if used is None or row in used]
        for text in (*native, *map(self.helper_name, rows)):
            word, before = "", ""
            for char in text + " ":
                if char.isalnum() or char == "_":
                    word += char
                    continue
                if word and not before.endswith((".", "::")):
                    words.add(word)
                before = before + word + char
                word = ""
        return words

    def finish(self, outputs: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """The outputs of a function as the language has to have them."""
        return outputs

    def fresh(self, taken: set[str]) -> Iterator[str]:
        """Names for the parts of a function; all functions share them where they stand in one query."""
        if not self.shares_names:
            return fresh_names(taken)
        if self.names is None:
            self.names = fresh_names(taken)
        return self.names

    def render_rows(self, rows: Sequence[Row]) -> list[Routine]:
        """Functions for rows that the language lacks, under their names as helpers, each after those that it calls.

        Raises Unsupported.
        """
        calls = [make(row, *[symbol(f"u{place}") for place in range(len(row.args))]) for row in rows]
        outputs = self.lowering.lower(calls)
        helping = self.lowering.helpers_below(outputs)
        routines = [self._render_helper(row) for row in helping]
        for row, call, output in zip(rows, calls, outputs, strict=True):
            if row in helping:
                continue
            function = Function(self.helper_name(row), f"{row.signature}: {row.doc}", (output,))
            names = variables(call)
            taken = {function.name, *self.words_in_use(())}
            symbols = {name: self.identifier(name, taken) for name in names}
            routines.append(self._render(function, (output,), names, symbols, taken)._replace(is_helper=True))
        return routines

    def _render_helper(self, row: Row) -> Routine:
        helper = self.lowering.helpers[row]
        (output,) = arrange(*self.lowering.lower([helper.root]))
        taken = {self.helper_name(row), *self.words_in_use(())}
        symbols = {name: self.identifier(name, taken) for name in helper.args}
        function = Function(self.helper_name(row), f"{row.signature}: {row.doc}", (output,))
        native = self.native()
        inside = {row: native[row]} if row in self.patched and row in native else {}
        return self._render(function, (output,), helper.args, symbols, taken, inside)._replace(is_helper=True)

    def _render(
        self,
        function: Function,
        outputs: tuple[Expr, ...],
        names: Sequence[str],
        symbols: Mapping[str, str],
        taken: set[str],
        inside: Mapping[Row, str] | None = None,
    ) -> Routine:
        """The routine of a function. ``inside`` it, some rows are spelled otherwise."""
        if self.branches == "guarded" and not self.as_typed:
            outputs = guard(outputs)
        outputs = self.finish(outputs)
        planned = plan(
            outputs, self.fresh(taken), lazy=self.branches == "lazy", atomic=self.atomic, deepest=self.deepest
        )
        language = self.language(symbols)
        if inside:
            language = language._replace(spellings={**language.spellings, **inside})
        writer = _TextWriter(language, planned.names)
        lines = self._write_block(planned.block, writer)
        mentioned = set(variables(*outputs))
        return Routine(
            function.name,
            function.title,
            tuple(symbols[name] for name in names),
            lines,
            [writer.text(output) for output in outputs],
            function.shape,
            False,
            tuple(symbols[name] for name in names if name not in mentioned),
            tuple(planned.names.values()),
            tuple(map(self.function_name, function.entries)),
            tuple((self.function_name(base), symbols[name]) for base, name in function.parents),
        )

    def _write_block(self, block: Block, writer: _TextWriter) -> list[str]:
        """The lines of the statements. Blocks within blocks are as deep as choices are, which is not far."""
        lines: list[str] = []
        for statement in block.statements:
            if isinstance(statement, Choice):
                branches = []
                for branch in (statement.then, statement.otherwise):
                    inner = self._write_block(branch, writer)
                    branches.append([*inner, self.reassign(statement.name, writer.text(branch.results[0]))])
                lines += self.choose(statement.name, writer.text(statement.condition), *branches)
            else:
                lines.append(self.assign(statement.name, writer.own_text(statement.node)))
        return lines


def _name_entries(arrays: Sequence[Argument], words: Mapping[str, str]) -> dict[str, str]:
    """What the entries of arrays are called, and numbers beside them."""
    symbols = {}
    for one in arrays:
        word = words[one.name]
        symbols.update({entry: f"{word}[{place}]" for place, entry in enumerate(one.entries)} or {one.name: word})
    return symbols


def _take_arrays(
    routine: Routine, arrays: Sequence[Argument], words: Mapping[str, str], outputs: Sequence[Expr]
) -> Routine:
    """A routine whose arguments are arrays."""
    mentioned = set(variables(*outputs))
    return routine._replace(
        arguments=tuple(words[one.name] for one in arrays),
        sizes=tuple(len(one.entries) for one in arrays),
        unused=tuple(words[one.name] for one in arrays if mentioned.isdisjoint(one.variables)),
    )


class _TextWriter:
    """Nodes as text, with the names of parts."""

    def __init__(self, language: Language, names: Mapping[int, str]) -> None:
        self.language = language
        self.names = names
        self.before, self.after = plain.bracket("")

    def text(self, node: Expr) -> str:
        """A node, or its name where it has one."""
        return self.names.get(node.id) or self.own_text(node)

    def own_text(self, node: Expr) -> str:
        """A node as it is computed; parts below it appear by name."""
        out: list[str] = []
        stack: list[Piece] = list(reversed(self._lay_out(node, False).pieces))
        while stack:
            piece = stack.pop()
            if isinstance(piece, str):
                out.append(piece)
                continue
            child, level, negate = piece
            if child.id in self.names:
                out.append(self.names[child.id])
                continue
            layout = self._lay_out(child, negate)
            if layout.level < level:
                out.append(self.before)
                stack.append(self.after)
            stack.extend(reversed(layout.pieces))
        return "".join(out)

    def _lay_out(self, node: Expr, negate: bool) -> Layout:
        return lay_out(node, negate, self.language)


def whole_matrix(function: Function) -> tuple[Expr, ...]:
    """The entries of all places: a symmetric matrix is given by its upper triangle."""
    if not function.symmetric:
        return function.outputs
    size = function.shape[0]
    entries: dict[tuple[int, int], Expr] = {}
    upper = iter(function.outputs)
    for row in range(size):
        for column in range(row, size):
            entries[row, column] = entries[column, row] = next(upper)
    return tuple(entries[row, column] for row in range(size) for column in range(size))


def transliterate(name: str) -> str:
    """A name in ASCII: theta for θ, and the number of the character for others without a Greek or Latin name."""
    out = ""
    for char in name:
        words = unicodedata.name(char, "").split()
        if char.isascii():
            out += char
        elif words[:1] in (["GREEK"], ["LATIN"]) and "LETTER" in words:
            letter = words[words.index("LETTER") + 1]
            out += letter.capitalize() if "CAPITAL" in words else letter.lower()
        else:
            out += f"u{ord(char):04x}"
    return out


def _short(value: Fraction) -> str:
    text = decimal(value) if terminates(value) else repr(value)
    return text if len(text) <= 24 else f"{text[:12]}..."


def indent(lines: Sequence[str], by: str = "    ") -> list[str]:
    """The lines of a block."""
    return [by + line for line in lines]


def write_nested(routine: Routine) -> str:
    """The results in square brackets: a number, a list, or a list of rows."""
    if not routine.shape:
        return routine.results[0]
    if len(routine.shape) == 1:
        return _list(routine.results)
    width = routine.shape[1]
    return _list([_list(routine.results[at : at + width]) for at in range(0, len(routine.results), width)])


def _list(entries: Sequence[str]) -> str:
    return f"[{', '.join(entries)}]"


# --- formulas ----------------------------------------------------------------------------------
# Formulas for readers: an equation for each quantity. They need no helpers and no forms for doubles.


class Formulas(Dialect):
    """A language that sets formulas. Subclasses write an expression, the name of a quantity, and a matrix."""

    typeset = True

    def native(self) -> Mapping[Row, str]:
        """Every row has a name there."""
        return {row: row.name for row in functions()}

    def write_formula(self, node: Expr) -> str:
        """An expression."""
        raise NotImplementedError

    def write_name(self, function: Function) -> str:
        """The left side of the equation."""
        raise NotImplementedError

    def write_matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """A column of rows."""
        raise NotImplementedError

    def write_page(self, equations: Sequence[str]) -> str:
        """All equations."""
        raise NotImplementedError

    def render(
        self,
        functions: Sequence[Function],
        names: Sequence[str],
        header: list[str],
        *,
        plain_form: bool,
        arrays: Sequence[Argument] = (),
    ) -> str:
        """The text of a page with an equation for each function. Raises LimitError for what nobody would read."""
        equations = []
        for function in functions:
            entries = [self.write_formula(output) for output in whole_matrix(function)]
            width = function.shape[1] if len(function.shape) > 1 else 1
            rows = [entries[at : at + width] for at in range(0, len(entries), width)]
            value = self.write_matrix(rows) if function.shape else entries[0]
            equations.append(f"{self.write_name(function)} {self.equals} {value}")
        return "\n".join([*header, self.write_page(equations)]) + "\n"

    equals = "="
