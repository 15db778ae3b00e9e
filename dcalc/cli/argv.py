"""Command lines as users write them, made safe for Typer.

An expression may begin with a minus. Typer would read `-sin(x)` as many short options
and `-2*q` as -2 and -q, so every token that only looks like options is given a leading
space here, which the expression loses again on receipt (`unshield`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.cli.suggest import did_you_mean, listed
from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def unshield(text: str) -> str:
    """The token that the user wrote."""
    return text[1:] if text.startswith(" -") else text


def shield(tokens: Sequence[str], command: str, options: Mapping[str, Any], arguments: int) -> list[str]:
    """The tokens with a space before each that is an expression in spite of its minus.

    ``options`` maps every declared spelling to Typer's option (None: a flag); ``arguments``
    is how many tokens the command takes beside its options. Raises UsageError for a
    `--token` that nobody declared, for a missing value, and for a token too many.
    """
    shielded: list[str] = []
    plain: list[str] = []
    rest = iter(tokens)
    for token in rest:
        if token == "--":
            plain += (after := list(rest))
            shielded += ["--", *after]
        elif _is_option(token, command, options):
            shielded += [token, *_value(token, options, rest)]
        else:
            plain.append(token)
            shielded.append(" " + token if token.startswith("-") and token != "-" else token)
    if len(plain) > arguments and "--help" not in tokens and "-h" not in tokens:
        raise _too_many(plain, command, options, arguments)
    return shielded


def _is_option(token: str, command: str, options: Mapping[str, Any]) -> bool:
    if token in options:
        return True
    if token.startswith("--"):
        if token.partition("=")[0] not in options:
            raise unknown_option(token, command, options)
        return True
    # A number may be joined to a short option that takes one: -n2.
    value = token[2:]
    return token[:2] in options and _counts(options[token[:2]]) and value.isascii() and value.isdigit()


def _takes_value(option: Any) -> bool:
    return option is not None and not option.is_flag


def _counts(option: Any) -> bool:
    return _takes_value(option) and option.type.name == "whole_number"


def _value(token: str, options: Mapping[str, Any], rest: Iterator[str]) -> list[str]:
    """The token after an option that takes one."""
    if token not in options or not _takes_value(options[token]):
        return []
    value = next(rest, None)
    if value is None or value in options:
        metavar = options[token].metavar or "VALUE"
        raise UsageError(f"{token} needs a value", help=f"write {token} {metavar}")
    return [value]


def unknown_option(token: str, command: str, options: Mapping[str, Any]) -> UsageError:
    """For a `--token` that the command does not have."""
    from dcalc.cli import tree

    name = token.partition("=")[0]
    owners = [other for other in tree.names() if name in tree.options_of(tree.build(other))]
    message = f"{command} has no option {name}"
    if owners:
        return UsageError(message, help=f"{listed(owners, 'and')} {'has' if len(owners) == 1 else 'have'} it")
    if name[2:] in tree.names():
        return UsageError(message, help=f"did you mean the command: dcalc {name[2:]}?")
    known = [option for option in options if option.startswith("--")]
    otherwise = f"see dcalc {command} --help; an expression that begins with -- stands after --: -- '{token}'"
    return UsageError(message, help=did_you_mean(name, known, otherwise))


def _too_many(plain: Sequence[str], command: str, options: Mapping[str, Any], arguments: int) -> UsageError:
    extra = plain[arguments]
    if not arguments:
        return UsageError(f"{command} takes no argument, but here is {extra}", help=f"see dcalc {command} --help")
    message = f"{command} takes one argument, but here are {len(plain)}: {plain[0]} and {extra}"
    for token in plain:
        if f"-{token}" in options:
            return UsageError(message, help=f"did you mean -{token}?")
        if token.startswith("-") and token[1:].isalpha():
            return UsageError(message, help=f"if {token} was meant as an option: see dcalc {command} --help")
    return UsageError(message, help=f"put the whole expression in single quotes: '{' '.join(plain)}'")
