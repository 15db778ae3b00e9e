"""Options, each with one meaning wherever a command has it.

The metavar says what a value is: completions offer file names for FILE, formats for
FORMAT, and so on (`dcalc.generate`).
"""

from typing import Annotated, Any

import typer

from dcalc.cli.argv import unshield
from dcalc.errors import LimitError, UsageError

MOST_DIGITS = 100_000


def whole_number(text: str) -> int:
    """The value of an option that counts."""
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text} is no whole number from 0 on", help="write digits alone, such as 2")
    return int(text[:19])


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
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
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
    from dcalc.cli.at import ranges

    return ranges(unshield(text))


Expression = Annotated[
    str | None,
    typer.Argument(
        metavar="EXPR",
        show_default=False,
        help="The expression, in single quotes. With -, or none and a pipe on stdin: one a line from stdin.",
    ),
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
        "-n", "--order", metavar="N", parser=whole_number, help="How many times to differentiate: 1 unless given."
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
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="The format of results: table on a terminal, else plain, unless given.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
File = Annotated[
    str | None,
    typer.Option("-f", "--file", metavar="FILE", help="Read the expression from a file; - for stdin."),
]
Output = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help="Write to a file, whole or not at all.")
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
Function = Annotated[
    str | None,
    typer.Argument(metavar="FUNCTION", show_default=False, help="The name of a function or constant."),
]
Shell = Annotated[
    str | None, typer.Argument(metavar="SHELL", show_default=False, help="bash, zsh, fish or powershell.")
]

COLORS = ("auto", "always", "never")
