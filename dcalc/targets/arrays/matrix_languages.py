"""Julia, and MATLAB with Octave: languages in which `*` multiplies matrices and signs with a dot work entry by entry.

Vectors are columns there, so one that stands for each row of a matrix is transposed, and entries count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.functions import Row
from dcalc.targets.arrays.library import Body, Driven, Library
from dcalc.tensor.forms import Form, Look
from dcalc.tensor.layout import ATOM, LOOSE, POWER, PRODUCT, SUM, UNARY, Layout, Piece


class _Columns(Library):
    """What both languages have in common."""

    product = "*"
    rows: Mapping[str, str] = {}
    helpers: Mapping[str, str] = {}

    def whole(self, name: str, args: Sequence[Form], axes: Sequence[str]) -> Layout:
        (first, *_) = args
        axes = [str(int(axis) + 1) for axis in axes]
        if name == "outer":
            return PRODUCT, self.fill(self.texts[name], args, (UNARY, ATOM))
        if name == "solve":  # what stands on its left would be divided, too
            return LOOSE, self.fill(self.texts[name], args, (UNARY, UNARY))
        if name == "diag" and first.rank == 2 and "diagonal" in self.texts:
            return super().whole("diagonal", args, axes)
        if name == "norm" and first.rank == 2 and "frobenius" in self.texts:
            return super().whole("frobenius", args, axes)
        return super().whole(name, args, axes)

    def left_vector(self, form: Form) -> Piece:
        return "'"

    def times(self, left: int, right: int) -> str:
        return ".*" if left and right else "*"

    def over(self, left: int, right: int) -> str:
        return "./" if right else "/"

    def raised(self, rank: int) -> str:
        return ".^" if rank else "^"

    def transpose(self, form: Form) -> Layout:
        return POWER, [(form, ATOM), "'"]

    def subscript(self, form: Form) -> Layout:
        if "None" in str(form.value) and form.parts[0].rank == 1:  # a vector as a column, which it is, or as a row
            inner = form.parts[0]
            return self.transpose(inner) if str(form.value).startswith("None") else self.lay_out(inner)
        return self.entries(form)

    def entries(self, form: Form) -> Layout:
        """Entries, rows or columns, by subscripts that count from 1."""
        raise NotImplementedError

    def stretch(self, part: Form, rank: int) -> Form:
        return Form(Look.TRANSPOSE, (part,), None, 2) if part.rank == 1 and rank == 2 else part

    def einsum(self, operands: Sequence[Form], subscripts: str) -> list[Piece]:
        raise Unsupported(f"{self.title} has no einsum", help="choose --target numpy, jax or torch")

    def place(self, text: str) -> str:
        """A subscript, counted from 1."""
        start, colon, end = (part.strip() for part in text.partition(":"))
        if not colon:
            return self.from_one(start)
        first = self.from_one(start) if start else "1"
        if not start and not end:
            return ":"
        if not end:
            return f"{first}:end"
        return f"{first}:{end if not end.startswith('-') else f'end - {end[1:]}'}"

    def from_one(self, text: str) -> str:
        """A place that is counted from 0, or from the end. Raises Unsupported for a new axis."""
        if not text.lstrip("-").isdigit():
            raise Unsupported(f"{self.title} has no subscript {text}", help="choose --target numpy, jax or torch")
        number = int(text)
        return str(number + 1) if number >= 0 else "end" if number == -1 else f"end - {-number - 1}"

    def places(self, form: Form) -> str:
        """All subscripts of a form."""
        parts = [self.place(part) for part in str(form.value).split(",")]
        if len(parts) < form.parts[0].rank:
            parts.append(":")
        return ", ".join(parts)

    def _rows(self, form: Form) -> list[Piece]:
        """The entries of a vector or a matrix, rows apart."""
        pieces: list[Piece] = []
        for part in form.parts:
            row: list[Piece] = []
            for cell in part.parts if part.look is Look.LIST else (part,):
                row += [self.between, self.real(cell)]
            pieces += ["; ", *row[1:]]
        return ["[", *pieces[1:], "]"]

    between = ", "

    def power(self, form: Form) -> Layout:
        text = self.write_number(form.number)
        exponent = f"({text})" if text[0] == "-" or "/" in text else text
        return POWER, [(form.parts[0], ATOM), self.raised(form.rank), exponent]


class Julia(_Columns):
    """Julia, with its standard library of linear algebra and LogExpFunctions."""

    title = "Julia"
    target = "julia"
    prefix = ""
    between = " "
    texts: Mapping[str, str] = {
        "norm": "norm({0})", "norminf": "norm({0}, Inf)", "outer": "{0}*{1}'", "diag/1": "diagm({0})",
        "diagonal": "diag({0})", "tr": "tr({0})", "inv": "inv({0})", "det": "det({0})", "logdet": "logabsdet({0})[1]",
        "solve": "{0} \\ {1}", "tril": "tril({0})", "eye": "1.0*Matrix(I, {0}, {0})", "ones/1": "ones({0})",
        "ones/2": "ones({0}, {1})", "zeros/1": "zeros({0})", "zeros/2": "zeros({0}, {1})",
        "arange": "collect(0.0:{0} - 1)", "sum": "sum({0})", "mean": "mean({0})",
        "var": "var({0}, corrected=false)", "mean axis": "vec(mean({0}, dims={axis}))", "prod": "prod({0})",
        "max": "maximum({0})",
        "min": "minimum({0})", "logsumexp": "logsumexp({0})", "softmax": "softmax({0})",
        "sum axis": "vec(sum({0}, dims={axis}))", "prod axis": "vec(prod({0}, dims={axis}))",
        "max axis": "vec(maximum({0}, dims={axis}))", "min axis": "vec(minimum({0}, dims={axis}))",
        "logsumexp axis": "vec(logsumexp({0}, dims={axis}))", "softmax axis": "softmax({0}, dims={axis})",
        "where": "ifelse.({0}, {1}, {2})", "scale rows": "{0}.*{1}", "scale columns": "{0}.*{1}'",
    }  # fmt: skip

    def plus(self, left: int, right: int, sign: str) -> str:
        return sign if left == right < 2 else f".{sign}"  # a matrix may be one row or column that is repeated

    def literal(self, form: Form) -> Layout:
        if form.parts[0].look is not Look.LIST:
            pieces: list[Piece] = []
            for part in form.parts:
                pieces += [", ", self.real(part)]
            return ATOM, ["[", *pieces[1:], "]"]
        return ATOM, self._rows(form)

    def entries(self, form: Form) -> Layout:
        return ATOM, [(form.parts[0], ATOM), f"[{self.places(form)}]"]

    def relation(self, row: Row, rank: int) -> str:
        return f".{row.name}" if rank else row.name

    def connective(self, row: Row, rank: int) -> str:
        sign = "!" if row is table.NOT else super().connective(row, rank)
        return f".{sign}" if rank else sign

    def mapped(self, spelling: str, rank: int) -> str:
        return re.sub(r"([A-Za-z_]\w*)\(", r"\1.(", spelling) if rank else spelling

    def size(self, name: str, axis: int, rank: int) -> str:
        return f"size({name}, {axis + 1})"

    def define(self, name: str, arguments: Sequence[str], doc: Sequence[str], body: Body) -> str:
        lines = [*body.lines, f"return {', '.join(body.results)}"]
        head = [f"# {line}" for line in doc]
        return "\n".join([*head, f"function {name}({', '.join(arguments)})", *[f"    {line}" for line in lines], "end"])

    def assemble(self, header: Sequence[str], helpers: Sequence[str], functions: Sequence[str]) -> str:
        head = "\n".join([*header, "using LinearAlgebra, Statistics, SpecialFunctions, LogExpFunctions"])
        return "\n\n".join([head, *helpers, *functions]) + "\n"

    def drive(self, calls: Sequence[Driven]) -> str:
        raise Unsupported("programs in Julia are not run", help="leave --check out")


class Matlab(_Columns):
    """MATLAB and Octave, without toolboxes."""

    title = "MATLAB"
    target = "matlab"
    prefix = ""
    texts: Mapping[str, str] = {
        "norm": "norm({0})", "frobenius": "norm({0}, 'fro')", "norminf": "norm({0}, Inf)", "outer": "{0}*{1}'",
        "diag": "diag({0})", "tr": "trace({0})", "inv": "inv({0})", "det": "det({0})",
        "logdet": "sum(log(abs(diag(lu({0})))))", "solve": "{0}\\{1}", "tril": "tril({0})", "eye": "eye({0})",
        "ones/1": "ones({0}, 1)", "ones/2": "ones({0}, {1})", "zeros/1": "zeros({0}, 1)", "zeros/2": "zeros({0}, {1})",
        "arange": "((0:{0} - 1)')", "sum": "sum({0})", "mean": "mean({0})",
        "var": "var(reshape({0}, [], 1), 1)", "mean axis": "mean({0}, {axis})",
        "prod": "prod({0})", "max": "max({0})", "min": "min({0})",
        "logsumexp": "logsumexp({0})", "softmax": "softmax({0})", "where": "choose_value({0}, {1}, {2})",
        "scale rows": "{0}.*{1}", "scale columns": "{0}.*{1}'",
        "logsumexp axis": "logsumexp({0}, {axis})", "softmax axis": "softmax({0}, {axis})",
        "sum axis": "sum({0}, {axis})", "prod axis": "prod({0}, {axis})",
        "max axis": "max({0}, [], {axis})", "min axis": "min({0}, [], {axis})",
    }  # fmt: skip
    helpers: Mapping[str, str] = {
        "logsumexp": """function value = logsumexp(x, axis)
    % the logarithm of the sum of exponentials, over an axis or over all entries
    if nargin < 2, x = x(:); axis = 1; end
    top = max(x, [], axis);
    value = top + log(sum(exp(x - top), axis));
