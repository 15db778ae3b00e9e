"""Python functions of numbers, read as expressions: they are run on variables, and what they do is written down.

Operators and NumPy's functions reach expressions by Python's own protocols. The functions of `math` do not, nor
do `max` and `min`: the function is run with a copy of its globals in which these names stand for dcalc's. Where
a branch depends on a variable, each way is run, and `where` puts them together.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from dcalc import functions as table
from dcalc.api.derivatives import check_names
from dcalc.api.expression import TRACE, Condition, Expression, lift
from dcalc.api.mathematics import look_up, math_functions
from dcalc.errors import LimitError, Unsupported, UsageError
from dcalc.expr import Expr, make, symbol

MAX_PATHS = 256
"""Ways through a function: each is run once."""
MAX_BRANCHES = 1_000
"""Conditions on one way: more are a loop whose end depends on a variable."""
_LEFT_ALONE = {"dcalc", "numpy", "scipy", "torch", "jax", "sympy", *sys.stdlib_module_names}
"""Modules whose functions are run as they are."""


def from_function(function: Callable[..., object], *names: str) -> Expression:
    """The expression that a Python function of numbers computes.

    The parameters without a default are the variables; ``names`` names them where they cannot be read from the
    function, as those of NumPy's. It may use operators, `abs`, `max`, `min`, `math`, functions of NumPy and of
    dcalc, other Python functions, loops, and branches on conditions. Raises Unsupported where it does something
    else with a variable, LimitError where there are too many ways through it. Cost: one run for each way.
    """
    variables = check_names(names) or parameters(function)
    traced = Rebinding().rebind(function)

    def run() -> Expr:
        return _read_value(function, traced(*(Expression(symbol(name)) for name in variables)))

    return Expression(explore(run))


def explore_values(
    function: Callable[..., Any], names: tuple[str, ...], read: Callable[[Any], dict[str, Expr]]
) -> dict[str, Expr]:
    """Several expressions that a function returns at once, as ``read`` takes them from its result."""
    traced = Rebinding().rebind(function)
    variables = [Expression(symbol(name)) for name in names]
    keys = list(_first_way(lambda: read(traced(*variables))))
    return {key: explore(lambda key=key: read(traced(*variables))[key]) for key in keys}  # type: ignore[misc]  # mypy #1484


def _first_way(run: Callable[[], dict[str, Expr]]) -> dict[str, Expr]:
    token = TRACE.set(Path(()))
    try:
        return run()
    finally:
        TRACE.reset(token)


def parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of a function that have no default. Raises UsageError where they cannot be told."""
    try:
        signature = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise UsageError(
            f"the parameters of {_name(function)} are not known", help='name them: from_function(f, "x")'
        ) from None
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if any(one.kind not in kinds and one.default is one.empty for one in signature):
        raise UsageError(
            f"{_name(function)} takes any number of arguments, or some by name only",
            help='name what it is called with: from_function(f, "x", "y")',
        )
    return check_names(one.name for one in signature if one.default is one.empty)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _read_value(function: Any, value: Any) -> Expr:
    """The node of what a function returned."""
    try:
        return lift(value)
    except UsageError:
        kind = type(value).__name__
        raise Unsupported(
            f"{_name(function)} returns a {kind}, not a number", help="return one expression of the arguments"
        ) from None


# --- ways through a function --------------------------------------------------------------


class Path:
    """One way through a function: the conditions that it met, and how it went on at each."""

    def __init__(self, decisions: tuple[bool, ...]) -> None:
        self.decisions = decisions
        self.conditions: list[Expr] = []
        self.truths: dict[int, bool] = {}

    def decide(self, condition: Expr) -> bool:
        """The way that this run takes; the same for the same condition. Raises LimitError in endless loops."""
        if condition.id not in self.truths:
            place = len(self.conditions)
            if place >= MAX_BRANCHES:
                raise LimitError(
                    f"a loop goes on for more than {MAX_BRANCHES:,} conditions on variables",
                    help="give it a fixed number of rounds",
                )
            self.conditions.append(condition)
            self.truths[condition.id] = self.decisions[place] if place < len(self.decisions) else True
        return self.truths[condition.id]


def explore(run: Callable[[], Expr]) -> Expr:
    """What a function computes on all its ways, put together by `where`.

    A way is run to its end with every new condition true; the other ways part from it at these conditions.
    """
    count = 0
    finished: dict[tuple[bool, ...], tuple[Expr, tuple[Expr, ...]]] = {}
    waiting: list[tuple[bool, ...]] = [()]
    while waiting:
        decisions = waiting.pop()
        count += 1
        if count > MAX_PATHS:
            raise LimitError(
                f"there are more than {MAX_PATHS} ways through the function", help="use dcalc.where in the place of if"
            )
        path = Path(decisions)
        token = TRACE.set(path)
        try:
            value = run()
        finally:
            TRACE.reset(token)
        way = tuple(path.truths.values())
        finished[way] = (value, tuple(path.conditions))
        waiting += [(*way[:place], False) for place in range(len(decisions), len(way))]
    return _join(finished)


