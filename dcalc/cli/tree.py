"""The command tree. A command is imported, and known to Typer, only when it is needed.

Twenty registered commands would cost more than all the rest of a short run, so the one
that is named gets a Typer application of its own; the whole tree is built for --help,
for completions, and to say what a wrong word may have meant.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import typer

from dcalc.cli import commands

if TYPE_CHECKING:
    from types import ModuleType

# Typer brings a click of its own under a private name: its errors are reached as bases
# of the one that it exports.
USAGE_ERROR: type[Any] = typer.BadParameter.__bases__[0]

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
  1   a verdict says no; or one of several has no answer
  2   the call or the expression is wrong, or over a limit
  3   no derivative there, or none that fits a double, or undecided
  4   the backend that was asked alone cannot do this
  70  a defect of dcalc

'dcalc COMMAND --help' shows the options of a command."""


def exists(name: str) -> bool:
    """True where there is a command of that name; imports nothing."""
    return name.isidentifier() and find_spec(f"{commands.__name__}.{name}") is not None


def names() -> list[str]:
    """All commands in the order of --help. Imports them all."""
    from pkgutil import iter_modules

    found = [module.name for module in iter_modules(commands.__path__)]
    return sorted(found, key=lambda name: (load(name).PLACE, name))


def owners(option: str) -> list[str]:
    """The commands that have the option. Builds them all."""
    return [name for name in names() if option in options_of(build(name))]


def load(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f"{commands.__name__}.{name}")


def _application() -> typer.Typer:
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def _register(app: typer.Typer, name: str) -> None:
    module = load(name)
    lines = "".join(f"\n  {line}" for line in getattr(module, "EXAMPLES", ()))
    epilog = f"\b\nExamples:{lines}" if lines else None
    app.command(name, epilog=epilog, context_settings=_SETTINGS)(module.command)


def build(name: str) -> Any:
    """Typer's command object for one command."""
    app = _application()
    _register(app, name)
    return typer.main.get_command(app)


def build_all() -> Any:
    """Typer's group of all commands: for help and completions, never to run one."""
    app = _application()

    @app.callback(help=ROOT_HELP, epilog=ROOT_EPILOG, context_settings=_SETTINGS, no_args_is_help=False)
    def _root(version: bool = typer.Option(False, "--version", help="Print the version and exit.")) -> None:
        """Only shown: `main` answers --version without Typer."""

    for name in names():
        _register(app, name)
    return typer.main.get_command(app)


def options_of(command: Any) -> dict[str, Any]:
    """The declared options of a command by every name they have, --help among them."""
    found = {name: param for param in command.params for name in param.opts if name.startswith("-")}
    return {**found, "-h": None, "--help": None}
