"""`dcalc diagnose`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_one

PLACE = 15
EXAMPLES = (
    "dcalc diagnose '(exp(x)-1)/x' --at 1e-8",
    "dcalc diagnose 'log(1+exp(x))' --at 800",
    "dcalc diagnose 'sqrt(x**2+y**2)' --wrt x --at x=1e200,y=1e200",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    let: o.Let = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Find where doubles lose digits, and the form that keeps them.

    Shows the condition numbers of f and its derivative, the sub-expressions that cancel,
    overflow, underflow or saturate, and the rewritten expression with the digits it regains.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("diagnose", locals(), along_one)
