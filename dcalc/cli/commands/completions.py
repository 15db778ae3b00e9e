"""`dcalc completions`."""

from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.lists import show_completions

PLACE = 220
EXAMPLES = (
    "source <(dcalc completions bash)",
    "dcalc completions bash > ~/.local/share/bash-completion/completions/dcalc",
    "dcalc completions zsh > ~/.zfunc/_dcalc          # a folder of $fpath",
    "dcalc completions fish > ~/.config/fish/completions/dcalc.fish",
    "dcalc completions powershell >> $PROFILE",
)

Shell = Annotated[
    str | None, typer.Argument(metavar="SHELL", show_default=False, help="bash, zsh, fish or powershell.")
]


def command(shell: Shell = None, debug: o.Debug = False) -> None:
    """Print the completions for a shell."""
    show_completions(shell)
