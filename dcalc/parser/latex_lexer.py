"""LaTeX to tokens: commands, letters, arguments without braces, subscripts, and what stands before brackets.

Letters are variables, each for itself. What follows decides what some of them are: `\\Gamma(x)` is the
function, `x(x+1)` a product, `f(x)` and `u'(x)` are unknown functions, and `x(t)` is refused, since it may be both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.errors import ParseError
from dcalc.parser.latex_tokens import drop_braces, expand_points, find_pairs, separate_cells
from dcalc.parser.lexer import Token, make_token

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

GREEK = frozenset(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau upsilon phi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar".split()
)
_VARIANTS = {
    "varepsilon": "epsilon", "vartheta": "theta", "varphi": "phi", "varrho": "rho", "varsigma": "sigma",
    "varpi": "varpi", "varkappa": "kappa", "imath": "i", "jmath": "j",
}  # fmt: skip
FUNCTIONS = {
    **{name: name for name in (
        "sin cos tan sec csc cot arcsin arccos arctan arcsec arccsc arccot sinh cosh tanh sech csch coth arcsinh "
        "arccosh arctanh arcsech arccsch arccoth asin acos atan ln log exp").split()},
    "cosec": "csc", "cotg": "cot", "tg": "tan", "ctg": "cot", "arctg": "atan", "arsinh": "asinh", "arcosh": "acosh",
    "artanh": "atanh", "arcoth": "acoth", "cosech": "csch", "sgn": "sign",
}  # fmt: skip
"""Commands that may stand without brackets, and their names in the table."""
_ENCLOSING = {"max": "max", "min": "min"}
_HEADS = {"Gamma": "gamma", "psi": "digamma", "zeta": "zeta"}
UPRIGHT = {
    "Y": ("bessely",), "I": ("besseli", "betainc"), "K": ("besselk",), "E": ("expint", "elliptic_e"),
    "j": ("sphericalbesselj",),
    "P": ("legendre", "gammap"), "Q": ("gammaq",), "T": ("chebyshevt",), "U": ("chebyshevu",), "C": ("gegenbauer",),
    "H": ("hermite",), "L": ("laguerre",), "W": ("lambertw",), "B": ("lowerbeta",), "Li": ("polylog",),
    "F": ("elliptic_f",),
}  # fmt: skip
"""Functions with a letter of their own, which is upright: `\\mathrm{P}_{n}(x)`; the italic `P_0` is a variable."""
_DOUBTFUL = frozenset("YIKE")
"""Letters that are functions elsewhere though they are italic."""
FUNCTION_LIKE = frozenset(["f", "g", "h", "F", "G", "H", "O", "o", "phi", "Phi", "Psi"])
"""Letters that stand for functions where a bracket follows."""
_POLYNOMIAL = re.compile(r"[PpTQqR](?:[1-9][0-9]*|_[a-z])")
"""`P_6`, `T_n`: polynomials of a degree, as Taylor's are; `P_0(1 + r)^t` is a product."""
_UNKNOWN = frozenset(["f", "g", "h", "F", "G", "H", "phi"])
"""Letters that are unknown functions where brackets follow and the letter is nothing else in the formula."""
_SELDOM_FACTORS = frozenset("uvwpqABCDEIJKLMNPQRSTUVWXYZ")
"""Letters that stand for functions, too, where the brackets behind them would say nothing around a factor."""
_OPERATORS = {
    "cdot": "TIMES", "times": "TIMES", "ast": "TIMES", "div": "SLASH", "land": "AND", "wedge": "AND", "lor": "OR",
    "vee": "OR", "lnot": "NOT", "neg": "NOT", "lvert": "ABSL", "rvert": "ABSR", "lfloor": "FLOORL",
    "rfloor": "FLOORR", "lceil": "CEILL", "rceil": "CEILR", "lbrace": "LPAR", "rbrace": "RPAR", "lbrack": "LPAR",
    "rbrack": "RPAR", "sqrt": "SQRT", "frac": "FRAC", "dfrac": "FRAC", "binom": "BINOM", "dbinom": "BINOM",
    "tbinom": "BINOM", "tfrac": "FRAC", "cfrac": "FRAC",
    "lparen": "LPAR", "rparen": "RPAR",
}  # fmt: skip
_RELATIONS = {
    "le": "<=", "leq": "<=", "leqslant": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "ne": "!=", "neq": "!=",
    "lt": "<", "gt": ">",
}  # fmt: skip
_SPACES = frozenset("quad qquad thinspace medspace thickspace enspace".split())
_NOTHING = frozenset(
    "displaystyle textstyle scriptstyle limits nolimits nonumber notag strut mathstrut protect left right middle "
    "bigl bigr Bigl Bigr biggl biggr Biggl Biggr big Big bigg Bigg bigm hfill noindent allowbreak phantom".split()
)
_WORDS = frozenset("operatorname mathrm mathit mathsf text mbox textrm rm textit mathop".split())
_SKIPPED = frozenset("label tag hspace vspace ref color".split())
_REFUSED = {
    **dict.fromkeys(("int", "iint", "oint"), "dcalc differentiates; it does not integrate"),
    "sum": "spell the terms out, with + between them",
    "prod": "spell the factors out",
    "lim": "dcalc limit takes the limit: write the expression alone",
    "partial": "dcalc diff takes the derivative; --wrt x names the variable",
    "nabla": "dcalc grad takes the gradient",
    "infty": "infinity is not a number",
    **dict.fromkeys(("pm", "mp"), "write + or -"),
    **dict.fromkeys(("to", "rightarrow", "mapsto"), "write the formula alone"),
    **dict.fromkeys(("vec", "mathbf", "hat", "bar", "overline", "tilde", "dot", "ddot"), "write a plain letter"),
    "prime": "dcalc diff takes the derivative",
    **dict.fromkeys(("approx", "equiv", "sim"), "write one side alone"),
    **dict.fromkeys(("over", "atop"), "write \\frac{a}{b}"),
    "lg": "write \\log_{10} or \\log_{2}",
    **dict.fromkeys(("lVert", "rVert", "Vert", "|"), "write |x|"),
    "ldots": "spell the terms out", "cdots": "spell the terms out", "dots": "spell the terms out",
    "in": "write a comparison", "circ": "write the composition out: \\sin(\\cos x)",
}  # fmt: skip
_TOKEN = re.compile(
    r"(?P<space>[\s~]+|%[^\n]*\n?)|(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)|\\(?P<command>[A-Za-z]+)\*?|(?P<escape>\\.)"
    r"|(?P<letter>[^\W\d_])|(?P<symbol>.)",
    re.DOTALL,
)
_GAP = r"(?:[\s~]|\\[,;:! ]|\\(?:left|[bB]igg?[lr]?)(?![A-Za-z]))*"
_BRACKET = re.compile(_GAP + r"(?:\(|\[)")
_PRIMED = re.compile(r"('+)" + _GAP + r"(?=\(|\[)|\s*\^\s*\{\s*((?:\\prime\s*)+)\}" + _GAP + r"(?=\(|\[)")
_ORDERS = re.compile(r"\s*\^\s*\{\s*\(\s*([0-9]{1,5}(?:\s*,\s*[0-9]{1,5})*)\s*\)\s*\}" + _GAP + r"(?=\(|\[)")
_DEGREE = re.compile(r"\{\{?\s*\}?\s*\^\s*\{?\s*\\circ\s*\}?\s*\}?|\^\s*(?:\\circ(?![A-Za-z])|\{\s*\\circ\s*\})")
_EMPTY_DEGREE = re.compile(r"\{\{\}\^\\circ\}|\{\}\^\\circ(?![A-Za-z])")
_NAMED = re.compile(r"\s*\{((?:[^{}\\]|\\[ _,]|\\[A-Za-z]+)*)\}")
_SUBSCRIPT = re.compile(
    r"\s*_\s*(?:\{(\{)?\s*((?:[^{}\\]|\\(?:text|mathrm|mathit|rm)\s*\{[^{}]*\}|\\[A-Za-z]+)*?)\s*(?(1)\})\}"
    r"|([A-Za-z0-9])|\\([A-Za-z]+))"
)
_INDEX = re.compile(r"[\w]+(?:,[\w]*)*")
_WORD = re.compile(
    r"arc(?:sin|cos|tan)|sinh?|cosh?|tanh?|sech?|csch?|coth?|ln|log|exp|sqrt|max|min|frac|cdot|left|right|pi(?![a-z])"
)
_RUN = re.compile(r"[A-Za-z]+")
_LONGEST_RUN = 3
_BEGIN = re.compile(r"\s*\{([a-z]+\*?)\}")
_ARRAY = re.compile(r"\s*\{[lcr@{}|\s]*\}")
_CASES = ("cases", "dcases", "rcases", "array")
_LINES = ("aligned", "align", "align*", "split", "gather", "gather*", "gathered", "equation", "equation*", "eqnarray*",
          "displaymath", "multline*")  # fmt: skip
