"""Descent in vectors and matrices: models with data, trained from the shell.

Steps are those of any descent, on the entries of all arrays as one vector, with values and gradients by NumPy. The end
is judged by the gradient of what was typed: certified, or with a proved bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.analysis.array_point import (
    DIGITS,
    Answer,
    Given,
    as_doubles,
    count_operations,
    differentiate_at,
    lower_at,
    require_variables,
)
from dcalc.analysis.descend import TOLERANCE, DescentOptions
from dcalc.analysis.descend.ending import (
    CURVED_DOWN,
    MOST_VARIABLES,
    NOT_PROVED,
    CertifiedShape,
    certify_shape,
    describe_least,
    describe_status,
    explain_stop,
    format_norm,
    judge_end,
)
from dcalc.analysis.descend.report import count_steps, draw_values, exit_code, path_sheet
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import TensorFunction
from dcalc.coordinates import nearest_double
from dcalc.errors import UsageError
from dcalc.expr import Expr
from dcalc.finding import ArrayFormula, Brief, Fact, Finding
from dcalc.io.nested import ArrayValue, write_nested
from dcalc.optimise.descent import (
    EndStatus,
    Run,
    Settings,
    Step,
    Track,
    Watch,
    descend_in_batches,
    ignore_step,
    stop_at_kink,
)
from dcalc.optimise.linear import Matrix, Vector
from dcalc.optimise.methods import BACKTRACKING, FOR_FUNCTIONS, METHODS, NEWTON
from dcalc.optimise.ranges import is_least
from dcalc.optimise.searches import run_search
from dcalc.tensor import plain
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.lower import entry_names
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import Declared, Dim, Size, write_shape
from dcalc.text import join_words

if TYPE_CHECKING:
    from dcalc.optimise.linear import Vector


MOST_SECOND = 300
"""Entries up to which second derivatives are computed, of which there are as many as the square of that."""


class ArrayObjective:
    """An expression of arrays as an objective in the entries of some of them.

    ``fixed`` holds the arrays of all other variables, ``shapes`` the shapes of those that move. Cost: NumPy's.
    """

    def __init__(
        self,
        reading: Reading,
        shapes: Mapping[str, tuple[int, ...]],
        fixed: Mapping[str, Any],
        sizes: Mapping[str, int],
    ) -> None:
        self.reading = reading
        self.shapes = shapes
        self.fixed = fixed
        self.sizes = sizes
        self.count = sum(math.prod(shape) for shape in shapes.values())
        self.names: Sequence[str] = [str(place) for place in range(self.count)]
        self._moving = [reading.variables[name] for name in shapes]
        self._partials = differentiate(reading.root, self._moving)
        self._value = TensorFunction([reading.root], sizes)
        self._first = TensorFunction([reading.root, *self._partials], sizes)

    def split(self, x: Sequence[float]) -> dict[str, Any]:
        """The arrays that a vector of all entries stands for."""
        flat = np.asarray(x, dtype=np.float64)
        arrays = {}
        start = 0
        for name, shape in self.shapes.items():
            end = start + math.prod(shape)
            arrays[name] = flat[start:end].reshape(shape)
            start = end
        return arrays

    def value(self, x: Sequence[float]) -> float:
        """f."""
        return float(self._value({**self.fixed, **self.split(x)})[0])

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        f, *parts = self._first({**self.fixed, **self.split(x)})
        return float(f), np.concatenate([np.ravel(part) for part in parts]).tolist()

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        rows = self._second({**self.fixed, **self.split(x)})
        across = len(self.shapes)
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        blocks = [[rows[i * across + j].reshape(sizes[i], sizes[j]) for j in range(across)] for i in range(across)]
        return np.block(blocks).tolist()  # type: ignore[no-any-return]  # NumPy's

    @cached_property
    def _second(self) -> TensorFunction:
        return TensorFunction(
            [second for part in self._partials for second in differentiate(part, self._moving)], self.sizes
        )


class _End(NamedTuple):
    """A run, the gradient at its end, and what the end is worth."""

    run: Run
    status: EndStatus
    message: str
    answer: Answer | None
    shape: CertifiedShape | None = None


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    given: Given,
    start: Mapping[str, ArrayValue],
    *,
    options: DescentOptions,
    tol: float | None,
    watch: Watch = ignore_step,
    batching: Batching | None = None,
) -> Finding:
    """The end of a descent from a start; variables that have values and no start stay as they are.

    With ``batching`` each step takes some rows of the data, and steps are counted in epochs. Raises UsageError for
    options that are for scalars alone, and where a value is missing or does not fit.
    """
    _check(options)
    reading = read(text, shapes)
    names = list(wrt) or list(start)
    require_variables(reading, (*start, *names))
    for name, node in reading.variables.items():
        if name not in start and name not in given.arrays:
            zeros = "0" if not node.rank else f"zeros({', '.join(map(str, node.shape))})"
            raise UsageError(f"{name} has neither a value nor a start", help=f"write --from '{name}={zeros}'")
    if reading.root.shape:
        shape = write_shape(reading.root.shape)
        raise UsageError(
            f"a descent is that of a scalar; this is {shape}", help="write mean(...) or sum(...) around the expression"
        )
    values = {**given.arrays, **start}
    doubles = {name: as_doubles(values[name]).reshape(values[name].shape) for name in reading.variables}
    moving = {name: values[name].shape for name in names}
    fixed = {name: array for name, array in doubles.items() if name not in moving}
    objective = ArrayObjective(reading, moving, fixed, given.sizes)
    settings = replace(options.settings, tol=TOLERANCE if tol is None else tol)
    notes: list[str] = []
    batches: Batches | None = None
    if batching is not None:
        settings, notes = _choose_method(settings, batching)
        batches = _make_batches(text, shapes, objective, doubles)
        arrays = join_words(batches.names, "and")
        notes.append(f"each step takes {batching.size} of {batches.rows} rows of {arrays}; a sum is that of the batch")
    searches = batching is None and settings.method == "gd" and settings.lr is None and settings.schedule == "constant"
    if searches:
        settings = replace(settings, schedule=BACKTRACKING)
    if settings.method == NEWTON and objective.count > MOST_SECOND:
        raise UsageError(
            f"newton is for at most {MOST_SECOND} entries; these are {objective.count:,}", help="write --method lbfgs"
        )
    first = [float(entry) for name in names for entry in doubles[name].ravel()]
    search = None if batches is None or batching is None else (batches, batching)
    end = _run(objective, first, settings, Given(values, given.sizes), watch, search)
    if searches and end.run.end.number:
        notes.append("without --lr each step is as long as a line search allows")
    return _finding(reading, objective, fixed, end, notes, path=options.path)


class Batching(NamedTuple):
    """How many rows a step takes, how often all rows are used, and the seed of their order."""

    size: int
    epochs: int | None = None
    seed: int = 0


_EPOCHS = 100


def _choose_method(settings: Settings, batching: Batching) -> tuple[Settings, list[str]]:
    """The settings of a stochastic descent: Adam where no method and no rate is given. Raises UsageError."""
    if settings.method not in METHODS:
        raise UsageError(f"{settings.method} does not work with --batch", help=f"take one of {', '.join(METHODS)}")
    if settings.schedule == BACKTRACKING:
        raise UsageError(
            "backtracking needs all rows, and --batch uses some at a time", help="choose another --schedule"
        )
    notes = []
    if settings.method == "gd" and settings.lr is None:
        settings = replace(settings, method="adam")
        notes.append("without --lr batches take adam")
    return replace(settings, steps=batching.epochs or _EPOCHS), notes


def _make_batches(
    text: str, shapes: Mapping[str, Declared], whole: ArrayObjective, doubles: Mapping[str, Any]
) -> Batches:
    """The objective over some rows of the data. Raises UsageError where no axis of the data has rows."""
    names = find_row_arrays(text, doubles, list(whole.shapes))
    rows = doubles[names[0]].shape[0]
    declared = {name: shapes[name].shape[0] for name in names}
    length = next((size for size in declared.values() if isinstance(size, Dim)), None)

    def make(count: int) -> Gradient:
        reading, sizes = whole.reading, dict(whole.sizes)
        cut = {name: Declared((count, *shapes[name].shape[1:])) for name in names}
        if length is not None:  # the length has a name, which the text may use
            sizes[length.name] = count - length.offset
            cut = {length.name: Declared((), length=sizes[length.name])}
        if count != rows and (length is None or length.name in shapes):  # shapes are numbers
            reading = read(text, {**shapes, **cut})
        part = ArrayObjective(reading, whole.shapes, {}, sizes)

        def gradient(data: Mapping[str, Any], x: Sequence[float]) -> tuple[float, Vector]:
            part.fixed = data
            return part.gradient(x)

        return gradient

    return Batches(names, whole.fixed, make)


def _check(options: DescentOptions) -> None:
    options.settings.check()
    if options.settings.method in FOR_FUNCTIONS:
        raise UsageError(f"{options.settings.method} does not take arrays", help="write --method newton, or lbfgs")
    for name, value in (
        ("starts", options.starts),
        ("box", options.over),
        ("bounds", options.bounds),
        ("methods", options.methods or None),
    ):
        if value:
            raise UsageError(f"--{name} does not take arrays", help="leave it out")
    if options.stable:
        raise UsageError("--stable does not take arrays", help="leave it out")


def _run(
    objective: ArrayObjective,
    first: Vector,
    settings: Settings,
    given: Given,
    watch: Watch,
    search: tuple[Batches, Batching] | None = None,
) -> _End:
    track = Track(watch)
    try:
        if search is None:
            run = run_search(objective, first, settings, track)
        else:
            batches, batching = search
            run = descend_in_batches(batches, first, settings, batches.rows, batching.size, batching.seed, track)
    except KeyboardInterrupt:
        run = track.keep_last()
        return _End(run, "interrupted", f"at step {run.end.number}: {format_norm(run.end)}, in doubles", None)
    run = _stop_at_kink(objective, run)
    arrays = objective.split(run.end.x)
    place = {name: ArrayValue(array.ravel().tolist(), array.shape) for name, array in arrays.items()}
    there = Given({**given.arrays, **place}, given.sizes)
    answer = differentiate_at(objective.reading, list(arrays), there, DIGITS)
    if math.isnan(run.end.gradient_norm) and answer.norm is not None and answer.norm <= settings.tol:
        run = run._replace(status="converged")  # prod(x)/x has no number at 0, where the gradient is 0
    entries = _EndByEntry.of(objective, there)
    if entries is not None and answer.norm is None and run.status in ("converged", "stalled"):
        verdict = entries.judge_kink(answer.reason)
        if verdict is not None:
            return _End(run, *verdict, answer)
    if run.status != "converged":
        entries = None
    shape = None if entries is None or answer.norm is None else entries.certify_shape(answer.norm)
    unit = "step" if search is None else "epoch"
    status, message = _judge(run, answer, settings, shape, unit)
    if status == "converged" and entries and message.endswith(NOT_PROVED) and entries.is_least:
        message = describe_least(f": {message.removesuffix(NOT_PROVED)}")
    return _End(run, status, message, answer, shape)


def _stop_at_kink(objective: ArrayObjective, run: Run) -> Run:
    """The run, which goes on to the point where it has lost its gradient, if f has a number there."""
    if run.status != "left_domain" or run.lost is None:
        return run
    value = objective.value(run.lost)
    return stop_at_kink(run, run.lost, value) if math.isfinite(value) else run


class _EndByEntry(NamedTuple):
    """The expression at the end of a run, entry by entry: ``names`` are the entries that have moved."""

    root: Expr
    names: list[str]
    at: dict[str, float]

    @classmethod
    def of(cls, objective: ArrayObjective, given: Given) -> _EndByEntry | None:
        """None where there are too many entries or operations."""
        steps = objective.reading.list_steps()
        if objective.count > MOST_VARIABLES or count_operations(steps, given.sizes) > _MOST_BY_ENTRY:
            return None
        whole, at = lower_at(steps, given)
        names = [entry for name, shape in objective.shapes.items() for entry in entry_names(name, shape)]
        return cls(whole.entries[0], names, {name: nearest_double(value) for name, value in at.items()})

    @property
    def is_least(self) -> bool:
        """Whether f is proved to be nowhere smaller."""
        return is_least(self.root, self.at, dict.fromkeys(self.names, (-math.inf, math.inf)))

    def certify_shape(self, slope: float) -> CertifiedShape:
        """What certified second derivatives say of the end, where the gradient is that long."""
        return certify_shape(self.root, self.names, self.at, slope)

    def judge_kink(self, reason: str) -> tuple[EndStatus, str] | None:
        """What an end is worth at which f has no gradient, for this ``reason``; None where that is not decided."""
        if self.is_least:
            return "converged", describe_least("", reason)
        for name in self.names:
            edge = judge_end(self.root, name, self.at, None)
            if edge is not None and not edge.is_minimum:
                return "stalled", edge.message
        return None


_MOST_BY_ENTRY = 5_000
"""Operations up to which an end is looked at entry by entry."""


def _judge_converged(answer: Answer, settings: Settings, shape: CertifiedShape | None) -> tuple[EndStatus, str]:
    """What an end is worth at which the gradient in doubles is small."""
    length = answer.norm
    if length is None:
        return "stalled", f"the gradient in doubles is small, but a part of it has no value: {answer.reason}"
    if not length <= settings.tol:
        return "stalled", f"the gradient is {length:.3g}, which doubles do not see"
    sure = "certified" if all(part.results for part in answer.parts.values()) else "within a proved bound"
    small = f"gradient norm {length:.3g}, {sure}"
    kind = None if shape is None or shape.near is None else shape.near.kind
    if kind == "minimum":
        return "converged", f"a minimum: {small}"
    if kind is not None:
        return "saddle", f"the end is a {kind} and not a minimum: {small}"
    if shape is not None and shape.definiteness in CURVED_DOWN:
        return "saddle", f"f curves downward, so the end is not a minimum: {small}"
    return "converged", small + NOT_PROVED


def _judge(
    run: Run, answer: Answer, settings: Settings, shape: CertifiedShape | None, unit: str
) -> tuple[EndStatus, str]:
    """The name of the end, and what it is worth, from derivatives of what was typed."""
    length = answer.norm
    if run.status == "converged":
        return _judge_converged(answer, settings, shape)
    first, last = run.path[0].value, run.end.value
    change = (
        f"stays at {last:.6g}"
        if last == first
        else f"{'falls' if last < first else 'grows'} from {first:.6g} to {last:.6g}"
    )
    course = f"f {change} in {count_steps(run, unit)}"
    norm = format_norm(run.end)
    match run.status:
        case "max_steps":
            return run.status, f"{course}; {norm}, above {settings.tol:g}"
        case "left_domain" if run.lost is run.end.x:
            return run.status, f"the start has no number: {answer.reason or 'the gradient overflows in doubles'}"
        case "left_domain":
            return run.status, f"{course}; the next step leads to where f has no number"
        case "stalled" if math.isnan(run.end.gradient_norm) and length is not None:
            return run.status, f"the gradient is {length:.3g}, but its formula has no number in doubles there"
        case "stalled" if math.isnan(run.end.gradient_norm) or not run.end.number:
            return run.status, explain_stop(run.end, answer.reason)
        case "stalled":
            return run.status, f"{course}; no step that was tried makes f smaller, {norm}"
        case _:
            return run.status, f"{course}; {norm}; a smaller learning rate may help"


def _finding(
    reading: Reading,
    objective: ArrayObjective,
    fixed: Mapping[str, Any],
    end: _End,
    notes: Sequence[str],
    *,
    path: bool,
) -> Finding:
    last = end.run.end
    reached = {name: array.tolist() for name, array in objective.split(last.x).items()}
    value, length = last.value, last.gradient_norm
    if end.answer is not None:
        value = value if end.answer.f is None else end.answer.f
        certified = end.answer.norm
        length = length if certified is None else certified
    steps = [_step_record(objective, step) for step in end.run.path] if path else []
    record: dict[str, Any] = {
        "steps": last.number, "value": value, "gradient_norm": length,
        "eigenvalues": None if end.shape is None else list(end.shape.eigenvalues), "message": end.message,
    }  # fmt: skip
    if path:
        record["path"] = steps
    facts = (Fact("f", value), Fact("gradient norm", length), Fact("steps", last.number))
    cells = {name: ArrayFormula(partial(_write, array)) for name, array in reached.items()}
    table = path_sheet((), end.run.path)
    sentence = f"{describe_status(end.status)}: {end.message}"
    lines: list[tuple[Any, ...]] = [*cells.items(), ("value", value), ("gradient_norm", length), ("steps", last.number)]
    rows = [tuple(row.get(column.key) for column in table.columns) for row in table.rows] if path else lines
    at = {name: array.tolist() for name, array in fixed.items()} if _is_small(fixed) else {}
    return Finding(
        "descend", ArrayFormula(lambda _notation: plain.write(reading.root)), tuple(reached), {**at, **reached},
        end.status,
        record, facts=facts,
        brief=Brief(
            [
                Fact("", sentence, "good" if end.status == "converged" else "bad"),
                *(Fact(name, cell, "strong") for name, cell in cells.items()),
                *facts,
            ],
            [table] if path else [],
        ),
        sheets=(table,), pictures=() if end.status == "interrupted" else (draw_values(end.run),),
        plain=rows, trail=steps, sentence=sentence,
        code=exit_code(end.status),
        notes=(*reading.notes, *notes),
    )  # fmt: skip


def _write(array: object, _notation: str) -> str:
    return write_nested(array)


def _step_record(objective: ArrayObjective, step: Step) -> dict[str, Any]:
    return {
        "step": step.number, "at": {name: array.tolist() for name, array in objective.split(step.x).items()},
        "value": step.value, "gradient_norm": step.gradient_norm, "lr": step.lr,
    }  # fmt: skip


_FEW = 1000
"""Entries of data up to which a record repeats them."""


def _is_small(arrays: Mapping[str, Any]) -> bool:
    return bool(sum(array.size for array in arrays.values()) <= _FEW)


# --- Minibatches of arrays of data: which axis the rows are on, and the objective over some of them.

Gradient = Callable[[Mapping[str, Any], "Sequence[float]"], "tuple[float, Vector]"]
"""f and its gradient at a vector, over arrays of the data by name."""


class Batches:
    """An expression of arrays over some rows of its data: an objective for `descend_in_batches`.

    ``names`` are the arrays that have the rows as their first axis. ``make`` gives the gradient of the expression for
    a number of rows, as `Gradient`; it is kept, since batches of one size share it.
    """

    def __init__(self, names: Sequence[str], data: Mapping[str, Any], make: Callable[[int], Gradient]) -> None:
        self.names = names
        self.data = data
        self.rows: int = data[names[0]].shape[0]
        self._make = make
        self._known: dict[int, Gradient] = {}

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f over all rows, and its gradient."""
        return self._at(self.data, self.rows, x)

    def of(self, rows: Sequence[int]) -> Batch:
        """The objective over some rows."""
        places = np.array(rows)
        return Batch(self, {**self.data, **{name: self.data[name][places] for name in self.names}}, len(rows))

    def _at(self, data: Mapping[str, Any], rows: int, x: Sequence[float]) -> tuple[float, Vector]:
        if rows not in self._known:
            self._known[rows] = self._make(rows)
        return self._known[rows](data, x)


