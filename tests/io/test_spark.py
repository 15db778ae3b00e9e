"""Spark as an engine of `dcalc map`: by a server of Spark Connect without Java, and once by Spark itself.

Both are skipped where they are not installed: `pip install -e '.[spark-test]'`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from dcalc.errors import UsageError
from dcalc.io.engines import Settings, load, spark
from dcalc.io.sources import find_source
from tests.cli.conftest import Run, Start
from tests.io.test_engines import EXPRESSION, OPTIONS, sorted_rows, table, write_hive
from tests.waiting import PATIENCE, wait_until

pl = pytest.importorskip("polars")
by_server = pytest.mark.skipif(
    find_spec("pysail") is None or find_spec("pyspark") is None, reason="pysail and pyspark are not installed"
)
_SPARK = find_spec("pyspark")
by_java = pytest.mark.skipif(
    _SPARK is None  # its client alone has no engine
    or not (Path(_SPARK.origin or "").parent / "jars").is_dir()
    or shutil.which("java") is None,
    reason="pyspark and Java are not installed",
)
ROWS = 100_000
SERVER = """
import sys
from pysail.spark import SparkConnectServer
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
print(server.listening_address[1], flush=True)
sys.stdin.read()
"""


def start_server() -> tuple[subprocess.Popen[str], str]:
    pipe, silent = subprocess.PIPE, subprocess.DEVNULL
    child = subprocess.Popen([sys.executable, "-c", SERVER], stdin=pipe, stdout=pipe, stderr=silent, text=True)
    assert child.stdout is not None
    return child, f"sc://127.0.0.1:{child.stdout.readline().strip()}"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    child, address = start_server()
    yield address
    child.kill()
    child.communicate()


def read_folder(folder: Path) -> pl.DataFrame:
    rows = pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))])
    return rows.sort("id").select(sorted(rows.columns))


@pytest.mark.slow
@pytest.mark.covers
@by_server
@pytest.mark.filterwarnings("ignore")  # of Spark, on the versions of other libraries
def test_all_sources_through_spark_are_what_polars_makes_of_them(run: Run, server: str, tmp_path: Path) -> None:
    frame = table()
    frame.write_parquet(tmp_path / "one.parquet", row_group_size=100)
    write_hive(frame, tmp_path / "hive")
    assert run("map", EXPRESSION, str(tmp_path / "one.parquet"), "-o", str(tmp_path / "o.parquet"), *OPTIONS).code == 1
    expected = sorted_rows(tmp_path / "o.parquet")
    ways = {
        "file": str(tmp_path / "one.parquet"),
        "folder": str(tmp_path / "hive"),
        "query": f"SELECT * FROM parquet.`{tmp_path / 'one.parquet'}`",
    }
    for name, text in ways.items():
        done = run("map", EXPRESSION, text, "--master", server, "--format", "parquet", "-o", str(tmp_path / name),
                   *OPTIONS)  # fmt: skip
        assert done.code == 1, done.err
        found = read_folder(tmp_path / name).cast(expected.schema)
        assert found.equals(expected, null_equal=True), name
    assert not list(tmp_path.glob(".dcalc*"))
    parts = ("--partition-by", "part", "--format", "csv", "-o", str(tmp_path / "parts"))
    done = run("map", EXPRESSION, str(tmp_path / "hive"), "--master", server, *parts)
    assert done.code == 1
    lacking = expected["status"].is_in(["ok", "removable"]).not_().sum()
    assert f"{lacking} of {len(frame)} without an answer" in done.err
    assert {path.name for path in (tmp_path / "parts").iterdir()} >= {f"part={k}" for k in range(4)}


REFUSALS = [
    (("a.parquet", "--out", "there"), "there is there already"),
    (("a.parquet",), "parquet is not a text format: it needs a file", "Spark writes a folder"),
    (("none.parquet", "--out", "o"), "none.parquet: No such file or directory"),
    (("a.arrow", "--out", "o"), "Spark does not read arrow here"),
    (("a.parquet", "--out", "o", "--format", "arrow"), "Spark does not write arrow"),
    (("words.parquet", "--out", "o"), "the column x holds string, not numbers"),
    (("taken.parquet", "--out", "o"), "the input already has a column df_dx"),
    (("other.parquet", "--out", "o"), "the input has no column x"),
    (("a.parquet", "--out", "o", "--partition-by", "y"), "the input has no column y"),
    (("SELECT x FROM nowhere", "--out", "o"), "Spark: Table not found"),
    (("nowhere", "--out", "o"), "Spark: Table not found"),
    (("SELECT 1 AS x, 2 AS x", "--out", "o"), "two columns have one name"),
    (("a.parquet", "--out", "o", "--memory", "1GB"), "--memory is not for spark"),
]


@pytest.mark.slow
@pytest.mark.covers
@by_server
@pytest.mark.filterwarnings("ignore")
def test_refused(run: Run, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1.0]}).write_parquet("a.parquet")
    pl.DataFrame({"x": [1.0]}).write_ipc("a.arrow")
    pl.DataFrame({"x": ["a"]}).write_parquet("words.parquet")
    pl.DataFrame({"z": [1.0]}).write_parquet("other.parquet")
    pl.DataFrame({"x": [1.0], "DF_DX": [1]}).write_parquet("taken.parquet")
    Path("there").mkdir()
    Path("there", "file").write_text("")
    before = sorted(os.listdir())
    for arguments, *messages in REFUSALS:
        done = run("map", "x**2", *arguments, "--engine", "spark", "--master", server)
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err.startswith(tuple(f"error: {message}" for message in messages)), (arguments, done.err)
        assert "\nhelp: " in done.err or "No such file" in done.err
        assert sorted(os.listdir()) == before


@pytest.mark.slow
@pytest.mark.covers
@by_server
def test_a_server_that_goes_leaves_nothing_and_another_one_starts_again(start: Start, tmp_path: Path) -> None:
    pl.DataFrame({"x": [k / 100 for k in range(100_000)]}).write_parquet(tmp_path / "in.parquet")
    out = tmp_path / "out"
    arguments = ("map", "zeta(3, x + 2)", str(tmp_path / "in.parquet"), "--certify", "-q", "-o", str(out), "--master")
    child, address = start_server()
    run = start(*arguments, address, stderr=subprocess.PIPE)
    wait_until(lambda: list(tmp_path.glob(".dcalc*")) or run.poll() is not None)
    child.kill()
    child.communicate()
    _, message = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert b"error: the connection to Spark was lost; nothing was written" in message
    assert os.listdir(tmp_path) == ["in.parquet"]
    child, address = start_server()
    try:
        assert (
            start(*arguments[:2], str(tmp_path / "in.parquet"), "-o", str(out), "--master", address).wait(PATIENCE) == 0
        )
    finally:
        child.kill()
        child.communicate()
    assert read_statuses(out) == {"ok"}


def read_statuses(folder: Path) -> set[str]:
    return {status for path in folder.glob("*.parquet") for status in pl.read_parquet(path)["status"]}


def workers_of(pid: int) -> list[int]:
    """The Python workers that a process has started, by way of others; not the daemon that forks them, which Spark
    starts once more where it ends before a worker is asked for anything."""
    table = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in table.splitlines()[1:]]
    family = {pid}
    for _ in range(8):
        family |= {int(row[0]) for row in rows if int(row[1]) in family}
    daemons = {int(row[0]) for row in rows if "pyspark.daemon" in row[2]}
    return [int(row[0]) for row in rows if int(row[0]) in family & daemons and int(row[1]) in daemons]


@pytest.mark.slow
@pytest.mark.covers
@by_java
def test_spark_itself_on_two_cores(start: Start, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its workers are killed at first: then nothing is written. Then they work, and give what Polars gives."""
    for name in [name for name in os.environ if name.startswith("SPARK_")]:  # a session of Connect leaves some
        monkeypatch.delenv(name)
    frame = pl.DataFrame({"id": range(ROWS), "x": [k / 7 - 5000 for k in range(ROWS)]})
    frame.write_parquet(tmp_path / "in.parquet")
    out = tmp_path / "out"
    cluster = ("--engine", "spark", "--master", "local[2]", "-q", "-o", str(out))
    child = start(
        "map", "zeta(3, abs(x) + 2)", str(tmp_path / "in.parquet"), "--certify", *cluster, stderr=subprocess.PIPE
    )
    wait_until(lambda: child.poll() is not None or (list(tmp_path.glob(".dcalc*")) and workers_of(child.pid)))
    for worker in workers_of(child.pid):
        os.kill(worker, signal.SIGKILL)
    _, message = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2, message
    assert message.startswith(b"error: Spark: ")
    assert b"\nhelp: " in message
    assert os.listdir(tmp_path) == ["in.parquet"]

    child = start("map", "abs(x)*sin(x)", str(tmp_path / "in.parquet"), *cluster, stderr=subprocess.PIPE)
    _, message = child.communicate(timeout=PATIENCE)
    assert (child.returncode, message.decode()) == (0, "")
    assert run("map", "abs(x)*sin(x)", str(tmp_path / "in.parquet"), "-q", "-o", str(tmp_path / "o.parquet")).code == 0
    expected = pl.read_parquet(tmp_path / "o.parquet")
    assert read_folder(out).equals(expected.select(sorted(expected.columns)))


