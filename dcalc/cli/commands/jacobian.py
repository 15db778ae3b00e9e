"""`dcalc jacobian`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_all

PLACE = 3
EXAMPLES = (
    "dcalc jacobian 'r*cos(t)' 'r*sin(t)'",
    "dcalc jacobian 'x**2*y' 'x + sin(y)' --at x=1,y=2",
    "dcalc jacobian 'x**2*y' 'x + sin(y)' --at x=1,y=2 --along 1,0",
)


def command(
    expressions: o.Expressions = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
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
    """Differentiate several expressions by each of their variables.

    With --along v, the product of the Jacobian and v, at the cost of one derivative.

    Put each expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("jacobian", locals(), along_all)
