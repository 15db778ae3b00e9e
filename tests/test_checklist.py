"""A function is one row: nothing that a row needs is missing, and a new row is tested by the tests as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dcalc import functions as table
from dcalc import generate
from dcalc.backends import load
from dcalc.checklist import edges, is_primitive, lacks
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers import ball
from dcalc.parser import parse
from dcalc.problem import Problem
from tests.truths import TRUTHS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
_FRESH = count(10_000)
PRIMITIVES = [row for row in table.ROWS if is_primitive(row)]


@pytest.mark.parametrize("row", PRIMITIVES, ids=lambda row: row.key)
def test_a_primitive_lacks_nothing(row: Row) -> None:
    assert lacks(row, TRUTHS) == []


OF_ORDERS = frozenset("sphericalbesselj legendre chebyshevt chebyshevu gegenbauer hermite laguerre".split())
"""Rows whose domain is one of orders and parameters alone."""


@pytest.mark.parametrize("row", [row for row in PRIMITIVES if row.domain or row.kinks], ids=lambda row: row.key)
def test_edges_are_found_where_there_are_some(row: Row) -> None:
    fixed = [None in (partial,) for partial in row.partials]
    if row.variadic or (fixed and all(fixed)) or row.name in OF_ORDERS:
        assert not list(edges(row))
    else:
        assert list(edges(row))


@pytest.fixture
def add() -> Iterator[Callable[..., Row]]:
    """Adds rows to the table, and takes them out again."""
    before = dict(table.BY_KEY)

    def add(*args: Any, **columns: Any) -> Row:
        row = table.add(Row(*args, doc="a function of the tests", source="none", **columns))
        row.index = next(_FRESH)  # expressions are interned by it, and caches may hold those of a row that is gone
        return row

    yield add
    for key in set(table.BY_KEY) - set(before):
        row = table.BY_KEY.pop(key)
        table.ROWS.remove(row)
        ball.RULES.rules.pop(row, None)
        for name in (row.name, *row.aliases):
            del table.BY_NAME[name]


def test_all_that_a_primitive_lacks_is_named_at_once(add: Callable[..., Row]) -> None:
    row = add("exsec", "x", ())
    assert [part.partition(" (")[0] for part in lacks(row, TRUTHS)] == [
        "a derivative", "an evaluator on balls", "an evaluator on complex numbers", "a truth",
    ]  # fmt: skip


def test_the_check_of_generated_files_names_incomplete_rows(
    add: Callable[..., Row], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "find_drift", lambda _root: [])  # to generate them all takes seconds
    add("exsec", "x", ("sin(x)/2",))
    assert generate.main(["--check"]) == 1
    sentences = [line for line in capsys.readouterr().err.splitlines() if line.startswith("exsec")]
    assert len(sentences) == 1
    assert all(part in sentences[0] for part in ("on balls", "on complex numbers", "a truth"))


def test_an_edge_without_a_rule_is_named(add: Callable[..., Row]) -> None:
    """sqrt(x - 3) with nothing said of its edge but that it is one."""
    row = add("rootoff", "x", ("1/(2*y)",), domain="x >= 3")
    ball.RULES.rule_of("rootoff")(lambda x: ball.evaluator(table.SQRT)(x - 3))
    assert any("a rule at the edge rootoff(3)" in part for part in lacks(row, TRUTHS))


def test_a_row_with_a_form_in_simpler_functions_needs_no_rule_at_its_edges(add: Callable[..., Row]) -> None:
    row = add("rootoff", "x", ("1/(2*y)",), domain="x >= 3", written="sqrt(x - 3)")
    ball.RULES.rule_of("rootoff")(lambda x: ball.evaluator(table.SQRT)(x - 3))
    assert not any("edge" in part for part in lacks(row, TRUTHS))


def test_a_new_function_is_part_of_the_language_at_once(add: Callable[..., Row]) -> None:
    add("exsec", "x", (), body="(1 - cos(x))/2")
    root = parse("exsec(2*x)").root
    assert write(root) == "exsec(2*x)"
    result = load("reference").differentiate(Problem(root, ("x",), {"x": 0.75}))
    assert result.status == "ok" and result.value is not None
    assert abs(result.value - 0.9974949866040544) < 1e-15  # sin(1.5)


PLUGIN = """
from flint import arb_series
from mpmath import mp
from dcalc import functions as table
from dcalc.functions import Row
from dcalc.numbers import ball, complex
from tests.truths import TRUTHS, Truth

table.add(Row("exsec", "x", (), body="(1 - cos(x))/2", doc="half of 1 - cos(x)", source="none", parity="even"))
table.add(Row("versin", "x", ("sin(x)",), doc="1 - cos(x)", source="none", series=True, parity="even"))
ball.RULES.rule_of("versin")(lambda x: 2 * ball.evaluator(table.SIN)(x / 2) ** 2)
complex.RULES.rule_of("versin")(lambda x: 1 - complex.evaluator(table.COS)(x))
TRUTHS["versin"] = Truth(lambda x: 2 * mp.sin(x / 2) ** 2, ((0.5,), (-1.25,), (3.0,)))
"""


def test_new_rows_are_tested_by_the_tests_as_they_are(tmp_path: Path) -> None:
    """A row with a body, and a primitive with its evaluators and its truth, are added before the tests are
    collected: every test of a row takes them, and none has to be edited."""
    (tmp_path / "new_rows.py").write_text(PLUGIN)
    run = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-p", "new_rows", "-q", "-n0", "--no-cov", "-p", "no:cacheprovider",
            "tests/test_functions.py", "tests/test_checklist.py", "tests/numbers", "-k", "[exsec or [versin",
        ],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    passed = re.search(r"(\d+) passed", run.stdout)
    assert passed and int(passed[1]) >= 20, run.stdout
