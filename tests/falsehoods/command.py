"""dcalc by its command line, in this process, and the records that it answers with."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.cli.main import main

Record = Mapping[str, Any]


class Reply(NamedTuple):
    """What a call wrote, and its exit code."""

    code: int
    out: str
    err: str

    def records(self) -> list[Record]:
        """The records of `--format jsonl`; an error that ended the call is the last of them."""
        lines = [*self.out.splitlines(), *(self.err.splitlines() if not self.out else ())]
        return [json.loads(line) for line in lines if line.startswith("{")]


def ask(arguments: Sequence[str], stdin: str = "") -> Reply:
    """Run one command line with that on stdin."""
    with _streams(stdin) as (out, err):
        code = main(arguments)
    return Reply(code, out.getvalue().decode(), err.getvalue().decode())


def ask_record(arguments: Sequence[str], stdin: str = "") -> Record:
    """The one record of a call."""
    reply = ask([*arguments, "--format", "jsonl"], stdin)
    records = reply.records()
    if len(records) != 1:
        raise AssertionError(f"{len(records)} records of {arguments}: {reply}")
    return records[0]


def ask_batch(arguments: Sequence[str], problems: Sequence[Record]) -> list[Record]:
    """The records of many problems, in order."""
    lines = "".join(json.dumps(problem) + "\n" for problem in problems)
    reply = ask([*arguments, "-", "--format", "jsonl"], lines)
    records = reply.records()
    if len(records) != len(problems):
        raise AssertionError(f"{len(records)} records of {len(problems)} problems: {reply.err[:2000]}")
    return records


@contextlib.contextmanager
def _streams(stdin: str) -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """Pipes in memory for the three streams of the process."""
    out, err = io.BytesIO(), io.BytesIO()
    saved = sys.stdin, sys.stdout, sys.stderr
    written = [io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in (out, err)]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    sys.stdout, sys.stderr = written
    try:
        yield out, err
    finally:
        for stream in written:
            stream.flush()
            stream.detach()
        sys.stdin, sys.stdout, sys.stderr = saved
