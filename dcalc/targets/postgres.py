"""PostgreSQL: an SQL function for each quantity; vectors and matrices are arrays.

What overflows or underflows on the way is an error there, as it is in all of its arithmetic.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from dcalc import functions as table
from dcalc.targets.common.dialect import Call, Program, Routine, write_nested
from dcalc.targets.common.sql import SQL

_RUN = (
    "import os, pathlib, shutil, subprocess, sys, tempfile\n"
    "tools = [shutil.which(name) for name in ('initdb', 'pg_ctl', 'psql')]\n"
    "if None in tools:\n"
    "    sys.exit('the programs initdb, pg_ctl and psql of PostgreSQL are needed')\n"
    "initdb, pg_ctl, psql = tools\n"
    "folder = tempfile.mkdtemp(prefix='dcalc-')\n"
    "prefix = []\n"
    "if os.geteuid() == 0:\n"  # the server does not run as root
    "    prefix = ['runuser', '-u', 'postgres', '--']\n"
    "    shutil.chown(folder, 'postgres')\n"
    "data, log = folder + '/data', folder + '/log'\n"
    "options = f\"-F -c listen_addresses='' -k {folder}\"\n"
    "calm = dict(check=True, stdout=subprocess.DEVNULL, cwd='/')\n"
    "text = pathlib.Path(sys.argv[1]).read_text(encoding='utf-8')\n"
    "try:\n"
    "    subprocess.run([*prefix, initdb, '-D', data, '-A', 'trust', '-E', 'UTF8', '-N', '-U', 'postgres'], **calm)\n"
    "    subprocess.run([*prefix, pg_ctl, '-D', data, '-o', options, '-l', log, '-w', 'start'], **calm)\n"
    "    try:\n"
    "        command = [psql, '-h', folder, '-U', 'postgres', '-AtqX', '-v', 'ON_ERROR_STOP=1']\n"
    "        subprocess.run(command, check=True, input=text.encode(), env={**os.environ, 'PGCLIENTENCODING': 'UTF8'})\n"
    "    finally:\n"
    "        subprocess.run([*prefix, pg_ctl, '-D', data, '-m', 'immediate', 'stop'], **calm)\n"
    "finally:\n"
    "    shutil.rmtree(folder)\n"
)
"""Runs a script in a server of its own, which listens to this program alone."""
_TRY = (
    "CREATE FUNCTION dcalc_try(call text, size integer) RETURNS text LANGUAGE plpgsql AS $dcalc$\n"
    "DECLARE answer text;\n"
    "BEGIN\n"
    "    EXECUTE call INTO answer;\n"
    "    RETURN coalesce(answer, 'nan');\n"
    "EXCEPTION WHEN data_exception THEN\n"
    "    RETURN array_to_string(array_fill('nan'::text, ARRAY[size]), E'\\n');\n"
    "END\n"
    "$dcalc$;\n"
)
"""What a call gives, one number per line; nan where it is out of range."""


class Postgres(SQL):
    """PostgreSQL."""

    title = "PostgreSQL"
    spelling = "postgres"
    power = "power"
    fence = " OFFSET 0"
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

    def drive(self, calls: Sequence[Call]) -> str:
        lines = [_TRY]
        for call in calls:
            for point in call.points:
                given = ", ".join(f"'{value!r}'::float8" for value in point)
                text = f"{call.name}({given})"
                whole = f"SELECT array_to_string(ARRAY[{text}], E'\\n', 'nan')"
                lines.append(f"SELECT dcalc_try($call${whole}$call$, {call.size});")
        return "\n".join(lines) + "\n"

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-c", _RUN, source]]


TARGET = Postgres
