"""Defaults of options: from the environment (`DCALC_FORMAT=json`), and from a file of the user's.

An option on the command line comes first, the environment next, the file last. The file is for people: it counts
where stdout is a terminal, so that a script gets the same output on every machine. `DCALC_CONFIG` names another
file, and none where it is empty.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from dcalc.errors import DcalcError, UsageError
from dcalc.io.sink import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAMES = ("format", "digits", "color", "notation")
"""The options that may have a default."""
_VARIABLES = {name: f"DCALC_{name.upper()}" for name in NAMES}
_TOLD_OTHERWISE = {
    "format": ("--format", "--json", "-o", "--output", "--out"),
    "digits": ("--digits",),
    "color": ("--color",),
    "notation": ("--notation",),
}
"""Options that say what a default would: the suffix of a file tells its format, for one."""
_ELSEWHERE = {("map", "format")}
"""Commands in which an option has other values than elsewhere."""


def read_defaults(command: str, tokens: Sequence[str]) -> dict[str, str]:
    """The defaults for options that the tokens after the command do not give.

    Raises UsageError for a value that the option does not take, with the variable or the line of the file. Cost: one
    look for the file on a terminal, and nothing elsewhere.
    """
    values = _read_file() if is_terminal(sys.stdout) else {}
    for name, variable in _VARIABLES.items():
        if text := os.environ.get(variable):  # an empty variable counts as none
            values[name] = text, variable
    if not values:
        return {}
    given = {token.partition("=")[0] for token in tokens}
    defaults = {}
    for name, (text, place) in values.items():
        if given.isdisjoint(_TOLD_OTHERWISE[name]) and (command, name) not in _ELSEWHERE:
            _check_value(name, text, place)
            defaults[name] = text
    return defaults


def config_path() -> str:
    """Where the file is, or would be; empty where none is wanted."""
    named = os.environ.get("DCALC_CONFIG")
    if named is not None:
        return named
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(folder, "dcalc", "config.toml")


def _read_file() -> dict[str, tuple[str, str]]:
    """Value and place by name. Raises UsageError for a file that is not TOML, and for names and values out of place."""
    path = config_path()
    if not path or not (os.path.exists(path) or "DCALC_CONFIG" in os.environ):
        return {}
    import tomllib

    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read()
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{path}, line {line[1] if line else text.count(chr(10)) + 1}"
        what = re.sub(r" \(at .*\)$", "", str(error))
        raise UsageError(f"{place}: {what[:1].lower()}{what[1:]}", help="write lines such as digits = 20") from None
    values = {}
    for name, value in table.items():
        place = f"{path}, line {_find_line(text, name)}"
        if name not in NAMES:
            from dcalc.text import did_you_mean

            message = f"{place}: no option {name} has a default"
            raise UsageError(message, help=did_you_mean(name, NAMES, f"there are {', '.join(NAMES)}"))
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise UsageError(f"{place}: {name} must be a text or a whole number", help=f'write {name} = "..."')
        values[name] = (str(value), place)
    return values


def _find_line(text: str, name: str) -> int:
    """The line on which the name is given a value."""
    pattern = re.compile(rf"\s*\[?[\"']?{re.escape(name)}\b")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def _check_value(name: str, text: str, place: str) -> None:
    """Raise UsageError where the option does not take the value."""
    try:
        _CHECKS[name](text)
    except DcalcError as error:
        raise UsageError(f"{place}: {error.message}", help=error.help) from None


def _check_format(text: str) -> None:
    from dcalc import formats

    if formats.is_picture(text):
        raise UsageError(f"{text} draws, which few commands do", help="write --format with the command, or -o FILE")


def _check_color(text: str) -> None:
    from dcalc.cli.options import COLORS

    if text not in COLORS:
        raise UsageError(f"color must be auto, always or never, not {text}", help="write always, or never")


def _check_digits(text: str) -> None:
    from dcalc.cli.options import read_digits

    read_digits(text)


def _check_notation(text: str) -> None:
    from dcalc.cli.options import read_input_notation

    read_input_notation(text)


_CHECKS: dict[str, Callable[[str], None]] = {
    "format": _check_format,
    "digits": _check_digits,
    "color": _check_color,
    "notation": _check_notation,
}
