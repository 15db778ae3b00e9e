"""`dcalc fit`."""

import os
from errno import EISDIR
from functools import partial

from dcalc.cli import options as o
from dcalc.cli import training_options as t
from dcalc.cli.request import Request, along_none, read_titles
from dcalc.cli.run import Job, run_live
from dcalc.errors import UsageError
from dcalc.io.rows import is_data_file
from dcalc.tensor.signs import has_arrays

PLACE = 160
EXAMPLES = (
    "printf 'x,y\\n0,1\\n1,3.1\\n2,4.9\\n' | dcalc fit 'a + b*x' --data - --target y",
    "printf 'x,y\\n1,2.8\\n2,7.3\\n3,20\\n' | dcalc fit 'a*exp(b*x)' --data - --target y --from a=1,b=1",
    "printf 'x,y,s\\n1,3,.1\\n2,5,.2\\n3,7.2,.1\\n' | dcalc fit 'a + b*x' --data - --target y --sigma s",
    "printf 'x,y\\n1,0\\n2,1\\n3,0\\n4,1\\n' | dcalc fit 'a + b*x' --data - --target y --loss bce_logits",
)
INSTEAD = {
    "--at": "write --from for the start",
    "--wrt": "a variable that is not a column is a parameter",
    **dict.fromkeys(("--y", "-y", "--label", "--labels"), "write --target for the column that the model is fitted to"),
}


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    data: t.Data = None,
    input_format: o.InputFormat = None,
    column: o.ColumnTitles = None,
    target: t.Target = None,
    sigma: t.Sigma = None,
    absolute_sigma: t.AbsoluteSigma = False,
    sigma_x: t.SigmaX = None,
    weights: t.Weights = None,
    loss: t.Loss = None,
    start: t.Start = None,
    init: t.Init = None,
    bounds: t.Bounds = None,
    fix: t.Fixed = None,
    by: t.SetColumn = None,
    each: t.EachSet = None,
    level: t.Level = None,
    predict: t.Predict = None,
    profile: t.Profiles = False,
    method: t.Method = None,
    lr: t.Rate = None,
    schedule: t.Schedule = None,
    momentum: t.Momentum = None,
    clip: t.Clip = None,
    clip_value: t.ClipValue = None,
    steps: t.Steps = None,
    tol: t.GradientTolerance = None,
    batch: t.Batch = None,
    epochs: t.Epochs = None,
    seed: o.Seed = None,
    stable: t.Stable = False,
    plot: t.Plot = None,
    verbose: o.Verbose = False,
    let: o.Let = None,
    shape: o.Shape = None,
    *,
    shared: o.Shared,
) -> int:
    """Fit the parameters of a model to data.

    Parameters are the variables that are not columns of the data. Least squares are solved by
    Levenberg-Marquardt, other losses by Newton's method; where the end is a minimum, that is proved,
    and every digit of the parameters is right. With --loss cross_entropy each expression is the logit
    of a class. With --sigma or --weights rows count by their errors, with --sigma-x inputs have errors, too. Ctrl-C
    ends the run and keeps the best point so far.
    """
    from dcalc.analysis.fit import FitOptions, find
    from dcalc.io.data import DataFile
    from dcalc.optimise.descent import Settings
    from dcalc.parser.definitions import read_model

    if isinstance(fix, str):
        raise UsageError("--fix takes numbers", help="write --fix c=1")
    texts = list(expressions or ())
    if len(texts) > 1 and is_data_file(texts[0]) and not is_data_file(texts[-1]):
        raise UsageError("the model stands before the file", help=f"write dcalc fit '{texts[1]}' {texts[0]}")
    if len(texts) > 1 and os.path.isdir(texts[-1]):
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), texts[-1])
    if texts and is_data_file(texts[-1]):
        if data is not None:
            raise UsageError("the file of data is given twice, once by --data", help="leave one out")
        data = texts.pop()
    first, more = (texts[0], texts[1:]) if texts else (None, [])
    first, named = (first, None) if first is None or more else read_model(first)
    table = None if data is None else DataFile(data, input_format, read_titles(column or ()))
    notes: tuple[str, ...] = ()
    if first is not None and (shape or has_arrays(first)):
        from dcalc.cli.array_run import lower_row_model

        if more:
            raise UsageError("a model with vectors is one expression", help="leave out the others")
        apart = [target or named or "", *(name for name in (sigma, weights, by) if isinstance(name, str))]
        first, start, notes = lower_row_model(first, named, table, shape or (), apart, start, seed or 0)
    request = Request("fit", *shared, first, let=let, tol=tol, more=more, several=True, verbose=verbose)
    settings = o.drop_missing(
        lr=lr, schedule=schedule, momentum=momentum, clip=clip, clip_value=clip_value, steps=steps
    )
    own = o.drop_missing(
        loss=loss, start=start, init=init, seed=seed, method=method, batch=batch, epochs=epochs, sigma=sigma,
        weights=weights, sigma_x=sigma_x, bounds=bounds, fixed=fix, by=by, each=each, level=level, predict=predict,
    )  # fmt: skip
    options = FitOptions(
        table, target, named=named, settings=Settings(**settings), stable=stable, is_absolute=absolute_sigma,
        profile=profile, notes=notes, **own,
    )  # fmt: skip
    is_patient = not (steps is epochs is batch is None)
    return run_live(request, Job(partial(find, options=options), along_none, plot=plot), is_patient=is_patient)
