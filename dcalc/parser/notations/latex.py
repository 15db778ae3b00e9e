"""LaTeX, as textbooks set formulas. What has two readings is refused with both.

A function without brackets takes what follows it: `\\sin 2x \\cos x` is sin(2*x)*cos(x). `\\sin^{-1}` is the
inverse, `\\sin^2 x` a power. `e` is the constant, letters side by side are a product, `\\ln` is natural, and
`\\log` needs its base.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import functions as table
from dcalc.errors import ArityError, LimitError, ParseError
from dcalc.expr import UNDEFINED, Expr, exact, make, number, symbol
from dcalc.parser.assembly import RELATIONS, Assembler, Context, Operand, choose_among
from dcalc.parser.grammar import UnexpectedToken, load
from dcalc.parser.hints import short
from dcalc.parser.latex_lexer import UPRIGHT, LatexLexer
from dcalc.parser.lexer import MAX_DIGITS, Token
from dcalc.parser.notations import Reading
from dcalc.parser.unknown_calls import call_head
from dcalc.text import count_noun

if TYPE_CHECKING:
    from collections.abc import Sequence

TITLE = "LaTeX"
_SIGNS = re.compile(r"\\(?:[A-Za-z]+|[,;!(\[])|\^\{|\$")
_OUTER = (
    (r"\$\$", r"\$\$"), (r"\$", r"\$"), (r"\\\[", r"\\\]"), (r"\\\(", r"\\\)"),
)  # fmt: skip
_BEFORE = re.compile(r"(?:\s|~|\\[,;:! ]|\\(?:displaystyle|textstyle|quad|qquad)(?![A-Za-z]))+")
_COMMA_IN_NUMBER = re.compile(r"(?<![(,0-9])([0-9]{1,15})\{?,\}?([0-9]{1,15})(?![0-9,)])")
_AFTER = re.compile(r"(?:\s|~|\\[,;:! ]|\\q?quad|[.,;])+$")
_INVERSES = {name: f"a{name}" for name in (
    "sin cos tan sec csc cot sinh cosh tanh sech csch coth").split()}  # fmt: skip
_NO_POWER = ("exp",)
_COEFFICIENTS = ("number", "numeric fraction", "constant")
_LETTERS = ("name", "name power", "constant")
_NUMERIC = ("number", "ten", "numeral power", "braced number")
_BEFORE_NUMBERS = ("group", "call", "name power", "numeral power", "other", "fraction", "root")
"""What a number may follow: in print nothing else can be meant. After a letter it might be an index."""
_MOST = 100_000
_FUNCTION_NAME = r"(\w|\\mathrm\{[^{}]+\})"
_EQUATION = re.compile(rf"^(?:\s*\\begin\{{\w+\}})?\s*{_FUNCTION_NAME} &= ", re.MULTILINE)
_DERIVATIVE = re.compile(
    rf"\\\\\n\s*(?:\\frac\{{\\partial(?:\^\{{\d+\}})? {_FUNCTION_NAME}\}}\{{[^&\n]*\}}"
    rf"|\\nabla(?:\^2)? {_FUNCTION_NAME}) "
    r"&= .*?(?=\\\\\n|\n?\\end\{(?:aligned|align\*?|split|gathered)\}|\Z)",
    re.DOTALL,
)
"""The equation of a derivative, after another equation."""


def resembles(text: str) -> bool:
    """True for commands, `^{`, `_{`, dollars."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression of a formula; its left side, `f(x) =`, names the variable. Raises DcalcError."""
    return _Formula(text, context).reading()


