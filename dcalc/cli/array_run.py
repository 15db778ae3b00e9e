"""One call about vectors and matrices, from its options to its exit code."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from dcalc import formats
from dcalc.analysis.array_point import fit_values
from dcalc.cli.complaints import Voice
from dcalc.cli.request import DIGITS, names_in
from dcalc.cli.run import FindingTally, choose_format, draw, make_style, show_steps
from dcalc.errors import UsageError
from dcalc.finding import ALONE
from dcalc.io.arrays import read_arrays, read_start_arrays
from dcalc.io.limits import limit_question
from dcalc.io.sink import is_terminal, open_sink, wants_color
from dcalc.tensor.reader import Declared, read_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcalc.analysis.array_point import Given
    from dcalc.analysis.descend import DescentOptions
    from dcalc.cli.request import Request
    from dcalc.finding import Finding

    Find = Callable[[str, Sequence[str], Mapping[str, Declared], Given | None, int], Finding]
    """An analysis of arrays: the text, the names of --wrt, the shapes that are known, the values, and the digits."""


def run_arrays(request: Request, find: Find, shapes: Sequence[str]) -> int:
    """Answer a request about an expression of arrays. Returns the exit code; raises DcalcError."""
    request.check(streams=False)
    limit_question(0)
    if request.problems_from_stdin:
        raise UsageError("a batch does not take arrays", help="give one expression")
    text = request.read_expression()
    limit_question(len(text))
    declared = _read_all_shapes(shapes)
    wrt = names_in(request.wrt) if request.wrt else ()
    given = None
    if request.at:
        values = read_arrays(request.at, exact=request.exact)
        declared, given = fit_values(declared, values)
        limit_question(len(text) + _CHARACTERS * sum(len(value.entries) for value in values.values()))
    return write_findings(request, [find(text, wrt, declared, given, request.digits or DIGITS)], len(text))


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
    batch: int | None = None,
    epochs: int | None = None,
) -> int:
    """Answer a request for a descent in arrays. Returns the exit code; raises DcalcError."""
    from dcalc.analysis.descend.arrays import Batching, find

    request.check(streams=False)
    text = request.read_expression()
    if start is None:
        raise UsageError("no start is given", help="write --from 'w=zeros(3)'")
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


def refuse_options(**options: object) -> None:
    """Raise UsageError for an option that is given and does not take arrays."""
    for name, value in options.items():
        if value is not None and value is not False:
            raise UsageError(f"--{name} does not take arrays", help="leave it out")


def _read_all_shapes(shapes: Sequence[str]) -> dict[str, Declared]:
    declared: dict[str, Declared] = {}
    for one in shapes:
        declared.update(read_shapes(one))
    return declared


def write_findings(request: Request, findings: Sequence[Finding], inputs: int) -> int:
    """Write findings of arrays in the format that is asked for. Returns the exit code."""
    on_terminal = request.output is None and is_terminal(sys.stdout)
    name = choose_format(request, on_terminal)
    voice = Voice(json=request.structured, quiet=request.quiet, color=wants_color(request.color, sys.stderr))
    tally = FindingTally(voice, ALONE, echo=not (name == "table" and on_terminal))
    heading = None if findings[0].entry is None else lambda: findings[0]
    style = make_style(request, name, inputs, heading)
    with open_sink(request.output) as sink:
        for chunk in formats.load(name).present(tally.watch(findings), style):
            sink.write(chunk)
    return tally.close()
