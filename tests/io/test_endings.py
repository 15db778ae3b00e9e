"""How streams and files end: killed, interrupted, on a full disk, in a closed pipe; and how they go on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import polars as pl
import pytest

from tests.cli.conftest import Start, environment
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

SLOW = ("zeta(3, x)*sin(x)", "--certify")  # row by row: many seconds for the files below


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same 200,000 rows as csv, jsonl and parquet."""
    folder = tmp_path_factory.mktemp("data")
    frame = pl.DataFrame({"x": range(200_000)}).select(pl.col("x") / 64 + 1, t=pl.col("x").cast(pl.String))
    frame.write_csv(folder / "in.csv")
    frame.write_ndjson(folder / "in.jsonl")
    frame.write_parquet(folder / "in.parquet")
    return folder


def ended(child: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = child.communicate(timeout=PATIENCE)
    return child.returncode, out, err


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_run_leaves_no_half_file(start: Start, data: Path, tmp_path: Path, kind: str, seed: int) -> None:
    target = tmp_path / f"out.{kind}"
    target.write_bytes(b"as it was")
    child = start("map", *SLOW, "--in", str(data / f"in.{kind}"), "--out", str(target))
    time.sleep(random.Random(f"{kind}{seed}").uniform(0.2, 1.0))
    child.kill()
    assert ended(child)[0] == -signal.SIGKILL
    assert target.read_bytes() == b"as it was"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ctrl_c_ends_a_map_with_nothing_left_behind(start: Start, data: Path, tmp_path: Path, kind: str) -> None:
    child = start("map", *SLOW, "--in", str(data / f"in.{kind}"), "--out", str(tmp_path / f"out.{kind}"))
    wait_until(lambda: list(tmp_path.iterdir()))
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    assert ended(child) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_ctrl_c_ends_a_stream_after_whole_rows(start: Start, data: Path, kind: str) -> None:
    with open(data / f"in.{kind}", "rb") as file:
        child = start("diff", "x*sin(x)", "--certify", "--at", "-", stdin=file)
        assert child.stdout is not None
        first = child.stdout.readline()
        child.send_signal(signal.SIGINT)
        code, out, err = ended(child)
    assert (code, err) == (130, b"")
    lines = (first + out).splitlines(keepends=True)
    assert lines[-1].endswith(b"\n")
    rows = (data / f"in.{kind}").read_bytes().splitlines()[: len(lines)]
    for line, row in zip(lines, rows, strict=True):
        assert line.startswith(row.removesuffix(b"}"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a quarter of a megabyte."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], capture_output=True)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "arrow"])
def test_a_full_disk_leaves_what_was_there(start: Start, data: Path, small_disk: Path, kind: str) -> None:
    target = small_disk / f"out.{kind}"
    target.write_bytes(b"as it was")
    source = data / ("in.parquet" if kind == "arrow" else f"in.{kind}")
    code, out, err = ended(start("map", "x**2", "--in", str(source), "--out", str(target), "--fast"))
    assert (code, out) == (2, b"")
    assert f"error: {target}: No space left on device\n" in err.decode()
    assert [path.name for path in small_disk.iterdir()] == [target.name]
    assert target.read_bytes() == b"as it was"


@pytest.mark.parametrize(
    "arguments", [("map", "x**2"), ("diff", "x**2", "--at", "-"), ("diff", "x**2", "--at", "-", "--fast")]
)
def test_a_closed_pipe_is_a_quiet_end(start: Start, data: Path, arguments: tuple[str, ...]) -> None:
    with open(data / "in.csv", "rb") as file:
        child = start(*arguments, stdin=file)
        assert child.stdout is not None
        assert child.stdout.readline().startswith(b"x,t,")
        child.stdout.close()
        assert child.wait(PATIENCE) == 141
        assert child.stderr is not None
        assert child.stderr.read() == b""


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize(
    "arguments", [("diff", "x**2", "--at", "1", "-o"), ("map", "x**2", "--format", "csv", "--in", "a.parquet", "--out")]
)
def test_stdout_by_its_name_goes_on_where_it_is(
    start: Start, tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    """In a file that the shell has open, between what others write to it."""
    pl.DataFrame({"x": [1.0]}).write_parquet(tmp_path / "a.parquet")
    with open(tmp_path / "out", "wb", buffering=0) as file:
        file.write(b"before\n")
        assert ended(start(*arguments, name, stdout=file, cwd=tmp_path))[0] == 0
        file.write(b"after\n")
    shown = b"2.0" if arguments[0] == "diff" else b"x,df_dx,status\n1.0,2.0,ok"
    assert (tmp_path / "out").read_bytes() == b"before\n" + shown + b"\nafter\n"


def test_a_closed_pipe_behind_columns(start: Start, data: Path) -> None:
    child = start("map", "x", "--fast", "--in", str(data / "in.parquet"), "--out", "-", "--format", "csv")
    assert child.stdout is not None
    assert child.stdout.readline() == b"x,t,df_dx,status\n"
    child.stdout.close()
    assert child.wait(PATIENCE) == 141
    assert child.stderr is not None
    assert child.stderr.read() == b""


@pytest.mark.parametrize(
    ("head", "row", "answer"),
    [
        (b"", b"3\n", b"3.0\t6.0\n"),
        (b"x,t\n", b"3,a\n", b"3,a,6.0,ok\n"),
        (b"", b'{"x": 3}\n', None),
    ],
)
def test_a_slow_producer_sees_each_answer_at_once(start: Start, head: bytes, row: bytes, answer: bytes | None) -> None:
    """Beyond the points that are certified first, too."""
    child = start("diff", "x**2", "--at", "-", "-q", stdin=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(head)
    for _ in range(400):
        child.stdin.write(row)
        child.stdin.flush()
        line = child.stdout.readline()
        if line.startswith(b"x,t,"):
            line = child.stdout.readline()
        if answer is None:
            assert json.loads(line)["value"] == 6.0
        else:
            assert line == answer
    child.stdin.close()
    assert child.wait(PATIENCE) == 0


def test_a_bar_on_a_terminal_and_none_with_q(data: Path, tmp_path: Path) -> None:
    line = ["-m", "dcalc", "map", *SLOW, "--in", str(data / "in.parquet"), "--out", str(tmp_path / "out.parquet")]
    child = pexpect.spawn(sys.executable, line, env=environment(), timeout=PATIENCE)  # type: ignore[arg-type]
    child.expect("[0-9]+%")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    child = pexpect.spawn(sys.executable, [*line, "-q"], env=environment(), timeout=PATIENCE)  # type: ignore[arg-type]
    wait_until(lambda: list(tmp_path.iterdir()))
    with pytest.raises(pexpect.TIMEOUT):
        child.expect(".", timeout=1.6)
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_as_process_1_of_a_container(data: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Which each run is there, so that names made of a process number would meet again; no default ends it."""
    enter = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no container can be made here")
    target = tmp_path / "out.csv"
    target.write_bytes(b"as it was")
    source = data / "in.csv"

    def begin(*expression: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dcalc", "map", *expression, "--in", str(source), "--out", str(target)]
        return subprocess.Popen([*enter, *command], env=environment(), stderr=subprocess.DEVNULL)

    child = begin(*SLOW)
    wait_until(lambda: any(path != target for path in tmp_path.iterdir()))
    (first,) = map(int, Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split())
    os.kill(first, number)
    assert child.wait(PATIENCE) != 0
    assert target.read_bytes() == b"as it was"
    if number != signal.SIGKILL:
        assert [path.name for path in tmp_path.iterdir()] == [target.name]
    for _ in range(2):
        assert begin("x**2", "--fast").wait(PATIENCE) == 0
        assert [path.name for path in tmp_path.iterdir()] == [target.name]
        assert target.read_bytes().startswith(b"x,t,df_dx,status\n")
