"""Formulas for readers: an equation for each quantity. They need no helpers and no forms for doubles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.expr import Expr
from dcalc.functions import Row, functions
from dcalc.targets.common.dialect import Argument, Dialect, whole_matrix
from dcalc.targets.common.quantities import Function


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
