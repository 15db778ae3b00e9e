"""What is read though it is not quite dcalc's own language, and the refusals of what has two meanings.

Handwriting (`sin x`, `x!`, `90°`), and bits of other languages (`np.sin(x)`, `Exp[x]`, `a if c else b`). What
has one sensible meaning is read, and the caller echoes the reading; what has two is refused with both. Correct
text of dcalc's own language never gets here and pays nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ArityError, ParseError, UnknownFunction
from dcalc.expr import UNDEFINED, ZERO, Expr, make, number, symbol
from dcalc.parser import hints
from dcalc.parser.builder import CLOSED, IMPLICIT, LITERAL, MARKED, RAISED, ROOTED, TAIL, Condition, Piece
from dcalc.parser.lexer import AMBIGUOUS, NAME
from dcalc.text import join_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.parser.builder import Builder
    from dcalc.parser.lexer import Token

_STARTS_WITH_NAME = re.compile(rf"\s*(?:[\w.]+\.)?({NAME})")
_NUMBERS = (table.E, table.PI, table.TAU)
_PRODUCTS = (table.ADD, table.SUB, table.MUL, table.DIV)


def _words(source: str, piece: Piece | Pair | Condition, instead: str) -> str:
    return hints.short(source[piece.start : piece.end], instead)


# --- functions without brackets -----------------------------------------------------------


def begins_with_function(source: str, start: int) -> bool:
    """Does a function begin here? What stands before it is not its argument's business."""
    match = _STARTS_WITH_NAME.match(source, start)
    if match is None or match[1] not in table.BY_NAME:
        return False
    return match[1] not in AMBIGUOUS or source[match.end() : match.end() + 1] == "("


def check_argument(source: str, name: Token, argument: Piece, exponent: Token | None) -> Piece:
    """The argument of a function without brackets. Raises ParseError where it could end in two places."""
    inner = _words(source, argument, "x")
    if argument.form & RAISED and (power := hints.last_power(inner)):
        base, operator, times = power
        first, last = (f"{name}({inner})", f"{name}({hints.inside(base)}){operator}{hints.plain(times)}")
        if exponent is not None:
            first, last = f"{name}({inner})**{exponent}", f"{name}({hints.inside(base)})**({exponent}*{times})"
        message = f"ambiguous: a power after {name} without brackets"
        raise ParseError(message, span=(name.start_pos, argument.end), help=hints.either(first, last))
    if source[argument.end - 1] == "!":
        inner = inner.removesuffix("!").strip()
        fixes = f"{name}(factorial({hints.inside(inner)}))", f"factorial({name}({hints.inside(inner)}))"
        message = f"ambiguous: ! after {name} without brackets"
        raise ParseError(message, span=(name.start_pos, argument.end), help=hints.either(*fixes))
    return argument


def doubtful_tail(source: str, name: Token, argument: Piece, sign: Token | None, right: Piece) -> ParseError:
    """`sin x*y`, `sin x y`, `sin 2x`: does the argument end before the factor or after it?"""
    inner, factor = hints.inside(_words(source, argument, "x")), _words(source, right, "y")
    operator = "*" if sign is None else str(sign).strip()
    if operator in ("%", "mod"):
        fixes = [f"mod({name}({inner}), {hints.inside(factor)})", f"{name}(mod({inner}, {hints.inside(factor)}))"]
    elif sign is None and argument.form & LITERAL:
        fixes = [f"{name}({inner}{factor})", f"{name}({inner})*{factor}"]
    else:
        fixes = [f"{name}({inner}){operator}{factor}", f"{name}({inner}{operator}{factor})"]
    message = f"ambiguous: where does the argument of {name} end?"
    return ParseError(message, span=(name.start_pos, right.end), help=hints.either(*fixes))


