"""Other people's engines: how one is imported, asked, and understood.

An engine is asked as its users ask it, for the expression as typed. Its failures become `unsupported` or a result
without a value, in words; none is imported before it is asked for.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, reduce
from importlib import import_module
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.coordinates import at_doubles
from dcalc.errors import Unsupported
from dcalc.expr import Expr, is_leaf, make, number, walk
from dcalc.numbers.real import evaluate_all
from dcalc.problem import Capabilities, Problem, Result

FAILURES = (ArithmeticError, AttributeError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What libraries raise where they cannot do something."""
_LONGEST = 120


class Answer(NamedTuple):
    """A number of an engine, the error that it claims for itself, and how often it evaluated f."""

    value: float
    error_bound: float | None = None
    evaluations: int = 1
    note: str = ""


class Engine(NamedTuple):
    """What a backend knows of its library.

    ``load`` imports it; ``derive`` gives the derivative by ``problem.wrt`` at a point, and ``gradient`` those by each
    name, where the library finds them in one sweep.
    """

    name: str
    capabilities: Capabilities
    load: Callable[[], Library]
    derive: Callable[[Program, Problem, Mapping[str, float]], Answer]
    gradient: Callable[[Program, Problem, Mapping[str, float]], list[Answer]] | None = None

    @property
    def title(self) -> str:
        """What the library calls itself."""
        return self.capabilities.title

    def differentiate(self, problem: Problem) -> Result:
        """The derivative as the engine finds it. Raises Unsupported."""
        self.check(problem)
        return self.answer_parts(problem, lambda *question: [self.derive(*question)])[0]

    def find_gradient(self, problem: Problem) -> list[Result]:
        """The derivatives by each name, in one sweep where the engine has one. Raises Unsupported."""
        if self.gradient is None:
            return [self.differentiate(part) for part in problem.parts()]
        self.check(problem)
        return self.answer_parts(problem, self.gradient)

    def check(self, problem: Problem) -> None:
        """Raise Unsupported for an order, variables or a precision that the engine does not take on."""
        if not self.capabilities.cover(problem):
            raise Unsupported(f"{self.title} is asked for orders {self.capabilities}", help="use --backend reference")

    def answer_parts(
        self, problem: Problem, ask: Callable[[Program, Problem, Mapping[str, float]], list[Answer]]
    ) -> list[Result]:
        """What the engine says, as results."""
        point = dict.fromkeys(problem.wrt, 0.0) | at_doubles(problem.at)
        program = self.program(problem.root)
        try:
            with quiet():
                answers = ask(program, problem, point)
        except ZeroDivisionError:
            return [
                Result(self.name, None, "undefined", reason=self.explain_failure(part, point, "divides by 0"))
                for part in problem.parts()
            ]
        except FAILURES as error:
            raise Unsupported(f"{self.title}: {describe_failure(error)}", help="use --backend reference") from None
        notes = describe_rows(program)
        results = []
        for answer, part in zip(answers, problem.parts(), strict=True):
            result = Result.from_double(self.name, answer.value, evaluations=answer.evaluations)
            own = (*notes, *((answer.note,) if answer.note else ()))
            if math.isnan(answer.value):
                result = result.replace(reason=self.explain_failure(part, point, "gives nan"))
            results.append(result.replace(error_bound=answer.error_bound, notes=own))
        return results

    def program(self, root: Expr) -> Program:
        """The expression in the functions of the library. Raises Unsupported."""
        return _program(self.load, root)

    def explain_failure(self, problem: Problem, point: Mapping[str, float], what: str) -> str:
        """Why there is no number: a branch of `where` that is not taken, or what the library does not say."""
        pruned = keep_taken_branches(problem.root, point)
        if pruned is not problem.root:
            try:
                with quiet():
                    value = self.derive(self.program(pruned), problem.replace(root=pruned), point).value
            except (*FAILURES, Unsupported):
                value = math.nan
            if math.isfinite(value):
                return f"{self.title} {what} in the branch of where that is not taken; without it, {value!r}"
        return f"{self.title} {what}"


@lru_cache(maxsize=16)
def _program(load: Callable[[], Library], root: Expr) -> Program:
    return Program(root, load())


def import_library(name: str, title: str, extra: str) -> Any:
    """A module of a library. Raises Unsupported, with the line that installs it, where it is missing."""
    try:
        return import_module(name)
    except ImportError as error:
        missing = name.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != missing:  # it is there, but does not load
            raise Unsupported(f"{title} cannot be imported: {error}", help=f"pip install 'dcalc[{extra}]'") from None
        raise not_installed(title, extra) from None


def not_installed(title: str, extra: str) -> Unsupported:
    """The error for a library that is missing."""
    return Unsupported(f"{title} is not installed", help=f"pip install 'dcalc[{extra}]'")


@contextmanager
def quiet() -> Iterator[None]:
    """Warnings of libraries about the numbers that the results are about are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def describe_failure(error: Exception) -> str:
    """The first line of what a library says."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    line = lines[0].strip()
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}..."


def describe_rows(program: Program) -> tuple[str, ...]:
    """A note on the functions that the library lacks."""
    names = ", ".join(dict.fromkeys(row.name for row in program.written_out if row.name in table.BY_NAME))
    return (f"{program.library.title} has no {names}: written out",) if names else ()


def real_number(value: Any) -> float:
    """A number of a library as a double; nan for a complex one."""
    if isinstance(value, complex):
        return value.real if not value.imag else math.nan
    return float(value)


def keep_taken_branches(root: Expr, point: Mapping[str, float]) -> Expr:
    """The expression without the branches of `where` that are not taken at a point."""
    choices = [node for node in walk(root) if node.op is table.WHERE]
    if not choices:
        return root
    one, zero = number(1), number(0)
    holds = evaluate_all([make(table.WHERE, choice.args[0], one, zero) for choice in choices], point)
    taken = {choice.id: 1 if held else 2 for choice, held in zip(choices, holds, strict=True)}
    images: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            images[node.id] = node
        elif node.id in taken:
            images[node.id] = images[node.args[taken[node.id]].id]
        else:
            images[node.id] = make(node.op, *[images[arg.id] for arg in node.args])
    return images[root.id]


# --- Expressions as functions of NumPy arrays, for libraries that take differences of them.


def load_numpy(title: str, extra: str) -> Library:
    """NumPy and SciPy's special functions, for a library that needs both. Raises Unsupported."""
    import_library(extra, title, extra)
    numpy = import_library("numpy", title, extra)
    modules = {"np": numpy, "special": import_module("scipy.special")}
    operations = {table.WHERE: numpy.where, table.AND: numpy.logical_and, table.OR: numpy.logical_or,
                  table.NOT: numpy.logical_not,
                  table.LOGSUMEXP: lambda *args: reduce(numpy.logaddexp, args)}  # fmt: skip
    return Library(title, "scipy", modules, operations)


def array_function(
    program: Program, point: Mapping[str, float], names: Sequence[str], *, is_vector: bool = False
) -> Callable[[Any], Any]:
    """The expression as a function of an array: of one variable, or with the variables along its first axis."""
    numpy = import_module("numpy")

    def call(x: Any) -> Any:
        inputs = {**point, **dict(zip(names, x if is_vector else [x], strict=True))}
        shape = numpy.shape(x)[1:] if is_vector else numpy.shape(x)
        value = program(inputs)
        return value if numpy.shape(value) == shape else numpy.broadcast_to(numpy.asarray(value, dtype=float), shape)

    return call
