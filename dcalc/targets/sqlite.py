"""SQLite: a query that adds columns to a table of points; values that are not finite are NULL."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from dcalc.targets.common.dialect import Call
from dcalc.targets.common.sql import Query

_RUN = (
    "import json, sqlite3, sys\n"
    "query, _, given = open(sys.argv[1], encoding='utf-8').read().rpartition('-- run ')\n"
    "session = sqlite3.connect(':memory:')\n"
    "names, calls = json.loads(given)\n"
    'session.execute(f\'CREATE TABLE points ({", ".join(name + " REAL" for name in names)})\')\n'
    "for columns, points in calls:\n"
    "    session.execute('DELETE FROM points')\n"
    '    session.executemany(f\'INSERT INTO points VALUES ({", ".join("?" * len(names))})\', points)\n'
    '    for row in session.execute(f\'SELECT {", ".join(columns)} FROM ({query.strip().rstrip(";")})\'):\n'
    "        print(*['nan' if part is None else repr(float(part)) for part in row], sep='\\n')\n"
)


class SQLite(Query):
    """SQLite."""

    title = "SQLite"
    spelling = "sqlite"
    deepest = 10  # its parser has a stack of 100
    keep = "MATERIALIZED "  # from version 3.35 on

    def drive(self, calls: Sequence[Call]) -> str:
        run = [self.arguments, [[call.columns, call.points] for call in calls]]
        return f"-- run {json.dumps(run)}\n"

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-c", _RUN, source]]


TARGET = SQLite