# --- What needs no Spark.


def test_an_input_in_a_store_or_a_cluster_is_for_spark() -> None:
    assert spark.claims(find_source("s3a://bucket/folder/*.parquet"), Settings())
    assert spark.claims(find_source("points.parquet"), Settings(master="local[2]"))
    assert not spark.claims(find_source("points.parquet"), Settings())


def test_without_spark_its_extra_is_named(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    done = run("map", "x", "s3a://bucket/points.parquet", "-o", str(tmp_path / "o"))
    assert (done.code, done.err) == (2, "error: Spark is not installed\nhelp: pip install 'dcalc[spark]'\n")


def test_a_server_that_does_not_answer_is_told_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{free.getsockname()[1]}/;token=secret"
    with pytest.raises(UsageError, match="no Spark server answers at sc:") as raised:
        spark._refuse_silence(address)
    assert "secret" not in raised.value.message
    with pytest.raises(UsageError, match="no Spark server answers at sc:"):
        spark._refuse_silence("sc://host:port")


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("[JAVA_GATEWAY_EXITED] Java gateway\njava: command not found", "Spark does not start Java: java: comm", "JRE"),
        ("[JAVA_GATEWAY_EXITED] Java gateway", "Spark does not start Java", "install a JRE of version 17"),
        ("Job aborted\nCaused by: java.io.IOException: No space left on device", "there is no room left", "make room"),
        ("<_MultiThreadedRendezvous: StatusCode.UNAVAILABLE>", "the connection to Spark was lost", "run it again"),
        ("x.SparkException: Python worker exited unexpectedly (crashed)\n\tat", "Spark: Python worker exited", "again"),
        (
            "Job aborted\nTraceback (most recent call last):\n  x\nValueError: boom\n\n",
            "Spark: ValueError: boom",
            "look",
        ),
        ("[TABLE_NOT_FOUND] no such table\nat line 3", "Spark: [TABLE_NOT_FOUND] no such table", "look at the query"),
        ("", "Spark: RuntimeError", "look at the query"),
    ],
)
def test_errors_of_many_lines_are_one_sentence(text: str, message: str, help: str) -> None:
    def fail() -> None:
        raise RuntimeError(text)

    with pytest.raises(UsageError) as raised:
        spark._translate(fail)
    assert raised.value.message.startswith(message)
    assert help in (raised.value.help or "")
    assert load("spark").EXTRA == "spark"
