"""`dcalc plot`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run

PLACE = 18
EXAMPLES = (
    "dcalc plot 'x**3-3*x' --derivative",
    "dcalc plot 'tan(x)' --over -5:5",
    "dcalc plot 'abs(x)*exp(-x)' --over 0:5 --format svg",
)
INSTEAD = {"--at": "write --over -3:3 for the range"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    over: o.Over = None,
    derivative: o.Derivative = False,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Draw a function and its derivative.

    In the terminal, or into a file by -o plot.svg, plot.png or plot.pdf. Poles and jumps are not joined;
    kinks and stationary points are marked, with their places in the table and the JSON record.
    """
    from dcalc.analysis import plot

    request = Request("plot", *shared, expression, let=let)
    return run(request, Job(partial(plot.find, over=over, derivative=derivative), along_none))
