"""`dcalc plot`."""

from functools import partial
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run
from dcalc.errors import UsageError

PLACE = 180
EXAMPLES = (
    "dcalc plot 'x**3-3*x' --derivative",
    "dcalc plot 'tan(x)' --over -5:5 --y-range -4:4",
    "dcalc plot 'exp(-x)' 'exp(-x**2)' --over 0:3 --log y",
    "dcalc plot 'abs(x)*exp(-x)' --over 0:5 --format svg",
)
INSTEAD = {"--at": "write --over -3:3 for the range"}


def read_heights(text: str) -> Any:
    """The value of --y-range."""
    ranges = o.read_over(text)
    if len(ranges) != 1 or ranges[0][0] not in (None, "y"):
        raise UsageError(f"--y-range must be one range, not {text}", help="write --y-range -1:1")
    return ranges[0][1]


def read_axes(text: str) -> frozenset[str]:
    """The value of --log."""
    axes = frozenset(text.replace(",", "").strip())
    if not axes or not axes <= {"x", "y"}:
        raise UsageError(f"--log must be x, y or x,y, not {text}", help="write --log y")
    return axes


Derivative = Annotated[bool, typer.Option("--derivative", help="Draw the derivative, too.")]
Width = Annotated[
    Any,
    typer.Option("--width", metavar="N", parser=o.read_count, help="Columns of the terminal, or pixels of a file."),
]
Height = Annotated[
    Any,
    typer.Option("--height", metavar="N", parser=o.read_count, help="Rows of the curves, or pixels of a file."),
]
Heights = Annotated[
    Any, typer.Option("--y-range", metavar="RANGE", parser=read_heights, help="The heights to show: -1:1.")
]
Log = Annotated[
    list[str] | None, typer.Option("--log", metavar="AXES", help="Logarithmic axes: x, y or x,y. Repeatable.")
]


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    over: o.Over = None,
    derivative: Derivative = False,
    width: Width = None,
    height: Height = None,
    y_range: Heights = None,
    log: Log = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Draw functions and their derivatives.

    In the terminal, or into a file by -o plot.svg, plot.png or plot.pdf. Poles and jumps are not joined;
    zeros, kinks and stationary points are marked, with their places in the table and the JSON record.
    """
    from dcalc.analysis import plot

    first, more = (expressions[0], expressions[1:]) if expressions else (None, [])
    request = Request("plot", *shared, first, let=let, more=more, several=True, verbose=verbose)
    logarithmic = read_axes(",".join(log)) if log else None
    axes = o.drop_missing(window=y_range, log=logarithmic, width=width, height=height)
    return run(request, Job(partial(plot.find, over=over, derivative=derivative, **axes), along_none))
