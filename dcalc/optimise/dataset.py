"""The data of a fit, its loss, and expressions over all its rows.

`prepare_data` turns raw columns into numbers without missing rows, `Rows` evaluates expressions over columns (by
NumPy where that pays), `MeanLoss` and `Residuals` are what optimisers ask of them.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache, partial, reduce
from importlib.util import find_spec
from itertools import compress, repeat
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, cast

from dcalc import functions as table
from dcalc import rules
from dcalc.bulk.bound import Arrays
from dcalc.bulk.formula import Lowering
from dcalc.bulk.ufunc_program import Layout, Machine
from dcalc.errors import UsageError
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.optimise.linear import Linearised, Matrix, Vector, dot, linearise, linearise_arrays, sum_squares
from dcalc.optimise.objective import (
    BALLS,
    DOUBLES,
    N,
    Partial,
    Slope,
    SlopeProgram,
    differentiate,
    differentiate_twice,
    fill_symmetric,
)
from dcalc.parser import parse
from dcalc.tape import System, Tape, lower
from dcalc.text import is_missing

if TYPE_CHECKING:
    from dcalc.optimise.linear import Array

Raw = Mapping[str, Sequence[object]]
"""Columns as read from a file: numbers, texts, and None for empty cells."""


CONSTANT_SIGMA = "_sigma"
"""The column of a sigma that is the same in every row; names begin with a letter, so no column has this one."""


class Weighting(NamedTuple):
    """What the rows count: residuals are divided by a ``sigma``, or squares and other losses multiplied by ``weights``.

    ``column`` holds the numbers. ``is_absolute``: sigmas are standard deviations as they stand; otherwise only their
    ratios are known, and the scatter of the residuals says how large they are.
    """

    kind: Literal["sigma", "weights"]
    column: str
    is_absolute: bool = False


class Data(NamedTuple):
    """Columns of equal length. ``classes`` are the labels that the numbers of the target stand for, if any."""

    columns: dict[str, list[float]]
    target: str
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns[self.target])


def prepare_data(
    raw: Raw,
    names: Sequence[str],
    target: str,
    *,
    labels: bool,
    sigmas: Sequence[str] = (),
    weights: str | None = None,
) -> Data:
    """The columns of ``names``, of ``sigmas`` and weights, and the target; with ``labels`` the target may hold words.

    Rows with a missing value or without weight are left out, and a note says how many. Raises UsageError where a
    column is missing or holds something else than numbers, where a sigma is not above 0 or a weight is below 0, and
    where no row is left.
    """
    names = [*names, *sigmas, *([weights] if weights is not None else [])]
    for name in (target, *names):
        if name not in raw:
            raise UsageError(f"the data have no column {name}", help=f"the columns are {', '.join(list(raw)[:12])}")
    wanted = [*dict.fromkeys([*names, target])]
    classes = _read_classes(raw[target]) if labels else ()
    codes = {label: float(code) for code, label in enumerate(classes)}
    columns = {name: _read_column(raw[name], name, codes if name == target else {}) for name in wanted}
    finite = [all(row) for row in zip(*(map(math.isfinite, column) for column in columns.values()), strict=True)]
    kept = finite
    if sigmas or weights is not None:
        kept = [
            is_finite and _check_weighting(dict(zip(columns, row, strict=True)), sigmas, weights, count)
            for count, (is_finite, *row) in enumerate(zip(finite, *columns.values(), strict=True), 1)
        ]
    lost, weightless = finite.count(False), kept.count(False) - finite.count(False)
    if lost or weightless:
        columns = {name: list(compress(column, kept)) for name, column in columns.items()}
    if not columns[target]:
        why = "a weight of 0" if weightless else "a missing value"
        raise UsageError(f"every row of the data has {why}", help="check that the columns hold numbers")
    rows = len(finite)
    reasons = ((lost, "a value is missing"), (weightless, "the weight is 0"))
    notes = [f"{n} of {rows} rows {'is' if n == 1 else 'are'} left out: {why}" for n, why in reasons if n]
    return Data(columns, target, classes, tuple(notes))


def _check_weighting(row: Mapping[str, float], sigmas: Sequence[str], weights: str | None, count: int) -> bool:
    """Whether a row has a weight. Raises UsageError for one whose sigmas or weight cannot be."""
    for name in sigmas:
        if not row[name] > 0:
            fix = "leave the row out, or write --weights, where 0 leaves it out"
            what = f"{row[name]:g}" if name == CONSTANT_SIGMA else f"{row[name]:g} in row {count} of {name}"
            raise UsageError(f"a sigma must be above 0, not {what}", help=fix)
    if weights is not None and row[weights] < 0:
        raise UsageError(
            f"a weight must not be negative, as {row[weights]:g} in row {count} of {weights} is",
            help="weights multiply squared residuals: 1/sigma**2",
        )
    return weights is None or row[weights] != 0


def _read_column(cells: Sequence[object], name: str, codes: Mapping[str, float]) -> list[float]:
    """The cells as doubles, nan where one is missing; labels have ``codes``."""
    if {*map(type, cells)} == {float}:
        return list(cast("Sequence[float]", cells))
    return [codes[str(cell).strip()] if codes and not _is_missing(cell) else _read_number(cell, name) for cell in cells]


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and is_missing(cell))


def _read_number(cell: object, name: str) -> float:
    """The cell as a double, nan where it is missing."""
    if _is_missing(cell):
        return math.nan
    try:
        return float(cell)  # type: ignore[arg-type]  # what is not a number is reported below
    except (TypeError, ValueError):
        fix = "words may be classes: --loss cross_entropy, or bce_logits for two"
        if isinstance(cell, str) and cell.count(",") == 1 and cell.replace(",", "").strip().lstrip("+-").isdigit():
            fix = "where decimals have commas, say --input-format decimal-comma"
        raise UsageError(f"column {name} holds {str(cell)[:40]!r}, which is not a number", help=fix) from None


def _read_classes(cells: Sequence[object]) -> tuple[str, ...]:
    """The labels in order; none where the cells are numbers already."""
    labels = {str(cell).strip() for cell in cells if not _is_missing(cell)}
    try:
        values = {float(label) for label in labels}
    except ValueError:
        return tuple(sorted(labels))
    if any(not value.is_integer() or value < 0 for value in values):
        raise UsageError("classes must be whole numbers from 0, or words", help="write 0, 1, 2 in the target's column")
    return ()


# --- expressions over all rows ------------------------------------------------------------

_OPERATORS: Mapping[table.Row, Callable[..., Any]] = {
    table.ADD: operator.add, table.SUB: operator.sub, table.MUL: operator.mul, table.NEG: operator.neg,
}  # fmt: skip
_CHAINED = (operator.add, operator.mul)
"""Operators of any number of arguments, taken two at a time."""
_NUMPY_NAMES = {
    "-": "subtract", "/": "divide", "**": "power", "neg": "negative", "exp": "exp", "log": "log", "sqrt": "sqrt",
    "sin": "sin", "cos": "cos", "tan": "tan", "atan": "arctan", "tanh": "tanh", "cosh": "cosh", "sinh": "sinh",
}  # fmt: skip
Column = Sequence[float]
_Columns = Mapping[str, Column]


@lru_cache(maxsize=32)
def _lower(roots: tuple[Expr, ...]) -> Tape:
    """The tape of expressions; the last ones are kept, since doubles and balls run over the same."""
    return lower(*roots)


_Step = tuple[Callable[..., Any] | None, tuple[Any, ...]]
"""What evaluates a row of a tape, and the places that it reads; None for a leaf."""


@lru_cache(maxsize=32)
def _plan_steps(roots: tuple[Expr, ...], system: System) -> list[_Step]:
    """A step for each row of the tape. All systems have Python's operators, which are faster than evaluators."""
    rows = _lower(roots).rows
    return [_plan_step(op, args, rows, system) for op, args in rows]


