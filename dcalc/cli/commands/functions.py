"""`dcalc functions`."""

from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.lists import FUNCTION_RECORD, show_functions

PLACE = 200
EXAMPLES = ("dcalc functions", "dcalc functions atan2")
RECORD = FUNCTION_RECORD

Function = Annotated[
    str | None,
    typer.Argument(metavar="FUNCTION", show_default=False, help="The name of a function or constant."),
]


def command(name: Function = None, json: o.ListAsJson = False, debug: o.Debug = False) -> None:
    """List the functions, or show all that is known of one."""
    show_functions(name, json=json)
