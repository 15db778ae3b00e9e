"""Long streams that several processes answer: the same bytes, errors and notes, in the same order."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from dcalc.cli import main
from dcalc.cli.pipeline import new_task
from dcalc.crew import Crew, Recruits
from dcalc.errors import DcalcError, LimitError
from dcalc.finding import Subject
from dcalc.io import lines, recruits, stream
from dcalc.io.parts import PartAnswerer
from dcalc.io.row_solver import RowSolver
from dcalc.io.rows import Chunk
from dcalc.io.stream import RowStream, RowTally, answer_stream
from dcalc.parser import parse
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes share work on Linux alone")
QUESTION = Subject(root=parse("abs(x)*sqrt(x + 3)").root, names=("x",), wrt=("x",), targets=(("x",),))
COUNT = 40_000


class Voice:
    """What is said, in order."""

    def __init__(self) -> None:
        self.texts: list[object] = []

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        self.texts.append((error.message, line, id))

    def note(self, text: str) -> None:
        if text not in self.texts:
            self.texts.append(text)


def answer(
    source: BinaryIO, jobs: int, write: Any, mode: Any = "bound", question: Subject = QUESTION
) -> tuple[int, list[object]]:
    """The exit code of a stream, and what is said."""
    rows = RowStream(source, None, ("x",), exact=False, before_waiting=lambda: None)
    rows.form.bind(("x",), ("x",), ("x",))
    task = new_task(question, ("x",), question.targets, ("value",), "")
    rows.form.set_task(task)
    voice = Voice()
    solver = RowSolver(task, mode=mode, with_f=rows.form.wants_f)
    return answer_stream(rows, solver, RowTally(solver, voice), write, jobs), voice.texts


def copy_to(written: list[bytes]) -> Any:
    """What writes to a list: pieces are overwritten when they were written."""
    return lambda piece: written.append(bytes(piece))


def numbers() -> list[str]:
    return ["x", *[repr(k / 1000 - 3.002) for k in range(COUNT)]]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams are long after a thousand rows, and blocks are short."""
    monkeypatch.setattr(stream, "_LONG", 1_000)
    monkeypatch.setattr(stream, "_LONG_TIME", 1e9)


@pytest.mark.parametrize("kind", ["plain", "csv", "jsonl"])
def test_processes_change_no_byte(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = numbers()
    texts[5_000] = texts[30_000] = "what"
    if kind == "plain":
        texts = texts[1:]
    if kind == "jsonl":
        texts = [f'{{"x": {line}, "id": {k}}}' for k, line in enumerate(texts[1:])]
    path = tmp_path / "data"
    path.write_text("\n".join(texts))
    crews: list[Crew] = []
    send = Crew.send
    monkeypatch.setattr(Crew, "send", lambda self, task: crews.append(self) or send(self, task))
    outcomes = []
    for jobs in (1, 3):
        written: list[bytes] = []
        with path.open("rb") as source:
            outcomes.append((*answer(source, jobs, copy_to(written)), b"".join(written)))
        assert bool(crews) == (jobs > 1)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0][2].splitlines()) == len(texts)
    assert outcomes[0][0] == 1


def test_numbers_are_read_while_others_get_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = numbers()[1:]
    texts[20_000], texts[30_000], texts[30_001] = "", "what", "\n\n"
    path = tmp_path / "data"
    path.write_text("\n".join(texts) + "\n \n")
    tasks: list[object] = []
    send = Crew.send
    monkeypatch.setattr(Crew, "send", lambda self, task: tasks.append(task) or send(self, task))
    monkeypatch.setattr(lines, "is_long", lambda _: True)
    read, assign = tmp_path / "read", Recruits.assign

    def get_ready() -> None:
        while not read.exists():
            time.sleep(0.01)

    monkeypatch.setattr(
        Recruits,
        "assign",
        lambda self, work, meanwhile: assign(self, work, lambda: meanwhile() or read.write_bytes(b"") > 0),
    )
    outcomes = []
    for jobs in (1, 2):
        monkeypatch.setattr(recruits, "_recruits", Recruits(get_ready, 2) if jobs > 1 else None)
        written: list[bytes] = []
        with path.open("rb") as source:
            outcomes.append((*answer(source, jobs, copy_to(written)), b"".join(written)))
    assert outcomes[0] == outcomes[1]
    assert any(isinstance(error, tuple) and error[1] == 30_001 for error in outcomes[0][1])
    assert tasks and all(isinstance(task, Chunk) for task in tasks)