def _plan_step(op: table.Row, args: tuple[Any, ...], rows: Sequence[tuple[table.Row, Any]], system: System) -> _Step:
    if op is table.NUMBER or op is table.SYMBOL:
        return None, args
    if op is table.POW and rows[args[1]][0] is table.NUMBER:
        exponent = rows[args[1]][1][0]
        if exponent == 2:
            return operator.mul, (args[0], args[0])
        if system is BALLS and isinstance(exponent, int) and exponent < 0:
            return lambda base: base**exponent, (args[0],)
        if system is BALLS and exponent == 3:
            return lambda base: base * base * base, (args[0],)
    call = _OPERATORS.get(op)
    return system.evaluator(op) if call is None else call, args


@lru_cache(maxsize=32)
def _find_wide(roots: tuple[Expr, ...], columns: frozenset[str]) -> list[bool]:
    """For each row of the tape, whether its value differs between rows of the data."""
    wide: list[bool] = []
    for op, args in _lower(roots).rows:
        if op is table.NUMBER:
            wide.append(False)
        elif op is table.SYMBOL:
            wide.append(args[0] in columns)
        else:
            wide.append(any(wide[place] for place in args))
    return wide


class Rows(Generic[N]):
    """Several expressions on one tape, evaluated over all rows of the data at once.

    Parts that depend on parameters alone are computed once. Numbers are doubles unless ``system`` says
    otherwise; many rows of doubles are left to NumPy, where it is installed.
    """

    def __init__(
        self,
        parts: Sequence[Partial],
        columns: Mapping[str, Sequence[N]],
        system: System = DOUBLES,
    ) -> None:
        self.parts = parts
        self.roots = [part for part in parts if isinstance(part, Expr)]
        self.slopes = {place: SlopeProgram(part) for place, part in enumerate(parts) if isinstance(part, Slope)}
        self.system = system
        self._tall: ArrayProgram | None = None
        self._take(columns)
        self.tape = _lower(tuple(self.roots))
        self.places = [self.tape.place(root) for root in self.roots]

    def over(self, columns: Mapping[str, Sequence[N]]) -> Rows[N]:
        """The same expressions over other data with the same columns."""
        other = copy(self)
        other._take(columns)
        return other

    @cached_property
    def _steps(self) -> list[_Step]:
        return _plan_steps(tuple(self.roots), self.system)

    def _take(self, columns: Mapping[str, Sequence[N]]) -> None:
        self.columns = columns
        self.height = len(next(iter(columns.values())))
        self.by_array = self.system is DOUBLES and pays_off(self.height)

    @cached_property
    def _wide(self) -> list[bool]:
        return _find_wide(tuple(self.roots), frozenset(self.columns))

    def at(self, parameters: Mapping[str, N]) -> list[list[N]]:
        """A column of values for each expression. Cost: one operation per row and node, a series per row and slope."""
        values = self._evaluate(parameters)
        for place, slope in sorted(self.slopes.items()):
            values.insert(place, self._evaluate_slope(slope, parameters))
        return values

    def _evaluate_slope(self, slope: SlopeProgram, parameters: Mapping[str, N]) -> list[N]:
        fixed = {name: parameters[name] for name in slope.names if name not in self.columns}
        moving = [name for name in slope.names if name in self.columns]
        if not moving:
            return [slope.at(fixed)] * self.height
        columns = zip(*(self.columns[name] for name in moving), strict=True)
        return [slope.at({**fixed, **dict(zip(moving, row, strict=True))}) for row in columns]

    def arrays_at(self, parameters: Mapping[str, float]) -> Array | None:
        """The same as rows of an array of NumPy; None where that does not pay, or one has no closed form."""
        if not self.by_array or self.slopes:
            return None
        self._tall = self._tall or ArrayProgram(self.roots)
        return self._tall.at(cast("_Columns", self.columns), parameters, self.height)

    def _evaluate(self, parameters: Mapping[str, N]) -> list[list[N]]:
        if self.by_array:
            self._tall = self._tall or ArrayProgram(self.roots)
            columns, doubles = cast("_Columns", self.columns), cast("Mapping[str, float]", parameters)
            return cast("list[list[N]]", self._tall.at(columns, doubles, self.height).tolist())
        values: list[Any] = []
        for (op, _), (call, args), wide in zip(self.tape.rows, self._steps, self._wide, strict=True):
            if call is None:
                values.append(self._leaf(op, args[0], parameters))
            elif not wide:
                parts = [values[place] for place in args]
                values.append(reduce(call, parts) if call in _CHAINED else call(*parts))
            elif len(args) > 2 and call in _CHAINED:
                values.append(
                    self._chain(call, [values[place] for place in args], [self._wide[place] for place in args])
                )
            else:
                parts = [values[place] if self._wide[place] else repeat(values[place]) for place in args]
                values.append(list(map(call, *parts)))
        return [values[place] if self._wide[place] else [values[place]] * self.height for place in self.places]

    def _chain(self, call: Callable[..., Any], parts: Sequence[Any], wide: Sequence[bool]) -> Any:
        """A sum or product of many columns and numbers, with the numbers put together first."""
        alone = [part for part, is_wide in zip(parts, wide, strict=True) if not is_wide]
        columns: list[Any] = [part for part, is_wide in zip(parts, wide, strict=True) if is_wide]
        if alone:
            columns.insert(0, repeat(reduce(call, alone)))
        return list(reduce(partial(map, call), columns))

    def estimate(self, parameters: Mapping[str, float]) -> Array | None:
        """The values in a row of an array for each expression, without a program; None where NumPy lacks a function.

        A program costs more to build than it saves where it runs once.
        """
        if not self.by_array or self.slopes:
            return None
        import numpy as np

        values: list[Any] = []
        with np.errstate(all="ignore"):
            for (op, _), (call, args), wide in zip(self.tape.rows, self._steps, self._wide, strict=True):
                parts = [values[place] for place in args] if call is not None else []
                if call is None:
                    leaf = self._leaf(op, args[0], cast("Mapping[str, N]", parameters))
                    values.append(np.asarray(leaf) if wide else leaf)
                elif call in _CHAINED:
                    values.append(reduce(call, parts))
                elif not wide:
                    values.append(call(*parts))
                elif (name := _NUMPY_NAMES.get(op.key)) is not None:
                    values.append(getattr(np, name)(*parts))
                else:
                    return None
            return np.array([np.broadcast_to(values[place], self.height) for place in self.places])

    def _leaf(self, op: table.Row, payload: Any, parameters: Mapping[str, N]) -> Any:
        if op is table.NUMBER:
            return self.system.constant(payload)
        return self.columns[payload] if payload in self.columns else parameters[payload]


