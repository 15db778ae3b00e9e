"""MATLAB and Octave: elementwise functions, each for a file of its own name.

What Octave has and MATLAB keeps in its Symbolic Math Toolbox (dawson, erfi, psi, sinint, cosint) is called by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.notation import Child, Layout, plain
from dcalc.notation import matlab as notation
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Call, Dialect, Program, Routine, indent
from dcalc.targets.common.lowering import patch


class Matlab(Dialect):
    """MATLAB."""

    title = "MATLAB"
    spelling = "matlab"
    suffix = "m"
    comment = "%"
    keywords = frozenset(
        "break case catch classdef continue else elseif end for function global if otherwise parfor persistent return "
        "spmd switch try while i j Inf NaN inf nan eps pi ans zeros size choose_value end_try_catch endif "
        "endfor endfunction endwhile until unwind_protect do".split()
    )
    ascii_only = True
    branches = "eager"
    patches = patch("digamma")
    written_functions: Mapping[str, Row] = {"choose_value": table.WHERE}
    driven_head = "1;  % a script, whatever its name\n"

    def language(self, symbols: Mapping[str, str]) -> Language:
        return notation.LANGUAGE._replace(
            title=self.title,
            spellings=self.spellings(),
            number=self.decimal,
            symbol=symbols.__getitem__,
            choice=self.write_choice,
        )

    def helper_name(self, row: Row) -> str:
        return f"dcalc_{super().helper_name(row)}"

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """A function that chooses element by element."""
        first, second, third = Child(condition, 0), Child(then, 0), Child(otherwise, 0)
        return Layout(plain.ATOM, ["choose_value(", first, ", ", second, ", ", third, ")"])

    def assign(self, name: str, text: str) -> str:
        return f"{name} = {text};"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        raise NotImplementedError  # both branches are expressions

    def write(self, program: Program) -> str:
        # MATLAB calls the first function of a file, whatever its name.
        routines = sorted(program.routines, key=lambda routine: routine.is_helper)
        parts = [program.header, *map(self.write_function, routines)]
        if table.WHERE in program.rows:
            parts.append(_CHOOSE)
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        result = "value"
        while result in {*routine.arguments, *routine.locals}:
            result += "_"
        if not routine.shape:
            end = routine.results[0]
        elif len(routine.shape) == 1:
            end = f"[{', '.join(routine.results)}]"
        else:
            width = routine.shape[1]
            rows = [", ".join(routine.results[at : at + width]) for at in range(0, len(routine.results), width)]
            end = f"[{'; '.join(rows)}]"
        head = f"function {result} = {routine.name}({', '.join(routine.arguments)})"
        return [head, *indent([f"% {routine.title}", *routine.lines, f"{result} = {end};"]), "end"]

    def drive(self, calls: Sequence[Call]) -> str:
        lines = []
        for call in calls:
            for point in call.points:
                given = ", ".join(map(repr, point))
                lines.append(f"printf('%.17g\\n', transpose({call.name}({given})));")
        return "\n".join(lines) + "\n"

    def commands(self, source: str) -> list[list[str]]:
        return [["octave-cli", "--quiet", "--no-init-file", "--eval", f"source('{source}')"]]


_CHOOSE = [
    "function value = choose_value(condition, first, second)",
    "    % first where the condition holds, else second, element by element",
    "    value = second + zeros(size(condition));",
    "    first = first + zeros(size(value));",
    "    condition = logical(condition + zeros(size(value)));",
    "    value = value + zeros(size(first));",
    "    value(condition) = first(condition);",
    "end",
]

TARGET = Matlab
