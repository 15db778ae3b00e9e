"""Python functions of numbers, read as expressions: they are run on variables, and what they do is written down.

Operators and NumPy's functions reach expressions by Python's own protocols. The functions of `math` do not, nor
do `max`, `float` and their kin: the function is run with copies of its globals and builtins in which these names
stand for dcalc's, so that nothing is patched that other threads see. Where a branch depends on a variable, each
way is run, and `where` puts them together. What a variable cannot follow is refused, even where code hides the
refusal: a wrong expression would be worse than none.
"""

from __future__ import annotations

import builtins
import dis
import functools
import inspect
import itertools
import math
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, TypeVar

from dcalc import functions as table
from dcalc.api.derivatives import check_names
from dcalc.api.expression import TRACE, Condition, Expression, lift
from dcalc.api.mathematics import look_up, math_functions
from dcalc.errors import DcalcError, LimitError, Unsupported, UsageError
from dcalc.expr import Expr, make, symbol

T = TypeVar("T")
MAX_PATHS = 256
"""Ways through a function: each is run once."""
MAX_BRANCHES = 1_000
"""Conditions on one way: more are a loop whose end depends on a variable."""
_LEFT_ALONE = {"dcalc", "numpy", "scipy", "torch", "jax", "sympy", *sys.stdlib_module_names}
"""Modules whose functions are run as they are."""
_HARMLESS = {"ImportError", "ModuleNotFoundError", "KeyError", "IndexError", "StopIteration"}
"""Errors that no arithmetic on numbers raises, so that code which catches them does the same with variables."""


def from_function(function: Callable[..., object], *names: str) -> Expression:
    """The expression that a Python function of numbers computes.

    The parameters without a default are the variables; ``names`` names them where they cannot be read from the
    function, as those of NumPy's. It may use operators, `abs`, `max`, `min`, `math`, functions of NumPy and of
    dcalc, other Python functions, loops, and branches on conditions. Raises Unsupported where it does something
    else with a variable (turns it into text, looks it up in a set, catches an error of arithmetic), or where two
    runs of it differ; LimitError where there are too many ways through it. Cost: one run for each way, and one.
    """
    variables = check_names(names) or parameters(function)
    traced = Rebinding().rebind(function)

    def run() -> Expr:
        with _refusing(function):
            return _read_value(function, traced(*(Expression(symbol(name)) for name in variables)))

    if _follow(run, Path(())) is not _follow(run, Path(())):
        raise Unsupported(
            f"{_name(function)} computes something else each time", help="leave random numbers and counters out of it"
        )
    return Expression(explore(run))


def explore_values(
    function: Callable[..., Any], names: tuple[str, ...], read: Callable[[Any], dict[str, Expr]]
) -> dict[str, Expr]:
    """Several expressions that a function returns at once, as ``read`` takes them from its result."""
    traced = Rebinding().rebind(function)
    variables = [Expression(symbol(name)) for name in names]

    def run() -> dict[str, Expr]:
        with _refusing(function):
            return read(traced(*variables))

    keys = list(_follow(run, Path(())))
    return {key: explore(lambda key=key: run()[key]) for key in keys}  # type: ignore[misc]  # mypy #1484


def _follow(run: Callable[[], T], path: Path) -> T:
    """What a run gives on a path. Raises what the path refused, even where the code went on after it."""
    token = TRACE.set(path)
    try:
        value = run()
    finally:
        TRACE.reset(token)
    if path.refusal is not None:
        raise path.refusal
    return value


