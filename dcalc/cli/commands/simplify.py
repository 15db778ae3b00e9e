"""`dcalc simplify`."""

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run

PLACE = 130
EXAMPLES = (
    "dcalc simplify 'x*x + 2*x**2 - 0*y'",
    "dcalc simplify '(x**2)**3/x' --format latex",
)
INSTEAD = {"--at": "write dcalc eval for a value", "--wrt": "write dcalc diff for a derivative"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    let: o.Let = None,
    verbose: o.Verbose = False,
    *,
    shared: o.Shared,
) -> int:
    """Simplify an expression.

    Only by rules that hold wherever the expression is defined.
    """
    from dcalc.analysis import simplify

    request = Request("simplify", *shared, expression, let=let, verbose=verbose)
    return run(request, Job(simplify.find, along_none, simplify.finding))
