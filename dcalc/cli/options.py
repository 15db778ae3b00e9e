"""Options, each with one meaning wherever a command has it.

The metavar says what a value is: completions offer file names for FILE, formats for
FORMAT, and so on (`dcalc.generate`).
"""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

import typer

from dcalc.cli.typer_adapter import Command, spread_options
from dcalc.errors import LimitError, UsageError
from dcalc.problem import MOST_DIGITS


def whole_number(text: str) -> int:
    """The value of an option that counts."""
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text} is not a non-negative integer", help="write a whole number such as 2")
    return int(text[:19])


def read_number(text: str) -> float:
    """The value of an option that measures; nan for what is not a number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def read_input_notation(text: str) -> str:
    """The value of --notation."""
    if text != "plain":
        from dcalc.parser import notations

        notations.load(text)
    return text


def read_digits(text: str) -> int:
    """The value of --digits."""
    count = whole_number(text)
    if not count:
        raise UsageError("--digits must be at least 1", help="write --digits 1 or more")
    if count > MOST_DIGITS:
        raise LimitError(f"--digits must be at most {MOST_DIGITS:,}", help=f"write --digits {MOST_DIGITS} or less")
    return count


def read_tolerance(text: str) -> float:
    """The value of --tol."""
    value = read_number(text)
    if not 0 <= value < math.inf:
        raise UsageError(f"{text} is not a tolerance", help="write a number such as --tol 1e-6")
    return value


def read_at_kink(text: str) -> str:
    """The value of --at-kink."""
    from dcalc.solver import CONVENTIONS

    if text not in CONVENTIONS:
        known = f"{', '.join(CONVENTIONS[:-1])} or {CONVENTIONS[-1]}"
        raise UsageError(f"--at-kink must be {known}, not {text}", help="write --at-kink mean")
    return text


def read_over(text: str) -> Any:
    """The value of --over."""
    from dcalc.point import read_ranges

    return read_ranges(text)


def read_exact_over(text: str) -> Any:
    """The value of --over where its ends are exact and may be infinite."""
    from dcalc.point import read_exact_ranges

    return read_exact_ranges(text)


def read_count(text: str) -> int:
    """The value of an option that counts from 1."""
    count = whole_number(text)
    if not count:
        raise UsageError("must be at least 1, not 0", help="write a whole number such as 100")
    return count


def read_precision(text: str) -> Literal["float64", "float32"]:
    """The value of --dtype."""
    for known in PRECISIONS:
        if text == known:
            return known
    raise UsageError(f"--dtype must be float64 or float32, not {text}", help="write --dtype float32")


def read_along(text: str) -> Any:
    """The value of --along; that of arrays stays text."""
    from dcalc.point import read_direction

    return text if "[" in text or "@" in text else read_direction(text)


Expression = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPR",
        show_default=False,
        help="The expression, in single quotes. With -, or with none and a pipe on stdin: one per line from stdin.",
    ),
]
Expressions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="EXPR...",
        show_default=False,
        help="One or several expressions, each in single quotes. With -, or none and a pipe on stdin: one per line.",
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="POINT",
        help="Where: 1, pi/4 (exact), x=1,y=2, a sweep x=0:1:0.1 (its end included), or - for points on stdin. "
        "Repeatable.",
    ),
]
Wrt = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAME", help="The variable to differentiate by; x,y for a mixed partial."),
]
Moving = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAME", help="The variable that moves, where there are several."),
]
WrtAll = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAMES", help="The variables, as x,y; all of them by default."),
]
Order = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--order",
        metavar="N",
        parser=whole_number,
        help="How many times to differentiate: 1 by default.",
    ),
]
Backend = Annotated[
    list[str] | None,
    typer.Option(
        "--backend",
        metavar="BACKEND",
        help="The method, as dcalc backends lists them: several as forward,jax; all for those of dcalc's own.",
    ),
]
InputNotation = Annotated[
    str,
    typer.Option(
        "--notation",
        metavar="NOTATION",
        parser=read_input_notation,
        show_default=False,
        help="The notation of expressions: plain (the default), latex, python, c, sympy, mathematica, matlab, js.",
    ),
]
Let = Annotated[
    list[str] | None,
    typer.Option("--let", metavar="'NAME=EXPR'", help="Name a part of the expression. Repeatable."),
]
Correlation = Annotated[
    list[str] | None,
    typer.Option("--corr", metavar="PAIRS", help="Correlations of pairs: 'm,g=0.3; m,h=-0.1'."),
]
Shape = Annotated[
    list[str] | None,
    typer.Option("--shape", metavar="SHAPES", help="Shapes of names: 'A: m x n, x: n, c: scalar'."),
]
Digits = Annotated[
    int | None,
    typer.Option("--digits", metavar="N", parser=read_digits, help="Significant digits of the answer."),
]
AtKink = Annotated[
    str | None,
    typer.Option(
        "--at-kink",
        metavar="SIDE",
        parser=read_at_kink,
        help="The value where f is not differentiable: left, right, mean, zero or nan. The status stays.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=read_tolerance,
        help="Accepted relative error (absolute where the truth is 0): 1e-6 by default.",
    ),
]
BoundOfStreams = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=read_tolerance,
        help="Accepted relative error (absolute where the truth is 0) of points on stdin and rows of files: a value "
        "whose bound is larger is certified. 1e-12 unless given.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="Compute points on stdin and files in plain doubles, with no bound on their error."),
]
Certify = Annotated[
    bool,
    typer.Option(
        "--certify", help="Certify every point on stdin or row of a file; by default the first 256 are certified."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "-j", "--jobs", metavar="N", parser=whole_number, help="Cores to use: 1 by default, 2 for long streams."
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="KIND",
        help="What points on stdin or a file are: plain, csv, tsv, spaces, semicolon, decimal-comma (and ; between "
        "cells), json, jsonl, parquet, arrow. By default the suffix or the first line tells.",
    ),
]
ColumnTitles = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="'NAME=TITLE'",
        help="The column of a variable, where its title is another: 'x=x [m]'. Repeatable.",
    ),
]
Prefix = Annotated[
    str, typer.Option("--prefix", metavar="TEXT", show_default=False, help="A prefix for the names of new columns.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The format of results: table, plain, json, jsonl, csv, tsv, markdown, latex, or for pictures svg, png, "
        "pdf, dot, mermaid. By default that of points on stdin and of files, else table on a terminal, and plain.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
ListAsJson = Annotated[bool, typer.Option("--json", help="The list as JSON.")]
File = Annotated[
    str | None,
    typer.Option("-f", "--file", metavar="FILE", help="Read the expression from a file; - for stdin."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        "--out",
        metavar="FILE",
        help="Write to a file, completely or not at all.",
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes; on a terminal no tables beside the answer.")]
Color = Annotated[str, typer.Option("--color", metavar="WHEN", show_default=False, help="auto, always or never.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Over = Annotated[
    Any,  # Typer takes the type of a parsed value from the parser alone
    typer.Option("--over", metavar="RANGE", parser=read_over, help="Where to look: -3:3, or x=-3:3,y=0:1."),
]
ExactOver = Annotated[
    Any,
    typer.Option("--over", metavar="RANGE", parser=read_exact_over, help="Where to look: -3:3, or x=-3:3,y=0:1."),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="SEED", parser=whole_number, help="Draw at random, from this seed."),
]
Along = Annotated[
    Any,  # as above
    typer.Option(
        "--along", metavar="DIRECTION", parser=read_along, help="A direction: 1,1 or x=1,y=1; of arrays x=[1,0]."
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "-v",
        "--verbose",
        help="Show all there is: on a terminal the question, and each backend with its errors and time; "
        "steps for constants and variables.",
    ),
]
Dtype = Annotated[
    Literal["float64", "float32"],
    typer.Option(
        "--dtype", metavar="DTYPE", parser=read_precision, show_default=False, help="float64 (the default) or float32."
    ),
]
PRECISIONS: tuple[Literal["float64", "float32"], ...] = ("float64", "float32")

MODES: tuple[Literal["reverse", "forward"], ...] = ("reverse", "forward")
COLORS = ("auto", "always", "never")


class ForStreams(NamedTuple):
    """The options of commands that answer points on stdin, in the order of --help."""

    tol: BoundOfStreams = None
    fast: Fast = False
    certify: Certify = False
    jobs: Jobs = None
    input_format: InputFormat = None
    columns: ColumnTitles = None
    prefix: Prefix = ""


class Shared(NamedTuple):
    """The options that all commands with an expression have, in the order of --help."""

    format: Format = None
    json: Json = False
    file: File = None
    output: Output = None
    quiet: Quiet = False
    color: Color = "auto"
    debug: Debug = False
    notation: InputNotation = "plain"


def shares_options(
    quoted: Literal["the expression", "each expression", "both expressions"] = "the expression",
) -> Callable[[Command], Command]:
    """A decorator for a command with parameters that are groups of options, the last one `Shared`: they are spread.

    The sentence on quotes, which stand around what is ``quoted``, ends its help.
    """

    return partial(
        spread_options, ending=f"Put {quoted} in single quotes: they keep the shell from acting on *, ( and |."
    )


def methods() -> tuple[str, ...]:
    """All that --method may be; which go with a command is its own to say."""
    from dcalc.optimise.fitting import METHOD_NAMES

    return METHOD_NAMES


def read_word(text: str, known: Iterable[str], what: str) -> str:
    """A word out of a list. Raises UsageError."""
    from dcalc.text import unknown_name

    names = list(known)
    if text not in names:
        raise unknown_name(what, text, names)
    return text


def drop_missing(**options: Any) -> dict[str, Any]:
    """The options that were given; the others keep the defaults of what they are passed to."""
    return {name: value for name, value in options.items() if value is not None}
