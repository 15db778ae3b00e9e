"""PostgreSQL: an SQL function for each quantity; vectors and matrices are arrays.

What overflows or underflows on the way is an error there, as it is in all of its arithmetic.
"""

from __future__ import annotations

from dcalc import functions as table
from dcalc.targets.common.dialect import Program, Routine, write_nested
from dcalc.targets.common.sql import SQL


class Postgres(SQL):
    """PostgreSQL."""

    title = "PostgreSQL"
    spelling = "postgres"
    power = "power"
    branches = "guarded"
    atomic = frozenset((table.EXP,))

    def number(self, value: object) -> str:
        return f"'{self.decimal(value)}'::float8"

    def write(self, program: Program) -> str:
        parts = ["\n".join(program.header), *map(self.write_sql_function, program.routines)]
        return "\n\n".join(parts) + "\n"

    def write_sql_function(self, routine: Routine) -> str:
        """The statement that defines a function."""
        kind = "float8" + "[]" * bool(routine.shape)
        parameters = ", ".join(f"{name} float8" for name in routine.arguments)
        text = f"ARRAY{write_nested(routine)}" if routine.shape else routine.results[0]
        return (
            f"-- {routine.title}\nCREATE OR REPLACE FUNCTION {routine.name}({parameters}) RETURNS {kind}\n"
            f"LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $dcalc$\n    SELECT {text}{self.nest(routine, '')}\n$dcalc$;"
        )


TARGET = Postgres
