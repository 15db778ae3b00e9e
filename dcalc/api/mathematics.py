"""The functions of the table as Python functions of expressions, and the names by which NumPy and `math` call them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dcalc import functions as table
from dcalc.api.expression import Condition, Expression, Operand, lift, truth
from dcalc.errors import ArityError, UnknownFunction, Unsupported, UsageError
from dcalc.expr import Expr, exact, make, number
from dcalc.numerals import rational
from dcalc.text import join_words


class Function:
    """A function of the table, called as in an expression: `dcalc.sin(x)`, `dcalc.leaky_relu(x, a=0.1)`.

    It takes expressions and numbers and gives an expression. Raises ArityError for a wrong number of arguments.
    """

    def __init__(self, name: str, rows: Sequence[table.Row]) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = "dcalc"
        self.__doc__ = "\n".join(f"{row.signature}: {row.doc}. {row.source}".rstrip() for row in rows)
        self.rows = tuple(rows)

    def __call__(self, *args: Operand | Condition, **named: Operand) -> Expression:
        """The function of the arguments. Raises ArityError, UsageError."""
        nodes = [lift_argument(arg) for arg in args]
        if named:
            nodes += self._fill(len(nodes), named)
        row = table.find(self.__name__, len(nodes))
        if row is None:
            counts = join_words([row.signature for row in self.rows])
            raise ArityError(f"{self.__name__} does not take {len(nodes)} arguments", help=f"call it as {counts}")
        if row is table.WHERE:
            return choose(args[0], args[1], args[2])
        if row.chooses:
            table.check_choice(row, exact(nodes[0]), len(nodes) - 1)
        return Expression(make(row, *nodes))

    def __repr__(self) -> str:
        return f"dcalc.{self.__name__}"

    def __reduce__(self) -> tuple[object, ...]:
        return look_up, (self.__name__,)

    def _fill(self, count: int, named: Mapping[str, Operand]) -> list[Expr]:
        """The arguments that follow the first ones: by name, or with the defaults of the row."""
        for row in self.rows:
            rest, defaults = row.args[count:], dict(zip(reversed(row.args), reversed(row.defaults), strict=False))
            last = max((rest.index(name) for name in named if name in rest), default=-1)
            wanted = rest[: last + 1]
            if set(named) <= set(wanted) and all(name in named or name in defaults for name in wanted):
                return [lift(named[n]) if n in named else number(rational(defaults[n])) for n in wanted]
        raise ArityError(
            f"{self.__name__} does not take {', '.join(named)} by name",
            help=f"call it as {join_words([row.signature for row in self.rows])}",
        )


def look_up(name: str) -> Function:
    """The function of that name. Raises UnknownFunction."""
    rows = table.BY_NAME.get(name)
    if rows is None:
        raise UnknownFunction(f"no function named {name}", help="see dcalc functions")
    return Function(name, rows)


def constant(name: str) -> Expression:
    """A constant of the table: pi, e, tau, deg."""
    return Expression(make(table.CONSTANTS[name]))


def names() -> list[str]:
    """The names of all functions and constants."""
    return [*table.CONSTANTS, *table.BY_NAME]


def lift_argument(value: Any) -> Expr:
    """The node of an argument; a condition is what `where` takes first."""
    return value.node if isinstance(value, Condition) else lift(value)


def choose(condition: Any, first: Any, second: Any) -> Expression:
    """`first` where the condition holds, else `second`."""
    if isinstance(condition, Condition):
        return Expression(make(table.WHERE, condition.node, lift(first), lift(second)))
    if isinstance(condition, bool) or getattr(condition, "dtype", None) == "bool":
        return Expression(lift(first if condition else second))
    raise UsageError("the first argument of where is not a condition", help="compare with <, <=, > or >=")


# --- what other libraries call them -------------------------------------------------------

Build = Callable[..., Expression | Condition]


def _apply(name: str) -> Build:
    return lambda *args: Function(name, table.BY_NAME[name])(*args)


def _operate(row: table.Row) -> Build:
    return lambda *args: Expression(make(row, *map(lift, args)))


def _relate(row: table.Row) -> Build:
    return lambda *args: Condition(make(row, *map(lift, args)))


def _connect(row: table.Row) -> Build:
    return lambda *args: Condition(make(row, *[truth(arg) for arg in args]))


def _sinc(x: Operand) -> Expression:
    """NumPy's sinc is sin(pi*x)/(pi*x)."""
    return _call("sinc", constant("pi") * x)