def is_factor(source: str, left: Piece, right: Piece) -> bool:
    """May the two stand side by side without a sign: `x sin(x)`, `e^x cos x`, `sin x cos x`, `x e^x`, `2 pi r`?"""
    if left.form & ROOTED or right.form & LITERAL or not source[left.end : right.start].isspace():
        return False
    last = left.node.args[-1] if left.form & IMPLICIT else left.node
    if last.op in _NUMBERS and not left.form & (MARKED | RAISED | TAIL):
        return True
    is_exponential = right.node.op is table.POW and right.node.args[0].op is table.E
    if not is_exponential and not begins_with_function(source, right.start):
        return False
    if is_exponential and left.form & TAIL:  # sin x e^x
        return False
    if re.search(r"[d∂]\s*/\s*$", source[max(left.start - 9, 0) : left.start]):  # d/dx sin(x)
        return False
    if left.form & RAISED:
        base = left.node.args[0]
        is_function = base.op is table.SYMBOL and base.args[0] in table.BY_NAME
        return not left.form & TAIL and not is_function  # e^cos x sin x, sin^-1 x
    if left.form & (TAIL | IMPLICIT):
        return True
    return left.node.op is table.SYMBOL


# --- marks after and between operands -----------------------------------------------------


def check_factorial(source: str, piece: Piece, sign: Token) -> None:
    """Refuse `x!!`, and `√x!`."""
    span = (piece.start, sign.end_pos)
    if piece.form & MARKED and source[: sign.start_pos].rstrip().endswith("!"):
        raise ParseError("there is no double factorial", span=span, help="remove one !, or write factorial(x)")
    if piece.form & ROOTED:
        inner = hints.short(source[piece.start + 1 : piece.end], "x")
        fix = hints.either(f"factorial(sqrt({inner}))", f"sqrt(factorial({inner}))")
        raise ParseError("ambiguous: ! after √", span=span, help=fix)


def marked_exponent(source: str, base: Piece, exponent: Piece) -> ParseError:
    """`2^x!`, `2^90°`."""
    first, inner = _words(source, base, "a"), _words(source, exponent, "x!")
    mark = inner[-1]
    inner = hints.plain(hints.inside(inner[:-1].strip()))
    if mark == "!":
        fixes = f"{first}**factorial({inner})", f"factorial({first}**{inner})"
    else:
        fixes = f"{first}**({inner}*deg)", f"({first}**{inner})*deg"
    span = (base.start, exponent.end)
    return ParseError(f"ambiguous: {mark} after a power", span=span, help=hints.either(*fixes))


def check_modulo(source: str, left: Piece, sign: Token, right: Piece) -> None:
    """Refuse `5% x` and `5% + x`, which may be a percentage, and `7 % 3x`."""
    a, b = _words(source, left, "a"), _words(source, right, "b")
    remainder = f"mod({hints.inside(a)}, {hints.inside(b.replace(' ', ''))})"
    span = (left.start, right.end)
    if b[0] in "+-−" and sign == "%" and left.form & LITERAL:
        fixes = hints.either(f"{a}/100 {b[0]} {b[1:].strip()}", remainder)
        raise ParseError("ambiguous: a percentage or a remainder", span=span, help=fixes)
    if sign == "%" and left.end == sign.start_pos and right.start > sign.end_pos and re.search(r"[0-9.]$", a):
        raise ParseError(
            "ambiguous: a percentage or a remainder", span=span, help=hints.either(f"({a}/100)*{b}", remainder)
        )
    if right.form & IMPLICIT:
        first = hints.short(source[right.start : right.middle], "b")
        second = hints.short(source[right.middle : right.end], "c")
        fixes = hints.either(f"mod({hints.inside(a)}, {first})*{second}", f"mod({hints.inside(a)}, {first}*{second})")
        raise ParseError(f"ambiguous: implicit product after {sign}", span=span, help=fixes)


def read_root(sign: Token, inner: Expr) -> Expr:
    """`∛a` and `∜a`."""
    return make(table.get("cbrt", 1), inner) if sign == "∛" else make(table.get("root", 2), inner, number(4))


# --- names that mean something elsewhere ----------------------------------------------------


