"""The command of an analysis that has no file in `commands/`: what all analyses have, and nothing of its own.

Such an analysis says `EXAMPLES` beside `RECORD` and `find(subject)`; its docstring is the help. It is
differentiated by one variable unless it says `ALONG = "all"` or `ALONG = "none"`.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

from dcalc import analysis
from dcalc.cli import options as o
from dcalc.cli.request import Request, along_all, along_none, along_one
from dcalc.cli.run import Job, run

_CHOICES = {"one": along_one, "all": along_all, "none": along_none}
_LAST = 100


def find_analysis(name: str) -> Any:
    """The module of an analysis that can be a command; None where there is none of that name."""
    path = f"{analysis.__name__}.{name}"
    module = import_module(path) if find_spec(path) is not None else None
    return module if hasattr(module, "EXAMPLES") else None


@cache
def make_command(module: Any) -> SimpleNamespace:
    """What a file in `commands/` provides: `PLACE`, `EXAMPLES` and `command`."""
    name = module.__name__.rpartition(".")[2]

    def command(
        expression: o.Expression = None,
        at: o.At = None,
        wrt: o.WrtAll = None,
        let: o.Let = None,
        digits: o.Digits = None,
        *,
        shared: o.Shared,
    ) -> int:
        request = Request(name, *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
        return run(request, Job(module.find, _CHOICES[getattr(module, "ALONG", "one")]))

    command.__doc__ = inspect.getdoc(module)
    return SimpleNamespace(PLACE=_LAST, EXAMPLES=module.EXAMPLES, command=o.shares_options()(command))
