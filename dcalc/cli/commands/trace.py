"""`dcalc trace`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_all

PLACE = 9
EXAMPLES = (
    "dcalc trace 'log(1 + exp(w*x + b))' --at w=0.5,x=2,b=-1",
    "dcalc trace 'x**2*sin(x)' --at 1 --mode forward",
    "dcalc trace 'sigmoid(sigmoid(sigmoid(x)))' --at 2 --format svg",
    "dcalc trace 'x*y + sin(x*y)' --at x=1,y=2 --format dot",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    mode: o.Mode = "reverse",
    along: o.Along = None,
    let: o.Let = None,
    digits: o.Digits = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Show how a gradient is computed, node by node.

    By backpropagation, or in forward mode. Every number is certified; the adjoints are held against
    the reference. Says where a gradient vanishes or explodes, and which nodes overflow, underflow
    or saturate.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("trace", locals(), along_all)
