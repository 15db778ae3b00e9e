"""What is shown of descents: the end, the path, the other starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.analysis.optimise.ending import Shape, Worth, called
from dcalc.analysis.optimise.picture import SHOWN_STEPS, drawn
from dcalc.analysis.optimise.run import Run, Step
from dcalc.finding import Cell, Column, Finding, Key, Said, Sheet, Subject


class End(NamedTuple):
    """A run, what its end is called, and why."""

    run: Run
    status: str
    message: str
    worth: Worth | None = None
    shape: Shape | None = None

    @property
    def numbers(self) -> tuple[float | None, float | None]:
        """f and the length of its gradient, as they are certified; in doubles where they cannot be."""
        last, worth = self.run.end, self.worth
        if worth is None:
            return last.value, last.gradient_norm
        return (last.value if worth.value is None else worth.value), worth.gradient_norm


def counted(run: Run, unit: str = "step") -> str:
    """`1 step`, `20 steps`."""
    return f"{run.end.number} {unit}{'s' * (run.end.number != 1)}"


def finding(
    subject: Subject, names: Sequence[str], fixed: Mapping[str, float], ends: list[End], best: End, *, path: bool
) -> Finding:
    """What a search has come to; ``best`` of its ends is the answer."""
    last = best.run.end
    value, length = best.numbers
    at = {**fixed, **dict(zip(names, last.x, strict=True))}
    steps = [_record(names, step) for step in best.run.path]
    record: dict[str, Any] = {
        "steps": last.number, "value": value, "gradient_norm": length,
        "eigenvalues": None if best.shape is None else list(best.shape.eigenvalues), "message": best.message,
    }  # fmt: skip
    if len(ends) > 1:
        record["starts"] = [_start_record(names, end) for end in ends]
    if path:
        record["path"] = steps
    said = (Said("f", value, "strong"), Said("gradient norm", length), Said("steps", last.number))
    numbers: list[tuple[Cell, ...]] = [(name, at[name]) for name in subject.names]
    numbers += [("value", value), ("gradient_norm", length), ("steps", last.number)]
    table = _path_sheet(names, best.run.path)
    rows = [tuple(row.get(column.key) for column in table.columns) for row in table.rows] if path else numbers
    return Finding(
        "descend", subject.root, tuple(names), at, best.status, record,
        said=said,
        sheets=(table, *([_starts_sheet(names, ends)] if len(ends) > 1 else [])),
        pictures=drawn(subject.root, names, fixed, [end.run for end in ends], best.run),
        plain=rows, trail=steps if path else (),
        sentence=f"{called(best.status)}: {best.message}",
        code=0 if best.status == "converged" else 1,
    )  # fmt: skip


def _record(names: Sequence[str], step: Step) -> dict[str, Any]:
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


def _path_sheet(names: Sequence[str], path: Sequence[Step]) -> Sheet:
    """All steps."""
    columns = (
        Column("step", "step", "number", right=True),
        *(Column(("at", name), name, "brief") for name in names),
        Column("value", "f", "brief"),
        Column("gradient_norm", "gradient norm", "error", 1, "gradient norm"),
        Column("lr", "lr", "brief", 2, "lr"),
    )
    rows: list[dict[Key, Cell]] = [
        {
            "step": step.number, **{("at", name): value for name, value in zip(names, step.x, strict=True)},
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