def read_name(source: str, token: Token) -> tuple[Expr, bool]:
    """A name that has a meaning in other systems, or that of a function, and whether this is a reading.

    Raises ParseError where it may be the imaginary unit, or a function whose argument has no brackets.
    """
    word, span = str(token), (token.start_pos, token.end_pos)
    if word in table.OTHER_CONSTANTS:
        return make(table.OTHER_CONSTANTS[word]), True
    if word in ("nan", "NaN"):
        raise ParseError("nan is not a number", span=span, help="write a number, or 0/0 for what is undefined")
    if word == "i" or (word == "j" and source[max(token.start_pos - 1, 0) : token.start_pos].isdigit()):
        message = f"{word} may be the imaginary unit, and all numbers are real here"
        fix = f"if {word} is a variable, name it: --wrt {word} or --at {word}=1"
        raise ParseError(message, span=span, help=fix)
    if inverse := _INVERSE.match(source, token.start_pos):
        fixes = hints.either(f"a{word}(x)", f"1/{word}(x)")
        raise ParseError(f"ambiguous: {word}-1", span=(span[0], inverse.end()), help=fixes)
    if word == "exp" and _POWER_SIGN.match(source, token.end_pos):
        raise ParseError("exp is a function, not a number", span=span, help="write exp(x) or e^x")
    minus = re.compile(rf"\s+([-−])((?:(?:{NAME}|[0-9.]+)[°!]?)?)").match(source, token.end_pos)
    if word in table.BY_NAME and word not in AMBIGUOUS and minus and minus[2] and table.find(word, 1):
        fixes = hints.either(f"{word}({minus[1]}{minus[2]})", f"{word} - {minus[2]}")
        raise ParseError(f"ambiguous: {word} with a minus", span=(span[0], minus.end()), help=fixes)
    return symbol(word), False


_INVERSE = re.compile(r"(?:sin|cos|tan|sec|csc|cot)h?[-−]1(?=\s*\(|\s+[A-Za-z])")
_DEGREE = re.compile(r"\s*\[\s*[0-9n]+\s*\]\s*[{(\w]")
_POWER_SIGN = re.compile(r"\s*(?:\^|\*\*)(?!\s*\(?[-−]1)")


def refuse_glued(source: str, token: Token, function: str, letter: str) -> ParseError:
    """The error for `sinx` and `5sinx`."""
    start, factor = token.start_pos, ""
    if start and source[start - 1].isalnum():
        factor = hints.short(hints.before(source, start) or "2", "2") + "*"
    fix = f"--wrt {token} makes it a name; else write {factor}{function}({letter})"
    return ParseError(f"ambiguous: {token} is a function or a name", span=(start, token.end_pos), help=fix)


class Endless:
    """An infinity: a bound of clip, min and max, and refused wherever a number is expected."""

    form = 0

    def __init__(self, source: str, start: int, end: int, sign: int = 1) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.sign = sign

    @property
    def node(self) -> Expr:
        """Raises ParseError: infinity is not a number."""
        fix = "use a large number, or leave the bound out"
        raise ParseError("infinity is not a number", span=(self.start, self.end), help=fix)

    def negate(self, start: int) -> Endless:
        """Minus the infinity."""
        return Endless(self.source, start, self.end, -self.sign)


def _read_bounds(name: str, args: Sequence[Piece | Condition | Pair | Endless]) -> Expr | None:
    """`clip(x, 0, inf)`, `min(x, inf)`: without the bounds that do not bound."""
    if name == "clip" and len(args) == 3 and not isinstance(args[0], Endless):
        value, (low, high) = args[0].node, args[1:]
        if not (isinstance(low, Endless) and low.sign < 0):
            value = make(table.get("max", 2), value, low.node)
        if not (isinstance(high, Endless) and high.sign > 0):
            value = make(table.get("min", 2), value, high.node)
        return value
    if name in ("min", "max"):
        sign = 1 if name == "min" else -1
        kept = [arg.node for arg in args if not (isinstance(arg, Endless) and arg.sign == sign)]
        if kept:
            return make(table.get(name, 2), *kept) if len(kept) > 1 else kept[0]
    return None


# --- calls ------------------------------------------------------------------------------


class Pair:
    """`(a, x < 0)`: a branch of piecewise, and refused elsewhere."""

    form = 0

    def __init__(self, value: Piece | Condition, condition: Piece | Condition, start: int, end: int) -> None:
        self.value = value
        self.condition = condition
        self.start = start
        self.end = end

    @property
    def node(self) -> Expr:
        """Raises ParseError: a pair is not a number."""
        message = "a comma outside of a function call"
        raise ParseError(message, span=(self.start, self.end), help="remove it: there is one expression at a time")


