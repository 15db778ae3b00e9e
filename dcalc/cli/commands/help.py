"""`dcalc help`."""

from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli import pages

PLACE = 230
EXAMPLES = ("dcalc help", "dcalc help statuses", "dcalc help diff")

Topic = Annotated[
    str | None,
    typer.Argument(metavar="TOPIC", show_default=False, help="A topic or a command; dcalc help lists them."),
]


def command(topic: Topic = None, color: o.Color = "auto", debug: o.Debug = False) -> None:
    """Show a page on a topic, or the options of a command.

    Without a topic, list them all. A terminal shows the page as formatted text; in a pipe it is Markdown.
    """
    pages.show_help(topic, color)
