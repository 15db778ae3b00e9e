"""Spark SQL: a query that adds columns to a table or view of points."""

from __future__ import annotations

from dcalc.targets.common.sql import Query


class Spark(Query):
    """Spark."""

    title = "Spark"
    spelling = "spark"
    power = "power"
    branches = "guarded"
    is_tested = False

    def number(self, value: object) -> str:
        return self.decimal(value) + "D"


TARGET = Spark
