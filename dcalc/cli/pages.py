"""The pages of `dcalc help`: Markdown files of the package, rendered on a terminal and as they are elsewhere."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from textwrap import fill

from dcalc.errors import UsageError
from dcalc.io.sink import is_terminal, print_text, wants_color
from dcalc.text import did_you_mean

FOLDER = Path(__file__).resolve().parent.parent / "help"
_WIDEST = 100
"""Longer lines are hard to read, however wide the terminal is."""
_MARKS = re.compile(r"^<!-- .* -->\n", re.MULTILINE)


def list_topics() -> dict[str, str]:
    """What each page is about, by the name of its file; the heading of a page reads `# Name: about`."""
    pages = {path.stem: path for path in sorted(FOLDER.glob("*.md"))}
    return {name: _heading(path).partition(": ")[2] for name, path in pages.items()}


def _heading(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip()


def read_page(topic: str) -> str:
    """The Markdown of a page, without the marks of its generated parts."""
    return _MARKS.sub("", (FOLDER / f"{topic}.md").read_text(encoding="utf-8"))


def print_page(text: str, color: str = "auto") -> None:
    """Print Markdown: rendered where someone reads it on a terminal, else as it is."""
    if not is_terminal(sys.stdout):
        print_text(text)
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    styled = wants_color(color, sys.stdout)
    # Rich sets code on black, which is a bar across a light terminal.
    console = Console(no_color=not styled, highlight=False, theme=Theme({"markdown.code": "cyan"}))
    page = Markdown(text, code_theme="ansi_dark" if styled else "bw", hyperlinks=False)
    console.print(page, width=min(console.width, _WIDEST))


def show_help(name: str | None, color: str) -> None:
    """Print the page of that name, else the options of the command of that name; the list of both without a name.

    Raises UsageError for a name that is neither.
    """
    from dcalc.cli import typer_adapter
    from dcalc.io.complaints import terminal_width

    if name is None:
        print_text(_list_all(terminal_width(sys.stdout)))
    elif name in list_topics():
        print_page(read_page(name), color)
    elif typer_adapter.find_command(name) is not None:
        command = typer_adapter.build_command(name)
        with command.make_context(f"dcalc {name}", [], resilient_parsing=True) as context:
            print_text(command.get_help(context) + "\n")
    else:
        raise _no_page(name)


def _list_all(columns: int) -> str:
    """The topics and the commands, each with a line about it, or several where the terminal is narrow."""
    from dcalc.cli import typer_adapter

    group = typer_adapter.build_group()
    sections = {
        "Topics": list_topics(),
        "Commands": {name: command.get_short_help_str(200).rstrip(".") for name, command in group.commands.items()},
    }
    width = max(len(name) for entries in sections.values() for name in entries)
    indent = " " * (width + 4)
    lists = []
    for heading, entries in sections.items():
        rows = [
            fill(about, max(columns, width + 24), initial_indent=f"  {name:<{width}}  ", subsequent_indent=indent)
            for name, about in entries.items()
        ]
        lists.append("\n".join([f"{heading}:", *rows, ""]))
    return "\n".join([*lists, fill("dcalc help NAME shows a page, or the options of a command.", columns), ""])


def _no_page(name: str) -> UsageError:
    from dcalc.cli import typer_adapter
    from dcalc.functions import BY_NAME

    message = f"no help on {name}"
    if name in BY_NAME:
        return UsageError(message, help=f"for the function write dcalc functions {name}")
    known = [*list_topics(), *typer_adapter.command_names()]
    return UsageError(message, help=did_you_mean(name, known, "dcalc help lists the topics"))
