"""A function of arrays and its derivatives as a program, in an array library's own operations, or as formulas.

With --check the program runs here, at random points of several shapes, and is held against certified values of each
entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite, nan, ulp
from typing import NamedTuple

from dcalc import targets
from dcalc.analysis.array_check import sample_points
from dcalc.analysis.array_formulas import as_cell, choose_names, shapes_by_name
from dcalc.analysis.array_point import count_operations, require_variables
from dcalc.analysis.emit import Run, program_finding
from dcalc.analysis.emit import find as emit_scalars
from dcalc.errors import UsageError
from dcalc.expr import natural
from dcalc.finding import Finding, Subject
from dcalc.io.nested import nest_entries
from dcalc.problem import VALUED, Problem
from dcalc.solver import solve, solve_all
from dcalc.targets import Argument, Quantity, check_name
from dcalc.targets.arrays import LIBRARIES, ArrayFunction, ArrayProduct, emit, load, write_head
from dcalc.targets.arrays.library import Driven, Library
from dcalc.tensor import latex, plain
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.nodes import Node
from dcalc.tensor.reader import Reading, lower_steps, read
from dcalc.tensor.sizes import Declared, Dim, Shape, write_shape
from dcalc.text import count_noun

_MOST_ULPS = 4096.0
"""Units of the last place of the largest entry of a result: what is further off has lost twelve digits."""
_POINTS = 6
_MOST_SECOND = 40
"""Second derivatives that are certified at a point."""


class Quantities(NamedTuple):
    """A function of the program, and the variables in turn that each of its results is differentiated by."""

    function: ArrayFunction
    partials: tuple[tuple[str, ...], ...]


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    *,
    target: str,
    of: Sequence[Quantity] = (),
    name: str = "f",
    run: Run | None = None,
) -> Finding:
    """The program for an expression of arrays: f and its gradient, or its Jacobian, unless ``of`` says what.

    Raises ParseError for shapes that do not go together, UsageError where quantities do not fit, and Unsupported with
    the name of what the target lacks. With ``run`` the finding fails where digits are lost.
    """
    reading = read(text, shapes)
    if target not in LIBRARIES and targets.load(target).takes_arrays:
        return _find_by_entry(reading, wrt, target, of, name, run)
    quantities = find_quantities(reading, wrt, of, name)
    functions = [one.function for one in quantities]
    if target == "latex":
        if run is not None:
            raise UsageError("formulas are not run", help="leave --check out")
        return _finding(reading, target, _write_formulas(reading, quantities), quantities)
    library = load(target)
    check_name(name, library.dialect)
    product = emit(functions, reading.variables, library, write_head(reading.root, target))
    finding = _finding(reading, target, product.text, quantities)
    if run is None:
        return finding
    lines, lost = _check(reading, quantities, product, library, run)
    return finding.replace(notes=(*finding.notes, *lines, *lost), code=1 if lost else 0)


def _find_by_entry(
    reading: Reading, wrt: Sequence[str], target: str, of: Sequence[Quantity], name: str, run: Run | None
) -> Finding:
    """The program in single numbers, of a language that has no operations on arrays: these are flat, row by row."""
    names = tuple(wrt) or tuple(natural(reading.variables))
    require_variables(reading, names)
    shapes = {one: fix_lengths(one, node.shape, target) for one, node in reading.variables.items()}
    steps = reading.list_steps()
    if (count := count_operations(steps, {})) > _MOST_BY_ENTRY:
        raise UsageError(
            f"{count:,} operations on single numbers are too many for a program of them",
            help=f"write --target numpy, or another of {', '.join(sorted(LIBRARIES))}",
        )
    roots = lower_steps(steps, {}).entries
    arrays = tuple(Argument(one, tuple(entry_names(one, shape)) if shape else ()) for one, shape in shapes.items())
    among = tuple(entry for one in arrays if one.name in names for entry in one.variables)
    every = tuple(entry for one in arrays for entry in one.variables)
    subject = Subject(root=roots[0], names=every, wrt=among, more=tuple(roots[1:]), targets=((), among))
    slope: Quantity = "jacobian" if reading.root.shape else "gradient"
    wanted = tuple(slope if one == "derivative" else one for one in of)
    told = "; ".join(f"{one}: {write_shape(shape)}" for one, shape in shapes.items() if shape)
    remarks = [f"arrays are flat, row by row: {told}"] if told else []
    if len(names) > 1:
        remarks.append(f"derivatives are those by {', '.join(names)}, in turn")
    text = plain.write(reading.root)
    finding = emit_scalars(
        subject, target=target, of=wanted, name=name, run=run, arrays=arrays, text=text, remarks=remarks
    )
    record = {**finding.record, "shapes": shapes_by_name(reading)}
    notes = (*reading.notes, *finding.notes)
    return finding.replace(expression=as_cell(reading.root), wrt=names, record=record, notes=notes)


_MOST_BY_ENTRY = 5_000
"""Operations on single numbers that a program may have, each of which is a part of its text."""


def fix_lengths(name: str, shape: Shape, target: str) -> tuple[int, ...]:
    """A shape in numbers. Raises UsageError where a length is not known."""
    if any(isinstance(size, Dim) for size in shape):
        raise UsageError(
            f"a program in {targets.load(target).title} needs lengths in numbers; {name} is {write_shape(shape)}",
            help=f"write --shape '{name}: {' x '.join('3' for _ in shape)}'",
        )
    return tuple(size for size in shape if isinstance(size, int))


def find_quantities(reading: Reading, wrt: Sequence[str], of: Sequence[Quantity], name: str) -> list[Quantities]:
    """What is emitted, each as a function with its results. Raises UsageError where a quantity does not fit."""
    scalar = not reading.root.shape
    chosen = dict.fromkeys(of or (("f", "gradient") if scalar else ("f", "jacobian")))
    every = tuple(wrt) or tuple(natural(reading.variables))
    require_variables(reading, every)
    found: list[Quantities] = []
    for quantity in chosen:
        match quantity:
            case "f":
                found.append(Quantities(ArrayFunction(name, name, (tidy(reading.root),)), ((),)))
            case "gradient" | "jacobian" | "derivative":
                if quantity == "gradient" and not scalar:
                    raise UsageError(
                        f"a gradient is that of a scalar; this is {write_shape(reading.root.shape)}",
                        help="write --of f,jacobian",
                    )
                names = every if quantity != "derivative" else choose_names(reading, wrt)
                stem, title = ("grad", "gradient") if scalar else ("jac", "Jacobian")
                parts = _differentiate(reading.root, reading, names)
                title = f"the {title} of {name} by {', '.join(names)}"
                found.append(Quantities(ArrayFunction(f"{stem}_{name}", title, parts), tuple((one,) for one in names)))
            case "hessian":
                if not scalar:
                    raise UsageError("a Hessian is that of a scalar", help="write --of f,jacobian")
                (first,) = choose_names(reading, wrt)[:1]
                (slope,) = _differentiate(reading.root, reading, [first])
                title = f"the Hessian of {name} by {first}"
                second = _differentiate(slope, reading, [first])
                found.append(Quantities(ArrayFunction(f"hess_{name}", title, second), ((first, first),)))
    return found


def _differentiate(root: Node, reading: Reading, names: Sequence[str]) -> tuple[Node, ...]:
    return tuple(map(tidy, differentiate(root, [reading.variables[name] for name in names])))


# --- formulas ----------------------------------------------------------------------------------


def _write_formulas(reading: Reading, quantities: Sequence[Quantities]) -> str:
    """An equation for each result, aligned."""
    equations = []
    for function, partials in quantities:
        for node, names in zip(function.results, partials, strict=True):
            equations.append(f"{_write_quantity(function.name, names, reading)} &= {latex.write(node)}")
    lines = " \\\\\n".join(equations)
    return "\n".join([*write_head(reading.root, "latex")[:2], "\\begin{aligned}", lines, "\\end{aligned}"]) + "\n"


def _write_quantity(name: str, names: Sequence[str], reading: Reading) -> str:
    """`f`, `\\nabla_{x} f`, `\\nabla^2_{x} f`, or the derivative of an array by a variable."""
    word = name.removeprefix("grad_").removeprefix("jac_").removeprefix("hess_") if names else name
    word = word if len(word) == 1 else rf"\mathrm{{{word}}}".replace("_", r"\_")
    if not names:
        return word
    by = latex.write_name(names[0], reading.variables[names[0]].rank)
    if reading.root.shape:
        return rf"\frac{{\partial {word}}}{{\partial {by}}}"
    return rf"\nabla^{{2}}_{{{by}}} {word}" if len(names) > 1 else rf"\nabla_{{{by}}} {word}"


# --- checks ------------------------------------------------------------------------------------


class _Call(NamedTuple):
    """A function at a point: its results' certified entries, None where there is none."""

    quantity: Quantities
    truths: list[list[float | None]]


