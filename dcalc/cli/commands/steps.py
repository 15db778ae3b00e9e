"""`dcalc steps`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 90
EXAMPLES = (
    "dcalc steps 'x**2*sin(x)'",
    "dcalc steps 'exp(-x**2)' -n 2 --format latex",
    "dcalc steps 'x**2/(x+1)' --format markdown",
)
INSTEAD = {"--at": "write dcalc trace for the computation at a point"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Derive step by step, as a textbook does.

    Rules are named and stated, and the answer comes last.
    """
    from dcalc.analysis import steps

    request = Request("steps", *shared, expression, wrt=wrt, order=order, let=let)
    return run(request, Job(partial(steps.find, verbose=verbose), along_one))
