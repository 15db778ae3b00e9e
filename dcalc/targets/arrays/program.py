"""From nodes to the lines of functions: what is used twice gets a name, what has no formula is an Einstein sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc.errors import Unsupported
from dcalc.targets.arrays.library import EINSUM, Body, Library, mentions
from dcalc.targets.common.blocks import fresh_names
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
from dcalc.tensor.nodes import Kind, Node, walk
from dcalc.tensor.sizes import Dim, Size
from dcalc.tensor.typed import Step, placeholder_name


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
