"""`dcalc steps`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 90
EXAMPLES = (
    "dcalc steps 'x**2*sin(x)'",
    "dcalc steps 'exp(-x**2)' -n 2 --format latex",
    "dcalc steps 'x**2/(x+1)' --format markdown",
    "dcalc steps 'norm(A@x - b)^2' --wrt x",
)
INSTEAD = {"--at": "write dcalc trace for the computation at a point"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    shape: o.Shape = None,
    *,
    shared: o.Shared,
) -> int:
    """Derive step by step, as a textbook does.

    Rules are named and stated, and the answer comes last.
    """
    request = Request("steps", *shared, expression, wrt=wrt, order=order, let=let)
    if shape or has_arrays(expression or ""):
        from dcalc.analysis import array_steps
        from dcalc.cli.array_run import refuse_options, run_arrays

        refuse_options(order=order)
        return run_arrays(request, array_steps.find, shape or ())
    from dcalc.analysis import steps

    return run(request, Job(partial(steps.find, verbose=verbose), along_one))
