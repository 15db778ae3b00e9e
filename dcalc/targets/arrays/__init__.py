"""Functions of arrays as programs of array libraries: f and its derivatives, in the library's own operations.

A target of scalars that has arrays is one of `LIBRARIES`; its functions that are applied entry by entry, and the
helpers for those that it lacks, are those of the target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dcalc import __version__, targets
from dcalc.errors import Unsupported
from dcalc.functions import Row
from dcalc.targets.arrays.library import Library
from dcalc.targets.arrays.matrix_languages import Julia, Matlab
from dcalc.targets.arrays.program import find_length, write_body, write_steps
from dcalc.targets.arrays.python_libraries import Jax, SciPy, Torch
from dcalc.tensor.elementwise import instantiate_body
from dcalc.tensor.nodes import Node, list_lengths, replace_args, walk
from dcalc.tensor.plain import write
from dcalc.tensor.sizes import Dim, Shape, write_shape

if TYPE_CHECKING:
    from dcalc.tensor.typed import Step

LIBRARIES: dict[str, type[Library]] = {one.target: one for one in (Library, SciPy, Jax, Torch, Julia, Matlab)}
"""The targets that have arrays, by name."""


class ArrayFunction(NamedTuple):
    """A function of a program: its name, what it computes, and its results."""

    name: str
    title: str
    results: tuple[Node, ...]


class ArrayProduct(NamedTuple):
    """The text of a program, and the names of its arguments in order: variables, and lengths that none tells."""

    text: str
    arguments: tuple[str, ...]
    symbols: Mapping[str, str]


def load(target: str, *, idioms: Mapping[Row, str] | None = None) -> Library:
    """The array operations of a target. Raises UsageError for an unknown one, Unsupported for one without arrays.

    ``idioms`` are functions entry by entry that take the place of its own.
    """
    dialect = targets.load(target)
    if target not in LIBRARIES:
        raise Unsupported(
            f"{dialect.title} has no arrays here",
            help=f"choose one of --target {', '.join(sorted((*LIBRARIES, 'c', 'cpp', 'js', 'python', 'rust')))}",
        )
    return LIBRARIES[target](dialect, idioms=idioms)


def emit(
    functions: Sequence[ArrayFunction],
    variables: Mapping[str, Node],
    library: Library,
    header: Sequence[str] = (),
) -> ArrayProduct:
    """The program with some functions of the variables. Raises Unsupported with the name of what the library lacks.

    Linear in the length of the text.
    """
    dialect = library.dialect
    functions = [one._replace(results=tuple(map(_expand_choices, one.results))) for one in functions]
    shapes = {name: node.shape for name, node in variables.items()}
    lengths = _find_lengths(functions, shapes)
    free = [name for name in lengths if find_length(name, shapes) is None]
    arguments = (*variables, *free)
    names: dict[str, str] = {}
    texts: list[str] = []
    for _ in range(2):  # the first time tells which functions the program has beside those that are asked for
        taken = {one.name for one in functions} | dialect.words_in_use(library.lowered) | set(library.helpers)
        names = {name: dialect.identifier(name, taken) for name in (*variables, *lengths)}
        texts = []
        for function in functions:
            library.symbols = dict(names)
            library.arrays = set(variables)
            body = write_body(function.results, library, shapes)
            doc = _describe(function, {names[name]: shapes.get(name, ()) for name in arguments})
            given = [names[name] for name in arguments]
            texts.append(library.define(function.name, given, doc, body))
    helpers = [library.helpers[name] for name in library.called]
    text = library.assemble(header, [*_scalar_helpers(library), *helpers], texts)
    return ArrayProduct(text, arguments, names)


def _expand_choices(root: Node) -> Node:
    """A node in which functions that choose among their arguments are written out, as no library has them."""
    images: dict[Node, Node] = {}
    for node in walk(root):
        args = [images[arg] for arg in node.args]
        if isinstance(node.data, Row) and node.data.chooses:
            images[node] = instantiate_body(node.data, args)
        else:
            images[node] = replace_args(node, args)
    return images[root]


def write_typed(steps: Mapping[int, Step], variables: Mapping[str, Node], library: Library) -> str:
    """The program of a function `f` of the variables in order, operation by operation as it was typed.

    No text of the expression is in it: variables are called by their places. Raises as `emit` does.
    """
    shapes = {name: node.shape for name, node in variables.items()}
    library.symbols = {name: f"v{place}" for place, name in enumerate(variables)}
    library.arrays = set(variables)
    lengths = {size.name for shape in shapes.values() for size in shape if isinstance(size, Dim)}
    library.symbols.update((name, f"n{place}") for place, name in enumerate(sorted(lengths)))
    body = write_steps(steps, library, shapes)
    given = [f"v{place}" for place in range(len(variables))]
    function = library.define("f", given, ["f."], body)
    helpers = [library.helpers[name] for name in library.called]
    return "\n\n\n".join([*_scalar_helpers(library), *helpers, function]) + "\n"


def write_head(root: Node, target: str) -> list[str]:
    """The lines above a program: what it is, and where it comes from."""
    dialect = targets.load(target)
    lines = [f"f = {write(root)}", f"written by dcalc {__version__}: dcalc emit --target {target}"]
    lines.append("plain doubles, with no proof: dcalc grad --at gives certified values")
    return [f"{dialect.comment} {line}" for line in lines]


def _find_lengths(functions: Sequence[ArrayFunction], shapes: Mapping[str, Shape]) -> list[str]:
    """The names of all lengths, in the shapes of variables and in what is computed."""
    names = {size.name for shape in shapes.values() for size in shape if isinstance(size, Dim)}
    return sorted(names.union(*(list_lengths(*function.results) for function in functions)))


def _describe(function: ArrayFunction, shapes: Mapping[str, Shape]) -> list[str]:
    """What a function computes, and the shapes of its arguments and results."""
    title = function.title[:1].upper() + function.title[1:] if function.title.startswith("the ") else function.title
    given = "; ".join(f"{name}: {write_shape(shape)}" for name, shape in shapes.items())
    results = "; ".join(write_shape(node.shape) for node in function.results)
    return [f"{title}.", f"{given}. Returns {results}."]


def _scalar_helpers(library: Library) -> list[str]:
    """The functions entry by entry that the library lacks, each before those that call it. Raises Unsupported."""
    dialect = library.dialect
    routines = dialect.render_rows(list(library.lowered)) if library.lowered else []
    return ["\n".join(dialect.write_function(routine)) for routine in routines]