class Pieces(io.BytesIO):
    """Bytes of which a read gets few."""

    size = 8

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(self.size)


def test_what_is_said_does_not_tell_which_rows_came_together() -> None:
    question = QUESTION.replace(root=parse("abs(x - 0.1)").root)
    data = b"1\n2\n0.1\nwhat\n3\n0.1\n1e999\n"
    texts = [answer(source(data), 1, lambda _: None, question=question)[1] for source in (io.BytesIO, Pieces)]
    assert texts[0] == texts[1]
    assert [isinstance(text, str) for text in texts[0][:2]] == [True, False]


def test_all_is_written_before_input_is_waited_for() -> None:
    reader, writer = os.pipe()
    written: list[bytes] = []
    codes: list[int] = []

    def read() -> None:
        with os.fdopen(reader, "rb") as source:
            codes.append(answer(source, 2, copy_to(written), "fast")[0])

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for count in range(1, 5):
            os.write(writer, "".join(f"{line}\n" for line in numbers()[4:2_500]).encode())
            wait_until(lambda: b"".join(written).count(b"\n") >= 2_496 * count)  # noqa: B023  # called at once
            assert b"".join(written).count(b"\n") == 2_496 * count
    finally:
        os.close(writer)
        thread.join()
    assert codes == [0]


def test_a_process_that_is_lost_ends_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data"
    path.write_text("\n".join(numbers()[1:]))
    solve = RowSolver.answer
    parent = os.getpid()

    def end(self: RowSolver, chunk: Any) -> Any:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return solve(self, chunk)

    monkeypatch.setattr(RowSolver, "answer", end)
    with path.open("rb") as source, pytest.raises(LimitError, match="ended a process"):
        answer(source, 2, lambda _: None, "fast")


def test_without_processes_one_answers_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError("no more processes")

    path = tmp_path / "data"
    path.write_text("\n".join(numbers()[1:]))
    monkeypatch.setattr(os, "fork", refuse)
    written: list[bytes] = []
    with path.open("rb") as source:
        answer(source, 2, copy_to(written), "fast")
    assert b"".join(written).count(b"\n") == COUNT


@pytest.mark.parametrize("options", [(), ("--fast",)])
def test_a_long_file_is_shared_from_its_first_row_on(tmp_path: Path, options: tuple[str, ...]) -> None:
    texts = [repr(k / 10_000 - 3.002) for k in range(130_000)]
    texts[100], texts[50_000], texts[90_000] = "what", "# a comment", "0:1:0.25"
    path = tmp_path / "data"
    path.write_text("\n".join(texts))
    done = []
    for jobs in ((), ("-j", "1")):
        with path.open("rb") as source:
            argv = [sys.executable, "-m", "dcalc", "diff", "abs(x)*sqrt(x + 3)", "--at", "-", *options, *jobs]
            done.append(subprocess.run(argv, stdin=source, capture_output=True, check=False))
    shared, alone = done
    assert shared.stdout == alone.stdout
    assert shared.stdout.count(b"\n") == 130_003
    assert shared.stderr == alone.stderr
    assert b"line 101" in shared.stderr
    assert shared.returncode == alone.returncode == 1


def test_processes_are_recruited_where_much_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data"
    with path.open("wb") as file:
        file.truncate(lines._LONG)
    reader, writer = os.pipe()
    os.write(writer, bytes(lines._FULL))
    with path.open("rb") as file:
        assert lines.is_long(file.fileno()) and lines.is_long(reader)
        os.read(reader, 10)
        assert not lines.is_long(reader)
        assert not lines.is_long(1 << 20)
        monkeypatch.setattr(recruits, "is_long", lambda _: lines.is_long(file.fileno()))
        recruits.recruit("bound")
    os.close(reader)
    os.close(writer)
    crew = recruits._recruits
    assert crew is not None
    rows = RowStream(io.BytesIO(b"1.0\n"), None, ("x",), exact=False, before_waiting=lambda: None)
    solver = RowSolver(new_task(QUESTION, ("x",), QUESTION.targets, ("value",), ""))
    rows.form.bind(("x",), ("x",), ("x",))
    answerer = PartAnswerer(rows.form, solver)
    others = recruits.hire(answerer, 3)  # more than there are
    assert others is not None and others is not crew and not crew.workers
    others.close()
    monkeypatch.setattr(recruits, "is_long", lambda _: True)
    recruits.recruit("bound")
    crew = recruits.hire(answerer, 2)
    assert isinstance(crew, Recruits)
    crew.close()


