"""The entry point: tokens to an exit code, with every failure turned into words.

Imports are local throughout, so that a short call loads what it needs and no more.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from dcalc.cli.complain import Voice
    from dcalc.errors import DcalcError

INTERRUPTED = 130
CLOSED_PIPE = 141


def run() -> NoReturn:
    """Run as a process of its own: `dcalc`, `python -m dcalc`."""
    import gc

    # A short call makes next to no cyclic garbage, while collecting costs a fifth of its
    # time (importing makes objects by the ten thousand); streams turn it on again.
    gc.disable()
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed by the reader: nothing is left to be said to it
    if sys.gettrace() is None and sys.getprofile() is None:
        # Taking the interpreter down object by object costs another fifth. All is flushed
        # and no file is open; a debugger or profiler still gets its orderly end.
        os._exit(code)
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line. Returns its exit code; prints, and raises nothing."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(tokens)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return CLOSED_PIPE
    except Exception as problem:  # noqa: BLE001  # the promise is: no traceback reaches a user
        return _complain(problem, tokens)


def _dispatch(tokens: list[str]) -> int:
    if not tokens or tokens[0].startswith("-"):
        return _root(tokens)
    from dcalc.cli import tree

    name, *rest = tokens
    if not tree.exists(name):
        raise _no_command(name)
    return _invoke(name, rest)


def _invoke(name: str, tokens: list[str]) -> int:
    """Run a command on the tokens after it."""
    from typer import Exit

    from dcalc.cli import tree
    from dcalc.cli.argv import shield

    command = tree.build(name)
    arguments = sum(param.param_type_name == "argument" for param in command.params)
    shielded = shield(tokens, name, tree.options_of(command), arguments)
    try:
        # Not by `command.main`, which has its own ideas of closed pipes and Ctrl-C.
        with command.make_context(f"dcalc {name}", shielded) as context:
            code = command.invoke(context)
    except Exit as done:
        return done.exit_code
    except tree.USAGE_ERROR as error:
        raise _translated(error, name) from error
    return code if isinstance(code, int) else 0


def _translated(error: Any, name: str) -> DcalcError:
    """Typer's usage error in the words of dcalc's others."""
    from dcalc.errors import UsageError

    message = error.message.rstrip(".")
    return UsageError(message[:1].lower() + message[1:], help=f"see dcalc {name} --help")


def _root(tokens: list[str]) -> int:
    """`dcalc`, `dcalc --help`, `dcalc --version`."""
    if tokens[:1] == ["--version"]:
        from dcalc import __version__
        from dcalc.cli.output import show

        show(f"dcalc {__version__}\n")
        return 0
    from dcalc.cli import tree

    group = tree.build_all()
    if tokens and tokens[0] in ("-h", "--help"):
        group.main(args=["--help"], prog_name="dcalc", standalone_mode=False)
        return 0
    if not tokens:
        from dcalc.cli.complain import say

        with group.make_context("dcalc", [], resilient_parsing=True) as context:
            say(group.get_help(context) + "\n")
        return 2
    raise _no_root_option(tokens[0])


def _no_command(name: str) -> DcalcError:
    from dcalc.cli import tree
    from dcalc.cli.suggest import nearest
    from dcalc.errors import UsageError

    found = nearest(name, tree.names(), 1)
    if found:
        return UsageError(f"no command named {name}", help=f"did you mean dcalc {found[0]}?")
    if not name.isalpha():
        return UsageError(f"no command named {name}", help=f"for a derivative write dcalc diff '{name}'")
    return UsageError(f"no command named {name}", help=f"there are {', '.join(tree.names())}")


def _no_root_option(token: str) -> DcalcError:
    """For an option before the command."""
    from dcalc.cli import tree
    from dcalc.cli.suggest import did_you_mean
    from dcalc.errors import UsageError

    name = token.partition("=")[0]
    if not name.startswith("--") and len(name) > 2 and name[1:].lower() not in ("help", "version"):
        return UsageError(f"no command named {token}", help=f"for a derivative write dcalc diff '{token}'")
    if any(name in tree.options_of(tree.build(command)) for command in tree.names()):
        return UsageError(f"{name} stands after the command", help=f"write dcalc diff 'x**2' {name}")
    known = ["--help", "--version", *(f"--{command}" for command in tree.names())]
    return UsageError(f"no option {name}", help=did_you_mean(name, known, "see dcalc --help"))


def _complain(problem: Exception, tokens: list[str]) -> int:
    """Say what went wrong, in the form that the command line asks for; the exit code."""
    from dcalc.errors import DcalcError, UsageError

    if "--debug" in tokens:
        import traceback

        traceback.print_exception(problem)
    if isinstance(problem, DcalcError):
        error = problem
    elif isinstance(problem, OSError):
        place = f"{problem.filename}: " if problem.filename is not None else ""
        error = UsageError(f"{place}{problem.strerror or problem}")
    else:
        from dcalc.cli.deliver import internal

        error = internal(problem)
    _voice(tokens).error(error)
    return error.exit_code


def _voice(tokens: list[str]) -> Voice:
    """How to complain before the options are understood, or where they are not."""
    from itertools import pairwise

    from dcalc.cli.complain import Voice
    from dcalc.cli.output import colored

    tokens = tokens[: tokens.index("--")] if "--" in tokens else tokens
    pairs = set(pairwise(tokens))
    words = {"--json", "--format=json", "--format=jsonl"}
    json = not words.isdisjoint(tokens) or not {("--format", "json"), ("--format", "jsonl")}.isdisjoint(pairs)
    choice = next((word for option, word in pairs if option == "--color"), "auto")
    return Voice(json=json, color=colored(choice, sys.stderr))


def _let_go_of_stdout() -> None:
    """Point stdout elsewhere, so that what is still buffered is not tried again at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (AttributeError, OSError, ValueError):
        return  # no real stdout, as under a test
