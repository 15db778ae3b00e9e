"""Completions for fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.shells import HEADER

if TYPE_CHECKING:
    from dcalc.cli.shells import Option, Tree

# The command is the second word and no other: `dcalc functions diff` is about a name.
_START = f"""# {HEADER}

function __dcalc_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = "$argv[1]"
end

function __dcalc_no_command
    test (count (commandline -opc)) -lt 2
end

complete -c dcalc -f
"""


def write(tree: Tree) -> str:
    """The script."""
    rows = [_row("__dcalc_no_command", _option(tree, option)) for option in tree.options]
    rows += [_row("__dcalc_no_command", f"-a {command.name} -d {_quoted(command.help)}") for command in tree.commands]
    for command in tree.commands:
        condition = f"__dcalc_command {command.name}"
        rows.append("")
        rows += [_row(condition, _option(tree, option)) for option in command.options]
        if command.argument in tree.choices:
            rows.append(_row(condition, f"-a {_quoted(' '.join(tree.choices[command.argument]))}"))
    return _START + "\n".join(rows) + "\n"


def _row(condition: str, rest: str) -> str:
    return f"complete -c dcalc -n {_quoted(condition)} {rest}"


def _option(tree: Tree, option: Option) -> str:
    words = [f"-s {option.short[1:]}"] if option.short else []
    words.append(f"-l {option.long[2:]}")
    if option.value == "FILE":
        words.append("-r -F")
    elif option.value:
        words.append("-x")
    if option.value in tree.choices:
        words.append(f"-a {_quoted(' '.join(tree.choices[option.value]))}")
    return " ".join([*words, f"-d {_quoted(option.help)}"])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