class _Formula:
    """One text: what is around the formula, lines that name parts, the left side."""

    def __init__(self, text: str, context: Context) -> None:
        self.text = text
        self.context = context
        self.target: str | None = None
        self.derive: tuple[str, ...] = ()

    def reading(self) -> Reading:
        """The whole text."""
        if r"\partial" in self.text or r"\nabla" in self.text:
            self.text = self._blank_derivatives()
        start, end = self._strip()
        lexer = LatexLexer(self.text, self.context.variables)
        lines = _split_lines(lexer.read(start, end))
        assembler = Assembler(self.text, "python", self.context)
        root: Expr | None = None
        for k, line in enumerate(lines):
            is_last = k == len(lines) - 1
            name, rest = self._left_side(line, is_last=is_last)
            operand = self._parse(lexer, assembler, rest, end)
            if name is not None and not is_last:
                assembler.bound[name] = assembler.value(operand)
            elif is_last:
                self._check_assignment(assembler, name, rest, operand)
                root = _number_of(assembler, operand)
            else:
                raise ParseError("one formula is read at a time", span=_span(line), help="give the lines one by one")
        if root is None:
            raise ParseError("there is no formula", span=(0, len(self.text)), help="write one")
        return Reading(root, self.target, self.derive, echoes=True)

    def _check_assignment(
        self, assembler: Assembler, name: str | None, rest: Sequence[Token], operand: Operand
    ) -> None:
        """`x = 3` gives x a value, where a formula is expected."""
        if name is not None and operand.node.op is table.NUMBER:
            raise assembler.refuse_assignment(name, (0, rest[0].start_pos))

    def _blank_derivatives(self) -> str:
        """The text with blanks for the equations of derivatives of what an equation before has defined."""
        starts: dict[str, int] = {}
        for match in _EQUATION.finditer(self.text):
            starts.setdefault(match[1], match.start())

        def blank(match: re.Match[str]) -> str:
            base = match[1] or match[2]
            is_known = starts.get(base, match.start()) < match.start()
            return " " * len(match[0]) if is_known else match[0]

        return _DERIVATIVE.sub(blank, self.text)

    def _strip(self) -> tuple[int, int]:
        """Where the formula stands: without dollars, spaces and the punctuation of a sentence."""
        start, end = 0, len(self.text)
        before = -1
        while before != end - start:
            before = end - start
            if match := _BEFORE.match(self.text, start, end):
                start = match.end()
            if match := _AFTER.search(self.text, max(start, end - 40), end):
                end = match.start() + (1 if self.text[match.start() - 1 : match.start()] == "\\" else 0)
            for opening, closing in _OUTER:
                first = re.compile(opening).match(self.text, start, end)
                last = re.compile(closing + "$").search(self.text, max(start, end - 2), end)
                if first and last and first.end() <= last.start():
                    start, end = first.end(), last.start()
                    break
        return start, end

    def _left_side(self, line: list[Token], *, is_last: bool) -> tuple[str | None, list[Token]]:
        """The name on the left of an equals sign, which goes away: `f(x) =`, `y =`."""
        depth = 0
        places: list[int] = []
        for k, token in enumerate(line):
            depth += (token.type in ("LPAR", "LBRACE", "CASES")) - (token.type in ("RPAR", "RBRACE", "ENDCASES"))
            if token.type == "REL" and token == "==" and depth == 0:
                places.append(k)
        if not places:
            return None, line
        left, rest = line[: places[0]], line[places[0] + 1 :]
        kinds = [token.type for token in left]
        names = [str(token) for token in left if token.type == "NAME"]
        if len(places) == 1 and kinds == ["NAME"]:
            if is_last and any(token.type == "NAME" and token == left[0] for token in rest):
                return None, line
            return names[0], rest
        is_call = kinds[:2] in (["NAME", "LPAR"], ["CALLED", "LPAR"]) and kinds[-1] == "RPAR"
        if len(places) == 1 and is_call and kinds[2:-1:2] == ["NAME"] * len(kinds[2:-1:2]) and (
            kinds[3:-1:2] == ["COMMA"] * len(kinds[3:-1:2])
        ):  # fmt: skip
            arguments = names[1:] if kinds[0] == "NAME" else names
            self.context = self.context._replace(variables={*self.context.variables, *arguments})
            self.target = arguments[0] if len(arguments) == 1 else None
            return None, rest
        return None, line

    def _parse(self, lexer: LatexLexer, assembler: Assembler, tokens: list[Token], end: int) -> Operand:
        derive, count = _derivative(tokens)
        if derive:
            span = (tokens[0].start_pos, tokens[count - 1].end_pos)
            fix = f"dcalc diff takes the derivative: leave it out, and write --wrt {derive[0]}"
            if not self.context.operators or self.derive:
                raise ParseError("a derivative is not read", span=span, help=fix)
            self.derive = derive
            operand = self._parse(lexer, assembler, tokens[count:], end)
            if operand.form == "sum":
                span = (span[0], operand.end)
                fix = "put what is differentiated in brackets"
                raise ParseError("ambiguous: where the derivative ends", span=span, help=fix)
            return operand
        lexer.variables = assembler.variables = self.context.variables
        try:
            return _load("latex").parse(lexer.decide(tokens), _Builder(assembler, lexer))  # type: ignore[no-any-return]  # what the builder makes of a start
        except UnexpectedToken as error:
            raise _explain(self.text, error.token, end) from None


_load = cache(load)


_BESIDE_MARKS = frozenset(["PLUS", "MINUS", "TIMES", "SLASH", "REL", "ROW", "AMP", ""])


