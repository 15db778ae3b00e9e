"""What `dcalc solve` and `dcalc study` share: one function of one variable over a range with exact ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcalc.cli.options import Shared
    from dcalc.finding import Finding


def run_over_range(
    name: str,
    find: Callable[..., Finding],
    shared: Shared,
    expression: str | None,
    over: Any,
    *,
    let: Sequence[str] | None,
    digits: int | None,
    equations: bool = False,
) -> int:
    """Answer a command of that name, whose expressions may be equations. Returns the exit code."""
    request = Request(name, *shared, expression, let=let, digits=digits, several=equations, equations=equations)
    return run(request, Job(partial(find, over=over), along_none, in_json=("over",)))
