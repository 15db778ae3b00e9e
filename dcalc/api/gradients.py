"""Gradients of JAX's and PyTorch's functions, held against the function's own program."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

from dcalc.analysis.untaken import find_poison
from dcalc.api.checks import Check, Counterexample, Framework, Truths, judge_formula, list_losses
from dcalc.api.expression import Expression
from dcalc.errors import DcalcError, UnknownVariable, Unsupported, UsageError
from dcalc.expr import Expr, variables
from dcalc.numbers import FLINT
from dcalc.numbers.real import evaluate
from dcalc.problem import Dtype, Result
from dcalc.text import count_noun

FRAMEWORKS: tuple[Framework, ...] = ("jax", "torch")
_DIGITS: dict[Dtype, float] = {"float64": 16.0, "float32": 7.2}
"""Decimal digits that numbers of a type have."""
_LEAST_TOLERANCE: dict[Dtype, float] = {"float64": 0.0, "float32": 1e-4}
_AROUND = 4.0
"""Formulas are compared as far as this multiple of a coordinate, and of 1, to either side of it."""
_MOST_HOLES = 6
_WORTH_TELLING = 1.5
"""Digits that are lost before a verdict names the operation."""
_DEPTH = 3
"""How far functions that a function calls are looked at for their library."""
_MOST_STABLE_NODES = 2_000


def framework_of(function: Callable[..., Any], at: object = None) -> Framework | None:
    """The library that a function computes with: told by its type, the point, and the names in its code."""
    for module in _modules(function, _DEPTH):
        root = module.partition(".")[0]
        if root in ("jax", "jaxlib"):
            return "jax"
        if root == "torch":
            return "torch"
    points = at.values() if isinstance(at, Mapping) else at if isinstance(at, list | tuple) else [at]
    roots = {type(value).__module__.partition(".")[0] for value in points}
    return "torch" if "torch" in roots else "jax" if roots & {"jax", "jaxlib"} else None


def _modules(function: Any, depth: int) -> Iterator[str]:
    """The modules that a callable comes from or mentions, its own type first."""
    yield from (base.__module__ for base in type(function).__mro__)
    owner = getattr(function, "__self__", None)
    yield from (base.__module__ for base in getattr(owner, "__mro__", ()))
    if isinstance(function, partial):
        yield from _modules(function.func, depth)
    function = getattr(function, "__wrapped__", function)
    if not isinstance(function, FunctionType) or not depth:
        return
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = {**function.__globals__, **{name: _content(cell) for name, cell in cells}}
    for name in _names(function.__code__):
        value = known.get(name)
        if isinstance(value, ModuleType):
            yield value.__name__
        elif value is not None:
            yield getattr(value, "__module__", None) or type(value).__module__
            if callable(value):
                yield from _modules(value, depth - 1)
    yield from (name for name in _names(function.__code__) if name in FRAMEWORKS)  # imported inside


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _names(code: CodeType) -> Iterator[str]:
    waiting = [code]
    while waiting:
        one = waiting.pop()
        yield from (*one.co_names, *one.co_freevars)
        waiting += [const for const in one.co_consts if isinstance(const, CodeType)]


def check_program_gradient(
    f: Callable[..., Any],
    gradient: Callable[..., Any] | None,
    at: object,
    framework: Framework,
    wrt: Sequence[str] | None,
    tol: float,
) -> Check:
    """The verdict on the gradient of a function of a framework: its own, or code of the same framework."""
    try:
        claim = ProgramGradient(f, gradient, at, framework, wrt)
    except Unsupported as error:
        return Check("unreadable", error.message)
    return claim.judge(tol)


class ProgramGradient:
    """A function read as an expression, its gradient as code, and as formulas where that can be read as well."""

    def __init__(
        self,
        f: Callable[..., Any],
        gradient: Callable[..., Any] | None,
        at: object,
        framework: Framework,
        wrt: Sequence[str] | None,
    ) -> None:
        self.library: Any = import_module(f"dcalc.api.programs.{framework}")
        self.title: str = self.library.TITLE
        args = read_arguments(f, at)
        self.arguments = self.library.make_arguments(f, args)
        self.typed = {dtype: self.library.make_arguments(f, args, dtype) for dtype in _DIGITS}
        self.function = Expression(self.library.read(f, args)[0])
        if self.library.read(f, args)[0] is not self.function.node:
            raise Unsupported("the function is another one each time it is called: it is random, or keeps a state")
        self.order: list[str] = self.arguments.variables
        self.names = tuple(wrt) if wrt is not None else tuple(self.order)
        if foreign := [name for name in self.names if name not in self.order]:
            raise UnknownVariable(f"the function has no variable {foreign[0]}", help=f"it has {', '.join(self.order)}")
        self.point = self.arguments.values()
        if bad := [name for name, value in self.point.items() if not math.isfinite(value)]:
            raise UsageError(f"{bad[0]} is not a finite number", help="give a finite point")
        self.code = self.library.own_gradient(f) if gradient is None else gradient
        self.is_own = gradient is None

    def judge(self, tol: float) -> Check:
        """The formula first, then the numbers: a number may be wrong where the formula is right, and never the other
        way round."""
        truths = Truths(self.function, self.names, dict(self.point))
        dtype, numbers = self.best_numbers()
        if (lacking := truths.lacking) is not None:
            return self._name_convention(lacking, truths, numbers)
        tol = max(tol, _LEAST_TOLERANCE[dtype])
        claims = self.claims()
        if claims is None:
            compared = truths.compare(numbers, tol)
            return compared if compared else self._settle_numbers(compared, truths, tol)
        formula = self.compare_formulas(claims)
        if formula.verdict == "no":
            return self._explain_nan(formula)
        digits = self.digits(truths, dtype, numbers)
        with FLINT:
            losses = list_losses(claims, dict(self.point))
        compared = truths.compare(numbers, tol)
        stable = self._stable_form(losses)
        if compared:
            sentence = f"{formula.sentence}; {_describe_digits(digits)}"
            return replace(formula, sentence=sentence, losses=losses, digits=digits, stable=stable)
        most = _DIGITS[dtype]
        lost = f"{most - digits[dtype]:.0f} of {most:.0f} digits are lost in {dtype}"
        sentence = f"the formula is right, but {lost}: {compared.sentence.removeprefix('no: ')}"
        inaccurate = replace(compared, verdict="inaccurate", sentence=sentence)
        inaccurate = replace(inaccurate, losses=losses, digits=digits, stable=stable)
        return self._explain_nan(inaccurate)

    def compare_formulas(self, claims: Mapping[str, Expr]) -> Check:
        """The verdict on the gradient's formulas, at the point and around it.

        Where f itself has no value, as at a hole that continuity fills, a formula need not have one: the points are
        then taken on this side of it.
        """
        within = {*self.function.variables, *variables(*claims.values())}
        around = {name: _AROUND * (1 + abs(value)) for name, value in self.point.items() if name in within}
        box = {name: (self.point[name] - width, self.point[name] + width) for name, width in around.items()}
        formula = judge_formula(self.function, self.names, claims, dict(self.point), is_code=True, over=box or None)
        for _ in range(_MOST_HOLES):
            hole = None if formula.verdict != "no" else self.find_hole(formula.counterexample)
            if hole is None:
                return formula
            name, place = hole
            low, high = box[name]
            middle = (place + self.point[name]) / 2
            box[name] = (middle, high) if place < self.point[name] else (low, middle)
            formula = judge_formula(self.function, self.names, claims, dict(self.point), is_code=True, over=box or None)
        return replace(formula, verdict="unresolved", sentence="not decided: f has many holes around the point")

    def find_hole(self, example: Counterexample | None) -> tuple[str, float] | None:
        """A variable and its value, where a counterexample is at a point at which f has no value in doubles."""
        if example is None or isinstance(example.claimed, float):
            return None
        at = {name: _as_double(value) for name, value in example.at.items()}
        place = {**self.point, **at}
        if math.isfinite(self.evaluate(place)):
            return None
        moved = [name for name in at if at[name] != self.point[name]]
        mended = [name for name in moved if math.isfinite(self.evaluate({**place, name: self.point[name]}))]
        return next(((name, at[name]) for name in (*mended, *moved)), None)

    def evaluate(self, at: Mapping[str, float]) -> float:
        """f in doubles."""
        return evaluate(self.function.node, at)

    # --- what is claimed -----------------------------------------------------------------------

    def claims(self) -> dict[str, Expr] | None:
        """The gradient's own program as formulas, by variable; None where it cannot be read."""
        try:
            nodes = self.library.read_all(self.code, self.arguments)
        except DcalcError:
            return None  # its numbers are compared
        if len(nodes) != len(self.order):
            raise _miscounted(len(nodes), self.order)
        return {name: node for name, node in zip(self.order, nodes, strict=True) if name in self.names}

    def best_numbers(self) -> tuple[Dtype, dict[str, Any]]:
        """What the gradient computes at the point in float64, or in float32 where the function knows only that."""
        double = self.numbers("float64")
        if any(isinstance(value, str) for value in double.values()):
            single = self.numbers("float32")
            if not any(isinstance(value, str) for value in single.values()):
                return "float32", single
        return "float64", double

    def numbers(self, dtype: Dtype) -> dict[str, Any]:
        """What the gradient computes at the point in a precision, by variable; text where it fails."""
        try:
            values = self.library.compute(self.code, self.typed[dtype], self.point, dtype)
        except DcalcError:
            raise
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything
            return dict.fromkeys(self.names, f"{type(error).__name__}: {error}")
        if len(values) != len(self.order):
            raise _miscounted(len(values), self.order)
        return {name: value for name, value in zip(self.order, values, strict=True) if name in self.names}

    # --- verdicts ------------------------------------------------------------------------------

    def digits(self, truths: Truths, dtype: Dtype, numbers: Mapping[str, Any]) -> dict[Dtype, float]:
        """The right digits of the worst component, in each precision that the function computes in."""
        from dcalc.coordinates import round_to_single

        known = {dtype: _right_digits(truths.results, numbers, _DIGITS[dtype])}
        if dtype == "float32":
            return known
        try:
            rounded = {name: round_to_single(value) for name, value in self.point.items()}
        except UsageError:  # the point is beyond single precision
            return known
        there = truths if rounded == self.point else Truths(self.function, self.names, dict(rounded))
        self.point, double = rounded, self.point
        try:
            single = self.numbers("float32")
        finally:
            self.point = double
        if any(isinstance(value, str) for value in single.values()) or there.lacking is not None:
            return known
        return {**known, "float32": _right_digits(there.results, single, _DIGITS["float32"])}

    def _explain_nan(self, verdict: Check) -> Check:
        """A gradient without a number, where a branch that is not taken is to blame: no formula of it is wrong."""
        example = verdict.counterexample
        claimed = None if example is None else example.claimed
        if example is None or (isinstance(claimed, float) and math.isfinite(claimed)):
            return verdict
        at = {name: _as_double(value) for name, value in example.at.items()}
        poison = find_poison(self.function.node, self.names, at) if set(at) >= set(self.function.variables) else None
        if poison is None:
            return verdict
        where = ", ".join(f"{name} = {value!r}" for name, value in at.items())
        return replace(verdict, verdict="inaccurate", slip=None, sentence=f"at {where} {poison.sentence}")

    def _name_convention(self, lacking: Check, truths: Truths, numbers: Mapping[str, Any]) -> Check:
        """A point without a derivative, with the number that the framework gives all the same."""
        name = next(name for name, result in truths.results.items() if result.value is None)
        number = numbers.get(name)
        if lacking.verdict != "no_derivative" or not isinstance(number, float):
            return lacking
        whose = "the gradient" if not self.is_own else self.title
        is_kink = truths.results[name].status == "not_differentiable"
        whose = f"{whose}, by its convention," if self.is_own and is_kink else whose
        return replace(lacking, sentence=f"{lacking.sentence}; {whose} gives {number!r} there")

    def _settle_numbers(self, compared: Check, truths: Truths, tol: float) -> Check:
        """Numbers of code that cannot be read are wrong if they are so nearby as well, where little cancels."""
        for shift in (0.37, -0.21, 0.11):
            near = {name: value + shift * (1 + abs(value)) for name, value in self.point.items()}
            there = Truths(self.function, self.names, dict(near))
            if there.lacking is not None:
                continue
            self.point, point = near, self.point
            try:
                numbers = self.numbers("float64")
            finally:
                self.point = point
            if there.compare(numbers, tol):
                sentence = f"right at points nearby, but not here: {compared.sentence.removeprefix('no: ')}"
                return replace(compared, verdict="inaccurate", sentence=sentence)
        return compared

    def _stable_form(self, losses: Sequence[Any]) -> str | None:
        """The function in a form that keeps digits, where one is known."""
        from dcalc.expr import walk
        from dcalc.stable import stable

        if not losses or losses[0].digits < _WORTH_TELLING or len(walk(self.function.node)) > _MOST_STABLE_NODES:
            return None
        better = stable(self.function.node)
        return None if better is self.function.node else str(Expression(better))


