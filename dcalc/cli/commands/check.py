"""`dcalc check`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_claim
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

if TYPE_CHECKING:
    from dcalc.cli.request import Choice

PLACE = 60
EXAMPLES = (
    "dcalc check 'x**2*sin(x)' 'x*(2*sin(x) + x*cos(x))'",
    "dcalc check 'sin(x)**2' 'sin(2*x)'",
    "dcalc check 'log(x)' '1/x' --over 0.1:10",
    "dcalc check 'x**3' 2.9999 --at 1 --tol 1e-3",
    "dcalc check '(w*x+b-y)**2' --grad 'w: 2*x*(w*x+b-y), b: 2*(w*x+b-y)'",
    "dcalc check 'norm(A@x - b)^2' '2*A.T@(A@x - b)' --wrt x",
)

Claim = Annotated[
    str | None,
    typer.Argument(
        metavar="CLAIM",
        show_default=False,
        help="What its derivative is said to be: an expression, a number with --at, or 'w: ..., b: ...'.",
    ),
]
UserFunction = Annotated[
    str | None,
    typer.Option(
        "--function",
        metavar="FILE.py:NAME",
        show_default=False,
        help="Check the gradient of a function of JAX or PyTorch in a file, which is run; FILE.py:NAME,GRADIENT checks "
        "code of your own.",
    ),
]
Grad = Annotated[
    str | None,
    typer.Option("--grad", metavar="CLAIMS", help="A claim for each variable: 'w: 2*w*x, b: 1'."),
]


@o.shares_options("both expressions")
def command(
    expression: o.Expression = None,
    claim: Claim = None,
    grad: Grad = None,
    over: o.Over = None,
    function: UserFunction = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    order: o.Order = None,
    let: o.Let = None,
    shape: o.Shape = None,
    tol: o.Tolerance = None,
    verbose: o.Verbose = False,
    *,
    shared: o.Shared,
) -> int:
    """Check whether a claim is the derivative of an expression.

    Proved by algebra where that succeeds, else tested at certified points; where the answer
    is no, with a counterexample and the likely slip. Exits with 1 on no. With --function your own
    file is run, as python FILE.py would, and the gradient of a function of JAX or PyTorch in it is
    checked against the function's own program, at --at x=1,w=[1,2].
    """
    from dcalc.analysis import check

    if function is not None:
        from dcalc.cli.user_code import check_function

        others = {"an expression": expression, "--grad": grad, "--over": over, "--order": order, "--let": let}
        return check_function(shared, function, at, wrt, tol, others)
    if shared.file is not None and claim is None:  # the one argument is the claim then
        expression, claim = None, expression
    request = Request(
        "check",
        *shared,
        expression,
        at=at,
        wrt=wrt,
        order=order,
        let=let,
        tol=tol,
        choose_by=_along_own_claim,
        verbose=verbose,
    )
    texts = (expression, claim, grad)
    if shape or any(has_arrays(text or "", request.notation, at) for text in texts):
        from dcalc.analysis import array_check
        from dcalc.cli.array_run import run_arrays

        return run_arrays(request, partial(array_check.find, claim=grad or claim), shape or ())
    find = partial(check.find, grad=grad, over=over)
    find = partial(find, claim=claim) if claim is not None else find
    choose = along_claim(grad or claim or "", grad is not None)
    return run(request, Job(find, choose, in_json=check.IN_JSON))


def _along_own_claim(own: Mapping[str, Any]) -> Choice | None:
    """In a batch each line has a claim of its own: a derivative, or a gradient."""
    claim = own.get("claim")
    return along_claim(claim, gradient=False) if isinstance(claim, str) else None
