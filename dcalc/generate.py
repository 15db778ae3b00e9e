"""Writes what is generated from the code: `python -m dcalc.generate`, `--check` in CI.

Completions come from the command tree, the tables of the README from the registries: the
part of it between `<!-- generated: NAME -->` and `<!-- end generated -->` is replaced.
`--check` also names what rows of the table lack (`checklist`).
"""

from __future__ import annotations

import argparse
import re
import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.checklist import lacks
from dcalc.cli import facts
from dcalc.cli.shells import FILES, read

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

ROOT = Path(__file__).resolve().parent.parent
_MARKED = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def completions() -> dict[Path, str]:
    """The scripts by their paths under the root of the repository."""
    tree = read()
    return {
        Path("completions") / file: import_module(f"dcalc.cli.shells.{shell}").write(tree)
        for shell, file in FILES.items()
    }


def _cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""


def functions_table() -> str:
    """Every function with its derivative, as a Markdown table."""
    rows = [
        f"| {_cell(facts.signature(row))} | {row.doc} | "
        + ", ".join(_cell(text) for text in facts.rules(row).values())
        + f" | {_cell(row.domain)} |"
        for row in facts.rows()
    ]
    return "\n".join(["| function | what it is | derivative by each argument | domain |", "|---|---|---|---|", *rows])


def backends_table() -> str:
    """Every backend, as a Markdown table."""
    rows = [f"| `{name}` | {what} | {orders} |" for name, what, orders in facts.backends()]
    return "\n".join(["| backend | what it is | orders |", "|---|---|---|", *rows])


TABLES = {"functions": functions_table, "backends": backends_table}


def readme(text: str) -> str:
    """The text with each marked part made anew. Raises SystemExit for an unknown mark."""

    def fill(match: re.Match[str]) -> str:
        name = match[2]
        if name not in TABLES:
            sys.exit(f"README.md: nothing generates {name!r}; there are {', '.join(TABLES)}")
        return f"{match[1]}{TABLES[name]()}\n{match[3]}"

    return _MARKED.sub(fill, text)


def generated(root: Path) -> dict[Path, str]:
    """Every generated file by its path under ``root``, as it should be."""
    files = completions()
    page = root / "README.md"
    if page.exists():
        files[Path("README.md")] = readme(page.read_text(encoding="utf-8"))
    return files


def drifted(root: Path) -> list[Path]:
    """The files that are not as they should be."""
    return [
        path
        for path, text in generated(root).items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def truths(root: Path) -> Container[str] | None:
    """The keys of the rows that the tests have a truth for; None where there are no tests. Needs mpmath."""
    file = root / "tests" / "truths.py"
    return runpy.run_path(str(file))["TRUTHS"] if file.exists() else None


def incomplete(root: Path) -> list[str]:
    """A sentence for each row of the table that lacks something, with all that it lacks."""
    known = truths(root)
    missing = ((row.key, lacks(row, known)) for row in table.ROWS)
    return [f"{key} lacks {', '.join(parts)}" for key, parts in missing if parts]


def main(argv: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the files, or with --check compare them; 1 where one differs or a row of the table lacks something."""
    parser = argparse.ArgumentParser(prog="python -m dcalc.generate", description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 where a file is out of date or a row incomplete",
    )
    if parser.parse_args(argv).check:
        for path in (stale := drifted(root)):
            print(f"{path} is not what the code generates: run python -m dcalc.generate", file=sys.stderr)
        for sentence in (gaps := incomplete(root)):
            print(sentence, file=sys.stderr)
        return 1 if stale or gaps else 0
    for path, text in generated(root).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
