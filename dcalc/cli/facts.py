"""What dcalc knows of its functions and backends, as plain texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcalc.functions import Row


NO_CLOSED_FORM = "no closed form"


def rows() -> list[Row]:
    """The functions and constants that a user can write, in the order of the table."""
    from dcalc.functions import CONSTANTS, functions

    return [*CONSTANTS.values(), *functions()]


def signature(row: Row) -> str:
    """The call as one writes it; a constant is its name."""
    return row.signature if row.args else row.name


def rules(row: Row) -> dict[str, str]:
    """How the row is differentiated, as label and text."""
    if row.body:
        return {"is": row.body}
    if row.tangent:
        return {"tangent": row.tangent}
    pairs = zip(row.args, row.partials, strict=False)
    return {f"d/d{arg}": text if text is not None else NO_CLOSED_FORM for arg, text in pairs}


def record(row: Row) -> dict[str, Any]:
    """The row as JSON shows it."""
    return {
        "name": row.name,
        "signature": signature(row),
        "group": row.section,
        "aliases": list(row.aliases),
        "doc": row.doc,
        "rules": rules(row),
        "domain": row.domain or None,
        "kinks": [row.kinks] if row.kinks else [],
        "elsewhere": row.elsewhere or None,
        "source": row.source,
    }


def backends() -> list[tuple[str, str, str]]:
    """Name, what it is, and the orders that it can do."""
    from dcalc.backends import load, names

    found = []
    for name in names():
        module = load(name)
        what = (module.__doc__ or "").strip().partition("\n")[0]
        found.append((name, what, str(module.CAPABILITIES)))
    return found
