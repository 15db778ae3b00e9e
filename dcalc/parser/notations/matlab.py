"""MATLAB and Octave: an expression, `@(x) ...`, or assignments and then one.

Elementwise operators and those of matrices are the same for numbers. Powers group from the left, as they
do there: 2^3^2 is 64.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.expr import Expr, make
from dcalc.parser.assembly import Assembler, Context, Operand, choose
from dcalc.parser.infix import InfixParser, Level, Operators, Token, split_statements
from dcalc.parser.notations import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_FUNCTION = re.compile(r"\s*function\s+(\w+)\s*=\s*\w+\s*\(([\w\s,]*)\)(.*?)(?:\bend\s*)?$", re.DOTALL)
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


def resembles(text: str) -> bool:
    """True for `.^`, `.*`, `./`, `@(x)`, `~=`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression of the last statement. Raises DcalcError."""
    return _Program(text, context).reading()


class _Program(Assembler):
    """Statements, one after the other."""

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text, "matlab", context, truth_is_one=True)
        self.code = _COMMENT.sub(lambda match: " " * len(match[0]), text)
        self.target: str | None = None

    def reading(self) -> Reading:
        """The whole text."""
        code, first, result = self.code, 0, None
        if (function := _FUNCTION.match(code)) is not None:
            result = function[1]
            self._take_arguments(function[2])
            first = function.start(3)
            code = code[: function.end(3)]
        value: Operand | None = None
        statements = split_statements(code[first:], ";\n")
        for index, (part, place) in enumerate(statements):
            if not _DECLARATION.match(part):
                value = self._statement(part, first + place, is_last=index == len(statements) - 1)
        if result is not None and result in self.bound:
            return Reading(self.bound[result], self.spans, self.target)
        if value is None:
            raise self.error("there is no expression", (0, len(self.source)), "write one")
        return Reading(self.value(value), self.spans, self.target)

    def _take_arguments(self, text: str) -> None:
        names = [name.strip() for name in text.split(",") if name.strip()]
        self.variables = {*self.variables, *names}
        self.target = names[0] if len(names) == 1 else None

    def _statement(self, part: str, place: int, *, is_last: bool) -> Operand:
        handle = _HANDLE.match(part)
        assigned = None if handle else _ASSIGNED.match(part)
        match = handle or assigned
        if handle is not None:
            self._take_arguments(handle[2])
        start = place + (match.end() if match else 0)
        value = InfixParser(_OPERATORS, self, self.source).parse(self._tokens(start, place + len(part)))
        if assigned is not None:
            if is_last and value.node.op is table.NUMBER:
                name = assigned[1]
                raise self.error(f"an assignment to {name} with no expression after it",
                                 (place + assigned.start(1), place + assigned.end()),
                                 f"to set {name} use --at {name}=...")  # fmt: skip
            self.bound[assigned[1]] = self.value(value)
        return value

    def _tokens(self, start: int, end: int) -> Iterator[Token]:
        for match in _TOKEN.finditer(self.code, start, end):
            kind, text = match.lastgroup or "", match[0]
            if kind == "space":
                continue
            if kind == "other" or text in _REFUSED:
                message, fix = _REFUSED.get(text, (f"unexpected character {text}", "remove it"))
                raise self.error(message, match.span(), fix)
            yield Token(kind, text, *match.span())

    def leaf(self, token: Token) -> Operand:
        """A number, pi, a variable."""
        span = (token.start, token.end)
        if token.kind == "number":
            if token.text[-1] in "ij":
                raise self.error("dcalc computes with real numbers", span, "leave the imaginary part out")
            form = _ONE if token.text == "1" else "number"
            return self.number(token.text.lower().replace("d", "e"), *span, form)
        return self.name(token.text, *span)

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

    def after(self, operator: Token, operand: Operand) -> Operand:
        """No operator stands behind its operand."""
        raise self.error(f"{operator.text} is not read", (operator.start, operator.end), "remove it")

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
        if head.text in self.bound and head.text not in self.calls:
            raise self.error(f"{head.text} is not a function here", span, f"write {head.text}.*(...) for a product")
        return self.call(head.text, parts, span, (head.start, head.end))

    def _piecewise(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        """`piecewise(c, a, d, b, otherwise)`."""
        rows: list[tuple[Expr, Expr | None]] = [
            (self.value(value), self.truth(condition))
            for condition, value in zip(parts[::2], parts[1::2], strict=False)
        ]
        whole = choose(rows, self.value(parts[-1]) if len(parts) % 2 else None)
        if whole is None:
            raise self.error("piecewise leaves something out", span, "end with the value that holds otherwise")
        return self.place(whole, *span)


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
