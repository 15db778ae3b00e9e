"""The generated parts of the README and of the help pages, as Markdown, by the names of their marks."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from dcalc.cli import lists, typer_adapter
from dcalc.cli.schemas import ENVELOPE, FAILURE, read_keys, read_own_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dcalc.finding import Field
    from dcalc.functions import Row

_SHARED_BY = 10
"""An option that so many commands have is explained once, before all commands."""
_FORMULA = re.compile(r"(?=[^,;:]*\*)[^\s,(]*\([^,;:]*\)[^\s,;]*|[^\s,]*\*[^\s,]*")
"""A part of a description with stars, which Markdown would take for emphasis."""


def list_functions() -> str:
    """Every function with its derivatives, by the sections of the table."""
    sections = [
        f"## {section[:1].upper()}{section[1:]}\n\n" + "\n".join(map(_describe_function, rows))
        for section, rows in groupby(lists.list_rows(), key=lambda row: row.section)
    ]
    return "\n\n".join(sections)


def _describe_function(row: Row) -> str:
    rules = [_describe_rule(label, text) for label, text in lists.rules_of(row).items()]
    domain = [f"domain `{row.domain}`"] if row.domain else []
    doc = _FORMULA.sub(r"`\g<0>`", row.doc)
    return f"- `{lists.signature(row)}`: {'; '.join([doc, *rules, *domain])}"


def list_engines() -> str:
    """Every engine of other people, as a table."""
    from dcalc.backends import install_line

    rows = [
        f"| `{name}` | {what} | {can} | {', '.join(can.dtypes)} | `{install_line(name)}` |"
        for name, what, can in lists.list_backends()
        if can.package
    ]
    return "\n".join(["| engine | what it is | orders | precision | installed by |", "|---|---|---|---|---|", *rows])


def _describe_rule(label: str, text: str) -> str:
    if text == lists.NO_CLOSED_FORM:
        return f"{label} has no closed form"
    return f"it is `{text}`" if label == "is" else f"{label} is `{text}`"


def list_backends() -> str:
    """Every backend of dcalc's own, as a table."""
    rows = [
        f"| `{name}` | {what} | {can} | {'all digits, proved' if can.certified else f'{can.tolerance:g}'} |"
        for name, what, can in lists.list_backends()
        if not can.package
    ]
    return "\n".join(
        ["| backend | what it is | orders | right to, where nothing cancels |", "|---|---|---|---|", *rows]
    )


def list_commands() -> str:
    """Every command with its arguments, its options and examples; shared options stand before all commands."""
    group = typer_adapter.build_group()
    options = [(name, option) for name, command in group.commands.items() for option in _options(command)]
    owners: dict[str, set[str]] = {}
    for name, option in options:
        owners.setdefault(_describe_option(option), set()).add(name)
    shared = dict.fromkeys(text for text, names in owners.items() if len(names) >= _SHARED_BY)
    commands = [_describe_command(name, command, shared) for name, command in group.commands.items()]
    return "\n\n".join(["## Options of most commands\n\n" + "\n".join(shared), *commands])


def _options(command: Any) -> list[Any]:
    return [param for param in command.params if param.param_type_name == "option"]


def _describe_option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar}"
    return f"- `{', '.join(option.opts)}{value}`: {option.help}"


def _describe_command(name: str, command: Any, shared: Iterable[str]) -> str:
    arguments = "".join(f" [{param.metavar}]" for param in command.params if param.param_type_name == "argument")
    own = [text for text in map(_describe_option, _options(command)) if text not in shared]
    examples = ["```sh", *typer_adapter.load_command(name).EXAMPLES, "```"]
    return "\n".join(
        [
            f"## {name}\n\n`dcalc {name}{arguments} [OPTIONS]`\n",
            *(f"{paragraph}\n" for paragraph in _paragraphs(command.help)),
            *own,
            *([""] if own else []),
            *examples,
        ]
    )


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a docstring, each on one line; advice on quoting stands once, on the page."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return [part for part in paragraphs if "single quotes" not in part]


def list_records() -> str:
    """The keys that all records have, and those of each command."""
    sections: dict[str, Mapping[str, Field]] = {"All records": ENVELOPE, "A line that failed": FAILURE}
    for name in typer_adapter.command_names():
        if keys := read_own_keys(name) or read_keys(name):
            sections[name] = keys
    return "\n\n".join(f"## {title}\n\n" + "\n".join(_describe_keys(keys)) for title, keys in sections.items())


def _describe_keys(keys: Mapping[str, Field], depth: int = 0) -> Iterator[str]:
    """A line for each key; the keys of objects stand under theirs."""
    for name, field in keys.items():
        kind = f"{field.type}, optional" if field.optional else field.type
        values = f"; one of {', '.join(f'`{value}`' for value in field.values)}" if len(field.values) > 1 else ""
        only = f"; always `{field.values[0]}`" if len(field.values) == 1 else ""
        yield f"{'  ' * depth}- `{name}` ({kind}): {field.doc}{values}{only}"
        if field.keys:
            yield from _describe_keys(field.keys, depth + 1)


PARTS: dict[str, Callable[[], str]] = {
    "functions": list_functions,
    "backends": list_backends,
    "engines": list_engines,
    "commands": list_commands,
    "records": list_records,
}
