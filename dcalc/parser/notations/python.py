"""Python: expressions, `lambda`, assignments and short functions, of math, NumPy, PyTorch, JAX, TensorFlow, SciPy.

A name means what its library says: `np.sinc(x)` is sin(pi*x)/(pi*x), `jax.nn.gelu(x)` the approximation
by tanh. Comparisons count as 1 and 0 in products, as they do there.
"""

from __future__ import annotations

import ast
import keyword
import re
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.expr import ONE, ZERO, Expr, make, number, substitute, symbol
from dcalc.parser.assembly import Context, Operand, choose, choose_among, template
from dcalc.parser.definitions import find_captured, known_helper, main_functions, original_names, sort_callees_first
from dcalc.parser.hints import short
from dcalc.parser.notations import Reading
from dcalc.parser.syntax import Function, Part, Polynomial, Syntax, dotted
from dcalc.spellings.python import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dcalc.spellings import Call

TITLE = "Python"
_SIGNS = re.compile(
    r"\blambda\b|\bdef\s|\breturn\b|\bimport\s|\bif\b.*\belse\b|\.(?:pow|exp|log|sqrt|sin|cos|tanh|abs|clamp)\("
    r"|\b(?:np|numpy|math|torch|jnp|jax|tf|scipy|special|F|nn|lax)\.\w"
)
_COMPARISONS = {
    "less": table.LT, "lt": table.LT, "less_equal": table.LE, "le": table.LE, "greater": table.GT, "gt": table.GT,
    "greater_equal": table.GE, "ge": table.GE, "equal": table.EQ, "eq": table.EQ, "not_equal": table.NE, "ne": table.NE,
}  # fmt: skip
_CONNECTIONS = {"logical_and": table.AND, "logical_or": table.OR, "logical_not": table.NOT}
_UNCLEAR = {
    "e": "write math.e for the constant; --wrt e, or --at e=..., makes it a variable",
    "inf": "infinity is not a number",
    "nan": "nan is not a number",
}
_CHOICES = ("where", "select")
_ASCENDING = ("polynomial.polyval", "polynomial.Polynomial")
_POLYNOMIALS = ("numpy.poly1d", "polynomial.Polynomial")
_CASTS = ("astype", "float", "double", "item", "to")
_FOLDS = {
    "sum": table.ADD, "fsum": table.ADD, "prod": table.MUL, "max": table.MAX, "min": table.MIN, "amax": table.MAX,
    "amin": table.MIN,
}  # fmt: skip
_VARIABLES = ("linspace", "arange", "Variable", "Parameter", "symbols", "Symbol")
"""What gives a name values to differentiate at, and no formula."""
_OPTIONS = {"out", "dtype", "axis", "dim", "keepdim", "name", "inplace"}
_TANH_GELU = "jax.gelu"


class _Call(NamedTuple):
    """A call: the name, the libraries that it may be of, the arguments, those with names last."""

    node: ast.Call
    word: str
    families: tuple[str, ...]
    args: list[Part]
    keywords: list[str]
    span: tuple[int, int]
    at: tuple[int, int]
    is_method: bool = False


def restore_name(word: str) -> str:
    """The name of a variable that a keyword of Python stands in the way of: `lambda_` is lambda."""
    return word[:-1] if word.endswith("_") and keyword.iskeyword(word.rstrip("_")) else word


def resembles(text: str) -> bool:
    """True for prefixes of libraries, `lambda`, `a if c else b`, methods such as `x.pow(2)`."""
    return _SIGNS.search(text) is not None


def read(text: str, context: Context) -> Reading:
    """The expression that the last statement stands for. Raises DcalcError."""
    return Program(text, context).reading()


def function_texts(text: str) -> dict[str, str]:
    """The functions of a program by their names. Raises DcalcError."""
    program = Program(text, Context())
    return {each.name: program.text_of(each) for each in program.parse() if isinstance(each, ast.FunctionDef)}


