"""Expressions as Python objects: they print as one would type them, combine, and know their derivatives."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from dcalc import functions as table
from dcalc.errors import DcalcError, UnknownVariable, Unsupported, UsageError
from dcalc.expr import Expr, make, number, variables
from dcalc.notation import write
from dcalc.numbers import FLINT
from dcalc.numerals import rational
from dcalc.problem import REFERENCE, Point, Problem, Result

if TYPE_CHECKING:
    from dcalc.api.derivatives import Derivative, Gradient, Matrix


Coordinate = int | float | Fraction | str
"""A coordinate as callers give it; text such as "pi/2" is an exact constant."""
_LONGEST_EXACT = 1 << 53
_CONSTANTS = {math.pi: table.PI, math.e: table.E, math.tau: table.TAU}
"""Doubles that code means these numbers by."""


class Branches(Protocol):
    """Who decides, while a Python function is traced, which branch is taken where a condition holds a variable."""

    def decide(self, condition: Expr) -> bool:
        """The truth value that this run takes the condition to have."""

    def refuse(self, error: DcalcError) -> None:
        """Remember what cannot be followed, lest the code catches the error and goes on."""


TRACE: ContextVar[Branches | None] = ContextVar("TRACE", default=None)


def refuse_traced(what: str, help: str) -> None:
    """Raise Unsupported while a Python function is traced: a variable has no number, and what is asked needs one."""
    branches = TRACE.get()
    if branches is not None:
        error = Unsupported(what, help=help)
        branches.refuse(error)
        raise error


class Arithmetic:
    """What expressions have in common with conditions, which are 1 where they hold and 0 elsewhere."""

    __slots__ = ()
    __array_priority__ = 1000

    def __add__(self, other: Operand) -> Expression:
        return combine(table.ADD, self, other)

    def __radd__(self, other: Operand) -> Expression:
        if type(other) is int and other == 0:  # where sum() starts
            return Expression(lift(self))
        return combine(table.ADD, other, self)

    def __sub__(self, other: Operand) -> Expression:
        return combine(table.SUB, self, other)

    def __rsub__(self, other: Operand) -> Expression:
        return combine(table.SUB, other, self)

    def __mul__(self, other: Operand) -> Expression:
        return combine(table.MUL, self, other)

    def __rmul__(self, other: Operand) -> Expression:
        return combine(table.MUL, other, self)

    def __truediv__(self, other: Operand) -> Expression:
        return combine(table.DIV, self, other)

    def __rtruediv__(self, other: Operand) -> Expression:
        return combine(table.DIV, other, self)

    def __pow__(self, other: Operand) -> Expression:
        return combine(table.POW, self, other)

    def __rpow__(self, other: Operand) -> Expression:
        return combine(table.POW, other, self)

    def __mod__(self, other: Operand) -> Expression:
        return combine(_row("mod", 2), self, other)

    def __rmod__(self, other: Operand) -> Expression:
        return combine(_row("mod", 2), other, self)

    def __divmod__(self, other: Operand) -> tuple[Expression, Expression]:
        return self // other, self % other

    def __rdivmod__(self, other: Operand) -> tuple[Expression, Expression]:
        return other // self, other % self

    def __floordiv__(self, other: Operand) -> Expression:
        quotient = self.__truediv__(other)
        return quotient if quotient is NotImplemented else combine(_row("floor", 1), quotient)

    def __rfloordiv__(self, other: Operand) -> Expression:
        quotient = self.__rtruediv__(other)
        return quotient if quotient is NotImplemented else combine(_row("floor", 1), quotient)

    def __neg__(self) -> Expression:
        return combine(table.NEG, self)

    def __pos__(self) -> Expression:
        return Expression(lift(self))

    def __abs__(self) -> Expression:
        return combine(table.ABS, self)

    def __floor__(self) -> Expression:
        return combine(_row("floor", 1), self)

    def __ceil__(self) -> Expression:
        return combine(_row("ceil", 1), self)

    def __trunc__(self) -> Expression:
        return combine(_row("trunc", 1), self)

    def __round__(self, digits: int | None = None) -> Expression:
        if digits:
            raise Unsupported("round() of an expression goes to a whole number", help="leave the digits out")
        return combine(_row("round", 1), self)

    def __lt__(self, other: Operand) -> Condition:
        return compare(table.LT, self, other)

    def __le__(self, other: Operand) -> Condition:
        return compare(table.LE, self, other)

    def __gt__(self, other: Operand) -> Condition:
        return compare(table.GT, self, other)

    def __ge__(self, other: Operand) -> Condition:
        return compare(table.GE, self, other)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """NumPy's functions of an expression are expressions, where dcalc has the function."""
        from dcalc.api.mathematics import apply_ufunc

        if method != "__call__" or any(value is not None for value in options.values()):
            return NotImplemented
        return apply_ufunc(ufunc.__name__, inputs)

    def __array_function__(self, function: Any, _types: Any, args: Any, options: Any) -> Any:
        from dcalc.api.mathematics import apply_array_function

        return apply_array_function(function.__name__, args, options)


