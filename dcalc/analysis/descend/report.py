"""The finding of a descent: its end, its path, the other starts, and a picture of contours or of f by step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.analysis.descend.ending import CertifiedEnd, CertifiedShape, describe_status
from dcalc.expr import Expr
from dcalc.finding import Brief, Cell, Column, Fact, Finding, Key, Sheet, Subject
from dcalc.optimise.descent import EndStatus, Run, Step
from dcalc.optimise.methods import MethodName
from dcalc.optimise.objective import Evaluations, ExpressionObjective
from dcalc.shapes import Curve, Mark, Picture
from dcalc.text import count_noun


class Cost(NamedTuple):
    """What a run took up to its end, and f at each step against the evaluations up to there."""

    evaluations: Evaluations
    seconds: float
    course: Sequence[tuple[float, float]]


class End(NamedTuple):
    """A run with the verdict on its end, and what that is founded on; ``is_minimum`` where a local one is proved.

    That is within ``reach`` of the end, but for rounding.
    """

    run: Run
    status: EndStatus
    message: str
    certified: CertifiedEnd | None = None
    shape: CertifiedShape | None = None
    is_minimum: bool = False
    reach: float = 0.0
    method: MethodName = "gd"
    cost: Cost | None = None

    @property
    def numbers(self) -> tuple[float | None, float | None]:
        """f and the length of its gradient: certified, or else in doubles."""
        last, certified = self.run.end, self.certified
        if certified is None:
            return last.value, last.gradient_norm
        return (last.value if certified.value is None else certified.value), certified.gradient_norm


def count_steps(run: Run, unit: str = "step") -> str:
    """`1 step`, `20 steps`."""
    return count_noun(run.end.number, unit)


def make_finding(
    subject: Subject, names: Sequence[str], fixed: Mapping[str, float], ends: list[End], best: End, *, path: bool
) -> Finding:
    """The finding of a search whose answer is the ``best`` of its ends."""
    last = best.run.end
    value, length = best.numbers
    at = {**fixed, **dict(zip(names, last.x, strict=True))}
    steps = [_step_record(names, step) for step in best.run.path]
    record: dict[str, Any] = {
        "steps": last.number, "value": value, "gradient_norm": length,
        "eigenvalues": None if best.shape is None else list(best.shape.eigenvalues), "message": best.message,
    }  # fmt: skip
    if len(ends) > 1:
        record["starts"] = [_start_record(names, end) for end in ends]
    if path:
        record["path"] = steps
    facts = (Fact("f", value), Fact("gradient norm", length), Fact("steps", last.number))
    lines: list[tuple[Cell, ...]] = [(name, at[name]) for name in subject.names]
    lines += [("value", value), ("gradient_norm", length), ("steps", last.number)]
    table = path_sheet(names, best.run.path)
    starts = [_starts_sheet(names, ends)] if len(ends) > 1 else []
    sentence = f"{describe_status(best.status)}: {best.message}"
    interrupted = ends[-1].status == "interrupted"
    if interrupted and best.status != "interrupted":
        sentence += f"; interrupted in start {len(ends)}"
    rows = [tuple(row.get(column.key) for column in table.columns) for row in table.rows] if path else lines
    return Finding(
        "descend", subject.root, tuple(names), at, best.status, record,
        facts=facts,
        brief=Brief(
            [
                Fact("", sentence, "good" if best.status == "converged" else "bad"),
                *(Fact(name, at[name], "strong") for name in subject.names),
                *facts,
            ],
            ([table] if path else []) + starts,
        ),
        sheets=(table, *starts),
        pictures=()
        if interrupted
        else lambda: draw_descent(subject.root, names, fixed, [end.run for end in ends], best.run),
        plain=rows, trail=steps if path else (),
        sentence=sentence,
        code=exit_code("interrupted" if interrupted else best.status),
    )  # fmt: skip


_INTERRUPTED = 130
"""The exit code after Ctrl-C."""


def exit_code(status: EndStatus) -> int:
    """The exit code of a run, or a fit, that ends so."""
    return 0 if status == "converged" else _INTERRUPTED if status == "interrupted" else 1


def _step_record(names: Sequence[str], step: Step) -> dict[str, Any]:
    return {
        "step": step.number, "at": dict(zip(names, step.x, strict=True)), "value": step.value,
        "gradient_norm": step.gradient_norm, "lr": step.lr,
    }  # fmt: skip


def _start_record(names: Sequence[str], end: End) -> dict[str, Any]:
    first, last = end.run.path[0], end.run.end
    return {
        "start": dict(zip(names, first.x, strict=True)), "end": dict(zip(names, last.x, strict=True)),
        "value": last.value, "status": end.status, "steps": last.number,
    }  # fmt: skip


def path_sheet(names: Sequence[str], path: Sequence[Step]) -> Sheet:
    """All steps; without names, as for arrays, their points are left out."""
    columns = (
        Column("step", "step", "number", right=True),
        *(Column(("at", name), name, "brief") for name in names),
        Column("value", "f", "brief"),
        Column("gradient_norm", "gradient norm", "error", 1, "gradient norm"),
        Column("lr", "lr", "brief", 2, "lr"),
    )
    rows: list[dict[Key, Cell]] = [
        {
            "step": step.number, **{("at", name): step.x[place] for place, name in enumerate(names)},
            "value": step.value, "gradient_norm": step.gradient_norm, "lr": step.lr,
        }
        for step in path
    ]  # fmt: skip
    return Sheet(columns, rows, "Path", SHOWN_STEPS)


def _starts_sheet(names: Sequence[str], ends: Sequence[End]) -> Sheet:
    columns = (
        *(Column(("from", name), f"from {name}", "brief", 2, f"from {name}") for name in names),
        *(Column(("at", name), name, "brief") for name in names),
        Column("value", "f", "brief"),
        Column("status", "status", "words", 1),
    )
    rows: list[dict[Key, Cell]] = [
        {
            **{("from", name): value for name, value in zip(names, end.run.path[0].x, strict=True)},
            **{("at", name): value for name, value in zip(names, end.run.end.x, strict=True)},
            "value": end.run.end.value, "status": end.status.replace("_", " "),
            "mood": "" if end.status == "converged" else "warn",
        }
        for end in ends
    ]  # fmt: skip
    return Sheet(columns, rows, "Starts")


# --- pictures -----------------------------------------------------------------------------

_GRID = 48
"""Cells of the contour map in each direction."""
_LEVELS = 9
_MARGIN = 0.25
"""Room around the paths, relative to their extent."""
SHOWN_STEPS = 20
"""The most steps of a path that a terminal shows; pipes get all."""
Point = tuple[float, float]


def draw_descent(
    root: Expr, names: Sequence[str], fixed: Mapping[str, float], runs: Sequence[Run], best: Run
) -> tuple[Picture, ...]:
    """For two variables the contours of f and the path of each run, else f from step to step."""
    return (_draw_contours(root, names, fixed, runs) if len(names) == 2 else draw_values(best),)


def draw_values(run: Run) -> Picture:
    """f from step to step; where it spans decades, how far it is above its lowest value."""
    values = [step.value for step in run.path if math.isfinite(step.value)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    gaps = [value - low for value in values if value > low]
    if gaps and max(gaps) > 100 * min(gaps) and math.isfinite(high - low):
        points = [(float(step.number), step.value - low) for step in run.path]
        return Picture((Curve("f", points),), "f above its lowest value", "step", "f - min f", False, True)
    points = [(float(step.number), step.value) for step in run.path]
    return Picture((Curve("f", points),), "f from step to step", "step", "f")


def _draw_contours(root: Expr, names: Sequence[str], fixed: Mapping[str, float], runs: Sequence[Run]) -> Picture:
    paths = [[(step.x[0], step.x[1]) for step in run.path] for run in runs]
    points = [point for path in paths for point in path if all(map(math.isfinite, point))]
    (x0, x1), (y0, y1) = (_widen([point[axis] for point in points]) for axis in (0, 1))
    objective = ExpressionObjective(root, names, fixed)
    xs = [x0 + (x1 - x0) * k / _GRID for k in range(_GRID + 1)]
    ys = [y0 + (y1 - y0) * k / _GRID for k in range(_GRID + 1)]
    heights = [[objective.value((x, y)) for x in xs] for y in ys]
    contours = [
        Curve("", line, "thin") for level in _choose_levels(heights) for line in _trace_contour(xs, ys, heights, level)
    ]
    shown = [Curve("path" if k == 0 else f"path {k + 1}", path) for k, path in enumerate(paths)]
    marks = tuple(Mark(*path[-1], "end") for path in paths[:1])
    return Picture((*contours, *shown), "Contours of f, and the path", names[0], names[1], marks=marks)


def _widen(values: Sequence[float]) -> Point:
    low, high = min(values), max(values)
    room = _MARGIN * (high - low) or max(abs(low), 1.0)
    return low - room, high + room


def _choose_levels(heights: Sequence[Sequence[float]]) -> list[float]:
    """The heights of the contours: quantiles of f, so that a steep rim does not get them all."""
    finite = sorted(height for row in heights for height in row if math.isfinite(height))
    if not finite or finite[0] == finite[-1]:
        return []
    return sorted({finite[(2 * k + 1) * len(finite) // (2 * _LEVELS)] for k in range(_LEVELS)})


def _trace_contour(
    xs: Sequence[float], ys: Sequence[float], heights: Sequence[Sequence[float]], level: float
) -> list[list[Point]]:
    """The lines of one contour, by marching squares (Lorensen and Cline 1987, in the plane)."""
    pieces = []
    for j in range(len(ys) - 1):
        for i in range(len(xs) - 1):
            corners = [
                (xs[i], ys[j], heights[j][i]), (xs[i + 1], ys[j], heights[j][i + 1]),
                (xs[i + 1], ys[j + 1], heights[j + 1][i + 1]), (xs[i], ys[j + 1], heights[j + 1][i]),
            ]  # fmt: skip
            if not all(math.isfinite(corner[2]) for corner in corners):
                continue
            cuts = [
                _cut_edge(corners[k], corners[(k + 1) % 4], level)
                for k in range(4)
                if (corners[k][2] < level) != (corners[(k + 1) % 4][2] < level)
            ]
            pieces += [cuts[k : k + 2] for k in range(0, len(cuts), 2)]
    return _join_pieces(pieces)


def _cut_edge(start: tuple[float, float, float], end: tuple[float, float, float], level: float) -> Point:
    part = (level - start[2]) / (end[2] - start[2])
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])


def _join_pieces(pieces: list[list[Point]]) -> list[list[Point]]:
    """Pieces with common ends joined to longer lines."""
    at: dict[Point, list[int]] = {}
    for index, piece in enumerate(pieces):
        for end in piece:
            at.setdefault((round(end[0], 12), round(end[1], 12)), []).append(index)
    left = set(range(len(pieces)))
    lines = []
    while left:
        index = left.pop()
        line = list(pieces[index])
        for forward in (True, False):
            while True:
                end = line[-1] if forward else line[0]
                key = (round(end[0], 12), round(end[1], 12))
                following = next((k for k in at[key] if k in left), None)
                if following is None:
                    break
                left.discard(following)
                a, b = pieces[following]
                far = b if (round(a[0], 12), round(a[1], 12)) == key else a
                line = [*line, far] if forward else [far, *line]
        lines.append(line)
    return lines