@contextmanager
def _refusing(function: Any) -> Iterator[None]:
    """Errors of traced code, such as the TypeError of what takes no expressions, become refusals."""
    try:
        yield
    except DcalcError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise Unsupported(
            f"{_name(function)}, run on variables, raises {reason}",
            help="use operators, and functions of math, NumPy or dcalc; take one parameter for each number",
        ) from error


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
        self.refusal: DcalcError | None = None

    def refuse(self, error: DcalcError) -> None:
        """Remember that something was asked of a variable that it cannot answer."""
        self.refusal = self.refusal or error

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
        value = _follow(run, path)
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
    """Copies of functions, and of what holds functions, whose `math`, `max` and kin take expressions.

    Each object is copied once, so that what is identical stays so. The originals are not touched.
    """

    def __init__(self) -> None:
        self.functions = math_functions()
        self.copies: dict[int, tuple[Any, Any]] = {}
        self.originals = {id(vars(math)[name]): call for name, call in self.functions.items()}
        self.originals |= {id(max): _extreme(max), id(min): _extreme(min), id(isinstance): _is_instance}
        self.builtins = {name: self.originals.get(id(value), value) for name, value in vars(builtins).items()}
        self.builtins["__import__"] = self._import

    def rebind(self, value: Any) -> Any:
        """The copy of a function, or of a module, class, object or container that holds some; else the value."""
        pair = self.copies.get(id(value))
        if pair is not None:
            return pair[1]
        return self._keep(value, self._copy(value))

    def _keep(self, value: Any, copy: Any) -> Any:
        """Remember a copy; the original lives on beside it, so that its id is its own."""
        return self.copies.setdefault(id(value), (value, copy))[1]

    def _copy(self, value: Any) -> Any:
        match value:
            case BuiltinFunctionType():
                return self.originals.get(id(value), value)
            case ModuleType():
                return self._module(value)
            case FunctionType():
                return value if _is_left_alone(value.__module__ or "") else self._function(value)
            case MethodType():
                return MethodType(self.rebind(value.__func__), self.rebind(value.__self__))
            case functools.partial():
                named = {name: self.rebind(part) for name, part in value.keywords.items()}
                return functools.partial(self.rebind(value.func), *map(self.rebind, value.args), **named)
            case staticmethod() | classmethod():
                return type(value)(self.rebind(value.__func__))
            case property():
                return property(*(part and self.rebind(part) for part in (value.fget, value.fset, value.fdel)))
            case list() | tuple() | dict():
                return self._container(value)
            case type():
                return self._class(value)
        inner = getattr(value, "__wrapped__", None)
        if isinstance(inner, FunctionType) and callable(value):  # functools.cache and its kin
            return self.rebind(inner)
        return self._instance(value)

    def _container(self, value: Any) -> Any:
        """A list, tuple or dict of functions, such as a choice of activations."""
        if type(value) not in (list, tuple, dict):
            return value
        parts = value.values() if type(value) is dict else value
        copies = [self.rebind(part) for part in parts]
        if all(copy is part for copy, part in zip(copies, parts, strict=True)):
            return value
        return dict(zip(value, copies, strict=True)) if type(value) is dict else type(value)(copies)

    def _class(self, kind: type) -> type:
        """A subclass with its methods rebound; a class that watches over its subclasses is left as it is."""
        bases = [base for base in kind.__mro__ if not _is_left_alone(base.__module__)]
        if type(kind) not in (type, ABCMeta) or not bases or any("__init_subclass__" in vars(base) for base in bases):
            return kind
        methods = {
            name: self.rebind(part)
            for base in reversed(bases)
            for name, part in vars(base).items()
            if isinstance(part, FunctionType | staticmethod | classmethod | property)
        }
        make: Callable[..., type] = type(kind)
        return make(kind.__name__, (kind,), {"__module__": kind.__module__, **methods})

    def _instance(self, value: Any) -> Any:
        """An object of a rebound class, its attributes rebound, as `self` of a method."""
        kind = type(value)
        rebound = self.rebind(kind)
        if rebound is kind or not hasattr(value, "__dict__"):
            return value
        twin: Any = self._keep(value, object.__new__(rebound))  # before its attributes, which may point back
        twin.__dict__.update({name: self.rebind(part) for name, part in vars(value).items()})
        return twin

    def _import(self, *args: Any, **named: Any) -> Any:
        """What `import` in traced code gives."""
        return self.rebind(builtins.__import__(*args, **named))

    def _module(self, module: ModuleType) -> Any:
        if module is math:
            return _Names(math, lambda name: self.functions.get(name, getattr(math, name)))
        if module.__name__ == "numpy":
            return _Names(module, lambda name: _is_scalar if name == "isscalar" else getattr(module, name))
        if _is_left_alone(module.__name__):
            return module
        return _Names(module, lambda name: self.rebind(getattr(module, name)))

    def _function(self, function: FunctionType) -> Callable[..., Any]:
        """A copy whose globals hold the names that its code mentions, rebound."""
        names: dict[str, Any] = {"__builtins__": self.builtins, "__name__": function.__module__}
        code, cells = function.__code__, function.__closure__
        copy: Callable[..., Any] = FunctionType(
            code, names, function.__name__, None, None if cells is None else tuple(CellType() for _ in cells)
        )
        obstacle = find_obstacle(code)
        built, copy = copy, copy if obstacle is None else _guard(copy, obstacle)
        self._keep(function, copy)  # before its names are looked at: it may call itself
        built.__defaults__ = self.rebind(function.__defaults__)
        built.__kwdefaults__ = self.rebind(function.__kwdefaults__)
        for name in mentioned(code):
            if name in function.__globals__:
                names[name] = self.rebind(function.__globals__[name])
        for name in called_only(code, _CONVERSIONS):
            names.setdefault(name, _CONVERSIONS[name])
        for name, cell, original in zip(code.co_freevars, built.__closure__ or (), cells or (), strict=True):
            try:
                content = original.cell_contents
            except ValueError:  # a name that is bound later than the function was made
                continue
            cell.cell_contents = content if name == "__class__" else self.rebind(content)  # super() wants the original
        return copy


