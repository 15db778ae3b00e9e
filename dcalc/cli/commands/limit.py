"""`dcalc limit`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_one

PLACE = 7
EXAMPLES = (
    "dcalc limit 'sin(x)' --at 1",
    "dcalc limit 'exp(x)' --at 0 --scheme forward,central",
    "dcalc limit '(exp(x)-1)/x' --at 0 --json",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    scheme: o.Scheme = None,
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
    """Watch difference quotients near the derivative, and miss it.

    Shows the quotients and their errors from h = 0.1 to 1e-16, the best step of each scheme, the
    powers of h that truncation and rounding go with, and what the limit is.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("limit", locals(), along_one)
