"""Several data sets with one model: parameters that are shared, and parameters of which each set has its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dcalc import functions as table
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, make, number, substitute, symbol
from dcalc.optimise.dataset import Raw
from dcalc.text import is_missing, join_words, some

SET = "_set"
"""The column with the number of the set; names begin with a letter, so no column has this one."""
MOST_SETS = 50
"""Sets above which the model, which has a branch for each, would be too large."""


class Groups(NamedTuple):
    """The sets of a column: ``labels`` in their order, and ``own`` names of each parameter that is not shared."""

    labels: Sequence[str]
    own: Mapping[str, Sequence[str]]

    def spread_start(self, start: Mapping[str | int | None, float]) -> dict[str | int | None, float]:
        """A start in which the value of a parameter is that of its own name in each set."""
        starts: dict[str | int | None, float] = {}
        for name, value in start.items():
            for own in self.own.get(name, (name,)) if isinstance(name, str) else (name,):
                starts.setdefault(own, value)
        return {**starts, **{name: value for name, value in start.items() if name not in self.own}}

    def rewrite(self, model: Expr) -> Expr:
        """The model in which the number of the set chooses among own parameters."""
        return substitute(model, {name: self._choose(names) for name, names in self.own.items()})

    def _choose(self, names: Sequence[str]) -> Expr:
        choice = symbol(names[-1])
        for code in reversed(range(len(names) - 1)):
            choice = make(table.WHERE, make(table.EQ, symbol(SET), number(code)), symbol(names[code]), choice)
        return choice


def find_groups(raw: Raw, column: str, parameters: Sequence[str], each: Sequence[str] | None) -> Groups:
    """The sets that the labels in a column make; ``each`` are the parameters that are not shared, None for all.

    An own parameter has the name of the parameter with the label behind it, as in `a_north`, or with the number of
    the set where that is not a name. Raises UsageError, UnknownVariable.
    """
    if column not in raw:
        raise UsageError(f"the data have no column {column}", help=f"the columns are {', '.join(list(raw)[:12])}")
    labels = list(dict.fromkeys(_label(cell) for cell in raw[column] if _label(cell)))
    if len(labels) > MOST_SETS:
        raise UsageError(
            f"column {column} makes {len(labels)} sets, and at most {MOST_SETS} are fitted together",
            help="name a column that holds few different labels",
        )
    for name in each or ():
        if name not in parameters:
            known = join_words(some(parameters), "or")
            raise UnknownVariable(f"the model has no parameter {name}", help=f"--each takes {known}")
    own: dict[str, Sequence[str]] = {}
    taken = {*parameters, *raw}
    for name in parameters if each is None else each:
        texts = [f"{name}_{label}" for label in labels]
        if not all(map(_NAME.fullmatch, texts)) or len({*texts, *taken}) < len(texts) + len(taken):
            texts = [f"{name}_{place}" for place in range(1, len(labels) + 1)]
        if clash := next((text for text in texts if text in taken), None):
            raise UsageError(f"{clash} would be a parameter of one set, and is a name already", help="rename it")
        own[name] = texts
        taken |= {*texts}
    return Groups(labels, own)


_NAME = re.compile(r"[^\W\d]\w*", re.ASCII)


def number_sets(raw: Raw, column: str, groups: Groups) -> list[float | None]:
    """The number of the set of each row; None where its label is missing."""
    codes = {label: float(code) for code, label in enumerate(groups.labels)}
    return [codes.get(_label(cell)) for cell in raw[column]]


def _label(cell: object) -> str:
    """The text of a label; empty where it is missing."""
    if cell is None or (isinstance(cell, str) and is_missing(cell)):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