class Program(Syntax):
    """Statements, one after the other; the last one has the value."""

    def __init__(self, text: str, context: Context) -> None:
        super().__init__(text.strip(), "python", context, truth_is_one=True)
        self.shift = len(text) - len(text.lstrip())
        self.originals = original_names(text)
        self.prefixes = dict(PREFIXES)
        self.imported: dict[str, str] = {}
        self.values: dict[str, Part] = {}  # of names that stand for lists, functions and polynomials
        self.definitions: dict[str, ast.FunctionDef] = {}  # those of the text
        self.functions: dict[str, tuple[list[str], Expr]] = {}  # their parameters and values
        self.helpers: dict[str, table.Row] = {}  # those that stand for a row of the table
        self.target: str | None = None

    def reading(self) -> Reading:
        """The whole text."""
        try:
            root = self._run(self._find_main(self.parse()))
        except ParseError as error:
            if error.span is not None:
                error.span = (error.span[0] + self.shift, error.span[1] + self.shift)
            raise
        return Reading(root, self.target)

    def text_of(self, function: ast.FunctionDef) -> str:
        """The text of a function."""
        return self.source[slice(*self.span(function))]

    # --- functions ----------------------------------------------------------------------

    def _find_main(self, statements: Sequence[ast.stmt]) -> Sequence[ast.stmt]:
        """The statements and last the one function that they are about; the others are kept for its calls."""
        definitions = [each for each in statements if isinstance(each, ast.FunctionDef)]
        if not definitions:
            return statements
        self.definitions = {each.name: each for each in definitions}
        mains = main_functions({name: self._callees(each) for name, each in self.definitions.items()})
        mains = mains or [definitions[-1].name]  # which calls itself
        if len(mains) != 1 or len(self.definitions) < len(definitions) or statements[-1] is not definitions[-1]:
            raise self.error("only one function is read", self.span(definitions[0]), "leave the other lines out")
        return [*(each for each in statements if each not in definitions), self.definitions[mains[0]]]

    def _callees(self, function: ast.FunctionDef) -> list[str]:
        """The functions of the text that one of them mentions."""
        names = [each.id for each in ast.walk(function) if isinstance(each, ast.Name)]
        own = {each.arg for each in function.args.args}
        return [name for name in dict.fromkeys(names) if name in self.definitions and name not in own]

    def _read_main(self, main: ast.FunctionDef) -> Sequence[ast.stmt]:
        """The body of a function, after those that it calls have been read."""
        calls = {name: self._callees(each) for name, each in self.definitions.items()}
        spans = {name: self.span(each) for name, each in self.definitions.items()}
        order = sort_callees_first(main.name, calls, spans)
        parameters = {each.arg for name in order for each in self.definitions[name].args.args}
        for name in order[:-1]:
            self._read_function(self.definitions[name], calls[name], parameters)
        self._take_arguments(main.args)
        return main.body

    def _read_function(self, function: ast.FunctionDef, callees: Sequence[str], others: Collection[str]) -> None:
        """Read a function that others call, unless it is one of dcalc's own helpers, which stand for a row."""
        row = known_helper(self.text_of(function))
        if row is not None and all(callee in self.helpers for callee in callees):
            self.helpers[function.name] = row
            return
        own = function.args
        if own.vararg or own.kwarg or own.kwonlyargs or own.defaults:
            raise self.error(f"this call of {function.name} is not read", self.span(function), "write its formula")
        kept = dict(self.bound), dict(self.values), self.variables
        self._take_arguments(own)
        self.values = {name: value for name, value in self.values.items() if name not in self.variables}
        value = self._run(function.body)
        self.bound, self.values, self.variables = kept
        parameters = [self._original_name(each.arg) for each in own.args]
        if (foreign := find_captured(value, parameters, others)) is not None:
            raise self.error(f"{foreign} is not defined in {function.name}", self.span(function), "make it an argument")
        self.functions[function.name] = parameters, value

    def _call_own(self, name: str, args: Sequence[Expr], node: ast.Call) -> Part:
        """A call of a function of the text."""
        names = list(self.helpers[name].args) if name in self.helpers else self.functions[name][0]
        if node.keywords or len(names) != len(args):
            raise self.error(f"this call of {name} is not read", self.span(node), "write its formula")
        if name in self.helpers:
            return self.place(make(self.helpers[name], *args), *self.span(node))
        return self.place(substitute(self.functions[name][1], dict(zip(names, args, strict=True))), *self.span(node))

    # --- statements ---------------------------------------------------------------------

    def _run(self, statements: Sequence[ast.stmt]) -> Expr:
        """The value of the last statement."""
        value: Expr | None = None
        pending: list[tuple[Expr, Expr | None]] = []  # values of `if c: return a`, with their conditions
        body = list(reversed(statements))
        last: ast.stmt | None = None
        while body:
            last = body.pop()
            match last:
                case ast.Import() | ast.ImportFrom():
                    self._import(last)
                case ast.FunctionDef():
                    if self.definitions.get(last.name) is not last:
                        raise self.error("only one function is read", self.span(last), "leave the other lines out")
                    body = list(reversed(self._read_main(last)))
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    value = self._assign(last, is_last=not body)
                case ast.Return() if last.value is not None:
                    return self._finish(pending, self.value(self.evaluate(last.value)), last)
                case ast.If() if _only_assigns(last) and not pending:
                    self._branch(last)
                    value = None
                case ast.If():
                    pending += self._returns(last)
                    value = None
                case ast.Expr(value=ast.Constant(value=str())):
                    pass  # a docstring
                case ast.Expr():
                    value = self._expression(last.value)
                case _:
                    raise self.error("this statement is not read", self.span(last), "write one expression")
        return self._finish(pending, value, last)

    def _finish(self, pending: list[tuple[Expr, Expr | None]], value: Expr | None, last: ast.stmt | None) -> Expr:
        """The value, after those that were returned before."""
        whole = choose(pending, value) if pending else value
        if whole is None:
            span = self.span(last) if last is not None else (0, len(self.source))
            raise self.error("nothing is returned", span, "end with an expression, or return one")
        return whole

    def _expression(self, node: ast.expr) -> Expr:
        if isinstance(node, ast.Lambda):
            self._take_arguments(node.args)
            node = node.body
        return self.value(self.evaluate(node))

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, *, is_last: bool) -> Expr:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        target = targets[0]
        if len(targets) > 1 or not isinstance(target, ast.Name) or node.value is None:
            raise self.error("only `name = expression` is read", self.span(node), "give one name a value at a time")
        self.values.pop(target.id, None)
        if not is_last and isinstance(node.value, ast.Call) and _gives_values(node.value):
            self.bound.pop(target.id, None)
            return symbol(self._original_name(target.id))
        if not is_last and self._is_compound(node.value):
            self.values[target.id] = self.walk(node.value)
            return ZERO  # more follows, and the value is that of the last statement
        value = self._expression(node.value)
        if isinstance(node, ast.AugAssign):
            before = self.variable(target)
            assert isinstance(before, Operand)
            after = Operand(value, *self.span(node.value))
            part = self.binary(ast.copy_location(ast.BinOp(target, node.op, node.value), node), [before, after])
            assert isinstance(part, Operand)
            value = part.node
        if is_last and value.op is table.NUMBER:
            raise self.refuse_assignment(target.id, self.span(node))
        self.bound[target.id] = value
        return value

    def _is_compound(self, node: ast.expr) -> bool:
        """True for a list, a function of one argument, and a polynomial."""
        if isinstance(node, ast.Lambda):
            return _only_parameter(node) is not None
        if isinstance(node, ast.Call):
            name = self._library_name(node)
            return name in _POLYNOMIALS or (_is_array(name) and bool(node.args) and self._is_compound(node.args[0]))
        return isinstance(node, ast.List | ast.Tuple)

    def _returns(self, node: ast.If) -> list[tuple[Expr, Expr | None]]:
        """`if c: return a`, with `elif` and `else`."""
        rows: list[tuple[Expr, Expr | None]] = []
        branch: ast.stmt = node
        while isinstance(branch, ast.If):
            condition = self.truth(self.evaluate(branch.test))
            rows.append((self._returned(branch.body), condition))
            if not branch.orelse:
                return rows
            branch = branch.orelse[0]
            if len(node.orelse) > 1:
                raise self.error("this statement is not read", self.span(branch), "return a value at once")
        return [*rows, (self._returned([branch]), None)]

    def _branch(self, node: ast.If) -> None:
        """`if c: t = a` with `else: t = b`: names have the values of the branch that is taken.

        A name that one branch alone gives a value has none afterwards, unless it had one before.
        """
        condition = self.truth(self.evaluate(node.test))
        before = dict(self.bound)
        ends = []
        for branch in (node.body, node.orelse):
            self.bound = dict(before)
            for statement in branch:
                if isinstance(statement, ast.If):
                    self._branch(statement)
                else:
                    assert isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)  # as `_only_assigns` says
                    self._assign(statement, is_last=False)
            ends.append(self.bound)
        self.bound = self.join(condition, *ends)

    def _returned(self, body: Sequence[ast.stmt]) -> Expr:
        only = body[0]
        if len(body) > 1 or not isinstance(only, ast.Return) or only.value is None:
            raise self.error("this statement is not read", self.span(only), "return a value at once")
        return self.value(self.evaluate(only.value))

    def _take_arguments(self, arguments: ast.arguments) -> None:
        """The arguments of a function: the first one is what is differentiated by; defaults are their values."""
        names = [*arguments.posonlyargs, *arguments.args]
        defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            raise ParseError("only plain arguments are read", span=(0, len(self.source)), help="write f(x, y)")
        free = [name.arg for name in names if name not in defaults]
        self.target = self._original_name(free[0]) if len(free) == 1 else None
        for name, default in defaults.items():
            if name.arg not in self.variables:
                self.bound[name.arg] = self.value(self.evaluate(default))
        self.variables = {*self.variables, *free}
        self.bound.update((word, symbol(self._original_name(word))) for word in free)  # which a branch may change

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        """`import numpy as np` names a library; `from math import sin` a function of one."""
        for alias in node.names:
            if isinstance(node, ast.Import):
                library, name = alias.name, alias.asname or alias.name
            else:
                library, name = f"{node.module}.{alias.name}", alias.asname or alias.name
            if library in PREFIXES:
                self.prefixes[name] = PREFIXES[library]
            elif isinstance(node, ast.ImportFrom) and (family := PREFIXES.get(node.module or "")):
                if alias.name != "*":
                    self.imported[name] = f"{family}.{alias.name}"
            elif library.partition(".")[0] not in {prefix.partition(".")[0] for prefix in PREFIXES}:
                raise self.error(f"{library} is not known", self.span(node), "leave it out")

    # --- names and calls ----------------------------------------------------------------

    def attribute(self, node: ast.Attribute) -> Part:
        """A constant of a library, such as `np.pi`."""
        path = dotted(node)
        prefix, _, word = (path or "").rpartition(".")
        family = self.prefixes.get(prefix)
        span = self.span(node)
        if family is None:
            word = self.words(Operand(ZERO, *span))
            raise self.error(f"{word} is not read", span, "write a variable for it")
        for known in (f"{family}.{word}", word, f"math.{word}"):
            if known in self.constants:
                return self.name(known, *span, constant=self.constants[known])
        if (function := self._function_named(family, word, span)) is not None:
            return function
        raise self.error(
            f"no constant {short(path or '', 'of that name')}", span, self.refused.get(word, "write its value")
        )

    def _function_named(self, family: str, word: str, span: tuple[int, int]) -> Function | None:
        """A function of a library that is not called, as `np.sin` among the functions of `np.piecewise`."""
        parameter = symbol("x\0")
        for name in self._names_of(word, (family,)):
            for entry in self.calls[name]:
                if entry.takes(1):
                    return Function(parameter, self.apply(entry, [parameter], span).node)
        return None

    def variable(self, node: ast.Name) -> Part:
        """A name: that of a variable, but for pi and what is imported from a library."""
        word, span = node.id, self.span(node)
        if word in self.values:
            return self.values[word]
        bound = self.bound.get(word)
        if bound is not None:
            return self.place(bound, *span)
        known = "pi" if word == "pi" else self.imported.get(word)
        if word not in self.variables:
            if word in self.unset:
                raise self.error(f"{word} has no value in some case", span, "give it one in each case")
            if known in self.constants:
                return self.name(word, *span, constant=self.constants[known or ""])
            if word in _UNCLEAR:
                raise self.error(f"{word} is not read", span, _UNCLEAR[word])
        return self.place(symbol(self._original_name(word, span)), *span)

    def _original_name(self, word: str, span: tuple[int, int] = (0, 0)) -> str:
        """What a variable was called before a keyword or a program stood in the way."""
        original = self.original(word, span)
        return restore_name(word) if original == word else original

    def read_call(self, node: ast.Call, values: Sequence[Part]) -> Part:
        """A function of a library, or a method, which is the same with its object as the first argument."""
        if isinstance(node.func, ast.Call | ast.Lambda):
            return self._apply(values[0], values[1:], node)
        if isinstance(node.func, ast.Name) and node.func.id in self.values:
            return self._apply(self.values[node.func.id], values, node)
        if isinstance(node.func, ast.Name) and node.func.id in {**self.functions, **self.helpers}:
            given = [self.value(self.operand(value, node)) for value in values]
            return self._call_own(node.func.id, given, node)
        call = self._describe(node, list(values))
        word, args, span = call.word, call.args, call.span
        if word in _CHOICES:
            return self._choose(call)
        if (composed := self._composed(call)) is not None:
            return composed
        if call.is_method and word in _CASTS:
            return Operand(self.operand(args[0], node).node, *span)
        if word in _COMPARISONS and len(args) == 2:
            first, second = (self.operand(arg, node) for arg in args)
            return self.place(self.operation(_COMPARISONS[word], first, second).node, *span)
        if word in _CONNECTIONS and len(args) == (1 if word == "logical_not" else 2):
            parts = [self.operand(arg, node) for arg in args]
            return self.place(self.connection(_CONNECTIONS[word], *parts).node, *span)
        if word == "gelu":
            return self._gelu(call)
        self._refuse_unknown_library(call)
        return self._call_of(self._without_options(call))

    def _composed(self, call: _Call) -> Part | None:
        """What takes functions or lists: `np.piecewise`, `np.array`, and polynomials by their coefficients."""
        args, node = call.args, call.node
        name = f"{call.families[0]}.{call.word}"
        is_ascending = name in _ASCENDING
        if len(args) == 1 and isinstance(args[0], list):
            if call.word in _FOLDS and call.families[0] in ("", "math", "numpy"):
                return self._fold(_FOLDS[call.word], args[0], node, call.span)
            if name == "linalg.norm" and args[0]:
                parts = [self.value(self.operand(part, node)) for part in args[0]]
                return self.place(make(table.get("hypot", len(parts)), *parts), *call.span)
        if call.word == "piecewise" and call.families[0] in ("", "numpy"):
            return self._piecewise(call)
        if _is_array(name) and len(args) == 1 and isinstance(args[0], list):
            return args[0]
        if name in _POLYNOMIALS:
            return self._polynomial(args, node, is_ascending=is_ascending)
        if call.word == "polyval" and call.families[0] in ("numpy", "polynomial") and len(args) == 2:
            coefficients, at = reversed(args) if is_ascending else args
            if not isinstance(coefficients, Polynomial):
                coefficients = self._polynomial([coefficients], node, is_ascending=is_ascending)
            return self._apply(coefficients, [at], node)
        return None

    def parts(self, node: ast.expr) -> Sequence[ast.expr]:
        """The parts of a node; those of a call have its polynomial before them, or the functions of a list."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Call | ast.Lambda):
            return [node.func, *self.arguments(node)]
        if isinstance(node, ast.Lambda) and (name := _only_parameter(node)) is not None:
            return [_rename(node.body, name)]
        return super().parts(node)

    def combine(self, node: ast.expr, values: Sequence[Part]) -> Part:
        """What a node means, given its parts."""
        if isinstance(node, ast.Lambda):
            body = self.operand(values[0], node.body)
            return Function(_parameter_of(node), self.value(body))
        return super().combine(node, values)

    def _library_name(self, node: ast.Call) -> str:
        """The library and the name of a function that is called, `numpy.poly1d`."""
        prefix, _, word = (dotted(node.func) or "").rpartition(".")
        return f"{self.prefixes.get(prefix, '')}.{word}" if prefix else self.imported.get(word, word)

    def _describe(self, node: ast.Call, args: list[Part]) -> _Call:
        span, path = self.span(node), dotted(node.func)
        keywords = [argument.arg or "" for argument in node.keywords]
        if isinstance(node.func, ast.Attribute) and self._is_method(node.func):
            word, end = node.func.attr, self.span(node.func)[1]
            return _Call(node, word, ("torch", "numpy"), args, keywords, span, (end - len(word), end), is_method=True)
        if path is None:
            raise self.error("only functions with a name are called", self.span(node.func), "write its formula")
        prefix, _, word = path.rpartition(".")
        known = self.imported.get(word) if not prefix else None
        if prefix and prefix not in self.prefixes:
            raise self.no_such_call(path, (), len(args), span, self.span(node.func))
        family, word = known.split(".", 1) if known else (self.prefixes.get(prefix, ""), word)
        return _Call(node, word, (family,), args, keywords, span, self.span(node.func))

    def arguments(self, node: ast.Call) -> Sequence[ast.expr]:
        """The arguments, and before them the object of a method."""
        args = super().arguments(node)
        return [node.func.value, *args] if isinstance(node.func, ast.Attribute) and self._is_method(node.func) else args

    def _is_method(self, function: ast.Attribute) -> bool:
        """True for `x.exp`, and not for `np.exp` or for `np.linalg.det`, which is of a library, too."""
        path = dotted(function)
        if path is None or path.rpartition(".")[0] in self.prefixes:
            return path is None
        root = path.partition(".")[0]
        return root not in self.prefixes or path.count(".") == 1

    def _refuse_unknown_library(self, call: _Call) -> None:
        """Raise ParseError for `K.exp(x)`, where K is neither a library that is known nor what exp is taken of."""
        function, count = call.node.func, len(call.args)
        if not call.is_method or not isinstance(function, ast.Attribute) or not isinstance(function.value, ast.Name):
            return
        entries = [entry for name in self._names_of(call.word, ("", "numpy")) for entry in self.calls[name]]
        if not any(entry.takes(count) for entry in entries) and any(entry.takes(count - 1) for entry in entries):
            inside = short(self.source[self.span(call.node.args[0])[0] : call.span[1] - 1], "x") if count > 1 else ""
            span = self.span(function.value)
            raise self.error(f"{function.value.id} is not known", span, f"write np.{call.word}({inside})")

    def _without_options(self, call: _Call) -> _Call:
        """The call without `inplace=True`. Raises ParseError for options of arrays."""
        args, keywords = list(call.args), list(call.keywords)
        for option in _OPTIONS.intersection(keywords):
            place = len(args) - len(keywords) + keywords.index(option)
            if option != "inplace" or not isinstance(args[place], bool):
                raise self.error(f"{option}= is not read: there are no arrays", call.span, "leave it out")
            del args[place]
            keywords.remove(option)
        return call._replace(args=args, keywords=keywords)

    def _call_of(self, call: _Call) -> Operand:
        """A function by the spellings of its library."""
        word, keywords = call.word, call.keywords
        args = [self.operand(arg, call.node) for arg in call.args]
        known = self._names_of(word, call.families)
        for name in known:
            for entry in self.calls[name]:
                ordered = self._arrange(entry, args, keywords)
                if ordered is not None:
                    return self.apply(entry, ordered, call.span)
        if not known:
            full = [name for family in call.families if (name := f"{family}.{word}") in self.refused]
            raise self.no_such_call(full[0] if full else word, (), len(args), call.span, call.at)
        if keywords:
            fix = f"its arguments are {', '.join(self.calls[known[0]][0].parameters)}"
            raise self.error(f"{word} has no such arguments: {', '.join(keywords)}", call.span, fix)
        entries = [entry for name in known for entry in self.calls[name]]
        raise self.no_such_call(word, entries, len(args), call.span, call.at)

    def _arrange(self, entry: Call, args: Sequence[Operand], keywords: Sequence[str]) -> list[Expr] | None:
        """The arguments in the order of the parameters; None where they do not fit."""
        if not keywords:
            return [self.value(arg) for arg in args] if entry.takes(len(args)) else None
        given = args[: len(args) - len(keywords)]
        if entry.row is not None or len(given) > len(entry.parameters):
            return None
        by_name = dict(zip(entry.parameters, given, strict=False))
        if not set(keywords) <= set(entry.parameters) - by_name.keys():
            return None
        by_name.update(zip(keywords, args[len(given) :], strict=True))
        defaults = dict(zip(entry.parameters[::-1], entry.defaults[::-1], strict=False))
        if set(entry.parameters) - by_name.keys() - defaults.keys():
            return None
        return [self.value(by_name[p]) if p in by_name else template(defaults[p], ()) for p in entry.parameters]

    def _names_of(self, word: str, families: Sequence[str]) -> list[str]:
        """The names in the table that a call may mean: those of its library first, then what all have alike."""
        names = [f"{family}.{word}" for family in families if family]
        if any(name in self.refused for name in names):
            return []
        names = [name for name in (*names, word) if name in self.calls]
        if not names and word not in self.refused:
            everywhere = sorted(name for name in self.calls if name.rpartition(".")[2] == word)
            meanings = {(call.text, call.row) for name in everywhere for call in self.calls[name]}
            if len(meanings) == 1:
                return everywhere[:1]
        return names

    def _choose(self, call: _Call) -> Part:
        """`np.where(c, a, b)`, `x.where(c, b)`, `lax.select(c, a, b)`, `np.select([c, d], [a, b], default)`."""
        args, node, span = call.args, call.node, call.span
        if call.is_method and len(args) == 3:
            args = [args[1], args[0], args[2]]
        if call.word == "select" and len(args) in (2, 3) and isinstance(args[0], list) and isinstance(args[1], list):
            conditions = [self.truth(self.operand(arg, node)) for arg in args[0]]
            values = [self.value(self.operand(arg, node)) for arg in args[1]]
            rows: list[tuple[Expr, Expr | None]] = list(zip(values, conditions, strict=False))
            if len(args) == 3:
                rows.append((self.value(self.operand(args[2], node)), None))
            if len(conditions) == len(values):
                return self.place(choose_among(rows, ZERO), *span)
        if len(args) != 3:
            message, fix = f"{call.word} takes a condition and two values", f"write {call.word}(x > 0, a, b)"
            raise self.error(message, span, fix)
        condition, then, otherwise = (self.operand(arg, node) for arg in args)
        return self.choice(condition, then, otherwise, *span)

    def _piecewise(self, call: _Call) -> Part:
        """`np.piecewise(x, [c, d], [f, g, otherwise])`: of several conditions that hold the last one counts."""
        args, node, span = call.args, call.node, call.span
        functions = args[2] if len(args) == 3 else None
        conditions = args[1] if len(args) > 1 and isinstance(args[1], list) else args[1:2]
        if not isinstance(functions, list) or not 0 <= len(functions) - len(conditions) <= 1:
            fix = "write np.piecewise(x, [x < 0, x >= 0], [lambda x: -x, lambda x: x])"
            raise self.error("piecewise takes a variable, conditions, and as many functions", span, fix)
        values = [
            self._apply(part, args[:1], node).node
            if isinstance(part, Function)
            else self.value(self.operand(part, node))
            for part in functions
        ]
        rows: list[tuple[Expr, Expr | None]] = [
            (value, self.truth(self.operand(condition, node)))
            for value, condition in zip(values, conditions, strict=False)
        ]
        rows.reverse()
        if len(values) > len(conditions):
            rows.append((values[-1], None))
        return self.place(choose_among(rows, ZERO), *span)

    def _polynomial(self, args: Sequence[Part], node: ast.Call, *, is_ascending: bool) -> Polynomial:
        """`np.poly1d([a, b, c])`: a*x**2 + b*x + c; the classes of np.polynomial have the constant first."""
        if len(args) != 1 or not isinstance(args[0], list) or not args[0]:
            fix = "write np.polyval([1, 2, 3], x), or x**2 + 2*x + 3"
            raise self.error("a polynomial takes one list of coefficients", self.span(node), fix)
        coefficients = [self.value(self.operand(part, node)) for part in args[0]]
        return Polynomial(tuple(coefficients if is_ascending else reversed(coefficients)))

    def _apply(self, function: Part, args: Sequence[Part], node: ast.Call) -> Operand:
        """The value of a function or a polynomial at an argument; term by term, the highest power first."""
        if not isinstance(function, Function | Polynomial):
            raise self.error("only functions with a name are called", self.span(node.func), "write its formula")
        if len(args) != 1:
            raise self.error("this function has one argument", self.span(node), "give it one")
        at = self.value(self.operand(args[0], node))
        if isinstance(function, Function):
            return self.place(substitute(function.body, {function.parameter.args[0]: at}), *self.span(node))
        whole: Expr | None = None
        for power, coefficient in reversed([*enumerate(function.coefficients)]):
            if whole is None:
                whole = _term(coefficient, at, power)
            elif coefficient.op is table.NEG:
                whole = make(table.SUB, whole, _term(coefficient.args[0], at, power))
            elif coefficient is not ZERO:
                whole = make(table.ADD, whole, _term(coefficient, at, power))
        return self.place(ZERO if whole is None else whole, *self.span(node))

    def _fold(self, row: table.Row, parts: Sequence[Part], node: ast.Call, span: tuple[int, int]) -> Part:
        """`max([a, b])`, `sum([a, b])`, `math.prod([a, b])`."""
        operands = [self.operand(part, node) for part in parts]
        if not operands:
            raise self.error("an empty list has no value", span, "write its value")
        whole = operands[0]
        for operand in operands[1:]:
            whole = self.operation(row, whole, operand)
        return Operand(self.value(whole), *span)

    def _gelu(self, call: _Call) -> Part:
        """PyTorch's and TensorFlow's is exact unless they are told otherwise, JAX's an approximation."""
        args, family = call.args, call.families[0]
        approximate = args[1] if len(args) == 2 and list(call.keywords) in (["approximate"], []) else None
        if family not in ("torch", "jax", "tf") or len(args) != 1 + (approximate is not None):
            raise self.error("gelu is not read", call.at, self.refused["gelu"])
        by_tanh = approximate in ("tanh", True) if approximate is not None else family == "jax"
        entry = self.calls[_TANH_GELU if by_tanh else "torch.gelu"][0]
        return self.apply(entry, [self.value(self.operand(args[0], call.node))], call.span)


