"""`dcalc plot`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_none

PLACE = 16
EXAMPLES = (
    "dcalc plot 'x**3-3*x' --derivative",
    "dcalc plot 'tan(x)' --over -5:5",
    "dcalc plot 'abs(x)*exp(-x)' --over 0:5 --format svg",
)
INSTEAD = {"--at": "write --over -3:3 for the range"}


def command(
    expression: o.Expression = None,
    over: o.Over = None,
    derivative: o.Derivative = False,
    let: o.Let = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Draw a function, and its derivative.

    In the terminal, or into a file by -o plot.svg or -o plot.png. Poles and jumps are not joined;
    kinks and stationary points are marked, with their places in the table and the JSON record.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("plot", locals(), along_none)
