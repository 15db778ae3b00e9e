"""Completions for bash, from 3.2 on (that of macOS), without the bash-completion package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.shells import HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.cli.shells import Option, Tree

# Readline has split the line at = and : already, so `--format=js` arrives as three words.
_SCRIPT = """# {header}

_dcalc_words() {{
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "$@" -- "$current")
}}

_dcalc() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} options= word
    COMPREPLY=()
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" ]]; then
        previous=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
    if (( COMP_CWORD == 1 )); then
        _dcalc_words -W "{commands} {root}"
        return
    fi
    for word in "${{COMP_WORDS[@]:2:COMP_CWORD-2}}"; do
        [[ $word == "--" ]] && return
    done
    case $previous in
{values}
    esac
    case ${{COMP_WORDS[1]}} in
{options}
    esac
    if [[ $current == -* ]]; then
        _dcalc_words -W "$options"
        return
    fi
    case ${{COMP_WORDS[1]}} in
{arguments}
    esac
}}

complete -F _dcalc dcalc
"""


def write(tree: Tree) -> str:
    """The script."""
    return _SCRIPT.format(
        header=HEADER,
        commands=" ".join(command.name for command in tree.commands),
        root=" ".join(name for option in tree.options for name in option.names),
        values="\n".join(_values(tree)),
        options="\n".join(
            f'        {command.name}) options="{_spellings(command.options)}" ;;' for command in tree.commands
        ),
        arguments="\n".join(
            f'        {command.name}) _dcalc_words -W "{" ".join(tree.choices[command.argument])}" ;;'
            for command in tree.commands
            if command.argument in tree.choices
        ),
    )


def _spellings(options: Iterable[Option]) -> str:
    return " ".join(name for option in options for name in option.names)


def _values(tree: Tree) -> Iterator[str]:
    """What may follow each option that takes a value; where nobody knows, nothing."""
    others: dict[str, None] = {}
    for kind, names in tree.values().items():
        pattern = "|".join(names)
        if kind == "FILE":
            yield f"        {pattern}) compopt -o filenames 2>/dev/null; _dcalc_words -f; return ;;"
        elif kind in tree.choices:
            yield f'        {pattern}) _dcalc_words -W "{" ".join(tree.choices[kind])}"; return ;;'
        else:
            others.update(dict.fromkeys(names))
    yield f"        {'|'.join(others)}) return ;;"
