"""The table: one row for every function, operator and constant that dcalc knows.

A row says what the function is called, what its partial derivatives are (as text in
dcalc's own language), where it is defined and where it is not smooth. Everything else follows
from the row: grammar, backends, printers, `dcalc functions`, completions and tests. A row
without a body also has an evaluator in each number system, registered there under its key;
`python -m dcalc.generate --check` names those that are missing.

The columns:

``args``        the arguments by name: `a=0.01` with a default, `z...` for any number of them.
``fold``        True where one or more arguments are taken two at a time: f(a, b, c) is
                f(f(a, b), c), and f(a) is a.
``partials``    one text for each argument, in the names of the arguments; `y` is the value (unless
                an argument is called y), `z_i` the argument in question among `z...`. None where
                there is no closed form.
``tangent``     instead of partials: the tangent, linear in `dNAME`, the tangents of the arguments.
                `product` stands for the product rule, which is written in code.
``body``        instead of partials: the function in terms of others. `z_i` is the argument that `i`
                chooses, counted from 0, `f(z)` takes all of `z...`, and `0 + z**2` is the sum of their
                squares.
``written``     the function in terms of simpler ones, for those that ask for few functions though
                the row has rules of its own. It is equal wherever the function is defined, and
                in the limit at poles, edges and infinity; a `where` at the front that compares
                with `==` only fills in single points (`sinc`).
``domain``      a condition on the arguments; empty where all reals are allowed.
``kinks``       an expression that is 0 at every kink and jump; empty where there are none.
``continuous``  True where the function is known to be continuous in all arguments together wherever
                it is defined, though it has kinks or is written with choices.
``vertical``    an expression that is 0 where the function has a vertical tangent inside its domain.
``reflection``  for a function of a whole order n: f(-n, x) is ``reflection``**n * f(n, x).
``series``      True where the evaluator on balls takes power series of balls as well; otherwise the
                series follows from the partials.
``parity``      whether the function is odd or even in its only argument.
``latex``       a command, such as `\\sin`, or a template with {0} and {1} for the arguments; empty
                for an upright name.
``suggest``     False for a name known from one library only, which no hint should offer.
``elsewhere``   what PyTorch 2.14 and JAX 0.10 give for the derivative at the kink, jump or edge of
                the function itself, where it has none; measured in doubles.
``source``      where the definition or the derivative stands.

``section`` is the heading under which the row stands, ``key`` the name by which registries and
tests know it, ``minimum`` and ``maximum`` the number of arguments it takes (None for any number). ``function`` and
``orders`` are empty: rows that have them are not of the table, but of unknown functions (`dcalc.unknown`).

The table is built once, when the module is imported, and only read afterwards, so that threads
may share it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # nothing is imported at run time: the table is loaded by whatever starts
    from collections.abc import Iterator
    from typing import Any, Literal, TypedDict, Unpack

    Parity = Literal["", "odd", "even"]
    Partials = str | tuple[str | None, ...] | None

    class Columns(TypedDict, total=False):
        """The columns that a row may leave out."""

        tangent: str
        body: str
        written: str
        domain: str
        kinks: str
        continuous: bool
        vertical: str
        reflection: int
        series: bool
        fold: bool
        latex: str
        parity: Parity
        aliases: str
        elsewhere: str
        suggest: bool


class Row:
    """One row of the table; rows are compared by identity."""

    __slots__ = (
        "aliases", "args", "body", "chooses", "continuous", "defaults", "doc", "domain", "elsewhere", "fold", "function", "index",
        "key", "kinks", "latex", "maximum", "minimum", "name", "nodes", "orders", "parity", "partials", "reflection", "section", "series",
        "source", "suggest", "tangent", "variadic", "vertical", "written",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        args: str,
        partials: tuple[str | None, ...] = (),
        *,
        doc: str = "",
        source: str = "",
        tangent: str = "",
        body: str = "",
        written: str = "",
        domain: str = "",
        kinks: str = "",
        continuous: bool = False,
        vertical: str = "",
        reflection: int = 0,
        series: bool = False,
        fold: bool = False,
        latex: str = "",
        parity: Parity = "",
        aliases: str = "",
        elsewhere: str = "",
        suggest: bool = True,
    ) -> None:
        words = args.split(", ") if args else []
        self.name = name
        self.variadic = args.endswith("...")
        self.args = tuple(word.partition("=")[0].removesuffix("...") for word in words)
        self.chooses = self.variadic and self.args[0] == "i"  # the first argument is the number of one of the others
        self.defaults = tuple(word.partition("=")[2] for word in words if "=" in word)
        self.minimum = 1 if fold else len(words) - len(self.defaults)
        self.maximum = None if self.variadic or fold else len(words)
        self.partials = partials
        self.doc = doc
        self.source = source
        self.tangent = tangent
        self.body = body
        self.written = written
        self.domain = domain
        self.kinks = kinks
        self.continuous = continuous
        self.vertical = vertical
        self.reflection = reflection
        self.series = series
        self.fold = fold
        self.latex = latex
        self.parity = parity
        self.aliases = tuple(aliases.split())
        self.elsewhere = elsewhere
        self.suggest = suggest
        self.section = ""
        self.index = 0
        self.key = name
        self.function = ""  # of a derivative of an unknown function: see `unknown`
        self.orders: tuple[int, ...] = ()  # how often it is differentiated by each argument
        self.nodes: dict[tuple[Any, ...], Any] = {}  # of expressions, by their arguments: see `expr`

    def __repr__(self) -> str:
        return f"<{self.key}>"

    @property
    def signature(self) -> str:
        """The call as one writes it: `leaky_relu(x, a=0.01)`, `max(a, b, ...)`."""
        plain = list(self.args[: len(self.args) - len(self.defaults)])
        optional = [f"{a}={d}" for a, d in zip(self.args[len(plain) :], self.defaults, strict=True)]
        words = plain + optional
        if self.variadic:
            words[-1] += "0, " + words[-1] + "1, ..."
        if self.fold:
            words.append("...")
        return f"{self.name}({', '.join(words)})"


ROWS: list[Row] = []
BY_NAME: dict[str, list[Row]] = {}
BY_KEY: dict[str, Row] = {}
"""Every row by its key: the name, or `log/2` for a variant with other arguments."""
_sections = [""]
"""The headings of the table so far; the last one is that of the rows that follow."""


_section = _sections.append
"""Begins a part of the table under a heading."""


def add(row: Row, *, is_called: bool = True) -> Row:
    """Add a function to the table and return it; a later row of the same name is its variant with another
    number of arguments. Operators, constants and leaves are not called by a name."""
    if is_called:
        if row.name in BY_NAME:
            row.key = f"{row.name}/{len(row.args)}"
        for name in (row.name, *row.aliases):
            BY_NAME.setdefault(name, []).append(row)
    row.index = len(ROWS)
    row.section = _sections[-1]
    ROWS.append(row)
    BY_KEY[row.key] = row
    return row


def find(name: str, count: int) -> Row | None:
    """The row of that name or alias which takes ``count`` arguments, or None."""
    for row in BY_NAME.get(name, ()):
        if count >= row.minimum and (row.maximum is None or count <= row.maximum):
            return row
    return None


def check_choice(row: Row, index: object, others: int, span: tuple[int, int] | None = None) -> None:
    """Check the index of softmax and its kin. Raises ArityError unless it is a whole number that counts the others."""
    if index not in range(others):
        from dcalc.errors import ArityError

        raise ArityError(
            f"the first argument of {row.name} chooses one of the others, counted from 0",
            span=span,
            help=f"choose with a whole number from 0 to {others - 1}",
        )


def get(name: str, count: int) -> Row:
    """The same, of a function that code relies on; raises LookupError for one that the table lacks."""
    row = find(name, count)
    if row is None:
        raise LookupError(f"no function {name} of {count} arguments")
    return row


def functions() -> Iterator[Row]:
    """The rows that a user can call by name, in the order of the table."""
    return (row for row in ROWS if row.name in BY_NAME)


def _operator(
    name: str,
    args: str,
    partials: tuple[str | None, ...] = (),
    doc: str = "",
    source: str = "",
    **columns: Unpack[Columns],
) -> Row:
    """An operator, constant or leaf, which has no name that could be called."""
    return add(Row(name, args, partials, doc=doc, source=source, **columns), is_called=False)


def _rule(name: str, args: str, partials: Partials, doc: str, source: str, **columns: Unpack[Columns]) -> Row:
    """A function known by its partials, and by its values on balls."""
    texts = partials if isinstance(partials, tuple) else (partials,)
    return add(Row(name, args, texts, doc=doc, source=source, **columns))


def _jet(name: str, args: str, partials: Partials, doc: str, source: str, **columns: Unpack[Columns]) -> Row:
    """A function known by its partials, and by its values on balls and on power series of balls."""
    columns["series"] = True
    return _rule(name, args, partials, doc, source, **columns)


def _body(name: str, args: str, text: str, doc: str, source: str, **columns: Unpack[Columns]) -> Row:
    """A function that is written in terms of others."""
    columns["body"] = text
    return _rule(name, args, (), doc, source, **columns)


def _library(name: str, args: str, text: str, doc: str, source: str, **columns: Unpack[Columns]) -> Row:
    """The same under a name that only one library knows: no hint offers it."""
    columns["suggest"] = False
    return _body(name, args, text, doc, source, **columns)


# fmt: off

_section("leaves and operators")

NUMBER = _operator("number", "value")
SYMBOL = _operator("symbol", "name")
ADD = _operator("+", "z...", ("1",), series=True, doc="sum", continuous=True)
SUB = _operator("-", "u, v", ("1", "-1"), series=True, doc="difference", continuous=True)
MUL = _operator("*", "z...", tangent="product", series=True, doc="product", continuous=True)
DIV = _operator("/", "u, v", ("1/v", "-y/v"), series=True, doc="quotient",
                domain="v != 0")
NEG = _operator("neg", "u", ("-1",), series=True, doc="negation", parity="odd", continuous=True)
POW = _operator("**", "u, v", ("v*u**(v-1)", "y*log(u)"), series=True,
                doc="power", domain="u > 0 or u == 0 and v >= 0 or u < 0 and frac(v) == 0")
LT = _operator("<", "u, v", ("0", "0"), series=True, kinks="u - v", doc="less than")
LE = _operator("<=", "u, v", ("0", "0"), series=True, kinks="u - v", doc="at most")
GT = _operator(">", "u, v", ("0", "0"), series=True, kinks="u - v", doc="greater than")
GE = _operator(">=", "u, v", ("0", "0"), series=True, kinks="u - v", doc="at least")
EQ = _operator("==", "u, v", ("0", "0"), series=True, kinks="u - v", doc="equal")
NE = _operator("!=", "u, v", ("0", "0"), series=True, kinks="u - v", doc="not equal")
AND = _operator("and", "u, v", ("0", "0"), series=True, doc="both hold")
OR = _operator("or", "u, v", ("0", "0"), series=True, doc="one of them holds")
NOT = _operator("not", "u", ("0",), series=True, doc="does not hold")
CONDITIONS = frozenset((LT, LE, GT, GE, EQ, NE, AND, OR, NOT))

_section("constants")

E = _operator("e", "", series=True, doc="base of natural logarithms", source="DLMF 4.2.11")
PI = _operator("pi", "", series=True, doc="circumference over diameter", source="DLMF 3.12.1", latex=r"\pi")
TAU = _operator("tau", "", body="2*pi", doc="one turn in radians", source="DLMF 3.12.1", latex=r"\mathrm{\tau}")
DEG = _operator("deg", "", body="pi/180", doc="one degree in radians: sin(30*deg)", source="DLMF 3.12.1",
                latex=r"{{}^\circ}")
CONSTANTS = {row.name: row for row in (E, PI, TAU, DEG)}
OTHER_CONSTANTS = {"E": E, "PI": PI, "Pi": PI, "TAU": TAU, "Tau": TAU}
"""Constants by the names that other systems have for them."""
INFINITIES = frozenset({"inf", "Inf", "INF", "infinity", "Infinity", "oo"})
RESERVED = frozenset({*CONSTANTS, *OTHER_CONSTANTS, *INFINITIES, "nan", "NaN", "i"})
"""Names that are variables only where a call says so; i may be the imaginary unit."""

# Sources that many rows share.
_IEEE = "IEEE 754-2019 9.2"
_LOGEXP = "LogExpFunctions.jl"
_SPECIAL = "SpecialFunctions.jl"
_JULIA = "Julia Base"
_DEEP = "Goodfellow et al., Deep Learning 6.2"

_section("exponentials and logarithms")

EXP = _jet("exp",     "x", "y",             "exponential",            "DLMF 4.7.7", latex=r"\exp", continuous=True)
_jet("expm1", "x", "exp(x)",        "exp(x) - 1, exact at 0", _IEEE, written="exp(x) - 1")
_body("exp2",         "x", "2**x",          "power of 2",             _IEEE, latex="2^{{{0}}}")
_body("exp10",        "x", "10**x",         "power of 10",            _IEEE, latex="10^{{{0}}}")
LOG = _jet("log",     "x", "1/x",           "natural logarithm",      "DLMF 4.7.1", domain="x > 0",
           aliases="ln", latex=r"\ln")
_jet("log1p", "x", "1/(1 + x)",     "log(1 + x), exact at 0", _IEEE, domain="x > -1", written="log(1 + x)")
_jet("log2",          "x", "1/(x*log(2))",  "logarithm to base 2",    _IEEE, domain="x > 0",
     latex=r"\log_{{2}}\left({0}\right)", written="log(x)/log(2)")
_jet("log10",         "x", "1/(x*log(10))", "logarithm to base 10",   _IEEE, domain="x > 0",
     latex=r"\log_{{10}}\left({0}\right)", written="log(x)/log(10)")
_body("log",       "x, b", "log(x)/log(b)", "logarithm of x to base b", "DLMF 4.2(ii)",
      latex=r"\log_{{{1}}}\left({0}\right)", domain="x > 0 and b > 0 and b != 1")
_body("log_base",  "b, x", "log(x)/log(b)", "logarithm of x to base b", "DLMF 4.2(ii)",
      latex=r"\log_{{{0}}}\left({1}\right)", domain="x > 0 and b > 0 and b != 1")

_section("powers and roots")

SQRT = _jet("sqrt",   "x",    "1/(2*y)",      "square root",    "DLMF 4.7.10", domain="x >= 0",
            latex=r"\sqrt{{{0}}}",
            elsewhere="PyTorch inf, JAX inf", written="x**(1/2)")
CBRT = _jet("cbrt",   "x",    "1/(3*y**2)",   "real cube root", _IEEE, parity="odd", latex=r"\sqrt[3]{{{0}}}",
            written="where(x >= 0, x**(1/3), -(-x)**(1/3))", continuous=True, vertical="x")
ROOT = _jet("root",   "x, n", ("y**(1 - n)/n", "-y*log(x)/n**2"), "real n-th root: root(-8, 3) is -2", _IEEE,
            domain="n != 0 and (x > 0 or x == 0 and n > 0 or x < 0 and mod(n, 2) == 1)",
            aliases="nthRoot", latex=r"\sqrt[{1}]{{{0}}}", continuous=True)
HYPOT = _jet("hypot", "u, v", ("u/y", "v/y"), "sqrt(u**2 + v**2), without overflow", _IEEE,
             kinks="abs(u) + abs(v)", elsewhere="PyTorch nan, JAX 0.5",
             written="sqrt(u**2 + v**2)", continuous=True)
_body("norm",         "z...", "sqrt(0 + z**2)", "square root of the sum of all z**2", "DLMF 3.2.13", aliases="hypot",
      continuous=True)
BY_NAME["norm"].insert(0, HYPOT)  # of two arguments
_body("pow",          "u, v", "u**v",         "power",          "DLMF 4.2.26", latex="{0}^{{{1}}}",
      domain="u > 0 or u == 0 and v >= 0 or u < 0 and frac(v) == 0")
_body("inv",          "x",    "1/x",          "reciprocal",     "DLMF 4.7.10", domain="x != 0", parity="odd",
      latex=r"\frac{{1}}{{{0}}}")
_body("abs2",         "x",    "x**2",         "square",         "DLMF 4.7.10", parity="even")

_section("trigonometry")

SIN = _jet("sin", "x", "cos(x)",     "sine",      "DLMF 4.20.1", parity="odd", latex=r"\sin", continuous=True)
COS = _jet("cos", "x", "-sin(x)",    "cosine",    "DLMF 4.20.2", parity="even", latex=r"\cos", continuous=True)
TAN = _jet("tan", "x", "sec(x)**2",  "tangent",   "DLMF 4.20.3", parity="odd", latex=r"\tan",
           domain="cos(x) != 0", written="sin(x)/cos(x)")
CSC = _jet("csc", "x", "-y*cot(x)",  "cosecant",  "DLMF 4.20.4", parity="odd", latex=r"\csc",
           domain="sin(x) != 0", written="1/sin(x)")
SEC = _jet("sec", "x", "y*tan(x)",   "secant",    "DLMF 4.20.5", parity="even", latex=r"\sec",
           domain="cos(x) != 0", written="1/cos(x)")
COT = _jet("cot", "x", "-csc(x)**2", "cotangent", "DLMF 4.20.6", parity="odd", latex=r"\cot",
           domain="sin(x) != 0", written="cos(x)/sin(x)")
_jet("sinpi", "x", "pi*cospi(x)",  "sin(pi*x), exact at integers",      _IEEE, parity="odd",
     written="sin(pi*x)")
_jet("cospi", "x", "-pi*sinpi(x)", "cos(pi*x), exact at half-integers", _IEEE, parity="even",
     written="cos(pi*x)")
ASIN = _jet("asin", "x", "1/sqrt(1 - x**2)",           "inverse sine",    "DLMF 4.24.7",  latex=r"\arcsin",
            aliases="arcsin", domain="x >= -1 and x <= 1", parity="odd", written="2*atan(x/(1 + sqrt(1 - x**2)))")
_jet("acos", "x", "-1/sqrt(1 - x**2)",          "inverse cosine",  "DLMF 4.24.8",  latex=r"\arccos",
     aliases="arccos", domain="x >= -1 and x <= 1", written="pi/2 - asin(x)")
ATAN = _jet("atan", "x", "1/(1 + x**2)",               "inverse tangent", "DLMF 4.24.9",  latex=r"\arctan",
            aliases="arctan", parity="odd", continuous=True)
_jet("acsc", "x", "-1/(abs(x)*sqrt(x**2 - 1))", "asin(1/x)",       "DLMF 4.24.10",
     aliases="arccsc", domain="x <= -1 or x >= 1", parity="odd", written="asin(1/x)")
_jet("asec", "x", "1/(abs(x)*sqrt(x**2 - 1))",  "acos(1/x)",       "DLMF 4.24.11",
     aliases="arcsec", domain="x <= -1 or x >= 1", written="pi/2 - asin(1/x)")
_jet("acot", "x", "-1/(1 + x**2)",              "atan(1/x)",       "DLMF 4.24.12",
     aliases="arccot", domain="x != 0", parity="odd", written="atan(1/x)")
ATAN2 = _jet("atan2", "y, x", ("x/(x**2 + y**2)", "-y/(x**2 + y**2)"), "angle of the point (x, y), up to pi",
             "IEEE 754-2019 9.2", domain="x != 0 or y != 0", kinks="where(x <= 0, y, 1)",
             written="where(x > 0, atan(y/x), where(y > 0, pi/2 - atan(x/y), "
                     "where(y < 0, -pi/2 - atan(x/y), where(x < 0, pi, 0/x))))")

_body("haversin", "x", "sin(x/2)**2", "(1 - cos(x))/2", "Inman 1835", parity="even", aliases="haversine hav")

_section("hyperbolic functions")

SINH = _jet("sinh", "x", "cosh(x)",     "hyperbolic sine",      "DLMF 4.34.1", latex=r"\sinh", parity="odd",
            written="(exp(x) - exp(-x))/2")
COSH = _jet("cosh", "x", "sinh(x)",     "hyperbolic cosine",    "DLMF 4.34.2", latex=r"\cosh", parity="even",
            written="(exp(x) + exp(-x))/2")
TANH = _jet("tanh", "x", "sech(x)**2",  "hyperbolic tangent",   "DLMF 4.34.3", latex=r"\tanh", parity="odd",
            written="(exp(2*x) - 1)/(exp(2*x) + 1)", continuous=True)
_jet("csch", "x", "-y*coth(x)",  "hyperbolic cosecant",  "DLMF 4.34.4", parity="odd", domain="x != 0",
     written="2/(exp(x) - exp(-x))")
_jet("sech", "x", "-y*tanh(x)",  "hyperbolic secant",    "DLMF 4.34.5", parity="even",
     written="2/(exp(x) + exp(-x))")
COTH = _jet("coth", "x", "-csch(x)**2", "hyperbolic cotangent", "DLMF 4.34.6", latex=r"\coth", parity="odd",
            domain="x != 0", written="1/tanh(x)")
ASINH = _jet("asinh", "x", "1/sqrt(1 + x**2)",            "inverse hyperbolic sine",    "DLMF 4.38.9",
             aliases="arcsinh", parity="odd", written="log(x + sqrt(1 + x**2))")
_jet("acosh", "x", "1/(sqrt(x - 1)*sqrt(x + 1))", "inverse hyperbolic cosine",  "DLMF 4.38.10",
     aliases="arccosh", domain="x >= 1", written="log(x + sqrt(x - 1)*sqrt(x + 1))")
_jet("atanh", "x", "1/(1 - x**2)",                "inverse hyperbolic tangent", "DLMF 4.38.11",
     aliases="arctanh", domain="x > -1 and x < 1", parity="odd", written="(log(1 + x) - log(1 - x))/2")
_jet("acsch", "x", "-1/(abs(x)*sqrt(1 + x**2))",  "asinh(1/x)",                 "DLMF 4.38.12",
     aliases="arccsch", domain="x != 0", parity="odd", written="asinh(1/x)")
_jet("asech", "x", "-1/(x*sqrt(1 - x**2))",       "acosh(1/x)",                 "DLMF 4.38.13",
     aliases="arcsech", domain="x > 0 and x <= 1", written="log(1/x + sqrt(1/x - 1)*sqrt(1/x + 1))")
_jet("acoth", "x", "1/(1 - x**2)",                "atanh(1/x)",                 "DLMF 4.38.14",
     aliases="arccoth", domain="x < -1 or x > 1", parity="odd", written="(log(1 + 1/x) - log(1 - 1/x))/2")

_section("kinks, jumps and choices")

ABS = _jet("abs",     "x", "sign(x)", "absolute value",                 "IEEE 754-2019 5.5.1", kinks="x",
           latex=r"\left|{0}\right|", parity="even",
           elsewhere="PyTorch 0, JAX 1", continuous=True)
SIGN = _jet("sign",   "x", "0", "-1, 0 or 1",                           "numpy.sign", kinks="x", parity="odd",
            elsewhere="PyTorch 0, JAX 0", written="where(x > 0, 1, where(x < 0, -1, 0))")
STEP = _jet("step",   "x", "0", "1 where x >= 0, so that it is 1 at 0, else 0", "GLSL 4.60 8.3", kinks="x",
            aliases="heaviside", written="where(x >= 0, 1, 0)")
FLOOR = _jet("floor", "x", "0", "largest integer that is at most x",    "Concrete Mathematics 3.1",
             kinks="sinpi(x)", latex=r"\left\lfloor {0}\right\rfloor",
             elsewhere="PyTorch 0, JAX 0")
CEIL = _jet("ceil",   "x", "0", "smallest integer that is at least x",  "Concrete Mathematics 3.1",
            kinks="sinpi(x)", latex=r"\left\lceil {0}\right\rceil",
            elsewhere="PyTorch 0, JAX 0", written="-floor(-x)")
ROUND = _jet("round", "x", "0", "nearest integer, the even one of two", "IEEE 754-2019 5.9", kinks="cospi(x)",
             parity="odd",
             elsewhere="PyTorch 0, JAX 0",
             written="where(floor(x + 1/2) == x + 1/2, 2*floor(x/2 + 1/4), floor(x + 1/2))")
TRUNC = _jet("trunc", "x", "0", "x rounded toward 0",                   "IEEE 754-2019 5.9", kinks="sinpi(x)",
             parity="odd",
             elsewhere="PyTorch 0, JAX 0", written="where(x >= 0, floor(x), -floor(-x))")
FRAC = _jet("frac",   "x", "1", "x - floor(x)",                         "Concrete Mathematics 3.1",
            kinks="sinpi(x)", written="x - floor(x)")
MOD = _jet("mod",  "x, y", ("1", "-floor(x/y)"), "x - y*floor(x/y)",    "Concrete Mathematics 3.4",
           domain="y != 0", kinks="sinpi(x/y)", written="x - y*floor(x/y)")
_body("fmod", "x, y", "x - y*trunc(x/y)", "x - y*trunc(x/y), with the sign of x", "ISO C 7.12.10.1", domain="y != 0")
MIN = _jet("min",  "a, b", (), "smallest argument", "numpy.minimum", tangent="where(a <= b, da, db)",
           fold=True, kinks="a - b", latex=r"\min",
           elsewhere="PyTorch and JAX 0.5 by each of two equal arguments",
           written="where(a <= b, a, b)", continuous=True)
MAX = _jet("max",  "a, b", (), "largest argument",  "numpy.maximum", tangent="where(a >= b, da, db)",
           fold=True, kinks="a - b", latex=r"\max",
           elsewhere="PyTorch and JAX 0.5 by each of two equal arguments",
           written="where(a >= b, a, b)", continuous=True)
_body("clip", "x, lo, hi", "min(max(x, lo), hi)", "x, no less than lo and no more than hi", "numpy.clip",
      elsewhere="PyTorch 0, JAX 0.5")
_body("hardtanh", "x, lo=-1, hi=1", "min(max(x, lo), hi)", "x, no less than lo and no more than hi",
      "Collobert 2004", elsewhere="PyTorch 0, JAX 1")
WHERE = _jet("where", "cond, a, b", (), "a where the condition holds, else b", "numpy.where",
             tangent="where(cond, da, db)",
             latex=r"\begin{{cases}}{1} & \text{{if }} {0} \\ {2} & \text{{otherwise}}\end{{cases}}")
_jet("sinc", "x", "-sphericalbesselj(1, x)", "sin(x)/x, and 1 at 0", "DLMF 10.49.3", parity="even",
     written="where(x == 0, 1, sin(x)/x)", continuous=True)

_section("activations and losses")

_jet("relu", "x", "step(x)", "max(x, 0)", "Nair and Hinton 2010", kinks="x",
     elsewhere="PyTorch 0, JAX 0", written="max(x, 0)", continuous=True)
_body("leaky_relu", "x, a=0.01", "where(x >= 0, x, a*x)", "x, and a*x where negative", "Maas et al. 2013",
      elsewhere="PyTorch a, JAX 1", continuous=True)
_body("elu", "x", "where(x >= 0, x, expm1(x))", "x, and exp(x) - 1 where negative", "arXiv:1511.07289",
      continuous=True)
_jet("sigmoid",   "x", "y*sigmoid(-x)", "1/(1 + exp(-x))", _LOGEXP, aliases="logistic",
     written="1/(1 + exp(-x))", continuous=True)
_jet("softplus", "x", "sigmoid(x)",    "log(1 + exp(x))", _LOGEXP, aliases="log1pexp",
     written="log(1 + exp(x))")
_body("swish", "x", "x*sigmoid(x)", "x*sigmoid(x)", "arXiv:1710.05941")
_body("softsign", "x", "x/(1 + abs(x))", "x/(1 + abs(x))", "Bergstra et al. 2009", parity="odd", continuous=True)
_body("mish", "x", "x*tanh(softplus(x))", "x*tanh(softplus(x))", "arXiv:1908.08681")
_body("gelu", "x", "x*erfc(-x/sqrt(2))/2", "x times the normal distribution function", "arXiv:1606.08415")
_jet("logit", "p", "1/(p*(1 - p))", "log(p/(1 - p))", _LOGEXP, domain="p > 0 and p < 1",
     written="log(p) - log(1 - p)")
_body("softmax", "i, z...", "exp(z_i - logsumexp(z))", "exp(z_i) over the sum of all exp(z)", _DEEP)
_body("mse", "y, p", "(y - p)**2", "squared error", _DEEP)
_body("mae", "y, p", "abs(y - p)", "absolute error", _DEEP)
_body("bce", "y, p", "-y*log(p) - (1 - y)*log1p(-p)", "binary cross-entropy, label y, probability p", _DEEP,
      domain="p > 0 and p < 1")
_body("bce_logits", "y, z", "y*softplus(-z) + (1 - y)*softplus(z)",
      "binary cross-entropy, label y, logit z", _DEEP)
_body("huber", "y, p, delta=1", "where(abs(y - p) <= delta, (y - p)**2/2, delta*(abs(y - p) - delta/2))",
      "squared error over 2, linear beyond delta", "Huber 1964, Ann. Math. Statist. 35")
_body("cross_entropy", "i, z...", "logsumexp(z) - z_i", "cross-entropy, label i, logits z", _DEEP)

_section("logarithms and exponentials combined")

LOGSUMEXP = _jet("logsumexp", "z...", "exp(z_i - y)", "log of the sum of all exp(z)", _LOGEXP)
_body("logaddexp", "u, v", "logsumexp(u, v)", "log(exp(u) + exp(v))", _LOGEXP)
_jet("logsubexp", "u, v", ("-1/expm1(v - u)", "-1/expm1(u - v)"), "log(abs(exp(u) - exp(v)))", _LOGEXP,
     domain="u != v", suggest=False, written="log(abs(exp(u) - exp(v)))")
_jet("log1mexp", "x", "-1/expm1(-x)",      "log(1 - exp(x))", _LOGEXP, domain="x < 0", suggest=False,
     written="log(1 - exp(x))")
_jet("log2mexp", "x", "1/(1 - 2*exp(-x))", "log(2 - exp(x))", _LOGEXP, domain="x < log(2)", suggest=False,
     written="log(2 - exp(x))")
_jet("logexpm1", "x", "-1/expm1(-x)",      "log(exp(x) - 1)", _LOGEXP, domain="x > 0", suggest=False,
     written="log(exp(x) - 1)")
_jet("log1pmx",  "x", "-x/(1 + x)",        "log(1 + x) - x",  _LOGEXP, domain="x > -1", suggest=False,
     written="log(1 + x) - x")
_jet("logmxp1",  "x", "(1 - x)/x",         "log(x) - x + 1",  _LOGEXP, domain="x > 0", suggest=False,
     written="log(x) - x + 1")
_library("log1psq", "x", "log1p(x**2)",     "log(1 + x**2)",   _LOGEXP, parity="even")
_jet("xlogx", "x", "log(x) + 1", "x*log(x), and 0 at 0", _LOGEXP, domain="x >= 0",
     written="where(x == 0, 0, x*log(x))")
_jet("xlogy", "x, y", ("log(y)", "x/y"), "x*log(y), and 0 at x = 0", _LOGEXP,
     domain="y > 0 or x == 0 and y == 0", written="where(x == 0 and y == 0, 0, x*log(y))")
_jet("xlog1py", "x, y", ("log1p(y)", "x/(1 + y)"), "x*log(1 + y), and 0 at x = 0", _LOGEXP,
     domain="y > -1 or x == 0 and y == -1", written="where(x == 0 and y == -1, 0, x*log(1 + y))")

_section("error functions")

ERF = _jet("erf",   "x", "2/sqrt(pi)*exp(-x**2)",       "error function",    "DLMF 7.2.1", parity="odd",
           continuous=True)
ERFC = _jet("erfc", "x", "-2/sqrt(pi)*exp(-x**2)",      "1 - erf(x)",        "DLMF 7.2.2", written="1 - erf(x)")
_jet("erfi",        "x", "2/sqrt(pi)*exp(x**2)",        "-i*erf(i*x)",       _SPECIAL, parity="odd")
_rule("erf",     "a, b", ("-2/sqrt(pi)*exp(-a**2)", "2/sqrt(pi)*exp(-b**2)"), "erf(b) - erf(a)", _SPECIAL,
      written="erf(b) - erf(a)")
_jet("erfinv",      "x", "sqrt(pi)/2*exp(y**2)",        "inverse of erf",    "DLMF 7.17.1", parity="odd",
     domain="x > -1 and x < 1")
_jet("erfcinv",     "x", "-sqrt(pi)/2*exp(y**2)",       "inverse of erfc",   "DLMF 7.17.1",
     domain="x > 0 and x < 2")
_jet("erfcx",       "x", "2*x*y - 2/sqrt(pi)",          "exp(x**2)*erfc(x)", "DLMF 7.2.3")
_jet("logerfc",     "x", "-2/(sqrt(pi)*erfcx(x))",      "log(erfc(x))",      _SPECIAL, suggest=False)
_jet("logerfcx",    "x", "2*x - 2/(sqrt(pi)*erfcx(x))", "log(erfcx(x))",     _SPECIAL, suggest=False)
_body("normpdf", "x", "exp(-x**2/2)/sqrt(2*pi)", "density of the standard normal distribution", "DLMF 7.20.1",
      parity="even")
_body("normcdf", "x", "erfc(-x/sqrt(2))/2", "standard normal distribution function", "DLMF 7.20.1", aliases="ndtr")
_jet("lognormcdf",  "x", "sqrt(2/pi)/erfcx(-x/sqrt(2))", "log(normcdf(x))", "DLMF 7.20.1", aliases="log_ndtr",
     written="log(erfc(-x/sqrt(2))/2)")
_body("norminv", "p", "-sqrt(2)*erfcinv(2*p)", "inverse of normcdf, the normal quantile", "DLMF 7.17.1",
      aliases="probit ndtri", domain="p > 0 and p < 1")
_jet("dawson",      "x", "1 - 2*x*y",                   "Dawson's integral", "DLMF 7.2.5", parity="odd")
_jet("fresnels",    "x", "sinpi(x**2/2)", "integral of sin(pi*t**2/2) from 0", "DLMF 7.2.8", parity="odd")
_jet("fresnelc",    "x", "cospi(x**2/2)", "integral of cos(pi*t**2/2) from 0", "DLMF 7.2.7", parity="odd")

_section("gamma functions")

GAMMA = _jet("gamma",     "x", "y*digamma(x)",    "gamma function",      "DLMF 5.2.1", latex=r"\Gamma",
             domain="x > 0 or frac(x) != 0")
LGAMMA = _jet("lgamma",   "x", "digamma(x)",      "log(abs(gamma(x)))",  "DLMF 5.2.2",
              domain="x > 0 or frac(x) != 0", written="log(abs(gamma(x)))")
DIGAMMA = _jet("digamma", "x", "polygamma(1, x)", "slope of lgamma",     "DLMF 5.2.2", latex=r"\psi",
               domain="x > 0 or frac(x) != 0")
_body("trigamma",         "x", "polygamma(1, x)", "slope of digamma",    "DLMF 5.15.1", aliases="polygamma1",
      domain="x > 0 or frac(x) != 0")
_body("factorial",        "x", "gamma(x + 1)",    "gamma(x + 1)",        "DLMF 5.4.1",
      domain="x > -1 or frac(x) != 0")
_jet("invdigamma",        "x", "1/polygamma(1, y)", "positive y with digamma(y) = x", _SPECIAL,
     suggest=False)
_jet("polygamma",      "n, x", (None, "polygamma(n + 1, x)"),
     "n-th derivative of digamma; for other n balanced", "DLMF 5.15.1; Espinosa and Moll 2004",
     domain="x > 0 or n >= 0 and frac(n) == 0 and frac(x) != 0", latex=r"\psi^{{({0})}}\left({1}\right)")
_jet("beta",           "a, b", ("y*(digamma(a) - digamma(a + b))", "y*(digamma(b) - digamma(a + b))"),
     "gamma(a)*gamma(b)/gamma(a + b)", "DLMF 5.12.1",
     domain="(a > 0 or frac(a) != 0) and (b > 0 or frac(b) != 0)")
_jet("logbeta",        "a, b", ("digamma(a) - digamma(a + b)", "digamma(b) - digamma(a + b)"),
     "log(abs(beta(a, b)))", "DLMF 5.12.1",
     domain="(a > 0 or frac(a) != 0) and (b > 0 or frac(b) != 0) and (a + b > 0 or frac(a + b) != 0)",
     written="log(abs(beta(a, b)))")
_jet("uppergamma",     "s, x", (None, "-x**(s - 1)*exp(-x)"), "upper incomplete gamma function", "DLMF 8.2.2",
     domain="x > 0 or s > 0 and (x == 0 or frac(s) == 0)", latex=r"\Gamma\left({0}, {1}\right)")
_jet("lowergamma",     "s, x", (None, "x**(s - 1)*exp(-x)"),  "lower incomplete gamma function", "DLMF 8.2.1",
     domain="s > 0 and (x >= 0 or frac(s) == 0)", latex=r"\gamma\left({0}, {1}\right)")
_jet("gammap",         "s, x", (None, "x**(s - 1)*exp(-x)/gamma(s)"),  "lowergamma(s, x)/gamma(s), regularised", "DLMF 8.2.4",
     domain="s > 0 and (x >= 0 or frac(s) == 0)", latex=r"\mathrm{{P}}\left({0}, {1}\right)",
     written="lowergamma(s, x)/gamma(s)")
_jet("gammaq",         "s, x", (None, "-x**(s - 1)*exp(-x)/gamma(s)"), "uppergamma(s, x)/gamma(s), regularised", "DLMF 8.2.4",
     domain="s > 0 and (x >= 0 or frac(s) == 0)", latex=r"\mathrm{{Q}}\left({0}, {1}\right)",
     written="uppergamma(s, x)/gamma(s)")
_jet("betainc",     "a, b, x", (None, None, "x**(a - 1)*(1 - x)**(b - 1)/beta(a, b)"),
     "incomplete beta function, regularised as in SciPy", "DLMF 8.17.2",
     domain="a > 0 and b > 0 and x >= 0 and x <= 1", latex=r"\mathrm{{I}}_{{{2}}}\left({0}, {1}\right)")
_body("lowerbeta",  "a, b, x", "beta(a, b)*betainc(a, b, x)", "incomplete beta function B, not regularised", "DLMF 8.17.1",
      domain="a > 0 and b > 0 and x >= 0 and x <= 1", latex=r"\mathrm{{B}}_{{{2}}}\left({0}, {1}\right)")
_jet("zeta",              "s", None,              "Riemann zeta function", "DLMF 25.2.1", domain="s != 1",
     latex=r"\zeta")
_jet("zeta",           "s, a", (None, "-s*zeta(s + 1, a)"),   "Hurwitz zeta function", "DLMF 25.11.17",
     latex=r"\zeta",
     domain="s != 1 and (a > 0 or frac(s) == 0 and (s <= 0 or frac(a) != 0))")

_jet("polylog",        "s, x", (None, "polylog(s - 1, x)/x"), "polylogarithm Li of order s", "DLMF 25.12.10",
     domain="x < 1 or x == 1 and s > 1", latex=r"\mathrm{{Li}}_{{{0}}}\left({1}\right)")
_jet("dilog",             "x", "-log1p(-x)/x", "dilogarithm Li2, polylog(2, x)", "DLMF 25.12.1", domain="x <= 1",
     written="polylog(2, x)")
_jet("binomial",       "n, k", ("y*(digamma(n + 1) - digamma(n - k + 1))", "y*(digamma(n - k + 1) - digamma(k + 1))"),
     "gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))", "DLMF 1.2.6",
     domain="n > -1 or frac(n) != 0 or k >= 0 and frac(k) == 0", latex=r"\binom{{{0}}}{{{1}}}",
     aliases="comb choose nchoosek")

_section("orthogonal polynomials")

_jet("legendre",    "n, x", (None, "gegenbauer(n - 1, 3/2, x)"), "Legendre polynomial P", "DLMF 18.9.19",
     domain="n >= 0 and frac(n) == 0", latex=r"\mathrm{{P}}_{{{0}}}\left({1}\right)")
_jet("chebyshevt",  "n, x", (None, "n*chebyshevu(n - 1, x)"), "Chebyshev polynomial T", "DLMF 18.9.21",
     domain="n >= 0 and frac(n) == 0", latex=r"\mathrm{{T}}_{{{0}}}\left({1}\right)")
_jet("chebyshevu",  "n, x", (None, "2*gegenbauer(n - 1, 2, x)"), "Chebyshev polynomial U", "DLMF 18.9.19",
     domain="n >= -1 and frac(n) == 0", latex=r"\mathrm{{U}}_{{{0}}}\left({1}\right)")
_jet("gegenbauer", "n, a, x", (None, None, "2*a*gegenbauer(n - 1, a + 1, x)"), "ultraspherical polynomial C, a > 0",
     "DLMF 18.9.19", domain="a > 0 and frac(n) == 0", latex=r"\mathrm{{C}}_{{{0}}}^{{({1})}}\left({2}\right)")
_jet("hermite",     "n, x", (None, "2*n*hermite(n - 1, x)"), "Hermite polynomial H of physics", "DLMF 18.9.25",
     domain="frac(n) == 0", latex=r"\mathrm{{H}}_{{{0}}}\left({1}\right)")
_body("laguerre",   "n, x", "laguerre(n, 0, x)", "Laguerre polynomial L", "DLMF 18.5.12",
      domain="frac(n) == 0", latex=r"\mathrm{{L}}_{{{0}}}\left({1}\right)")
_jet("laguerre", "n, a, x", (None, None, "-laguerre(n - 1, a + 1, x)"), "generalised Laguerre polynomial",
     "DLMF 18.9.23", domain="frac(n) == 0", latex=r"\mathrm{{L}}_{{{0}}}^{{({1})}}\left({2}\right)")

_section("integrals and inverses")

LAMBERTW = _jet("lambertw", "x", "1/(x + exp(y))", "the y >= -1 with y*exp(y) = x", "DLMF 4.13.4",
                domain="x >= -exp(-1)")
_jet("lambertw", "k, x", (None, "1/(x + exp(y))"), "the same on the branch k, 0 or -1", "DLMF 4.13.4",
     domain="x >= -exp(-1) and (k == 0 or k == -1 and x < 0)", latex=r"\mathrm{{W}}_{{{0}}}\left({1}\right)")
_jet("ei",          "x", "exp(x)/x",   "exponential integral",       "DLMF 6.2.5",  domain="x != 0")
_jet("expint",      "x", "-exp(-x)/x", "exponential integral E1",    "DLMF 6.2.1",  domain="x > 0",
     latex=r"\mathrm{{E}}_{{1}}\left({0}\right)")
_jet("expint",  "n, x", (None, "-expint(n - 1, x)"), "generalized exponential integral", "DLMF 8.19.13",
     domain="x > 0 or x == 0 and n > 1",
     latex=r"\mathrm{{E}}_{{{0}}}\left({1}\right)")
_jet("li",          "x", "1/log(x)",   "logarithmic integral",       "DLMF 6.2.8", domain="x >= 0 and x != 1")
_jet("si",          "x", "sinc(x)",    "sine integral",              "DLMF 6.2.9",  parity="odd")
_jet("ci",          "x", "cos(x)/x",   "cosine integral",            "DLMF 6.2.11", domain="x > 0")
_jet("shi",         "x", "sinh(x)/x",  "hyperbolic sine integral",   "DLMF 6.2.15", parity="odd")
_jet("chi",         "x", "cosh(x)/x",  "hyperbolic cosine integral", "DLMF 6.2.16", domain="x > 0")
_jet("elliptic_k",  "m", "(elliptic_e(m) - (1 - m)*y)/(2*m*(1 - m))",
     "complete elliptic integral of the first kind, parameter m",  "DLMF 19.4.1", domain="m < 1")
_jet("elliptic_e",  "m", "(y - elliptic_k(m))/(2*m)",
     "complete elliptic integral of the second kind, parameter m", "DLMF 19.4.2", domain="m <= 1")
_jet("elliptic_f", "phi, m",
     ("1/sqrt(1 - m*sin(phi)**2)",
      "(elliptic_e(phi, m)/(1 - m) - y)/(2*m) - sin(2*phi)/(4*(1 - m)*sqrt(1 - m*sin(phi)**2))"),
     "incomplete elliptic integral of the first kind", "DLMF 19.4.5",
     domain="m < 1 or m*sin(phi)**2 < 1 and abs(phi) < pi/2", aliases="ellipf ellipkinc",
     latex=r"\mathrm{{F}}\left({0}\middle|{1}\right)")
_jet("elliptic_e", "phi, m", ("sqrt(1 - m*sin(phi)**2)", "(y - elliptic_f(phi, m))/(2*m)"),
     "incomplete elliptic integral of the second kind", "DLMF 19.4.6",
     domain="m <= 1 or m*sin(phi)**2 <= 1 and abs(phi) <= pi/2", aliases="ellipeinc",
     latex=r"\mathrm{{E}}\left({0}\middle|{1}\right)")

_section("Bessel and Airy functions")

_jet("besselj", "n, x", (None, "(besselj(n - 1, x) - besselj(n + 1, x))/2"), "Bessel function J",
     "DLMF 10.6.1", domain="x > 0 or frac(n) == 0 or x == 0 and n > 0",
     latex=r"J_{{{0}}}\left({1}\right)", reflection=-1)
_jet("bessely", "n, x", (None, "(bessely(n - 1, x) - bessely(n + 1, x))/2"), "Bessel function Y",
     "DLMF 10.6.1", domain="x > 0", latex=r"\mathrm{{Y}}_{{{0}}}\left({1}\right)", reflection=-1)
_jet("besseli", "n, x", (None, "(besseli(n - 1, x) + besseli(n + 1, x))/2"), "modified Bessel function I",
     "DLMF 10.29.1", domain="x > 0 or frac(n) == 0 or x == 0 and n > 0",
     latex=r"\mathrm{{I}}_{{{0}}}\left({1}\right)", reflection=1)
_jet("besselk", "n, x", (None, "-(besselk(n - 1, x) + besselk(n + 1, x))/2"), "modified Bessel function K",
     "DLMF 10.29.1", domain="x > 0", latex=r"\mathrm{{K}}_{{{0}}}\left({1}\right)", reflection=1)
_jet("sphericalbesselj", "n, x",
     (None, "(n*sphericalbesselj(n - 1, x) - (n + 1)*sphericalbesselj(n + 1, x))/(2*n + 1)"),
     "spherical Bessel function j", "DLMF 10.51.2", domain="n >= 0 and frac(n) == 0", suggest=False,
     latex=r"\mathsf{{j}}_{{{0}}}\left({1}\right)")
_body("besselj0",    "x", "besselj(0, x)", "Bessel function J of order 0", "DLMF 10.2.2", parity="even")
_body("besselj1",    "x", "besselj(1, x)", "Bessel function J of order 1", "DLMF 10.2.2", parity="odd")
_body("bessely0",    "x", "bessely(0, x)", "Bessel function Y of order 0", "DLMF 10.2.3", domain="x > 0")
_body("bessely1",    "x", "bessely(1, x)", "Bessel function Y of order 1", "DLMF 10.2.3", domain="x > 0")
_library("besseljx", "n, x", "besselj(n, x)", "besselj(n, x), whose scale is 1 for real x", _SPECIAL,
         domain="x > 0 or frac(n) == 0 or x == 0 and n > 0")
_library("besselyx", "n, x", "bessely(n, x)", "bessely(n, x), whose scale is 1 for real x", _SPECIAL,
         domain="x > 0")
_library("besselix", "n, x", "exp(-abs(x))*besseli(n, x)", "besseli(n, x), scaled by exp(-abs(x))", _SPECIAL,
         domain="x > 0 or frac(n) == 0 or x == 0 and n > 0")
_library("besselkx", "n, x", "exp(x)*besselk(n, x)",       "besselk(n, x), scaled by exp(x)", _SPECIAL,
         domain="x > 0")
_jet("airyai",      "x", "airyaiprime(x)", "Airy function Ai", "DLMF 9.2.1",
     latex=r"\mathrm{{Ai}}\left({0}\right)")
_jet("airybi",      "x", "airybiprime(x)", "Airy function Bi", "DLMF 9.2.1",
     latex=r"\mathrm{{Bi}}\left({0}\right)")
_jet("airyaiprime", "x", "x*airyai(x)",    "slope of airyai",  "DLMF 9.2.1",
     latex=r"\mathrm{{Ai}}'\left({0}\right)")
_jet("airybiprime", "x", "x*airybi(x)",    "slope of airybi",  "DLMF 9.2.1",
     latex=r"\mathrm{{Bi}}'\left({0}\right)")
_library("airyaix", "x", "exp(2/3*x*sqrt(x))*airyai(x)",
         "airyai(x), scaled by exp(2/3*x*sqrt(x))", _SPECIAL, domain="x >= 0")
_library("airyaiprimex", "x", "exp(2/3*x*sqrt(x))*airyaiprime(x)",
         "airyaiprime(x), scaled by exp(2/3*x*sqrt(x))", _SPECIAL, domain="x >= 0")

_section("degrees")
# Through sinpi, so that sind(180) is 0 and tand(90) is undefined, as they are in degrees.

_library("deg2rad", "x", "x*pi/180",                  "degrees to radians", _JULIA, parity="odd")
_library("rad2deg", "x", "x*180/pi",                  "radians to degrees", _JULIA, parity="odd")
_library("sind",    "x", "sinpi(x/180)",              "sine of degrees", _JULIA, parity="odd")
_library("cosd",    "x", "cospi(x/180)",              "cosine of degrees", _JULIA, parity="even")
_library("tand",    "x", "sinpi(x/180)/cospi(x/180)", "tangent of degrees", _JULIA, parity="odd")
_library("secd",    "x", "1/cospi(x/180)",            "secant of degrees", _JULIA, parity="even")
_library("cscd",    "x", "1/sinpi(x/180)",            "cosecant of degrees", _JULIA, parity="odd")
_library("cotd",    "x", "cospi(x/180)/sinpi(x/180)", "cotangent of degrees", _JULIA, parity="odd")
_library("asind",   "x", "asin(x)*180/pi",            "inverse sine, in degrees", _JULIA, parity="odd")
_library("acosd",   "x", "acos(x)*180/pi",            "inverse cosine, in degrees", _JULIA)
_library("atand",   "x", "atan(x)*180/pi",            "inverse tangent, in degrees", _JULIA, parity="odd")
_library("asecd",   "x", "asec(x)*180/pi",            "inverse secant, in degrees", _JULIA)
_library("acscd",   "x", "acsc(x)*180/pi",            "inverse cosecant, in degrees", _JULIA, parity="odd")
_library("acotd",   "x", "acot(x)*180/pi",            "inverse cotangent, in degrees", _JULIA, parity="odd")

# fmt: on