class Expression(Arithmetic):
    """An expression: immutable, and equal to another where both print the same.

    `+ - * / ** %`, `abs` and the functions of `dcalc` build on it; ints, Fractions and floats join in, a float as
    the decimal that it prints as. `<`, `<=`, `>` and `>=` give a `Condition` for `dcalc.where`. Nothing is
    simplified until `simplify` is asked. Building costs a dictionary look-up.
    """

    __slots__ = ("_names", "_node", "_text")
    _node: Expr

    def __init__(self, node: Expr) -> None:
        self._node = node
        self._names: tuple[str, ...] | None = None
        self._text: str | None = None

    @property
    def node(self) -> Expr:
        """The node in dcalc's graph: what backends work on."""
        return self._node

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in natural order: x2 before x10."""
        if self._names is None:
            self._names = tuple(variables(self.node))
        return self._names

    # --- as text ----------------------------------------------------------------------

    def __str__(self) -> str:
        """The text that `dcalc.parse` reads."""
        refuse_traced("the text of a variable cannot be followed", "leave str(), f-strings and print() out")
        return self._write()

    def _write(self) -> str:
        if self._text is None:
            self._text = write(self.node)
        return self._text

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        names = self._clashing()
        return f"dcalc.parse({str(self)!r}{f', variables={names!r}' if names else ''})"

    def _clashing(self) -> tuple[str, ...]:
        """Variables that are called as constants of the language are: e, pi."""
        return tuple(name for name in self.variables if name in table.RESERVED)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def latex(self) -> str:
        """The expression in LaTeX, for mathematics mode."""
        return write(self.node, "latex")

    def __eq__(self, other: object) -> bool:
        if TRACE.get() is not None and is_operand(other):
            return Condition(make(table.EQ, self.node, lift(other)))  # type: ignore[return-value]  # traced code asks
        if not isinstance(other, Expression):
            return NotImplemented
        return self.node is other.node or self._key() == other._key()

    def __ne__(self, other: object) -> bool:
        if TRACE.get() is not None and is_operand(other):
            return Condition(make(table.NE, self.node, lift(other)))  # type: ignore[return-value]  # as above
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __hash__(self) -> int:
        refuse_traced("a variable cannot be looked up in a set or a dict", "compare it: x == 1.0")
        return hash(self._key())

    def _key(self) -> tuple[str, tuple[str, ...]]:
        return self._write(), self._clashing()

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.node,)

    # --- as a number ---------------------------------------------------------------

    def __float__(self) -> float:
        """The value of an expression without variables, right to the last digit. Raises NoValue, Unsupported."""
        refuse_traced(
            f"a function that takes floats alone was given {shorten(self)}",
            "call functions of math, NumPy or dcalc; leave float() out",
        )
        if self.variables:
            raise Unsupported(
                f"{shorten(self)} is not a number",
                help="write .at(x=1.0) for its value; functions of it are those of dcalc, such as dcalc.sin",
            )
        return float(self.at())

    def __int__(self) -> int:
        refuse_traced(f"{shorten(self)} cannot be made an int here", "write math.trunc of it, or math.floor")
        raise Unsupported(f"{shorten(self)} is not a number", help="write dcalc.trunc of it, or dcalc.floor")

    def __bool__(self) -> bool:
        return bool(self != 0) if TRACE.get() is not None else True

    def __getattr__(self, name: str) -> Any:
        """What an expression has only while a function is traced: NumPy's functions as methods.

        What a float has and an expression lacks is refused, lest the code asks whether it is there.
        """
        if TRACE.get() is not None and not name.startswith("_"):
            from dcalc.api.mathematics import method

            if (ufunc := method(self, name)) is not None:
                return ufunc
            if hasattr(float, name):
                refuse_traced(f"{name} of a variable cannot be followed", "use operators, and functions of math")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # --- questions --------------------------------------------------------------------

    def diff(self, *wrt: str, order: int = 1) -> Derivative:
        """The derivative: by one variable, ``order`` times, or once by each name. See `dcalc.diff`."""
        from dcalc.api.derivatives import Derivative, derivative_names

        return Derivative(self, derivative_names(self, wrt, order))

    def grad(self, *wrt: str) -> Gradient:
        """The first derivatives by the names, or by all variables. See `dcalc.grad`."""
        from dcalc.api.derivatives import Gradient, check_names

        return Gradient(self, check_names(wrt) or self.variables)

    def hessian(self, *wrt: str) -> Matrix:
        """The second derivatives by all pairs of the names, or of all variables. See `dcalc.hessian`."""
        from dcalc.api.derivatives import Gradient, Matrix, check_names

        names = check_names(wrt) or self.variables
        return Matrix("hessian", {name: Gradient(self, names, (name,)) for name in names})

    def plot(self, low: float | None = None, high: float | None = None, *, derivative: bool = False) -> Drawing:
        """The curve of a function of one variable from ``low`` to ``high``, or over a range that shows it.

        With ``derivative`` that is drawn beside it. Raises UsageError for several variables. Cost: some hundred
        values.
        """

        return draw(self, low, high, derivative=derivative)

    def simplify(self) -> Expression:
        """The shortest equal expression that is known. Linear in its parts where they are many."""
        from dcalc.analysis.simplify import find_simplest

        return Expression(find_simplest(self.node))

    def at(self, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Result:
        """The value at a point, right to the last digit, or the reason why there is none.

        Floats are the doubles that they are; ints, Fractions, text such as "pi/2" and expressions without
        variables are exact. A name that keywords cannot hold goes into the mapping. Raises UnknownVariable where
        a variable has no value, or a name is not one of them. Cost: 20 to 100 microseconds for most.
        """
        return solve_at(self, (), point, values)


Operand = Expression | int | float | Fraction
"""What can be combined with an expression."""


class Condition(Arithmetic):
    """A condition on expressions, for `dcalc.where`; combine conditions with `&`, `|` and `~`.

    It is neither true nor false until its variables have values.
    """

    __slots__ = ("node",)

    def __init__(self, node: Expr) -> None:
        self.node = node

    def __and__(self, other: Condition | bool) -> Condition:
        return connect(table.AND, self, other)

    def __or__(self, other: Condition | bool) -> Condition:
        return connect(table.OR, self, other)

    def __xor__(self, other: Condition | bool) -> Condition:
        both = self & other
        return NotImplemented if both is NotImplemented else (self | other) & Condition(make(table.NOT, both.node))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Condition:
        refuse_traced("~ makes -2 of True", "write not, or numpy.logical_not")
        return Condition(make(table.NOT, self.node))

    def __bool__(self) -> bool:
        branches = TRACE.get()
        if branches is None:
            raise UsageError(f"{self} has no truth value by itself", help="write dcalc.where(condition, a, b)")
        return branches.decide(self.node)

    def __str__(self) -> str:
        refuse_traced("the text of a condition cannot be followed", "leave str(), f-strings and print() out")
        return write(self.node)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __repr__(self) -> str:
        return f"<condition {self}>"

    def __eq__(self, other: object) -> bool:
        if TRACE.get() is None or not is_operand(other):
            return isinstance(other, Condition) and self.node is other.node
        return Condition(make(table.EQ, lift(self), lift(other)))  # type: ignore[return-value]  # traced code asks

    def __ne__(self, other: object) -> bool:
        if TRACE.get() is None or not is_operand(other):
            return not self.__eq__(other)
        return Condition(make(table.NE, lift(self), lift(other)))  # type: ignore[return-value]  # as above

    def __hash__(self) -> int:
        refuse_traced("a condition cannot be looked up in a set or a dict", "write dcalc.where(condition, a, b)")
        return hash(self.node.id)

    def __index__(self) -> int:
        return int(bool(self))

    def as_number(self) -> Expression:
        """1 where the condition holds, else 0."""
        return Expression(make(table.WHERE, self.node, number(1), number(0)))


# --- what callers give --------------------------------------------------------------------


def is_operand(value: object) -> bool:
    """Whether a value can be combined with an expression."""
    return isinstance(value, Expression | Condition | int | float | Fraction) or getattr(value, "shape", None) == ()


def lift(value: Any) -> Expr:
    """The node of an expression or number. Raises UsageError for what is neither, or is not finite."""
    if isinstance(value, Expression):
        return value.node
    if isinstance(value, Condition):
        return value.as_number().node
    if isinstance(value, bool):
        return number(int(value))
    if isinstance(value, Fraction):
        return _signed(value.numerator, lambda p: _over(p, value.denominator))
    if isinstance(value, float):
        return _lift_float(float(value))
    if getattr(value, "shape", None) == () and hasattr(value, "item"):  # a number of NumPy's
        return lift(value.item())
    try:
        return _signed(operator.index(value), number)
    except TypeError:
        name = type(value).__name__
        raise UsageError(f"expressions cannot hold a {name}", help="use an int, a float or a Fraction") from None


def _lift_float(value: float) -> Expr:
    """The decimal that a float prints as."""
    if value - value != 0:
        raise UsageError(f"{value} is not a real number", help="expressions hold finite numbers")
    if TRACE.get() is not None and abs(value) in _CONSTANTS:
        node = make(_CONSTANTS[abs(value)])
        return make(table.NEG, node) if value < 0 else node
    node = number(rational(repr(abs(value))))
    return make(table.NEG, node) if value < 0 else node


def _signed(value: int, build: Callable[[int], Expr]) -> Expr:
    """A negative number as one types it: the negative of a positive one."""
    node = build(abs(value))
    return make(table.NEG, node) if value < 0 else node


def _over(numerator: int, denominator: int) -> Expr:
    return number(numerator) if denominator == 1 else make(table.DIV, number(numerator), number(denominator))


def _row(name: str, count: int) -> table.Row:
    row = table.find(name, count)
    assert row is not None, name
    return row


def combine(row: table.Row, *operands: Any) -> Expression:
    """A row of the table on operands; NotImplemented where one of them is nothing to calculate with."""
    try:
        nodes = [lift(operand) for operand in operands]
    except UsageError:
        if any(isinstance(operand, float) for operand in operands):
            raise
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
    return Expression(make(row, *nodes))


def compare(row: table.Row, left: Any, right: Any) -> Condition:
    """A comparison of two operands."""
    if not is_operand(right):
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
    return Condition(make(row, lift(left), lift(right)))


def connect(row: table.Row, left: Any, right: Any) -> Condition:
    """Two conditions put together by `and` or `or`; numbers hold where they differ from 0."""
    if not isinstance(right, Condition | bool):
        return NotImplemented  # type: ignore[no-any-return]  # Python then asks the other operand
    return Condition(make(row, truth(left), truth(right)))


def truth(value: Any) -> Expr:
    """The node of a condition, or of whether a number differs from 0."""
    return value.node if isinstance(value, Condition) else make(table.NE, lift(value), number(0))


def solve_at(
    function: Expression,
    wrt: tuple[str, ...],
    point: Mapping[str, Coordinate | Expression] | None,
    values: Mapping[str, Coordinate],
) -> Result:
    """The certified derivative of a function by ``wrt`` at a point as callers give it."""
    return answer(
        Problem(function.node, wrt, read_point(function.variables, {**point, **values} if point else values, wrt))
    )


def answer(problem: Problem) -> Result:
    """The certified answer at a point; one without a value where no way to compute it is known."""
    from dcalc.solver import solve

    try:
        return solve(problem, expression=False)
    except Unsupported as error:
        return Result(REFERENCE, None, "unsupported", reason=error.message)


def read_point(names: tuple[str, ...], values: Mapping[str, Any], wrt: tuple[str, ...] = ()) -> Point:
    """The point, its coordinates as doubles or exact nodes: one for each of ``names``, and at most those in ``wrt``
    besides. Raises UnknownVariable, and UsageError for what is not a number."""
    if len(values) == 1:  # by far the most
        ((name, value),) = values.items()
        if type(value) is float and names == (name,) and value - value == 0:
            return {name: value}
    at = {name: _read_coordinate(name, value) for name, value in values.items()}
    if foreign := [name for name in at if name not in names and name not in wrt]:
        raise UnknownVariable(f"the expression has no variable {foreign[0]}", help=f"it has {_listed(names)}")
    if missing := [name for name in names if name not in at]:
        raise UnknownVariable(f"no value is given for {_listed(missing)}", help=f"write .at({missing[0]}=1.0)")
    return at


def _listed(names: Iterable[str]) -> str:
    from dcalc.text import join_words, some

    return join_words(some(list(names)), "and") or "no variable"


def _read_coordinate(name: str, value: Any) -> float | Expr:
    if isinstance(value, float):
        if value - value != 0:
            raise UsageError(f"{name} is {value}, which is not a real number", help="give a finite number")
        return float(value)
    if isinstance(value, str):
        from dcalc.parser import parse

        return _constant(name, Expression(parse(value).root))
    if isinstance(value, Expression):
        return _constant(name, value)
    if isinstance(value, Fraction) or not hasattr(value, "__index__"):
        return _constant(name, Expression(lift(value)))
    if hasattr(value, "shape") and hasattr(value, "dtype"):  # NumPy's: an array of one number, or a whole number
        if value.shape != ():
            raise UsageError(f"{name} is an array", help="dcalc.compile makes functions of arrays")
        return _read_coordinate(name, value.item())
    whole = operator.index(value)
    return float(whole) if abs(whole) <= _LONGEST_EXACT else lift(whole)


def _constant(name: str, value: Expression) -> Expr:
    if value.variables:
        raise UsageError(f"the value of {name} has a variable: {value.variables[0]}", help="give a constant")
    return value.node


def shorten(expression: Expression) -> str:
    """The text of an expression, cut where it is long."""
    from dcalc.reasons import short

    return short(expression.node)


# --- curves, as notebooks and files show them ------------------------------------------------


class Drawing:
    """A picture of a curve: shown by notebooks, and text of a file in SVG.

    ``marks`` are the places on it that are worth a word: extrema, kinks, poles, holes, jumps. Each is a mapping
    with the keys of `dcalc help records` under plot, and ``certified`` tells whether it is proved.
    """

    def __init__(self, svg: str, marks: Sequence[Mapping[str, object]]) -> None:
        self.svg = svg
        self.marks = tuple(marks)

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<drawing with {len(self.marks)} marks>"


def draw(expression: Expression, low: float | None, high: float | None, *, derivative: bool) -> Drawing:
    """The curve over a range, which is chosen where it is not given. Raises UsageError for several variables."""
    from dcalc.analysis.plot import find
    from dcalc.finding import Subject
    from dcalc.formats import Style
    from dcalc.formats.svg import present

    if (low is None) != (high is None):
        raise UsageError("a range has two ends", help="write plot(-3, 3)")
    over = None if low is None or high is None else [(None, (float(low), float(high)))]
    names = expression.variables
    with FLINT:
        finding = find(Subject(expression.node, names, names), over, derivative)
    return Drawing("".join(present([finding], Style(command="plot"))), finding.record["marks"])
