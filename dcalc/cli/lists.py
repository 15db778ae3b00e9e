"""What dcalc knows of its functions and backends, as plain texts."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError
from dcalc.finding import Field
from dcalc.io.complaints import terminal_width
from dcalc.io.sink import is_terminal, print_text
from dcalc.text import did_you_mean, join_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcalc.functions import Row
    from dcalc.problem import Capabilities


_NARROWEST = 24
"""Columns that a text has beside its head even where the terminal has fewer."""
NO_CLOSED_FORM = "no closed form"
FUNCTION_RECORD = {
    "name": Field("string", "the name of the function or constant"),
    "signature": Field("string", "the call as one writes it"),
    "group": Field("string", "the section of the table"),
    "aliases": Field("[string]", "other names for it"),
    "doc": Field("string", "what it is"),
    "rules": Field("{string}", "the partial derivatives as `d/dNAME`, or `is` and a composition, or a `tangent`"),
    "domain": Field("string | null", "where it is defined; null for everywhere"),
    "kinks": Field("[string]", "expressions among whose zeros are all its kinks and jumps"),
    "elsewhere": Field("string | null", "what other programs take for the derivative at a kink"),
    "source": Field("string", "where the definition or the derivative stands"),
}
BACKEND_RECORD = {
    "name": Field("string", "what --backend takes"),
    "doc": Field("string", "what the method is"),
    "orders": Field("string", "the orders it can do, in words"),
    "lowest_order": Field("integer", "the lowest of them"),
    "highest_order": Field("integer | null", "the highest; null where there is no end"),
    "mixed": Field("boolean", "whether it takes derivatives by several variables"),
    "tolerance": Field("number", "the relative error that it may have where nothing cancels"),
    "needs": Field("string", "`analytic` where f must have a complex continuation, else empty"),
    "certified": Field("boolean", "whether every digit is proved"),
    "guarded": Field("boolean", "whether it gives no number outside of the domain of f"),
    "package": Field("string | null", "the package that must be installed; null for methods of dcalc's own"),
    "installed": Field("boolean", "whether it is"),
    "install": Field("string | null", "the command that installs it"),
    "dtypes": Field("[string]", "the precisions it computes in"),
}


def list_rows() -> list[Row]:
    """The functions and constants that a user can write, in the order of the table."""
    from dcalc.functions import CONSTANTS, functions

    return [*CONSTANTS.values(), *functions()]


def signature(row: Row) -> str:
    """The call as one writes it; a constant is its name."""
    return row.signature if row.args else row.name


def rules_of(row: Row) -> dict[str, str]:
    """How the row is differentiated, as label and text."""
    if row.body:
        return {"is": row.body}
    if row.tangent:
        return {"tangent": row.tangent}
    pairs = zip(row.args, row.partials, strict=False)
    return {f"d/d{arg}": text if text is not None else NO_CLOSED_FORM for arg, text in pairs}


def row_record(row: Row) -> dict[str, Any]:
    """The row as JSON shows it."""
    return {
        "name": row.name,
        "signature": signature(row),
        "group": row.section,
        "aliases": list(row.aliases),
        "doc": row.doc,
        "rules": rules_of(row),
        "domain": row.domain or None,
        "kinks": [row.kinks] if row.kinks else [],
        "elsewhere": row.elsewhere or None,
        "source": row.source,
    }


def list_backends() -> list[tuple[str, str, Capabilities]]:
    """Each backend: its name, what it is, and what it can do. Engines of other people are the last."""
    from dcalc.backends import engine_names, load, names

    rows = []
    for name in (*names(), *engine_names()):
        module = load(name)
        what = (module.__doc__ or "").strip().partition("\n")[0]
        rows.append((name, what, module.CAPABILITIES))
    return rows


def backend_record(name: str, what: str, can: Capabilities) -> dict[str, Any]:
    """A backend as JSON shows it."""
    from dcalc.backends import install_line, is_installed

    lowest, highest = can.orders
    return {
        "name": name, "doc": what, "orders": str(can), "lowest_order": lowest, "highest_order": highest,
        "mixed": can.mixed, "tolerance": can.tolerance, "needs": can.needs, "certified": can.certified,
        "guarded": can.guarded, "package": can.package or None, "installed": is_installed(name),
        "install": install_line(name) if can.package else None, "dtypes": list(can.dtypes),
    }  # fmt: skip


# --- Lists on stdout: functions, backends, completion scripts.


def show_functions(name: str | None, *, json: bool) -> None:
    """Print all rows in short, or those of one name in full. Raises UsageError."""
    rows = list_rows() if name is None else _find_rows(name)
    if json:
        _show_json("functions", [row_record(row) for row in rows])
    elif name is None:
        width = max(len(signature(row)) for row in rows)
        parts = []
        for heading, members in groupby(rows, key=lambda row: row.section):
            lines = [line for row in members for line in _hang(f"  {signature(row).ljust(width)}  ", row.doc)]
            parts.append("\n".join([heading, *lines]))
        print_text("\n\n".join(parts) + "\n")
    else:
        print_text("\n".join(_describe_row(row) for row in rows))


def _find_rows(name: str) -> list[Row]:
    """The rows of a name or alias. Raises UsageError where there are none, with close names."""
    rows = [row for row in list_rows() if name in (row.name, *row.aliases)]
    if not rows:
        if not name.strip():
            raise UsageError("no function is given", help="dcalc functions lists them all")
        from dcalc.tensor.operations import OPERATIONS

        if (operation := OPERATIONS.get(name)) is not None:
            raise UsageError(f"{name} is a function of arrays: {operation.doc}", help="see dcalc help arrays")
        guesses = _guess_names(name)
        fix = f"did you mean {join_words(guesses)}?" if guesses else "dcalc functions lists them all"
        raise UsageError(f"no function named {name}", help=fix)
    return rows


def _guess_names(name: str) -> list[str]:
    """What was meant by a name that no function has, as the parser sees it."""
    from dcalc.functions import BY_NAME
    from dcalc.parser.calls import NAMES, close_names

    folded = name.lower()
    if folded in NAMES:
        return [NAMES[folded]]
    same = [known for known, list_rows in BY_NAME.items() if known.lower() == folded and list_rows[0].suggest]
    return same[:1] or close_names(folded)


def _describe_row(row: Row) -> str:
    facts = {
        "aliases": ", ".join(row.aliases),
        **rules_of(row),
        "domain": row.domain or "everywhere",
        "kinks": f"{row.kinks} = 0" if row.kinks else "none",
        "there": row.elsewhere,
        "source": row.source,
    }
    lines = [f"{label:<8}  {text}" for label, text in facts.items() if text]
    return f"{signature(row)}: {row.doc}\n" + "".join(f"  {line}\n" for line in lines)


def show_backends(*, json: bool) -> None:
    """Print the backends."""
    rows = list_backends()
    if json:
        _show_json("backends", [backend_record(*row) for row in rows])
        return
    width = max(len(name) for name, _, _ in rows)
    lines = []
    for name, what, can in rows:
        lines += [*_hang(f"{name:<{width}}  ", what), *_hang(" " * (width + 2), f"orders: {can}")]
        if can.package:
            lines += _hang(" " * (width + 2), _describe_installation(name, can))
    print_text("\n".join(lines) + "\n")


def _hang(head: str, text: str) -> list[str]:
    """A text beside its head; on a terminal wrapped to its width, with the head's width as indent."""
    if not is_terminal(sys.stdout):
        return [f"{head}{text}".rstrip()]
    from dcalc.formats.common.tables import wrap  # pipes do without

    room = max(terminal_width(sys.stdout) - len(head), _NARROWEST)
    first, *rest = wrap(text, room) if len(text) > room else [text]
    return [f"{head}{first}".rstrip(), *(" " * len(head) + line for line in rest)]


def _describe_installation(name: str, can: Capabilities) -> str:
    from dcalc.backends import install_line, is_installed

    dtypes = f"; --dtype {' or '.join(can.dtypes)}" if len(can.dtypes) > 1 else ""
    return f"{'installed' if is_installed(name) else f'not installed: {install_line(name)}'}{dtypes}"


def show_completions(shell: str | None) -> None:
    """Print the completion script of a shell. Raises UsageError."""
    from dcalc.cli.shells import FILES

    if shell not in FILES:
        otherwise = f"there are {join_words(list(FILES), 'and')}"
        message = "no shell is given" if shell is None else f"no completions for {shell}"
        raise UsageError(message, help=did_you_mean(shell or "", FILES, otherwise))
    print_text((folder() / FILES[shell]).read_text(encoding="utf-8"))


def folder() -> Path:
    """The completions: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "completions"
    return inside if inside.is_dir() else package.parent / "completions"


def _show_json(command: str, records: Iterable[dict[str, Any]]) -> None:
    from json import dumps

    lines = ",\n".join(map(dumps, records))
    print_text(f'{{"schema": 1, "command": "{command}", "records": [\n{lines}\n]}}\n')
