"""`dcalc emit` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_the_command_writes_code(run: Run):
    code, out, err = run("emit", "x**2", "--target", "js")
    assert (code, err) == (0, "") and "export function df_dx(x) {" in out
    code, out, _ = run("emit", "x**2*y", "--target", "c", "--json")
    (record,) = json.loads(out)["records"]
    assert code == 0 and record["target"] == "c" and record["code"].endswith("}\n")
    assert record["functions"][1] == {"name": "grad_f", "arguments": ["x", "y"], "shape": [2]}
    code, _, err = run("emit", "zeta(x)", "--target", "c", "--of", "f")
    assert code == 4 and "C has no zeta" in err
    code, _, err = run("emit", "x")
    assert code == 2 and "emit needs a target" in err
    code, _, err = run("emit", "x", "--target", "c", "--of", "slope")
    assert code == 2 and "no quantity named slope" in err
    code, _, err = run("emit", "x", "--target", "c", "--dtype", "float16")
    assert code == 2 and "--dtype must be float64 or float32" in err


def test_the_suffix_of_a_file_names_the_target(run: Run, tmp_path: Path):
    file = tmp_path / "model.py"
    assert run("emit", "exp(w*x)", "--wrt", "w", "-n", "2", "-o", str(file))[0] == 0
    assert "def d2f_dw2(w, x):" in file.read_text(encoding="utf-8")


def test_a_batch_gives_a_record_per_line(run: Run):
    code, out, _ = run("emit", "-", "--target", "python", "--format", "jsonl", stdin=b"x**2\nzeta(y)\nx*y\n")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and [record["status"] for record in records] == ["ok", "error", "ok"]
    assert [each["name"] for each in records[2]["functions"]] == ["f", "grad_f"]
