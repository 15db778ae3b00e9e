"""C11 with math.h: a function for each quantity; vectors and matrices are written to the last argument, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import Language
from dcalc.spellings.c import KEYWORDS
from dcalc.targets.common.dialect import Call, Dialect, Program, Routine, indent

_OWN = frozenset("sinpi cospi tanpi exp10 step frac sign root csc sec cot erf2".split())
"""Helpers that later versions of C, or common headers, have a function of the same name for."""


MACROS = frozenset(
    "NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL MATH_ERRNO MATH_ERREXCEPT math_errhandling errno I unix linux i386 "
    "M_E M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2 NULL EOF stdin "
    "stdout stderr MAXFLOAT DOMAIN OVERFLOW UNDERFLOW".split()
)
"""Macros of the headers, or of a compiler, which no variable can be called."""


class C(Dialect):
    """C."""

    title = "C"
    spelling = "c"
    suffix = "c"
    comment = "//"
    keywords = KEYWORDS | MACROS | frozenset("main printf abs pow powf signgam inline complex".split())
    globals = frozenset("gamma y0 y1 yn j0 j1 jn".split())
    precisions = ("float64", "float32")
    takes_arrays = True
    hides_names = True
    warning = "plain doubles, with no proof; do not compile with -ffast-math, which may undo what keeps the digits"

    def language(self, symbols: Mapping[str, str]) -> Language:
        names = {row: self.spell(text) for row, text in self.native().items()}
        return notation.LANGUAGE._replace(
            title=self.title,
            spellings={**self.spellings(), **names},
            number=lambda value: self.number(value) + self.mark,
            symbol=symbols.__getitem__,
            power=self.write_power,
        )

    def is_reserved(self, word: str) -> bool:
        # ISO C 7.1.3; the words _Bool and _Complex are among them, and the macros of compilers.
        return word[0] == "_" and (word[1:2] == "_" or word[1:2].isupper())

    @property
    def kind(self) -> str:
        """The type of all numbers."""
        return "double" if self.precision == "float64" else "float"

    @property
    def mark(self) -> str:
        """What ends a number."""
        return "" if self.precision == "float64" else "f"

    def spell(self, text: str) -> str:
        """A native function for the type of the numbers."""
        return text if self.precision == "float64" or text.startswith("M_") else text + "f"

    def helper_name(self, row: Row) -> str:
        name = super().helper_name(row)
        return f"dcalc_{name}" if name in _OWN else name

    def assign(self, name: str, text: str) -> str:
        return f"const {self.kind} {name} = {text};"

    def reassign(self, name: str, text: str) -> str:
        return f"{name} = {text};"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [
            f"{self.kind} {name};",
            f"if ({condition}) {{",
            *indent(then),
            "} else {",
            *indent(otherwise),
            "}",
        ]

    def write(self, program: Program) -> str:
        head = [*program.header]
        if any(row.name.startswith("bessel") for row in program.rows):
            head += ["#ifndef _DEFAULT_SOURCE", "#define _DEFAULT_SOURCE  // for Bessel functions", "#endif"]
        head.append("#include <math.h>")
        for row, digits in ((table.PI, "3.14159265358979323846"), (table.E, "2.7182818284590452354")):
            if row in program.rows:
                macro = self.native()[row]
                head += [f"#ifndef {macro}", f"#define {macro} {digits}", "#endif"]
        return super().write(program._replace(header=head))

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        parameters = [
            f"const {self.kind} {name}[{size}]" if size else f"{self.kind} {name}"
            for name, size in routine.sized_arguments()
        ]
        unused = [f"(void){name};" for name in routine.unused]
        kind = self.kind
        if routine.shape:
            kind, count = "void", len(routine.results)
            out = self.name_output(routine)
            parameters.append(f"{self.kind} {out}[{count}]")
            end = [f"{out}[{place}] = {text};" for place, text in enumerate(routine.results)]
        else:
            end = [f"return {routine.results[0]};"]
        scope = "static " if routine.is_helper else ""
        head = f"{scope}{kind} {routine.name}({', '.join(parameters) or self.no_arguments}) {{"
        return [f"// {routine.title}", head, *indent([*unused, *routine.lines, *end]), "}"]

    no_arguments = "void"

    def drive(self, calls: Sequence[Call]) -> str:
        lines = ["#include <stdio.h>", "", "int main(void) {"]
        for number, call in enumerate(calls):
            lines += indent(self._drive_call(call, f"points{number}"))
        return "\n".join([*lines, "    return 0;", "}"]) + "\n"

    def _drive_call(self, call: Call, points: str) -> list[str]:
        width = len(call.points[0])
        rows = ", ".join("{" + ", ".join(map(repr, point or (0.0,))) + "}" for point in call.points)
        numbers = call.split_point([f"{points}[i][{place}]" for place in range(width)])
        given = [f"&{one[0]}" if isinstance(one, list) else f"({self.kind}){one}" for one in numbers]
        if call.shape:
            run = [f"{self.kind} out[{call.size}];", f"{call.name}({', '.join([*given, 'out'])});",
                   f'for (int k = 0; k < {call.size}; k++) printf("%.17g\\n", (double)out[k]);']  # fmt: skip
        else:
            run = [f'printf("%.17g\\n", (double){call.name}({", ".join(given)}));']
        return [
            f"static const double {points}[][{max(width, 1)}] = {{{rows}}};",
            f"for (int i = 0; i < {len(call.points)}; i++) {{",
            *indent(run),
            "}",
        ]

    def commands(self, source: str) -> list[list[str]]:
        flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic"]
        return [["cc", *flags, source, "-o", "program", "-lm"], ["./program"]]

    def name_output(self, routine: Routine) -> str:
        """The name of the argument that takes a vector or a matrix."""
        taken = {*routine.arguments, *routine.locals}
        name = "out"
        while name in taken:
            name += "_"
        return name

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """base**exponent as a call."""
        power = self.spell("pow")
        return Layout(plain.ATOM, [f"{power}(", base._replace(level=0), ", ", exponent._replace(level=0), ")"])


TARGET = C
