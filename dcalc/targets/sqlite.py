"""SQLite: a query that adds columns to a table of points; values that are not finite are NULL."""

from __future__ import annotations

import sys

from dcalc.targets.common.sql import Query

_RUN = (
    "import json, sqlite3, sys\n"
    "session = sqlite3.connect(':memory:')\n"
    "query = ''\n"
    "for line in open(sys.argv[1], encoding='utf-8'):\n"
    "    if not line.startswith('-- run '):\n"
    "        query += line\n"
    "        continue\n"
    "    names, calls = json.loads(line[7:])\n"
    "    kinds = ', '.join(name + ' REAL' for name in names)\n"
    "    session.execute('DROP TABLE IF EXISTS points')\n"
    "    session.execute(f'CREATE TABLE points ({kinds})')\n"
    "    for columns, points in calls:\n"
    "        session.execute('DELETE FROM points')\n"
    '        session.executemany(f\'INSERT INTO points VALUES ({", ".join("?" * len(names))})\', points)\n'
    '        for row in session.execute(f\'SELECT {", ".join(columns)} FROM ({query.strip().rstrip(";")})\'):\n'
    "            print(*['nan' if part is None else repr(float(part)) for part in row], sep='\\n')\n"
    "    query = ''\n"
)


class SQLite(Query):
    """SQLite."""

    title = "SQLite"
    spelling = "sqlite"
    deepest = 10  # its parser has a stack of 100
    keep = "MATERIALIZED "  # from version 3.35 on

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-c", _RUN, source]]


TARGET = SQLite
