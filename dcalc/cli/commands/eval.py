"""`dcalc eval`."""

from dcalc.cli import options as o
from dcalc.cli.deliver import deliver
from dcalc.cli.request import Request

PLACE = 11
EXAMPLES = (
    "dcalc eval 'sqrt(2)' --digits 50",
    "dcalc eval 'x**2*sin(x)' --at 1.0",
    "dcalc eval 'x*y' --at x=1:3:1,y=2",
)
INSTEAD = {"--wrt": "write dcalc diff for a derivative"}


def command(
    expression: o.Expression = None,
    at: o.At = None,
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
    """Evaluate an expression, right to the last digit.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return deliver(Request("eval", **locals()))
