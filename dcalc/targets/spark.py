"""Spark SQL: a query that adds columns to a table or view of points."""

from __future__ import annotations

import sys

from dcalc.targets.common.sql import Query

_RUN = (
    "import json, os, sys\n"
    "try:\n"
    "    from pysail.spark import SparkConnectServer\n"
    "except ImportError:\n"
    "    from pyspark.sql import SparkSession\n"
    "    session = SparkSession.builder.master('local[1]').config('spark.ui.enabled', 'false').getOrCreate()\n"
    "else:\n"
    "    server = SparkConnectServer()\n"
    "    server.start(background=True)\n"
    "    os.environ.setdefault('SPARK_HOME', os.getcwd())\n"
    "    from pyspark.sql import SparkSession\n"
    "    session = SparkSession.builder.remote(f'sc://localhost:{server.listening_address[1]}').getOrCreate()\n"
    "query = ''\n"
    "for line in open(sys.argv[1], encoding='utf-8'):\n"
    "    if not line.startswith('-- run '):\n"
    "        query += line\n"
    "        continue\n"
    "    names, calls = json.loads(line[7:])\n"
    "    for columns, points in calls:\n"
    "        rows = ', '.join('(' + ', '.join(f'{float(x)!r}D' for x in point) + ')' for point in points)\n"
    "        given = f'SELECT * FROM VALUES {rows} AS given({\", \".join(names)})'\n"
    "        session.sql(given).createOrReplaceTempView('points')\n"
    "        listed = ', '.join(columns)\n"
    "        for row in session.sql(f'SELECT {listed} FROM ({query.strip().rstrip(\";\")})').collect():\n"
    "            print(*['nan' if part is None else repr(float(part)) for part in row], sep='\\n')\n"
    "    query = ''\n"
    "session.stop()\n"
)
"""Runs queries in Spark itself, or in Sail, which speaks its protocol and needs no Java."""


class Spark(Query):
    """Spark."""

    title = "Spark"
    spelling = "spark"
    power = "power"
    quote = "`"
    branches = "guarded"

    def number(self, value: object) -> str:
        return self.decimal(value) + "D"

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-c", _RUN, source]]


TARGET = Spark
