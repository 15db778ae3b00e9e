"""The Wolfram Language: an expression in InputForm or FullForm, a definition, or assignments and then one.

A space is a product, and binds less tightly than a power with its sign: `10^-3 x` is (10^-3)*x.
"""

from __future__ import annotations

import re

from dcalc import functions as table
from dcalc.errors import LimitError
from dcalc.expr import ZERO, Expr, make, number
from dcalc.parser.assembly import Context, Operand, choose, choose_among
from dcalc.parser.infix import Level, Operators, Token
from dcalc.parser.lexer import MAX_DIGITS
from dcalc.parser.notations import Reading
from dcalc.parser.statements import Program, Statement
from dcalc.parser.unknown_calls import call_head
from dcalc.unknown import write_head

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:`[0-9.]*)?(?:\*\^[+-]?[0-9]+)?)"
    r"|(?P<name>Derivative\[[0-9, ]+\]\[\w+\](?=\[)|[A-Za-z]\w*'+(?=\[)"
    r"|(?:[A-Za-z$]|\\\[[A-Z][A-Za-z]+\])(?:[A-Za-z$0-9]|\\\[[A-Z][A-Za-z]+\])*)"
    r"|(?P<operator>&&|\|\||[<>=!]==?|=!=|:=|->|:>|/\.|//|/@|@@|!!|\^\^|[-+*/^<>=!&|@#?:~'])"
    r"|(?P<open>\[|[({]|<\|)|(?P<close>[)\]}]|\|>)|(?P<comma>,)|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_COMMENT = re.compile(r"\(\*.*?\*\)", re.DOTALL)
_DEFINITION = re.compile(r"\s*([A-Za-z$][\w$]*)\[([^\[\]]*)\]\s*:?=(?!=)")
_PURE = re.compile(r"\s*Function\[\s*(?:\{([\w\s,]*)\}|(\w+))\s*,(.*)\]\s*$", re.DOTALL)
_ASSIGNED = re.compile(r"\s*([A-Za-z$][A-Za-z$0-9]*)\s*:?=(?![=!])")
_NUMBER = re.compile(r"([0-9.]+)(?:`[0-9.]*)?(?:\*\^([+-]?[0-9]+))?")
_DERIVATIVE = re.compile(r"Derivative\[([0-9, ]+)\]\[(\w+)\]")
TITLE = "Mathematica"
_SIGNS = re.compile(r"\b[A-Z][A-Za-z0-9]*\[|\w_\s*[,\]]|:=|\*\^")
_OPERATORS = Operators(
    prefix={"-": 10, "+": 10, "!": 4},
    infix={
        "||": Level(2), "&&": Level(3), "==": Level(5), "!=": Level(5), "<": Level(5), ">": Level(5), "<=": Level(5),
        ">=": Level(5), "===": Level(5), "=!=": Level(5), "+": Level(6), "-": Level(6), "*": Level(7), "/": Level(9),
        "^": Level(11, right=True),
    },
    postfix={"!": 12},
    brackets={"(": ")", "[": "]", "{": "}"},
    juxtaposition=7,
)  # fmt: skip
_ARITHMETIC = {"+": table.ADD, "-": table.SUB, "*": table.MUL, "/": table.DIV, "^": table.POW}
_RELATED = {
    "Less": "<", "LessEqual": "<=", "Greater": ">", "GreaterEqual": ">=", "Equal": "==", "Unequal": "!=",
}  # fmt: skip
_CONNECTED = {"And": table.AND, "Or": table.OR}
_FOLDED = {"Plus": table.ADD, "Times": table.MUL}
_NAMED = {"ExponentialE": "E", "Pi": "Pi", "Degree": "Degree", "ImaginaryI": "I", "Infinity": "Infinity"}
_LIST, _RELATION = "list", "relation"
_REFUSED = {
    "/.": ("/. replaces", "give points by --at: --at x=2"),
    "//": ("// is not read", "write f[x]"),
    "@": ("@ is not read", "write f[x]"),
    "@@": ("@@ is not read", "write f[x]"),
    "/@": ("/@ is not read", "write f[x]"),
    "->": ("-> is not read", "give points by --at: --at x=2"),
    ":>": (":> is not read", "give points by --at: --at x=2"),
    "#": ("# is not read", "write x"),
    "&": ("& is not read", "write Function[x, ...], or && between conditions"),
    "'": ("a derivative is not read", "dcalc diff takes the derivative"),
    "=": ("= does not compare", "write =="),
    ":=": (":= is not read here", "write f[x_] := ... at the beginning"),
    "|": ("| is not read", "write Abs[x], or || between conditions"),
    "!!": ("there is no double factorial", "write Factorial[x]"),
    "^^": ("^^ is not read", "write the number as a decimal"),
    "?": ("? is not read", "write If[c, a, b]"),
    ":": (": is not read", "remove it"),
    "~": ("~ is not read", "write f[x, y]"),
    "<|": ("associations are not read", "write one expression"),
    "|>": ("associations are not read", "write one expression"),
}


