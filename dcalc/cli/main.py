"""The entry point: tokens to an exit code, with every failure turned into words.

Imports are local throughout, so that a short call loads what it needs and no more.
"""

from __future__ import annotations

import os
import sys
from errno import ENOMEM, ENOSPC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from dcalc.errors import DcalcError
    from dcalc.io.complaints import Voice

INTERRUPTED = 130
CLOSED_PIPE = 141
DEFECT = 70
_LISTS = frozenset({"backends", "completions", "functions", "help", "schema"})


def run() -> NoReturn:
    """Run as a process of its own: `dcalc`, `python -m dcalc`."""
    import gc

    # A short call makes next to no cyclic garbage, while collecting costs a fifth of its
    # time (importing makes objects by the ten thousand); streams turn it on again.
    gc.disable()
    is_watched = sys.gettrace() is not None or sys.getprofile() is not None
    if not is_watched and _computes(sys.argv[1:]):
        from dcalc.cli.supervisor import can_supervise, supervise

        if can_supervise():
            os._exit(supervise(_work, _explain))
    code = _work(is_child=False)
    if not is_watched:
        # Taking the interpreter down object by object costs another fifth. All is flushed
        # and no file is open; a debugger or profiler still gets its orderly end.
        os._exit(code)
    sys.exit(code)


def _computes(tokens: list[str]) -> bool:
    """False for the calls that only print what is known."""
    return bool(tokens) and not tokens[0].startswith("-") and tokens[0] not in _LISTS


_ALONE = ("--json", "--format", "--digits", "--backend", "-j1", "--jobs=1")
"""Options with which a stream is not shared."""


def _reads_rows(tokens: list[str]) -> bool:
    """Whether a call seems to read points or a table from stdin and to share them, as far as a glance tells."""
    from itertools import pairwise

    pairs = {*pairwise(tokens)}
    is_table = tokens[0] == "map" and not any(map(os.path.exists, tokens))
    if not is_table and "--at=-" not in tokens and ("--at", "-") not in pairs:
        return False
    return pairs.isdisjoint({("-j", "1"), ("--jobs", "1")}) and not any(token.startswith(_ALONE) for token in tokens)


def _work(*, is_child: bool = True) -> int:
    """One command line, from its tokens to the last byte of output; its exit code."""
    # NumPy's library of linear algebra starts a thread per core as it is loaded, which takes as long as half of NumPy;
    # no matrix here is large enough for them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if is_child:
        from dcalc.io.limits import allow_limits

        allow_limits()
        sys.unraisablehook = _hear_again
        if _reads_rows(sys.argv[1:]):
            from dcalc.io.recruits import recruit

            recruit("fast" if "--fast" in sys.argv else "bound")
    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed by the reader: nothing is left to be said to it
    return code


def _hear_again(lost: sys.UnraisableHookArgs) -> None:
    """Ctrl-C and the end of time that fell into a callback, where Python drops exceptions, and says so at length."""
    import signal

    from dcalc.errors import OutOfTime

    if isinstance(lost.exc_value, KeyboardInterrupt):
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
    elif not isinstance(lost.exc_value, OutOfTime):  # which comes again by itself
        sys.__unraisablehook__(lost)


