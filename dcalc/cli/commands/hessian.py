"""`dcalc hessian`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_all

PLACE = 4
EXAMPLES = (
    "dcalc hessian 'x**2*y + sin(x*y)'",
    "dcalc hessian '(1 - x)**2 + 100*(y - x**2)**2' --at x=1,y=1",
    "dcalc hessian 'x**2*y + sin(x*y)' --at x=1,y=2 --along 1,0",
)


def command(
    expression: o.Expression = None,
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
    """Find all second derivatives, and what point they make.

    At a point with their eigenvalues: whether it is a minimum, a maximum or a saddle.

    With --along v, the product of the Hessian and v, at the cost of a gradient.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("hessian", locals(), along_all)
