"""`dcalc functions`."""

from dcalc.cli import options as o
from dcalc.cli.lists import FUNCTION_RECORD, show_functions

PLACE = 200
EXAMPLES = ("dcalc functions", "dcalc functions atan2")
RECORD = FUNCTION_RECORD


def command(name: o.Function = None, json: o.ListAsJson = False, debug: o.Debug = False) -> None:
    """List the functions, or show all that is known of one."""
    show_functions(name, json=json)
