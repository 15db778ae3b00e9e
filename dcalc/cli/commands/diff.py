"""`dcalc diff`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 10
EXAMPLES = (
    "dcalc diff 'x**2*sin(x)'",
    "dcalc diff 'x**2*sin(x)' --at 1.0",
    "dcalc diff 'x**3*y**2' --wrt x,y",
    "dcalc diff 'exp(-x**2)' -n 3 --at 0:1:0.25",
    "seq 0 0.1 1 | dcalc diff 'sin(x)/x' --at -",
    "printf 'x**2\\nlog(x)\\n' | dcalc diff -",
    "dcalc diff 'tr(A@X@B)' --wrt X",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
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
    """Differentiate an expression, as text or at points."""
    from dcalc.analysis import diff

    request = Request(
        "diff", *shared, expression, at=at, wrt=wrt, order=order, backend=backend, dtype=dtype, let=let, digits=digits,
        at_kink=at_kink, verbose=verbose, **streams._asdict(),
    )  # fmt: skip
    if shape or has_arrays(expression or "", request.notation, at):
        from dcalc.analysis import array_formulas
        from dcalc.cli.array_run import refuse_options, run_arrays

        refuse_options(backend=backend)
        return run_arrays(
            request, partial(array_formulas.find, command="diff", order=1 if order is None else order), shape or ()
        )
    find = diff.find if at_kink is None else partial(diff.find, at_kink=at_kink)
    return run(request, Job(find, along_one, diff.finding, diff.row_titles, backends="at a terminal", arrays="diff"))
