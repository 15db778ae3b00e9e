"""What can be asked of an expression: its derivatives, its value, and whether a claim about it is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dcalc.api.derivatives import Derivative, Gradient, Matrix, check_names, derivative_names
from dcalc.api.expression import Coordinate, Expression
from dcalc.expr import natural, symbol
from dcalc.problem import Result

Source = str | Expression
"""An expression, or its text."""


def parse(text: Source, *, variables: Iterable[str] = (), let: Iterable[str] = ()) -> Expression:
    """The expression that a text means. Nothing in it is evaluated, and nothing is simplified.

    ``variables`` are names to read as variables even if they are constants of the language (`e`, `pi`); ``let``
    are bindings, "t1 = x*(1-x)". Raises ParseError, UnknownFunction, ArityError or LimitError, each with the span
    in the text and a fix. Cost: about 3 microseconds per token.
    """
    if isinstance(text, Expression):
        return text
    from dcalc.parser import parse as read

    return Expression(read(text, variables=frozenset(variables), let=tuple(let)).root)


def symbols(names: str) -> tuple[Expression, ...]:
    """Variables: `x, y = dcalc.symbols("x y")`. Names are separated by spaces or commas."""
    return tuple(Expression(symbol(name)) for name in check_names(names.replace(",", " ").split()))


def _names(wrt: str | Iterable[str] | None) -> tuple[str, ...]:
    if wrt is None:
        return ()
    return tuple(wrt.replace(",", " ").split()) if isinstance(wrt, str) else tuple(wrt)


def _read(source: Source, wrt: tuple[str, ...]) -> Expression:
    """The expression; a name that is differentiated by is a variable, even if it is called e."""
    return source if isinstance(source, Expression) else parse(source, variables=wrt)


def diff(f: Source, wrt: str | Iterable[str] | None = None, order: int = 1) -> Derivative:
    """The derivative of f, as an expression that remembers f.

    ``wrt`` is a variable, or several for a mixed partial derivative, in the order in which it is differentiated;
    it may be left out where f has one variable. Raises UsageError, and what `parse` raises. Cost: none; the
    derivative is found when it is printed or evaluated.
    """
    names = _names(wrt)
    function = _read(f, names)
    return Derivative(function, derivative_names(function, names, order))


def grad(f: Source, wrt: str | Iterable[str] | None = None, *, first: Iterable[str] = ()) -> Gradient:
    """The first derivatives of f by each name in ``wrt``, or by all variables: a mapping from names.

    With ``first`` f is differentiated by these names beforehand. ``.at(x=1.0, y=2.0)`` gives the certified values.
    """
    names, before = check_names(_names(wrt)), check_names(first)
    function = _read(f, (*names, *before))
    return Gradient(function, names or function.variables, before)


def jacobian(functions: Iterable[Source], wrt: str | Iterable[str] | None = None) -> Matrix:
    """The first derivatives of several functions: rows f1, f2, ... by function, columns by variable."""
    names = check_names(_names(wrt))
    read = [_read(f, names) for f in functions]
    columns = names or tuple(natural({name for f in read for name in f.variables}))
    return Matrix("jacobian", {f"f{k}": Gradient(f, columns) for k, f in enumerate(read, 1)})


def hessian(f: Source, wrt: str | Iterable[str] | None = None) -> Matrix:
    """The second derivatives of f by all pairs of the names in ``wrt``, or of all variables."""
    names = _names(wrt)
    return _read(f, names).hessian(*names)


def evaluate(f: Source, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Result:
    """The value of f at a point, right to the last digit, or the reason why there is none: see `Expression.at`."""
    names = tuple({**(point or {}), **values})
    return _read(f, names).at(point, **values)
