"""Programs: an expression and its derivatives as code of another language.

The folder is the registry: a file `NAME.py` here, with a `TARGET`, is `dcalc emit EXPR --target NAME`. What a
language calls the rows of the table stands in `dcalc.spellings`; what all targets do alike in `common`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from math import prod
from typing import NamedTuple

from dcalc import __version__
from dcalc.errors import Unsupported, UsageError
from dcalc.expr import Expr, variables
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers.real import evaluate_all
from dcalc.targets.common.arrange import arrange
from dcalc.targets.common.dialect import Argument, Call, Dialect, Precision, whole_matrix
from dcalc.targets.common.lowering import Kind, Lowering, sample_call
from dcalc.targets.common.quantities import (
    QUANTITIES,
    Function,
    Quantity,
    Stabiliser,
    add_partials,
    arguments,
    find_functions,
)

__all__ = ["QUANTITIES", "Argument", "Order", "Precision", "Product", "Quantity", "classify", "emit", "load", "names"]

_LONGEST = 300
"""The most characters of an expression in the head of a program."""
_WORD_LIMIT = 100


class Order(NamedTuple):
    """What is asked for: the target, the quantities, the variables to differentiate by, the name of the function.

    ``wrt`` are those of the derivative, ``among`` those of gradients and matrices. ``order`` is how often the
    derivative is taken by a single variable; ``plain`` leaves the expressions as they are. ``place`` is that of the
    program among several of one file, counted from 1, and ``helpers`` are the rows that have one before it there.
    The variables may be entries of ``arrays``, which are the arguments then; ``text`` is the expression in arrays.
    """

    target: str
    of: tuple[Quantity, ...] = ("f", "derivative")
    wrt: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    order: int = 1
    name: str = "f"
    precision: Precision = "float64"
    plain: bool = False
    place: int = 0
    helpers: frozenset[Row] = frozenset()
    arrays: tuple[Argument, ...] = ()
    text: str = ""


class Product(NamedTuple):
    """The text of a program, the functions in it, their arguments, the rewritings that were used, and the helpers."""

    text: str
    functions: tuple[Function, ...]
    arguments: tuple[str, ...]
    rewritings: tuple[str, ...]
    helpers: frozenset[Row] = frozenset()


def names() -> list[str]:
    """The targets, sorted. Imports none of them."""
    from pkgutil import iter_modules

    return sorted(module.name for module in iter_modules(__path__) if not module.ispkg)


def load(name: str, precision: Precision = "float64") -> Dialect:
    """A target. Raises UsageError, with did-you-mean, for an unknown name, and Unsupported for the precision."""
    known = names()
    if name not in known:
        from dcalc.text import unknown_name

        raise unknown_name("target", name, known)
    dialect: Dialect = import_module(f"dcalc.targets.{name}").TARGET()
    if precision not in dialect.precisions:
        raise Unsupported(f"{dialect.title} computes in float64 alone", help="leave --dtype out")
    dialect.precision = precision
    return dialect


def emit(roots: Sequence[Expr], order: Order, remarks: Sequence[str] = ()) -> Product:
    """The program for some expressions; ``remarks`` are further lines of its head.

    Raises Unsupported with the name of a function that the language lacks, UsageError where the quantities do not
    fit. Linear in the nodes of the expressions and of their derivatives.
    """
    dialect = load(order.target, order.precision)
    if order.arrays and not dialect.takes_arrays:
        raise Unsupported(f"{dialect.title} has no arrays here", help="choose --target c, or another one")
    check_name(order.name, dialect)
    stabiliser = Stabiliser(plain=order.plain, typeset=dialect.typeset)
    functions = find_functions(
        roots, order.of, order.wrt, order.among or order.wrt, order.order, order.name, stabiliser
    )
    names = [name for one in order.arrays for name in one.variables] or arguments(roots, (*order.wrt, *order.among))
    if dialect.attaches and len(roots) == 1 and "f" in order.of:
        functions = add_partials(functions, roots[0], names, order.name, stabiliser)
    header = [f"{dialect.comment} {line}" for line in _head(roots, order, dialect, stabiliser, remarks)]
    dialect.place, dialect.written = order.place, order.helpers
    text = dialect.render(functions, names, header, plain_form=order.plain or dialect.typeset, arrays=order.arrays)
    return Product(text, tuple(functions), tuple(names), tuple(stabiliser.used), frozenset(dialect.called))


def write_driven(
    product: Product, order: Order, points: Sequence[tuple[float, ...]]
) -> tuple[str, list[list[str]], str]:
    """A program that prints each number of each function at each point, the commands that run it, and its file.

    Raises Unsupported for a language that is not run.
    """
    dialect = load(order.target, order.precision)
    calls = [
        Call(
            dialect.function_name(each.name),
            prod(each.shape),
            each.shape,
            tuple(points),
            tuple(map(dialect.function_name, each.entries or (each.name,))),
            tuple(len(one.entries) for one in order.arrays),
        )
        for each in product.functions
    ]
    source = f"program.{dialect.suffix}"
    text = dialect.render(product.functions, product.arguments, [], plain_form=order.plain, arrays=order.arrays)
    return dialect.driven_head + text + "\n" + dialect.drive(calls), dialect.commands(source), source


def evaluate(product: Product, order: Order, point: Mapping[str, float]) -> list[list[float]]:
    """The numbers of each function at a point, in dcalc's own doubles, operation by operation as in the program."""
    dialect = load(order.target, order.precision)
    lowering = Lowering(dialect.title, dialect.native(), inline=True)
    values = []
    for function in product.functions:
        outputs = lowering.lower(whole_matrix(function))
        values.append(evaluate_all(outputs if order.plain else arrange(*outputs), point))
    return values


