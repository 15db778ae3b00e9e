"""`dcalc schema`."""

from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.errors import UsageError

PLACE = 240
EXAMPLES = ("dcalc schema diff",)

CommandName = Annotated[
    str | None, typer.Argument(metavar="COMMAND", show_default=False, help="The command whose records are meant.")
]


def command(name: CommandName = None, debug: o.Debug = False) -> None:
    """Print the JSON Schema of a command's records.

    The draft is 2020-12. With --json a command prints {"schema": 1, "command": ..., "records": [...]}, with
    --format jsonl one record per line.
    """
    from json import dumps

    from dcalc.cli.schemas import make_command_schema
    from dcalc.io.sink import print_text

    if name is None:
        raise UsageError("no command is given", help="write dcalc schema diff")
    print_text(dumps(make_command_schema(name), indent=2) + "\n")
