"""`dcalc compare`."""

from dcalc.cli import options as o
from dcalc.cli.deliver import deliver
from dcalc.cli.request import Request

PLACE = 3
EXAMPLES = (
    "dcalc compare 'x**2*sin(x)' --at 1.0",
    "dcalc compare '(1-cos(x))/x**2' --at 1e-6",
    "dcalc compare 'exp(x)' --at 1 -n 4 --tol 1e-9 --json",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    backend: o.Backend = None,
    let: o.Let = None,
    digits: o.Digits = None,
    tol: o.Tolerance = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Hold every backend against the reference at a point.

    Shows the errors, ulps, right digits and time of each. Exits with 1 where a backend's
    number is off by more than --tol.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return deliver(Request("compare", **locals()))
