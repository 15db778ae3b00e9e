"""`dcalc descend`."""

from dataclasses import replace
from functools import partial

from dcalc.cli import options as o
from dcalc.cli import training_options as t
from dcalc.cli.request import Request, along_all
from dcalc.cli.run import Job, run_live
from dcalc.errors import UsageError
from dcalc.tensor.signs import has_arrays

PLACE = 150
EXAMPLES = (
    "dcalc descend '(x-3)**2 + 10*(y+1)**2' --from x=0,y=0 --lr 0.05",
    "dcalc descend '(1-x)**2 + 100*(y-x**2)**2' --from x=-1,y=1 --method newton",
    "dcalc descend 'x**4 - 3*x**2 + x' --from 2 --lr 0.01 --starts 5 --seed 1",
    "dcalc descend 'x**4 - 3*x**2 + x' --bounds x=-3:3 --method evolution --seed 1",
    "dcalc descend 'x**4 - 3*x**2 + x' --from 2 --methods gd,newton,evolution",
    "dcalc descend '(x-3)**2' --from 0 --engine reverse",
    "dcalc descend 'x**4' --from 5 --lr 0.1 --clip 1 --tol 1e-3 --path --format csv",
    "dcalc descend 'norm(A@x - b)^2' --at 'A=[[1,2],[3,4],[5,6]],b=[1,0,1]' --from 'x=zeros(2)' --method newton",
)
INSTEAD = {"-n": "write --steps"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    start: t.StartPoints = None,
    at: t.ArraysAt = None,
    shape: o.Shape = None,
    wrt: o.WrtAll = None,
    method: t.Method = None,
    methods: t.Methods = None,
    lr: t.Rate = None,
    schedule: t.Schedule = None,
    momentum: t.Momentum = None,
    clip: t.Clip = None,
    clip_value: t.ClipValue = None,
    steps: t.Steps = None,
    tol: t.GradientTolerance = None,
    starts: t.Starts = None,
    batch: t.Batch = None,
    epochs: t.Epochs = None,
    seed: o.Seed = None,
    over: t.Box = None,
    bounds: t.Bounds = None,
    stable: t.Stable = False,
    engine: t.Engine = None,
    path: t.Path = False,
    plot: t.Plot = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Find a minimum by descent, and judge where it ends.

    Conventions and defaults of gd, momentum, nesterov, adagrad, rmsprop and adam are
    PyTorch's, but newton, and gd without --lr, search along their steps; lbfgs, nelder-mead and
    evolution are SciPy's (pip install 'dcalc[scipy]'). Evolution searches all of --bounds, and
    --methods shows which methods are trapped in a local minimum, and what each of them takes.
    With --engine the steps follow the gradients of another backend.
    Ctrl-C ends the run and keeps the point that it has reached. Exits with 1 unless it converged to
    what is certified not to be a saddle.
    """
    from dcalc.analysis.descend import DescentOptions, find
    from dcalc.optimise.descent import Settings
    from dcalc.optimise.methods import FOR_FUNCTIONS
    from dcalc.optimise.starts import merge_starts

    backend = None if engine is None else (engine,)
    request = Request("descend", *shared, expression, wrt=wrt, backend=backend, let=let, tol=tol, verbose=verbose)
    settings = o.drop_missing(
        method=method, lr=lr, schedule=schedule, momentum=momentum, clip=clip, clip_value=clip_value, steps=steps
    )
    own = o.drop_missing(starts=starts, seed=seed, over=over, bounds=bounds, methods=methods)
    if method is not None and methods is not None:
        raise UsageError("--method and --methods contradict each other", help="leave one out")
    options = DescentOptions(settings=Settings(**settings), stable=stable, path=path, **own)
    points = [t.read_start(text) for text in start or ()]
    arrays = [point for point in points if isinstance(point, str)]
    if arrays or has_arrays(expression or "", at=at):
        from dcalc.cli.array_run import run_array_descent

        if len(points) > 1:
            raise UsageError("a descent in arrays has one start", help="write all arrays into one --from")
        return run_array_descent(
            request, options, start[0] if start else None, at or (), shape or (), seed or 0,
            plot=plot, batch=batch, epochs=epochs,
        )  # fmt: skip
    if not batch is epochs is None:
        raise UsageError("batches are rows of arrays of data", help="give the data: --at X=@X.csv,y=@y.csv")
    if at:
        raise UsageError("--at is for vectors and matrices here", help="write --from for the start")
    first, *more = merge_starts([point for point in points if not isinstance(point, str)])
    options = replace(options, start=first, more=more)
    is_patient = bool(steps or starts or methods or more) or method in FOR_FUNCTIONS
    return run_live(request, Job(partial(find, options=options), along_all, plot=plot), is_patient=is_patient)
