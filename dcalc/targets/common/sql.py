"""SQL: what its dialects share. Common parts are the columns of subqueries, from the inside out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Branches, Call, Dialect, Program, Routine, transliterate

_KEYWORDS = frozenset(
    "all analyse analyze and anti any array as asc asof asymmetric authorization between bigint binary bit blob "
    "boolean both by case cast char character check coalesce collate collation column concurrently constraint "
    "create cross current date dec decimal default deferrable desc describe distinct do double drop else end "
    "except exists extract false fetch float for foreign freeze from full function glob grant greatest group "
    "grouping having if ilike in index initially inner inout insert int integer intersect interval into is isnull "
    "join key lambda language lateral leading least left like limit macro minus nan national natural nchar none "
    "normalize not notnull null nullif numeric offset on only or order out outer over overlaps overlay pivot "
    "pivot_longer pivot_wider placing points position positional precision primary qualify real references "
    "returning returns right row select semi session_user set setof show similar smallint some substring "
    "summarize symmetric table tablesample then time timestamp tinyint to trailing transaction treat trim true "
    "try union unique unpivot update user using values varchar variadic verbose when where window with "
    "x_rows xor".split()
)


class SQL(Dialect):
    """A dialect of SQL. Names are quoted where case or letters matter; statements name columns."""

    suffix = "sql"
    comment = "--"
    keywords = _KEYWORDS
    caseless = True
    inline = True
    branches: Branches = "eager"
    power = "pow"
    quote = '"'
    fence = ""
    """What keeps a subquery apart, where the database would write it out for each use of its columns."""

    def language(self, symbols: Mapping[str, str]) -> Language:
        return notation.LANGUAGE._replace(
            title=self.title,
            spellings=self.native(),
            number=self.number,
            symbol=symbols.__getitem__,
            power=self.write_power,
            choice=self.write_choice,
            relations={**notation.LANGUAGE.relations, table.EQ: " = ", table.NE: " <> "},
            both=" AND ",
            either=" OR ",
            negation="NOT ",
            sign=plain.SUM,
        )

    def identifier(self, name: str, taken: set[str]) -> str:
        word = super().identifier(name, taken)
        return word if word.isascii() and word == word.lower() else f"{self.quote}{word}{self.quote}"

    def function_name(self, name: str) -> str:
        return transliterate(name)

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """A call: signs and powers bind as they please in SQL."""
        return Layout(plain.ATOM, [f"{self.power}(", base._replace(level=0), ", ", exponent._replace(level=0), ")"])

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """CASE."""
        first, second, third = Child(condition, 0), Child(then, 0), Child(otherwise, 0)
        return Layout(plain.ATOM, ["(CASE WHEN ", first, " THEN ", second, " ELSE ", third, " END)"])

    def assign(self, name: str, text: str) -> str:
        return f"{text} AS {name}"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        raise NotImplementedError  # both branches are expressions

    def nest(self, routine: Routine, inner: str) -> str:
        """The FROM clause whose columns are the named parts of a routine; ``inner`` is the innermost one."""
        source = inner
        for number, lines in enumerate(self.find_levels(routine), 1):
            star = "*, " if source else ""
            source = f" FROM (SELECT {star}{', '.join(lines)}{source}{self.fence}) AS s{number}"
        return source

    def find_levels(self, routine: Routine) -> list[list[str]]:
        """The named parts of a routine, each after the level of those that it needs."""
        levels: dict[str, int] = {}
        columns: list[list[str]] = []
        for line, name in zip(routine.lines, routine.locals, strict=True):
            words = set(_words(line))
            level = 1 + max((levels[word] for word in words & levels.keys()), default=-1)
            levels[name] = level
            while len(columns) <= level:
                columns.append([])
            columns[level].append(line)
        return columns


def _words(text: str) -> list[str]:
    words, word = [], ""
    for char in text + " ":
        if char.isalnum() or char == "_":
            word += char
        elif word:
            words.append(word)
            word = ""
    return words


class Query(SQL):
    """A dialect without functions of one's own: one query, which adds columns to a table of points."""

    def write(self, program: Program) -> str:
        columns = [
            f"{text} AS {name}"
            for routine in program.routines
            for text, name in zip(routine.results, column_names(routine), strict=True)
        ]
        whole = Routine(
            "", "", (), [line for routine in program.routines for line in routine.lines], [], (), False, (),
            tuple(name for routine in program.routines for name in routine.locals),
        )  # fmt: skip
        arguments = list(dict.fromkeys(name for routine in program.routines for name in routine.arguments))
        self.arguments = arguments
        listed = ",\n    ".join([*arguments, *columns])
        steps, source = [], "points"
        for number, lines in enumerate(self.find_levels(whole), 1):
            steps.append(f"s{number} AS {self.keep}(SELECT *, {', '.join(lines)} FROM {source})")
            source = f"s{number}"
        clause = ["WITH " + ",\n    ".join(steps)] if steps else []
        return "\n".join([*program.header, *clause, f"SELECT\n    {listed}\nFROM {source};"]) + "\n"

    def drive(self, calls: Sequence[Call]) -> str:
        """What the query before it is run with: the columns of the table of points, and for each call its columns of
        the result and its points."""
        run = [self.arguments, [[call.columns, call.points] for call in calls]]
        return f"-- run {json.dumps(run)}\n"

    shares_names = True
    keep = ""
    """What tells the database to compute each step once, where it would write it out for each use."""
    arguments: Sequence[str] = ()
    """The columns of the table of points, of the last program that was written."""


def column_names(routine: Routine) -> Sequence[str]:
    """The names of the columns that a routine gives: its own, or one for each entry."""
    return [routine.name] if not routine.shape else routine.entries
