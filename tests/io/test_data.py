"""Columns of data for a fit: read by the one engine for tables, and only when they are used."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dcalc.errors import DcalcError
from dcalc.io.data import DataFile
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("d.csv", "# a comment\n\nx,y\n1,2\n\n#N/A,5\n", {"x": ["1", "#N/A"], "y": ["2", "5"]}),
        ("d.csv", '\ufeffx,"y"\r\n1,"2"\r\n"a\nb",3\r\n', {"x": ["1", "a\nb"], "y": ["2", "3"]}),
        ("d.csv", "x\n1\n\n2\n", {"x": ["1", "2"]}),
        ("d.csv", "θ,ﬁ\n1,2\n", {"θ": ["1"], "fi": ["2"]}),
        ("d.tsv", 'x\ty\n"1\t2\n', {"x": ['"1'], "y": ["2"]}),
        ("d.jsonl", '{"x": 1}\n\n# c\n{"x": 2, "y": "a"}\n', {"x": [1, 2], "y": [None, "a"]}),
    ],
)
def test_columns(tmp_path: Path, name: str, text: str, columns: dict[str, list[object]]) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert dict(DataFile(str(path))) == columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("x,y\n1,2\n", {"x": ["1"], "y": ["2"]}),
        ("# c\nx\ty\n1\t2\n", {"x": ["1"], "y": ["2"]}),
        ("x\n1\n", {"x": ["1"]}),
        (' {"x": 1}\n', {"x": [1]}),
    ],
)
def test_the_kind_of_stdin_is_told_by_its_first_row(
    monkeypatch: pytest.MonkeyPatch, text: str, columns: dict[str, list[object]]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert dict(DataFile("-")) == columns


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("d.csv", b"# nothing\n", "d.csv is empty"),
        ("d.txt", b"1 2\n3 4\n", "d.txt has no heading"),
        ("d.csv", b"x,y\n1,2\n3\n", "d.csv, line 3: 1 cell, but the heading has 2"),
        ("d.csv", b'x,y\n1,"2\n3,4\n', "d.csv, line 2: a quote is not closed"),
        ("d.csv", b"x,y\n1,\xff\n", "d.csv: byte 0xff is not UTF-8"),
        ("d.tsv", b"x\tx\n1\t2\n", "d.tsv: two columns are named x"),
        ("d.jsonl", b'{"x": 1}\n\n[1]\n', "d.jsonl, line 3: not a JSON object"),
        ("d.jsonl", b'{"x": 1, "x": 2}\n', 'd.jsonl, line 1: the key "x" is given twice'),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(data)
    with pytest.raises(DcalcError) as caught:
        len(DataFile(name))
    assert caught.value.message == message


def test_a_file_is_read_once_and_when_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    data = DataFile(str(path))
    path.write_text("x,y\n1,2\n")
    assert list(data) == ["x", "y"]
    path.unlink()
    assert data["y"] == ["2"]
    assert len(data) == 2


def test_the_options_are_checked_before_the_data_are_read(run: Run) -> None:
    result = run("fit", "a*x", "--data", "missing.csv", "--target", "y", "--json", "--format", "csv")
    assert (result.code, '"--json means --format json' in result.err) == (2, True)
    assert run("fit", "a*x", "--data", "missing.csv", "--target", "y").err.startswith(
        "error: missing.csv: No such file"
    )
