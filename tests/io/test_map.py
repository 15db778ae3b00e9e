"""`dcalc map`: columns of derivatives beside the rows of files of every format."""

from __future__ import annotations

import json
import math
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Run

KINDS = ("csv", "tsv", "jsonl", "parquet", "arrow")
READERS = {
    "csv": pl.read_csv,
    "tsv": lambda path: pl.read_csv(path, separator="\t", quote_char=None),
    "jsonl": pl.read_ndjson,
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
}
WRITERS = {
    "csv": pl.DataFrame.write_csv,
    "tsv": lambda frame, path: frame.write_csv(path, separator="\t", quote_style="never"),
    "jsonl": pl.DataFrame.write_ndjson,
    "parquet": lambda frame, path: frame.write_parquet(path, row_group_size=100),
    "arrow": pl.DataFrame.write_ipc,
}
EXPRESSION = "x**2*log(y)"


def table(rows: int) -> pl.DataFrame:
    """Rows of which every seventh has a hole, and every eleventh no logarithm."""
    x = [None if row % 7 == 6 else (row - 50) / 8 for row in range(rows)]
    y = [-1.0 if row % 11 == 10 else row / 4 + 1 for row in range(rows)]
    return pl.DataFrame({"row": range(rows), "name": [f"r {row}" for row in range(rows)], "x": x, "y": y})


def expected(frame: pl.DataFrame) -> list[tuple[float | None, float | None, str]]:
    """df/dx, df/dy by the rules of calculus, and the status."""
    found: list[tuple[float | None, float | None, str]] = []
    for x, y in zip(frame["x"], frame["y"], strict=True):
        if x is None:
            found.append((None, None, "error"))
        elif y < 0:
            found.append((None, None, "undefined"))
        else:
            found.append((2 * x * math.log(y), x * x / y, "ok"))
    return found


@pytest.mark.parametrize("kind_in", KINDS)
@pytest.mark.parametrize("kind_out", KINDS)
def test_every_format_into_every_other(run: Run, tmp_path: Path, kind_in: str, kind_out: str) -> None:
    frame = table(600)
    source, target = tmp_path / f"in.{kind_in}", tmp_path / f"out.{kind_out}"
    WRITERS[kind_in](frame, source)
    result = run("map", EXPRESSION, "--in", str(source), "--out", str(target), "-q")
    assert (result.code, result.out) == (1, "")
    found = READERS[kind_out](target)
    assert found.columns == ["row", "name", "x", "y", "df_dx", "df_dy", "status"]
    assert found.drop("df_dx", "df_dy", "status").equals(frame)
    for row, (by_x, by_y, status) in enumerate(expected(frame)):
        assert found["status"][row] == status
        for value, right in ((found["df_dx"][row], by_x), (found["df_dy"][row], by_y)):
            assert value == pytest.approx(right, rel=1e-12, abs=1e-300) if right is not None else value is None
    assert [path.name for path in tmp_path.iterdir()] != []
    assert not list(tmp_path.glob("*.part"))