def multiply_with_first(rows: Rows[float], parameters: Mapping[str, float], count: int) -> Matrix:
    """The sums over rows of the products of the first expressions, so many, with all expressions."""
    arrays = rows.estimate(parameters)
    if arrays is None:
        columns = rows.at(parameters)
        return [[dot(first, other) for other in columns] for first in columns[:count]]
    products: Matrix = (arrays[:count] @ arrays.T).tolist()
    return products


# --- many rows, by NumPy ------------------------------------------------------------------

FEWEST = 512
"""Rows below which loading NumPy and building a program cost more than they save."""
_FEWEST_LOADED = 15
"""The same where NumPy is loaded already."""
_BLOCK = 16_384
"""Rows at a time, so that the intermediate columns stay in the cache."""


def pays_off(rows: int) -> bool:
    """Whether there are enough rows, and NumPy is installed."""
    return rows >= _FEWEST_LOADED and ("numpy" in sys.modules if rows < FEWEST else find_spec("numpy") is not None)


class _Constant:
    """A column of equal numbers; each part of it is the number, which NumPy repeats."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __getitem__(self, _: slice) -> float:
        return self.value


class ArrayProgram:
    """Several expressions as one program over blocks of rows; values may be some ulps off."""

    def __init__(self, roots: Sequence[Expr]) -> None:
        self.names = variables(*roots)
        self.machine = Machine(_write_program(tuple(roots)))
        self._arrays: dict[int, tuple[Sequence[float], Array]] = {}

    def at(self, columns: Mapping[str, Sequence[float]], parameters: Mapping[str, float], rows: int) -> Array:
        """The values of each expression, in a row of their own."""
        import numpy as np

        inputs: list[Any] = [
            self._read_column(columns[name]) if name in columns else _Constant(parameters[name]) for name in self.names
        ]
        results: Array = np.empty((len(self.machine.layout.outputs), rows))
        with np.errstate(all="ignore"):
            for start in range(0, rows, _BLOCK):
                size = min(_BLOCK, rows - start)
                for values, part in zip(results, self.machine.run(inputs, start, size), strict=True):
                    values[start : start + size] = part
        return results

    def _read_column(self, column: Sequence[float]) -> Array:
        """The column as an array, which is kept: a fit asks for the same columns again and again."""
        import numpy as np

        known = self._arrays.get(id(column))
        if known is None or known[0] is not column:
            known = self._arrays[id(column)] = (column, np.asarray(column))
        return known[1]


@lru_cache(maxsize=16)
def _write_program(roots: tuple[Expr, ...]) -> Layout:
    """The program for expressions; the last ones are kept for fits of one model to many data sets."""
    names = variables(*roots)
    lowering = Lowering(Arrays(len(names), bounded=False), names)
    lowering.run(roots, frozenset())
    program = lowering.arrays.program
    program.outputs = [lowering.values[root.id].v for root in roots]
    return program.finish()


# --- what optimisers ask ------------------------------------------------------------------


class MeanLoss:
    """The mean of an expression over the rows, as an objective in the parameters."""

    def __init__(self, row: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        self.row = row
        self.names = names
        self.columns = columns
        self._partials = [differentiate(row, name) for name in names]
        self._value = Rows([row], columns)
        self._gradient = Rows([row, *self._partials], columns)
        self._hessian: Rows[float] | None = None

    def value(self, x: Sequence[float]) -> float:
        """The mean loss."""
        return _mean(self._value.at(self._name_point(x))[0])

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """The mean loss and its gradient."""
        value, *partials = map(_mean, self._gradient.at(self._name_point(x)))
        return value, partials

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives of the mean loss."""
        if self._hessian is None:
            self._hessian = Rows(differentiate_twice(self._partials, self.names), self.columns)
        return fill_symmetric(list(map(_mean, self._hessian.at(self._name_point(x)))), len(self.names))

    def of(self, rows: Sequence[int]) -> MeanLoss:
        """The mean over some of the rows: a batch."""
        part = copy(self)
        part.columns = {name: [column[row] for row in rows] for name, column in self.columns.items()}
        part._value, part._gradient = self._value.over(part.columns), self._gradient.over(part.columns)
        part._hessian = None
        return part

    def _name_point(self, x: Sequence[float]) -> dict[str, float]:
        return dict(zip(self.names, x, strict=True))


