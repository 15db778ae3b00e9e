"""What the benchmarks share: the file of problems, interleaved timing, tables, processes.

A file of problems has a JSON object a line:
`{"id", "expr", "vars", "wrt", "points": [{..}], "truth": {"d/dx": ["30 digits", ..]}, "double_err": {..}, "tier"}`
where `wrt` is a name or, for a gradient, a list of names.

Times on one machine differ from run to run, so nothing here asserts seconds: what is
compared is measured in turns, A B A B ..., and a ratio is the median of the ratios of pairs.
"""

import argparse
import gc
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
if find_spec("dcalc") is None:
    sys.path.insert(0, str(CHECKOUT))
    os.environ["PYTHONPATH"] = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])

_HARD = 1e-11
"""A value is hard where naive forward mode in doubles is off by more than this, or fails."""


@dataclass(frozen=True, slots=True)
class Item:
    """A problem of the file: f, and the true derivative by each name at each point."""

    id: str
    text: str
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    points: tuple[dict[str, float], ...]
    truth: dict[str, list[Decimal]]
    double_err: dict[str, list[float | None]]
    tier: str

    def values(self) -> "Iterator[Value]":
        """Every value that the file knows of this problem."""
        for name in self.wrt:
            errors = self.double_err.get(name) or [0.0] * len(self.points)
            for point, truth, error in zip(self.points, self.truth[name], errors, strict=True):
                yield Value(self, name, point, truth, hard=error is None or error > _HARD)


@dataclass(frozen=True, slots=True)
class Value:
    """One true value: the derivative of an item by a name at a point."""

    item: Item
    name: str
    point: dict[str, float]
    truth: Decimal
    hard: bool

    def error(self, value: float) -> float:
        """The relative error of a value; the absolute one where the truth is 0."""
        gap = abs(Decimal(value) - self.truth)
        return float(gap / abs(self.truth)) if self.truth else float(gap)


def arguments(doc: str | None, *, file: bool = True) -> argparse.ArgumentParser:
    """A parser of the command line that shows the docstring; with the file of problems."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    if file:
        parser.add_argument("file", type=Path, metavar="FILE", help="problems, a JSON object a line")
    return parser


def load(path: Path) -> list[Item]:
    """The problems of a file."""
    with path.open(encoding="utf-8") as file:
        return [_item(json.loads(line)) for line in file if line.strip()]


def _item(record: dict[str, Any]) -> Item:
    wrt = record["wrt"]
    names = (wrt,) if isinstance(wrt, str) else tuple(wrt)
    points = tuple({name: float(number) for name, number in point.items()} for point in record["points"])
    errors = record.get("double_err") or {}
    return Item(
        record["id"],
        record["expr"],
        tuple(record["vars"]),
        names,
        points,
        {name: [Decimal(digits) for digits in record["truth"][f"d/d{name}"]] for name in names},
        {name: errors.get(f"d/d{name}") or [] for name in names},
        record.get("tier", ""),
    )


Job = Callable[[], object]


def seconds(job: Job) -> float:
    """How long a call takes, with no collection of garbage in it and none left over from others."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        job()
        return time.perf_counter() - start
    finally:
        gc.enable()


def interleaved(jobs: Mapping[str, Job], rounds: int) -> dict[str, list[float]]:
    """Seconds of each job in each round, in turns, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for count in range(rounds + 1):
        for name, job in jobs.items():
            spent = seconds(job)
            if count:
                times[name].append(spent)
    return times


def ratio(times: Sequence[float], base: Sequence[float]) -> float:
    """The median of the ratios of what was measured side by side."""
    return median(a / b for a, b in zip(times, base, strict=True))


def verdict(figure: float, target: float, *, least: bool = False) -> str:
    """The target, and whether it is met; ``least``: it is a lower limit."""
    met = figure >= target if least else figure <= target
    return f"{'>=' if least else '<='} {target:g} {'met' if met else 'MISSED'}"


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: the first column left, numbers right, floats to three digits."""
    cells = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}" if title else "")
    for row in cells:
        _print(row, widths)


def show_as_they_come(title: str, header: Sequence[str], rows: Iterable[Sequence[object]], width: int = 9) -> None:
    """The same of rows that take long, each printed when it is there, in columns of at least that width."""
    widths = [max(len(cell), width) for cell in header]
    print(f"\n{title}")
    _print(header, widths)
    for row in rows:
        _print([_cell(cell) for cell in row], widths)


def _print(cells: Sequence[str], widths: Sequence[int]) -> None:
    padded = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    print("  ".join(["", cells[0].ljust(widths[0]), *padded]).rstrip(), flush=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def cut(text: str, width: int = 100) -> str:
    """A text on one line, shortened in the middle."""
    return text if len(text) <= width else f"{text[: width - 23]} ... {text[-18:]}"


def command(*arguments: str) -> list[str]:
    """The arguments of a process that runs dcalc as its console script does."""
    script = shutil.which("dcalc", path=str(Path(sys.executable).parent))
    start = [script] if script else [sys.executable, "-c", "from dcalc.cli.main import run; run()"]
    return [*start, *arguments]


@contextmanager
def compiled() -> Iterator[None]:
    """Processes in this block find bytecode, as those of an installed program do, whatever the
    environment says; it is kept outside of the checkout and written by the round that does not count."""
    with tempfile.TemporaryDirectory() as folder:
        before = dict(os.environ)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