def resembles(text: str) -> bool:
    """True for `Sin[x]`, `f[x_] := `, `1*^-7`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression of the last statement. Raises DcalcError."""
    return _Program(text, context).reading()


class _Program(Program):
    """Statements, one after the other."""

    LANGUAGE, OPERATORS, TOKENS, COMMENTS = "mathematica", _OPERATORS, _TOKEN, _COMMENT
    REFUSED = _REFUSED
    TRUTH_IS_ONE = False

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text, context)
        self.lists: dict[tuple[int, int], list[Operand]] = {}
        self.links: dict[tuple[int, int], tuple[list[Operand], list[str]]] = {}  # chains of comparisons

    def split_statement(self, part: str, place: int) -> Statement:
        """`f[x_] := a`, `Function[x, a]`, `t = a`, or an expression."""
        end = place + len(part)
        if defined := _DEFINITION.match(part):
            span = (place + defined.start(2), place + defined.end(2))
            self._take_names(defined[2].replace("_", " ").split(","), span)
            return Statement(place + defined.end(), end)
        if pure := _PURE.match(part):
            self._take_names((pure[1] or pure[2]).split(","), (place, end))
            return Statement(place + pure.start(3), place + pure.end(3))
        if assigned := _ASSIGNED.match(part):
            return Statement(
                place + assigned.end(), end, assigned[1], (place + assigned.start(1), place + assigned.end())
            )
        return Statement(place, end)

    def _take_names(self, words: list[str], span: tuple[int, int]) -> None:
        names = [word.strip() for word in words]
        if not all(name.isidentifier() for name in names):
            raise self.error("these arguments are not read", span, "write f[x_] := ...")
        self.take_arguments(names)

    # --- tokens -------------------------------------------------------------------------

    def check_token(self, token: Token, previous: Token | None) -> None:
        """Refuse `1.2.3`, which would be a product."""
        if previous is not None and previous.kind == token.kind == "number" and previous.end == token.start:
            raise self.error("not a number", (previous.start, token.end), "write one decimal point")

    def leaf(self, token: Token) -> Operand:
        """A number, a constant, a variable."""
        span = (token.start, token.end)
        if token.kind == "number":
            match = _NUMBER.fullmatch(token.text)
            if match is None or match[1].count(".") > 1:
                raise self.error(f"not a number: {token.text[:40]}", span, "write it as 2.5 or 1*^-7")
            if len(match[2] or "") > 7:
                fix = f"numbers have at most {MAX_DIGITS:,} digits, exponents are at most {MAX_DIGITS:,}"
                raise LimitError("the number is too long", span=span, help=fix)
            return self.number(match[1] + ("e" + match[2] if match[2] else ""), *span)
        word = self._word(token)
        if word in self.calls and word not in self.variables and word not in self.bound:
            raise self.error(f"{word} needs square brackets", span, f"write {word}[x]")
        return self.name(word, *span)

    def _word(self, token: Token) -> str:
        """The name with `\\[Alpha]` as alpha."""
        if "$" in token.text:
            raise self.error("$ is not read in a name", (token.start, token.end), "write letters and digits")

        def plain(match: re.Match[str]) -> str:
            return _NAMED.get(match[1], match[1][0].lower() + match[1][1:])

        return re.sub(r"\\\[(\w+)\]", plain, token.text)

    def value(self, operand: Operand) -> Expr:
        """The node of a number. Raises ParseError for a list and a condition."""
        if operand.form == _LIST:
            raise self.error("a list is not a number", (operand.start, operand.end), "write one expression")
        return super().value(operand)

    # --- what operators build -------------------------------------------------------------

    def before(self, operator: Token, operand: Operand) -> Operand:
        """A sign, or `!`."""
        if operator.text == "!":
            return self.connection(table.NOT, operand)._replace(start=operator.start)
        if operator.text == "+":
            return Operand(self.value(operand), operator.start, operand.end)
        return self.operation(table.NEG, operand)._replace(start=operator.start)

    def between(self, operator: Token, left: Operand, right: Operand) -> Operand:
        """An operator between two operands, or a product without one."""
        text = operator.text
        if text in ("&&", "||"):
            return self.connection(table.AND if text == "&&" else table.OR, left, right)
        if text in _ARITHMETIC:
            return self.operation(_ARITHMETIC[text], left, right)
        if not text.strip():
            self._check_head(left, right)
            if right.form == "number" and left.form == "number":
                fix = f"write {self.words(left, 'a')}*{self.words(right, 'b')}"
                raise self.error("two numbers side by side", (left.start, right.end), fix)
            return self.operation(table.MUL, left, right)
        relation = {"===": "==", "=!=": "!="}.get(text, text)
        parts, relations = self.links.get((left.start, left.end), ([left], []))
        if left.form != _RELATION:
            parts, relations = [left], []
        parts, relations = [*parts, right], [*relations, relation]
        if "!=" in relations and len(relations) > 1:
            raise self.error("a chain with != is not read", (left.start, right.end), "write the comparisons with &&")
        whole = self.chain(parts, relations)._replace(form=_RELATION)
        self.links[whole.start, whole.end] = (parts, relations)
        return whole

    def _check_head(self, left: Operand, right: Operand) -> None:
        """`sin(x)`: the name of a function is not a factor."""
        if left.form != "name":
            return
        word = self.source[left.start : left.end]
        if self.source[right.start] == "(" and len(word) > 1 and word[:1].upper() + word[1:] in self.calls:
            fix = f"write {word[:1].upper() + word[1:]}[{self.words(right).strip('()')}]"
            raise self.error(f"{word} needs square brackets", (left.start, right.end), fix)

    def after(self, operator: Token, operand: Operand) -> Operand:
        """`x!`."""
        node = make(table.BY_KEY["factorial"], self.value(operand))
        return self.place(node, operand.start, operator.end)

    def choose(self, condition: Operand, then: Operand, otherwise: Operand) -> Operand:
        """The language has no such operator."""
        raise self.error("? is not read", (condition.start, otherwise.end), "write If[c, a, b]")

    def bracket(self, head: Token | None, opening: Token, parts: list[Operand], closing: Token) -> Operand:
        """A group, a list, or a call."""
        span = (opening.start if head is None else head.start, closing.end)
        if opening.text == "{":
            self.lists[span] = parts
            return Operand(ZERO, *span, _LIST)
        if head is None:
            if len(parts) != 1 or opening.text == "[":
                fix = "write f[x] for a function, (x + 1) for a group"
                raise self.error("one expression belongs in round brackets", span, fix)
            return Operand(parts[0].node, *span, _LIST if parts[0].form == _LIST else "")
        return self._read_call(head, parts, span)

    def _read_call(self, head: Token, parts: list[Operand], span: tuple[int, int]) -> Operand:
        name = self._word(head)
        if name not in self.calls and (node := self._unknown(name, parts)) is not None:
            return self.place(node, *span)
        special = {"Piecewise": self._piecewise, "If": self._if, "Which": self._which, "Clip": self._clip}.get(name)
        if special is not None and parts and (name != "Clip" or len(parts) == 2):
            return special(parts, span)
        if name in _RELATED and len(parts) == 2:
            return self.place(self.chain(parts, [_RELATED[name]]).node, *span)
        if name in _CONNECTED and len(parts) > 1:
            return self._joined(_CONNECTED[name], parts, span)
        if name == "Not" and len(parts) == 1:
            return self.place(self.connection(table.NOT, *parts).node, *span)
        if name == "Boole" and len(parts) == 1:
            node = make(table.WHERE, self.truth(parts[0]), number(1), number(0))
            return self.place(node, *span)
        if name in _FOLDED and parts:
            return self._joined(_FOLDED[name], parts, span)
        if name in ("List", "Rule"):
            raise self.error(f"{name} is not read", span, "write one expression")
        return self.call(name, parts, span, (head.start, head.end))

    def _unknown(self, name: str, parts: list[Operand]) -> Expr | None:
        """A call of an unknown function: `f[x]`, `f''[x]`, `Derivative[1, 0][f][x, y]`."""
        derivative = _DERIVATIVE.fullmatch(name)
        if derivative is not None:
            name = write_head(derivative[2], tuple(map(int, derivative[1].split(","))))
        elif name[:1].isupper():
            return None
        if any(part.is_condition or part.form == _LIST for part in parts):
            return None
        return call_head(name, [self.value(part) for part in parts])

    def _joined(self, row: table.Row, parts: list[Operand], span: tuple[int, int]) -> Operand:
        whole = parts[0]
        for part in parts[1:]:
            whole = self.connection(row, whole, part) if row in table.CONDITIONS else self.operation(row, whole, part)
        return Operand(whole.node, *span)

    def _members(self, operand: Operand, span: tuple[int, int]) -> list[Operand]:
        if operand.form != _LIST or (operand.start, operand.end) not in self.lists:
            raise self.error("a list is expected", span, "write Piecewise[{{a, x < 0}, {b, x >= 0}}]")
        return self.lists[operand.start, operand.end]

    def _piecewise(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        """Pairs of values and conditions; what they leave out is 0 unless a second argument says otherwise."""
        rows: list[tuple[Expr, Expr | None]] = []
        for pair in self._members(parts[0], span):
            members = self._members(pair, span)
            if len(members) != 2:
                raise self.error("Piecewise takes pairs", span, "write Piecewise[{{a, x < 0}, {b, x >= 0}}]")
            value, condition = members
            is_true = self.source[condition.start : condition.end].strip() == "True"
            rows.append((self.value(value), None if is_true else self.truth(condition)))
        if len(parts) == 2:
            rows.append((self.value(parts[1]), None))
        return self.place(choose_among(rows, ZERO), *span)

    def _if(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        if len(parts) != 3:
            raise self.error("If takes a condition and two values", span, "write If[c, a, b]")
        return self.choice(parts[0], parts[1], parts[2], *span)

    def _which(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        rows: list[tuple[Expr, Expr | None]] = []
        for condition, value in zip(parts[::2], parts[1::2], strict=False):
            is_true = self.source[condition.start : condition.end].strip() == "True"
            rows.append((self.value(value), None if is_true else self.truth(condition)))
        whole = choose(rows)
        if whole is None or len(parts) % 2:
            raise self.error("Which leaves something out", span, "end with True and the value that holds otherwise")
        return self.place(whole, *span)

    def _clip(self, parts: list[Operand], span: tuple[int, int]) -> Operand:
        low, high = self._members(parts[1], span)
        node = make(table.BY_KEY["clip"], self.value(parts[0]), self.value(low), self.value(high))
        return self.place(node, *span)
