"""`dcalc hessian`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 40
EXAMPLES = (
    "dcalc hessian 'x**2*y + sin(x*y)'",
    "dcalc hessian '(1 - x)**2 + 100*(y - x**2)**2' --at x=1,y=1",
    "dcalc hessian 'x**2*y + sin(x*y)' --at x=1,y=2 --along 1,0",
    "dcalc hessian 'norm(A@x - b)^2' --wrt x",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    along: o.Along = None,
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Find all second derivatives, and classify the point.

    At a point with their eigenvalues: whether it is a minimum, a maximum or a saddle.

    With --along v, the product of the Hessian and v, at the cost of a gradient.
    """
    from dcalc.analysis import hessian

    request = Request("hessian", *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
    if shape or has_arrays(expression or "", request.notation, at):
        from dcalc.analysis import array_formulas
        from dcalc.cli.array_run import run_arrays

        return run_arrays(request, partial(array_formulas.find, command="hessian"), shape or ())
    return run(request, Job(partial(hessian.find, along=along), along_all, arrays="hessian"))