# --- functions inside of an expression, and polynomials -------------------------------------


def _gives_values(node: ast.Call) -> bool:
    """True for `np.linspace(0, 1)` and `torch.tensor(2.0, requires_grad=True)`: the points of a variable."""
    name = (dotted(node.func) or "").rpartition(".")[2]
    wants_gradient = any(
        option.arg == "requires_grad" and isinstance(option.value, ast.Constant) and option.value.value is True
        for option in node.keywords
    )
    return name in _VARIABLES or wants_gradient


def _is_array(name: str) -> bool:
    return name.rpartition(".")[2] in ("array", "asarray", "tensor")


def _only_parameter(node: ast.Lambda) -> str | None:
    """The x of `lambda x: ...`, None where there are other parameters, too."""
    arguments = node.args
    others = (*arguments.posonlyargs, *arguments.kwonlyargs, *arguments.defaults, arguments.vararg, arguments.kwarg)
    return arguments.args[0].arg if len(arguments.args) == 1 and not any(others) else None


def _parameter_of(node: ast.Lambda) -> Expr:
    """The symbol that a parameter is while its function is read: no variable has its name."""
    return symbol(f"{node.args.args[0].arg}\0")


def _rename(body: ast.expr, name: str) -> ast.expr:
    """The body of a function, in which its parameter has a name of its own: a variable outside may be called alike."""
    stack: list[ast.AST] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Name) and node.id == name:
            node.id = f"{name}\0"
        if not (isinstance(node, ast.Lambda) and _only_parameter(node) == name):
            stack += ast.iter_child_nodes(node)
    return body


def _term(coefficient: Expr, base: Expr, power: int) -> Expr:
    """`a*x**n`, as it is written by hand."""
    if power == 0:
        return coefficient
    raised = base if power == 1 else make(table.POW, base, number(power))
    return raised if coefficient is ONE else make(table.MUL, coefficient, raised)


def _only_assigns(node: ast.If) -> bool:
    """True for a choice whose branches give names values, and return nothing."""
    plain = ast.Assign | ast.AnnAssign | ast.AugAssign
    branches = (*node.body, *node.orelse)
    return all(_only_assigns(each) if isinstance(each, ast.If) else isinstance(each, plain) for each in branches)