@pytest.mark.parametrize("kind", ["plain", "csv", "jsonl"])
@pytest.mark.parametrize("mode", ["bound", "fast"])
def test_what_answers_parts_can_be_told_to_another_process(kind: str, mode: Any) -> None:
    heading, texts = {"plain": (b"", "{}"), "csv": (b"x\n", "{}"), "jsonl": (b"", '{{"x": {}}}')}[kind]
    data = heading + "".join(texts.format(k / 1000 - 3.002) + "\n" for k in range(6_000)).encode()
    rows = RowStream(io.BytesIO(data), None, ("x",), exact=False, before_waiting=lambda: None)
    rows.form.bind(("x",), ("x",), ("x",))
    task = new_task(QUESTION, ("x",), QUESTION.targets, ("value",), "")
    rows.form.set_task(task)
    answerer = PartAnswerer(rows.form, RowSolver(task, mode=mode, with_f=rows.form.wants_f))
    told = pickle.loads(pickle.dumps(answerer))
    told.load()
    parts = list(rows.form.read_parts())
    assert parts and not list(told.form.read_parts())
    pieces = [[b"".join(chunk) for part in parts for chunk, _ in answer(part)] for answer in (answerer, told)]
    assert pieces[0] == pieces[1] and pieces[0][0].count(b"\n") > 100


_TOLD = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    answerer, parts = pickle.load(file)
answerer.load()
text = b"".join(piece for part in parts for chunk, _ in answerer(part) for piece in chunk)
print(text.count(b"\\n"), "dcalc.expr" in sys.modules)
"""


@pytest.mark.parametrize(("start", "is_loaded"), [(1.0, False), (-4.0, True)])
def test_an_expression_is_loaded_for_rows_that_doubles_do_not_answer(
    start: float, is_loaded: bool, tmp_path: Path
) -> None:
    data = b"".join(b"%a\n" % (start + k / 1000) for k in range(6_000))
    rows = RowStream(io.BytesIO(data), None, ("x",), exact=False, before_waiting=lambda: None)
    rows.form.bind(("x",), ("x",), ("x",))
    answerer = PartAnswerer(
        rows.form, RowSolver(new_task(QUESTION, ("x",), QUESTION.targets, ("value",), ""), mode="fast")
    )
    told = tmp_path / "told"
    told.write_bytes(pickle.dumps((answerer, [*rows.form.read_parts()]), pickle.HIGHEST_PROTOCOL))
    done = subprocess.run([sys.executable, "-c", _TOLD, told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6000", str(is_loaded)]


@pytest.mark.parametrize(
    ("words", "shared"),
    [
        ("diff x --at -", True),
        ("grad x*y --at=- -q", True),
        ("diff x --at - -j 2 --fast", True),
        ("map x*y -q", True),
        (f"map x*y {__file__}", False),
        ("map x*y --format parquet", False),
        ("diff x --at 1", False),
        ("diff x - --at x", False),
        ("diff x --at - -j 1", False),
        ("diff x --at - --jobs=1", False),
        ("diff x --at - --json", False),
        ("diff x --at - --digits 30", False),
    ],
)
def test_calls_that_share_rows_are_told_at_a_glance(words: str, shared: bool) -> None:
    assert main._reads_rows(words.split()) == shared


def test_what_is_loaded_early_is_what_rows_are_answered_with() -> None:
    recruits._load("bound")
    assert {"numpy", "orjson", "flint", "dcalc.bulk.column_blocks", "dcalc.io.plain"} <= {*sys.modules}
