"""`dcalc emit`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one_and_all
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 145
EXAMPLES = (
    "dcalc emit '(1-cos(x))/x**2' --target c",
    "dcalc emit 'x**2*y + sin(x*y)' --target numpy --of f,gradient,hessian",
    "dcalc emit 'r*cos(t)' 'r*sin(t)' --target js",
    "dcalc emit 'norm(A@x - b)^2' --target numpy --wrt x",
)


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    target: o.Language = None,
    of: o.Quantities = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    let: o.Let = None,
    shape: o.Shape = None,
    name: o.FunctionName = "f",
    dtype: o.Dtype = "float64",
    plain: o.PlainForm = False,
    over: o.Over = None,
    check: o.CheckProgram = False,
    *,
    shared: o.Shared,
) -> int:
    """Write an expression and its derivatives as a program.

    The code computes the derivative of the stable form, in a stable form, so that it keeps its digits; --plain takes
    the expression as typed. Functions that the language lacks are written out, or refused by name.
    """
    first, more = (expressions[0], expressions[1:]) if expressions else (None, [])
    language = o.choose_target(target, shared.output)
    shown = shared._replace(format=shared.format or (None if shared.json else "plain"))
    request = Request("emit", *shown, first, wrt=wrt, order=order, let=let, more=more, several=True)
    if shape or has_arrays(first or ""):
        from dcalc.analysis import array_emit
        from dcalc.cli.array_run import emit_arrays, refuse_options

        single = dtype if dtype != "float64" else None
        refuse_options(order=order, let=let, dtype=single, plain=plain, over=over)
        return emit_arrays(
            request, partial(array_emit.find, target=language, of=of or (), name=name), shape or (), check
        )
    from dcalc.analysis import emit

    find = partial(emit.find, target=language, of=of or (), name=name, precision=dtype, plain=plain, over=over)
    if check:
        from dcalc.io.toolchain import run_program

        find = partial(find, run=run_program)
    return run(request, Job(find, along_one_and_all(of or (), several=bool(more)), is_bounded=False))
