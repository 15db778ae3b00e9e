"""What can be asked of an expression, and its derivatives as Python objects.

They remember their function, so that a point is judged and not a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from dcalc.api.expression import Coordinate, Expression, answer, lift, read_point, solve_at
from dcalc.errors import DcalcError, LimitError, NoValue, UnknownVariable, Unsupported, UsageError
from dcalc.expr import Expr, natural, symbol
from dcalc.functions import SYMBOL
from dcalc.problem import Point, Problem, Result
from dcalc.tensor.signs import has_arrays

if TYPE_CHECKING:
    from dcalc.targets import Quantity

MAX_ORDER = 10_000
"""Derivatives of a higher order are refused."""


class Derivative(Expression):
    """A derivative: it prints as its expression and remembers its function, which `at` judges.

    `dcalc.diff("abs(x)", "x").at(x=0)` is a kink, though the text `sign(x)` has a value there. What is computed
    from a derivative is an expression like any other, and judged by its text.
    """

    __slots__ = ("function", "wrt")
    function: Expression
    wrt: tuple[str, ...]

    def __init__(self, function: Expression, wrt: tuple[str, ...]) -> None:
        if isinstance(function, Derivative):
            wrt = (*function.wrt, *wrt)
            function = function.function
        self.function = function
        self.wrt = wrt
        self._names = None
        self._text = None

    @property
    def node(self) -> Expr:
        """The derivative as a node. Raises Unsupported where there is no closed form, LimitError, NoValue."""
        try:
            return self._node
        except AttributeError:  # not asked for yet: values do without it
            pass
        from dcalc.solver import solve

        result = solve(Problem(self.function.node, self.wrt))
        if result.derivative is None:
            raise NoValue(str(result), result.status)
        self._node = result.derivative
        return self._node

    @property
    def order(self) -> int:
        """How many times the function is differentiated."""
        return len(self.wrt)

    def __repr__(self) -> str:
        if not self.wrt:
            by = "order=0"
        elif len(set(self.wrt)) == 1:
            by = f"{self.wrt[0]!r}" + (f", order={self.order}" if self.order > 1 else "")
        else:
            by = repr(self.wrt)
        return f"dcalc.diff({_source(self.function)}, {by})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.function, self.wrt)

    def at(self, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Result:
        """The derivative of the function at a point, right to the last digit, or the reason why there is none.

        ``left`` and ``right`` of the result are the one-sided derivatives where f is not differentiable. The point
        is given as for `Expression.at`.
        """
        return solve_at(self.function, self.wrt, point, values)


class Values(dict[str, Result]):
    """Results by the names of variables: printed one per line, each as its value or the reason why there is none."""

    def __str__(self) -> str:
        return "\n".join(f"{name}: {result}" for name, result in self.items())

    def _repr_html_(self) -> str:
        return html_table(("by", "value"), self.items())


class Gradient(Mapping[str, Derivative]):
    """The derivatives of one function by several variables, as a mapping from their names.

    ``first`` are names by which each of them is differentiated beforehand: a row of a Hessian.
    """

    __slots__ = ("first", "function", "names")

    def __init__(self, function: Expression, names: tuple[str, ...], first: tuple[str, ...] = ()) -> None:
        if isinstance(function, Derivative):
            first = (*function.wrt, *first)
            function = function.function
        self.function = function
        self.names = names
        self.first = first

    def __getitem__(self, name: str) -> Derivative:
        if name not in self.names:
            raise KeyError(name)
        return Derivative(self.function, (*self.first, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __str__(self) -> str:
        return "\n".join(f"{name}: {derivative}" for name, derivative in self.items())

    def __repr__(self) -> str:
        inner = f"dcalc.grad({_source(self.function)}, {self.names!r})"
        return f"{inner[:-1]}, first={self.first!r})" if self.first else inner

    def _repr_html_(self) -> str:
        return html_table(("by", "derivative"), [(name, derivative) for name, derivative in self.items()])

    def at(self, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Values:
        """The derivatives at a point, by name. Cost: about that of one, where the function is smooth.

        The point is given as for `Expression.at`.
        """
        coordinates = {**point, **values} if point else values
        return self.solve(read_point(self.function.variables, coordinates, self.names))

    def solve(self, at: Point) -> Values:
        """The derivatives at a point that has been read."""
        from dcalc.solver import solve_all

        root, names = self.function.node, self.names
        if names and not self.first:
            try:
                results = solve_all(Problem(root, names, at, gradient=True), expression=False)
            except Unsupported:  # it may be for one of the names only
                pass
            else:
                return Values(zip(names, results, strict=True))
        return Values({name: answer(Problem(root, (*self.first, name), at)) for name in names})


class Matrix(Mapping[str, Gradient]):
    """Rows of derivatives by name: a Jacobian has one row per function, a Hessian one per variable."""

    __slots__ = ("kind", "rows")

    def __init__(self, kind: Literal["jacobian", "hessian"], rows: Mapping[str, Gradient]) -> None:
        self.kind = kind
        self.rows = dict(rows)

    def __getitem__(self, label: str) -> Gradient:
        return self.rows[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return "\n".join(f"{label},{name}: {value}" for label, row in self.items() for name, value in row.items())

    def __repr__(self) -> str:
        functions = [row.function for row in self.values()]
        names = next(iter(self.values())).names if self.rows else ()
        if self.kind == "hessian":
            return f"dcalc.hessian({_source(functions[0]) if functions else repr('0')}, {names!r})"
        return f"dcalc.jacobian([{', '.join(map(_source, functions))}], {names!r})"

    def _repr_html_(self) -> str:
        names = next(iter(self.values())).names if self.rows else ()
        return html_table(("", *names), [(label, *row.values()) for label, row in self.items()])

    def at(
        self, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate
    ) -> dict[str, Values]:
        """The derivatives at a point, by row and name. The point is given as for `Expression.at`."""
        rows = list(self.values())
        names = natural({name for row in rows for name in row.function.variables})
        at = read_point(tuple(names), {**point, **values} if point else values, rows[0].names if rows else ())
        if self.kind == "hessian" and rows:
            return self._solve_hessian(rows[0].function, at)
        return {label: row.solve(at) for label, row in self.items()}

    def _solve_hessian(self, function: Expression, at: Point) -> dict[str, Values]:
        from dcalc.analysis.toolkit import solve_hessian
        from dcalc.finding import Subject

        rows = solve_hessian(Subject(function.node, function.variables, tuple(self.rows), at=at))
        return {label: Values(row) for label, row in rows.items()}


# --- what callers give, and what notebooks show --------------------------------------------


def check_names(names: Iterable[str | Expression]) -> tuple[str, ...]:
    """The names of variables, which may come as expressions. Raises UsageError where one is not a name."""
    from dcalc.point import read_name

    if not isinstance(names, Iterable):
        raise UsageError(f"{names!r} is not the name of a variable", help='write a name such as "x"')
    return tuple(read_name(_name(name)) for name in names)


def _name(variable: str | Expression) -> str:
    if isinstance(variable, str):
        return variable
    if not isinstance(variable, Expression) or variable.node.op is not SYMBOL:
        raise UsageError(f"{variable} is not a variable", help='write a name such as "x"')
    return str(variable)


def derivative_names(function: Expression, wrt: tuple[str, ...], order: int) -> tuple[str, ...]:
    """What to differentiate by, in order. Raises UsageError where it cannot be told, or an order does not fit."""
    if not isinstance(order, int):
        raise UsageError(f"the order must be a whole number, not {order!r}", help="write order=1")
    if order < 0:
        raise UsageError(f"the order must not be negative, as {order} is", help="write order=1")
    if order > MAX_ORDER:
        raise LimitError(f"orders go up to {MAX_ORDER:,}", help="lower the order")
    names = check_names(wrt)
    if order == 0:
        return ()
    if len(names) > 1:
        if order != 1:
            raise UsageError(
                "an order goes with one variable", help=f"repeat names instead: {names[0]!r}, {names[0]!r}"
            )
        return names
    if not names:
        if len(function.variables) > 1:
            known = ", ".join(function.variables[:8])
            raise UsageError(f"the expression has several variables: {known}", help="name one, or use dcalc.grad")
        names = function.variables or ("x",)
    return names * order


def _source(function: Expression) -> str:
    """A function as an argument that can be pasted: text, where that says all."""
    return repr(function) if function._clashing() else repr(str(function))


def html_table(titles: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table for notebooks; expressions are set as mathematics."""
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if not isinstance(value, Expression):
        return escape(str(value))
    try:
        return escape(value._repr_latex_())
    except DcalcError as error:
        return escape(error.message)