def _as_double(value: object) -> float:
    """A coordinate of a counterexample, which is a node or a text where it is an exact constant."""
    if isinstance(value, int | float):
        return float(value)
    from dcalc.parser import parse

    return evaluate(value if isinstance(value, Expr) else parse(str(value)).root, {})


def _miscounted(count: int, names: Sequence[str]) -> UsageError:
    """The error for a gradient with another number of parts than the function has variables."""
    return UsageError(
        f"the gradient has {count_noun(count, 'part')}, and f has the variables {', '.join(names)}",
        help="return one for each",
    )


def _right_digits(truths: Mapping[str, Result], numbers: Mapping[str, Any], most: float) -> float:
    worst = most
    for name, result in truths.items():
        number = numbers.get(name)
        if result.value is None:
            continue
        if not isinstance(number, float) or not math.isfinite(number):
            return 0.0
        error = abs(number - result.value) / (abs(result.value) or 1.0)
        worst = min(worst, -math.log10(error) if error else most)
    return round(max(0.0, worst), 1)


def _describe_digits(digits: Mapping[Dtype, float]) -> str:
    parts = [f"{dtype} has {count:.0f} of {_DIGITS[dtype]:.0f} digits" for dtype, count in digits.items()]
    return " and ".join(parts)


def read_arguments(function: Callable[..., Any], at: object) -> list[Any]:
    """The arguments that a point stands for: by the names of the parameters, or in their order.

    Whole numbers of a point are floats: the point is where the derivative is taken. Raises UnknownVariable, UsageError.
    """
    if isinstance(at, Mapping):
        from dcalc.api.programs.traced_arrays import parameter_names

        names = parameter_names(function, len(at))
        if set(names) != set(at):
            raise UnknownVariable(
                f"the function has the parameters {', '.join(names)}, and the point {', '.join(map(str, at))}",
                help="give a value for each parameter",
            )
        values = [at[name] for name in names]
    else:
        values = list(at) if isinstance(at, list | tuple) else [at]
    return [float(value) if type(value) is int else value for value in values]
