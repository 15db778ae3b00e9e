"""`dcalc backends`."""

from dcalc.cli import options as o
from dcalc.cli.lists import BACKEND_RECORD, show_backends

PLACE = 210
EXAMPLES = ("dcalc backends",)
RECORD = BACKEND_RECORD


def command(json: o.ListAsJson = False, debug: o.Debug = False) -> None:
    """List the methods of differentiation that --backend names."""
    show_backends(json=json)