def test_batches_are_put_in_order(run: Run, tmp_path: Path) -> None:
    rows = 300_000
    frame = pl.DataFrame({"x": range(rows), "t": [str(row) for row in range(rows)]})
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=70_001)
    assert run("map", "x**2", "--in", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out.parquet")).code == 0
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.select("x", "t").equals(frame)
    assert found["df_dx"].equals((frame["x"] * 2).cast(pl.Float64).alias("df_dx"))
    assert found["status"].unique().to_list() == ["ok"]


DATA = "t,x,y\na,1,2\nb,3,4\n"
ROWS = {
    "gradient": ((), DATA, "t,x,y,df_dx,df_dy,status\na,1,2,4.0,1.0,ok\nb,3,4,24.0,9.0,ok\n"),
    "wrt": (("--wrt", "y"), DATA, "t,x,y,df_dy,status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "value": (("--value", "--wrt", "y"), DATA, "t,x,y,f,df_dy,status\na,1,2,2.0,1.0,ok\nb,3,4,36.0,9.0,ok\n"),
    "hessian": (
        ("--hessian",), DATA,
        "t,x,y,df_dx,df_dy,d2f_dxdx,d2f_dxdy,d2f_dydy,status\n"
        "a,1,2,4.0,1.0,4.0,2.0,0.0,ok\nb,3,4,24.0,9.0,8.0,6.0,0.0,ok\n",
    ),
    "prefix": (("--prefix", "g.", "--wrt", "y"), DATA, "t,x,y,g.df_dy,g.status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "fast": (("--fast", "--wrt", "y"), DATA, "t,x,y,df_dy,status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "certify": (("--certify", "--wrt", "y"), DATA, "t,x,y,df_dy,status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "cores": (("-j", "2", "--wrt", "y"), DATA, "t,x,y,df_dy,status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "let": (("--let", "q=1", "--wrt", "y"), DATA, "t,x,y,df_dy,status\na,1,2,1.0,ok\nb,3,4,9.0,ok\n"),
    "tsv": (("--wrt", "y"), "x\ty\n1\t2\n", "x\ty\tdf_dy\tstatus\n1\t2\t1.0\tok\n"),
    "jsonl": (
        ("--value",), '{"x": 1, "y": 2, "t": [1]}\n',
        '{"x": 1, "y": 2, "t": [1], "f": 2.0, "df_dx": 4.0, "df_dy": 1.0, "status": "ok"}\n',
    ),
    "empty": ((), "", ""),
    "heading": ((), "x,y\n", "x,y,df_dx,df_dy,status\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("where", ["pipe", "file"])
def test_text(run: Run, extra: str, tmp_path: Path, name: str, where: str) -> None:
    options, data, out = ROWS[name]
    if where == "pipe":
        result = run("map", "x**2*y", *options, "--in", "-", "--input-format", kind_of(name), stdin=data.encode())
        assert (result.code, result.out) == (0, out)
        return
    path = tmp_path / f"data.{kind_of(name)}"
    path.write_bytes(data.encode())
    assert run("map", "x**2*y", *options, "--in", str(path), "--out", str(path)).code == 0
    assert path.read_bytes().decode() == out
    assert list(tmp_path.iterdir()) == [path]


def kind_of(name: str) -> str:
    return name if name in KINDS else "csv"


def test_rows_that_look_like_comments_are_rows_in_every_format(run: Run, tmp_path: Path) -> None:
    """As text and by columns alike: only above the heading are blank lines and comments passed over."""
    (tmp_path / "in.csv").write_text('# "above\n\nt,x\n#N/A,5\n# b,6\n,7\n')
    paths = [tmp_path / "out.csv", tmp_path / "out.parquet"]
    for path in paths:
        assert run("map", "x**2", "--in", str(tmp_path / "in.csv"), "--out", str(path)).code == 0
    as_text, by_columns = pl.read_csv(paths[0]), pl.read_parquet(paths[1])
    assert as_text.equals(by_columns)
    assert as_text["df_dx"].to_list() == [10.0, 12.0, 14.0]


def test_a_line_of_garbage_keeps_its_row(run: Run, extra: str) -> None:
    result = run("map", "x**2*y", "--wrt", "y", stdin=b"x,y\n1,2\n???\n3,4\n")
    assert (result.code, result.out) == (1, "x,y,df_dy,status\n1,2,1.0,ok\n???,,,error\n3,4,9.0,ok\n")
    result = run("map", "x**2*y", "--wrt", "y", stdin=b'{"x": 1, "y": 2}\n???\n')
    assert result.code == 1
    assert json.loads(result.out.splitlines()[1])["text"] == "???"


@pytest.mark.parametrize(
    ("data", "arguments", "message"),
    [
        ("x,x,y\n1,1,2\n", (), "two columns are named x"),
        ("x,x,y\n1,1,2\n", ("--out", "out.parquet"), "two columns are named x"),
        ("x\n1\n", (), "the input has no column y"),
        ("x\n1\n", ("--out", "out.parquet"), "the input has no column y"),
        ("x,y,status\n1,2,3\n", ("--out", "out.arrow"), "the input already has a column status"),
        ("x,y\n1,a\n", ("--out", "out.parquet"), "the column y holds String, not numbers"),
        ("x,y\n1,2\n", ("--out", "-", "--format", "parquet"), "parquet is not a text format: it needs a file"),
        ("x,y\n1,2\n", ("--format", "xml"), "no kind of file named xml"),
        ("x,y\n1,2\n", ("--fast", "--certify"), "--fast and --certify contradict each other"),
        ("1\n2\n", ("--input-format", "parquet", "--out", "out.parquet"), "data.csv: parquet: "),
    ],
)
def test_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(data)
    result = run("map", "x*y", "--in", "data.csv", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")
    assert [path.name for path in tmp_path.iterdir()] == ["data.csv"]


def test_what_is_no_file_is_said_in_the_words_of_the_system(run: Run, tmp_path: Path) -> None:
    for name in ("none.csv", "none.parquet"):
        path = str(tmp_path / name)
        assert run("map", "x", "--in", path).err == f"error: {path}: No such file or directory\n"
    (tmp_path / "a.csv").write_text("x\n1\n")
    for name in ("no/b.csv", "no/b.parquet"):
        path = str(tmp_path / name)
        result = run("map", "x", "--in", str(tmp_path / "a.csv"), "--out", path)
        assert (result.code, result.err) == (2, f"error: {path}: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        ((), b"1\n2\n", "the input has no heading"),
        (("--out", "x.parquet"), b"x\n1\n", "the format of the input is not known"),
        (("--out", "x.parquet", "--input-format", "csv"), b"x\n1\n", "cannot convert csv that is read from a pipe"),
        (("--input-format", "parquet"), b"", "parquet is not a text format: it needs a file"),
    ],
)
def test_a_pipe_is_text(run: Run, arguments: tuple[str, ...], stdin: bytes, message: str) -> None:
    result = run("map", "x", *arguments, stdin=stdin)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")


def test_files_of_columns_need_a_library(run: Run, extra: str, tmp_path: Path) -> None:
    pytest.importorskip("polars")
    if extra == "fast":
        pytest.skip("it is there")
    (tmp_path / "a.parquet").write_bytes(b"")
    result = run("map", "x", "--in", str(tmp_path / "a.parquet"), "--out", str(tmp_path / "b.parquet"))
    assert (result.code, result.err.splitlines()) == (
        2,
        ["error: column files need polars", "help: pip install 'dcalc[fast]'"],
    )


def test_numbers_of_other_types_and_none(run: Run, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"x": [1, None, 3], "y": [0.5, math.nan, math.inf], "z": [True, False, None]},
        schema={"x": pl.Int8, "y": pl.Float32, "z": pl.Boolean},
    )
    frame.write_parquet(tmp_path / "in.parquet")
    paths = ("--in", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out.parquet"))
    result = run("map", "x*y", *paths)
    assert result.code == 1
    assert [line for line in result.err.splitlines() if line.startswith("error")] == [
        "error: line 2: y is not a finite number",
        "error: line 3: y is not a finite number",
    ]
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert found.drop("df_dx", "df_dy", "status").equals(frame)
    assert found["df_dx"].to_list() == [0.5, None, None]
    assert found["status"].to_list() == ["ok", "error", "error"]
    assert run("map", "x*z", *paths).err.startswith("error: the column z holds Boolean, not numbers")


@pytest.mark.parametrize(
    ("kind", "name", "values", "dtype"),
    [
        ("jsonl", "Binary", [b"\xff"], pl.Binary),
        ("jsonl", "List(Binary)", [[b"\xff"]], pl.List(pl.Binary)),
        ("jsonl", "Struct({'a': Binary})", [{"a": b"\xff"}], pl.Struct({"a": pl.Binary})),
        ("csv", "Binary", [b"\xff"], pl.Binary),
        ("tsv", "List(Int64)", [[1]], pl.List(pl.Int64)),
        ("csv", "Duration(time_unit='us')", [1], pl.Duration("us")),
    ],
)
def test_what_a_format_cannot_hold_is_said_before_anything_is_written(
    run: Run, tmp_path: Path, kind: str, name: str, values: list[object], dtype: pl.DataType
) -> None:
    pl.DataFrame({"x": [1.0], "t": pl.Series(values, dtype=dtype)}).write_parquet(tmp_path / "in.parquet")
    result = run("map", "x", "--in", str(tmp_path / "in.parquet"), "--out", str(tmp_path / f"out.{kind}"))
    assert (result.code, result.out) == (2, "")
    message = f"error: {kind} cannot hold the column t of {name}\nhelp: leave it out, or write --format parquet\n"
    assert result.err == message
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_a_file_without_columns(run: Run, tmp_path: Path) -> None:
    pl.DataFrame().write_parquet(tmp_path / "in.parquet")
    result = run("map", "x", "--in", str(tmp_path / "in.parquet"), "--out", str(tmp_path / "out.parquet"))
    assert (result.code, result.err) == (2, "error: the input has no column x\nhelp: it has none at all\n")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_damaged_file_is_named(run: Run, tmp_path: Path, kind: str) -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"x": [k / 7 for k in range(2000)], "t": [f"text number {k}" for k in range(2000)]})
    whole = tmp_path / f"whole.{kind}"
    frame.write_parquet(whole) if kind == "parquet" else frame.write_ipc(whole, compression="zstd")
    content = whole.read_bytes()
    damaged = tmp_path / f"damaged.{kind}"
    refusals = 0
    for cut in range(0, len(content) - 200, max(len(content) // 40, 1)):
        damaged.write_bytes(content[:cut] + bytes(150) + content[cut + 150 :])
        result = run("map", "x**2", "--in", str(damaged), "--out", str(tmp_path / "out.csv"))
        assert result.code in (0, 1, 2), result.err
        if result.code == 2:
            refusals += 1
            assert result.err.startswith(f"error: {damaged}: ")
            assert not (tmp_path / "out.csv").exists()
        else:
            (tmp_path / "out.csv").unlink()
    assert refusals > 10


def test_the_file_stands_behind_the_expression_or_in_an_option_but_not_twice(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("x,t [s]\n1,2\n")
    usual = run("map", "x**2*t", "--in", str(path), "--column", "t=t [s]")
    assert usual.out == "x,t [s],df_dt,df_dx,status\n1,2,1.0,4.0,ok\n"
    assert run("map", "x**2*t", str(path), "--column", "t=t [s]").out == usual.out
    columns = run("map", "x**2*t", str(path), "--column", "t=t [s]", "--format", "jsonl").out
    assert columns == '{"x":1,"t [s]":2,"df_dt":1.0,"df_dx":4.0,"status":"ok"}\n'
    refused = run("map", "x", str(path), "--in", str(path))
    assert (refused.code, refused.err) == (
        2,
        "error: the file of data is given twice, once by --in\nhelp: leave one out\n",
    )
    unknown = run("map", "x", str(path), "-o", str(tmp_path / "rows.xyz"))
    assert unknown.code == 2 and "no format is known by the suffix .xyz" in unknown.err


def test_lines_that_end_in_a_bare_carriage_return_are_refused(run: Run, tmp_path: Path) -> None:
    text = b"x,y\r1,2\r3,4\r"
    (tmp_path / "a.csv").write_bytes(text)
    for done in (
        run("map", "x**2", stdin=text),
        run("map", "x**2", str(tmp_path / "a.csv"), "--format", "jsonl", "-o", str(tmp_path / "b.jsonl")),
    ):
        assert (done.code, done.out) == (2, "")
        assert "the lines end in a bare carriage return" in done.err
    assert run("map", "x**2", stdin=b"x,y\r\n1,2\r\n").out == "x,y,df_dx,status\r\n1,2,2.0,ok\r\n"


def test_a_heading_with_an_open_quote_is_refused(run: Run) -> None:
    result = run("map", "x**2", "--input-format", "csv", stdin=b'x,"t\n1,2\n')
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: a quote in the heading is not closed")


def test_words_between_numbers_are_errors_of_their_rows_in_every_format(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,2\n#N/A,3\n,4\nNA,5\n3,6\n")
    done = run("map", "x**2", str(tmp_path / "d.csv"), "-o", str(tmp_path / "d.tsv"))
    assert done.code == 1
    assert "column x: a number is missing (#N/A)" in done.err
    rows = (tmp_path / "d.tsv").read_text().splitlines()
    assert rows[1:] == ["1\t2\t2.0\tok", "#N/A\t3\t\terror", "\t4\t\terror", "NA\t5\t\terror", "3\t6\t6.0\tok"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("d.csv", "x;y\n1,5;2\n", "--input-format semicolon, or decimal-comma"),
        ("d.csv", "x y\n1 2\n", "--input-format spaces"),
        ("d.csv", "x\ty\n1\t2\n", "--input-format tsv"),
        ("d.txt", "1 2\n3 4\n", "the input has no heading"),
    ],
)
def test_hints_on_separators(run: Run, tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    assert message in run("map", "x**2", str(tmp_path / name)).err
