"""DuckDB: a macro for each quantity, to be called in any query; vectors and matrices are lists."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dcalc.targets.common.dialect import Call, Program, Routine, write_nested
from dcalc.targets.common.sql import SQL

_RUN = (
    "import sys, duckdb\n"
    "session = duckdb.connect()\n"
    "for statement in open(sys.argv[1], encoding='utf-8').read().split(';\\n'):\n"
    "    if statement.strip():\n"
    "        for row in session.execute(statement).fetchall():\n"
    "            parts = list(row)\n"
    "            while any(isinstance(part, list) for part in parts):\n"
    "                parts = [e for part in parts for e in (part if isinstance(part, list) else [part])]\n"
    "            print(*['nan' if part is None else repr(float(part)) for part in parts], sep='\\n')\n"
)


class DuckDB(SQL):
    """DuckDB."""

    title = "DuckDB"
    spelling = "duckdb"

    def number(self, value: object) -> str:
        text = self.decimal(value)
        return text if "e" in text else f"{text}e0"

    def write(self, program: Program) -> str:
        parts = ["\n".join(program.header), *map(self.write_macro, program.routines)]
        return "\n\n".join(parts) + "\n"

    def write_macro(self, routine: Routine) -> str:
        """The statement that defines a macro."""
        head = f"-- {routine.title}\nCREATE OR REPLACE MACRO {routine.name}({', '.join(routine.arguments)}) AS"
        text = write_nested(routine)
        if not routine.lines:
            return f"{head}\n    {text};"
        return f"{head} (\n    SELECT {text}{self.nest(routine, '')}\n);"

    def drive(self, calls: Sequence[Call]) -> str:
        lines = []
        for call in calls:
            for point in call.points:
                given = ", ".join(f"({self.number_of(value)})" for value in point)
                lines.append(f"SELECT {call.name}({given});")
        return "\n".join(lines) + "\n"

    def number_of(self, value: float) -> str:
        """A double as a literal."""
        text = repr(value)
        return text if "e" in text else f"{text}e0"

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-c", _RUN, source]]


TARGET = DuckDB
