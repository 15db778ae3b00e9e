"""`dcalc compare`."""

from functools import partial
from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 50
EXAMPLES = (
    "dcalc compare 'x**2*sin(x)' --at 1.0",
    "dcalc compare '(1-cos(x))/x**2' --at 1e-6",
    "dcalc compare 'exp(x)' --at 1 -n 4 --tol 1e-9 --json",
    "dcalc compare 'x*log(x)' --points 50 --over 0.1:10",
    "dcalc compare 'norm(A@x - b)^2' --at 'A=[[1,2],[3,4],[5,6]],x=[1,-1],b=[1,0,1]' --wrt x",
)

Points = Annotated[
    int | None,
    typer.Option("--points", metavar="N", parser=o.whole_number, help="How many points: 100 by default."),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    points: Points = None,
    over: o.Over = None,
    seed: o.Seed = None,
    order: o.Order = None,
    backend: o.Backend = None,
    dtype: o.Dtype = "float64",
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    tol: o.Tolerance = None,
    *,
    shared: o.Shared,
) -> int:
    """Compare every backend with the reference.

    Shows the errors, ulps, right digits and time of each at a point; over a range the worst, the
    median and the 99th percentile, evenly spaced or drawn with --seed. Exits with 1 where a backend's
    number is off by more than --tol.
    """
    request = Request(
        "compare",
        *shared,
        expression,
        at=at,
        wrt=wrt,
        order=order,
        backend=backend,
        dtype=dtype,
        let=let,
        digits=digits,
        tol=tol,
    )
    if shape or has_arrays(expression or "", at=at):
        from dcalc.analysis import array_compare
        from dcalc.cli.array_run import refuse_options, run_arrays

        single = dtype if dtype != "float64" else None
        refuse_options(points=points, over=over, seed=seed, order=order, dtype=single)
        compare_arrays = partial(array_compare.find, backends=request.backends, tol=tol)
        return run_arrays(request, compare_arrays, shape or ())
    from dcalc.analysis import compare

    if points is over is seed is None:
        return run(request, Job(compare.find, along_one, compare.finding, backends="all"))
    find = partial(compare.find_over_range, points=points, over=over, seed=seed)
    return run(request, Job(find, along_one, is_bounded=points is None))