_TEXTS = {
    "if": "IF", "for": "IF", "when": "IF", "where": "IF", "ifx": "IF", "and": "AND", "or": "OR",
    "otherwise": "OTHERWISE", "else": "OTHERWISE", "elsewhere": "OTHERWISE", "": "",
}  # fmt: skip
_END_OF_ROW = re.compile(r"\s*\\(?:end(?![A-Za-z])|\\)")
_PROSE = ("text", "mbox", "textrm", "textit", "rm")
_SENTENCE = re.compile(r"\s*(\{)")
_TEX_ARGUMENTS = {"FRAC": 2, "BINOM": 2, "SQRT": 1, "SUP": 1, "SUB": 1}


class LatexLexer:
    """One text being cut into tokens."""

    def __init__(self, text: str, variables: Collection[str]) -> None:
        self.text = text
        self.variables = variables
        self.tokens: list[Token] = []
        self.spaced: set[int] = set()  # where an explicit space stands before
        self.written: dict[str, str] = {}  # variants of letters that are read as another
        self.lenient: set[int] = set()  # heads of functions that are written as words, such as \operatorname{f}
        self.needed = 0  # arguments without braces that are still to come
        self.waiting: list[int] = []
        self.environments: list[str] = []
        self.bars: list[int] = [0]  # open bars, by depth of brackets

    def read(self, start: int, end: int) -> list[Token]:
        """The tokens of a stretch of the text, which `decide` is to see next. Raises ParseError."""
        self._scan(start, end)
        if self.environments:
            self.fail(f"\\begin{{{self.environments[-1]}}} has no \\end", end - 1, end, "add it")
        self.tokens = drop_braces(self.tokens)
        return self.tokens

    def _scan(self, start: int, end: int) -> None:
        place = start
        while place < end:
            match = _TOKEN.match(self.text, place, end)
            assert match is not None  # the last alternative takes anything
            place = self._take(match.lastgroup or "", match, place)

    def fail(self, message: str, start: int, end: int, fix: str) -> None:
        """Raise ParseError."""
        raise ParseError(message, span=(start, max(end, start + 1)), help=fix)

    # --- tokens -------------------------------------------------------------------------

    def _emit(self, kind: str, text: str, start: int, end: int) -> None:
        self.tokens.append(make_token(kind, text, start, end))
        if kind == "LBRACE":
            self.waiting.append(max(self.needed - 1, 0))
            self.needed = 0
        elif kind == "RBRACE":
            if not self.waiting:
                self.fail("this brace closes nothing", start, end, "remove it")
            self.needed = self.waiting.pop()
        elif kind in _TEX_ARGUMENTS:
            self.needed = max(self.needed - 1, 0) + _TEX_ARGUMENTS[kind]
        elif kind == "CLOSE":
            self.needed = 1
        else:
            self.needed = max(self.needed - 1, 0)

    def _take(self, kind: str, match: re.Match[str], start: int) -> int:
        end = match.end()
        if kind == "space":
            return end
        if kind == "number":
            return self._take_number(match[0], start)
        if kind == "letter":
            return self._take_letter(match[0], start)
        if kind == "command":
            return self._take_command(match["command"], start, end)
        if kind == "escape":
            return self._take_escape(match[0], start, end)
        return self._take_symbol(match[0], start, end)

    def _take_number(self, digits: str, start: int) -> int:
        if self.needed:
            if digits[0] == ".":
                self.fail("an argument in braces is expected", start, start + 1, "put it in braces")
            previous = self.tokens[-1].type
            if previous in ("SUP", "SUB") and len(digits) > 1:
                first, rest = digits[0], digits[1:]
                fix = f"write ^{{{digits}}}, or ^{first} \\cdot {rest}"
                self.fail("ambiguous: TeX raises the first digit alone", start, start + len(digits), fix)
            digits = digits[0]
        end = start + len(digits)
        self._emit("NUMBER", digits, start, end)
        return end

    def _take_letter(self, letter: str, start: int) -> int:
        if not letter.isascii():
            return self._take_name("pi" if letter == "π" else letter, start, start + 1)
        run = _RUN.match(self.text, start)
        if run is not None and (start == 0 or not self.text[start - 1].isalpha() or self.text[start - 1] == "}"):
            self._check_run(run[0], start)
        return self._take_name(letter, start, start + 1)

    def _check_run(self, run: str, start: int) -> None:
        """Refuse words: `sin x` without a backslash is not a product of s, i and n, nor `dx` one."""
        end = start + len(run)
        word = _WORD.search(run)
        if word:
            fix = f"write \\{word[0]}"
            self.fail(f"letters side by side are a product: {run[:40]}", start, end, fix)
        if len(run) > _LONGEST_RUN and run not in self.variables:
            fix = f"write \\mathit{{{run[:40]}}} for a name, or put spaces between the factors"
            self.fail(f"letters side by side are a product: {run[:40]}", start, end, fix)

    def _take_name(self, word: str, start: int, end: int) -> int:
        """A variable with its subscript, a constant, or a function where a bracket follows."""
        if word == "gamma" and self._has_comma(end):
            self._emit("CALLED", "lowergamma", start, end)
            return end
        if word == "J" and self._indexed(end):
            self._emit("CALLED", "besselj", start, end)
            return end
        if word in _DOUBTFUL and word not in self.variables and self._indexed(end):
            fix = f"write \\mathrm{{{word}}}_{{n}}(x) for the function, {word}_{{n}} \\cdot (...) for a product"
            self.fail(f"ambiguous: {word} with an index before a bracket", start, end, fix)
        if word not in self.variables and word not in _HEADS and (derived := self._derivative(word, end)):
            head, last = derived
            self._emit("CALLED", head, start, last)
            return last
        match = _SUBSCRIPT.match(self.text, end) if not self.needed else None
        if match is None:
            if _head_follows(self.text, end) == "_" and not self.needed:
                self.fail("a subscript is a name or a number", start, end + 1, "write x_{1} or x_{max}")
            self._emit("NAME", word, start, end)
            return end
        index = match[2] if match[2] is not None else match[3] or match[4]
        index = re.sub(r"\\(?:text|mathrm|mathit|rm)\s*\{([^{}]*)\}", r"\1", index).replace(" ", "")
        index = index.replace("\\_", "_").lstrip("\\").replace("\\", "")
        if not _INDEX.fullmatch(index) or (match[2] is not None and "+" in match[2]):
            self.fail("a subscript is a name or a number", start, match.end(), "write x_{1} or x_{max}")
        glued = index[0].isdigit() and not match[1]
        name = word + ("" if glued else "_") + index.replace(",", "_")
        self._emit("NAME", name, start, match.end())
        return match.end()

    def _derivative(self, word: str, place: int) -> tuple[str, int] | None:
        """The head of `f'(x)`, `f^{(4)}(x)` and `f^{(1,0)}(x, y)`, with where it ends, from behind its letter."""
        from dcalc.unknown import write_head

        if primes := _PRIMED.match(self.text, place):
            count = len(primes[1]) if primes[1] else primes[2].count("prime")
            return write_head(word, (count,)), primes.end(1) if primes[1] else primes.end(2) + 1
        if orders := _ORDERS.match(self.text, place):
            times = tuple(int(order) for order in orders[1].split(","))
            return write_head(word, times), self.text.index("}", orders.end(1)) + 1
        return None

    def _indexed(self, place: int) -> bool:
        """Whether a subscript and a bracket follow, as in `J_n(x)`."""
        under = re.compile(r"\s*_\s*").match(self.text, place)
        if under is None:
            return False
        after = under.end()
        if self.text[after : after + 1] == "{":
            after = _matching(self.text, after)
        else:
            after += 1
        return _BRACKET.match(self.text, after) is not None

    def _take_command(self, word: str, start: int, end: int) -> int:
        if word in _NOTHING:
            if word == "phantom":
                skipped = _NAMED.match(self.text, end)
                return skipped.end() if skipped else end
            if word == "middle" and (bar := re.compile(r"\s*\|").match(self.text, end)):
                self._emit("COMMA", "|", start, bar.end())
                return bar.end()
            point = re.compile(r"\s*\.").match(self.text, end) if word in ("left", "right") else None
            return point.end() if point else self._sized(word, end)
        if word in _OPERATORS:
            return self._take_operator(_OPERATORS[word], word, start, end)
        if word in GREEK or word in _VARIANTS:
            return self._take_greek(word, start, end)
        if word in _WORDS:
            return self._take_word(word, start, end)
        if word in ("begin", "end"):
            return self._take_environment(word, start, end)
        if word in _SKIPPED:
            skipped = _NAMED.match(self.text, end)
            return skipped.end() if skipped else end
        return self._take_plain(word, start, end)

    def _take_plain(self, word: str, start: int, end: int) -> int:
        """A command that is one token, or none."""
        if word in _SPACES:
            self.spaced.add(self._next_place(end))
        elif word in _RELATIONS:
            self._emit("REL", _RELATIONS[word], start, end)
        elif word in FUNCTIONS:
            self._emit("FUNC", FUNCTIONS[word], start, end)
        elif word in _ENCLOSING:
            self._emit("CALLED", word, start, end)
            self.lenient.add(start)
        elif word == "pi":
            self._emit("NAME", "pi", start, end)
        elif word in ("vert", "mid"):
            self._take_bar(start, end)
        elif word == "amp":
            self._emit("AMP", "&", start, end)
        else:
            fix = _REFUSED.get(word, "dcalc help notations lists what is read")
            self.fail(f"\\{word} is not read", start, end, fix)
        return end

    def _sized(self, word: str, end: int) -> int:
        """`\\left|` opens, `\\right|` closes."""
        side = re.compile(r"\s*(?:\||\\vert(?![A-Za-z]))").match(self.text, end)
        opens, closes = word == "left" or word[-1] == "l", word == "right" or word[-1] == "r"
        if side is None or not (opens or closes):
            return end
        self._emit("ABSL" if opens else "ABSR", "|", side.end() - 1, side.end())
        return side.end()

    def _take_operator(self, kind: str, word: str, start: int, end: int) -> int:
        if kind in ("LPAR", "FLOORL", "CEILL", "ABSL"):
            self.bars.append(0)
        elif kind in ("RPAR", "FLOORR", "CEILR", "ABSR") and len(self.bars) > 1:
            self.bars.pop()
        self._emit(kind, word, start, end)
        if kind == "SQRT" and (option := re.compile(r"\s*\[").match(self.text, end)):
            self.tokens.append(make_token("OPEN", "[", option.end() - 1, option.end()))
            self.environments.append("sqrt")
            self.needed = 0
            return option.end()
        return end

    def _take_greek(self, word: str, start: int, end: int) -> int:
        name = _VARIANTS.get(word, word)
        if self.written.setdefault(name, word) != word:
            self.fail(f"\\{word} and \\{self.written[name]} are read as one letter", start, end, "write another letter")
        if name in _HEADS and self._is_call(name, end):
            self._emit("CALLED", _HEADS[name], start, end)
            return end
        return self._take_name(name, start, end)

    def _is_call(self, name: str, place: int) -> bool:
        """Whether a bracket follows a letter that is a function then; `\\psi^{(n)}(x)` is one, too."""
        raised = re.compile(r"\s*\^\s*\{").match(self.text, place)
        if name == "psi" and raised:
            place = _matching(self.text, raised.end() - 1)
        return name not in self.variables and _BRACKET.match(self.text, place) is not None

    def _has_comma(self, place: int) -> bool:
        bracket = _BRACKET.match(self.text, place)
        if bracket is None:
            return False
        depth = 0
        for char in self.text[bracket.end() - 1 :]:
            depth += (char in "([{") - (char in ")]}")
            if depth == 0:
                return False
            if char == "," and depth == 1:
                return True
        return False

    def _take_word(self, command: str, start: int, end: int) -> int:
        """`\\operatorname{erf}`, `\\mathit{speed}`, `\\text{if}`."""
        sentence = _SENTENCE.match(self.text, end) if command in _PROSE else None
        if sentence is not None and "$" in self.text[end : (last := _matching(self.text, sentence.start(1)))]:
            self._take_sentence(sentence.end(1), last - 1)
            return last
        match = _NAMED.match(self.text, end)
        if match is None:
            self.fail(f"\\{command} needs its word in braces", start, end, f"write \\{command}{{...}}")
            return end
        word = re.sub(r"\\[ ,]", " ", match[1]).replace("\\_", "_").strip()
        after = match.end()
        if word == "\\tau":
            self._emit("NAME", "tau constant", start, after)
            return after
        is_function = word in UPRIGHT and (
            _BRACKET.match(self.text, after) or self._indexed(after) or self._raised(after)
        )
        if command in ("mathrm", "mathsf") and (word in ("Ai", "Bi") or is_function):
            return self._take_special(word, start, after)
        folded = word.strip(" ,.:;").lower()
        if command in (*_PROSE, "mathrm") and folded in _TEXTS:
            if _TEXTS[folded]:
                self._emit(_TEXTS[folded], word, start, after)
            return after
        if word in ("e", "d"):
            if word == "d":
                self.fail("a differential is not read", start, after, "dcalc diff takes the derivative")
            self._emit("NAME", "e constant", start, after)
            return after
        if not word.isidentifier():
            self.fail("this text is not read", start, after, "write a name of letters, or leave it out")
        return self._take_identifier(command, FUNCTIONS.get(word, word), start, after)

    def _take_sentence(self, start: int, end: int) -> None:
        """`\\text{if $x < 1$ and $x > 0$,}`: words and formulas by turns."""
        is_formula = False
        for piece in self.text[start:end].split("$"):
            last = start + len(piece)
            kind = _TEXTS.get(piece.strip(" ,.:;~").lower())
            if is_formula:
                self._scan(start, last)
            elif kind is None:
                self.fail("this text is not read", start, last, "write a formula, with \\text{if} before conditions")
            elif kind:
                self._emit(kind, piece, start, last)
            start, is_formula = last + 1, not is_formula

    def _take_identifier(self, command: str, word: str, start: int, end: int) -> int:
        """The name of a function where the table has it and the place is one for it, else of a variable."""
        from dcalc.functions import BY_NAME

        is_called = _BRACKET.match(self.text, end) is not None
        if command != "mathit" and word in BY_NAME and word not in self.variables:
            takes_one = any(row.minimum <= 1 and not row.variadic for row in BY_NAME[word])
            self._emit("FUNC" if takes_one and not is_called else "CALLED", word, start, end)
            self.lenient.add(start)
            return end
        if command == "operatorname":
            fix = "dcalc functions lists what there is; \\mathit{...} is the name of a variable"
            self.fail(f"no function named {word[:40]}", start, end, fix)
        if command == "mathit":
            self._emit("NAME", word, start, end)
            return end
        return self._take_name(word, start, end)

    def _take_special(self, word: str, start: int, end: int) -> int:
        """Airy functions, their derivatives, and other functions with letters of their own."""
        if word in UPRIGHT:
            self._emit("CALLED", word, start, end)
            return end
        prime = self.text[end : end + 1] == "'"
        self._emit("CALLED", f"airy{word.lower()}{'prime' if prime else ''}", start, end + prime)
        self.lenient.add(start)
        return end + prime

    def _raised(self, place: int) -> bool:
        """Whether an index and a power in brackets follow, as in `C_{n}^{(a)}(x)`."""
        return re.compile(r"\s*_\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\^\{\(").match(self.text, place) is not None

    def _take_environment(self, command: str, start: int, end: int) -> int:
        match = _BEGIN.match(self.text, end)
        name = match[1] if match else ""
        if match is None or name not in (*_CASES, *_LINES):
            self.fail(f"\\{command}{{{name}}} is not read", start, match.end() if match else end, "write cases")
            return end
        after = match.end()
        if name in _LINES:
            return after
        if command == "begin":
            if self.tokens and self.tokens[-1].type == "LPAR" and self.tokens[-1] == "\\{":
                self.tokens.pop()  # \left\{ \begin{array}{ll} ... \end{array} \right.
            elif name == "array":
                self.fail("an array is not read", start, after, "write \\begin{cases}")
            options = _ARRAY.match(self.text, after) if name == "array" else None
            self.environments.append(name)
            self._emit("CASES", name, start, after)
            return options.end() if options else after
        if not self.environments or self.environments.pop() != name:
            self.fail("this \\end belongs to no \\begin", start, after, "remove it")
        self._emit("ENDCASES", name, start, after)
        return after

    def _take_escape(self, text: str, start: int, end: int) -> int:
        char = text[1]
        if char in ",;:! >":
            self.spaced.add(self._next_place(end))
        elif char == "\\":
            skip = re.compile(r"\s*\[[0-9.]+[a-z]{2}\]").match(self.text, end)
            self._emit("ROW", "\\\\", start, end)
            return skip.end() if skip else end
        elif char in "{}":
            self._emit("LPAR" if char == "{" else "RPAR", text, start, end)
        elif char == "|":
            self.fail("a norm is not read", start, end, "write |x|")
        elif char in "()[]":
            self.fail(f"{text} stands inside the formula", start, end, "give one formula at a time")
        else:
            self.fail(f"{text} is not read", start, end, "remove it")
        return end

    def _next_place(self, place: int) -> int:
        match = re.compile(r"(?:[\s~]|\\[,;:! ]|\\q?quad(?![A-Za-z]))*").match(self.text, place)
        return match.end() if match else place

    def _take_symbol(self, char: str, start: int, end: int) -> int:
        if char in "^{" and (
            degree := _EMPTY_DEGREE.match(self.text, start)
            or (_DEGREE.match(self.text, start) if char == "^" else None)
        ):
            self._emit("DEGREE", "deg", start, degree.end())
            return degree.end()
        if char == "]" and self.environments and self.environments[-1] == "sqrt":
            self.environments.pop()
            self._emit("CLOSE", char, start, end)
            return end
        kind = _SYMBOLS.get(char)
        if char in ".;" and _END_OF_ROW.match(self.text, end):
            return end
        if kind is None:
            fix = {"'": "dcalc diff takes the derivative: write the formula alone", "$": "give one formula at a time",
                   ":": "write / for a quotient",
                   "&": "remove it", "?": "remove it"}.get(char, "remove it")  # fmt: skip
            self.fail("a derivative is not read" if char == "'" else f"unexpected character {char}", start, end, fix)
            return end
        if kind == "BAR":
            self._take_bar(start, end)
            return end
        if kind in ("PLUS", "MINUS") and self.needed and self.tokens and self.tokens[-1].type in ("SUP", "SUB"):
            mark = "^" if self.tokens[-1].type == "SUP" else "_"
            self.fail("TeX raises the sign alone", start, end, f"put the exponent in braces: {mark}{{-1}}")
        if kind in ("LPAR", "RPAR") and self.needed:
            self.fail("an argument in braces is expected", start, end, "put it in braces")
        if kind == "LPAR":
            self.bars.append(0)
        elif kind == "RPAR" and len(self.bars) > 1:
            self.bars.pop()
        self._emit(kind, _RELATION_SIGNS.get(char, char), start, end)
        return end

    def _take_bar(self, start: int, end: int) -> None:
        """Bars without \\left and \\right open and close by turns."""
        before = self.tokens[-1].type if self.tokens else ""
        opens = self.bars[-1] % 2 == 0
        if opens and self.bars[-1] and before in _ENDS and self._joined(self.tokens):
            self.fail("bars within bars are ambiguous", start, end, "write \\left| and \\right|")
        if not opens and before not in _ENDS:
            self.fail("bars do not nest", start, end, "write \\left| and \\right|")
        self.bars[-1] += 1
        self._emit("ABSL" if opens else "ABSR", "|", start, end)

    def _joined(self, tokens: list[Token]) -> bool:
        """Whether only factors stand between the last bar that closed and here: then it may have opened."""
        for token in reversed(tokens):
            if token.type == "ABSR":
                return tokens[-1] is not token
            if token.type in ("PLUS", "MINUS", "REL", "COMMA", "TIMES", "SLASH", "LPAR", "LBRACE"):
                return False
        return False

    # --- what needs the tokens after ----------------------------------------------------

    def decide(self, tokens: list[Token]) -> list[Token]:
        """Letters before brackets, and the separators of cases."""
        bare = {str(token) for token, following in zip(tokens, [*tokens[1:], None], strict=True)
                if token.type == "NAME" and (following is None or following.type != "LPAR")}  # fmt: skip
        has_e = "e" in bare or "e constant" in bare
        pairs = find_pairs(tokens)
        for k, token in enumerate(tokens):
            if token in _UNKNOWN and self._is_unknown(tokens, k, bare):
                tokens[k] = make_token("CALLED", str(token), token.start_pos, token.end_pos)
                continue
            if token.type == "NAME" and k + 1 < len(tokens) and not (k and tokens[k - 1].type in ("SUB", "SUP")):
                self._check_powers(tokens, k, pairs, bare)
            if token == "i" and token.type == "NAME":
                self._check_imaginary(tokens, k, has_e=has_e)
            if token == "d" and token.type == "NAME" and k + 1 < len(tokens) and tokens[k + 1].type == "NAME":
                fix = f"dcalc diff takes the derivative; write d \\cdot {tokens[k + 1]} for a product"
                self.fail("a differential is not read", token.start_pos, tokens[k + 1].end_pos, fix)
        return separate_cells(expand_points(tokens))

    def _is_unknown(self, tokens: Sequence[Token], place: int, bare: Collection[str]) -> bool:
        """Whether a letter is an unknown function: brackets follow wherever it stands."""
        token, following = tokens[place], tokens[place + 1 : place + 2]
        is_free = token.type == "NAME" and token not in bare and token not in self.variables
        return is_free and bool(following) and following[0].type == "LPAR"

    def _check_powers(self, tokens: list[Token], place: int, pairs: Mapping[int, int], bare: set[str]) -> None:
        """Refuse a letter with a power that is none, as in `f^{(4)}(x)`, or before a bracket that is not a factor."""
        token, name = tokens[place], str(tokens[place])
        if name in ("pi", "e", "e constant", "tau constant") or name in self.variables:
            return
        at = place + 1
        is_inverse = False
        while at + 1 < len(tokens) and tokens[at].type == "SUP":
            last = pairs.get(at + 1, at + 1)
            is_inverse = last == at + 4 and tokens[at + 2 : last] == ["-", "1"]
            if last > at + 2 and tokens[at + 2].type == "LPAR" and pairs.get(at + 2) == last - 1 and (
                all(tokens[k].type in ("NAME", "NUMBER") for k in range(at + 3, last - 1))
                or tokens[last + 1 : last + 2] == ["("]
            ):  # fmt: skip
                word = self.text[token.start_pos : token.end_pos]
                fix = f"write {word}^{{n}} for a power, {word}_{{n}} for an index"
                message = f"ambiguous: {word} with an index in brackets, a derivative or a power"
                self.fail(message, token.start_pos, tokens[last].end_pos, fix)
            at = last + 1
        if at < len(tokens) and tokens[at].type == "LPAR":
            inside = tokens[at + 1 : pairs.get(at, at)]
            self._check_letter(token, inside, tokens[at], bare, raised=at > place + 1, is_inverse=is_inverse)

    def _check_letter(
        self, token: Token, inside: list[Token], bracket: Token, bare: set[str], *, raised: bool, is_inverse: bool
    ) -> None:
        """`x(x+1)` is a product; `f(x)`, `x(t)`, `s(2)`, `f^{-1}(2x)`, `u(\\cot x)` are refused."""
        name = str(token)
        kinds = [one.type for one in inside[:3]]  # all that tells; brackets may be nested deeply
        is_name, is_value = kinds == ["NAME"], kinds in (["NUMBER"], ["MINUS", "NUMBER"])
        is_lone = is_name or (is_value and (is_inverse or not raised))
        is_function = name in FUNCTION_LIKE and (raised or name not in bare)
        is_polynomial = _POLYNOMIAL.fullmatch(name) is not None and name not in bare
        says_nothing = (  # the brackets, were it a product
            name in _SELDOM_FACTORS and not raised and name not in (*bare, *map(str, inside)) and not _is_sum(inside)
        )
        if is_lone or is_function or is_polynomial or says_nothing:
            start = token.start_pos
            end = inside[-1].end_pos + 1 if is_lone else bracket.end_pos
            word = self.text[start : token.end_pos]
            fix = f"write {word} \\cdot (...) for a product; what the function {word} is must be written out"
            self.fail(f"ambiguous: {word} before a bracket is a function or a factor", start, end, fix)

    def _check_imaginary(self, tokens: list[Token], place: int, *, has_e: bool) -> None:
        """Refuse `2i`, `i\\sin x`, `a + bi` and an i beside e, unless i is known to be a variable."""
        if "i" in self.variables:
            return
        second, first = ("", "", *(token.type for token in tokens[max(place - 2, 0) : place]))[-2:]
        following = tokens[place + 1].type if place + 1 < len(tokens) else ""
        ends = following in ("", "RPAR", "RBRACE", "PLUS", "MINUS")
        is_part = first == "NAME" and second in ("PLUS", "MINUS") and ends
        is_angular = following == "NAME" and self.text.startswith("\\", tokens[place + 1].start_pos)  # i\omega
        if has_e or is_angular or first == "NUMBER" or following in ("FUNC", "SQRT") or is_part:
            token = tokens[place]
            fix = "dcalc computes with real numbers; --wrt i or --at i=... makes it a variable"
            self.fail("i may be the imaginary unit", token.start_pos, token.end_pos, fix)


