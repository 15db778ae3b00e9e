"""`dcalc steps`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_one

PLACE = 8
EXAMPLES = (
    "dcalc steps 'x**2*sin(x)'",
    "dcalc steps 'exp(-x**2)' -n 2 --format latex",
    "dcalc steps 'log(x)/x' --verbose",
)
INSTEAD = {"--at": "write dcalc trace for the computation at a point"}


def command(
    expression: o.Expression = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Derive step by step, by the rules that dcalc diff goes by.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("steps", locals(), along_one)
