"""JavaScript: what is read as in C, but that all numbers are doubles, and that functions are those of `Math`."""

from __future__ import annotations

import re

from dcalc import functions as table
from dcalc.expr import make
from dcalc.parser.assembly import Context, Operand
from dcalc.parser.infix import Token
from dcalc.parser.notations import Reading
from dcalc.parser.notations.c import WHOLE, CProgram

TITLE = "JavaScript"
_SIGNS = re.compile(r"\bMath\.\w|\bfunction\s+\w+\s*\(|=>|===")


def resembles(text: str) -> bool:
    """True for `Math.`, `function f(`, `=>`, `===`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression that is returned, or that the last statement has. Raises DcalcError."""
    return _JavaScript(text, context).reading()


def function_texts(text: str) -> dict[str, str]:
    """The functions of a program by their names. Raises DcalcError."""
    return _JavaScript(text, Context()).function_texts()


class _JavaScript(CProgram):
    LANGUAGE = "js"

    def leaf(self, token: Token) -> Operand:
        """A number, a constant such as Math.PI, a variable."""
        operand = super().leaf(token)
        return operand._replace(form="number") if operand.form == WHOLE else operand

    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two operands; % is the rest of a division, with the sign of the first."""
        if operator.text == "%":
            first, second = self.value(left), self.value(right)
            return self.place(make(_FMOD, first, second), left.start, right.end)
        return super().between(operator, left, right)


_FMOD = table.get("fmod", 2)