def _is_sum(tokens: Sequence[Token]) -> bool:
    """Whether there is a sign outside of brackets, so that brackets around it say something."""
    depth = 0
    for token in tokens:
        depth += (token.type in ("LPAR", "LBRACE", "ABSL")) - (token.type in ("RPAR", "RBRACE", "ABSR"))
        if depth == 0 and token.type in ("PLUS", "MINUS"):
            return True
    return False


def _matching(text: str, place: int) -> int:
    """One past the brace that closes the one at ``place``."""
    depth = 0
    for at in range(place, len(text)):
        depth += (text[at] == "{") - (text[at] == "}")
        if depth == 0:
            return at + 1
    return len(text)


def _head_follows(text: str, place: int) -> str:
    return text[place : place + 20].lstrip()[:1]


_SYMBOLS = {
    "+": "PLUS", "-": "MINUS", "−": "MINUS", "*": "TIMES", "·": "TIMES", "×": "TIMES", "⋅": "TIMES", "/": "SLASH",
    "÷": "SLASH", "^": "SUP", "_": "SUB", "{": "LBRACE", "}": "RBRACE", "(": "LPAR", ")": "RPAR", "[": "LPAR",
    "]": "RPAR", "|": "BAR", ",": "COMMA", "<": "REL", ">": "REL", "=": "REL", "≤": "REL", "≥": "REL", "≠": "REL",
    "!": "BANG", "&": "AMP",
}  # fmt: skip
_RELATION_SIGNS = {"≤": "<=", "≥": ">=", "≠": "!=", "=": "=="}
_ENDS = frozenset(["NUMBER", "NAME", "RBRACE", "RPAR", "ABSR", "FLOORR", "CEILR", "ENDCASES", "BANG", "DEGREE"])