def _call(name: str, *args: Any) -> Expression:
    return look_up(name)(*args)


def _heaviside(x: Operand, half: Operand) -> Expression:
    value = Expression(lift(x))
    return choose(value < 0, 0, choose(value > 0, 1, half))


def _fmod(x: Operand, y: Operand) -> Expression:
    """C's remainder, with the sign of x."""
    left, right = Expression(lift(x)), Expression(lift(y))
    return left - right * _call("trunc", left / right)


def _remainder(x: Operand, y: Operand) -> Expression:
    """IEEE's remainder, which is `math.remainder`: of the division that is rounded to the nearest whole number."""
    left, right = Expression(lift(x)), Expression(lift(y))
    return left - right * _call("round", left / right)


def _copy_sign(x: Operand, y: Operand) -> Expression:
    """The size of x with the sign of y; a variable that is 0 is no -0.0."""
    size = _call("abs", x)
    return choose(Expression(lift(y)) < 0, -size, size)


def _add_in_base_2(x: Operand, y: Operand) -> Expression:
    log_2 = _call("log", 2)
    return _call("logaddexp", Expression(lift(x)) * log_2, Expression(lift(y)) * log_2) / log_2


def _distance(p: Sequence[Any], q: Sequence[Any]) -> Expression:
    return _norm(*[first - second for first, second in zip(p, q, strict=True)])


def _norm(*args: Operand) -> Expression:
    """`math.hypot` of any number of arguments."""
    return _call("hypot", *args) if len(args) == 2 else _call("sqrt", sum(Expression(lift(a)) ** 2 for a in args))


SAME = (
    "sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh asin acos atan atan2 asinh acosh "
    "atanh exp expm1 exp2 log log1p log2 log10 sqrt cbrt hypot sign floor ceil trunc deg2rad rad2deg logaddexp erf "
    "erfc gamma lgamma digamma beta logit erfinv erfcinv erfcx xlogy xlog1py zeta polygamma"
)
"""Functions that mean the same under the same name, or under an alias, in NumPy, `math` and scipy.special."""
OTHERS: dict[str, Build] = {
    "add": _operate(table.ADD), "subtract": _operate(table.SUB), "multiply": _operate(table.MUL),
    "divide": _operate(table.DIV), "true_divide": _operate(table.DIV), "negative": _operate(table.NEG),
    "power": _operate(table.POW), "float_power": _operate(table.POW), "pow": _operate(table.POW),
    "absolute": _operate(table.ABS), "fabs": _operate(table.ABS), "abs": _operate(table.ABS),
    "positive": lambda x: Expression(lift(x)), "conjugate": lambda x: Expression(lift(x)), "copysign": _copy_sign,
    "logaddexp2": _add_in_base_2, "reciprocal": lambda x: 1 / Expression(lift(x)),
    "square": lambda x: Expression(lift(x)) ** 2, "remainder": _apply("mod"), "mod": _apply("mod"),
    "floor_divide": lambda x, y: Expression(lift(x)) // Expression(lift(y)), "fmod": _fmod, "rint": _apply("round"),
    "maximum": _apply("max"), "fmax": _apply("max"), "minimum": _apply("min"), "fmin": _apply("min"),
    "degrees": _apply("rad2deg"), "radians": _apply("deg2rad"), "heaviside": _heaviside, "sinc": _sinc,
    "arctan2": _apply("atan2"),
    "less": _relate(table.LT), "less_equal": _relate(table.LE), "greater": _relate(table.GT),
    "greater_equal": _relate(table.GE), "equal": _relate(table.EQ), "not_equal": _relate(table.NE),
    "logical_and": _connect(table.AND), "logical_or": _connect(table.OR), "logical_not": _connect(table.NOT),
    "bitwise_and": _connect(table.AND), "bitwise_or": _connect(table.OR), "invert": _connect(table.NOT),
    "expit": _apply("sigmoid"), "gammaln": _apply("lgamma"), "psi": _apply("digamma"), "betaln": _apply("logbeta"),
    "expi": _apply("ei"), "dawsn": _apply("dawson"), "jv": _apply("besselj"), "yv": _apply("bessely"),
    "iv": _apply("besseli"), "kv": _apply("besselk"), "j0": _apply("besselj0"), "j1": _apply("besselj1"),
    "y0": _apply("bessely0"), "y1": _apply("bessely1"),
}  # fmt: skip
"""Ufuncs of NumPy and scipy.special, and what they are in dcalc, where the name or the meaning differs."""


