"""Typer, which parses the options, and what stands between it and dcalc.

Each departure from plain Typer is here, and has its reason:

- **One application a call.** Registering twenty commands with a dozen options each costs more than all the
  rest of a short run, so only the command that is named is imported and registered (`build_command`); the
  whole tree (`build_group`) is built for --help, for completions, and to say what a wrong word may mean.
- **Options first.** An expression may begin with a minus: Typer reads `-sin(x)` as a bundle of short
  options and `-2*q` as -2 and -q. `put_options_first` tells which tokens are options, and puts all others behind
  a `--`, where Typer takes them as they are.
- **Errors in our words.** What is wrong with options is said before Typer sees them, with the nearest
  option or the command that has it. What Typer still finds wrong comes as one of click's exceptions, of
  which Typer brings a copy under a private name: they are reached as bases of the one that it exports.
- **Invoked, not called.** `command.main()` would handle closed pipes and Ctrl-C in its own way and exit.
- **No Rich, no completions of Typer's.** With markup Typer imports Rich for each call, 40 ms; its
  completions start Python at each Tab, while ours are shell scripts (`dcalc.cli.shells`).
- **Defaults from outside.** Some options have defaults from the environment (`DCALC_FORMAT=json`), and from a file
  of the user's: `read_defaults` looks for them where the command line does not give the option.
- **Options stated once.** Typer reads options off a signature, which cannot hold a group of them:
  `spread_options` makes the signature of a command that has parameters which are such groups.

Typer 0.29 imports pydantic when a command runs, 58 ms, hence the bound in pyproject.toml.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections import deque
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import typer

from dcalc.cli import commands
from dcalc.errors import DcalcError, UsageError
from dcalc.io.sink import is_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Command = Callable[..., int]
_UsageError: type[Any] = typer.BadParameter.__bases__[0]
_APPLICATION: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False, "add_completion": False}
_SETTINGS = {"help_option_names": ["-h", "--help"]}

ROOT_HELP = """Derivatives that are right to the last digit, or the reason why there is none.

