"""`dcalc simplify`."""

from dcalc.cli import options as o
from dcalc.cli.deliver import deliver
from dcalc.cli.request import Request

PLACE = 12
EXAMPLES = (
    "dcalc simplify 'x*x + 2*x**2 - 0*y'",
    "dcalc simplify '(x**2)**3/x' --format latex",
)
INSTEAD = {"--at": "write dcalc eval for a value", "--wrt": "write dcalc diff for a derivative"}


def command(
    expression: o.Expression = None,
    let: o.Let = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Simplify an expression.

    Only by rules that hold wherever the expression is defined.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return deliver(Request("simplify", **locals()))
