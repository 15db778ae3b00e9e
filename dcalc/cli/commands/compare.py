"""`dcalc compare`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse, asked
from dcalc.cli.ask import along_one
from dcalc.cli.deliver import deliver

PLACE = 5
EXAMPLES = (
    "dcalc compare 'x**2*sin(x)' --at 1.0",
    "dcalc compare '(1-cos(x))/x**2' --at 1e-6",
    "dcalc compare 'exp(x)' --at 1 -n 4 --tol 1e-9 --json",
    "dcalc compare 'x*log(x)' --points 50 --over 0.1:10",
)


def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    points: o.Points = None,
    over: o.Over = None,
    seed: o.Seed = None,
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
    """Hold every backend against the reference.

    Shows the errors, ulps, right digits and time of each at a point; over a range the worst, the
    median and the 99th percentile, evenly spaced or drawn with --seed. Exits with 1 where a backend's
    number is off by more than --tol.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    given = locals()
    if points is over is seed is None:
        return deliver(asked("compare", given))
    return analyse("compare", given, along_one)
