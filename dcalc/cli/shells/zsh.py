"""Completions for zsh: a function for a folder of `fpath`, or to be sourced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.shells import HEADER

if TYPE_CHECKING:
    from dcalc.cli.shells import Option, Tree

_SCRIPT = """#compdef dcalc
# {header}

_dcalc() {{
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \\
{root} \\
        '1: :->command' '*:: :->arguments'
    case $state in
    command)
        local -a commands
        commands=(
{commands}
        )
        _describe -t commands command commands
        ;;
    arguments)
        case $words[1] in
{cases}
        esac
        ;;
    esac
}}

if [[ $funcstack[1] == _dcalc ]]; then
    _dcalc "$@"
else
    compdef _dcalc dcalc
fi
"""


def write(tree: Tree) -> str:
    """The script."""
    return _SCRIPT.format(
        header=HEADER,
        root=" \\\n".join(f"        {_option(tree, option)}" for option in tree.options),
        commands="\n".join(f"            {_quoted(f'{command.name}:{command.help}')}" for command in tree.commands),
        cases="\n".join(_command(tree, index) for index in range(len(tree.commands))),
    )


def _command(tree: Tree, index: int) -> str:
    command = tree.commands[index]
    rows = [_option(tree, option) for option in command.options]
    for place, argument in enumerate(command.arguments, 1):
        rows.append(_quoted(f"{place}:{argument}:{_action(tree, argument)}"))
    body = " \\\n".join(f"                {row}" for row in rows)
    return f"        {command.name})\n            _arguments -S \\\n{body}\n            ;;"


def _option(tree: Tree, option: Option) -> str:
    value = f":{option.value.strip(chr(39))}:{_action(tree, option.value)}" if option.value else ""
    described = _quoted(f"[{_escaped(option.help)}]{value}")
    long = option.long + ("=" if value else "")
    if option.long in ("--help", "--version"):
        before = "'(- *)'"
    elif option.repeatable:
        before = "'*'"
    else:
        before = _quoted(f"({' '.join(option.names)})")
    if not option.short:
        return f"{before}{long}{described}"
    return f"{before}{{{option.short},{long}}}{described}"


def _action(tree: Tree, kind: str) -> str:
    if kind == "FILE":
        return "_files"
    return f"({' '.join(tree.choices[kind])})" if kind in tree.choices else " "


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
