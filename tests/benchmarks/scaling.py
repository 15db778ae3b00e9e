"""How time and memory grow with the length of the input, for shapes that break recursive programs.

    python tests/benchmarks/scaling.py [--size N ...] [--shape NAME ...] [--limit SECONDS]
    python tests/benchmarks/scaling.py --shape NAME --size N --profile STAGE

Measured: nested parentheses, calls, minus signs, powers and `where`, and sums and products of
equal and of distinct terms, of 1,000 to 100,000 elements, each in a process of its own:
parsing, the derivative as an expression, the value at a point, the text in every notation, and
the output of every format for the derivative alone and for the value at the point. There is
no baseline: a shape is held against its own smaller sizes.

How to read it: microseconds an element for each stage. Linear means that a column stays flat
from size to size. A stage that gives no figure says why: `limit` is dcalc's own refusal (a text
that nobody could use), `slow` means more than SECONDS, `memory` more than --memory megabytes,
and CRASH a defect. The formats' columns show the slowest one. `chars` is the length of the plain
derivative over that of the input, `MB` the most memory that the process held. What stands out
(CRASH, slow, memory, over 10 s or 1.5 GB, or four times as long an element as at the smallest
size) is listed at the end. `--profile` shows where a stage spends its time.
"""

import cProfile
import gc
import json
import os
import pstats
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Any, NoReturn

from _common import arguments, show
from _shapes import SHAPES, Shape

import dcalc.notation
from dcalc import formats
from dcalc.analysis import diff
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.finding import Subject
from dcalc.formats import Style
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from dcalc.solver import solve

SIZES = (1_000, 10_000, 100_000)
LONG = 10.0
LARGE = 1_500
GROWTH = 4.0


class Slow(BaseException):
    """A stage took too long: no Exception, so that nothing below takes it for its own."""


def main() -> None:
    """Print a table a shape, and what stands out."""
    parser = arguments(__doc__, file=False)
    parser.add_argument("--size", type=int, action="append", help=f"instead of {SIZES}; repeatable")
    parser.add_argument("--shape", action="append", choices=SHAPES, metavar="NAME", help=", ".join(SHAPES))
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for one stage")
    parser.add_argument("--memory", type=int, default=3_000, help="megabytes for one process")
    parser.add_argument("--profile", metavar="STAGE", help="parse, derive, value, text:plain, plain, plain@1 ...")
    parser.add_argument("--child", action="store_true", help="internal: one shape, one size, in this process")
    options = parser.parse_args()
    sizes, names = options.size or SIZES, options.shape or list(SHAPES)
    if options.child or options.profile:
        child(names[0], sizes[-1], options.limit, options.memory, options.profile)
        return
    remarks: list[str] = []
    for name in names:
        runs = {size: run(name, size, options.limit, options.memory) for size in sizes}
        table(name, runs)
        remarks += remarkable(name, runs)
    print("\nwhat stands out:", *(remarks or ["nothing"]), sep="\n  ")


# --- one shape of one size, in its own process ----------------------------------------------

Step = tuple[str, Callable[[], str]]


def steps(shape: Shape, size: int) -> Iterator[Step]:
    """The stages in order, by name; each returns a word on its result."""
    text = shape.text(size)
    roots: list[Expr] = []
    answers: list[Result] = []

    def read() -> str:
        roots.append(parse(text).root)
        return ""

    def derive() -> str:
        answers.append(solve(Problem(roots[0], ("x",))))
        return answers[0].status

    def value() -> str:
        point = {name: shape.at if name == "x" else 1.0 for name in dcalc.expr.variables(roots[0])}
        answers.append(solve(Problem(roots[0], ("x",), point)))
        points.append(point)
        return answers[-1].status

    points: list[dict[str, float]] = []
    yield "parse", read
    yield "derive", derive
    yield from writing(text, answers)
    yield "value", value
    yield from formatting(text, roots, answers, points)


def writing(text: str, answers: Sequence[Result]) -> Iterator[Step]:
    """The text of the derivative in every notation."""
    for notation in notations():

        def write(notation: str = notation) -> str:
            slope = answers[0].derivative
            length = len(dcalc.notation.write(slope, notation, against=len(text))) if slope else 0
            return f"{length / len(text):.2f}"

        yield f"text:{notation}", write


def formatting(
    text: str, roots: Sequence[Expr], answers: Sequence[Result], points: Sequence[dict[str, float]]
) -> Iterator[Step]:
    """The output of every format, of the derivative alone and of the value at the point."""
    for place in (0, 1):
        for name in formats.names():

            def render(name: str = name, place: int = place) -> str:
                subject = Subject(root=roots[0], names=("x",), wrt=("x",), at=points[0] if place else None)
                found = diff.finding(subject, (answers[place],))
                style = Style(inputs=len(text), heading=lambda: diff.finding(subject, ()))
                return str(sum(map(len, formats.load(name).present([found], style))))

            yield name + "@1" * place, render


