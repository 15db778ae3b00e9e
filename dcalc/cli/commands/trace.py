"""`dcalc trace`."""

from functools import partial
from typing import Annotated, Literal

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run
from dcalc.errors import UsageError
from dcalc.tensor.signs import has_arrays

PLACE = 100
EXAMPLES = (
    "dcalc trace 'log(1 + exp(w*x + b))' --at w=0.5,x=2,b=-1",
    "dcalc trace 'x**2*sin(x)' --at 1 --mode forward",
    "dcalc trace 'sigmoid(sigmoid(sigmoid(x)))' --at 2 --format svg",
    "dcalc trace 'x*y + sin(x*y)' --at x=1,y=2 --format dot",
    "dcalc trace 'sum(tanh(W@x))' --at 'W=[[1,2],[3,4]],x=[0.1,0.2]'",
)


def read_mode(text: str) -> Literal["reverse", "forward"]:
    """The value of --mode."""
    for known in o.MODES:
        if text == known:
            return known
    raise UsageError(f"--mode must be reverse or forward, not {text}", help="write --mode forward")


Mode = Annotated[
    Literal["reverse", "forward"],
    typer.Option(
        "--mode", metavar="MODE", parser=read_mode, show_default=False, help="reverse (the default) or forward."
    ),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    mode: Mode = "reverse",
    along: o.Along = None,
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Show how a gradient is computed, node by node.

    By backpropagation, or in forward mode. Every number is certified; the adjoints are held against
    the reference. Says where a gradient vanishes or explodes, and which nodes overflow, underflow
    or saturate.
    """
    request = Request("trace", *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
    if shape or has_arrays(expression or "", request.notation, at):
        from dcalc.analysis import array_trace
        from dcalc.cli.array_run import run_arrays

        return run_arrays(request, array_trace.find, shape or ())
    from dcalc.analysis import trace

    return run(request, Job(partial(trace.find, mode=mode, along=along), along_all))
