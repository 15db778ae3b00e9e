"""`dcalc emit`."""

from functools import partial
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one_and_all
from dcalc.cli.run import Job, run
from dcalc.errors import UsageError
from dcalc.tensor.signs import has_arrays

PLACE = 145
EXAMPLES = (
    "dcalc emit '(1-cos(x))/x**2' --target c",
    "dcalc emit 'x**2*y + sin(x*y)' --target numpy --of f,gradient,hessian",
    "dcalc emit 'r*cos(t)' 'r*sin(t)' --target js",
    "dcalc emit 'norm(A@x - b)^2' --target numpy --wrt x",
)


def read_quantities(text: str) -> Any:
    """The value of --of: quantities, as f,derivative."""
    from dcalc.targets import QUANTITIES
    from dcalc.text import unknown_name

    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in QUANTITIES:
            raise unknown_name("quantity", name, QUANTITIES)
    return names


def choose_target(name: str | None, output: str | None) -> str:
    """The target that --target names, else that of the suffix of the output file. Raises UsageError."""
    if name is not None:
        return name
    from dcalc import targets

    suffix = (output or "").rpartition(".")[2]
    for known, own in _TARGET_SUFFIXES.items():
        if output and suffix == known:
            return own
    raise UsageError("emit needs a target", help=f"write --target with one of {', '.join(targets.names())}")


Language = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="LANGUAGE", help="The language of the program; else the suffix of --output tells it."
    ),
]
Quantities = Annotated[
    Any,
    typer.Option(
        "--of",
        metavar="WHAT",
        parser=read_quantities,
        help="What to compute, as f,derivative: f, derivative, gradient, jacobian, hessian.",
    ),
]
FunctionName = Annotated[
    str, typer.Option("--name", metavar="WORD", show_default=False, help="The name of the function: f by default.")
]
PlainForm = Annotated[bool, typer.Option("--plain", help="Take the expression as typed, not in a stable form.")]
CheckProgram = Annotated[
    bool, typer.Option("--check", help="Compile and run the program here, and compare it with certified values.")
]

_TARGET_SUFFIXES = {
    "py": "python", "c": "c", "h": "c", "cpp": "cpp", "cc": "cpp", "hpp": "cpp", "rs": "rust", "js": "js", "mjs": "js",
    "m": "matlab", "f90": "fortran", "jl": "julia", "tex": "latex", "typ": "typst",
}  # fmt: skip


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    target: Language = None,
    of: Quantities = None,
    wrt: o.Wrt = None,
    order: o.Order = None,
    let: o.Let = None,
    shape: o.Shape = None,
    name: FunctionName = "f",
    dtype: o.Dtype = "float64",
    plain: PlainForm = False,
    over: o.Over = None,
    check: CheckProgram = False,
    *,
    shared: o.Shared,
) -> int:
    """Write an expression and its derivatives as a program.

    The code computes the derivative of the stable form, in a stable form, so that it keeps its digits; --plain takes
    the expression as typed. Functions that the language lacks are written out, or refused by name.
    """
    first, more = (expressions[0], expressions[1:]) if expressions else (None, [])
    language = choose_target(target, shared.output)
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
    from dcalc import targets
    from dcalc.analysis import emit

    find = partial(emit.find, target=language, of=of or (), name=name, precision=dtype, plain=plain, over=over)
    if shown.format == "plain":
        find = partial(find, file=emit.File())
    if check:
        from dcalc.io.toolchain import run_program

        find = partial(find, run=run_program)
    comment = targets.load(language).comment
    choose = along_one_and_all(of or (), several=bool(more))
    return run(request, Job(find, choose, is_bounded=False, comment=comment))