An expression holds *, ( and other characters that a shell would act on: put it in
single quotes, 'x**2*sin(x)', which a shell leaves alone."""

ROOT_EPILOG = """\b
Examples:
  dcalc diff 'x**2*sin(x)'
  dcalc diff 'x**2*sin(x)' --at 1.0
  dcalc grad 'x**2*y + sin(x*y)' --at x=1,y=2
  seq 0 0.1 10 | dcalc diff 'sin(x)/x' --at -

\b
Exit status:
  0   answered
  1   a negative verdict, or one of several has no answer
  2   a wrong call or expression, or a limit
  3   no derivative, none in a double, or not decided
  4   the one backend that was asked cannot do this
  70  a defect in dcalc
  130 interrupted ('dcalc help exit-codes')

'dcalc COMMAND --help' shows the options of a command, 'dcalc help' lists pages
on topics."""


# --- the commands -----------------------------------------------------------------------------


def command_names() -> list[str]:
    """All commands in the order of --help. Imports them all."""
    from pkgutil import iter_modules

    from dcalc import analysis

    names = {module.name for folder in (commands, analysis) for module in iter_modules(folder.__path__)}
    loaded = {name: module for name in names if (module := find_command(name)) is not None}
    return sorted(loaded, key=lambda name: (loaded[name].PLACE, name))


def commands_with(option: str) -> list[str]:
    """The commands that have the option. Builds them all."""
    return [name for name in command_names() if option in options_of(build_command(name))]


def find_command(name: str) -> Any:
    """The module of a command, or what stands for it where an analysis needs no options of its own; else None."""
    path = f"{commands.__name__}.{name}"
    if not name.isidentifier():
        return None
    if find_spec(path) is not None:
        return import_module(path)
    from dcalc.cli.default_command import find_analysis, make_command

    analysis = find_analysis(name)
    return None if analysis is None else make_command(analysis)


def load_command(name: str) -> Any:
    """The same for a name that is known to be a command's. Raises LookupError for any other."""
    command = find_command(name)
    if command is None:
        raise LookupError(f"no command named {name}")
    return command


def run_command(command: Any, name: str, tokens: Sequence[str]) -> int:
    """Run a command that was built on the tokens after its name. Returns its exit code; raises DcalcError."""
    arguments = [param.metavar for param in command.params if param.param_type_name == "argument"]
    ordered = put_options_first(tokens, name, options_of(command), arguments)
    defaults = read_defaults(name, tokens)
    try:
        with command.make_context(f"dcalc {name}", ordered, default_map=defaults) as context:
            code = command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except _UsageError as error:
        message = error.message.rstrip(".")
        raise UsageError(message[:1].lower() + message[1:], help=f"see dcalc {name} --help") from error
    return code if isinstance(code, int) else 0


@cache
def build_command(name: str) -> Any:
    """Typer's command object for one command; None where there is none of that name.

    It is built once, as a program may make thousands of calls.
    """
    module = find_command(name)
    if module is None:
        return None
    examples: Sequence[str] = getattr(module, "EXAMPLES", ())
    epilog = "\n  ".join(["\b\nExamples:", *examples]) if examples else None
    app = typer.Typer(**_APPLICATION)
    app.command(name, epilog=epilog, context_settings=_SETTINGS)(module.command)
    return typer.main.get_command(app)


def build_group() -> Any:
    """Typer's group of all commands: for help and completions, never to run one."""
    app = typer.Typer(**_APPLICATION)

    @app.callback(help=ROOT_HELP, epilog=ROOT_EPILOG, context_settings=_SETTINGS, no_args_is_help=False)
    def _root(version: bool = typer.Option(False, "-V", "--version", help="Print the version and exit.")) -> None:
        """Only shown: `main` answers --version without Typer."""

    group = typer.main.get_group(app)
    for name in command_names():
        group.add_command(build_command(name), name)
    return group


def options_of(command: Any) -> dict[str, Any]:
    """The declared options of a command by every name they have, --help among them."""
    options: dict[str, Any] = {"-h": None, "--help": None}
    for param in command.params:
        for name in param.opts:
            if name.startswith("-"):
                options[name] = param
    return options


def spread_options(command: Command, ending: str) -> Command:
    """A command with the options of groups in the places of its parameters that are annotated with these.

    A group is a NamedTuple whose annotations are options; the command is passed one of its values. The help of the
    command is its docstring, and the ``ending``.
    """
    options: list[inspect.Parameter] = []
    groups: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {}
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        group = parameter.annotation
        if isinstance(group, type) and issubclass(group, tuple):
            fields = inspect.signature(group).parameters
            groups[name] = group, tuple(fields)
            options += fields.values()
        else:
            options.append(parameter.replace(kind=parameter.POSITIONAL_OR_KEYWORD))
    # A text that is a default is left to Python: Typer would have it parsed as if it were given.
    options = [option.replace(default=None) if isinstance(option.default, str) else option for option in options]

    def run(**values: Any) -> int:
        given = {name: value for name, value in values.items() if value is not None}
        for name, (group, fields) in groups.items():
            given[name] = group(**{field: given.pop(field) for field in fields if field in given})
        return command(**given)

    run.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]  # functions may have one
    run.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n{ending}"
    return run


# --- tokens -----------------------------------------------------------------------------------


def put_options_first(
    tokens: Sequence[str], command: str, options: Mapping[str, Any], arguments: Sequence[str]
) -> list[str]:
    """The options with their values, then a `--` and the arguments, some of which may begin with a minus.

    ``options`` maps every declared spelling to Typer's option (None: a flag); ``arguments``
    holds the metavars of what the command takes beside its options (`EXPR...`: any number). Raises
    UsageError for a `--token` that nobody declared, for a missing value, and for a token too many.
    """
    given: list[str] = []
    plain: list[str] = []
    after: list[str] = []
    rest = deque(tokens)
    while rest:
        token = rest.popleft()
        if token == "--":
            after = list(rest)
            break
        if token in options or (token.startswith("-") and _is_joined_option(token, command, options)):
            given += _take_option(token, options, rest)
        else:
            plain.append(token)
    extra = len(plain) + len(after) - len(arguments)
    if extra > 0 and arguments[-1:] != ["EXPR..."] and "--help" not in tokens and "-h" not in tokens:
        error = _misread_option(plain, command, options)
        raise error or _too_many([*plain, *after], command, arguments, options, "--at" in tokens)
    return [*given, "--", *plain, *after]


