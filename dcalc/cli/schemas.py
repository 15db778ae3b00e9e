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


def read_own_keys(command: str) -> Mapping[str, Field] | None:
    """The keys that a command adds to those of all records: the `RECORD` of the analysis of its name, or None."""
    name = f"dcalc.analysis.{command}"
    return import_module(name).RECORD if find_spec(name) is not None else None


def read_keys(command: str) -> Mapping[str, Field] | None:
    """All keys of a command's records; None where it has none. A list (`dcalc functions`) has its own alone."""
    listed: Mapping[str, Field] | None = getattr(typer_adapter.load_command(command), "RECORD", None)
    own = read_own_keys(command)
    return listed if own is None else {**ENVELOPE, **own}


def make_command_schema(command: str, *, closed: bool = False) -> dict[str, Any]:
    """The schema of a record of the command. Raises UsageError where it has none."""
    exists = typer_adapter.find_command(command) is not None
    keys = read_keys(command) if exists else None
    if keys is None:
        known = [name for name in typer_adapter.command_names() if read_keys(name)]
        message = f"{command} has no records" if exists else f"no command named {command}"
        raise UsageError(message, help=did_you_mean(command, known, f"there are records of {', '.join(known)}"))
    alternatives = (keys, FAILURE) if read_own_keys(command) else (keys,)
    return make_record_schema(f"A record of dcalc {command}", alternatives, closed=closed)