_CHOICES = ("if", "If", "ifelse", "iif", "IF")
_PIECEWISE = ("piecewise", "Piecewise", "cases")
TRUTHS = {"true": make(table.EQ, ZERO, ZERO), "false": make(table.NE, ZERO, ZERO)}
_LOG_TO = re.compile(r"[lL]og_([0-9]{1,4}|[A-Za-z])")


def read_call(builder: Builder, name: Token, args: list[Piece], right: Token) -> Expr | None:
    """A call that dcalc's own language lacks: piecewise, `if(c, a, b)`, `log_2(x)`, `Sqrt(x)`, bounds at infinity."""
    word = str(name)
    if builder.endless and (bounds := _read_bounds(word, args)) is not None:
        return bounds
    if word == "norm":
        return _read_norm(builder, args, (name.start_pos, right.end_pos))
    if word in table.BY_NAME:
        return None
    if word in _PIECEWISE and args:
        return _read_piecewise(builder, args, (name.start_pos, right.end_pos))
    if word in _CHOICES and len(args) == 3:
        return make(table.WHERE, builder.truth(args[0]), args[1].node, args[2].node)
    base = _LOG_TO.fullmatch(word)
    if base and len(args) == 1:
        return read_logarithm(base[1], args[0].node)
    variant = _other_case(word)
    row = table.find(variant, len(args)) if variant else None
    if row is None or row is table.WHERE or row.chooses:
        return None
    return make(row, *[piece.node for piece in args])


def _read_norm(builder: Builder, args: Sequence[Piece], span: tuple[int, int]) -> Expr | None:
    """`norm(x, y)` is hypot(x, y), and is said to be. Raises ParseError for `norm(x, 1)`, of order 1 elsewhere."""
    if len(args) != 2:
        return None
    first, second = (_words(builder.source, piece, "x") for piece in args)
    if _NUMBER.fullmatch(second) and not _NUMBER.fullmatch(first):
        raise ParseError(
            "ambiguous: norm with a number after its argument",
            span=span,
            help=f"hypot({first}, {second}) is a length, norm({first}, ord={second}) the norm of a vector",
        )
    return make(table.HYPOT, *[piece.node for piece in args])


_NUMBER = re.compile(r"[-+]?[\d.]+")


def read_logarithm(base: str, node: Expr) -> Expr:
    """`log_2(x)`, `log_b(x)`."""
    if base in ("2", "10"):
        return make(table.get(f"log{base}", 1), node)
    if base == "e":
        return make(table.get("log", 1), node)
    return make(table.get("log", 2), node, number(int(base)) if base.isdigit() else symbol(base))


@lru_cache(maxsize=64)
def _other_case(word: str) -> str | None:
    """The function whose name differs in case alone. Li is li(x) - li(2), so it is not li."""
    if word == "Li":
        return None
    folded = word.lower()
    for name, rows in table.BY_NAME.items():
        if name.lower() == folded and rows[0].suggest:
            return name
    return None


def _read_piecewise(builder: Builder, args: Sequence[Piece | Pair], span: tuple[int, int]) -> Expr | None:
    """`piecewise((a, x < 0), (b, True))` as choices, and with the default alone at the end, `piecewise(c, a, ..., b)`.

    There is no value where no condition holds: nowhere if the last one is True, or the opposite of an earlier one.
    """
    if not all(isinstance(arg, Pair) for arg in args):
        return _read_alternating(builder, args) if not any(isinstance(arg, Pair) for arg in args) else None
    pairs = [arg for arg in args if isinstance(arg, Pair)]
    rest = next((place for place, pair in enumerate(pairs) if _is_true(pair.condition)), len(pairs))
    conditions = [builder.truth(pair.condition) for pair in pairs[:rest]]
    if rest < len(pairs):  # what follows it is never asked for
        value = pairs[rest].value.node
    elif conditions[-1] in map(_opposite, conditions):
        conditions.pop()
        value = pairs[-1].value.node
    else:
        value = UNDEFINED
    for pair, condition in zip(reversed(pairs[: len(conditions)]), reversed(conditions), strict=True):
        value = make(table.WHERE, condition, pair.value.node, value)
    return value


