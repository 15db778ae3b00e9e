"""NumPy: functions of arrays that broadcast; a vector or a matrix has its entries along the first axes."""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Mapping

from dcalc.expr import Expr
from dcalc.notation import Child, Layout, plain
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Branches, Precision, Routine
from dcalc.targets.python import Python


class NumPy(Python):
    """NumPy."""

    title = "NumPy"
    spelling = "numpy"
    keywords = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "numpy"))
    imports: tuple[str, ...] = ("import numpy as np",)
    branches: Branches = "guarded"
    patches: Mapping[str, str] = {}
    precisions: tuple[Precision, ...] = ("float64", "float32")
    library = "np"

    def language(self, symbols: Mapping[str, str]) -> Language:
        return super().language(symbols)._replace(both=" & ", either=" | ", negation="~", tight_connections=True)

    def number(self, value: object) -> str:
        text = self.decimal(value)
        return text if "." in text or "e" in text or len(text) < 10 else text + ".0"

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """The operator: NumPy gives nan where there is no real number."""
        return Layout(plain.POWER, [base, "**", exponent])

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """`where`, which computes both branches."""
        children = (Child(condition, 0), Child(then, 0), Child(otherwise, 0))
        first, second, third = children
        return Layout(plain.ATOM, [f"{self.library}.where(", first, ", ", second, ", ", third, ")"])

    def write_results(self, routine: Routine) -> str:
        if not routine.shape:
            (text,) = routine.results
            if len(routine.unused) < len(routine.arguments) or not routine.arguments:
                return text
            return f"{self.library}.zeros_like({' + '.join(routine.arguments)}) + {text}"
        library, count = self.library, len(routine.results)
        listed = ", ".join([*routine.results, *routine.arguments])
        stacked = f"{library}.stack({library}.broadcast_arrays({listed})[:{count}])"
        if len(routine.shape) == 1:
            return stacked
        rows, width = routine.shape
        return f"{stacked}.reshape(({rows}, {width}) + {library}.broadcast_shapes({self._shapes(routine)}))"

    def _shapes(self, routine: Routine) -> str:
        return ", ".join(f"{self.library}.shape({name})" for name in routine.arguments)

    @property
    def flattened(self) -> str:  # type: ignore[override]  # it depends on the precision
        return f"{self.library}.ravel(call(*map({self.library}.{self.precision}, point)))"

    def commands(self, source: str) -> list[list[str]]:
        return [[sys.executable, "-W", "error", source]]


TARGET = NumPy
