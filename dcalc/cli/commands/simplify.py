"""`dcalc simplify`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run
from dcalc.errors import UsageError
from dcalc.tensor.signs import has_arrays

if TYPE_CHECKING:
    from dcalc.proof.polynomials import Form

PLACE = 130
EXAMPLES = (
    "dcalc simplify 'x*x + 2*x**2 - 0*y'",
    "dcalc simplify '(x+1)^2 - x^2 - 2x - 1'",
    "dcalc simplify 'x**3 - y**3' --factor",
    "dcalc simplify 'a*x + x**2 - b*x' --collect x",
)
INSTEAD = {"--at": "write dcalc eval for a value", "--wrt": "write dcalc diff for a derivative"}


Expand = Annotated[bool, typer.Option("--expand", help="Multiply products of sums out.")]
Factor = Annotated[bool, typer.Option("--factor", help="Write it as a product of factors over the rationals.")]
Together = Annotated[bool, typer.Option("--together", help="Write it as one fraction in lowest terms.")]
Collect = Annotated[
    str | None,
    typer.Option("--collect", metavar="NAME", help="Multiply it out, and put the powers of a variable together."),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    expand: Expand = False,
    factor: Factor = False,
    together: Together = False,
    collect: Collect = None,
    let: o.Let = None,
    shape: o.Shape = None,
    verbose: o.Verbose = False,
    *,
    shared: o.Shared,
) -> int:
    """Simplify an expression.

    Only by rules that hold wherever the expression is defined.
    """
    from dcalc.analysis import simplify

    wanted: tuple[tuple[Form, bool], ...] = (("expand", expand), ("factor", factor), ("together", together))
    forms = [form for form, is_wanted in wanted if is_wanted]
    if len(forms) + (collect is not None) > 1:
        raise UsageError("--expand, --factor, --together and --collect are different forms", help="ask for one of them")
    find = partial(simplify.find, form=forms[0] if forms else None, collect=collect)
    request = Request("simplify", *shared, expression, let=let, verbose=verbose)
    if shape or has_arrays(expression or "", request.notation):
        from dcalc.analysis import array_formulas
        from dcalc.cli.array_run import run_arrays

        if factor or together or collect is not None:
            raise UsageError("arrays are simplified, or multiplied out by --expand", help="leave the other form out")
        form = partial(array_formulas.find, command="simplify", is_expanded=expand)
        return run_arrays(request, form, shape or ())
    return run(request, Job(find, along_none, simplify.finding, arrays="simplify"))
