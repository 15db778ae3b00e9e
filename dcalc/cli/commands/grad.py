"""`dcalc grad`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 20
EXAMPLES = (
    "dcalc grad 'x**2*y + sin(x*y)'",
    "dcalc grad 'x**2*y + sin(x*y)' --at x=1,y=2",
    "dcalc grad 'a*exp(-b*t)' --wrt a,b --at a=2,b=0.5,t=0:4:1",
    "dcalc grad 'x**2*y + sin(x*y)' --at x=1,y=2 --along 3,4",
    "dcalc grad 'norm(A@x - b)^2' --wrt x --shape 'A: m x n'",
    "dcalc grad 'norm(x - b)^2' --wrt x --at 'x=[1,2],b=[0,1]'",
)
_MIXED = "write dcalc diff -n 2, or dcalc diff --wrt x,y for a mixed partial"
INSTEAD = {"-n": _MIXED, "--order": _MIXED}


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    along: o.Along = None,
    backend: o.Backend = None,
    dtype: o.Dtype = "float64",
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    at_kink: o.AtKink = None,
    *,
    streams: o.ForStreams,
    verbose: o.Verbose = False,
    shared: o.Shared,
) -> int:
    """Differentiate an expression by each of its variables.

    With --along v, the derivative along v: the gradient times v.
    """
    request = Request(
        "grad", *shared, expression, at=at, wrt=wrt, backend=backend, dtype=dtype, let=let, digits=digits,
        at_kink=at_kink, verbose=verbose, **streams._asdict(),
    )  # fmt: skip
    if shape or has_arrays(expression or "", request.notation, at):
        from dcalc.analysis import array_gradient
        from dcalc.cli.array_run import refuse_options, run_arrays

        refuse_options(backend=backend)
        if along is not None:
            from dcalc.analysis import array_directional

            return run_arrays(request, partial(array_directional.find, along=along, command="grad"), shape or ())
        return run_arrays(request, array_gradient.find, shape or ())
    if along is not None:
        from dcalc.analysis import directional

        return run(request, Job(partial(directional.find, along=along), along_all))
    from dcalc.analysis import grad

    find = grad.find if at_kink is None else partial(grad.find, at_kink=at_kink)
    return run(request, Job(find, along_all, grad.finding, grad.row_titles, backends="at a terminal", arrays="grad"))
