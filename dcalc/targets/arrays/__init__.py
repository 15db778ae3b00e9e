"""Functions of arrays as programs of array libraries: f and its derivatives, in the library's own operations.

A target of scalars that has arrays is one of `LIBRARIES`; its functions that are applied entry by entry, and the
helpers for those that it lacks, are those of the target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from dcalc import __version__, targets
from dcalc.errors import Unsupported
from dcalc.functions import Row
from dcalc.targets.arrays.library import EINSUM, Body, Jax, Library, SciPy, Torch, mentions
from dcalc.targets.arrays.matrix_languages import Julia, Matlab
from dcalc.targets.common.blocks import fresh_names
from dcalc.tensor.elementwise import instantiate_body
from dcalc.tensor.forms import (
    Form,
    Look,
    NoMatrixForm,
    call_form,
    form_of,
    length_form,
    name_form,
    power_form,
    term_form,
)
from dcalc.tensor.nodes import Kind, Node, list_lengths, replace_args, walk
from dcalc.tensor.plain import write
from dcalc.tensor.reader import Step, placeholder_name
from dcalc.tensor.sizes import Dim, Shape, Size, write_shape

if TYPE_CHECKING:
    from dcalc.tensor.reader import Step


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


# --- From nodes to the lines of functions: what is used twice gets a name, what has no formula is an Einstein sum.


class Statement(NamedTuple):
    """A part that has a name: its formula, or the pieces of an Einstein sum."""

    name: str
    form: Form


def write_body(roots: Sequence[Node], library: Library, shapes: Mapping[str, Sequence[Size]]) -> Body:
    """The lines that compute some nodes, and their results.

    ``shapes`` are those of the variables, whose names in the program stand in the ``symbols`` of the library. Raises
    Unsupported for what the library lacks. Linear in the length of the text.
    """
    taken = {*library.symbols.values(), *library.dialect.words_in_use(())}
    fresh = fresh_names(taken)
    uses = Counter(arg for node in walk(*roots) for arg in dict.fromkeys(node.args))
    uses.update(roots)
    forms: dict[Node, Form] = {}
    statements: list[Statement] = []
    for node in walk(*roots):
        try:
            form = form_of(node, forms, has_ranges=True)
        except NoMatrixForm:
            form = _einsum_form(node, forms, library)
        if _is_named(form, uses[node]):
            name = next(fresh)
            statements.append(Statement(name, form))
            library.symbols[name] = name
            library.arrays.add(name)
            form = name_form(name, node.rank)
        forms[node] = form._replace(symmetric=True) if node.is_symmetric else form
    results = [forms[root] for root in roots]
    kept = _drop_unused(statements, results)
    lines = _write_lengths([*(one.form for one in kept), *results], library, shapes)
    lines += [library.assign(one.name, library.write(one.form)) for one in kept]
    return Body(lines, [library.write(form) for form in results])


def write_steps(steps: Mapping[int, Step], library: Library, shapes: Mapping[str, Sequence[Size]]) -> Body:
    """The lines of an expression as it was typed, one operation after the other, and its result.

    The variables' names in the program stand in the ``symbols`` of the library. Raises as `write_body` does.
    """
    lines: list[str] = []
    for number, step in steps.items():
        body = write_body([step.node], library, shapes)
        name = f"s{number}"
        lines += [*body.lines, library.assign(name, *body.results)]
        library.symbols[placeholder_name(number)] = name
        if any(str(node.data) in library.arrays for node in walk(step.node) if node.kind is Kind.VARIABLE):
            library.arrays.add(placeholder_name(number))
    return Body(lines, [f"s{max(steps)}"])


def _is_named(form: Form, uses: int) -> bool:
    """Whether a part gets a name: it is more than a name, and is used several times."""
    if form.look in (Look.NAME, Look.NUMBER, Look.LENGTH):
        return False
    if form.look is Look.SUBSCRIPT or (form.look is Look.TRANSPOSE and form.parts[0].look is Look.NAME):
        return False
    if form.look is Look.CALL and form.value in ("eye", "ones", "zeros", "arange"):
        return False
    return uses > 1


def _drop_unused(statements: Sequence[Statement], results: Sequence[Form]) -> list[Statement]:
    kept: list[Statement] = []
    later = list(results)
    for one in reversed(statements):
        if any(mentions(form, [one.name]) for form in later):
            kept.insert(0, one)
            later.append(one.form)
    return kept


def _write_lengths(forms: Iterable[Form], library: Library, shapes: Mapping[str, Sequence[Size]]) -> list[str]:
    """Lines that take the lengths that are mentioned from the shapes of variables."""
    wanted: dict[str, None] = {}
    stack = list(forms)
    while stack:
        form = stack.pop()
        stack += [*form.parts, *form.below]
        if form.look is Look.LENGTH and isinstance(form.value, Dim):
            wanted[form.value.name] = None
        elif form.look is Look.NAME and str(form.value) in library.symbols and str(form.value) not in library.arrays:
            wanted[str(form.value)] = None
    lines = []
    for name in sorted(wanted):
        found = find_length(name, shapes)
        if found is None:
            continue  # it is an argument
        variable, axis, offset = found
        text = library.size(library.symbols[variable], axis, len(shapes[variable]))
        shift = f" {'-' if offset > 0 else '+'} {abs(offset)}" if offset else ""
        lines.append(library.assign(library.symbols[name], text + shift))
    return lines


def find_length(name: str, shapes: Mapping[str, Sequence[Size]]) -> tuple[str, int, int] | None:
    """The variable, the axis and the offset that a length can be told from; None where none can."""
    for variable, shape in shapes.items():
        for axis, size in enumerate(shape):
            if isinstance(size, Dim) and size.name == name:
                return variable, axis, size.offset
    return None


# --- Einstein sums -----------------------------------------------------------------------------

_LETTERS = "ijklmnopqrstuvwxyzabcdefghABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _einsum_form(node: Node, forms: Mapping[Node, Form], library: Library) -> Form:
    """A node that no formula says, as a call of einsum. Raises Unsupported for any but a product."""
    if node.kind is not Kind.PRODUCT:
        raise Unsupported(f"{library.title} has no {node.kind.value} of more than two axes", help="use dcalc grad --at")
    network = node.network
    operands: list[Form] = []
    labels: list[tuple[int, ...]] = []
    scalars: list[Form] = []
    below: list[Form] = []
    for arg, own, exponent in zip(node.args, network.labels, network.exponents, strict=True):
        if not own:
            (scalars if exponent > 0 else below).append(power_form(forms[arg], abs(Fraction(exponent))))
            continue
        form = power_form(forms[arg], abs(Fraction(exponent)))
        operands.append(form if exponent > 0 else term_form(1, [], [form]))
        labels.append(own)
    out: list[int] = []
    fresh = len(network.sizes)
    used = {label for own in labels for label in own}
    for label in network.out:
        size = length_form(network.sizes[label])
        if label in out:  # a diagonal
            operands.append(call_form("eye", [size], 2))
            labels.append((label, fresh))
            out.append(fresh)
            fresh += 1
            continue
        if label not in used and network.out.count(label) == 1:
            operands.append(call_form("ones", [size], 1))
            labels.append((label,))
        out.append(label)
    if fresh > len(_LETTERS):
        raise Unsupported(f"{library.title} has no einsum of this many axes", help="use dcalc grad --at")
    subscripts = ",".join("".join(_LETTERS[label] for label in own) for own in labels)
    target = "".join(_LETTERS[label] for label in out)
    call = Form(Look.CALL, tuple(operands), f"{EINSUM}{subscripts}->{target}", node.rank)
    return term_form(network.coefficient, [*scalars, call], below)