def _join(finished: dict[tuple[bool, ...], tuple[Expr, tuple[Expr, ...]]]) -> Expr:
    """The ways that part last are joined first, until one is left."""
    while len(finished) > 1:
        longest = max(finished, key=len)
        pair = [(*longest[:-1], truth) for truth in (True, False)]
        (first, conditions), (second, _) = (finished.pop(way) for way in pair)
        condition = conditions[len(longest) - 1]
        value = first if first is second else make(table.WHERE, condition, first, second)
        finished[longest[:-1]] = (value, conditions)
    ((value, _),) = finished.values()
    return value


# --- names that stand for dcalc's functions -----------------------------------------------


class Rebinding:
    """Copies of Python functions whose `math`, `max` and `min` take expressions; each function is copied once."""

    def __init__(self) -> None:
        self.functions = math_functions()
        self.copies: dict[int, tuple[Any, Any]] = {}
        self.originals = {id(vars(math)[name]): call for name, call in self.functions.items()}

    def rebind(self, value: Any) -> Any:
        """The copy of a function or module; anything else is itself."""
        pair = self.copies.get(id(value))
        if pair is not None:
            return pair[1]
        copy = self._copy(value)
        self.copies.setdefault(id(value), (value, copy))  # the original lives on, so that its id is its own
        return self.copies[id(value)][1]

    def _copy(self, value: Any) -> Any:
        if isinstance(value, BuiltinFunctionType):
            return self.originals.get(id(value), self._builtin(value))
        if value is math:
            return _Names(value, self._of_math)
        if isinstance(value, ModuleType):
            return (
                value
                if _is_left_alone(value.__name__)
                else _Names(value, lambda name: self.rebind(getattr(value, name)))
            )
        if isinstance(value, FunctionType):
            return value if _is_left_alone(value.__module__ or "") else self._function(value)
        if isinstance(value, MethodType):
            return MethodType(self.rebind(value.__func__), self._instance(value.__self__))
        if isinstance(value, functools.partial):
            return functools.partial(self.rebind(value.func), *value.args, **value.keywords)
        inner = getattr(value, "__wrapped__", None)
        if isinstance(inner, FunctionType) and callable(value):  # functools.cache and its kin
            return self.rebind(inner)
        call = vars(type(value)).get("__call__")
        return MethodType(self.rebind(call), self._instance(value)) if isinstance(call, FunctionType) else value

    def _instance(self, value: Any) -> Any:
        """An object with the same attributes whose methods are rebound, as `self` of a method."""
        kind = type(value)
        if isinstance(value, type) or _is_left_alone(kind.__module__) or not hasattr(value, "__dict__"):
            return value
        methods = {
            name: self.rebind(function)
            for base in reversed(kind.__mro__)
            for name, function in vars(base).items()
            if isinstance(function, FunctionType)
        }
        make: Callable[..., type] = type(kind)
        rebound = make(kind.__name__, (kind,), methods)
        twin: Any = object.__new__(rebound)
        twin.__dict__ = value.__dict__
        return twin

    def _of_math(self, name: str) -> Any:
        return self.functions.get(name, getattr(math, name))

    @staticmethod
    def _builtin(value: Any) -> Any:
        return _extreme(value) if value in (max, min) else value

    def _function(self, function: FunctionType) -> FunctionType:
        """A copy whose globals hold the names that its code mentions, rebound."""
        names: dict[str, Any] = {"__builtins__": builtins}
        cells = function.__closure__
        copy = FunctionType(
            function.__code__, names, function.__name__, function.__defaults__,
            None if cells is None else tuple(CellType() for _ in cells),
        )  # fmt: skip
        copy.__kwdefaults__ = function.__kwdefaults__
        self.copies[id(function)] = (function, copy)  # before its names are looked at: it may call itself
        for name in mentioned(function.__code__):
            if name in function.__globals__:
                names[name] = self.rebind(function.__globals__[name])
            elif name in ("max", "min"):
                names[name] = self.rebind(getattr(builtins, name))
        for cell, original in zip(copy.__closure__ or (), cells or (), strict=True):
            try:
                cell.cell_contents = self.rebind(original.cell_contents)
            except ValueError:  # a name that is bound later than the function was made
                continue
        return copy


class _Names:
    """A module, its functions rebound where they are asked for."""

    def __init__(self, module: ModuleType, look_up: Callable[[str], Any]) -> None:
        self._module = module
        self._look_up = look_up

    def __getattr__(self, name: str) -> Any:
        return self._look_up(name)


def mentioned(code: CodeType) -> Iterator[str]:
    """The names of globals and attributes in code, and in the functions that it makes."""
    waiting = [code]
    while waiting:
        one = waiting.pop()
        yield from one.co_names
        waiting += [const for const in one.co_consts if isinstance(const, CodeType)]


def _is_left_alone(module: str) -> bool:
    return module.partition(".")[0] in _LEFT_ALONE


def _extreme(original: Callable[..., Any]) -> Callable[..., Any]:
    """`max` or `min`, which is dcalc's where an expression is among the arguments."""
    own = look_up(original.__name__)

    def call(*args: Any, **options: Any) -> Any:
        values = list(args[0]) if len(args) == 1 and isinstance(args[0], Iterable) else list(args)
        if not options and len(values) > 1 and any(isinstance(value, Expression | Condition) for value in values):
            return own(*values)
        return original(*args, **options)

    return call
