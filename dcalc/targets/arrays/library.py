"""How formulas of matrix algebra are written in the operations of Python's array libraries.

The texts are those of a careful user: a product with an inverse is a call of ``solve``, one with a diagonal matrix a
product entry by entry, and matrices are multiplied by vectors first. What others write otherwise than NumPy they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.functions import Row
from dcalc.numerals import write_ratio
from dcalc.tensor.forms import Form, Look, call_form, is_negative, negate, transpose_form
from dcalc.tensor.layout import ATOM, LOOSE, POWER, PRODUCT, SUM, UNARY, Layout, Notation, Piece, join_listed
from dcalc.tensor.sizes import Dim

if TYPE_CHECKING:
    from dcalc.targets.common.dialect import Dialect


_SCALE_ROWS, _SCALE_COLUMNS, _SOLVE = "scale rows", "scale columns", "solve"
"""Calls that a chain of products is written with; their names are none in the language."""
EINSUM = "einsum "
"""What the name of a call that is an Einstein sum begins with; its subscripts follow."""
WHOLE_ARRAYS = frozenset(
    "sum mean var prod max min norm norminf outer diag tr inv det logdet logsumexp softmax tril eye ones zeros "
    "arange".split()
)
"""Calls that are not entry by entry, unless several arguments say so."""
_OF_SEVERAL = ("max", "min", "logsumexp")
"""Functions of whole arrays that are others, entry by entry, of several arguments."""


class Body(NamedTuple):
    """The body of a function: lines that give names to parts, and its results."""

    lines: list[str]
    results: list[str]


class Driven(NamedTuple):
    """A call of a function by its driver: its arguments as texts, and how many entries each result has."""

    function: str
    arguments: Sequence[str]
    counts: Sequence[int]


class Library(Notation):
    """The array operations of a library. ``symbols`` are what variables and lengths are called in a program.

    ``dialect`` is the target of scalars, which has the functions that are applied entry by entry.
    """

    title = "NumPy"
    target = "numpy"
    prefix = "np."
    product = "@"
    axis = "axis"
    rows: Mapping[str, str] = {"softplus": "np.logaddexp(0, {0})"}
    """Functions that are applied entry by entry and spelled otherwise than in programs of scalars, by key."""
    texts: Mapping[str, str] = {
        "norm": "np.linalg.norm({0})", "norminf": "np.max(np.abs({0}))", "outer": "np.outer({0}, {1})",
        "diag": "np.diag({0})", "tr": "np.trace({0})", "inv": "np.linalg.inv({0})", "det": "np.linalg.det({0})",
        "logdet": "np.linalg.slogdet({0})[1]", "solve": "np.linalg.solve({0}, {1})", "tril": "np.tril({0})",
        "eye": "np.eye({0})", "ones/1": "np.ones({0})", "ones/2": "np.ones(({0}, {1}))", "zeros/1": "np.zeros({0})",
        "zeros/2": "np.zeros(({0}, {1}))", "arange": "np.arange({0}, dtype=float)", "sum": "np.sum({0})",
        "mean": "np.mean({0})", "var": "np.var({0})", "mean axis": "np.mean({0}, axis={axis})",
        "prod": "np.prod({0})", "max": "np.max({0})", "min": "np.min({0})", "logsumexp": "logsumexp({0})",
        "softmax": "softmax({0})", "sum axis": "np.sum({0}, axis={axis})", "prod axis": "np.prod({0}, axis={axis})",
        "max axis": "np.max({0}, axis={axis})", "min axis": "np.min({0}, axis={axis})",
        "logsumexp axis": "logsumexp({0}, axis={axis})", "softmax axis": "softmax({0}, axis={axis})",
        "where": "np.where({0}, {1}, {2})", "scale rows": "{0}[:, None]*{1}", "scale columns": "{0}*{1}",
    }  # fmt: skip
    """Operations on whole arrays. A place in brackets takes any text, one beside an operator what binds as tightly."""
    helpers: Mapping[str, str] = {
        "logsumexp": '''def logsumexp(x, axis=None):
    """The logarithm of the sum of exponentials, over an axis or over all entries."""
    top = np.max(x, axis=axis, keepdims=True)
    total = top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))
    return np.squeeze(total, axis=axis)''',
        "softmax": '''def softmax(x, axis=None):
    """The exponentials over their sum, along an axis."""
    shares = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return shares/np.sum(shares, axis=axis, keepdims=True)''',
    }
    """What stands before a program that calls it."""

    def __init__(self, dialect: Dialect, *, idioms: Mapping[Row, str] | None = None) -> None:
        self.dialect = dialect
        self.native = {**dialect.native(), **{table.BY_KEY[key]: text for key, text in self.rows.items()}}
        if idioms is not None:
            self.native = {**self.native, **idioms}
        self.symbols: dict[str, str] = {}
        self.arrays: set[str] = set()
        self.called: dict[str, None] = {}
        self.lowered: dict[Row, None] = {}

    # --- names and numbers ---------------------------------------------------------------------

    def name(self, form: Form) -> Layout:
        """A variable, a constant of the table, or a length."""
        if form.look is Look.LENGTH:
            if isinstance(form.value, Dim) and form.value.offset:
                shift = form.value.offset
                text = f"{self.symbols[form.value.name]} {'+' if shift > 0 else '-'} {abs(shift)}"
                return SUM, [text]
            return ATOM, [self.symbols.get(str(form.value), str(form.value))]
        text = str(form.value)
        if text in self.symbols:
            return ATOM, [self.symbols[text]]
        row = table.CONSTANTS.get(text) or table.OTHER_CONSTANTS.get(text)
        if row is not None and row in self.native:
            return ATOM, [self.native[row]]
        raise Unsupported(f"{self.title} has no {text}", help="write it as a number")

    def number(self, form: Form) -> Layout:
        """A number; a fraction that is none of few decimals as a quotient."""
        text = self.write_number(form.number)
        level = PRODUCT if "/" in text else UNARY if text.startswith("-") else ATOM
        return level, [text]

    def write_number(self, value: int | Fraction, *, is_real: bool = False) -> str:
        """A number as text; with a decimal point where it ``is_real``, or large."""
        exactly = Fraction(value)
        text = self.dialect.decimal(exactly)
        if "e" in text or exactly.denominator == 1 or Fraction(text) == exactly:
            needs_point = is_real or len(text.lstrip("-")) > _LONGEST_INTEGER
            return f"{text}.0" if needs_point and "." not in text and "e" not in text else text
        return write_ratio(exactly)

    # --- products ------------------------------------------------------------------------------

    def chain(self, form: Form) -> Layout:
        """A product of vectors and matrices, in the order that needs the fewest operations."""
        parts = _solve_systems(list(form.parts))
        parts = _scale_by_diagonals(parts)
        if len(parts) == 1:
            return self.lay_out(parts[0])
        first, last = parts[0], parts[-1]
        if last.rank == 1 and first.rank == 2 and len(parts) > 2:  # from the right, so that vectors come of it
            inner = Form(Look.CHAIN, tuple(parts[1:]), None, 1)
            return PRODUCT, [(first, UNARY), self.product, (inner, ATOM)]
        pieces: list[Piece] = [self.left_vector(first) if first.rank == 1 else (first, UNARY)]
        if isinstance(pieces[0], str):
            pieces = [(first, ATOM), pieces[0]]
        for part in parts[1:]:
            pieces += [self.product, (part, UNARY)]
        return PRODUCT, pieces

    def left_vector(self, form: Form) -> Piece:
        """What a vector is on the left of a product: itself, or a text behind it."""
        return (form, UNARY)

    def term(self, form: Form) -> Layout:
        """A number and factors over others, entry by entry."""
        value = Fraction(form.coefficient)
        sign = "-" if value < 0 else ""
        rank = form.rank
        top: list[Piece] = []
        if abs(value.numerator) != 1 or not form.parts:
            top += ["*", self.write_number(abs(value.numerator))]
        so_far = 0
        for place, part in enumerate(form.parts):
            bare = part.look is Look.CHAIN and not any(one.rank for k, one in enumerate(form.parts) if k != place)
            bare = bare and not any(one.rank for one in form.below)
            top += [self.times(so_far, part.rank), (self.stretch(part, rank), PRODUCT if bare else UNARY)]
            so_far = max(so_far, part.rank)
        low: list[Piece] = []
        if value.denominator != 1:
            low += ["*", self.write_number(value.denominator)]
        depth = 0
        for part in form.below:
            low += [self.times(depth, part.rank), (self.stretch(part, rank), UNARY)]
            depth = max(depth, part.rank)
        pieces: list[Piece] = [sign, *top[1:]] if sign else top[1:]
        if low:
            over = self.over(max((part.rank for part in form.parts), default=0), depth)
            single = len(low) == 2
            inner = low[1:]
            if single and not isinstance(inner[0], str):
                inner = [(inner[0][0], POWER)]
            pieces += [over, *inner] if single else [over, "(", *inner, ")"]
        is_negated = sign and len(top) == 2 and not low and not isinstance(top[1], str)
        return (UNARY if is_negated else PRODUCT), pieces

    def times(self, left: int, right: int) -> str:
        """The sign of a product entry by entry of arrays, given their number of axes."""
        return "*"

    def over(self, left: int, right: int) -> str:
        """The sign of a quotient entry by entry."""
        return "/"

    def stretch(self, part: Form, rank: int) -> Form:
        """A part among others of ``rank`` axes. In NumPy a vector stands for each row."""
        return part

    def power(self, form: Form) -> Layout:
        """A constant power of each entry."""
        text = self.write_number(form.number)
        exponent = f"({text})" if text[0] == "-" or "/" in text else text
        return POWER, [(form.parts[0], ATOM), self.raised(form.rank), exponent]

    def raised(self, rank: int) -> str:
        """The sign of a power entry by entry."""
        return "**"

    def transpose(self, form: Form) -> Layout:
        """The transpose."""
        return ATOM, [(form, ATOM), ".T"]

    def sum(self, form: Form) -> list[Piece]:
        """Terms with their signs between them."""
        pieces: list[Piece] = [(self.stretch(form.parts[0], form.rank), SUM)]
        so_far = form.parts[0].rank
        for part in form.parts[1:]:
            down = is_negative(part)
            sign = self.plus(so_far, part.rank, "-" if down else "+")
            pieces += [f" {sign} ", (self.stretch(negate(part) if down else part, form.rank), PRODUCT)]
            so_far = max(so_far, part.rank)
        return pieces

    def plus(self, left: int, right: int, sign: str) -> str:
        """The sign between terms, given their number of axes."""
        return sign

    # --- other looks ---------------------------------------------------------------------------

    def literal(self, form: Form) -> Layout:
        """A vector or a matrix by its entries."""
        return ATOM, [f"{self.prefix}array(", *self._nested(form), ")"]

    def _nested(self, form: Form) -> list[Piece]:
        pieces: list[Piece] = []
        for part in form.parts:
            pieces += [", ", *(self._nested(part) if part.look is Look.LIST else [self.real(part)])]
        return ["[", *pieces[1:], "]"]

    def real(self, form: Form) -> Piece:
        """A part; a number with a decimal point."""
        return self.write_number(form.number, is_real=True) if form.look is Look.NUMBER else (form, LOOSE)

    def subscript(self, form: Form) -> Layout:
        """Entries, rows or columns."""
        return ATOM, [(form.parts[0], ATOM), f"[{form.value}]"]

    def operator(self, form: Form) -> Layout:
        """A comparison, a connective, or a power that is not constant."""
        row = form.row
        first, *others = (self.stretch(part, form.rank) for part in form.parts)
        if row is table.NOT:
            return UNARY, [self.connective(row, form.rank), (first, ATOM)]
        (second,) = others
        if row is table.POW:
            return POWER, [(first, ATOM), self.raised(form.rank), (second, ATOM)]
        if row in (table.AND, table.OR):
            return LOOSE, [(first, ATOM), f" {self.connective(row, form.rank)} ", (second, ATOM)]
        return LOOSE, [(first, SUM), f" {self.relation(row, form.rank)} ", (second, SUM)]

    def connective(self, row: Row, rank: int) -> str:
        """The sign of a connective of conditions."""
        return "~" if row is table.NOT else "&" if row is table.AND else "|"

    def relation(self, row: Row, rank: int) -> str:
        """The sign of a comparison."""
        return row.name

    def call(self, form: Form) -> Layout:
        """An operation on whole arrays, or a function of the table entry by entry."""
        name = str(form.value)
        args = [part for part in form.parts if not _is_axis(part)]
        axes = [str(part.value).removeprefix("axis=") for part in form.parts if _is_axis(part)]
        if name.startswith(EINSUM):
            return ATOM, self.einsum(args, name.removeprefix(EINSUM))
        if name in (_SCALE_ROWS, _SCALE_COLUMNS):
            return PRODUCT, self.fill(self.texts[name], args, (ATOM if name == _SCALE_ROWS else UNARY, UNARY))
        if name == _SOLVE or (name in WHOLE_ARRAYS and (len(args) == 1 or name not in _OF_SEVERAL)):
            return self.whole(name, args, axes)
        if name == "where":
            if name in self.helpers:
                self.called[name] = None
            return ATOM, self.fill(self.texts["where"], [self.stretch(arg, form.rank) for arg in args], real=(1, 2))
        return self.entrywise(name, args, form.rank)

    def whole(self, name: str, args: Sequence[Form], axes: Sequence[str]) -> Layout:
        """An operation on whole arrays, over an axis where one is given."""
        key = f"{name} axis" if axes else f"{name}/{len(args)}"
        template = self.texts.get(key) or self.texts.get(name)
        if template is None:
            raise Unsupported(f"{self.title} has no {name} of arrays", help="choose --target numpy, jax or torch")
        if name in self.helpers:
            self.called[name] = None
        return ATOM, self.fill(template.replace("{axis}", axes[0] if axes else ""), args)

    def fill(
        self, template: str, args: Sequence[Form], levels: Sequence[int] = (), real: Sequence[int] = ()
    ) -> list[Piece]:
        """A template with the arguments in their places."""
        pieces: list[Piece] = []
        rest = template
        while rest:
            before, brace, after = rest.partition("{")
            pieces.append(before)
            if not brace:
                break
            place = int(after[0])
            level = levels[place] if levels else LOOSE
            pieces.append(self.real(args[place]) if place in real else (args[place], level))
            rest = after[2:]
        return [piece for piece in pieces if piece != ""]

    def entrywise(self, name: str, args: Sequence[Form], rank: int) -> Layout:
        """A function of the table: native, by a helper, or written out. Raises Unsupported by its name."""
        row = table.get(name, len(args))
        if row is table.LOGSUMEXP or (row not in self.native and row.fold and len(args) > 2):
            first, *others = args
            by_two = "logaddexp" if row is table.LOGSUMEXP else name
            for other in others:
                first = call_form(by_two, [first, other], max(first.rank, other.rank))
            return self.lay_out(first)
        missing = len(row.args) - len(args) if row.defaults else 0
        args = [*args, *(_as_number(text) for text in row.defaults[len(row.defaults) - missing :])]
        spelling = self.native.get(row)
        if spelling is None:
            self.lowered[row] = None
            spelling = self.dialect.helper_name(row)
        if "{" not in spelling:
            listed = ", ".join(f"{{{place}}}" for place in range(len(args)))
            spelling = f"{spelling}({listed})"
        parts = [self.as_array(self.stretch(part, rank)) for part in args]
        return ATOM, self.fill(self.mapped(spelling, rank), parts)

    def as_array(self, form: Form) -> Form:
        """An argument of a function that is applied entry by entry, as the library has to have it."""
        return form

    def mapped(self, spelling: str, rank: int) -> str:
        """A call, applied to each entry."""
        return spelling

    def einsum(self, operands: Sequence[Form], subscripts: str) -> list[Piece]:
        """An Einstein sum, for what no formula of matrix algebra says."""
        return [f"{self.prefix}einsum({subscripts!r}, ", *join_listed(operands), ")"]

    # --- programs ------------------------------------------------------------------------------

    def size(self, name: str, axis: int, rank: int) -> str:
        """The length of an axis of a variable."""
        return f"{name}.shape[{axis}]"

    def assign(self, name: str, text: str) -> str:
        """The line that gives a part its name."""
        return f"{name} = {text}"

    def define(self, name: str, arguments: Sequence[str], doc: Sequence[str], body: Body) -> str:
        """A function: its arguments, the lines of its description, and its body."""
        if len(doc) == 1:
            described = [f'    """{doc[0]}"""']
        else:
            described = [f'    """{doc[0]}', "", *[f"    {line}" for line in doc[1:]], '    """']
        lines = [*described, *[f"    {line}" for line in body.lines], f"    return {', '.join(body.results)}"]
        return "\n".join([f"def {name}({', '.join(arguments)}):", *lines])

    def assemble(self, header: Sequence[str], helpers: Sequence[str], functions: Sequence[str]) -> str:
        """The text of a program."""
        imports: Iterable[str] = getattr(self.dialect, "imports", ())
        head = "\n".join([*header, "", *imports])
        return "\n\n\n".join([head, *helpers, *functions]) + "\n"

    def array(self, nested: object, rank: int) -> str:
        """A constant array, of nested lists of doubles."""
        return f"{self.prefix}array({nested!r})" if rank else repr(nested)

    def drive(self, calls: Sequence[Driven]) -> str:
        """The lines that print each number of each call; nan for each where it fails."""
        lines = []
        for function, arguments, counts in calls:
            called = f"{function}({', '.join(arguments)})"
            lines += ["try:", f"    parts = {called if len(counts) > 1 else f'[{called}]'}"]
            lines.append(f"    numbers = [value for part in parts for value in {self.flattened('part')}]")
            lines += [
                "except (ArithmeticError, ValueError, RuntimeError, RuntimeWarning):",
                f"    numbers = ['nan']*{sum(counts)}",
            ]
            lines.append("print(*[repr(float(value)) for value in numbers], sep='\\n')")
        return "\n".join(lines) + "\n"

    def flattened(self, name: str) -> str:
        """All entries of an array, the last axis fastest."""
        return f"{self.prefix}ravel({name})"


_LONGEST_INTEGER = 9


def _as_number(text: str) -> Form:
    """A number of the table, such as the default of an argument."""
    return Form(Look.NUMBER, (), Fraction(text))


def _is_axis(form: Form) -> bool:
    return form.look is Look.NAME and str(form.value).startswith("axis=")


def _solve_systems(parts: list[Form]) -> list[Form]:
    """A chain in which an inverse times what follows is the solution of a linear system."""
    for place, part in enumerate(parts[:-1]):
        turned = part.look is Look.TRANSPOSE
        inner = part.parts[0] if turned else part
        if inner.look is Look.CALL and inner.value == "inv" and inner.rank == 2:
            rest = _solve_systems(parts[place + 1 :])
            right = rest[0] if len(rest) == 1 else Form(Look.CHAIN, tuple(rest), None, rest[-1].rank)
            matrix = transpose_form(inner.parts[0]) if turned else inner.parts[0]
            return [*parts[:place], call_form(_SOLVE, [matrix, right], right.rank)]
    return parts


def _scale_by_diagonals(parts: list[Form]) -> list[Form]:
    """A chain in which a diagonal matrix scales the rows or the columns of the one beside it."""
    for place, part in enumerate(parts):
        if part.look is not Look.CALL or part.value != "diag" or part.parts[0].rank != 1 or len(parts) == 1:
            continue
        (vector,) = part.parts
        if place + 1 < len(parts) and parts[place + 1].rank == 2:
            scaled = call_form(_SCALE_ROWS, [vector, parts[place + 1]], 2)
            return _scale_by_diagonals([*parts[:place], scaled, *parts[place + 2 :]])
        if place and parts[place - 1].rank == 2:
            scaled = call_form(_SCALE_COLUMNS, [parts[place - 1], vector], 2)
            return _scale_by_diagonals([*parts[: place - 1], scaled, *parts[place + 1 :]])
    return parts


def mentions(form: Form, names: Iterable[str]) -> bool:
    """Whether a form has one of the names in it."""
    wanted = set(names)
    stack = [form]
    while stack:
        part = stack.pop()
        if part.look is Look.NAME and str(part.value) in wanted:
            return True
        stack += [*part.parts, *part.below]
    return False


# --- SciPy, JAX and PyTorch --------------------------------------------------------------------


def _renamed(texts: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key: text.replace("np.", prefix) for key, text in texts.items()}


def _stable_sums(functions: str, whole: str = "") -> dict[str, str]:
    """logsumexp and softmax of a library that has them under the prefix ``functions``; ``whole`` says all entries."""
    return {
        key: text
        for name in ("logsumexp", "softmax")
        for key, text in (
            (name, f"{functions}{name}({{0}}{whole if name == 'softmax' else ''})"),
            (f"{name} axis", f"{functions}{name}({{0}}, axis={{axis}})"),
        )
    }


class _WithStableSums(Library):
    """A library that has logsumexp and softmax: no program of it needs helpers."""

    rows: Mapping[str, str] = {}
    helpers: Mapping[str, str] = {}


class SciPy(_WithStableSums):
    """NumPy with SciPy's special functions."""

    title = "SciPy"
    target = "scipy"
    texts: Mapping[str, str] = {**Library.texts, **_stable_sums("special.")}


