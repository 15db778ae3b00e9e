"""JavaScript: functions of an ES module; vectors and matrices are arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.notation import js as notation
from dcalc.notation.common import Language
from dcalc.spellings.js import KEYWORDS
from dcalc.targets.common.dialect import Call, Dialect, Routine, indent, write_nested


class JavaScript(Dialect):
    """JavaScript."""

    title = "JavaScript"
    spelling = "js"
    suffix = "mjs"
    comment = "//"
    keywords = KEYWORDS
    takes_arrays = True

    def language(self, symbols: Mapping[str, str]) -> Language:
        return notation.LANGUAGE._replace(
            spellings=self.spellings(), number=self.number, symbol=symbols.__getitem__, two_at_a_time=True
        )

    def assign(self, name: str, text: str) -> str:
        return f"const {name} = {text};"

    def reassign(self, name: str, text: str) -> str:
        return f"{name} = {text};"

    def choose(self, name: str, condition: str, then: list[str], otherwise: list[str]) -> list[str]:
        return [f"let {name};", f"if ({condition}) {{", *indent(then), "} else {", *indent(otherwise), "}"]

    def write_function(self, routine: Routine) -> list[str]:
        """The lines of a function."""
        export = "" if routine.is_helper else "export "
        head = f"{export}function {routine.name}({', '.join(routine.arguments)}) {{"
        end = f"return {write_nested(routine)};"
        return [f"// {routine.title}", head, *indent([*routine.lines, end]), "}"]

    def drive(self, calls: Sequence[Call]) -> str:
        rows = [
            f"[{call.name}, [{', '.join(str(call.split_point(point)) for point in call.points)}]]" for call in calls
        ]
        return (
            f"for (const [call, points] of [{', '.join(rows)}])\n"
            "    for (const point of points)\n"
            "        for (const value of [call(...point)].flat(3)) console.log(String(value));\n"
        )

    def commands(self, source: str) -> list[list[str]]:
        return [["node", source]]


TARGET = JavaScript