end""",
        "softmax": """function value = softmax(x, axis)
    % the exponentials over their sum, along an axis
    if nargin < 2, axis = 1; end
    shares = exp(x - max(x, [], axis));
    value = shares./sum(shares, axis);
end""",
        "where": """function value = choose_value(condition, first, second)
    % first where the condition holds, else second, entry by entry
    shape = zeros(size(condition));
    value = second + shape;
    first = first + shape;
    value(logical(condition)) = first(logical(condition));
end""",
    }

    def whole(self, name: str, args: Sequence[Form], axes: Sequence[str]) -> Layout:
        level, pieces = super().whole(name, args, axes)
        if name in ("sum", "mean", "prod", "max", "min") and args[0].rank == 2 and not axes:
            return level, [f"{name}(", *pieces, ")"]  # columns first
        if name in ("sum", "mean", "prod", "max", "min", "logsumexp") and axes == ["0"]:
            return POWER, [*pieces, "'"]  # a row
        return level, pieces

    def literal(self, form: Form) -> Layout:
        return ATOM, self._rows(form)

    def entries(self, form: Form) -> Layout:
        inner = form.parts[0]
        if inner.look is Look.CALL and inner.value == "eye" and ":" not in str(form.value):
            return ATOM, ["double((1:", (inner.parts[0], SUM), f")' == {self.from_one(str(form.value))})"]
        if inner.look is not Look.NAME:  # a formula in brackets takes no subscript
            raise Unsupported("MATLAB has no entries of a formula", help="choose --target numpy, jax, torch or julia")
        text = f"({self.places(form)})"
        is_row = inner.rank == 2 and form.rank == 1 and ":" not in str(form.value).split(",")[0]
        return (POWER, [(inner, ATOM), text, "'"]) if is_row else (ATOM, [(inner, ATOM), text])

    def relation(self, row: Row, rank: int) -> str:
        return "~=" if row is table.NE else row.name

    def size(self, name: str, axis: int, rank: int) -> str:
        return f"size({name}, {axis + 1})"

    def assign(self, name: str, text: str) -> str:
        return f"{name} = {text};"

    def define(self, name: str, arguments: Sequence[str], doc: Sequence[str], body: Body) -> str:
        results = ["value"] if len(body.results) == 1 else [f"value{place + 1}" for place in range(len(body.results))]
        taken = {*arguments, *(line.partition(" ")[0] for line in body.lines)}
        results = [one if one not in taken else f"{one}_" for one in results]
        left = results[0] if len(results) == 1 else f"[{', '.join(results)}]"
        lines = [*[f"% {line}" for line in doc], *body.lines]
        lines += [f"{one} = {text};" for one, text in zip(results, body.results, strict=True)]
        return "\n".join(
            [f"function {left} = {name}({', '.join(arguments)})", *[f"    {line}" for line in lines], "end"]
        )

    def assemble(self, header: Sequence[str], helpers: Sequence[str], functions: Sequence[str]) -> str:
        parts = [*functions, *helpers]
        chooser = self.helpers["where"]
        if chooser not in parts and any("choose_value(" in part for part in parts):
            parts.append(chooser)
        return "\n\n".join(["\n".join(header), *parts]) + "\n"

    def array(self, nested: object, rank: int) -> str:
        if not isinstance(nested, list):
            return repr(nested)
        rows = [", ".join(map(repr, row)) if isinstance(row, list) else repr(row) for row in nested]
        return f"[{'; '.join(rows)}]"

    def drive(self, calls: Sequence[Driven]) -> str:
        lines = []
        for function, arguments, counts in calls:
            names = [f"part{place}" for place in range(len(counts))]
            lines += ["try", f"    [{', '.join(names)}] = {function}({', '.join(arguments)});", "catch"]
            lines += [f"    {name} = nan({count}, 1);" for name, count in zip(names, counts, strict=True)]
            lines.append("end")
            lines += [f"printf('%.17g\\n', transpose({name}));" for name in names]
        return "\n".join(lines) + "\n"
