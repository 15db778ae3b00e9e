"""`dcalc propagate`."""

from functools import partial
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.errors import UsageError

PLACE = 165
EXAMPLES = (
    "dcalc propagate 'm*g*h' --at 'm=2.00±0.05, g=9.81(2), h=1.5±1%'",
    "dcalc propagate 'V/I*cos(phi)' --at 'V=4.9990(32),I=0.0196610(95),phi=1.04446(75)' --corr 'V,I=-0.36;V,phi=0.86'",
    "dcalc propagate 'x**2' --at 'x=3.0±0.1' --samples 20000 --seed 1",
)

Measured = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="VALUES",
        help="Measured values: m=2.00±0.05, g=9.81(2), h=1.5±1%, k=3 (exact). +/- is read as ±. Repeatable.",
    ),
]
Covariance = Annotated[
    list[str] | None, typer.Option("--cov", metavar="PAIRS", help="Covariances of pairs: 'm,g=1e-4'.")
]
Samples = Annotated[
    Any,
    typer.Option("--samples", metavar="N", parser=o.read_count, help="How many random samples: 10000 by default."),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: Measured = None,
    correlation: o.Correlation = None,
    covariance: Covariance = None,
    samples: Samples = None,
    seed: o.Seed = None,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Propagate standard uncertainties to a result.

    By the certified gradient (the GUM's law of propagation), with the share of each variable, with terms of the second
    order and with random samples as a check. Exits with 1 where these show that linear propagation is not to be
    trusted: at a kink, at a zero of the gradient, or where f curves within the uncertainty.
    """
    from dcalc.analysis import propagate
    from dcalc.analysis.propagate.measured import list_names

    names = list_names(at or ())
    request = Request("propagate", *shared, expression, let=let, reads_points=False, names=names)
    if not at and not request.problems_from_stdin:
        raise UsageError("no values are given", help="write --at 'm=2.00±0.05, g=9.81(2)'")
    own = o.drop_missing(samples=samples, seed=seed)
    find = partial(
        propagate.find, at=at or (), correlations=correlation or (), covariances=covariance or (), **own
    )  # fmt: skip
    return run(request, Job(find, along_all))
