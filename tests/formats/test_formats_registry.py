"""The folder is the registry, and a format costs only what it uses."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dcalc.formats
from dcalc.errors import UsageError
from dcalc.finding import Column, Finding, Sheet
from dcalc.formats import Style, load, names

FOLDER = Path(dcalc.formats.__file__).parent


def test_the_formats_are_the_documented_ones():
    known = {"table", "plain", "json", "jsonl", "csv", "tsv", "markdown", "latex", "svg", "png", "dot", "mermaid"}
    assert set(names()) == known


@pytest.mark.parametrize("name", names())
def test_every_format_loads_and_says_what_it_is(name):
    assert load(name).__doc__
    column = Column("h", "h", "number")
    finding = Finding("limit", record={"h": 0.5}, sheets=(Sheet((column,), ({"h": 0.5},)),))
    assert "0.5" in shown_or_refused(name, finding) or "write " in shown_or_refused(name, finding)


def shown_or_refused(name, finding):
    """The text of a finding; of a format of pictures, what it says to write instead."""
    try:
        return "".join(load(name).present([finding], Style("limit")))
    except UsageError as error:
        return error.help


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("jsn", "did you mean json?"),
        ("Markdwon", "did you mean markdown?"),
        ("record", "there are csv, dot, json, jsonl, latex, markdown, mermaid, plain, png, svg, table and tsv"),
        ("../x", "there are csv, dot, json, jsonl, latex, markdown, mermaid, plain, png, svg, table and tsv"),
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
