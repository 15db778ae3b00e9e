"""`dcalc diagnose`."""

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 170
EXAMPLES = (
    "dcalc diagnose '(exp(x)-1)/x' --at 1e-8",
    "dcalc diagnose 'log(1+exp(x))' --at 800",
    "dcalc diagnose 'sqrt(x**2+y**2)' --wrt x --at x=1e200,y=1e200",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Find where doubles lose digits, and the form that keeps them.

    Shows the condition numbers of f and its derivative, the sub-expressions that cancel,
    overflow, underflow or saturate, and the rewritten expression with the digits it regains.
    """
    from dcalc.analysis import diagnose

    request = Request("diagnose", *shared, expression, at=at, wrt=wrt, order=order, let=let)
    return run(request, Job(diagnose.find, along_one))
