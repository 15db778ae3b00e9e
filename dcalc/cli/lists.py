"""What dcalc knows, as lists: functions, backends, completion scripts."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcalc.cli.output import show
from dcalc.cli.suggest import did_you_mean, listed
from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcalc.functions import Row


def rows() -> list[Row]:
    """The functions and constants that a user can write, in the order of the table."""
    from dcalc.functions import CONSTANTS, functions

    return [*CONSTANTS.values(), *functions()]


def signature(row: Row) -> str:
    """The call as one writes it; a constant is its name."""
    return row.signature if row.args else row.name


def group(row: Row) -> str:
    """The heading that the row stands under."""
    return getattr(row, "group", "") or ("functions" if row.args else "constants")


def show_functions(name: str | None, *, json: bool = False) -> None:
    """Print all rows in short, or those of one name in full. Raises UsageError."""
    found = rows() if name is None else _named(name)
    if json:
        _show_json("functions", [_record(row) for row in found])
    elif name is None:
        width = max(len(signature(row)) for row in found)
        parts = []
        for heading, members in groupby(found, key=group):
            lines = [f"  {signature(row).ljust(width)}  {row.doc}".rstrip() for row in members]
            parts.append("\n".join([heading, *lines]))
        show("\n\n".join(parts) + "\n")
    else:
        show("\n".join(_full(row) for row in found))


def _named(name: str) -> list[Row]:
    found = [row for row in rows() if name in (row.name, *row.aliases)]
    if not found:
        known = [name for row in rows() if row.suggest for name in (row.name, *row.aliases)]
        raise UsageError(
            f"no function named {name}", help=did_you_mean(name, known, "dcalc functions lists them all")
        )
    return found


def rules(row: Row) -> dict[str, str]:
    """How the row is differentiated, as label and text."""
    if row.body:
        return {"is": row.body}
    if row.tangent:
        return {"tangent": row.tangent}
    pairs = zip(row.args, row.partials, strict=False)
    return {f"d/d{arg}": text if text is not None else "no closed form" for arg, text in pairs}


def _full(row: Row) -> str:
    facts = {
        "aliases": ", ".join(row.aliases),
        **rules(row),
        "domain": row.domain or "everywhere",
        "kinks": " or ".join(f"{text} = 0" for text in row.kinks) or "none",
        "source": row.source,
    }
    lines = [f"{label:<8}  {text}" for label, text in facts.items() if text]
    return f"{signature(row)}: {row.doc}\n" + "".join(f"  {line}\n" for line in lines)


def _record(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "signature": signature(row),
        "group": group(row),
        "aliases": list(row.aliases),
        "doc": row.doc,
        "rules": rules(row),
        "domain": row.domain or None,
        "kinks": list(row.kinks),
        "source": row.source,
    }


def backends() -> list[tuple[str, str, str]]:
    """Name, what it is, and the orders that it can do."""
    from dcalc.backends import load, names

    found = []
    for name in names():
        module = load(name)
        what = (module.__doc__ or "").strip().partition("\n")[0]
        found.append((name, what, module.ORDERS))
    return found


def show_backends(*, json: bool = False) -> None:
    """Print the backends."""
    found = backends()
    if json:
        keys = ("name", "doc", "orders")
        _show_json("backends", [dict(zip(keys, one, strict=True)) for one in found])
        return
    width = max(len(name) for name, _, _ in found)
    show("".join(f"{name:<{width}}  {what}\n{'':<{width}}  orders: {order}\n" for name, what, order in found))


def show_completions(shell: str | None) -> None:
    """Print the completion script of a shell. Raises UsageError."""
    from dcalc.cli.shells import FILES

    if shell not in FILES:
        otherwise = f"there are {listed(list(FILES), 'and')}"
        message = "no shell is named" if shell is None else f"no completions for {shell}"
        raise UsageError(message, help=did_you_mean(shell or "", FILES, otherwise))
    show((folder() / FILES[shell]).read_text(encoding="utf-8"))


def folder() -> Path:
    """The completions: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "completions"
    return inside if inside.is_dir() else package.parent / "completions"


def _show_json(command: str, records: Iterable[dict[str, Any]]) -> None:
    from json import dumps

    lines = ",\n".join(map(dumps, records))
    show(f'{{"schema": 1, "command": "{command}", "records": [\n{lines}\n]}}\n')