class _Names:
    """A module, its functions rebound where they are asked for."""

    def __init__(self, module: ModuleType, look_up: Callable[[str], Any]) -> None:
        self._module = module
        self._look_up = look_up

    def __getattr__(self, name: str) -> Any:
        return self._look_up(name)


def _is_left_alone(module: str) -> bool:
    return module.partition(".")[0] in _LEFT_ALONE


def _holds_expressions(args: Iterable[Any], kinds: Any = Expression | Condition) -> bool:
    parts = [part for arg in args for part in (arg if isinstance(arg, list | tuple) else (arg,))]
    return any(isinstance(part, kinds) for part in parts)


class Obstacle(NamedTuple):
    """What code does that goes another way on variables than on numbers, and what it should do instead.

    ``kinds`` are the arguments on which it may.
    """

    deed: str
    help: str
    kinds: Any = Expression | Condition


def _guard(function: Any, obstacle: Obstacle) -> Callable[..., Any]:
    """A function that refuses variables, on which it would go another way than on numbers, and say nothing."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if _holds_expressions([*args, *named.values()], obstacle.kinds):
            raise Unsupported(f"{function.__name__} {obstacle.deed}", help=obstacle.help)
        return function(*args, **named)

    return call


def _extreme(original: Callable[..., Any]) -> Callable[..., Any]:
    """`max` or `min`, which is dcalc's where an expression is among the arguments."""
    own = look_up(original.__name__)

    def call(*args: Any, **options: Any) -> Any:
        values = list(args[0]) if len(args) == 1 and isinstance(args[0], Iterable) else list(args)
        if not options and len(values) > 1 and _holds_expressions(values):
            return own(*values)
        return original(values, **options)

    return call


def _is_instance(value: Any, kinds: Any) -> bool:
    """`isinstance`, for which an expression is a float and a condition a bool."""
    if isinstance(value, Expression):
        return isinstance(value, kinds) or isinstance(0.0, kinds)
    return isinstance(value, kinds) or (isinstance(value, Condition) and isinstance(True, kinds))


def _is_scalar(value: Any) -> bool:
    """`numpy.isscalar`, which knows classes of numbers alone."""
    import numpy as np

    return isinstance(value, Expression | Condition) or bool(np.isscalar(value))


def _to_float(value: Any = 0.0) -> Any:
    return Expression(lift(value)) if isinstance(value, Expression | Condition) else float(value)


def _to_int(value: Any = 0, *base: Any) -> Any:
    if isinstance(value, Condition):
        return value.as_number()
    return math.trunc(value) if isinstance(value, Expression) else int(value, *base)


def _type_of(value: Any, *rest: Any) -> Any:
    if isinstance(value, Expression | Condition) and not rest:
        return float if isinstance(value, Expression) else bool
    return type(value, *rest)


