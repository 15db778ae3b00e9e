"""`dcalc taylor`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_a_power

PLACE = 10
EXAMPLES = (
    "dcalc taylor 'sin(x)' --at 0 -n 7",
    "dcalc taylor 'exp(x)*cos(y)' --wrt x --at x=1,y=0 -n 3 --over x=0.5:1.5",
    "dcalc taylor 'log(1 + x)' --at 0 -n 4 --over 0:0.5 | dcalc diff -",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Degree = None,
    over: o.Over = None,
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
    """Expand into a polynomial, with a proved bound of the error.

    Around the point of --at; the bound holds over --over: 1 to either side of the point unless given.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("taylor", locals(), along_a_power)