def _explain(error: DcalcError) -> int:
    """Say why the child was ended. Returns the exit code."""
    _voice(sys.argv[1:]).error(error)
    return error.exit_code


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line. Returns its exit code; prints, and raises nothing."""
    from dcalc.errors import OutOfTime
    from dcalc.io.limits import lift_limit

    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        if not tokens or tokens[0].startswith("-"):
            return _root(tokens)
        from dcalc.cli.typer_adapter import build_command, run_command

        command = build_command(tokens[0])
        if command is None:
            raise _no_command(tokens[0])
        try:
            return run_command(command, tokens[0], tokens[1:])
        finally:
            lift_limit()
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutOfTime as end:
        lift_limit()  # again, as time may be up while it is being stopped
        return _complained(end.as_error(), tokens)
    except BrokenPipeError:
        _let_go_of_stdout()
        return CLOSED_PIPE
    except Exception as problem:  # noqa: BLE001  # the promise is: no traceback reaches a user
        return _complained(problem, tokens)


def _complained(problem: Exception, tokens: list[str]) -> int:
    """`_complain`, or the bare facts where that fails too: a module is damaged, memory is gone."""
    try:
        return _complain(problem, tokens)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:  # noqa: BLE001  # the last resort imports nothing
        if isinstance(problem, MemoryError) or getattr(problem, "errno", None) == ENOMEM:
            words, code = "out of memory", 2
        elif isinstance(problem, OSError):  # no more files may be open, a disk is gone
            words, code = f"{problem.filename or 'dcalc'}: {problem.strerror}", 2
        else:
            words, code = f"internal error: {type(problem).__name__}: {problem}", DEFECT
        if sys.stderr is not None:
            sys.stderr.write(f"error: {words}\n")
        return code


def _root(tokens: list[str]) -> int:
    """`dcalc`, `dcalc --help`, `dcalc --version`."""
    if tokens[:1] in (["--version"], ["-V"]):
        from dcalc import __version__
        from dcalc.io.sink import print_text

        print_text(f"dcalc {__version__}\n")
        return 0
    from dcalc.cli import typer_adapter

    group = typer_adapter.build_group()
    if tokens and tokens[0] in ("-h", "--help"):
        group.main(args=["--help"], prog_name="dcalc", standalone_mode=False)
        return 0
    if not tokens:
        from dcalc.io.complaints import say

        with group.make_context("dcalc", [], resilient_parsing=True) as context:
            say(group.get_help(context) + "\n")
        return 2
    raise _no_root_option(tokens)


def _no_command(name: str) -> DcalcError:
    from dcalc.cli import typer_adapter
    from dcalc.errors import UsageError
    from dcalc.text import nearest

    if not name.strip():
        return UsageError("no command is given", help="see dcalc --help")
    message = f"no command named {name}"
    if name == "version":
        return UsageError(message, help="write dcalc --version")
    begun = [
        command for command in typer_adapter.command_names() if name.lower().startswith(command)
    ]  # gradient, evaluate
    if candidates := begun or nearest(name, typer_adapter.command_names(), 1):
        return UsageError(message, help=f"did you mean dcalc {candidates[0]}?")
    if not name.isalpha():
        return UsageError(message, help=f"for a derivative write dcalc diff '{name}'")
    return UsageError(message, help=f"there are {', '.join(typer_adapter.command_names())}")


def _no_root_option(tokens: list[str]) -> DcalcError:
    """For an option before the command."""
    from dcalc.cli import typer_adapter
    from dcalc.errors import UsageError
    from dcalc.text import closest_option

    token = tokens[0]
    name = token.partition("=")[0]
    if name == "-v":
        return UsageError("no option -v", help="did you mean -V for the version?")
    if not name.startswith("--") and len(name) > 2 and name[1:].lower() not in ("help", "version"):
        return UsageError(f"no command named {token}", help=f"for a derivative write dcalc diff '{token}'")
    if owners := typer_adapter.commands_with(name):
        return UsageError(f"{name} must come after the command", help=f"write {_move_option(tokens, owners)}")
    known = ["--help", "--version", *(f"--{command}" for command in typer_adapter.command_names())]
    return UsageError(f"no option {name}", help=closest_option(name, known, "see dcalc --help"))


def _move_option(tokens: list[str], owners: list[str]) -> str:
    """The call with its first option after the command, and that with a value."""
    from shlex import quote

    from dcalc.cli import typer_adapter

    name, joined, _ = tokens[0].partition("=")
    option = typer_adapter.options_of(typer_adapter.build_command(owners[0]))[name]
    given = [name]
    if option is not None and not option.is_flag:
        given = tokens[:1] if joined else [name, *(tokens[1:2] or [option.metavar])]
    return f"dcalc {owners[0]} 'x**2' {' '.join(map(quote, given))}"


def _complain(problem: Exception, tokens: list[str]) -> int:
    """Say what went wrong, in the form that the command line asks for; the exit code."""
    from dcalc.errors import DcalcError, UsageError
    from dcalc.io.complaints import internal_error

    if "--debug" in tokens:
        from traceback import format_exception

        from dcalc.io.complaints import say, spell_out

        rows = "".join(format_exception(problem)).splitlines()
        say("".join(f"{spell_out(row)}\n" for row in rows))  # it may quote what was typed
    if isinstance(problem, DcalcError):
        error = problem
    elif isinstance(problem, OSError) and problem.errno != ENOMEM:
        name = problem.filename
        if name is None and problem.errno == ENOSPC:  # of a text that Typer prints; files are named
            name = "standard output"
        if isinstance(problem, IsADirectoryError) and name is not None:
            error = UsageError(f"{name} is a folder, not a file", help=f"name a file: {os.path.join(name, 'FILE')}")
        else:
            error = UsageError(f"{'' if name is None else f'{name}: '}{problem.strerror or problem}")
    else:
        error = internal_error(problem)
    _voice(tokens).error(error)
    return error.exit_code


def _voice(tokens: list[str]) -> Voice:
    """How to complain before the options are understood, or where they are not."""
    from itertools import pairwise

    from dcalc.io.complaints import Voice

    tokens = tokens[: tokens.index("--")] if "--" in tokens else tokens
    pairs = set(pairwise(tokens))
    words = {"--json", "--format=json", "--format=jsonl"}
    json = not words.isdisjoint(tokens) or not {("--format", "json"), ("--format", "jsonl")}.isdisjoint(pairs)
    color = next((word for option, word in pairs if option == "--color"), os.environ.get("DCALC_COLOR", "auto"))
    return Voice(json=json, color=color)


def _let_go_of_stdout() -> None:
    """Point stdout elsewhere, so that what is still buffered is not tried again at the end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (AttributeError, OSError, ValueError):
        return  # no real stdout, as under a test
