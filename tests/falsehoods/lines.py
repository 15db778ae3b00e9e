# ruff: noqa: E501  # a row is a line
"""No row of a file is lost."""

from __future__ import annotations

from tests.falsehoods.rows import Row, written

HEADED = "after the heading every line is a row"


def _row(arguments: tuple[str, ...], stdin: str, count: int, source: str = HEADED) -> Row:
    """So many lines come out, heading included."""
    row = written(arguments, stdin, (), source)

    def check(record) -> str:  # type: ignore[no-untyped-def]
        found = record["out"].splitlines()
        return "" if len(found) == count else f"{len(found)} lines of {count}: {found}"

    return row._replace(check=check)


ROWS = (
    _row(("grad", "x*y", "--at", "-"), "x,y\n#N/A,5\n1,2\n", 3),
    _row(("map", "x*y"), "x,y\n#N/A,5\n1,2\n", 3),
    _row(("diff", "x**2*y", "--wrt", "x", "--at", "-"), "x,y\n#N/A,5\n1,2\n", 3),
    _row(("grad", "x*y", "--at", "-"), "x,y\n1,2\n#N/A,5\n", 3),
    _row(("grad", "x*y", "--at", "-"), "x\ty\n1\t2\n#REF!\t5\n3\t4\n", 4),
    _row(("map", "x*y"), "x,y\n# a remark,5\n1,2\n#,#\n", 4),
    _row(("grad", "x*y", "--at", "-"), "x,y,note\n1,2,#a\n#DIV/0!,5,b\n3,4,c\n", 4),
    _row(("map", "x*y"), "name,x,y\n#1,1,2\n#2,3,4\n", 3, "a name may start with #"),
    _row(("map", "x*y"), 'x,y\n"#N/A",5\n1,2\n', 3),
    _row(("diff", "x**2", "--at", "-"), "x\n#N/A\n2\n", 3),
    _row(("diff", "x**2", "--at", "-"), "# a remark\n1\n# another\n2\n", 2, "among bare points lines with # are passed over"),
)  # fmt: skip