def _read_alternating(builder: Builder, args: Sequence[Piece | Pair]) -> Expr | None:
    """`piecewise(c, a, d, b, otherwise)`, as in Maple."""
    if len(args) < 3 or len(args) % 2 == 0 or not all(isinstance(arg, Condition) for arg in args[:-1:2]):
        return None
    value = args[-1].node
    for place in range(len(args) - 3, -1, -2):
        condition = args[place]
        value = make(table.WHERE, condition.truth, args[place + 1].node, value)  # type: ignore[union-attr]  # asked above
    return value


def _is_true(condition: Piece | Condition) -> bool:
    if isinstance(condition, Condition):
        return condition.truth is TRUTHS["true"]
    return condition.node is symbol("otherwise")


_OPPOSITES = {
    table.LT: table.GE, table.GE: table.LT, table.GT: table.LE, table.LE: table.GT, table.EQ: table.NE,
    table.NE: table.EQ,
}  # fmt: skip


def _opposite(condition: Expr) -> Expr | None:
    opposite = _OPPOSITES.get(condition.op)
    return None if opposite is None else make(opposite, *condition.args)


# --- other languages ----------------------------------------------------------------------

PREFIXES = frozenset({
    "np", "numpy", "math", "Math", "jnp", "jax.numpy", "torch", "F", "torch.nn.functional", "jax.nn", "tf", "tf.math",
    "sp", "sympy", "scipy.special", "special", "cp", "cupy",
})  # fmt: skip
"""Modules whose functions are read without the name of the module."""
_SPELLINGS = {
    "arctan2": "atan2", "power": "pow", "absolute": "abs", "fabs": "abs", "maximum": "max", "fmax": "max",
    "minimum": "min", "fmin": "min", "square": "abs2", "reciprocal": "inv", "remainder": "mod", "fix": "trunc",
    "radians": "deg2rad", "degrees": "rad2deg", "expit": "sigmoid", "silu": "swish", "Abs": "abs", "sgn": "sign",
}  # fmt: skip
_NUMPY = ("np", "numpy", "jnp", "jax.numpy", "cp", "cupy")


def _explain_difference(prefix: str, name: str, count: int) -> tuple[str, str] | None:
    """Where a function of that name is another one there: what is different, and what to write."""
    if name == "sinc" and prefix != "sympy":
        return "has a factor pi", "sinc(pi*x)"
    if name == "round" and prefix == "Math":
        return "rounds halves up", "floor(x + 1/2)"
    if name == "remainder" and prefix == "math":
        return "takes the nearest multiple", "x - y*round(x/y)"
    if name == "gelu" and prefix.startswith("jax"):
        return "is the approximation by tanh", "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2"
    if name in ("max", "min") and prefix in _NUMPY and count > 1:
        return "takes an axis", f"{name}(x, y)"
    if name in ("softmax", "cross_entropy"):
        return "takes a list", f"{name}(0, a, b)"
    return None


_MATHEMATICA = {"ArcSec": "asec", "ArcCsc": "acsc", "ArcCot": "acot", "Erf": "erf", "PolyGamma": "polygamma"}