def _split_lines(tokens: list[Token]) -> list[list[Token]]:
    """The lines of an aligned block, without their marks of alignment, which stand beside a sign."""
    lines: list[list[Token]] = [[]]
    depth = 0
    kinds = ["", *(token.type for token in tokens), ""]
    for k, token in enumerate(tokens):
        depth += (token.type == "CASES") - (token.type == "ENDCASES")
        if depth == 0 and token.type == "ROW":
            lines.append([])
        elif depth or token.type != "AMP":
            lines[-1].append(token)
        elif _BESIDE_MARKS.isdisjoint((kinds[k], kinds[k + 2])):
            span = (token.start_pos, token.end_pos)
            raise ParseError("& stands between two formulas", span=span, help="give one formula at a time")
    lines = [line for line in lines if line]
    for line in lines[1:]:
        if line[0].type in ("PLUS", "MINUS"):
            span = (line[0].start_pos, line[0].end_pos)
            fix = "write a formula on one line, or brackets around one that begins with a sign"
            raise ParseError("ambiguous: a line that begins with a sign", span=span, help=fix)
    return lines


def _span(tokens: Sequence[Token]) -> tuple[int, int]:
    return tokens[0].start_pos, tokens[-1].end_pos


_OPERATOR = re.compile(r"FRAC LBRACE d(?: SUP ([0-9]))? RBRACE LBRACE d (\S+)(?: SUP ([0-9]))? RBRACE ")


def _derivative(tokens: Sequence[Token]) -> tuple[tuple[str, ...], int]:
    """The variables of a `\\frac{d}{dx}` at the beginning, and how many tokens it takes."""
    if len(tokens) < 8 or tokens[0].type != "FRAC" or tokens[2] != "d":
        return (), 0
    words = [str(token) if token.type in ("NAME", "NUMBER") else token.type for token in tokens[:13]]
    match = _OPERATOR.match(" ".join(words) + " ")
    if match is None or match[1] != match[3]:
        return (), 0
    return (match[2],) * int(match[1] or 1), match[0].count(" ")


def _number_of(assembler: Assembler, operand: Operand) -> Expr:
    if operand.is_condition:
        span = (operand.start, operand.end)
        if operand.node.op is table.EQ:
            raise ParseError("an equation is not an expression", span=span, help="write one side minus the other")
        raise ParseError("a condition is not a number", span=span, help="write a formula, or \\begin{cases}")
    return operand.node


def _explain(text: str, token: Token, end: int) -> ParseError:
    """The message for a token that cannot stand where it does."""
    if token.type == "$END":
        return ParseError("the formula ends too early", span=(end, end + 1), help="add what is missing")
    first = token.start_pos
    span = (first, max(token.end_pos, first + 1))
    word = short(text[first : span[1]], "this")
    if token.type == "COMMA" and (number := _COMMA_IN_NUMBER.search(text[max(first - 20, 0) : span[1] + 20])):
        fixes = [f"{number[1]}.{number[2]}", *([f"{number[1]}{number[2]}"] if len(number[2]) == 3 else [])]
        return ParseError("a number cannot contain a comma", span=span, help=f"write {' or '.join(fixes)}")
    messages = {
        "COMMA": ("a comma outside of a call", "give one formula at a time"),
        "REL": ("comparisons belong into cases", "write one formula"),
        "SUP": ("a power stands on nothing, or on a power", "put the base in brackets"),
        "SUB": ("a subscript stands on nothing that takes one", "write x_{1}"),
        "RBRACE": ("this brace closes nothing, or too much", "add what is missing before it"),
        "RPAR": ("this bracket closes nothing, or too much", "add what is missing before it"),
        "CALLED": (f"{word} needs brackets around its arguments", f"write {word}(...)"),
    }
    message, fix = messages.get(token.type, (f"{word} cannot stand here", "add what is missing before it"))
    return ParseError(message, span=span, help=fix)


# --- The builder --------------------------------------------------------------------------


class Head(NamedTuple):
    """A function before its argument: with a power, and for `\\log` a base."""

    token: Token
    power: Operand | None = None
    base: Operand | None = None


class Argument(NamedTuple):
    """What a function without brackets takes, factor by factor."""

    factors: list[Operand]
    sign: Token | None = None


def _last(operand: Operand) -> str:
    """What the last factor of a product is."""
    return operand.form.rstrip("*")


