"""The engines of `dcalc map`: they give the same answers, refuse in words, and leave nothing half written."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import cycle, product
from pathlib import Path
from random import Random

import pytest

from dcalc.cli.map_run import TableTally
from dcalc.errors import DcalcError, UsageError
from dcalc.io import engines, frames
from dcalc.io.engines import Settings
from dcalc.io.mapper import BatchMapper, Report, describe_part
from dcalc.io.sources import NOTHING, Partition, Source, find_source
from dcalc.parser import parse
from tests.cli.conftest import Run, Start
from tests.waiting import PATIENCE, processes_below, wait_for_end, wait_until

pl = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="files are locked there while they are read")

EXPRESSION = "abs(x) + 1/y + sqrt(z)"
OPTIONS = ("--value", "--hessian", "-q")
LOCAL = ("polars", "duckdb")
Options = tuple[str, ...]


def table() -> pl.DataFrame:
    """Rows with all that may stand in them: null, nan, infinities, kinks, poles, edges, decimals, small integers."""
    odd = [0.0, -0.0, 1.0, -2.5, 1e-300, 1e300, math.inf, -math.inf, math.nan, None]
    rows = [(x, y, z) for (x, y), z in zip(product(odd, odd), cycle((0, 1, 4, None)))]
    frame = pl.DataFrame(rows, schema={"x": pl.Float64, "y": pl.Float64, "z": pl.Int16}, orient="row")
    return frame.with_row_index("id").with_columns(
        part=pl.col("id") % 4, price=pl.col("id").cast(pl.Decimal(20, 2)) / 100, word=pl.lit("a, \"b\"\n'c'")
    )


def write_hive(frame: pl.DataFrame, folder: Path) -> None:
    for (part,), rows in frame.group_by("part", maintain_order=True):
        (folder / f"part={part}").mkdir(parents=True)
        rows.drop("part").write_parquet(folder / f"part={part}" / "rows.parquet")


def write_database(frame: pl.DataFrame, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE points AS FROM frame")


def sorted_rows(path: Path) -> pl.DataFrame:
    found = pl.read_parquet(path, hive_partitioning=True)
    numbers = {title: pl.Int64 for title in ("id", "part", "z") if title in found.columns}
    return found.cast(numbers).sort("id").select(sorted(found.columns))


def test_all_sources_through_all_engines_are_the_same_to_the_bit(run: Run, tmp_path: Path) -> None:
    frame = table()
    frame.write_parquet(tmp_path / "one.parquet", row_group_size=25)
    write_hive(frame, tmp_path / "hive")
    write_database(frame, tmp_path / "data.duckdb")
    ways: dict[str, tuple[str, ...]] = {
        "file by polars": ("--in", str(tmp_path / "one.parquet")),
        "file by duckdb": ("--in", str(tmp_path / "one.parquet"), "--engine", "duckdb"),
        "folder by polars": ("--in", str(tmp_path / "hive")),
        "folder by duckdb": ("--in", str(tmp_path / "hive"), "--engine", "duckdb"),
        "pattern by polars": ("--in", str(tmp_path / "hive" / "*" / "*.parquet")),
        "pattern by duckdb": ("--in", str(tmp_path / "hive" / "**" / "rows.parquet"), "--engine", "duckdb", "-j", "2"),
        "table": ("--db", str(tmp_path / "data.duckdb"), "--in", "points"),
        "query": ("--db", str(tmp_path / "data.duckdb"), "--in", "SELECT * FROM points ORDER BY hash(id);"),
    }
    found = {}
    for name, arguments in ways.items():
        out = tmp_path / f"{name}.parquet"
        assert run("map", EXPRESSION, *arguments, "--out", str(out), *OPTIONS).code == 1
        found[name] = sorted_rows(out)
    first = found.pop("file by polars")
    assert set(first["status"]) == {"ok", "undefined", "not_differentiable", "overflow", "error"}
    for name, rows in found.items():
        assert rows.equals(first, null_equal=True), name
    assert not list(tmp_path.glob("*.part"))


def test_decimals_are_the_doubles_nearest_to_them_in_every_engine(run: Run, tmp_path: Path) -> None:
    prices = [Decimal("0.10"), Decimal("-0.30"), Decimal("123456789012345678.91"), None]
    pl.DataFrame({"x": pl.Series(prices, dtype=pl.Decimal(20, 2))}).write_parquet(tmp_path / "in.parquet")
    for engine in LOCAL:
        paths = ("--in", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out.parquet"))
        assert run("map", "x", *paths, "--value", "--engine", engine).code == 1
        expected = [None if price is None else float(price) for price in prices]
        assert pl.read_parquet(tmp_path / "out.parquet")["f"].to_list() == expected


@pytest.mark.parametrize("engine", LOCAL)
@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_partitions_are_written_whole_and_read_again(run: Run, tmp_path: Path, engine: str, kind: str) -> None:
    pl.DataFrame({"x": [1.0, 2.0, 3.0], "year": [2023, 2024, 2023], "place": ["a/b", "c=d", None]}).write_parquet(
        tmp_path / "in.parquet"
    )
    out = tmp_path / "out"
    options = ("--engine", engine, "--partition-by", "year,place", "--format", kind)
    assert run("map", "x**2", "--in", str(tmp_path / "in.parquet"), "--out", str(out), *options).code == 0
    assert sorted(path.parent.name for path in out.rglob(f"*.{kind}")) == [
        "place=__HIVE_DEFAULT_PARTITION__", "place=a%2Fb", "place=c%3Dd",
    ]  # fmt: skip
    again = run("map", "x**2", "--in", str(out), "--prefix", "again_", "--format", "parquet", "--engine", "polars",
                "--out", str(tmp_path / "again.parquet"))  # fmt: skip
    if kind == "parquet":
        assert again.code == 0
        found = pl.read_parquet(tmp_path / "again.parquet").sort("x")
        assert found["df_dx"].to_list() == found["again_df_dx"].to_list() == [2.0, 4.0, 6.0]
        assert found["year"].to_list() == [2023, 2024, 2023]
    refused = run("map", "x**2", "--in", str(tmp_path / "in.parquet"), "--out", str(out), *options)
    assert refused.code == 2
    assert "out is there already" in refused.err
    assert "delete it first, or choose another name" in refused.err
    assert not list(tmp_path.glob("*.part"))


# The values of folders, the type that their column has, and its values.
FOLDERS: list[tuple[list[str], pl.DataType | type[pl.DataType], list[object]]] = [
    (["1", NOTHING], pl.Int64, [1, None]),
    (["007", "-8"], pl.Int64, [7, -8]),
    (["1.5", "2"], pl.Float64, [1.5, 2.0]),
    (["1e5", ""], pl.Float64, [1e5, None]),
    (["2024-01-31", "2024-02-29"], pl.Date, [date(2024, 1, 31), date(2024, 2, 29)]),
    (["2024-02-30", "2024-02-29"], pl.String, ["2024-02-30", "2024-02-29"]),
    (["2024-01-01 10%3A00", "2024-01-02"], pl.String, ["2024-01-01 10:00", "2024-01-02"]),
    (["9223372036854775808", "1"], pl.String, ["9223372036854775808", "1"]),
    (["x%20y", "b%2Fc"], pl.String, ["x y", "b/c"]),
    (["true", "false"], pl.String, ["true", "false"]),
    (["NULL", "0x10"], pl.String, ["NULL", "0x10"]),
    (["nan", NOTHING], pl.String, ["nan", None]),
    (["", "a"], pl.String, ["", "a"]),
]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("engine", LOCAL)
def test_the_names_of_folders_give_the_same_columns_in_every_engine(
    run: Run, tmp_path: Path, engine: str, kind: str
) -> None:
    writers = {"parquet": pl.DataFrame.write_parquet, "csv": pl.DataFrame.write_csv, "jsonl": pl.DataFrame.write_ndjson}
    for number, (values, dtype, expected) in enumerate(FOLDERS):
        for place, value in enumerate(values):
            folder = tmp_path / f"{number}" / f"key={value}"
            folder.mkdir(parents=True)
            writers[kind](pl.DataFrame({"id": [place], "x": [1.0 + place]}), folder / f"a.{kind}")
        out = tmp_path / f"{number}.parquet"
        done = run(
            "map", "x**2", str(tmp_path / f"{number}"), "--engine", engine, "--format", "parquet", "-o", str(out)
        )
        assert done.code == 0, done.err
        found = pl.read_parquet(out).sort("id")
        assert (found.schema["key"], found["key"].to_list()) == (dtype, expected), values
        assert found["df_dx"].to_list() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (["a=1", "b=2"], "a=1 and b=2 do not have the same columns in their names"),
        (["a=1", "a=2/b=3"], "a=1 and a=2/b=3 do not have the same columns in their names"),
        ([".", "a=1"], "a file beside the folders and a=1 do not have the same columns in their names"),
        (["a=b=c", "a=d"], "a=b=c does not tell which column it is"),
        (["a=1/a=2"], "a=1/a=2 does not tell which column it is"),
    ],
)
def test_folders_that_name_other_columns_are_refused(
    run: Run, tmp_path: Path, folders: list[str], message: str
) -> None:
    for folder in folders:
        (tmp_path / "h" / folder).mkdir(parents=True, exist_ok=True)
        pl.DataFrame({"x": [1.0]}).write_parquet(tmp_path / "h" / folder / "0.parquet")
    for engine in LOCAL:
        done = run("map", "x", str(tmp_path / "h"), "--engine", engine, "--format", "csv")
        assert (done.code, done.out) == (2, "")
        assert message in done.err


def test_files_of_text_are_united_by_their_headings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n1.50,3\n")
    (tmp_path / "b.csv").write_text("y,x\n1.5,#N/A\n4,3\n")
    for engine in LOCAL:
        done = run("map", "x*y", str(tmp_path / "*.csv"), "--engine", engine, "--format", "csv", "--wrt", "x")
        assert (done.code, done.out.splitlines()) == (
            1, ["x,y,df_dx,status", "1,2.0,2.0,ok", "1.50,3.0,3.0,ok", "#N/A,1.5,,error", "3,4.0,4.0,ok"],
        )  # fmt: skip
        assert "error: line 3: column x: a number is missing (#N/A)" in done.err
    (tmp_path / "c.csv").write_text("X,y\n1,2\n")
    for engine in LOCAL:
        done = run("map", "x*y", str(tmp_path / "*.csv"), "--engine", engine, "--format", "csv")
        assert (done.code, done.out) == (2, "")
        assert "a.csv has a column x, " in done.err
        assert "c.csv has none" in done.err


def test_columns_keep_their_names_whatever_an_engine_calls_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,X,,x_1\n1,2,3,4\n")
    pl.read_csv(tmp_path / "a.csv").write_parquet(tmp_path / "a.parquet")
    for engine, kind in product(LOCAL, ("csv", "parquet")):
        done = run("map", "x*X", str(tmp_path / f"a.{kind}"), "--engine", engine, "--format", "csv")
        assert (done.code, done.out) == (0, 'x,X,"",x_1,df_dX,df_dx,status\n1,2,3,4,1.0,2.0,ok\n')
    (tmp_path / "a.jsonl").write_text('{"x": 1, "X": 2}\n')
    done = run("map", "x*X", str(tmp_path / "a.jsonl"), "--engine", "duckdb")
    assert (done.code, done.out) == (2, "")
    assert "DuckDB does not tell X from x" in done.err


def test_text_between_numbers_is_an_error_of_its_row_in_every_engine(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n#N/A,3\n,4\n3,6\n")
    (tmp_path / "d.tsv").write_text("# above\n\nx\ty\n1\t'\n2\t\"\n")
    for engine in LOCAL:
        done = run("map", "x**2", str(tmp_path / "d.tsv"), "--engine", engine, "-o", str(tmp_path / "d.parquet"))
        assert (done.code, pl.read_parquet(tmp_path / "d.parquet").rows()) == (
            0, [(1, "'", 2.0, "ok"), (2, '"', 4.0, "ok")],
        )  # fmt: skip
        done = run("map", "x**2", str(tmp_path / "d.csv"), "--engine", engine, "-o", str(tmp_path / "d.parquet"))
        assert done.code == 1
        assert "error: line 2: column x: a number is missing (#N/A)" in done.err
        assert pl.read_parquet(tmp_path / "d.parquet")["df_dx"].to_list() == [2.0, None, None, 6.0]


def test_quotes_in_names_are_names(run: Run, tmp_path: Path) -> None:
    title, folder = "x \"q\" 'r'; DROP TABLE t", tmp_path / "it's [a] folder*"
    folder.mkdir()
    path = folder / "a'b?.parquet"
    pl.DataFrame({title: [3.0]}).write_parquet(path)
    pl.DataFrame({title: [5.0]}).write_parquet(folder / "a'bc.parquet")  # which the name, as a pattern, matches, too
    for engine in LOCAL:
        done = run("map", "x**2", str(path), "--engine", engine, "--column", f"x={title}", "--format", "csv")
        assert done.out.splitlines()[1:] == ["3.0,6.0,ok"]
    for name in ("a[1]*.jsonl", "a[1]bc.jsonl"):
        (tmp_path / name).write_text(f'{{"x": {len(name)}}}\n')
    for engine in LOCAL:
        done = run("map", "x", str(tmp_path / "a[1]*.jsonl"), "--engine", engine, "--format", "csv")
        assert done.out == "x,df_dx,status\n11,1.0,ok\n"
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        connection.execute('CREATE SCHEMA "s ""1"; CREATE TABLE "s ""1"."t; DROP" AS SELECT 4.0::DOUBLE AS x')
    done = run("map", "x**2", "--db", str(tmp_path / "d.duckdb"), 's "1.t; DROP')
    assert (done.code, done.out) == (0, "x,df_dx,status\n4.0,8.0,ok\n")
    assert run("map", "x**2", "--db", str(tmp_path / "d.duckdb")).out == done.out  # the only one


def test_a_pipe_is_no_file_of_columns(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.parquet")
    for engine in LOCAL:
        done = run("map", "x", str(tmp_path / "a.parquet"), "--engine", engine, "--format", "csv")
        assert (done.code, done.out) == (2, "")
        assert "a.parquet is no file, and can be read only once" in done.err


def test_links_are_followed_once_and_what_is_hidden_is_passed_over(tmp_path: Path) -> None:
    for name in (
        "a.parquet",
        "k=1/b.parquet",
        ".hidden/c.parquet",
        "_delta_log/d.parquet",
        "k=1/_SUCCESS",
        "e/f/g.parquet",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "k=2").symlink_to(tmp_path / "e")
    (tmp_path / "h.parquet").symlink_to("a.parquet")
    source = find_source(str(tmp_path))
    names = [os.path.relpath(path, tmp_path) for path in source.files()]
    assert names == ["a.parquet", "e/f/g.parquet", "h.parquet", "k=1/b.parquet"]
    assert source.partitions(source.files()[3:]) == {"k": Partition("bigint", ("1",))}
    assert source.kind_of(source.files()) == "parquet"
    assert not Source(str(tmp_path / "k=1" / "b.parquet"), "file").partitions([str(tmp_path / "k=1" / "b.parquet")])
    (tmp_path / "gone.parquet").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError):
        source.files()


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "k=1").mkdir()
    (tmp_path / "k=1" / "a.parquet").write_bytes(b"")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("k=1"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        find_source(str(tmp_path)).files()


SHAPES = {
    "a.parquet": "file",
    "no such file.csv": "file",
    "folder": "files",
    "*.parquet": "files",
    "odd[1].parquet": "file",
    "select.csv": "file",
    "from here.csv": "file",
    "SELECT 1 AS x": "query",
    "  (select 1 x)": "query",
    "FROM 'a.parquet'": "query",
    "WITH t AS (SELECT 1 AS x) FROM t": "query",
    "selec 1 as x": "query",
}


@pytest.mark.parametrize("text", SHAPES)
def test_what_an_input_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.parquet", "odd[1].parquet", "from here.csv"):
        Path(name).write_bytes(b"")
    Path("folder").mkdir()
    assert find_source(text).shape == SHAPES[text]
    assert find_source("points", None, "d.duckdb").shape == "table"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1, 2]}).write_parquet("a.parquet")
    Path("changes").mkdir()
    pl.DataFrame({"x": [1, 2]}).write_parquet("changes/a.parquet")
    pl.DataFrame({"x": [1.5]}).write_parquet("changes/b.parquet")
    Path("more").mkdir()
    pl.DataFrame({"x": [1, 2]}).write_parquet("more/a.parquet")
    pl.DataFrame({"x": [1], "z": [2]}).write_parquet("more/b.parquet")
    Path("mixed").mkdir()
    Path("mixed/a.csv").write_text("x\n1\n")
    Path("mixed/a.tsv").write_text("x\n1\n")
    Path("empty").mkdir()
    Path("words").mkdir()
    Path("words/a.txt").write_text("x\n1\n")
    pl.DataFrame({"x": [1, 2]}).write_ipc("a.arrow")
    with duckdb.connect("d.duckdb") as connection:
        connection.execute("CREATE TABLE a AS SELECT 1 AS x; CREATE TABLE b AS SELECT 1 AS x")
    Path("damaged.duckdb").write_bytes(b"no database" * 1000)
    return tmp_path


REFUSALS = [
    (("changes",), "changes: the column x is Int64 in changes/a.parquet and Float64 in changes/b.parquet"),
    (("more", "--engine", "duckdb"), "more: the column z is missing in more/a.parquet and Int64 in more/b.parquet"),
    (("mixed",), "mixed has files of several kinds"),
    (("empty",), "no file matches empty"),
    (("none/*.parquet",), "no file matches none/*.parquet"),
    (("words",), "the format of words/a.txt is not known"),
    (("none.parquet", "--engine", "duckdb"), "none.parquet: No such file or directory"),
    (("a.arrow", "--engine", "duckdb"), "DuckDB does not read Arrow files"),
    (("SELECT 1 AS x", "--engine", "polars"), "Polars reads files, not SQL or databases"),
    (("a.parquet", "--engine", "excel"), "no engine named excel"),
    (("a.parquet", "--memory", "1GB"), "--memory is not for polars"),
    (("a.parquet", "--memory", "much"), "much is not a size of memory"),
    (("a.parquet", "--memory", "1XB"), "1XB is not a size of memory"),
    (("SELECT 1 AS x, 2 AS x",), "two columns of the query have one name"),
    (("SELECT INTERVAL 1 DAY AS x",), "the column x holds INTERVAL, which files do not have"),
    (("SELECT 'a' AS x",), "the column x holds VARCHAR, not numbers"),
    (("SELECT 1 AS y",), "the input has no column x"),
    (("SELECT 1 AS x, 2 AS status",), "the input already has a column status"),
    (("SELECT 1 AS x; SELECT 2 AS x",), "--in takes one query that gives rows"),
    (("FROM nothing SELECT 1 AS x",), "DuckDB: Table with name nothing does not exist!"),
    (("SELECT error('it is broken') AS x",), "DuckDB: it is broken"),
    (("SELECT [1] AS t, 1 AS x", "--format", "csv"), "csv cannot hold the column t of INTEGER[]"),
    (("CREATE TABLE c AS SELECT 1 AS x", "--db", "d.duckdb"), "d.duckdb has no table CREATE TABLE c AS SELECT 1 AS x"),
    (("c", "--db", "d.duckdb"), "d.duckdb has no table c"),
    (("--db", "d.duckdb"), "--in names no table"),
    (("a", "--db", "damaged.duckdb"), "DuckDB: "),
    (("a", "--db", "none.duckdb"), "DuckDB: "),
    (("a", "--db", "d.duckdb", "--partition-by", "x"), "partitions need a folder"),
    (("a.parquet", "--partition-by", "y", "--out", "out"), "the input has no column y"),
    (("a.parquet", "--engine", "polars", "--out", "empty"), "empty is a folder"),
    (("SELECT sum(x) AS x FROM range(99) t(x) GROUP BY x % 7", "--memory", "1B"), "DuckDB needs more than 0 MB of"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), REFUSALS, ids=[" ".join(arguments) for arguments, _ in REFUSALS])
def test_refused(run: Run, scene: Path, arguments: tuple[str, ...], message: str) -> None:
    before = sorted(os.listdir(scene))
    out = () if "--partition-by" in arguments or "--out" in arguments else ("--out", "out.parquet")
    kind = () if "--format" not in arguments else ("--out", "out.csv")
    result = run("map", "x**2", *arguments, *(kind or out))
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")
    assert sorted(os.listdir(scene)) == before


@pytest.mark.parametrize("name", engines.names())
def test_every_engine_says_what_it_is_and_which_extra_installs_it(name: str) -> None:
    engine = engines.load(name)
    assert (engine.__doc__ or "").strip()
    extras = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f"\n{engine.EXTRA} = [" in extras
    assert {"--db", "--memory", "--master"} >= engine.SETTINGS


def test_an_engine_that_is_not_installed_is_named_with_its_extra(scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with (
        pytest.raises(UsageError, match="DuckDB is not installed") as raised,
        engines.load("duckdb").open_table(find_source("a.parquet"), Settings()),
    ):
        pass
    assert raised.value.help == "pip install 'dcalc[duckdb]'"


def test_no_rows_and_forty_thousand_columns(run: Run, tmp_path: Path) -> None:
    for engine in LOCAL:
        pl.DataFrame({"x": []}, schema={"x": pl.Float64}).write_parquet(tmp_path / "none.parquet")
        done = run("map", "x**2", str(tmp_path / "none.parquet"), "--engine", engine, "-o", str(tmp_path / "o.parquet"))
        assert (done.code, done.err) == (0, "")
        assert pl.read_parquet(tmp_path / "o.parquet").schema == {
            "x": pl.Float64,
            "df_dx": pl.Float64,
            "status": pl.String,
        }


@pytest.mark.slow
@pytest.mark.covers
def test_rows_of_three_times_the_memory_are_sorted_on_the_disk(run: Run, tmp_path: Path) -> None:
    columns = ", ".join(f"i + {k} AS c{k}" for k in range(5))
    query = f"SELECT hash(i) / 1e9 AS x, {columns} FROM range(2000000) t(i) ORDER BY x"  # 96 MB
    done = run("map", "x**2", query, "--memory", "32MB", "--fast", "-o", str(tmp_path / "o.parquet"))
    assert done.code == 0, done.err
    found = pl.read_parquet(tmp_path / "o.parquet", columns=["x", "df_dx"])
    assert found.height == 2_000_000
    assert found["x"].is_sorted()
    assert os.listdir(tmp_path) == ["o.parquet"]


def test_what_fails_on_the_way_leaves_the_old_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    out.write_text("old")
    query = "SELECT CASE WHEN i = 299999 THEN error('gone') ELSE i END AS x FROM range(300000) t(i)"
    done = run("map", "x**2", query, "-o", str(out))
    assert (done.code, done.err) == (2, "error: DuckDB: gone\nhelp: look at the query and the file\n")
    assert (out.read_text(), os.listdir(tmp_path)) == ("old", ["o.csv"])


@pytest.mark.parametrize("batches", range(3))
@pytest.mark.parametrize("partition", [(), ("key",)], ids=["file", "folder"])
def test_a_table_that_breaks_leaves_nothing_to_the_threads_of_polars(
    tmp_path: Path, batches: int, partition: tuple[str, ...]
) -> None:
    class Broken:
        name, is_text, schema = "broken", False, pl.Schema({"x": pl.Float64(), "key": pl.Int64()})

        def frames(self, rows: int) -> Iterator[pl.DataFrame]:
            for first in range(batches):
                yield pl.DataFrame({"x": [1.0] * 70, "key": [10 * first + k % 7 for k in range(70)]})
            raise UsageError("the table broke", help="mend it")

    mapper = BatchMapper([describe_part(parse("x**2").root, ["x"])])
    target = frames.Target(str(tmp_path / "out"), "parquet", partition)
    for _ in range(10):
        with pytest.raises(UsageError, match="the table broke"):
            frames.write_frames(Broken(), mapper, target, lambda _report, _row: None)
        time.sleep(0.02)  # in which a thread that was left behind would create its file
        assert os.listdir(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a megabyte, where this system lets one be made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.name != "posix"
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no disk can be mounted here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)  # as soon as nobody has it open


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("engine", LOCAL)
@pytest.mark.parametrize("partition", [(), ("--partition-by", "y")])
def test_a_full_disk_leaves_nothing(
    run: Run, tmp_path: Path, small_disk: Path, engine: str, partition: Options
) -> None:
    random = Random(1)
    pl.DataFrame({"x": [random.random() for _ in range(200_000)], "y": [k % 3 for k in range(200_000)]}).write_parquet(
        tmp_path / "in.parquet"
    )
    paths = (str(tmp_path / "in.parquet"), "-o", str(small_disk / "out.parquet"))
    done = run("map", "x**2", *paths, "--engine", engine, *partition)
    assert (done.code, done.err) == (
        2, f"error: {small_disk / 'out.parquet'}: No space left on device\nhelp: make room, or write to another disk\n",
    )  # fmt: skip
    assert os.listdir(small_disk) == []


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("engine", LOCAL)
def test_nothing_outlives_the_run_after_the_one_that_was_killed(start: Start, tmp_path: Path, engine: str) -> None:
    pl.DataFrame({"x": [k / 7 + 2 for k in range(50_000)], "y": [k % 3 for k in range(50_000)]}).write_parquet(
        tmp_path / "in.parquet"
    )
    out = tmp_path / "out"
    arguments = (str(tmp_path / "in.parquet"), "--engine", engine, "--partition-by", "y", "-q", "-o", str(out))
    child = start("map", "zeta(3, x)*sin(x)", *arguments, "--certify")
    wait_until(lambda: list(tmp_path.glob(".dcalc*")) or child.poll() is not None)
    below = processes_below(child.pid)
    child.kill()
    child.wait(PATIENCE)
    assert not out.exists()
    wait_for_end(below, 0.5)  # the process that computes goes with the one that was killed
    assert start("map", "x**2", *arguments).wait(PATIENCE) == 0
    assert sorted(os.listdir(tmp_path)) == ["in.parquet", "out"]
    assert sorted(os.listdir(out)) == ["y=0", "y=1", "y=2"]


@pytest.mark.parametrize("engine", LOCAL)
def test_a_table_is_answered_batch_by_batch(tmp_path: Path, engine: str) -> None:
    """As the library that writes the file has it done, in threads of its own."""
    rows = 100_000
    columns = {"x": [k / 8 for k in range(rows)], "big": pl.Series(range(rows), dtype=pl.Int128)}
    pl.DataFrame(columns).with_columns(word=pl.lit("a")).write_ipc(tmp_path / "in.arrow")
    pl.DataFrame({"x": columns["x"], "big": range(rows)}).write_parquet(tmp_path / "in.parquet")
    name = "in.arrow" if engine == "polars" else "in.parquet"
    mapper = BatchMapper([describe_part(parse("x**2*big").root, ["x"], ["x", "big"])])
    seen: list[tuple[int | None, Report]] = []
    with engines.load(engine).open_table(find_source(str(tmp_path / name)), Settings()) as opened:
        assert opened.count() == (rows if engine == "polars" else None)
        batches = list(frames._answer_frames(opened, mapper, lambda report, first: seen.append((first, report))))
    found = pl.concat(batches)
    assert found["df_dx"].equals((found["x"] * 2 * found["big"].cast(pl.Float64)).alias("df_dx"))
    assert len(batches) > 2
    assert [first for first, _ in seen] == [1 + sum(batch.height for batch in batches[:k]) for k in range(len(batches))]
    assert sum(report.vectorised for _, report in seen) == rows
    assert all(report.without == 0 for _, report in seen)


def test_words_between_numbers_are_told_with_their_column(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n#N/A,3\n,4\n3,6\n")
    mapper = BatchMapper([describe_part(parse("x**2*y").root, ["x"])])
    source = find_source(str(tmp_path / "d.csv"), "csv")
    with engines.load("polars").open_table(source, Settings()) as opened:
        (batch,) = opened.frames(10)
        columns, wrong = frames._read_numbers(batch, mapper.columns)
        _, report = mapper.answer_columns(columns, batch.height, wrong)
    assert list(wrong) == [1, 2]
    assert next(iter(report.errors.values())) == "column x: a number is missing (#N/A)"
    assert (report.rows, report.without, report.bad) == (4, 2, 2)


class Listener:
    """A voice that is written down."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, int | None]] = []
        self.notes: list[str] = []

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        self.errors.append((error.message, line))

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_the_tally_of_a_table_names_twenty_errors_and_counts_all() -> None:
    voice = Listener()
    tally = TableTally(BatchMapper([], tolerance=1e-9), voice, lambda _: None)
    errors = dict.fromkeys(range(20), "x is missing")
    tally.count_batch(Report(100, 31, 60, 9, errors, 30, ("a hole",)), 1)
    tally.count_batch(Report(50, 1, 49, 0, {3: "x is missing"}, 1, ("a hole",)), 101)
    assert tally.close() == 1
    assert voice.errors == [("x is missing", row) for row in range(1, 21)]
    assert voice.notes == [
        "a hole", "a hole", "11 more lines are in error", "32 of 150 without an answer",
        "150 points: 109 within 1e-09, 9 certified",
    ]  # fmt: skip


@pytest.mark.parametrize("pyarrow", [True, False])
def test_wide_tables_come_in_short_batches_where_pyarrow_is_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pyarrow: bool
) -> None:
    if not pyarrow:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
    query = f"SELECT {', '.join(f'{k} AS c{k}' for k in range(70))}, i / 2 AS x FROM range(3000) t(i)"
    assert run("map", "x**2", query, "-o", str(tmp_path / "o.parquet")).code == 0
    found = pl.read_parquet(tmp_path / "o.parquet")
    assert found.shape == (3000, 73)
    assert found["df_dx"].to_list() == [float(k) for k in range(3000)]


def test_every_error_of_an_engine_says_what_to_do() -> None:
    for error in (engines.missing_engine("Spark", "spark"),):
        assert isinstance(error, DcalcError)
        assert error.help