def check_name(name: str, dialect: Dialect) -> None:
    """Raise UsageError for what cannot be the name of a function."""
    if not (name.isascii() and name.isidentifier()) or len(name) > _WORD_LIMIT or name.startswith("_"):
        raise UsageError(
            f"--name must be a name of ASCII letters, digits and _, not {name[:40]!r}", help="write --name loss"
        )
    known = {*dialect.keywords, *dialect.globals, *map(dialect.same_case, dialect.words_in_use(()))}
    if dialect.same_case(name) in known:
        raise UsageError(f"{name} has a meaning in {dialect.title}", help=f"write --name {name}_")


def _head(
    roots: Sequence[Expr], order: Order, dialect: Dialect, stabiliser: Stabiliser, remarks: Sequence[str]
) -> list[str]:
    """The lines above the code: what it is, how it was rewritten, and what would break it."""
    lines = []
    for number, root in enumerate(roots, 1):
        if order.text:
            break
        label = f"{order.name}{number}" if len(roots) > 1 else order.name
        lines.append(f"{label} = {_cut(root)}")
    lines += [f"{order.name} = {order.text}"] if order.text else []
    lines.append(f"written by dcalc {__version__}: dcalc emit --target {order.target}{' --plain' * order.plain}")
    lines += [f"stable form: {title}" for title in stabiliser.used]
    if not dialect.typeset:
        lines.append(dialect.warning)
    if not dialect.is_tested:
        lines.append(f"untested: dcalc's own tests do not run {dialect.title}")
    return [*lines, *remarks]


def _cut(root: Expr) -> str:
    from dcalc.expr import walk

    if len(walk(root)) > _LONGEST:
        return f"an expression of {len(walk(root)):,} parts"
    text = write(root).replace("\n", " ")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


class Helpers(NamedTuple):
    """A program, and the rows that its functions stand for, by their names."""

    text: str
    rows: Mapping[str, Row]


def render_helpers(row: Row, target: str, *, is_plain: bool) -> Helpers:
    """A program that calls a row, with all helpers that it needs. Raises Unsupported."""
    dialect = load(target)
    call = sample_call(row)
    text = dialect.render([Function("f", "f", (call,))], variables(call), [], plain_form=is_plain)
    return Helpers(text, {**{dialect.helper_name(each): each for each in dialect.called}, **dialect.written_functions})


@cache
def _dialect(name: str) -> Dialect:
    return load(name)


def classify(row: Row, target: str) -> Kind:
    """How a target has a row: native, written out by its body, by a helper, or refused."""
    return _dialect(target).lowering.classify(row)