class Batch:
    """The objective over some rows."""

    def __init__(self, whole: Batches, data: Mapping[str, Any], rows: int) -> None:
        self._whole = whole
        self._data = data
        self._rows = rows

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f over these rows, and its gradient."""
        return self._whole._at(self._data, self._rows, x)


def find_row_arrays(text: str, arrays: Mapping[str, Any], moving: Sequence[str]) -> list[str]:
    """The arrays of the data whose first axis is that of the rows. Raises UsageError where there are none.

    ``arrays`` are those of all names. Where several lengths begin arrays of data, the rows are the longest.
    """
    shapes = {
        name: Declared(tuple(Dim(f"?{name} {axis}") for axis in range(array.ndim))) for name, array in arrays.items()
    }
    reading = read(text, shapes)
    lengths: dict[Size, list[str]] = {}
    for name, node in reading.variables.items():
        if name not in moving and node.shape:
            lengths.setdefault(node.shape[0], []).append(name)
    lengths = {size: names for size, names in lengths.items() if not _stands_elsewhere(size, names, reading)}
    if not lengths:
        raise UsageError(
            "no array of the data has rows to take batches of",
            help="batches are taken of the first axis of X in X@w, which nothing else may have",
        )
    return max(lengths.values(), key=lambda names: arrays[names[0]].shape[0])


def _stands_elsewhere(size: Size, names: Sequence[str], reading: Reading) -> bool:
    """Whether a length is that of another axis as well, such as one of what is trained."""
    for name, node in reading.variables.items():
        axes = node.shape[1:] if name in names else node.shape
        if size in axes:
            return True
    return not isinstance(size, Dim)
