"""`python -m tests.falsehoods [KIND ...]`: the rows that fail, a line each: kind, call, what is false, source."""

from __future__ import annotations

import sys

from tests.falsehoods import corpus


def main(kinds: list[str]) -> int:
    """Print failing rows on stdout and counts on stderr; 1 where one fails."""
    failing = 0
    for kind, rows in corpus.load().items():
        if kinds and kind not in kinds:
            continue
        faults = [(row, fault) for row in rows if (fault := row.fault())]
        failing += len(faults)
        for row, fault in faults:
            print(kind, row.label(), fault, row.source, sep="\t")
        print(f"{kind}: {len(rows) - len(faults)} of {len(rows)} hold", file=sys.stderr)
    return int(bool(failing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
