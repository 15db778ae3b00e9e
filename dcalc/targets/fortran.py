"""Fortran 2018: a module with a function for each number, and a subroutine for each vector or matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.notation import Child, Layout, plain
from dcalc.notation import c as notation
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Call, Dialect, Program, Routine, indent

_WIDEST = 100
_SPACES = (" + ", " - ", ", ", " < ", " .and. ")
"""Where a line is broken: before a space."""


class Fortran(Dialect):
    """Fortran."""

    title = "Fortran"
    spelling = "fortran"
    suffix = "f90"
    comment = "!"
    keywords = frozenset(
        "allocatable allocate assign assignment associate asynchronous backspace bind block call case character class "
        "close codimension common complex concurrent contains contiguous continue critical cycle data deallocate "
        "deferred dimension do double elemental else elsewhere end endif enddo entry enum equivalence error exit "
        "extends external final flush forall format function generic go goto if implicit import impure in include "
        "inout inquire integer intent interface intrinsic is kind len lock logical merge module namelist none "
        "non_intrinsic nullify only open operator optional out parameter pass pause pointer precision print private "
        "procedure program protected public pure rank read real recursive result return rewind save select "
        "sequence shape size stop subroutine sum sync target team then to type unlock use value volatile wait "
        "where while write iso_fortran_env real64 real32 dcalc_program huge floor ceiling".split()
    )
    ascii_only = True
    caseless = True
    is_closed = True
    precisions = ("float64", "float32")

    @property
    def kind(self) -> str:
        """The kind of all numbers."""
        return "real64" if self.precision == "float64" else "real32"

    @property
    def module(self) -> str:
        """The name of the module, with its number where a file has several."""
        return f"dcalc_program{self.place or ''}"

    def language(self, symbols: Mapping[str, str]) -> Language:
        return notation.LANGUAGE._replace(
            title=self.title,
            spellings={row: text.replace("real64", self.kind) for row, text in self.spellings().items()},
            number=lambda value: f"{self.number(value)}_{self.kind}",
            symbol=symbols.__getitem__,
            power=self.write_power,
            choice=self.write_choice,
            relations={**notation.LANGUAGE.relations, table.NE: " /= "},
            both=" .and. ",
            either=" .or. ",
            negation=".not. ",
            sign=plain.SUM,
        )

    def helper_name(self, row: Row) -> str:
        return f"dcalc_{super().helper_name(row)}"

    def write_power(self, base: Child, exponent: Child) -> Layout:
        """The operator, with brackets on both sides."""
        return Layout(plain.POWER, [base, "**", exponent._replace(level=plain.ATOM)])

    def write_choice(self, condition: Expr, then: Expr, otherwise: Expr) -> Layout:
        """merge, which may compute both."""
        first, second, third = Child(condition, 0), Child(then, 0), Child(otherwise, 0)
        return Layout(plain.ATOM, ["merge(", second, ", ", third, ", ", first, ")"])

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [f"if ({condition}) then", *indent(then), "else", *indent(otherwise), "end if"]

    def write(self, program: Program) -> str:
        names = ", ".join(routine.name for routine in program.routines if not routine.is_helper)
        head = [
            *program.header,
            f"module {self.module}",
            f"    use, intrinsic :: iso_fortran_env, only: {self.kind}",
            "    implicit none",
            "    private",
            f"    public :: {names}",
            "contains",
        ]
        parts = ["\n".join(_fold(line)) for line in head]
        for routine in program.routines:
            parts += ["", *("\n".join(_fold("    " + line)) for line in self.write_function(routine))]
        return "\n".join([*parts, f"end module {self.module}"]) + "\n"

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function or subroutine."""
        real = f"real({self.kind})"
        taken = {name.casefold() for name in (routine.name, *routine.arguments, *routine.locals)}
        result = "r"
        while result in taken:
            result += "_"
        arguments = [*routine.arguments, *([result] if routine.shape else [])]
        word = "subroutine" if routine.shape else "function"
        tail = "" if routine.shape else f" result({result})"
        lines = [f"! {routine.title}", f"pure {word} {routine.name}({', '.join(arguments)}){tail}"]
        body = [f"{real}, intent(in) :: {name}" for name in routine.arguments]
        size = f"({len(routine.results)})" if routine.shape else ""
        body.append(f"{real}{', intent(out)' if routine.shape else ''} :: {result}{size}")
        body += [f"{real} :: {name}" for name in routine.locals]
        body += routine.lines
        if routine.shape:
            body += [f"{result}({place}) = {text}" for place, text in enumerate(routine.results, 1)]
        else:
            body.append(f"{result} = {routine.results[0]}")
        # An argument that is never used is a warning; this use takes no time.
        if routine.unused:
            body += [f"if (.false.) {self._target(routine, result)} = {name}" for name in routine.unused]
        return [*lines, *indent(body), f"end {word} {routine.name}"]

    def _target(self, routine: Routine, result: str) -> str:
        return f"{result}(1)" if routine.shape else result

    def drive(self, calls: Sequence[Call]) -> str:
        lines = ["program main", "    use, intrinsic :: iso_fortran_env, only: real64, real32",
                 "    use dcalc_program", "    implicit none"]  # fmt: skip
        body = []
        for number, call in enumerate(calls):
            width, result = len(call.points[0]), f"v{number}"
            if call.shape:
                lines.append(f"    real({self.kind}) :: {result}({call.size})")
            for point in call.points:
                given = ", ".join(f"{value!r}_{self.kind}" for value in point[:width])
                if call.shape:
                    body += [f"call {call.name}({given}, {result})", f"print '(es25.17e3)', {result}"]
                else:
                    body.append(f"print '(es25.17e3)', {call.name}({given})")
        lines += indent(body)
        return "\n".join("\n".join(_fold(line)) for line in [*lines, "end program main"]) + "\n"

    def commands(self, source: str) -> list[list[str]]:
        flags = ["-std=f2018", "-O2", "-Wall", "-Werror", "-pedantic"]
        return [["gfortran", *flags, source, "-o", "program"], ["./program"]]


def _fold(line: str) -> list[str]:
    """A line in pieces of at most 132 characters, each but the last with its mark."""
    if len(line) <= _WIDEST or line.lstrip().startswith("!"):
        return [line]
    pieces = []
    margin = len(line) - len(line.lstrip()) + 4
    while len(line) > _WIDEST:
        at = max(line.rfind(mark, margin + 1, _WIDEST) for mark in _SPACES)
        if at < 0:  # brackets within brackets, or one long word: a break is allowed anywhere
            pieces.append(line[:_WIDEST] + "&")
            line = " " * margin + "&" + line[_WIDEST:]
            continue
        pieces.append(line[:at] + " &")
        line = " " * margin + line[at:].lstrip()
    return [*pieces, line]


TARGET = Fortran