def read_foreign(builder: Builder, token: Token, args: list[Piece], right: Token) -> Expr:
    """`np.sin(x)`, `Exp[x]`. Raises ParseError, UnknownFunction, ArityError."""
    prefix, _, name = token.rpartition(".")
    span = (token.start_pos, token.end_pos)
    squared = builder.source[right.start_pos] == "]"
    if name == "sqrt" and _DEGREE.match(builder.source, token.end_pos):
        fix = "write root(x, n) or sqrt(n)*x"
        raise ParseError("ambiguous: sqrt with an index", span=(token.start_pos, right.end_pos), help=fix)
    if prefix and (difference := _explain_difference(prefix, name, len(args))):
        what, fix = difference
        raise UnknownFunction(f"{token} is another function than {name}: it {what}", span=span, help=f"write {fix}")
    word = _MATHEMATICA.get(name, name) if squared else _SPELLINGS.get(name, name)
    word = word if word in table.BY_NAME else _other_case(word) or word
    if word not in table.BY_NAME:
        raise _unknown(token, name, args, builder.source)
    if builder.endless and (bounds := _read_bounds(word, args)) is not None:
        return bounds
    row = table.find(word, len(args))
    if row is None:
        signatures = join_words([row.signature for row in table.BY_NAME[word]])
        raise ArityError(
            f"{token} cannot take {len(args)} arguments",
            span=(token.start_pos, right.end_pos),
            help=f"call it as {signatures}",
        )
    if squared and len(args) > 1 and not row.fold and row is not table.MOD:
        raise ParseError(
            f"the order of the arguments of {token}[...] may be another one",
            span=(token.start_pos, right.end_pos),
            help=f"call it as {row.signature}" if word != "log" else "write log_base(b, x)",
        )
    if row is table.WHERE:
        return make(row, builder.truth(args[0]), args[1].node, args[2].node)
    return make(row, *[piece.node for piece in args])


def unknown_module(word: str, span: tuple[int, int]) -> UnknownFunction:
    """`np.linalg.norm`: a function of a module that is not read."""
    return UnknownFunction(f"no function named {hints.short(word, 'f')}", span=span, help="see dcalc functions")


def _unknown(token: Token, name: str, args: Sequence[Piece], source: str) -> UnknownFunction:
    from dcalc.parser.calls import suggest_elsewhere

    if name == "D" and args:
        fix = f"dcalc diff takes the derivative: write {_words(source, args[0], 'x**2')}"
        return UnknownFunction("no function named D", span=(token.start_pos, token.end_pos), help=fix)
    fix = suggest_elsewhere(name) or "see dcalc functions"
    return UnknownFunction(
        f"no function named {hints.short(str(token), 'f')}", span=(token.start_pos, token.end_pos), help=fix
    )


_MATH_CONSTANTS = {
    "LN2": "log(2)", "LN10": "log(10)", "LOG2E": "1/log(2)", "LOG10E": "1/log(10)", "SQRT2": "sqrt(2)",
    "SQRT1_2": "sqrt(1/2)",
}  # fmt: skip


def read_constant(token: Token, word: str) -> Expr:
    """The e of `2e^x`, and `np.pi`, `math.e`."""
    row = table.CONSTANTS.get(word) or table.OTHER_CONSTANTS.get(word)
    if row is not None:
        return make(row)
    span = (token.start_pos, token.end_pos)
    if word in ("nan", "NaN"):
        raise ParseError(f"{token} is not a number", span=span, help="leave it out")
    if word in _MATH_CONSTANTS:
        raise ParseError(f"{token} has no name here", span=span, help=f"write {_MATH_CONSTANTS[word]}")
    if word in table.BY_NAME:
        raise ParseError(f"{token} lacks its argument", span=span, help=f"write {word}(x)")
    raise ParseError(f"{token} is not known", span=span, help=f"write {word}")


# --- d/dx ---------------------------------------------------------------------------------


def misplaced_operator(source: str, token: Token) -> ParseError:
    """`d/dx` where a command does not differentiate."""
    operand = hints.short(source[token.end_pos :], "x**2")
    return ParseError(
        "a derivative is not written as a quotient",
        span=(token.start_pos, token.end_pos),
        help=f"dcalc diff takes the derivative: write {operand}",
    )


def check_operand(source: str, token: Token, piece: Piece | Condition) -> None:
    """Refuse `d/dx x^2 + x`, whose operator may reach to the end or not."""
    if isinstance(piece, Condition) or (piece.form & CLOSED and not piece.form & IMPLICIT):
        return
    brackets = source[token.end_pos :].lstrip()[:1] in ("(", "[")
    if (piece.node.op in _PRODUCTS and not piece.form & IMPLICIT) or (piece.form & IMPLICIT and brackets):
        operand = hints.short(source[token.end_pos :], "x**2 + x")
        raise ParseError(
            f"ambiguous: how far does {source[token.start_pos : token.end_pos].strip()} reach?",
            span=(token.start_pos, piece.end),
            help=f"put its operand in brackets, or leave it out for all of {operand}",
        )
