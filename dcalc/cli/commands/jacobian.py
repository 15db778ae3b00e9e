"""`dcalc jacobian`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 30
EXAMPLES = (
    "dcalc jacobian 'r*cos(t)' 'r*sin(t)'",
    "dcalc jacobian 'x**2*y' 'x + sin(y)' --at x=1,y=2",
    "dcalc jacobian 'x**2*y' 'x + sin(y)' --at x=1,y=2 --along 1,0",
    "dcalc jacobian 'tanh(A@x + b)' --wrt x",
)


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    along: o.Along = None,
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Differentiate several expressions by each of their variables.

    With --along v, the product of the Jacobian and v, at the cost of one derivative.
    """
    from dcalc.analysis import jacobian

    first, more = (expressions[0], expressions[1:]) if expressions else (None, [])
    request = Request("jacobian", *shared, first, at=at, wrt=wrt, let=let, digits=digits, more=more, several=True)
    if not more and (shape or has_arrays(first or "", request.notation, at)):
        from dcalc.analysis import array_formulas
        from dcalc.cli.array_run import run_arrays

        if along is not None:
            from dcalc.analysis import array_directional

            return run_arrays(request, partial(array_directional.find, along=along, command="jacobian"), shape or ())
        return run_arrays(request, partial(array_formulas.find, command="jacobian"), shape or ())
    return run(request, Job(partial(jacobian.find, along=along), along_all, arrays="jacobian"))
