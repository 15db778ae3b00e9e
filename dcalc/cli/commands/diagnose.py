"""`dcalc diagnose`."""

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 170
EXAMPLES = (
    "dcalc diagnose '(exp(x)-1)/x' --at 1e-8",
    "dcalc diagnose 'log(1+exp(x))' --at 800",
    "dcalc diagnose 'sqrt(x**2+y**2)' --wrt x --at x=1e200,y=1e200",
    "dcalc diagnose 'sum(log(1 + exp(-y*(X@w))))' --at 'X=[[1,2],[-3,1]],y=[1,-1],w=[-400,1]' --wrt w",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    let: o.Let = None,
    shape: o.Shape = None,
    *,
    shared: o.Shared,
) -> int:
    """Find where doubles lose digits, and the form that keeps them.

    Shows the condition numbers of f and its derivative, the sub-expressions that cancel,
    overflow, underflow or saturate, and the rewritten expression with the digits it regains.
    """
    request = Request("diagnose", *shared, expression, at=at, wrt=wrt, order=order, let=let)
    if shape or has_arrays(expression or "", at=at):
        from dcalc.analysis import array_diagnose
        from dcalc.cli.array_run import refuse_options, run_arrays

        refuse_options(order=order)
        return run_arrays(request, array_diagnose.find, shape or ())
    from dcalc.analysis import diagnose

    return run(request, Job(diagnose.find, along_one))
