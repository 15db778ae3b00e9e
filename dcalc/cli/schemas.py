"""Which keys the records of each command have, and their JSON Schema."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dcalc.cli import typer_adapter
from dcalc.errors import UsageError
from dcalc.schema import ENVELOPE, FAILURE, make_record_schema
from dcalc.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcalc.finding import Field


def read_own_keys(command: str) -> tuple[Mapping[str, Field], ...]:
    """The keys that a command adds to those of all records; one set for each kind of its records.

    They are the `RECORD` of the analysis of that name, or of those named by `ANALYSES` in the command's module.
    Empty where the command has no records.
    """
    names = getattr(typer_adapter.load_command(command), "ANALYSES", (command,))
    analyses = [import_module(f"dcalc.analysis.{name}") for name in names if find_spec(f"dcalc.analysis.{name}")]
    return tuple(analysis.RECORD for analysis in analyses if hasattr(analysis, "RECORD"))


def read_keys(command: str) -> tuple[Mapping[str, Field], ...]:
    """All keys of a command's records, in order; those of a list (`dcalc functions`) are its own alone."""
    whole = getattr(typer_adapter.load_command(command), "RECORD", None)
    if whole is not None:
        return (whole,)
    before = {key: field for key, field in ENVELOPE.items() if key != "notes"}
    return tuple({**before, **own, "notes": ENVELOPE["notes"]} for own in read_own_keys(command))


def make_command_schema(command: str, *, closed: bool = False) -> dict[str, Any]:
    """The schema of a record of the command. Raises UsageError where it has none."""
    alternatives = read_keys(command) if typer_adapter.command_exists(command) else ()
    if not alternatives:
        known = [name for name in typer_adapter.command_names() if read_keys(name)]
        message = f"{command} has no records" if typer_adapter.command_exists(command) else f"no command named {command}"
        otherwise = f"there are records of {', '.join(known)}"
        raise UsageError(message, help=did_you_mean(command, known, otherwise))
    if alternatives[0] is not getattr(typer_adapter.load_command(command), "RECORD", None):
        alternatives = (*alternatives, FAILURE)
    return make_record_schema(f"A record of dcalc {command}", alternatives, closed=closed)