_POINTS = ("--at", "--from")
_COORDINATE = r"[^\W\d]\w*=(?:[-+*/^().,:\d\s_]|e|pi|tau|sqrt)+"


def _join_points(points: str, rest: deque[str]) -> str:
    """The value of --at with what follows as a part of it, `x=1 y=2`: no expression is an equation with a number."""
    while rest and (("=" in points and re.fullmatch(_COORDINATE, rest[0])) or points.rstrip().endswith(",")):
        points = f"{points} {rest.popleft()}"
    return points


def _is_joined_option(token: str, command: str, options: Mapping[str, Any]) -> bool:
    """Whether a token is an option together with its value: `--at=1`, `-n2`."""
    if token.startswith("--"):
        if (name := token.partition("=")[0]) not in options:
            raise unknown_option(name, command, options)
        return True
    option, value = options.get(token[:2]), token[2:]
    counts = option is not None and not option.is_flag and option.type.name == "whole_number"
    return counts and value.isascii() and value.isdigit()


def _take_option(token: str, options: Mapping[str, Any], rest: deque[str]) -> list[str]:
    """An option, with the token after it where it takes one."""
    name, joined, value = token.partition("=")
    option: Any = options.get(name)
    takes_value = option is not None and not option.is_flag
    if joined and token.startswith("--"):
        if not takes_value:
            raise UsageError(f"{name} takes no value, but got {token}", help=f"write {name} alone")
        if not value and not option.multiple:
            raise _no_value(name, option)
        return [_join_points(token, rest) if name in _POINTS else token]
    if token not in options or not takes_value:
        return [token]
    following = rest.popleft() if rest else None
    if following is None or following in options or not (following or option.multiple):
        raise _no_value(name, option)
    return [token, _join_points(following, rest) if rest and name in _POINTS else following]


def _no_value(name: str, option: Any) -> UsageError:
    return UsageError(f"{name} needs a value", help=f"write {name} {option.metavar or 'VALUE'}")


def unknown_option(name: str, command: str, options: Mapping[str, Any]) -> UsageError:
    """The error for an option, `--name` or `-n`, that the command does not have."""
    from dcalc.text import closest_option, join_words

    message = f"{command} has no option {name}"
    if instead := getattr(load_command(command), "INSTEAD", {}).get(name):
        return UsageError(message, help=instead)
    if name[2:] in command_names():
        return UsageError(message, help=f"did you mean the command: dcalc {name[2:]}?")
    if "--at" in options and (name in ("--point", "--points", "--value") or re.fullmatch(r"--[^\W\d]", name)):
        point = f"{name[2:]}=1" if len(name) == len("--x") else "1"
        return UsageError(message, help=f"for a point write --at {point}")
    if owners := commands_with(name):
        return UsageError(message, help=f"{join_words(owners, 'and')} {'has' if len(owners) == 1 else 'have'} it")
    if not name.startswith("--"):
        return UsageError(message, help=f"see dcalc {command} --help")
    if name == "--version":
        return UsageError(message, help="write dcalc --version")
    otherwise = f"see dcalc {command} --help; write an expression that begins with -- after --: -- '{name}'"
    return UsageError(message, help=closest_option(name, options, otherwise))


_DATA = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".txt", ".dat")
"""Suffixes of files that hold points or rows; no expression ends in one."""


