"""LaTeX: an equation for each quantity, in an aligned block."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.expr import Expr, symbol
from dcalc.notation import write
from dcalc.targets.common.dialect import Formulas
from dcalc.targets.common.quantities import Function

_LONGEST = 1_000_000


class LaTeX(Formulas):
    """LaTeX."""

    title = "LaTeX"
    suffix = "tex"
    comment = "%"
    equals = "&="

    def write_formula(self, node: Expr) -> str:
        return write(node, "latex", limit=_LONGEST)

    def write_name(self, function: Function) -> str:
        ((_, along), *rest) = function.partials
        name = function.name.replace("_", r"\_")
        if rest or function.shape:
            stem, _, base = function.name.partition("_")
            sign = {"grad": r"\nabla ", "hess": r"\nabla^2 ", "jac": "J_"}.get(stem if base else "", "")
            return f"{sign}{self._word(base or stem)}"
        if not along:
            return self._word(name)
        base = function.name.partition("_")[0].lstrip("d0123456789") or function.name
        above = f"^{{{len(along)}}}" if len(along) > 1 else ""
        below = " ".join(rf"\partial {write(symbol(each), 'latex')}" for each in along)
        return rf"\frac{{\partial{above} {self._word(base)}}}{{{below}}}"

    def _word(self, name: str) -> str:
        return name if len(name) == 1 else rf"\mathrm{{{name}}}"

    def write_matrix(self, rows: Sequence[Sequence[str]]) -> str:
        lines = [" & ".join(row) for row in rows]
        return r"\begin{pmatrix} " + r" \\ ".join(lines) + r" \end{pmatrix}"

    def write_page(self, equations: Sequence[str]) -> str:
        lines = " \\\\\n".join(equations)
        return "\\begin{aligned}\n" + lines + "\n\\end{aligned}"


TARGET = LaTeX
