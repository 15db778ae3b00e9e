"""`dcalc compare`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 50
EXAMPLES = (
    "dcalc compare 'x**2*sin(x)' --at 1.0",
    "dcalc compare '(1-cos(x))/x**2' --at 1e-6",
    "dcalc compare 'exp(x)' --at 1 -n 4 --tol 1e-9 --json",
    "dcalc compare 'x*log(x)' --points 50 --over 0.1:10",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    points: o.Points = None,
    over: o.Over = None,
    seed: o.Seed = None,
    order: o.Order = None,
    backend: o.Backend = None,
    dtype: o.Dtype = "float64",
    let: o.Let = None,
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
    from dcalc.analysis import compare

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
    if points is over is seed is None:
        return run(request, Job(compare.find, along_one, compare.finding, backends="all"))
    find = partial(compare.find_over_range, points=points, over=over, seed=seed)
    return run(request, Job(find, along_one, is_bounded=points is None))
