"""`dcalc limit`."""

from functools import partial
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_a_limit
from dcalc.cli.run import Job, run

PLACE = 70
INSTEAD = {"--to": "write --at for the point that is approached"}
EXAMPLES = (
    "dcalc limit 'sin(x)/x' --at 0",
    "dcalc limit '(1 + 1/x)^x' --at inf",
    "dcalc limit 'abs(x)/x' --at 0 --side right",
)


def read_side(text: str) -> Any:
    """The value of --side."""
    from dcalc.analysis.limit import SIDES

    return o.read_word(text, SIDES, "side")


Side = Annotated[
    Any,
    typer.Option("--side", metavar="FROM", parser=read_side, help="left or right; from both sides by default."),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Moving = None,
    side: Side = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Find the limit of a function, or say why there is none.

    At a number from both sides, or from the one that --side names; at inf and -inf, too. Where f has
    values on one side only, that side decides. With several variables --wrt names the one that moves.
    """
    from dcalc.analysis import limit
    from dcalc.errors import UsageError
    from dcalc.point import allow_infinity

    for text in at or ():
        if len(text) > 1 and text.endswith(("+", "-")):  # - alone means points on stdin
            word = "right" if text.endswith("+") else "left"
            raise UsageError("the side is an option of its own", help=f"write --at {text[:-1]} --side {word}")
    request = Request("limit", *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
    with allow_infinity():
        return run(request, Job(partial(limit.find, side=side), along_a_limit, limit.finding))
