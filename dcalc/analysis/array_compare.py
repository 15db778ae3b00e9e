"""The backends held against the certified gradient of an expression of arrays, entry by entry.

Methods of dcalc's own work on the expression entry by entry, as it was typed; `symbolic` is the formula in matrix
notation, computed by NumPy. JAX, PyTorch and autograd are asked as their users ask them: for a function that is written
in their operations on arrays, as it was typed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from statistics import median
from typing import Any, NamedTuple

from dcalc.analysis.answers import TOLERANCE
from dcalc.analysis.array_formulas import as_cell, shapes_by_name
from dcalc.analysis.array_gradient import array_cell
from dcalc.analysis.array_point import (
    MOST_CERTIFIED,
    Answer,
    Given,
    as_doubles,
    count_operations,
    differentiate_at,
    lower_at,
    read_scalar,
)
from dcalc.analysis.compare import Course, Tried, percentile
from dcalc.backends import load, names
from dcalc.errors import Unsupported, UsageError
from dcalc.finding import Column, Fact, Finding, Sheet
from dcalc.io.nested import nest, nest_entries
from dcalc.numbers.rounding import finite_or_none
from dcalc.problem import REFERENCE, VALUED, Problem, Result, Score
from dcalc.solver import SCORE_DIGITS, is_off, score, score_backend
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names
from dcalc.tensor.reader import Reading
from dcalc.tensor.sizes import Declared

_SYMBOLIC = "symbolic"
_BY_ENTRY = ("complex", "finite", "forward", "taylor")
"""Methods that need a sweep for each entry of the gradient."""
_MOST_SWEEPS = 2_000_000
"""Operations times entries up to which these are asked: a second or two."""


class Method(NamedTuple):
    """What one backend said of each entry, and how long it took; ``note`` says why it has nothing to say."""

    course: Course
    seconds: float | None
    note: str = ""


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    given: Given | None,
    digits: int,
    *,
    backends: Sequence[str] = (),
    tol: float | None = None,
) -> Finding:
    """The errors of each backend in the entries of a gradient: the worst, the median, and how many entries are off.

    Raises UsageError without values, or where the expression is not a scalar. Cost: all backends that are asked for.
    """
    if given is None:
        raise UsageError("compare needs values", help="give each name a value: --at 'x=[1,2,3]' --at A=@A.csv")
    reading, wanted = read_scalar(text, shapes, wrt, "backends are compared by the gradient of")
    every = names() if "all" in backends or not backends else []
    chosen = dict.fromkeys([*every, *(name for name in backends if name != "all")])
    answer = differentiate_at(reading, wanted, given, max(digits, SCORE_DIGITS))
    tolerance = TOLERANCE if tol is None else tol
    comparison = _Comparison(reading, wanted, given, answer, tolerance)
    return _finding(reading, wanted, given, answer, [comparison.ask(name) for name in chosen], tolerance)


class _Comparison:
    """An expression at values, and the truth about each entry of its gradient."""

    def __init__(self, reading: Reading, wanted: Sequence[str], given: Given, answer: Answer, tolerance: float) -> None:
        self.reading = reading
        self.wanted = wanted
        self.given = given
        self.tolerance = tolerance
        self.entries = [entry for name in wanted for entry in entry_names(name, given.arrays[name].shape)]
        parts = [answer.parts[name] for name in wanted]
        # Without more digits for single entries, each of which would cost a gradient.
        self.truths = [result.replace(refine=None) for part in parts for result in part.results]
        self.bounded = [value for part in parts for value in part.values] if not self.truths else []
        self.bounds = [part.bound or 0.0 for part in parts for _ in part.values] if not self.truths else []
        self.steps = reading.list_steps()
        self.operations = count_operations(self.steps, given.sizes)
        self.status = answer.status

    def ask(self, name: str) -> Method:
        """What a backend says, held against the truth."""
        backend = load(name)
        if name == REFERENCE:
            return self._ask_reference()
        by_arrays = getattr(backend, "gradient_of_arrays", None)
        if by_arrays is not None or name == _SYMBOLIC:
            return self._ask_arrays(name, by_arrays)
        if self.operations > MOST_CERTIFIED:
            return Method(Course(name, []), None, "it works entry by entry, and the arrays are too large for that")
        sweeps = self.operations * len(self.entries)
        if name in _BY_ENTRY and sweeps > _MOST_SWEEPS:
            return Method(Course(name, []), None, f"it needs a sweep for each of {len(self.entries):,} entries")
        whole, at = lower_at(self.steps, self.given)
        (root,) = whole.entries
        problem = Problem(root, tuple(self.entries), at, SCORE_DIGITS, gradient=True)
        return self._judge(name, score_backend(name, problem, self.truths))

    def _ask_reference(self) -> Method:
        truths = self.truths or [Result(REFERENCE, value) for value in self.bounded]
        return self._judge(REFERENCE, [score(one, one) for one in truths])

    def _ask_arrays(self, name: str, by_arrays: Any) -> Method:
        """A backend that computes with whole arrays. What it imports does not count."""
        import_module(load(name).CAPABILITIES.package or "numpy")
        start = time.perf_counter()
        try:
            flat = self._compute(name, by_arrays)
        except Unsupported as error:
            return Method(Course(name, []), None, error.message)
        seconds = time.perf_counter() - start
        results = [Result.from_double(name, value, evaluations=1) for value in flat]
        if not self.truths:
            return Method(Course(name, list(map(self._try_bounded, results, self.bounded, self.bounds))), seconds)
        each = seconds / max(1, len(results))
        scores = [score(one.replace(seconds=each), truth) for one, truth in zip(results, self.truths, strict=True)]
        return self._judge(name, scores)

    def _compute(self, name: str, by_arrays: Any) -> list[float]:
        """The gradient as the backend has it, in one row. Raises Unsupported."""
        import numpy as np

        variables = self.reading.variables
        arrays = {
            variable: as_doubles(self.given.arrays[variable]).reshape(self.given.arrays[variable].shape)
            for variable in variables
        }
        if by_arrays is None:
            from dcalc.bulk.tensors import TensorFunction

            parts = differentiate(self.reading.root, [variables[one] for one in self.wanted])
            computed = TensorFunction([tidy(part) for part in parts], self.given.sizes)(arrays)
        else:
            computed = self._run_library(name, by_arrays, arrays)
        shaped = [np.broadcast_to(np.asarray(part, dtype=np.float64), arrays[one].shape).ravel()
                  for one, part in zip(self.wanted, computed, strict=True)]  # fmt: skip
        return np.concatenate(shaped).tolist()  # type: ignore[no-any-return]  # NumPy's

    def _run_library(self, name: str, by_arrays: Any, arrays: Mapping[str, Any]) -> list[Any]:
        """The gradient by another library, of the expression as it was typed. Raises Unsupported."""
        from dcalc import spellings
        from dcalc.backends.engines.common.engine import FAILURES, describe_failure, quiet
        from dcalc.targets import arrays as programs

        target = _TARGETS.get(name, name)
        idioms = {
            row: text
            for row, text in spellings.idioms(target).items()
            if "{*}" not in text and not text.startswith("special.")
        }
        source = programs.write_typed(self.steps, self.reading.variables, programs.load(target, idioms=idioms))
        places = [list(arrays).index(one) for one in self.wanted]
        try:
            with quiet():
                return by_arrays(source, list(arrays.values()), places)  # type: ignore[no-any-return]  # a library's
        except FAILURES as error:
            title = load(name).CAPABILITIES.title
            raise Unsupported(f"{title}: {describe_failure(error)}") from None

    def _judge(self, name: str, scores: Sequence[Score]) -> Method:
        truths = self.truths or [Result()] * len(scores)
        tried = [self._try(one, truth) for one, truth in zip(scores, truths, strict=True)]
        seconds = sum(one.estimate.seconds for one in scores)
        notes = [one.estimate.note for one in scores if one.estimate.value is None and one.estimate.note]
        return Method(Course(name, tried), seconds, notes[0] if notes else "")

    def _try(self, one: Score, truth: Result) -> Tried:
        says = one.estimate.value is not None and one.estimate.status in VALUED
        none = truth.value is None and truth.status not in ("unresolved", "overflow")
        off = bool(self.truths) and is_off(one, truth, self.tolerance)
        claimed = bool(self.truths) and says and none
        return Tried({}, one, off, claimed=claimed, unable=not says and truth.value is not None)

    def _try_bounded(self, result: Result, truth: float | None, bound: float) -> Tried:
        """An entry held against a double with a bound, which tells errors above it only."""
        if result.value is None or truth is None:
            return Tried({}, Score(result), False, claimed=False, unable=result.value is None and truth is not None)
        error = max(0.0, abs(result.value - truth) - bound)
        relative = error / abs(truth) if truth else None
        off = not error <= self.tolerance * (abs(truth) or 1.0)
        return Tried({}, Score(result, error, relative), off, claimed=False, unable=False)


_TARGETS = {"autograd": "numpy"}
"""The target whose operations on arrays a backend has, where its name is another."""


# --- the finding -------------------------------------------------------------------------------


def _finding(
    reading: Reading, wanted: tuple[str, ...], given: Given, answer: Answer, methods: Sequence[Method], tolerance: float
) -> Finding:
    entries = [entry for name in wanted for entry in entry_names(name, given.arrays[name].shape)]
    values = {name: nest_entries(part.values, part.shape) for name, part in answer.parts.items()}
    bad = _complaints(methods, tolerance)
    code = 1 if bad else 3 if answer.reason else 0
    rows = [_row(method, entries) for method in methods]
    good = f"no backend is off by more than {tolerance:g} in {len(entries)} entries"
    sheet = Sheet(_COLUMNS, rows, "Errors in ulps over all entries", apart=True)
    return Finding(
        "compare",
        expression=as_cell(reading.root),
        wrt=wanted,
        several=True,
        at={name: nest(value) for name, value in given.arrays.items()},
        status=answer.status,
        code=code,
        sentence=answer.reason if code == 3 else "; ".join(bad) or good,
        question={"order": 1, "shapes": shapes_by_name(reading)},
        record={
            "kind": answer.kind,
            "f": answer.f,
            "value": values,
            "entries": len(entries),
            "with_value": sum(value is not None for part in answer.parts.values() for value in part.values),
            "bound": {name: part.bound for name, part in answer.parts.items()},
            "tol": tolerance,
            "backends": [_record(method, entries) for method in methods],
        },
        facts=[Fact(f"by {name}", array_cell(value), "strong") for name, value in values.items()],
        sheets=[sheet],
        data=Sheet(tuple(column._replace(title=str(column.key)) for column in _COLUMNS), rows),
        lacking=[(result.status, f"by {entry}: {result.reason}") for entry, result in answer.lacking[:10]] or None,
        notes=(*reading.notes, *answer.notes),
    )


_COLUMNS = (
    Column("backend", "backend", "code"),
    Column("worst_ulps", "worst", "error"),
    Column("median_ulps", "median", "error", 2, "median"),
    Column("worst_rel_error", "rel error", "error", 1, "rel"),
    Column("worst_entry", "worst at", "code", 4, "worst at"),
    Column("unable", "unable", "number", 6, "unable", right=True),
    Column("claimed", "claimed", "number", 5, "claimed", right=True),
    Column("off", "off", "number", 1, "off", right=True),
    Column("seconds", "time", "time", 3, "time"),
    Column("note", "note", "words", 7, "note"),
)


def _complaints(methods: Sequence[Method], tolerance: float) -> list[str]:
    """What is wrong, a sentence for each backend."""
    sentences = []
    for course, _, _ in methods:
        claimed, off = course.count("claimed"), course.count("off") - course.count("claimed")
        if off:
            sentences.append(f"{course.name} is off by more than {tolerance:g} in {_count(off)}")
        if claimed:
            sentences.append(f"{course.name} gives a number in {_count(claimed)} where there is none")
    return sentences


def _count(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries:,} entries"


def _record(method: Method, entries: Sequence[str]) -> dict[str, Any]:
    course, seconds, note = method
    ulps, worst = course.ulps(), course.worst
    if worst is None:  # errors are known in another unit
        known = [one for one in course.tried if one.score.rel_error is not None]
        worst = max(known, key=lambda one: one.score.rel_error or 0.0) if known else None
    place = None if worst is None else next(k for k, one in enumerate(course.tried) if one is worst)
    return {
        "backend": course.name,
        "status": "ok" if course.tried else "unsupported",
        "answered": sum(one.score.estimate.value is not None for one in course.tried),
        "unable": course.count("unable"),
        "claimed": course.count("claimed"),
        "off": course.count("off"),
        "worst_ulps": finite_or_none(ulps[-1]) if ulps else None,
        "median_ulps": finite_or_none(median(ulps)) if ulps else None,
        "p99_ulps": finite_or_none(percentile(ulps, 0.99)) if ulps else None,
        "worst_rel_error": None if worst is None else worst.score.rel_error,
        "worst_entry": None if place is None else entries[place],
        "seconds": seconds,
        "note": note,
    }


def _row(method: Method, entries: Sequence[str]) -> dict[Any, Any]:
    record = _record(method, entries)
    ulps = method.course.ulps()
    mood = "bad" if method.course.count("off") else ""
    return {**record, "worst_ulps": ulps[-1] if ulps else None, "mood": mood}
