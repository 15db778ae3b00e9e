"""Command lines as users write them, made safe for Typer.

An expression may begin with a minus. Typer would read `-sin(x)` as many short options
and `-2*q` as -2 and -q, so every token that only looks like options is given a leading
space here, which the expression loses again on receipt (`unshield`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def unshield(text: str) -> str:
    """The token that the user wrote."""
    return text[1:] if text.startswith(" -") else text


def shield(tokens: Sequence[str], command: str, options: Mapping[str, Any], arguments: Sequence[str]) -> list[str]:
    """The tokens with a space before each that is an expression in spite of its minus.

    ``options`` maps every declared spelling to Typer's option (None: a flag); ``arguments``
    holds the metavars of what the command takes beside its options (`EXPR...`: any number). Raises UsageError for a
    `--token` that nobody declared, for a missing value, and for a token too many.
    """
    shielded: list[str] = []
    plain: list[str] = []
    after: list[str] = []
    rest = iter(tokens)
    for token in rest:
        if token == "--":
            after = list(rest)
            shielded += ["--", *after]
        elif _is_option(token, command, options):
            shielded += [token, *_value(token, options, rest)]
        else:
            plain.append(token)
            shielded.append(" " + token if token.startswith("-") and token != "-" else token)
    endless = any(name.endswith("...") for name in arguments)
    if len(plain) + len(after) > len(arguments) and not endless and "--help" not in tokens and "-h" not in tokens:
        raise _meant_as_option(plain, command, options) or _too_many([*plain, *after], command, arguments)
    return shielded


def _is_option(token: str, command: str, options: Mapping[str, Any]) -> bool:
    if token in options:
        return True
    if token.startswith("--"):
        if (name := token.partition("=")[0]) not in options:
            raise unknown_option(name, command, options)
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
    name, joined, value = token.partition("=")
    option: Any = options.get(name)
    if joined and token.startswith("--"):
        if not _takes_value(option):
            raise UsageError(f"{name} takes no value, but here is {token}", help=f"write {name} alone")
        if not value and not option.multiple:
            raise _no_value(name, option)
        return []
    if token not in options or not _takes_value(option):
        return []
    following = next(rest, None)
    if following is None or following in options or not (following or option.multiple):
        raise _no_value(name, option)
    return [following]


def _no_value(name: str, option: Any) -> UsageError:
    return UsageError(f"{name} needs a value", help=f"write {name} {option.metavar or 'VALUE'}")


def unknown_option(name: str, command: str, options: Mapping[str, Any]) -> UsageError:
    """For an option, `--name` or `-n`, that the command does not have."""
    from dcalc.cli import tree
    from dcalc.suggest import closest_option, join_words

    message = f"{command} has no option {name}"
    if instead := getattr(tree.load(command), "INSTEAD", {}).get(name):
        return UsageError(message, help=instead)
    if name[2:] in tree.names():
        return UsageError(message, help=f"did you mean the command: dcalc {name[2:]}?")
    if owners := tree.owners(name):
        return UsageError(message, help=f"{join_words(owners, 'and')} {'has' if len(owners) == 1 else 'have'} it")
    if not name.startswith("--"):
        return UsageError(message, help=f"see dcalc {command} --help")
    if name == "--version":
        return UsageError(message, help="write dcalc --version")
    otherwise = f"see dcalc {command} --help; an expression that begins with -- stands after --: -- '{name}'"
    return UsageError(message, help=closest_option(name, options, otherwise))


def _too_many(plain: Sequence[str], command: str, arguments: Sequence[str]) -> UsageError:
    if not arguments:
        return UsageError(f"{command} takes no argument, but here is {plain[0]}", help=f"see dcalc {command} --help")
    if len(arguments) > 1:
        shown = " and ".join(arguments)
        message = f"{command} takes {len(arguments)} arguments, {shown}, but here are {len(plain)}"
        return UsageError(message, help=f"put each in single quotes: dcalc {command} 'x**2' '2*x'")
    message = f"{command} takes one argument, but here are {len(plain)}: {plain[0]} and {plain[1]}"
    if arguments[0] != "EXPR":
        return UsageError(message, help=f"ask for one at a time: dcalc {command} {plain[0]}")
    return UsageError(message, help=f"put the whole expression in single quotes: '{' '.join(plain)}'")


def _meant_as_option(plain: Sequence[str], command: str, options: Mapping[str, Any]) -> UsageError | None:
    """One of too many tokens that was no expression: `-json`, `-v`, or `-n` for a command without it."""
    for token in plain:
        if f"-{token}" in options and token.startswith("-"):
            return UsageError(f"{command} has no option {token}", help=f"did you mean -{token}?")
        word, digits = token[:2], token[2:]
        if word in options and digits.isdigit():
            return UsageError(f"{word} takes no value, but here is {token}", help=f"write {word} alone")
        if token.startswith("-") and (token[1:].isalpha() or (word[1:].isalpha() and digits.isdigit())):
            return unknown_option(word if digits.isdigit() else token, command, options)
    return None
