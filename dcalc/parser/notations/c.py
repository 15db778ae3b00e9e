"""C, C++, and what is alike in JavaScript and Java: an expression, assignments, or functions with choices.

All variables are doubles. A quotient of whole numbers is refused, since 1/2 is 0 in C, and so are casts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.parser.assembly import Context, Operand
from dcalc.parser.infix import Level, Operators, Token
from dcalc.parser.notations import Reading
from dcalc.parser.statements import Block, Branch, Definition, Program, Statement
from dcalc.spellings.c import KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from dcalc.expr import Expr

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[A-Za-z_0-9']*)"
    r"|(?P<name>(?:(?:std::(?:numbers::)?|Math\.|::))?[^\W\d]\w*(?:(?:\.|->|::)[^\W\d]\w*)*)"
    r"|(?P<operator>\*\*|&&|\|\||[<>=!]==?|<<|>>|\+\+|--|[-+*/%<>=!?:^&|~])"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_NUMBER = re.compile(r"((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([fFdDlL]|[uU]?[lL]{0,2})")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)
"""Comments, and lines for the preprocessor."""
_TYPES = {"double", "float", "int", "long", "short", "unsigned", "signed", "char", "bool", "size_t"}
_DECLARED = re.compile(
    r"\s*((?:(?:static|inline|constexpr|const|final|let|var|auto|double|float|long|real)\s+)*)([^\W\d]\w*)\s*=(?!=)"
)
_WITHOUT_VALUE = re.compile(r"\s*(?:(?:(?:double|float|let|var)\s+)+[^\W\d]\w*|\(\s*void\s*\)\s*[^\W\d]\w*)\s*")
"""A declaration of a name that gets its value later, and a name that is mentioned to be in use."""
_WHOLE_NUMBER = re.compile(r"\s*(?:(?:const|static|constexpr)\s+)*((?:unsigned|int|short|size_t|char)\b)\s+\w")
_WHOLE_ARGUMENT = re.compile(r"[(,]\s*(?:const\s+)*((?:unsigned|int|short|long|size_t|char)\b)(?!\s+double)")
_FUNCTION = re.compile(
    r"(?:(?:static|inline|constexpr|const|extern|public|private|export|function|auto|double|float|long|void)\s+)+"
    r"([^\W\d]\w*)\s*\(([^()]*)\)\s*(?=\{)"
)
_IF = re.compile(r"if\s*(?=\()")
_ELSE = re.compile(r"\s*else\b\s*")
_MARK = re.compile(r"[()\[\]{};]")
_BETWEEN = re.compile(r"[\s;]*")
_MOST_NESTED = 60
"""How deeply choices may stand within one another."""
_ARROW = re.compile(
    r"\s*(?:(?:const|let|var)\s+)?(?:[A-Za-z_]\w*\s*=\s*)?(?:\(([\w\s,]*)\)|([A-Za-z_]\w*))\s*=>\s*(?!\{)"
)
_CLOSURE = re.compile(r"\s*(?:(?:const\s+)?auto\s+\w+\s*=\s*)?\[[=&]?\]\s*\(([^()]*)\)\s*\{(.*)\}\s*;?\s*", re.DOTALL)
_RETURN = re.compile(r"\s*return\b")
TITLE = "C"
_SIGNS = re.compile(
    r"\bstd::|\bMath\.\w|\bfabs\(|\?.*:|\d\.\d*f\b|\bM_(?:PI|E)\b|&&|\|\||\breturn\b.*;|\b(?:double|float)\s+\w|\btgamma\("
    r"|\bf(?:min|max|mod)\(|\bpow\("
)
_OPERATORS = Operators(
    prefix={"-": 12, "+": 12, "!": 12},
    infix={
        "?": Level(1, right=True), "||": Level(3), "&&": Level(4), "==": Level(7), "!=": Level(7), "===": Level(7),
        "!==": Level(7), "<": Level(8), ">": Level(8), "<=": Level(8), ">=": Level(8), "+": Level(10), "-": Level(10),
        "*": Level(11), "/": Level(11), "%": Level(11), "**": Level(13, right=True),
    },
    postfix={},
    brackets={"(": ")", "[": "]", "{": "}"},
)  # fmt: skip
_ARITHMETIC = {"+": table.ADD, "-": table.SUB, "*": table.MUL, "/": table.DIV, "**": table.POW}
_CAST = re.compile(rf"\(\s*(?:const\s+)?(?:{'|'.join(sorted(_TYPES))})(?:\s+\w+)*\s*\)")
_REFUSED = {
    "^": ("^ is the exclusive or of whole numbers in C", "write pow(x, 2.0)"),
    "++": ("++ changes a variable", "write x + 1.0"),
    "--": ("-- changes a variable", "put a space between the signs, or write x - 1.0"),
    "=": ("= does not compare", "write =="),
    "<<": ("<< shifts whole numbers", "write *"),
    ">>": (">> shifts whole numbers", "write /"),
    "&": ("& is for whole numbers", "write &&"),
    "|": ("| is for whole numbers", "write ||, or fabs(x)"),
    "~": ("~ is for whole numbers", "write !"),
    "[": ("an index is not read", "write a variable for it: x0 for x[0]"),
    "{": ("a block is not read", "write one expression"),
}
_LARGEST_INT = 2**31 - 1
WHOLE, _RELATION, _POWER, _SIGNED = "whole", "relation", "power", "signed"


def resembles(text: str) -> bool:
    """True for `std::`, `Math.`, `fabs(`, `c ? a : b`, `1.0f`, `&&`, `M_PI`, `return ...;`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression that is returned, or that the last statement has. Raises DcalcError."""
    return CProgram(text, context).reading()


def function_texts(text: str) -> dict[str, str]:
    """The functions of a program by their names. Raises DcalcError."""
    return CProgram(text, Context()).function_texts()


class CProgram(Program):
    """Statements, one after the other."""

    LANGUAGE, OPERATORS, TOKENS, COMMENTS = "c", _OPERATORS, _TOKEN, _COMMENT
    REFUSED = _REFUSED

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text, context)
        self.whole: dict[int, int] = {}  # values of whole numbers by the ids of their nodes

    def find_functions(self) -> list[Definition]:
        """The functions of the text, where nothing stands between them."""
        found: list[Definition] = []
        place = self._skip(_BETWEEN, 0)
        while place < len(self.code):
            if (head := _FUNCTION.match(self.code, place)) is None or (end := self._find_closing(head.end())) is None:
                return []
            parameters = tuple(_names(head[2]))
            found.append(Definition(head[1], parameters, (head.start(), end + 1), (head.end() + 1, end)))
            place = self._skip(_BETWEEN, end + 1)
        return found

    def find_body(self) -> tuple[int, int]:
        """What stands behind the arrow, or in the braces of a closure."""
        if match := _CLOSURE.fullmatch(self.code):
            self.take_arguments(_names(match[1]))
            return match.span(2)
        if match := _ARROW.match(self.code):
            self.take_arguments(part.strip() for part in (match[1] or match[2] or "").split(",") if part.strip())
            return match.end(), len(self.code)
        return super().find_body()

    def read_value(self, definition: Definition, free: Collection[str]) -> Expr:
        """The value of a function. Raises ParseError for whole numbers as arguments beside a quotient."""
        first, last = definition.body
        if "/" in self.code[first:last] and (whole := _WHOLE_ARGUMENT.search(self.code, definition.whole[0], first)):
            raise self._refuse_whole_number(whole.span(1))
        return super().read_value(definition, free)

    def read_block(self, start: int, end: int, depth: int = 0) -> Block:
        """Statements, and choices between blocks of them."""
        block: list[Statement | Branch] = []
        while (start := self._skip(_BETWEEN, start)) < end:
            if _IF.match(self.code, start, end):
                branch, start = self._read_if(start, end, depth)
                block.append(branch)
                continue
            stop = self._find_end(start, end)
            statement = self.split_statement(self.code[start:stop], start)
            block += [] if statement is None else [statement]
            start = stop + 1
        return block

    def _read_if(self, start: int, end: int, depth: int) -> tuple[Branch, int]:
        """A choice, and where it ends."""
        opening = self._skip(_IF, start)
        closing = self._find_closing(opening)
        if closing is None or depth > _MOST_NESTED:
            raise self.error("this choice is not read", (start, start + 2), "write c ? a : b")
        then, place = self._read_body(closing + 1, end, depth)
        otherwise: Block = []
        if match := _ELSE.match(self.code, place, end):
            otherwise, place = self._read_body(match.end(), end, depth)
        return Branch((opening + 1, closing), then, otherwise), place

    def _read_body(self, start: int, end: int, depth: int) -> tuple[Block, int]:
        """What stands in braces, or else one statement, and where it ends."""
        start = self._skip(_BETWEEN, start)
        if self.code[start : start + 1] == "{" and (closing := self._find_closing(start)) is not None:
            return self.read_block(start + 1, closing, depth + 1), closing + 1
        if _IF.match(self.code, start, end):
            branch, stop = self._read_if(start, end, depth + 1)
            return [branch], stop
        stop = self._find_end(start, end)
        return self.read_block(start, stop, depth + 1), min(stop + 1, end)

    def _skip(self, pattern: re.Pattern[str], start: int) -> int:
        match = pattern.match(self.code, start)
        return start if match is None else match.end()

    def _find_closing(self, opening: int) -> int | None:
        """Where the bracket that opens there is closed; None where it is not."""
        depth = 0
        for match in _MARK.finditer(self.code, opening):
            depth += (match[0] in "([{") - (match[0] in ")]}")
            if not depth:
                return match.start()
        return None

    def _find_end(self, start: int, end: int) -> int:
        """Where the statement that begins there ends: before a semicolon outside of brackets."""
        depth = 0
        for match in _MARK.finditer(self.code, start, end):
            depth += (match[0] in "([{") - (match[0] in ")]}")
            if match[0] == ";" and depth <= 0:
                return match.start()
        return end

    def split_statement(self, part: str, place: int) -> Statement | None:
        """`return a`, `double t = a`, or an expression; None for `double t` and `(void)t`."""
        end = place + len(part)
        if _WITHOUT_VALUE.fullmatch(part):
            return None
        if returned := _RETURN.match(part):
            return Statement(place + returned.end(), end, returns=True)
        if whole := _WHOLE_NUMBER.match(part):
            span = (place + whole.start(1), place + whole.end(1))
            raise self._refuse_whole_number(span)
        if declared := _DECLARED.match(part):
            span = (place + declared.start(2), place + declared.end())
            is_local = bool(declared[1]) and "var" not in declared[1].split()
            return Statement(place + declared.end(), end, declared[2], span, is_local=is_local)
        return Statement(place, end)

    def _refuse_whole_number(self, span: tuple[int, int]) -> ParseError:
        return self.error("a whole number is declared, and / would cut its quotients", span, "declare a double")

    # --- tokens -------------------------------------------------------------------------

    def check_token(self, token: Token, previous: Token | None) -> None:
        """Refuse casts."""
        if token.kind == "open" and (cast := _CAST.match(self.code, token.start)):
            raise self.error("a cast is not read", cast.span(), "leave it out: all variables are doubles")

    def leaf(self, token: Token) -> Operand:
        """A number, a constant such as M_PI, a variable."""
        span = (token.start, token.end)
        if token.kind == "number":
            match = _NUMBER.fullmatch(token.text)
            if match is None or (token.text[0] == "0" and token.text[1:2].isdigit() and "." not in token.text):
                raise self.error(f"not a decimal number: {token.text[:40]}", span, "write it as a decimal, such as 2.0")
            is_whole = match[1].isdigit() and match[2].lower() not in ("f", "d")
            operand = self.number(match[1], *span, WHOLE if is_whole else "number")
            if is_whole:
                self.whole[operand.node.id] = operand.node.args[0]
            return operand
        word = self.original(token.text, span)
        known = self._full_name(word, self.constants)
        if word in ("pi", "PI") and word not in self.variables and word not in self.bound:
            return self.name(word, *span, constant="pi")
        if known is None and not word.isidentifier():
            raise self.error(f"{word} is not read", span, "write a variable for it")
        if word.endswith("_") and word.rstrip("_") in KEYWORDS:
            word = word[:-1]
        return self.name(word, *span, constant=self.constants[known] if known else None)

    def _full_name(self, word: str, known: object) -> str | None:
        """The name under which a word is known, with `std::` or `Math.` or without."""
        assert isinstance(known, dict)
        bare = re.sub(r"^(?:std::|Math\.|::)", "", word)
        return next((name for name in (word, bare) if name in known), None)

    # --- what operators build -------------------------------------------------------------

    def before(self, operator: Token, operand: Operand) -> Operand:
        """A sign, or `!`."""
        if operator.text == "!":
            return self.connection(table.NOT, operand)._replace(start=operator.start)
        if operand.form == _POWER and operator.text == "-":
            words = self.words(operand)
            raise self.error("a sign before ** is not read", (operator.start, operand.end), f"write -({words})")
        if operator.text == "+":
            return operand._replace(start=operator.start)
        form = WHOLE if operand.form == WHOLE else ""
        return self._whole(self.operation(table.NEG, operand)._replace(start=operator.start, form=form), operand)

    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two operands."""
        text = operator.text
        span = (left.start, right.end)
        if text in ("&&", "||"):
            return self.connection(table.AND if text == "&&" else table.OR, left, right)
        if text == "%":
            raise self.error(
                "% is for whole numbers", span, f"write fmod({self.words(left)}, {self.words(right, 'y')})"
            )
        if text not in _ARITHMETIC:
            if _RELATION in (left.form, right.form):
                fix = "write both comparisons, with && between them"
                raise self.error("comparisons are not chained", span, fix)
            return self.chain([left, right], [text[:2]])._replace(form=_RELATION)
        both = left.form == right.form == WHOLE
        if text == "/" and both:
            fix = f"write {self.words(left, '1')}.0/{self.words(right, '2')}" if self._are_literals(left, right) else (
                "write one of the numbers with a decimal point")  # fmt: skip
            raise self.error("a quotient of whole numbers is a whole number in C", span, fix)
        form = WHOLE if both and text != "**" else _POWER if text == "**" else ""
        return self._whole(self.operation(_ARITHMETIC[text], left, right)._replace(form=form), left, right)

    def _are_literals(self, *operands: Operand) -> bool:
        return all(self.source[operand.start : operand.end].isdigit() for operand in operands)

    def _whole(self, result: Operand, *parts: Operand) -> Operand:
        """Keep the value of a whole number. Raises ParseError where C's `int` does not hold it."""
        if result.form != WHOLE:
            return result
        values = [self.whole.get(part.node.id, 0) for part in parts]
        op = result.node.op
        value = -values[0] if op is table.NEG else (
            values[0] * values[1] if op is table.MUL else values[0] + values[1] if op is table.ADD
            else values[0] - values[1])  # fmt: skip
        if abs(value) > _LARGEST_INT:
            fix = "write one of the numbers with a decimal point"
            raise self.error("the whole number is too large for an int", (result.start, result.end), fix)
        self.whole[result.node.id] = value
        return result

    def choose(self, condition: Operand, then: Operand, otherwise: Operand) -> Operand:
        """`c ? a : b`."""
        return self.choice(condition, then, otherwise, condition.start, otherwise.end)

    def bracket(self, head: Token | None, opening: Token, parts: list[Operand], closing: Token) -> Operand:
        """A group, or a call."""
        start = opening.start if head is None else head.start
        span = (start, closing.end)
        if head is None:
            if len(parts) != 1:
                message = "a comma outside of a call" if parts else "there is no expression between the brackets"
                raise self.error(message, span, "write one expression")
            form = parts[0].form if parts[0].form == WHOLE else "group"
            return parts[0]._replace(start=start, end=closing.end, form=form)
        if head.text in ("Math.max", "Math.min", "std::max", "std::min") and len(parts) > 2:
            row = table.MAX if head.text.endswith("max") else table.MIN
            return self.place(self.operation(row, *parts).node, *span, "call")
        if (own := self.call_own(head.text, parts, span)) is not None:
            return own
        known = head.text if head.text in self.refused else self._full_name(head.text, self.calls)
        return self.call(known or head.text, parts, span, (head.start, head.end))


def _names(parameters: str) -> list[str]:
    """The names of parameters, without their types and sizes."""
    words = (part.partition("[")[0].split() for part in parameters.split(","))
    return [word[-1].lstrip("&*") for word in words if word and word != ["void"]]