class Jax(_WithStableSums):
    """JAX."""

    title = "JAX"
    target = "jax"
    prefix = "jnp."
    rows: Mapping[str, str] = {"softplus": "jax.nn.softplus", "sigmoid": "jax.nn.sigmoid"}
    texts: Mapping[str, str] = {**_renamed(Library.texts, "jnp."), **_stable_sums("jax.nn.", ", axis=None")}


class Torch(_WithStableSums):
    """PyTorch. Its functions take tensors alone, and its literals are in single precision unless they say another."""

    title = "PyTorch"
    target = "torch"
    prefix = "torch."
    axis = "dim"
    texts: Mapping[str, str] = {
        **_renamed(Library.texts, "torch."),
        "norminf": "torch.amax(torch.abs({0}))", "tr": "torch.trace({0})",
        "eye": "torch.eye({0}, dtype=torch.float64)", "ones/1": "torch.ones({0}, dtype=torch.float64)",
        "ones/2": "torch.ones({0}, {1}, dtype=torch.float64)", "zeros/1": "torch.zeros({0}, dtype=torch.float64)",
        "zeros/2": "torch.zeros({0}, {1}, dtype=torch.float64)", "arange": "torch.arange({0}, dtype=torch.float64)",
        "max": "torch.amax({0})", "min": "torch.amin({0})", "var": "torch.var({0}, correction=0)",
        "mean axis": "torch.mean({0}, dim={axis})", "sum axis": "torch.sum({0}, dim={axis})",
        "prod axis": "torch.prod({0}, dim={axis})", "max axis": "torch.amax({0}, dim={axis})",
        "min axis": "torch.amin({0}, dim={axis})", "logsumexp": "torch.logsumexp(torch.flatten({0}), 0)",
        "logsumexp axis": "torch.logsumexp({0}, dim={axis})", "softmax": "torch.softmax({0}, 0)",
        "softmax axis": "torch.softmax({0}, dim={axis})",
    }  # fmt: skip

    def literal(self, form: Form) -> Layout:
        if all(cell.look is Look.NUMBER for part in form.parts for cell in (part.parts or (part,))):
            return ATOM, ["torch.tensor(", *self._nested(form), ", dtype=torch.float64)"]
        return ATOM, self._stack(form)

    def _stack(self, form: Form) -> list[Piece]:
        pieces: list[Piece] = []
        for part in form.parts:
            pieces += [", ", *(self._stack(part) if part.look is Look.LIST else [(self.as_array(part), LOOSE)])]
        return ["torch.stack([", *pieces[1:], "])"]

    def real(self, form: Form) -> Piece:
        return (self.as_array(form), LOOSE)

    def as_array(self, form: Form) -> Form:
        if form.rank or form.look is Look.OPERATOR or mentions(form, self.arrays):
            return form
        text = self.write_number(form.number, is_real=True) if form.look is Look.NUMBER else self.write(form)
        return Form(Look.LENGTH, (), f"torch.tensor({text}, dtype=torch.float64)", 0)

    def _nested(self, form: Form) -> list[Piece]:
        pieces: list[Piece] = []
        for part in form.parts:
            inner = self._nested(part) if part.look is Look.LIST else [self.write_number(part.number, is_real=True)]
            pieces += [", ", *inner]
        return ["[", *pieces[1:], "]"]

    def einsum(self, operands: Sequence[Form], subscripts: str) -> list[Piece]:
        return super().einsum([self.as_array(one) for one in operands], subscripts)

    def array(self, nested: object, rank: int) -> str:
        return f"torch.tensor({nested!r}, dtype=torch.float64)"

    def flattened(self, name: str) -> str:
        return f"torch.ravel(torch.as_tensor({name})).tolist()"
