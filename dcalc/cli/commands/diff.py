"""`dcalc diff`."""

from dcalc.cli import options as o
from dcalc.cli.deliver import deliver
from dcalc.cli.request import Request

PLACE = 1
EXAMPLES = (
    "dcalc diff 'x**2*sin(x)'",
    "dcalc diff 'x**2*sin(x)' --at 1.0",
    "dcalc diff 'x**3*y**2' --wrt x,y",
    "dcalc diff 'exp(-x**2)' -n 3 --at 0:1:0.25",
    "seq 0 0.1 1 | dcalc diff 'sin(x)/x' --at -",
    "printf 'x**2\\nlog(x)\\n' | dcalc diff -",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    backend: o.Backend = None,
    let: o.Let = None,
    digits: o.Digits = None,
    at_kink: o.AtKink = None,
    tol: o.BoundOfStreams = None,
    fast: o.Fast = False,
    certify: o.Certify = False,
    jobs: o.Jobs = None,
    input_format: o.InputFormat = None,
    prefix: o.Prefix = "",
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Differentiate an expression, as text or at points.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    # The parameters bear the names of the fields of Request.
    return deliver(Request("diff", **locals()))
