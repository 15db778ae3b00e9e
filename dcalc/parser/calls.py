"""Messages about calls: an unknown function, or a wrong number of arguments."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ArityError, DcalcError, UnknownFunction
from dcalc.parser import hints
from dcalc.parser.hints import after_d
from dcalc.text import join_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.parser.builder import Piece
    from dcalc.parser.lexer import Token


_INDEXED = re.compile(r"([JYIK])_([0-9]{1,4}|n)")
_CLOSE = 0.7  # similarity of names by difflib: sinn is like sin and sinh, foo like nothing
_POWER_OF = re.compile(r"([^\W\d]\w*)\s*(?:\^|\*\*)\s*$")
_DECIMAL_COMMA = re.compile(r"(?<![\w.])([0-9]+),([0-9]+)(?![\w.])")


def no_such_call(source: str, name: Token, args: Sequence[Piece], right: Token) -> DcalcError:
    """An unknown name, or a known one with the wrong number of arguments."""
    rows = table.BY_NAME.get(str(name))
    if rows:
        return _wrong_arity(source, rows, str(name), args, (name.start_pos, right.end_pos))
    inside = source[args[0].start : args[-1].end].strip() if args else ""
    fix = _suggest(source, str(name), name.start_pos, hints.short(inside, "x") if args else "", len(args))
    label = hints.short(str(name), str(name)[: hints.LONGEST] + "...")
    return UnknownFunction(f"no function named {label}", span=(name.start_pos, name.end_pos), help=fix)


def _suggest(source: str, word: str, start: int, inside: str, count: int) -> str:
    """The most likely meaning of a call of an unknown function, as a hint."""
    folded = word.lower()
    if word == "Li" and count == 1:
        return "write li(x) or li(x) - li(2)"
    if (word, count) in LETTERS:
        return f"did you mean {LETTERS[word, count]}?"
    if count == 1 and (indexed := _INDEXED.fullmatch(word)):
        return f"write bessel{indexed[1].lower()}({indexed[2]}, {inside})"
    word = hints.short(word, "a")
    if derivative := after_d(source, start, word, inside):
        return derivative
    if word == "d" and re.search(r"\)\s*/\s*d[A-Za-z]\w*\s*$", source):
        return f"dcalc diff takes the derivative: write {inside}"
    power = _POWER_OF.search(source[max(start - hints.LONGEST, 0) : start])
    if power and power[1] in table.BY_NAME and inside:
        return f"write {power[1]}({inside})**{word}"
    if (suggestion := _elsewhere(folded, inside)) or (suggestion := _case(folded)):
        return suggestion
    if factor := _suggest_product(source, word, inside):
        return factor
    if count > 1:  # no product with a pair
        close = [name for name in close_names(folded) if table.find(name, count)]
        return f"did you mean {join_words(close)}?" if close else "see dcalc functions"
    product = hints.product(source, start, word, f"({inside})") if inside else f"write {word}"
    if word in table.CONSTANTS or _is_variable(source, word):
        return product
    return _offer_declaration(word, inside, product)


def _offer_declaration(word: str, inside: str, product: str) -> str:
    """A hint for what may be a product, a slip of the pen, or a function that nobody has declared."""
    declared = f"with --let '{word}(x)', or {product}"
    if len(word) == 1:
        return f"declare an unknown function {declared}" if inside else product
    if close := close_names(word.lower()):
        return f"did you mean {join_words(close)}?"
    return f"see dcalc functions, declare it {declared}"


def _elsewhere(folded: str, inside: str) -> str | None:
    """A name by which another system knows the function, or an operation dcalc has as a command."""
    if folded in NAMES:
        return f"did you mean {NAMES[folded]}?"
    if folded in DERIVATIVES and len(folded) > 1:
        return f"dcalc diff takes the derivative: write {inside.partition(',')[0].strip() or 'x**2'}"
    return ADVICE.get(folded)


def suggest_elsewhere(name: str) -> str | None:
    """What a function of another system is called here, as a hint."""
    return _elsewhere(name.lower(), "")


def _case(folded: str) -> str | None:
    """The function whose name differs in case alone."""
    for name, rows in table.BY_NAME.items():
        if name.lower() == folded and rows[0].suggest:
            return f"did you mean {name}?"
    return None


def _suggest_product(source: str, word: str, inside: str) -> str | None:
    """`xsin(x)`, where x is a variable or a constant: a product with no sign."""
    for length in (1, 2, 3):
        head, tail = word[:length], word[length:]
        if tail in table.BY_NAME and (head in table.CONSTANTS or _is_variable(source, head)):
            return f"write {head}*{tail}({inside})"
    return None


def _is_variable(source: str, word: str) -> bool:
    """Does the name stand elsewhere in the text, and not as a function?"""
    return re.search(rf"(?<![^\W\d]){re.escape(word)}(?!\w|\s*\()", source) is not None


def _wrong_arity(
    source: str, rows: Sequence[table.Row], name: str, args: Sequence[Piece], span: tuple[int, int]
) -> ArityError:
    counts = " or ".join(dict.fromkeys(_count(row) for row in rows))
    counts += " argument" if counts in ("1", "at least 1") else " arguments"
    message = f"{name} takes {counts}, not {len(args)}"
    whole = source[span[0] : span[1]]
    decimal, count = _DECIMAL_COMMA.subn(r"\1.\2", whole, count=1)
    if count and len(args) == 2 and table.find(name, 1) and len(decimal) <= hints.LONGEST:
        return ArityError(message, span=span, help=f"decimals are written with a point: {decimal}")
    return ArityError(message, span=span, help=f"call it as {join_words([row.signature for row in rows])}")


def _count(row: table.Row) -> str:
    if row.maximum is None:
        return f"at least {row.minimum}"
    return str(row.minimum) if row.minimum == row.maximum else f"{row.minimum} or {row.maximum}"


def close_names(word: str) -> list[str]:
    """Up to three functions that the word may have meant, the nearest first.

    Of equally near names the one with the same beginning is first, then the one that
    stands first in the table.
    """
    ranked: list[tuple[float, int, str]] = []
    matcher = SequenceMatcher(b=word[: hints.LONGEST])
    for place, (name, rows) in enumerate(table.BY_NAME.items()):
        matcher.set_seq1(name.lower())
        if rows[0].suggest and matcher.quick_ratio() >= _CLOSE and (ratio := matcher.ratio()) >= _CLOSE:
            ranked.append((-ratio, place, name))
    best = sorted(ranked)[:3]
    best.sort(key=lambda entry: (entry[0], -_common(entry[2], word), entry[1]))
    return [name for _, _, name in best]


def _common(first: str, second: str) -> int:
    """How many characters two words have in common at their beginnings."""
    pairs = zip(first, second, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(second)))


# --- The names of functions elsewhere, among people and in other systems; used only in hints.

LETTERS = {
    ("Γ", 1): "gamma(x)", ("Γ", 2): "uppergamma(s, x)", ("Β", 2): "beta(a, b)", ("B", 2): "beta(a, b)",
    ("ζ", 1): "zeta(x)", ("ψ", 1): "digamma(x)", ("Ψ", 1): "digamma(x)", ("Φ", 1): "normcdf(x)",
    ("Phi", 1): "normcdf(x)", ("C", 2): "binomial(n, k)", ("nCr", 2): "binomial(n, k)", ("J", 2): "besselj(n, x)",
    ("Y", 2): "bessely(n, x)", ("I", 2): "besseli(n, x)", ("K", 2): "besselk(n, x)", ("Li", 2): "polylog(s, x)",
}  # fmt: skip
"""Letters that are functions in books, with the number of their arguments."""

NAMES = {
    "tg": "tan",
    "sen": "sin",
    "arcsen": "asin",
    "ctg": "cot",
    "cotg": "cot",
    "cosec": "csc",
    "sine": "sin",
    "cosine": "cos",
    "tangent": "tan",
    "arctg": "atan",
    "arcctg": "acot",
    "arccosec": "acsc",
    "arcsine": "asin",
    "arccosine": "acos",
    "arctangent": "atan",
    "arctan2": "atan2",
    "sh": "sinh",
    "ch": "cosh",
    "th": "tanh",
    "cth": "coth",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "arcoth": "acoth",
    "arsh": "asinh",
    "arch": "acosh",
    "arth": "atanh",
    "lg": "log10",
    "ld": "log2",
    "lb": "log2",
    "log_2": "log2",
    "log_10": "log10",
    "log_e": "log",
    "loge": "log",
    "logarithm": "log",
    "exponential": "exp",
    "squareroot": "sqrt",
    "sqr": "abs2",
    "square": "abs2",
    "cuberoot": "cbrt",
    "power": "pow",
    "reciprocal": "inv",
    "fabs": "abs",
    "absolute": "abs",
    "magnitude": "abs",
    "sgn": "sign",
    "signum": "sign",
    "unitstep": "step",
    "ceiling": "ceil",
    "int": "trunc",
    "fix": "trunc",
    "remainder": "mod",
    "minimum": "min",
    "fmin": "min",
    "maximum": "max",
    "fmax": "max",
    "clamp": "clip",
    "if": "where",
    "ifelse": "where",
    "iif": "where",
    "piecewise": "where",
    "cases": "where",
    "silu": "swish",
    "expit": "sigmoid",
    "tgamma": "gamma",
    "loggamma": "lgamma",
    "lngamma": "lgamma",
    "gammaln": "lgamma",
    "psi": "digamma",
    "fact": "factorial",
    "betaln": "logbeta",
    "incgamma": "uppergamma",
    "pgamma": "gammap",
    "igamma": "gammap",
    "igammac": "gammaq",
    "ibeta": "betainc",
    "betai": "betainc",
    "pbeta": "betainc",
    "productlog": "lambertw",
    "expi": "ei",
    "sinint": "si",
    "sinintegral": "si",
    "cosint": "ci",
    "cosintegral": "ci",
    "jv": "besselj",
    "jn": "besselj",
    "yv": "bessely",
    "yn": "bessely",
    "iv": "besseli",
    "kv": "besselk",
    "j0": "besselj0",
    "j1": "besselj1",
    "y0": "bessely0",
    "y1": "bessely1",
    "ai": "airyai",
    "bi": "airybi",
    "pnorm": "normcdf",
    "qnorm": "norminv",
    "dnorm": "normpdf",
    "cdfnorm": "normcdf",
    "logcdf": "lognormcdf",
    "erfcinverse": "erfcinv",
    "legendrep": "legendre",
    "eval_legendre": "legendre",
    "chebyt": "chebyshevt",
    "chebyu": "chebyshevu",
    "eval_chebyt": "chebyshevt",
    "eval_chebyu": "chebyshevu",
    "chebyshev_t": "chebyshevt",
    "chebyshev_u": "chebyshevu",
    "hermiteh": "hermite",
    "eval_hermite": "hermite",
    "eval_laguerre": "laguerre",
    "nck": "binomial",
    "binom": "binomial",
    "li2": "dilog",
    "spence": "dilog(1 - x)",
    "ellipf_inc": "elliptic_f",
    "ellipk": "elliptic_k",
    "ellipe": "elliptic_e",
    "radians": "deg2rad",
    "degrees": "rad2deg",
}

DERIVATIVES = {"d", "diff", "derivative", "derive", "grad", "gradient", "deriv", "differentiate"}

_SWEEP = "a sweep of points is written --at 0:1:0.1"
ADVICE = {
    **dict.fromkeys(("range", "arange", "linspace", "logspace"), _SWEEP),
    "gammainc": "it is gammap(s, x) here for SciPy's, which is regularised, and uppergamma(s, x) for mpmath's",
    "gammaincc": "write gammaq(s, x), which is regularised",
    "betaincc": "write 1 - betainc(a, b, x)",
    "integrate": "dcalc differentiates; it does not integrate",
    "integral": "dcalc differentiates; it does not integrate",
    "sum": "spell the terms out, with + between them",
    "product": "spell the factors out, with * between them",
    "prod": "spell the factors out, with * between them",
    "average": "spell the terms out: (a + b)/2",
    "mean": "spell the terms out: (a + b)/2",
}
