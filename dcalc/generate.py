"""Writes what is generated from the code: `python -m dcalc.generate`, `--check` in CI.

Completions come from the command tree, parts of the README and of the help pages from the registries:
what stands between `<!-- generated: NAME -->` and `<!-- end generated -->` is replaced.
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
from dcalc import targets
from dcalc.api import stub
from dcalc.checklist import lacks
from dcalc.cli.manual import PARTS
from dcalc.cli.shells import FILES, WRITERS, read
from dcalc.parser.definitions import HELPERS, fingerprint

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

ROOT = Path(__file__).resolve().parent.parent
READ_BACK = {
    "c": "c", "cpp": "c", "js": "js", "matlab": "matlab", "python": "python", "numpy": "python", "scipy": "python",
}  # fmt: skip
"""Targets whose programs are read, and the notation that does so."""
_MARKED = re.compile(r"(<!-- generated: (\S+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def completions() -> dict[Path, str]:
    """The scripts by their paths under the root of the repository."""
    tree = read()
    return {Path("completions") / file: WRITERS[shell](tree) for shell, file in FILES.items()}


def fill_marks(text: str, name: str = "README.md") -> str:
    """The page with each marked part generated again. Raises SystemExit for an unknown mark."""

    def fill(match: re.Match[str]) -> str:
        part = match[2]
        if part not in PARTS:
            sys.exit(f"{name}: nothing generates {part!r}; there are {', '.join(PARTS)}")
        return f"{match[1]}{PARTS[part]()}\n{match[3]}"

    return _MARKED.sub(fill, text)


def list_helpers() -> str:
    """A line for each helper of the targets whose programs are read: its fingerprint, and its row."""
    lines: set[str] = set()
    for target, notation in READ_BACK.items():
        reader = import_module(f"dcalc.parser.notations.{notation}")
        for row in table.functions():
            if targets.classify(row, target) == "refused":
                continue
            for is_plain in (True, False):
                program = targets.render_helpers(row, target, is_plain=is_plain)
                texts = reader.function_texts(program.text)
                own = {name: each for name, each in program.rows.items() if name in texts}
                lines |= {f"{fingerprint(texts[name])} {each.key}" for name, each in own.items()}
    return "".join(f"{line}\n" for line in sorted(lines))


def render_files(root: Path) -> dict[Path, str]:
    """Every generated file by its path under ``root``, as it should be."""
    files = completions()
    files[Path("dcalc/__init__.pyi")] = stub()
    files[Path("dcalc/spellings") / HELPERS] = list_helpers()
    for page in (root / "README.md", *sorted((root / "dcalc" / "help").glob("*.md"))):
        if page.exists():
            path = page.relative_to(root)
            files[path] = fill_marks(page.read_text(encoding="utf-8"), str(path))
    return files


def find_drift(root: Path) -> list[Path]:
    """The files that are not as they should be."""
    return [
        path
        for path, text in render_files(root).items()
        if not (root / path).exists() or (root / path).read_text(encoding="utf-8") != text
    ]


def truths(root: Path) -> Container[str] | None:
    """The keys of the rows that the tests have a truth for; None where there are no tests. Needs mpmath."""
    file = root / "tests" / "truths.py"
    return runpy.run_path(str(file))["TRUTHS"] if file.exists() else None


def incomplete(root: Path) -> list[str]:
    """A sentence for each row of the table that lacks something, with all that it lacks."""
    keys = truths(root)
    missing = ((row.key, lacks(row, keys)) for row in table.ROWS)
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
        for path in (stale := find_drift(root)):
            print(f"{path} is not what the code generates: run python -m dcalc.generate", file=sys.stderr)
        for sentence in (gaps := incomplete(root)):
            print(sentence, file=sys.stderr)
        return 1 if stale or gaps else 0
    for path, text in render_files(root).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
