"""`dcalc plot`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run

PLACE = 180
EXAMPLES = (
    "dcalc plot 'x**3-3*x' --derivative",
    "dcalc plot 'tan(x)' --over -5:5 --y-range -4:4",
    "dcalc plot 'exp(-x)' 'exp(-x**2)' --over 0:3 --log y",
    "dcalc plot 'abs(x)*exp(-x)' --over 0:5 --format svg",
)
INSTEAD = {"--at": "write --over -3:3 for the range"}


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    over: o.Over = None,
    derivative: o.Derivative = False,
    width: o.Width = None,
    height: o.Height = None,
    y_range: o.Heights = None,
    log: o.Log = None,
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
    axes = o.drop_missing(window=y_range, log=log, width=width, height=height)
    return run(request, Job(partial(plot.find, over=over, derivative=derivative, **axes), along_none))
