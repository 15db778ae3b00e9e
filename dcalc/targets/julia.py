"""Julia, with its packages SpecialFunctions and LogExpFunctions; vectors and matrices are arrays."""

from __future__ import annotations

from collections.abc import Mapping

from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Dialect, Routine, indent


class Julia(Dialect):
    """Julia."""

    title = "Julia"
    spelling = "julia"
    suffix = "jl"
    preamble = ("using SpecialFunctions, LogExpFunctions",)
    comment = "#"
    keywords = frozenset(
        "baremodule begin break catch const continue do else elseif end export false finally for function global if "
        "import let local macro module quote return struct true try using while in isa where pi im Inf NaN".split()
    )
    is_tested = False

    def language(self, symbols: Mapping[str, str]) -> Language:
        return notation.LANGUAGE._replace(
            title=self.title, spellings=self.spellings(), number=self.number, symbol=symbols.__getitem__,
            power=self.write_power,
        )  # fmt: skip

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """The operator, with brackets on both sides."""
        return Layout(plain.POWER, [base, "^", exponent._replace(level=plain.ATOM)])

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [f"local {name}", f"if {condition}", *indent(then), "else", *indent(otherwise), "end"]

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        head = f"function {routine.name}({', '.join(routine.arguments)})"
        return [f"# {routine.title}", head, *indent([*routine.lines, f"return {self._write_results(routine)}"]), "end"]

    def _write_results(self, routine: Routine) -> str:
        if not routine.shape:
            return routine.results[0]
        if len(routine.shape) == 1:
            return f"[{', '.join(routine.results)}]"
        width = routine.shape[1]
        rows = [" ".join(f"({text})" for text in routine.results[at : at + width])
                for at in range(0, len(routine.results), width)]  # fmt: skip
        return f"[{'; '.join(rows)}]"


TARGET = Julia