_KNOWN = frozenset(OTHERS) | frozenset(SAME.split())


def apply_ufunc(name: str, inputs: Sequence[Any]) -> Any:
    """What a ufunc of expressions is; with an array among them, an array of these. Raises Unsupported."""
    if name not in _KNOWN:
        raise Unsupported(f"numpy.{name} of an expression is not known", help="write it with functions of dcalc")
    build = OTHERS.get(name) or _apply(name)
    if any(getattr(value, "shape", ()) for value in inputs):
        import numpy as np

        return np.frompyfunc(build, len(inputs), 1)(*map(_as_objects, inputs))
    return build(*inputs)


def _as_objects(value: Any) -> Any:
    """An operand that NumPy takes apart itself: an expression wrapped, lest it is asked for its function again."""
    import numpy as np

    return np.array(value, dtype=object)


def method(expression: Expression, name: str) -> Callable[..., Any] | None:
    """The ufunc of that name as a method, by which NumPy calls it on what an array of objects holds."""
    return (lambda *args: apply_ufunc(name, (expression, *args))) if name in _KNOWN else None


def _clip(x: Operand, low: Operand | None = None, high: Operand | None = None, **named: Operand) -> Expression:
    """`numpy.clip`, of which a bound may be None, and may come by its name."""
    low, high = named.get("a_min", named.get("min", low)), named.get("a_max", named.get("max", high))
    if low is None or high is None:
        value = Expression(lift(x)) if low is None else _call("max", x, low)
        return value if high is None else _call("min", value, high)
    return _call("clip", x, low, high)


def _select(conditions: Sequence[Any], choices: Sequence[Any], default: Any = 0) -> Expression:
    """`numpy.select`: the first choice whose condition holds."""
    value = Expression(lift(default))
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        value = choose(condition, choice, value)
    return value


def _alone(x: Operand) -> Expression:
    """What the sum, the mean or an extreme of one number is."""
    return Expression(lift(x))


ARRAY_FUNCTIONS: dict[str, Build] = {
    "where": choose, "clip": _clip, "round": _apply("round"), "around": _apply("round"), "sinc": _sinc,
    "select": _select, "fix": _apply("trunc"), "trunc": _apply("trunc"),
    **dict.fromkeys(["sum", "mean", "prod", "max", "min", "amax", "amin", "real"], _alone),
}  # fmt: skip


def apply_array_function(name: str, args: Sequence[Any], options: Mapping[str, Any]) -> Expression | Condition:
    """What a function of NumPy that is not a ufunc gives for expressions. Raises Unsupported."""
    build = ARRAY_FUNCTIONS.get(name)
    bounds = {"min", "max", "a_min", "a_max", "default"}
    named = {key: value for key, value in options.items() if value is not None}
    if build is None or not named.keys() <= bounds:
        raise Unsupported(f"numpy.{name} of an expression is not known", help="write it with functions of dcalc")
    return build(*args, **named)


def math_functions() -> dict[str, Any]:
    """The functions of Python's `math`, by name, on expressions; numbers still go to `math` itself."""
    import math

    others: dict[str, Build] = {
        **OTHERS, "hypot": _norm, "ldexp": lambda x, n: x * 2.0 ** int(n), "fsum": _sum,
        "prod": _product, "log": _log, "remainder": _remainder, "dist": _distance,
    }  # fmt: skip
    functions: dict[str, Any] = {}
    for name, original in vars(math).items():
        build = others.get(name) or (_apply(name) if name in SAME.split() else None)
        if build is not None:
            functions[name] = _dispatch(original, build)
    return functions


def _sum(terms: Sequence[Any]) -> Any:
    return sum(terms)


def _product(factors: Sequence[Any], *, start: Any = 1) -> Any:
    result = start
    for factor in factors:
        result = result * factor
    return result


def _log(x: Any, base: Any = None) -> Expression:
    """`math.log` takes the base second, dcalc's log(x, b) as well."""
    return _call("log", x) if base is None else _call("log", x, base)


def _dispatch(original: Any, build: Build) -> Any:
    """The original on numbers, the builder where an expression is among the arguments."""

    def call(*args: Any, **named: Any) -> Any:
        flat = [*args, *named.values()]
        flat += [part for arg in args if isinstance(arg, list | tuple) for part in arg]
        if any(isinstance(arg, Expression | Condition) for arg in flat):
            return build(*args, **named)
        return original(*args, **named)

    return call
