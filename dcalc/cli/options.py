"""Options, each with one meaning wherever a command has it.

The metavar says what a value is: completions offer file names for FILE, formats for
FORMAT, and so on (`dcalc.generate`).
"""

import inspect
import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple

import typer

from dcalc.cli.argv import unshield
from dcalc.errors import LimitError, UsageError

MOST_DIGITS = 100_000


def whole_number(text: str) -> int:
    """The value of an option that counts."""
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text} is no whole number from 0 on", help="write digits alone, such as 2")
    return int(text[:19])


def number(text: str) -> float:
    """The value of an option that measures; nan for what is no number."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def digits(text: str) -> int:
    """The value of --digits."""
    count = whole_number(text)
    if not count:
        raise UsageError("--digits counts from 1", help="write --digits 1 or more")
    if count > MOST_DIGITS:
        raise LimitError(f"--digits goes up to {MOST_DIGITS:,}", help=f"write --digits {MOST_DIGITS} or less")
    return count


def tolerance(text: str) -> float:
    """The value of --tol."""
    value = number(text)
    if not 0 <= value < math.inf:
        raise UsageError(f"{text} is no tolerance", help="write a number from 0 on: --tol 1e-6")
    return value


def at_kink(text: str) -> str:
    """The value of --at-kink."""
    from dcalc.kink import HOW

    if text not in HOW:
        raise UsageError(f"--at-kink is {', '.join(HOW[:-1])} or {HOW[-1]}, not {text}", help="write --at-kink mean")
    return text


def over(text: str) -> Any:
    """The value of --over."""
    from dcalc.at import read_ranges

    return read_ranges(unshield(text))


def schemes(text: str) -> Any:
    """The value of --scheme: names, all of them for `all`."""
    from dcalc.analysis.limit import SCHEMES
    from dcalc.suggest import unknown_name

    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in SCHEMES and name != "all":
            raise unknown_name("scheme", name, SCHEMES)
    return list(SCHEMES if "all" in names else dict.fromkeys(names))


def mode(text: str) -> Literal["reverse", "forward"]:
    """The value of --mode."""
    for known in MODES:
        if text == known:
            return known
    raise UsageError(f"--mode is reverse or forward, not {text}", help="write --mode forward")


def along(text: str) -> Any:
    """The value of --along."""
    from dcalc.at import read_direction

    return read_direction(unshield(text))


Expression = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPR",
        show_default=False,
        help="The expression, in single quotes. With -, or none and a pipe on stdin: one a line from stdin.",
    ),
]
OneExpression = Annotated[
    str | None, typer.Argument(metavar="EXPR", show_default=False, help="The expression, in single quotes.")
]
Claim = Annotated[
    str | None,
    typer.Argument(
        metavar="CLAIM",
        show_default=False,
        parser=unshield,
        help="What its derivative is said to be: an expression, a number with --at, or 'w: ..., b: ...'.",
    ),
]
Expressions = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="EXPR...",
        show_default=False,
        parser=unshield,
        help="One or several expressions, each in single quotes. With -, or none and a pipe on stdin: one a line.",
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="POINT",
        help="Where: 1, pi/4, x=1,y=2, a sweep x=0:1:0.1 (its end included), or - for points on stdin. Repeatable.",
    ),
]
Wrt = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAME", help="The variable to differentiate by; x,y for a mixed partial."),
]
WrtAll = Annotated[
    list[str] | None,
    typer.Option("--wrt", metavar="NAMES", help="The variables, as x,y; all of them unless given."),
]
Order = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--order",
        metavar="N",
        parser=whole_number,
        help="How many times to differentiate: 1 unless given.",
    ),
]
Degree = Annotated[
    int | None,
    typer.Option(
        "-n", "--order", metavar="N", parser=whole_number, help="The degree of the polynomial: 5 unless given."
    ),
]
Backend = Annotated[
    list[str] | None,
    typer.Option("--backend", metavar="BACKEND", help="The method, or all of them. Repeatable."),
]
Let = Annotated[
    list[str] | None,
    typer.Option("--let", metavar="'NAME=EXPR'", help="Name a part of the expression. Repeatable."),
]
Digits = Annotated[
    int | None,
    typer.Option("--digits", metavar="N", parser=digits, help="Significant digits of the answer."),
]
AtKink = Annotated[
    str | None,
    typer.Option(
        "--at-kink",
        metavar="SIDE",
        parser=at_kink,
        help="The value where f is not differentiable: left, right, mean, zero or nan. The status stays.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=tolerance,
        help="Accepted relative error (absolute where the truth is 0): 1e-6 unless given.",
    ),
]
BoundOfStreams = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=tolerance,
        help="Accepted relative error (absolute where the truth is 0) of points on stdin and rows of files: a value "
        "whose bound is larger is certified. 1e-12 unless given.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="Points on stdin and files in plain doubles, with no bound on their error."),
]
Certify = Annotated[
    bool,
    typer.Option(
        "--certify", help="Every point on stdin, or row of a file, right to the last digit; else the first 256 are."
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option("-j", "--jobs", metavar="N", parser=whole_number, help="Cores to use: 1 unless given."),
]
Input = Annotated[
    str | None,
    typer.Option("--in", metavar="FILE", help="The CSV, TSV, JSONL, Parquet or Arrow file to read; else stdin."),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="KIND",
        help="What points on stdin or a file are: plain, csv, tsv, jsonl, parquet, arrow. "
        "Told by the suffix, or by the first line, unless given.",
    ),
]
WithValue = Annotated[bool, typer.Option("--value", help="A column f with the values of the expression, too.")]
WithHessian = Annotated[bool, typer.Option("--hessian", help="Columns d2f_dxdx, d2f_dxdy ... too.")]
Prefix = Annotated[
    str, typer.Option("--prefix", metavar="TEXT", show_default=False, help="Put before the names of new columns.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The format of results. Unless given: that of points on stdin and of files, "
        "else table on a terminal, and plain.",
    ),
]
FileFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="What to write: csv, tsv, jsonl, parquet, arrow. Told by the suffix, else what is read, unless given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
ListAsJson = Annotated[bool, typer.Option("--json", help="The list as JSON.")]
File = Annotated[
    str | None,
    typer.Option("-f", "--file", metavar="FILE", help="Read the expression from a file; - for stdin."),
]
Output = Annotated[
    str | None, typer.Option("-o", "--output", "--out", metavar="FILE", help="Write to a file, whole or not at all.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No notes on stderr.")]
Color = Annotated[str, typer.Option("--color", metavar="WHEN", show_default=False, help="auto, always or never.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Over = Annotated[
    Any,  # Typer takes the type of a parsed value from the parser alone
    typer.Option("--over", metavar="RANGE", parser=over, help="Where to look: -3:3, or x=-3:3,y=0:1."),
]
Grad = Annotated[
    str | None,
    typer.Option("--grad", metavar="CLAIMS", help="A claim for each variable: 'w: 2*w*x, b: 1'."),
]
Scheme = Annotated[
    Any,
    typer.Option(
        "--scheme",
        metavar="SCHEMES",
        parser=schemes,
        help="Quotients to show, as forward,central; all of them unless given.",
    ),
]
Points = Annotated[
    int | None,
    typer.Option("--points", metavar="N", parser=whole_number, help="How many points: 100 unless given."),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", metavar="SEED", parser=whole_number, help="Draw at random, from this seed."),
]
Derivative = Annotated[bool, typer.Option("--derivative", help="The derivative too.")]
Mode = Annotated[
    Literal["reverse", "forward"],
    typer.Option("--mode", metavar="MODE", parser=mode, show_default=False, help="reverse (unless given) or forward."),
]
Along = Annotated[
    Any,  # as above
    typer.Option("--along", metavar="DIRECTION", parser=along, help="A direction: 1,1 or x=1,y=1."),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show the simplifications too.")]
Function = Annotated[
    str | None,
    typer.Argument(metavar="FUNCTION", show_default=False, help="The name of a function or constant."),
]
Topic = Annotated[
    str | None,
    typer.Argument(metavar="TOPIC", show_default=False, help="A topic or a command; dcalc help lists them."),
]
Shell = Annotated[
    str | None, typer.Argument(metavar="SHELL", show_default=False, help="bash, zsh, fish or powershell.")
]

MODES: tuple[Literal["reverse", "forward"], ...] = ("reverse", "forward")
COLORS = ("auto", "always", "never")


class Shared(NamedTuple):
    """The options that all commands with an expression have, in the order of --help."""

    format: Format = None
    json: Json = False
    file: File = None
    output: Output = None
    quiet: Quiet = False
    color: Color = "auto"
    debug: Debug = False


Command = Callable[..., int]


def shares_options(
    quoted: Literal["the expression", "each expression", "both expressions"] = "the expression",
) -> Callable[[Command], Command]:
    """A decorator for a command whose last parameter is ``shared``: the options of `Shared` take its place.

    Typer reads options off a signature, so the command gets one with those of `Shared` at its end; the sentence
    on quotes, which stand around what is ``quoted``, ends its help.
    """

    def decorate(command: Command) -> Command:
        parameters = inspect.signature(command, eval_str=True).parameters
        own = [parameter for name, parameter in parameters.items() if name != "shared"]

        def call(**given: Any) -> int:
            shared = Shared(**{name: given.pop(name) for name in Shared._fields})
            return command(**given, shared=shared)

        shared = inspect.signature(Shared).parameters.values()
        call.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]  # functions may have one
        call.__doc__ = (
            f"{inspect.cleandoc(command.__doc__ or '')}\n\n"
            f"Put {quoted} in single quotes: they keep the shell from acting on *, ( and |."
        )
        return call

    return decorate
