"""`dcalc grad`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_all
from dcalc.cli.deliver import deliver
from dcalc.cli.request import Request

PLACE = 2
EXAMPLES = (
    "dcalc grad 'x**2*y + sin(x*y)'",
    "dcalc grad 'x**2*y + sin(x*y)' --at x=1,y=2",
    "dcalc grad 'a*exp(-b*t)' --wrt a,b --at a=2,b=0.5,t=0:4:1",
    "dcalc grad 'x**2*y + sin(x*y)' --at x=1,y=2 --along 3,4",
)
_MIXED = "write dcalc diff -n 2, or dcalc diff --wrt x,y for a mixed partial"
INSTEAD = {"-n": _MIXED, "--order": _MIXED}


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    along: o.Along = None,
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
    """Differentiate an expression by each of its variables.

    With --along v, the derivative along v: the gradient times v.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    given = locals()
    if along is not None:
        return analyse("grad", given, along_all, find="directional")
    return deliver(Request("grad", **{name: value for name, value in given.items() if name != "along"}))
