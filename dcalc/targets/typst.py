"""Typst: an equation for each quantity, as a block of mathematics."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.expr import Expr
from dcalc.notation import Writer
from dcalc.targets.common import typst
from dcalc.targets.common.dialect import Formulas
from dcalc.targets.common.quantities import Function

_LONGEST = 1_000_000


class Typst(Formulas):
    """Typst."""

    title = "Typst"
    suffix = "typ"
    comment = "//"
    equals = "&="

    def write_formula(self, node: Expr) -> str:
        return Writer(typst).write(node, 0, _LONGEST)

    def write_name(self, function: Function) -> str:
        stem, _, base = function.name.partition("_")
        if function.shape or not function.partials[0][1]:
            sign = {"grad": "nabla ", "hess": "nabla^2 ", "jac": "J "}.get(stem if base else "", "")
            return f"{sign}{typst.write_word(base or stem)}"
        along = function.partials[0][1]
        above = f"^{len(along)}" if len(along) > 1 else ""
        below = " ".join(f"diff {typst.write_word(each)}" for each in along)
        return f"(diff{above} {typst.write_word(stem.lstrip('d0123456789') or stem)}) / ({below})"

    def write_matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return f"mat({'; '.join(', '.join(row) for row in rows)})"

    def write_page(self, equations: Sequence[str]) -> str:
        lines = " \\\n".join(f"  {each}" for each in equations)
        return f"$\n{lines}\n$"


TARGET = Typst