def notations() -> list[str]:
    """The files of the folder of notations."""
    folder = dcalc.notation.__path__[0]
    return sorted(file[:-3] for file in os.listdir(folder) if file.endswith(".py") and file[0] != "_")


def child(name: str, size: int, limit: float, memory: int, profiled: str | None) -> None:
    """Run the stages; print one JSON object each, or the profile of one."""
    resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    gc.disable()  # as in a short call of dcalc
    signal.signal(signal.SIGALRM, too_slow)
    for _, job in steps(SHAPES[name], 3):  # imports and caches are not what is measured
        attempt(job, limit)
    for stage, job in steps(SHAPES[name], size):
        if stage == profiled:
            profile(job, limit)
            return
        start = time.perf_counter()
        word = attempt(job, limit)
        spent = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        if profiled is None:
            print(json.dumps({"stage": stage, "seconds": spent, "word": word, "mb": peak}), flush=True)


def too_slow(_number: int, _frame: FrameType | None) -> NoReturn:
    """The handler of the alarm."""
    raise Slow


def attempt(job: Callable[[], str], limit: float) -> str:
    """The word of a stage, or why it has none, the latter with a leading `!`."""
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        return job()
    except Slow:
        return "!slow"
    except MemoryError:
        return "!memory"
    except DcalcError as error:
        return f"!{error.kind}"
    except IndexError:
        return "!"  # an earlier stage has left nothing to work on
    except Exception as error:  # noqa: BLE001  # a defect, which is a result here
        return f"!CRASH {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def profile(job: Callable[[], str], limit: float) -> None:
    """Where the time of a stage goes."""
    profiler = cProfile.Profile()
    print("result:", profiler.runcall(attempt, job, limit))
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(15)
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(25)


# --- what the processes say -----------------------------------------------------------------

Stages = dict[str, dict[str, Any]]


def run(name: str, size: int, limit: float, memory: int) -> Stages:
    """The stages of one shape of one size by name."""
    options = ["--child", "--shape", name, "--size", str(size), "--limit", str(limit), "--memory", str(memory)]
    done = subprocess.run([sys.executable, __file__, *options], capture_output=True, text=True, check=False)
    stages = {record["stage"]: record for record in map(json.loads, done.stdout.splitlines())}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        stages["process"] = {"seconds": 0.0, "word": f"!CRASH {last[0]}", "mb": 0}
    return stages


def table(name: str, runs: dict[int, Stages]) -> None:
    """Microseconds an element of the stages, a row a size."""
    texts = [f"text:{notation}" for notation in notations()]
    header = [name, "parse", "derive", "value", "", *texts, "formats", "", "formats@1", "", "chars", "MB"]
    rows = []
    for size, stages in runs.items():
        cells = [cell(stages.get(stage), size) for stage in ("parse", "derive", "value")]
        cells.append(stages.get("value", {}).get("word", "").removeprefix("!")[:24])
        cells += [cell(stages.get(stage), size) for stage in texts]
        for suffix in ("", "@1"):
            cells += slowest({format_: stages.get(format_ + suffix) for format_ in formats.names()}, size)
        chars = stages.get("text:plain", {}).get("word", "")
        peak = max((stage["mb"] for stage in stages.values()), default=0)
        rows.append([f"{size:,}", *cells, chars.removeprefix("!"), peak])
    show("", header, rows)


def cell(stage: dict[str, Any] | None, size: int) -> str:
    """A stage's microseconds an element, or why there are none."""
    if stage is None:
        return "-"
    word = stage["word"]
    return word[1:].partition(":")[0] if word.startswith("!") else f"{1e6 * stage['seconds'] / size:.2f}"


def slowest(found: dict[str, dict[str, Any] | None], size: int) -> list[str]:
    """The slowest format: microseconds an element, name."""
    there = {name: stage for name, stage in found.items() if stage is not None}
    if not there:
        return ["-", ""]
    name = max(there, key=lambda name: (there[name]["word"].startswith("!CRASH"), there[name]["seconds"]))
    return [cell(there[name], size), name]


def remarkable(name: str, runs: dict[int, Stages]) -> list[str]:
    """What needs to be looked at."""
    found = []
    smallest = min(runs)
    for size, stages in runs.items():
        for stage, record in stages.items():
            base = runs[smallest].get(stage, record)["seconds"] / smallest
            found += [f"{name}, {size:,}, {stage}: {why}" for why in reasons(record, size, base)]
    return found


def reasons(record: dict[str, Any], size: int, base: float) -> Iterator[str]:
    """Why a stage stands out."""
    word, spent = record["word"], record["seconds"]
    if word.startswith(("!CRASH", "!slow", "!memory", "!internal")):
        yield word[1:]
    elif spent > LONG:
        yield f"{spent:.1f} s"
    elif spent > 0.3 and spent / size > GROWTH * base:
        yield f"{spent / size / base:.1f} times as long an element as at the smallest size, {spent:.1f} s"
    if record["mb"] > LARGE:
        yield f"{record['mb']:,} MB"


if __name__ == "__main__":
    main()