def _place_for(token: str, options: Mapping[str, Any]) -> str | None:
    """The option that reads what stands among the arguments: stdin, or a file."""
    if not token.lower().endswith(_DATA) and not (os.path.isfile(token) and "=" not in token):
        return "--at -" if token == "-" and "--at" in options else None
    reader = next((option for option in ("--in", "--data") if option in options), None)
    return f"{reader} {token}" if reader else f"--at - < {token}" if "--at" in options else None


_NUMBER = r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?"
_AS_POINT = rf"(?:(?:at|@|for|where|when) )?((?:[^\W\d]\w* ?= ?)?{_NUMBER})"
"""A point after the expression, as people say it: `at 2`, `x = 2`, `2`."""


def _too_many(
    plain: Sequence[str], command: str, arguments: Sequence[str], options: Mapping[str, Any], is_placed: bool
) -> UsageError:
    """The error for a token too many; ``is_placed`` tells that there is an --at, to which it may belong."""
    if not arguments:
        return UsageError(f"{command} takes no argument, but got {plain[0]}", help=f"see dcalc {command} --help")
    if len(arguments) > 1:
        shown = " and ".join(arguments)
        message = f"{command} takes {len(arguments)} arguments, {shown}, but got {len(plain)}"
        second = "FILE" if "FILE" in arguments else "'2*x'"
        return UsageError(message, help=f"put each expression in single quotes: dcalc {command} 'x**2' {second}")
    from dcalc.text import join_words, some

    message = f"{command} takes one argument, but got {len(plain)}: {join_words(some(plain), 'and')}"
    if arguments[0] != "EXPR":
        return UsageError(message, help=f"ask for one at a time: dcalc {command} {plain[0]}")
    values = [token.strip() for token in plain[1:]]
    if "--at" in options and not is_placed and (point := re.fullmatch(_AS_POINT, " ".join(values))):
        return UsageError(message, help=f"for a point write --at {point[1].replace(' ', '')}")
    if is_placed and all(re.fullmatch(_NUMBER, value) for value in values):
        alone = "".join(f" --at {value}" for value in values)
        many = "two" if len(values) == 1 else f"{len(values) + 1}"
        help = f"write --at 1,{','.join(values)} for {many} variables, or --at 1{alone} for {many} points"
        return UsageError(message, help=help)
    if len(plain) == 2 and (place := _place_for(plain[1], options)):
        return UsageError(message, help=f"write dcalc {command} '{plain[0]}' {place}")
    return UsageError(message, help=f"put the whole expression in single quotes: '{' '.join(plain)}'")


def _misread_option(plain: Sequence[str], command: str, options: Mapping[str, Any]) -> UsageError | None:
    """The error for a token too many that is not an expression: `-json`, `-v`, or `-n` for a command without it."""
    for token in plain:
        if f"-{token}" in options and token.startswith("-"):
            return UsageError(f"{command} has no option {token}", help=f"did you mean -{token}?")
        word, digits = token[:2], token[2:]
        if word in options and digits.isdigit():
            return UsageError(f"{word} takes no value, but got {token}", help=f"write {word} alone")
        if token.startswith("-") and (token[1:].isalpha() or (word[1:].isalpha() and digits.isdigit())):
            return unknown_option(word if digits.isdigit() else token, command, options)
    return None


# --- defaults from outside --------------------------------------------------------------------

# An option on the command line comes first, the environment next, the file last. The file is for people: it counts
# where stdout is a terminal, so that a script gets the same output on every machine. `DCALC_CONFIG` names another
# file, and none where it is empty.

DEFAULT_NAMES = ("format", "digits", "color", "notation")
"""The options that may have a default."""
_VARIABLES = {name: f"DCALC_{name.upper()}" for name in DEFAULT_NAMES}
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
        if name not in DEFAULT_NAMES:
            from dcalc.text import did_you_mean

            message = f"{place}: no option {name} has a default"
            raise UsageError(message, help=did_you_mean(name, DEFAULT_NAMES, f"there are {', '.join(DEFAULT_NAMES)}"))
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
