"""MATLAB and Octave: an expression, `@(x) ...`, assignments and then one, or functions.

Elementwise operators and those of matrices are the same for numbers. Powers group from the left, as they
do there: 2^3^2 is 64.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

from dcalc import functions as table
from dcalc.expr import UNDEFINED, Expr, exact, make
from dcalc.parser.assembly import Context, Operand, choose_among
from dcalc.parser.infix import Level, Operators, Token
from dcalc.parser.notations import Reading
from dcalc.parser.statements import Definition, Program, Statement

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.(?![*/^\\'])[0-9]*|[0-9]+|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?(?:[ij]\b)?)"
    r"|(?P<name>[A-Za-z]\w*)"
    r"|(?P<operator>\.\*|\./|\.\^|\*\*|&&|\|\||[<>=~!]=|\.\\|[-+*/^<>=&|~!\\:'?])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<space>\s+|\.\.\.[^\n]*\n)|(?P<other>.)",
    re.DOTALL,
)
_COMMENT = re.compile(r"%[^\n]*")
_HANDLE = re.compile(r"\s*(?:([A-Za-z]\w*)\s*=\s*)?@\s*\(([\w\s,]*)\)")
_ASSIGNED = re.compile(r"\s*([A-Za-z]\w*)\s*=(?!=)")
_FUNCTION = re.compile(r"function\s+(\w+)\s*=\s*(\w+)\s*\(([\w\s,]*)\)(.*?)(?:\bend(?:function)?\s*)?", re.DOTALL)
_NEXT = re.compile(r"^[ \t]*(?=function\b)", re.MULTILINE)
_SCRIPT = re.compile(r"[\s;1]*")
"""What stands before the functions of a script."""
_DECLARATION = re.compile(r"\s*syms\b[\w\s]*$")
TITLE = "MATLAB"
_SIGNS = re.compile(r"\.\^|\.\*|\./|@\(|~=|\bnthroot\(|\bsyms\b")
_OPERATORS = Operators(
    prefix={"-": 9, "+": 9, "~": 9, "!": 9},
    infix={
        "||": Level(2), "&&": Level(3), "|": Level(4), "&": Level(5), "==": Level(6), "~=": Level(6), "!=": Level(6),
        "<": Level(6), ">": Level(6), "<=": Level(6), ">=": Level(6), "+": Level(7), "-": Level(7), "*": Level(8),
        ".*": Level(8), "/": Level(8), "./": Level(8), "^": Level(10), ".^": Level(10),
    },
    postfix={},
    brackets={"(": ")", "[": "]", "{": "}"},
)  # fmt: skip
_ARITHMETIC = {
    "+": table.ADD, "-": table.SUB, "*": table.MUL, ".*": table.MUL, "/": table.DIV, "./": table.DIV, "^": table.POW,
    ".^": table.POW,
}  # fmt: skip
_POWER, _SIGNED_POWER, _RELATION, _ONE = "power", "signed power", "relation", "one"
_REFUSED = {
    "'": ("' transposes a matrix", "remove it"),
    "**": ("** is not read", "write .^"),
    "\\": ("\\ is not read", "write b/a for a\\b"),
    ".\\": (".\\ is not read", "write b./a for a.\\b"),
    ":": ("ranges are not read", "give points by --at: --at x=0:1:0.1"),
    "=": ("= does not compare", "write =="),
    "[": ("arrays are not read", "write one expression"),
    "{": ("arrays are not read", "write one expression"),
    "?": ("? is not read", "write piecewise(c, a, b)"),
    "@": ("a function inside of an expression is not read", "write its formula"),
}


def resembles(text: str) -> bool:
    """True for `.^`, `.*`, `./`, `@(x)`, `~=`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression of the last statement. Raises DcalcError."""
    return _Program(text, context).reading()


def function_texts(text: str) -> dict[str, str]:
    """The functions of a program by their names. Raises DcalcError."""
    return _Program(text, Context()).function_texts()


class _Program(Program):
    """Statements, one after the other."""

    LANGUAGE, OPERATORS, TOKENS, COMMENTS = "matlab", _OPERATORS, _TOKEN, _COMMENT
    REFUSED = _REFUSED
    SEPARATORS = ";\n"

    def find_functions(self) -> list[Definition]:
        """The functions of the text, where nothing stands before them."""
        starts = [match.end() for match in _NEXT.finditer(self.code)]
        if not starts or _SCRIPT.fullmatch(self.code, 0, starts[0]) is None:
            return []
        definitions = []
        for start, end in pairwise([*starts, len(self.code)]):
            if (match := _FUNCTION.fullmatch(self.code, start, end)) is None:
                return []
            returned, name, parameters, _ = match.groups()
            definitions.append(Definition(name, tuple(_names(parameters)), (start, end), match.span(4), returned))
        return definitions

    def split_statement(self, part: str, place: int) -> Statement | None:
        """`@(x) a`, `t = a`, or an expression; `syms x y` declares names."""
        end = place + len(part)
        if _DECLARATION.match(part):
            return None
        if handle := _HANDLE.match(part):
            self.take_arguments(_names(handle[2]))
            name = handle[1] if handle[1] and self.code[end:].strip(self.SEPARATORS + " ") else ""
            return Statement(place + handle.end(), end, name)
        if assigned := _ASSIGNED.match(part):
            return Statement(
                place + assigned.end(), end, assigned[1], (place + assigned.start(1), place + assigned.end())
            )
        return Statement(place, end)

    def leaf(self, token: Token) -> Operand:
        """A number, pi, a variable."""
        span = (token.start, token.end)
        if token.kind == "number":
            if token.text[-1] in "ij":
                raise self.error("dcalc computes with real numbers", span, "leave the imaginary part out")
            form = _ONE if token.text == "1" else "number"
            return self.number(token.text.lower().replace("d", "e"), *span, form)
        return self.name(self.original(token.text, span), *span)

    def before(self, operator: Token, operand: Operand) -> Operand:
        """A sign, or `~`."""
        if operator.text in "~!":
            return self.connection(table.NOT, operand)._replace(start=operator.start)
        form = _SIGNED_POWER if operand.form in (_POWER, _SIGNED_POWER) else ""
        if operator.text == "+":
            return Operand(self.value(operand), operator.start, operand.end, form)
        return self.operation(table.NEG, operand)._replace(start=operator.start, form=form)

    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two operands."""
        text, span = operator.text, (left.start, right.end)
        if text in ("&&", "||", "&", "|"):
            return self.connection(table.AND if text[0] == "&" else table.OR, left, right)
        if text not in _ARITHMETIC:
            if _RELATION in (left.form, right.form):
                raise self.error("comparisons are not chained", span, "write both comparisons, with & between them")
            return self.chain([left, right], [text])._replace(form=_RELATION)
        if text in ("^", ".^") and right.form == _SIGNED_POWER:
            raise self.error("powers group from the left", span, "put the exponent in brackets")
        form = _POWER if text in ("^", ".^") else ""
        return self.operation(_ARITHMETIC[text], left, right)._replace(form=form)

    def choose(self, condition: Operand, then: Operand, otherwise: Operand) -> Operand:
        """MATLAB has no conditional expression."""
        raise self.error("? is not read", (condition.start, otherwise.end), "write piecewise(c, a, b)")

    def bracket(self, head: Token | None, opening: Token, parts: list[Operand], closing: Token) -> Operand:
        """A group, or a call."""
        if head is None:
            if len(parts) != 1:
                raise self.error("one expression belongs in brackets", (opening.start, closing.end), "write one")
            return Operand(parts[0].node, opening.start, closing.end)
        span = (head.start, closing.end)
        if head.text == "piecewise" and len(parts) > 1:
            return self._piecewise(parts, span)
        if head.text == "exp" and len(parts) == 1 and parts[0].form == _ONE:
            return self.place(make(table.E), *span)
        if (own := self.call_own(head.text, parts, span)) is not None:
            return own
        if head.text in self.bound and head.text not in self.calls:
            raise self.error(f"{head.text} is not a function here", span, f"write {head.text}.*(...) for a product")
        if head.text == "airy" and len(parts) > 1:
            kind = tuple(exact(part.node) for part in parts[:1] + parts[2:])
            if kind in _AIRY:
                return self.place(make(_AIRY[kind], self.value(parts[1])), *span, "call")
        if head.text in _SCALED and len(parts) == 3 and exact(parts[2].node) == 1:
            return self.place(make(_SCALED[head.text], *map(self.value, parts[:2])), *span, "call")
        return self.call(head.text, parts, span, (head.start, head.end))

    def _piecewise(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        """`piecewise(c, a, d, b, otherwise)`."""
        rows: list[tuple[Expr, Expr | None]] = [
            (self.value(value), self.truth(condition))
            for condition, value in zip(parts[::2], parts[1::2], strict=False)
        ]
        if len(parts) % 2:
            rows.append((self.value(parts[-1]), None))
        return self.place(choose_among(rows, UNDEFINED), *span)  # where no condition holds, MATLAB has NaN


_SCALED = {f"bessel{kind}": table.BY_KEY[f"bessel{kind}x"] for kind in "jyik"}
"""The functions of Bessel with a third argument 1."""
_AIRY: Mapping[tuple[object, ...], table.Row] = {
    (0,): table.BY_KEY["airyai"], (1,): table.BY_KEY["airyaiprime"], (2,): table.BY_KEY["airybi"],
    (3,): table.BY_KEY["airybiprime"], (0, 1): table.BY_KEY["airyaix"], (1, 1): table.BY_KEY["airyaiprimex"],
}  # fmt: skip
"""The functions of Airy by the first argument of `airy`, and by the third where it is scaled."""


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