_CONVERSIONS: dict[str, Callable[..., Any]] = {"float": _to_float, "int": _to_int, "type": _type_of}
"""Classes that traced code calls; where it also names them otherwise (`dtype=float`) they stay what they are."""


# --- what code does -----------------------------------------------------------------------


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Code, and that of the functions that it makes."""
    waiting = [code]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += [const for const in one.co_consts if isinstance(const, CodeType)]


def mentioned(code: CodeType) -> Iterator[str]:
    """The names of globals and attributes in code, and in the functions that it makes."""
    for one in _codes(code):
        yield from one.co_names


def called_only(code: CodeType, names: Iterable[str]) -> set[str]:
    """Those of the names of globals that the code calls, and does not use in any other way."""
    wanted = set(names) & set(mentioned(code))
    if not wanted:
        return wanted
    loads = [
        step
        for one in _codes(code)
        for step in dis.get_instructions(one)
        if step.argval in wanted and not step.opname.startswith("LOAD_CONST")
    ]
    return wanted - {step.argval for step in loads if step.opname != "LOAD_GLOBAL" or not (step.arg or 0) & 1}


_CATCHES = Obstacle(
    "catches errors, which numbers may raise and variables do not",
    "ask beforehand, as in: math.log(x) if x > 0 else 0.0",
)
_MATCHES = Obstacle("matches the class of a number, which variables do not have", "ask isinstance(x, float)")
_IDENTIFIES = Obstacle(
    "asks whether a condition is True or False, and conditions on variables are neither",
    "write if, without is and match",
)


def find_obstacle(code: CodeType) -> Obstacle | None:
    """The first reason for which code cannot be run on variables; None where there is none."""
    if catches_errors(code):
        return _CATCHES
    if _matches_numbers(code):
        return _MATCHES
    kinds = _find_identified(code)
    return None if kinds is None else _IDENTIFIES._replace(kinds=kinds)


def _matches_numbers(code: CodeType) -> bool:
    """Whether code has a class pattern such as `case float():`, which is looked up past `isinstance`."""
    steps = (list(dis.get_instructions(one)) for one in _codes(code))
    return any(
        step.opname == "MATCH_CLASS" and str(kind.argval) in _NUMBER_CLASSES
        for one in steps
        for kind, step in zip(one, one[2:], strict=False)
    )


_NUMBER_CLASSES = {"float", "int", "bool", "complex", "Number", "Real", "Complex", "floating", "float64"}


def _find_identified(code: CodeType) -> Any:
    """The kinds of arguments that code may compare with True or False by identity; None where it does not.

    What a name holds that the code never binds is an argument or a constant: of these only a condition does harm.
    """
    kinds: Any = None
    for one in _codes(code):
        steps = list(dis.get_instructions(one))
        bound = {step.argval for step in steps if step.opname.startswith("STORE_")}
        for left, right, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opname != "IS_OP" or not (_is_truth(left) or _is_truth(right)):
                continue
            other = left if _is_truth(right) else right
            if not other.opname.startswith("LOAD_") or other.opname == "LOAD_ATTR" or other.argval in bound:
                return Expression | Condition
            kinds = Condition
    return kinds


def _is_truth(step: dis.Instruction) -> bool:
    return step.opname.startswith("LOAD_") and isinstance(step.argval, bool)


def catches_errors(code: CodeType) -> bool:
    """Whether code has an `except`, or a `suppress`, for errors that arithmetic may raise."""
    if "suppress" in mentioned(code):
        return True
    for one in _codes(code):
        classes: list[str] = []
        for step, following in itertools.pairwise(dis.get_instructions(one)):
            if step.opname == "PUSH_EXC_INFO":
                classes = []
                if following.opname == "POP_TOP":  # a bare except
                    return True
            elif step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FAST", "LOAD_DEREF", "LOAD_ATTR"):
                classes.append(str(step.argval))
            elif step.opname in ("CHECK_EXC_MATCH", "CHECK_EG_MATCH"):
                if not classes or not set(classes) <= _HARMLESS:
                    return True
                classes = []
            elif step.opname.startswith(("STORE", "POP_TOP", "CALL", "PRECALL")):
                classes = []
    return False
