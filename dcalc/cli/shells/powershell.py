"""Completions for PowerShell, 5.1 and later: dot-source the script, or append it to $PROFILE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.shells import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcalc.cli.shells import Tree

_SCRIPT = """# {header}

Register-ArgumentCompleter -Native -CommandName dcalc -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{{
{commands}
    }}
    $options = @{{
{options}
    }}
    # The words that an option, or the argument of a command, may be given. Where it is a
    # file nothing is offered, and PowerShell offers file names by itself.
    $values = @{{
{values}
    }}
    $arguments = @{{
{arguments}
    }}

    $words = @($commandAst.CommandElements | ForEach-Object {{ $_.ToString() }})
    if ($wordToComplete -ne '' -and $words.Count -gt 1) {{
        $words = @($words[0..($words.Count - 2)])
    }}
    $found = @{{}}
    if ($words.Count -lt 2) {{
        $found = $commands
    }} elseif ($values.ContainsKey($words[-1])) {{
        $values[$words[-1]] | ForEach-Object {{ $found[$_] = $_ }}
    }} elseif ($wordToComplete.StartsWith('-')) {{
        if ($options.ContainsKey($words[1])) {{ $found = $options[$words[1]] }}
    }} elseif ($arguments.ContainsKey($words[1])) {{
        $arguments[$words[1]] | ForEach-Object {{ $found[$_] = $_ }}
    }}
    $found.Keys | Where-Object {{ $_.StartsWith($wordToComplete) }} | Sort-Object | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $found[$_])
    }}
}}
"""


def write(tree: Tree) -> str:
    """The script."""
    top = [(command.name, command.help) for command in tree.commands]
    top += [(name, option.help) for option in tree.options for name in option.names]
    values = {name: kind for kind, names in tree.values().items() for name in names}
    return _SCRIPT.format(
        header=HEADER,
        commands=_table(top, 8),
        options="\n".join(
            f"        {_quoted(command.name)} = @{{\n"
            f"{_table(((name, option.help) for option in command.options for name in option.names), 12)}\n"
            "        }"
            for command in tree.commands
        ),
        values="\n".join(
            f"        {_quoted(name)} = {_array(tree.choices.get(kind, ()))}" for name, kind in values.items()
        ),
        arguments="\n".join(
            f"        {_quoted(command.name)} = {_array(tree.choices[command.argument])}"
            for command in tree.commands
            if command.argument in tree.choices
        ),
    )


def _table(pairs: Iterable[tuple[str, str]], indent: int) -> str:
    return "\n".join(f"{' ' * indent}{_quoted(name)} = {_quoted(text)}" for name, text in pairs)


def _array(words: Iterable[str]) -> str:
    return f"@({', '.join(map(_quoted, words))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