# --- what can be asked of an expression -----------------------------------------------------

Source = str | Expression
"""An expression, or its text."""


def parse(
    text: Source,
    *,
    variables: Iterable[str] = (),
    let: Iterable[str] = (),
    notation: str = "plain",
    shape: str | None = None,
) -> Expression:
    """The expression that a text means. Nothing in it is evaluated, and nothing is simplified.

    ``variables`` are names to read as variables even if they are constants of the language (`e`, `pi`); ``let``
    are bindings, "t1 = x*(1-x)"; ``notation`` is `latex`, `python`, `c`, `sympy`, `mathematica` or `matlab` for
    texts that are not in dcalc's own language. ``shape`` declares vectors and matrices, as "A: m x n, x: n"; a text
    that is written with them, such as `norm(A@x - b)^2`, is an `ArrayExpression`.

    Raises ParseError, UnknownFunction, ArityError or LimitError, each
    with the span in the text and a fix, and UsageError for what is neither text nor a number. Warns with a
    SyntaxWarning of what is not quite dcalc's own language, such as `sin x`, and says how it is read. Cost: about
    3 microseconds per token.
    """
    if isinstance(text, Expression):
        return text
    if not isinstance(text, str):
        return Expression(lift(text))
    if shape is not None or (notation in ("plain", "latex") and has_arrays(text, notation)):
        from dcalc.api.array_expression import parse_arrays

        return parse_arrays(text, shape)
    from dcalc.parser import parse as read

    parsed = read(text, variables=frozenset(variables), let=tuple(let), notation=notation)
    expression = Expression(parsed.root)
    if parsed.readings:
        import warnings

        warnings.warn(f"{text!r} is read as {expression}", SyntaxWarning, stacklevel=2)
    return expression