def _check(
    reading: Reading, quantities: Sequence[Quantities], product: ArrayProduct, library: Library, run: Run
) -> tuple[list[str], list[str]]:
    """A line on the worst error of each function, and a sentence for each that loses digits."""
    calls: list[_Call] = []
    driven: list[Driven] = []
    points = [point for place, point in enumerate(sample_points(reading)) if place % 3 < 2][:_POINTS]
    for sizes, at in points:
        arguments = [_write_argument(name, reading, sizes, at, library) for name in product.arguments]
        for quantity in quantities:
            truths = [_certify(reading, names, sizes, at) for names in quantity.partials]
            calls.append(_Call(quantity, truths))
            driven.append(Driven(quantity.function.name, arguments, list(map(len, truths))))
    dialect = library.dialect
    source = f"program.{dialect.suffix}"
    text = dialect.driven_head + product.text + "\n" + library.drive(driven)
    numbers = iter(run(text, dialect.commands(source), source))
    worst: dict[str, float] = {}
    for call in calls:
        for entries in call.truths:
            values = [next(numbers, nan) for _ in entries]
            error = _count_ulps(values, entries)
            name = call.quantity.function.name
            worst[name] = max(worst.get(name, 0.0), error)
    lines = [
        f"{name}: at most {count_noun(error, 'ulp')} of the largest entry off certified values at "
        f"{count_noun(len(points), 'point')}"
        for name, error in worst.items()
    ]
    return lines, [f"{name} loses digits" for name, error in worst.items() if not error <= _MOST_ULPS]


