r"""LaTeX with vectors and matrices to the tokens of such texts: `\lVert A x - b \rVert_2^2`, `x^\top A^{-1} x`, `\sum`.

Letters are names, each for itself, and side by side a product. What is typed between braces comes to stand between
brackets, so that the grammar of plain texts reads it; spans are those of what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from dcalc.errors import ParseError
from dcalc.parser.latex_lexer import GREEK
from dcalc.parser.lexer import Token, make_token
from dcalc.records import NamedTuple

_BOLD = r"\\(?:mathbf|boldsymbol|bm|vec|mathrm|mathsf|mathit|mathcal|symbf)"
_LETTER = (
    rf"(?:\\mathit\s*\{{[A-Za-z]+\}}|{_BOLD}\s*(?:\{{\s*(?:\\[A-Za-z]+|[A-Za-z])\s*\}}|[A-Za-z])"
    rf"|\\(?:{'|'.join(GREEK)})(?![A-Za-z])|[A-Za-z])"
)
_TOP = rf"(?:T|(?:\\top|\\intercal|\\prime|{_BOLD}\s*(?:\{{\s*T\s*\}}|T))(?![A-Za-z]))"
_SPECIAL = rf"{_BOLD}\s*\{{?\s*[I01]\s*\}}?\s*_\s*(?:\{{[\w\s]+(?:\\times[\w\s]+)?\}}|\w)|I_(?:[a-z]|\{{[a-z]\}})"
_TOKEN = re.compile(
    r"(?P<space>(?:[\s~$]|\\[,;:! ]|\\(?:q?quad|left|right|[bB]igg?[lrm]?|displaystyle|limits)(?![A-Za-z]))+)"
    rf"|(?P<turn>\^\s*(?:{_TOP}|\{{\s*(?:-\s*)?{_TOP}\s*\}})|')|(?P<power>\^\s*(?:\{{\s*(?:\\circ)?\s*-?\s*\d+\s*\}}|\d))"
    r"|(?P<bar>\\\||\\[lr]?Vert(?![A-Za-z]))|(?P<number>\d+(?:\.\d+)?)"
    r"|\\(?:operatorname\*?|mathrm|text|mathop)\s*\{(?P<word>[A-Za-z]{2,})\}|\\(?P<sum>sum|prod)(?![A-Za-z])"
    rf"|\\begin\s*\{{(?P<begin>\w+\*?)\}}|(?P<cell>&|\\\\|\\end\s*\{{\w+\*?\}})|(?P<special>{_SPECIAL})"
    rf"|(?P<letter>{_LETTER})"
    r"|\\(?P<command>[A-Za-z]+)|(?P<sign>\\?.)",
    re.DOTALL,
)
_BOUNDS = re.compile(
    r"(?:\\limits)?\s*_\s*\{\s*([a-zA-Z])\s*=\s*(\d+)\s*\}\s*\^\s*(?:\{\s*(\w+(?:\s*[-+]\s*\d+)?)\s*\}|(\w))"
)
_SUBSCRIPT = re.compile(r"\s*_\s*(?:\{([^{}]*(?:\{[^{}]*\}[^{}]*)?)\}|([A-Za-z0-9]))")
_ORDER = re.compile(r"\s*_\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\infty(?![A-Za-z])|[\w*])")
_ORDERS = {"1": "1", "2": "2", "F": "fro", "\\infty": "inf"}
_WORD = re.compile(r"[a-z]{3,}")
"""Letters that are not meant as a product."""
_BRACE = re.compile(r"\s*\{")
_HALF = re.compile(r"\s*(\d)\s*(\d)")
_CALL = re.compile(r"\s*(?:\\(?:left|[bB]igg?l?)\s*)?(?:\(|\[|\\\{)")
_AFTER_OPERAND = re.compile(r"\s*(?:$|[-+,)\]}&$]|\\(?:right|cdot|end)(?![A-Za-z])|\\\\)")
_LARGE = re.compile(r"\s*\\(?:[dt]?frac(?!\s*\d)|sum|prod)(?![A-Za-z])")
"""What is the whole argument of a function before it."""
_DET = re.compile(r"\s*\\det(?![A-Za-z])")
_DOUBTFUL = (
    (re.compile(r"\^\s*\{\s*[(\[]\s*\w+\s*[)\]]\s*\}"), "ambiguous: a superscript in brackets",
     "write x_i for an entry, W_1 for a name, and the power without brackets"),
    (re.compile(r"\\[dt]?frac\s*\{\s*(?:d|\\mathrm\s*\{\s*d\s*\})(?![A-Za-z]{2})[^{}]*\}\s*\{\s*(?:d|\\mathrm\s*\{\s*d\s*\})\s*[A-Za-z\\]"),
     "a derivative is not a part of an expression", "write the function alone: --wrt x names the variable"),
)  # fmt: skip
"""What means another thing than its parts: `y^{(i)}` is the i-th label, `\\frac{d}{dx}` a derivative."""
_LEFT_SIDE = re.compile(rf"[\s$]*{_LETTER}\s*(?:\([^()]*\))?\s*=(?!=)")

_FUNCTIONS = {
    **{name: name for name in "exp log ln sin cos tan sinh cosh tanh det max min".split()},
    "arctan": "atan", "ReLU": "relu", "Tr": "tr", "Diag": "diag",
}  # fmt: skip
_SIGNS = {
    "+": ("PLUS", "+"), "-": ("MINUS", "-"), "*": ("STAR", "*"), "/": ("SLASH", "/"), ",": ("COMMA", ","),
    "(": ("LEFT", "("), ")": ("RIGHT", ")"), "[": ("LEFT", "("), "]": ("RIGHT", ")"), "\\{": ("LEFT", "("),
    "\\}": ("RIGHT", ")"), "<": ("RELATION", "<"), ">": ("RELATION", ">"), "^": ("POWER", "^"),
    "cdot": ("STAR", "·"), "times": ("STAR", "*"), "odot": ("STAR", "*"), "circ": ("STAR", "*"),
    "le": ("RELATION", "<="), "leq": ("RELATION", "<="), "ge": ("RELATION", ">="), "geq": ("RELATION", ">="),
}  # fmt: skip
"""Signs, and commands that stand for one."""
_MATRICES = frozenset(("matrix", "bmatrix", "pmatrix", "smallmatrix"))
_ENDS = frozenset(("NUMBER", "NAME", "RIGHT", "UNSQUARE", "TRANSPOSE", "CLOSE"))
_BEGINS = frozenset(("NUMBER", "NAME", "FUNCTION", "LEFT", "OPEN"))
_CALLED_LETTERS = frozenset(("sigma", "phi", "psi", "Phi", "rho", "ell"))
_PLAINLY = "write plainly: 1/2*norm(A@x - b)^2, x^T A x"
_INSTEAD = {
    "infty": "write the last index", "otimes": "write outer(x, y) for two vectors",
    "partial": "write the function alone", "nabla": "write the function alone: dcalc grad takes the gradient",
    "mathbb": "write the sum or the mean out",
    "mathbf": "write one letter, \\mathbf{A}, and sum(x) for the product with ones",
    **dict.fromkeys(("hat", "bar", "tilde", "overline"), "write a plain letter"),
    **dict.fromkeys(("lvert", "rvert", "vert"), "write \\operatorname{abs}(x), or \\det(A)"),
    **dict.fromkeys(("ldots", "cdots", "dots"), "write a sum with its bounds"),
}  # fmt: skip
"""Commands that are not read, with what to write."""

Open = Literal["bracket", "brace", "counter", "divisor", "norm", "angle", "column", "rows", "sum", "applied"]


class _Scope(NamedTuple):
    """What is open and where it was opened; of a sum its letter, and what is taken off it to count from 0."""

    kind: Open
    start: int
    letter: str = ""
    origin: int = 0


def is_latex(text: str) -> bool:
    r"""Whether a text is written in LaTeX: it has dollars, a command, or the bars `\|` and no word of plain texts."""
    if text.startswith("$") or re.search(r"\\(?:[A-Za-z]{2}|[,;:!{])", text):
        return True
    return "\\|" in text and re.search(r"[a-z]{3}|[@*\[]|\.T", text) is None


def mark(text: str) -> str:
    """A text that is known to be LaTeX such that it is seen to be."""
    return text if is_latex(text) else f"${text}$"


def latex_tokens(text: str) -> list[Token]:
    """Tokens with their positions. Raises ParseError at what has no one meaning, or is not read with arrays. Linear."""
    return _Lexer(text).read()


class _Lexer:
    """One text being cut into tokens; ``scopes`` are the brackets, fractions and sums that are open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.previous = ""  # the type of the last token, as far as a product may follow
        self.scopes: list[_Scope] = []
        self.ended: set[str] = set()  # indices of sums that are over
        self.takers: dict[str, Callable[[str, int, int], int]] = {
            "number": self._take_number, "turn": self._take_transpose, "power": self._take_power, "bar": self._take_bar,
            "word": self._take_function, "sum": self._take_sum, "begin": self._take_matrix, "cell": self._take_cell,
            "special": self._take_special, "letter": self._take_letter, "command": self._take_command,
            "sign": self._take_sign,
        }  # fmt: skip

    def read(self) -> list[Token]:
        """All tokens; each taker returns where the text goes on."""
        for pattern, message, help in _DOUBTFUL:
            if doubt := pattern.search(self.text):
                raise self._error(message, *doubt.span(), help)
        left = _LEFT_SIDE.match(self.text)
        place = left.end() if left else 0
        while match := _TOKEN.match(self.text, place):
            kind = match.lastgroup or ""
            place = match.end() if kind == "space" else self.takers[kind](match[kind], *match.span())
        self._end_sums(len(self.text))
        if self.scopes:
            raise self._error("this is not closed", self.scopes[-1].start, self.scopes[-1].start + 1, "close it")
        return self.tokens

    def _error(self, message: str, start: int, end: int, help: str) -> ParseError:
        return ParseError(message, span=(start, end), help=help)

    def _emit(self, kind: str, text: str, start: int, end: int) -> int:
        """Add a token, after the sign of a product where none is written between two operands. Returns its end."""
        if self.previous in _ENDS and kind in _BEGINS:
            if kind == "NUMBER":
                raise self._error("an operator is missing here", start, end, "write \\cdot for a product")
            is_scaled = kind == "OPEN" or self.previous in ("NUMBER", "CLOSE")  # a length is a number, too
            sign = "*" if is_scaled else "@" if self.previous == "TRANSPOSE" else ""
            self.tokens.append(make_token("STAR" if is_scaled else "AT", sign, start, start))
        self.tokens.append(make_token(kind, text, start, end))
        self.previous = kind
        return end

    # --- brackets -------------------------------------------------------------------------

    def _open_brace(self, kind: Open, end: int) -> int:
        """The brace of an argument, as a bracket."""
        brace = _BRACE.match(self.text, end)
        if brace is None:
            raise self._error("an argument in braces is expected", end, end + 1, "put it in braces")
        self.scopes.append(_Scope(kind, brace.end() - 1))
        return self._emit("LEFT", "(", *brace.span())

    def _close(self, kinds: tuple[Open, ...], start: int, end: int) -> Open:
        """Close what is open, which is one of these kinds. Raises ParseError."""
        self._end_sums(start)
        if not self.scopes or self.scopes[-1].kind not in kinds:
            raise self._error("this closes nothing", start, end, "leave it out, or open it")
        return self.scopes.pop().kind

    def _end_sums(self, place: int) -> None:
        """Sums go as far as the bracket around them, or the next + or -."""
        while self.scopes and self.scopes[-1].kind in ("sum", "applied"):
            self.ended.add(self.scopes.pop().letter)
            self._emit("RIGHT", ")", place, place)

    def _close_brace(self, start: int, end: int) -> int:
        """The end of an argument; the first one of a fraction is followed by its second."""
        kind = self._close(("brace", "counter", "divisor"), start, end)
        self._emit("RIGHT", ")", start, end)
        if kind == "counter":
            self._emit("SLASH", "/", start, end)
            return self._open_brace("divisor", end)
        if kind == "divisor":
            self._emit("RIGHT", ")", start, end)
            while self.scopes and self.scopes[-1].kind == "applied":  # \log\frac{p}{q}
                self.scopes.pop()
                self._emit("RIGHT", ")", end, end)
        return end

    def _take_bar(self, word: str, start: int, end: int) -> int:
        """A bar of a norm; behind the right one may stand its order."""
        is_inside = any(scope.kind == "norm" for scope in self.scopes)
        if word == "\\lVert" or (word != "\\rVert" and not (is_inside and self.previous in _ENDS)):
            self._emit("OPEN", "", start, end)
            self.scopes.append(_Scope("norm", start))
            return end
        self._close(("norm",), start, end)
        order = _ORDER.match(self.text, end)
        if order is None:
            return self._emit("CLOSE", "", start, end)
        name = re.sub(r"\\(?:mathrm|text)|[_{}\s]", "", order[0])
        if name not in _ORDERS:
            raise self._error("there is no such norm", *order.span(), "write 1, 2, F or \\infty")
        return self._emit("CLOSE", _ORDERS[name], start, order.end())

    # --- signs ----------------------------------------------------------------------------

    def _take_number(self, digits: str, start: int, end: int) -> int:
        return self._emit("NUMBER", digits, start, end)

    def _take_transpose(self, word: str, start: int, end: int) -> int:
        self._emit("TRANSPOSE", "^T", start, end)
        return self._take_power("-1", start, end) if "-" in word else end

    def _take_power(self, word: str, start: int, end: int) -> int:
        """A power with a whole exponent; an operand that follows is a factor of the power."""
        self._emit("POWER", "**" if "circ" in word else "^", start, end)  # X^{\circ -1} is not the inverse
        if "-" in word:
            self._emit("MINUS", "-", start, end)
        self._emit("NUMBER", re.sub(r"\D", "", word), start, end)
        self.previous = "RIGHT"
        return end

    def _take_sign(self, word: str, start: int, end: int) -> int:
        if word == "{":
            return self._open_brace("brace", start)
        if word == "}":
            return self._close_brace(start, end)
        if word not in _SIGNS:
            help = _INSTEAD["lvert"] if word == "|" else "leave it out"
            raise self._error(f"{word} is not read with arrays", start, end, help)
        kind, sign = _SIGNS[word]
        if kind == "RIGHT":
            self._close(("bracket",), start, end)
        elif kind in ("COMMA", "RELATION") or (kind in ("PLUS", "MINUS") and self.previous in _ENDS):
            self._end_sums(start)
        self._emit(kind, sign, start, end)
        if kind == "LEFT":
            self.scopes.append(_Scope("bracket", start))
        return end

    # --- commands -------------------------------------------------------------------------

    def _take_command(self, name: str, start: int, end: int) -> int:
        if name in _FUNCTIONS:
            return self._take_function(name, start, end)
        if name in _SIGNS:
            return self._take_sign(name, start, end)
        if name in ("frac", "dfrac", "tfrac"):
            self._emit("LEFT", "(", start, end)
            if half := _HALF.match(self.text, end):  # \frac12
                self._emit("NUMBER", half[1], *half.span(1))
                self._emit("SLASH", "/", *half.span(1))
                self._emit("NUMBER", half[2], *half.span(2))
                return self._emit("RIGHT", ")", half.end(), half.end())
            return self._open_brace("counter", end)
        if name == "sqrt":
            self._emit("FUNCTION", "sqrt", start, end)
            return self._open_brace("brace", end)
        if name == "langle":
            self._emit("FUNCTION", "inner", start, end)
            self.scopes.append(_Scope("angle", start))
            return self._emit("LEFT", "(", start, end)
        if name == "rangle":
            self._close(("angle",), start, end)
            return self._emit("RIGHT", ")", start, end)
        raise self._error(f"\\{name} is not read with arrays", start, end, _INSTEAD.get(name, _PLAINLY))

    def _take_function(self, name: str, start: int, end: int) -> int:
        """A function before brackets or a single letter; `\\log\\det` is one."""
        if name in ("log", "ln") and (inner := _DET.match(self.text, end)):
            name, end = "logdet", inner.end()
        self._emit("FUNCTION", _FUNCTIONS.get(name, name), start, end)
        if _CALL.match(self.text, end):
            return end
        if _BRACE.match(self.text, end):
            return self._open_brace("brace", end)
        if _LARGE.match(self.text, end):
            self.scopes.append(_Scope("applied", start))
            return self._emit("LEFT", "(", end, end)
        operand = re.compile(rf"\s*({_LETTER})").match(self.text, end)
        last = operand.end() if operand else end
        if operand and (subscript := _SUBSCRIPT.match(self.text, last)):
            last = subscript.end()
        if operand is None or not _AFTER_OPERAND.match(self.text, last):
            raise self._error(f"ambiguous: where does the argument of {name} end?", start, last, f"write {name}(...)")
        self._emit("LEFT", "(", *operand.span(1))
        end = self._take_letter(operand[1], *operand.span(1))
        return self._emit("RIGHT", ")", end, end)

    def _take_sum(self, name: str, start: int, end: int) -> int:
        """A sum or a product over an index, as a call. Raises ParseError where its bounds are not read."""
        bounds = _BOUNDS.match(self.text, end)
        if bounds is None and re.compile(r"[^^]*\^\s*\{?\s*\\infty").match(self.text, end):
            raise self._error("infinity is not a number", start, end, _INSTEAD["infty"])
        if bounds is None:
            help = f"write \\{name}_{{i=1}}^{{n}} x_i"
            raise self._error(f"from where to where the index of \\{name} runs is not said", start, end, help)
        self._emit("FUNCTION", name, start, end)
        self._emit("LEFT", "(", end, end)
        self._emit("NAME", bounds[1], *bounds.span(1))
        for group in (2, 3 if bounds[3] else 4):
            self._emit("COMMA", ",", bounds.start(group), bounds.start(group))
            for part in re.finditer(r"(\d+)|([-+])|\w+", bounds[group]):
                kind = "NUMBER" if part[1] else {"+": "PLUS", "-": "MINUS"}.get(part[0], "NAME")
                self._emit(kind, part[0], bounds.start(group) + part.start(), bounds.start(group) + part.end())
        self._emit("COMMA", ",", bounds.end(), bounds.end())
        self.scopes.append(_Scope("sum", start, bounds[1], min(int(bounds[2]), 1)))
        self.ended.discard(bounds[1])
        return bounds.end()

    def _take_matrix(self, name: str, start: int, end: int) -> int:
        """An array of entries; one column is a vector."""
        if name not in _MATRICES:
            raise self._error(f"\\begin{{{name}}} is not read with arrays", start, end, "write bmatrix")
        self._emit("LEFT", "(", start, end)
        is_column = "&" not in self.text[end : self.text.find(f"\\end{{{name}}}", end)]
        self.scopes.append(_Scope("column" if is_column else "rows", start))
        self._emit("SQUARE", "[", start, end)
        return end if is_column else self._emit("SQUARE", "[", start, end)

    def _take_cell(self, word: str, start: int, end: int) -> int:
        """What separates cells and rows of a matrix, or ends it."""
        kind = self._close(("column", "rows"), start, end)
        is_last = word.startswith("\\end")
        if kind == "rows" and word != "&":
            self._emit("UNSQUARE", "]", start, end)
        if is_last or re.compile(r"\s*\\end(?![A-Za-z])").match(self.text, end):  # \\ after the last row
            self._emit("UNSQUARE", "]", start, end)
            self._emit("RIGHT", ")", start, end)
            return end if is_last else self.text.index("}", end) + 1
        self.scopes.append(_Scope(kind, start))
        self._emit("COMMA", ",", start, end)
        return self._emit("SQUARE", "[", start, end) if kind == "rows" and word != "&" else end

    # --- names ----------------------------------------------------------------------------

    def _take_letter(self, letter: str, start: int, end: int) -> int:
        """A name with its subscripts, which are entries where they are indices of a sum."""
        name = re.sub(rf"{_BOLD}|[\\{{}}\s]", "", letter)
        word = _WORD.match(self.text, start)
        if word and not self.text[start - 1 : start].isalpha():
            raise self._error(
                f"letters side by side are a product: {word[0]}",
                *word.span(),
                f"write \\mathit{{{word[0]}}} for a name",
            )
        origins = {scope.letter: scope.origin for scope in self.scopes if scope.kind == "sum"}
        subscript = _SUBSCRIPT.match(self.text, end)
        index = re.sub(r"\\(?:text|mathrm)|[\\{}\s]", "", subscript[1] or subscript[2]) if subscript else ""
        terms = re.findall(r"([A-Za-z])([-+]\d+)?,?", index)
        is_entry = (
            bool(terms)
            and all(own in origins for own, _ in terms)
            and "".join(map("".join, terms)) == (index.replace(",", ""))
        )
        if subscript and not re.fullmatch(r"[\w,]+", index) and not is_entry:
            raise self._error("a subscript is a name, a number or indices", *subscript.span(), "write x_{1} or x_{max}")
        letters = {name, *(own for own, _ in terms)}
        if (self.ended & letters) - set(origins) or (not is_entry and set(origins) & (letters - {name})):
            raise self._error(
                "ambiguous: is this a part of the sum?", start, end, "put brackets around what is summed, or rename it"
            )
        if subscript is None or not is_entry:
            end = subscript.end() if subscript else end
            separator = "_" if index and not index[0].isdigit() else ""
            return self._emit_name(name + separator + index.replace(",", "_"), start, end)
        self._emit_name(name, start, end)
        span = subscript.span()
        for k, (own, by) in enumerate(terms):
            self._emit("COMMA" if k else "SQUARE", "," if k else "[", *span)
            self._emit("NAME", own, *span)
            offset = int(by or 0) - origins[own]
            if offset:
                self._emit("PLUS" if offset > 0 else "MINUS", "+" if offset > 0 else "-", *span)
                self._emit("NUMBER", str(abs(offset)), *span)
        return self._emit("UNSQUARE", "]", *span)

    def _take_special(self, word: str, start: int, end: int) -> int:
        """`\\mathbf{I}_n`, `\\mathbf{1}_n`, `\\mathbf{0}_{m \\times n}`."""
        head, _, lengths = re.sub(rf"{_BOLD}|[{{}}\s]", "", word).partition("_")
        self._emit("FUNCTION", {"I": "eye", "1": "ones", "0": "zeros"}[head], start, end)
        self._emit("LEFT", "(", start, end)
        for k, length in enumerate(lengths.split("\\times")):
            if k:
                self._emit("COMMA", ",", start, end)
            self._emit("NUMBER" if length.isdigit() else "NAME", length, start, end)
        return self._emit("RIGHT", ")", start, end)

    def _emit_name(self, name: str, start: int, end: int) -> int:
        """A name. Raises ParseError where it may be a function: `f(x)`, `\\sigma(x)`."""
        may_be_called = (len(name) == 1 and name.islower()) or name in _CALLED_LETTERS
        if may_be_called and self.text[end : end + 1] != "[" and _CALL.match(self.text, end):
            other = "\\operatorname{sigmoid}(...)" if name == "sigma" else "a function of dcalc"
            raise self._error(
                f"ambiguous: {name} before a bracket", start, end, f"write {name} \\cdot (...), or {other}"
            )
        return self._emit("NAME", name, start, end)
