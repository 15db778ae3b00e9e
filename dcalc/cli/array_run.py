"""One call about vectors and matrices, from its options to its exit code."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from dcalc import formats
from dcalc.analysis.array_point import fit_values
from dcalc.cli.request import DIGITS, names_in
from dcalc.cli.run import choose_format, draw, make_style, open_stdin, show_steps
from dcalc.errors import DcalcError, OutOfTime, UsageError
from dcalc.finding import ALONE, Finding, Setting
from dcalc.functions import CONSTANTS
from dcalc.io.complaints import Tally, as_failure
from dcalc.io.limits import lift_limit, limit_line, limit_question
from dcalc.io.sink import is_terminal, open_sink
from dcalc.tensor.sizes import Declared, read_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dcalc.analysis.array_point import Given
    from dcalc.analysis.descend import DescentOptions
    from dcalc.cli.request import Request
    from dcalc.cli.run import ArrayCommand
    from dcalc.io.data import DataFile
    from dcalc.io.nested import ArrayValue
    from dcalc.io.problems import Item

    Find = Callable[[str, Sequence[str], Mapping[str, Declared], Given | None, int], Finding]
    """An analysis of arrays: the text, the names of --wrt, the shapes that are known, the values, and the digits."""


def run_arrays(request: Request, find: Find, shapes: Sequence[str]) -> int:
    """Answer a request about an expression of arrays. Returns the exit code; raises DcalcError."""
    request.check(streams=False)
    refuse_options(
        let=request.let, at_kink=request.at_kink, input_format=request.input_format, column=request.columns,
        prefix=request.prefix or None,
    )  # fmt: skip
    limit_question(0)
    if request.problems_from_stdin:
        raise UsageError(
            "the shapes of a batch stand in its lines", help='write {"expr": "x.T@A@x", "shape": "A: n x n"}'
        )
    text = request.read_expression()
    if request.notation == "latex":
        from dcalc.parser.array_latex import mark

        text = mark(text)
    limit_question(len(text))
    declared = _read_all_shapes(shapes)
    wrt = names_in(request.wrt) if request.wrt else ()
    if request.points_on_stdin:
        lift_limit()
        return write_findings(request, _answer_points(request, find, text, wrt, declared), len(text), _POINTS)
    given = None
    if request.at:
        from dcalc.io.arrays import read_arrays

        values = read_arrays(_name_value(request.at, text, declared), exact=request.exact)
        declared, given = fit_values(declared, values)
        limit_question(len(text) + _CHARACTERS * sum(len(value.entries) for value in values.values()))
    for name in set(wrt) & CONSTANTS.keys():  # what is differentiated by is a variable
        declared.setdefault(name, Declared(()))
    return write_findings(request, [find(text, wrt, declared, given, request.digits or DIGITS)], len(text))


def _name_value(texts: Sequence[str], text: str, declared: Mapping[str, Declared]) -> Sequence[str]:
    """The texts of --at, where the only variable need not be named. Raises ParseError where the expression is wrong."""
    if len(texts) != 1 or "=" in texts[0]:
        return texts
    from dcalc.tensor.reader import read

    names = list(read(text, declared).variables)
    return [f"{names[0]}={texts[0]}"] if len(names) == 1 else texts


_POINTS = Setting(sweep=True)


def _answer_points(
    request: Request, find: Find, text: str, wrt: Sequence[str], shapes: Mapping[str, Declared]
) -> Iterator[Finding]:
    """The findings at points on stdin, a JSON object with arrays a line; a line that fails is one, too."""
    from dcalc.io.jsonl import parse_object
    from dcalc.io.lines import decode_line, numbered_lines

    voice = request.make_voice()
    for number, raw in numbered_lines(open_stdin(), lambda: None):
        try:
            values = _read_point(parse_object(decode_line(raw)))
            limit_line(len(text) + _CHARACTERS * sum(len(value.entries) for value in values.values()))
            declared, given = fit_values(shapes, values)
            finding = find(text, wrt, declared, given, request.digits or DIGITS)
            yield finding.replace(line=number)
            lift_limit()
        except (DcalcError, OutOfTime) as problem:
            lift_limit()
            error = problem if isinstance(problem, DcalcError) else problem.as_error()
            voice.error(error, line=number)
            yield Finding(request.name, failure=as_failure(error), line=number)


def answer_problem(request: Request, command: ArrayCommand, item: Item) -> Iterator[Finding]:
    """The findings of a line of a batch, one for each of its points. Raises DcalcError.

    A JSON object has arrays as nested lists in "at", and may have "shape" as for --shape.
    """
    own = item.own or {}
    shape = own.get("shape")
    if shape is not None and not isinstance(shape, str):
        raise UsageError('"shape" must be text', help='write "shape": "A: m x n, x: n"')
    shapes = read_shapes(shape) if shape else {}
    from dcalc.io.arrays import read_arrays

    fixed = read_arrays(request.at, exact=request.exact) if request.at else {}
    wrt = item.wrt if item.wrt is not None else request.wrt
    names = names_in([wrt] if isinstance(wrt, str) else wrt)
    find = _choose_analysis(command, item.order if isinstance(item.order, int) else request.order)
    for point in item.at if isinstance(item.at, list) else [item.at]:
        given = None
        declared: Mapping[str, Declared] = shapes
        if point is not None or fixed:
            declared, given = fit_values(shapes, {**fixed, **_read_point(point or {})})
        finding = find(item.text, names, declared, given, request.digits or DIGITS)
        yield finding.replace(line=item.line, id=item.id)


def _choose_analysis(command: ArrayCommand, order: int | None) -> Find:
    """The analysis of arrays that a command asks for."""
    from dcalc.analysis import array_formulas, array_gradient

    if command == "grad":
        return array_gradient.find
    return partial(array_formulas.find, command=command, order=1 if order is None else order)


def _read_point(point: object) -> dict[str, ArrayValue]:
    """The arrays of an object of JSON, by name; text is a number as it is typed. Raises UsageError."""
    if not isinstance(point, dict):
        raise UsageError("a point of arrays is an object", help='write {"A": [[1, 2], [3, 4]], "x": [1, 2]}')
    from dcalc.io.arrays import flatten, read_arrays

    values: dict[str, ArrayValue] = {}
    for name, value in point.items():
        if isinstance(value, str):
            values.update(read_arrays([f"{name}={value}"]))
            continue
        try:
            values[name] = flatten(value)
        except ValueError as error:
            raise UsageError(f"{name}: {error}", help="write numbers in lists of one length") from None
    return values


_CHARACTERS = 20
"""What an entry of an array is worth in characters of text, when it comes to the time that a question may take."""


def run_array_descent(
    request: Request,
    options: DescentOptions,
    start: str | None,
    at: Sequence[str],
    shapes: Sequence[str],
    seed: int,
    *,
    plot: str | None,
    batch: int | None,
    epochs: int | None,
) -> int:
    """Answer a request for a descent in arrays. Returns the exit code; raises DcalcError."""
    from dcalc.analysis.descend.array_descent import Batching, find

    request.check(streams=False)
    text = request.read_expression()
    if start is None:
        raise UsageError("no start is given", help="write --from 'w=zeros(3)'")
    from dcalc.io.arrays import read_arrays, read_start_arrays

    values, starts = read_arrays(at), read_start_arrays(start, seed)
    for name in starts:
        if name in values:
            raise UsageError(f"{name} has a value and a start", help="leave out one of --at and --from")
    declared, given = fit_values(_read_all_shapes(shapes), {**values, **starts})
    limit_question(len(text) + _CHARACTERS * sum(len(value.entries) for value in given.arrays.values()))
    wrt = names_in(request.wrt) if request.wrt else ()
    moving = {name: given.arrays[name] for name in starts}
    fixed = given._replace(arrays={name: given.arrays[name] for name in values})
    if batch is None and epochs is not None:
        raise UsageError("--epochs counts passes over batches", help="write --batch 32 as well, or --steps")
    batching = None if batch is None else Batching(batch, epochs, seed)
    with show_steps(request, is_patient=True) as watch:
        descend = partial(find, options=options, tol=request.tol, watch=watch, batching=batching)
        finding = descend(text, wrt, declared, fixed, moving)
    if plot is not None:
        draw(finding, plot)
    return write_findings(request, [finding], len(text))


def emit_arrays(request: Request, find: Callable[..., Finding], shapes: Sequence[str], check: bool) -> int:
    """Answer a request for a program of an expression of arrays. Returns the exit code; raises DcalcError."""
    request.check(streams=False)
    if request.problems_from_stdin or request.more:
        raise UsageError("a program of arrays is that of one expression", help="give one expression")
    text = request.read_expression()
    wrt = names_in(request.wrt) if request.wrt else ()
    declared = _read_all_shapes(shapes)
    if not check:
        limit_question(len(text))
        return write_findings(request, [find(text, wrt, declared)], len(text))
    from dcalc.io.toolchain import run_program

    return write_findings(request, [find(text, wrt, declared, run=run_program)], len(text))


def lower_row_model(
    text: str,
    named: str | None,
    table: DataFile | None,
    shapes: Sequence[str],
    apart: Sequence[str],
    start: object,
    seed: int,
) -> tuple[str, object, tuple[str, ...]]:
    """A model of a row with vectors as a text in scalars, its start by entry, and what people are told of both.

    Raises DcalcError.
    """
    from dcalc.analysis.fit.vectors import flatten_start, lower_model

    if table is None:
        raise UsageError("no data are given", help="write --data FILE.csv")
    if named is not None:
        text = text.partition("=")[2]
    from dcalc.io.arrays import read_start_arrays

    model = lower_model(text, _read_all_shapes(shapes), list(table), apart)
    if isinstance(start, str):
        start = flatten_start(model, read_start_arrays(start, seed))
    return (model.text if named is None else f"{named} = {model.text}"), start, model.notes


_INSTEAD = {
    "backend": "leave it out, or hold backends against the entries by dcalc compare",
    "let": "leave it out, and write what it stands for, or give its value by --at",
}


def refuse_options(**options: object) -> None:
    """Raise UsageError for an option that is given and does not take arrays."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise UsageError(
                f"--{name.replace('_', '-')} does not take arrays", help=_INSTEAD.get(name, "leave it out")
            )


def _read_all_shapes(shapes: Sequence[str]) -> dict[str, Declared]:
    declared: dict[str, Declared] = {}
    for one in shapes:
        declared.update(read_shapes(one))
    return declared


def write_findings(request: Request, findings: Iterable[Finding], inputs: int, setting: Setting = ALONE) -> int:
    """Write findings of arrays in the format that is asked for. Returns the exit code."""
    on_terminal = request.output is None and is_terminal(sys.stdout)
    name = choose_format(request, on_terminal)
    echo = not (name == "table" and on_terminal)
    tally = Tally(request.make_voice(), several=setting.batch or setting.sweep, batch=setting.batch, echo=echo)
    first = next(iter(findings)) if isinstance(findings, list) else None
    heading = None if first is None or first.entry is None else lambda: first
    style = make_style(request, name, inputs, heading, sweep=setting.sweep)
    with open_sink(request.output) as sink:
        for chunk in formats.load(name).present(tally.watch(findings), style):
            sink.write(chunk)
    return tally.close()