def _write_argument(
    name: str, reading: Reading, sizes: Mapping[str, int], at: Mapping[str, float], library: Library
) -> str:
    """An array, or a length, as a text of the language."""
    if name not in reading.variables:
        return repr(sizes[name])
    shape = fix_shape(reading.variables[name].shape, sizes)
    return library.array(nest_entries([at[entry] for entry in entry_names(name, shape)], shape), len(shape))


def _certify(
    reading: Reading, names: Sequence[str], sizes: Mapping[str, int], at: Mapping[str, float]
) -> list[float | None]:
    """The certified entries of f, or of its derivative by some variables in turn."""
    (whole,) = lower([reading.root], sizes)
    entries = [tuple(entry_names(name, fix_shape(reading.variables[name].shape, sizes))) for name in names]
    if not names:
        answers = [solve(Problem(root, (), at), expression=False) for root in whole.entries]
    elif len(names) == 1:
        (by,) = entries
        answers = [one for root in whole.entries for one in solve_all(Problem(root, by, at, gradient=True))]
    else:
        (root,), (first, second) = whole.entries, entries
        pairs = [(one, other) for one in first for other in second]
        if len(pairs) > _MOST_SECOND:
            return [None] * len(pairs)
        answers = [solve(Problem(root, pair, at), expression=False) for pair in pairs]
    return [one.value if one.status in VALUED else None for one in answers]


def _count_ulps(values: Sequence[float], truths: Sequence[float | None]) -> float:
    """The largest error of an array in units of the last place of its largest entry."""
    known = [(value, truth) for value, truth in zip(values, truths, strict=True) if truth is not None]
    unit = ulp(max((abs(truth) for _, truth in known), default=1.0) or 1.0)
    return max((abs(value - truth) / unit if isfinite(value) else inf for value, truth in known), default=0.0)


# --- the finding -------------------------------------------------------------------------------


def _finding(reading: Reading, target: str, code: str, quantities: Sequence[Quantities]) -> Finding:
    functions = [
        {
            "name": one.function.name,
            "arguments": list(reading.variables),
            "shape": [
                size if isinstance(size, int) else str(size)
                for size in (one.function.results[0].shape if len(one.function.results) == 1 else ())
            ],
        }
        for one in quantities
    ]
    return program_finding(
        {
            "target": target,
            "code": code,
            "functions": functions,
            "rewritings": [],
            "shapes": shapes_by_name(reading),
        },
        expression=as_cell(reading.root),
        wrt=tuple(dict.fromkeys(name for one in quantities for names in one.partials for name in names)),
        notes=reading.notes,
    )
