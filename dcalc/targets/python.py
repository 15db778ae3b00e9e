"""Python with its module math; vectors and matrices are lists."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping, Sequence

from dcalc.expr import Expr, exact
from dcalc.notation import Child, Layout, Piece, plain
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Call, Dialect, Program, Routine, indent, write_nested
from dcalc.targets.common.lowering import patch


class Python(Dialect):
    """Python."""

    title = "Python"
    spelling = "python"
    suffix = "py"
    keywords = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "math", "lambda"))
    imports: tuple[str, ...] = ("import math",)
    takes_arrays = True
    patches: Mapping[str, str] = patch("lgamma")

    def language(self, symbols: Mapping[str, str]) -> Language:
        return Language(
            self.title, self.spellings(), self.number, symbols.__getitem__, self.write_power, self.write_choice,
            both=" and ", either=" or ", negation="not ",
        )  # fmt: skip

    def number(self, value: object) -> str:
        return self.decimal(value)

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """A whole power by the operator; others by math.pow, since the operator gives complex numbers."""
        value = exact(exponent.node)
        if type(value) is int:
            return Layout(plain.POWER, [base, "**", exponent])
        return Layout(plain.ATOM, ["math.pow(", base._replace(level=0), ", ", exponent._replace(level=0), ")"])

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """A conditional expression."""
        pieces: list[Piece] = [Child(node, plain.OR) for node in (then, condition, otherwise)]
        return Layout(plain.ATOM, ["(", pieces[0], " if ", pieces[1], " else ", pieces[2], ")"])

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [f"if {condition}:", *indent(then), "else:", *indent(otherwise)]

    def write(self, program: Program) -> str:
        parts = [[*program.header, "", *self.imports], *map(self.write_function, program.routines)]
        return "\n\n\n".join("\n".join(part) for part in parts) + "\n"

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        head = f"def {routine.name}({', '.join(routine.arguments)}):"
        end = f"return {self.write_results(routine)}"
        title = routine.title[:1].upper() + routine.title[1:] if routine.title.startswith("the ") else routine.title
        return [head, *indent([f'"""{title}."""', *routine.lines, end])]

    def write_results(self, routine: Routine) -> str:
        """A number, a list, or a list of lists."""
        return write_nested(routine)

    def drive(self, calls: Sequence[Call]) -> str:
        lines = [
            "",
            "",
            "def flatten(value):",
            "    parts = [value]",
            "    while any(isinstance(part, (list, tuple)) for part in parts):",
            "        nested = [part if isinstance(part, (list, tuple)) else [part] for part in parts]",
            "        parts = [each for part in nested for each in part]",
            "    return parts",
            "",
            "",
            f"CALLS = [{', '.join(map(_list_call, calls))}]",
            "for call, count, points in CALLS:",
            "    for point in points:",
            "        try:",
            f"            values = {self.flattened}",
            "        except (ArithmeticError, ValueError):",
            "            values = [float('nan')] * count",
            "        print(*[repr(float(value)) for value in values], sep='\\n')",
        ]
        return "\n".join(lines) + "\n"

    flattened = "flatten(call(*point))"

    def commands(self, source: str) -> list[list[str]]:
        return [["python3", "-W", "error", source]]


def _list_call(call: Call) -> str:
    points = list(map(call.split_point, call.points))
    return f"({call.name}, {call.size}, {points!r})"


TARGET = Python