def symbols(names: str) -> tuple[Expression, ...]:
    """Variables: `x, y = dcalc.symbols("x y")`. Names are separated by spaces or commas."""
    return tuple(Expression(symbol(name)) for name in check_names(names.replace(",", " ").split()))


Names = str | Expression | Iterable[str | Expression]
"""Variables to differentiate by: one or several, by name or as expressions."""


def _names(wrt: Names | None) -> tuple[str, ...]:
    """The names that are meant. Raises UsageError."""
    if wrt is None:
        return ()
    if isinstance(wrt, str):
        return tuple(wrt.replace(",", " ").split())
    return check_names([wrt] if isinstance(wrt, Expression) else wrt)


def _read(source: Source, wrt: tuple[str, ...], shape: str | None = None) -> Expression:
    """The expression; a name that is differentiated by is a variable, even if it is called e."""
    return source if isinstance(source, Expression) else parse(source, variables=wrt, shape=shape)


def diff(f: Source, wrt: Names | None = None, order: int = 1, *, shape: str | None = None) -> Derivative:
    """The derivative of f, as an expression that remembers f.

    ``wrt`` is a variable, or several for a mixed partial derivative, in the order in which it is differentiated;
    it may be left out where f has one variable. ``shape`` declares vectors and matrices, as for
    `parse`. Raises UsageError, and what `parse` raises. Cost: none; the
    derivative is found when it is printed or evaluated.
    """
    names = _names(wrt)
    function = _read(f, names, shape)
    if _has_shape(function):
        return function.diff(*names, order=order)
    return Derivative(function, derivative_names(function, names, order))


def _has_shape(function: Expression) -> bool:
    """Whether an expression is one of arrays, which find their derivatives themselves."""
    return hasattr(type(function), "tensor")


def grad(
    f: Source, wrt: Names | None = None, *, first: Iterable[str | Expression] = (), shape: str | None = None
) -> Gradient:
    """The first derivatives of f by each name in ``wrt``, or by all variables: a mapping from names.

    With ``first`` f is differentiated by these names beforehand. ``.at(x=1.0, y=2.0)`` gives the certified values.
    """
    names, before = check_names(_names(wrt)), check_names(first)
    function = _read(f, (*names, *before), shape)
    if _has_shape(function):
        return (function.diff(*before) if before else function).grad(*names)
    return Gradient(function, names or function.variables, before)