class Residuals:
    """Residuals of all rows, and their Jacobian with one row per row of data."""

    def __init__(self, residual: Expr, names: Sequence[str], columns: Mapping[str, Column], target: str = "") -> None:
        self.names = names
        self.size = math.inf if not target else _measure_target(residual, target, columns)
        self._value = Rows([residual], columns)
        self._jacobian = Rows([residual, *(differentiate(residual, name) for name in names)], columns)
        self._last: tuple[Vector, Linearised] | None = None

    def at(self, x: Sequence[float]) -> Vector:
        """The residuals."""
        return self._value.at(dict(zip(self.names, x, strict=True)))[0]

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The residuals and their Jacobian."""
        residuals, *columns = self._jacobian.at(dict(zip(self.names, x, strict=True)))
        return residuals, [list(row) for row in zip(*columns, strict=True)]

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """The mean square and its gradient."""
        here = self.linearise(x)
        return here.total / here.rows, here.gradient

    def measure(self, x: Sequence[float]) -> float:
        """The sum of squares; nan where a residual has no number."""
        arrays = self._value.arrays_at(dict(zip(self.names, x, strict=True)))
        if arrays is None:
            return sum_squares(self.at(x))
        total = float(arrays[0] @ arrays[0])
        return total if math.isfinite(total) else math.nan

    def linearise(self, x: Sequence[float]) -> Linearised:
        """The residuals and their Jacobian, for steps; those at the last point are kept."""
        if self._last is not None and self._last[0] == list(x):
            return self._last[1]
        arrays = self._jacobian.arrays_at(dict(zip(self.names, x, strict=True)))
        here = linearise(*self.with_jacobian(x)) if arrays is None else linearise_arrays(arrays)
        self._last = list(x), here
        return here


def _measure_target(residual: Expr, target: str, columns: Mapping[str, Column]) -> float:
    """The mean square of the target, in the units of the residual."""
    (slopes,) = Rows([differentiate(residual, target)], columns).at({})
    size = _mean([(slope * value) ** 2 for slope, value in zip(slopes, columns[target], strict=True)])
    return size if math.isfinite(size) else math.inf


def _mean(values: Sequence[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond a double
        return math.nan


# --- Losses: expressions in the prediction and the target, one value per row of the data.

LossName = Literal["mse", "mae", "huber", "bce", "bce_logits", "cross_entropy", "own"]
"""`own` is an expression in y and p."""
LOSS_NAMES = ("mse", "mae", "huber", "bce", "bce_logits", "cross_entropy")
CLASSIFYING = ("bce", "bce_logits", "cross_entropy")
"""Negative log-likelihoods of classes."""
_LEAST_SQUARES = "mse"
_SMOOTH = (_LEAST_SQUARES, "huber")


class Loss(NamedTuple):
    """What is averaged over the rows; ``squared`` tells that it is the square of the residual."""

    name: LossName
    row: Expr
    prediction: Expr
    residual: Expr
    squared: bool = False
    scores: tuple[Expr, ...] = ()
    """Logits of the classes; the class with the largest is predicted."""
    threshold: float | None = None
    """Class 1 is predicted above it."""

    @property
    def rough(self) -> Expr:
        """The part whose kinks are kinks of the loss: the model alone, where the loss has a continuous gradient."""
        return self.prediction if self.name in _SMOOTH else self.row

    @property
    def classifies(self) -> bool:
        """Whether the targets are classes."""
        return self.name in CLASSIFYING


_OF_DIFFERENCES = (_LEAST_SQUARES, "mae", "huber")
"""Losses of the residual alone, which sigmas may divide."""


def make_loss(text: str, models: Sequence[Expr], target: str, classes: int, weighting: Weighting | None) -> Loss:
    """The loss of that name, or that an expression in y (the target) and p (the prediction) stands for.

    ``models`` holds the prediction; for cross_entropy it holds one logit per class. Raises UsageError where
    models, weighting and loss do not fit, and ParseError.
    """
    if weighting is None:
        return _make_plain_loss(text, models, symbol(target), classes)
    scale = symbol(weighting.column)
    if weighting.kind == "weights":
        plain = _make_plain_loss(text, models, symbol(target), classes)
        factor = make(table.SQRT, scale) if plain.squared else scale
        return plain._replace(row=make(table.MUL, scale, plain.row), residual=make(table.MUL, factor, plain.residual))
    if text not in _OF_DIFFERENCES:
        raise UsageError(f"--sigma does not go with the loss {text}", help="write --weights, which multiply any loss")
    (model, *rest) = [make(table.DIV, model, scale) for model in models]
    scaled = _make_plain_loss(text, [model, *rest], make(table.DIV, symbol(target), scale), classes)
    residual = make(table.DIV, make(table.SUB, models[0], symbol(target)), scale)
    row = make(table.POW, residual, number(2)) if scaled.squared else scaled.row
    return scaled._replace(row=row, residual=residual, prediction=models[0])


def _make_plain_loss(text: str, models: Sequence[Expr], y: Expr, classes: int) -> Loss:
    if text == "cross_entropy":
        return _cross_entropy(models, y, classes)
    if len(models) != 1:
        raise UsageError(f"{text} takes one model, not {len(models)}", help="several are logits: --loss cross_entropy")
    model = models[0]
    residual = make(table.SUB, model, y)
    if text == _LEAST_SQUARES:
        return Loss("mse", make(table.POW, residual, number(2)), model, residual, squared=True)
    if text in LOSS_NAMES:
        row = make(table.BY_NAME[text][0], y, model)
        threshold = {"bce": 0.5, "bce_logits": 0.0}.get(text)
        return Loss(cast("LossName", text), row, model, residual, threshold=threshold)
    parsed = parse(text)
    root = parsed.root
    if parsed.readings:
        from dcalc.notation import write

        raise UsageError("a loss must be in dcalc's own language", help=f"write '{write(root)}'")
    if strange := [name for name in variables(root) if name not in ("y", "p")]:
        raise UsageError(
            f"a loss is in y, the target, and p, the prediction; {strange[0]} is neither",
            help=f"write one of {', '.join(LOSS_NAMES)}, or such as 'abs(y-p)**1.5'",
        )
    return Loss("own", rules.fill(text, ("y", "p"), {"y": y, "p": model}), model, residual)


def _cross_entropy(models: Sequence[Expr], y: Expr, classes: int) -> Loss:
    """Cross-entropy of the logits: logsumexp of all, minus the logit of the class in the target."""
    if len(models) < 2:
        raise UsageError(
            "cross_entropy takes one model per class: its logit", help="write the models one after the other"
        )
    if classes > len(models):
        raise UsageError(f"the target has {classes} classes, but there are {len(models)} models")
    row = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[-1])
    for code in reversed(range(len(models) - 1)):
        own = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[code])
        row = make(table.WHERE, make(table.EQ, y, number(code)), own, row)
    return Loss("cross_entropy", row, models[-1], models[-1], scores=tuple(models))