class _Builder:
    """What the automaton calls at each reduction of a text.

    The form of an operand says what its last factor is; a star after it, that there are several.
    """

    def __init__(self, assembler: Assembler, lexer: LatexLexer) -> None:
        self.assembler = assembler
        self.lexer = lexer
        self.links: dict[tuple[int, int], tuple[list[Operand], list[str]]] = {}

    def _place(self, node: Expr, start: int, end: int, form: str) -> Operand:
        return self.assembler.place(node, start, end, form)

    def _words(self, operand: Operand, instead: str) -> str:
        return self.assembler.words(operand, instead)

    def _value(self, operand: Operand) -> Expr:
        return self.assembler.value(operand)

    def start(self, parts: list[Operand]) -> Operand:
        """The whole formula."""
        return parts[0]

    # --- conditions -----------------------------------------------------------------------

    def either(self, parts: list[Any]) -> Operand:
        """`a \\lor b`."""
        return self.assembler.connection(table.OR, parts[0], parts[2])

    def both(self, parts: list[Any]) -> Operand:
        """`a \\land b`."""
        return self.assembler.connection(table.AND, parts[0], parts[2])

    def negated(self, parts: list[Any]) -> Operand:
        """`\\lnot a`."""
        return self.assembler.connection(table.NOT, parts[1])

    def comparison(self, parts: list[Any]) -> Operand:
        """`a < b`, and chains."""
        left, relation, right = parts
        before, relations = self.links.get((left.start, left.end), ([left], [])) if left.is_condition else ([left], [])
        operands, relations = [*before, right], [*relations, str(relation)]
        if len(relations) > 1 and (not left.form or "!=" in relations or "==" in relations):
            span = (left.start, right.end)
            raise ParseError(
                "this chain of comparisons is not read", span=span, help="write \\text{ and } between them"
            )
        for one in relations:
            assert one in RELATIONS
        whole = self.assembler.chain(operands, relations)._replace(form="relation")
        self.links[whole.start, whole.end] = (operands, relations)
        return whole

    # --- sums and products ----------------------------------------------------------------

    def add(self, parts: list[Any]) -> Operand:
        """`a + b`."""
        return self.assembler.operation(table.ADD, parts[0], parts[2])._replace(form="sum")

    def subtract(self, parts: list[Any]) -> Operand:
        """`a - b`."""
        return self.assembler.operation(table.SUB, parts[0], parts[2])._replace(form="sum")

    def negative(self, parts: list[Any]) -> Operand:
        """`-a`."""
        sign, operand = parts
        node = make(table.NEG, self._value(operand))
        return self._place(node, sign.start_pos, operand.end, operand.form + "*" * (not operand.form.endswith("*")))

    def positive(self, parts: list[Any]) -> Operand:
        """`+a` is a."""
        sign, operand = parts
        return Operand(self._value(operand), sign.start_pos, operand.end, operand.form)

    def juxtapose(self, parts: list[Any]) -> Operand:
        """Two factors side by side."""
        left, right = parts
        last, first = _last(left), right.form
        a, b = self._words(left, "a"), self._words(right, "b")
        span = (left.start, right.end)
        if last == "slash":
            fix = f"write \\frac{{...}}{{...}} {b}, or put the divisor in brackets"
            raise ParseError("ambiguous: a product after /", span=span, help=fix)
        is_spaced = first == "numeral power" and last == "name" and left.end < right.start
        if first in _NUMERIC and not is_spaced and (first == "braced number" or last not in _BEFORE_NUMBERS):
            raise ParseError("a number cannot follow here", span=span, help=f"write {a} \\cdot {b}")
        if last == "number" and first == "numeric fraction":
            fix = f"write {a} \\cdot {b} or {a} + {b}"
            raise ParseError("ambiguous: a product or a mixed number", span=span, help=fix)
        if last == "nested application":
            fix = "put the whole argument in brackets"
            raise ParseError("ambiguous: where the argument ends", span=span, help=fix)
        if last == "compound call" and first == "group":
            fix = "write \\cdot between them, or brackets around the whole argument"
            raise ParseError("ambiguous: a bracket after the argument of a function", span=span, help=fix)
        return self._product(table.MUL, left, right, first)

    def _product(self, row: table.Row, left: Operand, right: Operand, form: str) -> Operand:
        operand = self.assembler.operation(row, left, right)
        return operand._replace(form=form + "*" * (not form.endswith("*")))

    def enclose(self, parts: list[Any]) -> Operand:
        """`\\sin x (x + 1)`."""
        left, right = parts
        if (
            right.form != "group" and left.form.rstrip("*") != "nested application"
        ):  # bars and calls are factors of their own
            return self._product(table.MUL, left, right, right.form)
        b = self._words(right, "(...)")
        fix = f"write \\cdot {b} for a factor, or brackets around the whole argument"
        raise ParseError("ambiguous: a bracket after a function", span=(left.start, right.end), help=fix)

    def multiply(self, parts: list[Any]) -> Operand:
        """`a \\cdot b`; `2 \\cdot 10^{3}` is a number."""
        left, _, right = parts
        if right.form == "ten" and left.form == "number":
            value = left.node.args[0] * right.node.args[0]
            return self._place(number(value), left.start, right.end, "number*")
        return self._product(table.MUL, left, right, right.form)

    def divide(self, parts: list[Any]) -> Operand:
        """`a / b`, where it is clear what is divided."""
        left, _, right = parts
        if (
            _last(left).endswith("application")
            and _last(right) != "application"
            and not self._divides_itself(left, right)
        ):
            a, b = self._words(left, "\\sin x"), self._words(right, "b")
            fix = f"write \\frac{{{a}}}{{{b}}}, or brackets around the argument"
            raise ParseError("ambiguous: / after a function", span=(left.start, right.end), help=fix)
        if left.node.op is table.POW and left.node.args[1] is number(1):
            base = short(self.assembler.source[left.start : left.end], "x^1").partition("^")[0]
            fix = f"write {base}^{{1/{b}}}, or {base}/{b}" if (b := self._words(right, "")) else "put it in braces"
            raise ParseError("ambiguous: / after a power of 1", span=(left.start, right.end), help=fix)
        return self._product(table.DIV, left, right, "slash")

    def _divides_itself(self, left: Operand, right: Operand) -> bool:
        """`\\ln x / x`, where x/x as the argument would be pointless."""
        node = left.node
        while node.op in (table.MUL, table.NEG):
            node = node.args[-1]
        below = right.node.args[0] if right.node.op is table.POW else right.node
        return len(node.args) == 1 and node.args[0] is below and below.op is table.SYMBOL

    # --- functions without brackets -------------------------------------------------------

    def argument(self, parts: list[Any]) -> Argument:
        """The first factor of an argument."""
        return Argument([parts[0]])

    def negative_argument(self, parts: list[Any]) -> Argument:
        """`\\sin -x`."""
        return Argument([parts[1]], parts[0])

    def longer_argument(self, parts: list[Any]) -> Argument:
        """One more factor, where it is clear that it belongs to the argument."""
        argument, factor = parts
        factors = argument.factors
        forms = [operand.form for operand in factors]
        names = {_variable(operand) for operand in factors} - {None}
        coefficients_only = all(form in _COEFFICIENTS for form in forms)
        letters_only = all(form in (*_COEFFICIENTS, *_LETTERS) for form in forms)
        clear = factor.start not in self.lexer.spaced and (
            (factor.form in _LETTERS and letters_only and _variable(factor) not in names)
            or (coefficients_only and factor.form not in ("number", "ten", "numeral power", "numeric fraction"))
        )
        if not clear or factor.form in ("number", "ten", "numeral power"):
            first, b = factors[0], self._words(factor, "b")
            a = short(self.assembler.source[first.start : factors[-1].end], "a")
            fix = f"put the argument in brackets: ({a}) {b} or ({a} {b})"
            raise ParseError("ambiguous: where the argument ends", span=(first.start, factor.end), help=fix)
        return Argument([*factors, factor], argument.sign)

    def apply(self, parts: list[Any]) -> Operand:
        """`\\sin 2x`."""
        head, argument = parts
        factors = argument.factors
        whole = factors[0]
        for factor in factors[1:]:
            whole = self.assembler.operation(table.MUL, whole, factor)
        if argument.sign is not None:
            whole = self._place(make(table.NEG, self._value(whole)), argument.sign.start_pos, whole.end, "")
        return self._function(head, [whole], whole.end)._replace(form="application")

    def apply_to_function(self, parts: list[Any]) -> Operand:
        """`\\ln \\sin x`."""
        head, inner = parts
        return self._function(head, [inner], inner.end)._replace(form="nested application")

    def head(self, parts: list[Token]) -> Head:
        """`\\sin`."""
        return Head(parts[0])

    def raised_head(self, parts: list[Any]) -> Head:
        """`\\sin^{2}`."""
        return Head(parts[0], power=parts[2])

    def lowered_head(self, parts: list[Any]) -> Head:
        """`\\log_{2}`."""
        return Head(parts[0], base=parts[2])

    def lowered_raised_head(self, parts: list[Any]) -> Head:
        """`\\log_{2}^{3}`."""
        return Head(parts[0], power=parts[4], base=parts[2])

    def _function(self, head: Head, args: Sequence[Operand], end: int) -> Operand:
        """A function of arguments, with its power or its inverse."""
        token, name = head.token, str(head.token)
        start = token.start_pos
        power = None if head.power is None else self._value(head.power)
        if power is not None and (power is number(-1) or (power.op is table.NEG and power.args[0] is number(1))):
            if name not in _INVERSES:
                span = (start, head.power.end if head.power else end)
                fix = f"write \\frac{{1}}{{\\{name} x}}, or name the inverse"
                raise ParseError(f"ambiguous: \\{name}^{{-1}}", span=span, help=fix)
            name, power = _INVERSES[name], None
        if name == "log" and start not in self.lexer.lenient:
            node = self._logarithm(head, args, end)
        elif head.base is not None:
            raise ParseError(f"{name} has no base", span=(start, head.base.end), help="leave the subscript out")
        else:
            node = self._row(name, args, start, end)
        whole = self._place(node, start, end, "call")
        if power is None:
            return whole
        is_negative = power.op is table.NEG or (power.op is table.NUMBER and power.args[0] < 0)
        if is_negative or name in _NO_POWER:
            fix = "put the function with its argument in brackets, and the power after them"
            raise ParseError("ambiguous: a power of a function", span=(start, end), help=fix)
        return self._place(make(table.POW, node, power), start, end, "call")

    def _logarithm(self, head: Head, args: Sequence[Operand], end: int) -> Expr:
        start = head.token.start_pos
        if head.base is None:
            fix = "write \\ln for the natural one, \\log_{10} for that to base 10"
            raise ParseError("ambiguous: \\log without its base", span=(start, head.token.end_pos), help=fix)
        if len(args) != 1:
            raise ArityError(f"\\log takes 1 argument, not {len(args)}", span=(start, end), help="write \\log_{2}(x)")
        base, value = self._value(head.base), self._value(args[0])
        known = {number(2): "log2", number(10): "log10"}.get(base)
        return make(table.get(known, 1), value) if known else make(table.get("log", 2), value, base)

    def _row(self, name: str, args: Sequence[Operand], start: int, end: int) -> Expr:
        """A call of a function of the table. Raises ArityError."""
        row = table.find(name, len(args))
        if row is None and (call := call_head(name, [self._value(arg) for arg in args])) is not None:
            return call
        if row is None:
            rows = table.BY_NAME.get(name, [])
            signature = rows[0].signature if rows else f"{name}(x)"
            message = f"{name} does not take {count_noun(len(args), 'argument')}"
            raise ArityError(message, span=(start, end), help=f"call it as {signature}")
        if row is table.WHERE:
            return make(row, self.assembler.truth(args[0]), self._value(args[1]), self._value(args[2]))
        nodes = [self._value(arg) for arg in args]
        if row.chooses:
            table.check_choice(row, exact(nodes[0]), len(nodes) - 1, (args[0].start, args[0].end))
        return make(row, *nodes)

    # --- atoms ----------------------------------------------------------------------------

    def number(self, parts: list[Token]) -> Operand:
        """A decimal."""
        token = parts[0]
        return self.assembler.number(str(token), token.start_pos, token.end_pos)

    def name(self, parts: list[Token]) -> Operand:
        """A letter: a variable, a part with a name, or one of the constants."""
        token = parts[0]
        word, span = str(token), (token.start_pos, token.end_pos)
        bound = self.assembler.bound.get(word)
        if bound is not None:
            return self._place(bound, *span, "name")
        special = {"e constant": table.E, "tau constant": table.TAU}.get(word)
        if special is None and word in ("pi", "e") and word not in self.assembler.variables:
            special = table.PI if word == "pi" else table.E
        if special is not None:
            return self._place(make(special), *span, "constant")
        return self._place(symbol(word), *span, "name")

    def degree(self, parts: list[Token]) -> Operand:
        """`^\\circ`."""
        return self._place(make(table.DEG), parts[0].start_pos, parts[0].end_pos, "constant")

    def inner(self, parts: list[Any]) -> Operand:
        """What an argument has in its braces."""
        left, operand, right = parts
        return Operand(operand.node, left.start_pos, right.end_pos, operand.form)

    def braced(self, parts: list[Any]) -> Operand:
        """Braces that group, and that nobody sees."""
        left, operand, right = parts
        span = (left.start_pos, right.end_pos)
        if operand.form in ("sum", "relation") or operand.is_condition:
            raise ParseError("braces are not seen in print", span=span, help="write \\left( and \\right)")
        form = "braced number" if operand.form in ("number", "ten") else operand.form
        return Operand(operand.node, *span, form)

    def fraction(self, parts: list[Any]) -> Operand:
        """`\\frac{a}{b}`."""
        token, above, below = parts
        node = make(table.DIV, self._value(above), self._value(below))
        is_numeric = all(part.node.op is table.NUMBER for part in (above, below))
        return self._place(node, token.start_pos, below.end, "numeric fraction" if is_numeric else "fraction")

    def binomial(self, parts: list[Any]) -> Operand:
        """`\\binom{n}{k}`."""
        token, above, below = parts
        return self._place(
            self._row("binomial", [above, below], token.start_pos, below.end), token.start_pos, below.end, "bars"
        )

    def square_root(self, parts: list[Any]) -> Operand:
        """`\\sqrt{x}`."""
        token, inner = parts
        return self._place(make(table.SQRT, self._value(inner)), token.start_pos, inner.end, "root")

    def root(self, parts: list[Any]) -> Operand:
        """`\\sqrt[3]{x}`, the real root."""
        token, _, index, _, inner = parts
        degree, node = self._value(index), self._value(inner)
        whole = make(table.CBRT, node) if degree is number(3) else make(table.ROOT, node, degree)
        return self._place(whole, token.start_pos, inner.end, "root")

    def power(self, parts: list[Any]) -> Operand:
        """`a^{b}`; `10^{3}` is a number."""
        base, _, exponent = parts
        span = (base.start, exponent.end)
        if base.form == "number" and base.node is number(10) and (count := _whole(exponent.node)) is not None:
            if abs(count) > MAX_DIGITS:
                raise LimitError("the exponent is too large", span=span, help=f"it must be at most {_MOST:,}")
            return self._place(_power_of_ten(count), *span, "ten")
        if base.form in ("fraction", "numeric fraction") or base.form.endswith("*") or base.form in (
            "name power", "numeral power", "other", "ten", "slash"
        ):  # fmt: skip
            fix = "put the base in brackets: \\left(...\\right)^{n}"
            raise ParseError("ambiguous: what the power is of", span=span, help=fix)
        if base.form == "compound call":
            fix = "put the power after the name of the function, or brackets around what it is of"
            raise ParseError("ambiguous: a power after the argument of a function", span=span, help=fix)
        node = make(table.POW, self._value(base), self._value(exponent))
        form = {"name": "name power", "number": "numeral power", "group": "group"}.get(base.form, "other")
        return self._place(node, *span, form)

    def factorial(self, parts: list[Any]) -> Operand:
        """`n!`."""
        operand, sign = parts
        if operand.form not in ("name", "number", "group"):
            span = (operand.start, sign.end_pos)
            raise ParseError("ambiguous: a factorial", span=span, help="put what it is of in brackets")
        node = make(table.get("factorial", 1), self._value(operand))
        return self._place(node, operand.start, sign.end_pos, "other")

    # --- brackets and calls ---------------------------------------------------------------

    def parenthesis(self, parts: list[Any]) -> Operand:
        """`(a)`."""
        left, operand, right = parts
        span = (left.start_pos, right.end_pos)
        self._check_pair(left, right)
        if left in ("[", "\\{") and operand.form in ("name", "number"):
            fix = "write (x), or \\lfloor x \\rfloor"
            raise ParseError(f"ambiguous: {left} {right} around one letter", span=span, help=fix)
        return Operand(operand.node, *span, "group")

    def _check_pair(self, left: Token, right: Token) -> None:
        pairs = {"(": ")", "[": "]", "\\{": "\\}", "lbrace": "rbrace", "lbrack": "rbrack", "lparen": "rparen"}
        if pairs.get(str(left)) != right:
            span = (left.start_pos, right.end_pos)
            raise ParseError(f"{left} is closed by {right}", span=span, help="write brackets of one kind")

    def items(self, parts: list[Any]) -> list[Operand]:
        """Arguments, between commas."""
        if len(parts) == 1:
            return [parts[0]]
        parts[0].append(parts[2])
        return parts[0]  # type: ignore[no-any-return]  # Lark hands over untyped lists

    def call(self, parts: list[Any]) -> Operand:
        """`\\sin(x)`; what follows the bracket is not part of the argument."""
        head, left, args, right = parts
        self._check_pair(left, right)
        operand = self._function(head, args, right.end_pos)
        is_plain = head.token.start_pos in self.lexer.lenient or (len(args) == 1 and args[0].form == "name")
        return operand._replace(form="call" if is_plain else "compound call")

    def call_of_absolute(self, parts: list[Any]) -> Operand:
        """`\\ln|x|`."""
        head, left, inner, right = parts
        node = make(table.ABS, self._value(inner))
        argument = self._place(node, left.start_pos, right.end_pos, "")
        return self._function(head, [argument], right.end_pos)._replace(form="compound call")

    def named_call(self, parts: list[Any]) -> Operand:
        """`\\Gamma(x)`, `\\max(a, b)`, `\\operatorname{beta}(a, b)`."""
        token, left, args, right = parts
        self._check_pair(left, right)
        span = (token.start_pos, right.end_pos)
        name = "uppergamma" if token == "gamma" and len(args) == 2 else str(token)
        if name in UPRIGHT:
            name = UPRIGHT[name][-1]
            if name not in ("gammap", "gammaq", "elliptic_f", "elliptic_e"):
                raise ParseError(f"{token} needs an index", span=span, help=f"write \\mathrm{{{token}}}_{{n}}(x)")
        return self._place(self._row(name, args, *span), *span, "call")

    def indexed_call(self, parts: list[Any]) -> Operand:
        """`J_{n}(x)`, `\\mathrm{P}_{n}(x)`."""
        token, _, index, left, args, right = parts
        self._check_pair(left, right)
        span = (token.start_pos, right.end_pos)
        known = UPRIGHT.get(str(token), ("besselj",) if token == "besselj" else ())
        if not known:
            raise ParseError(f"{token} has no index", span=span, help="leave the subscript out")
        name = known[-1] if len(args) == 2 else known[0]
        if name in ("betainc", "lowerbeta"):  # the index is the bound of the integral
            return self._place(self._row(name, [*args, index], *span), *span, "call")
        if name == "expint" and self._value(index) is number(1):
            return self._place(self._row("expint", args, *span), *span, "call")
        return self._place(self._row(name, [index, *args], *span), *span, "call")

    def indexed_raised_call(self, parts: list[Any]) -> Operand:
        """`\\mathrm{L}_{n}^{(a)}(x)`."""
        token, _, index, _, power, left, args, right = parts
        self._check_pair(left, right)
        span = (token.start_pos, right.end_pos)
        if power.form != "group" or str(token) not in ("L", "C"):
            fix = "put the function with its argument in brackets, and the power after them"
            raise ParseError("ambiguous: a power of a function", span=span, help=fix)
        return self._place(self._row(UPRIGHT[str(token)][0], [index, power, *args], *span), *span, "call")

    def raised_call(self, parts: list[Any]) -> Operand:
        """`\\psi^{(n)}(x)` is a derivative of digamma."""
        token, _, power, left, args, right = parts
        self._check_pair(left, right)
        span = (token.start_pos, right.end_pos)
        if token != "digamma" or power.form != "group":
            fix = "put the function with its argument in brackets, and the power after them"
            raise ParseError("ambiguous: a power of a function", span=span, help=fix)
        return self._place(self._row("polygamma", [power, *args], *span), *span, "call")

    def _around(self, row: table.Row, parts: list[Any]) -> Operand:
        left, operand, right = parts
        return self._place(make(row, self._value(operand)), left.start_pos, right.end_pos, "bars")

    def absolute(self, parts: list[Any]) -> Operand:
        """`|x|`."""
        return self._around(table.ABS, parts)

    def floor(self, parts: list[Any]) -> Operand:
        """`\\lfloor x \\rfloor`."""
        return self._around(table.FLOOR, parts)

    def ceiling(self, parts: list[Any]) -> Operand:
        """`\\lceil x \\rceil`."""
        return self._around(table.CEIL, parts)

    def row(self, parts: list[Any]) -> tuple[Expr, Expr | None]:
        """A value and its condition."""
        value, _, condition = parts
        truth = self.assembler.truth(condition) if isinstance(condition, Operand) else None
        return self._value(value), truth

    def rows(self, parts: list[Any]) -> list[tuple[Expr, Expr | None]]:
        """The rows of cases so far."""
        if not isinstance(parts[0], list):
            return [parts[0]]
        return parts[0] + parts[2:]

    def cases(self, parts: list[Any]) -> Operand:
        """Values with conditions, of which the first that holds counts; without a value where none does."""
        left, rows, right = parts
        return self._place(choose_among(rows, UNDEFINED), left.start_pos, right.end_pos, "cases")


def _variable(operand: Operand) -> Expr | None:
    """The variable that a letter, or a power of one, is."""
    node = operand.node.args[0] if operand.node.op is table.POW else operand.node
    return node if node.op is table.SYMBOL else None


def _whole(node: Expr) -> int | None:
    """The value of a whole number with its sign, or None."""
    sign, node = (-1, node.args[0]) if node.op is table.NEG else (1, node)
    value = node.args[0] if node.op is table.NUMBER else None
    return sign * value if type(value) is int else None


def _power_of_ten(count: int) -> Expr:
    from dcalc.numerals import rational

    return number(rational(f"1e{count}"))
