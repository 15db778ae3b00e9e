"""The folder is the registry: what every format does, by property; and that adding one is one file."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dcalc.formats
from dcalc.errors import UsageError
from dcalc.finding import Column, Finding, Sheet
from dcalc.formats import Style, is_binary, load, names
from dcalc.shapes import Edge, Graph, Node, Picture
from dcalc.text import join_words
from tests.formats.conftest import chunks
from tests.formats.made_reports import diff, expr, failed, grad, kink
from tests.registries import add_file

FOLDER = Path(dcalc.formats.__file__).parent
FINDING = Finding(
    "quotient",
    expr("x"),
    record={"h": 0.5},
    sheets=(Sheet((Column("h", "h", "number"),), ({"h": 0.5},)),),
    graph=Graph((Node(0, ("0.5",)), Node(1, ("2*x",))), (Edge(0, 1),)),
    pictures=(Picture((), "0.5"),),
)


def check_format(name: str) -> None:
    """What every format is held to. Raises AssertionError."""
    assert load(name).__doc__
    if is_binary(name):
        assert all(isinstance(part, bytes) and part for part in load(name).present([FINDING], Style()))
        return
    parts = list(load(name).present([FINDING], Style()))
    assert all(part.endswith("\n") for part in parts)
    assert "0.5" in "".join(parts)
    check_entries(name)


def check_entries(name: str) -> None:
    """That derivatives are shown, alone and in a table that they share; or that it is said what to write instead."""
    try:
        alone = "".join(chunks(name, [diff()]))
    except UsageError as error:
        if not error.help.startswith("write "):
            raise
        return
    assert "2.2232442754839328" in alone
    several = "".join(chunks(name, [diff(), kink(), failed()], batch=True))
    assert all(word in several for word in ("2.2232442754839328", "error"))
    gradient = "".join(chunks(name, [grad()], command="grad", sweep=True))
    assert all(word in gradient for word in ("4.0", "1.0"))


@pytest.mark.parametrize("name", names())
def test_every_format(name):
    try:
        check_format(name)
    except UsageError as error:
        if "pip install" not in error.help:
            raise
        pytest.skip(error.message)


YAML = '''"""YAML: a document a finding."""

from dcalc.formats import Writer, each


def present(findings, style):
    """A document a finding."""
    writer = Writer(style)

    def write(finding):
        record = writer.plain_value(writer.record(finding))
        return "---\\n" + "".join(f"{key}: {value!r}\\n" for key, value in record.items())

    return each(findings, writer, write)
'''


def test_a_format_is_one_file(tmp_path, monkeypatch, run):
    add_file(monkeypatch, tmp_path, dcalc.formats, "yaml", YAML)
    assert "yaml" in names()
    check_format("yaml")
    assert "derivative: '2*x'\n" in run("diff", "x**2", "--format", "yaml").out
    assert "hint" not in run("hessian", "x**2", "--at", "1", "--format", "yaml").err
    assert run("diff", "x**2", "--format", "ymal").err.endswith("help: did you mean yaml?\n")


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("jsn", "did you mean json?"),
        ("Markdwon", "did you mean markdown?"),
        ("common", f"there are {join_words(names(), 'and')}"),
        ("../x", f"there are {join_words(names(), 'and')}"),
    ],
)
def test_an_unknown_name_gets_a_fix(name, help):
    with pytest.raises(UsageError, match="no format named") as caught:
        load(name)
    assert caught.value.help == help


def test_plain_imports_nothing_heavy():
    heavy = ("rich", "numpy", "flint", "json", "csv", "difflib", "lark", "typer")
    code = f"import sys, dcalc.formats as f; f.load('plain'); print([m for m in {heavy} if m in sys.modules])"
    root = FOLDER.parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout == "[]\n"


def test_only_the_table_imports_rich():
    importing = set()
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom | ast.Import):
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
                importing |= {file.name for module in modules if module.split(".")[0] == "rich"}
    assert importing == {"table.py"}