def jacobian(functions: Source | Iterable[Source], wrt: Names | None = None, *, shape: str | None = None) -> Matrix:
    """The first derivatives of several functions: rows f1, f2, ... by function, columns by variable.

    Functions of arrays have arrays in the place of numbers; ``shape`` declares them, as for `parse`.
    """
    names = check_names(_names(wrt))
    sources: list[Source] = [functions] if isinstance(functions, str | Expression) else list(functions)
    read = [_read(f, names, shape) for f in sources]
    columns = names or tuple(natural({name for f in read for name in f.variables}))
    if any(map(_has_shape, read)):
        from dcalc.api.array_expression import stack_jacobians

        return stack_jacobians(read, columns)
    return Matrix("jacobian", {f"f{k}": Gradient(f, columns) for k, f in enumerate(read, 1)})


def hessian(f: Source, wrt: Names | None = None, *, shape: str | None = None) -> Matrix:
    """The second derivatives of f by all pairs of the names in ``wrt``, or of all variables.

    ``shape`` declares vectors and matrices, as for `parse`.
    """
    names = _names(wrt)
    return _read(f, names, shape).hessian(*names)


def emit(
    f: Source | Iterable[Source],
    target: str,
    *,
    of: Quantity | Iterable[Quantity] = (),
    wrt: Names | None = None,
    order: int = 1,
    name: str = "f",
    dtype: Literal["float64", "float32"] = "float64",
    plain: bool = False,
) -> str:
    """The text of a program that computes f and its derivatives: `dcalc.emit("x**2*sin(x)", "c")`.

    ``target`` is a language, as in `dcalc emit --target`; ``of`` what to compute: f, derivative, gradient, jacobian,
    hessian. By default f with its derivative, its gradient if it has several variables, or the Jacobian of several
    functions. ``plain`` takes the expression as it is, not in a stable form. Raises Unsupported for what the language
    lacks, by name, and UsageError. Linear in the size of the expressions and their derivatives.
    """
    from dcalc.targets import Order
    from dcalc.targets import emit as write_program

    names = _names(wrt)
    sources = [f] if isinstance(f, str | Expression) else list(f)
    functions = [_read(source, names) for source in sources]
    among = names or tuple(natural({each for function in functions for each in function.variables}))
    wanted: tuple[Quantity, ...] = (of,) if isinstance(of, str) else tuple(of)
    single = len(functions) == 1 and (len(among) < 2 or bool(names) or order != 1)
    if not wanted:
        wanted = ("f", "jacobian") if len(functions) > 1 else ("f", "derivative") if single else ("f", "gradient")
    question = Order(target, wanted, names or among[:1], among, order, name, dtype, plain)
    return write_program([function.node for function in functions], question).text


def evaluate(f: Source, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Result:
    """The value of f at a point, right to the last digit, or the reason why there is none: see `Expression.at`."""
    names = tuple({**(point or {}), **values})
    return _read(f, names).at(point, **values)


def limit(
    f: Source,
    point: Mapping[str, Coordinate | Expression] | None = None,
    /,
    *,
    side: Literal["left", "right"] | None = None,
    wrt: str | Expression | None = None,
    **values: Coordinate,
) -> Result:
    """The limit of f as a variable tends to its value, right to the last digit, or the reason why there is none.

    `dcalc.limit("sin(x)/x", x=0)`; a value may be infinite, as `math.inf` or "-inf". With several variables ``wrt``
    names the one that moves. Without a ``side`` both count, or the one on which f has values. An infinite limit is
    the value inf or -inf; ``left`` and ``right`` of the result are the limits of the sides, and where they differ the
    status is `no_limit`. Raises what `parse` raises, UnknownVariable and UsageError. Cost: milliseconds; bounded.
    """
    from dcalc.analysis.limit import SIDES, solve_limit
    from dcalc.point import read_infinity

    if side is not None and side not in SIDES:
        raise UsageError(f"side must be left or right, not {side}", help='write side="right"')
    coordinates = {**point, **values} if point else dict(values)
    names = check_names([wrt]) if wrt is not None else tuple(coordinates)[:1]
    function = _read(f, (*coordinates, *names))
    if len(names) != 1 or (wrt is None and len(coordinates) > 1):
        raise UsageError("name the variable that moves", help='write wrt="x"')
    (name,) = names
    place = coordinates.get(name)
    infinity = read_infinity(str(place))
    if infinity is not None:
        coordinates[name] = 0
    at = {**read_point(function.variables, coordinates, names)}
    if name not in at:
        raise UnknownVariable(f"no value is given for {name}", help=f"write {name}=0")
    if infinity is not None:
        at[name] = infinity
    return solve_limit(function.node, name, at, side)
