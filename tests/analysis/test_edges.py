"""Whatever constants stand beside the argument that moves, a function has a limit, or a reason for having none."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from dcalc import functions as table
from tests.cli.conftest import Run

EDGES = ("0", "-1", "1", "2", "-1/2", "1e30", "1e-30")
MOVING = ("x", "1 - x", "-2 - abs(x)", "1/x", "1 + x*log(x)")
EXAMPLES = 48


def write_calls(row: table.Row) -> Iterator[str]:
    """Calls that are alike in every run, and of other edges for every function."""
    random = Random(row.key)
    for _ in range(EXAMPLES):
        arguments = [random.choice(EDGES) for _ in row.args]
        place = random.randrange(len(arguments))
        arguments[place] = random.choice(MOVING)
        yield f"{row.name}({', '.join(arguments)})"


SEVERAL = [row for row in table.functions() if len(row.args) > 1 and not row.chooses]


@pytest.mark.slow
@pytest.mark.parametrize("row", SEVERAL, ids=lambda row: row.key)
def test_a_limit_at_an_edge_is_told_or_refused(run: Run, row: table.Row) -> None:
    for text in write_calls(row):
        done = run("limit", text, "--wrt", "x", "--at", "0")
        assert done.code in (0, 2, 3, 4), (text, done.err)
