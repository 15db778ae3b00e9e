"""`dcalc limit`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 7
EXAMPLES = (
    "dcalc limit 'sin(x)' --at 1",
    "dcalc limit 'exp(x)' --at 0 --scheme forward,central",
    "dcalc limit '(exp(x)-1)/x' --at 0 --json",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    scheme: o.Scheme = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Watch difference quotients approach the derivative.

    Shows the quotients and their errors from h = 0.1 to 1e-16, the best step of each scheme, the
    powers of h that truncation and rounding go with, and what the limit is.
    """
    from dcalc.analysis import limit

    request = Request("limit", *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
    return run(request, Job(partial(limit.find, scheme=scheme), along_one))
